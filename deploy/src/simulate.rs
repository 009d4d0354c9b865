//! `naap simulate`: writes the lines of a simulated network to files, at once or as time passes,
//! and what is true of them beside. Knows files and the clock; what the lines say is
//! `naap-loadtest`'s.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use naap_loadtest::{Network, Plan};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tracing::{info, warn};

use crate::error::{Error, Result};
use crate::{clock, limits};

/// What to simulate, and where to.
#[derive(Debug, Clone)]
pub struct Options {
    /// The same seed and plan give the same lines.
    pub seed: u64,
    /// Gateways; a file each.
    pub gateways: usize,
    /// Orchestrators.
    pub orchestrators: usize,
    /// Sessions against those of an ordinary network.
    pub demand: f64,
    /// Length, hours.
    pub hours: f64,
    /// When it begins, microseconds since 1970 UTC; `None`: so that it ends now.
    pub from_us: Option<i64>,
    /// The folder.
    pub out: PathBuf,
    /// How fast.
    pub pace: Pace,
}

/// How fast lines are written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// All at once.
    AtOnce,
    /// So many times as fast as time passes, at least 1.
    Times(f64),
    /// What lies behind at once, then as time passes, until it is stopped.
    Live,
}

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Lines of events.
    pub lines: u64,
    /// Lines of truth.
    pub truths: u64,
}

/// Which simulation the files of a folder are of; a live one goes on where it stopped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    seed: u64,
    gateways: usize,
    orchestrators: usize,
    demand: f64,
    start_us: i64,
}

const HOUR_US: f64 = 3_600_000_000.0;

/// Late is at least this.
const LATE_LEAST_US: i64 = 120_000_000;

/// Simulates until the end, or until `stop` counts a signal; then every file ends with a whole line.
///
/// # Errors
/// If the plan is out of bounds, the folder holds another simulation, or a file cannot be written.
pub async fn simulate(options: &Options, mut stop: watch::Receiver<u32>) -> Result<Written> {
    let began_us = clock::now_us();
    let (plan, due) = plan(options, began_us)?;
    std::fs::create_dir_all(&options.out).map_err(Error::file("make", &options.out))?;
    let mut state = State {
        seed: plan.seed,
        gateways: plan.gateways,
        orchestrators: plan.orchestrators,
        demand: options.demand,
        start_us: plan.start_us,
    };
    let resumed = resume(options, &mut state)?;
    let plan = Plan { start_us: state.start_us, ..plan };
    let mut files = Files::open(&options.out, plan.gateways)?;
    if let Some(full) = files.events.iter().find(|f| f.bytes > 0 && !resumed) {
        return Err(other_simulation(&full.path, "nobody says of which simulation it is"));
    }
    if resumed {
        files.skip_known()?;
        info!("goes on with the simulation in {}", options.out.display());
    }
    let network = Network::new(plan).map_err(|e| Error::Plan(Box::new(e)))?;
    let written = run(network, &mut files, due, &mut stop).await?;
    files.flush()?;
    if let Some(gateway) = files.events.iter().position(|e| !e.known.is_empty()) {
        let path = events_path(&options.out, gateway);
        return Err(other_simulation(&path, "its last line is none of this simulation"));
    }
    Ok(written)
}

/// When a line is due: wall clock, from the time of its delivery.
#[derive(Debug, Clone, Copy)]
struct Due {
    /// Wall clock at the beginning.
    from_us: i64,
    /// The beginning of the simulation.
    start_us: i64,
    pace: Pace,
}

impl Due {
    fn at_us(self, deliver_us: i64) -> i64 {
        match self.pace {
            Pace::AtOnce => i64::MIN,
            Pace::Live => deliver_us,
            Pace::Times(speed) => {
                let after = (deliver_us - self.start_us) as f64 / speed;
                self.from_us.saturating_add(whole(after))
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "`as` saturates; the limits keep it far off")]
fn whole(x: f64) -> i64 {
    x.round() as i64
}

fn plan(options: &Options, now_us: i64) -> Result<(Plan, Due)> {
    let hours = options.hours;
    if !(hours > 0.0 && hours <= limits::MAX_SIMULATED_HOURS) {
        let most = limits::MAX_SIMULATED_HOURS;
        return Err(Error::Flag {
            flag: "--hours",
            why: format!("{hours} is not above 0 and at most {most}"),
        });
    }
    let length_us = whole(hours * HOUR_US);
    let lasts_us = match options.pace {
        Pace::AtOnce | Pace::Live => 0,
        Pace::Times(speed) if (1.0..=limits::MAX_SPEED).contains(&speed) => {
            whole(hours * HOUR_US / speed)
        }
        // Slower than time its beginning would lie ahead.
        Pace::Times(speed) => {
            let why = format!("{speed} is not within 1 and {}", limits::MAX_SPEED);
            return Err(Error::Flag { flag: "--speed", why });
        }
    };
    // The last line is as old as it takes to get there.
    let start_us = options.from_us.unwrap_or(now_us + lasts_us - length_us);
    let mut plan = Plan::new(options.seed, start_us, length_us);
    plan.gateways = options.gateways;
    plan.orchestrators = options.orchestrators;
    // A short one need not wait for days for its last lines.
    plan.late_most_us = plan.late_most_us.min(length_us / 4).max(LATE_LEAST_US);
    plan.demand.iter_mut().flatten().for_each(|rate| *rate *= options.demand);
    if options.pace == Pace::Live {
        plan.length_us = naap_loadtest::limits::MAX_LENGTH_US;
    }
    plan.check().map_err(|e| Error::Plan(Box::new(e)))?;
    Ok((plan, Due { from_us: now_us, start_us, pace: options.pace }))
}

/// Whether the folder holds this simulation already, which then keeps its beginning; else notes it.
fn resume(options: &Options, state: &mut State) -> Result<bool> {
    let path = options.out.join("simulation.json");
    match std::fs::read(&path) {
        Ok(text) => {
            let known: State = serde_json::from_slice(&text)
                .map_err(|e| other_simulation(&path, &format!("it cannot be read ({e})")))?;
            let same = State { start_us: known.start_us, ..state.clone() };
            if options.pace != Pace::Live || same != known {
                return Err(other_simulation(&path, "it is of another simulation"));
            }
            *state = known;
            Ok(true)
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let text = serde_json::to_vec(state).expect("numbers only");
            let next = options.out.join("simulation.next");
            std::fs::write(&next, text).map_err(Error::file("write", &next))?;
            std::fs::rename(&next, &path).map_err(Error::file("write", &path))?;
            Ok(false)
        }
        Err(e) => Err(Error::file("read", path)(e)),
    }
}

fn other_simulation(path: &Path, why: &str) -> Error {
    Error::Simulation { path: path.to_owned(), why: why.to_owned() }
}

async fn run(
    mut network: Network,
    files: &mut Files,
    due: Due,
    stop: &mut watch::Receiver<u32>,
) -> Result<Written> {
    let mut written = Written::default();
    let mut behind = 0;
    while let Some(event) = network.next() {
        if *stop.borrow() > 0 {
            break;
        }
        // Truth first: whoever has a line finds what is true of it.
        for truth in network.take_truth() {
            let text = serde_json::to_vec(&truth).expect("text keys and finite numbers");
            written.truths += u64::from(files.truth.append(&text)?);
        }
        let at_us = due.at_us(event.deliver_at_us);
        while at_us > clock::now_us() {
            files.flush()?;
            let wait = u64::try_from(at_us - clock::now_us()).unwrap_or(0);
            let wait = Duration::from_micros(wait).min(limits::SIMULATE_LOOKS);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = stop.wait_for(|signals| *signals > 0) => return Ok(written),
            }
        }
        if let Some(file) = files.events.get_mut(event.gateway) {
            written.lines += u64::from(file.append(&event.line)?);
            if due.pace == Pace::Live {
                file.rotate()?;
            }
        }
        behind += 1;
        if behind % limits::SIMULATE_LINES == 0 {
            // Signals are heard while history is written.
            tokio::task::yield_now().await;
        }
    }
    Ok(written)
}

fn events_path(out: &Path, gateway: usize) -> PathBuf {
    out.join(format!("events_{gateway}.jsonl"))
}

struct Files {
    /// By gateway.
    events: Vec<Lines>,
    truth: Lines,
}

impl Files {
    fn open(out: &Path, gateways: usize) -> Result<Self> {
        let events = (0..gateways).map(|g| Lines::open(events_path(out, g)));
        Ok(Self {
            events: events.collect::<Result<_>>()?,
            truth: Lines::open(out.join("truth.jsonl"))?,
        })
    }

    fn skip_known(&mut self) -> Result<()> {
        self.events.iter_mut().chain([&mut self.truth]).try_for_each(Lines::skip_known)
    }

    fn flush(&mut self) -> Result<()> {
        self.events.iter_mut().chain([&mut self.truth]).try_for_each(Lines::flush)
    }
}

/// A file of lines that grows.
struct Lines {
    path: PathBuf,
    file: BufWriter<File>,
    bytes: u64,
    /// The last line that was there: what comes before it is there too.
    known: VecDeque<Vec<u8>>,
}

impl Lines {
    fn open(path: PathBuf) -> Result<Self> {
        let mut open = OpenOptions::new();
        let file = open.read(true).append(true).create(true).open(&path);
        let file = file.map_err(Error::file("open", &path))?;
        let bytes = file.metadata().map_err(Error::file("read", &path))?.len();
        Ok(Self { path, file: BufWriter::new(file), bytes, known: VecDeque::new() })
    }

    /// Cuts a torn line, and finds the last one, in the file before it if there is none.
    fn skip_known(&mut self) -> Result<()> {
        let failed = |doing| Error::file(doing, self.path.clone());
        let mut last = None;
        for path in [self.path.with_extension("jsonl.old"), self.path.clone()] {
            let Ok(file) = File::open(&path) else { continue };
            let (line, whole) = last_line(file).map_err(Error::file("read", &path))?;
            last = line.or(last);
            if path == self.path && whole < self.bytes {
                self.file.get_ref().set_len(whole).map_err(failed("cut"))?;
                self.bytes = whole;
            }
        }
        self.known.extend(last);
        Ok(())
    }

    /// Whether it was new, and written.
    fn append(&mut self, line: &[u8]) -> Result<bool> {
        if let Some(known) = self.known.front() {
            if known == line {
                self.known.pop_front();
            }
            return Ok(false);
        }
        let written = self.file.write_all(line).and_then(|()| self.file.write_all(b"\n"));
        written.map_err(Error::file("write", &self.path))?;
        self.bytes += line.len() as u64 + 1;
        Ok(true)
    }

    /// Sets a file that has grown large aside; an older one is lost.
    fn rotate(&mut self) -> Result<()> {
        if self.bytes < limits::SIMULATE_FILE_BYTES {
            return Ok(());
        }
        self.flush()?;
        let old = self.path.with_extension("jsonl.old");
        std::fs::rename(&self.path, &old).map_err(Error::file("move", &self.path))?;
        warn!("{} is full and was moved to {}", self.path.display(), old.display());
        *self = Self::open(std::mem::take(&mut self.path))?;
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        self.file.flush().map_err(Error::file("write", &self.path))
    }
}

/// The last line that has an end, and where it ends.
fn last_line(mut file: File) -> std::io::Result<(Option<Vec<u8>>, u64)> {
    let length = file.metadata()?.len();
    let from = length.saturating_sub(2 * limits::SIMULATE_LINE_BYTES);
    file.seek(SeekFrom::Start(from))?;
    let mut lines = BufReader::new(file.take(2 * limits::SIMULATE_LINE_BYTES));
    let (mut last, mut at, mut end) = (None, from, 0);
    loop {
        let mut line = Vec::new();
        let n = lines.read_until(b'\n', &mut line)?;
        at += n as u64;
        if line.pop() != Some(b'\n') {
            return Ok((last, end));
        }
        end = at;
        last = Some(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(out: &Path, pace: Pace) -> Options {
        Options {
            seed: 3,
            gateways: 2,
            orchestrators: 12,
            demand: 2.0,
            hours: 2.0,
            from_us: None,
            out: out.to_owned(),
            pace,
        }
    }

    fn never() -> watch::Receiver<u32> {
        let (tell, told) = watch::channel(0);
        // Kept open, as by a process that gets no signal.
        std::mem::forget(tell);
        told
    }

    fn text(path: PathBuf) -> String {
        std::fs::read_to_string(path).unwrap()
    }

    fn newest_us(lines: &str) -> i64 {
        let time = |l: &str| {
            let event: serde_json::Value = serde_json::from_str(l).unwrap();
            event["timestamp"].as_str().unwrap().parse::<i64>().unwrap() * 1000
        };
        lines.lines().map(time).max().unwrap()
    }

    #[tokio::test]
    async fn a_history_ends_now_and_its_truth_lies_beside() {
        let dir = tempfile::tempdir().unwrap();
        let written = simulate(&options(dir.path(), Pace::AtOnce), never()).await.unwrap();
        let (a, b) = (text(events_path(dir.path(), 0)), text(events_path(dir.path(), 1)));
        assert_eq!(written.lines, (a.lines().count() + b.lines().count()) as u64);
        let truth = text(dir.path().join("truth.jsonl"));
        assert_eq!(written.truths, truth.lines().count() as u64);
        assert!(truth.lines().all(|l| l.starts_with("{\"") && l.ends_with('}')));
        let age = clock::now_us() - newest_us(&a).max(newest_us(&b));
        assert!((0..600_000_000).contains(&age), "{age}");
        let error = simulate(&options(dir.path(), Pace::AtOnce), never()).await.unwrap_err();
        assert!(error.to_string().contains("simulation.json"), "{error}");
    }

    #[tokio::test]
    async fn the_same_seed_and_beginning_give_the_same_files() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for dir in [&one, &two] {
            let from_us = Some(1_790_000_000_000_000);
            let options = Options { from_us, ..options(dir.path(), Pace::AtOnce) };
            simulate(&options, never()).await.unwrap();
        }
        for name in ["events_0.jsonl", "events_1.jsonl", "truth.jsonl"] {
            assert_eq!(text(one.path().join(name)), text(two.path().join(name)), "{name}");
        }
    }

    #[tokio::test]
    async fn a_live_one_stops_on_a_signal_and_goes_on_where_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let options = options(dir.path(), Pace::Live);
        let (tell, told) = watch::channel(0);
        let (first, ()) = tokio::join!(simulate(&options, told), async {
            let path = events_path(dir.path(), 0);
            while std::fs::metadata(&path).map_or(0, |m| m.len()) == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            tell.send_modify(|n| *n += 1);
        });
        let first = first.unwrap();
        let path = events_path(dir.path(), 0);
        let before = text(path.clone());
        assert!(first.lines > 0 && before.ends_with('\n'));
        // A torn line, as a kill leaves one.
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"id\":\"torn").unwrap();
        let (tell, told) = watch::channel(0);
        let (second, ()) = tokio::join!(simulate(&options, told), async {
            tokio::time::sleep(Duration::from_millis(1500)).await;
            tell.send_modify(|n| *n += 1);
        });
        second.unwrap();
        let after = text(path);
        assert!(after.starts_with(&before) && after.len() >= before.len());
        assert!(!after.contains("torn"));
        let seed = Options { seed: 4, ..options };
        let error = simulate(&seed, never()).await.unwrap_err().to_string();
        assert!(error.contains("another simulation"), "{error}");
        std::fs::remove_file(dir.path().join("simulation.json")).unwrap();
        let error = simulate(&seed, never()).await.unwrap_err().to_string();
        assert!(error.contains("events_0.jsonl"), "{error}");
    }

    #[tokio::test]
    async fn a_fast_one_takes_its_time_and_is_never_ahead() {
        let dir = tempfile::tempdir().unwrap();
        // Two hours in about a second; late lines would take longer.
        let options = options(dir.path(), Pace::Times(7200.0));
        let began = clock::now_us();
        let (tell, told) = watch::channel(0);
        let (written, ()) = tokio::join!(simulate(&options, told), async {
            tokio::time::sleep(Duration::from_millis(1500)).await;
            tell.send_modify(|n| *n += 1);
        });
        assert!(written.unwrap().lines > 100);
        let newest = newest_us(&text(events_path(dir.path(), 0)));
        assert!(newest < clock::now_us() && newest > began - 1_200_000_000, "{}", newest - began);
    }

    #[test]
    fn what_cannot_be_is_refused_by_its_flag() {
        let dir = Path::new("nowhere");
        let refused = |options: Options, word: &str| {
            let error = plan(&options, 1_790_000_000_000_000).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        };
        refused(options(dir, Pace::Times(0.5)), "--speed");
        refused(Options { hours: f64::NAN, ..options(dir, Pace::AtOnce) }, "--hours");
        refused(Options { gateways: 0, ..options(dir, Pace::AtOnce) }, "gateways");
        refused(Options { demand: -1.0, ..options(dir, Pace::AtOnce) }, "a rate an hour");
    }

    #[test]
    fn a_line_is_due_when_its_pace_says() {
        let due = |pace| Due { from_us: 1000, start_us: 500, pace };
        assert_eq!(due(Pace::AtOnce).at_us(700), i64::MIN);
        assert_eq!(due(Pace::Live).at_us(700), 700);
        assert_eq!(due(Pace::Times(2.0)).at_us(700), 1100);
    }
}
