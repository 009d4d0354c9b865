//! Badges: one figure, as small as it can be.

use maud::{Markup, html};
use serde_json::Value;

use crate::ctx::Ctx;
use crate::gql::Args;
use crate::text::Unit;
use crate::view::Dimension as D;

/// What a badge can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Metric {
    Success,
    Sessions,
    Minutes,
    Orchestrators,
    Gpus,
    Score,
}

const METRICS: [(&str, Metric); 6] = [
    ("success", Metric::Success),
    ("sessions", Metric::Sessions),
    ("minutes", Metric::Minutes),
    ("orchestrators", Metric::Orchestrators),
    ("gpus", Metric::Gpus),
    ("score", Metric::Score),
];

/// The metric of this name.
pub(crate) fn find(name: &str) -> Option<Metric> {
    METRICS.iter().find(|m| m.0 == name).map(|m| m.1)
}

/// What is drawn.
#[derive(Debug)]
pub(crate) struct Badge {
    label: String,
    value: String,
    /// Good, middling, bad, or neither.
    ground: &'static str,
    pub(crate) known: bool,
}

/// Dark enough for white letters, all of them (4.5:1), and told apart by the number anyway.
const GOOD: &str = "#00664a";
const MIDDLING: &str = "#7a5200";
const BAD: &str = "#a33c00";
const PLAIN: &str = "#005a8f";
const UNKNOWN: &str = "#5c5c5c";

/// Asks for the figure.
pub(crate) async fn read(ctx: &Ctx, metric: Metric) -> Badge {
    let (view, whose) = (&ctx.view, ctx.whose);
    let demand = |fields: &str| {
        format!(
            "{{ demand{} {{ samples groups {{ total {{ {fields} }} }} }} }}",
            Args::windowed(view, whose).scope(view, &D::ALL)
        )
    };
    let network =
        |field: &str| format!("{{ network{} {{ {field} }} }}", Args::windowed(view, whose));
    let document = match metric {
        Metric::Success => demand("requested served"),
        Metric::Sessions => demand("requested"),
        Metric::Minutes => demand("minutes"),
        Metric::Orchestrators => network("orchestratorsOnline"),
        Metric::Gpus => network("gpus"),
        Metric::Score => {
            let args = Args::default()
                .origin(whose)
                .scope(view, &[D::Orchestrator, D::Pipeline, D::Model, D::Region]);
            format!("{{ sla{args} {{ scores {{ score requested }} }} }}")
        }
    };
    let data = ctx.ask::<Value>(&document).await;
    let total = |f: &str| data.as_ref().and_then(|d| d["demand"]["groups"][0]["total"][f].as_f64());
    let network = |f: &str| data.as_ref().and_then(|d| d["network"][f].as_f64());
    let (label, value, unit) = match metric {
        Metric::Success => (
            "success",
            total("requested").filter(|r| *r > 0.0).and_then(|r| Some(total("served")? / r)),
            Unit::Share,
        ),
        Metric::Sessions => ("sessions", total("requested"), Unit::Count),
        Metric::Minutes => ("streamed", total("minutes"), Unit::Minutes),
        Metric::Orchestrators => {
            ("orchestrators online", network("orchestratorsOnline"), Unit::Count)
        }
        Metric::Gpus => ("GPUs", network("gpus"), Unit::Count),
        Metric::Score => ("SLA", score(data.as_ref()), Unit::Score),
    };
    Badge::new(ctx, label, value, unit)
}

/// Of several scores the one with the most legs: they are never averaged.
fn score(data: Option<&Value>) -> Option<f64> {
    let scores = data?["sla"]["scores"].as_array()?;
    let told = scores.iter().filter(|s| s["score"].is_number());
    told.max_by_key(|s| s["requested"].as_i64())?["score"].as_f64()
}

impl Badge {
    fn new(ctx: &Ctx, label: &str, value: Option<f64>, unit: Unit) -> Self {
        let words = ctx.lang().words();
        let whose = words.origin(ctx.whose).map(|w| format!(" ({w})")).unwrap_or_default();
        let stale = ctx.noted().stale.map(|_| format!(" ({})", words.stale)).unwrap_or_default();
        let text = value.map_or_else(|| words.no_data.to_owned(), |v| unit.write(v, ctx.lang()));
        Self {
            label: format!("{label}{whose}"),
            value: format!("{text}{stale}"),
            ground: ground(value, unit),
            known: value.is_some(),
        }
    }

    /// The image: attributes only, so that no policy can take its colours away.
    pub(crate) fn draw(&self) -> Markup {
        let wide = |text: &str| text.chars().count() * 7 + 12;
        let (left, right) = (wide(&self.label), wide(&self.value));
        html! {
            svg xmlns="http://www.w3.org/2000/svg" width=(left + right) height="20" role="img" aria-label=(format!("{}: {}", self.label, self.value)) {
                title { (self.label) ": " (self.value) }
                rect width=(left + right) height="20" rx="3" fill="#333" {}
                rect x=(left) width=(right) height="20" rx="3" fill=(self.ground) {}
                g fill="#fff" text-anchor="middle" font-family="Verdana,Geneva,sans-serif" font-size="11" {
                    text x=(left / 2) y="14" { (self.label) }
                    text x=(left + right / 2) y="14" { (self.value) }
                }
            }
        }
    }
}

fn ground(value: Option<f64>, unit: Unit) -> &'static str {
    let part = match unit {
        Unit::Share => value,
        Unit::Score => value.map(|v| v / 100.0),
        _ => return if value.is_some() { PLAIN } else { UNKNOWN },
    };
    match part {
        None => UNKNOWN,
        Some(p) if p >= 0.95 => GOOD,
        Some(p) if p >= 0.8 => MIDDLING,
        Some(_) => BAD,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_is_small_and_plain() {
        let badge = Badge {
            label: "success (simulated)".into(),
            value: "97.3 %".into(),
            ground: ground(Some(0.973), Unit::Share),
            known: true,
        };
        let svg = badge.draw().into_string();
        assert!(svg.len() < 2048 && svg.contains(GOOD) && !svg.contains("style"), "{svg}");
        assert_eq!(ground(None, Unit::Share), UNKNOWN);
        assert_eq!(ground(Some(0.5), Unit::Score), BAD);
    }

    #[test]
    fn letters_can_be_read() {
        for colour in [GOOD, MIDDLING, BAD, PLAIN, UNKNOWN, "#333333"] {
            let contrast = crate::assets::contrast(colour, "#ffffff");
            assert!(contrast >= 4.5, "{colour}: {contrast}");
        }
    }
}
