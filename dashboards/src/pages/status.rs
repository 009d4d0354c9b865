//! How good the data are: parts, freshness, coverage, what was lost, and what is known to be wrong.

use maud::{Markup, html};
use serde::Deserialize;

use crate::ctx::Ctx;
use crate::figure;
use crate::frame::{Content, Controls, nothing, value};
use crate::model::{Part, Time};
use crate::pages::{whole, wide};
use crate::text::{self, Unit};

const DOCUMENT: &str = "{
  status {
    ok checkedAt dataThrough apiVersion schemaVersion databaseVersion
    parts { name ok detail }
    coverage { produced stored rejected gaps pending undeclared duplicates declaredGaps { reason rows } }
    tables { name suspended pendingTransactions dataThrough }
    views { name status dataThrough lastRefreshedAt }
  }
  derivation { dataThrough lagMs pending parts { part node pending lagMs reportedAt } }
  corrections { kind subject value reason author madeAt revoked }
}";

const COVERAGE: &str = "{
  coverage(first: 50, window: { last: \"24h\" }) {
    nodes { agent dataCoverage expectedMinutes dataMinutes lastSeenAt }
    pageInfo { hasNextPage endCursor }
  }
}";

#[derive(Debug, Deserialize)]
struct Asked {
    status: Status,
    derivation: Option<Derivation>,
    corrections: Vec<Correction>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    ok: bool,
    checked_at: Time,
    data_through: Option<Time>,
    api_version: String,
    schema_version: i64,
    database_version: Option<i64>,
    parts: Vec<Part>,
    coverage: Coverage,
    tables: Vec<Table>,
    views: Vec<View>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Coverage {
    produced: Option<f64>,
    stored: f64,
    rejected: f64,
    gaps: f64,
    pending: Option<f64>,
    undeclared: Option<f64>,
    duplicates: f64,
    declared_gaps: Option<Vec<Gap>>,
}

#[derive(Debug, Deserialize)]
struct Gap {
    reason: String,
    rows: f64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Table {
    name: String,
    suspended: bool,
    pending_transactions: i64,
    data_through: Option<Time>,
}

#[derive(Debug, Deserialize)]
struct View {
    name: String,
    status: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Derivation {
    data_through: Option<Time>,
    lag_ms: Option<f64>,
    pending: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Correction {
    kind: Option<String>,
    subject: Option<String>,
    value: Option<String>,
    reason: Option<String>,
    author: Option<String>,
    made_at: Time,
    revoked: bool,
}

#[derive(Debug, Deserialize)]
struct Covered {
    coverage: Agents,
}

#[derive(Debug, Deserialize)]
struct Agents {
    nodes: Vec<Agent>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Agent {
    agent: String,
    data_coverage: Option<f64>,
    expected_minutes: i64,
    data_minutes: i64,
    last_seen_at: Option<Time>,
}

pub(super) async fn page(ctx: &Ctx) -> Content {
    let (asked, covered) = futures::join!(ctx.ask::<Asked>(DOCUMENT), ctx.ask::<Covered>(COVERAGE));
    let body = html! {
        @if let Some(a) = &asked { (glance(ctx, a)) (incidents(ctx, &a.status, covered.as_ref())) (rows(&a.status.coverage)) (parts(ctx, &a.status)) }
        (figure::query(ctx, "q-status", "The query behind this", DOCUMENT, None))
        section aria-labelledby="coverage" {
            h2 #coverage { "Coverage by agent, 24 hours" }
            @if let Some(c) = &covered { (agents(ctx, &c.coverage.nodes)) }
            (figure::query(ctx, "q-coverage", "The query behind this", COVERAGE, Some("/v1/coverage?last=24h&format=csv")))
        }
        (limits())
        @if let Some(a) = &asked { section aria-labelledby="corrections" { h2 #corrections { "Corrections" } (corrections(ctx, &a.corrections)) } }
    };
    Content::new(
        "Data status",
        "How fresh and how complete the figures are, what was lost, and what is known to be wrong with them.",
        Controls::None,
        body,
    )
}

fn glance(ctx: &Ctx, a: &Asked) -> Markup {
    let s = &a.status;
    let age = s.data_through.map(|t| (s.checked_at - t).num_seconds());
    let lag = a.derivation.as_ref();
    let failing: Vec<String> = s
        .parts
        .iter()
        .filter(|p| !p.ok)
        .map(|p| {
            format!(
                "{}: {}",
                p.name,
                text::tame(p.detail.as_deref().unwrap_or("does not answer"), 120)
            )
        })
        .collect();
    html! {
        dl.tiles {
            div.bad[!s.ok] { dt { "Parts" } dd data-figure="parts" { @if s.ok { "all answer" } @else if failing.is_empty() { "a table or view is stuck" } @else { (failing.join("; ")) } } }
            div.bad[age.is_none_or(|a| a > 300)] { dt { "Newest data" } dd { (value(s.data_through.map(|t| text::age(t, ctx.now())))) } dd.of { "fresh is at most 5 min" } }
            div { dt { "Derived figures are behind by" } dd { (value(lag.and_then(|l| l.lag_ms).map(text::duration))) } dd.of { (value(lag.and_then(|l| l.pending).map(text::grouped))) " pieces of work wait" @if let Some(t) = lag.and_then(|l| l.data_through) { "; derived to " (text::moment(t)) } } }
            div { dt { "Rows stored" } dd data-figure="rows-stored" data-value=(s.coverage.stored) { (text::grouped(s.coverage.stored)) } }
            div { dt { "Versions" } dd.small { "API " (text::tame(&s.api_version, 20)) ", schema " (s.schema_version) ", database " (value(s.database_version.map(|v| v.to_string()))) } }
        }
    }
}

/// What is wrong at this moment, or was in the last day.
fn incidents(ctx: &Ctx, s: &Status, covered: Option<&Covered>) -> Markup {
    let mut all: Vec<String> = Vec::new();
    all.extend(s.parts.iter().filter(|p| !p.ok).map(|p| format!("{} does not answer.", p.name)));
    all.extend(
        s.tables
            .iter()
            .filter(|t| t.suspended)
            .map(|t| format!("The database has stopped applying what is written to {}.", t.name)),
    );
    all.extend(
        s.views
            .iter()
            .filter(|v| v.status == "invalid")
            .map(|v| format!("The view {} is invalid.", v.name)),
    );
    all.extend(s.coverage.undeclared.filter(|u| *u > 0.0).map(|u| {
        format!("{} rows are missing that no agent has declared lost.", text::grouped(u))
    }));
    for agent in covered.iter().flat_map(|c| &c.coverage.nodes) {
        let missing = agent.expected_minutes - agent.data_minutes;
        if missing > 0 {
            all.push(format!(
                "{}: {missing} of {} minutes without data in 24 hours.",
                text::short(&agent.agent, 40),
                agent.expected_minutes
            ));
        }
    }
    html! {
        section aria-labelledby="incidents" {
            h2 #incidents { "Incidents" }
            @if all.is_empty() { (nothing(ctx, &html! { p { "None: every part answers, nothing is stuck, no row is missing without a reason, and no agent was silent in the last 24 hours." } })) }
            @else { ul { @for what in all.iter().take(30) { li { (what) } } } }
        }
    }
}

fn rows(c: &Coverage) -> Markup {
    let n = |x: Option<f64>| value(x.map(text::grouped));
    html! {
        section aria-labelledby="rows" {
            h2 #rows { "What became of every row" }
            p.about { "A row that an agent took is stored, refused for good, lost, or still to come: there is nothing else. Lost rows are declared by the agent with the reason; what nobody declared would be a defect." }
            dl.tiles {
                div { dt { "Taken by agents" } dd { (n(c.produced)) } }
                div { dt { "Stored" } dd { (text::grouped(c.stored)) } }
                div { dt { "Refused" } dd { (text::grouped(c.rejected)) } }
                div { dt { "Lost" } dd { (text::grouped(c.gaps)) } @for g in c.declared_gaps.iter().flatten().filter(|g| g.rows > 0.0) { dd.of { (text::grouped(g.rows)) " " (text::tame(&g.reason, 20)) } } }
                div.bad[c.undeclared.is_some_and(|u| u > 0.0)] { dt { "Of these undeclared" } dd { (n(c.undeclared)) } }
                div { dt { "Still to come" } dd { (n(c.pending)) } }
                div { dt { "Came twice, counted once" } dd { (text::grouped(c.duplicates)) } }
            }
        }
    }
}

fn parts(ctx: &Ctx, s: &Status) -> Markup {
    let stuck: Vec<&str> =
        s.views.iter().filter(|v| v.status == "invalid").map(|v| v.name.as_str()).collect();
    let mut tables: Vec<&Table> = s.tables.iter().collect();
    tables.sort_by_key(|t| {
        (!t.suspended, std::cmp::Reverse(t.pending_transactions), std::cmp::Reverse(t.data_through))
    });
    html! {
        section aria-labelledby="tables" {
            h2 #tables { "Tables" }
            p.basis { (s.tables.len()) " tables and " (s.views.len()) " views" @if stuck.is_empty() { ", none of them stuck." } @else { "; stuck: " (stuck.join(", ")) } " The ones with the newest rows:" }
            (wide("Tables, a wide table", &html! { table {
                thead { tr { th scope="col" { "Table" } th scope="col" { "Newest row" } th.n scope="col" { "Commits to apply" } th scope="col" { "State" } } }
                tbody { @for t in tables.iter().take(14) { tr { th scope="row" { code { (t.name) } } td { (value(t.data_through.map(|d| text::age(d, ctx.now())))) } td.n { (whole(t.pending_transactions)) } td { @if t.suspended { span.tag.bad { "suspended" } } @else { "good" } } } } }
            } }))
        }
    }
}

fn agents(ctx: &Ctx, agents: &[Agent]) -> Markup {
    html! {
        @if agents.is_empty() { (nothing(ctx, &html! { p { "No agent has reported in the last 24 hours." } })) } @else {
            (wide("Coverage by agent, a wide table", &html! { table {
                thead { tr { th scope="col" { "Agent" } th.n scope="col" { "Coverage" } th.n scope="col" { "Minutes with data" } th.n scope="col" { "Of" } th scope="col" { "Newest row" } } }
                tbody { @for a in agents { tr data-agent=(a.agent) { th scope="row" { (text::short(&a.agent, 40)) } td.n data-figure="coverage" { (value(a.data_coverage.map(|c| Unit::Share.write(c, ctx.lang())))) } td.n { (whole(a.data_minutes)) } td.n { (whole(a.expected_minutes)) } td { (value(a.last_seen_at.map(|t| text::age(t, ctx.now())))) } } } }
            } }))
            p.basis { "Coverage: minutes with a row of the agent itself / minutes from its first row to its last." }
        }
    }
}

/// What is known to be missing or wrong, whatever the figures of the moment.
fn limits() -> Markup {
    html! {
        section aria-labelledby="limits" {
            h2 #limits { "Known limits" }
            ul {
                li { "Only gateways with an agent are seen. Traffic of others is in no figure here." }
                li { "Capability reports come every 25 minutes: an orchestrator that moved may be mistaken for the one before for that long." }
                li { "What orchestrators say of slots, GPUs and prices is checked by nobody." }
                li { "Late rows are taken for 14 days, and change the figures of their time; older ones are refused and declared." }
                li { "Fees are expected values of what reporting gateways sent, not what was redeemed on chain." }
                li { "Raw events are kept for 13 months, samples of machines for 30 days, minutes for 90 days, hours for 3 years, days for good." }
            }
        }
    }
}

fn corrections(ctx: &Ctx, corrections: &[Correction]) -> Markup {
    html! {
        @if corrections.is_empty() { (nothing(ctx, &html! { p { "Nobody has corrected anything. A correction is applied when figures are derived, with author and reason; what nodes sent stays as it is." } })) } @else {
            (wide("Corrections, a wide table", &html! { table {
                thead { tr { th scope="col" { "Made" } th scope="col" { "Kind" } th scope="col" { "Of" } th scope="col" { "Is" } th scope="col" { "Why" } th scope="col" { "By" } } }
                tbody { @for c in corrections.iter().take(30) { tr {
                    th scope="row" { (text::moment(c.made_at)) @if c.revoked { " " span.tag { "revoked" } } }
                    @for t in [&c.kind, &c.subject, &c.value, &c.reason, &c.author] { td { (value(t.as_deref().map(|t| text::tame(t, 80)))) } }
                } } }
            } }))
        }
    }
}
