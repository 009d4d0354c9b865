//! A go-livepeer node that shows one page on `/metrics`, and nothing else.

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Serves the page until the runtime ends; gives the base address, `http://HOST:PORT`.
///
/// # Errors
/// If it cannot listen.
pub async fn serve(page: Vec<u8>) -> Result<String> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = vec![0; 4096];
            let n = socket.read(&mut request).await.unwrap_or(0);
            let found = request.get(..n).is_some_and(|r| r.starts_with(b"GET /metrics "));
            let status = if found { "200 OK" } else { "404 Not Found" };
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n",
                page.len()
            );
            if socket.write_all(head.as_bytes()).await.is_ok() {
                drop(socket.write_all(&page).await);
            }
        }
    });
    Ok(address)
}
