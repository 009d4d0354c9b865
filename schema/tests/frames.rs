//! Frames: golden bytes, round trips, and hostile input.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::path::Path;

use naap_schema::generated::{Gap, Host, Interface, StreamTrace};
use naap_schema::proto::{Body, Column, Encoding, Frame, Table};
use naap_schema::{ENTITIES, EntityDef, FieldDef, FieldType, Row, SCHEMA_VERSION, Value, frame};
use proptest::prelude::*;
use prost::Message;

const T0: i64 = 1_790_000_000_000_000;

/// Rows with every type of value, absent values, repeated text and several tables.
fn golden_rows() -> Vec<Row> {
    let host = |busy: f64, used: i64| Host {
        interval_ms: Some(1000),
        cpu_busy_ratio: Some(busy),
        cpu_count: Some(8),
        mem_used_bytes: Some(used),
        os: Some("Debian 12".into()),
        ..Host::default()
    };
    let interface = |name: &str, rx: Option<i64>| Interface {
        interface: name.into(),
        rx_bytes: rx,
        ..Interface::default()
    };
    let trace = StreamTrace {
        event_id: naap_schema::identity::event_id("golden"),
        origin: "organic".into(),
        stream_id: Some("stream-1".into()),
        trace_type: "gateway_receive_stream_request".into(),
        data_ts: Some(T0 + 5000),
        ..StreamTrace::default()
    };
    let gap = Gap { of_epoch: 7, from_seq: 10, to_seq: 19, rows: 10, reason: "evicted".into() };
    vec![
        host(0.125, 1 << 33).at(T0),
        host(0.987_654, (1 << 33) + 4096).at(T0 + 1_000_000),
        interface("eth0", Some(1500)).at(T0),
        interface("wlan0", None).at(T0),
        gap.at(T0 - 1),
        trace.at(T0 + 7),
    ]
}

#[test]
fn golden_wire_bytes() {
    for (name, format) in [("frame_v1.hex", frame::FIRST_FORMAT), ("frame_v2.hex", frame::FORMAT)] {
        let encoded = frame::encode_as(format, 42, 1, 1, &golden_rows()).encode_to_vec();
        let mut hex = String::new();
        for (i, byte) in encoded.iter().enumerate() {
            let end = if i % 32 == 31 { "\n" } else { "" };
            write!(hex, "{byte:02x}{end}").unwrap();
        }
        hex.push('\n');
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&file, &hex).unwrap();
        }
        let golden = std::fs::read_to_string(&file).unwrap();
        // What was released must stay readable for good, whatever the encoder does by then.
        let bytes: Vec<u8> = golden
            .split_whitespace()
            .flat_map(|line| line.as_bytes().chunks(2))
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect();
        assert_eq!(decode_rows(&Frame::decode(bytes.as_slice()).unwrap()), golden_rows());
        assert_eq!(hex, golden, "the encoder's bytes changed: a new golden file beside the old");
    }
}

fn decode_rows(frame: &Frame) -> Vec<Row> {
    let decoded = frame::decode(frame).unwrap();
    decoded
        .tables
        .into_iter()
        .flat_map(|t| {
            let entity = naap_schema::entity_by_number(t.entity).unwrap();
            t.into_rows(entity).unwrap()
        })
        .collect()
}

fn value(ty: FieldType, scale: Option<u32>) -> BoxedStrategy<Value> {
    match ty {
        FieldType::I64 | FieldType::Timestamp => any::<i64>().prop_map(Value::I64).boxed(),
        FieldType::F64 => match scale {
            // What a scaled decimal can hold comes back exactly.
            Some(scale) => (-1_000_000_000i32..1_000_000_000)
                .prop_map(move |i| {
                    Value::F64(f64::from(i) / 10f64.powi(i32::try_from(scale).unwrap()))
                })
                .boxed(),
            None => prop_oneof![
                any::<f64>().prop_filter("finite", |x| x.is_finite()),
                Just(0.0),
                Just(f64::MAX),
                Just(f64::MIN_POSITIVE)
            ]
            .prop_map(Value::F64)
            .boxed(),
        },
        FieldType::Symbol | FieldType::Text => {
            prop_oneof![Just(String::new()), "\\PC{0,20}", Just("same".to_owned())]
                .prop_map(Value::text)
                .boxed()
        }
        FieldType::Uuid => {
            any::<u128>().prop_map(|u| Value::Uuid(uuid::Uuid::from_u128(u))).boxed()
        }
    }
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let one = (0..ENTITIES.len(), any::<i64>()).prop_flat_map(|(e, ts)| {
        let entity = ENTITIES[e];
        let values: Vec<_> =
            entity.fields.iter().map(|f| prop::option::of(value(f.ty, f.scale)).boxed()).collect();
        values.prop_map(move |values| Row { entity, ts_us: ts, values })
    });
    prop::collection::vec(one, 1..12)
}

proptest! {
    #[test]
    fn what_goes_in_comes_out(rows in rows(), epoch in 1u64..=i64::MAX as u64, first in 1u64..1 << 40) {
        for format in 0..=frame::FORMAT {
            let frame = frame::encode_as(format, epoch, first, SCHEMA_VERSION, &rows);
            let again = Frame::decode(frame.encode_to_vec().as_slice()).unwrap();
            prop_assert_eq!(again.epoch, epoch);
            prop_assert_eq!(again.first_seq, first);
            prop_assert_eq!(&decode_rows(&again), &rows);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(f) = Frame::decode(bytes.as_slice()) { drop(frame::decode(&f)); }
        let head = Frame { epoch: 1, first_seq: 1, rows: 3, format: 2, ..Frame::default() };
        drop(frame::decode(&Frame { columns: bytes.clone(), ..head.clone() }));
        let body_bytes = u32::try_from(bytes.len()).unwrap();
        drop(frame::decode(&Frame { body_bytes, body: bytes, format: 0, ..head }));
    }

    #[test]
    fn a_damaged_frame_is_read_or_refused(rows in rows(), format in 1..=frame::FORMAT, at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut bytes = frame::encode_as(format, 1, 1, 1, &rows).encode_to_vec();
        let i = at.index(bytes.len());
        bytes[i] ^= 1 << bit;
        if let Ok(f) = Frame::decode(bytes.as_slice()) { drop(frame::decode(&f)); }
        bytes.truncate(i);
        if let Ok(f) = Frame::decode(bytes.as_slice()) { drop(frame::decode(&f)); }
    }
}

fn plain(body: &Body, rows: u32) -> Frame {
    let body = body.encode_to_vec();
    Frame {
        epoch: 1,
        first_seq: 1,
        rows,
        schema_version: 1,
        encoding: Encoding::Plain.into(),
        body_bytes: u32::try_from(body.len()).unwrap(),
        body,
        ..Frame::default()
    }
}

fn refusal(frame: &Frame) -> String {
    frame::decode(frame).expect_err("refused").to_string()
}

#[test]
fn contradictions_are_refused_by_name() {
    let table = |columns| Table { entity: 1, rows: 2, ts_deltas: vec![T0, 0], columns };
    let body = |columns| Body { strings: vec!["a".into()], tables: vec![table(columns)] };
    let cases: Vec<(Frame, &str)> = vec![
        (Frame { epoch: 0, ..plain(&body(vec![]), 2) }, "epoch must be above 0"),
        (Frame { first_seq: 0, ..plain(&body(vec![]), 2) }, "first_seq must be above 0"),
        (Frame { first_seq: u64::MAX, ..plain(&body(vec![]), 2) }, "below 2^63"),
        (plain(&body(vec![]), 3), "rows is not the sum"),
        (Frame { body_bytes: 1, ..plain(&body(vec![]), 2) }, "body_bytes is not the size"),
        (Frame { rows: u32::MAX, ..plain(&body(vec![]), 2) }, "the limit is 20000"),
        (Frame { body_bytes: u32::MAX, ..plain(&body(vec![]), 2) }, "the limit is 8388608"),
        (
            plain(&body(vec![Column { field: 1, deltas: vec![1], ..Column::default() }]), 2),
            "not one value per present row",
        ),
        (
            plain(&body(vec![Column { field: 1, strings: vec![0, 9], ..Column::default() }]), 2),
            "string that is not there",
        ),
        (
            plain(
                &body(vec![Column {
                    field: 1,
                    deltas: vec![1, 1],
                    doubles: vec![1.0, 1.0],
                    ..Column::default()
                }]),
                2,
            ),
            "values of two kinds",
        ),
        (
            plain(
                &body(vec![Column {
                    field: 1,
                    present: vec![0b111],
                    deltas: vec![1, 1, 1],
                    ..Column::default()
                }]),
                2,
            ),
            "bits beyond the last row",
        ),
        (
            plain(&body(vec![Column { field: 1, uuids: vec![0; 17], ..Column::default() }]), 2),
            "multiple of 16",
        ),
    ];
    for (frame, says) in cases {
        let text = refusal(&frame);
        assert!(text.contains(says), "expected …{says}…, got {text}");
    }
}

#[test]
fn contradictions_of_packed_columns_are_refused_by_name() {
    let good = frame::encode(1, 1, 2, &golden_rows());
    let short = good.columns.len() - 1;
    let cases: Vec<(Frame, &str)> = vec![
        (Frame { format: 3, ..good.clone() }, "the newest known here is 2; update"),
        (Frame { format: 1, ..good.clone() }, "packed columns, and a format without them"),
        (Frame { encoding: 7, ..good.clone() }, "encoding is not known here"),
        (Frame { rows: 3, ..good.clone() }, "rows is not the sum of the tables' rows"),
        (Frame { rows: 7, ..good.clone() }, "columns end too early"),
        (Frame { columns: good.columns[..short].to_vec(), ..good.clone() }, "end too early"),
        (Frame { columns: [&good.columns[..], &[0]].concat(), ..good.clone() }, "go on after"),
        (Frame { columns: vec![0; (1 << 20) + 1], ..good.clone() }, "the limit is 1048576"),
        (Frame { body: vec![], body_bytes: 0, encoding: 0, ..good.clone() }, "string or uuid"),
    ];
    for (frame, says) in cases {
        let text = refusal(&frame);
        assert!(text.contains(says), "expected …{says}…, got {text}");
    }
}

/// Rows of several series by turns, as sources give them: with holes, with a series that vanishes,
/// and with one that comes.
#[test]
fn series_by_turns_come_back_and_take_few_bytes() {
    let sample = |t: i64, name: &str, n: i64| {
        Interface {
            interface: name.into(),
            interval_ms: (t > 0).then_some(1000),
            rx_bytes: Some((1 << 40) * n + t * 1500 * n),
            tx_bytes: (n != 2).then_some(t * t),
            rx_errors: Some(0),
            ..Interface::default()
        }
        .at(T0 + t * 1_000_000)
    };
    let names = ["eth0", "eth1", "wlan0", "docker0"];
    let by_turns = |from: usize, t: i64| (from..4).map(move |n| (t, n));
    let steady: Vec<Row> = (0..50)
        .flat_map(|t| by_turns(0, t))
        .map(|(t, n)| sample(t, names[n], i64::try_from(n).unwrap()))
        .collect();
    let frame = frame::encode(1, 1, 2, &steady);
    assert_eq!(decode_rows(&frame), steady);
    assert!(frame.columns.len() < 200, "{} bytes for 200 rows", frame.columns.len());
    let moved: Vec<Row> = (0..50)
        .flat_map(|t| by_turns(usize::from(t > 20), t))
        .map(|(t, n)| sample(t, names[n], i64::try_from(n).unwrap()))
        .chain([sample(50, "new", 9)])
        .collect();
    let frame = frame::encode(1, 1, 2, &moved);
    assert_eq!(decode_rows(&frame), moved);
}

/// Numbers without declared places: decimals where that loses nothing, else all of their bits.
#[test]
fn doubles_come_back_to_the_last_bit() {
    static FIELDS: [FieldDef; 1] =
        [FieldDef { ty: FieldType::F64, scale: None, ..naap_schema::generated::HOST.fields[0] }];
    static ENTITY: EntityDef = EntityDef { fields: &FIELDS, ..naap_schema::generated::HOST };
    let encoded = |values: &[f64]| {
        let row = |x: &f64| Row { entity: &ENTITY, ts_us: T0, values: vec![Some(Value::F64(*x))] };
        let rows: Vec<Row> = values.iter().map(row).collect();
        let frame = frame::encode(1, 1, 2, &rows);
        let table = frame::decode(&frame).unwrap().tables.remove(0);
        let again = table.into_rows(&ENTITY).unwrap();
        let bits = |row: &Row| match row.values[0] {
            Some(Value::F64(x)) => x.to_bits(),
            _ => panic!("a number"),
        };
        assert_eq!(
            again.iter().map(bits).collect::<Vec<_>>(),
            values.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
        );
        frame.columns.len()
    };
    let cents: Vec<f64> = (0..100).map(|i| f64::from(i * 7919 % 1000) / 100.0).collect();
    assert!(encoded(&cents) < 160, "{}", encoded(&cents));
    let thirds: Vec<f64> = (0..100).map(|i| f64::from(i * 7919 % 1000) / 3.0).collect();
    assert!(encoded(&thirds) < 800, "{}", encoded(&thirds));
    for value in [0.0, -0.0, 0.1 + 0.2, f64::MAX, f64::MIN_POSITIVE, 9e15, 1e-12, f64::NAN] {
        encoded(&[value]);
        encoded(&[value, 1.0, value, 2.5]);
    }
}

/// A frame of a few bytes must not make a decoder allocate without limit.
#[test]
fn a_small_frame_with_many_values_is_refused() {
    let entity = naap_schema::entity("livepeer_node").unwrap();
    let full = Row {
        entity,
        ts_us: T0,
        values: entity.fields.iter().map(|f| Some(plain_value(f.ty))).collect(),
    };
    let rows = vec![full; 20_000];
    let frame = frame::encode(1, 1, 2, &rows);
    assert!(frame.encoded_len() < 1000, "{}", frame.encoded_len());
    assert_eq!(frame::decode(&frame).unwrap().rows(), 20_000);
    let many = Frame { rows: 20_001, ..frame };
    assert!(refusal(&many).contains("the limit is 20000"));

    let wide: Vec<FieldDef> = (1..=200)
        .map(|number| FieldDef { number, ..naap_schema::generated::HOST.fields[0] })
        .collect();
    let wide: &'static EntityDef =
        Box::leak(Box::new(EntityDef { fields: wide.leak(), ..naap_schema::generated::HOST }));
    let row = Row { entity: wide, ts_us: T0, values: vec![Some(Value::I64(1)); 200] };
    let frame = frame::encode(1, 1, 2, &vec![row; 20_000]);
    assert!(frame.encoded_len() < 1000, "{}", frame.encoded_len());
    assert!(refusal(&frame).contains("the limit is 2000000"));
}

fn plain_value(ty: FieldType) -> Value {
    match ty {
        FieldType::I64 | FieldType::Timestamp => Value::I64(7),
        FieldType::F64 => Value::F64(0.5),
        FieldType::Symbol | FieldType::Text => Value::text("same"),
        FieldType::Uuid => Value::Uuid(uuid::Uuid::nil()),
    }
}

/// Two bytes a string, a table or a column, and compressed next to nothing: refused before they
/// are read.
#[test]
fn a_body_of_millions_of_empty_parts_is_refused() {
    let table = Table { columns: vec![Column::default(); 1 << 15], ..Table::default() };
    let tables = Body { tables: vec![Table::default(); 1 << 20], ..Body::default() };
    for (body, says) in [
        (Body { strings: vec![String::new(); 4 << 20], ..Body::default() }, "strings, the limit"),
        (tables, "tables, the limit is 256"),
        (Body { tables: vec![table], ..Body::default() }, "columns, the limit"),
    ] {
        for format in 0..=frame::FORMAT {
            let body = body.encode_to_vec();
            let body_bytes = u32::try_from(body.len()).unwrap();
            let body = zstd::bulk::compress(&body, 1).unwrap();
            assert!(body.len() < 2000);
            let encoding = Encoding::Zstd.into();
            let frame = Frame { format, encoding, body, body_bytes, ..plain(&Body::default(), 1) };
            let text = refusal(&frame);
            assert!(text.contains(says), "expected …{says}…, got {text}");
        }
    }
}

#[test]
fn a_decompression_bomb_is_refused() {
    let bomb = zstd::bulk::compress(&vec![0u8; 64 << 20], 1).unwrap();
    assert!(bomb.len() < 1 << 20);
    let frame = Frame {
        epoch: 1,
        first_seq: 1,
        rows: 1,
        encoding: Encoding::Zstd.into(),
        body_bytes: 8 << 20,
        body: bomb,
        ..Frame::default()
    };
    assert!(refusal(&frame).contains("does not decompress"));
}
