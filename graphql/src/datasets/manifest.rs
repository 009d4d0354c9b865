//! Manifests and file names: what is published of a subject, as it is written and read back. Pure.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::subjects;
use crate::limits;

/// The form of manifests and of the list of subjects.
pub(crate) const FORMAT: &str = "naap-dataset/1";

/// Under which terms the data may be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct License {
    /// Its name, for example CC-BY-4.0.
    pub(crate) name: String,
    /// Its text.
    pub(crate) url: String,
    /// Whom to name.
    pub(crate) attribution: String,
}

/// Everything that is published of a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    pub(crate) format: String,
    pub(crate) subject: String,
    pub(crate) description: String,
    pub(crate) license: License,
    /// Days, the oldest first, each with its current revision.
    pub(crate) days: Vec<Entry>,
}

/// A day, as it is published now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    pub(crate) day: NaiveDate,
    pub(crate) revision: u32,
    /// No further revision is expected.
    #[serde(rename = "final")]
    pub(crate) settled: bool,
    pub(crate) file: String,
    /// Of the file, hex.
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
    pub(crate) rows: u64,
    /// The day, half-open, ISO 8601 UTC.
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) schema_version: u32,
    /// Versions of the definitions that gave the rows, in order.
    pub(crate) formula: Vec<String>,
    /// When this revision was published.
    pub(crate) created: String,
    /// When it was last compared with the rows, microseconds since 1970 UTC.
    pub(crate) checked_us: i64,
    /// Earlier revisions that can still be had, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) supersedes: Vec<Superseded>,
}

/// An earlier revision of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Superseded {
    pub(crate) revision: u32,
    pub(crate) file: String,
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
    /// When a later one took its place, microseconds since 1970 UTC.
    pub(crate) superseded_us: i64,
}

/// A file as it was built, before it has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Built {
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
    pub(crate) rows: u64,
    pub(crate) formula: Vec<String>,
}

/// What building a day came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The bytes are those of the current revision.
    Same,
    /// They are a revision of their own.
    Published,
}

impl Manifest {
    /// One without days.
    pub(crate) fn new(subject: &str, description: &str, license: License) -> Self {
        Self {
            format: FORMAT.to_owned(),
            subject: subject.to_owned(),
            description: description.to_owned(),
            license,
            days: Vec::new(),
        }
    }

    /// What is published of a day.
    pub(crate) fn day(&self, day: NaiveDate) -> Option<&Entry> {
        let at = self.days.binary_search_by_key(&day, |e| e.day).ok()?;
        self.days.get(at)
    }

    /// Hash of a file that this manifest names, of any revision.
    pub(crate) fn sha256(&self, name: &FileName) -> Option<&str> {
        let entry = self.day(name.day)?;
        let text = name.to_string();
        if entry.file == text {
            return Some(&entry.sha256);
        }
        entry.supersedes.iter().find(|s| s.file == text).map(|s| s.sha256.as_str())
    }

    /// All files that it names.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        self.days.iter().flat_map(|e| {
            std::iter::once(e.file.as_str()).chain(e.supersedes.iter().map(|s| s.file.as_str()))
        })
    }

    /// Takes a built day in. A revision has a number of its own, and what it takes the place of is
    /// named; bytes that are already published change nothing but what is known of them.
    pub(crate) fn take(
        &mut self,
        day: NaiveDate,
        built: Built,
        settled: bool,
        now_us: i64,
    ) -> Outcome {
        let at = self.days.binary_search_by_key(&day, |e| e.day);
        if let Ok(at) = at
            && let Some(entry) = self.days.get_mut(at)
        {
            if entry.sha256 == built.sha256 {
                entry.settled |= settled;
                entry.checked_us = now_us;
                return Outcome::Same;
            }
            let before = entry.clone();
            *entry = self::entry(&self.subject, day, before.revision + 1, built, settled, now_us);
            entry.supersedes = before.supersedes;
            entry.supersedes.push(Superseded {
                revision: before.revision,
                file: before.file,
                sha256: before.sha256,
                bytes: before.bytes,
                superseded_us: now_us,
            });
            let over = entry.supersedes.len().saturating_sub(limits::SUPERSEDED);
            entry.supersedes.drain(..over);
            return Outcome::Published;
        }
        let entry = entry(&self.subject, day, 1, built, settled, now_us);
        let at = at.unwrap_or_else(|at| at);
        self.days.insert(at, entry);
        Outcome::Published
    }

    /// Forgets days before `first`, and revisions that were superseded before `since_us`. What it no
    /// longer names may be deleted.
    pub(crate) fn expire(&mut self, first: NaiveDate, since_us: i64) {
        self.days.retain(|e| e.day >= first);
        for entry in &mut self.days {
            entry.supersedes.retain(|s| s.superseded_us >= since_us);
        }
    }
}

fn entry(
    subject: &str,
    day: NaiveDate,
    revision: u32,
    built: Built,
    settled: bool,
    now_us: i64,
) -> Entry {
    let name = FileName {
        subject: subject.to_owned(),
        day,
        revision,
        hash: built.sha256.chars().take(HASH_CHARS).collect(),
    };
    let midnight = |day: NaiveDate| format!("{day}T00:00:00Z");
    Entry {
        day,
        revision,
        settled,
        file: name.to_string(),
        sha256: built.sha256,
        bytes: built.bytes,
        rows: built.rows,
        from: midnight(day),
        to: midnight(day.succ_opt().unwrap_or(day)),
        schema_version: naap_schema::SCHEMA_VERSION,
        formula: built.formula,
        created: super::plan::iso(now_us),
        checked_us: now_us,
        supersedes: Vec::new(),
    }
}

/// Characters of the hash in a file's name.
const HASH_CHARS: usize = 16;

/// The name of a file: `SUBJECT-DAY-rREVISION-HASH.parquet`. A name that is no such one has no path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileName {
    pub(crate) subject: String,
    pub(crate) day: NaiveDate,
    pub(crate) revision: u32,
    pub(crate) hash: String,
}

impl std::fmt::Display for FileName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { subject, day, revision, hash } = self;
        write!(f, "{subject}-{day}-r{revision}-{hash}.parquet")
    }
}

impl FileName {
    /// Reads a name; `None` unless it is exactly as it would be written, of a subject that there is.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let stem = text.strip_suffix(".parquet")?;
        let (rest, hash) = stem.rsplit_once("-r").and_then(|(rest, end)| {
            let (revision, hash) = end.split_once('-')?;
            Some(((rest, revision), hash))
        })?;
        let (rest, revision) = rest;
        // The day is the last ten characters, all of them ASCII.
        let at = rest.len().checked_sub(10)?;
        let day = rest.get(at..)?.parse().ok()?;
        let subject = rest.get(..at)?.strip_suffix('-')?;
        let name = Self {
            subject: subjects::subject(subject)?.name.to_owned(),
            day,
            revision: revision.parse().ok()?,
            hash: hash.to_owned(),
        };
        let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        (name.to_string() == text && hash.len() == HASH_CHARS && hash.chars().all(hex))
            .then_some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn license() -> License {
        License { name: "L".into(), url: "U".into(), attribution: "A".into() }
    }

    fn built(hash: char) -> Built {
        Built {
            sha256: hash.to_string().repeat(64),
            bytes: 10,
            rows: 3,
            formula: vec!["2026.1".into()],
        }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_revision_has_a_name_of_its_own_and_names_what_it_supersedes() {
        let mut manifest = Manifest::new("sessions", "d", license());
        let d = day("2026-05-02");
        assert_eq!(manifest.take(d, built('a'), false, 10), Outcome::Published);
        let first = manifest.days[0].clone();
        assert_eq!(first.file, "sessions-2026-05-02-r1-aaaaaaaaaaaaaaaa.parquet");
        assert_eq!(
            (first.from.as_str(), first.to.as_str()),
            ("2026-05-02T00:00:00Z", "2026-05-03T00:00:00Z")
        );
        assert_eq!(manifest.take(d, built('a'), false, 20), Outcome::Same);
        assert_eq!((manifest.days[0].revision, manifest.days[0].checked_us), (1, 20));
        assert_eq!(manifest.days[0].created, first.created, "nothing was published");

        assert_eq!(manifest.take(d, built('b'), false, 30), Outcome::Published);
        let second = manifest.days[0].clone();
        assert_eq!((second.revision, second.settled), (2, false));
        assert_eq!(second.supersedes[0].file, first.file);
        assert_eq!(second.supersedes[0].superseded_us, 30);
        // The same bytes, and now final: no new file.
        assert_eq!(manifest.take(d, built('b'), true, 40), Outcome::Same);
        assert!(manifest.days[0].settled);
        // An older day goes before it.
        manifest.take(day("2026-05-01"), built('c'), true, 50);
        let days: Vec<_> = manifest.days.iter().map(|e| e.day).collect();
        assert_eq!(days, [day("2026-05-01"), d]);
        let name = FileName::parse(&first.file).unwrap();
        assert_eq!(manifest.sha256(&name), Some("a".repeat(64).as_str()), "an old one is known");
        assert_eq!(manifest.files().count(), 3);

        manifest.expire(d, 31);
        assert_eq!(manifest.files().collect::<Vec<_>>(), [second.file.as_str()]);
        assert_eq!(manifest.sha256(&name), None);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut manifest = Manifest::new("jobs", "d", license());
        manifest.take(day("2026-05-02"), built('a'), false, 10);
        manifest.take(day("2026-05-02"), built('b'), true, 11);
        let text = serde_json::to_string(&manifest).unwrap();
        assert!(text.contains("\"final\":true") && text.contains("\"schemaVersion\""), "{text}");
        assert_eq!(serde_json::from_str::<Manifest>(&text).unwrap(), manifest);
    }

    #[test]
    fn only_names_of_ours_are_names() {
        let good = "supply_gpus-2026-05-02-r12-0123456789abcdef.parquet";
        let name = FileName::parse(good).unwrap();
        assert_eq!((name.subject.as_str(), name.revision), ("supply_gpus", 12));
        for bad in [
            "",
            ".parquet",
            "../jobs-2026-05-02-r1-0123456789abcdef.parquet",
            "jobs/../x-2026-05-02-r1-0123456789abcdef.parquet",
            "secrets-2026-05-02-r1-0123456789abcdef.parquet",
            "jobs-2026-05-02-r01-0123456789abcdef.parquet",
            "jobs-2026-05-02-r+1-0123456789abcdef.parquet",
            "jobs-2026-13-02-r1-0123456789abcdef.parquet",
            "jobs-2026-05-02-r1-0123456789ABCDEF.parquet",
            "jobs-2026-05-02-r1-0123456789abcde/.parquet",
            "jobs-2026-05-02-r1-0123.parquet",
            "jobs-2026-05-02-r1-0123456789abcdef.parquet.part",
            "jobs-r1-0123456789abcdef.parquet",
            "é-r1-0123456789abcdef.parquet",
        ] {
            assert_eq!(FileName::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_a_path(text in "\\PC{0,80}") {
            if let Some(name) = FileName::parse(&text) {
                prop_assert!(!name.to_string().contains(['/', '\\', '\0']));
                prop_assert!(!name.to_string().starts_with('.'));
            }
        }
    }
}
