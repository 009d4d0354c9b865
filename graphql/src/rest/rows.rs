//! From an answer of GraphQL to rows.

use serde_json::{Map, Value};

use super::shape::{Column, OTHER, Shape, Source};

/// Rows under their columns.
#[derive(Debug)]
pub(super) struct Table {
    /// The columns that these rows have.
    pub(super) columns: Vec<Column>,
    /// As many cells as columns each.
    pub(super) rows: Vec<Vec<Value>>,
    /// What the rows are: window, freshness and the like, as GraphQL names it.
    pub(super) meta: Map<String, Value>,
    /// Where the page ends, if it is one.
    pub(super) page: Option<Value>,
}

impl Table {
    /// The rows of what the field gave, grouped by these dimensions.
    pub(super) fn new(shape: &Shape, by: &[String], mut root: Value) -> Self {
        let wanted = |c: &&Column| match &c.from {
            Source::Key(word) => by.contains(word),
            Source::Row(_) | Source::Around(_) | Source::Other => true,
        };
        let columns: Vec<Column> = shape.columns.iter().filter(wanted).cloned().collect();
        let mut rows = Vec::new();
        let mut take = |steps: &[String], other: bool| {
            walk(&root, steps, &Value::Null, &mut |row, around| {
                rows.push(columns.iter().map(|c| cell(&c.from, row, around, other)).collect());
            });
        };
        take(&shape.steps, false);
        if let Some((_, rest)) = shape.steps.split_first().filter(|_| shape.other) {
            take(&[&[OTHER.to_owned()], rest].concat(), true);
        }
        let taken = |name: &String| (name.clone(), root[name.as_str()].take());
        let meta = shape.meta.iter().map(taken).collect();
        let page = shape.paged.then(|| root["pageInfo"].take());
        Self { columns, rows, meta, page }
    }

    /// Where the next page begins.
    pub(super) fn next(&self) -> Option<&str> {
        let page = self.page.as_ref().filter(|p| p["hasNextPage"] == true)?;
        page["endCursor"].as_str()
    }
}

/// Visits every object at the end of the steps, with the object around it.
fn walk(value: &Value, steps: &[String], around: &Value, row: &mut impl FnMut(&Value, &Value)) {
    match (value, steps.split_first()) {
        (Value::Array(items), _) => items.iter().for_each(|item| walk(item, steps, around, row)),
        (Value::Object(_), None) => row(value, around),
        (Value::Object(object), Some((step, rest))) => {
            if let Some(next) = object.get(step) {
                walk(next, rest, value, row);
            }
        }
        _ => {}
    }
}

fn cell(from: &Source, row: &Value, around: &Value, other: bool) -> Value {
    match from {
        Source::Row(path) => path.iter().fold(row, |value, name| &value[name.as_str()]).clone(),
        Source::Around(name) => around[name.as_str()].clone(),
        Source::Other => other.into(),
        Source::Key(word) => {
            let key = around["key"].as_array().into_iter().flatten();
            let part = key.filter(|part| part["dimension"] == word.as_str());
            part.map(|part| part["value"].clone()).next().unwrap_or_default()
        }
    }
}
