//! Figures without a time axis: ranked bars, ranges of a distribution, days, and what a score lost.

use maud::html;
use serde_json::{Value, json};

use super::{Drawing, FEW, Place, Table, WIDTH, at, count, drawing, fitted, nice, number, written};
use crate::lang::Lang;
use crate::text::Unit;

const LEFT: f64 = 146.0;
const VALUE: f64 = 62.0;
const ROW: f64 = 24.0;

/// A bar.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RankRow {
    pub(crate) name: String,
    pub(crate) value: Option<f64>,
    pub(crate) n: u64,
}

/// Bars, the longest first.
#[derive(Debug, Clone)]
pub(crate) struct Rank {
    pub(crate) rows: Vec<RankRow>,
    pub(crate) unit: Unit,
    /// Whether few samples make a value doubtful; a count is a count.
    pub(crate) doubtful: bool,
}

impl Rank {
    pub(crate) fn svg(&self, place: Place<'_>) -> Drawing {
        let most = self.rows.iter().filter_map(|r| r.value).reduce(f64::max).unwrap_or(1.0);
        let most = if self.unit == Unit::Share { 1.0 } else { most.max(f64::MIN_POSITIVE) };
        let room = WIDTH - LEFT - VALUE;
        let said: Vec<String> = self
            .rows
            .iter()
            .map(|r| format!("{}: {}", r.name, written(r.value, self.unit, place.lang)))
            .collect();
        let inner = html! {
            @for (i, row) in self.rows.iter().enumerate() {
                @let y = ROW * count(i);
                @let length = row.value.map_or(0.0, |v| (v / most).clamp(0.0, 1.0) * room);
                text.scale.end x=(LEFT - 6.0) y=(at(y + 16.0)) { (fitted(&row.name, 20)) title { (row.name) } }
                rect class=(if self.doubtful && row.n < FEW { "fill c0 few" } else { "fill c0" }) x=(LEFT) y=(at(y + 4.0)) width=(at(length)) height=(ROW - 8.0) {}
                text.value x=(at(LEFT + length + 5.0)) y=(at(y + 16.0)) { (written(row.value, self.unit, place.lang)) }
            }
        };
        drawing(place, ROW * count(self.rows.len().max(1)) + 2.0, &said.join("; "), inner)
    }

    pub(crate) fn table(&self, lang: Lang) -> Table {
        let rows = self
            .rows
            .iter()
            .map(|r| vec![r.name.clone(), written(r.value, self.unit, lang), r.n.to_string()]);
        Table {
            head: vec!["Name".to_owned(), lang.words().value.to_owned(), "n".to_owned()],
            rows: rows.collect(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        let rows: Vec<Value> =
            self.rows.iter().map(|r| json!([r.name, number(r.value), r.n])).collect();
        json!({ "form": "rank", "unit": self.unit.word(), "rows": rows })
    }
}

/// A distribution, as far as the API tells it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RangeRow {
    pub(crate) name: String,
    pub(crate) p50: Option<f64>,
    pub(crate) p95: Option<f64>,
    pub(crate) p99: Option<f64>,
    pub(crate) n: u64,
}

/// Distributions below one another, on one scale.
#[derive(Debug, Clone)]
pub(crate) struct Range {
    pub(crate) rows: Vec<RangeRow>,
    pub(crate) unit: Unit,
}

impl Range {
    pub(crate) fn svg(&self, place: Place<'_>) -> Drawing {
        let most = self.rows.iter().filter_map(|r| r.p99).reduce(f64::max).unwrap_or(1.0);
        let most = nice(most).max(f64::MIN_POSITIVE);
        let room = WIDTH - LEFT - 12.0;
        let x = |v: f64| LEFT + (v / most).clamp(0.0, 1.0) * room;
        let bottom = 34.0 * count(self.rows.len().max(1));
        let write = |v: f64| self.unit.brief(v, place.lang);
        let said: Vec<String> = self.rows.iter().map(|r| self.says(r, place.lang)).collect();
        let inner = html! {
            @for part in [0.0, 0.5, 1.0] {
                line.grid x1=(at(x(most * part))) x2=(at(x(most * part))) y1="4" y2=(at(bottom)) {}
                text.scale.(if part < 0.1 { "start" } else if part > 0.9 { "end" } else { "middle" }) x=(at(x(most * part))) y=(at(bottom + 14.0)) { (write(most * part)) }
            }
            @for (i, row) in self.rows.iter().enumerate() {
                @let y = 34.0 * count(i) + 17.0;
                text.scale.end x=(LEFT - 6.0) y=(at(y + 4.0)) { (fitted(&row.name, 20)) title { (row.name) } }
                g class=(if row.n < FEW { "few" } else { "" }) {
                    title { (self.says(row, place.lang)) }
                    @if let (Some(p50), Some(p95), Some(p99)) = (row.p50, row.p95, row.p99) {
                        line class=(format!("span c{i}")) x1=(at(x(p50))) x2=(at(x(p99))) y1=(at(y)) y2=(at(y)) {}
                        circle class=(format!("dot c{i}")) cx=(at(x(p50))) cy=(at(y)) r="5" {}
                        rect class=(format!("fill c{i}")) x=(at(x(p95) - 2.0)) y=(at(y - 7.0)) width="4" height="14" {}
                        rect class=(format!("fill c{i}")) x=(at(x(p99) - 1.0)) y=(at(y - 4.0)) width="2" height="8" {}
                    } @else {
                        text.scale x=(LEFT) y=(at(y + 4.0)) { (place.lang.words().no_data) }
                    }
                }
            }
        };
        drawing(place, bottom + 20.0, &said.join("; "), inner)
    }

    fn says(&self, r: &RangeRow, lang: Lang) -> String {
        let w = |v| written(v, self.unit, lang);
        format!("{}: p50 {}, p95 {}, p99 {} (n = {})", r.name, w(r.p50), w(r.p95), w(r.p99), r.n)
    }

    pub(crate) fn table(&self, lang: Lang) -> Table {
        let w = |v| written(v, self.unit, lang);
        let rows = self
            .rows
            .iter()
            .map(|r| vec![r.name.clone(), w(r.p50), w(r.p95), w(r.p99), r.n.to_string()]);
        Table {
            head: ["Name", "p50", "p95", "p99", "n"].map(str::to_owned).to_vec(),
            rows: rows.collect(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|r| json!([r.name, number(r.p50), number(r.p95), number(r.p99), r.n]))
            .collect();
        json!({ "form": "range", "unit": self.unit.word(), "rows": rows })
    }
}

/// How a day was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// The target was met.
    Met,
    /// Nearly.
    Close,
    /// Not.
    Missed,
    /// It was on offer, and nobody asked.
    Idle,
    /// Nothing is known.
    NoData,
}

impl State {
    const ALL: [Self; 5] = [Self::Met, Self::Close, Self::Missed, Self::Idle, Self::NoData];

    fn class(self) -> &'static str {
        match self {
            Self::Met => "day met",
            Self::Close => "day close",
            Self::Missed => "day missed",
            Self::Idle => "day idle",
            Self::NoData => "day none",
        }
    }

    /// As people say it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Close => "close",
            Self::Missed => "missed",
            Self::Idle => "offered, not asked",
            Self::NoData => "no data",
        }
    }

    /// Height of its bar: what colour says is said by shape too.
    fn height(self) -> f64 {
        match self {
            Self::Met => 1.0,
            Self::Close => 0.75,
            Self::Missed => 0.5,
            Self::Idle => 0.3,
            Self::NoData => 0.12,
        }
    }
}

/// One day.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Day {
    /// `2026-05-01`.
    pub(crate) date: String,
    pub(crate) state: State,
    pub(crate) served: u64,
    pub(crate) requested: u64,
    pub(crate) partial: bool,
}

/// One bar a day.
#[derive(Debug, Clone)]
pub(crate) struct Days {
    pub(crate) days: Vec<Day>,
}

impl Days {
    /// Looks and words of the states that there are.
    pub(crate) fn legend(&self, lang: Lang) -> Vec<(&'static str, &'static str)> {
        let [met, close, missed, idle] = lang.words().days;
        let words = [met, close, missed, idle, lang.words().no_data];
        let states = State::ALL.into_iter().zip(words);
        let states = states.filter(|(state, _)| self.count(*state) > 0);
        states.map(|(state, word)| (state.class(), word)).collect()
    }

    /// Days of each state.
    pub(crate) fn count(&self, state: State) -> usize {
        self.days.iter().filter(|d| d.state == state).count()
    }

    pub(crate) fn svg(&self, place: Place<'_>) -> Drawing {
        let width = WIDTH / count(self.days.len().max(1));
        let states = State::ALL;
        let said: Vec<String> =
            states.iter().map(|s| format!("{} {}", self.count(*s), s.words())).collect();
        let ends = [self.days.first(), self.days.last()].map(|d| d.map_or("", |d| d.date.as_str()));
        let inner = html! {
            // One path for each state: few elements, however many days.
            @for state in states {
                @for open in [false, true] {
                    @let path = self.path(state, open, width);
                    @if !path.is_empty() { path class=(format!("{}{}", state.class(), if open { " open" } else { "" })) d=(path) {} }
                }
            }
            text.scale.start x="0" y="62" { (ends[0]) }
            text.scale.end x=(WIDTH) y="62" { (ends[1]) }
        };
        drawing(place, 68.0, &said.join(", "), inner)
    }

    fn path(&self, state: State, open: bool, width: f64) -> String {
        let days =
            self.days.iter().enumerate().filter(|(_, d)| d.state == state && d.partial == open);
        let height = 44.0 * state.height();
        let bar = |i: usize| {
            format!(
                "M{} 48v-{}h{}v{}z",
                at(width * count(i) + 0.5),
                at(height),
                at((width - 1.0).max(0.5)),
                at(height)
            )
        };
        days.map(|(i, _)| bar(i)).collect()
    }

    pub(crate) fn table(&self) -> Table {
        let rows = self.days.iter().map(|d| {
            let mark = if d.partial { " (in progress)" } else { "" };
            vec![
                d.date.clone(),
                format!("{}{mark}", d.state.words()),
                d.served.to_string(),
                d.requested.to_string(),
            ]
        });
        Table {
            head: ["Day", "State", "Served", "Requested"].map(str::to_owned).to_vec(),
            rows: rows.collect(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        let rows: Vec<Value> = self
            .days
            .iter()
            .map(|d| json!([d.date, d.state.words(), d.served, d.requested]))
            .collect();
        json!({ "form": "days", "rows": rows })
    }
}

/// What a term took from a score.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cost {
    pub(crate) name: String,
    pub(crate) cost: Option<f64>,
    pub(crate) value: Option<f64>,
    pub(crate) weight: Option<f64>,
    pub(crate) n: u64,
    pub(crate) note: Option<String>,
}

/// A score of 100, and what is gone.
#[derive(Debug, Clone)]
pub(crate) struct Costs {
    pub(crate) score: Option<f64>,
    pub(crate) costs: Vec<Cost>,
}

impl Costs {
    pub(crate) fn svg(&self, place: Place<'_>) -> Drawing {
        let room = WIDTH - LEFT - VALUE;
        let most = self.costs.iter().filter_map(|c| c.cost).fold(10.0, f64::max);
        let said: Vec<String> = self
            .costs
            .iter()
            .map(|c| format!("{}: {}", c.name, written(c.cost, Unit::Score, place.lang)))
            .collect();
        let inner = html! {
            @for (i, cost) in self.costs.iter().enumerate() {
                @let y = ROW * count(i);
                @let length = cost.cost.map_or(0.0, |c| c / most * room);
                text.scale.end x=(LEFT - 6.0) y=(at(y + 16.0)) { (cost.name) }
                rect.fill.lost x=(LEFT) y=(at(y + 4.0)) width=(at(length)) height=(ROW - 8.0) {}
                text.value x=(at(LEFT + length + 5.0)) y=(at(y + 16.0)) { @if cost.cost.is_some() { "−" } (written(cost.cost, Unit::Score, place.lang)) }
            }
        };
        drawing(place, ROW * count(self.costs.len().max(1)) + 2.0, &said.join("; "), inner)
    }

    pub(crate) fn table(&self, lang: Lang) -> Table {
        let rows = self.costs.iter().map(|c| {
            let w = |v, unit| written(v, unit, lang);
            vec![
                c.name.clone(),
                w(c.value, Unit::Number),
                w(c.weight, Unit::Number),
                w(c.cost, Unit::Score),
                c.n.to_string(),
                c.note.clone().unwrap_or_default(),
            ]
        });
        Table {
            head: ["Term", "Value", "Weight", "Points lost", "n", "Note"]
                .map(str::to_owned)
                .to_vec(),
            rows: rows.collect(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        let rows: Vec<Value> = self.costs.iter().map(|c| json!([c.name, number(c.cost)])).collect();
        json!({ "form": "costs", "score": number(self.score), "rows": rows })
    }
}
