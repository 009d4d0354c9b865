//! Power cuts, under the agent and under QuestDB.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::{HEALED, Report, Scene};
use crate::{Volume, eventually};

/// Room for QuestDB: each open column takes a page of 256 KiB.
const DATABASE_BYTES: u64 = 4 << 30;

/// The power of the agent's machine goes, `cuts` times, with the collector near and far by turns.
/// `None` where that cannot be done.
///
/// # Errors
/// What the judge found wrong, or what did not work.
pub async fn agent_power_cuts(folder: &Path, cuts: u64, seed: u64) -> Result<Option<Report>> {
    let Some(volume) = Volume::create(&folder.join("disk"), 0)? else { return Ok(None) };
    let spool = volume.path.join("spool");
    let (mut scene, proxy) = Scene::behind_proxy(folder, &spool, seed).await?;
    for cut in 0..cuts {
        // Far: what was recorded is on that disk and nowhere else.
        proxy.set(|w| w.closed = !cut.is_multiple_of(3));
        proxy.cut();
        scene.oracle.start()?;
        scene.oracle.records(Duration::from_secs(20)).await?;
        scene.rest(0, 1800).await;
        volume.cut()?;
        scene.oracle.kill().await?;
        volume.restore()?;
        scene.report.count("power cut under the agent");
    }
    proxy.clear();
    scene.oracle.start()?;
    scene.fresh().await?;
    scene.judged().await.map(Some)
}

/// The power of QuestDB's machine goes, `cuts` times. Afterwards no view is suspended, and the
/// rollups equal their rows. `None` where that cannot be done.
///
/// # Errors
/// What the judge found wrong, or what did not work.
pub async fn database_power_cuts(folder: &Path, cuts: u64, seed: u64) -> Result<Option<Report>> {
    let data = folder.join("stack");
    let Some(volume) = Volume::create(&data.join("questdb"), DATABASE_BYTES)? else {
        return Ok(None);
    };
    let mut scene = Scene::new(folder, seed).await?;
    scene.oracle.start()?;
    scene.fresh().await?;
    for _ in 0..cuts {
        scene.rest(500, 3500).await;
        volume.cut()?;
        scene.rig.kill("questdb").await?;
        volume.restore()?;
        scene.report.count("power cut under QuestDB");
        scene.rig.launch("questdb").await?;
        scene.fresh().await?;
    }
    let database = scene.rig.database.clone();
    eventually("every table and view to work", 2 * HEALED, || async {
        let suspended = database.number("select count() from wal_tables() where suspended").await?;
        ensure!(suspended == 0, "{suspended} are suspended");
        Ok(())
    })
    .await?;
    for table in ["host", "stream_trace"] {
        let torn = format!("select count() from {table} where ts < '2020-01-01'");
        ensure!(database.number(&torn).await? == 0, "{table} has rows without their time");
    }
    scene.oracle.stop().await?;
    // The newest minute is refreshed within the next.
    eventually("the rollups to equal their rows", 3 * HEALED, || async {
        let sums = |columns: &str, table: &str| {
            format!("select {columns} from {table} where node = 'oracle'")
        };
        let raw = sums("count(), sum(mem_used_bytes)", "host");
        let raw = database.sql(&raw).await?;
        for level in ["host_1m", "host_1h", "host_1d"] {
            let rolled = database.sql(&sums("sum(n), sum(mem_used_bytes_sum)", level)).await?;
            ensure!(rolled == raw, "{level} has {rolled:?}, the rows {raw:?}");
        }
        Ok(())
    })
    .await
    .context("a view was not healed")?;
    scene.judged().await.map(Some)
}
