//! One GPU, and its parts where it is split (MIG).
//!
//! The vendor's UUID is read and hashed here and goes no further; a serial number is never asked.

use std::collections::{BTreeMap, HashMap};

use naap_schema::identity;
use nvml_wrapper::bitmasks::device::ThrottleReasons;
use nvml_wrapper::enum_wrappers::device::{
    Clock, ComputeMode, EccCounter, MemoryError, PcieUtilCounter, PerformancePolicy,
    TemperatureSensor, TemperatureThreshold,
};
use nvml_wrapper::enum_wrappers::nv_link::ErrorCounter;
use nvml_wrapper::enums::device::{SampleValue, UsedGpuMemory};
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::structs::device::FieldId;
use nvml_wrapper::sys_exports::field_id;
use nvml_wrapper::{Device, Nvml};
use serde_json::Number;
use tokio::time::Instant;

use super::gpm::Gpm;
use super::programs::{self, Use};
use super::raw;
use super::wire::{GpuRead, Values, put};
use crate::limits;

type Dev = Device<'static>;
type Call<T> = (&'static str, fn(&Dev) -> Result<T, NvmlError>);

/// What moves, and is read each time.
const MOVING: &[Call<u32>] = &[
    ("temp_gpu_c", |d| d.temperature(TemperatureSensor::Gpu)),
    ("power_mw", Dev::power_usage),
    ("power_limit_mw", Dev::enforced_power_limit),
    ("clock_sm_mhz", |d| d.clock_info(Clock::SM)),
    ("clock_mem_mhz", |d| d.clock_info(Clock::Memory)),
    ("clock_graphics_mhz", |d| d.clock_info(Clock::Graphics)),
    ("clock_video_mhz", |d| d.clock_info(Clock::Video)),
    ("pstate", |d| d.performance_state().map(|p| p.as_c())),
    ("pcie_gen", Dev::current_pcie_link_gen),
    ("pcie_width", Dev::current_pcie_link_width),
    ("pcie_replays", Dev::pcie_replay_counter),
];
/// The same, as 64 bits.
const MOVING_WIDE: &[Call<u64>] = &[
    ("energy_mj", Dev::total_energy_consumption),
    ("violation_power_us", |d| violation(d, PerformancePolicy::Power)),
    ("violation_thermal_us", |d| violation(d, PerformancePolicy::Thermal)),
    ("ecc_corrected_boot", |d| d.total_ecc_errors(MemoryError::Corrected, EccCounter::Volatile)),
    ("ecc_uncorrected_boot", |d| {
        d.total_ecc_errors(MemoryError::Uncorrected, EccCounter::Volatile)
    }),
];
/// Percent.
const SHARES: &[Call<u32>] = &[
    ("util_encoder_ratio", |d| d.encoder_utilization().map(|u| u.utilization)),
    ("util_decoder_ratio", |d| d.decoder_utilization().map(|u| u.utilization)),
    ("fan_ratio", |d| d.fan_speed(0)),
];
/// What seldom changes.
const FACTS: &[Call<u32>] = &[
    ("temp_slowdown_c", |d| d.temperature_threshold(TemperatureThreshold::Slowdown)),
    ("temp_shutdown_c", |d| d.temperature_threshold(TemperatureThreshold::Shutdown)),
    ("temp_gpu_max_c", |d| d.temperature_threshold(TemperatureThreshold::GpuMax)),
    ("temp_memory_max_c", |d| d.temperature_threshold(TemperatureThreshold::MemoryMax)),
    ("power_limit_default_mw", Dev::power_management_limit_default),
    ("power_limit_max_mw", |d| d.power_management_limit_constraints().map(|c| c.max_limit)),
    ("clock_max_sm_mhz", |d| d.max_clock_info(Clock::SM)),
    ("clock_max_mem_mhz", |d| d.max_clock_info(Clock::Memory)),
    ("clock_max_graphics_mhz", |d| d.max_clock_info(Clock::Graphics)),
    ("clock_max_video_mhz", |d| d.max_clock_info(Clock::Video)),
    ("clock_app_graphics_mhz", |d| d.applications_clock(Clock::Graphics)),
    ("clock_app_mem_mhz", |d| d.applications_clock(Clock::Memory)),
    ("pcie_gen_max", Dev::max_pcie_link_gen),
    ("pcie_width_max", Dev::max_pcie_link_width),
    ("fan_count", Dev::num_fans),
    ("ecc_enabled", |d| d.is_ecc_enabled().map(|m| u32::from(m.currently_enabled))),
    ("persistence", |d| d.is_in_persistent_mode().map(u32::from)),
];
const FACTS_WIDE: &[Call<u64>] = &[
    ("ecc_corrected_life", |d| d.total_ecc_errors(MemoryError::Corrected, EccCounter::Aggregate)),
    ("ecc_uncorrected_life", |d| {
        d.total_ecc_errors(MemoryError::Uncorrected, EccCounter::Aggregate)
    }),
];
const TEXTS: &[Call<String>] = &[
    ("name", Dev::name),
    ("architecture", |d| d.architecture().map(|a| a.to_string().to_lowercase())),
    ("compute_capability", |d| {
        d.cuda_compute_capability().map(|c| format!("{}.{}", c.major, c.minor))
    }),
    ("vbios_version", Dev::vbios_version),
    ("compute_mode", |d| d.compute_mode().map(|m| mode(m).to_owned())),
];
/// Fields of the driver that have a number instead of a function.
const MOVING_FIELDS: &[(&str, u32)] = &[
    ("temp_memory_c", field_id::NVML_FI_DEV_MEMORY_TEMP),
    ("power_instant_mw", field_id::NVML_FI_DEV_POWER_INSTANT),
];
const FACT_FIELDS: &[(&str, u32)] = &[
    ("retired_pages_corrected", field_id::NVML_FI_DEV_RETIRED_SBE),
    ("retired_pages_uncorrected", field_id::NVML_FI_DEV_RETIRED_DBE),
    ("retired_pages_pending", field_id::NVML_FI_DEV_RETIRED_PENDING),
    ("remapped_rows_corrected", field_id::NVML_FI_DEV_REMAPPED_COR),
    ("remapped_rows_uncorrected", field_id::NVML_FI_DEV_REMAPPED_UNC),
    ("remapped_rows_pending", field_id::NVML_FI_DEV_REMAPPED_PENDING),
    ("remapped_rows_failed", field_id::NVML_FI_DEV_REMAPPED_FAILURE),
];

fn violation(d: &Dev, policy: PerformancePolicy) -> Result<u64, NvmlError> {
    d.violation_status(policy).map(|v| v.violation_time / 1000)
}

const fn mode(mode: ComputeMode) -> &'static str {
    match mode {
        ComputeMode::Default => "default",
        ComputeMode::ExclusiveThread => "exclusive_thread",
        ComputeMode::ExclusiveProcess => "exclusive_process",
        ComputeMode::Prohibited => "prohibited",
    }
}

/// Asks, and remembers what need not be asked again for a while.
#[derive(Debug)]
struct Asker {
    state: &'static str,
    absent: BTreeMap<&'static str, String>,
}

impl Asker {
    fn ask<T>(
        &mut self,
        name: &'static str,
        call: impl FnOnce() -> Result<T, NvmlError>,
    ) -> Option<T> {
        if self.state != "ok" || self.absent.contains_key(name) {
            return None;
        }
        let error = match call() {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        match error {
            NvmlError::GpuLost => self.state = "lost",
            NvmlError::ResetRequired => self.state = "reset_required",
            NvmlError::Unknown | NvmlError::Timeout | NvmlError::InsufficientSize(_) => {}
            lasting => drop(self.absent.insert(name, lasting.to_string())),
        }
        None
    }
}

/// One GPU.
#[derive(Debug)]
pub(super) struct Gpu {
    nvml: &'static Nvml,
    device: Dev,
    index: u32,
    id: String,
    /// Whether its events are listened for.
    pub(super) watched: bool,
    asker: Asker,
    facts: Values,
    facts_at: Option<Instant>,
    gpm: Gpm,
    parts: HashMap<(u32, u32), Gpm>,
    /// Time of the newest sample of processes, as the driver counts.
    processes_at: u64,
    ids_are_ours: bool,
}

impl Gpu {
    /// The GPU with this number.
    ///
    /// # Errors
    /// If it cannot be reached; then not even its identity is known.
    pub(super) fn open(nvml: &'static Nvml, index: u32) -> Result<Self, NvmlError> {
        let device = nvml.device_by_index(index)?;
        let id = identity::gpu_id(&device.uuid()?);
        let mut facts = Values::new();
        put(&mut facts, "index", Some(index));
        Ok(Self {
            nvml,
            device,
            index,
            id,
            watched: false,
            asker: Asker { state: "ok", absent: BTreeMap::new() },
            facts,
            facts_at: None,
            gpm: Gpm::default(),
            parts: HashMap::new(),
            processes_at: 0,
            ids_are_ours: programs::ids_are_ours(),
        })
    }

    /// Its public id.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Its number.
    pub(super) const fn index(&self) -> u32 {
        self.index
    }

    /// A handle to it.
    pub(super) const fn handle(&self) -> &Dev {
        &self.device
    }

    /// What it does not tell, and why.
    pub(super) const fn absent(&self) -> &BTreeMap<&'static str, String> {
        &self.asker.absent
    }

    /// Reads it.
    pub(super) fn read(&mut self, now: Instant, processes: bool) -> GpuRead {
        self.asker.state = "ok";
        let mut values = Values::new();
        if self.facts_at.is_none_or(|at| now.duration_since(at) >= limits::GPU_FACTS_EVERY) {
            self.facts_at = Some(now);
            self.asker.absent.clear();
            self.read_facts();
            self.read_links(&mut values);
        }
        let before = values.len();
        self.read_moving(&mut values);
        self.read_load(&mut values);
        self.read_gpm(&mut values);
        let programs = if processes { self.read_programs(&mut values) } else { Vec::new() };
        let instances = self.read_instances(&mut values);
        if self.asker.state == "ok" && values.len() == before {
            self.asker.state = "error";
        }
        let ok = self.asker.state == "ok";
        if ok {
            values.extend(self.facts.clone());
        } else {
            values.clear();
            put(&mut values, "index", self.facts.get("index").cloned());
        }
        GpuRead {
            id: self.id.clone(),
            state: self.asker.state.to_owned(),
            watched: self.watched,
            values,
            programs: if ok { programs } else { Vec::new() },
            instances: if ok { instances } else { Vec::new() },
        }
    }

    fn read_facts(&mut self) {
        let Self { device, asker, facts, .. } = self;
        for &(name, call) in TEXTS {
            put(facts, name, asker.ask(name, || call(device)));
        }
        for &(name, call) in FACTS {
            put(facts, name, asker.ask(name, || call(device)).and_then(narrow));
        }
        for &(name, call) in FACTS_WIDE {
            put(facts, name, asker.ask(name, || call(device)).and_then(wide));
        }
        if let Some(bar1) = asker.ask("bar1", || device.bar1_memory_info()) {
            put(facts, "bar1_total_bytes", wide(bar1.total));
        }
        read_fields(device, asker, FACT_FIELDS, facts);
    }

    fn read_moving(&mut self, values: &mut Values) {
        let Self { device, asker, .. } = self;
        for &(name, call) in MOVING {
            put(values, name, asker.ask(name, || call(device)).and_then(narrow));
        }
        for &(name, call) in MOVING_WIDE {
            put(values, name, asker.ask(name, || call(device)).and_then(wide));
        }
        for &(name, call) in SHARES {
            put(values, name, asker.ask(name, || call(device)).and_then(percent));
        }
        read_fields(device, asker, MOVING_FIELDS, values);
        // The same counts, once as they are and once as what came since the row before.
        for (total, grown) in
            [("ecc_corrected_boot", "ecc_corrected"), ("ecc_uncorrected_boot", "ecc_uncorrected")]
        {
            let count = values.get(total).cloned();
            put(values, grown, count);
        }
    }

    fn read_load(&mut self, values: &mut Values) {
        let Self { device, asker, .. } = self;
        if let Some(u) = asker.ask("utilization", || device.utilization_rates()) {
            put(values, "util_gpu_ratio", percent(u.gpu));
            put(values, "util_memory_ratio", percent(u.memory));
        }
        if let Some(m) = asker.ask("memory", || device.memory_info()) {
            put(values, "mem_total_bytes", wide(m.total));
            put(values, "mem_used_bytes", wide(m.used));
            put(values, "mem_free_bytes", wide(m.free));
            put(values, "mem_reserved_bytes", wide(m.reserved));
        }
        if let Some(bar1) = asker.ask("bar1", || device.bar1_memory_info()) {
            put(values, "bar1_used_bytes", wide(bar1.used));
        }
        if let Some(e) = asker.ask("encoder_stats", || device.encoder_stats()) {
            put(values, "encoder_sessions", narrow(e.session_count));
            put(values, "encoder_fps", narrow(e.average_fps));
            put(values, "encoder_latency_us", narrow(e.average_latency));
        }
        if let Some(r) = asker.ask("throttle_reasons", || device.current_throttle_reasons()) {
            put(values, "throttle_reasons", wide(r.bits()));
            let any = |of: ThrottleReasons| Some(u32::from(r.intersects(of)));
            let thermal =
                ThrottleReasons::SW_THERMAL_SLOWDOWN | ThrottleReasons::HW_THERMAL_SLOWDOWN;
            let power = ThrottleReasons::SW_POWER_CAP | ThrottleReasons::HW_POWER_BRAKE_SLOWDOWN;
            put(values, "idle", any(ThrottleReasons::GPU_IDLE));
            put(values, "throttle_power", any(power));
            put(values, "throttle_thermal", any(thermal));
            put(values, "throttle_hw", any(ThrottleReasons::HW_SLOWDOWN));
        }
    }

    fn read_gpm(&mut self, values: &mut Values) {
        let Self { nvml, device, asker, gpm, .. } = self;
        if asker.ask("gpm_support", || device.gpm_support().and_then(supported)).is_some() {
            asker.ask("gpm", || gpm.read(nvml, device.gpm_sample(), values));
        }
    }

    /// PCIe throughput: the driver counts for 20 ms, twice.
    pub(super) fn read_pcie(&mut self, values: &mut Values) {
        let Self { device, asker, .. } = self;
        let ways = [
            ("pcie_rx_bytes_per_s", PcieUtilCounter::Receive),
            ("pcie_tx_bytes_per_s", PcieUtilCounter::Send),
        ];
        for (name, way) in ways {
            let rate = asker.ask(name, || device.pcie_throughput(way));
            put(values, name, rate.and_then(narrow).map(|kb| kb * 1000));
        }
    }

    fn read_links(&mut self, values: &mut Values) {
        let Self { device, asker, facts, .. } = self;
        let up: Vec<Option<bool>> = (0..limits::GPU_LINKS)
            .map(|i| asker.ask("nvlink", || device.link_wrapper_for(i).is_active()))
            .take_while(Option::is_some)
            .collect();
        // Past the last link the driver says that there is none; that is no lack of NVLink.
        if !up.is_empty() {
            asker.absent.remove("nvlink");
        }
        let known = !up.is_empty();
        let active: Vec<u32> =
            (0..).zip(&up).filter(|(_, up)| **up == Some(true)).map(|(i, _)| i).collect();
        put(facts, "nvlink_count", known.then_some(up.len()));
        put(facts, "nvlink_active", known.then_some(active.len()));
        let kinds: [(&'static str, &[ErrorCounter]); 3] = [
            ("nvlink_crc_errors", &[ErrorCounter::DlCrcFlit, ErrorCounter::DlCrcData]),
            ("nvlink_replay_errors", &[ErrorCounter::DlReplay]),
            ("nvlink_recovery_errors", &[ErrorCounter::DlRecovery]),
        ];
        for (name, counters) in kinds.into_iter().filter(|_| known) {
            let each = active.iter().flat_map(|i| counters.iter().map(move |c| (*i, c)));
            let sum: Option<i64> = each
                .map(|(i, c)| asker.ask(name, || device.link_wrapper_for(i).error_counter(*c)))
                .map(|count| count.and_then(wide))
                .sum();
            put(values, name, sum);
        }
    }

    fn read_programs(&mut self, values: &mut Values) -> Vec<Values> {
        let Self { device, asker, processes_at, .. } = self;
        let mut memory: HashMap<u32, Option<u64>> = HashMap::new();
        let compute = asker.ask("compute_processes", || device.running_compute_processes());
        let graphics = asker.ask("graphics_processes", || device.running_graphics_processes());
        if compute.is_none() && graphics.is_none() {
            return Vec::new();
        }
        let both = compute.into_iter().chain(graphics).flatten();
        for process in both.take(limits::GPU_PROCESSES) {
            let used = match process.used_gpu_memory {
                UsedGpuMemory::Used(bytes) => wide(bytes).map(i64::unsigned_abs),
                UsedGpuMemory::Unavailable => None,
            };
            let known = memory.entry(process.pid).or_default();
            *known = (*known).max(used);
        }
        put(values, "process_count", Some(memory.len()));
        let since = *processes_at;
        let samples = asker.ask("process_utilization", || {
            match device.process_utilization_stats(since) {
                // No process did anything since.
                Err(NvmlError::NotFound) => Ok(Vec::new()),
                other => other,
            }
        });
        let mut newest: HashMap<u32, [u32; 4]> = HashMap::new();
        let mut samples = samples.unwrap_or_default();
        samples.sort_by_key(|s| s.timestamp);
        for s in &samples {
            *processes_at = s.timestamp.max(*processes_at);
            newest.insert(s.pid, [s.sm_util, s.mem_util, s.enc_util, s.dec_util]);
        }
        let mut kinds: BTreeMap<&'static str, Use> = BTreeMap::new();
        for (pid, memory) in memory {
            let kind = if self.ids_are_ours { programs::of(pid) } else { "unknown" };
            let used = newest.get(&pid).filter(|p| p.iter().all(|x| *x <= 100));
            add(kinds.entry(kind).or_default(), memory, used);
        }
        kinds.into_iter().map(|(kind, used)| program(kind, &used)).collect()
    }

    fn read_instances(&mut self, values: &mut Values) -> Vec<Values> {
        let Self { nvml, device, asker, parts, .. } = self;
        let on = asker.ask("mig", || device.mig_mode()).map(|m| u32::from(m.current == 1));
        put(values, "mig_enabled", on);
        if on != Some(1) {
            parts.clear();
            return Vec::new();
        }
        let most = asker.ask("mig_devices", || device.mig_device_count()).unwrap_or(0);
        let mut there = Vec::new();
        let mut out = Vec::new();
        for i in 0..most.min(limits::GPU_INSTANCES) {
            let Ok(part) = device.mig_device_by_index(i) else { continue };
            let Ok((gi, ci)) = raw::instance(&part) else { continue };
            there.push((gi, ci));
            let mut v = Values::new();
            put(&mut v, "index", Some(i));
            put(&mut v, "instance", narrow(gi));
            put(&mut v, "compute_instance", narrow(ci));
            let name = part.name().ok();
            let profile = name.as_deref().and_then(|n| n.rsplit_once("MIG ")).map(|(_, p)| p);
            put(&mut v, "profile", profile);
            if let Ok(a) = part.attributes() {
                put(&mut v, "sm_count", narrow(a.multiprocessor_count));
                put(&mut v, "slices", narrow(a.gpu_instance_slice_count));
            }
            if let Ok(m) = part.memory_info() {
                put(&mut v, "mem_total_bytes", wide(m.total));
                put(&mut v, "mem_used_bytes", wide(m.used));
                put(&mut v, "mem_free_bytes", wide(m.free));
            }
            if !asker.absent.contains_key("gpm_support") {
                let gpm = parts.entry((gi, ci)).or_default();
                asker.ask("gpm_mig", || gpm.read(nvml, device.gpm_mig_sample(gi), &mut v));
            }
            out.push(v);
        }
        put(values, "mig_instances", Some(out.len()));
        parts.retain(|place, _| there.contains(place));
        out
    }
}

fn supported(supported: bool) -> Result<(), NvmlError> {
    if supported { Ok(()) } else { Err(NvmlError::NotSupported) }
}

fn read_fields(
    device: &Dev,
    asker: &mut Asker,
    fields: &'static [(&'static str, u32)],
    values: &mut Values,
) {
    let wanted: Vec<_> =
        fields.iter().filter(|(name, _)| !asker.absent.contains_key(name)).collect();
    let ids: Vec<FieldId> = wanted.iter().map(|(_, id)| FieldId(*id)).collect();
    if ids.is_empty() {
        return;
    }
    let Some(read) = asker.ask("fields", || device.field_values_for(&ids)) else { return };
    for ((name, _), sample) in wanted.into_iter().zip(read) {
        let value = asker.ask(name, || sample.and_then(|s| s.value));
        put(values, name, value.and_then(|v| sample_value(&v)));
    }
}

fn sample_value(value: &SampleValue) -> Option<i64> {
    match value {
        SampleValue::U32(x) => narrow(*x),
        SampleValue::U64(x) => wide(*x),
        SampleValue::I64(x) => wide(u64::try_from(*x).ok()?),
        SampleValue::F64(_) => None,
    }
}

fn add(to: &mut Use, memory: Option<u64>, percent: Option<&[u32; 4]>) {
    to.processes += 1;
    if let Some(bytes) = memory {
        to.memory = Some(to.memory.unwrap_or(0).saturating_add(bytes));
        to.largest = to.largest.max(Some(bytes));
    }
    if let Some(percent) = percent {
        let sum = to.percent.get_or_insert_default();
        for (sum, x) in sum.iter_mut().zip(percent) {
            *sum = (*sum + x).min(100);
        }
    }
}

fn program(kind: &str, used: &Use) -> Values {
    let mut v = Values::new();
    put(&mut v, "program", Some(kind));
    put(&mut v, "processes", Some(used.processes));
    put(&mut v, "mem_used_bytes", used.memory.and_then(wide));
    put(&mut v, "mem_largest_bytes", used.largest.and_then(wide));
    let names = ["util_sm_ratio", "util_memory_ratio", "util_encoder_ratio", "util_decoder_ratio"];
    for (i, name) in names.into_iter().enumerate() {
        let share = used.percent.and_then(|p| p.get(i).copied());
        put(&mut v, name, share.and_then(percent));
    }
    v
}

/// NVML fills what it does not know with ones.
fn narrow(x: u32) -> Option<i64> {
    (x != u32::MAX).then_some(i64::from(x))
}

/// The same, and the highest signed numbers, which its relatives use.
fn wide(x: u64) -> Option<i64> {
    i64::try_from(x).ok().filter(|x| *x < i64::MAX - 0xF)
}

fn percent(x: u32) -> Option<Number> {
    (x <= 100).then(|| Number::from_f64(f64::from(x) / 100.0)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentinels_are_not_known() {
        assert_eq!((narrow(u32::MAX), narrow(7)), (None, Some(7)));
        assert_eq!((wide(u64::MAX), wide(i64::MAX.unsigned_abs())), (None, None));
        assert_eq!(wide(9_223_372_036_854_775_794), None, "DCGM's word for blank");
        assert_eq!((wide(1 << 40), percent(101)), (Some(1 << 40), None));
    }

    #[test]
    fn what_is_not_supported_is_not_asked_again() {
        let mut asker = Asker { state: "ok", absent: BTreeMap::new() };
        let mut asked = 0;
        for _ in 0..3 {
            let answer = asker.ask("x", || {
                asked += 1;
                Err::<(), _>(NvmlError::NotSupported)
            });
            assert_eq!(answer, None);
        }
        assert_eq!(asked, 1);
        assert_eq!(asker.ask("y", || Err::<(), _>(NvmlError::Unknown)), None);
        assert_eq!(asker.ask("y", || Ok(1)), Some(1), "a passing failure is asked again");
        assert_eq!(asker.ask("z", || Err::<(), _>(NvmlError::GpuLost)), None);
        assert_eq!(asker.ask("y", || Ok(1)), None, "nothing is asked of a GPU that is lost");
        assert_eq!(asker.state, "lost");
    }
}
