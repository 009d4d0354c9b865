//! Styles and scripts, embedded in the program and named by their content, so that they can be kept
//! for good.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// A file of the page.
#[derive(Debug)]
pub(crate) struct Asset {
    name: &'static str,
    kind: &'static str,
    content: String,
    hash: String,
}

impl Asset {
    fn new(name: &'static str, kind: &'static str, content: String) -> Self {
        let hash: String = hex::encode(Sha256::digest(&content)).chars().take(16).collect();
        Self { name, kind, content, hash }
    }

    /// Where it is served.
    pub(crate) fn path(&self) -> String {
        format!("/assets/{}/{}", self.hash, self.name)
    }
}

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

/// What drawings look like, wherever they stand: colours by theme, and the classes of the kit.
pub(crate) const CHART_STYLE: &str = include_str!("../assets/chart.css");

/// The style that stands in an image, as its policy names it: this one and no other.
pub(crate) static CHART_STYLE_HASH: LazyLock<String> = LazyLock::new(|| hash_source(CHART_STYLE));

/// The hash of a text as a policy names it (Content Security Policy, `hash-source`).
fn hash_source(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

pub(crate) static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    let parts =
        [CHART_STYLE, include_str!("../assets/style.css"), include_str!("../assets/plot.css")];
    Asset::new("style.css", CSS, parts.concat())
});
pub(crate) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("naap.js", JS, include_str!("../assets/naap.js").to_owned()));
pub(crate) static PLOT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("plot.js", JS, include_str!("../assets/plot.js").to_owned()));
pub(crate) static FRAME_SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("frame.js", JS, include_str!("../assets/frame.js").to_owned()));
pub(crate) static ICON: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("icon.svg", "image/svg+xml", include_str!("../assets/icon.svg").to_owned())
});

/// A file under the name of its content.
pub(crate) async fn serve(Path((hash, name)): Path<(String, String)>) -> Response {
    let known = [&*STYLE, &*SCRIPT, &*PLOT, &*FRAME_SCRIPT, &*ICON];
    let Some(asset) = known.into_iter().find(|a| a.name == name && a.hash == hash) else {
        return (StatusCode::NOT_FOUND, "no such file\n").into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, asset.kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        // A frame in a sandbox is of no origin, and needs its style all the same.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, asset.content.as_str()).into_response()
}

/// `/embed.js`: the one file whose address never changes, since it stands on pages of others.
pub(crate) async fn loader() -> Response {
    let headers = [
        (header::CONTENT_TYPE, JS),
        (header::CACHE_CONTROL, "public, max-age=3600"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, include_str!("../assets/embed.js")).into_response()
}

/// Contrast of two colours, `#rrggbb` each, as WCAG 2 reckons it.
#[cfg(test)]
pub(crate) fn contrast(a: &str, b: &str) -> f64 {
    let light = |colour: &str| {
        let parts = hex::decode(colour.trim_start_matches('#')).unwrap();
        let linear = |part: &u8| {
            let c = f64::from(*part) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        let weights = [0.2126, 0.7152, 0.0722];
        parts.iter().zip(weights).map(|(part, weight)| linear(part) * weight).sum::<f64>()
    };
    let (a, b) = (light(a), light(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tokens of one theme: `--name: #rrggbb;`, those of the first or the second block.
    fn tokens(dark: bool) -> std::collections::HashMap<String, String> {
        let mark = "/* dark */";
        let (light, rest) = CHART_STYLE.split_once(mark).unwrap();
        let text = if dark { rest } else { light };
        let line = |l: &str| {
            let (name, value) = l.trim().strip_prefix("--")?.split_once(": ")?;
            Some((name.to_owned(), value.trim_end_matches(';').to_owned()))
        };
        let mut found = std::collections::HashMap::new();
        for (name, value) in text.lines().filter_map(line) {
            found.entry(name).or_insert(value);
        }
        found
    }

    #[test]
    fn letters_and_lines_can_be_told_from_what_is_behind_them() {
        for dark in [false, true] {
            let t = tokens(dark);
            for ground in ["ground", "card"] {
                for letters in ["ink", "soft", "accent", "bad"] {
                    let contrast = contrast(&t[letters], &t[ground]);
                    assert!(contrast >= 4.5, "{letters} on {ground}, dark {dark}: {contrast:.2}");
                }
                for i in 0..8 {
                    let contrast = contrast(&t[&format!("c{i}")], &t[ground]);
                    assert!(contrast >= 3.0, "c{i} on {ground}, dark {dark}: {contrast:.2}");
                }
            }
            assert!(contrast(&t["mark-ink"], &t["mark"]) >= 4.5);
            for i in 0..6 {
                let contrast = contrast(&t[&format!("on{i}")], &t[&format!("h{i}")]);
                assert!(contrast >= 4.5, "on{i} on h{i}, dark {dark}: {contrast:.2}");
            }
        }
    }

    #[test]
    fn both_ways_into_the_dark_have_the_same_colours() {
        let (_, rest) = CHART_STYLE.split_once("/* dark */").unwrap();
        let (first, second) = rest.split_once("/* dark by choice */").unwrap();
        let only = |t: &str| {
            t.lines()
                .map(str::trim)
                .filter(|l| l.starts_with("--"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(only(first), only(second));
    }

    #[test]
    fn hashes_are_written_as_policies_write_them() {
        // SHA-256 of nothing: has both letters that differ between alphabets, and the padding.
        assert_eq!(hash_source(""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }

    #[test]
    fn nothing_is_asked_of_others() {
        for asset in [&*STYLE, &*SCRIPT, &*PLOT, &*FRAME_SCRIPT] {
            let text = asset.content.replace("http://www.w3.org", "");
            assert!(!text.contains("http://") && !text.contains("https://"), "{}", asset.name);
        }
    }
}
