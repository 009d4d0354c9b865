//! The wire: bytes per data point, and what encoding and decoding cost, beside the same rows as
//! OTLP metrics and as Arrow IPC, both with zstd. A data point is one value of one field of one
//! row; times are not counted.
//!
//! `cargo bench -p naap-tests --bench wire` prints both and fails if a limit is not kept;
//! `-- --sizes` leaves out criterion's timings, `-- --host 6` takes that many samples of this
//! machine, 10 s apart. With `NAAP_SAMPLES` set to a folder of recorded gateway events
//! (`*.jsonl`), those are measured too.

#![expect(clippy::print_stdout, reason = "a command line tool")]

mod node;
mod peers;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use criterion::{Criterion, Throughput};
use naap_agent::source::host::Host;
use naap_agent::source::{Now, Source as _, gateway_event};
use naap_schema::frame::Decoded;
use naap_schema::proto::Frame;
use naap_schema::{Row, SCHEMA_VERSION, frame};
use node::{Likeness, Node};
use prost::Message as _;
use tokio::time::Instant;

/// Frames that are measured of each kind; the figures are means.
const FRAMES: usize = 30;
/// Rounds of the comparison that decides whether we decode faster.
const ROUNDS: usize = 300;

/// Rows that travel together, several times.
struct Load {
    name: String,
    frames: Vec<Vec<Row>>,
    /// Bytes a point that must not be exceeded, beside 0.65 of OTLP's.
    limit: Option<f64>,
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let samples = args.iter().position(|a| a == "--host").and_then(|i| args.get(i + 1));
    let loads = loads(samples.map(|n| n.parse()).transpose()?.unwrap_or(0))?;
    println!("Bytes per data point; smaller is better.\n");
    println!(
        "| Rows | Points a frame | Ours | First format | OTLP + zstd | Arrow + zstd | Ours / OTLP |"
    );
    println!("|---|---|---|---|---|---|---|");
    let kept: Vec<Result<()>> = loads.iter().map(sizes).collect();
    println!("\nNanoseconds per data point, least of {ROUNDS} rounds, one thread.\n");
    println!("| Rows | | Ours | First format | OTLP + zstd | Arrow + zstd |");
    println!("|---|---|---|---|---|---|");
    let fast: Vec<Result<()>> = loads.iter().map(times).collect();
    kept.into_iter().chain(fast).collect::<Result<()>>()?;
    println!("\nAll limits are kept.");
    if !args.iter().any(|a| a == "--sizes") {
        criterion(&loads);
    }
    Ok(())
}

fn loads(host_samples: usize) -> Result<Vec<Load>> {
    let mut loads = Vec::new();
    for (likeness, what) in [(Likeness::Real, ""), (Likeness::Noisy, ", all noise")] {
        for (seconds, limit) in [(1, Some(5.0)), (10, Some(2.7)), (60, None)] {
            let name = format!("host + 8 GPUs{what}, {seconds} s");
            loads.push(Load { name, frames: node_frames(likeness, seconds), limit });
        }
    }
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let recorded = std::env::var_os("NAAP_SAMPLES").map(PathBuf::from);
    for folder in [Some(fixtures), recorded].into_iter().flatten() {
        loads.extend(events(&folder)?);
    }
    if host_samples > 0 {
        let frames = this_machine(host_samples)?;
        loads.push(Load { name: "this machine, 10 s apart".to_owned(), frames, limit: None });
    }
    Ok(loads)
}

fn node_frames(likeness: Likeness, seconds: usize) -> Vec<Vec<Row>> {
    let mut node = Node::new(likeness);
    let frame = |_| {
        let mut rows: Vec<Row> = (0..seconds).flat_map(|_| node.second()).collect();
        // As the recorder does.
        rows.sort_by_key(|r| r.entity.number);
        rows
    };
    (0..FRAMES.div_ceil(seconds).max(5)).map(frame).collect()
}

/// Recorded gateway events: each file as one frame, as after a while without a collector, and in
/// frames of five events, as they come.
fn events(folder: &Path) -> Result<Vec<Load>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    files.retain(|f| f.extension().is_some_and(|e| e == "jsonl"));
    files.sort();
    let mut loads = Vec::new();
    for file in files {
        let text = std::fs::read(&file)?;
        let events: Vec<Vec<Row>> = text
            .split(|b| *b == b'\n')
            .filter_map(|line| gateway_event::parse(line, "organic", 0).ok())
            .map(|parsed| parsed.rows)
            .collect();
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for (at_once, what) in [(events.len(), "one frame"), (5, "5 events a frame")] {
            let frames = events.chunks(at_once.max(1)).map(|events| {
                let mut rows = events.concat();
                rows.sort_by_key(|r| r.entity.number);
                rows
            });
            let frames = frames.filter(|rows| !rows.is_empty()).collect();
            loads.push(Load { name: format!("{name}, {what}"), frames, limit: None });
        }
    }
    Ok(loads)
}

/// Frames of this machine's own samples, 10 s apart, as its agent would make them.
fn this_machine(samples: usize) -> Result<Vec<Vec<Row>>> {
    const INTERVAL: Duration = Duration::from_secs(10);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(async {
        let mut host = Host::new(INTERVAL)?;
        let mut frames = Vec::new();
        // The first knows no differences.
        for _ in 0..=samples {
            let mut rows = host.read(Now::read()).await?.rows;
            rows.sort_by_key(|r| r.entity.number);
            frames.push(rows);
            tokio::time::sleep(INTERVAL).await;
        }
        frames.remove(0);
        Ok(frames)
    })
}

fn points(rows: &[Row]) -> usize {
    rows.iter().map(|r| r.values.iter().flatten().count()).sum()
}

fn ours(format: u32, rows: &[Row]) -> Frame {
    frame::encode_as(format, 1 << 50, 1 << 20, SCHEMA_VERSION, rows)
}

fn per_point(total: usize, points: usize) -> f64 {
    total as f64 / points as f64
}

/// Both formats say the same. (Not quite what went in: a field keeps its declared decimal places.)
fn agree(rows: &[Row]) -> Result<bool> {
    let again = |format| -> Result<Decoded> {
        let bytes = ours(format, rows).encode_to_vec();
        Ok(frame::decode(&Frame::decode(bytes.as_slice())?)?)
    };
    Ok(again(frame::FORMAT)? == again(frame::FIRST_FORMAT)?)
}

fn sizes(load: &Load) -> Result<()> {
    for rows in &load.frames {
        ensure!(agree(rows)?, "{}: the formats differ", load.name);
    }
    let all: usize = load.frames.iter().map(|f| points(f)).sum();
    let sum = |size: &dyn Fn(&[Row]) -> Result<usize>| -> Result<f64> {
        let sizes = load.frames.iter().map(|f| size(f)).collect::<Result<Vec<_>>>()?;
        Ok(per_point(sizes.iter().sum(), all))
    };
    let packed = sum(&|f| Ok(ours(frame::FORMAT, f).encoded_len()))?;
    let first = sum(&|f| Ok(ours(frame::FIRST_FORMAT, f).encoded_len()))?;
    let otlp = sum(&|f| peers::squeezed(&peers::otlp(f)))?;
    let arrow = sum(&|f| peers::squeezed(&peers::arrow(f)?))?;
    println!(
        "| {} | {} | {packed:.2} | {first:.2} | {otlp:.2} | {arrow:.2} | {:.2} |",
        load.name,
        all / load.frames.len(),
        packed / otlp
    );
    if let Some(limit) = load.limit {
        ensure!(packed <= limit, "{}: {packed:.2} B/point, the limit is {limit}", load.name);
    }
    ensure!(packed <= 0.65 * otlp, "{}: {packed:.2} is over 0.65 x {otlp:.2}", load.name);
    Ok(())
}

/// The ways to send rows, each as its bytes, how to make and how to read them.
struct Way {
    name: &'static str,
    encode: fn(&[Row]) -> Result<Vec<u8>>,
    decode: fn(&[u8]) -> Result<usize>,
}

const WAYS: [Way; 4] = [
    Way {
        name: "ours",
        encode: |rows| Ok(ours(frame::FORMAT, rows).encode_to_vec()),
        decode: read_ours,
    },
    Way {
        name: "first format",
        encode: |rows| Ok(ours(frame::FIRST_FORMAT, rows).encode_to_vec()),
        decode: read_ours,
    },
    Way {
        name: "otlp",
        encode: |rows| peers::squeeze(&peers::otlp(rows)),
        decode: |bytes| peers::read_otlp(&peers::stretch(bytes)?),
    },
    Way {
        name: "arrow",
        encode: |rows| peers::squeeze(&peers::arrow(rows)?),
        decode: |bytes| peers::read_arrow(&peers::stretch(bytes)?),
    },
];

/// Bytes to columns of values, as the collector does before it looks at the schema.
fn read_ours(bytes: &[u8]) -> Result<usize> {
    let decoded = frame::decode(&Frame::decode(bytes)?)?;
    Ok(decoded.tables.iter().map(|t| t.columns.len() * t.ts_us.len()).sum())
}

fn times(load: &Load) -> Result<()> {
    let rows = &load.frames[0];
    let mut table = Vec::new();
    for what in ["encode", "decode"] {
        let mut line = Vec::new();
        for way in &WAYS {
            let bytes = (way.encode)(rows)?;
            let mut least = Duration::MAX;
            for _ in 0..ROUNDS {
                let begun = Instant::now();
                if what == "encode" {
                    drop(black_box((way.encode)(black_box(rows))?));
                } else {
                    black_box((way.decode)(black_box(&bytes))?);
                }
                least = least.min(begun.elapsed());
            }
            line.push(least.as_secs_f64() * 1e9 / points(rows) as f64);
        }
        let cells: Vec<String> = line.iter().map(|ns| format!("{ns:.0}")).collect();
        println!("| {} | {what} | {} |", load.name, cells.join(" | "));
        table.push(line);
    }
    let (ours, otlp) = (table[1][0], table[1][2]);
    ensure!(ours < otlp, "{}: decoding takes {ours:.0} ns/point, OTLP {otlp:.0}", load.name);
    Ok(())
}

/// Statistics of the same, for one second and for ten.
fn criterion(loads: &[Load]) {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    for load in loads.iter().filter(|l| l.limit.is_some()) {
        let rows = &load.frames[0];
        let mut group = criterion.benchmark_group(&load.name);
        group.throughput(Throughput::Elements(points(rows) as u64));
        for way in &WAYS {
            let Ok(bytes) = (way.encode)(rows) else { continue };
            group.bench_function(format!("encode/{}", way.name), |b| {
                b.iter(|| (way.encode)(black_box(rows)));
            });
            group.bench_function(format!("decode/{}", way.name), |b| {
                b.iter(|| (way.decode)(black_box(&bytes)));
            });
        }
        group.finish();
    }
}
