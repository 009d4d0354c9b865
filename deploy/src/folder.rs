//! The data folder: what lies where, who may have it, and the secrets in it. Touches files below
//! that folder only; never starts a process, never prints a secret.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rand::Rng;
use tracing::warn;

use crate::error::{Error, Result};
use crate::limits;

/// A data folder that exists, can be written, and has an absolute path.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

/// The right to run a stack on a folder; lasts until it is dropped or the process ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Where data go if nobody says: `$XDG_DATA_HOME/naap`, else `~/.local/share/naap`.
///
/// # Errors
/// If neither variable is set.
pub fn default_root() -> Result<PathBuf> {
    let var = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    var("XDG_DATA_HOME")
        .filter(|p| p.is_absolute())
        .or_else(|| var("HOME").map(|home| home.join(".local/share")))
        .map(|base| base.join("naap"))
        .ok_or(Error::NoHome)
}

impl Folder {
    /// Makes the folder if it is not there, and proves that it can be written.
    ///
    /// # Errors
    /// If it cannot be made or written, or its disk is full.
    pub fn create(root: &Path) -> Result<Self> {
        let refused = |source| Error::DataFolder { path: root.to_owned(), source };
        make_private(root).map_err(refused)?;
        let root = fs::canonicalize(root).map_err(refused)?;
        let folder = Self { root };
        for dir in ["config", "logs", "questdb", "replay", "run", "secrets"] {
            make_private(&folder.root.join(dir)).map_err(refused)?;
        }
        let probe = folder.root.join("run/probe");
        fs::write(&probe, b"x").and_then(|()| fs::remove_file(&probe)).map_err(refused)?;
        Ok(folder)
    }

    /// A folder that is there already; nothing is made or written.
    ///
    /// # Errors
    /// If it is not there.
    pub fn open(root: &Path) -> Result<Self> {
        let root = fs::canonicalize(root).map_err(Error::file("find", root))?;
        Ok(Self { root })
    }

    /// The folder itself, absolute.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The configuration of a part.
    pub fn config(&self, name: &str) -> PathBuf {
        self.root.join("config").join(format!("{name}.toml"))
    }

    /// The log of a part.
    pub fn log(&self, name: &str) -> PathBuf {
        self.root.join("logs").join(format!("{name}.log"))
    }

    /// A file below `secrets/`.
    pub fn secret(&self, name: &str) -> PathBuf {
        self.root.join("secrets").join(name)
    }

    /// A file below `run/`: it means something only while the stack runs.
    pub fn run(&self, name: &str) -> PathBuf {
        self.root.join("run").join(name)
    }

    /// A file or folder below `questdb/`.
    pub fn questdb(&self, name: &str) -> PathBuf {
        self.root.join("questdb").join(name)
    }

    /// Where the rows of an agent wait.
    pub fn spool(&self, agent: &str) -> PathBuf {
        self.root.join("spool").join(agent)
    }

    /// Where the API writes daily files.
    pub fn datasets(&self) -> PathBuf {
        self.root.join("datasets")
    }

    /// Where the simulated network of `--demo` lies.
    pub fn demo(&self) -> PathBuf {
        self.root.join("demo")
    }

    /// Where the replaying agent keeps the offset that it moved times by.
    pub fn replay_state(&self) -> PathBuf {
        self.root.join("replay/state.toml")
    }

    /// Checks that there is room for a start, and for so many bytes more.
    ///
    /// # Errors
    /// If less than [`limits::MIN_FREE_BYTES`] and these are free.
    pub fn check_space(&self, more: u64) -> Result<()> {
        const MIB: u64 = 1024 * 1024;
        let Ok(disk) = nix::sys::statvfs::statvfs(&self.root) else { return Ok(()) };
        let free = disk.blocks_available().saturating_mul(disk.fragment_size());
        let free_mib = free / MIB;
        let need = limits::MIN_FREE_BYTES.saturating_add(more);
        if free < need {
            let need_mib = need / MIB;
            return Err(Error::DiskFull { path: self.root.clone(), free_mib, need_mib });
        }
        if free < limits::LOW_FREE_BYTES {
            warn!("only {free_mib} MiB are free on the disk of {}", self.root.display());
        }
        Ok(())
    }

    /// Takes the folder for one stack; waits a moment, since `naap status` looks at the lock too.
    ///
    /// # Errors
    /// If another `naap up` has it.
    pub async fn lock(&self) -> Result<Lock> {
        let path = self.run("lock");
        let file = private_file(&path).map_err(Error::file("open", &path))?;
        let end = tokio::time::Instant::now() + limits::LOCK_WITHIN;
        loop {
            match file.try_lock() {
                Ok(()) => {
                    let pid = std::process::id().to_string();
                    let said = file.set_len(0).and_then(|()| (&file).write_all(pid.as_bytes()));
                    said.map_err(Error::file("write", &path))?;
                    return Ok(Lock { _file: file });
                }
                Err(TryLockError::Error(e)) => return Err(Error::file("lock", &path)(e)),
                Err(TryLockError::WouldBlock) if tokio::time::Instant::now() >= end => {
                    return Err(Error::Locked { path: self.root.clone(), pid: self.owner() });
                }
                Err(TryLockError::WouldBlock) => tokio::time::sleep(limits::ASK_EVERY).await,
            }
        }
    }

    /// The process that has, or last had, the lock.
    pub fn owner(&self) -> Option<i32> {
        read_own(&self.run("lock")).ok()?.trim().parse().ok()
    }

    /// Whether a `naap up` has the folder now.
    ///
    /// # Errors
    /// If the lock cannot be looked at.
    pub fn is_locked(&self) -> Result<bool> {
        let path = self.run("lock");
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(e) => return Err(Error::file("open", path)(e)),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(e)) => Err(Error::file("lock", path)(e)),
        }
    }

    /// Makes a password of 256 bits if there is none yet, readable by this user only; gives its
    /// path, never its text.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn password(&self, name: &str) -> Result<PathBuf> {
        let path = self.secret(&format!("{name}.password"));
        if fs::metadata(&path).is_ok_and(|m| m.len() >= 64) {
            let keep_private = fs::set_permissions(&path, Permissions::from_mode(0o600));
            keep_private.map_err(Error::file("make private", &path))?;
            return Ok(path);
        }
        let mut bytes = [0_u8; 32];
        rand::rng().fill_bytes(&mut bytes);
        write_private(&path, hex::encode(bytes).as_bytes())?;
        Ok(path)
    }

    /// How many bytes of disk the folder takes; `false` if there were too many files to count all.
    pub fn disk_used(&self) -> (u64, bool) {
        let mut folders = vec![self.root.clone()];
        let (mut bytes, mut entries) = (0_u64, 0_usize);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                entries += 1;
                if entries > limits::MAX_COUNTED_ENTRIES {
                    return (bytes, false);
                }
                // A file that vanishes meanwhile takes nothing; links are not followed.
                let Ok(meta) = entry.metadata() else { continue };
                bytes = bytes.saturating_add(meta.blocks().saturating_mul(512));
                if meta.is_dir() {
                    folders.push(entry.path());
                }
            }
        }
        (bytes, true)
    }
}

fn make_private(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn private_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)
}

/// Writes a file as a whole or not at all, readable by this user only.
pub(crate) fn write_private(path: &Path, text: &[u8]) -> Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let written = private_file(&part).and_then(|mut file| {
        file.set_len(0)?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        file.write_all(text)?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&part, path)).map_err(Error::file("write", path))
}

/// Reads a small file of our own.
pub(crate) fn read_own(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(limits::MAX_OWN_FILE_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// Removes a file or a folder with all it holds; that it is not there is fine.
pub(crate) fn remove(path: &Path) -> Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(e) => Err(e),
    };
    match removed {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::file("remove", path)(e)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_password_is_made_once_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(&dir.path().join("a/b")).unwrap();
        let path = folder.password("x").unwrap();
        let first = fs::read_to_string(&path).unwrap();
        assert_eq!(first.len(), 64);
        assert!(first.bytes().all(|b| b.is_ascii_hexdigit()));
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert_eq!(fs::read_to_string(folder.password("x").unwrap()).unwrap(), first);
        assert_eq!(mode(&path), 0o600, "an open one is closed again");
        assert_ne!(fs::read_to_string(folder.password("y").unwrap()).unwrap(), first);
    }

    #[test]
    fn a_torn_password_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(dir.path()).unwrap();
        fs::write(folder.secret("x.password"), "abc").unwrap();
        let path = folder.password("x").unwrap();
        assert_eq!(fs::read_to_string(path).unwrap().len(), 64);
    }

    #[test]
    fn a_folder_that_cannot_be_made_says_which_flag_helps() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Folder::create(&file.join("data")).unwrap_err();
        assert!(matches!(&error, Error::DataFolder { .. }), "{error:?}");
        assert!(error.to_string().contains("--data DIR"), "{error}");
    }

    #[tokio::test]
    async fn one_stack_per_folder() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(dir.path()).unwrap();
        assert!(!folder.is_locked().unwrap(), "no lock file yet");
        let lock = folder.lock().await.unwrap();
        assert!(folder.is_locked().unwrap());
        let error = folder.lock().await.unwrap_err();
        assert!(error.to_string().contains("naap down --data"), "{error}");
        assert!(error.to_string().contains(&format!("(pid {})", std::process::id())), "{error}");
        drop(lock);
        // A process that another test starts holds the file for a moment: it is locked, not tried.
        folder.lock().await.unwrap();
    }

    #[test]
    fn removing_what_is_not_there_is_fine() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("x/y");
        fs::create_dir_all(&inner).unwrap();
        fs::write(inner.join("z"), "").unwrap();
        remove(&dir.path().join("x")).unwrap();
        remove(&dir.path().join("x")).unwrap();
        assert!(!dir.path().join("x").exists());
    }

    #[test]
    fn disk_use_is_counted_in_blocks() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(dir.path()).unwrap();
        let (before, _) = folder.disk_used();
        fs::write(folder.questdb("x"), vec![1; 1_000_000]).unwrap();
        File::open(folder.questdb("x")).unwrap().sync_all().unwrap();
        let (after, complete) = folder.disk_used();
        assert!(complete);
        assert!(after - before >= 1_000_000, "{before} then {after}");
    }
}
