//! Keeps one part of the stack running: starts it, watches it, starts it again when it dies, ends
//! it. Knows nothing of what the part does; never leaves a process behind.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::{info, warn};

use crate::error::{Error, Result, chain};
use crate::folder::{read_own, remove};
use crate::state::{Board, Life, Part};
use crate::{limits, logs, process};

/// How to run a part.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub(crate) name: &'static str,
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<OsString>,
    /// `Some`: these variables and no others; `None`: those of this process.
    pub(crate) env: Option<Vec<(String, OsString)>>,
    pub(crate) folder: PathBuf,
    pub(crate) log: PathBuf,
    /// What is removed before each start.
    pub(crate) remove: Vec<PathBuf>,
    /// Folders that are made before each start.
    pub(crate) make: Vec<PathBuf>,
    /// Where the process that does the work writes its id, if it is not the one that is started.
    pub(crate) pid_file: Option<PathBuf>,
    /// Whether exit code 0 means that it has done its work.
    pub(crate) may_finish: bool,
    pub(crate) stop_within: Duration,
}

/// A part that is being kept running.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) name: &'static str,
    log: PathBuf,
    log_from: u64,
    stop: watch::Sender<Stop>,
    now: watch::Receiver<Part>,
    task: Option<JoinHandle<()>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    No,
    Orderly,
    AtOnce,
}

/// Starts a part and keeps it running until it is told to stop.
pub(crate) fn start(spec: Spec, board: Arc<Board>) -> Running {
    let part = Part {
        name: spec.name.to_owned(),
        life: Life::Waiting,
        pid: None,
        restarts: 0,
        last_exit: None,
    };
    let (stop, stopped) = watch::channel(Stop::No);
    let (tell, now) = watch::channel(part);
    let (name, log) = (spec.name, spec.log.clone());
    let log_from = logs::length(&log);
    let keeper = Keeper { spec, board, tell, stop: stopped };
    Running { name, log, log_from, stop, now, task: Some(tokio::spawn(keeper.run())) }
}

impl Running {
    /// Waits until `check` is content.
    ///
    /// # Errors
    /// If the part ends before, or the time is up; with the end of its log.
    pub(crate) async fn ready<F>(&self, limit: Duration, mut check: F) -> Result<()>
    where
        F: AsyncFnMut() -> Result<(), String>,
    {
        let began = Instant::now();
        let mut next_word = began + limits::PROGRESS_EVERY;
        loop {
            self.died()?;
            let last = match check().await {
                Ok(()) => return Ok(()),
                Err(last) => last,
            };
            if began.elapsed() >= limit {
                let tail = logs::tail(&self.log, self.log_from);
                let log = self.log.clone();
                return Err(Error::NotReady { name: self.name, limit, last, log, tail });
            }
            if Instant::now() >= next_word {
                info!("still waiting for {} ({} s)", self.name, began.elapsed().as_secs());
                next_word += limits::PROGRESS_EVERY;
            }
            tokio::time::sleep(limits::ASK_EVERY).await;
        }
    }

    /// An error if the part has ended since its start, other than by finishing.
    pub(crate) fn died(&self) -> Result<()> {
        let now = self.now.borrow();
        match &now.last_exit {
            Some(how) if now.life != Life::Finished => {
                let tail = logs::tail(&self.log, self.log_from);
                let log = self.log.clone();
                Err(Error::Ended { name: self.name, how: how.clone(), log, tail })
            }
            _ => Ok(()),
        }
    }

    /// Tells the part to stop, without waiting.
    pub(crate) fn tell_stop(&self) {
        self.stop.send_if_modified(|s| {
            let first = *s == Stop::No;
            if first {
                *s = Stop::Orderly;
            }
            first
        });
    }

    /// Kills the part.
    pub(crate) fn kill(&self) {
        self.stop.send_replace(Stop::AtOnce);
    }

    /// Waits until it has stopped; call [`Running::tell_stop`] before.
    pub(crate) async fn stopped(&mut self) {
        let Some(task) = &mut self.task else { return };
        if let Err(e) = task.await {
            warn!(part = self.name, error = %e, "its keeper failed");
        }
        self.task = None;
    }
}

/// The task that owns the process.
struct Keeper {
    spec: Spec,
    board: Arc<Board>,
    tell: watch::Sender<Part>,
    stop: watch::Receiver<Stop>,
}

impl Keeper {
    async fn run(mut self) {
        let mut pause = limits::BACKOFF_FIRST;
        loop {
            let began = Instant::now();
            let log_from = logs::length(&self.spec.log);
            let how = match self.once().await {
                Ok(None) => {
                    self.set(|p| (p.life, p.pid) = (Life::Stopped, None));
                    return;
                }
                Ok(Some(status)) if status.success() && self.spec.may_finish => {
                    info!("{} has finished", self.spec.name);
                    self.set(|p| (p.life, p.pid) = (Life::Finished, None));
                    return;
                }
                Ok(Some(status)) => process::how(status),
                Err(e) => chain(&e),
            };
            if began.elapsed() >= limits::STEADY_AFTER {
                pause = limits::BACKOFF_FIRST;
            }
            let name = self.spec.name;
            self.set(|p| {
                (p.life, p.pid, p.last_exit) = (Life::Waiting, None, Some(how.clone()));
                p.restarts += 1;
            });
            let tail = logs::tail(&self.spec.log, log_from);
            warn!("{name} ended ({how}); it starts again in {pause:?}. Its last lines:\n{tail}");
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = told(&mut self.stop, |s| s != Stop::No) => {
                    self.set(|p| p.life = Life::Stopped);
                    return;
                }
            }
            pause = (pause * 2).min(limits::BACKOFF_MAX);
        }
    }

    /// Runs the process once; `None` if it was told to stop.
    async fn once(&mut self) -> Result<Option<ExitStatus>> {
        for path in &self.spec.remove {
            remove(path)?;
        }
        for path in &self.spec.make {
            std::fs::create_dir_all(path).map_err(Error::file("make the folder", path))?;
        }
        let mut child = self.spawn()?;
        let leader = child.id().and_then(|id| i32::try_from(id).ok());
        let Some(leader) = leader else { return Ok(None) };
        // Waiting would close it, and the part take that for the end of this process.
        let stdin = child.stdin.take();
        let waited = |source| Error::Spawn {
            name: self.spec.name,
            program: self.spec.program.clone(),
            source,
        };
        let ended = tokio::select! {
            status = child.wait() => Some(status.map_err(waited)?),
            () = self.tell_pid(leader) => None,
        };
        let ended = match ended {
            Some(status) => Some(status),
            None => tokio::select! {
                status = child.wait() => Some(status.map_err(waited)?),
                () = told(&mut self.stop, |s| s != Stop::No) => None,
            },
        };
        if ended.is_none() {
            self.end(&mut child, leader, stdin).await;
        }
        // What it may have started must not stay.
        process::kill_group(leader);
        Ok(ended)
    }

    fn spawn(&self) -> Result<Child> {
        let spec = &self.spec;
        let log = logs::open(&spec.log)?;
        let again = log.try_clone().map_err(Error::file("open", &spec.log))?;
        let mut command = Command::new(&spec.program);
        command.args(&spec.args).current_dir(&spec.folder);
        if let Some(env) = &spec.env {
            command.env_clear().envs(env.iter().map(|(k, v)| (k, v)));
        }
        // Its output goes to a file: no colours.
        command.env("NO_COLOR", "1");
        // Its stdin ends with this process, however that ends. A group of its own, so that Ctrl-C
        // in a terminal reaches this process only, which then stops the parts in their order.
        command.stdin(Stdio::piped()).stdout(log).stderr(again).process_group(0).kill_on_drop(true);
        let spawned = command.spawn();
        let program = spec.program.clone();
        spawned.map_err(|source| Error::Spawn { name: spec.name, program, source })
    }

    /// Publishes the process id; waits for it where another process does the work. Returns early
    /// if it is told to stop.
    async fn tell_pid(&self, leader: i32) {
        let Some(file) = &self.spec.pid_file else {
            self.set(|p| (p.life, p.pid) = (Life::Running, Some(leader)));
            return;
        };
        while *self.stop.borrow() == Stop::No {
            if let Some(pid) = read_own(file).ok().and_then(|text| text.trim().parse().ok()) {
                self.set(|p| (p.life, p.pid) = (Life::Running, Some(pid)));
                return;
            }
            tokio::time::sleep(limits::ASK_EVERY).await;
        }
    }

    async fn end(&mut self, child: &mut Child, leader: i32, stdin: Option<ChildStdin>) {
        if *self.stop.borrow() == Stop::Orderly {
            process::send(leader, Signal::SIGTERM);
            drop(stdin);
            tokio::select! {
                _ = child.wait() => return,
                () = told(&mut self.stop, |s| s == Stop::AtOnce) => {}
                () = tokio::time::sleep(self.spec.stop_within) => {
                    let limit = self.spec.stop_within;
                    warn!("{} did not stop within {limit:?} and is killed", self.spec.name);
                }
            }
        }
        process::kill_group(leader);
        if let Err(e) = child.wait().await {
            warn!(part = self.spec.name, error = %e, "its end cannot be waited for");
        }
    }

    fn set(&self, change: impl FnOnce(&mut Part)) {
        self.tell.send_modify(change);
        self.board.set_part(self.tell.borrow().clone());
    }
}

/// Waits for a word to stop; that nobody is left to say it is one too.
async fn told(stop: &mut watch::Receiver<Stop>, wanted: impl Fn(Stop) -> bool) {
    drop(stop.wait_for(|s| wanted(*s)).await);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::Folder;
    use crate::state::{Ports, State};
    use std::net::SocketAddr;

    struct Bench {
        folder: Folder,
        board: Arc<Board>,
        _dir: tempfile::TempDir,
    }

    fn bench() -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(dir.path()).unwrap();
        let at = SocketAddr::from(([127, 0, 0, 1], 1));
        let state = State {
            pid: 1,
            answered: false,
            url: String::new(),
            listen: at,
            grpc: at,
            questdb: Ports { http: at, min: at, pg: at },
            parts: Vec::new(),
        };
        let board = Arc::new(Board::new(&folder, state).unwrap());
        Bench { folder, board, _dir: dir }
    }

    impl Bench {
        fn sh(&self, script: &str) -> Spec {
            Spec {
                name: "part",
                program: "/bin/sh".into(),
                args: vec!["-c".into(), script.into()],
                env: None,
                folder: self.folder.root().to_owned(),
                log: self.folder.log("part"),
                remove: vec![self.folder.run("torn")],
                make: Vec::new(),
                pid_file: None,
                may_finish: false,
                stop_within: Duration::from_millis(500),
            }
        }

        fn part(&self) -> Part {
            State::read(&self.folder).unwrap().unwrap().parts.remove(0)
        }

        async fn running(&self) -> i32 {
            for _ in 0..200 {
                let state = State::read(&self.folder).unwrap().unwrap();
                if let Some(pid) = state.parts.first().and_then(|p| p.pid) {
                    return pid;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            panic!("no process");
        }
    }

    #[tokio::test]
    async fn an_orderly_stop_is_orderly() {
        let bench = bench();
        let script = "trap 'echo bye; exit 0' TERM; echo hello; while :; do sleep 0.05; done";
        let mut part = start(bench.sh(script), Arc::clone(&bench.board));
        let log = bench.folder.log("part");
        let said = async || match std::fs::read_to_string(&log) {
            Ok(text) if text.contains("hello") => Ok(()),
            _ => Err("silent".to_owned()),
        };
        part.ready(Duration::from_secs(5), said).await.unwrap();
        let pid = bench.running().await;
        part.tell_stop();
        part.stopped().await;
        assert!(!process::is_alive(pid));
        assert_eq!(std::fs::read_to_string(&log).unwrap(), "hello\nbye\n");
        assert_eq!(bench.part().life, Life::Stopped);
        assert_eq!(bench.part().pid, None);
    }

    #[tokio::test]
    async fn a_deaf_part_is_killed_with_what_it_started() {
        let bench = bench();
        let file = bench.folder.run("grandchild");
        let script = format!(
            "trap '' TERM; sleep 600 & echo $! > {}; while :; do sleep 0.05; done",
            file.display()
        );
        let mut part = start(bench.sh(&script), Arc::clone(&bench.board));
        let wrote = async || {
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            text.trim().parse::<i32>().map(drop).map_err(|e| e.to_string())
        };
        part.ready(Duration::from_secs(5), wrote).await.unwrap();
        let grandchild: i32 = std::fs::read_to_string(&file).unwrap().trim().parse().unwrap();
        let pid = bench.running().await;
        let began = Instant::now();
        part.tell_stop();
        part.stopped().await;
        assert!(began.elapsed() >= Duration::from_millis(500), "it got its time");
        assert!(!process::is_alive(pid));
        for _ in 0..100 {
            if !process::is_alive(grandchild) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("process {grandchild} is still there");
    }

    #[tokio::test]
    async fn a_dead_part_is_started_again_and_torn_files_are_removed() {
        let bench = bench();
        std::fs::write(bench.folder.run("torn"), "x").unwrap();
        let script = format!(
            "test -e {} && exit 9; while :; do sleep 0.05; done",
            bench.folder.run("torn").display()
        );
        let mut part = start(bench.sh(&script), Arc::clone(&bench.board));
        let first = bench.running().await;
        std::fs::write(bench.folder.run("torn"), "x").unwrap();
        process::send(first, Signal::SIGKILL);
        let mut second = first;
        for _ in 0..300 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            second = bench.part().pid.unwrap_or(first);
            if second != first {
                break;
            }
        }
        assert_ne!(second, first);
        assert_eq!(bench.part().restarts, 1);
        assert!(bench.part().last_exit.unwrap().contains("signal 9"));
        part.tell_stop();
        part.stopped().await;
        assert!(!process::is_alive(second));
    }

    #[tokio::test]
    async fn a_part_that_ends_while_it_starts_shows_its_last_words() {
        let bench = bench();
        let spec = bench.sh("echo port 1 is in use >&2; exit 3");
        let mut part = start(spec, Arc::clone(&bench.board));
        let never = async || Err("nothing".to_owned());
        let error = part.ready(Duration::from_secs(5), never).await.unwrap_err().to_string();
        for word in ["part ended", "exit code 3", "port 1 is in use", "logs/part.log"] {
            assert!(error.contains(word), "{word} is not in {error}");
        }
        part.tell_stop();
        part.stopped().await;
    }

    #[tokio::test]
    async fn a_part_may_finish() {
        let bench = bench();
        let spec = Spec { may_finish: true, ..bench.sh("exit 0") };
        let mut part = start(spec, Arc::clone(&bench.board));
        part.stopped().await;
        assert_eq!(bench.part().life, Life::Finished);
        part.died().unwrap();
    }

    #[tokio::test]
    async fn the_stdin_of_a_part_stays_open_until_it_is_to_stop() {
        let bench = bench();
        // What `--exit-with-parent` does; this one heeds nothing else.
        let spec = bench.sh("trap '' TERM; read x; exit 0");
        let spec = Spec { stop_within: Duration::from_secs(60), ..spec };
        let mut part = start(spec, Arc::clone(&bench.board));
        let pid = bench.running().await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(bench.running().await, pid, "it waits");
        part.tell_stop();
        part.stopped().await;
        assert!(!process::is_alive(pid));
    }
}
