//! A folder in memory that behaves as badly as a real one may: what was not synced is kept or lost,
//! sector by sector, when the power goes; a file whose folder was not synced may be gone; a failed
//! fsync drops what it should have written and the next one says yes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::{Append, Fs};

const SECTOR: usize = 512;

/// The folder. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Sim(Arc<Mutex<State>>);

#[derive(Debug, Default, Clone)]
struct State {
    /// As a process sees it.
    names: BTreeMap<String, u64>,
    /// As it is on the disk.
    durable_names: BTreeMap<String, u64>,
    files: HashMap<u64, Data>,
    made: u64,
    /// Bytes that fit, if there is a limit.
    capacity: Option<u64>,
    /// How many of these calls succeed before one fails.
    fail_sync: Option<u32>,
    fail_append: Option<u32>,
    fail_create: Option<u32>,
    file_syncs: u64,
    /// How many of these calls the power lasts for.
    cut: Option<u32>,
    /// As it was when the power went, though the process has not noticed yet.
    frozen: Option<Box<State>>,
}

impl State {
    fn data(&mut self, id: u64) -> &mut Data {
        self.files.get_mut(&id).expect("every name and handle has its data")
    }
}

#[derive(Debug, Default, Clone)]
struct Data {
    seen: Vec<u8>,
    durable: Vec<u8>,
    /// Sectors of `seen` that no sync covered.
    dirty: BTreeSet<usize>,
    at: usize,
}

impl Data {
    fn settle(&mut self, sectors: impl Iterator<Item = usize>) {
        self.durable.resize(self.seen.len(), 0);
        for sector in sectors {
            let from = sector * SECTOR;
            let to = (from + SECTOR).min(self.seen.len());
            if from < to {
                self.durable[from..to].copy_from_slice(&self.seen[from..to]);
            }
        }
    }
}

fn whole(bytes: u64) -> usize {
    usize::try_from(bytes).expect("files of a simulation are small")
}

fn eio() -> io::Error {
    io::Error::other("injected")
}

/// Counts down; true when it is time to fail.
fn due(countdown: &mut Option<u32>) -> bool {
    match countdown {
        Some(0) => {
            *countdown = None;
            true
        }
        Some(n) => {
            *n -= 1;
            false
        }
        None => false,
    }
}

impl Sim {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To change something. The power may go just before it does.
    fn change(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        if due(&mut state.cut) {
            state.frozen = Some(Box::new(state.clone()));
        }
        state
    }

    /// The power goes after this many further calls that change something. The process notices when
    /// it is killed, which must be soon, and before [`Sim::crash`].
    pub fn cut_after(&self, n: u32) {
        self.lock().cut = Some(n);
    }

    /// Everything that was to fail works, and there is room.
    pub fn mend(&self) {
        let mut state = self.lock();
        (state.fail_sync, state.fail_append, state.fail_create) = (None, None, None);
        (state.cut, state.capacity) = (None, None);
    }

    /// Whether the power went.
    pub fn is_cut(&self) -> bool {
        self.lock().frozen.is_some()
    }

    /// Another folder with the same files, as a process sees them.
    pub fn copy(&self) -> Self {
        let mut state = self.lock().clone();
        for data in state.files.values_mut() {
            data.durable.clone_from(&data.seen);
            data.dirty.clear();
        }
        state.durable_names = state.names.clone();
        Self(Arc::new(Mutex::new(state)))
    }

    /// The power goes, and comes back.
    pub fn crash(&self, seed: u64) {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut state = self.lock();
        if let Some(frozen) = state.frozen.take() {
            *state = *frozen;
        }
        let mut files: Vec<_> = state.files.iter_mut().collect();
        files.sort_unstable_by_key(|(id, _)| **id);
        for (_, data) in files {
            let dirty = std::mem::take(&mut data.dirty);
            if data.durable.is_empty() && rng.random::<bool>() {
                // Not even its length got there.
                data.seen = Vec::new();
                continue;
            }
            let kept: Vec<usize> = dirty.into_iter().filter(|_| rng.random::<bool>()).collect();
            data.settle(kept.into_iter());
            data.seen.clone_from(&data.durable);
        }
        let (seen, durable) = (state.names.clone(), state.durable_names.clone());
        let mut names = durable.clone();
        for (name, id) in &seen {
            if !durable.contains_key(name) && rng.random::<bool>() {
                names.insert(name.clone(), *id);
            }
        }
        for name in durable.keys() {
            if !seen.contains_key(name) && rng.random::<bool>() {
                names.remove(name);
            }
        }
        state.names.clone_from(&names);
        state.durable_names = names;
        (state.fail_sync, state.fail_append, state.fail_create) = (None, None, None);
        state.cut = None;
    }

    /// So many bytes fit, if there is a limit.
    pub fn limit(&self, capacity: Option<u64>) {
        self.lock().capacity = capacity;
    }

    /// So many fsyncs succeed, of files and of the folder; the one after them fails.
    pub fn fail_sync_after(&self, n: u32) {
        self.lock().fail_sync = Some(n);
    }

    /// So many writes succeed; the one after them fails half way.
    pub fn fail_append_after(&self, n: u32) {
        self.lock().fail_append = Some(n);
    }

    /// So many files are made; the one after them is not.
    pub fn fail_create_after(&self, n: u32) {
        self.lock().fail_create = Some(n);
    }

    /// How many fsyncs of files there were.
    pub fn file_syncs(&self) -> u64 {
        self.lock().file_syncs
    }

    /// Names of all files.
    pub fn names(&self) -> Vec<String> {
        self.lock().names.keys().cloned().collect()
    }

    /// Changes one byte of a file, on the disk and as seen.
    ///
    /// # Panics
    /// If the file is not there.
    pub fn flip(&self, name: &str, at: usize) {
        let mut state = self.lock();
        let id = state.names[name];
        let data = state.data(id);
        for bytes in [&mut data.seen, &mut data.durable] {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 0x5a;
            }
        }
    }
}

impl Fs for Sim {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.names())
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let state = self.lock();
        let id = state.names.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(state.files[id].seen.clone())
    }

    fn create(&self, name: &str, bytes: u64) -> io::Result<Box<dyn Append>> {
        let mut state = self.change();
        if due(&mut state.fail_create) {
            return Err(eio());
        }
        if state.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let used: u64 = state.names.values().map(|id| state.files[id].seen.len() as u64).sum();
        if state.capacity.is_some_and(|most| used + bytes > most) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let id = state.made;
        state.made += 1;
        let seen = vec![0; whole(bytes)];
        state.files.insert(id, Data { seen, ..Data::default() });
        state.names.insert(name.to_owned(), id);
        Ok(Box::new(Handle { sim: self.clone(), id }))
    }

    fn truncate(&self, name: &str, bytes: u64) -> io::Result<()> {
        let mut state = self.change();
        let id = *state.names.get(name).ok_or(io::ErrorKind::NotFound)?;
        let data = state.data(id);
        data.seen.truncate(whole(bytes));
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.change().names.remove(name).map(|_| ()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.change();
        if due(&mut state.fail_sync) {
            return Err(eio());
        }
        state.durable_names = state.names.clone();
        Ok(())
    }
}

#[derive(Debug)]
struct Handle {
    sim: Sim,
    id: u64,
}

impl Append for Handle {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.sim.change();
        let fails = due(&mut state.fail_append);
        let data = state.data(self.id);
        // A write that fails may have written some of it.
        let bytes = if fails { &bytes[..bytes.len() / 2] } else { bytes };
        let (from, to) = (data.at, data.at + bytes.len());
        if data.seen.len() < to {
            data.seen.resize(to, 0);
        }
        data.seen[from..to].copy_from_slice(bytes);
        data.dirty.extend(from / SECTOR..=to / SECTOR);
        data.at = to;
        if fails { Err(eio()) } else { Ok(()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.sim.change();
        state.file_syncs += 1;
        let fails = due(&mut state.fail_sync);
        let data = state.data(self.id);
        let dirty = std::mem::take(&mut data.dirty);
        if fails {
            // The kernel has marked the pages clean.
            return Err(eio());
        }
        data.settle(dirty.into_iter());
        Ok(())
    }
}
