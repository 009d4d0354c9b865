//! The network query bar: SLA by orchestrator over derived rows of 30 days and 60 orchestrators, beside
//! millions of raw rows.
//!
//! Starts the stack, loads derived rows and raw stream rows in bulk, asks the API many times, and takes
//! from QuestDB's own trace how long each statement ran and which tables it read. Then loads raw rows
//! until there are ten times as many, and asks again. `cargo run -p naap-tests --bin bench-query` (uses
//! the binaries beside it; build the workspace with the same profile first).

#![expect(clippy::print_stdout, reason = "a command line tool")]

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use naap_tests::figures::{Table, median};
use naap_tests::rows::now_us;
use naap_tests::{Options, Stack, eventually};

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;
const DAYS: i64 = 30;
const ORCHESTRATORS: i64 = 60;
/// The bar, ms at QuestDB.
const BAR_MS: f64 = 50.0;
/// How much slower ten times the raw rows may make it.
const GROWTH: f64 = 1.2;
/// Rows of one bulk insert.
const BATCH: i64 = 2_000_000;

/// Measures queries over derived rows.
#[derive(Parser)]
struct Args {
    /// Raw stream rows beside the derived ones.
    #[arg(long, default_value_t = 4_000_000)]
    raw: i64,
    /// Raw stream rows in the second round; 0 leaves it out.
    #[arg(long, default_value_t = 40_000_000)]
    more: i64,
    /// How often each query is asked.
    #[arg(long, default_value_t = 100)]
    asks: usize,
}

/// A query, and the derived table that its statements must read.
struct Query {
    name: &'static str,
    text: &'static str,
    /// What its main statement has in it, in the trace.
    mark: &'static str,
}

const SLA: Query = Query {
    name: "SLA by orchestrator, newest end",
    text: "{ sla { scores { end orchestrator model region score rank requested signalCoverage terms { name value n weight cost } compliance { target met hours } } } }",
    mark: "public_sla_score",
};

/// The others inform: they read views and the derived rows of the last hours.
const OTHERS: [Query; 4] = [
    Query {
        name: "SLA of one orchestrator over 7 days",
        text: "{ sla(window: { last: \"7d\" }, where: { orchestrator: \"0x0007\" }) { scores { end model region score rank } } }",
        mark: "public_sla_score",
    },
    Query {
        name: "demand by orchestrator over 30 days",
        text: "{ demand(window: { last: \"30d\" }, groupBy: [ORCHESTRATOR]) { groups { key { value } total { requested served legMinutes } } } }",
        mark: "stream_leg",
    },
    Query {
        name: "heat map, region by model, 30 days",
        text: "{ demand(window: { last: \"30d\" }, groupBy: [REGION, MODEL]) { groups { key { value } total { requested unserved } } } }",
        mark: "stream_session",
    },
    Query {
        name: "startup percentiles by model, 30 days",
        text: "{ distributions(measure: STARTUP, window: { last: \"30d\" }, groupBy: [MODEL]) { groups { key { value } total { n p50 p95 p99 } } } }",
        mark: "stream_session_startup_ms_hist",
    },
];

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

/// The views over raw rows, finest last: their refreshes are not what is measured here.
const RAW_VIEWS: [&str; 7] = [
    "stream_status_1d",
    "stream_status_1h",
    "stream_status_1m",
    "stream_status_input_fps_hist_1d",
    "stream_status_input_fps_hist_1h",
    "stream_status_output_fps_hist_1d",
    "stream_status_output_fps_hist_1h",
];

/// Raw status rows number `done` to `until`, spread over the 30 days.
async fn load_raw(stack: &Stack, from: i64, mut done: i64, until: i64) -> Result<()> {
    while done < until {
        let n = BATCH.min(until - done);
        // Each batch covers all days, so that it is out of order, as late rows are.
        let step = DAYS * DAY / n;
        let sql = format!(
            "insert into stream_status (ts, node, epoch, seq, event_id, item, gateway_label, origin, stream_id, request_id, pipeline, state, input_fps, output_fps, orch_url) select ({from} + x * {step} + {})::timestamp, 'g1', 1, {done} + x, rnd_uuid4(), 0, null, 'organic', 'stream', 'request', 'm1', 'ONLINE', 20.0, 15.0 + x % 7, 'https://orchestrator.example:8935' from long_sequence({n})",
            done / BATCH
        );
        stack.sql(&sql).await?;
        done += n;
        settled(stack, "stream_status").await?;
    }
    Ok(())
}

/// Waits until a table has applied what was written, and its views have taken it in.
async fn settled(stack: &Stack, table: &str) -> Result<()> {
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

/// What one query took.
struct Measured {
    /// All statements of one ask at QuestDB, ms, median.
    questdb_ms: f64,
    /// Ask to answer, ms, median.
    api_ms: f64,
    /// Tables that its statements read, as they say.
    tables: BTreeSet<String>,
}

/// Words behind `from` and `join`: views, which the plans of statements resolve.
fn sources(sql: &str) -> impl Iterator<Item = String> {
    let words: Vec<String> = sql.split_whitespace().map(str::to_owned).collect();
    let named = |pair: &[String]| -> Option<String> {
        let [before, name] = pair else { return None };
        let is = before == "from" || before == "join";
        (is && !name.starts_with('(')).then(|| name.trim_end_matches(['(', ')']).to_owned())
    };
    words.windows(2).filter_map(named).collect::<Vec<_>>().into_iter()
}

async fn measure(stack: &Stack, query: &Query, asks: usize) -> Result<Measured> {
    // The first asks plan the statements and read what is cold.
    for _ in 0..5 {
        stack.graphql(query.text).await?;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let start = now_us();
    let mut api = Vec::with_capacity(asks);
    for _ in 0..asks {
        let before = tokio::time::Instant::now();
        stack.graphql(query.text).await?;
        api.push(before.elapsed().as_secs_f64() * 1000.0);
    }
    let end = now_us();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let trace = format!(
        "select query_text, execution_micros from _query_trace where ts >= {start} and ts <= {}",
        end + 1_000_000
    );
    let (mut tables, mut statements) = (BTreeSet::new(), 0);
    let mut by_text: std::collections::BTreeMap<String, Vec<f64>> =
        std::collections::BTreeMap::new();
    for row in stack.sql(&trace).await? {
        let (Some(Some(text)), Some(Some(micros))) = (row.first(), row.get(1)) else { continue };
        // Views refresh beside it, and write their SQL otherwise.
        let starts = ["public_", "stream_", "payment_", "materialized_views"];
        let of_query = sources(text).any(|s| starts.iter().any(|start| s.starts_with(start)));
        if of_query {
            tables.extend(sources(text));
            statements += usize::from(text.contains(query.mark));
            by_text.entry(text.clone()).or_default().push(micros.parse::<f64>()? / 1000.0);
        }
    }
    ensure!(statements >= asks, "{statements} statements are in the trace of {asks} asks");
    // Windows that end now have another text each time: statements are added up over all asks.
    let all: f64 = by_text.values().flatten().sum();
    #[expect(clippy::cast_precision_loss, reason = "asks are few")]
    let mean = all / asks as f64;
    // Where the text stays the same there is a median of each statement.
    let questdb_ms = if by_text.values().all(|ms| ms.len() == asks) {
        by_text.values().map(|ms| median(ms)).sum()
    } else {
        mean
    };
    Ok(Measured { questdb_ms, api_ms: median(&api), tables })
}

/// The tables that QuestDB itself says it would read for the scores of the newest end.
async fn plan(stack: &Stack) -> Result<BTreeSet<String>> {
    let newest = stack.number("select max(ts)::long from sla_score").await?;
    let sql = format!(
        "explain select ts, r, score from (select ts, s, rank() over (partition by ts, pipeline, model, region, ranked order by s desc) r, score, orchestrator from (select ts, coalesce(score, -1.0) s, pipeline, model, region, ranked, score, orchestrator from public_sla_score where ts >= {newest} and ts < {} and origin = 'organic' and span = '24h')) where ts > 0 order by ts desc, s desc, orchestrator limit 5001",
        newest + HOUR
    );
    let mut tables = BTreeSet::new();
    for row in stack.sql(&sql).await? {
        let line = row.into_iter().flatten().next().unwrap_or_default();
        if let Some((_, table)) = line.split_once(" on: ") {
            tables.insert(table.trim().to_owned());
        }
    }
    Ok(tables)
}

async fn round(stack: &Stack, raw: i64, asks: usize, table: &mut Table) -> Result<f64> {
    let sla = measure(stack, &SLA, asks).await?;
    let beside = format!("beside {} M raw rows", raw / 1_000_000);
    table.at_most(&format!("{}, {beside}, at QuestDB", SLA.name), sla.questdb_ms, BAR_MS, "ms");
    table.value(&format!("{}, {beside}, ask to answer", SLA.name), format!("{:.1} ms", sla.api_ms));
    table.value("it reads", sla.tables.into_iter().collect::<Vec<_>>().join(", "));
    let plan = plan(stack).await?;
    ensure!(plan == BTreeSet::from(["sla_score".to_owned()]), "it reads {plan:?}");
    for query in &OTHERS {
        let got = measure(stack, query, asks / 5 + 1).await?;
        let name = format!("{}, {beside}", query.name);
        let tables: Vec<_> = got.tables.into_iter().collect();
        table.value(
            &name,
            format!(
                "{:.1} ms at QuestDB, {:.1} ms ask to answer ({})",
                got.questdb_ms,
                got.api_ms,
                tables.join(", ")
            ),
        );
    }
    Ok(sla.questdb_ms)
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let stack = Stack::start(Options::default()).await?;
    stack.configure("questdb", "query.tracing.enabled=true").await?;
    // The newest rows are of now, so that the newest bucket is read from rows.
    let from = now_us().div_euclid(HOUR) * HOUR - DAYS * DAY + HOUR;
    for sql in derived(from) {
        stack.sql(&sql).await.context("derived rows")?;
    }
    for table in ["sla_score", "stream_session", "stream_leg", "stream_minute"] {
        settled(&stack, table).await?;
    }
    views_have_it(&stack).await?;
    for view in RAW_VIEWS {
        stack.sql(&format!("drop materialized view if exists {view}")).await?;
    }
    load_raw(&stack, from, 0, args.raw).await?;
    let mut table = Table::new("Queries over derived rows of 30 days and 60 orchestrators");
    let rows = stack.number("select count() from sla_score").await?;
    table.value("scores", rows.to_string());
    let first = round(&stack, args.raw, args.asks, &mut table).await?;
    println!("{table}");
    if args.more > args.raw {
        load_raw(&stack, from, args.raw, args.more).await?;
        let second = round(&stack, args.more, args.asks, &mut table).await?;
        table.at_most("the same query, slower by", second / first, GROWTH, "times");
    }
    let n = stack.number("select count() from stream_status").await?;
    table.value("raw rows in the end", n.to_string());
    stack.stop().await?;
    println!("{table}");
    ensure!(table.holds(), "a limit is broken");
    Ok(())
}
