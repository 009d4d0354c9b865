//! Processes: is one there, whose is it, end it. Reads `/proc` and sends signals; signals only
//! processes that this stack started.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tracing::info;

use crate::error::{Error, Result};
use crate::folder::Folder;
use crate::limits;

/// Whether a process is there and not just waiting to be reaped.
pub fn is_alive(pid: i32) -> bool {
    let path = format!("/proc/{pid}/stat");
    match fs::read_to_string(path) {
        // The name in brackets may itself hold brackets and spaces.
        Ok(stat) => !stat.rsplit(')').next().unwrap_or("").trim_start().starts_with('Z'),
        Err(_) if Path::new("/proc/self/stat").exists() => false,
        Err(_) => kill(Pid::from_raw(pid), None).is_ok(),
    }
}

/// Sends a signal; that the process is gone already is fine.
pub(crate) fn send(pid: i32, signal: Signal) {
    if let Err(e) = kill(Pid::from_raw(pid), signal)
        && e != Errno::ESRCH
    {
        tracing::warn!(pid, error = %e, "{signal} cannot be sent");
    }
}

/// Ends everything in the process group of a part.
pub(crate) fn kill_group(leader: i32) {
    if let Err(e) = killpg(Pid::from_raw(leader), Signal::SIGKILL)
        && e != Errno::ESRCH
    {
        tracing::warn!(pid = leader, error = %e, "the group cannot be killed");
    }
}

/// An exit status in words.
pub(crate) fn how(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        // What a shell, and the guard, say of a process that a signal ended.
        (Some(code @ 129..=192), _) => format!("killed by signal {}", code - 128),
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("killed by signal {signal}"),
        (None, None) => "ended".into(),
    }
}

/// A process that was left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leftover {
    pub(crate) pid: i32,
    pub(crate) program: String,
}

/// Ends what a killed `naap` left behind on this folder. The caller holds the folder's lock, so
/// whatever still runs on it belongs to nobody.
pub(crate) async fn end_leftovers(folder: &Folder) -> Result<()> {
    let found = leftovers(folder.root());
    if found.is_empty() {
        return Ok(());
    }
    let names: Vec<String> =
        found.iter().map(|l| format!("{} (pid {})", l.program, l.pid)).collect();
    info!("an earlier `naap` was killed; ending what it left behind: {}", names.join(", "));
    for leftover in &found {
        send(leftover.pid, Signal::SIGTERM);
    }
    wait_until_gone(&found, limits::LEFTOVER_STOP_WITHIN).await;
    for leftover in found.iter().filter(|l| is_alive(l.pid)) {
        send(leftover.pid, Signal::SIGKILL);
    }
    wait_until_gone(&found, limits::COMMAND_WITHIN).await;
    match found.into_iter().find(|l| is_alive(l.pid)) {
        None => Ok(()),
        Some(l) => {
            let limit = limits::LEFTOVER_STOP_WITHIN + limits::COMMAND_WITHIN;
            Err(Error::StillRuns { what: l.program, pid: l.pid, limit })
        }
    }
}

async fn wait_until_gone(found: &[Leftover], limit: std::time::Duration) {
    let end = tokio::time::Instant::now() + limit;
    while found.iter().any(|l| is_alive(l.pid)) && tokio::time::Instant::now() < end {
        tokio::time::sleep(limits::ASK_EVERY).await;
    }
}

/// Processes that a stack on this folder started and that still run.
pub(crate) fn leftovers(root: &Path) -> Vec<Leftover> {
    let me = std::process::id();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .take(limits::MAX_PROCESSES)
        .filter_map(|process| {
            let pid: i32 = process.file_name().to_str()?.parse().ok()?;
            if u32::try_from(pid) == Ok(me) || !is_alive(pid) {
                return None;
            }
            let line = fs::read(process.path().join("cmdline")).ok()?;
            let words = line.split(|b| *b == 0).map(|w| String::from_utf8_lossy(w).into_owned());
            let program = part_of(&words.collect::<Vec<_>>(), root)?;
            Some(Leftover { pid, program })
        })
        .collect()
}

/// The program's name, if this command line is that of a part of a stack on `root`. An editor with
/// a file of the folder open, or `naap-collector token add`, is none.
fn part_of(words: &[String], root: &Path) -> Option<String> {
    let program = PathBuf::from(words.first()?);
    let program = program.file_name()?.to_str()?;
    let has = |word: &str| words.iter().any(|w| w == word);
    let below = |folder: &str| {
        let folder = root.join(folder);
        words.iter().any(|w| Path::new(w).starts_with(&folder))
    };
    let ours = match program {
        "java" => has("io.questdb/io.questdb.ServerMain") && below("questdb"),
        "naap" if has("simulate") => has("--exit-with-parent") && below("demo"),
        "naap" => has("guard") && below("questdb"),
        "naap-collector" | "naap-graphql" | "naap-agent" => {
            has("--exit-with-parent") && below("config")
        }
        _ => false,
    };
    ours.then(|| program.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(line: &str) -> Option<String> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        part_of(&words, Path::new("/data/naap"))
    }

    #[test]
    fn only_parts_of_this_folder_are_leftovers() {
        let java = "/usr/bin/java -Xmx512m -p /data/naap/questdb/questdb.jar -m io.questdb/io.questdb.ServerMain -d /data/naap/questdb/root";
        assert_eq!(part(java).as_deref(), Some("java"));
        assert_eq!(part(&java.replace("/data/naap/", "/data/naap2/")), None, "another folder");
        assert_eq!(part(&java.replace("ServerMain", "Other")), None);
        let collector = "target/naap-collector run --config /data/naap/config/collector.toml --exit-with-parent";
        assert_eq!(part(collector).as_deref(), Some("naap-collector"));
        assert_eq!(
            part("naap-collector token add x --config /data/naap/config/collector.toml"),
            None
        );
        assert_eq!(part("vim /data/naap/config/collector.toml --exit-with-parent"), None);
        assert_eq!(part("naap up --data /data/naap"), None);
        assert_eq!(
            part("naap guard --pid-file /data/naap/run/questdb.pid -- java -d /data/naap/questdb/root").as_deref(),
            Some("naap")
        );
        let demo = "naap simulate --live --exit-with-parent --out /data/naap/demo";
        assert_eq!(part(demo).as_deref(), Some("naap"));
        assert_eq!(part("naap simulate --live --out /data/naap/demo"), None, "somebody's own");
        assert_eq!(part(""), None);
    }

    #[test]
    fn this_process_is_alive_and_no_leftover() {
        let me = i32::try_from(std::process::id()).unwrap();
        assert!(is_alive(me));
        assert!(!is_alive(i32::MAX));
        assert_eq!(leftovers(Path::new("/no/such/folder")), []);
    }

    #[test]
    fn an_end_is_told_in_words() {
        use std::os::unix::process::ExitStatusExt;
        assert_eq!(how(ExitStatus::from_raw(3 << 8)), "exit code 3");
        assert_eq!(how(ExitStatus::from_raw(137 << 8)), "killed by signal 9");
        assert_eq!(how(ExitStatus::from_raw(15)), "killed by signal 15");
    }

    #[tokio::test]
    async fn a_leftover_is_found_and_ended() {
        use std::os::unix::process::CommandExt;
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(dir.path()).unwrap();
        let config = folder.config("agent-local");
        // A shell that has the command line of an agent and waits for ever.
        let mut agent = std::process::Command::new("/bin/sh")
            .arg0("/somewhere/naap-agent")
            .args(["-c", "while :; do sleep 0.05; done", "--exit-with-parent"])
            .arg(config)
            .spawn()
            .unwrap();
        let pid = i32::try_from(agent.id()).unwrap();
        let found = leftovers(folder.root());
        assert_eq!(found, [Leftover { pid, program: "naap-agent".into() }]);
        end_leftovers(&folder).await.unwrap();
        assert!(!is_alive(pid));
        agent.wait().unwrap();
    }
}
