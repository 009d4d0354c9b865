//! A go-livepeer node's own metrics: `GET /metrics` on its CLI port, and nothing else, ever (that
//! port can move funds). Redirects are not followed; size and time are bounded.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use naap_schema::generated::LIVEPEER_NODE;
use naap_schema::{Kind, Row, Value};
use tokio::sync::watch;
use tokio::time::Instant;

use super::get::Get;
use super::prometheus::{Page, Type, parse};
use super::{Drop, Drops, Now, Pace, Reading, Source, SourceError};
use crate::limits;

/// Fields and the series that they are made of, all labels added up. Their kinds are declared:
/// deltas come from counters, gauges from gauges.
const SERIES: &[(&str, &str)] = &[
    ("current_sessions", "livepeer_current_sessions_total"),
    ("max_sessions", "livepeer_max_sessions_total"),
    ("streams_created", "livepeer_stream_created_total"),
    ("streams_started", "livepeer_stream_started_total"),
    ("streams_ended", "livepeer_stream_ended_total"),
    ("segments_emerged", "livepeer_segment_source_emerged_total"),
    ("segments_transcoded", "livepeer_segment_transcoded_total"),
    ("segments_transcode_failed", "livepeer_segment_transcode_failed_total"),
    ("segments_upload_failed", "livepeer_segment_source_upload_failed_total"),
    ("transcode_time_sum_s", "livepeer_transcode_time_seconds_sum"),
    ("transcode_time_count", "livepeer_transcode_time_seconds_count"),
    ("orchestrator_swaps", "livepeer_orchestrator_swaps"),
    ("discovery_errors", "livepeer_discovery_errors_total"),
    ("success_ratio", "livepeer_success_rate"),
    ("tickets_sent", "livepeer_tickets_sent"),
    ("ticket_value_sent_gwei", "livepeer_ticket_value_sent"),
    ("tickets_received", "livepeer_tickets_recv"),
    ("ticket_value_received_gwei", "livepeer_ticket_value_recv"),
    ("winning_tickets_received", "livepeer_winning_tickets_recv"),
    ("value_redeemed_gwei", "livepeer_value_redeemed"),
    ("payment_create_errors", "livepeer_payment_create_errors"),
    ("payment_receive_errors", "livepeer_payment_recv_errors"),
    ("gateway_deposit_gwei", "livepeer_gateway_deposit"),
    ("gateway_reserve_gwei", "livepeer_gateway_reserve"),
    ("mil_pixels_processed", "livepeer_mil_pixels_processed"),
    ("ai_requests", "livepeer_ai_models_requested"),
    ("ai_request_errors", "livepeer_ai_request_errors"),
    ("ai_live_attempts", "livepeer_ai_live_attempt"),
    ("ai_live_streams", "livepeer_ai_current_live_pipelines"),
    ("ai_containers_in_use", "livepeer_ai_container_in_use"),
    ("ai_containers_idle", "livepeer_ai_container_idle"),
    ("ai_gpus_idle", "livepeer_ai_gpus_idle"),
    ("orchestrator_pool_size", "livepeer_ai_orchestrators_available_total"),
    ("event_send_errors", "livepeer_kafka_event_send_errors"),
];

/// A node that is scraped.
#[derive(Debug)]
pub struct Livepeer {
    name: String,
    url: String,
    interval: Duration,
    timeout: Duration,
    get: Get,
    last: Option<Last>,
    role: watch::Sender<Option<&'static str>>,
}

/// Counters at the last good scrape.
#[derive(Debug)]
struct Last {
    at: Instant,
    /// When the node's process started, as it says itself.
    process_start: Option<f64>,
    totals: HashMap<&'static str, f64>,
}

impl Livepeer {
    /// The node at `base` (`http://HOST:PORT`), known as `name`; tells its role to `role`.
    pub fn new(
        name: String,
        base: &str,
        interval: Duration,
        timeout: Duration,
        role: watch::Sender<Option<&'static str>>,
    ) -> Self {
        let url = format!("{}/metrics", base.trim_end_matches('/'));
        Self { name, url, interval, timeout, get: Get::default(), last: None, role }
    }

    fn row(&mut self, page: &Page, now: Now, took: Duration) -> (Row, u64) {
        let mut row = Row::empty(&LIVEPEER_NODE, now.wall_us);
        let mut set = |field: &str, value: Option<Value>| {
            row.set(field, value).expect("SERIES and this function name declared fields");
        };
        let versions = page.samples.iter().find(|s| s.name == "livepeer_versions");
        let role = versions
            .or_else(|| {
                page.samples.iter().find(|s| s.label("node_type").is_some_and(|t| !t.is_empty()))
            })
            .and_then(|s| role(s.label("node_type")?));
        self.role.send_replace(role);
        set("target", Some(Value::text(self.name.as_str())));
        set("role", role.map(Value::text));
        let version = versions.and_then(|v| v.label("livepeerversion"));
        set("version", version.filter(|v| !v.is_empty() && v.len() <= 128).map(Value::text));
        set("scrape_ms", Some(Value::F64(took.as_secs_f64() * 1000.0)));
        set("scrape_series", i64::try_from(page.samples.len()).ok().map(Value::I64));
        let since = self.last.as_ref().map(|l| now.at.duration_since(l.at).as_millis());
        set("interval_ms", since.and_then(|ms| i64::try_from(ms).ok()).map(Value::I64));

        // A process that started since counts from 0, even where it counts higher already.
        let process_start = total(page, "process_start_time_seconds");
        let changed = |l: &Last| {
            let known = l.process_start.zip(process_start);
            known.is_some_and(|(before, now)| (before - now).abs() > 1.0)
        };
        let restarted = self.last.as_ref().is_some_and(changed);
        let before = |l: &Last, series: &str| l.totals.get(series).copied().filter(|_| !restarted);
        let mut totals = HashMap::new();
        let mut mistyped = 0;
        for (field, series) in SERIES {
            let Some(total) = total(page, series) else { continue };
            let index = LIVEPEER_NODE.field_index(field).expect("SERIES names declared fields");
            let ty = page.type_of(series);
            let value = match LIVEPEER_NODE.fields[index].kind {
                Kind::Delta if ty != Type::Gauge => {
                    totals.insert(*series, total);
                    self.last.as_ref().map(|l| difference(before(l, series), total))
                }
                Kind::Gauge if matches!(ty, Type::Gauge | Type::Untyped) => Some(total),
                _ => {
                    mistyped += 1;
                    None
                }
            };
            set(field, value.map(Value::F64));
        }
        self.last = Some(Last { at: now.at, process_start, totals });
        (row, mistyped)
    }
}

/// The sum of a series over its labels; `None` where it is absent or not finite.
fn total(page: &Page, series: &str) -> Option<f64> {
    let values = page.samples.iter().filter(|s| s.name == series).map(|s| s.value);
    values.reduce(|a, b| a + b).filter(|x| x.is_finite())
}

/// What a counter grew by. A smaller value means that its process started again and counts from 0;
/// so does one that was absent from the scrape before.
fn difference(before: Option<f64>, now: f64) -> f64 {
    match before {
        Some(before) if now >= before => now - before,
        _ => now,
    }
}

fn role(node_type: &str) -> Option<&'static str> {
    match node_type {
        "bctr" => Some("gateway"),
        "orch" => Some("orchestrator"),
        "trcr" => Some("transcoder"),
        "rdmr" => Some("redeemer"),
        "aiwk" => Some("ai_worker"),
        "dflt" => Some("default"),
        _ => None,
    }
}

#[async_trait]
impl Source for Livepeer {
    fn name(&self) -> &str {
        &self.name
    }

    fn pace(&self) -> Pace {
        Pace::Every(self.interval)
    }

    fn deadline(&self) -> Duration {
        self.timeout
    }

    async fn read(&mut self, now: Now) -> Result<Reading, SourceError> {
        let accept = "text/plain;version=0.0.4";
        let body = self.get.body(&self.url, accept, limits::SCRAPE_BYTES).await?;
        let page = parse(&body);
        let (row, mistyped) = self.row(&page, now, now.at.elapsed());
        let counts =
            [(Drop::Malformed, page.malformed + mistyped), (Drop::SeriesLimit, page.too_many)];
        let drops: Drops = counts.into_iter().filter(|(_, n)| *n > 0).collect();
        Ok(Reading { rows: vec![row], drops, ..Reading::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> Livepeer {
        let (role, _) = watch::channel(None);
        let second = Duration::from_secs(1);
        Livepeer::new("n".into(), "http://127.0.0.1:1", second, second, role)
    }

    fn scrape(node: &mut Livepeer, page: &str, after_s: u64) -> Row {
        let start = Instant::now();
        let now = Now { wall_us: 1, at: start + Duration::from_secs(after_s) };
        node.row(&parse(page.as_bytes()), now, Duration::from_millis(2)).0
    }

    fn number(row: &Row, field: &str) -> Option<f64> {
        match row.get(field) {
            Some(Value::F64(x)) => Some(*x),
            _ => None,
        }
    }

    const TYPES: &str =
        "# TYPE livepeer_tickets_sent counter\n# TYPE livepeer_current_sessions_total gauge\n";

    #[tokio::test]
    async fn counters_become_differences_and_absent_stays_unknown() {
        let mut n = node();
        let page = |body: &str| format!("{TYPES}{body}");
        let first =
            scrape(&mut n, &page("livepeer_tickets_sent 10\nlivepeer_current_sessions_total 2"), 0);
        assert_eq!(number(&first, "tickets_sent"), None, "a first scrape has no difference");
        assert_eq!(number(&first, "current_sessions"), Some(2.0));
        assert_eq!(number(&first, "streams_created"), None, "absent is not 0");
        assert_eq!(first.get("interval_ms"), None);
        let second = scrape(
            &mut n,
            &page("livepeer_tickets_sent{a=\"x,y\"} 7\nlivepeer_tickets_sent{a=\"z\"} 8"),
            5,
        );
        assert_eq!(number(&second, "tickets_sent"), Some(5.0), "labels are added up");
        assert_eq!(number(&second, "current_sessions"), None);
        assert!(
            matches!(second.get("interval_ms"), Some(Value::I64(ms)) if (4900..5200).contains(ms))
        );
        let restarted = scrape(&mut n, &page("livepeer_tickets_sent 3"), 10);
        assert_eq!(number(&restarted, "tickets_sent"), Some(3.0), "a restart counts from 0");
        let absent = scrape(&mut n, &page(""), 15);
        assert_eq!(number(&absent, "tickets_sent"), None);
        let back = scrape(&mut n, &page("livepeer_tickets_sent 4"), 20);
        assert_eq!(number(&back, "tickets_sent"), Some(4.0), "what was absent counts from 0");
    }

    #[tokio::test]
    async fn a_restarted_process_counts_from_0_even_when_it_counts_higher() {
        let mut n = node();
        let page = |start: u32, sent: u32| {
            format!("{TYPES}process_start_time_seconds {start}\nlivepeer_tickets_sent {sent}")
        };
        scrape(&mut n, &page(1000, 10), 0);
        let same = scrape(&mut n, &page(1000, 12), 5);
        assert_eq!(number(&same, "tickets_sent"), Some(2.0));
        let restarted = scrape(&mut n, &page(1004, 30), 10);
        assert_eq!(number(&restarted, "tickets_sent"), Some(30.0));
    }

    #[tokio::test]
    async fn a_gauge_is_no_counter_whatever_its_name() {
        let mut n = node();
        let text = "# TYPE livepeer_tickets_sent gauge\nlivepeer_tickets_sent 5\n# TYPE livepeer_current_sessions_total counter\nlivepeer_current_sessions_total 2";
        let (row, mistyped) = {
            let now = Now { wall_us: 1, at: Instant::now() };
            n.row(&parse(text.as_bytes()), now, Duration::ZERO)
        };
        assert_eq!(mistyped, 2);
        assert_eq!((number(&row, "tickets_sent"), number(&row, "current_sessions")), (None, None));
    }

    #[tokio::test]
    async fn role_and_version_come_from_versions() {
        let mut n = node();
        let row =
            scrape(&mut n, "livepeer_versions{livepeerversion=\"0.8.10\",node_type=\"bctr\"} 1", 0);
        assert_eq!(row.get("role"), Some(&Value::text("gateway")));
        assert_eq!(row.get("version"), Some(&Value::text("0.8.10")));
        assert_eq!(*n.role.borrow(), Some("gateway"));
    }

    #[test]
    fn every_series_has_a_declared_field() {
        for (field, series) in SERIES {
            let index = LIVEPEER_NODE.field_index(field).unwrap();
            let said = LIVEPEER_NODE.fields[index].description;
            assert!(said.contains(&format!("`{series}`")), "{field} says {said}");
        }
    }
}
