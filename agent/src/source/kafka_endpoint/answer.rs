//! The requests that are answered, and the answers. Pure.
//!
//! Versions are those at which kafka-go, librdkafka and the Java client send what is wanted. Fetch
//! and FindCoordinator are listed and not served: librdkafka picks its formats by them.

use super::wire::{Reader, Unreadable, Writer};
use crate::limits;

pub(crate) const PRODUCE: i16 = 0;
pub(crate) const METADATA: i16 = 3;
pub(crate) const SASL_HANDSHAKE: i16 = 17;
pub(crate) const API_VERSIONS: i16 = 18;
pub(crate) const INIT_PRODUCER_ID: i16 = 22;
pub(crate) const SASL_AUTHENTICATE: i16 = 36;

/// Kinds of requests with the lowest and highest version. librdkafka 2.0 has no SASL without
/// version 0 of its handshake, and then uses version 1.
const APIS: [(i16, i16, i16); 8] = [
    (PRODUCE, 0, 8),
    (1, 4, 11),
    (METADATA, 1, 8),
    (10, 0, 2),
    (SASL_HANDSHAKE, 0, 1),
    (API_VERSIONS, 0, 3),
    (INIT_PRODUCER_ID, 0, 4),
    (SASL_AUTHENTICATE, 0, 1),
];

/// The protocol's error numbers.
pub(crate) mod code {
    pub(crate) const NONE: i16 = 0;
    pub(crate) const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
    pub(crate) const REQUEST_TIMED_OUT: i16 = 7;
    pub(crate) const UNSUPPORTED_SASL_MECHANISM: i16 = 33;
    pub(crate) const UNSUPPORTED_VERSION: i16 = 35;
    pub(crate) const KAFKA_STORAGE_ERROR: i16 = 56;
    pub(crate) const SASL_AUTHENTICATION_FAILED: i16 = 58;
}

/// What every request begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) api: i16,
    pub(crate) version: i16,
    pub(crate) correlation: i32,
}

impl Header {
    /// Reads it; what follows is the request.
    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        let header = Self { api: from.i16()?, version: from.i16()?, correlation: from.i32()? };
        // Who asks; and, in newer versions of requests that are not read further, tagged fields.
        from.string()?;
        Ok(header)
    }

    /// Whether it can be answered.
    pub(crate) fn known(&self) -> bool {
        APIS.iter().any(|(a, min, max)| *a == self.api && (*min..=*max).contains(&self.version))
    }
}

/// Which versions there are. Answers any version: what is not known, in version 0.
pub(crate) fn versions(header: Header) -> Vec<u8> {
    let mut w = Writer::new(header.correlation);
    let version = if header.known() { header.version } else { 0 };
    w.i16(if header.known() { code::NONE } else { code::UNSUPPORTED_VERSION });
    if version < 3 {
        w.items(APIS.len());
    } else {
        w.few_items(APIS.len());
    }
    for (api, min, max) in APIS {
        w.i16(api);
        w.i16(min);
        w.i16(max);
        if version >= 3 {
            w.no_tags();
        }
    }
    if version >= 1 {
        w.i32(0);
    }
    if version >= 3 {
        w.no_tags();
    }
    w.done()
}

/// The topics that are asked for; `None`: all of them.
pub(crate) fn topics<'a>(from: &mut Reader<'a>) -> Result<Option<Vec<&'a str>>, Unreadable> {
    let Some(n) = from.items()? else { return Ok(None) };
    if n > limits::KAFKA_TOPICS {
        return Err(Unreadable);
    }
    (0..n).map(|_| from.string()?.ok_or(Unreadable)).collect::<Result<_, _>>().map(Some)
}

/// One broker, this one, with one topic of one partition.
pub(crate) fn metadata(
    header: Header,
    here: std::net::SocketAddr,
    topic: &str,
    asked: Option<&[&str]>,
) -> Vec<u8> {
    let (mut w, version) = (Writer::new(header.correlation), header.version);
    if version >= 3 {
        w.i32(0);
    }
    w.items(1);
    w.i32(NODE);
    w.string(Some(&here.ip().to_string()));
    w.i32(here.port().into());
    w.string(None);
    if version >= 2 {
        w.string(Some("naap-agent"));
    }
    w.i32(NODE);
    let all = [topic];
    let asked = asked.unwrap_or(&all);
    w.items(asked.len());
    for name in asked {
        let known = *name == topic;
        w.i16(if known { code::NONE } else { code::UNKNOWN_TOPIC_OR_PARTITION });
        w.string(Some(name));
        w.i8(0);
        w.items(usize::from(known));
        if known {
            w.i16(code::NONE);
            w.i32(0);
            w.i32(NODE);
            if version >= 7 {
                w.i32(0);
            }
            for _replicas_and_those_in_sync in 0..2 {
                w.items(1);
                w.i32(NODE);
            }
            if version >= 5 {
                w.items(0);
            }
        }
        if version >= 8 {
            w.i32(NOT_ASKED);
        }
    }
    if version >= 8 {
        w.i32(NOT_ASKED);
    }
    w.done()
}

const NODE: i32 = 1;
/// Operations that are allowed were not asked for.
const NOT_ASKED: i32 = i32::MIN;

/// A request with events.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Produce<'a> {
    /// 0: no answer is wanted.
    pub(crate) acks: i16,
    /// How long the client waits, milliseconds.
    pub(crate) timeout_ms: i32,
    /// Topic, partition, and record batches.
    pub(crate) parts: Vec<(&'a str, i32, &'a [u8])>,
}

impl<'a> Produce<'a> {
    pub(crate) fn read(from: &mut Reader<'a>, version: i16) -> Result<Self, Unreadable> {
        if version >= 3 {
            from.string()?;
        }
        let (acks, timeout_ms) = (from.i16()?, from.i32()?);
        let mut parts = Vec::new();
        for _ in 0..from.items()?.ok_or(Unreadable)? {
            let topic = from.string()?.ok_or(Unreadable)?;
            for _ in 0..from.items()?.ok_or(Unreadable)? {
                let partition = from.i32()?;
                parts.push((topic, partition, from.bytes()?.unwrap_or_default()));
                if parts.len() > limits::KAFKA_TOPICS {
                    return Err(Unreadable);
                }
            }
        }
        Ok(Self { acks, timeout_ms, parts })
    }
}

/// What became of a partition's records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) code: i16,
    /// Number of the first record.
    pub(crate) offset: i64,
}

/// What became of the records.
pub(crate) fn produced(header: Header, taken: &[Taken]) -> Vec<u8> {
    let (mut w, version) = (Writer::new(header.correlation), header.version);
    w.items(taken.len());
    for part in taken {
        w.string(Some(&part.topic));
        w.items(1);
        w.i32(part.partition);
        w.i16(part.code);
        w.i64(if part.code == code::NONE { part.offset } else { -1 });
        if version >= 2 {
            w.i64(-1);
        }
        if version >= 5 {
            w.i64(0);
        }
        if version >= 8 {
            w.items(0);
            w.string(None);
        }
    }
    if version >= 1 {
        w.i32(0);
    }
    w.done()
}

/// A producer's number. Nothing is kept by it: events have ids of their own.
pub(crate) fn producer(header: Header, id: i64) -> Vec<u8> {
    let mut w = Writer::new(header.correlation);
    if header.version >= 2 {
        w.no_tags();
    }
    w.i32(0);
    w.i16(code::NONE);
    w.i64(id);
    w.i16(0);
    if header.version >= 2 {
        w.no_tags();
    }
    w.done()
}

/// How one can say who one is.
pub(crate) fn handshake(header: Header, code: i16, mechanisms: &[&str]) -> Vec<u8> {
    let mut w = Writer::new(header.correlation);
    w.i16(code);
    w.items(mechanisms.len());
    for mechanism in mechanisms {
        w.string(Some(mechanism));
    }
    w.done()
}

/// Whether who one is was believed.
pub(crate) fn authenticated(header: Header, ok: bool) -> Vec<u8> {
    let mut w = Writer::new(header.correlation);
    w.i16(if ok { code::NONE } else { code::SASL_AUTHENTICATION_FAILED });
    w.string((!ok).then_some("user or password is wrong"));
    w.i32(0);
    if header.version >= 1 {
        w.i64(0);
    }
    w.done()
}

/// What cannot be answered in the form that was asked for.
pub(crate) fn unsupported(header: Header) -> Vec<u8> {
    let mut w = Writer::new(header.correlation);
    w.i16(code::UNSUPPORTED_VERSION);
    w.done()
}
