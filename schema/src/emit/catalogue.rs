//! `docs/catalogue.md`: every entity and view in words.

use crate::declare::{Declarations, Entity, Field, View, Visibility};

pub(super) fn generate(d: &Declarations) -> String {
    let mut out = String::from(
        "# Catalogue\n\n\
         Every entity, field and view of NaaP. Written by `naap-schema emit` from `schema/`; edit there.\n\n\
         Definitions version `2026.1`. A value that is not known is NULL, never 0. *Deltas* add up; *gauges* do not;\n\
         *counters* are cumulative as the source shows them. Times are UTC. Every table also has `ts` (when the row was\n\
         taken), `node` (whose agent sent it) and, unless the collector wrote it, `epoch` and `seq` (which run of the agent,\n\
         which row of that run).\n\n## Entities\n\n| Entity | Class | Visible to | Reported by | Cadence | Kept |\n|---|---|---|---|---|---|\n",
    );
    for e in &d.entities {
        out += &format!(
            "| [{0}](#{0}) | {1} | {2} | {3} | {4} | {5} |\n",
            e.name.get_ref(),
            e.class.word(),
            e.visibility.word(),
            e.reporter.get_ref(),
            e.cadence.get_ref(),
            kept(e.retention.get_ref())
        );
    }
    for e in &d.entities {
        out += &entity(e);
    }
    out += "\n## Views\n";
    for v in &d.views {
        out += &view(d, v);
    }
    out
}

fn kept(retention: &str) -> String {
    if retention == "keep" { "for good".to_owned() } else { retention.to_owned() }
}

fn entity(e: &Entity) -> String {
    let mut out = format!(
        "\n### {}\n\n{}\n\n*How it can mislead:* {}\n\nNumber {}, {}, identity: {}.\n\n| # | Field | Type | Unit | Kind | Meaning |\n|---|---|---|---|---|---|\n",
        e.name.get_ref(),
        e.description.get_ref(),
        e.misleads.get_ref(),
        e.number.get_ref(),
        e.stability.word(),
        e.identity.word(),
    );
    for f in &e.fields {
        out += &field(e, f);
    }
    for r in &e.retired {
        out += &format!("| {} | ~~{}~~ | | | | gone since {} |\n", r.number, r.name, r.since);
    }
    out
}

fn field(e: &Entity, f: &Field) -> String {
    let mut notes = Vec::new();
    if f.key {
        notes.push("part of the row's identity".to_owned());
    } else if f.required {
        notes.push("always there".to_owned());
    }
    let range = |x: Option<f64>| x.map_or_else(String::new, |x| x.to_string());
    if f.min.is_some() || f.max.is_some() {
        let min = range(f.min.as_ref().map(|m| *m.get_ref()));
        notes.push(format!("range {min} to {}", range(f.max)));
    }
    if let Some(l) = f.max_len {
        notes.push(format!("at most {l} bytes"));
    }
    if let Some(s) = &f.scale {
        notes.push(format!("{} decimals", s.get_ref()));
    }
    if f.rollup {
        notes.push("in rollups".to_owned());
    }
    if f.distribution.is_some() {
        notes.push("percentiles from 1 h up".to_owned());
    }
    if e.visibility == Visibility::Public && f.visibility == Some(Visibility::Operator) {
        notes.push("operators only".to_owned());
    }
    let misleads = if f.misleads.is_empty() { String::new() } else { format!(" *{}*", f.misleads) };
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
    format!(
        "| {} | `{}` | {} | {} | {} | {}{misleads}{notes} |\n",
        f.number.get_ref(),
        f.name.get_ref(),
        f.ty.get_ref().word(),
        f.unit.get_ref(),
        f.kind.word(),
        f.description.get_ref().replace('|', "\\|"),
    )
}

fn view(d: &Declarations, v: &View) -> String {
    let name = v.name.get_ref();
    let mut out = format!(
        "\n### {name} (rollup)\n\n{}\n\n*How it can mislead:* {}\n\nBy {}. Gauges have `_n`, `_sum`, `_min`, `_max`, `_sq`; deltas `_n`, `_sum`, `_max`.\n\n| View | Bucket | Refreshed | Late rows reach it for | Kept |\n|---|---|---|---|---|\n",
        v.description.get_ref(),
        v.misleads.get_ref(),
        v.by.get_ref().join(", "),
    );
    for l in &v.levels {
        out += &format!(
            "| `{name}_{0}` | {0} | {1} | {2} | {3} |\n",
            l.bucket.get_ref(),
            l.refresh.get_ref(),
            l.refresh_limit.get_ref(),
            kept(l.retention.get_ref())
        );
    }
    let entity = d.entities.iter().find(|e| e.name.get_ref() == v.entity.get_ref());
    if let (Some(h), Some(e)) = (&v.histogram, entity) {
        for f in e.fields.iter().filter(|f| f.distribution.is_some()) {
            let [hourly, daily] = super::ddl::histogram_names(v, f);
            out += &format!(
                "| `{hourly}` | 1h | {} | {} | {} |\n| `{daily}` | 1d | immediate | {} | for good |\n",
                h.refresh.get_ref(),
                h.refresh_limit.get_ref(),
                kept(h.retention.get_ref()),
                h.refresh_limit.get_ref()
            );
        }
    }
    out
}
