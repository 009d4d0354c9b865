//! One row of an entity.

use std::sync::Arc;

use uuid::Uuid;

use crate::{EntityDef, FieldDef, FieldType};

/// One value. Which kinds a field takes is said by its [`FieldType`]: integers and times are
/// `I64`, symbols and text are `Text`.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A whole number, or a time as microseconds since 1970 UTC.
    I64(i64),
    /// A number; NaN and infinities never get this far.
    F64(f64),
    /// A symbol or text.
    Text(Arc<str>),
    /// A UUID.
    Uuid(Uuid),
}

/// A row: its entity, its time, and its values in the order of the entity's fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The entity.
    pub entity: &'static EntityDef,
    /// When it was taken, microseconds since 1970 UTC.
    pub ts_us: i64,
    /// One value, or `None` for unknown, for each field of the entity.
    pub values: Vec<Option<Value>>,
}

impl PartialEq for EntityDef {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

/// Why a value does not fit its field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// The entity has no such field.
    #[error("entity {entity} has no field {field}")]
    UnknownField {
        /// The entity.
        entity: &'static str,
        /// The name that was given.
        field: String,
    },
    /// The value is of another type.
    #[error("field {entity}.{field} takes {expected}, not {got}")]
    BadType {
        /// The entity.
        entity: &'static str,
        /// The field.
        field: &'static str,
        /// Name of the type that it takes.
        expected: &'static str,
        /// Name of the type that came.
        got: &'static str,
    },
    /// A required field has no value.
    #[error("field {entity}.{field} is required")]
    Missing {
        /// The entity.
        entity: &'static str,
        /// The field.
        field: &'static str,
    },
    /// The value is outside the declared range.
    #[error("field {entity}.{field} is {value}, outside {min} to {max}")]
    OutOfRange {
        /// The entity.
        entity: &'static str,
        /// The field.
        field: &'static str,
        /// The value, as text.
        value: String,
        /// Smallest value admitted, as text.
        min: String,
        /// Largest value admitted, as text.
        max: String,
    },
    /// The text is too long.
    #[error("field {entity}.{field} has {len} bytes, the limit is {max}")]
    TooLong {
        /// The entity.
        entity: &'static str,
        /// The field.
        field: &'static str,
        /// Length, bytes.
        len: usize,
        /// The limit, bytes.
        max: usize,
    },
}

impl Value {
    /// Text from anything that is a string.
    pub fn text(s: impl Into<Arc<str>>) -> Self {
        Self::Text(s.into())
    }

    const fn type_name(&self) -> &'static str {
        match self {
            Self::I64(_) => "an integer",
            Self::F64(_) => "a number",
            Self::Text(_) => "text",
            Self::Uuid(_) => "a uuid",
        }
    }
}

impl Row {
    /// A row with no value known.
    pub fn empty(entity: &'static EntityDef, ts_us: i64) -> Self {
        Self { entity, ts_us, values: vec![None; entity.fields.len()] }
    }

    /// The value of the field with this name; `None` if unknown, or if there is no such field.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.values.get(self.entity.field_index(field)?)?.as_ref()
    }

    /// Sets a field by name.
    ///
    /// # Errors
    /// If the entity has no such field.
    pub fn set(&mut self, field: &str, value: Option<Value>) -> Result<(), RowError> {
        let Some(i) = self.entity.field_index(field) else {
            return Err(RowError::UnknownField {
                entity: self.entity.name,
                field: field.chars().take(64).collect(),
            });
        };
        self.values[i] = value;
        Ok(())
    }

    /// Whether every value fits its field: type, range, length, presence.
    ///
    /// # Errors
    /// The first thing that does not fit.
    pub fn check(&self) -> Result<(), RowError> {
        for (field, value) in self.entity.fields.iter().zip(&self.values) {
            match value {
                Some(v) => check_value(self.entity.name, field, v)?,
                None if field.required => {
                    return Err(RowError::Missing { entity: self.entity.name, field: field.name });
                }
                None => {}
            }
        }
        Ok(())
    }
}

fn check_value(entity: &'static str, f: &'static FieldDef, v: &Value) -> Result<(), RowError> {
    let number = match (f.ty, v) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "declared ranges are far from 2^53 or round"
        )]
        (FieldType::I64 | FieldType::Timestamp, Value::I64(i)) => *i as f64,
        (FieldType::F64, Value::F64(x)) => *x,
        (FieldType::Symbol | FieldType::Text, Value::Text(s)) => {
            if s.len() > f.max_len {
                return Err(RowError::TooLong {
                    entity,
                    field: f.name,
                    len: s.len(),
                    max: f.max_len,
                });
            }
            return Ok(());
        }
        (FieldType::Uuid, Value::Uuid(_)) => return Ok(()),
        _ => {
            return Err(RowError::BadType {
                entity,
                field: f.name,
                expected: f.ty.name(),
                got: v.type_name(),
            });
        }
    };
    let low = f.min.is_some_and(|m| number < m);
    let high = f.max.is_some_and(|m| number > m);
    if low || high || !number.is_finite() {
        let show = |m: Option<f64>| m.map_or_else(|| "any".to_owned(), |m| m.to_string());
        return Err(RowError::OutOfRange {
            entity,
            field: f.name,
            value: number.to_string(),
            min: show(f.min),
            max: show(f.max),
        });
    }
    Ok(())
}
