//! What is made of the declarations: Rust, migrations, the catalogue, and the lock that remembers
//! everything released.
//!
//! Pure: takes declarations and the lock, gives texts. `main.rs` writes them.

mod catalogue;
mod ddl;
mod lock;
mod proto;
mod rust;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::declare::{Declarations, Problem};

pub use lock::Lock;

/// Every generated file: path below the repository, and its bytes.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Makes every generated file. `root` is the repository; the lock and the released migrations are
/// read from it. What is not in the lock yet is added to it, in a new migration.
///
/// # Errors
/// If a declaration contradicts the lock, or a released migration was changed.
pub fn all(root: &Path, declarations: &Declarations) -> Result<Files, Vec<Problem>> {
    let mut lock = Lock::read(root)?;
    let mut problems = lock.contradictions(root, declarations);
    problems.extend(lock.changed_migrations(root));
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut files = Files::new();
    if let Some((name, sql)) = lock.release(declarations) {
        files.insert(lock::migration_path(&name), sql.into_bytes());
    }
    for migration in &lock.migration {
        let path = lock::migration_path(&migration.name);
        let bytes = std::fs::read(root.join(&path)).unwrap_or_default();
        files.entry(path).or_insert(bytes);
    }
    files.insert(lock::path(), lock.to_text().into_bytes());
    let rust = rust::generate(declarations, &lock);
    files.insert("schema/src/generated.rs".into(), rust.into_bytes());
    let catalogue = catalogue::generate(declarations);
    files.insert("docs/catalogue.md".into(), catalogue.into_bytes());
    proto::generate(root, &mut files).map_err(|e| {
        vec![Problem { file: "schema/proto".into(), line: 0, text: format!("{e:#}") }]
    })?;
    Ok(files)
}
