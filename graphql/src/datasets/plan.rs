//! Which days are built, looked at again, and forgotten: a pure function of what is published, of
//! the first row, and of a given time.
//!
//! A day has its first revision two hours after it is over. Until it is final it is compared with
//! its rows again and again, and what differs is a further revision. It is final once 15 days have
//! passed: rows are taken for 14 days, and derived within minutes.

use chrono::{DateTime, Days, NaiveDate, SecondsFormat};

use super::manifest::Manifest;

const HOUR_US: i64 = 3_600_000_000;
const DAY_US: i64 = 24 * HOUR_US;
/// A day that is over by so much has its first revision.
pub(crate) const FIRST_US: i64 = 2 * HOUR_US;
/// A day that is over by so much is final.
pub(crate) const FINAL_US: i64 = 15 * DAY_US;

/// What an operator decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Days that are not final are looked at again this often.
    pub(crate) recheck_us: i64,
    /// Days that are kept.
    pub(crate) keep_days: u32,
    /// Days that a superseded revision is kept.
    pub(crate) keep_superseded_days: u32,
}

/// A day to build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Task {
    pub(crate) day: NaiveDate,
    /// No further revision will be expected.
    pub(crate) settled: bool,
}

/// The UTC day of a time.
pub(crate) fn day_of(us: i64) -> NaiveDate {
    DateTime::from_timestamp_micros(us).unwrap_or_default().date_naive()
}

/// The start of a UTC day, microseconds since 1970.
pub(crate) fn start_us(day: NaiveDate) -> i64 {
    day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros()
}

/// A time as manifests write it.
pub(crate) fn iso(us: i64) -> String {
    let time = DateTime::from_timestamp_micros(us).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The oldest day that is kept.
pub(crate) fn oldest(now_us: i64, rules: &Rules) -> NaiveDate {
    let today = day_of(now_us);
    today.checked_sub_days(Days::new(rules.keep_days.into())).unwrap_or(today)
}

/// The newest day that may be published, and whether a day is final.
fn newest(now_us: i64) -> NaiveDate {
    day_of(now_us - FIRST_US - DAY_US)
}

fn is_final(day: NaiveDate, now_us: i64) -> bool {
    start_us(day) + DAY_US + FINAL_US <= now_us
}

/// Days to build, the most wanted first: those that are missing, the newest first; those that
/// become final; those that were not looked at for longest.
pub(crate) fn due(
    known: &Manifest,
    begins: Option<NaiveDate>,
    now_us: i64,
    rules: &Rules,
) -> Vec<Task> {
    let Some(begins) = begins else { return Vec::new() };
    let first = begins.max(oldest(now_us, rules));
    let (mut missing, mut settling, mut again) = (Vec::new(), Vec::new(), Vec::new());
    let days = first.iter_days().take_while(|day| *day <= newest(now_us));
    for day in days {
        let task = Task { day, settled: is_final(day, now_us) };
        match known.day(day) {
            None => missing.push(task),
            Some(entry) if entry.settled => {}
            Some(_) if task.settled => settling.push(task),
            Some(entry) if entry.checked_us + rules.recheck_us <= now_us => {
                again.push((entry.checked_us, task));
            }
            Some(_) => {}
        }
    }
    missing.reverse();
    again.sort_by_key(|(checked, task)| (*checked, task.day));
    missing.into_iter().chain(settling).chain(again.into_iter().map(|(_, task)| task)).collect()
}

/// Days that an operator asks for, final ones too: those of a span that may be published.
pub(crate) fn asked(
    from: NaiveDate,
    to: NaiveDate,
    begins: Option<NaiveDate>,
    now_us: i64,
    rules: &Rules,
) -> Vec<Task> {
    let Some(begins) = begins else { return Vec::new() };
    let first = begins.max(oldest(now_us, rules)).max(from);
    let last = newest(now_us).min(to);
    let days = first.iter_days().take_while(|day| *day <= last);
    days.map(|day| Task { day, settled: is_final(day, now_us) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::manifest::{Built, License};

    const RULES: Rules =
        Rules { recheck_us: 6 * HOUR_US, keep_days: 400, keep_superseded_days: 30 };

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn at(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros()
    }

    fn manifest() -> Manifest {
        let license = License { name: "L".into(), url: "U".into(), attribution: "A".into() };
        Manifest::new("sessions", "d", license)
    }

    fn publish(manifest: &mut Manifest, task: Task, hash: char, now_us: i64) {
        let sha256 = hash.to_string().repeat(64);
        let built = Built { sha256, bytes: 1, rows: 1, formula: vec![] };
        manifest.take(task.day, built, task.settled, now_us);
    }

    #[test]
    fn a_day_begins_two_hours_after_its_end_and_is_final_after_fifteen_days() {
        let mut known = manifest();
        let begins = Some(day("2026-05-01"));
        assert!(due(&known, None, at("2026-05-09T00:00:00Z"), &RULES).is_empty(), "no row yet");
        assert!(due(&known, begins, at("2026-05-02T01:59:59Z"), &RULES).is_empty());
        let now = at("2026-05-02T02:00:00Z");
        let first = Task { day: day("2026-05-01"), settled: false };
        assert_eq!(due(&known, begins, now, &RULES), [first]);
        publish(&mut known, first, 'a', now);
        assert!(due(&known, begins, now + RULES.recheck_us - 1, &RULES).is_empty());
        assert_eq!(due(&known, begins, now + RULES.recheck_us, &RULES), [first]);

        let last = at("2026-05-17T00:00:00Z");
        let of_first = |now| {
            let mut tasks = due(&known, begins, now, &RULES);
            tasks.retain(|t| t.day == first.day);
            tasks
        };
        assert_eq!(of_first(last - 1), [first], "a provisional look");
        let settled = Task { settled: true, ..first };
        assert_eq!(of_first(last), [settled]);
        publish(&mut known, settled, 'b', last);
        let mut later = due(&known, begins, at("2027-01-01T00:00:00Z"), &RULES);
        later.retain(|t| t.day == first.day);
        assert!(later.is_empty(), "final stays");
        assert_eq!(known.days[0].revision, 2);
    }

    #[test]
    fn missing_days_come_first_and_the_newest_of_them() {
        let mut known = manifest();
        let begins = Some(day("2026-05-01"));
        let now = at("2026-05-04T02:00:00Z");
        let tasks = due(&known, begins, now, &RULES);
        let days: Vec<_> = tasks.iter().map(|t| t.day).collect();
        assert_eq!(days, [day("2026-05-03"), day("2026-05-02"), day("2026-05-01")]);
        publish(&mut known, tasks[0], 'a', now - RULES.recheck_us);
        let tasks = due(&known, begins, now, &RULES);
        assert_eq!(tasks.last().unwrap().day, day("2026-05-03"), "looking again comes last");
        // A stack that starts with old rows: what is long over is final at once.
        let old = due(&manifest(), begins, at("2026-07-01T00:00:00Z"), &RULES);
        assert!(old.iter().find(|t| t.day == day("2026-05-01")).unwrap().settled);
    }

    #[test]
    fn days_that_are_not_kept_are_not_built() {
        let rules = Rules { keep_days: 10, ..RULES };
        let now = at("2026-05-20T12:00:00Z");
        let tasks = due(&manifest(), Some(day("2020-01-01")), now, &rules);
        assert_eq!(tasks.len(), 10);
        assert_eq!(tasks.last().unwrap().day, oldest(now, &rules));
    }

    #[test]
    fn what_is_asked_for_is_built_though_it_is_final() {
        let begins = Some(day("2026-01-01"));
        let now = at("2026-05-20T12:00:00Z");
        let tasks = asked(day("2026-03-01"), day("2026-03-02"), begins, now, &RULES);
        assert_eq!(tasks.len(), 2);
        assert!(tasks.iter().all(|t| t.settled));
        let none = asked(day("2026-05-20"), day("2026-06-02"), begins, now, &RULES);
        assert!(none.is_empty(), "not over yet");
    }
}
