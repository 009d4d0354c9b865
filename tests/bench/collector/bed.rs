//! What is measured: a fresh QuestDB with the settings of `naap up`, and the real collector with a
//! configuration of its own. Dropping it ends both.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use naap_deploy::folder::Folder;
use naap_deploy::questdb::{Server, USER, ensure_jar};
use naap_deploy::state::{Ports, State};
use naap_schema::ENTITIES;
use naap_tests::eventually;
use naap_tests::stack::binaries;
use sha2::{Digest, Sha256};
use tokio::process::{Child, Command};
use tokio::time::Instant;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use naap_tests::figures;

/// How long the collector may take until it listens: it waits for the database, and migrates.
const START: Duration = Duration::from_secs(120);
/// How long QuestDB may take to apply what was committed.
const SETTLE: Duration = Duration::from_secs(120);

/// The name of the `i`-th node.
pub(crate) fn node(i: usize) -> String {
    format!("bench-{i:04}")
}

/// Its token.
pub(crate) fn token(i: usize) -> String {
    format!("naap_{}", hex::encode(Sha256::digest(node(i))))
}

/// QuestDB and collector.
pub(crate) struct Bed {
    folder: Folder,
    questdb: Server,
    questdb_pid: u32,
    sql: Client,
    /// Where the collector listens.
    pub(crate) listen: SocketAddr,
    collector: Option<Child>,
    // Last, so that nothing writes into it any more.
    _dir: tempfile::TempDir,
}

impl Bed {
    /// Starts both, with tokens for so many nodes.
    ///
    /// # Errors
    /// If one of them does not get ready.
    pub(crate) async fn start(nodes: usize) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let folder = Folder::create(&dir.path().join("data"))?;
        let brought = std::env::var_os("NAAP_QUESTDB_JAR").map(PathBuf::from);
        let jar = ensure_jar(&folder, brought.as_deref()).await?;
        let questdb = Server::start(&folder, &jar).await?;
        let state = State::read(&folder)?.context("QuestDB has a state")?;
        let pid = state.parts.first().and_then(|p| p.pid).context("QuestDB has a process")?;
        let sql = connect(&folder, questdb.ports()).await?;
        let listen = naap_deploy::ports::free(IpAddr::V4(Ipv4Addr::LOCALHOST), &[])?;
        let questdb_pid = u32::try_from(pid)?;
        let collector = None;
        let mut bed = Self { folder, questdb, questdb_pid, sql, listen, collector, _dir: dir };
        bed.configure(nodes)?;
        bed.start_collector().await?;
        Ok(bed)
    }

    fn configure(&self, nodes: usize) -> Result<()> {
        let ports = self.questdb.ports();
        let secret = |name: &str| self.folder.secret(&format!("{name}.password"));
        // Flush waits as in production: the defaults. All agents come from one address here.
        let config = format!(
            "listen = \"{}\"\ntokens_file = {:?}\nmax_connections = {most}\n\
             max_connections_per_address = {most}\n[questdb]\nhttp = \"{}\"\n\
             http_user = \"{USER}\"\nhttp_password_file = {:?}\npg = \"{}\"\npg_user = \"{USER}\"\n\
             pg_password_file = {:?}\n",
            self.listen,
            self.folder.secret("tokens.toml"),
            ports.http,
            secret("questdb-http"),
            ports.pg,
            secret("questdb-pg"),
            most = nodes + 64,
        );
        std::fs::write(self.folder.config("collector"), config)?;
        let mut tokens = String::new();
        for i in 0..nodes {
            let sha256 = hex::encode(Sha256::digest(token(i)));
            let (node, made) = (node(i), "2026-01-01T00:00:00Z");
            write!(
                tokens,
                "[[token]]\nnode = \"{node}\"\nsha256 = \"{sha256}\"\ncreated_at = \"{made}\"\n"
            )?;
        }
        let mut private = std::fs::OpenOptions::new();
        private.write(true).create(true).truncate(true).mode(0o600);
        let mut file = private.open(self.folder.secret("tokens.toml"))?;
        std::io::Write::write_all(&mut file, tokens.as_bytes())?;
        Ok(())
    }

    /// Starts the collector; comes back when it listens, and says when that was.
    ///
    /// # Errors
    /// If it does not.
    pub(crate) async fn start_collector(&mut self) -> Result<Instant> {
        let address_file = self.folder.run("collector.address");
        drop(std::fs::remove_file(&address_file));
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.log("collector"))?;
        let mut child = Command::new(binaries()?.join("naap-collector"))
            .args(["run", "--exit-with-parent", "--config"])
            .arg(self.folder.config("collector"))
            .arg("--address-file")
            .arg(&address_file)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        let end = Instant::now() + START;
        while !address_file.exists() {
            if let Some(status) = child.try_wait()? {
                bail!("the collector ended with {status}; it said:\n{}", self.said());
            }
            ensure!(
                Instant::now() < end,
                "the collector does not listen; it said:\n{}",
                self.said()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.collector = Some(child);
        Ok(Instant::now())
    }

    /// The end of the collector's log.
    pub(crate) fn said(&self) -> String {
        let log = std::fs::read_to_string(self.folder.log("collector")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// Kills the collector with SIGKILL.
    ///
    /// # Errors
    /// If it is not there.
    pub(crate) async fn kill_collector(&mut self) -> Result<()> {
        let mut child = self.collector.take().context("the collector runs")?;
        child.kill().await.context("killing the collector")
    }

    /// Process id of the collector.
    ///
    /// # Errors
    /// If it is not there.
    pub(crate) fn collector_pid(&self) -> Result<u32> {
        self.collector.as_ref().and_then(Child::id).context("the collector runs")
    }

    /// Processor time so far of QuestDB and of the collector, seconds.
    ///
    /// # Errors
    /// If one of them has ended.
    pub(crate) fn cpu_s(&self) -> Result<(f64, f64)> {
        Ok((figures::cpu_s(self.questdb_pid)?, figures::cpu_s(self.collector_pid()?)?))
    }

    /// Where QuestDB listens.
    pub(crate) fn ports(&self) -> Ports {
        self.questdb.ports()
    }

    /// The password of QuestDB's HTTP server.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn http_password(&self) -> Result<String> {
        let file = self.folder.secret("questdb-http.password");
        Ok(std::fs::read_to_string(file)?.trim().to_owned())
    }

    /// Runs SQL; gives rows as text.
    ///
    /// # Errors
    /// If QuestDB refuses.
    pub(crate) async fn sql(&self, sql: &str) -> Result<Vec<Vec<String>>> {
        let messages = self.sql.simple_query(sql).await.with_context(|| sql.to_owned())?;
        let text = |m: &SimpleQueryMessage| match m {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|i| row.get(i).unwrap_or_default().to_owned()).collect())
            }
            _ => None,
        };
        Ok(messages.iter().filter_map(text).collect())
    }

    /// The one number that a query gives.
    ///
    /// # Errors
    /// If it gives none.
    pub(crate) async fn number(&self, sql: &str) -> Result<u64> {
        let rows = self.sql(sql).await?;
        let cell = rows.first().and_then(|r| r.first());
        cell.with_context(|| format!("{sql} gave nothing"))?.parse().context("a number")
    }

    /// Waits until everything that was committed is applied.
    ///
    /// # Errors
    /// If that takes too long.
    pub(crate) async fn applied(&self) -> Result<()> {
        let waiting =
            "select count() from wal_tables() where suspended or writerTxn < sequencerTxn";
        eventually("QuestDB to apply everything", SETTLE, || async {
            let waiting = self.number(waiting).await?;
            ensure!(waiting == 0, "{waiting} tables wait");
            Ok(())
        })
        .await
    }

    /// Refreshes all rollups, and waits until they and their bases are applied.
    ///
    /// # Errors
    /// If that takes too long.
    pub(crate) async fn rolled_up(&self) -> Result<()> {
        self.applied().await?;
        let views = "select view_name from materialized_views() where refresh_type = 'timer'";
        for view in self.sql(views).await?.into_iter().flatten() {
            self.sql(&format!("refresh materialized view '{view}' incremental")).await?;
        }
        let behind = "select count() from materialized_views() where view_status <> 'valid' \
                      or refresh_base_table_txn < base_table_txn";
        eventually("the rollups", SETTLE, || async {
            self.applied().await?;
            let behind = self.number(behind).await?;
            ensure!(behind == 0, "{behind} views are behind");
            Ok(())
        })
        .await
    }

    /// How many tables the collector has written, and commits to them so far.
    ///
    /// # Errors
    /// If QuestDB refuses.
    pub(crate) async fn commits(&self) -> Result<(usize, u64)> {
        let names = ENTITIES.iter().map(|e| format!("'{}'", e.name)).collect::<Vec<_>>().join(",");
        let written = format!(
            "select sequencerTxn from wal_tables() where sequencerTxn > 0 and name in ({names})"
        );
        let counts = self.sql(&written).await?.into_iter().flatten();
        let counts = counts.map(|n| n.parse()).collect::<Result<Vec<u64>, _>>()?;
        Ok((counts.len(), counts.iter().sum()))
    }

    /// Ends both in order.
    ///
    /// # Errors
    /// If the collector does not end well.
    pub(crate) async fn stop(mut self) -> Result<()> {
        if let Some(mut child) = self.collector.take() {
            // It ends with its standard input.
            drop(child.stdin.take());
            let status = tokio::time::timeout(Duration::from_secs(10), child.wait()).await;
            let status = status.context("the collector does not end")??;
            ensure!(status.success(), "the collector ended with {status}: {}", self.said());
        }
        self.questdb.stop().await;
        Ok(())
    }
}

async fn connect(folder: &Folder, ports: Ports) -> Result<Client> {
    let password = std::fs::read_to_string(folder.secret("questdb-pg.password"))?;
    let mut config = tokio_postgres::Config::new();
    config.host(ports.pg.ip().to_string()).port(ports.pg.port());
    config.user(USER).password(password.trim()).dbname("qdb");
    let (client, connection) = config.connect(NoTls).await?;
    // Ends with the client.
    tokio::spawn(connection);
    Ok(client)
}
