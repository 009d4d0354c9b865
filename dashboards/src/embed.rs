//! What others put on their pages: images, frames, tables, badges, and the page that writes the code.

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::assets::{CHART_STYLE, FRAME_SCRIPT, STYLE};
use crate::ctx::Ctx;
use crate::figure::{self, copied};
use crate::frame::{Content, Controls, nothing};
use crate::kit::{Figure, Place};
use crate::lang::Lang;
use crate::panel::{self, PANELS, Panel, Shown};
use crate::text;
use crate::view::{Origin, View, WINDOWS, Window};
use crate::{Site, badge};

/// How long an image may be kept: as long as the API keeps what has something of now.
const IMAGE_CACHE: &str = "public, max-age=60, stale-while-revalidate=300";

/// Which chart, of which origin; none if there is no such chart.
async fn shown(site: &Site, id: &str, query: &str, headers: &HeaderMap) -> Option<(Ctx, Shown)> {
    let panel = panel::find(id)?;
    let ctx = Ctx::new(&site.source, "/embed", query, headers).await;
    let view = one_thing(&ctx.view);
    let shown = ctx.panels_of(&view, &[panel.id]).await.pop()?;
    Some((ctx, shown))
}

/// A chart has no page and no list in its address.
fn one_thing(view: &View) -> View {
    View { things: Vec::new(), page: 1, after: None, sort: None, find: None, ..view.clone() }
}

fn unknown() -> Response {
    (StatusCode::NOT_FOUND, "no such chart\n").into_response()
}

/// `/chart/{id}.svg`: one image, complete in itself.
pub(crate) async fn image(
    State(site): State<Site>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Some(id) = name.strip_suffix(".svg") else { return unknown() };
    let Some((ctx, shown)) = shown(&site, id, &query.unwrap_or_default(), &headers).await else {
        return unknown();
    };
    let body = whole_image(&ctx, &shown).into_string();
    svg(body, shown.answer.data.is_some())
}

/// An SVG document with title, drawing, legend, and what it rests on.
fn whole_image(ctx: &Ctx, shown: &Shown) -> Markup {
    let lang = ctx.lang();
    let words = lang.words();
    let title = shown.panel.title_in(lang);
    let legend = shown.figure.as_ref().map(Figure::legend).unwrap_or_default();
    let figure = shown.figure.as_ref().filter(|f| !f.is_empty());
    let drawing = figure.map(|f| f.svg(Place { id: "c", title, lang }));
    let height = drawing.as_ref().map_or(120.0, |d| d.height);
    let total = height + if legend.is_empty() { 52.0 } else { 68.0 };
    html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"))
        svg.image.(ctx.view.theme.word().unwrap_or_default()) xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 420 {total}")) width="840" height=(total * 2.0) role="img" aria-label=(title) {
            style { (PreEscaped(CHART_STYLE)) }
            rect.ground x="0" y="0" width="420" height=(total) {}
            text.head x="8" y="20" { (title) }
            @match &drawing {
                Some(drawing) => (drawing.below(30)),
                None => text.scale x="210" y="90" text-anchor="middle" { (words.no_data) },
            }
            @for (i, name) in legend.iter().take(4).enumerate() {
                @let x = 8 + i * 103;
                rect.fill.(format!("c{i}")) x=(x) y=(height + 36.0) width="9" height="9" {}
                text.scale x=(x + 13) y=(height + 44.0) { (text::short(name, 15)) }
            }
            text.scale x="8" y=(total - 6.0) { (line(ctx, shown)) }
        }
    }
}

/// What an image rests on, in one line.
fn line(ctx: &Ctx, shown: &Shown) -> String {
    let words = ctx.lang().words();
    let mut parts = vec![words.measured_by.to_owned()];
    parts.extend(words.origin(shown.whose).map(str::to_uppercase));
    parts.extend(shown.basis.samples.map(|n| format!("n = {n}")));
    parts.extend(shown.to.map(|t| format!("{} UTC", text::moment(t))));
    parts.extend(shown.answer.stale.map(|s| format!("{}: {}", words.stale, text::span(s))));
    parts.join(" · ")
}

/// An image that runs nothing and asks nobody, wherever it is opened.
pub(crate) fn svg(body: String, known: bool) -> Response {
    let policy =
        format!("default-src 'none'; style-src '{}'", crate::assets::CHART_STYLE_HASH.as_str());
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml; charset=utf-8")),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static(if known { IMAGE_CACHE } else { "no-store" }),
        ),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_str(&policy)
                .unwrap_or(HeaderValue::from_static("default-src 'none'")),
        ),
        (
            header::HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("cross-origin"),
        ),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    ];
    (headers, body).into_response()
}

/// `/table/{id}`: every number of a chart.
pub(crate) async fn table(
    State(site): State<Site>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    let Some(panel) = panel::find(&id) else {
        return site.missing(&format!("/table/{id}"), &query, &headers).await;
    };
    let ctx = Ctx::new(&site.source, &format!("/table/{}", panel.id), &query, &headers).await;
    let Some(shown) = ctx.panels_of(&one_thing(&ctx.view), &[panel.id]).await.pop() else {
        return unknown();
    };
    let rows = shown.figure.as_ref().map(|f| f.table(ctx.lang())).unwrap_or_default();
    let body = html! {
        h2.hidden { "Chart" }
        div.charts.single { (figure::card(&ctx, &shown)) }
        section aria-labelledby="numbers" {
            h2 #numbers { "All numbers" }
            @if rows.rows.is_empty() { (nothing(&ctx, &html! { p { "Nothing in this window yet." } })) } @else { (rows.draw(panel.title)) }
        }
    };
    site.answer(&ctx, Content::new(panel.title, panel.says, Controls::Window, body))
}

/// `/embed/{id}`: a page of nothing but one chart.
pub(crate) async fn frame(
    State(site): State<Site>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Some((ctx, shown)) = shown(&site, &id, &query.unwrap_or_default(), &headers).await else {
        return unknown();
    };
    let fixed = figure::fixed(&shown);
    let live = matches!(ctx.view.window, Window::Last(_));
    let page = html! {
        (DOCTYPE)
        html lang=(ctx.lang().tag()) class=[ctx.view.theme.word()] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (shown.panel.title_in(ctx.lang())) " · NaaP" }
                link rel="icon" href=(crate::assets::ICON.path());
                link rel="stylesheet" href=(STYLE.path());
                script src=(FRAME_SCRIPT.path()) defer data-live[live] {}
            }
            body.embedded {
                main {
                    figure.panel data-panel=(shown.panel.id) {
                        div.head { h1 { (shown.panel.title_in(ctx.lang())) } (figure::whose(shown.whose)) }
                        (figure::body(&shown, ctx.lang(), "c"))
                        figcaption { (line(&ctx, &shown)) " · " a href=(format!("/table/{}?{}", shown.panel.id, fixed.query())) target="_blank" rel="noopener" { "NaaP" } }
                    }
                }
            }
        }
    };
    site.framed(page)
}

/// `/badge/{metric}.svg`.
pub(crate) async fn badge(
    State(site): State<Site>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Some(metric) = name.strip_suffix(".svg").and_then(badge::find) else {
        return (StatusCode::NOT_FOUND, "no such badge\n").into_response();
    };
    let ctx = Ctx::new(&site.source, "/badge", &query.unwrap_or_default(), &headers).await;
    let badge = badge::read(&ctx, metric).await;
    svg(badge.draw().into_string(), badge.known)
}

/// `/embed`: the page that writes the code.
pub(crate) async fn builder(ctx: &Ctx) -> Content {
    let chosen =
        ctx.view.things.first().and_then(|id| panel::find(id)).or_else(|| panel::find("success"));
    let Some(panel) = chosen else { return Content::new("Embed", "", Controls::Origin, html! {}) };
    let view = one_thing(&ctx.view);
    let shown = ctx.panels_of(&view, &[panel.id]).await;
    let Some(shown) = shown.first() else {
        return Content::new("Embed", "", Controls::Origin, html! {});
    };
    let query = View { origin: Some(ctx.whose), ..view }.query();
    let body = html! {
        (choices(ctx, panel))
        div.builder {
            section aria-labelledby="preview" { h2 #preview { "How it will look" } (figure::card(ctx, shown)) }
            section aria-labelledby="code" { h2 #code { "Code to paste" } (codes(ctx, panel, &query)) }
        }
    };
    Content::new(
        "Embed a chart",
        "Choose a chart, a window and a look; paste the code. It stays live, or shows the same for good.",
        Controls::Origin,
        body,
    )
}

fn choices(ctx: &Ctx, panel: &Panel) -> Markup {
    let view = &ctx.view;
    let fixed = |t: crate::model::Time| t.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let (from, to) = match view.window {
        Window::Between(from, to) => (Some(fixed(from)), Some(fixed(to))),
        Window::Last(_) => (None, None),
    };
    html! {
        form.filter method="get" action="/embed" {
            label { "Chart " select name="thing" { @for p in PANELS { option value=(p.id) selected[p.id == panel.id] { (p.title) } } } }
            label { "Live window " select name="last" { @for (last, words) in WINDOWS { option value=(last) selected[view.window == Window::Last(last)] { (words) } } } }
            label { "or fixed from " input name="from" value=[from] placeholder="2026-05-01T00:00:00Z" maxlength="25"; }
            label { "to " input name="to" value=[to] placeholder="2026-05-08T00:00:00Z" maxlength="25"; }
            label { "Traffic " select name="origin" { @for o in Origin::ALL { option value=(o.key()) selected[o == ctx.whose] { (o.key()) } } } }
            @for d in crate::view::Dimension::ALL { label { (d.key()) " " input name=(d.key()) value=[view.of(d).first()] maxlength="160"; } }
            label { "Theme " select name="theme" { option value="" { "as the reader’s" } @for t in ["light", "dark"] { option value=(t) selected[view.theme.word() == Some(t)] { (t) } } } }
            label { "Language " select name="lang" { @for (lang, tag, name) in Lang::ALL { option value=(tag) selected[lang == ctx.lang()] { (name) } } } }
            button type="submit" { "Show" }
        }
    }
}

fn codes(ctx: &Ctx, panel: &Panel, query: &str) -> Markup {
    let base = &ctx.base;
    let text = |s: &str| s.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    let href = text(&format!("{base}/table/{}?{query}", panel.id));
    let image = text(&format!("{base}/chart/{}.svg?{query}", panel.id));
    let element = format!(
        "<script src=\"{base}/embed.js\" async></script>\n<naap-chart chart=\"{}\" query=\"{}\"></naap-chart>",
        panel.id,
        text(query)
    );
    let iframe = format!(
        "<iframe src=\"{}\" title=\"{}\" sandbox=\"allow-scripts allow-popups\" loading=\"lazy\" width=\"100%\" height=\"340\" style=\"border:0\"></iframe>",
        text(&format!("{base}/embed/{}?{query}", panel.id)),
        text(panel.title)
    );
    html! {
        (copied("Frame, with its own height", "loader", &element))
        p.basis { "Attributes: " code { "chart" } ", " code { "last" } " or " code { "from" } " and " code { "to" } ", " code { "theme" } ", " code { "lang" } ", " code { "origin" } ", and any filter; " code { "query" } " takes all at once." }
        (copied("Frame alone", "iframe", &iframe))
        (copied("Image, without a script", "image", &format!("<a href=\"{href}\"><img src=\"{image}\" alt=\"{}\" width=\"420\"></a>", text(panel.title))))
        (copied("Markdown", "markdown", &format!("[![{}]({base}/chart/{}.svg?{query})]({base}/table/{}?{query})", panel.title, panel.id, panel.id)))
        (copied("Badge", "badge", &format!("[![success]({base}/badge/success.svg?{query})]({base}/)")))
        // A line each: nobody knows how wide a badge will be, and nothing may stand behind it that moves.
        p { img src=(format!("/badge/success.svg?{query}")) alt="badge: success" height="20"; }
        p { img src=(format!("/badge/orchestrators.svg?{query}")) alt="badge: orchestrators online" height="20"; }
    }
}
