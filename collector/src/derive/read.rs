//! Rows of any table, as they were written. It may read; it puts only names of the schema and
//! numbers into SQL, and everything else goes through parameters.

use std::collections::HashSet;
use std::sync::Arc;

use naap_schema::{EntityDef, FieldType, Identity, Row, Value};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::Stored;
use crate::limits;
use crate::pg::Pg;
use crate::store::StoreError;

/// Texts that come again and again, each once.
#[derive(Debug, Default)]
pub(super) struct Texts(HashSet<Arc<str>>);

impl Texts {
    pub(super) fn of(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let text: Arc<str> = text.into();
        self.0.insert(Arc::clone(&text));
        text
    }
}

/// Rows of `entity` that meet a condition, in the order of time.
///
/// # Errors
/// What the database said, or that there are more than [`limits::DERIVE_READ`].
pub(crate) async fn rows(
    pg: &Pg,
    entity: &'static EntityDef,
    condition: &str,
    params: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Stored>, StoreError> {
    let derived = entity.identity == Identity::Derived;
    let mut columns = vec!["ts::long"];
    let fields: Vec<String> = entity
        .fields
        .iter()
        .map(|f| match f.ty {
            FieldType::Timestamp => format!("{}::long", f.name),
            _ => f.name.to_owned(),
        })
        .collect();
    if !derived {
        columns.push("node");
    }
    columns.extend(fields.iter().map(String::as_str));
    let limit = limits::DERIVE_READ;
    let sql = format!(
        "select {} from {} where {condition} order by ts limit {}",
        columns.join(", "),
        entity.name,
        limit + 1
    );
    let found = pg.read(&sql, params, limits::PG_STATEMENT).await?;
    if found.len() > limit {
        let why = format!("more than {limit} rows of {} at a time", entity.name);
        return Err(StoreError { doing: "reading rows to derive from", why });
    }
    let (mut texts, nobody) = (Texts::default(), Arc::<str>::from(""));
    let mut out = Vec::with_capacity(found.len());
    for row in &found {
        out.push(one(row, entity, derived, &mut texts, &nobody).map_err(|e| StoreError {
            doing: "reading a row to derive from",
            why: format!("{}: {e}", entity.name),
        })?);
    }
    Ok(out)
}

fn one(
    row: &tokio_postgres::Row,
    entity: &'static EntityDef,
    derived: bool,
    texts: &mut Texts,
    nobody: &Arc<str>,
) -> Result<Stored, tokio_postgres::Error> {
    let ts_us: i64 = row.try_get(0)?;
    let (node, first) = if derived {
        (Arc::clone(nobody), 1)
    } else {
        let node: Option<&str> = row.try_get(1)?;
        (texts.of(node.unwrap_or_default()), 2)
    };
    let mut values = Vec::with_capacity(entity.fields.len());
    for (i, field) in (first..).zip(entity.fields) {
        values.push(match field.ty {
            FieldType::I64 | FieldType::Timestamp => {
                row.try_get::<_, Option<i64>>(i)?.map(Value::I64)
            }
            FieldType::F64 => row.try_get::<_, Option<f64>>(i)?.map(Value::F64),
            FieldType::Uuid => row.try_get::<_, Option<Uuid>>(i)?.map(Value::Uuid),
            FieldType::Symbol => {
                row.try_get::<_, Option<&str>>(i)?.map(|s| Value::Text(texts.of(s)))
            }
            FieldType::Text => row.try_get::<_, Option<&str>>(i)?.map(Value::text),
        });
    }
    Ok((node, Row { entity, ts_us, values }))
}

/// `$from, $from+1, …`. A parameter that is alone in a list is taken for an array, so the first
/// stands twice.
pub(super) fn places(from: usize, count: usize) -> String {
    let all = (from..from + count).map(|i| format!("${i}"));
    std::iter::once(format!("${from}")).chain(all).collect::<Vec<_>>().join(",")
}

/// A time span as a condition, the end left out.
pub(super) fn between(from_us: i64, to_us: i64) -> String {
    format!("ts >= {from_us} and ts < {to_us}")
}
