//! Stream sessions and their legs, as they were derived.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::series::Span;
use super::{Database, Filter, ReadError, at_most, cell, narrowed, time};
use crate::limits;

/// Where a page ends: newest first, and by id where times are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) ts_us: i64,
    pub(crate) id: Uuid,
}

impl Cursor {
    /// The condition of what comes behind it; the id is bound as `$n`.
    pub(super) fn condition(&self, column: &str, n: usize) -> String {
        let t = self.ts_us;
        format!(" and (ts < {t} or (ts = {t} and cast({column} as varchar) > ${n}))")
    }
}

/// The figures that sessions and legs have in common.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Figures {
    pub(crate) startup_ms: Option<f64>,
    pub(crate) playable_ms: Option<f64>,
    pub(crate) prompt_to_first_frame_ms: Option<f64>,
    pub(crate) e2e_media_ms: Option<f64>,
    pub(crate) e2e_trace_ms: Option<f64>,
    pub(crate) output_fps_mean: Option<f64>,
    pub(crate) output_fps_min: Option<f64>,
    pub(crate) jitter_coefficient: Option<f64>,
    pub(crate) fps_samples: Option<i64>,
    pub(crate) input_fps_mean: Option<f64>,
    pub(crate) fps_ratio: Option<f64>,
    pub(crate) restarts: Option<i64>,
    pub(crate) status_samples: Option<i64>,
    pub(crate) signals_seen: Option<i64>,
    pub(crate) signals_expected: Option<i64>,
    pub(crate) fee_wei: Option<String>,
}

const FIGURES: &str = "startup_ms, playable_ms, prompt_to_first_frame_ms, e2e_media_ms, e2e_trace_ms, output_fps_mean, output_fps_min, jitter_coefficient, fps_samples, input_fps_mean, fps_ratio, restarts, status_samples, signals_seen, signals_expected, fee_wei";
const N_FIGURES: usize = 16;

impl Figures {
    fn read(row: &Row, i: usize) -> Result<Self, ReadError> {
        Ok(Self {
            startup_ms: cell(row, i)?,
            playable_ms: cell(row, i + 1)?,
            prompt_to_first_frame_ms: cell(row, i + 2)?,
            e2e_media_ms: cell(row, i + 3)?,
            e2e_trace_ms: cell(row, i + 4)?,
            output_fps_mean: cell(row, i + 5)?,
            output_fps_min: cell(row, i + 6)?,
            jitter_coefficient: cell(row, i + 7)?,
            fps_samples: cell(row, i + 8)?,
            input_fps_mean: cell(row, i + 9)?,
            fps_ratio: cell(row, i + 10)?,
            restarts: cell(row, i + 11)?,
            status_samples: cell(row, i + 12)?,
            signals_seen: cell(row, i + 13)?,
            signals_expected: cell(row, i + 14)?,
            fee_wei: cell(row, i + 15)?,
        })
    }
}

/// A session.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Session {
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) id: Uuid,
    pub(crate) stream_id: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) gateway_label: Option<String>,
    pub(crate) gateway: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) origin: Option<String>,
    pub(crate) pipeline: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) outcome: Option<String>,
    pub(crate) end_reason: Option<String>,
    pub(crate) closed_by: Option<String>,
    pub(crate) requested_at: Option<DateTime<Utc>>,
    pub(crate) closed_at: Option<DateTime<Utc>>,
    pub(crate) last_event_at: Option<DateTime<Utc>>,
    pub(crate) orchestrator: Option<String>,
    pub(crate) orch_uri: Option<String>,
    pub(crate) swaps: Option<i64>,
    pub(crate) upload_mbps: Option<f64>,
    pub(crate) minutes: Option<f64>,
    pub(crate) packets_lost: Option<i64>,
    pub(crate) packets_received: Option<i64>,
    pub(crate) ingest_samples: Option<i64>,
    pub(crate) error_events: Option<i64>,
    pub(crate) price_wei: Option<f64>,
    pub(crate) price_unit: Option<String>,
    pub(crate) price_wei_per_minute: Option<f64>,
    pub(crate) formula: Option<String>,
    /// Seconds in each state, in the order of [`STATES`].
    pub(crate) states_s: Vec<Option<f64>>,
    /// Error texts of each category, in the order of [`ERRORS`].
    pub(crate) errors: Vec<Option<i64>>,
    pub(crate) figures: Figures,
    pub(crate) legs: Vec<Leg>,
}

/// Columns of [`Session::states_s`].
pub(crate) const STATES: [&str; 6] =
    ["loading_s", "offline_s", "online_s", "degraded_input_s", "degraded_inference_s", "error_s"];

/// Columns of [`Session::errors`].
pub(crate) const ERRORS: [&str; 9] = [
    "errors_no_orchestrator",
    "errors_client_gone",
    "errors_ingest",
    "errors_subscribe",
    "errors_publish",
    "errors_timeout",
    "errors_connection",
    "errors_runner",
    "errors_other",
];

/// A leg.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Leg {
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) index: i64,
    pub(crate) ended_at: Option<DateTime<Utc>>,
    pub(crate) pipeline: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) orchestrator: Option<String>,
    pub(crate) orch_uri: Option<String>,
    pub(crate) attribution: Option<String>,
    pub(crate) gpu_name: Option<String>,
    pub(crate) outcome: Option<String>,
    pub(crate) swap_reason: Option<String>,
    pub(crate) figures: Figures,
}

const COLUMNS: &str = "ts, session, stream_id, request_id, gateway_label, gateway, region, origin, pipeline, model, outcome, end_reason, closed_by, requested_at, closed_at, last_event_at, orchestrator, orch_uri, swaps, upload_mbps, minutes, packets_lost, packets_received, ingest_samples, error_events, price_wei, price_unit, price_wei_per_minute, formula";
const N_COLUMNS: usize = 29;

fn session(row: &Row) -> Result<Option<Session>, ReadError> {
    let Some(started_at) = time(row, 0)? else { return Ok(None) };
    let states = N_COLUMNS + N_FIGURES;
    let errors = states + STATES.len();
    Ok(Some(Session {
        started_at,
        id: cell(row, 1)?,
        stream_id: cell(row, 2)?,
        request_id: cell(row, 3)?,
        gateway_label: cell(row, 4)?,
        gateway: cell(row, 5)?,
        region: cell(row, 6)?,
        origin: cell(row, 7)?,
        pipeline: cell(row, 8)?,
        model: cell(row, 9)?,
        outcome: cell(row, 10)?,
        end_reason: cell(row, 11)?,
        closed_by: cell(row, 12)?,
        requested_at: time(row, 13)?,
        closed_at: time(row, 14)?,
        last_event_at: time(row, 15)?,
        orchestrator: cell(row, 16)?,
        orch_uri: cell(row, 17)?,
        swaps: cell(row, 18)?,
        upload_mbps: cell(row, 19)?,
        minutes: cell(row, 20)?,
        packets_lost: cell(row, 21)?,
        packets_received: cell(row, 22)?,
        ingest_samples: cell(row, 23)?,
        error_events: cell(row, 24)?,
        price_wei: cell(row, 25)?,
        price_unit: cell(row, 26)?,
        price_wei_per_minute: cell(row, 27)?,
        formula: cell(row, 28)?,
        figures: Figures::read(row, N_COLUMNS)?,
        states_s: (states..errors).map(|i| cell(row, i)).collect::<Result<_, _>>()?,
        errors: (errors..errors + ERRORS.len()).map(|i| cell(row, i)).collect::<Result<_, _>>()?,
        legs: Vec::new(),
    }))
}

fn leg(row: &Row) -> Result<Option<(Uuid, Leg)>, ReadError> {
    let Some(started_at) = time(row, 0)? else { return Ok(None) };
    let leg = Leg {
        started_at,
        index: cell(row, 2)?,
        ended_at: time(row, 3)?,
        pipeline: cell(row, 4)?,
        model: cell(row, 5)?,
        orchestrator: cell(row, 6)?,
        orch_uri: cell(row, 7)?,
        attribution: cell(row, 8)?,
        gpu_name: cell(row, 9)?,
        outcome: cell(row, 10)?,
        swap_reason: cell(row, 11)?,
        figures: Figures::read(row, 12)?,
    };
    Ok(Some((cell(row, 1)?, leg)))
}

impl Database {
    /// Up to `first` sessions whose request is in `span`, newest first, after `after`; and whether
    /// there are more. `filters`: columns and the values that rows must have.
    pub(crate) async fn sessions(
        &self,
        span: Span,
        filters: &[Filter],
        after: Option<&Cursor>,
        first: usize,
    ) -> Result<(Vec<Session>, bool), ReadError> {
        let mut condition = format!("ts >= {} and ts < {}", span.from_us, span.to_us);
        let mut params: Vec<&(dyn ToSql + Sync)> = Vec::new();
        condition += &narrowed(filters, &mut params);
        let id = after.map(|a| a.id.to_string());
        if let (Some(after), Some(id)) = (after, &id) {
            params.push(id);
            condition += &after.condition("session", params.len());
        }
        let mut sessions = self.sessions_where(&condition, &params, first + 1).await?;
        let more = sessions.len() > first;
        sessions.truncate(first);
        self.add_legs(&mut sessions).await?;
        Ok((sessions, more))
    }

    /// The session with this id.
    pub(crate) async fn session(&self, id: Uuid) -> Result<Option<Session>, ReadError> {
        // An id that was parsed is safe as a literal. Where its start moved, its old row is void.
        let condition = format!("session = '{id}'");
        let mut found = self.sessions_where(&condition, &[], 1).await?;
        self.add_legs(&mut found).await?;
        Ok(found.pop())
    }

    async fn sessions_where(
        &self,
        condition: &str,
        params: &[&(dyn ToSql + Sync)],
        limit: usize,
    ) -> Result<Vec<Session>, ReadError> {
        let sql = format!(
            "select {COLUMNS}, {FIGURES}, {}, {} from public_stream_session where {condition} order by ts desc, cast(session as varchar) limit {limit}",
            STATES.join(", "),
            ERRORS.join(", "),
        );
        let rows = self.query(&sql, params).await?;
        let mut sessions = Vec::with_capacity(rows.len());
        for row in &rows {
            sessions.extend(session(row)?);
        }
        Ok(sessions)
    }

    async fn add_legs(&self, sessions: &mut [Session]) -> Result<(), ReadError> {
        let Some(from) = sessions.iter().map(|s| s.started_at).min() else { return Ok(()) };
        let ends = sessions.iter().map(|s| s.last_event_at.unwrap_or(s.started_at));
        let to = ends.max().unwrap_or(from);
        // An id that was parsed is safe as a literal; QuestDB does not bind lists of them.
        let ids: Vec<String> = sessions.iter().map(|s| format!("'{}'", s.id)).collect();
        let sql = format!(
            "select ts, session, leg, ended_at, pipeline, model, orchestrator, orch_uri, attribution, gpu_name, outcome, swap_reason, {FIGURES} from public_stream_leg where ts >= {} and ts <= {} and session in ({}) limit {}",
            from.timestamp_micros(),
            to.timestamp_micros(),
            ids.join(", "),
            limits::LEGS + 1
        );
        let rows = self.query(&sql, &[]).await?;
        at_most(rows.len(), limits::LEGS)?;
        let mut legs: HashMap<Uuid, Vec<Leg>> = HashMap::new();
        for row in &rows {
            if let Some((id, leg)) = leg(row)? {
                legs.entry(id).or_default().push(leg);
            }
        }
        for session in sessions {
            session.legs = legs.remove(&session.id).unwrap_or_default();
            session.legs.sort_by_key(|l| l.index);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_columns_as_are_read() {
        assert_eq!(COLUMNS.split(", ").count(), N_COLUMNS);
        assert_eq!(FIGURES.split(", ").count(), N_FIGURES);
    }

    #[test]
    fn every_column_is_a_field() {
        let has = |entity: &str, column: &str| {
            let entity = naap_schema::entity(entity).unwrap();
            column == "ts" || column == "formula" || entity.fields.iter().any(|f| f.name == column)
        };
        for column in COLUMNS.split(", ").chain(STATES).chain(ERRORS) {
            assert!(has("stream_session", column), "{column}");
        }
        for column in FIGURES.split(", ") {
            assert!(has("stream_session", column) && has("stream_leg", column), "{column}");
        }
    }
}
