//! What stands around every page: head, navigation, the time that is looked at, whose traffic it is,
//! what is wrong, and the foot.

use maud::{DOCTYPE, Markup, html};

use crate::assets::{ICON, PLOT, SCRIPT, STYLE};
use crate::ctx::{Ctx, Noted};
use crate::text;
use crate::view::{Dimension, Origin, WINDOWS, Window};

/// A page, without what stands around it.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) title: String,
    /// One sentence, for search engines and for the top of the page.
    pub(crate) about: String,
    pub(crate) body: Markup,
    /// What figures of the page depend on.
    pub(crate) controls: Controls,
    /// Whether what the address names exists.
    pub(crate) found: bool,
}

/// Which choices a page offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Controls {
    /// The window, and whose traffic.
    Window,
    /// The window only.
    Time,
    /// Whose traffic only.
    Origin,
    /// Neither: nothing on it depends on them.
    None,
}

impl Controls {
    fn window(self) -> bool {
        matches!(self, Self::Window | Self::Time)
    }

    fn origin(self) -> bool {
        matches!(self, Self::Window | Self::Origin)
    }
}

impl Content {
    pub(crate) fn new(title: &str, about: &str, controls: Controls, body: Markup) -> Self {
        Self { title: title.to_owned(), about: about.to_owned(), body, controls, found: true }
    }
}

/// All pages, in the order of the navigation.
pub(crate) const PAGES: [(&str, &str); 15] = [
    ("/", "Network"),
    ("/orchestrators", "Orchestrators"),
    ("/gpus", "GPUs"),
    ("/pipelines", "Models"),
    ("/regions", "Regions"),
    ("/gateways", "Gateways"),
    ("/demand", "Demand"),
    ("/sessions", "Sessions"),
    ("/tests", "Tests"),
    ("/compare", "Compare"),
    ("/nodes", "Nodes"),
    ("/explain", "Explained"),
    ("/status", "Status"),
    ("/docs", "API"),
    ("/embed", "Embed"),
];

/// The whole document.
pub(crate) fn document(ctx: &Ctx, content: &Content) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" class=[ctx.view.theme.word()] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (content.title) " · NaaP" }
                meta name="description" content=(content.about);
                // Columns and tiles are as wide as all of them need: a page that is drawn while it still
                // arrives would move. (HTML, "expect"; browsers that do not know it draw as they did.)
                link rel="expect" href="#foot" blocking="render";
                link rel="icon" href=(ICON.path());
                link rel="stylesheet" href=(STYLE.path());
                script type="module" src=(SCRIPT.path()) data-plot=(PLOT.path()) {}
            }
            body {
                a.skip href="#main" { "Skip to the figures" }
                (top(ctx))
                main #main tabindex="-1" { (main(ctx, content)) }
                (foot(ctx))
            }
        }
    }
}

fn top(ctx: &Ctx) -> Markup {
    let here = |path: &str| {
        let under = path != "/" && ctx.path.starts_with(&format!("{path}/"));
        (ctx.path == path || under).then_some("page")
    };
    html! {
        header.top {
            p.brand { a href=(ctx.to("/")) { "NaaP" } span { "the Livepeer network, measured" } }
            nav.site aria-label="Pages" {
                @for (path, name) in PAGES { a href=(ctx.to(path)) aria-current=[here(path)] { (name) } }
            }
            p #stale.banner role="status" hidden { "These figures are not fresh: the server does not answer. Trying again…" }
        }
    }
}

/// What changes as the figures do.
fn main(ctx: &Ctx, content: &Content) -> Markup {
    let noted = ctx.noted();
    html! {
        (banners(ctx, &noted, content.controls))
        div.title { h1 { (content.title) } p.about { (content.about) } }
        @if content.controls != Controls::None { (controls(ctx, content.controls)) }
        (content.body)
    }
}

fn banners(ctx: &Ctx, noted: &Noted, controls: Controls) -> Markup {
    let down = ctx.around.is_none();
    html! {
        @if let Some(age) = noted.stale {
            p.banner #last-known role="alert" {
                "The API does not answer. What is shown was known "
                (text::span(age)) " ago and is not fresh; it comes back by itself."
            }
        } @else if down {
            p.banner role="alert" { "The API does not answer, and nothing is known from before. What is measured meanwhile is kept; this page tries again by itself." }
        }
        @if noted.stale.is_none() || !down {
            @for problem in noted.problems.iter().take(3) { p.banner.problem role="alert" { "Some figures are missing: " (text::tame(problem, 300)) } }
        }
        @if ctx.whose != Origin::Organic && !down && controls.origin() { (other_origin(ctx)) }
    }
}

fn other_origin(ctx: &Ctx) -> Markup {
    let what = match ctx.whose {
        Origin::Simulated => {
            "These figures are of a simulated network. Nobody’s traffic is in them."
        }
        Origin::Replayed => "These figures are of recorded events that were replayed.",
        Origin::Test => "These figures are of load tests, not of anybody’s traffic.",
        Origin::Organic => "",
    };
    html! {
        p.banner.origin {
            strong { (what) } " "
            @if ctx.view.origin.is_none() { "There is no organic traffic here yet. " }
            a href=(ctx.link(|v| v.origin = Some(Origin::Organic))) { "Show organic traffic" }
        }
    }
}

fn controls(ctx: &Ctx, which: Controls) -> Markup {
    html! {
        div.controls {
            @if which.window() {
                nav aria-label="Window" {
                    @for (last, words) in WINDOWS {
                        @let here = ctx.view.window == Window::Last(last);
                        a href=(ctx.link(|v| v.window = Window::Last(last))) aria-current=[here.then_some("true")] { (words) }
                    }
                    @if matches!(ctx.view.window, Window::Between(..)) { a href=(ctx.link(|_| ())) aria-current="true" { (ctx.view.window.words()) } }
                }
            }
            @if which.origin() {
                nav aria-label="Whose traffic" {
                    @for origin in Origin::ALL {
                        a href=(ctx.link(|v| v.origin = Some(origin))) aria-current=[(ctx.whose == origin).then_some("true")] { (origin.key()) }
                    }
                }
            }
            (filters(ctx))
            (as_of(ctx))
        }
    }
}

/// What the page is narrowed to, each with a way out.
fn filters(ctx: &Ctx) -> Markup {
    html! {
        @if !ctx.view.scope.is_empty() {
            ul.chips aria-label="Narrowed to" {
                @for (dimension, values) in &ctx.view.scope {
                    @for value in values {
                        li { (dimension.key()) ": " strong { (text::short(value, 28)) } " " a href=(without(ctx, *dimension, value)) aria-label=(format!("no longer only {}", text::tame(value, 60))) { "×" } }
                    }
                }
            }
        }
    }
}

fn without(ctx: &Ctx, dimension: Dimension, value: &str) -> String {
    ctx.link(|v| {
        if let Some(values) = v.scope.get_mut(&dimension) {
            values.retain(|v| v != value);
        }
        v.scope.retain(|_, values| !values.is_empty());
    })
}

fn as_of(ctx: &Ctx) -> Markup {
    html! {
        @if let Some(around) = &ctx.around {
            p.asof {
                @match around.status.data_through {
                    Some(t) => { "newest data " time datetime=(t.to_rfc3339()) { (text::age(t, ctx.now())) } },
                    None => "no data yet",
                }
                " " button type="button" #live aria-pressed="true" hidden { "live" }
            }
        }
    }
}

fn foot(ctx: &Ctx) -> Markup {
    html! {
        footer #foot {
            p {
                "All times are UTC. “–” is not known, which is not 0. Every figure is the answer to a GraphQL query: open “Explain, data, embed” below it. "
                "Names that operators declare are marked so. Data: CC BY 4.0. " a href=(ctx.to("/docs")) { "API, CSV, Parquet" }
            }
        }
    }
}

/// A value, or a dash that says why there is none.
pub(crate) fn value(text: Option<String>) -> Markup {
    html! {
        @match text {
            Some(text) => (text),
            None => span.unknown title="not known" { "–" },
        }
    }
}

/// Part and whole; a dash where neither is known.
pub(crate) fn of(part: Option<String>, whole: Option<String>) -> Markup {
    html! {
        @if part.is_none() && whole.is_none() { (value(None)) } @else { (value(part)) " of " (value(whole)) }
    }
}

/// That there is nothing, and what will stand here; where something of this look could not be read,
/// only that: nobody knows then what there is.
pub(crate) fn nothing(ctx: &Ctx, says: &Markup) -> Markup {
    let read = ctx.around.is_some() && ctx.noted().problems.is_empty();
    html! {
        div.nothing { @if read { (says) } @else { p { "This could not be read. It comes back by itself." } } }
    }
}

/// What will stand here, and how to get it.
pub(crate) fn no_sessions(ctx: &Ctx) -> Markup {
    let says = html! { p { strong { "No gateway has reported a session yet." } " Here will stand what becomes of every request: start-up time, frame rate, swaps, outcome, and who served it." }
    p { "To get there: let an agent run beside a gateway and take its events, with " code { "[[kafka_endpoint]]" } " in its configuration; the gateway needs two flags, " code { "-kafkaBootstrapServers" } " and " code { "-kafkaGatewayTopic" } ", and no broker. Recorded events can be looked at with " code { "naap up --replay events.jsonl" } ", a simulated network with " code { "naap up --demo" } "." } };
    nothing(ctx, &says)
}
