//! One bounded GET. It follows no redirect, sends nothing of its own, and knows
//! no other method.

use std::time::Duration;

use http::StatusCode;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use crate::limits;

/// What `GET http://127.0.0.1:PORT/PATH` answers; see [`at`].
pub(crate) async fn here(port: u16, path: &str, within: Duration) -> Option<(StatusCode, Bytes)> {
    at(&format!("http://127.0.0.1:{port}"), path, within).await
}

/// What `GET BASE/PATH` answers; `None` where nobody answers HTTP within the deadline, or with more
/// than a node's metrics page may hold.
pub(crate) async fn at(base: &str, path: &str, within: Duration) -> Option<(StatusCode, Bytes)> {
    let asking = async {
        let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        let url: http::Uri = format!("{}{path}", base.trim_end_matches('/')).parse().ok()?;
        let answer = client.get(url).await.ok()?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), limits::SCRAPE_BYTES).collect().await.ok()?;
        Some((status, body.to_bytes()))
    };
    tokio::time::timeout(within, asking).await.ok().flatten()
}
