//! Figures over time: lines, areas and stacked bars.

use std::fmt::Write;

use maud::{Markup, html};
use serde_json::{Value, json};

use super::{
    Drawing, FEW, HEIGHT, Marks, Place, Point, SERIES, Series, Table, WIDTH, at, drawing, ms, nice,
    number, written,
};
use crate::lang::Lang;
use crate::model::Time;
use crate::text::Unit;

const LEFT: f64 = 46.0;
const RIGHT: f64 = 6.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 20.0;

/// Most times below a drawing.
const TICKS: i64 = 5;
const DAY: i64 = 86_400;
const WEEK: i64 = 7 * DAY;
/// How far they may be apart, in seconds.
const STEPS: [i64; 16] = [
    60,
    300,
    600,
    900,
    1800,
    3600,
    2 * 3600,
    3 * 3600,
    6 * 3600,
    12 * 3600,
    DAY,
    2 * DAY,
    WEEK,
    2 * WEEK,
    4 * WEEK,
    13 * WEEK,
];

/// Values over time.
#[derive(Debug, Clone)]
pub(crate) struct Timeline {
    pub(crate) from: Time,
    pub(crate) to: Time,
    /// Width of a bucket; points further apart than two and a half are not joined. Zero: raw
    /// samples, whose usual distance is taken.
    pub(crate) bucket_ms: i64,
    /// Nothing is known of what comes after.
    pub(crate) through: Option<Time>,
    pub(crate) unit: Unit,
    pub(crate) series: Vec<Series>,
    /// Bars on one another, rather than lines.
    pub(crate) stacked: bool,
    /// Top of the scale; the largest value if there is none.
    pub(crate) top: Option<f64>,
    /// What it should be.
    pub(crate) target: Option<f64>,
}

/// A stretch of a line, by how it is drawn.
#[derive(Debug, PartialEq)]
struct Run {
    style: &'static str,
    points: Vec<(f64, f64)>,
}

impl Timeline {
    pub(crate) fn is_empty(&self) -> bool {
        self.series.iter().flat_map(|s| &s.points).all(|p| p.value.is_none())
    }

    pub(crate) fn marks(&self) -> Marks {
        let points = || self.series.iter().flat_map(|s| &s.points);
        let newest = points().map(|p| p.time).max();
        Marks {
            partial: points().any(|p| p.partial && p.value.is_some()),
            few: points().any(|p| p.value.is_some() && p.n.is_some_and(|n| n < FEW)),
            missing: newest.is_some() && self.dark().is_some(),
        }
    }

    pub(crate) fn svg(&self, place: Place<'_>) -> Drawing {
        let top = self.scale();
        let inner = html! {
            (self.grid(top, place.lang))
            (self.bands())
            @if self.stacked { (self.bars(top)) } @else {
                @for (i, series) in self.series.iter().take(SERIES).enumerate() {
                    (strokes(i, &self.runs(series, top)))
                }
            }
            @if let Some(target) = self.target.filter(|t| *t <= top) {
                line.target x1=(LEFT) x2=(WIDTH - RIGHT) y1=(at(self.y(target, top))) y2=(at(self.y(target, top))) {}
            }
        };
        drawing(place, HEIGHT, &self.words(place.lang), html! { g.time { (inner) } })
    }

    /// What a reader who sees nothing is told first.
    fn words(&self, lang: Lang) -> String {
        let mut out = String::new();
        for series in self.series.iter().take(SERIES) {
            let values = || series.points.iter().filter_map(|p| p.value);
            let (Some(last), Some(low), Some(high)) =
                (values().next_back(), values().reduce(f64::min), values().reduce(f64::max))
            else {
                continue;
            };
            let write = |x| self.unit.write(x, lang);
            let (last, low, high) = (write(last), write(low), write(high));
            write!(out, "{}: {last}, {low} – {high}. ", series.name)
                .expect("a string takes everything");
        }
        if out.is_empty() { lang.words().no_data.to_owned() } else { out }
    }

    fn scale(&self) -> f64 {
        let largest = if self.stacked {
            self.stacks().map(|s| s.iter().map(|p| p.1).sum()).reduce(f64::max)
        } else {
            self.series.iter().flat_map(|s| &s.points).filter_map(|p| p.value).reduce(f64::max)
        };
        let largest = largest.unwrap_or(0.0).max(self.target.unwrap_or(0.0));
        self.top.unwrap_or_else(|| nice(largest)).max(f64::MIN_POSITIVE)
    }

    fn x(&self, time: Time) -> f64 {
        let whole = ms((self.to - self.from).num_milliseconds().max(1));
        let part = ms((time - self.from).num_milliseconds()) / whole;
        LEFT + part.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }

    #[expect(clippy::unused_self, reason = "beside `x`")]
    fn y(&self, value: f64, top: f64) -> f64 {
        TOP + (1.0 - (value / top).clamp(0.0, 1.0)) * (HEIGHT - TOP - BOTTOM)
    }

    fn grid(&self, top: f64, lang: Lang) -> Markup {
        let across =
            |part: f64| format!("M{LEFT} {}H{}", at(self.y(top * part, top)), WIDTH - RIGHT);
        html! {
            path.grid d=(across(0.5) + &across(1.0)) {}
            path.base d=(across(0.0)) {}
            @for part in [0.0, 0.5, 1.0] {
                @let y = self.y(top * part, top);
                text.scale.end x=(LEFT - 4.0) y=(at(y + 3.5)) { (self.unit.brief(top * part, lang)) }
            }
            text.scale.start x="0" y=(HEIGHT - 5.0) { "UTC" }
            @for time in self.ticks() {
                @let x = self.x(time);
                text.scale.(if x > WIDTH - 24.0 { "end" } else { "middle" }) x=(at(x)) y=(HEIGHT - 5.0) {
                    @if time.timestamp() % DAY == 0 { (time.format("%b %-d")) } @else { (time.format("%H:%M")) }
                }
            }
        }
    }

    /// Round times to write below: of hours, of days, of weeks that begin on a Monday.
    fn ticks(&self) -> Vec<Time> {
        let (from, to) = (self.from.timestamp(), self.to.timestamp());
        let fits = |s: &i64| (to - from) / s <= TICKS;
        let step = STEPS.into_iter().find(fits).unwrap_or(STEPS[STEPS.len() - 1] * 12);
        // The epoch was a Thursday.
        let first = if step % WEEK == 0 { 4 * DAY } else { 0 };
        let mut next = from + (first - from).rem_euclid(step);
        let mut out = Vec::new();
        while next <= to {
            out.extend(Time::from_timestamp(next, 0));
            next += step;
        }
        out
    }

    /// From when on nothing is known yet, if that is more than five minutes and a bucket.
    fn dark(&self) -> Option<Time> {
        let through = self.through?.max(self.from);
        let missing = (self.to - through).num_milliseconds();
        (missing > self.bucket_ms.max(300_000)).then_some(through)
    }

    /// What is still open, and what has not come in.
    fn bands(&self) -> Markup {
        let open = self.series.iter().flat_map(|s| &s.points).filter(|p| p.partial);
        let open = open.map(|p| p.time).min().map(|t| (t, "band open"));
        let dark = self.dark().map(|t| (t, "band dark"));
        let height = HEIGHT - TOP - BOTTOM;
        html! {
            @for (time, class) in open.into_iter().chain(dark) {
                @let x = self.x(time);
                rect class=(class) x=(at(x)) y=(TOP) width=(at((WIDTH - RIGHT - x).max(1.0))) height=(height) {}
            }
        }
    }

    /// Of each time, the series that have a value there, and what it is.
    fn stacks(&self) -> impl Iterator<Item = Vec<(usize, f64)>> {
        self.times().into_iter().map(|t| self.stack(t))
    }

    fn stack(&self, time: Time) -> Vec<(usize, f64)> {
        let value = |s: &Series| {
            let i = s.points.binary_search_by_key(&time, |p| p.time).ok()?;
            s.points.get(i)?.value
        };
        self.series.iter().enumerate().filter_map(|(i, s)| Some((i, value(s)?))).collect()
    }

    fn times(&self) -> Vec<Time> {
        let mut times: Vec<Time> =
            self.series.iter().flat_map(|s| &s.points).map(|p| p.time).collect();
        times.sort_unstable();
        times.dedup();
        times
    }

    /// One path for each layer: few elements, however many bars.
    fn bars(&self, top: f64) -> Markup {
        let times = self.times();
        let whole = ms((self.to - self.from).num_milliseconds().max(1));
        let slots = (whole / ms(self.bucket_ms.max(1))).clamp(1.0, 2000.0);
        let width = ((WIDTH - LEFT - RIGHT) / slots * 0.86).max(0.6);
        let mut paths = vec![String::new(); self.series.len()];
        for time in times {
            let mut below = 0.0;
            for (i, value) in self.stack(time) {
                if value <= 0.0 {
                    continue;
                }
                let (y, foot) = (self.y(below + value, top), self.y(below, top));
                let (x, h) = (at(self.x(time)), at(foot - y));
                if let Some(path) = paths.get_mut(i) {
                    write!(path, "M{x} {}h{}v{h}h-{}z", at(y), at(width), at(width))
                        .expect("a string takes everything");
                }
                below += value;
            }
        }
        html! {
            @for (i, path) in paths.iter().enumerate().filter(|p| !p.1.is_empty()) {
                path.(format!("fill c{i}")) d=(path) {}
            }
        }
    }

    /// Stretches of a line without a gap; those that rest on few samples, or are not over, apart.
    fn runs(&self, series: &Series, top: f64) -> Vec<Run> {
        let apart = self.apart_ms(series);
        let mut runs: Vec<Run> = Vec::new();
        let mut last: Option<(Time, (f64, f64))> = None;
        for point in &series.points {
            let Some(value) = point.value else {
                last = None;
                continue;
            };
            let here = (self.x(point.time), self.y(value, top));
            let style = style(point);
            let before = last.filter(|l| (point.time - l.0).num_milliseconds() <= apart);
            match (runs.last_mut(), before) {
                (Some(run), Some(_)) if run.style == style => run.points.push(here),
                (_, Some((_, before))) => runs.push(Run { style, points: vec![before, here] }),
                _ => runs.push(Run { style, points: vec![here] }),
            }
            last = Some((point.time, here));
        }
        runs
    }

    /// Points further apart than this have a gap between them.
    fn apart_ms(&self, series: &Series) -> i64 {
        let usual = if self.bucket_ms > 0 {
            self.bucket_ms
        } else {
            let times = series.points.iter().map(|p| p.time);
            let mut steps: Vec<i64> =
                times.clone().zip(times.skip(1)).map(|(a, b)| (b - a).num_milliseconds()).collect();
            steps.sort_unstable();
            steps.get(steps.len() / 2).copied().unwrap_or(0)
        };
        usual.saturating_mul(5) / 2
    }

    pub(crate) fn table(&self, lang: Lang) -> Table {
        let words = lang.words();
        let mut head = vec!["UTC".to_owned()];
        head.extend(self.series.iter().map(|s| s.name.clone()));
        let rows = self.times().into_iter().map(|time| {
            let mut open = false;
            let cells: Vec<String> = self
                .series
                .iter()
                .map(|s| {
                    let point = s
                        .points
                        .binary_search_by_key(&time, |p| p.time)
                        .ok()
                        .and_then(|i| s.points.get(i));
                    open |= point.is_some_and(|p| p.partial);
                    let few =
                        point.is_some_and(|p| p.value.is_some() && p.n.is_some_and(|n| n < FEW));
                    let n = point.and_then(|p| p.n).unwrap_or_default();
                    let text = written(point.and_then(|p| p.value), self.unit, lang);
                    if few { format!("{text} (n = {n})") } else { text }
                })
                .collect();
            let mark = if open { format!(" ({})", words.open) } else { String::new() };
            let mut row = vec![format!("{}{mark}", time.format("%Y-%m-%d %H:%M"))];
            row.extend(cells);
            row
        });
        Table { head, rows: rows.collect() }
    }

    pub(crate) fn json(&self) -> Value {
        let times = self.times();
        let find = |s: &Series, t: &Time| {
            s.points.binary_search_by_key(t, |p| p.time).ok().and_then(|i| s.points.get(i)).copied()
        };
        let series: Vec<Value> = self
            .series
            .iter()
            .take(SERIES)
            .map(|s| {
                let points: Vec<Option<Point>> = times.iter().map(|t| find(s, t)).collect();
                let values: Vec<Value> =
                    points.iter().map(|p| number(p.and_then(|p| p.value))).collect();
                let few: Vec<usize> = points
                    .iter()
                    .enumerate()
                    .filter(|(_, p)| p.is_some_and(|p| p.n.is_some_and(|n| n < FEW)))
                    .map(|(i, _)| i)
                    .collect();
                json!({ "name": s.name, "values": values, "few": few })
            })
            .collect();
        let open =
            self.series.iter().flat_map(|s| &s.points).filter(|p| p.partial).map(|p| p.time).min();
        json!({
            "form": "timeline", "unit": self.unit.word(), "stacked": self.stacked,
            "from": self.from.timestamp(), "to": self.to.timestamp(), "step": self.bucket_ms / 1000,
            "open": open.map(|t| t.timestamp()), "dark": self.dark().map(|t| t.timestamp()),
            "target": self.target, "top": self.top,
            "times": times.iter().map(Time::timestamp).collect::<Vec<_>>(), "series": series,
        })
    }
}

fn style(point: &Point) -> &'static str {
    match point {
        Point { partial: true, .. } => "open",
        Point { n: Some(n), .. } if *n < FEW => "few",
        _ => "whole",
    }
}

/// The stretches of a line: one element for each way in which they look, however many gaps there
/// are. A point that stands alone is a dot.
fn strokes(i: usize, runs: &[Run]) -> Markup {
    let of = |style: &str, alone: bool| -> String {
        let fit = |r: &&Run| r.style == style && (r.points.len() == 1) == alone;
        runs.iter().filter(fit).map(|r| path(&r.points)).collect()
    };
    html! {
        @for style in ["whole", "few", "open"] {
            @let (lines, dots) = (of(style, false), of(style, true));
            @if !lines.is_empty() { path class=(format!("line c{i} {style}")) d=(lines) {} }
            @if !dots.is_empty() { path class=(format!("dots c{i} {style}")) d=(dots) {} }
        }
    }
}

/// A stretch as a path; of one point a line of no length, which a round end makes a dot.
fn path(points: &[(f64, f64)]) -> String {
    let at = |(x, y): &(f64, f64)| format!("{} {}", at(*x), at(*y));
    match points {
        [one] => format!("M{}h0", at(one)),
        many => format!("M{}", many.iter().map(at).collect::<Vec<_>>().join("L")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(s: i64) -> Time {
        Time::from_timestamp(1_780_000_000 + s, 0).unwrap()
    }

    fn point(s: i64, value: Option<f64>) -> Point {
        Point { time: time(s), value, n: None, partial: false }
    }

    fn chart(points: Vec<Point>, bucket_ms: i64) -> Timeline {
        Timeline {
            from: time(0),
            to: time(100),
            bucket_ms,
            through: None,
            unit: Unit::Number,
            series: vec![Series { name: "a".into(), points }],
            stacked: false,
            top: Some(1.0),
            target: None,
        }
    }

    fn place() -> Place<'static> {
        Place { id: "x", title: "Things", lang: Lang::default() }
    }

    #[test]
    fn times_below_are_round() {
        let said = |from: &str, to: &str| {
            let c = Timeline {
                from: from.parse().unwrap(),
                to: to.parse().unwrap(),
                ..chart(vec![], 0)
            };
            c.ticks().iter().map(|t| t.format("%m-%d %H:%M").to_string()).collect::<Vec<_>>()
        };
        let day = said("2026-11-25T16:00:00Z", "2026-11-26T17:00:00Z");
        assert_eq!(day, ["11-25 18:00", "11-26 00:00", "11-26 06:00", "11-26 12:00"]);
        let week = said("2026-11-19T00:00:00Z", "2026-11-26T17:00:00Z");
        assert_eq!(week, ["11-19 00:00", "11-21 00:00", "11-23 00:00", "11-25 00:00"]);
        let quarter = said("2026-08-28T00:00:00Z", "2026-11-26T00:00:00Z");
        assert_eq!(
            quarter,
            ["08-31 00:00", "09-28 00:00", "10-26 00:00", "11-23 00:00"],
            "Mondays"
        );
        let years = said("2016-08-28T00:00:00Z", "2026-11-26T00:00:00Z");
        assert!(years.len() <= 6, "{years:?}");
        assert_eq!(said("2026-11-25T16:00:00Z", "2026-11-25T16:00:30Z"), ["11-25 16:00"]);
    }

    #[test]
    fn gaps_are_gaps() {
        let p = |s: i64| point(s, Some(0.5));
        let c = chart(vec![p(0), p(10), p(20), p(80), p(90)], 10_000);
        let lengths = |c: &Timeline| {
            c.runs(&c.series[0], 1.0).iter().map(|r| r.points.len()).collect::<Vec<_>>()
        };
        assert_eq!(lengths(&c), [3, 2]);
        assert_eq!(
            lengths(&chart(vec![p(0), point(10, None), p(20)], 10_000)),
            [1, 1],
            "unknown is a gap, not 0"
        );
        assert_eq!(
            lengths(&chart(vec![p(0), p(1), p(2), p(3), p(60), p(61)], 0)),
            [4, 2],
            "the usual distance of raw samples"
        );
    }

    #[test]
    fn what_is_open_or_rests_on_few_is_drawn_apart() {
        let few = Point { n: Some(3), ..point(10, Some(0.5)) };
        let open = Point { partial: true, ..point(20, Some(0.5)) };
        let c = chart(vec![point(0, Some(0.5)), few, open], 10_000);
        let styles: Vec<_> = c.runs(&c.series[0], 1.0).iter().map(|r| r.style).collect();
        assert_eq!(styles, ["whole", "few", "open"]);
        let svg = c.svg(place()).alone().into_string();
        assert!(svg.contains("band open") && !svg.contains("band dark"), "{svg}");
        assert_eq!(c.marks(), Marks { partial: true, few: true, missing: false });
        assert_eq!(c.table(Lang::default()).rows[1][1], "0.5 (n = 3)");
    }

    #[test]
    fn what_has_not_come_in_is_hatched() {
        let mut c = chart(vec![point(0, Some(1.0))], 1000);
        c.to = time(4000);
        c.through = Some(time(1000));
        assert!(c.svg(place()).alone().into_string().contains("band dark"));
    }

    #[test]
    fn layers_stand_on_one_another() {
        let mut c = chart(vec![point(0, Some(1.0))], 50_000);
        c.series
            .push(Series { name: "b".into(), points: vec![point(0, Some(2.0)), point(50, None)] });
        c.stacked = true;
        c.top = None;
        assert!((c.scale() - 5.0).abs() < 1e-9);
        let svg = c.svg(place()).alone().into_string();
        assert!(svg.contains("fill c0") && svg.contains("fill c1"), "{svg}");
        assert_eq!(c.json()["series"][1]["values"], json!([2.0, null]));
    }

    #[test]
    fn words_say_what_is_drawn() {
        let svg = chart(vec![point(0, Some(1.0)), point(10, Some(3.0))], 10_000)
            .svg(place())
            .alone()
            .into_string();
        assert!(
            svg.contains("<title id=\"x-title\">Things</title>") && svg.contains("a: 3, 1 – 3."),
            "{svg}"
        );
        assert!(chart(vec![], 1).is_empty());
    }
}
