//! `naap-agent`: reads a Livepeer node and its host, and ships what it saw.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what a command prints is its result"
)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand, ValueEnum};
use naap_agent::config::{Config, Events, Livepeer, Shift};
use naap_agent::{once, run};
use tokio::io::AsyncReadExt;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Reads a Livepeer node and its host, and ships what it saw to a collector.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// The configuration.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Read everything once, print it, send nothing.
    #[arg(long)]
    once: bool,
    /// How `--once` prints.
    #[arg(long, value_enum, default_value_t = Format::Table, requires = "once")]
    format: Format,
    /// With `--once`: a go-livepeer node, http://HOST:PORT of its CLI port.
    #[arg(long, requires = "once")]
    livepeer: Vec<String>,
    /// With `--once`: a file of gateway events.
    #[arg(long, requires = "once")]
    events: Vec<PathBuf>,
    /// Stop when standard input ends: with the process that started this one.
    #[arg(long)]
    exit_with_parent: bool,
    /// How log lines are written, to standard error; NAAP_LOG sets their level.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

#[derive(Subcommand)]
enum Command {
    /// Checks a configuration.
    Validate {
        /// The configuration.
        #[arg(long)]
        config: PathBuf,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Table,
    Json,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let filter = EnvFilter::try_from_env("NAAP_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match args.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    if let Some(Command::Validate { config }) = &args.command {
        Config::read(config)?;
        println!("{} is in order", config.display());
        return Ok(ExitCode::SUCCESS);
    }
    if args.once {
        return look(&args).await;
    }
    let config = args.config.as_ref().context("--config FILE is missing; or use --once")?;
    let stop = stop(args.exit_with_parent).context("take signals")?;
    run::run(Config::read(config)?, stop).await?;
    Ok(ExitCode::SUCCESS)
}

async fn look(args: &Args) -> Result<ExitCode> {
    let mut config = match &args.config {
        Some(file) => Config::read(file)?,
        None => Config::bare(),
    };
    for (i, url) in args.livepeer.iter().enumerate() {
        let name = format!("livepeer-{}", i + 1);
        let (interval, timeout) = (Duration::from_secs(10), Duration::from_secs(5));
        let (url, service_url) = (url.clone(), None);
        let node = Livepeer { name, url, interval, timeout, http: true, service_url };
        config.livepeer.push(node);
    }
    for (i, path) in args.events.iter().enumerate() {
        let name = format!("events-{}", i + 1);
        config.events.push(Events { name, path: path.clone(), follow: false, shift: Shift::None });
    }
    let problems = config.problems();
    anyhow::ensure!(problems.is_empty(), "{}", problems.join("\n"));
    let look = once::look(&config).await?;
    match args.format {
        Format::Table => print!("{}", once::table(&look.rows)),
        Format::Json => print!("{}", once::json_lines(&look.rows)),
    }
    for (name, error) in &look.failures {
        eprintln!("source {name} failed: {error}");
    }
    let all_failed = !look.failures.is_empty() && look.failures.len() == look.asked;
    Ok(if all_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Ends on SIGINT, SIGTERM, or with the parent.
fn stop(with_parent: bool) -> Result<impl Future<Output = ()>> {
    let mut int = signal(SignalKind::interrupt())?;
    let mut term = signal(SignalKind::terminate())?;
    Ok(async move {
        let parent = async {
            if with_parent {
                let mut stdin = tokio::io::stdin();
                let mut buffer = [0; 64];
                while stdin.read(&mut buffer).await.is_ok_and(|n| n > 0) {}
            } else {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            _ = int.recv() => {}
            _ = term.recv() => {}
            () = parent => {}
        }
    })
}
