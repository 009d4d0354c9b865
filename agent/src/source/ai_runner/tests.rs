use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::source::testing::{Reply, ok, serve};

const UUID: &str = "GPU-11111111-2222-3333-4444-555555555555";
const PATHS: [&str; 4] = ["/health", "/version", "/hardware/info", "/hardware/stats"];

fn runner(path: &str) -> Reply {
    let gpu = |more: Value| {
        let mut gpu = json!({ "id": UUID, "name": "G", "memory_total": 10, "memory_free": 4 });
        gpu.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "0": gpu })
    };
    match path {
        "/health" => ok(json!({ "status": "IDLE" })),
        "/version" => ok(json!({ "pipeline": "p", "model_id": "m", "version": "0.14.1" })),
        "/hardware/info" => ok(json!({ "gpu_info": gpu(json!({ "major": 12, "minor": 0 })) })),
        "/hardware/stats" => ok(json!({ "gpu_stats": gpu(
            json!({ "utilization_compute": 55, "utilization_memory": 7 })) })),
        _ => Reply::Whole(404, Vec::new()),
    }
}

const SECOND: Duration = Duration::from_secs(1);

fn later(now: Now, s: u64) -> Now {
    Now { wall_us: now.wall_us, at: now.at + Duration::from_secs(s) }
}

fn value(row: &Row, field: &str) -> String {
    format!("{:?}", row.get(field))
}

#[tokio::test]
async fn a_runner_is_found_known_and_its_gpus_hashed() {
    let server = serve(runner).await;
    let port = server.address.port();
    let mut source = AiRunners::on(SECOND, &[], vec![port]);
    let start = Now::read();
    let reading = source.read(start).await.unwrap();
    assert!(reading.failed.is_none() && reading.drops.is_empty());
    assert_eq!(reading.rows.len(), 2);
    let (runner, gpu) = (&reading.rows[0], &reading.rows[1]);
    assert!(value(runner, "target").contains(&format!("runner-{port}")));
    for (field, text) in [("pipeline", "p"), ("model", "m"), ("status", "IDLE")] {
        assert!(value(runner, field).contains(text), "{field}");
    }
    assert_eq!(gpu.get("gpu_id"), Some(&naap_schema::Value::text(identity::gpu_id(UUID))));
    assert_eq!(gpu.get("utilisation_compute_pct"), Some(&naap_schema::Value::F64(55.0)));
    assert_eq!(gpu.get("compute_major"), Some(&naap_schema::Value::I64(12)));
    assert!(!format!("{reading:?}").contains("GPU-1111"), "the UUID goes no further");
    source.read(later(start, 10)).await.unwrap();
    assert_eq!((server.times("/version"), server.times("/hardware/stats")), (1, 2));
    drop(server);
    assert!(source.read(later(start, 20)).await.is_err());
    assert!(source.read(later(start, 30)).await.unwrap().rows.is_empty(), "it is gone");
}

#[tokio::test]
async fn what_is_no_runner_is_asked_for_its_health_only() {
    for health in [json!({ "status": "healthy" }), json!("OK"), json!({ "status": 7 })] {
        let server = serve(move |_| ok(&health)).await;
        let mut source = AiRunners::on(SECOND, &[], vec![server.address.port()]);
        let start = Now::read();
        for s in (0..600).step_by(10) {
            assert!(source.read(later(start, s)).await.unwrap().rows.is_empty());
        }
        assert_eq!(server.asked(), ["GET /health HTTP/1.1"], "once in ten minutes");
    }
    // Another program that is OK, too, but no runner.
    let server = serve(|path| match path {
        "/health" => ok(json!({ "status": "OK" })),
        _ => Reply::Elsewhere("/shutdown".into()),
    })
    .await;
    let mut source = AiRunners::on(SECOND, &[], vec![server.address.port()]);
    assert!(source.read(Now::read()).await.unwrap().rows.is_empty());
    for line in server.asked() {
        assert!(PATHS.iter().any(|p| line == format!("GET {p} HTTP/1.1")), "{line}");
    }
}

#[tokio::test]
async fn one_that_hangs_costs_no_other_its_rows() {
    let (good, bad) = (serve(runner).await, serve(|_| Reply::Hang).await);
    let mut source = AiRunners::new(SECOND, &[good.url(), bad.url()], false);
    let reading = source.read(Now::read()).await.unwrap();
    assert_eq!(reading.rows.len(), 2);
    assert!(value(&reading.rows[0], "target").contains("url-1"));
    assert!(matches!(reading.failed, Some(SourceError::Timeout(_))));
}

#[test]
fn every_port_is_tried_once() {
    let ports = AiRunners::new(SECOND, &[], true).ports;
    assert_eq!(ports.len(), 160);
    assert!(ports.contains(&8000) && ports.contains(&8915) && !ports.contains(&8016));
}

proptest! {
    #[test]
    fn wrong_stats_never_panic(n in any::<i64>(), s in "\\PC{0,300}", many in 0_usize..200) {
        let gpus: Map<String, Value> = (0..many)
            .map(|i| (i.to_string(), json!({ "id": i.to_string(), "name": s, "memory_total": n,
                "utilization_compute": n })))
            .chain([("x".to_owned(), json!(n)), (s.clone(), json!({ "id": s }))])
            .collect();
        for stats in [json!({ "gpu_stats": gpus }), json!({ "gpu_stats": n }), json!({ "gpu_stats": [s] })] {
            let mut look = Look { target: "t".into(), known: None, rows: Vec::new(),
                drops: Drops::new(), error: None };
            super::gpus(&mut look, stats.as_object().unwrap(), &BTreeMap::new(), 1);
            prop_assert!(look.rows.len() <= limits::RUNNER_GPUS);
            for row in look.rows { prop_assert_eq!(row.check(), Ok(())); }
        }
    }
}
