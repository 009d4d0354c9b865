//! The collector: receives frames, admits them, commits them to QuestDB, then acknowledges.
//!
//! `receive → admit → store → ack`: [`run`] puts the parts together; the other public items are
//! what the command line and tests need. It may listen for gRPC and write QuestDB; it must never
//! probe a host nor serve the public.

mod admit;
mod clock;
mod compare;
pub mod config;
pub mod corrections;
pub mod derive;
pub mod doctor;
mod fitness;
mod guard;
#[cfg(feature = "influx")]
mod influx;
mod ledger;
mod limits;
mod listen;
mod machine;
mod metrics;
mod migrate;
mod pg;
mod quota;
mod receive;
mod run;
mod scrub;
#[cfg(feature = "sim")]
pub mod sim;
mod store;
mod tls;
pub mod tokens;
mod wal;

pub use config::Config;
pub use migrate::MigrateError;
pub use run::{RunError, check_files, migrate_only, run};
pub use tls::TlsError;
