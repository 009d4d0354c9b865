//! Finds a Java that QuestDB runs on. Runs `java -version` and nothing else; never installs.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;
use tracing::debug;

use crate::error::{Error, Result};
use crate::limits;

/// The oldest Java that the pinned QuestDB runs on.
pub const MIN_MAJOR: u32 = 17;

/// A Java that will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Java {
    /// The program.
    pub program: PathBuf,
    /// Its major version.
    pub major: u32,
}

/// Looks at `JAVA_HOME`, then at `PATH`, then where packages put it; takes the first that is new
/// enough.
///
/// # Errors
/// If none is; the error says what was found instead and how to install one.
pub async fn find() -> Result<Java> {
    let mut found = Vec::new();
    for program in candidates().into_iter().take(limits::MAX_JAVAS) {
        match version_of(&program).await {
            Some(major) if major >= MIN_MAJOR => return Ok(Java { program, major }),
            Some(major) => found.push(format!("Java {major} at {}", program.display())),
            None => debug!("{} does not say its version", program.display()),
        }
    }
    let found = if found.is_empty() { "no Java found".to_owned() } else { found.join(", ") };
    Err(Error::NoJava { found })
}

fn candidates() -> Vec<PathBuf> {
    let mut list = Vec::new();
    if let Some(home) = std::env::var_os("JAVA_HOME").filter(|h| !h.is_empty()) {
        list.push(PathBuf::from(home).join("bin/java"));
    }
    if let Some(path) = std::env::var_os("PATH") {
        list.extend(std::env::split_paths(&path).map(|dir| dir.join("java")));
    }
    for place in ["/usr/lib/jvm", "/opt/homebrew/opt", "/usr/local/opt"] {
        let homes = std::fs::read_dir(place).into_iter().flatten().flatten();
        let mut javas: Vec<PathBuf> = homes.map(|home| home.path().join("bin/java")).collect();
        javas.sort();
        list.extend(javas);
    }
    list.retain(|program| program.is_file());
    let mut seen = std::collections::BTreeSet::new();
    list.retain(|program| seen.insert(program.canonicalize().unwrap_or_else(|_| program.clone())));
    list
}

async fn version_of(program: &Path) -> Option<u32> {
    let mut command = Command::new(program);
    command.arg("-version").stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(limits::COMMAND_WITHIN, command.output()).await.ok()?.ok()?;
    let said = [output.stderr, output.stdout].concat();
    major_version(&String::from_utf8_lossy(&said))
}

/// The major version in what `java -version` says, whoever made that Java.
fn major_version(said: &str) -> Option<u32> {
    said.lines().find_map(|line| {
        let (_, rest) = line.split_once(" version \"")?;
        let (version, _) = rest.split_once('"')?;
        let mut numbers = version.split(|c: char| !c.is_ascii_digit());
        let first: u32 = numbers.next()?.parse().ok()?;
        // Up to Java 8 versions were written 1.8.
        if first == 1 { numbers.next()?.parse().ok() } else { Some(first) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_many_vendors() {
        let cases = [
            ("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime Environment", Some(17)),
            ("openjdk version \"21\" 2023-09-19\nOpenJDK", Some(21)),
            ("java version \"1.8.0_291\"\nJava(TM) SE Runtime Environment", Some(8)),
            ("java version \"24.0.1\" 2025-04-15\nJava(TM) SE", Some(24)),
            ("openjdk version \"25-ea\" 2025-09-16", Some(25)),
            ("openjdk version \"25-internal\" 2025-09-16", Some(25)),
            ("openjdk version \"11.0.27\" 2025-04-15 LTS\nZulu11", Some(11)),
            (
                "Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version \"17.0.2\" 2022-01-18",
                Some(17),
            ),
            ("openjdk version \"22.0.1-graal\" 2024-04-16\nGraalVM CE", Some(22)),
            ("semeru version \"17.0.9\"", Some(17)),
            ("The program 'java' can be found in the following packages:", None),
            ("openjdk version \"\"", None),
            ("openjdk version \"1\"", None),
            ("openjdk version \"99999999999\"", None),
            ("", None),
        ];
        for (said, expected) in cases {
            assert_eq!(major_version(said), expected, "{said}");
        }
    }

    #[test]
    fn without_java_the_error_says_how_to_get_it() {
        let text = Error::NoJava { found: "Java 11 at /x".into() }.to_string();
        for part in
            ["Java 17 or newer", "Java 11 at /x", "apt-get install openjdk-17", "brew", "dnf"]
        {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
}
