//! Every limit of this crate, each with its reason.

/// Gateways of a plan: each is a file and an agent.
pub const MAX_GATEWAYS: usize = 64;
/// Orchestrators of a plan: a capability report names them all, and an agent takes a line of 1 MiB.
pub const MAX_ORCHESTRATORS: usize = 400;
/// GPUs of one orchestrator: what a large machine has.
pub const MAX_GPUS: usize = 16;
/// Models of a plan.
pub const MAX_MODELS: usize = 32;
/// Sessions (or jobs) an hour and gateway: with sessions of at most 30 minutes some 5,000 run at
/// once, which is what is held in memory.
pub const MAX_PER_HOUR: f64 = 10_000.0;
/// Length of a plan: 400 days, longer than raw rows are kept.
pub const MAX_LENGTH_US: i64 = 400 * 86_400_000_000;
/// A line may be late by this: collectors refuse rows older than 14 days.
pub const MAX_LATE_US: i64 = 13 * 86_400_000_000;
/// Time without events at the end of a plan, ms: silence closes a session after 120 s.
pub(crate) const QUIET_END_MS: i64 = 180_000;
/// The longest that a stream plays on one orchestrator, ms.
pub(crate) const LONGEST_PLAY_MS: i64 = 1_800_000;
