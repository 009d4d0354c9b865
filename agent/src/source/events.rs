//! Gateway events as JSON lines: a file to its end, a file that grows (and is rotated), or standard
//! input. It may read what it is told to read; it must never hold a line that is too long.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use naap_schema::Row;
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::gateway_event;
use super::{Drop, Drops, Now, Pace, Reading, Source, SourceError};
use crate::limits;

/// Where lines come from.
#[derive(Debug)]
enum From {
    Stdin(tokio::io::Stdin),
    File { path: PathBuf, follow: bool, open: Option<Open> },
}

#[derive(Debug)]
struct Open {
    file: File,
    inode: u64,
    read: u64,
}

/// Gateway events.
#[derive(Debug)]
pub struct Events {
    name: String,
    from: From,
    origin: &'static str,
    shift_us: i64,
    lines: Lines,
}

impl Events {
    /// Events from a file, or from standard input where the path is `-`.
    pub fn new(
        name: String,
        path: PathBuf,
        follow: bool,
        origin: &'static str,
        shift_us: i64,
    ) -> Self {
        let from = if path.as_os_str() == "-" {
            From::Stdin(tokio::io::stdin())
        } else {
            From::File { path, follow, open: None }
        };
        Self { name, from, origin, shift_us, lines: Lines::default() }
    }

    /// Reads some more; true at an end that is final.
    async fn more(&mut self) -> Result<bool, SourceError> {
        match &mut self.from {
            From::Stdin(stdin) => {
                let io = |source| SourceError::Io { what: "standard input".into(), source };
                Ok(fill(stdin, &mut self.lines).await.map_err(io)? == 0)
            }
            From::File { path, follow, open } => {
                let what = path.display().to_string();
                let io = |source| SourceError::Io { what: what.clone(), source };
                if open.is_none() {
                    let file = File::open(&*path).await.map_err(io)?;
                    let inode = file.metadata().await.map_err(io)?.ino();
                    *open = Some(Open { file, inode, read: 0 });
                }
                let Some(current) = open else { return Ok(true) };
                let n = fill(&mut current.file, &mut self.lines).await.map_err(io)?;
                current.read += n as u64;
                if n > 0 {
                    return Ok(false);
                }
                // At the end: was it rotated away, or cut?
                if *follow
                    && let Ok(now) = tokio::fs::metadata(&*path).await
                    && (now.ino() != current.inode || now.len() < current.read)
                {
                    *open = None;
                    self.lines.close();
                    return Ok(false);
                }
                Ok(!*follow)
            }
        }
    }

    fn take(&mut self, reading: &mut Reading) {
        for line in self.lines.take(limits::LINES) {
            let mut count = |d: Drop| *reading.drops.entry(d).or_default() += 1;
            match line {
                Line::TooLong => count(Drop::TooLong),
                Line::Whole(bytes) if bytes.iter().all(u8::is_ascii_whitespace) => {}
                Line::Whole(bytes) => {
                    match gateway_event::parse(&bytes, self.origin, self.shift_us) {
                        Ok(parsed) => {
                            parsed.cut.into_iter().for_each(&mut count);
                            reading.rows.extend(parsed.rows);
                        }
                        Err(drop) => count(drop),
                    }
                }
            }
        }
    }
}

async fn fill(from: &mut (impl AsyncRead + Unpin), lines: &mut Lines) -> std::io::Result<usize> {
    let mut buffer = vec![0; 64 << 10];
    let n = from.read(&mut buffer).await?;
    lines.push(buffer.get(..n).unwrap_or_default());
    Ok(n)
}

#[async_trait]
impl Source for Events {
    fn name(&self) -> &str {
        &self.name
    }

    fn pace(&self) -> Pace {
        Pace::Stream
    }

    fn deadline(&self) -> Duration {
        // Standard input may be silent for as long as it likes.
        match self.from {
            From::Stdin(_) => Duration::from_secs(365 * 86_400),
            From::File { .. } => limits::STREAM_READ,
        }
    }

    async fn read(&mut self, _: Now) -> Result<Reading, SourceError> {
        let mut reading = Reading::default();
        if !self.lines.ready() {
            reading.ended = self.more().await?;
            if reading.ended {
                self.lines.close();
            }
        }
        self.take(&mut reading);
        reading.ended &= !self.lines.ready();
        Ok(reading)
    }
}

/// A line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Without its end.
    Whole(Vec<u8>),
    /// It was longer than allowed and is gone.
    TooLong,
}

/// Cuts bytes into lines; holds at most one that is not complete.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    ready: std::collections::VecDeque<Line>,
    begun: Vec<u8>,
    skipping: bool,
}

impl Lines {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|b| *b == b'\n') {
            let (part, ends) = match part.strip_suffix(b"\n") {
                Some(part) => (part, true),
                None => (part, false),
            };
            if self.begun.len() + part.len() > limits::LINE_BYTES {
                self.skipping = true;
                self.begun.clear();
            }
            if !self.skipping {
                self.begun.extend_from_slice(part);
            }
            if ends {
                self.end();
            }
        }
    }

    fn end(&mut self) {
        let begun = std::mem::take(&mut self.begun);
        let line =
            if std::mem::take(&mut self.skipping) { Line::TooLong } else { Line::Whole(begun) };
        self.ready.push_back(line);
    }

    /// What was begun is the last line.
    pub(crate) fn close(&mut self) {
        if self.skipping || !self.begun.is_empty() {
            self.end();
        }
    }

    pub(crate) fn ready(&self) -> bool {
        !self.ready.is_empty()
    }

    pub(crate) fn take(&mut self, n: usize) -> Vec<Line> {
        self.ready.drain(..n.min(self.ready.len())).collect()
    }
}

/// All rows of a file, for `--once` and tests.
///
/// # Errors
/// If it cannot be read.
pub async fn read_all(source: &mut dyn Source) -> Result<(Vec<Row>, Drops), SourceError> {
    let (mut rows, mut drops) = (Vec::new(), Drops::new());
    loop {
        let reading = source.read(Now::read()).await?;
        rows.extend(reading.rows);
        for (drop, n) in reading.drops {
            *drops.entry(drop).or_default() += n;
        }
        if reading.ended {
            return Ok((rows, drops));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn event(id: u32) -> String {
        format!(
            r#"{{"id":"e{id}","type":"stream_trace","timestamp":"178000000{id:04}","gateway":"","data":{{"type":"t","stream_id":"s"}}}}"#
        )
    }

    fn events(path: &std::path::Path, follow: bool) -> Events {
        Events::new("e".into(), path.to_owned(), follow, "organic", 0)
    }

    #[test]
    fn lines_are_cut_and_long_ones_dropped() {
        let mut lines = Lines::default();
        lines.push(b"a\nb");
        lines.push(b"c\n");
        lines.push(&vec![b'x'; limits::LINE_BYTES]);
        lines.push(b"y\nd\n\ne");
        lines.close();
        let whole = |s: &str| Line::Whole(s.as_bytes().to_vec());
        assert_eq!(
            lines.take(10),
            [whole("a"), whole("bc"), Line::TooLong, whole("d"), whole(""), whole("e")]
        );
        assert!(!lines.ready());
    }

    #[tokio::test]
    async fn a_file_is_read_to_its_end_and_drops_are_counted() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        write!(
            file,
            "{}\nnonsense\n\n{{\"type\":\"app_x\",\"id\":\"1\",\"data\":{{}}}}\n{}",
            event(1),
            event(2)
        )
        .unwrap();
        let (rows, drops) = read_all(&mut events(file.path(), false)).await.unwrap();
        assert_eq!(rows.len(), 2, "the last line needs no end");
        assert_eq!(drops, [(Drop::Malformed, 1), (Drop::Noise, 1)].into());
    }

    #[tokio::test]
    async fn a_followed_file_grows_and_is_rotated() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        std::fs::write(&path, format!("{}\n{}", event(1), "{\"half")).unwrap();
        let mut source = events(&path, true);
        let mut rows = 0;
        let mut read = async |source: &mut Events, expected: usize| {
            for _ in 0..20 {
                let reading = source.read(Now::read()).await.unwrap();
                assert!(!reading.ended);
                rows += reading.rows.len();
            }
            assert_eq!(rows, expected);
        };
        read(&mut source, 1).await;
        let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        writeln!(file, "way\"}}\n{}", event(2)).unwrap();
        read(&mut source, 2).await;
        std::fs::rename(&path, dir.path().join("events.jsonl.1")).unwrap();
        std::fs::write(&path, format!("{}\n", event(3))).unwrap();
        read(&mut source, 3).await;
        std::fs::write(&path, "").unwrap();
        read(&mut source, 3).await;
        std::fs::write(&path, format!("{}\n", event(4))).unwrap();
        read(&mut source, 4).await;
    }

    #[tokio::test]
    async fn a_missing_file_is_a_failure_not_an_end() {
        let error = events(std::path::Path::new("nowhere.jsonl"), false).read(Now::read()).await;
        assert!(error.unwrap_err().to_string().contains("nowhere.jsonl"));
    }
}
