//! Values of rows, by the name of the field. Nothing where the row has none, or one of another type.

use std::sync::Arc;

use naap_schema::{Row, Value};
use uuid::Uuid;

pub(crate) fn text(row: &Row, field: &str) -> Option<Arc<str>> {
    match row.get(field)? {
        Value::Text(s) => Some(Arc::clone(s)),
        Value::I64(_) | Value::F64(_) | Value::Uuid(_) => None,
    }
}

pub(crate) fn int(row: &Row, field: &str) -> Option<i64> {
    match row.get(field)? {
        Value::I64(i) => Some(*i),
        Value::F64(_) | Value::Text(_) | Value::Uuid(_) => None,
    }
}

pub(crate) fn float(row: &Row, field: &str) -> Option<f64> {
    match row.get(field)? {
        Value::F64(x) => Some(*x),
        Value::I64(_) | Value::Text(_) | Value::Uuid(_) => None,
    }
}

pub(crate) fn uuid(row: &Row, field: &str) -> Option<Uuid> {
    match row.get(field)? {
        Value::Uuid(u) => Some(*u),
        Value::I64(_) | Value::F64(_) | Value::Text(_) => None,
    }
}
