//! NVIDIA GPUs, through a reader in a process of its own (`crate::nvml`).
//!
//! It may start that process and kill it; it must never call into the driver itself.

mod reader;
mod rows;

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use self::reader::{Fault, Reader};
use self::rows::{Health, Rows};
use super::{Now, Pace, Reading, Source, SourceError};
use crate::config::{self, Look};
use crate::limits;
use crate::nvml::wire::{Answer, Event, Request};
use crate::source::{Drop, Drops};

/// What is there where the driver is: its control device, its folder in `/proc`, and WSL's device.
const SIGNS: [&str; 3] = ["/dev/nvidiactl", "/proc/driver/nvidia/version", "/dev/dxg"];

/// The GPUs of this machine.
#[derive(Debug)]
pub struct Gpu {
    config: config::Gpu,
    reader: Reader,
    rows: Rows,
    /// No driver was there; not looked for again before this.
    absent_until: Option<Instant>,
    /// It was said that there is none.
    said: bool,
    pcie_at: Option<Instant>,
    /// Since when GPUs are missing.
    lacking_since: Option<Instant>,
    /// What the last try gave, for the time until the next.
    state: &'static str,
}

impl Gpu {
    /// The GPUs of this machine; `None` if they are not to be read, or nothing is named that could
    /// read them.
    pub fn new(config: &config::Gpu) -> Option<Self> {
        let program = config.program.clone().filter(|_| config.enabled != Look::Never)?;
        Some(Self {
            reader: Reader::new(program, config.library.as_deref(), config.processes),
            rows: Rows::new(config.expect),
            config: config.clone(),
            absent_until: None,
            said: false,
            pcie_at: None,
            lacking_since: None,
            state: "ok",
        })
    }

    /// Where GPUs are read only if they are there: whether they are not.
    fn may_be_absent(&self) -> bool {
        self.config.enabled == Look::Auto && self.rows.expected() == 0
    }

    /// Idles for a while.
    fn absent(&mut self, now: Now, why: &str) -> Reading {
        if !std::mem::replace(&mut self.said, true) {
            let next = limits::GPU_LOOK;
            tracing::info!(why, "no NVIDIA GPUs here; looked for again every {next:?}");
        }
        self.absent_until = Some(now.at + limits::GPU_LOOK);
        Reading::default()
    }

    fn request(&mut self, now: Now) -> Request {
        let due = self.pcie_at.is_none_or(|at| now.at - at >= limits::GPU_PCIE_EVERY);
        let pcie = self.config.pcie_throughput && due;
        if pcie {
            self.pcie_at = Some(now.at);
        }
        Request { pcie }
    }

    /// What a fault of the reader is, and what is said of it.
    fn fault(&mut self, fault: &Fault) -> Option<SourceError> {
        let (state, error) = match fault {
            // Between two tries nothing new goes wrong.
            Fault::Waiting => return None,
            Fault::Timeout(after) => ("hung", SourceError::Timeout(*after)),
            Fault::Stuck => {
                let what = "the driver holds readers of GPUs that were killed; none is started \
                            until they are gone (often only a restart of the machine helps)";
                ("stuck", SourceError::Device(what.to_owned()))
            }
            Fault::Ended(why) => ("crashed", SourceError::Child(why.clone())),
        };
        self.state = state;
        Some(error)
    }

    /// While GPUs are missing, NVML must be started anew now and then to find them.
    async fn renew(&mut self, now: Now, lacking: bool) {
        match (lacking, self.lacking_since) {
            (false, _) => self.lacking_since = None,
            (true, None) => self.lacking_since = Some(now.at),
            (true, Some(since)) if now.at - since >= limits::GPU_RENEW => {
                self.lacking_since = None;
                self.reader.close().await;
            }
            (true, Some(_)) => {}
        }
    }

    /// What is not right with an answer.
    async fn judge(&mut self, now: Now, answer: &Answer) -> Option<SourceError> {
        self.state = rows::state(&answer.state);
        match self.state {
            "ok" => {
                let found = self.rows.found(answer);
                self.renew(now, u64::from(self.rows.expected()) > found).await;
                None
            }
            "no_gpus" => {
                self.renew(now, true).await;
                let what = "the NVIDIA driver shows no GPU; look at nvidia-smi and at the kernel \
                            log of the machine";
                Some(SourceError::Device(what.to_owned()))
            }
            state => {
                // It will not change its mind; another is started after a pause.
                self.reader.give_up().await;
                let why = answer.detail.as_deref().unwrap_or(state);
                Some(SourceError::Device(format!("NVML does not start: {why}")))
            }
        }
    }
}

fn driver_is_here() -> bool {
    SIGNS.iter().any(|s| Path::new(s).exists())
}

#[async_trait]
impl Source for Gpu {
    fn name(&self) -> &'static str {
        "gpu"
    }

    fn pace(&self) -> Pace {
        Pace::Every(self.config.interval)
    }

    /// Longer than any deadline inside: the reader must be ended by this source, not forgotten.
    fn deadline(&self) -> Duration {
        limits::GPU_START + self.config.deadline * 2 + limits::GPU_REAP * 4
    }

    async fn read(&mut self, now: Now) -> Result<Reading, SourceError> {
        if self.may_be_absent() {
            if self.absent_until.is_some_and(|until| now.at < until) {
                return Ok(Reading::default());
            }
            if self.config.library.is_none() && !driver_is_here() {
                return Ok(self.absent(now, "no sign of a driver"));
            }
        }
        let request = self.request(now);
        let mut events: Vec<Event> = Vec::new();
        let asked = self.reader.ask(&request, self.config.deadline, &mut events).await;
        let (answer, failed) = match asked {
            Ok(answer) => {
                let nothing = matches!(answer.state.as_str(), "no_library" | "no_driver");
                if nothing && self.may_be_absent() {
                    self.reader.close().await;
                    return Ok(self.absent(now, answer.detail.as_deref().unwrap_or("no driver")));
                }
                self.rows.seen(&answer);
                let failed = self.judge(now, &answer).await;
                (Some(answer), failed)
            }
            Err(fault) => (None, self.fault(&fault)),
        };
        self.said = false;
        let dropped = answer.as_ref().map_or(0, |a| a.events_dropped);
        let health = Health { state: self.state, reader: self.reader.take_counts() };
        let rows = self.rows.rows(now, answer.as_ref(), &events, &health);
        let drops = if dropped > 0 {
            Drops::from([(Drop::SeriesLimit, dropped)])
        } else {
            Drops::default()
        };
        Ok(Reading { rows, failed, drops, ..Reading::default() })
    }
}
