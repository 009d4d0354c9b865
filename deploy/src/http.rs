//! One GET on loopback, bounded in time and size. Knows no part of the stack.

use std::net::SocketAddr;

use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use crate::limits;

/// GETs `path`; gives status and body, or a sentence that says why not.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Result<(StatusCode, String), String> {
    let asked = tokio::time::timeout(limits::ANSWER_WITHIN, ask(address, path)).await;
    asked.unwrap_or_else(|_| Err(format!("no answer within {:?}", limits::ANSWER_WITHIN)))
}

async fn ask(address: SocketAddr, path: &str) -> Result<(StatusCode, String), String> {
    let request = Request::get(format!("http://{address}{path}"))
        .body(Empty::<Bytes>::new())
        .map_err(|e| e.to_string())?;
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer =
        client.request(request).await.map_err(|e| format!("{address} does not answer: {e}"))?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), limits::MAX_ANSWER_BYTES);
    let body = body.collect().await.map_err(|e| format!("{address}{path}: {e}"))?.to_bytes();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

/// Where to reach a listener on this machine: one that listens everywhere is reached on loopback.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_on_every_address_is_reached_on_loopback() {
        let reach = |a: &str| reachable(a.parse().unwrap()).to_string();
        assert_eq!(reach("0.0.0.0:80"), "127.0.0.1:80");
        assert_eq!(reach("[::]:80"), "[::1]:80");
        assert_eq!(reach("10.0.0.1:80"), "10.0.0.1:80");
    }
}
