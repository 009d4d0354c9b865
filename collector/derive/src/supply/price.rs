//! Prices per unit, with the unit named: a row says "pixels" whatever is meant.

use super::ModelRow;
use crate::identity::LIVE;
use crate::stats::number;

/// Pixels of a minute of live video, assumed to be 1280 × 720 at 30 frames per second: rows do not
/// say.
const PIXELS_PER_MINUTE: f64 = 1280.0 * 720.0 * 30.0 * 60.0;

/// The unit that a pipeline is paid by, and how many of the "pixels" of a row are one of it: audio is
/// counted in milliseconds and speech in thousandths of a character (go-livepeer server/ai_http.go).
fn unit(pipeline: &str) -> Option<(&'static str, f64)> {
    match pipeline {
        LIVE | "text-to-image" | "image-to-image" | "image-to-video" | "upscale"
        | "segment-anything-2" | "image-to-text" => Some(("pixel", 1.0)),
        "audio-to-text" => Some(("second", 1000.0)),
        "text-to-speech" => Some(("character", 1000.0)),
        "llm" => Some(("token", 1.0)),
        "byoc" => Some(("second", 1.0)),
        _ => None,
    }
}

/// Wei per unit, with the unit's name; the price of a pipeline that is not known has none.
pub(super) fn of(row: &ModelRow) -> Option<(f64, Option<&'static str>)> {
    let units = row.units_per_price.filter(|u| *u > 0)?;
    let per_row_unit = number(row.price?) / number(units);
    Some(match row.pipeline.as_deref().and_then(unit) {
        Some((name, parts)) => (per_row_unit * parts, Some(name)),
        None => (per_row_unit, None),
    })
}

/// Wei per minute of live video, assumed; `None` for other pipelines.
pub(super) fn per_minute(pipeline: &str, wei_per_unit: f64) -> Option<f64> {
    (pipeline == LIVE).then_some(wei_per_unit * PIXELS_PER_MINUTE)
}
