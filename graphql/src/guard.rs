//! What a document and its variables may cost, decided before anything is spent on them.
//!
//! The library's own limits come after its parser and validator, which a hostile document can
//! keep busy for long. So: one linear scan first, then one parse, then a count in which each
//! fragment is counted once. May touch only the text; must never execute anything.

use std::collections::HashMap;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    Directive, DocumentOperations, ExecutableDocument, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned};

use crate::limits;
use crate::refusal::{Code, Refusal};

fn at_most(code: Code, what: &str, actual: u64, limit: u64, hint: &str) -> Result<(), Refusal> {
    if actual <= limit {
        return Ok(());
    }
    let message = format!("{what}: {actual}, at most {limit} are taken");
    Err(Refusal::new(code, message).over(actual, limit).hint(hint))
}

/// Checks and parses a document.
///
/// # Errors
/// The first limit that it is over, or what is wrong with it.
pub fn check(document: &str) -> Result<ExecutableDocument, Refusal> {
    at_most(
        Code::QueryTooLarge,
        "bytes of the query",
        document.len() as u64,
        limits::DOCUMENT_BYTES as u64,
        "send several smaller queries",
    )?;
    scan(document.as_bytes())?;
    let parsed = parse_query(document).map_err(|e| {
        Refusal::new(Code::ParseFailed, format!("the query is no GraphQL: {e}"))
            .hint("the error names line and column")
    })?;
    count(&parsed)?;
    Ok(parsed)
}

/// Checks the JSON text of variables or extensions: its size, and by a linear scan its nesting and how
/// many values it has. Whether it is JSON at all is for its parser to say.
///
/// # Errors
/// The first limit that it is over.
pub fn check_json(text: &str) -> Result<(), Refusal> {
    at_most(
        Code::VariablesTooLarge,
        "bytes of the variables",
        text.len() as u64,
        limits::VARIABLES_BYTES as u64,
        "send fewer or shorter values",
    )?;
    let (mut depth, mut deepest, mut values) = (0u64, 0u64, 1u64);
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        match b {
            b'"' => {
                // To the end of the string; what is behind a backslash does not end it.
                while let Some(b) = bytes.next() {
                    match b {
                        b'\\' => drop(bytes.next()),
                        b'"' => break,
                        _ => {}
                    }
                }
            }
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
                values += 1;
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => values += 1,
            _ => {}
        }
    }
    at_most(
        Code::VariablesTooDeep,
        "levels of the variables",
        deepest,
        limits::NESTING as u64,
        "nest less",
    )?;
    let hint = "send fewer values in one request";
    at_most(Code::VariablesTooMany, "values of the variables", values, limits::VALUES, hint)
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
    }
    at_most(
        Code::QueryTooDeep,
        "levels of brackets",
        deepest,
        limits::NESTING as u64,
        "nest selections and values less",
    )?;
    at_most(
        Code::QueryTooManyTokens,
        "tokens of the query",
        tokens,
        limits::TOKENS as u64,
        "send several smaller queries",
    )
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

/// A selection once all fragments are put in: everything selected, what is at its own level, and how
/// deep it goes.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    all: u64,
    here: u64,
    depth: u64,
}

struct Counter<'a> {
    document: &'a ExecutableDocument,
    /// `None` while a fragment is being counted: meeting it again is a cycle.
    known: HashMap<&'a Name, Option<Size>>,
    aliases: u64,
    directives: u64,
}

fn count(document: &ExecutableDocument) -> Result<(), Refusal> {
    let operations: Vec<&OperationDefinition> = match &document.operations {
        DocumentOperations::Single(op) => vec![&op.node],
        DocumentOperations::Multiple(ops) => ops.values().map(|o| &o.node).collect(),
    };
    at_most(
        Code::TooManyOperations,
        "operations of the document",
        operations.len() as u64,
        limits::OPERATIONS,
        "send only the one that is to run",
    )?;
    // Fragments are counted into each other; this bounds how deep that goes.
    at_most(
        Code::TooManyFragments,
        "fragments of the document",
        document.fragments.len() as u64,
        limits::FRAGMENTS,
        "send only those that are used",
    )?;
    let mut counter = Counter { document, known: HashMap::new(), aliases: 0, directives: 0 };
    for operation in operations {
        counter.directives(&operation.directives)?;
        let variables = operation.variable_definitions.len() as u64;
        let hint = "put several into one list or input object";
        at_most(
            Code::TooManyVariables,
            "variables of the operation",
            variables,
            limits::VARIABLES,
            hint,
        )?;
        for variable in &operation.variable_definitions {
            counter.directives(&variable.node.directives)?;
        }
        let size = counter.set(&operation.selection_set)?;
        size.check()?;
        at_most(
            Code::TooManyRootFields,
            "fields at the root",
            size.here,
            limits::ROOT_FIELDS,
            "send several queries",
        )?;
    }
    // Also those that no operation uses: validation looks at them, too.
    for name in document.fragments.keys() {
        counter.fragment(name)?.check()?;
    }
    let hint = "send several queries";
    at_most(
        Code::TooManyAliases,
        "aliases of the document",
        counter.aliases,
        limits::ALIASES,
        hint,
    )?;
    at_most(
        Code::TooManyDirectives,
        "directives of the document",
        counter.directives,
        limits::DIRECTIVES,
        "leave out what is not wanted",
    )
}

impl Size {
    fn check(self) -> Result<(), Refusal> {
        let hint = "ask for fewer fields, or send several queries";
        at_most(Code::TooManyFields, "fields of the query", self.all, limits::FIELDS, hint)?;
        at_most(
            Code::QueryTooDeep,
            "levels of selections",
            self.depth,
            limits::NESTING as u64,
            "nest fragments less",
        )
    }

    /// Beside what was counted so far.
    fn add(&mut self, more: Self) {
        self.all = self.all.saturating_add(more.all);
        self.here = self.here.saturating_add(more.here);
        self.depth = self.depth.max(more.depth);
    }
}

impl<'a> Counter<'a> {
    fn set(&mut self, set: &'a Positioned<SelectionSet>) -> Result<Size, Refusal> {
        let mut size = Size::default();
        for selection in &set.node.items {
            // A spread costs something, too: also of a fragment that is not there, or holds nothing.
            let more = match &selection.node {
                Selection::Field(field) => {
                    self.directives(&field.node.directives)?;
                    self.aliases += u64::from(field.node.alias.is_some());
                    let inner = self.set(&field.node.selection_set)?;
                    Size { here: 1, ..inner }
                }
                Selection::InlineFragment(fragment) => {
                    self.directives(&fragment.node.directives)?;
                    self.set(&fragment.node.selection_set)?
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.node.directives)?;
                    self.fragment(&spread.node.fragment_name.node)?
                }
            };
            let all = more.all.saturating_add(1);
            size.add(Size { all, depth: more.depth.saturating_add(1), ..more });
        }
        Ok(size)
    }

    fn fragment(&mut self, name: &'a Name) -> Result<Size, Refusal> {
        match self.known.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                let message = format!("fragment `{name}` contains itself");
                return Err(Refusal::new(Code::FragmentCycle, message).hint("leave out the spread"));
            }
            None => {}
        }
        // An unknown fragment is the validator's to refuse.
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else {
            return Ok(Size::default());
        };
        self.known.insert(name, None);
        self.directives(&fragment.node.directives)?;
        let size = self.set(&fragment.node.selection_set)?;
        self.known.insert(name, Some(size));
        Ok(size)
    }

    fn directives(&mut self, here: &[Positioned<Directive>]) -> Result<(), Refusal> {
        let n = here.len() as u64;
        self.directives = self.directives.saturating_add(n);
        let hint = "one @skip or @include says it";
        at_most(
            Code::TooManyDirectives,
            "directives at one place",
            n,
            limits::DIRECTIVES_HERE as u64,
            hint,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(document: &str) -> &'static str {
        check(document).map_or_else(|e| e.code.word(), |_| "ok")
    }

    fn json(text: &str) -> &'static str {
        check_json(text).map_or_else(|e| e.code.word(), |()| "ok")
    }

    #[test]
    fn ordinary_documents_pass() {
        assert_eq!(code("{ status { ok } }"), "ok");
        assert_eq!(code("query A($n: Int) { nodes(first: $n) { nodes { name } } } # }}}}"), "ok");
        assert_eq!(code(r#"{ node(name: "a \" { { {") { name } }"#), "ok");
        assert_eq!(code("{ node(name: \"\"\"a \" \\\"\"\" {{{\"\"\") { name } }"), "ok");
        assert_eq!(
            code("{ a @include(if: true) @skip(if: false) { ...F } } fragment F on A { b }"),
            "ok"
        );
    }

    #[test]
    fn what_is_too_much_is_named() {
        assert_eq!(code(&"{a".repeat(40)), "QUERY_TOO_DEEP");
        assert_eq!(code(&format!("{{ a(b: {}) }}", "[".repeat(40))), "QUERY_TOO_DEEP");
        assert_eq!(code(&format!("{{ a(b: {}) }}", "{c:".repeat(40))), "QUERY_TOO_DEEP");
        assert_eq!(code(&format!("query($a: {}) {{ a }}", "[".repeat(40))), "QUERY_TOO_DEEP");
        assert_eq!(code(&"{ a }".repeat(1400)), "QUERY_TOO_MANY_TOKENS");
        assert_eq!(code(&" ".repeat(20_000)), "QUERY_TOO_LARGE");
        let many = |piece: &str, n: usize| {
            (0..n).map(|i| piece.replace('#', &i.to_string())).collect::<String>()
        };
        assert_eq!(
            code(&format!("{{ {} }}", many("a#: status { ok } ", 30))),
            "TOO_MANY_ROOT_FIELDS"
        );
        assert_eq!(code(&format!("{{ a {{ {} }} }}", many("a#: b ", 300))), "TOO_MANY_ALIASES");
        assert_eq!(code(&format!("{{ a {} }}", many("@d ", 30))), "TOO_MANY_DIRECTIVES");
        assert_eq!(code(&format!("{{ a {{ {} }} }}", many("b @d @d ", 30))), "TOO_MANY_DIRECTIVES");
        assert_eq!(
            code(&format!("query({}) {{ a }}", many("$a#: Int ", 90))),
            "TOO_MANY_VARIABLES"
        );
        assert_eq!(code(&many("query A# { a } ", 30)), "TOO_MANY_OPERATIONS");
        assert_eq!(
            code(&format!("{{ a }} {}", many("fragment F# on A { b } ", 200))),
            "TOO_MANY_FRAGMENTS"
        );
        assert_eq!(code("{ status {"), "GRAPHQL_PARSE_FAILED");
    }

    /// Fragments that each spread the next one twice; the last one has `end`.
    fn doubling(start: &str, end: &str) -> String {
        let mut document = start.to_owned();
        for i in 0..30 {
            document += &format!(" fragment F{i} on Status {{ ...F{0} ...F{0} }}", i + 1);
        }
        document + &format!(" fragment F30 on Status {{ {end} }}")
    }

    #[test]
    fn fragments_that_multiply_are_counted_not_expanded() {
        assert_eq!(code(&doubling("{ status { ...F0 } }", "ok")), "TOO_MANY_FIELDS");
        // No field at all: the library would still walk every spread.
        assert_eq!(code(&doubling("{ status { ...F0 } }", "...Nowhere")), "TOO_MANY_FIELDS");
        // Not even used.
        assert_eq!(code(&doubling("{ status { ok } }", "ok")), "TOO_MANY_FIELDS");
        let cycle =
            "{ status { ...A } } fragment A on Status { ...B } fragment B on Status { ...A }";
        assert_eq!(code(cycle), "FRAGMENT_CYCLE");
        let chain: String =
            (0..90).map(|i| format!("fragment F{i} on Status {{ ...F{} }} ", i + 1)).collect();
        assert_eq!(code(&format!("{{ status {{ ...F0 }} }} {chain}")), "QUERY_TOO_DEEP");
    }

    #[test]
    fn variables_are_scanned_before_they_are_parsed() {
        assert_eq!(json(r#"{"a": [1, 2, {"b": "]]]]}}}}[[[[\"{{{{,,,,\\"}]}"#), "ok");
        assert_eq!(json(&"[".repeat(10_000)), "VARIABLES_TOO_DEEP");
        assert_eq!(json(&r#"{"a":"#.repeat(40)), "VARIABLES_TOO_DEEP");
        assert_eq!(json(&format!("[{}1]", "1,".repeat(5000))), "VARIABLES_TOO_MANY");
        assert_eq!(json(&format!("{{\"a\": \"{}\"}}", "x".repeat(40_000))), "VARIABLES_TOO_LARGE");
        assert_eq!(json("\"never ends"), "ok", "the parser refuses it");
    }

    proptest::proptest! {
        /// Whatever comes is answered, and soon.
        #[test]
        fn nothing_panics(text in "[{}\\[\\]()\"\\\\#.$@:!a1 \n,é]{0,200}") {
            drop(check(&text));
            drop(check_json(&text));
        }
    }
}
