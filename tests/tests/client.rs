//! A client that is generated from the committed schema, as a Rust project would do it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use graphql_client::{GraphQLQuery, Response};
use naap_tests::{Options, Stack, eventually, fixture, stack};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The API's scalar: ISO 8601, UTC.
type Time = String;
/// Whole wei, as a text: more digits than JSON numbers have.
type Wei = String;

#[derive(GraphQLQuery)]
#[graphql(
    schema_path = "../graphql/schema.graphql",
    query_path = "tests/client.graphql",
    response_derives = "Debug"
)]
struct OrchestratorPage;

#[derive(GraphQLQuery)]
#[graphql(
    schema_path = "../graphql/schema.graphql",
    query_path = "tests/client.graphql",
    response_derives = "Debug, PartialEq"
)]
struct SessionPage;

async fn ask<V: Serialize, D: DeserializeOwned>(
    stack: &Stack,
    query: graphql_client::QueryBody<V>,
) -> Result<D> {
    let url = format!("{}graphql", stack.url);
    let answer = stack::post(&url, &serde_json::to_value(query)?).await?;
    let answer: Response<D> = serde_json::from_str(answer.body())?;
    ensure!(answer.errors.is_none(), "{:?}", answer.errors);
    answer.data.context("data")
}

/// Scenario: recorded events are replayed; the generated client asks for orchestrators, page by page,
/// and for sessions.
/// Guarantees: variables, fragments, enums, nulls and the API's scalar go through typed, and the values
/// are those of a plain query.
#[tokio::test(flavor = "multi_thread")]
async fn a_generated_client_reads_what_is_there() -> Result<()> {
    let replay = vec![fixture("sessions.jsonl")];
    let stack = Stack::start(Options { agent: true, replay, ..Options::default() }).await?;
    eventually("sessions and orchestrators", Duration::from_secs(90), || async {
        let found = stack.graphql("{ sessions(origin: REPLAYED) { nodes { closedAt } } orchestrators(origin: REPLAYED) { nodes { address } } }").await?;
        let n = |what: &str| found[what]["nodes"].as_array().map_or(0, Vec::len);
        ensure!(n("sessions") >= 9 && n("orchestrators") >= 2, "{found}");
        Ok(())
    })
    .await?;

    let mut addresses = Vec::new();
    let mut after = None;
    loop {
        let variables = orchestrator_page::Variables {
            first: Some(1),
            after,
            origin: orchestrator_page::Origin::REPLAYED,
        };
        let data: orchestrator_page::ResponseData =
            ask(&stack, OrchestratorPage::build_query(variables)).await?;
        let page = data.orchestrators;
        for node in &page.nodes {
            chrono::DateTime::parse_from_rfc3339(&node.last_seen_at)?;
            addresses.push(node.address.clone());
        }
        after = page.page_info.end_cursor;
        if !page.page_info.has_next_page {
            break;
        }
    }
    let plain = stack.graphql("{ orchestrators(origin: REPLAYED) { nodes { address } } }").await?;
    let plain: Vec<&str> = plain["orchestrators"]["nodes"]
        .as_array()
        .context("nodes")?
        .iter()
        .filter_map(|n| n["address"].as_str())
        .collect();
    assert_eq!(addresses, plain, "page by page the whole list");

    let variables =
        session_page::Variables { first: Some(50), origin: session_page::Origin::REPLAYED };
    let data: session_page::ResponseData = ask(&stack, SessionPage::build_query(variables)).await?;
    let sessions = data.sessions.nodes;
    let plain = stack
        .graphql("{ sessions(first: 50, origin: REPLAYED) { nodes { id closedAt outcome } } }")
        .await?;
    let plain = plain["sessions"]["nodes"].as_array().context("nodes")?;
    assert_eq!(sessions.len(), plain.len());
    for (typed, plain) in sessions.iter().zip(plain) {
        assert_eq!(typed.id, plain["id"].as_str().unwrap_or_default());
        assert_eq!(typed.closed_at.as_deref(), plain["closedAt"].as_str(), "null is None");
    }
    let served = sessions.iter().filter(|s| s.outcome == session_page::Outcome::SERVED).count();
    let expected = plain.iter().filter(|s| s["outcome"] == "SERVED").count();
    ensure!(served == expected && served > 0, "{served} of {expected} were served");
    stack.stop().await?;
    Ok(())
}
