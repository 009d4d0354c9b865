//! Pipelines with their models, and gateways: what there is, beside what became of it.

use maud::{Markup, html};
use serde::Deserialize;

use crate::ctx::Ctx;
use crate::figure;
use crate::frame::{Content, Controls, no_sessions, nothing, of, value};
use crate::gql::Args;
use crate::model::{Activity, Connection, Time};
use crate::pages::{narrow, share, whole, wide};
use crate::text;
use crate::view::Dimension as D;

#[derive(Debug, Deserialize)]
struct Pipelines {
    pipelines: Connection<Pipeline>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pipeline {
    name: String,
    online: bool,
    models: Vec<Model>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Model {
    name: String,
    orchestrator_count: i64,
    warm_count: i64,
    slot_count: Option<i64>,
    slots_idle: Option<i64>,
    last24h: Activity,
}

pub(super) async fn pipelines(ctx: &Ctx) -> Content {
    let args = Args::default().first(20).origin(ctx.whose);
    let document = format!(
        "{{\n  pipelines{args} {{\n    totalCount\n    nodes {{\n      name online\n      models(first: 20) {{ name orchestratorCount warmCount slotCount slotsIdle last24h {{ sessions requested served unserved }} }}\n    }}\n    pageInfo {{ hasNextPage endCursor }}\n  }}\n}}"
    );
    let charts = ctx.panels(&[
        "models",
        "model-success",
        "top-models",
        "model-slots",
        "playable",
        "fps",
        "warm",
        "job-duration",
    ]);
    let (found, charts) = futures::join!(ctx.ask::<Pipelines>(&document), charts);
    let pipelines = found.map(|f| f.pipelines.nodes).unwrap_or_default();
    let body = html! {
        @if pipelines.is_empty() { (nothing(ctx, &html! { p { "No orchestrator offers a model yet, and nobody asked for one. Both come from what gateways report: let an agent take a gateway’s events, with " code { "[[kafka_endpoint]]" } " in its configuration." } })) }
        @else { (wide("Pipelines and models, a wide table", &models(ctx, &pipelines))) p.basis { "What is offered is what orchestrators say now; requests are live video sessions of the last 24 hours." } }
        (figure::query(ctx, "q-pipelines", "The query behind this", &document, Some(&format!("/v1/models?origin={}&format=csv", ctx.whose.word()))))
        section aria-labelledby="charts" { h2 #charts { "Over time" } (figure::grid(ctx, &charts)) }
    };
    Content::new(
        "Pipelines and models",
        "What can be run on the network, who offers it, and how it goes.",
        Controls::Window,
        body,
    )
}

fn models(ctx: &Ctx, pipelines: &[Pipeline]) -> Markup {
    html! { table {
        thead { tr { th scope="col" { "Model" } th scope="col" { "Pipeline" } th.n scope="col" { "Orchestrators" } th.n scope="col" { "Loaded at" } th.n scope="col" { "Slots idle of all" } th.n scope="col" { "Requested, 24 h" } th.n scope="col" { "Served" } th.n scope="col" { "No orchestrator" } } }
        tbody { @for p in pipelines { @for m in &p.models { tr data-model=(m.name) {
            th scope="row" { (narrow(ctx, "/pipelines", D::Model, &m.name, 44)) }
            td { (narrow(ctx, "/pipelines", D::Pipeline, &p.name, 30)) @if !p.online { " " span.tag.marked { "nobody online" } } }
            td.n data-figure="orchestratorCount" { (whole(m.orchestrator_count)) }
            td.n { (whole(m.warm_count)) }
            td.n { (of(m.slots_idle.map(whole), m.slot_count.map(whole))) }
            td.n data-figure="requested" { (whole(m.last24h.requested)) }
            td.n { (share(ctx, Some(m.last24h.served), Some(m.last24h.requested))) }
            td.n { (whole(m.last24h.unserved)) }
        } } } }
    } }
}

#[derive(Debug, Deserialize)]
struct Gateways {
    gateways: Connection<Gateway>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Gateway {
    name: String,
    region: Option<String>,
    online: bool,
    last_seen_at: Option<Time>,
    orchestrator_count: i64,
    last24h: Activity,
}

pub(super) async fn gateways(ctx: &Ctx) -> Content {
    let args = Args::default().first(50).origin(ctx.whose);
    let document = format!(
        "{{\n  gateways{args} {{\n    totalCount\n    nodes {{ name region online firstSeenAt lastSeenAt orchestratorCount last24h {{ sessions requested served unserved }} }}\n    pageInfo {{ hasNextPage endCursor }}\n  }}\n}}"
    );
    let charts = ctx.panels(&[
        "top-gateways",
        "gateway-success",
        "requests",
        "success",
        "unserved",
        "playable",
    ]);
    let (found, charts) = futures::join!(ctx.ask::<Gateways>(&document), charts);
    let gateways = found.map(|f| f.gateways.nodes).unwrap_or_default();
    let body = html! {
        @if gateways.is_empty() { (no_sessions(ctx)) } @else {
            (wide("Gateways, a wide table", &html! { table {
                thead { tr { th scope="col" { "Gateway" } th scope="col" { "Region" } th scope="col" { "Newest report" } th.n scope="col" { "Orchestrators it reported" } th.n scope="col" { "Sessions, 24 h" } th.n scope="col" { "Requested" } th.n scope="col" { "Served" } th.n scope="col" { "No orchestrator" } } }
                tbody { @for g in &gateways { tr data-gateway=(g.name) {
                    th scope="row" { (narrow(ctx, "/gateways", D::Gateway, &g.name, 40)) @if !g.online { " " span.tag.marked { "offline" } } }
                    td { (value(g.region.as_deref().map(|r| text::short(r, 20)))) }
                    td { (value(g.last_seen_at.map(|t| text::age(t, ctx.now())))) }
                    td.n { (whole(g.orchestrator_count)) }
                    td.n { (whole(g.last24h.sessions)) }
                    td.n data-figure="requested" { (whole(g.last24h.requested)) }
                    td.n { (share(ctx, Some(g.last24h.served), Some(g.last24h.requested))) }
                    td.n { (whole(g.last24h.unserved)) }
                } } }
            } }))
            p.basis { "A gateway is the node whose agent reported. Gateways without an agent send traffic that nobody here sees." }
        }
        (figure::query(ctx, "q-gateways", "The query behind this", &document, Some(&format!("/v1/gateways?origin={}&format=csv", ctx.whose.word()))))
        section aria-labelledby="charts" { h2 #charts { "Over time" } (figure::grid(ctx, &charts)) }
    };
    Content::new(
        "Gateways",
        "Who asks the network for work, and what became of it.",
        Controls::Window,
        body,
    )
}
