//! What a running stack tells about itself, in `run/state.toml`: written by `naap up`, read by
//! `naap status` and `naap down`. Holds addresses and process ids, never a secret.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::error::{Error, Result};
use crate::folder::{Folder, read_own, write_private};

/// A running stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The process of `naap up`.
    pub pid: i32,
    /// Whether everything has answered once.
    pub answered: bool,
    /// The page, `http://ADDR:PORT/`.
    pub url: String,
    /// Where page and API listen.
    pub listen: SocketAddr,
    /// Where the collector listens.
    pub grpc: SocketAddr,
    /// Where QuestDB listens.
    pub questdb: Ports,
    /// Its parts, in the order of their start.
    #[serde(default)]
    pub parts: Vec<Part>,
}

/// The loopback addresses of QuestDB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    /// ILP and REST.
    pub http: SocketAddr,
    /// Health and metrics.
    pub min: SocketAddr,
    /// PostgreSQL wire.
    pub pg: SocketAddr,
}

/// One process of the stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its name; also that of its log.
    pub name: String,
    /// What it does now.
    pub life: Life,
    /// Its process, while it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<i32>,
    /// How often it was started again.
    pub restarts: u32,
    /// How it ended last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_exit: Option<String>,
}

/// What a part does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Life {
    /// It has a process.
    Running,
    /// It died and is about to be started again.
    Waiting,
    /// It had an end and came to it.
    Finished,
    /// It was told to stop, and did.
    Stopped,
}

impl State {
    /// Reads the state of a folder; `None` if none was ever written.
    ///
    /// # Errors
    /// If the file cannot be read or understood.
    pub fn read(folder: &Folder) -> Result<Option<Self>> {
        let path = folder.run("state.toml");
        let text = match read_own(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Error::file("read", path)(e)),
        };
        let parsed = toml::from_str(&text);
        parsed.map(Some).map_err(|e| Error::State { path, source: Box::new(e) })
    }

    /// Writes it, as a whole.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, folder: &Folder) -> Result<()> {
        let text = toml::to_string(self)
            .map_err(|source| Error::Config { name: "run/state.toml", source })?;
        write_private(&folder.run("state.toml"), text.as_bytes())
    }
}

/// The state of this process's own stack; every change is written at once.
#[derive(Debug)]
pub(crate) struct Board {
    folder: Folder,
    state: Mutex<State>,
}

impl Board {
    pub(crate) fn new(folder: &Folder, state: State) -> Result<Self> {
        state.write(folder)?;
        Ok(Self { folder: folder.clone(), state: Mutex::new(state) })
    }

    pub(crate) fn set_part(&self, part: Part) {
        let mut state = self.lock();
        match state.parts.iter_mut().find(|p| p.name == part.name) {
            Some(old) => *old = part,
            None => state.parts.push(part),
        }
        self.save(&state);
    }

    pub(crate) fn set_answered(&self) {
        let mut state = self.lock();
        state.answered = true;
        self.save(&state);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A state is always whole: it is replaced field by field, without a panic in between.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `naap status` is a convenience: a stack must not die because its state cannot be written.
    fn save(&self, state: &State) {
        if let Err(e) = state.write(&self.folder) {
            warn!(error = %e, "`naap status` may be out of date");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn state() -> State {
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        State {
            pid: 42,
            answered: false,
            url: "http://127.0.0.1:8080/".into(),
            listen: at(8080),
            grpc: at(50051),
            questdb: Ports { http: at(1), min: at(2), pg: at(3) },
            parts: Vec::new(),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(dir.path()).unwrap();
        assert_eq!(State::read(&folder).unwrap(), None);
        let board = Board::new(&folder, state()).unwrap();
        let part = Part {
            name: "collector".into(),
            life: Life::Running,
            pid: Some(7),
            restarts: 0,
            last_exit: None,
        };
        board.set_part(part.clone());
        let dead = Part {
            life: Life::Waiting,
            pid: None,
            restarts: 1,
            last_exit: Some("signal: 9 \"x\"\n".into()),
            ..part
        };
        board.set_part(dead.clone());
        board.set_answered();
        let read = State::read(&folder).unwrap().unwrap();
        assert_eq!(read, State { answered: true, parts: vec![dead], ..state() });
    }

    #[test]
    fn a_broken_state_names_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(dir.path()).unwrap();
        std::fs::write(folder.run("state.toml"), "pid = \"x\"").unwrap();
        let error = State::read(&folder).unwrap_err().to_string();
        assert!(error.contains("run/state.toml"), "{error}");
    }
}
