//! The process between `naap` and QuestDB: Java does not notice when `naap` dies, so this one does
//! and stops it. Runs one command; knows nothing of what it runs.

use std::ffi::OsString;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use nix::sys::signal::Signal;
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::error::{Error, Result};
use crate::folder::write_private;
use crate::{limits, process};

/// Runs a command, writes its process id into `pid_file`, and stops it once `stop` says so.
///
/// # Errors
/// If it cannot be started or waited for, or its id cannot be written.
pub async fn guard(
    pid_file: &Path,
    program: &Path,
    args: &[OsString],
    mut stop: watch::Receiver<u32>,
) -> Result<ExitStatus> {
    let failed = |source| Error::Spawn { name: "questdb", program: program.to_owned(), source };
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().map_err(failed)?;
    if let Some(pid) = child.id() {
        write_private(pid_file, pid.to_string().as_bytes())?;
    }
    let ended = tokio::select! {
        status = child.wait() => Some(status.map_err(failed)?),
        _ = stop.wait_for(|times| *times > 0) => None,
    };
    match ended {
        Some(status) => Ok(status),
        None => end(&mut child).await.map_err(failed),
    }
}

async fn end(child: &mut Child) -> std::io::Result<ExitStatus> {
    if let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok()) {
        process::send(pid, Signal::SIGTERM);
    }
    match tokio::time::timeout(limits::GUARD_STOP_WITHIN, child.wait()).await {
        Ok(status) => status,
        Err(_) => {
            child.kill().await?;
            child.wait().await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    async fn run(script: &str, stop_after: Option<Duration>) -> (ExitStatus, i32) {
        let dir = tempfile::tempdir().unwrap();
        let pid_file = dir.path().join("pid");
        let (tell, stop) = watch::channel(0);
        let args = ["-c".into(), script.into()];
        let guarded = guard(&pid_file, Path::new("/bin/sh"), &args, stop);
        let stopper = async {
            if let Some(after) = stop_after {
                tokio::time::sleep(after).await;
                tell.send_replace(1);
            }
        };
        let (status, ()) = tokio::join!(guarded, stopper);
        let pid = std::fs::read_to_string(pid_file).unwrap().parse().unwrap();
        (status.unwrap(), pid)
    }

    #[tokio::test]
    async fn it_ends_as_its_command_ends() {
        let (status, _) = run("exit 7", None).await;
        assert_eq!(status.code(), Some(7));
    }

    #[tokio::test]
    async fn a_stop_reaches_its_command() {
        let script = "trap 'exit 5' TERM; while :; do sleep 0.05; done";
        let (status, pid) = run(script, Some(Duration::from_millis(300))).await;
        assert_eq!(status.code(), Some(5));
        assert!(!process::is_alive(pid));
    }
}
