//! Two hours of a simulated network, whose truth is known, through real agents, the real collector
//! and a real QuestDB.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use naap_loadtest::{Network, Plan, Truth};
use naap_schema::EntityDef;
use naap_schema::generated::{JOB, STREAM_LEG, STREAM_MINUTE, STREAM_SESSION, SUPPLY_REPORT};
use naap_tests::rows::now_us;
use naap_tests::stack::{binaries, rebuild};
use naap_tests::truth::{self, Cells, Nodes, told};
use naap_tests::{Rig, eventually};
use tokio::process::{Child, Command};

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
/// Until everything that was sent is derived, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// What the derived tables must hold.
struct Expected {
    /// By table.
    rows: Vec<(&'static EntityDef, Vec<Cells>)>,
    /// Fees by request; those of no request are in none.
    fees: BTreeMap<String, String>,
    sessions: usize,
}

/// Some 150 sessions an hour of 5 gateways with 24 orchestrators, that end about now.
fn plan(seed: u64) -> Plan {
    let mut plan = Plan::new(seed, now_us() - 2 * HOUR - MINUTE, 2 * HOUR);
    plan.orchestrators = 24;
    for rate in plan.demand.iter_mut().flatten() {
        *rate *= 5.0;
    }
    plan.demand.iter_mut().for_each(|day| *day = [day[12]; 24]);
    plan
}

fn nodes() -> Nodes {
    let regions = ["eu-central", "eu-west", "us-east", "us-west", "ap-east"];
    Nodes {
        names: (0..5).map(|n| format!("gateway-{n}")).collect(),
        regions: regions.map(str::to_owned).to_vec(),
        origin: "simulated",
    }
}

/// Writes what each gateway sends into a file of its own, and gives what must come of it.
fn write(plan: Plan, nodes: &Nodes, folder: &Path) -> Result<Expected> {
    let mut files: Vec<Vec<u8>> = vec![Vec::new(); nodes.names.len()];
    let (mut sessions, mut jobs) = (Vec::new(), Vec::new());
    let mut reports: BTreeMap<String, Cells> = BTreeMap::new();
    let mut network = Network::new(plan)?;
    while let Some(sent) = network.next() {
        let file = files.get_mut(sent.gateway).context("a gateway")?;
        file.extend(sent.line);
        file.push(b'\n');
        for truth in network.take_truth() {
            match truth {
                Truth::Session(s) => sessions.push(*s),
                Truth::Job(j) => jobs.push(truth::job(&j, nodes)),
                Truth::Report(r) => {
                    for cells in truth::reported(&r, nodes) {
                        let of = |column| format!("{:?}", cells.get(column));
                        let key = format!("{} {} {}", of("ts"), of("orchestrator"), of("orch_uri"));
                        // What two gateways heard at the same moment counts once, of the lower node.
                        let lower =
                            |old: &Cells| format!("{:?}", old.get("gateway")) <= of("gateway");
                        if !reports.get(&key).is_some_and(lower) {
                            reports.insert(key, cells);
                        }
                    }
                }
            }
        }
    }
    for (name, lines) in nodes.names.iter().zip(&files) {
        std::fs::write(folder.join(format!("{name}.jsonl")), lines)?;
    }
    let fees = sessions.iter().filter_map(|s| Some((s.request_id.clone(), s.fee_wei.clone()?)));
    let legs = sessions.iter().flat_map(|s| truth::legs(s, nodes)).collect();
    let minutes = sessions.iter().flat_map(|s| truth::minutes(s, nodes)).collect();
    Ok(Expected {
        fees: fees.collect(),
        sessions: sessions.len(),
        rows: vec![
            (&STREAM_SESSION, sessions.iter().map(|s| truth::session(s, nodes)).collect()),
            (&STREAM_LEG, legs),
            (&STREAM_MINUTE, minutes),
            (&JOB, jobs),
            (&SUPPLY_REPORT, reports.into_values().collect()),
        ],
    })
}

/// The agent of a gateway, reading what the gateway sends from a file.
async fn agent(rig: &Rig, folder: &Path, node: &str, region: &str) -> Result<Child> {
    let token = rig.token_file(node).await?;
    let dir = folder.join(node);
    std::fs::create_dir_all(&dir)?;
    let config = format!(
        "kind = \"gateway\"\norigin = \"simulated\"\nregion = \"{region}\"\ndiscover = false\n\
         [collector]\naddress = \"http://{}\"\ntoken_file = {token:?}\n\
         [host]\nenabled = false\n[gpu]\nenabled = false\n\
         [[events]]\nname = \"events\"\npath = {:?}\n",
        rig.grpc,
        folder.join(format!("{node}.jsonl")),
    );
    std::fs::write(dir.join("agent.toml"), config)?;
    let log = std::fs::File::create(dir.join("agent.log"))?;
    Ok(Command::new(binaries()?.join("naap-agent"))
        .args(["run", "--config"])
        .arg(dir.join("agent.toml"))
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()?)
}

/// Whether the derived tables hold what is so, and nothing else.
async fn check(rig: &Rig, expected: &Expected) -> Result<()> {
    for (table, rows) in &expected.rows {
        let found = rig.database.sql(&truth::query(table)).await?;
        let found: Vec<Cells> = found.into_iter().map(|row| truth::read(table, row)).collect();
        let differences = truth::differences(table, rows, &found);
        ensure!(differences.is_empty(), "{}", told(&differences));
    }
    let sql =
        "select request_id, fee_wei from payment_fee where void = 0 and request_id is not null";
    let mut fees: BTreeMap<String, u128> = BTreeMap::new();
    for row in rig.database.sql(sql).await? {
        let [Some(request), Some(wei)] = row.as_slice() else { continue };
        *fees.entry(request.clone()).or_default() += wei.parse::<u128>()?;
    }
    let fees: BTreeMap<String, String> =
        fees.into_iter().map(|(request, wei)| (request, wei.to_string())).collect();
    let wrong = || fees.iter().filter(|(request, wei)| expected.fees.get(*request) != Some(wei));
    ensure!(
        fees == expected.fees,
        "fees: {} of {}, {:?}",
        fees.len(),
        expected.fees.len(),
        wrong().next()
    );
    Ok(())
}

/// Feeds two hours at once and waits for the truth. The collector is killed each time that so many
/// traces are stored.
async fn two_hours(seed: u64, kills: &[i64]) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let nodes = nodes();
    let plan = plan(seed);
    let from = plan.start_us;
    let expected = write(plan, &nodes, folder.path())?;
    ensure!((200..700).contains(&expected.sessions), "{} sessions", expected.sessions);
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data)?;
    let mut rig = Rig::start(&data).await?;
    let mut agents = Vec::new();
    for (node, region) in nodes.names.iter().zip(&nodes.regions) {
        agents.push(agent(&rig, folder.path(), node, region).await?);
    }
    for stored in kills {
        eventually("events to be stored", PATIENCE, || async {
            let found = rig.database.number("select count() from stream_trace").await?;
            ensure!(found >= *stored, "{found} of {stored}");
            Ok(())
        })
        .await?;
        rig.kill("collector").await?;
        rig.launch("collector").await?;
    }
    eventually("the truth", PATIENCE, || check(&rig, &expected)).await?;
    // Scores of hours that were over follow within minutes; after a start at once.
    rig.kill("collector").await?;
    rig.launch("collector").await?;
    eventually("a rebuild that finds nothing else", PATIENCE, || async {
        let (equal, said) = rebuild(&data, from - HOUR, now_us(), true).await?;
        ensure!(equal, "{said}");
        Ok(())
    })
    .await?;
    check(&rig, &expected).await?;
    for mut agent in agents {
        agent.kill().await?;
    }
    rig.stop().await
}

/// Scenario: agents of 5 gateways read two hours of events at once, each as its gateway sent them,
/// late and repeated ones too.
/// Guarantees: derived tables hold every session, leg, minute, fee, job and report as it was, and
/// nothing else; a rebuild finds the same.
#[tokio::test(flavor = "multi_thread")]
async fn two_hours_of_a_network_come_out_as_they_were() -> Result<()> {
    two_hours(31, &[]).await
}

/// Scenario: the same, and the collector is killed twice in the middle of it.
/// Guarantees: the same.
#[tokio::test(flavor = "multi_thread")]
async fn two_hours_of_a_network_survive_kills_of_the_collector() -> Result<()> {
    two_hours(32, &[300, 1500]).await
}
