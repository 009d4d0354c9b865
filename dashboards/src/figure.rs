//! A chart as it stands on a page: drawing, legend, what it rests on, and everything that a reader
//! may take away from it.

use maud::{Markup, PreEscaped, html};

use crate::ctx::Ctx;
use crate::gql;
use crate::kit::{Figure, Marks, Place};
use crate::lang::Lang;
use crate::model::Time;
use crate::panel::Shown;
use crate::text;
use crate::view::{Origin, View};

/// The view of a chart with its origin said, so that it shows the same for good.
pub(crate) fn fixed(shown: &Shown) -> View {
    View { origin: Some(shown.whose), ..shown.view.clone() }
}

/// Charts in a grid. Where none of them has anything, they are named rather than shown empty.
pub(crate) fn grid(ctx: &Ctx, shown: &[Shown]) -> Markup {
    let waits = |s: &Shown| {
        let read = s.answer.data.is_some() && s.answer.problems.is_empty();
        read && s.figure.as_ref().is_none_or(Figure::is_empty)
    };
    html! {
        @if shown.iter().all(waits) {
            div.nothing {
                p { "There is nothing in this window yet. Here will stand:" }
                ul { @for s in shown { li { a href=(format!("/table/{}?{}", s.panel.id, fixed(s).query())) { (s.panel.title) } ": " (s.panel.says) } } }
            }
        } @else {
            div.charts { @for s in shown { (card(ctx, s)) } }
        }
    }
}

/// One chart with all that belongs to it.
pub(crate) fn card(ctx: &Ctx, shown: &Shown) -> Markup {
    let panel = shown.panel;
    let id = format!("p-{}", panel.id);
    html! {
        figure.card.panel #(id) data-panel=(panel.id) {
            div.head { h3 { (panel.title) } (whose(shown.whose)) }
            (body(shown, ctx.lang(), &id))
            figcaption { (basis(shown, ctx.now(), ctx.lang())) }
            (tools(ctx, shown))
        }
    }
}

/// Drawing and legend, or what will stand here.
pub(crate) fn body(shown: &Shown, lang: Lang, id: &str) -> Markup {
    let figure = shown.figure.as_ref().filter(|f| !f.is_empty());
    html! {
        @match figure {
            Some(figure) => {
                div.plot { (figure.svg(Place { id, title: shown.panel.title_in(lang), lang }).alone()) }
                (data(&figure.json().to_string()))
                @let names = figure.legend();
                @if !names.is_empty() {
                    ul.legend { @for (i, name) in names.iter().enumerate() { li.(format!("c{i}")) { (text::short(name, 26)) } } }
                }
                (states(figure, lang))
                (marks(figure.marks(), lang))
            }
            None => div.plot.empty { p { (nothing(shown)) } },
        }
    }
}

/// JSON in a page: nothing in it can end the element that it stands in.
fn data(json: &str) -> Markup {
    let json = json.replace('<', "\\u003c");
    html! { script type="application/json" { (PreEscaped(json)) } }
}

fn nothing(shown: &Shown) -> &'static str {
    match (&shown.answer.data, shown.answer.problems.is_empty()) {
        (None, _) => "This could not be read. It comes back by itself.",
        (Some(_), false) => "A part of this could not be read.",
        (Some(_), true) => "Nothing in this window yet.",
    }
}

/// What the bars of days say.
fn states(figure: &Figure, lang: Lang) -> Markup {
    let Figure::Days(days) = figure else { return html! {} };
    html! { ul.legend.looks { @for (class, word) in days.legend(lang) { li.(class) { (word) } } } }
}

/// Says how what is not plain data looks in the drawing.
fn marks(marks: Marks, lang: Lang) -> Markup {
    let words = lang.words();
    let said = [
        (marks.partial, "open", words.open),
        (marks.few, "few", words.few),
        (marks.missing, "dark", words.missing),
    ];
    html! {
        @if said.iter().any(|s| s.0) {
            ul.legend.looks { @for (_, class, word) in said.iter().filter(|s| s.0) { li.(*class) { (word) } } }
        }
    }
}

/// Whose traffic it is, if it is not the usual.
pub(crate) fn whose(origin: Origin) -> Markup {
    html! { @if origin != Origin::Organic { span.tag.marked { (origin.key()) } } }
}

/// Samples, coverage and freshness of a chart.
fn basis(shown: &Shown, now: Time, lang: Lang) -> Markup {
    let basis = &shown.basis;
    let parts = [
        basis.samples.map(|n| html! { "n = " span data-figure="samples" { (text::grouped(u64_f64(n))) } }),
        basis.data_coverage.map(|c| html! { "coverage " (text::Unit::Share.write(c, lang)) }),
        basis.data_through.map(|t| html! { "data to " time datetime=(t.to_rfc3339()) title=(text::moment(t)) { (text::age(t, now)) } }),
        (shown.left_out > 0).then(|| html! { (shown.left_out) " more left out" }),
    ];
    html! {
        @for (i, part) in parts.iter().flatten().enumerate() { @if i > 0 { " · " } (part) }
        @if let Some(age) = shown.answer.stale { " " span.tag.marked { (lang.words().stale) ", " (text::span(age)) } }
    }
}

#[expect(clippy::cast_precision_loss, reason = "samples of a window are far below 2^53")]
fn u64_f64(n: u64) -> f64 {
    n as f64
}

/// Everything that a reader may take away.
fn tools(ctx: &Ctx, shown: &Shown) -> Markup {
    let panel = shown.panel;
    let view = fixed(shown);
    let query = view.query();
    html! {
        details.tools {
            summary { "Explain, data, embed" span.hidden { ": " (panel.title) } }
            p { (panel.says) " " a href=(format!("/explain#{}", panel.term)) { "More" } }
            p.actions {
                a href=(format!("/table/{}?{query}", panel.id)) { "Table" }
                a href=(panel.csv(&view, shown.whose)) download=(format!("naap-{}.csv", panel.id)) { "CSV" }
                a href=(format!("/chart/{}.svg?{query}", panel.id)) { "SVG" }
                button type="button" data-png=(panel.id) hidden { "PNG" }
                a href=(format!("/embed?thing={}&{query}", panel.id)) { "Embed" }
            }
            (copied("GraphQL", "graphql", &shown.document))
            (copied("curl", "curl", &gql::curl(&ctx.base, &shown.document)))
        }
    }
}

/// A text to copy: to be selected by hand, or with a button where there is a script.
pub(crate) fn copied(label: &str, kind: &str, text: &str) -> Markup {
    html! {
        div.copy {
            (label) " " button type="button" data-copy hidden { "Copy" span.hidden { " " (label) } }
            pre tabindex="0" data-kind=(kind) aria-label=(label) { (text) }
        }
    }
}

/// The query behind something that is no chart.
pub(crate) fn query(ctx: &Ctx, id: &str, title: &str, document: &str, csv: Option<&str>) -> Markup {
    html! {
        details.tools #(id) {
            summary { (title) }
            @if let Some(csv) = csv { p.actions { a href=(csv) download { "CSV" } } }
            (copied("GraphQL", "graphql", document))
            (copied("curl", "curl", &gql::curl(&ctx.base, document)))
        }
    }
}
