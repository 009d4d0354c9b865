//! The program as a service manager meets it: ready, reloading, stopping, and its exit codes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const AGENT: &str = env!("CARGO_BIN_EXE_naap-agent");

/// A running agent, ended with the test.
struct Service {
    child: Child,
    socket: UnixDatagram,
}

impl Service {
    fn start(dir: &Path) -> Self {
        let path = dir.join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let child = Command::new(AGENT)
            .args(["run", "--config"])
            .arg(dir.join("agent.toml"))
            .env("NOTIFY_SOCKET", &path)
            .env("WATCHDOG_USEC", "400000")
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, socket }
    }

    fn tell(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// The first line of the next message that is not about the watchdog, unless that is wanted.
    fn says(&self, watchdog: bool) -> String {
        loop {
            let mut buffer = [0; 512];
            let n = self.socket.recv(&mut buffer).unwrap();
            let text = String::from_utf8_lossy(&buffer[..n]).into_owned();
            if (text == "WATCHDOG=1") == watchdog {
                return text.lines().next().unwrap_or_default().to_owned();
            }
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn write(dir: &Path, more: &str) {
    let text = format!(
        "kind = \"host\"\n{more}\n[collector]\naddress = \"http://127.0.0.1:9\"\n\
         token_file = \"token\"\n[spool]\ndir = \"spool\"\n"
    );
    std::fs::write(dir.join("agent.toml"), text).unwrap();
    std::fs::write(dir.join("token"), "t").unwrap();
}

fn agent(args: &[&str], file: &Path) -> Output {
    Command::new(AGENT).args(args).arg(file).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn a_service_manager_hears_what_happens() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "");
    let mut service = Service::start(dir.path());
    assert_eq!(service.says(false), "READY=1");
    assert_eq!(service.says(true), "WATCHDOG=1");
    for more in ["region = \"eu-west\"", "region = \"nowhere\""] {
        write(dir.path(), more);
        service.tell(Signal::SIGHUP);
        assert_eq!(service.says(false), "RELOADING=1");
        assert_eq!(service.says(false), "READY=1", "right or wrong, it goes on");
    }
    service.tell(Signal::SIGTERM);
    assert_eq!(service.says(false), "STOPPING=1");
    assert!(service.child.wait().unwrap().success());
}

#[test]
fn a_wrong_configuration_is_no_reason_to_try_again() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("agent.toml");
    std::fs::write(&file, "kind = \"host\"\n").unwrap();
    for args in [&["run", "--config"][..], &["--config"]] {
        let out = agent(args, &file);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(78), "{said}");
        assert!(said.contains("[collector] is missing"), "{said}");
    }
    let out = agent(&["validate", "--config"], &file);
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success() && said.contains("rows go nowhere"), "{said}");
    std::fs::write(&file, "knid = \"host\"\n").unwrap();
    let out = agent(&["run", "--config"], &file);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(78), "{said}");
    assert!(said.contains("did you mean `kind`?") && said.contains("line 1"), "{said}");
    let out = agent(&["doctor", "--json", "--config"], &file);
    assert_eq!(out.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(report["findings"][0]["grade"], "wrong");
}

#[test]
fn what_is_read_is_listed_with_what_never_is() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "[[livepeer]]\nname = \"gw\"\nurl = \"http://127.0.0.1:9\"\n");
    let out = agent(&["sources", "--config"], &dir.path().join("agent.toml"));
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{said}");
    for words in
        ["host\n", "gw\n", "GET http://127.0.0.1:9/metrics", "every 10s", "never   any other"]
    {
        assert!(said.contains(words), "{words:?} is not in\n{said}");
    }
}
