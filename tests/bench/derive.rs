//! From event to answer: how old an event is when what follows from it is in GraphQL, and whether
//! derivation keeps up.
//!
//! Gateways push events of live streams at a steady rate, as real ones do: each stream has its steps,
//! a status each 10 s, and an ingest report each 5 s. The age of "this stream plays" is taken when a
//! reader first sees it; the lag is what the collector says of itself. `cargo run -p naap-tests --bin
//! bench-derive` (uses the binaries beside it; build the workspace with the same profile first).

#![expect(clippy::print_stdout, reason = "a command line tool")]

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use naap_schema::generated::{StreamIngest, StreamStatus, StreamTrace};
use naap_schema::{Row, identity};
use naap_tests::figures::{cpu_s, float, median, percentile};
use naap_tests::rows::now_us;
use naap_tests::{Options, Pusher, Stack, stack};

const SECOND: i64 = 1_000_000;
/// How long a stream runs, and how many events it has.
const LENGTH_S: i64 = 60;
const EVENTS: f64 = 23.0;
const GATEWAYS: usize = 5;

/// Measures event to answer.
#[derive(Parser)]
struct Args {
    /// Events per second, over all gateways.
    #[arg(long, default_value_t = 200.0)]
    rate: f64,
    /// How long, seconds; ages are taken after the first minute, when all streams run.
    #[arg(long, default_value_t = 120)]
    seconds: u64,
}

/// One stream.
struct Stream {
    request: Arc<str>,
    stream: Arc<str>,
    uri: Arc<str>,
    at: i64,
}

impl Stream {
    fn new(gateway: usize, number: u64, at: i64) -> Self {
        let request: Arc<str> = format!("bench-{gateway}-{number}").into();
        let stream = format!("stream-{request}").into();
        let uri = format!("https://orch-{}.example.net:8935", number % 60).into();
        Self { request, stream, uri, at }
    }

    fn id(&self, n: i64) -> uuid::Uuid {
        identity::event_id(&format!("{} {n}", self.request))
    }

    /// Its rows, by when they are sent.
    fn rows(&self) -> Vec<(i64, Vec<Row>)> {
        let mut out = Vec::new();
        for (n, (second, kind)) in (0..).zip([
            (0, "gateway_receive_stream_request"),
            (1, "gateway_send_first_ingest_segment"),
            (1, "runner_receive_first_ingest_segment"),
            (2, "runner_send_first_processed_segment"),
            (3, "gateway_receive_first_processed_segment"),
            (5, "gateway_receive_few_processed_segments"),
            (LENGTH_S, "gateway_ingest_stream_closed"),
        ]) {
            out.push((self.at + second * SECOND, vec![self.step(n, second, kind)]));
        }
        out.extend((1..=5).map(|n| (self.at + n * 10 * SECOND, vec![self.status(n)])));
        out.extend((1..12).map(|n| (self.at + n * 5 * SECOND, self.ingest(n))));
        out
    }

    fn step(&self, n: i64, second: i64, kind: &str) -> Row {
        let ts = self.at + second * SECOND;
        StreamTrace {
            event_id: self.id(n),
            origin: "organic".into(),
            stream_id: Some(Arc::clone(&self.stream)),
            request_id: Some(Arc::clone(&self.request)),
            trace_type: kind.into(),
            data_ts: Some(ts),
            orch_url: (second > 0 && second < LENGTH_S).then(|| Arc::clone(&self.uri)),
            ..StreamTrace::default()
        }
        .at(ts)
    }

    fn status(&self, n: i64) -> Row {
        let ts = self.at + n * 10 * SECOND;
        StreamStatus {
            event_id: self.id(100 + n),
            origin: "organic".into(),
            stream_id: Some(Arc::clone(&self.stream)),
            request_id: Some(Arc::clone(&self.request)),
            pipeline: Some("streamdiffusion-sdxl".into()),
            state: Some("ONLINE".into()),
            data_ts: Some(ts),
            start_time: Some(self.at + SECOND),
            input_fps: Some(24.0),
            output_fps: Some(18.0),
            orch_url: Some(Arc::clone(&self.uri)),
            ..StreamStatus::default()
        }
        .at(ts)
    }

    fn ingest(&self, n: i64) -> Vec<Row> {
        let ts = self.at + n * 5 * SECOND;
        let row = |item| StreamIngest {
            event_id: self.id(200 + n),
            item,
            origin: "organic".into(),
            stream_id: Some(Arc::clone(&self.stream)),
            request_id: Some(Arc::clone(&self.request)),
            ..StreamIngest::default()
        };
        let connection = StreamIngest { bytes_received: Some(n * 1_000_000), ..row(0) };
        let track = |item, name: &str| StreamIngest {
            track: Some(name.into()),
            packets_lost: Some(0),
            packets_received: Some(n * 400),
            last_output_s: Some(1.0),
            latency_s: Some(0.9),
            ..row(item)
        };
        vec![connection.at(ts), track(1, "video").at(ts), track(2, "audio").at(ts)]
    }
}

/// Pushes the events of one gateway at its part of the rate; gives how many.
async fn gateway(mut pusher: Pusher, index: usize, per_second: f64, end_us: i64) -> Result<u64> {
    pusher.connect().await.context("connecting")?;
    let every = EVENTS / per_second;
    let mut waiting: BTreeMap<(i64, u64), Vec<Row>> = BTreeMap::new();
    #[expect(clippy::cast_possible_truncation, reason = "a time of day in microseconds")]
    let step = (every * 1e6) as i64;
    // Streams of the minute before are in the middle of their lives.
    let mut next_start = now_us();
    let (mut number, mut order, mut seq, mut events) = (0, 0, 1, 0);
    while now_us() < end_us {
        let now = now_us();
        while next_start <= now {
            for (ts, rows) in Stream::new(index, number, next_start).rows() {
                waiting.insert((ts, order), rows);
                order += 1;
            }
            number += 1;
            next_start += step;
        }
        let later = waiting.split_off(&(now, u64::MAX));
        let due = std::mem::replace(&mut waiting, later);
        let rows: Vec<Row> = due
            .into_values()
            .flat_map(|rows| {
                events += 1;
                rows
            })
            .collect();
        if !rows.is_empty() {
            pusher.send(seq, &rows).await?;
            seq += rows.len() as u64;
        }
        let pause = tokio::time::sleep(Duration::from_millis(200));
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => break,
                ack = pusher.ack(), if pusher.acked + 1 < seq => drop(ack?),
            }
        }
    }
    pusher.acked_through(seq - 1).await?;
    Ok(events)
}

/// Streams that begin within one second are looked at together, one such second in each of these.
const COHORT_EVERY_S: i64 = 3;
/// For so long it is looked for streams that may not be there yet; for the others, four times so long.
const LOOKED_FOR_S: i64 = 15;

/// Ages of "this stream plays" when a reader first sees it, ms, and how many streams never showed.
async fn watch(url: String, from_us: i64, end_us: i64) -> Result<(Vec<f64>, usize)> {
    let mut cohorts = tokio::task::JoinSet::new();
    // A stream plays five seconds after it began.
    let mut start = (from_us - 5 * SECOND).div_euclid(SECOND) * SECOND;
    while start + (5 + LOOKED_FOR_S) * SECOND < end_us {
        cohorts.spawn(cohort(url.clone(), start, end_us));
        start += COHORT_EVERY_S * SECOND;
    }
    let (mut ages, mut missed) = (Vec::new(), 0);
    while let Some(cohort) = cohorts.join_next().await {
        let (of_cohort, not_seen) = cohort??;
        ages.extend(of_cohort);
        missed += not_seen;
    }
    Ok((ages, missed))
}

/// The same of the streams that begin in the second from `start_us` on.
async fn cohort(url: String, start_us: i64, end_us: i64) -> Result<(Vec<f64>, usize)> {
    let played_us = start_us + 5 * SECOND;
    let wait = u64::try_from(played_us - now_us()).unwrap_or(0);
    tokio::time::sleep(Duration::from_micros(wait)).await;
    let query = format!(
        "{{ sessions(first: 200, window: {{ from: {}, to: {} }}) {{ nodes {{ requestId startedAt timeToPlayableMs }} }} }}",
        start_us / 1000,
        (start_us + SECOND) / 1000
    );
    let mut seen: HashMap<String, f64> = HashMap::new();
    let mut waiting = 0;
    while now_us() < end_us.min(played_us + 4 * LOOKED_FOR_S * SECOND) {
        let data = stack::graphql(&url, &query).await?;
        let now = now_us();
        let nodes = data["sessions"]["nodes"].as_array().context("sessions")?;
        for node in nodes {
            let (Some(request), Some(started), true) = (
                node["requestId"].as_str(),
                node["startedAt"].as_str(),
                node["timeToPlayableMs"].is_number(),
            ) else {
                continue;
            };
            let played =
                chrono::DateTime::parse_from_rfc3339(started)?.timestamp_micros() + 5 * SECOND;
            let age_ms = float(u64::try_from(now - played).unwrap_or(0)) / 1000.0;
            seen.entry(request.to_owned()).or_insert(age_ms);
        }
        waiting = nodes.len() - seen.len();
        if now > played_us + LOOKED_FOR_S * SECOND && waiting == 0 && !nodes.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    Ok((seen.into_values().collect(), waiting))
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    ensure!(args.seconds > 70, "--seconds must be above 70: the first minute only fills up");
    let stack = Stack::start(Options::default()).await?;
    let (grpc, start) = (stack.grpc().await?, now_us());
    let warm = start + (LENGTH_S + 5) * SECOND;
    let end = start + i64::try_from(args.seconds)? * SECOND;
    let mut gateways = Vec::new();
    for index in 0..GATEWAYS {
        let token = stack.token(&format!("gw-{index}")).await?;
        let pusher = Pusher::new(&grpc, &token, 7);
        let part = args.rate / float(GATEWAYS as u64);
        gateways.push(tokio::spawn(gateway(pusher, index, part, end)));
    }
    let watching = tokio::spawn(watch(stack.url.clone(), warm, end));
    tokio::time::sleep(Duration::from_micros(u64::try_from(warm - now_us()).unwrap_or(0))).await;
    let pids = stack.pids().await?;
    let parts = ["questdb", "collector", "graphql"];
    let used = |part: &str| -> Result<f64> {
        let pid = pids.get(part).with_context(|| format!("{part} runs"))?;
        cpu_s(u32::try_from(*pid)?)
    };
    let before = parts.iter().map(|part| used(part)).collect::<Result<Vec<f64>>>()?;
    let (mut lags, began) = (Vec::new(), now_us());
    while now_us() < end {
        tokio::time::sleep(Duration::from_secs(5)).await;
        lags.push(stack.metric("derive_pending").await?);
    }
    let took = float(u64::try_from(now_us() - began)?) / 1e6;
    for (part, before) in parts.iter().zip(before) {
        println!("{part}: {:.0} % of a core", 100.0 * (used(part)? - before) / took);
    }
    let mut events = 0;
    for gateway in gateways {
        events += gateway.await??;
    }
    let (mut ages, missed) = watching.await??;
    ages.sort_by(f64::total_cmp);
    let sum = stack.metric("derive_lag_seconds_sum").await?;
    let count = stack.metric("derive_lag_seconds_count").await?;
    let rate = float(events) / float(args.seconds);
    println!(
        "{events} events in {} s: {rate:.0} a second on average, the first minute included",
        args.seconds
    );
    println!("pending sessions and hours, each 5 s: {lags:?}");
    println!(
        "from stored to derived: mean {:.0} ms of {count} turns",
        1000.0 * sum / count.max(1.0)
    );
    ensure!(!ages.is_empty(), "no stream was seen to play");
    println!(
        "event to GraphQL, {} streams ({missed} not seen in time): median {:.0} ms, p95 {:.0} ms, max {:.0} ms",
        ages.len(),
        median(&ages),
        percentile(&ages, 95),
        percentile(&ages, 100)
    );
    stack.stop().await?;
    Ok(())
}
