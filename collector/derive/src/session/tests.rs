//! Each sentence of the definitions of sessions and legs, as a small story.

use naap_schema::Row;
use proptest::prelude::*;

use super::timeline::SWAP;
use super::*;
use crate::event::{Claim, What};
use crate::fee::assign;
use crate::limits::{DAY_US, SECOND_US};

const A: &str = "https://a.example:8935";
const B: &str = "https://b.example:8935";
/// 2026-06-01 00:00 UTC, a border of buckets.
const T: i64 = 1_780_272_000_000_000;

/// Events of one session, told by their ms since [`T`].
#[derive(Clone, Default)]
struct Story {
    events: Vec<Event>,
    payments: Vec<Payment>,
}

impl Story {
    /// Requested at 0.
    fn requested() -> Self {
        Self::default().step(0, REQUEST, None)
    }

    /// Requested at 0, served by `A`: first segment sent at 1 s, first processed 2 s, few 4 s.
    fn served() -> Self {
        Self::requested()
            .step(1000, timeline::SEND_FIRST, Some(A))
            .step(2000, timeline::FIRST_PROCESSED, Some(A))
            .step(4000, timeline::FEW_PROCESSED, Some(A))
    }

    fn add(mut self, ms: i64, url: Option<&str>, what: What) -> Self {
        self.events.push(Event {
            ts_us: T + ms * 1000,
            event_id: Uuid::from_u128(0x1000 + self.events.len() as u128),
            item: 0,
            node: "gw".into(),
            origin: "organic".into(),
            gateway_label: None,
            pipeline: None,
            orch_url: url.map(Arc::from),
            hot_wallet: None,
            what,
        });
        self
    }

    fn step(self, ms: i64, kind: &str, url: Option<&str>) -> Self {
        let data_us = (kind != SWAP).then_some(T + ms * 1000);
        self.add(ms, url, What::Trace { kind: kind.into(), data_us, message: None })
    }

    fn swap(self, ms: i64, url: &str, reason: &str) -> Self {
        let (kind, message) = (SWAP.into(), Some(reason.into()));
        self.add(ms, Some(url), What::Trace { kind, data_us: None, message })
    }

    fn close(self, ms: i64) -> Self {
        self.step(ms, timeline::CLOSED, None)
    }

    fn error(self, ms: i64, text: &str) -> Self {
        let message = Some(text.into());
        self.add(ms, None, What::Happened { kind: "error".into(), message, restart_count: None })
    }

    fn status(self, ms: i64, url: &str, fps: f64) -> Self {
        self.state(ms, url, "ONLINE", fps)
    }

    fn state(self, ms: i64, url: &str, state: &str, fps: f64) -> Self {
        let what = What::Status {
            state: Some(state.into()),
            data_us: Some(T + ms * 1000),
            start_us: Some(T + 500_000),
            input_fps: Some(25.0),
            output_fps: Some(fps),
            restart_count: Some(0),
        };
        self.add(ms, Some(url), what)
    }

    fn bytes(self, ms: i64, bytes: i64) -> Self {
        self.add(ms, None, What::Connection { bytes_received: Some(bytes) })
    }

    fn last(mut self, change: impl FnOnce(&mut Event)) -> Self {
        change(self.events.last_mut().unwrap());
        self
    }

    fn paid(mut self, ms: i64, url: &str, recipient: &str) -> Self {
        self.payments.push(Payment {
            ts_us: T + ms * 1000,
            event_id: Uuid::from_u128(0x9000 + self.payments.len() as u128),
            node: "gw".into(),
            origin: "organic".into(),
            request_id: Some("r".into()),
            session_id: Some("p".into()),
            manifest_id: Some("35_paid-model".into()),
            recipient: Some(recipient.into()),
            sender: Some("0xc".into()),
            orch_url: Some(url.into()),
            face_value_wei: Some("1000000000000000".into()),
            win_probability: Some("0.0010000005".into()),
            tickets: Some(1),
            price: Some("1500.25".into()),
            price_unit: Some("wei/pixel".into()),
        });
        self
    }

    fn in_(&self, around: &Surroundings) -> Derived {
        let assigned = assign(&self.payments, &|_| None);
        let derived = derive("s", "r", &self.events, &assigned, around).unwrap();
        for row in rows_of(&derived) {
            assert_eq!(row.check(), Ok(()), "{row:?}");
        }
        derived
    }

    /// With data of the gateway that reaches far beyond the end.
    fn derived(&self) -> Derived {
        self.in_(&complete())
    }

    fn session(&self) -> StreamSession {
        self.derived().session.1
    }

    fn legs(&self) -> Vec<StreamLeg> {
        self.derived().legs.into_iter().map(|(_, leg)| leg).collect()
    }

    /// Outcome and end reason.
    fn ends(&self) -> (String, Option<String>) {
        let s = self.session();
        (s.outcome.to_string(), s.end_reason.map(|r| r.to_string()))
    }
}

fn complete() -> Surroundings {
    let mut around = Surroundings::default();
    for node in ["gw", "aa"] {
        around.set_data_through(&node.into(), T + 400 * DAY_US);
    }
    around
}

fn rows_of(d: &Derived) -> Vec<Row> {
    let mut rows = vec![d.session.1.clone().at(d.session.0)];
    rows.extend(d.legs.iter().map(|(ts, leg)| leg.clone().at(*ts)));
    rows.extend(d.minutes.iter().map(|(ts, minute)| minute.clone().at(*ts)));
    rows
}

fn ends(outcome: &str, reason: Option<&str>) -> (String, Option<String>) {
    (outcome.to_owned(), reason.map(str::to_owned))
}

#[track_caller]
fn near(got: Option<f64>, expected: f64) {
    assert!(got.is_some_and(|x| (x - expected).abs() < 1e-9), "{got:?}, expected {expected}");
}

// What a session is.

#[test]
fn without_an_event_there_is_no_session() {
    assert_eq!(derive("s", "r", &[], &[], &complete()), None);
}

#[test]
fn its_time_is_the_request_else_the_first_event() {
    let requested = Story::requested().step(1000, timeline::SEND_FIRST, Some(A));
    assert_eq!(requested.derived().session.0, T);
    assert_eq!(requested.session().requested_at, Some(T));
    let cut = Story::default().status(7000, A, 9.0).status(17_000, A, 9.0);
    assert_eq!(cut.derived().session.0, T + 7 * SECOND_US);
    assert_eq!(cut.session().requested_at, None);
}

#[test]
fn an_event_id_counts_once() {
    let mut story = Story::served().status(10_000, A, 20.0).error(11_000, "x").close(20_000);
    let once = story.derived();
    story.events.extend(story.events.clone());
    // The same events from a second agent, and one again at another time.
    let copies = story.events.clone().into_iter().map(|e| Event { node: "zz".into(), ..e });
    story.events.extend(copies);
    let again = story.events[4].clone();
    story.events.push(Event { ts_us: again.ts_us + 60 * SECOND_US, ..again.clone() });
    assert_eq!(story.derived(), once);
    assert_eq!((once.session.1.status_samples, once.session.1.error_events), (Some(1), Some(1)));
    // A later copy of another agent tells who reported it, even if its time is not the one that counts.
    let again =
        Event { ts_us: again.ts_us + SECOND_US, node: "aa".into(), ..story.events[4].clone() };
    story.events.push(again);
    assert_eq!(story.session().gateway.as_deref(), Some("aa"));
}

#[test]
fn the_close_is_last_within_a_millisecond() {
    // The error has the higher id and still comes before the close.
    let story = Story::served().close(5000).error(5000, "error publishing: it broke");
    let before = ends("SERVED", Some("ERROR"));
    assert_eq!(story.ends(), before, "before the close it is no normal end");
    let after = Story::served().close(5000).error(5001, "error publishing: it broke");
    assert_eq!(after.ends(), ends("SERVED", Some("CLIENT")), "after it it is");
}

#[test]
fn a_trace_has_the_time_of_its_data_else_of_its_envelope() {
    let own = Story::served().last(|e| e.ts_us += 700_000);
    near(own.session().playable_ms, 4000.0);
    let without = Story::served().last(|e| {
        let What::Trace { data_us, .. } = &mut e.what else { unreachable!() };
        *data_us = None;
        e.ts_us += 700_000;
    });
    near(without.session().playable_ms, 4700.0);
    let absurd = Story::requested().last(|e| {
        let What::Trace { data_us, .. } = &mut e.what else { unreachable!() };
        *data_us = Some(T + 90_000 * DAY_US);
    });
    assert_eq!(absurd.derived().session.0, T, "no row in another century");
}

// When it is closed.

#[test]
fn the_event_closes_it() {
    let d = Story::served().close(60_000).derived();
    let s = &d.session.1;
    assert_eq!((s.closed_by.as_deref(), s.closed_at), (Some("EVENT"), Some(T + 60 * SECOND_US)));
    assert_eq!((d.open, d.span), (false, (T, Some(T + 60 * SECOND_US))));
    assert_eq!(d.silent_after_us, None);
}

#[test]
fn silence_closes_it_at_its_last_event_once_data_reaches_beyond() {
    let story = Story::served().status(10_000, A, 20.0);
    let last = T + 10 * SECOND_US;
    let mut around = Surroundings::default();
    let open = story.in_(&around);
    assert!(open.open, "a silent agent closes nothing");
    assert_eq!(open.silent_after_us, Some(last + 120 * SECOND_US));
    assert_eq!((&*open.session.1.outcome, open.session.1.closed_by.clone()), ("SERVED", None));
    around.set_data_through(&"gw".into(), last + 120 * SECOND_US - 1);
    assert!(story.in_(&around).open);
    around.set_data_through(&"gw".into(), last + 120 * SECOND_US);
    let closed = story.in_(&around);
    assert_eq!(closed.session.1.closed_by.as_deref(), Some("SILENCE"));
    assert_eq!(closed.session.1.closed_at, Some(last));
    assert_eq!(closed.span, (T, Some(last)));
}

#[test]
fn a_declared_gap_keeps_it_open_until_silence_after_it() {
    let story = Story::served();
    let last = T + 4 * SECOND_US;
    let mut around = Surroundings::default();
    around.add_gap(&"gw".into(), last + 60 * SECOND_US, last + 90 * SECOND_US);
    around.set_data_through(&"gw".into(), last + 200 * SECOND_US);
    let open = story.in_(&around);
    assert!(open.open, "what was lost may have been of it");
    assert_eq!(open.silent_after_us, Some(last + 210 * SECOND_US));
    around.set_data_through(&"gw".into(), last + 210 * SECOND_US);
    assert_eq!(story.in_(&around).span.1, Some(last), "and then it is closed, at its last event");
}

#[test]
fn a_later_event_reopens_what_silence_closed() {
    let story = Story::served().status(10_000, A, 20.0);
    let until = T + 200 * SECOND_US;
    let mut around = Surroundings::default();
    around.set_data_through(&"gw".into(), until);
    assert!(!story.in_(&around).open);
    let more = story.clone().status(150_000, A, 21.0);
    let reopened = more.in_(&around);
    assert!(reopened.open);
    assert_eq!(reopened.session.1.status_samples, Some(2));
    let late = 14 * DAY_US / 1000;
    let within = story.clone().status(10_000 + late, A, 21.0).derived();
    assert_eq!(within.session.1.last_event_at, Some(T + 10 * SECOND_US + 14 * DAY_US));
    let beyond = story.clone().status(10_001 + late, A, 21.0).in_(&Surroundings::default());
    assert_eq!(beyond.session.1.closed_at, Some(T + 10 * SECOND_US), "closed for good");
    assert_eq!(beyond.session.1.status_samples, Some(1));
}

#[test]
fn nothing_reopens_or_redates_after_the_event() {
    let story = Story::served().close(20_000);
    let late = story.clone().status(50_000, B, 3.0).close(60_000).error(53_000, "late");
    let (before, after) = (story.session(), late.session());
    assert_eq!((after.closed_at, after.minutes), (before.closed_at, before.minutes));
    assert_eq!(late.legs().len(), 1, "and no leg opens");
    assert_eq!(late.legs()[0].ended_at, Some(T + 20 * SECOND_US));
    assert_eq!(after.end_reason, before.end_reason);
    assert_eq!(after.error_events, Some(1), "but it counts for itself");
}

#[test]
fn errors_count_until_5_s_after_the_close() {
    let story = Story::served().close(20_000);
    let at = |ms| story.clone().error(ms, "it broke").ends();
    assert_eq!(at(25_000), ends("SERVED", Some("ERROR")));
    assert_eq!(at(25_001), ends("SERVED", Some("CLIENT")));
    let early = Story::served().error(58_000, "it broke").close(60_000).last(|e| {
        let What::Trace { data_us, .. } = &mut e.what else { unreachable!() };
        *data_us = Some(T + 50 * SECOND_US);
    });
    assert_eq!(early.ends(), ends("SERVED", Some("ERROR")), "it came before the close");
    let excused = Story::requested().close(20_000).error(25_001, "whip disconnected");
    assert_eq!(excused.ends(), ends("FAILED", None), "too late to excuse");
    let excused = Story::requested().close(20_000).error(25_000, "whip disconnected");
    assert_eq!(excused.ends(), ends("EXCUSED", None));
}

// Outcome.

#[test]
fn served_beats_all() {
    assert_eq!(Story::default().step(0, timeline::FEW_PROCESSED, Some(A)).ends().0, "SERVED");
    let open = Story::served().in_(&Surroundings::default()).session.1;
    assert_eq!((&*open.outcome, open.end_reason), ("SERVED", None), "also while open");
    assert_eq!((open.served, open.served_closed, open.interrupted), (Some(1), Some(0), Some(0)));
}

#[test]
fn open_if_not_closed() {
    let s = Story::requested().error(1000, "it broke").in_(&Surroundings::default()).session.1;
    assert_eq!((&*s.outcome, s.requested), ("OPEN", Some(0)));
}

#[test]
fn unknown_if_the_request_was_not_seen() {
    let story = Story::default().step(0, timeline::NO_ORCHESTRATORS, None);
    assert_eq!(story.error(1, "it broke").close(2).ends(), ends("UNKNOWN", None));
}

#[test]
fn no_orchestrator_by_the_step_or_by_the_text() {
    let step = Story::requested().step(2000, timeline::NO_ORCHESTRATORS, None).error(2000, "boom");
    assert_eq!(step.close(3000).ends().0, "NO_ORCHESTRATOR");
    let text = Story::requested().error(2000, "No Orchestrators Available within 2s timeout");
    let s = text.close(3000).session();
    assert_eq!((&*s.outcome, s.unserved, s.requested), ("NO_ORCHESTRATOR", Some(1), Some(1)));
    let inside = Story::requested().error(2000, "failed: no orchestrators available");
    assert_eq!(inside.close(3000).ends().0, "EXCUSED", "the text must start with it");
}

#[test]
fn excused_if_short_and_harmless() {
    let short = |ms, texts: &[&str]| {
        let story = Story::requested().step(500, timeline::SEND_FIRST, Some(A));
        let story = texts.iter().fold(story, |s, text| s.error(ms, text));
        story.close(ms).ends().0
    };
    assert_eq!(short(29_999, &["whip disconnected"]), "EXCUSED");
    assert_eq!(short(30_000, &["whip disconnected"]), "FAILED", "not less than 30 s");
    let end = "trickle subscribe error reading: context canceled";
    assert_eq!(short(9000, &["ICE connection state failed", end]), "EXCUSED");
    assert_eq!(short(9000, &[end]), "FAILED", "at least one must be excusable");
    assert_eq!(short(9000, &["user disconnected", "it broke"]), "FAILED", "and all harmless");
    let excused = Story::requested().error(9000, "missing video").close(9000).session();
    assert_eq!((excused.excused, excused.requested), (Some(1), Some(0)));
}

#[test]
fn failed_if_there_was_an_error_or_the_event_closed_it() {
    assert_eq!(Story::requested().close(40_000).ends().0, "FAILED");
    assert_eq!(Story::requested().error(40_000, "it broke").ends().0, "FAILED", "by silence");
    let s = Story::requested().close(40_000).session();
    assert_eq!((s.failed, s.requested), (Some(1), Some(1)));
    let lost = Story::requested().step(900, timeline::SEND_FIRST, Some(A));
    assert_eq!(lost.ends().0, "UNKNOWN", "else nobody knows");
}

// End reason.

#[test]
fn failed_swap_if_after_playing_a_swap_found_none() {
    let swapped = Story::served().swap(36_000, A, "orchestrator is slow");
    let text = swapped.clone().error(36_900, "no orchestrators available within 2s timeout");
    assert_eq!(text.clone().close(39_000).ends(), ends("SERVED", Some("FAILED_SWAP")));
    assert_eq!(text.ends().1.as_deref(), Some("FAILED_SWAP"), "also if silence closed it");
    let step = swapped.clone().step(36_900, timeline::NO_ORCHESTRATORS, None);
    assert_eq!(step.close(39_000).ends(), ends("SERVED", Some("FAILED_SWAP")));
    assert_eq!(swapped.close(39_000).ends(), ends("SERVED", Some("CLIENT")), "none was missing");
    let before = Story::requested()
        .swap(1000, B, "slow")
        .error(1500, "no orchestrators available")
        .step(2000, timeline::FEW_PROCESSED, Some(A))
        .close(39_000);
    assert_eq!(before.ends(), ends("SERVED", Some("CLIENT")), "that was before it played");
    let first = Story::served().error(30_000, "no orchestrators available").swap(31_000, A, "slow");
    assert_eq!(first.close(39_000).ends(), ends("SERVED", Some("CLIENT")), "not the swap found it");
}

#[test]
fn client_error_and_lost() {
    let story = Story::served();
    assert_eq!(story.clone().close(9000).ends().1.as_deref(), Some("CLIENT"), "without an error");
    let normal = story.clone().error(9000, "mediamtx ingest disconnected");
    let normal =
        normal.error(9000, "trickle subscribe stopping, stream not found, err=End of stream");
    let s = normal.close(9000).session();
    assert_eq!((s.end_reason.as_deref(), s.interrupted), (Some("CLIENT"), Some(0)));
    let s = story.clone().error(9000, "it broke").close(9000).session();
    assert_eq!((s.end_reason.as_deref(), s.interrupted), (Some("ERROR"), Some(1)));
    let s = story.clone().error(9000, "whip disconnected").session();
    assert_eq!((s.end_reason.as_deref(), s.interrupted), (Some("LOST"), Some(1)));
    assert_eq!(Story::requested().close(9000).ends().1, None, "only of a served one");
}

// Legs.

/// URI, start and end in ms, whether it was swapped away from, and outcome, of each leg.
fn shape(story: &Story) -> Vec<(String, i64, Option<i64>, bool, String)> {
    let legs = story.derived().legs;
    let of = |(ts, leg): (i64, StreamLeg)| {
        let uri = leg.orch_uri.unwrap().to_string();
        let end = leg.ended_at.map(|us| (us - T) / 1000);
        (uri, (ts - T) / 1000, end, leg.swap_reason.is_some(), leg.outcome.to_string())
    };
    legs.into_iter().map(of).collect()
}

fn leg(
    uri: &str,
    from: i64,
    to: i64,
    swapped: bool,
    outcome: &str,
) -> (String, i64, Option<i64>, bool, String) {
    (uri.to_owned(), from, Some(to), swapped, outcome.to_owned())
}

#[test]
fn the_first_leg_starts_at_the_request_and_ends_with_the_session() {
    let story = Story::served().close(60_000);
    assert_eq!(shape(&story), [leg(A, 0, 60_000, false, "SERVED")]);
    assert_eq!(story.session().legs, Some(1));
    let open = story.clone();
    let open = Story { events: open.events[..4].to_vec(), ..open }.in_(&Surroundings::default());
    assert_eq!(open.legs[0].1.ended_at, None);
}

#[test]
fn a_swap_ends_a_leg_and_the_next_starts_there() {
    let story = Story::served()
        .swap(36_000, A, "orchestrator is slow")
        .step(38_000, timeline::SEND_FIRST, Some(B))
        .step(40_000, timeline::FEW_PROCESSED, Some(B))
        .close(60_000);
    let expected = [leg(A, 0, 36_000, true, "SERVED"), leg(B, 36_000, 60_000, false, "SERVED")];
    assert_eq!(shape(&story), expected);
    let legs = story.legs();
    assert_eq!(legs[0].swap_reason.as_deref(), Some("SLOW"));
    near(legs[1].playable_ms, 4000.0);
    let s = story.session();
    assert_eq!((s.swaps, s.orch_uri.as_deref()), (Some(1), Some(B)), "the last leg is shown");
}

#[test]
fn a_swap_without_a_url_ends_the_leg_that_runs() {
    let story = Story::served().step(36_000, SWAP, None).close(60_000);
    assert_eq!(shape(&story), [leg(A, 0, 36_000, true, "SERVED")]);
}

#[test]
fn another_url_ends_a_leg_as_swapped_away() {
    let story = Story::requested()
        .step(1000, timeline::SEND_FIRST, Some(A))
        .status(9000, B, 20.0)
        .close(60_000);
    let expected = [leg(A, 0, 9000, true, "FAILED"), leg(B, 9000, 60_000, false, "FAILED")];
    assert_eq!(shape(&story), expected);
    assert_eq!(story.session().swaps, Some(0), "swaps are events");
    let legs = story.legs();
    assert_eq!((legs[0].swapped, legs[0].swap_reason.as_deref()), (Some(1), Some("OTHER")));
}

#[test]
fn the_same_url_written_otherwise_is_no_other() {
    let story = Story::served().status(9000, "HTTPS://A.example:8935/", 20.0).close(60_000);
    assert_eq!(story.legs().len(), 1);
    assert_eq!(story.legs()[0].orch_uri.as_deref(), Some(A));
}

#[test]
fn late_statuses_of_a_left_runner_belong_to_its_old_leg() {
    let story = Story::served()
        .status(10_000, A, 20.0)
        .swap(15_000, A, "x")
        .status(16_000, A, 22.0)
        .step(17_000, timeline::SEND_FIRST, Some(B))
        .status(20_000, A, 24.0)
        .status(27_000, B, 5.0)
        .close(60_000);
    assert_eq!(shape(&story).len(), 2);
    let legs = story.legs();
    assert_eq!((legs[0].status_samples, legs[1].status_samples), (Some(3), Some(1)));
    near(legs[0].output_fps_mean, 22.0);
    near(legs[1].output_fps_mean, 5.0);
}

#[test]
fn late_statuses_belong_to_the_latest_leg_of_the_runner() {
    let story = Story::served()
        .swap(15_000, A, "x")
        .step(17_000, timeline::SEND_FIRST, Some(B))
        .swap(19_000, B, "x")
        .step(20_000, timeline::SEND_FIRST, Some(A))
        .swap(25_000, A, "x")
        .status(26_000, A, 20.0);
    let statuses: Vec<_> = story.legs().into_iter().map(|l| l.status_samples).collect();
    assert_eq!(statuses, [Some(0), Some(0), Some(1)]);
}

#[test]
fn only_a_first_segment_opens_a_leg_again() {
    let story = Story::served()
        .swap(15_000, A, "x")
        .step(17_000, timeline::SEND_FIRST, Some(B))
        .step(20_000, timeline::FIRST_PROCESSED, Some(A))
        .swap(25_000, B, "x")
        .step(27_000, timeline::SEND_FIRST, Some(A))
        .close(60_000);
    let expected = [
        leg(A, 0, 15_000, true, "SERVED"),
        leg(B, 15_000, 25_000, true, "FAILED"),
        leg(A, 25_000, 60_000, false, "FAILED"),
    ];
    assert_eq!(shape(&story), expected);
    let straight = Story::served()
        .swap(15_000, A, "x")
        .step(17_000, timeline::SEND_FIRST, Some(B))
        .step(20_000, timeline::SEND_FIRST, Some(A));
    assert_eq!(straight.legs().len(), 3, "also while another runs");
    assert_eq!(straight.legs()[1].ended_at, Some(T + 20 * SECOND_US));
}

#[test]
fn a_swap_that_is_the_first_to_name_a_url_makes_a_leg_of_no_length() {
    let story = Story::requested()
        .bytes(1000, 5)
        .swap(3000, B, "timed out")
        .step(4000, timeline::SEND_FIRST, Some(A))
        .step(5000, timeline::FEW_PROCESSED, Some(A))
        .close(60_000);
    let expected = [leg(B, 3000, 3000, true, "FAILED"), leg(A, 3000, 60_000, false, "SERVED")];
    assert_eq!(shape(&story), expected);
    assert_eq!(story.legs()[0].swap_reason.as_deref(), Some("TIMEOUT"));
    near(story.legs()[1].playable_ms, 2000.0);
    let later = Story::served().swap(9000, A, "x").swap(11_000, B, "x").close(60_000);
    assert_eq!(shape(&later)[1], leg(B, 11_000, 11_000, true, "FAILED"));
    let while_running = Story::served().swap(11_000, B, "x").close(60_000);
    assert_eq!(shape(&while_running)[0], leg(A, 0, 11_000, true, "SERVED"), "it was left too");
}

#[test]
fn a_swap_told_twice_ends_one_leg() {
    let story = Story::served()
        .swap(15_000, A, "x")
        .swap(15_500, A, "x")
        .step(16_000, timeline::SEND_FIRST, Some(B))
        .swap(17_000, A, "x")
        .close(60_000);
    let expected = [leg(A, 0, 15_000, true, "SERVED"), leg(B, 15_000, 60_000, false, "FAILED")];
    assert_eq!(shape(&story), expected);
    assert_eq!(story.session().swaps, Some(3));
}

#[test]
fn a_payment_alone_makes_no_leg() {
    let story = Story::requested().paid(100, A, "0xd").close(40_000);
    assert_eq!(story.legs(), []);
    let s = story.session();
    assert_eq!((s.legs, s.orchestrator, s.orch_uri), (Some(0), None, None));
    assert!(s.fee_wei.is_some());
}

#[test]
fn events_without_a_url_belong_to_the_leg_that_runs_then() {
    let latency = |story: Story, ms| {
        let track = What::Track {
            track: Some("video".into()),
            packets_lost: None,
            packets_received: None,
            last_output_s: Some(1.0),
            latency_s: Some(0.5),
        };
        story.add(ms, None, track)
    };
    let story = latency(Story::requested(), 500).step(1000, timeline::SEND_FIRST, Some(A));
    let story = story.swap(9000, A, "x").step(11_000, timeline::SEND_FIRST, Some(B));
    near(story.legs()[0].e2e_media_ms, 500.0);
    assert_eq!(story.legs()[1].e2e_media_ms, None);
    let between = Story::served().swap(9000, A, "x");
    let between = latency(between, 10_000).step(11_000, timeline::SEND_FIRST, Some(B));
    assert_eq!(between.legs()[0].e2e_media_ms, None);
    near(between.legs()[1].e2e_media_ms, 500.0);
}

#[test]
fn a_runners_clock_ends_no_leg() {
    let story = Story::served().step(30_000, timeline::RUNNER_SENDS_FIRST, Some(B)).last(|e| {
        let What::Trace { data_us, .. } = &mut e.what else { unreachable!() };
        *data_us = Some(T + 3600 * SECOND_US);
    });
    assert_eq!(story.legs()[0].ended_at, Some(T + 30 * SECOND_US));
}

#[test]
fn outcome_of_a_leg() {
    let open = Story::requested().step(900, timeline::SEND_FIRST, Some(A));
    let open = open.in_(&Surroundings::default());
    assert_eq!(&*open.legs[0].1.outcome, "OPEN");
    let to_b = |story: Story| story.step(17_000, timeline::SEND_FIRST, Some(B));
    let swapped = to_b(Story::served().swap(15_000, A, "x"));
    let last = |story: &Story| story.legs().last().unwrap().outcome.to_string();
    assert_eq!(last(&swapped.clone().close(45_000)), "EXCUSED", "the client left within 30 s");
    assert_eq!(last(&swapped.clone().close(45_001)), "FAILED");
    assert_eq!(last(&swapped.clone().error(20_000, "it broke").close(20_000)), "FAILED", "ERROR");
    assert_eq!(last(&swapped), "FAILED", "LOST");
    let none = Story::requested().step(900, timeline::SEND_FIRST, Some(A));
    let none = none.error(2000, "no orchestrators available");
    assert_eq!(last(&none.close(3000)), "FAILED", "it had one, and that one failed");
    let excused = Story::requested().step(900, timeline::SEND_FIRST, Some(A));
    assert_eq!(last(&excused.clone().error(2000, "missing video").close(3000)), "EXCUSED");
    assert_eq!(last(&excused.clone().close(3000)), "FAILED");
    assert_eq!(last(&excused), "UNKNOWN", "silence, and no error");
    let left = to_b(Story::requested().swap(15_000, A, "x")).in_(&Surroundings::default());
    assert_eq!(&*left.legs[0].1.outcome, "FAILED", "swapped away from, while the session is open");
    assert_eq!((left.legs[0].1.counted, left.legs[1].1.counted), (Some(1), Some(0)));
}

#[test]
fn what_a_leg_counts_for() {
    let counts = |leg: &StreamLeg| {
        let flags = [leg.counted, leg.requested, leg.served, leg.swapped, leg.playable];
        flags.map(|flag| flag.unwrap())
    };
    let running = Story::served().in_(&Surroundings::default());
    assert_eq!(counts(&running.legs[0].1), [1, 1, 1, 0, 1], "once it is playable");
    let open = Story::requested().step(900, timeline::SEND_FIRST, Some(A));
    assert_eq!(counts(&open.in_(&Surroundings::default()).legs[0].1), [0, 0, 0, 0, 0]);
    assert_eq!(counts(&open.clone().close(900_000).legs()[0]), [1, 1, 0, 0, 0]);
    assert_eq!(counts(&open.clone().legs()[0]), [1, 0, 0, 0, 0], "an UNKNOWN one is not judged");
    let swapped = Story::served().swap(15_000, A, "x").close(16_000);
    assert_eq!(counts(&swapped.legs()[0]), [1, 1, 1, 1, 1]);
    let viable = |story: &Story| {
        let leg = story.legs().remove(0);
        (leg.viability_legs.unwrap(), leg.viable.unwrap())
    };
    let one = Story::served().status(10_000, A, 20.0);
    assert_eq!(viable(&one), (0, 0), "one status sample says too little");
    assert_eq!(viable(&one.clone().status(20_000, A, 0.0)), (1, 1));
    assert_eq!(viable(&Story::served().status(10_000, A, 0.0).status(20_000, A, 0.0)), (1, 0));
    let unknown = open.status(10_000, A, 5.0).status(20_000, A, 5.0);
    assert_eq!(viable(&unknown), (0, 0), "only of those requested");
}

#[test]
fn signals_of_a_playable_leg() {
    let signals = |story: &Story| {
        let leg = story.legs().remove(0);
        (leg.signals_seen.unwrap(), leg.signals_expected.unwrap())
    };
    assert_eq!(signals(&Story::served().close(23_999)), (2, 2), "no status is due yet");
    assert_eq!(signals(&Story::served().close(24_000)), (2, 3));
    assert_eq!(signals(&Story::served().status(10_000, A, 1.0).close(24_000)), (3, 3));
    let few = Story::requested().step(4000, timeline::FEW_PROCESSED, Some(A));
    assert_eq!(signals(&few.close(5000)), (1, 2));
    assert_eq!(signals(&Story::requested().status(10_000, A, 1.0).close(60_000)), (0, 0));
    let s = Story::served().swap(15_000, A, "x").step(16_000, timeline::FEW_PROCESSED, Some(B));
    assert_eq!(s.legs().len(), 2);
    let sum = s.close(50_000).session();
    assert_eq!((sum.signals_seen, sum.signals_expected), (Some(3), Some(5)));
}

// Figures.

#[test]
fn startup_and_playable_from_the_request_or_not_at_all() {
    let s = Story::served().session();
    near(s.startup_ms, 2000.0);
    near(s.playable_ms, 4000.0);
    let cut = Story { events: Story::served().events[1..].to_vec(), ..Story::default() };
    let s = cut.session();
    assert_eq!((s.startup_ms, s.playable_ms), (None, None));
    let first = &cut.legs()[0];
    assert_eq!((first.startup_ms, first.playable_ms), (None, None), "nor for the first leg");
    let inverted = Story::default()
        .step(0, timeline::FIRST_PROCESSED, Some(A))
        .step(1000, REQUEST, None)
        .session();
    assert_eq!(inverted.startup_ms, None, "negative is unknown");
}

#[test]
fn prompt_to_first_frame_needs_clocks_that_agree() {
    let story = Story::served().status(10_000, A, 20.0);
    near(story.session().prompt_to_first_frame_ms, 3500.0);
    let off = |us: i64| {
        let story = story.clone().status(20_000, A, 20.0).last(|e| {
            let What::Status { data_us, .. } = &mut e.what else { unreachable!() };
            *data_us = data_us.map(|at| at + us);
        });
        story.session().prompt_to_first_frame_ms
    };
    near(off(-SECOND_US), 3500.0);
    assert_eq!(off(-SECOND_US - 1), None);
    assert_eq!(off(SECOND_US + 1), None);
    assert_eq!(Story::served().session().prompt_to_first_frame_ms, None, "without a status");
}

#[test]
fn the_earliest_start_time_counts() {
    let story = Story::served().status(10_000, A, 20.0).status(20_000, A, 20.0).last(|e| {
        let What::Status { start_us, .. } = &mut e.what else { unreachable!() };
        *start_us = Some(T + 200_000);
    });
    near(story.session().prompt_to_first_frame_ms, 3800.0);
}

fn track(story: Story, ms: i64, kind: &str, out: f64, latency: f64) -> Story {
    let what = What::Track {
        track: Some(kind.into()),
        packets_lost: Some(ms / 1000),
        packets_received: Some(ms),
        last_output_s: Some(out),
        latency_s: Some(latency),
    };
    story.add(ms, None, what).last(|e| e.item = 1)
}

#[test]
fn media_latency_of_video_that_came_out() {
    let story = track(Story::served(), 5000, "video", 3.0, 1.0);
    let story = track(story, 10_000, "video", 8.0, 2.0);
    let story = track(story, 15_000, "video", 0.0, 9.0);
    let story = track(story, 20_000, "video", 18.0, 0.0);
    let story = track(story, 25_000, "audio", 20.0, 5.0);
    let story = story.step(1500, timeline::RUNNER_SENDS_FIRST, Some(A));
    let s = story.session();
    near(s.e2e_media_ms, 1500.0);
    assert_eq!(s.e2e_trace_ms, None, "only where there is no media value");
}

#[test]
fn traced_latency_of_the_first_leg() {
    let traced = |ms| {
        let story = Story::served().step(ms, timeline::RUNNER_SENDS_FIRST, Some(A));
        story.session().e2e_trace_ms
    };
    near(traced(1105), 105.0);
    near(traced(1000), 0.0);
    assert_eq!(traced(999), None, "inverted is unknown, not 0");
    assert_eq!(Story::served().session().e2e_trace_ms, None);
    let second = Story::served()
        .swap(9000, A, "x")
        .step(10_000, timeline::SEND_FIRST, Some(B))
        .step(10_300, timeline::RUNNER_SENDS_FIRST, Some(B));
    assert_eq!(second.session().e2e_trace_ms, None, "not of a later leg");
    near(second.legs()[1].e2e_trace_ms, 300.0);
}

#[test]
fn output_fps_from_the_first_sample_above_0() {
    let fps = |samples: &[f64]| {
        let start = Story::served();
        let story = samples.iter().zip(1..).fold(start, |s, (x, i)| s.status(i * 10_000, A, *x));
        story.session()
    };
    let s = fps(&[0.0, 10.0, 20.0, 0.0, 30.0]);
    near(s.output_fps_mean, 15.0);
    near(s.output_fps_min, 0.0);
    near(s.jitter_coefficient, 125.0_f64.sqrt() / 15.0);
    assert_eq!((s.fps_samples, s.status_samples), (Some(4), Some(5)));
    let s = fps(&[0.0, 10.0, 20.0]);
    near(s.output_fps_mean, 15.0);
    assert_eq!(s.jitter_coefficient, None, "two samples are no spread");
    let s = fps(&[0.0, 0.0, 0.0]);
    assert_eq!((s.output_fps_mean, s.output_fps_min, s.jitter_coefficient), (None, None, None));
    assert_eq!(s.fps_samples, Some(0));
}

#[test]
fn input_fps_has_a_start_of_its_own() {
    let input = |story: Story, x: f64| {
        story.last(|e| {
            let What::Status { input_fps, .. } = &mut e.what else { unreachable!() };
            *input_fps = Some(x);
        })
    };
    let story = input(Story::served().status(10_000, A, 0.0), 20.0);
    let story = input(story.status(20_000, A, 15.0), 30.0);
    let s = story.session();
    near(s.input_fps_mean, 25.0);
    near(s.fps_ratio, 0.6);
    let none = input(Story::served().status(10_000, A, 15.0), 0.0).session();
    assert_eq!((none.input_fps_mean, none.fps_ratio), (None, None));
}

#[test]
fn upload_is_change_over_time_and_a_smaller_value_starts_again() {
    let story = Story::served().bytes(5000, 1_000_000).bytes(10_000, 2_250_000);
    near(story.session().upload_mbps, 2.0);
    let again = story.bytes(15_000, 100_000).bytes(20_000, 725_000);
    near(again.session().upload_mbps, 1.5);
    assert_eq!(Story::served().bytes(5000, 9).session().upload_mbps, None, "one sample");
    let s = again.session();
    assert_eq!(s.ingest_samples, Some(4));
}

#[test]
fn two_tracks_of_a_kind_are_told_apart_by_their_order() {
    let pair = |story: Story, ms: i64, lost: [i64; 2]| {
        let id = Uuid::from_u128(0x7000 + u128::try_from(ms).unwrap());
        lost.into_iter().zip(1..).fold(story, |story, (n, item)| {
            track(story, ms, "video", 0.0, 0.0).last(|e| {
                let What::Track { packets_lost, .. } = &mut e.what else { unreachable!() };
                *packets_lost = Some(n);
                (e.event_id, e.item) = (id, item);
            })
        })
    };
    let story = pair(pair(Story::served(), 5000, [3, 100]), 10_000, [5, 101]);
    assert_eq!(story.session().packets_lost, Some(3));
}

#[test]
fn packets_grow_by_track() {
    let story = track(Story::served(), 5000, "video", 0.0, 0.0);
    let story = track(story, 5000, "audio", 0.0, 0.0).last(|e| e.item = 2);
    assert_eq!(story.session().packets_lost, None, "one sample is no growth");
    let story = track(story, 10_000, "audio", 0.0, 0.0);
    let story = track(story, 10_000, "video", 0.0, 0.0).last(|e| e.item = 2);
    let story = track(story, 3000, "video", 0.0, 0.0).last(|e| e.ts_us += 20 * SECOND_US);
    let s = story.session();
    assert_eq!((s.packets_lost, s.packets_received), (Some(10), Some(10_000)), "and no shrinking");
}

#[test]
fn minutes_from_first_output_to_close_or_last_event() {
    near(Story::served().close(62_000).session().minutes, 1.0);
    let few = Story::requested().step(4000, timeline::FEW_PROCESSED, Some(A)).close(34_000);
    near(few.session().minutes, 0.5);
    let open = Story::served().status(32_000, A, 20.0);
    near(open.in_(&Surroundings::default()).session.1.minutes, 0.5);
    assert_eq!(Story::requested().close(62_000).session().minutes, None);
}

#[test]
fn minutes_are_split_at_buckets() {
    let d = Story::served().close(602_000).derived();
    let of = |leg: i64| -> Vec<(i64, Option<f64>, Option<f64>)> {
        let rows = d.minutes.iter().filter(|(_, m)| m.leg == leg);
        rows.map(|(ts, m)| ((ts - T) / SECOND_US, m.minutes, m.leg_minutes)).collect()
    };
    let expected = [(0, 298.0 / 60.0), (300, 5.0), (600, 2.0 / 60.0)];
    for (leg, part) in [(-1, 0), (0, 1)] {
        let rows = of(leg);
        assert_eq!(rows.len(), 3);
        for ((ts, minutes, leg_minutes), (bucket, expected)) in rows.iter().zip(expected) {
            assert_eq!(*ts, bucket);
            let (has, lacks) =
                if part == 0 { (minutes, leg_minutes) } else { (leg_minutes, minutes) };
            near(*has, expected);
            assert_eq!(*lacks, None);
        }
    }
    assert_eq!(d.minutes[0].1.orchestrator, None);
}

#[test]
fn minutes_of_legs_leave_out_the_restarts() {
    let story = Story::served()
        .swap(62_000, A, "x")
        .step(70_000, timeline::FIRST_PROCESSED, Some(B))
        .close(130_000);
    let d = story.derived();
    near(d.session.1.minutes, 128.0 / 60.0);
    let legs = d.minutes.iter().filter_map(|(_, m)| m.leg_minutes).sum::<f64>();
    near(Some(legs), 2.0);
}

#[test]
fn a_status_holds_until_the_next_but_20_s_at_most() {
    let s = Story::served()
        .state(10_000, A, "LOADING", 0.0)
        .state(15_000, A, "ONLINE", 9.0)
        .state(45_000, A, "DEGRADED_INPUT", 9.0)
        .state(50_000, A, "A_NEW_ONE", 9.0)
        .state(60_000, A, "ERROR", 9.0)
        .close(63_000)
        .state(64_000, A, "OFFLINE", 9.0)
        .session();
    near(s.loading_s, 5.0);
    near(s.online_s, 20.0);
    near(s.degraded_input_s, 5.0);
    near(s.degraded_inference_s, 0.0);
    near(s.error_s, 3.0);
    near(s.offline_s, 0.0);
    assert_eq!(Story::served().close(9000).session().online_s, None, "without a status");
}

#[test]
fn restarts_are_growth_and_events_of_the_same() {
    let count = |story: Story, n: i64| {
        story.last(|e| {
            let What::Status { restart_count, .. } = &mut e.what else { unreachable!() };
            *restart_count = Some(n);
        })
    };
    let restart = |story: Story, ms, n| {
        let what = What::Happened { kind: "restart".into(), message: None, restart_count: n };
        story.add(ms, Some(A), what)
    };
    assert_eq!(Story::served().session().restarts, None, "nobody said");
    let story = Story::served().status(10_000, A, 9.0);
    assert_eq!(story.session().restarts, Some(0));
    let story = restart(story, 12_000, Some(1));
    let story = count(story.status(20_000, A, 9.0), 1);
    assert_eq!(story.session().restarts, Some(1), "status and event tell of the same one");
    let story = count(story.status(30_000, A, 9.0), 3);
    assert_eq!(story.session().restarts, Some(3));
    let other = story.swap(31_000, A, "x").step(32_000, timeline::SEND_FIRST, Some(B));
    let other = count(other.status(40_000, B, 9.0), 5);
    let other = restart(other, 41_000, None).last(|e| {
        e.orch_url = Some(B.into());
    });
    assert_eq!(other.session().restarts, Some(4), "each runner counts its own");
    assert_eq!(other.legs()[1].restarts, Some(1));
}

#[test]
fn errors_by_class_are_all_of_them() {
    let texts = [
        "no orchestrators available within 2s timeout",
        "whip disconnected",
        "missing video",
        "trickle subscribe error reading: context canceled",
        "Error publishing trickle: connection reset by peer",
        "deadline exceeded",
        "dial tcp: connection refused",
        "pipeline crashed",
        "something",
    ];
    let story = texts.iter().zip(1..).fold(Story::served(), |s, (text, i)| s.error(i * 5000, text));
    let s = story.close(60_000).error(300_000, "something").session();
    let classes = [
        s.errors_no_orchestrator,
        s.errors_client_gone,
        s.errors_ingest,
        s.errors_subscribe,
        s.errors_publish,
        s.errors_timeout,
        s.errors_connection,
        s.errors_runner,
    ];
    assert_eq!(classes, [Some(1); 8]);
    assert_eq!((s.errors_other, s.error_events), (Some(2), Some(10)), "late ones too");
}

// Names.

#[test]
fn model_of_a_leg_of_the_session_of_the_payment() {
    let named = |story: Story, name: &str| story.last(|e| e.pipeline = Some(name.into()));
    let story = named(Story::served().status(10_000, A, 9.0), "Model_One");
    let story = story.swap(15_000, A, "x").step(16_000, timeline::SEND_FIRST, Some(B));
    let models = |story: &Story| {
        story.legs().into_iter().map(|l| l.model.map(|m| m.to_string())).collect::<Vec<_>>()
    };
    let one = Some("model-one".to_owned());
    assert_eq!(models(&story), [one.clone(), one.clone()], "the session's, where it has none");
    let two = named(story.status(20_000, B, 9.0), "model-two").paid(100, A, "0xd");
    assert_eq!(models(&two), [one, Some("model-two".to_owned())]);
    let s = two.session();
    assert_eq!(s.pipeline.as_deref(), Some("live-video-to-video"));
    assert_eq!(s.model.as_deref(), Some("model-one"), "the first");
    let paid = Story::served().paid(100, A, "0xd");
    assert_eq!(paid.session().model.as_deref(), Some("paid-model"));
    assert_eq!(models(&paid), [Some("paid-model".to_owned())]);
    assert_eq!(Story::served().session().model, None);
}

#[test]
fn origin_region_and_gateway() {
    let mut around = complete();
    around.add_region(&"gw".into(), T - SECOND_US, Some("us-east".into()));
    around.add_region(&"aa".into(), T - SECOND_US, Some("eu-west".into()));
    let story = Story::served();
    let s = story.in_(&around).session.1;
    assert_eq!((s.gateway.as_deref(), s.region.as_deref()), (Some("gw"), Some("us-east")));
    let both = story.clone().status(10_000, A, 9.0).last(|e| {
        e.node = "aa".into();
        e.origin = "test".into();
        e.gateway_label = Some("label".into());
    });
    let d = both.in_(&around);
    let s = d.session.1;
    assert_eq!((s.gateway.as_deref(), s.region.as_deref()), (Some("aa"), Some("eu-west")));
    assert_eq!((&*s.origin, s.gateway_label.as_deref()), ("test", Some("label")));
    assert_eq!((&*d.legs[0].1.origin, d.legs[0].1.region.as_deref()), ("test", Some("eu-west")));
    around.add_region(&"gw".into(), T + 9 * SECOND_US, Some("us-west".into()));
    let moved = story.clone().swap(10_000, A, "x").step(11_000, timeline::SEND_FIRST, Some(B));
    let regions: Vec<_> = moved.in_(&around).legs.into_iter().map(|(_, l)| l.region).collect();
    assert_eq!(regions, [Some("us-east".into()), Some("us-west".into())], "as of each start");
    let tester = derive("aiJobTesterStream-1", "r", &story.events, &[], &around).unwrap();
    assert_eq!(&*tester.session.1.origin, "test");
}

#[test]
fn a_late_report_gives_a_leg_its_address() {
    let story = Story::served().close(60_000);
    let before = story.derived();
    assert_eq!(before.legs[0].1.orchestrator, None);
    assert_eq!(&*before.legs[0].1.attribution, "NONE");
    let mut around = complete();
    let claim = Claim {
        ts_us: T + 900 * SECOND_US,
        address: "0xABC".into(),
        hot_wallet: None,
        uri: "https://A.example:8935/".into(),
    };
    around.add_claim(claim);
    let after = story.in_(&around);
    assert_eq!(after.legs[0].1.orchestrator.as_deref(), Some("0xabc"));
    assert_eq!(&*after.legs[0].1.attribution, "URI");
    assert_eq!(after.session.1.orchestrator.as_deref(), Some("0xabc"));
    assert_eq!(after.minutes[1].1.orchestrator.as_deref(), Some("0xabc"));
    let two = Story::served().swap(9000, A, "x").step(10_000, timeline::SEND_FIRST, Some(B));
    let two = two.paid(100, B, "0xdef").in_(&around).session.1;
    assert_eq!((two.orchestrator.as_deref(), two.orch_uri.as_deref()), (Some("0xdef"), Some(B)));
    let elsewhere = story.clone().paid(100, B, "0xdef").in_(&around);
    assert_eq!(&*elsewhere.legs[0].1.attribution, "URI", "a payment to another URI says nothing");
    let paid = story.paid(100, "https://a.example:8935/x", "0xdef").in_(&around);
    assert_eq!(&*paid.legs[0].1.attribution, "PAYMENT");
    assert_eq!(paid.session.1.orchestrator.as_deref(), Some("0xdef"));
}

#[test]
fn a_late_request_moves_the_start() {
    let story = Story::served().close(60_000);
    let cut = Story { events: story.events[1..].to_vec(), ..story.clone() };
    assert_eq!(cut.derived().session.0, T + SECOND_US);
    assert_eq!(story.derived().session.0, T);
    assert_eq!(cut.derived().session.1.session, story.derived().session.1.session, "same identity");
}

// Money.

#[test]
fn fees_are_summed_exactly_and_rounded_once() {
    // 1,000,000,500,000 wei each, exactly.
    let s = Story::served().paid(100, A, "0xd").paid(200, A, "0xd").session();
    assert_eq!(s.fee_wei.as_deref(), Some("2000001000000"));
    near(s.fee_eth.map(|eth| eth * 1e6), 2.000_001);
    assert_eq!(s.price_wei, Some(1500.25));
    assert_eq!(s.price_unit.as_deref(), Some("wei/pixel"));
    near(s.price_wei_per_minute.map(|p| p / 1e9), 1500.25 * 1.658_88);
    let none = Story::served().session();
    assert_eq!((none.fee_wei, none.fee_eth, none.price_wei), (None, None, None));
    let mut unknown = Story::served().paid(100, A, "0xd").paid(200, A, "0xd");
    unknown.payments[1].win_probability = None;
    assert_eq!(unknown.session().fee_wei, None, "one unknown makes the sum unknown");
    unknown.payments[1].price_unit = Some("wei/token".into());
    assert_eq!(unknown.session().price_wei_per_minute, None);
}

#[test]
fn fees_go_to_the_leg_that_ran() {
    let story = Story::served()
        .swap(9000, A, "x")
        .step(10_000, timeline::SEND_FIRST, Some(B))
        .swap(19_000, B, "x")
        .step(20_000, timeline::SEND_FIRST, Some(A))
        .paid(100, A, "0xd")
        .paid(9500, B, "0xe")
        .paid(21_000, A, "0xd")
        .paid(22_000, A, "0xd")
        .paid(23_000, "https://elsewhere.example:1", "0xf");
    let one = 1_000_000_500_000u64;
    let fees: Vec<_> =
        story.legs().into_iter().map(|l| l.fee_wei.map(|f| f.parse().unwrap())).collect();
    assert_eq!(fees, [Some(one), Some(one), Some(2 * one)]);
    assert_eq!(story.session().fee_wei.as_deref(), Some("5000002500000"), "all of them");
}

#[test]
fn payments_of_other_requests_are_left_out() {
    let mut story = Story::served().paid(100, A, "0xd");
    story.payments[0].request_id = Some("another".into());
    assert_eq!(story.session().fee_wei, None);
}

// Any input.

/// Times inside are relative to the envelope's.
fn any_what() -> impl Strategy<Value = What> {
    let kinds = prop::sample::select(vec![
        REQUEST,
        timeline::SEND_FIRST,
        timeline::RUNNER_SENDS_FIRST,
        timeline::FIRST_PROCESSED,
        timeline::FEW_PROCESSED,
        timeline::NO_ORCHESTRATORS,
        SWAP,
        timeline::CLOSED,
    ]);
    let texts = prop::sample::select(vec![
        "no orchestrators available within 2s timeout",
        "whip disconnected",
        "Error publishing: x",
        "it broke",
    ]);
    let data = prop::option::of(-2_000_000i64..2_000_000);
    let trace =
        (kinds, data.clone(), prop::option::of(texts.clone())).prop_map(|(kind, off, text)| {
            What::Trace { kind: kind.into(), data_us: off, message: text.map(Arc::from) }
        });
    let status = (
        prop::sample::select(figures::STATES.to_vec()),
        data,
        0..3i64,
        prop::option::of(0.0..40.0f64),
    )
        .prop_map(|(state, off, restarts, fps)| What::Status {
            state: Some(state.into()),
            data_us: off,
            start_us: off,
            input_fps: fps.map(|x| x + 1.0),
            output_fps: fps.map(|x| if x < 5.0 { 0.0 } else { x }),
            restart_count: Some(restarts),
        });
    let connection = (0..1000i64).prop_map(|n| What::Connection { bytes_received: Some(n) });
    let video = (0..9i64, -1.0..3.0f64).prop_map(|(n, x)| What::Track {
        track: Some("video".into()),
        packets_lost: Some(n),
        packets_received: Some(n * 7),
        last_output_s: Some(x),
        latency_s: Some(x),
    });
    let error = texts.prop_map(|text| What::Happened {
        kind: "error".into(),
        message: Some(text.into()),
        restart_count: None,
    });
    prop_oneof![4 => trace, 3 => status, 1 => connection, 1 => video, 2 => error]
}

fn any_event() -> impl Strategy<Value = Event> {
    let url = prop::sample::select(vec![None, Some(A), Some(B), Some("https://A.example:8935/")]);
    // Few times and ids, so that ties and repeated ids are common.
    let node = prop::sample::select(vec!["gw", "aa"]);
    (0..40i64, 0..60u128, url, node, any_what()).prop_map(|(at, id, url, node, mut what)| {
        let ts_us = T + at * 4_000_000;
        if let What::Trace { data_us: Some(us), .. } | What::Status { data_us: Some(us), .. } =
            &mut what
        {
            *us += ts_us;
        }
        if let What::Status { start_us: Some(us), .. } = &mut what {
            *us += ts_us;
        }
        Event {
            ts_us,
            event_id: Uuid::from_u128(id),
            item: i64::from(matches!(what, What::Track { .. })),
            node: node.into(),
            origin: "organic".into(),
            gateway_label: None,
            pipeline: (id % 3 == 0).then(|| "a-model".into()),
            orch_url: url.map(Arc::from),
            hot_wallet: None,
            what,
        }
    })
}

proptest! {
    /// Whatever the order, however often an event comes, and in however many pieces: the same rows.
    #[test]
    fn order_repetition_and_pieces_never_matter(
        events in prop::collection::vec(any_event(), 1..40),
        seed in any::<u64>(),
        through in prop::option::of(0..400i64),
    ) {
        let mut around = Surroundings::default();
        if let Some(s) = through {
            around.set_data_through(&"gw".into(), T + s * SECOND_US);
        }
        let expected = derive("s", "r", &events, &[], &around).unwrap();
        for row in rows_of(&expected) {
            prop_assert_eq!(row.check(), Ok(()));
        }
        let mut mixed = events.clone();
        let mut state = seed | 1;
        let mut next = |n: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % n
        };
        for _ in 0..events.len() {
            let again = mixed[next(mixed.len())].clone();
            mixed.push(again);
        }
        for i in (1..mixed.len()).rev() {
            mixed.swap(i, next(i + 1));
        }
        prop_assert_eq!(&derive("s", "r", &mixed, &[], &around).unwrap(), &expected);
        // In pieces: what is known grows, and at the end it is what it would have been at once.
        let mut known = Vec::new();
        let mut last = None;
        for piece in mixed.chunks(1 + next(7)) {
            known.extend_from_slice(piece);
            last = derive("s", "r", &known, &[], &around);
        }
        prop_assert_eq!(last.unwrap(), expected);
    }

    /// Legs follow one another without overlap, and their minutes are no more than the session's.
    #[test]
    fn legs_follow_one_another(events in prop::collection::vec(any_event(), 1..40)) {
        let d = derive("s", "r", &events, &[], &complete()).unwrap();
        let mut end = i64::MIN;
        for (start, leg) in &d.legs {
            prop_assert!(*start >= end);
            end = leg.ended_at.unwrap();
            prop_assert!(end >= *start);
        }
        let sum: f64 = d.minutes.iter().filter_map(|(_, m)| m.minutes).sum();
        prop_assert!((sum - d.session.1.minutes.unwrap_or(0.0)).abs() < 1e-9);
    }
}
