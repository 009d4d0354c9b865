//! The Prometheus text format, version 0.0.4, as far as a scrape needs it.
//!
//! Our own, because label values hold commas, braces and quotes here (docs/decisions/0003). Pure:
//! text in, samples that borrow from it out; a line that cannot be read is counted and the next one is read.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::limits;

/// What a metric is, by its `# TYPE` line and not by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Only grows, until its process starts again.
    Counter,
    /// Goes up and down.
    Gauge,
    /// `_bucket`, `_sum` and `_count`, which only grow.
    Histogram,
    /// Quantiles, `_sum` and `_count`.
    Summary,
    /// Not said.
    Untyped,
}

/// One line with a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample<'a> {
    /// Name of the series, suffix included.
    pub name: &'a str,
    /// Labels in their order.
    pub labels: Vec<(&'a str, Cow<'a, str>)>,
    /// The value; may be infinite or not a number.
    pub value: f64,
}

impl Sample<'_> {
    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_ref())
    }
}

/// A page as read.
#[derive(Debug, Default)]
pub struct Page<'a> {
    /// Its samples.
    pub samples: Vec<Sample<'a>>,
    types: HashMap<&'a str, Type>,
    /// Lines that cannot be read.
    pub malformed: u64,
    /// Lines that are too long, or beyond the limit.
    pub too_many: u64,
}

impl Page<'_> {
    /// The type of the family that a series belongs to.
    pub fn type_of(&self, series: &str) -> Type {
        if let Some(ty) = self.types.get(series) {
            return *ty;
        }
        ["_bucket", "_sum", "_count"]
            .iter()
            .filter_map(|suffix| self.types.get(series.strip_suffix(suffix)?))
            .find(|ty| matches!(ty, Type::Histogram | Type::Summary))
            .copied()
            .unwrap_or(Type::Untyped)
    }
}

/// Reads a page.
pub fn parse(text: &str) -> Page<'_> {
    let mut page = Page::default();
    for (i, line) in text.split('\n').enumerate() {
        if i >= limits::SCRAPE_LINES || line.len() > limits::SCRAPE_LINE_BYTES {
            page.too_many += 1;
            continue;
        }
        let line = line.trim();
        if let Some(comment) = line.strip_prefix('#') {
            type_line(comment, &mut page.types);
        } else if !line.is_empty() {
            match sample(line) {
                Some(sample) => page.samples.push(sample),
                None => page.malformed += 1,
            }
        }
    }
    page
}

fn type_line<'a>(comment: &'a str, types: &mut HashMap<&'a str, Type>) {
    let mut words = comment.split_whitespace();
    if words.next() != Some("TYPE") {
        return;
    }
    let (Some(name), Some(ty)) = (words.next(), words.next()) else { return };
    let ty = match ty {
        "counter" => Type::Counter,
        "gauge" => Type::Gauge,
        "histogram" => Type::Histogram,
        "summary" => Type::Summary,
        _ => Type::Untyped,
    };
    types.insert(name, ty);
}

fn sample(line: &str) -> Option<Sample<'_>> {
    let end = line.find(|c: char| c == '{' || c.is_whitespace())?;
    let (name, rest) = line.split_at(end);
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    if name.is_empty() || !name.chars().all(good) || name.starts_with(|c: char| c.is_ascii_digit())
    {
        return None;
    }
    let rest = rest.trim_start();
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inside) => labels(inside)?,
        None => (Vec::new(), rest),
    };
    let mut words = rest.split_whitespace();
    let value = number(words.next()?)?;
    // A time may follow, and nothing else.
    if words.next().is_some_and(|t| t.parse::<i64>().is_err()) || words.next().is_some() {
        return None;
    }
    Some(Sample { name, labels, value })
}

fn number(word: &str) -> Option<f64> {
    match word {
        "+Inf" | "Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::NAN),
        _ if word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) => {
            word.parse().ok()
        }
        _ => None,
    }
}

/// Labels up to the closing brace, and what follows it.
type Labels<'a> = (Vec<(&'a str, Cow<'a, str>)>, &'a str);

fn labels(text: &str) -> Option<Labels<'_>> {
    let mut labels = Vec::new();
    let mut rest = text.trim_start();
    loop {
        if let Some(after) = rest.strip_prefix('}') {
            return Some((labels, after));
        }
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start().strip_prefix('"')?;
        let (value, after) = quoted(after)?;
        labels.push((name.trim(), value));
        rest = after.trim_start();
        rest = rest.strip_prefix(',').map_or(rest, str::trim_start);
    }
}

/// A label value up to its closing quote, its escapes undone, and what follows.
fn quoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let end = text.find(['"', '\\'])?;
    if text.get(end..)?.starts_with('"') {
        return Some((Cow::Borrowed(text.get(..end)?), text.get(end + 1..)?));
    }
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '"' => return text.get(i + 1..).map(|rest| (Cow::Owned(value), rest)),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn labels_with_commas_braces_and_quotes() {
        let line = r#"m_total{profiles="P240p,P360p",e="a } \"b\" \\ c\nd",} 3.5e+01 1700000000"#;
        let page = parse(line);
        assert_eq!(page.malformed, 0);
        let s = &page.samples[0];
        assert_eq!((s.name, s.value), ("m_total", 35.0));
        assert_eq!(s.label("profiles"), Some("P240p,P360p"));
        assert_eq!(s.label("e"), Some("a } \"b\" \\ c\nd"));
    }

    #[test]
    fn the_type_line_is_trusted_not_the_name() {
        let page = parse(
            "# HELP a_total x\n# TYPE a_total gauge\na_total 1\n# TYPE h histogram\nh_sum 2\nh_count 3\nb 4",
        );
        assert_eq!(page.type_of("a_total"), Type::Gauge);
        assert_eq!(page.type_of("h_sum"), Type::Histogram);
        assert_eq!(page.type_of("b"), Type::Untyped);
        assert_eq!(page.samples.len(), 4);
    }

    #[test]
    fn what_cannot_be_read_is_counted() {
        let text = "a{b=\"c\" 1\n{} 1\na{b=c} 1\na\na one\na 1 x\na 1 2 3\n9a 1\n<html>\ngood 1\nx NaN\ny +Inf";
        let page = parse(text);
        assert_eq!(page.malformed, 9);
        assert_eq!(page.samples.len(), 3);
        assert!(page.samples[1].value.is_nan());
        assert!(page.samples[2].value.is_infinite());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            parse(&String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn damaged_pages_are_read_without_a_panic(at in 0usize..200, byte in any::<u8>(), cut in 0usize..200) {
            let mut page = br#"# TYPE livepeer_a counter
livepeer_a{node_id="x-y",error_code="bad {\"quoted\"} \\ text",z="1"} 1.5e+06
livepeer_versions{livepeerversion="0.8.10",node_type="orch"} 1"#.to_vec();
            if let Some(b) = page.get_mut(at) { *b = byte; }
            page.truncate(cut.max(1));
            parse(&String::from_utf8_lossy(&page));
        }
    }
}
