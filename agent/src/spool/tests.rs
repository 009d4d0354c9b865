use proptest::prelude::*;

use super::segment::{Frames, MAGIC, put};
use super::sim::Sim;
use super::*;

fn frame(epoch: u64, first_seq: u64, rows: u32, bytes: usize) -> Frame {
    let body = (0..bytes as u64).map(|i| (i ^ first_seq).to_le_bytes()[0]).collect();
    Frame { epoch, first_seq, rows, body, ..Frame::default() }
}

fn append(writer: &mut Writer, frame: Frame) {
    assert_eq!(writer.prepare(&frame), Ok(()));
    writer.write(frame);
    writer.commit();
}

fn open(sim: &Sim) -> (Spool, Writer) {
    Spool::open(Arc::new(sim.clone()), 64 << 20)
}

async fn firsts(spool: &Spool, epoch: u64) -> Vec<u64> {
    let (mut seq, mut out) = (0, Vec::new());
    while let Some(frame) = spool.after(epoch, seq).await {
        out.push(frame.first_seq);
        seq = last_seq(&frame);
    }
    out
}

#[tokio::test]
async fn acks_are_cumulative_and_half_a_frame_stays() {
    let (spool, mut writer) = open(&Sim::default());
    for (first, rows) in [(1, 5), (6, 5), (11, 1)] {
        append(&mut writer, frame(7, first, rows, 10));
    }
    assert_eq!(spool.pending().rows, 11);
    spool.ack(7, 8);
    assert_eq!(spool.pending().rows, 3);
    assert_eq!(spool.after(7, 8).await.unwrap().first_seq, 6, "rows 9 and 10 are not acked");
    spool.ack(7, 10);
    spool.ack(8, 99);
    spool.ack(7, 3);
    assert_eq!((spool.epochs(), spool.pending().rows), (vec![7], 1));
    spool.ack(7, 11);
    assert_eq!((spool.pending(), spool.epochs()), (Pending::default(), vec![]));
}

#[tokio::test]
async fn what_was_recorded_is_there_after_a_restart_and_what_was_acked_is_deleted() {
    let sim = Sim::default();
    let (_, mut writer) = open(&sim);
    // More than one segment, more than the newest that are kept in memory.
    for i in 0..30 {
        append(&mut writer, frame(7, 1 + 2 * i, 2, 100 << 10));
    }
    drop(writer);
    sim.crash(1);
    let (spool, mut writer) = open(&sim);
    assert_eq!(spool.pending().rows, 60);
    assert_eq!(firsts(&spool, 7).await, (0..30).map(|i| 1 + 2 * i).collect::<Vec<_>>());
    let before = sim.names().len();
    spool.ack(7, 59);
    append(&mut writer, frame(8, 1, 1, 10));
    assert!(sim.names().len() < before, "{:?}", sim.names());
    assert_eq!(firsts(&spool, 7).await.last(), Some(&59), "row 60 is not acked");
    assert_eq!(spool.epochs(), [7, 8]);
}

#[tokio::test]
async fn a_torn_tail_is_cut_and_a_damaged_middle_is_handed_out() {
    let sim = Sim::default();
    let (_, mut writer) = open(&sim);
    for i in 0..10 {
        append(&mut writer, frame(7, 1 + 3 * i, 3, 700));
    }
    drop(writer);
    let name = sim.names().remove(0);
    // The third and fourth record, and the last.
    let record = segment::size(&frame(7, 1, 3, 700));
    for i in [2, 3, 9] {
        sim.flip(&name, MAGIC.len() + i * record + 100);
    }
    let (spool, _writer) = open(&sim);
    assert_eq!(firsts(&spool, 7).await, [1, 4, 13, 16, 19, 22, 25]);
    assert_eq!(spool.pending().rows, 21);
    assert_eq!(spool.holes(), [Lost { epoch: 7, from_seq: 7, to_seq: 12 }]);
    assert_eq!(spool.holes(), [], "said once");
}

#[tokio::test]
async fn what_the_collector_has_is_not_lost() {
    let sim = Sim::default();
    let (_, mut writer) = open(&sim);
    for i in 0..10 {
        append(&mut writer, frame(7, 1 + 3 * i, 3, 700));
    }
    drop(writer);
    let record = segment::size(&frame(7, 1, 3, 700));
    sim.flip(&sim.names()[0], MAGIC.len() + 2 * record + 100);
    let (spool, _writer) = open(&sim);
    spool.ack(7, 8);
    assert_eq!(spool.holes(), [Lost { epoch: 7, from_seq: 9, to_seq: 9 }]);
}

#[tokio::test]
async fn rows_that_rot_while_they_wait_are_handed_out_when_they_are_read() {
    let sim = Sim::default();
    let (spool, mut writer) = open(&sim);
    for i in 0..30 {
        append(&mut writer, frame(7, 1 + 2 * i, 2, 100 << 10));
    }
    let name = sim.names().remove(0);
    sim.flip(&name, 250_000);
    assert_eq!(firsts(&spool, 7).await.len(), 29);
    assert_eq!(spool.holes(), [Lost { epoch: 7, from_seq: 5, to_seq: 6 }]);
    assert_eq!(spool.pending().rows, 58);
}

#[tokio::test]
async fn a_missing_segment_is_handed_out() {
    let sim = Sim::default();
    let (_, mut writer) = open(&sim);
    for i in 0..40 {
        append(&mut writer, frame(7, 1 + i, 1, 100 << 10));
    }
    drop(writer);
    let names = sim.names();
    let first = |name: &str| segment::parse_name(name).unwrap().2;
    sim.remove(&names[1]).unwrap();
    let (spool, _writer) = open(&sim);
    let lost = Lost { epoch: 7, from_seq: first(&names[1]), to_seq: first(&names[2]) - 1 };
    assert_eq!(spool.holes(), [lost]);
    assert_eq!(spool.pending().rows, 40 - lost.rows());
}

#[tokio::test]
async fn a_failed_fsync_is_not_tried_again_on_its_file() {
    let sim = Sim::default();
    let (spool, mut writer) = open(&sim);
    append(&mut writer, frame(7, 1, 1, 100));
    sim.fail_sync_after(0);
    append(&mut writer, frame(7, 2, 1, 100));
    append(&mut writer, frame(7, 3, 1, 100));
    assert_eq!(firsts(&spool, 7).await, [1, 2, 3]);
    assert_eq!(sim.names().len(), 2);
    assert!(!spool.pending().degraded);
    drop((spool, writer));
    for seed in 0..20 {
        sim.crash(seed);
    }
    let (spool, _writer) = open(&sim);
    assert_eq!(firsts(&spool, 7).await, [1, 2, 3], "all were recorded");
    assert_eq!((spool.holes(), spool.pending().rows), (vec![], 3));
}

#[tokio::test(start_paused = true)]
async fn without_a_disk_rows_wait_in_memory_and_with_one_they_are_recorded_again() {
    let sim = Sim::default();
    let (spool, mut writer) = open(&sim);
    append(&mut writer, frame(7, 1, 1, 100));
    // A single segment, and nothing but that to evict.
    sim.limit(Some(limits::SEGMENT_BYTES));
    for i in 0..30 {
        append(&mut writer, frame(7, 2 + i, 1, 100 << 10));
    }
    assert!(spool.pending().degraded);
    assert_eq!(firsts(&spool, 7).await, (1..=31).collect::<Vec<_>>());
    sim.limit(None);
    tokio::time::advance(limits::DISK_RETRY).await;
    append(&mut writer, frame(7, 32, 1, 100));
    assert!(spool.pending().degraded, "what was taken into memory is still there");
    spool.ack(7, 31);
    assert!(!spool.pending().degraded);
    assert_eq!(firsts(&spool, 7).await.last(), Some(&32));
}

#[tokio::test]
async fn an_agent_without_a_folder_starts_and_ships() {
    let (spool, mut writer) = Spool::open(Arc::new(Nowhere), 64 << 20);
    for i in 0..100 {
        append(&mut writer, frame(7, 1 + i, 1, 50 << 10));
    }
    assert!(spool.pending().degraded);
    assert_eq!(firsts(&spool, 7).await.len(), 100);
    let frame = frame(7, 101, 1, 5 << 20);
    let lost = writer.prepare(&frame).unwrap_err();
    assert_eq!((lost.epoch, lost.from_seq), (7, 1));
}

#[tokio::test]
async fn whoever_waits_is_woken() {
    let (spool, mut writer) = Spool::open(Arc::new(Sim::default()), 4 << 20);
    for i in 0..25 {
        append(&mut writer, frame(7, 1 + i, 1, 100 << 10));
    }
    let mut seen = 0;
    spool.appended(&mut seen).await;
    assert_eq!(seen, 25);
    let waiting = tokio::spawn({
        let spool = spool.clone();
        async move { spool.room().await }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    spool.ack(7, 25);
    waiting.await.unwrap();
}

#[test]
fn any_flipped_byte_costs_at_most_its_record() {
    let frames = [frame(7, 1, 2, 40), frame(7, 3, 1, 0), frame(7, 4, 3, 90)];
    let mut bytes = MAGIC.to_vec();
    let mut ends = vec![bytes.len()];
    for frame in &frames {
        put(frame, &mut bytes);
        ends.push(bytes.len());
    }
    bytes.extend([0; 64]);
    for at in 0..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= flip;
            let hit = ends.windows(2).position(|e| (e[0]..e[1]).contains(&at));
            let expected: Vec<&Frame> = frames
                .iter()
                .enumerate()
                .filter(|(i, _)| Some(*i) != hit)
                .map(|(_, f)| f)
                .collect();
            let read: Vec<Frame> = Frames::new(7, &damaged).collect();
            assert_eq!(read.iter().collect::<Vec<_>>(), expected, "byte {at} ^ {flip:02x}");
        }
    }
    for length in 0..bytes.len() {
        let whole = ends.iter().skip(1).filter(|e| **e <= length).count();
        assert_eq!(Frames::new(7, &bytes[..length]).count(), whole, "cut at {length}");
    }
    assert_eq!(Frames::new(8, &bytes).count(), 0, "another epoch's records are none");
}

proptest! {
    /// As `fuzz/fuzz_targets/segment.rs`, for a moment.
    #[test]
    fn any_damage_costs_at_most_the_records_that_it_meets(
        sizes in prop::collection::vec(0usize..200, 0..6),
        edits in prop::collection::vec((8usize..1500, 1u8..), 0..8),
        noise in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let mut bytes = MAGIC.to_vec();
        let mut records = Vec::new();
        for (i, size) in sizes.into_iter().enumerate() {
            let frame = frame(7, 1 + 3 * i as u64, 3, size);
            let from = bytes.len();
            put(&frame, &mut bytes);
            records.push((from..bytes.len(), frame));
        }
        bytes.extend(noise);
        let whole = bytes.clone();
        for (at, flip) in edits {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= flip;
            }
        }
        let read: Vec<Frame> = Frames::new(7, &bytes).collect();
        prop_assert!(read.is_sorted_by(|a, b| last_seq(a) < b.first_seq));
        for (range, frame) in records {
            if bytes[range.clone()] == whole[range] {
                prop_assert!(read.contains(&frame));
            }
        }
    }
}

/// What stands on disks must be read by every later agent: a change of these bytes is a new format,
/// with a magic of its own, and this one stays readable.
#[test]
fn the_format_of_segments_is_as_it_was_released() {
    let mut bytes = MAGIC.to_vec();
    put(&frame(7, 1, 2, 3), &mut bytes);
    put(&frame(7, 3, 1, 0), &mut bytes);
    let golden = "6e616170736567010b000000ef1898a10100000000000000020000000807100118023203010003\
                  060000007cc1d10c030000000000000001000000080710031801";
    assert_eq!(hex::encode(&bytes), golden);
    let read: Vec<u64> = Frames::new(7, &bytes).map(|f| f.first_seq).collect();
    assert_eq!(read, [1, 3]);
}

#[test]
fn names() {
    let name = segment::name(3, u64::MAX >> 1, 77);
    assert_eq!(name, "00000003-7fffffffffffffff-000000000000004d.seg");
    assert_eq!(segment::parse_name(&name), Some((3, u64::MAX >> 1, 77)));
    for bad in ["lock", "3-7-1.seg", "", "00000003-7fffffffffffffff-000000000000004d.bad", ".seg"] {
        assert_eq!(segment::parse_name(bad), None, "{bad}");
    }
}

#[tokio::test]
async fn a_real_folder_is_taken_by_one_and_keeps_what_it_was_given() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deep/spool");
    let disk = Disk::open(&path).unwrap();
    let error = Disk::open(&path).unwrap_err().to_string();
    assert!(error.contains("another agent") && error.contains("spool.dir"), "{error}");
    let (_, mut writer) = Spool::open(Arc::new(disk), 64 << 20);
    for i in 0..30 {
        append(&mut writer, frame(7, 1 + i, 1, 100 << 10));
    }
    drop(writer);
    std::fs::write(path.join("notes.txt"), "not ours").unwrap();
    let (spool, mut writer) = Spool::open(Arc::new(Disk::open(&path).unwrap()), 64 << 20);
    assert_eq!(firsts(&spool, 7).await, (1..=30).collect::<Vec<_>>());
    spool.ack(7, 30);
    append(&mut writer, frame(8, 1, 1, 10));
    let mut left: Vec<String> = Disk::list_names(&path);
    left.sort();
    assert_eq!(left.len(), 3, "{left:?}: lock, notes and the new segment");
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
}

impl Disk {
    fn list_names(path: &std::path::Path) -> Vec<String> {
        let entries = std::fs::read_dir(path).unwrap();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }
}
