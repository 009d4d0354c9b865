//! Whether every part of the stack answers. It may ask the database and the collector's health
//! service, and nothing more of either.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::limits;
use crate::read::{Database, chain};

/// How long an answer is good for: many may ask at once.
const FRESH: Duration = Duration::from_secs(1);

/// A part of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// collector, questdb or api.
    pub name: &'static str,
    /// What is wrong; nothing when it is well.
    pub problem: Option<String>,
}

/// Asks the parts, at most once a second.
#[derive(Debug)]
pub struct Health {
    database: Database,
    collector: HealthClient<Channel>,
    last: Mutex<Option<(Instant, Vec<Part>)>>,
}

impl Health {
    /// A check of this database, and of the collector at this address (`http://ADDR:PORT`).
    ///
    /// # Errors
    /// If the address is none.
    pub fn new(database: Database, collector: &str) -> Result<Self, tonic::transport::Error> {
        let endpoint = Endpoint::from_shared(collector.to_owned())?
            .connect_timeout(limits::HEALTH_WAIT)
            .timeout(limits::HEALTH_WAIT);
        let collector = HealthClient::new(endpoint.connect_lazy());
        Ok(Self { database, collector, last: Mutex::new(None) })
    }

    /// The parts, as they are now or were less than a second ago.
    pub async fn check(&self) -> Vec<Part> {
        // Held while asking, so that many who ask at once ask once.
        let mut last = self.last.lock().await;
        if let Some((at, parts)) = last.as_ref()
            && at.elapsed() < FRESH
        {
            return parts.clone();
        }
        let (collector, questdb) = tokio::join!(self.collector(), self.questdb());
        let parts = vec![
            Part { name: "collector", problem: collector },
            Part { name: "questdb", problem: questdb },
            Part { name: "api", problem: None },
        ];
        *last = Some((Instant::now(), parts.clone()));
        parts
    }

    async fn collector(&self) -> Option<String> {
        let request = HealthCheckRequest { service: "naap.v1.Ingest".to_owned() };
        let mut client = self.collector.clone();
        match tokio::time::timeout(limits::HEALTH_WAIT, client.check(request)).await {
            Ok(Ok(answer)) => match answer.into_inner().status() {
                ServingStatus::Serving => None,
                _ => Some("it answers, but does not take rows now".to_owned()),
            },
            Ok(Err(status)) => {
                tracing::debug!(error = %status, "the collector's health");
                Some("it cannot be reached".to_owned())
            }
            Err(_) => Some("it does not answer".to_owned()),
        }
    }

    async fn questdb(&self) -> Option<String> {
        match tokio::time::timeout(limits::HEALTH_WAIT, self.database.ping()).await {
            Ok(Ok(())) => None,
            Ok(Err(e)) => {
                tracing::debug!(error = %chain(&e), "the database's health");
                Some("it cannot be reached".to_owned())
            }
            Err(_) => Some("it does not answer".to_owned()),
        }
    }
}
