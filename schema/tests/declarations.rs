//! The declarations: the committed generated text matches them, and what is wrong is refused with
//! file and line.

#![cfg(feature = "emit")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};

use naap_schema::declare::{self, Problem};
use naap_schema::emit;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the schema folder has a parent").into()
}

#[test]
fn generated_files_match_the_declarations() {
    let root = repository();
    let declarations = declare::read(&root.join("schema")).expect("the declarations are good");
    let files = emit::all(&root, &declarations).expect("they do not contradict the lock");
    assert!(files.len() >= 6, "everything is generated: {:?}", files.keys());
    for (path, bytes) in files {
        let committed = std::fs::read(root.join(&path)).unwrap_or_default();
        assert!(committed == bytes, "{} is stale; run `naap-schema emit`", path.display());
    }
}

/// A copy of the schema folder, to be spoilt.
struct Copy {
    dir: tempfile::TempDir,
}

impl Copy {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for sub in ["entities", "views", "migrations", "proto/naap/v1"] {
            let to = dir.path().join("schema").join(sub);
            std::fs::create_dir_all(&to).unwrap();
            for entry in std::fs::read_dir(repository().join("schema").join(sub)).unwrap() {
                let entry = entry.unwrap();
                if entry.path().is_file() {
                    std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
                }
            }
        }
        let lock = dir.path().join("schema/lock.toml");
        std::fs::copy(repository().join("schema/lock.toml"), lock).unwrap();
        Self { dir }
    }

    /// Replaces the first `from` in a file; gives its line.
    fn replace(&self, file: &str, from: &str, to: &str) -> usize {
        let path = self.dir.path().join("schema").join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        let at = text.find(from).unwrap_or_else(|| panic!("{file} has {from:?}"));
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        text[..at].matches('\n').count() + 1
    }

    fn problems(&self) -> Vec<Problem> {
        match declare::read(&self.dir.path().join("schema")) {
            Err(problems) => problems,
            Ok(d) => emit::all(self.dir.path(), &d).err().unwrap_or_default(),
        }
    }

    /// One of the problems is in this file, at this line, and says this.
    fn expect(&self, file: &str, line: usize, says: &str) {
        let problems = self.problems();
        let found = problems
            .iter()
            .any(|p| p.file.ends_with(file) && p.line == line && p.text.contains(says));
        assert!(found, "expected {file}:{line}: …{says}…, got {problems:#?}");
    }
}

#[test]
fn an_untouched_copy_has_no_problem() {
    assert_eq!(Copy::new().problems(), []);
}

#[test]
fn a_reused_field_number_is_refused() {
    let copy = Copy::new();
    let line = copy.replace("entities/host.toml", "number = 3\n", "number = 2\n");
    copy.expect("entities/host.toml", line, "field number 2 is or was `cpu_busy_ratio`");
}

#[test]
fn a_reused_entity_number_is_refused() {
    let copy = Copy::new();
    let line = copy.replace("entities/interface.toml", "number = 2\n", "number = 1\n");
    copy.expect("entities/interface.toml", line, "entity number 1 is used by `host` too");
}

#[test]
fn a_changed_type_is_refused() {
    let copy = Copy::new();
    let from = "name = \"cpu_count\"\ntype = \"i64\"";
    let line = copy.replace("entities/host.toml", from, "name = \"cpu_count\"\ntype = \"f64\"");
    copy.expect("entities/host.toml", line, "released with type i64, not f64");
}

#[test]
fn a_changed_unit_is_refused() {
    let copy = Copy::new();
    let from = "name = \"cpu_busy_ratio\"\ntype = \"f64\"\nunit = \"ratio\"";
    let to = "name = \"cpu_busy_ratio\"\ntype = \"f64\"\nunit = \"percent\"";
    let line = copy.replace("entities/host.toml", from, to);
    copy.expect("entities/host.toml", line, "released with unit ratio, not percent");
}

#[test]
fn an_unknown_key_is_refused() {
    let copy = Copy::new();
    let line = copy.replace("entities/gap.toml", "key = true", "colour = \"red\"");
    copy.expect("entities/gap.toml", line, "unknown field `colour`");
}

#[test]
fn an_empty_description_is_refused() {
    let copy = Copy::new();
    let from = "description = \"Logical processors that the operating system schedules on.\"";
    let line = copy.replace("entities/host.toml", from, "description = \" \"");
    copy.expect("entities/host.toml", line, "description is empty");
}

#[test]
fn a_retention_within_the_accepted_lateness_is_refused() {
    let copy = Copy::new();
    let line = copy.replace("entities/host.toml", "retention = \"30d\"", "retention = \"14d\"");
    copy.expect(
        "entities/host.toml",
        line,
        "retention of 14d is not longer than the accepted lateness",
    );
}

#[test]
fn a_refresh_limit_within_the_accepted_lateness_is_refused() {
    let copy = Copy::new();
    let line = copy.replace("views/host.toml", "refresh_limit = \"15d\"", "refresh_limit = \"7d\"");
    copy.expect("views/host.toml", line, "refresh limit of 7d is not longer");
}

#[test]
fn a_refresh_limit_beyond_what_the_base_keeps_is_refused() {
    let copy = Copy::new();
    let line =
        copy.replace("views/host.toml", "refresh_limit = \"15d\"", "refresh_limit = \"31d\"");
    copy.expect("views/host.toml", line, "beyond the 30 d that its base keeps");
}

#[test]
fn an_unknown_unit_is_refused() {
    let copy = Copy::new();
    let from = "unit = \"ratio\"";
    let line = copy.replace("entities/host.toml", from, "unit = \"furlong\"");
    copy.expect("entities/host.toml", line, "`furlong` is no unit");
}

#[test]
fn a_field_that_vanished_must_be_retired() {
    let copy = Copy::new();
    let path = copy.dir.path().join("schema/entities/host.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let start = text.rfind("[[field]]").unwrap();
    let without = &text[..start];
    std::fs::write(&path, without).unwrap();
    let says = "released field 19 `cpu_model` is gone; list it under [[retired]]";
    assert!(copy.problems().iter().any(|p| p.text == says), "{:#?}", copy.problems());
    let retired = "[[retired]]\nnumber = 19\nname = \"cpu_model\"\nsince = \"0.2.0\"\n";
    std::fs::write(&path, format!("{without}{retired}")).unwrap();
    assert_eq!(copy.problems(), []);
}

#[test]
fn an_edited_migration_is_refused() {
    let copy = Copy::new();
    copy.replace("migrations/0001.sql", "cpu_count LONG", "cpu_count INT");
    copy.expect("migrations/0001.sql", 0, "a released migration is immutable");
}

#[test]
fn a_field_added_to_a_released_rollup_is_refused_and_elsewhere_becomes_a_migration() {
    let field = |rollup: bool| {
        format!(
            "[[field]]\nnumber = 20\nname = \"added\"\ntype = \"i64\"\nunit = \"count\"\nkind = \"gauge\"\nrollup = {rollup}\ndescription = \"New.\"\n"
        )
    };
    let copy = Copy::new();
    let path = copy.dir.path().join("schema/entities/host.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}\n{}", field(true))).unwrap();
    copy.expect("views/host.toml", 1, "was released and cannot change");

    std::fs::write(&path, format!("{text}\n{}", field(false))).unwrap();
    let declarations = declare::read(&copy.dir.path().join("schema")).unwrap();
    let files = emit::all(copy.dir.path(), &declarations).unwrap();
    let next = naap_schema::SCHEMA_VERSION + 1;
    let sql = &files[Path::new(&format!("schema/migrations/{next:04}.sql"))];
    let sql = String::from_utf8(sql.clone()).unwrap();
    assert!(sql.contains("ALTER TABLE host ADD COLUMN IF NOT EXISTS added LONG"), "{sql}");
    assert!(sql.contains("CREATE OR REPLACE VIEW public_host"), "{sql}");
    assert!(!sql.contains("CREATE TABLE"), "{sql}");
}
