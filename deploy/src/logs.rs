//! The logs of the parts: opened for appending, kept small, shown when something fails. Touches
//! files below `logs/` only.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use tracing::warn;

use crate::error::{Error, Result};
use crate::limits;

/// Opens a log for a part's output. Appending is what makes [`shorten`] safe while the part runs.
pub(crate) fn open(path: &Path) -> Result<File> {
    shorten(path);
    let opened = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
    opened.map_err(Error::file("open", path))
}

/// Moves what a too large log holds to `.1` beside it. The part keeps its open file, so the text
/// is copied and the file emptied; a line written in between is lost, which a log can bear.
pub(crate) fn shorten(path: &Path) {
    if fs::metadata(path).map_or(0, |m| m.len()) <= limits::MAX_LOG_BYTES {
        return;
    }
    let emptied = fs::copy(path, older(path))
        .and_then(|_| OpenOptions::new().write(true).open(path))
        .and_then(|file| file.set_len(0));
    if let Err(e) = emptied {
        warn!(log = %path.display(), error = %e, "the log cannot be shortened");
    }
}

fn older(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    name.into()
}

/// Looks after logs for good; never returns.
pub(crate) async fn keep_small(logs: Vec<PathBuf>) {
    loop {
        tokio::time::sleep(limits::LOG_CHECK_EVERY).await;
        for log in &logs {
            shorten(log);
        }
    }
}

/// How long a log is now: [`tail`] from here on leaves out what former runs said.
pub(crate) fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |m| m.len())
}

/// The last lines of a log, not before byte `from`.
pub(crate) fn tail(path: &Path, from: u64) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let from = if from > length { 0 } else { from };
        file.seek(SeekFrom::Start(from.max(length.saturating_sub(limits::TAIL_BYTES))))?;
        let mut bytes = Vec::new();
        file.take(limits::TAIL_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match read() {
        Ok(bytes) => last_lines(&String::from_utf8_lossy(&bytes)),
        Err(e) => format!("  (cannot be read: {e})"),
    }
}

/// The last lines of a text, each short, without anything that a terminal would obey.
pub(crate) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(limits::TAIL_LINES);
    let shown = lines.iter().skip(from).map(|line| {
        let clean = strip_colours(line);
        let clean = clean.chars().filter(|c| !c.is_control() || *c == '\t');
        format!("  {}", clean.take(limits::TAIL_LINE_CHARS).collect::<String>())
    });
    let shown: Vec<String> = shown.collect();
    if shown.is_empty() { "  (it said nothing)".into() } else { shown.join("\n") }
}

/// Leaves out the escape sequences that colour a terminal.
fn strip_colours(line: &str) -> String {
    let mut clean = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            chars.by_ref().find(char::is_ascii_alphabetic);
        } else {
            clean.push(c);
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_large_log_is_moved_while_it_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.log");
        let mut log = open(&path).unwrap();
        let line = [b'a'; 1024];
        for _ in 0..=limits::MAX_LOG_BYTES / 1024 {
            log.write_all(&line).unwrap();
        }
        shorten(&path);
        assert_eq!(length(&path), 0);
        log.write_all(b"goes on\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "goes on\n");
        assert!(length(&older(&path)) > limits::MAX_LOG_BYTES);
        shorten(&path);
        assert_eq!(length(&path), 8, "a small one stays");
    }

    #[test]
    fn the_tail_is_short_clean_and_of_this_run() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.log");
        fs::write(&path, "former run\n").unwrap();
        let from = length(&path);
        let mut log = open(&path).unwrap();
        for i in 0..100 {
            writeln!(log, "\u{1b}[31mline {i}\u{1b}[0m\u{7}").unwrap();
        }
        let tail = tail(&path, from);
        assert_eq!(tail.lines().count(), limits::TAIL_LINES);
        assert!(tail.ends_with("  line 99"), "{tail:?}");
        assert!(!tail.contains("former"));
        assert_eq!(super::tail(&path, length(&path)), "  (it said nothing)");
        assert!(super::tail(&dir.path().join("none"), 0).contains("cannot be read"));
    }
}
