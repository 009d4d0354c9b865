//! Rows with payloads that can be computed again: what a judge finds in the database must be what
//! the oracle gave out.

use naap_schema::Row;
use naap_schema::generated::{Host, StreamTrace};

/// The payload of the `i`-th row: any whole number below 2^40, spread by a fixed mix.
pub fn payload(i: u64) -> i64 {
    let mixed = (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 24;
    i64::try_from(mixed).unwrap_or(0)
}

/// The `i`-th host row: its memory is the payload.
pub fn host(i: u64, ts_us: i64) -> Row {
    Host { mem_used_bytes: Some(payload(i)), cpu_busy_ratio: Some(0.5), ..Host::default() }
        .at(ts_us)
}

/// The `i`-th event: its stream id is the payload.
pub fn event(i: u64, ts_us: i64) -> Row {
    StreamTrace {
        event_id: naap_schema::identity::event_id(&format!("oracle-{i}")),
        origin: "simulated".into(),
        stream_id: Some(payload(i).to_string().into()),
        request_id: Some(format!("oracle-{i}").into()),
        trace_type: "gateway_receive_stream_request".into(),
        ..StreamTrace::default()
    }
    .at(ts_us)
}

/// The `i`-th row of an oracle that counts: a sample or an event by turns, a millisecond apart. Its
/// number is in the row, beside the payload and the time that follow from it.
pub fn numbered(i: u64, start_us: i64) -> Row {
    let ts_us = numbered_at(i, start_us);
    if i.is_multiple_of(2) {
        let number = i64::try_from(i).ok();
        let (mem_total_bytes, mem_used_bytes) = (number, Some(payload(i)));
        Host { mem_total_bytes, mem_used_bytes, ..Host::default() }.at(ts_us)
    } else {
        event(i, ts_us)
    }
}

/// When the `i`-th row of such an oracle was taken.
pub fn numbered_at(i: u64, start_us: i64) -> i64 {
    start_us + i64::try_from(i).unwrap_or(0) * 1000
}

/// Microseconds since 1970 UTC, now.
#[expect(clippy::disallowed_methods, reason = "the clock of the tests")]
pub fn now_us() -> i64 {
    chrono::Utc::now().timestamp_micros()
}
