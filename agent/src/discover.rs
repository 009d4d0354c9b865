//! Finds go-livepeer nodes of this machine on the ports where they listen unless told otherwise.
//! Only `GET /metrics` on 127.0.0.1 is asked.

use std::time::Duration;

use http::StatusCode;
use tokio::sync::mpsc;

use crate::config::{Config, Kind, Livepeer};
use crate::source::prometheus::{self, Page};
use crate::{get, limits};

/// CLI ports of go-livepeer: gateway, orchestrator, transcoder, AI worker, remote signer
/// (`cmd/livepeer/starter/starter.go`).
pub const PORTS: [u16; 5] = [5935, 7935, 6935, 4935, 3935];

/// What a port of this machine answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nobody, or nothing of HTTP.
    Nothing,
    /// Something that has no metrics page: a node without `-monitor`, or something else.
    NoMetrics(StatusCode),
    /// A metrics page of something else.
    Other,
    /// A go-livepeer node.
    Node(Box<Node>),
}

/// What a go-livepeer node says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Node {
    /// Its type, as go-livepeer abbreviates it: `bctr`, `orch`, `trcr`, `rdmr`, `aiwk`.
    pub node_type: Option<String>,
    /// Its version, as it says.
    pub version: Option<String>,
    /// Whether a sending of gateway events has failed (`livepeer_kafka_event_send_errors`); `None`
    /// if it counts none, which says nothing of whether it sends any.
    pub event_send_errors: Option<u64>,
}

/// Asks one port of this machine.
pub async fn ask(port: u16) -> Answer {
    ask_at(&format!("http://127.0.0.1:{port}")).await
}

/// Asks one address, `http://HOST:PORT`.
pub async fn ask_at(base: &str) -> Answer {
    match get::at(base, "/metrics", limits::DISCOVER_ANSWER).await {
        None => Answer::Nothing,
        Some((StatusCode::OK, body)) => node(&prometheus::parse(&String::from_utf8_lossy(&body)))
            .map_or(Answer::Other, |n| Answer::Node(Box::new(n))),
        Some((status, _)) => Answer::NoMetrics(status),
    }
}

fn node(page: &Page<'_>) -> Option<Node> {
    let mut ours = page.samples.iter().filter(|s| s.name.starts_with("livepeer_")).peekable();
    ours.peek()?;
    let mut node = Node::default();
    let text = |t: Option<&str>| t.filter(|t| !t.is_empty() && t.len() <= 128).map(str::to_owned);
    for sample in ours {
        if node.node_type.is_none() {
            node.node_type = text(sample.label("node_type"));
        }
        if sample.name == "livepeer_versions" {
            node.version = text(sample.label("livepeerversion"));
        }
        if sample.name == "livepeer_kafka_event_send_errors" && sample.value.is_finite() {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a counter; a float beyond u64 is cut to its end"
            )]
            let value = sample.value.max(0.0) as u64;
            let sum = node.event_send_errors.unwrap_or(0).saturating_add(value);
            node.event_send_errors = Some(sum);
        }
    }
    Some(node)
}

/// Whether nodes are looked for: unless the configuration names one, or says that there is none.
pub fn wanted(config: &Config) -> bool {
    config.discover
        && config.livepeer.is_empty()
        && !matches!(config.kind, Kind::Host | Kind::Replay)
}

/// The source that reads the node on `port`.
pub fn source(port: u16) -> Livepeer {
    Livepeer {
        name: format!("livepeer-{port}"),
        url: format!("http://127.0.0.1:{port}"),
        interval: Duration::from_secs(10),
        timeout: Duration::from_secs(5),
        http: true,
        service_url: None,
    }
}

/// The nodes that are there now.
pub async fn once() -> Vec<Livepeer> {
    let mut found = Vec::new();
    for port in PORTS {
        if matches!(ask(port).await, Answer::Node(_)) {
            found.push(source(port));
        }
    }
    found
}

/// Looks on `ports` again and again; tells `found` each port where a node is, once. Ends when all
/// are found, or nobody listens.
pub(crate) async fn watch(mut ports: Vec<u16>, found: mpsc::Sender<u16>) {
    let mut grid = tokio::time::interval(limits::DISCOVER_EVERY);
    while !ports.is_empty() {
        grid.tick().await;
        let mut left = Vec::new();
        for port in ports {
            match ask(port).await {
                Answer::Node(_) => {
                    if found.send(port).await.is_err() {
                        return;
                    }
                }
                _ => left.push(port),
            }
        }
        ports = left;
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Answers each request with this; notes what was asked.
    pub(crate) async fn answers(
        status: &'static str,
        body: &'static str,
    ) -> (u16, mpsc::Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (asked, requests) = mpsc::channel(64);
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let n = socket.read(&mut request).await.unwrap_or(0);
                let text = String::from_utf8_lossy(&request[..n]).into_owned();
                let line = text.lines().next().unwrap_or_default().to_owned();
                asked.try_send(line).ok();
                let head = format!(
                    "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                drop(socket.write_all(head.as_bytes()).await);
            }
        });
        (port, requests)
    }

    #[tokio::test]
    async fn a_node_is_told_from_what_else_listens() {
        let page = "livepeer_versions{livepeerversion=\"0.8.9\",node_type=\"bctr\"} 1\n\
                    livepeer_kafka_event_send_errors{event_type=\"a\"} 2\n\
                    livepeer_kafka_event_send_errors{event_type=\"b\"} 3\n";
        let (port, mut requests) = answers("200 OK", page).await;
        let expected = Node {
            node_type: Some("bctr".into()),
            version: Some("0.8.9".into()),
            event_send_errors: Some(5),
        };
        assert_eq!(ask(port).await, Answer::Node(Box::new(expected)));
        assert_eq!(requests.recv().await.unwrap(), "GET /metrics HTTP/1.1");
        let (port, _requests) = answers("200 OK", "go_goroutines 5\n").await;
        assert_eq!(ask(port).await, Answer::Other);
        let (port, _requests) = answers("404 Not Found", "").await;
        assert_eq!(ask(port).await, Answer::NoMetrics(StatusCode::NOT_FOUND));
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        assert_eq!(ask(free).await, Answer::Nothing);
    }

    #[tokio::test(start_paused = true)]
    async fn each_node_is_told_of_once_however_late_it_comes() {
        let (port, mut requests) = answers("200 OK", "livepeer_current_sessions_total 0\n").await;
        let (found, mut told) = mpsc::channel(4);
        let looking = tokio::spawn(watch(vec![port], found));
        assert_eq!(told.recv().await, Some(port));
        looking.await.unwrap();
        assert_eq!(told.recv().await, None, "all are found");
        assert_eq!(requests.recv().await.unwrap(), "GET /metrics HTTP/1.1");
    }

    #[test]
    fn a_section_wins_and_a_host_has_no_node() {
        let mut config = Config::bare();
        assert!(wanted(&config));
        config.kind = Kind::Host;
        assert!(!wanted(&config));
        config.kind = Kind::Gateway;
        config.livepeer.push(source(5935));
        assert!(!wanted(&config));
        assert_eq!(config.problems(), Vec::<String>::new());
    }
}
