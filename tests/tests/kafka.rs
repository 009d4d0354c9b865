//! Gateway events by Kafka's protocol, with real clients: kafka-go (go-livepeer's own, set as it
//! sets it), librdkafka (kcat) and the Java client, against the real agent. A client that is not
//! here is skipped with a line that says so.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use naap_schema::identity;
use naap_tests::{Broker, Catcher, broker, eventually, stack, volume};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use uuid::Uuid;

const TOPIC: &str = "livepeer_gateway";
const LOGIN: (&str, &str) = ("gateway", "a password");
/// Nothing here may take longer.
const LONG: Duration = Duration::from_secs(120);

/// An agent with a source of Kafka's, and a collector that keeps what it sends.
struct Scene {
    dir: tempfile::TempDir,
    collector: Catcher,
    /// Where the endpoint listens, if it has one.
    kafka: String,
    agent: Option<Child>,
}

impl Scene {
    /// With an endpoint.
    async fn started(login: bool) -> Result<Self> {
        let kafka = free_address().await?;
        let login = match login {
            true => format!("user = {:?}\npassword_file = \"password\"\n", LOGIN.0),
            false => String::new(),
        };
        let mut scene = Self::of(&format!(
            "[[kafka_endpoint]]\nname = \"gateway\"\nlisten = \"{kafka}\"\n\
             topic = \"{TOPIC}\"\n{login}"
        ))
        .await?;
        scene.kafka = kafka;
        scene.start().await?;
        Ok(scene)
    }

    /// With a source; not started yet.
    async fn of(source: &str) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let collector = Catcher::start().await?;
        std::fs::write(dir.path().join("token"), "token")?;
        std::fs::write(dir.path().join("password"), LOGIN.1)?;
        let config = format!(
            "kind = \"gateway\"\norigin = \"test\"\n[collector]\naddress = \"http://{}\"\n\
             token_file = \"token\"\n[host]\nenabled = false\n{source}",
            collector.address
        );
        std::fs::write(dir.path().join("agent.toml"), config)?;
        Ok(Self { dir, collector, kafka: String::new(), agent: None })
    }

    async fn start(&mut self) -> Result<()> {
        let log = self.dir.path().join("agent.log");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let agent = Command::new(stack::binaries()?.join("naap-agent"))
            .arg("--config")
            .arg(self.dir.path().join("agent.toml"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        self.agent = Some(agent);
        if self.kafka.is_empty() {
            return Ok(());
        }
        eventually("the endpoint", LONG, || async {
            Ok(tokio::net::TcpStream::connect(&self.kafka).await?)
        })
        .await
        .with_context(|| self.log())?;
        Ok(())
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("agent.log")).unwrap_or_default()
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let id = self.agent.as_ref().and_then(Child::id).context("an agent runs")?;
        Ok(kill(Pid::from_raw(i32::try_from(id)?), signal)?)
    }

    async fn kill(&mut self) -> Result<()> {
        self.agent.take().context("an agent runs")?.kill().await?;
        Ok(())
    }

    /// Ends the agent as its operator does.
    async fn stop(&mut self) -> Result<()> {
        self.signal(Signal::SIGTERM)?;
        let mut agent = self.agent.take().context("an agent runs")?;
        let status = tokio::time::timeout(Duration::from_secs(20), agent.wait()).await??;
        ensure!(status.success(), "the agent ended with {status}: {}", self.log());
        Ok(())
    }

    /// Waits until all of these events are at the collector; `once`: no row came twice.
    async fn has(&self, ids: &BTreeSet<String>, once: bool) -> Result<()> {
        eventually("all acknowledged events", Duration::from_secs(60), || async {
            let events = self.collector.events();
            let missing = ids.iter().filter(|id| !events.contains_key(&row_id(id))).count();
            ensure!(missing == 0, "{missing} of {} events are missing", ids.len());
            Ok(())
        })
        .await
        .with_context(|| self.log())?;
        for (id, times) in self.collector.events() {
            ensure!(!once || times.len() == 1, "{id} came {} times", times.len());
            let same = times.iter().all(|t| Some(t) == times.first());
            ensure!(same, "{id} is not one row: it has times {times:?}");
        }
        Ok(())
    }
}

fn row_id(id: &str) -> Uuid {
    identity::event_id(id)
}

/// Of a port that was free a moment ago: an agent that comes back must be where it was.
async fn free_address() -> Result<String> {
    Ok(tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?.to_string())
}

/// Events of one run, in go-livepeer's shape, each with an id of its own.
fn events(n: usize) -> Vec<(String, String)> {
    let event = |i: usize| {
        let (id, ms) = (Uuid::new_v4().to_string(), 1_780_000_000_000 + i);
        let line = format!(
            r#"{{"id":"{id}","type":"stream_trace","timestamp":"{ms}","gateway":"","data":{{"type":"gateway_receive_stream_request","timestamp":{ms},"stream_id":"s{i}","request_id":"r{i}","pipeline_id":"","orchestrator_info":{{"address":"","url":""}}}}}}"#
        );
        (id, line)
    };
    (0..n).map(event).collect()
}

fn ids(events: &[(String, String)]) -> BTreeSet<String> {
    events.iter().map(|(id, _)| id.clone()).collect()
}

/// A client that produces what it is given, and says `acked ID` or `lost ID`.
struct Producer {
    child: Child,
    acked: tokio::task::JoinHandle<Result<Vec<String>>>,
}

impl Producer {
    fn start(mut command: Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("start {command:?}"))?;
        let mut lines = BufReader::new(child.stdout.take().context("a pipe")?).lines();
        let acked = tokio::spawn(async move {
            let mut acked = Vec::new();
            while let Some(line) = lines.next_line().await? {
                acked.extend(line.strip_prefix("acked ").map(str::to_owned));
            }
            Ok(acked)
        });
        Ok(Self { child, acked })
    }

    /// Gives it events, with a pause after each.
    async fn give(&mut self, events: &[(String, String)], pause: Duration) -> Result<()> {
        let stdin = self.child.stdin.as_mut().context("a pipe")?;
        for (_, line) in events {
            stdin.write_all(format!("{line}\n").as_bytes()).await?;
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
        }
        Ok(())
    }

    /// Waits for its end; gives what was acknowledged.
    async fn end(mut self) -> Result<BTreeSet<String>> {
        drop(self.child.stdin.take());
        let status = tokio::time::timeout(LONG, self.child.wait()).await??;
        ensure!(status.success(), "the client ended with {status}");
        Ok(self.acked.await??.into_iter().collect())
    }
}

/// The program that sends as go-livepeer does; built once.
async fn kafka_go() -> Result<Option<PathBuf>> {
    static BUILT: Mutex<Option<PathBuf>> = Mutex::const_new(None);
    let mut built = BUILT.lock().await;
    if built.is_none() {
        if Command::new("go").arg("version").output().await.is_err() {
            return Ok(volume::skip("Go is not installed: kafka-go is not tried"));
        }
        let to = stack::binaries()?.join("kafka-go-producer");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("kafka/go");
        let out = Command::new("go")
            .args(["build", "-o"])
            .arg(&to)
            .arg(".")
            .current_dir(source)
            .output()
            .await?;
        ensure!(out.status.success(), "go build: {}", String::from_utf8_lossy(&out.stderr));
        *built = Some(to);
    }
    Ok(built.clone())
}

/// The jars of Apache Kafka, where there is a Java that runs a program from its source.
async fn jars() -> Result<Option<PathBuf>> {
    let Some(jars) = std::env::var_os("NAAP_KAFKA_JARS").map(PathBuf::from) else {
        return Ok(volume::skip("NAAP_KAFKA_JARS names no folder: Kafka's Java side is not tried"));
    };
    if !jars.is_dir() {
        return Ok(volume::skip("Kafka's jars are not here: its Java side is not tried"));
    }
    let modules = Command::new("java").arg("--list-modules").output().await;
    if !modules.is_ok_and(|out| String::from_utf8_lossy(&out.stdout).contains("jdk.compiler")) {
        return Ok(volume::skip("this Java has no compiler: Kafka's Java side is not tried"));
    }
    Ok(Some(jars))
}

fn java(jars: &Path, kafka: &str, settings: &[&str]) -> Command {
    let mut command = Command::new("java");
    command
        .args(["-XX:+UseSerialGC", "-Xmx128m", "-cp"])
        .arg(jars.join("*"))
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("kafka/Produce.java"))
        .args([kafka, TOPIC])
        .args(settings);
    command
}

/// Sends events with kcat, which ends well only if all are acknowledged.
async fn kcat(kafka: &str, settings: &[&str], events: &[(String, String)]) -> Result<bool> {
    let mut command = Command::new("kcat");
    command.args(["-P", "-b", kafka, "-t", TOPIC, "-X", "message.timeout.ms=20000"]);
    let mut child = command
        .args(settings)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut stdin = child.stdin.take().context("a pipe")?;
    let lines: String = events.iter().map(|(_, line)| format!("{line}\n")).collect();
    stdin.write_all(lines.as_bytes()).await?;
    drop(stdin);
    let out = tokio::time::timeout(LONG, child.wait_with_output()).await??;
    let said = String::from_utf8_lossy(&out.stderr);
    let failed = said.contains("Delivery failed") || said.contains("ERROR");
    Ok(out.status.success() && !failed)
}

async fn has_kcat() -> bool {
    let here = Command::new("kcat").arg("-V").output().await.is_ok();
    here || volume::skip::<()>("kcat is not installed: librdkafka is not tried").is_some()
}

/// Scenario: go-livepeer's client sends events, at once and one by one.
/// Guarantees: all are acknowledged; each is one row; what is no event is counted.
#[tokio::test(flavor = "multi_thread")]
async fn kafka_go_is_served() -> Result<()> {
    let Some(program) = kafka_go().await? else { return Ok(()) };
    let mut scene = Scene::started(false).await?;
    let mut command = Command::new(program);
    command.args([&scene.kafka, TOPIC]);
    let mut producer = Producer::start(command)?;
    let events = events(350);
    producer.give(&events[..300], Duration::ZERO).await?;
    producer.give(&events[300..], Duration::from_millis(20)).await?;
    let odd = [("odd".to_owned(), r#"{"id":"odd","type":"never_heard_of"}"#.to_owned())];
    producer.give(&odd, Duration::ZERO).await?;
    let mut acked = producer.end().await?;
    ensure!(acked.remove("odd"), "what is no event is acknowledged, or it would come for ever");
    assert_eq!(acked, ids(&events));
    scene.has(&acked, true).await?;
    eventually("the drop", LONG, || async {
        let dropped = scene.collector.sum("agent_source", "dropped");
        ensure!(dropped == 1, "{dropped} are counted");
        Ok(())
    })
    .await?;
    scene.stop().await
}

/// Scenario: librdkafka sends events, packed in each way, idempotent, and as a user.
/// Guarantees: all are acknowledged; each is one row; who has no login gets no event in.
#[tokio::test(flavor = "multi_thread")]
async fn librdkafka_is_served() -> Result<()> {
    if !has_kcat().await {
        return Ok(());
    }
    let mut scene = Scene::started(false).await?;
    let mut sent = BTreeSet::new();
    for settings in [
        &["-z", "none"][..],
        &["-z", "gzip"],
        &["-z", "snappy"],
        &["-z", "lz4"],
        &["-z", "zstd"],
        &["-X", "enable.idempotence=true"],
        &["-X", "acks=1"],
    ] {
        let events = events(200);
        ensure!(kcat(&scene.kafka, settings, &events).await?, "{settings:?}: {}", scene.log());
        sent.extend(ids(&events));
    }
    scene.has(&sent, true).await?;
    let (lost, log) = (events(1), scene.log());
    ensure!(!kcat(&scene.kafka, &["-t", "other"], &lost).await?, "another topic is refused");
    ensure!(scene.log().len() > log.len() && scene.log().contains("-kafkaGatewayTopic"));
    scene.stop().await?;

    let mut scene = Scene::started(true).await?;
    let user = format!("sasl.username={}", LOGIN.0);
    let plain = ["-X", "security.protocol=SASL_PLAINTEXT", "-X", "sasl.mechanism=PLAIN", "-X"];
    let right = format!("sasl.password={}", LOGIN.1);
    let short = ["-X", "message.timeout.ms=4000", "-X"];
    for (password, good) in [(right.as_str(), true), ("sasl.password=wrong", false)] {
        let events = events(20);
        let login = [&user, "-X", password];
        let settings = [&short[..2], &plain, &login].concat();
        assert_eq!(kcat(&scene.kafka, &settings, &events).await?, good);
        match good {
            true => scene.has(&ids(&events), true).await?,
            false => assert_eq!(scene.collector.events().len(), 20),
        }
    }
    ensure!(!scene.log().contains(LOGIN.1), "a password is never logged");
    scene.stop().await
}

/// Scenario: the Java client sends events: as it is (idempotent), packed, and without acks.
/// Guarantees: all are acknowledged; each is one row.
#[tokio::test(flavor = "multi_thread")]
async fn the_java_client_is_served() -> Result<()> {
    let Some(jars) = jars().await? else { return Ok(()) };
    let mut scene = Scene::started(false).await?;
    let mut sent = BTreeSet::new();
    for settings in [
        &[][..],
        &["compression.type=lz4", "acks=0", "enable.idempotence=false"],
        &["compression.type=zstd"],
        &["compression.type=snappy", "linger.ms=50"],
    ] {
        let mut producer = Producer::start(java(&jars, &scene.kafka, settings))?;
        let events = events(300);
        producer.give(&events, Duration::ZERO).await?;
        let acked = producer.end().await?;
        assert_eq!(acked, ids(&events), "{settings:?}: {}", scene.log());
        sent.extend(acked);
    }
    scene.has(&sent, true).await?;
    scene.stop().await
}

/// Kills the agent while a client produces; what was acknowledged must come.
async fn survives_kills(mut scene: Scene, mut producer: Producer) -> Result<()> {
    let events = events(900);
    for (i, part) in events.chunks(150).enumerate() {
        producer.give(part, Duration::from_millis(5)).await?;
        match i {
            1 | 3 => {
                scene.kill().await?;
                tokio::time::sleep(Duration::from_millis(700)).await;
                scene.start().await?;
            }
            // Stopped and continued: the client hangs, and nothing is lost by it.
            2 => {
                scene.signal(Signal::SIGSTOP)?;
                tokio::time::sleep(Duration::from_secs(3)).await;
                scene.signal(Signal::SIGCONT)?;
            }
            4 => {
                scene.stop().await?;
                scene.start().await?;
            }
            _ => {}
        }
    }
    let acked = producer.end().await?;
    ensure!(acked.len() > 450, "only {} are acknowledged: {}", acked.len(), scene.log());
    scene.has(&acked, false).await?;
    scene.stop().await
}

/// Scenario: the agent is killed, stopped, continued and restarted while kafka-go produces.
/// Guarantees: nothing that was acknowledged is missing; what came twice is the same row.
#[tokio::test(flavor = "multi_thread")]
async fn kafka_go_misses_nothing_that_was_acknowledged() -> Result<()> {
    let Some(program) = kafka_go().await? else { return Ok(()) };
    let scene = Scene::started(false).await?;
    let mut command = Command::new(program);
    command.args([&scene.kafka, TOPIC]);
    survives_kills(scene, Producer::start(command)?).await
}

/// Scenario: the same with the Java client, idempotent.
/// Guarantees: the same.
#[tokio::test(flavor = "multi_thread")]
async fn the_java_client_misses_nothing_that_was_acknowledged() -> Result<()> {
    let Some(jars) = jars().await? else { return Ok(()) };
    let scene = Scene::started(false).await?;
    let producer = Producer::start(java(&jars, &scene.kafka, &[]))?;
    survives_kills(scene, producer).await
}

/// Whether the agent can read from a broker.
async fn has_consumer(scene: &Scene) -> Result<bool> {
    let out = Command::new(stack::binaries()?.join("naap-agent"))
        .args(["validate", "--config"])
        .arg(scene.dir.path().join("agent.toml"))
        .output()
        .await?;
    let said = String::from_utf8_lossy(&out.stderr);
    if said.contains("--features kafka-consumer") {
        return Ok(volume::skip::<()>("the agent is built without kafka-consumer").is_some());
    }
    ensure!(out.status.success(), "{said}");
    Ok(true)
}

fn topic(brokers: &str, group: &str, more: &str) -> String {
    format!(
        "[[kafka_topic]]\nname = \"topic\"\nbrokers = [{brokers:?}]\ntopic = \"{TOPIC}\"\n\
         group = {group:?}\n{more}"
    )
}

async fn produced(jars: &Path, broker: &Broker, n: usize) -> Result<BTreeSet<String>> {
    let mut producer = Producer::start(java(jars, &broker.plain, &[]))?;
    let events = events(n);
    producer.give(&events, Duration::ZERO).await?;
    let acked = producer.end().await?;
    assert_eq!(acked, ids(&events));
    Ok(acked)
}

/// Scenario: an agent reads a topic of a broker, is killed while it does, is restarted, loses its
/// broker for a while, and meets what is no event; others read as users, and under TLS.
/// Guarantees: nothing is missing; what comes twice is the same row; what is recorded is committed
/// and does not come again; what is no event is counted and passed by; no password is logged.
#[tokio::test(flavor = "multi_thread")]
async fn a_topic_of_a_broker_is_read() -> Result<()> {
    let Some(jars) = jars().await? else { return Ok(()) };
    let dir = tempfile::tempdir()?;
    let mut scene = Scene::of(&topic("127.0.0.1:1", "g", "")).await?;
    if !has_consumer(&scene).await? {
        return Ok(());
    }
    let mut broker = Broker::start(&jars, dir.path()).await?;
    scene = Scene::of(&topic(&broker.plain, "g", "")).await?;
    let mut sent = produced(&jars, &broker, 10_000).await?;
    for _ in 0..2 {
        let before = scene.collector.events().len();
        scene.start().await?;
        eventually("some events", LONG, || async {
            let now = scene.collector.events().len();
            ensure!(now > before || now == sent.len(), "still {now} events");
            Ok(())
        })
        .await
        .with_context(|| scene.log())?;
        scene.kill().await?;
    }
    scene.start().await?;
    scene.has(&sent, false).await?;

    // The broker goes and comes back.
    broker.kill().await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    broker.launch().await?;
    let mut odd = Producer::start(java(&jars, &broker.plain, &[]))?;
    odd.give(&[(String::new(), "no event".to_owned())], Duration::ZERO).await?;
    odd.end().await?;
    sent.extend(produced(&jars, &broker, 200).await?);
    scene.has(&sent, false).await?;
    eventually("the drop", LONG, || async {
        let dropped = scene.collector.sum("agent_source", "dropped");
        ensure!(dropped >= 1, "{dropped} are counted");
        Ok(())
    })
    .await
    .with_context(|| scene.log())?;
    scene.stop().await?;

    // All of it is committed: a new spool and a new collector get what is new, and nothing else.
    let mut again = Scene::of(&topic(&broker.plain, "g", "")).await?;
    again.start().await?;
    let new = produced(&jars, &broker, 50).await?;
    again.has(&new, true).await?;
    let came: BTreeSet<Uuid> = again.collector.events().into_keys().collect();
    assert_eq!(came, new.iter().map(|id| row_id(id)).collect());
    again.stop().await?;
    sent.extend(new);

    reads_as_users(&broker, &sent).await
}

/// Reads all events as a user, by each way to be known, and never with a wrong password.
async fn reads_as_users(broker: &Broker, sent: &BTreeSet<String>) -> Result<()> {
    let ca = broker.authority.display().to_string();
    let tls = format!("tls = true\nca_file = {ca:?}\n");
    for (brokers, tls, mechanism) in [
        (&broker.sasl, "", "PLAIN"),
        (&broker.sasl, "", "SCRAM-SHA-256"),
        (&broker.sasl_tls, tls.as_str(), "SCRAM-SHA-512"),
    ] {
        let login = format!(
            "{tls}mechanism = {mechanism:?}\nuser = {:?}\npassword_file = \"broker-password\"\n",
            broker::LOGIN.0
        );
        let mut scene = Scene::of(&topic(brokers, mechanism, &login)).await?;
        let password = scene.dir.path().join("broker-password");
        std::fs::write(&password, "wrong")?;
        scene.start().await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        ensure!(scene.collector.events().is_empty(), "a wrong password reads nothing");
        scene.stop().await?;
        std::fs::write(&password, format!("{}\n", broker::LOGIN.1))?;
        scene.start().await?;
        scene.has(sent, true).await.with_context(|| mechanism.to_owned())?;
        ensure!(!scene.log().contains(broker::LOGIN.1), "a password is never logged");
        scene.stop().await?;
    }
    Ok(())
}
