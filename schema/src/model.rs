//! What a declaration says, in the form that programs use.

/// How a row is told from every other row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// `(ts, node, entity keys, epoch, seq)`: something that an agent sampled.
    Sample,
    /// `(ts, event_id, item)`: something that a gateway said; the same event from a retry, a
    /// restart or a second agent is one row.
    Event,
    /// `(ts, node, entity keys)`: written by the collector itself, never taken from an agent.
    Collector,
    /// `(ts, entity keys)`: computed by the collector from other rows; can be computed again.
    Derived,
}

impl Identity {
    /// Whether agents send such rows; the others are written by the collector.
    pub const fn is_sent(self) -> bool {
        matches!(self, Self::Sample | Self::Event)
    }
}

/// Which of the two published classes a figure belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Few, exactly defined, with targets.
    Operational,
    /// Informational, never part of a score.
    Extended,
}

/// Who may see a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Anyone.
    Public,
    /// Operators of the stack only; never reaches the public API.
    Operator,
}

/// Type of a field, on the wire and in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// Whole number, 64 bits.
    I64,
    /// IEEE 754 double.
    F64,
    /// Text from a small set of values.
    Symbol,
    /// Any text.
    Text,
    /// Microseconds since 1970 UTC.
    Timestamp,
    /// 128 bits.
    Uuid,
}

impl FieldType {
    /// The name of the type in a declaration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::I64 => "i64",
            Self::F64 => "f64",
            Self::Symbol => "symbol",
            Self::Text => "text",
            Self::Timestamp => "timestamp",
            Self::Uuid => "uuid",
        }
    }
}

/// What the values of a field are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A state at the time of the row.
    Gauge,
    /// An amount since the previous row; adds up.
    Delta,
    /// A cumulative count as the source shows it; may start again.
    Counter,
    /// A name.
    Label,
    /// A point in time.
    Time,
}

/// One field of an entity.
#[derive(Debug)]
pub struct FieldDef {
    /// Number on the wire; never reused.
    pub number: u32,
    /// Column name; never reused.
    pub name: &'static str,
    /// Type of the values.
    pub ty: FieldType,
    /// Unit of the values.
    pub unit: &'static str,
    /// What the values are.
    pub kind: Kind,
    /// Part of the row's identity.
    pub key: bool,
    /// A row without it is refused.
    pub required: bool,
    /// Who may see it.
    pub visibility: Visibility,
    /// Decimal places that are kept on the wire; `None`: the double as it is.
    pub scale: Option<u32>,
    /// Smallest value admitted.
    pub min: Option<f64>,
    /// Largest value admitted.
    pub max: Option<f64>,
    /// Longest text admitted, bytes.
    pub max_len: usize,
    /// Has columns in the entity's rollup.
    pub rollup: bool,
    /// Range of the field's histogram, where it has one.
    pub distribution: Option<(f64, f64)>,
    /// Schema version that brought it.
    pub since: u32,
    /// What it means.
    pub description: &'static str,
    /// How it can mislead; may be empty.
    pub misleads: &'static str,
}

/// One entity: a table, and the rows that fill it.
#[derive(Debug)]
pub struct EntityDef {
    /// Number on the wire; never reused.
    pub number: u32,
    /// Name, also of the table; never reused.
    pub name: &'static str,
    /// How rows are told apart.
    pub identity: Identity,
    /// Class of its figures.
    pub class: Class,
    /// Who may see it.
    pub visibility: Visibility,
    /// Who reports it.
    pub reporter: &'static str,
    /// How often.
    pub cadence: &'static str,
    /// How long rows are kept.
    pub retention: &'static str,
    /// Schema version that brought it.
    pub since: u32,
    /// What it is.
    pub description: &'static str,
    /// How it can mislead.
    pub misleads: &'static str,
    /// Its fields, in the order of their numbers.
    pub fields: &'static [FieldDef],
}

impl EntityDef {
    /// Position of the field with this name in [`EntityDef::fields`] and in a row's values.
    pub fn field_index(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|f| f.name == name)
    }

    /// Position of the field with this number.
    pub fn field_index_by_number(&self, number: u32) -> Option<usize> {
        self.fields.iter().position(|f| f.number == number)
    }
}

/// One rollup: materialised views over an entity.
#[derive(Debug)]
pub struct RollupDef {
    /// Stem of the names of its views: `<name>_1m`, `<name>_1h`, `<name>_1d`.
    pub name: &'static str,
    /// The entity that it sums up.
    pub entity: &'static str,
    /// Its dimensions.
    pub by: &'static [&'static str],
    /// Its levels, finest first: (view, bucket in seconds).
    pub levels: &'static [(&'static str, u32)],
    /// Views with a histogram: (view, field, bucket in seconds).
    pub histograms: &'static [(&'static str, &'static str, u32)],
    /// What it is.
    pub description: &'static str,
    /// How it can mislead.
    pub misleads: &'static str,
}

/// One numbered, immutable step of the store's schema.
#[derive(Debug)]
pub struct Migration {
    /// Number, from 1 without holes; also the schema version that it leads to.
    pub number: u32,
    /// Name of its file.
    pub name: &'static str,
    /// Statements, separated by a line that holds only `;`.
    pub sql: &'static str,
    /// SHA-256 of `sql`, hex, as released.
    pub sha256: &'static str,
}

impl Migration {
    /// The statements, in order.
    pub fn statements(&self) -> impl Iterator<Item = &'static str> {
        self.sql
            .split("\n;\n")
            .map(|s| s.trim())
            .filter(|s| s.lines().any(|l| !l.trim().is_empty() && !l.trim().starts_with("--")))
    }
}
