//! Times and bounds of the definitions, and bounds of what grows with what others send.

/// A second, microseconds.
pub const SECOND_US: i64 = 1_000_000;
/// An hour, microseconds.
pub const HOUR_US: i64 = 3600 * SECOND_US;
/// A day, microseconds.
pub const DAY_US: i64 = 24 * HOUR_US;

/// Silence that closes a session.
pub const SILENCE_US: i64 = 120 * SECOND_US;
/// A later event reopens what silence closed, up to this long after.
pub const REOPEN_US: i64 = 14 * DAY_US;
/// Error texts count for outcome and end reason up to this long after the close.
pub const LATE_ERROR_US: i64 = 5 * SECOND_US;
/// An end so soon after its beginning may be excused.
pub const SHORT_US: i64 = 30 * SECOND_US;
/// A status holds for at most this long: two of its 10 s.
pub const STATUS_HOLDS_US: i64 = 20 * SECOND_US;
/// A status sample is expected this long after a leg is playable.
pub const STATUS_DUE_US: i64 = 20 * SECOND_US;
/// Clocks of runner and gateway further apart than this give no figure of the two.
pub const CLOCKS_APART_US: i64 = SECOND_US;
/// Bucket of minutes.
pub const BUCKET_US: i64 = 300 * SECOND_US;

/// Capability rows from this long before a leg's start count.
pub const CLAIM_BEFORE_US: i64 = DAY_US;
/// Capability rows up to this long after a leg's start count.
pub const CLAIM_AFTER_US: i64 = 1800 * SECOND_US;

/// A time inside an event (`data.timestamp`) further from the envelope's than this is not believed:
/// it would put a row into a partition years away, and with it the age of the whole table.
pub const DATA_TIME_OFF_US: i64 = DAY_US;
/// Legs of a session; what comes after belongs to the last one. One event per leg is enough for a
/// hostile node.
pub const LEGS: usize = 1000;
/// Buckets of minutes of a session or leg: 31 days. Longer ones lose what is beyond.
pub const MINUTE_ROWS: i64 = 31 * DAY_US / BUCKET_US;
/// Digits of an amount that is read: 256 bits have 78.
pub const DIGITS: usize = 80;
/// Digits of a fee, wei: 10^15 ETH is more than there are. Larger ones are nonsense, and unknown.
pub const FEE_DIGITS: usize = 33;
/// Bytes of an address.
pub const ADDRESS_BYTES: usize = 64;
/// Bytes of a URI, a pipeline or a model that is looked at.
pub const NAME_BYTES: usize = 256;
/// Corrections of an address that follow one another: two that point at each other end here.
pub const ADDRESS_HOPS: usize = 8;
/// Rows of an agent this far apart are one stretch: agents report each 10 s.
pub const STRETCH_US: i64 = 60 * SECOND_US;

/// A minute, microseconds.
pub const MINUTE_US: i64 = 60 * SECOND_US;
/// Slots of a model row above this are no claim that anyone could check: kept, flagged, left out of
/// sums.
pub const PLAUSIBLE_SLOTS: i64 = 64;
/// Between two capability reports: past this nothing is known of the time between (twice the pace of
/// gateways).
pub const REPORT_GAP_US: i64 = 50 * MINUTE_US;
/// Ids of GPUs in one report row: the field ends there.
pub const GPU_IDS: usize = 100;
/// Bytes of the names of GPUs in one report row: the field ends there.
pub const GPU_NAMES_BYTES: usize = 1024;
/// A job of which only the beginning is known is open for this long after its last event; a gateway
/// gives up on one long before.
pub const JOB_OPEN_US: i64 = HOUR_US;
