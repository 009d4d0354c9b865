//! Who is who (`definitions.md` 1).
