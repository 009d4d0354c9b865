//! The GraphQL schema, written for its readers. It may ask [`Database`] and the clock at its edge;
//! it must never hold SQL.

mod agents;
pub(crate) mod bucket;
mod coverage;
mod datasets;
mod demand;
mod derivation;
mod distributions;
mod endpoints;
mod entities;
pub(crate) mod error;
mod gpus;
mod groups;
mod heard;
mod jobs;
mod lists;
mod live;
mod node;
mod orchestrators;
mod page;
mod prices;
mod query;
pub(crate) mod rate_limit;
mod series;
mod sessions;
mod sla;
mod status;
mod supply;
mod time;

use std::sync::Arc;

use async_graphql::dataloader::DataLoader;
use async_graphql::{EmptyMutation, Schema};

use crate::datasets::Store;
use crate::health::Health;
use crate::limits;
use crate::read::Database;
pub(crate) use agents::ONLINE;
use agents::{CoverageLoader, LatestLoader};
use live::Live;
pub use live::Subscription;
pub(crate) use orchestrators::gpu_count;
pub use query::Query;

/// The schema as served.
pub type NaapSchema = Schema<Query, EmptyMutation, Subscription>;

/// Makes the schema over a database.
pub(crate) fn build(
    database: Database,
    health: Arc<Health>,
    datasets: Option<Arc<Store>>,
) -> NaapSchema {
    let latest = DataLoader::new(LatestLoader(database.clone()), crate::clock::spawn);
    let coverage = DataLoader::new(CoverageLoader(database.clone()), crate::clock::spawn);
    Schema::build(Query::default(), EmptyMutation, Subscription)
        .data(Live::start(database.clone()))
        .data(database)
        .data(latest)
        .data(coverage)
        .data(health)
        .data(datasets)
        .limit_depth(limits::DEPTH)
        .limit_complexity(limits::COMPLEXITY)
        .limit_directives(8)
        .disable_suggestions()
        .finish()
}

/// The schema's text, as committed.
pub fn sdl() -> String {
    let schema = Schema::build(Query::default(), EmptyMutation, Subscription).finish();
    schema.sdl_with_options(
        async_graphql::SDLExportOptions::new().sorted_fields().sorted_enum_items(),
    )
}

#[cfg(test)]
mod tests {
    /// The committed text; `UPDATE_GOLDEN=1` rewrites it.
    #[test]
    fn the_schema_is_the_committed_one() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
        let sdl = super::sdl();
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&file, &sdl).unwrap();
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            sdl == committed,
            "graphql/schema.graphql is stale: UPDATE_GOLDEN=1 cargo test -p naap-graphql"
        );
    }
}
