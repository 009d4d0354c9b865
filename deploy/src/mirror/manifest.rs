//! What an API says that it publishes, believed only as far as it can be checked. Pure.

use std::collections::HashSet;

use serde::Deserialize;

use crate::limits;

/// The list of subjects.
#[derive(Debug, Deserialize)]
pub(super) struct Names {
    subjects: Vec<Name>,
}

#[derive(Debug, Deserialize)]
struct Name {
    subject: String,
    days: u64,
}

impl Names {
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        let names: Self =
            serde_json::from_slice(text).map_err(|e| format!("it is no list of datasets ({e})"))?;
        let bad = names.subjects.iter().find(|s| !is_subject(&s.subject));
        if let Some(bad) = bad {
            return Err(format!("it names a subject {:?}, which is no name", bad.subject));
        }
        if names.subjects.len() > limits::MIRROR_SUBJECTS {
            return Err(format!("it names more than {} subjects", limits::MIRROR_SUBJECTS));
        }
        Ok(names)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.subjects.iter().any(|s| s.subject == name)
    }

    pub(super) fn all(&self) -> Vec<&str> {
        self.subjects.iter().map(|s| s.subject.as_str()).collect()
    }

    /// Those of which something is published.
    pub(super) fn with_days(&self) -> Vec<String> {
        self.subjects.iter().filter(|s| s.days > 0).map(|s| s.subject.clone()).collect()
    }
}

/// Everything that is published of a subject.
#[derive(Debug, Deserialize)]
pub(super) struct Manifest {
    format: String,
    subject: String,
    pub(super) days: Vec<Entry>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Entry {
    pub(super) day: String,
    revision: u32,
    pub(super) file: String,
    pub(super) sha256: String,
    pub(super) bytes: u64,
}

const FORMAT: &str = "naap-dataset/1";

impl Manifest {
    /// Reads the manifest of a subject. Each file has the name that its subject, day, revision and
    /// hash give, so none can lead out of the folder.
    pub(super) fn parse(text: &[u8], subject: &str) -> Result<Self, String> {
        let manifest: Self =
            serde_json::from_slice(text).map_err(|e| format!("it is no manifest ({e})"))?;
        if manifest.format != FORMAT {
            let format: String = manifest.format.chars().take(40).collect();
            return Err(format!("it is of format {format:?}, and this `naap` reads {FORMAT}"));
        }
        if manifest.subject != subject {
            return Err("it is the manifest of another subject".to_owned());
        }
        if manifest.days.len() > limits::MIRROR_FILES {
            return Err(format!("it has more than {} days", limits::MIRROR_FILES));
        }
        let mut days = HashSet::new();
        for entry in &manifest.days {
            entry.check(subject)?;
            if !days.insert(entry.day.as_str()) {
                return Err(format!("it has {} twice", entry.day));
            }
        }
        Ok(manifest)
    }
}

impl Entry {
    fn check(&self, subject: &str) -> Result<(), String> {
        let hash =
            self.sha256.get(..16).filter(|_| self.sha256.len() == 64 && is_hex(&self.sha256));
        let name = hash
            .filter(|_| is_day(&self.day))
            .map(|hash| format!("{subject}-{}-r{}-{hash}.parquet", self.day, self.revision));
        if name.as_ref() != Some(&self.file) {
            let file: String = self.file.chars().take(120).collect();
            return Err(format!("{file:?} is no name of a file of {subject}"));
        }
        if !(1..=limits::MIRROR_FILE_BYTES).contains(&self.bytes) {
            return Err(format!("{} has {} bytes", self.file, self.bytes));
        }
        Ok(())
    }
}

fn is_subject(name: &str) -> bool {
    let first = name.chars().next().is_some_and(|c| c.is_ascii_lowercase());
    first && name.len() <= 64 && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Whether a text is a day, `YYYY-MM-DD`.
pub(super) fn is_day(text: &str) -> bool {
    let shape = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    shape && humantime::parse_rfc3339(&format!("{text}T00:00:00Z")).is_ok()
}

/// The day of a file's name; `None` if it is none of this subject.
pub(super) fn day_of<'a>(name: &'a str, subject: &str) -> Option<&'a str> {
    let rest = name.strip_prefix(subject)?.strip_prefix('-')?;
    let (day, rest) = (rest.get(..10)?, rest.get(10..)?);
    let (revision, hash) = rest.strip_prefix("-r")?.strip_suffix(".parquet")?.split_once('-')?;
    let number = revision.parse::<u32>().is_ok();
    (is_day(day) && number && hash.len() == 16 && is_hex(hash)).then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(entry: &str) -> Result<Manifest, String> {
        let text = format!(
            "{{\"format\":\"naap-dataset/1\",\"subject\":\"jobs\",\"extra\":1,\"days\":[{entry}]}}"
        );
        Manifest::parse(text.as_bytes(), "jobs")
    }

    fn entry(file: &str, day: &str, bytes: u64) -> String {
        let hash = "a".repeat(64);
        format!(
            "{{\"day\":\"{day}\",\"revision\":2,\"file\":\"{file}\",\"sha256\":\"{hash}\",\"bytes\":{bytes}}}"
        )
    }

    const GOOD: &str = "jobs-2026-05-02-r2-aaaaaaaaaaaaaaaa.parquet";

    #[test]
    fn a_file_has_the_name_that_its_parts_give() {
        let read = manifest(&entry(GOOD, "2026-05-02", 5)).unwrap();
        assert_eq!(read.days[0].file, GOOD);
        for (file, day, bytes) in [
            ("../../etc/passwd", "2026-05-02", 5),
            ("legs-2026-05-02-r2-aaaaaaaaaaaaaaaa.parquet", "2026-05-02", 5),
            ("jobs-2026-05-02-r2-bbbbbbbbbbbbbbbb.parquet", "2026-05-02", 5),
            ("jobs-../../x-r2-aaaaaaaaaaaaaaaa.parquet", "../../x", 5),
            ("jobs-2026-13-02-r2-aaaaaaaaaaaaaaaa.parquet", "2026-13-02", 5),
            (GOOD, "2026-05-02", 0),
            (GOOD, "2026-05-02", u64::MAX),
        ] {
            assert!(manifest(&entry(file, day, bytes)).is_err(), "{file} {day} {bytes}");
        }
        let twice = entry(GOOD, "2026-05-02", 5);
        assert!(manifest(&format!("{twice},{twice}")).unwrap_err().contains("twice"));
        assert!(Manifest::parse(b"{}", "jobs").is_err());
        let other = "{\"format\":\"naap-dataset/2\",\"subject\":\"jobs\",\"days\":[]}";
        assert!(Manifest::parse(other.as_bytes(), "jobs").unwrap_err().contains("naap-dataset/2"));
    }

    #[test]
    fn names_of_subjects_are_words() {
        let names = |name: &str| {
            Names::parse(
                format!("{{\"subjects\":[{{\"subject\":\"{name}\",\"days\":0}}]}}").as_bytes(),
            )
        };
        assert!(names("supply_gpus").unwrap().with_days().is_empty());
        for bad in ["..", "", "a/b", "A", "_x", "a.b"] {
            assert!(names(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_day_of_a_name() {
        assert_eq!(day_of(GOOD, "jobs"), Some("2026-05-02"));
        assert_eq!(day_of(GOOD, "job"), None);
        assert_eq!(day_of("jobs-2026-05-02-r2-aaaa.parquet", "jobs"), None);
        assert_eq!(day_of("jobs-é-r2-aaaaaaaaaaaaaaaa.parquet", "jobs"), None);
        assert_eq!(day_of("manifest.json", "jobs"), None);
    }
}
