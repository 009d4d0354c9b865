//! Identities that more than one room computes (`definitions.md` 1).

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The public id of a GPU: the first 128 bits of SHA-256("naap-gpu" + UUID), lower-case hex.
///
/// `uuid` is the vendor's, as read (`GPU-…`); it goes no further than the caller.
pub fn gpu_id(uuid: &str) -> String {
    let digest = Sha256::new().chain_update(b"naap-gpu").chain_update(uuid.as_bytes()).finalize();
    Uuid::from_slice(&digest[..16]).expect("16 bytes").simple().to_string()
}

/// The id of a gateway event: the envelope's id where it is a UUID, else a UUID made of the first
/// 128 bits of SHA-256("naap-event" + id), so that the same text always gives the same id.
pub fn event_id(id: &str) -> Uuid {
    Uuid::parse_str(id).unwrap_or_else(|_| {
        let d = Sha256::new().chain_update(b"naap-event").chain_update(id.as_bytes()).finalize();
        Uuid::from_slice(&d[..16]).expect("16 bytes")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_id_is_32_hex_digits_and_stable() {
        let id = gpu_id("GPU-00000000-0000-0000-0000-000000000001");
        assert_eq!(id.len(), 32);
        assert!(id.bytes().all(|b| b.is_ascii_hexdigit()));
        assert_eq!(id, gpu_id("GPU-00000000-0000-0000-0000-000000000001"));
        assert_ne!(id, gpu_id("GPU-00000000-0000-0000-0000-000000000002"));
    }

    #[test]
    fn an_event_id_keeps_a_uuid_and_hashes_the_rest() {
        let uuid = "59485235-8460-472f-a894-3b84f37ee9bb";
        assert_eq!(event_id(uuid).to_string(), uuid);
        assert_eq!(event_id("not a uuid"), event_id("not a uuid"));
        assert_ne!(event_id("not a uuid"), event_id("another"));
    }
}
