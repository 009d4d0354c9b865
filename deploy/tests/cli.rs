//! `naap` as its users meet it when something is not as it should be: every message names the
//! thing and the way out, and nothing is left behind. No network, no real Java: both are played by
//! small scripts.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder with `naap`, empty programs beside it, a Java that only knows its version, and nothing
/// else on PATH.
struct Bench {
    dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let bench = Self { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(bench.path("bin")).unwrap();
        let mut copy = Command::new("cp");
        copy.arg(env!("CARGO_BIN_EXE_naap")).arg(bench.path("bin/naap"));
        assert!(copy.status().unwrap().success());
        for name in ["naap-collector", "naap-graphql", "naap-agent"] {
            bench.script(name, "exit 1");
        }
        bench.script("java", "echo 'openjdk version \"17.0.9\" 2023-10-17' >&2; exit 0");
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn data(&self) -> PathBuf {
        self.path("data")
    }

    fn script(&self, name: &str, body: &str) {
        // Written by a process of its own: what this one has open for writing, a process that
        // another test starts has too for a moment, and then it cannot be run.
        let written = Command::new("sh")
            .args(["-c", "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$0\" && chmod 755 \"$0\""])
            .arg(self.path("bin").join(name))
            .arg(body)
            .status();
        assert!(written.unwrap().success());
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(self.path("bin/naap"));
        command.args(args).current_dir(self.dir.path()).env_clear();
        command.env("PATH", self.path("bin")).env("HOME", self.path("home"));
        // Open, and silent: what the guard takes for a parent that lives.
        command.stdin(Stdio::piped());
        command
    }

    fn naap(&self, args: &[&str]) -> Output {
        let mut child =
            self.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take();
        let output = child.wait_with_output().unwrap();
        drop(stdin);
        output
    }

    /// Runs `naap up` on the bench's data folder and free ports; gives what it said.
    fn up_fails(&self, more: &[&str]) -> String {
        let ports = ["--listen", "127.0.0.1:0", "--grpc", "127.0.0.1:0"];
        let mut args = vec!["up", "--data", "data"];
        if !more.contains(&"--listen") {
            args.extend(ports);
        }
        args.extend(more);
        let out = self.naap(&args);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(1), "{said}");
        assert!(out.stdout.is_empty(), "{:?}", out.stdout);
        said
    }
}

fn holds(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} is not in {text:?}");
    }
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn without_maven_the_message_says_how_to_get_it() {
    let bench = Bench::new();
    holds(&bench.up_fails(&[]), &["mvn", "apt-get install maven", "--questdb-jar"]);
}

#[test]
fn an_agent_configuration_that_is_wrong_is_told_before_anything_starts() {
    let bench = Bench::new();
    bench.script("naap-agent", "echo \"$* is odd: did you mean host?\" >&2; exit 1");
    let said = bench.up_fails(&["--agent-config", "mine.toml"]);
    holds(
        &said,
        &["--agent-config mine.toml", "validate --config mine.toml", "did you mean host?"],
    );
    assert!(!bench.data().exists());
}

#[test]
fn a_download_that_fails_shows_what_maven_said() {
    let bench = Bench::new();
    bench.script("mvn", "echo '[ERROR] Unknown host repo.example' ; exit 1");
    let said = bench.up_fails(&[]);
    holds(&said, &["download of QuestDB failed", "exit code 1", "Unknown host", "--questdb-jar"]);
}

#[test]
fn a_broken_download_is_removed() {
    let bench = Bench::new();
    // The last argument is -DoutputDirectory=FOLDER.
    let body = "for a; do case $a in -DoutputDirectory=*) echo torn > \"${a#*=}/questdb-9.3.4.jar\";; esac; done";
    bench.script("mvn", body);
    let said = bench.up_fails(&[]);
    holds(&said, &["not the pinned QuestDB", "it was removed", "sha256"]);
    assert_eq!(files(&bench.data().join("questdb")), Vec::<String>::new());
}

#[test]
fn a_download_without_a_jar_is_a_failure() {
    let bench = Bench::new();
    bench.script("mvn", "exit 0");
    holds(&bench.up_fails(&[]), &["it brought no jar"]);
}

#[test]
fn a_brought_jar_that_is_another_one_is_refused_and_kept() {
    let bench = Bench::new();
    fs::write(bench.path("mine.jar"), "other").unwrap();
    let said = bench.up_fails(&["--questdb-jar", "mine.jar"]);
    holds(&said, &["mine.jar", "not the pinned QuestDB"]);
    assert!(bench.path("mine.jar").exists());
}

#[test]
fn a_taken_port_stops_before_anything_starts() {
    let bench = Bench::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = bench.up_fails(&["--listen", &address, "--grpc", "127.0.0.1:0"]);
    let me = format!("(pid {})", std::process::id());
    holds(&said, &[&address, "in use", &me, "choose another with --listen"]);
    let said = bench.up_fails(&["--grpc", &address, "--listen", "127.0.0.1:0"]);
    holds(&said, &[&address, "choose another with --grpc"]);
    assert_eq!(files(&bench.data().join("logs")), Vec::<String>::new(), "nothing was started");
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let bench = Bench::new();
    fs::write(bench.data(), "a file").unwrap();
    holds(&bench.up_fails(&[]), &["cannot write into the data folder data", "--data DIR"]);
}

#[test]
fn a_missing_replay_file_is_named() {
    let bench = Bench::new();
    let said = bench.up_fails(&["--replay", "none.jsonl"]);
    holds(&said, &["--replay none.jsonl", "No such file"]);
    assert!(!bench.data().exists());
}

#[test]
fn a_demonstration_of_no_days_is_refused_before_anything_is_made() {
    let bench = Bench::new();
    let said = bench.up_fails(&["--demo", "--demo-days", "0"]);
    holds(&said, &["--demo-days", "at most 360"]);
    assert!(!bench.data().exists());
}

#[test]
fn a_missing_program_is_named() {
    let bench = Bench::new();
    fs::remove_file(bench.path("bin/naap-graphql")).unwrap();
    holds(&bench.up_fails(&[]), &["naap-graphql", "cargo build --release"]);
}

#[test]
fn the_guard_ends_as_its_command_ends() {
    let bench = Bench::new();
    let out = bench.naap(&["guard", "--pid-file", "pid", "--", "/bin/sh", "-c", "kill -9 $$"]);
    assert_eq!(out.status.code(), Some(128 + 9));
    let pid: i32 = fs::read_to_string(bench.path("pid")).unwrap().parse().unwrap();
    assert!(!naap_deploy::process::is_alive(pid));
}

#[test]
fn nothing_runs_is_exit_code_3_and_down_is_content() {
    let bench = Bench::new();
    let status = bench.naap(&["status", "--data", "data"]);
    assert_eq!(status.status.code(), Some(3));
    holds(&String::from_utf8_lossy(&status.stdout), &["not running"]);
    let json = bench.naap(&["status", "--json", "--data", "data"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["running"], false);
    assert!(bench.naap(&["down", "--data", "data"]).status.success());
    assert!(!bench.data().exists(), "looking makes nothing");
}

#[test]
fn the_default_folder_is_below_home() {
    let bench = Bench::new();
    let json = bench.naap(&["status", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let expected = bench.path("home/.local/share/naap");
    assert_eq!(json["data"].as_str(), expected.to_str());
}

#[test]
fn a_stop_while_maven_downloads_ends_both() {
    let bench = Bench::new();
    bench.script("mvn", "echo $$ > \"$HOME.mvn\"; while :; do /bin/sleep 0.05; done");
    let args = ["up", "--data", "data", "--listen", "127.0.0.1:0", "--grpc", "127.0.0.1:0"];
    let mut up = bench.command(&args).spawn().unwrap();
    let mvn = wait_for(|| fs::read_to_string(bench.path("home.mvn")).ok()?.trim().parse().ok());
    let second = bench.up_fails(&[]);
    let pid = format!("(pid {})", up.id());
    holds(&second, &["another `naap up`", &pid, "naap down --data"]);
    assert_eq!(bench.naap(&["status", "--data", "data"]).status.code(), Some(4));
    assert!(bench.naap(&["down", "--data", "data"]).status.success());
    assert!(up.wait().unwrap().success());
    wait_for(|| (!naap_deploy::process::is_alive(mvn)).then_some(()));
}

#[test]
fn a_simulation_is_written_once_and_a_live_one_stops_on_a_signal() {
    let bench = Bench::new();
    let small = ["simulate", "--gateways", "2", "--orchestrators", "12", "--hours", "1"];
    let simulate = |more: &[&str]| bench.naap(&[&small[..], more].concat());
    let out = simulate(&["--out", "sim"]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let mut written = files(&bench.path("sim"));
    written.sort();
    let expected = ["events_0.jsonl", "events_1.jsonl", "simulation.json", "truth.jsonl"];
    assert_eq!(written, expected);
    let again = simulate(&["--out", "sim", "--seed", "2"]);
    assert_eq!(again.status.code(), Some(1));
    holds(&String::from_utf8_lossy(&again.stderr), &["sim/simulation.json", "--out DIR"]);
    let mut live =
        bench.command(&[&small[..], &["--out", "live", "--live"]].concat()).spawn().unwrap();
    wait_for(|| (fs::metadata(bench.path("live/events_1.jsonl")).ok()?.len() > 0).then_some(()));
    let pid = nix::unistd::Pid::from_raw(i32::try_from(live.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    assert!(live.wait().unwrap().success());
    for name in ["events_0.jsonl", "events_1.jsonl", "truth.jsonl"] {
        let text = fs::read_to_string(bench.path("live").join(name)).unwrap();
        assert!(text.is_empty() || text.ends_with("}\n"), "{name} ends with a whole line");
    }
}

fn wait_for<T>(check: impl Fn() -> Option<T>) -> T {
    for _ in 0..200 {
        if let Some(found) = check() {
            return found;
        }
        #[expect(clippy::disallowed_methods, reason = "no runtime here")]
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("it did not come within 10 s");
}
