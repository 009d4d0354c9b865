//! Probes: how long a connection to a target takes, and whether it comes about. Only where the
//! configuration says so.
//!
//! Targets are those of the configuration and, where asked for, orchestrators that a gateway here
//! has seen ([`Seen`]). Nobody vouches for the addresses of the latter: a name is resolved once,
//! every address that it has must be public, and the connection goes to an address that was
//! checked. One connection at a time, spread over the interval. Nothing is sent but `GET /`, and
//! one byte of the answer is read.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use http::Uri;
use naap_schema::generated::Probe as ProbeRow;
use naap_schema::{Row, Value};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::rustls::pki_types::ServerName;

use super::fit::fit;
use super::{Now, Pace, Reading, Source, SourceError, tls};
use crate::{limits, machine};

/// Where a target comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    /// The operator of this agent named it.
    Configured,
    /// A gateway has seen it.
    Discovered,
}

/// An address to connect to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    secure: bool,
    host: String,
    port: u16,
}

impl Endpoint {
    /// The scheme, host and port of a URL; `None` where it has none that can be connected to.
    pub fn of(url: &str) -> Option<Self> {
        let uri: Uri = url.trim().parse().ok()?;
        let secure = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        if uri.authority()?.as_str().contains('@') {
            return None;
        }
        let host = uri.host()?.trim_matches(['[', ']']).to_ascii_lowercase();
        let named = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'-';
        let good = host.parse::<IpAddr>().is_ok() || (host.len() <= 253 && host.bytes().all(named));
        let port = match uri.authority()?.as_str().strip_prefix(uri.host()?)? {
            "" if secure => 443,
            "" => 80,
            // What is no port must not become another one.
            _ => uri.port_u16()?,
        };
        (good && !host.is_empty() && port != 0).then_some(Self { secure, host, port })
    }

    /// `SCHEME://HOST:PORT`.
    pub fn url(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}", self.authority())
    }

    fn authority(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }

    /// Ports of other services are not for strangers to choose.
    const fn is_service_port(&self) -> bool {
        self.port >= 1024 || self.port == 443 || self.port == 80
    }
}

/// Orchestrators that a gateway here has seen, and when: a bounded set, cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Seen(Arc<Mutex<BTreeMap<Endpoint, Instant>>>);

impl Seen {
    /// Takes note of the orchestrator in a row, where there is one.
    pub fn look(&self, row: &Row) {
        let field = match row.entity.name {
            "discovery_result" | "pool_orchestrator" | "ai_session_pool_orchestrator" => "orch_url",
            "orchestrator_report" => "orch_uri",
            _ => return,
        };
        if let Some(Value::Text(url)) = row.get(field)
            && let Some(endpoint) = Endpoint::of(url)
            && endpoint.is_service_port()
        {
            self.note(endpoint, Instant::now());
        }
    }

    fn note(&self, endpoint: Endpoint, at: Instant) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= limits::SEEN && !seen.contains_key(&endpoint) {
            seen.retain(|_, last| at.duration_since(*last) < limits::SEEN_FOR);
            if seen.len() >= limits::SEEN {
                return;
            }
        }
        seen.insert(endpoint, at);
    }

    fn young(&self, at: Instant) -> Vec<Endpoint> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|_, last| at.duration_since(*last) < limits::SEEN_FOR);
        seen.keys().cloned().collect()
    }
}

/// What is probed, and how.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Each target once in this time, a minute at least.
    pub interval: Duration,
    /// Connections of a round.
    pub connects: u32,
    /// Targets in one interval.
    pub targets_at_most: u32,
    /// Named targets.
    pub targets: Vec<(String, Endpoint)>,
}

/// Probes.
pub struct Probes {
    settings: Settings,
    seen: Option<Seen>,
    /// When each target was last tried.
    last: BTreeMap<String, Instant>,
}

impl std::fmt::Debug for Probes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Probes").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Probes {
    /// Probes of the configured targets, and of those in `seen`.
    pub fn new(mut settings: Settings, seen: Option<Seen>) -> Self {
        settings.interval = settings.interval.max(limits::PROBE_LEAST);
        Self { settings, seen, last: BTreeMap::new() }
    }

    /// Time for one target.
    fn slot(&self) -> Duration {
        self.settings.interval / self.settings.targets_at_most.max(1)
    }

    /// The target that has waited longest, if its time has come. Configured ones go first.
    fn next(&mut self, at: Instant) -> Option<(String, Endpoint, Chosen)> {
        let discovered = self.seen.as_ref().map(|s| s.young(at)).unwrap_or_default();
        let configured = self.settings.targets.iter().cloned();
        let configured = configured.map(|(name, e)| (name, e, Chosen::Configured));
        let discovered = discovered.into_iter().map(|e| (e.url(), e, Chosen::Discovered));
        let all: Vec<_> = configured.chain(discovered).collect();
        self.last.retain(|name, _| all.iter().any(|t| t.0 == *name));
        let slack = self.slot() / 2;
        let due = |t: &&(String, Endpoint, Chosen)| {
            let last = self.last.get(&t.0);
            last.is_none_or(|l| at.duration_since(*l) + slack >= self.settings.interval)
        };
        let next = all
            .iter()
            .filter(due)
            .min_by_key(|t| (t.2 == Chosen::Discovered, self.last.get(&t.0).copied()))?;
        self.last.insert(next.0.clone(), at);
        Some(next.clone())
    }

    async fn probe(&self, name: &str, endpoint: &Endpoint, chosen: Chosen) -> Round {
        let mut round = Round::new(name, chosen);
        let found = tokio::net::lookup_host((endpoint.host.as_str(), endpoint.port));
        let found: Vec<SocketAddr> = match tokio::time::timeout(limits::PROBE_STEP, found).await {
            Ok(Ok(found)) => found.collect(),
            _ => Vec::new(),
        };
        let address = match pick(&found, chosen) {
            Ok(address) => address,
            Err(kind) => {
                // A name that leads nowhere is a failure like any other; what is not tried is none.
                let tried = i64::from(kind == "dns");
                (round.attempts, round.failures) = (tried, tried);
                round.failed(kind);
                return round;
            }
        };
        round.family = Some(if address.is_ipv4() { "ipv4" } else { "ipv6" });
        for n in 0..self.settings.connects {
            if n > 0 {
                tokio::time::sleep(limits::PROBE_GAP).await;
            }
            let last = n + 1 == self.settings.connects;
            if let Some(stream) = round.connect(address).await
                && last
            {
                round.ask(stream, endpoint).await;
            }
        }
        round
    }
}

/// The address to connect to. One that a gateway has seen must be public, all of its addresses: who
/// controls the name could point it into the network that the agent stands in.
fn pick(found: &[SocketAddr], chosen: Chosen) -> Result<SocketAddr, &'static str> {
    let address = found.iter().find(|a| a.is_ipv4()).or(found.first()).ok_or("dns")?;
    if chosen == Chosen::Discovered && !found.iter().all(|a| is_public(a.ip())) {
        return Err("address");
    }
    Ok(*address)
}

/// Whether an address is one of the open Internet.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_broadcast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        // Carrier-grade NAT, protocol assignments, the 6to4 anycast, benchmarks.
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99)
        || (a == 198 && (18..20).contains(&b));
    !special
}

/// 2000::/3 is all that was given out; parts of it carry IPv4 addresses or are special.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    let global = (0x2000..0x4000).contains(&a);
    let special =
        (a == 0x2001 && (b < 0x0200 || b == 0x0db8)) || a == 0x2002 || (a == 0x3fff && b < 0x1000);
    global && !special
}

/// One round.
#[derive(Debug)]
struct Round {
    target: Arc<str>,
    chosen: Chosen,
    family: Option<&'static str>,
    attempts: i64,
    failures: i64,
    failure_kind: Option<&'static str>,
    connects_ms: Vec<f64>,
    tls_ms: Option<f64>,
    first_byte_ms: Option<f64>,
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

impl Round {
    fn new(target: &str, chosen: Chosen) -> Self {
        Self {
            target: target.into(),
            chosen,
            family: None,
            attempts: 0,
            failures: 0,
            failure_kind: None,
            connects_ms: Vec::new(),
            tls_ms: None,
            first_byte_ms: None,
        }
    }

    fn failed(&mut self, kind: &'static str) {
        self.failure_kind = Some(kind);
    }

    async fn connect(&mut self, address: SocketAddr) -> Option<TcpStream> {
        self.attempts += 1;
        let started = Instant::now();
        let kind = match tokio::time::timeout(limits::PROBE_STEP, TcpStream::connect(address)).await
        {
            Ok(Ok(stream)) => {
                self.connects_ms.push(ms(started));
                return Some(stream);
            }
            Ok(Err(e)) if e.kind() == std::io::ErrorKind::ConnectionRefused => "refused",
            Ok(Err(_)) => "unreachable",
            Err(_) => "timeout",
        };
        self.failures += 1;
        self.failed(kind);
        None
    }

    /// The handshake, where there is one, and the first byte of an answer.
    async fn ask(&mut self, stream: TcpStream, endpoint: &Endpoint) {
        if !endpoint.secure {
            return self.first_byte(stream, endpoint).await;
        }
        let Ok(name) = ServerName::try_from(endpoint.host.clone()) else {
            return self.failed("tls");
        };
        let started = Instant::now();
        match tokio::time::timeout(limits::PROBE_STEP, tls::unverified().connect(name, stream))
            .await
        {
            Ok(Ok(stream)) => {
                self.tls_ms = Some(ms(started));
                self.first_byte(stream, endpoint).await;
            }
            _ => self.failed("tls"),
        }
    }

    async fn first_byte(
        &mut self,
        mut stream: impl AsyncRead + AsyncWrite + Unpin,
        endpoint: &Endpoint,
    ) {
        let mut request = "GET / HTTP/1.1\r\nHost: ".to_owned();
        let rest = "\r\nUser-Agent: naap-agent\r\nAccept: */*\r\nConnection: close\r\n\r\n";
        let written = write!(request, "{}{rest}", endpoint.authority());
        debug_assert!(written.is_ok(), "a String takes all that is written");
        let started = Instant::now();
        let exchange = async {
            stream.write_all(request.as_bytes()).await?;
            stream.flush().await?;
            stream.read_exact(&mut [0; 1]).await
        };
        match tokio::time::timeout(limits::PROBE_STEP, exchange).await {
            Ok(Ok(_)) => self.first_byte_ms = Some(ms(started)),
            _ => self.failed("http"),
        }
    }

    fn row(self, ts_us: i64) -> Row {
        let c = &self.connects_ms;
        #[expect(clippy::cast_precision_loss, reason = "a few connections")]
        let mean = |sum: f64, n: usize| (n > 0).then(|| sum / n as f64);
        let steps = c.iter().zip(c.iter().skip(1)).map(|(a, b)| (a - b).abs());
        ProbeRow {
            target: self.target,
            target_origin: Some(match self.chosen {
                Chosen::Configured => "configured".into(),
                Chosen::Discovered => "discovered".into(),
            }),
            family: self.family.map(Into::into),
            attempts: Some(self.attempts),
            failures: Some(self.failures),
            failure_kind: self.failure_kind.map(Into::into),
            connect_min_ms: c.iter().copied().reduce(f64::min),
            connect_mean_ms: mean(c.iter().sum(), c.len()),
            connect_max_ms: c.iter().copied().reduce(f64::max),
            jitter_ms: mean(steps.sum(), c.len().saturating_sub(1)),
            tls_ms: self.tls_ms,
            first_byte_ms: self.first_byte_ms,
        }
        .at(ts_us)
    }
}

#[async_trait]
impl Source for Probes {
    fn name(&self) -> &'static str {
        "probe"
    }

    fn pace(&self) -> Pace {
        Pace::Every(self.slot())
    }

    fn deadline(&self) -> Duration {
        // A name, the connections with their gaps, a handshake, a byte; and the pause before.
        let steps = self.settings.connects + 3;
        (limits::PROBE_STEP + limits::PROBE_GAP) * steps + self.slot() / 2
    }

    async fn read(&mut self, now: Now) -> Result<Reading, SourceError> {
        let Some((name, endpoint, chosen)) = self.next(now.at) else {
            return Ok(Reading::default());
        };
        // Agents that start together do not connect together. What an operator asks for by hand
        // comes first, and comes at once.
        if self.last.len() > 1 {
            tokio::time::sleep((self.slot() / 2).mul_f64(machine::fraction())).await;
        }
        let mut row = self.probe(&name, &endpoint, chosen).await.row(Now::read().wall_us);
        let drops = fit(&mut row).into_iter().map(|d| (d, 1)).collect();
        Ok(Reading { rows: vec![row], drops, ..Reading::default() })
    }
}

#[cfg(test)]
mod tests;
