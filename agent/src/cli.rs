//! The command line of `naap-agent`. Words only; what they do is elsewhere.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// Reads a Livepeer node and its host, and ships what it saw to a collector.
///
/// Without a command, `--config FILE` runs it, and `--once` looks once.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// The configuration.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Read everything once, print it, send nothing.
    #[arg(long)]
    pub(crate) once: bool,
    /// How `--once` prints.
    #[arg(long, value_enum, default_value_t = Format::Table, requires = "once")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) extra: Extra,
    /// Stop when standard input ends: with the process that started this one.
    #[arg(long)]
    pub(crate) exit_with_parent: bool,
    /// How log lines are written, to standard error; NAAP_LOG sets their level.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Extra {
    /// Also a go-livepeer node, http://HOST:PORT of its CLI port; not where it runs.
    #[arg(long, value_name = "URL")]
    pub(crate) livepeer: Vec<String>,
    /// Also a file of gateway events; not where it runs.
    #[arg(long, value_name = "FILE")]
    pub(crate) events: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read, and ship to the collector, until SIGTERM or SIGINT; SIGHUP reads the configuration
    /// again.
    Run(Run),
    /// Check a configuration.
    Validate {
        /// The configuration.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Print a complete configuration, with every key explained.
    ExampleConfig,
    /// Look at configuration, collector, spool, nodes, cards and clock, and say what to do; exit
    /// code 1 if something is wrong.
    Doctor {
        /// The configuration.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Say it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// List what is read: how often, within which limits, and what never is.
    Sources {
        /// The configuration.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Say it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show live what would be sent; send nothing, store nothing.
    Tap(Tap),
    /// Read NVIDIA GPUs for the agent, as its child; answers lines on standard input.
    #[command(hide = true)]
    GpuChild {
        /// A library to load instead of the driver's own.
        #[arg(long, value_name = "FILE")]
        library: Option<PathBuf>,
        /// Look at processes too.
        #[arg(long)]
        processes: bool,
        /// Leave the GPU with this number alone.
        #[arg(long)]
        skip: Vec<u32>,
        /// Read everything twice, print it, and say what is not told and why.
        #[arg(long)]
        dump: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// The configuration.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Stop when standard input ends: with the process that started this one.
    #[arg(long)]
    pub(crate) exit_with_parent: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Tap {
    /// The configuration.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Only this source, by its name in the configuration.
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    /// Only rows of this entity.
    #[arg(long, value_name = "NAME")]
    pub(crate) entity: Option<String>,
    /// How rows are printed: a line of text, or of JSON.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) extra: Extra,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    Table,
    Json,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Args, clap::Error> {
        Args::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn flags_of_before_there_were_commands_still_hold() {
        let args = parse("naap-agent --config f --exit-with-parent").unwrap();
        assert!(args.command.is_none() && args.exit_with_parent);
        let args = parse("naap-agent --once --format json --livepeer http://127.0.0.1:1").unwrap();
        assert!(args.once && args.extra.livepeer.len() == 1);
        assert!(parse("naap-agent --format json").is_err(), "it needs --once");
    }

    #[test]
    fn commands_take_their_flags() {
        let args = parse("naap-agent run --config f --exit-with-parent --log-format json").unwrap();
        assert!(matches!(args.command, Some(Command::Run(r)) if r.exit_with_parent));
        assert!(parse("naap-agent run").is_err(), "--config is needed");
        let args = parse("naap-agent tap --source a --entity host --format json").unwrap();
        assert!(matches!(args.command, Some(Command::Tap(t)) if t.source.is_some()));
        assert!(parse("naap-agent --once run --config f").is_err(), "one or the other");
    }
}
