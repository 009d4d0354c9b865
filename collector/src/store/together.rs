//! Reads of ledgers that are asked for at the same time, as one query: after a restart every agent
//! says Hello within seconds, and a query costs the same for one epoch as for hundreds. It may
//! wait for a [`Ledgers`] and share its answers; it must never keep them.

use tokio::sync::{mpsc, oneshot};

use super::StoreError;
use crate::ledger::{Entry, Source};
use crate::limits;

/// Where ledgers are read from, many at a time.
#[tonic::async_trait]
pub(crate) trait Ledgers: Send + Sync + 'static {
    /// The entries of these nodes and epochs, whichever is of which: node, epoch, entry; of one node
    /// and epoch the newest last.
    async fn read_all(
        &self,
        nodes: &[&str],
        epochs: &[u64],
    ) -> Result<Vec<(String, u64, Entry)>, StoreError>;
}

type Answer = Result<Vec<(u64, Entry)>, StoreError>;

/// One node's question.
struct Ask {
    node: String,
    epochs: Vec<u64>,
    answer: oneshot::Sender<Answer>,
}

/// A source that reads for everybody who waits.
#[derive(Debug)]
pub(crate) struct Together {
    asks: mpsc::Sender<Ask>,
}

impl Together {
    /// Reads from `ledgers`, in a task that ends with this.
    pub(crate) fn new(ledgers: impl Ledgers) -> Self {
        let (asks, waiting) = mpsc::channel(limits::LEDGER_QUERY);
        tokio::spawn(answer(ledgers, waiting));
        Self { asks }
    }
}

#[tonic::async_trait]
impl Source for Together {
    async fn read(&self, node: &str, epochs: &[u64]) -> Answer {
        if epochs.is_empty() {
            return Ok(Vec::new());
        }
        let (answer, answered) = oneshot::channel();
        let ask = Ask { node: node.to_owned(), epochs: epochs.to_vec(), answer };
        let gone = || StoreError {
            doing: "reading the ledger",
            why: "whoever reads it has ended".to_owned(),
        };
        self.asks.send(ask).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

async fn answer(ledgers: impl Ledgers, mut waiting: mpsc::Receiver<Ask>) {
    while let Some(first) = waiting.recv().await {
        let mut count = first.epochs.len();
        let mut asks = vec![first];
        // Each ask has at most as many epochs as a query may have, so a query at most twice that.
        while count < limits::LEDGER_QUERY
            && let Ok(ask) = waiting.try_recv()
        {
            count += ask.epochs.len();
            asks.push(ask);
        }
        let mut epochs: Vec<u64> = asks.iter().flat_map(|a| a.epochs.iter().copied()).collect();
        epochs.sort_unstable();
        epochs.dedup();
        let mut nodes: Vec<&str> = asks.iter().map(|a| a.node.as_str()).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let found = ledgers.read_all(&nodes, &epochs).await;
        for ask in asks {
            let theirs = |(node, epoch, entry): &(String, u64, Entry)| {
                let is = *node == ask.node && ask.epochs.contains(epoch);
                is.then(|| (*epoch, entry.clone()))
            };
            let answer = match &found {
                Ok(found) => Ok(found.iter().filter_map(theirs).collect()),
                Err(e) => Err(e.clone()),
            };
            // A stream that ended meanwhile asks again when it comes back.
            ask.answer.send(answer).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    /// Has a ledger of node `n<epoch>`, and of a stranger, for every epoch below 5000.
    #[derive(Default)]
    struct Slow {
        queries: Arc<AtomicUsize>,
        fails: bool,
    }

    #[tonic::async_trait]
    impl Ledgers for Slow {
        async fn read_all(
            &self,
            nodes: &[&str],
            epochs: &[u64],
        ) -> Result<Vec<(String, u64, Entry)>, StoreError> {
            assert!(
                nodes.len() <= limits::LEDGER_QUERY && epochs.len() <= 2 * limits::LEDGER_QUERY
            );
            self.queries.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(100)).await;
            if self.fails {
                return Err(StoreError { doing: "reading", why: "away".into() });
            }
            let known = epochs.iter().filter(|e| **e < 5000);
            let entry = |through| Entry { through, ..Entry::new(0) };
            Ok(known
                .flat_map(|e| {
                    let stranger = ("stranger".to_owned(), *e, entry(7));
                    [stranger, (format!("n{e}"), *e, entry(e + 1))]
                })
                .collect())
        }
    }

    async fn ask_all(source: Together, count: u64) -> Vec<Answer> {
        let source = &source;
        let asks = (0..count).map(|e| async move { source.read(&format!("n{e}"), &[e]).await });
        futures::future::join_all(asks).await
    }

    #[tokio::test(start_paused = true)]
    async fn many_at_a_time_are_few_queries_and_each_gets_its_own() {
        let slow = Slow::default();
        let queries = Arc::clone(&slow.queries);
        let answers = ask_all(Together::new(slow), 5010).await;
        for (e, answer) in (0u64..).zip(answers) {
            let through: Vec<(u64, u64)> =
                answer.unwrap().into_iter().map(|(e, entry)| (e, entry.through)).collect();
            let expected = if e < 5000 { vec![(e, e + 1)] } else { Vec::new() };
            assert_eq!(through, expected, "epoch {e}");
        }
        let queries = queries.load(Ordering::Relaxed);
        assert!(queries < 30, "{queries} queries");
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_reaches_everybody_at_once() {
        let slow = Slow { fails: true, ..Slow::default() };
        let started = tokio::time::Instant::now();
        let answers = ask_all(Together::new(slow), 200).await;
        assert!(answers.iter().all(Result::is_err));
        assert!(started.elapsed() < Duration::from_secs(1));
    }
}
