//! Configuration: one TOML file, checked before any port opens.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::answer::Network;
use crate::datasets::Rules;
use crate::limits;

/// The whole configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where HTTP is served, `ADDR:PORT`; port 0 takes any.
    pub listen: std::net::SocketAddr,
    /// The collector, for its health: `http://ADDR:PORT`.
    pub collector: String,
    /// The database.
    pub questdb: QuestDb,
    /// What clients may spend.
    #[serde(default)]
    pub rate: RateConfig,
    /// Clients that may spend more, or less.
    #[serde(default, rename = "api_key")]
    pub api_keys: Vec<ApiKey>,
    /// What is kept of answers.
    #[serde(default)]
    pub cache: CacheConfig,
    /// The API's own figures.
    pub metrics: Option<MetricsConfig>,
    /// Daily files; none are published if it is left out.
    pub datasets: Option<Datasets>,
    /// The public pages.
    #[serde(default)]
    pub pages: PagesConfig,
}

/// The public pages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PagesConfig {
    /// Who may frame embeds, as in the header `frame-ancestors`: `*`, `'none'`, or origins with
    /// spaces between them.
    pub frame_ancestors: String,
}

impl PagesConfig {
    /// The same for the pages.
    pub(crate) fn settings(&self) -> naap_dashboards::Settings {
        naap_dashboards::Settings { frame_ancestors: self.frame_ancestors.clone() }
    }
}

impl Default for PagesConfig {
    fn default() -> Self {
        Self { frame_ancestors: naap_dashboards::Settings::default().frame_ancestors }
    }
}

/// What clients may spend.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RateConfig {
    /// Cost points of an address (IPv6: one /64) at once; 0 limits nothing.
    pub points: u32,
    /// Seconds within which spent points come back.
    pub per_s: u64,
    /// Addresses or networks of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Proxy>,
}

impl Default for RateConfig {
    fn default() -> Self {
        Self {
            points: limits::RATE_POINTS,
            per_s: limits::RATE_PER_S.into(),
            trusted_proxies: Vec::new(),
        }
    }
}

/// An address or network.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Proxy(pub(crate) Network);

impl TryFrom<String> for Proxy {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self)
    }
}

/// A client with a key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// Whose it is; for the operator.
    pub name: String,
    /// SHA-256 of the key, hex.
    pub sha256: Sha256Hex,
    /// Cost points that it may spend at once; they come back as for everyone.
    pub points: u32,
}

/// A SHA-256 as it is written in hex.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Sha256Hex(pub(crate) [u8; 32]);

impl std::fmt::Debug for Sha256Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sha256Hex")
    }
}

impl TryFrom<String> for Sha256Hex {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut hash = [0; 32];
        hex::decode_to_slice(text.trim(), &mut hash).map_err(|_| {
            "sha256 is no SHA-256; write the 64 hex digits that `printf %s KEY | sha256sum` gives"
                .to_owned()
        })?;
        Ok(Self(hash))
    }
}

/// What is kept of answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CacheConfig {
    /// Memory for answers, bytes; 0 keeps none.
    pub max_bytes: u64,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self { max_bytes: limits::ANSWERS_BYTES }
    }
}

/// The API's own figures.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsConfig {
    /// Where they are shown, without login: loopback or an inner network.
    pub listen: std::net::SocketAddr,
}

/// The database.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestDb {
    /// PostgreSQL wire, `HOST:PORT`.
    pub pg: String,
    /// A user who can only read.
    #[serde(default = "default_user")]
    pub pg_user: String,
    /// File with that user's password.
    pub pg_password_file: Option<PathBuf>,
    /// Connections at most; each may hold a thread of the database.
    #[serde(default = "default_pool")]
    pub pool_size: usize,
}

/// Daily files of what was derived.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Datasets {
    /// Where they are written, and served from.
    pub folder: PathBuf,
    /// How often days that may still change are looked at again, such as `6h`.
    #[serde(default = "default_recheck", deserialize_with = "duration")]
    pub recheck: std::time::Duration,
    /// Days that are kept.
    #[serde(default = "default_keep")]
    pub keep_days: u32,
    /// Days that a revision is kept after a later one took its place.
    #[serde(default = "default_keep_superseded")]
    pub keep_superseded_days: u32,
    /// Under which terms the data may be used: a name.
    #[serde(default = "default_license")]
    pub license: String,
    /// The text of these terms.
    #[serde(default = "default_license_url")]
    pub license_url: String,
    /// Whom to name.
    #[serde(default = "default_attribution")]
    pub attribution: String,
}

impl Datasets {
    pub(crate) fn rules(&self) -> Rules {
        Rules {
            recheck_us: i64::try_from(self.recheck.as_micros()).unwrap_or(i64::MAX / 2),
            keep_days: self.keep_days,
            keep_superseded_days: self.keep_superseded_days,
        }
    }
}

fn duration<'de, D: serde::Deserializer<'de>>(from: D) -> Result<std::time::Duration, D::Error> {
    let text = String::deserialize(from)?;
    humantime::parse_duration(&text)
        .map_err(|e| serde::de::Error::custom(format!("{text:?}: {e}; write it such as 6h")))
}

const fn default_recheck() -> std::time::Duration {
    std::time::Duration::from_secs(6 * 3600)
}

/// Terms of the data, unless an operator names others for daily files.
pub(crate) const LICENSE: &str = "CC-BY-4.0";
/// Their text.
pub(crate) const LICENSE_URL: &str = "https://creativecommons.org/licenses/by/4.0/";

const fn default_keep() -> u32 {
    400
}

const fn default_keep_superseded() -> u32 {
    30
}

fn default_license() -> String {
    LICENSE.to_owned()
}

fn default_license_url() -> String {
    LICENSE_URL.to_owned()
}

fn default_attribution() -> String {
    "NaaP, the measuring layer of the Livepeer network".to_owned()
}

fn default_user() -> String {
    "naap_read".to_owned()
}

const fn default_pool() -> usize {
    8
}

/// What is wrong with the configuration.
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
    /// A value makes no sense.
    #[error("{}: {key}: {message}", file.display())]
    Value {
        /// The file.
        file: PathBuf,
        /// The key.
        key: &'static str,
        /// What is wrong and what would be right.
        message: String,
    },
}

impl Config {
    /// Reads a configuration; paths in it are relative to it.
    ///
    /// # Errors
    /// If it cannot be read, or something in it is wrong.
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| ConfigError::Read { file: file.to_owned(), source })?;
        let mut config: Self = toml::from_str(&text)
            .map_err(|e| ConfigError::Parse { file: file.to_owned(), message: e.to_string() })?;
        let value = |key, message: &str| ConfigError::Value {
            file: file.to_owned(),
            key,
            message: message.to_owned(),
        };
        if !(1..=60).contains(&config.questdb.pool_size) {
            return Err(value(
                "questdb.pool_size",
                "write a number from 1 to 60; QuestDB has 64 connections",
            ));
        }
        if !config.questdb.pg.contains(':') {
            return Err(value("questdb.pg", "write HOST:PORT"));
        }
        if !config.collector.starts_with("http://") && !config.collector.starts_with("https://") {
            return Err(value("collector", "write http://ADDR:PORT"));
        }
        if let Err(message) = config.pages.settings().check() {
            return Err(value("pages.frame_ancestors", message));
        }
        if let Some((key, message)) = config.wrong_rate() {
            return Err(value(key, &message));
        }
        if let (Some(dir), Some(path)) = (file.parent(), &config.questdb.pg_password_file) {
            config.questdb.pg_password_file = Some(dir.join(path));
        }
        if let Some(datasets) = &mut config.datasets {
            if !(1..=4000).contains(&datasets.keep_days) {
                return Err(value("datasets.keep_days", "write a number from 1 to 4000"));
            }
            if datasets.keep_superseded_days > 4000 {
                return Err(value("datasets.keep_superseded_days", "write a number up to 4000"));
            }
            let hour = std::time::Duration::from_secs(3600);
            if !(hour / 60..=720 * hour).contains(&datasets.recheck) {
                return Err(value("datasets.recheck", "write a time from 1m to 30d"));
            }
            datasets.folder = file.parent().unwrap_or(Path::new("")).join(&datasets.folder);
        }
        Ok(config)
    }

    /// What is wrong with what clients may spend.
    fn wrong_rate(&self) -> Option<(&'static str, String)> {
        let points = |n: u32| (1..=1_000_000).contains(&n);
        if self.rate.points != 0 && !points(self.rate.points) {
            return Some(("rate.points", "write a number up to 1000000; 0 limits nothing".into()));
        }
        if !(1..=86_400).contains(&self.rate.per_s) {
            return Some(("rate.per_s", "write a number from 1 to 86400".into()));
        }
        if self.api_keys.len() > limits::API_KEYS {
            return Some(("api_key", format!("there are more than {}", limits::API_KEYS)));
        }
        for (i, key) in self.api_keys.iter().enumerate() {
            let name = &key.name;
            if !points(key.points) {
                return Some(("api_key.points", format!("of {name:?}: write 1 to 1000000")));
            }
            let mut before = self.api_keys.iter().take(i);
            if before.any(|k| k.name == *name || k.sha256 == key.sha256) {
                return Some(("api_key", format!("{name:?} or its key is there twice")));
            }
        }
        None
    }

    /// The database for those who build files: one connection, so that no reader waits for them.
    pub(crate) fn for_datasets(&self) -> QuestDb {
        QuestDb { pool_size: 1, ..self.questdb.clone() }
    }

    /// The password of the database user; empty without a file.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn password(&self) -> Result<String, ConfigError> {
        let Some(file) = &self.questdb.pg_password_file else { return Ok(String::new()) };
        std::fs::read_to_string(file)
            .map(|text| text.trim().to_owned())
            .map_err(|source| ConfigError::Read { file: file.clone(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_a_configuration() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("graphql.example.toml");
        let config = Config::read(&file).unwrap();
        assert_eq!(config.listen.port(), 8080);
        assert!(config.questdb.pg_password_file.unwrap().is_absolute());
        let datasets = config.datasets.unwrap();
        assert!(datasets.folder.is_absolute());
        assert_eq!(datasets.rules().recheck_us, 6 * 3_600_000_000);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let dir = std::env::temp_dir().join(format!("naap-graphql-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&dir).unwrap();
        let file = dir.join("graphql.toml");
        let good = "listen = \"127.0.0.1:0\"\ncollector = \"http://127.0.0.1:1\"\n[questdb]\npg = \"127.0.0.1:2\"\n";
        let cases = [
            ("color = 1\n", "unknown field `color`"),
            ("pool_size = 0\n", "questdb.pool_size"),
            ("pool_size = 600\n", "from 1 to 60"),
            ("[rate]\nper_s = 0\n", "rate.per_s"),
            ("[pages]\nframe_ancestors = \"*; script-src *\"\n", "pages.frame_ancestors"),
            ("[pages]\nframe_ancestors = \"\"\n", "origins with spaces"),
            ("[rate]\ntrusted_proxies = [\"10.0.0.0/40\"]\n", "10.0.0.0/40"),
            ("[[api_key]]\nname = \"a\"\nsha256 = \"xyz\"\npoints = 1\n", "64 hex digits"),
            ("[datasets]\nfolder = \"d\"\nkeep_days = 0\n", "datasets.keep_days"),
            ("[datasets]\nfolder = \"d\"\nrecheck = \"soon\"\n", "such as 6h"),
            ("[datasets]\nfolder = \"d\"\nrecheck = \"1s\"\n", "datasets.recheck"),
            ("[datasets]\n", "missing field `folder`"),
        ];
        for (extra, says) in cases {
            std::fs::write(&file, format!("{good}{extra}")).unwrap();
            let text = Config::read(&file).unwrap_err().to_string();
            assert!(text.contains(says), "{text}");
        }
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
