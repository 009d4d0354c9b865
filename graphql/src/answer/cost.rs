//! What a query costs, known before anything of it is executed.
//!
//! A series costs one point and one more for every thousand cells, which are its points times the
//! fields that are asked of them; a page one and one for every hundred nodes, those of lists in them
//! too, and what is read for each of its nodes as often as there are nodes; everything else that reads costs one. Each fragment
//! is looked at once, so that the reckoning is as long as the document.

use std::collections::HashMap;

use async_graphql::parser::types::{
    ExecutableDocument, Field as Asked, OperationDefinition, Selection, SelectionSet,
};

use super::arguments::{Given, Window};
use super::fields::{Field, Fields, Has, Kind, ROOT};
use super::refusal::Refusal;
use crate::limits;
use crate::read::sums::{DAY_US, HOUR_US};
use crate::schema::bucket::{Bucket, MINUTE_US};

/// Time that one sample of a series stands for: agents sample no more often.
const SAMPLE_US: i64 = 10_000_000;

/// What a query costs and how long its answer keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reckoning {
    /// Cost points.
    pub(crate) cost: u64,
    /// It shows what one client has left.
    pub(crate) private: bool,
    /// When the last of its windows ends: `i64::MAX` where something is of now, `i64::MIN` where all
    /// is part of the program.
    pub(crate) ends_us: i64,
    /// Width of the finest buckets that are not over.
    pub(crate) finest_us: i64,
    /// The latest beginning of a window that ends now.
    pub(crate) begins_us: i64,
}

/// Fields of a selection by how often they come.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    /// Once.
    once: u64,
    /// In each group.
    grouped: u64,
    /// In each point.
    pointed: u64,
    /// Points of all series in it.
    points: u64,
    /// Nodes of lists in it that are read with it.
    listed: u64,
    /// Cost of what reads for itself.
    cost: u64,
}

impl Size {
    fn add(&mut self, more: Self) {
        self.once = self.once.saturating_add(more.once);
        self.grouped = self.grouped.saturating_add(more.grouped);
        self.pointed = self.pointed.saturating_add(more.pointed);
        self.points = self.points.saturating_add(more.points);
        self.listed = self.listed.saturating_add(more.listed);
        self.cost = self.cost.saturating_add(more.cost);
    }
}

/// The dearest field: its cost is `1 + many * each / per`.
#[derive(Debug, Clone, Default)]
struct Dearest {
    name: String,
    argument: Option<&'static str>,
    cost: u64,
    each: u64,
    per: u64,
}

impl Dearest {
    /// What would make the query cost `limit` at most, where it costs `cost`.
    fn hint(&self, cost: u64, limit: u64) -> String {
        let others = cost.saturating_sub(self.cost);
        let room = limit.saturating_sub(others).saturating_sub(2);
        let fits = room.saturating_mul(self.per) / self.each.max(1);
        match self.argument {
            Some(argument) if fits > 0 => {
                format!("{argument}: {fits} of {} fits", self.name)
            }
            _ => "ask for fewer fields or wider buckets, or send several queries".to_owned(),
        }
    }
}

struct Reckoner<'a> {
    document: &'a ExecutableDocument,
    fields: &'a Fields,
    given: &'a Given<'a>,
    now_us: i64,
    known: HashMap<&'a str, Size>,
    dearest: Dearest,
    out: Reckoning,
}

/// Reckons what an operation costs, which may be `limit` at most.
///
/// # Errors
/// If it costs more, or has too many points; with what would fit.
pub(crate) fn reckon(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    given: &Given<'_>,
    fields: &Fields,
    now_us: i64,
    limit: u64,
) -> Result<Reckoning, Refusal> {
    let mut reckoner = Reckoner {
        document,
        fields,
        given,
        now_us,
        known: HashMap::new(),
        dearest: Dearest::default(),
        out: Reckoning {
            cost: 0,
            private: false,
            ends_us: i64::MIN,
            finest_us: DAY_US,
            begins_us: i64::MIN,
        },
    };
    let size = reckoner.set(ROOT, &operation.selection_set.node)?;
    if size.points > limits::POINTS {
        return Err(Refusal::Points {
            field: "the query".to_owned(),
            parts: "of all its series".to_owned(),
            actual: size.points,
            limit: limits::POINTS,
            hint: "send several queries".to_owned(),
        });
    }
    if size.cost > limit {
        let hint = reckoner.dearest.hint(size.cost, limit);
        return Err(Refusal::Cost { actual: size.cost, limit, hint });
    }
    reckoner.out.cost = size.cost;
    Ok(reckoner.out)
}

impl<'a> Reckoner<'a> {
    fn set(&mut self, of: &str, set: &'a SelectionSet) -> Result<Size, Refusal> {
        let mut size = Size::default();
        for item in &set.items {
            let more = match &item.node {
                Selection::Field(field) => self.field(of, &field.node)?,
                Selection::InlineFragment(fragment) => {
                    let on = fragment.node.type_condition.as_ref();
                    let of = on.map_or(of, |on| on.node.on.node.as_str());
                    self.set(of, &fragment.node.selection_set.node)?
                }
                Selection::FragmentSpread(spread) => {
                    self.fragment(spread.node.fragment_name.node.as_str())?
                }
            };
            size.add(more);
        }
        Ok(size)
    }

    fn fragment(&mut self, name: &'a str) -> Result<Size, Refusal> {
        if let Some(size) = self.known.get(name) {
            return Ok(*size);
        }
        // One that is not there is the validator's to refuse; cycles the guard has refused.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Size::default()) };
        self.known.insert(name, Size::default());
        let on = fragment.node.type_condition.node.on.node.as_str();
        let size = self.set(on, &fragment.node.selection_set.node)?;
        self.known.insert(name, size);
        Ok(size)
    }

    fn field(&mut self, of: &str, asked: &'a Asked) -> Result<Size, Refusal> {
        let name = asked.name.node.as_str();
        if name.starts_with("__") {
            return Ok(Size { once: 1, ..Size::default() });
        }
        let fields = self.fields;
        let Some(field) = fields.get(of, name) else {
            // The validator refuses it.
            let cost = u64::from(of == ROOT);
            return Ok(Size { once: 1, cost, ..Size::default() });
        };
        let inner = match asked.selection_set.node.items.is_empty() {
            true => Size { once: 1, ..Size::default() },
            false => self.set(&field.gives, &asked.selection_set.node)?,
        };
        if of == ROOT {
            self.window_of(asked, field);
        }
        let size = match field.kind {
            Kind::Free => Size::default(),
            Kind::Private => {
                self.out.private = true;
                Size::default()
            }
            Kind::Part => parts(name, inner),
            Kind::Read => Size { cost: inner.cost.saturating_add(1), ..inner },
            Kind::Page => {
                let first = self.first(asked, field);
                self.page(name, first, inner)
            }
            Kind::List => {
                let nodes = self.first(asked, field);
                let listed = nodes.saturating_mul(inner.listed.saturating_add(1));
                let points = inner.points.saturating_mul(nodes);
                let cost = inner.cost.saturating_mul(nodes);
                Size { points, listed, cost, ..Size::default() }
            }
            Kind::Hourly => self.hourly(name, asked, field, inner),
            Kind::Series => self.series(name, asked, field, inner)?,
        };
        Ok(Size { once: size.once.max(u64::from(field.kind != Kind::Part)), ..size })
    }

    /// Takes note of when a field's window ends.
    fn window_of(&mut self, asked: &Asked, field: &Field) {
        if matches!(field.kind, Kind::Free | Kind::Private) {
            return;
        }
        let width = match self.chosen(asked, field) {
            Some(Bucket::Raw | Bucket::Auto) | None => MINUTE_US,
            Some(bucket) => bucket.width_us(),
        };
        let ends = match (field.live, self.given.window(asked)) {
            (false, Window::Absolute { to_us: Some(to_us), .. }) => to_us.saturating_add(width),
            (false, Window::Absolute { from_us, to_us: None }) => {
                self.out.begins_us = self.out.begins_us.max(from_us);
                i64::MAX
            }
            (true, _) | (false, Window::Last { .. } | Window::Default | Window::Odd) => i64::MAX,
        };
        self.out.ends_us = self.out.ends_us.max(ends);
        if ends > self.now_us {
            self.out.finest_us = self.out.finest_us.min(width);
        }
    }

    fn dear(&mut self, dearest: Dearest) {
        if dearest.cost > self.dearest.cost {
            self.dearest = dearest;
        }
    }

    /// Nodes that are asked for.
    fn first(&self, asked: &Asked, field: &Field) -> u64 {
        let first = self.given.number(asked, field, "first");
        let first = first.unwrap_or(whole(limits::PAGE_DEFAULT));
        first.clamp(1, whole(limits::PAGE)).unsigned_abs()
    }

    fn page(&mut self, name: &str, nodes: u64, inner: Size) -> Size {
        let all = inner.listed.saturating_add(1);
        let cost = 1u64
            .saturating_add(nodes.saturating_mul(all).div_ceil(limits::NODES_PER_COST))
            .saturating_add(nodes.saturating_mul(inner.cost));
        let (per, name) = (limits::NODES_PER_COST, name.to_owned());
        let each = inner.cost.saturating_mul(per).saturating_add(all);
        self.dear(Dearest { name, argument: Some("first"), cost, each, per });
        Size { cost, points: inner.points.saturating_mul(nodes), ..Size::default() }
    }

    fn hourly(&mut self, name: &str, asked: &Asked, field: &Field, inner: Size) -> Size {
        let span = self.given.window(asked).span(self.now_us, HOUR_US);
        let width = self.chosen(asked, field).map_or(HOUR_US, Bucket::width_us).max(HOUR_US);
        let times = (span.to_us - span.from_us).unsigned_abs().div_ceil(width.unsigned_abs());
        let rows = times.max(1).saturating_mul(limits::ROWS_PER_HOUR).min(limits::SCORES as u64);
        let leaves = inner.once + inner.grouped + inner.pointed;
        let cells = rows.saturating_mul(leaves);
        let cost = 1 + cells.div_ceil(limits::CELLS_PER_COST);
        self.dear(Dearest {
            name: name.to_owned(),
            argument: None,
            cost,
            each: 1,
            per: limits::CELLS_PER_COST,
        });
        Size { cost: cost.saturating_add(inner.cost), ..Size::default() }
    }

    fn series(
        &mut self,
        name: &str,
        asked: &Asked,
        field: &Field,
        inner: Size,
    ) -> Result<Size, Refusal> {
        let span_us = self.span_us(asked, field);
        let buckets = match inner.pointed {
            0 => 1,
            _ => buckets(self.chosen(asked, field).unwrap_or_default(), span_us),
        };
        let grouped = self.given.grouped(asked, field);
        let top = self.given.number(asked, field, "top");
        let groups = match top {
            _ if !grouped => 1,
            Some(top) => top.clamp(1, whole(limits::GROUPS)).unsigned_abs(),
            // As many as an answer takes; more are refused once it is known how many there are.
            None => (limits::POINTS / buckets).clamp(1, limits::GROUPS_DEFAULT as u64),
        };
        let points = buckets.saturating_mul(groups);
        if points > limits::POINTS {
            return Err(Refusal::Points {
                field: name.to_owned(),
                parts: format!("{buckets} buckets in {groups} groups"),
                actual: points,
                limit: limits::POINTS,
                hint: fitting(field, span_us, buckets, groups),
            });
        }
        let each = inner.grouped.saturating_add(inner.pointed.saturating_mul(buckets));
        let cells = inner.once.saturating_add(each.saturating_mul(groups));
        let cost = 1 + cells.div_ceil(limits::CELLS_PER_COST);
        let argument = grouped.then_some("top");
        let per = limits::CELLS_PER_COST;
        self.dear(Dearest { name: name.to_owned(), argument, cost, each, per });
        let points = points.saturating_add(inner.points.saturating_mul(groups));
        let cost = cost.saturating_add(inner.cost.saturating_mul(groups));
        Ok(Size { cost, points, ..Size::default() })
    }

    fn span_us(&self, asked: &Asked, field: &Field) -> i64 {
        let default_us = field.has.map_or(HOUR_US, Has::window_us);
        let span = self.given.window(asked).span(self.now_us, default_us);
        (span.to_us - span.from_us).max(1)
    }

    /// The bucket that the field will read, where it has any.
    fn chosen(&self, asked: &Asked, field: &Field) -> Option<Bucket> {
        self.given.chosen(asked, field, self.now_us)
    }
}

/// A number of things, as numbers are in arguments.
fn whole(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// What a part of a series makes of what is in it.
fn parts(name: &str, inner: Size) -> Size {
    match name {
        // Prices are in items as others are in groups.
        "groups" | "items" => Size { once: 0, grouped: inner.once + inner.grouped, ..inner },
        "points" | "columns" => {
            let pointed = inner.once + inner.grouped + inner.pointed;
            Size { once: 0, grouped: 0, pointed, ..inner }
        }
        _ => inner,
    }
}

/// Buckets of a window, snapped outward.
fn buckets(bucket: Bucket, span_us: i64) -> u64 {
    let width = match bucket {
        Bucket::Auto | Bucket::Raw => SAMPLE_US,
        bucket => bucket.width_us(),
    };
    span_us.unsigned_abs().div_ceil(width.unsigned_abs()) + 1
}

/// What would fit: fewer groups, or wider buckets.
fn fitting(field: &Field, span_us: i64, buckets_now: u64, groups: u64) -> String {
    let top = limits::POINTS / buckets_now;
    let fits = |bucket: &&Bucket| {
        let n = buckets(**bucket, span_us);
        n < buckets_now && n.saturating_mul(groups) <= limits::POINTS
    };
    let wider = field.has.map_or(&[][..], Has::buckets);
    let bucket = wider.iter().find(fits).map(|bucket| bucket.word());
    match (top > 0 && groups > 1, bucket) {
        (true, Some(bucket)) => format!("top: {top} or bucket: {bucket} fits"),
        (true, None) => format!("top: {top} fits"),
        (false, Some(bucket)) => format!("bucket: {bucket} fits"),
        (false, None) => "take a shorter window".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use async_graphql::{Value, Variables};

    use super::*;

    const NOW: i64 = 1_790_000_000_000_000;

    fn of(text: &str, variables: serde_json::Value) -> Result<Reckoning, Refusal> {
        let document = parse_query(text).unwrap();
        let variables = Variables::from_json(variables);
        let operation = document.operations.iter().next().unwrap().1;
        let given = Given::new(&operation.node, &variables);
        let fields = Fields::new(&crate::schema::sdl());
        reckon(&document, &operation.node, &given, &fields, NOW, limits::COST)
    }

    fn cost(text: &str) -> u64 {
        of(text, serde_json::json!({})).unwrap().cost
    }

    #[test]
    fn what_is_part_of_the_program_costs_nothing() {
        assert_eq!(cost("{ limits { depth } catalogue { name } __schema { types { name } } }"), 0);
        assert_eq!(cost("{ rateLimit { remaining } }"), 0);
        let free = of("{ limits { depth } }", serde_json::json!({})).unwrap();
        assert_eq!((free.private, free.ends_us), (false, i64::MIN));
        assert!(of("{ rateLimit { cost } status { ok } }", serde_json::json!({})).unwrap().private);
    }

    #[test]
    fn a_series_costs_by_its_cells() {
        let one = "{ demand(window: { last: \"24h\" }) { groups { total { requested } } } }";
        assert_eq!(cost(one), 2, "one cell is a part of a thousand");
        let day = |fields: &str| {
            format!(
                "{{ demand(window: {{ last: \"24h\" }}, bucket: H1) {{ groups {{ points {{ {fields} }} }} }} }}"
            )
        };
        assert_eq!(cost(&day("time requested")), 2, "25 x 2");
        let month =
            "{ demand(window: { last: \"30d\" }) { groups { points { time requested served } } } }";
        assert_eq!(cost(month), 1 + 1, "31 x 3: AUTO takes days, hours are over 500");
        assert_eq!(cost(&month.replace("30d\" }", "30d\" }, bucket: H1")), 1 + 3, "721 x 3 = 2163");
        let grouped = "{ demand(window: { last: \"24h\" }, bucket: H1, groupBy: [MODEL], top: 50) { groups { points { time requested } } } }";
        assert_eq!(cost(grouped), 1 + 3, "25 x 50 x 2 = 2500");
    }

    #[test]
    fn variables_and_their_defaults_count() {
        let text = "query A($top: Int = 50, $w: Window!, $g: [Dimension!]) { demand(window: $w, bucket: H1, groupBy: $g, top: $top) { groups { points { time requested } } } }";
        let with = |v| of(text, v).unwrap().cost;
        let day = serde_json::json!({ "last": "24h" });
        assert_eq!(with(serde_json::json!({ "w": day, "g": ["MODEL"] })), 4);
        assert_eq!(with(serde_json::json!({ "w": day, "g": ["MODEL"], "top": 1 })), 2);
        assert_eq!(with(serde_json::json!({ "w": day })), 2, "without groups");
        let parts = "query A($f: Time!, $t: Time!) { hostSeries(node: \"n\", window: { from: $f, to: $t }, bucket: M1) { points { time samples } } }";
        let ms = NOW / 1000;
        let day = serde_json::json!({ "f": ms - 86_400_000, "t": ms });
        assert_eq!(of(parts, day).unwrap().cost, 1 + 3, "1441 x 2");
    }

    #[test]
    fn pages_cost_by_their_nodes() {
        assert_eq!(cost("{ sessions { nodes { id } } }"), 2, "20");
        assert_eq!(cost("{ sessions(first: 200) { nodes { id } } }"), 3);
        assert_eq!(cost("{ a: status { ok } b: status { ok } }"), 2);
        assert_eq!(cost("{ tests { sessions { nodes { id } } } }"), 3, "two reads");
        let listed =
            "{ pipelines { nodes { models(first: 9) { orchestrators(first: 4) { address } } } } }";
        assert_eq!(cost(listed), 1 + 10, "20 x (1 + 9 x (1 + 4)) = 920");
    }

    #[test]
    fn a_fragment_counts_wherever_it_is_and_is_looked_at_once() {
        let mut text = String::from("{ status { ...F0 } demand { groups { ...G } } } ");
        for i in 0..25 {
            text += &format!("fragment F{i} on Status {{ ...F{0} ...F{0} }} ", i + 1);
        }
        text +=
            "fragment F25 on Status { ok } fragment G on DemandGroup { points { time partial } }";
        assert_eq!(cost(&text), 1 + 2);
    }

    #[test]
    fn too_many_points_are_refused_with_what_fits() {
        let text = "{ demand(window: { last: \"30d\" }, bucket: H1, groupBy: [MODEL], top: 100) { groups { points { time } } } }";
        let Err(Refusal::Points { actual, limit, hint, .. }) = of(text, serde_json::json!({}))
        else {
            panic!("taken")
        };
        assert_eq!((actual, limit), (72_100, limits::POINTS));
        assert_eq!(hint, "top: 13 or bucket: D1 fits");
        // What fits does fit, and without `top` the answer's own size decides.
        for fits in ["groupBy: [MODEL], top: 13", "groupBy: [MODEL]"] {
            let text = text.replace("groupBy: [MODEL], top: 100", fits);
            assert!(of(&text, serde_json::json!({})).is_ok(), "{fits}");
        }
        for fits in ["D1", "AUTO"] {
            let text = text.replace("H1", fits);
            assert!(of(&text, serde_json::json!({})).is_ok(), "{fits}");
        }
    }

    #[test]
    fn what_is_too_dear_is_refused_with_what_fits() {
        let fields: String = (0..40).map(|i| format!("f{i}: requested ")).collect();
        let text = |top: u64| {
            format!(
                "{{ demand(window: {{ last: \"4d\" }}, bucket: H1, groupBy: [MODEL], top: {top}) {{ groups {{ points {{ {fields} }} }} }} }}"
            )
        };
        let Err(Refusal::Cost { actual, limit, hint }) = of(&text(100), serde_json::json!({}))
        else {
            panic!("taken")
        };
        assert_eq!((actual, limit), (1 + 388, limits::COST), "97 x 100 x 40 cells");
        assert_eq!(hint, "top: 51 of demand fits");
        assert!(of(&text(51), serde_json::json!({})).is_ok());
    }

    #[test]
    fn it_is_known_until_when_an_answer_goes() {
        let at = |window: &str| {
            of(&format!("{{ demand({window}) {{ partial }} }}"), serde_json::json!({})).unwrap()
        };
        assert_eq!(at("window: { last: \"1d\" }").ends_us, i64::MAX);
        assert_eq!(at("bucket: D1").finest_us, DAY_US);
        let ms = NOW / 1000;
        let past = at(&format!("window: {{ from: {}, to: {} }}", ms - 9_000_000, ms - 8_000_000));
        assert_eq!(past.ends_us, NOW - 8_000_000_000 + 5 * MINUTE_US, "AUTO");
        let open = at(&format!("window: {{ from: {} }}", ms - 5000));
        assert_eq!((open.ends_us, open.begins_us), (i64::MAX, NOW - 5_000_000));
        let status = of("{ status { ok } limits { depth } }", serde_json::json!({})).unwrap();
        assert_eq!((status.ends_us, status.finest_us), (i64::MAX, MINUTE_US));
    }

    #[test]
    fn hostile_arguments_are_no_trouble() {
        for window in
            ["1", "[1]", "{ last: 3 }", "{ last: \"x\" }", "{ from: 5, to: 1 }", "null", "$x"]
        {
            let text = format!(
                "query A($x: Window) {{ demand(window: {window}, top: -5, groupBy: 7) {{ partial }} }}"
            );
            assert!(of(&text, serde_json::json!({})).is_ok(), "{window}");
        }
        let odd = serde_json::json!({ "x": { "from": Value::from(i64::MIN), "to": i64::MAX } });
        let text = "query A($x: Window) { demand(window: $x) { groups { points { time } } } }";
        assert!(of(text, odd).is_ok());
        let far = serde_json::json!({ "x": { "from": 0, "to": 4_000_000_000_000_i64 } });
        assert!(matches!(of(text, far), Err(Refusal::Points { .. })));
    }
}
