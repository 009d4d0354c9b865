//! One Parquet file, written as rows come. The same rows give the same bytes: settings are fixed,
//! and nothing in the file says when or where it was written.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, Float64Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use naap_schema::{FieldType, Value};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use sha2::{Digest, Sha256};

use super::manifest::Built;
use super::subjects::{Column, Subject};
use crate::limits;
use crate::read::datasets::DatasetRow;

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// The disk.
    #[error("cannot write the file")]
    Write(#[from] io::Error),
    /// The rows do not fit their columns.
    #[error("the rows do not fit their columns")]
    Rows(#[from] ArrowError),
    /// The format.
    #[error("the rows cannot be written as Parquet")]
    Parquet(#[from] ParquetError),
}

/// Rows that are handed on together, column by column.
#[derive(Debug)]
pub(crate) struct Batch {
    schema: Arc<Schema>,
    columns: Vec<Builder>,
    rows: usize,
    formula: Option<usize>,
    formulas: BTreeSet<Arc<str>>,
}

#[derive(Debug)]
enum Builder {
    I64(Int64Builder),
    F64(Float64Builder),
    Text(StringBuilder),
    Time(TimestampMicrosecondBuilder),
}

impl Builder {
    fn new(ty: FieldType) -> Self {
        match ty {
            FieldType::I64 => Self::I64(Int64Builder::new()),
            FieldType::F64 => Self::F64(Float64Builder::new()),
            FieldType::Symbol | FieldType::Text | FieldType::Uuid => {
                Self::Text(StringBuilder::new())
            }
            FieldType::Timestamp => {
                Self::Time(TimestampMicrosecondBuilder::new().with_timezone("UTC"))
            }
        }
    }

    /// A value of another type is unknown: the database would have to answer against its schema.
    fn push(&mut self, value: Option<&Value>) {
        match (self, value) {
            (Self::I64(b), Some(Value::I64(n))) => b.append_value(*n),
            (Self::I64(b), _) => b.append_null(),
            (Self::F64(b), Some(Value::F64(x))) => b.append_value(*x),
            (Self::F64(b), _) => b.append_null(),
            (Self::Text(b), Some(Value::Text(text))) => b.append_value(text),
            (Self::Text(b), Some(Value::Uuid(id))) => b.append_value(id.to_string()),
            (Self::Text(b), _) => b.append_null(),
            (Self::Time(b), Some(Value::I64(us))) => b.append_value(*us),
            (Self::Time(b), _) => b.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::I64(b) => ArrayBuilder::finish(b),
            Self::F64(b) => ArrayBuilder::finish(b),
            Self::Text(b) => ArrayBuilder::finish(b),
            Self::Time(b) => ArrayBuilder::finish(b),
        }
    }
}

/// The columns of a file as Arrow has them; each says its unit.
fn schema(columns: &[Column]) -> Arc<Schema> {
    let time = || DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let field = |c: &Column| {
        let ty = match c.ty {
            FieldType::I64 => DataType::Int64,
            FieldType::F64 => DataType::Float64,
            FieldType::Symbol | FieldType::Text | FieldType::Uuid => DataType::Utf8,
            FieldType::Timestamp => time(),
        };
        // One entry only: several would come in an order of their own.
        let unit = HashMap::from([("unit".to_owned(), c.unit.to_owned())]);
        Field::new(c.name, ty, true).with_metadata(unit)
    };
    let ts = Field::new("ts", time(), false);
    Arc::new(Schema::new(std::iter::once(ts).chain(columns.iter().map(field)).collect::<Vec<_>>()))
}

impl Batch {
    pub(crate) fn new(columns: &[Column]) -> Self {
        let types = std::iter::once(FieldType::Timestamp).chain(columns.iter().map(|c| c.ty));
        Self {
            schema: schema(columns),
            columns: types.map(Builder::new).collect(),
            rows: 0,
            formula: columns.iter().position(|c| c.name == "formula"),
            formulas: BTreeSet::new(),
        }
    }

    pub(crate) fn push(&mut self, (ts, values): &DatasetRow) {
        self.rows += 1;
        let formula = self.formula.and_then(|at| values.get(at));
        if let Some(Some(Value::Text(formula))) = formula
            && !self.formulas.contains(formula)
        {
            self.formulas.insert(Arc::clone(formula));
        }
        let ts = Value::I64(*ts);
        let values = std::iter::once(Some(&ts)).chain(values.iter().map(Option::as_ref));
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.push(value);
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// What was pushed so far; it is empty afterwards.
    pub(crate) fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        self.rows = 0;
        let columns = self.columns.iter_mut().map(Builder::finish).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }

    /// Versions of the definitions that its rows had.
    pub(crate) fn into_formulas(self) -> Vec<String> {
        self.formulas.iter().map(|f| (**f).to_owned()).collect()
    }
}

/// Counts and hashes what is written through it.
#[derive(Debug)]
struct Hashing<W> {
    to: W,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.write_all(bytes)?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Writes a file from batches until there are no more, and puts it on disk. Blocks.
pub(crate) fn write(
    path: &Path,
    subject: &Subject,
    mut next: impl FnMut() -> Option<RecordBatch>,
) -> Result<Built, FileError> {
    let to = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let hashing = Hashing { to, hash: Sha256::new(), bytes: 0 };
    let properties = WriterProperties::builder()
        .set_created_by("naap".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_max_row_group_row_count(Some(limits::DATASET_GROUP_ROWS))
        .set_key_value_metadata(Some(vec![KeyValue::new(
            "naap.subject".to_owned(),
            subject.name.to_owned(),
        )]))
        .build();
    let mut writer = ArrowWriter::try_new(hashing, schema(&subject.columns()), Some(properties))?;
    let mut rows = 0;
    while let Some(batch) = next() {
        rows += batch.num_rows() as u64;
        writer.write(&batch)?;
    }
    let mut done = writer.into_inner()?;
    done.flush()?;
    done.to.get_ref().sync_all()?;
    let sha256 = hex::encode(done.hash.finalize());
    Ok(Built { sha256, bytes: done.bytes, rows, formula: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::subjects::{SUBJECTS, subject};
    use uuid::Uuid;

    fn rows(subject: &Subject, n: i64) -> Vec<DatasetRow> {
        let columns = subject.columns();
        let value = |c: &Column, i: i64| match c.ty {
            _ if i % 5 == 1 && c.name != "formula" => None,
            _ if c.name == "formula" => Some(Value::Text("2026.1".into())),
            FieldType::I64 | FieldType::Timestamp => Some(Value::I64(i)),
            FieldType::F64 => Some(Value::F64(0.5)),
            FieldType::Symbol | FieldType::Text => Some(Value::Text(format!("t{i}").into())),
            FieldType::Uuid => Some(Value::Uuid(Uuid::from_u128(7))),
        };
        (0..n).map(|i| (i, columns.iter().map(|c| value(c, i)).collect())).collect()
    }

    /// Writes rows in pieces of a size.
    fn written(path: &Path, subject: &Subject, rows: &[DatasetRow], piece: usize) -> Built {
        let mut batch = Batch::new(&subject.columns());
        let mut batches = Vec::new();
        for chunk in rows.chunks(piece) {
            chunk.iter().for_each(|row| batch.push(row));
            batches.push(batch.take().unwrap());
        }
        assert_eq!(batch.rows(), 0);
        assert_eq!(batch.into_formulas().len(), usize::from(!rows.is_empty()));
        let mut batches = batches.into_iter();
        write(path, subject, || batches.next()).unwrap()
    }

    #[test]
    fn the_same_rows_give_the_same_bytes_of_every_subject() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        for subject in &SUBJECTS {
            let rows = rows(subject, 23);
            let first = written(&path, subject, &rows, 23);
            let bytes = std::fs::read(&path).unwrap();
            assert_eq!(first.sha256, hex::encode(Sha256::digest(&bytes)));
            assert_eq!((first.bytes, first.rows), (bytes.len() as u64, 23));
            let second = written(&path, subject, &rows, 23);
            assert_eq!(first, second, "{}", subject.name);
            let empty = written(&path, subject, &[], 1);
            assert_eq!(empty.rows, 0);
            assert_ne!(empty.sha256, first.sha256);
        }
    }

    #[test]
    fn unknown_is_null_and_what_is_read_back_is_what_was_written() {
        use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let sessions = subject("sessions").unwrap();
        let rows = rows(sessions, 10);
        written(&path, sessions, &rows, 3);
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(&path).unwrap()).unwrap();
        assert_eq!(reader.schema().field_with_name("startup_ms").unwrap().metadata()["unit"], "ms");
        let batches: Result<Vec<_>, _> = reader.build().unwrap().collect();
        let batches = batches.unwrap();
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 10);
        let startup = batches[0].column_by_name("startup_ms").unwrap();
        assert_eq!(arrow_array::Array::null_count(startup), 2);
        assert!(batches[0].column_by_name("void").is_none());
    }
}
