//! The pages on an API that is already running, for whoever works on them: no stack to build.
//!
//! `cargo run -p naap-dashboards --example preview -- http://127.0.0.1:8080/ [127.0.0.1:8081 [ANCESTORS]]`
//!
//! `ANCESTORS` says who may frame the embeds, as the API's `[pages] frame_ancestors` does.
//!
//! What is no page (`/graphql`, `/v1`, …) is passed on to the API, so that all links work.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use naap_dashboards::{QueryFn, QueryRequest, Settings};
use serde_json::{Value, json};
use tower_http::compression::CompressionLayer;

/// Largest body that is passed on.
const BODY: usize = 1 << 20;

#[derive(Debug, Clone)]
struct Api {
    base: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let base = arguments.next().ok_or("the address of an API, please: http://127.0.0.1:8080/")?;
    let listen = arguments.next().unwrap_or_else(|| "127.0.0.1:8081".to_owned());
    let settings = arguments.next().map(|frame_ancestors| Settings { frame_ancestors });
    let api = Api {
        base: base.trim_end_matches('/').to_owned(),
        client: Client::builder(TokioExecutor::new()).build_http(),
    };
    let others = api.clone();
    let pages = naap_dashboards::router_with(query(api), &settings.unwrap_or_default())
        .fallback(move |request| async move { others.pass_on(request).await })
        // As the API has it.
        .layer(CompressionLayer::new());
    let listener = tokio::net::TcpListener::bind(&listen).await?;
    axum::serve(listener, pages).await?;
    Ok(())
}

impl Api {
    async fn send(
        &self,
        request: axum::http::Request<Full<Bytes>>,
    ) -> Result<(Response, Bytes), String> {
        let answer = self.client.request(request).await.map_err(|e| e.to_string())?;
        let (mut head, body) = answer.into_parts();
        let bytes = body.collect().await.map_err(|e| e.to_string())?.to_bytes();
        // It is whole now.
        head.headers.remove(header::TRANSFER_ENCODING);
        Ok((Response::from_parts(head, Body::empty()), bytes))
    }

    async fn pass_on(&self, request: Request) -> Response {
        let (mut head, body) = request.into_parts();
        let path = head.uri.path_and_query().map_or("/", |p| p.as_str());
        let target = format!("{}{path}", self.base).parse::<Uri>();
        let (Ok(uri), Ok(body)) = (target, to_bytes(body, BODY).await) else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        head.uri = uri;
        head.headers.remove(header::HOST);
        // Packed here, once.
        head.headers.remove(header::ACCEPT_ENCODING);
        match self.send(axum::http::Request::from_parts(head, Full::from(body))).await {
            Ok((answer, bytes)) => answer.map(|_| Body::from(bytes)),
            Err(e) => (StatusCode::BAD_GATEWAY, e).into_response(),
        }
    }
}

/// Posts to the API; what goes wrong on the way looks like an error of it.
fn query(api: Api) -> QueryFn {
    Arc::new(move |request: QueryRequest| {
        let api = api.clone();
        Box::pin(async move {
            let body = json!({ "query": request.query, "variables": request.variables });
            let post = axum::http::Request::post(format!("{}/graphql", api.base))
                .header(header::CONTENT_TYPE, "application/json")
                .body(Full::from(body.to_string()))
                .map_err(|e| e.to_string());
            let answer = async {
                let (_, bytes) = api.send(post?).await?;
                serde_json::from_slice::<Value>(&bytes).map_err(|e| e.to_string())
            };
            answer.await.unwrap_or_else(|e| json!({ "data": null, "errors": [{ "message": e }] }))
        })
    })
}
