use async_graphql::{EmptyMutation, Request, Schema, Variables};
use axum::body::Body;
use axum::http::Request as HttpRequest;
use http_body_util::BodyExt;
use serde_json::json;
use tower::ServiceExt;

use super::*;
use crate::schema::{NaapSchema, Query as Root, Subscription};

fn schema() -> NaapSchema {
    Schema::build(Root::default(), EmptyMutation, Subscription)
        .limit_depth(limits::DEPTH)
        .limit_complexity(limits::COMPLEXITY)
        .finish()
}

fn sdl() -> Sdl {
    Sdl::parse(&schema().sdl()).unwrap()
}

fn routes() -> Vec<Route> {
    let sdl = sdl();
    let made = table::DEFS.iter().map(|def| {
        Route::new(&sdl, def).unwrap_or_else(|| panic!("the schema has no {}", def.name))
    });
    made.collect()
}

/// A value that a parameter takes.
fn some(takes: &Takes) -> Value {
    match takes {
        Takes::Text => "x".into(),
        Takes::Texts => json!(["x"]),
        Takes::Int(most) => (*most).into(),
        Takes::Float(_) => 1.into(),
        Takes::Bool => true.into(),
        Takes::Time => 0.into(),
        Takes::Word(words) => words[0].as_str().into(),
        Takes::Words(words) => json!([words[0]]),
    }
}

#[test]
fn every_list_of_the_schema_is_served() {
    let sdl = sdl();
    for field in sdl.fields("Query") {
        let (ty, list) = crate::sdl::core(&field.ty.node);
        let lists = sdl.fields(ty).filter(|f| crate::sdl::core(&f.ty.node).1);
        let some = list || lists.count() > 0;
        let name = field.name.node.as_str();
        let here = table::DEFS.iter().any(|def| def.field == name);
        let left_out = table::NOT_SERVED.iter().any(|(field, _)| *field == name) || !some;
        assert!(here || left_out, "{name} needs a line in rest/table.rs");
    }
}

#[test]
fn names_are_distinct_and_of_one_form() {
    for route in routes() {
        let shapes = [Some(&route.shape), route.total.as_ref()];
        for shape in shapes.into_iter().flatten() {
            let mut names: Vec<&str> = shape.columns.iter().map(|c| c.name.as_str()).collect();
            for name in &names {
                let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
                assert!(name.chars().all(plain), "{}: {name}", route.def.name);
            }
            let n = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), n, "{}: a column stands twice", route.def.name);
        }
        let mut params: Vec<&str> = route.params.iter().map(|p| p.name.as_str()).collect();
        let n = params.len();
        params.sort_unstable();
        params.dedup();
        assert_eq!(params.len(), n, "{}: a parameter stands twice", route.def.name);
        assert!(!params.contains(&FORMAT), "{}", route.def.name);
        assert!(!route.about.is_empty(), "{}", route.def.name);
    }
}

/// The largest page with every parameter fits into the limits of every query, and every document fits
/// the schema: what is left to complain of is that there is no database here.
#[tokio::test]
async fn documents_fit_the_schema_and_its_limits() {
    let schema = schema();
    for route in routes() {
        for all in [false, true] {
            let wanted = route.params.iter().filter(|p| p.required || all || p.name == "first");
            let given: Given = wanted.map(|p| (p.name.clone(), some(&p.takes))).collect();
            let variables = params::variables(&route.params, given);
            for shape in [Some(&route.shape), route.total.as_ref()].into_iter().flatten() {
                let document = route.document(shape, |arg| variables.contains_key(arg));
                crate::request::prepare(crate::request::Params::of(document.clone(), &Value::Null))
                    .unwrap();
                let request = Request::new(&document)
                    .variables(Variables::from_json(variables.clone().into()));
                let answer = schema.execute(request).await;
                for error in answer.errors {
                    assert!(!error.path.is_empty(), "{document}: {}", error.message);
                }
            }
        }
    }
    let (document, variables) = discovery::question(&Given::new()).unwrap();
    crate::request::prepare(crate::request::Params::of(document.clone(), &Value::Null)).unwrap();
    let request = Request::new(&document).variables(Variables::from_json(variables));
    let answer = schema.execute(request).await;
    assert!(answer.errors.iter().all(|e| !e.path.is_empty()), "{:?}", answer.errors);
}

#[test]
fn values_are_never_part_of_a_document() {
    let routes = routes();
    let demand = routes.iter().find(|r| r.def.name == "demand").unwrap();
    let hostile = "x\") { groups { key { value } } } #";
    let query = format!("/v1/demand?model={}&groupBy=model", hex_escaped(hostile));
    let asked = Asked::read(demand, &query.parse().unwrap(), &HeaderMap::new()).unwrap();
    assert_eq!(asked.variables["where"]["model"], json!([hostile]));
    assert_eq!(asked.by, ["MODEL"]);
    let document = demand.document(&demand.shape, |arg| asked.variables.contains_key(arg));
    let head =
        "query($groupBy: [Dimension!], $where: Scope) { demand(groupBy: $groupBy, where: $where) {";
    assert!(document.starts_with(head), "{document}");
}

fn hex_escaped(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02x}")).collect()
}

/// The committed document; `UPDATE_GOLDEN=1` rewrites it.
#[test]
fn the_document_is_the_committed_one() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let document = openapi::document(&sdl(), &routes());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &document).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        document == committed,
        "graphql/openapi.json is stale: UPDATE_GOLDEN=1 cargo test -p naap-graphql"
    );
    let value: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(value["openapi"], "3.1.0");
    assert_eq!(value["paths"].as_object().map(serde_json::Map::len), Some(routes().len() + 1));
}

fn group(model: Value, requested: i64) -> Value {
    json!({
        "key": [{ "dimension": "MODEL", "value": model }],
        "points": [{ "time": "2026-05-01T12:00:00.000Z", "requested": requested, "startupMs": { "n": 1, "sum": null } }],
        "total": { "requested": requested },
    })
}

#[test]
fn answers_become_rows() {
    let routes = routes();
    let demand = routes.iter().find(|r| r.def.name == "demand").unwrap();
    let answer = json!({ "bucket": "H1", "groups": [group("m".into(), 3), group(Value::Null, 4)] });
    let table = Table::new(&demand.shape, &["MODEL".to_owned()], answer.clone());
    let at = |name: &str| table.columns.iter().position(|c| c.name == name);
    assert_eq!(at("model"), Some(0), "the key comes first");
    assert_eq!(at("region"), None, "not grouped by");
    let cells = |name: &str| -> Vec<Value> {
        table.rows.iter().map(|row| row[at(name).unwrap()].clone()).collect()
    };
    assert_eq!(cells("model"), [json!("m"), Value::Null]);
    assert_eq!(cells("requested"), [json!(3), json!(4)]);
    assert_eq!(cells("startup_ms_n"), [json!(1), json!(1)]);
    assert_eq!(cells("startup_ms_sum"), [Value::Null, Value::Null]);
    assert_eq!(table.meta["bucket"], "H1");
    let total = Table::new(demand.total.as_ref().unwrap(), &[], answer);
    assert_eq!(total.rows.len(), 2);
    assert!(total.columns.iter().all(|c| c.name != "time"));
    let legs = routes.iter().find(|r| r.def.name == "legs").unwrap();
    let answer = json!({ "nodes": [{ "id": "s", "legs": [{ "index": 0, "orchestrator": null }, { "index": 1, "orchestrator": { "uri": "u" } }] }],
        "pageInfo": { "hasNextPage": true, "endCursor": "ab" } });
    let table = Table::new(&legs.shape, &[], answer);
    let at = |name: &str| table.columns.iter().position(|c| c.name == name).unwrap();
    assert_eq!(table.rows[1][at("session_id")], "s");
    assert_eq!(table.rows[1][at("orchestrator_uri")], "u");
    assert_eq!(table.rows[0][at("orchestrator_uri")], Value::Null);
    let link =
        next_page(&"/v1/legs?first=1&after=aa&region=x".parse().unwrap(), table.next().unwrap());
    assert_eq!(link.unwrap(), "</v1/legs?first=1&region=x&after=ab>; rel=\"next\"");
}

#[test]
fn all_other_groups_are_marked() {
    let text = "scalar Time type Query { demand(top: Int): Demand! } enum Dimension { MODEL } type GroupKey { dimension: Dimension! value: String } type Demand { groups: [Group!]! other: Group } type Group { key: [GroupKey!]! points: [Point!]! total: Point! } type Point { time: Time! n: Int! }";
    let demand = Route::new(&Sdl::parse(text).unwrap(), &table::DEFS[0]).unwrap();
    let document = demand.document(&demand.shape, |_| false);
    let group = "{ key { dimension value } points { time n } }";
    assert_eq!(document, format!("query {{ demand {{ groups {group} other {group} }} }}"));
    let point = json!([{ "time": "2026-05-01T12:00:00.000Z", "n": 1 }]);
    let answer = json!({ "groups": [{ "key": [{ "dimension": "MODEL", "value": null }], "points": point }], "other": { "key": [], "points": point } });
    let table = Table::new(&demand.shape, &["MODEL".to_owned()], answer);
    let names: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["model", "other", "time", "n"]);
    let others: Vec<&Value> = table.rows.iter().map(|row| &row[1]).collect();
    assert_eq!(others, [false, true], "an unknown model is not all others");
}

/// A router whose every query gives this answer.
fn answering(answer: Value) -> Router {
    let execute: Execute = Arc::new(move |_, _| {
        let answer = answer.clone();
        let headers = HeaderMap::from_iter([(header::AGE, HeaderValue::from_static("7"))]);
        Box::pin(async move { Executed { answer, headers } })
    });
    router(&schema().sdl(), execute)
}

async fn get_of(app: &Router, path: &str, more: &[(&str, &str)]) -> (Response, String) {
    let mut request = HttpRequest::get(path);
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (Response::from_parts(parts, Body::empty()), String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test]
async fn answers_have_tags_and_refusals_are_problems() {
    let app = answering(json!({ "data": { "demand": { "groups": [group("m".into(), 3)] } } }));
    let (first, body) = get_of(&app, "/v1/demand?format=csv", &[]).await;
    assert_eq!(first.status(), StatusCode::OK, "{body}");
    assert_eq!(first.headers()["age"], "7", "headers of the execution come along");
    assert_eq!(first.headers()["content-disposition"], "attachment; filename=\"naap-demand.csv\"");
    let tag = first.headers()["etag"].to_str().unwrap();
    assert!(tag.starts_with("W/\"") && tag.ends_with('"'));
    let again = format!("W/\"x\", {tag}");
    let (again, body) =
        get_of(&app, "/v1/demand", &[("accept", "text/csv"), ("if-none-match", &again)]).await;
    assert_eq!((again.status(), body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(again.headers()["etag"], tag);
    for (path, accept, status, code) in [
        ("/v1/demand?regoin=x", "*/*", 400, "UNKNOWN_PARAMETER"),
        ("/v1/demand?bucket=hours", "*/*", 400, "BAD_PARAMETER"),
        ("/v1/demand?format=xml", "*/*", 400, "BAD_PARAMETER"),
        ("/v1/demand?region=%ff%", "*/*", 200, ""),
        ("/v1/distributions", "*/*", 400, "MISSING_PARAMETER"),
        ("/v1/demand", "image/png", 406, "NOT_ACCEPTABLE"),
        ("/v1/demnad", "*/*", 404, "NOT_FOUND"),
    ] {
        let (response, body) = get_of(&app, path, &[("accept", accept)]).await;
        assert_eq!(response.status(), status, "{path}: {body}");
        if status != 200 {
            assert_eq!(response.headers()["content-type"], "application/problem+json");
            let problem: Value = serde_json::from_str(&body).unwrap();
            assert_eq!((&problem["code"], &problem["status"]), (&code.into(), &status.into()));
            assert_eq!(problem["type"], format!("/docs/errors#{code}"));
        }
    }
    let long = format!("/v1/demand?region={}", "x".repeat(limits::REST_QUERY_BYTES));
    assert_eq!(get_of(&app, &long, &[]).await.0.status(), StatusCode::URI_TOO_LONG);
    let posted = HttpRequest::post("/v1/demand").body(Body::empty()).unwrap();
    let posted = app.clone().oneshot(posted).await.unwrap();
    assert_eq!(posted.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(posted.headers()["allow"], "GET, HEAD");
    let broken = answering(
        json!({ "data": { "demand": null }, "errors": [{ "message": "gone", "path": ["demand"], "extensions": { "code": "UNAVAILABLE" } }] }),
    );
    let (response, body) = get_of(&broken, "/v1/demand", &[]).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{body}");
    assert_eq!(response.headers()["retry-after"], "5");
}

#[tokio::test]
async fn an_empty_discovery_is_an_empty_list() {
    let app = answering(json!({ "data": { "endpoints": [] } }));
    let (response, body) = get_of(&app, "/v1/discovery?pipeline=x&top=3", &[]).await;
    assert_eq!((response.status(), body.as_str()), (StatusCode::OK, "[]\n"));
}

#[test]
fn parquet_is_read_back_with_types_and_what_it_is() {
    use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use arrow_array::Array as _;
    use arrow_array::cast::AsArray as _;
    use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};

    let mut table = format::tests::table();
    table.meta.insert("from".to_owned(), "2026-05-01T00:00:00.000Z".into());
    let bytes = Bytes::from(parquet::write(&table, &about::about("/v1/x")).unwrap());
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
    let said = builder.metadata().file_metadata().key_value_metadata().unwrap().clone();
    let of =
        |name: &str| said.iter().find(|kv| kv.key == name).and_then(|kv| kv.value.clone()).unwrap();
    assert_eq!(of("naap.from"), "2026-05-01T00:00:00.000Z");
    assert_eq!(of("naap.licence"), "CC-BY-4.0");
    assert_eq!(of("naap.formula"), naap_schema::targets::STARTUP.formula);
    assert_eq!(of("naap.schema_version"), naap_schema::SCHEMA_VERSION.to_string());
    let batch = builder.build().unwrap().next().unwrap().unwrap();
    assert_eq!(batch.num_rows(), 2);
    let times = batch["time"].as_primitive::<TimestampMicrosecondType>();
    assert_eq!((times.value(0), times.timezone()), (1_777_636_800_000_000, Some("UTC")));
    assert_eq!(batch["who"].as_string::<i32>().value(0), "=1+2\",\"x\r\n", "text is exact here");
    assert_eq!(batch["n"].as_primitive::<Int64Type>().value(0), -3);
    assert!((batch["x"].as_primitive::<Float64Type>().value(0) - 0.1).abs() < f64::EPSILON);
    assert!(batch["ok"].as_boolean().value(0));
    assert_eq!(batch["all"].as_list::<i32>().value(0).as_string::<i32>().value(1), "=b");
    assert!(batch.columns().iter().all(|column| column.is_null(1)), "unknown is null");
}
