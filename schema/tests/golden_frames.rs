//! Frames as released programs wrote them, by format and by schema version. What was written once
//! stays readable for good; what is newer than this program is refused by name or read past.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::path::Path;

use naap_schema::proto::Frame;
use naap_schema::{ENTITIES, EntityDef, FieldDef, FieldType, Row, SCHEMA_VERSION, Value, frame};
use prost::Message;

const T0: i64 = 1_790_000_000_000_000;

/// Four rows of every entity that an agent of some schema version sends, with everything that the
/// version has, and every third value unknown. Depends on nothing that a later schema may change.
fn every_row(version: u32) -> Vec<Row> {
    let sent = |e: &&&EntityDef| e.identity.is_sent() && e.since <= version;
    let mut rows = Vec::new();
    for entity in ENTITIES.iter().filter(sent) {
        for n in 0..4u32 {
            let mut row = Row::empty(entity, T0 + i64::from(n) * 1_000_000);
            for (field, value) in entity.fields.iter().zip(&mut row.values) {
                let known = field.required || !(field.number + n).is_multiple_of(3);
                if field.since <= version && known {
                    *value = Some(plausible(field, n));
                }
            }
            rows.push(row);
        }
    }
    rows
}

fn plausible(field: &FieldDef, n: u32) -> Value {
    match field.ty {
        FieldType::I64 if field.unit == "bool" => Value::I64(i64::from(n % 2)),
        // Within the range that the field was released with; a released range does not shrink.
        FieldType::I64 => {
            #[expect(clippy::cast_possible_truncation, reason = "bounds are whole")]
            let most = field.max.map_or(i64::MAX, |m| m as i64);
            Value::I64(i64::from(field.number + n * n).min(most))
        }
        FieldType::F64 => Value::F64(f64::from(n % 3) / 2.0),
        FieldType::Timestamp => Value::I64(T0 + i64::from(field.number * 1000 + n)),
        FieldType::Uuid => Value::Uuid(naap_schema::identity::event_id(&format!("event {n}"))),
        FieldType::Symbol | FieldType::Text => match field.name {
            "origin" => Value::text("organic"),
            _ => Value::text(format!("f{}-{}", field.number, n / 2)),
        },
    }
}

fn file(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn to_hex(bytes: &[u8]) -> String {
    let mut hex = String::new();
    for line in bytes.chunks(32) {
        line.iter().for_each(|byte| write!(hex, "{byte:02x}").unwrap());
        hex.push('\n');
    }
    hex
}

fn read(name: &str) -> Frame {
    let text = std::fs::read_to_string(file(name)).unwrap();
    let bytes: Vec<u8> = text
        .split_whitespace()
        .flat_map(|line| line.as_bytes().chunks(2))
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    Frame::decode(bytes.as_slice()).unwrap()
}

fn decode_rows(frame: &Frame) -> Vec<Row> {
    let decoded = frame::decode(frame).unwrap();
    let rows = decoded.tables.into_iter().map(|t| {
        let entity = naap_schema::entity_by_number(t.entity).unwrap();
        t.into_rows(entity).unwrap()
    });
    rows.flatten().collect()
}

/// Every released pair of frame format and schema version: what agents in the field send.
const RELEASED: [(u32, u32); 6] = [(1, 1), (1, 2), (2, 2), (2, 3), (2, 4), (2, 5)];

fn name(format: u32, version: u32) -> String {
    format!("format{format}_schema{version}.hex")
}

#[test]
fn frames_of_every_released_agent_read_as_they_were_written() {
    for (format, version) in RELEASED {
        let frame = read(&name(format, version));
        let decoded = frame::decode(&frame).unwrap();
        assert_eq!((decoded.epoch, decoded.first_seq), (42, 1));
        assert_eq!((frame.format.max(1), decoded.schema_version), (format, version));
        let rows = decode_rows(&frame);
        let entities = if version < 4 { 16 } else { 37 };
        assert_eq!(rows.len(), 4 * entities, "four rows of each of {entities} entities");
        assert!(rows == every_row(version), "format {format}, schema {version}");
        rows.iter().for_each(|row| row.check().unwrap());
    }
}

/// The bytes of today's encoders. Where a change makes others that older readers understand, the
/// old file stays, under a name of its own, in the test above.
#[test]
fn the_encoders_bytes_are_pinned() {
    for (format, version) in RELEASED {
        let frame = frame::encode_as(format, 42, 1, version, &every_row(version));
        let hex = to_hex(&frame.encode_to_vec());
        let file = file(&name(format, version));
        if std::env::var_os("UPDATE_GOLDEN").is_some() && !file.exists() {
            std::fs::write(&file, &hex).unwrap();
        }
        assert_eq!(hex, std::fs::read_to_string(&file).unwrap(), "format {format}");
    }
    assert_eq!(RELEASED.last(), Some(&(frame::FORMAT, SCHEMA_VERSION)), "add what is new");
}

#[test]
fn what_a_newer_agent_adds_is_read_past() {
    const FIELD: u32 = 4_000_000_000;
    static FIELDS: [FieldDef; 2] = [
        FieldDef { number: 3, ..naap_schema::generated::HOST.fields[2] },
        FieldDef { number: FIELD, since: 99, ..naap_schema::generated::HOST.fields[2] },
    ];
    static HOST_99: EntityDef = EntityDef { fields: &FIELDS, ..naap_schema::generated::HOST };
    static NEW_99: EntityDef = EntityDef { number: FIELD - 1, since: 99, ..HOST_99 };
    for format in [frame::FIRST_FORMAT, frame::FORMAT] {
        let row = |entity, a, b| Row {
            entity,
            ts_us: T0,
            values: vec![Some(Value::I64(a)), Some(Value::I64(b))],
        };
        let rows = [row(&HOST_99, 8, 9), row(&NEW_99, 10, 11), row(&HOST_99, 12, 13)];
        let decoded = frame::decode(&frame::encode_as(format, 1, 1, 99, &rows)).unwrap();
        let shape: Vec<(u32, Vec<u32>)> = decoded
            .tables
            .iter()
            .map(|t| (t.entity, t.columns.iter().map(|(field, _)| *field).collect()))
            .collect();
        let fields = vec![3, FIELD];
        assert_eq!(shape, [(1, fields.clone()), (FIELD - 1, fields.clone()), (1, fields)]);
        // What is known of them is there, and what is not is named.
        let mut known = decoded.tables.into_iter().next().unwrap();
        let host = naap_schema::entity("host").unwrap();
        assert_eq!(known.clone().into_rows(host), Err(FIELD));
        known.columns.pop();
        let rows = known.into_rows(host).unwrap();
        assert_eq!(rows[0].get("cpu_count"), Some(&Value::I64(8)));
    }
}

/// A collector from before the packed format must refuse such a frame, not misread it: it looks
/// for tables in the body, finds none, and misses the rows.
#[test]
fn a_packed_frame_has_nothing_that_an_older_collector_could_misread() {
    let frame = frame::encode(42, 1, 2, &every_row(2));
    let as_before = Frame { format: 0, columns: Vec::new(), ..frame };
    let refusal = frame::decode(&as_before).unwrap_err().to_string();
    assert!(refusal.contains("rows is not the sum of the tables' rows"), "{refusal}");
}
