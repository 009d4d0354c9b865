//! The packed format: one stream of bits for all tables of a frame. Its layout stands in the
//! proto, at `Frame.columns`.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use super::bits::{Reader, Writer};
use super::ints::{self, Scratch};
use super::{
    DecodedTable, FrameError, Strings, as_f64, as_i64, as_text, as_uuid, at_most, decimals,
    power_of_ten, scaled,
};
use crate::proto::Frame;
use crate::{EntityDef, FieldDef, FieldType, Identity, Row, Value, limits};

/// Parameters of the gamma codes of a table's head.
const ENTITY_K: u32 = 4;
const ROWS_K: u32 = 3;
const PERIOD_K: u32 = 0;
const FIELD_K: u32 = 0;
const UUIDS_K: u32 = 3;

/// What the numbers of a column stand for.
mod kind {
    /// Themselves: integers and times.
    pub(super) const INTEGERS: u64 = 0;
    /// Decimals: 4 bits follow, the decimal places.
    pub(super) const DECIMALS: u64 = 1;
    /// Doubles, by their bits.
    pub(super) const DOUBLES: u64 = 2;
    /// Strings, by their index in the frame.
    pub(super) const STRINGS: u64 = 3;
    /// UUIDs, by their index in the column; how many, and themselves, come first.
    pub(super) const UUIDS: u64 = 4;
}

/// Buffers that are used again for each column.
#[derive(Debug, Default)]
struct Buffers {
    numbers: Vec<i64>,
    scratch: Scratch,
}

/// The bits of all tables.
pub(super) fn encode(rows: &[Row], strings: &mut Strings) -> Vec<u8> {
    let mut out = Writer::default();
    let mut buffers = Buffers::default();
    for rows in rows.chunk_by(|a, b| a.entity.number == b.entity.number) {
        encode_table(rows, strings, &mut buffers, &mut out);
    }
    out.finish()
}

fn encode_table(rows: &[Row], strings: &mut Strings, buffers: &mut Buffers, out: &mut Writer) {
    let entity = rows[0].entity;
    out.put_gamma(u64::from(entity.number), ENTITY_K);
    out.put_gamma(rows.len() as u64 - 1, ROWS_K);
    let period = period(entity, rows);
    out.put_gamma(period as u64, PERIOD_K);
    buffers.numbers.clear();
    buffers.numbers.extend(rows.iter().map(|r| r.ts_us));
    ints::write(&buffers.numbers, period, &mut buffers.scratch, out);
    let mut last = 0;
    for (i, field) in entity.fields.iter().enumerate() {
        let count = rows.iter().filter(|r| r.values[i].is_some()).count();
        if count == 0 {
            continue;
        }
        out.put(1, 1);
        out.put_gamma(u64::from(field.number - last - 1), FIELD_K);
        last = field.number;
        out.put(u64::from(count == rows.len()), 1);
        if count < rows.len() {
            rows.iter().for_each(|r| out.put(u64::from(r.values[i].is_some()), 1));
        }
        let values = rows.iter().filter_map(|r| r.values[i].as_ref());
        encode_values(field, values, strings, &mut buffers.numbers, out);
        ints::write(&buffers.numbers, period, &mut buffers.scratch, out);
    }
    out.put(0, 1);
}

/// After how many rows the series of a sampled entity come again in the same order; 0: never.
fn period(entity: &EntityDef, rows: &[Row]) -> usize {
    if entity.identity != Identity::Sample {
        return 0;
    }
    let keys: Vec<usize> = (0..entity.fields.len()).filter(|&i| entity.fields[i].key).collect();
    if keys.is_empty() {
        return 0;
    }
    let first = &rows[0].values;
    let again = |row: &Row| keys.iter().all(|&i| row.values[i] == first[i]);
    rows.iter().skip(1).position(again).map_or(0, |i| i + 1)
}

/// Writes what goes before the numbers of a column, and puts those into `numbers`.
fn encode_values<'a>(
    field: &FieldDef,
    values: impl Iterator<Item = &'a Value> + Clone,
    strings: &mut Strings,
    numbers: &mut Vec<i64>,
    out: &mut Writer,
) {
    numbers.clear();
    match field.ty {
        FieldType::I64 | FieldType::Timestamp => {
            out.put(kind::INTEGERS, 3);
            numbers.extend(values.map(as_i64));
        }
        FieldType::F64 => {
            let declared = field.scale.filter(|s| (1..=limits::MAX_SCALE).contains(s));
            let scale = match declared {
                Some(scale) => scaled(values.clone(), scale, numbers).then_some(scale),
                None => decimals(values.clone(), numbers),
            };
            if let Some(scale) = scale {
                out.put(kind::DECIMALS, 3);
                out.put(u64::from(scale), 4);
            } else {
                out.put(kind::DOUBLES, 3);
                numbers.clear();
                numbers.extend(values.map(|v| as_f64(v).to_bits().cast_signed()));
            }
        }
        FieldType::Symbol | FieldType::Text => {
            out.put(kind::STRINGS, 3);
            numbers.extend(values.map(|v| i64::from(strings.index(&as_text(v)))));
        }
        FieldType::Uuid => {
            out.put(kind::UUIDS, 3);
            encode_uuids(values.map(as_uuid), numbers, out);
        }
    }
}

fn encode_uuids(values: impl Iterator<Item = Uuid>, numbers: &mut Vec<i64>, out: &mut Writer) {
    let mut distinct: Vec<Uuid> = Vec::new();
    let mut index: HashMap<Uuid, i64> = HashMap::new();
    for uuid in values {
        let next = i64::try_from(distinct.len()).unwrap_or(i64::MAX);
        numbers.push(*index.entry(uuid).or_insert_with(|| {
            distinct.push(uuid);
            next
        }));
    }
    out.put_gamma(distinct.len() as u64 - 1, UUIDS_K);
    for uuid in distinct {
        let (high, low) = uuid.as_u64_pair();
        out.put(high, 64);
        out.put(low, 64);
    }
}

/// Reads the tables of a frame whose head was checked.
pub(super) fn decode(frame: &Frame, strings: &[Arc<str>]) -> Result<Vec<DecodedTable>, FrameError> {
    let mut bits = Reader::new(&frame.columns);
    let mut budget = Budget { rows: frame.rows as usize, values: limits::MAX_FRAME_VALUES };
    let mut tables = Vec::new();
    let mut numbers = Vec::new();
    while budget.rows > 0 {
        at_most("tables", tables.len() + 1, limits::MAX_FRAME_TABLES)?;
        tables.push(decode_table(&mut bits, strings, &mut budget, &mut numbers)?);
    }
    if !bits.is_at_end() {
        return Err(FrameError::Malformed("its columns go on after the last row"));
    }
    Ok(tables)
}

/// What may still come.
struct Budget {
    rows: usize,
    values: usize,
}

impl Budget {
    fn column(&mut self, rows: usize) -> Result<(), FrameError> {
        self.values = self.values.checked_sub(rows).ok_or(FrameError::TooLarge {
            what: "values",
            got: limits::MAX_FRAME_VALUES - self.values + rows,
            limit: limits::MAX_FRAME_VALUES,
        })?;
        Ok(())
    }
}

fn decode_table(
    bits: &mut Reader,
    strings: &[Arc<str>],
    budget: &mut Budget,
    numbers: &mut Vec<i64>,
) -> Result<DecodedTable, FrameError> {
    let entity = small(bits.get_gamma(ENTITY_K)?)?;
    let rows = small(bits.get_gamma(ROWS_K)?)? as usize + 1;
    let period = small(bits.get_gamma(PERIOD_K)?)? as usize;
    budget.rows = budget
        .rows
        .checked_sub(rows)
        .ok_or(FrameError::Malformed("rows is not the sum of the tables' rows"))?;
    ints::read(rows, period, bits, numbers)?;
    let ts_us = numbers.clone();
    let mut columns = Vec::new();
    let mut field = 0u32;
    while bits.get_bit()? {
        at_most("columns in a table", columns.len() + 1, limits::MAX_TABLE_COLUMNS)?;
        budget.column(rows)?;
        let gap = small(bits.get_gamma(FIELD_K)?)?;
        field = field
            .checked_add(gap)
            .and_then(|f| f.checked_add(1))
            .ok_or(FrameError::Malformed("a column has a field number above 2^32"))?;
        columns.push((field, decode_column(bits, rows, period, strings, numbers)?));
    }
    Ok(DecodedTable { entity, ts_us, columns })
}

fn small(number: u64) -> Result<u32, FrameError> {
    u32::try_from(number).map_err(|_| FrameError::Malformed("a number of its head is above 2^32"))
}

fn decode_column(
    bits: &mut Reader,
    rows: usize,
    period: usize,
    strings: &[Arc<str>],
    numbers: &mut Vec<i64>,
) -> Result<Vec<Option<Value>>, FrameError> {
    let present = if bits.get_bit()? { None } else { Some(presence(bits, rows)?) };
    let count = present.as_ref().map_or(rows, |p| p.iter().filter(|p| **p).count());
    if count == 0 {
        return Err(FrameError::Malformed("a column has no values"));
    }
    let kind = bits.get(3)?;
    let scale = if kind == kind::DECIMALS { bits.get_small(4)? } else { 0 };
    let uuids = if kind == kind::UUIDS { decode_uuids(bits, count)? } else { Vec::new() };
    ints::read(count, period, bits, numbers)?;
    let numbers = numbers.iter().copied();
    match kind {
        kind::INTEGERS => place(numbers.map(|i| Some(Value::I64(i))), present, rows),
        kind::DECIMALS => {
            if scale > limits::MAX_SCALE {
                return Err(FrameError::Malformed("a column has too many decimal places"));
            }
            let factor = power_of_ten(scale);
            #[expect(clippy::cast_precision_loss, reason = "the encoder keeps below 2^53")]
            place(numbers.map(|i| Some(Value::F64(i as f64 / factor))), present, rows)
        }
        kind::DOUBLES => place(
            numbers.map(|i| Some(Value::F64(f64::from_bits(i.cast_unsigned())))),
            present,
            rows,
        ),
        kind::STRINGS => place(
            numbers.map(|i| {
                let string = strings.get(usize::try_from(i).ok()?)?;
                Some(Value::Text(Arc::clone(string)))
            }),
            present,
            rows,
        ),
        kind::UUIDS => place(
            numbers.map(|i| Some(Value::Uuid(*uuids.get(usize::try_from(i).ok()?)?))),
            present,
            rows,
        ),
        _ => Err(FrameError::Malformed("a column has values of an unknown kind")),
    }
}

fn presence(bits: &mut Reader, rows: usize) -> Result<Vec<bool>, FrameError> {
    (0..rows).map(|_| bits.get_bit()).collect()
}

fn decode_uuids(bits: &mut Reader, count: usize) -> Result<Vec<Uuid>, FrameError> {
    let distinct = small(bits.get_gamma(UUIDS_K)?)? as usize + 1;
    if distinct > count || distinct > bits.left() / 128 {
        return Err(FrameError::Malformed("a column has more uuids than rows or bits"));
    }
    (0..distinct).map(|_| Ok(Uuid::from_u64_pair(bits.get(64)?, bits.get(64)?))).collect()
}

/// Values in the rows that have one. A value that is none refers to something that is not there.
fn place(
    values: impl Iterator<Item = Option<Value>>,
    present: Option<Vec<bool>>,
    rows: usize,
) -> Result<Vec<Option<Value>>, FrameError> {
    const NOWHERE: FrameError =
        FrameError::Malformed("a column refers to a string or uuid that is not there");
    let mut out = Vec::with_capacity(rows);
    match present {
        None => {
            for value in values {
                if value.is_none() {
                    return Err(NOWHERE);
                }
                out.push(value);
            }
        }
        Some(present) => {
            let mut values = values;
            for here in present {
                let value = if here { values.next().flatten() } else { None };
                if here && value.is_none() {
                    return Err(NOWHERE);
                }
                out.push(value);
            }
        }
    }
    Ok(out)
}
