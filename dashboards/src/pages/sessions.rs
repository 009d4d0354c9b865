//! Sessions of gateways, the newest first.

use maud::{Markup, html};
use serde::Deserialize;

use crate::ctx::Ctx;
use crate::figure;
use crate::frame::{Content, Controls, no_sessions, value};
use crate::gql::Args;
use crate::model::{PageInfo, Time};
use crate::pages::{narrow, orchestrator_link, wide};
use crate::text;
use crate::view::{Dimension as D, View, Window};

#[derive(Debug, Deserialize)]
struct Listed {
    sessions: Page,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    pub(super) nodes: Vec<Session>,
    pub(super) page_info: PageInfo,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Session {
    stream_id: Option<String>,
    request_id: Option<String>,
    gateway: Option<String>,
    region: Option<String>,
    model: Option<String>,
    started_at: Time,
    closed: bool,
    outcome: String,
    end_reason: Option<String>,
    minutes: Option<f64>,
    output_fps_mean: Option<f64>,
    startup_ms: Option<f64>,
    time_to_playable_ms: Option<f64>,
    swaps: Option<i64>,
    error_events: i64,
    ingest_samples: i64,
    status_samples: i64,
    legs: Vec<Leg>,
}

#[derive(Debug, Deserialize)]
struct Leg {
    uri: Option<String>,
    orchestrator: Option<Who>,
}

#[derive(Debug, Deserialize)]
struct Who {
    address: Option<String>,
}

/// What is asked of each session.
pub(super) const FIELDS: &str = "nodes {
      streamId requestId gateway region model startedAt closed outcome endReason minutes
      outputFpsMean startupMs timeToPlayableMs swaps errorEvents ingestSamples statusSamples
      legs { uri orchestrator { address } }
    }
    pageInfo { hasNextPage endCursor }";

/// The API lists so many days at once; older ones need a window of their own.
fn listed(window: Window) -> Option<Window> {
    match window {
        Window::Last("30d" | "90d") => None,
        other => Some(other),
    }
}

fn document(ctx: &Ctx, view: &View, first: usize) -> String {
    let args = Args::default().first(first).after(view.after.as_deref()).origin(ctx.whose);
    let args = match listed(view.window) {
        Some(window) => args.window(window),
        None => args,
    };
    format!("{{\n  sessions{} {{\n    {FIELDS}\n  }}\n}}", args.scope(view, &D::ALL))
}

pub(super) async fn page(ctx: &Ctx) -> Content {
    let list = list(ctx, &ctx.view, 20).await;
    let empty = ctx.around.as_ref().is_some_and(|a| {
        [&a.organic, &a.simulated, &a.replayed, &a.test]
            .iter()
            .all(|p| p.as_ref().is_none_or(|p| p.sessions == 0))
    });
    let body = html! {
        @if empty { (no_sessions(ctx)) } @else { (list) }
    };
    Content::new(
        "Sessions",
        "Every live video session that a gateway reported: what became of it, how quickly, and with whom.",
        Controls::Window,
        body,
    )
}

/// A list of sessions with its query; on the page of sessions with pages.
pub(super) async fn list(ctx: &Ctx, view: &View, first: usize) -> Markup {
    let document = document(ctx, view, first);
    let page = ctx.ask::<Listed>(&document).await.map(|l| l.sessions);
    let windowed = listed(view.window).is_some();
    html! {
        @match &page {
            Some(page) if !page.nodes.is_empty() => {
                (table(ctx, &page.nodes))
                p.basis { "FPS count from the first sample above 0. A normal end has one or two errors, too." @if !windowed { " The newest, whatever the window." } }
                (pager(ctx, view, &page.page_info))
            },
            Some(_) => p.nothing { "No session in this window." },
            None => p.nothing { "The sessions could not be read." },
        }
        (figure::query(ctx, "q-sessions", "The query behind this", &document, Some(&format!("/v1/sessions?{}&first=200&format=csv", view.rest(ctx.whose, windowed)))))
    }
}

fn pager(ctx: &Ctx, view: &View, info: &PageInfo) -> Markup {
    let next = info.end_cursor.as_ref().filter(|_| info.has_next_page);
    html! {
        @if next.is_some() || view.after.is_some() {
            nav.pages aria-label="Pages of sessions" {
                @if view.after.is_some() { a href=(view.with(|_| ()).link("/sessions")) { "Newest" } }
                @if let Some(next) = next { a rel="next" href=(View { after: Some(next.clone()), ..view.clone() }.link("/sessions")) { "Older" } }
                @if ctx.path != "/sessions" { a href=(view.with(|_| ()).link("/sessions")) { "All" } }
            }
        }
    }
}

pub(super) fn table(ctx: &Ctx, sessions: &[Session]) -> Markup {
    wide(
        "Sessions, a wide table",
        &html! { table {
            thead { tr {
                th scope="col" { "Stream" } th scope="col" { "Started" } th scope="col" { "Outcome" } th scope="col" { "Model" } th scope="col" { "Region" }
                th.n scope="col" { "Start-up" } th.n scope="col" { "Playable" } th.n scope="col" { "FPS" } th.n scope="col" { "Minutes" }
                th.n scope="col" { "Swaps" } th.n scope="col" { "Errors" } th.n scope="col" { "Samples" } th scope="col" { "Orchestrator" } th scope="col" { "Gateway" }
            } }
            tbody { @for s in sessions { (row(ctx, s)) } }
        } },
    )
}

fn row(ctx: &Ctx, s: &Session) -> Markup {
    let outcome = s.outcome.to_lowercase().replace('_', " ");
    let end = s.end_reason.as_deref().map(|e| e.to_lowercase().replace('_', " "));
    html! {
        tr data-request=(s.request_id.as_deref().unwrap_or_default()) {
            th scope="row" title=[s.request_id.as_deref().map(|r| text::tame(r, 64))] { (value(s.stream_id.as_deref().map(|t| text::short(t, 16)))) }
            td { time datetime=(s.started_at.to_rfc3339()) title=(s.started_at.to_rfc3339()) { (text::age(s.started_at, ctx.now())) } }
            td { span.tag.good[s.outcome == "SERVED"].bad[s.outcome == "FAILED" || s.outcome == "NO_ORCHESTRATOR"] { (text::tame(&outcome, 32)) } @if let Some(end) = end { " " (text::tame(&end, 24)) } @if !s.closed && s.outcome != "OPEN" { ", open" } }
            td { (value(s.model.as_deref().map(|m| text::short(m, 16)))) }
            td { (value(s.region.as_deref().map(|r| text::short(r, 14)))) }
            td.n data-figure="startup" data-value=[s.startup_ms] { (value(s.startup_ms.map(text::duration))) }
            td.n { (value(s.time_to_playable_ms.map(text::duration))) }
            td.n data-figure="fps" data-value=[s.output_fps_mean] { (value(text::number(s.output_fps_mean, 1))) }
            td.n { (value(text::number(s.minutes, 1))) }
            td.n { (value(s.swaps.map(|n| n.to_string()))) }
            td.n { (s.error_events) }
            td.n { span data-figure="ingest" { (s.ingest_samples) } "/" span data-figure="status" { (s.status_samples) } }
            td { (who(ctx, &s.legs)) }
            td { @if let Some(g) = &s.gateway { (narrow(ctx, "/gateways", D::Gateway, g, 15)) } @else { (value(None)) } }
        }
    }
}

fn who(ctx: &Ctx, legs: &[Leg]) -> Markup {
    html! {
        @if legs.is_empty() { (value(None)) }
        @for (i, leg) in legs.iter().take(4).enumerate() {
            @if i > 0 { " → " }
            @match (leg.orchestrator.as_ref().and_then(|o| o.address.as_deref()), &leg.uri) {
                (Some(address), _) => (orchestrator_link(ctx, address)),
                (None, Some(uri)) => span title=(format!("{}: no address is known for it", text::tame(uri, 80))) { (text::short(uri.split_once("://").map_or(uri, |u| u.1), 15)) " ?" },
                (None, None) => (value(None)),
            }
        }
        @if legs.len() > 4 { " …" }
    }
}
