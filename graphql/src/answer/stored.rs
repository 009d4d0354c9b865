//! An answer as it is kept: bytes that are sent as they are, with what HTTP caches need to know.
//!
//! The ETag is strong: it names exactly these bytes in this media type and encoding. So the answer
//! brings its own gzip, made once, and whoever compresses responses on their way leaves it alone
//! ([`Whole`]).

use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response as HttpResponse;
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::time::Instant;

use super::caller::Caller;
use super::key::of_parts;
use crate::limits;
use crate::refusal::Media;

/// On a response that must be sent as it is: it is packed already, or not worth it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whole;

/// How an answer came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// It was there, and fresh.
    Hit,
    /// It was there, and is being made anew.
    Stale,
    /// It was made for this request.
    Miss,
    /// It was being made for another request.
    Joined,
    /// The request wanted it made, whatever was there.
    Bypass,
}

impl Found {
    pub(crate) const ALL: [Self; 5] =
        [Self::Hit, Self::Stale, Self::Miss, Self::Joined, Self::Bypass];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Stale => "stale",
            Self::Miss => "miss",
            Self::Joined => "coalesced",
            Self::Bypass => "bypass",
        }
    }

    const fn timing(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Hit => "cache;desc=hit",
            Self::Stale => "cache;desc=stale",
            Self::Miss => "cache;desc=miss",
            Self::Joined => "cache;desc=coalesced",
            Self::Bypass => "cache;desc=bypass",
        })
    }
}

/// How long an answer keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Keeps {
    /// It is given as it is.
    pub(crate) fresh: Duration,
    /// After that it is given and made anew.
    pub(crate) stale: Duration,
}

/// A kept answer.
#[derive(Debug)]
pub(crate) struct Stored {
    body: Bytes,
    packed: OnceLock<Bytes>,
    made: Instant,
    pub(crate) keeps: Keeps,
    /// By encoding, then by media type.
    tags: [[HeaderValue; 2]; 2],
    control: HeaderValue,
    /// Somebody is making it anew.
    pub(crate) refreshing: AtomicBool,
}

const VARY: HeaderValue = HeaderValue::from_static("accept, accept-encoding");
const GZIP: HeaderValue = HeaderValue::from_static("gzip");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

impl Stored {
    pub(crate) fn new(body: Vec<u8>, keeps: Keeps) -> Self {
        let hash = hex::encode(of_parts(&[&body]));
        let tag = |suffix: &str| {
            let text = format!("\"{hash}-{suffix}\"");
            HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("\"\""))
        };
        let control = format!(
            "public, max-age={}, stale-while-revalidate={}",
            keeps.fresh.as_secs(),
            keeps.stale.as_secs()
        );
        let large = body.len() >= limits::PACK_ASIDE_BYTES;
        let stored = Self {
            body: body.into(),
            packed: OnceLock::new(),
            made: Instant::now(),
            keeps,
            tags: [[tag("g"), tag("j")], [tag("gz"), tag("jz")]],
            control: HeaderValue::from_str(&control).unwrap_or(NO_STORE),
            refreshing: AtomicBool::new(false),
        };
        if large {
            stored.packed();
        }
        stored
    }

    /// Its bytes, as they are.
    pub(crate) const fn body(&self) -> &Bytes {
        &self.body
    }

    /// How much memory it takes; what is packed later is reckoned with.
    pub(crate) fn weight(&self) -> u32 {
        let packed = self.packed.get().map_or(self.body.len() / 4, Bytes::len);
        u32::try_from(self.body.len() + packed + 1024).unwrap_or(u32::MAX)
    }

    pub(crate) fn age(&self) -> Duration {
        self.made.elapsed()
    }

    fn packed(&self) -> &Bytes {
        self.packed.get_or_init(|| {
            use std::io::Write as _;
            let mut encoder = GzEncoder::new(Vec::new(), Compression::new(4));
            // Writing into memory does not fail; if it did, nothing would be sent as packed.
            match encoder.write_all(&self.body).and_then(|()| encoder.finish()) {
                Ok(packed) if packed.len() < self.body.len() => packed.into(),
                _ => Bytes::new(),
            }
        })
    }

    /// The response to a request: the bytes, or 304 to who has them.
    pub(crate) fn respond(&self, caller: &Caller, media: Media, found: Found) -> HttpResponse {
        let packed = match caller.gzip && self.body.len() >= limits::PACK_BYTES {
            true => Some(self.packed()).filter(|p| !p.is_empty()),
            false => None,
        };
        let [graphql, json] = &self.tags[usize::from(packed.is_some())];
        let tag = match media {
            Media::Graphql => graphql,
            Media::Json => json,
        };
        let matches = caller.get && caller.has(tag);
        let body = match (matches, packed) {
            (true, _) => Body::empty(),
            (false, Some(packed)) => Body::from(packed.clone()),
            (false, None) => Body::from(self.body.clone()),
        };
        let mut response = HttpResponse::new(body);
        let headers = response.headers_mut();
        headers.reserve(12);
        headers.insert(SERVER_TIMING, found.timing());
        headers.insert(header::VARY, VARY);
        if caller.get {
            headers.insert(header::ETAG, tag.clone());
            headers.insert(header::CACHE_CONTROL, self.control.clone());
            headers.insert(header::AGE, HeaderValue::from(self.age().as_secs()));
        } else {
            headers.insert(header::CACHE_CONTROL, NO_STORE);
        }
        if matches {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media.content_type()));
            if packed.is_some() {
                headers.insert(header::CONTENT_ENCODING, GZIP);
            }
        }
        response.extensions_mut().insert(Whole);
        response
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    const KEEPS: Keeps = Keeps { fresh: Duration::from_secs(15), stale: Duration::from_secs(60) };

    fn stored() -> Stored {
        Stored::new(vec![b'x'; 5000], KEEPS)
    }

    #[tokio::test]
    async fn an_answer_tells_caches_what_they_need() {
        let stored = stored();
        let caller = Caller { get: true, ..Caller::default() };
        let response = stored.respond(&caller, Media::Json, Found::Miss);
        let headers = response.headers().clone();
        assert_eq!(headers["cache-control"], "public, max-age=15, stale-while-revalidate=60");
        assert_eq!(headers["vary"], "accept, accept-encoding");
        assert_eq!(headers["server-timing"], "cache;desc=miss");
        assert_eq!(headers["age"], "0");
        assert!(!headers.contains_key("content-encoding"));
        assert_eq!(to_bytes(response.into_body(), 10_000).await.unwrap().len(), 5000);
        // A POST is nobody's to keep.
        let post = stored.respond(&Caller::default(), Media::Json, Found::Hit);
        assert_eq!(post.headers()["cache-control"], "no-store");
        assert!(!post.headers().contains_key("etag"));
    }

    #[tokio::test]
    async fn each_representation_has_a_tag_of_its_own() {
        let stored = stored();
        let mut tags = std::collections::HashSet::new();
        for gzip in [false, true] {
            for media in [Media::Json, Media::Graphql] {
                let caller = Caller { get: true, gzip, ..Caller::default() };
                let response = stored.respond(&caller, media, Found::Hit);
                let tag = response.headers()["etag"].clone();
                assert!(tag.as_bytes().starts_with(b"\""), "strong");
                let again = Caller { none_match: Some(tag.clone()), ..caller };
                let response = stored.respond(&again, media, Found::Hit);
                assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
                assert_eq!(response.headers()["etag"], tag);
                assert!(!response.headers().contains_key("content-type"));
                let other = Caller { gzip: !gzip, ..again };
                assert_eq!(stored.respond(&other, media, Found::Hit).status(), StatusCode::OK);
                tags.insert(tag);
            }
        }
        assert_eq!(tags.len(), 4);
    }

    #[test]
    fn what_is_packed_is_the_same() {
        use std::io::Read as _;
        let stored = stored();
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(stored.packed().as_ref()).read_to_end(&mut text).unwrap();
        assert_eq!(text, vec![b'x'; 5000]);
        assert!(stored.weight() > 5000);
    }
}
