//! Events of GPUs, above all XID errors, as they come.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nvml_wrapper::bitmasks::event::EventTypes;
use nvml_wrapper::enums::event::XidError;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::{Device, EventSet, Nvml};

use super::device::Gpu;
use super::raw;
use super::wire::{Answer, Event, Line};
use crate::clock::Now;
use crate::limits;

/// Writes lines, one after the other.
#[derive(Debug, Default)]
pub(super) struct Outlet {
    waiting: Mutex<Waiting>,
    silent: bool,
}

/// Events since the last answer.
#[derive(Debug, Default)]
struct Waiting {
    said: u32,
    folded: BTreeMap<(String, String, Option<i64>), Event>,
    dropped: u64,
}

impl Waiting {
    /// Takes an event: gives it back if it may be said at once. There are few of those, so that
    /// they fit into a pipe that nobody reads just now.
    fn take(&mut self, event: Event) -> Option<Event> {
        if self.said < limits::GPU_EVENTS_AT_ONCE {
            self.said += 1;
            return Some(event);
        }
        let key = (event.gpu.clone(), event.kind.clone(), event.code);
        if let Some(known) = self.folded.get_mut(&key) {
            known.count += event.count;
            known.last_us = event.last_us;
        } else if self.folded.len() < limits::GPU_EVENTS_FOLDED {
            self.folded.insert(key, event);
        } else {
            self.dropped += event.count;
        }
        None
    }
}

impl Outlet {
    /// One that says nothing of how it goes on.
    pub(super) fn silent() -> Self {
        Self { silent: true, ..Self::default() }
    }

    /// Says which GPU is asked next. If it cannot be said, the answer cannot either.
    pub(super) fn at(&self, index: u32) {
        if !self.silent {
            let _waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            drop(write(&Line::At(index)));
        }
    }

    fn event(&self, event: Event) -> io::Result<()> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.take(event).map_or(Ok(()), |event| write(&Line::Event(event)))
    }

    /// Writes an answer, with the events that waited.
    pub(super) fn answer(&self, mut answer: Answer) -> io::Result<()> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Waiting { folded, dropped, .. } = std::mem::take(&mut *waiting);
        answer.events = folded.into_values().collect();
        answer.events_dropped = dropped;
        write(&Line::Answer(Box::new(answer)))
    }
}

fn write(line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&text)?;
    out.flush()
}

/// Begins to listen to every GPU that tells XID errors.
pub(super) fn watch(nvml: &'static Nvml, gpus: &mut [Gpu], outlet: &Arc<Outlet>) {
    let Some(set) = register(nvml, gpus) else { return };
    let watched = gpus.iter().filter(|g| g.watched).filter_map(|g| {
        let device = nvml.device_by_index(g.index()).ok()?;
        Some((device, g.id().to_owned()))
    });
    let watched: Vec<_> = watched.collect();
    let outlet = Arc::clone(outlet);
    std::thread::spawn(move || listen(&set, &watched, &outlet));
}

/// A set with all that can be listened to. A registration that fails takes the set with it, so one
/// GPU that refuses starts it anew without that one.
fn register(nvml: &'static Nvml, gpus: &mut [Gpu]) -> Option<EventSet<'static>> {
    let wanted = EventTypes::CRITICAL_XID_ERROR | EventTypes::DOUBLE_BIT_ECC_ERROR;
    for gpu in &mut *gpus {
        let types = gpu.handle().supported_event_types().map(|t| t & wanted);
        gpu.watched = types.is_ok_and(|t| t.contains(EventTypes::CRITICAL_XID_ERROR));
    }
    loop {
        let set = nvml.create_event_set().ok()?;
        let watched = gpus.iter().enumerate().filter(|(_, g)| g.watched);
        let registered = watched.map(|(i, g)| (i, g.handle())).try_fold(set, |set, (i, gpu)| {
            let types = gpu.supported_event_types().map_or(wanted, |t| t & wanted);
            gpu.register_events(types, set).map_err(|_| i)
        });
        match registered {
            Ok(set) => return gpus.iter().any(|g| g.watched).then_some(set),
            Err(refused) => gpus.get_mut(refused)?.watched = false,
        }
    }
}

fn listen(set: &EventSet<'static>, gpus: &[(Device<'static>, String)], outlet: &Outlet) {
    let mut failures = 0;
    while failures < limits::GPU_EVENT_FAILURES {
        let event = match set.wait(limits::GPU_EVENT_WAIT_MS) {
            Ok(event) => event,
            Err(NvmlError::Timeout) => continue,
            Err(_) => {
                // A lost GPU may answer at once, again and again.
                failures += 1;
                std::thread::park_timeout(Duration::from_secs(1));
                continue;
            }
        };
        failures = 0;
        let gpu = gpus.iter().find(|(d, _)| raw::same(d, &event.device));
        let xid = event.event_type.contains(EventTypes::CRITICAL_XID_ERROR);
        let code = match event.event_data {
            Some(XidError::Value(code)) => i64::try_from(code).ok(),
            Some(XidError::Unknown) | None => None,
        };
        let now = Now::read().wall_us;
        let event = Event {
            gpu: gpu.map_or("unknown", |(_, id)| id).to_owned(),
            kind: if xid { "xid" } else { "ecc_uncorrected" }.to_owned(),
            code,
            count: 1,
            first_us: now,
            last_us: now,
        };
        if outlet.event(event).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xid(gpu: &str, code: i64, at: i64) -> Event {
        let (gpu, kind) = (gpu.to_owned(), "xid".to_owned());
        Event { gpu, kind, code: Some(code), count: 1, first_us: at, last_us: at }
    }

    #[test]
    fn a_storm_is_folded_and_nothing_of_it_is_lost_from_the_count() {
        let mut waiting = Waiting::default();
        let at_once = i64::from(limits::GPU_EVENTS_AT_ONCE);
        let said = (0..10_000).filter_map(|i| waiting.take(xid("a", 31, i))).count();
        assert_eq!(said, usize::try_from(at_once).unwrap());
        let folded: Vec<_> = waiting.folded.values().cloned().collect();
        let count = u64::try_from(10_000 - at_once).unwrap();
        assert_eq!(folded, [Event { count, first_us: at_once, last_us: 9999, ..xid("a", 31, 0) }]);
        for code in 0..10_000 {
            waiting.take(xid("a", code, 0));
        }
        assert_eq!(waiting.folded.len(), limits::GPU_EVENTS_FOLDED);
        let counted: u64 = waiting.folded.values().map(|e| e.count).sum();
        assert_eq!(counted + waiting.dropped, count + 10_000);
    }
}
