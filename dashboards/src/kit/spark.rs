//! A line in a cell of a table.

use maud::{Markup, html};

use super::{Point, at, ms};

const W: f64 = 90.0;
const H: f64 = 22.0;

/// A small line over time, from `low` to `high`; words for those who do not see it. What is unknown is a gap.
pub(crate) fn spark(points: &[Point], low: f64, high: f64, words: &str) -> Markup {
    let known = || points.iter().filter(|p| p.value.is_some());
    let (Some(first), Some(last)) = (known().next(), known().next_back()) else {
        return html! { span.unknown title="not known" { "–" } };
    };
    let whole = ms((last.time - first.time).num_milliseconds().max(1));
    let x = |p: &Point| 2.0 + ms((p.time - first.time).num_milliseconds()) / whole * (W - 6.0);
    let y = |v: f64| 2.0 + (1.0 - ((v - low) / (high - low)).clamp(0.0, 1.0)) * (H - 4.0);
    let mut path = String::new();
    let mut joined = false;
    for point in points {
        if let Some(value) = point.value {
            path.push_str(if joined { "L" } else { "M" });
            path.push_str(&format!("{} {}", at(x(point)), at(y(value))));
        }
        joined = point.value.is_some();
    }
    html! {
        svg.spark viewBox=(format!("0 0 {W} {H}")) role="img" aria-label=(words) {
            path.line.c0 d=(path) {}
            circle.dot.c0 cx=(at(x(last))) cy=(at(y(last.value.unwrap_or(low)))) r="2" {}
        }
    }
}
