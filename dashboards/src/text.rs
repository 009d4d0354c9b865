//! Figures and names as people read them.

use crate::model::Time;

/// A name or text from a node: bounded, and without characters that reorder or hide what is around
/// them. (Escaping for HTML is the template's.)
pub(crate) fn tame(text: &str, most: usize) -> String {
    let mut out: String = text
        .chars()
        .take(most)
        .map(|c| match c {
            '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{200b}'..='\u{200f}'
            | '\u{feff}' => '\u{fffd}',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect();
    if text.chars().nth(most).is_some() {
        out.push('…');
    }
    out
}

/// A number with so many decimals; nothing for what is not known.
pub(crate) fn number(x: Option<f64>, decimals: usize) -> Option<String> {
    x.map(|x| format!("{x:.decimals$}"))
}

/// A whole number in groups of three.
pub(crate) fn grouped(x: f64) -> String {
    let digits = format!("{x:.0}");
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits.as_str()), |d| ("-", d));
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    format!("{sign}{out}")
}

/// Bytes with a binary unit.
pub(crate) fn bytes(x: f64) -> String {
    scaled(x, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB", "PiB"])
}

/// Bits per second of bytes per second, as networks are measured.
pub(crate) fn bits_per_second(bytes_per_second: f64) -> String {
    scaled(bytes_per_second * 8.0, 1000.0, &["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"])
}

fn scaled(x: f64, base: f64, units: &[&str]) -> String {
    let mut value = x;
    let mut unit = 0;
    while value.abs() >= base && unit + 1 < units.len() {
        value /= base;
        unit += 1;
    }
    let decimals = if unit == 0 || value.abs() >= 100.0 { 0 } else { 1 };
    format!("{value:.decimals$} {}", units.get(unit).unwrap_or(&""))
}

/// A duration in ms.
pub(crate) fn duration(ms: f64) -> String {
    if ms.abs() < 10_000.0 { format!("{ms:.0} ms") } else { format!("{:.1} s", ms / 1000.0) }
}

/// How long ago, roughly.
pub(crate) fn age(then: Time, now: Time) -> String {
    let seconds = (now - then).num_seconds();
    match seconds {
        ..=1 => "just now".to_owned(),
        2..=119 => format!("{seconds} s ago"),
        120..=7199 => format!("{} min ago", seconds / 60),
        7200..=172_799 => format!("{} h ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures() {
        assert_eq!(grouped(1_234_567.0), "1\u{202f}234\u{202f}567");
        assert_eq!(grouped(12.0), "12");
        assert_eq!(bytes(25_276_514_304.0), "23.5 GiB");
        assert_eq!(bytes(0.0), "0 B");
        assert_eq!(bits_per_second(125_000.0), "1.0 Mbit/s");
        assert_eq!(duration(2655.0), "2655 ms");
        assert_eq!(duration(12_345.0), "12.3 s");
        assert_eq!(number(None, 1), None);
    }

    #[test]
    fn names_are_tamed() {
        assert_eq!(tame("a\u{202e}b\u{0}c\u{9b}", 10), "a\u{fffd}b\u{fffd}c\u{fffd}");
        assert_eq!(tame("abcdef", 3), "abc…");
        assert_eq!(tame("näme", 10), "näme");
    }

    #[test]
    fn ages() {
        let now: Time = "2026-05-01T12:00:00Z".parse().unwrap();
        let ago = |s: i64| age(now - chrono::TimeDelta::seconds(s), now);
        assert_eq!(ago(0), "just now");
        assert_eq!(ago(-5), "just now", "a clock ahead of ours");
        assert_eq!(ago(65), "65 s ago");
        assert_eq!(ago(7200), "2 h ago");
    }
}
