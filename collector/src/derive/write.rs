//! Derived rows on their way into QuestDB, over a connection of their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use naap_schema::{EntityDef, Row};

use crate::scrub::{Hours, Touched, hour};
use crate::store::questdb::Ilp;
use crate::store::{Line, StoreError, WriteError, Writer};
use crate::{clock, limits, machine};

/// Writes derived rows, table by table.
pub(crate) struct Out {
    writer: Option<Ilp>,
    touched: Arc<Touched>,
}

impl std::fmt::Debug for Out {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Out").finish_non_exhaustive()
    }
}

impl Out {
    pub(crate) fn new(writer: Ilp, touched: Arc<Touched>) -> Self {
        Self { writer: Some(writer), touched }
    }

    /// Commits the rows, each table in one request; in any order, since a reader sees tables apart.
    ///
    /// # Errors
    /// What the database said. Some tables may be written then: writing all again changes nothing.
    pub(crate) async fn write(&mut self, rows: Vec<Row>) -> Result<(), StoreError> {
        let mut tables: BTreeMap<u32, (&'static EntityDef, Vec<Line>)> = BTreeMap::new();
        for row in rows {
            let entity: &'static EntityDef = row.entity;
            let (_, lines) = tables.entry(entity.number).or_insert_with(|| (entity, Vec::new()));
            lines.push(Line { batch: 0, node: "derive".into(), epoch: 0, seq: 0, row });
        }
        for (entity, lines) in tables.into_values() {
            let hours: Hours = lines.iter().map(|l| hour(entity, l.row.ts_us)).collect();
            self.table(entity, lines).await?;
            self.touched.mark(&hours, clock::now_us());
        }
        Ok(())
    }

    async fn table(
        &mut self,
        entity: &'static EntityDef,
        lines: Vec<Line>,
    ) -> Result<(), StoreError> {
        let mut writer = self.writer.take().expect("a writer is put back after each table");
        let work = move || {
            let mut parts = lines.chunks(limits::ROUND_ROWS);
            let result = parts.try_for_each(|part| writer.write(entity, part));
            (writer, result)
        };
        let (writer, result) = machine::blocking(work).await.expect("writing does not panic");
        self.writer = Some(writer);
        let doing = "writing derived rows";
        result.map_err(|e| match e {
            WriteError::Later(why) => StoreError { doing, why: format!("{}: {why}", entity.name) },
            WriteError::Refused { message, .. } => {
                StoreError { doing, why: format!("{} is refused: {message}", entity.name) }
            }
        })
    }
}
