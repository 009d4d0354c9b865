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
