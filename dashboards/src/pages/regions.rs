//! Where the network is asked, and where it answers: a map without anybody’s tiles, and a heat map.

use maud::{Markup, html};
use serde::Deserialize;

use crate::ctx::Ctx;
use crate::figure;
use crate::frame::{Content, Controls, nothing, of, value};
use crate::gql::Args;
use crate::model::Activity;
use crate::pages::{narrow, share, whole, wide};
use crate::view::Dimension as D;

#[derive(Debug, Deserialize)]
struct Regions {
    regions: Vec<Region>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    name: String,
    covers: String,
    agent_count: i64,
    agents_online: i64,
    gpu_count: Option<i64>,
    orchestrator_count: i64,
    slot_count: Option<i64>,
    slots_idle: Option<i64>,
    last24h: Activity,
}

/// Where the middle of a region is: longitude and latitude, as coarse as regions are.
const PLACES: [(&str, f64, f64); 28] = [
    ("us-east", -77.0, 39.0),
    ("us-central", -93.0, 41.0),
    ("us-south", -98.0, 31.0),
    ("us-west", -119.0, 40.0),
    ("ca-east", -74.0, 47.0),
    ("ca-west", -115.0, 53.0),
    ("mx-central", -99.0, 20.0),
    ("sa-east", -47.0, -20.0),
    ("sa-west", -71.0, -25.0),
    ("eu-north", 18.0, 61.0),
    ("eu-west", 0.0, 50.0),
    ("eu-central", 11.0, 50.5),
    ("eu-south", 10.0, 41.0),
    ("eu-east", 28.0, 47.0),
    ("me-west", 34.0, 35.0),
    ("me-central", 49.0, 24.0),
    ("af-north", 5.0, 30.0),
    ("af-west", 2.0, 9.0),
    ("af-east", 37.0, 0.0),
    ("af-south", 24.0, -29.0),
    ("ap-central", 67.0, 46.0),
    ("ap-south", 78.0, 20.0),
    ("ap-southeast", 104.0, 4.0),
    ("ap-east", 113.0, 30.0),
    ("ap-northeast", 136.0, 36.0),
    ("au-east", 147.0, -30.0),
    ("au-west", 118.0, -27.0),
    ("nz-north", 174.0, -39.0),
];

/// Outlines of the continents, drawn by hand and coarse on purpose: longitude and latitude.
const LAND: [&[(f64, f64)]; 8] = [
    &[
        (-168.0, 66.0),
        (-140.0, 70.0),
        (-95.0, 72.0),
        (-80.0, 68.0),
        (-62.0, 58.0),
        (-56.0, 52.0),
        (-66.0, 44.0),
        (-75.0, 38.0),
        (-81.0, 31.0),
        (-80.0, 25.0),
        (-84.0, 30.0),
        (-97.0, 27.0),
        (-97.0, 20.0),
        (-88.0, 21.0),
        (-84.0, 11.0),
        (-78.0, 8.0),
        (-92.0, 14.0),
        (-105.0, 20.0),
        (-113.0, 30.0),
        (-122.0, 37.0),
        (-124.0, 47.0),
        (-135.0, 58.0),
        (-152.0, 59.0),
    ],
    &[
        (-78.0, 8.0),
        (-62.0, 10.0),
        (-50.0, 1.0),
        (-35.0, -7.0),
        (-39.0, -18.0),
        (-48.0, -27.0),
        (-58.0, -38.0),
        (-66.0, -46.0),
        (-68.0, -54.0),
        (-74.0, -48.0),
        (-71.0, -30.0),
        (-70.0, -18.0),
        (-80.0, -5.0),
    ],
    &[
        (-9.0, 37.0),
        (-9.0, 43.0),
        (-1.0, 44.0),
        (-4.0, 48.0),
        (4.0, 52.0),
        (8.0, 55.0),
        (6.0, 62.0),
        (15.0, 69.0),
        (28.0, 71.0),
        (42.0, 67.0),
        (60.0, 69.0),
        (60.0, 51.0),
        (48.0, 45.0),
        (39.0, 47.0),
        (30.0, 46.0),
        (28.0, 41.0),
        (23.0, 37.0),
        (19.0, 41.0),
        (12.0, 45.0),
        (16.0, 39.0),
        (9.0, 44.0),
        (3.0, 43.0),
        (-2.0, 37.0),
    ],
    &[
        (-6.0, 36.0),
        (10.0, 37.0),
        (20.0, 32.0),
        (32.0, 31.0),
        (43.0, 12.0),
        (51.0, 11.0),
        (40.0, -5.0),
        (40.0, -16.0),
        (33.0, -27.0),
        (27.0, -34.0),
        (18.0, -34.0),
        (12.0, -17.0),
        (9.0, 4.0),
        (-8.0, 5.0),
        (-17.0, 14.0),
        (-16.0, 24.0),
    ],
    &[
        (28.0, 41.0),
        (48.0, 45.0),
        (60.0, 51.0),
        (60.0, 69.0),
        (80.0, 73.0),
        (105.0, 77.0),
        (140.0, 73.0),
        (178.0, 68.0),
        (162.0, 60.0),
        (157.0, 52.0),
        (142.0, 59.0),
        (135.0, 44.0),
        (127.0, 36.0),
        (121.0, 38.0),
        (121.0, 29.0),
        (109.0, 20.0),
        (108.0, 11.0),
        (100.0, 13.0),
        (104.0, 2.0),
        (98.0, 9.0),
        (94.0, 18.0),
        (88.0, 22.0),
        (80.0, 13.0),
        (77.0, 8.0),
        (72.0, 20.0),
        (66.0, 25.0),
        (57.0, 26.0),
        (48.0, 30.0),
        (56.0, 24.0),
        (59.0, 21.0),
        (45.0, 13.0),
        (35.0, 28.0),
        (36.0, 36.0),
    ],
    &[
        (114.0, -22.0),
        (122.0, -18.0),
        (130.0, -12.0),
        (136.0, -12.0),
        (141.0, -17.0),
        (143.0, -11.0),
        (153.0, -26.0),
        (150.0, -37.0),
        (139.0, -36.0),
        (131.0, -31.0),
        (116.0, -35.0),
    ],
    &[(131.0, 32.0), (136.0, 34.0), (141.0, 36.0), (145.0, 44.0), (141.0, 45.0), (136.0, 37.0)],
    &[(167.0, -46.0), (172.0, -41.0), (173.0, -35.0), (178.0, -38.0), (171.0, -45.0)],
];

const W: f64 = 720.0;
const H: f64 = 330.0;

/// Longitude and latitude on the map.
fn place(lon: f64, lat: f64) -> (f64, f64) {
    ((lon + 180.0) / 360.0 * W, (76.0 - lat) / 134.0 * H)
}

pub(super) async fn page(ctx: &Ctx) -> Content {
    let args = Args::default().origin(ctx.whose);
    let document = format!(
        "{{\n  regions{args} {{\n    name covers agentCount agentsOnline orchestratorCount gpuCount slotCount slotsIdle\n    last24h {{ sessions requested served unserved }}\n  }}\n}}"
    );
    let charts = ctx.panels(&["region-success", "region-demand", "region-missing", "regions"]);
    let (found, charts) = futures::join!(ctx.ask::<Regions>(&document), charts);
    let regions = found.map(|f| f.regions).unwrap_or_default();
    let mut known: Vec<&Region> = regions
        .iter()
        .filter(|r| r.agent_count + r.orchestrator_count + r.last24h.sessions > 0)
        .collect();
    known.sort_by_key(|r| std::cmp::Reverse(r.last24h.requested));
    let body = html! {
        @if known.is_empty() {
            (nothing(ctx, &html! { p { strong { "No agent says where it stands yet." } " Here will stand demand and supply by region." } p { "A region is one of a closed list in an agent’s configuration: " code { "region = \"eu-central\"" } "; nothing is guessed from addresses. Sessions come with a gateway’s events (" code { "[[kafka_endpoint]]" } ")." } }))
        } @else { (map(ctx, &known)) (table(ctx, &known)) }
        (figure::query(ctx, "q-regions", "The query behind this", &document, Some(&format!("/v1/regions?origin={}&format=csv", ctx.whose.word()))))
        section aria-labelledby="charts" { h2 #charts { "Region by workflow" } (figure::grid(ctx, &charts)) }
    };
    Content::new(
        "Regions",
        "Where the network is asked, where it answers, and where capacity is missing.",
        Controls::Window,
        body,
    )
}

fn map(ctx: &Ctx, known: &[&Region]) -> Markup {
    let most = known.iter().map(|r| r.last24h.requested).max().unwrap_or(1).max(1);
    #[expect(clippy::cast_precision_loss, reason = "counts of sessions")]
    let radius = |n: i64| 5.0 + 15.0 * (n as f64 / most as f64).sqrt();
    let outline = |land: &[(f64, f64)]| {
        let points = land.iter().map(|(lon, lat)| {
            let (x, y) = place(*lon, *lat);
            format!("{x:.0},{y:.0}")
        });
        points.collect::<Vec<_>>().join(" ")
    };
    html! {
        figure.card.map {
            svg.chart viewBox=(format!("0 0 {W} {H}")) role="img" aria-labelledby="map-title" {
                title id="map-title" { "A map of the regions; the table below has the same figures" }
                @for land in LAND { polygon.land points=(outline(land)) {} }
                @for r in known {
                    @if let Some((_, lon, lat)) = PLACES.iter().find(|p| p.0 == r.name) {
                        @let (x, y) = place(*lon, *lat);
                        g {
                            title { (r.name) ": " (whole(r.last24h.requested)) " requested, " (whole(r.last24h.served)) " served" }
                            circle.(state(r)) cx=(format!("{x:.0}")) cy=(format!("{y:.0}")) r=(format!("{:.1}", radius(r.last24h.requested))) {}
                            text.scale.middle x=(format!("{x:.0}")) y=(format!("{:.0}", y + radius(r.last24h.requested) + 12.0)) { (r.name) @if let Some(served) = super::ratio(Some(r.last24h.served), Some(r.last24h.requested)) { " " (crate::text::Unit::Share.brief(served, ctx.lang())) } }
                        }
                    }
                }
            }
            figcaption { span { "Size: sessions requested in 24 hours. Number: served / requested. Dashed ring: fewer than 10." } }
        }
    }
}

fn state(r: &Region) -> &'static str {
    match r.last24h.requested {
        n if n < 10 => "place few",
        n if r.last24h.served * 100 >= n * 95 => "place met",
        _ => "place missed",
    }
}

fn table(ctx: &Ctx, known: &[&Region]) -> Markup {
    let n = |x: Option<i64>| value(x.map(whole));
    wide(
        "Regions, a wide table",
        &html! { table {
            thead { tr { th scope="col" { "Region" } th scope="col" { "Covers" } th.n scope="col" { "Requested, 24 h" } th.n scope="col" { "Served" } th.n scope="col" { "No orchestrator" } th.n scope="col" { "Agents online" } th.n scope="col" { "Orchestrators" } th.n scope="col" { "GPUs" } th.n scope="col" { "Slots idle of all" } } }
            tbody { @for r in known { tr data-region=(r.name) {
                th scope="row" { (narrow(ctx, "/regions", D::Region, &r.name, 20)) }
                td { (r.covers) }
                td.n data-figure="requested" { (whole(r.last24h.requested)) }
                td.n { (share(ctx, Some(r.last24h.served), Some(r.last24h.requested))) }
                td.n { (whole(r.last24h.unserved)) }
                td.n { (whole(r.agents_online)) " of " (whole(r.agent_count)) }
                td.n { (whole(r.orchestrator_count)) }
                td.n { (n(r.gpu_count)) }
                td.n { (of(r.slots_idle.map(whole), r.slot_count.map(whole))) }
            } } }
        } },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_on_the_map() {
        for (name, lon, lat) in PLACES {
            let (x, y) = place(lon, lat);
            assert!(
                (10.0..W - 5.0).contains(&x) && (10.0..H - 20.0).contains(&y),
                "{name} at {x}, {y}"
            );
        }
    }
}
