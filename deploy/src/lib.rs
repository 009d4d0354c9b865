//! `naap`: the whole stack on one machine with one command.
//!
//! Gets QuestDB, starts it and the other programs with configurations of its own making, keeps
//! them running, and stops them in order. It knows everyone's flags and configuration keys; it
//! never knows what they do with rows.
//!
//! The data folder:
//!
//! | Below it | What |
//! |---|---|
//! | `config/` | configurations of the parts, written at each start |
//! | `datasets/` | daily files, as the API publishes them |
//! | `demo/` | lines of the simulated network of `--demo`, and what is true of them |
//! | `logs/` | one log per part, and its predecessor |
//! | `questdb/` | the jar, and QuestDB's own folder in `root/` |
//! | `replay/` | by how much the times of replayed events were moved |
//! | `run/` | lock, process ids, addresses of the running stack |
//! | `secrets/` | passwords and tokens, each made once, readable by their owner only |

pub mod cli;
mod clock;
mod configs;
mod demo;
mod error;
pub mod folder;
pub mod guard;
mod http;
pub mod java;
pub mod limits;
mod logs;
pub mod mirror;
pub mod ports;
pub mod process;
pub mod questdb;
pub mod signals;
pub mod simulate;
pub mod state;
pub mod status;
mod supervise;
pub mod up;

pub use error::{Error, Result};
