//! What figures mean: the ideas in words, and every field from the catalogue that the API has.

use maud::{Markup, html};
use serde::Deserialize;

use crate::ctx::Ctx;
use crate::figure;
use crate::frame::{Content, Controls};
use crate::panel::PANELS;
use crate::text;

#[derive(Debug, Deserialize)]
struct Asked {
    catalogue: Vec<Entity>,
}

#[derive(Debug, Deserialize)]
struct Entity {
    name: String,
    description: String,
    class: String,
    cadence: String,
    retention: String,
    misleads: String,
    fields: Vec<Field>,
}

#[derive(Debug, Deserialize)]
struct Field {
    name: String,
    unit: String,
    kind: String,
    description: String,
    misleads: String,
}

/// Ideas that charts refer to: anchor, name, what it means, how it can mislead, entity of the catalogue.
pub(super) const TERMS: [(&str, &str, &str, &str, &str); 9] = [
    (
        "demand",
        "Requests and success",
        "A session is requested if it was served, failed, or found no orchestrator, in the bucket of its request. Served means that three processed segments came back. Success = served / requested. Sessions that ended early for a reason nobody is held to (the client left, no video came in) are left out. By orchestrator, legs are counted: a leg is one orchestrator’s part of a session.",
        "With few requests one failure moves the rate far; rates of fewer than 10 are marked. Sessions by orchestrator add up to more than the total where there were swaps; legs add up.",
        "demand",
    ),
    (
        "missing-capacity",
        "Missing capacity",
        "Requests for which the gateway found no orchestrator. Missing minutes = these × the median minutes of the model’s served sessions of the 7 UTC days before, where at least 20 tell it.",
        "An upper bound: a client that was turned away comes back and is counted again.",
        "demand",
    ),
    (
        "sessions",
        "Times and frames of a session",
        "Start-up: request to the first processed segment. Playable: request to the third. First frame: start of the runner to the third segment. Media latency: how far the output is behind the input, by one clock. Output frames: mean from the first frame on. Jitter: spread / mean of them. Quantiles are exact to 2 %.",
        "The first segment may be a loading picture. First frame has two clocks in it, and is unknown where they disagree by more than a second. Media latency needs a newer gateway.",
        "stream_session",
    ),
    (
        "sla-score",
        "SLA score",
        "100 × signal coverage × (0.7 × reliability + 0.3 × quality). Reliability = 0.4 × start-up success + 0.2 × no swap + 0.4 × output viability. Quality compares the orchestrator’s median first frame, media latency and frames with what is usual for the same model network-wide. Of an orchestrator with a pipeline and model in a region, over 24 hours or 7 days; none below 10 requested legs. What each term cost adds up to 100 − score.",
        "It says how the requests that came were served, not how others would be: gateways choose whom they ask. With few values terms sit near 0.5, so a faultless newcomer has about 85. It does not correct for hardware; that is its point. Scores are never averaged.",
        "sla_score",
    ),
    (
        "targets",
        "Targets and days",
        "Start-up success at least 99 %, swapped at most 5 %, jitter at most 0.1, media latency at most 3 s, data no older than 5 min. Compliance = hours that met the target / closed hours that have a value. A day’s bar is high at 99 % served, lower at 95 %, half below that.",
        "1 of 1 hours is not 168 of 168: both numbers stand there. With fewer than 100 requests in an hour one failure misses 99 %.",
        "sla_score",
    ),
    (
        "supply",
        "Supply and price",
        "What orchestrators say in capability reports, which gateways ask for every 25 minutes: models, slots, GPUs, prices. Slots over time are weighed by time; past a gap of 50 minutes nothing is known. A minute of live video costs price per pixel × 1280 × 720 × 30 × 60.",
        "Nobody checks what an orchestrator says; “reported against observed” on its page is the nearest. Three of four tell nothing of their hardware. Rows above 64 slots are implausible and in no sum. The size of a minute is an assumption.",
        "supply",
    ),
    (
        "fees",
        "Fees",
        "Face value × win probability × tickets of the payments that gateways sent, joined to sessions by their request.",
        "What is to be expected, not what was redeemed on chain. Payments that could be of two sessions belong to none, and are counted apart.",
        "payment_fee",
    ),
    (
        "jobs",
        "Jobs",
        "Batch, LLM and bring-your-own-container jobs, from events that only forks of go-livepeer send.",
        "Upstream gateways send none: there only counters exist.",
        "job",
    ),
    (
        "machines",
        "Machines",
        "Processor, memory, disk and network of a machine as its agent samples them each 10 s.",
        "A machine without an agent is not here.",
        "host",
    ),
];

const DOCUMENT: &str = "{
  catalogue {
    name description class cadence retention misleads
    fields { name unit kind description misleads }
  }
}";

pub(super) async fn page(ctx: &Ctx) -> Content {
    let entities = ctx.ask::<Asked>(DOCUMENT).await.map(|a| a.catalogue).unwrap_or_default();
    let chosen = ctx.view.find.as_deref();
    let body = html! {
        p.nothing { "Rates go from 0 to 1 and are shown as per cent, scores from 0 to 100. A figure is unknown (“–”) where an input is missing: that is never 0, and in no sum. Origins (organic, simulated, replayed, test) are never mixed. The formulas have a version, 2026.1; a change of meaning is a new version." }
        @for term in TERMS { (idea(ctx, term)) }
        section aria-labelledby="catalogue" {
            h2 #catalogue { "Every field, from the catalogue" }
            p.about { "Generated from the schema of the data; the API has the same as " code { "catalogue" } ". Open one to see its fields." }
            ul.index { @for e in &entities { li { a href=(format!("{}#e-{}", ctx.link(|v| v.find = Some(e.name.clone())), e.name)) { (e.name) } } } }
            @for e in entities.iter().filter(|e| chosen.is_none_or(|c| c == e.name)).take(if chosen.is_some() { 1 } else { 0 }) { (entity(e)) }
            (figure::query(ctx, "q-catalogue", "The query behind this", DOCUMENT, None))
        }
    };
    Content::new(
        "Metrics, explained",
        "What every figure means, how it is computed, and how it can mislead.",
        Controls::None,
        body,
    )
}

fn idea(
    ctx: &Ctx,
    (anchor, name, means, misleads, entity): (&str, &str, &str, &str, &str),
) -> Markup {
    // Charts of machines need the name of one.
    let charts = PANELS.iter().filter(|p| p.term == anchor && !p.id.starts_with("node-"));
    let charts: Vec<_> = charts.collect();
    html! {
        section.idea #(anchor) {
            h2 { (name) }
            p { (means) }
            p { strong { "It can mislead. " } (misleads) }
            p.basis {
                @if !charts.is_empty() { "Charts: " @for p in &charts { a href=(ctx.to(&format!("/table/{}", p.id))) { (p.title) } "; " } }
                "Fields: " a href=(format!("{}#e-{entity}", ctx.link(|v| v.find = Some(entity.to_owned())))) { (entity) }
            }
        }
    }
}

fn entity(e: &Entity) -> Markup {
    html! {
        section.card.entity #(format!("e-{}", e.name)) {
            h3 { (e.name) " " span.tag { (e.class) } }
            p { (text::tame(&e.description, 600)) " Each " (e.cadence) "; kept " (e.retention) "." }
            @if !e.misleads.is_empty() { p { strong { "It can mislead. " } (text::tame(&e.misleads, 600)) } }
            (super::wide("Fields, a wide table", &html! { table.words {
                thead { tr { th scope="col" { "Field" } th scope="col" { "Unit" } th scope="col" { "Kind" } th scope="col" { "Meaning" } } }
                tbody { @for f in &e.fields { tr { th scope="row" { code { (f.name) } } td { (f.unit) } td { (f.kind) } td { (text::tame(&f.description, 400)) @if !f.misleads.is_empty() { " " em { (text::tame(&f.misleads, 300)) } } } } } }
            } }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chart_is_explained() {
        for panel in PANELS {
            assert!(
                TERMS.iter().any(|t| t.0 == panel.term),
                "{} refers to {}",
                panel.id,
                panel.term
            );
        }
    }
}
