//! What payments are worth, and what they were for (`definitions.md` 2, `feeWei`). Only the first
//! payments of a stream name its request; later ones are known by the chain that they continue.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use naap_schema::generated::{PaymentFee, StreamSession};

use crate::event::{FORMULA, Payment};
use crate::identity::{normalised, of_manifest};
use crate::limits;
use crate::surroundings::Surroundings;
use crate::wei::{self, Decimal};

/// Payments that continue one another: same sender, URI and payment session.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Chain {
    /// Address of the gateway, lower case.
    pub sender: Arc<str>,
    /// Normalised URI of the orchestrator.
    pub uri: String,
    /// Payment session.
    pub session_id: Arc<str>,
}

/// How a payment was assigned to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// It names the request.
    Request,
    /// The latest earlier payment of its chain that names one does.
    Chain,
    /// Several sessions of its chain were open: not assigned, and counted.
    Ambiguous,
    /// Nothing says.
    None,
}

impl Basis {
    /// The word in rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Request => "REQUEST",
            Self::Chain => "CHAIN",
            Self::Ambiguous => "AMBIGUOUS",
            Self::None => "NONE",
        }
    }
}

/// A payment, and the request that it was for.
#[derive(Debug, Clone, PartialEq)]
pub struct Assigned {
    /// The payment.
    pub payment: Payment,
    /// How it was assigned.
    pub basis: Basis,
    /// The request; `None` if `basis` is `Ambiguous` or `None`.
    pub request_id: Option<Arc<str>>,
}

/// The chain of a payment; `None` if it lacks a part of the key, so that it continues nothing.
pub fn chain(payment: &Payment) -> Option<Chain> {
    Some(Chain {
        sender: Arc::clone(payment.sender.as_ref()?),
        uri: normalised(payment.orch_url.as_ref()?)?,
        session_id: Arc::clone(payment.session_id.as_ref()?),
    })
}

/// Assigns payments, which must hold all of each chain in it; each is given once, in order of time.
/// `span_of` gives the first event and the end (`None`: open) of a request's session, or `None` if
/// none is known.
pub fn assign(
    payments: &[Payment],
    span_of: &dyn Fn(&str) -> Option<(i64, Option<i64>)>,
) -> Vec<Assigned> {
    let once = in_order(payments);
    let chains: Vec<Option<Chain>> = once.iter().map(|p| chain(p)).collect();
    let mut requests: HashMap<&Chain, BTreeSet<&Arc<str>>> = HashMap::new();
    for (payment, chain) in once.iter().copied().zip(&chains) {
        if let (Some(chain), Some(request)) = (chain, &payment.request_id) {
            requests.entry(chain).or_default().insert(request);
        }
    }
    let mut latest: HashMap<&Chain, &Arc<str>> = HashMap::new();
    let mut out = Vec::with_capacity(once.len());
    for (payment, chain) in once.iter().copied().zip(&chains) {
        if let Some(request) = &payment.request_id {
            if let Some(chain) = chain {
                latest.insert(chain, request);
            }
            out.push(assigned(payment, Basis::Request, Some(request)));
            continue;
        }
        let named = chain.as_ref().and_then(|c| Some((*latest.get(c)?, requests.get(c)?)));
        out.push(match named {
            None => assigned(payment, Basis::None, None),
            Some((_, all))
                if all.iter().filter(|r| open_at(span_of(r), payment.ts_us)).count() > 1 =>
            {
                assigned(payment, Basis::Ambiguous, None)
            }
            Some((request, _)) => assigned(payment, Basis::Chain, Some(request)),
        });
    }
    out
}

/// Each payment once, at its earliest, by time and then id. What is behind that only makes the choice
/// between copies of one the same each time.
fn in_order(payments: &[Payment]) -> Vec<&Payment> {
    let mut sorted: Vec<&Payment> = payments.iter().collect();
    sorted.sort_by(|a, b| {
        let key = |p: &Payment| (p.ts_us, p.event_id);
        key(a).cmp(&key(b)).then_with(|| a.node.cmp(&b.node)).then_with(|| {
            if a == b { std::cmp::Ordering::Equal } else { format!("{a:?}").cmp(&format!("{b:?}")) }
        })
    });
    let mut seen = HashSet::new();
    sorted.retain(|p| seen.insert(p.event_id));
    sorted
}

fn open_at(span: Option<(i64, Option<i64>)>, at_us: i64) -> bool {
    span.is_some_and(|(from, to)| from <= at_us && to.is_none_or(|to| at_us <= to))
}

fn assigned(payment: &Payment, basis: Basis, request: Option<&Arc<str>>) -> Assigned {
    Assigned { payment: payment.clone(), basis, request_id: request.cloned() }
}

/// What a payment is expected to be worth, wei; `None` if a factor is missing.
pub fn value(payment: &Payment) -> Option<Decimal> {
    let (face, win) = (payment.face_value_wei.as_ref()?, payment.win_probability.as_ref()?);
    wei::expected(face, win, payment.tickets?)
}

/// The expected value of several payments, rounded once: whole wei, and ETH. `None` without any, and
/// if one of them is unknown.
pub(crate) fn total<'a>(
    payments: impl IntoIterator<Item = &'a Payment>,
) -> (Option<Arc<str>>, Option<f64>) {
    let mut sum: Option<Decimal> = None;
    for payment in payments {
        let Some(value) = value(payment) else { return (None, None) };
        sum = Some(sum.map_or_else(|| value.clone(), |sum| sum.plus(&value)));
    }
    let wei = sum.map(|sum| sum.whole()).filter(|wei| wei.len() <= limits::FEE_DIGITS);
    let eth = wei.as_deref().and_then(wei::eth);
    (wei.map(Arc::from), eth)
}

/// The row of a payment, and its time. `session` is the session that it was assigned to, where there
/// is one.
pub fn fee_row(
    assigned: &Assigned,
    around: &Surroundings,
    session: Option<&StreamSession>,
) -> (i64, PaymentFee) {
    let p = &assigned.payment;
    let (fee_wei, fee_eth) = total([p]);
    let manifest = p.manifest_id.as_deref().and_then(of_manifest);
    let of_session = session.and_then(|s| Some((s.pipeline.clone()?, s.model.clone())));
    let (pipeline, model) = of_session
        .filter(|(_, model)| model.is_some() || manifest.is_none())
        .or_else(|| manifest.map(|work| (work.pipeline, work.model)))
        .map_or((None, None), |(pipeline, model)| (Some(pipeline), model));
    let row = PaymentFee {
        void: 0,
        formula: FORMULA.into(),
        event_id: p.event_id,
        gateway: Some(Arc::clone(&p.node)),
        region: around.region(&p.node, p.ts_us),
        origin: session.map_or_else(|| Arc::clone(&p.origin), |s| Arc::clone(&s.origin)),
        sender: p.sender.clone(),
        orchestrator: p.recipient.as_deref().map(|address| around.address(address, p.ts_us)),
        orch_uri: p.orch_url.as_deref().and_then(normalised).map(Arc::from),
        pipeline,
        model,
        basis: assigned.basis.word().into(),
        request_id: assigned.request_id.clone(),
        session: session.map(|s| s.session),
        fee_wei,
        fee_eth,
        payments: Some(1),
        unattributed: Some(i64::from(assigned.basis == Basis::Ambiguous)),
    };
    (p.ts_us, row)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn payment(ts_us: i64, id: u128, request: Option<&str>) -> Payment {
        Payment {
            ts_us,
            event_id: Uuid::from_u128(id),
            node: "gw".into(),
            origin: "organic".into(),
            request_id: request.map(Arc::from),
            session_id: Some("p".into()),
            manifest_id: None,
            recipient: Some("0xd".into()),
            sender: Some("0xc".into()),
            orch_url: Some("https://a.example:8935".into()),
            face_value_wei: Some("1000".into()),
            win_probability: Some("0.5".into()),
            tickets: Some(3),
            price: None,
            price_unit: None,
        }
    }

    fn said(
        payments: &[Payment],
        spans: &[(&str, i64, Option<i64>)],
    ) -> Vec<(Basis, Option<String>)> {
        let span_of = |r: &str| spans.iter().find(|s| s.0 == r).map(|(_, from, to)| (*from, *to));
        let assigned = assign(payments, &span_of);
        assigned.into_iter().map(|a| (a.basis, a.request_id.map(|r| r.to_string()))).collect()
    }

    fn to(basis: Basis, request: &str) -> (Basis, Option<String>) {
        (basis, Some(request.to_owned()))
    }

    #[test]
    fn an_empty_one_takes_the_latest_earlier_request() {
        let payments = [
            payment(10, 1, Some("one")),
            payment(20, 2, None),
            payment(30, 3, Some("two")),
            payment(40, 4, None),
        ];
        let spans = [("one", 0, Some(25)), ("two", 28, None)];
        let expected = [
            to(Basis::Request, "one"),
            to(Basis::Chain, "one"),
            to(Basis::Request, "two"),
            to(Basis::Chain, "two"),
        ];
        assert_eq!(said(&payments, &spans), expected);
        let mut mixed = payments.to_vec();
        mixed.extend(payments);
        mixed.reverse();
        assert_eq!(said(&mixed, &spans), expected, "in any order, and each once");
    }

    #[test]
    fn a_later_request_says_nothing_of_an_earlier_payment() {
        let payments = [payment(10, 1, None), payment(20, 2, Some("one"))];
        assert_eq!(said(&payments, &[])[0], (Basis::None, None));
    }

    #[test]
    fn two_open_sessions_leave_it_unattributed() {
        let payments =
            [payment(10, 1, Some("one")), payment(20, 2, Some("two")), payment(30, 3, None)];
        let basis = |spans: &[(&str, i64, Option<i64>)]| said(&payments, spans)[2].clone();
        let both = [("one", 0, None), ("two", 15, None)];
        assert_eq!(basis(&both), (Basis::Ambiguous, None));
        assert_eq!(basis(&[("one", 0, Some(30)), ("two", 15, None)]), (Basis::Ambiguous, None));
        assert_eq!(basis(&[("one", 0, Some(29)), ("two", 15, None)]), to(Basis::Chain, "two"));
        assert_eq!(basis(&[("one", 0, None), ("two", 31, None)]), to(Basis::Chain, "two"));
        assert_eq!(basis(&[("one", 0, None)]), to(Basis::Chain, "two"), "only one is known");
    }

    #[test]
    fn a_session_that_names_itself_later_is_open_too() {
        let payments =
            [payment(10, 1, Some("one")), payment(20, 2, None), payment(30, 3, Some("two"))];
        assert_eq!(said(&payments, &[("one", 0, None), ("two", 15, None)])[1].0, Basis::Ambiguous);
    }

    #[test]
    fn chains_need_the_same_sender_uri_and_session() {
        let first = payment(10, 1, Some("one"));
        let changed = |change: &dyn Fn(&mut Payment)| {
            let mut other = payment(20, 2, None);
            change(&mut other);
            said(&[first.clone(), other], &[])[1].0
        };
        assert_eq!(changed(&|_| {}), Basis::Chain);
        assert_eq!(changed(&|p| p.orch_url = Some("HTTPS://A.example:8935/".into())), Basis::Chain);
        assert_eq!(changed(&|p| p.orch_url = Some("https://b.example:8935".into())), Basis::None);
        assert_eq!(changed(&|p| p.sender = Some("0xe".into())), Basis::None);
        assert_eq!(changed(&|p| p.session_id = Some("q".into())), Basis::None);
        assert_eq!(changed(&|p| p.session_id = None), Basis::None);
        assert_eq!(chain(&first).map(|c| c.uri).as_deref(), Some("https://a.example:8935"));
        let none = Payment { sender: None, ..first };
        assert_eq!(chain(&none), None);
        assert_eq!(said(&[none], &[]), [to(Basis::Request, "one")], "one that names it needs none");
    }

    #[test]
    fn a_row_says_what_it_was_worth_and_for_what() {
        let around = Surroundings::default();
        let mut paid = payment(10, 1, Some("one"));
        paid.manifest_id = Some("35_a_model".into());
        let assigned = assign(&[paid], &|_| None).remove(0);
        let (ts_us, row) = fee_row(&assigned, &around, None);
        assert_eq!((ts_us, row.clone().at(ts_us).check()), (10, Ok(())));
        assert_eq!((row.fee_wei.as_deref(), row.fee_eth), (Some("1500"), Some(1.5e-15)));
        assert_eq!((&*row.basis, row.request_id.as_deref()), ("REQUEST", Some("one")));
        assert_eq!(row.pipeline.as_deref(), Some("live-video-to-video"));
        assert_eq!((row.model.as_deref(), &*row.origin), (Some("a-model"), "organic"));
        assert_eq!((row.payments, row.unattributed, row.session), (Some(1), Some(0), None));
        let session = StreamSession {
            session: Uuid::from_u128(9),
            origin: "test".into(),
            pipeline: Some("live-video-to-video".into()),
            model: Some("own".into()),
            ..StreamSession::default()
        };
        let (_, row) = fee_row(&assigned, &around, Some(&session));
        assert_eq!((row.model.as_deref(), &*row.origin), (Some("own"), "test"));
        assert_eq!(row.session, Some(Uuid::from_u128(9)));
        let lost = Assigned { basis: Basis::Ambiguous, request_id: None, ..assigned };
        let lost = Assigned { payment: Payment { tickets: None, ..lost.payment }, ..lost };
        let (_, row) = fee_row(&lost, &around, None);
        assert_eq!((row.fee_wei, row.fee_eth, row.unattributed), (None, None, Some(1)));
    }
}
