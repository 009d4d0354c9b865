//! How a session and its legs ended.

use super::figures::Figures;
use super::legs::Leg;
use super::timeline::{CLOSED, Moment, NO_ORCHESTRATORS, SWAP};
use crate::fold::{self, ErrorClass};
use crate::limits;
use crate::surroundings::Surroundings;

/// Whether and how a session was closed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Close {
    /// `None`: it is open.
    pub(super) at_us: Option<i64>,
    /// Place of the event that closed it; `None`: silence did, or nothing.
    pub(super) event: Option<usize>,
    /// Of an open one: when silence will close it.
    pub(super) silent_after_us: Option<i64>,
}

impl Close {
    /// `for_good`: silence closed it, since what came later came too late to reopen it.
    pub(super) fn of(
        moments: &[Moment<'_>],
        last_us: i64,
        for_good: bool,
        around: &Surroundings,
    ) -> Self {
        let event = moments.iter().position(|m| m.is(CLOSED));
        if let Some(moment) = event.and_then(|i| moments.get(i)) {
            return Self { at_us: Some(moment.at_us()), event, silent_after_us: None };
        }
        let mut silent_after_us = None;
        let mut silent = for_good;
        for node in moments.iter().map(|m| m.node).collect::<std::collections::BTreeSet<_>>() {
            // Any of its agents would have had the event that ends the silence.
            let end_us = around.silence_ends(node, last_us);
            silent |= around.silent(node, end_us.saturating_sub(limits::SILENCE_US), end_us);
            silent_after_us = Some(silent_after_us.map_or(end_us, |us: i64| us.min(end_us)));
        }
        if silent {
            return Self { at_us: Some(last_us), event: None, silent_after_us: None };
        }
        Self { at_us: None, event: None, silent_after_us }
    }

    /// The word in rows.
    pub(super) fn by(&self) -> Option<&'static str> {
        self.at_us.map(|_| if self.event.is_some() { "EVENT" } else { "SILENCE" })
    }
}

/// Error events of a session.
#[derive(Debug, Default)]
pub(super) struct Errors {
    /// All of them, by [`ErrorClass`].
    pub(super) by_class: [i64; 9],
    pub(super) n: i64,
    /// Those that count for outcome and end reason.
    counted: i64,
    excusable: i64,
    normal_end: i64,
    /// When an error text or a step said that there was no orchestrator.
    no_orchestrator_us: Vec<i64>,
}

impl Errors {
    pub(super) fn of(moments: &[Moment<'_>], close: &Close) -> Self {
        let mut errors = Self::default();
        let closed_us = close.event.and(close.at_us);
        for (i, m) in moments.iter().enumerate() {
            if m.is(NO_ORCHESTRATORS) {
                errors.no_orchestrator_us.push(m.event.ts_us);
            }
            let Some(text) = m.error() else { continue };
            errors.n += 1;
            let class = fold::error_class(text, m.event.orch_url.is_some());
            if let Some(n) = errors.by_class.get_mut(class as usize) {
                *n += 1;
            }
            let after_close = close.event.is_some_and(|at| i > at);
            let late = closed_us
                .is_some_and(|us| m.event.ts_us.saturating_sub(us) > limits::LATE_ERROR_US);
            if after_close && late {
                continue;
            }
            errors.counted += 1;
            let text = text.unwrap_or_default();
            errors.excusable += i64::from(fold::is_excusable(text));
            errors.normal_end += i64::from(fold::is_normal_end(text, after_close));
            if fold::is_no_orchestrator(text) {
                errors.no_orchestrator_us.push(m.event.ts_us);
            }
        }
        errors
    }

    pub(super) fn of_class(&self, class: ErrorClass) -> Option<i64> {
        self.by_class.get(class as usize).copied()
    }
}

/// What came of a session or a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Served,
    Open,
    Unknown,
    NoOrchestrator,
    Excused,
    Failed,
}

impl Outcome {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Served => "SERVED",
            Self::Open => "OPEN",
            Self::Unknown => "UNKNOWN",
            Self::NoOrchestrator => "NO_ORCHESTRATOR",
            Self::Excused => "EXCUSED",
            Self::Failed => "FAILED",
        }
    }

    /// Of a session; the first that holds.
    pub(super) fn of_session(
        figures: &Figures,
        close: &Close,
        requested_us: Option<i64>,
        errors: &Errors,
    ) -> Self {
        if figures.few_processed_us.is_some() {
            return Self::Served;
        }
        let Some(closed_us) = close.at_us else { return Self::Open };
        let Some(requested_us) = requested_us else { return Self::Unknown };
        if !errors.no_orchestrator_us.is_empty() {
            return Self::NoOrchestrator;
        }
        let soon = closed_us.saturating_sub(requested_us) < limits::SHORT_US;
        let harmless = errors.excusable > 0 && errors.normal_end == errors.counted;
        match () {
            () if soon && harmless => Self::Excused,
            () if errors.counted > 0 || close.event.is_some() => Self::Failed,
            () => Self::Unknown,
        }
    }

    /// Of a leg of a session with this outcome; the first that holds.
    pub(super) fn of_leg(
        leg: &Leg,
        figures: &Figures,
        session: Self,
        close: &Close,
        end: Option<EndReason>,
    ) -> Self {
        if figures.few_processed_us.is_some() {
            return Self::Served;
        }
        if leg.left_for.is_some() {
            return Self::Failed;
        }
        let Some(closed_us) = close.at_us else { return Self::Open };
        let soon = closed_us.saturating_sub(leg.start_us) <= limits::SHORT_US;
        match session {
            Self::Served if end == Some(EndReason::Client) && soon => Self::Excused,
            Self::Served | Self::NoOrchestrator => Self::Failed,
            other => other,
        }
    }
}

/// How a session that was served ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EndReason {
    FailedSwap,
    Client,
    Error,
    Lost,
}

impl EndReason {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::FailedSwap => "FAILED_SWAP",
            Self::Client => "CLIENT",
            Self::Error => "ERROR",
            Self::Lost => "LOST",
        }
    }

    /// Of a closed session that was served; `None` for others.
    pub(super) fn of(
        moments: &[Moment<'_>],
        figures: &Figures,
        close: &Close,
        errors: &Errors,
    ) -> Option<Self> {
        let plays_us = figures.few_processed_us?;
        close.at_us?;
        let swapped_us = moments
            .iter()
            .filter(|m| m.is(SWAP) && m.gateway_us() >= plays_us)
            .map(|m| m.event.ts_us)
            .min();
        let found_none =
            swapped_us.is_some_and(|swap| errors.no_orchestrator_us.iter().any(|us| *us >= swap));
        Some(match close.event {
            _ if found_none => Self::FailedSwap,
            Some(_) if errors.normal_end == errors.counted => Self::Client,
            Some(_) => Self::Error,
            None => Self::Lost,
        })
    }
}
