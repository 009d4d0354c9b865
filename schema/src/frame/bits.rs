//! Bits, most significant first: the alphabet of the packed columns.

use super::FrameError;

/// What a reader says when a number does not end where the bits do.
const SHORT: FrameError = FrameError::Malformed("its columns end too early");

/// Collects bits.
#[derive(Debug, Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    /// The last `used` bits are not in `bytes` yet.
    pending: u64,
    used: u32,
}

impl Writer {
    /// The low `bits` bits of `value`; the others are 0.
    pub(super) fn put(&mut self, value: u64, bits: u32) {
        if bits > 32 {
            self.put(value >> 32, bits - 32);
            self.put(value & u64::from(u32::MAX), 32);
            return;
        }
        self.pending = self.pending << bits | value;
        self.used += bits;
        if self.used >= 32 {
            self.used -= 32;
            let [_, _, _, _, word @ ..] = (self.pending >> self.used).to_be_bytes();
            self.bytes.extend(word);
        }
    }

    /// A number that is small more often than not: see [`gamma_bits`] for its length.
    pub(super) fn put_gamma(&mut self, value: u64, k: u32) {
        let class = class(value, k);
        self.put(0, class);
        self.put(1, 1);
        let below = class.saturating_sub(1) + k;
        let mask = u64::MAX.checked_shr(64 - below).unwrap_or(0);
        self.put(value & mask, below);
    }

    /// Any number: whether it is above 0, its length, what follows its leading 1.
    pub(super) fn put_number(&mut self, value: u64) {
        self.put(u64::from(value > 0), 1);
        if let Some(below) = bit_length(value).checked_sub(1) {
            self.put(u64::from(below), 6);
            self.put(value ^ 1 << below, below);
        }
    }

    /// The bytes; the last one is filled up with 0.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let rest = self.used.div_ceil(8) as usize;
        let word = self.pending << 32 >> self.used;
        let [_, _, _, _, word @ ..] = word.to_be_bytes();
        self.bytes.extend(&word[..rest]);
        self.bytes
    }
}

/// Reads bits; never beyond their end.
#[derive(Debug)]
pub(super) struct Reader {
    /// The bits, and a margin of 0 so that whole words can be read near the end.
    bytes: Vec<u8>,
    at: usize,
    end: usize,
}

impl Reader {
    pub(super) fn new(bits: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(bits.len() + 16);
        bytes.extend_from_slice(bits);
        bytes.resize(bits.len() + 16, 0);
        Self { bytes, at: 0, end: bits.len() * 8 }
    }

    /// The next 57 bits or more, from the top.
    fn window(&self) -> u64 {
        let from = self.at >> 3;
        let word = self.bytes.get(from..from + 8).and_then(|b| b.try_into().ok());
        u64::from_be_bytes(word.unwrap_or_default()) << (self.at & 7)
    }

    fn advance(&mut self, bits: u32) -> Result<(), FrameError> {
        self.at += bits as usize;
        if self.at > self.end { Err(SHORT) } else { Ok(()) }
    }

    /// How many bits there still are.
    pub(super) fn left(&self) -> usize {
        self.end.saturating_sub(self.at)
    }

    /// The next `bits` bits, at most 64.
    pub(super) fn get(&mut self, bits: u32) -> Result<u64, FrameError> {
        if bits > 57 {
            let high = self.get(bits - 32)?;
            return Ok(high << 32 | self.get(32)?);
        }
        let value = self.window().checked_shr(64 - bits).unwrap_or(0);
        self.advance(bits)?;
        Ok(value)
    }

    pub(super) fn get_bit(&mut self) -> Result<bool, FrameError> {
        Ok(self.get(1)? == 1)
    }

    pub(super) fn get_gamma(&mut self, k: u32) -> Result<u64, FrameError> {
        let window = self.window();
        let class = window.leading_zeros();
        let below = class.saturating_sub(1) + k;
        if class + 1 + below > 57 {
            return self.get_long_gamma(k);
        }
        let low = (window << class << 1).checked_shr(64 - below).unwrap_or(0);
        self.advance(class + 1 + below)?;
        Ok(if class == 0 { low } else { 1 << below | low })
    }

    #[cold]
    fn get_long_gamma(&mut self, k: u32) -> Result<u64, FrameError> {
        let mut class = 0u32;
        while !self.get_bit()? {
            class += 1;
        }
        let below = class.saturating_sub(1) + k;
        if below > 63 {
            return Err(FrameError::Malformed("a number has more than 64 bits"));
        }
        let low = self.get(below)?;
        Ok(if class == 0 { low } else { 1 << below | low })
    }

    pub(super) fn get_number(&mut self) -> Result<u64, FrameError> {
        if !self.get_bit()? {
            return Ok(0);
        }
        let below = self.get_small(6)?;
        Ok(1 << below | self.get(below)?)
    }

    /// The next `bits` bits, at most 32.
    pub(super) fn get_small(&mut self, bits: u32) -> Result<u32, FrameError> {
        Ok(u32::try_from(self.get(bits)?).unwrap_or(u32::MAX))
    }

    /// Whether nothing but the filling of the last byte is left.
    pub(super) fn is_at_end(&mut self) -> bool {
        let left = u32::try_from(self.left()).unwrap_or(u32::MAX);
        left < 8 && self.get(left).is_ok_and(|rest| rest == 0)
    }
}

/// Bits without leading zeros; of 0 none.
pub(super) const fn bit_length(value: u64) -> u32 {
    64 - value.leading_zeros()
}

const fn class(value: u64, k: u32) -> u32 {
    bit_length(value).saturating_sub(k)
}

/// Length of a gamma code of a number with so many bits.
pub(super) const fn gamma_bits(bit_length: u32, k: u32) -> u32 {
    let class = bit_length.saturating_sub(k);
    class + 1 + class.saturating_sub(1) + k
}

/// Length of [`Writer::put_number`].
pub(super) const fn number_bits(value: u64) -> u32 {
    if value == 0 { 1 } else { 6 + bit_length(value) }
}

/// Small for numbers near 0 on both sides.
pub(super) const fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63).cast_unsigned()
}

pub(super) const fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_of_number_comes_back() {
        let values: Vec<u64> =
            (0..64).flat_map(|b| [0, (1u64 << b) - 1, 1 << b, u64::MAX >> b]).collect();
        for k in [0, 1, 4, 17, 56, 57, 63] {
            let mut bits = Writer::default();
            for &value in &values {
                bits.put(1, 1);
                bits.put_gamma(value, k);
                bits.put_number(value);
                bits.put(value, 64);
            }
            let bytes = bits.finish();
            let expected: u32 =
                values.iter().map(|&v| 65 + gamma_bits(bit_length(v), k) + number_bits(v)).sum();
            assert_eq!(bytes.len(), expected.div_ceil(8) as usize);
            let mut bits = Reader::new(&bytes);
            for &value in &values {
                assert!(bits.get_bit().unwrap());
                assert_eq!(bits.get_gamma(k).unwrap(), value, "gamma {k}");
                assert_eq!(bits.get_number().unwrap(), value);
                assert_eq!(bits.get(64).unwrap(), value);
            }
            assert!(bits.is_at_end());
        }
    }

    #[test]
    fn nothing_is_read_beyond_the_end() {
        for bytes in [&[][..], &[0], &[0; 40], &[0xff]] {
            let mut bits = Reader::new(bytes);
            let wanted = u32::try_from(bytes.len() * 8 + 1).unwrap().min(57);
            assert!(bytes.len() == 40 || bits.get(wanted).is_err());
            assert!(Reader::new(bytes).get_gamma(60).is_err());
        }
        assert!(!Reader::new(&[1]).is_at_end() && !Reader::new(&[0, 0]).is_at_end());
        assert!(Reader::new(&[]).is_at_end());
    }

    #[test]
    fn zigzag_turns_back() {
        for value in [0, 1, -1, i64::MAX, i64::MIN] {
            assert_eq!(unzigzag(zigzag(value)), value);
        }
        assert_eq!((zigzag(0), zigzag(-1), zigzag(1)), (0, 1, 2));
    }
}
