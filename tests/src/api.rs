//! An API of its own beside a stack, over the same database, configured as a test wants it.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::stack::binaries;
use crate::{Stack, eventually};

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: StatusCode,
    /// HTTP headers.
    pub headers: HeaderMap,
    /// The body as it was sent.
    pub body: Bytes,
}

impl Reply {
    /// A header as text; empty where it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// If it is none.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body)
            .with_context(|| format!("{}: {}", self.status, String::from_utf8_lossy(&self.body)))
    }
}

/// A running API.
#[derive(Debug)]
pub struct Api {
    child: Child,
    client: Client<HttpConnector, Full<Bytes>>,
    /// `HOST:PORT`.
    pub address: String,
    /// Of its figures, `HOST:PORT`.
    metrics: String,
    _folder: tempfile::TempDir,
}

impl Api {
    /// Starts one with these lines in its configuration; on one processor only, where `cpu` names it.
    ///
    /// # Errors
    /// If it does not get ready; with what it said.
    pub async fn start(stack: &Stack, lines: &str, cpu: Option<usize>) -> Result<Self> {
        let text = std::fs::read_to_string(stack.data.join("config/graphql.toml"))?;
        let line = |key: &str| -> Result<String> {
            let found = text.lines().find(|l| l.starts_with(&format!("{key} = ")));
            Ok(found.with_context(|| format!("{key} in {text}"))?.to_owned())
        };
        let config = format!(
            "listen = \"127.0.0.1:0\"\n{}\n[questdb]\n{}\n{}\n{}\n{lines}\n[metrics]\nlisten = \"127.0.0.1:0\"\n",
            line("collector")?,
            line("pg")?,
            line("pg_user")?,
            line("pg_password_file")?
        );
        let folder = tempfile::tempdir()?;
        let at = |name: &str| folder.path().join(name);
        let (file, address, log) = (at("graphql.toml"), at("address"), at("log"));
        std::fs::write(&file, config)?;
        let program = binaries()?.join("naap-graphql");
        let mut command = match cpu {
            Some(cpu) => {
                let mut command = Command::new("taskset");
                command.args(["-c", &cpu.to_string()]).arg(program);
                command
            }
            None => Command::new(program),
        };
        let child = command
            .args(["--log-format", "json", "run", "--exit-with-parent", "--config"])
            .arg(&file)
            .arg("--address-file")
            .arg(&address)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log)?)
            .kill_on_drop(true)
            .spawn()?;
        let ready = eventually("the API", Duration::from_secs(30), || async {
            let metrics = figures(&std::fs::read_to_string(&log)?).context("no figures yet")?;
            Ok((std::fs::read_to_string(&address)?, metrics))
        });
        let (address, metrics) = match ready.await {
            Ok(ready) => ready,
            Err(e) => bail!("{e:#}; it said:\n{}", std::fs::read_to_string(&log)?),
        };
        let client = Client::builder(TokioExecutor::new()).build_http();
        Ok(Self { child, client, address, metrics, _folder: folder })
    }

    /// Its process.
    ///
    /// # Errors
    /// If it has ended.
    pub fn pid(&self) -> Result<u32> {
        self.child.id().context("the API has ended")
    }

    /// The path and query of a GET.
    pub fn path(query: &str) -> String {
        let mut path = String::from("/graphql?query=");
        for byte in query.bytes() {
            if byte.is_ascii_alphanumeric() {
                path.push(char::from(byte));
            } else {
                path += &format!("%{byte:02X}");
            }
        }
        path
    }

    /// Asks by GET.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn get(&self, query: &str, headers: &[(&str, &str)]) -> Result<Reply> {
        let url = format!("http://{}{}", self.address, Self::path(query));
        self.send(http::Request::get(url), Bytes::new(), headers).await
    }

    /// Asks by POST, with the whole body.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn post(&self, body: &Value, headers: &[(&str, &str)]) -> Result<Reply> {
        let request = http::Request::post(format!("http://{}/graphql", self.address))
            .header("content-type", "application/json");
        self.send(request, body.to_string().into(), headers).await
    }

    /// Asks by POST.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn ask(&self, query: &str, headers: &[(&str, &str)]) -> Result<Reply> {
        self.post(&json!({ "query": query }), headers).await
    }

    async fn send(
        &self,
        mut request: http::request::Builder,
        body: Bytes,
        headers: &[(&str, &str)],
    ) -> Result<Reply> {
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let sent = self.client.request(request.body(Full::new(body))?);
        let answer = tokio::time::timeout(Duration::from_secs(20), sent).await;
        let (head, body) = answer.context("no answer within 20 s")??.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Reply { status: head.status, headers: head.headers, body })
    }

    /// One of its figures, by name and labels, without `naap_graphql_`.
    ///
    /// # Errors
    /// If it is not there.
    pub async fn metric(&self, name: &str) -> Result<f64> {
        let url = format!("http://{}/metrics", self.metrics);
        let reply = self.send(http::Request::get(url), Bytes::new(), &[]).await?;
        ensure!(reply.status == StatusCode::OK, "{}", reply.status);
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        let name = format!("naap_graphql_{name} ");
        let found = text.lines().find_map(|l| l.strip_prefix(&name));
        found.with_context(|| format!("no {name}in\n{text}"))?.parse().context("a number")
    }
}

/// Where a log says that the figures are.
fn figures(log: &str) -> Option<String> {
    let lines = log.lines().filter_map(|l| serde_json::from_str::<Value>(l).ok());
    let mut found = lines.filter(|l| l["fields"]["message"] == "figures");
    found.next()?["fields"]["address"].as_str().map(str::to_owned)
}
