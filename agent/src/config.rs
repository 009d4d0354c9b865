//! Configuration: one TOML file, checked before anything is read or sent.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use naap_schema::region::{self, REGIONS};
use serde::{Deserialize, Deserializer};

use crate::limits;
use crate::near::nearest;
use crate::source::probe::Endpoint;

/// A complete configuration with every key, its default and what it does.
pub const EXAMPLE: &str = include_str!("../agent.example.toml");

/// The whole configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What the node is.
    #[serde(default)]
    pub kind: Kind,
    /// Where its traffic comes from.
    #[serde(default)]
    pub origin: Origin,
    /// Where it stands: a name of [`REGIONS`].
    pub region: Option<String>,
    /// Whether go-livepeer nodes of this machine are looked for where none is named.
    #[serde(default = "yes")]
    pub discover: bool,
    /// Where rows go. Only `--once` does without.
    pub collector: Option<Collector>,
    /// Where rows wait.
    #[serde(default)]
    pub spool: Spool,
    /// The machine.
    #[serde(default)]
    pub host: Host,
    /// NVIDIA GPUs.
    #[serde(default)]
    pub gpu: Gpu,
    /// go-livepeer nodes.
    #[serde(default)]
    pub livepeer: Vec<Livepeer>,
    /// Gateway events.
    #[serde(default)]
    pub events: Vec<Events>,
    /// Where gateways send their events themselves, as to a Kafka broker.
    #[serde(default)]
    pub kafka_endpoint: Vec<KafkaEndpoint>,
    /// Topics of Kafka brokers that there are already.
    #[serde(default)]
    pub kafka_topic: Vec<KafkaTopic>,
    /// Recorded events with their times moved.
    pub replay: Option<Replay>,
    /// The agent's own health.
    #[serde(default, rename = "self")]
    pub own: Own,
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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collector {
    /// `http://` (this machine only) or `https://`, host and port.
    pub address: String,
    /// File with the node's token; once read, never empty: see [`Surroundings`].
    #[serde(default)]
    pub token_file: PathBuf,
    /// Authority to trust for `https://`; the system's if left out.
    pub ca_file: Option<PathBuf>,
}

/// Where rows wait until the collector has them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
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

/// NVIDIA GPUs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gpu {
    /// Whether they are looked for: `"auto"`, true or false.
    pub enabled: Look,
    /// How often they are read.
    #[serde(deserialize_with = "duration")]
    pub interval: Duration,
    /// How long a read may take before the reader is killed and replaced.
    #[serde(deserialize_with = "duration")]
    pub deadline: Duration,
    /// How many there should be; the most seen if left out.
    pub expect: Option<u32>,
    /// Whether it is told which kinds of programs use them.
    pub processes: bool,
    /// Whether PCIe throughput is read once a minute; 40 ms for each GPU.
    pub pcie_throughput: bool,
    /// A library to load instead of the driver's own.
    pub library: Option<PathBuf>,
    /// The program that reads them when started with `gpu-child`. No part of a file: `naap-agent`
    /// names itself, and who runs the agent as a library leaves GPUs out or names another.
    #[serde(skip)]
    pub program: Option<PathBuf>,
}

/// Whether something is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Look {
    /// If it is there; its absence is no failure.
    #[default]
    Auto,
    /// Always; its absence is a failure.
    Always,
    /// Not.
    Never,
}

impl<'de> Deserialize<'de> for Look {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Switch(bool),
            Word(String),
        }
        match Written::deserialize(d) {
            Ok(Written::Switch(true)) => Ok(Self::Always),
            Ok(Written::Switch(false)) => Ok(Self::Never),
            Ok(Written::Word(word)) if word == "auto" => Ok(Self::Auto),
            _ => Err(serde::de::Error::custom("write \"auto\", true or false")),
        }
    }
}

impl Default for Gpu {
    fn default() -> Self {
        Self {
            enabled: Look::Auto,
            interval: Duration::from_secs(10),
            deadline: Duration::from_secs(5),
            expect: None,
            processes: true,
            pcie_throughput: false,
            library: None,
            program: None,
        }
    }
}

/// A go-livepeer node.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeTarget {
    /// Its name in rows.
    pub name: String,
    /// `http://HOST:PORT` or `https://HOST:PORT`.
    pub url: String,
}

/// Gateway events.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
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

/// Where gateways on this machine send their events themselves, as to a Kafka broker.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KafkaEndpoint {
    /// Its name in rows.
    pub name: String,
    /// Where it listens: an address of loopback, and a port. The gateway's `-kafkaBootstrapServers`.
    pub listen: SocketAddr,
    /// The gateway's `-kafkaGatewayTopic`.
    pub topic: String,
    /// Who may send; everybody on this machine if left out.
    pub user: Option<String>,
    /// File with the password of that user.
    pub password_file: Option<PathBuf>,
}

impl KafkaEndpoint {
    fn problems(&self) -> Vec<String> {
        let key = format!("kafka_endpoint {:?}", self.name);
        let mut out = Vec::new();
        if !self.listen.ip().is_loopback() {
            out.push(format!(
                "{key}: listen: {} can be reached from elsewhere, and events would cross the \
                 network in the clear; the agent belongs on the gateway's machine: write \
                 127.0.0.1:{}",
                self.listen,
                self.listen.port()
            ));
        }
        out.extend(topic_problem(&key, &self.topic));
        if self.user.is_some() != self.password_file.is_some() {
            out.push(format!("{key}: user and password_file belong together; write both"));
        }
        if self.user.as_ref().is_some_and(|u| u.is_empty() || u.len() > 256 || u.contains('\0')) {
            out.push(format!("{key}: user: write 1 to 256 characters"));
        }
        out
    }
}

/// A topic of a Kafka broker that there is already.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KafkaTopic {
    /// Its name in rows.
    pub name: String,
    /// `HOST:PORT` of brokers; some of them are enough.
    pub brokers: Vec<String>,
    /// The topic.
    pub topic: String,
    /// The consumer group.
    #[serde(default = "naap_agent")]
    pub group: String,
    /// Whether the brokers speak TLS.
    #[serde(default)]
    pub tls: bool,
    /// Authority to trust for TLS; the system's if left out.
    pub ca_file: Option<PathBuf>,
    /// How the user is known.
    pub mechanism: Option<Mechanism>,
    /// The user.
    pub user: Option<String>,
    /// File with the password.
    pub password_file: Option<PathBuf>,
    /// Or the environment variable that holds it.
    pub password_env: Option<String>,
}

/// How a user of Kafka is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Mechanism {
    /// By the password itself.
    #[serde(rename = "PLAIN")]
    Plain,
    /// By proof of it.
    #[serde(rename = "SCRAM-SHA-256")]
    Scram256,
    /// By proof of it.
    #[serde(rename = "SCRAM-SHA-512")]
    Scram512,
}

impl Mechanism {
    /// Its name in Kafka.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Scram256 => "SCRAM-SHA-256",
            Self::Scram512 => "SCRAM-SHA-512",
        }
    }
}

impl KafkaTopic {
    fn problems(&self) -> Vec<String> {
        let key = format!("kafka_topic {:?}", self.name);
        let mut out = Vec::new();
        if !cfg!(feature = "kafka-consumer") {
            out.push(format!(
                "{key}: this agent was built without Kafka's client; build it with `cargo build -p \
                 naap-agent --release --features kafka-consumer`"
            ));
        }
        let address = |b: &String| {
            let split = b.rsplit_once(':');
            split.is_some_and(|(host, port)| {
                !host.is_empty() && !host.contains([',', '/']) && port.parse::<u16>().is_ok()
            })
        };
        if self.brokers.is_empty() || !self.brokers.iter().all(address) {
            out.push(format!("{key}: brokers: write [\"HOST:PORT\"], without a scheme"));
        }
        out.extend(topic_problem(&key, &self.topic));
        if self.group.is_empty() || self.group.len() > 255 {
            out.push(format!("{key}: group: write 1 to 255 characters"));
        }
        if self.ca_file.is_some() && !self.tls {
            out.push(format!("{key}: ca_file is for tls = true"));
        }
        let passwords =
            usize::from(self.password_file.is_some()) + usize::from(self.password_env.is_some());
        let login = [self.mechanism.is_some(), self.user.is_some(), passwords == 1];
        if passwords > 1 || (login.contains(&true) && login.contains(&false)) {
            out.push(format!(
                "{key}: mechanism, user and one of password_file and password_env belong together"
            ));
        }
        let host = |b: &String| {
            b.rsplit_once(':').map(|(host, _)| host.trim_matches(['[', ']']).to_owned())
        };
        let hosts = || self.brokers.iter().filter_map(host);
        if self.mechanism == Some(Mechanism::Plain) && !self.tls && !hosts().all(|h| is_here(&h)) {
            out.push(format!(
                "{key}: mechanism PLAIN would send the password in the clear; write tls = true, or \
                 use SCRAM-SHA-512"
            ));
        }
        out
    }
}

fn naap_agent() -> String {
    "naap-agent".to_owned()
}

/// Kafka's own rule for names of topics.
fn topic_problem(key: &str, topic: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let named = (1..=249).contains(&topic.len()) && topic != "." && topic != "..";
    (!named || !topic.chars().all(fits))
        .then(|| format!("{key}: topic: write 1 to 249 of a-z, A-Z, 0-9, `.`, `_` and `-`"))
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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// Where offsets are remembered, so that a second start doubles nothing.
    pub state_file: PathBuf,
}

/// The agent's own health, for this machine.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Own {
    /// Where `/metrics` and `/healthz` are served; a loopback address, or nowhere.
    pub listen: Option<SocketAddr>,
}

/// What a process is told beside its configuration: where its token is. Taken in this order:
/// `collector.token_file`; `NAAP_TOKEN_FILE`; the credential `naap-token` that systemd hands over;
/// a file `token` beside the configuration. What is written comes first, so that a variable that
/// was meant for one agent does not reach another.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// `NAAP_TOKEN_FILE`.
    pub token_file: Option<PathBuf>,
    /// `CREDENTIALS_DIRECTORY`.
    pub credentials: Option<PathBuf>,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_process() -> Self {
        let path = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        Self { token_file: path("NAAP_TOKEN_FILE"), credentials: path("CREDENTIALS_DIRECTORY") }
    }

    fn token_file(&self, written: &Path, dir: &Path) -> PathBuf {
        if !written.as_os_str().is_empty() {
            return dir.join(written);
        }
        if let Some(file) = &self.token_file {
            return file.clone();
        }
        let handed = self.credentials.as_ref().map(|d| d.join("naap-token"));
        handed.filter(|f| f.exists()).unwrap_or_else(|| dir.join("token"))
    }
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
            discover: true,
            collector: None,
            spool: Spool::default(),
            host: Host::default(),
            gpu: Gpu::default(),
            livepeer: Vec::new(),
            events: Vec::new(),
            kafka_endpoint: Vec::new(),
            kafka_topic: Vec::new(),
            replay: None,
            own: Own::default(),
            ai_runner: AiRunner::default(),
            probe: Probe::default(),
        }
    }

    /// Reads and checks a configuration; paths in it are relative to it.
    ///
    /// # Errors
    /// If it cannot be read, or something in it is wrong; all problems at once.
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        Self::read_in(file, &Surroundings::of_process())
    }

    /// The same, in surroundings of the caller's.
    ///
    /// # Errors
    /// If it cannot be read, or something in it is wrong; all problems at once.
    pub fn read_in(file: &Path, around: &Surroundings) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| ConfigError::Read { file: file.to_owned(), source })?;
        let mut config: Self = toml::from_str(&text)
            .map_err(|e| ConfigError::Parse { file: file.to_owned(), message: explain(&e) })?;
        let problems = config.problems();
        if !problems.is_empty() {
            return Err(ConfigError::Values { file: file.to_owned(), problems });
        }
        config.resolve(file.parent().unwrap_or(Path::new(".")), around);
        Ok(config)
    }

    fn resolve(&mut self, dir: &Path, around: &Surroundings) {
        if let Some(c) = &mut self.collector {
            c.token_file = around.token_file(&c.token_file, dir);
            c.ca_file = c.ca_file.take().map(|f| dir.join(f));
        }
        self.spool.dir = dir.join(&self.spool.dir);
        self.gpu.library = self.gpu.library.take().map(|f| dir.join(f));
        for e in self.events.iter_mut().filter(|e| e.path.as_os_str() != "-") {
            e.path = dir.join(&e.path);
        }
        for k in &mut self.kafka_endpoint {
            k.password_file = k.password_file.take().map(|f| dir.join(f));
        }
        for k in &mut self.kafka_topic {
            k.ca_file = k.ca_file.take().map(|f| dir.join(f));
            k.password_file = k.password_file.take().map(|f| dir.join(f));
        }
        if let Some(r) = &mut self.replay {
            r.state_file = dir.join(&r.state_file);
        }
    }

    /// Everything that makes no sense, key by key.
    pub fn problems(&self) -> Vec<String> {
        let mut out = Vec::new();
        out.extend(self.region.as_deref().and_then(region_problem));
        if let Some(listen) = self.own.listen.filter(|l| !l.ip().is_loopback()) {
            out.push(format!(
                "self.listen: {listen} could be reached from outside; write 127.0.0.1:PORT"
            ));
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
        out.extend(self.gpu.problems(&pace));
        let names = (self.livepeer.iter().map(|l| &l.name))
            .chain(self.events.iter().map(|e| &e.name))
            .chain(self.kafka_endpoint.iter().map(|k| &k.name))
            .chain(self.kafka_topic.iter().map(|k| &k.name));
        let mut seen = std::collections::HashSet::new();
        for name in names {
            if name.is_empty()
                || name.len() > 64
                || ["host", "gpu", "agent"].contains(&name.as_str())
            {
                out.push(format!(
                    "name {name:?}: write 1 to 64 characters, not host, gpu or agent"
                ));
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
        out.extend(self.kafka_endpoint.iter().flat_map(KafkaEndpoint::problems));
        out.extend(self.kafka_topic.iter().flat_map(KafkaTopic::problems));
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

impl Gpu {
    fn problems(&self, pace: &std::ops::RangeInclusive<Duration>) -> Vec<String> {
        let mut out = Vec::new();
        if !pace.contains(&self.interval) {
            out.push("gpu.interval: write a time from 500ms to 1h".to_owned());
        }
        if !(Duration::from_millis(500)..=Duration::from_secs(60)).contains(&self.deadline) {
            out.push("gpu.deadline: write a time from 500ms to 1m".to_owned());
        }
        if self.expect.is_some_and(|n| n == 0 || n > limits::GPUS) {
            let most = limits::GPUS;
            out.push(format!("gpu.expect: write 1 to {most}, or leave it out"));
        }
        out
    }
}

/// What is wrong with a file, with the line; for a word that is not known, the nearest that is.
fn explain(error: &toml::de::Error) -> String {
    let text = error.to_string();
    let text = text.trim_end();
    match meant(error.message()) {
        Some(word) => format!("{text}\ndid you mean `{word}`?"),
        None => text.to_owned(),
    }
}

/// The word that was meant, if serde says "unknown field `x`, expected one of `a`, `b`" (or
/// "variant", or "expected `a`"), and one of them is near.
fn meant(message: &str) -> Option<&str> {
    let (unknown, expected) = message.split_once(", expected ")?;
    let unknown = unknown.strip_prefix("unknown ")?.split('`').nth(1)?;
    nearest(unknown, expected.split('`').skip(1).step_by(2))
}

fn region_problem(name: &str) -> Option<String> {
    if region::find(name).is_some() {
        return None;
    }
    let near = nearest(&name.to_lowercase(), REGIONS.iter().map(|r| r.name));
    let near = near.map_or_else(String::new, |near| format!("did you mean \"{near}\"? "));
    Some(format!(
        "region: {name:?} is not known; {near}`naap-agent example-config` lists all regions"
    ))
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
        let config = parse(EXAMPLE).unwrap();
        assert_eq!((config.livepeer.len(), config.events.len()), (0, 0));
        assert!(config.collector.unwrap().token_file.is_absolute());
    }

    /// Every key that the example shows commented out, in force: `#key = ...` and `#[table]`, where
    /// prose has a blank after its `#`.
    fn all_of_the_example() -> String {
        let line = |l: &str| match l.strip_prefix('#') {
            Some(rest) if !rest.is_empty() && !rest.starts_with(' ') => format!("{rest}\n"),
            _ => format!("{l}\n"),
        };
        let all: String = EXAMPLE.lines().map(line).collect();
        if cfg!(feature = "kafka-consumer") {
            return all;
        }
        // What this build cannot do is an error, whatever stands there.
        let (before, rest) = all.split_once("[[kafka_topic]]\n").unwrap();
        let (_, after) = rest.split_once("\n\n").unwrap();
        format!("{before}\n{after}")
    }

    /// Keys that stand in place of another one of the example.
    const INSTEAD: &[&str] = &["password_env"];

    #[test]
    fn the_example_shows_every_key_with_its_default() {
        let mut text = all_of_the_example();
        let all = parse(&text).unwrap();
        let bare = Config::bare();
        assert_eq!((all.kind, all.origin, all.discover), (bare.kind, bare.origin, bare.discover));
        assert_eq!((all.host, all.spool.max_bytes), (bare.host, bare.spool.max_bytes));
        // Each table says which keys it knows when it is asked for one that it does not know.
        let tables: Vec<String> =
            text.lines().filter(|l| l.starts_with('[')).map(str::to_owned).collect();
        text.insert(0, '\n');
        for table in [String::new()].iter().chain(&tables) {
            let start = text.find(&format!("\n{table}")).unwrap() + 1 + table.len();
            let mut asked = text.clone();
            asked.insert_str(start, "\nno-such-key = 1\n");
            let error = parse(&asked).unwrap_err();
            let (_, expected) = error.split_once("expected ").unwrap();
            let section = text.split_at(start).1.split("\n[").next().unwrap();
            let known = expected.split('`').skip(1).step_by(2);
            for key in known.filter(|k| !INSTEAD.contains(k)) {
                let shown = format!("\n{key} = ");
                let needs_feature = key == "kafka_topic" && !cfg!(feature = "kafka-consumer");
                let of = table.trim_matches(['[', ']']);
                let below = if of.is_empty() { key.to_owned() } else { format!("{of}.{key}") };
                let is_table = |t: &String| t.trim_matches(['[', ']']) == below;
                assert!(
                    section.contains(&shown) || needs_feature || tables.iter().any(is_table),
                    "{table} {key} is not in the example"
                );
            }
        }
    }

    #[test]
    fn the_example_lists_every_region() {
        for r in REGIONS {
            assert!(EXAMPLE.contains(&format!("#   {:<13} {}\n", r.name, r.covers)), "{r:?}");
        }
    }

    #[test]
    fn a_token_is_found_where_it_is_said_to_be() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("agent.toml");
        let token = |key: &str, around: &Surroundings| {
            let text = format!("[collector]\naddress = \"https://c.example:1\"\n{key}");
            std::fs::write(&file, text).unwrap();
            Config::read_in(&file, around).unwrap().collector.unwrap().token_file
        };
        let key = "token_file = \"t\"";
        let credentials = dir.path().join("credentials");
        let mut around = Surroundings { credentials: Some(credentials.clone()), token_file: None };
        assert_eq!(token("", &around), dir.path().join("token"), "none was handed over");
        std::fs::create_dir(&credentials).unwrap();
        std::fs::write(credentials.join("naap-token"), "x").unwrap();
        assert_eq!(token("", &around), credentials.join("naap-token"));
        assert_eq!(token(key, &around), dir.path().join("t"));
        around.token_file = Some("/elsewhere".into());
        assert_eq!(token("", &around), Path::new("/elsewhere"));
        assert_eq!(token(key, &around), dir.path().join("t"));
    }

    #[test]
    fn an_empty_file_is_a_configuration() {
        let config = parse("").unwrap();
        assert_eq!(config.host.interval, Duration::from_secs(10));
        assert_eq!(
            (config.gpu.enabled, config.gpu.interval),
            (Look::Auto, Duration::from_secs(10))
        );
        assert_eq!(parse("[gpu]\nenabled = false").unwrap().gpu.enabled, Look::Never);
    }

    #[test]
    fn what_this_build_cannot_do_is_said() {
        let text = "[[kafka_topic]]\nname = \"k\"\nbrokers = [\"k.example:9\"]\ntopic = \"t\"";
        let group = parse(text).map(|config| config.kafka_topic[0].group.clone());
        if cfg!(feature = "kafka-consumer") {
            assert_eq!(group.unwrap(), "naap-agent");
        } else {
            assert!(group.unwrap_err().contains("--features kafka-consumer"));
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            ("colour = 1", "unknown field `colour`"),
            ("[host]\ninterval = \"soon\"", "`soon` is no duration"),
            ("[host]\ninterval = \"1ms\"", "host.interval"),
            ("[gpu]\nenabled = \"perhaps\"", "\"auto\", true or false"),
            ("[gpu]\ninterval = \"1ms\"", "gpu.interval"),
            ("[gpu]\ndeadline = \"1h\"", "gpu.deadline"),
            ("[gpu]\nexpect = 0", "gpu.expect"),
            ("region = \"EU Central\"", "did you mean \"eu-central\"?"),
            ("region = \"atlantis\"", "`naap-agent example-config` lists all regions"),
            ("[host]\nintervall = \"1s\"", "did you mean `interval`?"),
            ("discovr = true", "line 1"),
            ("origin = \"organik\"", "did you mean `organic`?"),
            ("[self]\nlisten = \"0.0.0.0:9464\"", "127.0.0.1:PORT"),
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
                "[[events]]\nname = \"a\"\npath = \"x\"\nshift = \"newest-is-now\"",
                "replay.state_file",
            ),
            (
                "[[kafka_endpoint]]\nname = \"k\"\nlisten = \"0.0.0.0:9092\"\ntopic = \"t\"",
                "in the clear",
            ),
            (
                "[[kafka_endpoint]]\nname = \"k\"\nlisten = \"[::1]:9092\"\ntopic = \"a b\"",
                "topic: write",
            ),
            (
                "[[kafka_endpoint]]\nname = \"k\"\nlisten = \"[::1]:9\"\ntopic = \"t\"\nuser = \"u\"",
                "belong together",
            ),
            (
                "[[kafka_topic]]\nname = \"k\"\nbrokers = [\"k.example:9092\"]\ntopic = \"t\"\nmechanism = \"PLAIN\"\nuser = \"u\"\npassword_file = \"p\"",
                "in the clear",
            ),
            (
                "[[kafka_topic]]\nname = \"k\"\nbrokers = [\"http://k.example:9092\"]\ntopic = \"t\"",
                "without a scheme",
            ),
            (
                "[[kafka_topic]]\nname = \"k\"\nbrokers = [\"[::1]:9092\"]\ntopic = \"t\"\nuser = \"u\"",
                "belong together",
            ),
        ];
        for (text, says) in cases {
            let error = parse(text).expect_err(text);
            assert!(error.contains(says), "{text} gave {error}");
        }
    }

    #[test]
    fn what_is_wrong_over_http_is_named() {
        let cases = [
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
        ];
        for (text, says) in cases {
            let error = parse(text).expect_err(text);
            assert!(error.contains(says), "{text} gave {error}");
        }
    }
}
