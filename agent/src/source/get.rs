//! `GET` over HTTP, bounded in size; the deadline is the caller's.
//!
//! It may ask for one path that its caller names; it must never follow a redirect, send anything
//! but a `GET`, or hold more of an answer than it was told to. `https://` is for this machine only:
//! there a node signs its own certificate, and nobody stands between.

use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::rustls::pki_types::ServerName;

use super::{SourceError, tls};
use crate::limits;

/// Asks; keeps its connections.
#[derive(Debug, Clone)]
pub struct Get {
    client: Client<HttpConnector, Empty<Bytes>>,
}

impl Default for Get {
    fn default() -> Self {
        let client = Client::builder(TokioExecutor::new())
            .http1_max_buf_size(limits::HEAD_BYTES)
            .http1_max_headers(limits::HEADERS)
            .pool_max_idle_per_host(1)
            .build_http();
        Self { client }
    }
}

impl Get {
    /// The body of `url`, which may have `limit` bytes.
    ///
    /// # Errors
    /// If nobody answers, the answer is not 200 (a redirect is none), or it is over the limit.
    pub async fn body(&self, url: &str, accept: &str, limit: usize) -> Result<Bytes, SourceError> {
        let (status, body) = self.answer(url, accept, limit).await?;
        if status == StatusCode::OK {
            return Ok(body);
        }
        Err(SourceError::Http { url: url.to_owned(), status: status.to_string() })
    }

    /// The status and the body of `url`, whatever they are; the body may have `limit` bytes.
    ///
    /// # Errors
    /// If nobody answers, or the answer is over the limit.
    pub async fn answer(
        &self,
        url: &str,
        accept: &str,
        limit: usize,
    ) -> Result<(StatusCode, Bytes), SourceError> {
        let unreachable = || SourceError::Connect(url.to_owned());
        let uri: Uri = url.parse().map_err(|_| unreachable())?;
        let request = Request::get(&uri).header("accept", accept);
        let request = request.body(Empty::new()).map_err(|_| unreachable())?;
        // A connection that is not pooled lives as long as this.
        let mut connection = JoinSet::new();
        let answer = if uri.scheme_str() == Some("https") {
            self.secure(&uri, request, &mut connection).await.ok_or_else(unreachable)?
        } else {
            self.client.request(request).await.map_err(|_| unreachable())?
        };
        let status = answer.status();
        let body = Limited::new(answer.into_body(), limit).collect().await;
        let body = body.map_err(|e| {
            if e.is::<LengthLimitError>() {
                SourceError::TooLarge { what: format!("the answer of {url}"), limit }
            } else {
                unreachable()
            }
        })?;
        Ok((status, body.to_bytes()))
    }

    /// Asks over a connection of its own; `None` if that fails, or leads to another machine.
    async fn secure(
        &self,
        uri: &Uri,
        request: Request<Empty<Bytes>>,
        connection: &mut JoinSet<()>,
    ) -> Option<Response<Incoming>> {
        let host = uri.host()?.trim_matches(['[', ']']);
        let port = uri.port_u16().unwrap_or(443);
        let mut found = tokio::net::lookup_host((host, port)).await.ok()?;
        let here = found.find(|a| a.ip().is_loopback())?;
        let tcp = TcpStream::connect(here).await.ok()?;
        let name = ServerName::try_from(host.to_owned()).ok()?;
        let stream = TokioIo::new(tls::unverified().connect(name, tcp).await.ok()?);
        let (mut send, driven) = hyper::client::conn::http1::Builder::new()
            .max_buf_size(limits::HEAD_BYTES)
            .max_headers(limits::HEADERS)
            .handshake(stream)
            .await
            .ok()?;
        connection.spawn(async move {
            // What goes wrong here shows in the answer.
            drop(driven.await);
        });
        let authority = uri.authority()?.as_str();
        let path = uri.path_and_query()?.as_str();
        let (mut head, body) = request.into_parts();
        head.headers.insert("host", authority.parse().ok()?);
        head.uri = path.parse().ok()?;
        send.send_request(Request::from_parts(head, body)).await.ok()
    }
}
