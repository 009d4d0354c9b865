//! The agent: reads a Livepeer node and its host, and ships what it saw.
//!
//! Rows flow one way: `source/*` → [`record`] (numbers them, makes frames) → [`spool`] (holds them
//! until they are acknowledged) → [`ship`] (sends them). It may read the host, files it is told to
//! read and a closed list of `GET` paths of configured nodes and AI runners, try connections where
//! it is told to, and talk to one collector; it must never touch a database, nor ask a node for
//! anything that could change it.

mod clock;
pub mod config;
pub mod discover;
pub mod doctor;
mod get;
pub mod health;
mod limits;
mod machine;
mod near;
pub mod notify;
pub mod nvml;
pub mod once;
pub mod own;
pub mod plan;
pub mod record;
pub mod run;
pub mod ship;
#[cfg(feature = "sim")]
pub mod sim;
pub mod source;
pub mod spool;
mod supervise;
pub mod tap;
