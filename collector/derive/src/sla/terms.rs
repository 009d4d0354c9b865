//! The terms of a score: what each is worth, and how much of the whole.

use std::sync::Arc;

use naap_schema::generated::Benchmark;

use crate::stats::{median, number};

/// Weights of startup success, no-swap and viability in reliability.
pub(super) const RELIABILITY: [f64; 3] = [0.4, 0.2, 0.4];
/// Weights of latency and FPS in quality.
const LATENCY: f64 = 0.6;
const FPS: f64 = 0.4;
/// Weights of PTFF and E2E in latency.
const PTFF_OF_LATENCY: f64 = 0.6;
const E2E_OF_LATENCY: f64 = 0.4;
/// What a term is worth of which nothing can be said.
const NEUTRAL: f64 = 0.5;

/// Weights of the terms that there are: those of missing ones are 0, the others scaled up to what all
/// sum to.
pub(super) fn scaled(terms: [Option<f64>; 3], weights: [f64; 3]) -> [f64; 3] {
    let kept: f64 = terms.iter().zip(weights).filter(|(t, _)| t.is_some()).map(|(_, w)| w).sum();
    let all: f64 = weights.iter().sum();
    let mut scaled = [0.0; 3];
    for ((out, term), weight) in scaled.iter_mut().zip(terms).zip(weights) {
        if term.is_some() {
            *out = weight * all / kept;
        }
    }
    scaled
}

/// Σ weight × value; `None` if there is no term at all.
pub(super) fn weighted(terms: [Option<f64>; 3], weights: [f64; 3]) -> Option<f64> {
    let there = terms.iter().zip(weights).filter_map(|(t, w)| Some((*t)? * w));
    terms.iter().any(Option::is_some).then(|| there.sum())
}

/// Which end of a figure is good, with what makes its values certain.
#[derive(Clone, Copy)]
pub(super) enum Good {
    /// A latency: lower is better.
    Low,
    /// FPS: higher is better.
    High,
}

impl Good {
    /// Values from which on the raw term counts in full.
    fn certain(self) -> f64 {
        match self {
            Self::Low => 10.0,
            Self::High => 30.0,
        }
    }

    /// The value against what is usual: 1 at the median or better, 0 at the bad tenth or worse. The
    /// good side wins ties. `None` if the benchmark lacks a figure.
    fn raw(self, value: f64, usual: &Benchmark) -> Option<f64> {
        let p50 = usual.p50?;
        Some(match self {
            Self::Low if value <= p50 => 1.0,
            Self::Low => ((usual.p90? - value) / (usual.p90? - p50)).clamp(0.0, 1.0),
            Self::High if value >= p50 => 1.0,
            Self::High => ((value - usual.p10?) / (p50 - usual.p10?)).clamp(0.0, 1.0),
        })
    }
}

/// A term of quality.
#[derive(Debug, Clone, Default)]
pub(super) struct Term {
    pub(super) median: Option<f64>,
    pub(super) n: i64,
    /// 0 to 1; `None`: left out.
    pub(super) value: Option<f64>,
    pub(super) flag: Option<Arc<str>>,
    pub(super) weight: f64,
}

/// The term of an orchestrator's values, `n` being how much they rest on; `usual` only where usable.
pub(super) fn term(values: Vec<f64>, n: i64, good: Good, usual: Option<&Benchmark>) -> Term {
    let Some(median) = median(values) else {
        return Term { value: Some(NEUTRAL), flag: Some("NO_VALUES".into()), ..Term::default() };
    };
    let raw = usual.and_then(|u| good.raw(median, u));
    let certain = (number(n) / good.certain()).min(1.0);
    Term {
        median: Some(median),
        n,
        value: Some(raw.map_or(NEUTRAL, |raw| NEUTRAL + certain * (raw - NEUTRAL))),
        flag: raw.is_none().then(|| "NO_BENCHMARK".into()),
        weight: 0.0,
    }
}

/// The terms of quality, each with its weight.
#[derive(Debug, Clone, Default)]
pub(super) struct Quality {
    pub(super) ptff: Term,
    pub(super) e2e: Term,
    pub(super) fps: Term,
}

impl Quality {
    /// Gives each its weight. E2E without values is left out, and PTFF takes its weight.
    pub(super) fn of(ptff: Term, e2e: Term, fps: Term) -> Self {
        let measured = e2e.median.is_some();
        let (of_ptff, of_e2e) =
            if measured { (PTFF_OF_LATENCY, E2E_OF_LATENCY) } else { (1.0, 0.0) };
        Self {
            ptff: Term { weight: LATENCY * of_ptff, ..ptff },
            e2e: Term { weight: LATENCY * of_e2e, value: e2e.value.filter(|_| measured), ..e2e },
            fps: Term { weight: FPS, ..fps },
        }
    }

    pub(super) fn values(&self) -> [Option<f64>; 3] {
        [self.ptff.value, self.e2e.value, self.fps.value]
    }

    pub(super) fn weights(&self) -> [f64; 3] {
        [self.ptff.weight, self.e2e.weight, self.fps.weight]
    }
}
