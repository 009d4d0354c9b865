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
