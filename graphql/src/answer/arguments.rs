//! Arguments as execution will see them: variables put in, defaults where nothing is given. It reads
//! only what cost and windows depend on, and copies no list or object, so that a large variable that
//! is named a thousand times costs nothing.

use std::borrow::Cow;
use std::collections::HashMap;

use async_graphql::parser::types::{Field as Asked, OperationDefinition};
use async_graphql::{Name, Positioned, Value as Const, Variables};
use async_graphql_value::Value;

use super::fields::Field;
use crate::limits;
use crate::read::series::Span;
use crate::schema::bucket::Bucket;
use crate::schema::rate_limit::{duration_us, time_us};

/// A window as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Window {
    /// From one time to another, or to now.
    Absolute { from_us: i64, to_us: Option<i64> },
    /// The last so much until now.
    Last { us: i64 },
    /// As the field takes it where none is given.
    Default,
    /// None that makes sense: execution says so.
    Odd,
}

impl Window {
    /// From when to when it goes; as long as `default_us` where none is given.
    pub(crate) fn span(self, now_us: i64, default_us: i64) -> Span {
        // Far from where sums of times overflow, and from every time there is.
        const FAR_US: i64 = i64::MAX / 4;
        let (from_us, to_us) = match self {
            Self::Absolute { from_us, to_us } => (from_us, to_us.unwrap_or(now_us)),
            Self::Last { us } => (now_us.saturating_sub(us), now_us),
            Self::Default | Self::Odd => (now_us - default_us, now_us),
        };
        let from_us = from_us.clamp(-FAR_US, FAR_US);
        Span { from_us, to_us: to_us.clamp(from_us, FAR_US) }
    }
}

/// The variables of an operation.
#[derive(Debug)]
pub(crate) struct Given<'a> {
    variables: &'a Variables,
    defaults: HashMap<&'a str, &'a Const>,
}

impl<'a> Given<'a> {
    pub(crate) fn new(operation: &'a OperationDefinition, variables: &'a Variables) -> Self {
        let default = |d: &'a Positioned<async_graphql::parser::types::VariableDefinition>| {
            Some((d.node.name.node.as_str(), &d.node.default_value.as_ref()?.node))
        };
        let defaults = operation.variable_definitions.iter().filter_map(default).collect();
        Self { variables, defaults }
    }

    /// A variable's value, or its default.
    pub(crate) fn variable(&self, name: &Name) -> Option<&Const> {
        self.variables.get(name).or_else(|| self.defaults.get(name.as_str()).copied())
    }

    /// A number, a text, an enum value: what is neither list nor object.
    fn scalar<'b>(&'b self, value: &'b Value) -> Option<Cow<'b, Const>> {
        match value {
            Value::Variable(name) => self.variable(name).map(Cow::Borrowed),
            Value::Number(n) => Some(Cow::Owned(Const::Number(n.clone()))),
            Value::String(s) => Some(Cow::Owned(Const::String(s.clone()))),
            Value::Enum(e) => Some(Cow::Owned(Const::Enum(e.clone()))),
            _ => None,
        }
    }

    fn argument<'b>(&'b self, asked: &'b Asked, name: &str) -> Option<&'b Value> {
        let value = &asked.get_argument(name)?.node;
        // A variable that is given nowhere leaves the argument out.
        match value {
            Value::Variable(variable) if self.variable(variable).is_none() => None,
            _ => Some(value),
        }
    }

    /// A whole number.
    pub(crate) fn number(&self, asked: &Asked, field: &Field, name: &str) -> Option<i64> {
        let of = |value: &Const| match value {
            Const::Number(n) => n.as_i64(),
            _ => None,
        };
        match self.argument(asked, name) {
            Some(value) => of(self.scalar(value)?.as_ref()),
            None => of(field.default(name)?),
        }
    }

    /// The name of an enum value, which is a text in variables.
    pub(crate) fn word(&self, asked: &Asked, field: &Field, name: &str) -> Option<String> {
        let of = |value: &Const| match value {
            Const::Enum(name) => Some(name.to_string()),
            Const::String(text) if text.len() <= 64 => Some(text.clone()),
            _ => None,
        };
        match self.argument(asked, name) {
            Some(value) => of(self.scalar(value)?.as_ref()),
            None => of(field.default(name)?),
        }
    }

    /// How many values a list has; one value is a list of one.
    pub(crate) fn count(&self, asked: &Asked, name: &str) -> usize {
        match self.argument(asked, name) {
            None | Some(Value::Null) => 0,
            Some(Value::List(list)) => list.len(),
            Some(Value::Variable(variable)) => match self.variable(variable) {
                None | Some(Const::Null) => 0,
                Some(Const::List(list)) => list.len(),
                Some(_) => 1,
            },
            Some(_) => 1,
        }
    }

    /// The bucket that is asked for.
    fn bucket(&self, asked: &Asked, field: &Field) -> Bucket {
        let word = self.word(asked, field, "bucket");
        word.and_then(|word| Bucket::of_word(&word)).unwrap_or(Bucket::Auto)
    }

    /// Whether the answer is in groups.
    pub(crate) fn grouped(&self, asked: &Asked, field: &Field) -> bool {
        field.grouped || self.count(asked, "groupBy") > 0
    }

    /// The bucket that a field will read, where it has any.
    pub(crate) fn chosen(&self, asked: &Asked, field: &Field, now_us: i64) -> Option<Bucket> {
        let has = field.has?;
        let span = self.window(asked).span(now_us, has.window_us());
        let top = || {
            let top = self.number(asked, field, "top").and_then(|top| usize::try_from(top).ok());
            top.unwrap_or(limits::GROUPS_DEFAULT).clamp(1, limits::GROUPS)
        };
        let groups = if self.grouped(asked, field) { top() } else { 1 };
        Some(has.choose(self.bucket(asked, field), span, groups))
    }

    /// The window.
    pub(crate) fn window(&self, asked: &Asked) -> Window {
        let part = |name: &str| -> Option<Option<Cow<'_, Const>>> {
            match self.argument(asked, "window")? {
                Value::Object(object) => Some(object.get(name).and_then(|v| self.scalar(v))),
                Value::Variable(variable) => match self.variable(variable)? {
                    Const::Object(object) => Some(object.get(name).map(Cow::Borrowed)),
                    Const::Null => None,
                    _ => Some(None),
                },
                Value::Null => None,
                _ => Some(None),
            }
        };
        let given = |name: &str| part(name).flatten().filter(|v| **v != Const::Null);
        if part("from").is_none() {
            return Window::Default;
        }
        match (given("from"), given("to"), given("last")) {
            (Some(from), to, None) => {
                let to_us = to.as_ref().map(|to| time_us(to));
                match (time_us(&from), to_us) {
                    (Some(from_us), None) => Window::Absolute { from_us, to_us: None },
                    (Some(from_us), Some(Some(to_us))) if from_us < to_us => {
                        Window::Absolute { from_us, to_us: Some(to_us) }
                    }
                    _ => Window::Odd,
                }
            }
            (None, None, Some(last)) => match &*last {
                Const::String(text) => {
                    duration_us(text).map_or(Window::Odd, |us| Window::Last { us })
                }
                _ => Window::Odd,
            },
            _ => Window::Odd,
        }
    }
}
