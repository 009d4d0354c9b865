//! A whole stack, started the way a newcomer starts it: `naap up`, with a data folder and free
//! ports of its own. Dropping it stops it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::database::Database;

/// How long a stack may take to answer: QuestDB alone takes 5 s, more on a busy machine.
const START: Duration = Duration::from_secs(120);

/// What to start.
#[derive(Debug, Default, Clone)]
pub struct Options {
    /// With a local agent.
    pub agent: bool,
    /// An agent configuration whose sources it reads too.
    pub agent_config: Option<PathBuf>,
    /// Recorded gateway events to replay.
    pub replay: Vec<PathBuf>,
    /// Leave their times as they are.
    pub keep_times: bool,
    /// Use this data folder rather than a fresh one.
    pub data: Option<PathBuf>,
    /// What its parts log, as `NAAP_LOG` has it.
    pub log: Option<&'static str>,
}

/// A running stack.
#[derive(Debug)]
pub struct Stack {
    child: Child,
    /// The page, `http://HOST:PORT/`.
    pub url: String,
    /// The data folder.
    pub data: PathBuf,
    own_data: Option<tempfile::TempDir>,
}

/// The folder of the debug binaries: where this test binary is, but one up.
///
/// # Errors
/// If `naap` is not there.
pub fn binaries() -> Result<PathBuf> {
    let exe = std::env::current_exe()?;
    let dir = exe.parent().and_then(Path::parent).context("a test binary is in a folder")?;
    let dir = if dir.ends_with("deps") { dir.parent().unwrap_or(dir) } else { dir };
    let here = [dir, exe.parent().unwrap_or(dir)];
    let found = here.into_iter().find(|d| d.join("naap").is_file());
    found.map(Path::to_owned).with_context(|| {
        format!("no `naap` in {}; run `cargo build --workspace` first", dir.display())
    })
}

impl Stack {
    /// Starts a stack and waits until it says that it is ready.
    ///
    /// # Errors
    /// If it does not; with the end of what it said.
    pub async fn start(options: Options) -> Result<Self> {
        let own_data = match &options.data {
            Some(_) => None,
            None => Some(tempfile::tempdir()?),
        };
        let data = match (&options.data, &own_data) {
            (Some(data), _) => data.clone(),
            (None, Some(dir)) => dir.path().to_owned(),
            (None, None) => bail!("a stack needs a data folder"),
        };
        let mut command = Command::new(binaries()?.join("naap"));
        command.arg("up").arg("--data").arg(&data);
        command.args(["--listen", "127.0.0.1:0", "--grpc", "127.0.0.1:0"]);
        if !options.agent {
            command.arg("--no-agent");
        }
        if let Some(file) = &options.agent_config {
            command.arg("--agent-config").arg(file);
        }
        for file in &options.replay {
            command.arg("--replay").arg(file);
        }
        if options.keep_times {
            command.arg("--replay-keep-times");
        }
        if let Some(log) = options.log {
            command.env("NAAP_LOG", log);
        }
        let log = std::fs::File::create(data.join("naap-up.log"))?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(false)
            .spawn()?;
        let stdout = child.stdout.take().context("stdout is a pipe")?;
        let mut lines = BufReader::new(stdout).lines();
        let ready = async {
            while let Some(line) = lines.next_line().await? {
                if let Some(url) = line.strip_prefix("ready ") {
                    return Ok(url.trim().to_owned());
                }
            }
            bail!("naap up ended")
        };
        let ready: Result<String> = match tokio::time::timeout(START, ready).await {
            Ok(ready) => ready,
            Err(_) => Err(anyhow::anyhow!("not ready after {START:?}")),
        };
        let mut stack = Self { child, url: String::new(), data, own_data };
        match ready {
            Ok(url) => stack.url = url,
            Err(e) => {
                let log = std::fs::read_to_string(stack.data.join("naap-up.log"));
                bail!("{e:#}; it said:\n{}", log.unwrap_or_default());
            }
        }
        // What it prints afterwards must not block it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(stack)
    }

    /// Starts a stack whose derived rows the test writes by hand: nothing derives beside it, which would
    /// overwrite what no raw row explains.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn by_hand() -> Result<Self> {
        let stack = Self::start(Options::default()).await?;
        stack.configure("collector", "[derive]\nenabled = false").await?;
        // What it said of itself until then.
        stack.sql("truncate table derive_state").await?;
        stack.applied(&["derive_state"]).await?;
        Ok(stack)
    }

    /// What `naap status --json` says.
    ///
    /// # Errors
    /// If it says nothing.
    pub async fn status(&self) -> Result<Value> {
        let naap = binaries()?.join("naap");
        let out = Command::new(naap)
            .args(["status", "--json", "--data"])
            .arg(&self.data)
            .output()
            .await?;
        serde_json::from_slice(&out.stdout)
            .with_context(|| format!("naap status said {:?}", String::from_utf8_lossy(&out.stderr)))
    }

    /// Process ids of the parts, by name.
    ///
    /// # Errors
    /// If there is no status.
    pub async fn pids(&self) -> Result<BTreeMap<String, i32>> {
        let status = self.status().await?;
        let parts = status["parts"].as_array().context("status has parts")?;
        let pid = |p: &Value| -> Option<(String, i32)> {
            let pid = i32::try_from(p["pid"].as_i64()?).ok()?;
            Some((p["name"].as_str()?.to_owned(), pid))
        };
        Ok(parts.iter().filter_map(pid).collect())
    }

    /// Kills a part with SIGKILL.
    ///
    /// # Errors
    /// If there is no such part.
    pub async fn kill9(&self, part: &str) -> Result<()> {
        let pids = self.pids().await?;
        let pid = *pids.get(part).with_context(|| format!("no part {part} in {pids:?}"))?;
        kill(Pid::from_raw(pid), Signal::SIGKILL)?;
        Ok(())
    }

    /// Adds lines to the configuration of a part, and starts it again with them.
    ///
    /// # Errors
    /// If there is no such part, or it does not come back.
    pub async fn configure(&self, part: &str, lines: &str) -> Result<()> {
        let file = match part {
            "questdb" => "questdb/root/conf/server.conf",
            "collector" => "config/collector.toml",
            other => bail!("{other} is not configured by tests"),
        };
        let path = self.data.join(file);
        let text = std::fs::read_to_string(&path)?;
        std::fs::write(&path, format!("{text}\n{lines}\n"))?;
        let before = self.pids().await?;
        self.kill9(part).await?;
        crate::eventually(&format!("{part} to come back"), START, || async {
            let pids = self.pids().await?;
            let started = pids.get(part).is_some_and(|pid| before.get(part) != Some(pid));
            ensure!(started, "{part} is not started yet");
            tokio::net::TcpStream::connect(self.grpc().await?).await?;
            self.number("select 1").await?;
            let (status, text) = self.get("healthz").await?;
            ensure!(status.is_success(), "{status}: {text}");
            Ok(())
        })
        .await
    }

    /// One figure of the collector's metrics, by name and labels as Prometheus shows them, without
    /// `naap_collector_`.
    ///
    /// # Errors
    /// If the endpoint does not answer, or does not have it.
    pub async fn metric(&self, name: &str) -> Result<f64> {
        let text = std::fs::read_to_string(self.data.join("config/collector.toml"))?;
        let (_, rest) = text.split_once("[metrics]").context("naap up switches metrics on")?;
        let address = rest.split('"').nth(1).context("an address")?;
        let url = format!("http://{address}/metrics");
        let (status, text) = send(http::Request::get(url).body(Full::new(Bytes::new()))?).await?;
        ensure!(status.is_success(), "{status}");
        let name = format!("naap_collector_{name} ");
        let found = text.lines().find_map(|l| l.strip_prefix(&name));
        found.with_context(|| format!("no {name}in\n{text}"))?.parse().context("a number")
    }

    /// Where the collector listens, `HOST:PORT`.
    ///
    /// # Errors
    /// If there is no status.
    pub async fn grpc(&self) -> Result<String> {
        let status = self.status().await?;
        Ok(status["grpc"].as_str().context("status has grpc")?.to_owned())
    }

    /// A new token for a node.
    ///
    /// # Errors
    /// If the collector's command fails.
    pub async fn token(&self, node: &str) -> Result<String> {
        token(&self.data, node).await
    }

    /// Waits until everything that was written to these tables can be read.
    ///
    /// # Errors
    /// If it cannot for half a minute.
    pub async fn applied(&self, tables: &[&str]) -> Result<()> {
        for table in tables {
            let waits = format!(
                "select count() from wal_tables() where name = '{table}' and sequencerTxn <> writerTxn"
            );
            crate::eventually(table, Duration::from_secs(30), || async {
                ensure!(self.number(&waits).await? == 0, "not applied yet");
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    /// Refreshes views until each holds what its base does: a reader may find one of two that belong
    /// together refreshed, which is no wonder and no fault while rows of long ago come in.
    ///
    /// # Errors
    /// If they do not within a minute.
    pub async fn refreshed(&self) -> Result<()> {
        const BEHIND: &str = "select view_name from materialized_views() where base_table_txn > 0 and (refresh_base_table_txn is null or refresh_base_table_txn < base_table_txn)";
        crate::eventually("the views", Duration::from_secs(60), || async {
            // Twice, since a view is the base of the next one.
            for _ in 0..2 {
                let behind = self.sql(BEHIND).await?;
                for view in behind.iter().flatten().flatten() {
                    self.sql(&format!("refresh materialized view {view} incremental")).await?;
                }
                ensure!(behind.is_empty(), "behind: {behind:?}");
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            Ok(())
        })
        .await
    }

    /// Runs a GraphQL query; gives `data`.
    ///
    /// # Errors
    /// If there is no answer, or it has errors.
    pub async fn graphql(&self, query: &str) -> Result<Value> {
        graphql(&self.url, query).await
    }

    /// GETs a path below the page's address; gives status and body.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn get(&self, path: &str) -> Result<(http::StatusCode, String)> {
        let url = format!("{}{}", self.url, path.trim_start_matches('/'));
        send(http::Request::get(url).body(Full::new(Bytes::new()))?).await
    }

    /// The database, as its owner.
    ///
    /// # Errors
    /// If there is no status.
    pub async fn database(&self) -> Result<Database> {
        let status = self.status().await?;
        let address = status["questdb"]["pg"].as_str().context("status has questdb.pg")?;
        Ok(Database::new(address, &self.data))
    }

    /// Runs SQL as the owner of the database; gives rows as text.
    ///
    /// # Errors
    /// If QuestDB refuses.
    pub async fn sql(&self, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
        self.database().await?.sql(sql).await
    }

    /// The one number that a query gives.
    ///
    /// # Errors
    /// If it gives none.
    pub async fn number(&self, sql: &str) -> Result<i64> {
        self.database().await?.number(sql).await
    }

    /// Sends SIGTERM and waits for the end; gives the pids that `naap` and its parts had.
    ///
    /// # Errors
    /// If it does not end within 15 s, or not well.
    pub async fn stop(mut self) -> Result<Vec<i32>> {
        let pids: Vec<i32> = self.pids().await?.into_values().collect();
        self.signal(Signal::SIGTERM)?;
        let ended = tokio::time::timeout(Duration::from_secs(15), self.child.wait()).await;
        let status = ended.context("naap up did not end within 15 s")??;
        ensure!(status.success(), "naap up ended with {status}");
        Ok(pids)
    }

    /// Sends a signal to `naap` itself.
    ///
    /// # Errors
    /// If it is not there.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = self.child.id().context("naap up has ended")?;
        kill(Pid::from_raw(i32::try_from(pid)?), signal)?;
        Ok(())
    }

    /// Waits until `naap` itself has ended.
    ///
    /// # Errors
    /// If waiting fails.
    pub async fn ended(&mut self) -> Result<()> {
        self.child.wait().await?;
        Ok(())
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if self.child.id().is_some() && self.signal(Signal::SIGTERM).is_ok() {
            // The data folder goes after this; nothing may still write into it.
            for _ in 0..200 {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    break;
                }
                #[expect(clippy::disallowed_methods, reason = "drop cannot wait otherwise")]
                std::thread::sleep(Duration::from_millis(100));
            }
        }
        drop(self.own_data.take());
    }
}

/// Whether a process is still there (a zombie is not).
pub fn is_alive(pid: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or("").trim_start().starts_with('Z'))
}

/// A new token for a node of the stack in a data folder.
///
/// # Errors
/// If the collector's command fails.
pub async fn token(data: &Path, node: &str) -> Result<String> {
    let out = Command::new(binaries()?.join("naap-collector"))
        .args(["token", "add", node, "--config"])
        .arg(data.join("config/collector.toml"))
        .output()
        .await?;
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    ensure!(out.status.success(), "naap-collector token add: {said}");
    Ok(String::from_utf8(out.stdout)?.trim().to_owned())
}

/// Runs `naap-collector rebuild` from one time to another, microseconds since 1970 UTC, on the stack
/// in a data folder; gives whether it ended well, and what it said.
///
/// # Errors
/// If it cannot be run.
pub async fn rebuild(data: &Path, from: i64, to: i64, check: bool) -> Result<(bool, String)> {
    let time = |us| chrono::DateTime::from_timestamp_micros(us).unwrap_or_default().to_rfc3339();
    let mut command = Command::new(binaries()?.join("naap-collector"));
    command.arg("rebuild").arg("--config").arg(data.join("config/collector.toml"));
    command.args(["--from", &time(from), "--to", &time(to), "--json"]);
    if check {
        command.arg("--check");
    }
    let done = command.stdin(Stdio::null()).output().await?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&done.stderr).into_owned();
    Ok((done.status.success(), format!("{said}{complaint}")))
}

/// Runs a GraphQL query against the API at `url`; gives `data`.
///
/// # Errors
/// If there is no answer, or it has errors.
pub async fn graphql(url: &str, query: &str) -> Result<Value> {
    let body = json!({ "query": query }).to_string();
    let request = http::Request::post(format!("{url}graphql"))
        .header("content-type", "application/json")
        // What a test has just put in must be in the answer.
        .header("cache-control", "no-cache")
        .body(Full::new(Bytes::from(body)))?;
    let (status, text) = send(request).await?;
    let answer: Value = serde_json::from_str(&text)
        .with_context(|| format!("{status}: {}", text.chars().take(300).collect::<String>()))?;
    ensure!(answer.get("errors").is_none(), "{query} gave {}", answer["errors"]);
    Ok(answer["data"].clone())
}

/// POSTs JSON; gives the answer, whatever its status.
///
/// # Errors
/// If there is none.
pub async fn post(url: &str, body: &Value) -> Result<http::Response<String>> {
    let request = http::Request::post(url)
        // What was written a moment ago is looked for, not an answer that is kept.
        .header("cache-control", "no-cache")
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body.to_string())))?;
    exchange(request).await
}

async fn send(request: http::Request<Full<Bytes>>) -> Result<(http::StatusCode, String)> {
    let answer = exchange(request).await?;
    Ok((answer.status(), answer.into_body()))
}

async fn exchange(request: http::Request<Full<Bytes>>) -> Result<http::Response<String>> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer = tokio::time::timeout(Duration::from_secs(20), client.request(request)).await;
    let (head, body) = answer.context("no answer within 20 s")??.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(http::Response::from_parts(head, String::from_utf8_lossy(&body).into_owned()))
}
