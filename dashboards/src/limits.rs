//! Everything in these pages that could grow and may not.

/// Values of one filter that are taken, as many as the API takes.
pub(crate) const SCOPE_VALUES: usize = 20;
/// Longest value of an address that is taken, characters.
pub(crate) const TEXT: usize = 160;
/// Pairs of an address that are read.
pub(crate) const PAIRS: usize = 200;
/// Things that can stand side by side.
pub(crate) const COMPARED: usize = 4;
/// Documents whose answers are kept.
pub(crate) const KEPT: usize = 512;
/// Values that are kept, of all answers together: what an address asks for is its reader's choice,
/// and memory is not.
pub(crate) const KEPT_VALUES: usize = 1_500_000;
/// Questions of pages at a time: the API has turns for others, too.
pub(crate) const TURNS: usize = 24;
/// Series of a chart that are drawn: so many colours can be told apart.
pub(crate) const SERIES: usize = 8;
/// Pages of orchestrators that are read, of 200 each.
pub(crate) const LIST_PAGES: usize = 5;
