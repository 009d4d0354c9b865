//! Recorded events with their times moved: one offset for all files that are new, so that the
//! newest is now and distances stay; a file that was replayed before keeps its offset, so that the
//! same rows come again with the same identity, and the store keeps one of each.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::events::{Line, Lines};
use super::gateway_event::envelope_ms;

/// What cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A file cannot be read or written.
    #[error("cannot use {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The state file is damaged.
    #[error("{}: {message}; delete it to begin anew (rows of files replayed before would come twice)", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// No event in it has a time.
    #[error("{} holds no gateway event; expected JSON lines with `timestamp`", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// Offsets by SHA-256 of the files' content.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    #[serde(default)]
    offset_ms: BTreeMap<String, i64>,
}

/// The offset of each file, ms, as remembered in `state_file` or made now.
///
/// # Errors
/// If a file cannot be read, holds no event, or the state cannot be kept.
pub fn offsets(files: &[PathBuf], state_file: &Path, now_ms: i64) -> Result<Vec<i64>, ReplayError> {
    let mut state = read_state(state_file)?;
    let mut scanned = Vec::new();
    for path in files {
        let (hash, newest_ms) =
            scan(path).map_err(|source| ReplayError::Io { path: path.clone(), source })?;
        let newest_ms = newest_ms.ok_or_else(|| ReplayError::Empty { path: path.clone() })?;
        scanned.push((hash, newest_ms));
    }
    let new = scanned.iter().filter(|(hash, _)| !state.offset_ms.contains_key(hash));
    if let Some(newest_ms) = new.map(|(_, newest)| *newest).max() {
        for (hash, _) in &scanned {
            state.offset_ms.entry(hash.clone()).or_insert(now_ms - newest_ms);
        }
        write_state(state_file, &state)?;
    }
    Ok(scanned.iter().filter_map(|(hash, _)| state.offset_ms.get(hash).copied()).collect())
}

fn read_state(path: &Path) -> Result<State, ReplayError> {
    match std::fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).map_err(|e| ReplayError::State {
            path: path.to_owned(),
            message: e.message().to_owned(),
        }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(State::default()),
        Err(source) => Err(ReplayError::Io { path: path.to_owned(), source }),
    }
}

fn write_state(path: &Path, state: &State) -> Result<(), ReplayError> {
    let io = |source| ReplayError::Io { path: path.to_owned(), source };
    let text = toml::to_string(state)
        .map_err(|e| ReplayError::State { path: path.to_owned(), message: e.to_string() })?;
    let next = path.with_extension("next");
    std::fs::write(&next, text).map_err(io)?;
    std::fs::rename(&next, path).map_err(io)
}

/// SHA-256 of a file, and the newest envelope time in it.
fn scan(path: &Path) -> std::io::Result<(String, Option<i64>)> {
    let mut file = BufReader::with_capacity(64 << 10, std::fs::File::open(path)?);
    let (mut hash, mut lines, mut newest) = (Sha256::new(), Lines::default(), None);
    loop {
        let buffer = file.fill_buf()?;
        let n = buffer.len();
        if n == 0 {
            lines.close();
        }
        hash.update(buffer);
        lines.push(buffer);
        for line in lines.take(usize::MAX) {
            if let Line::Whole(bytes) = line {
                newest = newest.max(envelope_ms(&bytes));
            }
        }
        if n == 0 {
            break;
        }
        file.consume(n);
    }
    debug_assert_eq!(file.read(&mut [0])?, 0, "the file was read to its end");
    Ok((hex::encode(hash.finalize()), newest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(dir: &Path, name: &str, times: &[i64]) -> PathBuf {
        let text: String = times.iter().map(|t| format!("{{\"timestamp\":\"{t}\"}}\n")).collect();
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn the_newest_of_all_is_now_and_a_known_file_keeps_its_offset() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("state.toml");
        let a = file(dir.path(), "a", &[1_780_000_000_000, 1_780_000_005_000]);
        let b = file(dir.path(), "b", &[1_780_000_009_000]);
        let now = 1_790_000_000_000;
        let both = offsets(&[a.clone(), b.clone()], &state, now).unwrap();
        assert_eq!(both, [now - 1_780_000_009_000; 2], "one offset, distances kept");
        let again = offsets(&[b, a.clone()], &state, now + 60_000).unwrap();
        assert_eq!(again, both, "a second start moves nothing");
        let c = file(dir.path(), "c", &[1_780_000_000_000]);
        let third = offsets(&[a, c], &state, now + 60_000).unwrap();
        assert_eq!(third, [both[0], now + 60_000 - 1_780_000_000_000]);
    }

    #[test]
    fn a_file_without_events_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let empty = file(dir.path(), "empty", &[]);
        let error = offsets(&[empty], &dir.path().join("s"), 0).unwrap_err();
        assert!(error.to_string().contains("empty"), "{error}");
    }
}
