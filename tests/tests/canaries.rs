//! What must never be public: canaries go in at every source, and everything that anyone may read is
//! searched for them.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use arrow_array::Array;
use naap_schema::{ENTITIES, EntityDef, FieldType, Row, Value as Cell, Visibility};
use naap_tests::door::{Door, Probe, Way};
use naap_tests::parquet::cell;
use naap_tests::pusher::Pusher;
use naap_tests::rows::now_us;
use naap_tests::stack::binaries;
use naap_tests::{Options, Stack, eventually, fixture, page};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};
use tokio::process::Command;

const DAY: i64 = 86_400_000_000;
/// In texts: prompts, logs, errors, labels, and whatever nobody has declared.
const WORD: &str = "CANARY";
/// An amount that is the operators' business.
const AMOUNT: i64 = 7_123_456_789_123;
/// Addresses of clients: in an event of the fixtures, in an error, and of who asks the API.
const CLIENTS: [&str; 3] = ["192.0.2.77", "203.0.113.9", "198.51.100.23"];
/// Parts of the statements that the API sends to its database.
const SQL: [&str; 6] =
    ["public_", "latest on", "dateadd(", "sample by", "timestamp_floor", "long_sequence"];

/// Recorded events, moved to yesterday, with a member more in each object and an error that tells.
fn events(file: &str, from_ms: i64, to_ms: i64) -> Result<String> {
    /// Objects under these names list things by name; a member more would be one more of them.
    const LISTS: [&str; 4] = ["models", "PerCapability", "capacities", "gpu_info"];
    fn plant(name: &str, value: &mut Value, shift_ms: i64) {
        match value {
            Value::Object(object) => {
                object.iter_mut().for_each(|(name, v)| plant(name, v, shift_ms));
                if object.get("last_error") == Some(&Value::Null) {
                    let error = format!("{WORD}-ERROR at {}", CLIENTS[1]);
                    object.insert("last_error".into(), error.into());
                }
                if !LISTS.contains(&name) {
                    object.insert("surplus".into(), format!("{WORD}-SURPLUS").into());
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|v| plant(name, v, shift_ms)),
            Value::Number(n) => {
                let moved = n.as_i64().filter(|n| *n > 1_700_000_000_000).map(|n| n + shift_ms);
                *value = moved.map_or_else(|| Value::Number(n.clone()), Value::from);
            }
            Value::String(text) => {
                let ms = text
                    .parse::<i64>()
                    .ok()
                    .filter(|n| (1_700_000_000_000..1_900_000_000_000).contains(n));
                if let Some(ms) = ms {
                    *value = (ms + shift_ms).to_string().into();
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }
    let text = std::fs::read_to_string(fixture(file))?;
    let mut out = String::new();
    for line in text.lines() {
        let mut event: Value = serde_json::from_str(line)?;
        plant("", &mut event, to_ms - from_ms);
        out += &format!("{event}\n");
        // What an orchestrator offers holds from a report to the next.
        if event["type"] == "network_capabilities" {
            let ms: i64 = event["timestamp"].as_str().context("a time")?.parse()?;
            event["timestamp"] = (ms + 300_000).to_string().into();
            event["id"] = uuid::Uuid::new_v4().to_string().into();
            out += &format!("{event}\n");
        }
    }
    Ok(out)
}

/// A row of an entity, with a canary in each field that is the operators' only.
fn telling(entity: &'static EntityDef, ts_us: i64) -> Result<Option<Row>> {
    let secret = |f: &&naap_schema::FieldDef| {
        f.visibility == Visibility::Operator || entity.visibility == Visibility::Operator
    };
    if !entity.fields.iter().any(|f| secret(&f)) {
        return Ok(None);
    }
    let mut row = Row::empty(entity, ts_us);
    for field in entity.fields {
        let value = match field.ty {
            _ if !(secret(&field) || field.required || field.key) => continue,
            FieldType::Symbol | FieldType::Text if secret(&field) => {
                Cell::text(format!("{WORD}-OPERATOR"))
            }
            FieldType::Symbol | FieldType::Text => Cell::text("organic"),
            FieldType::I64 if secret(&field) => Cell::I64(AMOUNT),
            FieldType::I64 => Cell::I64(1),
            #[expect(clippy::cast_precision_loss, reason = "it is below 2^53")]
            FieldType::F64 if secret(&field) => Cell::F64(AMOUNT as f64),
            FieldType::F64 => Cell::F64(1.0),
            FieldType::Timestamp => Cell::I64(ts_us),
            FieldType::Uuid => Cell::Uuid(uuid::Uuid::from_u128(u128::from(entity.number))),
        };
        row.set(field.name, Some(value)).with_context(|| entity.name)?;
    }
    Ok(Some(row))
}

/// What nobody may read, with a name for each.
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    /// Those that were planted, and those that the stack has by itself.
    fn of(stack: &Stack, token: &str) -> Result<Self> {
        let text = |text: &str| text.to_lowercase();
        let mut all = vec![
            ("a planted word", text(WORD)),
            ("an operator's amount", AMOUNT.to_string()),
            ("a token", text(token)),
            ("a folder", text(&stack.data.to_string_lossy())),
        ];
        all.extend(CLIENTS.map(|address| ("a client's address", address.to_owned())));
        all.extend(SQL.map(|sql| ("SQL", sql.to_owned())));
        let host = nix::unistd::gethostname()?.to_string_lossy().to_lowercase();
        // A short one is part of many words.
        if host.len() >= 6 {
            all.push(("a host name", host));
        }
        let mut passwords = 0;
        let mut folders = vec![stack.data.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder)? {
                let path = entry?.path();
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if path.is_dir() && name != "questdb" {
                    folders.push(path);
                } else if name.ends_with(".password") || name.ends_with("token") {
                    passwords += 1;
                    all.push(("a password or token", text(std::fs::read_to_string(path)?.trim())));
                }
            }
        }
        ensure!(passwords >= 3, "only {passwords} passwords were found in the data folder");
        Ok(Self(all))
    }

    /// Fails where there is one.
    fn search(&self, place: &str, text: &str) -> Result<()> {
        let text = text.to_lowercase();
        for (what, secret) in &self.0 {
            if let Some(at) = text.find(secret) {
                let around: String = text
                    .chars()
                    .skip(text.get(..at).unwrap_or_default().chars().count().saturating_sub(60))
                    .take(160)
                    .collect();
                anyhow::bail!("{place} has {what}: …{around}…");
            }
        }
        Ok(())
    }
}

/// Texts in a Parquet file: its columns, and what it says of itself.
fn texts_of(parquet: bytes::Bytes) -> Result<String> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(parquet)?;
    let mut out = format!("{:?} ", builder.metadata().file_metadata().key_value_metadata());
    for batch in builder.build()? {
        let batch = batch?;
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            out += &format!("{} ", field.name());
            for i in 0..column.len() {
                out += &format!("{} ", cell(column, i));
            }
        }
    }
    Ok(out)
}

/// The types of a schema, by introspection.
struct Types(HashMap<String, Value>);

/// The name at the core of a type.
fn core(ty: &Value) -> &str {
    match &ty["ofType"] {
        Value::Null => ty["name"].as_str().unwrap_or_default(),
        inner => core(inner),
    }
}

fn needed(argument: &Value) -> bool {
    argument["type"]["kind"] == "NON_NULL" && argument["defaultValue"].is_null()
}

impl Types {
    async fn read(door: &Door, path: &str) -> Result<Self> {
        const OF: &str = "name kind ofType { name kind ofType { name kind ofType { name kind } } }";
        let query = format!(
            "{{ __schema {{ types {{ name kind fields {{ name type {{ {OF} }} args {{ name defaultValue type {{ {OF} }} }} }} enumValues {{ name }} }} }} }}"
        );
        let (_, answer) = ask(door, path, &query).await?;
        let types = answer["data"]["__schema"]["types"].as_array().context("types")?;
        let named = types.iter().filter_map(|t| Some((t["name"].as_str()?.to_owned(), t.clone())));
        Ok(Self(named.collect()))
    }

    fn list<'a>(&'a self, ty: &str, what: &str) -> &'a [Value] {
        self.0.get(ty).and_then(|t| t[what].as_array()).map_or(&[], Vec::as_slice)
    }

    /// Everything in a type, so many objects deep.
    fn all(&self, ty: &str, depth: usize) -> String {
        let mut out = String::new();
        for field in self.list(ty, "fields") {
            let name = field["name"].as_str().unwrap_or_default();
            // Edges repeat the nodes.
            if name == "edges" || field["args"].as_array().into_iter().flatten().any(needed) {
                continue;
            }
            let inner = core(&field["type"]);
            if self.list(inner, "fields").is_empty() {
                out += &format!("{name} ");
            } else if depth > 0 {
                let inner = self.all(inner, depth - 1);
                if !inner.is_empty() {
                    out += &format!("{name} {{ {inner}}} ");
                }
            }
        }
        out
    }

    /// The root's fields with arguments that they need, each with the type that it gives.
    fn roots(&self, node: &str) -> Vec<(String, String)> {
        let mut out = Vec::new();
        for field in self.list("Query", "fields") {
            let name = field["name"].as_str().unwrap_or_default();
            let ty = core(&field["type"]).to_owned();
            let mut calls = vec![Vec::new()];
            for argument in field["args"].as_array().into_iter().flatten().filter(|a| needed(a)) {
                let words = self.list(core(&argument["type"]), "enumValues");
                let argument = argument["name"].as_str().unwrap_or_default();
                let values: Vec<String> = match words {
                    [] => vec![format!("\"{node}\"")],
                    words => {
                        words.iter().filter_map(|w| w["name"].as_str()).map(str::to_owned).collect()
                    }
                };
                let with = |call: &Vec<String>, value: &String| {
                    let mut call = call.clone();
                    call.push(format!("{argument}: {value}"));
                    call
                };
                calls = calls.iter().flat_map(|c| values.iter().map(move |v| with(c, v))).collect();
            }
            for call in calls {
                let call =
                    if call.is_empty() { String::new() } else { format!("({})", call.join(", ")) };
                out.push((format!("{name}{call}"), ty.clone()));
            }
        }
        out
    }
}

/// POSTs a query; gives the whole response as text, head included, and the answer.
async fn ask(door: &Door, path: &str, query: &str) -> Result<(String, Value)> {
    let headers = [
        ("content-type", "application/json"),
        ("x-forwarded-for", CLIENTS[2]),
        ("cache-control", "no-cache"),
    ];
    let answer = door.send("POST", path, &headers, json!({ "query": query }).to_string()).await?;
    let body = String::from_utf8_lossy(answer.body()).into_owned();
    let value = serde_json::from_str(&body).with_context(|| format!("{query}: {body:.300}"))?;
    Ok((format!("{:?} {body}", answer.headers()), value))
}

/// Everything of a GraphQL schema, as deep as its limits allow; gives how many values it gave.
async fn graphql(door: &Door, path: &str, node: &str, secrets: &Secrets) -> Result<usize> {
    let types = Types::read(door, path).await?;
    let mut values = 0;
    for (call, ty) in types.roots(node) {
        let mut depth = 6;
        loop {
            let inside = types.all(&ty, depth);
            let inside = if inside.is_empty() { inside } else { format!("{{ {inside}}}") };
            let (text, answer) = ask(door, path, &format!("{{ {call} {inside} }}")).await?;
            secrets.search(&format!("{path} {call}"), &text)?;
            let code = answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
            if [
                "QUERY_TOO_COMPLEX",
                "QUERY_TOO_DEEP",
                "TOO_MANY_FIELDS",
                "QUERY_TOO_LARGE",
                "QUERY_TOO_MANY_TOKENS",
                "TOO_MANY_POINTS",
            ]
            .contains(&code)
            {
                ensure!(depth > 1, "{call} cannot be asked for: {text}");
                depth -= 1;
                continue;
            }
            // What is not known, or no such node, is no fault.
            ensure!(
                ["", "UNKNOWN", "BAD_CURSOR", "BAD_ARGUMENT"].contains(&code),
                "{call}: {text}"
            );
            values += answer["data"].to_string().matches(':').count();
            break;
        }
    }
    Ok(values)
}

async fn get(door: &Door, path: &str) -> Result<(u16, String, bytes::Bytes)> {
    let headers = [("x-forwarded-for", CLIENTS[2])];
    let answer = door.send("GET", path, &headers, "").await?;
    let head = format!("{:?}", answer.headers());
    Ok((answer.status().as_u16(), head, answer.into_body()))
}

/// Everything of REST, in every format; gives how many rows it gave.
async fn rest(door: &Door, node: &str, secrets: &Secrets) -> Result<usize> {
    let (_, _, document) = get(door, "/openapi.json").await?;
    let document: Value = serde_json::from_slice(&document)?;
    let mut rows = 0;
    for (path, item) in document["paths"].as_object().context("paths")? {
        let mut query = String::new();
        for parameter in item["get"]["parameters"].as_array().into_iter().flatten() {
            if parameter["name"] == "last" {
                query += "&last=72h";
            }
            if parameter["required"] == true {
                let word = parameter["schema"]["enum"][0].as_str().unwrap_or(node);
                query += &format!("&{}={word}", parameter["name"].as_str().context("a name")?);
            }
        }
        for format in ["json", "jsonl", "csv", "parquet"] {
            let path = match path.as_str() {
                "/v1/discovery" => path.clone(),
                _ => format!("{path}?format={format}{query}"),
            };
            let (status, head, body) = get(door, &path).await?;
            let text = match format {
                "parquet" if !path.ends_with("discovery") => texts_of(body)?,
                _ => String::from_utf8_lossy(&body).into_owned(),
            };
            ensure!(status == 200, "{path}: {status} {text:.300}");
            rows += if format == "jsonl" { text.lines().count() } else { 0 };
            secrets.search(&path, &format!("{head} {text}"))?;
        }
    }
    Ok(rows)
}

/// Daily files with their manifests; gives how many there were.
async fn datasets(door: &Door, stack: &Stack, secrets: &Secrets) -> Result<usize> {
    let config = stack.data.join("config/graphql.toml");
    eventually("the datasets", Duration::from_secs(60), || async {
        let mut command = Command::new(binaries()?.join("naap-graphql"));
        let out = command.arg("datasets").arg("--config").arg(&config).output().await?;
        ensure!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        Ok(())
    })
    .await?;
    let (_, _, index) = get(door, "/v1/datasets").await?;
    let index: Value = serde_json::from_slice(&index)?;
    secrets.search("/v1/datasets", &index.to_string())?;
    let mut files = 0;
    for subject in index["subjects"].as_array().context("subjects")? {
        let subject =
            subject["subject"].as_str().or(subject["name"].as_str()).context("a subject")?;
        let path = format!("/v1/datasets/{subject}/manifest.json");
        let (status, _, manifest) = get(door, &path).await?;
        if status == 404 {
            continue;
        }
        let manifest: Value = serde_json::from_slice(&manifest).with_context(|| path.clone())?;
        secrets.search(&path, &manifest.to_string())?;
        for day in manifest["days"].as_array().into_iter().flatten().filter(|d| d["rows"] != 0) {
            let Some(file) = day["file"].as_str() else { continue };
            let path = format!("/v1/datasets/{subject}/{file}");
            let (status, head, body) = get(door, &path).await?;
            ensure!(status == 200, "{path}: {status}");
            secrets.search(&path, &format!("{head} {}", texts_of(body)?))?;
            files += 1;
        }
    }
    Ok(files)
}

/// Mistakes, and a database that is away: what is said of them tells nothing of what stands behind.
async fn refusals(door: &mut Door, stack: &Stack, secrets: &Secrets) -> Result<()> {
    let queries = [
        "{ nothing }",
        "{ agents(first: 100000) { nodes { name } } }",
        "{ agents(after: \"zz\") { nodes { name } } }",
        "{ demand(window: { from: 5, last: \"1h\" }) { partial } }",
        "{ sessions(where: { model: \"' or 1=1 --\" }) { nodes { id } } }",
        "{",
    ];
    for query in queries {
        secrets.search(query, &ask(door, "/graphql", query).await?.0)?;
        let probe =
            Probe { name: "tell-tale", query: query.into(), variables: "{}".into(), code: "" };
        let answer = door.ask(Way::Socket, &probe).await?;
        secrets.search(&format!("over WebSocket: {query}"), &answer.body.to_string())?;
    }
    for path in [
        "/v1/nothing",
        "/v1/demand?last=x",
        "/v1/sessions?after=zz",
        "/graphql/naap?query={x}",
        "/api/aggregated_stats?orchestrator=x&since=y",
        "/v1/datasets/none/manifest.json",
        "/no/such/page",
    ] {
        let (status, head, body) = get(door, path).await?;
        let older = path.starts_with("/graphql") && status == 200;
        ensure!(older || (400..500).contains(&status), "{path}: {status}");
        secrets.search(path, &format!("{head} {}", String::from_utf8_lossy(&body)))?;
    }
    stack.kill9("questdb").await?;
    let (text, answer) = ask(door, "/graphql", "{ sessions { nodes { id } } }").await?;
    ensure!(answer["errors"][0]["extensions"]["code"] == "UNAVAILABLE", "{text}");
    secrets.search("without a database", &text)?;
    for path in ["/v1/sessions", "/", "/healthz", "/api/regions"] {
        let (_, head, body) = get(door, path).await?;
        secrets.search(path, &format!("{head} {}", String::from_utf8_lossy(&body)))?;
    }
    Ok(())
}

/// A stack whose agent reads a node, a runner and events that all tell too much; gives its folder, too.
async fn start() -> Result<(Stack, tempfile::TempDir)> {
    let folder = tempfile::tempdir()?;
    let day = (now_us() - 2 * DAY).div_euclid(DAY) * DAY / 1000;
    let noon = day + 12 * 3_600_000;
    let recorded =
        [("gateway_events.jsonl", 1_780_000_000_000), ("sessions.jsonl", 1_780_999_400_000)];
    let mut config = String::from("region = \"eu-west\"\n");
    for (i, (file, from)) in recorded.into_iter().enumerate() {
        let path = folder.path().join(file);
        std::fs::write(&path, events(file, from, noon)?)?;
        config += &format!("[[events]]\nname = \"recorded-{i}\"\npath = \"{}\"\n", path.display());
    }
    let mut metrics = std::fs::read_to_string(fixture("livepeer_metrics.txt"))?;
    for name in ["livepeer_canary_total", "livepeer_segment_errors"] {
        metrics += &format!(
            "{name}{{client_ip=\"{}\",prompt=\"{WORD}-LABEL\",error_code=\"{WORD}-CODE\"}} 1\n",
            CLIENTS[1]
        );
    }
    let node = page::serve(metrics.into_bytes()).await?;
    let gpu = json!({ "0": { "id": format!("GPU-0badc0de-2222-3333-4444-{WORD}UUID02"), "name": "RTX 4090", "memory_total": 24_000_000_000_i64, "memory_free": 1, "utilization_compute": 50, "utilization_memory": 5, "prompt": WORD } });
    let runner = page::serve_all(vec![
        ("/health", json!({ "status": "OK", "host": WORD }).to_string().into_bytes()),
        ("/version", json!({ "pipeline": "live-video-to-video", "model_id": "m", "version": "1", "token": WORD }).to_string().into_bytes()),
        ("/hardware/info", json!({ "gpu_info": gpu }).to_string().into_bytes()),
        ("/hardware/stats", json!({ "gpu_stats": gpu }).to_string().into_bytes()),
    ])
    .await?;
    config += &format!("[[livepeer]]\nname = \"node\"\nurl = \"{node}\"\ninterval = \"1s\"\n");
    config += &format!(
        "[ai_runner]\nenabled = true\ndiscover = false\ninterval = \"5s\"\nurls = [\"{runner}\"]\n"
    );
    let file = folder.path().join("agent.toml");
    std::fs::write(&file, config)?;
    let options = Options { agent: true, agent_config: Some(file), ..Options::default() };
    Ok((Stack::start(options).await?, folder))
}

/// Rows of every entity, with canaries where only operators look; gives the token that they came with.
async fn push(stack: &Stack) -> Result<String> {
    let token = stack.token("tell-tale").await?;
    let mut pusher = Pusher::new(&stack.grpc().await?, &token, 7);
    pusher.connect().await?;
    let mut rows = Vec::new();
    for entity in ENTITIES.iter().filter(|e| e.identity.is_sent()) {
        rows.extend(telling(entity, now_us() - 60_000_000)?);
    }
    ensure!(rows.len() >= 6, "only {} entities have something for operators", rows.len());
    pusher.push(1, &rows).await?;
    ensure!(pusher.rejections.is_empty(), "refused: {:?}", pusher.rejections);
    // One that is refused, with the reason.
    let mut refused = naap_tests::rows::host(1, now_us() - 20 * DAY);
    refused.set("kernel", Some(Cell::text(format!("{WORD}-KERNEL"))))?;
    pusher.push(1 + rows.len() as u64, &[refused]).await?;
    Ok(token)
}

/// Scenario: events with prompts, logs, addresses and members that nobody declared; a node and a runner
/// whose labels and answers tell too much; rows with everything that only operators may see. Then all
/// of the public API is read: GraphQL as deep as it goes, REST in each format, the other contracts,
/// daily files, pages, and refusals.
/// Guarantees: none of it is anywhere, nor a password, a token, a folder, an address of who asks, or SQL.
#[tokio::test(flavor = "multi_thread")]
async fn what_must_not_be_public_is_nowhere() -> Result<()> {
    let (stack, _folder) = start().await?;
    let token = push(&stack).await?;
    // That they came in is half of the test.
    for (what, sql) in [
        (
            "an error that tells",
            "select count() from stream_status where last_error like '%CANARY%'",
        ),
        ("an operator's text", "select count() from host where kernel like '%CANARY%'"),
        (
            "an operator's amount",
            "select count() from livepeer_node where gateway_deposit_gwei = 7123456789123",
        ),
        ("a runner's GPU", "select count() from ai_runner_gpu"),
        ("a refused row", "select count() from rejected"),
        ("sessions", "select count() from stream_session where void = 0"),
        ("reports of orchestrators", "select count() from orchestrator_report"),
        ("GPUs in reports", "select count() from orchestrator_gpu"),
        ("what orchestrators offer", "select count() from supply where void = 0"),
    ] {
        eventually(what, Duration::from_secs(90), || async {
            ensure!(stack.number(sql).await? > 0, "none yet");
            Ok(())
        })
        .await?;
    }
    let secrets = Secrets::of(&stack, &token)?;
    let mut door = Door::new(&stack.url, false)?;
    let values = graphql(&door, "/graphql", "tell-tale", &secrets).await?;
    ensure!(values > 1000, "GraphQL gave {values} values only");
    graphql(&door, "/graphql/naap", "tell-tale", &secrets).await?;
    let rows = rest(&door, "tell-tale", &secrets).await?;
    ensure!(rows > 50, "REST gave {rows} rows only");
    let files = datasets(&door, &stack, &secrets).await?;
    ensure!(files >= 3, "only {files} daily files had rows");
    for path in [
        "/",
        "/live",
        "/graphql",
        "/docs/rest",
        "/docs/errors",
        "/openapi.json",
        "/healthz",
        "/api/regions",
        "/api/pipelines",
        "/api/aggregated_stats",
        "/api/raw_stats?orchestrator=0x00000000000000000000000000000000000b1111",
    ] {
        let (_, head, body) = get(&door, path).await?;
        secrets.search(path, &format!("{head} {}", String::from_utf8_lossy(&body)))?;
    }
    refusals(&mut door, &stack, &secrets).await?;
    stack.stop().await?;
    Ok(())
}
