//! The command line of `naap`. Words only; what they do is elsewhere.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::mirror;
use crate::simulate::{self, Pace};
use crate::up::Options;

/// The measuring layer of the Livepeer network, on one machine.
#[derive(Debug, Parser)]
#[command(name = "naap", version, about, max_term_width = 100)]
pub struct Cli {
    /// How messages on stderr look
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// How messages look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the whole stack until Ctrl-C: QuestDB, collector, API, page, an agent for this machine.
    ///
    /// Prints `ready http://ADDR:PORT/` on stdout when everything answers. The first start gets
    /// QuestDB with Maven; later ones need no network.
    Up(Up),
    /// Stop the stack that runs on a data folder
    Down(Data),
    /// Tell how the stack on a data folder is; exit code 0: ready, 3: not running, 4: not ready
    Status(Status),
    /// Write the events of a simulated network to files, and what is true of them beside
    ///
    /// DIR gets `events_<gateway>.jsonl`, in the order of delivery, and `truth.jsonl`. An agent with
    /// `origin = "simulated"` and `[[events]]` that follow such a file sends them as real ones.
    Simulate(Simulate),
    /// Keep a copy of the daily files that an API publishes, and bring it up to date
    ///
    /// Each file is checked against the hash in its manifest. What was cut off goes on where it
    /// was; what is there is not transferred again. Exit code 2: a flag, 3: not reachable, 4: not
    /// what the manifest says, 5: the folder or its disk.
    Mirror(Mirror),
    /// Run a command and end it when stdin does
    #[command(hide = true)]
    Guard(Guard),
}

/// Which data folder.
#[derive(Debug, Args)]
pub struct Data {
    /// The data folder [default: $XDG_DATA_HOME/naap or ~/.local/share/naap]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// Flags of `naap up`.
#[derive(Debug, Args)]
pub struct Up {
    /// Which data folder.
    #[command(flatten)]
    pub data: Data,
    /// Where page and API listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Where the collector takes rows from agents; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:50051")]
    pub grpc: SocketAddr,
    /// Replay recorded gateway events, one JSON object a line; may be given several times.
    ///
    /// All times are moved by one offset, so that the newest event is now. The offset is kept in
    /// the data folder: a second start with the same files doubles nothing.
    #[arg(long, value_name = "FILE")]
    pub replay: Vec<PathBuf>,
    /// Leave the times of replayed events as they are (raw rows only, no rollups)
    #[arg(long, requires = "replay")]
    pub replay_keep_times: bool,
    /// Show a simulated network: days of history at first, then live; its rows say `simulated`
    #[arg(long)]
    pub demo: bool,
    /// Days of history that it begins with
    #[arg(long, value_name = "DAYS", default_value_t = 30.0, requires = "demo")]
    pub demo_days: f64,
    /// Do not measure this machine
    #[arg(long)]
    pub no_agent: bool,
    /// Let the agent of this machine read further sources too: those of this agent configuration
    ///
    /// Collector, token and spool stay this stack's. Paths in it are relative to it.
    #[arg(long, value_name = "FILE", conflicts_with = "no_agent")]
    pub agent_config: Option<PathBuf>,
    /// Use this QuestDB jar rather than a download; so does the variable NAAP_QUESTDB_JAR
    #[arg(long, value_name = "FILE")]
    pub questdb_jar: Option<PathBuf>,
    /// Stop when stdin ends, so that nothing runs on when the starter dies
    #[arg(long)]
    pub exit_with_parent: bool,
}

/// Flags of `naap simulate`.
#[derive(Debug, Args)]
pub struct Simulate {
    /// Where to write
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The same seed and flags give the same lines
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// How many gateways; each has a file
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub gateways: usize,
    /// How many orchestrators
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub orchestrators: usize,
    /// Live sessions, against some 20 an hour with five gateways
    #[arg(long, value_name = "TIMES", default_value_t = 1.0)]
    pub demand: f64,
    /// How long it lasts
    #[arg(long, value_name = "HOURS", default_value_t = 24.0)]
    pub hours: f64,
    /// When it begins, for example 2026-01-31T00:00:00Z [default: so that it ends now]
    #[arg(long, value_name = "RFC3339", value_parser = time)]
    pub from: Option<i64>,
    /// Write as time passes, so many times as fast; its last line is new when it is written
    #[arg(long, value_name = "TIMES", conflicts_with = "live")]
    pub speed: Option<f64>,
    /// Write these hours at once, then go on as time passes, until it is stopped
    ///
    /// Started again on the same folder it goes on where it stopped.
    #[arg(long)]
    pub live: bool,
    /// Stop when stdin ends, so that nothing runs on when the starter dies
    #[arg(long)]
    pub exit_with_parent: bool,
}

/// A time, to microseconds since 1970 UTC.
fn time(text: &str) -> Result<i64, String> {
    let time = humantime::parse_rfc3339_weak(text).map_err(|e| e.to_string())?;
    let since = time.duration_since(std::time::UNIX_EPOCH).map_err(|_| "it is before 1970")?;
    i64::try_from(since.as_micros()).map_err(|e| e.to_string())
}

/// Flags of `naap status`.
#[derive(Debug, Args)]
pub struct Status {
    /// Which data folder.
    #[command(flatten)]
    pub data: Data,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Flags of `naap mirror`.
#[derive(Debug, Args)]
pub struct Mirror {
    /// Address of the API
    #[arg(long, value_name = "URL")]
    pub from: String,
    /// The folder that becomes the mirror
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// Only this subject, such as sessions; may be given several times
    #[arg(long, value_name = "NAME")]
    pub subject: Vec<String>,
    /// Only days from this one on, such as 2026-05-01
    #[arg(long, value_name = "DAY")]
    pub since: Option<String>,
    /// Keep files whose place a later revision took
    #[arg(long)]
    pub keep_superseded: bool,
    /// Hash what is there already, and transfer again what is damaged
    #[arg(long)]
    pub verify: bool,
    /// Print what was done as JSON
    #[arg(long)]
    pub json: bool,
}

/// Flags of the guard.
#[derive(Debug, Args)]
pub struct Guard {
    /// Where to write the command's process id
    #[arg(long, value_name = "FILE")]
    pub pid_file: PathBuf,
    /// The program and its arguments
    #[arg(last = true, required = true)]
    pub command: Vec<OsString>,
}

impl From<Up> for Options {
    fn from(up: Up) -> Self {
        let jar = || std::env::var_os("NAAP_QUESTDB_JAR").filter(|v| !v.is_empty());
        Self {
            data: up.data.data,
            listen: up.listen,
            grpc: up.grpc,
            replay: up.replay,
            replay_keep_times: up.replay_keep_times,
            demo_days: up.demo.then_some(up.demo_days),
            agent: !up.no_agent,
            agent_config: up.agent_config,
            questdb_jar: up.questdb_jar.or_else(|| jar().map(PathBuf::from)),
        }
    }
}

impl From<Mirror> for mirror::Options {
    fn from(flags: Mirror) -> Self {
        Self {
            from: flags.from,
            to: flags.to,
            subjects: flags.subject,
            since: flags.since,
            keep_superseded: flags.keep_superseded,
            verify: flags.verify,
        }
    }
}

impl From<Simulate> for simulate::Options {
    fn from(flags: Simulate) -> Self {
        let pace = match (flags.live, flags.speed) {
            (true, _) => Pace::Live,
            (false, Some(speed)) => Pace::Times(speed),
            (false, None) => Pace::AtOnce,
        };
        Self {
            seed: flags.seed,
            gateways: flags.gateways,
            orchestrators: flags.orchestrators,
            demand: flags.demand,
            hours: flags.hours,
            from_us: flags.from,
            out: flags.out,
            pace,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    fn up(line: &str) -> Result<Options, clap::Error> {
        match Cli::try_parse_from(line.split(' '))?.command {
            Command::Up(up) => Ok(up.into()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn flags_of_up_become_options() {
        let options = up("naap up --data d --listen 0.0.0.0:1 --grpc [::1]:0 --replay a --replay b --replay-keep-times --no-agent --questdb-jar q.jar").unwrap();
        assert_eq!(options.data, Some("d".into()));
        assert_eq!(options.listen.to_string(), "0.0.0.0:1");
        assert_eq!(options.grpc.to_string(), "[::1]:0");
        assert_eq!(options.replay, [PathBuf::from("a"), PathBuf::from("b")]);
        assert!(options.replay_keep_times && !options.agent);
        assert_eq!(options.questdb_jar, Some("q.jar".into()));
        let plain = up("naap up").unwrap();
        let default = Options::default();
        assert_eq!((plain.listen, plain.grpc), (default.listen, default.grpc));
        assert!(plain.agent && !plain.replay_keep_times && plain.demo_days.is_none());
        assert_eq!(up("naap up --demo").unwrap().demo_days, Some(30.0));
        assert_eq!(up("naap up --demo --demo-days 0.5").unwrap().demo_days, Some(0.5));
        assert_eq!(up("naap up --agent-config a").unwrap().agent_config, Some("a".into()));
    }

    fn simulated(line: &str) -> Result<simulate::Options, clap::Error> {
        match Cli::try_parse_from(line.split(' '))?.command {
            Command::Simulate(flags) => Ok(flags.into()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn flags_of_simulate_become_options() {
        let plain = simulated("naap simulate --out d").unwrap();
        assert_eq!((plain.gateways, plain.orchestrators, plain.pace), (5, 60, Pace::AtOnce));
        assert_eq!((plain.from_us, plain.out), (None, PathBuf::from("d")));
        let all = "naap simulate --seed 9 --gateways 2 --orchestrators 8 --demand 0.5 --hours 3 --from 2026-01-31T00:00:00Z --speed 60 --out d";
        let all = simulated(all).unwrap();
        assert_eq!((all.seed, all.gateways, all.orchestrators), (9, 2, 8));
        assert_eq!((all.from_us, all.pace), (Some(1_769_817_600_000_000), Pace::Times(60.0)));
        assert_eq!(simulated("naap simulate --live --out d").unwrap().pace, Pace::Live);
        assert!(simulated("naap simulate --live --speed 2 --out d").is_err());
        assert!(simulated("naap simulate").is_err());
        let error = simulated("naap simulate --out d --from yesterday").unwrap_err().to_string();
        assert!(error.contains("--from"), "{error}");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(up("naap up --replay-keep-times").is_err());
        assert!(up("naap up --demo-days 3").is_err());
        assert!(up("naap up --no-agent --agent-config a").is_err());
        let error = up("naap up --listen 8080").unwrap_err().to_string();
        assert!(error.contains("--listen <ADDR:PORT>"), "{error}");
    }
}
