//! Full disks, under the agent and under QuestDB.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::process::Command;
use tokio::time::Instant;

use super::{HEALED, Report, Scene};
use crate::stack::binaries;
use crate::{Volume, eventually};

/// The agent's disk fills up while the collector is far, and is freed again: the oldest rows go and
/// are declared, and it lives on. `None` where that cannot be done.
///
/// # Errors
/// What the judge found wrong, or what did not work.
pub async fn agent_disk_full(folder: &Path, seed: u64) -> Result<Option<Report>> {
    let Some(volume) = Volume::create(&folder.join("disk"), 0)? else { return Ok(None) };
    let spool = volume.path.join("spool");
    let (mut scene, proxy) = Scene::behind_proxy(folder, &spool, seed).await?;
    // More than fits, soon.
    (scene.oracle.batch, scene.oracle.every_ms) = (500, 20);
    proxy.set(|w| w.closed = true);
    volume.fill(3 << 20)?;
    scene.oracle.start()?;
    let log = |scene: &Scene| scene.oracle.log();
    eventually("the spool to be full", 2 * HEALED, || async {
        ensure!(log(&scene).contains("the spool is full"), "it is not yet");
        Ok(())
    })
    .await?;
    scene.rest(2000, 3000).await;
    volume.free()?;
    scene.report.count("full disk under the agent");
    scene.oracle.stop().await?;
    (scene.oracle.batch, scene.oracle.every_ms) = (10, 50);
    proxy.clear();
    scene.oracle.start()?;
    scene.fresh().await?;
    let report = scene.judged().await?;
    ensure!(report.verdict.declared > 0, "nothing was declared as lost");
    Ok(Some(report))
}

/// QuestDB's disk fills up until a table is suspended, which it tells nobody: the acks stop. With
/// room again and the table resumed, nothing is missing. `None` where that cannot be done.
///
/// # Errors
/// What the judge found wrong, or what did not work.
pub async fn database_disk_full(folder: &Path, seed: u64) -> Result<Option<Report>> {
    let data = folder.join("stack");
    let Some(volume) = Volume::create(&data.join("questdb"), 1 << 30)? else { return Ok(None) };
    let mut scene = Scene::new(folder, seed).await?;
    scene.oracle.start()?;
    scene.fresh().await?;
    volume.fill(1 << 20)?;
    (scene.oracle.batch, scene.oracle.every_ms) = (200, 20);
    scene.oracle.stop().await?;
    scene.oracle.start()?;
    let database = scene.rig.database.clone();
    // Either the write itself is refused, or the table is suspended: no ack in both.
    let through = "select sum(through_seq) from ledger where node = 'oracle'";
    let end = Instant::now() + 3 * HEALED;
    let (mut last, mut since) = (0, Instant::now());
    // A database that is only slow may be silent for as long.
    let log = scene.rig.data.join("rig-collector.log");
    let says_why = || {
        let said = std::fs::read_to_string(&log)?;
        Ok::<_, anyhow::Error>(said.contains("suspended") || said.contains("takes no rows"))
    };
    while since.elapsed() < Duration::from_secs(6) || !says_why()? {
        ensure!(
            Instant::now() < end,
            "with a full disk the acks go on ({last}), or the collector does not say why they do not"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
        let now = database.number(through).await.unwrap_or(last);
        if now != last {
            (last, since) = (now, Instant::now());
        }
    }
    scene.report.count("full disk under QuestDB");
    volume.free()?;
    // What an operator does, who was told to. Nothing may be left for a second call.
    let doctor = Command::new(binaries()?.join("naap-collector"))
        .args(["doctor", "--fix", "--config"])
        .arg(scene.rig.data.join("config/collector.toml"))
        .output()
        .await?;
    let said = String::from_utf8_lossy(&doctor.stdout);
    ensure!(doctor.status.success(), "the doctor said {said}");
    (scene.oracle.batch, scene.oracle.every_ms) = (10, 50);
    scene.oracle.stop().await?;
    scene.oracle.start()?;
    scene.fresh().await?;
    scene.judged().await.map(Some)
}
