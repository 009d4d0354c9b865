//! Puts the agent together and runs it.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::clock::Now;
use crate::config::{self, Config, Kind, Origin, Shift};
use crate::own::Own;
use crate::record::{self, Recorder, new_epoch};
use crate::ship::{self, Shipper, Target};
use crate::source::ai_runner::AiRunners;
use crate::source::events::Events;
use crate::source::host::Host;
use crate::source::livepeer::Livepeer;
use crate::source::node_http::{self, NodeFacts, NodeHttp};
use crate::source::probe::{self, Endpoint, Probes, Seen};
use crate::source::replay::{self, ReplayError};
use crate::source::watched::Watched;
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
    for l in &config.livepeer {
        let (name, role) = (l.name.clone(), role.clone());
        let node = Livepeer::new(name, &l.url, l.interval, l.timeout, role);
        let (facts, known) = watch::channel(None);
        sources.push(Box::new(Watched::new(Box::new(node), move |row| {
            if let Some(said) = NodeFacts::of(row) {
                facts.send_replace(Some(said));
            }
        })));
        if l.http {
            sources.push(Box::new(NodeHttp::new(node_settings(config, l), known)));
        }
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
    if config.ai_runner.enabled {
        let c = &config.ai_runner;
        sources.push(Box::new(AiRunners::new(c.interval, &c.urls, c.discover)));
    }
    Ok(probed(&config.probe, sources))
}

fn node_settings(config: &Config, l: &config::Livepeer) -> node_http::Settings {
    node_http::Settings {
        target: l.name.clone(),
        cli: l.url.clone(),
        service: l.service_url.clone(),
        interval: l.interval,
        timeout: l.timeout,
        role: match config.kind {
            Kind::Gateway => Some("gateway"),
            Kind::Orchestrator => Some("orchestrator"),
            Kind::Auto | Kind::Host | Kind::Replay => None,
        },
        origin: config.origin.word(),
    }
}

/// The sources, and probes beside them; which look at the rows of the others where they are told to
/// find their targets.
fn probed(config: &config::Probe, sources: Vec<Box<dyn Source>>) -> Vec<Box<dyn Source>> {
    if !config.enabled {
        return sources;
    }
    let seen = config.discover.then(Seen::default);
    let mut sources = match &seen {
        None => sources,
        Some(seen) => {
            let watched = sources.into_iter().map(|source| {
                let seen = seen.clone();
                Box::new(Watched::new(source, move |row| seen.look(row))) as Box<dyn Source>
            });
            watched.collect()
        }
    };
    let targets = config.targets.iter();
    let settings = probe::Settings {
        interval: config.interval,
        connects: config.connects,
        targets_at_most: config.targets_at_most,
        targets: targets.filter_map(|t| Some((t.name.clone(), Endpoint::of(&t.url)?))).collect(),
    };
    sources.push(Box::new(Probes::new(settings, seen)));
    sources
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
