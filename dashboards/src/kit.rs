//! The chart kit: figures as SVG that can be read without a script, as a table, and as JSON for the
//! script that enlarges them.
//!
//! A drawing holds classes and no style, so that it follows the theme of whatever it stands in, and
//! names nothing but shapes: what cannot be told by colour is told by dash, hatch, place and word.

mod heat;
mod lines;
mod marks;
mod spark;

use maud::{Markup, html};
use serde_json::{Value, json};

use crate::lang::Lang;
use crate::limits::SERIES;
use crate::model::Time;
use crate::text::Unit;

pub(crate) use heat::{Cell, Heat};
pub(crate) use lines::Timeline;
pub(crate) use marks::{Cost, Costs, Day, Days, Range, RangeRow, Rank, RankRow, State};
pub(crate) use spark::spark;

/// Fewer samples than this are shown as few: what the SLA score takes for too few.
pub(crate) const FEW: u64 = 10;

/// Width of all drawings; they scale.
const WIDTH: f64 = 420.0;
/// Height of the usual one.
const HEIGHT: f64 = 190.0;

/// A value of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) time: Time,
    /// Unknown: a gap, never 0.
    pub(crate) value: Option<f64>,
    /// Samples behind it, where these are few enough to matter.
    pub(crate) n: Option<u64>,
    /// The bucket is not over yet.
    pub(crate) partial: bool,
}

/// A line, or a layer of bars.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) points: Vec<Point>,
}

/// Anything that can be drawn.
#[derive(Debug, Clone)]
pub(crate) enum Figure {
    Timeline(Timeline),
    Heat(Heat),
    Rank(Rank),
    Range(Range),
    Days(Days),
    Costs(Costs),
}

/// Rows and columns, exact: what a drawing shows, for those who do not see it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Table {
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn draw(&self, label: &str) -> Markup {
        let table = html! {
            table.plain {
                thead { tr { @for (i, h) in self.head.iter().enumerate() { th.n[i > 0] scope="col" { (h) } } } }
                tbody {
                    @for row in &self.rows {
                        tr {
                            @for (i, cell) in row.iter().enumerate() {
                                @if i == 0 { th scope="row" { (cell) } } @else { td.n { (cell) } }
                            }
                        }
                    }
                }
            }
        };
        wide(label, &table)
    }
}

/// A wide table that a keyboard can scroll.
pub(crate) fn wide(label: &str, table: &Markup) -> Markup {
    html! { div.wide tabindex="0" role="region" aria-label=(label) { (table) } }
}

/// Where a drawing stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// A word that is unique on the page.
    pub(crate) id: &'a str,
    /// What is shown.
    pub(crate) title: &'a str,
    pub(crate) lang: Lang,
}

impl Figure {
    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Timeline(t) => t.is_empty(),
            Self::Heat(h) => h.cells.is_empty(),
            Self::Rank(r) => r.rows.is_empty(),
            Self::Range(r) => r.rows.iter().all(|r| r.n == 0),
            Self::Days(d) => d.days.iter().all(|d| d.state == State::NoData),
            Self::Costs(c) => c.costs.is_empty(),
        }
    }

    /// The drawing.
    pub(crate) fn svg(&self, place: Place<'_>) -> Drawing {
        match self {
            Self::Timeline(t) => t.svg(place),
            Self::Heat(h) => h.svg(place),
            Self::Rank(r) => r.svg(place),
            Self::Range(r) => r.svg(place),
            Self::Days(d) => d.svg(place),
            Self::Costs(c) => c.svg(place),
        }
    }

    /// The same as a table.
    pub(crate) fn table(&self, lang: Lang) -> Table {
        match self {
            Self::Timeline(t) => t.table(lang),
            Self::Heat(h) => h.table(lang),
            Self::Rank(r) => r.table(lang),
            Self::Range(r) => r.table(lang),
            Self::Days(d) => d.table(),
            Self::Costs(c) => c.table(lang),
        }
    }

    /// The same for the script. Only what goes over time can be enlarged.
    pub(crate) fn json(&self) -> Value {
        match self {
            Self::Timeline(t) => t.json(),
            Self::Heat(h) => h.json(),
            Self::Rank(r) => r.json(),
            Self::Range(r) => r.json(),
            Self::Days(d) => d.json(),
            Self::Costs(c) => c.json(),
        }
    }

    /// Names in the order of their colours, if there is more than one.
    pub(crate) fn legend(&self) -> Vec<&str> {
        match self {
            Self::Timeline(t) if t.series.len() > 1 => {
                t.series.iter().take(SERIES).map(|s| s.name.as_str()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The newest value of the only series, for a tile.
    pub(crate) fn marks(&self) -> Marks {
        match self {
            Self::Timeline(t) => t.marks(),
            _ => Marks::default(),
        }
    }
}

/// What in a drawing is not plain data, so that the words below it can say how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Marks {
    pub(crate) partial: bool,
    pub(crate) few: bool,
    pub(crate) missing: bool,
}

/// A drawing with what it is called and what it says, on a ground of [`WIDTH`] and its own height.
#[derive(Debug)]
pub(crate) struct Drawing {
    id: String,
    title: String,
    words: String,
    pub(crate) height: f64,
    inner: Markup,
}

fn drawing(place: Place<'_>, height: f64, words: &str, inner: Markup) -> Drawing {
    Drawing {
        id: place.id.to_owned(),
        title: place.title.to_owned(),
        words: words.to_owned(),
        height,
        inner,
    }
}

impl Drawing {
    /// By itself: as wide as there is room.
    pub(crate) fn alone(&self) -> Markup {
        self.draw(None)
    }

    /// Within another one, so far from its top.
    pub(crate) fn below(&self, top: u32) -> Markup {
        self.draw(Some(top))
    }

    fn draw(&self, top: Option<u32>) -> Markup {
        let (title, desc) = (format!("{}-title", self.id), format!("{}-desc", self.id));
        let within = top.is_some();
        html! {
            svg.chart viewBox=(format!("0 0 {WIDTH} {}", self.height)) x=[within.then_some(0)] y=[top] width=[within.then_some(WIDTH)] height=[within.then_some(self.height)] role="img" aria-labelledby=(format!("{title} {desc}")) {
                title id=(title) { (self.title) }
                desc id=(desc) { (self.words) }
                (self.inner)
            }
        }
    }
}

/// The next round figure above a value: 1, 2 or 5 times a power of ten.
fn nice(x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(x.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0];
    steps.into_iter().map(|s| s * power).find(|s| *s >= x * 0.999_999).unwrap_or(x)
}

/// A coordinate: a tenth of a unit is enough.
fn at(x: f64) -> String {
    let text = format!("{x:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// A text that fits into so many characters.
fn fitted(text: &str, most: usize) -> String {
    crate::text::short(text, most)
}

/// Milliseconds as a number to draw with.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of a window are far below 2^53")]
fn ms(x: i64) -> f64 {
    x as f64
}

/// A count as a number to draw with.
#[expect(clippy::cast_precision_loss, reason = "series, rows and samples are far below 2^53")]
fn count(n: usize) -> f64 {
    n as f64
}

fn written(value: Option<f64>, unit: Unit, lang: Lang) -> String {
    value.map_or_else(|| "–".to_owned(), |v| unit.write(v, lang))
}

/// A number as JSON has it, without what a reader's script would stumble over.
fn number(value: Option<f64>) -> Value {
    value.filter(|v| v.is_finite()).map_or(Value::Null, |v| json!(v))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_figures() {
        let written = [0.0, 0.3, 1.0, 7.0, 1200.0].map(|x| format!("{:.1}", nice(x)));
        assert_eq!(written, ["1.0", "0.5", "1.0", "10.0", "2000.0"]);
    }

    #[test]
    fn coordinates_are_short() {
        assert_eq!([1.0, 1.26, 0.04].map(at), ["1", "1.3", "0"]);
    }
}
