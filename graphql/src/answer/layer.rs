//! What stands before the handlers: it finds out who asks, gives what is there without bothering them,
//! and counts what comes out.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::compression::Predicate;

use super::client::Client;
use super::stored::Whole;
use super::{Answers, Caller, Found, Refusal};
use crate::refusal::{Code, Media};
use crate::{http, limits};

/// Lets responses be compressed on their way, but for those that must be sent as they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NotWhole;

impl Predicate for NotWhole {
    fn should_compress<B>(&self, response: &axum::http::Response<B>) -> bool
    where
        B: axum::body::HttpBody,
    {
        response.extensions().get::<Whole>().is_none()
    }
}

/// Answers what is known; else hands the request on, with its [`Caller`].
pub(crate) async fn layer(
    State(answers): State<Arc<Answers>>,
    request: Request,
    next: Next,
) -> Response {
    // A handshake of a WebSocket has no answer of its own.
    let response = match request.headers().contains_key(header::UPGRADE) {
        true => pass(&answers, request, next, None).await,
        false => match with_body(request).await {
            Ok((request, asked)) => pass(&answers, request, next, asked).await,
            Err(response) => response,
        },
    };
    counted(&answers, response)
}

/// Who asks.
fn client_of(answers: &Answers, request: &Request) -> Result<Client, Refusal> {
    let socket = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0);
    answers.clients.of(request.headers(), socket)
}

/// Counts a response by its status and the code that refuses it.
fn counted(answers: &Answers, response: Response) -> Response {
    let code = response.extensions().get::<Code>().map(|c| c.word());
    answers.metrics.request(response.status(), code);
    response
}

/// What stands before handlers that ask [`Answers`] by themselves: it finds out who asks, and counts
/// what comes out.
pub(crate) async fn introduce(
    State(answers): State<Arc<Answers>>,
    mut request: Request,
    next: Next,
) -> Response {
    let response = match client_of(&answers, &request) {
        Ok(client) => {
            let caller = Caller::new(client, request.method(), request.headers(), None);
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => http::refused_by(Media::Json, &refusal),
    };
    counted(&answers, response)
}

/// What stands before handlers that know nothing of points: a request costs as much as a small query.
pub(crate) async fn toll(
    State(answers): State<Arc<Answers>>,
    request: Request,
    next: Next,
) -> Response {
    let paid = client_of(&answers, &request)
        .map_err(|refusal| (refusal, HeaderMap::new()))
        .and_then(|client| answers.pay(&client, limits::TOLL));
    match paid {
        Ok(()) => next.run(request).await,
        Err((refusal, headers)) => {
            let mut response = http::refused_by(Media::Json, &refusal);
            response.headers_mut().extend(headers);
            response
        }
    }
}

async fn pass(
    answers: &Arc<Answers>,
    mut request: Request,
    next: Next,
    asked: Option<Bytes>,
) -> Response {
    let client = match client_of(answers, &request) {
        Ok(client) => client,
        Err(refusal) => return http::refused_by(Media::Json, &refusal),
    };
    let query = request.uri().query().map(str::as_bytes);
    let asked = asked.as_deref().or(query);
    let caller = Caller::new(client, request.method(), request.headers(), asked);
    if let Some((stored, media, found)) = answers.known(&caller).await {
        answers.metrics.found(found);
        return stored.respond(&caller, media, found);
    }
    request.extensions_mut().insert(caller);
    next.run(request).await
}

/// Reads the body of a POST, so that it can be recognised. A body that does not say how large it is,
/// or is too large, is the handler's to read and refuse.
async fn with_body(request: Request) -> Result<(Request, Option<Bytes>), Response> {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|l| l.to_str().ok()?.parse::<usize>().ok());
    if *request.method() != Method::POST || length.is_none_or(|n| n > limits::BODY_BYTES) {
        return Ok((request, None));
    }
    let (head, body) = request.into_parts();
    let body = tokio::time::timeout(limits::BODY_WAIT, to_bytes(body, limits::BODY_BYTES));
    match body.await {
        Ok(Ok(bytes)) => {
            let request = Request::from_parts(head, Body::from(bytes.clone()));
            Ok((request, Some(bytes)))
        }
        Ok(Err(_)) => Err(http::cut_off()),
        Err(_) => Err(http::too_slow()),
    }
}

impl Answers {
    /// Counts how an answer came about.
    pub(crate) fn count(&self, found: Found) {
        self.metrics.found(found);
    }
}
