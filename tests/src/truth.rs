//! What is so of a simulated network, as the derived rows that must follow from it. Nothing of it is
//! computed from events, and no line is shared with what computes it from them.

use std::collections::BTreeMap;

use naap_loadtest::truth::{
    ClosedBy, EndReason, Fps, Job, JobKind, Leg, Outcome, Report, Session, Source,
};
use naap_schema::generated::{JOB, STREAM_LEG, STREAM_MINUTE, STREAM_SESSION, SUPPLY_REPORT};
use naap_schema::{EntityDef, FieldType, Row, Value};

use crate::independent;

/// Minutes are split at multiples of this.
const BUCKET_US: i64 = 300_000_000;
/// The most differences that are told one by one.
const TOLD: usize = 25;

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Text, and ids.
    Text(String),
    /// Whole numbers, and times in microseconds since 1970 UTC.
    Whole(i64),
    /// Numbers that depend on who adds, in their last digits.
    Real(f64),
}

/// Values of a row by column, its time as `ts`; `None`: unknown.
pub type Cells = BTreeMap<&'static str, Option<Cell>>;

/// Where the simulated gateways report to the rest of the world as what.
#[derive(Debug, Clone)]
pub struct Nodes {
    /// Node of the agent of each gateway, in their order.
    pub names: Vec<String>,
    /// Where it stands.
    pub regions: Vec<String>,
    /// What it says of the origin of its traffic.
    pub origin: &'static str,
}

impl Nodes {
    fn of(&self, gateway: usize) -> [(&'static str, Option<Cell>); 3] {
        [
            ("gateway", self.names.get(gateway).and_then(text)),
            ("region", self.regions.get(gateway).and_then(text)),
            ("origin", text(self.origin)),
        ]
    }
}

fn text(text: impl AsRef<str>) -> Option<Cell> {
    Some(Cell::Text(text.as_ref().to_owned()))
}

fn whole(n: usize) -> Option<Cell> {
    i64::try_from(n).ok().map(Cell::Whole)
}

fn flag(yes: bool) -> Option<Cell> {
    Some(Cell::Whole(i64::from(yes)))
}

fn named(name: Option<&String>) -> Option<Cell> {
    name.and_then(text)
}

/// Only what names the model says what a stream is.
fn pipeline(s: &Session) -> Option<Cell> {
    s.model.as_ref().and_then(|_| text(&s.pipeline))
}

const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Served => "SERVED",
        Outcome::NoOrchestrator => "NO_ORCHESTRATOR",
        Outcome::Excused => "EXCUSED",
        Outcome::Failed => "FAILED",
        Outcome::Unknown => "UNKNOWN",
    }
}

const fn end_reason(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Client => "CLIENT",
        EndReason::FailedSwap => "FAILED_SWAP",
        EndReason::Error => "ERROR",
        EndReason::Lost => "LOST",
    }
}

fn fps(fps: &Fps) -> [(&'static str, Option<Cell>); 6] {
    [
        ("output_fps_mean", fps.output_fps_mean.map(Cell::Real)),
        ("output_fps_min", fps.output_fps_min.map(Cell::Real)),
        ("jitter_coefficient", fps.jitter_coefficient.map(Cell::Real)),
        ("fps_samples", whole(fps.samples.len())),
        ("input_fps_mean", fps.input_fps_mean.map(Cell::Real)),
        ("fps_ratio", fps.fps_ratio.map(Cell::Real)),
    ]
}

/// The row of a session.
pub fn session(s: &Session, nodes: &Nodes) -> Cells {
    let last = s.legs.last();
    let is = |outcome| flag(s.outcome == outcome);
    let requested = [Outcome::Served, Outcome::NoOrchestrator, Outcome::Failed];
    let closed_by = match s.closed_by {
        ClosedBy::Event => "EVENT",
        ClosedBy::Silence => "SILENCE",
    };
    let e2e = |source| s.e2e_latency_ms.filter(|_| s.e2e_latency_source == Some(source));
    // A runner of which nothing was heard may have restarted.
    let restarts = (s.status_samples > 0 || s.restarts > 0).then_some(Cell::Whole(s.restarts));
    let mut cells = Cells::from([
        ("ts", Some(Cell::Whole(s.started_us))),
        ("stream_id", text(&s.stream_id)),
        ("request_id", text(&s.request_id)),
        ("gateway_label", named(s.gateway_label.as_ref())),
        ("pipeline", pipeline(s)),
        ("model", named(s.model.as_ref())),
        ("outcome", text(outcome(s.outcome))),
        ("end_reason", s.end_reason.map(end_reason).and_then(text)),
        ("closed_by", text(closed_by)),
        ("requested_at", s.requested_us.map(Cell::Whole)),
        ("closed_at", Some(Cell::Whole(s.closed_us))),
        ("orchestrator", last.and_then(|l| named(l.address.as_ref()))),
        ("orch_uri", last.and_then(|l| text(&l.uri))),
        ("legs", whole(s.legs.len())),
        ("swaps", whole(s.swaps)),
        ("startup_ms", s.startup_ms.map(Cell::Real)),
        ("playable_ms", s.time_to_playable_ms.map(Cell::Real)),
        ("prompt_to_first_frame_ms", s.prompt_to_first_frame_ms.map(Cell::Real)),
        ("e2e_media_ms", e2e(Source::Media).map(Cell::Real)),
        ("e2e_trace_ms", e2e(Source::Trace).map(Cell::Real)),
        ("upload_mbps", s.upload_mbps.map(Cell::Real)),
        ("minutes", s.minutes.map(Cell::Real)),
        ("restarts", restarts),
        ("error_events", whole(s.error_events)),
        ("status_samples", whole(s.status_samples)),
        ("ingest_samples", whole(s.ingest_samples)),
        ("fee_wei", named(s.fee_wei.as_ref())),
        ("signals_seen", whole(s.legs.iter().map(|l| l.signals_seen).sum())),
        ("signals_expected", whole(s.legs.iter().map(|l| l.signals_expected).sum())),
        ("requested", flag(requested.contains(&s.outcome))),
        ("served", is(Outcome::Served)),
        ("unserved", is(Outcome::NoOrchestrator)),
        ("failed", is(Outcome::Failed)),
        ("excused", is(Outcome::Excused)),
        ("served_closed", is(Outcome::Served)),
        ("interrupted", flag(s.end_reason.is_some_and(|r| r != EndReason::Client))),
    ]);
    cells.extend(fps(&s.fps));
    cells.extend(nodes.of(s.gateway));
    cells
}

/// The rows of its legs.
pub fn legs(s: &Session, nodes: &Nodes) -> Vec<Cells> {
    s.legs.iter().enumerate().map(|(n, l)| leg(s, (n, l), nodes)).collect()
}

fn leg(s: &Session, (n, l): (usize, &Leg), nodes: &Nodes) -> Cells {
    let requested = matches!(l.outcome, Outcome::Served | Outcome::Failed);
    let judged = requested && l.status_samples >= 2;
    // Where no swap was told, no reason was.
    let reason = l.swapped_away.then(|| l.swap_reason.as_deref().unwrap_or("OTHER"));
    let mut cells = Cells::from([
        ("ts", Some(Cell::Whole(l.started_us))),
        ("stream_id", text(&s.stream_id)),
        ("request_id", text(&s.request_id)),
        ("leg", whole(n)),
        ("ended_at", Some(Cell::Whole(l.ended_us))),
        ("pipeline", pipeline(s)),
        ("model", named(s.model.as_ref())),
        ("orchestrator", named(l.address.as_ref())),
        ("orch_uri", text(&l.uri)),
        ("outcome", text(outcome(l.outcome))),
        ("swap_reason", reason.and_then(text)),
        ("startup_ms", l.startup_ms.map(Cell::Real)),
        ("playable_ms", l.time_to_playable_ms.map(Cell::Real)),
        ("prompt_to_first_frame_ms", l.prompt_to_first_frame_ms.map(Cell::Real)),
        ("e2e_media_ms", l.e2e_media_ms.map(Cell::Real)),
        ("fee_wei", named(l.fee_wei.as_ref())),
        ("signals_seen", whole(l.signals_seen)),
        ("signals_expected", whole(l.signals_expected)),
        ("status_samples", whole(l.status_samples)),
        ("counted", flag(true)),
        ("requested", flag(requested)),
        ("served", flag(l.outcome == Outcome::Served)),
        ("swapped", flag(requested && l.swapped_away)),
        ("playable", flag(l.signals_expected > 0)),
        ("viability_legs", flag(judged)),
        ("viable", flag(judged && !l.fps.samples.is_empty())),
    ]);
    cells.extend(fps(&l.fps));
    cells.extend(nodes.of(s.gateway));
    cells
}

/// When it began to play; `None`: it never did.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds of a session")]
fn played_from(s: &Session) -> Option<i64> {
    Some(s.closed_us - (s.minutes? * 60_000.0).round() as i64 * 1000)
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds of a session")]
fn leg_played_from(s: &Session, (n, l): (usize, &Leg)) -> Option<i64> {
    match l.startup_ms.or(l.time_to_playable_ms) {
        Some(ms) => Some(l.started_us + ms.round() as i64 * 1000),
        // Of a first leg whose beginning was lost it is not known how long it took.
        None if n == 0 && s.requested_us.is_none() => played_from(s),
        None => None,
    }
}

/// The rows of its minutes, and of those of its legs.
pub fn minutes(s: &Session, nodes: &Nodes) -> Vec<Cells> {
    let id = naap_derive::identity::session_id(&s.stream_id, &s.request_id).to_string();
    let of = |leg: i64, us: i64, column, minutes| {
        let mut cells = Cells::from([
            ("ts", Some(Cell::Whole(us))),
            ("session", text(&id)),
            ("leg", Some(Cell::Whole(leg))),
            ("pipeline", pipeline(s)),
            ("model", named(s.model.as_ref())),
            (column, Some(Cell::Real(minutes))),
        ]);
        cells.extend(nodes.of(s.gateway));
        cells
    };
    let mut rows = Vec::new();
    if let Some(from) = played_from(s) {
        let parts = split(from, s.closed_us);
        rows.extend(parts.into_iter().map(|(us, minutes)| of(-1, us, "minutes", minutes)));
    }
    for (n, l) in s.legs.iter().enumerate() {
        let Some(from) = leg_played_from(s, (n, l)) else { continue };
        for (us, minutes) in split(from, l.ended_us) {
            let mut cells = of(i64::try_from(n).unwrap_or(-2), us, "leg_minutes", minutes);
            cells.insert("orchestrator", named(l.address.as_ref()));
            cells.insert("orch_uri", text(&l.uri));
            rows.push(cells);
        }
    }
    rows
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of 5 minutes")]
fn split(from_us: i64, to_us: i64) -> Vec<(i64, f64)> {
    let first = from_us.div_euclid(BUCKET_US);
    let last = (to_us - 1).div_euclid(BUCKET_US);
    let within = |n: i64| {
        let (begin, end) = (n * BUCKET_US, (n + 1) * BUCKET_US);
        (begin, (end.min(to_us) - begin.max(from_us)) as f64 / 60e6)
    };
    (first..=last).map(within).filter(|(_, minutes)| *minutes > 0.0).collect()
}

/// The rows of a capability report.
pub fn reported(r: &Report, nodes: &Nodes) -> Vec<Cells> {
    let row = |o: &naap_loadtest::truth::Reported| {
        let mut cells = Cells::from(nodes.of(r.gateway));
        cells.extend([
            ("ts", Some(Cell::Whole(r.at_us))),
            ("orchestrator", text(&o.address)),
            ("orch_uri", text(&o.uri)),
            // Of the orchestrator's own agent, which there is not.
            ("region", None),
            ("gpus", o.gpus.and_then(whole)),
            ("slots", o.slots.map(Cell::Whole)),
            ("slots_idle", o.slots_idle.map(Cell::Whole)),
            ("models", whole(o.models)),
            ("warm_models", whole(o.warm_models)),
            ("implausible_models", whole(o.implausible)),
            ("implausible_slots", Some(Cell::Whole(o.implausible_slots))),
        ]);
        cells
    };
    r.orchestrators.iter().map(row).collect()
}

/// The row of a job.
pub fn job(j: &Job, nodes: &Nodes) -> Cells {
    let kind = match j.kind {
        JobKind::Batch => "batch",
        JobKind::Llm => "llm",
        JobKind::Byoc => "byoc",
    };
    let is = |outcome| flag(j.outcome == outcome);
    let mut cells = Cells::from([
        ("ts", Some(Cell::Whole(j.started_us))),
        ("kind", text(kind)),
        ("request_id", text(&j.request_id)),
        ("pipeline", text(&j.pipeline)),
        // What is asked for of a container of its own is its capability.
        ("model", named(j.model.as_ref().or(j.capability.as_ref()))),
        ("orchestrator", named(j.address.as_ref())),
        ("orch_uri", named(j.uri.as_ref())),
        ("outcome", text(outcome(j.outcome))),
        ("completed_at", Some(Cell::Whole(j.completed_us))),
        ("duration_ms", Some(Cell::Real(j.duration_ms))),
        ("first_token_ms", j.first_token_ms.map(Cell::Real)),
        ("completion_tokens", j.completion_tokens.map(Cell::Whole)),
        ("requested", flag(true)),
        ("served", is(Outcome::Served)),
        ("unserved", is(Outcome::NoOrchestrator)),
        ("failed", is(Outcome::Failed)),
    ]);
    if let Some(tries) = j.tries {
        cells.insert("tries", Some(Cell::Whole(tries)));
    }
    cells.extend(nodes.of(j.gateway));
    cells
}

/// The legs, for scores that are computed without any of this.
pub fn judged(s: &Session, nodes: &Nodes) -> Vec<independent::Leg> {
    let whole = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let leg = |l: &Leg| independent::Leg {
        start: l.started_us,
        orchestrator: l.address.clone(),
        pipeline: s.pipeline.clone(),
        model: s.model.clone(),
        region: nodes.regions.get(s.gateway).cloned(),
        origin: nodes.origin.to_owned(),
        counts: true,
        outcome: outcome(l.outcome).to_owned(),
        swapped_away: l.swapped_away,
        playable: l.signals_expected > 0,
        status_samples: whole(l.status_samples),
        any_fps: !l.fps.samples.is_empty(),
        signals_seen: whole(l.signals_seen),
        signals_expected: whole(l.signals_expected),
        ptff_ms: l.prompt_to_first_frame_ms,
        e2e_ms: l.e2e_media_ms,
        fps: l.fps.output_fps_mean,
        fps_samples: whole(l.fps.samples.len()),
    };
    s.legs.iter().map(leg).collect()
}

/// What tells the rows of a table apart, for those who know the truth.
fn key(table: &EntityDef) -> &'static [&'static str] {
    match table.number {
        n if n == STREAM_SESSION.number => &["stream_id", "request_id"],
        n if n == STREAM_LEG.number => &["stream_id", "request_id", "leg"],
        n if n == STREAM_MINUTE.number => &["session", "leg", "ts"],
        n if n == SUPPLY_REPORT.number => &["ts", "orchestrator", "orch_uri"],
        n if n == JOB.number => &["kind", "request_id"],
        _ => &[],
    }
}

fn key_of(table: &EntityDef, cells: &Cells) -> String {
    let part = |column: &&str| match cells.get(column) {
        Some(Some(Cell::Text(text))) => text.clone(),
        Some(Some(Cell::Whole(n))) => n.to_string(),
        other => format!("{other:?}"),
    };
    key(table).iter().map(part).collect::<Vec<_>>().join(" ")
}

/// The values of a row.
pub fn cells(row: &Row) -> Cells {
    let cell = |value: &Value| match value {
        Value::I64(n) => Cell::Whole(*n),
        Value::F64(x) => Cell::Real(*x),
        Value::Text(text) => Cell::Text(text.to_string()),
        Value::Uuid(id) => Cell::Text(id.to_string()),
    };
    let fields = row.entity.fields.iter().zip(&row.values);
    let mut cells: Cells = fields.map(|(f, v)| (f.name, v.as_ref().map(cell))).collect();
    cells.insert("ts", Some(Cell::Whole(row.ts_us)));
    cells
}

/// SQL that reads the rows of a table for [`read`].
pub fn query(table: &EntityDef) -> String {
    let column = |f: &naap_schema::FieldDef| match f.ty {
        FieldType::Timestamp => format!("{}::long", f.name),
        _ => f.name.to_owned(),
    };
    let columns: Vec<String> = table.fields.iter().map(column).collect();
    format!("select ts::long, {} from {} where void = 0", columns.join(", "), table.name)
}

/// A row that came of [`query`].
pub fn read(table: &'static EntityDef, row: Vec<Option<String>>) -> Cells {
    let mut values = row.into_iter();
    let whole = |text: String| text.parse().ok().map(Cell::Whole);
    let mut cells = Cells::from([("ts", values.next().flatten().and_then(whole))]);
    for (field, value) in table.fields.iter().zip(values) {
        let value = value.and_then(|text| match field.ty {
            FieldType::I64 | FieldType::Timestamp => whole(text),
            FieldType::F64 => text.parse().ok().map(Cell::Real),
            FieldType::Symbol | FieldType::Text | FieldType::Uuid => Some(Cell::Text(text)),
        });
        cells.insert(field.name, value);
    }
    cells
}

/// Equal, but for the last digits of fractions: sums of doubles depend on who adds.
pub fn same(a: Option<&Cell>, b: Option<&Cell>) -> bool {
    match (a, b) {
        (Some(Cell::Real(a)), Some(Cell::Real(b))) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()),
        _ => a == b,
    }
}

/// Where rows are not as they should be: missing ones, others, and values. Columns of which the
/// truth says nothing are left out.
pub fn differences(table: &EntityDef, expected: &[Cells], found: &[Cells]) -> Vec<String> {
    let mut out = Vec::new();
    let mut rows: BTreeMap<String, &Cells> = BTreeMap::new();
    for cells in found {
        if rows.insert(key_of(table, cells), cells).is_some() {
            out.push(format!("{} {} is there twice", table.name, key_of(table, cells)));
        }
    }
    for cells in expected {
        let key = key_of(table, cells);
        let Some(row) = rows.remove(&key) else {
            out.push(format!("{} {key} is missing", table.name));
            continue;
        };
        for (column, value) in cells {
            let got = row.get(column).and_then(Option::as_ref);
            if !same(value.as_ref(), got) {
                out.push(format!("{} {key}: {column} is {got:?}, not {value:?}", table.name));
            }
        }
    }
    out.extend(rows.into_keys().map(|key| format!("{} {key} should not be", table.name)));
    out
}

/// Differences for a message: some of them, and how many there are.
pub fn told(differences: &[String]) -> String {
    let some: Vec<&str> = differences.iter().take(TOLD).map(String::as_str).collect();
    format!("{} differences:\n{}", differences.len(), some.join("\n"))
}
