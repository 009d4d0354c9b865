//! The page for people: it lists the schema, runs queries and listens to subscriptions.
//!
//! It is ours, and comes from here only. GraphiQL is megabytes of other people's code, from a third
//! party or kept beside ours, and needs a policy that lets styles and workers be made in the page.

use axum::Router;
use axum::http::{HeaderName, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

/// Scripts, styles and connections to here only, nothing inline.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// Script and style of the page.
pub(crate) fn router() -> Router {
    let script = asset("text/javascript; charset=utf-8", include_str!("../assets/explorer.js"));
    let style = asset("text/css; charset=utf-8", include_str!("../assets/explorer.css"));
    Router::new()
        .route("/graphql/explorer.js", get(|| async { script }))
        .route("/graphql/explorer.css", get(|| async { style }))
}

type Asset = ([(HeaderName, &'static str); 2], &'static str);

const fn asset(kind: &'static str, content: &'static str) -> Asset {
    // They change with the program, and are small.
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, content)
}

/// The page.
pub(crate) fn page() -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-cache"),
        (header::VARY, "accept"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, Html(include_str!("../assets/explorer.html"))).into_response()
}
