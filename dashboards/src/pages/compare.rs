//! Any two to four things of one kind side by side.

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use crate::ctx::Ctx;
use crate::figure;
use crate::frame::{Content, Controls, nothing, value};
use crate::gql::Args;
use crate::limits::COMPARED;
use crate::pages::{share, whole, wide};
use crate::text::{self, Unit};
use crate::view::{Dimension as D, View};

/// Kinds that can be compared.
const KINDS: [(D, &str); 6] = [
    (D::Orchestrator, "Orchestrators"),
    (D::Model, "Models"),
    (D::Region, "Regions"),
    (D::Gateway, "Gateways"),
    (D::Pipeline, "Pipelines"),
    (D::Gpu, "GPUs"),
];

const FIGURES: &str = "requested served unserved failed swaps minutes legMinutes feesEth startupMs { mean n } timeToPlayableMs { mean n } outputFpsMean { mean n } e2eMediaMs { mean n } jitterCoefficient { mean n }";

#[derive(Debug, Deserialize)]
struct Asked {
    demand: Demand,
}

#[derive(Debug, Deserialize)]
struct Demand {
    groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
struct Group {
    key: Vec<crate::model::Key>,
    total: Value,
}

pub(super) async fn page(ctx: &Ctx) -> Content {
    let by = ctx.view.by.filter(|b| KINDS.iter().any(|k| k.0 == *b)).unwrap_or(D::Orchestrator);
    let candidates_asked =
        document(ctx, &View { by: None, things: Vec::new(), ..ctx.view.clone() }, by, 40);
    let candidates = names(&groups(ctx, &candidates_asked).await);
    let things = if ctx.view.things.is_empty() {
        candidates.iter().take(2).cloned().collect()
    } else {
        ctx.view.things.clone()
    };
    let narrowed = ctx.view.common().with(|v| {
        v.by = Some(by);
        v.scope.insert(by, things.clone());
    });
    let compared = things.len() >= 2;
    let asked = document(ctx, &narrowed, by, COMPARED);
    let ids: &[&str] = if compared {
        &[
            "success",
            "requested",
            "minutes",
            "playable",
            "fps",
            "first-frame-spread",
            "startup-spread",
            "fps-spread",
        ]
    } else {
        &[]
    };
    let (found, charts) = futures::join!(groups(ctx, &asked), ctx.panels_of(&narrowed, ids));
    let body = html! {
        nav.kinds aria-label="What is compared" { @for (kind, name) in KINDS { a href=(ctx.view.common().with(|v| v.by = Some(kind)).link("/compare")) aria-current=[(kind == by).then_some("true")] { (name) } } }
        (choice(ctx, by, &things, &candidates))
        @if candidates.is_empty() { (nothing(ctx, &html! { p { "There is nothing to compare in this window yet." } })) }
        @else if !compared { p.nothing { "Choose two to four of them." } }
        @else {
            (wide("Side by side, a wide table", &table(ctx, &things, &found)))
            p.basis { "Each figure is of the whole window; “–” is not known. Few samples are set in italics." }
            (figure::query(ctx, "q-compare", "The query behind this", &asked, Some(&format!("/v1/demand?{}&bucket=TOTAL&groupBy={}&format=csv", narrowed.rest(ctx.whose, true), by.key()))))
            section aria-labelledby="charts" { h2 #charts { "Over time" } (figure::grid(ctx, &charts)) }
        }
    };
    Content::new(
        "Compare",
        "Two to four orchestrators, models, regions, gateways, pipelines or GPUs side by side, on the same scale and window.",
        Controls::Window,
        body,
    )
}

fn document(ctx: &Ctx, view: &View, by: D, top: usize) -> String {
    let args = Args::windowed(view, ctx.whose)
        .scope(view, &D::ALL)
        .group_by(&[by])
        .and("top", &top.to_string());
    format!(
        "{{\n  demand{args} {{\n    from to samples dataThrough dataCoverage\n    groups {{ key {{ dimension value }} total {{ {FIGURES} }} }}\n  }}\n}}"
    )
}

async fn groups(ctx: &Ctx, document: &str) -> Vec<Group> {
    ctx.ask::<Asked>(document).await.map(|a| a.demand.groups).unwrap_or_default()
}

fn names(groups: &[Group]) -> Vec<String> {
    groups.iter().filter_map(|g| g.key.first()?.value.clone()).collect()
}

/// Four places to fill, from what has the most requests; a form, so that it works without a script.
fn choice(ctx: &Ctx, by: D, things: &[String], candidates: &[String]) -> Markup {
    let origin = ctx.view.origin.map(crate::view::Origin::key);
    let last = match ctx.view.window {
        crate::view::Window::Last(last) => Some(last),
        crate::view::Window::Between(..) => None,
    };
    html! {
        form.filter method="get" action="/compare" {
            input type="hidden" name="by" value=(by.key());
            @if let Some(last) = last { input type="hidden" name="last" value=(last); }
            @if let Some(origin) = origin { input type="hidden" name="origin" value=(origin); }
            @for i in 0..COMPARED {
                @let chosen = things.get(i);
                label { (i + 1) " " select name="thing" {
                    option value="" { "–" }
                    @if let Some(c) = chosen { @if !candidates.contains(c) { option value=(c) selected { (text::short(c, 30)) } } }
                    @for c in candidates.iter().take(24) { option value=(c) selected[chosen == Some(c)] { (text::short(c, 30)) } }
                } }
            }
            button type="submit" { "Compare" }
        }
    }
}

/// Rows that are means with samples.
const MEANS: [(&str, &str, Unit); 5] = [
    ("startupMs", "Start-up, mean", Unit::Ms),
    ("timeToPlayableMs", "Until it plays, mean", Unit::Ms),
    ("outputFpsMean", "Output FPS, mean", Unit::Fps),
    ("e2eMediaMs", "Media latency, mean", Unit::Ms),
    ("jitterCoefficient", "Jitter, mean", Unit::Number),
];

fn table(ctx: &Ctx, things: &[String], groups: &[Group]) -> Markup {
    let empty = Value::Null;
    let of = |thing: &String| {
        groups
            .iter()
            .find(|g| g.key.first().and_then(|k| k.value.as_ref()) == Some(thing))
            .map_or(&empty, |g| &g.total)
    };
    let totals: Vec<&Value> = things.iter().map(of).collect();
    let count = |t: &Value, f: &str| value(t[f].as_i64().map(whole));
    html! { table {
        thead { tr { th scope="col" { "Figure" } @for t in things { th.n scope="col" { (text::short(t, 24)) } } } }
        tbody {
            tr { th scope="row" { "Requested" } @for t in &totals { td.n data-figure="requested" { (count(t, "requested")) } } }
            tr { th scope="row" { "Served / requested" } @for t in &totals { td.n.strong { (share(ctx, t["served"].as_i64(), t["requested"].as_i64())) } } }
            tr { th scope="row" { "Failed" } @for t in &totals { td.n { (count(t, "failed")) } } }
            tr { th scope="row" { "No orchestrator" } @for t in &totals { td.n { (count(t, "unserved")) } } }
            tr { th scope="row" { "Swaps" } @for t in &totals { td.n { (count(t, "swaps")) } } }
            tr { th scope="row" { "Minutes" } @for t in &totals { td.n { (value(t["minutes"].as_f64().or(t["legMinutes"].as_f64()).map(|m| Unit::Minutes.write(m, ctx.lang())))) } } }
            tr { th scope="row" { "Fees, expected" } @for t in &totals { td.n { (value(t["feesEth"].as_f64().map(|m| Unit::Eth.write(m, ctx.lang())))) } } }
            @for (field, name, unit) in MEANS {
                tr { th scope="row" { (name) } @for t in &totals { td.n { (mean(ctx, &t[field], unit)) } } }
            }
        }
    } }
}

fn mean(ctx: &Ctx, tally: &Value, unit: Unit) -> Markup {
    let n = tally["n"].as_u64().unwrap_or(0);
    html! { span.few[n > 0 && n < 10] { (value(tally["mean"].as_f64().map(|m| unit.write(m, ctx.lang())))) } @if n > 0 { span.of { " n = " (n) } } }
}
