//! Where figures come from: the one function, and what it said last.
//!
//! An answer is kept for a moment, so that many readers cost one question; a little longer it is
//! given at once while it is asked anew; and for a day it is what a page shows while the API does
//! not answer, with the age said.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::limits::{KEPT, KEPT_VALUES, TURNS};
use crate::{QueryFn, QueryRequest};

/// Until then an answer is as good as new.
const FRESH: Duration = Duration::from_secs(2);
/// Until then it is given at once, and asked anew for the next reader.
const USABLE: Duration = Duration::from_secs(20);
/// Until then it is better than nothing.
const LAST_KNOWN: Duration = Duration::from_secs(86_400);

/// An answer, whole or in part.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    /// `data`; nothing if there is none and never was.
    pub(crate) data: Option<Arc<Value>>,
    /// What went wrong, in the words of the API.
    pub(crate) problems: Vec<String>,
    /// How old it is, if it is only what was known last.
    pub(crate) stale: Option<Duration>,
}

impl Answer {
    /// The answer as a page understands it.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Option<T> {
        let data = self.data.as_ref()?;
        match T::deserialize(&**data) {
            Ok(data) => Some(data),
            Err(error) => {
                tracing::error!(%error, "an answer of the API is not what the page expects");
                None
            }
        }
    }
}

#[derive(Debug)]
struct Entry {
    data: Arc<Value>,
    values: usize,
    at: Instant,
}

#[derive(Debug, Default)]
struct Kept {
    entries: HashMap<String, Entry>,
    /// Of all entries.
    values: usize,
    asked: HashSet<String>,
}

/// The one function, with a memory.
#[derive(Clone)]
pub(crate) struct Source {
    query: QueryFn,
    kept: Arc<Mutex<Kept>>,
    turns: Arc<Semaphore>,
}

impl Source {
    pub(crate) fn new(query: QueryFn) -> Self {
        Self { query, kept: Arc::default(), turns: Arc::new(Semaphore::new(TURNS)) }
    }

    /// The answer to a document.
    pub(crate) async fn ask(&self, document: &str) -> Answer {
        let known = self.known(document);
        if let Some((data, age)) = known
            && age <= USABLE
        {
            if age > FRESH {
                self.refresh(document);
            }
            return Answer { data: Some(data), ..Answer::default() };
        }
        self.fetch(document).await
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, document: &str) -> Option<(Arc<Value>, Duration)> {
        let kept = self.kept();
        let entry = kept.entries.get(document)?;
        Some((Arc::clone(&entry.data), entry.at.elapsed()))
    }

    /// Asks anew, for whoever comes next; once at a time.
    fn refresh(&self, document: &str) {
        if !self.kept().asked.insert(document.to_owned()) {
            return;
        }
        let (source, document) = (self.clone(), document.to_owned());
        tokio::spawn(async move {
            source.fetch(&document).await;
            source.kept().asked.remove(&document);
        });
    }

    async fn fetch(&self, document: &str) -> Answer {
        let request = QueryRequest {
            query: document.to_owned(),
            variables: Value::Object(Default::default()),
        };
        let turn = self.turns.acquire().await;
        let mut answer = (self.query)(request).await;
        drop(turn);
        let mut problems: Vec<String> = answer["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|e| e["message"].as_str().unwrap_or("the API refused without a reason").to_owned())
            .collect();
        let data = answer.get_mut("data").map_or(Value::Null, Value::take);
        if data.is_null() {
            if problems.is_empty() {
                problems.push("the API answered without data".to_owned());
            }
            let last = self.known(document).filter(|k| k.1 <= LAST_KNOWN);
            let stale = last.as_ref().map(|k| k.1);
            return Answer { data: last.map(|k| k.0), problems, stale };
        }
        let data = Arc::new(data);
        if problems.is_empty() {
            self.keep(document, &data);
        }
        Answer { data: Some(data), problems, stale: None }
    }

    fn keep(&self, document: &str, data: &Arc<Value>) {
        let values = size(data);
        if values > KEPT_VALUES / 8 {
            return;
        }
        let mut kept = self.kept();
        kept.remove(document);
        while kept.entries.len() >= KEPT || kept.values + values > KEPT_VALUES {
            let oldest = kept.entries.iter().min_by_key(|e| e.1.at).map(|e| e.0.clone());
            let Some(oldest) = oldest else { break };
            kept.remove(&oldest);
        }
        kept.values += values;
        let entry = Entry { data: Arc::clone(data), values, at: Instant::now() };
        kept.entries.insert(document.to_owned(), entry);
    }
}

impl Kept {
    fn remove(&mut self, document: &str) {
        if let Some(entry) = self.entries.remove(document) {
            self.values -= entry.values;
        }
    }
}

/// How many values there are in it, itself included.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(size).sum::<usize>(),
        Value::Object(fields) => fields.values().map(size).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::json;

    use super::*;

    /// Answers with how often it was asked, and from the second time on with an error if told so.
    fn counting(breaks: bool) -> (Source, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let query: QueryFn = Arc::new(move |_| {
            let n = count.fetch_add(1, Ordering::SeqCst);
            let answer = if breaks && n > 0 {
                json!({ "data": null, "errors": [{ "message": "away" }] })
            } else {
                json!({ "data": { "n": n } })
            };
            Box::pin(async move { answer })
        });
        (Source::new(query), asked)
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_given_at_once_and_asked_anew() {
        let (source, asked) = counting(false);
        for _ in 0..3 {
            assert_eq!(source.ask("{ n }").await.data.unwrap()["n"], 0);
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(source.ask("{ n }").await.data.unwrap()["n"], 0, "what is there, at once");
        tokio::task::yield_now().await;
        assert_eq!(source.ask("{ n }").await.data.unwrap()["n"], 1, "and the next one is new");
        tokio::time::advance(Duration::from_secs(30)).await;
        assert_eq!(
            source.ask("{ n }").await.data.unwrap()["n"],
            2,
            "what is too old is waited for"
        );
    }

    #[tokio::test]
    async fn what_is_kept_has_a_limit() {
        let query: QueryFn = Arc::new(|_| {
            let many: Vec<u32> = (0..100_000).collect();
            Box::pin(async move { json!({ "data": { "n": many } }) })
        });
        let source = Source::new(query);
        for i in 0..30 {
            source.ask(&format!("{{ n{i} }}")).await;
        }
        let kept = source.kept();
        assert!(kept.values <= KEPT_VALUES && kept.entries.len() == 14, "{}", kept.entries.len());
        let sum: usize = kept.entries.values().map(|e| e.values).sum();
        assert_eq!(sum, kept.values);
        assert!(!kept.entries.contains_key("{ n0 }") && kept.entries.contains_key("{ n29 }"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_known_last_outlives_the_api_and_says_its_age() {
        let (source, _) = counting(true);
        source.ask("{ n }").await;
        tokio::time::advance(Duration::from_secs(60)).await;
        let answer = source.ask("{ n }").await;
        assert_eq!(answer.data.unwrap()["n"], 0);
        assert_eq!(
            (answer.stale.unwrap().as_secs(), answer.problems),
            (60, vec!["away".to_owned()])
        );
        let other = source.ask("{ m }").await;
        assert!(other.data.is_none() && other.stale.is_none());
        tokio::time::advance(LAST_KNOWN).await;
        assert!(source.ask("{ n }").await.data.is_none(), "a day is the limit");
    }
}
