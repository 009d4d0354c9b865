//! Rows of a subject for the files of datasets, in an order that depends on nothing but themselves.

use std::pin::Pin;

use chrono::{DateTime, NaiveDateTime, Utc};
use futures::TryStreamExt;
use naap_schema::{FieldType, Value};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, RowStream};
use uuid::Uuid;

use super::series::Span;
use super::{Database, ReadError, cell, time};

/// Where the rows of a subject come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The public view of a derived entity, row by row.
    Entity(&'static str),
    /// Demand, added up by hour. Windows must begin and end with an hour.
    Demand,
}

/// A row: its time, and its values in the order of the columns.
pub(crate) type DatasetRow = (i64, Vec<Option<Value>>);

/// Rows as they come; nothing is held but what is under way.
pub(crate) struct DatasetRows {
    // The connection is not given to anyone else as long as rows come.
    _client: deadpool_postgres::Object,
    rows: Pin<Box<RowStream>>,
    types: Vec<FieldType>,
}

impl std::fmt::Debug for DatasetRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatasetRows").field("types", &self.types).finish_non_exhaustive()
    }
}

impl DatasetRows {
    pub(crate) async fn next(&mut self) -> Result<Option<DatasetRow>, ReadError> {
        let Some(row) = self.rows.try_next().await.map_err(ReadError::Query)? else {
            return Ok(None);
        };
        let ts: NaiveDateTime = cell(&row, 0)?;
        let values: Result<Vec<_>, _> =
            self.types.iter().enumerate().map(|(i, ty)| value(&row, i + 1, *ty)).collect();
        Ok(Some((ts.and_utc().timestamp_micros(), values?)))
    }
}

fn value(row: &Row, i: usize, ty: FieldType) -> Result<Option<Value>, ReadError> {
    Ok(match ty {
        FieldType::I64 => cell::<Option<i64>>(row, i)?.map(Value::I64),
        FieldType::F64 => cell::<Option<f64>>(row, i)?.map(Value::F64),
        FieldType::Symbol | FieldType::Text => {
            cell::<Option<&str>>(row, i)?.map(|text| Value::Text(text.into()))
        }
        FieldType::Timestamp => cell::<Option<NaiveDateTime>>(row, i)?
            .map(|t| Value::I64(t.and_utc().timestamp_micros())),
        FieldType::Uuid => cell::<Option<Uuid>>(row, i)?.map(Value::Uuid),
    })
}

/// Sums of demand: as `demand` of the API has them.
const DEMAND_SUMS: &str = "formula, origin, gateway, region, pipeline, model, sum(sessions) sessions, sum(requested) requested, sum(served) served, sum(unserved) unserved, sum(failed) failed, sum(excused) excused, sum(swaps) swaps, sum(interrupted) interrupted, round(sum(minutes), 9) minutes, sum(payments) payments, round(sum(fee_eth), 15) fees_eth";

/// Sums of doubles are rounded: in which order they are added up is the database's business, and a
/// file must not change with it.
fn demand_sql(window: &str) -> String {
    let by = "timestamp_floor('1h', ts) t, formula, origin, gateway, region, pipeline, model";
    let sessions = format!(
        "select {by}, 1::long sessions, requested, served, unserved, failed, excused, swaps, interrupted, null::double minutes, null::long payments, null::double fee_eth from public_stream_session where {window}"
    );
    let none = "null::long, null::long, null::long, null::long, null::long, null::long, null::long, null::long";
    let minutes = format!(
        "select {by}, {none}, minutes, null::long, null::double from public_stream_minute where {window} and minutes is not null"
    );
    let fees = format!(
        "select {by}, {none}, null::double, payments, fee_eth from public_payment_fee where {window}"
    );
    format!(
        "select t ts, {DEMAND_SUMS} from ({sessions} union all {minutes} union all {fees}) group by t, formula, origin, gateway, region, pipeline, model order by t, formula, origin, gateway, region, pipeline, model"
    )
}

/// The statement that gives the rows of a window. Names are those of the schema.
fn sql(source: Source, columns: &[(&'static str, FieldType, bool)], span: Span) -> String {
    let window = format!("ts >= {} and ts < {}", span.from_us, span.to_us);
    match source {
        Source::Demand => demand_sql(&window),
        Source::Entity(entity) => {
            let names: Vec<&str> = columns.iter().map(|c| c.0).collect();
            // As text, so that the order is that of what a reader sees.
            let order: Vec<String> = columns
                .iter()
                .filter(|(_, _, key)| *key)
                .map(|(name, ty, _)| match ty {
                    FieldType::Uuid => format!(", cast({name} as varchar)"),
                    _ => format!(", {name}"),
                })
                .collect();
            format!(
                "select ts, {} from public_{entity} where {window} order by ts{}",
                names.join(", "),
                order.concat()
            )
        }
    }
}

impl Database {
    /// Rows of a subject in a window, ordered by time and key.
    pub(crate) async fn dataset_rows(
        &self,
        source: Source,
        columns: &[(&'static str, FieldType, bool)],
        span: Span,
    ) -> Result<DatasetRows, ReadError> {
        let client = self.pool.get().await.map_err(ReadError::Connect)?;
        let none: [&(dyn ToSql + Sync); 0] = [];
        let rows = client.query_raw(&sql(source, columns, span), none).await;
        let rows = rows.map_err(ReadError::Query)?;
        let types = columns.iter().map(|c| c.1).collect();
        Ok(DatasetRows { _client: client, rows: Box::pin(rows), types })
    }

    /// When the first row of a subject is; `None` while there is none.
    pub(crate) async fn dataset_begins(
        &self,
        source: Source,
    ) -> Result<Option<DateTime<Utc>>, ReadError> {
        let entities: &[&str] = match &source {
            Source::Entity(entity) => &[*entity],
            Source::Demand => &["stream_session", "stream_minute", "payment_fee"],
        };
        let mut first = None;
        for entity in entities {
            let sql = format!("select ts from public_{entity} order by ts limit 1");
            let rows = self.query(&sql, &[]).await?;
            let ts = rows.first().map(|row| time(row, 0)).transpose()?.flatten();
            first = [first, ts].into_iter().flatten().min();
        }
        Ok(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_from_public_views_in_the_order_of_their_keys() {
        let columns = [
            ("session", FieldType::Uuid, true),
            ("leg", FieldType::I64, true),
            ("minutes", FieldType::F64, false),
        ];
        let text = sql(Source::Entity("stream_leg"), &columns, Span { from_us: 1, to_us: 2 });
        assert_eq!(
            text,
            "select ts, session, leg, minutes from public_stream_leg where ts >= 1 and ts < 2 order by ts, cast(session as varchar), leg"
        );
        let demand = sql(Source::Demand, &[], Span { from_us: 1, to_us: 2 });
        for table in ["stream_session", "stream_minute", "payment_fee"] {
            assert!(demand.contains(&format!("from public_{table} where ts >= 1 and ts < 2")));
            assert!(!demand.contains(&format!("from {table}")), "no raw table");
        }
    }
}
