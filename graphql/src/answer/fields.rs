//! What each field of the schema costs by, from the schema's own text. A field that is new in the
//! schema is known here at once by its arguments: `bucket` makes a series, `first` a page.

use std::collections::HashMap;

use async_graphql::parser::types::{FieldDefinition, InputValueDefinition};
use async_graphql::{Positioned, Value};

use crate::read::series::Span;
use crate::read::sums::{DAY_US, HOUR_US};
use crate::schema::bucket::{AGGREGATES, Bucket, MINUTE_US, SAMPLES, SCORES};
use crate::sdl::{Sdl, core};

/// Fields of the root that cost nothing: what they give is part of the program.
const FREE: [&str; 2] = ["catalogue", "limits"];
/// The field of the root that differs from client to client.
const PRIVATE: &str = "rateLimit";
/// Fields of the root with rows for each hour of their window.
const HOURLY: [&str; 3] = ["sla", "benchmarks", "reportedVsObserved"];
/// Fields of the root whose points are samples; all other series are aggregates.
const SAMPLED: [&str; 3] = ["hostSeries", "interfaceSeries", "streamStatusSeries"];
/// Fields of the root that have a window, and beside it something that is of now.
const LIVE: [&str; 1] = ["network"];
/// Fields of the root without buckets whose window is snapped all the same.
const SNAPPED: [(&str, i64); 3] =
    [("network", HOUR_US), ("jobCounters", 5 * MINUTE_US), ("transcoding", 5 * MINUTE_US)];

/// The type that a query begins with.
pub(crate) const ROOT: &str = "Query";

/// What a field costs by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing.
    Free,
    /// Nothing, and the answer is for one client only.
    Private,
    /// Points of a window, by its buckets and groups.
    Series,
    /// Rows of each hour of a window.
    Hourly,
    /// Nodes that `first` says.
    Page,
    /// The same out of what was read for the object that they are in.
    List,
    /// One read.
    Read,
    /// What it is part of.
    Part,
}

/// The buckets that a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Has {
    /// Those of aggregates.
    Aggregates,
    /// Those of samples, and the samples themselves.
    Samples,
    /// Those of scores.
    Scores,
}

impl Has {
    /// The finest first.
    pub(crate) const fn buckets(self) -> &'static [Bucket] {
        match self {
            Self::Aggregates => &AGGREGATES,
            Self::Samples => &SAMPLES,
            Self::Scores => &SCORES,
        }
    }

    /// Length of the window where none is given.
    pub(crate) const fn window_us(self) -> i64 {
        match self {
            Self::Aggregates => DAY_US,
            Self::Samples | Self::Scores => HOUR_US,
        }
    }

    /// The bucket that the field will read, for up to so many groups. Where it will refuse instead:
    /// the one that is asked for, or the coarsest.
    pub(crate) fn choose(self, asked: Bucket, span: Span, groups: usize) -> Bucket {
        let chosen = match self {
            Self::Samples => asked.choose_of_samples(span),
            _ => asked.choose(self.buckets(), span, groups),
        };
        let instead = || match asked {
            Bucket::Auto => Bucket::D1,
            asked => asked,
        };
        chosen.unwrap_or_else(|_| instead())
    }
}

/// A field of a type.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) kind: Kind,
    /// The type that it gives, without list and null.
    pub(crate) gives: String,
    /// Whether something in it is of now, whatever its window.
    pub(crate) live: bool,
    /// Width that its window is snapped to, where it has no buckets.
    pub(crate) snapped_us: Option<i64>,
    /// The buckets of its argument `bucket`.
    pub(crate) has: Option<Has>,
    /// Its answer is always in groups, up to `top`.
    pub(crate) grouped: bool,
    defaults: Vec<(String, Value)>,
}

impl Field {
    /// What an argument is where the reader leaves it out.
    pub(crate) fn default(&self, argument: &str) -> Option<&Value> {
        self.defaults.iter().find(|(name, _)| name == argument).map(|(_, value)| value)
    }
}

/// All fields of the schema.
#[derive(Debug, Default)]
pub(crate) struct Fields(HashMap<String, HashMap<String, Field>>);

impl Fields {
    /// Of a schema, from its text; a text that is none has no fields, and all is one read then.
    pub(crate) fn new(sdl: &str) -> Self {
        let Some(sdl) = Sdl::parse(sdl) else { return Self::default() };
        let of_type = |(name, fields): (&str, &[Positioned<FieldDefinition>])| {
            let fields =
                fields.iter().map(|f| (f.node.name.node.to_string(), field(name, &f.node)));
            (name.to_owned(), fields.collect())
        };
        Self(sdl.objects().map(of_type).collect())
    }

    pub(crate) fn get(&self, of: &str, name: &str) -> Option<&Field> {
        self.0.get(of)?.get(name)
    }
}

fn field(of: &str, f: &FieldDefinition) -> Field {
    let name = f.name.node.as_str();
    let root = of == ROOT;
    let argument = |name: &str| f.arguments.iter().map(|a| &a.node).find(|a| a.name.node == name);
    let kind = if root && FREE.contains(&name) {
        Kind::Free
    } else if root && name == PRIVATE {
        Kind::Private
    } else if root && HOURLY.contains(&name) {
        Kind::Hourly
    } else if argument("bucket").is_some() && argument("window").is_some() {
        Kind::Series
    } else if argument("first").is_some() && !root && argument("after").is_none() {
        Kind::List
    } else if argument("first").is_some() {
        Kind::Page
    } else if root || argument("window").is_some() {
        Kind::Read
    } else {
        Kind::Part
    };
    let default = |a: &Positioned<InputValueDefinition>| {
        let value = a.node.default_value.as_ref()?.node.clone();
        Some((a.node.name.node.to_string(), value))
    };
    let has = argument("bucket").map(|_| match kind {
        Kind::Hourly => Has::Scores,
        _ if root && SAMPLED.contains(&name) => Has::Samples,
        _ => Has::Aggregates,
    });
    Field {
        kind,
        gives: core(&f.ty.node).0.to_owned(),
        live: argument("window").is_none() || (root && LIVE.contains(&name)),
        snapped_us: SNAPPED.iter().find(|(n, _)| root && *n == name).map(|(_, width)| *width),
        has,
        grouped: argument("top").is_some() && argument("groupBy").is_none(),
        defaults: f.arguments.iter().filter_map(default).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_a_kind_by_what_it_takes() {
        let fields = Fields::new(&crate::schema::sdl());
        let kind = |name| fields.get(ROOT, name).map(|f| f.kind);
        assert_eq!(kind("limits"), Some(Kind::Free));
        assert_eq!(kind("catalogue"), Some(Kind::Free));
        assert_eq!(kind("rateLimit"), Some(Kind::Private));
        assert_eq!(kind("sessions"), Some(Kind::Page));
        assert_eq!(fields.get("Tests", "sessions").map(|f| f.kind), Some(Kind::Page));
        assert_eq!(fields.get("Pipeline", "models").map(|f| f.kind), Some(Kind::List));
        assert_eq!(kind("sla"), Some(Kind::Hourly));
        assert_eq!(kind("status"), Some(Kind::Read));
        for name in ["demand", "supply", "distributions", "hostSeries", "interfaceSeries"] {
            let field = fields.get(ROOT, name).unwrap();
            assert_eq!(field.kind, Kind::Series, "{name}");
            assert!(!field.live, "{name}");
            let samples = field.has == Some(Has::Samples);
            assert_eq!(samples, name.ends_with("Series"), "{name}");
            assert!(field.default("bucket").is_some(), "{name}");
        }
        assert!(fields.get(ROOT, "network").unwrap().live);
        assert!(fields.get(ROOT, "status").unwrap().live);
        let points = fields.get("DemandGroup", "points").unwrap();
        assert_eq!((points.kind, points.gives.as_str()), (Kind::Part, "DemandPoint"));
        assert!(fields.get(ROOT, "prices").unwrap().grouped);
        assert!(!fields.get(ROOT, "demand").unwrap().grouped);
        for (name, _) in SNAPPED {
            assert!(fields.get(ROOT, name).is_some(), "{name}");
        }
        for name in FREE.iter().chain(&HOURLY).chain(&LIVE).chain(&SAMPLED) {
            assert!(fields.get(ROOT, name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_text_that_is_no_schema_has_no_fields() {
        assert!(Fields::new("type {").get(ROOT, "limits").is_none());
    }
}
