// Written by `naap-schema emit` from schema/entities and schema/views. Do not edit.

use std::sync::Arc;

use crate::{Class, EntityDef, FieldDef, FieldType, Identity, Kind, Migration, RollupDef, Row, Value, Visibility};

/// Version of the schema: the number of its newest migration.
pub const SCHEMA_VERSION: u32 = 5;

/// Every entity, by number.
pub const ENTITIES: &[&EntityDef] = &[
    &HOST,
    &INTERFACE,
    &LIVEPEER_NODE,
    &AGENT,
    &AGENT_SOURCE,
    &GAP,
    &CLOCK_STEP,
    &STREAM_TRACE,
    &STREAM_STATUS,
    &STREAM_EVENT,
    &STREAM_INGEST,
    &DISCOVERY_RESULT,
    &PAYMENT,
    &ORCHESTRATOR_REPORT,
    &ORCHESTRATOR_MODEL,
    &ORCHESTRATOR_GPU,
    &REJECTED,
    &LEDGER,
    &GPU,
    &GPU_NODE,
    &GPU_PROCESS,
    &GPU_EVENT,
    &GPU_INSTANCE,
    &LIVEPEER_ORCHESTRATOR,
    &LIVEPEER_ERROR,
    &LIVEPEER_AI,
    &LIVEPEER_SENDER,
    &LIVEPEER_SERIES,
    &NODE_STATUS,
    &POOL_ORCHESTRATOR,
    &AI_SESSION_POOL,
    &AI_SESSION_POOL_ORCHESTRATOR,
    &ONCHAIN_ORCHESTRATOR,
    &LIVE_RUNNER,
    &AI_RUNNER,
    &AI_RUNNER_GPU,
    &SIGNED_TICKET,
    &JOB_EVENT,
    &PROBE,
    &STREAM_SESSION,
    &STREAM_LEG,
    &STREAM_MINUTE,
    &PAYMENT_FEE,
    &SLA_SCORE,
    &BENCHMARK,
    &SUPPLY,
    &SUPPLY_GPU,
    &SUPPLY_REPORT,
    &GPU_SLOT,
    &JOB,
    &REPORTED_OBSERVED,
    &CORRECTION,
    &DERIVE_MARK,
    &DERIVE_STATE,
];

/// Every migration, in order.
pub const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "0001", sql: include_str!("../migrations/0001.sql"), sha256: "56357f3d57f85f5f217de2ab2e8d7a7f51623e57f8695eecc59c653eb15773a9" },
    Migration { number: 2, name: "0002", sql: include_str!("../migrations/0002.sql"), sha256: "056edebddd050b7e00a05ff05666ffa3998ab53e49441c93968e8e3a8cc38329" },
    Migration { number: 3, name: "0003", sql: include_str!("../migrations/0003.sql"), sha256: "3e665a3f3c54fd40b0b2c9ff872cd5dceed1fabd86153495e39c64c49c59588c" },
    Migration { number: 4, name: "0004", sql: include_str!("../migrations/0004.sql"), sha256: "7bf93781627dc2ce5842a40508ba0645f5881ccd029cbddc9e5ea7d32ec90977" },
    Migration { number: 5, name: "0005", sql: include_str!("../migrations/0005.sql"), sha256: "dc1a5f419a73fb20d9ea7787ffa1e125d91487d2c351dd33978901f6c30d6c8c" },
];

/// Every rollup, by name.
pub const ROLLUPS: &[RollupDef] = &[
    RollupDef {
        name: "ai_runner_gpu",
        entity: "ai_runner_gpu",
        by: &["node", "gpu_id"],
        levels: &[("ai_runner_gpu_1m", 60), ("ai_runner_gpu_1h", 3600), ("ai_runner_gpu_1d", 86400)],
        histograms: &[("ai_runner_gpu_utilisation_compute_pct_hist_1h", "utilisation_compute_pct", 3600), ("ai_runner_gpu_utilisation_compute_pct_hist_1d", "utilisation_compute_pct", 86400)],
        description: "Use and memory of each GPU over time, as ai-runner containers see it.",
        misleads: "A GPU that several containers see counts once for each; sum / n is right all the same, n is not the number of looks.",
    },
    RollupDef {
        name: "gpu",
        entity: "gpu",
        by: &["node", "gpu_id"],
        levels: &[("gpu_1m", 60), ("gpu_1h", 3600), ("gpu_1d", 86400)],
        histograms: &[("gpu_util_gpu_ratio_hist_1h", "util_gpu_ratio", 3600), ("gpu_util_gpu_ratio_hist_1d", "util_gpu_ratio", 86400), ("gpu_temp_gpu_c_hist_1h", "temp_gpu_c", 3600), ("gpu_temp_gpu_c_hist_1d", "temp_gpu_c", 86400), ("gpu_power_mw_hist_1h", "power_mw", 3600), ("gpu_power_mw_hist_1d", "power_mw", 86400)],
        description: "Each GPU over time: sum, count, minimum, maximum and sum of squares of each gauge; sum, count and maximum of each delta. The mean of a 0-or-1 gauge is the share of samples in which it was 1.",
        misleads: "A GPU that did not answer adds no samples: low counts are no low use. Ids of rented machines churn; for history across them group by more than gpu_id.",
    },
    RollupDef {
        name: "host",
        entity: "host",
        by: &["node"],
        levels: &[("host_1m", 60), ("host_1h", 3600), ("host_1d", 86400)],
        histograms: &[("host_cpu_busy_ratio_hist_1h", "cpu_busy_ratio", 3600), ("host_cpu_busy_ratio_hist_1d", "cpu_busy_ratio", 86400)],
        description: "The machine over time: sum, count, minimum, maximum and sum of squares of each gauge; sum, count and maximum of each delta.",
        misleads: "An average over machines of different size says little; weigh or group by node.",
    },
    RollupDef {
        name: "interface",
        entity: "interface",
        by: &["node", "interface"],
        levels: &[("interface_1m", 60), ("interface_1h", 3600), ("interface_1d", 86400)],
        histograms: &[],
        description: "Traffic of each network interface over time. A rate is the sum of bytes divided by the sum of interval_ms.",
        misleads: "Rows without interval_ms (the first after a start) add no bytes and no time.",
    },
    RollupDef {
        name: "job",
        entity: "job",
        by: &["origin", "kind", "gateway", "orchestrator", "pipeline", "model", "region"],
        levels: &[("job_5m", 300), ("job_1h", 3600), ("job_1d", 86400)],
        histograms: &[("job_duration_ms_hist_1h", "duration_ms", 3600), ("job_duration_ms_hist_1d", "duration_ms", 86400), ("job_first_token_ms_hist_1h", "first_token_ms", 3600), ("job_first_token_ms_hist_1d", "first_token_ms", 86400)],
        description: "Batch AI, LLM and BYOC jobs by the time of their first event.",
        misleads: "`_n` counts rows that are void, too: use the sums.",
    },
    RollupDef {
        name: "livepeer_ai",
        entity: "livepeer_ai",
        by: &["node", "pipeline", "model", "orch_uri"],
        levels: &[("livepeer_ai_5m", 300), ("livepeer_ai_1h", 3600), ("livepeer_ai_1d", 86400)],
        histograms: &[],
        description: "AI jobs as nodes count them, where there are no events: by node, pipeline, model and, on gateways, orchestrator.",
        misleads: "A gateway that panics counts nothing: hold its requests against those of the orchestrators.",
    },
    RollupDef {
        name: "livepeer_orchestrator",
        entity: "livepeer_orchestrator",
        by: &["node", "orch_uri", "orch_address"],
        levels: &[("livepeer_orchestrator_5m", 300), ("livepeer_orchestrator_1h", 3600), ("livepeer_orchestrator_1d", 86400)],
        histograms: &[],
        description: "Transcoding as gateways count it, by orchestrator.",
        misleads: "Latency is counted in few buckets: percentiles are between their bounds.",
    },
    RollupDef {
        name: "payment_fee",
        entity: "payment_fee",
        by: &["origin", "gateway", "orchestrator", "pipeline", "model", "region"],
        levels: &[("payment_fee_1h", 3600), ("payment_fee_1d", 86400)],
        histograms: &[],
        description: "Fees by the time of the payment.",
        misleads: "`_n` counts rows that are void, too: use the sums.",
    },
    RollupDef {
        name: "probe",
        entity: "probe",
        by: &["node", "target"],
        levels: &[("probe_1m", 60), ("probe_1h", 3600), ("probe_1d", 86400)],
        histograms: &[("probe_connect_mean_ms_hist_1h", "connect_mean_ms", 3600), ("probe_connect_mean_ms_hist_1d", "connect_mean_ms", 86400), ("probe_first_byte_ms_hist_1h", "first_byte_ms", 3600), ("probe_first_byte_ms_hist_1d", "first_byte_ms", 86400)],
        description: "Connections from this agent to a target over time. Loss is failures / attempts.",
        misleads: "One path from one place. Means of connect times weigh each round once, however many connections came about.",
    },
    RollupDef {
        name: "stream_leg",
        entity: "stream_leg",
        by: &["origin", "gateway", "orchestrator", "pipeline", "model", "region", "gpu_name"],
        levels: &[("stream_leg_5m", 300), ("stream_leg_1h", 3600), ("stream_leg_1d", 86400)],
        histograms: &[("stream_leg_startup_ms_hist_1h", "startup_ms", 3600), ("stream_leg_startup_ms_hist_1d", "startup_ms", 86400), ("stream_leg_playable_ms_hist_1h", "playable_ms", 3600), ("stream_leg_playable_ms_hist_1d", "playable_ms", 86400), ("stream_leg_prompt_to_first_frame_ms_hist_1h", "prompt_to_first_frame_ms", 3600), ("stream_leg_prompt_to_first_frame_ms_hist_1d", "prompt_to_first_frame_ms", 86400), ("stream_leg_e2e_media_ms_hist_1h", "e2e_media_ms", 3600), ("stream_leg_e2e_media_ms_hist_1d", "e2e_media_ms", 86400), ("stream_leg_output_fps_mean_hist_1h", "output_fps_mean", 3600), ("stream_leg_output_fps_mean_hist_1d", "output_fps_mean", 86400)],
        description: "Legs of live AI streams by the time of their start.",
        misleads: "`_n` counts rows that are void, too: use the sums.",
    },
    RollupDef {
        name: "stream_minute",
        entity: "stream_minute",
        by: &["origin", "gateway", "orchestrator", "pipeline", "model", "region", "gpu_name"],
        levels: &[("stream_minute_1h", 3600), ("stream_minute_1d", 86400)],
        histograms: &[],
        description: "Minutes of live AI streams. Rows of whole sessions have `minutes` and name the orchestrator of the last leg, those of legs `leg_minutes`.",
        misleads: "`_n` counts rows that are void, too: use the sums.",
    },
    RollupDef {
        name: "stream_session",
        entity: "stream_session",
        by: &["origin", "gateway", "pipeline", "model", "region"],
        levels: &[("stream_session_5m", 300), ("stream_session_1h", 3600), ("stream_session_1d", 86400)],
        histograms: &[("stream_session_startup_ms_hist_1h", "startup_ms", 3600), ("stream_session_startup_ms_hist_1d", "startup_ms", 86400), ("stream_session_playable_ms_hist_1h", "playable_ms", 3600), ("stream_session_playable_ms_hist_1d", "playable_ms", 86400), ("stream_session_prompt_to_first_frame_ms_hist_1h", "prompt_to_first_frame_ms", 3600), ("stream_session_prompt_to_first_frame_ms_hist_1d", "prompt_to_first_frame_ms", 86400), ("stream_session_e2e_media_ms_hist_1h", "e2e_media_ms", 3600), ("stream_session_e2e_media_ms_hist_1d", "e2e_media_ms", 86400), ("stream_session_output_fps_mean_hist_1h", "output_fps_mean", 3600), ("stream_session_output_fps_mean_hist_1d", "output_fps_mean", 86400)],
        description: "Demand: live AI streams by the time of their request, by gateway, model and region.",
        misleads: "`_n` counts rows that are void, too: use the sums.",
    },
    RollupDef {
        name: "stream_status",
        entity: "stream_status",
        by: &["node", "origin", "pipeline", "orch_url"],
        levels: &[("stream_status_1m", 60), ("stream_status_1h", 3600), ("stream_status_1d", 86400)],
        histograms: &[("stream_status_input_fps_hist_1h", "input_fps", 3600), ("stream_status_input_fps_hist_1d", "input_fps", 86400), ("stream_status_output_fps_hist_1h", "output_fps", 3600), ("stream_status_output_fps_hist_1d", "output_fps", 86400)],
        description: "Frame rates of live AI streams over time, by gateway agent, origin, model and orchestrator.",
        misleads: "Covers every sample, warm-up included; the FPS of a session begins at its first sample above 0 and is computed from rows.",
    },
    RollupDef {
        name: "supply",
        entity: "supply",
        by: &["origin", "orchestrator", "pipeline", "model", "region"],
        levels: &[("supply_1h", 3600), ("supply_1d", 86400)],
        histograms: &[],
        description: "Slots, warm models and prices, as time-weighted sums: slot_s / known_s is the mean number of slots.",
        misleads: "`_n` counts rows that are void, too: use the sums.",
    },
    RollupDef {
        name: "supply_gpu",
        entity: "supply_gpu",
        by: &["origin", "orchestrator", "gpu_name", "region"],
        levels: &[("supply_gpu_1h", 3600), ("supply_gpu_1d", 86400)],
        histograms: &[],
        description: "GPU hours.",
        misleads: "`_n` counts rows that are void, too: use the sums.",
    },
];

/// One look at the machine that an agent runs on: processor, memory, disk, uptime.
pub static HOST: EntityDef = EntityDef {
    number: 1, name: "host", identity: Identity::Sample, class: Class::Extended, visibility: Visibility::Public,
    reporter: "agent", cadence: "10s", retention: "30d", since: 1,
    description: "One look at the machine that an agent runs on: processor, memory, disk, uptime.",
    misleads: "In a container it shows what the kernel lets the container see: memory and disks may be those of the whole machine.",
    fields: &[
        FieldDef { number: 1, name: "interval_ms", ty: FieldType::I64, unit: "ms", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(86400000.0), max_len: 0, rollup: true, distribution: None, since: 1, description: "Time since the previous sample of this process; what the deltas of this row cover.", misleads: "NULL in the first sample after a start." },
        FieldDef { number: 2, name: "cpu_busy_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(6), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: true, distribution: Some((0.001, 1.0)), since: 1, description: "Share of all processor time since the previous sample that was not idle.", misleads: "" },
        FieldDef { number: 3, name: "cpu_count", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(65536.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Logical processors that the operating system schedules on.", misleads: "" },
        FieldDef { number: 4, name: "load_1m", ty: FieldType::F64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(2), min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: true, distribution: None, since: 1, description: "Load average over one minute, as the kernel reports it.", misleads: "" },
        FieldDef { number: 5, name: "load_5m", ty: FieldType::F64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(2), min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Load average over five minutes.", misleads: "" },
        FieldDef { number: 6, name: "load_15m", ty: FieldType::F64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(2), min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Load average over fifteen minutes.", misleads: "" },
        FieldDef { number: 7, name: "mem_total_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Physical memory.", misleads: "" },
        FieldDef { number: 8, name: "mem_used_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 1, description: "Physical memory minus what is available to new programs.", misleads: "" },
        FieldDef { number: 9, name: "mem_available_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Memory that new programs can get without swapping, page cache included.", misleads: "" },
        FieldDef { number: 10, name: "swap_total_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Swap space.", misleads: "" },
        FieldDef { number: 11, name: "swap_used_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 1, description: "Swap space in use.", misleads: "" },
        FieldDef { number: 12, name: "disk_total_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Size of all local disks, each file system counted once.", misleads: "" },
        FieldDef { number: 13, name: "disk_available_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 1, description: "Space on local disks that an ordinary user can still take.", misleads: "" },
        FieldDef { number: 14, name: "disk_read_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 1, description: "Read from local disks since the previous sample.", misleads: "" },
        FieldDef { number: 15, name: "disk_written_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 1, description: "Written to local disks since the previous sample.", misleads: "" },
        FieldDef { number: 16, name: "uptime_s", ty: FieldType::I64, unit: "s", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(10000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Time since the machine started.", misleads: "" },
        FieldDef { number: 17, name: "os", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 1, description: "Operating system and its version.", misleads: "" },
        FieldDef { number: 18, name: "kernel", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Operator, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 1, description: "Kernel version.", misleads: "Helps an attacker to choose an exploit; never public." },
        FieldDef { number: 19, name: "cpu_model", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 1, description: "Processor brand string.", misleads: "" },
    ],
};

/// A row of `host`: One look at the machine that an agent runs on: processor, memory, disk, uptime.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Host {
    /// Time since the previous sample of this process; what the deltas of this row cover. Unit: ms.
    pub interval_ms: Option<i64>,
    /// Share of all processor time since the previous sample that was not idle. Unit: ratio.
    pub cpu_busy_ratio: Option<f64>,
    /// Logical processors that the operating system schedules on. Unit: count.
    pub cpu_count: Option<i64>,
    /// Load average over one minute, as the kernel reports it. Unit: count.
    pub load_1m: Option<f64>,
    /// Load average over five minutes. Unit: count.
    pub load_5m: Option<f64>,
    /// Load average over fifteen minutes. Unit: count.
    pub load_15m: Option<f64>,
    /// Physical memory. Unit: bytes.
    pub mem_total_bytes: Option<i64>,
    /// Physical memory minus what is available to new programs. Unit: bytes.
    pub mem_used_bytes: Option<i64>,
    /// Memory that new programs can get without swapping, page cache included. Unit: bytes.
    pub mem_available_bytes: Option<i64>,
    /// Swap space. Unit: bytes.
    pub swap_total_bytes: Option<i64>,
    /// Swap space in use. Unit: bytes.
    pub swap_used_bytes: Option<i64>,
    /// Size of all local disks, each file system counted once. Unit: bytes.
    pub disk_total_bytes: Option<i64>,
    /// Space on local disks that an ordinary user can still take. Unit: bytes.
    pub disk_available_bytes: Option<i64>,
    /// Read from local disks since the previous sample. Unit: bytes.
    pub disk_read_bytes: Option<i64>,
    /// Written to local disks since the previous sample. Unit: bytes.
    pub disk_written_bytes: Option<i64>,
    /// Time since the machine started. Unit: s.
    pub uptime_s: Option<i64>,
    /// Operating system and its version. Unit: name.
    pub os: Option<Arc<str>>,
    /// Kernel version. Unit: name.
    pub kernel: Option<Arc<str>>,
    /// Processor brand string. Unit: name.
    pub cpu_model: Option<Arc<str>>,
}

impl Host {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &HOST, ts_us, values: vec![
            self.interval_ms.map(Value::I64),
            self.cpu_busy_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.cpu_count.map(Value::I64),
            self.load_1m.filter(|x| x.is_finite()).map(Value::F64),
            self.load_5m.filter(|x| x.is_finite()).map(Value::F64),
            self.load_15m.filter(|x| x.is_finite()).map(Value::F64),
            self.mem_total_bytes.map(Value::I64),
            self.mem_used_bytes.map(Value::I64),
            self.mem_available_bytes.map(Value::I64),
            self.swap_total_bytes.map(Value::I64),
            self.swap_used_bytes.map(Value::I64),
            self.disk_total_bytes.map(Value::I64),
            self.disk_available_bytes.map(Value::I64),
            self.disk_read_bytes.map(Value::I64),
            self.disk_written_bytes.map(Value::I64),
            self.uptime_s.map(Value::I64),
            self.os.map(Value::Text),
            self.kernel.map(Value::Text),
            self.cpu_model.map(Value::Text),
        ] }
    }
}

/// Traffic of one network interface.
pub static INTERFACE: EntityDef = EntityDef {
    number: 2, name: "interface", identity: Identity::Sample, class: Class::Extended, visibility: Visibility::Public,
    reporter: "agent", cadence: "10s", retention: "30d", since: 1,
    description: "Traffic of one network interface.",
    misleads: "Counts every packet of the interface, not only those of the Livepeer node. Interfaces without traffic since the machine started are left out. Loopback (`lo`) is reported, but is no traffic with others: sums over interfaces leave it out.",
    fields: &[
        FieldDef { number: 1, name: "interface", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 1, description: "Name of the interface, as the kernel has it.", misleads: "" },
        FieldDef { number: 2, name: "interval_ms", ty: FieldType::I64, unit: "ms", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(86400000.0), max_len: 0, rollup: true, distribution: None, since: 1, description: "Time since the previous sample; rate = bytes / interval.", misleads: "NULL in the first sample after a start." },
        FieldDef { number: 3, name: "rx_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 1, description: "Received since the previous sample.", misleads: "" },
        FieldDef { number: 4, name: "tx_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 1, description: "Sent since the previous sample.", misleads: "" },
        FieldDef { number: 5, name: "rx_packets", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 1, description: "Packets received since the previous sample.", misleads: "" },
        FieldDef { number: 6, name: "tx_packets", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 1, description: "Packets sent since the previous sample.", misleads: "" },
        FieldDef { number: 7, name: "rx_errors", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 1, description: "Errors on receiving since the previous sample.", misleads: "" },
        FieldDef { number: 8, name: "tx_errors", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 1, description: "Errors on sending since the previous sample.", misleads: "" },
    ],
};

/// A row of `interface`: Traffic of one network interface.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Interface {
    /// Name of the interface, as the kernel has it. Unit: name.
    pub interface: Arc<str>,
    /// Time since the previous sample; rate = bytes / interval. Unit: ms.
    pub interval_ms: Option<i64>,
    /// Received since the previous sample. Unit: bytes.
    pub rx_bytes: Option<i64>,
    /// Sent since the previous sample. Unit: bytes.
    pub tx_bytes: Option<i64>,
    /// Packets received since the previous sample. Unit: count.
    pub rx_packets: Option<i64>,
    /// Packets sent since the previous sample. Unit: count.
    pub tx_packets: Option<i64>,
    /// Errors on receiving since the previous sample. Unit: count.
    pub rx_errors: Option<i64>,
    /// Errors on sending since the previous sample. Unit: count.
    pub tx_errors: Option<i64>,
}

impl Interface {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &INTERFACE, ts_us, values: vec![
            Some(Value::Text(self.interface)),
            self.interval_ms.map(Value::I64),
            self.rx_bytes.map(Value::I64),
            self.tx_bytes.map(Value::I64),
            self.rx_packets.map(Value::I64),
            self.tx_packets.map(Value::I64),
            self.rx_errors.map(Value::I64),
            self.tx_errors.map(Value::I64),
        ] }
    }
}

/// One scrape of a go-livepeer node's own metrics. A metric that the node does not show is NULL: absent is not 0.
pub static LIVEPEER_NODE: EntityDef = EntityDef {
    number: 3, name: "livepeer_node", identity: Identity::Sample, class: Class::Extended, visibility: Visibility::Public,
    reporter: "agent", cadence: "10s", retention: "30d", since: 1,
    description: "One scrape of a go-livepeer node's own metrics. A metric that the node does not show is NULL: absent is not 0.",
    misleads: "What a node says of itself. Counters are turned into differences by the agent; a counter that went down started again from 0.",
    fields: &[
        FieldDef { number: 1, name: "target", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 1, description: "Which of the configured nodes of this agent was read.", misleads: "" },
        FieldDef { number: 2, name: "role", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 1, description: "What the node says it is: gateway, orchestrator, transcoder, redeemer, ai_worker, default.", misleads: "" },
        FieldDef { number: 3, name: "version", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 1, description: "go-livepeer version from `livepeer_versions`.", misleads: "" },
        FieldDef { number: 4, name: "scrape_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(600000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "How long the node took to answer.", misleads: "" },
        FieldDef { number: 5, name: "scrape_series", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Series in the answer.", misleads: "" },
        FieldDef { number: 6, name: "interval_ms", ty: FieldType::I64, unit: "ms", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1209600000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Time since the previous good scrape of this process; what the deltas of this row cover.", misleads: "NULL in the first scrape after a start." },
        FieldDef { number: 7, name: "current_sessions", ty: FieldType::F64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Sessions now. Source: `livepeer_current_sessions_total`.", misleads: "A gauge in spite of its name; stays up a while after the last segment." },
        FieldDef { number: 8, name: "max_sessions", ty: FieldType::F64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Sessions that the node allows. Source: `livepeer_max_sessions_total`.", misleads: "" },
        FieldDef { number: 9, name: "streams_created", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Streams created. Since the previous scrape. Source: `livepeer_stream_created_total`, all its labels added up.", misleads: "" },
        FieldDef { number: 10, name: "streams_started", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Streams started. Since the previous scrape. Source: `livepeer_stream_started_total`, all its labels added up.", misleads: "" },
        FieldDef { number: 11, name: "streams_ended", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Streams ended. Since the previous scrape. Source: `livepeer_stream_ended_total`, all its labels added up.", misleads: "HTTP push raises this one only, not created or started." },
        FieldDef { number: 12, name: "segments_emerged", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Source segments that arrived. Since the previous scrape. Source: `livepeer_segment_source_emerged_total`, all its labels added up.", misleads: "" },
        FieldDef { number: 13, name: "segments_transcoded", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Segments transcoded. Since the previous scrape. Source: `livepeer_segment_transcoded_total`, all its labels added up.", misleads: "" },
        FieldDef { number: 14, name: "segments_transcode_failed", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Segments whose transcoding failed. Since the previous scrape. Source: `livepeer_segment_transcode_failed_total`, all its labels added up.", misleads: "" },
        FieldDef { number: 15, name: "segments_upload_failed", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Segments that could not be sent on. Since the previous scrape. Source: `livepeer_segment_source_upload_failed_total`, all its labels added up.", misleads: "" },
        FieldDef { number: 16, name: "transcode_time_sum_s", ty: FieldType::F64, unit: "s", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(6), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Time spent transcoding. Since the previous scrape. Source: `livepeer_transcode_time_seconds_sum`, all its labels added up.", misleads: "" },
        FieldDef { number: 17, name: "transcode_time_count", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Transcodes timed; the mean is sum / count. Since the previous scrape. Source: `livepeer_transcode_time_seconds_count`, all its labels added up.", misleads: "" },
        FieldDef { number: 18, name: "orchestrator_swaps", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Transcoding swaps. Since the previous scrape. Source: `livepeer_orchestrator_swaps`, all its labels added up.", misleads: "Transcoding only; swaps of live AI streams are events." },
        FieldDef { number: 19, name: "discovery_errors", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Discovery errors. Since the previous scrape. Source: `livepeer_discovery_errors_total`, all its labels added up.", misleads: "" },
        FieldDef { number: 20, name: "success_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(6), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Success rate as the node computes it over its last segments. Source: `livepeer_success_rate`.", misleads: "Stayed 1 with every transcode failing; 1 when nothing ran. Use transcode_failed against emerged." },
        FieldDef { number: 21, name: "tickets_sent", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Payment tickets sent. Since the previous scrape. Source: `livepeer_tickets_sent`, all its labels added up.", misleads: "" },
        FieldDef { number: 22, name: "ticket_value_sent_gwei", ty: FieldType::F64, unit: "gwei", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Expected value of tickets sent. Since the previous scrape. Source: `livepeer_ticket_value_sent`, all its labels added up.", misleads: "" },
        FieldDef { number: 23, name: "tickets_received", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Payment tickets received. Since the previous scrape. Source: `livepeer_tickets_recv`, all its labels added up.", misleads: "" },
        FieldDef { number: 24, name: "ticket_value_received_gwei", ty: FieldType::F64, unit: "gwei", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Expected value of tickets received. Since the previous scrape. Source: `livepeer_ticket_value_recv`, all its labels added up.", misleads: "" },
        FieldDef { number: 25, name: "winning_tickets_received", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Winning tickets received. Since the previous scrape. Source: `livepeer_winning_tickets_recv`, all its labels added up.", misleads: "" },
        FieldDef { number: 26, name: "value_redeemed_gwei", ty: FieldType::F64, unit: "gwei", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Value redeemed on chain. Since the previous scrape. Source: `livepeer_value_redeemed`, all its labels added up.", misleads: "" },
        FieldDef { number: 27, name: "payment_create_errors", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Payments that could not be created. Since the previous scrape. Source: `livepeer_payment_create_errors`, all its labels added up.", misleads: "" },
        FieldDef { number: 28, name: "payment_receive_errors", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Payments that could not be accepted. Since the previous scrape. Source: `livepeer_payment_recv_errors`, all its labels added up.", misleads: "" },
        FieldDef { number: 29, name: "gateway_deposit_gwei", ty: FieldType::F64, unit: "gwei", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Operator, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Deposit of the gateway itself. Source: `livepeer_gateway_deposit`.", misleads: "" },
        FieldDef { number: 30, name: "gateway_reserve_gwei", ty: FieldType::F64, unit: "gwei", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Operator, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Reserve of the gateway itself. Source: `livepeer_gateway_reserve`.", misleads: "" },
        FieldDef { number: 31, name: "mil_pixels_processed", ty: FieldType::F64, unit: "million pixels", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(6), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Pixels processed. Since the previous scrape. Source: `livepeer_mil_pixels_processed`, all its labels added up.", misleads: "" },
        FieldDef { number: 32, name: "ai_requests", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "AI requests per model that finished (gateway) or were processed (orchestrator). Since the previous scrape. Source: `livepeer_ai_models_requested`, all its labels added up.", misleads: "" },
        FieldDef { number: 33, name: "ai_request_errors", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "AI requests that failed. Since the previous scrape. Source: `livepeer_ai_request_errors`, all its labels added up.", misleads: "A gateway counts nothing when its handler panics; its orchestrator counts each of up to 20 tries." },
        FieldDef { number: 34, name: "ai_live_attempts", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Live AI streams tried. Since the previous scrape. Source: `livepeer_ai_live_attempt`, all its labels added up.", misleads: "" },
        FieldDef { number: 35, name: "ai_live_streams", ty: FieldType::F64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Live AI streams now. Source: `livepeer_ai_current_live_pipelines`.", misleads: "" },
        FieldDef { number: 36, name: "ai_containers_in_use", ty: FieldType::F64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "AI containers at work. Source: `livepeer_ai_container_in_use`.", misleads: "On a gateway second-hand, from capability reports up to 25 min old." },
        FieldDef { number: 37, name: "ai_containers_idle", ty: FieldType::F64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "AI containers that wait. Source: `livepeer_ai_container_idle`.", misleads: "On a gateway second-hand, from capability reports up to 25 min old." },
        FieldDef { number: 38, name: "ai_gpus_idle", ty: FieldType::F64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "GPUs that wait for AI work. Source: `livepeer_ai_gpus_idle`.", misleads: "" },
        FieldDef { number: 39, name: "orchestrator_pool_size", ty: FieldType::F64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Orchestrators in the gateway's pool. Source: `livepeer_ai_orchestrators_available_total`.", misleads: "The pool, not those that can serve the model." },
        FieldDef { number: 40, name: "event_send_errors", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Gateway events that go-livepeer dropped before Kafka. Since the previous scrape. Source: `livepeer_kafka_event_send_errors`, all its labels added up.", misleads: "Batches lost after three tries are not counted by go-livepeer." },
    ],
};

/// A row of `livepeer_node`: One scrape of a go-livepeer node's own metrics. A metric that the node does not show is NULL: absent is not 0.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LivepeerNode {
    /// Which of the configured nodes of this agent was read. Unit: name.
    pub target: Arc<str>,
    /// What the node says it is: gateway, orchestrator, transcoder, redeemer, ai_worker, default. Unit: name.
    pub role: Option<Arc<str>>,
    /// go-livepeer version from `livepeer_versions`. Unit: name.
    pub version: Option<Arc<str>>,
    /// How long the node took to answer. Unit: ms.
    pub scrape_ms: Option<f64>,
    /// Series in the answer. Unit: count.
    pub scrape_series: Option<i64>,
    /// Time since the previous good scrape of this process; what the deltas of this row cover. Unit: ms.
    pub interval_ms: Option<i64>,
    /// Sessions now. Source: `livepeer_current_sessions_total`. Unit: count.
    pub current_sessions: Option<f64>,
    /// Sessions that the node allows. Source: `livepeer_max_sessions_total`. Unit: count.
    pub max_sessions: Option<f64>,
    /// Streams created. Since the previous scrape. Source: `livepeer_stream_created_total`, all its labels added up. Unit: count.
    pub streams_created: Option<f64>,
    /// Streams started. Since the previous scrape. Source: `livepeer_stream_started_total`, all its labels added up. Unit: count.
    pub streams_started: Option<f64>,
    /// Streams ended. Since the previous scrape. Source: `livepeer_stream_ended_total`, all its labels added up. Unit: count.
    pub streams_ended: Option<f64>,
    /// Source segments that arrived. Since the previous scrape. Source: `livepeer_segment_source_emerged_total`, all its labels added up. Unit: count.
    pub segments_emerged: Option<f64>,
    /// Segments transcoded. Since the previous scrape. Source: `livepeer_segment_transcoded_total`, all its labels added up. Unit: count.
    pub segments_transcoded: Option<f64>,
    /// Segments whose transcoding failed. Since the previous scrape. Source: `livepeer_segment_transcode_failed_total`, all its labels added up. Unit: count.
    pub segments_transcode_failed: Option<f64>,
    /// Segments that could not be sent on. Since the previous scrape. Source: `livepeer_segment_source_upload_failed_total`, all its labels added up. Unit: count.
    pub segments_upload_failed: Option<f64>,
    /// Time spent transcoding. Since the previous scrape. Source: `livepeer_transcode_time_seconds_sum`, all its labels added up. Unit: s.
    pub transcode_time_sum_s: Option<f64>,
    /// Transcodes timed; the mean is sum / count. Since the previous scrape. Source: `livepeer_transcode_time_seconds_count`, all its labels added up. Unit: count.
    pub transcode_time_count: Option<f64>,
    /// Transcoding swaps. Since the previous scrape. Source: `livepeer_orchestrator_swaps`, all its labels added up. Unit: count.
    pub orchestrator_swaps: Option<f64>,
    /// Discovery errors. Since the previous scrape. Source: `livepeer_discovery_errors_total`, all its labels added up. Unit: count.
    pub discovery_errors: Option<f64>,
    /// Success rate as the node computes it over its last segments. Source: `livepeer_success_rate`. Unit: ratio.
    pub success_ratio: Option<f64>,
    /// Payment tickets sent. Since the previous scrape. Source: `livepeer_tickets_sent`, all its labels added up. Unit: count.
    pub tickets_sent: Option<f64>,
    /// Expected value of tickets sent. Since the previous scrape. Source: `livepeer_ticket_value_sent`, all its labels added up. Unit: gwei.
    pub ticket_value_sent_gwei: Option<f64>,
    /// Payment tickets received. Since the previous scrape. Source: `livepeer_tickets_recv`, all its labels added up. Unit: count.
    pub tickets_received: Option<f64>,
    /// Expected value of tickets received. Since the previous scrape. Source: `livepeer_ticket_value_recv`, all its labels added up. Unit: gwei.
    pub ticket_value_received_gwei: Option<f64>,
    /// Winning tickets received. Since the previous scrape. Source: `livepeer_winning_tickets_recv`, all its labels added up. Unit: count.
    pub winning_tickets_received: Option<f64>,
    /// Value redeemed on chain. Since the previous scrape. Source: `livepeer_value_redeemed`, all its labels added up. Unit: gwei.
    pub value_redeemed_gwei: Option<f64>,
    /// Payments that could not be created. Since the previous scrape. Source: `livepeer_payment_create_errors`, all its labels added up. Unit: count.
    pub payment_create_errors: Option<f64>,
    /// Payments that could not be accepted. Since the previous scrape. Source: `livepeer_payment_recv_errors`, all its labels added up. Unit: count.
    pub payment_receive_errors: Option<f64>,
    /// Deposit of the gateway itself. Source: `livepeer_gateway_deposit`. Unit: gwei.
    pub gateway_deposit_gwei: Option<f64>,
    /// Reserve of the gateway itself. Source: `livepeer_gateway_reserve`. Unit: gwei.
    pub gateway_reserve_gwei: Option<f64>,
    /// Pixels processed. Since the previous scrape. Source: `livepeer_mil_pixels_processed`, all its labels added up. Unit: million pixels.
    pub mil_pixels_processed: Option<f64>,
    /// AI requests per model that finished (gateway) or were processed (orchestrator). Since the previous scrape. Source: `livepeer_ai_models_requested`, all its labels added up. Unit: count.
    pub ai_requests: Option<f64>,
    /// AI requests that failed. Since the previous scrape. Source: `livepeer_ai_request_errors`, all its labels added up. Unit: count.
    pub ai_request_errors: Option<f64>,
    /// Live AI streams tried. Since the previous scrape. Source: `livepeer_ai_live_attempt`, all its labels added up. Unit: count.
    pub ai_live_attempts: Option<f64>,
    /// Live AI streams now. Source: `livepeer_ai_current_live_pipelines`. Unit: count.
    pub ai_live_streams: Option<f64>,
    /// AI containers at work. Source: `livepeer_ai_container_in_use`. Unit: count.
    pub ai_containers_in_use: Option<f64>,
    /// AI containers that wait. Source: `livepeer_ai_container_idle`. Unit: count.
    pub ai_containers_idle: Option<f64>,
    /// GPUs that wait for AI work. Source: `livepeer_ai_gpus_idle`. Unit: count.
    pub ai_gpus_idle: Option<f64>,
    /// Orchestrators in the gateway's pool. Source: `livepeer_ai_orchestrators_available_total`. Unit: count.
    pub orchestrator_pool_size: Option<f64>,
    /// Gateway events that go-livepeer dropped before Kafka. Since the previous scrape. Source: `livepeer_kafka_event_send_errors`, all its labels added up. Unit: count.
    pub event_send_errors: Option<f64>,
}

impl LivepeerNode {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &LIVEPEER_NODE, ts_us, values: vec![
            Some(Value::Text(self.target)),
            self.role.map(Value::Text),
            self.version.map(Value::Text),
            self.scrape_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.scrape_series.map(Value::I64),
            self.interval_ms.map(Value::I64),
            self.current_sessions.filter(|x| x.is_finite()).map(Value::F64),
            self.max_sessions.filter(|x| x.is_finite()).map(Value::F64),
            self.streams_created.filter(|x| x.is_finite()).map(Value::F64),
            self.streams_started.filter(|x| x.is_finite()).map(Value::F64),
            self.streams_ended.filter(|x| x.is_finite()).map(Value::F64),
            self.segments_emerged.filter(|x| x.is_finite()).map(Value::F64),
            self.segments_transcoded.filter(|x| x.is_finite()).map(Value::F64),
            self.segments_transcode_failed.filter(|x| x.is_finite()).map(Value::F64),
            self.segments_upload_failed.filter(|x| x.is_finite()).map(Value::F64),
            self.transcode_time_sum_s.filter(|x| x.is_finite()).map(Value::F64),
            self.transcode_time_count.filter(|x| x.is_finite()).map(Value::F64),
            self.orchestrator_swaps.filter(|x| x.is_finite()).map(Value::F64),
            self.discovery_errors.filter(|x| x.is_finite()).map(Value::F64),
            self.success_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.tickets_sent.filter(|x| x.is_finite()).map(Value::F64),
            self.ticket_value_sent_gwei.filter(|x| x.is_finite()).map(Value::F64),
            self.tickets_received.filter(|x| x.is_finite()).map(Value::F64),
            self.ticket_value_received_gwei.filter(|x| x.is_finite()).map(Value::F64),
            self.winning_tickets_received.filter(|x| x.is_finite()).map(Value::F64),
            self.value_redeemed_gwei.filter(|x| x.is_finite()).map(Value::F64),
            self.payment_create_errors.filter(|x| x.is_finite()).map(Value::F64),
            self.payment_receive_errors.filter(|x| x.is_finite()).map(Value::F64),
            self.gateway_deposit_gwei.filter(|x| x.is_finite()).map(Value::F64),
            self.gateway_reserve_gwei.filter(|x| x.is_finite()).map(Value::F64),
            self.mil_pixels_processed.filter(|x| x.is_finite()).map(Value::F64),
            self.ai_requests.filter(|x| x.is_finite()).map(Value::F64),
            self.ai_request_errors.filter(|x| x.is_finite()).map(Value::F64),
            self.ai_live_attempts.filter(|x| x.is_finite()).map(Value::F64),
            self.ai_live_streams.filter(|x| x.is_finite()).map(Value::F64),
            self.ai_containers_in_use.filter(|x| x.is_finite()).map(Value::F64),
            self.ai_containers_idle.filter(|x| x.is_finite()).map(Value::F64),
            self.ai_gpus_idle.filter(|x| x.is_finite()).map(Value::F64),
            self.orchestrator_pool_size.filter(|x| x.is_finite()).map(Value::F64),
            self.event_send_errors.filter(|x| x.is_finite()).map(Value::F64),
        ] }
    }
}

/// The agent on itself: what it is, how much waits, what it lost.
pub static AGENT: EntityDef = EntityDef {
    number: 4, name: "agent", identity: Identity::Sample, class: Class::Extended, visibility: Visibility::Public,
    reporter: "agent", cadence: "10s", retention: "30d", since: 1,
    description: "The agent on itself: what it is, how much waits, what it lost.",
    misleads: "Written by the agent that it describes; a dead agent writes nothing.",
    fields: &[
        FieldDef { number: 1, name: "kind", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 1, description: "What kind of node this is: host, gateway, orchestrator or replay. From configuration, else from the go-livepeer node found.", misleads: "" },
        FieldDef { number: 2, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 1, description: "Where the node's traffic comes from: organic, test, replayed or simulated.", misleads: "" },
        FieldDef { number: 3, name: "region", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 1, description: "Region from the agent's configuration.", misleads: "" },
        FieldDef { number: 4, name: "version", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 1, description: "Version of the agent.", misleads: "" },
        FieldDef { number: 5, name: "schema_version", ty: FieldType::I64, unit: "version", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Schema version of the agent.", misleads: "" },
        FieldDef { number: 6, name: "skew_ms", ty: FieldType::I64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(-10000000000000.0), max: Some(10000000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Agent's clock minus collector's clock at the last connection, half a round trip uncertain.", misleads: "" },
        FieldDef { number: 7, name: "rows_taken", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Rows taken since the previous row of this entity.", misleads: "" },
        FieldDef { number: 8, name: "rows_pending", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Rows taken that no ack covers yet.", misleads: "" },
        FieldDef { number: 9, name: "bytes_pending", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Size of these rows as frames.", misleads: "" },
        FieldDef { number: 10, name: "rows_evicted", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Rows dropped because the queue was full; each is in a gap row too.", misleads: "" },
        FieldDef { number: 11, name: "rows_rejected", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Rows that the collector refused for good.", misleads: "" },
        FieldDef { number: 12, name: "bytes_sent", ty: FieldType::I64, unit: "bytes", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Sent to the collector as frames.", misleads: "" },
        FieldDef { number: 13, name: "connects", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Connections made to the collector.", misleads: "" },
        FieldDef { number: 14, name: "rss_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Memory of the agent process.", misleads: "" },
        FieldDef { number: 15, name: "cpu_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(1), min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Processor time used by the agent process since the previous row.", misleads: "" },
        FieldDef { number: 16, name: "spool", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 2, description: "Where rows wait: disk, or memory if no disk took all of them.", misleads: "memory also says that rows taken earlier still wait there, though newer ones are on disk." },
    ],
};

/// A row of `agent`: The agent on itself: what it is, how much waits, what it lost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Agent {
    /// What kind of node this is: host, gateway, orchestrator or replay. From configuration, else from the go-livepeer node found. Unit: name.
    pub kind: Option<Arc<str>>,
    /// Where the node's traffic comes from: organic, test, replayed or simulated. Unit: name.
    pub origin: Option<Arc<str>>,
    /// Region from the agent's configuration. Unit: name.
    pub region: Option<Arc<str>>,
    /// Version of the agent. Unit: name.
    pub version: Option<Arc<str>>,
    /// Schema version of the agent. Unit: version.
    pub schema_version: Option<i64>,
    /// Agent's clock minus collector's clock at the last connection, half a round trip uncertain. Unit: ms.
    pub skew_ms: Option<i64>,
    /// Rows taken since the previous row of this entity. Unit: count.
    pub rows_taken: Option<i64>,
    /// Rows taken that no ack covers yet. Unit: count.
    pub rows_pending: Option<i64>,
    /// Size of these rows as frames. Unit: bytes.
    pub bytes_pending: Option<i64>,
    /// Rows dropped because the queue was full; each is in a gap row too. Unit: count.
    pub rows_evicted: Option<i64>,
    /// Rows that the collector refused for good. Unit: count.
    pub rows_rejected: Option<i64>,
    /// Sent to the collector as frames. Unit: bytes.
    pub bytes_sent: Option<i64>,
    /// Connections made to the collector. Unit: count.
    pub connects: Option<i64>,
    /// Memory of the agent process. Unit: bytes.
    pub rss_bytes: Option<i64>,
    /// Processor time used by the agent process since the previous row. Unit: ms.
    pub cpu_ms: Option<f64>,
    /// Where rows wait: disk, or memory if no disk took all of them. Unit: name.
    pub spool: Option<Arc<str>>,
}

impl Agent {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &AGENT, ts_us, values: vec![
            self.kind.map(Value::Text),
            self.origin.map(Value::Text),
            self.region.map(Value::Text),
            self.version.map(Value::Text),
            self.schema_version.map(Value::I64),
            self.skew_ms.map(Value::I64),
            self.rows_taken.map(Value::I64),
            self.rows_pending.map(Value::I64),
            self.bytes_pending.map(Value::I64),
            self.rows_evicted.map(Value::I64),
            self.rows_rejected.map(Value::I64),
            self.bytes_sent.map(Value::I64),
            self.connects.map(Value::I64),
            self.rss_bytes.map(Value::I64),
            self.cpu_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.spool.map(Value::Text),
        ] }
    }
}

/// How one source of an agent is doing: reads, failures, what it dropped and why.
pub static AGENT_SOURCE: EntityDef = EntityDef {
    number: 5, name: "agent_source", identity: Identity::Sample, class: Class::Extended, visibility: Visibility::Public,
    reporter: "agent", cadence: "10s", retention: "30d", since: 1,
    description: "How one source of an agent is doing: reads, failures, what it dropped and why.",
    misleads: "A source that hangs shows as failures with kind `timeout`, not as silence.",
    fields: &[
        FieldDef { number: 1, name: "source", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 1, description: "Name of the source, as in the configuration.", misleads: "" },
        FieldDef { number: 2, name: "reads", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Reads that succeeded since the previous row.", misleads: "" },
        FieldDef { number: 3, name: "failures", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Reads that failed since the previous row.", misleads: "" },
        FieldDef { number: 4, name: "failure_kind", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 1, description: "Kind of the newest failure since the previous row: timeout, connect, http, too_large, io, child, device, panic. NULL: none.", misleads: "" },
        FieldDef { number: 5, name: "rows", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Rows that the source gave since the previous row.", misleads: "" },
        FieldDef { number: 6, name: "dropped", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Input items (events, series) dropped since the previous row.", misleads: "" },
        FieldDef { number: 7, name: "drop_kind", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 1, description: "Kind of the newest drop: malformed, too_long, unknown_type, bad_time, noise, series_limit, wrong_topic. NULL: none.", misleads: "" },
        FieldDef { number: 8, name: "read_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "How long the newest successful read took.", misleads: "" },
    ],
};

/// A row of `agent_source`: How one source of an agent is doing: reads, failures, what it dropped and why.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AgentSource {
    /// Name of the source, as in the configuration. Unit: name.
    pub source: Arc<str>,
    /// Reads that succeeded since the previous row. Unit: count.
    pub reads: Option<i64>,
    /// Reads that failed since the previous row. Unit: count.
    pub failures: Option<i64>,
    /// Kind of the newest failure since the previous row: timeout, connect, http, too_large, io, child, device, panic. NULL: none. Unit: name.
    pub failure_kind: Option<Arc<str>>,
    /// Rows that the source gave since the previous row. Unit: count.
    pub rows: Option<i64>,
    /// Input items (events, series) dropped since the previous row. Unit: count.
    pub dropped: Option<i64>,
    /// Kind of the newest drop: malformed, too_long, unknown_type, bad_time, noise, series_limit, wrong_topic. NULL: none. Unit: name.
    pub drop_kind: Option<Arc<str>>,
    /// How long the newest successful read took. Unit: ms.
    pub read_ms: Option<f64>,
}

impl AgentSource {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &AGENT_SOURCE, ts_us, values: vec![
            Some(Value::Text(self.source)),
            self.reads.map(Value::I64),
            self.failures.map(Value::I64),
            self.failure_kind.map(Value::Text),
            self.rows.map(Value::I64),
            self.dropped.map(Value::I64),
            self.drop_kind.map(Value::Text),
            self.read_ms.filter(|x| x.is_finite()).map(Value::F64),
        ] }
    }
}

/// Rows that were taken and will never be stored, declared by range.
pub static GAP: EntityDef = EntityDef {
    number: 6, name: "gap", identity: Identity::Sample, class: Class::Operational, visibility: Visibility::Public,
    reporter: "agent", cadence: "on event", retention: "13mo", since: 1,
    description: "Rows that were taken and will never be stored, declared by range.",
    misleads: "One row per range. A gap in the data without a gap row is a defect, not a declared loss.",
    fields: &[
        FieldDef { number: 1, name: "of_epoch", ty: FieldType::I64, unit: "epoch", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "Epoch of the rows that are lost.", misleads: "" },
        FieldDef { number: 2, name: "from_seq", ty: FieldType::I64, unit: "seq", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: Some(1.0), max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "First lost row.", misleads: "" },
        FieldDef { number: 3, name: "to_seq", ty: FieldType::I64, unit: "seq", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: Some(1.0), max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "Last lost row.", misleads: "" },
        FieldDef { number: 4, name: "rows", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: true, visibility: Visibility::Public, scale: None, min: Some(1.0), max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "Rows lost.", misleads: "" },
        FieldDef { number: 5, name: "reason", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 1, description: "evicted (queue full), schema (collector too old for them), quarantined (refused frame), unreadable.", misleads: "" },
    ],
};

/// A row of `gap`: Rows that were taken and will never be stored, declared by range.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gap {
    /// Epoch of the rows that are lost. Unit: epoch.
    pub of_epoch: i64,
    /// First lost row. Unit: seq.
    pub from_seq: i64,
    /// Last lost row. Unit: seq.
    pub to_seq: i64,
    /// Rows lost. Unit: count.
    pub rows: i64,
    /// evicted (queue full), schema (collector too old for them), quarantined (refused frame), unreadable. Unit: name.
    pub reason: Arc<str>,
}

impl Gap {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &GAP, ts_us, values: vec![
            Some(Value::I64(self.of_epoch)),
            Some(Value::I64(self.from_seq)),
            Some(Value::I64(self.to_seq)),
            Some(Value::I64(self.rows)),
            Some(Value::Text(self.reason)),
        ] }
    }
}

/// A step of the agent's wall clock of more than 1 s against its monotonic clock.
pub static CLOCK_STEP: EntityDef = EntityDef {
    number: 7, name: "clock_step", identity: Identity::Sample, class: Class::Operational, visibility: Visibility::Public,
    reporter: "agent", cadence: "on event", retention: "13mo", since: 1,
    description: "A step of the agent's wall clock of more than 1 s against its monotonic clock.",
    misleads: "Times are never corrected; order within an epoch is the sequence number.",
    fields: &[
        FieldDef { number: 1, name: "step_ms", ty: FieldType::I64, unit: "ms", kind: Kind::Gauge, key: false, required: true, visibility: Visibility::Public, scale: None, min: Some(-10000000000000.0), max: Some(10000000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "New wall clock minus the expected one.", misleads: "" },
    ],
};

/// A row of `clock_step`: A step of the agent's wall clock of more than 1 s against its monotonic clock.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClockStep {
    /// New wall clock minus the expected one. Unit: ms.
    pub step_ms: i64,
}

impl ClockStep {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &CLOCK_STEP, ts_us, values: vec![
            Some(Value::I64(self.step_ms)),
        ] }
    }
}

/// A step in the life of a live AI stream, as gateway or runner saw it.
pub static STREAM_TRACE: EntityDef = EntityDef {
    number: 8, name: "stream_trace", identity: Identity::Event, class: Class::Operational, visibility: Visibility::Public,
    reporter: "gateway", cadence: "on event", retention: "13mo", since: 1,
    description: "A step in the life of a live AI stream, as gateway or runner saw it.",
    misleads: "Runner steps carry the runner's clock. `orchestrator_swap` has no time of its own and names the orchestrator that was left.",
    fields: &[
        FieldDef { number: 1, name: "event_id", ty: FieldType::Uuid, unit: "uuid", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "Id of the envelope. An id that is no UUID is hashed into one.", misleads: "" },
        FieldDef { number: 2, name: "item", ty: FieldType::I64, unit: "index", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Number of this row among those of the event, from 0.", misleads: "" },
        FieldDef { number: 3, name: "gateway_label", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 1, description: "`gateway` of the envelope, when filled; the value of -gatewayHost.", misleads: "" },
        FieldDef { number: 4, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 1, description: "organic, test, replayed or simulated; from the agent's configuration.", misleads: "" },
        FieldDef { number: 5, name: "stream_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Stream.", misleads: "" },
        FieldDef { number: 6, name: "request_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Request; a session is a stream id and a request id.", misleads: "" },
        FieldDef { number: 7, name: "pipeline_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Pipeline id, mostly empty.", misleads: "" },
        FieldDef { number: 8, name: "trace_type", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 96, rollup: false, distribution: None, since: 1, description: "Kind of the step, for example gateway_receive_stream_request.", misleads: "" },
        FieldDef { number: 9, name: "data_ts", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "`data.timestamp`; the clock of whoever made the event.", misleads: "" },
        FieldDef { number: 10, name: "orch_address", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 1, description: "Address in `orchestrator_info`, lower case: the hot wallet, not the on-chain address.", misleads: "Several orchestrators may share a hot wallet." },
        FieldDef { number: 11, name: "orch_url", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Service URI in `orchestrator_info`.", misleads: "" },
        FieldDef { number: 12, name: "pipeline", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 1, description: "Model-like name that the gateway puts here (swaps only).", misleads: "" },
        FieldDef { number: 13, name: "message", ty: FieldType::Text, unit: "text", kind: Kind::Label, key: false, required: false, visibility: Visibility::Operator, scale: None, min: None, max: None, max_len: 2048, rollup: false, distribution: None, since: 1, description: "Reason of a swap, as text.", misleads: "Free text of the node; may hold addresses." },
        FieldDef { number: 14, name: "duration_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "How long the stream ran (stream_stopped of a fork).", misleads: "" },
        FieldDef { number: 15, name: "swap_count", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Swaps of the stream (stream_stopped of a fork).", misleads: "" },
    ],
};

/// A row of `stream_trace`: A step in the life of a live AI stream, as gateway or runner saw it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StreamTrace {
    /// Id of the envelope. An id that is no UUID is hashed into one. Unit: uuid.
    pub event_id: uuid::Uuid,
    /// Number of this row among those of the event, from 0. Unit: index.
    pub item: i64,
    /// `gateway` of the envelope, when filled; the value of -gatewayHost. Unit: name.
    pub gateway_label: Option<Arc<str>>,
    /// organic, test, replayed or simulated; from the agent's configuration. Unit: name.
    pub origin: Arc<str>,
    /// Stream. Unit: id.
    pub stream_id: Option<Arc<str>>,
    /// Request; a session is a stream id and a request id. Unit: id.
    pub request_id: Option<Arc<str>>,
    /// Pipeline id, mostly empty. Unit: id.
    pub pipeline_id: Option<Arc<str>>,
    /// Kind of the step, for example gateway_receive_stream_request. Unit: name.
    pub trace_type: Arc<str>,
    /// `data.timestamp`; the clock of whoever made the event. Unit: time.
    pub data_ts: Option<i64>,
    /// Address in `orchestrator_info`, lower case: the hot wallet, not the on-chain address. Unit: address.
    pub orch_address: Option<Arc<str>>,
    /// Service URI in `orchestrator_info`. Unit: url.
    pub orch_url: Option<Arc<str>>,
    /// Model-like name that the gateway puts here (swaps only). Unit: name.
    pub pipeline: Option<Arc<str>>,
    /// Reason of a swap, as text. Unit: text.
    pub message: Option<Arc<str>>,
    /// How long the stream ran (stream_stopped of a fork). Unit: ms.
    pub duration_ms: Option<f64>,
    /// Swaps of the stream (stream_stopped of a fork). Unit: count.
    pub swap_count: Option<i64>,
}

impl StreamTrace {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &STREAM_TRACE, ts_us, values: vec![
            Some(Value::Uuid(self.event_id)),
            Some(Value::I64(self.item)),
            self.gateway_label.map(Value::Text),
            Some(Value::Text(self.origin)),
            self.stream_id.map(Value::Text),
            self.request_id.map(Value::Text),
            self.pipeline_id.map(Value::Text),
            Some(Value::Text(self.trace_type)),
            self.data_ts.map(Value::I64),
            self.orch_address.map(Value::Text),
            self.orch_url.map(Value::Text),
            self.pipeline.map(Value::Text),
            self.message.map(Value::Text),
            self.duration_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.swap_count.map(Value::I64),
        ] }
    }
}

/// State of a live AI stream, from its runner, every 10 s.
pub static STREAM_STATUS: EntityDef = EntityDef {
    number: 9, name: "stream_status", identity: Identity::Event, class: Class::Operational, visibility: Visibility::Public,
    reporter: "gateway", cadence: "on event", retention: "13mo", since: 1,
    description: "State of a live AI stream, from its runner, every 10 s.",
    misleads: "Times inside are the runner's clock. FPS are over the last 10 s window; the first may be 0 while the model warms up. Prompts and logs of the event are never read.",
    fields: &[
        FieldDef { number: 1, name: "event_id", ty: FieldType::Uuid, unit: "uuid", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "Id of the envelope. An id that is no UUID is hashed into one.", misleads: "" },
        FieldDef { number: 2, name: "item", ty: FieldType::I64, unit: "index", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Number of this row among those of the event, from 0.", misleads: "" },
        FieldDef { number: 3, name: "gateway_label", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 1, description: "`gateway` of the envelope, when filled; the value of -gatewayHost.", misleads: "" },
        FieldDef { number: 4, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 1, description: "organic, test, replayed or simulated; from the agent's configuration.", misleads: "" },
        FieldDef { number: 5, name: "stream_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Stream.", misleads: "" },
        FieldDef { number: 6, name: "request_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Request; a session is a stream id and a request id.", misleads: "" },
        FieldDef { number: 7, name: "pipeline_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Pipeline id, mostly empty.", misleads: "" },
        FieldDef { number: 8, name: "pipeline", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 1, description: "Model-like pipeline name.", misleads: "" },
        FieldDef { number: 9, name: "state", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 1, description: "LOADING, OFFLINE, ONLINE, DEGRADED_INPUT, DEGRADED_INFERENCE or ERROR.", misleads: "" },
        FieldDef { number: 10, name: "data_ts", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "`data.timestamp`; the clock of whoever made the event.", misleads: "" },
        FieldDef { number: 11, name: "start_time", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "When the runner began with the stream (runner's clock).", misleads: "" },
        FieldDef { number: 12, name: "input_fps", ty: FieldType::F64, unit: "fps", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(100000.0), max_len: 0, rollup: true, distribution: Some((0.1, 1000.0)), since: 1, description: "Frames per second into the model.", misleads: "" },
        FieldDef { number: 13, name: "output_fps", ty: FieldType::F64, unit: "fps", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(100000.0), max_len: 0, rollup: true, distribution: Some((0.1, 1000.0)), since: 1, description: "Frames per second out of the model.", misleads: "" },
        FieldDef { number: 14, name: "last_input_time", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "When the last frame came in.", misleads: "" },
        FieldDef { number: 15, name: "last_output_time", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "When the last frame went out.", misleads: "" },
        FieldDef { number: 16, name: "restart_count", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Restarts of the pipeline process so far.", misleads: "" },
        FieldDef { number: 17, name: "last_restart_time", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "When it restarted last.", misleads: "" },
        FieldDef { number: 18, name: "last_error", ty: FieldType::Text, unit: "text", kind: Kind::Label, key: false, required: false, visibility: Visibility::Operator, scale: None, min: None, max: None, max_len: 2048, rollup: false, distribution: None, since: 1, description: "Newest error of the pipeline process.", misleads: "Free text of the runner." },
        FieldDef { number: 19, name: "last_error_time", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "When that was.", misleads: "" },
        FieldDef { number: 20, name: "orch_address", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 1, description: "Address in `orchestrator_info`, lower case: the hot wallet, not the on-chain address.", misleads: "Several orchestrators may share a hot wallet." },
        FieldDef { number: 21, name: "orch_url", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Service URI in `orchestrator_info`.", misleads: "" },
    ],
};

/// A row of `stream_status`: State of a live AI stream, from its runner, every 10 s.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StreamStatus {
    /// Id of the envelope. An id that is no UUID is hashed into one. Unit: uuid.
    pub event_id: uuid::Uuid,
    /// Number of this row among those of the event, from 0. Unit: index.
    pub item: i64,
    /// `gateway` of the envelope, when filled; the value of -gatewayHost. Unit: name.
    pub gateway_label: Option<Arc<str>>,
    /// organic, test, replayed or simulated; from the agent's configuration. Unit: name.
    pub origin: Arc<str>,
    /// Stream. Unit: id.
    pub stream_id: Option<Arc<str>>,
    /// Request; a session is a stream id and a request id. Unit: id.
    pub request_id: Option<Arc<str>>,
    /// Pipeline id, mostly empty. Unit: id.
    pub pipeline_id: Option<Arc<str>>,
    /// Model-like pipeline name. Unit: name.
    pub pipeline: Option<Arc<str>>,
    /// LOADING, OFFLINE, ONLINE, DEGRADED_INPUT, DEGRADED_INFERENCE or ERROR. Unit: name.
    pub state: Option<Arc<str>>,
    /// `data.timestamp`; the clock of whoever made the event. Unit: time.
    pub data_ts: Option<i64>,
    /// When the runner began with the stream (runner's clock). Unit: time.
    pub start_time: Option<i64>,
    /// Frames per second into the model. Unit: fps.
    pub input_fps: Option<f64>,
    /// Frames per second out of the model. Unit: fps.
    pub output_fps: Option<f64>,
    /// When the last frame came in. Unit: time.
    pub last_input_time: Option<i64>,
    /// When the last frame went out. Unit: time.
    pub last_output_time: Option<i64>,
    /// Restarts of the pipeline process so far. Unit: count.
    pub restart_count: Option<i64>,
    /// When it restarted last. Unit: time.
    pub last_restart_time: Option<i64>,
    /// Newest error of the pipeline process. Unit: text.
    pub last_error: Option<Arc<str>>,
    /// When that was. Unit: time.
    pub last_error_time: Option<i64>,
    /// Address in `orchestrator_info`, lower case: the hot wallet, not the on-chain address. Unit: address.
    pub orch_address: Option<Arc<str>>,
    /// Service URI in `orchestrator_info`. Unit: url.
    pub orch_url: Option<Arc<str>>,
}

impl StreamStatus {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &STREAM_STATUS, ts_us, values: vec![
            Some(Value::Uuid(self.event_id)),
            Some(Value::I64(self.item)),
            self.gateway_label.map(Value::Text),
            Some(Value::Text(self.origin)),
            self.stream_id.map(Value::Text),
            self.request_id.map(Value::Text),
            self.pipeline_id.map(Value::Text),
            self.pipeline.map(Value::Text),
            self.state.map(Value::Text),
            self.data_ts.map(Value::I64),
            self.start_time.map(Value::I64),
            self.input_fps.filter(|x| x.is_finite()).map(Value::F64),
            self.output_fps.filter(|x| x.is_finite()).map(Value::F64),
            self.last_input_time.map(Value::I64),
            self.last_output_time.map(Value::I64),
            self.restart_count.map(Value::I64),
            self.last_restart_time.map(Value::I64),
            self.last_error.map(Value::Text),
            self.last_error_time.map(Value::I64),
            self.orch_address.map(Value::Text),
            self.orch_url.map(Value::Text),
        ] }
    }
}

/// Something that happened to a live AI stream: an error, a restart, a change of parameters.
pub static STREAM_EVENT: EntityDef = EntityDef {
    number: 10, name: "stream_event", identity: Identity::Event, class: Class::Operational, visibility: Visibility::Public,
    reporter: "gateway", cadence: "on event", retention: "13mo", since: 1,
    description: "Something that happened to a live AI stream: an error, a restart, a change of parameters.",
    misleads: "A normal end emits one or two errors too. Parameters (prompts) and restart logs of the event are never read.",
    fields: &[
        FieldDef { number: 1, name: "event_id", ty: FieldType::Uuid, unit: "uuid", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "Id of the envelope. An id that is no UUID is hashed into one.", misleads: "" },
        FieldDef { number: 2, name: "item", ty: FieldType::I64, unit: "index", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Number of this row among those of the event, from 0.", misleads: "" },
        FieldDef { number: 3, name: "gateway_label", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 1, description: "`gateway` of the envelope, when filled; the value of -gatewayHost.", misleads: "" },
        FieldDef { number: 4, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 1, description: "organic, test, replayed or simulated; from the agent's configuration.", misleads: "" },
        FieldDef { number: 5, name: "stream_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Stream.", misleads: "" },
        FieldDef { number: 6, name: "request_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Request; a session is a stream id and a request id.", misleads: "" },
        FieldDef { number: 7, name: "pipeline_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Pipeline id, mostly empty.", misleads: "" },
        FieldDef { number: 8, name: "event_type", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 96, rollup: false, distribution: None, since: 1, description: "error, restart, params_update or what the runner names it.", misleads: "" },
        FieldDef { number: 9, name: "data_ts", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "`time` or `timestamp` of the data, where there is one.", misleads: "" },
        FieldDef { number: 10, name: "pipeline", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 1, description: "Model-like pipeline name.", misleads: "" },
        FieldDef { number: 11, name: "capability", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 1, description: "Capability, mostly empty.", misleads: "" },
        FieldDef { number: 12, name: "message", ty: FieldType::Text, unit: "text", kind: Kind::Label, key: false, required: false, visibility: Visibility::Operator, scale: None, min: None, max: None, max_len: 2048, rollup: false, distribution: None, since: 1, description: "Error text.", misleads: "Free text; may hold addresses and ports." },
        FieldDef { number: 13, name: "restart_count", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Restarts so far (restart events).", misleads: "" },
        FieldDef { number: 14, name: "restart_time", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "When it restarted (restart events).", misleads: "" },
        FieldDef { number: 15, name: "orch_address", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 1, description: "Address in `orchestrator_info`, lower case: the hot wallet, not the on-chain address.", misleads: "Several orchestrators may share a hot wallet." },
        FieldDef { number: 16, name: "orch_url", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Service URI in `orchestrator_info`.", misleads: "" },
    ],
};

/// A row of `stream_event`: Something that happened to a live AI stream: an error, a restart, a change of parameters.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StreamEvent {
    /// Id of the envelope. An id that is no UUID is hashed into one. Unit: uuid.
    pub event_id: uuid::Uuid,
    /// Number of this row among those of the event, from 0. Unit: index.
    pub item: i64,
    /// `gateway` of the envelope, when filled; the value of -gatewayHost. Unit: name.
    pub gateway_label: Option<Arc<str>>,
    /// organic, test, replayed or simulated; from the agent's configuration. Unit: name.
    pub origin: Arc<str>,
    /// Stream. Unit: id.
    pub stream_id: Option<Arc<str>>,
    /// Request; a session is a stream id and a request id. Unit: id.
    pub request_id: Option<Arc<str>>,
    /// Pipeline id, mostly empty. Unit: id.
    pub pipeline_id: Option<Arc<str>>,
    /// error, restart, params_update or what the runner names it. Unit: name.
    pub event_type: Arc<str>,
    /// `time` or `timestamp` of the data, where there is one. Unit: time.
    pub data_ts: Option<i64>,
    /// Model-like pipeline name. Unit: name.
    pub pipeline: Option<Arc<str>>,
    /// Capability, mostly empty. Unit: name.
    pub capability: Option<Arc<str>>,
    /// Error text. Unit: text.
    pub message: Option<Arc<str>>,
    /// Restarts so far (restart events). Unit: count.
    pub restart_count: Option<i64>,
    /// When it restarted (restart events). Unit: time.
    pub restart_time: Option<i64>,
    /// Address in `orchestrator_info`, lower case: the hot wallet, not the on-chain address. Unit: address.
    pub orch_address: Option<Arc<str>>,
    /// Service URI in `orchestrator_info`. Unit: url.
    pub orch_url: Option<Arc<str>>,
}

impl StreamEvent {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &STREAM_EVENT, ts_us, values: vec![
            Some(Value::Uuid(self.event_id)),
            Some(Value::I64(self.item)),
            self.gateway_label.map(Value::Text),
            Some(Value::Text(self.origin)),
            self.stream_id.map(Value::Text),
            self.request_id.map(Value::Text),
            self.pipeline_id.map(Value::Text),
            Some(Value::Text(self.event_type)),
            self.data_ts.map(Value::I64),
            self.pipeline.map(Value::Text),
            self.capability.map(Value::Text),
            self.message.map(Value::Text),
            self.restart_count.map(Value::I64),
            self.restart_time.map(Value::I64),
            self.orch_address.map(Value::Text),
            self.orch_url.map(Value::Text),
        ] }
    }
}

/// What the gateway received of a stream over WHIP, every 5 s. Item 0 is the connection, items from 1 on are its tracks.
pub static STREAM_INGEST: EntityDef = EntityDef {
    number: 11, name: "stream_ingest", identity: Identity::Event, class: Class::Operational, visibility: Visibility::Public,
    reporter: "gateway", cadence: "on event", retention: "13mo", since: 1,
    description: "What the gateway received of a stream over WHIP, every 5 s. Item 0 is the connection, items from 1 on are its tracks.",
    misleads: "Count samples by item 0. Bytes are cumulative per connection: a smaller value starts a new count. Sent bytes are RTCP feedback, not download.",
    fields: &[
        FieldDef { number: 1, name: "event_id", ty: FieldType::Uuid, unit: "uuid", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "Id of the envelope. An id that is no UUID is hashed into one.", misleads: "" },
        FieldDef { number: 2, name: "item", ty: FieldType::I64, unit: "index", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Number of this row among those of the event, from 0.", misleads: "" },
        FieldDef { number: 3, name: "gateway_label", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 1, description: "`gateway` of the envelope, when filled; the value of -gatewayHost.", misleads: "" },
        FieldDef { number: 4, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 1, description: "organic, test, replayed or simulated; from the agent's configuration.", misleads: "" },
        FieldDef { number: 5, name: "stream_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Stream.", misleads: "" },
        FieldDef { number: 6, name: "request_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Request; a session is a stream id and a request id.", misleads: "" },
        FieldDef { number: 7, name: "pipeline_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Pipeline id, mostly empty.", misleads: "" },
        FieldDef { number: 8, name: "data_ts", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "`data.timestamp`; the clock of whoever made the event.", misleads: "" },
        FieldDef { number: 9, name: "bytes_received", ty: FieldType::I64, unit: "bytes", kind: Kind::Counter, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Received from the sender on this connection so far (item 0).", misleads: "" },
        FieldDef { number: 10, name: "bytes_sent", ty: FieldType::I64, unit: "bytes", kind: Kind::Counter, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Sent to the sender on this connection so far (item 0).", misleads: "" },
        FieldDef { number: 11, name: "conn_quality", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 1, description: "good or bad, as the gateway judges it (item 0).", misleads: "" },
        FieldDef { number: 12, name: "track", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 1, description: "video or audio (tracks).", misleads: "" },
        FieldDef { number: 13, name: "jitter_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "RTP interarrival jitter of the input (tracks).", misleads: "" },
        FieldDef { number: 14, name: "packets_lost", ty: FieldType::I64, unit: "count", kind: Kind::Counter, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(-4.611686018427388e18), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Packets lost so far; RTP may count below 0 (tracks).", misleads: "" },
        FieldDef { number: 15, name: "packets_received", ty: FieldType::I64, unit: "count", kind: Kind::Counter, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Packets received so far (tracks).", misleads: "" },
        FieldDef { number: 16, name: "packet_loss_pct", ty: FieldType::F64, unit: "percent", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(100.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Loss as the gateway computes it (tracks).", misleads: "" },
        FieldDef { number: 17, name: "rtt_ns", ty: FieldType::I64, unit: "ns", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Round trip time (tracks).", misleads: "" },
        FieldDef { number: 18, name: "last_input_s", ty: FieldType::F64, unit: "s", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(-1000000000000.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Media time of the last input (tracks).", misleads: "" },
        FieldDef { number: 19, name: "last_output_s", ty: FieldType::F64, unit: "s", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(-1000000000000.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Media time of the last output; 0: nothing came out yet (tracks).", misleads: "" },
        FieldDef { number: 20, name: "latency_s", ty: FieldType::F64, unit: "s", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(-1000000000000.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Input minus output media time (tracks).", misleads: "Only valid where last_output_s is above 0, from go-livepeer 0.8.10 on." },
    ],
};

/// A row of `stream_ingest`: What the gateway received of a stream over WHIP, every 5 s. Item 0 is the connection, items from 1 on are its tracks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StreamIngest {
    /// Id of the envelope. An id that is no UUID is hashed into one. Unit: uuid.
    pub event_id: uuid::Uuid,
    /// Number of this row among those of the event, from 0. Unit: index.
    pub item: i64,
    /// `gateway` of the envelope, when filled; the value of -gatewayHost. Unit: name.
    pub gateway_label: Option<Arc<str>>,
    /// organic, test, replayed or simulated; from the agent's configuration. Unit: name.
    pub origin: Arc<str>,
    /// Stream. Unit: id.
    pub stream_id: Option<Arc<str>>,
    /// Request; a session is a stream id and a request id. Unit: id.
    pub request_id: Option<Arc<str>>,
    /// Pipeline id, mostly empty. Unit: id.
    pub pipeline_id: Option<Arc<str>>,
    /// `data.timestamp`; the clock of whoever made the event. Unit: time.
    pub data_ts: Option<i64>,
    /// Received from the sender on this connection so far (item 0). Unit: bytes.
    pub bytes_received: Option<i64>,
    /// Sent to the sender on this connection so far (item 0). Unit: bytes.
    pub bytes_sent: Option<i64>,
    /// good or bad, as the gateway judges it (item 0). Unit: name.
    pub conn_quality: Option<Arc<str>>,
    /// video or audio (tracks). Unit: name.
    pub track: Option<Arc<str>>,
    /// RTP interarrival jitter of the input (tracks). Unit: ms.
    pub jitter_ms: Option<f64>,
    /// Packets lost so far; RTP may count below 0 (tracks). Unit: count.
    pub packets_lost: Option<i64>,
    /// Packets received so far (tracks). Unit: count.
    pub packets_received: Option<i64>,
    /// Loss as the gateway computes it (tracks). Unit: percent.
    pub packet_loss_pct: Option<f64>,
    /// Round trip time (tracks). Unit: ns.
    pub rtt_ns: Option<i64>,
    /// Media time of the last input (tracks). Unit: s.
    pub last_input_s: Option<f64>,
    /// Media time of the last output; 0: nothing came out yet (tracks). Unit: s.
    pub last_output_s: Option<f64>,
    /// Input minus output media time (tracks). Unit: s.
    pub latency_s: Option<f64>,
}

impl StreamIngest {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &STREAM_INGEST, ts_us, values: vec![
            Some(Value::Uuid(self.event_id)),
            Some(Value::I64(self.item)),
            self.gateway_label.map(Value::Text),
            Some(Value::Text(self.origin)),
            self.stream_id.map(Value::Text),
            self.request_id.map(Value::Text),
            self.pipeline_id.map(Value::Text),
            self.data_ts.map(Value::I64),
            self.bytes_received.map(Value::I64),
            self.bytes_sent.map(Value::I64),
            self.conn_quality.map(Value::Text),
            self.track.map(Value::Text),
            self.jitter_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.packets_lost.map(Value::I64),
            self.packets_received.map(Value::I64),
            self.packet_loss_pct.filter(|x| x.is_finite()).map(Value::F64),
            self.rtt_ns.map(Value::I64),
            self.last_input_s.filter(|x| x.is_finite()).map(Value::F64),
            self.last_output_s.filter(|x| x.is_finite()).map(Value::F64),
            self.latency_s.filter(|x| x.is_finite()).map(Value::F64),
        ] }
    }
}

/// One orchestrator that answered a gateway's discovery, and how fast.
pub static DISCOVERY_RESULT: EntityDef = EntityDef {
    number: 12, name: "discovery_result", identity: Identity::Event, class: Class::Extended, visibility: Visibility::Public,
    reporter: "gateway", cadence: "on event", retention: "13mo", since: 1,
    description: "One orchestrator that answered a gateway's discovery, and how fast.",
    misleads: "The address is the hot wallet.",
    fields: &[
        FieldDef { number: 1, name: "event_id", ty: FieldType::Uuid, unit: "uuid", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "Id of the envelope. An id that is no UUID is hashed into one.", misleads: "" },
        FieldDef { number: 2, name: "item", ty: FieldType::I64, unit: "index", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Number of this row among those of the event, from 0.", misleads: "" },
        FieldDef { number: 3, name: "gateway_label", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 1, description: "`gateway` of the envelope, when filled; the value of -gatewayHost.", misleads: "" },
        FieldDef { number: 4, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 1, description: "organic, test, replayed or simulated; from the agent's configuration.", misleads: "" },
        FieldDef { number: 5, name: "orch_address", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 1, description: "Hot wallet, lower case.", misleads: "" },
        FieldDef { number: 6, name: "orch_url", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Service URI.", misleads: "" },
        FieldDef { number: 7, name: "latency_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Time to the answer.", misleads: "" },
    ],
};

/// A row of `discovery_result`: One orchestrator that answered a gateway's discovery, and how fast.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DiscoveryResult {
    /// Id of the envelope. An id that is no UUID is hashed into one. Unit: uuid.
    pub event_id: uuid::Uuid,
    /// Number of this row among those of the event, from 0. Unit: index.
    pub item: i64,
    /// `gateway` of the envelope, when filled; the value of -gatewayHost. Unit: name.
    pub gateway_label: Option<Arc<str>>,
    /// organic, test, replayed or simulated; from the agent's configuration. Unit: name.
    pub origin: Arc<str>,
    /// Hot wallet, lower case. Unit: address.
    pub orch_address: Option<Arc<str>>,
    /// Service URI. Unit: url.
    pub orch_url: Option<Arc<str>>,
    /// Time to the answer. Unit: ms.
    pub latency_ms: Option<f64>,
}

impl DiscoveryResult {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &DISCOVERY_RESULT, ts_us, values: vec![
            Some(Value::Uuid(self.event_id)),
            Some(Value::I64(self.item)),
            self.gateway_label.map(Value::Text),
            Some(Value::Text(self.origin)),
            self.orch_address.map(Value::Text),
            self.orch_url.map(Value::Text),
            self.latency_ms.filter(|x| x.is_finite()).map(Value::F64),
        ] }
    }
}

/// A payment that a gateway created.
pub static PAYMENT: EntityDef = EntityDef {
    number: 13, name: "payment", identity: Identity::Event, class: Class::Operational, visibility: Visibility::Public,
    reporter: "gateway", cadence: "on event", retention: "13mo", since: 1,
    description: "A payment that a gateway created.",
    misleads: "Expected value = face value × win probability × tickets; not what was redeemed. Later payments of a session have no request id. The client's IP in the event is never read.",
    fields: &[
        FieldDef { number: 1, name: "event_id", ty: FieldType::Uuid, unit: "uuid", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "Id of the envelope. An id that is no UUID is hashed into one.", misleads: "" },
        FieldDef { number: 2, name: "item", ty: FieldType::I64, unit: "index", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Number of this row among those of the event, from 0.", misleads: "" },
        FieldDef { number: 3, name: "gateway_label", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 1, description: "`gateway` of the envelope, when filled; the value of -gatewayHost.", misleads: "" },
        FieldDef { number: 4, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 1, description: "organic, test, replayed or simulated; from the agent's configuration.", misleads: "" },
        FieldDef { number: 5, name: "request_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Request that it pays for; empty on later payments.", misleads: "" },
        FieldDef { number: 6, name: "session_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Payment session.", misleads: "" },
        FieldDef { number: 7, name: "manifest_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "`<capability>_<model>` on the first payment, random later; the stream name for transcoding.", misleads: "" },
        FieldDef { number: 8, name: "capability", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 1, description: "Capability, mostly empty.", misleads: "" },
        FieldDef { number: 9, name: "recipient", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 1, description: "On-chain address of the orchestrator, lower case.", misleads: "" },
        FieldDef { number: 10, name: "sender", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 1, description: "Address of the gateway, lower case.", misleads: "" },
        FieldDef { number: 11, name: "orch_url", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Service URI of the orchestrator.", misleads: "" },
        FieldDef { number: 12, name: "face_value_wei", ty: FieldType::Text, unit: "wei", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 80, rollup: false, distribution: None, since: 1, description: "Face value of a ticket, a whole decimal number; kept as text, since it may exceed 64 bits.", misleads: "" },
        FieldDef { number: 13, name: "win_probability", ty: FieldType::Text, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 40, rollup: false, distribution: None, since: 1, description: "Win probability, a decimal number kept exactly as text.", misleads: "" },
        FieldDef { number: 14, name: "tickets", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Tickets in the payment.", misleads: "" },
        FieldDef { number: 15, name: "price", ty: FieldType::Text, unit: "price", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 80, rollup: false, distribution: None, since: 1, description: "Price per unit, a decimal number kept exactly as text.", misleads: "" },
        FieldDef { number: 16, name: "price_unit", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 1, description: "Unit of the price, for example wei/pixel.", misleads: "" },
    ],
};

/// A row of `payment`: A payment that a gateway created.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Payment {
    /// Id of the envelope. An id that is no UUID is hashed into one. Unit: uuid.
    pub event_id: uuid::Uuid,
    /// Number of this row among those of the event, from 0. Unit: index.
    pub item: i64,
    /// `gateway` of the envelope, when filled; the value of -gatewayHost. Unit: name.
    pub gateway_label: Option<Arc<str>>,
    /// organic, test, replayed or simulated; from the agent's configuration. Unit: name.
    pub origin: Arc<str>,
    /// Request that it pays for; empty on later payments. Unit: id.
    pub request_id: Option<Arc<str>>,
    /// Payment session. Unit: id.
    pub session_id: Option<Arc<str>>,
    /// `<capability>_<model>` on the first payment, random later; the stream name for transcoding. Unit: id.
    pub manifest_id: Option<Arc<str>>,
    /// Capability, mostly empty. Unit: name.
    pub capability: Option<Arc<str>>,
    /// On-chain address of the orchestrator, lower case. Unit: address.
    pub recipient: Option<Arc<str>>,
    /// Address of the gateway, lower case. Unit: address.
    pub sender: Option<Arc<str>>,
    /// Service URI of the orchestrator. Unit: url.
    pub orch_url: Option<Arc<str>>,
    /// Face value of a ticket, a whole decimal number; kept as text, since it may exceed 64 bits. Unit: wei.
    pub face_value_wei: Option<Arc<str>>,
    /// Win probability, a decimal number kept exactly as text. Unit: ratio.
    pub win_probability: Option<Arc<str>>,
    /// Tickets in the payment. Unit: count.
    pub tickets: Option<i64>,
    /// Price per unit, a decimal number kept exactly as text. Unit: price.
    pub price: Option<Arc<str>>,
    /// Unit of the price, for example wei/pixel. Unit: name.
    pub price_unit: Option<Arc<str>>,
}

impl Payment {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &PAYMENT, ts_us, values: vec![
            Some(Value::Uuid(self.event_id)),
            Some(Value::I64(self.item)),
            self.gateway_label.map(Value::Text),
            Some(Value::Text(self.origin)),
            self.request_id.map(Value::Text),
            self.session_id.map(Value::Text),
            self.manifest_id.map(Value::Text),
            self.capability.map(Value::Text),
            self.recipient.map(Value::Text),
            self.sender.map(Value::Text),
            self.orch_url.map(Value::Text),
            self.face_value_wei.map(Value::Text),
            self.win_probability.map(Value::Text),
            self.tickets.map(Value::I64),
            self.price.map(Value::Text),
            self.price_unit.map(Value::Text),
        ] }
    }
}

/// One orchestrator in a gateway's capability report.
pub static ORCHESTRATOR_REPORT: EntityDef = EntityDef {
    number: 14, name: "orchestrator_report", identity: Identity::Event, class: Class::Operational, visibility: Visibility::Public,
    reporter: "gateway", cadence: "on event", retention: "13mo", since: 1,
    description: "One orchestrator in a gateway's capability report.",
    misleads: "Self-reported by the orchestrator; the gateway asks every 25 min.",
    fields: &[
        FieldDef { number: 1, name: "event_id", ty: FieldType::Uuid, unit: "uuid", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "Id of the envelope. An id that is no UUID is hashed into one.", misleads: "" },
        FieldDef { number: 2, name: "item", ty: FieldType::I64, unit: "index", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Number of this row among those of the event, from 0.", misleads: "" },
        FieldDef { number: 3, name: "gateway_label", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 1, description: "`gateway` of the envelope, when filled; the value of -gatewayHost.", misleads: "" },
        FieldDef { number: 4, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 1, description: "organic, test, replayed or simulated; from the agent's configuration.", misleads: "" },
        FieldDef { number: 5, name: "orch_address", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 1, description: "On-chain address, lower case.", misleads: "" },
        FieldDef { number: 6, name: "local_address", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 1, description: "Hot wallet, lower case.", misleads: "" },
        FieldDef { number: 7, name: "orch_uri", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Service URI as reported.", misleads: "" },
        FieldDef { number: 8, name: "version", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 1, description: "go-livepeer version of the orchestrator.", misleads: "" },
        FieldDef { number: 9, name: "models", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Model rows that this report gave for the orchestrator.", misleads: "" },
        FieldDef { number: 10, name: "gpus", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Distinct GPUs in the report. NULL: the orchestrator tells nothing of its hardware.", misleads: "" },
    ],
};

/// A row of `orchestrator_report`: One orchestrator in a gateway's capability report.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OrchestratorReport {
    /// Id of the envelope. An id that is no UUID is hashed into one. Unit: uuid.
    pub event_id: uuid::Uuid,
    /// Number of this row among those of the event, from 0. Unit: index.
    pub item: i64,
    /// `gateway` of the envelope, when filled; the value of -gatewayHost. Unit: name.
    pub gateway_label: Option<Arc<str>>,
    /// organic, test, replayed or simulated; from the agent's configuration. Unit: name.
    pub origin: Arc<str>,
    /// On-chain address, lower case. Unit: address.
    pub orch_address: Option<Arc<str>>,
    /// Hot wallet, lower case. Unit: address.
    pub local_address: Option<Arc<str>>,
    /// Service URI as reported. Unit: url.
    pub orch_uri: Option<Arc<str>>,
    /// go-livepeer version of the orchestrator. Unit: name.
    pub version: Option<Arc<str>>,
    /// Model rows that this report gave for the orchestrator. Unit: count.
    pub models: Option<i64>,
    /// Distinct GPUs in the report. NULL: the orchestrator tells nothing of its hardware. Unit: count.
    pub gpus: Option<i64>,
}

impl OrchestratorReport {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &ORCHESTRATOR_REPORT, ts_us, values: vec![
            Some(Value::Uuid(self.event_id)),
            Some(Value::I64(self.item)),
            self.gateway_label.map(Value::Text),
            Some(Value::Text(self.origin)),
            self.orch_address.map(Value::Text),
            self.local_address.map(Value::Text),
            self.orch_uri.map(Value::Text),
            self.version.map(Value::Text),
            self.models.map(Value::I64),
            self.gpus.map(Value::I64),
        ] }
    }
}

/// One pipeline and model that an orchestrator says it serves.
pub static ORCHESTRATOR_MODEL: EntityDef = EntityDef {
    number: 15, name: "orchestrator_model", identity: Identity::Event, class: Class::Operational, visibility: Visibility::Public,
    reporter: "gateway", cadence: "on event", retention: "13mo", since: 1,
    description: "One pipeline and model that an orchestrator says it serves.",
    misleads: "From constraints.PerCapability, never from the bitstring, which lies. A row above 64 slots is implausible.",
    fields: &[
        FieldDef { number: 1, name: "event_id", ty: FieldType::Uuid, unit: "uuid", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "Id of the envelope. An id that is no UUID is hashed into one.", misleads: "" },
        FieldDef { number: 2, name: "item", ty: FieldType::I64, unit: "index", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Number of this row among those of the event, from 0.", misleads: "" },
        FieldDef { number: 3, name: "gateway_label", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 1, description: "`gateway` of the envelope, when filled; the value of -gatewayHost.", misleads: "" },
        FieldDef { number: 4, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 1, description: "organic, test, replayed or simulated; from the agent's configuration.", misleads: "" },
        FieldDef { number: 5, name: "orch_address", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 1, description: "On-chain address, lower case.", misleads: "" },
        FieldDef { number: 6, name: "local_address", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 1, description: "Hot wallet, lower case.", misleads: "" },
        FieldDef { number: 7, name: "orch_uri", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Service URI as reported.", misleads: "" },
        FieldDef { number: 8, name: "capability", ty: FieldType::I64, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(-2.0), max: Some(100000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Number of the capability.", misleads: "" },
        FieldDef { number: 9, name: "pipeline", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 1, description: "Canonical pipeline name of the capability; NULL for one that is not known.", misleads: "" },
        FieldDef { number: 10, name: "model", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Model id.", misleads: "" },
        FieldDef { number: 11, name: "warm", ty: FieldType::I64, unit: "bool", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "1: the model is loaded, 0: it is not.", misleads: "" },
        FieldDef { number: 12, name: "runner_version", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 1, description: "Version of the runner.", misleads: "" },
        FieldDef { number: 13, name: "capacity_idle", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Idle slots; absent counts as 0 where the other is there.", misleads: "" },
        FieldDef { number: 14, name: "capacity_in_use", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Slots at work.", misleads: "" },
        FieldDef { number: 15, name: "price_per_unit", ty: FieldType::I64, unit: "wei", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Price in wei for `pixels_per_unit` units.", misleads: "" },
        FieldDef { number: 16, name: "pixels_per_unit", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Units that the price is for.", misleads: "" },
    ],
};

/// A row of `orchestrator_model`: One pipeline and model that an orchestrator says it serves.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OrchestratorModel {
    /// Id of the envelope. An id that is no UUID is hashed into one. Unit: uuid.
    pub event_id: uuid::Uuid,
    /// Number of this row among those of the event, from 0. Unit: index.
    pub item: i64,
    /// `gateway` of the envelope, when filled; the value of -gatewayHost. Unit: name.
    pub gateway_label: Option<Arc<str>>,
    /// organic, test, replayed or simulated; from the agent's configuration. Unit: name.
    pub origin: Arc<str>,
    /// On-chain address, lower case. Unit: address.
    pub orch_address: Option<Arc<str>>,
    /// Hot wallet, lower case. Unit: address.
    pub local_address: Option<Arc<str>>,
    /// Service URI as reported. Unit: url.
    pub orch_uri: Option<Arc<str>>,
    /// Number of the capability. Unit: id.
    pub capability: Option<i64>,
    /// Canonical pipeline name of the capability; NULL for one that is not known. Unit: name.
    pub pipeline: Option<Arc<str>>,
    /// Model id. Unit: name.
    pub model: Option<Arc<str>>,
    /// 1: the model is loaded, 0: it is not. Unit: bool.
    pub warm: Option<i64>,
    /// Version of the runner. Unit: name.
    pub runner_version: Option<Arc<str>>,
    /// Idle slots; absent counts as 0 where the other is there. Unit: count.
    pub capacity_idle: Option<i64>,
    /// Slots at work. Unit: count.
    pub capacity_in_use: Option<i64>,
    /// Price in wei for `pixels_per_unit` units. Unit: wei.
    pub price_per_unit: Option<i64>,
    /// Units that the price is for. Unit: count.
    pub pixels_per_unit: Option<i64>,
}

impl OrchestratorModel {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &ORCHESTRATOR_MODEL, ts_us, values: vec![
            Some(Value::Uuid(self.event_id)),
            Some(Value::I64(self.item)),
            self.gateway_label.map(Value::Text),
            Some(Value::Text(self.origin)),
            self.orch_address.map(Value::Text),
            self.local_address.map(Value::Text),
            self.orch_uri.map(Value::Text),
            self.capability.map(Value::I64),
            self.pipeline.map(Value::Text),
            self.model.map(Value::Text),
            self.warm.map(Value::I64),
            self.runner_version.map(Value::Text),
            self.capacity_idle.map(Value::I64),
            self.capacity_in_use.map(Value::I64),
            self.price_per_unit.map(Value::I64),
            self.pixels_per_unit.map(Value::I64),
        ] }
    }
}

/// One GPU that an orchestrator lists for a pipeline and model.
pub static ORCHESTRATOR_GPU: EntityDef = EntityDef {
    number: 16, name: "orchestrator_gpu", identity: Identity::Event, class: Class::Operational, visibility: Visibility::Public,
    reporter: "gateway", cadence: "on event", retention: "13mo", since: 1,
    description: "One GPU that an orchestrator lists for a pipeline and model.",
    misleads: "One GPU appears as often as it has models. `memory_free_bytes` was read once, when the runner started. The vendor's UUID is hashed where it is read.",
    fields: &[
        FieldDef { number: 1, name: "event_id", ty: FieldType::Uuid, unit: "uuid", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "Id of the envelope. An id that is no UUID is hashed into one.", misleads: "" },
        FieldDef { number: 2, name: "item", ty: FieldType::I64, unit: "index", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Number of this row among those of the event, from 0.", misleads: "" },
        FieldDef { number: 3, name: "gateway_label", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 1, description: "`gateway` of the envelope, when filled; the value of -gatewayHost.", misleads: "" },
        FieldDef { number: 4, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 1, description: "organic, test, replayed or simulated; from the agent's configuration.", misleads: "" },
        FieldDef { number: 5, name: "orch_address", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 1, description: "On-chain address, lower case.", misleads: "" },
        FieldDef { number: 6, name: "local_address", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 1, description: "Hot wallet, lower case.", misleads: "" },
        FieldDef { number: 7, name: "orch_uri", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Service URI as reported.", misleads: "" },
        FieldDef { number: 8, name: "pipeline", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 1, description: "Pipeline of the hardware entry.", misleads: "" },
        FieldDef { number: 9, name: "model", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 1, description: "Model of the hardware entry.", misleads: "" },
        FieldDef { number: 10, name: "gpu_id", ty: FieldType::Symbol, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 1, description: "First 128 bits of SHA-256(\"naap-gpu\" + UUID), hex. NULL: the report has no UUID.", misleads: "" },
        FieldDef { number: 11, name: "gpu_index", ty: FieldType::Symbol, unit: "index", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 1, description: "Key of the GPU in the report; \"0\" in every container.", misleads: "" },
        FieldDef { number: 12, name: "gpu_name", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 1, description: "Name of the GPU.", misleads: "" },
        FieldDef { number: 13, name: "memory_total_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Memory of the GPU.", misleads: "" },
        FieldDef { number: 14, name: "memory_free_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 1, description: "Free memory when the runner started.", misleads: "" },
        FieldDef { number: 15, name: "compute_major", ty: FieldType::I64, unit: "version", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Compute capability, major.", misleads: "" },
        FieldDef { number: 16, name: "compute_minor", ty: FieldType::I64, unit: "version", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Compute capability, minor; absent counts as 0.", misleads: "" },
    ],
};

/// A row of `orchestrator_gpu`: One GPU that an orchestrator lists for a pipeline and model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OrchestratorGpu {
    /// Id of the envelope. An id that is no UUID is hashed into one. Unit: uuid.
    pub event_id: uuid::Uuid,
    /// Number of this row among those of the event, from 0. Unit: index.
    pub item: i64,
    /// `gateway` of the envelope, when filled; the value of -gatewayHost. Unit: name.
    pub gateway_label: Option<Arc<str>>,
    /// organic, test, replayed or simulated; from the agent's configuration. Unit: name.
    pub origin: Arc<str>,
    /// On-chain address, lower case. Unit: address.
    pub orch_address: Option<Arc<str>>,
    /// Hot wallet, lower case. Unit: address.
    pub local_address: Option<Arc<str>>,
    /// Service URI as reported. Unit: url.
    pub orch_uri: Option<Arc<str>>,
    /// Pipeline of the hardware entry. Unit: name.
    pub pipeline: Option<Arc<str>>,
    /// Model of the hardware entry. Unit: name.
    pub model: Option<Arc<str>>,
    /// First 128 bits of SHA-256("naap-gpu" + UUID), hex. NULL: the report has no UUID. Unit: id.
    pub gpu_id: Option<Arc<str>>,
    /// Key of the GPU in the report; "0" in every container. Unit: index.
    pub gpu_index: Option<Arc<str>>,
    /// Name of the GPU. Unit: name.
    pub gpu_name: Option<Arc<str>>,
    /// Memory of the GPU. Unit: bytes.
    pub memory_total_bytes: Option<i64>,
    /// Free memory when the runner started. Unit: bytes.
    pub memory_free_bytes: Option<i64>,
    /// Compute capability, major. Unit: version.
    pub compute_major: Option<i64>,
    /// Compute capability, minor; absent counts as 0. Unit: version.
    pub compute_minor: Option<i64>,
}

impl OrchestratorGpu {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &ORCHESTRATOR_GPU, ts_us, values: vec![
            Some(Value::Uuid(self.event_id)),
            Some(Value::I64(self.item)),
            self.gateway_label.map(Value::Text),
            Some(Value::Text(self.origin)),
            self.orch_address.map(Value::Text),
            self.local_address.map(Value::Text),
            self.orch_uri.map(Value::Text),
            self.pipeline.map(Value::Text),
            self.model.map(Value::Text),
            self.gpu_id.map(Value::Text),
            self.gpu_index.map(Value::Text),
            self.gpu_name.map(Value::Text),
            self.memory_total_bytes.map(Value::I64),
            self.memory_free_bytes.map(Value::I64),
            self.compute_major.map(Value::I64),
            self.compute_minor.map(Value::I64),
        ] }
    }
}

/// Rows that the collector refused for good, with the reason. `ts` is the collector's clock.
pub static REJECTED: EntityDef = EntityDef {
    number: 17, name: "rejected", identity: Identity::Collector, class: Class::Operational, visibility: Visibility::Operator,
    reporter: "collector", cadence: "on event", retention: "13mo", since: 1,
    description: "Rows that the collector refused for good, with the reason. `ts` is the collector's clock.",
    misleads: "At most a bounded number of rows per node and minute is kept in full; the counts in the ledger are complete.",
    fields: &[
        FieldDef { number: 1, name: "epoch", ty: FieldType::I64, unit: "epoch", kind: Kind::Label, key: true, required: true, visibility: Visibility::Operator, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "Epoch of the row; 0 where the frame could not be read.", misleads: "" },
        FieldDef { number: 2, name: "first_seq", ty: FieldType::I64, unit: "seq", kind: Kind::Label, key: true, required: true, visibility: Visibility::Operator, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "Sequence number of the row, or of the first of `rows` rows.", misleads: "" },
        FieldDef { number: 3, name: "rows", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: true, visibility: Visibility::Operator, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "How many consecutive rows were refused.", misleads: "" },
        FieldDef { number: 4, name: "entity", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Operator, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 1, description: "Entity of the rows; NULL where it is not known.", misleads: "" },
        FieldDef { number: 5, name: "reason", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Operator, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 1, description: "bad_frame, unknown_entity, unknown_field, bad_type, missing_field, out_of_range, too_long, too_new, too_old, not_yours, too_many_series or store.", misleads: "" },
        FieldDef { number: 6, name: "detail", ty: FieldType::Text, unit: "text", kind: Kind::Label, key: false, required: false, visibility: Visibility::Operator, scale: None, min: None, max: None, max_len: 2048, rollup: false, distribution: None, since: 1, description: "What was wrong, in plain words.", misleads: "" },
        FieldDef { number: 7, name: "row", ty: FieldType::Text, unit: "json", kind: Kind::Label, key: false, required: false, visibility: Visibility::Operator, scale: None, min: None, max: None, max_len: 8192, rollup: false, distribution: None, since: 1, description: "The refused row as JSON, cut to its limit.", misleads: "Written by the node that sent it: hostile input." },
    ],
};

/// One row per node and epoch, written after the data and before the ack: how far the epoch is stored. `ts` is when the collector first saw the epoch.
pub static LEDGER: EntityDef = EntityDef {
    number: 18, name: "ledger", identity: Identity::Collector, class: Class::Operational, visibility: Visibility::Public,
    reporter: "collector", cadence: "each commit", retention: "keep", since: 1,
    description: "One row per node and epoch, written after the data and before the ack: how far the epoch is stored. `ts` is when the collector first saw the epoch.",
    misleads: "Stored counts rows by their numbers: an event that another agent reported too is stored for both, and is in its table once.",
    fields: &[
        FieldDef { number: 1, name: "epoch", ty: FieldType::I64, unit: "epoch", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "The epoch: one run of an agent process.", misleads: "" },
        FieldDef { number: 2, name: "through_seq", ty: FieldType::I64, unit: "seq", kind: Kind::Gauge, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "Everything up to here is stored, rejected or declared as a gap.", misleads: "" },
        FieldDef { number: 3, name: "stored", ty: FieldType::I64, unit: "count", kind: Kind::Counter, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "Rows stored so far.", misleads: "" },
        FieldDef { number: 4, name: "duplicates", ty: FieldType::I64, unit: "count", kind: Kind::Counter, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "Rows that had been stored before and came again.", misleads: "" },
        FieldDef { number: 5, name: "rejected", ty: FieldType::I64, unit: "count", kind: Kind::Counter, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "Rows refused for good.", misleads: "" },
        FieldDef { number: 6, name: "gaps", ty: FieldType::I64, unit: "count", kind: Kind::Counter, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "Rows below through_seq that did not come: holes in the sequence. What comes after all is stored and no longer counted here.", misleads: "" },
        FieldDef { number: 7, name: "last_row_at", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "Time of the newest row of the epoch, by the agent's clock.", misleads: "" },
        FieldDef { number: 8, name: "updated_at", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "When this row was written, by the collector's clock.", misleads: "" },
        FieldDef { number: 9, name: "skew_ms", ty: FieldType::I64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 1, description: "Agent's clock minus collector's clock when the agent connected last.", misleads: "" },
        FieldDef { number: 10, name: "recorded_seq", ty: FieldType::I64, unit: "seq", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 3, description: "The last row that the agent is known to have recorded: what it said when it connected, or a row that came. Unknown for agents that do not say.", misleads: "" },
        FieldDef { number: 11, name: "holes", ty: FieldType::Text, unit: "text", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 2048, rollup: false, distribution: None, since: 3, description: "Which rows the gaps are: ranges such as 31-33, in order, separated by commas. The first ones only, where there are very many.", misleads: "" },
    ],
};

/// One look at one NVIDIA GPU, through NVML.
pub static GPU: EntityDef = EntityDef {
    number: 20, name: "gpu", identity: Identity::Sample, class: Class::Extended, visibility: Visibility::Public,
    reporter: "agent", cadence: "10s", retention: "30d", since: 4,
    description: "One look at one NVIDIA GPU, through NVML.",
    misleads: "What a GPU does not tell is NULL, and a field can be NULL for a whole family of GPUs. A GPU that no longer answers keeps its row, with a `state` that says so and nothing else.",
    fields: &[
        FieldDef { number: 1, name: "gpu_id", ty: FieldType::Symbol, unit: "id", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 4, description: "Which GPU: the first 128 bits of SHA-256(\"naap-gpu\" + UUID), as everywhere.", misleads: "UUIDs of rented machines churn: the same card can come back under another id." },
        FieldDef { number: 2, name: "index", ty: FieldType::I64, unit: "index", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4096.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Number of the GPU in NVML's order.", misleads: "The order may change when the machine starts again." },
        FieldDef { number: 3, name: "state", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 4, description: "ok; lost: it fell off the bus; reset_required; hung: a read of it did not come back, it is left alone for some minutes; error: no answer that makes sense.", misleads: "" },
        FieldDef { number: 4, name: "name", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 96, rollup: false, distribution: None, since: 4, description: "Product name, as NVML has it.", misleads: "" },
        FieldDef { number: 5, name: "architecture", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 4, description: "Family of the chip, such as hopper.", misleads: "" },
        FieldDef { number: 6, name: "compute_capability", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 4, description: "CUDA compute capability, such as 9.0.", misleads: "" },
        FieldDef { number: 7, name: "driver_version", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 80, rollup: false, distribution: None, since: 4, description: "Version of the driver.", misleads: "" },
        FieldDef { number: 8, name: "cuda_version", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 4, description: "Newest CUDA version that the driver supports.", misleads: "Not the version that a program uses." },
        FieldDef { number: 9, name: "vbios_version", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Operator, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Version of the video BIOS.", misleads: "" },
        FieldDef { number: 10, name: "compute_mode", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 4, description: "Who may compute on it: default, exclusive_thread, exclusive_process, prohibited.", misleads: "" },
        FieldDef { number: 11, name: "interval_ms", ty: FieldType::I64, unit: "ms", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(86400000.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "Time since the previous sample of this GPU; what the deltas of this row cover.", misleads: "NULL in the first sample after a start." },
        FieldDef { number: 12, name: "util_gpu_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(2), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: true, distribution: Some((0.01, 1.0)), since: 4, description: "Share of the driver's last sampling period, up to 1 s, in which a kernel ran.", misleads: "1 says that something always ran, not that the chip was full; see `sm_active_ratio`." },
        FieldDef { number: 13, name: "util_memory_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(2), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "Share of that period in which device memory was read or written.", misleads: "Not how full memory is." },
        FieldDef { number: 14, name: "util_encoder_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(2), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "Use of the video encoder (NVENC).", misleads: "" },
        FieldDef { number: 15, name: "util_decoder_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(2), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "Use of the video decoder (NVDEC).", misleads: "" },
        FieldDef { number: 16, name: "encoder_sessions", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "Encoder sessions now.", misleads: "" },
        FieldDef { number: 17, name: "encoder_fps", ty: FieldType::I64, unit: "fps", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "Mean frame rate over the encoder sessions.", misleads: "" },
        FieldDef { number: 18, name: "encoder_latency_us", ty: FieldType::I64, unit: "us", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "Mean encode time over the encoder sessions.", misleads: "" },
        FieldDef { number: 19, name: "process_count", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Processes that compute or draw on it.", misleads: "NULL if processes are not looked at." },
        FieldDef { number: 20, name: "mem_total_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Device memory.", misleads: "" },
        FieldDef { number: 21, name: "mem_used_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Device memory in use by programs.", misleads: "" },
        FieldDef { number: 22, name: "mem_free_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Device memory that is free.", misleads: "" },
        FieldDef { number: 23, name: "mem_reserved_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Device memory that the driver keeps for itself.", misleads: "" },
        FieldDef { number: 24, name: "bar1_total_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Window through which the host reaches device memory.", misleads: "" },
        FieldDef { number: 25, name: "bar1_used_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Part of that window in use.", misleads: "" },
        FieldDef { number: 26, name: "temp_gpu_c", ty: FieldType::I64, unit: "celsius", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(-100.0), max: Some(300.0), max_len: 0, rollup: true, distribution: Some((10.0, 120.0)), since: 4, description: "Temperature of the chip.", misleads: "" },
        FieldDef { number: 27, name: "temp_memory_c", ty: FieldType::I64, unit: "celsius", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(-100.0), max: Some(300.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "Temperature of the memory.", misleads: "Few GPUs outside of data centres tell it." },
        FieldDef { number: 28, name: "temp_slowdown_c", ty: FieldType::I64, unit: "celsius", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(-100.0), max: Some(300.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Above this the chip slows down by itself.", misleads: "" },
        FieldDef { number: 29, name: "temp_shutdown_c", ty: FieldType::I64, unit: "celsius", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(-100.0), max: Some(300.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Above this the chip shuts down.", misleads: "" },
        FieldDef { number: 30, name: "temp_gpu_max_c", ty: FieldType::I64, unit: "celsius", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(-100.0), max: Some(300.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Highest temperature at which the chip is meant to run.", misleads: "" },
        FieldDef { number: 31, name: "temp_memory_max_c", ty: FieldType::I64, unit: "celsius", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(-100.0), max: Some(300.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Highest temperature at which the memory is meant to run.", misleads: "" },
        FieldDef { number: 32, name: "power_mw", ty: FieldType::I64, unit: "mW", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(100000000.0), max_len: 0, rollup: true, distribution: Some((1000.0, 2000000.0)), since: 4, description: "Power draw of the board.", misleads: "Newer families show a mean over one second, older ones the moment." },
        FieldDef { number: 33, name: "power_instant_mw", ty: FieldType::I64, unit: "mW", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(100000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Power draw of this moment.", misleads: "" },
        FieldDef { number: 34, name: "power_limit_mw", ty: FieldType::I64, unit: "mW", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(100000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Limit that the driver keeps to now.", misleads: "" },
        FieldDef { number: 35, name: "power_limit_default_mw", ty: FieldType::I64, unit: "mW", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(100000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Limit that the board comes with.", misleads: "" },
        FieldDef { number: 36, name: "power_limit_max_mw", ty: FieldType::I64, unit: "mW", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(100000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Highest limit that can be set.", misleads: "" },
        FieldDef { number: 37, name: "energy_mj", ty: FieldType::I64, unit: "mJ", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Energy used since the previous sample.", misleads: "" },
        FieldDef { number: 38, name: "clock_sm_mhz", ty: FieldType::I64, unit: "MHz", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(100000.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "SM clock now.", misleads: "" },
        FieldDef { number: 39, name: "clock_mem_mhz", ty: FieldType::I64, unit: "MHz", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(100000.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "Memory clock now.", misleads: "" },
        FieldDef { number: 40, name: "clock_graphics_mhz", ty: FieldType::I64, unit: "MHz", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(100000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Graphics clock now.", misleads: "" },
        FieldDef { number: 41, name: "clock_video_mhz", ty: FieldType::I64, unit: "MHz", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(100000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Clock of the video encoder and decoder now.", misleads: "" },
        FieldDef { number: 42, name: "clock_max_sm_mhz", ty: FieldType::I64, unit: "MHz", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(100000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "SM clock, highest.", misleads: "" },
        FieldDef { number: 43, name: "clock_max_mem_mhz", ty: FieldType::I64, unit: "MHz", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(100000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Memory clock, highest.", misleads: "" },
        FieldDef { number: 44, name: "clock_max_graphics_mhz", ty: FieldType::I64, unit: "MHz", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(100000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Graphics clock, highest.", misleads: "" },
        FieldDef { number: 45, name: "clock_max_video_mhz", ty: FieldType::I64, unit: "MHz", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(100000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Clock of the video encoder and decoder, highest.", misleads: "" },
        FieldDef { number: 46, name: "clock_app_graphics_mhz", ty: FieldType::I64, unit: "MHz", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(100000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Graphics clock that programs are given (applications clock).", misleads: "" },
        FieldDef { number: 47, name: "clock_app_mem_mhz", ty: FieldType::I64, unit: "MHz", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(100000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Memory clock that programs are given (applications clock).", misleads: "" },
        FieldDef { number: 48, name: "pstate", ty: FieldType::I64, unit: "index", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(15.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Performance state: 0 the highest, 15 the lowest.", misleads: "" },
        FieldDef { number: 49, name: "throttle_reasons", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(9007199254740992.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Why clocks are where they are: NVML's bit mask, whole.", misleads: "Bits that are set are no fault by themselves: an idle GPU sets one." },
        FieldDef { number: 50, name: "idle", ty: FieldType::I64, unit: "bool", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "1 if clocks are low because nothing runs.", misleads: "" },
        FieldDef { number: 51, name: "throttle_power", ty: FieldType::I64, unit: "bool", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "1 if clocks are held down by a power cap or a power brake.", misleads: "" },
        FieldDef { number: 52, name: "throttle_thermal", ty: FieldType::I64, unit: "bool", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "1 if clocks are held down by heat, by software or hardware.", misleads: "" },
        FieldDef { number: 53, name: "throttle_hw", ty: FieldType::I64, unit: "bool", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "1 if the hardware slows the clocks down, by a factor of two or more.", misleads: "Some families also show it when the performance state changes." },
        FieldDef { number: 54, name: "violation_power_us", ty: FieldType::I64, unit: "us", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Time since the previous sample in which the power cap held clocks down.", misleads: "" },
        FieldDef { number: 55, name: "violation_thermal_us", ty: FieldType::I64, unit: "us", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Time since the previous sample in which heat held clocks down.", misleads: "" },
        FieldDef { number: 56, name: "pcie_gen", ty: FieldType::I64, unit: "index", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(64.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "PCIe generation of the link now.", misleads: "An idle GPU lowers it to save power." },
        FieldDef { number: 57, name: "pcie_gen_max", ty: FieldType::I64, unit: "index", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(64.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Highest PCIe generation that GPU and slot allow together.", misleads: "" },
        FieldDef { number: 58, name: "pcie_width", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(64.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "PCIe lanes in use.", misleads: "" },
        FieldDef { number: 59, name: "pcie_width_max", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(64.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Most PCIe lanes that GPU and slot allow together.", misleads: "" },
        FieldDef { number: 60, name: "pcie_replays", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "PCIe replays since the previous sample.", misleads: "" },
        FieldDef { number: 61, name: "pcie_rx_bytes_per_s", ty: FieldType::I64, unit: "bytes/s", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Received over PCIe, by NVML's own count of 20 ms.", misleads: "A glance of 20 ms, once a minute at most, and only where `gpu.pcie_throughput` is on." },
        FieldDef { number: 62, name: "pcie_tx_bytes_per_s", ty: FieldType::I64, unit: "bytes/s", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Sent over PCIe, by NVML's own count of 20 ms.", misleads: "As `pcie_rx_bytes_per_s`." },
        FieldDef { number: 63, name: "ecc_enabled", ty: FieldType::I64, unit: "bool", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "1 if memory is checked for errors (ECC).", misleads: "" },
        FieldDef { number: 64, name: "ecc_corrected", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Memory errors since the previous sample that ECC corrected.", misleads: "" },
        FieldDef { number: 65, name: "ecc_uncorrected", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Memory errors since the previous sample that ECC could not correct.", misleads: "" },
        FieldDef { number: 66, name: "ecc_corrected_boot", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Corrected errors since the driver was loaded.", misleads: "" },
        FieldDef { number: 67, name: "ecc_uncorrected_boot", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Uncorrected errors since the driver was loaded.", misleads: "" },
        FieldDef { number: 68, name: "ecc_corrected_life", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Corrected errors in the life of the GPU.", misleads: "" },
        FieldDef { number: 69, name: "ecc_uncorrected_life", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Uncorrected errors in the life of the GPU.", misleads: "" },
        FieldDef { number: 70, name: "retired_pages_corrected", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Memory pages retired after repeated corrected errors.", misleads: "Families before Ampere." },
        FieldDef { number: 71, name: "retired_pages_uncorrected", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Memory pages retired after an uncorrected error.", misleads: "Families before Ampere." },
        FieldDef { number: 72, name: "retired_pages_pending", ty: FieldType::I64, unit: "bool", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "1 if pages wait for a restart to be retired.", misleads: "" },
        FieldDef { number: 73, name: "remapped_rows_corrected", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Memory rows remapped after corrected errors.", misleads: "Ampere and later." },
        FieldDef { number: 74, name: "remapped_rows_uncorrected", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Memory rows remapped after uncorrected errors.", misleads: "Ampere and later." },
        FieldDef { number: 75, name: "remapped_rows_pending", ty: FieldType::I64, unit: "bool", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "1 if a row waits for a reset to be remapped.", misleads: "" },
        FieldDef { number: 76, name: "remapped_rows_failed", ty: FieldType::I64, unit: "bool", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "1 if a row could not be remapped: the GPU should be replaced.", misleads: "" },
        FieldDef { number: 77, name: "nvlink_count", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "NVLink links.", misleads: "" },
        FieldDef { number: 78, name: "nvlink_active", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "NVLink links that are up.", misleads: "" },
        FieldDef { number: 79, name: "nvlink_crc_errors", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "NVLink checksum errors over all links since they were last read.", misleads: "Read once a minute; NULL in the rows between." },
        FieldDef { number: 80, name: "nvlink_replay_errors", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "NVLink replays over all links since they were last read.", misleads: "Read once a minute; NULL in the rows between." },
        FieldDef { number: 81, name: "nvlink_recovery_errors", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "NVLink recoveries over all links since they were last read.", misleads: "Read once a minute; NULL in the rows between." },
        FieldDef { number: 82, name: "mig_enabled", ty: FieldType::I64, unit: "bool", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "1 if the GPU is split into instances (MIG).", misleads: "Use of a split GPU is in `gpu_instance`; many fields here are NULL then." },
        FieldDef { number: 83, name: "mig_instances", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(64.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "MIG devices on it.", misleads: "" },
        FieldDef { number: 84, name: "persistence", ty: FieldType::I64, unit: "bool", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "1 if the driver stays loaded when no program uses the GPU.", misleads: "" },
        FieldDef { number: 85, name: "fan_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(2), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Speed of the first fan as a share of its highest.", misleads: "What is asked of the fan; a blocked fan shows the same." },
        FieldDef { number: 86, name: "fan_count", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(64.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Fans.", misleads: "0 on boards that the case cools." },
        FieldDef { number: 87, name: "graphics_active_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(4), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "Graphics or compute engine active.", misleads: "GPM, Hopper and later; from the second sample on." },
        FieldDef { number: 88, name: "sm_active_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(4), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "Share of time in which an SM had at least one warp, mean over SMs.", misleads: "GPM, Hopper and later; from the second sample on." },
        FieldDef { number: 89, name: "sm_occupancy_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(4), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "Warps on the SMs as a share of those that fit.", misleads: "GPM, Hopper and later; from the second sample on." },
        FieldDef { number: 90, name: "tensor_active_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(4), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "Share of time in which the tensor cores worked.", misleads: "GPM, Hopper and later; from the second sample on." },
        FieldDef { number: 91, name: "fp64_active_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(4), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Share of time in which the FP64 units worked.", misleads: "GPM, Hopper and later; from the second sample on." },
        FieldDef { number: 92, name: "fp32_active_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(4), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Share of time in which the FP32 units worked.", misleads: "GPM, Hopper and later; from the second sample on." },
        FieldDef { number: 93, name: "fp16_active_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(4), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Share of time in which the FP16 units worked.", misleads: "GPM, Hopper and later; from the second sample on." },
        FieldDef { number: 94, name: "int_active_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(4), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Share of time in which the integer units worked.", misleads: "GPM, Hopper and later; from the second sample on." },
        FieldDef { number: 95, name: "dram_active_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(4), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "Bandwidth of device memory used, as a share of the highest.", misleads: "GPM, Hopper and later; from the second sample on." },
        FieldDef { number: 96, name: "gpm_pcie_rx_bytes_per_s", ty: FieldType::I64, unit: "bytes/s", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Received over PCIe, mean since the previous sample.", misleads: "GPM, Hopper and later; from the second sample on." },
        FieldDef { number: 97, name: "gpm_pcie_tx_bytes_per_s", ty: FieldType::I64, unit: "bytes/s", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Sent over PCIe, mean since the previous sample.", misleads: "GPM, Hopper and later; from the second sample on." },
        FieldDef { number: 98, name: "nvlink_rx_bytes_per_s", ty: FieldType::I64, unit: "bytes/s", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Received over all NVLink links, mean since the previous sample.", misleads: "GPM, Hopper and later; from the second sample on." },
        FieldDef { number: 99, name: "nvlink_tx_bytes_per_s", ty: FieldType::I64, unit: "bytes/s", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Sent over all NVLink links, mean since the previous sample.", misleads: "GPM, Hopper and later; from the second sample on." },
        FieldDef { number: 100, name: "xid_errors", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "XID errors that the driver reported since the previous sample; each is a row of `gpu_event`.", misleads: "0 means that none was heard; the driver does not report every fault." },
    ],
};

/// A row of `gpu`: One look at one NVIDIA GPU, through NVML.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gpu {
    /// Which GPU: the first 128 bits of SHA-256("naap-gpu" + UUID), as everywhere. Unit: id.
    pub gpu_id: Arc<str>,
    /// Number of the GPU in NVML's order. Unit: index.
    pub index: Option<i64>,
    /// ok; lost: it fell off the bus; reset_required; hung: a read of it did not come back, it is left alone for some minutes; error: no answer that makes sense. Unit: name.
    pub state: Arc<str>,
    /// Product name, as NVML has it. Unit: name.
    pub name: Option<Arc<str>>,
    /// Family of the chip, such as hopper. Unit: name.
    pub architecture: Option<Arc<str>>,
    /// CUDA compute capability, such as 9.0. Unit: name.
    pub compute_capability: Option<Arc<str>>,
    /// Version of the driver. Unit: name.
    pub driver_version: Option<Arc<str>>,
    /// Newest CUDA version that the driver supports. Unit: name.
    pub cuda_version: Option<Arc<str>>,
    /// Version of the video BIOS. Unit: name.
    pub vbios_version: Option<Arc<str>>,
    /// Who may compute on it: default, exclusive_thread, exclusive_process, prohibited. Unit: name.
    pub compute_mode: Option<Arc<str>>,
    /// Time since the previous sample of this GPU; what the deltas of this row cover. Unit: ms.
    pub interval_ms: Option<i64>,
    /// Share of the driver's last sampling period, up to 1 s, in which a kernel ran. Unit: ratio.
    pub util_gpu_ratio: Option<f64>,
    /// Share of that period in which device memory was read or written. Unit: ratio.
    pub util_memory_ratio: Option<f64>,
    /// Use of the video encoder (NVENC). Unit: ratio.
    pub util_encoder_ratio: Option<f64>,
    /// Use of the video decoder (NVDEC). Unit: ratio.
    pub util_decoder_ratio: Option<f64>,
    /// Encoder sessions now. Unit: count.
    pub encoder_sessions: Option<i64>,
    /// Mean frame rate over the encoder sessions. Unit: fps.
    pub encoder_fps: Option<i64>,
    /// Mean encode time over the encoder sessions. Unit: us.
    pub encoder_latency_us: Option<i64>,
    /// Processes that compute or draw on it. Unit: count.
    pub process_count: Option<i64>,
    /// Device memory. Unit: bytes.
    pub mem_total_bytes: Option<i64>,
    /// Device memory in use by programs. Unit: bytes.
    pub mem_used_bytes: Option<i64>,
    /// Device memory that is free. Unit: bytes.
    pub mem_free_bytes: Option<i64>,
    /// Device memory that the driver keeps for itself. Unit: bytes.
    pub mem_reserved_bytes: Option<i64>,
    /// Window through which the host reaches device memory. Unit: bytes.
    pub bar1_total_bytes: Option<i64>,
    /// Part of that window in use. Unit: bytes.
    pub bar1_used_bytes: Option<i64>,
    /// Temperature of the chip. Unit: celsius.
    pub temp_gpu_c: Option<i64>,
    /// Temperature of the memory. Unit: celsius.
    pub temp_memory_c: Option<i64>,
    /// Above this the chip slows down by itself. Unit: celsius.
    pub temp_slowdown_c: Option<i64>,
    /// Above this the chip shuts down. Unit: celsius.
    pub temp_shutdown_c: Option<i64>,
    /// Highest temperature at which the chip is meant to run. Unit: celsius.
    pub temp_gpu_max_c: Option<i64>,
    /// Highest temperature at which the memory is meant to run. Unit: celsius.
    pub temp_memory_max_c: Option<i64>,
    /// Power draw of the board. Unit: mW.
    pub power_mw: Option<i64>,
    /// Power draw of this moment. Unit: mW.
    pub power_instant_mw: Option<i64>,
    /// Limit that the driver keeps to now. Unit: mW.
    pub power_limit_mw: Option<i64>,
    /// Limit that the board comes with. Unit: mW.
    pub power_limit_default_mw: Option<i64>,
    /// Highest limit that can be set. Unit: mW.
    pub power_limit_max_mw: Option<i64>,
    /// Energy used since the previous sample. Unit: mJ.
    pub energy_mj: Option<i64>,
    /// SM clock now. Unit: MHz.
    pub clock_sm_mhz: Option<i64>,
    /// Memory clock now. Unit: MHz.
    pub clock_mem_mhz: Option<i64>,
    /// Graphics clock now. Unit: MHz.
    pub clock_graphics_mhz: Option<i64>,
    /// Clock of the video encoder and decoder now. Unit: MHz.
    pub clock_video_mhz: Option<i64>,
    /// SM clock, highest. Unit: MHz.
    pub clock_max_sm_mhz: Option<i64>,
    /// Memory clock, highest. Unit: MHz.
    pub clock_max_mem_mhz: Option<i64>,
    /// Graphics clock, highest. Unit: MHz.
    pub clock_max_graphics_mhz: Option<i64>,
    /// Clock of the video encoder and decoder, highest. Unit: MHz.
    pub clock_max_video_mhz: Option<i64>,
    /// Graphics clock that programs are given (applications clock). Unit: MHz.
    pub clock_app_graphics_mhz: Option<i64>,
    /// Memory clock that programs are given (applications clock). Unit: MHz.
    pub clock_app_mem_mhz: Option<i64>,
    /// Performance state: 0 the highest, 15 the lowest. Unit: index.
    pub pstate: Option<i64>,
    /// Why clocks are where they are: NVML's bit mask, whole. Unit: count.
    pub throttle_reasons: Option<i64>,
    /// 1 if clocks are low because nothing runs. Unit: bool.
    pub idle: Option<i64>,
    /// 1 if clocks are held down by a power cap or a power brake. Unit: bool.
    pub throttle_power: Option<i64>,
    /// 1 if clocks are held down by heat, by software or hardware. Unit: bool.
    pub throttle_thermal: Option<i64>,
    /// 1 if the hardware slows the clocks down, by a factor of two or more. Unit: bool.
    pub throttle_hw: Option<i64>,
    /// Time since the previous sample in which the power cap held clocks down. Unit: us.
    pub violation_power_us: Option<i64>,
    /// Time since the previous sample in which heat held clocks down. Unit: us.
    pub violation_thermal_us: Option<i64>,
    /// PCIe generation of the link now. Unit: index.
    pub pcie_gen: Option<i64>,
    /// Highest PCIe generation that GPU and slot allow together. Unit: index.
    pub pcie_gen_max: Option<i64>,
    /// PCIe lanes in use. Unit: count.
    pub pcie_width: Option<i64>,
    /// Most PCIe lanes that GPU and slot allow together. Unit: count.
    pub pcie_width_max: Option<i64>,
    /// PCIe replays since the previous sample. Unit: count.
    pub pcie_replays: Option<i64>,
    /// Received over PCIe, by NVML's own count of 20 ms. Unit: bytes/s.
    pub pcie_rx_bytes_per_s: Option<i64>,
    /// Sent over PCIe, by NVML's own count of 20 ms. Unit: bytes/s.
    pub pcie_tx_bytes_per_s: Option<i64>,
    /// 1 if memory is checked for errors (ECC). Unit: bool.
    pub ecc_enabled: Option<i64>,
    /// Memory errors since the previous sample that ECC corrected. Unit: count.
    pub ecc_corrected: Option<i64>,
    /// Memory errors since the previous sample that ECC could not correct. Unit: count.
    pub ecc_uncorrected: Option<i64>,
    /// Corrected errors since the driver was loaded. Unit: count.
    pub ecc_corrected_boot: Option<i64>,
    /// Uncorrected errors since the driver was loaded. Unit: count.
    pub ecc_uncorrected_boot: Option<i64>,
    /// Corrected errors in the life of the GPU. Unit: count.
    pub ecc_corrected_life: Option<i64>,
    /// Uncorrected errors in the life of the GPU. Unit: count.
    pub ecc_uncorrected_life: Option<i64>,
    /// Memory pages retired after repeated corrected errors. Unit: count.
    pub retired_pages_corrected: Option<i64>,
    /// Memory pages retired after an uncorrected error. Unit: count.
    pub retired_pages_uncorrected: Option<i64>,
    /// 1 if pages wait for a restart to be retired. Unit: bool.
    pub retired_pages_pending: Option<i64>,
    /// Memory rows remapped after corrected errors. Unit: count.
    pub remapped_rows_corrected: Option<i64>,
    /// Memory rows remapped after uncorrected errors. Unit: count.
    pub remapped_rows_uncorrected: Option<i64>,
    /// 1 if a row waits for a reset to be remapped. Unit: bool.
    pub remapped_rows_pending: Option<i64>,
    /// 1 if a row could not be remapped: the GPU should be replaced. Unit: bool.
    pub remapped_rows_failed: Option<i64>,
    /// NVLink links. Unit: count.
    pub nvlink_count: Option<i64>,
    /// NVLink links that are up. Unit: count.
    pub nvlink_active: Option<i64>,
    /// NVLink checksum errors over all links since they were last read. Unit: count.
    pub nvlink_crc_errors: Option<i64>,
    /// NVLink replays over all links since they were last read. Unit: count.
    pub nvlink_replay_errors: Option<i64>,
    /// NVLink recoveries over all links since they were last read. Unit: count.
    pub nvlink_recovery_errors: Option<i64>,
    /// 1 if the GPU is split into instances (MIG). Unit: bool.
    pub mig_enabled: Option<i64>,
    /// MIG devices on it. Unit: count.
    pub mig_instances: Option<i64>,
    /// 1 if the driver stays loaded when no program uses the GPU. Unit: bool.
    pub persistence: Option<i64>,
    /// Speed of the first fan as a share of its highest. Unit: ratio.
    pub fan_ratio: Option<f64>,
    /// Fans. Unit: count.
    pub fan_count: Option<i64>,
    /// Graphics or compute engine active. Unit: ratio.
    pub graphics_active_ratio: Option<f64>,
    /// Share of time in which an SM had at least one warp, mean over SMs. Unit: ratio.
    pub sm_active_ratio: Option<f64>,
    /// Warps on the SMs as a share of those that fit. Unit: ratio.
    pub sm_occupancy_ratio: Option<f64>,
    /// Share of time in which the tensor cores worked. Unit: ratio.
    pub tensor_active_ratio: Option<f64>,
    /// Share of time in which the FP64 units worked. Unit: ratio.
    pub fp64_active_ratio: Option<f64>,
    /// Share of time in which the FP32 units worked. Unit: ratio.
    pub fp32_active_ratio: Option<f64>,
    /// Share of time in which the FP16 units worked. Unit: ratio.
    pub fp16_active_ratio: Option<f64>,
    /// Share of time in which the integer units worked. Unit: ratio.
    pub int_active_ratio: Option<f64>,
    /// Bandwidth of device memory used, as a share of the highest. Unit: ratio.
    pub dram_active_ratio: Option<f64>,
    /// Received over PCIe, mean since the previous sample. Unit: bytes/s.
    pub gpm_pcie_rx_bytes_per_s: Option<i64>,
    /// Sent over PCIe, mean since the previous sample. Unit: bytes/s.
    pub gpm_pcie_tx_bytes_per_s: Option<i64>,
    /// Received over all NVLink links, mean since the previous sample. Unit: bytes/s.
    pub nvlink_rx_bytes_per_s: Option<i64>,
    /// Sent over all NVLink links, mean since the previous sample. Unit: bytes/s.
    pub nvlink_tx_bytes_per_s: Option<i64>,
    /// XID errors that the driver reported since the previous sample; each is a row of `gpu_event`. Unit: count.
    pub xid_errors: Option<i64>,
}

impl Gpu {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &GPU, ts_us, values: vec![
            Some(Value::Text(self.gpu_id)),
            self.index.map(Value::I64),
            Some(Value::Text(self.state)),
            self.name.map(Value::Text),
            self.architecture.map(Value::Text),
            self.compute_capability.map(Value::Text),
            self.driver_version.map(Value::Text),
            self.cuda_version.map(Value::Text),
            self.vbios_version.map(Value::Text),
            self.compute_mode.map(Value::Text),
            self.interval_ms.map(Value::I64),
            self.util_gpu_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.util_memory_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.util_encoder_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.util_decoder_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.encoder_sessions.map(Value::I64),
            self.encoder_fps.map(Value::I64),
            self.encoder_latency_us.map(Value::I64),
            self.process_count.map(Value::I64),
            self.mem_total_bytes.map(Value::I64),
            self.mem_used_bytes.map(Value::I64),
            self.mem_free_bytes.map(Value::I64),
            self.mem_reserved_bytes.map(Value::I64),
            self.bar1_total_bytes.map(Value::I64),
            self.bar1_used_bytes.map(Value::I64),
            self.temp_gpu_c.map(Value::I64),
            self.temp_memory_c.map(Value::I64),
            self.temp_slowdown_c.map(Value::I64),
            self.temp_shutdown_c.map(Value::I64),
            self.temp_gpu_max_c.map(Value::I64),
            self.temp_memory_max_c.map(Value::I64),
            self.power_mw.map(Value::I64),
            self.power_instant_mw.map(Value::I64),
            self.power_limit_mw.map(Value::I64),
            self.power_limit_default_mw.map(Value::I64),
            self.power_limit_max_mw.map(Value::I64),
            self.energy_mj.map(Value::I64),
            self.clock_sm_mhz.map(Value::I64),
            self.clock_mem_mhz.map(Value::I64),
            self.clock_graphics_mhz.map(Value::I64),
            self.clock_video_mhz.map(Value::I64),
            self.clock_max_sm_mhz.map(Value::I64),
            self.clock_max_mem_mhz.map(Value::I64),
            self.clock_max_graphics_mhz.map(Value::I64),
            self.clock_max_video_mhz.map(Value::I64),
            self.clock_app_graphics_mhz.map(Value::I64),
            self.clock_app_mem_mhz.map(Value::I64),
            self.pstate.map(Value::I64),
            self.throttle_reasons.map(Value::I64),
            self.idle.map(Value::I64),
            self.throttle_power.map(Value::I64),
            self.throttle_thermal.map(Value::I64),
            self.throttle_hw.map(Value::I64),
            self.violation_power_us.map(Value::I64),
            self.violation_thermal_us.map(Value::I64),
            self.pcie_gen.map(Value::I64),
            self.pcie_gen_max.map(Value::I64),
            self.pcie_width.map(Value::I64),
            self.pcie_width_max.map(Value::I64),
            self.pcie_replays.map(Value::I64),
            self.pcie_rx_bytes_per_s.map(Value::I64),
            self.pcie_tx_bytes_per_s.map(Value::I64),
            self.ecc_enabled.map(Value::I64),
            self.ecc_corrected.map(Value::I64),
            self.ecc_uncorrected.map(Value::I64),
            self.ecc_corrected_boot.map(Value::I64),
            self.ecc_uncorrected_boot.map(Value::I64),
            self.ecc_corrected_life.map(Value::I64),
            self.ecc_uncorrected_life.map(Value::I64),
            self.retired_pages_corrected.map(Value::I64),
            self.retired_pages_uncorrected.map(Value::I64),
            self.retired_pages_pending.map(Value::I64),
            self.remapped_rows_corrected.map(Value::I64),
            self.remapped_rows_uncorrected.map(Value::I64),
            self.remapped_rows_pending.map(Value::I64),
            self.remapped_rows_failed.map(Value::I64),
            self.nvlink_count.map(Value::I64),
            self.nvlink_active.map(Value::I64),
            self.nvlink_crc_errors.map(Value::I64),
            self.nvlink_replay_errors.map(Value::I64),
            self.nvlink_recovery_errors.map(Value::I64),
            self.mig_enabled.map(Value::I64),
            self.mig_instances.map(Value::I64),
            self.persistence.map(Value::I64),
            self.fan_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.fan_count.map(Value::I64),
            self.graphics_active_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.sm_active_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.sm_occupancy_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.tensor_active_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.fp64_active_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.fp32_active_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.fp16_active_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.int_active_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.dram_active_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.gpm_pcie_rx_bytes_per_s.map(Value::I64),
            self.gpm_pcie_tx_bytes_per_s.map(Value::I64),
            self.nvlink_rx_bytes_per_s.map(Value::I64),
            self.nvlink_tx_bytes_per_s.map(Value::I64),
            self.xid_errors.map(Value::I64),
        ] }
    }
}

/// The GPUs of one machine as a whole: how many there should be, how many answer, and how reading them goes.
pub static GPU_NODE: EntityDef = EntityDef {
    number: 21, name: "gpu_node", identity: Identity::Sample, class: Class::Operational, visibility: Visibility::Public,
    reporter: "agent", cadence: "10s", retention: "30d", since: 4,
    description: "The GPUs of one machine as a whole: how many there should be, how many answer, and how reading them goes.",
    misleads: "No row at all: the machine has no NVIDIA driver, or the agent does not look. A driver that shows no GPU is a failure and has a row.",
    fields: &[
        FieldDef { number: 1, name: "state", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 4, description: "ok; no_gpus: the driver shows none; no_library: a driver is there but its library is not; no_driver: the library finds no driver; mismatch: library and driver are of different versions; hung: no answer in time; stuck: hung, and the reader cannot be stopped; crashed: the reader ended; failed: NVML refused to start.", misleads: "" },
        FieldDef { number: 2, name: "gpus_expected", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4096.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "GPUs that there should be: `gpu.expect` of the agent's configuration, else the most that this agent has seen since it started.", misleads: "" },
        FieldDef { number: 3, name: "gpus_found", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4096.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "GPUs that answer.", misleads: "NULL if nothing could be read." },
        FieldDef { number: 4, name: "gpus_listed", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4096.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "GPUs that the driver lists, those that do not answer among them.", misleads: "" },
        FieldDef { number: 5, name: "driver_version", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 80, rollup: false, distribution: None, since: 4, description: "Version of the driver.", misleads: "" },
        FieldDef { number: 6, name: "cuda_version", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 4, description: "Newest CUDA version that the driver supports.", misleads: "" },
        FieldDef { number: 7, name: "nvml_version", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 80, rollup: false, distribution: None, since: 4, description: "Version of NVML.", misleads: "" },
        FieldDef { number: 8, name: "read_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "How long the newest good read of all GPUs took, beside PCIe throughput.", misleads: "" },
        FieldDef { number: 9, name: "restarts", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Readers started since the previous row to replace one that hung or ended.", misleads: "" },
        FieldDef { number: 10, name: "timeouts", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Reads since the previous row that had no answer in time.", misleads: "" },
        FieldDef { number: 11, name: "stuck_readers", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(16.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Readers that were killed and are not gone: the kernel holds them in a call of the driver.", misleads: "" },
        FieldDef { number: 12, name: "reader_rss_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Memory of the reader, the driver's library among it.", misleads: "" },
        FieldDef { number: 13, name: "events_dropped", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Events since the previous row that were too many to keep apart.", misleads: "" },
    ],
};

/// A row of `gpu_node`: The GPUs of one machine as a whole: how many there should be, how many answer, and how reading them goes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GpuNode {
    /// ok; no_gpus: the driver shows none; no_library: a driver is there but its library is not; no_driver: the library finds no driver; mismatch: library and driver are of different versions; hung: no answer in time; stuck: hung, and the reader cannot be stopped; crashed: the reader ended; failed: NVML refused to start. Unit: name.
    pub state: Arc<str>,
    /// GPUs that there should be: `gpu.expect` of the agent's configuration, else the most that this agent has seen since it started. Unit: count.
    pub gpus_expected: Option<i64>,
    /// GPUs that answer. Unit: count.
    pub gpus_found: Option<i64>,
    /// GPUs that the driver lists, those that do not answer among them. Unit: count.
    pub gpus_listed: Option<i64>,
    /// Version of the driver. Unit: name.
    pub driver_version: Option<Arc<str>>,
    /// Newest CUDA version that the driver supports. Unit: name.
    pub cuda_version: Option<Arc<str>>,
    /// Version of NVML. Unit: name.
    pub nvml_version: Option<Arc<str>>,
    /// How long the newest good read of all GPUs took, beside PCIe throughput. Unit: ms.
    pub read_ms: Option<f64>,
    /// Readers started since the previous row to replace one that hung or ended. Unit: count.
    pub restarts: Option<i64>,
    /// Reads since the previous row that had no answer in time. Unit: count.
    pub timeouts: Option<i64>,
    /// Readers that were killed and are not gone: the kernel holds them in a call of the driver. Unit: count.
    pub stuck_readers: Option<i64>,
    /// Memory of the reader, the driver's library among it. Unit: bytes.
    pub reader_rss_bytes: Option<i64>,
    /// Events since the previous row that were too many to keep apart. Unit: count.
    pub events_dropped: Option<i64>,
}

impl GpuNode {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &GPU_NODE, ts_us, values: vec![
            Some(Value::Text(self.state)),
            self.gpus_expected.map(Value::I64),
            self.gpus_found.map(Value::I64),
            self.gpus_listed.map(Value::I64),
            self.driver_version.map(Value::Text),
            self.cuda_version.map(Value::Text),
            self.nvml_version.map(Value::Text),
            self.read_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.restarts.map(Value::I64),
            self.timeouts.map(Value::I64),
            self.stuck_readers.map(Value::I64),
            self.reader_rss_bytes.map(Value::I64),
            self.events_dropped.map(Value::I64),
        ] }
    }
}

/// What one kind of program uses on one GPU, all its processes together.
pub static GPU_PROCESS: EntityDef = EntityDef {
    number: 22, name: "gpu_process", identity: Identity::Sample, class: Class::Extended, visibility: Visibility::Public,
    reporter: "agent", cadence: "10s", retention: "30d", since: 4,
    description: "What one kind of program uses on one GPU, all its processes together.",
    misleads: "Programs are known by a closed list of names and counted as `other` beyond it; in a container that does not share the machine's process ids all are `unknown`. No process id, path, argument or user leaves the node.",
    fields: &[
        FieldDef { number: 1, name: "gpu_id", ty: FieldType::Symbol, unit: "id", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 4, description: "Which GPU: the first 128 bits of SHA-256(\"naap-gpu\" + UUID), as everywhere.", misleads: "UUIDs of rented machines churn: the same card can come back under another id." },
        FieldDef { number: 2, name: "program", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 4, description: "livepeer, ffmpeg, python, gstreamer, ollama, vllm, triton, desktop, other or unknown.", misleads: "" },
        FieldDef { number: 3, name: "processes", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Processes.", misleads: "" },
        FieldDef { number: 4, name: "mem_used_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Device memory that they use together.", misleads: "NULL if the driver tells it for none of them." },
        FieldDef { number: 5, name: "mem_largest_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Device memory of the largest.", misleads: "" },
        FieldDef { number: 6, name: "util_sm_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(2), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Use of the SMs.", misleads: "Newest samples of the driver, added up over the processes. NULL: not told, 0 not being assumed." },
        FieldDef { number: 7, name: "util_memory_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(2), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Use of the memory's bandwidth.", misleads: "Newest samples of the driver, added up over the processes. NULL: not told, 0 not being assumed." },
        FieldDef { number: 8, name: "util_encoder_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(2), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Use of the video encoder.", misleads: "Newest samples of the driver, added up over the processes. NULL: not told, 0 not being assumed." },
        FieldDef { number: 9, name: "util_decoder_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(2), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Use of the video decoder.", misleads: "Newest samples of the driver, added up over the processes. NULL: not told, 0 not being assumed." },
    ],
};

/// A row of `gpu_process`: What one kind of program uses on one GPU, all its processes together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GpuProcess {
    /// Which GPU: the first 128 bits of SHA-256("naap-gpu" + UUID), as everywhere. Unit: id.
    pub gpu_id: Arc<str>,
    /// livepeer, ffmpeg, python, gstreamer, ollama, vllm, triton, desktop, other or unknown. Unit: name.
    pub program: Arc<str>,
    /// Processes. Unit: count.
    pub processes: Option<i64>,
    /// Device memory that they use together. Unit: bytes.
    pub mem_used_bytes: Option<i64>,
    /// Device memory of the largest. Unit: bytes.
    pub mem_largest_bytes: Option<i64>,
    /// Use of the SMs. Unit: ratio.
    pub util_sm_ratio: Option<f64>,
    /// Use of the memory's bandwidth. Unit: ratio.
    pub util_memory_ratio: Option<f64>,
    /// Use of the video encoder. Unit: ratio.
    pub util_encoder_ratio: Option<f64>,
    /// Use of the video decoder. Unit: ratio.
    pub util_decoder_ratio: Option<f64>,
}

impl GpuProcess {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &GPU_PROCESS, ts_us, values: vec![
            Some(Value::Text(self.gpu_id)),
            Some(Value::Text(self.program)),
            self.processes.map(Value::I64),
            self.mem_used_bytes.map(Value::I64),
            self.mem_largest_bytes.map(Value::I64),
            self.util_sm_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.util_memory_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.util_encoder_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.util_decoder_ratio.filter(|x| x.is_finite()).map(Value::F64),
        ] }
    }
}

/// Something that happened to a GPU: an XID error that the driver reported, or a GPU that stopped or began to answer.
pub static GPU_EVENT: EntityDef = EntityDef {
    number: 23, name: "gpu_event", identity: Identity::Sample, class: Class::Operational, visibility: Visibility::Public,
    reporter: "agent", cadence: "on event", retention: "13mo", since: 4,
    description: "Something that happened to a GPU: an XID error that the driver reported, or a GPU that stopped or began to answer.",
    misleads: "In a storm, equal events between two reads come as one row with a count. An XID is the driver's word for what it saw; many have their cause in a program.",
    fields: &[
        FieldDef { number: 1, name: "gpu_id", ty: FieldType::Symbol, unit: "id", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 4, description: "Which GPU; `unknown` if the driver no longer says.", misleads: "UUIDs of rented machines churn: the same card can come back under another id." },
        FieldDef { number: 2, name: "kind", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 4, description: "xid, ecc_uncorrected, lost (no answer any more), back (answers again).", misleads: "" },
        FieldDef { number: 3, name: "code", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "XID code; NULL for other kinds, and where the driver does not know it.", misleads: "" },
        FieldDef { number: 4, name: "count", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "How many.", misleads: "" },
        FieldDef { number: 5, name: "last_ts", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 4, description: "When the newest of them came; the time of the row is that of the first.", misleads: "" },
    ],
};

/// A row of `gpu_event`: Something that happened to a GPU: an XID error that the driver reported, or a GPU that stopped or began to answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GpuEvent {
    /// Which GPU; `unknown` if the driver no longer says. Unit: id.
    pub gpu_id: Arc<str>,
    /// xid, ecc_uncorrected, lost (no answer any more), back (answers again). Unit: name.
    pub kind: Arc<str>,
    /// XID code; NULL for other kinds, and where the driver does not know it. Unit: count.
    pub code: Option<i64>,
    /// How many. Unit: count.
    pub count: Option<i64>,
    /// When the newest of them came; the time of the row is that of the first. Unit: time.
    pub last_ts: Option<i64>,
}

impl GpuEvent {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &GPU_EVENT, ts_us, values: vec![
            Some(Value::Text(self.gpu_id)),
            Some(Value::Text(self.kind)),
            self.code.map(Value::I64),
            self.count.map(Value::I64),
            self.last_ts.map(Value::I64),
        ] }
    }
}

/// One MIG device: a part of a GPU with memory and processors of its own.
pub static GPU_INSTANCE: EntityDef = EntityDef {
    number: 24, name: "gpu_instance", identity: Identity::Sample, class: Class::Extended, visibility: Visibility::Public,
    reporter: "agent", cadence: "10s", retention: "30d", since: 4,
    description: "One MIG device: a part of a GPU with memory and processors of its own.",
    misleads: "Instances are told apart by their place on the GPU, not by their UUID, which changes whenever the GPU is split anew: a place can be of another profile later.",
    fields: &[
        FieldDef { number: 1, name: "gpu_id", ty: FieldType::Symbol, unit: "id", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 4, description: "The GPU that it is part of.", misleads: "UUIDs of rented machines churn: the same card can come back under another id." },
        FieldDef { number: 2, name: "instance", ty: FieldType::I64, unit: "index", kind: Kind::Gauge, key: true, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4096.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Number of the GPU instance.", misleads: "" },
        FieldDef { number: 3, name: "compute_instance", ty: FieldType::I64, unit: "index", kind: Kind::Gauge, key: true, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4096.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Number of the compute instance in it.", misleads: "" },
        FieldDef { number: 4, name: "index", ty: FieldType::I64, unit: "index", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4096.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Number of the MIG device in NVML's order.", misleads: "" },
        FieldDef { number: 5, name: "profile", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 4, description: "Its profile, such as 1g.10gb.", misleads: "" },
        FieldDef { number: 6, name: "sm_count", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(100000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "SMs.", misleads: "" },
        FieldDef { number: 7, name: "slices", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(64.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Slices of the GPU instance.", misleads: "" },
        FieldDef { number: 8, name: "mem_total_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Device memory.", misleads: "" },
        FieldDef { number: 9, name: "mem_used_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Device memory in use.", misleads: "" },
        FieldDef { number: 10, name: "mem_free_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Device memory that is free.", misleads: "" },
        FieldDef { number: 11, name: "graphics_active_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(4), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Graphics or compute engine active.", misleads: "GPM, Hopper and later; of the GPU instance, whose compute instances show the same; from the second sample on." },
        FieldDef { number: 12, name: "sm_active_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(4), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Share of time in which an SM had at least one warp.", misleads: "GPM, Hopper and later; of the GPU instance, whose compute instances show the same; from the second sample on." },
        FieldDef { number: 13, name: "sm_occupancy_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(4), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Warps on the SMs as a share of those that fit.", misleads: "As `sm_active_ratio`." },
        FieldDef { number: 14, name: "tensor_active_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(4), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Share of time in which the tensor cores worked.", misleads: "As `sm_active_ratio`." },
        FieldDef { number: 15, name: "dram_active_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(4), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Bandwidth of its memory used.", misleads: "As `sm_active_ratio`." },
    ],
};

/// A row of `gpu_instance`: One MIG device: a part of a GPU with memory and processors of its own.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GpuInstance {
    /// The GPU that it is part of. Unit: id.
    pub gpu_id: Arc<str>,
    /// Number of the GPU instance. Unit: index.
    pub instance: i64,
    /// Number of the compute instance in it. Unit: index.
    pub compute_instance: i64,
    /// Number of the MIG device in NVML's order. Unit: index.
    pub index: Option<i64>,
    /// Its profile, such as 1g.10gb. Unit: name.
    pub profile: Option<Arc<str>>,
    /// SMs. Unit: count.
    pub sm_count: Option<i64>,
    /// Slices of the GPU instance. Unit: count.
    pub slices: Option<i64>,
    /// Device memory. Unit: bytes.
    pub mem_total_bytes: Option<i64>,
    /// Device memory in use. Unit: bytes.
    pub mem_used_bytes: Option<i64>,
    /// Device memory that is free. Unit: bytes.
    pub mem_free_bytes: Option<i64>,
    /// Graphics or compute engine active. Unit: ratio.
    pub graphics_active_ratio: Option<f64>,
    /// Share of time in which an SM had at least one warp. Unit: ratio.
    pub sm_active_ratio: Option<f64>,
    /// Warps on the SMs as a share of those that fit. Unit: ratio.
    pub sm_occupancy_ratio: Option<f64>,
    /// Share of time in which the tensor cores worked. Unit: ratio.
    pub tensor_active_ratio: Option<f64>,
    /// Bandwidth of its memory used. Unit: ratio.
    pub dram_active_ratio: Option<f64>,
}

impl GpuInstance {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &GPU_INSTANCE, ts_us, values: vec![
            Some(Value::Text(self.gpu_id)),
            Some(Value::I64(self.instance)),
            Some(Value::I64(self.compute_instance)),
            self.index.map(Value::I64),
            self.profile.map(Value::Text),
            self.sm_count.map(Value::I64),
            self.slices.map(Value::I64),
            self.mem_total_bytes.map(Value::I64),
            self.mem_used_bytes.map(Value::I64),
            self.mem_free_bytes.map(Value::I64),
            self.graphics_active_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.sm_active_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.sm_occupancy_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.tensor_active_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.dram_active_ratio.filter(|x| x.is_finite()).map(Value::F64),
        ] }
    }
}

/// What a gateway counted of its transcoding and live AI work with one orchestrator, from its own metrics.
pub static LIVEPEER_ORCHESTRATOR: EntityDef = EntityDef {
    number: 30, name: "livepeer_orchestrator", identity: Identity::Sample, class: Class::Operational, visibility: Visibility::Public,
    reporter: "agent", cadence: "on change, and every 10 min", retention: "90d", since: 4,
    description: "What a gateway counted of its transcoding and live AI work with one orchestrator, from its own metrics.",
    misleads: "A gateway's view. Rows come when something changed: add up deltas, never count rows.",
    fields: &[
        FieldDef { number: 1, name: "target", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Which of the configured nodes of this agent was read.", misleads: "" },
        FieldDef { number: 2, name: "orch_uri", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 4, description: "Service URI of the orchestrator, as the node writes it; `none` where it names none.", misleads: "" },
        FieldDef { number: 3, name: "orch_address", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "On-chain address in the label, lower case.", misleads: "" },
        FieldDef { number: 4, name: "orch_version", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 4, description: "go-livepeer version of the orchestrator, from the label.", misleads: "" },
        FieldDef { number: 5, name: "interval_ms", ty: FieldType::I64, unit: "ms", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1209600000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "What the deltas of this row cover: the time since the previous row with the same keys.", misleads: "NULL where there is no earlier reading to compare with; then the deltas are NULL too." },
        FieldDef { number: 6, name: "segments_uploaded", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Segments sent to it. Source: `livepeer_segment_source_uploaded_total`.", misleads: "" },
        FieldDef { number: 7, name: "segments_upload_failed", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Segments that could not be sent to it, whatever the error. Source: `livepeer_segment_source_upload_failed_total`.", misleads: "" },
        FieldDef { number: 8, name: "segments_transcoded", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Segments that came back in all renditions. Source: `livepeer_segment_transcoded_all_appeared_total`.", misleads: "" },
        FieldDef { number: 9, name: "segments_unprocessed", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Transcoded segments that were not looked into further. Source: `livepeer_segment_transcoded_unprocessed_total`.", misleads: "" },
        FieldDef { number: 10, name: "latency_sum_s", ty: FieldType::F64, unit: "s", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Time from sending a segment to having all renditions, added up. Source: `livepeer_transcode_overall_latency_seconds_sum`.", misleads: "" },
        FieldDef { number: 11, name: "latency_count", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Segments in `latency_sum_s`. Source: `livepeer_transcode_overall_latency_seconds_count`.", misleads: "" },
        FieldDef { number: 12, name: "latency_le_500ms_count", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Those of at most 0.5 s. Source: `livepeer_transcode_overall_latency_seconds_bucket`.", misleads: "Cumulative: those of a smaller bound are in it." },
        FieldDef { number: 13, name: "latency_le_1s_count", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Those of at most 1 s. Source: `livepeer_transcode_overall_latency_seconds_bucket`.", misleads: "Cumulative: those of a smaller bound are in it." },
        FieldDef { number: 14, name: "latency_le_2s_count", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Those of at most 2 s. Source: `livepeer_transcode_overall_latency_seconds_bucket`.", misleads: "Cumulative: those of a smaller bound are in it." },
        FieldDef { number: 15, name: "latency_le_3s_count", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Those of at most 3 s. Source: `livepeer_transcode_overall_latency_seconds_bucket`.", misleads: "Cumulative: those of a smaller bound are in it." },
        FieldDef { number: 16, name: "latency_le_5s_count", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Those of at most 5 s. Source: `livepeer_transcode_overall_latency_seconds_bucket`.", misleads: "Cumulative: those of a smaller bound are in it." },
        FieldDef { number: 17, name: "latency_le_10s_count", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Those of at most 10 s. Source: `livepeer_transcode_overall_latency_seconds_bucket`.", misleads: "Cumulative: those of a smaller bound are in it." },
        FieldDef { number: 18, name: "upload_sum_s", ty: FieldType::F64, unit: "s", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Time to send segments, added up. Source: `livepeer_upload_time_seconds_sum`.", misleads: "" },
        FieldDef { number: 19, name: "upload_count", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Segments in `upload_sum_s`. Source: `livepeer_upload_time_seconds_count`.", misleads: "" },
        FieldDef { number: 20, name: "discovery_errors", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Failed requests for its information, whatever the error. Source: `livepeer_discovery_errors_total`.", misleads: "Cancelled requests are not counted by go-livepeer." },
        FieldDef { number: 21, name: "verification_done", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Segments that were verified. Source: `livepeer_fast_verification_done`.", misleads: "" },
        FieldDef { number: 22, name: "verification_failed", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Segments whose verification failed. Source: `livepeer_fast_verification_failed`.", misleads: "" },
        FieldDef { number: 23, name: "first_segment_delay_sum_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Live AI: time to the first segment, added up. Source: `livepeer_ai_first_segment_delay_ms_sum`.", misleads: "Its buckets end at 10 ms and say nothing; only sum and count are kept." },
        FieldDef { number: 24, name: "first_segment_delay_count", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Streams in `first_segment_delay_sum_ms`. Source: `livepeer_ai_first_segment_delay_ms_count`.", misleads: "" },
        FieldDef { number: 25, name: "live_price_wei_per_pixel", ty: FieldType::F64, unit: "wei", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Price of live AI. Source: `livepeer_live_ai_price_per_pixel`.", misleads: "" },
    ],
};

/// A row of `livepeer_orchestrator`: What a gateway counted of its transcoding and live AI work with one orchestrator, from its own metrics.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LivepeerOrchestrator {
    /// Which of the configured nodes of this agent was read. Unit: name.
    pub target: Arc<str>,
    /// Service URI of the orchestrator, as the node writes it; `none` where it names none. Unit: url.
    pub orch_uri: Arc<str>,
    /// On-chain address in the label, lower case. Unit: address.
    pub orch_address: Option<Arc<str>>,
    /// go-livepeer version of the orchestrator, from the label. Unit: name.
    pub orch_version: Option<Arc<str>>,
    /// What the deltas of this row cover: the time since the previous row with the same keys. Unit: ms.
    pub interval_ms: Option<i64>,
    /// Segments sent to it. Source: `livepeer_segment_source_uploaded_total`. Unit: count.
    pub segments_uploaded: Option<f64>,
    /// Segments that could not be sent to it, whatever the error. Source: `livepeer_segment_source_upload_failed_total`. Unit: count.
    pub segments_upload_failed: Option<f64>,
    /// Segments that came back in all renditions. Source: `livepeer_segment_transcoded_all_appeared_total`. Unit: count.
    pub segments_transcoded: Option<f64>,
    /// Transcoded segments that were not looked into further. Source: `livepeer_segment_transcoded_unprocessed_total`. Unit: count.
    pub segments_unprocessed: Option<f64>,
    /// Time from sending a segment to having all renditions, added up. Source: `livepeer_transcode_overall_latency_seconds_sum`. Unit: s.
    pub latency_sum_s: Option<f64>,
    /// Segments in `latency_sum_s`. Source: `livepeer_transcode_overall_latency_seconds_count`. Unit: count.
    pub latency_count: Option<f64>,
    /// Those of at most 0.5 s. Source: `livepeer_transcode_overall_latency_seconds_bucket`. Unit: count.
    pub latency_le_500ms_count: Option<f64>,
    /// Those of at most 1 s. Source: `livepeer_transcode_overall_latency_seconds_bucket`. Unit: count.
    pub latency_le_1s_count: Option<f64>,
    /// Those of at most 2 s. Source: `livepeer_transcode_overall_latency_seconds_bucket`. Unit: count.
    pub latency_le_2s_count: Option<f64>,
    /// Those of at most 3 s. Source: `livepeer_transcode_overall_latency_seconds_bucket`. Unit: count.
    pub latency_le_3s_count: Option<f64>,
    /// Those of at most 5 s. Source: `livepeer_transcode_overall_latency_seconds_bucket`. Unit: count.
    pub latency_le_5s_count: Option<f64>,
    /// Those of at most 10 s. Source: `livepeer_transcode_overall_latency_seconds_bucket`. Unit: count.
    pub latency_le_10s_count: Option<f64>,
    /// Time to send segments, added up. Source: `livepeer_upload_time_seconds_sum`. Unit: s.
    pub upload_sum_s: Option<f64>,
    /// Segments in `upload_sum_s`. Source: `livepeer_upload_time_seconds_count`. Unit: count.
    pub upload_count: Option<f64>,
    /// Failed requests for its information, whatever the error. Source: `livepeer_discovery_errors_total`. Unit: count.
    pub discovery_errors: Option<f64>,
    /// Segments that were verified. Source: `livepeer_fast_verification_done`. Unit: count.
    pub verification_done: Option<f64>,
    /// Segments whose verification failed. Source: `livepeer_fast_verification_failed`. Unit: count.
    pub verification_failed: Option<f64>,
    /// Live AI: time to the first segment, added up. Source: `livepeer_ai_first_segment_delay_ms_sum`. Unit: ms.
    pub first_segment_delay_sum_ms: Option<f64>,
    /// Streams in `first_segment_delay_sum_ms`. Source: `livepeer_ai_first_segment_delay_ms_count`. Unit: count.
    pub first_segment_delay_count: Option<f64>,
    /// Price of live AI. Source: `livepeer_live_ai_price_per_pixel`. Unit: wei.
    pub live_price_wei_per_pixel: Option<f64>,
}

impl LivepeerOrchestrator {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &LIVEPEER_ORCHESTRATOR, ts_us, values: vec![
            Some(Value::Text(self.target)),
            Some(Value::Text(self.orch_uri)),
            self.orch_address.map(Value::Text),
            self.orch_version.map(Value::Text),
            self.interval_ms.map(Value::I64),
            self.segments_uploaded.filter(|x| x.is_finite()).map(Value::F64),
            self.segments_upload_failed.filter(|x| x.is_finite()).map(Value::F64),
            self.segments_transcoded.filter(|x| x.is_finite()).map(Value::F64),
            self.segments_unprocessed.filter(|x| x.is_finite()).map(Value::F64),
            self.latency_sum_s.filter(|x| x.is_finite()).map(Value::F64),
            self.latency_count.filter(|x| x.is_finite()).map(Value::F64),
            self.latency_le_500ms_count.filter(|x| x.is_finite()).map(Value::F64),
            self.latency_le_1s_count.filter(|x| x.is_finite()).map(Value::F64),
            self.latency_le_2s_count.filter(|x| x.is_finite()).map(Value::F64),
            self.latency_le_3s_count.filter(|x| x.is_finite()).map(Value::F64),
            self.latency_le_5s_count.filter(|x| x.is_finite()).map(Value::F64),
            self.latency_le_10s_count.filter(|x| x.is_finite()).map(Value::F64),
            self.upload_sum_s.filter(|x| x.is_finite()).map(Value::F64),
            self.upload_count.filter(|x| x.is_finite()).map(Value::F64),
            self.discovery_errors.filter(|x| x.is_finite()).map(Value::F64),
            self.verification_done.filter(|x| x.is_finite()).map(Value::F64),
            self.verification_failed.filter(|x| x.is_finite()).map(Value::F64),
            self.first_segment_delay_sum_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.first_segment_delay_count.filter(|x| x.is_finite()).map(Value::F64),
            self.live_price_wei_per_pixel.filter(|x| x.is_finite()).map(Value::F64),
        ] }
    }
}

/// Errors that a node counted, by what failed and why.
pub static LIVEPEER_ERROR: EntityDef = EntityDef {
    number: 31, name: "livepeer_error", identity: Identity::Sample, class: Class::Operational, visibility: Visibility::Public,
    reporter: "agent", cadence: "on change, and every 10 min", retention: "90d", since: 4,
    description: "Errors that a node counted, by what failed and why.",
    misleads: "A new error appears with its first count. go-livepeer loses some: what a gateway's handler panics on is counted by the orchestrator only.",
    fields: &[
        FieldDef { number: 1, name: "target", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Which of the configured nodes of this agent was read.", misleads: "" },
        FieldDef { number: 2, name: "what", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 4, description: "What failed: upload, transcode, discovery, ai_request, ai_result_save, payment_received, event_send.", misleads: "" },
        FieldDef { number: 3, name: "error", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 4, description: "Why, from a closed set. The texts of go-livepeer are free and may hold addresses or whole images: they are folded into it and go no further. For event_send: the type of event.", misleads: "" },
        FieldDef { number: 4, name: "orch_uri", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 4, description: "Service URI of the orchestrator, as the node writes it; `none` where it names none.", misleads: "" },
        FieldDef { number: 5, name: "pipeline", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Pipeline, kebab case; `none` where the node names none.", misleads: "" },
        FieldDef { number: 6, name: "model", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 4, description: "Model; `none` where the node names none.", misleads: "" },
        FieldDef { number: 7, name: "interval_ms", ty: FieldType::I64, unit: "ms", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1209600000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "What the deltas of this row cover: the time since the previous row with the same keys.", misleads: "NULL where there is no earlier reading to compare with; then the deltas are NULL too." },
        FieldDef { number: 8, name: "errors", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "How many. Source: `livepeer_segment_source_upload_failed_total`, `livepeer_segment_transcode_failed_total`, `livepeer_discovery_errors_total`, `livepeer_ai_request_errors`, `livepeer_ai_result_save_failed_total`, `livepeer_payment_recv_errors`, `livepeer_kafka_event_send_errors`.", misleads: "" },
    ],
};

/// A row of `livepeer_error`: Errors that a node counted, by what failed and why.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LivepeerError {
    /// Which of the configured nodes of this agent was read. Unit: name.
    pub target: Arc<str>,
    /// What failed: upload, transcode, discovery, ai_request, ai_result_save, payment_received, event_send. Unit: name.
    pub what: Arc<str>,
    /// Why, from a closed set. The texts of go-livepeer are free and may hold addresses or whole images: they are folded into it and go no further. For event_send: the type of event. Unit: name.
    pub error: Arc<str>,
    /// Service URI of the orchestrator, as the node writes it; `none` where it names none. Unit: url.
    pub orch_uri: Arc<str>,
    /// Pipeline, kebab case; `none` where the node names none. Unit: name.
    pub pipeline: Arc<str>,
    /// Model; `none` where the node names none. Unit: name.
    pub model: Arc<str>,
    /// What the deltas of this row cover: the time since the previous row with the same keys. Unit: ms.
    pub interval_ms: Option<i64>,
    /// How many. Source: `livepeer_segment_source_upload_failed_total`, `livepeer_segment_transcode_failed_total`, `livepeer_discovery_errors_total`, `livepeer_ai_request_errors`, `livepeer_ai_result_save_failed_total`, `livepeer_payment_recv_errors`, `livepeer_kafka_event_send_errors`. Unit: count.
    pub errors: Option<f64>,
}

impl LivepeerError {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &LIVEPEER_ERROR, ts_us, values: vec![
            Some(Value::Text(self.target)),
            Some(Value::Text(self.what)),
            Some(Value::Text(self.error)),
            Some(Value::Text(self.orch_uri)),
            Some(Value::Text(self.pipeline)),
            Some(Value::Text(self.model)),
            self.interval_ms.map(Value::I64),
            self.errors.filter(|x| x.is_finite()).map(Value::F64),
        ] }
    }
}

/// What a node counted of its AI work with one pipeline and model, from its own metrics.
pub static LIVEPEER_AI: EntityDef = EntityDef {
    number: 32, name: "livepeer_ai", identity: Identity::Sample, class: Class::Operational, visibility: Visibility::Public,
    reporter: "agent", cadence: "on change, and every 10 min", retention: "90d", since: 4,
    description: "What a node counted of its AI work with one pipeline and model, from its own metrics.",
    misleads: "On a gateway, container figures are second-hand: they come from its last look at the network, up to 25 min old, and name no pipeline. Add up deltas, never count rows.",
    fields: &[
        FieldDef { number: 1, name: "target", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Which of the configured nodes of this agent was read.", misleads: "" },
        FieldDef { number: 2, name: "pipeline", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Pipeline, kebab case; `none` where the node names none.", misleads: "" },
        FieldDef { number: 3, name: "model", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 4, description: "Model; `none` where the node names none.", misleads: "" },
        FieldDef { number: 4, name: "orch_uri", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 4, description: "Service URI of the orchestrator, as the node writes it; `none` where it names none.", misleads: "" },
        FieldDef { number: 5, name: "interval_ms", ty: FieldType::I64, unit: "ms", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1209600000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "What the deltas of this row cover: the time since the previous row with the same keys.", misleads: "NULL where there is no earlier reading to compare with; then the deltas are NULL too." },
        FieldDef { number: 6, name: "requests", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Requests that were finished (gateway) or processed (orchestrator). Source: `livepeer_ai_models_requested`.", misleads: "" },
        FieldDef { number: 7, name: "request_errors", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Requests that failed, whatever the error. Source: `livepeer_ai_request_errors`.", misleads: "One request of a gateway may fail 20 times on orchestrators; a gateway's panic is not counted at all." },
        FieldDef { number: 8, name: "latency_score", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(12), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Latency score of the newest request; lower is better. Its unit is the pipeline's: seconds per pixel and step, per second of audio, per token or per character. Source: `livepeer_ai_request_latency_score`.", misleads: "A last value, never a mean. A streamed llm answer writes 0 on the orchestrator." },
        FieldDef { number: 9, name: "price_wei_per_unit", ty: FieldType::F64, unit: "wei", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Price of the newest request. Source: `livepeer_ai_request_price`.", misleads: "" },
        FieldDef { number: 10, name: "max_price_wei_per_unit", ty: FieldType::F64, unit: "wei", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Highest price that the gateway pays, as configured. Source: `livepeer_price_per_capability`.", misleads: "" },
        FieldDef { number: 11, name: "live_attempts", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Tries to start a live stream. Source: `livepeer_ai_live_attempt`.", misleads: "" },
        FieldDef { number: 12, name: "live_streams", ty: FieldType::F64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Live streams now. Source: `livepeer_ai_current_live_pipelines`.", misleads: "" },
        FieldDef { number: 13, name: "containers_in_use", ty: FieldType::F64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Containers at work. Source: `livepeer_ai_container_in_use`.", misleads: "" },
        FieldDef { number: 14, name: "containers_idle", ty: FieldType::F64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Containers that wait. Source: `livepeer_ai_container_idle`.", misleads: "" },
        FieldDef { number: 15, name: "gpus_idle", ty: FieldType::F64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "GPUs that wait. Source: `livepeer_ai_gpus_idle`.", misleads: "" },
        FieldDef { number: 16, name: "results_downloaded", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Results that the orchestrator got from its worker. Source: `livepeer_ai_result_downloaded_total`.", misleads: "" },
        FieldDef { number: 17, name: "result_download_sum_s", ty: FieldType::F64, unit: "s", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Time for that, added up. Source: `livepeer_ai_result_download_time_seconds_sum`.", misleads: "" },
        FieldDef { number: 18, name: "result_download_count", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Results in `result_download_sum_s`. Source: `livepeer_ai_result_download_time_seconds_count`.", misleads: "" },
        FieldDef { number: 19, name: "results_uploaded", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Results that the worker sent to its orchestrator. Source: `livepeer_ai_result_uploaded_total`.", misleads: "" },
        FieldDef { number: 20, name: "result_upload_sum_s", ty: FieldType::F64, unit: "s", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Time for that, added up. Source: `livepeer_ai_result_upload_time_seconds_sum`.", misleads: "" },
        FieldDef { number: 21, name: "result_upload_count", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Results in `result_upload_sum_s`. Source: `livepeer_ai_result_upload_time_seconds_count`.", misleads: "" },
        FieldDef { number: 22, name: "result_save_failed", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Results that could not be saved, whatever the error. Source: `livepeer_ai_result_save_failed_total`.", misleads: "Counts failed local inference too." },
    ],
};

/// A row of `livepeer_ai`: What a node counted of its AI work with one pipeline and model, from its own metrics.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LivepeerAi {
    /// Which of the configured nodes of this agent was read. Unit: name.
    pub target: Arc<str>,
    /// Pipeline, kebab case; `none` where the node names none. Unit: name.
    pub pipeline: Arc<str>,
    /// Model; `none` where the node names none. Unit: name.
    pub model: Arc<str>,
    /// Service URI of the orchestrator, as the node writes it; `none` where it names none. Unit: url.
    pub orch_uri: Arc<str>,
    /// What the deltas of this row cover: the time since the previous row with the same keys. Unit: ms.
    pub interval_ms: Option<i64>,
    /// Requests that were finished (gateway) or processed (orchestrator). Source: `livepeer_ai_models_requested`. Unit: count.
    pub requests: Option<f64>,
    /// Requests that failed, whatever the error. Source: `livepeer_ai_request_errors`. Unit: count.
    pub request_errors: Option<f64>,
    /// Latency score of the newest request; lower is better. Its unit is the pipeline's: seconds per pixel and step, per second of audio, per token or per character. Source: `livepeer_ai_request_latency_score`. Unit: ratio.
    pub latency_score: Option<f64>,
    /// Price of the newest request. Source: `livepeer_ai_request_price`. Unit: wei.
    pub price_wei_per_unit: Option<f64>,
    /// Highest price that the gateway pays, as configured. Source: `livepeer_price_per_capability`. Unit: wei.
    pub max_price_wei_per_unit: Option<f64>,
    /// Tries to start a live stream. Source: `livepeer_ai_live_attempt`. Unit: count.
    pub live_attempts: Option<f64>,
    /// Live streams now. Source: `livepeer_ai_current_live_pipelines`. Unit: count.
    pub live_streams: Option<f64>,
    /// Containers at work. Source: `livepeer_ai_container_in_use`. Unit: count.
    pub containers_in_use: Option<f64>,
    /// Containers that wait. Source: `livepeer_ai_container_idle`. Unit: count.
    pub containers_idle: Option<f64>,
    /// GPUs that wait. Source: `livepeer_ai_gpus_idle`. Unit: count.
    pub gpus_idle: Option<f64>,
    /// Results that the orchestrator got from its worker. Source: `livepeer_ai_result_downloaded_total`. Unit: count.
    pub results_downloaded: Option<f64>,
    /// Time for that, added up. Source: `livepeer_ai_result_download_time_seconds_sum`. Unit: s.
    pub result_download_sum_s: Option<f64>,
    /// Results in `result_download_sum_s`. Source: `livepeer_ai_result_download_time_seconds_count`. Unit: count.
    pub result_download_count: Option<f64>,
    /// Results that the worker sent to its orchestrator. Source: `livepeer_ai_result_uploaded_total`. Unit: count.
    pub results_uploaded: Option<f64>,
    /// Time for that, added up. Source: `livepeer_ai_result_upload_time_seconds_sum`. Unit: s.
    pub result_upload_sum_s: Option<f64>,
    /// Results in `result_upload_sum_s`. Source: `livepeer_ai_result_upload_time_seconds_count`. Unit: count.
    pub result_upload_count: Option<f64>,
    /// Results that could not be saved, whatever the error. Source: `livepeer_ai_result_save_failed_total`. Unit: count.
    pub result_save_failed: Option<f64>,
}

impl LivepeerAi {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &LIVEPEER_AI, ts_us, values: vec![
            Some(Value::Text(self.target)),
            Some(Value::Text(self.pipeline)),
            Some(Value::Text(self.model)),
            Some(Value::Text(self.orch_uri)),
            self.interval_ms.map(Value::I64),
            self.requests.filter(|x| x.is_finite()).map(Value::F64),
            self.request_errors.filter(|x| x.is_finite()).map(Value::F64),
            self.latency_score.filter(|x| x.is_finite()).map(Value::F64),
            self.price_wei_per_unit.filter(|x| x.is_finite()).map(Value::F64),
            self.max_price_wei_per_unit.filter(|x| x.is_finite()).map(Value::F64),
            self.live_attempts.filter(|x| x.is_finite()).map(Value::F64),
            self.live_streams.filter(|x| x.is_finite()).map(Value::F64),
            self.containers_in_use.filter(|x| x.is_finite()).map(Value::F64),
            self.containers_idle.filter(|x| x.is_finite()).map(Value::F64),
            self.gpus_idle.filter(|x| x.is_finite()).map(Value::F64),
            self.results_downloaded.filter(|x| x.is_finite()).map(Value::F64),
            self.result_download_sum_s.filter(|x| x.is_finite()).map(Value::F64),
            self.result_download_count.filter(|x| x.is_finite()).map(Value::F64),
            self.results_uploaded.filter(|x| x.is_finite()).map(Value::F64),
            self.result_upload_sum_s.filter(|x| x.is_finite()).map(Value::F64),
            self.result_upload_count.filter(|x| x.is_finite()).map(Value::F64),
            self.result_save_failed.filter(|x| x.is_finite()).map(Value::F64),
        ] }
    }
}

/// What an orchestrator counted of the payments of one gateway, and what it asks of it.
pub static LIVEPEER_SENDER: EntityDef = EntityDef {
    number: 33, name: "livepeer_sender", identity: Identity::Sample, class: Class::Operational, visibility: Visibility::Public,
    reporter: "agent", cadence: "on change, and every 10 min", retention: "90d", since: 4,
    description: "What an orchestrator counted of the payments of one gateway, and what it asks of it.",
    misleads: "Counters by sender exist only where the node runs with -metricsPerStream; prices and limits by sender always. On a gateway the sender `max` is its configured maximum.",
    fields: &[
        FieldDef { number: 1, name: "target", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Which of the configured nodes of this agent was read.", misleads: "" },
        FieldDef { number: 2, name: "sender", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Address of the gateway, lower case; `max` on a gateway.", misleads: "" },
        FieldDef { number: 3, name: "interval_ms", ty: FieldType::I64, unit: "ms", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1209600000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "What the deltas of this row cover: the time since the previous row with the same keys.", misleads: "NULL where there is no earlier reading to compare with; then the deltas are NULL too." },
        FieldDef { number: 4, name: "max_float_gwei", ty: FieldType::F64, unit: "gwei", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Highest face value sum that is accepted before it is redeemed. Source: `livepeer_gateway_max_float`.", misleads: "" },
        FieldDef { number: 5, name: "ticket_face_value_gwei", ty: FieldType::F64, unit: "gwei", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Face value of a ticket. Source: `livepeer_gateway_ticket_face_value`.", misleads: "" },
        FieldDef { number: 6, name: "price_wei_per_pixel", ty: FieldType::F64, unit: "wei", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Transcoding price. Source: `livepeer_transcoding_price`.", misleads: "" },
        FieldDef { number: 7, name: "tickets_received", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Tickets received. Source: `livepeer_tickets_recv`.", misleads: "" },
        FieldDef { number: 8, name: "ticket_value_received_gwei", ty: FieldType::F64, unit: "gwei", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Their expected value. Source: `livepeer_ticket_value_recv`.", misleads: "" },
        FieldDef { number: 9, name: "winning_tickets_received", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Winning ones. Source: `livepeer_winning_tickets_recv`.", misleads: "" },
        FieldDef { number: 10, name: "value_redeemed_gwei", ty: FieldType::F64, unit: "gwei", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Redeemed. Source: `livepeer_value_redeemed`.", misleads: "" },
        FieldDef { number: 11, name: "payment_receive_errors", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Payments refused, whatever the error. Source: `livepeer_payment_recv_errors`.", misleads: "" },
    ],
};

/// A row of `livepeer_sender`: What an orchestrator counted of the payments of one gateway, and what it asks of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LivepeerSender {
    /// Which of the configured nodes of this agent was read. Unit: name.
    pub target: Arc<str>,
    /// Address of the gateway, lower case; `max` on a gateway. Unit: address.
    pub sender: Arc<str>,
    /// What the deltas of this row cover: the time since the previous row with the same keys. Unit: ms.
    pub interval_ms: Option<i64>,
    /// Highest face value sum that is accepted before it is redeemed. Source: `livepeer_gateway_max_float`. Unit: gwei.
    pub max_float_gwei: Option<f64>,
    /// Face value of a ticket. Source: `livepeer_gateway_ticket_face_value`. Unit: gwei.
    pub ticket_face_value_gwei: Option<f64>,
    /// Transcoding price. Source: `livepeer_transcoding_price`. Unit: wei.
    pub price_wei_per_pixel: Option<f64>,
    /// Tickets received. Source: `livepeer_tickets_recv`. Unit: count.
    pub tickets_received: Option<f64>,
    /// Their expected value. Source: `livepeer_ticket_value_recv`. Unit: gwei.
    pub ticket_value_received_gwei: Option<f64>,
    /// Winning ones. Source: `livepeer_winning_tickets_recv`. Unit: count.
    pub winning_tickets_received: Option<f64>,
    /// Redeemed. Source: `livepeer_value_redeemed`. Unit: gwei.
    pub value_redeemed_gwei: Option<f64>,
    /// Payments refused, whatever the error. Source: `livepeer_payment_recv_errors`. Unit: count.
    pub payment_receive_errors: Option<f64>,
}

impl LivepeerSender {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &LIVEPEER_SENDER, ts_us, values: vec![
            Some(Value::Text(self.target)),
            Some(Value::Text(self.sender)),
            self.interval_ms.map(Value::I64),
            self.max_float_gwei.filter(|x| x.is_finite()).map(Value::F64),
            self.ticket_face_value_gwei.filter(|x| x.is_finite()).map(Value::F64),
            self.price_wei_per_pixel.filter(|x| x.is_finite()).map(Value::F64),
            self.tickets_received.filter(|x| x.is_finite()).map(Value::F64),
            self.ticket_value_received_gwei.filter(|x| x.is_finite()).map(Value::F64),
            self.winning_tickets_received.filter(|x| x.is_finite()).map(Value::F64),
            self.value_redeemed_gwei.filter(|x| x.is_finite()).map(Value::F64),
            self.payment_receive_errors.filter(|x| x.is_finite()).map(Value::F64),
        ] }
    }
}

/// Every other series of a node's metrics, as it is: for engineers, never for a score.
pub static LIVEPEER_SERIES: EntityDef = EntityDef {
    number: 34, name: "livepeer_series", identity: Identity::Sample, class: Class::Extended, visibility: Visibility::Public,
    reporter: "agent", cadence: "1 min, if changed; every 10 min", retention: "30d", since: 4,
    description: "Every other series of a node's metrics, as it is: for engineers, never for a score.",
    misleads: "Trust `kind`, not the name. A histogram's buckets are cumulative. Streams' and clients' labels are added up and not kept.",
    fields: &[
        FieldDef { number: 1, name: "target", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Which of the configured nodes of this agent was read.", misleads: "" },
        FieldDef { number: 2, name: "metric", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 96, rollup: false, distribution: None, since: 4, description: "Name of the series, its suffix (_sum, _count, _bucket) included.", misleads: "" },
        FieldDef { number: 3, name: "labels", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 4, description: "Its other labels, `name=value` in the order of the names, separated by commas; `none` where there is none.", misleads: "" },
        FieldDef { number: 4, name: "interval_ms", ty: FieldType::I64, unit: "ms", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1209600000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "What the deltas of this row cover: the time since the previous row with the same keys.", misleads: "NULL where there is no earlier reading to compare with; then the deltas are NULL too." },
        FieldDef { number: 5, name: "kind", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 4, description: "counter or gauge, by the TYPE line.", misleads: "" },
        FieldDef { number: 6, name: "delta", ty: FieldType::F64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "What a counter grew by, in the unit of its metric.", misleads: "The unit is the metric's." },
        FieldDef { number: 7, name: "value", ty: FieldType::F64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(6), min: Some(-1e18), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "A gauge, in the unit of its metric.", misleads: "The unit is the metric's." },
    ],
};

/// A row of `livepeer_series`: Every other series of a node's metrics, as it is: for engineers, never for a score.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LivepeerSeries {
    /// Which of the configured nodes of this agent was read. Unit: name.
    pub target: Arc<str>,
    /// Name of the series, its suffix (_sum, _count, _bucket) included. Unit: name.
    pub metric: Arc<str>,
    /// Its other labels, `name=value` in the order of the names, separated by commas; `none` where there is none. Unit: name.
    pub labels: Arc<str>,
    /// What the deltas of this row cover: the time since the previous row with the same keys. Unit: ms.
    pub interval_ms: Option<i64>,
    /// counter or gauge, by the TYPE line. Unit: name.
    pub kind: Option<Arc<str>>,
    /// What a counter grew by, in the unit of its metric. Unit: count.
    pub delta: Option<f64>,
    /// A gauge, in the unit of its metric. Unit: count.
    pub value: Option<f64>,
}

impl LivepeerSeries {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &LIVEPEER_SERIES, ts_us, values: vec![
            Some(Value::Text(self.target)),
            Some(Value::Text(self.metric)),
            Some(Value::Text(self.labels)),
            self.interval_ms.map(Value::I64),
            self.kind.map(Value::Text),
            self.delta.filter(|x| x.is_finite()).map(Value::F64),
            self.value.filter(|x| x.is_finite()).map(Value::F64),
        ] }
    }
}

/// What a go-livepeer node says of itself on `/status`: version, streams that run now, transcoders.
pub static NODE_STATUS: EntityDef = EntityDef {
    number: 35, name: "node_status", identity: Identity::Sample, class: Class::Extended, visibility: Visibility::Public,
    reporter: "agent", cadence: "10s", retention: "30d", since: 4,
    description: "What a go-livepeer node says of itself on `/status`: version, streams that run now, transcoders.",
    misleads: "Self-reported. Playlists and stream names in the answer are counted and never kept.",
    fields: &[
        FieldDef { number: 1, name: "target", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Which of the configured nodes of this agent was asked.", misleads: "" },
        FieldDef { number: 2, name: "version", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 4, description: "go-livepeer version.", misleads: "" },
        FieldDef { number: 3, name: "go_version", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Operator, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Version of the Go runtime.", misleads: "" },
        FieldDef { number: 4, name: "os", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 4, description: "Operating system that the node was built for.", misleads: "" },
        FieldDef { number: 5, name: "arch", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 4, description: "Processor architecture that the node was built for.", misleads: "" },
        FieldDef { number: 6, name: "streams", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Transcoding streams that run now.", misleads: "" },
        FieldDef { number: 7, name: "source_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Source bytes so far of the streams that run now.", misleads: "Falls when a stream ends; no counter." },
        FieldDef { number: 8, name: "transcoded_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Transcoded bytes so far of the streams that run now.", misleads: "Falls when a stream ends; no counter." },
        FieldDef { number: 9, name: "transcoders", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Transcoders that are registered with this orchestrator.", misleads: "0 on an orchestrator that transcodes by itself." },
        FieldDef { number: 10, name: "transcoders_capacity", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Streams that all registered transcoders take together.", misleads: "0 on an orchestrator that transcodes by itself." },
        FieldDef { number: 11, name: "local_transcoding", ty: FieldType::I64, unit: "bool", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "1: an orchestrator that transcodes by itself, 0: it does not.", misleads: "" },
        FieldDef { number: 12, name: "orchestrator_pool_size", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Orchestrators in a gateway's pool; NULL on a node without a pool.", misleads: "" },
        FieldDef { number: 13, name: "answer_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(600000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "How long the node took to answer.", misleads: "" },
    ],
};

/// A row of `node_status`: What a go-livepeer node says of itself on `/status`: version, streams that run now, transcoders.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeStatus {
    /// Which of the configured nodes of this agent was asked. Unit: name.
    pub target: Arc<str>,
    /// go-livepeer version. Unit: name.
    pub version: Option<Arc<str>>,
    /// Version of the Go runtime. Unit: name.
    pub go_version: Option<Arc<str>>,
    /// Operating system that the node was built for. Unit: name.
    pub os: Option<Arc<str>>,
    /// Processor architecture that the node was built for. Unit: name.
    pub arch: Option<Arc<str>>,
    /// Transcoding streams that run now. Unit: count.
    pub streams: Option<i64>,
    /// Source bytes so far of the streams that run now. Unit: bytes.
    pub source_bytes: Option<i64>,
    /// Transcoded bytes so far of the streams that run now. Unit: bytes.
    pub transcoded_bytes: Option<i64>,
    /// Transcoders that are registered with this orchestrator. Unit: count.
    pub transcoders: Option<i64>,
    /// Streams that all registered transcoders take together. Unit: count.
    pub transcoders_capacity: Option<i64>,
    /// 1: an orchestrator that transcodes by itself, 0: it does not. Unit: bool.
    pub local_transcoding: Option<i64>,
    /// Orchestrators in a gateway's pool; NULL on a node without a pool. Unit: count.
    pub orchestrator_pool_size: Option<i64>,
    /// How long the node took to answer. Unit: ms.
    pub answer_ms: Option<f64>,
}

impl NodeStatus {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &NODE_STATUS, ts_us, values: vec![
            Some(Value::Text(self.target)),
            self.version.map(Value::Text),
            self.go_version.map(Value::Text),
            self.os.map(Value::Text),
            self.arch.map(Value::Text),
            self.streams.map(Value::I64),
            self.source_bytes.map(Value::I64),
            self.transcoded_bytes.map(Value::I64),
            self.transcoders.map(Value::I64),
            self.transcoders_capacity.map(Value::I64),
            self.local_transcoding.map(Value::I64),
            self.orchestrator_pool_size.map(Value::I64),
            self.answer_ms.filter(|x| x.is_finite()).map(Value::F64),
        ] }
    }
}

/// One orchestrator in the pool of a gateway, from `OrchestratorPoolInfos` of `/status`.
pub static POOL_ORCHESTRATOR: EntityDef = EntityDef {
    number: 36, name: "pool_orchestrator", identity: Identity::Sample, class: Class::Extended, visibility: Visibility::Public,
    reporter: "agent", cadence: "1m", retention: "30d", since: 4,
    description: "One orchestrator in the pool of a gateway, from `OrchestratorPoolInfos` of `/status`.",
    misleads: "The pool is what the gateway knows, not what it uses. At most once a minute.",
    fields: &[
        FieldDef { number: 1, name: "target", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Which of the configured nodes of this agent was asked.", misleads: "" },
        FieldDef { number: 2, name: "orch_url", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 4, description: "Service URI as the node writes it.", misleads: "" },
        FieldDef { number: 3, name: "score", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(6), min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Trust that the gateway puts into it: 0 untrusted, 1 trusted.", misleads: "" },
        FieldDef { number: 4, name: "latency_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(600000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Discovery latency that the gateway has noted.", misleads: "NULL in most builds: the node writes none." },
    ],
};

/// A row of `pool_orchestrator`: One orchestrator in the pool of a gateway, from `OrchestratorPoolInfos` of `/status`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PoolOrchestrator {
    /// Which of the configured nodes of this agent was asked. Unit: name.
    pub target: Arc<str>,
    /// Service URI as the node writes it. Unit: url.
    pub orch_url: Arc<str>,
    /// Trust that the gateway puts into it: 0 untrusted, 1 trusted. Unit: ratio.
    pub score: Option<f64>,
    /// Discovery latency that the gateway has noted. Unit: ms.
    pub latency_ms: Option<f64>,
}

impl PoolOrchestrator {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &POOL_ORCHESTRATOR, ts_us, values: vec![
            Some(Value::Text(self.target)),
            Some(Value::Text(self.orch_url)),
            self.score.filter(|x| x.is_finite()).map(Value::F64),
            self.latency_ms.filter(|x| x.is_finite()).map(Value::F64),
        ] }
    }
}

/// One pool of AI sessions of a gateway, by capability and model, from `/getAISessionPoolsInfo`.
pub static AI_SESSION_POOL: EntityDef = EntityDef {
    number: 37, name: "ai_session_pool", identity: Identity::Sample, class: Class::Extended, visibility: Visibility::Public,
    reporter: "agent", cadence: "10s", retention: "30d", since: 4,
    description: "One pool of AI sessions of a gateway, by capability and model, from `/getAISessionPoolsInfo`.",
    misleads: "A pool exists only after a first request for its model.",
    fields: &[
        FieldDef { number: 1, name: "target", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Which of the configured nodes of this agent was asked.", misleads: "" },
        FieldDef { number: 2, name: "capability", ty: FieldType::I64, unit: "id", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(100000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Number of the capability.", misleads: "" },
        FieldDef { number: 3, name: "model", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 4, description: "Model id.", misleads: "" },
        FieldDef { number: 4, name: "pipeline", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 4, description: "Canonical pipeline name of the capability; NULL for one that is not known.", misleads: "" },
        FieldDef { number: 5, name: "warm_size", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Sessions with orchestrators that have the model loaded.", misleads: "" },
        FieldDef { number: 6, name: "warm_in_use", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Of these, sessions at work.", misleads: "" },
        FieldDef { number: 7, name: "cold_size", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Sessions with orchestrators that would have to load the model.", misleads: "" },
        FieldDef { number: 8, name: "cold_in_use", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Of these, sessions at work.", misleads: "" },
        FieldDef { number: 9, name: "suspended", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Orchestrators that are suspended for failures.", misleads: "" },
        FieldDef { number: 10, name: "last_refresh", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 4, description: "When the gateway last asked orchestrators for this pool.", misleads: "" },
    ],
};

/// A row of `ai_session_pool`: One pool of AI sessions of a gateway, by capability and model, from `/getAISessionPoolsInfo`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AiSessionPool {
    /// Which of the configured nodes of this agent was asked. Unit: name.
    pub target: Arc<str>,
    /// Number of the capability. Unit: id.
    pub capability: i64,
    /// Model id. Unit: name.
    pub model: Arc<str>,
    /// Canonical pipeline name of the capability; NULL for one that is not known. Unit: name.
    pub pipeline: Option<Arc<str>>,
    /// Sessions with orchestrators that have the model loaded. Unit: count.
    pub warm_size: Option<i64>,
    /// Of these, sessions at work. Unit: count.
    pub warm_in_use: Option<i64>,
    /// Sessions with orchestrators that would have to load the model. Unit: count.
    pub cold_size: Option<i64>,
    /// Of these, sessions at work. Unit: count.
    pub cold_in_use: Option<i64>,
    /// Orchestrators that are suspended for failures. Unit: count.
    pub suspended: Option<i64>,
    /// When the gateway last asked orchestrators for this pool. Unit: time.
    pub last_refresh: Option<i64>,
}

impl AiSessionPool {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &AI_SESSION_POOL, ts_us, values: vec![
            Some(Value::Text(self.target)),
            Some(Value::I64(self.capability)),
            Some(Value::Text(self.model)),
            self.pipeline.map(Value::Text),
            self.warm_size.map(Value::I64),
            self.warm_in_use.map(Value::I64),
            self.cold_size.map(Value::I64),
            self.cold_in_use.map(Value::I64),
            self.suspended.map(Value::I64),
            self.last_refresh.map(Value::I64),
        ] }
    }
}

/// One orchestrator in an AI session pool of a gateway, from `/getAISessionPoolsInfo`.
pub static AI_SESSION_POOL_ORCHESTRATOR: EntityDef = EntityDef {
    number: 38, name: "ai_session_pool_orchestrator", identity: Identity::Sample, class: Class::Extended, visibility: Visibility::Public,
    reporter: "agent", cadence: "1m", retention: "30d", since: 4,
    description: "One orchestrator in an AI session pool of a gateway, from `/getAISessionPoolsInfo`.",
    misleads: "The score is the gateway's own and differs by pipeline; never compare it across models.",
    fields: &[
        FieldDef { number: 1, name: "target", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Which of the configured nodes of this agent was asked.", misleads: "" },
        FieldDef { number: 2, name: "capability", ty: FieldType::I64, unit: "id", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(100000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Number of the capability.", misleads: "" },
        FieldDef { number: 3, name: "model", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 4, description: "Model id.", misleads: "" },
        FieldDef { number: 4, name: "orch_url", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 4, description: "Service URI as the node writes it.", misleads: "" },
        FieldDef { number: 5, name: "pool", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 8, rollup: false, distribution: None, since: 4, description: "warm or cold.", misleads: "" },
        FieldDef { number: 6, name: "pipeline", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 4, description: "Canonical pipeline name of the capability; NULL for one that is not known.", misleads: "" },
        FieldDef { number: 7, name: "latency_score", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(9), min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "The gateway's latency score; lower is better.", misleads: "Its unit depends on the pipeline. A score of 0 means not measured and is NULL here." },
        FieldDef { number: 8, name: "in_flight", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Requests under way.", misleads: "" },
        FieldDef { number: 9, name: "suspended", ty: FieldType::I64, unit: "bool", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "1: suspended for failures, 0: not. NULL where the node does not list suspensions.", misleads: "" },
    ],
};

/// A row of `ai_session_pool_orchestrator`: One orchestrator in an AI session pool of a gateway, from `/getAISessionPoolsInfo`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AiSessionPoolOrchestrator {
    /// Which of the configured nodes of this agent was asked. Unit: name.
    pub target: Arc<str>,
    /// Number of the capability. Unit: id.
    pub capability: i64,
    /// Model id. Unit: name.
    pub model: Arc<str>,
    /// Service URI as the node writes it. Unit: url.
    pub orch_url: Arc<str>,
    /// warm or cold. Unit: name.
    pub pool: Arc<str>,
    /// Canonical pipeline name of the capability; NULL for one that is not known. Unit: name.
    pub pipeline: Option<Arc<str>>,
    /// The gateway's latency score; lower is better. Unit: ratio.
    pub latency_score: Option<f64>,
    /// Requests under way. Unit: count.
    pub in_flight: Option<i64>,
    /// 1: suspended for failures, 0: not. NULL where the node does not list suspensions. Unit: bool.
    pub suspended: Option<i64>,
}

impl AiSessionPoolOrchestrator {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &AI_SESSION_POOL_ORCHESTRATOR, ts_us, values: vec![
            Some(Value::Text(self.target)),
            Some(Value::I64(self.capability)),
            Some(Value::Text(self.model)),
            Some(Value::Text(self.orch_url)),
            Some(Value::Text(self.pool)),
            self.pipeline.map(Value::Text),
            self.latency_score.filter(|x| x.is_finite()).map(Value::F64),
            self.in_flight.map(Value::I64),
            self.suspended.map(Value::I64),
        ] }
    }
}

/// An orchestrator as the chain has it, as a node reads it: its own record from `/orchestratorInfo`, the active set from `/registeredOrchestrators`.
pub static ONCHAIN_ORCHESTRATOR: EntityDef = EntityDef {
    number: 39, name: "onchain_orchestrator", identity: Identity::Sample, class: Class::Extended, visibility: Visibility::Public,
    reporter: "agent", cadence: "10m (self), 1h (active set)", retention: "13mo", since: 4,
    description: "An orchestrator as the chain has it, as a node reads it: its own record from `/orchestratorInfo`, the active set from `/registeredOrchestrators`.",
    misleads: "As old as the node's view of the chain.",
    fields: &[
        FieldDef { number: 1, name: "orch_address", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "On-chain address, lower case.", misleads: "" },
        FieldDef { number: 2, name: "target", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Which of the configured nodes of this agent was asked.", misleads: "" },
        FieldDef { number: 3, name: "list", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 4, description: "self: the node's own record; active_set: one of the whole set.", misleads: "" },
        FieldDef { number: 4, name: "service_uri", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 4, description: "Service URI that is registered on chain.", misleads: "" },
        FieldDef { number: 5, name: "active", ty: FieldType::I64, unit: "bool", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "1: in the active set of this round, 0: not.", misleads: "" },
        FieldDef { number: 6, name: "status", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 4, description: "Status of the registration, as the node words it.", misleads: "" },
        FieldDef { number: 7, name: "stake_wei", ty: FieldType::Text, unit: "wei", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 80, rollup: false, distribution: None, since: 4, description: "Delegated stake in wei of LPT (10^-18), exact decimal.", misleads: "" },
        FieldDef { number: 8, name: "reward_cut", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(6), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Share of inflation rewards that the orchestrator keeps.", misleads: "" },
        FieldDef { number: 9, name: "fee_share", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(6), min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Share of fees that delegators get.", misleads: "" },
        FieldDef { number: 10, name: "last_reward_round", ty: FieldType::I64, unit: "count", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Round of the last reward call.", misleads: "" },
        FieldDef { number: 11, name: "activation_round", ty: FieldType::I64, unit: "count", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Round since which it is active.", misleads: "" },
        FieldDef { number: 12, name: "deactivation_round", ty: FieldType::I64, unit: "count", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Round from which it is not active any more; NULL where none is set.", misleads: "" },
        FieldDef { number: 13, name: "last_stake_update_round", ty: FieldType::I64, unit: "count", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Round of the last change of the active stake.", misleads: "" },
        FieldDef { number: 14, name: "price_per_pixel_wei", ty: FieldType::Text, unit: "wei", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 160, rollup: false, distribution: None, since: 4, description: "Price in wei a pixel, exact: a decimal whole number, or two with `/` between.", misleads: "" },
    ],
};

/// A row of `onchain_orchestrator`: An orchestrator as the chain has it, as a node reads it: its own record from `/orchestratorInfo`, the active set from `/registeredOrchestrators`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OnchainOrchestrator {
    /// On-chain address, lower case. Unit: address.
    pub orch_address: Arc<str>,
    /// Which of the configured nodes of this agent was asked. Unit: name.
    pub target: Option<Arc<str>>,
    /// self: the node's own record; active_set: one of the whole set. Unit: name.
    pub list: Option<Arc<str>>,
    /// Service URI that is registered on chain. Unit: url.
    pub service_uri: Option<Arc<str>>,
    /// 1: in the active set of this round, 0: not. Unit: bool.
    pub active: Option<i64>,
    /// Status of the registration, as the node words it. Unit: name.
    pub status: Option<Arc<str>>,
    /// Delegated stake in wei of LPT (10^-18), exact decimal. Unit: wei.
    pub stake_wei: Option<Arc<str>>,
    /// Share of inflation rewards that the orchestrator keeps. Unit: ratio.
    pub reward_cut: Option<f64>,
    /// Share of fees that delegators get. Unit: ratio.
    pub fee_share: Option<f64>,
    /// Round of the last reward call. Unit: count.
    pub last_reward_round: Option<i64>,
    /// Round since which it is active. Unit: count.
    pub activation_round: Option<i64>,
    /// Round from which it is not active any more; NULL where none is set. Unit: count.
    pub deactivation_round: Option<i64>,
    /// Round of the last change of the active stake. Unit: count.
    pub last_stake_update_round: Option<i64>,
    /// Price in wei a pixel, exact: a decimal whole number, or two with `/` between. Unit: wei.
    pub price_per_pixel_wei: Option<Arc<str>>,
}

impl OnchainOrchestrator {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &ONCHAIN_ORCHESTRATOR, ts_us, values: vec![
            Some(Value::Text(self.orch_address)),
            self.target.map(Value::Text),
            self.list.map(Value::Text),
            self.service_uri.map(Value::Text),
            self.active.map(Value::I64),
            self.status.map(Value::Text),
            self.stake_wei.map(Value::Text),
            self.reward_cut.filter(|x| x.is_finite()).map(Value::F64),
            self.fee_share.filter(|x| x.is_finite()).map(Value::F64),
            self.last_reward_round.map(Value::I64),
            self.activation_round.map(Value::I64),
            self.deactivation_round.map(Value::I64),
            self.last_stake_update_round.map(Value::I64),
            self.price_per_pixel_wei.map(Value::Text),
        ] }
    }
}

/// One live runner that an orchestrator offers on `GET /discovery` (go-livepeer 0.9.0 or newer).
pub static LIVE_RUNNER: EntityDef = EntityDef {
    number: 40, name: "live_runner", identity: Identity::Sample, class: Class::Extended, visibility: Visibility::Public,
    reporter: "agent", cadence: "1m", retention: "30d", since: 4,
    description: "One live runner that an orchestrator offers on `GET /discovery` (go-livepeer 0.9.0 or newer).",
    misleads: "Self-reported. Only runners with free capacity may be listed.",
    fields: &[
        FieldDef { number: 1, name: "target", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Which of the configured nodes of this agent was asked.", misleads: "" },
        FieldDef { number: 2, name: "orch_url", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 4, description: "Address of the orchestrator, as it writes it.", misleads: "" },
        FieldDef { number: 3, name: "runner_url", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 4, description: "Public address of the runner, as the orchestrator writes it.", misleads: "" },
        FieldDef { number: 4, name: "app", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 4, description: "Name of the app as registered, PIPELINE/MODEL by custom.", misleads: "" },
        FieldDef { number: 5, name: "pipeline", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 4, description: "Part of `app` before the first `/`; all of it where there is none.", misleads: "" },
        FieldDef { number: 6, name: "model", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 4, description: "Part of `app` after the first `/`; NULL where there is none.", misleads: "" },
        FieldDef { number: 7, name: "version", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Version of the runner.", misleads: "" },
        FieldDef { number: 8, name: "mode", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 4, description: "How it serves, as it words it.", misleads: "" },
        FieldDef { number: 9, name: "capacity", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Sessions that it takes.", misleads: "" },
        FieldDef { number: 10, name: "capacity_used", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Sessions that it has.", misleads: "" },
        FieldDef { number: 11, name: "capacity_available", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Sessions that it would still take.", misleads: "" },
        FieldDef { number: 12, name: "price", ty: FieldType::Text, unit: "price", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 80, rollup: false, distribution: None, since: 4, description: "Price, exact decimal, in `price_currency` for one `price_unit`.", misleads: "" },
        FieldDef { number: 13, name: "price_currency", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 4, description: "Currency of the price.", misleads: "" },
        FieldDef { number: 14, name: "price_unit", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 4, description: "What the price is for.", misleads: "" },
        FieldDef { number: 15, name: "region", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 4, description: "`region` in the free-text metadata, where it is lower-case letters, digits and `-`.", misleads: "A claim of the operator in a free text; not the region of any figure." },
        FieldDef { number: 16, name: "gpu_id", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 4, description: "Identity of the GPU (hash of its UUID); NULL where the runner gives an index.", misleads: "" },
        FieldDef { number: 17, name: "gpu_index", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 4, description: "Index of the GPU, where the runner gives one.", misleads: "" },
        FieldDef { number: 18, name: "gpu_name", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 4, description: "Name of the GPU.", misleads: "" },
        FieldDef { number: 19, name: "memory_total_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Memory of the GPU; reported in MiB.", misleads: "" },
    ],
};

/// A row of `live_runner`: One live runner that an orchestrator offers on `GET /discovery` (go-livepeer 0.9.0 or newer).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LiveRunner {
    /// Which of the configured nodes of this agent was asked. Unit: name.
    pub target: Arc<str>,
    /// Address of the orchestrator, as it writes it. Unit: url.
    pub orch_url: Arc<str>,
    /// Public address of the runner, as the orchestrator writes it. Unit: url.
    pub runner_url: Arc<str>,
    /// Name of the app as registered, PIPELINE/MODEL by custom. Unit: name.
    pub app: Option<Arc<str>>,
    /// Part of `app` before the first `/`; all of it where there is none. Unit: name.
    pub pipeline: Option<Arc<str>>,
    /// Part of `app` after the first `/`; NULL where there is none. Unit: name.
    pub model: Option<Arc<str>>,
    /// Version of the runner. Unit: name.
    pub version: Option<Arc<str>>,
    /// How it serves, as it words it. Unit: name.
    pub mode: Option<Arc<str>>,
    /// Sessions that it takes. Unit: count.
    pub capacity: Option<i64>,
    /// Sessions that it has. Unit: count.
    pub capacity_used: Option<i64>,
    /// Sessions that it would still take. Unit: count.
    pub capacity_available: Option<i64>,
    /// Price, exact decimal, in `price_currency` for one `price_unit`. Unit: price.
    pub price: Option<Arc<str>>,
    /// Currency of the price. Unit: name.
    pub price_currency: Option<Arc<str>>,
    /// What the price is for. Unit: name.
    pub price_unit: Option<Arc<str>>,
    /// `region` in the free-text metadata, where it is lower-case letters, digits and `-`. Unit: name.
    pub region: Option<Arc<str>>,
    /// Identity of the GPU (hash of its UUID); NULL where the runner gives an index. Unit: name.
    pub gpu_id: Option<Arc<str>>,
    /// Index of the GPU, where the runner gives one. Unit: name.
    pub gpu_index: Option<Arc<str>>,
    /// Name of the GPU. Unit: name.
    pub gpu_name: Option<Arc<str>>,
    /// Memory of the GPU; reported in MiB. Unit: bytes.
    pub memory_total_bytes: Option<i64>,
}

impl LiveRunner {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &LIVE_RUNNER, ts_us, values: vec![
            Some(Value::Text(self.target)),
            Some(Value::Text(self.orch_url)),
            Some(Value::Text(self.runner_url)),
            self.app.map(Value::Text),
            self.pipeline.map(Value::Text),
            self.model.map(Value::Text),
            self.version.map(Value::Text),
            self.mode.map(Value::Text),
            self.capacity.map(Value::I64),
            self.capacity_used.map(Value::I64),
            self.capacity_available.map(Value::I64),
            self.price.map(Value::Text),
            self.price_currency.map(Value::Text),
            self.price_unit.map(Value::Text),
            self.region.map(Value::Text),
            self.gpu_id.map(Value::Text),
            self.gpu_index.map(Value::Text),
            self.gpu_name.map(Value::Text),
            self.memory_total_bytes.map(Value::I64),
        ] }
    }
}

/// One look at an ai-runner container: what it serves, and whether it is well.
pub static AI_RUNNER: EntityDef = EntityDef {
    number: 41, name: "ai_runner", identity: Identity::Sample, class: Class::Extended, visibility: Visibility::Public,
    reporter: "agent", cadence: "10s", retention: "30d", since: 4,
    description: "One look at an ai-runner container: what it serves, and whether it is well.",
    misleads: "OK means that it would take a request, not that results are good.",
    fields: &[
        FieldDef { number: 1, name: "target", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Which runner: `runner-PORT` for one found on this machine, `url-N` for the Nth that is configured.", misleads: "" },
        FieldDef { number: 2, name: "pipeline", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 4, description: "Pipeline that it serves.", misleads: "" },
        FieldDef { number: 3, name: "model", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 4, description: "Model that it has.", misleads: "" },
        FieldDef { number: 4, name: "version", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Version of the runner.", misleads: "" },
        FieldDef { number: 5, name: "status", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 4, description: "LOADING, OK, ERROR or IDLE.", misleads: "" },
        FieldDef { number: 6, name: "answer_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(600000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "How long it took to say its health.", misleads: "" },
    ],
};

/// A row of `ai_runner`: One look at an ai-runner container: what it serves, and whether it is well.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AiRunner {
    /// Which runner: `runner-PORT` for one found on this machine, `url-N` for the Nth that is configured. Unit: name.
    pub target: Arc<str>,
    /// Pipeline that it serves. Unit: name.
    pub pipeline: Option<Arc<str>>,
    /// Model that it has. Unit: name.
    pub model: Option<Arc<str>>,
    /// Version of the runner. Unit: name.
    pub version: Option<Arc<str>>,
    /// LOADING, OK, ERROR or IDLE. Unit: name.
    pub status: Option<Arc<str>>,
    /// How long it took to say its health. Unit: ms.
    pub answer_ms: Option<f64>,
}

impl AiRunner {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &AI_RUNNER, ts_us, values: vec![
            Some(Value::Text(self.target)),
            self.pipeline.map(Value::Text),
            self.model.map(Value::Text),
            self.version.map(Value::Text),
            self.status.map(Value::Text),
            self.answer_ms.filter(|x| x.is_finite()).map(Value::F64),
        ] }
    }
}

/// One GPU as an ai-runner container sees it: use and memory now.
pub static AI_RUNNER_GPU: EntityDef = EntityDef {
    number: 42, name: "ai_runner_gpu", identity: Identity::Sample, class: Class::Extended, visibility: Visibility::Public,
    reporter: "agent", cadence: "10s", retention: "30d", since: 4,
    description: "One GPU as an ai-runner container sees it: use and memory now.",
    misleads: "Covers all programs on the GPU, not the runner's alone. A GPU that several containers see is in several rows.",
    fields: &[
        FieldDef { number: 1, name: "target", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Which runner: `runner-PORT` for one found on this machine, `url-N` for the Nth that is configured.", misleads: "" },
        FieldDef { number: 2, name: "gpu_id", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 4, description: "Identity of the GPU: hash of its UUID, made where it is read.", misleads: "" },
        FieldDef { number: 3, name: "gpu_index", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 4, description: "Index as the runner counts.", misleads: "0 in every container with one GPU." },
        FieldDef { number: 4, name: "gpu_name", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 4, description: "Name of the GPU.", misleads: "" },
        FieldDef { number: 5, name: "memory_total_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Memory of the GPU.", misleads: "" },
        FieldDef { number: 6, name: "memory_free_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: true, distribution: None, since: 4, description: "Memory that is free now.", misleads: "" },
        FieldDef { number: 7, name: "utilisation_compute_pct", ty: FieldType::F64, unit: "percent", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(2), min: Some(0.0), max: Some(100.0), max_len: 0, rollup: true, distribution: Some((0.1, 100.0)), since: 4, description: "Share of time in which a kernel ran, as the driver counts.", misleads: "Says that something ran, not how much of the GPU it used." },
        FieldDef { number: 8, name: "utilisation_memory_pct", ty: FieldType::F64, unit: "percent", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(2), min: Some(0.0), max: Some(100.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "Share of time in which memory was read or written, as the driver counts.", misleads: "" },
        FieldDef { number: 9, name: "compute_major", ty: FieldType::I64, unit: "version", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Compute capability, major.", misleads: "" },
        FieldDef { number: 10, name: "compute_minor", ty: FieldType::I64, unit: "version", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Compute capability, minor.", misleads: "" },
    ],
};

/// A row of `ai_runner_gpu`: One GPU as an ai-runner container sees it: use and memory now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AiRunnerGpu {
    /// Which runner: `runner-PORT` for one found on this machine, `url-N` for the Nth that is configured. Unit: name.
    pub target: Arc<str>,
    /// Identity of the GPU: hash of its UUID, made where it is read. Unit: name.
    pub gpu_id: Arc<str>,
    /// Index as the runner counts. Unit: name.
    pub gpu_index: Option<Arc<str>>,
    /// Name of the GPU. Unit: name.
    pub gpu_name: Option<Arc<str>>,
    /// Memory of the GPU. Unit: bytes.
    pub memory_total_bytes: Option<i64>,
    /// Memory that is free now. Unit: bytes.
    pub memory_free_bytes: Option<i64>,
    /// Share of time in which a kernel ran, as the driver counts. Unit: percent.
    pub utilisation_compute_pct: Option<f64>,
    /// Share of time in which memory was read or written, as the driver counts. Unit: percent.
    pub utilisation_memory_pct: Option<f64>,
    /// Compute capability, major. Unit: version.
    pub compute_major: Option<i64>,
    /// Compute capability, minor. Unit: version.
    pub compute_minor: Option<i64>,
}

impl AiRunnerGpu {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &AI_RUNNER_GPU, ts_us, values: vec![
            Some(Value::Text(self.target)),
            Some(Value::Text(self.gpu_id)),
            self.gpu_index.map(Value::Text),
            self.gpu_name.map(Value::Text),
            self.memory_total_bytes.map(Value::I64),
            self.memory_free_bytes.map(Value::I64),
            self.utilisation_compute_pct.filter(|x| x.is_finite()).map(Value::F64),
            self.utilisation_memory_pct.filter(|x| x.is_finite()).map(Value::F64),
            self.compute_major.map(Value::I64),
            self.compute_minor.map(Value::I64),
        ] }
    }
}

/// A ticket that a remote signer signed for a gateway, and what is billed with it (go-livepeer 0.8.11 or newer).
pub static SIGNED_TICKET: EntityDef = EntityDef {
    number: 43, name: "signed_ticket", identity: Identity::Event, class: Class::Operational, visibility: Visibility::Public,
    reporter: "gateway", cadence: "on event", retention: "13mo", since: 4,
    description: "A ticket that a remote signer signed for a gateway, and what is billed with it (go-livepeer 0.8.11 or newer).",
    misleads: "Amounts are the signer's own account, not what was redeemed. The id of whoever is authorised in the event is never read.",
    fields: &[
        FieldDef { number: 1, name: "event_id", ty: FieldType::Uuid, unit: "uuid", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 4, description: "Id of the envelope. An id that is no UUID is hashed into one.", misleads: "" },
        FieldDef { number: 2, name: "item", ty: FieldType::I64, unit: "index", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Number of this row among those of the event, from 0.", misleads: "" },
        FieldDef { number: 3, name: "gateway_label", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 4, description: "`gateway` of the envelope, when filled; the value of -gatewayHost.", misleads: "" },
        FieldDef { number: 4, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 4, description: "organic, test, replayed or simulated; from the agent's configuration.", misleads: "" },
        FieldDef { number: 5, name: "session_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 4, description: "Session of the signer.", misleads: "" },
        FieldDef { number: 6, name: "session_status", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 4, description: "new or continuing.", misleads: "" },
        FieldDef { number: 7, name: "app", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 4, description: "Application.", misleads: "" },
        FieldDef { number: 8, name: "pipeline", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 4, description: "Pipeline.", misleads: "" },
        FieldDef { number: 9, name: "request_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 4, description: "Request; empty is NULL.", misleads: "" },
        FieldDef { number: 10, name: "orch_address", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Orchestrator, lower case; which of its addresses it is, the kind of event says.", misleads: "" },
        FieldDef { number: 11, name: "orch_url", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 4, description: "Service URI.", misleads: "" },
        FieldDef { number: 12, name: "manifest_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 4, description: "Manifest.", misleads: "" },
        FieldDef { number: 13, name: "pm_session_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 4, description: "Session of the payment protocol.", misleads: "" },
        FieldDef { number: 14, name: "data_ts", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 4, description: "When it was signed (signer's clock).", misleads: "" },
        FieldDef { number: 15, name: "previous_ts", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 4, description: "When the one before was signed.", misleads: "" },
        FieldDef { number: 16, name: "billable_s", ty: FieldType::F64, unit: "s", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Time that is billed.", misleads: "" },
        FieldDef { number: 17, name: "pixels", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Pixels that are billed.", misleads: "" },
        FieldDef { number: 18, name: "session_balance_wei", ty: FieldType::Text, unit: "wei", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 80, rollup: false, distribution: None, since: 4, description: "Balance of the session, a decimal number; may be negative.", misleads: "" },
        FieldDef { number: 19, name: "computed_fee_wei", ty: FieldType::Text, unit: "wei", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 80, rollup: false, distribution: None, since: 4, description: "Fee for what is billed, a decimal number.", misleads: "" },
        FieldDef { number: 20, name: "cost_wei", ty: FieldType::Text, unit: "wei", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 80, rollup: false, distribution: None, since: 4, description: "Cost of the tickets, a decimal number.", misleads: "" },
        FieldDef { number: 21, name: "sequence_number", ty: FieldType::I64, unit: "seq", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Number of the signature within its session.", misleads: "" },
        FieldDef { number: 22, name: "tickets", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Tickets signed.", misleads: "" },
    ],
};

/// A row of `signed_ticket`: A ticket that a remote signer signed for a gateway, and what is billed with it (go-livepeer 0.8.11 or newer).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SignedTicket {
    /// Id of the envelope. An id that is no UUID is hashed into one. Unit: uuid.
    pub event_id: uuid::Uuid,
    /// Number of this row among those of the event, from 0. Unit: index.
    pub item: i64,
    /// `gateway` of the envelope, when filled; the value of -gatewayHost. Unit: name.
    pub gateway_label: Option<Arc<str>>,
    /// organic, test, replayed or simulated; from the agent's configuration. Unit: name.
    pub origin: Arc<str>,
    /// Session of the signer. Unit: id.
    pub session_id: Option<Arc<str>>,
    /// new or continuing. Unit: name.
    pub session_status: Option<Arc<str>>,
    /// Application. Unit: name.
    pub app: Option<Arc<str>>,
    /// Pipeline. Unit: name.
    pub pipeline: Option<Arc<str>>,
    /// Request; empty is NULL. Unit: id.
    pub request_id: Option<Arc<str>>,
    /// Orchestrator, lower case; which of its addresses it is, the kind of event says. Unit: address.
    pub orch_address: Option<Arc<str>>,
    /// Service URI. Unit: url.
    pub orch_url: Option<Arc<str>>,
    /// Manifest. Unit: id.
    pub manifest_id: Option<Arc<str>>,
    /// Session of the payment protocol. Unit: id.
    pub pm_session_id: Option<Arc<str>>,
    /// When it was signed (signer's clock). Unit: time.
    pub data_ts: Option<i64>,
    /// When the one before was signed. Unit: time.
    pub previous_ts: Option<i64>,
    /// Time that is billed. Unit: s.
    pub billable_s: Option<f64>,
    /// Pixels that are billed. Unit: count.
    pub pixels: Option<i64>,
    /// Balance of the session, a decimal number; may be negative. Unit: wei.
    pub session_balance_wei: Option<Arc<str>>,
    /// Fee for what is billed, a decimal number. Unit: wei.
    pub computed_fee_wei: Option<Arc<str>>,
    /// Cost of the tickets, a decimal number. Unit: wei.
    pub cost_wei: Option<Arc<str>>,
    /// Number of the signature within its session. Unit: seq.
    pub sequence_number: Option<i64>,
    /// Tickets signed. Unit: count.
    pub tickets: Option<i64>,
}

impl SignedTicket {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &SIGNED_TICKET, ts_us, values: vec![
            Some(Value::Uuid(self.event_id)),
            Some(Value::I64(self.item)),
            self.gateway_label.map(Value::Text),
            Some(Value::Text(self.origin)),
            self.session_id.map(Value::Text),
            self.session_status.map(Value::Text),
            self.app.map(Value::Text),
            self.pipeline.map(Value::Text),
            self.request_id.map(Value::Text),
            self.orch_address.map(Value::Text),
            self.orch_url.map(Value::Text),
            self.manifest_id.map(Value::Text),
            self.pm_session_id.map(Value::Text),
            self.data_ts.map(Value::I64),
            self.previous_ts.map(Value::I64),
            self.billable_s.filter(|x| x.is_finite()).map(Value::F64),
            self.pixels.map(Value::I64),
            self.session_balance_wei.map(Value::Text),
            self.computed_fee_wei.map(Value::Text),
            self.cost_wei.map(Value::Text),
            self.sequence_number.map(Value::I64),
            self.tickets.map(Value::I64),
        ] }
    }
}

/// A step of a batch AI, LLM or BYOC job, its payment or its worker, as forks of go-livepeer tell it.
pub static JOB_EVENT: EntityDef = EntityDef {
    number: 44, name: "job_event", identity: Identity::Event, class: Class::Operational, visibility: Visibility::Public,
    reporter: "gateway", cadence: "on event", retention: "13mo", since: 4,
    description: "A step of a batch AI, LLM or BYOC job, its payment or its worker, as forks of go-livepeer tell it.",
    misleads: "Upstream go-livepeer sends none of these: where there is no row, nothing is known of such jobs. Prompts, results and credentials in an event are never read.",
    fields: &[
        FieldDef { number: 1, name: "event_id", ty: FieldType::Uuid, unit: "uuid", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 4, description: "Id of the envelope. An id that is no UUID is hashed into one.", misleads: "" },
        FieldDef { number: 2, name: "item", ty: FieldType::I64, unit: "index", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Number of this row among those of the event, from 0.", misleads: "" },
        FieldDef { number: 3, name: "gateway_label", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 4, description: "`gateway` of the envelope, when filled; the value of -gatewayHost.", misleads: "" },
        FieldDef { number: 4, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 4, description: "organic, test, replayed or simulated; from the agent's configuration.", misleads: "" },
        FieldDef { number: 5, name: "topic", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 4, description: "Type of the envelope: job_gateway, job_payment, job_auth, job_orchestrator, worker_lifecycle, ai_llm_request or ai_batch_request.", misleads: "" },
        FieldDef { number: 6, name: "event_type", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 96, rollup: false, distribution: None, since: 4, description: "Type within it, for example job_gateway_completed.", misleads: "" },
        FieldDef { number: 7, name: "data_ts", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 4, description: "Time in the data, where there is one.", misleads: "" },
        FieldDef { number: 8, name: "request_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 4, description: "Request.", misleads: "" },
        FieldDef { number: 9, name: "stream_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 4, description: "Stream.", misleads: "" },
        FieldDef { number: 10, name: "attempt", ty: FieldType::I64, unit: "index", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Which attempt of the job it was, from 0.", misleads: "" },
        FieldDef { number: 11, name: "capability", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 4, description: "Capability.", misleads: "" },
        FieldDef { number: 12, name: "pipeline", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 4, description: "Pipeline.", misleads: "" },
        FieldDef { number: 13, name: "model", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 4, description: "Model.", misleads: "" },
        FieldDef { number: 14, name: "orch_address", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Orchestrator, lower case; which of its addresses it is, the kind of event says.", misleads: "" },
        FieldDef { number: 15, name: "orch_url", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 4, description: "Service URI.", misleads: "" },
        FieldDef { number: 16, name: "success", ty: FieldType::I64, unit: "bool", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "1 where it worked, 0 where not.", misleads: "" },
        FieldDef { number: 17, name: "selected", ty: FieldType::I64, unit: "bool", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "1 where the orchestrator was chosen, 0 where not.", misleads: "" },
        FieldDef { number: 18, name: "streaming", ty: FieldType::I64, unit: "bool", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "1 where the answer is streamed.", misleads: "" },
        FieldDef { number: 19, name: "duration_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "How long it took.", misleads: "" },
        FieldDef { number: 20, name: "latency_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "How long the call that is told of took.", misleads: "" },
        FieldDef { number: 21, name: "http_status", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(999.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "HTTP status of the answer.", misleads: "" },
        FieldDef { number: 22, name: "error_type", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 96, rollup: false, distribution: None, since: 4, description: "Kind of the error.", misleads: "" },
        FieldDef { number: 23, name: "error", ty: FieldType::Text, unit: "text", kind: Kind::Label, key: false, required: false, visibility: Visibility::Operator, scale: None, min: None, max: None, max_len: 2048, rollup: false, distribution: None, since: 4, description: "Error text.", misleads: "Free text; may hold addresses." },
        FieldDef { number: 24, name: "tries", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Orchestrators that were tried.", misleads: "" },
        FieldDef { number: 25, name: "latency_score", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(12), min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Latency score; lower is better, its unit is the pipeline's.", misleads: "" },
        FieldDef { number: 26, name: "price_wei_per_unit", ty: FieldType::F64, unit: "wei", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1e18), max_len: 0, rollup: false, distribution: None, since: 4, description: "Price.", misleads: "" },
        FieldDef { number: 27, name: "available_capacity", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Free slots of the orchestrator.", misleads: "" },
        FieldDef { number: 28, name: "prompt_tokens", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Tokens of the prompt.", misleads: "" },
        FieldDef { number: 29, name: "completion_tokens", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Tokens of the answer.", misleads: "" },
        FieldDef { number: 30, name: "total_tokens", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Both.", misleads: "" },
        FieldDef { number: 31, name: "tokens_per_second", ty: FieldType::F64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Speed of the answer.", misleads: "" },
        FieldDef { number: 32, name: "first_token_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "Time to the first token.", misleads: "" },
        FieldDef { number: 33, name: "finish_reason", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Why the answer ended.", misleads: "" },
        FieldDef { number: 34, name: "sender", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 4, description: "Address of the gateway, lower case.", misleads: "" },
        FieldDef { number: 35, name: "balance_wei", ty: FieldType::Text, unit: "wei", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 80, rollup: false, distribution: None, since: 4, description: "Balance after it, a decimal number.", misleads: "" },
        FieldDef { number: 36, name: "with_tickets", ty: FieldType::I64, unit: "bool", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 4, description: "1 where the payment had tickets.", misleads: "" },
        FieldDef { number: 37, name: "worker_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 4, description: "Worker.", misleads: "" },
    ],
};

/// A row of `job_event`: A step of a batch AI, LLM or BYOC job, its payment or its worker, as forks of go-livepeer tell it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JobEvent {
    /// Id of the envelope. An id that is no UUID is hashed into one. Unit: uuid.
    pub event_id: uuid::Uuid,
    /// Number of this row among those of the event, from 0. Unit: index.
    pub item: i64,
    /// `gateway` of the envelope, when filled; the value of -gatewayHost. Unit: name.
    pub gateway_label: Option<Arc<str>>,
    /// organic, test, replayed or simulated; from the agent's configuration. Unit: name.
    pub origin: Arc<str>,
    /// Type of the envelope: job_gateway, job_payment, job_auth, job_orchestrator, worker_lifecycle, ai_llm_request or ai_batch_request. Unit: name.
    pub topic: Arc<str>,
    /// Type within it, for example job_gateway_completed. Unit: name.
    pub event_type: Arc<str>,
    /// Time in the data, where there is one. Unit: time.
    pub data_ts: Option<i64>,
    /// Request. Unit: id.
    pub request_id: Option<Arc<str>>,
    /// Stream. Unit: id.
    pub stream_id: Option<Arc<str>>,
    /// Which attempt of the job it was, from 0. Unit: index.
    pub attempt: Option<i64>,
    /// Capability. Unit: name.
    pub capability: Option<Arc<str>>,
    /// Pipeline. Unit: name.
    pub pipeline: Option<Arc<str>>,
    /// Model. Unit: name.
    pub model: Option<Arc<str>>,
    /// Orchestrator, lower case; which of its addresses it is, the kind of event says. Unit: address.
    pub orch_address: Option<Arc<str>>,
    /// Service URI. Unit: url.
    pub orch_url: Option<Arc<str>>,
    /// 1 where it worked, 0 where not. Unit: bool.
    pub success: Option<i64>,
    /// 1 where the orchestrator was chosen, 0 where not. Unit: bool.
    pub selected: Option<i64>,
    /// 1 where the answer is streamed. Unit: bool.
    pub streaming: Option<i64>,
    /// How long it took. Unit: ms.
    pub duration_ms: Option<f64>,
    /// How long the call that is told of took. Unit: ms.
    pub latency_ms: Option<f64>,
    /// HTTP status of the answer. Unit: count.
    pub http_status: Option<i64>,
    /// Kind of the error. Unit: name.
    pub error_type: Option<Arc<str>>,
    /// Error text. Unit: text.
    pub error: Option<Arc<str>>,
    /// Orchestrators that were tried. Unit: count.
    pub tries: Option<i64>,
    /// Latency score; lower is better, its unit is the pipeline's. Unit: ratio.
    pub latency_score: Option<f64>,
    /// Price. Unit: wei.
    pub price_wei_per_unit: Option<f64>,
    /// Free slots of the orchestrator. Unit: count.
    pub available_capacity: Option<i64>,
    /// Tokens of the prompt. Unit: count.
    pub prompt_tokens: Option<i64>,
    /// Tokens of the answer. Unit: count.
    pub completion_tokens: Option<i64>,
    /// Both. Unit: count.
    pub total_tokens: Option<i64>,
    /// Speed of the answer. Unit: count.
    pub tokens_per_second: Option<f64>,
    /// Time to the first token. Unit: ms.
    pub first_token_ms: Option<f64>,
    /// Why the answer ended. Unit: name.
    pub finish_reason: Option<Arc<str>>,
    /// Address of the gateway, lower case. Unit: address.
    pub sender: Option<Arc<str>>,
    /// Balance after it, a decimal number. Unit: wei.
    pub balance_wei: Option<Arc<str>>,
    /// 1 where the payment had tickets. Unit: bool.
    pub with_tickets: Option<i64>,
    /// Worker. Unit: id.
    pub worker_id: Option<Arc<str>>,
}

impl JobEvent {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &JOB_EVENT, ts_us, values: vec![
            Some(Value::Uuid(self.event_id)),
            Some(Value::I64(self.item)),
            self.gateway_label.map(Value::Text),
            Some(Value::Text(self.origin)),
            Some(Value::Text(self.topic)),
            Some(Value::Text(self.event_type)),
            self.data_ts.map(Value::I64),
            self.request_id.map(Value::Text),
            self.stream_id.map(Value::Text),
            self.attempt.map(Value::I64),
            self.capability.map(Value::Text),
            self.pipeline.map(Value::Text),
            self.model.map(Value::Text),
            self.orch_address.map(Value::Text),
            self.orch_url.map(Value::Text),
            self.success.map(Value::I64),
            self.selected.map(Value::I64),
            self.streaming.map(Value::I64),
            self.duration_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.latency_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.http_status.map(Value::I64),
            self.error_type.map(Value::Text),
            self.error.map(Value::Text),
            self.tries.map(Value::I64),
            self.latency_score.filter(|x| x.is_finite()).map(Value::F64),
            self.price_wei_per_unit.filter(|x| x.is_finite()).map(Value::F64),
            self.available_capacity.map(Value::I64),
            self.prompt_tokens.map(Value::I64),
            self.completion_tokens.map(Value::I64),
            self.total_tokens.map(Value::I64),
            self.tokens_per_second.filter(|x| x.is_finite()).map(Value::F64),
            self.first_token_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.finish_reason.map(Value::Text),
            self.sender.map(Value::Text),
            self.balance_wei.map(Value::Text),
            self.with_tickets.map(Value::I64),
            self.worker_id.map(Value::Text),
        ] }
    }
}

/// One round of connections from this agent to a target: reachable or not, and how quickly.
pub static PROBE: EntityDef = EntityDef {
    number: 45, name: "probe", identity: Identity::Sample, class: Class::Extended, visibility: Visibility::Public,
    reporter: "agent", cadence: "1m or slower", retention: "30d", since: 4,
    description: "One round of connections from this agent to a target: reachable or not, and how quickly.",
    misleads: "One path from one place at one time. A round that fails says nothing of who is at fault.",
    fields: &[
        FieldDef { number: 1, name: "target", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 4, description: "Name of a configured target; SCHEME://HOST:PORT of a discovered one.", misleads: "" },
        FieldDef { number: 2, name: "target_origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 4, description: "configured, or discovered: an orchestrator that a gateway here has seen.", misleads: "" },
        FieldDef { number: 3, name: "family", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 8, rollup: false, distribution: None, since: 4, description: "ipv4 or ipv6; NULL where no address was found.", misleads: "" },
        FieldDef { number: 4, name: "attempts", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "Connections that were tried.", misleads: "" },
        FieldDef { number: 5, name: "failures", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "Connections that did not come about.", misleads: "" },
        FieldDef { number: 6, name: "failure_kind", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 4, description: "Kind of the newest failure: dns, address, refused, timeout, unreachable, tls, http.", misleads: "" },
        FieldDef { number: 7, name: "connect_min_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(600000.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "Quickest TCP connection of the round.", misleads: "" },
        FieldDef { number: 8, name: "connect_mean_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(600000.0), max_len: 0, rollup: true, distribution: Some((0.1, 60000.0)), since: 4, description: "Mean over the TCP connections of the round.", misleads: "" },
        FieldDef { number: 9, name: "connect_max_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(600000.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "Slowest TCP connection of the round.", misleads: "" },
        FieldDef { number: 10, name: "jitter_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(600000.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "Mean absolute difference between successive TCP connections of the round; NULL below two.", misleads: "" },
        FieldDef { number: 11, name: "tls_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(600000.0), max_len: 0, rollup: true, distribution: None, since: 4, description: "TLS handshake of the last connection.", misleads: "The certificate is not checked: orchestrators sign their own." },
        FieldDef { number: 12, name: "first_byte_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: Some(3), min: Some(0.0), max: Some(600000.0), max_len: 0, rollup: true, distribution: Some((0.1, 60000.0)), since: 4, description: "From sending `GET /` on the last connection to the first byte of the answer, whatever it says.", misleads: "" },
    ],
};

/// A row of `probe`: One round of connections from this agent to a target: reachable or not, and how quickly.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Probe {
    /// Name of a configured target; SCHEME://HOST:PORT of a discovered one. Unit: name.
    pub target: Arc<str>,
    /// configured, or discovered: an orchestrator that a gateway here has seen. Unit: name.
    pub target_origin: Option<Arc<str>>,
    /// ipv4 or ipv6; NULL where no address was found. Unit: name.
    pub family: Option<Arc<str>>,
    /// Connections that were tried. Unit: count.
    pub attempts: Option<i64>,
    /// Connections that did not come about. Unit: count.
    pub failures: Option<i64>,
    /// Kind of the newest failure: dns, address, refused, timeout, unreachable, tls, http. Unit: name.
    pub failure_kind: Option<Arc<str>>,
    /// Quickest TCP connection of the round. Unit: ms.
    pub connect_min_ms: Option<f64>,
    /// Mean over the TCP connections of the round. Unit: ms.
    pub connect_mean_ms: Option<f64>,
    /// Slowest TCP connection of the round. Unit: ms.
    pub connect_max_ms: Option<f64>,
    /// Mean absolute difference between successive TCP connections of the round; NULL below two. Unit: ms.
    pub jitter_ms: Option<f64>,
    /// TLS handshake of the last connection. Unit: ms.
    pub tls_ms: Option<f64>,
    /// From sending `GET /` on the last connection to the first byte of the answer, whatever it says. Unit: ms.
    pub first_byte_ms: Option<f64>,
}

impl Probe {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &PROBE, ts_us, values: vec![
            Some(Value::Text(self.target)),
            self.target_origin.map(Value::Text),
            self.family.map(Value::Text),
            self.attempts.map(Value::I64),
            self.failures.map(Value::I64),
            self.failure_kind.map(Value::Text),
            self.connect_min_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.connect_mean_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.connect_max_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.jitter_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.tls_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.first_byte_ms.filter(|x| x.is_finite()).map(Value::F64),
        ] }
    }
}

/// A live AI stream: all events with the same stream and request, from request to close (definitions, section 2). `ts` is the request, else the first event.
pub static STREAM_SESSION: EntityDef = EntityDef {
    number: 46, name: "stream_session", identity: Identity::Derived, class: Class::Operational, visibility: Visibility::Public,
    reporter: "collector", cadence: "when its events change", retention: "13mo", since: 5,
    description: "A live AI stream: all events with the same stream and request, from request to close (definitions, section 2). `ts` is the request, else the first event.",
    misleads: "Sums over orchestrators do not add up to sessions: a session may have several legs. Rows change for up to 14 days, as late events come.",
    fields: &[
        FieldDef { number: 1, name: "void", ty: FieldType::I64, unit: "bool", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "1: the row is no longer produced, and all its figures are empty; readers leave it out.", misleads: "" },
        FieldDef { number: 2, name: "formula", ty: FieldType::Symbol, unit: "version", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "Version of the definitions that gave it.", misleads: "" },
        FieldDef { number: 3, name: "session", ty: FieldType::Uuid, unit: "uuid", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 5, description: "First 128 bits of SHA-256(\"naap-session\" + stream id + 0 + request id).", misleads: "" },
        FieldDef { number: 4, name: "stream_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "Stream.", misleads: "" },
        FieldDef { number: 5, name: "request_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "Request.", misleads: "" },
        FieldDef { number: 6, name: "gateway_label", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 5, description: "`gateway` of the envelopes, where filled.", misleads: "" },
        FieldDef { number: 7, name: "gateway", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 5, description: "Node identity of the agent that reported it; of several the lowest.", misleads: "" },
        FieldDef { number: 8, name: "region", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 5, description: "Region of that agent, as of the start.", misleads: "" },
        FieldDef { number: 9, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "organic, test, replayed or simulated.", misleads: "" },
        FieldDef { number: 10, name: "pipeline", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 5, description: "Canonical pipeline, for example live-video-to-video.", misleads: "" },
        FieldDef { number: 11, name: "model", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "Canonical model.", misleads: "" },
        FieldDef { number: 12, name: "outcome", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 5, description: "SERVED, NO_ORCHESTRATOR, EXCUSED, FAILED, UNKNOWN or OPEN.", misleads: "" },
        FieldDef { number: 13, name: "end_reason", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 5, description: "Of a closed SERVED session: CLIENT, FAILED_SWAP, ERROR or LOST.", misleads: "" },
        FieldDef { number: 14, name: "closed_by", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "EVENT or SILENCE; NULL while open.", misleads: "" },
        FieldDef { number: 15, name: "requested_at", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 5, description: "Time of gateway_receive_stream_request; NULL where its beginning was lost.", misleads: "" },
        FieldDef { number: 16, name: "closed_at", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 5, description: "When it was closed: by the event, or at its last event where silence closed it.", misleads: "" },
        FieldDef { number: 17, name: "last_event_at", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 5, description: "Time of its last event.", misleads: "" },
        FieldDef { number: 18, name: "orchestrator", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 5, description: "On-chain address of its last leg, lower case. NULL: not resolved.", misleads: "" },
        FieldDef { number: 19, name: "orch_uri", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "Service URI of its last leg, normalised: scheme, host and port, lower case.", misleads: "" },
        FieldDef { number: 20, name: "legs", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Its legs.", misleads: "" },
        FieldDef { number: 21, name: "swaps", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "orchestrator_swap events.", misleads: "" },
        FieldDef { number: 22, name: "startup_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: Some((1.0, 3600000.0)), since: 5, description: "Request (of a leg: its start) to first processed segment.", misleads: "" },
        FieldDef { number: 23, name: "playable_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: Some((1.0, 3600000.0)), since: 5, description: "Request (of a leg: its start) to third processed segment, when the stream plays.", misleads: "" },
        FieldDef { number: 24, name: "prompt_to_first_frame_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: Some((1.0, 3600000.0)), since: 5, description: "Earliest status start_time (clock of the runner) to third processed segment. NULL where the clocks differ by more than 1 s.", misleads: "" },
        FieldDef { number: 25, name: "e2e_media_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: Some((1.0, 3600000.0)), since: 5, description: "Mean media latency of the video track as the gateway saw it (go-livepeer 0.8.10 or newer, WHIP).", misleads: "" },
        FieldDef { number: 26, name: "e2e_trace_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "First segment sent to first processed segment sent by the runner; only where there is no media value.", misleads: "Two clocks, and another quantity than e2e_media_ms: never part of a score, a target or a benchmark." },
        FieldDef { number: 27, name: "output_fps_mean", ty: FieldType::F64, unit: "fps", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: Some((0.1, 1000.0)), since: 5, description: "Mean output frames per second from the first sample above 0 on.", misleads: "" },
        FieldDef { number: 28, name: "output_fps_min", ty: FieldType::F64, unit: "fps", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Lowest of the same samples.", misleads: "" },
        FieldDef { number: 29, name: "jitter_coefficient", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "Population standard deviation / mean of the same samples; at least 3.", misleads: "" },
        FieldDef { number: 30, name: "fps_samples", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Those samples.", misleads: "" },
        FieldDef { number: 31, name: "input_fps_mean", ty: FieldType::F64, unit: "fps", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Mean input frames per second from its own first sample above 0 on.", misleads: "" },
        FieldDef { number: 32, name: "fps_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "output_fps_mean / input_fps_mean.", misleads: "Extended: not part of a score." },
        FieldDef { number: 33, name: "upload_mbps", ty: FieldType::F64, unit: "Mbit/s", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "What the sender sent: change of received bytes over time.", misleads: "" },
        FieldDef { number: 34, name: "minutes", ty: FieldType::F64, unit: "minutes", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "First processed segment to close, or to the last event while open.", misleads: "" },
        FieldDef { number: 35, name: "restarts", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "Restarts of the pipeline process.", misleads: "" },
        FieldDef { number: 36, name: "packets_lost", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Packets lost of the input, all tracks; growth of the counters only.", misleads: "" },
        FieldDef { number: 37, name: "packets_received", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Packets received, likewise.", misleads: "" },
        FieldDef { number: 38, name: "loading_s", ty: FieldType::F64, unit: "s", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Time in state LOADING: from each status to the next, at most 20 s each.", misleads: "" },
        FieldDef { number: 39, name: "offline_s", ty: FieldType::F64, unit: "s", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Time in state OFFLINE: from each status to the next, at most 20 s each.", misleads: "" },
        FieldDef { number: 40, name: "online_s", ty: FieldType::F64, unit: "s", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Time in state ONLINE: from each status to the next, at most 20 s each.", misleads: "" },
        FieldDef { number: 41, name: "degraded_input_s", ty: FieldType::F64, unit: "s", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Time in state DEGRADED_INPUT: from each status to the next, at most 20 s each.", misleads: "" },
        FieldDef { number: 42, name: "degraded_inference_s", ty: FieldType::F64, unit: "s", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Time in state DEGRADED_INFERENCE: from each status to the next, at most 20 s each.", misleads: "" },
        FieldDef { number: 43, name: "error_s", ty: FieldType::F64, unit: "s", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Time in state ERROR: from each status to the next, at most 20 s each.", misleads: "" },
        FieldDef { number: 44, name: "errors_no_orchestrator", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Error texts that no orchestrator was available.", misleads: "" },
        FieldDef { number: 45, name: "errors_client_gone", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Error texts that the sender left.", misleads: "" },
        FieldDef { number: 46, name: "errors_ingest", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Error texts about what came in: missing video, ICE.", misleads: "" },
        FieldDef { number: 47, name: "errors_subscribe", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Error texts about reading the results.", misleads: "" },
        FieldDef { number: 48, name: "errors_publish", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Error texts about sending segments to the orchestrator.", misleads: "" },
        FieldDef { number: 49, name: "errors_timeout", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Error texts about something that took too long.", misleads: "" },
        FieldDef { number: 50, name: "errors_connection", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Error texts about connections.", misleads: "" },
        FieldDef { number: 51, name: "errors_runner", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Error texts of the runner.", misleads: "" },
        FieldDef { number: 52, name: "errors_other", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "All other error texts.", misleads: "" },
        FieldDef { number: 53, name: "status_samples", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Status samples.", misleads: "" },
        FieldDef { number: 54, name: "ingest_samples", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Connection samples.", misleads: "" },
        FieldDef { number: 55, name: "error_events", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "Error events. A normal end has one or two.", misleads: "" },
        FieldDef { number: 56, name: "fee_wei", ty: FieldType::Text, unit: "wei", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 80, rollup: false, distribution: None, since: 5, description: "Expected value of the payments, a decimal number.", misleads: "" },
        FieldDef { number: 57, name: "fee_eth", ty: FieldType::F64, unit: "eth", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "The same in ETH, rounded to a double.", misleads: "" },
        FieldDef { number: 58, name: "price_wei", ty: FieldType::F64, unit: "price", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Price of its latest payment that names one.", misleads: "" },
        FieldDef { number: 59, name: "price_unit", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 5, description: "Unit of that price, for example wei/pixel.", misleads: "" },
        FieldDef { number: 60, name: "price_wei_per_minute", ty: FieldType::F64, unit: "wei", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1e30), max_len: 0, rollup: false, distribution: None, since: 5, description: "Price per pixel × 1280 × 720 × 30 × 60: what a minute of 720p at 30 frames costs.", misleads: "An assumption of size and rate, not of this stream." },
        FieldDef { number: 61, name: "signals_seen", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "Signals seen of those expected of a playable leg.", misleads: "" },
        FieldDef { number: 62, name: "signals_expected", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "Signals expected: first processed, few processed and, 20 s after playable, a status sample.", misleads: "" },
        FieldDef { number: 63, name: "requested", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "1 if the outcome is SERVED, NO_ORCHESTRATOR or FAILED.", misleads: "" },
        FieldDef { number: 64, name: "served", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "1 if SERVED.", misleads: "" },
        FieldDef { number: 65, name: "unserved", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "1 if NO_ORCHESTRATOR.", misleads: "" },
        FieldDef { number: 66, name: "failed", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "1 if FAILED.", misleads: "" },
        FieldDef { number: 67, name: "excused", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "1 if EXCUSED.", misleads: "" },
        FieldDef { number: 68, name: "served_closed", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "1 if SERVED and closed.", misleads: "" },
        FieldDef { number: 69, name: "interrupted", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "1 if the end reason is FAILED_SWAP, ERROR or LOST.", misleads: "" },
    ],
};

/// A row of `stream_session`: A live AI stream: all events with the same stream and request, from request to close (definitions, section 2). `ts` is the request, else the first event.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StreamSession {
    /// 1: the row is no longer produced, and all its figures are empty; readers leave it out. Unit: bool.
    pub void: i64,
    /// Version of the definitions that gave it. Unit: version.
    pub formula: Arc<str>,
    /// First 128 bits of SHA-256("naap-session" + stream id + 0 + request id). Unit: uuid.
    pub session: uuid::Uuid,
    /// Stream. Unit: id.
    pub stream_id: Option<Arc<str>>,
    /// Request. Unit: id.
    pub request_id: Option<Arc<str>>,
    /// `gateway` of the envelopes, where filled. Unit: name.
    pub gateway_label: Option<Arc<str>>,
    /// Node identity of the agent that reported it; of several the lowest. Unit: name.
    pub gateway: Option<Arc<str>>,
    /// Region of that agent, as of the start. Unit: name.
    pub region: Option<Arc<str>>,
    /// organic, test, replayed or simulated. Unit: name.
    pub origin: Arc<str>,
    /// Canonical pipeline, for example live-video-to-video. Unit: name.
    pub pipeline: Option<Arc<str>>,
    /// Canonical model. Unit: name.
    pub model: Option<Arc<str>>,
    /// SERVED, NO_ORCHESTRATOR, EXCUSED, FAILED, UNKNOWN or OPEN. Unit: name.
    pub outcome: Arc<str>,
    /// Of a closed SERVED session: CLIENT, FAILED_SWAP, ERROR or LOST. Unit: name.
    pub end_reason: Option<Arc<str>>,
    /// EVENT or SILENCE; NULL while open. Unit: name.
    pub closed_by: Option<Arc<str>>,
    /// Time of gateway_receive_stream_request; NULL where its beginning was lost. Unit: time.
    pub requested_at: Option<i64>,
    /// When it was closed: by the event, or at its last event where silence closed it. Unit: time.
    pub closed_at: Option<i64>,
    /// Time of its last event. Unit: time.
    pub last_event_at: Option<i64>,
    /// On-chain address of its last leg, lower case. NULL: not resolved. Unit: address.
    pub orchestrator: Option<Arc<str>>,
    /// Service URI of its last leg, normalised: scheme, host and port, lower case. Unit: url.
    pub orch_uri: Option<Arc<str>>,
    /// Its legs. Unit: count.
    pub legs: Option<i64>,
    /// orchestrator_swap events. Unit: count.
    pub swaps: Option<i64>,
    /// Request (of a leg: its start) to first processed segment. Unit: ms.
    pub startup_ms: Option<f64>,
    /// Request (of a leg: its start) to third processed segment, when the stream plays. Unit: ms.
    pub playable_ms: Option<f64>,
    /// Earliest status start_time (clock of the runner) to third processed segment. NULL where the clocks differ by more than 1 s. Unit: ms.
    pub prompt_to_first_frame_ms: Option<f64>,
    /// Mean media latency of the video track as the gateway saw it (go-livepeer 0.8.10 or newer, WHIP). Unit: ms.
    pub e2e_media_ms: Option<f64>,
    /// First segment sent to first processed segment sent by the runner; only where there is no media value. Unit: ms.
    pub e2e_trace_ms: Option<f64>,
    /// Mean output frames per second from the first sample above 0 on. Unit: fps.
    pub output_fps_mean: Option<f64>,
    /// Lowest of the same samples. Unit: fps.
    pub output_fps_min: Option<f64>,
    /// Population standard deviation / mean of the same samples; at least 3. Unit: ratio.
    pub jitter_coefficient: Option<f64>,
    /// Those samples. Unit: count.
    pub fps_samples: Option<i64>,
    /// Mean input frames per second from its own first sample above 0 on. Unit: fps.
    pub input_fps_mean: Option<f64>,
    /// output_fps_mean / input_fps_mean. Unit: ratio.
    pub fps_ratio: Option<f64>,
    /// What the sender sent: change of received bytes over time. Unit: Mbit/s.
    pub upload_mbps: Option<f64>,
    /// First processed segment to close, or to the last event while open. Unit: minutes.
    pub minutes: Option<f64>,
    /// Restarts of the pipeline process. Unit: count.
    pub restarts: Option<i64>,
    /// Packets lost of the input, all tracks; growth of the counters only. Unit: count.
    pub packets_lost: Option<i64>,
    /// Packets received, likewise. Unit: count.
    pub packets_received: Option<i64>,
    /// Time in state LOADING: from each status to the next, at most 20 s each. Unit: s.
    pub loading_s: Option<f64>,
    /// Time in state OFFLINE: from each status to the next, at most 20 s each. Unit: s.
    pub offline_s: Option<f64>,
    /// Time in state ONLINE: from each status to the next, at most 20 s each. Unit: s.
    pub online_s: Option<f64>,
    /// Time in state DEGRADED_INPUT: from each status to the next, at most 20 s each. Unit: s.
    pub degraded_input_s: Option<f64>,
    /// Time in state DEGRADED_INFERENCE: from each status to the next, at most 20 s each. Unit: s.
    pub degraded_inference_s: Option<f64>,
    /// Time in state ERROR: from each status to the next, at most 20 s each. Unit: s.
    pub error_s: Option<f64>,
    /// Error texts that no orchestrator was available. Unit: count.
    pub errors_no_orchestrator: Option<i64>,
    /// Error texts that the sender left. Unit: count.
    pub errors_client_gone: Option<i64>,
    /// Error texts about what came in: missing video, ICE. Unit: count.
    pub errors_ingest: Option<i64>,
    /// Error texts about reading the results. Unit: count.
    pub errors_subscribe: Option<i64>,
    /// Error texts about sending segments to the orchestrator. Unit: count.
    pub errors_publish: Option<i64>,
    /// Error texts about something that took too long. Unit: count.
    pub errors_timeout: Option<i64>,
    /// Error texts about connections. Unit: count.
    pub errors_connection: Option<i64>,
    /// Error texts of the runner. Unit: count.
    pub errors_runner: Option<i64>,
    /// All other error texts. Unit: count.
    pub errors_other: Option<i64>,
    /// Status samples. Unit: count.
    pub status_samples: Option<i64>,
    /// Connection samples. Unit: count.
    pub ingest_samples: Option<i64>,
    /// Error events. A normal end has one or two. Unit: count.
    pub error_events: Option<i64>,
    /// Expected value of the payments, a decimal number. Unit: wei.
    pub fee_wei: Option<Arc<str>>,
    /// The same in ETH, rounded to a double. Unit: eth.
    pub fee_eth: Option<f64>,
    /// Price of its latest payment that names one. Unit: price.
    pub price_wei: Option<f64>,
    /// Unit of that price, for example wei/pixel. Unit: name.
    pub price_unit: Option<Arc<str>>,
    /// Price per pixel × 1280 × 720 × 30 × 60: what a minute of 720p at 30 frames costs. Unit: wei.
    pub price_wei_per_minute: Option<f64>,
    /// Signals seen of those expected of a playable leg. Unit: count.
    pub signals_seen: Option<i64>,
    /// Signals expected: first processed, few processed and, 20 s after playable, a status sample. Unit: count.
    pub signals_expected: Option<i64>,
    /// 1 if the outcome is SERVED, NO_ORCHESTRATOR or FAILED. Unit: count.
    pub requested: Option<i64>,
    /// 1 if SERVED. Unit: count.
    pub served: Option<i64>,
    /// 1 if NO_ORCHESTRATOR. Unit: count.
    pub unserved: Option<i64>,
    /// 1 if FAILED. Unit: count.
    pub failed: Option<i64>,
    /// 1 if EXCUSED. Unit: count.
    pub excused: Option<i64>,
    /// 1 if SERVED and closed. Unit: count.
    pub served_closed: Option<i64>,
    /// 1 if the end reason is FAILED_SWAP, ERROR or LOST. Unit: count.
    pub interrupted: Option<i64>,
}

impl StreamSession {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &STREAM_SESSION, ts_us, values: vec![
            Some(Value::I64(self.void)),
            Some(Value::Text(self.formula)),
            Some(Value::Uuid(self.session)),
            self.stream_id.map(Value::Text),
            self.request_id.map(Value::Text),
            self.gateway_label.map(Value::Text),
            self.gateway.map(Value::Text),
            self.region.map(Value::Text),
            Some(Value::Text(self.origin)),
            self.pipeline.map(Value::Text),
            self.model.map(Value::Text),
            Some(Value::Text(self.outcome)),
            self.end_reason.map(Value::Text),
            self.closed_by.map(Value::Text),
            self.requested_at.map(Value::I64),
            self.closed_at.map(Value::I64),
            self.last_event_at.map(Value::I64),
            self.orchestrator.map(Value::Text),
            self.orch_uri.map(Value::Text),
            self.legs.map(Value::I64),
            self.swaps.map(Value::I64),
            self.startup_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.playable_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.prompt_to_first_frame_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.e2e_media_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.e2e_trace_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.output_fps_mean.filter(|x| x.is_finite()).map(Value::F64),
            self.output_fps_min.filter(|x| x.is_finite()).map(Value::F64),
            self.jitter_coefficient.filter(|x| x.is_finite()).map(Value::F64),
            self.fps_samples.map(Value::I64),
            self.input_fps_mean.filter(|x| x.is_finite()).map(Value::F64),
            self.fps_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.upload_mbps.filter(|x| x.is_finite()).map(Value::F64),
            self.minutes.filter(|x| x.is_finite()).map(Value::F64),
            self.restarts.map(Value::I64),
            self.packets_lost.map(Value::I64),
            self.packets_received.map(Value::I64),
            self.loading_s.filter(|x| x.is_finite()).map(Value::F64),
            self.offline_s.filter(|x| x.is_finite()).map(Value::F64),
            self.online_s.filter(|x| x.is_finite()).map(Value::F64),
            self.degraded_input_s.filter(|x| x.is_finite()).map(Value::F64),
            self.degraded_inference_s.filter(|x| x.is_finite()).map(Value::F64),
            self.error_s.filter(|x| x.is_finite()).map(Value::F64),
            self.errors_no_orchestrator.map(Value::I64),
            self.errors_client_gone.map(Value::I64),
            self.errors_ingest.map(Value::I64),
            self.errors_subscribe.map(Value::I64),
            self.errors_publish.map(Value::I64),
            self.errors_timeout.map(Value::I64),
            self.errors_connection.map(Value::I64),
            self.errors_runner.map(Value::I64),
            self.errors_other.map(Value::I64),
            self.status_samples.map(Value::I64),
            self.ingest_samples.map(Value::I64),
            self.error_events.map(Value::I64),
            self.fee_wei.map(Value::Text),
            self.fee_eth.filter(|x| x.is_finite()).map(Value::F64),
            self.price_wei.filter(|x| x.is_finite()).map(Value::F64),
            self.price_unit.map(Value::Text),
            self.price_wei_per_minute.filter(|x| x.is_finite()).map(Value::F64),
            self.signals_seen.map(Value::I64),
            self.signals_expected.map(Value::I64),
            self.requested.map(Value::I64),
            self.served.map(Value::I64),
            self.unserved.map(Value::I64),
            self.failed.map(Value::I64),
            self.excused.map(Value::I64),
            self.served_closed.map(Value::I64),
            self.interrupted.map(Value::I64),
        ] }
    }
}

/// One orchestrator's part of a live AI stream (definitions, section 2). `ts` is its start.
pub static STREAM_LEG: EntityDef = EntityDef {
    number: 47, name: "stream_leg", identity: Identity::Derived, class: Class::Operational, visibility: Visibility::Public,
    reporter: "collector", cadence: "when its events change", retention: "13mo", since: 5,
    description: "One orchestrator's part of a live AI stream (definitions, section 2). `ts` is its start.",
    misleads: "A leg counts in a score once it is playable or closed. Its address may change as payments and capability reports come in late.",
    fields: &[
        FieldDef { number: 1, name: "void", ty: FieldType::I64, unit: "bool", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "1: the row is no longer produced, and all its figures are empty; readers leave it out.", misleads: "" },
        FieldDef { number: 2, name: "formula", ty: FieldType::Symbol, unit: "version", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "Version of the definitions that gave it.", misleads: "" },
        FieldDef { number: 3, name: "session", ty: FieldType::Uuid, unit: "uuid", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 5, description: "First 128 bits of SHA-256(\"naap-session\" + stream id + 0 + request id).", misleads: "" },
        FieldDef { number: 4, name: "leg", ty: FieldType::I64, unit: "index", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(100000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Number of the leg in its session, from 0.", misleads: "" },
        FieldDef { number: 5, name: "ended_at", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 5, description: "When it ended; NULL while it runs.", misleads: "" },
        FieldDef { number: 6, name: "stream_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "Stream.", misleads: "" },
        FieldDef { number: 7, name: "request_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "Request.", misleads: "" },
        FieldDef { number: 8, name: "gateway", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 5, description: "Node identity of the agent that reported it; of several the lowest.", misleads: "" },
        FieldDef { number: 9, name: "region", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 5, description: "Region of that agent, as of the start.", misleads: "" },
        FieldDef { number: 10, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "organic, test, replayed or simulated.", misleads: "" },
        FieldDef { number: 11, name: "pipeline", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 5, description: "Canonical pipeline, for example live-video-to-video.", misleads: "" },
        FieldDef { number: 12, name: "model", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "Canonical model.", misleads: "" },
        FieldDef { number: 13, name: "orchestrator", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 5, description: "On-chain address of the leg, lower case. NULL: not resolved.", misleads: "" },
        FieldDef { number: 14, name: "orch_uri", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "Service URI of the leg, normalised: scheme, host and port, lower case.", misleads: "" },
        FieldDef { number: 15, name: "hot_wallet", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 5, description: "Hot wallet in its events, lower case.", misleads: "" },
        FieldDef { number: 16, name: "attribution", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "How the address was found: PAYMENT, CAPABILITY (URI and hot wallet), URI, WALLET, CORRECTION or NONE.", misleads: "" },
        FieldDef { number: 17, name: "gpu_name", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 5, description: "Name of the GPUs at this URI as last reported before the start, if all have one.", misleads: "" },
        FieldDef { number: 18, name: "outcome", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 5, description: "SERVED, FAILED, EXCUSED, NO_ORCHESTRATOR, UNKNOWN or OPEN.", misleads: "" },
        FieldDef { number: 19, name: "swap_reason", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "Why it was left: SLOW, NO_OUTPUT, TIMEOUT, CONNECTION, RUNNER, CLIENT or OTHER; NULL if it was not swapped away from.", misleads: "" },
        FieldDef { number: 20, name: "startup_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: Some((1.0, 3600000.0)), since: 5, description: "Request (of a leg: its start) to first processed segment.", misleads: "" },
        FieldDef { number: 21, name: "playable_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: Some((1.0, 3600000.0)), since: 5, description: "Request (of a leg: its start) to third processed segment, when the stream plays.", misleads: "" },
        FieldDef { number: 22, name: "prompt_to_first_frame_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: Some((1.0, 3600000.0)), since: 5, description: "Earliest status start_time (clock of the runner) to third processed segment. NULL where the clocks differ by more than 1 s.", misleads: "" },
        FieldDef { number: 23, name: "e2e_media_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: Some((1.0, 3600000.0)), since: 5, description: "Mean media latency of the video track as the gateway saw it (go-livepeer 0.8.10 or newer, WHIP).", misleads: "" },
        FieldDef { number: 24, name: "e2e_trace_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "First segment sent to first processed segment sent by the runner; only where there is no media value.", misleads: "Two clocks, and another quantity than e2e_media_ms: never part of a score, a target or a benchmark." },
        FieldDef { number: 25, name: "output_fps_mean", ty: FieldType::F64, unit: "fps", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: Some((0.1, 1000.0)), since: 5, description: "Mean output frames per second from the first sample above 0 on.", misleads: "" },
        FieldDef { number: 26, name: "output_fps_min", ty: FieldType::F64, unit: "fps", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Lowest of the same samples.", misleads: "" },
        FieldDef { number: 27, name: "jitter_coefficient", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "Population standard deviation / mean of the same samples; at least 3.", misleads: "" },
        FieldDef { number: 28, name: "fps_samples", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Those samples.", misleads: "" },
        FieldDef { number: 29, name: "input_fps_mean", ty: FieldType::F64, unit: "fps", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Mean input frames per second from its own first sample above 0 on.", misleads: "" },
        FieldDef { number: 30, name: "fps_ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "output_fps_mean / input_fps_mean.", misleads: "Extended: not part of a score." },
        FieldDef { number: 31, name: "restarts", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "Restarts of the pipeline process.", misleads: "" },
        FieldDef { number: 32, name: "fee_wei", ty: FieldType::Text, unit: "wei", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 80, rollup: false, distribution: None, since: 5, description: "Expected value of the payments, a decimal number.", misleads: "" },
        FieldDef { number: 33, name: "fee_eth", ty: FieldType::F64, unit: "eth", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "The same in ETH, rounded to a double.", misleads: "" },
        FieldDef { number: 34, name: "signals_seen", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "Signals seen of those expected of a playable leg.", misleads: "" },
        FieldDef { number: 35, name: "signals_expected", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "Signals expected: first processed, few processed and, 20 s after playable, a status sample.", misleads: "" },
        FieldDef { number: 36, name: "status_samples", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Status samples.", misleads: "" },
        FieldDef { number: 37, name: "counted", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "1 once it is playable or closed.", misleads: "" },
        FieldDef { number: 38, name: "requested", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "1 if counted, and SERVED or FAILED.", misleads: "" },
        FieldDef { number: 39, name: "served", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "1 if counted and SERVED.", misleads: "" },
        FieldDef { number: 40, name: "swapped", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "1 if counted, requested and swapped away from.", misleads: "" },
        FieldDef { number: 41, name: "playable", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "1 if it became playable.", misleads: "" },
        FieldDef { number: 42, name: "viability_legs", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "1 if counted, requested, with at least 2 status samples.", misleads: "" },
        FieldDef { number: 43, name: "viable", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "1 of those if any FPS was above 0.", misleads: "" },
    ],
};

/// A row of `stream_leg`: One orchestrator's part of a live AI stream (definitions, section 2). `ts` is its start.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StreamLeg {
    /// 1: the row is no longer produced, and all its figures are empty; readers leave it out. Unit: bool.
    pub void: i64,
    /// Version of the definitions that gave it. Unit: version.
    pub formula: Arc<str>,
    /// First 128 bits of SHA-256("naap-session" + stream id + 0 + request id). Unit: uuid.
    pub session: uuid::Uuid,
    /// Number of the leg in its session, from 0. Unit: index.
    pub leg: i64,
    /// When it ended; NULL while it runs. Unit: time.
    pub ended_at: Option<i64>,
    /// Stream. Unit: id.
    pub stream_id: Option<Arc<str>>,
    /// Request. Unit: id.
    pub request_id: Option<Arc<str>>,
    /// Node identity of the agent that reported it; of several the lowest. Unit: name.
    pub gateway: Option<Arc<str>>,
    /// Region of that agent, as of the start. Unit: name.
    pub region: Option<Arc<str>>,
    /// organic, test, replayed or simulated. Unit: name.
    pub origin: Arc<str>,
    /// Canonical pipeline, for example live-video-to-video. Unit: name.
    pub pipeline: Option<Arc<str>>,
    /// Canonical model. Unit: name.
    pub model: Option<Arc<str>>,
    /// On-chain address of the leg, lower case. NULL: not resolved. Unit: address.
    pub orchestrator: Option<Arc<str>>,
    /// Service URI of the leg, normalised: scheme, host and port, lower case. Unit: url.
    pub orch_uri: Option<Arc<str>>,
    /// Hot wallet in its events, lower case. Unit: address.
    pub hot_wallet: Option<Arc<str>>,
    /// How the address was found: PAYMENT, CAPABILITY (URI and hot wallet), URI, WALLET, CORRECTION or NONE. Unit: name.
    pub attribution: Arc<str>,
    /// Name of the GPUs at this URI as last reported before the start, if all have one. Unit: name.
    pub gpu_name: Option<Arc<str>>,
    /// SERVED, FAILED, EXCUSED, NO_ORCHESTRATOR, UNKNOWN or OPEN. Unit: name.
    pub outcome: Arc<str>,
    /// Why it was left: SLOW, NO_OUTPUT, TIMEOUT, CONNECTION, RUNNER, CLIENT or OTHER; NULL if it was not swapped away from. Unit: name.
    pub swap_reason: Option<Arc<str>>,
    /// Request (of a leg: its start) to first processed segment. Unit: ms.
    pub startup_ms: Option<f64>,
    /// Request (of a leg: its start) to third processed segment, when the stream plays. Unit: ms.
    pub playable_ms: Option<f64>,
    /// Earliest status start_time (clock of the runner) to third processed segment. NULL where the clocks differ by more than 1 s. Unit: ms.
    pub prompt_to_first_frame_ms: Option<f64>,
    /// Mean media latency of the video track as the gateway saw it (go-livepeer 0.8.10 or newer, WHIP). Unit: ms.
    pub e2e_media_ms: Option<f64>,
    /// First segment sent to first processed segment sent by the runner; only where there is no media value. Unit: ms.
    pub e2e_trace_ms: Option<f64>,
    /// Mean output frames per second from the first sample above 0 on. Unit: fps.
    pub output_fps_mean: Option<f64>,
    /// Lowest of the same samples. Unit: fps.
    pub output_fps_min: Option<f64>,
    /// Population standard deviation / mean of the same samples; at least 3. Unit: ratio.
    pub jitter_coefficient: Option<f64>,
    /// Those samples. Unit: count.
    pub fps_samples: Option<i64>,
    /// Mean input frames per second from its own first sample above 0 on. Unit: fps.
    pub input_fps_mean: Option<f64>,
    /// output_fps_mean / input_fps_mean. Unit: ratio.
    pub fps_ratio: Option<f64>,
    /// Restarts of the pipeline process. Unit: count.
    pub restarts: Option<i64>,
    /// Expected value of the payments, a decimal number. Unit: wei.
    pub fee_wei: Option<Arc<str>>,
    /// The same in ETH, rounded to a double. Unit: eth.
    pub fee_eth: Option<f64>,
    /// Signals seen of those expected of a playable leg. Unit: count.
    pub signals_seen: Option<i64>,
    /// Signals expected: first processed, few processed and, 20 s after playable, a status sample. Unit: count.
    pub signals_expected: Option<i64>,
    /// Status samples. Unit: count.
    pub status_samples: Option<i64>,
    /// 1 once it is playable or closed. Unit: count.
    pub counted: Option<i64>,
    /// 1 if counted, and SERVED or FAILED. Unit: count.
    pub requested: Option<i64>,
    /// 1 if counted and SERVED. Unit: count.
    pub served: Option<i64>,
    /// 1 if counted, requested and swapped away from. Unit: count.
    pub swapped: Option<i64>,
    /// 1 if it became playable. Unit: count.
    pub playable: Option<i64>,
    /// 1 if counted, requested, with at least 2 status samples. Unit: count.
    pub viability_legs: Option<i64>,
    /// 1 of those if any FPS was above 0. Unit: count.
    pub viable: Option<i64>,
}

impl StreamLeg {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &STREAM_LEG, ts_us, values: vec![
            Some(Value::I64(self.void)),
            Some(Value::Text(self.formula)),
            Some(Value::Uuid(self.session)),
            Some(Value::I64(self.leg)),
            self.ended_at.map(Value::I64),
            self.stream_id.map(Value::Text),
            self.request_id.map(Value::Text),
            self.gateway.map(Value::Text),
            self.region.map(Value::Text),
            Some(Value::Text(self.origin)),
            self.pipeline.map(Value::Text),
            self.model.map(Value::Text),
            self.orchestrator.map(Value::Text),
            self.orch_uri.map(Value::Text),
            self.hot_wallet.map(Value::Text),
            Some(Value::Text(self.attribution)),
            self.gpu_name.map(Value::Text),
            Some(Value::Text(self.outcome)),
            self.swap_reason.map(Value::Text),
            self.startup_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.playable_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.prompt_to_first_frame_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.e2e_media_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.e2e_trace_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.output_fps_mean.filter(|x| x.is_finite()).map(Value::F64),
            self.output_fps_min.filter(|x| x.is_finite()).map(Value::F64),
            self.jitter_coefficient.filter(|x| x.is_finite()).map(Value::F64),
            self.fps_samples.map(Value::I64),
            self.input_fps_mean.filter(|x| x.is_finite()).map(Value::F64),
            self.fps_ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.restarts.map(Value::I64),
            self.fee_wei.map(Value::Text),
            self.fee_eth.filter(|x| x.is_finite()).map(Value::F64),
            self.signals_seen.map(Value::I64),
            self.signals_expected.map(Value::I64),
            self.status_samples.map(Value::I64),
            self.counted.map(Value::I64),
            self.requested.map(Value::I64),
            self.served.map(Value::I64),
            self.swapped.map(Value::I64),
            self.playable.map(Value::I64),
            self.viability_legs.map(Value::I64),
            self.viable.map(Value::I64),
        ] }
    }
}

/// Minutes of live AI streams by 5 minutes: `ts` is the bucket. Of a session as a whole (leg -1, `minutes`) and of each leg (`leg_minutes`).
pub static STREAM_MINUTE: EntityDef = EntityDef {
    number: 48, name: "stream_minute", identity: Identity::Derived, class: Class::Operational, visibility: Visibility::Public,
    reporter: "collector", cadence: "when its events change", retention: "13mo", since: 5,
    description: "Minutes of live AI streams by 5 minutes: `ts` is the bucket. Of a session as a whole (leg -1, `minutes`) and of each leg (`leg_minutes`).",
    misleads: "Minutes of legs leave out the restarts, so they sum to less than those of sessions.",
    fields: &[
        FieldDef { number: 1, name: "void", ty: FieldType::I64, unit: "bool", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "1: the row is no longer produced, and all its figures are empty; readers leave it out.", misleads: "" },
        FieldDef { number: 2, name: "formula", ty: FieldType::Symbol, unit: "version", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "Version of the definitions that gave it.", misleads: "" },
        FieldDef { number: 3, name: "session", ty: FieldType::Uuid, unit: "uuid", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 5, description: "First 128 bits of SHA-256(\"naap-session\" + stream id + 0 + request id).", misleads: "" },
        FieldDef { number: 4, name: "leg", ty: FieldType::I64, unit: "index", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: Some(-1.0), max: Some(100000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Number of the leg, or -1 for the session as a whole.", misleads: "" },
        FieldDef { number: 5, name: "gateway", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 5, description: "Node identity of the agent that reported it; of several the lowest.", misleads: "" },
        FieldDef { number: 6, name: "region", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 5, description: "Region of that agent, as of the start.", misleads: "" },
        FieldDef { number: 7, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "organic, test, replayed or simulated.", misleads: "" },
        FieldDef { number: 8, name: "pipeline", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 5, description: "Canonical pipeline, for example live-video-to-video.", misleads: "" },
        FieldDef { number: 9, name: "model", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "Canonical model.", misleads: "" },
        FieldDef { number: 10, name: "orchestrator", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 5, description: "On-chain address of the leg, lower case. NULL: not resolved.", misleads: "" },
        FieldDef { number: 11, name: "orch_uri", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "Service URI of the leg, normalised: scheme, host and port, lower case.", misleads: "" },
        FieldDef { number: 12, name: "gpu_name", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 5, description: "As in stream_leg.", misleads: "" },
        FieldDef { number: 13, name: "minutes", ty: FieldType::F64, unit: "minutes", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "Minutes of the session in this bucket.", misleads: "" },
        FieldDef { number: 14, name: "leg_minutes", ty: FieldType::F64, unit: "minutes", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "Minutes of the leg in this bucket.", misleads: "" },
    ],
};

/// A row of `stream_minute`: Minutes of live AI streams by 5 minutes: `ts` is the bucket. Of a session as a whole (leg -1, `minutes`) and of each leg (`leg_minutes`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StreamMinute {
    /// 1: the row is no longer produced, and all its figures are empty; readers leave it out. Unit: bool.
    pub void: i64,
    /// Version of the definitions that gave it. Unit: version.
    pub formula: Arc<str>,
    /// First 128 bits of SHA-256("naap-session" + stream id + 0 + request id). Unit: uuid.
    pub session: uuid::Uuid,
    /// Number of the leg, or -1 for the session as a whole. Unit: index.
    pub leg: i64,
    /// Node identity of the agent that reported it; of several the lowest. Unit: name.
    pub gateway: Option<Arc<str>>,
    /// Region of that agent, as of the start. Unit: name.
    pub region: Option<Arc<str>>,
    /// organic, test, replayed or simulated. Unit: name.
    pub origin: Arc<str>,
    /// Canonical pipeline, for example live-video-to-video. Unit: name.
    pub pipeline: Option<Arc<str>>,
    /// Canonical model. Unit: name.
    pub model: Option<Arc<str>>,
    /// On-chain address of the leg, lower case. NULL: not resolved. Unit: address.
    pub orchestrator: Option<Arc<str>>,
    /// Service URI of the leg, normalised: scheme, host and port, lower case. Unit: url.
    pub orch_uri: Option<Arc<str>>,
    /// As in stream_leg. Unit: name.
    pub gpu_name: Option<Arc<str>>,
    /// Minutes of the session in this bucket. Unit: minutes.
    pub minutes: Option<f64>,
    /// Minutes of the leg in this bucket. Unit: minutes.
    pub leg_minutes: Option<f64>,
}

impl StreamMinute {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &STREAM_MINUTE, ts_us, values: vec![
            Some(Value::I64(self.void)),
            Some(Value::Text(self.formula)),
            Some(Value::Uuid(self.session)),
            Some(Value::I64(self.leg)),
            self.gateway.map(Value::Text),
            self.region.map(Value::Text),
            Some(Value::Text(self.origin)),
            self.pipeline.map(Value::Text),
            self.model.map(Value::Text),
            self.orchestrator.map(Value::Text),
            self.orch_uri.map(Value::Text),
            self.gpu_name.map(Value::Text),
            self.minutes.filter(|x| x.is_finite()).map(Value::F64),
            self.leg_minutes.filter(|x| x.is_finite()).map(Value::F64),
        ] }
    }
}

/// What a payment was worth, and what it was for.
pub static PAYMENT_FEE: EntityDef = EntityDef {
    number: 49, name: "payment_fee", identity: Identity::Derived, class: Class::Operational, visibility: Visibility::Public,
    reporter: "collector", cadence: "each payment", retention: "13mo", since: 5,
    description: "What a payment was worth, and what it was for.",
    misleads: "Expected value: face value × win probability × tickets; not what was redeemed.",
    fields: &[
        FieldDef { number: 1, name: "void", ty: FieldType::I64, unit: "bool", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "1: the row is no longer produced, and all its figures are empty; readers leave it out.", misleads: "" },
        FieldDef { number: 2, name: "formula", ty: FieldType::Symbol, unit: "version", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "Version of the definitions that gave it.", misleads: "" },
        FieldDef { number: 3, name: "event_id", ty: FieldType::Uuid, unit: "uuid", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 5, description: "The payment.", misleads: "" },
        FieldDef { number: 4, name: "gateway", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 5, description: "Node identity of the agent that reported it; of several the lowest.", misleads: "" },
        FieldDef { number: 5, name: "region", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 5, description: "Region of that agent, as of the start.", misleads: "" },
        FieldDef { number: 6, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "organic, test, replayed or simulated.", misleads: "" },
        FieldDef { number: 7, name: "sender", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 5, description: "Address of the gateway, lower case.", misleads: "" },
        FieldDef { number: 8, name: "orchestrator", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 5, description: "On-chain address of the recipient, lower case. NULL: not resolved.", misleads: "" },
        FieldDef { number: 9, name: "orch_uri", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "Service URI of the recipient, normalised: scheme, host and port, lower case.", misleads: "" },
        FieldDef { number: 10, name: "pipeline", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 5, description: "Canonical pipeline, for example live-video-to-video.", misleads: "" },
        FieldDef { number: 11, name: "model", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "Canonical model.", misleads: "" },
        FieldDef { number: 12, name: "basis", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "How it was assigned: REQUEST (it names one), CHAIN (the latest earlier payment of its payment session does), AMBIGUOUS (several sessions were open), NONE.", misleads: "" },
        FieldDef { number: 13, name: "request_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "The request it was assigned to.", misleads: "" },
        FieldDef { number: 14, name: "session", ty: FieldType::Uuid, unit: "uuid", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 5, description: "The session it was assigned to.", misleads: "" },
        FieldDef { number: 15, name: "fee_wei", ty: FieldType::Text, unit: "wei", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 80, rollup: false, distribution: None, since: 5, description: "Expected value of the payments, a decimal number.", misleads: "" },
        FieldDef { number: 16, name: "fee_eth", ty: FieldType::F64, unit: "eth", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "The same in ETH, rounded to a double.", misleads: "" },
        FieldDef { number: 17, name: "payments", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "Always 1.", misleads: "" },
        FieldDef { number: 18, name: "unattributed", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "1 if AMBIGUOUS.", misleads: "" },
    ],
};

/// A row of `payment_fee`: What a payment was worth, and what it was for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PaymentFee {
    /// 1: the row is no longer produced, and all its figures are empty; readers leave it out. Unit: bool.
    pub void: i64,
    /// Version of the definitions that gave it. Unit: version.
    pub formula: Arc<str>,
    /// The payment. Unit: uuid.
    pub event_id: uuid::Uuid,
    /// Node identity of the agent that reported it; of several the lowest. Unit: name.
    pub gateway: Option<Arc<str>>,
    /// Region of that agent, as of the start. Unit: name.
    pub region: Option<Arc<str>>,
    /// organic, test, replayed or simulated. Unit: name.
    pub origin: Arc<str>,
    /// Address of the gateway, lower case. Unit: address.
    pub sender: Option<Arc<str>>,
    /// On-chain address of the recipient, lower case. NULL: not resolved. Unit: address.
    pub orchestrator: Option<Arc<str>>,
    /// Service URI of the recipient, normalised: scheme, host and port, lower case. Unit: url.
    pub orch_uri: Option<Arc<str>>,
    /// Canonical pipeline, for example live-video-to-video. Unit: name.
    pub pipeline: Option<Arc<str>>,
    /// Canonical model. Unit: name.
    pub model: Option<Arc<str>>,
    /// How it was assigned: REQUEST (it names one), CHAIN (the latest earlier payment of its payment session does), AMBIGUOUS (several sessions were open), NONE. Unit: name.
    pub basis: Arc<str>,
    /// The request it was assigned to. Unit: id.
    pub request_id: Option<Arc<str>>,
    /// The session it was assigned to. Unit: uuid.
    pub session: Option<uuid::Uuid>,
    /// Expected value of the payments, a decimal number. Unit: wei.
    pub fee_wei: Option<Arc<str>>,
    /// The same in ETH, rounded to a double. Unit: eth.
    pub fee_eth: Option<f64>,
    /// Always 1. Unit: count.
    pub payments: Option<i64>,
    /// 1 if AMBIGUOUS. Unit: count.
    pub unattributed: Option<i64>,
}

impl PaymentFee {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &PAYMENT_FEE, ts_us, values: vec![
            Some(Value::I64(self.void)),
            Some(Value::Text(self.formula)),
            Some(Value::Uuid(self.event_id)),
            self.gateway.map(Value::Text),
            self.region.map(Value::Text),
            Some(Value::Text(self.origin)),
            self.sender.map(Value::Text),
            self.orchestrator.map(Value::Text),
            self.orch_uri.map(Value::Text),
            self.pipeline.map(Value::Text),
            self.model.map(Value::Text),
            Some(Value::Text(self.basis)),
            self.request_id.map(Value::Text),
            self.session.map(Value::Uuid),
            self.fee_wei.map(Value::Text),
            self.fee_eth.filter(|x| x.is_finite()).map(Value::F64),
            self.payments.map(Value::I64),
            self.unattributed.map(Value::I64),
        ] }
    }
}

/// Score of an orchestrator with one pipeline and model in one region (definitions, section 3). `ts` is the end: a full UTC hour.
pub static SLA_SCORE: EntityDef = EntityDef {
    number: 50, name: "sla_score", identity: Identity::Derived, class: Class::Operational, visibility: Visibility::Public,
    reporter: "collector", cadence: "each hour", retention: "3y", since: 5,
    description: "Score of an orchestrator with one pipeline and model in one region (definitions, section 3). `ts` is the end: a full UTC hour.",
    misleads: "NULL below 10 requested legs. Scores of models are never averaged, nor those of hours.",
    fields: &[
        FieldDef { number: 1, name: "void", ty: FieldType::I64, unit: "bool", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "1: the row is no longer produced, and all its figures are empty; readers leave it out.", misleads: "" },
        FieldDef { number: 2, name: "formula", ty: FieldType::Symbol, unit: "version", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "Version of the definitions that gave it.", misleads: "" },
        FieldDef { number: 3, name: "span", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 8, rollup: false, distribution: None, since: 5, description: "24h or 7d: how much before the end it covers.", misleads: "" },
        FieldDef { number: 4, name: "orchestrator", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 5, description: "On-chain address, lower case.", misleads: "" },
        FieldDef { number: 5, name: "pipeline", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 5, description: "Canonical pipeline.", misleads: "" },
        FieldDef { number: 6, name: "model", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "Canonical model.", misleads: "" },
        FieldDef { number: 7, name: "region", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 5, description: "Region of the gateways; `none` where unknown.", misleads: "" },
        FieldDef { number: 8, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "organic, test, replayed or simulated.", misleads: "" },
        FieldDef { number: 9, name: "requested", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Legs requested: SERVED or FAILED.", misleads: "" },
        FieldDef { number: 10, name: "served", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Of these SERVED.", misleads: "" },
        FieldDef { number: 11, name: "swapped", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Of these swapped away from.", misleads: "" },
        FieldDef { number: 12, name: "viability_legs", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Of these with at least 2 status samples.", misleads: "" },
        FieldDef { number: 13, name: "viable", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Of those with any FPS above 0.", misleads: "" },
        FieldDef { number: 14, name: "playable", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Legs that became playable.", misleads: "" },
        FieldDef { number: 15, name: "signals_seen", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Signals seen of playable legs.", misleads: "" },
        FieldDef { number: 16, name: "signals_expected", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Signals expected of them.", misleads: "" },
        FieldDef { number: 17, name: "startup_success", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "served / requested.", misleads: "" },
        FieldDef { number: 18, name: "no_swap", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "1 − swapped / requested.", misleads: "" },
        FieldDef { number: 19, name: "viability", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "viable / viability_legs.", misleads: "" },
        FieldDef { number: 20, name: "startup_weight", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Weight of startup_success in reliability after missing terms are left out.", misleads: "" },
        FieldDef { number: 21, name: "no_swap_weight", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Weight of no_swap.", misleads: "" },
        FieldDef { number: 22, name: "viability_weight", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Weight of viability.", misleads: "" },
        FieldDef { number: 23, name: "reliability", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Weighted sum of the three.", misleads: "" },
        FieldDef { number: 24, name: "ptff_median", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Median over the legs that have it.", misleads: "" },
        FieldDef { number: 25, name: "ptff_n", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "How many values there were.", misleads: "" },
        FieldDef { number: 26, name: "ptff_term", ty: FieldType::F64, unit: "score", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "The term, 0 to 1.", misleads: "" },
        FieldDef { number: 27, name: "ptff_flag", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 24, rollup: false, distribution: None, since: 5, description: "NO_BENCHMARK (0.5 for want of one), NO_VALUES, or NULL.", misleads: "" },
        FieldDef { number: 28, name: "e2e_median", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Median over the legs that have it.", misleads: "" },
        FieldDef { number: 29, name: "e2e_n", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "How many values there were.", misleads: "" },
        FieldDef { number: 30, name: "e2e_term", ty: FieldType::F64, unit: "score", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "The term, 0 to 1.", misleads: "" },
        FieldDef { number: 31, name: "e2e_flag", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 24, rollup: false, distribution: None, since: 5, description: "NO_BENCHMARK (0.5 for want of one), NO_VALUES, or NULL.", misleads: "" },
        FieldDef { number: 32, name: "fps_median", ty: FieldType::F64, unit: "fps", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Median over the legs that have it.", misleads: "" },
        FieldDef { number: 33, name: "fps_n", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "How many values there were.", misleads: "" },
        FieldDef { number: 34, name: "fps_term", ty: FieldType::F64, unit: "score", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "The term, 0 to 1.", misleads: "" },
        FieldDef { number: 35, name: "fps_flag", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 24, rollup: false, distribution: None, since: 5, description: "NO_BENCHMARK (0.5 for want of one), NO_VALUES, or NULL.", misleads: "" },
        FieldDef { number: 36, name: "ptff_weight", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Weight of the PTFF term in quality.", misleads: "" },
        FieldDef { number: 37, name: "e2e_weight", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Weight of the E2E term.", misleads: "" },
        FieldDef { number: 38, name: "fps_weight", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Weight of the FPS term.", misleads: "" },
        FieldDef { number: 39, name: "quality", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Weighted sum of the three.", misleads: "" },
        FieldDef { number: 40, name: "signal_coverage", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Mean over playable legs of signals seen / expected.", misleads: "" },
        FieldDef { number: 41, name: "score", ty: FieldType::F64, unit: "score", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "0 to 100; NULL below 10 requested legs.", misleads: "" },
        FieldDef { number: 42, name: "cost_startup_success", ty: FieldType::F64, unit: "score", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Points that startup_success cost.", misleads: "" },
        FieldDef { number: 43, name: "cost_no_swap", ty: FieldType::F64, unit: "score", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Points that no_swap cost.", misleads: "" },
        FieldDef { number: 44, name: "cost_viability", ty: FieldType::F64, unit: "score", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Points that viability cost.", misleads: "" },
        FieldDef { number: 45, name: "cost_ptff", ty: FieldType::F64, unit: "score", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Points that ptff cost.", misleads: "" },
        FieldDef { number: 46, name: "cost_e2e", ty: FieldType::F64, unit: "score", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Points that e2e cost.", misleads: "" },
        FieldDef { number: 47, name: "cost_fps", ty: FieldType::F64, unit: "score", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Points that fps cost.", misleads: "" },
        FieldDef { number: 48, name: "cost_coverage", ty: FieldType::F64, unit: "score", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Points that coverage cost.", misleads: "" },
        FieldDef { number: 49, name: "gateways", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Gateways that observed it.", misleads: "" },
        FieldDef { number: 50, name: "ranked", ty: FieldType::I64, unit: "bool", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "1: at least two gateways of different operators, or a gateway and the load tests, observed it.", misleads: "" },
        FieldDef { number: 51, name: "startup_met", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Closed hours with startup success of at least 99 %.", misleads: "" },
        FieldDef { number: 52, name: "startup_hours", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Closed hours that have values for it.", misleads: "" },
        FieldDef { number: 53, name: "swap_met", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Closed hours with at most 5 % swapped away from.", misleads: "" },
        FieldDef { number: 54, name: "swap_hours", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Closed hours that have values for it.", misleads: "" },
        FieldDef { number: 55, name: "jitter_met", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Closed hours with a mean jitter coefficient of at most 0.1.", misleads: "" },
        FieldDef { number: 56, name: "jitter_hours", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Closed hours that have values for it.", misleads: "" },
        FieldDef { number: 57, name: "e2e_met", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Closed hours with a mean media latency of at most 3000 ms.", misleads: "" },
        FieldDef { number: 58, name: "e2e_hours", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Closed hours that have values for it.", misleads: "" },
        FieldDef { number: 59, name: "fresh_met", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Closed hours with data no older than 5 minutes.", misleads: "" },
        FieldDef { number: 60, name: "fresh_hours", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Closed hours that have values for it.", misleads: "" },
    ],
};

/// A row of `sla_score`: Score of an orchestrator with one pipeline and model in one region (definitions, section 3). `ts` is the end: a full UTC hour.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SlaScore {
    /// 1: the row is no longer produced, and all its figures are empty; readers leave it out. Unit: bool.
    pub void: i64,
    /// Version of the definitions that gave it. Unit: version.
    pub formula: Arc<str>,
    /// 24h or 7d: how much before the end it covers. Unit: name.
    pub span: Arc<str>,
    /// On-chain address, lower case. Unit: address.
    pub orchestrator: Arc<str>,
    /// Canonical pipeline. Unit: name.
    pub pipeline: Arc<str>,
    /// Canonical model. Unit: name.
    pub model: Arc<str>,
    /// Region of the gateways; `none` where unknown. Unit: name.
    pub region: Arc<str>,
    /// organic, test, replayed or simulated. Unit: name.
    pub origin: Arc<str>,
    /// Legs requested: SERVED or FAILED. Unit: count.
    pub requested: Option<i64>,
    /// Of these SERVED. Unit: count.
    pub served: Option<i64>,
    /// Of these swapped away from. Unit: count.
    pub swapped: Option<i64>,
    /// Of these with at least 2 status samples. Unit: count.
    pub viability_legs: Option<i64>,
    /// Of those with any FPS above 0. Unit: count.
    pub viable: Option<i64>,
    /// Legs that became playable. Unit: count.
    pub playable: Option<i64>,
    /// Signals seen of playable legs. Unit: count.
    pub signals_seen: Option<i64>,
    /// Signals expected of them. Unit: count.
    pub signals_expected: Option<i64>,
    /// served / requested. Unit: ratio.
    pub startup_success: Option<f64>,
    /// 1 − swapped / requested. Unit: ratio.
    pub no_swap: Option<f64>,
    /// viable / viability_legs. Unit: ratio.
    pub viability: Option<f64>,
    /// Weight of startup_success in reliability after missing terms are left out. Unit: ratio.
    pub startup_weight: Option<f64>,
    /// Weight of no_swap. Unit: ratio.
    pub no_swap_weight: Option<f64>,
    /// Weight of viability. Unit: ratio.
    pub viability_weight: Option<f64>,
    /// Weighted sum of the three. Unit: ratio.
    pub reliability: Option<f64>,
    /// Median over the legs that have it. Unit: ms.
    pub ptff_median: Option<f64>,
    /// How many values there were. Unit: count.
    pub ptff_n: Option<i64>,
    /// The term, 0 to 1. Unit: score.
    pub ptff_term: Option<f64>,
    /// NO_BENCHMARK (0.5 for want of one), NO_VALUES, or NULL. Unit: name.
    pub ptff_flag: Option<Arc<str>>,
    /// Median over the legs that have it. Unit: ms.
    pub e2e_median: Option<f64>,
    /// How many values there were. Unit: count.
    pub e2e_n: Option<i64>,
    /// The term, 0 to 1. Unit: score.
    pub e2e_term: Option<f64>,
    /// NO_BENCHMARK (0.5 for want of one), NO_VALUES, or NULL. Unit: name.
    pub e2e_flag: Option<Arc<str>>,
    /// Median over the legs that have it. Unit: fps.
    pub fps_median: Option<f64>,
    /// How many values there were. Unit: count.
    pub fps_n: Option<i64>,
    /// The term, 0 to 1. Unit: score.
    pub fps_term: Option<f64>,
    /// NO_BENCHMARK (0.5 for want of one), NO_VALUES, or NULL. Unit: name.
    pub fps_flag: Option<Arc<str>>,
    /// Weight of the PTFF term in quality. Unit: ratio.
    pub ptff_weight: Option<f64>,
    /// Weight of the E2E term. Unit: ratio.
    pub e2e_weight: Option<f64>,
    /// Weight of the FPS term. Unit: ratio.
    pub fps_weight: Option<f64>,
    /// Weighted sum of the three. Unit: ratio.
    pub quality: Option<f64>,
    /// Mean over playable legs of signals seen / expected. Unit: ratio.
    pub signal_coverage: Option<f64>,
    /// 0 to 100; NULL below 10 requested legs. Unit: score.
    pub score: Option<f64>,
    /// Points that startup_success cost. Unit: score.
    pub cost_startup_success: Option<f64>,
    /// Points that no_swap cost. Unit: score.
    pub cost_no_swap: Option<f64>,
    /// Points that viability cost. Unit: score.
    pub cost_viability: Option<f64>,
    /// Points that ptff cost. Unit: score.
    pub cost_ptff: Option<f64>,
    /// Points that e2e cost. Unit: score.
    pub cost_e2e: Option<f64>,
    /// Points that fps cost. Unit: score.
    pub cost_fps: Option<f64>,
    /// Points that coverage cost. Unit: score.
    pub cost_coverage: Option<f64>,
    /// Gateways that observed it. Unit: count.
    pub gateways: Option<i64>,
    /// 1: at least two gateways of different operators, or a gateway and the load tests, observed it. Unit: bool.
    pub ranked: Option<i64>,
    /// Closed hours with startup success of at least 99 %. Unit: count.
    pub startup_met: Option<i64>,
    /// Closed hours that have values for it. Unit: count.
    pub startup_hours: Option<i64>,
    /// Closed hours with at most 5 % swapped away from. Unit: count.
    pub swap_met: Option<i64>,
    /// Closed hours that have values for it. Unit: count.
    pub swap_hours: Option<i64>,
    /// Closed hours with a mean jitter coefficient of at most 0.1. Unit: count.
    pub jitter_met: Option<i64>,
    /// Closed hours that have values for it. Unit: count.
    pub jitter_hours: Option<i64>,
    /// Closed hours with a mean media latency of at most 3000 ms. Unit: count.
    pub e2e_met: Option<i64>,
    /// Closed hours that have values for it. Unit: count.
    pub e2e_hours: Option<i64>,
    /// Closed hours with data no older than 5 minutes. Unit: count.
    pub fresh_met: Option<i64>,
    /// Closed hours that have values for it. Unit: count.
    pub fresh_hours: Option<i64>,
}

impl SlaScore {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &SLA_SCORE, ts_us, values: vec![
            Some(Value::I64(self.void)),
            Some(Value::Text(self.formula)),
            Some(Value::Text(self.span)),
            Some(Value::Text(self.orchestrator)),
            Some(Value::Text(self.pipeline)),
            Some(Value::Text(self.model)),
            Some(Value::Text(self.region)),
            Some(Value::Text(self.origin)),
            self.requested.map(Value::I64),
            self.served.map(Value::I64),
            self.swapped.map(Value::I64),
            self.viability_legs.map(Value::I64),
            self.viable.map(Value::I64),
            self.playable.map(Value::I64),
            self.signals_seen.map(Value::I64),
            self.signals_expected.map(Value::I64),
            self.startup_success.filter(|x| x.is_finite()).map(Value::F64),
            self.no_swap.filter(|x| x.is_finite()).map(Value::F64),
            self.viability.filter(|x| x.is_finite()).map(Value::F64),
            self.startup_weight.filter(|x| x.is_finite()).map(Value::F64),
            self.no_swap_weight.filter(|x| x.is_finite()).map(Value::F64),
            self.viability_weight.filter(|x| x.is_finite()).map(Value::F64),
            self.reliability.filter(|x| x.is_finite()).map(Value::F64),
            self.ptff_median.filter(|x| x.is_finite()).map(Value::F64),
            self.ptff_n.map(Value::I64),
            self.ptff_term.filter(|x| x.is_finite()).map(Value::F64),
            self.ptff_flag.map(Value::Text),
            self.e2e_median.filter(|x| x.is_finite()).map(Value::F64),
            self.e2e_n.map(Value::I64),
            self.e2e_term.filter(|x| x.is_finite()).map(Value::F64),
            self.e2e_flag.map(Value::Text),
            self.fps_median.filter(|x| x.is_finite()).map(Value::F64),
            self.fps_n.map(Value::I64),
            self.fps_term.filter(|x| x.is_finite()).map(Value::F64),
            self.fps_flag.map(Value::Text),
            self.ptff_weight.filter(|x| x.is_finite()).map(Value::F64),
            self.e2e_weight.filter(|x| x.is_finite()).map(Value::F64),
            self.fps_weight.filter(|x| x.is_finite()).map(Value::F64),
            self.quality.filter(|x| x.is_finite()).map(Value::F64),
            self.signal_coverage.filter(|x| x.is_finite()).map(Value::F64),
            self.score.filter(|x| x.is_finite()).map(Value::F64),
            self.cost_startup_success.filter(|x| x.is_finite()).map(Value::F64),
            self.cost_no_swap.filter(|x| x.is_finite()).map(Value::F64),
            self.cost_viability.filter(|x| x.is_finite()).map(Value::F64),
            self.cost_ptff.filter(|x| x.is_finite()).map(Value::F64),
            self.cost_e2e.filter(|x| x.is_finite()).map(Value::F64),
            self.cost_fps.filter(|x| x.is_finite()).map(Value::F64),
            self.cost_coverage.filter(|x| x.is_finite()).map(Value::F64),
            self.gateways.map(Value::I64),
            self.ranked.map(Value::I64),
            self.startup_met.map(Value::I64),
            self.startup_hours.map(Value::I64),
            self.swap_met.map(Value::I64),
            self.swap_hours.map(Value::I64),
            self.jitter_met.map(Value::I64),
            self.jitter_hours.map(Value::I64),
            self.e2e_met.map(Value::I64),
            self.e2e_hours.map(Value::I64),
            self.fresh_met.map(Value::I64),
            self.fresh_hours.map(Value::I64),
        ] }
    }
}

/// What is usual for a figure with a pipeline and model: over the organic legs of the 7 UTC days before `ts`, network-wide; of simulated and replayed ones by themselves.
pub static BENCHMARK: EntityDef = EntityDef {
    number: 51, name: "benchmark", identity: Identity::Derived, class: Class::Operational, visibility: Visibility::Public,
    reporter: "collector", cadence: "each day", retention: "3y", since: 5,
    description: "What is usual for a figure with a pipeline and model: over the organic legs of the 7 UTC days before `ts`, network-wide; of simulated and replayed ones by themselves.",
    misleads: "Needs 20 legs from 3 orchestrators, else it is not usable.",
    fields: &[
        FieldDef { number: 1, name: "void", ty: FieldType::I64, unit: "bool", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "1: the row is no longer produced, and all its figures are empty; readers leave it out.", misleads: "" },
        FieldDef { number: 2, name: "formula", ty: FieldType::Symbol, unit: "version", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "Version of the definitions that gave it.", misleads: "" },
        FieldDef { number: 3, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "organic, which holds for tests too, replayed or simulated.", misleads: "" },
        FieldDef { number: 4, name: "pipeline", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 5, description: "Canonical pipeline.", misleads: "" },
        FieldDef { number: 5, name: "model", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "Canonical model.", misleads: "" },
        FieldDef { number: 6, name: "figure", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 48, rollup: false, distribution: None, since: 5, description: "prompt_to_first_frame_ms, e2e_media_ms or output_fps_mean.", misleads: "" },
        FieldDef { number: 7, name: "n", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Legs that have it.", misleads: "" },
        FieldDef { number: 8, name: "orchestrators", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Orchestrators that these are of.", misleads: "" },
        FieldDef { number: 9, name: "usable", ty: FieldType::I64, unit: "bool", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "1: enough of both.", misleads: "" },
        FieldDef { number: 10, name: "p10", ty: FieldType::F64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "10th percentile, in the unit of the figure.", misleads: "" },
        FieldDef { number: 11, name: "p50", ty: FieldType::F64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Median.", misleads: "" },
        FieldDef { number: 12, name: "p90", ty: FieldType::F64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "90th percentile.", misleads: "" },
    ],
};

/// A row of `benchmark`: What is usual for a figure with a pipeline and model: over the organic legs of the 7 UTC days before `ts`, network-wide; of simulated and replayed ones by themselves.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Benchmark {
    /// 1: the row is no longer produced, and all its figures are empty; readers leave it out. Unit: bool.
    pub void: i64,
    /// Version of the definitions that gave it. Unit: version.
    pub formula: Arc<str>,
    /// organic, which holds for tests too, replayed or simulated. Unit: name.
    pub origin: Arc<str>,
    /// Canonical pipeline. Unit: name.
    pub pipeline: Arc<str>,
    /// Canonical model. Unit: name.
    pub model: Arc<str>,
    /// prompt_to_first_frame_ms, e2e_media_ms or output_fps_mean. Unit: name.
    pub figure: Arc<str>,
    /// Legs that have it. Unit: count.
    pub n: Option<i64>,
    /// Orchestrators that these are of. Unit: count.
    pub orchestrators: Option<i64>,
    /// 1: enough of both. Unit: bool.
    pub usable: Option<i64>,
    /// 10th percentile, in the unit of the figure. Unit: count.
    pub p10: Option<f64>,
    /// Median. Unit: count.
    pub p50: Option<f64>,
    /// 90th percentile. Unit: count.
    pub p90: Option<f64>,
}

impl Benchmark {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &BENCHMARK, ts_us, values: vec![
            Some(Value::I64(self.void)),
            Some(Value::Text(self.formula)),
            Some(Value::Text(self.origin)),
            Some(Value::Text(self.pipeline)),
            Some(Value::Text(self.model)),
            Some(Value::Text(self.figure)),
            self.n.map(Value::I64),
            self.orchestrators.map(Value::I64),
            self.usable.map(Value::I64),
            self.p10.filter(|x| x.is_finite()).map(Value::F64),
            self.p50.filter(|x| x.is_finite()).map(Value::F64),
            self.p90.filter(|x| x.is_finite()).map(Value::F64),
        ] }
    }
}

/// What an orchestrator offered with one pipeline and model at one URI, by 5 minutes, from the capability reports. `ts` is the bucket.
pub static SUPPLY: EntityDef = EntityDef {
    number: 52, name: "supply", identity: Identity::Derived, class: Class::Operational, visibility: Visibility::Public,
    reporter: "collector", cadence: "5 minutes", retention: "13mo", since: 5,
    description: "What an orchestrator offered with one pipeline and model at one URI, by 5 minutes, from the capability reports. `ts` is the bucket.",
    misleads: "Self-reported. Rows above 64 slots are kept in implausible_slots and are in no sum.",
    fields: &[
        FieldDef { number: 1, name: "void", ty: FieldType::I64, unit: "bool", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "1: the row is no longer produced, and all its figures are empty; readers leave it out.", misleads: "" },
        FieldDef { number: 2, name: "formula", ty: FieldType::Symbol, unit: "version", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "Version of the definitions that gave it.", misleads: "" },
        FieldDef { number: 3, name: "orchestrator", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 5, description: "On-chain address, lower case.", misleads: "" },
        FieldDef { number: 4, name: "orch_uri", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "Service URI, normalised.", misleads: "" },
        FieldDef { number: 5, name: "pipeline", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 5, description: "Canonical pipeline; `none` where unknown.", misleads: "" },
        FieldDef { number: 6, name: "model", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "Model; `none` where unnamed.", misleads: "" },
        FieldDef { number: 7, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "organic, test, replayed or simulated.", misleads: "" },
        FieldDef { number: 8, name: "region", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 5, description: "Region of the orchestrator's own agent; NULL without one.", misleads: "" },
        FieldDef { number: 9, name: "known_s", ty: FieldType::F64, unit: "s", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "Time in the bucket for which a report holds.", misleads: "" },
        FieldDef { number: 10, name: "slot_s", ty: FieldType::F64, unit: "s", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "Slots × time; NULL where neither capacity is told.", misleads: "" },
        FieldDef { number: 11, name: "idle_slot_s", ty: FieldType::F64, unit: "s", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "Idle slots × time.", misleads: "" },
        FieldDef { number: 12, name: "warm_s", ty: FieldType::F64, unit: "s", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "Time with the model loaded.", misleads: "" },
        FieldDef { number: 13, name: "implausible_slots", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "Slots of a row above 64.", misleads: "" },
        FieldDef { number: 14, name: "price_wei_per_unit", ty: FieldType::F64, unit: "wei", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1e30), max_len: 0, rollup: true, distribution: None, since: 5, description: "Price per unit, the latest in the bucket.", misleads: "" },
        FieldDef { number: 15, name: "price_unit", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 24, rollup: false, distribution: None, since: 5, description: "Unit of the price, by pipeline: pixel, second, token, character or request.", misleads: "" },
        FieldDef { number: 16, name: "price_wei_per_minute", ty: FieldType::F64, unit: "wei", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1e36), max_len: 0, rollup: false, distribution: None, since: 5, description: "Live video: price per pixel × 1280 × 720 × 30 × 60.", misleads: "Assumes 720p at 30 frames." },
    ],
};

/// A row of `supply`: What an orchestrator offered with one pipeline and model at one URI, by 5 minutes, from the capability reports. `ts` is the bucket.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Supply {
    /// 1: the row is no longer produced, and all its figures are empty; readers leave it out. Unit: bool.
    pub void: i64,
    /// Version of the definitions that gave it. Unit: version.
    pub formula: Arc<str>,
    /// On-chain address, lower case. Unit: address.
    pub orchestrator: Arc<str>,
    /// Service URI, normalised. Unit: url.
    pub orch_uri: Arc<str>,
    /// Canonical pipeline; `none` where unknown. Unit: name.
    pub pipeline: Arc<str>,
    /// Model; `none` where unnamed. Unit: name.
    pub model: Arc<str>,
    /// organic, test, replayed or simulated. Unit: name.
    pub origin: Arc<str>,
    /// Region of the orchestrator's own agent; NULL without one. Unit: name.
    pub region: Option<Arc<str>>,
    /// Time in the bucket for which a report holds. Unit: s.
    pub known_s: Option<f64>,
    /// Slots × time; NULL where neither capacity is told. Unit: s.
    pub slot_s: Option<f64>,
    /// Idle slots × time. Unit: s.
    pub idle_slot_s: Option<f64>,
    /// Time with the model loaded. Unit: s.
    pub warm_s: Option<f64>,
    /// Slots of a row above 64. Unit: count.
    pub implausible_slots: Option<i64>,
    /// Price per unit, the latest in the bucket. Unit: wei.
    pub price_wei_per_unit: Option<f64>,
    /// Unit of the price, by pipeline: pixel, second, token, character or request. Unit: name.
    pub price_unit: Option<Arc<str>>,
    /// Live video: price per pixel × 1280 × 720 × 30 × 60. Unit: wei.
    pub price_wei_per_minute: Option<f64>,
}

impl Supply {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &SUPPLY, ts_us, values: vec![
            Some(Value::I64(self.void)),
            Some(Value::Text(self.formula)),
            Some(Value::Text(self.orchestrator)),
            Some(Value::Text(self.orch_uri)),
            Some(Value::Text(self.pipeline)),
            Some(Value::Text(self.model)),
            Some(Value::Text(self.origin)),
            self.region.map(Value::Text),
            self.known_s.filter(|x| x.is_finite()).map(Value::F64),
            self.slot_s.filter(|x| x.is_finite()).map(Value::F64),
            self.idle_slot_s.filter(|x| x.is_finite()).map(Value::F64),
            self.warm_s.filter(|x| x.is_finite()).map(Value::F64),
            self.implausible_slots.map(Value::I64),
            self.price_wei_per_unit.filter(|x| x.is_finite()).map(Value::F64),
            self.price_unit.map(Value::Text),
            self.price_wei_per_minute.filter(|x| x.is_finite()).map(Value::F64),
        ] }
    }
}

/// GPUs of an orchestrator at one URI, by 5 minutes, from the capability reports.
pub static SUPPLY_GPU: EntityDef = EntityDef {
    number: 53, name: "supply_gpu", identity: Identity::Derived, class: Class::Operational, visibility: Visibility::Public,
    reporter: "collector", cadence: "5 minutes", retention: "13mo", since: 5,
    description: "GPUs of an orchestrator at one URI, by 5 minutes, from the capability reports.",
    misleads: "Self-reported; most orchestrators tell nothing of their hardware. A gap of more than 50 minutes between reports gives no hours.",
    fields: &[
        FieldDef { number: 1, name: "void", ty: FieldType::I64, unit: "bool", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "1: the row is no longer produced, and all its figures are empty; readers leave it out.", misleads: "" },
        FieldDef { number: 2, name: "formula", ty: FieldType::Symbol, unit: "version", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "Version of the definitions that gave it.", misleads: "" },
        FieldDef { number: 3, name: "orchestrator", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 5, description: "On-chain address, lower case.", misleads: "" },
        FieldDef { number: 4, name: "orch_uri", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "Service URI, normalised.", misleads: "" },
        FieldDef { number: 5, name: "gpu_name", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 5, description: "Name of the GPU; `none` where it has none.", misleads: "" },
        FieldDef { number: 6, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "organic, test, replayed or simulated.", misleads: "" },
        FieldDef { number: 7, name: "region", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 5, description: "Region of the orchestrator's own agent; NULL without one.", misleads: "" },
        FieldDef { number: 8, name: "gpu_hours", ty: FieldType::F64, unit: "hours", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "GPUs × time.", misleads: "" },
        FieldDef { number: 9, name: "gpus", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "GPUs in the latest report of the bucket.", misleads: "" },
    ],
};

/// A row of `supply_gpu`: GPUs of an orchestrator at one URI, by 5 minutes, from the capability reports.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SupplyGpu {
    /// 1: the row is no longer produced, and all its figures are empty; readers leave it out. Unit: bool.
    pub void: i64,
    /// Version of the definitions that gave it. Unit: version.
    pub formula: Arc<str>,
    /// On-chain address, lower case. Unit: address.
    pub orchestrator: Arc<str>,
    /// Service URI, normalised. Unit: url.
    pub orch_uri: Arc<str>,
    /// Name of the GPU; `none` where it has none. Unit: name.
    pub gpu_name: Arc<str>,
    /// organic, test, replayed or simulated. Unit: name.
    pub origin: Arc<str>,
    /// Region of the orchestrator's own agent; NULL without one. Unit: name.
    pub region: Option<Arc<str>>,
    /// GPUs × time. Unit: hours.
    pub gpu_hours: Option<f64>,
    /// GPUs in the latest report of the bucket. Unit: count.
    pub gpus: Option<i64>,
}

impl SupplyGpu {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &SUPPLY_GPU, ts_us, values: vec![
            Some(Value::I64(self.void)),
            Some(Value::Text(self.formula)),
            Some(Value::Text(self.orchestrator)),
            Some(Value::Text(self.orch_uri)),
            Some(Value::Text(self.gpu_name)),
            Some(Value::Text(self.origin)),
            self.region.map(Value::Text),
            self.gpu_hours.filter(|x| x.is_finite()).map(Value::F64),
            self.gpus.map(Value::I64),
        ] }
    }
}

/// One capability report of an orchestrator at one URI, summed up. `ts` is the report.
pub static SUPPLY_REPORT: EntityDef = EntityDef {
    number: 54, name: "supply_report", identity: Identity::Derived, class: Class::Operational, visibility: Visibility::Public,
    reporter: "collector", cadence: "each report", retention: "13mo", since: 5,
    description: "One capability report of an orchestrator at one URI, summed up. `ts` is the report.",
    misleads: "Self-reported. The same orchestrator is in the reports of several gateways; the newest counts.",
    fields: &[
        FieldDef { number: 1, name: "void", ty: FieldType::I64, unit: "bool", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "1: the row is no longer produced, and all its figures are empty; readers leave it out.", misleads: "" },
        FieldDef { number: 2, name: "formula", ty: FieldType::Symbol, unit: "version", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "Version of the definitions that gave it.", misleads: "" },
        FieldDef { number: 3, name: "orchestrator", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 5, description: "On-chain address, lower case.", misleads: "" },
        FieldDef { number: 4, name: "orch_uri", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "Service URI, normalised.", misleads: "" },
        FieldDef { number: 5, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "organic, test, replayed or simulated.", misleads: "" },
        FieldDef { number: 6, name: "gateway", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 5, description: "Node whose gateway asked.", misleads: "" },
        FieldDef { number: 7, name: "hot_wallet", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 5, description: "Hot wallet, lower case.", misleads: "" },
        FieldDef { number: 8, name: "version", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 5, description: "go-livepeer version.", misleads: "" },
        FieldDef { number: 9, name: "region", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 5, description: "Region of the orchestrator's own agent; NULL without one.", misleads: "" },
        FieldDef { number: 10, name: "gpus", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Distinct GPUs; NULL where it tells nothing of hardware.", misleads: "" },
        FieldDef { number: 11, name: "gpu_ids", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 3400, rollup: false, distribution: None, since: 5, description: "Their ids, in order, separated by commas; the first 100.", misleads: "" },
        FieldDef { number: 12, name: "gpu_names", ty: FieldType::Text, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 1024, rollup: false, distribution: None, since: 5, description: "Names and counts, for example `NVIDIA GeForce RTX 4090 x2`, separated by commas.", misleads: "" },
        FieldDef { number: 13, name: "models", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Model rows.", misleads: "" },
        FieldDef { number: 14, name: "warm_models", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Of these loaded.", misleads: "" },
        FieldDef { number: 15, name: "slots", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Slots of the plausible rows; NULL where none tells any.", misleads: "" },
        FieldDef { number: 16, name: "slots_idle", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Of these idle.", misleads: "" },
        FieldDef { number: 17, name: "implausible_models", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Rows above 64 slots.", misleads: "" },
        FieldDef { number: 18, name: "implausible_slots", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Their slots.", misleads: "" },
    ],
};

/// A row of `supply_report`: One capability report of an orchestrator at one URI, summed up. `ts` is the report.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SupplyReport {
    /// 1: the row is no longer produced, and all its figures are empty; readers leave it out. Unit: bool.
    pub void: i64,
    /// Version of the definitions that gave it. Unit: version.
    pub formula: Arc<str>,
    /// On-chain address, lower case. Unit: address.
    pub orchestrator: Arc<str>,
    /// Service URI, normalised. Unit: url.
    pub orch_uri: Arc<str>,
    /// organic, test, replayed or simulated. Unit: name.
    pub origin: Arc<str>,
    /// Node whose gateway asked. Unit: name.
    pub gateway: Option<Arc<str>>,
    /// Hot wallet, lower case. Unit: address.
    pub hot_wallet: Option<Arc<str>>,
    /// go-livepeer version. Unit: name.
    pub version: Option<Arc<str>>,
    /// Region of the orchestrator's own agent; NULL without one. Unit: name.
    pub region: Option<Arc<str>>,
    /// Distinct GPUs; NULL where it tells nothing of hardware. Unit: count.
    pub gpus: Option<i64>,
    /// Their ids, in order, separated by commas; the first 100. Unit: id.
    pub gpu_ids: Option<Arc<str>>,
    /// Names and counts, for example `NVIDIA GeForce RTX 4090 x2`, separated by commas. Unit: name.
    pub gpu_names: Option<Arc<str>>,
    /// Model rows. Unit: count.
    pub models: Option<i64>,
    /// Of these loaded. Unit: count.
    pub warm_models: Option<i64>,
    /// Slots of the plausible rows; NULL where none tells any. Unit: count.
    pub slots: Option<i64>,
    /// Of these idle. Unit: count.
    pub slots_idle: Option<i64>,
    /// Rows above 64 slots. Unit: count.
    pub implausible_models: Option<i64>,
    /// Their slots. Unit: count.
    pub implausible_slots: Option<i64>,
}

impl SupplyReport {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &SUPPLY_REPORT, ts_us, values: vec![
            Some(Value::I64(self.void)),
            Some(Value::Text(self.formula)),
            Some(Value::Text(self.orchestrator)),
            Some(Value::Text(self.orch_uri)),
            Some(Value::Text(self.origin)),
            self.gateway.map(Value::Text),
            self.hot_wallet.map(Value::Text),
            self.version.map(Value::Text),
            self.region.map(Value::Text),
            self.gpus.map(Value::I64),
            self.gpu_ids.map(Value::Text),
            self.gpu_names.map(Value::Text),
            self.models.map(Value::I64),
            self.warm_models.map(Value::I64),
            self.slots.map(Value::I64),
            self.slots_idle.map(Value::I64),
            self.implausible_models.map(Value::I64),
            self.implausible_slots.map(Value::I64),
        ] }
    }
}

/// Which GPU was in which place of an orchestrator when it reported. A slot keeps its name when a rented GPU is replaced.
pub static GPU_SLOT: EntityDef = EntityDef {
    number: 55, name: "gpu_slot", identity: Identity::Derived, class: Class::Operational, visibility: Visibility::Public,
    reporter: "collector", cadence: "each report", retention: "13mo", since: 5,
    description: "Which GPU was in which place of an orchestrator when it reported. A slot keeps its name when a rented GPU is replaced.",
    misleads: "GPUs of rented machines come and go; history is grouped by slot.",
    fields: &[
        FieldDef { number: 1, name: "void", ty: FieldType::I64, unit: "bool", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "1: the row is no longer produced, and all its figures are empty; readers leave it out.", misleads: "" },
        FieldDef { number: 2, name: "formula", ty: FieldType::Symbol, unit: "version", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "Version of the definitions that gave it.", misleads: "" },
        FieldDef { number: 3, name: "gpu_slot", ty: FieldType::Symbol, unit: "id", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 5, description: "Hash of address, URI, name, memory and rank among equal ones by gpu_id.", misleads: "" },
        FieldDef { number: 4, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "organic, test, replayed or simulated.", misleads: "" },
        FieldDef { number: 5, name: "orchestrator", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 5, description: "On-chain address, lower case.", misleads: "" },
        FieldDef { number: 6, name: "orch_uri", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "Service URI, normalised.", misleads: "" },
        FieldDef { number: 7, name: "gpu_id", ty: FieldType::Symbol, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 5, description: "The GPU in it.", misleads: "" },
        FieldDef { number: 8, name: "gpu_name", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 5, description: "Its name.", misleads: "" },
        FieldDef { number: 9, name: "memory_bytes", ty: FieldType::I64, unit: "bytes", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(4.611686018427388e18), max_len: 0, rollup: false, distribution: None, since: 5, description: "Its memory.", misleads: "" },
        FieldDef { number: 10, name: "rank", ty: FieldType::I64, unit: "index", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Rank among equal ones, from 0.", misleads: "" },
    ],
};

/// A row of `gpu_slot`: Which GPU was in which place of an orchestrator when it reported. A slot keeps its name when a rented GPU is replaced.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GpuSlot {
    /// 1: the row is no longer produced, and all its figures are empty; readers leave it out. Unit: bool.
    pub void: i64,
    /// Version of the definitions that gave it. Unit: version.
    pub formula: Arc<str>,
    /// Hash of address, URI, name, memory and rank among equal ones by gpu_id. Unit: id.
    pub gpu_slot: Arc<str>,
    /// organic, test, replayed or simulated. Unit: name.
    pub origin: Arc<str>,
    /// On-chain address, lower case. Unit: address.
    pub orchestrator: Option<Arc<str>>,
    /// Service URI, normalised. Unit: url.
    pub orch_uri: Option<Arc<str>>,
    /// The GPU in it. Unit: id.
    pub gpu_id: Option<Arc<str>>,
    /// Its name. Unit: name.
    pub gpu_name: Option<Arc<str>>,
    /// Its memory. Unit: bytes.
    pub memory_bytes: Option<i64>,
    /// Rank among equal ones, from 0. Unit: index.
    pub rank: Option<i64>,
}

impl GpuSlot {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &GPU_SLOT, ts_us, values: vec![
            Some(Value::I64(self.void)),
            Some(Value::Text(self.formula)),
            Some(Value::Text(self.gpu_slot)),
            Some(Value::Text(self.origin)),
            self.orchestrator.map(Value::Text),
            self.orch_uri.map(Value::Text),
            self.gpu_id.map(Value::Text),
            self.gpu_name.map(Value::Text),
            self.memory_bytes.map(Value::I64),
            self.rank.map(Value::I64),
        ] }
    }
}

/// A batch AI, LLM or BYOC job, from the events of forks of go-livepeer. `ts` is its first event.
pub static JOB: EntityDef = EntityDef {
    number: 56, name: "job", identity: Identity::Derived, class: Class::Operational, visibility: Visibility::Public,
    reporter: "collector", cadence: "when its events change", retention: "13mo", since: 5,
    description: "A batch AI, LLM or BYOC job, from the events of forks of go-livepeer. `ts` is its first event.",
    misleads: "Upstream go-livepeer sends no such events: what is missing here is in livepeer_ai and livepeer_orchestrator, as counts.",
    fields: &[
        FieldDef { number: 1, name: "void", ty: FieldType::I64, unit: "bool", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "1: the row is no longer produced, and all its figures are empty; readers leave it out.", misleads: "" },
        FieldDef { number: 2, name: "formula", ty: FieldType::Symbol, unit: "version", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "Version of the definitions that gave it.", misleads: "" },
        FieldDef { number: 3, name: "job", ty: FieldType::Uuid, unit: "uuid", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 5, description: "First 128 bits of SHA-256(\"naap-job\" + kind + 0 + request id).", misleads: "" },
        FieldDef { number: 4, name: "kind", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "batch, llm or byoc.", misleads: "" },
        FieldDef { number: 5, name: "request_id", ty: FieldType::Text, unit: "id", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "Request.", misleads: "" },
        FieldDef { number: 6, name: "gateway", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 5, description: "Node identity of the agent that reported it; of several the lowest.", misleads: "" },
        FieldDef { number: 7, name: "region", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 5, description: "Region of that agent, as of the start.", misleads: "" },
        FieldDef { number: 8, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "organic, test, replayed or simulated.", misleads: "" },
        FieldDef { number: 9, name: "pipeline", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 5, description: "Canonical pipeline, for example live-video-to-video.", misleads: "" },
        FieldDef { number: 10, name: "model", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "Canonical model.", misleads: "" },
        FieldDef { number: 11, name: "orchestrator", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 5, description: "On-chain address of who did it, lower case. NULL: not resolved.", misleads: "" },
        FieldDef { number: 12, name: "orch_uri", ty: FieldType::Symbol, unit: "url", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "Service URI of who did it, normalised: scheme, host and port, lower case.", misleads: "" },
        FieldDef { number: 13, name: "outcome", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 5, description: "SERVED, FAILED, NO_ORCHESTRATOR, UNKNOWN or OPEN.", misleads: "" },
        FieldDef { number: 14, name: "completed_at", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 5, description: "When it ended.", misleads: "" },
        FieldDef { number: 15, name: "error_type", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 5, description: "Kind of its error, from a closed set.", misleads: "" },
        FieldDef { number: 16, name: "tries", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Orchestrators that were tried.", misleads: "" },
        FieldDef { number: 17, name: "duration_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: Some((1.0, 3600000.0)), since: 5, description: "How long it took.", misleads: "" },
        FieldDef { number: 18, name: "first_token_ms", ty: FieldType::F64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: Some((1.0, 3600000.0)), since: 5, description: "Time to the first token.", misleads: "" },
        FieldDef { number: 19, name: "prompt_tokens", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "Tokens of the prompt.", misleads: "" },
        FieldDef { number: 20, name: "completion_tokens", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "Tokens of the answer.", misleads: "" },
        FieldDef { number: 21, name: "tokens_per_second", ty: FieldType::F64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "Speed of the answer.", misleads: "" },
        FieldDef { number: 22, name: "latency_score", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Latency score; its unit is the pipeline's.", misleads: "" },
        FieldDef { number: 23, name: "price_wei_per_unit", ty: FieldType::F64, unit: "wei", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1e30), max_len: 0, rollup: false, distribution: None, since: 5, description: "Price.", misleads: "" },
        FieldDef { number: 24, name: "requested", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "1 if the outcome is SERVED, NO_ORCHESTRATOR or FAILED.", misleads: "" },
        FieldDef { number: 25, name: "served", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "1 if SERVED.", misleads: "" },
        FieldDef { number: 26, name: "unserved", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "1 if NO_ORCHESTRATOR.", misleads: "" },
        FieldDef { number: 27, name: "failed", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: true, distribution: None, since: 5, description: "1 if FAILED.", misleads: "" },
    ],
};

/// A row of `job`: A batch AI, LLM or BYOC job, from the events of forks of go-livepeer. `ts` is its first event.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Job {
    /// 1: the row is no longer produced, and all its figures are empty; readers leave it out. Unit: bool.
    pub void: i64,
    /// Version of the definitions that gave it. Unit: version.
    pub formula: Arc<str>,
    /// First 128 bits of SHA-256("naap-job" + kind + 0 + request id). Unit: uuid.
    pub job: uuid::Uuid,
    /// batch, llm or byoc. Unit: name.
    pub kind: Arc<str>,
    /// Request. Unit: id.
    pub request_id: Option<Arc<str>>,
    /// Node identity of the agent that reported it; of several the lowest. Unit: name.
    pub gateway: Option<Arc<str>>,
    /// Region of that agent, as of the start. Unit: name.
    pub region: Option<Arc<str>>,
    /// organic, test, replayed or simulated. Unit: name.
    pub origin: Arc<str>,
    /// Canonical pipeline, for example live-video-to-video. Unit: name.
    pub pipeline: Option<Arc<str>>,
    /// Canonical model. Unit: name.
    pub model: Option<Arc<str>>,
    /// On-chain address of who did it, lower case. NULL: not resolved. Unit: address.
    pub orchestrator: Option<Arc<str>>,
    /// Service URI of who did it, normalised: scheme, host and port, lower case. Unit: url.
    pub orch_uri: Option<Arc<str>>,
    /// SERVED, FAILED, NO_ORCHESTRATOR, UNKNOWN or OPEN. Unit: name.
    pub outcome: Arc<str>,
    /// When it ended. Unit: time.
    pub completed_at: Option<i64>,
    /// Kind of its error, from a closed set. Unit: name.
    pub error_type: Option<Arc<str>>,
    /// Orchestrators that were tried. Unit: count.
    pub tries: Option<i64>,
    /// How long it took. Unit: ms.
    pub duration_ms: Option<f64>,
    /// Time to the first token. Unit: ms.
    pub first_token_ms: Option<f64>,
    /// Tokens of the prompt. Unit: count.
    pub prompt_tokens: Option<i64>,
    /// Tokens of the answer. Unit: count.
    pub completion_tokens: Option<i64>,
    /// Speed of the answer. Unit: count.
    pub tokens_per_second: Option<f64>,
    /// Latency score; its unit is the pipeline's. Unit: ratio.
    pub latency_score: Option<f64>,
    /// Price. Unit: wei.
    pub price_wei_per_unit: Option<f64>,
    /// 1 if the outcome is SERVED, NO_ORCHESTRATOR or FAILED. Unit: count.
    pub requested: Option<i64>,
    /// 1 if SERVED. Unit: count.
    pub served: Option<i64>,
    /// 1 if NO_ORCHESTRATOR. Unit: count.
    pub unserved: Option<i64>,
    /// 1 if FAILED. Unit: count.
    pub failed: Option<i64>,
}

impl Job {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &JOB, ts_us, values: vec![
            Some(Value::I64(self.void)),
            Some(Value::Text(self.formula)),
            Some(Value::Uuid(self.job)),
            Some(Value::Text(self.kind)),
            self.request_id.map(Value::Text),
            self.gateway.map(Value::Text),
            self.region.map(Value::Text),
            Some(Value::Text(self.origin)),
            self.pipeline.map(Value::Text),
            self.model.map(Value::Text),
            self.orchestrator.map(Value::Text),
            self.orch_uri.map(Value::Text),
            Some(Value::Text(self.outcome)),
            self.completed_at.map(Value::I64),
            self.error_type.map(Value::Text),
            self.tries.map(Value::I64),
            self.duration_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.first_token_ms.filter(|x| x.is_finite()).map(Value::F64),
            self.prompt_tokens.map(Value::I64),
            self.completion_tokens.map(Value::I64),
            self.tokens_per_second.filter(|x| x.is_finite()).map(Value::F64),
            self.latency_score.filter(|x| x.is_finite()).map(Value::F64),
            self.price_wei_per_unit.filter(|x| x.is_finite()).map(Value::F64),
            self.requested.map(Value::I64),
            self.served.map(Value::I64),
            self.unserved.map(Value::I64),
            self.failed.map(Value::I64),
        ] }
    }
}

/// What an orchestrator says of itself against what gateways and tests saw, by hour.
pub static REPORTED_OBSERVED: EntityDef = EntityDef {
    number: 57, name: "reported_observed", identity: Identity::Derived, class: Class::Extended, visibility: Visibility::Public,
    reporter: "collector", cadence: "each hour", retention: "3y", since: 5,
    description: "What an orchestrator says of itself against what gateways and tests saw, by hour.",
    misleads: "A ratio above 1 may be honest: nobody asked for all of the capacity. It is published with both numbers and what they rest on.",
    fields: &[
        FieldDef { number: 1, name: "void", ty: FieldType::I64, unit: "bool", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "1: the row is no longer produced, and all its figures are empty; readers leave it out.", misleads: "" },
        FieldDef { number: 2, name: "formula", ty: FieldType::Symbol, unit: "version", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "Version of the definitions that gave it.", misleads: "" },
        FieldDef { number: 3, name: "orchestrator", ty: FieldType::Symbol, unit: "address", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 64, rollup: false, distribution: None, since: 5, description: "On-chain address, lower case.", misleads: "" },
        FieldDef { number: 4, name: "pipeline", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 5, description: "Canonical pipeline.", misleads: "" },
        FieldDef { number: 5, name: "model", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "Model; `none` where unnamed.", misleads: "" },
        FieldDef { number: 6, name: "origin", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "organic, test, replayed or simulated.", misleads: "" },
        FieldDef { number: 7, name: "figure", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 5, description: "capacity (slots) or utilisation (slots in use).", misleads: "" },
        FieldDef { number: 8, name: "reported", ty: FieldType::F64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Mean of what it reported in the hour.", misleads: "" },
        FieldDef { number: 9, name: "observed", ty: FieldType::F64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "capacity: most streams at a time; utilisation: mean streams at a time; as the gateways saw them.", misleads: "" },
        FieldDef { number: 10, name: "ratio", ty: FieldType::F64, unit: "ratio", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "reported / observed; NULL where nothing was observed.", misleads: "" },
        FieldDef { number: 11, name: "basis", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 5, description: "What was observed: gateways, tests or both.", misleads: "" },
        FieldDef { number: 12, name: "reports", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Reports in the hour.", misleads: "" },
        FieldDef { number: 13, name: "legs", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Legs in the hour.", misleads: "" },
    ],
};

/// A row of `reported_observed`: What an orchestrator says of itself against what gateways and tests saw, by hour.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReportedObserved {
    /// 1: the row is no longer produced, and all its figures are empty; readers leave it out. Unit: bool.
    pub void: i64,
    /// Version of the definitions that gave it. Unit: version.
    pub formula: Arc<str>,
    /// On-chain address, lower case. Unit: address.
    pub orchestrator: Arc<str>,
    /// Canonical pipeline. Unit: name.
    pub pipeline: Arc<str>,
    /// Model; `none` where unnamed. Unit: name.
    pub model: Arc<str>,
    /// organic, test, replayed or simulated. Unit: name.
    pub origin: Arc<str>,
    /// capacity (slots) or utilisation (slots in use). Unit: name.
    pub figure: Arc<str>,
    /// Mean of what it reported in the hour. Unit: count.
    pub reported: Option<f64>,
    /// capacity: most streams at a time; utilisation: mean streams at a time; as the gateways saw them. Unit: count.
    pub observed: Option<f64>,
    /// reported / observed; NULL where nothing was observed. Unit: ratio.
    pub ratio: Option<f64>,
    /// What was observed: gateways, tests or both. Unit: name.
    pub basis: Option<Arc<str>>,
    /// Reports in the hour. Unit: count.
    pub reports: Option<i64>,
    /// Legs in the hour. Unit: count.
    pub legs: Option<i64>,
}

impl ReportedObserved {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &REPORTED_OBSERVED, ts_us, values: vec![
            Some(Value::I64(self.void)),
            Some(Value::Text(self.formula)),
            Some(Value::Text(self.orchestrator)),
            Some(Value::Text(self.pipeline)),
            Some(Value::Text(self.model)),
            Some(Value::Text(self.origin)),
            Some(Value::Text(self.figure)),
            self.reported.filter(|x| x.is_finite()).map(Value::F64),
            self.observed.filter(|x| x.is_finite()).map(Value::F64),
            self.ratio.filter(|x| x.is_finite()).map(Value::F64),
            self.basis.map(Value::Text),
            self.reports.map(Value::I64),
            self.legs.map(Value::I64),
        ] }
    }
}

/// A correction by an operator, applied when rows are derived. `ts` is when it was made.
pub static CORRECTION: EntityDef = EntityDef {
    number: 58, name: "correction", identity: Identity::Derived, class: Class::Operational, visibility: Visibility::Public,
    reporter: "collector", cadence: "by hand", retention: "keep", since: 5,
    description: "A correction by an operator, applied when rows are derived. `ts` is when it was made.",
    misleads: "It changes derived rows only; what nodes sent stays as it is.",
    fields: &[
        FieldDef { number: 1, name: "void", ty: FieldType::I64, unit: "bool", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "1: the row is no longer produced, and all its figures are empty; readers leave it out.", misleads: "" },
        FieldDef { number: 2, name: "formula", ty: FieldType::Symbol, unit: "version", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "Version of the definitions that gave it.", misleads: "" },
        FieldDef { number: 3, name: "correction", ty: FieldType::Uuid, unit: "uuid", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 5, description: "Which correction; a later row with the same id replaces it.", misleads: "" },
        FieldDef { number: 4, name: "kind", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 16, rollup: false, distribution: None, since: 5, description: "uri (this URI is of this address), address (this address is now that one), origin (streams with this prefix have this origin) or node (this agent runs beside the orchestrator with this address).", misleads: "" },
        FieldDef { number: 5, name: "subject", ty: FieldType::Text, unit: "text", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "What is corrected: a URI, an address, a prefix or a node.", misleads: "" },
        FieldDef { number: 6, name: "value", ty: FieldType::Text, unit: "text", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 256, rollup: false, distribution: None, since: 5, description: "What it should be: an address or an origin.", misleads: "" },
        FieldDef { number: 7, name: "valid_from", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 5, description: "From when on; NULL: always.", misleads: "" },
        FieldDef { number: 8, name: "valid_to", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 5, description: "Until when, not included; NULL: for good.", misleads: "" },
        FieldDef { number: 9, name: "author", ty: FieldType::Text, unit: "name", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 128, rollup: false, distribution: None, since: 5, description: "Who made it.", misleads: "" },
        FieldDef { number: 10, name: "reason", ty: FieldType::Text, unit: "text", kind: Kind::Label, key: false, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 1024, rollup: false, distribution: None, since: 5, description: "Why.", misleads: "" },
        FieldDef { number: 11, name: "revoked", ty: FieldType::I64, unit: "bool", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "1: it no longer applies.", misleads: "" },
    ],
};

/// A row of `correction`: A correction by an operator, applied when rows are derived. `ts` is when it was made.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Correction {
    /// 1: the row is no longer produced, and all its figures are empty; readers leave it out. Unit: bool.
    pub void: i64,
    /// Version of the definitions that gave it. Unit: version.
    pub formula: Arc<str>,
    /// Which correction; a later row with the same id replaces it. Unit: uuid.
    pub correction: uuid::Uuid,
    /// uri (this URI is of this address), address (this address is now that one), origin (streams with this prefix have this origin) or node (this agent runs beside the orchestrator with this address). Unit: name.
    pub kind: Arc<str>,
    /// What is corrected: a URI, an address, a prefix or a node. Unit: text.
    pub subject: Arc<str>,
    /// What it should be: an address or an origin. Unit: text.
    pub value: Arc<str>,
    /// From when on; NULL: always. Unit: time.
    pub valid_from: Option<i64>,
    /// Until when, not included; NULL: for good. Unit: time.
    pub valid_to: Option<i64>,
    /// Who made it. Unit: name.
    pub author: Arc<str>,
    /// Why. Unit: text.
    pub reason: Arc<str>,
    /// 1: it no longer applies. Unit: bool.
    pub revoked: Option<i64>,
}

impl Correction {
    /// The row, taken at `ts_us` (microseconds since 1970 UTC).
    pub fn at(self, ts_us: i64) -> Row {
        Row { entity: &CORRECTION, ts_us, values: vec![
            Some(Value::I64(self.void)),
            Some(Value::Text(self.formula)),
            Some(Value::Uuid(self.correction)),
            Some(Value::Text(self.kind)),
            Some(Value::Text(self.subject)),
            Some(Value::Text(self.value)),
            self.valid_from.map(Value::I64),
            self.valid_to.map(Value::I64),
            Some(Value::Text(self.author)),
            Some(Value::Text(self.reason)),
            self.revoked.map(Value::I64),
        ] }
    }
}

/// What was stored and has to be derived: an hour of a table. Written with the rows, before the ack; read when the collector starts.
pub static DERIVE_MARK: EntityDef = EntityDef {
    number: 59, name: "derive_mark", identity: Identity::Collector, class: Class::Operational, visibility: Visibility::Operator,
    reporter: "collector", cadence: "each commit", retention: "31d", since: 5,
    description: "What was stored and has to be derived: an hour of a table. Written with the rows, before the ack; read when the collector starts.",
    misleads: "Bookkeeping of the collector; says nothing of the network.",
    fields: &[
        FieldDef { number: 1, name: "entity", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Operator, scale: None, min: None, max: None, max_len: 48, rollup: false, distribution: None, since: 5, description: "The table.", misleads: "" },
        FieldDef { number: 2, name: "hour", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: true, required: true, visibility: Visibility::Operator, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 5, description: "Beginning of the hour.", misleads: "" },
    ],
};

/// How far derived rows are: one row per part and minute.
pub static DERIVE_STATE: EntityDef = EntityDef {
    number: 60, name: "derive_state", identity: Identity::Collector, class: Class::Operational, visibility: Visibility::Public,
    reporter: "collector", cadence: "each minute", retention: "90d", since: 5,
    description: "How far derived rows are: one row per part and minute.",
    misleads: "The lag is that of what was stored, not of what nodes have yet to send.",
    fields: &[
        FieldDef { number: 1, name: "part", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: true, required: true, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 5, description: "sessions, supply, scores or jobs.", misleads: "" },
        FieldDef { number: 2, name: "through_at", ty: FieldType::Timestamp, unit: "time", kind: Kind::Time, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 0, rollup: false, distribution: None, since: 5, description: "Everything stored up to here is derived, by the clock of the collector.", misleads: "" },
        FieldDef { number: 3, name: "lag_ms", ty: FieldType::I64, unit: "ms", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Longest time in this minute from stored to derived.", misleads: "" },
        FieldDef { number: 4, name: "pending", ty: FieldType::I64, unit: "count", kind: Kind::Gauge, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "What waits now.", misleads: "" },
        FieldDef { number: 5, name: "derived", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Rows written in this minute.", misleads: "" },
        FieldDef { number: 6, name: "voided", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 5, description: "Rows overwritten as void in this minute.", misleads: "" },
    ],
};
