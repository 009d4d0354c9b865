//! The public pages: HTML that already holds its numbers when it arrives.
//!
//! They are handed one function, "run this GraphQL query", and every figure on them is a query that
//! a reader can copy. They may know nothing else: no SQL, no database, no clock but that of the
//! answers.

mod assets;
mod chart;
mod model;
mod page;
mod query;
mod text;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use futures::future::BoxFuture;
use serde::Deserialize;

use query::{Shown, Window};

/// Runs a GraphQL query and gives the whole answer, errors included.
pub type QueryFn = Arc<dyn Fn(QueryRequest) -> BoxFuture<'static, serde_json::Value> + Send + Sync>;

/// A GraphQL request.
#[derive(Debug, Clone)]
pub struct QueryRequest {
    /// The document.
    pub query: String,
    /// Its variables, an object.
    pub variables: serde_json::Value,
}

/// Scripts, styles and images from here only, nothing inline, nobody else's frames: what a hostile
/// name could smuggle in would not run.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// What the address says: the URL is the state of the page.
#[derive(Debug, Default, Deserialize)]
struct Params {
    window: Option<String>,
    after: Option<String>,
}

/// The pages: `/`, its living part at `/live`, and the assets.
pub fn router(query: QueryFn) -> Router {
    Router::new()
        .route("/", get(whole))
        .route("/live", get(living))
        .route("/assets/{hash}/{name}", get(assets::serve))
        .with_state(query)
}

async fn shown(query: &QueryFn, params: Params) -> Shown {
    let window = Window::parse(params.window.as_deref());
    // A cursor is short; what is longer is none.
    let after = params.after.filter(|a| a.len() <= 2048);
    query::read(query, window, after).await
}

async fn whole(State(query): State<QueryFn>, Query(params): Query<Params>) -> Response {
    let shown = shown(&query, params).await;
    answer(&shown, page::whole(&shown).into_string())
}

async fn living(State(query): State<QueryFn>, Query(params): Query<Params>) -> Response {
    let shown = shown(&query, params).await;
    answer(&shown, page::main(&shown).into_string())
}

fn answer(shown: &Shown, html: String) -> Response {
    // Without any answer the page says so, in a form that a monitor understands, too.
    let status =
        if shown.overview.is_some() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
