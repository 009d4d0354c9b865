//! Targets of the SLA (`definitions.md` 3): data, so that whoever shows compliance says against what.

/// Which side of its value a target wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The value or more.
    AtLeast,
    /// The value or less.
    AtMost,
}

/// One target. An hour meets it, or not, or has no value for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// Name; the columns of `sla_score` begin with it: `<name>_met` of `<name>_hours`.
    pub name: &'static str,
    /// What is compared.
    pub figure: &'static str,
    /// Which side is good.
    pub side: Side,
    /// The value, in `unit`.
    pub value: f64,
    /// Unit of the value.
    pub unit: &'static str,
    /// Version of the definitions that it belongs to.
    pub formula: &'static str,
}

const fn target(
    name: &'static str,
    figure: &'static str,
    side: Side,
    value: f64,
    unit: &'static str,
) -> Target {
    Target { name, figure, side, value, unit, formula: "2026.1" }
}

/// Legs that served, of those requested in the hour.
pub const STARTUP: Target = target("startup", "served / requested", Side::AtLeast, 0.99, "ratio");
/// Legs swapped away from, of those requested in the hour.
pub const SWAP: Target = target("swap", "swapped / requested", Side::AtMost, 0.05, "ratio");
/// Mean over the legs of the hour of their jitter coefficient.
pub const JITTER: Target = target("jitter", "mean jitter_coefficient", Side::AtMost, 0.1, "ratio");
/// Mean over the legs of the hour of their media latency.
pub const E2E: Target = target("e2e", "mean e2e_media_ms", Side::AtMost, 3000.0, "ms");
/// Age of the data of the gateways that observed the hour.
pub const FRESH: Target = target("fresh", "age of data", Side::AtMost, 300.0, "s");

/// All targets. One is never changed: a new one belongs to a new version.
pub const TARGETS: &[Target] = &[STARTUP, SWAP, JITTER, E2E, FRESH];

impl Target {
    /// Whether a value meets it.
    pub fn met(&self, value: f64) -> bool {
        match self.side {
            Side::AtLeast => value >= self.value,
            Side::AtMost => value <= self.value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::SLA_SCORE;

    #[test]
    fn each_has_its_two_columns() {
        for t in TARGETS {
            for column in [format!("{}_met", t.name), format!("{}_hours", t.name)] {
                assert!(SLA_SCORE.field_index(&column).is_some(), "{column}");
            }
        }
    }

    #[test]
    fn the_value_itself_is_good() {
        for t in TARGETS {
            assert!(t.met(t.value), "{}", t.name);
        }
        assert!(STARTUP.met(1.0) && !STARTUP.met(0.98));
        assert!(SWAP.met(0.0) && !SWAP.met(0.06));
    }
}
