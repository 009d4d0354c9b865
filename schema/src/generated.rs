// Written by `naap-schema emit` from schema/entities and schema/views. Do not edit.

use std::sync::Arc;

use crate::{Class, EntityDef, FieldDef, FieldType, Identity, Kind, Migration, RollupDef, Row, Value, Visibility};

/// Version of the schema: the number of its newest migration.
pub const SCHEMA_VERSION: u32 = 4;

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
    &NODE_STATUS,
    &POOL_ORCHESTRATOR,
    &AI_SESSION_POOL,
    &AI_SESSION_POOL_ORCHESTRATOR,
    &ONCHAIN_ORCHESTRATOR,
    &LIVE_RUNNER,
    &AI_RUNNER,
    &AI_RUNNER_GPU,
    &PROBE,
];

/// Every migration, in order.
pub const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "0001", sql: include_str!("../migrations/0001.sql"), sha256: "56357f3d57f85f5f217de2ab2e8d7a7f51623e57f8695eecc59c653eb15773a9" },
    Migration { number: 2, name: "0002", sql: include_str!("../migrations/0002.sql"), sha256: "056edebddd050b7e00a05ff05666ffa3998ab53e49441c93968e8e3a8cc38329" },
    Migration { number: 3, name: "0003", sql: include_str!("../migrations/0003.sql"), sha256: "3e665a3f3c54fd40b0b2c9ff872cd5dceed1fabd86153495e39c64c49c59588c" },
    Migration { number: 4, name: "0004", sql: include_str!("../migrations/0004.sql"), sha256: "4b0df8feceec66504c5328c1e97ada80064800f8acf4ebcc860052611cc87cc9" },
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
        name: "probe",
        entity: "probe",
        by: &["node", "target"],
        levels: &[("probe_1m", 60), ("probe_1h", 3600), ("probe_1d", 86400)],
        histograms: &[("probe_connect_mean_ms_hist_1h", "connect_mean_ms", 3600), ("probe_connect_mean_ms_hist_1d", "connect_mean_ms", 86400), ("probe_first_byte_ms_hist_1h", "first_byte_ms", 3600), ("probe_first_byte_ms_hist_1d", "first_byte_ms", 86400)],
        description: "Connections from this agent to a target over time. Loss is failures / attempts.",
        misleads: "One path from one place. Means of connect times weigh each round once, however many connections came about.",
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
        FieldDef { number: 4, name: "failure_kind", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 1, description: "Kind of the newest failure since the previous row: timeout, connect, http, too_large, io, panic. NULL: none.", misleads: "" },
        FieldDef { number: 5, name: "rows", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Rows that the source gave since the previous row.", misleads: "" },
        FieldDef { number: 6, name: "dropped", ty: FieldType::I64, unit: "count", kind: Kind::Delta, key: false, required: false, visibility: Visibility::Public, scale: None, min: Some(0.0), max: Some(1000000000000.0), max_len: 0, rollup: false, distribution: None, since: 1, description: "Input items (events, series) dropped since the previous row.", misleads: "" },
        FieldDef { number: 7, name: "drop_kind", ty: FieldType::Symbol, unit: "name", kind: Kind::Label, key: false, required: false, visibility: Visibility::Public, scale: None, min: None, max: None, max_len: 32, rollup: false, distribution: None, since: 1, description: "Kind of the newest drop: malformed, too_long, unknown_type, bad_time, noise, series_limit. NULL: none.", misleads: "" },
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
    /// Kind of the newest failure since the previous row: timeout, connect, http, too_large, io, panic. NULL: none. Unit: name.
    pub failure_kind: Option<Arc<str>>,
    /// Rows that the source gave since the previous row. Unit: count.
    pub rows: Option<i64>,
    /// Input items (events, series) dropped since the previous row. Unit: count.
    pub dropped: Option<i64>,
    /// Kind of the newest drop: malformed, too_long, unknown_type, bad_time, noise, series_limit. NULL: none. Unit: name.
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
