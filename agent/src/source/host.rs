//! The machine: processor, memory, disks, and its network interfaces.
//!
//! It may ask the operating system for what any user can see; it must never ask for processes,
//! users or anything that names a person.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use naap_schema::Row;
use naap_schema::generated::{Host as HostRow, Interface};
use sysinfo::{
    CpuRefreshKind, DiskRefreshKind, Disks, MemoryRefreshKind, Networks, RefreshKind, System,
};
use tokio::time::Instant;

use super::{Now, Pace, Reading, Source, SourceError};
use crate::limits;

/// The machine.
#[derive(Debug)]
pub struct Host {
    interval: Duration,
    system: System,
    disks: Disks,
    disks_at: Option<Instant>,
    networks: Networks,
    last: Option<Last>,
    os: Option<Arc<str>>,
    kernel: Option<Arc<str>>,
    cpu_model: Option<Arc<str>>,
}

/// Totals at the last sample.
#[derive(Debug)]
struct Last {
    at: Instant,
    interfaces: HashMap<String, [u64; 6]>,
    disk: Option<(u64, u64)>,
}

impl Host {
    /// The machine, sampled at this interval.
    ///
    /// # Errors
    /// If this operating system tells nothing of itself.
    pub fn new(interval: Duration) -> Result<Self, SourceError> {
        let unsupported = |what: &str, e: sysinfo::Error| SourceError::Io {
            what: format!("the {what} of this machine"),
            source: std::io::Error::other(e.to_string()),
        };
        let cpu = CpuRefreshKind::nothing().with_usage();
        let memory = MemoryRefreshKind::everything();
        let what = RefreshKind::nothing().with_cpu(cpu).with_memory(memory);
        let system = System::new_with_specifics(what).map_err(|e| unsupported("processors", e))?;
        let word = |text: Option<String>| text.filter(|t| !t.is_empty()).map(Arc::from);
        let cpu_model = system.cpus().first().map(|c| c.brand().trim().to_owned());
        Ok(Self {
            interval,
            cpu_model: word(cpu_model),
            system,
            disks: Disks::new().map_err(|e| unsupported("disks", e))?,
            disks_at: None,
            networks: Networks::new().map_err(|e| unsupported("interfaces", e))?,
            last: None,
            os: word(System::long_os_version().ok()),
            kernel: word(System::kernel_version().ok()),
        })
    }

    fn refresh(&mut self, now: Now) {
        self.system.refresh_cpu_usage();
        self.system.refresh_memory();
        self.networks.refresh(true);
        if self.disks_at.is_none_or(|at| now.at.duration_since(at) >= limits::DISKS_EVERY) {
            let what = DiskRefreshKind::nothing().with_storage().with_io_usage();
            self.disks.refresh_specifics(true, what);
            self.disks_at = Some(now.at);
        }
    }

    /// Size, available, read and written over all disks, each device once (it may be mounted in
    /// several places).
    fn disk_totals(&self) -> Option<[u64; 4]> {
        let mut devices: HashMap<_, [u64; 4]> = HashMap::new();
        for disk in &*self.disks {
            let io = disk.usage();
            devices.entry(disk.name().to_owned()).or_insert([
                disk.total_space(),
                disk.available_space(),
                io.total_read_bytes,
                io.total_written_bytes,
            ]);
        }
        devices.into_values().reduce(|a, b| {
            [
                a[0].saturating_add(b[0]),
                a[1].saturating_add(b[1]),
                a[2].saturating_add(b[2]),
                a[3].saturating_add(b[3]),
            ]
        })
    }

    fn host_row(&self, now: Now, interval_ms: Option<i64>, disk: Option<[u64; 4]>) -> Row {
        let load = System::load_average().ok();
        let busy = f64::from(self.system.global_cpu_usage()) / 100.0;
        let before = self.last.as_ref().and_then(|l| l.disk);
        let grew = |now: Option<u64>, before: Option<u64>| known(now?.checked_sub(before?)?);
        HostRow {
            interval_ms,
            cpu_busy_ratio: interval_ms.map(|_| busy.clamp(0.0, 1.0)),
            cpu_count: i64::try_from(self.system.cpus().len()).ok().filter(|n| *n > 0),
            load_1m: load.as_ref().map(|l| l.one),
            load_5m: load.as_ref().map(|l| l.five),
            load_15m: load.as_ref().map(|l| l.fifteen),
            mem_total_bytes: known(self.system.total_memory()),
            mem_used_bytes: self
                .system
                .total_memory()
                .checked_sub(self.system.available_memory())
                .and_then(known),
            mem_available_bytes: known(self.system.available_memory()),
            swap_total_bytes: known(self.system.total_swap()),
            swap_used_bytes: known(self.system.used_swap()),
            disk_total_bytes: disk.and_then(|d| known(d[0])),
            disk_available_bytes: disk.and_then(|d| known(d[1])),
            disk_read_bytes: grew(disk.map(|d| d[2]), before.map(|b| b.0)),
            disk_written_bytes: grew(disk.map(|d| d[3]), before.map(|b| b.1)),
            uptime_s: System::uptime().ok().and_then(known),
            os: self.os.clone(),
            kernel: self.kernel.clone(),
            cpu_model: self.cpu_model.clone(),
        }
        .at(now.wall_us)
    }

    fn interface_totals(&self) -> HashMap<String, [u64; 6]> {
        self.networks
            .iter()
            .filter(|(_, n)| n.total_received().saturating_add(n.total_transmitted()) > 0)
            .take(limits::INTERFACES)
            .map(|(name, n)| {
                let totals = [
                    n.total_received(),
                    n.total_transmitted(),
                    n.total_packets_received(),
                    n.total_packets_transmitted(),
                    n.total_errors_on_received(),
                    n.total_errors_on_transmitted(),
                ];
                (name.to_string_lossy().into_owned(), totals)
            })
            .collect()
    }
}

fn known(x: u64) -> Option<i64> {
    i64::try_from(x).ok()
}

/// What each counter grew by; unknown where it went down or was not there before.
fn interface_row(
    name: &str,
    now: [u64; 6],
    before: Option<&[u64; 6]>,
    interval_ms: Option<i64>,
    ts_us: i64,
) -> Row {
    let grew = |i: usize| known(now[i].checked_sub(before?[i])?);
    Interface {
        interface: name.into(),
        interval_ms: interval_ms.filter(|_| before.is_some()),
        rx_bytes: grew(0),
        tx_bytes: grew(1),
        rx_packets: grew(2),
        tx_packets: grew(3),
        rx_errors: grew(4),
        tx_errors: grew(5),
    }
    .at(ts_us)
}

#[async_trait]
impl Source for Host {
    fn name(&self) -> &'static str {
        "host"
    }

    fn pace(&self) -> Pace {
        Pace::Every(self.interval)
    }

    fn deadline(&self) -> Duration {
        self.interval.max(Duration::from_secs(5))
    }

    async fn read(&mut self, now: Now) -> Result<Reading, SourceError> {
        self.refresh(now);
        let since = self.last.as_ref().map(|l| now.at.duration_since(l.at).as_millis());
        let interval_ms = since.and_then(|ms| i64::try_from(ms).ok()).filter(|ms| *ms > 0);
        let disk = self.disk_totals();
        let interfaces = self.interface_totals();
        let mut rows = vec![self.host_row(now, interval_ms, disk)];
        let before = self.last.as_ref().map(|l| &l.interfaces);
        rows.extend(interfaces.iter().map(|(name, totals)| {
            interface_row(name, *totals, before.and_then(|b| b.get(name)), interval_ms, now.wall_us)
        }));
        let disk = disk.map(|d| (d[2], d[3]));
        self.last = Some(Last { at: now.at, interfaces, disk });
        Ok(Reading { rows, ..Reading::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use naap_schema::Value;

    #[test]
    fn interfaces_grow_or_are_unknown() {
        let get = |row: &Row, field: &str| match row.get(field) {
            Some(Value::I64(i)) => Some(*i),
            _ => None,
        };
        let row =
            interface_row("e", [150, 10, 3, 1, 0, 0], Some(&[100, 20, 1, 1, 0, 0]), Some(1000), 5);
        assert_eq!(
            (get(&row, "rx_bytes"), get(&row, "tx_bytes")),
            (Some(50), None),
            "down is unknown"
        );
        let first = interface_row("e", [150, 10, 3, 1, 0, 0], None, Some(1000), 5);
        assert_eq!((get(&first, "rx_bytes"), get(&first, "interval_ms")), (None, None));
        assert_eq!(row.check(), Ok(()));
    }

    #[tokio::test]
    async fn this_machine_gives_rows_that_fit() {
        let mut host = Host::new(Duration::from_secs(1)).unwrap();
        let first = host.read(Now::read()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let second = host.read(Now::read()).await.unwrap();
        for row in first.rows.iter().chain(&second.rows) {
            assert_eq!(row.check(), Ok(()), "{row:?}");
        }
        assert_eq!(first.rows[0].get("cpu_busy_ratio"), None, "unknown in a first sample");
        assert!(
            matches!(second.rows[0].get("cpu_busy_ratio"), Some(Value::F64(x)) if (0.0..=1.0).contains(x))
        );
        assert!(matches!(second.rows[0].get("mem_total_bytes"), Some(Value::I64(x)) if *x > 0));
    }
}
