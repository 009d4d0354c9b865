//! Answers of a go-livepeer node to rows. Pure.
//!
//! What must not be kept is not read: playlists and stream names are counted, a GPU's UUID is
//! hashed here. Wei amounts stay the decimal text that they are.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use naap_schema::generated::{
    AiSessionPool, AiSessionPoolOrchestrator, LiveRunner, NodeStatus, OnchainOrchestrator,
    PoolOrchestrator,
};
use naap_schema::{Row, identity};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::Drop;
use crate::limits;
use crate::source::Drops;
use crate::source::fit::fit;
use crate::source::gateway_event::{PIPELINES, capabilities_of, integer, lower, number, text};

/// Rows of one answer, and what was left out of it.
#[derive(Debug, Default)]
pub struct Answer {
    /// The rows.
    pub rows: Vec<Row>,
    /// What was dropped.
    pub drops: Drops,
    /// The version that a node says it has.
    pub version: Option<Arc<str>>,
}

impl Answer {
    /// An answer of which nothing could be read.
    pub(super) fn dropped(drop: Drop) -> Self {
        Self { drops: [(drop, 1)].into(), ..Self::default() }
    }

    fn count(&mut self, drop: Drop) {
        *self.drops.entry(drop).or_default() += 1;
    }

    fn push(&mut self, mut row: Row) {
        if self.rows.len() >= limits::NODE_ROWS {
            return self.count(Drop::SeriesLimit);
        }
        if let Some(cut) = fit(&mut row) {
            self.count(cut);
        }
        match row.check() {
            Ok(()) => self.rows.push(row),
            Err(_) => self.count(Drop::Malformed),
        }
    }
}

/// An object whose values are not looked at yet: its numbers keep all their digits, and what is not
/// wanted is not held.
type Raw<'a> = BTreeMap<String, &'a RawValue>;

fn raw(body: &[u8]) -> Result<Raw<'_>, Drop> {
    serde_json::from_slice(body).map_err(|_| Drop::Malformed)
}

fn inner<'a, T: Deserialize<'a>>(raw: &Raw<'a>, key: &str) -> Option<T> {
    serde_json::from_str(raw.get(key)?.get()).ok()
}

/// The named values of an object, read.
fn part(raw: &Raw<'_>, keys: &[&str]) -> Map<String, Value> {
    keys.iter().filter_map(|k| Some(((*k).to_owned(), inner(raw, k)?))).collect()
}

fn whole(n: usize) -> Option<i64> {
    i64::try_from(n).ok()
}

fn flag(d: &Map<String, Value>, key: &str) -> Option<i64> {
    d.get(key)?.as_bool().map(i64::from)
}

fn list<'a>(d: &'a Map<String, Value>, key: &str) -> impl Iterator<Item = &'a Map<String, Value>> {
    let list = d.get(key).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_object)
}

/// `GET /status`. Rows of the pool's orchestrators only where `each`.
///
/// # Errors
/// If it is no status.
pub fn status(
    body: &[u8],
    target: &str,
    ts_us: i64,
    took: Duration,
    each: bool,
) -> Result<Answer, Drop> {
    let raw = raw(body)?;
    let streams: Option<HashMap<String, IgnoredAny>> = inner(&raw, "Manifests");
    let d = part(
        &raw,
        &[
            "Version",
            "GolangRuntimeVersion",
            "GOOS",
            "GOArch",
            "RegisteredTranscodersNumber",
            "RegisteredTranscoders",
            "LocalTranscoding",
            "OrchestratorPool",
            "OrchestratorPoolInfos",
        ],
    );
    let bytes: Option<HashMap<String, HashMap<String, u64>>> = inner(&raw, "StreamInfo");
    let sum = |key: &str| {
        let each = bytes.as_ref()?.values().filter_map(|s| s.get(key).copied());
        i64::try_from(each.fold(0, u64::saturating_add)).ok()
    };
    let transcoders = integer(&d, "RegisteredTranscodersNumber");
    let capacity = d.get("RegisteredTranscoders").and_then(Value::as_array).map(|_| {
        let each = list(&d, "RegisteredTranscoders").filter_map(|t| integer(t, "Capacity"));
        each.fold(0, i64::saturating_add)
    });
    let mut answer = Answer { version: text(&d, "Version"), ..Answer::default() };
    let row = NodeStatus {
        target: target.into(),
        version: answer.version.clone(),
        go_version: text(&d, "GolangRuntimeVersion"),
        os: text(&d, "GOOS"),
        arch: text(&d, "GOArch"),
        streams: streams.and_then(|s| whole(s.len())),
        source_bytes: sum("SourceBytes"),
        transcoded_bytes: sum("TranscodedBytes"),
        transcoders,
        transcoders_capacity: capacity.or((transcoders == Some(0)).then_some(0)),
        local_transcoding: flag(&d, "LocalTranscoding"),
        orchestrator_pool_size: d
            .get("OrchestratorPool")
            .and_then(Value::as_array)
            .and_then(|p| whole(p.len())),
        answer_ms: Some(took.as_secs_f64() * 1000.0),
    };
    if row.version.is_none() && row.streams.is_none() && row.os.is_none() {
        return Err(Drop::Malformed);
    }
    answer.push(row.at(ts_us));
    let mut seen = BTreeSet::new();
    for o in list(&d, "OrchestratorPoolInfos").filter(|_| each) {
        let Some(url) = text(o, "Url") else {
            answer.count(Drop::Malformed);
            continue;
        };
        if !seen.insert(Arc::clone(&url)) {
            continue;
        }
        let row = PoolOrchestrator {
            target: target.into(),
            orch_url: url,
            score: number(o, "Score"),
            // A Go duration: nanoseconds.
            latency_ms: number(o, "Latency").map(|ns| ns / 1e6),
        };
        answer.push(row.at(ts_us));
    }
    Ok(answer)
}

/// `GET /getNetworkCapabilities`: rows as of the event of that name. `id` is text that no other
/// look has.
///
/// # Errors
/// If it is no such answer, or gives too many rows.
pub fn network_capabilities(
    body: &[u8],
    id: &str,
    ts_us: i64,
    origin: &str,
) -> Result<Answer, Drop> {
    let body: Value = serde_json::from_slice(body).map_err(|_| Drop::Malformed)?;
    let orchestrators = match body.get("orchestrators") {
        Some(Value::Array(all)) => all.as_slice(),
        Some(Value::Null) => &[],
        _ => return Err(Drop::Malformed),
    };
    let parsed = capabilities_of(id, ts_us, origin, orchestrators)?;
    let drops = parsed.cut.into_iter().map(|d| (d, 1)).collect();
    Ok(Answer { rows: parsed.rows, drops, version: None })
}

/// `GET /getAISessionPoolsInfo`. Rows of orchestrators only where `each`.
///
/// # Errors
/// If it is no such answer.
pub fn ai_session_pools(body: &[u8], target: &str, ts_us: i64, each: bool) -> Result<Answer, Drop> {
    let body: Value = serde_json::from_slice(body).map_err(|_| Drop::Malformed)?;
    let mut answer = Answer::default();
    for (key, pool) in body.as_object().ok_or(Drop::Malformed)? {
        let (Some((capability, model)), Some(pool)) = (capability_model(key), pool.as_object())
        else {
            answer.count(Drop::Malformed);
            continue;
        };
        session_pool(pool, target, ts_us, capability, model, each, &mut answer);
    }
    Ok(answer)
}

fn session_pool(
    pool: &Map<String, Value>,
    target: &str,
    ts_us: i64,
    capability: i64,
    model: &str,
    each: bool,
    answer: &mut Answer,
) {
    let empty = Map::new();
    let part = |key: &str| pool.get(key).and_then(Value::as_object).unwrap_or(&empty);
    let (warm, cold, suspended) = (part("warm"), part("cold"), part("suspended"));
    let pipeline: Option<Arc<str>> =
        PIPELINES.iter().find(|p| p.0 == capability).map(|p| p.1.into());
    let listed = suspended_urls(suspended);
    let row = AiSessionPool {
        target: target.into(),
        capability,
        model: model.into(),
        pipeline: pipeline.clone(),
        warm_size: integer(warm, "size"),
        warm_in_use: integer(warm, "in_use"),
        cold_size: integer(cold, "size"),
        cold_in_use: integer(cold, "in_use"),
        suspended: listed.as_ref().and_then(|l| whole(l.len())),
        last_refresh: text(pool, "last_refresh").and_then(|t| rfc3339_us(&t)),
    };
    answer.push(row.at(ts_us));
    for (word, part) in [("warm", warm), ("cold", cold)].into_iter().filter(|_| each) {
        let mut seen = BTreeSet::new();
        for o in list(part, "orchestrators") {
            let Some(url) = text(o, "url") else {
                answer.count(Drop::Malformed);
                continue;
            };
            if !seen.insert(Arc::clone(&url)) {
                continue;
            }
            let row = AiSessionPoolOrchestrator {
                target: target.into(),
                capability,
                model: model.into(),
                suspended: listed.as_ref().map(|l| i64::from(l.contains(&url))),
                orch_url: url,
                pool: word.into(),
                pipeline: pipeline.clone(),
                // A time per unit is never 0: 0 stands for not measured.
                latency_score: number(o, "latency_score").filter(|s| *s != 0.0),
                in_flight: integer(o, "in_flight"),
            };
            answer.push(row.at(ts_us));
        }
    }
}

/// `35_model`, or with the capability's name; a model may hold `_` itself.
fn capability_model(key: &str) -> Option<(i64, &str)> {
    let (capability, model) = key.split_once('_')?;
    let named = || {
        let name = capability.to_ascii_lowercase().replace(' ', "-");
        PIPELINES.iter().find(|p| p.1 == name).map(|p| p.0)
    };
    let capability = capability.parse().ok().or_else(named)?;
    (!model.is_empty()).then_some((capability, model))
}

/// Orchestrators that are suspended: an object of counts by URL, or a list of URLs; `None` where
/// the node does not say.
fn suspended_urls(suspended: &Map<String, Value>) -> Option<BTreeSet<Arc<str>>> {
    match suspended.get("list")? {
        Value::Object(o) => {
            let still = |v: &Value| v.as_i64() != Some(0);
            Some(o.iter().filter(|(_, v)| still(v)).map(|(k, _)| k.as_str().into()).collect())
        }
        Value::Array(a) => Some(a.iter().filter_map(Value::as_str).map(Into::into).collect()),
        Value::Null => Some(BTreeSet::new()),
        _ => None,
    }
}

/// A time as Go writes it, `2026-01-02T03:04:05.678+01:00`; `None` for its zero time.
fn rfc3339_us(text: &str) -> Option<i64> {
    let (base, offset_s) = match text.strip_suffix('Z') {
        Some(base) => (base, 0),
        None => {
            let at = text.len().checked_sub(6)?;
            let (base, zone) = (text.get(..at)?, text.get(at..)?);
            let sign = match zone.get(..1)? {
                "+" => 1,
                "-" => -1,
                _ => return None,
            };
            let hours: i64 = zone.get(1..3)?.parse().ok()?;
            let minutes: i64 =
                zone.strip_prefix(zone.get(..3)?)?.strip_prefix(':')?.parse().ok()?;
            (base, sign * (hours * 3600 + minutes * 60))
        }
    };
    let time = humantime::parse_rfc3339(&format!("{base}Z")).ok()?;
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_micros()).ok()?.checked_sub(offset_s * 1_000_000)
}

/// `GET /orchestratorInfo`: the node's own record on chain.
///
/// # Errors
/// If it is no such answer.
pub fn orchestrator_info(body: &[u8], target: &str, ts_us: i64) -> Result<Answer, Drop> {
    let raw = raw(body)?;
    let own: Raw<'_> = inner(&raw, "Transcoder").ok_or(Drop::Malformed)?;
    let mut answer = Answer::default();
    let mut row = onchain(&own, target, "self");
    row.price_per_pixel_wei = row.price_per_pixel_wei.or_else(|| rational(&raw, "PriceInfo"));
    answer.push(row.at(ts_us));
    Ok(answer)
}

/// `GET /registeredOrchestrators`: the active set.
///
/// # Errors
/// If it is no such answer.
pub fn active_set(body: &[u8], target: &str, ts_us: i64) -> Result<Answer, Drop> {
    let all: Option<Vec<&RawValue>> = serde_json::from_slice(body).map_err(|_| Drop::Malformed)?;
    let mut answer = Answer::default();
    for one in all.into_iter().flatten() {
        match serde_json::from_str::<Raw<'_>>(one.get()) {
            Ok(one) => answer.push(onchain(&one, target, "active_set").at(ts_us)),
            Err(_) => answer.count(Drop::Malformed),
        }
    }
    Ok(answer)
}

fn onchain(raw: &Raw<'_>, target: &str, list: &str) -> OnchainOrchestrator {
    let d = part(raw, &["Address", "ServiceURI", "Active", "Status"]);
    let round = |key: &str| digits(raw, key)?.parse().ok();
    // Parts of a million.
    let share = |key: &str| Some(digits(raw, key)?.parse::<f64>().ok()? / 1e6);
    OnchainOrchestrator {
        orch_address: lower(text(&d, "Address")).unwrap_or_default(),
        target: Some(target.into()),
        list: Some(list.into()),
        service_uri: text(&d, "ServiceURI"),
        active: flag(&d, "Active"),
        status: text(&d, "Status"),
        stake_wei: digits(raw, "DelegatedStake").map(Into::into),
        reward_cut: share("RewardCut"),
        fee_share: share("FeeShare"),
        last_reward_round: round("LastRewardRound"),
        activation_round: round("ActivationRound"),
        // "Never" is 2^256 - 1, which is no i64.
        deactivation_round: round("DeactivationRound").filter(|r| *r != 0),
        last_stake_update_round: round("LastActiveStakeUpdateRound"),
        price_per_pixel_wei: rational(raw, "PricePerPixel"),
    }
}

/// A whole number of any size, as number or as text.
fn digits<'a>(raw: &Raw<'a>, key: &str) -> Option<&'a str> {
    let text = raw.get(key)?.get();
    let text = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
    let fits = (1..=78).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    fits.then_some(text)
}

/// `7`, `"7"` or `"7/3"`.
fn rational(raw: &Raw<'_>, key: &str) -> Option<Arc<str>> {
    let text = raw.get(key)?.get();
    let text = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
    let whole = |t: &str| (1..=78).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit());
    let good = match text.split_once('/') {
        Some((over, under)) => whole(over) && whole(under),
        None => whole(text),
    };
    good.then(|| text.into())
}

/// `GET /discovery` of an orchestrator's service port.
///
/// # Errors
/// If it is no such answer.
pub fn live_runners(body: &[u8], target: &str, ts_us: i64) -> Result<Answer, Drop> {
    let entries: Option<Vec<&RawValue>> =
        serde_json::from_slice(body).map_err(|_| Drop::Malformed)?;
    let mut answer = Answer::default();
    let mut seen = BTreeSet::new();
    for entry in entries.into_iter().flatten() {
        let entry: Option<Raw<'_>> = serde_json::from_str(entry.get()).ok();
        let address: Option<String> = entry.as_ref().and_then(|e| inner(e, "address"));
        let address = address.filter(|a| !a.is_empty()).map(Arc::from);
        let runners: Option<Option<Vec<&RawValue>>> =
            entry.as_ref().and_then(|e| inner(e, "runners"));
        let (Some(address), Some(runners)) = (address, runners) else {
            answer.count(Drop::Malformed);
            continue;
        };
        for runner in runners.into_iter().flatten() {
            let runner = serde_json::from_str::<Raw<'_>>(runner.get()).ok();
            match runner.and_then(|r| live_runner(&r, target, &address)) {
                Some(r) if seen.insert((Arc::clone(&address), Arc::clone(&r.runner_url))) => {
                    answer.push(r.at(ts_us));
                }
                Some(_) => {}
                None => answer.count(Drop::Malformed),
            }
        }
    }
    Ok(answer)
}

fn live_runner(raw: &Raw<'_>, target: &str, address: &Arc<str>) -> Option<LiveRunner> {
    let keys = [
        "url",
        "app",
        "version",
        "mode",
        "capacity",
        "capacity_used",
        "capacity_available",
        "metadata",
        "gpu",
    ];
    let d = part(raw, &keys);
    let app = text(&d, "app");
    let (pipeline, model) = match app.as_ref().and_then(|a| a.split_once('/')) {
        Some((pipeline, model)) => (Some(pipeline.into()), Some(model.into())),
        None => (app.clone(), None),
    };
    let empty = Map::new();
    let gpu = d.get("gpu").and_then(Value::as_object).unwrap_or(&empty);
    let uuid = text(gpu, "id").filter(|id| id.starts_with("GPU-"));
    let index = text(gpu, "id").filter(|id| is_index(id));
    let price: Raw<'_> = inner(raw, "price_info").unwrap_or_default();
    let p = part(&price, &["currency", "unit"]);
    Some(LiveRunner {
        target: target.into(),
        orch_url: Arc::clone(address),
        runner_url: text(&d, "url")?,
        app,
        pipeline,
        model,
        version: text(&d, "version"),
        mode: text(&d, "mode"),
        capacity: integer(&d, "capacity"),
        capacity_used: integer(&d, "capacity_used"),
        capacity_available: integer(&d, "capacity_available"),
        price: decimal(&price, "price"),
        price_currency: text(&p, "currency"),
        price_unit: text(&p, "unit"),
        region: text(&d, "metadata").and_then(|m| region(&m)),
        gpu_id: uuid.map(|u| identity::gpu_id(&u).into()),
        gpu_index: index,
        gpu_name: text(gpu, "name"),
        memory_total_bytes: integer(gpu, "vram_mb").and_then(|mb| mb.checked_mul(1 << 20)),
    })
}

/// Whether a GPU's name is its index: anything else might tell more.
pub(crate) fn is_index(id: &str) -> bool {
    (1..=3).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit())
}

/// A number, or text that is one, as it is written.
fn decimal(raw: &Raw<'_>, key: &str) -> Option<Arc<str>> {
    let text = raw.get(key)?.get();
    let text = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
    let number = text.parse::<f64>().is_ok_and(|x| x.is_finite() && x >= 0.0);
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    (text.len() <= 80 && number && plain).then(|| text.into())
}

/// `region` of a free text that may be JSON.
fn region(metadata: &str) -> Option<Arc<str>> {
    let metadata: Value = serde_json::from_str(metadata).ok()?;
    let region = text(metadata.as_object()?, "region")?;
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (region.len() <= 32 && region.bytes().all(word)).then_some(region)
}
