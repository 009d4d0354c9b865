//! One orchestrator: what it did, what it says, and what that was worth.

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use crate::ctx::Ctx;
use crate::figure;
use crate::frame::{Content, Controls, nothing, of, value};
use crate::gql::Args;
use crate::model::{Compliance, Connection, Orchestrator, Score, Time};
use crate::pages::{declared, league, missing, narrow, sessions, share, whole, wide};
use crate::panel::{self, costs};
use crate::text::{self, Unit};
use crate::view::{Dimension as D, View, Window};

#[derive(Debug, Deserialize)]
struct Found {
    orchestrators: Connection<Orchestrator>,
}

/// Scores that are taken apart on the page, those with the most legs.
const SCORES: usize = 4;
/// Rows of lists on the page; their queries give all.
const LISTED: usize = 8;

pub(super) async fn page(ctx: &Ctx, address: &str) -> Content {
    let good = address
        .strip_prefix("0x")
        .is_some_and(|h| h.len() == 40 && h.chars().all(|c| c.is_ascii_hexdigit()));
    if !good {
        return missing(
            "No orchestrator",
            "An orchestrator is named by its on-chain address: 0x and 40 hexadecimal digits.",
        );
    }
    let view = ctx.view.with(|v| {
        v.scope.insert(D::Orchestrator, vec![address.to_owned()]);
    });
    let who_asked = league::one(address, ctx);
    let scored = league::newest(ctx, &view, |view| panel::newest_scores(view, ctx.whose));
    let (found, (span, scores_asked, mut scores)) =
        futures::join!(ctx.ask::<Found>(&who_asked), scored);
    let view = View { span: Some(span), ..view };
    let who = found.and_then(|f| f.orchestrators.nodes.into_iter().next());
    scores.sort_by_key(|s| std::cmp::Reverse(s.requested));
    let history = ctx.panels_of(&view, &["score", "success", "requests", "prices"]);
    let cohort = ctx.panels_of(
        &view,
        &["first-frame-spread", "fps-spread", "startup-spread", "latency-spread"],
    );
    let days = ctx.panels_of(&view, &["days"]);
    let (history, cohort, days, incidents, compared, sessions) = futures::join!(
        history,
        cohort,
        days,
        incidents(ctx, &view),
        reported(ctx, &view),
        sessions::list(ctx, &view, 6)
    );
    let body = html! {
        @match &who {
            Some(who) => (card(ctx, who)),
            None => (nothing(ctx, &html! { p { "No capability report of this address is known. What was observed of it stands below, if anything was." } })),
        }
        (figure::query(ctx, "q-who", "The query behind this", &who_asked, Some(&format!("/v1/orchestrators?address={address}&origin={}&format=csv", ctx.whose.word()))))
        section aria-labelledby="days" { h2 #days { "Day by day" } (figure::grid(ctx, &days)) }
        section aria-labelledby="score" {
            h2 #score { "The score, and what each term cost" }
            (scored_table(ctx, &scores, &scores_asked, &view))
        }
        section aria-labelledby="history" { h2 #history { "History" } (figure::grid(ctx, &history)) }
        section aria-labelledby="cohort" { h2 #cohort { "Against the cohort" } (figure::grid(ctx, &cohort)) }
        @if let Some(who) = &who { section aria-labelledby="offers" { h2 #offers { "What it offers " (declared()) } (offers(ctx, who)) } }
        section aria-labelledby="incidents" { h2 #incidents { "Incidents" } (incidents) }
        section aria-labelledby="reported" { h2 #reported { "Reported against observed" } (compared) }
        section aria-labelledby="sessions" { h2 #sessions { "Sessions" } (sessions) }
    };
    let title = format!("Orchestrator {}", text::short(address, 13));
    Content::new(
        &title,
        "What one orchestrator did, what it says of itself, and what each term of its score cost.",
        Controls::Window,
        body,
    )
}

fn card(ctx: &Ctx, who: &Orchestrator) -> Markup {
    let gpus: Vec<String> =
        who.gpus.iter().map(|g| format!("{} × {}", g.count, text::tame(&g.name, 60))).collect();
    html! {
        dl.facts {
            dt { "Address" } dd { code.address { (who.address) } }
            dt { "State" } dd { @if who.online { span.tag.good { "online" } } @else { span.tag.marked { "offline" } } " in a capability report " time datetime=(who.last_seen_at.to_rfc3339()) { (text::age(who.last_seen_at, ctx.now())) } }
            dt { "Service URIs" } dd { @for uri in who.uris.iter().take(8) { code { (text::tame(uri, 80)) } " " } (declared()) }
            dt { "GPUs" } dd { (value(who.gpu_count.map(whole))) @if !gpus.is_empty() { " (" (gpus.join(", ")) ")" } " " (declared()) }
            dt { "Slots" } dd { (value(who.slots_idle.map(whole))) " idle of " (value(who.slot_count.map(whole))) " " (declared()) }
            dt { "Version" } dd { @if who.versions.is_empty() { (value(None)) } @for v in who.versions.iter().take(4) { (text::tame(v, 40)) " " } (declared()) }
            dt { "Region of its own agent" } dd { @if who.regions.is_empty() { (value(None)) } @else { (text::tame(&who.regions.join(", "), 80)) } }
            dt { "Reported by" } dd { @for g in who.gateways.iter().take(6) { (narrow(ctx, "/gateways", D::Gateway, g, 30)) " " } }
        }
        @if who.implausible { p.note { "It reports more than 64 slots for a model. Such rows are kept, shown here, and left out of all sums." } }
    }
}

fn scored_table(ctx: &Ctx, scores: &[Score], asked: &str, view: &View) -> Markup {
    let span = view.span.unwrap_or_default();
    let shown = scores.get(..scores.len().min(SCORES)).unwrap_or_default();
    html! {
        @if shown.is_empty() {
            (nothing(ctx, &html! { p { "There is no score yet: one begins with the first leg of a live session, and needs ten legs in 24 hours to be a number." } }))
        } @else {
            (wide("Scores and what each term cost, a wide table", &terms(ctx, shown)))
            p.basis { "Points lost add up to 100 − score. Value × weight stand beside them. “few”: a score needs 10 requested legs; costs are then not told. Over " (span.words()) " before " (shown.first().map(|s| text::moment(s.end)).unwrap_or_default()) " UTC. " a href=(ctx.link(|v| v.span = Some(span.other()))) { "Show " (span.other().words()) } }
            h3 { "Targets" }
            (wide("Targets, a wide table", &targets(ctx, shown)))
        }
        (figure::query(ctx, "q-scores", "The query behind the scores", asked, Some(&panel::find("costs").map_or_else(String::new, |p| p.csv(view, ctx.whose)))))
    }
}

/// A column for each score, a row for each term.
fn terms(ctx: &Ctx, scores: &[Score]) -> Markup {
    let taken: Vec<_> = scores.iter().map(costs).collect();
    let names: Vec<String> =
        taken.first().map(|t| t.costs.iter().map(|c| c.name.clone()).collect()).unwrap_or_default();
    let lang = ctx.lang();
    html! {
        table.terms {
            thead { tr { th scope="col" { "Term" } @for s in scores { th.n scope="col" { (text::short(s.model.as_deref().unwrap_or("–"), 22)) br; (s.region.as_deref().unwrap_or("–")) } } } }
            tbody {
                tr { th scope="row" { "SLA score" } @for s in scores { td.n.strong data-figure="score" data-value=[s.score] { (value(s.score.map(|x| Unit::Score.write(x, lang)).or_else(|| s.requested.map(|_| "few".to_owned())))) } } }
                tr { th scope="row" { "Rank" } @for s in scores { td.n { @if s.ranked { (value(s.rank.map(whole))) } @else { span.unknown title="one observer only" { "not ranked" } } } } }
                tr { th scope="row" { "Legs requested, served" } @for s in scores { td.n { (value(s.requested.map(whole))) ", " (value(s.served.map(whole))) } } }
                @for (i, name) in names.iter().enumerate() {
                    tr {
                        th scope="row" { "− " (name) }
                        @for t in &taken {
                            @let cost = t.costs.get(i);
                            td.n title=[cost.and_then(|c| c.note.clone())] {
                                span.lost { (value(cost.and_then(|c| c.cost).map(|c| format!("−{}", Unit::Score.write(c, lang))))) }
                                span.of { " " (value(cost.and_then(|c| c.value).map(text::significant))) @if let Some(w) = cost.and_then(|c| c.weight) { " × " (text::significant(w)) } }
                                @if cost.is_some_and(|c| c.note.is_some()) { "*" }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn targets(ctx: &Ctx, scores: &[Score]) -> Markup {
    let first: &[Compliance] = scores.first().map(|s| s.compliance.as_slice()).unwrap_or_default();
    html! {
        table {
            thead { tr { th scope="col" { "Hours that met it" } @for s in scores { th.n scope="col" { (text::short(s.model.as_deref().unwrap_or("–"), 22)) br; (s.region.as_deref().unwrap_or("–")) } } } }
            tbody { @for (i, c) in first.iter().enumerate() {
                tr {
                    th scope="row" { (c.target) " (" (text::tame(&c.figure, 40)) " " (if c.at_least { "≥" } else { "≤" }) " " (text::significant(c.value)) " " (text::tame(&c.unit, 12)) ")" }
                    @for s in scores { @let c = s.compliance.get(i); td.n { (share(ctx, c.and_then(|c| c.met), c.and_then(|c| c.hours))) @if let Some(c) = c { span.of { " " (value(c.met.map(whole))) "/" (value(c.hours.map(whole))) } } } }
                }
            } }
        }
    }
}

fn offers(ctx: &Ctx, who: &Orchestrator) -> Markup {
    html! {
        @if who.models.is_empty() { p.nothing { "Its newest report lists no model." } } @else {
            (wide("Models on offer, a wide table", &html! { table {
                thead { tr { th scope="col" { "Pipeline" } th scope="col" { "Model" } th.n scope="col" { "Slots idle of all" } th scope="col" { "Loaded" } th.n scope="col" { "Wei per unit" } th scope="col" { "Unit" } th.n scope="col" { "Gwei a minute" } } }
                tbody { @for m in who.models.iter().take(60) { tr {
                    th scope="row" { (value(m.pipeline.as_deref().map(|p| text::tame(p, 40)))) }
                    td { @if let Some(name) = &m.model { (narrow(ctx, "/pipelines", D::Model, name, 44)) } @else { (value(None)) } }
                    td.n { (of(m.slots_idle.map(whole), m.slots.map(whole))) @if m.implausible_slots.is_some_and(|n| n > 0) { span.tag.marked { "implausible" } } }
                    td { (value(m.warm.map(|w| if w { "yes" } else { "no" }.to_owned()))) }
                    td.n { (value(m.price_wei_per_unit.map(text::significant))) }
                    td { (value(m.price_unit.as_deref().map(|u| text::tame(u, 20)))) }
                    td.n { (value(m.price_wei_per_minute.map(|p| text::significant(p / 1e9)))) }
                } } }
            } }))
            p.basis { "A minute is 1280 × 720 at 30 frames: an assumption, since no report says the resolution." }
        }
    }
}

/// Hours in which it missed the target of start-up success.
async fn incidents(ctx: &Ctx, view: &View) -> Markup {
    let args =
        Args::default().last("7d").origin(ctx.whose).scope(view, &D::ALL).and("bucket", "H1");
    let document = format!(
        "{{\n  demand{args} {{\n    basis\n    groups {{ points {{ time partial requested served failed swaps }} }}\n  }}\n}}"
    );
    let answer = ctx.ask::<Value>(&document).await.unwrap_or_default();
    let points = answer["demand"]["groups"][0]["points"].as_array().cloned().unwrap_or_default();
    let missed = points.iter().rev().filter_map(|p| {
        let n = |f: &str| p[f].as_i64();
        let (requested, served) = (n("requested")?, n("served")?);
        let time: Time = p["time"].as_str()?.parse().ok()?;
        (requested > 0 && served * 100 < requested * 99).then_some((
            time,
            requested,
            served,
            n("failed"),
            n("swaps"),
        ))
    });
    let missed: Vec<_> = missed.take(LISTED).collect();
    html! {
        @if missed.is_empty() { (nothing(ctx, &html! { p { "In the last 7 days no hour with requests missed the target of 99 % start-up success." } })) } @else {
            (wide("Hours that missed the target, a wide table", &html! { table {
                thead { tr { th scope="col" { "Hour, UTC" } th.n scope="col" { "Requested" } th.n scope="col" { "Served" } th.n scope="col" { "Failed" } th.n scope="col" { "Swaps" } th.n scope="col" { "Success" } } }
                tbody { @for (time, requested, served, failed, swaps) in &missed { tr {
                    th scope="row" { a href=(View { window: Window::Between(*time, *time + chrono::TimeDelta::hours(1)), ..view.clone() }.link("/sessions")) { (text::moment(*time)) } }
                    td.n { (requested) } td.n { (served) } td.n { (value(failed.map(whole))) } td.n { (value(swaps.map(whole))) }
                    td.n { (share(ctx, Some(*served), Some(*requested))) }
                } } }
            } }))
            p.basis { "The newest " (missed.len()) " hours of the last 7 days with less than 99 % of the legs served. With few legs in an hour, one is enough to miss it." }
        }
        (figure::query(ctx, "q-incidents", "The query behind this", &document, None))
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hours {
    reported_vs_observed: Items,
}

#[derive(Debug, Deserialize)]
struct Items {
    items: Vec<Reported>,
}

#[derive(Debug, Deserialize)]
struct Reported {
    hour: Time,
    figure: Option<String>,
    pipeline: Option<String>,
    model: Option<String>,
    reported: Option<f64>,
    observed: Option<f64>,
    ratio: Option<f64>,
    basis: Option<String>,
}

/// What it says of itself, beside what was seen.
async fn reported(ctx: &Ctx, view: &View) -> Markup {
    let args = Args::default()
        .last("24h")
        .origin(ctx.whose)
        .scope(view, &[D::Orchestrator, D::Pipeline, D::Model]);
    let document = format!(
        "{{\n  reportedVsObserved{args} {{\n    samples\n    items {{ hour figure pipeline model reported observed ratio basis }}\n  }}\n}}"
    );
    let hours = ctx.ask::<Hours>(&document).await;
    let mut items = hours.map(|h| h.reported_vs_observed.items).unwrap_or_default();
    items.retain(|i| i.observed.is_some() || i.reported.is_some());
    items.sort_by_key(|i| (i.observed.is_none(), std::cmp::Reverse(i.hour)));
    let number = |x: Option<f64>| value(x.map(text::significant));
    html! {
        @if items.is_empty() { (nothing(ctx, &html! { p { "Nothing was reported in the last 24 hours." } })) } @else {
            (wide("Reported against observed, a wide table", &html! { table {
                thead { tr { th scope="col" { "Hour, UTC" } th scope="col" { "Figure" } th scope="col" { "Pipeline" } th scope="col" { "Model" } th.n scope="col" { "It reports" } th.n scope="col" { "Observed" } th.n scope="col" { "Reported / observed" } th scope="col" { "By" } } }
                tbody { @for i in items.iter().take(LISTED) { tr {
                    th scope="row" { (text::moment(i.hour)) }
                    td { (value(i.figure.clone())) } td { (value(i.pipeline.as_deref().map(|p| text::tame(p, 30)))) } td { (value(i.model.as_deref().map(|m| text::short(m, 30)))) }
                    td.n { (number(i.reported)) } td.n { (number(i.observed)) } td.n { (number(i.ratio)) } td { (value(i.basis.clone())) }
                } } }
            } }))
        }
        (figure::query(ctx, "q-reported", "The query behind this", &document, Some(&format!("/v1/reported-vs-observed?last=24h&{}&format=csv", view.rest(ctx.whose, false)))))
    }
}
