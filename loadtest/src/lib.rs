//! A simulated network: gateways, orchestrators, GPUs, demand, failures, from a seed, as exactly
//! the events that real gateways send, with the truth beside them. Pure: no clock, no network, no
//! file; the same [`Plan`] always gives the same bytes.
//!
//! ```
//! use naap_loadtest::{Network, Plan, Truth};
//!
//! # fn main() -> Result<(), naap_loadtest::PlanError> {
//! let plan = Plan { gateways: 2, orchestrators: 12, ..Plan::new(7, 1_790_000_000_000_000, 3_600_000_000) };
//! let mut network = Network::new(plan)?;
//! while let Some(event) = network.next() {
//!     // event.gateway: whose agent gets it; event.deliver_at_us: when; event.line: the envelope.
//!     assert_eq!(event.line.first(), Some(&b'{'));
//!     for truth in network.take_truth() {
//!         if let Truth::Session(s) = truth { assert!(!s.request_id.is_empty()); }
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! **Order.** Lines come in the order of their delivery, which is not that of their times: each
//! takes a moment to arrive, a share arrives minutes to days late, a share twice with the same id.
//! The lines of one gateway are one stream; feed them to one agent with `origin = "simulated"`.
//!
//! **Truth.** [`Truth`] is written as the world is planned, never computed from lines: what the
//! definitions (version 2026.1) give for it once every line has arrived and 120 s have passed. Each
//! truth is handed out when its first line is; take it with [`Network::take_truth`] or it piles up.
//! Every session is closed before the plan ends.
//!
//! **Memory.** Held are sessions that run, lines that are late, and truth not taken: the length of
//! the plan does not matter.

pub mod limits;
mod network;
mod plan;
mod rng;
pub mod truth;

pub use network::{Emitted, Network};
pub use plan::{Mix, Model, Plan, PlanError};
pub use truth::Truth;
