//! What is served: one line for each list, all else follows from the schema.

/// A list: where it is in the schema, and under which name it is served.
#[derive(Debug)]
pub(super) struct Def {
    /// `/v1/{name}`.
    pub(super) name: &'static str,
    /// Field of the query.
    pub(super) field: &'static str,
    /// Fields from there to the objects that become rows, one after another.
    pub(super) steps: &'static [&'static str],
    /// Columns from the objects around the last step: their field, and the column's name.
    pub(super) around: &'static [(&'static str, &'static str)],
}

const fn def(name: &'static str, field: &'static str, steps: &'static [&'static str]) -> Def {
    Def { name, field, steps, around: &[] }
}

/// The group of a figure.
const POINTS: &[&str] = &["groups", "points"];
/// Of a list that says what it rests on.
const ITEMS: &[&str] = &["items"];
/// Of a page.
const NODES: &[&str] = &["nodes"];

/// Figures over time, then the others, then entities.
pub(super) const DEFS: &[Def] = &[
    def("demand", "demand", POINTS),
    def("supply", "supply", POINTS),
    def("distributions", "distributions", POINTS),
    def("prices", "prices", ITEMS),
    Def {
        around: &[
            ("orchestrator", "orchestrator"),
            ("pipeline", "pipeline"),
            ("model", "model"),
            ("unit", "unit"),
        ],
        ..def("price-points", "prices", &["items", "points"])
    },
    def("sla", "sla", &["scores"]),
    Def { around: &SCORED, ..def("sla-terms", "sla", &["scores", "terms"]) },
    Def { around: &SCORED, ..def("sla-compliance", "sla", &["scores", "compliance"]) },
    def("benchmarks", "benchmarks", ITEMS),
    def("reported-vs-observed", "reportedVsObserved", ITEMS),
    def("job-counters", "jobCounters", &["rows"]),
    def("job-counter-differences", "jobCounters", &["differences"]),
    def("transcoding", "transcoding", &["rows"]),
    def("stream-status", "streamStatusSeries", &["points"]),
    def("host", "hostSeries", &["points"]),
    def("interface", "interfaceSeries", &["points"]),
    def("network", "network", &[]),
    def("orchestrators", "orchestrators", NODES),
    def("endpoints", "endpoints", &[]),
    Def {
        around: &[("uri", "uri"), ("orchestrator", "orchestrator"), ("region", "region")],
        ..def("offers", "endpoints", &["models"])
    },
    def("sessions", "sessions", NODES),
    Def {
        around: &[
            ("id", "session_id"),
            ("requestId", "request_id"),
            ("gateway", "gateway"),
            ("region", "region"),
            ("origin", "origin"),
        ],
        ..def("legs", "sessions", &["nodes", "legs"])
    },
    def("jobs", "jobs", NODES),
    def("gpus", "gpus", NODES),
    def("gateways", "gateways", NODES),
    def("pipelines", "pipelines", NODES),
    def("models", "models", NODES),
    def("regions", "regions", &[]),
    def("agents", "agents", NODES),
    def("coverage", "coverage", NODES),
    Def {
        around: &[("agent", "agent"), ("from", "from"), ("to", "to")],
        ..def("coverage-entities", "coverage", &["nodes", "entities"])
    },
    def("corrections", "corrections", &[]),
    def("derivation", "derivation", &["parts"]),
];

/// What a score is of.
const SCORED: [(&str, &str); 6] = [
    ("end", "end"),
    ("orchestrator", "orchestrator"),
    ("pipeline", "pipeline"),
    ("model", "model"),
    ("region", "region"),
    ("formula", "formula"),
];

/// Lists of the schema that are not served, and why; a test looks that there is no other.
#[cfg(test)]
pub(super) const NOT_SERVED: &[(&str, &str)] = &[
    ("catalogue", "documentation, for people: docs/catalogue.md"),
    ("datasets", "files, with a manifest each: /datasets"),
    ("agent", "one of `agents`"),
    ("limits", "of queries"),
    ("tests", "`sessions` and `jobs` with origin=TEST"),
    ("status", "for operators: /healthz and GraphQL"),
];
