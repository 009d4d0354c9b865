//! The same rows as others send them.
//!
//! Both peers get the better end of each choice. OTLP: no start times, no descriptions, keys as the
//! only attributes of a number, all texts of a row in one data point. Arrow: no nulls where a
//! column is full, one stream per entity. Both are compressed as one piece.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use arrow_array::builder::{FixedSizeBinaryBuilder, Float64Builder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Schema};
use naap_schema::{EntityDef, FieldType, Kind, Row, Value};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
    metric, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;

/// zstd's level where speed matters.
pub(crate) const LEVEL: i32 = 1;

/// The rows as an OTLP request.
pub(crate) fn otlp(rows: &[Row]) -> Vec<u8> {
    let mut metrics = Vec::new();
    for rows in rows.chunk_by(|a, b| a.entity.number == b.entity.number) {
        let entity = rows[0].entity;
        let numbers =
            |f: FieldType| !matches!(f, FieldType::Symbol | FieldType::Text | FieldType::Uuid);
        for (i, field) in entity.fields.iter().enumerate().filter(|(_, f)| numbers(f.ty)) {
            let points: Vec<NumberDataPoint> = rows
                .iter()
                .filter_map(|row| Some(point(row, true, number(row.values[i].as_ref()?)?)))
                .collect();
            if !points.is_empty() {
                let name = format!("{}.{}", entity.name, field.name);
                metrics.push(metric(name, field.unit, field.kind, points));
            }
        }
        let texts =
            |r: &Row| r.values.iter().any(|v| matches!(v, Some(Value::Text(_) | Value::Uuid(_))));
        let points: Vec<NumberDataPoint> = rows
            .iter()
            .filter(|r| texts(r))
            .map(|row| point(row, false, number_data_point::Value::AsInt(1)))
            .collect();
        if !points.is_empty() {
            metrics.push(metric(format!("{}.info", entity.name), "", Kind::Gauge, points));
        }
    }
    let scope_metrics = vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }];
    let resource = Resource { attributes: vec![text("node", "gpu-node-1")], ..Resource::default() };
    let resource_metrics = vec![ResourceMetrics {
        resource: Some(resource),
        scope_metrics,
        ..ResourceMetrics::default()
    }];
    ExportMetricsServiceRequest { resource_metrics }.encode_to_vec()
}

/// Reads what [`otlp`] made; how many points there are.
pub(crate) fn read_otlp(bytes: &[u8]) -> Result<usize> {
    let request = ExportMetricsServiceRequest::decode(bytes).context("an OTLP request")?;
    let metrics = request.resource_metrics.iter().flat_map(|r| &r.scope_metrics);
    let points = metrics.flat_map(|s| &s.metrics).map(|m| match &m.data {
        Some(metric::Data::Gauge(g)) => g.data_points.len(),
        Some(metric::Data::Sum(s)) => s.data_points.len(),
        _ => 0,
    });
    Ok(points.sum())
}

fn metric(name: String, unit: &str, kind: Kind, data_points: Vec<NumberDataPoint>) -> Metric {
    let sum = |temporality: AggregationTemporality, data_points| {
        let aggregation_temporality = temporality.into();
        metric::Data::Sum(Sum { data_points, aggregation_temporality, is_monotonic: true })
    };
    let data = match kind {
        Kind::Counter => sum(AggregationTemporality::Cumulative, data_points),
        Kind::Delta => sum(AggregationTemporality::Delta, data_points),
        _ => metric::Data::Gauge(Gauge { data_points }),
    };
    Metric { name, unit: unit.to_owned(), data: Some(data), ..Metric::default() }
}

fn point(row: &Row, keys: bool, value: number_data_point::Value) -> NumberDataPoint {
    let fields = row.entity.fields.iter().zip(&row.values);
    let attributes = fields
        .filter(|(field, _)| !keys || field.key)
        .filter_map(|(field, value)| match value {
            Some(Value::Text(t)) => Some(text(field.name, t)),
            Some(Value::Uuid(u)) => Some(text(field.name, &u.to_string())),
            Some(Value::I64(i)) if keys => Some(KeyValue {
                key: field.name.to_owned(),
                value: Some(AnyValue { value: Some(any_value::Value::IntValue(*i)) }),
                ..KeyValue::default()
            }),
            _ => None,
        })
        .collect();
    let time_unix_nano = u64::try_from(row.ts_us).unwrap_or_default() * 1000;
    NumberDataPoint { attributes, time_unix_nano, value: Some(value), ..NumberDataPoint::default() }
}

fn number(value: &Value) -> Option<number_data_point::Value> {
    match value {
        Value::I64(i) => Some(number_data_point::Value::AsInt(*i)),
        Value::F64(x) => Some(number_data_point::Value::AsDouble(*x)),
        Value::Text(_) | Value::Uuid(_) => None,
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = any_value::Value::StringValue(value.to_owned());
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

/// The rows as Arrow IPC streams, one per entity, each after its length.
pub(crate) fn arrow(rows: &[Row]) -> Result<Vec<u8>> {
    let mut by_entity: BTreeMap<u32, Vec<&Row>> = BTreeMap::new();
    rows.iter().for_each(|r| by_entity.entry(r.entity.number).or_default().push(r));
    let mut out = Vec::new();
    for rows in by_entity.values() {
        let batch = batch(rows[0].entity, rows)?;
        let mut stream = StreamWriter::try_new(Vec::new(), &batch.schema())?;
        stream.write(&batch)?;
        let stream = stream.into_inner()?;
        out.extend(u32::try_from(stream.len())?.to_le_bytes());
        out.extend(stream);
    }
    Ok(out)
}

/// Reads what [`arrow`] made; how many values there are.
pub(crate) fn read_arrow(mut bytes: &[u8]) -> Result<usize> {
    let mut values = 0;
    while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
        let (stream, rest) = rest
            .split_at_checked(usize::try_from(u32::from_le_bytes(*length))?)
            .context("a whole stream")?;
        for batch in StreamReader::try_new(stream, None)? {
            let batch = batch?;
            // Without the times.
            values +=
                batch.columns().iter().skip(1).map(|c| c.len() - c.null_count()).sum::<usize>();
        }
        bytes = rest;
    }
    Ok(values)
}

fn batch(entity: &EntityDef, rows: &[&Row]) -> Result<RecordBatch> {
    let times: Int64Array = rows.iter().map(|r| r.ts_us).collect::<Vec<_>>().into();
    let mut fields = vec![Field::new("ts", DataType::Int64, false)];
    let mut columns: Vec<ArrayRef> = vec![Arc::new(times)];
    for (i, field) in entity.fields.iter().enumerate() {
        if rows.iter().any(|r| r.values[i].is_some()) {
            let column = column(field.ty, rows.iter().map(|r| r.values[i].as_ref()))?;
            let nullable = column.null_count() > 0;
            fields.push(Field::new(field.name, column.data_type().clone(), nullable));
            columns.push(column);
        }
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

fn column<'a>(ty: FieldType, values: impl Iterator<Item = Option<&'a Value>>) -> Result<ArrayRef> {
    Ok(match ty {
        FieldType::I64 | FieldType::Timestamp => {
            let mut out = Int64Builder::new();
            values.for_each(|v| {
                out.append_option(if let Some(Value::I64(i)) = v { Some(*i) } else { None })
            });
            Arc::new(out.finish())
        }
        FieldType::F64 => {
            let mut out = Float64Builder::new();
            values.for_each(|v| {
                out.append_option(if let Some(Value::F64(x)) = v { Some(*x) } else { None })
            });
            Arc::new(out.finish())
        }
        FieldType::Symbol | FieldType::Text => {
            let mut out = StringBuilder::new();
            values.for_each(|v| {
                out.append_option(if let Some(Value::Text(t)) = v { Some(t) } else { None })
            });
            Arc::new(out.finish())
        }
        FieldType::Uuid => {
            let mut out = FixedSizeBinaryBuilder::new(16);
            for value in values {
                match value {
                    Some(Value::Uuid(u)) => out.append_value(u.as_bytes())?,
                    _ => out.append_null(),
                }
            }
            Arc::new(out.finish())
        }
    })
}

/// Compressed for speed.
pub(crate) fn squeeze(bytes: &[u8]) -> Result<Vec<u8>> {
    zstd::bulk::compress(bytes, LEVEL).context("zstd compresses")
}

/// The smaller of levels 1 and 3, bytes.
pub(crate) fn squeezed(bytes: &[u8]) -> Result<usize> {
    let three = zstd::bulk::compress(bytes, 3).context("zstd compresses")?;
    Ok(squeeze(bytes)?.len().min(three.len()))
}

/// Back from [`squeeze`].
pub(crate) fn stretch(bytes: &[u8]) -> Result<Vec<u8>> {
    let size = zstd::zstd_safe::get_frame_content_size(bytes).ok().flatten();
    let size = usize::try_from(size.context("the size is written")?)?;
    zstd::bulk::decompress(bytes, size).context("zstd decompresses")
}
