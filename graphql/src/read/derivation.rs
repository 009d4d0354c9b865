//! How far the derived rows are, and what operators corrected.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Database, ReadError, cell, time};
use crate::limits;

/// How far one part of the derivation is.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) at: DateTime<Utc>,
    pub(crate) node: Option<String>,
    pub(crate) part: Option<String>,
    pub(crate) through_at: Option<DateTime<Utc>>,
    pub(crate) lag_ms: Option<i64>,
    pub(crate) pending: Option<i64>,
    pub(crate) derived: Option<i64>,
    pub(crate) voided: Option<i64>,
}

/// A correction by an operator.
#[derive(Debug, Clone)]
pub(crate) struct Correction {
    pub(crate) made_at: DateTime<Utc>,
    pub(crate) id: Uuid,
    pub(crate) kind: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) value: Option<String>,
    pub(crate) valid_from: Option<DateTime<Utc>>,
    pub(crate) valid_to: Option<DateTime<Utc>>,
    pub(crate) author: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) revoked: Option<i64>,
}

impl Database {
    /// The newest state of each part.
    pub(crate) async fn derivation(&self) -> Result<Vec<Part>, ReadError> {
        let sql = format!(
            "select ts, node, part, through_at, lag_ms, pending, derived, voided from public_derive_state where ts > dateadd('d', -7, now()) latest on ts partition by node, part limit {}",
            limits::NODES
        );
        let rows = self.query(&sql, &[]).await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(at) = time(row, 0)? else { continue };
            out.push(Part {
                at,
                node: cell(row, 1)?,
                part: cell(row, 2)?,
                through_at: time(row, 3)?,
                lag_ms: cell(row, 4)?,
                pending: cell(row, 5)?,
                derived: cell(row, 6)?,
                voided: cell(row, 7)?,
            });
        }
        out.sort_by(|a, b| (&a.part, &a.node).cmp(&(&b.part, &b.node)));
        Ok(out)
    }

    /// The newest row of each correction, newest first.
    pub(crate) async fn corrections(&self) -> Result<Vec<Correction>, ReadError> {
        let sql = format!(
            "select ts, correction, kind, subject, value, valid_from, valid_to, author, reason, revoked from public_correction where ts > 0 latest on ts partition by correction limit {}",
            limits::NODES
        );
        let rows = self.query(&sql, &[]).await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(made_at) = time(row, 0)? else { continue };
            out.push(Correction {
                made_at,
                id: cell(row, 1)?,
                kind: cell(row, 2)?,
                subject: cell(row, 3)?,
                value: cell(row, 4)?,
                valid_from: time(row, 5)?,
                valid_to: time(row, 6)?,
                author: cell(row, 7)?,
                reason: cell(row, 8)?,
                revoked: cell(row, 9)?,
            });
        }
        out.sort_by(|a, b| (b.made_at, a.id).cmp(&(a.made_at, b.id)));
        Ok(out)
    }
}
