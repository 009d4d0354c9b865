//! Holds rollups against their raw rows: each hour and day once after it closed, and again after
//! late rows. It may read tables and views and refresh a bounded range of a view; it must never
//! refresh one in full, drop anything, or reach back beyond what late rows reach.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use naap_schema::{EntityDef, ROLLUPS, RollupDef, entity};
use tokio::time::Instant;

use crate::compare::{self, Pair, settled};
use crate::config::ScrubConfig;
use crate::fitness::Fitness;
use crate::metrics::Metrics;
use crate::pg::Pg;
use crate::store::StoreError;
use crate::wal;
use crate::{clock, limits};

const SECOND_US: i64 = 1_000_000;
const HOUR_US: i64 = 3600 * SECOND_US;

/// How much is compared at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Width {
    Hour,
    Day,
}

impl Width {
    fn us(self) -> i64 {
        match self {
            Self::Hour => HOUR_US,
            Self::Day => limits::DAY_US,
        }
    }
}

/// A stretch of time of one rollup. Sorted by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Window {
    /// Microseconds since 1970 UTC.
    start_us: i64,
    width: Width,
    /// Which one of [`ROLLUPS`].
    rollup: usize,
}

impl Window {
    fn around(ts_us: i64, width: Width, rollup: usize) -> Self {
        Self { start_us: ts_us.div_euclid(width.us()) * width.us(), width, rollup }
    }

    fn end_us(self) -> i64 {
        self.start_us + self.width.us()
    }

    fn rollup(self) -> &'static RollupDef {
        &ROLLUPS[self.rollup]
    }
}

/// The windows that got rows since they were last compared, and when they got the last.
#[derive(Debug, Default)]
pub(crate) struct Touched(Mutex<BTreeMap<Window, Option<Instant>>>);

/// Times of the rows of a round: number of the entity, and an hour, microseconds since 1970 UTC.
pub(crate) type Hours = BTreeSet<(u32, i64)>;

/// The hour of a row, to be collected in [`Hours`].
pub(crate) fn hour(entity: &EntityDef, ts_us: i64) -> (u32, i64) {
    (entity.number, ts_us.div_euclid(HOUR_US) * HOUR_US)
}

impl Touched {
    /// Remembers that rows of these hours were committed.
    pub(crate) fn mark(&self, hours: &Hours, now_us: i64) {
        for (number, hour) in hours {
            for (i, rollup) in ROLLUPS.iter().enumerate() {
                if entity(rollup.entity).is_some_and(|e| e.number == *number) {
                    self.touch(*hour, i, Some(Instant::now()), now_us);
                }
            }
        }
    }

    /// After a start nobody knows which windows were compared: all of them are due.
    fn fill(&self, now_us: i64) {
        let mut hour = now_us - limits::SCRUB_BACK_US;
        while hour < now_us {
            for i in 0..ROLLUPS.len() {
                self.touch(hour, i, None, now_us);
            }
            hour += HOUR_US;
        }
    }

    /// The hour and the day around a time, as far as all of them can be repaired.
    fn touch(&self, ts_us: i64, rollup: usize, arrival: Option<Instant>, now_us: i64) {
        for width in [Width::Hour, Width::Day] {
            let window = Window::around(ts_us, width, rollup);
            if window.start_us >= now_us - limits::SCRUB_BACK_US {
                self.add(window, arrival);
            }
        }
    }

    fn add(&self, window: Window, arrival: Option<Instant>) {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = windows.entry(window).or_default();
        *known = (*known).max(arrival);
        if windows.len() > limits::SCRUB_WINDOWS {
            windows.pop_first();
        }
    }

    /// Takes the newest window that is closed and has been left alone for long enough.
    fn take(&self, settle: Duration, now_us: i64) -> Option<Window> {
        let settle_us = i64::try_from(settle.as_micros()).unwrap_or(i64::MAX);
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = |(window, arrival): &(&Window, &Option<Instant>)| {
            let quiet = arrival.is_none_or(|at| at.elapsed() >= settle);
            quiet && window.end_us().saturating_add(settle_us) <= now_us
        };
        let window = windows.iter().rev().find(due).map(|(window, _)| *window)?;
        windows.remove(&window);
        Some(window)
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// Compares one window after the other until it is dropped.
pub(crate) struct Scrub {
    pg: Pg,
    config: ScrubConfig,
    fitness: Fitness,
    metrics: Arc<Metrics>,
    touched: Arc<Touched>,
}

impl std::fmt::Debug for Scrub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scrub").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Scrub {
    /// With a connection of its own: its queries are longer than others'.
    pub(crate) fn new(
        pg: Pg,
        config: ScrubConfig,
        fitness: Fitness,
        metrics: Arc<Metrics>,
        touched: Arc<Touched>,
    ) -> Self {
        Self { pg, config, fitness, metrics, touched }
    }

    /// Never returns.
    pub(crate) async fn run(self) {
        if !self.config.enabled {
            return std::future::pending().await;
        }
        self.touched.fill(clock::now_us());
        loop {
            tokio::time::sleep(self.config.every).await;
            self.metrics.scrub_pending.set(i64::try_from(self.touched.len()).unwrap_or(i64::MAX));
            self.fitness.allowed().await;
            let Some(window) = self.touched.take(self.config.settle, clock::now_us()) else {
                continue;
            };
            match self.check(window).await {
                Ok(true) => {
                    let (from, to) = (clock::text(window.start_us), clock::text(window.end_us()));
                    tracing::debug!(rollup = window.rollup().name, from, to, "compared");
                    if let Some(figures) = self.metrics.scrub(window.rollup().name) {
                        figures.windows.add(1);
                    }
                }
                // Not now; the window waits as if it had got rows.
                Ok(false) => self.touched.add(window, Some(Instant::now())),
                Err(e) => {
                    tracing::debug!(error = %e, "a window cannot be compared yet");
                    self.touched.add(window, Some(Instant::now()));
                }
            }
        }
    }

    /// Compares a window, and repairs it where it differs; false if views or table are not in a
    /// state to be compared.
    async fn check(&self, window: Window) -> Result<bool, StoreError> {
        let states = wal::look(&self.pg).await?;
        let invalid = wal::invalid(&self.pg).await?;
        let pairs = compare::pairs(window.rollup(), window.width == Width::Day);
        let settled = |name: &str| settled(&states, name) && invalid.iter().all(|i| i.view != name);
        if !pairs.iter().all(|p| settled(p.view) && settled(&p.base)) {
            return Ok(false);
        }
        for pair in pairs {
            self.compare(window, &pair).await?;
        }
        Ok(true)
    }

    async fn compare(&self, window: Window, pair: &Pair) -> Result<(), StoreError> {
        let Some((mut from, mut to)) = self.differing(window, pair).await? else { return Ok(()) };
        // The level below may have been repaired a moment ago, and this one follows.
        for _ in 0..limits::SCRUB_LOOKS {
            tokio::time::sleep(limits::RETRY.1).await;
            match self.differing(window, pair).await? {
                Some(range) => (from, to) = range,
                None => return Ok(()),
            }
        }
        let rollup = window.rollup().name;
        let (Pair { view, base, .. }, metrics) = (pair, self.metrics.scrub(rollup));
        let range = (clock::text(from), clock::text(to));
        tracing::warn!(view, base, from = range.0, to = range.1, "a view differs from its base");
        if let Some(figures) = metrics {
            figures.differences.add(1);
        }
        let repaired = self.repair(window, pair, from, to).await?;
        if repaired {
            tracing::info!(view, from = range.0, to = range.1, "the view was computed anew there");
        } else {
            tracing::error!(
                view,
                base,
                from = range.0,
                to = range.1,
                "a view stays different from its base although it was computed anew; compare them \
                 by hand"
            );
        }
        if let Some(figures) = metrics {
            let outcome = if repaired { &figures.repairs } else { &figures.unrepaired };
            outcome.add(1);
        }
        if window.width == Width::Hour {
            let day = Window::around(window.start_us, Width::Day, window.rollup);
            self.touched.add(day, Some(Instant::now()));
        }
        Ok(())
    }

    /// Computes a range anew, and waits until it is equal; false if it does not become so.
    async fn repair(
        &self,
        window: Window,
        pair: &Pair,
        from_us: i64,
        to_us: i64,
    ) -> Result<bool, StoreError> {
        let until = Instant::now() + limits::SCRUB_REPAIR;
        // To the last second of the last bucket: the end of the range counts in.
        let refresh = wal::range_refresh(pair.view, from_us, to_us - SECOND_US);
        self.pg.run(&refresh, limits::PG_STATEMENT).await?;
        while Instant::now() < until {
            tokio::time::sleep(limits::RETRY.0 * 5).await;
            if self.differing(window, pair).await?.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// From the first bucket that differs to the end of the last, microseconds since 1970 UTC.
    async fn differing(
        &self,
        window: Window,
        pair: &Pair,
    ) -> Result<Option<(i64, i64)>, StoreError> {
        let ranges = pair.differing(&self.pg, window.start_us, window.end_us()).await?;
        Ok(ranges.first().zip(ranges.last()).map(|(first, last)| (first.0, last.1)))
    }
}

#[cfg(test)]
mod tests {
    use naap_schema::generated::{HOST, LEDGER};

    use super::*;

    const NOW: i64 = 1_800_000_000_000_000;

    #[tokio::test(start_paused = true)]
    async fn a_window_is_due_once_after_it_closed_and_again_after_late_rows() {
        let touched = Touched::default();
        let settle = Duration::from_secs(900);
        let take = |now_us| touched.take(settle, now_us);
        let mark = |ts_us, now_us| touched.mark(&Hours::from([hour(&HOST, ts_us)]), now_us);
        mark(NOW, NOW);
        let closed = Window::around(NOW, Width::Hour, 0).end_us();
        tokio::time::advance(settle * 2).await;
        assert_eq!(take(closed + 899 * SECOND_US), None, "it is not closed for long enough");
        let first = take(closed + 900 * SECOND_US).unwrap();
        assert_eq!((first.width, first.rollup().name), (Width::Hour, "host"));
        assert_eq!(take(closed + 10 * HOUR_US), None, "once is enough; the day is still open");
        // A late row: again, but only when no more come.
        mark(NOW, NOW + 3 * HOUR_US);
        tokio::time::advance(settle / 2).await;
        mark(NOW, NOW + 3 * HOUR_US);
        tokio::time::advance(settle / 2).await;
        assert_eq!(take(NOW + 4 * HOUR_US), None);
        tokio::time::advance(settle / 2).await;
        assert_eq!(take(NOW + 4 * HOUR_US), Some(first));
        let day = take(NOW + 2 * limits::DAY_US).unwrap();
        assert_eq!(day.width, Width::Day);
        assert_eq!(take(NOW + 2 * limits::DAY_US), None);
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_has_a_rollup_and_can_be_repaired_is_remembered_and_not_without_end() {
        let touched = Touched::default();
        touched.mark(&Hours::from([hour(&LEDGER, NOW)]), NOW);
        touched.mark(&Hours::from([hour(&HOST, NOW - 20 * limits::DAY_US)]), NOW);
        assert_eq!(touched.len(), 0);
        touched.fill(NOW);
        let all = ROLLUPS.len() * (14 * 24 + 15);
        assert!(
            (all - 2 * ROLLUPS.len()..=all + 2 * ROLLUPS.len()).contains(&touched.len()),
            "{}",
            touched.len()
        );
        for i in 0..10_000 {
            touched.add(Window::around(NOW + i * HOUR_US, Width::Hour, 0), None);
        }
        assert_eq!(touched.len(), limits::SCRUB_WINDOWS);
    }
}
