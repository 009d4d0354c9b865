//! QuestDB statements for entities and views.

use std::path::PathBuf;

use crate::declare::{Declarations, Entity, Field, Identity, Kind, Level, Type, View, Visibility};
use crate::histogram;

/// A materialised view to be.
pub(super) struct ViewName {
    /// Its name.
    pub(super) name: String,
    /// The file that declares it.
    pub(super) file: PathBuf,
}

fn sql_type(ty: Type) -> &'static str {
    match ty {
        Type::I64 => "LONG",
        Type::F64 => "DOUBLE",
        Type::Symbol => "SYMBOL",
        Type::Text => "VARCHAR",
        Type::Timestamp => "TIMESTAMP",
        Type::Uuid => "UUID",
    }
}

fn ttl(retention: &str) -> String {
    let split = retention.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
    let (n, unit) = retention.split_at(split);
    match unit {
        "d" => format!(" TTL {n} DAYS"),
        "mo" => format!(" TTL {n} MONTHS"),
        "y" => format!(" TTL {n} YEARS"),
        _ => String::new(),
    }
}

pub(super) fn create_table(e: &Entity) -> String {
    let mut columns = vec!["  ts TIMESTAMP".to_owned()];
    if e.identity != Identity::Derived {
        columns.push("  node SYMBOL".to_owned());
    }
    if e.identity.is_sent() {
        columns.extend(["  epoch LONG".to_owned(), "  seq LONG".to_owned()]);
    }
    for f in &e.fields {
        columns.push(format!("  {} {}", f.name.get_ref(), sql_type(*f.ty.get_ref())));
    }
    let own = e.fields.iter().filter(|f| f.key).map(|f| f.name.get_ref().as_str());
    let keys: Vec<&str> = match e.identity {
        Identity::Sample => ["ts", "node"].into_iter().chain(own).chain(["epoch", "seq"]).collect(),
        Identity::Event | Identity::Derived => std::iter::once("ts").chain(own).collect(),
        Identity::Collector => ["ts", "node"].into_iter().chain(own).collect(),
    };
    format!(
        "CREATE TABLE IF NOT EXISTS {} (\n{}\n) TIMESTAMP(ts) PARTITION BY {}{} WAL\nDEDUP UPSERT KEYS({})",
        e.name.get_ref(),
        columns.join(",\n"),
        e.partition.word().to_uppercase(),
        ttl(e.retention.get_ref()),
        keys.join(", ")
    )
}

pub(super) fn add_column(e: &Entity, f: &Field) -> String {
    format!(
        "ALTER TABLE {} ADD COLUMN IF NOT EXISTS {} {}",
        e.name.get_ref(),
        f.name.get_ref(),
        sql_type(*f.ty.get_ref())
    )
}

/// The plain SQL view through which the API reads raw rows: public fields only.
pub(super) fn public_view(e: &Entity) -> Option<String> {
    if e.visibility != Visibility::Public {
        return None;
    }
    let fields = e
        .fields
        .iter()
        .filter(|f| f.visibility.unwrap_or(Visibility::Public) == Visibility::Public)
        .map(|f| f.name.get_ref().as_str());
    let derived = e.identity == Identity::Derived;
    let (common, condition): (&[&str], _) =
        if derived { (&["ts"], " WHERE void = 0") } else { (&["ts", "node"], "") };
    let columns: Vec<&str> = common.iter().copied().chain(fields).collect();
    let name = e.name.get_ref();
    Some(format!(
        "CREATE OR REPLACE VIEW public_{name} AS (\n  SELECT {} FROM {name}{condition}\n)",
        columns.join(", ")
    ))
}

/// All materialised views, base side first, each with its statements.
pub(super) fn views(d: &Declarations) -> Vec<(ViewName, Vec<String>)> {
    let mut out = Vec::new();
    for v in &d.views {
        let Some(e) = d.entities.iter().find(|e| e.name.get_ref() == v.entity.get_ref()) else {
            continue;
        };
        let mut base = v.entity.get_ref().clone();
        for (i, level) in v.levels.iter().enumerate() {
            let name = format!("{}_{}", v.name.get_ref(), level.bucket.get_ref());
            let statements = rollup(v, e, level, &name, &base, i == 0);
            out.push((ViewName { name: name.clone(), file: v.file.clone() }, statements));
            base = name;
        }
        for f in e.fields.iter().filter(|f| f.distribution.is_some()) {
            out.extend(histograms(v, f));
        }
    }
    out
}

/// Names of the histogram views of a field: hourly and daily.
pub(super) fn histogram_names(v: &View, f: &Field) -> [String; 2] {
    ["1h", "1d"].map(|b| format!("{}_{}_hist_{b}", v.name.get_ref(), f.name.get_ref()))
}

fn rollup(
    v: &View,
    e: &Entity,
    level: &Level,
    name: &str,
    base: &str,
    from_raw: bool,
) -> Vec<String> {
    let mut columns: Vec<String> = vec!["ts".into()];
    columns.extend(v.by.get_ref().iter().cloned());
    columns.push(if from_raw { "count() n".into() } else { "sum(n) n".into() });
    for f in e.fields.iter().filter(|f| f.rollup) {
        columns.extend(rollup_columns(f, from_raw));
    }
    let select = format!(
        "  SELECT {}\n  FROM {base} SAMPLE BY {}",
        columns.join(",\n    "),
        level.bucket.get_ref()
    );
    materialised(
        name,
        base,
        level.refresh.get_ref(),
        &select,
        &format!("{}{}", level.partition.word().to_uppercase(), ttl(level.retention.get_ref())),
        level.refresh_limit.get_ref(),
    )
}

/// Additive columns only: averages are sum / n, spread comes from the sum of squares.
fn rollup_columns(f: &Field, from_raw: bool) -> Vec<String> {
    let c = f.name.get_ref();
    let mut parts = vec![("n", "count"), ("sum", "sum"), ("max", "max")];
    if f.kind == Kind::Gauge {
        parts.extend([("min", "min"), ("sq", "sum")]);
    }
    parts
        .into_iter()
        .map(|(suffix, function)| match (from_raw, suffix) {
            (true, "sq") => format!("sum({c}::double * {c}::double) {c}_sq"),
            (true, _) => format!("{function}({c}) {c}_{suffix}"),
            (false, "n") => format!("sum({c}_n) {c}_n"),
            (false, _) => format!("{function}({c}_{suffix}) {c}_{suffix}"),
        })
        .collect()
}

fn materialised(
    name: &str,
    base: &str,
    refresh: &str,
    select: &str,
    partition: &str,
    limit: &str,
) -> Vec<String> {
    vec![
        format!(
            "CREATE MATERIALIZED VIEW IF NOT EXISTS {name} WITH BASE {base} REFRESH {} AS (\n{select}\n) PARTITION BY {partition}",
            refresh.replace("every", "EVERY").replace("immediate", "IMMEDIATE")
        ),
        format!("ALTER MATERIALIZED VIEW {name} SET REFRESH LIMIT {limit}"),
    ]
}

fn histograms(v: &View, f: &Field) -> Vec<(ViewName, Vec<String>)> {
    let (Some(h), Some(range)) = (&v.histogram, &f.distribution) else { return Vec::new() };
    let [low, high] = *range.get_ref();
    let c = f.name.get_ref();
    let [hourly, daily] = histogram_names(v, f);
    let by = v.by.get_ref().join(", ");
    // The same as `histogram::bucket`.
    let bucket = format!(
        "CASE WHEN {c} < 0 THEN {} WHEN {c} = 0 THEN {} WHEN {c} < {low:?} THEN {} WHEN {c} > {high:?} THEN {} ELSE ceil(ln({c}) / ln({}))::LONG END b",
        histogram::NEGATIVE,
        histogram::ZERO,
        histogram::bucket(low, (low, high)),
        histogram::bucket(high, (low, high)),
        histogram::GAMMA,
    );
    let base = v.entity.get_ref();
    let limit = h.refresh_limit.get_ref();
    let from_raw = format!(
        "  SELECT ts, {by},\n    {bucket},\n    count() n\n  FROM {base} WHERE {c} IS NOT NULL SAMPLE BY 1h"
    );
    let from_hourly = format!("  SELECT ts, {by}, b, sum(n) n\n  FROM {hourly} SAMPLE BY 1d");
    let ttl = ttl(h.retention.get_ref());
    let hourly_statements =
        materialised(&hourly, base, h.refresh.get_ref(), &from_raw, &format!("MONTH{ttl}"), limit);
    let daily_statements = materialised(&daily, &hourly, "immediate", &from_hourly, "YEAR", limit);
    vec![
        (ViewName { name: hourly, file: v.file.clone() }, hourly_statements),
        (ViewName { name: daily, file: v.file.clone() }, daily_statements),
    ]
}
