//! The folder of datasets: `SUBJECT/manifest.json` and the files that it names. A manifest is
//! replaced as a whole, after the files that it names are on disk; so whoever reads it finds them.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use super::manifest::{FileName, Manifest};
use super::subjects::Subject;
use crate::limits;

/// A manifest as it is on disk, and the hash of its bytes.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) manifest: Manifest,
    pub(crate) text: Vec<u8>,
    pub(crate) sha256: String,
}

/// The folder, and what was read of it last.
#[derive(Debug)]
pub(crate) struct Store {
    root: PathBuf,
    read: Mutex<HashMap<&'static str, (Stamp, Arc<Published>)>>,
}

/// By this a file that was replaced is known.
type Stamp = (u64, u64, Option<SystemTime>);

/// The right to change the folder; lasts until it is dropped or the process ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

const MANIFEST: &str = "manifest.json";
/// A file that is being written; nobody is served one.
const NEXT: &str = ".next";

impl Store {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), read: Mutex::default() }
    }

    fn dir(&self, subject: &Subject) -> PathBuf {
        self.root.join(subject.name)
    }

    /// Where a file lies.
    pub(crate) fn path(&self, subject: &Subject, name: &FileName) -> PathBuf {
        self.dir(subject).join(name.to_string())
    }

    /// Takes the folder for one writer; `None` while another one has it.
    pub(crate) fn lock(&self) -> io::Result<Option<Lock>> {
        fs::create_dir_all(&self.root)?;
        let path = self.root.join("lock");
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(e),
        }
    }

    /// What is published of a subject; `None` before its first day is.
    pub(crate) fn published(&self, subject: &Subject) -> io::Result<Option<Arc<Published>>> {
        let path = self.dir(subject).join(MANIFEST);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        let meta = file.metadata()?;
        let inode = std::os::unix::fs::MetadataExt::ino(&meta);
        let stamp = (inode, meta.len(), meta.modified().ok());
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, published)) = read.get(subject.name)
            && *known == stamp
        {
            return Ok(Some(Arc::clone(published)));
        }
        let mut text = Vec::new();
        (&mut file).take(limits::MANIFEST_BYTES).read_to_end(&mut text)?;
        let manifest = serde_json::from_slice(&text)
            .map_err(|e| io::Error::other(format!("{}: {e}", path.display())))?;
        let sha256 = hex::encode(Sha256::digest(&text));
        let published = Arc::new(Published { manifest, text, sha256 });
        read.insert(subject.name, (stamp, Arc::clone(&published)));
        Ok(Some(published))
    }

    /// Makes the folder of a subject ready for a writer that has the lock: what a run that was cut
    /// off left behind is deleted. A file that no manifest names was never published.
    pub(crate) fn tidy(&self, subject: &Subject, manifest: &Manifest) -> io::Result<()> {
        let dir = self.dir(subject);
        fs::create_dir_all(&dir)?;
        let named: std::collections::HashSet<&str> = manifest.files().collect();
        for entry in fs::read_dir(&dir)?.take(limits::DATASET_FILES) {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            let ours = FileName::parse(name).is_some() || name.ends_with(NEXT);
            if ours && !named.contains(name) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Where a file is written before it has a name.
    pub(crate) fn next_file(&self, subject: &Subject) -> PathBuf {
        self.dir(subject).join(format!("file{NEXT}"))
    }

    /// Gives a written file its name.
    pub(crate) fn keep(&self, subject: &Subject, name: &FileName) -> io::Result<()> {
        fs::rename(self.next_file(subject), self.path(subject, name))?;
        sync_dir(&self.dir(subject))
    }

    /// Replaces the manifest.
    pub(crate) fn publish(&self, subject: &Subject, manifest: &Manifest) -> io::Result<()> {
        let dir = self.dir(subject);
        let next = dir.join(format!("manifest{NEXT}"));
        let mut file = File::create(&next)?;
        file.write_all(&serde_json::to_vec_pretty(manifest)?)?;
        file.sync_all()?;
        fs::rename(&next, dir.join(MANIFEST))?;
        sync_dir(&dir)
    }
}

/// A name lasts only once its folder is on disk too.
fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::manifest::{Built, License};
    use crate::datasets::subjects::subject;

    fn manifest() -> Manifest {
        let license = License { name: "L".into(), url: "U".into(), attribution: "A".into() };
        let mut manifest = Manifest::new("jobs", "d", license);
        let sha256 = "a".repeat(64);
        let built = Built { sha256, bytes: 1, rows: 1, formula: vec![] };
        manifest.take("2026-05-02".parse().unwrap(), built, false, 1);
        manifest
    }

    #[test]
    fn a_replaced_manifest_is_read_anew_and_leftovers_go() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        let jobs = subject("jobs").unwrap();
        assert!(store.published(jobs).unwrap().is_none());
        let mut manifest = manifest();
        store.tidy(jobs, &manifest).unwrap();
        let left = dir.path().join("jobs/jobs-2026-05-03-r1-0123456789abcdef.parquet");
        let named = dir.path().join("jobs").join(&manifest.days[0].file);
        let other = dir.path().join("jobs/README");
        for path in [&left, &named, &other, &store.next_file(jobs)] {
            fs::write(path, "x").unwrap();
        }
        store.tidy(jobs, &manifest).unwrap();
        assert!(!left.exists() && !store.next_file(jobs).exists());
        assert!(named.exists() && other.exists(), "what is named, and what is not ours, stays");

        store.publish(jobs, &manifest).unwrap();
        let first = store.published(jobs).unwrap().unwrap();
        assert_eq!(first.manifest, manifest);
        assert!(Arc::ptr_eq(&first, &store.published(jobs).unwrap().unwrap()));
        manifest.days[0].settled = true;
        store.publish(jobs, &manifest).unwrap();
        let second = store.published(jobs).unwrap().unwrap();
        assert!(second.manifest.days[0].settled);
        assert_ne!(first.sha256, second.sha256);
    }

    #[test]
    fn one_writer_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(&dir.path().join("a/b"));
        let lock = store.lock().unwrap().unwrap();
        assert!(store.lock().unwrap().is_none());
        drop(lock);
        assert!(store.lock().unwrap().is_some());
    }
}
