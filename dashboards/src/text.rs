//! Figures and names as people read them.

use crate::lang::Lang;
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

/// How long, roughly.
pub(crate) fn span(d: std::time::Duration) -> String {
    match d.as_secs() {
        s @ ..=119 => format!("{s} s"),
        s @ 120..=7199 => format!("{} min", s / 60),
        s => format!("{} h", s / 3600),
    }
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

/// What a figure is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Whole things.
    Count,
    /// 0 to 1, shown as per cent.
    Share,
    /// Milliseconds.
    Ms,
    Fps,
    Minutes,
    Hours,
    Eth,
    /// 0 to 100.
    Score,
    /// Wei for a minute.
    Wei,
    Number,
    Bytes,
    /// Bytes per second, shown in bits.
    Bits,
}

impl Unit {
    /// The value with its unit.
    pub(crate) fn write(self, x: f64, lang: Lang) -> String {
        let text = match self {
            Self::Count => grouped(x),
            Self::Share => format!("{} %", trimmed(x * 100.0, 1)),
            Self::Ms => duration(x),
            Self::Fps => format!("{x:.1} fps"),
            Self::Minutes => format!("{} min", large(x)),
            Self::Hours => format!("{} h", large(x)),
            Self::Eth => format!("{} ETH", significant(x)),
            Self::Score => format!("{x:.1}"),
            Self::Wei => format!("{} Gwei", significant(x / 1e9)),
            Self::Number => significant(x),
            Self::Bytes => bytes(x),
            Self::Bits => bits_per_second(x),
        };
        lang.number(&text)
    }

    /// The same for an axis or a cell: as short as it can be.
    pub(crate) fn brief(self, x: f64, lang: Lang) -> String {
        let text = match self {
            Self::Share => format!("{} %", trimmed(x * 100.0, usize::from(x < 0.995 && x > 0.9))),
            Self::Ms if x >= 1000.0 => format!("{} s", trimmed(x / 1000.0, 1)),
            Self::Ms => format!("{} ms", trimmed(x, 0)),
            Self::Wei => brief_number(x / 1e9),
            Self::Bytes => bytes(x),
            Self::Bits => scaled(x * 8.0, 1000.0, &["bit", "kbit", "Mbit", "Gbit", "Tbit"])
                .replace(".0 ", " "),
            Self::Count
            | Self::Fps
            | Self::Minutes
            | Self::Hours
            | Self::Eth
            | Self::Score
            | Self::Number => brief_number(x),
        };
        lang.number(&text)
    }

    /// For the script.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Share => "share",
            Self::Ms => "ms",
            Self::Fps => "fps",
            Self::Minutes => "min",
            Self::Hours => "h",
            Self::Eth => "ETH",
            Self::Score => "score",
            Self::Wei => "wei",
            Self::Number => "number",
            Self::Bytes => "bytes",
            Self::Bits => "bits",
        }
    }
}

/// So many decimals, without zeros at the end.
fn trimmed(x: f64, decimals: usize) -> String {
    let text = format!("{x:.decimals$}");
    if decimals == 0 {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn large(x: f64) -> String {
    if x.abs() >= 1000.0 { grouped(x) } else { trimmed(x, 1) }
}

/// Three digits that say something.
pub(crate) fn significant(x: f64) -> String {
    let size = x.abs();
    match size {
        s if s >= 1000.0 => grouped(x),
        s if s >= 100.0 => trimmed(x, 0),
        s if s >= 10.0 => trimmed(x, 1),
        s if s >= 1.0 => trimmed(x, 2),
        s if s >= 0.001 => trimmed(x, 4),
        0.0 => "0".to_owned(),
        _ => format!("{x:.2e}"),
    }
}

fn brief_number(x: f64) -> String {
    match x.abs() {
        s if s >= 1e9 => format!("{}G", trimmed(x / 1e9, 1)),
        s if s >= 1e6 => format!("{}M", trimmed(x / 1e6, 1)),
        s if s >= 1e4 => format!("{}k", trimmed(x / 1e3, 1)),
        _ => significant(x).replace('\u{202f}', ""),
    }
}

/// A name in at most so many characters. Both ends stay, since what tells names apart is often the
/// end; of an address four digits of it.
pub(crate) fn short(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return tame(text, most);
    }
    // Of `owner/Name` the name says more.
    if let Some((_, name)) = text.rsplit_once('/')
        && name.chars().count() + 2 <= most
    {
        return format!("…/{}", tame(name, most));
    }
    let hex = text.starts_with("0x") && text.chars().skip(2).all(|c| c.is_ascii_hexdigit());
    let room = most.saturating_sub(1);
    let tail = if hex { 4.min(room) } else { room / 2 };
    let ends: String = text
        .chars()
        .take(room - tail)
        .chain(['…'])
        .chain(text.chars().skip(length - tail))
        .collect();
    tame(&ends, most)
}

/// A moment, to the minute.
pub(crate) fn moment(t: Time) -> String {
    t.format("%Y-%m-%d %H:%M").to_string()
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
    fn units() {
        let w = |u: Unit, x| u.write(x, Lang::En);
        assert_eq!(w(Unit::Share, 0.9731), "97.3 %");
        assert_eq!(w(Unit::Share, 1.0), "100 %");
        assert_eq!(w(Unit::Eth, 0.029_291), "0.0293 ETH");
        assert_eq!(w(Unit::Wei, 3_609_722_880_000.0), "3\u{202f}610 Gwei");
        assert_eq!(Unit::Share.write(0.5055, Lang::De), "50,5 %");
        assert_eq!(Unit::Ms.brief(2500.0, Lang::En), "2.5 s");
        assert_eq!(Unit::Count.brief(25_000.0, Lang::En), "25k");
        assert_eq!(significant(0.000_000_12), "1.20e-7");
    }

    #[test]
    fn names_are_shortened_where_they_say_least() {
        assert_eq!(short("0x02cbd72ae3a0f0a447a17e391f480766cb673bd3", 12), "0x02cbd…3bd3");
        assert_eq!(short("openai/whisper-large-v3", 20), "…/whisper-large-v3");
        assert_eq!(short("streamdiffusion-sdxl-faceid", 13), "stream…faceid");
        assert_eq!(short("abcdefgh", 5), "ab…gh");
        assert_eq!(short("\u{202e}bcdefgh", 4), "\u{fffd}b…h");
        assert_eq!(short("abc", 1), "…");
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
