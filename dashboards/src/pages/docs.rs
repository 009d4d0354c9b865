//! How to get everything that these pages show.

use maud::html;

use crate::ctx::Ctx;
use crate::figure::copied;
use crate::frame::{Content, Controls};
use crate::gql;

pub(super) fn page(ctx: &Ctx) -> Content {
    let base = &ctx.base;
    let example = "{\n  network(window: { last: \"24h\" }) { requested served minutes }\n}";
    let body = html! {
        section aria-labelledby="graphql" {
            h2 #graphql { "GraphQL" }
            p { "One address, no key, from any page: " code { (base) "/graphql" } ". Every figure of these pages is the answer to a query that stands below it, under “Explain, data, embed”. " a href="/graphql" { "Open the console" } " to see the schema and try queries." }
            (copied("GraphQL", "graphql", example))
            (copied("curl", "curl", &gql::curl(base, example)))
            p { "A query costs points, 200 at most; a client has 300, which come back one a second. Answers that are there already cost nothing. Subscriptions go over WebSocket at the same address." }
        }
        section aria-labelledby="rest" {
            h2 #rest { "REST: CSV, JSON lines, Parquet" }
            p { "Every list at " code { "/v1/{list}" } ", with " code { "format=json|jsonl|csv|parquet" } ". The parameters are those of these pages’ addresses. " a href="/docs/rest" { "Lists, parameters and columns, to be tried" } ", " a href="/openapi.json" { "OpenAPI" } ", " a href="/docs/errors" { "errors" } "." }
            (copied("curl", "curl", &format!("curl '{base}/v1/demand?last=7d&bucket=D1&groupBy=model&format=csv'")))
            p { "All rows as daily Parquet files: " a href="/v1/datasets" { "datasets" } "." }
        }
        section aria-labelledby="addresses" {
            h2 #addresses { "Addresses are the state" }
            p { "Whatever is chosen on a page stands in its address, with the same words for pages, embeds, images and the API:" }
            (super::wide("Parameters, a wide table", &html! { table.words {
                thead { tr { th scope="col" { "Parameter" } th scope="col" { "Meaning" } } }
                tbody {
                    tr { th scope="row" { code { "last" } } td { "1h, 6h, 24h, 7d, 30d or 90d until now: it moves" } }
                    tr { th scope="row" { code { "from" } ", " code { "to" } } td { "a fixed window, ISO 8601" } }
                    tr { th scope="row" { code { "origin" } } td { "organic, simulated, replayed or test; without it, the first of these that there is" } }
                    tr { th scope="row" { code { "orchestrator" } ", " code { "pipeline" } ", " code { "model" } ", " code { "region" } ", " code { "gateway" } ", " code { "gpu" } } td { "narrow to these; each may stand several times" } }
                    tr { th scope="row" { code { "by" } } td { "one line for each of a dimension, where a chart has one figure" } }
                    tr { th scope="row" { code { "span" } } td { "week: scores over 7 days rather than 24 hours" } }
                    tr { th scope="row" { code { "theme" } } td { "light or dark; without it, as the reader’s system has it" } }
                    tr { th scope="row" { code { "lang" } } td { "en, de, es or fr, for charts, badges and embeds" } }
                }
            } }))
        }
        section aria-labelledby="embeds" {
            h2 #embeds { "Embeds" }
            p { "The " a href=(ctx.to("/embed")) { "builder" } " writes the code for any chart. Four forms, from the same numbers:" }
            ul {
                li { "Badge: " code { "/badge/success.svg?region=eu-central" } ". Metrics: success, sessions, minutes, orchestrators, gpus, score (with orchestrator)." }
                li { "Image without a script: " code { "/chart/success.svg?last=7d&theme=dark" } "." }
                li { "Frame with its own height: " code { "<script src=\"/embed.js\" async></script><naap-chart chart=\"success\" last=\"7d\"></naap-chart>" } ". The frame is sandboxed, so nothing in it reaches the page around it." }
                li { "Table: " code { "/table/success?last=7d" } "." }
            }
            p { "Whether a site may frame embeds is the operator’s choice (the header " code { "frame-ancestors" } "); pages other than embeds may be framed by nobody else." }
        }
    };
    Content::new(
        "API and data",
        "Everything on these pages can be had as GraphQL, JSON, CSV, Parquet, images and embeds, without a key.",
        Controls::None,
        body,
    )
}
