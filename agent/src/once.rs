//! One look at everything, printed instead of sent.

use std::collections::BTreeMap;

use naap_schema::{FieldType, Row, Value};
use serde_json::{Map, Number, json};

use crate::clock::Now;
use crate::config::Config;
use crate::discover;
use crate::plan::Ties;
use crate::run::{RunError, sources};
use crate::source::events::read_all;
use crate::source::{Pace, Source};

/// What one look gave.
#[derive(Debug, Default)]
pub struct Look {
    /// The rows.
    pub rows: Vec<Row>,
    /// Sources that failed, and why.
    pub failures: Vec<(String, String)>,
    /// Sources that were asked.
    pub asked: usize,
}

/// Reads every source once.
///
/// # Errors
/// If the sources cannot be set up; one that fails is in the answer.
pub async fn look(config: &Config) -> Result<Look, RunError> {
    let ties = Ties::default();
    let mut config = config.clone();
    if discover::wanted(&config) {
        config.livepeer = discover::once().await;
    }
    let mut look = Look::default();
    for mut source in sources(&config, &ties)? {
        look.asked += 1;
        match read(source.as_mut()).await {
            Ok((rows, failed)) => {
                look.rows.extend(rows);
                look.failures.extend(failed.map(|e| (source.name().to_owned(), e)));
            }
            Err(error) => look.failures.push((source.name().to_owned(), error)),
        }
    }
    Ok(look)
}

/// The rows, and what went wrong all the same.
async fn read(source: &mut dyn Source) -> Result<(Vec<Row>, Option<String>), String> {
    let rows = async {
        match source.pace() {
            Pace::Stream => read_all(source).await.map(|(rows, _)| (rows, None)),
            Pace::Every(_) => {
                let read = source.read(Now::read()).await;
                read.map(|r| (r.rows, r.failed.map(|e| e.to_string())))
            }
        }
    };
    // Each read has a deadline of its own kind; a file that grows for ever is no file for this.
    match tokio::time::timeout(std::time::Duration::from_secs(60), rows).await {
        Ok(result) => result.map_err(|e| e.to_string()),
        Err(_) => Err("no end within 60 s; does it follow a file?".to_owned()),
    }
}

/// Rows as JSON lines: entity, time, and every field, null where it is not known.
pub fn json_lines(rows: &[Row]) -> String {
    rows.iter().map(|row| json_line(row) + "\n").collect()
}

/// One row as JSON.
pub(crate) fn json_line(row: &Row) -> String {
    let fields = row.entity.fields.iter().zip(&row.values);
    let values: Map<String, serde_json::Value> = fields
        .map(|(f, v)| (f.name.to_owned(), v.as_ref().map_or(serde_json::Value::Null, json_value)))
        .collect();
    json!({ "entity": row.entity.name, "tsUs": row.ts_us, "values": values }).to_string()
}

/// One row as a line of text: time, entity, and what is known.
pub(crate) fn text_line(row: &Row) -> String {
    let mut line = format!("{} {:<16}", time_of_day(row.ts_us), row.entity.name);
    for (field, value) in row.entity.fields.iter().zip(&row.values) {
        if value.is_some() {
            line += &format!(" {}={}", field.name, cell(field.ty, value.as_ref()));
        }
    }
    line
}

/// `HH:MM:SS.mmm`, UTC.
fn time_of_day(ts_us: i64) -> String {
    let ms = ts_us.rem_euclid(86_400_000_000) / 1000;
    let (s, ms) = (ms / 1000, ms % 1000);
    format!("{:02}:{:02}:{:02}.{ms:03}", s / 3600, s / 60 % 60, s % 60)
}

fn json_value(value: &Value) -> serde_json::Value {
    match value {
        Value::I64(i) => (*i).into(),
        Value::F64(x) => Number::from_f64(*x).map_or(serde_json::Value::Null, Into::into),
        Value::Text(t) => t.as_ref().into(),
        Value::Uuid(u) => u.to_string().into(),
    }
}

/// Rows as text for people: per entity, one line per field, one column per row (a few at most).
pub fn table(rows: &[Row]) -> String {
    let mut by_entity: BTreeMap<u32, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        by_entity.entry(row.entity.number).or_default().push(row);
    }
    let mut out = String::new();
    for rows in by_entity.into_values() {
        let entity = rows[0].entity;
        out += &format!("{} ({} rows)\n", entity.name, rows.len());
        let shown = rows.get(..4).unwrap_or(&rows);
        for (i, field) in entity.fields.iter().enumerate() {
            let cells: Vec<String> =
                shown.iter().map(|r| cell(field.ty, r.values[i].as_ref())).collect();
            out += &format!("  {:<28} {:<12}", field.name, field.unit);
            for c in cells {
                out += &format!(" {c:<24}");
            }
            out.truncate(out.trim_end().len());
            out.push('\n');
        }
        if rows.len() > shown.len() {
            out += &format!("  … and {} more; --format json shows all\n", rows.len() - shown.len());
        }
        out.push('\n');
    }
    out
}

/// A value as text; control characters do not reach the terminal.
fn cell(ty: FieldType, value: Option<&Value>) -> String {
    let text = match value {
        None => return "-".to_owned(),
        Some(Value::I64(us)) if ty == FieldType::Timestamp => format!("{us} µs"),
        Some(Value::I64(i)) => i.to_string(),
        Some(Value::F64(x)) => format!("{x}"),
        Some(Value::Text(t)) => {
            t.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
        }
        Some(Value::Uuid(u)) => u.to_string(),
    };
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use naap_schema::generated::Interface;

    fn row() -> Row {
        Interface { interface: "eth0\u{1b}[31m".into(), rx_bytes: Some(5), ..Interface::default() }
            .at(7)
    }

    #[test]
    fn unknown_is_null_and_a_dash() {
        let line: serde_json::Value = serde_json::from_str(&json_lines(&[row()])).unwrap();
        assert_eq!(line["entity"], "interface");
        assert_eq!(line["values"]["rx_bytes"], 5);
        assert_eq!(line["values"]["tx_bytes"], serde_json::Value::Null);
        let text = table(&[row()]);
        assert!(text.contains("interface (1 rows)"), "{text}");
        assert!(
            text.lines().any(|l| l.contains("tx_bytes") && l.trim_end().ends_with('-')),
            "{text}"
        );
        assert!(!text.contains('\u{1b}'), "no escape reaches the terminal");
    }

    #[tokio::test]
    async fn a_failing_source_does_not_hide_the_others() {
        let mut config = Config::bare();
        config.livepeer.push(crate::config::Livepeer {
            name: "gone".into(),
            url: "http://127.0.0.1:9".into(),
            interval: std::time::Duration::from_secs(1),
            timeout: std::time::Duration::from_secs(1),
            http: false,
            service_url: None,
        });
        let look = look(&config).await.unwrap();
        assert!(look.rows.iter().any(|r| r.entity.name == "host"));
        assert_eq!(look.failures.len(), 1);
        assert!(look.failures[0].1.contains("127.0.0.1:9"), "{:?}", look.failures);
    }
}
