//! The state of a page, which is its address: parsed from a query string and written as one, in one
//! canonical form for pages, embeds, images and the API.
//!
//! Unknown keys are passed over, and so are values that make no sense: an address that somebody kept
//! for years still shows something.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::limits;
use crate::model::Time;

/// By what figures are narrowed or grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Dimension {
    Gateway,
    Gpu,
    Model,
    Orchestrator,
    Pipeline,
    Region,
}

impl Dimension {
    pub(crate) const ALL: [Self; 6] =
        [Self::Orchestrator, Self::Pipeline, Self::Model, Self::Region, Self::Gateway, Self::Gpu];

    /// As in an address, and in the API's `where`.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Gpu => "gpu",
            Self::Model => "model",
            Self::Orchestrator => "orchestrator",
            Self::Pipeline => "pipeline",
            Self::Region => "region",
        }
    }

    /// As in the API's `groupBy`.
    pub(crate) fn word(self) -> String {
        self.key().to_uppercase()
    }

    fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|d| d.key() == key)
    }
}

/// Whose traffic figures are of. Never mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    Organic,
    Simulated,
    Replayed,
    Test,
}

impl Origin {
    /// In the order in which a page takes the first that has anything.
    pub(crate) const ALL: [Self; 4] = [Self::Organic, Self::Simulated, Self::Replayed, Self::Test];

    /// As in the API.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Organic => "ORGANIC",
            Self::Simulated => "SIMULATED",
            Self::Replayed => "REPLAYED",
            Self::Test => "TEST",
        }
    }

    /// As in an address.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Organic => "organic",
            Self::Simulated => "simulated",
            Self::Replayed => "replayed",
            Self::Test => "test",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.key().eq_ignore_ascii_case(text))
    }
}

/// What time a page looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Window {
    /// So much until now: it moves.
    Last(&'static str),
    /// From and to, fixed.
    Between(Time, Time),
}

/// The windows that pages offer, as in the API and as people say them.
pub(crate) const WINDOWS: [(&str, &str); 6] = [
    ("1h", "1 hour"),
    ("6h", "6 hours"),
    ("24h", "24 hours"),
    ("7d", "7 days"),
    ("30d", "30 days"),
    ("90d", "90 days"),
];

impl Window {
    /// As people say it.
    pub(crate) fn words(self) -> String {
        match self {
            Self::Last(last) => {
                let words = WINDOWS.iter().find(|w| w.0 == last).map_or(last, |w| w.1);
                format!("last {words}")
            }
            Self::Between(from, to) => {
                format!("{} to {} UTC", from.format("%Y-%m-%d %H:%M"), to.format("%Y-%m-%d %H:%M"))
            }
        }
    }
}

/// Light, dark, or as the reader's system has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Theme {
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    /// Class of the root element, and word in an address; none for what is usual.
    pub(crate) fn word(self) -> Option<&'static str> {
        match self {
            Self::Auto => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }
}

/// Over how long a score is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum SlaSpan {
    #[default]
    Day,
    Week,
}

impl SlaSpan {
    /// As in the API.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Day => "DAY",
            Self::Week => "WEEK",
        }
    }

    /// As in an address.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
        }
    }

    /// As people say it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Day => "24 hours",
            Self::Week => "7 days",
        }
    }

    /// The one that this is not.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Day => Self::Week,
            Self::Week => Self::Day,
        }
    }
}

/// What an address says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) window: Window,
    /// None: the first that has anything.
    pub(crate) origin: Option<Origin>,
    pub(crate) scope: BTreeMap<Dimension, Vec<String>>,
    /// None: a day, or a week where a day has too few legs for scores.
    pub(crate) span: Option<SlaSpan>,
    /// Column of a table, `-` before it for the largest first.
    pub(crate) sort: Option<String>,
    /// Page of a table that is sorted here, from 1.
    pub(crate) page: u32,
    /// Cursor of a list that the API pages.
    pub(crate) after: Option<String>,
    /// What names are searched for.
    pub(crate) find: Option<String>,
    /// The machine whose figures are shown.
    pub(crate) node: Option<String>,
    /// By what things are compared, and which.
    pub(crate) by: Option<Dimension>,
    pub(crate) things: Vec<String>,
    pub(crate) theme: Theme,
    /// Language of words and numbers in what is embedded.
    pub(crate) lang: Option<String>,
}

impl Default for View {
    fn default() -> Self {
        Self {
            window: Window::Last("24h"),
            origin: None,
            scope: BTreeMap::new(),
            span: None,
            sort: None,
            page: 1,
            after: None,
            find: None,
            node: None,
            by: None,
            things: Vec::new(),
            theme: Theme::Auto,
            lang: None,
        }
    }
}

/// A value that may stand in an address: short, and without control characters.
fn sane(value: &str) -> Option<String> {
    let value = value.trim();
    let good = !value.is_empty()
        && value.chars().count() <= limits::TEXT
        && !value.chars().any(char::is_control);
    good.then(|| value.to_owned())
}

impl View {
    /// What a query string says.
    pub(crate) fn parse(query: &str) -> Self {
        let mut view = Self::default();
        let (mut from, mut to) = (None, None);
        for (key, value) in pairs(query) {
            let Some(value) = sane(&value) else { continue };
            match key.as_str() {
                "last" => {
                    if let Some((last, _)) = WINDOWS.iter().find(|w| w.0 == value) {
                        view.window = Window::Last(last);
                    }
                }
                "from" => from = value.parse::<Time>().ok(),
                "to" => to = value.parse::<Time>().ok(),
                _ => view.take(&key, value),
            }
        }
        if let (Some(from), Some(to)) = (from, to)
            && from < to
        {
            view.window = Window::Between(from, to);
        }
        view.tidy();
        view
    }

    fn take(&mut self, key: &str, value: String) {
        match key {
            "origin" => self.origin = Origin::parse(&value).or(self.origin),
            "span" if value == "day" => self.span = Some(SlaSpan::Day),
            "span" if value == "week" => self.span = Some(SlaSpan::Week),
            "sort" => self.sort = Some(value),
            "page" => self.page = value.parse().unwrap_or(1),
            "after" => self.after = Some(value),
            "q" => self.find = Some(value),
            "node" => self.node = Some(value),
            "by" => self.by = Dimension::parse(&value),
            "thing" => self.things.push(value),
            "theme" if value == "dark" => self.theme = Theme::Dark,
            "theme" if value == "light" => self.theme = Theme::Light,
            "lang" if value.chars().all(|c| c.is_ascii_alphabetic() || c == '-') => {
                self.lang = Some(value);
            }
            _ => {
                if let Some(dimension) = Dimension::parse(key) {
                    self.scope.entry(dimension).or_default().push(value);
                }
            }
        }
    }

    /// One form for what means the same.
    fn tidy(&mut self) {
        for values in self.scope.values_mut() {
            values.sort_unstable();
            values.dedup();
            values.truncate(limits::SCOPE_VALUES);
        }
        let mut seen = Vec::new();
        self.things.retain(|t| {
            !seen.contains(t) && {
                seen.push(t.clone());
                true
            }
        });
        self.things.truncate(limits::COMPARED);
        self.page = self.page.clamp(1, 10_000);
    }

    /// The query string, without `?`: empty for the usual view.
    pub(crate) fn query(&self) -> String {
        let mut out = Writer::default();
        let usual = Self::default();
        match self.window {
            Window::Last(last) if self.window != usual.window => out.pair("last", last),
            Window::Last(_) => {}
            Window::Between(from, to) => {
                out.pair("from", &stamp(from));
                out.pair("to", &stamp(to));
            }
        }
        if let Some(origin) = self.origin {
            out.pair("origin", origin.key());
        }
        out.scope(&self.scope);
        if let Some(span) = self.span {
            out.pair("span", span.key());
        }
        if let Some(by) = self.by {
            out.pair("by", by.key());
        }
        self.things.iter().for_each(|t| out.pair("thing", t));
        let words =
            [("node", &self.node), ("q", &self.find), ("sort", &self.sort), ("after", &self.after)];
        for (key, value) in words {
            value.iter().for_each(|v| out.pair(key, v));
        }
        if self.page > 1 {
            out.pair("page", &self.page.to_string());
        }
        self.theme.word().into_iter().for_each(|t| out.pair("theme", t));
        self.lang.iter().for_each(|l| out.pair("lang", l));
        out.0
    }

    /// An address: a path with this view's query string.
    pub(crate) fn link(&self, path: &str) -> String {
        let query = self.query();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// The same with one thing changed; pages of lists begin anew.
    pub(crate) fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut view = Self { after: None, page: 1, ..self.clone() };
        change(&mut view);
        view.tidy();
        view
    }

    /// What every page has in common: window, origin and looks, without what only one list means.
    pub(crate) fn common(&self) -> Self {
        Self {
            window: self.window,
            origin: self.origin,
            theme: self.theme,
            lang: self.lang.clone(),
            ..Self::default()
        }
    }

    /// The common part, narrowed to one thing.
    pub(crate) fn only(&self, dimension: Dimension, value: &str) -> Self {
        self.common().with(|v| {
            v.scope.insert(dimension, vec![value.to_owned()]);
        })
    }

    /// Values that a dimension is narrowed to.
    pub(crate) fn of(&self, dimension: Dimension) -> &[String] {
        self.scope.get(&dimension).map_or(&[], Vec::as_slice)
    }

    /// Query string of the REST lists with the same meaning; `whose` is what is shown if the address
    /// names no origin.
    pub(crate) fn rest(&self, whose: Origin, windowed: bool) -> String {
        let mut out = Writer::default();
        if windowed {
            match self.window {
                Window::Last(last) => out.pair("last", last),
                Window::Between(from, to) => {
                    out.pair("from", &stamp(from));
                    out.pair("to", &stamp(to));
                }
            }
        }
        out.pair("origin", whose.word());
        out.scope(&self.scope);
        out.0
    }
}

fn stamp(time: Time) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

/// Writes pairs of a query string.
#[derive(Debug, Default)]
struct Writer(String);

impl Writer {
    fn pair(&mut self, key: &str, value: &str) {
        let glue = if self.0.is_empty() { "" } else { "&" };
        write!(self.0, "{glue}{key}={}", escaped(value)).expect("a string takes everything");
    }

    fn scope(&mut self, scope: &BTreeMap<Dimension, Vec<String>>) {
        for (dimension, values) in scope {
            values.iter().for_each(|v| self.pair(dimension.key(), v));
        }
    }
}

/// What an address has to escape: all but letters, digits, and what a value may hold as it is.
const ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/').remove(b':');

/// A value as it stands in an address.
pub(crate) fn escaped(value: &str) -> impl fmt::Display {
    utf8_percent_encode(value, ESCAPED)
}

/// Pairs of a query string, with `%` and `+` undone; a `%` that escapes nothing stands for itself (URL
/// Standard, percent-decode), and what is not UTF-8 is left out.
fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let plain = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8().ok().map(Cow::into_owned)
    };
    query.split('&').take(limits::PAIRS).filter_map(move |pair| {
        let (key, value) = pair.split_once('=')?;
        Some((plain(key)?, plain(value)?))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_view() -> impl Strategy<Value = View> {
        let text = "[ -~äß漢]{1,40}".prop_filter_map("trimmed", |t| sane(&t));
        let scope = prop::collection::vec((0usize..6, text.clone()), 0..8);
        let word = prop::option::of(text.clone());
        let things = prop::collection::vec(text, 0..5);
        (scope, word.clone(), word, things, 0usize..6, 1u32..99, 0i64..4_000_000_000).prop_map(
            |(scope, sort, find, things, window, page, from)| {
                let mut view = View { sort, find, things, page, ..View::default() };
                for (d, value) in scope {
                    view.scope.entry(Dimension::ALL[d]).or_default().push(value);
                }
                view.window = if window % 2 == 0 {
                    Window::Last(WINDOWS[window].0)
                } else {
                    let at = |s| Time::from_timestamp(s, 0).unwrap();
                    Window::Between(at(from), at(from + 60))
                };
                view.origin = Origin::ALL.get(window).copied();
                view.by = Dimension::ALL.get(page as usize).copied();
                view.theme = if window == 1 { Theme::Dark } else { Theme::Auto };
                view.tidy();
                view
            },
        )
    }

    proptest! {
        #[test]
        fn an_address_is_read_as_it_was_written(view in any_view()) {
            let query = view.query();
            prop_assert_eq!(&View::parse(&query), &view);
            prop_assert_eq!(View::parse(&query).query(), query);
        }

        #[test]
        fn any_address_shows_something(query in ".{0,300}") {
            let view = View::parse(&query);
            prop_assert_eq!(View::parse(&view.query()), view);
        }
    }

    #[test]
    fn what_is_not_known_is_passed_over() {
        let view =
            View::parse("last=13h&utm=1&origin=all&to=x&from=&region=eu-west&region=eu-west");
        assert_eq!(view.query(), "region=eu-west");
        assert_eq!(View::parse("").query(), "");
        assert_eq!(View::parse("q=a+b%20c&region=%FF&model=5%").query(), "model=5%25&q=a%20b%20c");
        assert_eq!(
            View::parse("from=2026-05-02T00:00:00Z&to=2026-05-01T00:00:00Z"),
            View::default()
        );
    }

    #[test]
    fn links_escape() {
        let view = View::default().only(Dimension::Model, "a b&c=\"<x>");
        assert_eq!(view.link("/demand"), "/demand?model=a%20b%26c%3D%22%3Cx%3E");
        assert_eq!(
            view.rest(Origin::Test, true),
            "last=24h&origin=TEST&model=a%20b%26c%3D%22%3Cx%3E"
        );
    }
}
