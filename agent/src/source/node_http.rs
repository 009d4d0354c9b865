//! A go-livepeer node over HTTP: what it says of itself, of the orchestrators that it knows, and of
//! its AI sessions.
//!
//! Its CLI port can move funds. So there is a closed list of paths (`Ask`), each a literal, each
//! asked with `GET`, no query, no body; nothing from a configuration or an answer ever gets into a
//! path, and no redirect is followed. Sizes and times are bounded.

mod answer;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hyper::StatusCode;
use hyper::body::Bytes;
use naap_schema::{Row, Value};
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use self::answer::Answer;
pub(super) use self::answer::is_index;
pub use self::answer::{active_set, ai_session_pools, live_runners, network_capabilities};
pub use self::answer::{orchestrator_info, status};
use super::get::Get;
use super::{Drop, Now, Pace, Reading, Source, SourceError};
use crate::limits;

/// What a node's metrics say of it (`livepeer_versions`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeFacts {
    /// The word of `livepeer_node.role`.
    pub role: Option<Arc<str>>,
    /// Its version, as it writes it.
    pub version: Option<Arc<str>>,
}

impl NodeFacts {
    /// The facts in a row of `livepeer_node`; `None` for any other row.
    pub fn of(row: &Row) -> Option<Self> {
        let text = |field: &str| match row.get(field) {
            Some(Value::Text(t)) => Some(Arc::clone(t)),
            _ => None,
        };
        (row.entity.name == "livepeer_node")
            .then(|| Self { role: text("role"), version: text("version") })
    }
}

/// Everything that a node is ever asked here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ask {
    Status,
    Capabilities,
    SessionPools,
    OrchestratorInfo,
    ActiveSet,
    Discovery,
}

impl Ask {
    const ALL: [Self; 6] = [
        Self::Status,
        Self::Capabilities,
        Self::SessionPools,
        Self::OrchestratorInfo,
        Self::ActiveSet,
        Self::Discovery,
    ];

    const fn path(self) -> &'static str {
        match self {
            Self::Status => "/status",
            Self::Capabilities => "/getNetworkCapabilities",
            Self::SessionPools => "/getAISessionPoolsInfo",
            Self::OrchestratorInfo => "/orchestratorInfo",
            Self::ActiveSet => "/registeredOrchestrators",
            Self::Discovery => "/discovery",
        }
    }

    /// Between two askings; two of them cost the node calls to a chain.
    const fn every(self, interval: Duration) -> Duration {
        match self {
            Self::Status | Self::SessionPools => interval,
            Self::Capabilities | Self::Discovery => Duration::from_secs(60),
            Self::OrchestratorInfo => Duration::from_secs(600),
            Self::ActiveSet => Duration::from_secs(3600),
        }
    }

    /// Whether a node of this role and version has an answer.
    fn fits(self, role: Option<&str>, version: Option<&str>) -> bool {
        match self {
            Self::Status => true,
            Self::Capabilities | Self::SessionPools => role == Some("gateway"),
            Self::OrchestratorInfo => role == Some("orchestrator"),
            Self::ActiveSet => matches!(role, Some("gateway" | "orchestrator")),
            Self::Discovery => {
                role == Some("orchestrator")
                    && version.and_then(release).is_some_and(|v| v >= [0, 9, 0])
            }
        }
    }
}

/// All paths that are ever asked of a node's CLI port.
pub(crate) fn paths() -> Vec<&'static str> {
    let cli = Ask::ALL.into_iter().filter(|ask| *ask != Ask::Discovery);
    cli.map(Ask::path).collect()
}

/// The release that a version comes from: `0.7.8-1.2.4-2e3fae7a` is a fork of 0.7.8.
pub(crate) fn release(version: &str) -> Option<[u32; 3]> {
    let numbers = version.trim_start_matches('v').split(['-', '+']).next()?;
    let mut parts = numbers.split('.').map(|p| p.parse().ok());
    let release = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(release)
}

/// Scheme, host and port of a URL, and nothing else of it.
fn origin(url: &str) -> Option<String> {
    let uri: http::Uri = url.parse().ok()?;
    let scheme = uri.scheme_str().filter(|s| matches!(*s, "http" | "https"))?;
    let host_port = uri.authority()?.as_str().rsplit('@').next()?;
    Some(format!("{scheme}://{host_port}"))
}

/// How a node is asked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its name in rows.
    pub target: String,
    /// `http://HOST:PORT` of its CLI port.
    pub cli: String,
    /// `https://HOST:PORT` of its service port on this machine, where it is to be asked.
    pub service: Option<String>,
    /// How often it is asked the quick questions, 10 s at least.
    pub interval: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
    /// The role to take it for where its metrics say none.
    pub role: Option<&'static str>,
    /// The word of the agent's configuration.
    pub origin: &'static str,
}

/// A node that is asked.
#[derive(Debug)]
pub struct NodeHttp {
    name: String,
    settings: Settings,
    facts: watch::Receiver<Option<NodeFacts>>,
    /// `http://HOST:PORT`, and that of the service port: no path, whatever was configured.
    cli: Option<String>,
    service: Option<String>,
    /// The version that `/status` gave, for a node without metrics.
    version: Option<Arc<str>>,
    get: Get,
    due: BTreeMap<Ask, Instant>,
    /// What was last told of all orchestrators: a hash, and when.
    told: Option<([u8; 32], Instant)>,
    /// When rows per orchestrator were last made.
    pools: BTreeMap<Ask, Instant>,
}

/// What came of one question.
type Came = (Ask, Result<(StatusCode, Bytes), SourceError>, Duration);

impl NodeHttp {
    /// A node, of which `facts` tells what its metrics say.
    pub fn new(settings: Settings, facts: watch::Receiver<Option<NodeFacts>>) -> Self {
        Self {
            name: format!("{}/http", settings.target),
            cli: origin(&settings.cli),
            service: settings.service.as_deref().and_then(origin),
            settings,
            facts,
            version: None,
            get: Get::default(),
            due: BTreeMap::new(),
            told: None,
            pools: BTreeMap::new(),
        }
    }

    fn interval(&self) -> Duration {
        self.settings.interval.max(limits::NODE_LEAST)
    }

    fn url(&self, ask: Ask) -> Option<String> {
        let base = match ask {
            Ask::Discovery => self.service.as_deref()?,
            _ => self.cli.as_deref()?,
        };
        Some(format!("{base}{}", ask.path()))
    }

    /// The questions whose time has come.
    fn due(&self, now: Now) -> Vec<(Ask, String)> {
        let facts = self.facts.borrow().clone().unwrap_or_default();
        let role = facts.role.as_deref().or(self.settings.role);
        let version = facts.version.as_deref().or(self.version.as_deref());
        // The grid is never met exactly; half an interval early is on time.
        let at = now.at + self.interval() / 2;
        let is_due = |a: &Ask| self.due.get(a).is_none_or(|due| at >= *due);
        let fitting = Ask::ALL.into_iter().filter(|a| a.fits(role, version));
        fitting.filter(is_due).filter_map(|a| Some((a, self.url(a)?))).collect()
    }

    async fn ask(&self, asks: Vec<(Ask, String)>) -> Vec<Came> {
        let mut asking = JoinSet::new();
        for (ask, url) in asks {
            let get = self.get.clone();
            let limit = match ask {
                Ask::OrchestratorInfo | Ask::ActiveSet => limits::NODE_CHAIN,
                _ => self.settings.timeout,
            };
            asking.spawn(async move {
                let started = Instant::now();
                let answer = get.answer(&url, "application/json", limits::NODE_BYTES);
                let answer = tokio::time::timeout(limit, answer).await;
                let answer = answer.unwrap_or(Err(SourceError::Timeout(limit)));
                (ask, answer, started.elapsed())
            });
        }
        let mut came = asking.join_all().await;
        came.sort_by_key(|c| c.0);
        came
    }

    /// The rows of an answer; an error where there is none although there should be.
    fn take(&mut self, came: Came, now: Now) -> Result<Answer, SourceError> {
        let (ask, answer, took) = came;
        self.due.insert(ask, now.at + ask.every(self.interval()));
        let (code, body) = answer?;
        if code != StatusCode::OK {
            if code == StatusCode::NOT_FOUND || nothing_there(code, &body) {
                // Only a gateway's own list of orchestrators comes by itself later.
                if ask != Ask::Capabilities || code == StatusCode::NOT_FOUND {
                    self.due.insert(ask, now.at + limits::NODE_RETRY);
                }
                return Ok(Answer::default());
            }
            let url = self.url(ask).unwrap_or_default();
            return Err(SourceError::Http { url, status: code.to_string() });
        }
        Ok(self.rows(ask, &body, took, now).unwrap_or_else(Answer::dropped))
    }

    fn rows(&mut self, ask: Ask, body: &[u8], took: Duration, now: Now) -> Result<Answer, Drop> {
        let each = matches!(ask, Ask::Status | Ask::SessionPools) && self.minute_over(ask, now);
        let (target, ts) = (self.settings.target.as_str(), now.wall_us);
        match ask {
            Ask::Status => {
                let answer = status(body, target, ts, took, each)?;
                self.version = answer.version.clone().or(self.version.take());
                Ok(answer)
            }
            Ask::Capabilities => {
                let hash: [u8; 32] = Sha256::digest(body).into();
                let same = |t: &([u8; 32], Instant)| {
                    t.0 == hash && now.at.duration_since(t.1) < limits::CAPABILITIES_AGAIN
                };
                if self.told.as_ref().is_some_and(same) {
                    return Ok(Answer::default());
                }
                let id = format!("{target} {ts} {}", hex::encode(hash));
                let answer = network_capabilities(body, &id, ts, self.settings.origin)?;
                self.told = Some((hash, now.at));
                Ok(answer)
            }
            Ask::SessionPools => ai_session_pools(body, target, ts, each),
            Ask::OrchestratorInfo => orchestrator_info(body, target, ts),
            Ask::ActiveSet => active_set(body, target, ts),
            Ask::Discovery => live_runners(body, target, ts),
        }
    }

    /// Whether rows per orchestrator are due: there are hundreds, and they change slowly.
    fn minute_over(&mut self, ask: Ask, now: Now) -> bool {
        let minute = Duration::from_secs(60) - self.interval().min(limits::NODE_LEAST) / 2;
        let over = self.pools.get(&ask).is_none_or(|at| now.at.duration_since(*at) >= minute);
        if over {
            self.pools.insert(ask, now.at);
        }
        over
    }
}

/// A node without a chain, or without data yet: 500, and a line that says so (for capabilities
/// followed by JSON without orchestrators).
fn nothing_there(code: StatusCode, body: &[u8]) -> bool {
    let says = |text: &str| body.windows(text.len()).any(|w| w == text.as_bytes());
    code == StatusCode::INTERNAL_SERVER_ERROR
        && body.len() <= 64 << 10
        && (says("missing ETH client") || says("\"orchestrators\":null"))
}

#[async_trait]
impl Source for NodeHttp {
    fn name(&self) -> &str {
        &self.name
    }

    fn pace(&self) -> Pace {
        Pace::Every(self.interval())
    }

    fn deadline(&self) -> Duration {
        self.settings.timeout.max(limits::NODE_CHAIN) + Duration::from_secs(5)
    }

    async fn read(&mut self, now: Now) -> Result<Reading, SourceError> {
        let asks = self.due(now);
        let came = self.ask(asks).await;
        let mut reading = Reading::default();
        let mut good = false;
        for came in came {
            match self.take(came, now) {
                Ok(answer) => {
                    good = true;
                    reading.rows.extend(answer.rows);
                    for (drop, n) in answer.drops {
                        *reading.drops.entry(drop).or_default() += n;
                    }
                }
                Err(error) => reading.failed = reading.failed.or(Some(error)),
            }
        }
        match reading.failed {
            Some(error) if !good => Err(error),
            failed => Ok(Reading { failed, ..reading }),
        }
    }
}

#[cfg(test)]
mod tests;
