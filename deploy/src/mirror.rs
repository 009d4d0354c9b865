//! `naap mirror`: the daily files of an API, kept in a folder.
//!
//! A file has its name only once its size and hash are what the manifest says; until then it is
//! `NAME.part`, and a later run goes on where that ends. Files never change, so what is there is not
//! asked for again. It may GET from one address and write below one folder; it follows no redirect,
//! and trusts no name: a path is made of checked parts.

mod fetch;
mod manifest;

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use tracing::info;

use crate::limits;
use fetch::{Fetched, Http, Part};
use manifest::{Entry, Manifest, Names};

/// What is mirrored, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Address of the API.
    pub from: String,
    /// The folder.
    pub to: PathBuf,
    /// Subjects; all if empty.
    pub subjects: Vec<String>,
    /// The first day, `YYYY-MM-DD`; all days if left out.
    pub since: Option<String>,
    /// Keep files whose place a later revision took.
    pub keep_superseded: bool,
    /// Hash what is there already.
    pub verify: bool,
}

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Subjects that were looked at.
    pub subjects: usize,
    /// Files that were transferred.
    pub files: usize,
    /// Their bytes, as far as this run transferred them.
    pub bytes: u64,
    /// Of these files, those that went on where an earlier run ended.
    pub resumed: usize,
    /// Files that were there already.
    pub there: usize,
    /// Superseded files that were removed.
    pub removed: usize,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { subjects, files, bytes, resumed, there, removed } = self;
        write!(
            f,
            "{files} files, {bytes} bytes transferred ({resumed} resumed); {there} were there, {removed} superseded removed, {subjects} subjects"
        )
    }
}

/// Why a mirror is not complete. What was transferred stays, and the next run goes on with it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MirrorError {
    /// A flag has a value that cannot be.
    #[error("{flag}: {why}")]
    Flag {
        /// The flag.
        flag: &'static str,
        /// What is wrong with its value.
        why: String,
    },
    /// There is no such subject.
    #[error("--subject {name}: {from} has no such subject; it has {known}")]
    Subject {
        /// What was asked for.
        name: String,
        /// Where.
        from: String,
        /// What there is.
        known: String,
    },
    /// No answer, or one that comes to nothing.
    #[error(
        "cannot get {url}: {why}; check --from and the network, and run again: what is there is kept"
    )]
    Unreachable {
        /// What was asked for.
        url: String,
        /// Why not.
        why: String,
    },
    /// The server does not have it.
    #[error("{url} answers {status}{advice}")]
    Refused {
        /// What was asked for.
        url: String,
        /// The status.
        status: u16,
        /// What to do.
        advice: String,
    },
    /// What came is not what it should be.
    #[error(
        "{url}: {why}; it was not kept. Run again; if it stays so, tell the operator of that address"
    )]
    Wrong {
        /// What was asked for.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// No room.
    #[error(
        "the disk of {} is full: {free_mib} MiB are free, {need_mib} MiB are needed; make room and run again, or name another folder with --to",
        path.display()
    )]
    DiskFull {
        /// Where.
        path: PathBuf,
        /// What is free.
        free_mib: u64,
        /// What is needed.
        need_mib: u64,
    },
    /// Another run has the folder.
    #[error("another `naap mirror` writes to {}; wait for it, or name another folder with --to", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// A file operation failed.
    #[error("cannot {doing} {}", path.display())]
    File {
        /// What was tried, as a verb.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It takes too long.
    #[error("not done after {} hours; run again, it goes on where it is", limits::MIRROR_WITHIN.as_secs() / 3600)]
    TooLong,
}

impl MirrorError {
    /// The exit code of `naap mirror`: 3 not reachable or refused, 4 not what the manifest says,
    /// 5 the folder or its disk, 2 a flag, 1 anything else.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Flag { .. } | Self::Subject { .. } => 2,
            Self::Unreachable { .. } | Self::Refused { .. } => 3,
            Self::Wrong { .. } => 4,
            Self::DiskFull { .. } | Self::File { .. } => 5,
            Self::Locked { .. } | Self::TooLong => 1,
        }
    }

    fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                let free_mib = free_bytes(&path).unwrap_or(0) >> 20;
                Self::DiskFull { path, free_mib, need_mib: free_mib + 1 }
            }
            _ => Self::File { doing, path, source },
        }
    }
}

type Result<T, E = MirrorError> = std::result::Result<T, E>;

struct Run<'a> {
    options: &'a Options,
    http: Http,
    ends: Instant,
    report: Report,
}

/// Makes a folder a mirror of what an API publishes. Blocks; must run on a thread of a tokio
/// runtime that may block.
///
/// # Errors
/// If it is not complete. What was transferred stays.
pub fn mirror(options: &Options) -> Result<Report> {
    if let Some(day) = &options.since
        && !manifest::is_day(day)
    {
        let why = format!("{day:?} is no day; write it such as 2026-05-01");
        return Err(MirrorError::Flag { flag: "--since", why });
    }
    let http = Http::new(&options.from)?;
    fs::create_dir_all(&options.to).map_err(MirrorError::file("make", &options.to))?;
    let _lock = lock(&options.to)?;
    let ends = Instant::now() + limits::MIRROR_WITHIN;
    let mut run = Run { options, http, ends, report: Report::default() };
    for subject in run.subjects()? {
        run.subject(&subject)?;
        run.report.subjects += 1;
    }
    Ok(run.report)
}

fn lock(dir: &Path) -> Result<File> {
    let path = dir.join(".lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(MirrorError::file("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(MirrorError::Locked { path: dir.to_owned() }),
        Err(TryLockError::Error(e)) => Err(MirrorError::file("lock", &path)(e)),
    }
}

impl Run<'_> {
    /// The subjects that are wanted, all of which there are.
    fn subjects(&self) -> Result<Vec<String>> {
        let url = self.http.url("");
        let text = match self.http.get(&url, None, limits::MIRROR_LIST_BYTES)? {
            Fetched::Body(text) => text,
            Fetched::Unchanged => Vec::new(),
        };
        let wrong = |why: String| MirrorError::Wrong { url: url.clone(), why };
        let names = Names::parse(&text).map_err(wrong)?;
        if self.options.subjects.is_empty() {
            return Ok(names.with_days());
        }
        for name in &self.options.subjects {
            if !names.has(name) {
                let (from, known) = (self.options.from.clone(), names.all().join(", "));
                return Err(MirrorError::Subject { name: name.clone(), from, known });
            }
        }
        let published = names.with_days();
        Ok(self.options.subjects.iter().filter(|s| published.contains(s)).cloned().collect())
    }

    fn subject(&mut self, subject: &str) -> Result<()> {
        let dir = self.options.to.join(subject);
        fs::create_dir_all(&dir).map_err(MirrorError::file("make", &dir))?;
        let kept = dir.join("manifest.json");
        let known = fs::read(&kept).ok().filter(|text| Manifest::parse(text, subject).is_ok());
        let hash = known.as_ref().map(|text| hex::encode(Sha256::digest(text)));
        let url = self.http.url(&format!("/{subject}/manifest.json"));
        let fetched = self.http.get(&url, hash.as_deref(), limits::MIRROR_MANIFEST_BYTES)?;
        let (text, new) = match (fetched, known) {
            (Fetched::Body(text), _) => (text, true),
            (Fetched::Unchanged, Some(text)) => (text, false),
            (Fetched::Unchanged, None) => (Vec::new(), false),
        };
        let wrong = |why| MirrorError::Wrong { url: url.clone(), why };
        let manifest = Manifest::parse(&text, subject).map_err(wrong)?;
        let since = self.options.since.as_deref().unwrap_or("");
        for entry in manifest.days.iter().filter(|e| e.day.as_str() >= since) {
            self.file(&dir, subject, entry)?;
        }
        if new {
            write_atomically(&kept, &text)?;
        }
        self.remove_superseded(&dir, subject, &manifest)
    }

    /// Transfers a file unless it is there.
    fn file(&mut self, dir: &Path, subject: &str, entry: &Entry) -> Result<()> {
        let path = dir.join(&entry.file);
        if fs::metadata(&path).is_ok_and(|m| m.is_file() && m.len() == entry.bytes) {
            if !self.options.verify || hash(&path)? == entry.sha256 {
                self.report.there += 1;
                return Ok(());
            }
            info!("{} is damaged; it is transferred again", path.display());
            fs::remove_file(&path).map_err(MirrorError::file("remove", &path))?;
        }
        let part = dir.join(format!("{}.part", entry.file));
        let had = len(&part);
        let url = self.http.url(&format!("/{subject}/{}", entry.file));
        self.report.bytes += self.download(&url, &part, entry)?;
        fs::rename(&part, &path).map_err(MirrorError::file("rename", &part))?;
        sync_dir(dir)?;
        self.report.files += 1;
        self.report.resumed += usize::from(had > 0);
        info!("{} ({} bytes)", path.display(), entry.bytes);
        Ok(())
    }

    /// Transfers until the part is the whole file; gives how many bytes came.
    fn download(&self, url: &str, part: &Path, entry: &Entry) -> Result<u64> {
        let mut came = 0;
        let mut idle = 0;
        // A part of an earlier run may be damaged: then all of it is transferred once more.
        let mut doubted = len(part) > 0;
        loop {
            if Instant::now() >= self.ends {
                return Err(MirrorError::TooLong);
            }
            let offset = len(part);
            if offset > entry.bytes || (offset == entry.bytes && hash(part)? != entry.sha256) {
                fs::remove_file(part).map_err(MirrorError::file("remove", part))?;
                if !doubted {
                    let why = "its size and hash are not those of the manifest".to_owned();
                    return Err(MirrorError::Wrong { url: url.to_owned(), why });
                }
                doubted = false;
                continue;
            }
            if offset == entry.bytes {
                return Ok(came);
            }
            check_space(part, entry.bytes - offset)?;
            let Part { bytes, ended } = self.http.part(url, part, offset, entry)?;
            came += bytes;
            match ended {
                Ok(()) => idle = 0,
                // A server that gives no parts would begin again for ever.
                Err(why) if bytes > 0 && came < entry.bytes.saturating_mul(4) => {
                    idle = 0;
                    info!("{url} was cut off ({why}); it goes on");
                }
                Err(why) => {
                    idle += 1;
                    if idle >= limits::MIRROR_TRIES {
                        return Err(MirrorError::Unreachable { url: url.to_owned(), why });
                    }
                    self.http.wait(idle);
                }
            }
        }
    }

    /// Removes revisions that are not the current one of a day that the manifest has, and their
    /// parts; a day that it no longer has stays as it is.
    fn remove_superseded(&mut self, dir: &Path, subject: &str, manifest: &Manifest) -> Result<()> {
        let current: HashSet<&str> = manifest.days.iter().map(|e| e.file.as_str()).collect();
        let days: HashSet<&str> = manifest.days.iter().map(|e| e.day.as_str()).collect();
        let list = fs::read_dir(dir).map_err(MirrorError::file("read", dir))?;
        for found in list.take(limits::MIRROR_FILES) {
            let found = found.map_err(MirrorError::file("read", dir))?;
            let name = found.file_name();
            let Some(name) = name.to_str() else { continue };
            let file = name.strip_suffix(".part").unwrap_or(name);
            let Some(day) = manifest::day_of(file, subject) else { continue };
            let part = file != name;
            if current.contains(file)
                || !days.contains(day)
                || (self.options.keep_superseded && !part)
            {
                continue;
            }
            let path = found.path();
            fs::remove_file(&path).map_err(MirrorError::file("remove", &path))?;
            self.report.removed += usize::from(!part);
        }
        Ok(())
    }
}

fn len(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |m| m.len())
}

/// The hash of a file, hex.
fn hash(path: &Path) -> Result<String> {
    let read = || {
        let mut file = File::open(path)?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 1 << 20];
        loop {
            let n = file.read(&mut buffer)?;
            let Some(bytes) = buffer.get(..n).filter(|b| !b.is_empty()) else { break };
            hash.update(bytes);
        }
        Ok(hex::encode(hash.finalize()))
    };
    read().map_err(MirrorError::file("read", path))
}

fn write_atomically(path: &Path, text: &[u8]) -> Result<()> {
    let next = path.with_extension("next");
    let write = || {
        let mut file = File::create(&next)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&next, path)
    };
    write().map_err(MirrorError::file("write", path))?;
    path.parent().map_or(Ok(()), sync_dir)
}

fn sync_dir(dir: &Path) -> Result<()> {
    File::open(dir).and_then(|d| d.sync_all()).map_err(MirrorError::file("sync", dir))
}

fn free_bytes(path: &Path) -> Option<u64> {
    let disk = nix::sys::statvfs::statvfs(path.parent()?).ok()?;
    Some(disk.blocks_available().saturating_mul(disk.fragment_size()))
}

/// Checks that there is room for so many bytes, and something left.
fn check_space(path: &Path, bytes: u64) -> Result<()> {
    let need = bytes.saturating_add(limits::MIRROR_FREE_BYTES);
    match free_bytes(path) {
        Some(free) if free < need => {
            let (free_mib, need_mib) = (free >> 20, need.div_ceil(1 << 20));
            Err(MirrorError::DiskFull { path: path.to_owned(), free_mib, need_mib })
        }
        _ => Ok(()),
    }
}
