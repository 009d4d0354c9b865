//! Corrections by operators: rows with author, reason and time, which derivation applies. It may
//! write `correction`; it must never touch what nodes sent.

use std::sync::Arc;

use naap_derive::event::FORMULA;
use naap_derive::identity;
use naap_schema::generated::{CORRECTION, Correction};
use naap_schema::{Row, Value};
use uuid::Uuid;

use crate::config::{Config, ConfigError};
use crate::derive::{Out, read_rows};
use crate::store::StoreError;
use crate::store::questdb::{Http, Ilp};
use crate::{clock, run};

/// What is corrected, and how.
#[derive(Debug, Clone)]
pub struct Change {
    /// `uri`, `address`, `origin` or `node`.
    pub kind: String,
    /// A URI, an address, a prefix of stream ids, or a node.
    pub subject: String,
    /// An address, or an origin.
    pub value: String,
    /// From when on, microseconds since 1970 UTC; `None`: always.
    pub from_us: Option<i64>,
    /// Until when, not included; `None`: for good.
    pub to_us: Option<i64>,
    /// Who makes it.
    pub author: String,
    /// Why.
    pub reason: String,
}

/// A correction as it stands.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Its id.
    pub id: Uuid,
    /// When it was made or revoked, microseconds since 1970 UTC.
    pub made_us: i64,
    /// What it says.
    pub change: Change,
    /// It no longer applies.
    pub revoked: bool,
}

/// Why a correction is not taken.
#[derive(Debug, thiserror::Error)]
pub enum CorrectionError {
    /// A value is not what its kind asks for.
    #[error("{what} {value:?} is not taken: {wrong}")]
    Value {
        /// Which value.
        what: &'static str,
        /// As given.
        value: String,
        /// What would be.
        wrong: String,
    },
    /// There is none with this id.
    #[error("there is no correction {0}; `naap-collector correction list` shows all")]
    Unknown(Uuid),
    /// The configuration.
    #[error("the configuration is not taken")]
    Config(#[from] ConfigError),
    /// The database.
    #[error("{0}")]
    Store(String),
}

impl From<StoreError> for CorrectionError {
    fn from(e: StoreError) -> Self {
        Self::Store(e.to_string())
    }
}

/// Kinds, what they are of, and what of.
const KINDS: [&str; 4] = ["uri", "address", "origin", "node"];
const ORIGINS: [&str; 4] = ["organic", "test", "replayed", "simulated"];

impl Change {
    /// The same with URI and addresses in the form that they are compared in.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    fn checked(mut self) -> Result<Self, CorrectionError> {
        let bad = |what, value: &str, wrong: String| {
            Err(CorrectionError::Value { what, value: value.to_owned(), wrong })
        };
        if !KINDS.contains(&self.kind.as_str()) {
            return bad("--kind", &self.kind, format!("write one of {}", KINDS.join(", ")));
        }
        if self.kind == "uri" {
            let Some(uri) = identity::normalised(&self.subject) else {
                let wrong = "write a URI with scheme and host, such as https://host:8935";
                return bad("--subject", &self.subject, wrong.to_owned());
            };
            self.subject = uri;
        }
        let address = |text: &str| {
            let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
            let good = digits.len() == 40 && digits.bytes().all(|b| b.is_ascii_hexdigit());
            good.then(|| text.to_ascii_lowercase())
        };
        let wrong = "write an address: 0x and 40 hexadecimal digits";
        if self.kind == "address" {
            match address(&self.subject) {
                Some(found) => self.subject = found,
                None => return bad("--subject", &self.subject, wrong.to_owned()),
            }
        }
        if self.kind == "origin" {
            if !ORIGINS.contains(&self.value.as_str()) {
                return bad("--value", &self.value, format!("write one of {}", ORIGINS.join(", ")));
            }
        } else {
            match address(&self.value) {
                Some(found) => self.value = found,
                None => return bad("--value", &self.value, wrong.to_owned()),
            }
        }
        for (what, text) in
            [("--subject", &self.subject), ("--author", &self.author), ("--reason", &self.reason)]
        {
            if text.trim().is_empty() {
                return bad(what, text, "it is empty".to_owned());
            }
        }
        if self.from_us.zip(self.to_us).is_some_and(|(from, to)| from >= to) {
            let to = clock::text(self.to_us.unwrap_or_default());
            return bad("--to", &to, "it is not after --from".to_owned());
        }
        let probe = self.row(Uuid::nil(), 0, false);
        probe.check().map_err(|e| CorrectionError::Value {
            what: "the correction",
            value: self.subject.clone(),
            wrong: e.to_string(),
        })?;
        Ok(self)
    }

    fn row(&self, id: Uuid, made_us: i64, revoked: bool) -> Row {
        Correction {
            void: 0,
            formula: FORMULA.into(),
            correction: id,
            kind: self.kind.as_str().into(),
            subject: self.subject.as_str().into(),
            value: self.value.as_str().into(),
            valid_from: self.from_us,
            valid_to: self.to_us,
            author: self.author.as_str().into(),
            reason: self.reason.as_str().into(),
            revoked: Some(i64::from(revoked)),
        }
        .at(made_us)
    }
}

async fn write(config: &Config, row: Row) -> Result<(), CorrectionError> {
    let http = Http { address: config.questdb.http.clone(), login: config.http_login()? };
    Out::new(Ilp::new(&http)?, Arc::default()).write(vec![row]).await?;
    Ok(())
}

/// Makes a correction; a running collector applies it within seconds. Gives its id.
///
/// # Errors
/// If it is not taken, or the database cannot be used.
pub async fn add(config: &Config, change: Change) -> Result<Uuid, CorrectionError> {
    let (change, id) = (change.checked()?, Uuid::new_v4());
    write(config, change.row(id, clock::now_us(), false)).await?;
    Ok(id)
}

/// All corrections, the newest row of each, in the order in which they were made.
///
/// # Errors
/// If the database cannot be used.
pub async fn list(config: &Config) -> Result<Vec<Standing>, CorrectionError> {
    let rows = read_rows(&run::pg(config)?, &CORRECTION, "void = 0", &[]).await?;
    let mut all: Vec<Standing> = Vec::new();
    for (_, row) in rows {
        let Some(standing) = standing(&row) else { continue };
        all.retain(|s| s.id != standing.id);
        all.push(standing);
    }
    Ok(all)
}

/// Revokes a correction: from now on, what was derived with it is derived without.
///
/// # Errors
/// If there is none, or the database cannot be used.
pub async fn revoke(
    config: &Config,
    id: Uuid,
    author: &str,
    reason: &str,
) -> Result<(), CorrectionError> {
    let found = list(config).await?.into_iter().find(|s| s.id == id);
    let Some(found) = found else { return Err(CorrectionError::Unknown(id)) };
    let change = Change { author: author.to_owned(), reason: reason.to_owned(), ..found.change };
    write(config, change.checked()?.row(id, clock::now_us(), true)).await
}

fn standing(row: &Row) -> Option<Standing> {
    let text = |name| match row.get(name) {
        Some(Value::Text(s)) => Some(s.to_string()),
        _ => None,
    };
    let whole = |name| match row.get(name) {
        Some(Value::I64(i)) => Some(*i),
        _ => None,
    };
    let id = match row.get("correction") {
        Some(Value::Uuid(id)) => *id,
        _ => return None,
    };
    let change = Change {
        kind: text("kind")?,
        subject: text("subject")?,
        value: text("value")?,
        from_us: whole("valid_from"),
        to_us: whole("valid_to"),
        author: text("author")?,
        reason: text("reason")?,
    };
    Some(Standing { id, made_us: row.ts_us, change, revoked: whole("revoked") == Some(1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(kind: &str, subject: &str, value: &str) -> Change {
        Change {
            kind: kind.into(),
            subject: subject.into(),
            value: value.into(),
            from_us: None,
            to_us: None,
            author: "ops".into(),
            reason: "moved".into(),
        }
    }

    const ONE: &str = "0x00000000000000000000000000000000000000Aa";

    #[test]
    fn what_is_compared_is_in_one_form() {
        let c = change("uri", "HTTPS://Orch.example.net:8935/", ONE).checked().unwrap();
        assert_eq!(c.subject, "https://orch.example.net:8935");
        assert_eq!(c.value, ONE.to_lowercase());
        let c = change("address", ONE, ONE).checked().unwrap();
        assert_eq!(c.subject, ONE.to_lowercase());
        assert!(change("origin", "tester-", "test").checked().is_ok());
        assert!(change("node", "orch-7", ONE).checked().is_ok());
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for (c, names) in [
            (change("wallet", "a", ONE), "--kind"),
            (change("uri", "nowhere", ONE), "--subject"),
            (change("address", "0x12", ONE), "--subject"),
            (change("uri", "https://a:1", "0x12"), "--value"),
            (change("origin", "x", "fake"), "--value"),
            (change("origin", " ", "test"), "--subject"),
            (Change { author: String::new(), ..change("origin", "x", "test") }, "--author"),
            (Change { from_us: Some(5), to_us: Some(5), ..change("origin", "x", "test") }, "--to"),
            (Change { reason: "r".repeat(5000), ..change("origin", "x", "test") }, "reason"),
        ] {
            let said = c.checked().unwrap_err().to_string();
            assert!(said.contains(names), "{said}");
        }
    }
}
