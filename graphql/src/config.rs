//! Configuration: one TOML file, checked before any port opens.

use std::path::{Path, PathBuf};

use serde::Deserialize;

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
        if let (Some(dir), Some(path)) = (file.parent(), &config.questdb.pg_password_file) {
            config.questdb.pg_password_file = Some(dir.join(path));
        }
        Ok(config)
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
        ];
        for (extra, says) in cases {
            std::fs::write(&file, format!("{good}{extra}")).unwrap();
            let text = Config::read(&file).unwrap_err().to_string();
            assert!(text.contains(says), "{text}");
        }
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
