//! Watches the tables: a suspended one answers writes as if all were well, so acks stop here. It
//! may read `wal_tables()`, and resume and refresh materialised views; it must never resume a
//! table (an operator has to see why it stopped) nor refresh a view in full (its history is gone
//! from its base).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use naap_schema::{ENTITIES, ROLLUPS};
use tokio::time::Instant;

use crate::admit::clean;
use crate::fitness::{Fitness, Part};
use crate::pg::{Pg, TextRow};
use crate::store::StoreError;
use crate::{clock, limits};

/// The state of one table or view.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TableState {
    name: String,
    suspended: bool,
    /// The last transaction that is applied, and the last that is committed.
    applied: i64,
    committed: i64,
    error: String,
}

/// Watches until it is dropped.
pub(crate) struct Guard {
    pg: Arc<Pg>,
    fitness: Fitness,
    max_lag: Duration,
    lags: HashMap<String, Lag>,
    /// Views that were resumed and await their refresh, and when that was last told.
    healing: HashMap<&'static str, Option<Instant>>,
    views: Vec<&'static str>,
    blind: u32,
    reported: Option<Instant>,
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard").field("max_lag", &self.max_lag).finish_non_exhaustive()
    }
}

impl Guard {
    pub(crate) fn new(pg: Arc<Pg>, fitness: Fitness, max_lag: Duration) -> Self {
        Self {
            pg,
            fitness,
            max_lag,
            lags: HashMap::new(),
            healing: HashMap::new(),
            views: views(),
            blind: 0,
            reported: None,
        }
    }

    /// Looks about once a second; never returns.
    pub(crate) async fn run(mut self) {
        self.check_durability().await;
        loop {
            match self.look().await {
                Ok(states) => {
                    self.blind = 0;
                    let wrong = self.judge(&states, Instant::now());
                    self.report(wrong);
                    self.heal(&states).await;
                }
                Err(e) => {
                    self.blind = self.blind.saturating_add(1);
                    if self.blind >= limits::GUARD_BLIND {
                        let wrong = format!("the state of the tables cannot be read ({e})");
                        self.report(Some(wrong));
                    }
                }
            }
            tokio::time::sleep(limits::GUARD_POLL).await;
        }
    }

    /// An ack promises that a power cut loses nothing; only this mode keeps the promise.
    async fn check_durability(&self) {
        let sql = "select value from (show parameters) where property_path = 'cairo.commit.mode'";
        let mode = self.pg.run(sql, limits::PG_QUERY).await.ok();
        let mode = mode.and_then(|rows| rows.into_iter().next()?.into_iter().next()?);
        match mode.as_deref() {
            Some("sync") => {}
            other => tracing::warn!(
                mode = other.unwrap_or("unknown"),
                "QuestDB does not run with cairo.commit.mode=sync: a power cut can lose rows that \
                 were acknowledged; set it in server.conf"
            ),
        }
    }

    async fn look(&self) -> Result<Vec<TableState>, StoreError> {
        let sql = "select name, suspended, writerTxn, sequencerTxn, errorMessage from wal_tables()";
        let rows = self.pg.run(sql, limits::PG_QUERY).await?;
        Ok(rows.into_iter().filter_map(state).collect())
    }

    /// What is wrong with the tables, with what to do about it.
    fn judge(&mut self, states: &[TableState], now: Instant) -> Option<String> {
        for entity in ENTITIES {
            let Some(state) = states.iter().find(|s| s.name == entity.name) else {
                return Some(format!(
                    "table {} is missing; run `naap-collector migrate`",
                    entity.name
                ));
            };
            if state.suspended {
                return Some(format!(
                    "table {} is suspended ({}): QuestDB would take its rows and not show them; \
                     mend the cause (often a full disk), then run ALTER TABLE {} RESUME WAL",
                    state.name,
                    clean(&state.error),
                    state.name
                ));
            }
            let lag = self.lags.entry(state.name.clone()).or_default();
            let late = lag.observe(state.applied, state.committed, now);
            if late > self.max_lag {
                return Some(format!(
                    "table {} is {} s behind, {} transactions wait; see that QuestDB has CPU and \
                     disk to spare",
                    state.name,
                    late.as_secs(),
                    state.committed - state.applied
                ));
            }
        }
        None
    }

    fn report(&mut self, wrong: Option<String>) {
        let news = self.fitness.report(Part::Guard, wrong.clone());
        match wrong {
            Some(wrong) => {
                let due = self.reported.is_none_or(|at| at.elapsed() > limits::REPEAT_LOG);
                if due {
                    self.reported = Some(Instant::now());
                    tracing::error!("{wrong}; until then nothing is acknowledged");
                }
            }
            None if news => {
                self.reported = None;
                tracing::info!("all tables are well");
            }
            None => {}
        }
    }

    async fn heal(&mut self, states: &[TableState]) {
        for view in self.views.clone() {
            let Some(state) = states.iter().find(|s| s.name == view) else { continue };
            if state.suspended {
                if self.should_tell(view) {
                    let error = clean(&state.error);
                    tracing::warn!(view, error, "a view is suspended; it is resumed");
                }
                self.resume(view, &state.error).await;
            } else if self.healing.contains_key(view) {
                let refresh = range_refresh(view, clock::now_us());
                match self.pg.run(&refresh, limits::PG_STATEMENT).await {
                    Ok(_) => {
                        self.healing.remove(view);
                        tracing::info!(view, "the view was resumed and is computed anew");
                    }
                    Err(e) if self.should_tell(view) => {
                        tracing::warn!(view, error = %e, "the view is not refreshed yet");
                    }
                    Err(_) => {}
                }
            }
        }
    }

    /// Marks the view as one that is being healed; true if the log has not heard of it lately.
    fn should_tell(&mut self, view: &'static str) -> bool {
        let told = self.healing.entry(view).or_default();
        let due = told.is_none_or(|at| at.elapsed() > limits::REPEAT_LOG);
        if due {
            *told = Some(Instant::now());
        }
        due
    }

    /// Skips what is torn, one transaction after the other.
    async fn resume(&self, view: &'static str, error: &str) {
        let mut error = error.to_owned();
        for _ in 0..limits::HEAL_STEPS {
            let from = match torn_transaction(&error) {
                Some(n) => format!(" from txn {}", n.saturating_add(1)),
                None => String::new(),
            };
            let sql = format!("alter materialized view {view} resume wal{from}");
            if let Err(e) = self.pg.run(&sql, limits::PG_QUERY).await {
                tracing::debug!(view, error = %e, "the view is not resumed yet");
                return;
            }
            // Long enough for it to be suspended again at the next torn one.
            tokio::time::sleep(limits::RETRY.0).await;
            let Ok(states) = self.look().await else { return };
            match states.into_iter().find(|s| s.name == view) {
                Some(state) if state.suspended => error = state.error,
                _ => return,
            }
        }
    }
}

/// Computes a view anew over the time that late rows can reach. Never more: beyond, its base may no
/// longer have what the view still holds.
fn range_refresh(view: &str, now_us: i64) -> String {
    let from = clock::text(now_us - i64::from(limits::HEAL_DAYS) * limits::DAY_US);
    let to = clock::text(now_us + limits::AHEAD_US);
    format!("refresh materialized view {view} range from '{from}' to '{to}'")
}

/// All materialised views that migrations make, base side first.
fn views() -> Vec<&'static str> {
    let mut out = Vec::new();
    for rollup in ROLLUPS {
        out.extend(rollup.levels.iter().map(|(view, _)| *view));
        out.extend(rollup.histograms.iter().map(|(view, _, _)| *view));
    }
    out
}

fn state(row: TextRow) -> Option<TableState> {
    let mut cells = row.into_iter();
    let name = cells.next()??;
    // PG wire says t or f, HTTP true or false.
    let suspended = cells.next()??.starts_with('t');
    let mut number = || cells.next()??.parse().ok();
    let (applied, committed) = (number()?, number()?);
    Some(TableState {
        name,
        suspended,
        applied,
        committed,
        error: cells.next().flatten().unwrap_or_default(),
    })
}

/// The transaction that an error of a view names.
fn torn_transaction(error: &str) -> Option<u64> {
    let (_, rest) = error.split_once("seqTxn=")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// How long the oldest transaction that was seen waiting has waited.
#[derive(Debug, Default)]
struct Lag {
    waiting: Option<(i64, Instant)>,
}

impl Lag {
    fn observe(&mut self, applied: i64, committed: i64, now: Instant) -> Duration {
        match self.waiting {
            Some((txn, since)) if applied < txn => return now.duration_since(since),
            _ => {}
        }
        self.waiting = (applied < committed).then_some((committed, now));
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Address;

    fn healthy() -> Vec<TableState> {
        let state = |name: &str| TableState {
            name: name.to_owned(),
            suspended: false,
            applied: 5,
            committed: 5,
            error: String::new(),
        };
        ENTITIES.iter().map(|e| state(e.name)).collect()
    }

    fn guard() -> Guard {
        let address = Address { host: "127.0.0.1".to_owned(), port: 1 };
        let pg = Pg::new(&address, "u", None);
        Guard::new(Arc::new(pg), Fitness::new(), Duration::from_secs(30))
    }

    #[tokio::test(start_paused = true)]
    async fn a_suspended_or_missing_table_is_named_with_the_way_out() {
        let mut guard = guard();
        let mut states = healthy();
        assert_eq!(guard.judge(&states, Instant::now()), None);
        states[3].suspended = true;
        states[3].error = "[28] No space left".to_owned();
        let wrong = guard.judge(&states, Instant::now()).unwrap();
        assert!(wrong.contains(&states[3].name) && wrong.contains("RESUME WAL"), "{wrong}");
        assert!(wrong.contains("No space left"), "{wrong}");
        states.remove(3);
        let wrong = guard.judge(&states, Instant::now()).unwrap();
        assert!(wrong.contains("missing"), "{wrong}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_table_that_works_is_not_behind_and_one_that_stands_is() {
        let mut guard = guard();
        let mut states = healthy();
        for txn in 6..100 {
            // Always one behind, but moving.
            states[0].committed = txn;
            states[0].applied = txn - 1;
            tokio::time::advance(Duration::from_secs(10)).await;
            assert_eq!(guard.judge(&states, Instant::now()), None);
        }
        states[0].committed = 500;
        for second in 0..60 {
            tokio::time::advance(Duration::from_secs(1)).await;
            let wrong = guard.judge(&states, Instant::now());
            assert_eq!(wrong.is_some(), second > 29, "after {second} s: {wrong:?}");
        }
        states[0].applied = 500;
        assert_eq!(guard.judge(&states, Instant::now()), None);
    }

    #[test]
    fn the_torn_transaction_is_read_from_the_error() {
        let error = "cannot read WAL event file for seqTxn=538, ... does not have txn with id 74";
        assert_eq!(torn_transaction(error), Some(538));
        assert_eq!(torn_transaction("disk full"), None);
    }

    #[test]
    fn every_view_of_the_migrations_is_watched() {
        let made = naap_schema::MIGRATIONS.iter().flat_map(|m| m.statements());
        let made = made.filter(|s| s.contains("CREATE MATERIALIZED VIEW")).count();
        assert_eq!(views().len(), made);
    }
}
