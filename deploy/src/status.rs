//! `naap status` and `naap down`: what another process's stack is doing, and its end. Reads the
//! data folder, asks `/healthz`, sends SIGTERM to `naap up`; never touches the parts of a stack
//! that somebody runs.

use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;
use serde::Serialize;
use serde_json::Value;
use tracing::info;

use crate::error::{Error, Result};
use crate::folder::Folder;
use crate::state::{Life, State};
use crate::{http, limits, process};

/// How a stack is.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Whether a `naap up` runs on the folder.
    pub running: bool,
    /// Whether everything answers now.
    pub ready: bool,
    /// The data folder.
    pub data: PathBuf,
    /// Bytes of disk that it takes; `None` if it does not exist.
    pub disk_used_bytes: Option<u64>,
    /// What `/healthz` answers: its JSON, or a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<Value>,
    /// Addresses, processes; `None` while QuestDB is being got, and when nothing runs.
    #[serde(flatten)]
    pub state: Option<State>,
}

/// Looks at the stack on a data folder.
///
/// # Errors
/// If the folder cannot be read.
pub async fn status(root: &Path) -> Result<Report> {
    let mut report = Report {
        running: false,
        ready: false,
        data: root.to_owned(),
        disk_used_bytes: None,
        health: None,
        state: None,
    };
    if !root.exists() {
        return Ok(report);
    }
    let folder = Folder::open(root)?;
    report.data = folder.root().to_owned();
    report.disk_used_bytes = Some(folder.disk_used().0);
    report.running = folder.is_locked()?;
    if !report.running {
        return Ok(report);
    }
    let Some(mut state) = State::read(&folder)? else { return Ok(report) };
    for part in &mut state.parts {
        // Between a death and its entry a moment passes.
        if part.pid.is_some_and(|pid| !process::is_alive(pid)) {
            (part.pid, part.life) = (None, Life::Waiting);
        }
    }
    let (healthy, health) = match http::get(http::reachable(state.listen), "/healthz").await {
        Ok((status, body)) => {
            let body = serde_json::from_str(&body).unwrap_or(Value::String(body));
            (status.is_success(), body)
        }
        Err(why) => (false, Value::String(why)),
    };
    report.ready = state.answered && healthy;
    report.health = Some(health);
    report.state = Some(state);
    Ok(report)
}

impl Report {
    /// The report for a person.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let word = match (self.running, self.ready) {
            (false, _) => "not running",
            (true, false) => "running, not ready",
            (true, true) => "ready",
        };
        let mut line = |name: &str, value: &dyn std::fmt::Display| {
            text.push_str(&format!("{name:<14}{value}\n"));
        };
        line("stack", &word);
        line("data", &self.data.display());
        if let Some(bytes) = self.disk_used_bytes {
            line("disk used", &format!("{} MiB", bytes / (1024 * 1024)));
        }
        if let Some(state) = &self.state {
            line("page", &state.url);
            line("collector", &format!("{} (gRPC)", state.grpc));
            line("pid", &state.pid);
            for part in &state.parts {
                let pid = part.pid.map(|p| format!("pid {p}")).unwrap_or_default();
                let life = format!("{:?}", part.life).to_lowercase();
                let restarts = match (part.restarts, &part.last_exit) {
                    (0, _) => String::new(),
                    (n, how) => format!("  restarts {n}, last: {}", how.as_deref().unwrap_or("?")),
                };
                line(&part.name, &format!("{life:<9} {pid:<12}{restarts}").trim_end());
            }
        }
        if let (false, Some(health)) = (self.ready, &self.health) {
            line("health", health);
        }
        text
    }
}

/// What `naap down` found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Down {
    /// A stack, which has ended now.
    Stopped,
    /// Nothing.
    NotRunning,
}

/// Stops the stack on a data folder and waits for its end.
///
/// # Errors
/// If it does not end, or cannot be found.
pub async fn down(root: &Path) -> Result<Down> {
    if !root.exists() {
        return Ok(Down::NotRunning);
    }
    let folder = Folder::open(root)?;
    if !folder.is_locked()? {
        // The lock keeps a start from happening meanwhile.
        if folder.run("lock").exists() {
            let _lock = folder.lock().await?;
            process::end_leftovers(&folder).await?;
        }
        return Ok(Down::NotRunning);
    }
    let Some(pid) = folder.owner() else {
        return Err(Error::Locked { path: folder.root().to_owned(), pid: None });
    };
    info!("stopping `naap up` (pid {pid})");
    process::send(pid, Signal::SIGTERM);
    let end = tokio::time::Instant::now() + limits::DOWN_WITHIN;
    while folder.is_locked()? {
        if tokio::time::Instant::now() >= end {
            return Err(Error::StillRuns {
                what: "`naap up`".into(),
                pid,
                limit: limits::DOWN_WITHIN,
            });
        }
        tokio::time::sleep(limits::ASK_EVERY).await;
    }
    Ok(Down::Stopped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Board, Part, Ports};
    use std::net::SocketAddr;

    #[tokio::test]
    async fn nothing_runs_where_nothing_is() {
        let dir = tempfile::tempdir().unwrap();
        let none = dir.path().join("none");
        let report = status(&none).await.unwrap();
        assert!(!report.running && !report.ready && report.disk_used_bytes.is_none());
        assert!(!none.exists(), "looking makes nothing");
        assert_eq!(down(&none).await.unwrap(), Down::NotRunning);
        assert!(report.text().contains("not running"));
    }

    #[tokio::test]
    async fn a_stack_that_runs_is_told_with_its_dead_parts() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(dir.path()).unwrap();
        let _lock = folder.lock().await.unwrap();
        let starting = status(dir.path()).await.unwrap();
        assert!(starting.running && starting.state.is_none(), "QuestDB is being got");
        let nobody = crate::ports::free([127, 0, 0, 1].into(), &[]).unwrap();
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let me = i32::try_from(std::process::id()).unwrap();
        let part = |name: &str, pid| Part {
            name: name.into(),
            life: Life::Running,
            pid: Some(pid),
            restarts: 0,
            last_exit: None,
        };
        let state = State {
            pid: me,
            answered: true,
            url: "http://127.0.0.1:1/".into(),
            listen: nobody,
            grpc: at(50051),
            questdb: Ports { http: at(1), min: at(2), pg: at(3) },
            parts: vec![part("collector", me), part("questdb", i32::MAX)],
        };
        Board::new(&folder, state).unwrap();
        let report = status(dir.path()).await.unwrap();
        assert!(report.running);
        assert!(!report.ready, "nobody answers at {nobody}");
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["grpc"], "127.0.0.1:50051");
        assert_eq!(json["questdb"]["pg"], "127.0.0.1:3");
        assert_eq!(json["ready"], false);
        assert_eq!(json["parts"][0]["name"], "collector");
        assert_eq!(json["parts"][0]["pid"], me);
        assert_eq!(json["parts"][1]["life"], "waiting");
        let text = report.text();
        assert!(text.contains("running, not ready") && text.contains("collector"), "{text}");
    }
}
