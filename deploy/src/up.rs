//! `naap up`: the whole stack, in its order, and back again. Starts processes and writes into the
//! data folder; knows the flags and configuration keys of the parts, nothing of their logic.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{info, warn};

use crate::error::{Error, Result};
use crate::folder::{Folder, Lock, remove, write_private};
use crate::java::Java;
use crate::state::{Board, Ports, State};
use crate::supervise::{self, Running, Spec};
use crate::{configs, demo, folder, http, java, limits, logs, ports, process, questdb};

/// What to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data folder; the default one if `None`.
    pub data: Option<PathBuf>,
    /// Where page and API listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the collector listens; port 0 takes a free one.
    pub grpc: SocketAddr,
    /// Recorded gateway events to replay.
    pub replay: Vec<PathBuf>,
    /// Leave their times as they are.
    pub replay_keep_times: bool,
    /// A simulated network with so many days of history.
    pub demo_days: Option<f64>,
    /// Whether this machine is measured.
    pub agent: bool,
    /// An agent configuration whose sources this machine's agent reads too.
    pub agent_config: Option<PathBuf>,
    /// A QuestDB jar to use instead of a download.
    pub questdb_jar: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            data: None,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            grpc: SocketAddr::from((Ipv4Addr::LOCALHOST, 50051)),
            replay: Vec::new(),
            replay_keep_times: false,
            demo_days: None,
            agent: true,
            agent_config: None,
            questdb_jar: None,
        }
    }
}

/// The programs of the stack; they lie beside this one.
#[derive(Debug)]
struct Programs {
    naap: PathBuf,
    collector: PathBuf,
    graphql: PathBuf,
    agent: PathBuf,
}

/// Runs the stack until `stop` counts a signal; a second signal kills. Calls `ready` with the
/// page's address once everything answers.
///
/// # Errors
/// If it cannot be started; everything that was started has been stopped again then.
pub async fn up(
    options: &Options,
    mut stop: watch::Receiver<u32>,
    ready: impl FnOnce(&str),
) -> Result<()> {
    let mut stack = Stack { held: None, parts: Vec::new() };
    let mut asked = stop.clone();
    let outcome = tokio::select! {
        failed = stack.run(options, ready) => failed,
        _ = asked.wait_for(|signals| *signals > 0) => Ok(()),
    };
    if !stack.parts.is_empty() {
        info!("stopping");
    }
    stack.stop(&mut stop).await;
    outcome
}

struct Stack {
    held: Option<(Folder, Lock)>,
    /// In the order of their start.
    parts: Vec<Running>,
}

impl Stack {
    /// Starts everything; ends only if that fails.
    async fn run(&mut self, options: &Options, ready: impl FnOnce(&str)) -> Result<()> {
        let began = Instant::now();
        let house = self.prepare(options).await?;
        let folder = &house.folder;
        self.start_database(&house).await?;
        let config = configs::collector(&house.folder, house.grpc, house.metrics, house.ports)?;
        // Before the collector starts, so that it knows the tokens from its first moment.
        let agents = house.agents(options, &config).await?;
        self.start_collector(&house, &config).await?;
        info!("starting API and page");
        let api = house.api_config()?;
        self.launch(&house, house.part("graphql", &house.programs.graphql, &["run"], &api));
        if let Some(days) = options.demo_days {
            info!("simulating a network: {days} days of history, then live");
            self.launch(&house, house.simulation(days));
        }
        for (name, config) in agents {
            let mut spec = house.part(name, &house.programs.agent, &["run"], &config);
            spec.stop_within = limits::AGENT_STOP_WITHIN;
            spec.may_finish = name == "agent-replay";
            self.launch(&house, spec);
        }
        self.all_answer(house.listen).await?;

        house.board.set_answered();
        let (url, grpc) = (&house.url, house.grpc);
        info!("everything answers after {:.1} s", began.elapsed().as_secs_f64());
        info!("page {url}   API {url}graphql   collector (gRPC) {grpc}");
        info!("metrics of the collector http://{}/metrics", house.metrics);
        info!("metrics of the API http://{}/metrics", house.api_metrics);
        info!("stop with Ctrl-C, or with `naap down --data {}`", folder.root().display());
        ready(url);
        let names = self.parts.iter().map(|p| folder.log(p.name)).collect();
        logs::keep_small(names).await;
        Ok(())
    }

    /// Everything that can be found wrong before a process is started.
    async fn prepare(&mut self, options: &Options) -> Result<House> {
        let replay = replay_files(&options.replay)?;
        options.demo_days.map_or(Ok(()), demo::check)?;
        let programs = programs()?;
        if let Some(file) = &options.agent_config {
            agent_config(&programs, file).await?;
        }
        let root = options.data.clone().map_or_else(folder::default_root, Ok)?;
        let folder = Folder::create(&root)?;
        let lock = folder.lock().await?;
        self.held = Some((folder.clone(), lock));
        process::end_leftovers(&folder).await?;
        remove(&folder.run("state.toml"))?;
        let (listen, grpc) = addresses(options)?;
        folder.check_space(options.demo_days.map_or(0, demo::bytes))?;
        info!("data folder {}", folder.root().display());
        let java = java::find().await?;
        let jar = questdb::ensure_jar(&folder, options.questdb_jar.as_deref()).await?;
        let ports = ports::for_questdb(&[listen.port(), grpc.port()])?;
        let mut taken = vec![listen.port(), grpc.port()];
        taken.extend([ports.http, ports.min, ports.pg].map(|a| a.port()));
        let metrics = ports::free(Ipv4Addr::LOCALHOST.into(), &taken)?;
        taken.push(metrics.port());
        let api_metrics = ports::free(Ipv4Addr::LOCALHOST.into(), &taken)?;
        let url = format!("http://{}/", http::reachable(listen));
        let state = State {
            pid: i32::try_from(std::process::id()).unwrap_or(-1),
            answered: false,
            url: url.clone(),
            listen,
            grpc,
            questdb: ports,
            parts: Vec::new(),
        };
        let board = Arc::new(Board::new(&folder, state)?);
        Ok(House {
            folder,
            programs,
            board,
            java,
            jar,
            ports,
            listen,
            grpc,
            metrics,
            api_metrics,
            url,
            replay,
        })
    }

    async fn start_database(&mut self, house: &House) -> Result<()> {
        let House { folder, java, jar, ports, .. } = house;
        let spec = questdb::spec(folder, java, jar, *ports, Some(&house.programs.naap))?;
        info!("starting QuestDB {} on Java {}", questdb::VERSION, java.major);
        let database = self.launch(house, spec);
        let answers = async || questdb::answers(*ports).await;
        database.ready(limits::QUESTDB_READY_WITHIN, answers).await
    }

    async fn start_collector(&mut self, house: &House, config: &Path) -> Result<()> {
        info!("starting the collector, which brings the tables up to date");
        let address_file = house.folder.run("collector.address");
        let mut spec = house.part("collector", &house.programs.collector, &["run"], config);
        spec.args.extend(["--address-file".into(), address_file.clone().into()]);
        spec.remove.push(address_file.clone());
        spec.stop_within = limits::COLLECTOR_STOP_WITHIN;
        let collector = self.launch(house, spec);
        let listens = async || listens(&address_file, house.grpc).await;
        collector.ready(limits::PART_READY_WITHIN, listens).await
    }

    fn launch(&mut self, house: &House, spec: Spec) -> &Running {
        let running = supervise::start(spec, Arc::clone(&house.board));
        self.parts.push(running);
        // Just pushed: there is a last one.
        self.parts.last().expect("a part was pushed")
    }

    /// Waits until the API says that API, collector and QuestDB answer, and looks whether the
    /// agents live.
    async fn all_answer(&self, listen: SocketAddr) -> Result<()> {
        let healthy = async || match http::get(http::reachable(listen), "/healthz").await? {
            (status, _) if status.is_success() => Ok(()),
            (status, body) => Err(format!("/healthz answers {status}: {}", body.trim())),
        };
        for part in self.parts.iter().filter(|p| p.name == "graphql") {
            part.ready(limits::PART_READY_WITHIN, healthy).await?;
        }
        self.parts.iter().try_for_each(Running::died)
    }

    /// Stops everything, the ones that feed before those that are fed; kills it on a second signal.
    async fn stop(&mut self, signals: &mut watch::Receiver<u32>) {
        let already = *signals.borrow();
        let hurry = signals.wait_for(|n| *n > already.max(1));
        let in_order = async {
            for group in ["simulation", "agent", "graphql", "collector", "questdb"] {
                let members = || self.parts.iter().filter(|p| p.name.starts_with(group));
                members().for_each(Running::tell_stop);
                for part in self.parts.iter_mut().filter(|p| p.name.starts_with(group)) {
                    part.stopped().await;
                }
            }
        };
        let hurried = tokio::select! {
            () = in_order => false,
            _ = hurry => true,
        };
        if hurried {
            warn!("a second signal: everything is killed");
            self.parts.iter().for_each(Running::kill);
            for part in &mut self.parts {
                part.stopped().await;
            }
        }
        if let Some((folder, _lock)) = &self.held
            && let Err(e) = remove(&folder.run("state.toml"))
        {
            warn!(error = %e, "`naap status` may be out of date");
        }
    }
}

/// What the start of every part needs.
struct House {
    folder: Folder,
    programs: Programs,
    board: Arc<Board>,
    java: Java,
    jar: PathBuf,
    ports: Ports,
    listen: SocketAddr,
    grpc: SocketAddr,
    metrics: SocketAddr,
    api_metrics: SocketAddr,
    url: String,
    replay: Vec<PathBuf>,
}

impl House {
    fn api_config(&self) -> Result<PathBuf> {
        configs::graphql(&self.folder, self.listen, self.grpc, self.api_metrics, self.ports)
    }

    /// The agents that are wanted: names and configurations.
    async fn agents(
        &self,
        options: &Options,
        collector: &Path,
    ) -> Result<Vec<(&'static str, PathBuf)>> {
        let Self { folder, programs, grpc, replay, .. } = self;
        let mut agents = Vec::new();
        if options.agent {
            let token = token(programs, folder, collector, "local", false).await?;
            let more = options.agent_config.as_deref();
            agents.push(("agent-local", configs::local_agent(folder, *grpc, &token, more)?));
        }
        if !replay.is_empty() {
            let keep = options.replay_keep_times;
            let token = token(programs, folder, collector, "replay", keep).await?;
            let config = configs::replay_agent(folder, *grpc, &token, replay, keep)?;
            agents.push(("agent-replay", config));
        }
        if let Some(days) = options.demo_days {
            demo::prepare(folder, days)?;
            for (n, gateway) in demo::GATEWAYS.iter().enumerate() {
                let token = token(programs, folder, collector, gateway.node, true).await?;
                let file = demo::events(folder, n);
                let config = configs::demo_agent(folder, *grpc, &token, gateway, file)?;
                agents.push((gateway.part, config));
            }
        }
        Ok(agents)
    }

    /// The simulated network: this program, which writes the files that its agents follow.
    fn simulation(&self, days: f64) -> Spec {
        Spec {
            name: "simulation",
            program: self.programs.naap.clone(),
            args: demo::arguments(&self.folder, days),
            env: None,
            folder: self.folder.root().to_owned(),
            log: self.folder.log("simulation"),
            remove: Vec::new(),
            make: Vec::new(),
            pid_file: None,
            may_finish: false,
            stop_within: limits::SIMULATION_STOP_WITHIN,
        }
    }

    fn part(&self, name: &'static str, program: &Path, args: &[&str], config: &Path) -> Spec {
        let mut args: Vec<OsString> = args.iter().map(OsString::from).collect();
        args.extend(["--config".into(), config.into(), "--exit-with-parent".into()]);
        Spec {
            name,
            program: program.to_owned(),
            args,
            env: None,
            folder: self.folder.root().to_owned(),
            log: self.folder.log(name),
            remove: Vec::new(),
            make: Vec::new(),
            pid_file: None,
            may_finish: false,
            stop_within: limits::API_STOP_WITHIN,
        }
    }
}

/// Whether the collector has said that it listens, and does.
async fn listens(address_file: &Path, address: SocketAddr) -> Result<(), String> {
    if !address_file.exists() {
        return Err("it does not listen yet".into());
    }
    let address = http::reachable(address);
    let connected = tokio::net::TcpStream::connect(address).await;
    connected.map(drop).map_err(|e| format!("{address}: {e}"))
}

/// The two public addresses, free and different.
fn addresses(options: &Options) -> Result<(SocketAddr, SocketAddr)> {
    let (listen, grpc) = (options.listen, options.grpc);
    if listen.port() != 0 && listen.port() == grpc.port() {
        return Err(Error::SamePort(listen.port()));
    }
    if !grpc.ip().is_loopback() {
        return Err(Error::OpenGrpc(grpc));
    }
    let listen = ports::claim("--listen", listen, &[grpc.port()])?;
    let grpc = ports::claim("--grpc", grpc, &[listen.port()])?;
    Ok((listen, grpc))
}

/// The recorded files, absolute; each can be read.
fn replay_files(files: &[PathBuf]) -> Result<Vec<PathBuf>> {
    if let Some(path) = files.get(limits::MAX_REPLAY_FILES) {
        let why = format!("more than {} files; join some", limits::MAX_REPLAY_FILES);
        return Err(Error::Replay { path: path.clone(), why });
    }
    let mut absolute = Vec::new();
    for path in files {
        let refused = |why: String| Error::Replay { path: path.clone(), why };
        let real = path.canonicalize().map_err(|e| refused(e.to_string()))?;
        let mut first = [0; 1];
        let meta = real.metadata().map_err(|e| refused(e.to_string()))?;
        if !meta.is_file() {
            return Err(refused("is not a file".into()));
        }
        let read = File::open(&real).and_then(|mut file| file.read(&mut first));
        match read {
            Ok(0) => return Err(refused("is empty".into())),
            Ok(_) if absolute.contains(&real) => warn!("{} is named twice", real.display()),
            Ok(_) => absolute.push(real),
            Err(e) => return Err(refused(e.to_string())),
        }
    }
    Ok(absolute)
}

/// The programs beside this one.
fn programs() -> Result<Programs> {
    let naap = std::env::current_exe().map_err(Error::file("find", "naap"))?;
    programs_in(naap.parent().unwrap_or_else(|| Path::new(".")), &naap)
}

fn programs_in(folder: &Path, naap: &Path) -> Result<Programs> {
    let beside = |name: &'static str| {
        let path = folder.join(name);
        let missing = || Error::NoProgram { name, folder: folder.to_owned() };
        if path.is_file() { Ok(path) } else { Err(missing()) }
    };
    Ok(Programs {
        naap: naap.to_owned(),
        collector: beside("naap-collector")?,
        graphql: beside("naap-graphql")?,
        agent: beside("naap-agent")?,
    })
}

/// Lets the agent say whether it can use a configuration.
async fn agent_config(programs: &Programs, file: &Path) -> Result<()> {
    let mut command = Command::new(&programs.agent);
    command.args(["validate", "--config"]).arg(file).stdin(Stdio::null()).kill_on_drop(true);
    let refused = |why: String| Error::AgentConfig { path: file.to_owned(), why };
    let run = tokio::time::timeout(limits::COMMAND_WITHIN, command.output()).await;
    let output = match run {
        Ok(Ok(output)) => output,
        Ok(Err(e)) => return Err(refused(e.to_string())),
        Err(_) => return Err(refused(format!("no word on it in {:?}", limits::COMMAND_WITHIN))),
    };
    if output.status.success() {
        return Ok(());
    }
    Err(refused(logs::last_lines(&String::from_utf8_lossy(&output.stderr))))
}

/// The token of a node of this stack, made once; gives its path.
async fn token(
    programs: &Programs,
    folder: &Folder,
    config: &Path,
    node: &str,
    accept_old: bool,
) -> Result<PathBuf> {
    let name = if accept_old { format!("{node}-old.token") } else { format!("{node}.token") };
    let path = folder.secret(&name);
    let known = configs::tokens_file(folder).exists();
    if known && path.metadata().is_ok_and(|m| m.len() > 0) {
        return Ok(path);
    }
    let mut command = Command::new(&programs.collector);
    command.args(["token", "add", node]);
    if accept_old {
        command.arg("--accept-old");
    }
    command.arg("--config").arg(config).stdin(Stdio::null()).kill_on_drop(true);
    let shown = format!("naap-collector token add {node}");
    let failed = |how: String, said: String| Error::Command { command: shown.clone(), how, said };
    let run = tokio::time::timeout(limits::COMMAND_WITHIN, command.output()).await;
    let output = match run {
        Ok(Ok(output)) => output,
        Ok(Err(e)) => return Err(failed(e.to_string(), String::new())),
        Err(_) => {
            let limit: Duration = limits::COMMAND_WITHIN;
            return Err(failed(format!("no end within {limit:?}"), String::new()));
        }
    };
    let said = logs::last_lines(&String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        return Err(failed(process::how(output.status), said));
    }
    let token = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if token.is_empty() || token.contains(char::is_whitespace) {
        return Err(failed("it printed no token".into(), said));
    }
    write_private(&path, token.as_bytes())?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_files_are_checked_before_anything_starts() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let good = file("good.jsonl", "{}\n");
        let twice = [good.clone(), dir.path().join("./good.jsonl")];
        assert_eq!(replay_files(&twice).unwrap(), [good.canonicalize().unwrap()]);
        for (path, why) in [
            (dir.path().join("none.jsonl"), "No such file"),
            (dir.path().to_owned(), "not a file"),
            (file("empty.jsonl", ""), "is empty"),
        ] {
            let error = replay_files(&[good.clone(), path.clone()]).unwrap_err().to_string();
            assert!(error.contains(why) && error.contains(path.to_str().unwrap()), "{error}");
        }
        let many = vec![good; limits::MAX_REPLAY_FILES + 1];
        assert!(replay_files(&many).is_err());
    }

    #[test]
    fn page_and_collector_need_different_ports() {
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, 45_678));
        let same = Options { listen: at, grpc: at, ..Options::default() };
        assert!(matches!(addresses(&same), Err(Error::SamePort(45_678))));
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let free = Options { listen: any, grpc: any, ..Options::default() };
        let open = Options { grpc: SocketAddr::from(([0, 0, 0, 0], 0)), ..free.clone() };
        assert!(matches!(addresses(&open), Err(Error::OpenGrpc(_))));
        let (listen, grpc) = addresses(&free).unwrap();
        assert!(listen.port() != 0 && grpc.port() != 0 && listen != grpc);
    }

    #[test]
    fn a_missing_program_is_named() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("naap-collector"), "").unwrap();
        let error = programs_in(dir.path(), Path::new("naap")).unwrap_err().to_string();
        assert!(error.contains("naap-graphql") && error.contains("cargo build"), "{error}");
    }

    /// A collector that makes tokens as it is told by the second argument of this function.
    fn fake_collector(dir: &Path, script: &str) -> Programs {
        let path = dir.join("naap-collector");
        // Written by a process of its own: what this one has open for writing, a process that
        // another test starts has too for a moment, and then it cannot be run.
        let written = std::process::Command::new("sh")
            .args(["-c", "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$0\" && chmod 755 \"$0\""])
            .arg(&path)
            .arg(script)
            .status();
        assert!(written.unwrap().success());
        Programs { naap: path.clone(), graphql: path.clone(), agent: path.clone(), collector: path }
    }

    #[tokio::test]
    async fn a_token_is_made_once_for_each_known_tokens_file() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(&dir.path().join("data")).unwrap();
        let tokens = configs::tokens_file(&folder);
        let count = dir.path().join("count");
        let script = format!(
            "echo \"$@\" >> '{}'; touch '{}'; echo token-$4",
            count.display(),
            tokens.display()
        );
        let programs = fake_collector(dir.path(), &script);
        let config = folder.config("collector");
        let calls = || std::fs::read_to_string(&count).unwrap().lines().count();
        for _ in 0..2 {
            let path = token(&programs, &folder, &config, "replay", true).await.unwrap();
            assert_eq!(std::fs::read_to_string(path).unwrap(), "token---accept-old");
            assert_eq!(calls(), 1);
        }
        let other = token(&programs, &folder, &config, "replay", false).await.unwrap();
        assert_eq!(std::fs::read_to_string(other).unwrap(), "token---config");
        assert_eq!(calls(), 2);
        std::fs::remove_file(&tokens).unwrap();
        token(&programs, &folder, &config, "replay", true).await.unwrap();
        assert_eq!(calls(), 3, "a collector that forgot its tokens gets a new one");
    }

    #[tokio::test]
    async fn a_collector_that_refuses_is_quoted() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(&dir.path().join("data")).unwrap();
        let programs = fake_collector(dir.path(), "echo no such key: listne >&2; exit 2");
        let error = token(&programs, &folder, Path::new("c"), "local", false).await.unwrap_err();
        let text = error.to_string();
        for word in ["token add local", "exit code 2", "no such key: listne"] {
            assert!(text.contains(word), "{word} is not in {text}");
        }
    }
}
