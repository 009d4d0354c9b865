//! What both ways of Kafka have in common.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::limits;

/// A text that does not show.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// What a source leaves behind for a moment when it is gone: connections, a place in a group.
#[derive(Debug)]
pub struct Closing(Arc<watch::Sender<bool>>);

impl Closing {
    pub(crate) fn of(all: &Arc<watch::Sender<bool>>) -> Self {
        Self(Arc::clone(all))
    }

    /// Comes back when it is gone too, or after a moment.
    pub async fn closed(self) {
        if timeout(limits::KAFKA_CLOSE, self.0.closed()).await.is_err() {
            tracing::warn!("a Kafka client or broker is slow to part; its events may come again");
        }
    }
}

/// Lets a complaint through now and then.
#[derive(Debug, Default)]
pub(crate) struct Seldom(Mutex<Option<Instant>>);

impl Seldom {
    pub(crate) fn now(&self) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|at| at.elapsed() >= limits::COMPLAIN);
        if due {
            *last = Some(Instant::now());
        }
        due
    }
}
