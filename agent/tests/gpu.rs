//! The GPU source with its reader as a real process, on a library that stands in for NVIDIA's and
//! follows a script (`nvml/nvml.c`). No GPU is needed; a C compiler is.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests; what fails here fails a test"
)]

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use naap_agent::config::{self, Collector, Config, Look};
use naap_agent::run::run_with;
use naap_agent::source::gpu::Gpu;
use naap_agent::source::{Now, Pace, Reading, Source, SourceError};
use naap_schema::generated::{GPU, GPU_EVENT, GPU_INSTANCE, GPU_NODE, GPU_PROCESS};
use naap_schema::{EntityDef, Row, Value, identity};
use tempfile::TempDir;
use tokio::time::{Instant, sleep, timeout};

/// A folder with a library of its own, and the source that reads it.
struct Machine {
    dir: TempDir,
    gpu: Gpu,
}

impl Machine {
    fn new(script: &str) -> Self {
        Self::with(script, |_| {})
    }

    fn with(script: &str, change: impl FnOnce(&mut config::Gpu)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = config::Gpu {
            deadline: Duration::from_secs(2),
            library: Some(library(dir.path())),
            program: Some(env!("CARGO_BIN_EXE_naap-agent").into()),
            ..config::Gpu::default()
        };
        change(&mut config);
        let machine = Self { dir, gpu: Gpu::new(&config).unwrap() };
        machine.script(script);
        machine
    }

    fn script(&self, text: &str) {
        // At once, so that the library never sees half of it.
        let new = self.dir.path().join("script.new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, self.dir.path().join("script")).unwrap();
    }

    async fn read(&mut self) -> Reading {
        let reading = self.gpu.read(Now::read()).await.unwrap();
        for row in &reading.rows {
            assert_eq!(row.check(), Ok(()), "{row:?}");
        }
        reading
    }

    /// Reads until all is well, a few seconds at most.
    async fn recovered(&mut self) -> Reading {
        for _ in 0..100 {
            let reading = self.read().await;
            if text(&reading.rows[0], "state") == "ok" {
                assert!(reading.failed.is_none());
                return reading;
            }
            sleep(Duration::from_millis(100)).await;
        }
        panic!("it never recovered");
    }

    /// Readers of this machine that run.
    fn readers(&self) -> usize {
        readers(self.dir.path()).len()
    }
}

/// Builds the library in a folder.
fn library(dir: &Path) -> PathBuf {
    let library = dir.join("libnvidia-ml.so.1");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nvml/nvml.c");
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).arg("-lm");
    assert!(cc.status().expect("a C compiler (cc)").success());
    library
}

/// Process ids of the readers that were started with the library of a folder.
fn readers(dir: &Path) -> Vec<u32> {
    let dir = dir.to_str().unwrap();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = processes.filter_map(|p| p.file_name().to_str()?.parse().ok());
    pids.filter(|pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line);
        line.contains("gpu-child") && line.contains(dir)
    })
    .collect()
}

fn of<'a>(rows: &'a [Row], entity: &EntityDef) -> Vec<&'a Row> {
    rows.iter().filter(|r| r.entity.number == entity.number).collect()
}

fn int(row: &Row, field: &str) -> Option<i64> {
    match row.get(field) {
        Some(Value::I64(i)) => Some(*i),
        None => None,
        other => panic!("{field} is {other:?}"),
    }
}

fn text(row: &Row, field: &str) -> String {
    match row.get(field) {
        Some(Value::Text(t)) => t.to_string(),
        other => panic!("{field} is {other:?}"),
    }
}

fn id(index: u32) -> String {
    identity::gpu_id(&format!("GPU-5eed0000-0000-4000-8000-{index:012}"))
}

/// The row of one GPU.
fn gpu(rows: &[Row], index: u32) -> &Row {
    of(rows, &GPU).into_iter().find(|r| text(r, "gpu_id") == id(index)).unwrap()
}

#[tokio::test]
async fn eight_healthy_gpus_say_all_that_they_can() {
    let mut machine = Machine::with("", |c| c.pcie_throughput = true);
    let first = machine.read().await;
    sleep(Duration::from_millis(300)).await;
    let second = machine.read().await;
    assert!(first.failed.is_none() && second.failed.is_none());

    let node = &second.rows[0];
    assert_eq!((int(node, "gpus_expected"), int(node, "gpus_found")), (Some(8), Some(8)));
    assert_eq!((int(node, "restarts"), int(node, "timeouts")), (Some(0), Some(0)));
    assert_eq!(text(node, "driver_version"), "570.172.08");
    assert!(int(node, "reader_rss_bytes").unwrap() > 1_000_000);

    let ids: HashSet<_> = of(&second.rows, &GPU).iter().map(|r| text(r, "gpu_id")).collect();
    assert_eq!(ids, (0..8).map(id).collect());
    let row = gpu(&second.rows, 5);
    assert_eq!(int(row, "index"), Some(5));
    assert!(int(row, "energy_mj").unwrap() > 10_000, "0.3 s at 70 W or more");
    assert!((200..5000).contains(&int(row, "interval_ms").unwrap()));
    let before = gpu(&first.rows, 5);
    assert_eq!((int(before, "energy_mj"), before.get("sm_active_ratio")), (None, None));
    assert!(matches!(row.get("sm_active_ratio"), Some(Value::F64(x)) if (0.0..=1.0).contains(x)));
    assert_eq!(int(row, "xid_errors"), Some(0));

    // A figure whose name is written wrongly on either side would never arrive.
    let mut silent = BTreeSet::new();
    for entity in [&GPU, &GPU_NODE, &GPU_PROCESS] {
        for field in entity.fields {
            let both = first.rows.iter().chain(&second.rows);
            if !both.filter(|r| r.entity == entity).any(|r| r.get(field.name).is_some()) {
                silent.insert(field.name);
            }
        }
    }
    let known = [
        "fan_ratio",         // its case is cooled
        "mig_instances",     // it is not split
        "nvlink_crc_errors", // read once a minute: no difference yet
        "nvlink_recovery_errors",
        "nvlink_replay_errors",
        "retired_pages_corrected", // an older family
        "retired_pages_pending",
        "retired_pages_uncorrected",
    ];
    assert_eq!(silent, BTreeSet::from(known));
    let everything = format!("{:?}{:?}", first.rows, second.rows);
    assert!(!everything.contains("5eed0000"), "a UUID left its file");
}

#[tokio::test]
async fn programs_are_words_and_never_more() {
    let me = std::process::id();
    let mut machine = Machine::new(&format!("gpus 1\npid {me}"));
    let rows = machine.read().await.rows;
    let programs = of(&rows, &GPU_PROCESS);
    assert_eq!(int(gpu(&rows, 0), "process_count"), Some(2));
    assert_eq!(programs.iter().filter_map(|r| int(r, "processes")).sum::<i64>(), 2);
    for row in &programs {
        let word = text(row, "program");
        assert!(["other", "unknown"].contains(&word.as_str()), "{word}: this test is no known one");
        assert!(int(row, "mem_used_bytes") >= int(row, "mem_largest_bytes"));
    }
    let mut without = Machine::with("gpus 1", |c| c.processes = false);
    let rows = without.read().await.rows;
    assert!(of(&rows, &GPU_PROCESS).is_empty());
    assert_eq!(int(gpu(&rows, 0), "process_count"), None);
}

#[tokio::test]
async fn what_a_gpu_does_not_tell_is_null_and_the_rest_is_there() {
    let script = "gpus 2\nmissing DeviceGetPowerUsage\nmissing DeviceGetUtilizationRates\n\
                  missing GpmQueryDeviceSupport\nmissing DeviceGetFieldValues\nblank";
    let mut machine = Machine::new(script);
    machine.read().await;
    let reading = machine.read().await;
    assert!(reading.failed.is_none());
    let row = gpu(&reading.rows, 1);
    for absent in [
        "power_mw",
        "util_gpu_ratio",
        "sm_active_ratio",
        "temp_memory_c",
        "temp_gpu_c",
        "power_limit_mw",
        "pcie_width",
        "mem_reserved_bytes",
    ] {
        assert_eq!(row.get(absent), None, "{absent}");
    }
    assert!(int(row, "mem_used_bytes").unwrap() > 0);
    assert_eq!(text(row, "state"), "ok");
}

#[tokio::test]
async fn a_lost_gpu_keeps_its_row_and_is_an_event() {
    let mut machine = Machine::new("gpus 4");
    machine.read().await;
    machine.script("gpus 4\nlost 3");
    let reading = machine.read().await;
    assert_eq!(text(gpu(&reading.rows, 3), "state"), "lost");
    assert_eq!(gpu(&reading.rows, 3).get("temp_gpu_c"), None);
    assert_eq!(text(gpu(&reading.rows, 2), "state"), "ok");
    let node = &reading.rows[0];
    assert_eq!((int(node, "gpus_expected"), int(node, "gpus_found")), (Some(4), Some(3)));
    let events = of(&reading.rows, &GPU_EVENT);
    assert_eq!(events.len(), 1);
    assert_eq!((text(events[0], "kind"), text(events[0], "gpu_id")), ("lost".into(), id(3)));
    assert!(of(&machine.read().await.rows, &GPU_EVENT).is_empty(), "once");
    machine.script("gpus 4");
    let events = machine.read().await.rows;
    assert_eq!(text(of(&events, &GPU_EVENT)[0], "kind"), "back");
}

#[tokio::test]
async fn a_gpu_that_is_lost_before_the_start_is_missing_from_what_is_expected() {
    let mut machine = Machine::with("gpus 2\nlost 1", |c| c.expect = Some(2));
    let rows = machine.read().await.rows;
    assert_eq!((int(&rows[0], "gpus_expected"), int(&rows[0], "gpus_found")), (Some(2), Some(1)));
    assert_eq!(int(&rows[0], "gpus_listed"), Some(2));
    assert_eq!(of(&rows, &GPU).len(), 1, "nobody knows who the other is");
}

#[tokio::test]
async fn gpus_of_others_are_not_expected() {
    let mut machine = Machine::new("gpus 4\nforbidden 0\nforbidden 2");
    let reading = machine.read().await;
    let node = &reading.rows[0];
    assert_eq!((int(node, "gpus_expected"), int(node, "gpus_found")), (Some(2), Some(2)));
    assert!(reading.failed.is_none());
}

#[tokio::test]
async fn a_reader_that_hangs_is_killed_and_replaced_and_that_is_a_row() {
    let mut machine = Machine::new("gpus 2\nstubborn");
    machine.read().await;
    assert_eq!(machine.readers(), 1);
    // The XID that tells why comes out although the read hangs.
    machine.script("gpus 2\nstubborn\nhang\nxid 1 1 79");
    let hung = machine.read().await;
    assert!(matches!(hung.failed, Some(SourceError::Timeout(_))), "{:?}", hung.failed);
    assert_eq!(text(&hung.rows[0], "state"), "hung");
    assert_eq!((int(&hung.rows[0], "timeouts"), int(&hung.rows[0], "gpus_found")), (Some(1), None));
    let events = of(&hung.rows, &GPU_EVENT);
    assert_eq!((int(events[0], "code"), text(events[0], "gpu_id")), (Some(79), id(1)));
    assert_eq!(machine.readers(), 0, "SIGKILL was needed, and was sent");
    assert_eq!(int(&hung.rows[0], "stuck_readers"), Some(0));

    let waiting = machine.read().await;
    assert!(waiting.failed.is_none(), "between two tries nothing new goes wrong");
    assert_eq!(text(&waiting.rows[0], "state"), "hung");
    // It hangs on: the GPU is left alone, and the other is read.
    let well = machine.recovered().await;
    let node = &well.rows[0];
    assert_eq!((int(node, "restarts"), machine.readers()), (Some(1), 1));
    assert_eq!((int(node, "gpus_found"), int(node, "gpus_expected")), (Some(1), Some(2)));
    assert_eq!(text(gpu(&well.rows, 0), "state"), "ok");
    assert!(int(gpu(&well.rows, 0), "energy_mj").unwrap() > 0, "since before the hang");
    assert_eq!(text(gpu(&well.rows, 1), "state"), "hung");
    assert_eq!(gpu(&well.rows, 1).get("temp_gpu_c"), None);
}

/// Counts its ticks.
struct Ticks(Arc<AtomicU64>);

#[async_trait]
impl Source for Ticks {
    fn name(&self) -> &'static str {
        "ticks"
    }
    fn pace(&self) -> Pace {
        Pace::Every(Duration::from_millis(100))
    }
    fn deadline(&self) -> Duration {
        Duration::from_secs(1)
    }
    async fn read(&mut self, _: Now) -> Result<Reading, SourceError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Reading::default())
    }
}

/// Keeps what another source gave.
struct Spy(Gpu, Arc<Mutex<Vec<Row>>>);

#[async_trait]
impl Source for Spy {
    fn name(&self) -> &'static str {
        "gpu"
    }
    fn pace(&self) -> Pace {
        Pace::Every(Duration::from_millis(500))
    }
    fn deadline(&self) -> Duration {
        self.0.deadline()
    }
    async fn read(&mut self, now: Now) -> Result<Reading, SourceError> {
        let reading = self.0.read(now).await?;
        self.1.lock().unwrap().extend(reading.rows.clone());
        Ok(reading)
    }
}

#[tokio::test]
async fn while_the_driver_hangs_the_agent_goes_on() {
    let Machine { dir, gpu } = Machine::new("gpus 2");
    let (ticks, rows) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(Vec::new())));
    let nowhere = Collector {
        address: "http://127.0.0.1:1".to_owned(),
        token_file: dir.path().join("token"),
        ca_file: None,
    };
    let mut config = Config { collector: Some(nowhere), ..Config::bare() };
    config.spool.dir = dir.path().join("spool");
    config.spool.max_bytes = 8 << 20;
    let more: Vec<Box<dyn Source>> =
        vec![Box::new(Spy(gpu, Arc::clone(&rows))), Box::new(Ticks(Arc::clone(&ticks)))];
    let states = || -> Vec<String> {
        let rows = rows.lock().unwrap();
        of(&rows, &GPU_NODE).into_iter().map(|r| text(r, "state")).collect()
    };
    let watched = async {
        let wait = async |wanted: &str| {
            let seen = states().len();
            while !states().iter().skip(seen).any(|s| s == wanted) {
                sleep(Duration::from_millis(50)).await;
            }
        };
        wait("ok").await;
        std::fs::write(dir.path().join("script"), "gpus 2\nhang").unwrap();
        let (before, began) = (ticks.load(Ordering::Relaxed), Instant::now());
        wait("hung").await;
        let expected = began.elapsed().as_millis() / 100;
        let went_on = u128::from(ticks.load(Ordering::Relaxed) - before);
        assert!(expected >= 10, "a hang was noticed after {:?}", began.elapsed());
        assert!(went_on * 2 >= expected, "{went_on} ticks of {expected} while the driver hung");
        std::fs::write(dir.path().join("script"), "gpus 2").unwrap();
        wait("ok").await;
    };
    let stop = async { timeout(Duration::from_secs(60), watched).await.expect("in time") };
    run_with(config, more, stop).await.unwrap();
    // The reader ends with its source.
    until(dir.path(), 0);
    let rows = rows.lock().unwrap();
    let restarts: i64 = of(&rows, &GPU_NODE).iter().filter_map(|r| int(r, "restarts")).sum();
    assert!(restarts >= 1, "the replacement is counted");
}

#[tokio::test]
async fn memory_errors_are_counted_once() {
    let mut machine = Machine::new("gpus 2\necc 3");
    machine.read().await;
    machine.script("gpus 2\necc 53");
    let burst = machine.read().await.rows;
    let row = gpu(&burst, 0);
    assert_eq!((int(row, "ecc_corrected"), int(row, "ecc_uncorrected")), (Some(50), Some(50)));
    assert_eq!(int(row, "ecc_corrected_boot"), Some(53));
    assert_eq!(int(gpu(&machine.read().await.rows, 0), "ecc_corrected"), Some(0));
    // A driver that was loaded again counts from 0.
    machine.script("gpus 2");
    assert_eq!(int(gpu(&machine.read().await.rows, 0), "ecc_corrected"), None);
}

#[tokio::test]
async fn a_storm_of_xids_is_few_rows_and_all_are_counted() {
    let mut machine = Machine::new("gpus 3");
    machine.read().await;
    machine.script("gpus 3\nxid 2 3000 31\nxid 1 1 79");
    let (mut counted, mut in_gpu_rows, mut rows, mut single) = (0, 0, 0, 0);
    for _ in 0..60 {
        sleep(Duration::from_millis(100)).await;
        let read = machine.read().await.rows;
        let events = of(&read, &GPU_EVENT);
        rows += events.len();
        for event in events {
            assert_eq!(text(event, "kind"), "xid");
            match int(event, "code") {
                Some(31) => {
                    assert_eq!(text(event, "gpu_id"), id(2));
                    counted += int(event, "count").unwrap();
                }
                Some(79) => single += int(event, "count").unwrap(),
                other => panic!("{other:?}"),
            }
        }
        in_gpu_rows += int(gpu(&read, 2), "xid_errors").unwrap();
        if counted == 3000 && single == 1 {
            break;
        }
    }
    assert_eq!((counted, in_gpu_rows, single), (3000, 3000, 1));
    assert!(rows < 1500, "{rows} rows for 3001 events");
}

#[tokio::test]
async fn a_gpu_that_is_split_anew_shows_its_parts_by_place() {
    let mut machine = Machine::new("gpus 2");
    machine.read().await;
    machine.script("gpus 2\nmig 0 3");
    machine.read().await;
    let rows = machine.read().await.rows;
    let parts = of(&rows, &GPU_INSTANCE);
    let places: Vec<_> = parts.iter().map(|r| int(r, "instance").unwrap()).collect();
    assert_eq!(places, [7, 8, 9]);
    for part in &parts {
        assert_eq!((text(part, "gpu_id"), text(part, "profile")), (id(0), "1g.10gb".to_owned()));
        for field in GPU_INSTANCE.fields {
            assert!(part.get(field.name).is_some(), "{} is silent", field.name);
        }
    }
    let whole = gpu(&rows, 0);
    assert_eq!((int(whole, "mig_enabled"), int(whole, "mig_instances")), (Some(1), Some(3)));
    assert_eq!(whole.get("util_gpu_ratio"), None, "a split GPU has none");
    assert_eq!(int(gpu(&rows, 1), "mig_enabled"), Some(0));
    machine.script("gpus 2\nmig 0 2");
    let rows = machine.read().await.rows;
    assert_eq!(of(&rows, &GPU_INSTANCE).len(), 2);
}

#[tokio::test]
async fn without_a_driver_it_idles_unless_told_that_there_is_one() {
    let nowhere = || Some(PathBuf::from("/nowhere/libnvidia-ml.so.1"));
    let mut auto = Machine::with("", |c| c.library = nowhere());
    for _ in 0..2 {
        let reading = auto.read().await;
        assert!(reading.rows.is_empty() && reading.failed.is_none());
        assert_eq!(auto.readers(), 0);
    }
    let mut told = Machine::with("", |c| {
        c.library = nowhere();
        c.enabled = Look::Always;
    });
    let reading = told.read().await;
    assert_eq!(text(&reading.rows[0], "state"), "no_library");
    assert_eq!(reading.failed.unwrap().word(), "device");
    let mut expecting = Machine::with("nodriver", |c| c.expect = Some(8));
    let reading = expecting.read().await;
    assert_eq!(text(&reading.rows[0], "state"), "no_driver");
    assert_eq!(int(&reading.rows[0], "gpus_expected"), Some(8));
    assert!(reading.failed.is_some());
    assert!(Gpu::new(&config::Gpu { enabled: Look::Never, ..config::Gpu::default() }).is_none());
}

#[tokio::test]
async fn a_driver_that_shows_no_gpu_or_fails_is_a_failure() {
    let mut none = Machine::new("gpus 0");
    let reading = none.read().await;
    assert_eq!(text(&reading.rows[0], "state"), "no_gpus");
    assert_eq!(int(&reading.rows[0], "gpus_found"), Some(0));
    assert_eq!(reading.failed.unwrap().word(), "device");

    let mut half_upgraded = Machine::new("mismatch");
    let reading = half_upgraded.read().await;
    assert_eq!(text(&reading.rows[0], "state"), "mismatch");
    assert!(reading.failed.is_some());
    half_upgraded.script("gpus 1");
    half_upgraded.recovered().await;
}

#[tokio::test]
async fn a_reader_that_ends_or_prints_is_no_harm() {
    let mut machine = Machine::new("gpus 2\nchatty");
    let rows = machine.read().await.rows;
    assert_eq!(of(&rows, &GPU).len(), 2, "lines of the library are passed over");
    machine.script("gpus 2\ncrash");
    let reading = machine.read().await;
    assert_eq!(reading.failed.unwrap().word(), "child");
    assert_eq!(text(&reading.rows[0], "state"), "crashed");
    machine.script("gpus 2");
    let rows = machine.recovered().await.rows;
    assert_eq!(int(&rows[0], "restarts"), Some(1));
}

/// An agent as its users run it, with a collector that is not there.
fn agent(dir: &Path, gpu: &str) -> Child {
    let library = library(dir);
    let config = format!(
        "[collector]\naddress = \"http://127.0.0.1:1\"\ntoken_file = \"token\"\n\
         [host]\ninterval = \"1s\"\n[gpu]\nlibrary = {library:?}\n{gpu}\n"
    );
    std::fs::write(dir.join("agent.toml"), config).unwrap();
    Command::new(env!("CARGO_BIN_EXE_naap-agent"))
        .arg("--config")
        .arg(dir.join("agent.toml"))
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until so many readers run.
fn until(dir: &Path, wanted: usize) {
    for _ in 0..200 {
        if readers(dir).len() == wanted {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(50));
    }
    panic!("{:?} run, not {wanted}", readers(dir));
}

#[test]
fn the_reader_dies_with_the_agent() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("script"), "gpus 2\nhang").unwrap();
    let mut agent = agent(dir.path(), "interval = \"500ms\"");
    until(dir.path(), 1);
    // Into the call that never returns.
    std::thread::park_timeout(Duration::from_millis(300));
    agent.kill().unwrap();
    agent.wait().unwrap();
    until(dir.path(), 0);
}

#[test]
fn agent_and_reader_are_small_with_eight_gpus() {
    let dir = tempfile::tempdir().unwrap();
    let mut agent = agent(dir.path(), "interval = \"500ms\"");
    until(dir.path(), 1);
    std::thread::park_timeout(Duration::from_secs(3));
    // The code of an unoptimised build is several times as large; there only data counts.
    let (what, most_kib) =
        if cfg!(debug_assertions) { ("RssAnon:", 6 << 10) } else { ("VmRSS:", 20 << 10) };
    let rss_kib = |pid: u32| -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find_map(|l| l.strip_prefix(what)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    };
    let kib = rss_kib(agent.id()) + readers(dir.path()).into_iter().map(rss_kib).sum::<u64>();
    agent.kill().unwrap();
    agent.wait().unwrap();
    assert!(kib <= most_kib, "{kib} KiB of {most_kib}");
}

#[test]
fn a_dump_shows_what_is_told_and_why_not_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let library = library(dir.path());
    std::fs::write(dir.path().join("script"), "gpus 1\nmig 0 1").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_naap-agent"));
    command.args(["gpu-child", "--dump", "--processes", "--library"]).arg(library);
    let dump: serde_json::Value =
        serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    let gpu = &dump["second"]["gpus"][0];
    let names =
        |v: &serde_json::Value| -> Vec<String> { v.as_object().unwrap().keys().cloned().collect() };
    for (entity, said) in [
        (&GPU_NODE, &dump["second"]["node"]),
        (&GPU, &gpu["values"]),
        (&GPU_PROCESS, &gpu["programs"][0]),
    ] {
        for name in names(said) {
            assert!(entity.field_index(&name).is_some(), "{} has no field {name}", entity.name);
        }
    }
    // Activity of a part that only a whole GPU has a field for is left out.
    let unknown: Vec<_> = names(&gpu["instances"][0])
        .into_iter()
        .filter(|n| GPU_INSTANCE.field_index(n).is_none() && GPU.field_index(n).is_none())
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert!(dump["absent"][0]["absent"]["fan_ratio"].as_str().unwrap().contains("not available"));
}
