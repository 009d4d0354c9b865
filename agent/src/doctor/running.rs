//! The agent that runs, if it says how it is: whether rows arrive, and what was dropped.

use super::Report;
use crate::config::Config;
use crate::source::prometheus::parse;
use crate::{get, limits};

/// Asks `[self] listen`.
pub(super) async fn examine(report: &mut Report, config: &Config) {
    let what = "running agent";
    let Some(listen) = config.own.listen else {
        return report.ok(what, "it does not say how it is ([self] listen is not given)");
    };
    let base = format!("http://{listen}");
    let Some((_, body)) = get::at(&base, "/healthz", limits::DISCOVER_ANSWER).await else {
        let todo = "start it: systemctl start naap-agent; its log says why it ended";
        return report.warn(what, format!("nobody answers on {listen}"), todo);
    };
    let health: serde_json::Value = match serde_json::from_slice(&body) {
        Ok(health) => health,
        Err(_) => {
            let todo = "name another port in self.listen";
            return report.wrong(what, format!("something else is on {listen}"), todo);
        }
    };
    let texts = |key: &str| -> Vec<String> {
        let list = health.get(key).and_then(serde_json::Value::as_array);
        list.into_iter().flatten().filter_map(|t| Some(t.as_str()?.to_owned())).collect()
    };
    match health.get("ok").and_then(serde_json::Value::as_bool) {
        Some(true) => report.ok(what, "rows are safe on disk and arrive"),
        _ => {
            let todo = "mend what is said above of collector and spool";
            report.wrong(what, texts("reasons").join("\n"), todo);
        }
    }
    for warning in texts("warnings") {
        report.warn(what, warning, "mend the file, then: systemctl reload naap-agent");
    }
    if let Some((_, body)) = get::at(&base, "/metrics", limits::DISCOVER_ANSWER).await {
        lost(report, &body);
    }
}

/// What it dropped since its start, by reason.
fn lost(report: &mut Report, page: &[u8]) {
    let text = String::from_utf8_lossy(page);
    let page = parse(&text);
    let mut clean = true;
    for s in page.samples.iter().filter(|s| s.value > 0.0) {
        let of = |label: &str| s.label(label).unwrap_or("?").to_owned();
        let (says, todo) = match s.name.strip_prefix("naap_agent_") {
            Some("source_drops_total") => (
                format!("{} items of {}: {}", s.value, of("source"), of("kind")),
                "docs/agent.md says what each reason means",
            ),
            Some("source_failures_total") => (
                format!("{} reads of {} failed: {}", s.value, of("source"), of("kind")),
                "its log says more; a few after a restart of the node are usual",
            ),
            Some("rows_evicted_total") => (
                format!("{} rows were dropped from a full spool", s.value),
                "reach the collector again, or raise spool.max_bytes",
            ),
            Some("rows_rejected_total") => (
                format!("{} rows were refused by the collector", s.value),
                "its log says why; often this clock is wrong",
            ),
            _ => continue,
        };
        clean = false;
        report.warn("dropped since the start", says, todo);
    }
    if clean {
        report.ok("dropped since the start", "nothing");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_dropped_is_named_with_its_reason() {
        let mut report = Report::default();
        lost(&mut report, b"naap_agent_rows_taken_total 5\nnaap_agent_rows_evicted_total 0\n");
        assert_eq!(report.findings[0].says, "nothing");
        let mut report = Report::default();
        let page = b"naap_agent_source_drops_total{source=\"gw\",kind=\"noise\"} 3\n\
                     naap_agent_rows_evicted_total 7\n";
        lost(&mut report, page);
        let says: Vec<&str> = report.findings.iter().map(|f| f.says.as_str()).collect();
        assert_eq!(says, ["3 items of gw: noise", "7 rows were dropped from a full spool"]);
    }
}
