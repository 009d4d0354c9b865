//! How fast cost points may be spent, by client. What is remembered of a client is one number.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use super::client::Client;
use super::refusal::{Refusal, seconds};
use crate::limits;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Time since the limiter was made.
#[derive(Debug, Clone, Copy)]
struct Ticks(Instant);

impl Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(self.0.elapsed())
    }
}

/// When each client has all its points back, by the limiter's clock.
#[derive(Debug, Default, Clone)]
struct Book(Arc<Mutex<HashMap<Client, Nanos>>>);

impl Book {
    fn get(&self, client: &Client) -> Nanos {
        let book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        book.get(client).copied().unwrap_or_default()
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl StateStore for Book {
    type Key = Client;

    fn measure_and_replace<T, F, E>(&self, client: &Client, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (out, next) = f(book.get(client).copied())?;
        if book.len() >= limits::CLIENTS && !book.contains_key(client) {
            forget_half(&mut book);
        }
        book.insert(*client, next);
        Ok(out)
    }
}

/// Forgets those who have spent least: they get their points back early, and nobody else's count
/// changes.
fn forget_half(book: &mut HashMap<Client, Nanos>) {
    let mut times: Vec<Nanos> = book.values().copied().collect();
    let middle = times.len() / 2;
    let (_, middle, _) = times.select_nth_unstable(middle);
    let middle = *middle;
    book.retain(|_, time| *time > middle);
}

/// What a kind of client may spend.
#[derive(Debug)]
pub(crate) struct Purse {
    name: &'static str,
    points: NonZeroU32,
    per: Duration,
    clock: Ticks,
    book: Book,
    limiter: RateLimiter<Client, Book, Ticks, NoOpMiddleware<Nanos>>,
}

/// What a client has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Balance {
    name: &'static str,
    per_s: u64,
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// Until all points are back.
    pub(crate) reset: Duration,
}

impl Purse {
    fn new(name: &'static str, points: NonZeroU32, per: Duration) -> Self {
        let each = (per / points.get()).max(Duration::from_nanos(1));
        // Without a period a quota is none; each is at least a nanosecond.
        let quota = Quota::with_period(each).unwrap_or_else(|| Quota::per_second(points));
        let clock = Ticks(Instant::now());
        let book = Book::default();
        let limiter = RateLimiter::new(quota.allow_burst(points), book.clone(), clock);
        Self { name, points, per, clock, book, limiter }
    }

    fn balance(&self, client: &Client) -> Balance {
        let ahead = u64::from(self.book.get(client)).saturating_sub(self.clock.now().as_u64());
        let each = (self.per / self.points.get()).max(Duration::from_nanos(1)).as_nanos();
        let spent = u128::from(ahead).div_ceil(each);
        let spent = u32::try_from(spent).unwrap_or(u32::MAX);
        Balance {
            name: self.name,
            per_s: self.per.as_secs(),
            limit: self.points.get(),
            remaining: self.points.get().saturating_sub(spent),
            reset: Duration::from_nanos(ahead),
        }
    }
}

/// The purses of all.
#[derive(Debug, Default)]
pub(crate) struct Rate {
    anonymous: Option<Purse>,
    keys: Vec<Purse>,
}

impl Rate {
    /// `points` within `per` for an address, none: without limit; and for each API key its own.
    pub(crate) fn new(points: u32, keys: impl Iterator<Item = u32>, per: Duration) -> Self {
        let purse = |name, points| Some(Purse::new(name, NonZeroU32::new(points)?, per));
        let keys = keys.filter_map(|points| purse("key", points)).collect();
        Self { anonymous: purse("anonymous", points), keys }
    }

    fn purse(&self, client: &Client) -> Option<&Purse> {
        match client {
            Client::Address(_) => self.anonymous.as_ref(),
            Client::Key(i) => self.keys.get(*i),
        }
    }

    /// The most that a client can spend at once.
    pub(crate) fn most(&self, client: &Client) -> u64 {
        self.purse(client).map_or(u64::MAX, |p| p.points.get().into())
    }

    /// Clients that are remembered.
    pub(crate) fn clients(&self) -> usize {
        self.anonymous.iter().chain(&self.keys).map(|p| p.book.len()).sum()
    }

    /// Spends; gives what is left, nothing where nothing is limited.
    ///
    /// # Errors
    /// If there is not enough left; nothing is spent then.
    pub(crate) fn spend(&self, client: &Client, cost: u64) -> Result<Option<Balance>, Refusal> {
        let Some(purse) = self.purse(client) else { return Ok(None) };
        let n = u32::try_from(cost).unwrap_or(u32::MAX);
        let Some(n) = NonZeroU32::new(n) else { return Ok(Some(purse.balance(client))) };
        match purse.limiter.check_key_n(client, n) {
            Ok(Ok(())) => Ok(Some(purse.balance(client))),
            Ok(Err(until)) => {
                let (limit, remaining) = (purse.points.get(), purse.balance(client).remaining);
                let wait = until.wait_time_from(purse.clock.now());
                Err(Refusal::Rate { actual: cost, remaining, limit, wait })
            }
            Err(_) => Err(Refusal::Cost {
                actual: cost,
                limit: purse.points.get().into(),
                hint: "ask for less, or with an API key".to_owned(),
            }),
        }
    }

    /// What a client has left, as headers.
    pub(crate) fn headers(&self, client: &Client, wait: Option<Duration>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let Some(balance) = self.purse(client).map(|p| p.balance(client)) else { return headers };
        let Balance { name, per_s, limit, remaining, reset } = balance;
        let policy = format!("\"{name}\";q={limit};w={per_s}");
        let now = format!("\"{name}\";r={remaining};t={}", seconds(reset));
        for (key, text) in [(POLICY, policy), (LIMIT, now)] {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(key, value);
            }
        }
        if let Some(wait) = wait {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds(wait)));
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHO: Client = Client::Address(1);
    const OTHER: Client = Client::Address(2);

    #[tokio::test(start_paused = true)]
    async fn points_are_spent_and_come_back() {
        let rate = Rate::new(300, [10].into_iter(), Duration::from_secs(300));
        let left = |c| rate.spend(&c, 0).unwrap().unwrap();
        assert_eq!((left(WHO).limit, left(WHO).remaining), (300, 300));
        assert_eq!(rate.spend(&WHO, 200).unwrap().unwrap().remaining, 100);
        let refused = rate.spend(&WHO, 150).unwrap_err();
        let Refusal::Rate { actual: 150, remaining: 100, limit: 300, wait } = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(seconds(wait), 50);
        assert_eq!(left(WHO).remaining, 100, "what is refused costs nothing");
        assert_eq!(left(OTHER).remaining, 300);
        assert_eq!(left(Client::Key(0)).remaining, 10);
        tokio::time::advance(Duration::from_secs(50)).await;
        assert_eq!(rate.spend(&WHO, 150).unwrap().unwrap().remaining, 0);
        tokio::time::advance(Duration::from_secs(300)).await;
        assert_eq!((left(WHO).remaining, left(WHO).reset), (300, Duration::ZERO));
        assert!(matches!(rate.spend(&WHO, 301), Err(Refusal::Cost { limit: 300, .. })));
    }

    #[tokio::test(start_paused = true)]
    async fn headers_say_what_is_left() {
        let rate = Rate::new(300, std::iter::empty(), Duration::from_secs(300));
        rate.spend(&WHO, 100).unwrap();
        let headers = rate.headers(&WHO, Some(Duration::from_millis(1500)));
        assert_eq!(headers["ratelimit-policy"], "\"anonymous\";q=300;w=300");
        assert_eq!(headers["ratelimit"], "\"anonymous\";r=200;t=100");
        assert_eq!(headers["retry-after"], "2");
        let off = Rate::new(0, std::iter::empty(), Duration::from_secs(300));
        assert!(off.headers(&WHO, None).is_empty());
        assert_eq!(off.spend(&WHO, u64::MAX), Ok(None));
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_clients_than_stated_are_remembered() {
        let rate = Rate::new(1000, std::iter::empty(), Duration::from_secs(1000));
        rate.spend(&WHO, 500).unwrap();
        for i in 0..limits::CLIENTS as u128 {
            rate.spend(&Client::Address(10 + i), 1).unwrap();
        }
        assert!(rate.clients() <= limits::CLIENTS);
        let left = rate.spend(&WHO, 0).unwrap().unwrap().remaining;
        assert_eq!(left, 500, "who spent most is not forgotten");
    }
}
