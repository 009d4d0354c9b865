//! Drop-in for what exists in the Livepeer world: the dashboard contract of naap, and the leaderboard
//! whose scores go-livepeer's gateways read. The shapes and names are theirs; the figures are ours,
//! and what is not known stays unknown.
//!
//! It may read the database and serve `GET`; it must never take a test result in.

mod leaderboard;
mod naap;

use axum::Router;

pub(crate) use self::naap::DashboardSchema;
use crate::read::Database;

/// What is served beside the API of this project's own.
#[expect(missing_debug_implementations, reason = "a schema has none")]
pub struct Compat {
    /// The schema of `/graphql/naap`, served as `/graphql` is.
    pub(crate) dashboard: DashboardSchema,
    /// `/api/*`.
    pub(crate) leaderboard: Router,
}

impl Compat {
    /// All of it over a database.
    pub fn new(database: &Database) -> Self {
        Self {
            dashboard: naap::build(database.clone()),
            leaderboard: leaderboard::router(database.clone()),
        }
    }
}
