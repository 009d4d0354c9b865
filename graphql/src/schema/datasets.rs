//! Daily files, as manifests name them.

use std::sync::Arc;

use async_graphql::{Error, ErrorExtensions, Result, SimpleObject};

use super::error::bad_argument;
use super::time::Time;
use crate::datasets::subjects::{self, SUBJECTS};
use crate::datasets::{Entry, Store, serve};
use crate::limits;

/// A file that holds one UTC day of one subject. It never changes; what comes late makes a further
/// revision under another name.
#[derive(Debug, SimpleObject)]
pub(crate) struct Dataset {
    subject: String,
    /// The UTC day, such as 2026-05-01.
    day: String,
    /// Counts from 1.
    revision: u32,
    /// No further revision is expected: the day is over by 15 days.
    #[graphql(name = "final")]
    settled: bool,
    /// Path below the address of this API.
    url: String,
    /// Size of the file.
    bytes: u64,
    /// Hash of the file, hex.
    sha256: String,
    rows: u64,
    /// Start of the day.
    from: String,
    /// End of the day, exclusive.
    to: String,
    /// Version of the columns.
    schema_version: u32,
    /// Versions of the definitions that gave the rows; empty where there are none.
    formula: Vec<String>,
    /// Terms of the data.
    license: String,
}

fn dataset(subject: &str, license: &str, entry: &Entry) -> Dataset {
    Dataset {
        subject: subject.to_owned(),
        day: entry.day.to_string(),
        revision: entry.revision,
        settled: entry.settled,
        url: serve::url(subject, &entry.file),
        bytes: entry.bytes,
        sha256: entry.sha256.clone(),
        rows: entry.rows,
        from: entry.from.clone(),
        to: entry.to.clone(),
        schema_version: entry.schema_version,
        formula: entry.formula.clone(),
        license: license.to_owned(),
    }
}

/// The newest files, at most `first`, by day and then by subject.
pub(crate) async fn read(
    store: Option<&Arc<Store>>,
    subject: Option<String>,
    from: Option<Time>,
    first: Option<i32>,
) -> Result<Vec<Dataset>> {
    let first = match first {
        None => limits::DATASETS_DEFAULT,
        Some(n) => {
            let known = usize::try_from(n).ok().filter(|n| (1..=limits::DATASETS).contains(n));
            let most = limits::DATASETS;
            known.ok_or_else(|| {
                bad_argument(format!("first is {n}; write a number from 1 to {most}"))
            })?
        }
    };
    if let Some(name) = subject.as_deref()
        && subjects::subject(name).is_none()
    {
        let known = SUBJECTS.each_ref().map(|s| s.name).join(", ");
        return Err(bad_argument(format!("subject is {name:?}; write one of {known}")));
    }
    let Some(store) = store.map(Arc::clone) else { return Ok(Vec::new()) };
    let read = tokio::task::spawn_blocking(move || {
        let mut out = Vec::new();
        let asked = SUBJECTS.iter().filter(|s| subject.as_ref().is_none_or(|name| name == s.name));
        for subject in asked {
            let Some(published) = store.published(subject)? else { continue };
            let license = &published.manifest.license.name;
            let days = published.manifest.days.iter().rev().take(first);
            let days = days.take_while(|e| from.is_none_or(|from| e.day >= from.0.date_naive()));
            out.extend(days.map(|entry| dataset(subject.name, license, entry)));
        }
        out.sort_by(|a, b| b.day.cmp(&a.day).then_with(|| a.subject.cmp(&b.subject)));
        out.truncate(first);
        Ok::<_, std::io::Error>(out)
    });
    let read = read.await.map_err(std::io::Error::other).flatten();
    read.map_err(|error| {
        tracing::warn!(%error, "datasets cannot be read");
        let e = Error::new("the datasets cannot be read; try again later");
        e.extend_with(|_, e| e.set("code", "UNAVAILABLE"))
    })
}
