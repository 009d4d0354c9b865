//! Runs the sources of a configuration and hands each row to whoever looks, live. Nothing is sent,
//! nothing touches a spool, and no source is told that its rows are safe.

use std::sync::Arc;

use naap_schema::{ENTITIES, Row};
use tokio::sync::mpsc;

use crate::config::Config;
use crate::near::nearest;
use crate::once::{json_line, text_line};
use crate::plan::{Ties, plan};
use crate::run::RunError;
use crate::source::Tallies;
use crate::spool::{Nowhere, Spool};
use crate::supervise::Supervisor;
use crate::{discover, limits};

/// What is looked at.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this source.
    pub source: Option<String>,
    /// Only rows of this entity.
    pub entity: Option<String>,
}

/// Why nothing can be looked at.
#[derive(Debug, thiserror::Error)]
pub enum TapError {
    /// The sources cannot be set up.
    #[error(transparent)]
    Run(#[from] RunError),
    /// There is no such source or entity.
    #[error("there is no {what} {name:?}; {hint}")]
    Unknown {
        /// Source or entity.
        what: &'static str,
        /// As asked for.
        name: String,
        /// What there is.
        hint: String,
    },
}

fn unknown(what: &'static str, name: &str, known: &[&str]) -> TapError {
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("there are: {}", known.join(", ")),
    };
    TapError::Unknown { what, name: name.to_owned(), hint }
}

/// A row as one line: JSON as `--once` prints it, or text for people.
pub fn line(row: &Row, json: bool) -> String {
    if json { json_line(row) } else { text_line(row) }
}

/// Hands rows to `show` until it says no, every source has ended, or `stop`.
///
/// # Errors
/// If the sources cannot be set up, or there is no such source or entity.
pub async fn tap(
    config: &Config,
    filter: &Filter,
    mut show: impl FnMut(&Row) -> bool,
    stop: impl Future<Output = ()>,
) -> Result<(), TapError> {
    if let Some(entity) = &filter.entity {
        let known: Vec<&str> = ENTITIES.iter().map(|e| e.name).collect();
        if !known.contains(&entity.as_str()) {
            return Err(unknown("entity", entity, &known));
        }
    }
    let mut config = config.clone();
    if discover::wanted(&config) {
        config.livepeer = discover::once().await;
    }
    let ties = Ties::default();
    let mut plan = plan(&config, &ties)?;
    plan.retain(|p| p.quiet);
    if let Some(source) = &filter.source {
        let known: Vec<String> = plan.iter().map(|p| p.name.clone()).collect();
        plan.retain(|p| p.name == *source);
        if plan.is_empty() {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            return Err(unknown("source", source, &known));
        }
    }
    let (to, mut rows) = mpsc::channel(limits::BATCHES);
    // Nothing is ever put into it: there is always room.
    let (spool, _writer) = Spool::open(Arc::new(Nowhere), limits::MEMORY_BYTES);
    let mut supervisor = Supervisor::new(to, spool, Tallies::default());
    supervisor.change_to(plan).await?;
    let supervisor = supervisor.seal();
    tokio::pin!(stop);
    loop {
        let batch = tokio::select! {
            batch = rows.recv() => batch,
            () = &mut stop => None,
        };
        let Some(batch) = batch else { break };
        let wanted = |r: &&Row| filter.entity.as_ref().is_none_or(|e| r.entity.name == e);
        if !batch.rows.iter().filter(wanted).all(&mut show) {
            break;
        }
    }
    drop(rows);
    supervisor.stop().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Events, Shift};

    fn config(dir: &std::path::Path) -> Config {
        let event = "{\"id\":\"1\",\"type\":\"discovery_results\",\"timestamp\":\"1767908945298\",\
                     \"gateway\":\"\",\"data\":[{\"address\":\"0x1\",\"url\":\"https://o.example\",\
                     \"latency_ms\":\"7\"}]}\n";
        let path = dir.join("events.jsonl");
        std::fs::write(&path, event).unwrap();
        let mut config = Config::bare();
        config.discover = false;
        config.events.push(Events { name: "e".into(), path, follow: false, shift: Shift::None });
        config
    }

    async fn rows(config: &Config, filter: Filter, most: usize) -> Vec<String> {
        let mut lines = Vec::new();
        let show = |row: &Row| {
            lines.push(line(row, false));
            lines.len() < most
        };
        tap(config, &filter, show, std::future::pending()).await.unwrap();
        lines
    }

    #[tokio::test]
    async fn rows_are_shown_live_and_filtered() {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path());
        let only = |source: Option<&str>, entity: Option<&str>| Filter {
            source: source.map(str::to_owned),
            entity: entity.map(str::to_owned),
        };
        let lines = rows(&config, only(Some("e"), None), usize::MAX).await;
        assert_eq!(lines.len(), 1, "a file that is read to its end ends it: {lines:?}");
        assert!(lines[0].starts_with("21:49:05.298 discovery_result"), "{lines:?}");
        let lines = rows(&config, only(None, Some("host")), 1).await;
        assert!(lines[0].contains(" mem_total_bytes="), "{lines:?}");
        for (filter, says) in [
            (only(Some("x"), None), "there are: host, e"),
            (only(None, Some("hots")), "did you mean \"host\"?"),
        ] {
            let error = tap(&config, &filter, |_| true, std::future::pending()).await.unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing was written");
    }
}
