//! What a hostile client sends to the public API, and the three ways in.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use futures::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

/// How long an answer is waited for.
const WAIT: Duration = Duration::from_secs(20);

/// A request, and what it is answered.
#[derive(Debug, Clone)]
pub struct Probe {
    /// What is tried.
    pub name: &'static str,
    /// The document.
    pub query: String,
    /// The JSON text of the variables.
    pub variables: String,
    /// The code of the refusal.
    pub code: &'static str,
}

/// The ways in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// `POST`.
    Post,
    /// `GET`.
    Get,
    /// WebSocket.
    Socket,
}

/// All ways in.
pub const WAYS: [Way; 3] = [Way::Post, Way::Get, Way::Socket];

fn many(piece: &str, n: usize) -> String {
    (0..n).map(|i| piece.replace('#', &i.to_string())).collect()
}

/// Fragments that each spread the next one twice.
fn doubling(start: &str, end: &str) -> String {
    let mut document = start.to_owned();
    for i in 0..40 {
        document += &format!(" fragment F{i} on Status {{ ...F{0} ...F{0} }}", i + 1);
    }
    document + &format!(" fragment F40 on Status {{ {end} }}")
}

/// Every kind of document that could cost much.
pub fn probes() -> Vec<Probe> {
    [long_and_deep(), multiplying(), wide(), variables()].concat()
}

fn probe(name: &'static str, code: &'static str, query: String) -> Probe {
    Probe { name, query, variables: "{}".to_owned(), code }
}

fn long_and_deep() -> Vec<Probe> {
    let within = |n: usize, open: &str, end: &str| format!("{{ node(name: {}{end}", open.repeat(n));
    vec![
        probe(
            "too long",
            "QUERY_TOO_LARGE",
            format!("{{ status {{ ok }} }}{}", " ".repeat(20_000)),
        ),
        probe(
            "a long string",
            "QUERY_TOO_LARGE",
            format!("{{ node(name: \"{}\") {{ name }} }}", "x".repeat(20_000)),
        ),
        probe(
            "tokens",
            "QUERY_TOO_MANY_TOKENS",
            format!("{{ status {{ {} }} }}", "ok ".repeat(4500)),
        ),
        probe("numbers", "QUERY_TOO_MANY_TOKENS", within(1, "[", &"1 ".repeat(5000))),
        probe("deep selections, open", "QUERY_TOO_DEEP", "{a".repeat(7000)),
        probe(
            "deep selections",
            "QUERY_TOO_DEEP",
            format!("{}{}", "{a".repeat(1300), "}".repeat(1300)),
        ),
        probe("deep lists", "QUERY_TOO_DEEP", within(7000, "[", "")),
        probe("deep objects", "QUERY_TOO_DEEP", within(1300, "{a:", "")),
        probe("deep types", "QUERY_TOO_DEEP", format!("query($a: {}", "[".repeat(7000))),
        probe(
            "deep inline fragments",
            "QUERY_TOO_DEEP",
            format!("{{ status {}", "{ ... ".repeat(1300)),
        ),
        probe("as deep as may be, broken: lists", "GRAPHQL_PARSE_FAILED", within(29, "[", "!")),
        probe("as deep as may be, broken: objects", "GRAPHQL_PARSE_FAILED", within(29, "{a:", "!")),
        probe(
            "as deep as may be, broken: selections",
            "GRAPHQL_PARSE_FAILED",
            format!("{}!", "{a(b:1)".repeat(31)),
        ),
        probe(
            "as deep as may be, broken: types",
            "GRAPHQL_PARSE_FAILED",
            format!("query($a: {}!", "[".repeat(30)),
        ),
    ]
}

fn multiplying() -> Vec<Probe> {
    vec![
        probe("fragments that multiply", "TOO_MANY_FIELDS", doubling("{ status { ...F0 } }", "ok")),
        probe(
            "fragments that multiply nothing",
            "TOO_MANY_FIELDS",
            doubling("{ status { ...F0 } }", "...Nowhere"),
        ),
        probe(
            "fragments that multiply unused",
            "TOO_MANY_FIELDS",
            doubling("{ status { ok } }", "ok"),
        ),
        probe(
            "many fragments",
            "TOO_MANY_FRAGMENTS",
            format!("{{ status {{ ok }} }} {}", many("fragment F# on Status { ok } ", 400)),
        ),
        probe(
            "a cycle",
            "FRAGMENT_CYCLE",
            "{ status { ...A } } fragment A on Status { ...B } fragment B on Status { ...A }"
                .to_owned(),
        ),
    ]
}

fn wide() -> Vec<Probe> {
    vec![
        probe(
            "aliases at the root",
            "TOO_MANY_ROOT_FIELDS",
            format!("{{ {} }}", many("a#:__typename ", 1000)),
        ),
        probe(
            "aliases below",
            "TOO_MANY_ALIASES",
            format!("{{ status {{ {} }} }}", many("a#: ok ", 1000)),
        ),
        probe(
            "directives at one place",
            "TOO_MANY_DIRECTIVES",
            format!("{{ status {{ ok {} }} }}", "@skip(if:false) ".repeat(500)),
        ),
        probe(
            "directives everywhere",
            "TOO_MANY_DIRECTIVES",
            format!("{{ status {{ {} }} }}", "ok @skip(if:false) @include(if:true) ".repeat(200)),
        ),
        probe(
            "declared variables",
            "TOO_MANY_VARIABLES",
            format!("query({}) {{ status {{ ok }} }}", many("$a#: Int ", 900)),
        ),
        probe("operations", "TOO_MANY_OPERATIONS", many("query A# { status { ok } } ", 400)),
        probe(
            "the same wrong a thousand times",
            "GRAPHQL_VALIDATION_FAILED",
            format!("{{ status {{ {} }} }}", many("wrong# ", 1200)),
        ),
        probe(
            "the same argument a thousand times",
            "GRAPHQL_VALIDATION_FAILED",
            format!("{{ node({}) {{ name }} }}", many("name: \"#\" ", 900)),
        ),
        probe(
            "fields that differ",
            "GRAPHQL_VALIDATION_FAILED",
            format!("{{ status {{ {} }} }}", many("tables(a#: 1) ", 500)),
        ),
    ]
}

fn variables() -> Vec<Probe> {
    let with = |name, code, variables: String| {
        let query = "query($name: String!) { node(name: $name) { name } }".to_owned();
        Probe { name, query, variables, code }
    };
    vec![
        with(
            "deep variables",
            "VARIABLES_TOO_DEEP",
            format!("{{\"name\": {}{}}}", "[".repeat(5000), "]".repeat(5000)),
        ),
        with(
            "deep objects as variables",
            "VARIABLES_TOO_DEEP",
            format!("{}1{}", "{\"name\":".repeat(1500), "}".repeat(1500)),
        ),
        with(
            "many values",
            "VARIABLES_TOO_MANY",
            format!("{{\"name\": [{}1]}}", "1,".repeat(6000)),
        ),
        with(
            "large variables",
            "VARIABLES_TOO_LARGE",
            format!("{{\"name\": \"{}\"}}", "x".repeat(20_000)),
        ),
    ]
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status; none over WebSocket.
    pub status: Option<u16>,
    /// The answer itself, or what the message had.
    pub body: Value,
    /// From asking to having read it.
    pub took: Duration,
}

impl Answer {
    /// The code of its first error.
    pub fn code(&self) -> Option<&str> {
        self.error()["extensions"]["code"].as_str()
    }

    /// Its first error.
    pub fn error(&self) -> &Value {
        &self.body["errors"][0]
    }
}

/// A client of an API at one address.
#[derive(Debug)]
pub struct Door {
    address: String,
    client: Client<HttpConnector, Full<Bytes>>,
    socket: Option<Socket>,
}

fn encode(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes()
        .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

impl Door {
    /// A client; `url` is that of the page. With HTTP/2 from the start, if so wanted.
    ///
    /// # Errors
    /// If the address is none.
    pub fn new(url: &str, http2: bool) -> Result<Self> {
        let address = url.trim_end_matches('/').strip_prefix("http://").context("http://")?;
        let client = Client::builder(TokioExecutor::new()).http2_only(http2).build_http();
        Ok(Self { address: address.to_owned(), client, socket: None })
    }

    /// Sends any request; the path begins with a slash.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<http::Response<Bytes>> {
        let url = format!("http://{}{path}", self.address);
        let mut request = http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into()))?;
        let answer = timeout(WAIT, self.client.request(request)).await.context("no answer")??;
        let (head, body) = answer.into_parts();
        Ok(http::Response::from_parts(head, body.collect().await?.to_bytes()))
    }

    /// Asks one way or the other.
    ///
    /// # Errors
    /// If there is no answer that could be read.
    pub async fn ask(&mut self, way: Way, probe: &Probe) -> Result<Answer> {
        let accept = ("accept", "application/graphql-response+json");
        let payload = format!(
            "{{\"query\": {}, \"variables\": {}}}",
            Value::from(probe.query.as_str()),
            probe.variables
        );
        let began = Instant::now();
        let answer = match way {
            Way::Post => {
                let json = ("content-type", "application/json");
                self.send("POST", "/graphql", &[accept, json], payload).await?
            }
            Way::Get => {
                let path = format!(
                    "/graphql?query={}&variables={}",
                    encode(&probe.query),
                    encode(&probe.variables)
                );
                self.send("GET", &path, &[accept], "").await?
            }
            Way::Socket => return self.ask_socket(&payload).await,
        };
        let took = began.elapsed();
        let status = answer.status().as_u16();
        let text = String::from_utf8_lossy(answer.body()).into_owned();
        let body = serde_json::from_str(&text).with_context(|| format!("{status}: {text:.300}"))?;
        Ok(Answer { status: Some(status), body, took })
    }

    async fn ask_socket(&mut self, payload: &str) -> Result<Answer> {
        if self.socket.is_none() {
            let mut socket = Socket::open(&self.address).await?;
            socket.greet().await?;
            self.socket = Some(socket);
        }
        let socket = self.socket.as_mut().context("it was just opened")?;
        let began = Instant::now();
        socket
            .say(&format!("{{\"type\": \"subscribe\", \"id\": \"p\", \"payload\": {payload}}}"))
            .await?;
        match socket.hear().await? {
            Heard::Message(message) if message["type"] == "error" => {
                let body = json!({ "errors": message["payload"] });
                Ok(Answer { status: None, body, took: began.elapsed() })
            }
            Heard::Message(message) if message["type"] == "next" => {
                let answer = Answer {
                    status: None,
                    body: message["payload"].clone(),
                    took: began.elapsed(),
                };
                socket.hear().await?;
                Ok(answer)
            }
            other => bail!("{other:?}"),
        }
    }
}

/// What a socket said.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// A message of the protocol.
    Message(Value),
    /// It was closed, with this code and reason.
    Closed(u16, String),
}

/// A WebSocket to the API.
#[derive(Debug)]
pub struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// Opens one with the right subprotocol, at `HOST:PORT`.
    ///
    /// # Errors
    /// If it is not taken.
    pub async fn open(address: &str) -> Result<Self> {
        Self::open_as(address, "graphql-transport-ws").await
    }

    /// Opens one with a subprotocol.
    ///
    /// # Errors
    /// If it is not taken.
    pub async fn open_as(address: &str, protocol: &str) -> Result<Self> {
        let address = address.trim_end_matches('/').trim_start_matches("http://");
        let mut request = format!("ws://{address}/graphql").into_client_request()?;
        request.headers_mut().insert("sec-websocket-protocol", protocol.parse()?);
        let socket = TcpStream::connect(address).await?;
        let opened = timeout(WAIT, client_async(request, socket)).await;
        match opened.context("no WebSocket in time")? {
            Ok((socket, _)) => Ok(Self(socket)),
            // The server names none of the subprotocols, which a client may not accept.
            Err(e) => bail!("no WebSocket: {e}"),
        }
    }

    /// Says `connection_init`, and waits for the answer.
    ///
    /// # Errors
    /// If there is another.
    pub async fn greet(&mut self) -> Result<()> {
        self.say(r#"{"type": "connection_init"}"#).await?;
        let heard = self.hear().await?;
        ensure!(heard == Heard::Message(json!({ "type": "connection_ack" })), "{heard:?}");
        Ok(())
    }

    /// Sends a text.
    ///
    /// # Errors
    /// If the socket is gone.
    pub async fn say(&mut self, text: &str) -> Result<()> {
        Ok(self.0.send(Message::text(text)).await?)
    }

    /// Subscribes, with these variables.
    ///
    /// # Errors
    /// If the socket is gone.
    pub async fn subscribe(&mut self, id: &str, query: &str) -> Result<()> {
        let message = json!({ "type": "subscribe", "id": id, "payload": { "query": query } });
        self.say(&message.to_string()).await
    }

    /// The next message, or the end.
    ///
    /// # Errors
    /// If there is neither.
    pub async fn hear(&mut self) -> Result<Heard> {
        loop {
            let next = timeout(WAIT, self.0.next()).await.context("nothing was said")?;
            return Ok(match next.context("the socket was cut")?? {
                Message::Text(text) => Heard::Message(serde_json::from_str(&text)?),
                Message::Close(frame) => {
                    let frame = frame.context("a close frame")?;
                    Heard::Closed(frame.code.into(), frame.reason.to_string())
                }
                _ => continue,
            });
        }
    }
}

/// Resident memory of a process, bytes.
///
/// # Errors
/// If there is no such process.
pub fn resident(pid: i32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).context("VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib << 10)
}
