//! Rows to frames and back.
//!
//! A frame holds rows of one epoch with consecutive sequence numbers, column by column: strings
//! once per frame, integers and times as differences, decimals as scaled integers, and the whole
//! compressed where that pays. It is self-contained, so the same bytes serve the wire and a disk.
//! The format is `proto/naap/v1/ingest.proto`; `tests/golden_frames.rs` pins its bytes.

use std::collections::HashMap;
use std::sync::Arc;

use prost::Message;
use uuid::Uuid;

use crate::proto::{Body, Column, Encoding, Frame, Table};
use crate::{EntityDef, FieldType, Row, Value, limits};

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

/// Makes one frame of `rows`. Rows of one entity that follow each other share a table, so callers
/// sort rows by entity first.
///
/// # Panics
/// Never on data; the caller keeps to [`limits::MAX_FRAME_ROWS`].
pub fn encode(epoch: u64, first_seq: u64, schema_version: u32, rows: &[Row]) -> Frame {
    let mut strings = Strings::default();
    let tables = rows
        .chunk_by(|a, b| a.entity.number == b.entity.number)
        .map(|rows| encode_table(rows, &mut strings))
        .collect();
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

fn encode_table(rows: &[Row], strings: &mut Strings) -> Table {
    let entity = rows[0].entity;
    let columns = entity
        .fields
        .iter()
        .enumerate()
        .filter_map(|(i, field)| {
            let present: Vec<bool> = rows.iter().map(|r| r.values[i].is_some()).collect();
            let values: Vec<&Value> = rows.iter().filter_map(|r| r.values[i].as_ref()).collect();
            if values.is_empty() {
                return None;
            }
            let mut column = encode_values(field.ty, field.scale, &values, strings);
            column.field = field.number;
            column.present = if values.len() == rows.len() { Vec::new() } else { bits(&present) };
            Some(column)
        })
        .collect();
    Table {
        entity: entity.number,
        rows: u32::try_from(rows.len()).unwrap_or(u32::MAX),
        ts_deltas: deltas(rows.iter().map(|r| r.ts_us)),
        columns,
    }
}

fn encode_values(
    ty: FieldType,
    scale: Option<u32>,
    values: &[&Value],
    strings: &mut Strings,
) -> Column {
    let mut column = Column::default();
    match ty {
        FieldType::I64 | FieldType::Timestamp => {
            column.deltas = deltas(values.iter().map(|v| as_i64(v)));
        }
        FieldType::F64 => match scale.and_then(|s| scaled(values, s)) {
            Some(integers) => {
                column.scale = scale.unwrap_or(0);
                column.deltas = deltas(integers.into_iter());
                // Scale 0 would read back as integers.
                if column.scale == 0 {
                    column.deltas.clear();
                    column.doubles = values.iter().map(|v| as_f64(v)).collect();
                }
            }
            None => column.doubles = values.iter().map(|v| as_f64(v)).collect(),
        },
        FieldType::Symbol | FieldType::Text => {
            column.strings = values.iter().map(|v| strings.index(&as_text(v))).collect();
        }
        FieldType::Uuid => {
            column.uuids = values.iter().flat_map(|v| as_uuid(v).into_bytes()).collect();
        }
    }
    column
}

/// The values as whole multiples of 10^-scale, if all of them fit.
fn scaled(values: &[&Value], scale: u32) -> Option<Vec<i64>> {
    let factor = power_of_ten(scale);
    values
        .iter()
        .map(|v| {
            let x = (as_f64(v) * factor).round();
            #[expect(clippy::cast_possible_truncation, reason = "below 2^53, as just checked")]
            (x.abs() < EXACT).then_some(x as i64)
        })
        .collect()
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

fn deltas(values: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut last = 0i64;
    values.map(|v| v.wrapping_sub(std::mem::replace(&mut last, v))).collect()
}

fn bits(present: &[bool]) -> Vec<u8> {
    present
        .chunks(8)
        .map(|c| c.iter().enumerate().fold(0, |byte, (i, &p)| byte | (u8::from(p) << i)))
        .collect()
}

/// Reads a frame. Every size is checked before anything is allocated for it.
///
/// # Errors
/// If the frame is too large, contradicts itself, or is no frame at all.
pub fn decode(frame: &Frame) -> Result<Decoded, FrameError> {
    if frame.epoch == 0 || frame.epoch > i64::MAX as u64 {
        return Err(FrameError::Malformed("epoch must be above 0 and below 2^63"));
    }
    let last = frame.first_seq.checked_add(u64::from(frame.rows));
    if frame.first_seq == 0 || last.is_none_or(|l| l > i64::MAX as u64) {
        return Err(FrameError::Malformed(
            "first_seq must be above 0, and the last row below 2^63",
        ));
    }
    at_most("rows", frame.rows as usize, limits::MAX_FRAME_ROWS)?;
    at_most("bytes in its body", frame.body_bytes as usize, limits::MAX_BODY_BYTES)?;
    let plain;
    let bytes = match frame.encoding() {
        Encoding::Plain => &frame.body,
        Encoding::Zstd => {
            plain = zstd::bulk::decompress(&frame.body, frame.body_bytes as usize)
                .map_err(FrameError::Compression)?;
            &plain
        }
    };
    if bytes.len() != frame.body_bytes as usize {
        return Err(FrameError::Malformed("body_bytes is not the size of the body"));
    }
    let body = Body::decode(bytes.as_slice()).map_err(FrameError::Body)?;
    decode_body(frame, body)
}

fn decode_body(frame: &Frame, body: Body) -> Result<Decoded, FrameError> {
    at_most("tables", body.tables.len(), limits::MAX_FRAME_TABLES)?;
    let mut rows = 0usize;
    let mut values = 0usize;
    for table in &body.tables {
        at_most("columns in a table", table.columns.len(), limits::MAX_TABLE_COLUMNS)?;
        rows = rows.saturating_add(table.rows as usize);
        values = values.saturating_add((table.rows as usize).saturating_mul(table.columns.len()));
    }
    if rows != frame.rows as usize {
        return Err(FrameError::Malformed("rows is not the sum of the tables' rows"));
    }
    at_most("values", values, limits::MAX_FRAME_VALUES)?;
    if body.strings.iter().any(|s| s.len() > limits::MAX_TEXT_BYTES) {
        return Err(FrameError::TooLarge {
            what: "bytes in a string",
            got: body.strings.iter().map(String::len).max().unwrap_or(0),
            limit: limits::MAX_TEXT_BYTES,
        });
    }
    let strings: Vec<Arc<str>> = body.strings.into_iter().map(Arc::from).collect();
    let tables = body
        .tables
        .into_iter()
        .map(|t| decode_table(t, &strings))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Decoded {
        epoch: frame.epoch,
        first_seq: frame.first_seq,
        schema_version: frame.schema_version,
        tables,
    })
}

fn at_most(what: &'static str, got: usize, limit: usize) -> Result<(), FrameError> {
    if got > limit { Err(FrameError::TooLarge { what, got, limit }) } else { Ok(()) }
}

fn decode_table(table: Table, strings: &[Arc<str>]) -> Result<DecodedTable, FrameError> {
    let rows = table.rows as usize;
    if rows == 0 {
        return Err(FrameError::Malformed("a table has no rows"));
    }
    if table.ts_deltas.len() != rows {
        return Err(FrameError::Malformed("a table has not one time per row"));
    }
    let mut columns: Vec<(u32, Vec<Option<Value>>)> = Vec::with_capacity(table.columns.len());
    for column in table.columns {
        if columns.iter().any(|(number, _)| *number == column.field) {
            return Err(FrameError::Malformed("a table has two columns of one field"));
        }
        columns.push((column.field, decode_column(&column, rows, strings)?));
    }
    let ts_us = undelta(&table.ts_deltas).collect();
    Ok(DecodedTable { entity: table.entity, ts_us, columns })
}

fn decode_column(
    column: &Column,
    rows: usize,
    strings: &[Arc<str>],
) -> Result<Vec<Option<Value>>, FrameError> {
    let present = presence(&column.present, rows)?;
    let count = present.iter().filter(|p| **p).count();
    let values = decode_values(column, strings)?;
    if values.len() != count {
        return Err(FrameError::Malformed("a column has not one value per present row"));
    }
    let mut values = values.into_iter();
    Ok(present.into_iter().map(|p| if p { values.next() } else { None }).collect())
}

fn presence(bytes: &[u8], rows: usize) -> Result<Vec<bool>, FrameError> {
    if bytes.is_empty() {
        return Ok(vec![true; rows]);
    }
    if bytes.len() != rows.div_ceil(8) {
        return Err(FrameError::Malformed("a presence map has not one bit per row"));
    }
    let all = bytes.iter().flat_map(|b| (0..8).map(move |i| b >> i & 1 == 1));
    let present: Vec<bool> = all.collect();
    if present[rows..].iter().any(|p| *p) {
        return Err(FrameError::Malformed("a presence map has bits beyond the last row"));
    }
    Ok(present[..rows].to_vec())
}

fn decode_values(column: &Column, strings: &[Arc<str>]) -> Result<Vec<Value>, FrameError> {
    let kinds = [
        !column.deltas.is_empty(),
        !column.doubles.is_empty(),
        !column.strings.is_empty(),
        !column.uuids.is_empty(),
    ];
    if kinds.iter().filter(|k| **k).count() > 1 {
        return Err(FrameError::Malformed("a column has values of two kinds"));
    }
    if column.scale > limits::MAX_SCALE {
        return Err(FrameError::Malformed("a column has too many decimal places"));
    }
    if !column.deltas.is_empty() && column.scale > 0 {
        let factor = power_of_ten(column.scale);
        #[expect(clippy::cast_precision_loss, reason = "the encoder keeps below 2^53")]
        return Ok(undelta(&column.deltas).map(|i| Value::F64(i as f64 / factor)).collect());
    }
    if !column.deltas.is_empty() {
        return Ok(undelta(&column.deltas).map(Value::I64).collect());
    }
    if !column.strings.is_empty() {
        return column
            .strings
            .iter()
            .map(|&i| strings.get(i as usize).map(|s| Value::Text(Arc::clone(s))))
            .collect::<Option<_>>()
            .ok_or(FrameError::Malformed("a column refers to a string that is not there"));
    }
    if !column.uuids.is_empty() {
        let (ids, rest) = column.uuids.as_chunks::<16>();
        if !rest.is_empty() {
            return Err(FrameError::Malformed("a uuid column is not a multiple of 16 bytes"));
        }
        return Ok(ids.iter().map(|b| Value::Uuid(Uuid::from_bytes(*b))).collect());
    }
    Ok(column.doubles.iter().map(|&x| Value::F64(x)).collect())
}

fn undelta(deltas: &[i64]) -> impl Iterator<Item = i64> {
    let mut last = 0i64;
    deltas.iter().map(move |d| {
        last = last.wrapping_add(*d);
        last
    })
}
