//! The load of a whole network: what it costs the machine of the database, second after second.
//!
//! Gateways report themselves every 10 s, their events as they come, and all orchestrators every
//! 25 min; orchestrators and plain hosts report themselves every 10 s, orchestrators with their
//! GPUs, gateways with what they counted of others. Each node is a real agent but for its sources.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use naap_tests::eventually;
use naap_tests::rows::now_us;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::agent::Agent;
use crate::bed::Bed;
use crate::mix::Mix;
use naap_tests::figures::{Table, float};

/// How often a node reports itself.
const REPORT: Duration = Duration::from_secs(10);
/// How often a gateway reports all orchestrators.
const CAPABILITIES: Duration = Duration::from_secs(25 * 60);
/// GPUs of an orchestrator. (41 of 40 orchestrators in a real dump, which only a quarter of them
/// told of.)
const GPUS: usize = 4;
/// How often something odd happens somewhere.
const MISHAPS: Duration = Duration::from_secs(30);
/// Of one core.
const MOST_PERCENT: f64 = 50.0;

/// The network.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Load {
    /// Nodes in all.
    #[arg(long, default_value_t = 100)]
    nodes: usize,
    /// Of these, gateways. About half of the others are orchestrators.
    #[arg(long, default_value_t = 20)]
    gateways: usize,
    /// Events of one gateway per second.
    #[arg(long, default_value_t = 3.0)]
    events: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Role {
    Gateway,
    Orchestrator,
    Host,
}

impl Role {
    const fn word(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Orchestrator => "orchestrator",
            Self::Host => "host",
        }
    }
}

/// Runs the load.
pub(crate) async fn run(load: Load, quick: bool) -> Result<Table> {
    // Whole minutes, since that is how often the rollups are refreshed.
    let (warm_up, time) = if quick { (20, 30) } else { (90, 120) };
    ensure!(load.gateways <= load.nodes && load.events > 0.0, "more gateways than nodes");
    let bed = Bed::start(load.nodes).await?;
    let tokens = tempfile::tempdir()?;
    let mut agents = Vec::new();
    let mut reporting = JoinSet::new();
    for i in 0..load.nodes {
        let agent = Arc::new(Agent::start(i, &bed.listen.to_string(), tokens.path())?);
        agents.push(Arc::clone(&agent));
        reporting.spawn(report(agent, i, load));
    }
    let taken = || agents.iter().map(|a| a.rows().0).sum::<u64>();
    tokio::time::sleep(Duration::from_secs(warm_up)).await;
    let (cpu, commits, rows, started) =
        (bed.cpu_s()?, bed.commits().await?.1, taken(), Instant::now());
    tokio::select! {
        () = tokio::time::sleep(Duration::from_secs(time)) => {}
        Some(ended) = reporting.join_next() => ended??,
    }
    let took = started.elapsed().as_secs_f64();
    let cpu_after = bed.cpu_s()?;
    let (tables, commits_after) = bed.commits().await?;
    let (commits, rows) = (commits_after - commits, taken() - rows);
    reporting.shutdown().await;
    eventually("the last acks", Duration::from_secs(20), || async {
        let pending: u64 = agents.iter().map(|a| a.pending()).sum();
        ensure!(pending == 0, "{pending} rows wait");
        Ok(())
    })
    .await?;
    let lost: u64 = agents.iter().map(|a| a.rows().1).sum();
    ensure!(lost == 0, "{lost} rows were refused: {}", bed.said());
    drop(agents);
    bed.stop().await?;
    let percent = |s: f64| 100.0 * s / took;
    let mut table = Table::new(format!(
        "A network of {} nodes, {} of them gateways with {} events/s each, for {took:.0} s",
        load.nodes, load.gateways, load.events
    ));
    let (server, collector) = (cpu_after.0 - cpu.0, cpu_after.1 - cpu.1);
    table.at_most("QuestDB, of one core", percent(server), MOST_PERCENT, "%");
    table.value("collector, of one core", format!("{:.1} %", percent(collector)));
    table.value("rows/s", format!("{:.1}", float(rows) / took));
    table.value("tables written", tables.to_string());
    table.value("commits/s", format!("{:.1}", float(commits) / took));
    table.value("QuestDB's CPU per commit", format!("{:.1} ms", 1000.0 * server / float(commits)));
    Ok(table)
}

/// Reports for one node, for ever. Nodes start evenly spread over each interval.
async fn report(agent: Arc<Agent>, i: usize, load: Load) -> Result<()> {
    let role = match i {
        _ if i < load.gateways => Role::Gateway,
        _ if i.is_multiple_of(2) => Role::Orchestrator,
        _ => Role::Host,
    };
    let share = float(i as u64) / float(load.nodes as u64);
    let every = |period: Duration| {
        let mut ticks = interval_at(Instant::now() + period.mul_f64(share), period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks
    };
    let (mut report, mut events) =
        (every(REPORT), every(Duration::from_secs_f64(1.0 / load.events)));
    // Of all gateways together one reports all orchestrators every so often.
    let share = float(i as u64) / float(load.gateways as u64);
    let mut capabilities = interval_at(Instant::now() + CAPABILITIES.mul_f64(share), CAPABILITIES);
    let mut mishaps = every(MISHAPS);
    let mut mix = Mix::new(i);
    let gateway = role == Role::Gateway;
    loop {
        tokio::select! {
            _ = report.tick() => agent.give(itself(&mut mix, role)).await?,
            _ = events.tick(), if gateway => agent.give(mix.event(now_us())).await?,
            _ = capabilities.tick(), if gateway => {
                agent.give(mix.capabilities(now_us())).await?;
            }
            _ = mishaps.tick(), if i == 0 => agent.give(mix.mishaps(now_us())).await?,
        }
    }
}

fn itself(mix: &mut Mix, role: Role) -> Vec<naap_schema::Row> {
    let now = now_us();
    let mut rows = vec![
        mix.host(now),
        mix.interface("lo", now),
        mix.interface("eth0", now),
        mix.agent(role.word(), now),
        mix.agent_source("host", now),
    ];
    if role != Role::Host {
        rows.push(mix.livepeer_node(role.word(), now));
        rows.push(mix.agent_source("livepeer", now));
    }
    if role == Role::Orchestrator {
        rows.extend(mix.gpus(GPUS, now));
        rows.push(mix.agent_source("gpu", now));
    }
    if role == Role::Gateway {
        rows.extend(mix.series(now));
        rows.push(mix.agent_source("events", now));
    }
    rows
}
