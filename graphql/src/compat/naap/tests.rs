use std::collections::BTreeMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
use serde_json::{Value, json};

use super::types::PipelineModelMins;
use super::*;

/// Fields of a type: what they give, and their arguments.
type Fields = BTreeMap<String, (String, BTreeMap<String, String>)>;

/// Object types of a schema's text, without descriptions and in no order.
fn shape(sdl: &str) -> BTreeMap<String, Fields> {
    let mut out = BTreeMap::new();
    for definition in parse_schema(sdl).unwrap().definitions {
        let TypeSystemDefinition::Type(ty) = definition else { continue };
        let TypeKind::Object(object) = ty.node.kind else { continue };
        let field =
            |field: async_graphql::Positioned<async_graphql::parser::types::FieldDefinition>| {
                let field = field.node;
                let arguments = field.arguments.into_iter().map(|a| {
                    assert!(a.node.default_value.is_none(), "{}", a.node.name.node);
                    (a.node.name.node.to_string(), a.node.ty.node.to_string())
                });
                (field.name.node.to_string(), (field.ty.node.to_string(), arguments.collect()))
            };
        out.insert(ty.node.name.node.to_string(), object.fields.into_iter().map(field).collect());
    }
    out
}

fn sdl() -> String {
    Schema::build(DashboardQuery, EmptyMutation, EmptySubscription).finish().sdl()
}

#[test]
fn the_schema_is_that_of_the_contract() {
    let file = std::env::var_os("NAAP_SAMPLES")
        .map(|dir| std::path::PathBuf::from(dir).join("naap_dashboard_schema.graphql"))
        .filter(|file| file.is_file());
    let Some(file) = file else {
        eprintln!("SKIPPED: the contract is not here; NAAP_SAMPLES names its folder");
        return;
    };
    let contract = shape(&std::fs::read_to_string(file).unwrap());
    let ours = shape(&sdl());
    for (name, fields) in &contract {
        assert_eq!(ours.get(name), Some(fields), "{name}");
    }
    assert_eq!(ours.keys().collect::<Vec<_>>(), contract.keys().collect::<Vec<_>>());
}

#[test]
fn every_root_may_be_null() {
    for (name, (ty, _)) in &shape(&sdl())["Query"] {
        assert!(!ty.ends_with('!'), "{name}: {ty}");
    }
}

#[test]
fn times_are_hours_or_days() {
    for (text, expected) in
        [(None, 24), (Some("1"), 1), (Some("24h"), 24), (Some("7d"), 168), (Some(" 30d "), 720)]
    {
        assert_eq!(hours("timeframe", text).unwrap(), expected, "{text:?}");
    }
    for text in ["", "h", "0", "-1", "31d", "721", "1.5", "24 h", "99999", "ten", "٣"] {
        let error = hours("timeframe", Some(text)).unwrap_err();
        assert!(error.message.contains("from 1 to 720"), "{text}: {}", error.message);
    }
    let span = window(24, 1_790_000_000_000_001);
    assert_eq!(span.to_us % FIVE_MINUTES_US, 0);
    assert_eq!(span.to_us - span.from_us, 24 * HOUR_US);
}

struct Root;

#[Object]
impl Root {
    async fn pipelines(&self, ctx: &Context<'_>) -> Option<Vec<PipelineUsage>> {
        let row = |name: &str, fps| PipelineUsage {
            name: name.into(),
            mins: Some(2.0),
            sessions: 3,
            fps,
            models: vec![PipelineModelMins {
                model: "m".into(),
                mins: Some(2.0),
                sessions: 3,
                fps,
            }],
        };
        complete(ctx, vec![row("a", Some(20.0)), row("b", None)], &types::PIPELINE_NEEDS)
    }

    async fn fees(&self) -> Result<Option<FeesInfo>> {
        Err(Error::new("the database gave no answer"))
    }

    async fn gpu_capacity(&self) -> Option<GpuCapacity> {
        Some(GpuCapacity { total: Some(3), models: Vec::new(), pipelines: Vec::new() })
    }

    async fn kpi(&self) -> Option<Kpi> {
        let sums = crate::read::sums::Sums::default();
        Some(Kpi { hours: 24, now: Activity::new(&sums, 2), before: Activity::new(&sums, 5) })
    }
}

async fn run(query: &str) -> Value {
    let schema = Schema::build(Root, EmptyMutation, EmptySubscription);
    let schema = schema.extension(nulls::NullRoots).finish();
    serde_json::to_value(schema.execute(query).await).unwrap()
}

#[tokio::test]
async fn what_is_not_known_is_an_error_and_its_root_null() {
    let all = run("{ gpuCapacity { totalGPUs activeGPUs } kpi { timeframeHours } }").await;
    assert_eq!(all["data"], json!({ "gpuCapacity": null, "kpi": { "timeframeHours": 24 } }));
    let error = &all["errors"][0];
    assert_eq!(error["extensions"]["code"], "UNKNOWN");
    assert_eq!(error["path"], json!(["gpuCapacity", "activeGPUs"]));
    let two = run("{ gpuCapacity { activeGPUs } fees { totalEth } kpi { timeframeHours } }").await;
    let expected = json!({ "kpi": { "timeframeHours": 24 }, "gpuCapacity": null, "fees": null });
    assert_eq!(two["data"], expected);
    let alone = run("{ all: fees { totalEth } }").await;
    assert_eq!(alone["data"], json!({ "all": null }));
    let some = run("{ gpuCapacity { totalGPUs models { count } } }").await;
    assert_eq!(some, json!({ "data": { "gpuCapacity": { "totalGPUs": 3, "models": [] } } }));
}

#[tokio::test]
async fn nothing_asked_is_no_success_and_no_failure() {
    let idle = run("{ kpi { dailySessionCount { value delta } dailyUsageMins { value } orchestratorsObserved { value delta } } }").await;
    let expected = json!({
        "dailySessionCount": { "value": 0.0, "delta": 0.0 },
        "dailyUsageMins": { "value": 0.0 },
        "orchestratorsObserved": { "value": 2.0, "delta": -3.0 },
    });
    assert_eq!(idle["data"]["kpi"], expected);
    let rate = run("{ kpi { successRate { value } } }").await;
    assert_eq!(rate["data"]["kpi"], Value::Null);
    assert_eq!(rate["errors"][0]["path"], json!(["kpi", "successRate", "value"]));
}

#[tokio::test]
async fn rows_that_need_what_is_not_known_are_left_out_and_counted() {
    let whole = run("{ pipelines { name avgFps modelMins { model avgFps } } }").await;
    let a =
        json!([{ "name": "a", "avgFps": 20.0, "modelMins": [{ "model": "m", "avgFps": 20.0 }] }]);
    assert_eq!(whole["data"]["pipelines"], a);
    let error = &whole["errors"][0];
    assert_eq!(
        (&error["path"], &error["extensions"]["code"]),
        (&json!(["pipelines"]), &json!("UNKNOWN"))
    );
    assert!(error["message"].as_str().unwrap().starts_with("1 of 2 rows are left out"));
    let fewer = run("{ pipelines { name mins color } }").await;
    assert_eq!(fewer["data"]["pipelines"].as_array().map(Vec::len), Some(2));
    assert_eq!(fewer.get("errors"), None);
    // Also where the field is called otherwise, and inside of a list.
    let models = run("{ pipelines { name modelMins { fps: avgFps } } }").await;
    assert_eq!(models["data"]["pipelines"][1], json!({ "name": "b", "modelMins": null }));
}
