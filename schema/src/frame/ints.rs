//! Whole numbers as bits: the values of one column. The layout stands in the proto, at
//! `Frame.columns`.
//!
//! A sequence is changed in one of eight ways, whichever gives the fewest bits: not at all, or to
//! differences, or to differences of differences; from the row before, or from the same series one
//! period before; or, where a value holds for a whole period, once per period. What comes of it is
//! written in runs, each with its own base, unit and code.

use super::FrameError;
use super::bits::{Reader, Writer, bit_length, gamma_bits, number_bits, unzigzag, zigzag};

/// In runs up to this length a base may cost more than it saves.
const SHORT: usize = 64;

/// How often to difference, over how many rows, and whether values hold for a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Change {
    number: u64,
    order: usize,
    over_period: bool,
    held: bool,
}

impl Change {
    const ALL: [Self; 8] = [
        Self::new(0, 0, false, false),
        Self::new(1, 1, false, false),
        Self::new(2, 2, false, false),
        Self::new(3, 1, true, false),
        Self::new(4, 2, true, false),
        Self::new(5, 0, false, true),
        Self::new(6, 1, false, true),
        Self::new(7, 2, false, true),
    ];

    const fn new(number: u64, order: usize, over_period: bool, held: bool) -> Self {
        Self { number, order, over_period, held }
    }

    const fn lag(self, period: usize) -> usize {
        if self.over_period { period } else { 1 }
    }

    /// Lengths of the runs that `count` changed values are written in: what stays as it is, the
    /// first differences, the differences of those.
    fn runs(self, count: usize, period: usize) -> [usize; 3] {
        if self.order == 0 {
            return [count, 0, 0];
        }
        let first = self.lag(period).min(count);
        let second = if self.order == 1 { count } else { 2 * first }.min(count) - first;
        [first, second, count - first - second]
    }
}

/// How the numbers of a run are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Code {
    /// All are the base.
    Equal,
    /// Multiples of the unit above the base, each with this many bits.
    Fixed(u32),
    /// The same as gamma codes.
    Gamma(u32),
    /// Multiples of the unit on both sides of the base, as gamma codes.
    Around(u32),
}

#[derive(Debug, Clone, Copy)]
struct Run {
    code: Code,
    base: i64,
    unit: u64,
    /// Length over all.
    bits: u64,
}

/// Buffers that are used again for each column.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    changed: Vec<i64>,
    best: Vec<i64>,
    sorted: Vec<i64>,
}

/// Writes a sequence. `period`: rows after which a series comes again; 0 or 1: none known.
pub(super) fn write(values: &[i64], period: usize, scratch: &mut Scratch, out: &mut Writer) {
    if let [only] = values {
        out.put_number(zigzag(*only));
        return;
    }
    let mut best: Option<(u64, Change, [Option<Run>; 3])> = None;
    for change in candidates(values, period) {
        // Where differences do not help, theirs will not.
        if change.order == 2 && best.is_some_and(|(_, b, _)| b.number + 1 != change.number) {
            continue;
        }
        apply(change, values, period, &mut scratch.changed);
        let lengths = change.runs(scratch.changed.len(), period);
        let mut rest = scratch.changed.as_slice();
        let mut bits = 0;
        let runs = lengths.map(|length| {
            let (run, after) = rest.split_at(length);
            rest = after;
            let plan = (length > 0).then(|| plan(run, &mut scratch.sorted))?;
            bits += plan.bits;
            Some(plan)
        });
        if best.is_none_or(|(least, ..)| bits < least) {
            best = Some((bits, change, runs));
            std::mem::swap(&mut scratch.changed, &mut scratch.best);
        }
    }
    let Some((_, change, runs)) = best else { return };
    out.put(change.number, 3);
    let mut rest = scratch.best.as_slice();
    for (run, length) in runs.iter().zip(change.runs(rest.len(), period)) {
        let (numbers, after) = rest.split_at(length);
        rest = after;
        if let Some(run) = run {
            run.write(numbers, out);
        }
    }
}

/// The changes that are worth a try.
fn candidates(values: &[i64], period: usize) -> impl Iterator<Item = Change> + use<> {
    let equal = values.iter().all(|v| *v == values[0]);
    let periodic = period > 1 && period < values.len();
    let holds = periodic
        && !equal
        && values.len().is_multiple_of(period)
        && values.chunks(period).all(|c| c.iter().all(|v| *v == c[0]));
    Change::ALL.into_iter().filter(move |change| match (equal, holds) {
        (true, _) => change.number == 0,
        (_, true) => change.held,
        _ => !change.held && (!change.over_period || periodic),
    })
}

fn apply(change: Change, values: &[i64], period: usize, out: &mut Vec<i64>) {
    out.clear();
    match change.held {
        true => out.extend(values.iter().step_by(period)),
        false => out.extend(values),
    }
    let lag = change.lag(period);
    for order in 1..=change.order {
        for i in (order * lag..out.len()).rev() {
            out[i] = out[i].wrapping_sub(out[i - lag]);
        }
    }
}

fn undo(change: Change, values: &mut Vec<i64>, period: usize) {
    let lag = change.lag(period);
    for order in (1..=change.order).rev() {
        for i in order * lag..values.len() {
            values[i] = values[i].wrapping_add(values[i - lag]);
        }
    }
    if change.held {
        let held = values.len();
        values.resize(held * period, 0);
        for i in (0..held).rev() {
            let value = values[i];
            values[i * period..(i + 1) * period].fill(value);
        }
    }
}

/// The shortest way to write a run.
fn plan(run: &[i64], sorted: &mut Vec<i64>) -> Run {
    let (min, max) = run.iter().fold((i64::MAX, i64::MIN), |(l, h), &v| (l.min(v), h.max(v)));
    let base_bits = |base: i64| u64::from(number_bits(zigzag(base)));
    if run.len() == 1 {
        return Run { code: Code::Equal, base: min, unit: 1, bits: base_bits(min) };
    }
    if min == max {
        return Run { code: Code::Equal, base: min, unit: 1, bits: 2 + base_bits(min) };
    }
    let unit = common_unit(run, min);
    // Code, its parameter, and whether there is a unit.
    let head = 2 + 6 + 1 + if unit == 1 { 0 } else { u64::from(number_bits(unit)) };
    let spread = above(max, min);
    let mut best = from_below(run, min, max, unit);
    // In a short run of large numbers the base itself would be one number more.
    if run.len() <= SHORT && min > 0 && min.cast_unsigned().is_multiple_of(unit) {
        let from_zero = from_below(run, 0, max, unit);
        best = if from_zero.bits < best.bits { from_zero } else { best };
    }
    if i64::try_from(spread).is_ok() {
        sorted.clear();
        sorted.extend(run);
        let middle = sorted.len() / 2;
        let base = *sorted.select_nth_unstable(middle).1;
        let (k, bits) = best_gamma(run.iter().map(|&v| around(v, base, unit)));
        let bits = base_bits(base) + bits;
        if bits < best.bits {
            best = Run { code: Code::Around(k), base, unit, bits };
        }
    }
    best.bits += head;
    best
}

/// The shorter way to write a run in steps above a base; without its head.
fn from_below(run: &[i64], base: i64, max: i64, unit: u64) -> Run {
    let base_bits = u64::from(number_bits(zigzag(base)));
    let width = bit_length(above(max, base) / unit);
    let fixed = u64::from(width) * run.len() as u64;
    let (k, gamma) = best_gamma(run.iter().map(|&v| above(v, base) / unit));
    let (code, bits) =
        if gamma < fixed { (Code::Gamma(k), gamma) } else { (Code::Fixed(width), fixed) };
    Run { code, base, unit, bits: base_bits + bits }
}

/// How far `value` is above `base`, exactly.
const fn above(value: i64, base: i64) -> u64 {
    value.wrapping_sub(base).cast_unsigned()
}

/// Steps of `unit` from `base`, which divide evenly and fit, to either side.
fn around(value: i64, base: i64, unit: u64) -> u64 {
    let steps = value.wrapping_sub(base) / i64::try_from(unit).unwrap_or(i64::MAX);
    zigzag(steps)
}

/// The largest number that divides all distances from `min`.
fn common_unit(run: &[i64], min: i64) -> u64 {
    let mut unit = 0;
    for &value in run {
        unit = greatest_common_divisor(unit, above(value, min));
        if unit == 1 {
            break;
        }
    }
    unit
}

/// By halving, which is several times faster than by division.
fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    if a == 0 || b == 0 {
        return a | b;
    }
    let twos = (a | b).trailing_zeros();
    a >>= a.trailing_zeros();
    while b != 0 {
        b >>= b.trailing_zeros();
        (a, b) = (a.min(b), a.abs_diff(b));
    }
    a << twos
}

/// The parameter with which gamma codes are shortest, and their length.
fn best_gamma(numbers: impl Iterator<Item = u64>) -> (u32, u64) {
    let mut lengths = [0u32; 65];
    let (mut least, mut most) = (64, 0);
    for number in numbers {
        let length = bit_length(number);
        lengths[length as usize] += 1;
        (least, most) = (length.min(least), length.max(most));
    }
    let used = &lengths[least as usize..=most as usize];
    let cost = |k: u32| -> u64 {
        (least..).zip(used).map(|(l, n)| u64::from(*n) * u64::from(gamma_bits(l, k))).sum()
    };
    // Longer than the longest number is waste; the cost falls to its least, then rises.
    let mut best = (most.min(63), cost(most.min(63)));
    for k in (0..best.0).rev() {
        let bits = cost(k);
        if bits > best.1 {
            break;
        }
        best = (k, bits);
    }
    best
}

impl Run {
    fn write(&self, numbers: &[i64], out: &mut Writer) {
        if numbers.len() > 1 {
            let (code, parameter) = match self.code {
                Code::Equal => (0, None),
                Code::Fixed(width) => (1, Some(width - 1)),
                Code::Gamma(k) => (2, Some(k)),
                Code::Around(k) => (3, Some(k)),
            };
            out.put(code, 2);
            if let Some(parameter) = parameter {
                out.put(u64::from(parameter), 6);
                out.put(u64::from(self.unit != 1), 1);
                if self.unit != 1 {
                    out.put_number(self.unit);
                }
            }
        }
        out.put_number(zigzag(self.base));
        let (base, unit) = (self.base, self.unit);
        match self.code {
            Code::Equal => {}
            Code::Fixed(width) => {
                numbers.iter().for_each(|&v| out.put(above(v, base) / unit, width));
            }
            Code::Gamma(k) => {
                numbers.iter().for_each(|&v| out.put_gamma(above(v, base) / unit, k));
            }
            Code::Around(k) => {
                numbers.iter().for_each(|&v| out.put_gamma(around(v, base, unit), k));
            }
        }
    }
}

/// Reads a sequence of `count` numbers into `values`, in place of what was there. The caller has
/// checked that so many numbers may be.
pub(super) fn read(
    count: usize,
    period: usize,
    bits: &mut Reader,
    values: &mut Vec<i64>,
) -> Result<(), FrameError> {
    values.clear();
    if count == 1 {
        values.push(unzigzag(bits.get_number()?));
        return Ok(());
    }
    let change = Change::ALL[bits.get_small(3)? as usize];
    let mut written = count;
    if change.held || change.over_period {
        if period < 2 || period >= count {
            return Err(FrameError::Malformed("a column refers to a period that is not there"));
        }
        if change.held {
            if !count.is_multiple_of(period) {
                return Err(FrameError::Malformed("a column ends within a period"));
            }
            written = count / period;
        }
    }
    values.reserve(count);
    for length in change.runs(written, period) {
        read_run(length, bits, values)?;
    }
    undo(change, values, period);
    Ok(())
}

fn read_run(length: usize, bits: &mut Reader, values: &mut Vec<i64>) -> Result<(), FrameError> {
    if length == 0 {
        return Ok(());
    }
    if length == 1 {
        values.push(unzigzag(bits.get_number()?));
        return Ok(());
    }
    let code = bits.get(2)?;
    let (mut parameter, mut unit) = (0, 1);
    if code != 0 {
        parameter = bits.get_small(6)?;
        if bits.get_bit()? {
            unit = bits.get_number()?.cast_signed();
        }
    }
    let base = unzigzag(bits.get_number()?);
    let at = |steps: i64| base.wrapping_add(unit.wrapping_mul(steps));
    match code {
        0 => values.resize(values.len() + length, base),
        1 => {
            for _ in 0..length {
                values.push(at(bits.get(parameter + 1)?.cast_signed()));
            }
        }
        2 => {
            for _ in 0..length {
                values.push(at(bits.get_gamma(parameter)?.cast_signed()));
            }
        }
        _ => {
            for _ in 0..length {
                values.push(at(unzigzag(bits.get_gamma(parameter)?)));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(values: &[i64], period: usize) -> Vec<u8> {
        let mut out = Writer::default();
        write(values, period, &mut Scratch::default(), &mut out);
        out.finish()
    }

    fn comes_back(values: &[i64], period: usize) -> usize {
        let bytes = written(values, period);
        let mut bits = Reader::new(&bytes);
        let mut again = vec![1, 2, 3];
        read(values.len(), period, &mut bits, &mut again).unwrap();
        assert_eq!(again, values);
        assert!(bits.is_at_end());
        bytes.len()
    }

    #[test]
    fn what_is_regular_costs_next_to_nothing() {
        let series = |f: fn(i64) -> i64| (0..800).map(f).collect::<Vec<_>>();
        assert!(comes_back(&series(|_| 1 << 40), 8) <= 7);
        assert!(comes_back(&series(|i| 1 << (i % 8 * 7)), 8) <= 64 + 8);
        assert!(comes_back(&series(|i| i * 15_000_000), 0) <= 8);
        assert!(comes_back(&series(|i| i * i), 0) <= 8);
        let held = series(|i| 1_790_000_000_000_000 + i / 8 * 1_000_000);
        assert!(comes_back(&held, 8) <= 16);
        // Eight counters of their own speed each.
        let counters = series(|i| (i % 8 + 1) * 1_000_003 * (i / 8) + (i % 8) * 77_777_777_777);
        assert!(comes_back(&counters, 8) <= 8 * (6 + 3) + 8);
        // Pages of 2 MiB: 3 bits each and no more.
        let pages = series(|i| (i * 7919 % 8) << 21);
        assert!(comes_back(&pages, 0) <= 800 * 3 / 8 + 8);
    }

    #[test]
    fn extremes_come_back() {
        for values in [
            vec![i64::MIN, i64::MAX],
            vec![i64::MAX, i64::MIN, 0, -1, i64::MIN],
            vec![i64::MIN, i64::MIN + (1 << 62), i64::MIN],
            vec![0, i64::MIN, 0, 0, 0, 0, 0, 0],
            vec![i64::MIN; 5],
            vec![7],
        ] {
            for period in [0, 1, 2, 3, 9] {
                comes_back(&values, period);
            }
        }
    }

    proptest! {
        #[test]
        fn any_numbers_come_back(
            values in prop::collection::vec(any::<i64>(), 1..60),
            shift in 0u32..64,
            step in 1i64..5000,
            period in 0usize..20,
        ) {
            comes_back(&values, period);
            let near: Vec<i64> = values.iter().map(|v| (v >> shift).wrapping_mul(step)).collect();
            comes_back(&near, period);
            let sums: Vec<i64> = near.iter().scan(0i64, |sum, v| {
                *sum = sum.wrapping_add(*v);
                Some(*sum)
            }).collect();
            comes_back(&sums, period);
        }

        #[test]
        fn any_bits_are_read_or_refused(
            bytes in prop::collection::vec(any::<u8>(), 0..80),
            count in 1usize..200,
            period in 0usize..20,
        ) {
            let mut values = Vec::new();
            if read(count, period, &mut Reader::new(&bytes), &mut values).is_ok() {
                prop_assert_eq!(values.len(), count);
            }
        }
    }
}
