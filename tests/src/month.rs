//! Derived rows of a month: what queries are measured over.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::rows::now_us;
use crate::{Stack, eventually};

/// Microseconds.
pub const HOUR: i64 = 3_600_000_000;
/// Microseconds.
pub const DAY: i64 = 24 * HOUR;
/// How many days there are.
pub const DAYS: i64 = 30;
/// How many orchestrators there are.
pub const ORCHESTRATORS: i64 = 60;

/// Loads the rows in bulk and waits until all views have them; gives the time of the first, microseconds
/// since 1970 UTC.
///
/// # Errors
/// If the database refuses, or the views do not follow.
pub async fn load(stack: &Stack) -> Result<i64> {
    // The newest rows are of now, so that the newest bucket is read from rows.
    let from = now_us().div_euclid(HOUR) * HOUR - DAYS * DAY + HOUR;
    for sql in derived(from) {
        stack.sql(&sql).await.context("derived rows")?;
    }
    for table in ["sla_score", "stream_session", "stream_leg", "stream_minute"] {
        settled(stack, table).await?;
    }
    views_have_it(stack).await?;
    Ok(from)
}

/// Derived rows, one statement per table: who, where and what follow from the row's number.
fn derived(from: i64) -> Vec<String> {
    let who = format!("'0x' || lpad((x % {ORCHESTRATORS})::string, 4, '0')");
    let model = "case when x % 3 = 0 then 'm1' when x % 3 = 1 then 'm2' else 'm3' end";
    let region = "case when x % 5 < 3 then 'eu-west' else 'us-east' end";
    let key = format!("'live-video-to-video', {model}, {region}");
    let id = |kind: &str| {
        format!("cast('00000000-0000-4000-{kind}-' || lpad(x::string, 12, '0') as uuid)")
    };
    let n = DAYS * 8000;
    let step = DAYS * DAY / n;
    let mut out = vec![
        format!(
            "insert into stream_session (ts, void, formula, session, origin, gateway, pipeline, model, region, outcome, startup_ms, minutes, requested, served, unserved, failed, excused, served_closed, interrupted) select ({from} + x * {step})::timestamp, 0, '2026.1', {}, 'organic', 'g1', {key}, 'SERVED', 500.0 + (x * 7919) % 20011, 5.0, 1, 1, 0, 0, 0, 1, 0 from long_sequence({n})",
            id("a000")
        ),
        format!(
            "insert into stream_leg (ts, void, formula, session, leg, origin, gateway, orchestrator, pipeline, model, region, attribution, outcome, startup_ms, counted, requested, served, swapped, playable) select ({from} + x * {step})::timestamp, 0, '2026.1', {}, 0, 'organic', 'g1', {who}, {key}, 'PAYMENT', 'SERVED', 500.0 + (x * 7919) % 20011, 1, 1, 1, 0, 1 from long_sequence({n})",
            id("a000")
        ),
        format!(
            "insert into stream_minute (ts, void, formula, session, leg, origin, gateway, orchestrator, pipeline, model, region, leg_minutes) select timestamp_floor('5m', ({from} + x * {step})::timestamp), 0, '2026.1', {}, 0, 'organic', 'g1', {who}, {key}, 5.0 from long_sequence({n})",
            id("a000")
        ),
    ];
    // A score for each orchestrator, model and region, of each hour, over both spans.
    let cells = ORCHESTRATORS * 3 * 2;
    for span in ["24h", "7d"] {
        out.push(format!("insert into sla_score (ts, void, formula, span, orchestrator, pipeline, model, region, origin, requested, served, swapped, startup_success, no_swap, viability, startup_weight, no_swap_weight, viability_weight, reliability, ptff_median, ptff_n, ptff_term, quality, signal_coverage, score, gateways, ranked, startup_met, startup_hours) select ({from} + (x / {cells}) * {HOUR})::timestamp, 0, '2026.1', '{span}', '0x' || lpad((x % {ORCHESTRATORS})::string, 4, '0'), 'live-video-to-video', case when (x / {ORCHESTRATORS}) % 3 = 0 then 'm1' when (x / {ORCHESTRATORS}) % 3 = 1 then 'm2' else 'm3' end, case when (x / {}) % 2 = 0 then 'eu-west' else 'us-east' end, 'organic', 40, 39, 1, 0.975, 0.975, 1.0, 0.4, 0.2, 0.4, 0.98, 900.0, 39, 0.6, 0.7, 1.0, ((x * 7919) % 1000) / 10.0, 2, 1, 20, 24 from long_sequence({})", ORCHESTRATORS * 3, cells * DAYS * 24 - 1));
    }
    out
}

/// Waits until a table has applied what was written, and its views have taken it in.
///
/// # Errors
/// If it does not within ten minutes.
pub async fn settled(stack: &Stack, table: &str) -> Result<()> {
    eventually(table, Duration::from_secs(600), || async {
        let waiting = format!("select count() from wal_tables() where sequencerTxn <> writerTxn and (name = '{table}' or name like '{table}_%')");
        let views = format!("select count() from materialized_views() where view_status = 'refreshing' and view_name like '{table}_%'");
        let (tables, views) = (stack.number(&waiting).await?, stack.number(&views).await?);
        ensure!(tables == 0 && views == 0, "{tables} tables and {views} views are busy");
        Ok(())
    })
    .await
}

/// Waits until the views of the derived tables have everything, level by level.
async fn views_have_it(stack: &Stack) -> Result<()> {
    let rows = DAYS * 8000;
    for (view, count) in [
        ("stream_session_5m", "sum(requested_sum)"),
        ("stream_session_1h", "sum(requested_sum)"),
        ("stream_session_1d", "sum(requested_sum)"),
        ("stream_leg_5m", "sum(requested_sum)"),
        ("stream_leg_1h", "sum(requested_sum)"),
        ("stream_leg_1d", "sum(requested_sum)"),
        ("stream_minute_1h", "sum(n)"),
        ("stream_minute_1d", "sum(n)"),
        ("stream_session_startup_ms_hist_1h", "sum(n)"),
        ("stream_session_startup_ms_hist_1d", "sum(n)"),
    ] {
        eventually(view, Duration::from_secs(300), || async {
            stack.sql(&format!("refresh materialized view {view} incremental")).await?;
            tokio::time::sleep(Duration::from_secs(1)).await;
            let n = stack.number(&format!("select {count}::long from {view}")).await?;
            ensure!(n == rows, "{n} of {rows}");
            Ok(())
        })
        .await?;
    }
    Ok(())
}
