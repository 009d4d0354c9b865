//! The machine: graphics cards, AI runners, and the clock.

use std::path::Path;
use std::time::Duration;

use tokio::process::Command;

use super::Report;
use crate::config::{Config, Kind};
use crate::source::ai_runner;
use crate::{get, limits};

/// The driver of NVIDIA's cards, as the kernel below `root` shows it.
pub(super) fn gpu(report: &mut Report, config: &Config, root: &Path) {
    let driver = std::fs::read_to_string(root.join("proc/driver/nvidia/version"));
    let cards = std::fs::read_dir(root.join("dev")).map_or(0, |entries| {
        let names = entries.filter_map(|e| e.ok()?.file_name().into_string().ok());
        let card = |n: &String| n.strip_prefix("nvidia").is_some_and(|n| n.parse::<u32>().is_ok());
        names.filter(card).count()
    });
    match (driver, cards) {
        (Ok(version), 1..) => {
            let version = version.lines().next().unwrap_or_default();
            let version = version.split_once(':').map_or(version, |(_, v)| v).trim();
            report.ok("gpu", format!("{cards} NVIDIA card(s); {version}"));
        }
        (Ok(_), 0) => report.warn(
            "gpu",
            "NVIDIA's driver is loaded, but there is no /dev/nvidia0",
            "run nvidia-smi once as root; in a container, pass the devices in",
        ),
        (Err(_), 1..) => report.warn(
            "gpu",
            "there are NVIDIA devices, but no driver answers for them",
            "reboot, or load the driver that fits this kernel",
        ),
        (Err(_), 0) if config.kind == Kind::Orchestrator => report.warn(
            "gpu",
            "no NVIDIA driver is loaded",
            "nothing, if this orchestrator's cards are elsewhere; else install the driver",
        ),
        (Err(_), 0) => report.ok("gpu", "no NVIDIA card here"),
    }
}

/// AI runners that answer on this machine.
pub(super) async fn runners(report: &mut Report) {
    for (port, pipeline) in ai_runner::PORTS {
        let Some((_, body)) = get::here(port, "/health", limits::DISCOVER_ANSWER).await else {
            continue;
        };
        let Some(status) = runner_status(&body) else { continue };
        let what = format!("ai-runner {port}");
        match status {
            "ERROR" => {
                let says = format!("{pipeline} says ERROR");
                report.warn(&what, says, "look into the log of its container");
            }
            status => report.ok(&what, format!("{pipeline} says {status}")),
        }
    }
}

/// What an ai-runner says; `None` for anything else that listens on its port.
fn runner_status(body: &[u8]) -> Option<&'static str> {
    ai_runner::status(&serde_json::from_slice(body).ok()?)
}

/// Whether something keeps this clock right.
pub(super) async fn clock(report: &mut Report) {
    let asking = Command::new("timedatectl")
        .args(["show", "--property=NTPSynchronized", "--value"])
        .kill_on_drop(true)
        .output();
    let answer = tokio::time::timeout(Duration::from_secs(3), asking).await;
    let said = match answer {
        Ok(Ok(out)) if out.status.success() => String::from_utf8_lossy(&out.stdout).into_owned(),
        _ => String::new(),
    };
    match said.trim() {
        "yes" => report.ok("clock", "it is kept right (NTP)"),
        "no" => report.warn(
            "clock",
            "nothing keeps this machine's clock right",
            "let NTP set it: timedatectl set-ntp true, or chrony",
        ),
        _ => report.ok("clock", "this system does not say whether NTP keeps it; see clock skew"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Grade;

    #[test]
    fn cards_and_driver_belong_together() {
        let root = tempfile::tempdir().unwrap();
        let says = || {
            let mut report = Report::default();
            gpu(&mut report, &Config::bare(), root.path());
            (report.findings[0].grade, report.findings[0].says.clone())
        };
        assert_eq!(says(), (Grade::Ok, "no NVIDIA card here".to_owned()));
        std::fs::create_dir(root.path().join("dev")).unwrap();
        for name in ["nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm"] {
            std::fs::write(root.path().join("dev").join(name), "").unwrap();
        }
        assert_eq!(says().0, Grade::Warning);
        let proc = root.path().join("proc/driver/nvidia");
        std::fs::create_dir_all(&proc).unwrap();
        std::fs::write(proc.join("version"), "NVRM version: Module 570.1\nGCC version\n").unwrap();
        assert_eq!(says(), (Grade::Ok, "2 NVIDIA card(s); Module 570.1".to_owned()));
    }

    #[test]
    fn a_runner_is_told_from_what_else_listens() {
        assert_eq!(runner_status(b"{\"status\":\"IDLE\"}"), Some("IDLE"));
        assert_eq!(runner_status(b"{\"status\":\"fine\"}"), None);
        assert_eq!(runner_status(b"<html>"), None);
    }
}
