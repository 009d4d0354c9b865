//! What a client takes, what it sends and what it has: media types of requests and answers, and tags.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::refusal::Media;

impl Media {
    /// As answers say it.
    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Graphql => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// How much a client wants a media type: by the most specific range that has it, as `Accept` says.
/// Also the place of that range in the list.
fn quality(accept: &str, kind: &str) -> Option<(f32, usize)> {
    let (major, _) = kind.split_once('/')?;
    let ranges = accept.split(',').enumerate().filter_map(|(place, range)| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next()?.to_ascii_lowercase();
        let specific = match name.as_str() {
            "*/*" => 0,
            n if n.strip_suffix("/*") == Some(major) => 1,
            n if n == kind => 2,
            _ => return None,
        };
        let q = parts.find_map(|p| p.strip_prefix("q=").or_else(|| p.strip_prefix("Q=")));
        // What is no number counts as none given.
        let q = q.and_then(|q| q.trim().parse().ok()).unwrap_or(1.0f32).clamp(0.0, 1.0);
        Some((specific, q, place))
    });
    let (_, q, place) = ranges.max_by_key(|(specific, ..)| *specific)?;
    (q > 0.0).then_some((q, place))
}

fn accept(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok());
    let first = values.next()?.to_owned();
    Some(values.fold(first, |all, more| all + "," + more))
}

/// The media type of the answer; nothing where the client takes neither. Who does not care, or does
/// not know the newer one, gets plain JSON.
pub(crate) fn media(headers: &HeaderMap) -> Option<Media> {
    let Some(accept) = accept(headers).filter(|a| !a.trim().is_empty()) else {
        return Some(Media::Json);
    };
    let of = |kind: &str| quality(&accept, kind);
    match (of("application/graphql-response+json"), of("application/json")) {
        (None, None) => None,
        (Some(_), None) => Some(Media::Graphql),
        (None, Some(_)) => Some(Media::Json),
        (Some((g, at)), Some((j, before))) => {
            let graphql = g > j || (g >= j && at < before);
            Some(if graphql { Media::Graphql } else { Media::Json })
        }
    }
}

/// Whether a list of tags, as `If-None-Match` and `If-Range` have them, names this one; weak ones are as
/// good as strong ones.
pub(crate) fn lists(tags: &HeaderValue, tag: &HeaderValue) -> bool {
    fn core(tag: &[u8]) -> &[u8] {
        tag.strip_prefix(b"W/").unwrap_or(tag)
    }
    let own = core(tag.as_bytes());
    let given = tags.as_bytes();
    given.trim_ascii() == b"*" || given.split(|b| *b == b',').any(|t| core(t.trim_ascii()) == own)
}

/// Whether a browser asks for a page: it names HTML, and wants nothing more.
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    let Some(accept) = accept(headers) else { return false };
    let named = accept.to_ascii_lowercase().contains("text/html");
    let of = |kind: &str| quality(&accept, kind).map_or(0.0, |(q, _)| q);
    let html = of("text/html");
    named
        && html > 0.0
        && html >= of("application/json")
        && html >= of("application/graphql-response+json")
}

/// Whether the body is JSON as it is read here: named so, in UTF-8, not compressed.
pub(crate) fn sends_json(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("");
    let content = text(header::CONTENT_TYPE).to_ascii_lowercase();
    let mut parts = content.split(';').map(str::trim);
    let plain = matches!(text(header::CONTENT_ENCODING), "" | "identity");
    plain
        && parts.next() == Some("application/json")
        && parts
            .filter_map(|p| p.strip_prefix("charset="))
            .all(|c| matches!(c.trim_matches('"'), "utf-8" | "utf8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn the_media_type_is_the_one_that_is_wanted_most() {
        let of = |accept: &str| media(&with(header::ACCEPT, accept));
        let (graphql, json) = (Some(Media::Graphql), Some(Media::Json));
        assert_eq!(media(&HeaderMap::new()), json);
        assert_eq!(of("*/*"), json);
        assert_eq!(of("application/*"), json);
        assert_eq!(of("application/json; charset=utf-8"), json);
        assert_eq!(of("application/graphql-response+json, application/json"), graphql);
        assert_eq!(of("application/graphql-response+json, application/json;q=0.9"), graphql);
        assert_eq!(of("application/json, application/graphql-response+json"), json);
        assert_eq!(of("application/json;q=0.1, application/graphql-response+json"), graphql);
        assert_eq!(of("Application/GraphQL-Response+JSON;Q=0.4, */*;q=0.2"), graphql);
        assert_eq!(of("application/graphql-response+json;q=0, */*;q=0.1"), json);
        assert_eq!(of("application/json;q=0"), None);
        assert_eq!(of("text/html, image/png"), None);
        assert_eq!(of("text/html;q=x, */*;q=nonsense"), json);
    }

    #[test]
    fn a_browser_gets_a_page() {
        let of = |accept: &str| wants_page(&with(header::ACCEPT, accept));
        assert!(of("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
        assert!(!of("application/json, text/html;q=0.5"));
        assert!(!of("*/*"));
        assert!(!of("application/graphql-response+json"));
    }

    #[test]
    fn bodies_are_json_in_utf_8() {
        let of = |content: &str| sends_json(&with(header::CONTENT_TYPE, content));
        assert!(of("application/json") && of("Application/JSON; charset=\"UTF-8\""));
        for bad in ["text/plain", "application/graphql", "application/json; charset=latin1", ""] {
            assert!(!of(bad), "{bad}");
        }
        let mut headers = with(header::CONTENT_TYPE, "application/json");
        headers.insert(header::CONTENT_ENCODING, "gzip".parse().unwrap());
        assert!(!sends_json(&headers));
    }
}
