//! `src/generated.rs`: the declarations as constants, and a typed row per entity.

use super::{Lock, ddl};
use crate::declare::{
    Declarations, Entity, Field, Identity, Kind, Type, View, Visibility, bucket_seconds,
};

pub(super) fn generate(d: &Declarations, lock: &Lock) -> String {
    let mut out = String::from(
        "// Written by `naap-schema emit` from schema/entities and schema/views. Do not edit.\n\n\
         use std::sync::Arc;\n\n\
         use crate::{Class, EntityDef, FieldDef, FieldType, Identity, Kind, Migration, RollupDef, Row, Value, Visibility};\n\n",
    );
    out += "/// Version of the schema: the number of its newest migration.\n";
    out += &format!("pub const SCHEMA_VERSION: u32 = {};\n\n", lock.version());
    out += "/// Every entity, by number.\npub const ENTITIES: &[&EntityDef] = &[\n";
    for e in &d.entities {
        out += &format!("    &{},\n", constant(e.name.get_ref()));
    }
    out += "];\n\n/// Every migration, in order.\npub const MIGRATIONS: &[Migration] = &[\n";
    for m in &lock.migration {
        out += &format!(
            "    Migration {{ number: {}, name: {:?}, sql: include_str!(\"../migrations/{}.sql\"), sha256: {:?} }},\n",
            m.number, m.name, m.name, m.sha256
        );
    }
    out += "];\n\n/// Every rollup, by name.\npub const ROLLUPS: &[RollupDef] = &[\n";
    for v in &d.views {
        out += &rollup(d, v);
    }
    out += "];\n";
    for e in &d.entities {
        out += &entity(e, lock);
    }
    out
}

fn constant(name: &str) -> String {
    name.to_uppercase()
}

fn camel(name: &str) -> String {
    name.split('_')
        .map(|w| {
            let mut c = w.chars();
            c.next().map(|f| f.to_ascii_uppercase()).into_iter().chain(c).collect::<String>()
        })
        .collect()
}

fn rollup(d: &Declarations, v: &View) -> String {
    let levels: Vec<String> = v
        .levels
        .iter()
        .map(|l| {
            let view = format!("{}_{}", v.name.get_ref(), l.bucket.get_ref());
            format!("({view:?}, {})", bucket_seconds(l.bucket.get_ref()).unwrap_or(0))
        })
        .collect();
    let entity = d.entities.iter().find(|e| e.name.get_ref() == v.entity.get_ref());
    let fields = entity.map(|e| e.fields.as_slice()).unwrap_or_default();
    let histograms: Vec<String> = fields
        .iter()
        .filter(|f| f.distribution.is_some() && v.histogram.is_some())
        .flat_map(|f| {
            let [hourly, daily] = ddl::histogram_names(v, f);
            [
                format!("({hourly:?}, {:?}, 3600)", f.name.get_ref()),
                format!("({daily:?}, {:?}, 86400)", f.name.get_ref()),
            ]
        })
        .collect();
    format!(
        "    RollupDef {{\n        name: {:?},\n        entity: {:?},\n        by: &{:?},\n        levels: &[{}],\n        histograms: &[{}],\n        description: {:?},\n        misleads: {:?},\n    }},\n",
        v.name.get_ref(),
        v.entity.get_ref(),
        v.by.get_ref(),
        levels.join(", "),
        histograms.join(", "),
        v.description.get_ref(),
        v.misleads.get_ref()
    )
}

fn entity(e: &Entity, lock: &Lock) -> String {
    let name = e.name.get_ref();
    let mut out = format!("\n/// {}\n", e.description.get_ref());
    out += &format!("pub static {}: EntityDef = EntityDef {{\n", constant(name));
    let identity = match e.identity {
        Identity::Sample => "Sample",
        Identity::Event => "Event",
        Identity::Collector => "Collector",
        Identity::Derived => "Derived",
    };
    out += &format!(
        "    number: {}, name: {name:?}, identity: Identity::{identity}, class: Class::{}, visibility: Visibility::{},\n",
        e.number.get_ref(),
        camel(e.class.word()),
        camel(e.visibility.word()),
    );
    out += &format!(
        "    reporter: {:?}, cadence: {:?}, retention: {:?}, since: {},\n    description: {:?},\n    misleads: {:?},\n    fields: &[\n",
        e.reporter.get_ref(),
        e.cadence.get_ref(),
        e.retention.get_ref(),
        lock.entity_since(*e.number.get_ref()),
        e.description.get_ref(),
        e.misleads.get_ref()
    );
    for f in &e.fields {
        out += &field(e, f, lock);
    }
    out += "    ],\n};\n";
    if e.identity != Identity::Collector {
        out += &typed_row(e);
    }
    out
}

fn field(e: &Entity, f: &Field, lock: &Lock) -> String {
    let visibility = f.visibility.unwrap_or(e.visibility);
    let kind = match f.kind {
        Kind::Gauge => "Gauge",
        Kind::Delta => "Delta",
        Kind::Counter => "Counter",
        Kind::Label => "Label",
        Kind::Time => "Time",
    };
    let number = |x: Option<f64>| x.map_or_else(|| "None".to_owned(), |x| format!("Some({x:?})"));
    format!(
        "        FieldDef {{ number: {}, name: {:?}, ty: FieldType::{}, unit: {:?}, kind: Kind::{kind}, key: {}, required: {}, visibility: Visibility::{}, scale: {:?}, min: {}, max: {}, max_len: {}, rollup: {}, distribution: {:?}, since: {}, description: {:?}, misleads: {:?} }},\n",
        f.number.get_ref(),
        f.name.get_ref(),
        camel(f.ty.get_ref().word()),
        f.unit.get_ref(),
        f.key,
        f.required,
        if visibility == Visibility::Public { "Public" } else { "Operator" },
        f.scale.as_ref().map(|s| *s.get_ref()),
        number(f.min.as_ref().map(|m| *m.get_ref())),
        number(f.max),
        f.max_len.unwrap_or(0),
        f.rollup,
        f.distribution.as_ref().map(|d| (d.get_ref()[0], d.get_ref()[1])),
        lock.field_since(*e.number.get_ref(), *f.number.get_ref()),
        f.description.get_ref(),
        f.misleads
    )
}

fn typed_row(e: &Entity) -> String {
    let name = camel(e.name.get_ref());
    let mut out = format!(
        "\n/// A row of `{}`: {}\n#[derive(Debug, Clone, Default, PartialEq)]\npub struct {name} {{\n",
        e.name.get_ref(),
        e.description.get_ref()
    );
    for f in &e.fields {
        out += &format!(
            "    /// {} Unit: {}.\n    pub {}: {},\n",
            f.description.get_ref(),
            f.unit.get_ref(),
            f.name.get_ref(),
            rust_type(f)
        );
    }
    out += &format!(
        "}}\n\nimpl {name} {{\n    /// The row, taken at `ts_us` (microseconds since 1970 UTC).\n    pub fn at(self, ts_us: i64) -> Row {{\n        Row {{ entity: &{}, ts_us, values: vec![\n",
        constant(e.name.get_ref())
    );
    for f in &e.fields {
        let (field, ty) = (f.name.get_ref(), *f.ty.get_ref());
        let wrap = match ty {
            Type::I64 | Type::Timestamp => "Value::I64",
            Type::F64 => "Value::F64",
            Type::Symbol | Type::Text => "Value::Text",
            Type::Uuid => "Value::Uuid",
        };
        // Not a number is unknown, not a value.
        let finite = if ty == Type::F64 { ".filter(|x| x.is_finite())" } else { "" };
        out += &if f.required {
            format!("            Some({wrap}(self.{field})),\n")
        } else {
            format!("            self.{field}{finite}.map({wrap}),\n")
        };
    }
    out += "        ] }\n    }\n}\n";
    out
}

fn rust_type(f: &Field) -> String {
    let ty = match f.ty.get_ref() {
        Type::I64 | Type::Timestamp => "i64",
        Type::F64 => "f64",
        Type::Symbol | Type::Text => "Arc<str>",
        Type::Uuid => "uuid::Uuid",
    };
    if f.required { ty.to_owned() } else { format!("Option<{ty}>") }
}
