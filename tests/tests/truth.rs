//! Simulated networks, whose truth is known, through the parser of the agent and the functions of
//! derivation, in process.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use naap_agent::source::Drop;
use naap_agent::source::gateway_event::parse;
use naap_derive::event::{Event, Payment};
use naap_derive::fee::{Assigned, assign, fee_row};
use naap_derive::job::{self, Around, JobEvent, Kind};
use naap_derive::rows;
use naap_derive::session::{self, Derived};
use naap_derive::sla::{FreshHours, LegFact, Span, benchmarks, scores};
use naap_derive::supply;
use naap_derive::surroundings::Surroundings;
use naap_loadtest::truth::{Job, Report, Session};
use naap_loadtest::{Mix, Network, Plan, Truth};
use naap_schema::generated::{JOB, STREAM_LEG, STREAM_MINUTE, STREAM_SESSION, SUPPLY_REPORT};
use naap_schema::{EntityDef, Row, histogram};
use naap_tests::independent;
use naap_tests::truth::{self, Cell, Cells, Nodes, told};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

/// 2026-03-01 UTC.
const START: i64 = 1_772_323_200_000_000;
const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;
const DAYS: i64 = 30;
/// When nothing is late any more.
const OVER: i64 = START + (DAYS + 3) * DAY;

type Key = (Arc<str>, Arc<str>);

/// 60 orchestrators, 5 gateways, 1 % late, 1 % repeated, clocks that are wrong. Fewer sessions than
/// an ordinary network has, some 65 a day, so that the test takes about a minute; on few models, so
/// that there are legs enough for scores.
fn month() -> Plan {
    let mut plan = Plan::new(2026, START, DAYS * DAY);
    plan.models.truncate(2);
    plan.models[0].weight = 9.0;
    for rate in plan.demand.iter_mut().flatten() {
        *rate *= 0.13;
    }
    plan.jobs_per_hour = 0.5;
    plan.noise_per_hour = 0.2;
    plan.report_every_us = 3_000_000_000;
    plan
}

/// Nodes of as many gateways.
fn nodes(gateways: usize, origin: &'static str) -> Nodes {
    let regions = ["eu-central", "eu-central", "eu-central", "us-east", "eu-central"];
    Nodes {
        names: (0..gateways).map(|n| format!("gateway-{n}")).collect(),
        regions: regions.map(str::to_owned).into_iter().cycle().take(gateways).collect(),
        origin,
    }
}

/// Capability reports are most of all bytes, and say much the same: of so many one is read, and all
/// of the first hour.
const REPORTS_EACH: usize = 6;

/// What agents read, and what is so.
#[derive(Default)]
struct World {
    events: BTreeMap<Key, Vec<Event>>,
    payments: Vec<Payment>,
    jobs: BTreeMap<(Kind, Arc<str>), Vec<JobEvent>>,
    /// Rows of who is who, with the nodes that reported them.
    claims: Vec<Row>,
    sessions: Vec<Session>,
    true_jobs: Vec<Job>,
    lines: usize,
    reports_sent: usize,
    /// Those that were read.
    reports: usize,
}

fn world(plan: Plan, nodes: &Nodes) -> World {
    let names: Vec<Arc<str>> = nodes.names.iter().map(|n| n.as_str().into()).collect();
    let start_us = plan.start_us;
    let mut world = World::default();
    let mut reports: BTreeMap<(usize, i64), Report> = BTreeMap::new();
    let mut network = Network::new(plan).unwrap();
    while let Some(sent) = network.next() {
        for truth in network.take_truth() {
            match truth {
                Truth::Session(s) => world.sessions.push(*s),
                Truth::Job(j) => world.true_jobs.push(j),
                Truth::Report(r) => drop(reports.insert((r.gateway, r.at_us), r)),
            }
        }
        world.lines += 1;
        if is_report(&sent.line) {
            world.reports_sent += 1;
            let first = sent.deliver_at_us < start_us + HOUR;
            if !first && world.reports_sent % REPORTS_EACH != 0 {
                continue;
            }
        }
        let parsed = match parse(&sent.line, nodes.origin, 0) {
            Ok(parsed) => parsed,
            Err(Drop::Noise) => continue,
            Err(why) => panic!("{why:?}: {}", String::from_utf8_lossy(&sent.line)),
        };
        assert_eq!(parsed.cut, None);
        if parsed.rows.iter().any(|r| r.entity.name == "orchestrator_report") {
            world.reports += 1;
            let at_us = parsed.rows[0].ts_us;
            let report = &reports[&(sent.gateway, at_us)];
            check_report(&parsed.rows, &names[sent.gateway], report, nodes);
        }
        world.take(parsed.rows, &names[sent.gateway]);
    }
    assert!(world.reports_sent >= reports.len());
    world
}

/// Known by the beginning of the line, so that reading can be spared.
fn is_report(line: &[u8]) -> bool {
    let kind = br#""type":"network_capabilities""#;
    line.get(..120).is_some_and(|head| head.windows(kind.len()).any(|part| part == kind))
}

/// GPUs, slots and models of each orchestrator of a report are those that it has.
fn check_report(rows: &[Row], node: &Arc<str>, report: &Report, nodes: &Nodes) {
    let of = |name: &str| -> Vec<Row> {
        rows.iter().filter(|r| r.entity.name == name).cloned().collect()
    };
    let read = supply::reports(
        &of("orchestrator_report"),
        &of("orchestrator_model"),
        &of("orchestrator_gpu"),
        node,
    );
    let mut found = Vec::new();
    for one in &read {
        let ((ts, row), slots) = supply::report_rows(one, None);
        assert_eq!(i64::try_from(slots.len()).unwrap(), row.gpus.unwrap_or(0));
        found.push(truth::cells(&row.at(ts)));
    }
    agree(&SUPPLY_REPORT, &truth::reported(report, nodes), &found);
}

fn agree(table: &EntityDef, expected: &[Cells], found: &[Cells]) {
    let differences = truth::differences(table, expected, found);
    assert!(differences.is_empty(), "{}", told(&differences));
}

impl World {
    fn take(&mut self, rows: Vec<Row>, node: &Arc<str>) {
        for row in rows {
            if let Some(event) = rows::event(&row, node)
                && let Some(key) = rows::session(&row)
            {
                self.events.entry(key).or_default().push(event);
            }
            self.payments.extend(rows::payment(&row, node));
            if let Some(event) = JobEvent::of(&row, node)
                && let Some((kind, request)) = event.job()
            {
                self.jobs.entry((kind, request)).or_default().push(event);
            }
            if matches!(row.entity.name, "orchestrator_report" | "orchestrator_gpu") {
                self.claims.push(row);
            }
        }
    }

    fn shuffle(&mut self) {
        let mut rng = StdRng::seed_from_u64(5);
        self.events.values_mut().for_each(|events| events.shuffle(&mut rng));
        self.jobs.values_mut().for_each(|events| events.shuffle(&mut rng));
        self.payments.shuffle(&mut rng);
        self.claims.shuffle(&mut rng);
    }

    fn around(&self, nodes: &Nodes) -> Surroundings {
        let mut around = Surroundings::default();
        for row in &self.claims {
            match row.entity.name {
                "orchestrator_report" => around.add_claim(rows::claim(row).unwrap()),
                _ => {
                    let of = |field| match row.get(field) {
                        Some(naap_schema::Value::Text(text)) => Some(Arc::clone(text)),
                        _ => None,
                    };
                    let (address, uri) = (of("orch_address").unwrap(), of("orch_uri").unwrap());
                    around.add_hardware(row.ts_us, &address, &uri, of("gpu_name"));
                }
            }
        }
        for (node, region) in nodes.names.iter().zip(&nodes.regions) {
            let node: Arc<str> = node.as_str().into();
            around.add_region(&node, START, Some(region.as_str().into()));
            // It is over, and everything of it is here.
            around.set_data_through(&node, OVER);
        }
        around
    }
}

/// All that is derived.
#[derive(PartialEq)]
struct Rows {
    sessions: BTreeMap<Key, Derived>,
    fees: Vec<Row>,
    jobs: Vec<Row>,
}

fn derived(world: &World, nodes: &Nodes) -> Rows {
    let around = world.around(nodes);
    let with = |paid: &BTreeMap<Arc<str>, Vec<Assigned>>| -> BTreeMap<Key, Derived> {
        let of = |(key, events): (&Key, &Vec<Event>)| {
            let paid = paid.get(&key.1).map_or(&[][..], Vec::as_slice);
            (key.clone(), session::derive(&key.0, &key.1, events, paid, &around).unwrap())
        };
        world.events.iter().map(of).collect()
    };
    let spans: BTreeMap<Arc<str>, (i64, Option<i64>)> =
        with(&BTreeMap::new()).into_iter().map(|((_, request), d)| (request, d.span)).collect();
    assert_eq!(spans.len(), world.events.len(), "a request is one session");
    let assigned = assign(&world.payments, &|request| spans.get(request).copied());
    let mut paid: BTreeMap<Arc<str>, Vec<Assigned>> = BTreeMap::new();
    for one in &assigned {
        if let Some(request) = &one.request_id {
            paid.entry(Arc::clone(request)).or_default().push(one.clone());
        }
    }
    let sessions = with(&paid);
    let of_request: BTreeMap<&Arc<str>, _> =
        sessions.iter().map(|((_, request), d)| (request, &d.session.1)).collect();
    let fees = assigned.iter().map(|one| {
        let session = one.request_id.as_ref().and_then(|r| of_request.get(r).copied());
        let (ts, row) = fee_row(one, &around, session);
        row.at(ts)
    });
    let around = Around {
        region: &|node, at| around.region(node, at),
        orchestrator: &|uri, wallet, at| around.who(uri, wallet, &[], at).address,
        data_through_us: OVER,
    };
    let jobs = world.jobs.iter().map(|((kind, request), events)| {
        let (ts, row) = job::derive(request, *kind, events, &around).unwrap();
        row.at(ts)
    });
    Rows { fees: fees.collect(), jobs: jobs.collect(), sessions }
}

impl Rows {
    fn sessions(&self) -> Vec<Cells> {
        let row = |d: &Derived| d.session.1.clone().at(d.session.0);
        self.sessions.values().map(row).map(checked).collect()
    }

    fn legs(&self) -> Vec<Cells> {
        let legs = self.sessions.values().flat_map(|d| &d.legs);
        legs.map(|(ts, leg)| leg.clone().at(*ts)).map(checked).collect()
    }

    fn minutes(&self) -> Vec<Cells> {
        let minutes = self.sessions.values().flat_map(|d| &d.minutes);
        minutes.map(|(ts, row)| row.clone().at(*ts)).map(checked).collect()
    }

    fn jobs(&self) -> Vec<Cells> {
        self.jobs.iter().cloned().map(checked).collect()
    }

    fn facts(&self) -> Vec<LegFact> {
        let legs = self.sessions.values().flat_map(|d| &d.legs);
        legs.filter_map(|(ts, leg)| LegFact::of(*ts, leg)).collect()
    }
}

/// The store would take it.
fn checked(row: Row) -> Cells {
    row.check().unwrap_or_else(|e| panic!("{e}: {row:?}"));
    truth::cells(&row)
}

/// The fees of a session's payments, each rounded by itself, are its fee: all amounts of the
/// simulated network are whole.
fn check_fees(rows: &Rows, sessions: &[Session]) {
    let mut sums: BTreeMap<String, u128> = BTreeMap::new();
    for row in rows.fees.iter().map(truth::cells) {
        if let (Some(Some(Cell::Text(request))), Some(Some(Cell::Text(wei)))) =
            (row.get("request_id"), row.get("fee_wei"))
        {
            *sums.entry(request.clone()).or_default() += wei.parse::<u128>().unwrap();
        }
    }
    for s in sessions {
        let sum = sums.remove(&s.request_id).map(|wei| wei.to_string());
        assert_eq!(sum, s.fee_wei, "fees of {}", s.request_id);
    }
    assert_eq!(sums, BTreeMap::new());
}

fn real(cells: &Cells, column: &str) -> Option<f64> {
    match cells.get(column) {
        Some(Some(Cell::Real(x))) => Some(*x),
        _ => None,
    }
}

/// What a distribution is asked for: all, by gateway, by model, by day.
fn groups(cells: &Cells) -> Vec<String> {
    let name = |column| format!("{column} {:?}", cells.get(column));
    let Some(Some(Cell::Whole(ts))) = cells.get("ts") else { panic!("{cells:?}") };
    vec!["all".to_owned(), name("gateway"), name("model"), format!("day {}", ts.div_euclid(DAY))]
}

/// p50, p95 and p99 from buckets, as views keep them, against the value of just that rank.
#[expect(clippy::cast_possible_truncation, reason = "counts of rows")]
#[expect(clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "counts of rows")]
fn check_distributions(table: &EntityDef, expected: &[Cells], found: &[Cells]) -> usize {
    let mut checked = 0;
    for field in table.fields {
        let Some(range) = field.distribution else { continue };
        let mut exact: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        let mut counts: BTreeMap<String, BTreeMap<i64, u64>> = BTreeMap::new();
        for cells in expected {
            for group in groups(cells) {
                exact.entry(group).or_default().extend(real(cells, field.name));
            }
        }
        for cells in found {
            let Some(x) = real(cells, field.name) else { continue };
            for group in groups(cells) {
                let buckets = counts.entry(group).or_default();
                *buckets.entry(histogram::bucket(x, range)).or_default() += 1;
            }
        }
        for (group, mut values) in exact {
            if values.is_empty() {
                continue;
            }
            values.sort_by(f64::total_cmp);
            let buckets: Vec<(i64, u64)> = counts[&group].clone().into_iter().collect();
            for q in [0.5, 0.95, 0.99] {
                let rank = (q * (values.len() - 1) as f64).floor() as usize;
                let value = values[rank].clamp(range.0, range.1);
                let got = histogram::quantile(&buckets, q).unwrap();
                let off = (got / value - 1.0).abs();
                assert!(off <= 0.02, "{} {group} p{q}: {got}, not {value}", field.name);
                checked += 1;
            }
        }
    }
    checked
}

fn near(got: Option<f64>, want: Option<f64>) -> bool {
    match (got, want) {
        (Some(got), Some(want)) => (got - want).abs() < 1e-9,
        (got, want) => got.is_none() && want.is_none(),
    }
}

/// Scores of derived legs against those of the true ones; gives how many there are.
fn check_scores(facts: &[LegFact], legs: &[independent::Leg], end: i64, span: Span) -> usize {
    let hours = span.us() / HOUR;
    let usual = benchmarks(facts, end.div_euclid(DAY) * DAY);
    let rows = scores(facts, &usual, end, span, &FreshHours::default());
    let everyone = independent::everyone(legs, end, hours);
    assert_eq!(rows.len(), everyone.len(), "scores at {end}");
    let mut scored = 0;
    for who in &everyone {
        let is_it = |r: &&naap_schema::generated::SlaScore| {
            *r.orchestrator == *who.orchestrator
                && *r.model == *who.model
                && Some(&*r.region) == who.region.as_deref()
        };
        let row = rows.iter().map(|r| &r.1).find(is_it).unwrap_or_else(|| panic!("{who:?}"));
        let want = independent::expected(legs, who, end, hours);
        assert_eq!(row.requested, i64::try_from(want.requested).ok(), "{who:?} at {end}");
        for (what, got, want) in [
            ("startup success", row.startup_success, want.startup_success),
            ("no-swap", row.no_swap, want.no_swap),
            ("viability", row.viability, want.viability),
            ("reliability", row.reliability, want.reliability),
            ("PTFF", row.ptff_term, Some(want.ptff)),
            ("E2E", row.e2e_term, want.e2e),
            ("FPS", row.fps_term, Some(want.fps)),
            ("quality", row.quality, Some(want.quality)),
            ("coverage", row.signal_coverage, want.coverage),
            ("score", row.score, want.score),
        ] {
            assert!(near(got, want), "{what} of {who:?} at {end}: {got:?}, not {want:?}");
        }
        scored += usize::from(row.score.is_some());
    }
    scored
}

/// What is so, and what came of it, as rows.
struct Compared {
    sessions: [Vec<Cells>; 2],
    legs: [Vec<Cells>; 2],
    jobs: [Vec<Cells>; 2],
}

/// Every session, leg, minute, job and fee is as it was.
fn compare(world: &World, got: &Rows, nodes: &Nodes) -> Compared {
    let all = |of: fn(&Session, &Nodes) -> Vec<Cells>| -> Vec<Cells> {
        world.sessions.iter().flat_map(|s| of(s, nodes)).collect()
    };
    let jobs = world.true_jobs.iter().map(|j| truth::job(j, nodes)).collect();
    let compared = Compared {
        sessions: [all(|s, n| vec![truth::session(s, n)]), got.sessions()],
        legs: [all(truth::legs), got.legs()],
        jobs: [jobs, got.jobs()],
    };
    agree(&STREAM_SESSION, &compared.sessions[0], &compared.sessions[1]);
    agree(&STREAM_LEG, &compared.legs[0], &compared.legs[1]);
    agree(&STREAM_MINUTE, &all(truth::minutes), &got.minutes());
    agree(&JOB, &compared.jobs[0], &compared.jobs[1]);
    check_fees(got, &world.sessions);
    compared
}

/// Scenario: a month of events of 5 gateways about 60 orchestrators, as they arrive: 1 % late by up to
/// two days, 1 % twice, from clocks that are wrong; then the same in any order.
/// Guarantees: every session, leg, minute, fee, job and report is as it was; percentiles are within
/// 2 % of the value of their rank; scores are those of a second computation from the true legs; the
/// order changes nothing.
#[test]
fn a_month_of_a_network_whose_truth_is_known() {
    let nodes = nodes(5, "simulated");
    let mut world = world(month(), &nodes);
    let got = derived(&world, &nodes);
    let compared = compare(&world, &got, &nodes);

    let mut percentiles = 0;
    for (table, [expected, found]) in [
        (&STREAM_SESSION, &compared.sessions),
        (&STREAM_LEG, &compared.legs),
        (&JOB, &compared.jobs),
    ] {
        percentiles += check_distributions(table, expected, found);
    }

    let facts = got.facts();
    let judged: Vec<_> = world.sessions.iter().flat_map(|s| truth::judged(s, &nodes)).collect();
    let mut scored = 0;
    for half_day in (16..=2 * DAYS).step_by(3) {
        let end = START + half_day * DAY / 2;
        scored += check_scores(&facts, &judged, end, Span::Week);
        scored += check_scores(&facts, &judged, end, Span::Day);
    }

    world.shuffle();
    assert!(derived(&world, &nodes) == got, "another order of the same gives something else");

    // A comparison of little would say little.
    let outcomes: BTreeSet<_> = world.sessions.iter().map(|s| s.outcome).collect();
    let ends: BTreeSet<_> = world.sessions.iter().filter_map(|s| s.end_reason).collect();
    assert_eq!((outcomes.len(), ends.len()), (5, 4));
    let (sessions, jobs) = (world.sessions.len(), compared.jobs[1].len());
    println!(
        "{} lines: {sessions} sessions, {} legs, {jobs} jobs, {} reports, {percentiles} \
         percentiles, {scored} scores",
        world.lines,
        compared.legs[1].len(),
        world.reports,
    );
    assert!(sessions >= 1500 && jobs >= 1500 && world.reports >= 600);
    assert!(percentiles >= 500 && scored >= 80);
}

/// Scenario: hours of rough networks, small and large, where every odd thing happens often, half of
/// the lines come late or twice and half of the runners' clocks are wrong; several seeds.
/// Guarantees: every session, leg, minute, fee, job and report is as it was, in any order.
#[test]
fn rough_networks_too() {
    for (seed, gateways, orchestrators) in [(1, 1, 3), (2, 2, 12), (3, 3, 31), (4, 2, 60)] {
        let mix = Mix {
            swapped: 0.3,
            failed_swap: 0.08,
            no_orchestrator: 0.08,
            excused: 0.08,
            failed: 0.08,
            error: 0.08,
            lost: 0.05,
            lost_early: 0.05,
            beginning_lost: 0.1,
            odd: 0.1,
        };
        let plan = Plan {
            gateways,
            orchestrators,
            mix,
            demand: vec![[25.0; 24]],
            late: 0.5,
            repeated: 0.5,
            skewed: 0.5,
            gateway_skew_us: 30_000_000,
            ..Plan::new(seed, START, 4 * HOUR)
        };
        let nodes = nodes(gateways, "simulated");
        let mut world = world(plan, &nodes);
        let got = derived(&world, &nodes);
        compare(&world, &got, &nodes);
        world.shuffle();
        assert!(derived(&world, &nodes) == got, "another order of the same gives something else");
        assert!(world.sessions.len() > 50, "{} sessions", world.sessions.len());
    }
}
