//! Continuous aggregation on a real QuestDB: every level stays equal to the raw rows.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use naap_schema::generated::{Host, StreamStatus};
use naap_schema::{Row, histogram};
use naap_tests::rows::{now_us, payload};
use naap_tests::{Options, Pusher, Stack, eventually};
use serde_json::Value;

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// What the database must hold: rows by (ts, seq), computed here and nowhere else.
type Truth = BTreeMap<(i64, u64), Sample>;

#[derive(Debug, Clone, Copy)]
struct Sample {
    busy: Option<f64>,
    used: Option<i64>,
    read: Option<i64>,
}

impl Sample {
    fn new(i: u64) -> Self {
        let p = payload(i);
        #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
        let busy = (p % 1000) as f64 / 1000.0;
        Self {
            busy: (!i.is_multiple_of(11)).then_some(busy),
            used: (!i.is_multiple_of(7)).then_some(p),
            read: Some(p % 5000),
        }
    }

    fn row(self, ts: i64) -> Row {
        Host {
            cpu_busy_ratio: self.busy,
            mem_used_bytes: self.used,
            disk_read_bytes: self.read,
            ..Host::default()
        }
        .at(ts)
    }
}

/// One bucket of one level, computed from the truth.
#[derive(Debug, Default, PartialEq, Clone)]
struct Bucket {
    n: i64,
    busy_n: i64,
    busy_sum: f64,
    busy_sq: f64,
    used_n: i64,
    used_sum: i64,
    used_min: Option<i64>,
    used_max: Option<i64>,
    read_sum: i64,
    read_max: Option<i64>,
}

fn buckets(truth: &Truth, width: i64) -> BTreeMap<i64, Bucket> {
    let mut out: BTreeMap<i64, Bucket> = BTreeMap::new();
    for ((ts, _), s) in truth {
        let b = out.entry(ts.div_euclid(width) * width).or_default();
        b.n += 1;
        if let Some(x) = s.busy {
            b.busy_n += 1;
            b.busy_sum += x;
            b.busy_sq += x * x;
        }
        if let Some(x) = s.used {
            b.used_n += 1;
            b.used_sum += x;
            b.used_min = Some(b.used_min.map_or(x, |m| m.min(x)));
            b.used_max = Some(b.used_max.map_or(x, |m| m.max(x)));
        }
        if let Some(x) = s.read {
            b.read_sum += x;
            b.read_max = Some(b.read_max.map_or(x, |m| m.max(x)));
        }
    }
    out
}

fn same(a: &Bucket, b: &Bucket) -> bool {
    let close = |x: f64, y: f64| (x - y).abs() <= 1e-9 * x.abs().max(1.0);
    close(a.busy_sum, b.busy_sum)
        && close(a.busy_sq, b.busy_sq)
        && Bucket { busy_sum: 0.0, busy_sq: 0.0, ..a.clone() }
            == Bucket { busy_sum: 0.0, busy_sq: 0.0, ..b.clone() }
}

async fn read_level(stack: &Stack, view: &str) -> Result<BTreeMap<i64, Bucket>> {
    let sql = format!(
        "select ts::long, n, cpu_busy_ratio_n, cpu_busy_ratio_sum, cpu_busy_ratio_sq, mem_used_bytes_n, mem_used_bytes_sum, mem_used_bytes_min, mem_used_bytes_max, disk_read_bytes_sum, disk_read_bytes_max from {view} where node = 'golden'"
    );
    let mut out = BTreeMap::new();
    for row in stack.sql(&sql).await? {
        let text = |i: usize| row.get(i).cloned().flatten();
        let int = |i: usize| text(i).and_then(|t| t.parse::<i64>().ok());
        let num = |i: usize| text(i).and_then(|t| t.parse::<f64>().ok());
        let bucket = Bucket {
            n: int(1).context("n")?,
            busy_n: int(2).unwrap_or(0),
            busy_sum: num(3).unwrap_or(0.0),
            busy_sq: num(4).unwrap_or(0.0),
            used_n: int(5).unwrap_or(0),
            used_sum: int(6).unwrap_or(0),
            used_min: int(7),
            used_max: int(8),
            read_sum: int(9).unwrap_or(0),
            read_max: int(10),
        };
        ensure!(out.insert(int(0).context("ts")?, bucket).is_none(), "a bucket came twice");
    }
    Ok(out)
}

/// Refreshes level by level, base side first, until every level equals the truth.
async fn levels_equal(stack: &Stack, truth: &Truth, when: &str) -> Result<()> {
    for (view, width) in [("host_1m", MINUTE), ("host_1h", HOUR), ("host_1d", DAY)] {
        let expected = buckets(truth, width);
        let what = format!("{view} to equal the raw rows after {when}");
        eventually(&what, Duration::from_secs(30), || async {
            // A refresh sees what is applied by then, so it is asked for until all is there.
            stack.sql(&format!("refresh materialized view {view} incremental")).await?;
            tokio::time::sleep(Duration::from_millis(300)).await;
            let got = read_level(stack, view).await?;
            ensure!(got.len() == expected.len(), "{} buckets, not {}", got.len(), expected.len());
            for (ts, bucket) in &expected {
                let found = got.get(ts).with_context(|| format!("no bucket at {ts}"))?;
                ensure!(same(found, bucket), "at {ts}: {found:?}, expected {bucket:?}");
            }
            Ok(())
        })
        .await?;
    }
    let n = stack.number("select count() from host where node = 'golden'").await?;
    assert_eq!(n, i64::try_from(truth.len())?, "raw rows after {when}");
    Ok(())
}

async fn push_all(pusher: &mut Pusher, rows: &[(u64, i64, Sample)]) -> Result<()> {
    for chunk in rows.chunks(500) {
        // A frame holds consecutive numbers; a gap in them starts another one.
        for run in chunk.chunk_by(|a, b| b.0 == a.0 + 1) {
            let frame: Vec<Row> = run.iter().map(|(_, ts, s)| s.row(*ts)).collect();
            pusher.send(run[0].0, &frame).await?;
        }
    }
    let last = rows.iter().map(|r| r.0).max().context("rows")?;
    pusher.acked_through(last).await
}

/// Scenario: three hours of samples; then rows up to 13 days late; then everything once more; then
/// an hour with other values under the same identities.
/// Guarantees: after each, all three levels equal what the raw rows add up to, and no row is there
/// twice.
#[tokio::test(flavor = "multi_thread")]
async fn every_level_equals_the_raw_rows() -> Result<()> {
    let stack = Stack::start(Options::default()).await?;
    let address = stack.grpc().await?;
    let token = stack.token("golden").await?;
    let mut pusher = Pusher::new(&address, &token, 1001);
    pusher.connect().await?;
    let start = (now_us() - 4 * HOUR) / HOUR * HOUR;
    let mut truth = Truth::new();
    let live: Vec<(u64, i64, Sample)> = (1..=1080u64)
        .map(|i| (i, start + i64::try_from(i).unwrap() * 10_000_000, Sample::new(i)))
        .collect();
    truth.extend(live.iter().map(|(seq, ts, s)| ((*ts, *seq), *s)));
    push_all(&mut pusher, &live).await?;
    levels_equal(&stack, &truth, "the first load").await?;

    let late: Vec<(u64, i64, Sample)> = (1081..=1200u64)
        .map(|i| {
            let back = payload(i).rem_euclid(13 * 24 * 60) * MINUTE;
            (i, now_us() - HOUR - back, Sample::new(i))
        })
        .collect();
    truth.extend(late.iter().map(|(seq, ts, s)| ((*ts, *seq), *s)));
    push_all(&mut pusher, &late).await?;
    levels_equal(&stack, &truth, "late rows").await?;

    let mut again = Pusher::new(&address, &token, 1001);
    again.connect().await?;
    push_all(&mut again, &live).await?;
    push_all(&mut again, &late).await?;
    levels_equal(&stack, &truth, "a full redelivery").await?;

    let mut corrected = Pusher::new(&address, &token, 1001);
    corrected.connect().await?;
    let hour: Vec<(u64, i64, Sample)> = live
        .iter()
        .filter(|(_, ts, _)| *ts < start + HOUR)
        .map(|(seq, ts, _)| (*seq, *ts, Sample::new(seq + 50_000)))
        .collect();
    truth.extend(hour.iter().map(|(seq, ts, s)| ((*ts, *seq), *s)));
    push_all(&mut corrected, &hour).await?;
    levels_equal(&stack, &truth, "a corrective overwrite").await?;
    assert_eq!(pusher.rejections, [], "nothing was refused");

    let window = format!("{{ from: {}, to: {} }}", start / 1000, (start + 3 * HOUR) / 1000);
    series_equal(&stack, &truth, start, &window).await
}

/// The series that the API gives over the same window adds up to the same.
async fn series_equal(stack: &Stack, truth: &Truth, start: i64, window: &str) -> Result<()> {
    for (bucket, width) in [("M1", MINUTE), ("M5", 5 * MINUTE), ("H1", HOUR)] {
        let query = format!(
            "{{ hostSeries(node: \"golden\", window: {window}, bucket: {bucket}) {{ points {{ time samples partial cpuBusyRatio {{ n mean }} memUsedBytes {{ n mean min max }} }} columns {{ time samples cpuBusyRatio {{ mean }} }} }} }}"
        );
        let data = stack.graphql(&query).await?;
        let points = data["hostSeries"]["points"].as_array().context("points")?.clone();
        let expected: Vec<(i64, Bucket)> = buckets(truth, width)
            .into_iter()
            .filter(|(ts, _)| *ts >= start && *ts < start + 3 * HOUR)
            .collect();
        let columns = &data["hostSeries"]["columns"];
        let of = |name: &str| points.iter().map(|p| p[name].clone()).collect::<Vec<_>>();
        assert_eq!(columns["time"], Value::Array(of("time")), "{bucket}");
        assert_eq!(columns["samples"], Value::Array(of("samples")), "{bucket}");
        let means: Vec<_> = of("cpuBusyRatio").into_iter().map(|s| s["mean"].clone()).collect();
        assert_eq!(columns["cpuBusyRatio"]["mean"], Value::Array(means), "{bucket}");
        let filled: Vec<_> = points.iter().filter(|p| p["samples"] != 0).collect();
        assert_eq!(filled.len(), expected.len(), "{bucket}");
        for (point, (ts, b)) in filled.iter().zip(&expected) {
            let time = chrono::DateTime::parse_from_rfc3339(point["time"].as_str().unwrap())?;
            assert_eq!(time.timestamp_micros(), *ts);
            assert_eq!(point["samples"], b.n, "{bucket} {time}");
            assert_eq!(point["cpuBusyRatio"]["n"], b.busy_n);
            #[expect(clippy::cast_precision_loss, reason = "small counts")]
            let mean = (b.busy_n > 0).then(|| b.busy_sum / b.busy_n as f64);
            match (mean, point["cpuBusyRatio"]["mean"].as_f64()) {
                (Some(a), Some(b)) => assert!((a - b).abs() < 1e-9, "{a} {b}"),
                (a, b) => assert_eq!(a, b),
            }
            #[expect(clippy::cast_precision_loss, reason = "payloads are below 2^40")]
            let max = b.used_max.map(|m| m as f64);
            assert_eq!(point["memUsedBytes"]["max"].as_f64(), max);
        }
    }
    Ok(())
}

/// Scenario: frame rates of all sizes, zero among them.
/// Guarantees: the database sorts them into the same buckets as `naap_schema::histogram`, at 1 h
/// and at 1 d, and a median read from the buckets is right within 2 %.
#[tokio::test(flavor = "multi_thread")]
async fn histograms_are_those_of_the_schema() -> Result<()> {
    let stack = Stack::start(Options::default()).await?;
    let mut pusher = Pusher::new(&stack.grpc().await?, &stack.token("hist").await?, 9);
    pusher.connect().await?;
    let hour = (now_us() - 3 * HOUR) / HOUR * HOUR;
    #[expect(clippy::cast_precision_loss, reason = "payloads are below 2^40")]
    let fps = |i: u64| {
        if i.is_multiple_of(50) { 0.0 } else { (payload(i) % 100_000) as f64 / 500.0 + 0.01 }
    };
    let rows: Vec<Row> = (1..=600u64)
        .map(|i| {
            StreamStatus {
                event_id: naap_schema::identity::event_id(&format!("hist-{i}")),
                origin: "simulated".into(),
                output_fps: Some(fps(i)),
                ..StreamStatus::default()
            }
            .at(hour + i64::try_from(i).unwrap() * 1_000_000)
        })
        .collect();
    pusher.push(1, &rows).await?;
    let mut expected: BTreeMap<i64, i64> = BTreeMap::new();
    for i in 1..=600 {
        *expected.entry(histogram::bucket(fps(i), (0.1, 1000.0))).or_default() += 1;
    }
    for view in ["stream_status_output_fps_hist_1h", "stream_status_output_fps_hist_1d"] {
        let got = eventually(view, Duration::from_secs(30), || async {
            stack.sql(&format!("refresh materialized view {view} incremental")).await?;
            tokio::time::sleep(Duration::from_millis(300)).await;
            let rows = stack.sql(&format!("select b, n from {view} where node = 'hist'")).await?;
            let got: BTreeMap<i64, i64> = rows
                .iter()
                .filter_map(|r| Some((r[0].as_ref()?.parse().ok()?, r[1].as_ref()?.parse().ok()?)))
                .collect();
            ensure!(got.values().sum::<i64>() == 600, "{} rows", got.values().sum::<i64>());
            Ok(got)
        })
        .await?;
        assert_eq!(got, expected, "{view}");
        let counts: Vec<(i64, u64)> =
            got.iter().map(|(b, n)| (*b, u64::try_from(*n).unwrap())).collect();
        let mut all: Vec<f64> = (1..=600).map(fps).collect();
        all.sort_by(f64::total_cmp);
        let median = histogram::quantile(&counts, 0.5).unwrap();
        assert!((median / all[299] - 1.0).abs() <= 0.0201, "{median} for {}", all[299]);
    }
    Ok(())
}
