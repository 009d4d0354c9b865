//! Load tests: what was sent on purpose, apart from everybody’s traffic.

use maud::html;
use serde::Deserialize;

use crate::ctx::Ctx;
use crate::figure;
use crate::frame::{Content, Controls, nothing};
use crate::gql::Args;
use crate::pages::sessions;
use crate::panel::Shown;
use crate::view::{Dimension as D, Origin, View};

#[derive(Debug, Deserialize)]
struct Listed {
    tests: Tests,
}

#[derive(Debug, Deserialize)]
struct Tests {
    sessions: sessions::Page,
}

pub(super) async fn page(ctx: &Ctx) -> Content {
    let view = View { origin: Some(Origin::Test), ..ctx.view.clone() };
    let args = Args::default().window(view.window).scope(&view, &D::ALL);
    let document = format!(
        "{{\n  tests{args} {{\n    sessions(first: 12) {{\n    {}\n    }}\n  }}\n}}",
        sessions::FIELDS
    );
    let ids = ["success", "requests", "playable", "fps"];
    let (found, charts) = futures::join!(ctx.ask::<Listed>(&document), ctx.tests(&view, &ids));
    let nodes = found.map(|f| f.tests.sessions.nodes).unwrap_or_default();
    let empty = nodes.is_empty()
        && charts
            .iter()
            .all(|s: &Shown| s.figure.as_ref().is_none_or(crate::kit::Figure::is_empty));
    let body = html! {
        @if empty {
            (nothing(ctx, &html! { p { strong { "No load test has run in this window." } " Here will stand how orchestrators answer to requests that are sent on purpose, at set times, from several regions: success, start-up, frames, each beside everybody’s traffic and never mixed with it." }
                p { "Tests are told apart by the agent of the gateway that sends them (" code { "origin = \"test\"" } ", with its events through " code { "[[kafka_endpoint]]" } ") and by the stream names of known testers." } }))
        } @else {
            section aria-labelledby="charts" { h2 #charts { "Over time" } (figure::grid(ctx, &charts)) }
            section aria-labelledby="list" { h2 #list { "The newest" } (sessions::table(ctx, &nodes)) }
        }
        (figure::query(ctx, "q-tests", "The query behind this", &document, Some(&format!("/v1/sessions?{}&format=csv", view.rest(Origin::Test, true)))))
    };
    Content::new(
        "Tests",
        "How orchestrators answer to load tests, apart from everybody’s traffic.",
        Controls::Time,
        body,
    )
}
