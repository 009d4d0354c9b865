//! The API bar: kept answers a second on one processor, beside answers that are made each time; the
//! 304 path; a thousand who ask the same at once; memory of a thousand who stay connected.
//!
//! Starts the stack, loads derived rows of 30 days and 60 orchestrators, and an API of its own that is
//! pinned to the first processor; the load comes from the second. `cargo run -p naap-tests --bin
//! bench-api` (uses the binaries beside it; build the workspace with the same profile first, and with
//! `--release` for figures that mean something).

#![expect(clippy::print_stdout, reason = "a command line tool")]

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use naap_tests::door::{Heard, Socket};
use naap_tests::figures::{Table, float, memory_mib, percentile};
use naap_tests::{Api, Options, Stack, eventually, month};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// Kept answers a second, at least.
const BAR_KEPT: f64 = 10_000.0;
/// How much faster than those that are made.
const BAR_RATIO: f64 = 10.0;
/// Milliseconds of one that is made, 95th percentile.
const BAR_MADE_MS: f64 = 50.0;
/// Who ask at once, and who stay.
const CLIENTS: usize = 1000;

/// A day by hours: 24 points and the open one.
const SERIES: &str = "{ demand(window: { last: \"23h\" }) { groups { points { time partial requested served unserved } } } }";
/// A month of all orchestrators.
const MONTH: &str = "{ demand(window: { last: \"30d\" }, groupBy: [ORCHESTRATOR], top: 60) { groups { key { value } total { requested served legMinutes } } } }";

/// Measures the API.
#[derive(Parser)]
struct Args {
    /// How long each load lasts, seconds.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Connections that the load comes by.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// How often the month is asked for.
    #[arg(long, default_value_t = 200)]
    asks: usize,
    /// Processor of the API.
    #[arg(long, default_value_t = 0)]
    server_cpu: usize,
    /// Processor of the load.
    #[arg(long, default_value_t = 1)]
    load_cpu: usize,
}

/// A request as bytes.
fn request(api: &Api, query: &str, headers: &str) -> Vec<u8> {
    let path = Api::path(query);
    format!("GET {path} HTTP/1.1\r\nhost: {}\r\n{headers}\r\n", api.address).into_bytes()
}

/// A connection that stays open.
struct Line {
    socket: TcpStream,
    buffer: Vec<u8>,
}

impl Line {
    async fn open(address: &str) -> Result<Self> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, buffer: Vec::with_capacity(64 << 10) })
    }

    /// Sends a request and reads the whole answer; gives its head.
    async fn ask(&mut self, request: &[u8]) -> Result<String> {
        self.socket.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            let n = self.socket.read_buf(&mut self.buffer).await?;
            ensure!(n > 0, "the API closed the connection");
            if let Some(at) = self.buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
            ensure!(self.buffer.len() < 64 << 10, "a head without an end");
        };
        let text =
            String::from_utf8_lossy(self.buffer.get(..head).unwrap_or_default()).into_owned();
        let length = text.lines().find_map(|l| l.strip_prefix("content-length: "));
        let length: usize = length.map_or(Ok(0), str::parse)?;
        while self.buffer.len() < head + length {
            let n = self.socket.read_buf(&mut self.buffer).await?;
            ensure!(n > 0, "the answer ended early");
        }
        Ok(text)
    }
}

/// Runs on a thread of its own, on one processor.
fn on<T: Send>(cpu: usize, work: impl Future<Output = Result<T>> + Send) -> Result<T> {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| -> Result<T> {
            let mut set = CpuSet::new();
            set.set(cpu)?;
            sched_setaffinity(Pid::from_raw(0), &set)
                .with_context(|| format!("processor {cpu}"))?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(work)
        });
        thread.join().unwrap_or_else(|_| bail!("the load panicked"))
    })
}

/// Asks the same over and over; gives answers a second. Every head must have all of `says` in it.
async fn load(api: &Api, args: &Args, request: &[u8], says: &[&str]) -> Result<f64> {
    let end = Instant::now() + Duration::from_secs(args.seconds);
    let began = Instant::now();
    let lines = (0..args.connections).map(|_| async {
        let mut line = Line::open(&api.address).await?;
        let mut n = 0u64;
        while Instant::now() < end {
            let head = line.ask(request).await?;
            ensure!(says.iter().all(|s| head.contains(s)), "not {says:?}: {head}");
            n += 1;
        }
        anyhow::Ok(n)
    });
    let counts = futures::future::try_join_all(lines).await?;
    Ok(float(counts.iter().sum()) / began.elapsed().as_secs_f64())
}

/// How long each answer to the same question took, milliseconds.
async fn times(api: &Api, request: &[u8], asks: usize) -> Result<Vec<f64>> {
    let mut line = Line::open(&api.address).await?;
    let mut ms = Vec::with_capacity(asks);
    for i in 0..asks + 5 {
        let began = Instant::now();
        let head = line.ask(request).await?;
        ensure!(head.starts_with("HTTP/1.1 200"), "{head}");
        // The first ones plan the statements.
        if i >= 5 {
            ms.push(began.elapsed().as_secs_f64() * 1000.0);
        }
    }
    Ok(ms)
}

/// Opens connections that have all asked once.
async fn crowd(api: &Api, request: &[u8]) -> Result<Vec<Line>> {
    let mut lines = Vec::with_capacity(CLIENTS);
    for _ in 0..CLIENTS {
        let mut line = Line::open(&api.address).await?;
        line.ask(request).await?;
        lines.push(line);
    }
    Ok(lines)
}

/// Opens subscriptions that have all heard once, as many on each WebSocket as one may have.
async fn listeners(api: &Api) -> Result<Vec<Socket>> {
    const EACH: usize = 10;
    const QUERY: &str = "subscription { networkNow(everySeconds: 5) { asOf sessions gpus } }";
    let mut sockets = Vec::with_capacity(CLIENTS / EACH);
    for _ in 0..CLIENTS / EACH {
        let mut socket = Socket::open(&api.address).await?;
        socket.greet().await?;
        for id in 0..EACH {
            socket.subscribe(&id.to_string(), QUERY).await?;
        }
        for _ in 0..EACH {
            let heard = socket.hear().await?;
            ensure!(matches!(&heard, Heard::Message(m) if m["type"] == "next"), "{heard:?}");
        }
        sockets.push(socket);
    }
    Ok(sockets)
}

async fn throughput(api: &Api, args: &Args, table: &mut Table) -> Result<()> {
    let kept = request(api, SERIES, "");
    api.get(SERIES, &[]).await?;
    let ok = "HTTP/1.1 200";
    // It goes stale meanwhile, and is given all the same.
    let hits = on(args.load_cpu, load(api, args, &kept, &[ok, "server-timing: cache;desc="]))?;
    let anew = request(api, SERIES, "cache-control: no-cache\r\n");
    let made = on(args.load_cpu, load(api, args, &anew, &[ok, "desc=bypass"]))?;
    table.at_least("kept answers of 24 points, one processor", hits, BAR_KEPT, "a second");
    table.value("the same, made each time", format!("{made:.0} a second"));
    table.at_least("kept against made", hits / made, BAR_RATIO, "times");
    // Of what does not change meanwhile, so that the tag stays.
    let query = "{ catalogue { name fields { name } } }";
    let tag = api.get(query, &[]).await?.header("etag").to_owned();
    let conditional = request(api, query, &format!("if-none-match: {tag}\r\n"));
    let unchanged = on(args.load_cpu, load(api, args, &conditional, &["HTTP/1.1 304"]))?;
    table.value("304 to who has it", format!("{unchanged:.0} a second"));
    Ok(())
}

async fn at_once(api: &Api, table: &mut Table) -> Result<()> {
    let query = "{ a: demand(window: { last: \"7d\" }) { groups { total { requested } } } }";
    let before = api.metric("database_queries_total").await?;
    api.get(query, &[]).await?;
    let each = api.metric("database_queries_total").await? - before;
    let asked = request(api, &query.replace("a:", "b:"), "");
    let mut lines = crowd(api, &request(api, "{ limits { depth } }", "")).await?;
    let made = api.metric("execution_seconds_count").await?;
    let before = api.metric("database_queries_total").await?;
    let all = lines.iter_mut().map(|line| line.ask(&asked));
    for head in futures::future::join_all(all).await {
        let head = head?;
        ensure!(head.starts_with("HTTP/1.1 200"), "{head}");
    }
    let made = api.metric("execution_seconds_count").await? - made;
    let queries = api.metric("database_queries_total").await? - before;
    let name = format!("{CLIENTS} who ask the same at once, executions");
    table.at_most(&name, made, 1.0, "");
    table.at_most("the same, statements of the database", queries, each, "");
    Ok(())
}

async fn memory(api: &Api, table: &mut Table) -> Result<()> {
    let pid = api.pid()?;
    let resident = || memory_mib(pid, "VmRSS");
    let before = resident()?;
    let lines = crowd(api, &request(api, SERIES, "")).await?;
    let with = resident()?;
    table.value("memory before", format!("{before:.1} MiB"));
    let name = format!("memory with {CLIENTS} who have asked and stay connected");
    table.value(&name, format!("{with:.1} MiB"));
    drop(lines);
    let sockets = listeners(api).await?;
    let name = format!("memory with {CLIENTS} subscriptions on {} WebSockets", sockets.len());
    table.value(&name, format!("{:.1} MiB", resident()?));
    Ok(())
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let stack = Stack::start(Options::default()).await?;
    month::load(&stack).await?;
    let api = Api::start(&stack, "[rate]\npoints = 0\n", Some(args.server_cpu)).await?;
    eventually("the API", Duration::from_secs(30), || async {
        ensure!(api.get("{ status { ok } }", &[]).await?.status.is_success());
        Ok(())
    })
    .await?;
    let mut table = Table::new("The API on one processor");
    throughput(&api, &args, &mut table).await?;
    let month = request(&api, MONTH, "cache-control: no-cache\r\n");
    let ms = on(args.load_cpu, times(&api, &month, args.asks))?;
    let name = "30 days of 60 orchestrators, made, p95";
    table.at_most(name, percentile(&ms, 95), BAR_MADE_MS, "ms");
    table.value("the same, median", format!("{:.1} ms", percentile(&ms, 50)));
    at_once(&api, &mut table).await?;
    memory(&api, &mut table).await?;
    drop(api);
    stack.stop().await?;
    println!("{table}");
    ensure!(table.holds(), "a limit is broken");
    Ok(())
}
