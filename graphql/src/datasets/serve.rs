//! Datasets over HTTP: the list of subjects, their manifests, and files in whole or in part.
//!
//! A name from a URL is parsed, and only what a manifest names is opened. A file never changes, so
//! it may be cached for good and a download that was cut off goes on where it was.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};
use tower_http::compression::CompressionLayer;
use tower_http::services::ServeFile;
use tower_http::set_header::SetResponseHeaderLayer;

use super::manifest::{FORMAT, FileName};
use super::store::{Published, Store};
use super::subjects::{SUBJECTS, Subject, subject};
use crate::limits;
use crate::negotiate::lists;

type Datasets = Option<Arc<Store>>;

/// Where everything is.
pub(crate) const ROOT: &str = "/v1/datasets";

/// Everything below [`ROOT`]; it says so where no datasets are published.
pub(crate) fn router(store: Datasets) -> Router {
    let set =
        |name, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    let texts = Router::new()
        .route(ROOT, get(list))
        .route("/v1/datasets/{subject}/manifest.json", get(manifest))
        .layer(CompressionLayer::new());
    texts
        // Not compressed again: a file is, and its length and ranges are those of its bytes.
        .route("/v1/datasets/{subject}/{file}", get(file))
        .layer(set(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .layer(set(header::ACCESS_CONTROL_EXPOSE_HEADERS, "etag, content-length, content-range"))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .with_state(store)
}

/// The path of a file or a manifest.
pub(crate) fn url(subject: &str, file: &str) -> String {
    format!("{ROOT}/{subject}/{file}")
}

fn refused(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({ "error": { "code": code, "message": message } });
    let headers = [
        (header::CONTENT_TYPE, "application/json; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, body.to_string()).into_response()
}

fn off() -> Response {
    let message =
        "this stack publishes no datasets; its operator names a folder with [datasets] folder";
    refused(StatusCode::NOT_FOUND, "DATASETS_OFF", message)
}

fn unknown(message: &str) -> Response {
    refused(StatusCode::NOT_FOUND, "NOT_FOUND", message)
}

fn broken(error: &std::io::Error) -> Response {
    tracing::warn!(%error, "datasets cannot be read");
    let message = "the datasets cannot be read; try again later";
    refused(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message)
}

/// Reads what is published, off the threads that serve.
async fn published(
    store: &Arc<Store>,
    subject: &'static Subject,
) -> std::io::Result<Option<Arc<Published>>> {
    let store = Arc::clone(store);
    let read = tokio::task::spawn_blocking(move || store.published(subject));
    read.await.map_err(std::io::Error::other)?
}

#[derive(Debug, Deserialize)]
struct Listed {
    days: Option<usize>,
}

fn summary(subject: &Subject, published: Option<&Published>, days: usize) -> Value {
    let entries = published.map_or(&[][..], |p| &p.manifest.days);
    let newest: Vec<Value> = entries
        .iter()
        .rev()
        .take(days)
        .map(|e| {
            json!({
                "day": e.day, "revision": e.revision, "final": e.settled, "rows": e.rows,
                "bytes": e.bytes, "sha256": e.sha256, "url": url(subject.name, &e.file),
            })
        })
        .collect();
    json!({
        "subject": subject.name,
        "description": subject.description(),
        "manifest": url(subject.name, "manifest.json"),
        "license": published.map(|p| &p.manifest.license.name),
        "days": entries.len(),
        "from": entries.first().map(|e| e.day),
        "to": entries.last().map(|e| e.day),
        "rows": entries.iter().map(|e| e.rows).sum::<u64>(),
        "bytes": entries.iter().map(|e| e.bytes).sum::<u64>(),
        "newest": newest,
    })
}

async fn list(
    State(store): State<Datasets>,
    query: Result<Query<Listed>, QueryRejection>,
) -> Response {
    let Some(store) = store else { return off() };
    let days = query.ok().map(|Query(q)| q.days.unwrap_or(limits::LISTED_DAYS_DEFAULT));
    let Some(days) = days.filter(|n| *n <= limits::LISTED_DAYS) else {
        let message = format!(
            "days is a number up to {}; the manifest of a subject has all of its days",
            limits::LISTED_DAYS
        );
        return refused(StatusCode::BAD_REQUEST, "BAD_ARGUMENT", &message);
    };
    let mut subjects = Vec::with_capacity(SUBJECTS.len());
    for subject in &SUBJECTS {
        match published(&store, subject).await {
            Ok(published) => subjects.push(summary(subject, published.as_deref(), days)),
            Err(e) => return broken(&e),
        }
    }
    let headers = [
        (header::CONTENT_TYPE, "application/json; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=60"),
    ];
    let body = json!({ "format": FORMAT, "subjects": subjects });
    (headers, body.to_string()).into_response()
}

fn etag(sha256: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{sha256}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Whether a header that lists tags names this one; `None` without the header.
fn names(headers: &HeaderMap, name: header::HeaderName, etag: &HeaderValue) -> Option<bool> {
    headers.get(name).map(|tags| lists(tags, etag))
}

async fn manifest(
    State(store): State<Datasets>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(store) = store else { return off() };
    let Some(subject) = subject(&name) else { return no_subject() };
    let published = match published(&store, subject).await {
        Ok(Some(published)) => published,
        Ok(None) => return unknown("no day of this subject is published yet"),
        Err(e) => return broken(&e),
    };
    let etag = etag(&published.sha256);
    let unchanged = names(&headers, header::IF_NONE_MATCH, &etag) == Some(true);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60")),
        (header::ETAG, etag),
    ];
    if unchanged {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, published.text.clone()).into_response()
}

fn no_subject() -> Response {
    let known = SUBJECTS.each_ref().map(|s| s.name).join(", ");
    unknown(&format!("there is no such subject; there are {known}"))
}

async fn file(
    State(store): State<Datasets>,
    Path((subject_name, file)): Path<(String, String)>,
    request: Request,
) -> Response {
    let Some(store) = store else { return off() };
    let Some(subject) = subject(&subject_name) else { return no_subject() };
    let none =
        || unknown("there is no such file; the manifest of the subject names those there are");
    let Some(name) = FileName::parse(&file).filter(|n| n.subject == subject.name) else {
        return none();
    };
    let published = match published(&store, subject).await {
        Ok(published) => published,
        Err(e) => return broken(&e),
    };
    let Some(sha256) = published.as_ref().and_then(|p| p.manifest.sha256(&name)) else {
        return none();
    };
    serve_file(&store.path(subject, &name), sha256, request).await
}

/// A file that never changes, or the part of it that is asked for.
async fn serve_file(path: &std::path::Path, sha256: &str, mut request: Request) -> Response {
    let etag = etag(sha256);
    let immutable = HeaderValue::from_static("public, max-age=31536000, immutable");
    let headers = request.headers_mut();
    if names(headers, header::IF_NONE_MATCH, &etag) == Some(true) {
        let headers = [(header::ETAG, etag), (header::CACHE_CONTROL, immutable)];
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    // A part of another file is of no use to whoever has this one's beginning.
    if names(headers, header::IF_RANGE, &etag) == Some(false) {
        headers.remove(header::RANGE);
    }
    for condition in [
        header::IF_NONE_MATCH,
        header::IF_RANGE,
        header::IF_MATCH,
        header::IF_MODIFIED_SINCE,
        header::IF_UNMODIFIED_SINCE,
    ] {
        headers.remove(condition);
    }
    let mut response = match ServeFile::new(path).try_call(request).await {
        Ok(response) => response.map(Body::new),
        Err(e) => return broken(&e),
    };
    let ok = response.status().is_success();
    let headers = response.headers_mut();
    headers.remove(header::LAST_MODIFIED);
    headers.remove(header::ETAG);
    if ok {
        headers.insert(header::ETAG, etag);
        headers.insert(header::CACHE_CONTROL, immutable);
        let parquet = HeaderValue::from_static("application/vnd.apache.parquet");
        headers.insert(header::CONTENT_TYPE, parquet);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn tags_are_found_in_lists() {
        let own = etag("abc");
        let has = |value: &str| {
            names(&headers(header::IF_NONE_MATCH, value), header::IF_NONE_MATCH, &own)
        };
        assert_eq!(has("\"abc\""), Some(true));
        assert_eq!(has("\"x\", W/\"abc\""), Some(true));
        assert_eq!(has("*"), Some(true));
        assert_eq!(has("\"abcd\""), Some(false));
        assert_eq!(names(&HeaderMap::new(), header::IF_RANGE, &own), None);
    }

    async fn text(response: Response) -> (StatusCode, HeaderMap, Vec<u8>) {
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        (parts.status, parts.headers, body.to_vec())
    }

    #[tokio::test]
    async fn a_download_goes_on_where_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.parquet");
        std::fs::write(&path, b"0123456789").unwrap();
        let ask = |pairs: &[(header::HeaderName, &str)]| {
            let mut request = Request::builder().uri("/x");
            for (name, value) in pairs {
                request = request.header(name, *value);
            }
            serve_file(&path, "abc", request.body(Body::empty()).unwrap())
        };
        let (status, headers, body) = text(ask(&[]).await).await;
        assert_eq!((status, body.as_slice()), (StatusCode::OK, &b"0123456789"[..]));
        assert_eq!(headers[header::ETAG], "\"abc\"");
        assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(headers[header::CONTENT_TYPE], "application/vnd.apache.parquet");
        let range = [(header::RANGE, "bytes=4-"), (header::IF_RANGE, "\"abc\"")];
        let (status, headers, body) = text(ask(&range).await).await;
        assert_eq!((status, body.as_slice()), (StatusCode::PARTIAL_CONTENT, &b"456789"[..]));
        assert_eq!(headers[header::CONTENT_RANGE], "bytes 4-9/10");
        let other = [(header::RANGE, "bytes=4-"), (header::IF_RANGE, "\"other\"")];
        assert_eq!(text(ask(&other).await).await.0, StatusCode::OK, "all of it");
        let beyond = [(header::RANGE, "bytes=10-")];
        assert_eq!(text(ask(&beyond).await).await.0, StatusCode::RANGE_NOT_SATISFIABLE);
        let known = [(header::IF_NONE_MATCH, "\"abc\"")];
        let (status, _, body) = text(ask(&known).await).await;
        assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0));
    }
}
