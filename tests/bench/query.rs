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

use anyhow::{Result, ensure};
use clap::Parser;
use naap_tests::figures::{Table, median};
use naap_tests::month::{self, DAY, DAYS, HOUR, settled};
use naap_tests::rows::now_us;
use naap_tests::{Options, Stack};

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
    let from = month::load(&stack).await?;
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
