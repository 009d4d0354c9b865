//! Every entity, metric and view of NaaP, declared once, and the wire frames made from them.
//!
//! The declarations are the TOML files in `entities/` and `views/`. From them `naap-schema emit`
//! writes [`generated`], the QuestDB migrations and `docs/catalogue.md`; a test regenerates all of
//! it and fails on a difference.
//!
//! This library is pure: it may use serde, prost and tonic's generated code; it must never read a
//! clock, a file or the network. Reading and writing files is what the `naap-schema` binary does.

pub mod frame;
#[rustfmt::skip]
#[expect(missing_docs, reason = "the texts of the declarations stand on each item")]
#[expect(clippy::too_many_lines, reason = "a row takes a line for each of its fields")]
pub mod generated;
pub mod histogram;
pub mod identity;
pub mod limits;
mod model;
pub mod region;
mod row;
pub mod targets;

#[cfg(feature = "emit")]
pub mod declare;
#[cfg(feature = "emit")]
pub mod emit;

pub use model::{
    Class, EntityDef, FieldDef, FieldType, Identity, Kind, Migration, RollupDef, Visibility,
};
pub use row::{Row, RowError, Value};

pub use generated::{ENTITIES, MIGRATIONS, ROLLUPS, SCHEMA_VERSION};

/// The wire messages and the service, made from `proto/naap/v1/ingest.proto`.
#[rustfmt::skip]
#[allow(clippy::allow_attributes, reason = "which lints generated code trips changes with its generator")]
#[allow(missing_docs, missing_debug_implementations, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic, clippy::restriction, reason = "generated code")]
pub mod proto {
    include!("proto/naap.v1.rs");

    /// The encoded descriptors of the service, for gRPC reflection.
    pub const DESCRIPTORS: &[u8] = include_bytes!("proto/naap.v1.bin");
}

/// The entity with this name.
pub fn entity(name: &str) -> Option<&'static EntityDef> {
    ENTITIES.iter().copied().find(|e| e.name == name)
}

/// The entity with this number.
pub fn entity_by_number(number: u32) -> Option<&'static EntityDef> {
    ENTITIES.iter().copied().find(|e| e.number == number)
}
