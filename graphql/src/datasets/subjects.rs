//! What is published, and with which columns.

use naap_schema::{FieldType, Visibility};

use crate::read::datasets::Source;

/// A subject: a set of rows that has a file for each day.
#[derive(Debug)]
pub(crate) struct Subject {
    /// Its name in URLs and file names.
    pub(crate) name: &'static str,
    /// Where its rows come from.
    pub(crate) source: Source,
    /// What a row is, where the entity does not say it.
    description: &'static str,
}

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) ty: FieldType,
    pub(crate) unit: &'static str,
    /// Part of what tells rows apart.
    pub(crate) key: bool,
}

const fn of(name: &'static str, entity: &'static str) -> Subject {
    Subject { name, source: Source::Entity(entity), description: "" }
}

/// All of them.
pub(crate) static SUBJECTS: [Subject; 12] = [
    of("sessions", "stream_session"),
    of("legs", "stream_leg"),
    of("minutes", "stream_minute"),
    of("jobs", "job"),
    of("fees", "payment_fee"),
    of("scores", "sla_score"),
    of("benchmarks", "benchmark"),
    of("supply", "supply"),
    of("supply_gpus", "supply_gpu"),
    of("supply_reports", "supply_report"),
    of("reported_observed", "reported_observed"),
    Subject {
        name: "demand",
        source: Source::Demand,
        description: "Demand for live AI streams by hour, gateway, region, pipeline, model and origin, added up from sessions, minutes and fees; one row for each version of the definitions. `ts` is the start of the hour.",
    },
];

/// The subject with this name.
pub(crate) fn subject(name: &str) -> Option<&'static Subject> {
    SUBJECTS.iter().find(|s| s.name == name)
}

/// Columns of hourly demand behind its time and its formula.
const DEMAND: [(&str, FieldType, &str, bool); 16] = [
    ("origin", FieldType::Symbol, "name", true),
    ("gateway", FieldType::Symbol, "name", true),
    ("region", FieldType::Symbol, "name", true),
    ("pipeline", FieldType::Symbol, "name", true),
    ("model", FieldType::Symbol, "name", true),
    ("sessions", FieldType::I64, "count", false),
    ("requested", FieldType::I64, "count", false),
    ("served", FieldType::I64, "count", false),
    ("unserved", FieldType::I64, "count", false),
    ("failed", FieldType::I64, "count", false),
    ("excused", FieldType::I64, "count", false),
    ("swaps", FieldType::I64, "count", false),
    ("interrupted", FieldType::I64, "count", false),
    ("minutes", FieldType::F64, "minutes", false),
    ("payments", FieldType::I64, "count", false),
    ("fees_eth", FieldType::F64, "eth", false),
];

impl Subject {
    /// What a row is.
    pub(crate) fn description(&self) -> &'static str {
        match self.source {
            Source::Entity(name) => naap_schema::entity(name).map_or("", |e| e.description),
            Source::Demand => self.description,
        }
    }

    /// Its columns behind `ts`, in their order. Of an entity these are its public fields, but for
    /// `void`: a void row is in no view.
    pub(crate) fn columns(&self) -> Vec<Column> {
        match self.source {
            Source::Entity(name) => {
                let fields = naap_schema::entity(name).map_or(&[][..], |e| e.fields);
                let public = fields
                    .iter()
                    .filter(|f| f.visibility == Visibility::Public && f.name != "void");
                public
                    .map(|f| Column { name: f.name, ty: f.ty, unit: f.unit, key: f.key })
                    .collect()
            }
            Source::Demand => {
                let formula = ("formula", FieldType::Symbol, "version", true);
                let all = std::iter::once(formula).chain(DEMAND);
                all.map(|(name, ty, unit, key)| Column { name, ty, unit, key }).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use naap_schema::Identity;

    #[test]
    fn only_what_is_public_and_derived_is_published() {
        let mut names = Vec::new();
        for subject in &SUBJECTS {
            assert!(!subject.description().is_empty(), "{}", subject.name);
            assert!(subject.name.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
            names.push(subject.name);
            let columns = subject.columns();
            assert!(columns.iter().any(|c| c.name == "formula"), "{}", subject.name);
            assert!(columns.iter().any(|c| c.key), "{}", subject.name);
            let Source::Entity(entity) = subject.source else { continue };
            let entity = naap_schema::entity(entity).unwrap();
            assert_eq!(entity.visibility, Visibility::Public, "{}", entity.name);
            assert_eq!(entity.identity, Identity::Derived, "{}", entity.name);
            for column in &columns {
                let field = &entity.fields[entity.field_index(column.name).unwrap()];
                assert_eq!(field.visibility, Visibility::Public, "{}.{}", entity.name, field.name);
            }
            let public = entity.fields.iter().filter(|f| f.visibility == Visibility::Public);
            assert_eq!(columns.len(), public.count() - 1, "all but void: {}", entity.name);
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), SUBJECTS.len());
    }

    #[test]
    fn nothing_names_a_person_a_machine_or_a_secret() {
        let never = ["gpu_uuid", "uuid", "host", "hostname", "client", "token", "secret", "author"];
        for subject in &SUBJECTS {
            for column in subject.columns() {
                let words: Vec<&str> = column.name.split('_').collect();
                let bad = never.iter().find(|n| **n == column.name || words.contains(n));
                // A token of a language model is no secret, and how often a client was gone is a count.
                let counts = ["first_token_ms", "errors_client_gone"].contains(&column.name);
                assert!(bad.is_none() || counts, "{}.{}", subject.name, column.name);
            }
        }
    }
}
