//! Rows as Parquet, every column of its type.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, RecordBatchOptions, StringArray,
    TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use chrono::DateTime;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use serde_json::{Map, Value};

use super::rows::Table;
use super::shape::Kind;

/// Writes rows; `about` and what the rows are go into the file's metadata, as `naap.*`.
pub(super) fn write(table: &Table, about: &Map<String, Value>) -> Result<Vec<u8>, ParquetError> {
    let fields: Vec<Field> =
        table.columns.iter().map(|c| Field::new(&c.name, data_type(c.kind), true)).collect();
    let columns = table.columns.iter().enumerate();
    let arrays: Vec<ArrayRef> = columns.map(|(i, c)| array(c.kind, table, i)).collect();
    let schema = Arc::new(Schema::new(fields));
    let options = RecordBatchOptions::new().with_row_count(Some(table.rows.len()));
    let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), arrays, &options)?;
    let said = |(name, value): (&String, &Value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (!value.is_null()).then(|| KeyValue::new(format!("naap.{}", crate::sdl::snake(name)), text))
    };
    let metadata = about.iter().chain(&table.meta).filter_map(said).collect();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by(concat!("naap-graphql ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(metadata))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties))?;
    writer.write(&batch)?;
    writer.into_inner()
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text => DataType::Utf8,
        Kind::Int => DataType::Int64,
        Kind::Float => DataType::Float64,
        Kind::Bool => DataType::Boolean,
        Kind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Kind::Texts => DataType::List(Arc::new(Field::new("item", DataType::Utf8, true))),
    }
}

/// Microseconds since 1970 UTC.
fn micros(value: &Value) -> Option<i64> {
    Some(DateTime::parse_from_rfc3339(value.as_str()?).ok()?.timestamp_micros())
}

fn array(kind: Kind, table: &Table, i: usize) -> ArrayRef {
    let cells = || table.rows.iter().map(|row| row.get(i).unwrap_or(&Value::Null));
    match kind {
        Kind::Text => Arc::new(cells().map(text).collect::<StringArray>()),
        Kind::Int => Arc::new(cells().map(Value::as_i64).collect::<Int64Array>()),
        Kind::Float => Arc::new(cells().map(Value::as_f64).collect::<Float64Array>()),
        Kind::Bool => Arc::new(cells().map(Value::as_bool).collect::<BooleanArray>()),
        Kind::Time => {
            let times = cells().map(micros).collect::<TimestampMicrosecondArray>();
            Arc::new(times.with_timezone("UTC"))
        }
        Kind::Texts => {
            let mut lists = ListBuilder::new(StringBuilder::new());
            for cell in cells() {
                match cell.as_array() {
                    Some(items) => lists.append_value(items.iter().map(text)),
                    None => lists.append_null(),
                }
            }
            Arc::new(lists.finish())
        }
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
