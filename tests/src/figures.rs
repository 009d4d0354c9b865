//! Figures and the limits beside them; processor time and memory of a process.

use std::fmt;

use anyhow::{Context, Result};

/// Ticks of `/proc/PID/stat` in a second: fixed for programs, whatever the kernel's own rate.
const TICKS: f64 = 100.0;

/// Measured values, each with its limit where it has one.
#[derive(Debug, Default)]
pub struct Table {
    title: String,
    lines: Vec<[String; 3]>,
    broken: bool,
}

impl Table {
    /// An empty table.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// A value without a limit.
    pub fn value(&mut self, name: &str, value: impl Into<String>) {
        self.lines.push([name.to_owned(), value.into(), String::new()]);
    }

    /// A value that must be at most `limit`.
    pub fn at_most(&mut self, name: &str, value: f64, limit: f64, unit: &str) {
        self.bounded(name, value, value <= limit, &format!("≤ {limit} {unit}"), unit);
    }

    /// A value that must be at least `limit`.
    pub fn at_least(&mut self, name: &str, value: f64, limit: f64, unit: &str) {
        self.bounded(name, value, value >= limit, &format!("≥ {limit} {unit}"), unit);
    }

    fn bounded(&mut self, name: &str, value: f64, holds: bool, limit: &str, unit: &str) {
        self.broken |= !holds;
        let verdict = if holds { "" } else { "  BROKEN" };
        let cells = [name.to_owned(), format!("{value:.1} {unit}"), format!("{limit}{verdict}")];
        self.lines.push(cells);
    }

    /// Whether all limits are kept.
    pub fn holds(&self) -> bool {
        !self.broken
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n\n| What | Measured | Limit |\n|---|---|---|", self.title)?;
        for [name, value, limit] in &self.lines {
            writeln!(f, "| {name} | {value} | {limit} |")?;
        }
        Ok(())
    }
}

/// The middle of some values; of an even number, the lower of the two.
///
/// # Panics
/// If there are none.
pub fn median(values: &[f64]) -> f64 {
    percentile(values, 50)
}

/// The value that `percent` of the values do not exceed.
///
/// # Panics
/// If there are none.
pub fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() - 1) * percent / 100]
}

/// Processor time that a process used so far, user and system, seconds.
///
/// # Errors
/// If there is no such process.
pub fn cpu_s(pid: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .with_context(|| format!("process {pid} has ended"))?;
    // The name, in brackets, may hold anything.
    let fields: Vec<&str> =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| -> Result<f64> { Ok(fields.get(i).context("a field")?.parse()?) };
    Ok((ticks(11)? + ticks(12)?) / TICKS)
}

/// A value of `/proc/PID/status`, MiB.
///
/// # Errors
/// If there is no such process.
pub fn memory_mib(pid: u32, key: &str) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))
        .with_context(|| format!("process {pid} has ended"))?;
    let line = status.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(':'));
    let kib = line.and_then(|l| l.split_whitespace().next()).context("a value in kB")?;
    Ok(kib.parse::<f64>()? / 1024.0)
}

/// A count as a figure; exact below 2^53.
#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are far below 2^53")]
pub fn float(count: u64) -> f64 {
    count as f64
}
