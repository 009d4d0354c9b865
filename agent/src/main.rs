//! `naap-agent`: reads a Livepeer node and its host, and ships what it saw.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what a command prints is its result"
)]

mod cli;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use naap_agent::config::{Config, EXAMPLE, Events, Livepeer, Shift};
use naap_agent::notify::Notify;
use naap_agent::plan::{Ties, plan};
use naap_agent::run::{Beside, Reload};
use naap_agent::source::Pace;
use naap_agent::{discover, doctor, nvml, once, run, tap};
use tokio::io::AsyncReadExt;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tracing_subscriber::EnvFilter;

use crate::cli::{Args, Command, Extra, Format, LogFormat};

/// The configuration is wrong: a service manager need not try again (`EX_CONFIG`).
const WRONG_CONFIG: u8 = 78;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let filter = EnvFilter::try_from_env("NAAP_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match args.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    match args.command {
        Some(Command::Run(it)) => work(&it.config, it.exit_with_parent).await,
        Some(Command::Validate { config }) => validate(&config),
        Some(Command::ExampleConfig) => {
            print!("{EXAMPLE}");
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Doctor { config, json }) => {
            let report = doctor::examine(&config).await;
            match json {
                true => println!("{}", serde_json::json!(report)),
                false => print!("{report}"),
            }
            Ok(if report.is_well() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Some(Command::Sources { config, json }) => sources(&read(config.as_deref())?, json).await,
        Some(Command::Tap(it)) => {
            let mut config = read(it.config.as_deref())?;
            add(&mut config, &it.extra)?;
            let filter = tap::Filter { source: it.source, entity: it.entity };
            live(&config, &filter, it.format).await
        }
        Some(Command::GpuChild { library, processes, skip, dump }) => {
            let options = nvml::Options { library, processes, skip };
            // Nothing else runs here: it may block.
            match dump {
                true => println!("{}", nvml::dump(&options)?),
                false => nvml::serve(&options)?,
            }
            Ok(ExitCode::SUCCESS)
        }
        None if args.once => {
            let mut config = read(args.config.as_deref())?;
            add(&mut config, &args.extra)?;
            look(&config, args.format).await
        }
        None => {
            let missing =
                "a command is missing: run, doctor, tap, ... ; `naap-agent --help` lists them";
            let config = args.config.context(missing)?;
            work(&config, args.exit_with_parent).await
        }
    }
}

/// Without a file, an agent that only looks at its machine.
fn read(file: Option<&Path>) -> Result<Config> {
    let mut config = file.map_or_else(|| Ok(Config::bare()), Config::read)?;
    config.gpu.program = std::env::current_exe().ok();
    Ok(config)
}

async fn work(file: &Path, exit_with_parent: bool) -> Result<ExitCode> {
    let mut config = match Config::read(file) {
        Ok(config) if config.collector.is_some() => config,
        Ok(_) => return Ok(wrong_config(&run::RunError::NoCollector)),
        Err(error) => return Ok(wrong_config(&error)),
    };
    config.gpu.program = std::env::current_exe().ok();
    let stop = stop(exit_with_parent).context("take signals")?;
    let reload = Some(Reload { file: file.to_owned(), asked: reloads().context("take signals")? });
    run::run(config, Beside { reload, notify: Notify::of_process() }, stop).await?;
    Ok(ExitCode::SUCCESS)
}

fn wrong_config(error: &dyn std::error::Error) -> ExitCode {
    let causes = std::iter::successors(error.source(), |e| e.source());
    let text = causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"));
    eprintln!("error: {text}");
    ExitCode::from(WRONG_CONFIG)
}

fn validate(file: &Path) -> Result<ExitCode> {
    let config = Config::read(file)?;
    println!("{} is in order", file.display());
    if config.collector.is_none() {
        println!("but rows go nowhere: `run` needs [collector], its address and a token");
    }
    Ok(ExitCode::SUCCESS)
}

/// A message for each SIGHUP; several in a row may be one.
fn reloads() -> Result<mpsc::Receiver<()>> {
    let mut hup = signal(SignalKind::hangup())?;
    let (to, asked) = mpsc::channel(1);
    tokio::spawn(async move {
        while hup.recv().await.is_some() {
            if to.send(()).await.is_err() {
                return;
            }
        }
    });
    Ok(asked)
}

/// Sources of the command line beside those of the file.
fn add(config: &mut Config, extra: &Extra) -> Result<()> {
    for (i, url) in extra.livepeer.iter().enumerate() {
        let name = format!("livepeer-{}", i + 1);
        let (interval, timeout) = (Duration::from_secs(10), Duration::from_secs(5));
        let (url, service_url) = (url.clone(), None);
        let node = Livepeer { name, url, interval, timeout, http: true, service_url };
        config.livepeer.push(node);
    }
    for (i, path) in extra.events.iter().enumerate() {
        let name = format!("events-{}", i + 1);
        let path: PathBuf = path.clone();
        config.events.push(Events { name, path, follow: false, shift: Shift::None });
    }
    let problems = config.problems();
    anyhow::ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(())
}

async fn look(config: &Config, format: Format) -> Result<ExitCode> {
    let look = once::look(config).await?;
    match format {
        Format::Table => print!("{}", once::table(&look.rows)),
        Format::Json => print!("{}", once::json_lines(&look.rows)),
    }
    for (name, error) in &look.failures {
        eprintln!("source {name} failed: {error}");
    }
    let all_failed = !look.failures.is_empty() && look.failures.len() == look.asked;
    Ok(if all_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn live(config: &Config, filter: &tap::Filter, format: Format) -> Result<ExitCode> {
    let mut out = std::io::stdout();
    // Whoever reads may go: then so does this.
    let show = |row: &naap_schema::Row| {
        let line = tap::line(row, matches!(format, Format::Json));
        writeln!(out, "{line}").and_then(|()| out.flush()).is_ok()
    };
    tap::tap(config, filter, show, stop(false).context("take signals")?).await?;
    Ok(ExitCode::SUCCESS)
}

async fn sources(config: &Config, json: bool) -> Result<ExitCode> {
    let mut config = config.clone();
    let looking = discover::wanted(&config);
    if looking {
        config.livepeer = discover::once().await;
    }
    let ties = Ties::default();
    let mut listed = Vec::new();
    for planned in plan(&config, &ties)? {
        let (name, about) = (planned.name.clone(), planned.about.clone());
        let pace = match planned.build()?.pace() {
            Pace::Every(interval) => format!("every {interval:?}"),
            Pace::Stream => "as it comes".to_owned(),
        };
        if !json {
            println!("{name}\n  reads   {}\n  pace    {pace}", about.reads);
            println!("  limits  {}\n  never   {}", about.limits, about.never);
        }
        listed.push(serde_json::json!({
            "name": name, "reads": about.reads, "pace": pace,
            "limits": about.limits, "never": about.never,
        }));
    }
    if json {
        println!("{}", serde_json::json!({ "sources": listed, "discover": looking }));
    } else if looking {
        let ports = discover::PORTS.map(|p| p.to_string()).join(", ");
        println!("go-livepeer nodes are looked for on 127.0.0.1, ports {ports}, every minute");
    }
    Ok(ExitCode::SUCCESS)
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
