//! Every chart that there is: what it shows, what it asks, and how the answer becomes a figure.
//!
//! A panel is named by its id and narrowed by a [`View`], and nothing else: so a page, an image, an
//! embed, a table and the text that a reader copies are always of the same numbers.

mod catalogue;
mod read;
mod titles;

use crate::gql::Args;
use crate::kit::Figure;
use crate::lang::Lang;
use crate::model::{Basis, Time};
use crate::source::{Answer, Source};
use crate::text::Unit;
use crate::view::{Dimension, Origin, SlaSpan, View, Window};

pub(crate) use catalogue::PANELS;
pub(crate) use read::terms as costs;

/// One chart.
#[derive(Debug)]
pub(crate) struct Panel {
    /// In addresses: never changed, since pages of others hold it.
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    /// What it shows, and how it can mislead.
    pub(crate) says: &'static str,
    /// Which entry of the explanations has more.
    pub(crate) term: &'static str,
    pub(crate) unit: Unit,
    pub(crate) draw: Draw,
}

/// Where numbers over time come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Demand,
    Supply,
}

impl What {
    /// Field of the query, and list of REST.
    pub(crate) fn field(self) -> &'static str {
        match self {
            Self::Demand => "demand",
            Self::Supply => "supply",
        }
    }
}

/// One figure of an answer: a field, perhaps over another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub(crate) name: &'static str,
    /// `served`, or `startupMs.mean`.
    pub(crate) path: &'static str,
    /// What it is divided by.
    pub(crate) over: Option<&'static str>,
    /// Where the samples stand, if few of them would mislead.
    pub(crate) n: Option<&'static str>,
}

/// How a panel is drawn, and so what it has to ask.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Draw {
    /// Lines (or layers of bars) over time.
    Lines { what: What, lines: &'static [Line], stacked: bool, target: Option<f64> },
    /// One figure over time, a layer for each group.
    Groups { what: What, line: Line, by: Dimension, stacked: bool },
    /// p50 and p95 over time.
    Percentiles { measure: &'static str },
    /// p50, p95 and p99 of the window: of what the view is narrowed to, beside all.
    Spread { measure: &'static str },
    /// One figure of the window, by two dimensions.
    Heat { line: Line, rows: Dimension, columns: Dimension },
    /// One figure of the window, by group.
    Rank { what: What, line: Line, by: Dimension },
    /// Ninety days, one bar each.
    Days,
    /// SLA scores over time.
    Scores,
    /// What each term took from the newest score.
    Costs,
    /// Price of a minute over time.
    Prices,
    /// Figures of one machine over time.
    Node { field: &'static str, list: &'static str, lines: &'static [Line] },
}

/// Groups that are drawn.
const TOP: usize = 6;
/// Bars that are drawn.
const TOP_BARS: usize = 12;

use Dimension as D;

/// A figure with what it rests on.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) panel: &'static Panel,
    /// Narrowed as it was asked.
    pub(crate) view: View,
    pub(crate) whose: Origin,
    /// The query, whole.
    pub(crate) document: String,
    /// None where there is no answer.
    pub(crate) figure: Option<Figure>,
    pub(crate) basis: Basis,
    pub(crate) to: Option<Time>,
    pub(crate) left_out: u64,
    pub(crate) answer: Answer,
}

/// The panel of this id.
pub(crate) fn find(id: &str) -> Option<&'static Panel> {
    PANELS.iter().find(|p| p.id == id)
}

impl Panel {
    /// The title in a language.
    pub(crate) fn title_in(&self, lang: Lang) -> &'static str {
        titles::title(self.id, lang).unwrap_or(self.title)
    }

    /// Asks, and reads the answer.
    pub(crate) async fn show(&'static self, source: &Source, view: &View, whose: Origin) -> Shown {
        // A machine is a machine, whatever traffic it serves.
        let whose = if matches!(self.draw, Draw::Node { .. }) { Origin::Organic } else { whose };
        let document = self.document(view, whose);
        let answer = source.ask(&document).await;
        let (figure, envelope) = match &answer.data {
            Some(data) => (read::figure(self, view, data), read::envelope(data)),
            None => (None, read::Envelope::default()),
        };
        Shown {
            panel: self,
            view: view.clone(),
            whose,
            document,
            figure,
            basis: envelope.basis,
            to: envelope.to,
            left_out: envelope.left_out,
            answer,
        }
    }

    /// The lines that are drawn. Beside one another stands one figure each; minutes of sessions are
    /// nobody’s in particular, so an orchestrator has those of its legs.
    fn lines(&self, lines: &'static [Line], view: &View) -> Vec<Line> {
        let some = if self.by(view).is_some() { lines.get(..1).unwrap_or_default() } else { lines };
        some.iter().map(|l| self.line(*l, view)).collect()
    }

    fn line(&self, line: Line, view: &View) -> Line {
        let of_orchestrators =
            self.by(view) == Some(D::Orchestrator) || !view.of(D::Orchestrator).is_empty();
        if line.path == "minutes" && of_orchestrators {
            return Line { path: "legMinutes", ..line };
        }
        line
    }

    /// By what the lines are told apart: what the view says, or the panel itself.
    fn by(&self, view: &View) -> Option<Dimension> {
        match self.draw {
            Draw::Groups { by, .. } | Draw::Rank { by, .. } => Some(view.by.unwrap_or(by)),
            _ => view.by,
        }
    }

    /// The query.
    pub(crate) fn document(&self, view: &View, whose: Origin) -> String {
        let args = Args::windowed(view, whose).scope(view, &D::ALL);
        let over_time = || stepped(args.clone(), view.window);
        match self.draw {
            Draw::Lines { what, lines, .. } => {
                self.over_time(what, &self.lines(lines, view), over_time(), view)
            }
            Draw::Groups { what, line, .. } => {
                self.over_time(what, &[self.line(line, view)], over_time(), view)
            }
            Draw::Percentiles { measure } => percentiles(measure, over_time(), view),
            Draw::Spread { measure } => spread(measure, args, view, whose),
            Draw::Heat { line, rows, columns } => {
                totals(What::Demand, line, args.group_by(&[rows, columns]), 100)
            }
            Draw::Rank { what, line, .. } => {
                let args = args.group_by(self.by(view).as_slice());
                totals(what, self.line(line, view), args, TOP_BARS)
            }
            Draw::Days => days(view, whose),
            Draw::Scores => scores(view, whose),
            Draw::Costs => newest_scores(view, whose),
            Draw::Prices => prices(view, whose),
            Draw::Node { field, lines, .. } => node(field, lines, view),
        }
    }

    fn over_time(&self, what: What, lines: &[Line], args: Args, view: &View) -> String {
        let args = first_groups(args, self.by(view));
        format!(
            "{{\n  {}{args} {{\n    {ENVELOPE} groupsLeftOut\n    groups {{\n      key {{ dimension value }}\n      columns {{ time partial {} }}\n    }}\n  }}\n}}",
            what.field(),
            selection(lines)
        )
    }

    /// The list of REST with these numbers: path and query string.
    pub(crate) fn csv(&self, view: &View, whose: Origin) -> String {
        let base = view.rest(whose, true);
        let by = self.by(view).map(|b| format!("&groupBy={}", b.key())).unwrap_or_default();
        let step = bucket(view.window).map(|b| format!("&bucket={b}")).unwrap_or_default();
        match self.draw {
            Draw::Lines { what, .. } | Draw::Groups { what, .. } => {
                format!("/v1/{}?{base}{by}{step}&format=csv", what.field())
            }
            Draw::Percentiles { measure } => {
                format!("/v1/distributions?measure={measure}&{base}{by}{step}&format=csv")
            }
            Draw::Spread { measure } => {
                format!("/v1/distributions?measure={measure}&{base}{by}&bucket=TOTAL&format=csv")
            }
            Draw::Heat { rows, columns, .. } => format!(
                "/v1/demand?{base}&bucket=TOTAL&groupBy={},{}&format=csv",
                rows.key(),
                columns.key()
            ),
            Draw::Rank { what, .. } => {
                format!("/v1/{}?{base}&bucket=TOTAL{by}&format=csv", what.field())
            }
            Draw::Days => {
                format!("/v1/demand?last=90d&{}&bucket=D1&format=csv", view.rest(whose, false))
            }
            Draw::Scores => {
                format!("/v1/sla?span={}&{base}&format=csv", view.span.unwrap_or_default().word())
            }
            Draw::Costs => format!(
                "/v1/sla-terms?span={}&{}&format=csv",
                view.span.unwrap_or_default().word(),
                view.rest(whose, false)
            ),
            Draw::Prices => {
                let live = if view.of(D::Pipeline).is_empty() {
                    "&pipeline=live-video-to-video"
                } else {
                    ""
                };
                format!("/v1/price-points?{base}{live}{step}&format=csv")
            }
            Draw::Node { list, .. } => {
                let window = View { window: view.window, ..View::default() }.rest(whose, true);
                let window = window.split("&origin").next().unwrap_or_default().to_owned();
                let node = crate::view::escaped(view.node.as_deref().unwrap_or_default());
                format!("/v1/{list}?node={node}&{window}&format=csv")
            }
        }
    }
}

/// In buckets of this width.
fn stepped(args: Args, window: Window) -> Args {
    match bucket(window) {
        Some(bucket) => args.and("bucket", bucket),
        None => args,
    }
}

/// Beside one another, the ones with the most; without a dimension all as one.
fn first_groups(args: Args, by: Option<Dimension>) -> Args {
    let args = args.group_by(by.as_slice());
    if by.is_some() { args.and("top", &TOP.to_string()) } else { args }
}

/// Width of the buckets of a chart: of a day hours, since minutes of a day rest on too few samples
/// to say anything; else what the API takes for the finest that is fit to be drawn.
fn bucket(window: Window) -> Option<&'static str> {
    let hours = match window {
        Window::Last(last) => {
            if last == "24h" {
                24
            } else {
                0
            }
        }
        Window::Between(from, to) => (to - from).num_hours(),
    };
    (12..=72).contains(&hours).then_some("H1")
}

/// What every answer over a window says of itself.
const ENVELOPE: &str = "bucket from to dataThrough dataCoverage samples";

/// Fields of lines, inner ones in their braces.
fn selection(lines: &[Line]) -> String {
    let mut paths: Vec<&str> = Vec::new();
    for line in lines {
        paths.extend([Some(line.path), line.over, line.n].into_iter().flatten());
    }
    let mut seen: Vec<&str> = Vec::new();
    let mut out: Vec<String> = Vec::new();
    for path in &paths {
        let outer = path.split('.').next().unwrap_or(path);
        if seen.contains(&outer) {
            continue;
        }
        seen.push(outer);
        let inner: Vec<&str> =
            paths.iter().filter_map(|p| p.strip_prefix(outer)?.strip_prefix('.')).collect();
        out.push(if inner.is_empty() {
            outer.to_owned()
        } else {
            format!("{outer} {{ {} }}", inner.join(" "))
        });
    }
    out.join(" ")
}

fn percentiles(measure: &str, args: Args, view: &View) -> String {
    let args = first_groups(args.and("measure", measure), view.by);
    format!(
        "{{\n  distributions{args} {{\n    {ENVELOPE} unit relativeError groupsLeftOut\n    groups {{\n      key {{ dimension value }}\n      columns {{ time partial n p50 p95 }}\n    }}\n  }}\n}}"
    )
}

fn spread(measure: &str, args: Args, view: &View, whose: Origin) -> String {
    let own = args.and("measure", measure).group_by(view.by.as_slice());
    // The cohort: all who did the same work, whoever they are and wherever.
    let all =
        Args::windowed(view, whose).scope(view, &[D::Pipeline, D::Model]).and("measure", measure);
    let fields = "groups { key { dimension value } total { n p50 p95 p99 } }";
    format!(
        "{{\n  own: distributions{own} {{\n    {ENVELOPE} unit\n    {fields}\n  }}\n  all: distributions{all} {{\n    samples\n    {fields}\n  }}\n}}"
    )
}

fn totals(what: What, line: Line, args: Args, top: usize) -> String {
    format!(
        "{{\n  {}{} {{\n    {ENVELOPE} groupsLeftOut\n    groups {{\n      key {{ dimension value }}\n      total {{ samples {} }}\n    }}\n  }}\n}}",
        what.field(),
        args.and("top", &top.to_string()),
        selection(&[line])
    )
}

fn days(view: &View, whose: Origin) -> String {
    let args = Args::default().last("90d").origin(whose).scope(view, &D::ALL).and("bucket", "D1");
    format!(
        "{{\n  demand{args} {{\n    {ENVELOPE}\n    groups {{ columns {{ time partial requested served }} }}\n  }}\n  supply{args} {{\n    samples\n    groups {{ columns {{ time samples }} }}\n  }}\n}}"
    )
}

fn node(field: &str, lines: &[Line], view: &View) -> String {
    let node = crate::gql::text(view.node.as_deref().unwrap_or_default());
    let args = Args::default().and("node", &node).window(view.window);
    format!(
        "{{\n  {field}{args} {{\n    bucket from to dataThrough\n    columns {{ time partial {} }}\n  }}\n}}",
        selection(lines)
    )
}

/// Scores are of an orchestrator with a pipeline and model in a region.
const SCORED: [D; 4] = [D::Orchestrator, D::Pipeline, D::Model, D::Region];

/// Scores of long windows are read once a day: they cover a day each, or seven.
fn scores(view: &View, whose: Origin) -> String {
    let bucket = match view.window {
        Window::Last("1h" | "6h" | "24h") => "H1",
        Window::Between(from, to) if (to - from).num_hours() <= 48 => "H1",
        _ => "D1",
    };
    let args = span(view).window(view.window).origin(whose).scope(view, &SCORED);
    format!(
        "{{\n  sla{} {{\n    {ENVELOPE}\n    columns {{ end orchestrator model region score requested }}\n  }}\n}}",
        args.and("bucket", bucket)
    )
}

/// The newest scores with what each term cost.
pub(crate) fn newest_scores(view: &View, whose: Origin) -> String {
    let args = span(view).origin(whose).scope(view, &SCORED);
    format!(
        "{{\n  sla{args} {{\n    from to dataThrough dataCoverage samples\n    scores {{\n      end orchestrator pipeline model region score rank ranked requested served swapped\n      signalCoverage signalsExpected coverageCost formula\n      terms {{ name value effectiveWeight cost n flag median }}\n      compliance {{ target figure value unit atLeast met hours ratio }}\n    }}\n  }}\n}}"
    )
}

/// A day is what the API takes where nothing is said.
pub(crate) fn span(view: &View) -> Args {
    match view.span.unwrap_or_default() {
        SlaSpan::Day => Args::default(),
        SlaSpan::Week => Args::default().and("span", "WEEK"),
    }
}

fn prices(view: &View, whose: Origin) -> String {
    let narrowed = view.with(|v| {
        // Each pipeline has a unit of its own; live video is what has a price for a minute.
        v.scope.entry(D::Pipeline).or_insert_with(|| vec!["live-video-to-video".to_owned()]);
    });
    let args = Args::windowed(&narrowed, whose).scope(&narrowed, &SCORED);
    let args = stepped(args, view.window);
    format!(
        "{{\n  prices{} {{\n    {ENVELOPE} itemsLeftOut\n    items {{\n      orchestrator model unit\n      columns {{ time partial meanWeiPerMinute }}\n    }}\n  }}\n}}",
        args.and("top", "6")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_words_and_each_stands_once() {
        let mut ids: Vec<_> = PANELS.iter().map(|p| p.id).collect();
        assert!(ids.iter().all(|i| i.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
        ids.sort_unstable();
        let before = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), before);
        assert!(
            PANELS.iter().all(|p| p.says.len() > 30 && !p.term.is_empty()),
            "each explains itself"
        );
    }

    #[test]
    fn inner_fields_are_asked_in_their_braces() {
        let lines = [
            Line { name: "a", path: "startupMs.mean", over: None, n: Some("startupMs.n") },
            Line { name: "b", path: "served", over: Some("requested"), n: Some("requested") },
        ];
        assert_eq!(selection(&lines), "startupMs { mean n } served requested");
    }

    #[test]
    fn what_is_asked_is_narrowed_as_the_address_says() {
        let view = View::parse("last=7d&model=m&orchestrator=0x1");
        for panel in PANELS.iter().filter(|p| !matches!(p.draw, Draw::Node { .. })) {
            let document = panel.document(&view, Origin::Simulated);
            assert!(document.contains("model: [\"m\"]"), "{}: {document}", panel.id);
            assert!(document.contains("SIMULATED"), "{}: {document}", panel.id);
            assert!(document.len() < 2000, "{}", panel.id);
            let csv = panel.csv(&view, Origin::Simulated);
            assert!(csv.starts_with("/v1/") && csv.contains("model=m"), "{csv}");
        }
    }
}
