//! What a document may cost, decided before anything is spent on it.
//!
//! The library's own limits come after its parser and validator, which a hostile document can
//! keep busy for long. So: one linear scan first, then one parse, then a count in which each
//! fragment is counted once. May touch only the text; must never execute anything.

use std::collections::HashMap;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, ServerError, Value, parser::parse_query};

use crate::limits;

/// A refusal: which limit, how much came, how much is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Over a limit.
    #[error("the query has {actual} {what}, the limit is {limit}; {way_out}")]
    TooLarge {
        /// Stable code.
        code: &'static str,
        /// What there is too much of.
        what: &'static str,
        /// How much.
        actual: u64,
        /// How much is allowed.
        limit: u64,
        /// What to do.
        way_out: &'static str,
    },
    /// No document.
    #[error("the query is no GraphQL: {0}")]
    Syntax(String),
    /// A fragment that contains itself.
    #[error("fragment `{0}` contains itself")]
    Cycle(String),
}

impl Refusal {
    /// The stable code of the refusal.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { code, .. } => code,
            Self::Syntax(_) => "SYNTAX_ERROR",
            Self::Cycle(_) => "FRAGMENT_CYCLE",
        }
    }

    /// As a GraphQL error, with code, limit and actual in its extensions.
    pub fn into_error(self) -> ServerError {
        let mut error = ServerError::new(self.to_string(), None);
        let mut extensions = async_graphql::ErrorExtensionValues::default();
        extensions.set("code", self.code());
        if let Self::TooLarge { actual, limit, .. } = self {
            extensions.set("limit", Value::from(limit));
            extensions.set("actual", Value::from(actual));
        }
        error.extensions = Some(extensions);
        error
    }
}

fn at_most(
    code: &'static str,
    what: &'static str,
    actual: u64,
    limit: u64,
    way_out: &'static str,
) -> Result<(), Refusal> {
    if actual > limit {
        Err(Refusal::TooLarge { code, what, actual, limit, way_out })
    } else {
        Ok(())
    }
}

/// Checks and parses a document.
///
/// # Errors
/// The first limit that it is over, or what is wrong with it.
pub fn check(document: &str) -> Result<ExecutableDocument, Refusal> {
    at_most(
        "QUERY_TOO_LARGE",
        "bytes",
        document.len() as u64,
        limits::DOCUMENT_BYTES as u64,
        "send several smaller queries",
    )?;
    scan(document.as_bytes())?;
    let parsed = parse_query(document).map_err(|e| Refusal::Syntax(e.to_string()))?;
    count(&parsed)?;
    Ok(parsed)
}

/// Counts tokens and nesting without a parser: strings, block strings and comments are skipped as
/// the language says.
fn scan(bytes: &[u8]) -> Result<(), Refusal> {
    let (mut i, mut tokens, mut depth, mut deepest) = (0, 0u64, 0u64, 0u64);
    while let Some(&b) = bytes.get(i) {
        match b {
            b'#' => i = skip_line(bytes, i),
            b'"' => {
                tokens += 1;
                i = skip_string(bytes, i);
            }
            b'{' | b'[' | b'(' => {
                tokens += 1;
                depth += 1;
                deepest = deepest.max(depth);
                i += 1;
            }
            b'}' | b']' | b')' => {
                tokens += 1;
                depth = depth.saturating_sub(1);
                i += 1;
            }
            b if b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+') => {
                tokens += 1;
                i += 1;
                let word =
                    |b: &u8| b.is_ascii_alphanumeric() || matches!(*b, b'_' | b'.' | b'-' | b'+');
                while bytes.get(i).is_some_and(word) {
                    i += 1;
                }
            }
            b' ' | b'\t' | b'\r' | b'\n' | b',' => i += 1,
            _ => {
                tokens += 1;
                i += 1;
            }
        }
        at_most(
            "QUERY_TOO_DEEP",
            "levels of brackets",
            deepest,
            limits::NESTING as u64,
            "nest less",
        )?;
        at_most(
            "QUERY_TOO_MANY_TOKENS",
            "tokens",
            tokens,
            limits::TOKENS as u64,
            "send several smaller queries",
        )?;
    }
    Ok(())
}

fn skip_line(bytes: &[u8], from: usize) -> usize {
    bytes
        .iter()
        .skip(from)
        .position(|b| matches!(b, b'\n' | b'\r'))
        .map_or(bytes.len(), |n| from + n)
}

fn skip_string(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let (open, block) = if rest.starts_with(b"\"\"\"") { (3, true) } else { (1, false) };
    let mut i = from + open;
    while let Some(&b) = bytes.get(i) {
        let tail = bytes.get(i..).unwrap_or_default();
        if block && tail.starts_with(b"\\\"\"\"") {
            i += 4;
        } else if block && tail.starts_with(b"\"\"\"") {
            return i + 3;
        } else if !block && b == b'\\' {
            i += 2;
        } else if !block && matches!(b, b'"' | b'\n') {
            return i + 1;
        } else {
            i += 1;
        }
    }
    bytes.len()
}

/// Fields of a selection once all fragments are put in, and fields at its own level.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    all: u64,
    here: u64,
}

struct Counter<'a> {
    document: &'a ExecutableDocument,
    /// `None` while a fragment is being counted: meeting it again is a cycle.
    known: HashMap<&'a Name, Option<Size>>,
}

fn count(document: &ExecutableDocument) -> Result<(), Refusal> {
    let mut counter = Counter { document, known: HashMap::new() };
    let operations: Vec<_> = match &document.operations {
        DocumentOperations::Single(op) => vec![&op.node.selection_set],
        DocumentOperations::Multiple(ops) => ops.values().map(|o| &o.node.selection_set).collect(),
    };
    for set in operations {
        let size = counter.set(set)?;
        at_most("TOO_MANY_FIELDS", "fields", size.all, limits::FIELDS, "ask for fewer fields")?;
        at_most(
            "TOO_MANY_ROOT_FIELDS",
            "fields at its root",
            size.here,
            limits::ROOT_FIELDS,
            "send several queries",
        )?;
    }
    Ok(())
}

impl<'a> Counter<'a> {
    fn set(&mut self, set: &'a Positioned<SelectionSet>) -> Result<Size, Refusal> {
        let mut size = Size::default();
        for selection in &set.node.items {
            let more = match &selection.node {
                Selection::Field(field) => {
                    let inner = self.set(&field.node.selection_set)?;
                    Size { all: inner.all.saturating_add(1), here: 1 }
                }
                Selection::InlineFragment(fragment) => self.set(&fragment.node.selection_set)?,
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node)?
                }
            };
            size.all = size.all.saturating_add(more.all);
            size.here = size.here.saturating_add(more.here);
        }
        Ok(size)
    }

    fn fragment(&mut self, name: &'a Name) -> Result<Size, Refusal> {
        match self.known.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => return Err(Refusal::Cycle(name.to_string())),
            None => {}
        }
        // An unknown fragment is the validator's to refuse.
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else {
            return Ok(Size::default());
        };
        self.known.insert(name, None);
        let size = self.set(&fragment.node.selection_set)?;
        self.known.insert(name, Some(size));
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(document: &str) -> &'static str {
        match check(document) {
            Ok(_) => "ok",
            Err(e) => e.code(),
        }
    }

    #[test]
    fn ordinary_documents_pass() {
        assert_eq!(code("{ status { ok } }"), "ok");
        assert_eq!(code("query A($n: Int) { nodes(first: $n) { nodes { name } } } # }}}}"), "ok");
        assert_eq!(code(r#"{ node(name: "a \" { { {") { name } }"#), "ok");
        assert_eq!(code("{ node(name: \"\"\"a \" \\\"\"\" {{{\"\"\") { name } }"), "ok");
    }

    #[test]
    fn what_is_too_much_is_named() {
        assert_eq!(code(&"{a".repeat(40)), "QUERY_TOO_DEEP");
        assert_eq!(code(&format!("{{ a(b: {}) }}", "[".repeat(40))), "QUERY_TOO_DEEP");
        assert_eq!(code(&"{ a }".repeat(1400)), "QUERY_TOO_MANY_TOKENS");
        assert_eq!(code(&" ".repeat(20_000)), "QUERY_TOO_LARGE");
        let aliases: String = (0..30).map(|i| format!("a{i}: status {{ ok }} ")).collect();
        assert_eq!(code(&format!("{{ {aliases} }}")), "TOO_MANY_ROOT_FIELDS");
        assert_eq!(code("{ status {"), "SYNTAX_ERROR");
    }

    #[test]
    fn fragments_that_multiply_are_counted_not_expanded() {
        let mut document = String::from("{ status { ...F0 } } ");
        for i in 0..30 {
            document += &format!("fragment F{i} on Status {{ ...F{0} ...F{0} }} ", i + 1);
        }
        document += "fragment F30 on Status { ok }";
        assert_eq!(code(&document), "TOO_MANY_FIELDS");
        let cycle =
            "{ status { ...A } } fragment A on Status { ...B } fragment B on Status { ...A }";
        assert_eq!(code(cycle), "FRAGMENT_CYCLE");
    }
}
