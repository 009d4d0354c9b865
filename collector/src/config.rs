//! The configuration file: read, and checked before anything is opened. It may read the file and
//! those that it names; it must never keep a password anywhere but in the connection's settings.

use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::limits;

/// What the collector is told.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where agents connect. Without `[tls]`, a loopback address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The tokens, as `naap-collector token` writes them.
    pub tokens_file: PathBuf,
    /// Connections at a time.
    #[serde(default = "connections")]
    pub max_connections: usize,
    /// Connections at a time from one address.
    #[serde(default = "connections_per_address")]
    pub max_connections_per_address: usize,
    /// The database.
    pub questdb: Questdb,
    /// How long rows wait for company.
    #[serde(default)]
    pub flush: Flush,
    /// When the tables count as unfit.
    #[serde(default)]
    pub guard: GuardConfig,
    /// What each node may send.
    #[serde(default)]
    pub quotas: QuotasConfig,
    /// Comparison of rollups with their raw rows.
    #[serde(default)]
    pub scrub: ScrubConfig,
    /// Sessions, scores, demand and supply, from what is stored.
    #[serde(default)]
    pub derive: DeriveConfig,
    /// The collector's own figures; none without it.
    pub metrics: Option<MetricsConfig>,
    /// Certificate and key, for anything but loopback.
    pub tls: Option<Tls>,
    /// An InfluxDB that gets committed rows too; only with the feature `influx`.
    pub influx: Option<InfluxConfig>,
}

/// An InfluxDB that gets committed rows too.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InfluxConfig {
    /// Its address, `http://127.0.0.1:8086`; loopback only.
    pub url: String,
    /// Organization.
    pub org: String,
    /// Bucket.
    pub bucket: String,
    /// File that holds the token.
    pub token_file: PathBuf,
    /// Entities whose rows it gets.
    pub entities: Vec<String>,
}

impl InfluxConfig {
    /// The key that is wrong, and why.
    #[cfg(feature = "influx")]
    fn wrong(&self) -> Option<(&'static str, String)> {
        if !crate::influx::is_loopback(&self.url) {
            let wrong = "write http://127.0.0.1:PORT; its token must not travel in the clear, so an \
                         InfluxDB on another machine needs a proxy here that speaks TLS";
            return Some(("influx.url", wrong.to_owned()));
        }
        let sent = |name: &String| naap_schema::entity(name).is_some_and(|e| e.identity.is_sent());
        if let Some(name) = self.entities.iter().find(|name| !sent(name)) {
            let wrong = format!("{name:?} is no entity that agents send; see docs/catalogue.md");
            return Some(("influx.entities", wrong));
        }
        self.entities.is_empty().then(|| ("influx.entities", "name at least one".to_owned()))
    }

    #[cfg(not(feature = "influx"))]
    fn wrong(&self) -> Option<(&'static str, String)> {
        let wrong = "this collector is built without it; build one with --features influx, or \
                     leave [influx] out";
        Some(("influx", wrong.to_owned()))
    }
}

/// The database.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Questdb {
    /// Address of its HTTP server.
    pub http: Address,
    /// User there; none for a server without authentication.
    pub http_user: Option<String>,
    /// File that holds the password.
    pub http_password_file: Option<PathBuf>,
    /// Address of its PG wire server.
    pub pg: Address,
    /// User there.
    pub pg_user: String,
    /// File that holds the password.
    pub pg_password_file: Option<PathBuf>,
}

/// Host, by name or number, and port.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Address {
    /// The host; an IPv6 address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bad = || format!("{text:?} is no HOST:PORT; write for example \"127.0.0.1:9000\"");
        let (host, port) = text.rsplit_once(':').ok_or_else(bad)?;
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let port = port.parse().ok().filter(|p| *p != 0).ok_or_else(bad)?;
        if host.is_empty() {
            return Err(bad());
        }
        Ok(Self { host: host.to_owned(), port })
    }
}

/// How long rows may wait for company before they are committed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Flush {
    /// Rows of events.
    #[serde(deserialize_with = "duration")]
    pub events: Duration,
    /// Rows of samples.
    #[serde(deserialize_with = "duration")]
    pub samples: Duration,
}

/// When the tables count as unfit.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GuardConfig {
    /// A table whose oldest waiting transaction is older stops the acks.
    #[serde(deserialize_with = "duration")]
    pub max_lag: Duration,
}

/// What each node may send. Over rows or bytes its streams are read later; rows of new series
/// beyond their number are refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QuotasConfig {
    /// Rows per second.
    pub rows_per_s: u64,
    /// Bytes of frames per second.
    pub bytes_per_s: u64,
    /// Distinct series per UTC day: values of an entity's key fields.
    pub series_per_day: usize,
}

/// Comparison of rollups with their raw rows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScrubConfig {
    /// Whether it is done.
    pub enabled: bool,
    /// How long a window is left alone after its last row came.
    #[serde(deserialize_with = "duration")]
    pub settle: Duration,
    /// Pause between two windows.
    #[serde(deserialize_with = "duration")]
    pub every: Duration,
}

/// What is derived from what is stored.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeriveConfig {
    /// Whether it is done. What comes in meanwhile is not marked: after turning it on again, run
    /// `naap-collector rebuild` over that time.
    pub enabled: bool,
}

/// Where the collector's own figures are given away, as Prometheus text over plain HTTP.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsConfig {
    /// The address; port 0 takes a free one.
    pub listen: SocketAddr,
}

/// Certificate and key, PEM.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate chain.
    pub cert_file: PathBuf,
    /// Its key.
    pub key_file: PathBuf,
}

impl Default for Flush {
    fn default() -> Self {
        Self { events: Duration::from_secs(1), samples: Duration::from_secs(2) }
    }
}

impl Default for GuardConfig {
    fn default() -> Self {
        Self { max_lag: Duration::from_secs(30) }
    }
}

impl Default for QuotasConfig {
    fn default() -> Self {
        Self {
            rows_per_s: limits::NODE_ROWS_PER_S,
            bytes_per_s: limits::NODE_BYTES_PER_S,
            series_per_day: limits::NODE_SERIES_PER_DAY,
        }
    }
}

impl Default for DeriveConfig {
    fn default() -> Self {
        Self { enabled: true }
    }
}

impl Default for ScrubConfig {
    fn default() -> Self {
        Self { enabled: true, settle: limits::SCRUB_SETTLE, every: limits::SCRUB_EVERY }
    }
}

fn connections() -> usize {
    limits::CONNECTIONS
}

fn connections_per_address() -> usize {
    limits::CONNECTIONS_PER_ADDRESS
}

fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    humantime::parse_duration(&text).map_err(|e| {
        serde::de::Error::custom(format!("{text:?} is no duration ({e}); write for example \"1s\""))
    })
}

/// Why a configuration is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("{key}: reading {path}")]
    File {
        /// Which key names it.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What came of it.
        #[source]
        source: std::io::Error,
    },
    /// A file is too large.
    #[error("{key}: {path} has more than {limit} bytes; is it the right file?")]
    TooLarge {
        /// Which key names it.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// The limit, bytes.
        limit: u64,
    },
    /// The file is not what it should be.
    #[error("configuration {path} is not understood")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        #[source]
        source: toml::de::Error,
    },
    /// A value is not taken.
    #[error("configuration {path}, key {key}: {wrong}")]
    Value {
        /// The file.
        path: PathBuf,
        /// The key.
        key: &'static str,
        /// What is wrong, and what to do.
        wrong: String,
    },
}

impl Config {
    /// Reads and checks a file. Relative paths in it are relative to it.
    ///
    /// # Errors
    /// With file and key.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = read("--config", path)?;
        let mut config: Self = toml::from_str(&text)
            .map_err(|source| ConfigError::Content { path: path.to_owned(), source })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        config.resolve(folder);
        config.check(path)?;
        Ok(config)
    }

    fn resolve(&mut self, folder: &Path) {
        let q = &mut self.questdb;
        let mut paths = vec![&mut self.tokens_file];
        paths.extend(q.http_password_file.as_mut());
        paths.extend(q.pg_password_file.as_mut());
        paths.extend(self.influx.as_mut().map(|influx| &mut influx.token_file));
        if let Some(tls) = &mut self.tls {
            paths.extend([&mut tls.cert_file, &mut tls.key_file]);
        }
        for path in paths {
            *path = folder.join(&*path);
        }
    }

    fn check(&self, path: &Path) -> Result<(), ConfigError> {
        let value =
            |key, wrong: String| Err(ConfigError::Value { path: path.to_owned(), key, wrong });
        if self.tls.is_none() && !self.listen.ip().is_loopback() {
            return value(
                "listen",
                format!(
                    "{} is not a loopback address, and tokens must not travel in the clear; set \
                     [tls] cert_file and key_file, or listen on 127.0.0.1 behind a proxy that \
                     speaks TLS",
                    self.listen
                ),
            );
        }
        for (key, n) in [
            ("max_connections", self.max_connections),
            ("max_connections_per_address", self.max_connections_per_address),
        ] {
            if !(1..=65_536).contains(&n) {
                return value(key, format!("{n} is outside 1 to 65536"));
            }
        }
        let minute = Duration::from_secs(60);
        for (key, d) in [("flush.events", self.flush.events), ("flush.samples", self.flush.samples)]
        {
            if d < Duration::from_millis(10) || d > minute {
                return value(
                    key,
                    format!("{} is outside 10ms to 1m", humantime::format_duration(d)),
                );
            }
        }
        let lag = self.guard.max_lag;
        if lag < Duration::from_secs(2) || lag > 60 * minute {
            let lag = humantime::format_duration(lag);
            return value("guard.max_lag", format!("{lag} is outside 2s to 1h"));
        }
        let quotas = &self.quotas;
        for (key, n, least) in [
            ("quotas.rows_per_s", quotas.rows_per_s, 10),
            ("quotas.bytes_per_s", quotas.bytes_per_s, 64 << 10),
            ("quotas.series_per_day", quotas.series_per_day as u64, 1),
        ] {
            if n < least || n > 1 << 40 {
                return value(key, format!("{n} is outside {least} to 2^40"));
            }
        }
        let second = Duration::from_secs(1);
        for (key, d) in [("scrub.settle", self.scrub.settle), ("scrub.every", self.scrub.every)] {
            if d < second || d > 24 * 60 * minute {
                let d = humantime::format_duration(d);
                return value(key, format!("{d} is outside 1s to 1day"));
            }
        }
        if let Some((key, wrong)) = self.influx.as_ref().and_then(InfluxConfig::wrong) {
            return value(key, wrong);
        }
        if self.questdb.http_user.is_some() != self.questdb.http_password_file.is_some() {
            let wrong = "a user needs a password file and the other way round; give both or none";
            return value("questdb.http_user", wrong.to_owned());
        }
        Ok(())
    }

    /// Reads every file that the configuration names, to say now what would fail later.
    ///
    /// # Errors
    /// With the key that names the file.
    pub fn check_files(&self) -> Result<(), ConfigError> {
        self.http_login()?;
        self.pg_password()?;
        self.influx_token()?;
        Ok(())
    }

    pub(crate) fn http_login(&self) -> Result<Option<(String, String)>, ConfigError> {
        let q = &self.questdb;
        match (&q.http_user, &q.http_password_file) {
            (Some(user), Some(file)) => {
                Ok(Some((user.clone(), password("questdb.http_password_file", file)?)))
            }
            _ => Ok(None),
        }
    }

    pub(crate) fn influx_token(&self) -> Result<Option<String>, ConfigError> {
        let file = self.influx.as_ref().map(|influx| &influx.token_file);
        file.map(|file| password("influx.token_file", file)).transpose()
    }

    pub(crate) fn pg_password(&self) -> Result<Option<String>, ConfigError> {
        let file = self.questdb.pg_password_file.as_ref();
        file.map(|file| password("questdb.pg_password_file", file)).transpose()
    }
}

fn read(key: &'static str, path: &Path) -> Result<String, ConfigError> {
    let failed = |source| ConfigError::File { key, path: path.to_owned(), source };
    let mut text = String::new();
    let file = File::open(path).map_err(failed)?;
    file.take(limits::CONFIG_BYTES + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > limits::CONFIG_BYTES {
        let (path, limit) = (path.to_owned(), limits::CONFIG_BYTES);
        return Err(ConfigError::TooLarge { key, path, limit });
    }
    Ok(text)
}

fn password(key: &'static str, path: &Path) -> Result<String, ConfigError> {
    Ok(read(key, path)?.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("collector.toml");
        std::fs::write(&path, text).unwrap();
        Config::load(&path)
    }

    const EXAMPLE: &str = include_str!("../collector.example.toml");

    #[test]
    fn the_example_is_taken_and_its_paths_are_relative_to_it() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("collector.example.toml");
        let config = Config::load(&path).unwrap();
        assert_eq!(config.listen.port(), 50051);
        assert_eq!(config.tokens_file, path.with_file_name("tokens.toml"));
        assert_eq!(config.flush.samples, Duration::from_secs(2));
        assert_eq!(config.max_connections, limits::CONNECTIONS);
    }

    #[test]
    fn the_lines_that_the_example_has_as_comments_are_taken_too() {
        let all: String = EXAMPLE
            .lines()
            .map(|l| l.strip_prefix("#: ").unwrap_or(l))
            .flat_map(|l| [l, "\n"])
            .collect();
        let config = load(&all).unwrap();
        assert!(config.tls.is_some() && config.metrics.is_some());
        assert_eq!(config.quotas.series_per_day, limits::NODE_SERIES_PER_DAY);
        assert_eq!(config.scrub.settle, limits::SCRUB_SETTLE);
        assert_eq!(config.guard.max_lag, Duration::from_secs(30));
    }

    #[test]
    fn each_mistake_names_its_key_and_the_way_out() {
        let plain = EXAMPLE.replace("127.0.0.1:50051", "0.0.0.0:50051");
        let wrong = load(&plain).unwrap_err().to_string();
        assert!(wrong.contains("listen") && wrong.contains("[tls]"), "{wrong}");
        let fast = EXAMPLE.replace("\"1s\"", "\"1ms\"");
        assert!(load(&fast).unwrap_err().to_string().contains("flush.events"));
        let half = EXAMPLE.replace("http_user =", "#");
        assert!(load(&half).unwrap_err().to_string().contains("questdb.http_user"));
        let cause = |text: &str| {
            let e = load(text).unwrap_err();
            std::error::Error::source(&e).unwrap().to_string()
        };
        let unit = EXAMPLE.replace("\"1s\"", "\"1\"");
        assert!(cause(&unit).contains("no duration"), "{}", cause(&unit));
        let address = EXAMPLE.replace("127.0.0.1:9000", "127.0.0.1");
        assert!(cause(&address).contains("HOST:PORT"), "{}", cause(&address));
        let unknown = EXAMPLE.replace("[flush]", "[flush]\nevnts = \"1s\"");
        assert!(cause(&unknown).contains("evnts"), "{}", cause(&unknown));
    }

    #[test]
    fn an_influxdb_is_one_on_loopback_and_only_with_the_feature() {
        let with = |url: &str, entity: &str| {
            load(&format!(
                "{EXAMPLE}\n[influx]\nurl = \"{url}\"\norg = \"o\"\nbucket = \"b\"\ntoken_file = \"t\"\nentities = [\"{entity}\"]\n"
            ))
        };
        let near = with("http://127.0.0.1:8086", "host");
        if cfg!(feature = "influx") {
            assert!(near.unwrap().influx.unwrap().token_file.is_absolute());
            let far = with("http://influx.example:8086", "host").unwrap_err().to_string();
            assert!(far.contains("influx.url") && far.contains("proxy"), "{far}");
            let unknown = with("http://127.0.0.1:8086", "ledger").unwrap_err().to_string();
            assert!(unknown.contains("influx.entities"), "{unknown}");
        } else {
            let off = near.unwrap_err().to_string();
            assert!(off.contains("--features influx"), "{off}");
        }
    }

    #[test]
    fn an_address_is_a_name_or_a_number_and_a_port() {
        let parse = |s: &str| Address::try_from(s.to_owned());
        let address = |host: &str, port| Ok(Address { host: host.to_owned(), port });
        assert_eq!(parse("questdb:9000"), address("questdb", 9000));
        assert_eq!(parse("[::1]:8812"), address("::1", 8812));
        for bad in ["questdb", ":1", "a:0", "a:70000", ""] {
            parse(bad).unwrap_err();
        }
    }

    #[test]
    fn a_missing_password_file_is_named_with_its_key() {
        let wrong = load(EXAMPLE).unwrap().check_files().unwrap_err().to_string();
        assert!(wrong.contains("http_password_file"), "{wrong}");
    }
}
