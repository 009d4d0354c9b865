//! The spool against a model, under everything that a disk may do: whatever was recorded is there,
//! or acknowledged, or declared; and nothing is there that was not recorded.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::sim::Sim;
use super::*;

const MAX_BYTES: u64 = 5 << 20;

#[derive(Debug, Clone)]
enum Action {
    /// A group of frames of so many rows and bytes, one fsync.
    Record(Vec<(u32, usize)>),
    /// Everything up to here, in hundredths of an epoch's rows; the epoch, counted from the newest.
    Ack(usize, u64),
    /// A new epoch of the same process.
    Renew,
    /// The process ends and starts; nothing else happens to the disk.
    Restart,
    /// The power goes.
    Crash(u64),
    FailSync(u32),
    FailAppend(u32),
    FailCreate(u32),
    /// The disk has room for so many bytes.
    Full(Option<u64>),
    /// A byte of some file changes, somewhere.
    Corrupt(usize, usize),
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let frames = prop::collection::vec((1u32..50, 0usize..200_000), 1..5);
    let action = prop_oneof![
        12 => frames.prop_map(Action::Record),
        4 => (0usize..3, 0u64..120).prop_map(|(e, p)| Action::Ack(e, p)),
        1 => Just(Action::Renew),
        2 => Just(Action::Restart),
        3 => any::<u64>().prop_map(Action::Crash),
        1 => (0u32..4).prop_map(Action::FailSync),
        1 => (0u32..4).prop_map(Action::FailAppend),
        1 => (0u32..2).prop_map(Action::FailCreate),
        1 => prop::option::of(0u64..(6 << 20)).prop_map(Action::Full),
        1 => (any::<usize>(), any::<usize>()).prop_map(|(f, b)| Action::Corrupt(f, b)),
    ];
    prop::collection::vec(action, 1..60)
}

/// What is known of an epoch.
#[derive(Debug, Default)]
struct Epoch {
    /// Recorded frames, by their first row.
    frames: BTreeMap<u64, Frame>,
    next: u64,
    acked: u64,
    /// Rows that were in memory only when the process ended.
    forgotten: BTreeSet<u64>,
    declared: BTreeSet<u64>,
    /// Something was changed on the disk: the end of the epoch may be gone without a trace.
    corrupted: bool,
}

struct Model {
    sim: Sim,
    spool: Spool,
    writer: Writer,
    epochs: Vec<(u64, Epoch)>,
}

impl Model {
    fn new() -> Self {
        let sim = Sim::default();
        let (spool, writer) = Spool::open(Arc::new(sim.clone()), MAX_BYTES);
        Self { sim, spool, writer, epochs: vec![(1, Epoch { next: 1, ..Epoch::default() })] }
    }

    fn epoch(&mut self) -> (u64, &mut Epoch) {
        let (number, epoch) = self.epochs.last_mut().unwrap();
        (*number, epoch)
    }

    fn renew(&mut self) {
        let number = self.epochs.len() as u64 + 1;
        self.epochs.push((number, Epoch { next: 1, ..Epoch::default() }));
    }

    fn frame(&mut self, rows: u32, bytes: usize) -> Frame {
        let (epoch, state) = self.epoch();
        let first_seq = state.next;
        let body = vec![u8::try_from(first_seq % 251).unwrap(); bytes];
        Frame { epoch, first_seq, rows, body, ..Frame::default() }
    }

    fn put(&mut self, frame: &Frame) {
        let (_, state) = self.epoch();
        state.next += u64::from(frame.rows);
        state.frames.insert(frame.first_seq, frame.clone());
        self.writer.write(frame.clone());
    }

    /// As the recorder does it.
    fn record(&mut self, group: &[(u32, usize)]) {
        for (rows, bytes) in group {
            let mut frame = self.frame(*rows, *bytes);
            while let Err(lost) = self.writer.prepare(&frame) {
                self.declare(lost);
                let gap = self.frame(1, 60);
                self.put(&gap);
                self.writer.commit();
                self.writer.evict();
                frame.first_seq = self.epoch().1.next;
                frame.body.fill(u8::try_from(frame.first_seq % 251).unwrap());
            }
            self.put(&frame);
        }
        self.writer.commit();
    }

    fn declare(&mut self, lost: Lost) {
        let epoch = self.epochs.iter_mut().find(|(e, _)| *e == lost.epoch).unwrap();
        epoch.1.declared.extend(lost.from_seq..=lost.to_seq);
    }

    fn restart(&mut self) {
        let in_memory: Vec<(u64, u64, u64)> = {
            let index = self.spool.shared.lock();
            let memory = |s: &&Segment| matches!(s.place, Place::Memory { .. });
            index
                .segments
                .values()
                .filter(memory)
                .map(|s| (s.epoch, s.first_seq, s.last_seq))
                .collect()
        };
        for (epoch, from, to) in in_memory {
            let epoch = self.epochs.iter_mut().find(|(e, _)| *e == epoch).unwrap();
            epoch.1.forgotten.extend(from..=to);
        }
        let (spool, writer) = Spool::open(Arc::new(self.sim.clone()), MAX_BYTES);
        (self.spool, self.writer) = (spool, writer);
        self.renew();
    }

    /// What the collector would say at a connection.
    fn welcome(&self) {
        for (number, epoch) in &self.epochs {
            self.spool.ack(*number, epoch.acked);
        }
    }

    async fn check(&mut self) {
        self.welcome();
        let mut found: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
        for (number, epoch) in &self.epochs {
            let seen = found.entry(*number).or_default();
            let mut seq = epoch.acked;
            while let Some(frame) = self.spool.after(*number, seq).await {
                assert!(last_seq(&frame) > seq, "it goes on");
                assert_eq!(epoch.frames.get(&frame.first_seq), Some(&*frame), "as it was recorded");
                seq = last_seq(&frame);
                seen.extend(frame.first_seq..=seq);
            }
        }
        for hole in self.spool.holes() {
            self.declare(hole);
        }
        let mut waiting = 0;
        for (number, epoch) in &self.epochs {
            let seen = &found[number];
            let newest = seen.last().copied().unwrap_or(0);
            waiting += seen.iter().filter(|s| **s > epoch.acked).count() as u64;
            for seq in epoch.acked + 1..epoch.next {
                let known = seen.contains(&seq)
                    || epoch.declared.contains(&seq)
                    || epoch.forgotten.contains(&seq)
                    || (epoch.corrupted && seq > newest);
                assert!(known, "row {seq} of epoch {number} is gone without a word");
            }
        }
        assert_eq!(self.spool.pending().rows, waiting);
    }

    fn ack(&mut self, back: usize, percent: u64) {
        let Some((number, epoch)) = self.epochs.iter_mut().rev().nth(back) else { return };
        epoch.acked = epoch.acked.max(((epoch.next - 1) * percent / 100).min(epoch.next - 1));
        self.spool.ack(*number, epoch.acked);
    }

    fn corrupt(&mut self, file: usize, at: usize) {
        let names = self.sim.names();
        let Some(name) = names.get(file % names.len().max(1)) else { return };
        let length = self.sim.read(name).unwrap().len();
        if length == 0 {
            return;
        }
        self.sim.flip(name, at % length);
        let number = segment::parse_name(name).unwrap().1;
        for (_, epoch) in self.epochs.iter_mut().filter(|(e, _)| *e == number) {
            epoch.corrupted = true;
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Record(group) => self.record(&group),
            Action::Ack(back, percent) => self.ack(back, percent),
            Action::Renew => self.renew(),
            Action::Restart => self.restart(),
            Action::Crash(seed) => {
                self.sim.crash(seed);
                self.restart();
            }
            Action::FailSync(n) => self.sim.fail_sync_after(n),
            Action::FailAppend(n) => self.sim.fail_append_after(n),
            Action::FailCreate(n) => self.sim.fail_create_after(n),
            Action::Full(capacity) => self.sim.limit(capacity),
            Action::Corrupt(file, at) => self.corrupt(file, at),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]
    #[test]
    fn whatever_was_recorded_is_there_or_acknowledged_or_declared(actions in actions()) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut model = Model::new();
            for action in actions {
                let restarts = matches!(action, Action::Restart | Action::Crash(_));
                model.act(action);
                if restarts {
                    model.check().await;
                }
            }
            model.check().await;
        });
    }
}
