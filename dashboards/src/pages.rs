//! The pages. Each asks for what it shows, and draws it; nothing here knows how it is answered.

mod compare;
mod demand;
mod docs;
mod entities;
mod explain;
mod gpus;
mod league;
mod network;
mod nodes;
mod orchestrator;
mod regions;
mod sessions;
mod status;
mod tests_page;

use maud::{Markup, html};

use crate::ctx::Ctx;
use crate::frame::{Content, Controls};
use crate::kit::wide;
use crate::view::Dimension;

/// The page at the address of this look.
pub(crate) async fn show(ctx: &Ctx) -> Content {
    if let Some(address) = ctx.path.strip_prefix("/orchestrators/") {
        return orchestrator::page(ctx, &address.to_ascii_lowercase()).await;
    }
    match ctx.path.as_str() {
        "/" => network::page(ctx).await,
        "/orchestrators" => league::page(ctx).await,
        "/gpus" => gpus::page(ctx).await,
        "/pipelines" => entities::pipelines(ctx).await,
        "/regions" => regions::page(ctx).await,
        "/gateways" => entities::gateways(ctx).await,
        "/demand" => demand::page(ctx).await,
        "/sessions" => sessions::page(ctx).await,
        "/tests" => tests_page::page(ctx).await,
        "/compare" => compare::page(ctx).await,
        "/nodes" => nodes::page(ctx).await,
        "/explain" => explain::page(ctx).await,
        "/status" => status::page(ctx).await,
        "/docs" => docs::page(ctx),
        _ => missing("There is no such page.", "Its address is not one of ours."),
    }
}

/// What the address names does not exist.
fn missing(title: &str, why: &str) -> Content {
    let body = html! { p.nothing { (why) } };
    Content { found: false, ..Content::new(title, why, Controls::None, body) }
}

/// An on-chain address, short, as a link to its page.
fn orchestrator_link(ctx: &Ctx, address: &str) -> Markup {
    let path = format!("/orchestrators/{}", crate::view::escaped(address));
    html! { a.address href=(ctx.to(&path)) title=(crate::text::tame(address, 64)) { (crate::text::short(address, 13)) } }
}

/// A name that narrows a page to itself.
fn narrow(ctx: &Ctx, path: &str, dimension: Dimension, value: &str, most: usize) -> Markup {
    let href = ctx.view.only(dimension, value).link(path);
    html! { a href=(href) title=(crate::text::tame(value, 80)) { (crate::text::short(value, most)) } }
}

/// What somebody says of himself.
fn declared() -> Markup {
    html! { span.tag title="declared by the operator, checked by nobody" { "self-declared" } }
}

/// A whole number of the API.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn whole(n: i64) -> String {
    crate::text::grouped(n as f64)
}

/// Part of a whole, 0 to 1; unknown without a whole.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn ratio(part: Option<i64>, of: Option<i64>) -> Option<f64> {
    let of = of.filter(|n| *n > 0)?;
    Some(part? as f64 / of as f64)
}

/// A share as people read it; with few samples it says so.
fn share(ctx: &Ctx, part: Option<i64>, of: Option<i64>) -> Markup {
    let few = of.is_some_and(|n| n > 0 && n < 10);
    html! {
        @match ratio(part, of) {
            Some(r) => span.few[few] title=[few.then(|| format!("of {} only", of.unwrap_or(0)))] { (crate::text::Unit::Share.write(r, ctx.lang())) },
            None => (crate::frame::value(None)),
        }
    }
}
