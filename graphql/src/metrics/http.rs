//! The endpoint that gives the figures away. It may answer `GET /metrics`; it must never take
//! anything from outside, nor hold up the rest.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::Metrics;
use crate::limits;

/// Listens on `address`; gives the listener and where it is.
///
/// # Errors
/// If the address is taken or not of this machine.
pub(crate) async fn bind(address: SocketAddr) -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Answers on `listener`; never returns.
pub(crate) async fn serve(listener: TcpListener, metrics: Arc<Metrics>) {
    let places = Arc::new(Semaphore::new(limits::METRICS_CONNECTIONS));
    loop {
        // Nobody is accepted beyond them; the system's queue is short and bounded.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((socket, _)) => {
                let metrics = Arc::clone(&metrics);
                tokio::spawn(async move {
                    answer(socket, metrics).await;
                    drop(place);
                });
            }
            // Out of descriptors: asking again at once would spin.
            Err(_) => tokio::time::sleep(limits::ACCEPT_REST).await,
        }
    }
}

async fn answer(socket: TcpStream, metrics: Arc<Metrics>) {
    let respond = service_fn(move |request: Request<Incoming>| {
        let response = respond(&request, &metrics);
        async move { Ok::<_, Infallible>(response) }
    });
    let connection = http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(limits::METRICS_REQUEST_BYTES)
        .serve_connection(TokioIo::new(socket), respond);
    // Who is slow or speaks something else just gets nothing.
    drop(tokio::time::timeout(limits::METRICS_REQUEST, connection).await);
}

fn respond(request: &Request<Incoming>, metrics: &Metrics) -> Response<Full<Bytes>> {
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => (StatusCode::OK, metrics.text()),
        _ => (StatusCode::NOT_FOUND, "only GET /metrics is here\n".to_owned()),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let kind = header::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn ask(address: SocketAddr, request: &str) -> String {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        socket.read_to_string(&mut text).await.unwrap();
        text
    }

    #[tokio::test]
    async fn the_figures_are_there_and_silent_visitors_keep_nobody_out_for_long() {
        let (listener, address) = bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let task = tokio::spawn(serve(listener, Metrics::new(Arc::default())));
        let text = ask(address, "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(
            text.starts_with("HTTP/1.1 200") && text.contains("naap_graphql_rate_clients 0"),
            "{text}"
        );
        let text = ask(address, "GET /else HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(text.starts_with("HTTP/1.1 404"), "{text}");
        let mut silent = Vec::new();
        for _ in 0..2 * limits::METRICS_CONNECTIONS {
            silent.push(TcpStream::connect(address).await.unwrap());
        }
        let late = ask(address, "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n");
        let late = tokio::time::timeout(4 * limits::METRICS_REQUEST, late).await.unwrap();
        assert!(late.starts_with("HTTP/1.1 200"), "{late}");
        task.abort();
    }
}
