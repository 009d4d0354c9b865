//! Rows as nodes report them: every entity that an agent sends, with values of plausible size.

use std::sync::Arc;

use naap_schema::generated::{
    Agent, AgentSource, ClockStep, DiscoveryResult, GPU, GPU_NODE, Gap, Host, Interface,
    LIVEPEER_AI, LIVEPEER_ERROR, LIVEPEER_ORCHESTRATOR, LivepeerNode, OrchestratorGpu,
    OrchestratorModel, OrchestratorReport, Payment, StreamEvent, StreamIngest, StreamStatus,
    StreamTrace,
};
use naap_schema::{EntityDef, FieldType, Row, Value, identity};
use naap_tests::rows::payload;
use uuid::Uuid;

type Text = Option<Arc<str>>;

/// Orchestrators that a gateway knows.
const ORCHESTRATORS: u64 = 100;

/// Makes rows; each call gives other values.
#[derive(Debug)]
pub(crate) struct Mix {
    node: usize,
    n: u64,
}

impl Mix {
    /// Rows of the `node`-th node.
    pub(crate) fn new(node: usize) -> Self {
        Self { node, n: 0 }
    }

    fn int(&mut self) -> Option<i64> {
        self.n += 1;
        Some(payload(self.node as u64 * 1_000_000_007 + self.n) % 1_000_000_000)
    }

    fn below(&mut self, n: i64) -> i64 {
        self.int().unwrap_or(0) % n
    }

    fn num(&mut self) -> Option<f64> {
        i32::try_from(self.below(1_000_000)).ok().map(|n| f64::from(n) / 100.0)
    }

    fn ratio(&mut self) -> Option<f64> {
        self.num().map(|x| x / 10_000.0)
    }

    fn event_id(&mut self) -> Uuid {
        self.n += 1;
        identity::event_id(&format!("bench-{}-{}", self.node, self.n))
    }

    fn hex(&mut self, label: &str, of: i64) -> Text {
        Some(format!("0x{label}{:036x}", self.below(of)).into())
    }

    /// A pair of address and URL of an orchestrator.
    fn orchestrator(&mut self) -> (Text, Text) {
        let i = self.below(i64::try_from(ORCHESTRATORS).unwrap_or(1));
        orchestrator(i)
    }

    /// One look at a machine.
    pub(crate) fn host(&mut self, ts_us: i64) -> Row {
        Host {
            interval_ms: Some(10_000),
            cpu_busy_ratio: self.ratio(),
            cpu_count: Some(32),
            load_1m: self.num(),
            load_5m: self.num(),
            load_15m: self.num(),
            mem_total_bytes: Some(64 << 30),
            mem_used_bytes: self.int(),
            mem_available_bytes: self.int(),
            swap_total_bytes: Some(0),
            swap_used_bytes: Some(0),
            disk_total_bytes: Some(1 << 40),
            disk_available_bytes: self.int(),
            disk_read_bytes: self.int(),
            disk_written_bytes: self.int(),
            uptime_s: self.int(),
            os: Some("Debian GNU/Linux 12".into()),
            kernel: Some("6.1.0-18-amd64".into()),
            cpu_model: Some("AMD EPYC 7543 32-Core Processor".into()),
        }
        .at(ts_us)
    }

    /// Traffic of one interface.
    pub(crate) fn interface(&mut self, name: &str, ts_us: i64) -> Row {
        Interface {
            interface: name.into(),
            interval_ms: Some(10_000),
            rx_bytes: self.int(),
            tx_bytes: self.int(),
            rx_packets: self.int(),
            tx_packets: self.int(),
            rx_errors: Some(0),
            tx_errors: Some(0),
        }
        .at(ts_us)
    }

    /// The agent on itself.
    pub(crate) fn agent(&mut self, kind: &str, ts_us: i64) -> Row {
        Agent {
            kind: Some(kind.into()),
            origin: Some("simulated".into()),
            region: Some("eu".into()),
            version: Some("0.1.0".into()),
            schema_version: Some(i64::from(naap_schema::SCHEMA_VERSION)),
            skew_ms: Some(self.below(20)),
            rows_taken: self.int(),
            rows_pending: self.int(),
            bytes_pending: self.int(),
            rows_evicted: Some(0),
            rows_rejected: Some(0),
            bytes_sent: self.int(),
            connects: Some(1),
            rss_bytes: self.int(),
            cpu_ms: self.num(),
            spool: Some("disk".into()),
        }
        .at(ts_us)
    }

    /// How one of its sources does.
    pub(crate) fn agent_source(&mut self, source: &str, ts_us: i64) -> Row {
        AgentSource {
            source: source.into(),
            reads: Some(1),
            failures: Some(0),
            rows: self.int(),
            dropped: Some(0),
            read_ms: self.num(),
            ..AgentSource::default()
        }
        .at(ts_us)
    }

    /// What a go-livepeer node says of itself.
    pub(crate) fn livepeer_node(&mut self, role: &str, ts_us: i64) -> Row {
        LivepeerNode {
            target: "local".into(),
            role: Some(role.into()),
            version: Some("0.8.9".into()),
            scrape_ms: self.num(),
            scrape_series: Some(412),
            interval_ms: Some(10_000),
            current_sessions: self.num(),
            max_sessions: self.num(),
            streams_created: self.num(),
            streams_started: self.num(),
            streams_ended: self.num(),
            segments_emerged: self.num(),
            segments_transcoded: self.num(),
            transcode_time_sum_s: self.num(),
            transcode_time_count: self.num(),
            success_ratio: self.ratio(),
            tickets_sent: self.num(),
            ticket_value_sent_gwei: self.num(),
            gateway_deposit_gwei: self.num(),
            gateway_reserve_gwei: self.num(),
            ai_live_attempts: self.num(),
            ai_live_streams: self.num(),
            orchestrator_pool_size: self.num(),
            ..LivepeerNode::default()
        }
        .at(ts_us)
    }

    /// A row with a plausible number in every field that takes one; texts are those given, and the
    /// others stay unknown.
    fn filled(&mut self, entity: &'static EntityDef, ts_us: i64, texts: &[(&str, String)]) -> Row {
        let mut row = Row::empty(entity, ts_us);
        for (field, value) in entity.fields.iter().zip(&mut row.values) {
            let (low, high) = (field.min.unwrap_or(0.0), field.max.unwrap_or(1e6).min(1e9));
            let number = low.max(0.0) + self.ratio().unwrap_or(0.0) * (high - low.max(0.0));
            *value = match field.ty {
                #[expect(clippy::cast_possible_truncation, reason = "below 1e9")]
                FieldType::I64 => Some(Value::I64(number as i64)),
                FieldType::F64 => Some(Value::F64(number)),
                _ => {
                    let text = texts.iter().find(|(name, _)| *name == field.name);
                    text.map(|(_, text)| Value::text(text.as_str()))
                }
            };
        }
        row
    }

    /// The GPUs of an orchestrator.
    pub(crate) fn gpus(&mut self, gpus: usize, ts_us: i64) -> Vec<Row> {
        let id = |node: usize, i: usize| identity::gpu_id(&format!("GPU-bench-{node}-{i}"));
        let state = || ("state", "ok".to_owned());
        let node = self.node;
        let mut rows: Vec<Row> = (0..gpus)
            .map(|i| {
                let name = "NVIDIA GeForce RTX 5090".to_owned();
                let texts = [("gpu_id", id(node, i)), ("name", name), state()];
                self.filled(&GPU, ts_us, &texts)
            })
            .collect();
        rows.push(self.filled(&GPU_NODE, ts_us, &[state()]));
        rows
    }

    /// What a gateway counted of some of its orchestrators and models.
    pub(crate) fn series(&mut self, ts_us: i64) -> Vec<Row> {
        let target = || ("target", "local".to_owned());
        let uri = |i: i64| ("orch_uri", format!("https://orch-{i}.example:8935"));
        let mut rows = Vec::new();
        for _ in 0..10 {
            let uri = uri(self.below(100));
            rows.push(self.filled(&LIVEPEER_ORCHESTRATOR, ts_us, &[target(), uri]));
        }
        for _ in 0..4 {
            let model = ("model", format!("model-{}", self.below(20)));
            let pipeline = ("pipeline", "live-video-to-video".to_owned());
            let texts = [target(), pipeline, model, ("orch_uri", "none".to_owned())];
            rows.push(self.filled(&LIVEPEER_AI, ts_us, &texts));
        }
        let model = ("model", format!("model-{}", self.below(20)));
        let pipeline = ("pipeline", "live-video-to-video".to_owned());
        let error = [("what", "ai_request".to_owned()), ("error", "timeout".to_owned())];
        let texts =
            [vec![target(), uri(self.below(100)), pipeline, model], error.to_vec()].concat();
        rows.push(self.filled(&LIVEPEER_ERROR, ts_us, &texts));
        rows
    }

    /// An event of a gateway, in the proportions of a live network.
    pub(crate) fn event(&mut self, ts_us: i64) -> Vec<Row> {
        // Of 857 events in 66 s that are no noise: nanalytics inspector, 2026-03-24.
        match self.below(857) {
            0..258 => vec![self.trace(ts_us)],
            258..483 => vec![self.ingest(ts_us)],
            483..680 => vec![self.status(ts_us)],
            680..805 => vec![self.payment(ts_us)],
            805..846 => vec![self.stream_event(ts_us)],
            _ => self.discovery(ts_us),
        }
    }

    fn stream(&mut self) -> (Text, Text) {
        let i = self.below(8);
        let name = |kind| Some(format!("{kind}-{}-{i}", self.node).into());
        (name("stream"), name("request"))
    }

    fn trace(&mut self, ts_us: i64) -> Row {
        let ((stream_id, request_id), (orch_address, orch_url)) =
            (self.stream(), self.orchestrator());
        StreamTrace {
            event_id: self.event_id(),
            origin: "simulated".into(),
            stream_id,
            request_id,
            pipeline_id: Some("pip_1".into()),
            trace_type: "gateway_receive_few_processed_segments".into(),
            data_ts: Some(ts_us - 5000),
            orch_address,
            orch_url,
            pipeline: Some("streamdiffusion-sdxl".into()),
            ..StreamTrace::default()
        }
        .at(ts_us)
    }

    fn ingest(&mut self, ts_us: i64) -> Row {
        let (stream_id, request_id) = self.stream();
        StreamIngest {
            event_id: self.event_id(),
            origin: "simulated".into(),
            stream_id,
            request_id,
            data_ts: Some(ts_us - 5000),
            bytes_received: self.int(),
            bytes_sent: self.int(),
            conn_quality: Some("good".into()),
            track: Some("video".into()),
            jitter_ms: self.num(),
            packets_lost: self.int(),
            packets_received: self.int(),
            rtt_ns: self.int(),
            ..StreamIngest::default()
        }
        .at(ts_us)
    }

    fn status(&mut self, ts_us: i64) -> Row {
        let ((stream_id, request_id), (orch_address, orch_url)) =
            (self.stream(), self.orchestrator());
        StreamStatus {
            event_id: self.event_id(),
            origin: "simulated".into(),
            stream_id,
            request_id,
            pipeline: Some("streamdiffusion-sdxl".into()),
            state: Some("ONLINE".into()),
            data_ts: Some(ts_us - 5000),
            start_time: Some(ts_us - 60_000_000),
            input_fps: self.num().map(|x| x / 200.0),
            output_fps: self.num().map(|x| x / 200.0),
            restart_count: Some(0),
            orch_address,
            orch_url,
            ..StreamStatus::default()
        }
        .at(ts_us)
    }

    fn stream_event(&mut self, ts_us: i64) -> Row {
        let ((stream_id, request_id), (orch_address, orch_url)) =
            (self.stream(), self.orchestrator());
        StreamEvent {
            event_id: self.event_id(),
            origin: "simulated".into(),
            stream_id,
            request_id,
            event_type: "error".into(),
            data_ts: Some(ts_us - 5000),
            message: Some("no orchestrators available within 2s timeout".into()),
            orch_address,
            orch_url,
            ..StreamEvent::default()
        }
        .at(ts_us)
    }

    fn payment(&mut self, ts_us: i64) -> Row {
        let (_, orch_url) = self.orchestrator();
        let (_, request_id) = self.stream();
        Payment {
            event_id: self.event_id(),
            origin: "simulated".into(),
            request_id,
            session_id: Some("session-1".into()),
            manifest_id: Some("34_live-video-to-video".into()),
            recipient: self.hex("aa", 100),
            sender: self.hex("bb", 4),
            orch_url,
            face_value_wei: Some("1178990000000000".into()),
            win_probability: Some("0.0002".into()),
            tickets: Some(1),
            price: Some("1200".into()),
            price_unit: Some("wei/pixel".into()),
            ..Payment::default()
        }
        .at(ts_us)
    }

    fn discovery(&mut self, ts_us: i64) -> Vec<Row> {
        let event_id = self.event_id();
        let row = |i: i64| {
            let (orch_address, orch_url) = orchestrator(i);
            let latency_ms = self.num().map(|x| x / 10.0);
            DiscoveryResult {
                event_id,
                item: i,
                origin: "simulated".into(),
                orch_address,
                orch_url,
                latency_ms,
                ..DiscoveryResult::default()
            }
            .at(ts_us)
        };
        (0..20).map(row).collect()
    }

    /// What a gateway hears from all orchestrators: each with three models and two GPUs.
    pub(crate) fn capabilities(&mut self, ts_us: i64) -> Vec<Row> {
        let event_id = self.event_id();
        let orchestrators = i64::try_from(ORCHESTRATORS).unwrap_or(0);
        (0..orchestrators).flat_map(|i| self.report(event_id, i, ts_us)).collect()
    }

    fn report(&mut self, event_id: Uuid, i: i64, ts_us: i64) -> Vec<Row> {
        let (orch_address, orch_uri) = orchestrator(i);
        let origin: Arc<str> = "simulated".into();
        let report = OrchestratorReport {
            event_id,
            item: i,
            origin: Arc::clone(&origin),
            orch_address: orch_address.clone(),
            orch_uri: orch_uri.clone(),
            version: Some("0.8.9".into()),
            models: Some(3),
            gpus: Some(2),
            ..OrchestratorReport::default()
        };
        let mut rows = vec![report.at(ts_us)];
        for m in 0..3 {
            let model = OrchestratorModel {
                event_id,
                item: 3 * i + m,
                origin: Arc::clone(&origin),
                orch_address: orch_address.clone(),
                orch_uri: orch_uri.clone(),
                capability: Some(35),
                pipeline: Some("live-video-to-video".into()),
                model: Some(format!("model-{m}").into()),
                warm: Some(1),
                capacity_idle: Some(self.below(4)),
                capacity_in_use: Some(self.below(4)),
                ..OrchestratorModel::default()
            };
            rows.push(model.at(ts_us));
        }
        for g in 0..2 {
            let gpu = OrchestratorGpu {
                event_id,
                item: 2 * i + g,
                origin: Arc::clone(&origin),
                orch_address: orch_address.clone(),
                orch_uri: orch_uri.clone(),
                pipeline: Some("live-video-to-video".into()),
                gpu_id: Some(identity::gpu_id(&format!("GPU-{i}-{g}")).into()),
                gpu_name: Some("NVIDIA GeForce RTX 4090".into()),
                memory_total_bytes: Some(24 << 30),
                memory_free_bytes: self.int(),
                ..OrchestratorGpu::default()
            };
            rows.push(gpu.at(ts_us));
        }
        rows
    }

    /// What happens now and then: a declared gap, and a step of the clock.
    pub(crate) fn mishaps(&mut self, ts_us: i64) -> Vec<Row> {
        let step = ClockStep { step_ms: 1500 };
        // Of another epoch: this one has no gap.
        let gap = Gap { of_epoch: 1, from_seq: 1, to_seq: 10, rows: 10, reason: "evicted".into() };
        vec![step.at(ts_us), gap.at(ts_us)]
    }
}

fn orchestrator(i: i64) -> (Text, Text) {
    (
        Some(format!("0x{i:040x}").into()),
        Some(format!("https://orchestrator-{i}.example:8935").into()),
    )
}
