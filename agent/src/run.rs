//! Puts the agent together and runs it.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::clock::Now;
use crate::config::{self, Config, Origin, Shift};
use crate::own::Own;
use crate::record::{self, Recorder, new_epoch};
use crate::ship::{self, Shipper, Target};
use crate::source::events::Events;
use crate::source::gpu::Gpu;
use crate::source::host::Host;
use crate::source::kafka::{Closing, Secret};
use crate::source::kafka_endpoint::{KafkaEndpoint, Login};
use crate::source::livepeer::Livepeer;
use crate::source::replay::{self, ReplayError};
use crate::source::{Source, SourceError, Tallies, drive};
use crate::spool::{Disk, DiskError, Fs, Nowhere, Spool, Writer};
use crate::{limits, machine};

/// Why the agent does not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// There is nowhere to send to.
    #[error("[collector] is missing; write its address and token_file, or use --once")]
    NoCollector,
    /// Recorded events cannot be replayed.
    #[error("the recorded events cannot be replayed")]
    Replay(#[from] ReplayError),
    /// This machine cannot be looked at.
    #[error("this machine cannot be looked at; set host.enabled = false to go without")]
    Host(#[from] SourceError),
    /// A password cannot be read.
    #[error("cannot read the password in {}", file.display())]
    Password {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another agent has the spool.
    #[error("the spool is taken")]
    Spool(#[source] DiskError),
    /// A part that never ends.
    #[error("{0} ended by a defect; the log says why")]
    Ended(&'static str),
}

/// The sources of a configuration; `role` learns what a go-livepeer node says it is.
///
/// # Errors
/// If recorded events cannot be replayed.
pub fn sources(
    config: &Config,
    role: &watch::Sender<Option<&'static str>>,
) -> Result<Vec<Box<dyn Source>>, RunError> {
    let mut sources: Vec<Box<dyn Source>> = Vec::new();
    if config.host.enabled {
        sources.push(Box::new(Host::new(config.host.interval)?));
    }
    sources.extend(Gpu::new(&config.gpu).map(|g| Box::new(g) as Box<dyn Source>));
    for l in &config.livepeer {
        let (name, role) = (l.name.clone(), role.clone());
        sources.push(Box::new(Livepeer::new(name, &l.url, l.interval, l.timeout, role)));
    }
    let moved: Vec<PathBuf> = config
        .events
        .iter()
        .filter(|e| e.shift == Shift::NewestIsNow)
        .map(|e| e.path.clone())
        .collect();
    let mut offsets = match &config.replay {
        Some(r) if !moved.is_empty() => {
            replay::offsets(&moved, &r.state_file, Now::read().wall_us / 1000)?.into_iter()
        }
        _ => Vec::new().into_iter(),
    };
    for e in &config.events {
        let shift_ms = match e.shift {
            Shift::None => 0,
            Shift::NewestIsNow => offsets.next().unwrap_or(0),
        };
        let (name, path) = (e.name.clone(), e.path.clone());
        let events = Events::new(name, path, e.follow, config.origin.word(), shift_ms * 1000);
        sources.push(Box::new(events));
    }
    Ok(sources)
}

/// What comes by Kafka, and what each of them leaves behind for a moment. No part of [`sources`]: a
/// single look is no reason to listen, nor to join a group.
fn kafka(config: &Config) -> Result<Vec<(Box<dyn Source>, Closing)>, RunError> {
    let mut out: Vec<(Box<dyn Source>, Closing)> = Vec::new();
    for k in &config.kafka_endpoint {
        let login = match (&k.user, &k.password_file) {
            (Some(user), Some(file)) => {
                Some(Login { user: user.clone(), password: password(file)? })
            }
            _ => None,
        };
        let (name, topic) = (k.name.clone(), k.topic.clone());
        let source = KafkaEndpoint::new(name, k.listen, topic, login, config.origin.word());
        let closing = source.closing();
        out.push((Box::new(source), closing));
    }
    #[cfg(feature = "kafka-consumer")]
    for k in &config.kafka_topic {
        use crate::source::kafka_topic::{KafkaTopic, Subscription};
        let secret = match (&k.password_file, &k.password_env) {
            (Some(file), _) => Some(password(file)?),
            (None, Some(name)) => Some(std::env::var(name).map(Secret::new).map_err(|_| {
                let missing = std::io::Error::other("the environment does not have it");
                RunError::Password { file: format!("${name}").into(), source: missing }
            })?),
            (None, None) => None,
        };
        let login = match (k.mechanism, &k.user, secret) {
            (Some(mechanism), Some(user), Some(secret)) => {
                Some((mechanism.word(), user.clone(), secret))
            }
            _ => None,
        };
        let subscription = Subscription {
            brokers: k.brokers.join(","),
            topic: k.topic.clone(),
            group: k.group.clone(),
            tls: k.tls.then(|| k.ca_file.clone()),
            login,
        };
        let source = KafkaTopic::new(k.name.clone(), subscription, config.origin.word());
        let closing = source.closing();
        out.push((Box::new(source), closing));
    }
    Ok(out)
}

fn password(file: &std::path::Path) -> Result<Secret, RunError> {
    let text = std::fs::read_to_string(file)
        .map_err(|source| RunError::Password { file: file.to_owned(), source })?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// The spool of a folder; of memory, if the folder cannot be used.
async fn open(config: config::Spool) -> Result<(Spool, Writer), RunError> {
    let opening = machine::blocking(move || {
        let fs: Arc<dyn Fs> = match Disk::open(&config.dir) {
            Ok(disk) => Arc::new(disk),
            Err(taken @ DiskError::Taken(_)) => return Err(RunError::Spool(taken)),
            Err(error) => {
                let source = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(
                    %error,
                    source,
                    "rows wait in memory only; give the agent a folder that it can write (spool.dir)"
                );
                Arc::new(Nowhere)
            }
        };
        Ok(Spool::open(fs, config.max_bytes))
    });
    opening.await.map_err(|_| RunError::Ended("opening the spool"))?
}

/// Runs until `stop`, then gives what is under way a moment to arrive.
///
/// # Errors
/// If it cannot begin.
pub async fn run(config: Config, stop: impl Future<Output = ()>) -> Result<(), RunError> {
    run_with(config, Vec::new(), stop).await
}

/// Runs with sources of the caller's beside those of the configuration.
///
/// # Errors
/// If it cannot begin.
pub async fn run_with(
    config: Config,
    more: Vec<Box<dyn Source>>,
    stop: impl Future<Output = ()>,
) -> Result<(), RunError> {
    let collector = config.collector.clone().ok_or(RunError::NoCollector)?;
    let (role, known_role) = watch::channel(None);
    let mut sources = sources(&config, &role)?;
    sources.extend(more);
    let (kafka, closing): (Vec<_>, Vec<_>) = kafka(&config)?.into_iter().unzip();
    sources.extend(kafka);
    let (spool, writer) = open(config.spool.clone()).await?;
    let recorded = Arc::new(record::Counts::default());
    let shipped = Arc::new(ship::Counts::default());
    let tallies = Tallies::default();
    // Last, so that its first row is not the first thing that a fresh node says.
    sources.push(Box::new(Own::new(
        &config,
        known_role,
        spool.clone(),
        Arc::clone(&recorded),
        Arc::clone(&shipped),
        tallies.clone(),
    )));

    let (to_recorder, rows) = mpsc::channel(limits::BATCHES);
    let target = Target {
        address: collector.address,
        token_file: collector.token_file,
        ca_file: collector.ca_file,
    };
    let shipper = Shipper::new(target, spool.clone(), shipped, to_recorder.downgrade());
    let epoch = new_epoch();
    let recorder = Recorder::new(epoch, spool.clone(), writer, recorded);
    let replayed = config.origin == Origin::Replayed;
    tracing::info!(epoch, sources = sources.len(), replayed, "started");

    let (stopping, stopped) = watch::channel(false);
    let mut reading = JoinSet::new();
    for source in sources {
        let to = to_recorder.clone();
        reading.spawn(drive(source, to, spool.clone(), tallies.clone(), stopped.clone()));
    }
    // From here on the recorder ends when the last source does.
    drop(to_recorder);
    let mut recording = tokio::spawn(recorder.run(rows));
    let (drain, draining) = watch::channel(false);
    let mut shipping = tokio::spawn(shipper.run(draining));

    // Without one of these two nothing is measured: better to be started again.
    tokio::select! {
        () = stop => {}
        _ = &mut recording => return Err(RunError::Ended("the recorder")),
        _ = &mut shipping => return Err(RunError::Ended("the shipper")),
    }
    tracing::info!("stopping");
    stopping.send_replace(true);
    while reading.join_next().await.is_some() {}
    // Neither task panics; if one did, there is nothing left to wait for.
    drop(recording.await);
    for left in closing {
        left.closed().await;
    }
    drain.send_replace(true);
    drop(shipping.await);
    let left = spool.pending();
    if left.rows > 0 {
        match left.degraded {
            false => tracing::info!(rows = left.rows, "rows wait in the spool for the next start"),
            true => tracing::error!(rows = left.rows, "no disk took all rows; those are gone"),
        }
    }
    Ok(())
}
