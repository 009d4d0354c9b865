//! Makes a row of foreign values fit its declaration. Pure.

use naap_schema::{FieldDef, Row, Value};

use super::Drop;

/// Cuts texts to their limit and forgets numbers outside their range, so that one wild value does
/// not cost the row; says what was cut.
pub(super) fn fit(row: &mut Row) -> Option<Drop> {
    let mut cut = None;
    for (field, value) in row.entity.fields.iter().zip(&mut row.values) {
        let (outside, long) = match value {
            #[expect(clippy::cast_precision_loss, reason = "compared with a declared range")]
            Some(Value::I64(i)) => (out_of(*i as f64, field), false),
            Some(Value::F64(x)) => (out_of(*x, field), false),
            Some(Value::Text(s)) => (false, s.len() > field.max_len),
            _ => (false, false),
        };
        if outside && !field.required {
            *value = None;
            cut = Some(Drop::Malformed);
        }
        if long && let Some(Value::Text(s)) = value {
            *s = head(s, field.max_len).into();
            cut = Some(Drop::TooLong);
        }
    }
    cut
}

/// The beginning of a text, `most` bytes or a little less: characters stay whole.
pub(super) fn head(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

fn out_of(x: f64, field: &FieldDef) -> bool {
    !x.is_finite() || field.min.is_some_and(|m| x < m) || field.max.is_some_and(|m| x > m)
}
