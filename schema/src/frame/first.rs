//! The first format: a protobuf message for each column. Written for collectors that know no
//! other, read for good.

use std::sync::Arc;

use uuid::Uuid;

use super::{
    DecodedTable, FrameError, Strings, as_f64, as_i64, as_text, as_uuid, at_most, power_of_ten,
    scaled,
};
use crate::proto::{Column, Frame, Table};
use crate::{FieldType, Row, Value, limits};

/// The tables of a frame.
pub(super) fn encode(rows: &[Row], strings: &mut Strings) -> Vec<Table> {
    rows.chunk_by(|a, b| a.entity.number == b.entity.number)
        .map(|rows| encode_table(rows, strings))
        .collect()
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
        FieldType::F64 => {
            let mut integers = Vec::new();
            // Scale 0 would read back as integers.
            let scale = scale.filter(|s| *s > 0);
            match scale.filter(|s| scaled(values.iter().copied(), *s, &mut integers)) {
                Some(scale) => {
                    column.scale = scale;
                    column.deltas = deltas(integers.into_iter());
                }
                None => column.doubles = values.iter().map(|v| as_f64(v)).collect(),
            }
        }
        FieldType::Symbol | FieldType::Text => {
            column.strings = values.iter().map(|v| strings.index(&as_text(v))).collect();
        }
        FieldType::Uuid => {
            column.uuids = values.iter().flat_map(|v| as_uuid(v).into_bytes()).collect();
        }
    }
    column
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

pub(super) fn decode(
    frame: &Frame,
    tables: Vec<Table>,
    strings: &[Arc<str>],
) -> Result<Vec<DecodedTable>, FrameError> {
    at_most("tables", tables.len(), limits::MAX_FRAME_TABLES)?;
    let mut rows = 0usize;
    let mut values = 0usize;
    for table in &tables {
        at_most("columns in a table", table.columns.len(), limits::MAX_TABLE_COLUMNS)?;
        rows = rows.saturating_add(table.rows as usize);
        values = values.saturating_add((table.rows as usize).saturating_mul(table.columns.len()));
    }
    if rows != frame.rows as usize {
        return Err(FrameError::Malformed("rows is not the sum of the tables' rows"));
    }
    at_most("values", values, limits::MAX_FRAME_VALUES)?;
    tables.into_iter().map(|t| decode_table(t, strings)).collect()
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
