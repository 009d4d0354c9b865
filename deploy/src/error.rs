//! What can go wrong, in the words of the person who must set it right: what was tried, on what,
//! and what to do. Holds no logic.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// How to get a Java that QuestDB runs on.
pub(crate) const INSTALL_JAVA: &str = "install one: `sudo apt-get install openjdk-17-jre-headless` (Debian, Ubuntu), `sudo dnf install java-21-openjdk-headless` (Fedora), `brew install openjdk@21` (macOS); or set JAVA_HOME";

/// How to get Maven, or do without it.
pub(crate) const INSTALL_MAVEN: &str = "install it: `sudo apt-get install maven` (Debian, Ubuntu), `sudo dnf install maven` (Fedora), `brew install maven` (macOS); or bring the jar from elsewhere with --questdb-jar FILE";

/// A failure of `naap`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file operation failed.
    #[error("cannot {doing} {}", path.display())]
    File {
        /// What was tried, as a verb.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The data folder cannot be used.
    #[error("cannot write into the data folder {}; make it writable, or choose another one with --data DIR", path.display())]
    DataFolder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no default data folder.
    #[error(
        "no place for the data folder: neither XDG_DATA_HOME nor HOME is set; name one with --data DIR"
    )]
    NoHome,
    /// Too little space.
    #[error(
        "only {free_mib} MiB are free on the disk of {}, a start needs {need_mib} MiB; make room, or choose another disk with --data DIR",
        path.display()
    )]
    DiskFull {
        /// The data folder.
        path: PathBuf,
        /// What is free.
        free_mib: u64,
        /// What is needed.
        need_mib: u64,
    },
    /// Another `naap up` has this folder.
    #[error(
        "another `naap up`{} runs on {}; stop it with `naap down --data {}`, or use another folder with --data DIR",
        pid.map(|p| format!(" (pid {p})")).unwrap_or_default(), path.display(), path.display()
    )]
    Locked {
        /// The data folder.
        path: PathBuf,
        /// Its process, if it said so.
        pid: Option<i32>,
    },
    /// Somebody else listens there.
    #[error(
        "{flag} {address}: port {} is in use by {owner}; stop that, or choose another with {flag} {}:PORT (0 takes a free one)",
        address.port(), address.ip()
    )]
    PortInUse {
        /// The flag that changes it.
        flag: &'static str,
        /// The address.
        address: SocketAddr,
        /// Who has it, as far as the system tells.
        owner: String,
    },
    /// The system refuses the address for another reason.
    #[error("{flag} {address}: cannot listen there; choose another with {flag} ADDR:PORT")]
    Port {
        /// The flag that changes it.
        flag: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// Page and collector cannot share an address.
    #[error("--listen and --grpc both name port {0}; give them different ones")]
    SamePort(u16),
    /// Tokens would travel in the clear.
    #[error(
        "--grpc {0}: agents show their tokens there, and this stack speaks no TLS; listen on 127.0.0.1, and let agents on other machines come through an SSH tunnel or a proxy that speaks TLS"
    )]
    OpenGrpc(SocketAddr),
    /// No port is free.
    #[error("no free port on {0} after {tries} tries", tries = crate::limits::PORT_TRIES)]
    NoFreePort(std::net::IpAddr),
    /// No usable Java.
    #[error("QuestDB needs Java 17 or newer, and there is none ({found}); {INSTALL_JAVA}")]
    NoJava {
        /// What was found instead.
        found: String,
    },
    /// No Maven.
    #[error(
        "`mvn` (Maven) is needed once, to download QuestDB, and it is not here; {INSTALL_MAVEN}"
    )]
    NoMaven,
    /// Maven did not bring QuestDB.
    #[error(
        "the download of QuestDB failed ({why}); check the network (behind a proxy Maven needs it in ~/.m2/settings.xml), or bring the jar from elsewhere with --questdb-jar FILE. Maven said:\n{tail}"
    )]
    Download {
        /// How it ended.
        why: String,
        /// The end of what it said.
        tail: String,
    },
    /// A jar that is not the pinned one.
    #[error(
        "{} is not the pinned QuestDB (sha256 {found}, expected {expected}): {advice}", path.display()
    )]
    WrongJar {
        /// The file.
        path: PathBuf,
        /// Its checksum.
        found: String,
        /// The pinned one.
        expected: String,
        /// What was done, or is to be done.
        advice: &'static str,
    },
    /// A recorded file cannot be replayed.
    #[error("--replay {}: {why}", path.display())]
    Replay {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A configuration for the local agent cannot be used.
    #[error("--agent-config {}: {why}", path.display())]
    AgentConfig {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A flag has a value that cannot be.
    #[error("{flag}: {why}")]
    Flag {
        /// The flag.
        flag: &'static str,
        /// What is wrong with its value.
        why: String,
    },
    /// A network that cannot be simulated.
    #[error("this network cannot be simulated: {0}")]
    Plan(Box<naap_loadtest::PlanError>),
    /// A folder holds another simulation.
    #[error(
        "{}: {why}; choose another folder with --out DIR, or delete this one", path.display()
    )]
    Simulation {
        /// The file that says so.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A program of the stack is missing.
    #[error(
        "{name} is not in {}, where `naap` is; build all of them: `cargo build --release`", folder.display()
    )]
    NoProgram {
        /// The program.
        name: &'static str,
        /// The folder.
        folder: PathBuf,
    },
    /// A program could not be started.
    #[error("cannot start {name} ({})", program.display())]
    Spawn {
        /// The part.
        name: &'static str,
        /// The program.
        program: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A part ended while the stack started.
    #[error("{name} ended ({how}) while it started; the end of {}:\n{tail}", log.display())]
    Ended {
        /// The part.
        name: &'static str,
        /// Its exit status.
        how: String,
        /// Its log.
        log: PathBuf,
        /// The end of the log.
        tail: String,
    },
    /// A part does not answer.
    #[error(
        "{name} did not get ready within {} s ({last}); the end of {}:\n{tail}", limit.as_secs(), log.display()
    )]
    NotReady {
        /// The part.
        name: &'static str,
        /// How long was waited.
        limit: Duration,
        /// Its last answer.
        last: String,
        /// Its log.
        log: PathBuf,
        /// The end of the log.
        tail: String,
    },
    /// A short command failed.
    #[error("`{command}` failed ({how}): {said}")]
    Command {
        /// What was run.
        command: String,
        /// How it ended.
        how: String,
        /// The end of what it said.
        said: String,
    },
    /// The state file of a running stack makes no sense.
    #[error(
        "cannot understand {}; if no `naap up` runs on this folder, delete it", path.display()
    )]
    State {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// A configuration could not be written as TOML.
    #[error("cannot write the configuration of {name}")]
    Config {
        /// The part.
        name: &'static str,
        /// Why.
        source: toml::ser::Error,
    },
    /// Something does not go away.
    #[error("{what} still runs after {} s (pid {pid}); end it with `kill -9 {pid}`", limit.as_secs())]
    StillRuns {
        /// What.
        what: String,
        /// Its process.
        pid: i32,
        /// How long was waited.
        limit: Duration,
    },
    /// Signals cannot be received.
    #[error("cannot listen for signals")]
    Signals(#[source] io::Error),
}

impl Error {
    /// For `map_err`: a file operation on `path`.
    pub(crate) fn file(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { doing, path, source }
    }
}

/// The result of everything here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error with everything that led to it, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
