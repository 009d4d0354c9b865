//! Pages about the API: one to try it, and one that says what each code means. Everything on them comes
//! from here, nothing runs that is not a file of its own.

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use super::problem::{ERRORS_PATH, codes};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `/docs/rest` and what belongs to it, `/docs/errors`.
pub(super) fn router() -> Router {
    let html = |text: &'static str| get(move || async move { page(Html(text)) });
    let file = |media: &'static str, text: &'static str| {
        get(move || async move { page(([(header::CONTENT_TYPE, media)], text)) })
    };
    let script = "text/javascript; charset=utf-8";
    Router::new()
        .route("/docs/rest", html(include_str!("page/rest.html")))
        .route("/docs/rest.js", file(script, include_str!("page/rest.js")))
        .route("/docs/rest.css", file("text/css; charset=utf-8", include_str!("page/rest.css")))
        .route(ERRORS_PATH, get(|| async { page(Html(errors())) }))
}

fn page(body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// Words of the table, which has nothing that HTML would take for its own.
fn errors() -> String {
    let mut rows = String::new();
    for (code, status, title) in codes() {
        let title = title.replace('`', "");
        rows += &format!("<tr id=\"{code}\"><td>{code}<td>{status}<td>{title}\n");
    }
    format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>NaaP: errors</title>\n<link rel=\"stylesheet\" href=\"/docs/rest.css\">\n<h1>Errors of the REST API</h1>\n<p>Each refusal is <code>application/problem+json</code> (RFC 9457) with one of these codes, which never change, and says in <code>detail</code> and <code>hint</code> what is wrong and what would do.\n<table>\n<thead><tr><th>Code<th>Status<th>Meaning\n<tbody>\n{rows}</table>\n<p><a href=\"/docs/rest\">The lists, to be tried</a>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_take_everything_from_here() {
        for text in [include_str!("page/rest.html"), include_str!("page/rest.js"), &errors()] {
            for foreign in ["http:", "https:", "//cdn", "innerHTML", "onclick", "style=", "eval("] {
                assert!(!text.contains(foreign), "{foreign}");
            }
        }
        assert!(codes().all(|(code, _, title)| !format!("{code}{title}").contains(['<', '&'])));
    }
}
