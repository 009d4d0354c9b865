//! GPUs that orchestrators tell of.

use maud::html;
use serde::Deserialize;

use crate::ctx::Ctx;
use crate::figure;
use crate::frame::{Content, Controls, nothing, value};
use crate::gql::Args;
use crate::model::{PageInfo, Time};
use crate::pages::{declared, orchestrator_link, wide};
use crate::text::{self, Unit};
use crate::view::{Dimension as D, View};

#[derive(Debug, Deserialize)]
struct Listed {
    gpus: Page,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    total_count: Option<i64>,
    nodes: Vec<Gpu>,
    page_info: PageInfo,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Gpu {
    gpu_id: String,
    name: Option<String>,
    memory_bytes: Option<f64>,
    online: bool,
    last_seen_at: Time,
    orchestrator: Option<String>,
    sample: Option<Sample>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sample {
    util_gpu_ratio: Option<f64>,
    temperature_c: Option<i64>,
}

pub(super) async fn page(ctx: &Ctx) -> Content {
    let args = Args::default()
        .first(20)
        .after(ctx.view.after.as_deref())
        .origin(ctx.whose)
        .scope(&ctx.view, &[D::Orchestrator, D::Gpu, D::Region]);
    let document = format!(
        "{{\n  gpus{args} {{\n    totalCount\n    nodes {{ gpuId name memoryBytes online lastSeenAt orchestrator sample {{ utilGpuRatio temperatureC }} }}\n    pageInfo {{ hasNextPage endCursor }}\n  }}\n}}"
    );
    let (found, charts) =
        futures::join!(ctx.ask::<Listed>(&document), ctx.panels(&["gpus", "gpu-hours", "slots"]));
    let page = found.map(|f| f.gpus);
    let next = page
        .as_ref()
        .and_then(|p| p.page_info.end_cursor.clone().filter(|_| p.page_info.has_next_page));
    let body = html! {
        section aria-labelledby="charts" { h2 #charts { "Over time" } (figure::grid(ctx, &charts)) }
        section aria-labelledby="list" {
            h2 #list { "One by one " (declared()) }
            @match &page {
                Some(page) if !page.nodes.is_empty() => {
                    p.basis { span data-figure="totalCount" { (value(page.total_count.map(super::whole))) } " GPUs were seen in 30 days. Identities are hashes: no serial number leaves a machine. Utilisation and temperature are measured by the machine’s own agent, where it has one." }
                    (wide("GPUs, a wide table", &html! { table {
                        thead { tr { th scope="col" { "GPU" } th scope="col" { "Identity" } th.n scope="col" { "Memory" } th scope="col" { "Orchestrator" } th scope="col" { "Seen" } th.n scope="col" { "Utilisation" } th.n scope="col" { "°C" } } }
                        tbody { @for g in &page.nodes { tr data-gpu=(g.gpu_id) {
                            th scope="row" { (value(g.name.as_deref().map(|n| text::tame(n, 50)))) @if !g.online { " " span.tag.marked { "offline" } } }
                            td { code { (text::short(&g.gpu_id, 12)) } }
                            td.n { (value(g.memory_bytes.map(text::bytes))) }
                            td { @if let Some(o) = &g.orchestrator { (orchestrator_link(ctx, o)) } @else { (value(None)) } }
                            td { time datetime=(g.last_seen_at.to_rfc3339()) { (text::age(g.last_seen_at, ctx.now())) } }
                            td.n { (value(g.sample.as_ref().and_then(|s| s.util_gpu_ratio).map(|r| Unit::Share.write(r, ctx.lang())))) }
                            td.n { (value(g.sample.as_ref().and_then(|s| s.temperature_c).map(|t| t.to_string()))) }
                        } } }
                    } }))
                    @if next.is_some() || ctx.view.after.is_some() { nav.pages aria-label="Pages of GPUs" {
                        @if ctx.view.after.is_some() { a href=(ctx.link(|_| ())) { "First" } }
                        @if let Some(next) = next { a rel="next" href=(View { after: Some(next), ..ctx.view.clone() }.link(&ctx.path)) { "Next" } }
                    } }
                },
                Some(_) | None => (nothing(ctx, &html! { p { strong { "Nobody has told of a GPU yet." } " Here will stand each one with its memory, who has it, and how busy it is." }
                    p { "They come from two places: capability reports in a gateway’s events (" code { "[[kafka_endpoint]]" } " in its agent’s configuration), and an agent on a machine with NVIDIA GPUs, which finds them by itself." } })),
            }
            (figure::query(ctx, "q-gpus", "The query behind this", &document, Some(&format!("/v1/gpus?{}&first=200&format=csv", ctx.view.rest(ctx.whose, false)))))
        }
    };
    Content::new(
        "GPUs",
        "The hardware that orchestrators say they have, and what is measured of it.",
        Controls::Window,
        body,
    )
}
