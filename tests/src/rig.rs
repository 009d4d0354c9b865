//! The parts of the stack, each a process of its own that can be killed, stopped and started at
//! will. `naap up` sets everything up once; from then on its place as their keeper is taken here,
//! so that a test decides when a part comes back.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

use crate::database::Database;
use crate::{Options, Stack, eventually, stack};

/// A process, as `naap up` started it.
#[derive(Debug, Clone)]
struct Recipe {
    argv: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    folder: PathBuf,
}

impl Recipe {
    /// Of a running process.
    fn of(pid: i32) -> Result<Self> {
        let words = |file: &str| -> Result<Vec<OsString>> {
            let bytes = std::fs::read(format!("/proc/{pid}/{file}"))?;
            let words = bytes.split(|b| *b == 0).filter(|w| !w.is_empty());
            Ok(words.map(|w| OsString::from_vec(w.to_vec())).collect())
        };
        let pair = |word: OsString| {
            let bytes = word.into_vec();
            let at = bytes.iter().position(|b| *b == b'=')?;
            let (name, value) = (bytes.get(..at)?, bytes.get(at + 1..)?);
            Some((OsString::from_vec(name.to_vec()), OsString::from_vec(value.to_vec())))
        };
        Ok(Self {
            argv: words("cmdline")?,
            env: words("environ")?.into_iter().filter_map(pair).collect(),
            folder: std::fs::read_link(format!("/proc/{pid}/cwd"))?,
        })
    }
}

/// The parts, those that run and those that do not.
#[derive(Debug)]
pub struct Rig {
    /// The data folder.
    pub data: PathBuf,
    /// The page, `http://HOST:PORT/`.
    pub url: String,
    /// Where the collector listens, `HOST:PORT`.
    pub grpc: String,
    /// The database.
    pub database: Database,
    questdb_http: String,
    recipes: BTreeMap<String, Recipe>,
    running: BTreeMap<String, Child>,
}

impl Rig {
    /// Sets up a stack in a data folder and starts QuestDB and the collector.
    ///
    /// # Errors
    /// If it does not get ready.
    pub async fn start(data: &Path) -> Result<Self> {
        let options = Options { data: Some(data.to_owned()), ..Options::default() };
        let stack = Stack::start(options).await?;
        let (database, url) = (stack.database().await?, stack.url.clone());
        let (status, pids) = (stack.status().await?, stack.pids().await?);
        let address = |v: &serde_json::Value| v.as_str().map(str::to_owned);
        let grpc = address(&status["grpc"]).context("status has grpc")?;
        let questdb_http =
            address(&status["questdb"]["http"]).context("status has questdb.http")?;
        let mut recipes = BTreeMap::new();
        for (name, pid) in pids {
            // `naap` itself is not a part of this.
            if ["questdb", "collector", "graphql"].contains(&name.as_str()) {
                recipes.insert(name, Recipe::of(pid)?);
            }
        }
        ensure!(recipes.len() == 3, "the parts are {:?}", recipes.keys());
        stack.stop().await?;
        let (data, running) = (data.to_owned(), BTreeMap::new());
        let mut rig = Self { data, url, grpc, database, questdb_http, recipes, running };
        rig.launch("questdb").await?;
        rig.launch("collector").await?;
        Ok(rig)
    }

    /// Starts a part; does not wait.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn spawn(&mut self, part: &str) -> Result<()> {
        let recipe = self.recipes.get(part).with_context(|| format!("no part {part}"))?;
        if part == "questdb" {
            // As `naap up` does: a power cut can tear it, and then QuestDB never starts again.
            let public = self.data.join("questdb/root/public");
            if public.exists() {
                std::fs::remove_dir_all(&public)?;
            }
            std::fs::create_dir_all(self.data.join("questdb/tmp"))?;
        }
        let (program, args) = recipe.argv.split_first().context("a command")?;
        let path = self.data.join(format!("rig-{part}.log"));
        let log = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
        let child = Command::new(program)
            .args(args)
            .env_clear()
            .envs(recipe.env.iter().cloned())
            .current_dir(&recipe.folder)
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        self.running.insert(part.to_owned(), child);
        Ok(())
    }

    /// Starts a part and waits until it can be connected to.
    ///
    /// # Errors
    /// If it does not get ready.
    pub async fn launch(&mut self, part: &str) -> Result<()> {
        self.spawn(part)?;
        match part {
            "questdb" => eventually("QuestDB", Duration::from_secs(90), || async {
                tokio::net::TcpStream::connect(&self.questdb_http).await?;
                self.database.sql("select 1").await
            })
            .await
            .map(drop),
            "collector" => eventually("the collector", Duration::from_secs(90), || async {
                Ok(tokio::net::TcpStream::connect(&self.grpc).await?)
            })
            .await
            .map(drop),
            _ => eventually("the API", Duration::from_secs(60), || async {
                stack::graphql(&self.url, "{ status { ok } }").await
            })
            .await
            .map(drop),
        }
    }

    /// The process of a part.
    ///
    /// # Errors
    /// If it does not run.
    pub fn pid(&self, part: &str) -> Result<i32> {
        let child = self.running.get(part).with_context(|| format!("{part} does not run"))?;
        Ok(i32::try_from(child.id().with_context(|| format!("{part} has ended"))?)?)
    }

    /// Sends a signal to a part.
    ///
    /// # Errors
    /// If it does not run.
    pub fn signal(&self, part: &str, signal: Signal) -> Result<()> {
        Ok(kill(Pid::from_raw(self.pid(part)?), signal)?)
    }

    /// SIGKILL; comes back when the process is gone.
    ///
    /// # Errors
    /// If it did not run.
    pub async fn kill(&mut self, part: &str) -> Result<()> {
        let mut child =
            self.running.remove(part).with_context(|| format!("{part} does not run"))?;
        child.kill().await?;
        Ok(())
    }

    /// Waits until a part was ended by somebody else.
    ///
    /// # Errors
    /// If it is still there after `limit`.
    pub async fn gone(&mut self, part: &str, limit: Duration) -> Result<()> {
        let child = self.running.get_mut(part).with_context(|| format!("{part} does not run"))?;
        let ended = tokio::time::timeout(limit, child.wait()).await;
        if ended.is_err() {
            bail!("{part} is still there after {limit:?}");
        }
        self.running.remove(part);
        Ok(())
    }

    /// A new token for a node, in a file.
    ///
    /// # Errors
    /// If the collector's command fails.
    pub async fn token_file(&self, node: &str) -> Result<PathBuf> {
        let path = self.data.join(format!("token-{node}"));
        std::fs::write(&path, stack::token(&self.data, node).await?)?;
        Ok(path)
    }

    /// Runs a GraphQL query; starts the API if it does not run.
    ///
    /// # Errors
    /// If there is no answer, or it has errors.
    pub async fn graphql(&mut self, query: &str) -> Result<serde_json::Value> {
        if !self.running.contains_key("graphql") {
            self.launch("graphql").await?;
        }
        stack::graphql(&self.url, query).await
    }

    /// Ends everything in order.
    ///
    /// # Errors
    /// If a part does not end.
    pub async fn stop(mut self) -> Result<()> {
        for part in ["graphql", "collector", "questdb"] {
            if self.running.contains_key(part) {
                self.signal(part, Signal::SIGTERM)?;
                self.gone(part, Duration::from_secs(30)).await?;
            }
        }
        Ok(())
    }
}
