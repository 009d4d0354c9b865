//! The collector's own figures, as Prometheus text. Anything may count here; it must never hold the
//! name of a node, an address or a text from elsewhere: all labels come from closed sets.

use std::fmt::Display;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use naap_schema::ROLLUPS;
use tokio::sync::{Semaphore, mpsc};

use crate::admit::Reason;
use crate::fitness::Fitness;
use crate::limits;
use crate::store::Batch;
use crate::wal::{TableState, views};

pub(crate) mod http;

/// Something that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Something that goes up and down.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicI64);

impl Gauge {
    pub(crate) fn add(&self, n: i64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    pub(crate) fn set(&self, n: i64) {
        self.0.store(n, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Upper bounds of the buckets of durations, seconds.
const BOUNDS: [f64; 12] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// How durations are spread.
#[derive(Debug, Default)]
pub(crate) struct Durations {
    buckets: [Counter; BOUNDS.len() + 1],
    sum_us: Counter,
}

impl Durations {
    pub(crate) fn observe(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        let at = BOUNDS.iter().position(|b| seconds <= *b).unwrap_or(BOUNDS.len());
        self.buckets[at].add(1);
        self.sum_us.add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }
}

/// Why a connection was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// `max_connections` or `max_connections_per_address`.
    Caps,
    /// Too many TLS handshakes at a time.
    Handshakes,
    /// The system has no descriptors, or no memory.
    System,
}

/// Which quota a node went over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quota {
    /// Rows per second.
    Rows,
    /// Bytes of frames per second.
    Bytes,
    /// Series per day.
    Series,
}

/// The figures of one view.
#[derive(Debug, Default)]
pub(crate) struct ViewFigures {
    pub(crate) suspended: Gauge,
    pub(crate) invalid: Gauge,
    pub(crate) healed: Counter,
}

/// The figures of the scrub of one rollup.
#[derive(Debug, Default)]
pub(crate) struct ScrubFigures {
    pub(crate) windows: Counter,
    pub(crate) differences: Counter,
    pub(crate) repairs: Counter,
    /// Windows that differ and could not be repaired.
    pub(crate) unrepaired: Counter,
}

/// The state of one table, as the guard saw it last.
#[derive(Debug, Clone)]
pub(crate) struct TableFigures {
    pub(crate) name: &'static str,
    pub(crate) suspended: bool,
    pub(crate) lag: Duration,
    pub(crate) waiting: i64,
}

/// All figures; shared by whoever counts.
#[derive(Debug)]
pub(crate) struct Metrics {
    fitness: Fitness,
    watched: OnceLock<(Arc<Semaphore>, mpsc::WeakSender<Batch>)>,
    pub(crate) connections: Gauge,
    refused: [Counter; 3],
    pub(crate) streams: Gauge,
    pub(crate) token_failures: Counter,
    pub(crate) handshake_failures: Counter,
    pub(crate) certificate_reloads: Counter,
    pub(crate) certificate_failures: Counter,
    /// Seconds since 1970 UTC; 0 without TLS.
    pub(crate) certificate_not_after: Gauge,
    pub(crate) frames: Counter,
    pub(crate) frame_bytes: Counter,
    pub(crate) rows_received: Counter,
    pub(crate) rows_stored: Counter,
    pub(crate) rows_duplicate: Counter,
    rejected: [Counter; Reason::ALL.len()],
    quota: [Counter; 3],
    pub(crate) round: Durations,
    pub(crate) ack: Durations,
    tables: Mutex<Vec<TableFigures>>,
    views: Vec<(&'static str, ViewFigures)>,
    scrub: Vec<(&'static str, ScrubFigures)>,
    pub(crate) scrub_pending: Gauge,
    /// From stored to derived.
    pub(crate) derive_lag: Durations,
    pub(crate) derive_pending: Gauge,
    pub(crate) derive_rows: Counter,
    pub(crate) derive_voided: Counter,
    pub(crate) derive_failures: Counter,
    /// Rows that the InfluxDB took.
    pub(crate) influx_rows: Counter,
    /// Rows for which there was no room, and rows that it did not take.
    pub(crate) influx_full: Counter,
    pub(crate) influx_failed: Counter,
    /// Writes that failed.
    pub(crate) influx_failures: Counter,
}

impl Metrics {
    /// Nothing counted yet; `fitness` is asked when the figures are read.
    pub(crate) fn new(fitness: Fitness) -> Arc<Self> {
        Arc::new(Self {
            fitness,
            watched: OnceLock::new(),
            connections: Gauge::default(),
            refused: Default::default(),
            streams: Gauge::default(),
            token_failures: Counter::default(),
            handshake_failures: Counter::default(),
            certificate_reloads: Counter::default(),
            certificate_failures: Counter::default(),
            certificate_not_after: Gauge::default(),
            frames: Counter::default(),
            frame_bytes: Counter::default(),
            rows_received: Counter::default(),
            rows_stored: Counter::default(),
            rows_duplicate: Counter::default(),
            rejected: Default::default(),
            quota: Default::default(),
            round: Durations::default(),
            ack: Durations::default(),
            tables: Mutex::default(),
            views: views().into_iter().map(|v| (v, ViewFigures::default())).collect(),
            scrub: ROLLUPS.iter().map(|r| (r.name, ScrubFigures::default())).collect(),
            scrub_pending: Gauge::default(),
            derive_lag: Durations::default(),
            derive_pending: Gauge::default(),
            derive_rows: Counter::default(),
            derive_voided: Counter::default(),
            derive_failures: Counter::default(),
            influx_rows: Counter::default(),
            influx_full: Counter::default(),
            influx_failed: Counter::default(),
            influx_failures: Counter::default(),
        })
    }

    /// Says which semaphore stands for the memory of admitted rows, and where frames wait.
    pub(crate) fn watch(&self, memory: &Arc<Semaphore>, queue: &mpsc::Sender<Batch>) {
        self.watched.get_or_init(|| (Arc::clone(memory), queue.downgrade()));
    }

    /// Frames that wait, and bytes of the memory budget that are free.
    fn waiting(&self) -> Option<(usize, usize)> {
        let (memory, queue) = self.watched.get()?;
        let queue = queue.upgrade()?;
        let free = memory.available_permits() * limits::SHARE_BYTES;
        Some((queue.max_capacity() - queue.capacity(), free))
    }

    pub(crate) fn refused(&self, why: Refused) -> &Counter {
        &self.refused[why as usize]
    }

    pub(crate) fn rejected(&self, reason: Reason) -> &Counter {
        &self.rejected[reason as usize]
    }

    pub(crate) fn quota(&self, quota: Quota) -> &Counter {
        &self.quota[quota as usize]
    }

    pub(crate) fn view(&self, view: &str) -> Option<&ViewFigures> {
        self.views.iter().find(|(name, _)| *name == view).map(|(_, figures)| figures)
    }

    pub(crate) fn scrub(&self, rollup: &str) -> Option<&ScrubFigures> {
        self.scrub.iter().find(|(name, _)| *name == rollup).map(|(_, figures)| figures)
    }

    /// What the guard saw of the tables and, in `states`, of the views.
    pub(crate) fn saw(&self, tables: Vec<TableFigures>, states: &[TableState]) {
        *self.tables.lock().unwrap_or_else(PoisonError::into_inner) = tables;
        for (view, figures) in &self.views {
            let suspended = states.iter().any(|s| s.name == *view && s.suspended);
            figures.suspended.set(suspended.into());
        }
    }

    /// All figures, in the text format of Prometheus, version 0.0.4.
    pub(crate) fn text(&self) -> String {
        let mut out = Text(String::with_capacity(16 << 10));
        self.fitness_text(&mut out);
        self.flow_text(&mut out);
        self.store_text(&mut out);
        self.scrub_text(&mut out);
        self.derive_text(&mut out);
        if cfg!(feature = "influx") {
            self.influx_text(&mut out);
        }
        out.0
    }

    fn fitness_text(&self, out: &mut Text) {
        let (guard, writer) = self.fitness.wrong();
        out.head("fit", "gauge", "1 while rows can be committed and are acknowledged, else 0.");
        out.line("fit", "", u8::from(!guard && !writer));
        out.head("unfit", "gauge", "1 for the part because of which nothing is acknowledged.");
        out.line("unfit", "part=\"guard\"", u8::from(guard));
        out.line("unfit", "part=\"writer\"", u8::from(writer));
    }

    fn flow_text(&self, out: &mut Text) {
        out.gauge("connections_open", "Connections that are open.", &self.connections);
        out.head("connections_refused_total", "counter", "Connections closed at once, by cause.");
        for (why, word) in [
            (Refused::Caps, "caps"),
            (Refused::Handshakes, "handshakes"),
            (Refused::System, "system"),
        ] {
            let label = format!("cause=\"{word}\"");
            out.line("connections_refused_total", &label, self.refused(why).get());
        }
        out.gauge("streams_open", "Streams and calls of agents that are open.", &self.streams);
        for (name, help, counter) in [
            ("token_failures_total", "Calls without a valid token.", &self.token_failures),
            (
                "tls_handshake_failures_total",
                "TLS handshakes that failed or took too long.",
                &self.handshake_failures,
            ),
            ("tls_reloads_total", "Certificates taken while running.", &self.certificate_reloads),
            (
                "tls_reload_failures_total",
                "Changed certificates that were not taken; the old one stays.",
                &self.certificate_failures,
            ),
            ("frames_total", "Frames received.", &self.frames),
            ("frame_bytes_total", "Bytes of frames received, as sent.", &self.frame_bytes),
            ("rows_received_total", "Rows received, repeated ones too.", &self.rows_received),
            ("rows_stored_total", "Rows committed for the first time.", &self.rows_stored),
            ("rows_duplicate_total", "Rows that were stored before.", &self.rows_duplicate),
        ] {
            out.counter(name, help, counter);
        }
        out.gauge(
            "tls_certificate_not_after_seconds",
            "End of the certificate's validity, seconds since 1970 UTC; 0 without TLS.",
            &self.certificate_not_after,
        );
        out.head("rows_rejected_total", "counter", "Rows refused for good, by reason.");
        for reason in Reason::ALL {
            let label = format!("reason=\"{}\"", reason.word());
            out.line("rows_rejected_total", &label, self.rejected(reason).get());
        }
        out.head("quota_hits_total", "counter", "Frames by which a node went over a quota.");
        for (quota, word) in
            [(Quota::Rows, "rows"), (Quota::Bytes, "bytes"), (Quota::Series, "series")]
        {
            out.line("quota_hits_total", &format!("quota=\"{word}\""), self.quota(quota).get());
        }
    }

    fn store_text(&self, out: &mut Text) {
        let (waiting, free) = self.waiting().unwrap_or((0, limits::BUDGET_BYTES));
        let used = limits::BUDGET_BYTES.saturating_sub(free);
        out.head("queue_frames", "gauge", "Frames that wait for the next flush round.");
        out.line("queue_frames", "", waiting);
        out.head("memory_used_bytes", "gauge", "Memory budget taken by admitted rows.");
        out.line("memory_used_bytes", "", used);
        out.head("memory_budget_bytes", "gauge", "Memory budget for admitted rows.");
        out.line("memory_budget_bytes", "", limits::BUDGET_BYTES);
        out.durations("flush_round_seconds", "How long flush rounds take.", &self.round);
        out.durations("ack_wait_seconds", "From a frame's arrival to its ack.", &self.ack);
        let tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let per_table = |out: &mut Text, name, help, value: fn(&TableFigures) -> String| {
            out.head(name, "gauge", help);
            for table in &tables {
                out.line(name, &format!("table=\"{}\"", table.name), value(table));
            }
        };
        per_table(out, "table_suspended", "1 while the table does not apply its rows.", |t| {
            u8::from(t.suspended).to_string()
        });
        per_table(out, "table_lag_seconds", "Age of the oldest row not applied.", |t| {
            t.lag.as_secs_f64().to_string()
        });
        per_table(out, "table_waiting_transactions", "Transactions not applied.", |t| {
            t.waiting.to_string()
        });
        let per_view = |out: &mut Text, name, kind, help, value: fn(&ViewFigures) -> String| {
            out.head(name, kind, help);
            for (view, figures) in &self.views {
                out.line(name, &format!("view=\"{view}\""), value(figures));
            }
        };
        per_view(out, "view_suspended", "gauge", "1 while the view is suspended.", |v| {
            v.suspended.get().to_string()
        });
        per_view(out, "view_invalid", "gauge", "1 while the view is invalid.", |v| {
            v.invalid.get().to_string()
        });
        per_view(out, "view_healed_total", "counter", "Times the view was resumed here.", |v| {
            v.healed.get().to_string()
        });
    }

    fn derive_text(&self, out: &mut Text) {
        let lag = "From when rows were stored to when what follows from them was written.";
        out.durations("derive_lag_seconds", lag, &self.derive_lag);
        let pending = "Sessions and hours that wait to be derived.";
        out.gauge("derive_pending", pending, &self.derive_pending);
        for (name, help, counter) in [
            ("derive_rows_total", "Derived rows written.", &self.derive_rows),
            ("derive_voided_total", "Of these, rows no longer produced.", &self.derive_voided),
            ("derive_failures_total", "Times that it had to begin again.", &self.derive_failures),
        ] {
            out.counter(name, help, counter);
        }
    }

    fn influx_text(&self, out: &mut Text) {
        out.counter("influx_rows_total", "Rows that the InfluxDB took.", &self.influx_rows);
        out.head("influx_dropped_total", "counter", "Rows that it did not get, by cause.");
        out.line("influx_dropped_total", "cause=\"full\"", self.influx_full.get());
        out.line("influx_dropped_total", "cause=\"failed\"", self.influx_failed.get());
        out.counter("influx_failures_total", "Writes that failed.", &self.influx_failures);
    }

    fn scrub_text(&self, out: &mut Text) {
        let per_rollup = |out: &mut Text, name, help, value: fn(&ScrubFigures) -> u64| {
            out.head(name, "counter", help);
            for (rollup, figures) in &self.scrub {
                out.line(name, &format!("rollup=\"{rollup}\""), value(figures));
            }
        };
        per_rollup(out, "scrub_windows_total", "Windows compared with their raw rows.", |s| {
            s.windows.get()
        });
        per_rollup(out, "scrub_differences_total", "Windows that differed.", |s| {
            s.differences.get()
        });
        per_rollup(out, "scrub_repairs_total", "Windows computed anew, equal since.", |s| {
            s.repairs.get()
        });
        per_rollup(out, "scrub_unrepaired_total", "Windows that stayed different.", |s| {
            s.unrepaired.get()
        });
        out.gauge("scrub_pending_windows", "Windows not compared yet.", &self.scrub_pending);
    }
}

/// Text in the making. Every name begins with `naap_collector_`.
struct Text(String);

impl Text {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let head =
            format!("# HELP naap_collector_{name} {help}\n# TYPE naap_collector_{name} {kind}\n");
        self.0.push_str(&head);
    }

    fn line(&mut self, name: &str, labels: &str, value: impl Display) {
        let line = match labels {
            "" => format!("naap_collector_{name} {value}\n"),
            _ => format!("naap_collector_{name}{{{labels}}} {value}\n"),
        };
        self.0.push_str(&line);
    }

    fn counter(&mut self, name: &str, help: &str, counter: &Counter) {
        self.head(name, "counter", help);
        self.line(name, "", counter.get());
    }

    fn gauge(&mut self, name: &str, help: &str, gauge: &Gauge) {
        self.head(name, "gauge", help);
        self.line(name, "", gauge.get());
    }

    fn durations(&mut self, name: &str, help: &str, durations: &Durations) {
        self.head(name, "histogram", help);
        let mut all = 0;
        for (i, bucket) in durations.buckets.iter().enumerate() {
            all += bucket.get();
            let bound = BOUNDS.get(i).map_or_else(|| "+Inf".to_owned(), ToString::to_string);
            self.line(&format!("{name}_bucket"), &format!("le=\"{bound}\""), all);
        }
        let sum = Duration::from_micros(durations.sum_us.get()).as_secs_f64();
        self.line(&format!("{name}_sum"), "", sum);
        self.line(&format!("{name}_count"), "", all);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fitness::Part;

    fn is_part(c: char) -> bool {
        c.is_ascii_lowercase() || c == '_'
    }

    #[test]
    fn the_text_is_as_prometheus_reads_it_and_says_why_not_fit() {
        let fitness = Fitness::new();
        let metrics = Metrics::new(fitness.clone());
        metrics.rejected(Reason::TooOld).add(3);
        metrics.round.observe(Duration::from_millis(30));
        metrics.round.observe(Duration::from_secs(100));
        let text = metrics.text();
        let has = |line: &str| text.lines().any(|l| l == line);
        assert!(has("naap_collector_fit 0") && has("naap_collector_unfit{part=\"guard\"} 1"));
        assert!(has("naap_collector_unfit{part=\"writer\"} 0"), "{text}");
        assert!(has("naap_collector_rows_rejected_total{reason=\"too_old\"} 3"), "{text}");
        assert!(has("naap_collector_flush_round_seconds_bucket{le=\"0.05\"} 1"), "{text}");
        assert!(has("naap_collector_flush_round_seconds_bucket{le=\"60\"} 1"), "{text}");
        assert!(has("naap_collector_flush_round_seconds_bucket{le=\"+Inf\"} 2"), "{text}");
        assert!(has("naap_collector_flush_round_seconds_count 2"), "{text}");
        fitness.report(Part::Guard, None);
        assert!(metrics.text().contains("\nnaap_collector_fit 1\n"));
        // The alerts and the documentation speak of what is there.
        let table = TableFigures { name: "host", suspended: true, lag: Duration::ZERO, waiting: 0 };
        metrics.saw(vec![table], &[]);
        let all = metrics.text();
        let rules = include_str!("../../deploy/alerts/collector.yml");
        let named = rules.split("naap_collector_").skip(1);
        let names: Vec<&str> = named.filter_map(|r| r.split(|c| !is_part(c)).next()).collect();
        assert!(names.len() > 10, "{names:?}");
        let docs = include_str!("../../docs/operations.md");
        for name in names {
            assert!(all.contains(&format!("# TYPE naap_collector_{name} ")), "{name}");
            assert!(docs.contains(name), "{name} is not documented");
        }
        // Every sample stands below a HELP and a TYPE of its family, and each family comes once.
        let mut types = Vec::new();
        for line in text.lines() {
            match line.strip_prefix("# TYPE ") {
                Some(rest) => types.push(rest.split(' ').next().unwrap()),
                None if line.starts_with("# HELP ") => {}
                None => {
                    let name = line.split([' ', '{']).next().unwrap();
                    assert!(name.starts_with(types.last().unwrap()), "{line}");
                    let value = line.rsplit(' ').next().unwrap();
                    value.parse::<f64>().unwrap();
                }
            }
        }
        let all = types.len();
        types.sort_unstable();
        types.dedup();
        assert_eq!(types.len(), all);
    }
}
