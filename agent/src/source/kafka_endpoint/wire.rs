//! The primitive types of Kafka's protocol, from and to bytes.
//!
//! Nothing is ever reserved because a length in the input says so; a reader only hands out parts of
//! the bytes that are there.

/// The bytes do not hold what they should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request cannot be read")]
pub(crate) struct Unreadable;

/// Reads from the front of some bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// What is left.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn take(&mut self, n: usize) -> Result<&'a [u8], Unreadable> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or(Unreadable)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Unreadable> {
        self.take(N)?.try_into().map_err(|_| Unreadable)
    }

    pub(crate) fn i8(&mut self) -> Result<i8, Unreadable> {
        self.array().map(i8::from_be_bytes)
    }

    pub(crate) fn i16(&mut self) -> Result<i16, Unreadable> {
        self.array().map(i16::from_be_bytes)
    }

    pub(crate) fn i32(&mut self) -> Result<i32, Unreadable> {
        self.array().map(i32::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Unreadable> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn i64(&mut self) -> Result<i64, Unreadable> {
        self.array().map(i64::from_be_bytes)
    }

    /// A text with a length of 16 bits; -1 is none.
    pub(crate) fn string(&mut self) -> Result<Option<&'a str>, Unreadable> {
        let length = self.i16()?;
        if length == -1 {
            return Ok(None);
        }
        let bytes = self.take(usize::try_from(length).map_err(|_| Unreadable)?)?;
        std::str::from_utf8(bytes).map(Some).map_err(|_| Unreadable)
    }

    /// Bytes with a length of 32 bits; -1 is none.
    pub(crate) fn bytes(&mut self) -> Result<Option<&'a [u8]>, Unreadable> {
        let length = self.i32()?;
        if length == -1 {
            return Ok(None);
        }
        self.take(usize::try_from(length).map_err(|_| Unreadable)?).map(Some)
    }

    /// How many items follow; -1 is none. No more than there can be: an item takes at least a byte.
    pub(crate) fn items(&mut self) -> Result<Option<usize>, Unreadable> {
        let n = self.i32()?;
        if n == -1 {
            return Ok(None);
        }
        let n = usize::try_from(n).map_err(|_| Unreadable)?;
        if n > self.0.len() { Err(Unreadable) } else { Ok(Some(n)) }
    }

    /// A number of 1 to 10 bytes, positive and negative ones in turn.
    pub(crate) fn varint(&mut self) -> Result<i64, Unreadable> {
        let mut folded = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(1)?.first().ok_or(Unreadable)?;
            folded |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let half = i64::try_from(folded >> 1).map_err(|_| Unreadable)?;
                return Ok(if folded & 1 == 0 { half } else { !half });
            }
        }
        Err(Unreadable)
    }

    /// Bytes whose length is such a number; -1 is none.
    pub(crate) fn varbytes(&mut self) -> Result<Option<&'a [u8]>, Unreadable> {
        let length = self.varint()?;
        if length == -1 {
            return Ok(None);
        }
        self.take(usize::try_from(length).map_err(|_| Unreadable)?).map(Some)
    }
}

/// An answer: its length comes first, its correlation second.
#[derive(Debug)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn new(correlation: i32) -> Self {
        let mut writer = Self(vec![0; 4]);
        writer.i32(correlation);
        writer
    }

    pub(crate) fn i8(&mut self, x: i8) {
        self.0.extend(x.to_be_bytes());
    }

    pub(crate) fn i16(&mut self, x: i16) {
        self.0.extend(x.to_be_bytes());
    }

    pub(crate) fn i32(&mut self, x: i32) {
        self.0.extend(x.to_be_bytes());
    }

    pub(crate) fn i64(&mut self, x: i64) {
        self.0.extend(x.to_be_bytes());
    }

    /// A text; what is longer than its length can say is cut, and we have none.
    pub(crate) fn string(&mut self, text: Option<&str>) {
        match text {
            None => self.i16(-1),
            Some(text) => {
                let length = i16::try_from(text.len()).unwrap_or(i16::MAX);
                self.i16(length);
                let end = usize::from(length.unsigned_abs());
                self.0.extend(text.as_bytes().iter().take(end));
            }
        }
    }

    /// How many items follow.
    pub(crate) fn items(&mut self, n: usize) {
        self.i32(i32::try_from(n).unwrap_or(i32::MAX));
    }

    /// The same where the protocol counts in one byte, and begins at 1; for fewer than 127.
    pub(crate) fn few_items(&mut self, n: usize) {
        self.0.push(u8::try_from(n + 1).unwrap_or(0x7f));
    }

    /// No tagged fields.
    pub(crate) fn no_tags(&mut self) {
        self.0.push(0);
    }

    /// The whole, ready to be sent.
    pub(crate) fn done(mut self) -> Vec<u8> {
        let length = u32::try_from(self.0.len().saturating_sub(4)).unwrap_or(u32::MAX);
        for (at, byte) in self.0.iter_mut().zip(length.to_be_bytes()) {
            *at = byte;
        }
        self.0
    }
}
