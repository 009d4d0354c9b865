//! Which series of a node's metrics goes where: by orchestrator, by model, by sender, by error, or
//! as it is. The list of go-livepeer's views is its monitor/census.go.

use std::collections::HashMap;
use std::time::Duration;

use naap_schema::Row;
use naap_schema::generated::{
    LIVEPEER_AI, LIVEPEER_ERROR, LIVEPEER_ORCHESTRATOR, LIVEPEER_SENDER, LIVEPEER_SERIES,
};

use super::SERIES;
use super::errors;
use super::meter::{Meter, Paces, Reading, Readings, Scrape};
use crate::limits;
use crate::source::prometheus::{Page, Sample, Type};

/// Fields of `livepeer_orchestrator`, and their series.
const ORCHESTRATOR: &[(&str, &str)] = &[
    ("segments_uploaded", "livepeer_segment_source_uploaded_total"),
    ("segments_upload_failed", "livepeer_segment_source_upload_failed_total"),
    ("segments_transcoded", "livepeer_segment_transcoded_all_appeared_total"),
    ("segments_unprocessed", "livepeer_segment_transcoded_unprocessed_total"),
    ("latency_sum_s", "livepeer_transcode_overall_latency_seconds_sum"),
    ("latency_count", "livepeer_transcode_overall_latency_seconds_count"),
    ("upload_sum_s", "livepeer_upload_time_seconds_sum"),
    ("upload_count", "livepeer_upload_time_seconds_count"),
    ("discovery_errors", "livepeer_discovery_errors_total"),
    ("verification_done", "livepeer_fast_verification_done"),
    ("verification_failed", "livepeer_fast_verification_failed"),
    ("first_segment_delay_sum_ms", "livepeer_ai_first_segment_delay_ms_sum"),
    ("first_segment_delay_count", "livepeer_ai_first_segment_delay_ms_count"),
    ("live_price_wei_per_pixel", "livepeer_live_ai_price_per_pixel"),
];

/// Fields of `livepeer_orchestrator` from the buckets of this histogram, and their bounds in
/// seconds.
const LATENCY: &str = "livepeer_transcode_overall_latency_seconds_bucket";
const LATENCY_BOUNDS: &[(&str, f64)] = &[
    ("latency_le_500ms_count", 0.5),
    ("latency_le_1s_count", 1.0),
    ("latency_le_2s_count", 2.0),
    ("latency_le_3s_count", 3.0),
    ("latency_le_5s_count", 5.0),
    ("latency_le_10s_count", 10.0),
];

/// Fields of `livepeer_ai`, and their series.
const AI: &[(&str, &str)] = &[
    ("requests", "livepeer_ai_models_requested"),
    ("request_errors", "livepeer_ai_request_errors"),
    ("latency_score", "livepeer_ai_request_latency_score"),
    ("price_wei_per_unit", "livepeer_ai_request_price"),
    ("max_price_wei_per_unit", "livepeer_price_per_capability"),
    ("live_attempts", "livepeer_ai_live_attempt"),
    ("live_streams", "livepeer_ai_current_live_pipelines"),
    ("containers_in_use", "livepeer_ai_container_in_use"),
    ("containers_idle", "livepeer_ai_container_idle"),
    ("gpus_idle", "livepeer_ai_gpus_idle"),
    ("results_downloaded", "livepeer_ai_result_downloaded_total"),
    ("result_download_sum_s", "livepeer_ai_result_download_time_seconds_sum"),
    ("result_download_count", "livepeer_ai_result_download_time_seconds_count"),
    ("results_uploaded", "livepeer_ai_result_uploaded_total"),
    ("result_upload_sum_s", "livepeer_ai_result_upload_time_seconds_sum"),
    ("result_upload_count", "livepeer_ai_result_upload_time_seconds_count"),
    ("result_save_failed", "livepeer_ai_result_save_failed_total"),
];

/// Fields of `livepeer_sender`, and their series; only where they name a sender.
const SENDER: &[(&str, &str)] = &[
    ("max_float_gwei", "livepeer_gateway_max_float"),
    ("ticket_face_value_gwei", "livepeer_gateway_ticket_face_value"),
    ("price_wei_per_pixel", "livepeer_transcoding_price"),
    ("tickets_received", "livepeer_tickets_recv"),
    ("ticket_value_received_gwei", "livepeer_ticket_value_recv"),
    ("winning_tickets_received", "livepeer_winning_tickets_recv"),
    ("value_redeemed_gwei", "livepeer_value_redeemed"),
    ("payment_receive_errors", "livepeer_payment_recv_errors"),
];

/// What failed, and the series that count it.
const ERRORS: &[(&str, &str)] = &[
    ("upload", "livepeer_segment_source_upload_failed_total"),
    ("transcode", "livepeer_segment_transcode_failed_total"),
    ("discovery", "livepeer_discovery_errors_total"),
    ("ai_request", "livepeer_ai_request_errors"),
    ("ai_result_save", "livepeer_ai_result_save_failed_total"),
    ("payment_received", "livepeer_payment_recv_errors"),
    ("event_send", "livepeer_kafka_event_send_errors"),
];

/// Their buckets end far below what they measure (`livepeer_ai_first_segment_delay_ms`: at 10 ms),
/// so they say nothing.
const USELESS_BUCKETS: &[&str] = &[
    "livepeer_ai_first_segment_delay_ms_bucket",
    "livepeer_upload_time_seconds_bucket",
    "livepeer_download_time_seconds_bucket",
    "livepeer_ai_result_download_time_seconds_bucket",
    "livepeer_ai_result_upload_time_seconds_bucket",
];

/// Labels that are never kept: who is meant is the agent's node; a stream and a client are nobody
/// else's business.
const LEFT_OUT: &[&str] = &["node_id", "node_type", "manifest_id", "client_ip"];

/// Stands for a label that a node leaves out or empty.
const NONE: &str = "none";

/// Where a series goes.
#[derive(Debug, Clone, Copy)]
enum Route {
    Orchestrator(usize),
    Latency,
    Ai(usize),
    Sender(usize),
    Error(&'static str),
    /// Only in the row of the node.
    Node,
    Nowhere,
}

/// What one page gave.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Rows that are due.
    pub rows: Vec<Row>,
    /// Samples whose type is not that of their field.
    pub mistyped: u64,
    /// Keys that are too many.
    pub refused: u64,
}

/// All series of a node but those that are added up in its own row.
#[derive(Debug)]
pub(super) struct Views {
    routes: HashMap<&'static str, Vec<Route>>,
    bounds: Vec<(usize, f64)>,
    orchestrator: Meter,
    ai: Meter,
    sender: Meter,
    error: Meter,
    other: Meter,
}

impl Default for Views {
    fn default() -> Self {
        let same = limits::SAME_EVERY;
        // As often as the operator wants the node read.
        let paces = Paces { changed: Duration::ZERO, same };
        let slow = Paces { changed: limits::OTHER_EVERY, same };
        let most = limits::NODE_KEYS;
        let orchestrator = Meter::new(&LIVEPEER_ORCHESTRATOR, paces, most);
        let ai = Meter::new(&LIVEPEER_AI, paces, most);
        let sender = Meter::new(&LIVEPEER_SENDER, paces, most);
        let error = Meter::new(&LIVEPEER_ERROR, paces, most);
        let other = Meter::new(&LIVEPEER_SERIES, slow, limits::NODE_SERIES);
        let mut routes: HashMap<&'static str, Vec<Route>> = HashMap::new();
        let mut add = |series, route| routes.entry(series).or_default().push(route);
        for (_, series) in SERIES {
            add(*series, Route::Node);
        }
        for (field, series) in ORCHESTRATOR {
            add(*series, Route::Orchestrator(orchestrator.field(field)));
        }
        for (field, series) in AI {
            add(*series, Route::Ai(ai.field(field)));
        }
        for (field, series) in SENDER {
            add(*series, Route::Sender(sender.field(field)));
        }
        for (what, series) in ERRORS {
            add(*series, Route::Error(what));
        }
        add(LATENCY, Route::Latency);
        add("livepeer_versions", Route::Nowhere);
        for series in USELESS_BUCKETS {
            add(*series, Route::Nowhere);
        }
        let bounds = LATENCY_BOUNDS.iter().map(|(f, b)| (orchestrator.field(f), *b)).collect();
        Self { routes, bounds, orchestrator, ai, sender, error, other }
    }
}

/// What one page says, by entity.
#[derive(Default)]
struct Said {
    orchestrator: Readings,
    ai: Readings,
    sender: Readings,
    error: Readings,
    other: Readings,
    mistyped: u64,
}

impl Views {
    /// Takes a page; gives the rows that are due.
    pub(super) fn take(&mut self, page: &Page<'_>, scrape: Scrape<'_>) -> Seen {
        let mut said = Said::default();
        for sample in page.samples.iter().filter(|s| s.name.starts_with("livepeer_")) {
            // NaN is unknown, and nothing here is infinite.
            if sample.value.is_finite() {
                self.sample(sample, page.type_of(sample.name), &mut said);
            }
        }
        let mut seen = Seen { mistyped: said.mistyped, ..Seen::default() };
        for (meter, readings) in [
            (&mut self.orchestrator, said.orchestrator),
            (&mut self.ai, said.ai),
            (&mut self.sender, said.sender),
            (&mut self.error, said.error),
            (&mut self.other, said.other),
        ] {
            let (rows, refused) = meter.take(readings, scrape);
            seen.rows.extend(rows);
            seen.refused += refused;
        }
        seen
    }

    fn sample(&self, s: &Sample<'_>, ty: Type, said: &mut Said) {
        let mut has_place = false;
        for route in self.routes.get(s.name).into_iter().flatten() {
            match route {
                Route::Nowhere => has_place = true,
                // Its sum is there; what its labels say is not.
                Route::Node => has_place |= kept(s).next().is_none(),
                Route::Latency => {
                    has_place = true;
                    let bound = s.label("le").and_then(|le| le.parse::<f64>().ok());
                    let field = self.bounds.iter().find(|(_, b)| Some(*b) == bound);
                    if let Some((field, _)) = field {
                        let to = by_orchestrator(&self.orchestrator, s, &mut said.orchestrator);
                        put(&self.orchestrator, to, *field, s.value, ty, &mut said.mistyped);
                    }
                }
                Route::Orchestrator(field) => {
                    has_place = true;
                    let to = by_orchestrator(&self.orchestrator, s, &mut said.orchestrator);
                    put(&self.orchestrator, to, *field, s.value, ty, &mut said.mistyped);
                }
                Route::Ai(field) => {
                    has_place = true;
                    let (pipeline, model) = model(s);
                    let key = vec![pipeline, model, or_none(s.label("orchestrator_uri"))];
                    let to = said.ai.entry(key).or_default();
                    put(&self.ai, to, *field, s.value, ty, &mut said.mistyped);
                }
                Route::Sender(field) => {
                    let Some(sender) = s.label("sender").filter(|l| !l.is_empty()) else {
                        continue;
                    };
                    has_place = true;
                    let to = said.sender.entry(vec![sender.to_ascii_lowercase()]).or_default();
                    put(&self.sender, to, *field, s.value, ty, &mut said.mistyped);
                }
                Route::Error(what) => {
                    has_place = true;
                    let error = match *what {
                        "event_send" => errors::event(s.label("event_type").unwrap_or_default()),
                        _ => errors::fold(s.label("error_code").unwrap_or_default()),
                    };
                    let (pipeline, model) = model(s);
                    let uri = or_none(s.label("orchestrator_uri"));
                    let key = vec![(*what).to_owned(), error.to_owned(), uri, pipeline, model];
                    let to = said.error.entry(key).or_default();
                    let field = self.error.field("errors");
                    put(&self.error, to, field, s.value, ty, &mut said.mistyped);
                }
            }
        }
        if !has_place {
            self.other(s, ty, &mut said.other);
        }
    }

    fn other(&self, s: &Sample<'_>, ty: Type, to: &mut Readings) {
        let whole =
            s.name.ends_with("_sum") || s.name.ends_with("_count") || s.name.ends_with("_bucket");
        let counter = match ty {
            Type::Counter | Type::Histogram => true,
            Type::Summary => whole,
            Type::Gauge | Type::Untyped => false,
        };
        let to = to.entry(vec![s.name.to_owned(), other_labels(s)]).or_default();
        let (kind, field) = if counter { ("counter", "delta") } else { ("gauge", "value") };
        to.label(self.other.field("kind"), kind);
        to.add(self.other.field(field), s.value);
    }
}

/// Adds a sample to a field, if it is of its kind.
fn put(meter: &Meter, to: &mut Reading, field: usize, value: f64, ty: Type, mistyped: &mut u64) {
    let counter = !matches!(ty, Type::Gauge);
    let gauge = matches!(ty, Type::Gauge | Type::Untyped);
    if if meter.counts(field) { counter } else { gauge } {
        to.add(field, value);
    } else {
        *mistyped += 1;
    }
}

fn by_orchestrator<'a>(meter: &Meter, s: &Sample<'_>, to: &'a mut Readings) -> &'a mut Reading {
    let reading = to.entry(vec![or_none(s.label("orchestrator_uri"))]).or_default();
    if let Some(address) = s.label("orchestrator_address") {
        reading.label(meter.field("orch_address"), &address.to_ascii_lowercase());
    }
    reading.label(meter.field("orch_version"), s.label("orchestrator_version").unwrap_or_default());
    reading
}

/// Pipeline and model of a sample. Two series of live video have the model in a label of another
/// name, and one of them calls it a pipeline (go-livepeer server/ai_mediaserver.go).
fn model(s: &Sample<'_>) -> (String, String) {
    let live = || "live-video-to-video".to_owned();
    match s.name {
        "livepeer_ai_current_live_pipelines" => (live(), or_none(s.label("pipeline"))),
        "livepeer_ai_live_attempt" => (live(), or_none(s.label("model_name"))),
        _ => (or_none(s.label("pipeline")), or_none(s.label("model_name"))),
    }
}

fn or_none(label: Option<&str>) -> String {
    label.filter(|l| !l.is_empty()).unwrap_or(NONE).to_owned()
}

/// Labels that are kept.
fn kept<'a>(s: &'a Sample<'_>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let labels = s.labels.iter().map(|(name, value)| (*name, value.as_ref()));
    labels.filter(|(name, value)| !LEFT_OUT.contains(name) && !value.is_empty())
}

/// The same as text, in the order of their names.
fn other_labels(s: &Sample<'_>) -> String {
    let mut kept: Vec<String> = kept(s)
        .map(|(name, value)| match name {
            "error_code" => format!("{name}={}", errors::fold(value)),
            _ => format!("{name}={value}"),
        })
        .collect();
    kept.sort_unstable();
    if kept.is_empty() { NONE.to_owned() } else { kept.join(",") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use naap_schema::{EntityDef, Value};
    use tokio::time::Instant;

    /// A page of a gateway, read twice: each counter grew by what the second page says more.
    fn rows(first: &str, second: &str) -> Vec<Row> {
        let mut views = Views::default();
        let start = Instant::now();
        let scrape = |at, before| Scrape { target: "n", ts_us: 1, at, before, restarted: false };
        let page = |text| crate::source::prometheus::parse(text);
        views.take(&page(first), scrape(start, None));
        let later = start + Duration::from_secs(70);
        let seen = views.take(&page(second), scrape(later, Some(start)));
        assert_eq!((seen.mistyped, seen.refused), (0, 0));
        for row in &seen.rows {
            assert_eq!(row.check(), Ok(()), "{row:?}");
        }
        seen.rows
    }

    fn find<'a>(rows: &'a [Row], entity: &str, field: &str, is: &str) -> &'a Row {
        let is = Value::text(is);
        let found = rows.iter().find(|r| r.entity.name == entity && r.get(field) == Some(&is));
        found.unwrap_or_else(|| panic!("no {entity} with {field} = {is:?} in {rows:?}"))
    }

    fn number(row: &Row, field: &str) -> Option<f64> {
        match row.get(field) {
            Some(Value::F64(x)) => Some(*x),
            _ => None,
        }
    }

    const TYPES: &str = "# TYPE livepeer_segment_source_uploaded_total counter
# TYPE livepeer_segment_source_upload_failed_total counter
# TYPE livepeer_transcode_overall_latency_seconds histogram
# TYPE livepeer_ai_request_errors counter
# TYPE livepeer_ai_current_live_pipelines gauge
# TYPE livepeer_gateway_max_float gauge
# TYPE livepeer_transcode_retried counter
# TYPE livepeer_kafka_event_send_errors counter
";

    fn page(n: u32) -> String {
        let o = "orchestrator_uri=\"https://o:1\"";
        let oi = "orchestrator_address=\"0xAB\",orchestrator_uri=\"https://o:1\",orchestrator_version=\"0.8.10\"";
        format!(
            "{TYPES}livepeer_segment_source_uploaded_total{{manifest_id=\"secret-a\",{o}}} {n}
livepeer_segment_source_uploaded_total{{manifest_id=\"secret-b\",{o}}} {n}
livepeer_segment_source_upload_failed_total{{error_code=\"OrchestratorCapped\",{o}}} {n}
livepeer_transcode_overall_latency_seconds_bucket{{le=\"0.75\",{oi}}} {n}
livepeer_transcode_overall_latency_seconds_bucket{{le=\"1\",{oi}}} {n}
livepeer_transcode_overall_latency_seconds_bucket{{le=\"+Inf\",{oi}}} {n}
livepeer_transcode_overall_latency_seconds_sum{{{oi}}} {n}.5
livepeer_transcode_overall_latency_seconds_count{{{oi}}} {n}
livepeer_ai_request_errors{{error_code=\"boom 192.0.2.1\",model_name=\"m\",pipeline=\"llm\",orchestrator_uri=\"\"}} {n}
livepeer_ai_current_live_pipelines{{pipeline=\"sd\"}} {n}
livepeer_gateway_max_float{{sender=\"0xCD\"}} {n}
livepeer_transcode_retried{{try=\"2\",client_ip=\"192.0.2.9\"}} {n}
livepeer_kafka_event_send_errors{{event_type=\"stream_trace\"}} {n}
"
        )
    }

    #[test]
    fn series_go_where_they_belong() {
        let rows = rows(&page(1), &page(4));
        let o = find(&rows, "livepeer_orchestrator", "orch_uri", "https://o:1");
        assert_eq!(number(o, "segments_uploaded"), Some(6.0), "streams are added up");
        assert_eq!(number(o, "segments_upload_failed"), Some(3.0));
        assert_eq!(number(o, "latency_le_1s_count"), Some(3.0));
        assert_eq!(number(o, "latency_sum_s"), Some(3.0));
        assert_eq!(o.get("orch_address"), Some(&Value::text("0xab")));
        let upload = find(&rows, "livepeer_error", "what", "upload");
        assert_eq!(upload.get("error"), Some(&Value::text("orchestrator_capped")));
        assert_eq!(number(upload, "errors"), Some(3.0));
        let ai = find(&rows, "livepeer_error", "what", "ai_request");
        assert_eq!(ai.get("error"), Some(&Value::text("other")));
        assert_eq!(ai.get("orch_uri"), Some(&Value::text("none")));
        let sent = find(&rows, "livepeer_error", "what", "event_send");
        assert_eq!(sent.get("error"), Some(&Value::text("stream_trace")));
        let live = find(&rows, "livepeer_ai", "model", "sd");
        assert_eq!(live.get("pipeline"), Some(&Value::text("live-video-to-video")));
        assert_eq!(number(live, "live_streams"), Some(4.0));
        assert_eq!(
            number(find(&rows, "livepeer_sender", "sender", "0xcd"), "max_float_gwei"),
            Some(4.0)
        );
        let other = find(&rows, "livepeer_series", "metric", "livepeer_transcode_retried");
        assert_eq!(other.get("labels"), Some(&Value::text("try=2")));
        assert_eq!(number(other, "delta"), Some(3.0));
        let all = format!("{rows:?}");
        for secret in ["secret-a", "192.0.2"] {
            assert!(!all.contains(secret), "{secret} in {all}");
        }
    }

    #[test]
    fn every_series_has_a_field_that_names_it() {
        let tables: [(&EntityDef, &[(&str, &str)]); 3] = [
            (&LIVEPEER_ORCHESTRATOR, ORCHESTRATOR),
            (&LIVEPEER_AI, AI),
            (&LIVEPEER_SENDER, SENDER),
        ];
        for (entity, table) in tables {
            for (field, series) in table {
                let index = entity.field_index(field).unwrap();
                let said = entity.fields[index].description;
                assert!(said.contains(&format!("`{series}`")), "{field} says {said}");
            }
        }
    }
}
