//! Networks: a proxy that misbehaves, and a packet filter that drops.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rand::RngExt as _;

use super::{HEALED, Report, Scene};
use crate::volume::{has, skip};

/// Late, cut, deaf, mute and closed, mixed by a seed, `turns` times.
///
/// # Errors
/// What the judge found wrong, or what did not work.
pub async fn bad_network(folder: &Path, turns: u64, seed: u64) -> Result<Report> {
    let (mut scene, proxy) = Scene::behind_proxy(folder, &folder.join("spool"), seed).await?;
    scene.oracle.start()?;
    scene.fresh().await?;
    for _ in 0..turns {
        let what = match scene.rng.random_range(0..5) {
            0 => {
                let delay = Duration::from_millis(scene.rng.random_range(50..800));
                proxy.set(|w| w.delay = delay);
                "late network"
            }
            1 => {
                proxy.cut();
                "cut connection"
            }
            2 => {
                proxy.set(|w| w.deaf = true);
                "network deaf towards the collector"
            }
            3 => {
                proxy.set(|w| w.mute = true);
                "network mute towards the agent"
            }
            _ => {
                proxy.set(|w| w.closed = true);
                proxy.cut();
                "collector that cannot be reached"
            }
        };
        scene.rest(500, 3000).await;
        // At times the connection does not survive, at others what was held comes late.
        if scene.rng.random() {
            proxy.cut();
        }
        proxy.clear();
        scene.report.count(what);
        scene.fresh().await?;
    }
    scene.judged().await
}

/// Drops every packet between agent and collector: one way, the other way, both, for as long as
/// each says, in seconds. Runs in a network of its own, which [`in_own_network`] gives.
///
/// # Errors
/// What the judge found wrong, or what did not work.
pub async fn partitions(folder: &Path, seconds: [u64; 3], seed: u64) -> Result<Option<Report>> {
    if !in_own_network() {
        return Ok(skip("partitions run in a network namespace of their own, and this is none"));
    }
    if !has("nft") {
        return Ok(skip("nft is not installed (package nftables)"));
    }
    let mut scene = Scene::new(folder, seed).await?;
    scene.oracle.start()?;
    scene.fresh().await?;
    let port = scene.rig.grpc.rsplit_once(':').context("HOST:PORT")?.1.to_owned();
    let ways = ["tcp dport", "tcp sport", "tcp dport PORT drop; tcp sport"];
    let names = ["partition towards the collector", "partition towards the agent", "partition"];
    for ((way, name), seconds) in ways.into_iter().zip(names).zip(seconds) {
        if seconds == 0 {
            continue;
        }
        let rules = format!("{way} PORT drop").replace("PORT", &port);
        nft(&format!(
            "add table inet cut; add chain inet cut in {{ type filter hook input priority 0; }}; {}",
            rules.split("; ").map(|r| format!("add rule inet cut in {r};")).collect::<String>()
        ))?;
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        nft("delete table inet cut")?;
        scene.report.count(name);
        scene.fresh().await.with_context(|| format!("after a {name} of {seconds} s"))?;
    }
    ensure!(scene.report.slowest < HEALED, "{:?}", scene.report.slowest);
    scene.judged().await.map(Some)
}

/// Whether this process has a network that nobody else has: only its own loopback.
pub fn in_own_network() -> bool {
    std::env::var_os("NAAP_OWN_NETWORK").is_some()
}

fn nft(rules: &str) -> Result<()> {
    let out = Command::new("nft").arg(rules).output()?;
    ensure!(out.status.success(), "nft {rules}: {}", String::from_utf8_lossy(&out.stderr));
    Ok(())
}
