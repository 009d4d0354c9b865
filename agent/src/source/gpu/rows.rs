//! Rows of what the reader said: counts become differences, and what does not fit its field is not
//! known.

use std::collections::{BTreeMap, HashMap};

use naap_schema::generated::{GPU, GPU_INSTANCE, GPU_NODE, GPU_PROCESS, GpuEvent as EventRow};
use naap_schema::{EntityDef, FieldDef, FieldType, Kind, Row, Value};
use tokio::time::Instant;

use super::reader::Counts;
use crate::clock::Now;
use crate::limits;
use crate::nvml::wire::{Answer, Event, GpuRead, Values};

/// The words of `gpu_node.state` that a reader may say.
const STATES: [&str; 6] = ["ok", "no_gpus", "no_library", "no_driver", "mismatch", "failed"];

/// A state that a reader said.
pub(super) fn state(said: &str) -> &'static str {
    STATES.into_iter().find(|s| *s == said).unwrap_or("failed")
}

/// How reading goes.
#[derive(Debug)]
pub(super) struct Health {
    pub(super) state: &'static str,
    pub(super) reader: Counts,
}

/// What is known of each GPU.
#[derive(Debug)]
pub(super) struct Rows {
    told: u32,
    most: u32,
    known: BTreeMap<String, Known>,
    /// XID errors that no row of their GPU has told yet.
    xids: BTreeMap<String, u64>,
}

#[derive(Debug, Default)]
struct Known {
    index: Option<i64>,
    answers: bool,
    at: Option<Instant>,
    counts: HashMap<&'static str, i64>,
}

impl Rows {
    /// For a machine that should have so many GPUs.
    pub(super) fn new(expect: Option<u32>) -> Self {
        Self { told: expect.unwrap_or(0), most: 0, known: BTreeMap::new(), xids: BTreeMap::new() }
    }

    /// How many GPUs there should be: as told, else the most seen.
    pub(super) fn expected(&self) -> u32 {
        if self.told > 0 { self.told } else { self.most }
    }

    /// How many answer.
    pub(super) fn found(&self, answer: &Answer) -> u64 {
        answer.gpus.iter().filter(|g| g.state == "ok").count() as u64
    }

    /// Learns from an answer how many there are.
    pub(super) fn seen(&mut self, answer: &Answer) {
        let listed = answer.node.get("gpus_listed").and_then(serde_json::Value::as_u64);
        let listed = listed.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        self.most = self.most.max(listed.min(limits::GPUS));
    }

    /// All rows of one read.
    pub(super) fn rows(
        &mut self,
        now: Now,
        answer: Option<&Answer>,
        events: &[Event],
        health: &Health,
    ) -> Vec<Row> {
        let mut rows = vec![self.node(now, answer, health)];
        rows.extend(events.iter().map(event));
        for event in events.iter().filter(|e| e.kind == "xid") {
            if self.xids.len() < limits::GPUS as usize || self.xids.contains_key(&event.gpu) {
                let count = self.xids.entry(event.gpu.clone()).or_default();
                *count = count.saturating_add(event.count);
            }
        }
        let Some(answer) = answer.filter(|_| matches!(health.state, "ok" | "no_gpus")) else {
            return rows;
        };
        for gpu in answer.gpus.iter().take(limits::GPUS as usize) {
            rows.extend(self.changed(now, &gpu.id, gpu.state == "ok"));
            rows.push(self.gpu(now, gpu, answer));
            rows.extend(parts(&GPU_PROCESS, now, gpu, &gpu.programs));
            rows.extend(parts(&GPU_INSTANCE, now, gpu, &gpu.instances));
        }
        rows.extend(self.missing(now, answer, &health.reader.skipped));
        rows
    }

    fn node(&self, now: Now, answer: Option<&Answer>, health: &Health) -> Row {
        let mut row = Row::empty(&GPU_NODE, now.wall_us);
        if let Some(answer) = answer {
            fill(&mut row, &answer.node, None);
        }
        let whole = |x: u64| i64::try_from(x).ok().map(Value::I64);
        let read = answer.filter(|_| health.state == "ok");
        let found = match health.state {
            "no_gpus" => Some(Value::I64(0)),
            _ => read.and_then(|a| whole(self.found(a))),
        };
        #[expect(clippy::cast_precision_loss, reason = "microseconds of a read are far from 2^53")]
        let read_ms = read.map(|a| Value::F64(a.read_us as f64 / 1000.0));
        let expected = Some(self.expected()).filter(|n| *n > 0);
        let own = [
            ("state", Some(Value::text(health.state))),
            ("gpus_expected", expected.map(|n| Value::I64(n.into()))),
            ("gpus_found", found),
            ("read_ms", read_ms),
            ("restarts", whole(health.reader.restarts)),
            ("timeouts", whole(health.reader.timeouts)),
            ("stuck_readers", whole(health.reader.stuck as u64)),
            ("reader_rss_bytes", health.reader.rss_bytes.map(Value::I64)),
            ("events_dropped", answer.and_then(|a| whole(a.events_dropped))),
        ];
        set(&mut row, own);
        row
    }

    fn gpu(&mut self, now: Now, gpu: &GpuRead, answer: &Answer) -> Row {
        let known = self.known.entry(gpu.id.clone()).or_default();
        let mut row = Row::empty(&GPU, now.wall_us);
        if gpu.state == "ok" {
            // Versions are of the machine, and a reader wants them with each GPU.
            fill(&mut row, &answer.node, None);
        }
        fill(&mut row, &gpu.values, Some(&mut known.counts));
        let since = known.at.map(|at| now.at.duration_since(at).as_millis());
        let interval_ms = since.and_then(|ms| i64::try_from(ms).ok()).filter(|ms| *ms > 0);
        known.index = gpu.values.get("index").and_then(serde_json::Value::as_i64).or(known.index);
        let answers = gpu.state == "ok";
        if answers {
            known.at = Some(now.at);
        }
        let xids = if answers { self.xids.remove(&gpu.id) } else { None };
        let heard = gpu.watched && interval_ms.is_some() && answers;
        let xids = xids.or(heard.then_some(0)).and_then(|n| i64::try_from(n).ok());
        let own = [
            ("gpu_id", Some(Value::text(gpu.id.as_str()))),
            ("state", Some(Value::text(gpu_state(&gpu.state)))),
            ("interval_ms", interval_ms.filter(|_| answers).map(Value::I64)),
            ("xid_errors", xids.map(Value::I64)),
        ];
        set(&mut row, own);
        row
    }

    /// GPUs that answered once and of which nothing is said any more.
    fn missing(&mut self, now: Now, answer: &Answer, skipped: &[u32]) -> Vec<Row> {
        let gone = |id: &String| !answer.gpus.iter().any(|g| g.id == *id);
        if self.known.len() > limits::GPUS as usize {
            self.known.retain(|id, _| !gone(id));
        }
        let ids: Vec<String> = self.known.keys().filter(|id| gone(id)).cloned().collect();
        let mut rows = Vec::new();
        for id in ids {
            rows.extend(self.changed(now, &id, false));
            let mut row = Row::empty(&GPU, now.wall_us);
            let index = self.known.get(&id).and_then(|k| k.index);
            let left_alone = skipped.iter().any(|i| Some(i64::from(*i)) == index);
            let state = if left_alone { "hung" } else { "lost" };
            let own = [
                ("gpu_id", Some(Value::text(id))),
                ("state", Some(Value::text(state))),
                ("index", index.map(Value::I64)),
            ];
            set(&mut row, own);
            rows.push(row);
        }
        rows
    }

    /// An event if a GPU stopped or began to answer.
    fn changed(&mut self, now: Now, id: &str, answers: bool) -> Option<Row> {
        let first = !self.known.contains_key(id);
        let known = self.known.entry(id.to_owned()).or_default();
        let before = std::mem::replace(&mut known.answers, answers);
        if before == answers || (first && answers) {
            return None;
        }
        let row = EventRow {
            gpu_id: id.into(),
            kind: if answers { "back" } else { "lost" }.into(),
            code: None,
            count: Some(1),
            last_ts: Some(now.wall_us),
        };
        Some(row.at(now.wall_us))
    }
}

fn gpu_state(said: &str) -> &'static str {
    ["ok", "lost", "reset_required"].into_iter().find(|s| *s == said).unwrap_or("error")
}

fn event(event: &Event) -> Row {
    let kind = if event.kind == "xid" { "xid" } else { "ecc_uncorrected" };
    EventRow {
        gpu_id: event.gpu.as_str().into(),
        kind: kind.into(),
        code: event.code.filter(|c| (0..=1_000_000).contains(c)),
        count: i64::try_from(event.count).ok(),
        last_ts: Some(event.last_us),
    }
    .at(event.first_us)
}

fn parts(
    entity: &'static EntityDef,
    now: Now,
    gpu: &GpuRead,
    all: &[Values],
) -> impl Iterator<Item = Row> {
    all.iter().take(limits::GPU_INSTANCES as usize).map(move |values| {
        let mut row = Row::empty(entity, now.wall_us);
        fill(&mut row, values, None);
        set(&mut row, [("gpu_id", Some(Value::text(gpu.id.as_str())))]);
        row
    })
}

/// Sets fields that the entity is known to have.
fn set<const N: usize>(row: &mut Row, values: [(&str, Option<Value>); N]) {
    for (name, value) in values {
        let known = row.set(name, value);
        debug_assert!(known.is_ok(), "{known:?}");
    }
}

/// Puts figures into the fields of their names. A delta is what a count grew by since `counts`; it
/// is unknown for a count that is new or went down.
fn fill(row: &mut Row, values: &Values, mut counts: Option<&mut HashMap<&'static str, i64>>) {
    let entity = row.entity;
    for (slot, field) in row.values.iter_mut().zip(entity.fields) {
        let Some(said) = values.get(field.name) else { continue };
        let value = match field.ty {
            FieldType::I64 => said.as_i64().map(Value::I64),
            FieldType::F64 => said.as_f64().map(Value::F64),
            FieldType::Symbol | FieldType::Text => said.as_str().map(|t| text(field, t)),
            FieldType::Timestamp | FieldType::Uuid => None,
        };
        let value = match (field.kind, value, &mut counts) {
            (Kind::Delta, Some(Value::I64(now)), Some(counts)) => {
                let before = counts.insert(field.name, now);
                before.and_then(|b| now.checked_sub(b)).map(Value::I64)
            }
            (Kind::Delta, ..) => None,
            (_, value, _) => value,
        };
        *slot = value.filter(|v| fits(field, v));
    }
}

/// Text without control characters, as long as the field allows.
fn text(field: &FieldDef, said: &str) -> Value {
    let mut clean: String = said.trim().chars().filter(|c| !c.is_control()).collect();
    while clean.len() > field.max_len {
        clean.pop();
    }
    Value::text(clean)
}

fn fits(field: &FieldDef, value: &Value) -> bool {
    let number = match value {
        #[expect(clippy::cast_precision_loss, reason = "declared ranges are round")]
        Value::I64(x) => *x as f64,
        Value::F64(x) => *x,
        Value::Text(t) => return !t.is_empty(),
        Value::Uuid(_) => return true,
    };
    field.min.is_none_or(|m| number >= m) && field.max.is_none_or(|m| number <= m)
}
