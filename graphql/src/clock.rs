//! The one place of this crate that reads the wall clock.
//!
//! A request has one moment: whoever asks for the time while it is answered is told the same one, so
//! that all parts of an answer speak of it.

use std::future::Future;

use tokio::task::{JoinHandle, futures::TaskLocalFuture};

tokio::task_local! {
    static MOMENT: i64;
}

/// Microseconds since 1970 UTC: the moment of the request that is being answered, else the wall
/// clock's.
pub(crate) fn now_us() -> i64 {
    MOMENT.try_with(|moment| *moment).unwrap_or_else(|_| wall_us())
}

/// Microseconds since 1970 UTC, whatever request is being answered.
#[expect(clippy::disallowed_methods, reason = "the clock of this crate")]
pub(crate) fn wall_us() -> i64 {
    chrono::Utc::now().timestamp_micros()
}

/// Answers with `moment` as the time.
pub(crate) fn at<F: Future>(moment: i64, answer: F) -> TaskLocalFuture<i64, F> {
    MOMENT.scope(moment, answer)
}

/// Spawns a task that has the moment of the request that spawns it.
pub(crate) fn spawn<F>(task: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    match MOMENT.try_with(|moment| *moment) {
        Ok(moment) => tokio::spawn(at(moment, task)),
        Err(_) => tokio::spawn(task),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_has_one_moment_in_its_tasks_too() {
        let (here, there) = at(7, async {
            let there = spawn(async { now_us() }).await.unwrap();
            (now_us(), there)
        })
        .await;
        assert_eq!((here, there), (7, 7));
        assert!(now_us() > 1_700_000_000_000_000, "the wall clock outside");
    }
}
