//! Watches the tables: a suspended one answers writes as if all were well, so acks stop here. It
//! may read `wal_tables()`, and resume and refresh materialised views; it must never resume a
//! table (an operator has to see why it stopped) nor refresh a view in full (its history is gone
//! from its base).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use naap_schema::ENTITIES;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::admit::clean;
use crate::fitness::{Fitness, Part};
use crate::metrics::{Metrics, TableFigures};
use crate::pg::Pg;
use crate::store::StoreError;
use crate::wal::{self, TableState};
use crate::{clock, limits};

/// Watches until it is dropped.
pub(crate) struct Guard {
    pg: Arc<Pg>,
    fitness: Fitness,
    metrics: Arc<Metrics>,
    max_lag: Duration,
    lags: HashMap<String, Lag>,
    /// Comparing a view takes long; on a connection of its own it blinds nobody.
    healer: Arc<Pg>,
    /// Views that were resumed, and are not known to be whole.
    healing: HashMap<&'static str, Healing>,
    views: Vec<&'static str>,
    /// When it was last looked for invalid views.
    invalid: Option<Instant>,
    blind: u32,
    reported: Option<Instant>,
}

/// How far the healing of a view is.
#[derive(Debug, Default)]
struct Healing {
    /// When the log last heard of it.
    told: Option<Instant>,
    /// The comparison under way.
    under_way: Option<JoinHandle<Result<Option<Vec<(i64, i64)>>, StoreError>>>,
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard").field("max_lag", &self.max_lag).finish_non_exhaustive()
    }
}

impl Guard {
    pub(crate) fn new(
        (pg, healer): (Arc<Pg>, Arc<Pg>),
        fitness: Fitness,
        metrics: Arc<Metrics>,
        max_lag: Duration,
    ) -> Self {
        Self {
            pg,
            healer,
            fitness,
            metrics,
            max_lag,
            lags: HashMap::new(),
            healing: HashMap::new(),
            views: wal::views(),
            invalid: None,
            blind: 0,
            reported: None,
        }
    }

    /// Looks about once a second; never returns.
    pub(crate) async fn run(mut self) {
        self.check_durability().await;
        loop {
            match wal::look(&self.pg).await {
                Ok(states) => {
                    self.blind = 0;
                    let wrong = self.judge(&states, Instant::now());
                    self.publish(&states);
                    self.report(wrong);
                    self.heal(&states).await;
                    self.look_for_invalid().await;
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
        let mode = wal::commit_mode(&self.pg).await.ok().flatten();
        match mode.as_deref() {
            Some("sync") => {}
            other => tracing::warn!(
                mode = other.unwrap_or("unknown"),
                "QuestDB does not run with cairo.commit.mode=sync: a power cut can lose rows that \
                 were acknowledged; set it in server.conf"
            ),
        }
    }

    /// What is wrong with the tables, with what to do about it.
    fn judge(&mut self, states: &[TableState], now: Instant) -> Option<String> {
        for state in states {
            let lag = self.lags.entry(state.name.clone()).or_default();
            lag.observe(state.applied, state.committed, now);
        }
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
                     mend the cause (often a full disk), then run `naap-collector doctor --resume \
                     {}`",
                    state.name,
                    clean(&state.error),
                    state.name
                ));
            }
            let late = self.lags.get(&state.name).map_or(Duration::ZERO, |l| l.late);
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

    fn publish(&self, states: &[TableState]) {
        let figures = |entity: &&'static naap_schema::EntityDef| {
            let state = states.iter().find(|s| s.name == entity.name)?;
            Some(TableFigures {
                name: entity.name,
                suspended: state.suspended,
                lag: self.lags.get(entity.name).map_or(Duration::ZERO, |l| l.late),
                waiting: state.committed - state.applied,
            })
        };
        self.metrics.saw(ENTITIES.iter().filter_map(figures).collect(), states);
    }

    /// An invalid view could only be computed in full, which loses what its base has no more: that
    /// is for a person to decide.
    async fn look_for_invalid(&mut self) {
        if self.invalid.is_some_and(|at| at.elapsed() < limits::INVALID_POLL) {
            return;
        }
        let Ok(invalid) = wal::invalid(&self.pg).await else { return };
        self.invalid = Some(Instant::now());
        for view in self.views.clone() {
            let found = invalid.iter().find(|i| i.view == view);
            let Some(figures) = self.metrics.view(view) else { continue };
            let before = figures.invalid.get() != 0;
            figures.invalid.set(found.is_some().into());
            if let Some(found) = found
                && !before
            {
                tracing::error!(
                    view,
                    reason = clean(&found.reason),
                    "a view is invalid: it shows old figures and only a person can mend it; \
                     `naap-collector doctor` says how"
                );
            }
        }
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
                let told = self.should_tell(view);
                // A comparison that began before says nothing of what is torn now.
                if let Some(healing) = self.healing.get_mut(view) {
                    healing.under_way = None;
                }
                if told {
                    let error = clean(&state.error);
                    tracing::warn!(view, error, "a view is suspended; it is resumed");
                }
                if let Err(e) = wal::resume_view(&self.pg, view, &state.error).await {
                    tracing::debug!(view, error = %e, "the view is not resumed yet");
                }
            } else if let Some(healing) = self.healing.get_mut(view) {
                let done = match healing.under_way.take() {
                    Some(task) if task.is_finished() => task.await,
                    Some(task) => {
                        healing.under_way = Some(task);
                        continue;
                    }
                    None => {
                        let pg = Arc::clone(&self.healer);
                        let task = tokio::spawn(async move { wal::heal_view(&pg, view).await });
                        healing.under_way = Some(task);
                        continue;
                    }
                };
                self.healed(view, done.unwrap_or(Ok(None)));
            }
        }
    }

    /// What became of a comparison; one that could not be made is made again.
    fn healed(&mut self, view: &'static str, done: Result<Option<Vec<(i64, i64)>>, StoreError>) {
        match done {
            Ok(Some(stretches)) => {
                self.healing.remove(view);
                if let Some(figures) = self.metrics.view(view) {
                    figures.healed.add(1);
                }
                let ends = stretches.first().zip(stretches.last());
                match ends.map(|(first, last)| (clock::text(first.0), clock::text(last.1))) {
                    Some((from, to)) => tracing::info!(
                        view,
                        stretches = stretches.len(),
                        from,
                        to,
                        "the view was resumed, and is computed anew where it lacks something"
                    ),
                    None => tracing::info!(view, "the view was resumed, and lacks nothing"),
                }
            }
            Ok(None) => {}
            Err(e) if self.should_tell(view) => {
                tracing::warn!(view, error = %e, "the view is not compared with its base yet");
            }
            Err(_) => {}
        }
    }

    /// Marks the view as one that is being healed; true if the log has not heard of it lately.
    fn should_tell(&mut self, view: &'static str) -> bool {
        let told = &mut self.healing.entry(view).or_default().told;
        let due = told.is_none_or(|at| at.elapsed() > limits::REPEAT_LOG);
        if due {
            *told = Some(Instant::now());
        }
        due
    }
}

/// How long the oldest transaction that was seen waiting has waited.
#[derive(Debug, Default)]
struct Lag {
    waiting: Option<(i64, Instant)>,
    late: Duration,
}

impl Lag {
    fn observe(&mut self, applied: i64, committed: i64, now: Instant) {
        self.late = match self.waiting {
            Some((txn, since)) if applied < txn => now.duration_since(since),
            _ => {
                self.waiting = (applied < committed).then_some((committed, now));
                Duration::ZERO
            }
        };
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
        let fitness = Fitness::new();
        let metrics = Metrics::new(fitness.clone());
        let pg = Arc::new(pg);
        Guard::new((Arc::clone(&pg), pg), fitness, metrics, Duration::from_secs(30))
    }

    #[tokio::test(start_paused = true)]
    async fn a_suspended_or_missing_table_is_named_with_the_way_out() {
        let mut guard = guard();
        let mut states = healthy();
        assert_eq!(guard.judge(&states, Instant::now()), None);
        states[3].suspended = true;
        states[3].error = "[28] No space left".to_owned();
        let wrong = guard.judge(&states, Instant::now()).unwrap();
        assert!(wrong.contains(&states[3].name) && wrong.contains("doctor --resume"), "{wrong}");
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
}
