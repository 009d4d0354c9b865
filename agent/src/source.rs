//! Sources: one file for each thing that is read, one trait for all.
//!
//! Each source runs in a task of its own, under a deadline. One that fails or hangs never stops
//! another; its failures, and what it dropped, are rows of `agent_source`.

pub mod ai_runner;
pub mod events;
mod fit;
pub mod gateway_event;
pub mod get;
pub mod gpu;
pub mod host;
pub mod kafka;
pub mod kafka_endpoint;
#[cfg(feature = "kafka-consumer")]
pub mod kafka_topic;
pub mod livepeer;
pub mod node_http;
pub mod probe;
pub mod prometheus;
pub mod replay;
#[cfg(test)]
mod testing;
mod tls;
pub(crate) mod watched;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use naap_schema::Row;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior};

pub use crate::clock::Now;
use crate::limits;
use crate::record::Batch;
use crate::spool::Spool;

/// When a source is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// On a fixed grid; what cannot be kept is evicted and declared.
    Every(Duration),
    /// Again and again; it waits for room rather than lose something.
    Stream,
}

/// What one read gave.
#[derive(Debug, Default)]
pub struct Reading {
    /// The rows.
    pub rows: Vec<Row>,
    /// Input items that were dropped, by kind.
    pub drops: Drops,
    /// What went wrong all the same; the rows say what is known. Counted as a failure.
    pub failed: Option<SourceError>,
    /// There will never be more.
    pub ended: bool,
    /// Told when the rows are recorded: for a source that must not let go of its input before.
    pub recorded: Option<oneshot::Sender<()>>,
    /// Whoever is told loses something until then.
    pub soon: bool,
}

/// Counts by kind of drop.
pub type Drops = BTreeMap<Drop, u64>;

/// Why an input item (an event, a series) gave no row, or not all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Drop {
    /// It cannot be read.
    Malformed,
    /// It is longer than allowed; a text in it was cut, or a line left out.
    TooLong,
    /// A kind of event that nothing is declared for.
    UnknownType,
    /// Its time is none.
    BadTime,
    /// Known not to come from go-livepeer.
    Noise,
    /// There are more than allowed.
    SeriesLimit,
    /// Sent to a topic that is not the one that is taken.
    WrongTopic,
}

impl Drop {
    /// The word in `agent_source.drop_kind`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TooLong => "too_long",
            Self::UnknownType => "unknown_type",
            Self::BadTime => "bad_time",
            Self::Noise => "noise",
            Self::SeriesLimit => "series_limit",
            Self::WrongTopic => "wrong_topic",
        }
    }
}

/// Why a read failed. The source is read again at its pace.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It took too long.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// Nobody is there.
    #[error("cannot reach {0}")]
    Connect(String),
    /// It answered with something else than 200.
    #[error("{url} answered {status}")]
    Http {
        /// What was asked.
        url: String,
        /// What came.
        status: String,
    },
    /// It answered with more than allowed.
    #[error("{what} is over {limit} bytes")]
    TooLarge {
        /// What is too large.
        what: String,
        /// How much is allowed.
        limit: usize,
    },
    /// A process that reads for this one has ended, or cannot be started.
    #[error("{0}")]
    Child(String),
    /// A device, or what drives it, is not as it should be.
    #[error("{0}")]
    Device(String),
    /// A file cannot be read.
    #[error("cannot read {what}")]
    Io {
        /// The file.
        what: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl SourceError {
    /// The word in `agent_source.failure_kind`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Timeout(_) => "timeout",
            Self::Connect(_) => "connect",
            Self::Http { .. } => "http",
            Self::TooLarge { .. } => "too_large",
            Self::Child(_) => "child",
            Self::Device(_) => "device",
            Self::Io { .. } => "io",
        }
    }
}

/// Something that is read.
#[async_trait]
pub trait Source: Send {
    /// Its name in the configuration.
    fn name(&self) -> &str;
    /// When it is read.
    fn pace(&self) -> Pace;
    /// How long a read may take.
    fn deadline(&self) -> Duration;
    /// What it leaves behind for a moment when it is gone.
    fn closing(&self) -> Option<kafka::Closing> {
        None
    }
    /// Reads it.
    ///
    /// # Errors
    /// If nothing could be read this time.
    async fn read(&mut self, now: Now) -> Result<Reading, SourceError>;
}

/// What a source did since it was last reported on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    /// Reads that succeeded.
    pub reads: u64,
    /// Reads that failed, and the newest kind.
    pub failures: u64,
    /// Kind of the newest failure.
    pub failure_kind: Option<&'static str>,
    /// Rows that it gave.
    pub rows: u64,
    /// Items that it dropped.
    pub dropped: u64,
    /// Kind of the newest drop.
    pub drop_kind: Option<&'static str>,
    /// How long the newest good read took.
    pub read_time: Option<Duration>,
}

/// What a source did since it was started.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Total {
    /// Reads that succeeded.
    pub reads: u64,
    /// Reads that failed, by kind.
    pub failures: BTreeMap<&'static str, u64>,
    /// Rows that it gave.
    pub rows: u64,
    /// Items that it dropped, by kind.
    pub drops: BTreeMap<&'static str, u64>,
    /// How long the newest good read took.
    pub read_time: Option<Duration>,
}

/// Tallies of all sources, by name; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Tallies(Arc<Mutex<Book>>);

#[derive(Debug, Default)]
struct Book {
    /// Since the last report.
    since: BTreeMap<String, Tally>,
    /// Since the start.
    ever: BTreeMap<String, Total>,
    /// Sources that are gone: reported once more, and then no further.
    gone: BTreeSet<String>,
}

impl Tallies {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Tally, &mut Total)) {
        let mut book = self.book();
        book.gone.remove(name);
        let Book { since, ever, .. } = &mut *book;
        let tally = since.entry(name.to_owned()).or_default();
        change(tally, ever.entry(name.to_owned()).or_default());
    }

    fn read(&self, name: &str, reading: &Reading, time: Duration) {
        self.change(name, |t, all| {
            let (rows, good) = (reading.rows.len() as u64, reading.failed.is_none());
            t.reads += u64::from(good);
            t.rows += rows;
            t.dropped += reading.drops.values().sum::<u64>();
            t.drop_kind = reading.drops.keys().next_back().map(|d| d.word()).or(t.drop_kind);
            all.reads += u64::from(good);
            all.rows += rows;
            if good {
                t.read_time = Some(time);
                all.read_time = Some(time);
            }
            for (kind, n) in &reading.drops {
                *all.drops.entry(kind.word()).or_default() += n;
            }
        });
    }

    /// Counts a failure.
    pub fn failed(&self, name: &str, error: &SourceError) {
        self.failure(name, error.word());
    }

    /// Counts a source that ended by a defect of its own.
    pub(crate) fn panicked(&self, name: &str) {
        self.failure(name, "panic");
    }

    fn failure(&self, name: &str, kind: &'static str) {
        self.change(name, |t, all| {
            t.failures += 1;
            t.failure_kind = Some(kind);
            *all.failures.entry(kind).or_default() += 1;
        });
    }

    /// A source that is no longer asked for: it is in the next [`Self::take`], and then no more.
    pub(crate) fn forget(&self, name: &str) {
        self.book().gone.insert(name.to_owned());
    }

    /// Everything since the last call.
    pub fn take(&self) -> BTreeMap<String, Tally> {
        let mut book = self.book();
        let taken = book.since.clone();
        let gone = std::mem::take(&mut book.gone);
        book.since.retain(|name, _| !gone.contains(name));
        book.ever.retain(|name, _| !gone.contains(name));
        for tally in book.since.values_mut() {
            *tally = Tally { read_time: tally.read_time, ..Tally::default() };
        }
        taken
    }

    /// Everything since the start.
    pub fn totals(&self) -> BTreeMap<String, Total> {
        self.book().ever.clone()
    }
}

/// Reads a source until it ends, the recorder is gone, or `stop` is true. A source that panics ends
/// alone, and that is counted.
pub(crate) async fn drive(
    mut source: Box<dyn Source>,
    rows: mpsc::Sender<Batch>,
    spool: Spool,
    tallies: Tallies,
    mut stop: watch::Receiver<bool>,
) {
    let name = source.name().to_owned();
    let counted = tallies.clone();
    let reading = tokio::spawn(async move {
        let stopped = async move { stop.wait_for(|s| *s).await.is_ok() };
        tokio::select! {
            () = read_on(source.as_mut(), &rows, &spool, &counted) => {}
            _ = stopped => {}
        }
    });
    if reading.await.is_err_and(|e| e.is_panic()) {
        tallies.panicked(&name);
        tracing::error!(source = name, "the source ended by a defect; the others go on");
    }
}

async fn read_on(
    source: &mut dyn Source,
    rows: &mpsc::Sender<Batch>,
    spool: &Spool,
    tallies: &Tallies,
) {
    let mut grid = match source.pace() {
        Pace::Every(interval) => Some(tokio::time::interval(interval)),
        Pace::Stream => None,
    };
    if let Some(grid) = &mut grid {
        grid.set_missed_tick_behavior(MissedTickBehavior::Skip);
    }
    let mut complained: Option<Instant> = None;
    loop {
        match &mut grid {
            Some(grid) => {
                grid.tick().await;
            }
            None => spool.room().await,
        }
        let started = Instant::now();
        let deadline = source.deadline();
        let result = tokio::time::timeout(deadline, source.read(Now::read())).await;
        let mut result = result.unwrap_or(Err(SourceError::Timeout(deadline)));
        let failed = match &mut result {
            Ok(reading) => {
                tallies.read(source.name(), reading, started.elapsed());
                reading.failed.take()
            }
            Err(_) => None,
        };
        if let Some(error) = &failed {
            complain(source.name(), error, tallies, &mut complained);
        }
        match result {
            Ok(reading) => {
                let (empty, ended) = (reading.rows.is_empty(), reading.ended);
                let Reading { rows: read, recorded, soon, .. } = reading;
                let batch = Batch { rows: read, recorded, soon };
                if !empty && rows.send(batch).await.is_err() {
                    return;
                }
                if ended {
                    tracing::info!(source = source.name(), "read to its end");
                    return;
                }
                if empty && grid.is_none() {
                    tokio::time::sleep(limits::IDLE).await;
                }
            }
            Err(error) => {
                complain(source.name(), &error, tallies, &mut complained);
                if grid.is_none() {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

/// Counts a failure, and says so now and then.
fn complain(name: &str, error: &SourceError, tallies: &Tallies, last: &mut Option<Instant>) {
    tallies.failed(name, error);
    if last.is_none_or(|at| at.elapsed() >= limits::COMPLAIN) {
        *last = Some(Instant::now());
        tracing::warn!(source = name, %error, "a read failed; it goes on");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::sim::Sim;
    use naap_schema::generated::Host;

    /// Fails, hangs, panics or works, as its name says.
    struct Fake(&'static str);

    #[async_trait]
    impl Source for Fake {
        fn name(&self) -> &str {
            self.0
        }

        fn pace(&self) -> Pace {
            Pace::Every(Duration::from_millis(20))
        }

        fn deadline(&self) -> Duration {
            Duration::from_millis(50)
        }

        async fn read(&mut self, now: Now) -> Result<Reading, SourceError> {
            match self.0 {
                "fails" => Err(SourceError::Connect("nowhere".into())),
                "hangs" => std::future::pending().await,
                "panics" => panic!("a defect"),
                _ => Ok(Reading {
                    rows: vec![Host::default().at(now.wall_us)],
                    ..Reading::default()
                }),
            }
        }
    }

    #[tokio::test]
    async fn a_source_that_fails_hangs_or_panics_stops_no_other() {
        let (to, mut rows) = mpsc::channel(64);
        let (stop, stopped) = watch::channel(false);
        let tallies = Tallies::default();
        let (spool, _writer) = Spool::open(Arc::new(Sim::default()), 16 << 20);
        let mut all = tokio::task::JoinSet::new();
        for name in ["fails", "hangs", "panics", "works"] {
            let spool = spool.clone();
            all.spawn(drive(
                Box::new(Fake(name)),
                to.clone(),
                spool,
                tallies.clone(),
                stopped.clone(),
            ));
        }
        for _ in 0..10 {
            rows.recv().await.expect("the one that works goes on");
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        stop.send_replace(true);
        all.join_all().await;
        let totals = tallies.totals();
        assert_eq!(totals["fails"].failures.keys().collect::<Vec<_>>(), [&"connect"]);
        tallies.forget("hangs");
        let counted = tallies;
        let tallies = counted.take();
        assert_eq!(tallies["works"].reads, totals["works"].reads);
        let left: Vec<String> = counted.take().into_keys().collect();
        assert_eq!(left, ["fails", "panics", "works"], "what is gone is reported once more");
        assert_eq!(counted.totals()["works"], totals["works"]);
        assert!(tallies["works"].reads >= 10);
        for (name, kind) in [("fails", "connect"), ("hangs", "timeout"), ("panics", "panic")] {
            assert!(tallies[name].failures >= 1, "{tallies:?}");
            assert_eq!(tallies[name].failure_kind, Some(kind));
        }
    }
}
