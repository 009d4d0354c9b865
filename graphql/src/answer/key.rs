//! The name under which an answer is kept: equal for all requests that have the same answer.
//!
//! It is taken from the parsed document, so that white space, comments, the order of arguments, the
//! names of variables and values that are not used make no difference; a window that a field snaps to
//! its buckets stands in it as snapped. What a validator could hold against one request and not
//! against another with the same key is in it too: types of variables, directives, fragments.

use std::collections::{BTreeMap, HashSet};

use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field as Asked, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Value as Const};
use async_graphql_value::Value;
use sha2::{Digest, Sha256};

use super::arguments::{Given, Window};
use super::fields::{Fields, Has, ROOT};
use crate::schema::bucket::Bucket;

/// 128 bits of SHA-256.
pub(crate) type Key = [u8; 16];

/// The key of bytes.
pub(crate) fn of_parts(parts: &[&[u8]]) -> Key {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    short(hash)
}

fn short(hash: Sha256) -> Key {
    let mut key = Key::default();
    for (to, from) in key.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    key
}

struct Writer<'a> {
    hash: Sha256,
    operation: &'a OperationDefinition,
    given: &'a Given<'a>,
    fields: &'a Fields,
    /// Declared variables: type and a digest of the value.
    declared: BTreeMap<&'a str, Vec<u8>>,
    used: HashSet<&'a str>,
    reached: Vec<&'a str>,
}

/// The key of an operation, where all that is defined in the document is used as it must be. Where
/// not, the validator has something against it and there is nothing to keep.
pub(crate) fn of_operation(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    given: &Given<'_>,
    fields: &Fields,
) -> Option<Key> {
    let declared = operation.variable_definitions.iter().map(|d| {
        let of_type = d.node.var_type.node.to_string();
        let value = given.variable(&d.node.name.node);
        let value = value.map_or_else(|| "absent".to_owned(), ToString::to_string);
        let default = d.node.default_value.as_ref().map(|v| v.node.to_string());
        let default = default.unwrap_or_default();
        let digest = of_parts(&[of_type.as_bytes(), value.as_bytes(), default.as_bytes()]);
        (d.node.name.node.as_str(), digest.to_vec())
    });
    let mut writer = Writer {
        hash: Sha256::new(),
        operation,
        given,
        fields,
        declared: declared.collect(),
        used: HashSet::new(),
        reached: Vec::new(),
    };
    if writer.declared.len() != operation.variable_definitions.len() {
        return None;
    }
    writer.text(&operation.ty.to_string());
    writer.directives(&operation.directives)?;
    for definition in &operation.variable_definitions {
        writer.directives(&definition.node.directives)?;
    }
    writer.set(ROOT, &operation.selection_set.node)?;
    let mut next = 0;
    while let Some(name) = writer.reached.get(next).copied() {
        next += 1;
        let fragment = &document.fragments.get(name)?.node;
        let on = fragment.type_condition.node.on.node.as_str();
        writer.text(name);
        writer.text(on);
        writer.directives(&fragment.directives)?;
        writer.set(on, &fragment.selection_set.node)?;
    }
    let complete = writer.reached.len() == document.fragments.len()
        && writer.used.len() == writer.declared.len();
    complete.then(|| short(writer.hash))
}

impl<'a> Writer<'a> {
    fn text(&mut self, text: &str) {
        self.hash.update((text.len() as u64).to_le_bytes());
        self.hash.update(text);
    }

    fn mark(&mut self, mark: u8) {
        self.hash.update([mark]);
    }

    fn set(&mut self, of: &str, set: &'a SelectionSet) -> Option<()> {
        self.mark(b'{');
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => self.field(of, &field.node)?,
                Selection::InlineFragment(fragment) => {
                    self.mark(b'~');
                    let on = fragment.node.type_condition.as_ref();
                    let on = on.map(|on| on.node.on.node.as_str());
                    self.text(on.unwrap_or_default());
                    self.directives(&fragment.node.directives)?;
                    self.set(on.unwrap_or(of), &fragment.node.selection_set.node)?;
                }
                Selection::FragmentSpread(spread) => {
                    self.mark(b'.');
                    let name = spread.node.fragment_name.node.as_str();
                    self.text(name);
                    self.directives(&spread.node.directives)?;
                    if !self.reached.contains(&name) {
                        self.reached.push(name);
                    }
                }
            }
        }
        self.mark(b'}');
        Some(())
    }

    fn field(&mut self, of: &str, asked: &'a Asked) -> Option<()> {
        self.mark(b'f');
        self.text(asked.response_key().node.as_str());
        self.text(asked.name.node.as_str());
        let snapped = self.snapped(of, asked);
        let mut arguments: Vec<_> =
            asked.arguments.iter().map(|(name, value)| (&name.node, &value.node)).collect();
        arguments.sort_by(|a, b| a.0.cmp(b.0));
        for (name, value) in arguments {
            self.mark(b'(');
            self.text(name.as_str());
            match &snapped {
                Some(window) if name.as_str() == "window" => {
                    self.window(value)?;
                    self.text(window);
                }
                _ => self.value(value)?,
            }
        }
        self.directives(&asked.directives)?;
        let inner = self.fields.get(of, asked.name.node.as_str());
        let gives = inner.map_or("", |f| f.gives.as_str());
        self.set(gives, &asked.selection_set.node)
    }

    /// The window of a field as the field snaps it; nothing where it does not.
    fn snapped(&self, of: &str, asked: &Asked) -> Option<String> {
        let field = self.fields.get(of, asked.name.node.as_str())?;
        // Scores end at full hours, and a window of them is taken as it is.
        if field.snapped_us.is_none() && field.has.is_none_or(|has| has == Has::Scores) {
            return None;
        }
        match self.given.window(asked) {
            Window::Absolute { from_us, to_us } => {
                // Which bucket AUTO takes depends on when it ends.
                let now_us = to_us.unwrap_or(from_us);
                let bucket = || self.given.chosen(asked, field, now_us).map(Bucket::width_us);
                let width = field.snapped_us.or_else(bucket)?;
                let width = if to_us.is_none() && field.snapped_us.is_none() { 1 } else { width };
                let from = from_us.div_euclid(width);
                let to = to_us.map(|to| to.saturating_add(width - 1).div_euclid(width));
                Some(format!("{width} {from} {to:?}"))
            }
            Window::Last { us } => Some(format!("last {us}")),
            Window::Default | Window::Odd => None,
        }
    }

    /// A window whose values are written as snapped: only its shape, and the types in it.
    fn window(&mut self, value: &'a Value) -> Option<()> {
        match value {
            Value::Variable(name) => {
                if let Some(Const::Object(object)) = self.given.variable(name) {
                    for name in object.keys() {
                        self.text(name.as_str());
                    }
                }
                self.variable_type(name)
            }
            Value::Object(object) => {
                for (name, value) in object {
                    self.text(name.as_str());
                    match value {
                        Value::Variable(variable) => self.variable_type(variable)?,
                        // A number and a text both make a time.
                        _ => self.mark(b'c'),
                    }
                }
                Some(())
            }
            _ => self.value(value),
        }
    }

    /// That a variable is used, and as what.
    fn variable_type(&mut self, name: &'a Name) -> Option<()> {
        let mut definitions = self.operation.variable_definitions.iter();
        let definition = definitions.find(|d| d.node.name.node == *name)?;
        let (of_type, default) = (&definition.node.var_type, &definition.node.default_value);
        self.text(&of_type.node.to_string());
        self.text(&default.as_ref().map(|v| v.node.to_string()).unwrap_or_default());
        self.used.insert(self.declared.get_key_value(name.as_str())?.0);
        Some(())
    }

    fn value(&mut self, value: &'a Value) -> Option<()> {
        match value {
            Value::Variable(name) => {
                self.mark(b'$');
                let (name, digest) = self.declared.get_key_value(name.as_str())?;
                self.hash.update(digest);
                self.used.insert(name);
            }
            Value::List(list) => {
                self.mark(b'[');
                for value in list {
                    self.value(value)?;
                }
                self.mark(b']');
            }
            Value::Object(object) => {
                self.mark(b'<');
                let mut fields: Vec<_> = object.iter().collect();
                fields.sort_by(|a, b| a.0.cmp(b.0));
                for (name, value) in fields {
                    self.text(name.as_str());
                    self.value(value)?;
                }
                self.mark(b'>');
            }
            constant => self.text(&constant.to_string()),
        }
        Some(())
    }

    fn directives(&mut self, directives: &'a [Positioned<Directive>]) -> Option<()> {
        for directive in directives {
            self.mark(b'@');
            self.text(directive.node.name.node.as_str());
            for (name, value) in &directive.node.arguments {
                self.text(name.node.as_str());
                self.value(&value.node)?;
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::Variables;
    use async_graphql::parser::parse_query;

    use super::*;

    fn key(text: &str, variables: serde_json::Value) -> Option<Key> {
        let document = parse_query(text).unwrap();
        let variables = Variables::from_json(variables);
        let operation = document.operations.iter().next().unwrap().1;
        let given = Given::new(&operation.node, &variables);
        of_operation(&document, &operation.node, &given, &Fields::new(&crate::schema::sdl()))
    }

    fn plain(text: &str) -> Option<Key> {
        key(text, serde_json::json!({}))
    }

    #[test]
    fn what_makes_no_difference_is_not_in_it() {
        let a = plain("{ sessions(first: 5, origin: TEST) { nodes { id } } }");
        assert!(a.is_some());
        let b = plain(
            "query Named {\n sessions( origin: TEST first: 5 ) { # said so\n nodes { id } } }",
        );
        assert_eq!(a, b);
        let text = "query A($n: Int) { sessions(first: $n) { nodes { id } } }";
        let renamed = text.replace("$n", "$other");
        let one = key(text, serde_json::json!({ "n": 5, "unused": 7 }));
        assert_eq!(one, key(&renamed, serde_json::json!({ "other": 5 })));
        assert_ne!(one, key(text, serde_json::json!({ "n": 6 })));
        assert_ne!(one, key(text, serde_json::json!({})));
    }

    #[test]
    fn what_makes_a_difference_is_in_it() {
        let all = [
            "{ sessions(first: 5) { nodes { id } } }",
            "{ a: sessions(first: 5) { nodes { id } } }",
            "{ sessions(first: 5) { nodes { id streamId } } }",
            "{ sessions(first: 5) { nodes { streamId id } } }",
            "{ sessions(first: 5) { nodes { id @skip(if: true) } } }",
            "{ sessions(first: \"5\") { nodes { id } } }",
            "{ jobs(first: 5) { nodes { id } } }",
            "{ ...F } fragment F on Query { sessions(first: 5) { nodes { id } } }",
            "{ ... on Query { sessions(first: 5) { nodes { id } } } }",
            "subscription { sessions(first: 5) { nodes { id } } }",
        ];
        let keys: HashSet<_> = all.iter().map(|text| plain(text).unwrap()).collect();
        assert_eq!(keys.len(), all.len());
        let typed = |t: &str| {
            let text = format!("query A($n: {t}) {{ node(name: $n) {{ name }} }}");
            key(&text, serde_json::json!({ "n": "x" }))
        };
        assert_ne!(typed("String!"), typed("Int"), "a validator takes one and not the other");
    }

    #[test]
    fn what_a_validator_refuses_has_none() {
        assert_eq!(plain("query A($n: Int) { status { ok } }"), None, "a variable unused");
        assert_eq!(plain("{ sessions(first: $n) { nodes { id } } }"), None, "not declared");
        assert_eq!(plain("{ status { ok } } fragment F on Status { ok }"), None, "unused");
        assert_eq!(plain("{ status { ...F } }"), None, "a fragment that is not there");
    }

    #[test]
    fn windows_are_as_their_field_snaps_them() {
        let at = |from: i64, to: i64, bucket: &str| {
            plain(&format!(
                "{{ demand(window: {{ from: {from}, to: {to} }}, bucket: {bucket}) {{ partial }} }}"
            ))
        };
        let hour = 3_600_000;
        let from = 1_790_000_000_000 / hour * hour;
        let one = at(from + 1, from + hour + 1, "H1");
        assert_eq!(one, at(from + 999, from + hour + 7, "H1"));
        assert_ne!(one, at(from + 1, from + 2 * hour + 1, "H1"));
        assert_ne!(one, at(from + 1, from + hour, "H1"), "one bucket less");
        assert_ne!(one, at(from + 1, from + hour + 1, "M5"));
        let text = "query A($f: Time!, $t: Time!) { demand(window: { from: $f, to: $t }, bucket: H1) { partial } }";
        let of = |f: i64, t: i64| key(text, serde_json::json!({ "f": f, "t": t }));
        assert_eq!(of(from + 5, from + hour + 5), of(from + 6, from + hour + 8));
        // AUTO is as the bucket that it takes; where that hangs on when it is asked, nothing is snapped.
        let auto = |from: i64, to: i64| at(from, to, "AUTO");
        assert_eq!(auto(from + 1, from + hour + 1), auto(from + 2, from + hour + 2));
        let open =
            |from: i64| plain(&format!("{{ demand(window: {{ from: {from} }}) {{ partial }} }}"));
        assert_ne!(open(from + 1), open(from + 2));
        let last =
            |l: &str| plain(&format!("{{ demand(window: {{ last: \"{l}\" }}) {{ partial }} }}"));
        assert_eq!(last("24h"), last("1d"));
        // A list is not snapped, nor are samples.
        let exact = |name: &str, from: i64| {
            plain(&format!(
                "{{ {name}(window: {{ from: {from}, to: {} }}) {{ __typename }} }}",
                from + hour
            ))
        };
        assert_ne!(exact("sessions", from), exact("sessions", from + 1));
        assert_ne!(exact("sla", from), exact("sla", from + 1));
        assert_ne!(exact("streamStatusSeries", from), exact("streamStatusSeries", from + 1));
        assert_eq!(exact("jobCounters", from + 1), exact("jobCounters", from + 2));
    }
}
