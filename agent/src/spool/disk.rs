//! The real folder. It may touch files in it; nothing else.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, fallocate};

use super::{Append, Fs};
use crate::limits;

/// Why a folder cannot be the spool.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// Another agent writes there.
    #[error(
        "another agent uses the spool in {}; stop it, or give this one a folder of its own (spool.dir)",
        .0.display()
    )]
    Taken(PathBuf),
    /// It cannot be made or opened.
    #[error("the spool in {} cannot be used", .0.display())]
    Io(PathBuf, #[source] io::Error),
}

/// A folder that no other process uses as a spool.
#[derive(Debug)]
pub struct Disk {
    dir: PathBuf,
    folder: File,
    /// Held as long as the folder is used; the system lets go of it when the process ends.
    _lock: File,
}

impl Disk {
    /// Makes the folder if it is not there, readable by its owner only, and takes it.
    ///
    /// # Errors
    /// If another process has it, or it cannot be written.
    pub fn open(dir: &Path) -> Result<Self, DiskError> {
        let io = |e| DiskError::Io(dir.to_owned(), e);
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(io)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(dir.join("lock"))
            .map_err(io)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(DiskError::Taken(dir.to_owned())),
            Err(TryLockError::Error(e)) => return Err(io(e)),
        }
        // The folder itself may be new, and is only there for good once its parent says so.
        if let Some(parent) = dir.canonicalize().ok().and_then(|d| Some(d.parent()?.to_owned())) {
            drop(File::open(parent).and_then(|p| p.sync_all()));
        }
        let folder = File::open(dir).map_err(io)?;
        Ok(Self { dir: dir.to_owned(), folder, _lock: lock })
    }
}

impl Fs for Disk {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.dir)? {
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let file = File::open(self.dir.join(name))?;
        file.take(limits::SEGMENT_MOST_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn create(&self, name: &str, bytes: u64) -> io::Result<Box<dyn Append>> {
        let path = self.dir.join(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        let room = i64::try_from(bytes).unwrap_or(i64::MAX);
        match fallocate(&file, FallocateFlags::empty(), 0, room) {
            // Not every file system can set room aside; then a write may find the disk full.
            Ok(()) | Err(Errno::EOPNOTSUPP | Errno::ENOSYS) => Ok(Box::new(Growing(file))),
            Err(e) => {
                drop(std::fs::remove_file(path));
                Err(e.into())
            }
        }
    }

    fn truncate(&self, name: &str, bytes: u64) -> io::Result<()> {
        OpenOptions::new().write(true).open(self.dir.join(name))?.set_len(bytes)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.dir.join(name))
    }

    fn sync(&self) -> io::Result<()> {
        self.folder.sync_all()
    }
}

#[derive(Debug)]
struct Growing(File);

impl Append for Growing {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }
}

/// Where there is no folder: everything fails, and frames wait in memory.
#[derive(Debug)]
pub struct Nowhere;

impl Nowhere {
    fn no<T>() -> io::Result<T> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl Fs for Nowhere {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn read(&self, _: &str) -> io::Result<Vec<u8>> {
        Self::no()
    }

    fn create(&self, _: &str, _: u64) -> io::Result<Box<dyn Append>> {
        Self::no()
    }

    fn truncate(&self, _: &str, _: u64) -> io::Result<()> {
        Self::no()
    }

    fn remove(&self, _: &str) -> io::Result<()> {
        Self::no()
    }

    fn sync(&self) -> io::Result<()> {
        Self::no()
    }
}
