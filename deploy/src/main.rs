//! `naap`: reads the command line and calls the library.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use naap_deploy::cli::{Cli, Command, Guard, LogFormat, Mirror, Status};
use naap_deploy::status::Down;
use naap_deploy::{folder, guard, mirror, signals, simulate, status, up};
use tracing_subscriber::EnvFilter;

/// Exit codes of `naap status`.
const NOT_RUNNING: u8 = 3;
const NOT_READY: u8 = 4;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    log(cli.log_format);
    match run(cli.command).await {
        Ok(code) => code,
        Err(e) => {
            tracing::error!("{e:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Up(flags) => {
            let stop = signals::count(flags.exit_with_parent)?;
            up::up(&flags.into(), stop, |url| say(&format!("ready {url}"))).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Down(data) => {
            let root = data.data.map_or_else(folder::default_root, Ok)?;
            match status::down(&root).await? {
                Down::Stopped => tracing::info!("stopped"),
                Down::NotRunning => tracing::info!("nothing runs on {}", root.display()),
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Status(flags) => tell_status(flags).await,
        Command::Simulate(flags) => {
            let stop = signals::count(flags.exit_with_parent)?;
            let written = simulate::simulate(&flags.into(), stop).await?;
            tracing::info!("{} lines written, {} truths beside", written.lines, written.truths);
            Ok(ExitCode::SUCCESS)
        }
        Command::Mirror(flags) => run_mirror(flags).await,
        Command::Guard(flags) => run_guard(flags).await,
    }
}

async fn tell_status(flags: Status) -> Result<ExitCode> {
    let root = flags.data.data.map_or_else(folder::default_root, Ok)?;
    let report = status::status(&root).await?;
    if flags.json {
        say(&serde_json::to_string_pretty(&report)?);
    } else {
        say(report.text().trim_end());
    }
    Ok(match (report.running, report.ready) {
        (true, true) => ExitCode::SUCCESS,
        (true, false) => ExitCode::from(NOT_READY),
        (false, _) => ExitCode::from(NOT_RUNNING),
    })
}

/// A signal ends it at once: what was transferred is kept, and the next run goes on.
async fn run_mirror(flags: Mirror) -> Result<ExitCode> {
    let json = flags.json;
    let options = flags.into();
    match tokio::task::spawn_blocking(move || mirror::mirror(&options)).await? {
        Ok(report) if json => say(&serde_json::to_string(&report)?),
        Ok(report) => say(&report.to_string()),
        Err(e) => {
            let code = e.exit_code();
            tracing::error!("{:#}", anyhow::Error::new(e));
            return Ok(ExitCode::from(code));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn run_guard(flags: Guard) -> Result<ExitCode> {
    let stop = signals::count(true)?;
    let (program, args) = flags.command.split_first().context("guard needs a command")?;
    let ended = guard::guard(&flags.pid_file, Path::new(program), args, stop).await?;
    // What a shell says of a process that a signal ended.
    let signalled = std::os::unix::process::ExitStatusExt::signal(&ended).map(|s| 128 + s);
    let code = ended.code().or(signalled).unwrap_or(1);
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

/// Prints a result. That nobody reads it is no failure.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    drop(writeln!(out, "{text}").and_then(|()| out.flush()));
}

fn log(format: LogFormat) {
    let filter = EnvFilter::try_from_env("NAAP_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => {
            builder.with_target(false).with_ansi(std::io::stderr().is_terminal()).init()
        }
        LogFormat::Json => builder.json().init(),
    }
}
