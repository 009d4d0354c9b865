//! REST beside GraphQL, over the same resolvers: `/v1/{list}` in four formats, a list of orchestrators
//! for gateways, and what describes them.
//!
//! What can be asked for follows from the GraphQL schema and one line of a table for each list
//! (`table.rs`): a request becomes a GraphQL query whose values are variables, goes the way that every
//! query goes, and its answer becomes rows. It may know the schema's text and that way; it must never
//! read the database.

mod about;
mod discovery;
mod format;
mod openapi;
mod page;
mod params;
mod parquet;
mod problem;
mod rows;
mod shape;
mod table;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use naap_dashboards::QueryRequest;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::limits;
use crate::negotiate::lists;
use crate::sdl::Sdl;
use format::Format;
use params::Given;
use problem::Problem;
use rows::Table;
use shape::{FORMAT, Param, Route, TOTAL, Takes};

/// An answer of GraphQL, and headers that go with it.
#[derive(Debug)]
pub(crate) struct Executed {
    /// The whole answer, errors included.
    pub(crate) answer: Value,
    /// What the client is told beside it.
    pub(crate) headers: HeaderMap,
}

/// Runs a query for the client whose request had these extensions.
pub(crate) type Execute = Arc<
    dyn Fn(QueryRequest, Extensions) -> Pin<Box<dyn Future<Output = Executed> + Send>>
        + Send
        + Sync,
>;

/// Everything that is served here, with how to run a query.
struct Rest {
    execute: Execute,
    routes: Vec<Route>,
    discovery: Vec<Param>,
    openapi: Bytes,
}

impl Rest {
    fn new(sdl: &str, execute: Execute) -> Self {
        let sdl = Sdl::parse(sdl);
        if sdl.is_none() {
            tracing::error!("the schema's text cannot be read; REST has no lists");
        }
        let of = |sdl: &Sdl| {
            let routes: Vec<Route> =
                table::DEFS.iter().filter_map(|def| Route::new(sdl, def)).collect();
            (openapi::document(sdl, &routes), routes, discovery::params(sdl))
        };
        let (document, routes, discovery) = sdl.as_ref().map(of).unwrap_or_default();
        Self { execute, routes, discovery, openapi: document.into() }
    }
}

/// The routes, for a schema with this text.
pub(crate) fn router(sdl: &str, execute: Execute) -> Router {
    let rest = Arc::new(Rest::new(sdl, execute));
    Router::new()
        .route("/v1/{list}", get(list).fallback(other_method))
        .route("/openapi.json", get(openapi))
        .with_state(rest)
        .merge(page::router())
}

async fn other_method() -> Problem {
    Problem::new("METHOD_NOT_ALLOWED", "this is read only").hint("use GET")
}

async fn openapi(State(rest): State<Arc<Rest>>, headers: HeaderMap) -> Response {
    tagged(&headers, HeaderMap::new(), "application/json; charset=utf-8", rest.openapi.clone())
}

/// Parameters as they were sent, in order.
fn pairs(uri: &Uri) -> Result<Vec<(String, String)>, Problem> {
    let length = uri.query().map_or(0, str::len);
    if length > limits::REST_QUERY_BYTES {
        let problem = Problem::new("QUERY_STRING_TOO_LONG", "the query string is too long");
        return Err(problem.over(length, limits::REST_QUERY_BYTES));
    }
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri);
    pairs.map(|Query(pairs)| pairs).map_err(|_| {
        Problem::new("BAD_PARAMETER", "the query string cannot be read")
            .hint("write name=value with & between, and escape what is special")
    })
}

async fn list(
    State(rest): State<Arc<Rest>>,
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    extensions: Extensions,
) -> Response {
    let answered = if name == discovery::NAME {
        rest.discover(&uri, &headers, extensions).await
    } else {
        match rest.routes.iter().find(|r| r.def.name == name) {
            Some(route) => rest.rows(route, &uri, &headers, extensions).await,
            None => Err((rest.not_found(&name), HeaderMap::new())),
        }
    };
    answered.unwrap_or_else(|(problem, more)| {
        let mut response = problem.into_response();
        response.headers_mut().extend(more);
        response
    })
}

/// A refusal, and headers that go with it.
type Refused = (Problem, HeaderMap);

impl Rest {
    fn not_found(&self, name: &str) -> Problem {
        let names = || self.routes.iter().map(|r| r.def.name).chain([discovery::NAME]);
        let problem =
            Problem::new("NOT_FOUND", format!("there is no list `{}`", params::short(name)));
        problem.hint(match params::nearest(name, names()) {
            Some(near) => format!("did you mean /v1/{near}? All lists are in /openapi.json"),
            None => "all lists are in /openapi.json, and at /docs/rest to be tried".to_owned(),
        })
    }

    /// Runs a query; gives its data and the headers for the client.
    async fn ask(
        &self,
        query: String,
        variables: Value,
        extensions: Extensions,
    ) -> Result<(Value, HeaderMap), Refused> {
        let executed = (self.execute)(QueryRequest { query, variables }, extensions).await;
        let mut answer = executed.answer;
        // A list is whole, or it is not given.
        match answer["errors"].as_array().and_then(|errors| errors.first()) {
            Some(error) => Err((Problem::of_graphql(error), executed.headers)),
            None => Ok((answer["data"].take(), executed.headers)),
        }
    }

    async fn rows(
        &self,
        route: &Route,
        uri: &Uri,
        headers: &HeaderMap,
        extensions: Extensions,
    ) -> Result<Response, Refused> {
        let asked = Asked::read(route, uri, headers).map_err(|p| (p, HeaderMap::new()))?;
        let total = route.total.as_ref().filter(|_| asked.total);
        let shape = total.unwrap_or(&route.shape);
        let query = route.document(shape, |arg| asked.variables.contains_key(arg));
        let (mut data, mut more) = self.ask(query, asked.variables.into(), extensions).await?;
        let table = Table::new(shape, &asked.by, data[route.def.field].take());
        if let Some(link) = table.next().and_then(|cursor| next_page(uri, cursor)) {
            more.insert(header::LINK, link);
        }
        let format = asked.format;
        if matches!(format, Format::Csv | Format::Parquet) {
            let name =
                format!("attachment; filename=\"naap-{}.{}\"", route.def.name, format.word());
            more.extend(HeaderValue::try_from(name).map(|n| (header::CONTENT_DISPOSITION, n)));
        }
        let about = about::about(uri.path_and_query().map_or("", |p| p.as_str()));
        // Thousands of rows take a while, and others wait on this thread.
        let written = tokio::task::spawn_blocking(move || format.write(table, about)).await;
        let fault = || Problem::new("INTERNAL", "the rows cannot be written");
        match written.unwrap_or_else(|_| Err(fault())) {
            Ok(body) => Ok(tagged(headers, more, format.content_type(), body.into())),
            Err(problem) => Err((problem, more)),
        }
    }

    async fn discover(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        extensions: Extensions,
    ) -> Result<Response, Refused> {
        let refused = |problem| (problem, HeaderMap::new());
        let given = pairs(uri).and_then(|p| params::read(&self.discovery, &p)).map_err(refused)?;
        let (query, variables) = discovery::question(&given).map_err(refused)?;
        let (data, more) = self.ask(query, variables, extensions).await?;
        let list = Value::from(discovery::list(&given, &data));
        let content_type = Format::Json.content_type();
        Ok(tagged(headers, more, content_type, format!("{list}\n").into()))
    }
}

/// A request for rows.
#[derive(Debug)]
struct Asked {
    variables: Given,
    /// Dimensions, as words of the schema.
    by: Vec<String>,
    format: Format,
    total: bool,
}

impl Asked {
    fn read(route: &Route, uri: &Uri, headers: &HeaderMap) -> Result<Self, Problem> {
        let words = format::FORMATS.map(|(word, _, _)| word.to_owned()).to_vec();
        let mut params = route.params.clone();
        params.push(Param::own(FORMAT, Takes::Word(words), ""));
        let mut given = params::read(&params, &pairs(uri)?)?;
        let format = match given.remove(FORMAT).as_ref().and_then(Value::as_str) {
            Some(word) => Format::of_word(word).unwrap_or(Format::Json),
            None => Format::of_accept(headers)?,
        };
        let total = given.get("bucket").is_some_and(|b| b == TOTAL);
        if total {
            given.remove("bucket");
        }
        let by = given.get("groupBy").and_then(Value::as_array).into_iter().flatten();
        let by = by.filter_map(|word| word.as_str().map(str::to_owned)).collect();
        Ok(Self { variables: params::variables(&params, given), by, format, total })
    }
}

/// The same request for the next page, as a link.
fn next_page(uri: &Uri, cursor: &str) -> Option<HeaderValue> {
    let query = uri.query().unwrap_or_default();
    let kept = query.split('&').filter(|p| !p.is_empty() && !p.starts_with("after="));
    let after = format!("after={cursor}");
    let query: Vec<&str> = kept.chain([after.as_str()]).collect();
    let link = format!("<{}?{}>; rel=\"next\"", uri.path(), query.join("&"));
    HeaderValue::try_from(link).ok()
}

/// An answer with a tag of its bytes, or that it has not changed. The tag is weak: the bytes may be packed
/// on their way.
fn tagged(
    request: &HeaderMap,
    more: HeaderMap,
    content_type: &'static str,
    body: Bytes,
) -> Response {
    let hash = hex::encode(Sha256::digest(&body));
    let tag = format!("W/\"{}\"", hash.get(..32).unwrap_or(&hash));
    let tag = HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("W/\"\""));
    let same = request.get_all(header::IF_NONE_MATCH).iter().any(|tags| lists(tags, &tag));
    let mut response = match same {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => ([(header::CONTENT_TYPE, content_type)], body).into_response(),
    };
    let headers = response.headers_mut();
    headers.extend(more);
    headers.insert(header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    response
}

#[cfg(test)]
#[path = "rest/tests.rs"]
mod tests;
