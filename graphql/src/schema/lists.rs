//! Lists of sessions and jobs, of one origin or of all.

use async_graphql::{Context, Object, Result};

use super::error::unavailable;
use super::groups::{Dimension, Scope};
use super::jobs::{JobConnection, JobKind};
use super::page::Page;
use super::series::Window;
use super::sessions::{Origin, Outcome, SessionConnection};
use crate::clock::now_us;
use crate::limits;
use crate::read::Database;
use crate::read::series::Span;
use crate::read::sums::{DAY_US, FIVE_MINUTES_US};

/// What sessions and jobs can be narrowed to.
const LISTED_BY: [Dimension; 5] = [
    Dimension::Gateway,
    Dimension::Orchestrator,
    Dimension::Pipeline,
    Dimension::Model,
    Dimension::Region,
];

/// The window of a list: from 14 days ago on if left out, with what is a little ahead.
fn span(window: Option<&Window>) -> Result<Span> {
    let now = now_us();
    match window {
        Some(window) => window.span(now),
        None => {
            Ok(Span { from_us: now - limits::LIST_DAYS * DAY_US, to_us: now + FIVE_MINUTES_US })
        }
    }
}

/// A page of sessions, newest first.
pub(crate) async fn sessions(
    database: &Database,
    page: Page,
    origin: Option<Origin>,
    scope: Option<Scope>,
    outcome: Option<Outcome>,
    window: Option<&Window>,
) -> Result<SessionConnection> {
    let (after, span) = (page.after_event()?, span(window)?);
    let mut filters = scope.unwrap_or_default().filters(&LISTED_BY)?;
    filters.extend(origin.map(|o| ("origin", vec![o.word().to_owned()])));
    filters.extend(outcome.map(|o| ("outcome", vec![o.word().to_owned()])));
    let found = database.sessions(span, &filters, after.as_ref(), page.first).await;
    let (sessions, more) = found.map_err(unavailable)?;
    Ok(SessionConnection::new(sessions, more, after.is_some()))
}

/// A page of jobs, newest first.
pub(crate) async fn jobs(
    database: &Database,
    page: Page,
    origin: Option<Origin>,
    kind: Option<JobKind>,
    scope: Option<Scope>,
    outcome: Option<Outcome>,
    window: Option<&Window>,
) -> Result<JobConnection> {
    let (after, span) = (page.after_event()?, span(window)?);
    let mut filters = scope.unwrap_or_default().filters(&LISTED_BY)?;
    filters.extend(origin.map(|o| ("origin", vec![o.word().to_owned()])));
    filters.extend(kind.map(|k| ("kind", vec![k.word().to_owned()])));
    filters.extend(outcome.map(|o| ("outcome", vec![o.word().to_owned()])));
    let found = database.jobs(span, &filters, after.as_ref(), page.first).await;
    let (jobs, more) = found.map_err(unavailable)?;
    Ok(JobConnection::new(jobs, more, after.is_some()))
}

/// What load tests did.
#[derive(Debug)]
pub(crate) struct Tests {
    window: Option<Window>,
    scope: Option<Scope>,
}

impl Tests {
    pub(crate) fn new(window: Option<&Window>, scope: Option<Scope>) -> Result<Self> {
        span(window)?;
        Ok(Self { window: window.cloned(), scope })
    }
}

#[Object]
impl Tests {
    /// Their sessions, newest first.
    #[graphql(complexity = "first.unwrap_or(20).clamp(0, 200) as usize * child_complexity")]
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "`endCursor` of the page before.")] after: Option<String>,
        outcome: Option<Outcome>,
    ) -> Result<SessionConnection> {
        let (page, scope) = (Page::new(first, after)?, self.scope.clone());
        let window = self.window.as_ref();
        sessions(ctx.data::<Database>()?, page, Some(Origin::Test), scope, outcome, window).await
    }

    /// Their jobs, newest first.
    #[graphql(complexity = "first.unwrap_or(20).clamp(0, 200) as usize * child_complexity")]
    async fn jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "`endCursor` of the page before.")] after: Option<String>,
        kind: Option<JobKind>,
        outcome: Option<Outcome>,
    ) -> Result<JobConnection> {
        let (page, scope) = (Page::new(first, after)?, self.scope.clone());
        let (database, window) = (ctx.data::<Database>()?, self.window.as_ref());
        jobs(database, page, Some(Origin::Test), kind, scope, outcome, window).await
    }
}
