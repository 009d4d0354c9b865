//! Which rows are taken. A pure function of rows and a given time: it may use the schema, and must
//! never read a clock, a file or the network.

use std::sync::Arc;

use naap_schema::frame::{Decoded, DecodedTable, FrameError};
use naap_schema::proto::{Frame, PlainRow, PlainValue, plain_value};
use naap_schema::{
    EntityDef, FieldType, Row, RowError, SCHEMA_VERSION, Value, entity, entity_by_number,
};
use uuid::Uuid;

use crate::{clock, limits};

/// Why rows were refused: the closed list of entity `rejected`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    BadFrame,
    UnknownEntity,
    UnknownField,
    BadType,
    MissingField,
    OutOfRange,
    TooLong,
    TooNew,
    TooOld,
    NotYours,
    TooManySeries,
    Store,
}

impl Reason {
    /// All of them, in the order of their declaration.
    pub(crate) const ALL: [Self; 12] = [
        Self::BadFrame,
        Self::UnknownEntity,
        Self::UnknownField,
        Self::BadType,
        Self::MissingField,
        Self::OutOfRange,
        Self::TooLong,
        Self::TooNew,
        Self::TooOld,
        Self::NotYours,
        Self::TooManySeries,
        Self::Store,
    ];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::BadFrame => "bad_frame",
            Self::UnknownEntity => "unknown_entity",
            Self::UnknownField => "unknown_field",
            Self::BadType => "bad_type",
            Self::MissingField => "missing_field",
            Self::OutOfRange => "out_of_range",
            Self::TooLong => "too_long",
            Self::TooNew => "too_new",
            Self::TooOld => "too_old",
            Self::NotYours => "not_yours",
            Self::TooManySeries => "too_many_series",
            Self::Store => "store",
        }
    }
}

/// Consecutive rows refused for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) first_seq: u64,
    pub(crate) count: u64,
    pub(crate) reason: Reason,
    pub(crate) entity: Option<&'static str>,
    /// What was wrong with the first of them, and what to do.
    pub(crate) detail: String,
    /// The first of them as JSON, where it is kept.
    pub(crate) row: Option<String>,
    /// What rows of one range have in common beside the reason: the field.
    field: Option<String>,
}

/// What became of the rows of a frame. Every sequence number is in exactly one of the two.
#[derive(Debug, Default)]
pub(crate) struct Admitted {
    pub(crate) rows: Vec<(u64, Row)>,
    pub(crate) refusals: Vec<Refusal>,
}

/// What is given to an admission.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gate {
    /// The collector's clock, microseconds since 1970 UTC.
    pub(crate) now_us: i64,
    /// The token may deliver rows up to a year old.
    pub(crate) accept_old: bool,
}

impl Gate {
    /// Holds the rows of a frame against the schema and the time.
    pub(crate) fn frame(self, frame: &Frame) -> Admitted {
        match read(frame) {
            Ok(decoded) => self.decoded(decoded),
            Err(detail) => Admitted { rows: Vec::new(), refusals: vec![bad_frame(frame, detail)] },
        }
    }

    fn decoded(self, decoded: Decoded) -> Admitted {
        let mut out = Admitted::default();
        let mut seq = decoded.first_seq;
        for table in decoded.tables {
            let rows = table.ts_us.len() as u64;
            self.table(table, seq, decoded.schema_version, &mut out);
            seq += rows;
        }
        out
    }

    fn table(self, table: DecodedTable, first: u64, version: u32, out: &mut Admitted) {
        let rows = table.ts_us.len() as u64;
        let number = table.entity;
        let Some(entity) = entity_by_number(number) else {
            let detail = format!(
                "entity number {number} is not known here: the collector knows schema version \
                 {SCHEMA_VERSION}, the agent wrote version {version}; update the collector"
            );
            out.refuse_range(first, rows, Reason::UnknownEntity, None, detail);
            return;
        };
        if !entity.identity.is_sent() {
            out.refuse_range(first, rows, Reason::NotYours, Some(entity.name), not_yours(entity));
            return;
        }
        let (known, unknown): (Vec<_>, Vec<_>) = table
            .columns
            .into_iter()
            .partition(|(field, _)| entity.field_index_by_number(*field).is_some());
        let table = DecodedTable { entity: number, ts_us: table.ts_us, columns: known };
        let Ok(rows) = table.into_rows(entity) else { return };
        for (i, row) in rows.into_iter().enumerate() {
            let seq = first + i as u64;
            let stray = unknown.iter().find(|(_, v)| v.get(i).is_some_and(Option::is_some));
            match stray {
                Some((field, _)) => {
                    let detail = format!(
                        "entity {} has no field number {field} in schema version \
                         {SCHEMA_VERSION}, the agent wrote version {version}; update the collector",
                        entity.name
                    );
                    let field = Some(field.to_string());
                    out.refuse(seq, Reason::UnknownField, entity.name, field, detail, &row);
                }
                None => self.row(seq, row, out),
            }
        }
    }

    /// Holds plain rows against the schema and the time.
    pub(crate) fn plain(self, rows: Vec<PlainRow>, first_seq: u64) -> Admitted {
        let mut out = Admitted::default();
        for (seq, plain) in (first_seq..).zip(rows) {
            let Some(entity) = entity(&plain.entity) else {
                let name = quoted(&plain.entity);
                let detail = format!("entity {name} is not known; docs/catalogue.md lists them");
                out.refuse_range(seq, 1, Reason::UnknownEntity, None, detail);
                continue;
            };
            if !entity.identity.is_sent() {
                out.refuse_range(seq, 1, Reason::NotYours, Some(entity.name), not_yours(entity));
                continue;
            }
            let mut row = Row::empty(entity, plain.ts_us);
            match fill(&mut row, plain) {
                Ok(()) => self.row(seq, row, &mut out),
                Err(e) => out.refuse_error(seq, &e, &row),
            }
        }
        out
    }

    fn row(self, seq: u64, mut row: Row, out: &mut Admitted) {
        if let Err(e) = row.check().and_then(|()| representable(&row)) {
            out.refuse_error(seq, &e, &row);
            return;
        }
        if let Some((reason, detail)) = self.time(row.ts_us) {
            out.refuse(seq, reason, row.entity.name, None, detail, &row);
            return;
        }
        for value in row.values.iter_mut().flatten() {
            if let Value::Text(text) = value
                && text.chars().any(is_control)
            {
                *text = without_controls(text);
            }
        }
        out.rows.push((seq, row));
    }

    fn time(self, ts_us: i64) -> Option<(Reason, String)> {
        let ahead = ts_us.saturating_sub(self.now_us);
        // Only of a row that is refused: to write out the time of each costs more than admission.
        let at = || clock::text(ts_us);
        if ahead > limits::AHEAD_US {
            let detail = format!(
                "ts {} is {} s ahead of the collector's clock, the limit is {} s; set the \
                 node's clock",
                at(),
                ahead / 1_000_000,
                limits::AHEAD_US / 1_000_000
            );
            return Some((Reason::TooNew, detail));
        }
        let limit = if self.accept_old { limits::BEHIND_OLD_US } else { limits::BEHIND_US };
        if ahead < -limit {
            let detail = format!(
                "ts {} is more than {} days before the collector's clock, which is the limit; \
                 set the node's clock, or, for a replay, use a token made with --accept-old \
                 (limit {} days)",
                at(),
                limit / limits::DAY_US,
                limits::BEHIND_OLD_US / limits::DAY_US
            );
            return Some((Reason::TooOld, detail));
        }
        None
    }
}

impl Admitted {
    /// When the newest row was taken, microseconds since 1970 UTC.
    pub(crate) fn newest_us(&self) -> Option<i64> {
        self.rows.iter().map(|(_, row)| row.ts_us).max()
    }

    /// About how many bytes of memory the rows hold, beside their texts.
    pub(crate) fn bytes(&self) -> usize {
        let row = size_of::<(u64, Row)>();
        let value = size_of::<Option<Value>>();
        self.rows.iter().map(|(_, r)| row + r.values.len() * value).sum()
    }

    fn refuse_range(
        &mut self,
        first_seq: u64,
        count: u64,
        reason: Reason,
        entity: Option<&'static str>,
        detail: String,
    ) {
        let refusal = Refusal { first_seq, count, reason, entity, detail, row: None, field: None };
        push(&mut self.refusals, refusal);
    }

    /// Refuses one row; it joins the last range where it continues it.
    pub(crate) fn refuse(
        &mut self,
        seq: u64,
        reason: Reason,
        entity: &'static str,
        field: Option<String>,
        detail: String,
        row: &Row,
    ) {
        let mut refusal = Refusal {
            first_seq: seq,
            count: 1,
            reason,
            entity: Some(entity),
            detail,
            row: None,
            field,
        };
        let joins = self.refusals.last().is_some_and(|last| last.joins(&refusal));
        if !joins && self.refusals.len() < limits::REJECTED_ROWS_KEPT {
            refusal.row = Some(json(row));
        }
        push(&mut self.refusals, refusal);
    }

    fn refuse_error(&mut self, seq: u64, error: &RowError, row: &Row) {
        let (reason, field) = match error {
            RowError::UnknownField { field, .. } => (Reason::UnknownField, field.clone()),
            RowError::BadType { field, .. } => (Reason::BadType, (*field).to_owned()),
            RowError::Missing { field, .. } => (Reason::MissingField, (*field).to_owned()),
            RowError::OutOfRange { field, .. } => (Reason::OutOfRange, (*field).to_owned()),
            RowError::TooLong { field, .. } => (Reason::TooLong, (*field).to_owned()),
        };
        let detail = clean(&format!("{error}; docs/catalogue.md says what is taken"));
        self.refuse(seq, reason, row.entity.name, Some(field), detail, row);
    }
}

impl Refusal {
    /// A row that the database refused; `keep` it as JSON or not.
    pub(crate) fn by_store(seq: u64, row: &Row, detail: &str, keep: bool) -> Self {
        Self {
            first_seq: seq,
            count: 1,
            reason: Reason::Store,
            entity: Some(row.entity.name),
            detail: clean(detail),
            row: keep.then(|| json(row)),
            field: None,
        }
    }

    /// The last row's number; of a frame without a place whatever fits.
    pub(crate) fn last_seq(&self) -> u64 {
        self.first_seq.saturating_add(self.count).saturating_sub(1)
    }

    fn joins(&self, next: &Self) -> bool {
        self.first_seq.checked_add(self.count) == Some(next.first_seq)
            && self.reason == next.reason
            && self.entity == next.entity
            && self.field == next.field
    }
}

/// Adds a refusal, to the last range where it continues it.
fn push(refusals: &mut Vec<Refusal>, next: Refusal) {
    match refusals.last_mut() {
        Some(last) if last.joins(&next) => last.count += next.count,
        _ => refusals.push(next),
    }
}

/// Sorts refusals and joins those that continue each other.
pub(crate) fn merged(mut refusals: Vec<Refusal>) -> Vec<Refusal> {
    refusals.sort_by_key(|r| r.first_seq);
    let mut out = Vec::with_capacity(refusals.len());
    for refusal in refusals {
        push(&mut out, refusal);
    }
    out
}

/// How many rows a frame stands for in the sequence: as it claims, within what a frame may hold.
pub(crate) fn claimed(frame: &Frame) -> u64 {
    let most = naap_schema::limits::MAX_FRAME_ROWS as u64;
    u64::from(frame.rows).min(most)
}

/// Whether a frame's place in the sequence makes sense, so that it can be acknowledged.
pub(crate) fn has_place(frame: &Frame) -> bool {
    let most = i64::MAX as u64;
    let last = frame.first_seq.checked_add(claimed(frame));
    frame.epoch != 0
        && frame.epoch <= most
        && frame.first_seq != 0
        && last.is_some_and(|l| l < most)
}

fn read(frame: &Frame) -> Result<Decoded, String> {
    let bytes = frame.body.len() + frame.columns.len();
    if bytes > naap_schema::limits::MAX_FRAME_BYTES {
        return Err(format!(
            "frame has {} bytes, the limit is {}; send smaller frames",
            bytes,
            naap_schema::limits::MAX_FRAME_BYTES
        ));
    }
    let decoded = naap_schema::frame::decode(frame).map_err(|e| explain(&e))?;
    let text = text_bytes(&decoded);
    if text > limits::FRAME_TEXT_BYTES {
        return Err(format!(
            "frame holds {text} bytes of text when written out, the limit is {}; send smaller \
             frames",
            limits::FRAME_TEXT_BYTES
        ));
    }
    Ok(decoded)
}

fn explain(error: &FrameError) -> String {
    let source = std::error::Error::source(error).map(|s| format!(": {s}")).unwrap_or_default();
    clean(&format!("{error}{source}"))
}

fn text_bytes(decoded: &Decoded) -> usize {
    let columns = decoded.tables.iter().flat_map(|t| &t.columns);
    let values = columns.flat_map(|(_, values)| values.iter().flatten());
    values.map(|v| if let Value::Text(s) = v { s.len() } else { 0 }).sum()
}

/// The refusal of a frame that cannot be read.
fn bad_frame(frame: &Frame, detail: String) -> Refusal {
    Refusal {
        first_seq: frame.first_seq,
        count: claimed(frame),
        reason: Reason::BadFrame,
        entity: None,
        detail,
        row: None,
        field: None,
    }
}

fn not_yours(entity: &EntityDef) -> String {
    format!("entity {} is written by the collector itself; do not send it", entity.name)
}

/// What the declared ranges do not say but the database cannot hold: its own mark for NULL, and
/// times beyond what readers can express.
fn representable(row: &Row) -> Result<(), RowError> {
    for (field, value) in row.entity.fields.iter().zip(&row.values) {
        let Some(Value::I64(i)) = value else { continue };
        let (min, max) = match field.ty {
            FieldType::Timestamp => (0, limits::LATEST_US),
            _ => (i64::MIN + 1, i64::MAX),
        };
        if !(min..=max).contains(i) {
            return Err(RowError::OutOfRange {
                entity: row.entity.name,
                field: field.name,
                value: i.to_string(),
                min: min.to_string(),
                max: max.to_string(),
            });
        }
    }
    Ok(())
}

fn fill(row: &mut Row, plain: PlainRow) -> Result<(), RowError> {
    // Sorted, so that the same row gets the same answer each time.
    let mut values: Vec<(String, PlainValue)> = plain.values.into_iter().collect();
    values.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, value) in values {
        let ty = row.entity.field_index(&name).map(|i| row.entity.fields[i].ty);
        row.set(&name, value.value.map(|v| convert(v, ty)))?;
    }
    Ok(())
}

/// A plain value as the field takes it, where there is one way to read it; else as it is, to be
/// refused by its type.
fn convert(value: plain_value::Value, ty: Option<FieldType>) -> Value {
    /// Whole numbers up to here are the same as a double.
    const EXACT: u64 = 1 << 53;
    match (value, ty) {
        #[expect(clippy::cast_precision_loss, reason = "exact, as just checked")]
        (plain_value::Value::Integer(i), Some(FieldType::F64)) if i.unsigned_abs() <= EXACT => {
            Value::F64(i as f64)
        }
        (plain_value::Value::Integer(i), _) => Value::I64(i),
        (plain_value::Value::Number(x), _) => Value::F64(x),
        (plain_value::Value::Text(s), Some(FieldType::Uuid)) => match Uuid::parse_str(&s) {
            Ok(uuid) => Value::Uuid(uuid),
            Err(_) => Value::text(s),
        },
        (plain_value::Value::Text(s), _) => Value::text(s),
    }
}

/// C0 controls other than tab and line feed: they break terminals and CSV readers downstream.
fn is_control(c: char) -> bool {
    c < ' ' && c != '\t' && c != '\n'
}

fn without_controls(text: &str) -> Arc<str> {
    let replaced: String =
        text.chars().map(|c| if is_control(c) { char::REPLACEMENT_CHARACTER } else { c }).collect();
    replaced.into()
}

/// Text from elsewhere as it may stand in a sentence or a log line: one line, of bounded length.
pub(crate) fn clean(text: &str) -> String {
    let one_line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    cut(&one_line.collect::<String>(), limits::DETAIL_BYTES).to_owned()
}

fn quoted(text: &str) -> String {
    let short: String = text.chars().take(limits::QUOTED_CHARS).collect();
    format!("{short:?}")
}

/// The longest beginning of `text` that fits.
fn cut(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

fn json(row: &Row) -> String {
    let mut values = serde_json::Map::new();
    values.insert("ts_us".to_owned(), row.ts_us.into());
    for (field, value) in row.entity.fields.iter().zip(&row.values) {
        let value = match value {
            None => continue,
            Some(Value::I64(i)) => (*i).into(),
            Some(Value::F64(x)) => (*x).into(),
            Some(Value::Text(s)) => cut(s, limits::REJECTED_ROW_BYTES).into(),
            Some(Value::Uuid(u)) => u.to_string().into(),
        };
        values.insert(field.name.to_owned(), value);
    }
    let text = serde_json::Value::Object(values).to_string();
    cut(&text, limits::REJECTED_ROW_BYTES).to_owned()
}

#[cfg(test)]
mod tests;
