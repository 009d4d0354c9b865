//! `naap-collector`: parses arguments and calls the library.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand, ValueEnum};
use naap_collector::corrections::{self, Change};
use naap_collector::derive::{Rebuilt, rebuild};
use naap_collector::doctor::{Cure, examine};
use naap_collector::{Config, check_files, migrate_only, run, tokens};
use tokio::io::AsyncReadExt;
use tokio::signal::unix::{SignalKind, signal};

/// Receives what agents measured, commits it to QuestDB, then acknowledges.
#[derive(Debug, Parser)]
#[command(name = "naap-collector", version)]
struct Cli {
    /// Form of the log, on stderr. What is logged: environment variable NAAP_LOG, default `info`.
    #[arg(long, global = true, default_value = "text")]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
struct ConfigFile {
    /// Configuration file, TOML.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Bring the database up to date, then serve until SIGTERM or SIGINT.
    Run {
        #[command(flatten)]
        file: ConfigFile,
        /// Stop when standard input ends, that is, with the process that started this one.
        #[arg(long)]
        exit_with_parent: bool,
        /// Write the address that is listened on into this file, once it is.
        #[arg(long, value_name = "FILE")]
        address_file: Option<PathBuf>,
    },
    /// Bring the database up to date, and end.
    Migrate {
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Who may deliver. A running collector follows within seconds.
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Say what is wrong with the store and the collector's files, and what to do; with --resume or
    /// --fix do it. Ends with 0 if all is well, else with 1.
    Doctor {
        #[command(flatten)]
        file: ConfigFile,
        /// Resume this table or view if it is suspended, once its cause is mended. No row is lost.
        #[arg(long, value_name = "TABLE", conflicts_with = "fix")]
        resume: Option<String>,
        /// Resume every table and view that is suspended.
        #[arg(long)]
        fix: bool,
        /// Say it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Derive a time anew from what nodes sent, hold it against what stands, and write what differs.
    /// Says how many rows were equal; with --check ends with 1 if any differ.
    Rebuild {
        #[command(flatten)]
        file: ConfigFile,
        /// From when on: RFC 3339, for example 2026-11-01T00:00:00Z. Whole hours are taken.
        #[arg(long, value_name = "TIME", value_parser = time)]
        from: i64,
        /// Until when, not included.
        #[arg(long, value_name = "TIME", value_parser = time)]
        to: i64,
        /// Only compare; write nothing.
        #[arg(long)]
        check: bool,
        /// Say it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Correct who is who: rows with author, reason and time, shown with the answers they change.
    Correction {
        #[command(subcommand)]
        command: CorrectionCommand,
    },
    /// Check a configuration and the files that it names.
    Validate {
        #[command(flatten)]
        file: ConfigFile,
    },
}

#[derive(Debug, Subcommand)]
enum CorrectionCommand {
    /// Make a correction; a running collector applies it within seconds.
    Add {
        /// uri: this URI is of this address. address: this address is now that one. origin: streams
        /// whose id begins so have this origin. node: this agent runs beside this orchestrator.
        #[arg(long)]
        kind: String,
        /// The URI, address, prefix or node.
        #[arg(long)]
        subject: String,
        /// The address or origin.
        #[arg(long)]
        value: String,
        /// From when on, RFC 3339; without it always.
        #[arg(long, value_name = "TIME", value_parser = time)]
        from: Option<i64>,
        /// Until when, not included; without it for good.
        #[arg(long, value_name = "TIME", value_parser = time)]
        to: Option<i64>,
        /// Who makes it; public.
        #[arg(long)]
        author: String,
        /// Why; public.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        file: ConfigFile,
    },
    /// List corrections: id, when made, what, by whom, why, whether revoked.
    List {
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Revoke a correction.
    Revoke {
        /// Its id, as `list` shows it.
        id: uuid::Uuid,
        /// Who revokes it; public.
        #[arg(long)]
        author: String,
        /// Why; public.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        file: ConfigFile,
    },
}

/// Microseconds since 1970 UTC.
fn time(text: &str) -> Result<i64, String> {
    let parsed = chrono::DateTime::parse_from_rfc3339(text);
    parsed
        .map(|t| t.timestamp_micros())
        .map_err(|e| format!("{e}; write a time with its zone, for example 2026-11-01T00:00:00Z"))
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make a token for a node and print it. It is shown only now.
    Add {
        /// Name of the node: 1 to 64 of A-Z a-z 0-9 . _ -
        node: String,
        /// Take rows up to a year old with it, for replays.
        #[arg(long)]
        accept_old: bool,
        #[command(flatten)]
        file: ConfigFile,
    },
    /// List tokens: node, id, when made, what they may, when revoked.
    List {
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Revoke the tokens of a node; running streams with them end.
    Revoke {
        /// Name of the node.
        node: String,
        /// Only the token with this id, as `list` shows it.
        #[arg(long)]
        id: Option<String>,
        #[command(flatten)]
        file: ConfigFile,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    log(cli.log_format);
    match work(cli.command) {
        Ok(code) => code,
        Err(e) => {
            // One line with all causes; if standard error is gone, the exit code still tells.
            drop(writeln!(std::io::stderr(), "error: {e:#}"));
            ExitCode::FAILURE
        }
    }
}

fn work(command: Command) -> Result<ExitCode> {
    let done = match command {
        Command::Run { file, exit_with_parent, address_file } => {
            let config = Config::load(&file.config)?;
            block_on(serve(config, exit_with_parent, address_file))
        }
        Command::Migrate { file } => {
            let config = Config::load(&file.config)?;
            let applied = block_on(async { Ok(migrate_only(&config).await?) })?;
            print(&format!("applied {applied}\n"))
        }
        Command::Token { command } => token(command),
        Command::Doctor { file, resume, fix, json } => {
            let config = Config::load(&file.config)?;
            let cure = match resume {
                Some(table) => Cure::One(table),
                None if fix => Cure::All,
                None => Cure::Nothing,
            };
            return doctor(&config, &cure, json);
        }
        Command::Rebuild { file, from, to, check, json } => {
            let config = Config::load(&file.config)?;
            let done = block_on(async { Ok(rebuild(&config, from, to, check).await?) })?;
            say_rebuilt(&done, check, json)?;
            let differs = check && done.differences() > 0;
            return Ok(if differs { ExitCode::FAILURE } else { ExitCode::SUCCESS });
        }
        Command::Correction { command } => correction(command),
        Command::Validate { file } => {
            check_files(&Config::load(&file.config)?)?;
            print("ok\n")
        }
    };
    done.map(|()| ExitCode::SUCCESS)
}

fn say_rebuilt(done: &Rebuilt, check: bool, json: bool) -> Result<()> {
    if json {
        return print(&format!("{}\n", serde_json::to_string_pretty(done)?));
    }
    let mut out = String::from("PART EQUAL CHANGED MISSING VOIDED\n");
    for (name, p) in &done.parts {
        out.push_str(&format!("{name} {} {} {} {}\n", p.equal, p.changed, p.missing, p.voided));
    }
    out.push_str(match (done.differences(), check) {
        (0, _) => "equal: what stands is what the raw rows give\n",
        (_, true) => "different: run it without --check to write what differs\n",
        (_, false) => "what differed was written\n",
    });
    print(&out)
}

fn correction(command: CorrectionCommand) -> Result<()> {
    match command {
        CorrectionCommand::Add { kind, subject, value, from, to, author, reason, file } => {
            let config = Config::load(&file.config)?;
            let change = Change { kind, subject, value, from_us: from, to_us: to, author, reason };
            let id = block_on(async { Ok(corrections::add(&config, change).await?) })?;
            print(&format!("{id}\n"))
        }
        CorrectionCommand::List { file } => {
            let config = Config::load(&file.config)?;
            let all = block_on(async { Ok(corrections::list(&config).await?) })?;
            let mut out = String::new();
            for s in all {
                let made = chrono::DateTime::from_timestamp_micros(s.made_us).unwrap_or_default();
                let c = s.change;
                let state = if s.revoked { "revoked" } else { "in force" };
                out.push_str(&format!(
                    "{} {} {} {} -> {} by {}: {} ({state})\n",
                    s.id,
                    made.format("%Y-%m-%dT%H:%M:%SZ"),
                    c.kind,
                    c.subject,
                    c.value,
                    c.author,
                    c.reason
                ));
            }
            print(&out)
        }
        CorrectionCommand::Revoke { id, author, reason, file } => {
            let config = Config::load(&file.config)?;
            block_on(async { Ok(corrections::revoke(&config, id, &author, &reason).await?) })
        }
    }
}

fn doctor(config: &Config, cure: &Cure, json: bool) -> Result<ExitCode> {
    let report = block_on(async { Ok(examine(config, cure).await?) })?;
    if json {
        print(&format!("{}\n", serde_json::to_string_pretty(&report)?))?;
    } else {
        print(&report.to_string())?;
    }
    Ok(if report.is_well() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn log(format: LogFormat) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("NAAP_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}

/// A runtime that does not wait for reads of standard input or of a database that hangs.
fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(work);
    runtime.shutdown_timeout(Duration::from_millis(500));
    result
}

async fn serve(config: Config, with_parent: bool, address_file: Option<PathBuf>) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = end_of_input(), if with_parent => {}
        }
    };
    let ready = |address: SocketAddr| {
        if let Some(file) = &address_file
            && let Err(e) = write_address(file, address)
        {
            tracing::error!(file = %file.display(), error = %e, "the address is not written");
        }
    };
    Ok(run(config, stop, ready).await?)
}

async fn end_of_input() {
    let mut input = tokio::io::stdin();
    let mut buffer = [0; 256];
    while matches!(input.read(&mut buffer).await, Ok(n) if n > 0) {}
}

/// As a whole or not at all: whoever waits for the file must not read half an address.
fn write_address(file: &Path, address: SocketAddr) -> std::io::Result<()> {
    let new = file.with_added_extension("new");
    std::fs::write(&new, address.to_string())?;
    std::fs::rename(&new, file)
}

fn token(command: TokenCommand) -> Result<()> {
    match command {
        TokenCommand::Add { node, accept_old, file } => {
            let config = Config::load(&file.config)?;
            let token = tokens::add(&config.tokens_file, &node, accept_old)?;
            print(&format!("{token}\n"))
        }
        TokenCommand::List { file } => {
            let mut out = String::from("NODE ID MADE MAY REVOKED\n");
            for t in tokens::list(&Config::load(&file.config)?.tokens_file)? {
                let id: String = t.sha256.chars().take(12).collect();
                let may = if t.accept_old { "old-rows" } else { "-" };
                let revoked = t.revoked_at.as_deref().unwrap_or("-");
                out.push_str(&format!("{} {id} {} {may} {revoked}\n", t.node, t.created_at));
            }
            print(&out)
        }
        TokenCommand::Revoke { node, id, file } => {
            let config = Config::load(&file.config)?;
            let count = tokens::revoke(&config.tokens_file, &node, id.as_deref())?;
            print(&format!("revoked {count}\n"))
        }
    }
}

fn print(text: &str) -> Result<()> {
    std::io::stdout().write_all(text.as_bytes()).context("writing to standard output")
}
