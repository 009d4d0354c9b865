//! Threads for work that blocks. In a simulation there are none, and the work takes the time that
//! the simulation says.

use tokio::task::JoinError;

/// Runs work that blocks where it holds up nobody.
///
/// # Errors
/// If it panics, or the runtime shuts down.
pub(crate) async fn blocking<T, W>(work: W) -> Result<T, JoinError>
where
    T: Send + 'static,
    W: FnOnce() -> T + Send + 'static,
{
    #[cfg(feature = "sim")]
    if let Some(time) = crate::sim::ask(|m| m.blocked()) {
        tokio::time::sleep(time).await;
        let done = work();
        tokio::time::sleep(time).await;
        return Ok(done);
    }
    tokio::task::spawn_blocking(work).await
}
