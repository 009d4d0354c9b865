//! The reader's process, from outside: asked with a deadline, killed when it misses it, started
//! again after a pause.
//!
//! A process that the kernel holds in a call of the driver does not die when it is killed. It is
//! kept in sight, and one more is started beside it, since often only one GPU is sick; if that one
//! sticks too, none is started until one of the two is gone.
//!
//! The reader says which GPU it asks next. One at which it hangs is left alone for a while, so that
//! the others are read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::{Instant, timeout};

use crate::limits;
use crate::nvml::wire::{Answer, Event, Line, Request};
use crate::own::rss_bytes_of;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// None came in time; the reader was killed.
    Timeout(Duration),
    /// The reader ended, or said what it should not, or could not be started.
    Ended(String),
    /// A reader failed a moment ago; the next is started after a pause.
    Waiting,
    /// As many readers as are allowed were killed and are not gone.
    Stuck,
}

/// What happened since it was last asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Readers started in place of one that failed.
    pub(super) restarts: u64,
    /// Answers that did not come in time.
    pub(super) timeouts: u64,
    /// Readers that were killed and are not gone, now.
    pub(super) stuck: usize,
    /// Memory of the running one.
    pub(super) rss_bytes: Option<i64>,
    /// Numbers of the GPUs that are left alone, now.
    pub(super) skipped: Vec<u32>,
}

/// The reader's process, or the place where it will be.
#[derive(Debug)]
pub(super) struct Reader {
    program: PathBuf,
    args: Vec<std::ffi::OsString>,
    running: Option<Running>,
    stuck: Stuck<Child>,
    pause: Pause,
    failed_before: bool,
    skips: Skips,
    counts: Counts,
}

#[derive(Debug)]
struct Running {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    started: Instant,
    answered: bool,
    /// A question is under way.
    asking: bool,
    /// The GPU that it asks.
    at: Option<u32>,
    /// GPUs that it was told to leave alone.
    skips: Vec<u32>,
}

/// GPUs that are left alone: until when, and how long the next time.
#[derive(Debug, Default)]
struct Skips(BTreeMap<u32, (Instant, Duration)>);

impl Skips {
    fn hung(&mut self, gpu: u32, now: Instant) {
        let (first, most) = limits::GPU_SKIP;
        let length = self.0.get(&gpu).map_or(first, |(_, next)| *next);
        self.0.insert(gpu, (now + length, (length * 2).min(most)));
    }

    fn now(&self, now: Instant) -> Vec<u32> {
        self.0.iter().filter(|(_, (until, _))| now < *until).map(|(gpu, _)| *gpu).collect()
    }
}

/// Processes that were killed and are not gone.
#[derive(Debug)]
struct Stuck<P>(Vec<P>);

impl<P> Stuck<P> {
    /// Forgets those that are gone; says whether one more may be started.
    fn admits(&mut self, mut gone: impl FnMut(&mut P) -> bool) -> bool {
        self.0.retain_mut(|p| !gone(p));
        self.0.len() < limits::GPU_STUCK
    }
}

/// The pause before the next start.
#[derive(Debug)]
struct Pause {
    next: Duration,
    until: Option<Instant>,
}

impl Pause {
    const fn new() -> Self {
        Self { next: limits::GPU_BACKOFF.0, until: None }
    }

    fn failed(&mut self, now: Instant) {
        self.until = Some(now + self.next);
        self.next = (self.next * 2).min(limits::GPU_BACKOFF.1);
    }

    fn over(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| now >= until)
    }
}

impl Reader {
    /// A reader that this program is, when started with `gpu-child`.
    pub(super) fn new(program: PathBuf, library: Option<&Path>, processes: bool) -> Self {
        let mut args = vec!["gpu-child".into()];
        if let Some(library) = library {
            args.extend(["--library".into(), library.into()]);
        }
        if processes {
            args.push("--processes".into());
        }
        Self {
            program,
            args,
            running: None,
            stuck: Stuck(Vec::new()),
            pause: Pause::new(),
            failed_before: false,
            skips: Skips::default(),
            counts: Counts::default(),
        }
    }

    /// Asks; events that were said since the last time go to `events` even if no answer comes.
    pub(super) async fn ask(
        &mut self,
        request: &Request,
        deadline: Duration,
        events: &mut Vec<Event>,
    ) -> Result<Answer, Fault> {
        let skips = self.skips.now(Instant::now());
        if self.running.as_ref().is_some_and(|r| r.skips != skips) {
            // A GPU has been left alone for long enough.
            self.close().await;
        }
        let admits = self.stuck.admits(|p| !matches!(p.try_wait(), Ok(None)));
        if self.running.is_none() {
            if !admits {
                return Err(Fault::Stuck);
            }
            if !self.pause.over(Instant::now()) {
                return Err(Fault::Waiting);
            }
            match self.start(skips) {
                Ok(running) => self.running = Some(running),
                Err(error) => {
                    self.pause.failed(Instant::now());
                    let program = self.program.display();
                    return Err(Fault::Ended(format!("cannot start {program}: {error}")));
                }
            }
        }
        let Some(running) = &mut self.running else { return Err(Fault::Waiting) };
        let most = if running.answered { deadline } else { deadline + limits::GPU_START };
        running.asking = true;
        let asked = timeout(most, running.ask(request, events)).await;
        running.asking = false;
        match asked.unwrap_or(Err(Fault::Timeout(most))) {
            Ok(answer) => {
                running.answered = true;
                running.at = None;
                if running.started.elapsed() >= limits::GPU_FORGIVEN {
                    self.pause = Pause::new();
                    self.skips.0.retain(|gpu, _| running.skips.contains(gpu));
                }
                Ok(answer)
            }
            Err(fault) => {
                if let (Fault::Timeout(_), at) = (&fault, running.at) {
                    self.counts.timeouts += 1;
                    at.into_iter().for_each(|gpu| self.skips.hung(gpu, Instant::now()));
                }
                self.give_up().await;
                Err(fault)
            }
        }
    }

    fn start(&mut self, skips: Vec<u32>) -> std::io::Result<Running> {
        let mut child = Command::new(&self.program)
            .args(&self.args)
            .args(skips.iter().flat_map(|gpu| ["--skip".to_owned(), gpu.to_string()]))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A Ctrl-C is for the agent, which then ends its reader.
            .process_group(0)
            .spawn()?;
        let (to, from) = (child.stdin.take(), child.stdout.take());
        let (Some(to), Some(from)) = (to, from) else {
            return Err(std::io::Error::other("it has no pipes"));
        };
        self.counts.restarts += u64::from(self.failed_before);
        Ok(Running {
            child,
            to,
            from: BufReader::new(from),
            started: Instant::now(),
            answered: false,
            asking: false,
            at: None,
            skips,
        })
    }

    /// Kills it, and lets some time pass before the next.
    pub(super) async fn give_up(&mut self) {
        self.failed_before = true;
        self.end(Duration::ZERO).await;
        self.pause.failed(Instant::now());
    }

    /// Ends it in good order; the next is started when there is something to ask.
    pub(super) async fn close(&mut self) {
        self.failed_before = false;
        self.end(limits::GPU_REAP).await;
    }

    async fn end(&mut self, patience: Duration) {
        let Some(Running { mut child, to, .. }) = self.running.take() else { return };
        drop(to);
        if timeout(patience, child.wait()).await.is_ok() {
            return;
        }
        // It fails only for one that is gone.
        drop(child.start_kill());
        if timeout(limits::GPU_REAP, child.wait()).await.is_err() {
            tracing::error!(
                pid = child.id(),
                "a reader of GPUs was killed and is not gone: the driver holds it"
            );
            self.stuck.0.push(child);
        }
    }

    /// What happened since the last call.
    pub(super) fn take_counts(&mut self) -> Counts {
        let counts = std::mem::take(&mut self.counts);
        let pid = self.running.as_ref().and_then(|r| r.child.id());
        let rss_bytes = pid.and_then(|pid| rss_bytes_of(&pid.to_string()));
        let skipped = self.skips.now(Instant::now());
        Counts { stuck: self.stuck.0.len(), rss_bytes, skipped, ..counts }
    }
}

/// A reader that waits sees its input end, and lets go of the driver in good order; one that is in
/// the driver is killed. Should neither help, it is killed with the agent's process.
impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(running) = self.running.as_mut().filter(|r| r.asking) {
            drop(running.child.start_kill());
        }
    }
}

impl Running {
    async fn ask(&mut self, request: &Request, events: &mut Vec<Event>) -> Result<Answer, Fault> {
        let ended = |what: &str| Fault::Ended(format!("the reader of GPUs {what}"));
        let mut text = serde_json::to_vec(request).map_err(|e| Fault::Ended(e.to_string()))?;
        text.push(b'\n');
        self.to.write_all(&text).await.map_err(|_| ended("takes no question any more"))?;
        let mut line = Vec::new();
        for _ in 0..limits::GPU_LINES {
            line.clear();
            let mut from = (&mut self.from).take(limits::GPU_LINE_BYTES);
            let read = from.read_until(b'\n', &mut line).await;
            if read.is_err() || line.last() != Some(&b'\n') {
                let long = line.len() as u64 == limits::GPU_LINE_BYTES;
                return Err(ended(if long { "said too long a line" } else { "ended by itself" }));
            }
            match serde_json::from_slice(&line) {
                Ok(Line::At(gpu)) => self.at = Some(gpu),
                Ok(Line::Event(event)) => events.push(event),
                Ok(Line::Answer(mut answer)) => {
                    events.append(&mut answer.events);
                    return Ok(*answer);
                }
                // A library may print what it likes.
                Err(_) => {}
            }
        }
        Err(ended("said too many lines"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_that_cannot_be_killed_do_not_multiply() {
        // A process here is whether it is gone.
        let mut stuck = Stuck(Vec::new());
        assert!(stuck.admits(|gone| *gone));
        stuck.0.push(false);
        assert!(stuck.admits(|gone| *gone), "one beside it is allowed");
        stuck.0.push(false);
        assert!(!stuck.admits(|gone| *gone), "a third is not");
        stuck.0[0] = true;
        assert!(stuck.admits(|gone| *gone));
        assert_eq!(stuck.0.len(), 1);
    }

    #[test]
    fn a_gpu_that_hangs_again_is_left_alone_for_longer() {
        let (mut skips, start) = (Skips::default(), Instant::now());
        skips.hung(3, start);
        assert_eq!(skips.now(start + Duration::from_secs(59)), [3]);
        let later = start + Duration::from_secs(60);
        assert!(skips.now(later).is_empty());
        skips.hung(3, later);
        assert_eq!(skips.now(later + Duration::from_secs(119)), [3]);
        for _ in 0..10 {
            skips.hung(3, later);
        }
        assert!(skips.now(later + limits::GPU_SKIP.1).is_empty());
    }

    #[test]
    fn pauses_grow_to_a_bound() {
        let (mut pause, start) = (Pause::new(), Instant::now());
        assert!(pause.over(start));
        let mut lengths = Vec::new();
        for _ in 0..10 {
            pause.failed(start);
            assert!(!pause.over(start));
            lengths.push(pause.until.unwrap() - start);
        }
        assert_eq!(lengths[..3], [1, 2, 4].map(Duration::from_secs));
        assert_eq!(lengths.last(), Some(&limits::GPU_BACKOFF.1));
    }
}
