//! The pages on an API that is already running, for whoever works on them: no stack to build.
//!
//! `cargo run -p naap-dashboards --example preview -- http://127.0.0.1:8080/ [127.0.0.1:8081]`
//!
//! Links to the API's own paths (`/v1`, `/graphql`) lead nowhere here.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{Request, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use naap_dashboards::{QueryFn, QueryRequest};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let api = arguments.next().ok_or("the address of an API, please: http://127.0.0.1:8080/")?;
    let listen = arguments.next().unwrap_or_else(|| "127.0.0.1:8081".to_owned());
    let target = format!("{}/graphql", api.trim_end_matches('/'));
    let listener = tokio::net::TcpListener::bind(&listen).await?;
    axum::serve(listener, naap_dashboards::router(query(target))).await?;
    Ok(())
}

/// Posts to the API; what goes wrong on the way looks like an error of it.
fn query(target: String) -> QueryFn {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    Arc::new(move |request: QueryRequest| {
        let (client, target) = (client.clone(), target.clone());
        Box::pin(async move {
            let body =
                json!({ "query": request.query, "variables": request.variables }).to_string();
            let post = Request::post(&target)
                .header(header::CONTENT_TYPE, "application/json")
                .body(Full::from(body))
                .map_err(|e| e.to_string());
            let answer = async {
                let answer = client.request(post?).await.map_err(|e| e.to_string())?;
                let bytes = answer.into_body().collect().await.map_err(|e| e.to_string())?;
                serde_json::from_slice::<Value>(&bytes.to_bytes()).map_err(|e| e.to_string())
            };
            answer.await.unwrap_or_else(|e| json!({ "data": null, "errors": [{ "message": e }] }))
        })
    })
}
