//! The way to the collector: token, address, clock, and the spool that waits meanwhile.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use nix::sys::statvfs::statvfs;
use nix::unistd::{AccessFlags, access};

use super::Report;
use crate::config::Config;
use crate::ship::{self, Target};

/// A clock that is off by more than this makes rows wrong by as much.
const SKEW_MS: i64 = 1000;
/// Rows that are further ahead are refused (`definitions.md`).
const TOO_NEW_MS: i64 = 5 * 60 * 1000;
/// Less room than this beside the spool's own limit is little.
const ROOM_BYTES: u64 = 64 << 20;

const ADD_TOKEN: &str =
    "on the collector: `naap-collector token add NODE`; put what it prints there";

/// The token's file.
pub(super) fn token(report: &mut Report, config: &Config) {
    let Some(collector) = &config.collector else { return };
    let file = &collector.token_file;
    let shown = file.display();
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            return report.wrong("token", format!("cannot read {shown}: {error}"), ADD_TOKEN);
        }
    };
    if text.trim().is_empty() {
        return report.wrong("token", format!("{shown} is empty"), ADD_TOKEN);
    }
    match file.metadata().map(|m| m.permissions().mode() & 0o777) {
        Ok(mode) if mode & 0o007 != 0 => {
            let todo = format!("chmod o-rwx {shown}");
            report.warn("token", format!("everyone can read {shown} (mode {mode:o})"), &todo);
        }
        Ok(mode) if mode & 0o070 != 0 => {
            let says = format!("the group can read {shown} (mode {mode:o})");
            report.warn("token", says, &format!("chmod 0600 {shown}, unless that is meant"));
        }
        _ => report.ok("token", format!("{shown}, for its owner alone")),
    }
}

/// The collector itself, with one Hello that names no row.
pub(super) async fn reachable(report: &mut Report, config: &Config) {
    let Some(collector) = config.collector.clone() else {
        let todo = "write [collector], its address and a token; or only look, with --once and tap";
        return report.wrong("collector", "none is named: rows go nowhere", todo);
    };
    let target = Target {
        address: collector.address.clone(),
        token_file: collector.token_file,
        ca_file: collector.ca_file,
    };
    if std::fs::read_to_string(&target.token_file).is_ok_and(|t| t.trim().is_empty())
        || !target.token_file.exists()
    {
        let says = format!("{} is not asked without a token", target.address);
        return report.wrong("collector", says, ADD_TOKEN);
    }
    let greeting = match ship::greet(&target).await {
        Ok(greeting) => greeting,
        Err(refused) => {
            let todo = match refused.about_token {
                true => "the token is not known there, or revoked: ask its operator for a new one",
                false => "check collector.address, and that the network lets it through",
            };
            return report.wrong("collector", refused.why, todo);
        }
    };
    report.ok("collector", format!("{} knows this node as {}", target.address, greeting.node));
    let skew_ms = greeting.skew_ms;
    let says = format!("this clock is {skew_ms} ms ahead of the collector's");
    let todo = "let this machine's clock be set by NTP (chrony, systemd-timesyncd)";
    match skew_ms {
        ms if ms > TOO_NEW_MS => {
            report.wrong("clock skew", format!("{says}; its rows are refused"), todo);
        }
        ms if ms.abs() > SKEW_MS => report.warn("clock skew", says, todo),
        _ => report.ok("clock skew", says),
    }
}

/// The folder where rows wait.
pub(super) fn spool(report: &mut Report, config: &Config) {
    let dir = &config.spool.dir;
    // A folder that is not there is made by the agent, in the nearest one that is.
    let Some(there) = dir.ancestors().find(|d| d.exists()) else { return };
    let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
    let shown = there.display();
    let todo = "give the agent's user the folder of spool.dir, or name another one";
    if !there.is_dir() {
        return report.wrong("spool", format!("{shown} is no folder"), todo);
    }
    if let Err(error) = access(there, AccessFlags::W_OK | AccessFlags::X_OK) {
        return report.wrong("spool", format!("cannot write into {shown}: {error}"), todo);
    }
    let max = config.spool.max_bytes;
    match statvfs(there) {
        Ok(fs) => {
            let free = fs.blocks_available().saturating_mul(fs.fragment_size());
            let says = format!(
                "{}: {} MiB free, {} MiB at most are used",
                dir.display(),
                free >> 20,
                max >> 20
            );
            if free < ROOM_BYTES {
                report.wrong("spool", says, "free some room; without it rows wait in memory");
            } else if free < max {
                report.warn("spool", says, "free some room, or lower spool.max_bytes");
            } else {
                report.ok("spool", says);
            }
        }
        Err(error) => {
            report.warn("spool", format!("cannot tell how full {shown} is: {error}"), todo)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::doctor::Grade;

    #[test]
    fn who_may_read_a_token_is_looked_at() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("token");
        let mut config = Config::bare();
        config.collector = Some(config::Collector {
            address: "http://127.0.0.1:9".into(),
            token_file: file.clone(),
            ca_file: None,
        });
        for (text, mode, grade) in [
            ("s3cret", 0o600, Grade::Ok),
            ("s3cret", 0o640, Grade::Warning),
            ("s3cret", 0o644, Grade::Warning),
            ("\n", 0o600, Grade::Wrong),
        ] {
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, PermissionsExt::from_mode(mode)).unwrap();
            let mut report = Report::default();
            token(&mut report, &config);
            assert_eq!(report.findings[0].grade, grade, "{report}");
            assert!(!report.to_string().contains("s3cret"), "a token is never shown");
        }
    }

    #[test]
    fn a_spool_that_cannot_be_a_folder_is_wrong() {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::bare();
        config.spool.dir = dir.path().join("a").join("b");
        let mut report = Report::default();
        spool(&mut report, &config);
        assert_ne!(report.findings[0].grade, Grade::Wrong, "{report}");
        std::fs::write(dir.path().join("a"), "").unwrap();
        let mut report = Report::default();
        spool(&mut report, &config);
        assert_eq!(report.findings[0].grade, Grade::Wrong, "{report}");
    }
}
