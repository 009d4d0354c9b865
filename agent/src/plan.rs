//! Which sources a configuration asks for, what each of them reads and never reads, and how it is
//! made. Nothing is read here.

use std::path::{Path, PathBuf};

use tokio::sync::watch;

use crate::clock::Now;
use crate::config::{self, Config, Kind, Shift};
use crate::limits;
use crate::run::RunError;
use crate::source::Source;
use crate::source::ai_runner::AiRunners;
use crate::source::events::Events;
use crate::source::gpu::Gpu;
use crate::source::host::Host;
use crate::source::kafka::Secret;
use crate::source::kafka_endpoint::{KafkaEndpoint, Login};
use crate::source::livepeer::Livepeer;
use crate::source::node_http::{self, NodeFacts, NodeHttp};
use crate::source::probe::{self, Endpoint, Probes, Seen};
use crate::source::replay;
use crate::source::watched::Watched;

/// What sources tell each other, for as long as the agent runs.
#[derive(Debug, Clone)]
pub struct Ties {
    /// Told what a go-livepeer node says it is.
    pub role: watch::Sender<Option<&'static str>>,
    /// Orchestrators that were seen, for probes.
    pub seen: Seen,
}

impl Default for Ties {
    fn default() -> Self {
        Self { role: watch::Sender::new(None), seen: Seen::default() }
    }
}

/// What a source is, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// What it reads.
    pub reads: String,
    /// What bounds it.
    pub limits: String,
    /// What it never reads or does.
    pub never: &'static str,
}

type Build = Box<dyn FnOnce() -> Result<Box<dyn Source>, RunError> + Send>;

/// A source that is asked for.
pub struct Planned {
    /// Its name in rows; there once in a plan.
    pub name: String,
    /// What it is.
    pub about: About,
    /// It takes no port and joins no group: whoever only looks may read it.
    pub quiet: bool,
    /// All that it is made from, as text: as long as this stays the same, so does the source.
    pub(crate) made_from: String,
    build: Build,
}

impl std::fmt::Debug for Planned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Planned")
            .field("name", &self.name)
            .field("made_from", &self.made_from)
            .finish_non_exhaustive()
    }
}

impl Planned {
    fn new(
        name: &str,
        made_from: impl std::fmt::Debug,
        about: About,
        build: impl FnOnce() -> Result<Box<dyn Source>, RunError> + Send + 'static,
    ) -> Self {
        let made_from = format!("{made_from:?}");
        Self { name: name.to_owned(), about, quiet: true, made_from, build: Box::new(build) }
    }

    /// The same, as one that is no affair of whoever only looks.
    fn busy(self) -> Self {
        Self { quiet: false, ..self }
    }

    /// Makes the source. It must not take a port or a file that the source before it still holds:
    /// such things are taken at the first read.
    ///
    /// # Errors
    /// If this machine does not allow it.
    pub fn build(self) -> Result<Box<dyn Source>, RunError> {
        (self.build)()
    }
}

/// The sources of a configuration, in order.
///
/// # Errors
/// If recorded events cannot be replayed.
pub fn plan(config: &Config, ties: &Ties) -> Result<Vec<Planned>, RunError> {
    let mut plan = Vec::new();
    if config.host.enabled {
        plan.push(host(&config.host));
    }
    plan.extend(gpu(&config.gpu));
    plan.extend(config.livepeer.iter().flat_map(|l| livepeer(l, config, ties)));
    plan.extend(events(config)?);
    let origin = config.origin.word();
    plan.extend(config.kafka_endpoint.iter().map(|k| kafka_endpoint(k, origin)));
    #[cfg(feature = "kafka-consumer")]
    plan.extend(config.kafka_topic.iter().map(|k| kafka_topic(k, origin)));
    if config.ai_runner.enabled {
        plan.push(ai_runners(&config.ai_runner));
    }
    if config.probe.enabled {
        plan.push(probes(&config.probe, &ties.seen));
    }
    Ok(plan)
}

fn host(host: &config::Host) -> Planned {
    let about = About {
        reads: "this machine: processor, memory, disks, network interfaces".to_owned(),
        limits: format!("{} interfaces; disks every {:?}", limits::INTERFACES, limits::DISKS_EVERY),
        never: "processes, users, addresses, host names",
    };
    let interval = host.interval;
    Planned::new("host", host, about, move || Ok(Box::new(Host::new(interval)?)))
}

fn gpu(config: &config::Gpu) -> Option<Planned> {
    let about = About {
        reads: "NVIDIA GPUs, by the driver's library, in a process of its own".to_owned(),
        limits: format!(
            "{} GPUs; a read that takes over {:?} ends that process",
            limits::GPUS,
            config.deadline
        ),
        never: "UUIDs and serial numbers leave that process only hashed or not at all; command \
                lines, users",
    };
    let gpu = Gpu::new(config)?;
    Some(Planned::new("gpu", config, about, move || Ok(Box::new(gpu))))
}

/// A go-livepeer node: its metrics, and what else it tells over HTTP.
pub(crate) fn livepeer(node: &config::Livepeer, config: &Config, ties: &Ties) -> Vec<Planned> {
    let base = node.url.trim_end_matches('/');
    let metrics = About {
        reads: format!("GET {base}/metrics"),
        limits: format!(
            "{} MiB and {} lines an answer; no redirect is followed",
            limits::SCRAPE_BYTES >> 20,
            limits::SCRAPE_LINES
        ),
        never: "any other path of the node: that port can move funds",
    };
    let (facts, known) = watch::channel(None);
    let (l, role) = (node.clone(), ties.role.clone());
    // Together with the one below, which learns from this one what the node is.
    let made_from = (node, config.kind, config.origin);
    let mut plan = vec![Planned::new(&node.name, made_from, metrics, move || {
        let source = Livepeer::new(l.name, &l.url, l.interval, l.timeout, role);
        Ok(Box::new(Watched::new(Box::new(source), move |row| {
            if let Some(said) = NodeFacts::of(row) {
                facts.send_replace(Some(said));
            }
        })))
    })];
    if node.http {
        let about = About {
            reads: format!("GET {base}{}", node_http::paths().join(", ")),
            limits: format!(
                "{} MiB an answer; no redirect is followed; what costs the node calls to a chain, \
                 every 10 min and every hour",
                limits::NODE_BYTES >> 20
            ),
            never: "any other path or method: that port can move funds; playlists, stream names",
        };
        let source = NodeHttp::new(node_settings(config, node), known);
        let name = format!("{}/http", node.name);
        plan.push(Planned::new(&name, made_from, about, move || Ok(Box::new(source))));
    }
    plan
}

fn node_settings(config: &Config, l: &config::Livepeer) -> node_http::Settings {
    node_http::Settings {
        target: l.name.clone(),
        cli: l.url.clone(),
        service: l.service_url.clone(),
        interval: l.interval,
        timeout: l.timeout,
        role: match config.kind {
            Kind::Gateway => Some("gateway"),
            Kind::Orchestrator => Some("orchestrator"),
            Kind::Auto | Kind::Host | Kind::Replay => None,
        },
        origin: config.origin.word(),
    }
}

fn ai_runners(c: &config::AiRunner) -> Planned {
    let about = About {
        reads: "AI runner containers: GET /health, /hardware/info, /hardware/stats, /version"
            .to_owned(),
        limits: format!("{} containers", limits::RUNNERS),
        never: "any other path; UUIDs of GPUs go no further than hashed",
    };
    let config = c.clone();
    Planned::new("ai_runner", c, about, move || {
        Ok(Box::new(AiRunners::new(config.interval, &config.urls, config.discover)))
    })
}

fn probes(config: &config::Probe, seen: &Seen) -> Planned {
    let about = About {
        reads: "how quickly targets take a connection, shake hands and answer GET /".to_owned(),
        limits: format!(
            "{} targets every {:?}, one connection at a time",
            config.targets_at_most, config.interval
        ),
        never: "private addresses, for targets that were not configured; what an answer says",
    };
    let targets = config.targets.iter();
    let settings = probe::Settings {
        interval: config.interval,
        connects: config.connects,
        targets_at_most: config.targets_at_most,
        targets: targets.filter_map(|t| Some((t.name.clone(), Endpoint::of(&t.url)?))).collect(),
    };
    let seen = config.discover.then(|| seen.clone());
    Planned::new("probe", config, about, move || Ok(Box::new(Probes::new(settings, seen))))
}

fn events(config: &Config) -> Result<Vec<Planned>, RunError> {
    let moved: Vec<PathBuf> = config
        .events
        .iter()
        .filter(|e| e.shift == Shift::NewestIsNow)
        .map(|e| e.path.clone())
        .collect();
    let mut offsets = match &config.replay {
        Some(r) if !moved.is_empty() => {
            replay::offsets(&moved, &r.state_file, Now::read().wall_us / 1000)?.into_iter()
        }
        _ => Vec::new().into_iter(),
    };
    let mut plan = Vec::new();
    for e in &config.events {
        let shift_ms = match e.shift {
            Shift::None => 0,
            Shift::NewestIsNow => offsets.next().unwrap_or(0),
        };
        let from = match e.path.as_os_str().to_str() {
            Some("-") => "standard input".to_owned(),
            _ => e.path.display().to_string(),
        };
        let about = About {
            reads: format!("gateway events, JSON lines, from {from}"),
            limits: format!("{} MiB a line; waits for room", limits::LINE_BYTES >> 20),
            never: NEVER_OF_EVENTS,
        };
        let (events, origin) = (e.clone(), config.origin.word());
        plan.push(Planned::new(&e.name, (e, origin, shift_ms), about, move || {
            let config::Events { name, path, follow, .. } = events;
            Ok(Box::new(Events::new(name, path, follow, origin, shift_ms * 1000)))
        }));
    }
    Ok(plan)
}

/// What an event never gives, whichever way it comes.
const NEVER_OF_EVENTS: &str =
    "prompts, parameters, logs and client addresses in them are dropped unread";

fn kafka_endpoint(k: &config::KafkaEndpoint, origin: &'static str) -> Planned {
    let about = About {
        reads: format!(
            "gateway events, sent to {} as to a Kafka broker, topic {}",
            k.listen, k.topic
        ),
        limits: format!(
            "{} connections, {} MiB a request; an error after {:?}",
            limits::KAFKA_CONNECTIONS,
            limits::KAFKA_FRAME_BYTES >> 20,
            limits::KAFKA_ANSWER
        ),
        never: NEVER_OF_EVENTS,
    };
    let endpoint = k.clone();
    let build = move || -> Result<Box<dyn Source>, RunError> {
        let config::KafkaEndpoint { name, listen, topic, user, password_file } = endpoint;
        let login = match (user, password_file) {
            (Some(user), Some(file)) => Some(Login { user, password: password(&file)? }),
            _ => None,
        };
        Ok(Box::new(KafkaEndpoint::new(name, listen, topic, login, origin)))
    };
    Planned::new(&k.name, (k, origin), about, build).busy()
}

#[cfg(feature = "kafka-consumer")]
fn kafka_topic(k: &config::KafkaTopic, origin: &'static str) -> Planned {
    use crate::source::kafka_topic::{KafkaTopic, Subscription};
    let brokers = k.brokers.join(",");
    let about = About {
        reads: format!("gateway events, topic {} of {brokers}, as group {}", k.topic, k.group),
        limits: format!("{} KiB ahead; waits for room", limits::KAFKA_FETCHED_KIB),
        never: NEVER_OF_EVENTS,
    };
    let topic = k.clone();
    let build = move || -> Result<Box<dyn Source>, RunError> {
        let secret = match (&topic.password_file, &topic.password_env) {
            (Some(file), _) => Some(password(file)?),
            (None, Some(name)) => Some(std::env::var(name).map(Secret::new).map_err(|_| {
                let missing = std::io::Error::other("the environment does not have it");
                RunError::Password { file: format!("${name}").into(), source: missing }
            })?),
            (None, None) => None,
        };
        let login = match (topic.mechanism, topic.user, secret) {
            (Some(mechanism), Some(user), Some(secret)) => Some((mechanism.word(), user, secret)),
            _ => None,
        };
        let tls = topic.tls.then_some(topic.ca_file);
        let (topic, group, name) = (topic.topic, topic.group, topic.name);
        let subscription = Subscription { brokers, topic, group, tls, login };
        Ok(Box::new(KafkaTopic::new(name, subscription, origin)))
    };
    Planned::new(&k.name, (k, origin), about, build).busy()
}

fn password(file: &Path) -> Result<Secret, RunError> {
    let text = std::fs::read_to_string(file)
        .map_err(|source| RunError::Password { file: file.to_owned(), source })?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}
