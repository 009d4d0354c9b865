//! A go-livepeer node's own metrics: `GET /metrics` on its CLI port, and nothing else, ever (that
//! port can move funds). Redirects are not followed; size and time are bounded.
//!
//! One row sums the node up at every scrape; rows by orchestrator, model, sender and error, and
//! every other series, come when something changed.

mod errors;
mod meter;
mod views;

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use naap_schema::generated::LIVEPEER_NODE;
use naap_schema::{Kind, Row, Value};
use tokio::sync::watch;
use tokio::time::Instant;

use self::meter::Scrape;
use self::views::Views;
use super::fit::fit;
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
    views: Views,
    last: Option<Last>,
    role: watch::Sender<Option<&'static str>>,
}

/// What is remembered of the last good scrape.
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
        let (get, views) = (Get::default(), Views::default());
        Self { name, url, interval, timeout, get, views, last: None, role }
    }

    /// The rows of a page, and what of it was dropped.
    fn rows(&mut self, page: &Page<'_>, now: Now, took: Duration) -> (Vec<Row>, Drops) {
        // A process that started since counts from 0, even where it counts higher already.
        let process_start = total(page, "process_start_time_seconds");
        let changed = |l: &Last| {
            let known = l.process_start.zip(process_start);
            known.is_some_and(|(before, now)| (before - now).abs() > 1.0)
        };
        let restarted = self.last.as_ref().is_some_and(changed);
        let before = self.last.as_ref().map(|l| l.at);
        let (node, totals, mistyped) = self.node_row(page, now, took, restarted);
        let target = self.name.as_str();
        let scrape = Scrape { target, ts_us: now.wall_us, at: now.at, before, restarted };
        let seen = self.views.take(page, scrape);
        self.last = Some(Last { at: now.at, process_start, totals });

        let mut rows = vec![node];
        rows.extend(seen.rows);
        let mut drops = Drops::new();
        for row in &mut rows {
            if let Some(cut) = fit(row) {
                *drops.entry(cut).or_default() += 1;
            }
        }
        for (kind, n) in [
            (Drop::Malformed, page.malformed + mistyped + seen.mistyped),
            (Drop::SeriesLimit, page.too_many + seen.refused),
        ] {
            if n > 0 {
                *drops.entry(kind).or_default() += n;
            }
        }
        (rows, drops)
    }

    fn node_row(
        &self,
        page: &Page<'_>,
        now: Now,
        took: Duration,
        restarted: bool,
    ) -> (Row, HashMap<&'static str, f64>, u64) {
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
        set("version", version.filter(|v| !v.is_empty()).map(Value::text));
        set("scrape_ms", Some(Value::F64(took.as_secs_f64() * 1000.0)));
        set("scrape_series", i64::try_from(page.samples.len()).ok().map(Value::I64));
        let since = self.last.as_ref().map(|l| now.at.duration_since(l.at).as_millis());
        set("interval_ms", since.and_then(|ms| i64::try_from(ms).ok()).map(Value::I64));

        let before = |l: &Last, series: &str| l.totals.get(series).copied().filter(|_| !restarted);
        let (sums, mut totals) = (sums(page), HashMap::new());
        let mut mistyped = 0;
        for (field, series) in SERIES {
            let Some(total) = sums.get(series).copied().filter(|x| x.is_finite()) else { continue };
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
        (row, totals, mistyped)
    }
}

/// The sums of all series over their labels.
fn sums<'a>(page: &Page<'a>) -> HashMap<&'a str, f64> {
    let mut sums = HashMap::new();
    for sample in &page.samples {
        *sums.entry(sample.name).or_default() += sample.value;
    }
    sums
}

/// The sum of a series over its labels; `None` where it is absent or not finite.
fn total(page: &Page<'_>, series: &str) -> Option<f64> {
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
        let text = String::from_utf8_lossy(&body);
        let (rows, drops) = self.rows(&parse(&text), now, now.at.elapsed());
        Ok(Reading { rows, drops, ..Reading::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn node() -> Livepeer {
        let (role, _) = watch::channel(None);
        let second = Duration::from_secs(1);
        Livepeer::new("n".into(), "http://127.0.0.1:1", second, second, role)
    }

    fn scrape(node: &mut Livepeer, page: &str, after_s: u64) -> Row {
        let start = Instant::now();
        let now = Now { wall_us: 1, at: start + Duration::from_secs(after_s) };
        node.rows(&parse(page), now, Duration::from_millis(2)).0.remove(0)
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
        let now = Now { wall_us: 1, at: Instant::now() };
        let (rows, drops) = n.rows(&parse(text), now, Duration::ZERO);
        assert_eq!(drops.get(&Drop::Malformed), Some(&2));
        let figures = (number(&rows[0], "tickets_sent"), number(&rows[0], "current_sessions"));
        assert_eq!(figures, (None, None));
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

    /// Pages that go-livepeer's own code made, where they are at hand: nothing is dropped, and each
    /// series is in some row.
    #[tokio::test]
    async fn genuine_pages() {
        let counts = [
            ("metrics_gateway.txt", [1, 1, 5, 6, 1, 113]),
            ("metrics_orchestrator.txt", [1, 1, 3, 3, 0, 62]),
        ];
        for (file, expected) in counts {
            let folder = std::env::var_os("NAAP_SAMPLES").map(std::path::PathBuf::from);
            let Some(path) = folder.map(|f| f.join(file)).filter(|p| p.is_file()) else {
                eprintln!("SKIPPED: sample {file} is not here; NAAP_SAMPLES names its folder");
                continue;
            };
            let text = std::fs::read_to_string(path).unwrap();
            let mut n = node();
            let now = Now { wall_us: 1, at: Instant::now() };
            let (rows, drops) = n.rows(&parse(&text), now, Duration::ZERO);
            assert_eq!(drops, Drops::new(), "{file}");
            for row in &rows {
                assert_eq!(row.check(), Ok(()), "{row:?}");
            }
            let of = |name: &str| rows.iter().filter(|r| r.entity.name == name).count();
            let entities = [
                "livepeer_node",
                "livepeer_orchestrator",
                "livepeer_ai",
                "livepeer_error",
                "livepeer_sender",
                "livepeer_series",
            ];
            assert_eq!(entities.map(of), expected, "{file}");
        }
    }

    proptest! {
        /// Whatever a page says, its rows fit their declarations and stay few.
        #[test]
        fn wild_pages_give_rows_that_fit(
            series in prop::sample::select(SERIES.iter().map(|s| s.1).collect::<Vec<_>>()),
            ty in prop::sample::select(vec!["counter", "gauge", "histogram", "summary", "nonsense"]),
            label in "\\PC{0,300}",
            values in prop::collection::vec(any::<f64>(), 1..20),
        ) {
            let mut n = node();
            for (i, value) in values.iter().enumerate() {
                let label = label.replace(['\\', '"'], "");
                let page = format!(
                    "# TYPE {series} {ty}\n{series}{{error_code=\"{label}\",pipeline=\"{label}\",\
                     orchestrator_uri=\"{label}\",sender=\"{label}\",x=\"{i}\"}} {value:e}\n"
                );
                let now = Now { wall_us: 1, at: Instant::now() };
                for row in n.rows(&parse(&page), now, Duration::ZERO).0 {
                    prop_assert_eq!(row.check(), Ok(()));
                }
            }
        }

        #[test]
        fn damaged_pages_give_rows_that_fit(
            at in any::<prop::sample::Index>(),
            bytes in prop::collection::vec(any::<u8>(), 0..9),
            cut in any::<prop::sample::Index>(),
        ) {
            let page = "# TYPE livepeer_ai_request_errors counter\n\
                livepeer_ai_request_errors{error_code=\"a \\\"b\\\" c\",pipeline=\"llm\"} 4\n\
                livepeer_versions{livepeerversion=\"0.8.10\",node_type=\"bctr\"} 1\n";
            let mut damaged = page.as_bytes().to_vec();
            let at = at.index(damaged.len());
            damaged.splice(at..at, bytes);
            damaged.truncate(cut.index(damaged.len()) + 1);
            let mut n = node();
            let now = Now { wall_us: 1, at: Instant::now() };
            let text = String::from_utf8_lossy(&damaged);
            for row in n.rows(&parse(&text), now, Duration::ZERO).0 {
                prop_assert_eq!(row.check(), Ok(()));
            }
        }
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
