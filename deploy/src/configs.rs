//! The configurations of collector, API and agents, as this stack wants them. Writes files below
//! `config/`; paths in them are absolute, secrets are named by path.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::folder::{Folder, write_private};
use crate::state::Ports;
use crate::{demo, http, questdb};

/// Events reach the database after this long: the page of a local stack should feel live.
const FLUSH_EVENTS: &str = "500ms";
/// Samples too; each commit costs about 24 ms of CPU, and samples come every second.
const FLUSH_SAMPLES: &str = "1s";
/// How often the local agent samples.
const SAMPLE_EVERY: &str = "1s";

#[derive(Serialize)]
struct Collector {
    listen: SocketAddr,
    tokens_file: PathBuf,
    questdb: CollectorQuestDb,
    flush: Flush,
    metrics: Metrics,
}

#[derive(Serialize)]
struct Metrics {
    listen: SocketAddr,
}

#[derive(Serialize)]
struct CollectorQuestDb {
    http: SocketAddr,
    http_user: &'static str,
    http_password_file: PathBuf,
    pg: SocketAddr,
    pg_user: &'static str,
    pg_password_file: PathBuf,
}

#[derive(Serialize)]
struct Flush {
    events: &'static str,
    samples: &'static str,
}

#[derive(Serialize)]
struct Api {
    listen: SocketAddr,
    collector: String,
    questdb: ApiQuestDb,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<Rate>,
    metrics: Metrics,
    datasets: Datasets,
}

#[derive(Serialize)]
struct Rate {
    points: u32,
}

#[derive(Serialize)]
struct Datasets {
    folder: PathBuf,
}

#[derive(Serialize)]
struct ApiQuestDb {
    pg: SocketAddr,
    pg_user: &'static str,
    pg_password_file: PathBuf,
}

#[derive(Serialize)]
struct Agent {
    kind: &'static str,
    origin: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discover: Option<bool>,
    collector: AgentCollector,
    spool: Spool,
    host: Machine,
    gpu: Machine,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<Events>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<Replay>,
}

#[derive(Serialize)]
struct Spool {
    dir: PathBuf,
}

#[derive(Serialize)]
struct AgentCollector {
    address: String,
    token_file: PathBuf,
}

/// What is sampled of the machine. Left out, `enabled` is as the agent has it.
#[derive(Serialize)]
struct Machine {
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<&'static str>,
}

impl Machine {
    const SAMPLED: Self = Self { enabled: None, interval: Some(SAMPLE_EVERY) };
    const LEFT_OUT: Self = Self { enabled: Some(false), interval: None };
}

#[derive(Serialize)]
struct Events {
    name: String,
    path: PathBuf,
    follow: bool,
    shift: &'static str,
}

#[derive(Serialize)]
struct Replay {
    state_file: PathBuf,
}

/// Where the collector keeps the hashes of the tokens that it knows.
pub(crate) fn tokens_file(folder: &Folder) -> PathBuf {
    folder.secret("tokens.toml")
}

/// Writes the collector's configuration.
pub(crate) fn collector(
    folder: &Folder,
    listen: SocketAddr,
    metrics: SocketAddr,
    ports: Ports,
) -> Result<PathBuf> {
    let config = Collector {
        listen,
        tokens_file: tokens_file(folder),
        questdb: CollectorQuestDb {
            http: ports.http,
            http_user: questdb::USER,
            http_password_file: folder.password(questdb::HTTP_PASSWORD)?,
            pg: ports.pg,
            pg_user: questdb::USER,
            pg_password_file: folder.password(questdb::PG_PASSWORD)?,
        },
        flush: Flush { events: FLUSH_EVENTS, samples: FLUSH_SAMPLES },
        metrics: Metrics { listen: metrics },
    };
    write(folder, "collector", &config)
}

/// Writes the API's configuration.
pub(crate) fn graphql(
    folder: &Folder,
    listen: SocketAddr,
    grpc: SocketAddr,
    metrics: SocketAddr,
    ports: Ports,
) -> Result<PathBuf> {
    // Who asks over loopback is whoever runs this; others may spend what the API lets them.
    let rate = listen.ip().is_loopback().then_some(Rate { points: 0 });
    let config = Api {
        listen,
        collector: collector_url(grpc),
        questdb: ApiQuestDb {
            pg: ports.pg,
            pg_user: questdb::READ_USER,
            pg_password_file: folder.password(questdb::PG_READ_PASSWORD)?,
        },
        rate,
        metrics: Metrics { listen: metrics },
        datasets: Datasets { folder: folder.datasets() },
    };
    write(folder, "graphql", &config)
}

/// Writes the configuration of the agent that measures this machine, with the sources of another
/// configuration, `more`, where one is given.
pub(crate) fn local_agent(
    folder: &Folder,
    grpc: SocketAddr,
    token: &Path,
    more: Option<&Path>,
) -> Result<PathBuf> {
    let config = Agent {
        kind: "host",
        origin: "organic",
        region: None,
        discover: None,
        collector: AgentCollector { address: collector_url(grpc), token_file: token.to_owned() },
        spool: Spool { dir: folder.spool("local") },
        host: Machine::SAMPLED,
        gpu: Machine::SAMPLED,
        events: Vec::new(),
        replay: None,
    };
    match more {
        Some(file) => write(folder, "agent-local", &with_more(&config, file)?),
        None => write(folder, "agent-local", &config),
    }
}

/// What stands in `file`, but collector and spool of `config`, and its pace where `file` names none.
fn with_more(config: &Agent, file: &Path) -> Result<toml::Table> {
    let refused = |why: String| Error::AgentConfig { path: file.to_owned(), why };
    let text = std::fs::read_to_string(file).map_err(|e| refused(e.to_string()))?;
    let mut more: toml::Table =
        text.parse().map_err(|e: toml::de::Error| refused(e.to_string()))?;
    let dir = file.parent().unwrap_or(Path::new(".")).canonicalize();
    let dir = dir.map_err(|e| refused(e.to_string()))?;
    for value in more.iter_mut().map(|(_, value)| value) {
        make_absolute(value, &dir).map_err(refused)?;
    }
    let own = toml::Table::try_from(config)
        .map_err(|source| Error::Config { name: "agent-local", source })?;
    for (key, value) in own {
        match key.as_str() {
            "collector" | "spool" => drop(more.insert(key, value)),
            "host" | "gpu" => drop(more.entry(key).or_insert(value)),
            // The agent finds out what it is beside, unless the file says.
            _ => {}
        }
    }
    Ok(more)
}

/// Paths in an agent's configuration are relative to it; here they are made absolute. They stand
/// under keys `path`, `file`, `dir`, or ones that end with `_file` or `_dir`.
fn make_absolute(value: &mut toml::Value, dir: &Path) -> std::result::Result<(), String> {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table.iter_mut() {
                let names_path = ["path", "file", "dir"].contains(&key.as_str())
                    || key.ends_with("_file")
                    || key.ends_with("_dir");
                match value {
                    toml::Value::String(text) if names_path && text == "-" => {
                        return Err("standard input is not this agent's; name a file".to_owned());
                    }
                    toml::Value::String(text) if names_path => {
                        let path = dir.join(&*text);
                        let path = path.to_str().ok_or("its folder's name is no text")?;
                        path.clone_into(text);
                    }
                    other => make_absolute(other, dir)?,
                }
            }
            Ok(())
        }
        toml::Value::Array(items) => items.iter_mut().try_for_each(|v| make_absolute(v, dir)),
        _ => Ok(()),
    }
}

/// Writes the configuration of the agent that replays recorded files.
pub(crate) fn replay_agent(
    folder: &Folder,
    grpc: SocketAddr,
    token: &Path,
    files: &[PathBuf],
    keep_times: bool,
) -> Result<PathBuf> {
    let shift = if keep_times { "none" } else { "newest-is-now" };
    let events = files.iter().map(|path| Events {
        name: source_name(path),
        path: path.clone(),
        follow: false,
        shift,
    });
    let config = Agent {
        kind: "replay",
        origin: "replayed",
        region: None,
        discover: None,
        collector: AgentCollector { address: collector_url(grpc), token_file: token.to_owned() },
        spool: Spool { dir: folder.spool("replay") },
        // This machine has an agent of its own; its rows must not come twice.
        host: Machine::LEFT_OUT,
        gpu: Machine::LEFT_OUT,
        events: events.collect(),
        replay: Some(Replay { state_file: folder.replay_state() }),
    };
    write(folder, "agent-replay", &config)
}

/// Writes the configuration of the agent beside a simulated gateway, which follows `file`.
pub(crate) fn demo_agent(
    folder: &Folder,
    grpc: SocketAddr,
    token: &Path,
    gateway: &demo::Gateway,
    file: PathBuf,
) -> Result<PathBuf> {
    let config = Agent {
        kind: "gateway",
        origin: "simulated",
        region: Some(gateway.region),
        // A node that is really here has its own agent, and is organic.
        discover: Some(false),
        collector: AgentCollector { address: collector_url(grpc), token_file: token.to_owned() },
        spool: Spool { dir: folder.spool(gateway.part) },
        // It stands on no machine that could be measured.
        host: Machine::LEFT_OUT,
        gpu: Machine::LEFT_OUT,
        events: vec![Events {
            name: "simulated".to_owned(),
            path: file,
            follow: true,
            shift: "none",
        }],
        replay: None,
    };
    write(folder, gateway.part, &config)
}

fn collector_url(grpc: SocketAddr) -> String {
    format!("http://{}", http::reachable(grpc))
}

/// A name for a recorded file that stays the same whatever other files are replayed with it.
fn source_name(path: &Path) -> String {
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    let short: Vec<u8> = digest.into_iter().take(4).collect();
    format!("replay-{}", hex::encode(short))
}

fn write<T: Serialize>(folder: &Folder, name: &'static str, config: &T) -> Result<PathBuf> {
    let text = toml::to_string(config).map_err(|source| Error::Config { name, source })?;
    let text = format!("# Written by `naap up` at each start; changes here are lost.\n{text}");
    let path = folder.config(name);
    write_private(&path, text.as_bytes())?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports;

    struct Bench {
        folder: Folder,
        _dir: tempfile::TempDir,
    }

    fn bench() -> Bench {
        let dir = tempfile::tempdir().unwrap();
        // A path that TOML must escape.
        let folder = Folder::create(&dir.path().join("a \"b\" \\ c")).unwrap();
        Bench { folder, _dir: dir }
    }

    fn parse(path: &Path) -> toml::Table {
        std::fs::read_to_string(path).unwrap().parse().unwrap()
    }

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([0, 0, 0, 0], port))
    }

    fn path_in(value: &toml::Value) -> &Path {
        Path::new(value.as_str().unwrap())
    }

    #[test]
    fn collector_and_api_get_the_same_database_as_different_users() {
        let Bench { folder, _dir } = bench();
        let ports = ports::for_questdb(&[]).unwrap();
        let collector = parse(&collector(&folder, at(50051), at(9464), ports).unwrap());
        let api = parse(&graphql(&folder, at(8080), at(50051), at(9465), ports).unwrap());
        assert_eq!(collector["listen"].as_str(), Some("0.0.0.0:50051"));
        assert_eq!(api["collector"].as_str(), Some("http://127.0.0.1:50051"));
        assert_eq!(collector["metrics"]["listen"].as_str(), Some("0.0.0.0:9464"));
        assert_eq!(api["listen"].as_str(), Some("0.0.0.0:8080"));
        assert_eq!(api["metrics"]["listen"].as_str(), Some("0.0.0.0:9465"));
        assert!(api.get("rate").is_none(), "others are limited");
        assert_eq!(collector["questdb"]["pg"], api["questdb"]["pg"]);
        assert_eq!(collector["questdb"]["pg_user"].as_str(), Some("naap"));
        assert_eq!(api["questdb"]["pg_user"].as_str(), Some("naap_read"));
        let (all, read) =
            (&collector["questdb"]["pg_password_file"], &api["questdb"]["pg_password_file"]);
        assert_ne!(all, read);
        assert!(path_in(all).is_file() && path_in(read).is_file());
        assert_eq!(path_in(&api["datasets"]["folder"]), folder.datasets());
        assert!(path_in(&collector["tokens_file"]).starts_with(folder.root().join("secrets")));
    }

    #[test]
    fn further_sources_join_the_local_agent_and_the_stack_keeps_what_is_its_own() {
        let Bench { folder, _dir } = bench();
        let token = folder.secret("t");
        let file = _dir.path().join("more.toml");
        let text = "region = \"eu-west\"\n[collector]\naddress = \"https://elsewhere:1\"\n\
                    token_file = \"mine\"\n[spool]\nmax_bytes = 9\n[[livepeer]]\nname = \"n\"\n\
                    url = \"http://127.0.0.1:7935\"\n[[events]]\nname = \"e\"\npath = \"e.jsonl\"\n";
        std::fs::write(&file, text).unwrap();
        let merged = local_agent(&folder, at(50051), &token, Some(&file)).unwrap();
        let merged = parse(&merged);
        assert_eq!(merged["collector"]["address"].as_str(), Some("http://127.0.0.1:50051"));
        assert_eq!(path_in(&merged["collector"]["token_file"]), token);
        assert_eq!(path_in(&merged["spool"]["dir"]), folder.spool("local"));
        assert!(merged["spool"].get("max_bytes").is_none());
        assert_eq!(merged["region"].as_str(), Some("eu-west"));
        assert_eq!(merged["host"]["interval"].as_str(), Some("1s"));
        assert_eq!(merged["gpu"]["interval"].as_str(), Some("1s"));
        assert_eq!(merged["livepeer"][0]["url"].as_str(), Some("http://127.0.0.1:7935"));
        let events = _dir.path().canonicalize().unwrap().join("e.jsonl");
        assert_eq!(path_in(&merged["events"][0]["path"]), events);
        assert!(!merged.contains_key("kind"), "a node that is found says what this is");
        std::fs::write(&file, "[[events]]\nname = \"e\"\npath = \"-\"\n").unwrap();
        let error = local_agent(&folder, at(1), &token, Some(&file)).unwrap_err().to_string();
        assert!(error.contains("more.toml") && error.contains("standard input"), "{error}");
    }

    #[test]
    fn agents_of_a_demonstration_say_simulated_and_follow_their_file() {
        let Bench { folder, _dir } = bench();
        let token = folder.secret("t");
        let mut spools = std::collections::BTreeSet::new();
        for (n, gateway) in demo::GATEWAYS.iter().enumerate() {
            let file = demo::events(&folder, n);
            let config = demo_agent(&folder, at(1), &token, gateway, file.clone()).unwrap();
            let config = parse(&config);
            assert_eq!(config["origin"].as_str(), Some("simulated"));
            assert_eq!(config["kind"].as_str(), Some("gateway"));
            assert_eq!(config["discover"].as_bool(), Some(false));
            assert_eq!(config["region"].as_str(), Some(gateway.region));
            assert_eq!(path_in(&config["events"][0]["path"]), file);
            assert_eq!(config["events"][0]["follow"].as_bool(), Some(true));
            assert_eq!(config["events"][0]["shift"].as_str(), Some("none"));
            assert_eq!(config["host"]["enabled"].as_bool(), Some(false));
            spools.insert(config["spool"]["dir"].as_str().unwrap().to_owned());
        }
        assert_eq!(spools.len(), demo::GATEWAYS.len(), "each agent has its own");
    }

    #[test]
    fn agents_say_what_their_rows_are() {
        let Bench { folder, _dir } = bench();
        let token = folder.secret("t");
        let local = parse(&local_agent(&folder, at(1), &token, None).unwrap());
        assert_eq!(local["origin"].as_str(), Some("organic"));
        assert_eq!(local["host"]["interval"].as_str(), Some("1s"));
        assert_eq!(local["gpu"]["interval"].as_str(), Some("1s"));
        assert!(!local.contains_key("events") && !local.contains_key("replay"));
        let files = ["/a/x.jsonl".into(), "/b/x.jsonl".into()];
        let replay = parse(&replay_agent(&folder, at(1), &token, &files, false).unwrap());
        assert_eq!(replay["origin"].as_str(), Some("replayed"));
        assert_eq!(replay["kind"].as_str(), Some("replay"));
        assert_eq!(replay["host"]["enabled"].as_bool(), Some(false));
        assert_eq!(replay["gpu"]["enabled"].as_bool(), Some(false));
        let events = replay["events"].as_array().unwrap();
        assert_eq!(events.len(), 2);
        assert_ne!(events[0]["name"], events[1]["name"]);
        assert_eq!(events[0]["shift"].as_str(), Some("newest-is-now"));
        assert!(path_in(&replay["replay"]["state_file"]).starts_with(folder.root()));
        assert_ne!(local["spool"]["dir"], replay["spool"]["dir"], "each agent has its own");
        let alone = parse(&replay_agent(&folder, at(1), &token, &files[1..], true).unwrap());
        assert_eq!(alone["events"][0]["shift"].as_str(), Some("none"));
        assert_eq!(alone["events"][0]["name"], events[1]["name"], "names do not depend on others");
    }
}
