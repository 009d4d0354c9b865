//! A simulated network as its users need it: the same for a seed, in order, in the shape of real
//! events, with the asked shares, and a truth that its own lines do not contradict.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use naap_loadtest::truth::{ClosedBy, EndReason, Job, Outcome, Report, Session, Source};
use naap_loadtest::{Emitted, Network, Plan, Truth};
use serde_json::Value;

/// 2026-09-21 14:00 UTC, the busy part of a day.
const START: i64 = 1_790_000_000_000_000;
const HOUR: i64 = 3_600_000_000;

struct World {
    events: Vec<Emitted>,
    parsed: Vec<Value>,
    sessions: Vec<Session>,
    reports: Vec<Report>,
    jobs: Vec<Job>,
}

fn run(plan: Plan) -> World {
    let mut network = Network::new(plan).unwrap();
    let mut world =
        World { events: vec![], parsed: vec![], sessions: vec![], reports: vec![], jobs: vec![] };
    let mut most_held = 0;
    while let Some(event) = network.next() {
        world.parsed.push(serde_json::from_slice(&event.line).unwrap());
        world.events.push(event);
        most_held = network.held().max(most_held);
        for truth in network.take_truth() {
            match truth {
                Truth::Session(s) => world.sessions.push(*s),
                Truth::Report(r) => world.reports.push(r),
                Truth::Job(j) => world.jobs.push(j),
            }
        }
    }
    assert!(most_held < 60_000, "{most_held} lines were held");
    world
}

fn busy() -> Plan {
    let mut plan = Plan::new(11, START, 6 * HOUR);
    plan.demand = vec![[30.0; 24]];
    plan.jobs_per_hour = 40.0;
    plan
}

/// A busy network, made once for all tests.
static WORLD: LazyLock<World> = LazyLock::new(|| run(busy()));

/// The events of each session, once each.
fn by_session(world: &World) -> BTreeMap<(String, String), Vec<&Value>> {
    let mut seen = BTreeSet::new();
    let mut out = BTreeMap::<_, Vec<&Value>>::new();
    for event in &world.parsed {
        let text = |key: &str| event["data"][key].as_str().map(str::to_owned);
        let Some(key) = text("stream_id").zip(text("request_id")) else { continue };
        if seen.insert(event["id"].as_str().unwrap()) {
            out.entry(key).or_default().push(event);
        }
    }
    out
}

fn at_us(event: &Value) -> i64 {
    event["timestamp"].as_str().unwrap().parse::<i64>().unwrap() * 1000
}

fn of_type<'a>(events: &[&'a Value], kind: &str) -> Vec<&'a Value> {
    let mut of: Vec<&Value> =
        events.iter().copied().filter(|e| e["data"]["type"] == kind).collect();
    of.sort_by_key(|e| at_us(e));
    of
}

#[test]
fn a_seed_gives_the_same_bytes_and_another_seed_others() {
    let plan = || Plan { gateways: 2, orchestrators: 13, ..Plan::new(5, START, HOUR) };
    let (a, b) = (run(plan()), run(plan()));
    assert_eq!(a.events, b.events);
    assert_eq!(a.sessions, b.sessions);
    let other = run(Plan { seed: 6, ..plan() });
    assert_ne!(a.events.first(), other.events.first());
}

#[test]
fn lines_come_in_time_and_late_and_repeated_ones_as_asked() {
    let world = &*WORLD;
    assert!(world.events.is_sorted_by_key(|e| e.deliver_at_us));
    assert_eq!(world.events.iter().map(|e| e.gateway).collect::<BTreeSet<_>>().len(), 5);
    let mut first = BTreeMap::<&str, (i64, usize)>::new();
    for (event, parsed) in world.events.iter().zip(&world.parsed) {
        let delay = event.deliver_at_us - at_us(parsed);
        let seen = first.entry(parsed["id"].as_str().unwrap()).or_insert((delay, 0));
        seen.1 += 1;
    }
    let n = first.len() as f64;
    let share = |of: usize| of as f64 / n;
    let late = share(first.values().filter(|v| v.0 > 30_000_000).count());
    let repeated = share(first.values().filter(|v| v.1 == 2).count());
    assert!((0.007..0.013).contains(&late), "{late} of {n} are late");
    assert!((0.008..0.012).contains(&repeated), "{repeated} of {n} come twice");
    let none = Plan { late: 0.0, repeated: 0.0, gateway_skew_us: 0, ..Plan::new(4, START, HOUR) };
    for event in run(none).events {
        let parsed: Value = serde_json::from_slice(&event.line).unwrap();
        let delay = event.deliver_at_us - at_us(&parsed);
        assert!((0..2_000_000).contains(&delay), "{delay} {parsed}");
    }
}

#[test]
fn fields_have_the_types_that_gateways_send() {
    let world = &*WORLD;
    let mut kinds = BTreeSet::new();
    for e in &world.parsed {
        let kind = e["type"].as_str().unwrap();
        kinds.insert(kind.to_owned());
        assert!(e["id"].is_string() && e["gateway"].is_string() && e["timestamp"].is_string());
        let d = &e["data"];
        let whole = |v: &Value| assert!(v.is_i64() || v.is_u64(), "{v} in {e}");
        match kind {
            "stream_trace" if d.get("client_source").is_some() => {}
            "stream_trace" => {
                assert!(d["orchestrator_info"]["url"].is_string());
                match d["type"].as_str().unwrap() {
                    "orchestrator_swap" => {
                        assert!(d.get("timestamp").is_none() && d["message"].is_string());
                        assert_ne!(d["orchestrator_info"]["url"], "");
                    }
                    _ => whole(&d["timestamp"]),
                }
            }
            "ai_stream_status" => {
                whole(&d["timestamp"]);
                whole(&d["start_time"]);
                assert!(d["inference_status"]["fps"].is_number());
                assert!(d["inference_status"]["last_params"]["prompt"].is_string());
                assert!(d["inference_status"]["last_error"].is_null());
            }
            "stream_ingest_metrics" => {
                whole(&d["stats"]["peer_conn_stats"]["BytesReceived"]);
                let tracks = d["stats"]["track_stats"].as_array().unwrap();
                assert_eq!((tracks.len(), &tracks[0]["type"]), (2, &"video".into()));
                whole(&tracks[0]["rtt"]);
            }
            "create_new_payment" => {
                assert!(d.as_object().unwrap().values().all(Value::is_string), "{d}");
                assert!(d["faceValue"].as_str().unwrap().ends_with(" WEI"));
                let named = d["requestID"] != "";
                assert_eq!(d["manifestID"].as_str().unwrap().starts_with("35_"), named);
            }
            "discovery_results" => {
                for found in d.as_array().unwrap() {
                    assert!(found["latency_ms"].is_string() && found["address"].is_string());
                }
            }
            "network_capabilities" => {
                assert!(e.to_string().len() < 1 << 20);
                for o in d.as_array().unwrap() {
                    capable(o);
                }
            }
            _ => assert!(d.is_object(), "{e}"),
        }
    }
    for kind in [
        "stream_trace",
        "ai_stream_status",
        "ai_stream_events",
        "stream_ingest_metrics",
        "create_new_payment",
        "discovery_results",
        "network_capabilities",
        "ai_batch_request",
        "ai_llm_request",
        "job_gateway",
        "webrtc_stats",
        "app_start",
    ] {
        assert!(kinds.contains(kind), "no {kind}");
    }
}

fn capable(o: &Value) {
    assert!(o["local_address"].is_string() && o["orch_uri"].is_string());
    assert!(o["hardware"].is_array() || o["hardware"].is_null());
    let served = o["capabilities"]["constraints"]["PerCapability"]["35"]["models"].as_object();
    for model in served.unwrap().values() {
        // What is 0 is absent.
        assert!(model.get("capacity").is_none_or(|c| *c != 0));
        assert!(model.get("capacityInUse").is_none_or(|c| *c != 0));
    }
}

#[test]
fn every_kind_of_end_is_there_and_none_contradicts_its_lines() {
    let world = &*WORLD;
    let events = by_session(world);
    let mut kinds = BTreeMap::<_, usize>::new();
    assert!(world.sessions.len() > 700, "{}", world.sessions.len());
    for s in &world.sessions {
        *kinds.entry((s.outcome, s.end_reason)).or_default() += 1;
        let events = &events[&(s.stream_id.clone(), s.request_id.clone())];
        agrees(s, events);
    }
    for kind in [
        (Outcome::Served, Some(EndReason::Client)),
        (Outcome::Served, Some(EndReason::FailedSwap)),
        (Outcome::Served, Some(EndReason::Error)),
        (Outcome::Served, Some(EndReason::Lost)),
        (Outcome::NoOrchestrator, None),
        (Outcome::Excused, None),
        (Outcome::Failed, None),
        (Outcome::Unknown, None),
    ] {
        assert!(kinds.contains_key(&kind), "no {kind:?} in {kinds:?}");
    }
    assert_eq!(events.len(), world.sessions.len(), "no events without a truth");
}

/// What can be read from the lines directly.
fn agrees(s: &Session, events: &[&Value]) {
    let trace = |kind: &str| of_type(events, kind).first().map(|e| at_us(e));
    let since = |from: Option<i64>, to: Option<i64>| ms(from?, to?);
    let request = trace("gateway_receive_stream_request");
    let first = trace("gateway_receive_first_processed_segment");
    let few = trace("gateway_receive_few_processed_segments");
    let closed = trace("gateway_ingest_stream_closed");
    let last = events.iter().map(|e| at_us(e)).max();
    assert_eq!(s.requested_us, request, "{s:?}");
    assert_eq!(s.startup_ms, since(request, first));
    assert_eq!(s.time_to_playable_ms, since(request, few));
    assert_eq!(s.outcome == Outcome::Served, few.is_some(), "{s:?}");
    assert_eq!(closed.or(last), Some(s.closed_us), "{s:?}");
    assert_eq!(s.closed_by == ClosedBy::Event, closed.is_some());
    assert_eq!(s.swaps, of_type(events, "orchestrator_swap").len());
    assert_eq!(s.error_events, of_type(events, "error").len(), "{s:?}");
    let statuses = of_type(events, "status");
    assert_eq!(s.status_samples, statuses.len());
    let fps = statuses.iter().map(|e| e["data"]["inference_status"]["fps"].as_f64().unwrap());
    assert_eq!(s.fps.samples, fps.skip_while(|f| *f == 0.0).collect::<Vec<_>>(), "{s:?}");
    let ingest = events.iter().filter(|e| e["type"] == "stream_ingest_metrics").count();
    assert_eq!(s.ingest_samples, ingest);
    let minutes = first.or(few).map(|from| (s.closed_us - from) as f64 / 60_000_000.0);
    assert_eq!(s.minutes, minutes);
    let started = request.or(events.iter().map(|e| at_us(e)).min());
    assert_eq!(Some(s.started_us), started);
    legs_agree(s);
}

fn legs_agree(s: &Session) {
    assert!(s.legs.iter().all(|l| l.started_us <= l.ended_us), "{s:?}");
    for pair in s.legs.windows(2) {
        assert!(pair[0].swapped_away, "{s:?}");
        assert_eq!(pair[0].ended_us, pair[1].started_us, "{s:?}");
        assert_ne!(pair[0].uri, pair[1].uri);
    }
    if let (Some(first), Some(last)) = (s.legs.first(), s.legs.last()) {
        assert_eq!(first.started_us, s.started_us, "{s:?}");
        assert!(last.swapped_away || last.ended_us == s.closed_us, "{s:?}");
    }
    let samples: usize = s.legs.iter().map(|l| l.status_samples).sum();
    assert_eq!(samples, s.status_samples);
    let wei = |w: &Option<String>| w.as_ref().map_or(0, |w| w.parse::<u128>().unwrap());
    assert_eq!(s.legs.iter().map(|l| wei(&l.fee_wei)).sum::<u128>(), wei(&s.fee_wei));
    assert!(s.legs.iter().all(|l| l.signals_seen <= l.signals_expected));
}

#[test]
fn a_payment_without_request_has_one_open_stream_that_it_can_be_for() {
    let world = &*WORLD;
    let sessions: BTreeMap<&str, &Session> =
        world.sessions.iter().map(|s| (s.request_id.as_str(), s)).collect();
    let mut seen = BTreeSet::new();
    let mut payments: Vec<&Value> = world
        .parsed
        .iter()
        .filter(|e| e["type"] == "create_new_payment" && seen.insert(e["id"].as_str().unwrap()))
        .collect();
    payments.sort_by_key(|e| at_us(e));
    let text = |e: &Value, key: &str| e["data"][key].as_str().unwrap().to_lowercase();
    let mut latest = BTreeMap::<String, String>::new();
    let mut shared = BTreeMap::<String, BTreeSet<String>>::new();
    let mut fees = BTreeMap::<String, u128>::new();
    for p in payments {
        let chain = text(p, "sessionID");
        let named = text(p, "requestID");
        if !named.is_empty() {
            shared.entry(chain.clone()).or_default().insert(named.clone());
            latest.insert(chain.clone(), named);
        }
        let Some(request) = latest.get(&chain) else { continue };
        let at = at_us(p);
        let session = sessions[request.as_str()];
        assert!((session.started_us..=session.closed_us + 6_000_000).contains(&at), "{p}");
        let face: u128 = text(p, "faceValue").strip_suffix(" wei").unwrap().parse().unwrap();
        let chance: u128 = text(p, "winProb").strip_prefix("0.").unwrap().parse().unwrap();
        let tickets: u128 = text(p, "numTickets").parse().unwrap();
        let product = face * chance * tickets;
        assert_eq!(product % 10_000_000_000, 0, "whole wei");
        *fees.entry(request.clone()).or_default() += product / 10_000_000_000;
    }
    for s in &world.sessions {
        let fee = fees.get(&s.request_id).map(u128::to_string);
        assert_eq!(s.fee_wei, fee, "{s:?}");
    }
    assert!(shared.values().filter(|r| r.len() > 1).count() > 5, "streams share payment sessions");
}

#[test]
fn the_nasty_cases_are_there() {
    let world = &*WORLD;
    let sessions = || world.sessions.iter();
    let legs = || sessions().flat_map(|s| &s.legs);
    let media = |source| sessions().filter(|s| s.e2e_latency_source == source).count();
    assert!(media(Some(Source::Media)) > 100 && media(Some(Source::Trace)) > 20);
    assert!(legs().any(|l| l.address.is_none()) && legs().any(|l| l.started_us == l.ended_us));
    let silent = |l: &&naap_loadtest::truth::Leg| l.swapped_away && l.swap_reason.is_none();
    assert!(legs().filter(silent).count() > 2, "swaps whose event is lost");
    let back = |s: &&Session| s.legs.len() == 3 && s.legs[0].uri == s.legs[2].uri;
    assert!(sessions().any(|s| back(&s)), "a swap away and back");
    let outcomes: BTreeSet<Outcome> = sessions()
        .filter(|s| s.outcome == Outcome::Served)
        .flat_map(|s| &s.legs)
        .map(|l| l.outcome)
        .collect();
    let expected = [Outcome::Served, Outcome::Excused, Outcome::Failed];
    assert_eq!(outcomes, expected.into());
    assert!(sessions().any(|s| s.prompt_to_first_frame_ms.is_none() && !s.fps.samples.is_empty()));
    assert!(sessions().any(|s| s.restarts > 0));
    let streams: BTreeSet<&str> = sessions().map(|s| s.stream_id.as_str()).collect();
    assert!(streams.len() < world.sessions.len(), "a stream is requested again");
    let requests: BTreeSet<&str> = sessions().map(|s| s.request_id.as_str()).collect();
    assert_eq!(requests.len(), world.sessions.len(), "no request twice");
    let lines: String = world.events.iter().map(|e| String::from_utf8_lossy(&e.line)).collect();
    for text in
        ["HTTPS://orch", "Orch-", ".EXAMPLE.net", "connection reset by peer", "End of stream"]
    {
        assert!(lines.contains(text), "no {text}");
    }
}

#[test]
fn reports_tell_what_the_truth_counts() {
    let world = &*WORLD;
    let told = world.parsed.iter().filter(|e| e["type"] == "network_capabilities");
    let told: BTreeMap<(i64, usize), &Value> =
        told.map(|e| ((at_us(e), e["data"].as_array().unwrap().len()), e)).collect();
    assert!(world.reports.len() > 5 * 13, "{}", world.reports.len());
    let (mut hidden, mut implausible, mut unknown) = (0, 0, 0);
    for report in &world.reports {
        let event = told[&(report.at_us, report.orchestrators.len())];
        for (r, o) in report.orchestrators.iter().zip(event["data"].as_array().unwrap()) {
            assert_eq!(r.address, o["address"].as_str().unwrap().to_lowercase());
            assert_eq!(r.uri, o["orch_uri"].as_str().unwrap());
            let gpus = o["hardware"].as_array().map(|h| {
                let ids = h.iter().map(|h| h["gpu_info"]["0"]["id"].as_str().unwrap());
                ids.collect::<BTreeSet<_>>().len()
            });
            assert_eq!(r.gpus, gpus);
            hidden += usize::from(gpus.is_none());
            implausible += r.implausible;
            unknown += usize::from(r.slots.is_none());
            assert!(r.slots.zip(r.slots_idle).is_none_or(|(all, idle)| (0..=all).contains(&idle)));
        }
    }
    assert!(hidden > 0 && implausible > 0 && unknown > 0, "{hidden} {implausible} {unknown}");
    let addresses: BTreeSet<&str> = told
        .values()
        .flat_map(|e| e["data"].as_array().unwrap())
        .map(|o| o["address"].as_str().unwrap())
        .collect();
    let wallets: BTreeSet<&str> = told
        .values()
        .flat_map(|e| e["data"].as_array().unwrap())
        .map(|o| o["local_address"].as_str().unwrap())
        .collect();
    assert!(wallets.len() + 5 < addresses.len(), "hot wallets are shared");
}

fn ms(from: i64, to: i64) -> Option<f64> {
    Some((to - from) as f64 / 1000.0)
}

#[test]
fn jobs_end_as_told() {
    let world = &*WORLD;
    let mut outcomes = BTreeSet::new();
    assert!(world.jobs.len() > 1000, "{}", world.jobs.len());
    for job in &world.jobs {
        outcomes.insert(job.outcome);
        assert_eq!(job.uri.is_some(), job.outcome != Outcome::NoOrchestrator);
        assert_eq!(Some(job.duration_ms), ms(job.started_us, job.completed_us));
    }
    assert_eq!(outcomes, [Outcome::Served, Outcome::NoOrchestrator, Outcome::Failed].into());
}

#[test]
fn thirty_days_are_not_held() {
    // One gateway and few sessions, so that the test is quick; what is held must not grow with it.
    let mut plan = Plan::new(3, START, 10 * 24 * HOUR);
    (plan.gateways, plan.orchestrators) = (1, 12);
    plan.demand = vec![[1.0; 24]];
    let mut network = Network::new(plan).unwrap();
    let (mut lines, mut held) = (0u64, Vec::new());
    while network.next().is_some() {
        network.take_truth();
        lines += 1;
        held.push(network.held());
    }
    let most = held.iter().max().copied().unwrap();
    assert!(lines > 20_000, "{lines}");
    assert!(most < 5000, "{most} held of {lines}");
}
