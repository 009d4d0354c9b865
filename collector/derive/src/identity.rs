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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_that_mean_the_same_are_equal() {
        for (uri, expected) in [
            ("https://a.example:8935", "https://a.example:8935"),
            ("HTTPS://A.Example:8935/", "https://a.example:8935"),
            ("https://a.example", "https://a.example:443"),
            ("https://a.example:/x?y#z", "https://a.example:443"),
            ("http://a.example./", "http://a.example:80"),
            ("https://user:secret@a.example:1", "https://a.example:1"),
            ("https://[2001:DB8:0:0::1]:8935", "https://[2001:db8::1]:8935"),
            ("https://[2001:db8::1]", "https://[2001:db8::1]:443"),
            (" https://192.0.2.7:09 ", "https://192.0.2.7:9"),
        ] {
            assert_eq!(normalised(uri).as_deref(), Some(expected), "{uri}");
        }
    }

    #[test]
    fn what_names_no_host_is_no_uri() {
        for uri in [
            "",
            "a.example:8935",
            "ftp://a.example",
            "https://",
            "https://:1",
            "https://a.example:x",
            "https://a.example:99999",
            "https://a.example:-1",
            "https://[nonsense]:1",
            "https://[::1]x",
            "https://2001:db8::1",
            "https://a b.example",
            "https://a<script>.example",
        ] {
            assert_eq!(normalised(uri), None, "{uri}");
        }
        assert_eq!(normalised(&format!("https://{}", "a".repeat(300))), None);
        let grows = format!("https://{}.example", "a".repeat(238));
        assert_eq!((grows.len(), normalised(&grows)), (254, None), "with its port it is too long");
    }

    #[test]
    fn a_session_id_is_pinned() {
        // printf 'naap-sessions\0r' | sha256sum
        let id = session_id("s", "r");
        assert_eq!(id.simple().to_string(), "b4f701a7b52ce702ac8dacad42940c23");
        assert_ne!(session_id("sr", ""), session_id("s", "r"), "the byte between keeps them apart");
    }

    #[test]
    fn a_slot_is_pinned_and_depends_on_all_of_its_key() {
        let slot = gpu_slot("0xa", "https://a:1", "G", Some(7), 0);
        // printf 'naap-slot0xa\0https://a:1\0G\0%s\0%s\0' 7 0 | sha256sum
        assert_eq!(slot, "ff6b60d9885aef7a9f7c7e1295db6e37");
        for other in [
            gpu_slot("0xb", "https://a:1", "G", Some(7), 0),
            gpu_slot("0xa", "https://b:1", "G", Some(7), 0),
            gpu_slot("0xa", "https://a:1", "H", Some(7), 0),
            gpu_slot("0xa", "https://a:1", "G", None, 0),
            gpu_slot("0xa", "https://a:1", "G", Some(7), 1),
        ] {
            assert_ne!(other, slot);
        }
    }

    fn work(pipeline: &str, model: Option<&str>) -> Option<Work> {
        Some(Work { pipeline: pipeline.into(), model: model.map(Arc::from) })
    }

    #[test]
    fn pipelines_stay_and_models_become_live_video() {
        assert_eq!(canonical("streamdiffusion-sdxl"), work(LIVE, Some("streamdiffusion-sdxl")));
        assert_eq!(
            canonical("StreamDiffusion_SDXL v2v"),
            work(LIVE, Some("streamdiffusion-sdxl-v2v"))
        );
        assert_eq!(canonical("noop"), work(LIVE, Some("noop")));
        assert_eq!(canonical("live-video-to-video"), work(LIVE, None));
        assert_eq!(canonical("Text to image"), work("text-to-image", None));
        assert_eq!(canonical("Llm"), work("llm", None));
        assert_eq!(canonical("segment_anything_2"), work("segment-anything-2", None));
        assert_eq!(
            (canonical(""), canonical(" - _ "), canonical(&"x".repeat(300))),
            (None, None, None)
        );
    }

    #[test]
    fn models_of_a_registry_keep_their_name() {
        let name = "SG161222/RealVisXL_V4.0_Lightning";
        assert_eq!(model(name).as_deref(), Some(name));
        assert_eq!(model(" Own_Model ").as_deref(), Some("own-model"));
        assert_eq!(model(""), None);
    }

    #[test]
    fn the_first_payment_names_capability_and_model() {
        assert_eq!(
            of_manifest("35_streamdiffusion-sdxl"),
            work(LIVE, Some("streamdiffusion-sdxl"))
        );
        assert_eq!(of_manifest("27_owner/a_b"), work("text-to-image", Some("owner/a_b")));
        assert_eq!(of_manifest("35_"), work(LIVE, None));
        for random in ["d05da5dd", "", "99_model", "d05d_5dd", "035_model"] {
            assert_eq!(of_manifest(random), None, "{random}");
        }
    }

    #[test]
    fn the_zero_address_is_none() {
        assert_eq!(address("0xAB").as_deref(), Some("0xab"));
        assert_eq!(address("0x0000000000000000000000000000000000000000"), None);
        assert_eq!((address(""), address("0x"), address(&"a".repeat(65))), (None, None, None));
    }

    #[test]
    fn testers_are_known_by_their_streams() {
        assert!(is_tester("aiJobTesterStream-1767908945298"));
        assert!(!is_tester("stream-aiJobTesterStream-1"));
    }
}
