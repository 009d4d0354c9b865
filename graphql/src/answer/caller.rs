//! What of a request decides how it is answered, beside what it asks.

use axum::http::{HeaderMap, HeaderValue, Method, header};

use super::client::Client;
use super::key::{Key, of_parts};
use crate::negotiate::lists;

/// Asks for the cost in the answer's `extensions`, where the client cannot write the request's own.
const COST: &str = "x-query-cost";

/// Who asks, and how.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) client: Client,
    /// By GET, so that caches on the way may keep the answer.
    pub(crate) get: bool,
    /// It takes gzip.
    pub(crate) gzip: bool,
    /// It wants an answer made now.
    pub(crate) anew: bool,
    /// It wants to know what the query costs.
    pub(crate) cost: bool,
    pub(crate) none_match: Option<HeaderValue>,
    /// Of the whole request as it came, where that was read.
    pub(crate) raw: Option<Key>,
}

impl Default for Caller {
    fn default() -> Self {
        Self {
            client: Client::Address(0),
            get: false,
            gzip: false,
            anew: false,
            cost: false,
            none_match: None,
            raw: None,
        }
    }
}

impl Caller {
    /// `asked` is the query string or the body.
    pub(crate) fn new(
        client: Client,
        method: &Method,
        headers: &HeaderMap,
        asked: Option<&[u8]>,
    ) -> Self {
        let get = *method == Method::GET || *method == Method::HEAD;
        let bytes = |name: header::HeaderName| headers.get(name).map_or(&[][..], |v| v.as_bytes());
        let cost = headers.get(COST).is_some_and(|v| !matches!(v.as_bytes(), b"" | b"0"));
        let (accept, content) = (bytes(header::ACCEPT), bytes(header::CONTENT_TYPE));
        // Everything that a handler looks at before it executes.
        let flags = [u8::from(get), u8::from(cost)];
        let raw = asked.map(|asked| of_parts(&[&flags, accept, content, asked]));
        let control = bytes(header::CACHE_CONTROL);
        Self {
            client,
            get,
            gzip: takes_gzip(bytes(header::ACCEPT_ENCODING)),
            anew: contains(control, b"no-cache"),
            cost,
            none_match: headers.get(header::IF_NONE_MATCH).cloned(),
            raw,
        }
    }

    /// Whether it says that it has what this tag names.
    pub(crate) fn has(&self, tag: &HeaderValue) -> bool {
        self.none_match.as_ref().is_some_and(|tags| lists(tags, tag))
    }
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.split(|b| *b == b',').any(|part| part.trim_ascii().eq_ignore_ascii_case(word))
}

/// Whether `Accept-Encoding` takes gzip.
fn takes_gzip(accept: &[u8]) -> bool {
    let mut any = false;
    for range in accept.split(|b| *b == b',') {
        let mut parts = range.split(|b| *b == b';').map(<[u8]>::trim_ascii);
        let name = parts.next().unwrap_or_default();
        let refused = parts.any(|p| matches!(p, b"q=0" | b"q=0.0" | b"q=0.00" | b"q=0.000"));
        if name.eq_ignore_ascii_case(b"gzip") {
            return !refused;
        }
        any |= name == b"*" && !refused;
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(of: &[(&'static str, &'static str)], asked: &str) -> Caller {
        let mut headers = HeaderMap::new();
        for (name, value) in of {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        Caller::new(Client::Address(1), &Method::GET, &headers, Some(asked.as_bytes()))
    }

    #[test]
    fn encodings_are_taken_at_their_word() {
        for (accept, takes) in [
            ("gzip", true),
            ("deflate, GZIP;q=0.5", true),
            ("*", true),
            ("gzip;q=0, *", false),
            ("br", false),
            ("", false),
            ("x-gzip-not", false),
        ] {
            assert_eq!(takes_gzip(accept.as_bytes()), takes, "{accept}");
        }
    }

    #[test]
    fn tags_are_compared_one_by_one() {
        let tag = HeaderValue::from_static("\"ab\"");
        for (given, has) in [
            ("\"ab\"", true),
            ("\"x\", W/\"ab\"", true),
            ("*", true),
            ("\"abc\"", false),
            ("ab", false),
        ] {
            assert_eq!(caller(&[("if-none-match", given)], "").has(&tag), has, "{given}");
        }
        assert!(!caller(&[], "").has(&tag));
    }

    #[test]
    fn requests_that_are_handled_alike_are_known_alike() {
        let one = caller(&[], "query={a}").raw;
        assert_eq!(
            one,
            caller(&[("if-none-match", "\"x\""), ("cache-control", "no-cache")], "query={a}").raw
        );
        for other in [
            caller(&[], "query={b}"),
            caller(&[("accept", "application/graphql-response+json")], "query={a}"),
            caller(&[("content-type", "text/plain")], "query={a}"),
            caller(&[("x-query-cost", "1")], "query={a}"),
        ] {
            assert_ne!(one, other.raw);
        }
        assert!(caller(&[("cache-control", "max-age=0, No-Cache")], "").anew);
        assert!(!caller(&[("cache-control", "max-age=0")], "").anew);
    }
}
