//! What every answer says of itself.

use serde_json::{Map, Value};

use crate::config::LICENSE;

/// Of the data in this answer to this request.
pub(super) fn about(path: &str) -> Map<String, Value> {
    let said = [
        ("request", path.into()),
        ("schemaVersion", naap_schema::SCHEMA_VERSION.into()),
        // Version of the definitions that figures follow (`docs/metrics.md`).
        ("formula", naap_schema::targets::STARTUP.formula.into()),
        ("licence", LICENSE.into()),
    ];
    said.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
