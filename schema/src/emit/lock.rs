//! The memory of what was released: `schema/lock.toml`, append-only.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ddl;
use crate::declare::{Declarations, Entity, Field, Problem};

/// Everything released, in the order of release.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Migrations.
    #[serde(default)]
    pub migration: Vec<LockedMigration>,
    /// Entities.
    #[serde(default)]
    pub entity: Vec<LockedEntity>,
    /// Fields.
    #[serde(default)]
    pub field: Vec<LockedField>,
    /// Materialised views.
    #[serde(default)]
    pub view: Vec<LockedView>,
}

/// A released migration.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LockedMigration {
    /// Number, and schema version.
    pub number: u32,
    /// Name of its file, without the ending.
    pub name: String,
    /// SHA-256 of its text.
    pub sha256: String,
}

/// A released entity.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LockedEntity {
    /// Number on the wire.
    pub number: u32,
    /// Name.
    pub name: String,
    /// Identity.
    pub identity: String,
    /// Migration that brought it.
    pub migration: u32,
}

/// A released field.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LockedField {
    /// Number of its entity.
    pub entity: u32,
    /// Number on the wire.
    pub number: u32,
    /// Name.
    pub name: String,
    /// Type.
    #[serde(rename = "type")]
    pub ty: String,
    /// Unit.
    pub unit: String,
    /// Kind.
    pub kind: String,
    /// Whether it is part of the identity.
    pub key: bool,
    /// Migration that brought it.
    pub migration: u32,
}

/// A released view.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LockedView {
    /// Name.
    pub name: String,
    /// SHA-256 of its statements.
    pub sha256: String,
    /// Migration that brought it.
    pub migration: u32,
}

/// Where the lock is.
pub(super) fn path() -> PathBuf {
    "schema/lock.toml".into()
}

/// Where a migration is.
pub(super) fn migration_path(name: &str) -> PathBuf {
    PathBuf::from("schema/migrations").join(format!("{name}.sql"))
}

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

impl Lock {
    /// Reads the lock below the repository `root`; an absent one is empty.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(root: &Path) -> Result<Self, Vec<Problem>> {
        let file = path();
        let problem = |text: String| vec![Problem { file: file.clone(), line: 0, text }];
        match std::fs::read_to_string(root.join(&file)) {
            Ok(text) => toml::from_str(&text).map_err(|e| problem(e.message().to_owned())),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(problem(format!("cannot be read: {e}"))),
        }
    }

    /// The newest released schema version.
    pub fn version(&self) -> u32 {
        self.migration.iter().map(|m| m.number).max().unwrap_or(0)
    }

    /// The migration that brought a field.
    pub fn field_since(&self, entity: u32, number: u32) -> u32 {
        let found = self.field.iter().find(|f| f.entity == entity && f.number == number);
        found.map_or(0, |f| f.migration)
    }

    /// The migration that brought an entity.
    pub fn entity_since(&self, number: u32) -> u32 {
        self.entity.iter().find(|e| e.number == number).map_or(0, |e| e.migration)
    }

    /// What in the declarations contradicts what was released.
    pub(super) fn contradictions(&self, root: &Path, d: &Declarations) -> Vec<Problem> {
        let mut problems = Vec::new();
        for entity in &d.entities {
            self.entity_contradictions(d, entity, &mut problems);
        }
        for locked in &self.entity {
            if !d.entities.iter().any(|e| *e.number.get_ref() == locked.number) {
                let text = format!("released entity {} `{}` is gone", locked.number, locked.name);
                problems.push(Problem { file: root.join("schema/entities"), line: 0, text });
            }
        }
        for (view, statements) in ddl::views(d) {
            let now = sha256(&statements.join("\n;\n"));
            if let Some(locked) = self.view.iter().find(|v| v.name == view.name)
                && locked.sha256 != now
            {
                let text = format!(
                    "view `{}` was released and cannot change; add another view for new fields (a field added to a released rollup goes there)",
                    view.name
                );
                problems.push(Problem { file: view.file.clone(), line: 1, text });
            }
        }
        problems
    }

    fn entity_contradictions(&self, d: &Declarations, e: &Entity, out: &mut Vec<Problem>) {
        let number = *e.number.get_ref();
        for l in &self.entity {
            let same_number = l.number == number;
            let same_name = l.name == *e.name.get_ref();
            if same_number != same_name {
                let text = format!("entity {} was released as `{}`", l.number, l.name);
                out.push(d.problem(&e.file, &e.number, text));
            } else if same_number && l.identity != e.identity.word() {
                let text = format!("entity `{}` was released with identity {}", l.name, l.identity);
                out.push(d.problem(&e.file, &e.name, text));
            }
        }
        for f in &e.fields {
            for l in self.field.iter().filter(|l| l.entity == number) {
                field_contradiction(d, e, f, l, out);
            }
        }
        let gone: HashSet<u32> = e.retired.iter().map(|r| r.number).collect();
        for l in self.field.iter().filter(|l| l.entity == number) {
            let there = e.fields.iter().any(|f| *f.number.get_ref() == l.number);
            if !there && !gone.contains(&l.number) {
                let text = format!(
                    "released field {} `{}` is gone; list it under [[retired]]",
                    l.number, l.name
                );
                out.push(d.problem(&e.file, &e.name, text));
            }
        }
    }

    /// Released migrations whose file is gone or changed.
    pub(super) fn changed_migrations(&self, root: &Path) -> Vec<Problem> {
        self.migration
            .iter()
            .filter_map(|m| {
                let file = migration_path(&m.name);
                let text = std::fs::read_to_string(root.join(&file)).unwrap_or_default();
                (sha256(&text) != m.sha256).then(|| {
                    let text = "a released migration is immutable; write a new one".to_owned();
                    Problem { file, line: 0, text }
                })
            })
            .collect()
    }

    /// Adds what is declared and not released yet, and gives the migration that brings it.
    pub(super) fn release(&mut self, d: &Declarations) -> Option<(String, String)> {
        let number = self.version() + 1;
        let mut statements: Vec<String> = Vec::new();
        let mut changed: HashSet<u32> = HashSet::new();
        for e in &d.entities {
            let entity = *e.number.get_ref();
            let known: HashMap<u32, ()> =
                self.field.iter().filter(|f| f.entity == entity).map(|f| (f.number, ())).collect();
            let new: Vec<&Field> =
                e.fields.iter().filter(|f| !known.contains_key(f.number.get_ref())).collect();
            if self.entity.iter().all(|l| l.number != entity) {
                statements.push(ddl::create_table(e));
                self.entity.push(LockedEntity {
                    number: entity,
                    name: e.name.get_ref().clone(),
                    identity: e.identity.word().to_owned(),
                    migration: number,
                });
            } else {
                statements.extend(new.iter().map(|f| ddl::add_column(e, f)));
            }
            if !new.is_empty() {
                changed.insert(entity);
            }
            self.field.extend(new.into_iter().map(|f| locked_field(entity, f, number)));
        }
        for e in &d.entities {
            if changed.contains(e.number.get_ref()) {
                statements.extend(ddl::public_view(e));
            }
        }
        for (view, view_statements) in ddl::views(d) {
            if self.view.iter().all(|l| l.name != view.name) {
                let sha256 = sha256(&view_statements.join("\n;\n"));
                self.view.push(LockedView { name: view.name, sha256, migration: number });
                statements.extend(view_statements);
            }
        }
        if statements.is_empty() {
            return None;
        }
        let name = format!("{number:04}");
        let mut sql = format!(
            "-- Migration {number}. Released: never edit it, add another one (`naap-schema emit`).\n"
        );
        for s in statements {
            sql.push('\n');
            sql.push_str(&s);
            sql.push_str("\n;\n");
        }
        let sha256 = sha256(&sql);
        self.migration.push(LockedMigration { number, name: name.clone(), sha256 });
        Some((name, sql))
    }

    /// The text of the lock file.
    pub(super) fn to_text(&self) -> String {
        let mut text = String::from(
            "# Everything that was ever released: written by `naap-schema emit`, append-only.\n# A number, a name, a type and a unit that stand here mean the same for good.\n\n",
        );
        let body = toml::to_string(self).unwrap_or_default();
        write!(text, "{body}").unwrap_or_default();
        text
    }
}

fn locked_field(entity: u32, f: &Field, migration: u32) -> LockedField {
    LockedField {
        entity,
        number: *f.number.get_ref(),
        name: f.name.get_ref().clone(),
        ty: f.ty.get_ref().word().to_owned(),
        unit: f.unit.get_ref().clone(),
        kind: f.kind.word().to_owned(),
        key: f.key,
        migration,
    }
}

fn field_contradiction(
    d: &Declarations,
    e: &Entity,
    f: &Field,
    l: &LockedField,
    out: &mut Vec<Problem>,
) {
    let same_number = l.number == *f.number.get_ref();
    let same_name = l.name == *f.name.get_ref();
    if same_number != same_name {
        let text = format!("field {} was released as `{}`", l.number, l.name);
        out.push(d.problem(&e.file, &f.number, text));
        return;
    }
    if !same_number {
        return;
    }
    let pairs = [
        ("type", l.ty.as_str(), f.ty.get_ref().word()),
        ("unit", l.unit.as_str(), f.unit.get_ref().as_str()),
        ("kind", l.kind.as_str(), f.kind.word()),
        ("key", if l.key { "true" } else { "false" }, if f.key { "true" } else { "false" }),
    ];
    for (what, was, is) in pairs {
        if was != is {
            let text = format!(
                "field `{}` was released with {what} {was}, not {is}; retire it and add another",
                l.name
            );
            out.push(d.problem(&e.file, &f.name, text));
        }
    }
}
