//! Small line charts as SVG: drawn on the server, legible without a script.

use maud::{Markup, html};

use crate::model::Time;

/// One line of a chart.
#[derive(Debug)]
pub(crate) struct Line {
    /// Class of its colour, and its name in the legend.
    pub(crate) name: &'static str,
    /// Time, value (unknown: a gap), and whether the bucket is not over yet.
    pub(crate) points: Vec<(Time, Option<f64>, bool)>,
}

/// A chart.
#[derive(Debug)]
pub(crate) struct Chart<'a> {
    /// What it shows, for those who do not see it.
    pub(crate) title: &'a str,
    /// A word that is unique on the page.
    pub(crate) id: String,
    pub(crate) from: Time,
    pub(crate) to: Time,
    /// Width of a bucket; points further apart than two and a half are not joined. Zero: raw
    /// samples, whose usual distance is taken.
    pub(crate) bucket_ms: i64,
    /// Top of the scale; the largest value if there is none.
    pub(crate) top: Option<f64>,
    /// How a value is written.
    pub(crate) write: fn(f64) -> String,
    pub(crate) lines: Vec<Line>,
}

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 90.0;

impl Chart<'_> {
    /// The chart, or words where there is nothing to draw.
    pub(crate) fn draw(&self) -> Markup {
        let values = || self.lines.iter().flat_map(|l| &l.points).filter_map(|p| p.1);
        let Some(largest) = values().reduce(f64::max) else {
            return html! { p.nothing { "No samples in this window yet." } };
        };
        let top = self.top.unwrap_or_else(|| nice(largest)).max(f64::MIN_POSITIVE);
        let latest = self.lines.iter().filter_map(|l| {
            let value = l.points.iter().rev().find_map(|p| p.1)?;
            Some(format!("{} {}", l.name, (self.write)(value)))
        });
        let words = format!("{}; newest: {}", self.title, latest.collect::<Vec<_>>().join(", "));
        html! {
            svg.chart viewBox=(format!("0 0 {WIDTH} {}", HEIGHT + 14.0)) role="img" aria-labelledby=(self.id) {
                title id=(self.id) { (words) }
                line.grid x1="0" x2=(WIDTH) y1="0.5" y2="0.5" {}
                line.grid x1="0" x2=(WIDTH) y1=(HEIGHT / 2.0) y2=(HEIGHT / 2.0) {}
                line.base x1="0" x2=(WIDTH) y1=(HEIGHT) y2=(HEIGHT) {}
                @for line in &self.lines {
                    @for run in self.runs(line) {
                        (self.run(line.name, &run, top))
                    }
                }
                text.scale x="2" y="10" { ((self.write)(top)) }
                text.scale x="0" y=(HEIGHT + 12.0) { (self.from.format("%H:%M")) }
                text.scale.end x=(WIDTH) y=(HEIGHT + 12.0) { (self.to.format("%H:%M UTC")) }
            }
        }
    }

    fn run(&self, name: &str, run: &[(f64, f64, bool)], top: f64) -> Markup {
        let at = |(x, value, _): &(f64, f64, bool)| {
            format!("{x:.1},{:.1}", HEIGHT - (value / top).clamp(0.0, 1.0) * HEIGHT)
        };
        let whole: Vec<String> = run.iter().filter(|p| !p.2).map(at).collect();
        // The bucket that is not over is drawn apart: it will still move.
        let open = run.iter().position(|p| p.2).map(|i| {
            run.get(i.saturating_sub(1)..).unwrap_or_default().iter().map(at).collect::<Vec<_>>()
        });
        html! {
            @if let [single] = whole.as_slice() {
                @let (x, y) = single.split_once(',').unwrap_or(("0", "0"));
                circle.dot.(name) cx=(x) cy=(y) r="1.6" {}
            } @else if !whole.is_empty() {
                polyline.line.(name) points=(whole.join(" ")) {}
            }
            @if let Some(open) = open {
                polyline.line.open.(name) points=(open.join(" ")) {}
            }
        }
    }

    /// Stretches without a gap, with the place on the x axis.
    fn runs(&self, line: &Line) -> Vec<Vec<(f64, f64, bool)>> {
        let mut runs: Vec<Vec<(f64, f64, bool)>> = Vec::new();
        let apart = self.apart_ms(line);
        let mut last: Option<Time> = None;
        for (time, value, open) in &line.points {
            let Some(value) = value else {
                last = None;
                continue;
            };
            let joined = last.is_some_and(|l| (*time - l).num_milliseconds() <= apart);
            let point = (self.x(*time), *value, *open);
            match runs.last_mut() {
                Some(run) if joined => run.push(point),
                _ => runs.push(vec![point]),
            }
            last = Some(*time);
        }
        runs
    }

    /// Points further apart than this have a gap between them.
    fn apart_ms(&self, line: &Line) -> i64 {
        let usual = if self.bucket_ms > 0 {
            self.bucket_ms
        } else {
            let times = line.points.iter().map(|p| p.0);
            let mut steps: Vec<i64> =
                times.clone().zip(times.skip(1)).map(|(a, b)| (b - a).num_milliseconds()).collect();
            steps.sort_unstable();
            steps.get(steps.len() / 2).copied().unwrap_or(0)
        };
        usual.saturating_mul(5) / 2
    }

    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a window are far below 2^53")]
    fn x(&self, time: Time) -> f64 {
        let whole = (self.to - self.from).num_milliseconds().max(1) as f64;
        (time - self.from).num_milliseconds() as f64 / whole * WIDTH
    }
}

/// The next round figure above a value: 1, 2 or 5 times a power of ten.
fn nice(x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(x.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0];
    steps.into_iter().map(|s| s * power).find(|s| *s >= x).unwrap_or(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(s: i64) -> Time {
        Time::from_timestamp(1_780_000_000 + s, 0).unwrap()
    }

    fn chart(points: Vec<(Time, Option<f64>, bool)>, bucket_ms: i64) -> Chart<'static> {
        Chart {
            title: "Processor",
            id: "c".into(),
            from: time(0),
            to: time(100),
            bucket_ms,
            top: Some(1.0),
            write: |x| format!("{x}"),
            lines: vec![Line { name: "cpu", points }],
        }
    }

    #[test]
    fn gaps_are_gaps() {
        let at = |s: i64| (time(s), Some(0.5), false);
        let c = chart(vec![at(0), at(10), at(20), at(80), at(90)], 10_000);
        let runs = c.runs(&c.lines[0]);
        assert_eq!(runs.iter().map(Vec::len).collect::<Vec<_>>(), [3, 2]);
        let unknown = chart(vec![at(0), (time(10), None, false), at(20)], 10_000);
        assert_eq!(unknown.runs(&unknown.lines[0]).len(), 2, "unknown is a gap, not 0");
        let raw = chart(vec![at(0), at(1), at(2), at(3), at(60), at(61)], 0);
        assert_eq!(raw.runs(&raw.lines[0]).len(), 2, "the usual distance of raw samples");
    }

    #[test]
    fn the_scale_is_right() {
        let c = chart(
            vec![
                (time(0), Some(0.0), false),
                (time(50), Some(1.0), false),
                (time(60), Some(0.5), true),
            ],
            60_000,
        );
        let svg = c.draw().into_string();
        assert!(svg.contains("0.0,90.0 160.0,0.0"), "{svg}");
        assert!(svg.contains("class=\"line open cpu\" points=\"160.0,0.0 192.0,45.0\""), "{svg}");
        assert!(svg.contains("Processor; newest: cpu 0.5"), "{svg}");
        assert!(chart(vec![], 1).draw().into_string().contains("No samples"));
    }

    #[test]
    fn round_figures() {
        let written = [0.0, 0.3, 1.0, 7.0, 1200.0].map(|x| format!("{:.1}", nice(x)));
        assert_eq!(written, ["1.0", "0.5", "1.0", "10.0", "2000.0"]);
    }
}
