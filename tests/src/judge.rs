//! The judge: reads the store, and holds it to what the oracle knows.
//!
//! 1. Every recorded row is stored, or lies in a declared gap.
//! 2. Nothing is stored that was not given out.
//! 3. No row is stored twice.
//! 4. Every stored row has its payload and its time.
//! 5. In each epoch, stored rows, refused ones and declared gaps leave no hole.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use naap_schema::ENTITIES;

use crate::database::Database;
use crate::eventually;
use crate::oracle::Oracle;
use crate::rows::{numbered_at, payload};

/// What a judge found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Rows that had to be there.
    pub recorded: u64,
    /// Numbered rows that are.
    pub stored: u64,
    /// Rows of any kind that are declared as lost.
    pub declared: u64,
    /// Runs of the agent that the store knows of.
    pub epochs: u64,
}

/// A numbered row as stored.
#[derive(Debug)]
struct Stored {
    number: u64,
    payload: i64,
    at_us: i64,
}

impl Oracle {
    /// Waits until everything that was recorded is stored or declared, and holds the store to the
    /// five points. The agent must run until then, or have delivered everything.
    ///
    /// # Errors
    /// What is wrong, with the numbers of the rows.
    pub async fn judge(&self, database: &Database, limit: Duration) -> Result<Verdict> {
        let what = format!("the recorded rows of {}", self.node);
        eventually(&what, limit, || async { self.verdict(database).await }).await
    }

    async fn verdict(&self, database: &Database) -> Result<Verdict> {
        let stored = self.stored(database).await?;
        let mut seen = BTreeSet::new();
        for row in &stored {
            let n = row.number;
            ensure!(n >= 1 && n <= self.issued_so_far(), "row {n} was never given out");
            ensure!(seen.insert(n), "row {n} is stored twice");
            ensure!(row.payload == payload(n), "row {n} has the payload {}", row.payload);
            let at_us = numbered_at(n, self.start_us);
            ensure!(row.at_us == at_us, "row {n} was taken at {at_us}, and stored {}", row.at_us);
        }
        let (declared, epochs) = self.account(database).await?;
        let missing: Vec<u64> = self
            .recorded
            .iter()
            .flat_map(|(from, to)| *from..=*to)
            .filter(|n| !seen.contains(n))
            .collect();
        // Which number a lost row had is not known; how many were is.
        ensure!(
            missing.len() as u64 <= declared,
            "{} recorded rows are missing, {declared} are declared as lost; first {:?}",
            missing.len(),
            missing.iter().take(5).collect::<Vec<_>>()
        );
        Ok(Verdict {
            recorded: self.recorded_rows(),
            stored: stored.len() as u64,
            declared,
            epochs,
        })
    }

    async fn stored(&self, database: &Database) -> Result<Vec<Stored>> {
        let node = &self.node;
        let samples = format!(
            "select mem_total_bytes, mem_used_bytes, cast(ts as long) from host \
             where node = '{node}' and mem_total_bytes is not null"
        );
        let events = format!(
            "select substring(request_id, 8, 20), stream_id, cast(ts as long) from stream_trace \
             where node = '{node}'"
        );
        let mut out = Vec::new();
        for sql in [samples, events] {
            for row in database.sql(&sql).await? {
                let cell = |i: usize| row.get(i).cloned().flatten().context("a value");
                let (number, payload) = (cell(0)?.parse()?, cell(1)?.parse()?);
                out.push(Stored { number, payload, at_us: cell(2)?.parse()? });
            }
        }
        Ok(out)
    }

    /// Rows that are declared as lost, and epochs. Fails where rows are missing without a word.
    async fn account(&self, database: &Database) -> Result<(u64, u64)> {
        let node = &self.node;
        let mut epochs: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
        for entity in ENTITIES.iter().filter(|e| e.identity.is_sent()) {
            let sql = format!("select epoch, seq from {} where node = '{node}'", entity.name);
            for (epoch, seq, _) in numbers(database, &sql).await? {
                let fresh = epochs.entry(epoch).or_default().insert(seq);
                ensure!(fresh, "two rows have the number {seq} of epoch {epoch}");
            }
        }
        let mut declared = 0;
        let gaps = "select of_epoch, from_seq, to_seq from gap";
        let refused = "select epoch, first_seq, first_seq + rows - 1 from rejected";
        for (sql, counts) in [(gaps, true), (refused, false)] {
            for (epoch, from, to) in
                numbers(database, &format!("{sql} where node = '{node}'")).await?
            {
                let rows = epochs.entry(epoch).or_default();
                let lost = (from..=to).filter(|seq| rows.insert(*seq)).count() as u64;
                declared += if counts { lost } else { 0 };
            }
        }
        for (epoch, rows) in &epochs {
            let hole = (1..).zip(rows).find(|(n, seq)| n != *seq);
            ensure!(hole.is_none(), "epoch {epoch} has a hole without a word: {hole:?}");
        }
        Ok((declared, epochs.len() as u64))
    }
}

/// Rows of two or three whole numbers.
async fn numbers(database: &Database, sql: &str) -> Result<Vec<(i64, i64, i64)>> {
    let rows = database.sql(sql).await?;
    let parse = |row: Vec<Option<String>>| {
        let cell = |i: usize| row.get(i).cloned().flatten();
        let first = cell(0).context("an epoch")?.parse()?;
        let second = cell(1).context("a number")?.parse()?;
        let third = cell(2).map_or(Ok(0), |c| c.parse())?;
        Ok((first, second, third))
    };
    rows.into_iter().map(parse).collect()
}
