//! Says of everything that the agent needs whether it is right, and what to do if not. It may read
//! what the agent reads, say one Hello to the collector, and look at which programs run; it must
//! never change anything, nor show a password.

mod collector;
mod machine;
mod node;
mod running;

use std::fmt;
use std::path::Path;

use serde::Serialize;

use crate::config::{Config, Kind};
use crate::ship::chain;

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Well.
    Ok,
    /// Works, and should be looked at.
    Warning,
    /// Does not work.
    Wrong,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, for example `collector`.
    pub what: String,
    /// How it is.
    pub grade: Grade,
    /// How it is, in words.
    pub says: String,
    /// What to do; `None` if nothing.
    #[serde(rename = "do")]
    pub todo: Option<String>,
}

/// Everything that was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// In the order in which it was looked at.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether nothing is wrong; warnings do not count.
    pub fn is_well(&self) -> bool {
        self.findings.iter().all(|f| f.grade != Grade::Wrong)
    }

    fn add(&mut self, what: &str, grade: Grade, says: impl Into<String>, todo: Option<&str>) {
        let (what, todo) = (what.to_owned(), todo.map(str::to_owned));
        self.findings.push(Finding { what, grade, says: clean(&says.into()), todo });
    }

    fn ok(&mut self, what: &str, says: impl Into<String>) {
        self.add(what, Grade::Ok, says, None);
    }

    fn warn(&mut self, what: &str, says: impl Into<String>, todo: &str) {
        self.add(what, Grade::Warning, says, Some(todo));
    }

    fn wrong(&mut self, what: &str, says: impl Into<String>, todo: &str) {
        self.add(what, Grade::Wrong, says, Some(todo));
    }
}

/// Text of others as one line that a terminal can show.
fn clean(text: &str) -> String {
    let shown = text.chars().take(2000);
    shown.map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { what, grade, says, todo } in &self.findings {
            let grade = match grade {
                Grade::Ok => "ok     ",
                Grade::Warning => "WARNING",
                Grade::Wrong => "WRONG  ",
            };
            writeln!(f, "{grade} {what}: {}", says.replace('\n', "\n        "))?;
            if let Some(todo) = todo {
                writeln!(f, "        do: {todo}")?;
            }
        }
        let wrong = self.findings.iter().filter(|f| f.grade == Grade::Wrong).count();
        let warnings = self.findings.iter().filter(|f| f.grade == Grade::Warning).count();
        match (wrong, warnings) {
            (0, 0) => writeln!(f, "all is well"),
            (0, n) => writeln!(f, "it works; {n} to look at"),
            (n, m) => writeln!(f, "{n} wrong, {m} to look at"),
        }
    }
}

/// Looks at everything.
pub async fn examine(file: &Path) -> Report {
    let mut report = Report::default();
    let config = match Config::read(file) {
        Ok(config) => {
            report.ok("configuration", format!("{} is in order", file.display()));
            Some(config)
        }
        Err(error) => {
            let todo = "mend it; `naap-agent example-config` shows every key";
            report.wrong("configuration", chain(&error), todo);
            None
        }
    };
    if let Some(config) = &config {
        identity(&mut report, config);
        collector::token(&mut report, config);
        collector::reachable(&mut report, config).await;
        collector::spool(&mut report, config);
    }
    let config = config.unwrap_or_else(Config::bare);
    node::examine(&mut report, &config).await;
    event_files(&mut report, &config);
    machine::gpu(&mut report, &config, Path::new("/"));
    machine::runners(&mut report).await;
    machine::clock(&mut report).await;
    running::examine(&mut report, &config).await;
    report
}

fn identity(report: &mut Report, config: &Config) {
    match &config.region {
        Some(region) => report.ok("region", region.clone()),
        None if config.kind == Kind::Replay => {}
        None => report.warn(
            "region",
            "not given: figures by region leave this node out",
            "write region = \"...\"; `naap-agent example-config` lists all",
        ),
    }
}

/// Files of gateway events: whether whoever asks can read them.
fn event_files(report: &mut Report, config: &Config) {
    for e in config.events.iter().filter(|e| e.path.as_os_str() != "-") {
        let what = format!("events {}", e.name);
        let shown = e.path.display();
        match std::fs::File::open(&e.path) {
            Ok(_) => report.ok(&what, format!("{shown} can be read")),
            Err(error) if e.follow && error.kind() == std::io::ErrorKind::NotFound => {
                let says = format!("{shown} is not there yet");
                report.warn(&what, says, "nothing, if whoever writes it has not begun");
            }
            Err(error) => {
                let todo = "let the agent's user read it, and every folder above it";
                report.wrong(&what, format!("cannot read {shown}: {error}"), todo);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::tests::answers;

    #[tokio::test]
    async fn it_says_what_is_wrong_and_what_to_do() {
        let page = "livepeer_versions{livepeerversion=\"0.8.9\",node_type=\"bctr\"} 1\n\
                    livepeer_kafka_event_send_errors{event_type=\"a\"} 2\n";
        let (port, _requests) = answers("200 OK", page).await;
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("agent.toml");
        let config = format!(
            "[collector]\naddress = \"http://127.0.0.1:9\"\n\
             [[livepeer]]\nname = \"gw\"\nurl = \"http://127.0.0.1:{port}\"\n\
             [[livepeer]]\nname = \"gone\"\nurl = \"http://127.0.0.1:9\"\n\
             [[events]]\nname = \"here\"\npath = \"agent.toml\"\n\
             [[events]]\nname = \"later\"\npath = \"later\"\nfollow = true\n\
             [[events]]\nname = \"never\"\npath = \"never\"\n"
        );
        std::fs::write(&file, config).unwrap();
        let report = examine(&file).await;
        let of = |what: &str| {
            let mut found = report.findings.iter().filter(|f| f.what == what);
            found.next().unwrap_or_else(|| panic!("nothing about {what} in {report}"))
        };
        assert_eq!(of("configuration").grade, Grade::Ok);
        assert_eq!(of("region").grade, Grade::Warning);
        assert!(of("token").todo.as_ref().unwrap().contains("token add"), "{report}");
        assert_eq!(of("collector").grade, Grade::Wrong);
        assert_eq!(of("spool").grade, Grade::Ok, "{report}");
        let node = of("node gw");
        assert!(node.says.contains("gateway") && node.says.contains("0.8.9"), "{report}");
        assert_eq!(of("node gone").grade, Grade::Wrong);
        assert!(of("gateway events").says.contains("2 events"), "{report}");
        assert_eq!(of("events here").grade, Grade::Ok);
        assert_eq!(of("events later").grade, Grade::Warning);
        assert_eq!(of("events never").grade, Grade::Wrong);
        assert!(!report.is_well());
        assert!(!dir.path().join("spool").exists(), "it only looks");
        let text = report.to_string();
        assert!(text.contains("WRONG   collector: "), "{text}");
        let json = serde_json::json!(report);
        assert_eq!(json["findings"][0]["grade"], "ok");
    }

    #[tokio::test]
    async fn a_configuration_that_cannot_be_read_does_not_end_it() {
        let report = examine(Path::new("/nowhere/agent.toml")).await;
        assert_eq!(report.findings[0].grade, Grade::Wrong);
        assert!(report.findings.iter().any(|f| f.what == "gpu"), "{report}");
    }

    #[test]
    fn nothing_of_others_reaches_the_terminal_as_a_command() {
        let mut report = Report::default();
        report.ok("x", "a\u{1b}[31mb");
        assert!(!report.to_string().contains('\u{1b}'));
    }
}
