//! The stack itself, and what its figures mean.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};

use crate::datasets::Store;
use crate::health::Health;
use crate::read::Database;
use crate::schema::datasets::{self, Dataset};
use crate::schema::derivation::{self, Correction, Derivation};
use crate::schema::rate_limit::RateLimit;
use crate::schema::status::{self, CatalogueEntity, Limits, Status};
use crate::schema::time::Time;

/// The stack itself, and what its figures mean.
#[derive(Debug, Default)]
pub(crate) struct StackQuery;

#[Object]
impl StackQuery {
    /// Daily Parquet files of what was derived, the newest first: each the current revision of its
    /// day. Empty where this stack publishes none.
    #[graphql(
        complexity = "20 + first.unwrap_or(100).clamp(0, 1000) as usize * child_complexity / 10"
    )]
    async fn datasets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "One subject, such as sessions; all if left out.")] subject: Option<
            String,
        >,
        #[graphql(desc = "Days from this time on; all if left out.")] from: Option<Time>,
        #[graphql(desc = "How many, at most 1000; 100 if left out.")] first: Option<i32>,
    ) -> Result<Vec<Dataset>> {
        datasets::read(ctx.data::<Option<Arc<Store>>>()?.as_ref(), subject, from, first).await
    }

    /// How the stack is, and how fresh its data are.
    #[graphql(complexity = "50 + child_complexity")]
    async fn status(&self, ctx: &Context<'_>) -> Result<Status> {
        Status::read(ctx.data::<Database>()?, ctx.data::<Arc<Health>>()?).await
    }

    /// How far the derived figures are behind what was stored.
    #[graphql(complexity = "20 + child_complexity")]
    async fn derivation(&self, ctx: &Context<'_>) -> Result<Derivation> {
        Derivation::read(ctx.data::<Database>()?).await
    }

    /// Corrections by operators, the newest first: who changed what, when and why.
    #[graphql(complexity = "20 + child_complexity * 10")]
    async fn corrections(&self, ctx: &Context<'_>) -> Result<Vec<Correction>> {
        derivation::corrections(ctx.data::<Database>()?).await
    }

    /// Every public entity and field: what it means, its unit, and how it can mislead.
    #[graphql(complexity = "10 + child_complexity")]
    async fn catalogue(
        &self,
        #[graphql(desc = "One entity; all if left out.")] entity: Option<String>,
    ) -> Vec<CatalogueEntity> {
        status::catalogue(entity.as_deref())
    }

    /// What this query costs and what the client has left; null where nothing is limited. An answer
    /// with it is never kept by a cache. Asking for it costs nothing.
    async fn rate_limit(&self, ctx: &Context<'_>) -> Option<RateLimit> {
        ctx.data_opt::<RateLimit>().cloned()
    }

    /// What a query may cost, and how long what is kept.
    async fn limits(&self) -> Limits {
        Limits
    }
}
