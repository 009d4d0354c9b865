//! The whole path beside a bare client: the same rows, in requests of the same size, into the same
//! tables with their rollups, as durable, in turns.
//!
//! Ours: frames, encoded before, sent by as many nodes as [`NODES`] within their credits, until the
//! last ack. Bare: one `questdb-rs` sender per table, each in a thread of its own, request after
//! request, until the last answer. Between turns everything is applied and rolled up, and counted
//! to whoever caused it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use naap_schema::generated::{Interface, StreamStatus};
use naap_schema::proto::push_request::Message as Request;
use naap_schema::proto::push_response::Message as Response;
use naap_schema::proto::{Frame, Hello, PushRequest, PushResponse};
use naap_schema::{Row, SCHEMA_VERSION, frame, identity};
use naap_tests::Pusher;
use naap_tests::rows::{now_us, payload};
use prost::Message;
use questdb::ingress::{Buffer, Protocol, ProtocolVersion, Sender, SenderBuilder, TimestampMicros};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use crate::bed::{Bed, node, token};
use naap_tests::figures::{Table, cpu_s, float, median};

/// Nodes that deliver.
const NODES: usize = 20;
/// Rows of each of the two tables in a frame: an agent with a backlog sends 2,000 rows a frame.
const FRAME_ROWS: usize = 500;
/// Rows of one request of the bare client: what starts a flush of the collector.
const REQUEST_ROWS: usize = 20_000;
/// Interfaces of a node, and how often they are sampled.
const INTERFACES: usize = 4;
const EVERY_US: i64 = 250_000;
/// The time that a request's rows span, and by how much each node is behind the one before.
const STRETCH_US: i64 = 250 * EVERY_US;
const STAGGER_US: i64 = STRETCH_US / 20;
const _: () = assert!(REQUEST_ROWS / NODES / INTERFACES == 250 && NODES == 20);
/// Of the bare client's rows/s.
const LEAST_PERCENT: f64 = 80.0;

/// A row of each table, as typed values.
struct Pair {
    node: usize,
    seq: u64,
    ts_us: i64,
    sample: Interface,
    event: StreamStatus,
}

/// What one turn took.
#[derive(Debug, Clone, Copy)]
struct Turn {
    rows_per_s: f64,
    /// Processor time per row, microseconds: of QuestDB, of the collector, and of this process.
    server_us: f64,
    collector_us: f64,
    client_us: f64,
    /// Rows of each commit to the two tables.
    commit_rows: f64,
}

/// Runs the comparison.
pub(crate) async fn run(quick: bool) -> Result<Table> {
    let (pairs, turns) = if quick { (100_000, 1) } else { (400_000, 5) };
    let bed = Bed::start(NODES).await?;
    let span_us = i64::try_from(pairs / (NODES * INTERFACES))? * EVERY_US + STRETCH_US;
    // One turn more to warm up; every turn its own stretch of time, as if it were one load.
    let mut start_us = now_us() - 2 * i64::try_from(turns + 1)? * (span_us + EVERY_US);
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for turn in 0..=turns {
        let order = if turn % 2 == 0 { [true, false] } else { [false, true] };
        for is_ours in order {
            let rows = if turn == 0 { pairs / 4 } else { pairs };
            let epoch = 1 + 2 * turn as u64 + u64::from(is_ours);
            let rows = make(epoch, rows, start_us);
            start_us += span_us + EVERY_US;
            let (done, name) = if is_ours {
                (measure(&bed, &rows, through_collector(&bed, epoch, &rows)).await?, "ours")
            } else {
                (measure(&bed, &rows, by_bare_client(&bed, epoch, &rows)).await?, "bare")
            };
            progress(turn, name, done);
            if turn > 0 {
                if is_ours { ours.push(done) } else { bare.push(done) }
            }
        }
    }
    let stored = bed.number("select count() from interface").await?;
    ensure!(stored == 2 * (turns * pairs + pairs / 4) as u64, "only {stored} rows are stored");
    bed.stop().await?;
    Ok(table(pairs, &ours, &bare))
}

#[expect(clippy::print_stderr, reason = "a command line tool says how far it is")]
fn progress(turn: usize, name: &str, done: Turn) {
    eprintln!(
        "turn {turn} {name}: {:.0} rows/s, per row: server {:.2} us, collector {:.2} us, \
         this process {:.2} us; {:.0} rows a commit",
        done.rows_per_s, done.server_us, done.collector_us, done.client_us, done.commit_rows
    );
}

fn table(pairs: usize, ours: &[Turn], bare: &[Turn]) -> Table {
    let of = |turns: &[Turn], get: fn(&Turn) -> f64| -> f64 {
        median(&turns.iter().map(get).collect::<Vec<_>>())
    };
    let both = |get: fn(&Turn) -> f64| (of(ours, get), of(bare, get));
    let mut table = Table::new(format!(
        "Ingest: {} turns each of {} rows in two tables, medians",
        ours.len(),
        2 * pairs
    ));
    let (rate, bare_rate) = both(|t| t.rows_per_s);
    table.value("collector, rows/s", format!("{rate:.0}"));
    table.value("bare client, rows/s", format!("{bare_rate:.0}"));
    table.at_least("collector of bare client", 100.0 * rate / bare_rate, LEAST_PERCENT, "%");
    let us = |us: f64| format!("{us:.2} us");
    let (server, bare_server) = both(|t| t.server_us);
    table.value("QuestDB's CPU per row, rows from the collector", us(server));
    table.value("QuestDB's CPU per row, rows from the bare client", us(bare_server));
    let (size, bare_size) = both(|t| t.commit_rows);
    table.value("rows per commit, from the collector", format!("{size:.0}"));
    table.value("rows per commit, from the bare client", format!("{bare_size:.0}"));
    table.value("collector's CPU per row", us(of(ours, |t| t.collector_us)));
    let (client, bare_client) = both(|t| t.client_us);
    table.value("CPU per row of what sends frames", us(client));
    table.value("CPU per row of the bare client", us(bare_client));
    table
}

/// Rows of all nodes in the order of their frames.
fn make(epoch: u64, pairs: usize, start_us: i64) -> Vec<Pair> {
    let frames = pairs / FRAME_ROWS;
    let frame = |f: usize| {
        let (node, nth) = (f % NODES, f / NODES);
        (0..FRAME_ROWS).map(move |i| pair(epoch, node, nth * FRAME_ROWS + i, start_us))
    };
    (0..frames).flat_map(frame).collect()
}

fn pair(epoch: u64, node: usize, i: usize, start_us: i64) -> Pair {
    let (step, interface) = (i / INTERFACES, i % INTERFACES);
    // Nodes are not in step: were they, the requests of the bare client would never overlap in time,
    // which no load of many nodes does, and QuestDB would have nothing to merge.
    let stagger_us = STAGGER_US * i64::try_from(node).unwrap_or(0);
    let ts_us = start_us + stagger_us + i64::try_from(step).unwrap_or(0) * EVERY_US;
    let value = |k: u64| payload((node * 1_000_003 + i) as u64 * 16 + k);
    let some = |k: u64| Some(value(k) % 1_000_000_000);
    let sample = Interface {
        interface: ["eth0", "eth1", "lo", "wg0"][interface].into(),
        interval_ms: Some(EVERY_US / 1000),
        rx_bytes: some(1),
        tx_bytes: some(2),
        rx_packets: some(3),
        tx_packets: some(4),
        rx_errors: some(5),
        tx_errors: some(6),
    };
    let fps = |k: u64| Some(float(value(k).unsigned_abs() % 6000) / 100.0);
    let event = StreamStatus {
        event_id: identity::event_id(&format!("{epoch}-{node}-{i}")),
        item: 0,
        origin: "simulated".into(),
        stream_id: Some(format!("stream-{node}-{interface}").into()),
        request_id: Some(format!("request-{node}-{interface}").into()),
        pipeline: Some("streamdiffusion-sdxl".into()),
        state: Some("ONLINE".into()),
        data_ts: Some(ts_us - 1_000_000),
        input_fps: fps(7),
        output_fps: fps(8),
        restart_count: Some(0),
        orch_url: Some(format!("https://orchestrator-{node}.example:8935").into()),
        ..StreamStatus::default()
    };
    // Samples first in each frame.
    let (frame, place) = (i / FRAME_ROWS, i % FRAME_ROWS);
    let seq = (frame * 2 * FRAME_ROWS + place + 1) as u64;
    Pair { node, seq, ts_us, sample, event }
}

async fn measure(
    bed: &Bed,
    rows: &[Pair],
    work: impl Future<Output = Result<Duration>>,
) -> Result<Turn> {
    let count = float(2 * rows.len() as u64);
    let me = std::process::id();
    let before = (bed.cpu_s()?, cpu_s(me)?, commits(bed).await?);
    let took = work.await?;
    let client_s = cpu_s(me)? - before.1;
    let commits = commits(bed).await? - before.2;
    bed.rolled_up().await?;
    let after = bed.cpu_s()?;
    let per_row = |s: f64| s * 1e6 / count;
    Ok(Turn {
        rows_per_s: count / took.as_secs_f64(),
        server_us: per_row(after.0 - before.0.0),
        collector_us: per_row(after.1 - before.0.1),
        client_us: per_row(client_s),
        commit_rows: count / float(commits),
    })
}

async fn commits(bed: &Bed) -> Result<u64> {
    let sum = "select sum(sequencerTxn)::long from wal_tables() where name in \
               ('interface', 'stream_status')";
    bed.number(sum).await
}

/// Sends the rows as frames; gives the time from the first frame to the last ack.
async fn through_collector(bed: &Bed, epoch: u64, rows: &[Pair]) -> Result<Duration> {
    let mut of_nodes: Vec<VecDeque<Frame>> = vec![VecDeque::new(); NODES];
    for part in rows.chunks(FRAME_ROWS) {
        let samples = part.iter().map(|p| p.sample.clone().at(p.ts_us));
        let all: Vec<Row> =
            samples.chain(part.iter().map(|p| p.event.clone().at(p.ts_us))).collect();
        let made = frame::encode(epoch, part[0].seq, SCHEMA_VERSION, &all);
        of_nodes[part[0].node].push_back(made);
    }
    let mut streams = Vec::new();
    for (i, frames) in of_nodes.into_iter().enumerate() {
        streams.push(Stream::open(&bed.listen.to_string(), i, epoch, frames).await?);
    }
    let started = Instant::now();
    let mut sending = JoinSet::new();
    for stream in streams {
        sending.spawn(stream.send());
    }
    while let Some(sent) = sending.join_next().await {
        sent??;
    }
    Ok(started.elapsed())
}

/// One node's stream, within the credit that it is given.
struct Stream {
    to: mpsc::Sender<PushRequest>,
    from: Streaming<PushResponse>,
    frames: VecDeque<Frame>,
    /// Last row and size of each frame that is not acknowledged.
    flight: VecDeque<(u64, usize)>,
    credit: usize,
}

impl Stream {
    async fn open(address: &str, i: usize, epoch: u64, frames: VecDeque<Frame>) -> Result<Self> {
        let (mut client, bearer) = Pusher::new(address, &token(i), epoch).client().await?;
        let (to, messages) = mpsc::channel(4);
        let hello = Hello {
            agent_version: "bench".into(),
            schema_version: SCHEMA_VERSION,
            epochs: vec![epoch],
            clock_us: now_us(),
            recorded: Vec::new(),
        };
        to.send(PushRequest { message: Some(Request::Hello(hello)) }).await?;
        let mut request = tonic::Request::new(ReceiverStream::new(messages));
        request.metadata_mut().insert("authorization", bearer);
        let mut from = client.push(request).await?.into_inner();
        match from.message().await?.and_then(|m| m.message) {
            Some(Response::Welcome(welcome)) => {
                let (flight, credit) = (VecDeque::new(), welcome.credit_bytes as usize);
                Ok(Self { to, from, frames, flight, credit })
            }
            other => bail!("no welcome but {other:?}"),
        }
    }

    async fn send(mut self) -> Result<()> {
        while !self.frames.is_empty() || !self.flight.is_empty() {
            let under_way: usize = self.flight.iter().map(|(_, bytes)| bytes).sum();
            let may = !self.frames.is_empty() && under_way < self.credit;
            tokio::select! {
                place = self.to.reserve(), if may => {
                    let frame = self.frames.pop_front().context("a frame")?;
                    let last = frame.first_seq + u64::from(frame.rows) - 1;
                    self.flight.push_back((last, frame.encoded_len()));
                    place?.send(PushRequest { message: Some(Request::Frame(frame)) });
                }
                message = self.from.message() => match message?.and_then(|m| m.message) {
                    Some(Response::Ack(ack)) => {
                        ensure!(ack.rejections.is_empty(), "refused: {:?}", ack.rejections);
                        self.flight.retain(|(last, _)| *last > ack.through_seq);
                        self.credit = ack.credit_bytes as usize;
                    }
                    other => bail!("no ack but {other:?}"),
                },
            }
        }
        Ok(())
    }
}

/// Writes the rows by a loop per table; gives the time from the first request to the last answer.
async fn by_bare_client(bed: &Bed, epoch: u64, rows: &[Pair]) -> Result<Duration> {
    let sender = || -> Result<Sender> {
        let http = bed.ports().http;
        let builder = SenderBuilder::new(Protocol::Http, http.ip().to_string(), http.port())
            .protocol_version(ProtocolVersion::V2)?
            .username(naap_deploy::questdb::USER)?
            .password(&bed.http_password()?)?;
        Ok(builder.build()?)
    };
    let (samples, events) = (sender()?, sender()?);
    let epoch = i64::try_from(epoch)?;
    let started = Instant::now();
    let parallel = || {
        std::thread::scope(|threads| {
            let loops = [
                threads.spawn(move || write_all(samples, rows, |b, p| sample(b, epoch, p))),
                threads.spawn(move || write_all(events, rows, |b, p| event(b, epoch, p))),
            ];
            loops.into_iter().try_for_each(|l| match l.join() {
                Ok(done) => done.map_err(anyhow::Error::from),
                Err(_) => bail!("a bare client panicked"),
            })
        })
    };
    tokio::task::block_in_place(parallel)?;
    Ok(started.elapsed())
}

fn write_all(
    mut sender: Sender,
    rows: &[Pair],
    add: impl Fn(&mut Buffer, &Pair) -> questdb::Result<()>,
) -> questdb::Result<()> {
    let mut buffer = sender.new_buffer();
    for request in rows.chunks(REQUEST_ROWS) {
        for pair in request {
            add(&mut buffer, pair)?;
        }
        sender.flush(&mut buffer)?;
    }
    Ok(())
}

fn seq(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn sample(buffer: &mut Buffer, epoch: i64, pair: &Pair) -> questdb::Result<()> {
    let row = &pair.sample;
    buffer.table("interface")?.symbol("node", node(pair.node))?;
    buffer.symbol("interface", &*row.interface)?;
    buffer.column_i64("epoch", epoch)?.column_i64("seq", seq(pair.seq))?;
    let values = [
        ("interval_ms", row.interval_ms),
        ("rx_bytes", row.rx_bytes),
        ("tx_bytes", row.tx_bytes),
        ("rx_packets", row.rx_packets),
        ("tx_packets", row.tx_packets),
        ("rx_errors", row.rx_errors),
        ("tx_errors", row.tx_errors),
    ];
    for (name, value) in values {
        if let Some(value) = value {
            buffer.column_i64(name, value)?;
        }
    }
    buffer.at(TimestampMicros::new(pair.ts_us))
}

fn event(buffer: &mut Buffer, epoch: i64, pair: &Pair) -> questdb::Result<()> {
    let row = &pair.event;
    let (seq, mut id) = (seq(pair.seq + FRAME_ROWS as u64), [0; 36]);
    let text = |t: &Option<Arc<str>>| t.clone().unwrap_or_else(|| "".into());
    buffer.table("stream_status")?.symbol("node", node(pair.node))?;
    buffer.symbol("origin", &*row.origin)?.symbol("pipeline", &*text(&row.pipeline))?;
    buffer.symbol("state", &*text(&row.state))?.symbol("orch_url", &*text(&row.orch_url))?;
    buffer.column_i64("epoch", epoch)?.column_i64("seq", seq)?;
    buffer.column_str("event_id", &*row.event_id.hyphenated().encode_lower(&mut id))?;
    buffer.column_i64("item", row.item)?;
    buffer.column_str("stream_id", &*text(&row.stream_id))?;
    buffer.column_str("request_id", &*text(&row.request_id))?;
    buffer.column_ts("data_ts", TimestampMicros::new(row.data_ts.unwrap_or(0)))?;
    buffer.column_f64("input_fps", row.input_fps.unwrap_or(0.0))?;
    buffer.column_f64("output_fps", row.output_fps.unwrap_or(0.0))?;
    buffer.column_i64("restart_count", row.restart_count.unwrap_or(0))?;
    buffer.at(TimestampMicros::new(pair.ts_us))
}
