//! The formats that rows are written in, and which of them a client wants.

use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

use super::parquet;
use super::problem::Problem;
use super::rows::Table;
use super::shape::{Column, Kind};

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// One object with `meta` and `rows`.
    Json,
    /// One object a line for each row.
    Jsonl,
    /// Comma-separated values.
    Csv,
    /// Parquet.
    Parquet,
}

/// Word, media type, format; the first one is what everyone gets who has no wish.
pub(super) const FORMATS: [(&str, &str, Format); 4] = [
    ("json", "application/json", Format::Json),
    ("jsonl", "application/jsonl", Format::Jsonl),
    ("csv", "text/csv", Format::Csv),
    ("parquet", "application/vnd.apache.parquet", Format::Parquet),
];

/// Other names of these media types.
const ALIASES: [(&str, Format); 3] = [
    ("application/x-ndjson", Format::Jsonl),
    ("application/ndjson", Format::Jsonl),
    ("application/parquet", Format::Parquet),
];

impl Format {
    pub(super) fn of_word(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase();
        FORMATS.iter().find(|(w, _, _)| *w == word).map(|(_, _, f)| *f)
    }

    /// What `Accept` wants most.
    pub(super) fn of_accept(headers: &HeaderMap) -> Result<Self, Problem> {
        let lines: Vec<&str> =
            headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok()).collect();
        if lines.is_empty() {
            return Ok(Self::Json);
        }
        let mut best: Option<(f64, Self)> = None;
        for range in lines.iter().flat_map(|line| line.split(',')) {
            let (format, quality) = match wish(range) {
                Some(wish) => wish,
                None => continue,
            };
            if quality > 0.0 && best.is_none_or(|(q, _)| quality > q) {
                best = Some((quality, format));
            }
        }
        let types = FORMATS.map(|(_, media, _)| media).join(", ");
        best.map(|(_, format)| format).ok_or_else(|| {
            Problem::new("NOT_ACCEPTABLE", "`Accept` allows none of the formats that there are")
                .hint(format!("{types}; or format=json, which goes before Accept"))
        })
    }

    pub(super) fn word(self) -> &'static str {
        FORMATS.iter().find(|(_, _, f)| *f == self).map_or("json", |(w, _, _)| w)
    }

    /// The header of an answer.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::Jsonl => "application/jsonl; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }

    /// Writes rows; `about` goes into what can hold it.
    pub(super) fn write(self, table: Table, about: Map<String, Value>) -> Result<Vec<u8>, Problem> {
        let fault = |e: String| {
            tracing::error!(error = e, "rows cannot be written");
            Problem::new("INTERNAL", "the rows cannot be written")
        };
        match self {
            Self::Json => Ok(json(table, about)),
            Self::Jsonl => Ok(jsonl(&table)),
            Self::Csv => csv(&table).map_err(|e| fault(e.to_string())),
            Self::Parquet => parquet::write(&table, &about).map_err(|e| fault(e.to_string())),
        }
    }
}

/// A media range of `Accept`, with its weight.
fn wish(range: &str) -> Option<(Format, f64)> {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let quality = parts.find_map(|p| p.strip_prefix("q=").or_else(|| p.strip_prefix("Q=")));
    let quality = quality.map_or(Some(1.0), |q| q.parse().ok())?;
    let known = FORMATS.iter().map(|(_, media, f)| (*media, *f)).chain(ALIASES);
    let format = match name.as_str() {
        "*/*" | "application/*" => Some(Format::Json),
        "text/*" => Some(Format::Csv),
        _ => known.into_iter().find(|(media, _)| *media == name).map(|(_, f)| f),
    };
    Some((format?, quality))
}

/// One row, with its columns in order.
fn object(columns: &[Column], row: &[Value], out: &mut String) {
    for (i, (column, value)) in columns.iter().zip(row).enumerate() {
        out.push_str(if i == 0 { "{\"" } else { ",\"" });
        out.push_str(&column.name);
        out.push_str("\":");
        out.push_str(&value.to_string());
    }
    out.push_str(if columns.is_empty() { "{}" } else { "}" });
}

fn json(table: Table, about: Map<String, Value>) -> Vec<u8> {
    let meta: Map<String, Value> = table.meta.into_iter().chain(about).collect();
    let mut out = format!("{{\"meta\":{},\"rows\":[", Value::from(meta));
    for (i, row) in table.rows.iter().enumerate() {
        out.push_str(if i == 0 { "\n" } else { ",\n" });
        object(&table.columns, row, &mut out);
    }
    out.push(']');
    if let Some(page) = table.page {
        out.push_str(&format!(",\"pageInfo\":{page}"));
    }
    out.push_str("}\n");
    out.into_bytes()
}

fn jsonl(table: &Table) -> Vec<u8> {
    let mut out = String::new();
    for row in &table.rows {
        object(&table.columns, row, &mut out);
        out.push('\n');
    }
    out.into_bytes()
}

fn csv(table: &Table) -> Result<Vec<u8>, csv::Error> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(table.columns.iter().map(|c| c.name.as_str()))?;
    for row in &table.rows {
        writer.write_record(table.columns.iter().zip(row).map(|(c, value)| text(c, value)))?;
    }
    writer.into_inner().map_err(|e| e.into_error().into())
}

/// A cell of CSV: unknown is empty, lists are JSON.
fn text(column: &Column, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if column.kind == Kind::Text => harmless(text),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What a spreadsheet would take for a formula begins with one of these.
const FORMULA: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\n'];

/// Names come from nodes, who may call themselves a formula: such a text has an apostrophe before it,
/// and so has one that begins with an apostrophe. Without the first apostrophe it is exact again.
fn harmless(text: &str) -> String {
    if text.starts_with(FORMULA) || text.starts_with('\'') {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use axum::http::HeaderValue;
    use serde_json::json;

    use super::super::shape::Source;
    use super::*;

    pub(in crate::rest) fn column(name: &str, kind: Kind) -> Column {
        Column {
            name: name.to_owned(),
            kind,
            nullable: true,
            about: None,
            words: Vec::new(),
            from: Source::Row(vec![name.to_owned()]),
        }
    }

    pub(in crate::rest) fn table() -> Table {
        let kinds = [
            ("time", Kind::Time),
            ("who", Kind::Text),
            ("n", Kind::Int),
            ("x", Kind::Float),
            ("ok", Kind::Bool),
            ("all", Kind::Texts),
        ];
        Table {
            columns: kinds.map(|(name, kind)| column(name, kind)).to_vec(),
            rows: vec![
                vec![
                    "2026-05-01T12:00:00.000Z".into(),
                    "=1+2\",\"x\r\n".into(),
                    (-3).into(),
                    0.1.into(),
                    true.into(),
                    json!(["a", "=b"]),
                ],
                vec![Value::Null; 6],
            ],
            meta: Map::new(),
            page: Some(json!({ "hasNextPage": true, "endCursor": "c" })),
        }
    }

    #[test]
    fn csv_is_quoted_harmless_and_empty_where_unknown() {
        let text = String::from_utf8(csv(&table()).unwrap()).unwrap();
        let expected = "time,who,n,x,ok,all\r\n2026-05-01T12:00:00.000Z,\"'=1+2\"\",\"\"x\r\n\",-3,0.1,true,\"[\"\"a\"\",\"\"=b\"\"]\"\r\n,,,,,\r\n";
        assert_eq!(text, expected);
        for (name, cell) in
            [("'", "''"), ("@a", "'@a"), ("\tx", "'\tx"), ("-", "'-"), ("a=b", "a=b"), ("", "")]
        {
            assert_eq!(harmless(name), cell, "the first apostrophe is taken away again");
        }
    }

    #[test]
    fn json_has_its_columns_in_order() {
        let about = Map::from_iter([("licence".to_owned(), "L".into())]);
        let text = String::from_utf8(json(table(), about)).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["meta"]["licence"], "L");
        assert_eq!(value["rows"][0]["all"], json!(["a", "=b"]));
        assert_eq!(value["rows"][1]["n"], Value::Null);
        assert_eq!(value["pageInfo"]["endCursor"], "c");
        assert!(text.find("\"time\"").unwrap() < text.find("\"all\"").unwrap());
        let lines = String::from_utf8(jsonl(&table())).unwrap();
        let lines: Vec<Value> = lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(Value::from(lines), value["rows"]);
    }

    #[test]
    fn the_format_is_what_the_client_wants_most() {
        let of = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_str(accept).unwrap());
            Format::of_accept(&headers).ok()
        };
        assert_eq!(Format::of_accept(&HeaderMap::new()).ok(), Some(Format::Json));
        for (accept, format) in [
            ("*/*", Some(Format::Json)),
            ("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", Some(Format::Json)),
            ("text/csv", Some(Format::Csv)),
            ("application/json;q=0.5, TEXT/CSV", Some(Format::Csv)),
            ("application/x-ndjson, text/csv", Some(Format::Jsonl)),
            ("application/vnd.apache.parquet", Some(Format::Parquet)),
            ("text/csv;q=0", None),
            ("image/png", None),
            ("", None),
        ] {
            assert_eq!(of(accept), format, "{accept}");
        }
    }
}
