//! Exact decimals. Amounts in wei are beyond 64 bits and beyond what a double holds; the expected
//! value of a payment is a product of three numbers and is rounded once, at the very end.

use crate::limits;

const BASE: u32 = 1_000_000_000;
const BASE_DIGITS: usize = 9;

/// A decimal number that is not negative: `mantissa / 10^scale`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decimal {
    /// Little end first, base 10^9, no zeros at the big end.
    limbs: Vec<u32>,
    /// Digits behind the point.
    scale: u32,
}

impl Decimal {
    /// The number that `text` is: digits, and at most one point. `None` for everything else, signs
    /// and exponents too.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{whole}{part}");
        let fits = !digits.is_empty() && digits.len() <= limits::DIGITS;
        if !fits || whole.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        Some(Self { limbs: limbs_of(&digits), scale: u32::try_from(part.len()).ok()? })
    }

    /// The product.
    pub fn times(&self, other: &Self) -> Self {
        let mut limbs = vec![0u32; self.limbs.len() + other.limbs.len()];
        for (i, a) in self.limbs.iter().enumerate() {
            let mut carry = 0u64;
            for (slot, b) in limbs.iter_mut().skip(i).zip(other.limbs.iter().chain([&0])) {
                let sum = u64::from(*slot) + u64::from(*a) * u64::from(*b) + carry;
                (*slot, carry) = low_high(sum);
            }
        }
        Self { limbs: trimmed(limbs), scale: self.scale + other.scale }
    }

    /// The sum.
    pub fn plus(&self, other: &Self) -> Self {
        let scale = self.scale.max(other.scale);
        let (a, b) = (self.at_scale(scale), other.at_scale(scale));
        let mut limbs = Vec::with_capacity(a.len().max(b.len()) + 1);
        let mut carry = 0u64;
        for i in 0..a.len().max(b.len()) {
            let limb = |x: &[u32]| x.get(i).copied().map_or(0, u64::from);
            let (low, high) = low_high(limb(&a) + limb(&b) + carry);
            limbs.push(low);
            carry = high;
        }
        limbs.push(low_high(carry).0);
        Self { limbs: trimmed(limbs), scale }
    }

    /// The whole number nearest to it, as text; of two as near the even one.
    pub fn whole(&self) -> String {
        let digits = self.digits();
        let scale = usize::try_from(self.scale).unwrap_or(usize::MAX);
        let (whole, part) = match digits.len().checked_sub(scale) {
            Some(at) => digits.split_at_checked(at).unwrap_or((&digits, "")),
            // All of it is behind the point, after zeros.
            None => return "0".to_owned(),
        };
        let half = part.strip_prefix('5').map(|rest| rest.bytes().all(|b| b == b'0'));
        let odd = whole.bytes().last().is_some_and(|b| b % 2 == 1);
        let up = match half {
            Some(true) => odd,
            Some(false) => true,
            None => part.bytes().next().is_some_and(|b| b > b'5'),
        };
        let whole = if whole.is_empty() { "0" } else { whole };
        if !up {
            return whole.to_owned();
        }
        let one = Self { limbs: vec![1], scale: 0 };
        // `whole` may be longer than what is parsed from outside, so it is not parsed again.
        Self { limbs: limbs_of(whole), scale: 0 }.plus(&one).digits()
    }

    /// All its digits, without the point and without zeros before the first.
    fn digits(&self) -> String {
        let mut limbs = self.limbs.iter().rev();
        let mut text = limbs.next().map_or_else(|| "0".to_owned(), u32::to_string);
        for limb in limbs {
            text.push_str(&format!("{limb:09}"));
        }
        text
    }

    /// Its limbs if it had this many digits behind the point; `scale` is not below its own.
    fn at_scale(&self, scale: u32) -> Vec<u32> {
        let mut more = scale.saturating_sub(self.scale);
        let mut limbs = self.limbs.clone();
        while more > 0 {
            let step = more.min(8);
            let mut carry = 0u64;
            for limb in &mut limbs {
                let (low, high) = low_high(u64::from(*limb) * 10u64.pow(step) + carry);
                (*limb, carry) = (low, high);
            }
            limbs.push(low_high(carry).0);
            more -= step;
        }
        trimmed(limbs)
    }
}

fn limbs_of(digits: &str) -> Vec<u32> {
    let chunks = digits.as_bytes().rchunks(BASE_DIGITS);
    trimmed(chunks.map(|c| c.iter().fold(0, |n, b| n * 10 + u32::from(b - b'0'))).collect())
}

/// A sum in two limbs.
fn low_high(sum: u64) -> (u32, u64) {
    let base = u64::from(BASE);
    (u32::try_from(sum % base).expect("below 10^9"), sum / base)
}

fn trimmed(mut limbs: Vec<u32>) -> Vec<u32> {
    while limbs.last() == Some(&0) {
        limbs.pop();
    }
    limbs
}

/// Expected value of a payment, wei: face value × win probability × tickets.
pub fn expected(face_value: &str, win_probability: &str, tickets: i64) -> Option<Decimal> {
    let tickets = Decimal::parse(&tickets.to_string())?;
    Some(Decimal::parse(face_value)?.times(&Decimal::parse(win_probability)?).times(&tickets))
}

/// ETH of an amount in whole wei, rounded once to the nearest double.
pub fn eth(wei: &str) -> Option<f64> {
    format!("{wei}e-18").parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(text: &str) -> String {
        Decimal::parse(text).unwrap().whole()
    }

    #[test]
    fn the_expected_value_is_exact() {
        let value = |face, win, n| expected(face, win, n).unwrap().whole();
        assert_eq!(value("2402400000000000", "0.0009990010", 2), "4800000004800");
        let most = "115792089237316195423570985008687907853269984665640564039457584007913129639935";
        assert_eq!(value(most, "1", 1), most);
        assert_eq!(value(most, "0.5", 2), most);
        assert_eq!(value("1", "0.1", 4), "0");
    }

    #[test]
    fn halves_go_to_the_even_number() {
        for (text, rounded) in [
            ("0.5", "0"),
            ("1.5", "2"),
            ("2.5", "2"),
            ("2.50000000000000000001", "3"),
            ("2.49999", "2"),
            ("999999999.5", "1000000000"),
            ("999999998.5", "999999998"),
            ("0.05", "0"),
            ("0.6", "1"),
            ("0.00", "0"),
            ("007.0", "7"),
            ("0", "0"),
        ] {
            assert_eq!(whole(text), rounded, "{text}");
        }
    }

    #[test]
    fn sums_keep_every_digit_until_the_end() {
        let third = Decimal::parse("0.333333333333").unwrap();
        let sum = third.plus(&third).plus(&third);
        assert_eq!(sum.whole(), "1");
        let many = (0..3).fold(Decimal::default(), |s, _| s.plus(&Decimal::parse("0.5").unwrap()));
        assert_eq!(many.whole(), "2", "rounded one by one it would be 0");
        let carries = Decimal::parse("999999999999999999.9").unwrap();
        assert_eq!(carries.plus(&Decimal::parse("0.1").unwrap()).whole(), "1000000000000000000");
    }

    #[test]
    fn what_is_no_plain_decimal_is_none() {
        for text in ["", ".", ".5", "-1", "+1", "1e5", "1.2.3", "0x10", "1 ", "٣", "NaN"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
        assert_eq!(Decimal::parse(&"9".repeat(81)), None);
        assert_eq!(expected("1", "1", -1), None);
    }

    #[test]
    fn eth_is_the_nearest_double() {
        assert_eq!(eth("4800000004800"), Some(4.800_000_004_8e-6));
        assert_eq!(eth("1000000000000000001"), Some(1.0));
    }

    proptest! {
        #[test]
        fn as_small_numbers_do(a in 0..u64::MAX, b in 0..u64::MAX, c in 0..1_000_000u64) {
            let (x, y) = (u128::from(a), u128::from(b));
            let decimal = |n: u64| Decimal::parse(&n.to_string()).unwrap();
            prop_assert_eq!(decimal(a).times(&decimal(b)).whole(), (x * y).to_string());
            prop_assert_eq!(decimal(a).plus(&decimal(b)).whole(), (x + y).to_string());
            let parts = Decimal::parse(&format!("{a}.{c:06}")).unwrap();
            let (half, odd) = (c == 500_000, x % 2 == 1);
            let up = u128::from(c > 500_000 || (half && odd));
            prop_assert_eq!(parts.whole(), (x + up).to_string());
            let scaled = parts.plus(&decimal(b));
            prop_assert_eq!(scaled.plus(&Decimal::default()), scaled);
        }
    }
}
