//! In which hours the data of a gateway was fresh.

use std::collections::HashMap;
use std::sync::Arc;

use naap_schema::targets;

use crate::limits::{HOUR_US, SECOND_US};

/// What is known of the freshness of gateways: for each the times without its agent.
#[derive(Debug, Clone, Default)]
pub struct FreshHours {
    gateways: HashMap<Arc<str>, Heard>,
}

/// When an agent was heard of.
#[derive(Debug, Clone)]
struct Heard {
    first_us: i64,
    last_us: i64,
    /// Times between two rows that are too long, in order: from, to.
    silences: Vec<(i64, i64)>,
}

/// From the times of the rows that a gateway's agent writes of itself, in any order: its
/// `dataThrough` moved on with each. The times should reach a little beyond the hours that are asked
/// about, since a silence may begin before an hour and end after it.
pub fn fresh_hours(rows: &[(Arc<str>, i64)]) -> FreshHours {
    let mut times = HashMap::<Arc<str>, Vec<i64>>::new();
    for (gateway, ts_us) in rows {
        times.entry(Arc::clone(gateway)).or_default().push(*ts_us);
    }
    let gateways = times.into_iter().filter_map(|(gateway, times)| Some((gateway, heard(times)?)));
    FreshHours { gateways: gateways.collect() }
}

fn heard(mut times: Vec<i64>) -> Option<Heard> {
    times.sort_unstable();
    let pairs = times.iter().zip(times.iter().skip(1));
    let silences = pairs.filter(|(a, b)| too_old(**a, **b)).map(|(a, b)| (*a, *b)).collect();
    Some(Heard { first_us: *times.first()?, last_us: *times.last()?, silences })
}

/// Whether data of the one moment is too old at the other.
fn too_old(from_us: i64, to_us: i64) -> bool {
    let age_s = (to_us - from_us).div_euclid(SECOND_US);
    let rest = (to_us - from_us).rem_euclid(SECOND_US) > 0;
    !targets::FRESH.met(crate::stats::number(age_s + i64::from(rest)))
}

impl FreshHours {
    /// Whether the data of this gateway was never too old in the hour from `hour_us` on. `None` if
    /// nothing was ever heard of its agent. Before its first row its data is as old as the row is far,
    /// and after its last as that row is. Only rows up to the end of the hour decide, so that what
    /// happens later changes nothing.
    pub fn fresh(&self, gateway: &str, hour_us: i64) -> Option<bool> {
        let heard = self.gateways.get(gateway)?;
        let end_us = hour_us + HOUR_US;
        let late = heard.first_us > hour_us && too_old(hour_us, heard.first_us.min(end_us));
        let gone = heard.last_us < end_us && too_old(heard.last_us, end_us);
        let from = heard.silences.partition_point(|s| s.1 <= hour_us);
        let touching = heard.silences.iter().skip(from).take_while(|s| s.0 < end_us);
        let silent = touching.into_iter().any(|s| too_old(s.0, s.1.min(end_us)));
        Some(!late && !gone && !silent)
    }
}
