//! Live values: read once for all who listen, and only while somebody does.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Context, Error, Result, SimpleObject, Subscription};
use futures::stream::{self, Stream, StreamExt};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::bucket::Bucket;
use super::derivation::Derivation;
use super::groups::Question;
use super::orchestrators::Network;
use super::series::Window;
use super::sessions::Origin;
use super::time::Time;
use crate::limits;
use crate::read::Database;
use crate::refusal::{Code, Refusal};

/// The network at this moment, and what organic traffic it had in this hour and the one before.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct NetworkNow {
    /// When this was read.
    pub(crate) as_of: Time,
    /// Orchestrators that were seen within the last 50 minutes.
    pub(crate) orchestrators_online: usize,
    /// Distinct GPUs of those online; null where none tells its hardware.
    pub(crate) gpus: Option<i64>,
    /// Slots of those online; null where none tells any.
    pub(crate) slots: Option<i64>,
    /// Of these idle.
    pub(crate) slots_idle: Option<i64>,
    /// Beginning of the hours that what follows is of.
    pub(crate) from: Time,
    /// Sessions that began since `from`.
    pub(crate) sessions: i64,
    /// Of these served.
    pub(crate) served: i64,
    /// Of these without an orchestrator.
    pub(crate) unserved: i64,
    /// Minutes of sessions since `from`; null without any.
    pub(crate) minutes: Option<f64>,
}

/// What one reading gave.
#[derive(Debug, Clone)]
struct Now {
    network: NetworkNow,
    derivation: Derivation,
}

/// A reading: when it was made, and what it gave. Nothing before the first.
type Reading = Option<(Instant, Result<Arc<Now>>)>;

/// Reads live values while somebody listens.
#[derive(Debug)]
pub(crate) struct Live {
    readings: watch::Sender<Reading>,
    wanted: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Drop for Live {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Live {
    /// Begins; nothing is read yet.
    pub(crate) fn start(database: Database) -> Self {
        let readings = watch::Sender::new(None);
        let wanted = Arc::new(Notify::new());
        let task = tokio::spawn(keep(database, readings.clone(), Arc::clone(&wanted)));
        Self { readings, wanted, task }
    }

    /// The newest reading at once if it is fresh, and then one every so often. Whoever is slow misses
    /// readings, and is given the newest.
    fn listen(&self, every: Duration) -> impl Stream<Item = Result<Arc<Now>>> + use<> {
        let receiver = self.readings.subscribe();
        self.wanted.notify_one();
        stream::unfold((receiver, None), move |(mut receiver, given)| async move {
            match given {
                Some(given) => sleep_until(given + every).await,
                None => {
                    let fresh = |(at, _): &(Instant, _)| at.elapsed() < 2 * limits::TICK;
                    let newest = receiver.borrow_and_update().clone();
                    if let Some((_, reading)) = newest.filter(fresh) {
                        return Some((reading, (receiver, Some(Instant::now()))));
                    }
                }
            }
            receiver.changed().await.ok()?;
            let (_, reading) = receiver.borrow_and_update().clone()?;
            Some((reading, (receiver, Some(Instant::now()))))
        })
    }
}

async fn keep(database: Database, readings: watch::Sender<Reading>, wanted: Arc<Notify>) {
    loop {
        if readings.receiver_count() == 0 {
            wanted.notified().await;
        }
        let reading = match timeout(limits::TIMEOUT, read(&database)).await {
            Ok(read) => read.map(Arc::new),
            Err(_) => Err(Refusal::new(Code::Timeout, "live values took too long to read").into()),
        };
        readings.send_replace(Some((Instant::now(), reading)));
        sleep(limits::TICK).await;
    }
}

async fn read(database: &Database) -> Result<Now> {
    let hour = Window::last("1h");
    let question = Question::new(Some(&hour), Bucket::H1, None, None, Origin::Organic, None)?;
    let (network, derivation) =
        tokio::join!(Network::read(database, question), Derivation::read(database));
    Ok(Now { network: network?.now(), derivation: derivation? })
}

fn every(seconds: i32) -> Result<Duration, Error> {
    let limits = limits::EVERY_SECONDS;
    let valid = u64::try_from(seconds).ok().filter(|s| limits.contains(s));
    valid.map(Duration::from_secs).ok_or_else(|| {
        Refusal::new(Code::BadArgument, format!("everySeconds is {seconds}"))
            .hint(format!("write a number from {} to {}", limits.start(), limits.end()))
            .into()
    })
}

/// Live values, over WebSocket with the subprotocol `graphql-transport-ws`. All who listen share one
/// reading of the database; whoever is slow misses values, and is given the newest.
#[derive(Debug)]
pub struct Subscription;

#[Subscription]
impl Subscription {
    /// The network at this moment, again and again.
    async fn network_now(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 10, desc = "From 5 to 3600.")] every_seconds: i32,
    ) -> Result<impl Stream<Item = Result<NetworkNow>> + use<>> {
        let readings = ctx.data::<Live>()?.listen(every(every_seconds)?);
        Ok(readings.map(|now| Ok(now?.network.clone())))
    }

    /// How far the derived figures are behind what was stored, again and again.
    async fn derivation(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 10, desc = "From 5 to 3600.")] every_seconds: i32,
    ) -> Result<impl Stream<Item = Result<Derivation>> + use<>> {
        let readings = ctx.data::<Live>()?.listen(every(every_seconds)?);
        Ok(readings.map(|now| Ok(now?.derivation.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_bounded() {
        assert_eq!(every(5).unwrap(), Duration::from_secs(5));
        for bad in [i32::MIN, -1, 0, 4, 3601, i32::MAX] {
            assert!(every(bad).is_err(), "{bad}");
        }
    }
}
