//! Orchestrators side by side: one row for each score, and one for whoever has none.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use crate::ctx::Ctx;
use crate::figure;
use crate::frame::{Content, Controls, nothing, value};
use crate::gql::{self, Args};
use crate::kit::{Point, spark};
use crate::limits;
use crate::model::{Connection, Orchestrator, Score, Scores, Time};
use crate::pages::{orchestrator_link, share, whole, wide};
use crate::panel;
use crate::text::{self, Unit};
use crate::view::{Dimension as D, SlaSpan, View};

/// Rows of a page: the trend of all of them is one question, which takes so many addresses.
const ROWS: usize = limits::SCOPE_VALUES;

#[derive(Debug, Deserialize)]
struct Listed {
    orchestrators: Connection<Orchestrator>,
}

#[derive(Debug, Deserialize)]
struct Scored {
    sla: Scores,
}

/// One row.
#[derive(Debug)]
struct Row<'a> {
    who: &'a Orchestrator,
    score: Option<&'a Score>,
}

fn list(ctx: &Ctx, after: Option<&str>) -> String {
    let args = Args::default().first(200).after(after).origin(ctx.whose);
    format!(
        "{{\n  orchestrators{args} {{\n    totalCount\n    nodes {{\n      address online lastSeenAt gpuCount gpus {{ name count }} implausible regions\n      slotCount slotsIdle uris versions\n      models {{ model pipeline slots warm priceUnit priceWeiPerUnit priceWeiPerMinute }}\n    }}\n    pageInfo {{ hasNextPage endCursor }}\n  }}\n}}"
    )
}

/// The newest scores, without what each cost.
fn scores(ctx: &Ctx, view: &View) -> String {
    format!(
        "{{\n  sla{} {{\n    to dataThrough\n    scores {{ end orchestrator pipeline model region score rank ranked requested served swapped signalCoverage }}\n  }}\n}}",
        panel::span(view).origin(ctx.whose)
    )
}

/// Scores as the view has them. Where it does not say over how long, and a day has too few legs for
/// most of them to be a number, over a week if more are one there.
pub(super) async fn newest(
    ctx: &Ctx,
    view: &View,
    document: impl Fn(&View) -> String,
) -> (SlaSpan, String, Vec<Score>) {
    let over = |span| document(&View { span: Some(span), ..view.clone() });
    let ask = async |span| {
        let asked = over(span);
        let scores = ctx.ask::<Scored>(&asked).await.map(|s| s.sla.scores).unwrap_or_default();
        (span, asked, scores)
    };
    let first = ask(view.span.unwrap_or_default()).await;
    let told = |scores: &[Score]| scores.iter().filter(|s| s.score.is_some()).count();
    if view.span.is_some() || told(&first.2) * 2 > first.2.len() {
        return first;
    }
    let week = ask(SlaSpan::Week).await;
    if told(&week.2) > told(&first.2) { week } else { first }
}

async fn everyone(ctx: &Ctx) -> Vec<Orchestrator> {
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..limits::LIST_PAGES {
        let Some(page) = ctx.ask::<Listed>(&list(ctx, after.as_deref())).await else { break };
        all.extend(page.orchestrators.nodes);
        after = page.orchestrators.page_info.end_cursor;
        if !page.orchestrators.page_info.has_next_page {
            break;
        }
    }
    all
}

pub(super) async fn page(ctx: &Ctx) -> Content {
    let scored = newest(ctx, &ctx.view, |view| scores(ctx, view));
    let (everyone, (span, asked, scores)) = futures::join!(everyone(ctx), scored);
    let mut rows: Vec<Row<'_>> =
        rows(&everyone, &scores).filter(|r| wanted(r, &ctx.view)).collect();
    let sort = ctx.view.sort.clone().unwrap_or_else(|| "-score".to_owned());
    rows.sort_by(|a, b| order(a, b, &sort));
    let shown: Vec<&Row<'_>> =
        rows.iter().skip((ctx.view.page as usize - 1) * ROWS).take(ROWS).collect();
    let (asked_trends, trends) = trends(ctx, span, &shown).await;
    let body = html! {
        (filter(ctx, span, &everyone, &scores))
        @if everyone.is_empty() { (nobody(ctx)) } @else {
            p.basis { (rows.len()) " rows of " (everyone.len()) " orchestrators, " (everyone.iter().filter(|o| o.online).count()) " of them online. A score is over " (span.words()) ", of one model in one region: there is none across models, so an orchestrator may stand here several times. GPUs, slots and prices are self-declared." }
            (wide("Orchestrators, a wide table", &table(ctx, &shown, &trends, &sort)))
            (pager(ctx, rows.len()))
        }
        (figure::query(ctx, "q-list", "The query behind who they are", &list(ctx, None), Some(&format!("/v1/orchestrators?{}&first=200&format=csv", ctx.view.common().rest(ctx.whose, false)))))
        (figure::query(ctx, "q-scores", "The query behind the scores", &asked, Some(&format!("/v1/sla?span={}&{}&format=csv", span.word(), ctx.view.common().rest(ctx.whose, false)))))
        @if let Some(asked) = asked_trends { (figure::query(ctx, "q-trends", "The query behind the trends", &asked, None)) }
    };
    Content::new(
        "Orchestrators",
        "Everyone who offers work on the network: how well they serve, what they ask, and what they say they have.",
        Controls::Origin,
        body,
    )
}

fn rows<'a>(everyone: &'a [Orchestrator], scores: &'a [Score]) -> impl Iterator<Item = Row<'a>> {
    let mut of: HashMap<&str, Vec<&'a Score>> = HashMap::new();
    for score in scores {
        if let Some(who) = &score.orchestrator {
            of.entry(who).or_default().push(score);
        }
    }
    everyone.iter().flat_map(move |who| {
        let own = of.get(who.address.as_str()).into_iter().flatten();
        let mut own: Vec<Row<'a>> = own.map(|s| Row { who, score: Some(s) }).collect();
        if own.is_empty() {
            own.push(Row { who, score: None });
        }
        own
    })
}

/// Whether a row is what the address asks for.
fn wanted(row: &Row<'_>, view: &View) -> bool {
    let one_of = |d: D, value: Option<&str>| {
        view.of(d).is_empty() || value.is_some_and(|v| view.of(d).iter().any(|w| w == v))
    };
    let offers = |d: D, of: fn(&crate::model::Offer) -> Option<&str>| {
        view.of(d).is_empty()
            || row
                .who
                .models
                .iter()
                .any(|m| of(m).is_some_and(|v| view.of(d).iter().any(|w| w == v)))
    };
    let narrowed = match row.score {
        Some(s) => {
            one_of(D::Pipeline, s.pipeline.as_deref())
                && one_of(D::Model, s.model.as_deref())
                && one_of(D::Region, s.region.as_deref())
        }
        None => {
            let place = view.of(D::Region).is_empty()
                || row.who.regions.iter().any(|r| view.of(D::Region).contains(r));
            place
                && offers(D::Pipeline, |m| m.pipeline.as_deref())
                && offers(D::Model, |m| m.model.as_deref())
        }
    };
    let gpu = view.of(D::Gpu).is_empty()
        || row.who.gpus.iter().any(|g| view.of(D::Gpu).contains(&g.name));
    let found = view.find.as_ref().is_none_or(|q| {
        let q = q.to_lowercase();
        row.who.address.contains(&q) || row.who.uris.iter().any(|u| u.to_lowercase().contains(&q))
    });
    narrowed && gpu && found && one_of(D::Orchestrator, Some(&row.who.address))
}

/// Price of what the row is about: of its model, else the least that is asked for live video.
fn price(row: &Row<'_>) -> Option<(f64, &'static str)> {
    let minute = |m: &crate::model::Offer| m.price_wei_per_minute.map(|p| (p, "a minute"));
    match row.score {
        Some(s) => row
            .who
            .models
            .iter()
            .find(|m| m.model == s.model && m.pipeline == s.pipeline)
            .and_then(minute),
        None => row.who.models.iter().filter_map(minute).min_by(|a, b| a.0.total_cmp(&b.0)),
    }
}

/// By a column, `-` for the largest first; what is not known comes last either way.
fn order(a: &Row<'_>, b: &Row<'_>, sort: &str) -> Ordering {
    let (key, down) = sort.strip_prefix('-').map_or((sort, false), |k| (k, true));
    #[expect(clippy::cast_precision_loss, reason = "counts and times to sort by")]
    let number = |r: &Row<'_>| -> Option<f64> {
        let s = r.score;
        match key {
            "rank" => s?.rank.map(|n| n as f64),
            "requested" => s?.requested.map(|n| n as f64),
            "success" => super::ratio(s?.served, s?.requested),
            "swapped" => super::ratio(s?.swapped, s?.requested),
            "price" => price(r).map(|p| p.0),
            "gpus" => r.who.gpu_count.map(|n| n as f64),
            "slots" => r.who.slot_count.map(|n| n as f64),
            "seen" => Some(r.who.last_seen_at.timestamp() as f64),
            _ => s?.score,
        }
    };
    let ordered = match (number(a), number(b)) {
        (Some(x), Some(y)) => {
            let ordered = x.total_cmp(&y);
            if down { ordered.reverse() } else { ordered }
        }
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    };
    let asked = |r: &Row<'_>| std::cmp::Reverse(r.score.and_then(|s| s.requested));
    ordered.then_with(|| asked(a).cmp(&asked(b))).then_with(|| a.who.address.cmp(&b.who.address))
}

/// Scores of the last seven days, one a day, of the rows that are shown.
async fn trends(ctx: &Ctx, span: SlaSpan, rows: &[&Row<'_>]) -> (Option<String>, Vec<Trend>) {
    let mut who: Vec<&str> =
        rows.iter().filter(|r| r.score.is_some()).map(|r| r.who.address.as_str()).collect();
    who.sort_unstable();
    who.dedup();
    if who.is_empty() {
        return (None, Vec::new());
    }
    let args = panel::span(&View { span: Some(span), ..View::default() })
        .last("7d")
        .origin(ctx.whose)
        .and("bucket", "D1")
        .and("where", &format!("{{ orchestrator: {} }}", gql::texts(&who)));
    let document =
        format!("{{\n  sla{args} {{ columns {{ end orchestrator model region score }} }}\n}}");
    let columns = ctx.ask::<Value>(&document).await.unwrap_or_default();
    let columns = &columns["sla"]["columns"];
    let text = |name: &str, i: usize| columns[name][i].as_str().map(str::to_owned);
    let ends = columns["end"].as_array().map(Vec::as_slice).unwrap_or_default();
    let trends = ends.iter().enumerate().filter_map(|(i, end)| {
        let time: Time = end.as_str()?.parse().ok()?;
        let point = Point { time, value: columns["score"][i].as_f64(), n: None, partial: false };
        Some(Trend { of: [text("orchestrator", i), text("model", i), text("region", i)], point })
    });
    (Some(document), trends.collect())
}

/// One score of one day.
#[derive(Debug)]
struct Trend {
    of: [Option<String>; 3],
    point: Point,
}

fn trend(row: &Row<'_>, trends: &[Trend]) -> Markup {
    let Some(s) = row.score else { return value(None) };
    let of = [&s.orchestrator, &s.model, &s.region];
    let points = trends.iter().filter(|t| t.of.iter().eq(of.iter().copied()));
    let mut points: Vec<Point> = points.map(|t| t.point).collect();
    points.sort_by_key(|p| p.time);
    spark(&points, 0.0, 100.0, "score over seven days")
}

const COLUMNS: [(&str, &str); 8] = [
    ("rank", "Rank"),
    ("score", "SLA"),
    ("requested", "Legs"),
    ("success", "Served"),
    ("swapped", "Swapped"),
    ("price", "Gwei a minute"),
    ("gpus", "GPUs"),
    ("slots", "Slots"),
];

fn table(ctx: &Ctx, rows: &[&Row<'_>], trends: &[Trend], sort: &str) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { "Orchestrator" }
                th scope="col" { "Model" }
                th scope="col" { "Region" }
                @for (key, name) in COLUMNS { (head(ctx, key, name, sort)) }
                th scope="col" { "7 days" }
                th scope="col" { "Seen" }
            } }
            tbody { @for row in rows { (line(ctx, row, trends)) } }
        }
    }
}

fn head(ctx: &Ctx, key: &str, name: &str, sort: &str) -> Markup {
    let up = sort == key;
    let down = sort.strip_prefix('-') == Some(key);
    let next = if down { key.to_owned() } else { format!("-{key}") };
    let aria = if up { Some("ascending") } else { down.then_some("descending") };
    html! {
        th.n scope="col" aria-sort=[aria] {
            a href=(ctx.link(|v| v.sort = Some(next))) { (name) @if up { " ↑" } @if down { " ↓" } }
        }
    }
}

fn line(ctx: &Ctx, row: &Row<'_>, trends: &[Trend]) -> Markup {
    let (who, s) = (row.who, row.score);
    let n = |x: Option<i64>| value(x.map(whole));
    let gpus: Vec<String> = who.gpus.iter().map(|g| format!("{} × {}", g.count, g.name)).collect();
    html! {
        tr data-orchestrator=(who.address) {
            th scope="row" { (orchestrator_link(ctx, &who.address)) @if !who.online { " " span.tag.marked { "offline" } } }
            td { (value(s.and_then(|s| s.model.as_deref()).map(|m| text::short(m, 26)))) }
            td { (value(s.and_then(|s| s.region.as_deref()).map(|r| text::short(r, 16)))) }
            td.n { (n(s.and_then(|s| s.rank))) }
            td.n.strong data-figure="score" data-value=[s.and_then(|s| s.score)] { (score(ctx, s)) }
            td.n data-figure="requested" { (n(s.and_then(|s| s.requested))) }
            td.n { (share(ctx, s.and_then(|s| s.served), s.and_then(|s| s.requested))) }
            td.n { (share(ctx, s.and_then(|s| s.swapped), s.and_then(|s| s.requested))) }
            td.n { (value(price(row).map(|p| text::significant(p.0 / 1e9)))) }
            td.n title=[(!gpus.is_empty()).then(|| text::tame(&gpus.join(", "), 200))] { (n(who.gpu_count)) }
            td.n { (n(who.slot_count)) @if who.implausible { span.tag.marked title="more than 64 slots of one model are left out" { "!" } } }
            td { (trend(row, trends)) }
            td { time datetime=(who.last_seen_at.to_rfc3339()) { (text::age(who.last_seen_at, ctx.now())) } }
        }
    }
}

/// The score; where there is none, why.
fn score(ctx: &Ctx, s: Option<&Score>) -> Markup {
    html! {
        @match s.map(|s| (s.score, s.requested)) {
            Some((Some(score), _)) => (Unit::Score.write(score, ctx.lang())),
            Some((None, Some(n))) => span.unknown title=(format!("{n} legs; a score needs 10")) { "few" },
            Some((None, None)) | None => (value(None)),
        }
    }
}

fn pager(ctx: &Ctx, rows: usize) -> Markup {
    let pages = u32::try_from(rows.div_ceil(ROWS)).unwrap_or(1);
    let here = ctx.view.page;
    let to = |page: u32| View { page, ..ctx.view.clone() }.link(&ctx.path);
    html! {
        @if pages > 1 {
            nav.pages aria-label="Pages of the table" {
                @if here > 1 { a rel="prev" href=(to(here - 1)) { "Previous" } }
                span { "Page " (here) " of " (pages) }
                @if here < pages { a rel="next" href=(to(here + 1)) { "Next" } }
            }
        }
    }
}

/// The choices, from what there is; a form, so that it works without a script.
fn filter(ctx: &Ctx, span: SlaSpan, everyone: &[Orchestrator], scores: &[Score]) -> Markup {
    let offers = || everyone.iter().flat_map(|o| &o.models);
    let set = |values: &mut dyn Iterator<Item = Option<&str>>| -> BTreeSet<String> {
        values.flatten().map(str::to_owned).take(2000).collect()
    };
    let models = set(&mut offers().map(|m| m.model.as_deref()));
    let pipelines = set(&mut offers().map(|m| m.pipeline.as_deref()));
    let regions = set(&mut scores.iter().map(|s| s.region.as_deref()));
    let gpus = set(&mut everyone.iter().flat_map(|o| &o.gpus).map(|g| Some(g.name.as_str())));
    html! {
        form.filter method="get" action="/orchestrators" {
            (hidden("origin", ctx.view.origin.map(|o| o.key().to_owned())))
            (hidden("sort", ctx.view.sort.clone()))
            label { "Find " input type="search" name="q" value=[ctx.view.find.as_deref()] placeholder="address or URI" maxlength="100"; }
            (select(ctx, "Pipeline", D::Pipeline, &pipelines))
            (select(ctx, "Model", D::Model, &models))
            (select(ctx, "Region", D::Region, &regions))
            (select(ctx, "GPU", D::Gpu, &gpus))
            label { "Score over " select name="span" {
                @for s in [SlaSpan::Day, SlaSpan::Week] { option value=(s.key()) selected[s == span] { (s.words()) } }
            } }
            button type="submit" { "Show" }
        }
    }
}

fn hidden(name: &str, value: Option<String>) -> Markup {
    html! { @if let Some(value) = value { input type="hidden" name=(name) value=(value); } }
}

fn select(ctx: &Ctx, label: &str, dimension: D, values: &BTreeSet<String>) -> Markup {
    let chosen = ctx.view.of(dimension);
    html! {
        label { (label) " " select name=(dimension.key()) {
            option value="" { "all" }
            @for v in values.iter().take(40) { option value=(v) selected[chosen.contains(v)] { (text::short(v, 34)) } }
        } }
    }
}

fn nobody(ctx: &Ctx) -> Markup {
    let says = html! { p { strong { "No orchestrator has been seen yet." } " Here will stand everyone who offers work: SLA score with rank and trend, what was served, price, GPUs, and region." }
    p { "They come from the capability reports that a gateway makes every 25 minutes: let an agent take its events, with " code { "[[kafka_endpoint]]" } " in the agent’s configuration." } };
    nothing(ctx, &says)
}

/// What the page of one orchestrator has in common with this one.
pub(super) fn one(address: &str, ctx: &Ctx) -> String {
    let args = Args::default().first(1).and("address", &gql::text(address)).origin(ctx.whose);
    format!(
        "{{\n  orchestrators{args} {{\n    nodes {{\n      address online lastSeenAt gateways gpuCount gpus {{ name count }} implausible regions\n      slotCount slotsIdle uris versions\n      models {{ model pipeline slots slotsIdle implausibleSlots warm priceUnit priceWeiPerUnit priceWeiPerMinute }}\n    }}\n    pageInfo {{ hasNextPage endCursor }}\n  }}\n}}"
    )
}
