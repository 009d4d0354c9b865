//! Record batches (magic 2) to the values in them. Pure; every size is bounded before it is taken.

use std::borrow::Cow;
use std::io::Read;

use super::wire::{Reader, Unreadable};
use crate::limits;

/// Why a batch is not taken, as the protocol's error codes say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bad {
    /// Damaged.
    Corrupt,
    /// A format from before Kafka 0.11.
    OldFormat,
    /// Packed in a way that is not known.
    Codec,
    /// More than is taken.
    TooLarge,
}

impl Bad {
    /// The protocol's number.
    pub(crate) const fn code(self) -> i16 {
        match self {
            Self::Corrupt => 2,
            Self::TooLarge => 10,
            Self::OldFormat => 43,
            Self::Codec => 76,
        }
    }
}

impl From<Unreadable> for Bad {
    fn from(_: Unreadable) -> Self {
        Self::Corrupt
    }
}

/// What was unpacked of one request so far.
#[derive(Debug, Default)]
pub(crate) struct Unpacked {
    /// The values of records; `None` where a record has none, or one that is too long.
    pub(crate) values: Vec<Result<Vec<u8>, Missing>>,
    bytes: usize,
}

/// Why a record has no value here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It has none.
    Null,
    /// It is longer than an event may be.
    TooLong,
}

impl Unpacked {
    /// Adds the values of all batches in `bytes`; nothing of them if one cannot be read.
    pub(crate) fn add(&mut self, bytes: &[u8]) -> Result<(), Bad> {
        let (values, before) = (self.values.len(), self.bytes);
        let added = self.add_all(Reader::new(bytes));
        if added.is_err() {
            self.values.truncate(values);
            self.bytes = before;
        }
        added
    }

    fn add_all(&mut self, mut from: Reader<'_>) -> Result<(), Bad> {
        while !from.rest().is_empty() {
            let batch = Batch::read(&mut from)?;
            if self.values.len() + batch.count > limits::KAFKA_RECORDS {
                return Err(Bad::TooLarge);
            }
            let left = limits::KAFKA_UNPACKED_BYTES.saturating_sub(self.bytes);
            let records = batch.unpack(left)?;
            self.bytes += records.len();
            let mut records = Reader::new(&records);
            for _ in 0..batch.count {
                let value = value(&mut records)?;
                self.values.push(match value {
                    None => Err(Missing::Null),
                    Some(v) if v.len() > limits::LINE_BYTES => Err(Missing::TooLong),
                    Some(v) => Ok(v.to_vec()),
                });
            }
        }
        Ok(())
    }
}

/// The value of a record. Key, headers and times say nothing that the event does not.
fn value<'a>(from: &mut Reader<'a>) -> Result<Option<&'a [u8]>, Unreadable> {
    let mut record = Reader::new(from.varbytes()?.ok_or(Unreadable)?);
    record.i8()?;
    record.varint()?;
    record.varint()?;
    record.varbytes()?;
    record.varbytes()
}

struct Batch<'a> {
    codec: i16,
    count: usize,
    body: &'a [u8],
}

impl<'a> Batch<'a> {
    fn read(from: &mut Reader<'a>) -> Result<Self, Bad> {
        from.i64()?;
        // The format stands at the same place in all of them, behind a number.
        let mut peek = *from;
        peek.take(8)?;
        if peek.i8()? != 2 {
            return Err(Bad::OldFormat);
        }
        let mut batch = Reader::new(from.bytes()?.ok_or(Bad::Corrupt)?);
        batch.take(5)?;
        let crc = batch.u32()?;
        if crc32c::crc32c(batch.rest()) != crc {
            return Err(Bad::Corrupt);
        }
        let attributes = batch.i16()?;
        batch.take(4 + 8 + 8 + 8 + 2 + 4)?;
        let count = usize::try_from(batch.i32()?).map_err(|_| Bad::Corrupt)?;
        Ok(Self { codec: attributes & 7, count, body: batch.rest() })
    }

    /// The records, at most `most` bytes.
    fn unpack(&self, most: usize) -> Result<Cow<'a, [u8]>, Bad> {
        let packed = self.body;
        match self.codec {
            0 if packed.len() > most => Err(Bad::TooLarge),
            0 => Ok(Cow::Borrowed(packed)),
            1 => all(flate2::read::GzDecoder::new(packed), most),
            2 => snappy(packed, most),
            3 => all(lz4_flex::frame::FrameDecoder::new(packed), most),
            4 => {
                let mut unpack = zstd::Decoder::with_buffer(packed).map_err(|_| Bad::Corrupt)?;
                // What a frame may have unpacked at a time: 8 MiB, as much as any usual level asks.
                unpack.window_log_max(23).map_err(|_| Bad::Corrupt)?;
                all(unpack, most)
            }
            _ => Err(Bad::Codec),
        }
    }
}

fn all(from: impl Read, most: usize) -> Result<Cow<'static, [u8]>, Bad> {
    let mut out = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    from.take(limit).read_to_end(&mut out).map_err(|_| Bad::Corrupt)?;
    if out.len() > most { Err(Bad::TooLarge) } else { Ok(Cow::Owned(out)) }
}

/// Bare, as librdkafka packs, or in the blocks of Java's library.
fn snappy(packed: &[u8], most: usize) -> Result<Cow<'static, [u8]>, Bad> {
    let mut out = Vec::new();
    let Some(blocks) = packed.strip_prefix(b"\x82SNAPPY\0") else {
        block(packed, most, &mut out)?;
        return Ok(Cow::Owned(out));
    };
    let mut blocks = Reader::new(blocks);
    blocks.take(8)?;
    while !blocks.rest().is_empty() {
        block(blocks.bytes()?.ok_or(Bad::Corrupt)?, most, &mut out)?;
    }
    Ok(Cow::Owned(out))
}

fn block(packed: &[u8], most: usize, out: &mut Vec<u8>) -> Result<(), Bad> {
    let length = snap::raw::decompress_len(packed).map_err(|_| Bad::Corrupt)?;
    if length > most.saturating_sub(out.len()) {
        return Err(Bad::TooLarge);
    }
    // Snappy makes of one byte less than 64; a block that says more lies.
    if length / 64 > packed.len() {
        return Err(Bad::Corrupt);
    }
    out.extend(snap::raw::Decoder::new().decompress_vec(packed).map_err(|_| Bad::Corrupt)?);
    Ok(())
}
