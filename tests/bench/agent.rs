//! What the agent costs the machine that it runs on, beside node_exporter.
//!
//! Both run in the same minute on the same machine: the agent reads host, interfaces and one
//! go-livepeer page each second and pushes frames to a collector that only counts;
//! node_exporter, with its default collectors, is scraped each second. Then the same with eight
//! GPUs. Then how exactly the host's samples keep their second while four nodes hang, flood,
//! redirect and dawdle. `cargo build --release --workspace && target/release/bench-agent` (takes the agent beside
//! it; needs Debian's package prometheus-node-exporter).

#![expect(clippy::print_stdout, reason = "a command line tool")]

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use naap_tests::Catcher;
use naap_tests::catcher::Came;
use naap_tests::figures::{Table, cpu_s, float, median, memory_mib, percentile};
use naap_tests::hostile::{Hostile, Manner};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

/// Measures the agent beside node_exporter.
#[derive(Parser)]
struct Args {
    /// How long is measured, seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// How long both run before, seconds.
    #[arg(long, default_value_t = 15)]
    warm_up: u64,
    /// How often; figures are medians.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// The other one.
    #[arg(long, default_value = "prometheus-node-exporter")]
    node_exporter: PathBuf,
}

/// What one round gave.
struct Round {
    agent_cpu: f64,
    agent_mib: f64,
    exporter_cpu: f64,
    exporter_mib: f64,
    came: Came,
    series: u64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let mut holds = true;
    let dir = tempfile::tempdir()?;
    let library = stand_in(dir.path()).await?;
    for nvml in [None, Some(library.as_path())] {
        let mut rounds = Vec::new();
        for _ in 0..args.rounds {
            rounds.push(round(&args, nvml).await?);
        }
        let table = report(&args, nvml.is_some(), &rounds);
        println!("{table}");
        holds &= table.holds();
    }
    let late = cadence(&args).await?;
    println!("{late}");
    holds &= late.holds();
    ensure!(holds, "a limit is broken");
    Ok(())
}

/// A library that stands in for NVIDIA's, with eight GPUs.
async fn stand_in(dir: &Path) -> Result<PathBuf> {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../agent/tests/nvml/nvml.c");
    let library = dir.join("libnvidia-ml.so.1");
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).arg("-lpthread");
    ensure!(cc.status().await.context("cc")?.success(), "cc cannot build {source}");
    Ok(library)
}

/// How far apart samples of the host are, beside nodes that misbehave.
async fn cadence(args: &Args) -> Result<Table> {
    let dir = tempfile::tempdir()?;
    let collector = Catcher::start().await?;
    let elsewhere = Hostile::start(Manner::Well).await?;
    let mut config = config(&collector.address);
    let mut servers = Vec::new();
    for (name, manner) in [
        ("hung", Manner::Hangs),
        ("slow", Manner::SlowLoris),
        ("flood", Manner::Gigabyte),
        ("away", Manner::Redirects(elsewhere.address.clone())),
    ] {
        let server = Hostile::start(manner).await?;
        write!(
            config,
            "[[livepeer]]\nname = \"{name}\"\nurl = \"{}\"\ninterval = \"1s\"\ntimeout = \"2s\"\n",
            server.address
        )?;
        servers.push(server);
    }
    let agent = start(dir.path(), &config)?;
    sleep(Duration::from_secs(args.warm_up + args.seconds)).await;
    drop(agent);
    let rows = collector.rows();
    let times = rows.iter().filter(|r| r.entity.name == "host").map(|r| r.ts_us);
    let times: Vec<f64> = times.skip(2).map(|us| us as f64 / 1e6).collect();
    let off: Vec<f64> =
        times.windows(2).filter_map(|w| Some((w.get(1)? - w.first()? - 1.0).abs())).collect();
    ensure!(off.len() > 10, "{} samples of the host", off.len());
    let mut table = Table::new(format!(
        "Samples of the host at 1 s beside four bad servers, {} of them",
        off.len()
    ));
    table.at_most("off by, 99 of 100", percentile(&off, 99) * 100.0, 10.0, "% of a second");
    table.value("off by, median", format!("{:.2} % of a second", median(&off) * 100.0));
    let followed = float(elsewhere.asked());
    table.at_most("redirects followed", followed, 0.0, "");
    Ok(table)
}

fn report(args: &Args, gpus: bool, rounds: &[Round]) -> Table {
    let of = |what: fn(&Round) -> f64| median(&rounds.iter().map(what).collect::<Vec<_>>());
    let seconds = float(args.seconds);
    let mut table = Table::new(format!(
        "Host, interfaces, one go-livepeer page{}, each second, {} s, median of {}",
        if gpus { ", 8 GPUs" } else { "" },
        args.seconds,
        args.rounds
    ));
    let ratio = of(|r| r.agent_cpu / r.exporter_cpu);
    table.at_most("agent, processor time", of(|r| r.agent_cpu) * 100.0, 0.5, "% of a core");
    table.value("node_exporter", format!("{:.2} % of a core", of(|r| r.exporter_cpu) * 100.0));
    table.at_most("agent / node_exporter", ratio, 1.0, "×");
    table.at_most("agent, memory", of(|r| r.agent_mib), 20.0, "MiB");
    table.value("node_exporter", format!("{:.1} MiB", of(|r| r.exporter_mib)));
    let per_sample = of(|r| float(r.came.bytes) / float(r.came.samples.max(1)));
    table.at_most("on the wire, a sample", per_sample, 5.0, "bytes");
    let samples = of(|r| float(r.came.samples)) / seconds;
    table.value("samples", format!("{samples:.0} a second"));
    table.value("frames", format!("{:.1} a second", of(|r| float(r.came.frames)) / seconds));
    table.value("node_exporter's page", format!("{:.0} series", of(|r| float(r.series))));
    table
}

/// Both, side by side.
async fn round(args: &Args, nvml: Option<&Path>) -> Result<Round> {
    let dir = tempfile::tempdir()?;
    let page = page().await?;
    let collector = Catcher::start().await?;
    let agent = agent(dir.path(), &page, &collector.address, nvml)?;
    let exporter = Exporter::start(&args.node_exporter).await?;
    let series = Arc::clone(&exporter.series);
    let (agent_pid, exporter_pid) =
        (agent.id().context("the agent runs")?, exporter.child.id().context("it runs")?);
    let scraping = tokio::spawn(scrape(exporter.address, Arc::clone(&series)));
    sleep(Duration::from_secs(args.warm_up)).await;

    let began = Instant::now();
    let before = (family(agent_pid, cpu_s)?, cpu_s(exporter_pid)?, collector.came());
    sleep(Duration::from_secs(args.seconds)).await;
    let passed = began.elapsed().as_secs_f64();
    let came = collector.came();
    let round = Round {
        agent_cpu: (family(agent_pid, cpu_s)? - before.0) / passed,
        agent_mib: family(agent_pid, |pid| memory_mib(pid, "VmRSS"))?,
        exporter_cpu: (cpu_s(exporter_pid)? - before.1) / passed,
        exporter_mib: memory_mib(exporter_pid, "VmRSS")?,
        came: Came {
            bytes: came.bytes - before.2.bytes,
            frames: came.frames - before.2.frames,
            rows: came.rows - before.2.rows,
            samples: came.samples - before.2.samples,
        },
        series: series.load(Ordering::Relaxed),
    };
    scraping.abort();
    Ok(round)
}

/// A figure of a process and of its children, added up.
fn family(pid: u32, figure: impl Fn(u32) -> Result<f64>) -> Result<f64> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    let children = children.split_whitespace().filter_map(|p| p.parse().ok());
    std::iter::once(pid).chain(children).map(figure).sum()
}

/// What every agent here is told.
fn config(collector: &str) -> String {
    format!(
        "[collector]\naddress = \"http://{collector}\"\ntoken_file = \"token\"\n[host]\ninterval = \"1s\"\n"
    )
}

fn agent(dir: &Path, page: &str, collector: &str, nvml: Option<&Path>) -> Result<Child> {
    let mut config = config(collector);
    write!(config, "[[livepeer]]\nname = \"node\"\nurl = \"{page}\"\ninterval = \"1s\"\n")?;
    if let Some(library) = nvml {
        write!(
            config,
            "[gpu]\ninterval = \"1s\"\nlibrary = {:?}\n",
            library.display().to_string()
        )?;
    }
    start(dir, &config)
}

fn start(dir: &Path, config: &str) -> Result<Child> {
    let beside = std::env::current_exe()?;
    let program = beside.parent().context("a folder")?.join("naap-agent");
    ensure!(program.is_file(), "no naap-agent beside this program; build the workspace");
    std::fs::write(dir.join("token"), "naap_bench")?;
    let file = dir.join("agent.toml");
    std::fs::write(&file, config)?;
    let mut command = Command::new(program);
    command.arg("--config").arg(file).env("NAAP_LOG", "error");
    command.stdin(Stdio::null()).kill_on_drop(true);
    Ok(command.spawn()?)
}

/// node_exporter with its default collectors.
struct Exporter {
    child: Child,
    address: SocketAddr,
    series: Arc<AtomicU64>,
}

impl Exporter {
    async fn start(program: &Path) -> Result<Self> {
        // It takes no port 0.
        let address = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
        let mut command = Command::new(program);
        command.arg(format!("--web.listen-address={address}")).arg("--log.level=error");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.kill_on_drop(true).spawn().with_context(|| {
            format!(
                "cannot start {}; install it: apt-get install prometheus-node-exporter",
                program.display()
            )
        })?;
        for _ in 0..100 {
            if TcpStream::connect(address).await.is_ok() {
                return Ok(Self { child, address, series: Arc::default() });
            }
            sleep(Duration::from_millis(100)).await;
        }
        anyhow::bail!("{} does not listen", program.display())
    }
}

/// Scrapes each second, as Prometheus would, over a kept connection.
async fn scrape(address: SocketAddr, series: Arc<AtomicU64>) -> Result<()> {
    let get = naap_agent::source::get::Get::default();
    let url = format!("http://{address}/metrics");
    let mut each = interval(Duration::from_secs(1));
    each.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        each.tick().await;
        let body = get.body(&url, "text/plain;version=0.0.4", 8 << 20).await?;
        let lines = body.split(|b| *b == b'\n').filter(|l| !l.is_empty() && !l.starts_with(b"#"));
        series.store(lines.count() as u64, Ordering::Relaxed);
    }
}

/// A page of 90 series as a gateway shows them, a third of which change each second; gives where
/// it is.
async fn page() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        let asked = Arc::new(AtomicU64::new(0));
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket, Arc::clone(&asked)));
        }
    });
    Ok(address)
}

async fn serve(mut socket: TcpStream, asked: Arc<AtomicU64>) -> Result<()> {
    let mut request = vec![0; 4096];
    while socket.read(&mut request).await? > 0 {
        let body = text(asked.fetch_add(1, Ordering::Relaxed));
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        socket.write_all(head.as_bytes()).await?;
        socket.write_all(body.as_bytes()).await?;
    }
    Ok(())
}

/// 90 series: figures of the node, and of ten orchestrators and four models.
fn text(n: u64) -> String {
    const NODE: [(&str, &str); 18] = [
        ("livepeer_stream_created_total", "counter"),
        ("livepeer_stream_started_total", "counter"),
        ("livepeer_stream_ended_total", "counter"),
        ("livepeer_segment_source_emerged_total", "counter"),
        ("livepeer_segment_transcoded_total", "counter"),
        ("livepeer_segment_transcode_failed_total", "counter"),
        ("livepeer_current_sessions_total", "gauge"),
        ("livepeer_max_sessions_total", "gauge"),
        ("livepeer_success_rate", "gauge"),
        ("livepeer_tickets_sent", "counter"),
        ("livepeer_ticket_value_sent", "counter"),
        ("livepeer_gateway_deposit", "gauge"),
        ("livepeer_gateway_reserve", "gauge"),
        ("livepeer_mil_pixels_processed", "counter"),
        ("livepeer_orchestrator_swaps", "counter"),
        ("livepeer_ai_orchestrators_available_total", "gauge"),
        ("livepeer_payment_create_errors", "counter"),
        ("livepeer_suggested_gas_price", "gauge"),
    ];
    const BY_ORCHESTRATOR: [(&str, &str); 6] = [
        ("livepeer_segment_source_uploaded_total", "counter"),
        ("livepeer_segment_transcoded_all_appeared_total", "counter"),
        ("livepeer_upload_time_seconds_sum", "counter"),
        ("livepeer_upload_time_seconds_count", "counter"),
        ("livepeer_discovery_errors_total", "counter"),
        ("livepeer_live_ai_price_per_pixel", "gauge"),
    ];
    const BY_MODEL: [(&str, &str); 3] = [
        ("livepeer_ai_models_requested", "counter"),
        ("livepeer_ai_request_latency_score", "gauge"),
        ("livepeer_ai_request_price", "gauge"),
    ];
    let mut out = String::new();
    let mut number = 0u64;
    let mut line = |name: &str, ty: &str, labels: &str| {
        number += 1;
        // Every third series changes.
        let value = 1000 * number + if number.is_multiple_of(3) { n * (1 + number % 7) } else { 0 };
        let common = "node_id=\"0x00000000000000000000000000000000000B1111\",node_type=\"bctr\"";
        out += &format!("# TYPE {name} {ty}\n{name}{{{common}{labels}}} {value}\n");
    };
    for (name, ty) in NODE {
        line(name, ty, "");
    }
    for orchestrator in 0..10 {
        for (name, ty) in BY_ORCHESTRATOR {
            line(
                name,
                ty,
                &format!(",orchestrator_uri=\"https://orch-{orchestrator}.example:8935\""),
            );
        }
    }
    for model in 0..4 {
        for (name, ty) in BY_MODEL {
            line(name, ty, &format!(",model_name=\"model-{model}\",pipeline=\"text-to-image\""));
        }
    }
    out
}
