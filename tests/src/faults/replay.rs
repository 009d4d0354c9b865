//! The same rows again: a spool that was copied and is sent by two agents, and frames that come
//! twice, in any order, hours later.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use naap_agent::spool::segment::{Frames, parse_name};
use naap_schema::proto::Frame;
use rand::seq::SliceRandom as _;

use super::{Report, Scene};
use crate::{Oracle, Pusher};

/// Copies a spool, sends it by two agents of the same node at once, and then its frames again,
/// shuffled and twice.
///
/// # Errors
/// What the judge found wrong, or what did not work.
pub async fn repeated_and_reordered(folder: &Path, seed: u64) -> Result<Report> {
    let (mut scene, proxy) = Scene::behind_proxy(folder, &folder.join("spool"), seed).await?;
    proxy.set(|w| w.closed = true);
    for _ in 0..3 {
        scene.oracle.start()?;
        scene.rest(1500, 2500).await;
        scene.oracle.kill().await?;
    }
    let clone = folder.join("clone");
    std::fs::create_dir_all(&clone)?;
    let mut frames = Vec::new();
    for entry in std::fs::read_dir(&scene.oracle.spool)? {
        let entry = entry?;
        let name = entry.file_name().into_string().unwrap_or_default();
        if let Some((_, epoch, _)) = parse_name(&name) {
            std::fs::copy(entry.path(), clone.join(&name))?;
            frames.extend(Frames::new(epoch, &std::fs::read(entry.path())?));
        }
    }
    ensure!(frames.len() > 3, "only {} frames wait", frames.len());
    proxy.clear();
    let token = scene.rig.token_file("oracle").await?;
    let mut twin = Oracle::new("oracle", &scene.rig.grpc, &token, &folder.join("twin"), &clone)?;
    twin.start_until(0)?;
    scene.oracle.start()?;
    scene.fresh().await?;
    twin.stop().await?;
    scene.report.count("spool sent by two agents");
    let again = frames.clone();
    frames.extend(again);
    frames.shuffle(&mut scene.rng);
    let token = std::fs::read_to_string(&token)?;
    send(&scene.rig.grpc, token.trim(), frames).await.context("sending frames again")?;
    scene.report.count("set of frames sent twice more, shuffled");
    let report = scene.judged().await?;
    ensure!(report.verdict.declared == 0, "{report}: nothing was lost");
    Ok(report)
}

async fn send(address: &str, token: &str, frames: Vec<Frame>) -> Result<()> {
    for frame in frames {
        // Each in a stream of its own: order is worth nothing.
        let last = frame.first_seq + u64::from(frame.rows) - 1;
        let mut pusher = Pusher::new(address, token, frame.epoch);
        pusher.connect().await?;
        pusher.send_frame(frame).await?;
        pusher.acked_through(last).await?;
    }
    Ok(())
}
