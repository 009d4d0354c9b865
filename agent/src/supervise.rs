//! The running sources: each in a task of its own, started and stopped without the others.

use std::collections::BTreeMap;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::plan::Planned;
use crate::record::Batch;
use crate::run::RunError;
use crate::source::kafka::Closing;
use crate::source::probe::Seen;
use crate::source::watched::Watched;
use crate::source::{Source, Tallies, drive};
use crate::spool::Spool;

/// Starts and stops sources.
#[derive(Debug)]
pub(crate) struct Supervisor {
    rows: mpsc::Sender<Batch>,
    spool: Spool,
    tallies: Tallies,
    /// Those of the configuration, by name.
    planned: BTreeMap<String, (String, Running)>,
    /// Those that are there whatever the configuration says.
    fixed: Vec<Running>,
    /// Shown every row, on its way to the recorder.
    seen: Option<Seen>,
}

#[derive(Debug)]
struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    closing: Option<Closing>,
}

impl Running {
    /// Ends it; gives what it leaves behind for a moment.
    async fn end(self) -> Option<Closing> {
        self.stop.send_replace(true);
        // A source that panics ends inside of its task.
        drop(self.task.await);
        self.closing
    }
}

/// What a change of plan did, by name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) started: Vec<String>,
    pub(crate) stopped: Vec<String>,
}

impl Supervisor {
    /// One that hands rows to `rows`.
    pub(crate) fn new(rows: mpsc::Sender<Batch>, spool: Spool, tallies: Tallies) -> Self {
        Self { rows, spool, tallies, planned: BTreeMap::new(), fixed: Vec::new(), seen: None }
    }

    /// From now on, sources that are started show their rows here.
    pub(crate) fn show(&mut self, seen: Seen) {
        self.seen = Some(seen);
    }

    /// Starts a source that stays until the end.
    pub(crate) fn keep(&mut self, source: Box<dyn Source>) {
        let running = self.start(source);
        self.fixed.push(running);
    }

    fn start(&self, source: Box<dyn Source>) -> Running {
        let (stop, stopped) = watch::channel(false);
        let (rows, spool, tallies) = (self.rows.clone(), self.spool.clone(), self.tallies.clone());
        let closing = source.closing();
        let source: Box<dyn Source> = match self.seen.clone() {
            Some(seen) => Box::new(Watched::new(source, move |row| seen.look(row))),
            None => source,
        };
        let task = tokio::spawn(drive(source, rows, spool, tallies, stopped));
        Running { stop, task, closing }
    }

    /// Makes `plan` what runs. What is in it as before goes on undisturbed.
    ///
    /// # Errors
    /// If a source cannot be made; then nothing has changed.
    pub(crate) async fn change_to(&mut self, plan: Vec<Planned>) -> Result<Changes, RunError> {
        let (mut new, mut kept) = (Vec::new(), Vec::new());
        for planned in plan {
            let running = self.planned.get(&planned.name);
            if running.is_some_and(|(made_from, _)| *made_from == planned.made_from) {
                kept.push(planned.name);
            } else {
                let (name, made_from) = (planned.name.clone(), planned.made_from.clone());
                new.push((name, made_from, planned.build()?));
            }
        }
        let mut changes = Changes::default();
        let gone: Vec<String> =
            self.planned.keys().filter(|name| !kept.contains(name)).cloned().collect();
        for name in gone {
            if let Some((_, running)) = self.planned.remove(&name)
                && let Some(closing) = running.end().await
            {
                closing.closed().await;
            }
            if !new.iter().any(|(n, ..)| *n == name) {
                self.tallies.forget(&name);
            }
            changes.stopped.push(name);
        }
        for (name, made_from, source) in new {
            let running = self.start(source);
            self.planned.insert(name.clone(), (made_from, running));
            changes.started.push(name);
        }
        Ok(changes)
    }

    /// How many sources there are, ended ones too.
    pub(crate) fn len(&self) -> usize {
        self.planned.len() + self.fixed.len()
    }

    /// Starts no further source: what takes the rows sees the end of them when all have ended.
    pub(crate) fn seal(self) -> Sealed {
        let planned = self.planned.into_values().map(|(_, running)| running);
        Sealed(planned.chain(self.fixed).collect())
    }

    /// Ends all of them; see [`Sealed::stop`].
    pub(crate) async fn stop(self) -> Vec<Closing> {
        self.seal().stop().await
    }
}

/// Sources that can only be ended.
#[derive(Debug)]
pub(crate) struct Sealed(Vec<Running>);

impl Sealed {
    /// Ends all of them, at the same time. Gives what they leave behind for a moment: it is gone
    /// when their last rows are recorded.
    pub(crate) async fn stop(self) -> Vec<Closing> {
        for running in &self.0 {
            running.stop.send_replace(true);
        }
        let mut left = Vec::new();
        for running in self.0 {
            left.extend(running.end().await);
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::{Config, Livepeer};
    use crate::plan::{Ties, plan};
    use crate::spool::Nowhere;
    use std::time::Duration;

    fn config(ports: &[u16], interval_s: u64) -> Config {
        let node = |port: &u16| Livepeer {
            name: format!("n{port}"),
            url: format!("http://127.0.0.1:{port}"),
            interval: Duration::from_secs(interval_s),
            timeout: Duration::from_secs(1),
            http: false,
            service_url: None,
        };
        let mut config = Config::bare();
        config.host.enabled = false;
        config.livepeer = ports.iter().map(node).collect();
        config
    }

    #[tokio::test]
    async fn only_what_changed_is_started_and_stopped() {
        let (rows, _taken) = mpsc::channel(4);
        let (spool, _writer) = Spool::open(Arc::new(Nowhere), 16 << 20);
        let tallies = Tallies::default();
        let mut supervisor = Supervisor::new(rows, spool, tallies.clone());
        let ties = Ties::default();
        let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let first = plan(&config(&[1, 2], 60), &ties).unwrap();
        let changes = supervisor.change_to(first).await.unwrap();
        assert_eq!(changes, Changes { started: names(&["n1", "n2"]), stopped: vec![] });
        let same = plan(&config(&[1, 2], 60), &ties).unwrap();
        assert_eq!(supervisor.change_to(same).await.unwrap(), Changes::default());
        let mut other = config(&[1, 3], 60);
        other.livepeer[0].interval = Duration::from_secs(30);
        let changes = supervisor.change_to(plan(&other, &ties).unwrap()).await.unwrap();
        let expected = Changes { started: names(&["n1", "n3"]), stopped: names(&["n1", "n2"]) };
        assert_eq!(changes, expected);
        assert_eq!(supervisor.len(), 2);
        supervisor.stop().await;
    }
}
