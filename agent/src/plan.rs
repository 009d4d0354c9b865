//! Which sources a configuration asks for, what each of them reads and never reads, and how it is
//! made. Nothing is read here.

use std::path::PathBuf;

use tokio::sync::watch;

use crate::clock::Now;
use crate::config::{self, Config, Shift};
use crate::limits;
use crate::run::RunError;
use crate::source::Source;
use crate::source::events::Events;
use crate::source::host::Host;
use crate::source::livepeer::Livepeer;
use crate::source::replay;

/// Told what a go-livepeer node says it is.
pub type Role = watch::Sender<Option<&'static str>>;

/// What a source is, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// What it reads.
    pub reads: String,
    /// What bounds it.
    pub limits: String,
    /// What it never reads or does.
    pub never: &'static str,
}

type Build = Box<dyn FnOnce() -> Result<Box<dyn Source>, RunError> + Send>;

/// A source that is asked for.
pub struct Planned {
    /// Its name in rows; there once in a plan.
    pub name: String,
    /// What it is.
    pub about: About,
    /// All that it is made from, as text: as long as this stays the same, so does the source.
    pub(crate) made_from: String,
    build: Build,
}

impl std::fmt::Debug for Planned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Planned")
            .field("name", &self.name)
            .field("made_from", &self.made_from)
            .finish_non_exhaustive()
    }
}

impl Planned {
    fn new(
        name: &str,
        made_from: impl std::fmt::Debug,
        about: About,
        build: impl FnOnce() -> Result<Box<dyn Source>, RunError> + Send + 'static,
    ) -> Self {
        let made_from = format!("{made_from:?}");
        Self { name: name.to_owned(), about, made_from, build: Box::new(build) }
    }

    /// Makes the source. It must not take a port or a file that the source before it still holds:
    /// such things are taken at the first read.
    ///
    /// # Errors
    /// If this machine does not allow it.
    pub fn build(self) -> Result<Box<dyn Source>, RunError> {
        (self.build)()
    }
}

/// The sources of a configuration, in order; `role` learns what a go-livepeer node says it is.
///
/// # Errors
/// If recorded events cannot be replayed.
pub fn plan(config: &Config, role: &Role) -> Result<Vec<Planned>, RunError> {
    let mut plan = Vec::new();
    if config.host.enabled {
        plan.push(host(&config.host));
    }
    plan.extend(config.livepeer.iter().map(|l| livepeer(l, role)));
    plan.extend(events(config)?);
    Ok(plan)
}

fn host(host: &config::Host) -> Planned {
    let about = About {
        reads: "this machine: processor, memory, disks, network interfaces".to_owned(),
        limits: format!("{} interfaces; disks every {:?}", limits::INTERFACES, limits::DISKS_EVERY),
        never: "processes, users, addresses, host names",
    };
    let interval = host.interval;
    Planned::new("host", host, about, move || Ok(Box::new(Host::new(interval)?)))
}

/// A go-livepeer node.
pub(crate) fn livepeer(node: &config::Livepeer, role: &Role) -> Planned {
    let about = About {
        reads: format!("GET {}/metrics", node.url.trim_end_matches('/')),
        limits: format!(
            "{} MiB and {} lines an answer; no redirect is followed",
            limits::SCRAPE_BYTES >> 20,
            limits::SCRAPE_LINES
        ),
        never: "any other path of the node: that port can move funds",
    };
    let (l, role) = (node.clone(), role.clone());
    Planned::new(&node.name, node, about, move || {
        Ok(Box::new(Livepeer::new(l.name, &l.url, l.interval, l.timeout, role)))
    })
}

fn events(config: &Config) -> Result<Vec<Planned>, RunError> {
    let moved: Vec<PathBuf> = config
        .events
        .iter()
        .filter(|e| e.shift == Shift::NewestIsNow)
        .map(|e| e.path.clone())
        .collect();
    let mut offsets = match &config.replay {
        Some(r) if !moved.is_empty() => {
            replay::offsets(&moved, &r.state_file, Now::read().wall_us / 1000)?.into_iter()
        }
        _ => Vec::new().into_iter(),
    };
    let mut plan = Vec::new();
    for e in &config.events {
        let shift_ms = match e.shift {
            Shift::None => 0,
            Shift::NewestIsNow => offsets.next().unwrap_or(0),
        };
        let from = match e.path.as_os_str().to_str() {
            Some("-") => "standard input".to_owned(),
            _ => e.path.display().to_string(),
        };
        let about = About {
            reads: format!("gateway events, JSON lines, from {from}"),
            limits: format!("{} MiB a line; waits for room", limits::LINE_BYTES >> 20),
            never: "prompts, parameters, logs and client addresses in them are dropped unread",
        };
        let (events, origin) = (e.clone(), config.origin.word());
        plan.push(Planned::new(&e.name, (e, origin, shift_ms), about, move || {
            let config::Events { name, path, follow, .. } = events;
            Ok(Box::new(Events::new(name, path, follow, origin, shift_ms * 1000)))
        }));
    }
    Ok(plan)
}
