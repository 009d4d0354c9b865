//! How far the derivation is, and what operators corrected.

use async_graphql::{Result, SimpleObject};

use super::error::unavailable;
use super::time::Time;
use crate::read::Database;

/// How far the derived figures are behind what was stored.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Derivation {
    /// The longest lag of all parts, ms; null where none has said.
    lag_ms: Option<i64>,
    /// What waits in all parts; null where none has said.
    pending: Option<i64>,
    /// Everything that was stored up to here is derived in all parts; null where none has said.
    data_through: Option<Time>,
    parts: Vec<DerivationPart>,
}

/// One part of the derivation, as it said last.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct DerivationPart {
    /// sessions, supply, scores or jobs.
    part: Option<String>,
    /// The collector that runs it.
    node: Option<String>,
    /// When it said so.
    reported_at: Time,
    /// Everything that was stored up to here is derived, by the collector's clock.
    through_at: Option<Time>,
    /// Longest time in that minute from stored to derived, ms.
    lag_ms: Option<i64>,
    /// What waits.
    pending: Option<i64>,
    /// Rows written in that minute.
    derived: Option<i64>,
    /// Rows overwritten as void in that minute.
    voided: Option<i64>,
}

impl Derivation {
    pub(crate) async fn read(database: &Database) -> Result<Self> {
        let parts = database.derivation().await.map_err(unavailable)?;
        Ok(Self {
            lag_ms: parts.iter().filter_map(|p| p.lag_ms).max(),
            pending: parts.iter().filter_map(|p| p.pending).reduce(i64::saturating_add),
            data_through: parts.iter().filter_map(|p| p.through_at).min().map(Time),
            parts: parts
                .into_iter()
                .map(|p| DerivationPart {
                    part: p.part,
                    node: p.node,
                    reported_at: Time(p.at),
                    through_at: p.through_at.map(Time),
                    lag_ms: p.lag_ms,
                    pending: p.pending,
                    derived: p.derived,
                    voided: p.voided,
                })
                .collect(),
        })
    }
}

/// A correction by an operator, applied when figures are derived. What nodes sent stays as it is.
#[derive(Debug, SimpleObject)]
pub(crate) struct Correction {
    id: String,
    /// uri (this URI is of this address), address (this address is now that one) or origin (streams
    /// with this prefix have this origin).
    kind: Option<String>,
    /// What is corrected: a URI, an address or a prefix.
    subject: Option<String>,
    /// What it should be: an address or an origin.
    value: Option<String>,
    /// Who made it.
    author: Option<String>,
    /// Why.
    reason: Option<String>,
    /// When it was made.
    made_at: Time,
    /// From when on; null: always.
    valid_from: Option<Time>,
    /// Until when, exclusive; null: for good.
    valid_to: Option<Time>,
    /// Whether it no longer applies.
    revoked: bool,
}

/// All corrections, the newest first.
pub(crate) async fn corrections(database: &Database) -> Result<Vec<Correction>> {
    let rows = database.corrections().await.map_err(unavailable)?;
    let correction = |c: crate::read::derivation::Correction| Correction {
        id: c.id.to_string(),
        kind: c.kind,
        subject: c.subject,
        value: c.value,
        author: c.author,
        reason: c.reason,
        made_at: Time(c.made_at),
        valid_from: c.valid_from.map(Time),
        valid_to: c.valid_to.map(Time),
        revoked: c.revoked == Some(1),
    };
    Ok(rows.into_iter().map(correction).collect())
}
