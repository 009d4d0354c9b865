//! The collector: receives frames, admits them, commits them to QuestDB, then acknowledges.
//!
//! `receive → admit → store → ack`: [`run`] puts the parts together; the other public items are
//! what the command line and tests need. It may listen for gRPC and write QuestDB; it must never
//! probe a host nor serve the public.

mod admit;
mod clock;
pub mod config;
mod fitness;
mod guard;
mod ledger;
mod limits;
mod listen;
mod machine;
mod migrate;
mod pg;
mod receive;
mod run;
#[cfg(feature = "sim")]
pub mod sim;
mod store;
pub mod tokens;

pub use config::Config;
pub use migrate::MigrateError;
pub use run::{RunError, migrate_only, run};
