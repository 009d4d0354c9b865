//! The word that was probably meant.

/// The candidate that is nearest to `word`, if it is near enough to have been meant: about one
/// letter in three may differ.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let far = |c: &str| strsim::damerau_levenshtein(word, c);
    let near = candidates.into_iter().map(|c| (far(c), c)).min()?;
    let letters = word.chars().count();
    (near.0 <= letters.div_ceil(3) && near.0 < letters).then_some(near.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_is_found_and_far_is_not() {
        let words = ["interval", "timeout", "url"];
        assert_eq!(nearest("intervall", words), Some("interval"));
        assert_eq!(nearest("itnerval", words), Some("interval"));
        assert_eq!(nearest("ulr", words), Some("url"));
        assert_eq!(nearest("colour", words), None);
        assert_eq!(nearest("x", ["y"]), None, "nothing of it is left");
        assert_eq!(nearest("x", []), None);
    }
}
