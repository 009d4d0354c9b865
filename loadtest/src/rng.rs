//! Chance that is the same on every machine and in every version: xoshiro256++, seeded by
//! splitmix64 (Blackman and Vigna, public domain). Not for secrets.

/// A source of chance.
#[derive(Debug, Clone)]
pub(crate) struct Rng([u64; 4]);

fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        let mut state = seed;
        Self(std::array::from_fn(|_| splitmix(&mut state)))
    }

    /// One of its own for a part of the work, so that parts do not depend on each other.
    pub(crate) fn fork(&mut self) -> Self {
        Self::new(self.next())
    }

    pub(crate) fn next(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.0;
        let result = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
        let t = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= t;
        *d = d.rotate_left(45);
        result
    }

    /// From 0 to 1, without 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// From `low` to `high`, without `high`.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number from `low` to `high`, both included.
    pub(crate) fn whole(&mut self, low: i64, high: i64) -> i64 {
        let span = high.saturating_sub(low).max(0).unsigned_abs() + 1;
        low.saturating_add_unsigned(self.next() % span)
    }

    /// True with probability `p`.
    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// About normal: mean 0, spread 1, never beyond 3.5.
    pub(crate) fn bell(&mut self) -> f64 {
        let sum: f64 = (0..4).map(|_| self.unit()).sum();
        (sum - 2.0) * 3f64.sqrt()
    }

    /// The wait until the next of events that come `per_hour`, ms, at least 1.
    pub(crate) fn wait_ms(&mut self, per_hour: f64) -> i64 {
        rounded(-(1.0 - self.unit()).ln() * 3_600_000.0 / per_hour).max(1)
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.index(of.len()))
    }

    /// A place among `n`; 0 if there is none.
    pub(crate) fn index(&mut self, n: usize) -> usize {
        let n = u64::try_from(n).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % n).unwrap_or(0)
    }

    /// A place among weights; the last one if they are all 0.
    pub(crate) fn weighted(&mut self, weights: impl Iterator<Item = f64> + Clone) -> usize {
        let mut left = self.unit() * weights.clone().sum::<f64>();
        let mut last = 0;
        for (i, weight) in weights.enumerate() {
            last = i;
            if left < weight {
                return i;
            }
            left -= weight;
        }
        last
    }

    /// Hexadecimal digits, at most 16.
    pub(crate) fn hex(&mut self, digits: usize) -> String {
        let mut text = format!("{:016x}", self.next());
        text.truncate(digits);
        text
    }

    /// A UUID of version 4.
    pub(crate) fn uuid(&mut self) -> String {
        let (a, b) = (self.next(), self.next());
        let (a, b) = ((a & !0xf000) | 0x4000, (b & !(0b11 << 62)) | (0b10 << 62));
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            a >> 32,
            (a >> 16) & 0xffff,
            a & 0xffff,
            b >> 48,
            b & 0xffff_ffff_ffff
        )
    }

    /// An address of a chain, lower case.
    pub(crate) fn address(&mut self) -> String {
        format!("0x{:016x}{:016x}{}", self.next(), self.next(), self.hex(8))
    }
}

/// To the nearest whole number.
#[expect(clippy::cast_possible_truncation, reason = "`as` saturates, and callers are far from it")]
pub(crate) fn rounded(x: f64) -> i64 {
    x.round() as i64
}

/// To three decimal places, as short text would have it.
pub(crate) fn thousandths(x: f64) -> f64 {
    (x * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_for_good() {
        let mut rng = Rng::new(1);
        let first: Vec<u64> = (0..3).map(|_| rng.next()).collect();
        // Values of this file's first version: whoever changes them changes every simulated network.
        let expected = [14_971_601_782_005_023_387, 13_781_649_495_232_077_965];
        assert_eq!(first[..2], expected);
        assert_eq!(first[2], 1_847_458_086_238_483_744);
    }

    #[test]
    fn chance_is_fair_and_within_its_bounds() {
        let mut rng = Rng::new(2);
        let n = 20_000;
        let mean = (0..n).map(|_| rng.unit()).sum::<f64>() / f64::from(n);
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
        let bells: Vec<f64> = (0..n).map(|_| rng.bell()).collect();
        let spread = (bells.iter().map(|b| b * b).sum::<f64>() / f64::from(n)).sqrt();
        assert!((spread - 1.0).abs() < 0.03, "{spread}");
        let mut seen = [0; 3];
        for _ in 0..n {
            seen[usize::try_from(rng.whole(5, 7) - 5).unwrap()] += 1;
        }
        assert!(seen.iter().all(|s| (6200..7200).contains(s)), "{seen:?}");
        let heavy = (0..n).filter(|_| rng.weighted([1.0, 3.0].into_iter()) == 1).count();
        assert!((14_500..15_500).contains(&heavy), "{heavy}");
        let wait = (0..n).map(|_| rng.wait_ms(60.0)).sum::<i64>() / i64::from(n);
        assert!((58_000..62_000).contains(&wait), "{wait}");
    }

    #[test]
    fn ids_have_their_form() {
        let mut rng = Rng::new(3);
        for _ in 0..100 {
            let uuid = rng.uuid();
            assert_eq!((uuid.len(), uuid.as_bytes()[14]), (36, b'4'));
            assert!(b"89ab".contains(&uuid.as_bytes()[19]), "{uuid}");
            assert_eq!(rng.address().len(), 42);
        }
    }
}
