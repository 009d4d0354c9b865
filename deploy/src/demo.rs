//! `naap up --demo`: the stack on a simulated network, so that a newcomer sees a living one. Knows
//! who takes part and which files they share; rows of it have `origin = "simulated"`.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::folder::Folder;
use crate::limits;

/// A simulated gateway, and the agent beside it.
#[derive(Debug)]
pub(crate) struct Gateway {
    /// The agent, as a part of the stack.
    pub(crate) part: &'static str,
    /// Its node.
    pub(crate) node: &'static str,
    /// Where it is said to stand.
    pub(crate) region: &'static str,
}

/// The gateways, in the order of the simulation's.
pub(crate) const GATEWAYS: [Gateway; 3] = [
    Gateway { part: "agent-demo-1", node: "demo-gateway-1", region: "us-east" },
    Gateway { part: "agent-demo-2", node: "demo-gateway-2", region: "eu-central" },
    Gateway { part: "agent-demo-3", node: "demo-gateway-3", region: "ap-southeast" },
];

/// Orchestrators: two dozens, so that each way to be known is there, and quick to load.
const ORCHESTRATORS: usize = 24;

/// The file of a gateway.
pub(crate) fn events(folder: &Folder, gateway: usize) -> PathBuf {
    folder.demo().join(format!("events_{gateway}.jsonl"))
}

/// Checks the flag, and makes the files that agents follow.
pub(crate) fn prepare(folder: &Folder, days: f64) -> Result<()> {
    check(days)?;
    let out = folder.demo();
    std::fs::create_dir_all(&out).map_err(Error::file("make", &out))?;
    for gateway in 0..GATEWAYS.len() {
        let path = events(folder, gateway);
        let made = OpenOptions::new().append(true).create(true).open(&path);
        made.map_err(Error::file("make", &path))?;
    }
    Ok(())
}

/// Disk that so many days take while they are loaded.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
pub(crate) fn bytes(days: f64) -> u64 {
    limits::DEMO_BYTES.saturating_add((days * limits::DEMO_DAY_BYTES as f64) as u64)
}

/// Whether so many days of history can be loaded.
pub(crate) fn check(days: f64) -> Result<()> {
    if days > 0.0 && days <= limits::MAX_DEMO_DAYS {
        return Ok(());
    }
    let why = format!("{days} is not above 0 and at most {}", limits::MAX_DEMO_DAYS);
    Err(Error::Flag { flag: "--demo-days", why })
}

/// The arguments of `naap` that simulate the network.
pub(crate) fn arguments(folder: &Folder, days: f64) -> Vec<OsString> {
    let mut args: Vec<OsString> =
        ["simulate", "--live", "--exit-with-parent"].map(Into::into).into();
    for (flag, value) in [
        ("--gateways", GATEWAYS.len().to_string()),
        ("--orchestrators", ORCHESTRATORS.to_string()),
        ("--hours", (days * 24.0).to_string()),
    ] {
        args.extend([flag.into(), value.into()]);
    }
    args.extend(["--out".into(), folder.demo().into()]);
    args
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    #[test]
    fn the_simulation_gets_flags_that_it_knows_and_regions_exist() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(dir.path()).unwrap();
        prepare(&folder, 1.5).unwrap();
        assert!(GATEWAYS.iter().enumerate().all(|(g, _)| events(&folder, g).is_file()));
        let line = [vec!["naap".into()], arguments(&folder, 1.5)].concat();
        match Cli::try_parse_from(line).unwrap().command {
            Command::Simulate(flags) => {
                assert!(flags.live && flags.exit_with_parent);
                assert_eq!((flags.gateways, flags.hours), (GATEWAYS.len(), 36.0));
                assert_eq!(flags.out, folder.demo());
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(bytes(2.0), limits::DEMO_BYTES + 2 * limits::DEMO_DAY_BYTES);
        assert!(folder.check_space(u64::MAX).unwrap_err().to_string().contains("MiB are free"));
        let error = prepare(&folder, 0.0).unwrap_err().to_string();
        assert!(error.contains("--demo-days"), "{error}");
    }
}
