//! Jobs from their events.

use proptest::prelude::*;
use proptest::strategy::Union;

use super::*;
use crate::limits::{HOUR_US, SECOND_US};
use naap_schema::generated::JobEvent as JobRow;

const T: i64 = 480_000 * HOUR_US;

fn event(n: u128, topic: &str, event_type: &str) -> JobEvent {
    let row = JobRow {
        event_id: Uuid::from_u128(n),
        item: 0,
        origin: "organic".into(),
        topic: topic.into(),
        event_type: event_type.into(),
        request_id: Some("r-1".into()),
        ..JobRow::default()
    };
    let second = i64::try_from(n % 1000).unwrap();
    JobEvent::of(&row.at(T + second * SECOND_US), &"gw-1".into()).unwrap()
}

fn received(n: u128) -> JobEvent {
    JobEvent {
        pipeline: Some("text-to-image".into()),
        model: Some("stabilityai/sd-turbo".into()),
        ..event(n, "ai_batch_request", "ai_batch_request_received")
    }
}

fn completed(n: u128, success: bool) -> JobEvent {
    JobEvent {
        success: Some(i64::from(success)),
        tries: Some(1),
        duration_ms: Some(4000.0),
        orch_url: Some("https://Orch.example:8935/".into()),
        latency_score: Some(0.9),
        price_wei_per_unit: Some(12.5),
        ..received(n)
    }
    .of_type("ai_batch_request_completed")
}

fn attempt(n: u128, attempt: i64, event_type: &str) -> JobEvent {
    JobEvent {
        attempt: Some(attempt),
        capability: Some("openai-chat-completions".into()),
        orch_url: Some(format!("https://o{attempt}.example").into()),
        orch_address: Some("0xhot".into()),
        ..event(n, "job_gateway", event_type)
    }
}

impl JobEvent {
    fn of_type(self, event_type: &str) -> Self {
        Self { event_type: event_type.into(), ..self }
    }

    fn with_error(self, error: &str) -> Self {
        Self { error: Some(error.into()), ..self }
    }
}

fn derived_at(kind: Kind, events: &[JobEvent], data_through_us: i64) -> (i64, Job) {
    let around = Around {
        region: &|node, ts| (node == "gw-1" && ts >= T).then(|| "eu-west".into()),
        orchestrator: &|uri, wallet, _| {
            let by_uri = uri.map(|u| Arc::from(format!("of {u}")));
            by_uri.or_else(|| wallet.map(Arc::from))
        },
        data_through_us,
    };
    derive("r-1", kind, events, &around).unwrap()
}

fn derived(kind: Kind, events: &[JobEvent]) -> Job {
    derived_at(kind, events, T + HOUR_US / 2).1
}

fn counts(job: &Job) -> [Option<i64>; 4] {
    [job.requested, job.served, job.unserved, job.failed]
}

#[test]
fn a_batch_job_that_went_well() {
    let (ts, job) = derived_at(Kind::Batch, &[completed(4, true), received(0)], T);
    assert_eq!(ts, T);
    assert_eq!((&*job.kind, &*job.outcome, &*job.formula), ("batch", "SERVED", "2026.1"));
    assert_eq!(job.job, job_id(Kind::Batch, "r-1"));
    assert_eq!(job.request_id.as_deref(), Some("r-1"));
    assert_eq!((job.gateway.as_deref(), job.region.as_deref()), (Some("gw-1"), Some("eu-west")));
    assert_eq!(job.pipeline.as_deref(), Some("text-to-image"));
    assert_eq!(job.model.as_deref(), Some("stabilityai/sd-turbo"));
    assert_eq!(job.orch_uri.as_deref(), Some("https://orch.example:8935"));
    assert_eq!(job.orchestrator.as_deref(), Some("of https://orch.example:8935"));
    assert_eq!((job.completed_at, job.duration_ms), (Some(T + 4 * SECOND_US), Some(4000.0)));
    assert_eq!((job.tries, job.error_type.as_deref()), (Some(1), None));
    assert_eq!((job.latency_score, job.price_wei_per_unit), (Some(0.9), Some(12.5)));
    assert_eq!((job.prompt_tokens, job.first_token_ms), (None, None));
    assert_eq!(counts(&job), [Some(1), Some(1), Some(0), Some(0)]);
}

#[test]
fn a_failure_is_of_a_kind() {
    let of = |e: JobEvent| {
        let job = derived(Kind::Batch, &[received(0), e]);
        (job.outcome.to_string(), job.error_type.map(|t| t.to_string()).unwrap_or_default())
    };
    let failed = || completed(4, false);
    let typed = |t: &str| of(JobEvent { error_type: Some(t.into()), ..failed() });
    let said = |t: &str| of(failed().with_error(t));
    let is = |got: (String, String), kind: &str| {
        assert_eq!((&*got.0, &*got.1), ("FAILED", kind));
    };
    is(typed("worker_error"), "RUNNER");
    is(typed("timeout"), "TIMEOUT");
    is(typed("bad_request"), "CLIENT");
    is(typed("something new"), "OTHER");
    is(said("dial tcp 10.0.0.1:8935: connection refused"), "CONNECTION");
    is(said("context deadline exceeded"), "TIMEOUT");
    is(said("insufficient capacity"), "CAPACITY");
    is(said("Insufficient balance"), "PAYMENT");
    is(said("Unauthorized"), "AUTH");
    is(said("strange"), "OTHER");
    is(of(JobEvent { http_status: Some(500), ..failed() }), "RUNNER");
    is(of(JobEvent { http_status: Some(404), ..failed() }), "CLIENT");
    is(of(JobEvent { http_status: Some(503), ..failed() }), "CAPACITY");
    // The gateway's own word says more than the text, and the text more than the status.
    is(
        of(JobEvent { error_type: Some("timeout".into()), ..failed().with_error("worker") }),
        "TIMEOUT",
    );
    is(of(JobEvent { http_status: Some(500), ..failed().with_error("ticket expired") }), "PAYMENT");
    // It failed, and nothing says why.
    is(of(failed()), "");
    let none = typed("no_orchestrators");
    assert_eq!((&*none.0, &*none.1), ("NO_ORCHESTRATOR", "NO_ORCHESTRATOR"));
    let none = said("No orchestrators available within 2s timeout");
    assert_eq!(&*none.0, "NO_ORCHESTRATOR");
}

#[test]
fn no_orchestrator_only_if_every_error_says_so() {
    let none = completed(4, false).with_error("no orchestrators available");
    let job = derived(Kind::Batch, &[received(0), none.clone()]);
    assert_eq!(counts(&job), [Some(1), Some(0), Some(1), Some(0)]);
    let job = derived(Kind::Batch, &[received(0), completed(3, false).with_error("worker"), none]);
    assert_eq!(&*job.outcome, "FAILED");
    assert_eq!(counts(&job), [Some(1), Some(0), Some(0), Some(1)]);
}

#[test]
fn a_beginning_is_open_for_an_hour_and_then_unknown() {
    let at = |us: i64| derived_at(Kind::Batch, &[received(0)], us).1;
    assert_eq!(&*at(T).outcome, "OPEN");
    assert_eq!(&*at(T + HOUR_US - 1).outcome, "OPEN");
    let unknown = at(T + HOUR_US);
    assert_eq!(&*unknown.outcome, "UNKNOWN");
    assert_eq!((unknown.completed_at, unknown.duration_ms), (None, None));
    assert_eq!(counts(&unknown), [Some(0); 4]);
    assert_eq!(unknown.model.as_deref(), Some("stabilityai/sd-turbo"));
}

#[test]
fn an_end_without_its_beginning_counts() {
    let (ts, job) = derived_at(Kind::Batch, &[completed(4, true)], T + 5 * HOUR_US);
    assert_eq!((ts, &*job.outcome), (T + 4 * SECOND_US, "SERVED"));
}

#[test]
fn an_llm_request_is_one_job_of_two_topics() {
    let started = JobEvent {
        model: Some("meta-llama/Llama-3.1-8B-Instruct".into()),
        ..event(1, "ai_llm_request", "llm_request_started")
    };
    let answer = JobEvent {
        prompt_tokens: Some(120),
        completion_tokens: Some(200),
        tokens_per_second: Some(80.0),
        first_token_ms: Some(180.0),
        duration_ms: Some(2500.0),
        orch_url: Some("https://o.example".into()),
        finish_reason: Some("stop".into()),
        ..event(4, "ai_llm_request", "llm_stream_completed")
    };
    let whole = JobEvent {
        pipeline: Some("llm".into()),
        model: Some("meta-llama/Llama-3.1-8B-Instruct".into()),
        success: Some(1),
        duration_ms: Some(2600.0),
        tries: Some(2),
        ..event(3, "ai_batch_request", "ai_batch_request_completed")
    };
    for e in [&started, &answer, &whole] {
        assert_eq!(e.job(), Some((Kind::Llm, "r-1".into())));
    }
    let job = derived(Kind::Llm, &[answer.clone(), whole, started.clone()]);
    assert_eq!((&*job.outcome, job.pipeline.as_deref()), ("SERVED", Some("llm")));
    assert_eq!((job.prompt_tokens, job.completion_tokens), (Some(120), Some(200)));
    assert_eq!((job.tokens_per_second, job.first_token_ms), (Some(80.0), Some(180.0)));
    // How long the whole took, not the answer alone.
    assert_eq!((job.duration_ms, job.tries), (Some(2600.0), Some(2)));
    assert_eq!(job.orch_uri.as_deref(), Some("https://o.example:443"));
    // The answer alone says no success: nothing speaks against it, or something does.
    assert_eq!(&*derived(Kind::Llm, &[started.clone(), answer.clone()]).outcome, "SERVED");
    let broken = JobEvent { finish_reason: Some("error".into()), ..answer.clone() };
    assert_eq!(&*derived(Kind::Llm, &[started.clone(), broken]).outcome, "FAILED");
    let broken = answer.with_error("runner gone");
    assert_eq!(&*derived(Kind::Llm, &[started, broken]).outcome, "FAILED");
}

#[test]
fn a_byoc_job_is_served_if_any_attempt_is() {
    let events = [
        attempt(0, 0, "job_gateway_submitted"),
        JobEvent {
            success: Some(0),
            duration_ms: Some(900.0),
            ..attempt(2, 0, "job_gateway_completed")
        }
        .with_error("connection reset"),
        attempt(3, 1, "job_gateway_submitted"),
        JobEvent {
            success: Some(1),
            duration_ms: Some(1000.0),
            data_us: Some(T + 4_500_000),
            ..attempt(5, 1, "job_gateway_completed")
        },
    ];
    let job = derived(Kind::Byoc, &events);
    assert_eq!((&*job.outcome, job.error_type, job.tries), ("SERVED", None, Some(2)));
    assert_eq!(
        (job.pipeline.as_deref(), job.model.as_deref()),
        (Some("byoc"), Some("openai-chat-completions"))
    );
    assert_eq!(job.orch_uri.as_deref(), Some("https://o1.example:443"));
    // By the time inside, from the first attempt on.
    assert_eq!((job.completed_at, job.duration_ms), (Some(T + 4_500_000), Some(4500.0)));
    let job = derived(Kind::Byoc, &events[..2]);
    assert_eq!((&*job.outcome, job.error_type.as_deref()), ("FAILED", Some("CONNECTION")));
    assert_eq!((job.tries, job.duration_ms), (Some(1), Some(900.0)));
}

#[test]
fn a_time_inside_that_is_far_off_is_not_believed() {
    let end = JobEvent { data_us: Some(T + 400 * 24 * HOUR_US), ..completed(4, true) };
    assert_eq!(derived(Kind::Batch, &[end]).completed_at, Some(T + 4 * SECOND_US));
}

#[test]
fn discovery_and_tokens_that_fail_are_failures() {
    let step = |n, event_type: &str, success| JobEvent {
        success: Some(success),
        ..attempt(n, 0, event_type)
    };
    let discovery = step(1, "job_orchestrator_discovery_result", 0);
    let job = derived(Kind::Byoc, std::slice::from_ref(&discovery));
    assert_eq!((&*job.outcome, job.completed_at), ("NO_ORCHESTRATOR", None));
    let token = step(1, "job_orchestrator_token_fetch_result", 0).with_error("tls handshake");
    let job = derived(Kind::Byoc, std::slice::from_ref(&token));
    assert_eq!((&*job.outcome, job.error_type.as_deref()), ("FAILED", Some("CONNECTION")));
    // One of several that does not answer stops no job.
    let events = [
        token,
        step(1, "job_orchestrator_token_fetch_result", 1),
        attempt(2, 0, "job_gateway_submitted"),
        step(3, "job_gateway_completed", 1),
    ];
    let events: Vec<_> = (10u128..)
        .zip(events)
        .map(|(n, e)| JobEvent { event_id: Uuid::from_u128(n), ..e })
        .collect();
    assert_eq!(&*derived(Kind::Byoc, &events).outcome, "SERVED");
    // All went well so far.
    let open = derived(Kind::Byoc, &events[1..3]);
    assert_eq!((&*open.outcome, open.tries), ("OPEN", Some(1)));
}

#[test]
fn which_events_are_of_a_job() {
    let job = |e: JobEvent| e.job().map(|(kind, _)| kind);
    assert_eq!(job(received(0)), Some(Kind::Batch));
    assert_eq!(job(attempt(0, 0, "job_gateway_submitted")), Some(Kind::Byoc));
    for topic in ["job_payment", "job_auth", "job_orchestrator", "worker_lifecycle"] {
        assert_eq!(job(event(0, topic, "payment_stream_cycle")), None);
    }
    let anonymous = |e: JobEvent| JobEvent { request_id: None, ..e };
    assert_eq!(job(anonymous(received(0))), None);
    assert_eq!(job(anonymous(attempt(0, 0, "job_gateway_submitted"))), None);
    // Each end of an attempt that names no request is a job of its own.
    let alone = anonymous(JobEvent { success: Some(1), ..attempt(7, 0, "job_gateway_completed") });
    let (kind, id) = alone.job().unwrap();
    assert_eq!((kind, &*id), (Kind::Byoc, &*Uuid::from_u128(7).to_string()));
    assert_eq!(derived(Kind::Byoc, &[alone]).request_id, None);
}

#[test]
fn ids_differ_by_kind_and_request() {
    let ids = [
        job_id(Kind::Batch, "a"),
        job_id(Kind::Llm, "a"),
        job_id(Kind::Byoc, "a"),
        job_id(Kind::Batch, "b"),
    ];
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), 4);
    // Written down: stored rows hold it.
    let digest = Sha256::digest(b"naap-job\x62atch\0a");
    assert_eq!(ids[0].as_bytes(), &digest[..16]);
}

#[test]
fn the_same_event_of_two_agents_is_one_and_the_lowest_node_reported_it() {
    let second = |e: &JobEvent| JobEvent { node: "gw-0".into(), ..e.clone() };
    let events = [attempt(0, 0, "job_gateway_submitted"), completed(4, true)];
    let both = [second(&events[0]), events[0].clone(), second(&events[1]), events[1].clone()];
    let job = derived(Kind::Byoc, &both);
    assert_eq!((job.gateway.as_deref(), job.tries), (Some("gw-0"), Some(1)));
    assert_eq!(
        Job { gateway: None, region: None, ..job },
        Job { gateway: None, region: None, ..derived(Kind::Byoc, &events) }
    );
}

#[test]
fn a_batch_pipeline_is_canonical_and_never_a_live_model() {
    let of = |name: &str| {
        let e = JobEvent { pipeline: Some(name.into()), ..received(0) };
        derived(Kind::Batch, &[e]).pipeline.map(|p| p.to_string())
    };
    assert_eq!(of("Text to image").as_deref(), Some("text-to-image"));
    assert_eq!(of("Lip_Sync").as_deref(), Some("lip-sync"));
}

#[test]
fn nothing_gives_nothing() {
    let around = Around { region: &|_, _| None, orchestrator: &|_, _, _| None, data_through_us: 0 };
    assert!(derive("r", Kind::Batch, &[], &around).is_none());
    let row = naap_schema::Row::empty(&naap_schema::generated::GAP, T);
    assert_eq!(JobEvent::of(&row, &"gw-1".into()), None);
}

fn some_event() -> impl Strategy<Value = JobEvent> {
    let kinds = [
        received(0),
        completed(0, true),
        completed(0, false),
        completed(0, false).with_error("no orchestrators"),
        attempt(0, 0, "job_gateway_submitted"),
        attempt(0, 1, "job_gateway_completed").with_error("worker"),
    ];
    let kinds = Union::new(kinds.map(|e| Just(e).boxed()));
    (kinds, 0i64..5, 0u128..8, 0usize..2).prop_map(|(e, s, id, node)| JobEvent {
        ts_us: T + s * SECOND_US,
        event_id: Uuid::from_u128(id),
        node: format!("gw-{node}").into(),
        ..e
    })
}

proptest! {
    #[test]
    fn order_and_repetition_change_nothing((events, shuffled) in prop::collection::vec(some_event(), 1..10)
        .prop_map(|events| {
            // An id stands for one event, whichever agent tells of it.
            let mut by_id = std::collections::BTreeMap::new();
            for e in events {
                let node = Arc::clone(&e.node);
                let first = by_id.entry(e.event_id).or_insert_with(|| vec![e.clone()])[0].clone();
                by_id.get_mut(&e.event_id).unwrap().push(JobEvent { node, ..first });
            }
            by_id.into_values().flatten().collect::<Vec<_>>()
        })
        .prop_flat_map(|e| (Just(e.clone()), Just([e.clone(), e].concat()).prop_shuffle())))
    {
        for kind in [Kind::Batch, Kind::Llm, Kind::Byoc] {
            let (ts, job) = derived_at(kind, &events, T + HOUR_US);
            prop_assert_eq!((ts, &job), { let (t, j) = derived_at(kind, &shuffled, T + HOUR_US); (t, &j.clone()) });
            let counted: i64 = counts(&job)[1..].iter().flatten().sum();
            prop_assert_eq!(Some(counted), job.requested);
            job.at(ts).check().unwrap();
        }
    }
}
