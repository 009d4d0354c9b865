//! Who is who (`definitions.md` 1): names that are compared are made equal first.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::limits;

/// Canonical names of AI capabilities, by number (go-livepeer core/capabilities.go).
const PIPELINES: &[(&str, &str)] = &[
    ("27", "text-to-image"),
    ("28", "image-to-image"),
    ("29", "image-to-video"),
    ("30", "upscale"),
    ("31", "audio-to-text"),
    ("32", "segment-anything-2"),
    ("33", "llm"),
    ("34", "image-to-text"),
    ("35", LIVE),
    ("36", "text-to-speech"),
    ("37", "byoc"),
];

/// Pipeline of live AI streams.
pub const LIVE: &str = "live-video-to-video";

/// Where sessions and jobs come from.
pub const ORIGINS: [&str; 4] = ["organic", "test", "replayed", "simulated"];

/// Streams whose id begins with this are of known testers, whatever their gateway says.
pub const TESTERS: &[&str] = &["aiJobTesterStream-"];

/// What is asked for: a pipeline and, where the name tells it, a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// Canonical pipeline, for example `live-video-to-video`.
    pub pipeline: Arc<str>,
    /// Canonical model.
    pub model: Option<Arc<str>>,
}

/// A service URI as it is compared: `scheme://host:port` in lower case, the port always there, user,
/// path and what follows gone. `None` for what is no URI of a host.
pub fn normalised(uri: &str) -> Option<String> {
    let uri = uri.trim();
    if uri.len() > limits::NAME_BYTES {
        return None;
    }
    let (scheme, rest) = uri.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "https" => 443,
        "http" => 80,
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    let (host, port) = match place.strip_prefix('[') {
        Some(v6) => {
            let (inside, after) = v6.split_once(']')?;
            let address: std::net::Ipv6Addr = inside.parse().ok()?;
            (
                format!("[{address}]"),
                if after.is_empty() { None } else { Some(after.strip_prefix(':')?) },
            )
        }
        None => match place.split_once(':') {
            Some((host, port)) => (named(host)?, Some(port)),
            None => (named(place)?, None),
        },
    };
    let port = match port {
        None | Some("") => default_port,
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse::<u16>().ok()?,
        Some(_) => return None,
    };
    Some(format!("{scheme}://{host}:{port}")).filter(|uri| uri.len() <= limits::NAME_BYTES)
}

/// A host's name or IPv4 address in lower case, without the dot of the root.
fn named(host: &str) -> Option<String> {
    let host = host.strip_suffix('.').unwrap_or(host);
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    (!host.is_empty() && host.bytes().all(fits)).then(|| host.to_ascii_lowercase())
}

/// The id of a session: the first 128 bits of SHA-256("naap-session" + stream id + byte 0 + request
/// id).
pub fn session_id(stream_id: &str, request_id: &str) -> Uuid {
    let digest = Sha256::new()
        .chain_update(b"naap-session")
        .chain_update(stream_id.as_bytes())
        .chain_update([0])
        .chain_update(request_id.as_bytes())
        .finalize();
    Uuid::from_slice(&digest[..16]).expect("16 bytes")
}

/// The place of a GPU, 32 hex digits: it stays when a rented machine gets another GPU of the same
/// kind. `uri` is normalised, `memory` is in bytes, `rank` counts equal GPUs of the address and URI
/// by `gpu_id`, from 0.
pub fn gpu_slot(address: &str, uri: &str, name: &str, memory: Option<i64>, rank: usize) -> String {
    let memory = memory.map_or_else(String::new, |m| m.to_string());
    let rank = rank.to_string();
    let mut hash = Sha256::new().chain_update(b"naap-slot");
    for part in [address, uri, name, &memory, &rank] {
        hash = hash.chain_update(part.as_bytes()).chain_update([0]);
    }
    Uuid::from_slice(&hash.finalize()[..16]).expect("16 bytes").simple().to_string()
}

/// The canonical pipeline, and model, of a name that a gateway gives as pipeline: either a pipeline
/// (also as it is displayed, "Text to image"), or the name of a live model. `None` for no name.
pub fn canonical(pipeline: &str) -> Option<Work> {
    let name = kebab(pipeline)?;
    if PIPELINES.iter().any(|(_, p)| *p == name) {
        return Some(Work { pipeline: name.into(), model: None });
    }
    Some(Work { pipeline: LIVE.into(), model: Some(model(pipeline)?) })
}

/// The canonical name of a model: kebab, but for those with an owner (`owner/name`), which are names
/// of a registry and stay as they are. `None` for no name.
pub fn model(name: &str) -> Option<Arc<str>> {
    let trimmed = name.trim();
    if trimmed.contains('/') && trimmed.len() <= limits::NAME_BYTES {
        return Some(trimmed.into());
    }
    kebab(name).map(Arc::from)
}

/// What a payment's `manifestID` says, `<capability>_<model>`, on the first payment of a stream;
/// `None` for the random ones of later payments.
pub fn of_manifest(manifest_id: &str) -> Option<Work> {
    let (number, name) = manifest_id.split_once('_')?;
    let (_, pipeline) = PIPELINES.iter().find(|(n, _)| *n == number)?;
    Some(Work { pipeline: (*pipeline).into(), model: model(name) })
}

/// Lower case, with `-` between words; `None` if nothing is left, or if it is too long to be a name.
fn kebab(name: &str) -> Option<String> {
    if name.len() > limits::NAME_BYTES {
        return None;
    }
    let words = name.split(|c: char| c.is_whitespace() || c == '_' || c == '-' || c.is_control());
    let words: Vec<String> = words.filter(|w| !w.is_empty()).map(str::to_ascii_lowercase).collect();
    (!words.is_empty()).then(|| words.join("-"))
}

/// An address in lower case; `None` for none, and for the zero address, which a node without a chain
/// gives.
pub fn address(text: &str) -> Option<Arc<str>> {
    let lower = text.trim().to_ascii_lowercase();
    let digits = lower.strip_prefix("0x").unwrap_or(&lower);
    let zero = digits.bytes().all(|b| b == b'0');
    (!zero && lower.len() <= limits::ADDRESS_BYTES).then(|| lower.into())
}

/// Whether a stream of this id is of a known tester.
pub fn is_tester(stream_id: &str) -> bool {
    TESTERS.iter().any(|prefix| stream_id.starts_with(prefix))
}
