use naap_schema::frame::encode;
use naap_schema::generated::{HOST, Host, LEDGER, StreamTrace};
use naap_schema::proto::{Body, Column, Table};
use prost::Message;

use super::*;

const NOW: i64 = 1_764_000_000_000_000;
const GATE: Gate = Gate { now_us: NOW, accept_old: false };

fn host() -> Host {
    Host { cpu_busy_ratio: Some(0.5), ..Host::default() }
}

fn admit(rows: &[Row]) -> Admitted {
    GATE.frame(&encode(7, 1, SCHEMA_VERSION, rows))
}

fn by_hand(tables: Vec<Table>) -> Frame {
    let rows = tables.iter().map(|t| t.rows).sum();
    let body = Body { strings: vec!["x".to_owned()], tables }.encode_to_vec();
    Frame {
        epoch: 7,
        first_seq: 1,
        rows,
        schema_version: 9,
        body_bytes: u32::try_from(body.len()).unwrap(),
        body,
        ..Frame::default()
    }
}

fn seqs(a: &Admitted) -> Vec<u64> {
    a.rows.iter().map(|(seq, _)| *seq).collect()
}

fn refused(a: &Admitted) -> Vec<(u64, u64, &'static str)> {
    a.refusals.iter().map(|r| (r.first_seq, r.count, r.reason.word())).collect()
}

#[test]
fn the_reasons_are_those_that_the_schema_lists() {
    let words: Vec<&str> = Reason::ALL.iter().map(|r| r.word()).collect();
    // Figures are kept by this place in the list.
    assert!(Reason::ALL.iter().enumerate().all(|(i, r)| *r as usize == i));
    let rejected = entity("rejected").unwrap();
    let field = &rejected.fields[rejected.field_index("reason").unwrap()];
    let listed = field.description.trim_end_matches('.').replace(" or ", ", ");
    assert_eq!(words.join(", "), listed);
    assert!(words.iter().all(|w| w.len() <= field.max_len));
}

#[test]
fn good_rows_of_several_tables_keep_their_numbers() {
    let event = StreamTrace {
        event_id: Uuid::from_u128(1),
        origin: "organic".into(),
        trace_type: "gateway_receive_stream_request".into(),
        ..StreamTrace::default()
    };
    let rows = [host().at(NOW), host().at(NOW + 1), event.at(NOW)];
    let admitted = admit(&rows);
    assert_eq!(admitted.refusals, []);
    assert_eq!(seqs(&admitted), [1, 2, 3]);
    assert_eq!(admitted.newest_us(), Some(NOW + 1));
}

#[test]
fn time_has_two_borders_and_a_token_moves_one() {
    let at = |ts| host().at(ts);
    let edges = [NOW + limits::AHEAD_US, NOW - limits::BEHIND_US];
    assert_eq!(seqs(&admit(&edges.map(at))), [1, 2]);
    let beyond = [NOW + limits::AHEAD_US + 1, NOW - limits::BEHIND_US - 1, i64::MIN, i64::MAX];
    let admitted = admit(&beyond.map(at));
    assert_eq!(refused(&admitted), [(1, 1, "too_new"), (2, 2, "too_old"), (4, 1, "too_new")]);
    let detail = &admitted.refusals[0].detail;
    assert!(detail.contains("300 s") && detail.contains("clock"), "{detail}");
    let detail = &admitted.refusals[1].detail;
    assert!(detail.contains("14 days") && detail.contains("--accept-old"), "{detail}");

    let old = Gate { accept_old: true, ..GATE };
    let rows = [NOW - 300 * limits::DAY_US, NOW - 366 * limits::DAY_US].map(at);
    let admitted = old.frame(&encode(7, 1, SCHEMA_VERSION, &rows));
    assert_eq!(seqs(&admitted), [1]);
    assert_eq!(refused(&admitted), [(2, 1, "too_old")]);
}

#[test]
fn one_bad_row_costs_no_other_and_is_named_with_value_and_limit() {
    let wild = Host { cpu_busy_ratio: Some(7.5), ..Host::default() };
    let long = Host { kernel: Some("k".repeat(9000).into()), ..Host::default() };
    let rows = [host().at(NOW), wild.at(NOW), long.at(NOW), host().at(NOW)];
    // The text is longer than a frame allows, so it goes in as plain rows do.
    let mut out = Admitted::default();
    for (seq, row) in (1..).zip(rows) {
        GATE.row(seq, row, &mut out);
    }
    assert_eq!(seqs(&out), [1, 4]);
    assert_eq!(refused(&out), [(2, 1, "out_of_range"), (3, 1, "too_long")]);
    let detail = &out.refusals[0].detail;
    assert!(["cpu_busy_ratio", "7.5", "0 to 1"].iter().all(|w| detail.contains(w)), "{detail}");
    let kept = out.refusals[0].row.as_deref().unwrap();
    assert!(kept.contains("\"cpu_busy_ratio\":7.5"), "{kept}");
    let detail = &out.refusals[1].detail;
    assert!(detail.contains("9000"), "{detail}");
    assert!(out.refusals[1].row.as_deref().unwrap().len() <= limits::REJECTED_ROW_BYTES);
}

#[test]
fn a_required_field_and_a_type_are_checked() {
    let plain = |entity: &str, values: &[(&str, plain_value::Value)]| PlainRow {
        entity: entity.to_owned(),
        ts_us: NOW,
        values: values
            .iter()
            .map(|(k, v)| ((*k).to_owned(), PlainValue { value: Some(v.clone()) }))
            .collect(),
    };
    let text = |s: &str| plain_value::Value::Text(s.to_owned());
    let rows = vec![
        plain("host", &[("cpu_busy_ratio", plain_value::Value::Integer(1))]),
        plain("host", &[("cpu_busy_ratio", text("much"))]),
        plain("stream_trace", &[]),
        plain("stream_trace", &[("event_id", text("no uuid"))]),
        plain("host", &[("cpu\u{7}busy", plain_value::Value::Number(0.1))]),
        plain("ledger", &[]),
        plain("<img src=x>", &[]),
        plain("host", &[("cpu_busy_ratio", plain_value::Value::Number(f64::NAN))]),
        plain("host", &[("mem_used_bytes", plain_value::Value::Integer(i64::MIN))]),
    ];
    let admitted = GATE.plain(rows, 1);
    assert_eq!(seqs(&admitted), [1]);
    assert_eq!(
        refused(&admitted),
        [
            (2, 1, "bad_type"),
            (3, 1, "missing_field"),
            (4, 1, "bad_type"),
            (5, 1, "unknown_field"),
            (6, 1, "not_yours"),
            (7, 1, "unknown_entity"),
            (8, 1, "out_of_range"),
            (9, 1, "out_of_range"),
        ]
    );
    assert!(admitted.refusals.iter().all(|r| !r.detail.contains('\u{7}')));
    assert!(admitted.refusals[5].detail.contains("<img"));
}

#[test]
fn unknown_entities_and_fields_are_named_and_cost_only_their_rows() {
    let table = |entity, columns| Table { entity, rows: 2, ts_deltas: vec![NOW, 1], columns };
    let strange = Column { field: 999, present: vec![0b10], deltas: vec![5], ..Column::default() };
    let frame = by_hand(vec![
        table(9999, vec![]),
        table(HOST.number, vec![strange]),
        table(LEDGER.number, vec![]),
    ]);
    let admitted = GATE.frame(&frame);
    // Only the second row has a value in the strange column.
    assert_eq!(seqs(&admitted), [3]);
    assert_eq!(
        refused(&admitted),
        [(1, 2, "unknown_entity"), (4, 1, "unknown_field"), (5, 2, "not_yours")]
    );
    assert!(admitted.refusals[0].detail.contains("9999"));
    assert!(
        admitted.refusals[1].detail.contains("999") && admitted.refusals[1].detail.contains("host")
    );
}

#[test]
fn a_frame_that_cannot_be_read_is_refused_for_what_it_claims() {
    let nonsense = Frame {
        epoch: 7,
        first_seq: 5,
        rows: 3,
        encoding: 1,
        body: vec![1, 2, 3],
        body_bytes: 900,
        ..Frame::default()
    };
    let admitted = GATE.frame(&nonsense);
    assert_eq!(refused(&admitted), [(5, 3, "bad_frame")]);
    let greedy = Frame { rows: u32::MAX, ..nonsense.clone() };
    let most = naap_schema::limits::MAX_FRAME_ROWS as u64;
    assert_eq!(refused(&GATE.frame(&greedy)), [(5, most, "bad_frame")]);
    let heavy = Frame { body: vec![0; (1 << 20) + 1], ..nonsense.clone() };
    let admitted = GATE.frame(&heavy);
    assert!(admitted.refusals[0].detail.contains("1048576"), "{:?}", admitted.refusals);
    for nowhere in [
        Frame { epoch: 0, ..nonsense.clone() },
        Frame { epoch: u64::MAX, ..nonsense.clone() },
        Frame { first_seq: 0, ..nonsense.clone() },
        Frame { first_seq: u64::MAX, ..nonsense.clone() },
    ] {
        assert!(!has_place(&nowhere), "{nowhere:?}");
        assert_eq!(GATE.frame(&nowhere).refusals.len(), 1);
    }
    assert!(has_place(&nonsense));
}

#[test]
fn a_small_frame_with_a_lot_of_text_is_refused() {
    let entity = entity("stream_trace").unwrap();
    let field = entity.fields.iter().find(|f| f.name == "message").unwrap().number;
    let rows: u32 = 10_000;
    let table = Table {
        entity: entity.number,
        rows,
        ts_deltas: std::iter::once(NOW).chain(std::iter::repeat_n(0, rows as usize - 1)).collect(),
        columns: vec![Column { field, strings: vec![0; rows as usize], ..Column::default() }],
    };
    let body = Body { strings: vec!["x".repeat(8000)], tables: vec![table] }.encode_to_vec();
    let body_bytes = u32::try_from(body.len()).unwrap();
    let frame = Frame { epoch: 7, first_seq: 1, rows, body, body_bytes, ..Frame::default() };
    let admitted = GATE.frame(&frame);
    assert_eq!(refused(&admitted), [(1, u64::from(rows), "bad_frame")]);
    assert!(admitted.refusals[0].detail.contains("80000000"), "{:?}", admitted.refusals);
}

#[test]
fn control_characters_are_replaced_and_the_row_is_taken() {
    let row = Host { kernel: Some("a\u{0}b\tc\nd\u{1b}[31m".into()), ..Host::default() };
    let admitted = admit(&[row.at(NOW)]);
    let Some(Value::Text(kernel)) = admitted.rows[0].1.get("kernel") else { panic!() };
    assert_eq!(&**kernel, "a\u{fffd}b\tc\nd\u{fffd}[31m");
}

#[test]
fn rows_refused_alike_become_one_range() {
    let wild = |v| Host { cpu_busy_ratio: Some(v), ..Host::default() }.at(NOW);
    let far = Host { load_1m: Some(-1.0), ..Host::default() }.at(NOW);
    let rows = [wild(2.0), wild(3.0), far, wild(4.0), host().at(NOW), wild(5.0)];
    assert_eq!(
        refused(&admit(&rows)),
        [
            (1, 2, "out_of_range"),
            (3, 1, "out_of_range"),
            (4, 1, "out_of_range"),
            (6, 1, "out_of_range")
        ]
    );
}

#[test]
fn refusals_of_the_store_are_put_in_order_and_joined() {
    let row = host().at(NOW);
    let refusal = |seq| Refusal::by_store(seq, &row, "no\nway", true);
    let merged = merged(vec![refusal(9), refusal(2), refusal(1), refusal(3)]);
    let ranges: Vec<(u64, u64)> = merged.iter().map(|r| (r.first_seq, r.count)).collect();
    assert_eq!(ranges, [(1, 3), (9, 1)]);
    assert_eq!(merged[0].detail, "no way");
}

proptest::proptest! {
    #[test]
    fn whatever_comes_every_number_is_in_exactly_one_place(
        body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
        rows in 0u32..50,
        times in proptest::collection::vec(-2_000_000_000_000_000i64..2_000_000_000_000_000, 1..50),
    ) {
        let size = u32::try_from(body.len()).unwrap();
        let noise = Frame { epoch: 7, first_seq: 1, rows, body, body_bytes: size, ..Frame::default() };
        let good: Vec<Row> = times.iter().map(|t| host().at(NOW + t)).collect();
        let n = u32::try_from(good.len()).unwrap();
        for (frame, rows) in [(noise, rows), (encode(7, 1, SCHEMA_VERSION, &good), n)] {
            let admitted = GATE.frame(&frame);
            let mut all = seqs(&admitted);
            for r in &admitted.refusals {
                all.extend(r.first_seq..r.first_seq + r.count);
            }
            all.sort_unstable();
            proptest::prop_assert_eq!(all, (1..=u64::from(rows)).collect::<Vec<_>>());
        }
    }
}

/// What released agents sent, by frame format and schema version, is taken by this collector, row
/// by row. The files are the schema crate's golden frames.
#[test]
fn frames_of_every_released_agent_are_admitted() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/tests/golden");
    let mut seen = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.starts_with("format") {
            continue;
        }
        seen += 1;
        let hex: String = std::fs::read_to_string(&file).unwrap().split_whitespace().collect();
        let frame = Frame::decode(hex::decode(hex).unwrap().as_slice()).unwrap();
        let gate = Gate { now_us: 1_790_000_010_000_000, accept_old: false };
        let admitted = gate.frame(&frame);
        assert_eq!(admitted.refusals, [], "{name}");
        assert!(frame.rows >= 64, "{name} holds {} rows", frame.rows);
        assert_eq!(seqs(&admitted), (1..=frame.rows.into()).collect::<Vec<u64>>(), "{name}");
    }
    assert!(seen >= 3, "only {seen} golden frames");
}

#[test]
fn what_a_newer_agent_adds_is_refused_by_name_in_every_format() {
    static FIELDS: [naap_schema::FieldDef; 2] = [
        naap_schema::FieldDef { ..HOST.fields[2] },
        naap_schema::FieldDef { number: 999, ..HOST.fields[2] },
    ];
    static HOST_99: EntityDef = EntityDef { fields: &FIELDS, ..HOST };
    static NEW_99: EntityDef = EntityDef { number: 9999, fields: &FIELDS, ..HOST };
    let row = |entity, a, b| {
        let value = |i: Option<i64>| i.map(Value::I64);
        Row { entity, ts_us: NOW, values: vec![value(a), value(b)] }
    };
    let rows = [
        row(&HOST_99, Some(8), None),
        row(&HOST_99, Some(8), Some(1)),
        row(&NEW_99, Some(8), None),
        row(&HOST_99, Some(9), None),
    ];
    for format in 1..=naap_schema::frame::FORMAT {
        let frame = naap_schema::frame::encode_as(format, 7, 1, 99, &rows);
        let admitted = GATE.frame(&frame);
        assert_eq!(seqs(&admitted), [1, 4]);
        assert_eq!(admitted.rows[0].1.get("cpu_count"), Some(&Value::I64(8)));
        assert_eq!(refused(&admitted), [(2, 1, "unknown_field"), (3, 1, "unknown_entity")]);
    }
    let newer = Frame { format: 3, ..encode(7, 1, 99, &rows) };
    let admitted = GATE.frame(&newer);
    assert_eq!(refused(&admitted), [(1, 4, "bad_frame")]);
    assert!(admitted.refusals[0].detail.contains("format 3"), "{:?}", admitted.refusals);
}
