//! Service URIs of orchestrators that are online, each with what it offers by itself.

use std::collections::HashMap;

use async_graphql::{Result, SimpleObject};
use chrono::{DateTime, Utc};

use super::agents::ONLINE;
use super::error::unavailable;
use super::groups::{Dimension, Scope};
use super::orchestrators::{OfferedModel, models};
use super::sessions::Origin;
use super::time::Time;
use crate::clock::now_us;
use crate::limits;
use crate::read::orchestrators::{Offer, Report};
use crate::read::sums::HOUR_US;
use crate::read::{Database, at_most};

/// A service URI of an orchestrator that is online.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub(crate) struct Endpoint {
    /// Scheme, host and port, as the orchestrator's reports name it.
    uri: String,
    /// On-chain address, lower case.
    orchestrator: String,
    /// Time of its newest report.
    last_seen_at: Time,
    /// Region of the orchestrator's own agent; null without one.
    region: Option<String>,
    /// go-livepeer version.
    version: Option<String>,
    /// GPUs; null where it does not tell.
    gpus: Option<i64>,
    /// Slots; null where it does not tell. Rows above 64 are left out.
    slots: Option<i64>,
    /// Of these idle.
    slots_idle: Option<i64>,
    /// What it offers of what was asked for.
    models: Vec<OfferedModel>,
}

/// What URIs can be narrowed to.
const OFFERED_BY: [Dimension; 4] =
    [Dimension::Orchestrator, Dimension::Pipeline, Dimension::Model, Dimension::Region];

/// The newest report of each URI, where that is no longer ago than who is online may be.
fn online(reports: Vec<Report>, now: DateTime<Utc>) -> HashMap<String, Report> {
    let mut newest: HashMap<String, Report> = HashMap::new();
    for report in reports {
        let Some(uri) = report.uri.clone() else { continue };
        if now - report.seen_at > ONLINE {
            continue;
        }
        // A URI that two addresses name is of the one that did so last.
        match newest.get(&uri) {
            Some(known) if known.seen_at >= report.seen_at => {}
            _ => drop(newest.insert(uri, report)),
        }
    }
    newest
}

/// Each URI with what it offers of the pipeline and model; by URI.
fn endpoints(online: HashMap<String, Report>, offers: Vec<Offer>, scope: &Scope) -> Vec<Endpoint> {
    let mut of_uri: HashMap<(String, String), Vec<Offer>> = HashMap::new();
    for offer in offers {
        if let Some(uri) = offer.uri.clone() {
            of_uri.entry((uri, offer.address.clone())).or_default().push(offer);
        }
    }
    let same = |asked: &Option<Vec<String>>, is: &Option<String>| {
        asked.as_ref().is_none_or(|asked| is.as_ref().is_some_and(|is| asked.contains(is)))
    };
    let narrowed = scope.pipeline.is_some() || scope.model.is_some();
    let mut out = Vec::new();
    for (uri, report) in online {
        let mut offers = of_uri.remove(&(uri.clone(), report.address.clone())).unwrap_or_default();
        // What is not in its newest rows it no longer offers.
        let newest = offers.iter().map(|o| o.at).max();
        offers.retain(|o| {
            Some(o.at) == newest
                && same(&scope.pipeline, &o.pipeline)
                && same(&scope.model, &o.model)
        });
        if !same(&scope.region, &report.region) || (narrowed && offers.is_empty()) {
            continue;
        }
        out.push(Endpoint {
            uri,
            models: models(offers).remove(&report.address).unwrap_or_default(),
            orchestrator: report.address,
            last_seen_at: Time(report.seen_at),
            region: report.region,
            version: report.version,
            gpus: report.gpus,
            slots: report.slots,
            slots_idle: report.slots_idle,
        });
    }
    out.sort_by(|a, b| a.uri.cmp(&b.uri));
    out
}

/// Reads them.
pub(crate) async fn read(
    database: &Database,
    scope: Option<Scope>,
    origin: Origin,
) -> Result<Vec<Endpoint>> {
    let scope = scope.unwrap_or_default();
    scope.filters(&OFFERED_BY)?;
    let now = now_us();
    let since = now - ONLINE.num_microseconds().unwrap_or_default();
    let wanted = scope.values(Dimension::Orchestrator);
    let mut reports = database.reports(since, origin.word(), None).await.map_err(unavailable)?;
    reports.retain(|r| scope.orchestrator.is_none() || wanted.contains(&r.address));
    let online = online(reports, Time::from_us(now).0);
    at_most(online.len(), limits::ENDPOINTS).map_err(unavailable)?;
    let mut addresses: Vec<String> = online.values().map(|r| r.address.clone()).collect();
    addresses.sort();
    addresses.dedup();
    let offers = database.offers(since - HOUR_US, origin.word(), Some(&addresses)).await;
    Ok(endpoints(online, offers.map_err(unavailable)?, &scope))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        Time::from_us(1_790_000_000_000_000 + minute * 60_000_000).0
    }

    fn report(address: &str, uri: &str, minute: i64) -> Report {
        let uri = Some(uri.to_owned());
        Report { seen_at: at(minute), address: address.into(), uri, ..Report::default() }
    }

    fn offer(address: &str, uri: &str, minute: i64, model: &str) -> Offer {
        Offer {
            at: at(minute),
            address: address.into(),
            uri: Some(uri.into()),
            pipeline: Some("live".into()),
            model: Some(model.into()),
            ..Offer::default()
        }
    }

    fn listed(scope: &Scope) -> Vec<(String, usize)> {
        let reports = vec![
            report("0xa", "u1", 50),
            report("0xa", "u2", 9),
            report("0xb", "u3", 60),
            report("0xc", "u1", 40),
        ];
        let offers = vec![
            offer("0xa", "u1", 45, "m"),
            offer("0xa", "u1", 40, "gone"),
            offer("0xa", "u2", 45, "m"),
            offer("0xb", "u3", 55, "m2"),
        ];
        let found = endpoints(online(reports, at(60)), offers, scope);
        found
            .into_iter()
            .map(|e| (format!("{} {}", e.uri, e.orchestrator), e.models.len()))
            .collect()
    }

    #[test]
    fn each_uri_by_itself_while_it_is_online() {
        let all = listed(&Scope::default());
        assert_eq!(all, [("u1 0xa".to_owned(), 1), ("u3 0xb".to_owned(), 1)]);
        let of =
            |model: &str| listed(&Scope { model: Some(vec![model.into()]), ..Scope::default() });
        assert_eq!(of("m"), [("u1 0xa".to_owned(), 1)]);
        assert_eq!(of("gone"), [], "no longer in its newest rows");
        let nowhere = Scope { region: Some(vec!["eu-west".into()]), ..Scope::default() };
        assert_eq!(listed(&nowhere), [], "a region that is not known is none");
    }
}
