//! The page's queries, in full, and how they are run.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::model::{Charts, Overview};
use crate::{QueryFn, QueryRequest};

/// What the top of the page and its table show.
pub(crate) const OVERVIEW: &str = "query Overview($after: String) {
  status { ok dataThrough checkedAt parts { name ok detail } coverage { stored rejected gaps undeclared } }
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
  day: sessions(first: 200, origin: null, window: { last: \"24h\" }) {
    nodes { origin }
    pageInfo { hasNextPage endCursor }
  }
  sessions(first: 20, after: $after, origin: null) {
    nodes {
      streamId requestId origin gateway model startedAt closed outcome legs { uri }
      ingestSamples statusSamples outputFpsMean startupMs timeToPlayableMs uploadMbps swaps errorEvents
    }
    pageInfo { hasNextPage endCursor }
  }
}";

/// What the charts of one machine show.
pub(crate) const CHARTS: &str = "query Charts($node: String!, $last: String!, $bucket: Bucket!) {
  hostSeries(node: $node, window: { last: $last }, bucket: $bucket) {
    bucket from to
    points { time partial cpuBusyRatio { mean } memUsedBytes { mean } }
  }
  interfaceSeries(node: $node, window: { last: $last }, bucket: $bucket) {
    bucket from to
    points { time partial rxBytes { perSecond } txBytes { perSecond } }
  }
  loopback: interfaceSeries(node: $node, interface: \"lo\", window: { last: $last }, bucket: $bucket) {
    bucket from to
    points { time partial rxBytes { perSecond } txBytes { perSecond } }
  }
}";

/// Machines that have charts on the page.
const MACHINES: usize = 4;

/// How far back the charts look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// As in the address and in the query.
    pub(crate) last: &'static str,
    bucket: &'static str,
    /// As people say it.
    pub(crate) words: &'static str,
}

/// All windows that the page offers.
pub(crate) const WINDOWS: [Window; 4] = [
    Window { last: "10m", bucket: "RAW", words: "10 minutes" },
    Window { last: "1h", bucket: "M1", words: "1 hour" },
    Window { last: "24h", bucket: "M1", words: "24 hours" },
    Window { last: "7d", bucket: "H1", words: "7 days" },
];

impl Window {
    /// The window of an address; the first if it names none.
    pub(crate) fn parse(text: Option<&str>) -> Self {
        WINDOWS.into_iter().find(|w| Some(w.last) == text).unwrap_or(WINDOWS[0])
    }
}

/// Everything that one look at the page shows.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) window: Window,
    pub(crate) after: Option<String>,
    pub(crate) overview: Option<Overview>,
    /// By node name, in the order of the nodes.
    pub(crate) charts: Vec<(String, Option<Charts>)>,
    /// What went wrong, in the words of the API.
    pub(crate) problems: Vec<String>,
}

/// Asks for everything.
pub(crate) async fn read(query: &QueryFn, window: Window, after: Option<String>) -> Shown {
    let mut problems = Vec::new();
    let variables = json!({ "after": after });
    let overview: Option<Overview> = run(query, OVERVIEW, variables, &mut problems).await;
    let names: Vec<String> = overview
        .iter()
        .flat_map(|o| &o.agents.nodes)
        .filter(|n| n.host.is_some())
        .map(|n| n.name.clone())
        .take(MACHINES)
        .collect();
    let asked = names.into_iter().map(|name| async move {
        let mut problems = Vec::new();
        let variables = json!({ "node": name, "last": window.last, "bucket": window.bucket });
        let charts = run(query, CHARTS, variables, &mut problems).await;
        ((name, charts), problems)
    });
    let mut charts = Vec::new();
    for (chart, more) in futures::future::join_all(asked).await {
        charts.push(chart);
        problems.extend(more);
    }
    problems.sort();
    problems.dedup();
    Shown { window, after, overview, charts, problems }
}

async fn run<T: DeserializeOwned>(
    query: &QueryFn,
    text: &str,
    variables: Value,
    problems: &mut Vec<String>,
) -> Option<T> {
    let mut answer = query(QueryRequest { query: text.to_owned(), variables }).await;
    for error in answer["errors"].as_array().into_iter().flatten() {
        let message = error["message"].as_str().unwrap_or("the API refused without a reason");
        problems.push(message.to_owned());
    }
    let data = answer.get_mut("data").map_or(Value::Null, Value::take);
    if data.is_null() {
        return None;
    }
    match serde_json::from_value(data) {
        Ok(data) => Some(data),
        Err(error) => {
            tracing::error!(%error, "an answer of the API is not what the page expects");
            problems
                .push("the API answered something that this page does not understand".to_owned());
            None
        }
    }
}
