//! Data coverage of an answer: which agents stand behind it.

use async_graphql::{Context, Result};

use super::error::unavailable;
use super::groups::{Dimension, Scope};
use super::sessions::Origin;
use crate::clock::now_us;
use crate::heard::Covered;
use crate::limits;
use crate::read::Database;
use crate::read::heard::Agent;
use crate::read::series::Span;

/// The agents that an answer rests on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Behind {
    kinds: &'static [&'static str],
    origin: Option<Origin>,
    /// Nodes and regions; all if empty.
    nodes: Vec<String>,
    regions: Vec<String>,
}

/// Kinds of agents that report what gateways do. One that replays events stands for one.
const GATEWAYS: &[&str] = &["gateway", "replay"];

impl Behind {
    /// Gateways' agents of this origin, those that the figures are narrowed to.
    pub(crate) fn gateways(origin: Origin, scope: &Scope) -> Self {
        let of = |dimension| scope.values(dimension);
        Self {
            kinds: GATEWAYS,
            origin: Some(origin),
            nodes: of(Dimension::Gateway),
            regions: of(Dimension::Region),
        }
    }

    /// Gateways' agents of this origin, wherever they are: what they ask of orchestrators.
    pub(crate) fn askers(origin: Origin) -> Self {
        Self { kinds: GATEWAYS, origin: Some(origin), ..Self::default() }
    }

    /// Agents that count for Livepeer nodes, of all origins.
    pub(crate) fn counters(kinds: &'static [&'static str], node: Option<String>) -> Self {
        Self { kinds, nodes: node.into_iter().collect(), ..Self::default() }
    }

    fn has(&self, agent: &Agent) -> bool {
        let is = |given: &Option<String>, of: &[String]| {
            of.is_empty() || given.as_ref().is_some_and(|g| of.contains(g))
        };
        let kind = agent.kind.as_deref().is_some_and(|k| self.kinds.contains(&k));
        let origin = self.origin.is_none_or(|o| agent.origin.as_deref() == Some(o.word()));
        let node = self.nodes.is_empty() || self.nodes.contains(&agent.node);
        kind && origin && node && is(&agent.region, &self.regions)
    }
}

/// The data coverage of a window; null where nothing was expected, and where the window begins before
/// what is kept of agents' own rows.
pub(crate) async fn data_coverage(
    ctx: &Context<'_>,
    behind: &Behind,
    span: Span,
) -> Result<Option<f64>> {
    let now_us = now_us();
    if span.from_us < now_us - limits::HEARTBEATS_KEPT_US {
        return Ok(None);
    }
    let agents = ctx.data::<Database>()?.heard(span, span.from_us).await.map_err(unavailable)?;
    let of = agents.iter().filter(|a| behind.has(a)).map(|a| Covered::of(a.heard, span));
    Ok(Covered::sum(of).ratio())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_agents_that_could_have_reported_it() {
        let agent = |kind: &str, origin: &str, region: Option<&str>| Agent {
            node: "g1".into(),
            kind: Some(kind.into()),
            origin: Some(origin.into()),
            region: region.map(Into::into),
            ..Agent::default()
        };
        let scope = Scope { region: Some(vec!["eu-west".into()]), ..Scope::default() };
        let behind = Behind::gateways(Origin::Organic, &scope);
        assert!(behind.has(&agent("gateway", "organic", Some("eu-west"))));
        assert!(!behind.has(&agent("gateway", "test", Some("eu-west"))), "another origin");
        assert!(!behind.has(&agent("gateway", "organic", None)), "another region");
        assert!(!behind.has(&agent("host", "organic", Some("eu-west"))), "sees no streams");
        assert!(Behind::askers(Origin::Organic).has(&agent("replay", "organic", None)));
        let other = Behind::counters(&["gateway"], Some("g2".into()));
        assert!(!other.has(&agent("gateway", "organic", None)));
    }
}
