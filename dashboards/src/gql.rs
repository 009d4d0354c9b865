//! Documents of the API, whole: no variables, so that what a reader copies is what was asked.

use crate::view::{Dimension, Origin, View, Window};

/// A text as GraphQL writes it; JSON's escapes are GraphQL's.
pub(crate) fn text(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

/// `[…]` of texts.
pub(crate) fn texts<S: AsRef<str>>(values: &[S]) -> String {
    let values: Vec<String> = values.iter().map(|v| text(v.as_ref())).collect();
    format!("[{}]", values.join(", "))
}

/// Arguments of a field, in brackets; none at all if there is none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Args(Vec<String>);

impl Args {
    /// Window and, if it is not the usual one, origin of a view.
    pub(crate) fn windowed(view: &View, whose: Origin) -> Self {
        Self::default().window(view.window).origin(whose)
    }

    pub(crate) fn window(mut self, window: Window) -> Self {
        self.0.push(match window {
            Window::Last(last) => format!("window: {{ last: {} }}", text(last)),
            Window::Between(from, to) => format!(
                "window: {{ from: {}, to: {} }}",
                text(&from.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)),
                text(&to.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
            ),
        });
        self
    }

    pub(crate) fn last(mut self, last: &str) -> Self {
        self.0.push(format!("window: {{ last: {} }}", text(last)));
        self
    }

    /// Organic is what the API takes where nothing is said.
    pub(crate) fn origin(mut self, whose: Origin) -> Self {
        if whose != Origin::Organic {
            self.0.push(format!("origin: {}", whose.word()));
        }
        self
    }

    /// Narrowed as the view is, in these dimensions.
    pub(crate) fn scope(mut self, view: &View, dimensions: &[Dimension]) -> Self {
        let narrowed: Vec<String> = dimensions
            .iter()
            .filter(|d| !view.of(**d).is_empty())
            .map(|d| format!("{}: {}", d.key(), texts(view.of(*d))))
            .collect();
        if !narrowed.is_empty() {
            self.0.push(format!("where: {{ {} }}", narrowed.join(", ")));
        }
        self
    }

    pub(crate) fn group_by(self, dimensions: &[Dimension]) -> Self {
        if dimensions.is_empty() {
            return self;
        }
        let words: Vec<String> = dimensions.iter().map(|d| d.word()).collect();
        self.and("groupBy", &format!("[{}]", words.join(", ")))
    }

    /// One more, written as it is.
    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.0.push(format!("{name}: {value}"));
        self
    }

    pub(crate) fn first(self, n: usize) -> Self {
        self.and("first", &n.to_string())
    }

    /// A cursor, if there is one.
    pub(crate) fn after(self, cursor: Option<&str>) -> Self {
        match cursor {
            Some(cursor) => self.and("after", &text(cursor)),
            None => self,
        }
    }
}

impl std::fmt::Display for Args {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, "({})", self.0.join(", ")) }
    }
}

/// A command that asks the same from a shell.
pub(crate) fn curl(base: &str, document: &str) -> String {
    let body = serde_json::json!({ "query": document }).to_string().replace('\'', r"'\''");
    format!(
        "curl -s '{base}/graphql' -H 'content-type: application/json' \\\n  --data-raw '{body}'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments() {
        let view = View::parse("last=7d&model=a%22%7D&region=eu-west");
        let args = Args::windowed(&view, Origin::Simulated)
            .scope(&view, &[Dimension::Model])
            .group_by(&[Dimension::Region])
            .first(3);
        assert_eq!(
            args.to_string(),
            r#"(window: { last: "7d" }, origin: SIMULATED, where: { model: ["a\"}"] }, groupBy: [REGION], first: 3)"#
        );
        assert_eq!(Args::default().origin(Origin::Organic).to_string(), "");
    }

    #[test]
    fn a_shell_takes_the_command() {
        let command = curl("http://x", "{ a(b: \"it's\") }");
        assert!(command.contains(r#"--data-raw '{"query":"{ a(b: \"it'\''s\") }"}'"#), "{command}");
    }
}
