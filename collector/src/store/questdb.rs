//! QuestDB as a store: rows over ILP/HTTP, ledgers over PG wire. It may write the tables of the
//! schema and read `ledger`; it must never put text into SQL, nor create anything.

use std::sync::Arc;

use naap_schema::{EntityDef, FieldType, Identity, Value};
use questdb::ErrorCode;
use questdb::ingress::{
    Buffer, ColumnName, Protocol, ProtocolVersion, Sender, SenderBuilder, TimestampMicros,
};
use tokio_postgres::types::ToSql;

use super::together::Ledgers;
use super::{Line, StoreError, WriteError, Writer};
use crate::config::Address;
use crate::ledger::{Entry, Ranges};
use crate::limits;
use crate::pg::Pg;

/// Where rows go.
#[derive(Clone)]
pub(crate) struct Http {
    pub(crate) address: Address,
    /// User and password.
    pub(crate) login: Option<(String, String)>,
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Writes rows over ILP/HTTP, one request per call.
pub(crate) struct Ilp {
    sender: Sender,
    buffer: Buffer,
}

impl Ilp {
    /// A writer; it connects when it first writes.
    ///
    /// # Errors
    /// If the client does not take the settings.
    pub(crate) fn new(http: &Http) -> Result<Self, StoreError> {
        let build = || -> questdb::Result<Sender> {
            // Named, so that building asks the server nothing; every version that takes HTTP
            // requests for binary doubles knows it.
            let mut builder =
                SenderBuilder::new(Protocol::Http, &*http.address.host, http.address.port)
                    .protocol_version(ProtocolVersion::V2)?
                    .max_buf_size(limits::REQUEST_BUFFER_BYTES)?
                    .request_timeout(limits::REQUEST)?
                    // The committer tries again, and knows what the others do meanwhile.
                    .retry_timeout(std::time::Duration::ZERO)?;
            if let Some((user, password)) = &http.login {
                builder = builder.username(user)?.password(password)?;
            }
            builder.build()
        };
        let sender = build().map_err(|e| StoreError {
            doing: "setting up the writer of [questdb] http",
            why: e.to_string(),
        })?;
        let buffer = sender.new_buffer();
        Ok(Self { sender, buffer })
    }
}

impl Writer for Ilp {
    fn write(&mut self, entity: &'static EntityDef, lines: &[Line]) -> Result<(), WriteError> {
        self.buffer.clear();
        for (i, line) in lines.iter().enumerate() {
            if let Err(e) = add(&mut self.buffer, entity, line) {
                return Err(WriteError::Refused { line: Some(i), message: e.to_string() });
            }
        }
        let sent = self.sender.flush_and_keep_with_flags(&self.buffer, true);
        sent.map_err(|e| classify(e.code(), e.msg()))
    }
}

fn add(buffer: &mut Buffer, entity: &EntityDef, line: &Line) -> questdb::Result<()> {
    let row = &line.row;
    // The schema's names are right; the client would look again at each value.
    let name = ColumnName::new_unchecked;
    buffer.table(entity.name)?;
    if entity.identity != Identity::Derived {
        buffer.symbol(name("node"), &*line.node)?;
    }
    let values =
        || entity.fields.iter().zip(&row.values).filter_map(|(f, v)| Some((f, v.as_ref()?)));
    for (field, value) in values() {
        if let (FieldType::Symbol, Value::Text(s)) = (field.ty, value) {
            buffer.symbol(name(field.name), s)?;
        }
    }
    if entity.identity.is_sent() {
        let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        buffer.column_i64(name("epoch"), whole(line.epoch))?;
        buffer.column_i64(name("seq"), whole(line.seq))?;
    }
    for (field, value) in values() {
        match (field.ty, value) {
            (FieldType::Symbol, _) => {}
            (FieldType::Timestamp, Value::I64(t)) => {
                buffer.column_ts(name(field.name), TimestampMicros::new(*t))?;
            }
            (_, Value::I64(i)) => {
                buffer.column_i64(name(field.name), *i)?;
            }
            (_, Value::F64(x)) => {
                buffer.column_f64(name(field.name), *x)?;
            }
            (_, Value::Text(s)) => {
                buffer.column_str(name(field.name), s)?;
            }
            // The server casts the text form.
            (_, Value::Uuid(u)) => {
                let mut text = [0; 36];
                buffer.column_str(name(field.name), &*u.hyphenated().encode_lower(&mut text))?;
            }
        }
    }
    buffer.at(TimestampMicros::new(row.ts_us))
}

/// What QuestDB says in the body of a refusal.
#[derive(serde::Deserialize)]
struct Said {
    code: String,
    message: String,
    /// From 1.
    line: Option<usize>,
}

impl Said {
    /// The client hands over the body as it is, or, where it takes the content type for JSON, as
    /// `MESSAGE [id: ID, code: CODE, line: LINE]`.
    fn read(text: &str) -> Option<Self> {
        if let Ok(said) = serde_json::from_str(text) {
            return Some(said);
        }
        let (message, rest) = text.strip_suffix(']')?.rsplit_once(" [")?;
        let part = |name: &str| rest.split(", ").find_map(|p| p.strip_prefix(name));
        Some(Self {
            code: part("code: ")?.to_owned(),
            message: message.to_owned(),
            line: part("line: ").and_then(|n| n.parse().ok()),
        })
    }
}

/// What an answer of the database means for the rows. Only what surely lies in the rows is a
/// refusal: anything else would throw rows away for what an operator can mend.
fn classify(code: ErrorCode, message: &str) -> WriteError {
    let text = message.strip_prefix("Could not flush buffer: ").unwrap_or(message);
    let said = Said::read(text).filter(|_| code == ErrorCode::ServerFlushError);
    let Some(said) = said else { return WriteError::Later(text.to_owned()) };
    if said.code == "request too large" {
        return WriteError::Refused { line: None, message: said.message };
    }
    if said.code != "invalid" || !said.message.contains("failed to parse line protocol") {
        return WriteError::Later(said.message);
    }
    // A table or column that is not there is the operator's business, never the node's.
    let schema = ["table does not exist", "does not exist, creating new columns is disabled"];
    if schema.iter().any(|s| said.message.contains(s)) {
        return WriteError::Later(format!(
            "{}; the tables are not as this collector needs them: run `naap-collector migrate`",
            said.message
        ));
    }
    let line = said.line.and_then(|n| n.checked_sub(1));
    WriteError::Refused { line, message: said.message }
}

/// Reads ledgers over PG wire.
#[derive(Debug)]
pub(crate) struct PgLedger(pub(crate) Arc<Pg>);

#[tonic::async_trait]
impl Ledgers for PgLedger {
    async fn read_all(
        &self,
        nodes: &[&str],
        epochs: &[u64],
    ) -> Result<Vec<(String, u64, Entry)>, StoreError> {
        let list: Vec<String> = epochs.iter().map(u64::to_string).collect();
        let mut places: Vec<String> = (1..=nodes.len()).map(|i| format!("${i}")).collect();
        // A parameter that is alone in a list is taken for an array.
        places.push("$1".to_owned());
        // Epochs are numbers; `= any($1)` does not exist here.
        let sql = format!(
            "select epoch, ts::long, through_seq, stored, duplicates, rejected, gaps, \
             last_row_at::long, skew_ms, recorded_seq, holes, node from ledger \
             where node in ({}) and epoch in ({}) \
             order by through_seq",
            places.join(","),
            list.join(",")
        );
        let params: Vec<&(dyn ToSql + Sync)> = nodes.iter().map(|n| n as _).collect();
        let rows = self.0.query(&sql, &params).await?;
        let bad = |e: tokio_postgres::Error| StoreError {
            doing: "reading a row of the ledger",
            why: e.to_string(),
        };
        let mut out = Vec::with_capacity(rows.len());
        for row in &rows {
            let count = |i: usize| -> Result<u64, StoreError> {
                let n: Option<i64> = row.try_get(i).map_err(bad)?;
                Ok(n.and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
            };
            let recorded: Option<i64> = row.try_get(9).map_err(bad)?;
            let holes: Option<&str> = row.try_get(10).map_err(bad)?;
            let entry = Entry {
                first_seen_us: row.try_get(1).map_err(bad)?,
                through: count(2)?,
                stored: count(3)?,
                duplicates: count(4)?,
                rejected: count(5)?,
                gaps: count(6)?,
                holes: holes.map(Ranges::parse).unwrap_or_default(),
                recorded: recorded.and_then(|r| u64::try_from(r).ok()),
                last_row_us: row.try_get(7).map_err(bad)?,
                skew_ms: row.try_get(8).map_err(bad)?,
            };
            let node: String = row.try_get(11).map_err(bad)?;
            out.push((node, count(0)?, entry));
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(message: &str) -> WriteError {
        classify(ErrorCode::ServerFlushError, &format!("Could not flush buffer: {message}"))
    }

    fn body(code: &str, message: &str, line: Option<usize>) -> [String; 2] {
        let json = serde_json::json!({
            "code": code, "message": message, "line": line, "errorId": "be66a0c35afc-3",
        });
        let line = line.map(|l| format!(", line: {l}")).unwrap_or_default();
        [json.to_string(), format!("{message} [id: be66a0c35afc-3, code: {code}{line}]")]
    }

    #[test]
    fn only_what_lies_in_the_rows_is_a_refusal() {
        let parse = "failed to parse line protocol:errors encountered on line(s):\nerror in line 2: table: t1, column: ";
        let cast = format!("{parse}u; cast error from protocol type: STRING to column type: UUID");
        for said in body("invalid", &cast, Some(2)) {
            let expected = WriteError::Refused { line: Some(1), message: cast.clone() };
            assert_eq!(server(&said), expected, "{said}");
            for code in [ErrorCode::SocketError, ErrorCode::AuthError, ErrorCode::HttpNotSupported]
            {
                assert!(matches!(classify(code, &said), WriteError::Later(_)));
            }
        }
        let missing = [
            ("invalid", "failed to parse line protocol:errors encountered on line(s):\nerror in line 1: table: nope; table does not exist, creating new tables is disabled".to_owned()),
            ("invalid", format!("{parse}c does not exist, creating new columns is disabled")),
            ("internal error", "commit error for table: t1".to_owned()),
            ("not accepting writes", "read-only".to_owned()),
        ];
        for (code, message) in missing {
            for said in body(code, &message, Some(1)) {
                assert!(matches!(server(&said), WriteError::Later(_)), "{said}");
            }
        }
        assert!(matches!(server("<html>bad gateway</html>"), WriteError::Later(_)));
        for said in body("request too large", "too large", None) {
            assert!(matches!(server(&said), WriteError::Refused { line: None, .. }));
        }
    }
}
