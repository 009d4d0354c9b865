//! Payment sessions: consecutive streams of a gateway on one orchestrator share one now and then,
//! streams that are open at the same time never do, so that every later payment has one stream that
//! it can be for.

use std::collections::BTreeMap;

use crate::rng::Rng;

/// After the last event of a silent stream this must pass, ms, until nobody takes it for open.
const OVER_MS: i64 = 130_000;

type Key = (usize, usize, usize);

/// The last payment session of each (gateway, orchestrator, URI), and when its stream is over.
#[derive(Debug, Default)]
pub(super) struct Payments {
    last: BTreeMap<Key, (String, i64)>,
    /// Those of the stream that is being planned.
    open: Vec<Key>,
}

impl Payments {
    /// A payment session for a stream that was requested at `begin`, ms. `lossy`: its first payment
    /// may be lost, so that nobody else may have it before or after.
    pub(super) fn session(&mut self, key: Key, begin: i64, lossy: bool, rng: &mut Rng) -> String {
        let own = rng.hex(8);
        let shares = rng.chance(0.4);
        if lossy {
            return own;
        }
        self.open.push(key);
        let last = self.last.get(&key).filter(|(_, over)| shares && over + OVER_MS < begin);
        let id = last.map_or(own, |(id, _)| id.clone());
        self.last.insert(key, (id.clone(), i64::MAX - OVER_MS));
        id
    }

    /// The stream that was planned is over at `end`, ms.
    pub(super) fn over(&mut self, end: i64) {
        for key in self.open.drain(..) {
            if let Some((_, over)) = self.last.get_mut(&key) {
                *over = end;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_share_a_payment_session_only_one_after_the_other() {
        let mut payments = Payments::default();
        let mut rng = Rng::new(5);
        let (mut last, mut shared) = (BTreeMap::<String, i64>::new(), 0);
        for n in 0..2000 {
            let start = n * 300_000;
            let end = start + rng.whole(10_000, 400_000);
            let id = payments.session((0, 0, 0), start, false, &mut rng);
            payments.over(end);
            if let Some(before) = last.insert(id, end) {
                shared += 1;
                assert!(before + OVER_MS < start, "{before} {start}");
            }
        }
        assert!(shared > 20, "{shared}");
        let lossy = payments.session((0, 0, 0), i64::MAX / 2, true, &mut rng);
        assert!(!last.contains_key(&lossy));
    }

    #[test]
    fn one_stream_never_shares_with_itself() {
        let mut payments = Payments::default();
        let mut rng = Rng::new(6);
        let ids: std::collections::BTreeSet<String> =
            (0..20).map(|n| payments.session((0, 1, 0), n * 1_000_000, false, &mut rng)).collect();
        assert_eq!(ids.len(), 20);
    }
}
