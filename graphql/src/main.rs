//! `naap-graphql`: API and page.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand, ValueEnum};
use naap_graphql::config::Config;
use naap_graphql::{Only, Summary};
use tokio::io::AsyncReadExt;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// The public API of NaaP: GraphQL, and the page that lives on it.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// How log lines are written, to standard error; NAAP_LOG sets their level.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until SIGINT or SIGTERM.
    Run {
        /// The configuration.
        #[arg(long)]
        config: PathBuf,
        /// Stop when standard input ends: with the process that started this one.
        #[arg(long)]
        exit_with_parent: bool,
        /// Write the address that is listened on to this file.
        #[arg(long)]
        address_file: Option<PathBuf>,
    },
    /// Checks a configuration.
    Validate {
        /// The configuration.
        #[arg(long)]
        config: PathBuf,
    },
    /// Builds the daily files that are due, once; `run` does it by itself.
    Datasets {
        /// The configuration.
        #[arg(long)]
        config: PathBuf,
        /// Only this subject, such as sessions.
        #[arg(long)]
        subject: Option<String>,
        /// Look at all days that are not final, though they were looked at a short while ago.
        #[arg(long)]
        recheck: bool,
        /// Build this day and those after it anew, final ones too: after a correction.
        #[arg(long, value_name = "DAY", requires = "to")]
        from: Option<chrono::NaiveDate>,
        /// The last day to build anew.
        #[arg(long, value_name = "DAY", requires = "from")]
        to: Option<chrono::NaiveDate>,
    },
    /// Prints the schema.
    Sdl,
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "what a command prints is its result")]
async fn main() -> Result<()> {
    let args = Args::parse();
    let filter = EnvFilter::try_from_env("NAAP_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match args.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    match args.command {
        Command::Run { config, exit_with_parent, address_file } => {
            let config = Config::read(&config)?;
            let stop = stop(exit_with_parent).context("take signals")?;
            naap_graphql::serve(&config, address_file.as_deref(), stop).await?;
            tracing::info!("stopped");
        }
        Command::Validate { config } => {
            Config::read(&config)?.password()?;
            println!("{} is in order", config.display());
        }
        Command::Datasets { config, subject, recheck, from, to } => {
            let only = Only { subject, days: from.zip(to), recheck };
            let done = naap_graphql::build_datasets(&Config::read(&config)?, &only).await?;
            let Summary { published, unchanged, left } = done;
            println!("{published} files published, {unchanged} unchanged, {left} left");
        }
        Command::Sdl => print!("{}", naap_graphql::schema::sdl()),
    }
    Ok(())
}

/// Ends on SIGINT, SIGTERM, or with the parent.
fn stop(with_parent: bool) -> Result<impl Future<Output = ()> + Send + 'static> {
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
