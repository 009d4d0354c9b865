//! The pinned QuestDB itself, with the configuration that `naap up` gives it. Needs the jar, which
//! `NAAP_QUESTDB_JAR` names, and Java; says so and skips without.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;

use naap_deploy::folder::Folder;
use naap_deploy::process::is_alive;
use naap_deploy::questdb::{Server, ensure_jar};
use naap_deploy::state::State;

fn pid(folder: &Folder) -> Option<i32> {
    State::read(folder).unwrap().unwrap().parts.first()?.pid
}

/// Scenario: first start, kill -9, a torn `public/version.txt` as a power cut leaves it, second
/// start by another process.
/// Guarantees: it answers each time (strict validation: every key of the configuration exists),
/// wants a password, and a stop leaves no process.
#[tokio::test]
async fn it_starts_again_after_a_kill_and_a_torn_public_folder() {
    let Some(jar) = std::env::var_os("NAAP_QUESTDB_JAR").map(PathBuf::from) else {
        println!("SKIPPED: NAAP_QUESTDB_JAR names no jar");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::create(dir.path()).unwrap();
    let own = ensure_jar(&folder, Some(&jar)).await.unwrap();
    assert!(own.starts_with(folder.root()));
    let server = Server::start(&folder, &own).await.unwrap();
    let version = folder.questdb("root/public/version.txt");
    assert!(version.exists());

    let first = pid(&folder).unwrap();
    std::fs::write(&version, "").unwrap();
    std::process::Command::new("kill").args(["-9", &first.to_string()]).status().unwrap();
    let second = loop {
        match pid(&folder) {
            Some(pid) if pid != first => break pid,
            _ => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
        }
    };
    server.ready_again().await.unwrap();
    assert!(!is_alive(first) && is_alive(second));
    server.stop().await;
    assert!(!is_alive(second));

    std::fs::write(&version, "").unwrap();
    let again = Server::start(&folder, &ensure_jar(&folder, None).await.unwrap()).await.unwrap();
    let third = pid(&folder).unwrap();
    again.stop().await;
    assert!(!is_alive(third));
}
