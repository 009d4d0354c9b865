//! From events to answers: what gateways and orchestrators said becomes sessions and legs, scores,
//! demand and supply (`docs/metrics.md`). Every function here is pure: rows and a given time in,
//! rows out. It may know the schema; it must never know a clock, a network, a database, or who asks.

pub mod demand;
pub mod event;
pub mod fee;
pub mod fold;
pub mod identity;
pub mod job;
pub mod limits;
pub mod observed;
pub mod rows;
pub mod session;
pub mod sla;
pub mod stats;
pub mod supply;
pub mod surroundings;
pub mod wei;

mod cell;
mod time;
