//! Tells systemd how the service is (`Type=notify`, `sd_notify(3)`). Without systemd it does nothing.

use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// The way to whoever started this process.
#[derive(Debug, Default)]
pub struct Notify {
    to: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl Notify {
    /// To whom the environment says.
    pub fn of_process() -> Self {
        let text = |name| std::env::var(name).ok();
        let mine = text("WATCHDOG_PID").is_none_or(|pid| pid == std::process::id().to_string());
        let watchdog = text("WATCHDOG_USEC").and_then(|us| us.parse().ok()).filter(|_| mine);
        Self::to(text("NOTIFY_SOCKET").as_deref(), watchdog.map(Duration::from_micros))
    }

    fn to(socket: Option<&str>, watchdog: Option<Duration>) -> Self {
        let address = socket.and_then(address);
        let to = address.and_then(|a| Some((UnixDatagram::unbound().ok()?, a)));
        Self { to, watchdog: watchdog.filter(|w| !w.is_zero()) }
    }

    /// How often the watchdog wants to hear something: half of what it waits.
    pub(crate) fn every(&self) -> Option<Duration> {
        self.watchdog.map(|w| w / 2)
    }

    /// It works, and is as `status` says.
    pub(crate) fn ready(&self, status: &str) {
        self.say(&format!("READY=1\nSTATUS={status}"));
    }

    /// It reads its configuration again.
    pub(crate) fn reloading(&self) {
        self.say("RELOADING=1\nSTATUS=reading the configuration again");
    }

    /// It ends.
    pub(crate) fn stopping(&self) {
        self.say("STOPPING=1\nSTATUS=stopping");
    }

    /// It lives.
    pub(crate) fn alive(&self) {
        self.say("WATCHDOG=1");
    }

    fn say(&self, text: &str) {
        if let Some((socket, address)) = &self.to
            && let Err(error) = socket.send_to_addr(text.as_bytes(), address)
        {
            tracing::debug!(%error, "the service manager does not listen");
        }
    }
}

fn address(socket: &str) -> Option<SocketAddr> {
    #[cfg(target_os = "linux")]
    if let Some(name) = socket.strip_prefix('@') {
        use std::os::linux::net::SocketAddrExt;
        return SocketAddr::from_abstract_name(name).ok();
    }
    SocketAddr::from_pathname(socket).ok().filter(|_| socket.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_is_said_to_the_socket() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let heard = || {
            let mut buffer = [0; 256];
            let n = socket.recv(&mut buffer).unwrap();
            String::from_utf8(buffer[..n].to_vec()).unwrap()
        };
        let notify = Notify::to(path.to_str(), Some(Duration::from_secs(30)));
        assert_eq!(notify.every(), Some(Duration::from_secs(15)));
        notify.ready("3 sources");
        assert_eq!(heard(), "READY=1\nSTATUS=3 sources");
        notify.reloading();
        assert!(heard().starts_with("RELOADING=1\n"));
        notify.alive();
        assert_eq!(heard(), "WATCHDOG=1");
        notify.stopping();
        assert!(heard().starts_with("STOPPING=1\n"));
        drop(socket);
        notify.alive();
        Notify::to(None, None).ready("nobody hears it");
        Notify::to(Some("relative"), None).ready("nobody hears it");
    }
}
