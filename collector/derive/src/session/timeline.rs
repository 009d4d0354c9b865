//! Events of a session in their order, each once.

use std::collections::{HashMap, hash_map::Entry};
use std::sync::Arc;

use uuid::Uuid;

use crate::event::{Event, What};
use crate::identity::normalised;
use crate::limits;

pub(super) const REQUEST: &str = "gateway_receive_stream_request";
pub(super) const SEND_FIRST: &str = "gateway_send_first_ingest_segment";
pub(super) const RUNNER_SENDS_FIRST: &str = "runner_send_first_processed_segment";
pub(super) const FIRST_PROCESSED: &str = "gateway_receive_first_processed_segment";
pub(super) const FEW_PROCESSED: &str = "gateway_receive_few_processed_segments";
pub(super) const NO_ORCHESTRATORS: &str = "gateway_no_orchestrators_available";
pub(super) const SWAP: &str = "orchestrator_swap";
pub(super) const CLOSED: &str = "gateway_ingest_stream_closed";

/// An event in its place.
#[derive(Debug)]
pub(super) struct Moment<'a> {
    pub(super) event: &'a Event,
    /// The lowest of the nodes that reported it.
    pub(super) node: &'a Arc<str>,
    /// Normalised URI of the orchestrator that it names.
    pub(super) uri: Option<Arc<str>>,
}

impl Moment<'_> {
    /// Whether it is this step.
    pub(super) fn is(&self, step: &str) -> bool {
        matches!(&self.event.what, What::Trace { kind, .. } if **kind == *step)
    }

    /// Time of a trace: `data.timestamp`, else the envelope's; of other events the envelope's.
    pub(super) fn at_us(&self) -> i64 {
        match self.event.what {
            What::Trace { data_us: Some(us), .. } if believed(us, self.event.ts_us) => us,
            _ => self.event.ts_us,
        }
    }

    /// The same by the gateway's clock: what the runner says of its own steps is not.
    pub(super) fn gateway_us(&self) -> i64 {
        match &self.event.what {
            What::Trace { kind, .. } if kind.starts_with("runner_") => self.event.ts_us,
            _ => self.at_us(),
        }
    }

    /// Text of an error event; the inner one is `None` for an error without text.
    pub(super) fn error(&self) -> Option<Option<&str>> {
        match &self.event.what {
            What::Happened { kind, message, .. } if **kind == *"error" => Some(message.as_deref()),
            _ => None,
        }
    }
}

fn believed(us: i64, envelope_us: i64) -> bool {
    us.abs_diff(envelope_us) <= limits::DATA_TIME_OFF_US.unsigned_abs()
}

/// Envelope time, then the close last within a millisecond, then event id. What is behind that only
/// makes the choice between copies of one event the same each time.
fn order(a: &Event, b: &Event) -> std::cmp::Ordering {
    let key = |e: &Event| {
        let closes = matches!(&e.what, What::Trace { kind, .. } if **kind == *CLOSED);
        (e.ts_us.div_euclid(1000), closes, e.ts_us, e.event_id, e.item)
    };
    key(a).cmp(&key(b)).then_with(|| a.node.cmp(&b.node)).then_with(|| {
        if a == b { std::cmp::Ordering::Equal } else { format!("{a:?}").cmp(&format!("{b:?}")) }
    })
}

/// The events in order, each id once: at its earliest, with the lowest of its nodes. The second value
/// says that a later event was left out, because silence had closed the session for good.
pub(super) fn ordered(events: &[Event]) -> (Vec<Moment<'_>>, bool) {
    let mut sorted: Vec<&Event> = events.iter().collect();
    sorted.sort_by(|a, b| order(a, b));
    let mut seen: HashMap<(Uuid, i64), usize> = HashMap::new();
    let mut uris: HashMap<&str, Option<Arc<str>>> = HashMap::new();
    let mut moments: Vec<Moment<'_>> = Vec::with_capacity(sorted.len());
    for event in sorted {
        match seen.entry((event.event_id, event.item)) {
            Entry::Occupied(known) => {
                if let Some(moment) = moments.get_mut(*known.get()) {
                    moment.node = moment.node.min(&event.node);
                }
            }
            Entry::Vacant(new) => {
                let last = moments.last().map_or(event.ts_us, |m: &Moment<'_>| m.event.ts_us);
                if event.ts_us.saturating_sub(last) > limits::REOPEN_US {
                    return (moments, true);
                }
                new.insert(moments.len());
                let uri = event.orch_url.as_deref().and_then(|url| {
                    uris.entry(url).or_insert_with(|| normalised(url).map(Arc::from)).clone()
                });
                moments.push(Moment { event, node: &event.node, uri });
            }
        }
    }
    (moments, false)
}
