//! Stream sessions.

use async_graphql::{Enum, ID, Object};

use super::page::{PageInfo, cursor};
use super::time::Time;
use crate::read::sessions::Session as Row;

/// Where traffic comes from. Origins are never mixed in one figure unless asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Enum)]
pub(crate) enum Origin {
    /// What users do.
    #[default]
    Organic,
    /// Load tests.
    Test,
    /// Recorded, and played again with other times.
    Replayed,
    /// Made up by a program.
    Simulated,
}

impl Origin {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Organic => "organic",
            Self::Test => "test",
            Self::Replayed => "replayed",
            Self::Simulated => "simulated",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Organic, Self::Test, Self::Replayed, Self::Simulated]
            .into_iter()
            .find(|o| o.word() == word)
    }
}

/// Sessions, a page of them.
#[derive(Debug)]
pub(crate) struct SessionConnection {
    nodes: Vec<Session>,
    more: bool,
    before: bool,
}

impl SessionConnection {
    pub(crate) fn new(rows: Vec<Row>, more: bool, before: bool) -> Self {
        Self { nodes: rows.into_iter().map(Session).collect(), more, before }
    }
}

#[Object]
impl SessionConnection {
    async fn nodes(&self) -> &[Session] {
        &self.nodes
    }

    async fn edges(&self) -> Vec<SessionEdge<'_>> {
        self.nodes.iter().map(SessionEdge).collect()
    }

    async fn page_info(&self) -> PageInfo {
        let ends = self.nodes.first().zip(self.nodes.last());
        let ends = ends.map(|(a, b)| (a.cursor(), b.cursor()));
        PageInfo::new(ends, self.more, self.before)
    }
}

/// A session and its place in the list.
#[derive(Debug)]
pub(crate) struct SessionEdge<'a>(&'a Session);

#[Object]
impl SessionEdge<'_> {
    async fn cursor(&self) -> String {
        self.0.cursor()
    }

    async fn node(&self) -> &Session {
        self.0
    }
}

/// All events of a live AI stream with the same stream and request.
#[derive(Debug)]
pub(crate) struct Session(Row);

impl Session {
    fn cursor(&self) -> String {
        let started = self.0.started_us.to_string();
        cursor(&[&started, &self.0.key.stream_id, &self.0.key.request_id])
    }
}

#[Object]
impl Session {
    async fn id(&self) -> ID {
        ID(cursor(&["Session", &self.0.key.stream_id, &self.0.key.request_id]))
    }

    async fn stream_id(&self) -> &str {
        &self.0.key.stream_id
    }

    async fn request_id(&self) -> &str {
        &self.0.key.request_id
    }

    async fn origin(&self) -> Origin {
        Origin::parse(&self.0.origin).unwrap_or_default()
    }

    /// The node whose agent reported it.
    async fn node(&self) -> &str {
        &self.0.node
    }

    /// What the gateway calls itself, where it does.
    async fn gateway_label(&self) -> Option<&str> {
        self.0.gateway_label.as_deref()
    }

    /// The first model-like pipeline name among its events.
    async fn pipeline(&self) -> Option<&str> {
        self.0.pipeline.as_deref()
    }

    /// Time of its first event, by the gateway's clock.
    async fn started_at(&self) -> Time {
        Time::from_us(self.0.started_us)
    }

    /// Time of its newest event, by the gateway's clock.
    async fn last_event_at(&self) -> Time {
        Time::from_us(self.0.last_event_us)
    }

    /// Whether the gateway said that the stream was closed.
    async fn closed(&self) -> bool {
        self.0.closed
    }

    /// The orchestrators that its events name, in order.
    async fn orchestrators(&self) -> Vec<SessionOrchestrator<'_>> {
        self.0.orchestrators.iter().map(|(u, a)| SessionOrchestrator(u, a.as_deref())).collect()
    }

    /// Reports of what the gateway received, every 5 s over WHIP.
    async fn ingest_samples(&self) -> usize {
        self.0.ingest_samples
    }

    /// Reports of the runner's state, every 10 s.
    async fn status_samples(&self) -> usize {
        self.0.status_samples
    }

    /// Mean of the output frames per second, from the first sample above 0 on; null without one.
    async fn output_fps_mean(&self) -> Option<f64> {
        self.0.output_fps_mean
    }

    /// Lowest of the same samples.
    async fn output_fps_min(&self) -> Option<f64> {
        self.0.output_fps_min
    }

    /// Request to first processed segment. Null where either is missing, or their order is wrong.
    async fn startup_ms(&self) -> Option<f64> {
        self.0.startup_ms
    }

    /// Request to third processed segment, when the stream plays. Null as `startupMs`.
    async fn time_to_playable_ms(&self) -> Option<f64> {
        self.0.time_to_playable_ms
    }

    /// What the sender sent, megabits per second, over the whole session.
    async fn upload_mbps(&self) -> Option<f64> {
        self.0.upload_mbps
    }

    /// Times that the gateway left an orchestrator for another.
    async fn swaps(&self) -> usize {
        self.0.swaps
    }

    /// Error events. A normal end has one or two, too.
    async fn error_events(&self) -> usize {
        self.0.error_events
    }
}

/// An orchestrator of a session.
#[derive(Debug)]
pub(crate) struct SessionOrchestrator<'a>(&'a str, Option<&'a str>);

#[Object]
impl SessionOrchestrator<'_> {
    /// Service URI.
    async fn url(&self) -> &str {
        self.0
    }

    /// Its hot wallet, as events carry it: not its on-chain address, and not always its alone.
    async fn address(&self) -> Option<&str> {
        self.1
    }
}
