//! A list of orchestrators for gateways, in the form that go-livepeer reads from the address in
//! `-orchWebhookUrl`: it asks anew every minute, and measures, compares and chooses by itself.
//!
//! A row is `{"address": URI}` and nothing else. go-livepeer also reads a `score` of 0 or 1 there: 1
//! is "trusted", which spares an orchestrator the verification of its work, and what is between is in
//! neither of its two pools. That is for each gateway's operator to say, so none is given.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use axum::http::Uri;
use serde_json::{Value, json};

use super::params::Given;
use super::problem::Problem;
use super::shape::{Param, Takes};
use crate::limits;
use crate::sdl::Sdl;

/// The name of the list below `/v1`.
pub(super) const NAME: &str = "discovery";

/// What it is.
pub(super) const ABOUT: &str = "Service URIs of orchestrators that are online, as go-livepeer reads \
    them with `-orchWebhookUrl`; in the order of the URIs. https only, and public hosts only.";

/// What is asked of GraphQL.
const DOCUMENT: &str = "query($where: Scope, $scored: Scope, $origin: Origin!, $scores: Boolean!) { \
    endpoints(where: $where, origin: $origin) { uri orchestrator models { priceWeiPerUnit } } \
    sla(where: $scored, origin: $origin) @include(if: $scores) { scores { orchestrator score } } }";

/// Its parameters.
pub(super) fn params(sdl: &Sdl) -> Vec<Param> {
    let text = |name, about| Param::own(name, Takes::Text, about);
    let mut origin = Param::own(
        "origin",
        Takes::Word(sdl.words("Origin")),
        "Whose reports they are; ORGANIC if left out.",
    );
    origin.default = Some("ORGANIC".to_owned());
    vec![
        text("pipeline", "Only what offers this canonical pipeline."),
        text("model", "Only what offers this canonical model."),
        text("region", "Only what an orchestrator's own agent says is in this region."),
        Param::own(
            "minScore",
            Takes::Float(100.0),
            "Only orchestrators whose newest SLA scores of the last day (of the pipeline and model, in \
             every region) are all at least this; those without a score are left out.",
        ),
        Param::own(
            "maxPricePerUnit",
            Takes::Float(f64::MAX),
            "Only what has a price of at most this, in wei per unit as reported; needs `pipeline`, as \
             each has its own unit.",
        ),
        Param::own(
            "top",
            Takes::Int(limits::ENDPOINTS),
            "At most so many: those with the best score first, then the cheapest, then by URI.",
        ),
        origin,
    ]
}

/// What to ask GraphQL for.
pub(super) fn question(given: &Given) -> Result<(String, Value), Problem> {
    let of = |name: &str| given.get(name).cloned();
    if given.contains_key("maxPricePerUnit") && !given.contains_key("pipeline") {
        let detail = "`maxPricePerUnit` needs `pipeline`, as each pipeline has a unit of its own";
        return Err(Problem::new("MISSING_PARAMETER", detail).hint("add pipeline=…"));
    }
    let scores = given.contains_key("minScore") || given.contains_key("top");
    let origin = of("origin").unwrap_or_else(|| "ORGANIC".into());
    let variables = json!({
        "where": { "pipeline": of("pipeline"), "model": of("model"), "region": of("region") },
        "scored": { "pipeline": of("pipeline"), "model": of("model") },
        "origin": origin,
        "scores": scores,
    });
    Ok((DOCUMENT.to_owned(), variables))
}

/// One URI with what it is chosen by.
#[derive(Debug)]
struct Found {
    uri: String,
    score: Option<f64>,
    price: Option<f64>,
}

/// The list that the answer gives.
pub(super) fn list(given: &Given, data: &Value) -> Vec<Value> {
    // The lowest of an orchestrator's scores: a demand is one on all of its work.
    let mut scores: HashMap<&str, f64> = HashMap::new();
    for score in data["sla"]["scores"].as_array().into_iter().flatten() {
        if let (Some(who), Some(x)) = (score["orchestrator"].as_str(), score["score"].as_f64()) {
            scores.entry(who).and_modify(|least| *least = least.min(x)).or_insert(x);
        }
    }
    let number = |name: &str| given.get(name).and_then(Value::as_f64);
    let (least, most) = (number("minScore"), number("maxPricePerUnit"));
    let mut found: Vec<Found> = Vec::new();
    for endpoint in data["endpoints"].as_array().into_iter().flatten() {
        let Some(uri) = endpoint["uri"].as_str().filter(|uri| is_public(uri)) else { continue };
        let score = endpoint["orchestrator"].as_str().and_then(|who| scores.get(who).copied());
        let models = endpoint["models"].as_array().into_iter().flatten();
        let prices = models.filter_map(|m| m["priceWeiPerUnit"].as_f64());
        let price = prices.min_by(f64::total_cmp);
        let good = least.is_none_or(|least| score.is_some_and(|s| s >= least));
        let cheap = most.is_none_or(|most| price.is_some_and(|p| p <= most));
        if good && cheap {
            found.push(Found { uri: uri.to_owned(), score, price });
        }
    }
    let better = |a: &Found, b: &Found| {
        let score = |f: &Found| f.score.unwrap_or(f64::NEG_INFINITY);
        let price = |f: &Found| f.price.unwrap_or(f64::INFINITY);
        let cheaper = price(a).total_cmp(&price(b));
        score(b).total_cmp(&score(a)).then(cheaper).then_with(|| a.uri.cmp(&b.uri))
    };
    found.sort_by(better);
    found.dedup_by(|a, b| a.uri == b.uri);
    let top = given.get("top").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    found.truncate(top.unwrap_or(limits::ENDPOINTS));
    // go-livepeer makes a new pool whenever the bytes differ: a score that moves is no reason.
    let mut uris: Vec<String> = found.into_iter().map(|f| f.uri).collect();
    uris.sort();
    uris.dedup();
    uris.into_iter().map(|uri| json!({ "address": uri })).collect()
}

/// Whether gateways can be told to go there: https, a host that all can reach, and no more than that.
/// What a node calls its URI must not send others into their own networks.
fn is_public(uri: &str) -> bool {
    let plain = uri.len() <= limits::URI_BYTES && uri.bytes().all(|b| b.is_ascii_graphic());
    let Ok(parsed) = uri.parse::<Uri>() else { return false };
    let Some(authority) = parsed.authority() else { return false };
    let rest = uri.split_once("://").map(|(_, rest)| rest.strip_suffix('/').unwrap_or(rest));
    let bare = rest == Some(authority.as_str()) && !authority.as_str().contains('@');
    let after_host = authority.as_str().rsplit_once(':').map(|(_, port)| port);
    let port = after_host.is_none_or(|port| {
        port.ends_with(']') || authority.port_u16().is_some_and(|port| port > 0)
    });
    plain
        && bare
        && port
        && parsed.scheme_str() == Some("https")
        && is_public_host(authority.host())
}

fn is_public_host(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = address.parse::<IpAddr>() {
        return match address {
            IpAddr::V4(v4) => is_public_v4(v4),
            IpAddr::V6(v6) => v6.to_ipv4().map_or_else(|| is_public_v6(v6), is_public_v4),
        };
    }
    let labels: Vec<&str> = host.split('.').collect();
    let sound = |label: &&str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    // A last label that is a number makes some resolvers read an address.
    let name = labels.last().is_some_and(|l| l.starts_with(|c: char| c.is_ascii_alphabetic()));
    let own = ["local", "localhost", "internal", "intranet", "lan", "home", "corp", "private"];
    let ours = labels.last().is_some_and(|l| own.iter().any(|o| l.eq_ignore_ascii_case(o)));
    labels.len() > 1 && labels.iter().all(sound) && name && !ours
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    !(v4.is_unspecified()
        || v4.is_loopback()
        || v4.is_private()
        || v4.is_link_local()
        || v4.is_multicast()
        || v4.is_broadcast()
        || v4.is_documentation()
        // "This network", carrier-grade NAT, protocol assignments, benchmarks, reserved.
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b))
        || a >= 240)
}

/// Only what is assigned for all, without what wraps an address of the other family.
fn is_public_v6(v6: Ipv6Addr) -> bool {
    let [a, b, ..] = v6.segments();
    let wrapped = a == 0x2002 || (a == 0x2001 && b == 0) || (a == 0x2001 && b == 0xdb8);
    (0x2000..0x4000).contains(&a) && !wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(given: &Value, data: &Value) -> Vec<String> {
        let rows = list(given.as_object().unwrap(), data);
        rows.iter().map(|row| row["address"].as_str().unwrap().to_owned()).collect()
    }

    fn data() -> Value {
        let at = |uri: &str, who: &str, prices: Value| json!({ "uri": uri, "orchestrator": who, "models": prices });
        json!({
            "endpoints": [
                at("https://c.example.com:8935", "0xc", json!([{ "priceWeiPerUnit": 5.0 }, { "priceWeiPerUnit": null }])),
                at("https://a.example.com:8935", "0xa", json!([{ "priceWeiPerUnit": 9.0 }])),
                at("https://b.example.com:8935", "0xb", json!([])),
                at("https://127.0.0.1:8935", "0xa", json!([{ "priceWeiPerUnit": 1.0 }])),
            ],
            "sla": { "scores": [
                { "orchestrator": "0xa", "score": 95.0 }, { "orchestrator": "0xa", "score": 70.0 },
                { "orchestrator": "0xb", "score": null }, { "orchestrator": "0xc", "score": 80.0 },
            ] },
        })
    }

    #[test]
    fn the_list_is_stable_and_cut_by_score_and_price() {
        let [a, b, c] = [
            "https://a.example.com:8935",
            "https://b.example.com:8935",
            "https://c.example.com:8935",
        ];
        let of = |given: Value| listed(&given, &data());
        assert_eq!(of(json!({})), [a, b, c]);
        assert_eq!(of(json!({ "minScore": 80.0 })), [c], "every score counts, none is none");
        assert_eq!(of(json!({ "minScore": 70.0 })), [a, c]);
        assert_eq!(of(json!({ "maxPricePerUnit": 5.0 })), [c]);
        assert_eq!(of(json!({ "top": 1 })), [c]);
        assert_eq!(of(json!({ "top": 2 })), [a, c], "and in the order of URIs");
        assert_eq!(of(json!({ "minScore": 99.0 })), [""; 0]);
        assert_eq!(listed(&json!({}), &Value::Null), [""; 0]);
    }

    #[test]
    fn prices_of_different_units_are_not_compared() {
        let given = json!({ "maxPricePerUnit": 1.0 });
        let refused = question(given.as_object().unwrap()).unwrap_err();
        assert_eq!(refused.code, "MISSING_PARAMETER");
    }

    #[test]
    fn only_uris_that_all_can_reach_are_handed_on() {
        for good in [
            "https://orch.example.com:8935",
            "https://orch.example.com",
            "https://8.8.8.8:8935/",
            "https://[2606:4700::1111]:8935",
            "https://xn--bcher-kva.example:8935",
        ] {
            assert!(is_public(good), "{good}");
        }
        let long = format!("https://{}.example.com", "a.".repeat(200));
        for bad in [
            "http://orch.example.com:8935",
            "ftp://orch.example.com",
            "https://user:password@orch.example.com",
            "https://orch.example.com/path",
            "https://orch.example.com?x=1",
            "https://orch.example.com#x",
            "https://orch.example.com:0",
            "https://orch.example.com:99999",
            "https://orch.example.com:8935\r\nX: y",
            "https://orch.example.com\" , \"x",
            "https://localhost:8935",
            "https://printer.local",
            "https://gateway:8935",
            "https://127.0.0.1:8935",
            "https://10.1.2.3",
            "https://192.168.1.1",
            "https://172.16.0.1",
            "https://169.254.169.254",
            "https://100.64.0.1",
            "https://0.0.0.0",
            "https://255.255.255.255",
            "https://2130706433",
            "https://0x7f.1",
            "https://127.1",
            "https://[::1]:8935",
            "https://[::ffff:127.0.0.1]",
            "https://[::127.0.0.1]",
            "https://[fe80::1]",
            "https://[fd00::1]",
            "https://[2002:7f00:1::]",
            "https://orch..example.com",
            "https://",
            "orch.example.com:8935",
            "javascript:alert(1)",
            "",
            long.as_str(),
        ] {
            assert!(!is_public(bad), "{bad}");
        }
    }
}
