//! What the agent takes from its machine beside clock and files: chance, and threads for work that
//! blocks. In a simulation both are the simulation's.

use tokio::task::JoinError;

/// 64 random bits.
pub(crate) fn random() -> u64 {
    #[cfg(feature = "sim")]
    if let Some(bits) = crate::sim::ask(|m| m.random()) {
        return bits;
    }
    rand::random()
}

/// A random number from 0 up to, but not, 1.
pub(crate) fn fraction() -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    let whole = (random() >> 11) as f64;
    whole / 9_007_199_254_740_992.0
}

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
