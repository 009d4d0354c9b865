//! Rows of a GPU node, made up: 8 GPUs with 95 fields each and a host with about 300, every second.
//!
//! There is no GPU entity in the schema yet, so this declares one of its own, with the fields that
//! NVML has, and three more of the host. Two kinds of noise:
//!
//! - `Likeness::Real`: as such a node shows itself. Utilisation wanders, power and energy have noise
//!   down to the last digit, temperatures seldom move, clocks have steps, memory comes in pages,
//!   and a good half of the fields are limits, modes and error counts that hardly ever change.
//! - `Likeness::Noisy`: the hardest case. Every field is a counter of its own speed with about 16
//!   random bits a second, so that no encoding can take less than 2 bytes for each.

use std::sync::LazyLock;

use naap_schema::generated::{HOST, Host, Interface};
use naap_schema::{EntityDef, FieldDef, FieldType, Identity, Kind, Row, Value};

/// GPUs of the node.
const GPUS: usize = 8;
const CORES: usize = 16;
const DISKS: usize = 4;
const INTERFACES: usize = 3;
const T0: i64 = 1_790_000_000_000_000;

/// Which noise the values have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Likeness {
    /// As a node shows itself.
    Real,
    /// Every field a noisy counter.
    Noisy,
}

/// How the values of one field go on from second to second.
#[derive(Debug, Clone, Copy)]
enum Course {
    /// One text for all.
    Text(&'static str),
    /// A text of its own for each.
    Id(&'static str),
    /// Where it sits.
    Slot,
    /// Never changes.
    Fixed(i64),
    /// Wanders within bounds by steps of this standard deviation, in multiples of a unit.
    Walk { low: i64, high: i64, step: f64, unit: i64 },
    /// Follows the load of its device from `idle` to `full`, with noise of this deviation.
    Load { idle: f64, full: f64, noise: f64, unit: i64 },
    /// As `Load`, a share with this many decimal places.
    Share { full: f64, noise: f64, decimals: i32 },
    /// Moves by one now and then.
    Seldom { start: i64, chance: f64 },
    /// Counts up by so much a second, more under load, with noise of this deviation.
    Counter { idle: f64, full: f64, noise: f64 },
    /// What came in a second: log-normal around the load, as traffic is.
    Bursts { full: f64 },
}

/// xorshift64*: the same rows each time.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// After enough turns for a simple seed to be forgotten.
    fn settled(mut self) -> Self {
        for _ in 0..16 {
            self.bits();
        }
        self
    }

    /// From 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    fn share(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Of a normal distribution around 0 with deviation 1.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.share()).ln()).sqrt();
        radius * (self.share() * std::f64::consts::TAU).cos()
    }
}

fn field(number: usize, name: &'static str, course: Course) -> FieldDef {
    let (ty, scale, kind) = match course {
        Course::Text(_) | Course::Id(_) | Course::Slot => (FieldType::Symbol, None, Kind::Label),
        Course::Share { decimals, .. } => {
            (FieldType::F64, u32::try_from(decimals).ok(), Kind::Gauge)
        }
        Course::Counter { .. } => (FieldType::I64, None, Kind::Counter),
        Course::Bursts { .. } => (FieldType::I64, None, Kind::Delta),
        _ => (FieldType::I64, None, Kind::Gauge),
    };
    FieldDef {
        number: u32::try_from(number).unwrap_or(u32::MAX),
        name,
        ty,
        scale,
        kind,
        key: number == 1,
        required: number == 1,
        max_len: 128,
        ..HOST.fields[0]
    }
}

fn declare(
    number: u32,
    name: &'static str,
    fields: &[(&'static str, Course)],
) -> &'static EntityDef {
    let fields: Vec<FieldDef> =
        fields.iter().enumerate().map(|(i, (name, course))| field(i + 1, name, *course)).collect();
    Box::leak(Box::new(EntityDef {
        number,
        name,
        identity: Identity::Sample,
        fields: fields.leak(),
        ..HOST
    }))
}

/// One device of an entity and where its values are.
#[derive(Debug)]
struct Device {
    entity: &'static EntityDef,
    courses: &'static [(&'static str, Course)],
    name: String,
    load: f64,
    values: Vec<f64>,
}

impl Device {
    fn new(
        entity: &'static EntityDef,
        courses: &'static [(&'static str, Course)],
        name: String,
        random: &mut Random,
    ) -> Self {
        let start = |(_, course): &(&str, Course)| match *course {
            // Since the machine started, a month or so ago.
            Course::Counter { full, .. } => full * 3e6 * (0.2 + random.share()),
            Course::Walk { low, high, unit, .. } => {
                (low as f64 + random.share() * (high - low) as f64) / unit as f64
            }
            Course::Seldom { start, .. } => start as f64 + (random.share() * 8.0).floor(),
            _ => 0.0,
        };
        let values = courses.iter().map(start).collect();
        Self { entity, courses, name, load: random.share(), values }
    }

    fn row(&mut self, ts_us: i64, random: &mut Random) -> Row {
        // Work comes and goes; now and then a job ends or begins.
        self.load = if random.share() < 0.02 {
            random.share()
        } else {
            (self.load + 0.03 * random.normal()).clamp(0.0, 1.0)
        };
        let mut row = Row::empty(self.entity, ts_us);
        let all = self.courses.iter().zip(&mut self.values).zip(&mut row.values);
        for (((_, course), state), value) in all {
            *value = Some(course.next(&self.name, self.load, state, random));
        }
        row
    }
}

#[expect(clippy::cast_possible_truncation, reason = "far below 2^63")]
fn whole(x: f64) -> Value {
    Value::I64(x.round() as i64)
}

impl Course {
    fn next(self, device: &str, load: f64, state: &mut f64, random: &mut Random) -> Value {
        match self {
            Self::Text(text) => Value::text(text),
            Self::Id(prefix) => Value::text(format!("{prefix}{device}")),
            Self::Slot => {
                Value::text(format!("00000000:{}:00.0", device.get(..2).unwrap_or_default()))
            }
            Self::Fixed(value) => Value::I64(value),
            Self::Walk { low, high, step, unit } => {
                let (low, high) = (low as f64 / unit as f64, high as f64 / unit as f64);
                *state = (*state + step / unit as f64 * random.normal()).clamp(low, high);
                whole(state.round() * unit as f64)
            }
            Self::Load { idle, full, noise, unit } => {
                let x = idle + (full - idle) * load + noise * random.normal();
                whole((x.max(0.0) / unit as f64).round() * unit as f64)
            }
            Self::Share { full, noise, decimals } => {
                let x = (full * load + noise * random.normal()).clamp(0.0, 1.0);
                let factor = 10f64.powi(decimals);
                Value::F64((x * factor).round() / factor)
            }
            Self::Seldom { chance, .. } => {
                if random.share() < chance {
                    *state += if random.share() < 0.5 { 1.0 } else { -1.0 };
                }
                whole(*state)
            }
            Self::Counter { idle, full, noise } => {
                *state += (idle + (full - idle) * load + noise * random.normal()).max(0.0);
                whole(*state)
            }
            Self::Bursts { full } => whole(full * load * (0.7 * random.normal()).exp()),
        }
    }
}

mod fields;
use fields::{CORE, DISK, GPU, MEMORY};

static GPU_DEF: LazyLock<&EntityDef> = LazyLock::new(|| declare(900, "gpu", GPU));
static CORE_DEF: LazyLock<&EntityDef> = LazyLock::new(|| declare(901, "core", CORE));
static DISK_DEF: LazyLock<&EntityDef> = LazyLock::new(|| declare(902, "disk", DISK));
static MEMORY_DEF: LazyLock<&EntityDef> = LazyLock::new(|| declare(903, "memory", MEMORY));

/// A node that is read once a second.
#[derive(Debug)]
pub(crate) struct Node {
    likeness: Likeness,
    random: Random,
    devices: Vec<Device>,
    second: i64,
    host_load: f64,
    used: f64,
    /// What the counters of `Likeness::Noisy` stand at.
    counters: Vec<f64>,
}

impl Node {
    /// The same node each time.
    pub(crate) fn new(likeness: Likeness) -> Self {
        let mut random = Random(0x9E37_79B9_7F4A_7C15);
        let mut devices = Vec::new();
        let mut add = |count: usize, entity, courses, random: &mut Random| {
            for i in 0..count {
                let name = match entity {
                    e if e == *GPU_DEF => format!("{:016x}{:016x}", random.bits(), random.bits()),
                    _ => i.to_string(),
                };
                devices.push(Device::new(entity, courses, name, random));
            }
        };
        add(GPUS, *GPU_DEF, GPU, &mut random);
        add(CORES, *CORE_DEF, CORE, &mut random);
        add(DISKS, *DISK_DEF, DISK, &mut random);
        add(1, *MEMORY_DEF, MEMORY, &mut random);
        Self {
            likeness,
            random,
            devices,
            second: 0,
            host_load: 0.3,
            used: 2e7,
            counters: Vec::new(),
        }
    }

    /// The rows of the next second, in the order in which the agent reads them.
    pub(crate) fn second(&mut self) -> Vec<Row> {
        self.second += 1;
        // A timer is late by some hundred microseconds.
        let late = (self.random.share() * 700.0).round();
        let Value::I64(late) = whole(late) else { unreachable!("a whole number") };
        let ts_us = T0 + self.second * 1_000_000 + late;
        let mut rows: Vec<Row> = vec![self.host(ts_us)];
        rows.extend((0..INTERFACES).map(|i| self.interface(i, ts_us)));
        rows.extend(self.devices.iter_mut().map(|d| d.row(ts_us, &mut self.random)));
        if self.likeness == Likeness::Noisy {
            self.make_noisy(&mut rows);
        }
        rows
    }

    /// Instead of each number: a counter that has run for up to a day, at a speed of its own.
    fn make_noisy(&mut self, rows: &mut [Row]) {
        let numbers = rows.iter_mut().flat_map(|row| {
            let fields = row.entity.fields.iter().zip(&mut row.values);
            fields.filter(|(field, _)| field.ty != FieldType::Symbol)
        });
        for (i, (field, value)) in numbers.enumerate() {
            let speed = 10f64.powf(5.0 + 0.7 * Random((i as u64 + 1) << 20).settled().share());
            if self.counters.len() == i {
                self.counters.push(speed * 86_400.0 * self.random.share());
            }
            let counter = &mut self.counters[i];
            *counter += speed + 20_000.0 * self.random.normal();
            *value = Some(match field.ty {
                FieldType::F64 => Value::F64(counter.round() / 100.0),
                _ => whole(*counter),
            });
        }
    }

    fn host(&mut self, ts_us: i64) -> Row {
        let r = &mut self.random;
        self.host_load = (self.host_load + 0.02 * r.normal()).clamp(0.05, 0.95);
        self.used = (self.used + 3000.0 * r.normal()).clamp(1e7, 6e7);
        let int = |x: f64| if let Value::I64(i) = whole(x) { Some(i) } else { None };
        let total = 128 << 30;
        let used = int(self.used).map(|pages| pages * 4096);
        let load = |r: &mut Random, noise: f64| {
            Some(((16.0 * self.host_load + noise * r.normal()).max(0.0) * 100.0).round() / 100.0)
        };
        Host {
            interval_ms: int(1000.0 + 0.6 * r.normal()),
            cpu_busy_ratio: Some((self.host_load * 1e6).round() / 1e6),
            cpu_count: Some(16),
            load_1m: load(r, 0.3),
            load_5m: load(r, 0.05),
            load_15m: load(r, 0.02),
            mem_total_bytes: Some(total),
            mem_used_bytes: used,
            mem_available_bytes: used.map(|u| total - u),
            swap_total_bytes: Some(8 << 30),
            swap_used_bytes: Some(0),
            disk_total_bytes: Some(3_840_755_982_336),
            disk_available_bytes: int(5e8 - self.second as f64 * 40.0 - 20.0 * r.share())
                .map(|pages| pages * 4096),
            disk_read_bytes: int(300.0 * (0.8 * r.normal()).exp()).map(|pages| pages * 4096),
            disk_written_bytes: int(900.0 * (0.8 * r.normal()).exp()).map(|pages| pages * 4096),
            uptime_s: Some(2_592_000 + self.second),
            os: Some("Linux (Ubuntu 24.04)".into()),
            kernel: Some("6.8.0-87-generic".into()),
            cpu_model: Some("AMD EPYC 7543 32-Core Processor".into()),
        }
        .at(ts_us)
    }

    fn interface(&mut self, i: usize, ts_us: i64) -> Row {
        let r = &mut self.random;
        let int = |x: f64| if let Value::I64(i) = whole(x) { Some(i) } else { None };
        let busy = [4e6, 3e4, 200.0][i] * (0.6 * r.normal()).exp();
        let back = busy * (0.4 + 0.1 * r.normal()).abs();
        Interface {
            interface: ["eth0", "eth1", "docker0"][i].into(),
            interval_ms: Some(1000),
            rx_bytes: int(busy),
            tx_bytes: int(back),
            rx_packets: int(busy / 1100.0 + r.share()),
            tx_packets: int(back / 900.0 + r.share()),
            rx_errors: Some(0),
            tx_errors: Some(0),
        }
        .at(ts_us)
    }
}
