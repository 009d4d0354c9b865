//! How the agent is, for this machine: Prometheus text at `/metrics`, and at `/healthz` whether
//! what is measured arrives. The same figures reach the collector as rows ([`crate::own`]).

mod http;

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use naap_schema::SCHEMA_VERSION;
use serde::Serialize;
use tokio::task::JoinHandle;

use crate::source::{Tallies, Total};
use crate::spool::Spool;
use crate::{limits, own, record, ship};

/// Everything that tells how the agent is.
#[derive(Debug)]
pub struct State {
    /// What waits.
    pub spool: Spool,
    /// What was recorded.
    pub recorded: Arc<record::Counts>,
    /// What was sent.
    pub shipped: Arc<ship::Counts>,
    /// What the sources did.
    pub tallies: Tallies,
    reloads: AtomicU64,
    refused_reloads: AtomicU64,
    /// Why the configuration was not taken up the last time.
    refused: Mutex<Option<String>>,
}

/// What `/healthz` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// What is measured is safe on disk, and arrives.
    pub ok: bool,
    /// Why not.
    pub reasons: Vec<String>,
    /// What works, and should be looked at.
    pub warnings: Vec<String>,
    /// Rows that no ack covers yet.
    pub rows_pending: u64,
    /// Seconds since the collector last acknowledged something; null if it never did.
    pub ack_age_s: Option<u64>,
}

impl State {
    /// That of an agent that just starts.
    pub fn new(spool: Spool) -> Self {
        Self {
            spool,
            recorded: Arc::default(),
            shipped: Arc::default(),
            tallies: Tallies::default(),
            reloads: AtomicU64::new(0),
            refused_reloads: AtomicU64::new(0),
            refused: Mutex::new(None),
        }
    }

    /// The configuration was read again, and taken up, or not for this reason.
    pub(crate) fn reloaded(&self, refused: Option<String>) {
        let count = if refused.is_some() { &self.refused_reloads } else { &self.reloads };
        count.fetch_add(1, Ordering::Relaxed);
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = refused;
    }

    /// How it is.
    pub fn health(&self) -> Health {
        let pending = self.spool.pending();
        let age = self.shipped.ack_age();
        let mut reasons = Vec::new();
        if pending.degraded {
            let way_out = "give the agent room and a folder that it can write (spool.dir)";
            reasons.push(format!("rows wait in memory, a power cut would lose them; {way_out}"));
        }
        if age.is_none_or(|age| age > limits::ACK_AGE) {
            let since = match age {
                Some(age) => format!("the collector acknowledged nothing for {} s", age.as_secs()),
                None => "the collector has not acknowledged anything yet".to_owned(),
            };
            reasons.push(match self.shipped.trouble() {
                Some(trouble) => format!("{since}: {trouble}"),
                None => since,
            });
        }
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let refused =
            refused.map(|why| format!("the changed configuration is not in force: {why}"));
        Health {
            ok: reasons.is_empty(),
            reasons,
            warnings: refused.into_iter().collect(),
            rows_pending: pending.rows,
            ack_age_s: age.map(|age| age.as_secs()),
        }
    }

    /// All figures, in Prometheus' text format 0.0.4.
    pub fn metrics(&self) -> String {
        let count = |n: &AtomicU64| n.load(Ordering::Relaxed);
        let pending = self.spool.pending();
        let (recorded, shipped) = (&self.recorded, &self.shipped);
        let mut text = Text::default();
        let version = env!("CARGO_PKG_VERSION");
        let schema = SCHEMA_VERSION.to_string();
        text.family("info", "gauge", "Version of the agent.");
        text.value("info", &[("version", version), ("schema_version", &schema)], 1);
        text.count("rows_taken_total", "Rows that got a number.", count(&recorded.taken));
        text.count("rows_evicted_total", "Rows dropped, declared.", count(&recorded.evicted));
        text.count("rows_misfit_total", "Rows beside their declaration.", count(&recorded.misfits));
        text.count("rows_rejected_total", "Rows refused for good.", count(&shipped.rejected));
        text.count("bytes_sent_total", "Frames sent, bytes.", count(&shipped.bytes_sent));
        text.count("connects_total", "Connections made.", count(&shipped.connects));
        text.gauge("rows_pending", "Rows that no ack covers yet.", pending.rows);
        text.gauge("bytes_pending", "Their size in the spool, bytes.", pending.bytes);
        text.gauge("spool_on_disk", "1: safe from a power cut.", u8::from(!pending.degraded));
        if let Some(age) = shipped.ack_age() {
            text.gauge("ack_age_seconds", "Since the last ack.", age.as_secs_f64());
        }
        let skew_ms = shipped.skew_ms.load(Ordering::Relaxed);
        if skew_ms != i64::MIN {
            let help = "This clock minus the collector's, milliseconds.";
            text.gauge("clock_skew_milliseconds", help, skew_ms);
        }
        text.family("reloads_total", "counter", "Configuration read again, by outcome.");
        text.value("reloads_total", &[("outcome", "taken")], count(&self.reloads));
        text.value("reloads_total", &[("outcome", "refused")], count(&self.refused_reloads));
        text.sources(&self.tallies);
        if let Some(rss) = own::rss_bytes() {
            text.gauge("resident_memory_bytes", "Memory of this process.", rss);
        }
        if let Some(cpu_ms) = own::cpu_ms() {
            text.family("cpu_seconds_total", "counter", "Processor time of this process.");
            text.value("cpu_seconds_total", &[], cpu_ms / 1000.0);
        }
        text.0
    }
}

/// Prometheus' text, as it grows.
#[derive(Debug, Default)]
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let name = format!("naap_agent_{name}");
        self.0 += &format!("# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn value(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let labels: Vec<String> =
            labels.iter().map(|(k, v)| format!("{k}=\"{}\"", escaped(v))).collect();
        let labels = match labels.is_empty() {
            true => String::new(),
            false => format!("{{{}}}", labels.join(",")),
        };
        // Writing into a string cannot fail.
        writeln!(self.0, "naap_agent_{name}{labels} {value}").ok();
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.family(name, "gauge", help);
        self.value(name, &[], value);
    }

    fn count(&mut self, name: &str, help: &str, value: u64) {
        self.family(name, "counter", help);
        self.value(name, &[], value);
    }

    fn sources(&mut self, tallies: &Tallies) {
        let totals = tallies.totals();
        let mut whole = |name: &str, help: &str, of: fn(&Total) -> u64| {
            self.family(name, "counter", help);
            for (source, total) in &totals {
                self.value(name, &[("source", source)], of(total));
            }
        };
        whole("source_reads_total", "Reads that succeeded.", |t| t.reads);
        whole("source_rows_total", "Rows that a source gave.", |t| t.rows);
        self.family("source_failures_total", "counter", "Reads that failed, by kind.");
        for (source, total) in &totals {
            for (kind, n) in &total.failures {
                self.value("source_failures_total", &[("source", source), ("kind", kind)], n);
            }
        }
        self.family("source_drops_total", "counter", "Input items dropped, by kind.");
        for (source, total) in &totals {
            for (kind, n) in &total.drops {
                self.value("source_drops_total", &[("source", source), ("kind", kind)], n);
            }
        }
        self.family("source_read_seconds", "gauge", "How long the newest good read took.");
        for (source, time) in totals.iter().filter_map(|(s, t)| Some((s, t.read_time?))) {
            self.value("source_read_seconds", &[("source", source)], time.as_secs_f64());
        }
    }
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Serves on `listen`, if it is given. An agent whose port is taken measures all the same.
pub(crate) async fn serve(listen: Option<SocketAddr>, state: Arc<State>) -> Option<JoinHandle<()>> {
    let address = listen?;
    match tokio::net::TcpListener::bind(address).await {
        Ok(listener) => {
            let address = listener.local_addr().unwrap_or(address);
            tracing::info!(%address, "/metrics and /healthz are here");
            Some(tokio::spawn(http::serve(listener, state)))
        }
        Err(error) => {
            let way_out = "take another port (self.listen)";
            tracing::error!(%address, %error, "no /metrics and /healthz; {way_out}");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::source::SourceError;
    use crate::source::prometheus::parse;
    use crate::spool::Nowhere;
    use crate::spool::sim::Sim;

    pub(super) fn state(disk: bool) -> State {
        let (spool, _writer) = match disk {
            true => Spool::open(Arc::new(Sim::default()), 16 << 20),
            false => Spool::open(Arc::new(Nowhere), 16 << 20),
        };
        State::new(spool)
    }

    #[tokio::test]
    async fn figures_are_in_a_form_that_prometheus_reads() {
        let state = state(true);
        state.recorded.taken.store(7, Ordering::Relaxed);
        state.tallies.failed("a \"b\"\\c", &SourceError::Timeout(Duration::from_secs(1)));
        let text = state.metrics();
        let page = parse(&text);
        assert_eq!((page.malformed, page.too_many), (0, 0));
        let value = |name: &str| page.samples.iter().find(|s| s.name == name).map(|s| s.value);
        assert_eq!(value("naap_agent_rows_taken_total"), Some(7.0));
        assert_eq!(value("naap_agent_spool_on_disk"), Some(1.0));
        assert_eq!(value("naap_agent_clock_skew_milliseconds"), None, "not known yet");
        let failed =
            page.samples.iter().find(|s| s.name == "naap_agent_source_failures_total").unwrap();
        assert_eq!(failed.label("source"), Some("a \"b\"\\c"));
        assert_eq!(failed.label("kind"), Some("timeout"));
    }

    #[tokio::test]
    async fn every_figure_is_in_the_operators_guide() {
        let guide = include_str!("../../docs/agent.md");
        let state = state(true);
        state.shipped.acked_now();
        state.shipped.skew_ms.store(5, Ordering::Relaxed);
        let metrics = state.metrics();
        let families = metrics.lines().filter_map(|l| l.strip_prefix("# TYPE naap_agent_"));
        let names: Vec<&str> = families.filter_map(|l| l.split(' ').next()).collect();
        assert!(names.len() > 15, "{names:?}");
        for name in names {
            let shown = [format!("`{name}`"), format!("`{name}{{")];
            assert!(shown.iter().any(|s| guide.contains(s)), "{name} is not in docs/agent.md");
        }
    }

    #[tokio::test]
    async fn it_is_well_when_rows_are_safe_and_arrive() {
        let state = state(true);
        let health = state.health();
        assert!(!health.ok && health.reasons[0].contains("not acknowledged"), "{health:?}");
        state.shipped.acked_now();
        state.reloaded(Some("line 3".into()));
        let health = state.health();
        assert!(health.ok && health.ack_age_s == Some(0), "{health:?}");
        assert!(health.warnings[0].ends_with("line 3"), "{health:?}");
        state.reloaded(None);
        assert_eq!(state.health().warnings, Vec::<String>::new());
    }

    #[tokio::test(start_paused = true)]
    async fn a_collector_that_is_silent_makes_it_unwell() {
        let state = state(true);
        state.shipped.acked_now();
        tokio::time::advance(limits::ACK_AGE + Duration::from_secs(1)).await;
        let health = state.health();
        assert!(!health.ok && health.reasons[0].contains("for 61 s"), "{health:?}");
    }
}
