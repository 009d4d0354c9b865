//! From answers to figures.

use serde::Deserialize;
use serde_json::Value;

use super::{Draw, Line, Panel};
use crate::kit::{
    Cell, Cost, Costs, Day, Days, Figure, Heat, Point, Range, RangeRow, Rank, RankRow, Series,
    State, Timeline,
};
use crate::model::{Basis, Score, Time};
use crate::text::{Unit, short, tame};
use crate::view::View;

/// Longest name of a series.
const NAME: usize = 64;

/// What an answer says of itself.
#[derive(Debug, Default)]
pub(super) struct Envelope {
    pub(super) basis: Basis,
    pub(super) to: Option<Time>,
    pub(super) left_out: u64,
}

/// The first field of the answer is the one that a panel is about.
fn root(data: &Value) -> Option<&Value> {
    ["own", "demand", "supply", "distributions", "sla", "prices", "hostSeries", "interfaceSeries"]
        .iter()
        .find_map(|f| data.get(f))
}

pub(super) fn envelope(data: &Value) -> Envelope {
    let Some(root) = root(data) else { return Envelope::default() };
    Envelope {
        basis: Basis::deserialize(root).unwrap_or_default(),
        to: time(&root["to"]),
        left_out: root["groupsLeftOut"].as_u64().or(root["itemsLeftOut"].as_u64()).unwrap_or(0),
    }
}

pub(super) fn figure(panel: &Panel, view: &View, data: &Value) -> Option<Figure> {
    let by = view.by.is_some();
    let grouped = |groups, lines: &[Line]| in_order(view, grouped(groups, lines), |s| &s.name);
    Some(match panel.draw {
        Draw::Lines { what, lines, stacked, target } => {
            let lines = panel.lines(lines, view);
            let series = grouped(&data[what.field()]["groups"], &lines);
            // Beside one another things are compared, not added up.
            timeline(panel, data, series, stacked && !by, target)?
        }
        Draw::Groups { what, line, stacked, .. } => {
            let line = panel.line(line, view);
            let series = grouped(&data[what.field()]["groups"], &[line]);
            timeline(panel, data, series, stacked, None)?
        }
        Draw::Percentiles { .. } => {
            let p50 = Line { name: "p50", path: "p50", over: None, n: Some("n") };
            let p95 = Line { name: "p95", path: "p95", over: None, n: Some("n") };
            let lines = [p50, p95];
            let lines = if by { lines.get(..1).unwrap_or_default() } else { &lines };
            timeline(panel, data, grouped(&data["distributions"]["groups"], lines), false, None)?
        }
        Draw::Spread { .. } => Figure::Range(Range { rows: spread(data, view), unit: panel.unit }),
        Draw::Heat { line, .. } => Figure::Heat(heat(&data["demand"]["groups"], line, panel.unit)),
        Draw::Rank { what, line, .. } => {
            let line = panel.line(line, view);
            Figure::Rank(rank(panel, &data[what.field()]["groups"], line))
        }
        Draw::Days => Figure::Days(days(data)?),
        Draw::Scores => timeline(panel, data, scores(&data["sla"]["columns"]), false, None)?,
        Draw::Costs => {
            let scores = Vec::<Score>::deserialize(&data["sla"]["scores"]).ok()?;
            Figure::Costs(
                scores
                    .iter()
                    .max_by_key(|s| s.requested)
                    .map_or(Costs { score: None, costs: Vec::new() }, terms),
            )
        }
        Draw::Node { field, lines, .. } => {
            let line = |l: &Line| Series {
                name: l.name.to_owned(),
                points: points(&data[field]["columns"], l),
            };
            timeline(panel, data, lines.iter().map(line).collect(), false, None)?
        }
        Draw::Prices => timeline(panel, data, prices(&data["prices"]["items"]), false, None)?,
    })
}

/// Things that are compared keep their places, and so their colours, from chart to chart.
fn in_order<T>(view: &View, mut all: Vec<T>, name: impl Fn(&T) -> &String) -> Vec<T> {
    let Some(by) = view.by else { return all };
    let places: Vec<String> = view.of(by).iter().map(|v| tame(v, NAME)).collect();
    all.sort_by_key(|t| places.iter().position(|p| p == name(t)).unwrap_or(places.len()));
    all
}

fn time(value: &Value) -> Option<Time> {
    value.as_str()?.parse().ok()
}

fn bucket_ms(word: Option<&str>) -> i64 {
    match word {
        Some("M1") => 60_000,
        Some("M5") => 300_000,
        Some("H1") => 3_600_000,
        Some("D1") => 86_400_000,
        _ => 0,
    }
}

fn timeline(
    panel: &Panel,
    data: &Value,
    series: Vec<Series>,
    stacked: bool,
    target: Option<f64>,
) -> Option<Figure> {
    let root = root(data)?;
    let basis = Basis::deserialize(root).unwrap_or_default();
    Some(Figure::Timeline(Timeline {
        from: time(&root["from"])?,
        to: time(&root["to"])?,
        bucket_ms: bucket_ms(root["bucket"].as_str()),
        through: basis.data_through,
        unit: panel.unit,
        series,
        stacked,
        top: match panel.unit {
            Unit::Share => Some(1.0),
            Unit::Score => Some(100.0),
            Unit::Count
            | Unit::Ms
            | Unit::Fps
            | Unit::Minutes
            | Unit::Hours
            | Unit::Eth
            | Unit::Wei
            | Unit::Number
            | Unit::Bytes
            | Unit::Bits => None,
        },
        target,
    }))
}

/// A value of lists side by side: `startupMs.mean` is `startupMs { mean }`.
fn lists<'a>(columns: &'a Value, path: &str) -> Option<&'a Vec<Value>> {
    path.split('.').try_fold(columns, |v, part| v.get(part))?.as_array()
}

fn grouped(groups: &Value, lines: &[Line]) -> Vec<Series> {
    let groups = groups.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut out = Vec::new();
    for group in groups {
        let key = name(&group["key"]);
        for line in lines {
            let points = points(&group["columns"], line);
            out.push(Series { name: key.clone().unwrap_or_else(|| line.name.to_owned()), points });
        }
    }
    out
}

/// Name of a group; none where nothing is grouped by.
fn name(key: &Value) -> Option<String> {
    let parts = key.as_array().filter(|k| !k.is_empty())?;
    Some(parts.iter().map(part).collect::<Vec<_>>().join(", "))
}

fn part(key: &Value) -> String {
    key["value"].as_str().map_or_else(|| "not known".to_owned(), |v| tame(v, NAME))
}

fn points(columns: &Value, line: &Line) -> Vec<Point> {
    let list = |path: Option<&str>| path.and_then(|p| lists(columns, p));
    let (values, over, n) = (list(Some(line.path)), list(line.over), list(line.n));
    let partial = list(Some("partial"));
    let times = list(Some("time")).map(Vec::as_slice).unwrap_or_default();
    let number = |list, i| at(list, i).and_then(Value::as_f64);
    let point = |(i, t): (usize, &Value)| {
        let value = number(values, i);
        let value = if over.is_some() { ratio(value, number(over, i)) } else { value };
        let partial = at(partial, i).and_then(Value::as_bool).unwrap_or(false);
        Some(Point { time: time(t)?, value, n: at(n, i).and_then(Value::as_u64), partial })
    };
    times.iter().enumerate().filter_map(point).collect()
}

fn at(list: Option<&Vec<Value>>, i: usize) -> Option<&Value> {
    list?.get(i)
}

fn ratio(part: Option<f64>, whole: Option<f64>) -> Option<f64> {
    let whole = whole.filter(|w| *w > 0.0)?;
    Some(part? / whole)
}

/// A figure of the whole window, with its samples.
fn total(group: &Value, line: Line) -> (Option<f64>, u64) {
    let total = &group["total"];
    let at = |path: &str| path.split('.').try_fold(total, |v, p| v.get(p));
    let get = |path: &str| at(path).and_then(Value::as_f64);
    let value = get(line.path);
    let value = match line.over {
        Some(over) => ratio(value, get(over)),
        None => value,
    };
    let n = line.n.and_then(|n| at(n)?.as_u64());
    (value, n.or(total["samples"].as_u64()).unwrap_or(0))
}

fn rank(panel: &Panel, groups: &Value, line: Line) -> Rank {
    let groups = groups.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut rows: Vec<RankRow> = groups
        .iter()
        .map(|g| {
            let (value, n) = total(g, line);
            RankRow { name: name(&g["key"]).unwrap_or_else(|| line.name.to_owned()), value, n }
        })
        .filter(|r| r.value.is_some())
        .collect();
    rows.sort_by(|a, b| b.value.unwrap_or(0.0).total_cmp(&a.value.unwrap_or(0.0)));
    Rank { rows, unit: panel.unit, doubtful: line.n.is_some() }
}

fn heat(groups: &Value, line: Line, unit: Unit) -> Heat {
    let groups = groups.as_array().map(Vec::as_slice).unwrap_or_default();
    let place = |names: &mut Vec<String>, key: &Value| {
        let name = part(key);
        names.iter().position(|n| *n == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        })
    };
    let (mut rows, mut columns) = (Vec::new(), Vec::new());
    let cells = groups
        .iter()
        .map(|g| {
            let (value, n) = total(g, line);
            let row = place(&mut rows, &g["key"][0]);
            Cell { row, column: place(&mut columns, &g["key"][1]), value, n }
        })
        .collect();
    Heat { rows, columns, cells, unit }
}

fn spread(data: &Value, view: &View) -> Vec<RangeRow> {
    let rows = |root: &Value, whole: &str| -> Vec<RangeRow> {
        let groups = root["groups"].as_array().map(Vec::as_slice).unwrap_or_default();
        let row = |g: &Value| {
            let total = &g["total"];
            RangeRow {
                name: name(&g["key"]).unwrap_or_else(|| whole.to_owned()),
                p50: total["p50"].as_f64(),
                p95: total["p95"].as_f64(),
                p99: total["p99"].as_f64(),
                n: total["n"].as_u64().unwrap_or(0),
            }
        };
        groups.iter().map(row).collect()
    };
    let own = if view.scope.is_empty() { "this window" } else { "this selection" };
    let mut out = in_order(view, rows(&data["own"], own), |r| &r.name);
    out.truncate(7);
    if !view.scope.is_empty() {
        out.extend(rows(&data["all"], "all who did the same"));
    }
    out
}

/// Days that met the target of startup success, came near, or did not.
fn days(data: &Value) -> Option<Days> {
    let from = time(&data["demand"]["from"])?;
    let to = time(&data["demand"]["to"])?;
    let by_day = |root: &str, path: &'static str| {
        points(&data[root]["groups"][0]["columns"], &Line { name: "", path, over: None, n: None })
    };
    let (requested, served, offered) =
        (by_day("demand", "requested"), by_day("demand", "served"), by_day("supply", "samples"));
    let find = |points: &[Point], date: chrono::NaiveDate| {
        points.iter().find(|p| p.time.date_naive() == date).copied()
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts of sessions"
    )]
    let whole = |p: Option<Point>| p.and_then(|p| p.value).map_or(0, |v| v.max(0.0) as u64);
    let count = (to - from).num_days().clamp(1, 92);
    let days = (0..count).map(|i| {
        let date = (from + chrono::TimeDelta::days(i)).date_naive();
        let asked = find(&requested, date);
        let (n, served) = (whole(asked), whole(find(&served, date)));
        let offered = whole(find(&offered, date)) > 0;
        let partial = asked.is_some_and(|p| p.partial);
        Day {
            state: state(n, served, offered),
            date: date.to_string(),
            served,
            requested: n,
            partial,
        }
    });
    Some(Days { days: days.collect() })
}

fn state(requested: u64, served: u64, offered: bool) -> State {
    match requested {
        0 if offered => State::Idle,
        0 => State::NoData,
        n if served * 100 >= n * 99 => State::Met,
        n if served * 100 >= n * 95 => State::Close,
        _ => State::Missed,
    }
}

/// One line for each orchestrator, model and region; what all have in common is not said.
fn scores(columns: &Value) -> Vec<Series> {
    let list = |name: &str| lists(columns, name).map(Vec::as_slice).unwrap_or_default();
    let (ends, scores, requested) = (list("end"), list("score"), list("requested"));
    let [who, what, place] = ["orchestrator", "model", "region"].map(list);
    let differs = |l: &[Value]| l.iter().any(|v| Some(v) != l.first());
    let parts: Vec<&[Value]> = [who, what, place].into_iter().filter(|l| differs(l)).collect();
    let mut out: Vec<Series> = Vec::new();
    for (i, end) in ends.iter().enumerate() {
        let Some(time) = time(end) else { continue };
        let name = parts.iter().filter_map(|l| l.get(i)?.as_str().map(|s| short(s, 24)));
        let name = name.collect::<Vec<_>>().join(", ");
        let name = if name.is_empty() { "score".to_owned() } else { name };
        let value = scores.get(i).and_then(Value::as_f64);
        let n = requested.get(i).and_then(Value::as_u64);
        let point = Point { time, value, n, partial: false };
        match out.iter_mut().find(|s| s.name == name) {
            Some(series) => series.points.push(point),
            None => out.push(Series { name, points: vec![point] }),
        }
    }
    out.iter_mut().for_each(|s| s.points.sort_by_key(|p| p.time));
    out
}

fn prices(items: &Value) -> Vec<Series> {
    let items = items.as_array().map(Vec::as_slice).unwrap_or_default();
    let line = Line { name: "price", path: "meanWeiPerMinute", over: None, n: None };
    let text = |v: &Value, most| v.as_str().map(|s| short(s, most));
    items
        .iter()
        .map(|item| {
            let who = text(&item["orchestrator"], 12).unwrap_or_else(|| "not known".to_owned());
            let what = text(&item["model"], 20).unwrap_or_default();
            Series { name: format!("{who} {what}"), points: points(&item["columns"], &line) }
        })
        .collect()
}

/// The terms of a score, as people say them.
pub(crate) fn terms(score: &Score) -> Costs {
    let words = |name: &str| match name {
        "STARTUP_SUCCESS" => "start-up success".to_owned(),
        "NO_SWAP" => "no swap".to_owned(),
        "OUTPUT_VIABILITY" => "output viability".to_owned(),
        "PROMPT_TO_FIRST_FRAME" => "first frame".to_owned(),
        "E2E_MEDIA" => "media latency".to_owned(),
        "OUTPUT_FPS" => "output frames".to_owned(),
        other => other.to_lowercase().replace('_', " "),
    };
    let note = |flag: &str| match flag {
        "NO_VALUES" => "no values".to_owned(),
        "NO_BENCHMARK" => "nothing to compare with, so 0.5".to_owned(),
        other => other.to_lowercase().replace('_', " "),
    };
    let mut costs: Vec<Cost> = score
        .terms
        .iter()
        .map(|t| Cost {
            name: words(&t.name),
            cost: t.cost,
            value: t.value,
            weight: t.effective_weight,
            n: t.n.unwrap_or(0),
            note: t.flag.as_deref().map(note),
        })
        .collect();
    costs.push(Cost {
        name: "signal coverage".to_owned(),
        cost: score.coverage_cost,
        value: score.signal_coverage,
        weight: None,
        n: score.signals_expected.and_then(|n| u64::try_from(n).ok()).unwrap_or(0),
        note: None,
    });
    Costs { score: score.score, costs }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::find;
    use super::*;

    #[test]
    fn a_ratio_is_of_the_same_bucket_and_unknown_without_requests() {
        let data = json!({ "demand": { "bucket": "H1", "from": "2026-05-01T00:00:00Z", "to": "2026-05-01T03:00:00Z",
            "dataThrough": null, "dataCoverage": 0.5, "samples": 9,
            "groups": [{ "key": [], "columns": { "time": ["2026-05-01T00:00:00Z", "2026-05-01T01:00:00Z"], "partial": [false, true],
                "served": [3, 0], "requested": [4, 0] } }] } });
        let Some(Figure::Timeline(t)) = figure(find("success").unwrap(), &View::default(), &data)
        else {
            panic!()
        };
        let points = &t.series[0].points;
        assert_eq!((points[0].value, points[0].n), (Some(0.75), Some(4)));
        assert_eq!((points[1].value, points[1].partial), (None, true));
        assert_eq!(envelope(&data).basis.samples, Some(9));
    }

    #[test]
    fn days_say_what_they_know() {
        assert_eq!(state(100, 99, true), State::Met);
        assert_eq!(state(100, 95, true), State::Close);
        assert_eq!(state(10, 9, false), State::Missed);
        assert_eq!(state(0, 0, true), State::Idle);
        assert_eq!(state(0, 0, false), State::NoData);
    }

    #[test]
    fn scores_are_told_apart_by_what_differs() {
        let columns = json!({ "end": ["2026-05-01T01:00:00Z", "2026-05-01T00:00:00Z", "2026-05-01T00:00:00Z"],
            "orchestrator": ["0x1", "0x1", "0x1"], "model": ["a", "a", "b"], "region": [null, null, null],
            "score": [80.0, 70.0, null], "requested": [20, 20, 3] });
        let series = scores(&columns);
        assert_eq!(series.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(
            series[0].points.iter().map(|p| p.value).collect::<Vec<_>>(),
            [Some(70.0), Some(80.0)]
        );
    }

    #[test]
    fn groups_without_a_name_are_said_to_be_unknown() {
        let data = json!([{ "key": [{ "dimension": "REGION", "value": null }, { "dimension": "MODEL", "value": "m" }], "total": { "served": 1, "requested": 2, "samples": 2 } }]);
        let line = Line { name: "", path: "served", over: Some("requested"), n: Some("requested") };
        let heat = heat(&data, line, Unit::Share);
        assert_eq!(
            (heat.rows[0].as_str(), heat.cells[0].value, heat.cells[0].n),
            ("not known", Some(0.5), 2)
        );
    }
}
