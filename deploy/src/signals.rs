//! What tells a command to stop: signals, or the end of stdin. Counts them; what a count means is
//! for others to say.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::error::{Error, Result};

/// Counts SIGINT, SIGTERM and SIGHUP; with `stdin`, its end counts too.
///
/// # Errors
/// If the system does not let this process listen for signals.
pub fn count(stdin: bool) -> Result<watch::Receiver<u32>> {
    let (tell, told) = watch::channel(0_u32);
    let listen = |kind| signal(kind).map_err(Error::Signals);
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let mut hangup = listen(SignalKind::hangup())?;
    let by_signal = tell.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hangup.recv() => {}
            }
            by_signal.send_modify(|n| *n += 1);
        }
    });
    if stdin {
        // A thread of its own: a runtime would wait for a blocked read when it ends.
        std::thread::spawn(move || {
            let end = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
            drop(end);
            tell.send_modify(|n| *n += 1);
        });
    }
    Ok(told)
}
