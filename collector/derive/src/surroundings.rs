//! What is known around a session: who has which URI and wallet, where agents stand, which GPUs are
//! where, how far each node's data reaches, and what operators corrected. Filled in any order, and
//! with anything twice; what it answers is a function of what is in it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::event::{Claim, Correction, CorrectionKind};
use crate::identity::{self, normalised};
use crate::limits;

type Name = Arc<str>;

/// How the address of a leg was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attribution {
    /// By the recipient of payments of the session to the same URI.
    Payment,
    /// By a capability report of the same URI and hot wallet.
    Capability,
    /// By a capability report of the same URI.
    Uri,
    /// By a hot wallet that only one address uses.
    Wallet,
    /// By an operator.
    Correction,
    /// Not found.
    None,
}

impl Attribution {
    /// The word in rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Payment => "PAYMENT",
            Self::Capability => "CAPABILITY",
            Self::Uri => "URI",
            Self::Wallet => "WALLET",
            Self::Correction => "CORRECTION",
            Self::None => "NONE",
        }
    }
}

/// Someone paid: when, and which on-chain address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Paid {
    /// Time of the payment.
    pub ts_us: i64,
    /// Its recipient.
    pub recipient: Arc<str>,
}

/// Who an orchestrator is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// Its on-chain address, lower case; `None`: not resolved.
    pub address: Option<Arc<str>>,
    /// How it was found.
    pub by: Attribution,
}

/// A report of a URI.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Report {
    ts_us: i64,
    address: Name,
    wallet: Option<Name>,
}

/// A GPU that was reported.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Hardware {
    ts_us: i64,
    address: Option<Name>,
    gpu_name: Option<Name>,
}

/// What a node's rows say of its region: stretches of rows, by region. Rows of one region that are
/// close together are one stretch, so an agent that never moves costs one.
type Stretches = BTreeMap<Option<Name>, BTreeMap<i64, i64>>;

/// What is known around a session.
#[derive(Debug, Default)]
pub struct Surroundings {
    by_uri: HashMap<String, BTreeSet<Report>>,
    by_wallet: HashMap<Name, BTreeSet<(i64, Name)>>,
    hardware: HashMap<String, BTreeSet<Hardware>>,
    regions: HashMap<Name, Stretches>,
    through: HashMap<Name, i64>,
    gaps: HashMap<Name, BTreeMap<i64, i64>>,
    corrections: Vec<Correction>,
}

impl Surroundings {
    /// A capability report.
    pub fn add_claim(&mut self, claim: Claim) {
        let Some(address) = identity::address(&claim.address) else { return };
        let wallet = claim.hot_wallet.as_deref().and_then(identity::address);
        if let Some(wallet) = &wallet {
            let users = self.by_wallet.entry(Arc::clone(wallet)).or_default();
            users.insert((claim.ts_us, Arc::clone(&address)));
        }
        if let Some(uri) = normalised(&claim.uri) {
            let reports = self.by_uri.entry(uri).or_default();
            reports.insert(Report { ts_us: claim.ts_us, address, wallet });
        }
    }

    /// A GPU of a capability report; a report that tells nothing of GPUs adds none.
    pub fn add_hardware(
        &mut self,
        ts_us: i64,
        address: &str,
        uri: &str,
        gpu_name: Option<Arc<str>>,
    ) {
        if let Some(uri) = normalised(uri) {
            let row = Hardware { ts_us, address: identity::address(address), gpu_name };
            self.hardware.entry(uri).or_default().insert(row);
        }
    }

    /// An agent's row: where it stood then.
    pub fn add_region(&mut self, node: &Arc<str>, ts_us: i64, region: Option<Arc<str>>) {
        let stretches =
            self.regions.entry(Arc::clone(node)).or_default().entry(region).or_default();
        join(stretches, ts_us, ts_us, limits::STRETCH_US);
    }

    /// All that this node sent of times before is here.
    pub fn set_data_through(&mut self, node: &Arc<str>, us: i64) {
        let through = self.through.entry(Arc::clone(node)).or_insert(us);
        *through = (*through).max(us);
    }

    /// Rows of this node of this time, the end not included, were declared lost.
    pub fn add_gap(&mut self, node: &Arc<str>, from_us: i64, to_us: i64) {
        join(self.gaps.entry(Arc::clone(node)).or_default(), from_us, to_us.max(from_us), 0);
    }

    /// The corrections in force, instead of those before.
    pub fn set_corrections(&mut self, corrections: Vec<Correction>) {
        self.corrections = corrections;
        // The later one first; what is as old is told apart by what it says.
        self.corrections.sort_by(|a, b| {
            (b.made_us, &a.subject, &a.value, a.from_us, a.to_us)
                .cmp(&(a.made_us, &b.subject, &b.value, b.from_us, b.to_us))
        });
    }

    /// Forgets what answers only questions about times before `us`. Whoever asks no earlier gets the
    /// same answers.
    pub fn forget_before(&mut self, us: i64) {
        let claims_from = us.saturating_sub(limits::CLAIM_BEFORE_US);
        for reports in self.by_uri.values_mut() {
            reports.retain(|r| r.ts_us >= claims_from);
        }
        self.by_uri.retain(|_, reports| !reports.is_empty());
        for users in self.by_wallet.values_mut() {
            users.retain(|(ts_us, _)| *ts_us >= claims_from);
        }
        self.by_wallet.retain(|_, users| !users.is_empty());
        for rows in self.hardware.values_mut() {
            rows.retain(|h| h.ts_us >= claims_from);
        }
        self.hardware.retain(|_, rows| !rows.is_empty());
        for gaps in self.gaps.values_mut() {
            gaps.retain(|_, to_us| *to_us >= us);
        }
        self.gaps.retain(|_, gaps| !gaps.is_empty());
        for stretches in self.regions.values_mut() {
            let ends = stretches.values().flat_map(BTreeMap::values).copied();
            // The last row before stays: it answers until the next.
            let keep = ends.filter(|end| *end < us).max().unwrap_or(us);
            for rows in stretches.values_mut() {
                rows.retain(|_, end| *end >= keep);
            }
            stretches.retain(|_, rows| !rows.is_empty());
        }
    }

    /// The region of a node at this time: of its agent's last row then or before, else of its first
    /// after.
    pub fn region(&self, node: &str, at_us: i64) -> Option<Arc<str>> {
        let stretches = self.regions.get(node)?;
        let all =
            || stretches.iter().flat_map(|(r, rows)| rows.iter().map(move |(a, b)| (r, *a, *b)));
        // Of two stretches that both reach over the time, the one that began later is the newer.
        let before = all().filter(|(_, first, _)| *first <= at_us);
        let newest = before.max_by_key(|(_, first, last)| ((*last).min(at_us), *first));
        let found = newest.or_else(|| all().min_by_key(|(_, first, _)| *first));
        found.and_then(|(region, _, _)| region.clone())
    }

    /// The address that this one is now, after corrections that were in force at this time.
    pub fn address(&self, address: &str, at_us: i64) -> Arc<str> {
        let mut found: Name = address.to_ascii_lowercase().into();
        for _ in 0..limits::ADDRESS_HOPS {
            let of_it = |c: &&Correction| {
                c.kind == CorrectionKind::Address && c.subject.trim().eq_ignore_ascii_case(&found)
            };
            let Some(next) =
                self.in_force(at_us).find(of_it).and_then(|c| identity::address(&c.value))
            else {
                break;
            };
            if next == found {
                break;
            }
            found = next;
        }
        found
    }

    /// The origin of a stream whose agent says `origin`: of the correction in force with the longest
    /// prefix, else `test` for streams of known testers that claim to be organic, else as said.
    pub fn origin(&self, stream_id: &str, origin: &str, at_us: i64) -> Arc<str> {
        let fits = |c: &&Correction| {
            c.kind == CorrectionKind::Origin
                && stream_id.starts_with(&*c.subject)
                && identity::ORIGINS.contains(&&*c.value)
        };
        let longest =
            self.in_force(at_us).filter(fits).fold(None, |best: Option<&Correction>, c| {
                best.filter(|b| b.subject.len() >= c.subject.len()).or(Some(c))
            });
        match longest {
            Some(correction) => Arc::clone(&correction.value),
            None if origin == "organic" && identity::is_tester(stream_id) => "test".into(),
            None => origin.into(),
        }
    }

    /// The name of the GPUs at a normalised URI as last reported at this time or up to 24 h before,
    /// if all have the same. With an address only rows of that address count.
    pub fn gpu_name(&self, uri: &str, address: Option<&str>, at_us: i64) -> Option<Arc<str>> {
        let ours = |h: &&Hardware| match (address, &h.address) {
            (Some(ours), Some(theirs)) => *self.address(theirs, at_us) == *ours,
            (Some(_), None) => false,
            (None, _) => true,
        };
        let since = at_us.saturating_sub(limits::CLAIM_BEFORE_US);
        let rows = self.hardware.get(uri)?;
        let in_span = |h: &&Hardware| (since..=at_us).contains(&h.ts_us);
        let mut latest = rows.iter().rev().filter(in_span).filter(ours);
        let first = latest.next()?;
        let same =
            latest.take_while(|h| h.ts_us == first.ts_us).all(|h| h.gpu_name == first.gpu_name);
        first.gpu_name.clone().filter(|_| same)
    }

    /// Whether nothing of a node can be missing of this time: its data reaches to the end, and no
    /// declared gap overlaps.
    pub fn silent(&self, node: &str, from_us: i64, to_us: i64) -> bool {
        let through = self.through.get(node).is_some_and(|through| *through >= to_us);
        through && self.gap_end(node, from_us, to_us).is_none()
    }

    /// When a node that last spoke at `from_us` will have been silent long enough to close a session,
    /// for all that is known now: the first stretch of [`limits::SILENCE_US`] after it that no
    /// declared gap overlaps ends then.
    pub fn silence_ends(&self, node: &str, from_us: i64) -> i64 {
        let mut from_us = from_us;
        // Gaps are joined, so each is passed once.
        while let Some(end) =
            self.gap_end(node, from_us, from_us.saturating_add(limits::SILENCE_US))
        {
            from_us = end;
        }
        from_us.saturating_add(limits::SILENCE_US)
    }

    /// The end of the last gap that overlaps a time; touching its borders is no overlap.
    fn gap_end(&self, node: &str, from_us: i64, to_us: i64) -> Option<i64> {
        let (_, end) = self.gaps.get(node)?.range(..to_us).next_back()?;
        (*end > from_us).then_some(*end)
    }

    /// The orchestrator that a leg was with at this time. `uri` is normalised; `paid` are the
    /// payments with the session's request and this URI.
    pub fn who(&self, uri: Option<&str>, wallet: Option<&str>, paid: &[Paid], at_us: i64) -> Who {
        let of_uri = |c: &&Correction| {
            c.kind == CorrectionKind::Uri
                && uri.is_some()
                && normalised(&c.subject).as_deref() == uri
        };
        let corrected = self.in_force(at_us).find(of_uri).and_then(|c| identity::address(&c.value));
        let found = corrected
            .map(|address| (address, Attribution::Correction))
            .or_else(|| Some((by_payment(paid, at_us)?, Attribution::Payment)))
            .or_else(|| {
                Some((self.by_report(uri?, Some(wallet?), at_us)?, Attribution::Capability))
            })
            .or_else(|| Some((self.by_report(uri?, None, at_us)?, Attribution::Uri)))
            .or_else(|| Some((self.by_wallet(wallet?, at_us)?, Attribution::Wallet)));
        match found {
            Some((address, by)) => Who { address: Some(self.address(&address, at_us)), by },
            None => Who { address: None, by: Attribution::None },
        }
    }

    /// The address of the nearest report of a URI, of those with this wallet if one is given.
    fn by_report(&self, uri: &str, wallet: Option<&str>, at_us: i64) -> Option<Name> {
        let fits = |r: &&Report| wallet.is_none() || r.wallet.as_deref() == wallet;
        let near = self.by_uri.get(uri)?.iter().filter(|r| in_span(r.ts_us, at_us)).filter(fits);
        nearest(near.map(|r| (r.ts_us, &r.address)), at_us)
    }

    /// The address of a wallet that no other address uses in the span.
    fn by_wallet(&self, wallet: &str, at_us: i64) -> Option<Name> {
        let near = self.by_wallet.get(wallet)?.iter().filter(|(ts_us, _)| in_span(*ts_us, at_us));
        let mut addresses = near.map(|(_, address)| self.address(address, at_us));
        let first = addresses.next()?;
        addresses.all(|address| address == first).then_some(first)
    }

    fn in_force(&self, at_us: i64) -> impl Iterator<Item = &Correction> {
        let began = move |c: &&Correction| c.from_us.is_none_or(|from| from <= at_us);
        let not_over = move |c: &&Correction| c.to_us.is_none_or(|to| at_us < to);
        self.corrections.iter().filter(began).filter(not_over)
    }
}

fn in_span(ts_us: i64, at_us: i64) -> bool {
    let (from, to) = (limits::CLAIM_BEFORE_US, limits::CLAIM_AFTER_US);
    (at_us.saturating_sub(from)..=at_us.saturating_add(to)).contains(&ts_us)
}

fn by_payment(paid: &[Paid], at_us: i64) -> Option<Name> {
    nearest(paid.iter().map(|p| (p.ts_us, &p.recipient)), at_us)
}

/// What is nearest in absolute time; the earlier on ties, then the lower name.
fn nearest<'a>(all: impl Iterator<Item = (i64, &'a Name)>, at_us: i64) -> Option<Name> {
    all.min_by_key(|(ts_us, name)| (ts_us.abs_diff(at_us), *ts_us, *name))
        .map(|(_, n)| Arc::clone(n))
}

/// Adds a stretch, joined with those at most `apart` from it.
fn join(stretches: &mut BTreeMap<i64, i64>, from: i64, to: i64, apart: i64) {
    let (mut from, mut to) = (from, to);
    // Stretches do not touch, so those that reach this one lie next to one another.
    while let Some((start, end)) = stretches.range(..=to.saturating_add(apart)).next_back() {
        let (start, end) = (*start, *end);
        if end.saturating_add(apart) < from {
            break;
        }
        stretches.remove(&start);
        from = from.min(start);
        to = to.max(end);
    }
    stretches.insert(from, to);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::limits::{DAY_US, HOUR_US, SECOND_US};

    const A: &str = "https://a.example:8935";
    const AT: i64 = 100 * DAY_US;

    fn claim(ts_us: i64, address: &str, wallet: &str, uri: &str) -> Claim {
        Claim { ts_us, address: address.into(), hot_wallet: Some(wallet.into()), uri: uri.into() }
    }

    fn correction(kind: CorrectionKind, made_us: i64, subject: &str, value: &str) -> Correction {
        let (subject, value) = (subject.into(), value.into());
        Correction { made_us, kind, subject, value, from_us: None, to_us: None }
    }

    fn found(around: &Surroundings, wallet: Option<&str>) -> (Option<String>, Attribution) {
        let who = around.who(Some(A), wallet, &[], AT);
        (who.address.map(|a| a.to_string()), who.by)
    }

    fn is(address: &str, by: Attribution) -> (Option<String>, Attribution) {
        (Some(address.to_owned()), by)
    }

    #[test]
    fn in_the_order_of_the_definitions() {
        let mut around = Surroundings::default();
        assert_eq!(found(&around, Some("0xw")), (None, Attribution::None));
        around.add_claim(claim(AT, "0x1", "0xw", "https://elsewhere.example:1"));
        assert_eq!(found(&around, Some("0xw")), is("0x1", Attribution::Wallet));
        around.add_claim(claim(AT - HOUR_US, "0x2", "0xv", A));
        assert_eq!(found(&around, Some("0xw")), is("0x2", Attribution::Uri));
        around.add_claim(claim(AT - 2 * HOUR_US, "0x3", "0xw", A));
        assert_eq!(found(&around, Some("0xw")), is("0x3", Attribution::Capability), "though older");
        assert_eq!(found(&around, None), is("0x2", Attribution::Uri));
        let paid = [Paid { ts_us: AT, recipient: "0x4".into() }];
        let who = around.who(Some(A), Some("0xw"), &paid, AT);
        assert_eq!((who.address.as_deref(), who.by), (Some("0x4"), Attribution::Payment));
        around.set_corrections(vec![correction(
            CorrectionKind::Uri,
            1,
            "HTTPS://A.example:8935/",
            "0x5",
        )]);
        let who = around.who(Some(A), Some("0xw"), &paid, AT);
        assert_eq!((who.address.as_deref(), who.by), (Some("0x5"), Attribution::Correction));
    }

    #[test]
    fn reports_count_from_24_h_before_to_30_min_after() {
        let at = |ts_us| {
            let mut around = Surroundings::default();
            around.add_claim(claim(ts_us, "0x1", "0xw", A));
            (found(&around, None).1, around.who(None, Some("0xw"), &[], AT).by)
        };
        let none = (Attribution::None, Attribution::None);
        let both = (Attribution::Uri, Attribution::Wallet);
        assert_eq!(at(AT - DAY_US), both);
        assert_eq!(at(AT - DAY_US - 1), none);
        assert_eq!(at(AT + 1800 * SECOND_US), both);
        assert_eq!(at(AT + 1800 * SECOND_US + 1), none);
    }

    #[test]
    fn the_nearest_wins_and_the_earlier_on_ties() {
        let mut around = Surroundings::default();
        around.add_claim(claim(AT - 300, "0x1", "0xw", A));
        around.add_claim(claim(AT + 200, "0x2", "0xw", A));
        assert_eq!(found(&around, None).0.as_deref(), Some("0x2"));
        around.add_claim(claim(AT - 200, "0x3", "0xw", A));
        assert_eq!(found(&around, None).0.as_deref(), Some("0x3"));
        around.add_claim(claim(AT - 200, "0x0", "0xw", A));
        around.add_claim(claim(AT - 200, "0x22", "0xw", A));
        assert_eq!(found(&around, None).0.as_deref(), Some("0x22"), "the zero address is none");
    }

    #[test]
    fn a_wallet_alone_decides_only_if_no_other_uses_it_then() {
        let mut around = Surroundings::default();
        around.add_claim(claim(AT, "0x1", "0xw", "https://b.example:1"));
        around.add_claim(claim(AT - 2 * DAY_US, "0x2", "0xw", "https://c.example:1"));
        assert_eq!(
            found(&around, Some("0xw")),
            is("0x1", Attribution::Wallet),
            "that was long ago"
        );
        around.add_claim(claim(AT - HOUR_US, "0x2", "0xw", "not a uri"));
        assert_eq!(found(&around, Some("0xw")), (None, Attribution::None));
        around.set_corrections(vec![correction(CorrectionKind::Address, 1, "0x2", "0x1")]);
        assert_eq!(found(&around, Some("0xw")), is("0x1", Attribution::Wallet), "they are one now");
    }

    #[test]
    fn corrections_hold_within_their_validity_and_the_later_made_counts() {
        let mut around = Surroundings::default();
        let limited = Correction {
            from_us: Some(AT),
            to_us: Some(AT + 10),
            ..correction(CorrectionKind::Uri, 5, A, "0x1")
        };
        around.set_corrections(vec![limited]);
        let by = |around: &Surroundings, at| around.who(Some(A), None, &[], at).by;
        assert_eq!(by(&around, AT - 1), Attribution::None);
        assert_eq!(by(&around, AT), Attribution::Correction);
        assert_eq!(by(&around, AT + 10), Attribution::None, "the end is not included");
        let two = |a: i64, b: i64| {
            let mut around = Surroundings::default();
            let of = |made, value| correction(CorrectionKind::Uri, made, A, value);
            around.set_corrections(vec![of(a, "0x1"), of(b, "0x2")]);
            found(&around, None).0
        };
        assert_eq!((two(1, 2).as_deref(), two(2, 1).as_deref()), (Some("0x2"), Some("0x1")));
    }

    #[test]
    fn addresses_are_followed_but_not_in_circles() {
        let mut around = Surroundings::default();
        let of = |subject, value| correction(CorrectionKind::Address, 1, subject, value);
        around.set_corrections(vec![of("0xA1", "0xB2"), of("0xb2", "0xC3")]);
        assert_eq!(&*around.address("0xA1", AT), "0xc3");
        assert_eq!(&*around.address("0xD4", AT), "0xd4");
        around.add_claim(claim(AT, "0xa1", "0xw", A));
        assert_eq!(found(&around, None), is("0xc3", Attribution::Uri));
        around.set_corrections(vec![of("0xa1", "0xb2"), of("0xb2", "0xa1")]);
        let _ends = around.address("0xa1", AT);
    }

    #[test]
    fn origin_by_correction_by_tester_or_as_said() {
        let mut around = Surroundings::default();
        assert_eq!(&*around.origin("aiJobTesterStream-1", "organic", AT), "test");
        assert_eq!(&*around.origin("aiJobTesterStream-1", "replayed", AT), "replayed");
        assert_eq!(&*around.origin("x", "organic", AT), "organic");
        let of = |made, prefix, value| correction(CorrectionKind::Origin, made, prefix, value);
        around.set_corrections(vec![
            of(9, "my", "organic"),
            of(1, "mytest", "test"),
            of(9, "z", "odd"),
        ]);
        assert_eq!(&*around.origin("mytest-1", "organic", AT), "test", "the longest prefix");
        assert_eq!(&*around.origin("my-1", "test", AT), "organic");
        assert_eq!(&*around.origin("z-1", "organic", AT), "organic", "no such origin");
    }

    #[test]
    fn gpu_names_of_the_latest_report_before() {
        let mut around = Surroundings::default();
        let name = |n: &str| Some(Arc::from(n));
        let of =
            |around: &Surroundings, at| around.gpu_name(A, Some("0x1"), at).map(|n| n.to_string());
        around.add_hardware(AT, "0x1", "https://a.example:8935/", name("G"));
        around.add_hardware(AT, "0x1", A, name("G"));
        assert_eq!(of(&around, AT), Some("G".into()));
        assert_eq!(of(&around, AT - 1), None, "that is later");
        assert_eq!(of(&around, AT + DAY_US + 1), None, "and that too long ago");
        around.add_hardware(AT + 5, "0x1", A, name("G"));
        around.add_hardware(AT + 5, "0x1", A, name("H"));
        assert_eq!((of(&around, AT + 4), of(&around, AT + 5)), (Some("G".into()), None), "mixed");
        around.add_hardware(AT + 6, "0x1", A, name("G"));
        around.add_hardware(AT + 6, "0x1", A, None);
        assert_eq!(of(&around, AT + 6), None, "one without a name");
        around.add_hardware(AT + 7, "0x2", A, name("I"));
        assert_eq!(of(&around, AT + 7), None, "still the report of this address");
        assert_eq!(around.gpu_name(A, Some("0x2"), AT + 7).as_deref(), Some("I"));
        assert_eq!(around.gpu_name(A, None, AT + 7).as_deref(), Some("I"));
    }

    #[test]
    fn silent_needs_data_to_the_end_and_no_gap() {
        let mut around = Surroundings::default();
        let gw: Name = "gw".into();
        assert!(!around.silent("gw", 100, 200), "nothing is known of it");
        around.set_data_through(&gw, 200);
        around.set_data_through(&gw, 150);
        assert!(around.silent("gw", 100, 200), "the furthest counts");
        assert!(!around.silent("gw", 100, 201));
        around.add_gap(&gw, 50, 100);
        around.add_gap(&gw, 200, 220);
        assert!(around.silent("gw", 100, 200), "touching is no overlap");
        around.add_gap(&gw, 90, 101);
        assert!(!around.silent("gw", 100, 200));
        assert!(around.silent("gw", 101, 200));
        around.add_gap(&gw, 150, 150);
        assert!(!around.silent("gw", 101, 200), "a gap of one moment");
        let long = limits::SILENCE_US;
        around.add_gap(&gw, 300, 400);
        assert_eq!(around.silence_ends("gw", 90), 400 + long);
        assert_eq!(around.silence_ends("gw", 400), 400 + long);
        assert_eq!(around.silence_ends("other", 90), 90 + long);
    }

    #[test]
    fn region_of_the_last_row_before_else_of_the_first_after() {
        let mut around = Surroundings::default();
        let gw: Name = "gw".into();
        let east = Some(Arc::from("us-east"));
        let at = |around: &Surroundings, us| around.region("gw", us).map(|r| r.to_string());
        assert_eq!(at(&around, 5), None);
        around.add_region(&gw, 100 * SECOND_US, east.clone());
        assert_eq!(at(&around, 5), Some("us-east".into()));
        around.add_region(&gw, 50 * SECOND_US, None);
        assert_eq!(at(&around, 5), None, "that row says it has none");
        assert_eq!(at(&around, 99 * SECOND_US), None);
        assert_eq!(at(&around, 500 * SECOND_US), Some("us-east".into()));
        around.forget_before(400 * SECOND_US);
        assert_eq!(at(&around, 400 * SECOND_US), Some("us-east".into()), "it still answers");
        for i in 0..1000 {
            around.add_region(&gw, (1000 + i * 10) * SECOND_US, east.clone());
        }
        let stretches: usize = around.regions["gw"].values().map(BTreeMap::len).sum();
        assert_eq!(stretches, 2, "an agent that stays costs one");
    }

    #[test]
    fn one_row_of_another_region_ends_with_the_next() {
        let mut around = Surroundings::default();
        for i in 0..10 {
            let region = if i == 5 { "us-west" } else { "us-east" };
            around.add_region(&"gw".into(), i * 10 * SECOND_US, Some(region.into()));
        }
        let at = |s: i64| around.region("gw", s * SECOND_US).map(|r| r.to_string());
        assert_eq!(at(49), Some("us-east".into()));
        assert_eq!(at(50), Some("us-west".into()));
        assert_eq!(at(80), Some("us-east".into()));
        assert_eq!(at(900), Some("us-east".into()));
    }

    #[test]
    fn forgetting_changes_no_answer_about_later_times() {
        let fill = |around: &mut Surroundings| {
            for i in 0..60 {
                let ts = AT - 30 * HOUR_US + i * HOUR_US;
                around.add_claim(claim(
                    ts,
                    &format!("0x{}", i % 3 + 1),
                    &format!("0xw{}", i % 2),
                    A,
                ));
                around.add_hardware(ts, "0x1", A, Some(format!("G{}", i % 4).into()));
                around.add_gap(&"gw".into(), ts, ts + SECOND_US);
                around.add_region(&"gw".into(), ts, Some(format!("r{}", i % 5).into()));
            }
            around.set_data_through(&"gw".into(), AT + 100 * HOUR_US);
        };
        let (mut all, mut less) = (Surroundings::default(), Surroundings::default());
        fill(&mut all);
        fill(&mut less);
        less.forget_before(AT);
        assert!(less.by_uri[A].len() < all.by_uri[A].len());
        for i in 0..200 {
            let at = AT + i * 20 * 60 * SECOND_US;
            let answers = |s: &Surroundings| {
                let who = s.who(Some(A), Some("0xw1"), &[], at);
                let wallet = s.who(None, Some("0xw1"), &[], at);
                (who, wallet, s.region("gw", at), s.gpu_name(A, None, at), s.silence_ends("gw", at))
            };
            assert_eq!(answers(&less), answers(&all), "{i}");
        }
    }

    proptest! {
        /// An agent says where it stands each 10 s; its region changes only when it starts again,
        /// which takes a minute. Its rows may come in any order.
        #[test]
        fn regions_answer_as_if_all_rows_were_kept(
            runs in prop::collection::vec((0..3u8, 61..300i64, 1..20i64), 1..8),
            seed in any::<u64>(),
            asked in 0..3000i64,
        ) {
            let name = |r: u8| (r > 0).then(|| Arc::from(format!("r{r}")));
            let gw: Name = "gw".into();
            let mut rows = BTreeMap::new();
            let mut now = 0;
            for (region, pause, n) in runs {
                now += pause;
                for _ in 0..n {
                    rows.insert(now, region);
                    now += 10;
                }
            }
            let mut order: Vec<(i64, u8)> = rows.iter().map(|(t, r)| (*t, *r)).collect();
            let mut state = seed;
            order.sort_by_cached_key(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                state >> 32
            });
            let mut around = Surroundings::default();
            for (t, r) in order.iter().chain(order.iter().take(3)) {
                around.add_region(&gw, t * SECOND_US, name(*r));
            }
            let before = rows.range(..=asked).next_back();
            let expected = before.or_else(|| rows.iter().next()).and_then(|(_, r)| name(*r));
            prop_assert_eq!(around.region("gw", asked * SECOND_US), expected);
        }

        #[test]
        fn gaps_in_any_order_are_the_same(
            gaps in prop::collection::vec((0..50i64, 0..9i64), 0..12),
            from in 0..60i64,
            len in 1..9i64,
        ) {
            let gw: Name = "gw".into();
            let mut around = Surroundings::default();
            around.set_data_through(&gw, i64::MAX);
            for (start, len) in &gaps {
                around.add_gap(&gw, *start, start + len);
            }
            let overlaps = gaps.iter().any(|(start, n)| *start < from + len && start + n > from);
            prop_assert_eq!(around.silent("gw", from, from + len), !overlaps);
        }
    }
}
