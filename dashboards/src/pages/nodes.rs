//! Nodes whose agents report: machines, go-livepeer processes, and how their sources are.

use maud::{Markup, html};
use serde::Deserialize;

use crate::ctx::Ctx;
use crate::figure;
use crate::frame::{Content, Controls, nothing, value};
use crate::model::{Connection, Node};
use crate::text::{self, Unit};
use crate::view::View;

/// Machines that have charts on the page.
const MACHINES: usize = 3;
/// Longest name that is shown.
const NAME: usize = 64;

#[derive(Debug, Deserialize)]
struct Listed {
    agents: Connection<Node>,
}

const DOCUMENT: &str = "{
  agents(first: 50) {
    nodes {
      name kind online lastSeenAt
      host { time cpuBusyRatio cpuCount memTotalBytes memUsedBytes diskTotalBytes diskAvailableBytes os cpuModel }
      interfaces { interface rxBytesPerSecond txBytesPerSecond }
      livepeer { target role version currentSessions maxSessions }
      sources { source failures failureKind dropped dropKind }
    }
    pageInfo { hasNextPage endCursor }
  }
}";

pub(super) async fn page(ctx: &Ctx) -> Content {
    let nodes = ctx.ask::<Listed>(DOCUMENT).await.map(|l| l.agents.nodes).unwrap_or_default();
    let machines = nodes.iter().filter(|n| n.host.is_some());
    let chosen = ctx.view.node.as_deref();
    let with_charts: Vec<&Node> =
        machines.clone().filter(|n| chosen.is_none_or(|c| c == n.name)).take(MACHINES).collect();
    let mut cards = Vec::new();
    for node in with_charts {
        let view = View { node: Some(node.name.clone()), ..ctx.view.clone() };
        let charts = ctx.panels_of(&view, &["node-cpu", "node-memory", "node-traffic"]).await;
        cards.push((node, charts));
    }
    let rest: Vec<&Node> =
        nodes.iter().filter(|n| cards.iter().all(|c| c.0.name != n.name)).collect();
    let body = html! {
        p.basis { span data-figure="nodes-online" { (nodes.iter().filter(|n| n.online).count()) " of " (nodes.len()) } " nodes online. " }
        @if nodes.is_empty() { (nothing(ctx, &html! { p { "No agent has reported yet. Start one: " code { "naap-agent run --config agent.toml" } "; it samples processor, memory, disk and network, and shows up here within seconds. With " code { "[[kafka_endpoint]]" } " in its configuration it takes a gateway’s events, too." } })) }
        @if !cards.is_empty() { h2 { "Machines" } }
        @for (i, (node, charts)) in cards.iter().enumerate() {
            article.card.machine data-node=(node.name) {
                (head(ctx, node))
                (machine(ctx, node))
                // One machine after another: ids of charts stand once.
                @if i == 0 { (figure::grid(ctx, charts)) } @else { p { a href=(View { node: Some(node.name.clone()), ..ctx.view.clone() }.link("/nodes")) { "Charts of this machine" } } }
                (details(node))
            }
        }
        @if !rest.is_empty() {
            section aria-labelledby="others" { h2 #others { "Other nodes" } ul.others { @for node in rest { li data-node=(node.name) { (head(ctx, node)) (details(node)) } } } }
        }
        (figure::query(ctx, "q-nodes", "The query behind this", DOCUMENT, Some("/v1/agents?format=csv")))
    };
    Content::new(
        "Nodes",
        "Machines and Livepeer processes whose agents report, and how those agents are.",
        Controls::Time,
        body,
    )
}

fn head(ctx: &Ctx, node: &Node) -> Markup {
    html! {
        div.head {
            h3 { a href=(View { node: Some(node.name.clone()), ..ctx.view.clone() }.link("/nodes")) { (text::tame(&node.name, NAME)) } }
            @match node.kind.as_deref() {
                Some("REPLAY") => span.tag.marked { "replay" },
                Some(kind) => span.tag { (text::tame(&kind.to_lowercase(), 20)) },
                None => {},
            }
            @if !node.online { span.tag.marked { "offline" } }
            @match node.last_seen_at {
                Some(t) => span.age { "newest row " time datetime=(t.to_rfc3339()) data-time=(t.to_rfc3339()) { (text::age(t, ctx.now())) } },
                None => span.unknown { "no row yet" },
            }
        }
    }
}

fn machine(ctx: &Ctx, node: &Node) -> Markup {
    let Some(host) = &node.host else { return html! {} };
    let traffic = |lo: bool, f: fn(&crate::model::Interface) -> Option<f64>| {
        node.interfaces
            .iter()
            .filter(|i| (i.interface == "lo") == lo)
            .filter_map(f)
            .reduce(|a, b| a + b)
    };
    let bits = |x: Option<f64>| value(x.map(text::bits_per_second));
    let of =
        |whole: Option<f64>| whole.map(|w| format!(" of {}", text::bytes(w))).unwrap_or_default();
    html! {
        dl.tiles {
            div { dt { "Processor" } dd data-figure="cpu" data-value=[host.cpu_busy_ratio] { (value(host.cpu_busy_ratio.map(|r| Unit::Share.write(r, ctx.lang())))) } }
            div { dt { "Memory" } dd data-figure="memory" data-value=[host.mem_used_bytes] data-total=[host.mem_total_bytes] { (value(host.mem_used_bytes.map(text::bytes))) span.of { (of(host.mem_total_bytes)) } } }
            // What stays within the machine is no traffic with others, and is shown apart.
            div { dt { "Traffic" } dd { span data-figure="received" { "in " (bits(traffic(false, |i| i.rx_bytes_per_second))) } span.of { " " span data-figure="sent" { "out " (bits(traffic(false, |i| i.tx_bytes_per_second))) } } }
                dd.of data-figure="loopback" { "within the machine " (bits(traffic(true, |i| i.rx_bytes_per_second))) } }
        }
        p.basis {
            @if let Some(n) = host.cpu_count { (n) " processors" @if let Some(m) = &host.cpu_model { " (" (text::tame(m, NAME)) ")" } " · " }
            @if let (Some(a), Some(t)) = (host.disk_available_bytes, host.disk_total_bytes) { (text::bytes(a)) " of " (text::bytes(t)) " disk free · " }
            @if let Some(os) = &host.os { (text::tame(os, NAME)) " · " }
            "sampled " (text::age(host.time, ctx.now()))
        }
    }
}

/// What the node's Livepeer processes and its agent's sources say.
fn details(node: &Node) -> Markup {
    let failing = node.sources.iter().filter(|s| s.failures.unwrap_or(0) > 0);
    let dropping = node.sources.iter().filter(|s| s.dropped.unwrap_or(0) > 0);
    let name = |text: &str| text::tame(text, NAME);
    html! {
        @for l in &node.livepeer {
            p.note {
                "go-livepeer " strong { (name(&l.target)) } ": " (value(l.role.as_deref().map(name)))
                ", version " (value(l.version.as_deref().map(name)))
                ", sessions " (value(text::number(l.current_sessions, 0))) " of " (value(text::number(l.max_sessions, 0)))
            }
        }
        @for s in failing { p.note { "Source " (name(&s.source)) " fails: " (name(s.failure_kind.as_deref().unwrap_or("unknown"))) } }
        @for s in dropping { p.note { "Source " (name(&s.source)) " dropped " (s.dropped.unwrap_or(0)) " items: " (name(s.drop_kind.as_deref().unwrap_or("unknown"))) } }
    }
}
