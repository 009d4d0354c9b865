//! Bounds of everything that this crate reads from elsewhere.

/// Encoded frame, bytes. An agent makes smaller ones; a collector refuses larger ones.
pub const MAX_FRAME_BYTES: usize = 1 << 20;
/// Frame body after decompression, bytes.
pub const MAX_BODY_BYTES: usize = 8 << 20;
/// Rows in a frame.
pub const MAX_FRAME_ROWS: usize = 20_000;
/// Tables in a frame.
pub const MAX_FRAME_TABLES: usize = 256;
/// Different strings in a frame.
pub const MAX_FRAME_STRINGS: usize = 1 << 17;
/// Columns in a frame of the first format, over all tables.
pub const MAX_FRAME_COLUMNS: usize = 1 << 14;
/// Columns in a table.
pub const MAX_TABLE_COLUMNS: usize = 512;
/// Values in a frame, over all tables: rows times columns, present or not. Bounds what a small
/// frame can make a decoder allocate.
pub const MAX_FRAME_VALUES: usize = 2_000_000;
/// Any text value, bytes. Fields may say less.
pub const MAX_TEXT_BYTES: usize = 8192;
/// Decimal places of a scaled decimal.
pub const MAX_SCALE: u32 = 12;
