//! One session: its events become a row of it, of each of its legs, and of their minutes
//! (`definitions.md` 2).

use naap_schema::generated::{StreamLeg, StreamMinute, StreamSession};

use crate::event::Event;
use crate::fee::Assigned;
use crate::surroundings::Surroundings;

/// What the events of a session give. Each row comes with its time.
#[derive(Debug, Clone, PartialEq)]
pub struct Derived {
    /// The session.
    pub session: (i64, StreamSession),
    /// Its legs, in order.
    pub legs: Vec<(i64, StreamLeg)>,
    /// Minutes by 5 minutes, of the session (leg -1) and of each leg.
    pub minutes: Vec<(i64, StreamMinute)>,
    /// Its first event and its end; `None`: open.
    pub span: (i64, Option<i64>),
    /// It is not closed.
    pub open: bool,
    /// Of an open one: when its silence will have lasted long enough to close it, if nothing comes;
    /// look again once data of its node reaches that far.
    pub silent_after_us: Option<i64>,
}

/// The rows of a session. `events` are all that are known of it, in any order, some perhaps twice;
/// `payments` those assigned to its request. `None` without an event.
pub fn derive(
    stream_id: &str,
    request_id: &str,
    events: &[Event],
    payments: &[Assigned],
    around: &Surroundings,
) -> Option<Derived> {
    let _ = (stream_id, request_id, events, payments, around);
    None
}
