//! The public pages: HTML that already holds its numbers when it arrives.
//!
//! They are handed one function, "run this GraphQL query", and every figure on them is a query that
//! a reader can copy. They may know nothing else: no SQL, no database, no clock but that of the
//! answers.
//!
//! An address is the whole state (`view`). A chart is a `panel`: it says what to ask and how to
//! draw the answer, and is the same on a page, as an image, in somebody else's frame, and as a table.
//! What was answered last is kept (`source`), so that the pages outlive the API for a while.

mod assets;
mod badge;
mod ctx;
mod embed;
mod figure;
mod frame;
mod gql;
mod kit;
mod lang;
mod limits;
mod model;
mod pages;
mod panel;
mod source;
mod text;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use futures::future::BoxFuture;
use maud::Markup;

use ctx::Ctx;
use frame::Content;
use source::Source;

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

/// What an operator chooses.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who may frame the embeds, as in the header `Content-Security-Policy: frame-ancestors`: `*`,
    /// `'none'`, or origins with spaces between them.
    pub frame_ancestors: String,
}

impl Settings {
    /// Whether they can stand in a header; if not, what is wrong.
    ///
    /// # Errors
    /// A text for whoever wrote them.
    pub fn check(&self) -> Result<(), &'static str> {
        let who = self.frame_ancestors.trim();
        let clean = !who.is_empty() && !who.contains([';', ',']);
        (clean && HeaderValue::from_str(who).is_ok())
            .then_some(())
            .ok_or("write *, 'none', or origins with spaces between them")
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self { frame_ancestors: "*".to_owned() }
    }
}

/// Scripts, styles and images from here only, nothing inline: what a hostile name could smuggle in
/// would not run. Who may frame a page is added.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors ";

/// What all pages share.
#[derive(Debug, Clone)]
struct Site {
    source: Source,
    /// The policy of pages, and of embeds.
    policy: HeaderValue,
    embed_policy: HeaderValue,
}

/// The pages, images and embeds, with what is usual for an operator. What is nothing of all that is
/// answered with a page that says so.
pub fn router(query: QueryFn) -> Router {
    router_with(query, &Settings::default())
}

/// The same as this operator wants it. Settings that cannot stand in a header let nobody frame.
pub fn router_with(query: QueryFn, settings: &Settings) -> Router {
    let policy = |who: &str| HeaderValue::from_str(&format!("{POLICY}{who}")).ok();
    let closed = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    let who = if settings.check().is_ok() { settings.frame_ancestors.trim() } else { "'none'" };
    let site = Site {
        source: Source::new(query),
        policy: policy("'self'").unwrap_or_else(|| closed.clone()),
        embed_policy: policy(who).unwrap_or(closed),
    };
    let paths = frame::PAGES.iter().map(|p| p.0).chain(["/orchestrators/{address}"]);
    paths
        .fold(Router::new(), |router, path| router.route(path, get(page)))
        .route("/embed/{id}", get(embed::frame))
        .route("/embed.js", get(assets::loader))
        // Whoever searches the web may read all of it.
        .route("/robots.txt", get(|| async { "User-agent: *\nDisallow:\n" }))
        .route("/chart/{name}", get(embed::image))
        .route("/badge/{name}", get(embed::badge))
        .route("/table/{id}", get(embed::table))
        .route("/assets/{hash}/{name}", get(assets::serve))
        .fallback(page)
        .with_state(site)
}

async fn page(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    let ctx = Ctx::new(&site.source, uri.path(), query_of(&uri), &headers).await;
    let content =
        if ctx.path == "/embed" { embed::builder(&ctx).await } else { pages::show(&ctx).await };
    site.answer(&ctx, content)
}

fn query_of(uri: &Uri) -> &str {
    uri.query().unwrap_or_default()
}

impl Site {
    /// A page with everything around it.
    fn answer(&self, ctx: &Ctx, content: Content) -> Response {
        let html = frame::document(ctx, &content).into_string();
        let status = match (content.found, ctx.around.is_some()) {
            // Without any answer the page says so, in a form that a monitor understands, too.
            (_, false) => StatusCode::SERVICE_UNAVAILABLE,
            (false, true) => StatusCode::NOT_FOUND,
            (true, true) => StatusCode::OK,
        };
        with_headers((status, Html(html)).into_response(), &self.policy)
    }

    /// A page that others may frame.
    fn framed(&self, page: Markup) -> Response {
        with_headers(Html(page.into_string()).into_response(), &self.embed_policy)
    }

    /// A page that there is not.
    async fn missing(&self, path: &str, query: &str, headers: &HeaderMap) -> Response {
        let ctx = Ctx::new(&self.source, path, query, headers).await;
        let content = pages::show(&ctx).await;
        self.answer(&ctx, content)
    }
}

fn with_headers(mut response: Response, policy: &HeaderValue) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
