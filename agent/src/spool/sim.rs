//! A folder in memory that behaves as badly as a real one may: what was not synced is kept or lost,
//! sector by sector, when the power goes; a file whose folder was not synced may be gone; a failed
//! fsync drops what it should have written and the next one says yes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use proptest::test_runner::{RngAlgorithm, TestRng};
use rand::RngExt as _;

use super::{Append, Fs};

const SECTOR: usize = 512;

/// The folder. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sim(Arc<Mutex<State>>);

#[derive(Debug, Default)]
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
}

#[derive(Debug, Default)]
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
        self.0.lock().unwrap()
    }

    /// The power goes, and comes back.
    pub(crate) fn crash(&self, seed: u64) {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut state = self.lock();
        for data in state.files.values_mut() {
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
    }

    pub(crate) fn limit(&self, capacity: Option<u64>) {
        self.lock().capacity = capacity;
    }

    pub(crate) fn fail_sync_after(&self, n: u32) {
        self.lock().fail_sync = Some(n);
    }

    pub(crate) fn fail_append_after(&self, n: u32) {
        self.lock().fail_append = Some(n);
    }

    pub(crate) fn fail_create_after(&self, n: u32) {
        self.lock().fail_create = Some(n);
    }

    pub(crate) fn file_syncs(&self) -> u64 {
        self.lock().file_syncs
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.lock().names.keys().cloned().collect()
    }

    /// Changes one byte of a file, on the disk and as seen.
    pub(crate) fn flip(&self, name: &str, at: usize) {
        let mut state = self.lock();
        let id = state.names[name];
        let data = state.files.get_mut(&id).unwrap();
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
        let mut state = self.lock();
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
        let seen = vec![0; usize::try_from(bytes).unwrap()];
        state.files.insert(id, Data { seen, ..Data::default() });
        state.names.insert(name.to_owned(), id);
        Ok(Box::new(Handle { sim: self.clone(), id }))
    }

    fn truncate(&self, name: &str, bytes: u64) -> io::Result<()> {
        let mut state = self.lock();
        let id = *state.names.get(name).ok_or(io::ErrorKind::NotFound)?;
        let data = state.files.get_mut(&id).unwrap();
        data.seen.truncate(usize::try_from(bytes).unwrap());
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.lock().names.remove(name).map(|_| ()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.lock();
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
        let mut state = self.sim.lock();
        let fails = due(&mut state.fail_append);
        let data = state.files.get_mut(&self.id).unwrap();
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
        let mut state = self.sim.lock();
        state.file_syncs += 1;
        let fails = due(&mut state.fail_sync);
        let data = state.files.get_mut(&self.id).unwrap();
        let dirty = std::mem::take(&mut data.dirty);
        if fails {
            // The kernel has marked the pages clean.
            return Err(eio());
        }
        data.settle(dirty.into_iter());
        Ok(())
    }
}
