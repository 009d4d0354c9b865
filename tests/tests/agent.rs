//! The agent beside a node, as its operator meets it: further sources, the doctor, and a reload.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use naap_tests::stack::binaries;
use naap_tests::{Options, Stack, eventually, fixture, page};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::process::Command;

async fn at_least_one(stack: &Stack, what: &str, sql: &str) -> Result<()> {
    eventually(what, Duration::from_secs(40), || async {
        ensure!(stack.number(sql).await? > 0, "none yet");
        Ok(())
    })
    .await
}

/// Scenario: `naap up --agent-config` with a node; the doctor is asked; then the configuration is
/// changed, made wrong and made right, each time with a SIGHUP.
/// Guarantees: rows of the node arrive; the doctor finds token, collector and node right and
/// disturbs nobody; what changed is in force without a restart, what is wrong never is.
#[tokio::test(flavor = "multi_thread")]
async fn an_operator_adds_a_node_asks_the_doctor_and_changes_the_configuration() -> Result<()> {
    let url = page::serve(std::fs::read(fixture("livepeer_metrics.txt"))?).await?;
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("mine.toml");
    let mine = format!(
        "region = \"eu-west\"\n[[livepeer]]\nname = \"mine\"\nurl = \"{url}\"\ninterval = \"1s\"\n"
    );
    std::fs::write(&file, mine)?;
    let options = Options { agent: true, agent_config: Some(file), ..Options::default() };
    let stack = Stack::start(options).await?;
    let rows = "SELECT count() FROM livepeer_node WHERE target = 'mine'";
    at_least_one(&stack, "rows of the node", rows).await?;
    let west = "SELECT count() FROM agent WHERE region = 'eu-west' AND kind = 'orchestrator'";
    at_least_one(&stack, "the region", west).await?;

    let config = stack.data.join("config/agent-local.toml");
    let out = Command::new(binaries()?.join("naap-agent"))
        .args(["doctor", "--json", "--config"])
        .arg(&config)
        .output()
        .await?;
    let report: Value = serde_json::from_slice(&out.stdout)?;
    let findings = report["findings"].as_array().context("findings")?;
    for what in ["configuration", "region", "token", "collector", "clock skew", "spool"] {
        let finding =
            findings.iter().find(|f| f["what"] == what).with_context(|| what.to_owned())?;
        ensure!(finding["grade"] == "ok", "{finding}");
    }
    let found = findings.iter().find(|f| f["what"] == "node mine").context("the node")?;
    ensure!(found["says"].as_str().is_some_and(|s| s.contains("an orchestrator")), "{found}");
    ensure!(out.status.success(), "{report}");

    let pid = *stack.pids().await?.get("agent-local").context("the agent runs")?;
    let text = std::fs::read_to_string(&config)?;
    for region in ["eu-wst", "eu-north"] {
        std::fs::write(&config, text.replace("eu-west", region))?;
        kill(Pid::from_raw(pid), Signal::SIGHUP)?;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let north = "SELECT count() FROM agent WHERE region = 'eu-north'";
    at_least_one(&stack, "the changed region", north).await?;
    let wrong = "SELECT count() FROM agent WHERE region = 'eu-wst'";
    ensure!(stack.number(wrong).await? == 0, "a wrong configuration was taken up");
    ensure!(stack.pids().await?.get("agent-local") == Some(&pid), "nothing was restarted");
    stack.stop().await?;
    Ok(())
}
