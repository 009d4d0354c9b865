//! What is asked for, what is on offer, and what is missing.

use maud::html;

use crate::ctx::Ctx;
use crate::figure;
use crate::frame::{Content, Controls, no_sessions};
use crate::view::Origin;

pub(super) async fn page(ctx: &Ctx) -> Content {
    let missing = ctx.panels(&["missing", "unserved", "model-missing", "region-missing"]);
    let demand = ctx.panels(&["requests", "minutes", "models", "regions"]);
    let supply = ctx.panels(&[
        "slots",
        "orchestrators-online",
        "gpu-hours",
        "warm",
        "model-slots",
        "prices",
    ]);
    let (missing, demand, supply) = futures::join!(missing, demand, supply);
    let nothing =
        demand.iter().all(|s| s.figure.as_ref().is_some_and(crate::kit::Figure::is_empty));
    let body = html! {
        @if nothing && ctx.whose == Origin::Organic { (no_sessions(ctx)) }
        section aria-labelledby="missing" {
            h2 #missing { "Missing capacity" }
            p.about { "Requests that nobody took. A client that was turned away comes back and is counted again, so minutes are an upper bound." }
            (figure::grid(ctx, &missing))
        }
        section aria-labelledby="demand" { h2 #demand { "Demand" } (figure::grid(ctx, &demand)) }
        section aria-labelledby="supply" {
            h2 #supply { "Supply" }
            p.about { "What orchestrators say of themselves in capability reports; nobody checks it." }
            (figure::grid(ctx, &supply))
        }
    };
    Content::new(
        "Demand and supply",
        "What is asked of the network, what is on offer, and where capacity is missing.",
        Controls::Window,
        body,
    )
}
