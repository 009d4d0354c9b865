//! Puts the agent together and runs it.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::config::{self, Config};
use crate::health::{self, State};
use crate::notify::Notify;
use crate::own::{Identity, Own};
use crate::plan::{Planned, Ties, livepeer, plan};
use crate::record::{Recorder, new_epoch};
use crate::ship::{Shipper, Target, chain};
use crate::source::replay::ReplayError;
use crate::source::{Source, SourceError};
use crate::spool::{Disk, DiskError, Fs, Nowhere, Spool, Writer};
use crate::supervise::{Changes, Supervisor};
use crate::{discover, limits, machine};

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

/// The sources of a configuration that a single look reads.
///
/// # Errors
/// If recorded events cannot be replayed.
pub fn sources(config: &Config, ties: &Ties) -> Result<Vec<Box<dyn Source>>, RunError> {
    plan(config, ties)?.into_iter().filter(|p| p.quiet).map(Planned::build).collect()
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

/// How a running agent is told to read its configuration again.
#[derive(Debug)]
pub struct Reload {
    /// The configuration.
    pub file: PathBuf,
    /// Each message asks for it.
    pub asked: mpsc::Receiver<()>,
}

/// What stands beside the configuration of a running agent.
#[derive(Debug, Default)]
pub struct Beside {
    /// How it is told to read its configuration again.
    pub reload: Option<Reload>,
    /// Who is told how it is.
    pub notify: Notify,
}

/// Runs until `stop`, then gives what is under way a moment to arrive.
///
/// # Errors
/// If it cannot begin.
pub async fn run(
    config: Config,
    beside: Beside,
    stop: impl Future<Output = ()>,
) -> Result<(), RunError> {
    run_all(config, Vec::new(), beside, stop).await
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
    run_all(config, more, Beside::default(), stop).await
}

async fn run_all(
    config: Config,
    more: Vec<Box<dyn Source>>,
    beside: Beside,
    stop: impl Future<Output = ()>,
) -> Result<(), RunError> {
    let collector = config.collector.clone().ok_or(RunError::NoCollector)?;
    let ties = Ties::default();
    let known_role = ties.role.subscribe();
    let plan = plan(&config, &ties)?;
    let (spool, writer) = open(config.spool.clone()).await?;
    let state = Arc::new(State::new(spool.clone()));
    let (identity, identified) = watch::channel(Identity::of(&config));
    let (recorded, shipped) = (Arc::clone(&state.recorded), Arc::clone(&state.shipped));

    let (to_recorder, rows) = mpsc::channel(limits::BATCHES);
    let target = Target {
        address: collector.address,
        token_file: collector.token_file,
        ca_file: collector.ca_file,
    };
    let weak = to_recorder.downgrade();
    let shipper = Shipper::new(target, spool.clone(), Arc::clone(&shipped), weak);
    let epoch = new_epoch();
    let recorder = Recorder::new(epoch, spool.clone(), writer, Arc::clone(&recorded));

    // From here on the recorder ends when the last source does: the supervisor has the only sender.
    let mut supervisor = Supervisor::new(to_recorder, spool.clone(), state.tallies.clone());
    supervisor.show(ties.seen.clone());
    supervisor.change_to(plan).await?;
    more.into_iter().for_each(|source| supervisor.keep(source));
    // Last, so that its first row is not the first thing that a fresh node says.
    let tallies = state.tallies.clone();
    supervisor.keep(Box::new(Own::new(
        identified,
        known_role,
        spool.clone(),
        recorded,
        shipped,
        tallies,
    )));
    tracing::info!(epoch, sources = supervisor.len(), origin = config.origin.word(), "started");
    let recording = tokio::spawn(recorder.run(rows));
    let (drain, draining) = watch::channel(false);
    let shipping = tokio::spawn(shipper.run(draining));
    let serving = health::serve(config.own.listen, Arc::clone(&state)).await;

    let house = House { config, ties, identity, state, supervisor, looking: None };
    let mut parts = Parts { recording, shipping, serving };
    let supervisor = house.live(&mut parts, beside, stop).await?;
    tracing::info!("stopping");
    let closing = supervisor.stop().await;
    // Neither task panics; if one did, there is nothing left to wait for.
    drop(parts.recording.await);
    for left in closing {
        left.closed().await;
    }
    drain.send_replace(true);
    drop(parts.shipping.await);
    if let Some(serving) = parts.serving {
        serving.abort();
    }
    let left = spool.pending();
    if left.rows > 0 {
        match left.degraded {
            false => tracing::info!(rows = left.rows, "rows wait in the spool for the next start"),
            true => tracing::error!(rows = left.rows, "no disk took all rows; those are gone"),
        }
    }
    Ok(())
}

/// The tasks beside the sources.
struct Parts {
    recording: JoinHandle<()>,
    shipping: JoinHandle<()>,
    serving: Option<JoinHandle<()>>,
}

/// What can change while the agent runs.
struct House {
    config: Config,
    ties: Ties,
    identity: watch::Sender<Identity>,
    state: Arc<State>,
    supervisor: Supervisor,
    /// Who looks for nodes, and what it found.
    looking: Option<Looking>,
}

struct Looking {
    task: JoinHandle<()>,
    found: mpsc::Receiver<u16>,
    nodes: Vec<u16>,
}

impl Looking {
    fn begin() -> Self {
        let (told, found) = mpsc::channel(discover::PORTS.len());
        let task = tokio::spawn(discover::watch(discover::PORTS.to_vec(), told));
        Self { task, found, nodes: Vec::new() }
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The next node that is found; never, where nobody looks.
async fn next_found(looking: &mut Option<Looking>) -> u16 {
    if let Some(looking) = looking
        && let Some(port) = looking.found.recv().await
    {
        looking.nodes.push(port);
        return port;
    }
    std::future::pending().await
}

async fn next_reload(reload: &mut Option<Reload>) -> PathBuf {
    if let Some(reload) = reload
        && reload.asked.recv().await.is_some()
    {
        return reload.file.clone();
    }
    std::future::pending().await
}

async fn tick(watchdog: &mut Option<tokio::time::Interval>) {
    match watchdog {
        Some(grid) => {
            grid.tick().await;
        }
        None => std::future::pending().await,
    }
}

impl House {
    /// Lives until `stop`; gives the sources back, so that they can be stopped.
    async fn live(
        mut self,
        parts: &mut Parts,
        beside: Beside,
        stop: impl Future<Output = ()>,
    ) -> Result<Supervisor, RunError> {
        let Beside { mut reload, notify } = beside;
        let mut watchdog = notify.every().map(tokio::time::interval);
        self.look();
        notify.ready(&self.status());
        tokio::pin!(stop);
        loop {
            // Without one of the first two nothing is measured: better to be started again.
            tokio::select! {
                () = &mut stop => break,
                _ = &mut parts.recording => return Err(RunError::Ended("the recorder")),
                _ = &mut parts.shipping => return Err(RunError::Ended("the shipper")),
                () = tick(&mut watchdog) => notify.alive(),
                port = next_found(&mut self.looking) => {
                    tracing::info!(port, "a go-livepeer node is here; it is read from now on");
                    self.found().await;
                    notify.ready(&self.status());
                }
                file = next_reload(&mut reload) => {
                    notify.reloading();
                    match self.reload(&file).await {
                        Ok(()) => self.state.reloaded(None),
                        Err(why) => {
                            tracing::error!("{why}\nthe agent goes on as before");
                            self.state.reloaded(Some(why));
                        }
                    }
                    notify.ready(&self.status());
                }
            }
        }
        notify.stopping();
        Ok(self.supervisor)
    }

    fn status(&self) -> String {
        format!("{} sources", self.supervisor.len())
    }

    /// Begins to look for nodes, or ends it, as the configuration says.
    fn look(&mut self) {
        match (discover::wanted(&self.config), &self.looking) {
            (true, None) => self.looking = Some(Looking::begin()),
            (false, Some(_)) => self.looking = None,
            _ => {}
        }
    }

    fn nodes(&self, config: &Config) -> Vec<Planned> {
        let found = self.looking.iter().flat_map(|l| &l.nodes);
        let node = |port: &u16| livepeer(&discover::source(*port), config, &self.ties);
        found.flat_map(node).collect()
    }

    async fn found(&mut self) {
        if let Err(error) = self.change(&self.config.clone()).await {
            tracing::error!("the node is not read: {}", chain(&error));
        }
    }

    async fn change(&mut self, config: &Config) -> Result<Changes, RunError> {
        let mut plan = plan(config, &self.ties)?;
        if discover::wanted(config) {
            let found = self.nodes(config).into_iter();
            let free: Vec<_> = found.filter(|f| plan.iter().all(|p| p.name != f.name)).collect();
            plan.extend(free);
        }
        self.supervisor.change_to(plan).await
    }

    /// Takes up a changed configuration; if anything in it is wrong, nothing has changed.
    async fn reload(&mut self, file: &Path) -> Result<(), String> {
        let mut config = Config::read(file).map_err(|e| chain(&e))?;
        // No part of a file, and with another one the GPUs' source would be started anew.
        config.gpu.program.clone_from(&self.config.gpu.program);
        let changes = self.change(&config).await.map_err(|e| chain(&e))?;
        let Changes { started, stopped } = &changes;
        tracing::info!(?started, ?stopped, "the configuration was read again");
        let old = &self.config;
        let stays = [
            ("[collector]", config.collector != old.collector),
            ("[spool]", config.spool != old.spool),
            ("[self]", config.own != old.own),
        ];
        for (section, _) in stays.iter().filter(|(_, changed)| *changed) {
            tracing::warn!("what changed in {section} holds from the next start on");
        }
        config.collector.clone_from(&old.collector);
        config.spool.clone_from(&old.spool);
        config.own.clone_from(&old.own);
        self.identity.send_replace(Identity::of(&config));
        self.config = config;
        self.look();
        Ok(())
    }
}

#[cfg(test)]
#[path = "run/tests.rs"]
mod tests;
