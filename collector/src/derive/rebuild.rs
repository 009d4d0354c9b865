//! Derives a time anew from what nodes sent, and holds it against what stands. It may read every
//! table and, unless told not to, write what differs; it never looks where raw rows are gone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use naap_schema::generated::STREAM_SESSION;

use super::diff::Counts;
use super::read::between;
use super::runner::Work;
use super::scores::{self, Changed};
use super::sessions::{self, Key};
use super::write::Out;
use crate::config::{Config, ConfigError};
use crate::fitness::Fitness;
use crate::metrics::Metrics;
use crate::store::StoreError;
use crate::store::questdb::{Http, Ilp};
use crate::{clock, limits};

const HOUR_US: i64 = 3_600_000_000;

/// Why a time is not rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// Nothing is rebuilt where raw rows may be gone: what stands would be voided.
    #[error(
        "--from {from} is before {oldest}: raw rows are kept for 13 months, and derived rows cannot \
         be computed again without them; begin later"
    )]
    TooOld {
        /// What was asked for.
        from: String,
        /// The earliest time that can be.
        oldest: String,
    },
    /// An empty time.
    #[error("--from {from} is not before --to {to}")]
    Empty {
        /// Begin.
        from: String,
        /// End.
        to: String,
    },
    /// The configuration.
    #[error("the configuration is not taken")]
    Config(#[from] ConfigError),
    /// The database.
    #[error("{0}")]
    Store(String),
}

impl From<StoreError> for RebuildError {
    fn from(e: StoreError) -> Self {
        Self::Store(e.to_string())
    }
}

/// What came of it, by part: sessions, fees, supply, jobs and scores.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Rebuilt {
    /// Rows, by part.
    pub parts: BTreeMap<String, Part>,
}

/// Rows of a part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Part {
    /// That stand as they were computed.
    pub equal: u64,
    /// That stood with other values.
    pub changed: u64,
    /// That were missing.
    pub missing: u64,
    /// That stood and should not.
    pub voided: u64,
}

impl Rebuilt {
    /// Rows that differed.
    pub fn differences(&self) -> u64 {
        self.parts.values().map(|p| p.changed + p.missing + p.voided).sum()
    }
}

/// Derives everything from `from_us` to `to_us` (microseconds since 1970 UTC, whole hours are taken)
/// anew. With `check` nothing is written.
///
/// # Errors
/// If the time cannot be rebuilt, or the database cannot be used.
pub async fn rebuild(
    config: &Config,
    from_us: i64,
    to_us: i64,
    check: bool,
) -> Result<Rebuilt, RebuildError> {
    let now_us = clock::now_us();
    let to_us = to_us.min(now_us);
    let oldest = now_us - limits::RAW_KEPT_US;
    if from_us < oldest {
        return Err(RebuildError::TooOld {
            from: clock::text(from_us),
            oldest: clock::text(oldest),
        });
    }
    if from_us >= to_us {
        return Err(RebuildError::Empty { from: clock::text(from_us), to: clock::text(to_us) });
    }
    let http = Http { address: config.questdb.http.clone(), login: config.http_login()? };
    let pg = crate::run::pg(config)?;
    let mut out = Out::new(Ilp::new(&http)?, Arc::default());
    let metrics = Metrics::new(Fitness::new());
    let changed = Changed::default();
    let mut work = Work::new(&pg, &mut out, &metrics, &changed);
    work.writes = !check;
    work.settle(now_us).await?;
    let mut hour = from_us.div_euclid(HOUR_US) * HOUR_US;
    let first = hour;
    while hour < to_us {
        let end = hour + HOUR_US;
        work.hour_anew(hour).await?;
        tracing::info!(hour = clock::text(hour), "rebuilt");
        hour = end;
    }
    work.flush().await?;
    let mut counts = std::mem::take(&mut work.counts);
    if !check {
        work.applied(&["stream_leg", "supply"]).await?;
    }
    drop(work);
    let mut end = first + HOUR_US;
    while end <= to_us {
        let last = to_us.min(end + limits::DAY_US);
        let step = usize::try_from(HOUR_US).unwrap_or(usize::MAX);
        let ends: Vec<i64> = (end..=last).step_by(step).collect();
        let (rows, found) = scores::derive(&pg, &ends).await?;
        counts.entry("scores").or_default().add(found);
        if !check {
            out.write(rows).await?;
        }
        end = last.div_euclid(HOUR_US) * HOUR_US + HOUR_US;
    }
    let part =
        |c: Counts| Part { equal: c.same, changed: c.changed, missing: c.added, voided: c.voided };
    let parts = counts.into_iter().map(|(name, c)| (name.to_owned(), part(c))).collect();
    Ok(Rebuilt { parts })
}

impl Work<'_> {
    /// Reads what sessions are derived in.
    async fn settle(&mut self, now_us: i64) -> Result<(), StoreError> {
        let all: Vec<&str> = naap_schema::ENTITIES.iter().map(|e| e.name).collect();
        self.applied(&all).await?;
        self.world.corrections(self.pg).await?;
        self.world.look(self.pg, now_us).await.map(drop)
    }

    /// An hour from what nodes sent, and what stands in it of sessions without an event.
    async fn hour_anew(&mut self, hour: i64) -> Result<(), StoreError> {
        let end = hour + HOUR_US;
        self.world.reach(self.pg, hour, clock::now_us()).await?;
        // Each session in the hour in which it begins.
        let mut spans = sessions::census(self.pg, (hour, end), limits::DAY_US).await?;
        let all: BTreeSet<Key> = spans.keys().cloned().collect();
        spans.retain(|_, (first, _)| *first >= hour);
        self.sessions_anew(&spans).await?;
        self.payments_of([hour]).await?;
        self.supply_of(hour, end - 1).await?;
        self.jobs_of(hour, end).await?;
        let standing = format!("{} and void = 0", between(hour, end));
        let keys = sessions::found(self.pg, &STREAM_SESSION, &standing, &[]).await?;
        let gone: Vec<Key> = keys.into_iter().filter(|key| !all.contains(key)).collect();
        self.hold(gone.iter().cloned(), (hour, end)).await?;
        gone.iter().for_each(|key| self.sessions.touch(key.clone()));
        self.derive_sessions().await?;
        self.sessions.release(&gone);
        self.fees.forget(false);
        Ok(())
    }
}
