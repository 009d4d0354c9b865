//! HTTP: GraphQL over GET, POST and WebSocket, health, and the pages.
//!
//! GraphQL over HTTP as its specification has it, with the status codes that its audit asks for: they
//! are in the table of [`crate::refusal`].

use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use async_graphql::{Executor, Request, Response};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Extension, Query, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response as HttpResponse};
use axum::routing::get;
use naap_dashboards::{QueryFn, QueryRequest};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate as _};
use tower_http::cors::{Any, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::answer::{self, Answer, Answers, Caller};
use crate::compat::Compat;
use crate::datasets::{self, Store};
use crate::health::Health;
use crate::refusal::{self, Code, Media, Refusal};
use crate::request::{self, GetParams, Params, prepare};
use crate::rest::{self, Execute, Executed};
use crate::socket::Sockets;
use crate::{explorer, limits, negotiate};

#[derive(Clone)]
struct App {
    answers: Arc<Answers>,
    sockets: Arc<Sockets>,
}

/// Everything that is served; WebSockets are closed once `stopping` says so.
pub(crate) fn router(
    answers: &Arc<Answers>,
    compat: Compat,
    health: Arc<Health>,
    datasets: Option<Arc<Store>>,
    settings: &naap_dashboards::Settings,
    stopping: &watch::Receiver<bool>,
) -> Router {
    let pages = naap_dashboards::router_with(query_fn(Arc::clone(answers)), settings);
    let introduce = axum::middleware::from_fn_with_state(Arc::clone(answers), answer::introduce);
    let lists = rest::router(&answers.sdl(), for_lists(Arc::clone(answers)));
    let toll = axum::middleware::from_fn_with_state(Arc::clone(answers), answer::toll);
    let api = at("/graphql", Arc::clone(answers), stopping.clone())
        .merge(at("/graphql/naap", answers.of_dashboard(compat.dashboard), stopping.clone()))
        .merge(compat.leaderboard.layer(toll))
        .merge(lists.layer(introduce))
        .merge(Router::new().route("/healthz", get(healthz)).with_state(health))
        .merge(explorer::router())
        .layer(cors());
    let nosniff = HeaderValue::from_static("nosniff");
    let whole = DefaultPredicate::new().and(answer::NotWhole);
    catch_faults(
        api.merge(pages)
            .layer(SetResponseHeaderLayer::overriding(header::X_CONTENT_TYPE_OPTIONS, nosniff))
            .layer(CompressionLayer::new().compress_when(whole))
            // Files are packed already, and read in parts.
            .merge(datasets::serve::router(datasets)),
    )
}

/// One schema, by all ways in.
fn at(path: &str, answers: Arc<Answers>, stopping: watch::Receiver<bool>) -> Router {
    let sockets = Arc::new(Sockets::new(Arc::clone(&answers), stopping));
    let before = axum::middleware::from_fn_with_state(Arc::clone(&answers), answer::layer);
    let ways = get(by_get).post(by_post).fallback(by_another).layer(before);
    Router::new().route(path, ways).with_state(App { answers, sockets })
}

/// A fault of one request is answered in the shape of every other refusal, and ends nothing else.
fn catch_faults(router: Router) -> Router {
    router.layer(CatchPanicLayer::custom(|_| {
        let refusal = Refusal::new(Code::Internal, "a fault of the server, and it is logged");
        refused(Media::Json, refusal.hint("ask for something else, and tell us of it"))
    }))
}

/// Anyone may ask from any page: there are no cookies, and nothing that is not public.
fn cors() -> CorsLayer {
    let exposed =
        ["etag", "age", "link", "ratelimit", "ratelimit-policy", "retry-after", "server-timing"];
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::ACCEPT,
            header::AUTHORIZATION,
            header::CACHE_CONTROL,
            header::CONTENT_TYPE,
            header::IF_NONE_MATCH,
            HeaderName::from_static("x-api-key"),
            HeaderName::from_static("x-query-cost"),
        ])
        .expose_headers(exposed.map(HeaderName::from_static))
        .max_age(std::time::Duration::from_secs(86_400))
        // The answer is the same for every origin, so that caches may share it.
        .vary([])
}

/// What the pages are handed: a query in, an answer out, under the same guard as everyone.
fn query_fn(answers: Arc<Answers>) -> QueryFn {
    Arc::new(move |request: QueryRequest| {
        let answers = Arc::clone(&answers);
        Box::pin(async move {
            let answer = match prepare(Params::of(request.query, &request.variables)) {
                Ok(request) => match answers.page(request).await {
                    Ok(stored) => serde_json::from_slice(stored.body()),
                    Err(response) => serde_json::to_value(&*response),
                },
                Err(e) => serde_json::to_value(Response::from_errors(vec![e.into_error()])),
            };
            answer.unwrap_or_else(
                |e| json!({ "data": null, "errors": [{ "message": format!("no answer: {e}") }] }),
            )
        })
    })
}

/// What REST is handed: a query of the client that these extensions introduce, as everyone's is.
fn for_lists(answers: Arc<Answers>) -> Execute {
    Arc::new(move |request: QueryRequest, extensions| {
        let answers = Arc::clone(&answers);
        Box::pin(async move {
            let caller = extensions.get::<Caller>().cloned().unwrap_or_default();
            let prepared = match prepare(Params::of(request.query, &request.variables)) {
                Ok(request) => request,
                Err(e) => return executed(&Response::from_errors(vec![e.into_error()])),
            };
            match answers.answer(&caller, Media::Json, prepared).await {
                Answer::Kept(stored, found) => {
                    answers.count(found);
                    let answer = serde_json::from_slice(stored.body()).unwrap_or_default();
                    Executed { answer, headers: HeaderMap::new() }
                }
                Answer::Unkept(response, headers) => Executed { headers, ..executed(&response) },
                Answer::Refused(refusal, headers) => {
                    let response = Response::from_errors(vec![refusal.error()]);
                    Executed { headers, ..executed(&response) }
                }
            }
        })
    })
}

fn executed(response: &Response) -> Executed {
    let answer = serde_json::to_value(response).unwrap_or_default();
    Executed { answer, headers: HeaderMap::new() }
}

/// Runs a request that [`prepare`] let through: in its turn, for a bounded time, and with a code in
/// each of its errors.
pub(crate) async fn execute<S: Executor>(schema: &S, request: Request) -> Response {
    static TURNS: Semaphore = Semaphore::const_new(limits::EXECUTIONS);
    let refuse = |refusal: Refusal| Response::from_errors(vec![refusal.into_error()]);
    let Ok(Ok(_turn)) = tokio::time::timeout(limits::TURN_WAIT, TURNS.acquire()).await else {
        let refusal = Refusal::new(Code::Overloaded, "too many queries are under way");
        return refuse(refusal.limit(limits::EXECUTIONS as u64).hint("ask again in a moment"));
    };
    match tokio::time::timeout(limits::TIMEOUT, schema.execute(request)).await {
        Ok(mut response) => {
            refusal::settle(&mut response);
            response
        }
        Err(_) => {
            let message = format!("the query took longer than {:?}", limits::TIMEOUT);
            refuse(Refusal::new(Code::Timeout, message).hint("ask for less, or a shorter window"))
        }
    }
}

/// Answers a request that [`prepare`] let through: with what is there, or by running it.
async fn run(app: &App, caller: &Caller, media: Media, request: Request) -> HttpResponse {
    let (mut response, more) = match app.answers.answer(caller, media, request).await {
        Answer::Kept(stored, found) => {
            app.answers.count(found);
            return stored.respond(caller, media, found);
        }
        Answer::Unkept(response, headers) => (answer(media, &response), headers),
        Answer::Refused(refusal, headers) => (refused_by(media, &refusal), headers),
    };
    response.headers_mut().extend(more);
    response
}

fn answer(media: Media, response: &Response) -> HttpResponse {
    let status = refusal::status(media, response);
    let mut body = serde_json::to_value(response).unwrap_or(Value::Null);
    // A request that was never executed has no data, not null data.
    if refusal::is_refused(response)
        && let Some(object) = body.as_object_mut()
    {
        object.remove("data");
    }
    let headers = [
        (header::CONTENT_TYPE, media.content_type()),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "accept"),
    ];
    let body = body.to_string();
    if body.len() > limits::ANSWER_BYTES {
        let refusal = Refusal::new(Code::AnswerTooLarge, "the answer is too large")
            .over(body.len() as u64, limits::ANSWER_BYTES as u64);
        return refused(media, refusal.hint("ask for fewer fields, or smaller pages"));
    }
    let mut answer = (status, headers, body).into_response();
    if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
        answer.headers_mut().insert(header::RETRY_AFTER, limits::RETRY_AFTER_S.into());
    }
    if let Some(code) = response.errors.first().and_then(Code::of) {
        // For whoever counts what goes out.
        answer.extensions_mut().insert(code);
    }
    answer
}

/// The answer to a request that is refused for what it costs, or for who asks.
pub(crate) fn refused_by(media: Media, refusal: &answer::Refusal) -> HttpResponse {
    answer(media, &Response::from_errors(vec![refusal.error()]))
}

/// The answer to a request whose body ended early.
pub(crate) fn cut_off() -> HttpResponse {
    refused(
        Media::Json,
        Refusal::new(Code::BadRequest, "the body ended early").hint("send all of it"),
    )
}

/// The answer to a request whose body takes too long.
pub(crate) fn too_slow() -> HttpResponse {
    refused(Media::Json, body_too_slow())
}

fn body_too_slow() -> Refusal {
    Refusal::new(Code::BodyTooSlow, "the body did not arrive in time").hint("send it at once")
}

fn refused(media: Media, refusal: Refusal) -> HttpResponse {
    answer(media, &Response::from_errors(vec![refusal.into_error()]))
}

async fn by_get(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    socket: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    RawQuery(raw): RawQuery,
    params: Result<Query<GetParams>, QueryRejection>,
) -> HttpResponse {
    if let Ok(socket) = socket {
        return app.sockets.open(socket, caller);
    }
    let empty = params.as_ref().is_ok_and(|p| p.query.is_none());
    if empty && negotiate::wants_page(&headers) {
        return explorer::page();
    }
    let Some(media) = negotiate::media(&headers) else { return not_acceptable() };
    let length = raw.map_or(0, |q| q.len());
    if length > limits::QUERY_STRING_BYTES {
        let refusal = Refusal::new(Code::BodyTooLarge, "the query string is too long")
            .over(length as u64, limits::QUERY_STRING_BYTES as u64);
        return refused(media, refusal.hint("send it with POST"));
    }
    let params = match params {
        Ok(Query(params)) => params.into_params(),
        Err(e) => Err(Refusal::new(Code::BadRequest, e.body_text())),
    };
    match params.and_then(prepare) {
        Ok(mut request) => match request::kind(&mut request) {
            Some(OperationType::Mutation) => {
                let refusal = Refusal::new(Code::MethodNotAllowed, "a mutation needs POST");
                let mut response = refused(media, refusal.hint("there are none here, though"));
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
                response
            }
            Some(OperationType::Subscription) => refused(media, needs_socket()),
            _ => run(&app, &caller, media, request).await,
        },
        Err(e) => refused(media, e),
    }
}

async fn by_post(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> HttpResponse {
    let Some(media) = negotiate::media(&headers) else { return not_acceptable() };
    if !negotiate::sends_json(&headers) {
        let refusal = Refusal::new(Code::UnsupportedMediaType, "the body is not taken");
        return refused(media, refusal.hint("send application/json in UTF-8, not compressed"));
    }
    let limit = limits::BODY_BYTES;
    let params = match tokio::time::timeout(limits::BODY_WAIT, to_bytes(body, limit)).await {
        Ok(Ok(body)) => Params::from_json(&body),
        Ok(Err(_)) => {
            Err(Refusal::new(Code::BodyTooLarge, format!("the body is over {limit} bytes"))
                .limit(limit as u64)
                .hint("send smaller queries"))
        }
        Err(_) => Err(body_too_slow()),
    };
    match params.and_then(prepare) {
        Ok(mut request) => match request::kind(&mut request) {
            Some(OperationType::Subscription) => refused(media, needs_socket()),
            _ => run(&app, &caller, media, request).await,
        },
        Err(e) => refused(media, e),
    }
}

/// Any other method; the router says which there are.
async fn by_another(headers: HeaderMap) -> HttpResponse {
    let media = negotiate::media(&headers).unwrap_or(Media::Json);
    let refusal = Refusal::new(Code::MethodNotAllowed, "this method is not taken");
    refused(media, refusal.hint("use GET or POST"))
}

fn needs_socket() -> Refusal {
    Refusal::new(Code::SubscriptionOverHttp, "a subscription does not fit one answer")
        .hint("open a WebSocket here, with the subprotocol graphql-transport-ws")
}

/// Not in a media type that was not asked for.
fn not_acceptable() -> HttpResponse {
    let text =
        "NOT_ACCEPTABLE: Accept must allow application/graphql-response+json or application/json\n";
    (StatusCode::NOT_ACCEPTABLE, text).into_response()
}

/// 200 when every part answers, else 503 and what does not.
async fn healthz(State(health): State<Arc<Health>>) -> HttpResponse {
    let parts = health.check().await;
    let ok = parts.iter().all(|p| p.problem.is_none());
    let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let parts: Vec<Value> = parts
        .iter()
        .map(|p| json!({ "name": p.name, "ok": p.problem.is_none(), "detail": p.problem }))
        .collect();
    let headers =
        [(header::CONTENT_TYPE, Media::Json.content_type()), (header::CACHE_CONTROL, "no-store")];
    (status, headers, json!({ "ok": ok, "parts": parts }).to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_fault_is_answered_like_any_refusal() {
        async fn fault() -> &'static str {
            panic!("on purpose")
        }
        let router = catch_faults(Router::new().route("/", get(fault)));
        let request = axum::http::Request::get("/").body(Body::empty()).unwrap();
        let answer = router.oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = to_bytes(answer.into_body(), 1 << 16).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["errors"][0]["extensions"]["code"], "INTERNAL");
        assert!(body.get("data").is_none() && !body.to_string().contains("on purpose"));
    }
}
