//! What agent and reader say to each other: a line of JSON each way, and lines for events.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Figures by the name of their field. For a field that is a delta: the count as the driver has it.
pub type Values = serde_json::Map<String, Value>;

/// What the agent asks for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Request {
    /// PCIe throughput too, which takes 40 ms for each GPU.
    pub pcie: bool,
}

/// A line of the reader.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// The GPU with this number is asked next: if nothing follows, it is the one that hangs.
    At(u32),
    /// Something happened; said at once.
    Event(Event),
    /// To a request.
    Answer(Box<Answer>),
}

/// What was read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Answer {
    /// As `gpu_node.state`.
    pub state: String,
    /// Why it is not `ok`, for the log.
    pub detail: Option<String>,
    /// Figures of `gpu_node`.
    pub node: Values,
    /// One for each GPU that could be opened.
    pub gpus: Vec<GpuRead>,
    /// Events that were too many to be said at once, equal ones together.
    pub events: Vec<Event>,
    /// Events that were too many even for that.
    pub events_dropped: u64,
    /// How long the reading took, without PCIe throughput.
    pub read_us: u64,
}

/// One GPU.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct GpuRead {
    /// Its public id.
    pub id: String,
    /// As `gpu.state`.
    pub state: String,
    /// Whether its events are listened for.
    pub watched: bool,
    /// Figures of `gpu`.
    pub values: Values,
    /// Figures of `gpu_process`.
    pub programs: Vec<Values>,
    /// Figures of `gpu_instance`.
    pub instances: Vec<Values>,
}

/// Something that happened to a GPU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Which.
    pub gpu: String,
    /// As `gpu_event.kind`.
    pub kind: String,
    /// XID code.
    pub code: Option<i64>,
    /// How many.
    pub count: u64,
    /// When the first came, microseconds since 1970 UTC.
    pub first_us: i64,
    /// When the last came.
    pub last_us: i64,
}

/// Puts a figure in its place; one that is not known leaves no trace.
pub(super) fn put(values: &mut Values, name: &str, value: Option<impl Into<Value>>) {
    match value {
        Some(value) => drop(values.insert(name.to_owned(), value.into())),
        None => drop(values.remove(name)),
    }
}
