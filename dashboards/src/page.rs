//! The page.

use maud::{DOCTYPE, Markup, html};

use crate::assets::{ICON, SCRIPT, STYLE};
use crate::chart::{Chart, Line};
use crate::model::{Charts, Node, Overview, Session, Time};
use crate::query::{CHARTS, OVERVIEW, Shown, WINDOWS};
use crate::text;

/// Names of nodes, streams and models are shown up to this many characters.
const NAME: usize = 64;
/// Data older than this are stale (`definitions.md` 3, targets).
const STALE_S: i64 = 300;

/// The whole document.
pub(crate) fn whole(shown: &Shown) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "NaaP: the Livepeer network, measured" }
                meta name="description" content="How well the Livepeer network works: nodes, machines and gateway sessions, measured.";
                link rel="icon" href=(ICON.path());
                link rel="stylesheet" href=(STYLE.path());
                script type="module" src=(SCRIPT.path()) {}
                noscript { meta http-equiv="refresh" content="10"; }
            }
            body {
                a.skip href="#main" { "Skip to the figures" }
                header.top {
                    p.brand { "NaaP" span { "the Livepeer network, measured" } }
                    nav aria-label="Site" {
                        a href="/graphql" { "API" }
                    }
                }
                p #stale role="status" hidden { "These figures are not fresh: the server does not answer. Trying again…" }
                main #main tabindex="-1" { (main(shown)) }
                footer {
                    p {
                        "All times are UTC. “–” is not known. Every figure comes from a GraphQL query: "
                        "see “The query behind this”."
                    }
                }
            }
        }
    }
}

/// What changes as the figures do.
pub(crate) fn main(shown: &Shown) -> Markup {
    html! {
        @for problem in &shown.problems {
            p.banner role="alert" { "Some figures are missing: " (text::tame(problem, 300)) }
        }
        @match &shown.overview {
            Some(overview) => {
                (glance(overview))
                (machines(shown, overview))
                (others(overview))
                (sessions(shown, overview))
            }
            None => {
                h1 { "The figures cannot be read now" }
                p { "The API did not answer. The page tries again by itself; what is measured meanwhile is kept." }
            }
        }
    }
}

fn query(title: &str, id: &str, text: &str) -> Markup {
    html! {
        details id=(id) {
            summary { (title) }
            pre tabindex="0" { code { (text) } }
        }
    }
}

/// A value, or a dash that says why there is none.
fn value(text: Option<String>) -> Markup {
    html! {
        @match text {
            Some(text) => (text),
            None => span.unknown title="not known" { "–" },
        }
    }
}

fn glance(o: &Overview) -> Markup {
    let status = &o.status;
    let now = status.checked_at;
    let online = o.agents.nodes.iter().filter(|n| n.online).count();
    let more = if o.agents.page_info.has_next_page { "+" } else { "" };
    let stale = status.data_through.is_none_or(|t| (now - t).num_seconds() > STALE_S);
    html! {
        section.glance aria-labelledby="glance" {
            h1 #glance { "The network at a glance" }
            dl.tiles {
                div {
                    dt { "Nodes online" }
                    dd data-figure="nodes-online" { (online) span.of { " of " (o.agents.nodes.len()) (more) } }
                }
                div {
                    dt { "Sessions, 24 hours" }
                    dd data-figure="sessions-day" { (day(o)) }
                }
                div {
                    dt { "Rows stored" }
                    dd data-figure="rows-stored" { (text::grouped(status.coverage.stored)) }
                }
                div.stale[stale] {
                    dt { "Newest data" }
                    dd {
                        @match status.data_through {
                            Some(t) => time datetime=(t.to_rfc3339()) { (text::age(t, now)) },
                            None => span.unknown { "none yet" },
                        }
                    }
                }
                div.bad[!status.ok] {
                    dt { "Parts" }
                    dd data-figure="parts" { @if status.ok { "all answer" } @else { (failing(o)) } }
                }
            }
            @if status.coverage.rejected > 0.0 || status.coverage.gaps > 0.0 {
                p.note {
                    (text::grouped(status.coverage.rejected)) " rows were refused and "
                    (text::grouped(status.coverage.gaps)) " never came; "
                    @match status.coverage.undeclared {
                        Some(n) if n > 0.0 => { "of these, " (text::grouped(n)) " are not declared by any agent." },
                        Some(_) => "both are declared and counted.",
                        None => "both are counted.",
                    }
                }
            }
            (query("The query behind this", "query-overview", OVERVIEW))
        }
    }
}

/// Counts by origin: origins are never added up.
fn day(o: &Overview) -> Markup {
    let count =
        |origin: &str| o.day.nodes.iter().filter(|s| s.origin.as_deref() == Some(origin)).count();
    let more = if o.day.page_info.has_next_page { "+" } else { "" };
    html! {
        (count("ORGANIC")) (more)
        @for (origin, word) in [("REPLAYED", "replayed"), ("TEST", "test"), ("SIMULATED", "simulated")] {
            @if count(origin) > 0 { span.of { " + " (count(origin)) (more) " " (word) } }
        }
    }
}

fn failing(o: &Overview) -> String {
    let failing: Vec<String> = o
        .status
        .parts
        .iter()
        .filter(|p| !p.ok)
        .map(|p| format!("{}: {}", p.name, p.detail.as_deref().unwrap_or("does not answer")))
        .collect();
    if failing.is_empty() { "a table or view is stuck".to_owned() } else { failing.join("; ") }
}

fn machines(shown: &Shown, o: &Overview) -> Markup {
    let machines: Vec<&Node> = o.agents.nodes.iter().filter(|n| n.host.is_some()).collect();
    html! {
        section aria-labelledby="machines" {
            div.head {
                h2 #machines { @if machines.len() == 1 { "This machine" } @else { "Machines" } }
                nav aria-label="Window of the charts" {
                    @for w in WINDOWS {
                        a href=(format!("/?window={}", w.last)) aria-current=[(w == shown.window).then_some("true")] { (w.words) }
                    }
                }
            }
            @if machines.is_empty() {
                p.nothing { "No agent has reported a machine yet. Start one: " code { "naap-agent --config agent.toml" } "; it samples processor, memory, disk and network, and shows up here within seconds." }
            }
            @for (i, node) in machines.iter().enumerate() {
                (machine(shown, node, i, o.status.checked_at))
            }
            @if !machines.is_empty() { (query("The query behind the charts", "query-charts", CHARTS)) }
        }
    }
}

fn machine(shown: &Shown, node: &Node, i: usize, now: Time) -> Markup {
    let charts = shown.charts.iter().find(|c| c.0 == node.name).and_then(|c| c.1.as_ref());
    let Some(host) = &node.host else { return html! {} };
    let traffic = |rates: Vec<Option<f64>>| rates.into_iter().flatten().reduce(|a, b| a + b);
    // What stays within the machine is no traffic with others, and is shown apart.
    let (within, outside): (Vec<_>, Vec<_>) =
        node.interfaces.iter().partition(|i| i.interface == "lo");
    let received = traffic(outside.iter().map(|i| i.rx_bytes_per_second).collect());
    let sent = traffic(outside.iter().map(|i| i.tx_bytes_per_second).collect());
    let loopback = traffic(within.iter().map(|i| i.rx_bytes_per_second).collect());
    let of = |whole: Option<f64>| whole.map(|w| format!(" of {}", text::bytes(w)));
    let raw = |x: Option<f64>| x.map(|x| x.to_string());
    html! {
        article.machine data-node=(node.name) {
            div.head {
                h3 { (text::tame(&node.name, NAME)) }
                (kind(node))
                span.age data-time=(host.time.to_rfc3339()) { "sampled " (text::age(host.time, now)) }
            }
            div.figures {
                figure {
                    figcaption { "Processor" strong data-figure="cpu" data-value=[raw(host.cpu_busy_ratio)] {
                        (value(host.cpu_busy_ratio.map(|r| format!("{:.0} %", r * 100.0)))) } }
                    @if let Some(c) = charts { (cpu(c, i)) }
                }
                figure {
                    figcaption { "Memory" strong data-figure="memory" data-value=[raw(host.mem_used_bytes)] data-total=[raw(host.mem_total_bytes)] {
                        (value(host.mem_used_bytes.map(text::bytes))) (of(host.mem_total_bytes).unwrap_or_default()) } }
                    @if let Some(c) = charts { (memory(c, i, host.mem_total_bytes)) }
                }
                figure {
                    figcaption { "Traffic" strong {
                        span.key.line data-figure="received" { "in " (value(received.map(text::bits_per_second))) } " "
                        span.key.out data-figure="sent" { "out " (value(sent.map(text::bits_per_second))) } }
                        span.key.within data-figure="loopback" { "within the machine " (value(loopback.map(text::bits_per_second))) } }
                    @if let Some(c) = charts { (network(c, i)) }
                }
            }
            p.detail {
                @if let Some(n) = host.cpu_count { (n) " processors" @if let Some(m) = &host.cpu_model { " (" (text::tame(m, NAME)) ")" } " · " }
                @if let (Some(a), Some(t)) = (host.disk_available_bytes, host.disk_total_bytes) { (text::bytes(a)) " of " (text::bytes(t)) " disk free · " }
                @if let Some(os) = &host.os { (text::tame(os, NAME)) }
            }
            (node_details(node))
        }
    }
}

fn kind(node: &Node) -> Markup {
    html! {
        @match node.kind.as_deref() {
            Some("REPLAY") => span.tag.marked { "replay" },
            Some(kind) => span.tag { (kind.to_lowercase()) },
            None => {},
        }
        @if !node.online { span.tag.marked { "offline" } }
    }
}

/// What the node's Livepeer processes and its agent's sources say.
fn node_details(node: &Node) -> Markup {
    let failing = node.sources.iter().filter(|s| s.failures.unwrap_or(0) > 0);
    let dropping = node.sources.iter().filter(|s| s.dropped.unwrap_or(0) > 0);
    html! {
        @for l in &node.livepeer {
            p.detail {
                "go-livepeer " strong { (text::tame(&l.target, NAME)) } ": "
                (value(l.role.as_deref().map(|r| text::tame(r, NAME)))) ", version "
                (value(l.version.as_deref().map(|v| text::tame(v, NAME)))) ", sessions "
                (value(text::number(l.current_sessions, 0))) " of " (value(text::number(l.max_sessions, 0)))
            }
        }
        @for s in failing {
            p.note { "Source " (text::tame(&s.source, NAME)) " fails: " (text::tame(s.failure_kind.as_deref().unwrap_or("unknown"), NAME)) }
        }
        @for s in dropping {
            p.note { "Source " (text::tame(&s.source, NAME)) " dropped " (s.dropped.unwrap_or(0)) " items: " (text::tame(s.drop_kind.as_deref().unwrap_or("unknown"), NAME)) }
        }
    }
}

/// Milliseconds of a bucket; zero for raw samples.
fn width_ms(bucket: &str) -> i64 {
    match bucket {
        "M1" => 60_000,
        "H1" => 3_600_000,
        "D1" => 86_400_000,
        _ => 0,
    }
}

fn cpu(c: &Charts, i: usize) -> Markup {
    let s = &c.host_series;
    let points = s.points.iter().map(|p| (p.time, p.cpu_busy_ratio.mean, p.partial)).collect();
    Chart {
        title: "Processor, share that is busy",
        id: format!("cpu-{i}"),
        from: s.from,
        to: s.to,
        bucket_ms: width_ms(&s.bucket),
        top: Some(1.0),
        write: |x| format!("{:.0} %", x * 100.0),
        lines: vec![Line { name: "busy", points }],
    }
    .draw()
}

fn memory(c: &Charts, i: usize, total: Option<f64>) -> Markup {
    let s = &c.host_series;
    let points = s.points.iter().map(|p| (p.time, p.mem_used_bytes.mean, p.partial)).collect();
    Chart {
        title: "Memory in use",
        id: format!("memory-{i}"),
        from: s.from,
        to: s.to,
        bucket_ms: width_ms(&s.bucket),
        top: total,
        write: text::bytes,
        lines: vec![Line { name: "used", points }],
    }
    .draw()
}

fn network(c: &Charts, i: usize) -> Markup {
    let s = &c.interface_series;
    let rx = s.points.iter().map(|p| (p.time, p.rx_bytes.per_second, p.partial)).collect();
    let tx = s.points.iter().map(|p| (p.time, p.tx_bytes.per_second, p.partial)).collect();
    let lo = &c.loopback.points;
    let lo = lo.iter().map(|p| (p.time, p.rx_bytes.per_second, p.partial)).collect();
    Chart {
        title: "Traffic with others, in and out, and within the machine",
        id: format!("traffic-{i}"),
        from: s.from,
        to: s.to,
        bucket_ms: width_ms(&s.bucket),
        top: None,
        write: text::bits_per_second,
        lines: vec![
            Line { name: "within", points: lo },
            Line { name: "in", points: rx },
            Line { name: "out", points: tx },
        ],
    }
    .draw()
}

/// Nodes that report no machine.
fn others(o: &Overview) -> Markup {
    let others: Vec<&Node> = o.agents.nodes.iter().filter(|n| n.host.is_none()).collect();
    html! {
        @if !others.is_empty() {
            section aria-labelledby="others" {
                h2 #others { "Other nodes" }
                ul.others {
                    @for node in others {
                        li data-node=(node.name) {
                            strong { (text::tame(&node.name, NAME)) } " " (kind(node)) " "
                            @match node.last_seen_at {
                                Some(t) => span.age { "newest row " time datetime=(t.to_rfc3339()) { (text::age(t, o.status.checked_at)) } },
                                None => span.unknown { "no row yet" },
                            }
                            (node_details(node))
                        }
                    }
                }
            }
        }
    }
}

fn sessions(shown: &Shown, o: &Overview) -> Markup {
    let page = &o.sessions;
    html! {
        section aria-labelledby="sessions" {
            h2 #sessions { "Gateway sessions" }
            @if page.nodes.is_empty() {
                (no_sessions())
            } @else {
                div.wide tabindex="0" role="region" aria-label="Gateway sessions, a wide table" {
                    table {
                        thead { tr {
                            th scope="col" { "Stream" } th scope="col" { "Request" } th scope="col" { "Started" }
                            th scope="col" { "Outcome" } th scope="col" { "Model" }
                            th.n scope="col" { "Ingest samples" } th.n scope="col" { "Status samples" }
                            th.n scope="col" { "FPS, mean" } th.n scope="col" { "Startup" } th.n scope="col" { "Playable" }
                            th.n scope="col" { "Upload" } th.n scope="col" { "Swaps" } th.n scope="col" { "Errors" }
                            th scope="col" { "Orchestrator" } th scope="col" { "Reported by" }
                        } }
                        tbody { @for s in &page.nodes { (session(s, o.status.checked_at)) } }
                    }
                }
                (pages(shown, page.page_info.end_cursor.as_deref().filter(|_| page.page_info.has_next_page)))
                p.note { "FPS count from the first sample above 0. A normal end has one or two errors, too." }
            }
        }
    }
}

fn no_sessions() -> Markup {
    html! {
        p.nothing { "No gateway has reported a session yet. Here will stand every stream: its start-up time, frame rate, upload, swaps and errors." }
        p.nothing {
            "Connect one: let its agent read the events, " code { "[[events]] name = \"gateway\" path = \"events.jsonl\" follow = true" }
            ". Or look at recorded ones: " code { "naap up --replay events.jsonl" } "."
        }
    }
}

fn pages(shown: &Shown, next: Option<&str>) -> Markup {
    let window = shown.window.last;
    html! {
        @if shown.after.is_some() || next.is_some() {
            nav.pages aria-label="Pages of sessions" {
                @if shown.after.is_some() { a href=(format!("/?window={window}#sessions")) { "Newest" } }
                // A cursor is hexadecimal: it needs no escaping in an address.
                @if let Some(next) = next { a rel="next" href=(format!("/?window={window}&after={next}#sessions")) { "Older" } }
            }
        }
    }
}

fn session(s: &Session, now: Time) -> Markup {
    let raw = |x: Option<f64>| x.map(|x| x.to_string());
    let uris = s.legs.iter().filter_map(|l| l.uri.as_deref());
    let uris: Vec<String> = uris.map(|uri| text::tame(uri, NAME)).collect();
    let origin = s.origin.as_deref().unwrap_or("UNKNOWN");
    let outcome = s.outcome.to_lowercase().replace('_', " ");
    html! {
        tr data-request=(s.request_id.as_deref().unwrap_or_default()) {
            th scope="row" {
                (value(s.stream_id.as_deref().map(|t| text::tame(t, 32))))
                @if origin != "ORGANIC" { " " span.tag.marked { (origin.to_lowercase()) } }
            }
            td { code { (value(s.request_id.as_deref().map(|t| text::tame(t, 16)))) } }
            td { time datetime=(s.started_at.to_rfc3339()) title=(s.started_at.to_rfc3339()) { (text::age(s.started_at, now)) } }
            td { (text::tame(&outcome, 32)) @if !s.closed && outcome != "open" { ", open" } }
            td { (value(s.model.as_deref().map(|m| text::tame(m, 40)))) }
            td.n data-figure="ingest" { (s.ingest_samples) }
            td.n data-figure="status" { (s.status_samples) }
            td.n data-figure="fps" data-value=[raw(s.output_fps_mean)] { (value(text::number(s.output_fps_mean, 1))) }
            td.n { (value(s.startup_ms.map(text::duration))) }
            td.n { (value(s.time_to_playable_ms.map(text::duration))) }
            td.n { (value(s.upload_mbps.map(|m| format!("{m:.2} Mbit/s")))) }
            td.n { (value(s.swaps.map(|n| n.to_string()))) }
            td.n { (s.error_events) }
            td { @if uris.is_empty() { (value(None)) } @else { (uris.join(" → ")) } }
            td { (value(s.gateway.as_deref().map(|g| text::tame(g, 32)))) }
        }
    }
}
