//! Stream sessions, computed from their events (`definitions.md` 2).
//!
//! The figures are a pure function of the events of one session; order never matters. Outcomes,
//! legs and attribution come with the analytics.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use tokio_postgres::types::ToSql;

use super::series::Span;
use super::{Database, ReadError, cell, places};
use crate::limits;

/// The tables that hold events of sessions.
const TABLES: [&str; 4] = ["stream_trace", "stream_status", "stream_ingest", "stream_event"];

/// Which session: stream and request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) stream_id: String,
    pub(crate) request_id: String,
}

/// Where a page ends: sessions are listed newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) started_us: i64,
    pub(crate) key: Key,
}

/// One event, as far as the figures need it. Times are microseconds since 1970 UTC.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) ts_us: i64,
    pub(crate) node: String,
    pub(crate) origin: String,
    pub(crate) gateway_label: Option<String>,
    pub(crate) pipeline: Option<String>,
    pub(crate) orch_url: Option<String>,
    pub(crate) orch_address: Option<String>,
    pub(crate) what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    Trace {
        kind: String,
        data_us: Option<i64>,
    },
    Status {
        output_fps: Option<f64>,
    },
    /// A connection row of `stream_ingest` (item 0).
    Ingest {
        bytes_received: Option<i64>,
    },
    Happened {
        kind: String,
    },
}

/// The figures of one session.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Session {
    pub(crate) key: Key,
    pub(crate) started_us: i64,
    pub(crate) last_event_us: i64,
    pub(crate) node: String,
    pub(crate) origin: String,
    pub(crate) gateway_label: Option<String>,
    pub(crate) pipeline: Option<String>,
    /// URL and hot wallet, in the order of their first event.
    pub(crate) orchestrators: Vec<(String, Option<String>)>,
    pub(crate) closed: bool,
    pub(crate) ingest_samples: usize,
    pub(crate) status_samples: usize,
    pub(crate) output_fps_mean: Option<f64>,
    pub(crate) output_fps_min: Option<f64>,
    pub(crate) startup_ms: Option<f64>,
    pub(crate) time_to_playable_ms: Option<f64>,
    pub(crate) upload_mbps: Option<f64>,
    pub(crate) swaps: usize,
    pub(crate) error_events: usize,
}

/// The figures of the events of one session; `None` without events.
pub(crate) fn session(key: Key, mut events: Vec<Event>) -> Option<Session> {
    // Ties are broken by content, so that the order of arrival cannot matter.
    events.sort_by(|a, b| {
        a.ts_us.cmp(&b.ts_us).then_with(|| format!("{a:?}").cmp(&format!("{b:?}")))
    });
    let first = events.first()?;
    let (started_us, node, origin) = (first.ts_us, first.node.clone(), first.origin.clone());
    let last_event_us = events.last()?.ts_us;
    let earliest = |name: &str| {
        let times = events.iter().filter_map(|e| match &e.what {
            What::Trace { kind, data_us } if kind == name => Some(data_us.unwrap_or(e.ts_us)),
            _ => None,
        });
        times.min()
    };
    let requested = earliest("gateway_receive_stream_request");
    let since_request = |name: &str| {
        let us = earliest(name)?.checked_sub(requested?)?;
        #[expect(clippy::cast_precision_loss, reason = "durations are far below 2^53")]
        (us >= 0).then_some(us as f64 / 1000.0)
    };
    let traces = |name: &str| {
        events
            .iter()
            .filter(|e| matches!(&e.what, What::Trace { kind, .. } if kind == name))
            .count()
    };
    let statuses: Vec<Option<f64>> = events
        .iter()
        .filter_map(|e| match e.what {
            What::Status { output_fps } => Some(output_fps),
            _ => None,
        })
        .collect();
    let fps = from_first_above_zero(&statuses);
    let received: Vec<(i64, Option<i64>)> = events
        .iter()
        .filter_map(|e| match e.what {
            What::Ingest { bytes_received } => Some((e.ts_us, bytes_received)),
            _ => None,
        })
        .collect();
    let errors = |e: &&Event| matches!(&e.what, What::Happened { kind } if kind == "error");
    Some(Session {
        started_us,
        last_event_us,
        node,
        origin,
        gateway_label: events.iter().find_map(|e| e.gateway_label.clone()),
        pipeline: events.iter().find_map(|e| e.pipeline.clone()),
        orchestrators: orchestrators(&events),
        closed: traces("gateway_ingest_stream_closed") > 0,
        ingest_samples: received.len(),
        status_samples: statuses.len(),
        output_fps_mean: mean(&fps),
        output_fps_min: fps.iter().copied().reduce(f64::min),
        startup_ms: since_request("gateway_receive_first_processed_segment"),
        time_to_playable_ms: since_request("gateway_receive_few_processed_segments"),
        upload_mbps: upload_mbps(&received),
        swaps: traces("orchestrator_swap"),
        error_events: events.iter().filter(errors).count(),
        key,
    })
}

/// A model that warms up reports 0; figures begin at the first sample above it.
fn from_first_above_zero(samples: &[Option<f64>]) -> Vec<f64> {
    samples.iter().flatten().copied().skip_while(|x| *x <= 0.0).collect()
}

fn mean(xs: &[f64]) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "sample counts are small")]
    (!xs.is_empty()).then(|| xs.iter().sum::<f64>() / xs.len() as f64)
}

/// Bits over time between samples in a row; where the count went down a new one began, and that
/// stretch is left out.
fn upload_mbps(samples: &[(i64, Option<i64>)]) -> Option<f64> {
    let known: Vec<(i64, i64)> = samples.iter().filter_map(|(t, b)| Some((*t, (*b)?))).collect();
    let (mut bytes, mut us) = (0i64, 0i64);
    for (a, b) in known.iter().zip(known.iter().skip(1)) {
        if b.1 >= a.1 && b.0 > a.0 {
            bytes = bytes.saturating_add(b.1 - a.1);
            us = us.saturating_add(b.0 - a.0);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "bytes of a session are far below 2^53")]
    (us > 0).then(|| bytes as f64 * 8.0 / us as f64)
}

fn orchestrators(events: &[Event]) -> Vec<(String, Option<String>)> {
    let mut out: Vec<(String, Option<String>)> = Vec::new();
    for e in events {
        let Some(url) = &e.orch_url else { continue };
        match out.iter_mut().find(|(u, _)| u == url) {
            Some((_, address)) => {
                if address.is_none() {
                    address.clone_from(&e.orch_address);
                }
            }
            None => out.push((url.clone(), e.orch_address.clone())),
        }
    }
    out
}

impl Database {
    /// Up to `first` sessions that began in `span`, newest first, after `after`; and whether there
    /// are more.
    pub(crate) async fn sessions(
        &self,
        span: Span,
        origin: Option<&str>,
        after: Option<&Cursor>,
        first: usize,
    ) -> Result<(Vec<Session>, bool), ReadError> {
        let mut page = self.session_keys(span, origin, after, first + 1).await?;
        let more = page.len() > first;
        page.truncate(first);
        let (Some(from), Some(to)) =
            (page.iter().map(|k| k.1).min(), page.iter().map(|k| k.2).max())
        else {
            return Ok((Vec::new(), false));
        };
        let requests: Vec<String> = page.iter().map(|k| k.0.request_id.clone()).collect();
        let span = Span { from_us: from, to_us: to + 1 };
        let mut events: HashMap<Key, Vec<Event>> = HashMap::new();
        let mut rows = 0;
        for table in TABLES {
            rows += self.session_events(table, span, &requests, &mut events).await?;
            if rows > limits::SESSION_ROWS {
                return Err(ReadError::TooMany { limit: limits::SESSION_ROWS });
            }
        }
        let sessions = page
            .into_iter()
            .filter_map(|(key, _, _)| {
                let events = events.remove(&key)?;
                session(key, events)
            })
            .collect();
        Ok((sessions, more))
    }

    async fn session_keys(
        &self,
        span: Span,
        origin: Option<&str>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Vec<(Key, i64, i64)>, ReadError> {
        let all: Vec<String> = TABLES
            .iter()
            .map(|t| {
                format!(
                    "select ts, stream_id, request_id, origin from public_{t} where ts >= {} and ts < {}",
                    span.from_us, span.to_us
                )
            })
            .collect();
        let mut params: Vec<&(dyn ToSql + Sync)> = Vec::new();
        let mut condition = "stream_id is not null and request_id is not null".to_owned();
        if let Some(origin) = &origin {
            params.push(origin);
            condition += &format!(" and origin = ${}", params.len());
        }
        let mut outer = String::new();
        if let Some(after) = after {
            params.push(&after.key.stream_id);
            params.push(&after.key.request_id);
            let (s, r, t) = (params.len() - 1, params.len(), after.started_us);
            outer = format!(
                " where started < {t} or (started = {t} and (stream_id > ${s} or (stream_id = ${s} and request_id > ${r})))"
            );
        }
        let sql = format!(
            "select stream_id, request_id, started, last from (select stream_id, request_id, min(ts) started, max(ts) last from ({}) where {condition} group by stream_id, request_id){outer} order by started desc, stream_id, request_id limit {limit}",
            all.join(" union all ")
        );
        let rows = self.query(&sql, &params).await?;
        rows.iter()
            .map(|row| {
                let key = Key { stream_id: cell(row, 0)?, request_id: cell(row, 1)? };
                let us = |i| cell::<NaiveDateTime>(row, i).map(|t| t.and_utc().timestamp_micros());
                Ok((key, us(2)?, us(3)?))
            })
            .collect()
    }

    async fn session_events(
        &self,
        table: &str,
        span: Span,
        requests: &[String],
        out: &mut HashMap<Key, Vec<Event>>,
    ) -> Result<usize, ReadError> {
        // Columns by position: what the event is, then what only some tables have.
        let (kind, data, number, extra) = match table {
            "stream_trace" => ("trace_type", "data_ts", "null::double", ""),
            "stream_status" => ("''", "null::timestamp", "output_fps", ""),
            "stream_ingest" => ("''", "null::timestamp", "bytes_received::double", " and item = 0"),
            _ => ("event_type", "null::timestamp", "null::double", ""),
        };
        let (pipeline, url, address) = if table == "stream_ingest" {
            ("null::string", "null::string", "null::string")
        } else {
            ("pipeline", "orch_url", "orch_address")
        };
        let sql = format!(
            "select ts, stream_id, request_id, node, origin, gateway_label, {pipeline} pipeline, {url} orch_url, {address} orch_address, {kind} kind, {data} data_ts, {number} number from public_{table} where ts >= {} and ts < {} and request_id in ({}){extra} limit {}",
            span.from_us,
            span.to_us,
            places(1, requests.len()),
            limits::SESSION_ROWS + 1
        );
        let params: Vec<&(dyn ToSql + Sync)> =
            requests.iter().map(|r| r as &(dyn ToSql + Sync)).collect();
        let rows = self.query(&sql, &params).await?;
        for row in &rows {
            let stream_id: Option<String> = cell(row, 1)?;
            let Some(stream_id) = stream_id else { continue };
            let us = |t: NaiveDateTime| t.and_utc().timestamp_micros();
            let kind: String = cell::<Option<String>>(row, 9)?.unwrap_or_default();
            let number: Option<f64> = cell(row, 11)?;
            let what = match table {
                "stream_trace" => {
                    What::Trace { kind, data_us: cell::<Option<NaiveDateTime>>(row, 10)?.map(us) }
                }
                "stream_status" => What::Status { output_fps: number },
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "admitted below 2^62, kept whole below 2^53"
                )]
                "stream_ingest" => What::Ingest { bytes_received: number.map(|n| n as i64) },
                _ => What::Happened { kind },
            };
            let event = Event {
                ts_us: us(cell(row, 0)?),
                node: cell::<Option<String>>(row, 3)?.unwrap_or_default(),
                origin: cell::<Option<String>>(row, 4)?.unwrap_or_default(),
                gateway_label: cell(row, 5)?,
                pipeline: cell(row, 6)?,
                orch_url: cell(row, 7)?,
                orch_address: cell(row, 8)?,
                what,
            };
            let key = Key { stream_id, request_id: cell(row, 2)? };
            out.entry(key).or_default().push(event);
        }
        Ok(rows.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(ts_ms: i64, what: What) -> Event {
        Event {
            ts_us: ts_ms * 1000,
            node: "gateway".into(),
            origin: "organic".into(),
            gateway_label: None,
            pipeline: None,
            orch_url: None,
            orch_address: None,
            what,
        }
    }

    fn trace(ts_ms: i64, kind: &str) -> Event {
        event(ts_ms, What::Trace { kind: kind.into(), data_us: Some(ts_ms * 1000) })
    }

    fn status(ts_ms: i64, fps: f64) -> Event {
        event(ts_ms, What::Status { output_fps: Some(fps) })
    }

    fn ingest(ts_ms: i64, bytes: i64) -> Event {
        event(ts_ms, What::Ingest { bytes_received: Some(bytes) })
    }

    fn key() -> Key {
        Key { stream_id: "s".into(), request_id: "r".into() }
    }

    fn served() -> Vec<Event> {
        vec![
            trace(1000, "gateway_receive_stream_request"),
            trace(3500, "gateway_receive_first_processed_segment"),
            trace(7000, "gateway_receive_few_processed_segments"),
            status(10_000, 0.0),
            status(20_000, 16.0),
            status(30_000, 0.0),
            status(40_000, 20.0),
            ingest(10_000, 0),
            ingest(15_000, 625_000),
            ingest(20_000, 10_000),
            ingest(25_000, 635_000),
            trace(50_000, "orchestrator_swap"),
            event(60_000, What::Happened { kind: "error".into() }),
            event(60_000, What::Happened { kind: "params_update".into() }),
            trace(60_000, "gateway_ingest_stream_closed"),
        ]
    }

    #[test]
    fn a_served_session() {
        let s = session(key(), served()).unwrap();
        assert_eq!((s.ingest_samples, s.status_samples, s.swaps, s.error_events), (4, 4, 1, 1));
        assert_eq!(s.startup_ms, Some(2500.0));
        assert_eq!(s.time_to_playable_ms, Some(6000.0));
        // The first 0 is warm-up; the one after 16 counts.
        assert_eq!((s.output_fps_mean, s.output_fps_min), (Some(12.0), Some(0.0)));
        // Twice 625,000 bytes in 5 s; the step down between them starts a new count.
        assert_eq!(s.upload_mbps, Some(1.0));
        assert!(s.closed);
    }

    #[test]
    fn what_is_missing_is_unknown() {
        let s = session(key(), vec![trace(5, "gateway_receive_first_processed_segment")]).unwrap();
        assert_eq!((s.startup_ms, s.output_fps_mean, s.upload_mbps), (None, None, None));
        let inverted = vec![
            trace(10, "gateway_receive_stream_request"),
            trace(5, "gateway_receive_first_processed_segment"),
        ];
        assert_eq!(session(key(), inverted).unwrap().startup_ms, None, "negative is unknown");
        assert_eq!(session(key(), vec![]), None);
        let warming = session(key(), vec![status(1, 0.0)]).unwrap();
        assert_eq!((warming.output_fps_mean, warming.status_samples), (None, 1));
    }

    proptest! {
        #[test]
        fn order_of_arrival_never_matters(events in Just(served()).prop_shuffle()) {
            prop_assert_eq!(session(key(), events), session(key(), served()));
        }
    }
}
