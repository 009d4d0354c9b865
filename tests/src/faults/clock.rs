//! Clocks that are set, under a running agent.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};

use super::{Report, Scene};
use crate::eventually;
use crate::volume::skip;

/// Steps, as faketime takes them: an hour ahead, an hour back, two days, the year 1970.
const STEPS: [&str; 6] = ["+3600", "+0", "-3600", "+172800", "-172800", "+0"];

/// The agent's clock is set while it runs, again and again. What its clock made unbelievable is
/// refused and declared, everything else is stored; the clock is told from a bad token. `None`
/// where libfaketime is not installed.
///
/// # Errors
/// What the judge found wrong, or what did not work.
pub async fn clock_jumps(folder: &Path, rounds: u64, seed: u64) -> Result<Option<Report>> {
    let Some(library) = library() else {
        return Ok(skip("libfaketime is not installed (package faketime)"));
    };
    let mut scene = Scene::new(folder, seed).await?;
    let file = folder.join("time");
    std::fs::write(&file, "+0")?;
    let env = [
        format!("LD_PRELOAD={}", library.display()),
        format!("FAKETIME_TIMESTAMP_FILE={}", file.display()),
        "FAKETIME_NO_CACHE=1".into(),
        "FAKETIME_DONT_FAKE_MONOTONIC=1".into(),
    ];
    scene.oracle.under = ["env".to_owned()].into_iter().chain(env).collect();
    scene.oracle.start()?;
    scene.fresh().await?;
    for _ in 0..rounds {
        for step in STEPS {
            std::fs::write(&file, step)?;
            // The agent reports on itself every 10 s: each step is met by a row of its own.
            tokio::time::sleep(Duration::from_secs(11)).await;
            scene.report.count("clock set");
        }
    }
    scene.fresh().await?;
    // Off by days at the start, and before it ever connects.
    scene.oracle.kill().await?;
    std::fs::write(&file, "@1970-01-03 00:00:00")?;
    scene.oracle.start()?;
    scene.fresh().await?;
    scene.report.count("start in 1970");
    let database = scene.rig.database.clone();
    eventually("the steps to be declared", Duration::from_secs(30), || async {
        let steps = database.number("select count() from clock_step where node = 'oracle'").await?;
        ensure!(steps >= 3, "{steps} steps");
        let old = "select count() from rejected where node = 'oracle' and reason = 'too_old'";
        let new = "select count() from rejected where node = 'oracle' and reason = 'too_new'";
        let (old, new) = (database.number(old).await?, database.number(new).await?);
        ensure!(old > 0 && new > 0, "{old} too old, {new} too new");
        Ok(())
    })
    .await?;
    let log = scene.oracle.log();
    ensure!(log.contains("clock"), "the agent does not speak of its clock");
    ensure!(!log.contains("check the token"), "a bad clock looks like a bad token");
    scene.oracle.kill().await?;
    scene.oracle.under.clear();
    scene.judged().await.map(Some)
}

fn library() -> Option<PathBuf> {
    let folders = ["x86_64-linux-gnu", "aarch64-linux-gnu", "."];
    let at = |f: &str| PathBuf::from("/usr/lib").join(f).join("faketime/libfaketime.so.1");
    folders.into_iter().map(at).find(|p| p.is_file())
}
