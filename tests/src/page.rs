//! Servers that show pages and nothing else: a go-livepeer node's `/metrics`, an ai-runner's answers.

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Serves a page at `/metrics` until the runtime ends; gives the base address, `http://HOST:PORT`.
///
/// # Errors
/// If it cannot listen.
pub async fn serve(page: Vec<u8>) -> Result<String> {
    serve_all(vec![("/metrics", page)]).await
}

/// Serves pages at these paths until the runtime ends; gives the base address, `http://HOST:PORT`.
///
/// # Errors
/// If it cannot listen.
pub async fn serve_all(pages: Vec<(&'static str, Vec<u8>)>) -> Result<String> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = vec![0; 4096];
            let n = socket.read(&mut request).await.unwrap_or(0);
            let asked = request.get(..n).unwrap_or_default();
            let is = |path: &str| asked.starts_with(format!("GET {path} ").as_bytes());
            let found = pages.iter().find(|(path, _)| is(path)).map(|(_, page)| page.as_slice());
            let status = if found.is_some() { "200 OK" } else { "404 Not Found" };
            let page = found.unwrap_or_default();
            let media = if page.first() == Some(&b'{') {
                "application/json"
            } else {
                "text/plain; version=0.0.4; charset=utf-8"
            };
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: {media}\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n",
                page.len()
            );
            if socket.write_all(head.as_bytes()).await.is_ok() {
                drop(socket.write_all(page).await);
            }
        }
    });
    Ok(address)
}
