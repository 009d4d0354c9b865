//! go-livepeer nodes: which answer, what they are, and whether they send gateway events.

use std::collections::BTreeSet;

use super::Report;
use crate::config::Config;
use crate::discover::{self, Answer, Node};
use crate::source::node_http::release;

/// What a node tells only from a version on (tags of livepeer/go-livepeer).
const GATES: [(u32, u32, u32, &str); 4] = [
    (0, 8, 7, "gateway events without a login; the pipeline of AI figures"),
    (0, 8, 9, "the price of live AI"),
    (0, 8, 10, "end-to-end latency of streams"),
    (0, 9, 0, "live runners"),
];

/// The nodes that the configuration names, or those that are found.
pub(super) async fn examine(report: &mut Report, config: &Config) {
    let processes = processes();
    let mut nodes = Vec::new();
    for l in &config.livepeer {
        let what = format!("node {}", l.name);
        match discover::ask_at(&l.url).await {
            Answer::Node(node) => nodes.push((what, *node)),
            other => {
                let says = no_node(&l.url, &other);
                let todo = "start go-livepeer with -monitor; url is http://HOST:PORT of -cliAddr";
                report.wrong(&what, says, todo);
            }
        }
    }
    if config.livepeer.is_empty() {
        for port in discover::PORTS {
            match discover::ask(port).await {
                Answer::Node(node) => nodes.push((format!("node on port {port}"), *node)),
                Answer::NoMetrics(status) => {
                    let says = format!("something is there, and /metrics answers {status}");
                    let what = format!("node on port {port}");
                    report.warn(&what, says, "if it is go-livepeer, start it with -monitor");
                }
                Answer::Nothing | Answer::Other => {}
            }
        }
        if !discover::wanted(config) && !nodes.is_empty() {
            let says = "there are nodes here that are not read (discover = false, or the kind)";
            report.warn("nodes", says, "write [[livepeer]] sections, or leave both keys out");
        }
    }
    for (what, node) in &nodes {
        version(report, what, node);
    }
    if nodes.is_empty() && config.livepeer.is_empty() {
        none_found(report, &processes);
    }
    events(report, config, &nodes, &processes);
}

fn no_node(url: &str, answer: &Answer) -> String {
    match answer {
        Answer::NoMetrics(status) => format!("{url}/metrics answers {status}"),
        Answer::Other => format!("{url}/metrics is there, but not of go-livepeer"),
        Answer::Nothing | Answer::Node(_) => format!("{url} does not answer"),
    }
}

fn version(report: &mut Report, what: &str, node: &Node) {
    let role = match node.node_type.as_deref() {
        Some("bctr") => "a gateway",
        Some("orch") => "an orchestrator",
        Some("trcr") => "a transcoder",
        Some("aiwk") => "an AI worker",
        Some("rdmr") => "a redeemer",
        _ => "a node of unknown role",
    };
    let Some(version) = &node.version else {
        return report.ok(what, format!("{role}, go-livepeer of unknown version"));
    };
    let says = format!("{role}, go-livepeer {version}");
    let missing = missing(version);
    if missing.is_empty() {
        return report.ok(what, says);
    }
    let says = format!("{says}; too old to tell {}", missing.join("; "));
    report.warn(what, says, "nothing, or update go-livepeer when it suits");
}

/// What a version is too old for; nothing, if it is none that can be read.
fn missing(version: &str) -> Vec<&'static str> {
    let Some(release) = release(version) else { return Vec::new() };
    let old = |g: &&(u32, u32, u32, &'static str)| release < [g.0, g.1, g.2];
    GATES.iter().filter(old).map(|g| g.3).collect()
}

fn none_found(report: &mut Report, processes: &[Flags]) {
    let todo = "start go-livepeer with -monitor; name its -cliAddr in [[livepeer]] if it is not \
                on 127.0.0.1 and a usual port";
    if processes.is_empty() {
        let ports = discover::PORTS.map(|p| p.to_string()).join(", ");
        return report.ok("nodes", format!("no go-livepeer node on 127.0.0.1, ports {ports}"));
    }
    let monitored = processes.iter().any(|p| p.0.contains("monitor"));
    let says = match monitored {
        true => "go-livepeer runs with -monitor, but not on a usual CLI port of 127.0.0.1",
        false => "go-livepeer runs, and its command line has no -monitor",
    };
    report.wrong("nodes", says, todo);
}

/// Whether gateways send their events.
fn events(report: &mut Report, config: &Config, nodes: &[(String, Node)], processes: &[Flags]) {
    let what = "gateway events";
    let errors: u64 = nodes.iter().filter_map(|(_, n)| n.event_send_errors).sum();
    if errors > 0 {
        let says = format!("{errors} events could not be sent since the node started");
        report.warn(what, says, "check that its -kafkaBootstrapServers takes them");
    }
    if !nodes.iter().any(|(_, n)| n.node_type.as_deref() == Some("bctr")) {
        return;
    }
    let flagged = ["kafkaBootstrapServers", "kafkaGatewayTopic"];
    let sends = processes.iter().any(|p| flagged.iter().all(|f| p.0.contains(*f)));
    if sends && errors == 0 {
        report.ok(what, "the gateway's command line says where to send them");
    } else if !processes.is_empty() && !sends {
        let says = "the gateway's command line does not say where to send them: no session is seen";
        report.warn(what, says, &flags_to_give(config));
    } else if !receives(config) && processes.is_empty() {
        let says = "the gateway's process cannot be seen from here";
        report.warn(what, says, "look yourself whether it has -kafkaBootstrapServers");
    }
}

/// Whether this agent takes events from anywhere.
fn receives(config: &Config) -> bool {
    let places = [config.events.len(), config.kafka_endpoint.len(), config.kafka_topic.len()];
    places.iter().sum::<usize>() > 0
}

/// How a gateway is told to send its events, to this agent where that has an endpoint for them.
fn flags_to_give(config: &Config) -> String {
    match config.kafka_endpoint.first() {
        Some(k) => format!(
            "start it with -monitor -kafkaBootstrapServers {} -kafkaGatewayTopic {}",
            k.listen, k.topic
        ),
        None => "add [[kafka_endpoint]] to the agent's configuration (`naap-agent example-config` \
                 shows it), and start the gateway with the flags that stand there"
            .to_owned(),
    }
}

/// Which flags a go-livepeer process was started with. Names only: values may be secrets.
#[derive(Debug, PartialEq, Eq)]
struct Flags(BTreeSet<&'static str>);

const FLAGS: [&str; 3] = ["monitor", "kafkaBootstrapServers", "kafkaGatewayTopic"];

fn processes() -> Vec<Flags> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries
        .filter_map(Result::ok)
        .filter(|e| e.file_name().to_str().is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit())));
    // A process of which this user may know nothing, or that has just ended, is not counted.
    pids.filter_map(|e| flags(&std::fs::read(e.path().join("cmdline")).ok()?)).collect()
}

/// The flags of a command line as the kernel gives it; `None` if it is not go-livepeer's.
fn flags(cmdline: &[u8]) -> Option<Flags> {
    let mut args = cmdline.split(|b| *b == 0).map(String::from_utf8_lossy);
    let program = args.next()?;
    if program.rsplit('/').next() != Some("livepeer") {
        return None;
    }
    let given = |arg: &str| {
        let (name, value) = match arg.split_once('=') {
            Some((name, value)) => (name, value),
            None => (arg, "true"),
        };
        let name = name.strip_prefix("--").or_else(|| name.strip_prefix('-'))?;
        let on = !matches!(value, "" | "false" | "0" | "f");
        FLAGS.into_iter().find(|f| *f == name && on)
    };
    Some(Flags(args.filter_map(|arg| given(&arg)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Grade;

    #[test]
    fn flags_are_known_by_name_and_no_value_is_kept() {
        let line = b"/usr/bin/livepeer\0-gateway\0-monitor=true\0--kafkaBootstrapServers\0\
                     k:9092\0-kafkaPassword=s3cret\0-kafkaGatewayTopic=t\0";
        let found = flags(line).unwrap();
        assert_eq!(found, Flags(FLAGS.into_iter().collect()));
        assert!(!format!("{found:?}").contains("s3cret"));
        assert_eq!(flags(b"livepeer\0-monitor=false\0"), Some(Flags(BTreeSet::new())));
        assert_eq!(flags(b"/usr/bin/vim\0livepeer\0"), None);
        assert_eq!(flags(b""), None);
    }

    #[test]
    fn old_versions_tell_less() {
        assert_eq!(missing("0.9.1"), Vec::<&str>::new());
        assert_eq!(missing("v0.8.10-dirty"), ["live runners"]);
        assert_eq!(missing("0.7.8-1.2.4-2e3fae7a").len(), 4);
        assert_eq!(missing("undefined"), Vec::<&str>::new());
    }

    #[test]
    fn a_gateway_that_sends_no_events_is_told_of() {
        let gateway = Node { node_type: Some("bctr".into()), ..Node::default() };
        let nodes = vec![("node gw".to_owned(), gateway)];
        let grade = |processes: &[Flags]| {
            let mut report = Report::default();
            events(&mut report, &Config::bare(), &nodes, processes);
            report.findings[0].grade
        };
        assert_eq!(grade(&[Flags(FLAGS.into_iter().collect())]), Grade::Ok);
        assert_eq!(grade(&[Flags(["monitor"].into())]), Grade::Warning);
        assert_eq!(grade(&[]), Grade::Warning);
    }
}
