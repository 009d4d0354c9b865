//! One bounded GET, of whoever only wants to know what is there: see [`crate::source::get`].

use std::time::Duration;

use http::StatusCode;
use hyper::body::Bytes;

use crate::limits;
use crate::source::get::Get;

/// What `GET http://127.0.0.1:PORT/PATH` answers; see [`at`].
pub(crate) async fn here(port: u16, path: &str, within: Duration) -> Option<(StatusCode, Bytes)> {
    at(&format!("http://127.0.0.1:{port}"), path, within).await
}

/// What `GET BASE/PATH` answers; `None` where nobody answers HTTP within the deadline, or with more
/// than a node's metrics page may hold.
pub(crate) async fn at(base: &str, path: &str, within: Duration) -> Option<(StatusCode, Bytes)> {
    let url = format!("{}{path}", base.trim_end_matches('/'));
    let get = Get::default();
    let asking = get.answer(&url, "*/*", limits::SCRAPE_BYTES);
    tokio::time::timeout(within, asking).await.ok()?.ok()
}
