//! Rows to frames and back.
//!
//! A frame holds rows of one epoch with consecutive sequence numbers, column by column. It is
//! self-contained, so the same bytes serve the wire and a disk. There are two formats, both laid
//! down in `proto/naap/v1/ingest.proto`: the first (`first`), for collectors that know no other,
//! and the packed one (`packed`), which takes down to half of its bytes. `tests/golden_frames.rs`
//! pins the bytes of both.

mod bits;
mod first;
mod ints;
mod packed;

use std::collections::HashMap;
use std::sync::Arc;

use prost::Message;
use uuid::Uuid;

use crate::proto::{Body, Encoding, Frame};
use crate::{EntityDef, Row, Value, limits};

/// The newest frame format, which [`encode`] makes. [`decode`] reads it and every older one.
pub const FORMAT: u32 = 2;
/// The first frame format. Frames and collectors that name no format mean this one.
pub const FIRST_FORMAT: u32 = 1;

/// Bodies below this size are not compressed: the frame header of zstd would eat the gain.
const COMPRESS_FROM: usize = 256;
/// Level 1 compresses these columns as well as level 3 and costs less.
const ZSTD_LEVEL: i32 = 1;
/// Largest whole number that a double holds exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Why a frame cannot be read. The frame as a whole is refused; nothing of it was used.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// It is larger than allowed.
    #[error("frame has {got} {what}, the limit is {limit}; send smaller frames")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much.
        got: usize,
        /// How much is allowed.
        limit: usize,
    },
    /// It was made by a newer program.
    #[error("frame has format {got}, the newest known here is {FORMAT}; update this program")]
    Format {
        /// Its format.
        got: u32,
    },
    /// The header contradicts itself or the body.
    #[error("frame is malformed: {0}")]
    Malformed(&'static str),
    /// The body does not decompress.
    #[error("frame body does not decompress")]
    Compression(#[source] std::io::Error),
    /// The body is no message.
    #[error("frame body is no message")]
    Body(#[source] prost::DecodeError),
}

/// A frame as read, not yet held against the schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// Epoch of the rows.
    pub epoch: u64,
    /// Sequence number of the first row.
    pub first_seq: u64,
    /// Schema version of whoever took the rows.
    pub schema_version: u32,
    /// Rows by entity; sequence numbers run through the tables in this order.
    pub tables: Vec<DecodedTable>,
}

/// Rows of one entity, by column.
#[derive(Debug, Clone, PartialEq)]
pub struct DecodedTable {
    /// Number of the entity.
    pub entity: u32,
    /// Time of each row, microseconds since 1970 UTC.
    pub ts_us: Vec<i64>,
    /// Field number and one value per row.
    pub columns: Vec<(u32, Vec<Option<Value>>)>,
}

impl Decoded {
    /// Rows over all tables.
    pub fn rows(&self) -> usize {
        self.tables.iter().map(|t| t.ts_us.len()).sum()
    }
}

impl DecodedTable {
    /// The rows, where every column is a field of `entity`; else the first number that is not.
    ///
    /// # Errors
    /// The number of a column that `entity` does not have.
    pub fn into_rows(self, entity: &'static EntityDef) -> Result<Vec<Row>, u32> {
        let mut rows: Vec<Row> = self.ts_us.iter().map(|&ts| Row::empty(entity, ts)).collect();
        for (number, values) in self.columns {
            let index = entity.field_index_by_number(number).ok_or(number)?;
            for (row, value) in rows.iter_mut().zip(values) {
                row.values[index] = value;
            }
        }
        Ok(rows)
    }
}

/// Makes one frame of `rows`, in the newest format. Rows of one entity that follow each other share
/// a table, so callers sort rows by entity first.
///
/// # Panics
/// Never on data; the caller keeps to [`limits::MAX_FRAME_ROWS`].
pub fn encode(epoch: u64, first_seq: u64, schema_version: u32, rows: &[Row]) -> Frame {
    encode_as(FORMAT, epoch, first_seq, schema_version, rows)
}

/// As [`encode`], in the newest format that is not newer than `format`; 0 is the first.
pub fn encode_as(
    format: u32,
    epoch: u64,
    first_seq: u64,
    schema_version: u32,
    rows: &[Row],
) -> Frame {
    let mut strings = Strings::default();
    let (format, tables, columns) = if format >= FORMAT {
        (FORMAT, Vec::new(), packed::encode(rows, &mut strings))
    } else {
        // The first format says nothing of itself: it was there before formats had numbers.
        (0, first::encode(rows, &mut strings), Vec::new())
    };
    let body = Body { strings: strings.list, tables }.encode_to_vec();
    let body_bytes = u32::try_from(body.len()).unwrap_or(u32::MAX);
    let packed = (body.len() >= COMPRESS_FROM)
        .then(|| zstd::bulk::compress(&body, ZSTD_LEVEL).ok())
        .flatten()
        .filter(|p| p.len() < body.len());
    let (encoding, body) = match packed {
        Some(packed) => (Encoding::Zstd, packed),
        None => (Encoding::Plain, body),
    };
    Frame {
        epoch,
        first_seq,
        rows: u32::try_from(rows.len()).unwrap_or(u32::MAX),
        schema_version,
        encoding: encoding.into(),
        body,
        body_bytes,
        format,
        columns,
    }
}

#[derive(Default)]
struct Strings {
    list: Vec<String>,
    index: HashMap<Arc<str>, u32>,
}

impl Strings {
    fn index(&mut self, s: &Arc<str>) -> u32 {
        if let Some(&i) = self.index.get(s) {
            return i;
        }
        let i = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.list.push(s.to_string());
        self.index.insert(Arc::clone(s), i);
        i
    }
}

/// The values as whole multiples of 10^-scale into `out`, and whether all of them fit.
fn scaled<'a>(values: impl Iterator<Item = &'a Value>, scale: u32, out: &mut Vec<i64>) -> bool {
    let factor = power_of_ten(scale);
    out.clear();
    for value in values {
        let x = (as_f64(value) * factor).round();
        // Not so for what is no number either.
        let fits = x.abs() < EXACT;
        if !fits {
            return false;
        }
        #[expect(clippy::cast_possible_truncation, reason = "below 2^53, as just checked")]
        out.push(x as i64);
    }
    true
}

/// As [`scaled`], with the fewest decimal places that lose nothing, if there are such.
fn decimals<'a>(
    values: impl Iterator<Item = &'a Value> + Clone,
    out: &mut Vec<i64>,
) -> Option<u32> {
    (0..=limits::MAX_SCALE).find(|scale| {
        let factor = power_of_ten(*scale);
        #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
        let exact = |(v, i): (&Value, &i64)| (*i as f64 / factor).to_bits() == as_f64(v).to_bits();
        scaled(values.clone(), *scale, out) && values.clone().zip(out.iter()).all(exact)
    })
}

fn power_of_ten(scale: u32) -> f64 {
    10f64.powi(i32::try_from(scale).unwrap_or(i32::MAX))
}

// A row that was checked has values of the right kind. For one that was not, these give the
// nearest harmless value; the collector refuses it by name.
fn as_i64(v: &Value) -> i64 {
    if let Value::I64(i) = v { *i } else { 0 }
}

fn as_f64(v: &Value) -> f64 {
    if let Value::F64(x) = v { *x } else { 0.0 }
}

fn as_text(v: &Value) -> Arc<str> {
    if let Value::Text(s) = v { Arc::clone(s) } else { Arc::from("") }
}

fn as_uuid(v: &Value) -> Uuid {
    if let Value::Uuid(u) = v { *u } else { Uuid::nil() }
}

/// Reads a frame of any format. Every size is checked before anything is allocated for it.
///
/// # Errors
/// If the frame is too large, too new, contradicts itself, or is no frame at all.
pub fn decode(frame: &Frame) -> Result<Decoded, FrameError> {
    check_header(frame)?;
    let body = body(frame)?;
    let strings = shared(body.strings)?;
    let tables = if frame.format <= FIRST_FORMAT {
        first::decode(frame, body.tables, &strings)?
    } else {
        packed::decode(frame, &strings)?
    };
    Ok(Decoded {
        epoch: frame.epoch,
        first_seq: frame.first_seq,
        schema_version: frame.schema_version,
        tables,
    })
}

fn check_header(frame: &Frame) -> Result<(), FrameError> {
    if frame.epoch == 0 || frame.epoch > i64::MAX as u64 {
        return Err(FrameError::Malformed("epoch must be above 0 and below 2^63"));
    }
    let last = frame.first_seq.checked_add(u64::from(frame.rows));
    if frame.first_seq == 0 || last.is_none_or(|l| l > i64::MAX as u64) {
        return Err(FrameError::Malformed(
            "first_seq must be above 0, and the last row below 2^63",
        ));
    }
    if frame.format > FORMAT {
        return Err(FrameError::Format { got: frame.format });
    }
    if frame.format <= FIRST_FORMAT && !frame.columns.is_empty() {
        return Err(FrameError::Malformed("it has packed columns, and a format without them"));
    }
    at_most("rows", frame.rows as usize, limits::MAX_FRAME_ROWS)?;
    at_most("bytes in its columns", frame.columns.len(), limits::MAX_FRAME_BYTES)?;
    at_most("bytes in its body", frame.body_bytes as usize, limits::MAX_BODY_BYTES)
}

fn body(frame: &Frame) -> Result<Body, FrameError> {
    let plain;
    let bytes = match Encoding::try_from(frame.encoding) {
        Ok(Encoding::Plain) => &frame.body,
        Ok(Encoding::Zstd) => {
            plain = zstd::bulk::decompress(&frame.body, frame.body_bytes as usize)
                .map_err(FrameError::Compression)?;
            &plain
        }
        Err(_) => return Err(FrameError::Malformed("its encoding is not known here")),
    };
    if bytes.len() != frame.body_bytes as usize {
        return Err(FrameError::Malformed("body_bytes is not the size of the body"));
    }
    check_counts(bytes)?;
    Body::decode(bytes.as_slice()).map_err(FrameError::Body)
}

/// A string, a table or a column of no bytes takes two in a body and many times that once it is
/// read, so they are counted before.
fn check_counts(body: &[u8]) -> Result<(), FrameError> {
    let (mut strings, mut tables, mut columns) = (0, 0, 0);
    each_part(body, |tag, part| {
        strings += usize::from(tag == 1);
        if tag == 2 {
            tables += 1;
            each_part(part, |tag, _| {
                columns += usize::from(tag == 4);
                Ok(())
            })?;
        }
        Ok(())
    })?;
    at_most("strings", strings, limits::MAX_FRAME_STRINGS)?;
    at_most("tables", tables, limits::MAX_FRAME_TABLES)?;
    at_most("columns", columns, limits::MAX_FRAME_COLUMNS)
}

/// The length-delimited fields of a message, by number.
fn each_part<'a>(
    mut message: &'a [u8],
    mut found: impl FnMut(usize, &'a [u8]) -> Result<(), FrameError>,
) -> Result<(), FrameError> {
    const CUT: FrameError = FrameError::Malformed("its body ends within a field");
    while !message.is_empty() {
        let varint = |m: &mut &[u8]| prost::decode_length_delimiter(m).map_err(FrameError::Body);
        let key = varint(&mut message)?;
        let length = match key & 7 {
            0 => {
                varint(&mut message)?;
                continue;
            }
            1 => 8,
            2 => varint(&mut message)?,
            5 => 4,
            _ => return Err(FrameError::Malformed("its body has a field of no kind")),
        };
        let (part, rest) = message.split_at_checked(length).ok_or(CUT)?;
        if key & 7 == 2 {
            found(key >> 3, part)?;
        }
        message = rest;
    }
    Ok(())
}

/// The strings of a frame, each allocated once however many rows have it.
fn shared(strings: Vec<String>) -> Result<Vec<Arc<str>>, FrameError> {
    let longest = strings.iter().map(String::len).max().unwrap_or(0);
    at_most("bytes in a string", longest, limits::MAX_TEXT_BYTES)?;
    Ok(strings.into_iter().map(Arc::from).collect())
}

fn at_most(what: &'static str, got: usize, limit: usize) -> Result<(), FrameError> {
    if got > limit { Err(FrameError::TooLarge { what, got, limit }) } else { Ok(()) }
}
