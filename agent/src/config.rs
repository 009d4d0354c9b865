//! Configuration: one TOML file, checked before anything is read or sent.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::limits;
use crate::source::probe::Endpoint;

/// The whole configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What the node is.
    #[serde(default)]
    pub kind: Kind,
    /// Where its traffic comes from.
    #[serde(default)]
    pub origin: Origin,
    /// Where it stands: lower-case letters, digits and `-`.
    pub region: Option<String>,
    /// Where rows go. Only `--once` does without.
    pub collector: Option<Collector>,
    /// Where rows wait.
    #[serde(default)]
    pub spool: Spool,
    /// The machine.
    #[serde(default)]
    pub host: Host,
    /// go-livepeer nodes.
    #[serde(default)]
    pub livepeer: Vec<Livepeer>,
    /// Gateway events.
    #[serde(default)]
    pub events: Vec<Events>,
    /// Recorded events with their times moved.
    pub replay: Option<Replay>,
    /// AI runner containers.
    #[serde(default)]
    pub ai_runner: AiRunner,
    /// Connections that are tried.
    #[serde(default)]
    pub probe: Probe,
}

/// What the node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// As the go-livepeer node found says, else a host.
    #[default]
    Auto,
    /// A machine.
    Host,
    /// A gateway.
    Gateway,
    /// An orchestrator.
    Orchestrator,
    /// Recorded events.
    Replay,
}

/// Where traffic comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Users.
    #[default]
    Organic,
    /// Load tests.
    Test,
    /// Recorded before.
    Replayed,
    /// Made up.
    Simulated,
}

impl Origin {
    /// The word in rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Organic => "organic",
            Self::Test => "test",
            Self::Replayed => "replayed",
            Self::Simulated => "simulated",
        }
    }
}

/// Where rows go.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collector {
    /// `http://` (this machine only) or `https://`, host and port.
    pub address: String,
    /// File with the node's token.
    pub token_file: PathBuf,
    /// Authority to trust for `https://`; the system's if left out.
    pub ca_file: Option<PathBuf>,
}

/// Where rows wait until the collector has them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spool {
    /// A folder of this agent's own; made if it is not there.
    pub dir: PathBuf,
    /// Bytes at most; above it the oldest rows are dropped and declared.
    pub max_bytes: u64,
}

impl Default for Spool {
    fn default() -> Self {
        Self { dir: "spool".into(), max_bytes: 512 << 20 }
    }
}

/// The machine.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Host {
    /// Whether it is sampled.
    pub enabled: bool,
    /// How often.
    #[serde(deserialize_with = "duration")]
    pub interval: Duration,
}

impl Default for Host {
    fn default() -> Self {
        Self { enabled: true, interval: Duration::from_secs(10) }
    }
}

/// A go-livepeer node.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Livepeer {
    /// Its name in rows.
    pub name: String,
    /// Its CLI address, `http://127.0.0.1:7935`; `/metrics` is added.
    pub url: String,
    /// How often it is asked.
    #[serde(default = "ten_seconds", deserialize_with = "duration")]
    pub interval: Duration,
    /// How long an answer may take.
    #[serde(default = "five_seconds", deserialize_with = "duration")]
    pub timeout: Duration,
    /// Whether it is asked more than its metrics, by a closed list of paths that change nothing.
    #[serde(default = "yes")]
    pub http: bool,
    /// An orchestrator's service port on this machine, for its live runners.
    pub service_url: Option<String>,
}

/// AI runner containers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AiRunner {
    /// Whether they are looked at.
    pub enabled: bool,
    /// Whether the ports that go-livepeer gives to them are tried on this machine.
    pub discover: bool,
    /// Further ones, `http://HOST:PORT`.
    pub urls: Vec<String>,
    /// How often.
    #[serde(deserialize_with = "duration")]
    pub interval: Duration,
}

impl Default for AiRunner {
    fn default() -> Self {
        let interval = Duration::from_secs(10);
        Self { enabled: false, discover: true, urls: Vec::new(), interval }
    }
}

/// Connections that are tried.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Probe {
    /// Whether any is.
    pub enabled: bool,
    /// Whether orchestrators are probed that a gateway here has seen.
    pub discover: bool,
    /// Each target once in this time.
    #[serde(deserialize_with = "duration")]
    pub interval: Duration,
    /// Connections to a target, one after the other.
    pub connects: u32,
    /// Targets in one interval.
    pub targets_at_most: u32,
    /// Targets by name.
    #[serde(rename = "target")]
    pub targets: Vec<ProbeTarget>,
}

impl Default for Probe {
    fn default() -> Self {
        Self {
            enabled: false,
            discover: false,
            interval: Duration::from_secs(300),
            connects: 5,
            targets_at_most: 20,
            targets: Vec::new(),
        }
    }
}

/// A target of probes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeTarget {
    /// Its name in rows.
    pub name: String,
    /// `http://HOST:PORT` or `https://HOST:PORT`.
    pub url: String,
}

/// Gateway events.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Events {
    /// Its name in rows.
    pub name: String,
    /// A file of JSON lines, or `-` for standard input.
    pub path: PathBuf,
    /// Go on when the file grows.
    #[serde(default)]
    pub follow: bool,
    /// Whether times are moved.
    #[serde(default)]
    pub shift: Shift,
}

/// Whether times are moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shift {
    /// As recorded.
    #[default]
    None,
    /// By one offset, so that the newest is now.
    NewestIsNow,
}

/// Recorded events with their times moved.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// Where offsets are remembered, so that a second start doubles nothing.
    pub state_file: PathBuf,
}

const fn yes() -> bool {
    true
}

const fn ten_seconds() -> Duration {
    Duration::from_secs(10)
}

const fn five_seconds() -> Duration {
    Duration::from_secs(5)
}

fn duration<'de, D: Deserializer<'de>>(d: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(d)?;
    humantime::parse_duration(&text).map_err(|_| {
        serde::de::Error::custom(format!("`{text}` is no duration; write for example \"10s\""))
    })
}

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is no configuration.
    #[error("{}: {message}", file.display())]
    Parse {
        /// The file.
        file: PathBuf,
        /// What is wrong, with line and key.
        message: String,
    },
    /// Values make no sense.
    #[error("{}:\n  {}", file.display(), problems.join("\n  "))]
    Values {
        /// The file.
        file: PathBuf,
        /// What is wrong, key by key.
        problems: Vec<String>,
    },
}

impl Config {
    /// The configuration of an agent that only looks at its machine.
    pub fn bare() -> Self {
        Self {
            kind: Kind::default(),
            origin: Origin::default(),
            region: None,
            collector: None,
            spool: Spool::default(),
            host: Host::default(),
            livepeer: Vec::new(),
            events: Vec::new(),
            replay: None,
            ai_runner: AiRunner::default(),
            probe: Probe::default(),
        }
    }

    /// Reads and checks a configuration; paths in it are relative to it.
    ///
    /// # Errors
    /// If it cannot be read, or something in it is wrong; all problems at once.
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| ConfigError::Read { file: file.to_owned(), source })?;
        let mut config: Self = toml::from_str(&text)
            .map_err(|e| ConfigError::Parse { file: file.to_owned(), message: e.to_string() })?;
        let problems = config.problems();
        if !problems.is_empty() {
            return Err(ConfigError::Values { file: file.to_owned(), problems });
        }
        config.resolve(file.parent().unwrap_or(Path::new(".")));
        Ok(config)
    }

    fn resolve(&mut self, dir: &Path) {
        if let Some(c) = &mut self.collector {
            c.token_file = dir.join(&c.token_file);
            c.ca_file = c.ca_file.take().map(|f| dir.join(f));
        }
        self.spool.dir = dir.join(&self.spool.dir);
        for e in self.events.iter_mut().filter(|e| e.path.as_os_str() != "-") {
            e.path = dir.join(&e.path);
        }
        if let Some(r) = &mut self.replay {
            r.state_file = dir.join(&r.state_file);
        }
    }

    /// Everything that makes no sense, key by key.
    pub fn problems(&self) -> Vec<String> {
        let mut out = Vec::new();
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self
            .region
            .as_ref()
            .is_some_and(|r| r.is_empty() || r.len() > 32 || !r.chars().all(word))
        {
            out.push("region: write lower-case letters, digits and `-`, at most 32".to_owned());
        }
        if let Some(c) = &self.collector {
            out.extend(address_problem(&c.address));
        }
        if !((8 << 20)..=(64 << 30)).contains(&self.spool.max_bytes) {
            out.push("spool.max_bytes: write 8388608 (8 MiB) to 68719476736 (64 GiB)".to_owned());
        }
        let pace = Duration::from_millis(500)..=Duration::from_secs(3600);
        if !pace.contains(&self.host.interval) {
            out.push("host.interval: write a time from 500ms to 1h".to_owned());
        }
        let names =
            self.livepeer.iter().map(|l| &l.name).chain(self.events.iter().map(|e| &e.name));
        let mut seen = std::collections::HashSet::new();
        for name in names {
            if name.is_empty() || name.len() > 64 || name == "host" || name == "agent" {
                out.push(format!("name {name:?}: write 1 to 64 characters, not host or agent"));
            }
            if !seen.insert(name) {
                out.push(format!("name {name:?} is there twice; rows could not be told apart"));
            }
        }
        for l in &self.livepeer {
            let key = format!("livepeer {:?}", l.name);
            let uri: Result<http::Uri, _> = l.url.parse();
            if !uri.is_ok_and(|u| {
                u.scheme_str() == Some("http") && u.path().len() <= 1 && u.query().is_none()
            }) {
                out.push(format!("{key}: url: write http://HOST:PORT of the node's CLI port"));
            }
            if !pace.contains(&l.interval) || !pace.contains(&l.timeout) {
                out.push(format!("{key}: interval and timeout: write times from 500ms to 1h"));
            }
        }
        self.http_problems(&mut out);
        let shifted = self.events.iter().any(|e| e.shift == Shift::NewestIsNow);
        if shifted && self.replay.is_none() {
            out.push("replay.state_file is needed where shift = \"newest-is-now\"".to_owned());
        }
        if self
            .events
            .iter()
            .any(|e| e.shift == Shift::NewestIsNow && (e.follow || e.path.as_os_str() == "-"))
        {
            out.push(
                "events: shift = \"newest-is-now\" needs a whole file, not follow or `-`"
                    .to_owned(),
            );
        }
        if shifted && self.origin != Origin::Replayed {
            out.push("origin must be \"replayed\" where times are moved".to_owned());
        }
        out
    }

    /// What is wrong with the sources that ask over HTTP or try connections.
    fn http_problems(&self, out: &mut Vec<String>) {
        for l in &self.livepeer {
            let here = |url: &str| {
                let uri: Option<http::Uri> = url.parse().ok();
                uri.and_then(|u| u.host().map(is_here)).unwrap_or(false)
            };
            if l.service_url.as_ref().is_some_and(|u| !is_base(u, &["http", "https"]) || !here(u)) {
                out.push(format!(
                    "livepeer {:?}: service_url: write https://127.0.0.1:PORT of the orchestrator's service port; only this machine's is asked",
                    l.name
                ));
            }
        }
        let r = &self.ai_runner;
        if !(Duration::from_secs(5)..=Duration::from_secs(3600)).contains(&r.interval) {
            out.push("ai_runner.interval: write a time from 5s to 1h".to_owned());
        }
        if r.urls.len() > limits::RUNNERS || !r.urls.iter().all(|u| is_base(u, &["http"])) {
            let most = limits::RUNNERS;
            out.push(format!("ai_runner.urls: write http://HOST:PORT each, at most {most}"));
        }
        let p = &self.probe;
        if !(limits::PROBE_LEAST..=Duration::from_secs(86_400)).contains(&p.interval) {
            out.push("probe.interval: write a time from 1m to 1d".to_owned());
        }
        if !(1..=20).contains(&p.connects) {
            out.push("probe.connects: write 1 to 20".to_owned());
        }
        if !(1..=200).contains(&p.targets_at_most) {
            out.push("probe.targets_at_most: write 1 to 200".to_owned());
        }
        let mut seen = std::collections::HashSet::new();
        for t in &p.targets {
            if t.name.is_empty() || t.name.len() > 64 || !seen.insert(&t.name) {
                out.push(format!(
                    "probe.target {:?}: write a name of 1 to 64 characters, each once",
                    t.name
                ));
            }
            if !is_base(&t.url, &["http", "https"]) || Endpoint::of(&t.url).is_none() {
                out.push(format!("probe.target {:?}: url: write https://HOST:PORT", t.name));
            }
        }
    }
}

/// Scheme, host and port, and nothing else.
fn is_base(url: &str, schemes: &[&str]) -> bool {
    let plain = !url.contains(['@', '#', '?']);
    plain
        && url.parse().is_ok_and(|u: http::Uri| {
            u.scheme_str().is_some_and(|s| schemes.contains(&s)) && u.path().len() <= 1
        })
}

/// Whether a host is this machine.
fn is_here(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Tokens and figures cross the network only under TLS.
fn address_problem(address: &str) -> Option<String> {
    let uri: http::Uri = match address.parse() {
        Ok(uri) => uri,
        Err(_) => return Some(format!("collector.address: {address:?} is no address")),
    };
    let here = is_here(uri.host().unwrap_or_default());
    match uri.scheme_str() {
        Some("https") => None,
        Some("http") if here => None,
        Some("http") => Some(format!(
            "collector.address: {address} would send the token in the clear; write https://"
        )),
        _ => Some(
            "collector.address: write https://HOST:PORT, or http:// for this machine".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("agent.toml");
        std::fs::write(&file, text).unwrap();
        Config::read(&file).map_err(|e| e.to_string())
    }

    #[test]
    fn the_example_is_a_configuration() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("agent.example.toml");
        let config = Config::read(&file).unwrap();
        assert_eq!((config.livepeer.len(), config.events.len()), (1, 1));
        assert!(config.collector.unwrap().token_file.is_absolute());
    }

    #[test]
    fn an_empty_file_is_a_configuration() {
        let config = parse("").unwrap();
        assert_eq!(config.host.interval, Duration::from_secs(10));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            ("colour = 1", "unknown field `colour`"),
            ("[host]\ninterval = \"soon\"", "`soon` is no duration"),
            ("[host]\ninterval = \"1ms\"", "host.interval"),
            ("region = \"EU Central\"", "region"),
            (
                "[collector]\naddress = \"http://198.51.100.1:1\"\ntoken_file = \"t\"",
                "in the clear",
            ),
            ("[collector]\naddress = \"ftp://x\"\ntoken_file = \"t\"", "https://HOST:PORT"),
            ("[spool]\nmax_bytes = 5", "spool.max_bytes"),
            ("[[livepeer]]\nname = \"a\"\nurl = \"http://127.0.0.1:1/transferTokens\"", "CLI port"),
            (
                "[[livepeer]]\nname = \"a\"\nurl = \"http://127.0.0.1:1\"\n[[events]]\nname = \"a\"\npath = \"x\"",
                "twice",
            ),
            (
                "[[livepeer]]\nname = \"a\"\nurl = \"http://127.0.0.1:1\"\nservice_url = \"https://198.51.100.1:8935\"",
                "only this machine",
            ),
            ("[ai_runner]\nurls = [\"http://127.0.0.1:1/x\"]", "ai_runner.urls"),
            ("[ai_runner]\ninterval = \"1s\"", "ai_runner.interval"),
            ("[probe]\ninterval = \"59s\"", "probe.interval"),
            ("[probe]\nconnects = 0", "probe.connects"),
            ("[probe]\ntargets_at_most = 201", "probe.targets_at_most"),
            ("[[probe.target]]\nname = \"a\"\nurl = \"ftp://x\"", "probe.target"),
            (
                "[[probe.target]]\nname = \"a\"\nurl = \"http://x\"\n[[probe.target]]\nname = \"a\"\nurl = \"http://y\"",
                "each once",
            ),
            (
                "[[events]]\nname = \"a\"\npath = \"x\"\nshift = \"newest-is-now\"",
                "replay.state_file",
            ),
        ];
        for (text, says) in cases {
            let error = parse(text).expect_err(text);
            assert!(error.contains(says), "{text} gave {error}");
        }
    }
}
