//! `GET` over plain HTTP, bounded in size; the deadline is the caller's.
//!
//! It may ask for one path that its caller names; it must never follow a redirect, send anything
//! but a `GET`, or hold more of an answer than it was told to.

use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::SourceError;

/// Asks; keeps its connections.
#[derive(Debug, Clone)]
pub struct Get {
    client: Client<HttpConnector, Empty<Bytes>>,
}

impl Default for Get {
    fn default() -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http() }
    }
}

impl Get {
    /// The body of `url`, which may have `limit` bytes.
    ///
    /// # Errors
    /// If nobody answers, the answer is not 200 (a redirect is none), or it is over the limit.
    pub async fn body(&self, url: &str, accept: &str, limit: usize) -> Result<Bytes, SourceError> {
        let unreachable = || SourceError::Connect(url.to_owned());
        let request = hyper::Request::get(url).header("accept", accept);
        let request = request.body(Empty::new()).map_err(|_| unreachable())?;
        let answer = self.client.request(request).await.map_err(|_| unreachable())?;
        let status = answer.status();
        if status != hyper::StatusCode::OK {
            return Err(SourceError::Http { url: url.to_owned(), status: status.to_string() });
        }
        let body = Limited::new(answer.into_body(), limit).collect().await;
        body.map(|b| b.to_bytes()).map_err(|e| {
            if e.is::<LengthLimitError>() {
                SourceError::TooLarge { what: format!("the answer of {url}"), limit }
            } else {
                unreachable()
            }
        })
    }
}
