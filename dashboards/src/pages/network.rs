//! The network, now and over time.

use maud::{Markup, html};
use serde::Deserialize;

use crate::ctx::Ctx;
use crate::figure;
use crate::frame::{Content, Controls, no_sessions, value};
use crate::gql::Args;
use crate::kit::{Figure, State};
use crate::model::Network;
use crate::pages::{ratio, whole};
use crate::panel::Shown;
use crate::text::{self, Unit};
use crate::view::Origin;

#[derive(Debug, Deserialize)]
struct Now {
    network: Network,
}

fn document(ctx: &Ctx) -> String {
    let args = Args::windowed(&ctx.view, ctx.whose);
    format!(
        "{{\n  network{args} {{\n    asOf dataThrough dataCoverage\n    orchestrators orchestratorsOnline gpus slots slotsIdle\n    sessions requested served unserved minutes feesEth\n  }}\n}}"
    )
}

pub(super) async fn page(ctx: &Ctx) -> Content {
    let document = document(ctx);
    let now = ctx.ask::<Now>(&document);
    let charts = ctx.panels(&[
        "requests", "success", "minutes", "playable", "fps", "slots", "models", "fees", "days",
    ]);
    let (now, charts) = futures::join!(now, charts);
    let body = html! {
        (verdict(ctx, now.as_ref().map(|n| &n.network), &charts))
        section aria-labelledby="now" {
            h2 #now { "Now, and in the " (ctx.view.window.words()) }
            @if let Some(n) = &now { (tiles(ctx, &n.network, &charts)) }
            (figure::query(ctx, "q-now", "The query behind these", &document, Some(&format!("/v1/network?{}&format=csv", ctx.view.rest(ctx.whose, true)))))
        }
        @if now.as_ref().is_some_and(|n| n.network.sessions == 0 && n.network.orchestrators == 0) && ctx.whose == Origin::Organic { (no_sessions(ctx)) }
        section aria-labelledby="over-time" {
            h2 #over-time { "Over time" }
            (figure::grid(ctx, &charts))
        }
    };
    Content::new(
        "The network",
        "How well the Livepeer network serves live AI video: measured, with what each figure rests on.",
        Controls::Window,
        body,
    )
}

/// The one sentence.
fn verdict(ctx: &Ctx, network: Option<&Network>, charts: &[Shown]) -> Markup {
    let Some(n) = network else { return html! {} };
    let success = ratio(Some(n.served), Some(n.requested));
    let bars = charts.iter().find_map(|c| match &c.figure {
        Some(Figure::Days(days)) => {
            let met = days.count(State::Met);
            let told = met + days.count(State::Close) + days.count(State::Missed);
            Some((met, told))
        }
        Some(_) | None => None,
    });
    html! {
        p.verdict {
            @match success {
                Some(r) => { strong data-figure="success" data-value=(r) { (Unit::Share.write(r, ctx.lang())) } " of " (whole(n.requested)) " requested sessions were served in the " (ctx.view.window.words()) "; the target is 99 %. " },
                None => { "Nobody requested a session in the " (ctx.view.window.words()) ". " },
            }
            @if let Some((met, told)) = bars { @if told > 0 { (met) " of " (told) " days of the last ninety met it." } }
        }
    }
}

fn tiles(ctx: &Ctx, n: &Network, charts: &[Shown]) -> Markup {
    let lang = ctx.lang();
    let spark = |id: &str| charts.iter().find(|c| c.panel.id == id).map_or(html! {}, trend);
    let of = |part: Option<i64>, all: Option<i64>| {
        part.map(|p| format!("{} of {}", whole(p), all.map_or_else(|| "–".to_owned(), whole)))
    };
    html! {
        dl.tiles {
            div { dt { "Orchestrators online" } dd data-figure="orchestratorsOnline" data-value=(n.orchestrators_online) { (whole(n.orchestrators_online)) } dd.of { "of " (whole(n.orchestrators)) " in the window" } }
            div { dt { "GPUs that are told of" } dd data-figure="gpus" data-value=[n.gpus] { (value(n.gpus.map(whole))) } dd.of { "most orchestrators tell none" } }
            div { dt { "Idle slots" } dd data-figure="slotsIdle" data-value=[n.slots_idle] { (value(of(n.slots_idle, n.slots))) } dd.of { "as orchestrators report" } }
            div { dt { "Sessions requested" } dd data-figure="requested" data-value=(n.requested) { (whole(n.requested)) } (spark("requests")) dd.of { (whole(n.unserved)) " found no orchestrator" } }
            div { dt { "Minutes streamed" } dd data-figure="minutes" data-value=[n.minutes] { (value(n.minutes.map(|m| Unit::Minutes.write(m, lang)))) } (spark("minutes")) }
            div { dt { "Fees, expected" } dd data-figure="feesEth" data-value=[n.fees_eth] { (value(n.fees_eth.map(|f| Unit::Eth.write(f, lang)))) } (spark("fees")) }
        }
        p.basis {
            "As of " time datetime=(n.as_of.to_rfc3339()) { (text::moment(n.as_of)) } " UTC"
            @if let Some(t) = n.data_through { " · data to " time datetime=(t.to_rfc3339()) { (text::age(t, ctx.now())) } }
            @if let Some(c) = n.data_coverage { " · coverage of the gateways’ agents " (Unit::Share.write(c, lang)) }
        }
    }
}

/// The trend of the first series of a chart; its buckets that are not over are left out.
fn trend(shown: &Shown) -> Markup {
    let Some(Figure::Timeline(t)) = &shown.figure else { return html! {} };
    let Some(series) = t.series.first() else { return html! {} };
    let whole: Vec<_> = series.points.iter().filter(|p| !p.partial).copied().collect();
    let top = whole.iter().filter_map(|p| p.value).fold(f64::MIN_POSITIVE, f64::max);
    html! { @if whole.len() > 2 { dd.trend { (crate::kit::spark(&whole, 0.0, top, "trend over the window")) } } }
}
