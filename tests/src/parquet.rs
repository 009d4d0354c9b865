//! What stands in a Parquet file.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_schema::{DataType, TimeUnit};
use serde_json::Value;

/// A cell as JSON has it; times as microseconds since 1970 UTC.
///
/// # Panics
/// If the column has a type that no file of ours has.
#[expect(clippy::panic, reason = "a test fails by panicking")]
pub fn cell(column: &dyn Array, i: usize) -> Value {
    if column.is_null(i) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(i).into(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(i).into(),
        DataType::Float64 => column.as_primitive::<Float64Type>().value(i).into(),
        DataType::Boolean => column.as_boolean().value(i).into(),
        DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) if &**zone == "UTC" => {
            column.as_primitive::<TimestampMicrosecondType>().value(i).into()
        }
        DataType::List(_) => {
            let list = column.as_list::<i32>().value(i);
            (0..list.len()).map(|i| cell(&list, i)).collect()
        }
        other => panic!("no column is {other}"),
    }
}
