//! The endpoint that tells this machine how the agent is. It may answer `GET /metrics` and `GET
//! /healthz`; it must never take anything from outside, nor hold up the rest.

use std::convert::Infallible;
use std::sync::Arc;

use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::State;
use crate::limits;

/// Answers on `listener`; never returns.
pub(super) async fn serve(listener: TcpListener, state: Arc<State>) {
    let places = Arc::new(Semaphore::new(limits::VISITORS));
    loop {
        // Nobody is accepted beyond them; the system's queue is short and bounded.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((socket, _)) => {
                let state = Arc::clone(&state);
                tokio::spawn(async move {
                    answer(socket, state).await;
                    drop(place);
                });
            }
            // Out of descriptors: asking again at once would spin.
            Err(_) => tokio::time::sleep(limits::ACCEPT_REST).await,
        }
    }
}

async fn answer(socket: TcpStream, state: Arc<State>) {
    let respond = service_fn(move |request: Request<Incoming>| {
        let response = respond(request.method(), request.uri().path(), &state);
        async move { Ok::<_, Infallible>(response) }
    });
    let connection = http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(limits::VISIT_BYTES)
        .serve_connection(TokioIo::new(socket), respond);
    // Who is slow or speaks something else just gets nothing.
    drop(tokio::time::timeout(limits::VISIT, connection).await);
}

fn respond(method: &Method, path: &str, state: &State) -> Response<Full<Bytes>> {
    const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
    let (status, kind, text) = match (method, path) {
        (&Method::GET, "/metrics") => (StatusCode::OK, TEXT, state.metrics()),
        (&Method::GET, "/healthz") => {
            let health = state.health();
            let status = match health.ok {
                true => StatusCode::OK,
                false => StatusCode::SERVICE_UNAVAILABLE,
            };
            (status, "application/json", serde_json::json!(health).to_string() + "\n")
        }
        _ => (
            StatusCode::NOT_FOUND,
            TEXT,
            "only GET /metrics and GET /healthz are here\n".to_owned(),
        ),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    response
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::super::tests::state;
    use super::*;

    async fn ask(address: SocketAddr, request: &str) -> String {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        socket.read_to_string(&mut text).await.unwrap();
        text
    }

    #[tokio::test]
    async fn visitors_are_answered_and_silent_ones_keep_nobody_out_for_long() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(serve(listener, Arc::new(state(true))));
        for (request, status, holds) in [
            ("GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n", "200", "naap_agent_rows_pending 0"),
            ("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n", "503", "\"ok\":false"),
            ("POST /metrics HTTP/1.1\r\nhost: x\r\n\r\n", "404", "only GET"),
            ("GET /else HTTP/1.1\r\nhost: x\r\n\r\n", "404", "only GET"),
        ] {
            let text = ask(address, request).await;
            assert!(text.starts_with(&format!("HTTP/1.1 {status}")), "{text}");
            assert!(text.contains(holds), "{text}");
        }
        let mut silent = Vec::new();
        for _ in 0..2 * limits::VISITORS {
            silent.push(TcpStream::connect(address).await.unwrap());
        }
        let late = ask(address, "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n");
        let late = tokio::time::timeout(4 * limits::VISIT, late).await.unwrap();
        assert!(late.starts_with("HTTP/1.1 200"), "{late}");
        task.abort();
    }
}
