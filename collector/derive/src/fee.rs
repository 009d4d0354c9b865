//! What payments are worth, and what they were for (`definitions.md` 2, `feeWei`). Only the first
//! payments of a stream name its request; later ones are known by the chain that they continue.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use naap_schema::generated::{PaymentFee, StreamSession};
use uuid::Uuid;

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
    let mut once: BTreeMap<(i64, Uuid), &Payment> = BTreeMap::new();
    let mut seen: HashMap<Uuid, (i64, Uuid)> = HashMap::new();
    for payment in payments {
        let key = (payment.ts_us, payment.event_id);
        // An id that came with several times counts at the earliest, and of several nodes the lowest.
        match seen.get(&payment.event_id).copied() {
            Some(old) if old < key => continue,
            Some(old) if old == key => {
                if once.get(&key).is_some_and(|p| p.node <= payment.node) {
                    continue;
                }
            }
            Some(old) => {
                once.remove(&old);
            }
            None => {}
        }
        seen.insert(payment.event_id, key);
        once.insert(key, payment);
    }
    let chains: Vec<Option<Chain>> = once.values().map(|p| chain(p)).collect();
    let mut requests: HashMap<&Chain, BTreeSet<&Arc<str>>> = HashMap::new();
    for (payment, chain) in once.values().zip(&chains) {
        if let (Some(chain), Some(request)) = (chain, &payment.request_id) {
            requests.entry(chain).or_default().insert(request);
        }
    }
    let mut latest: HashMap<&Chain, &Arc<str>> = HashMap::new();
    let mut out = Vec::with_capacity(once.len());
    for (payment, chain) in once.values().zip(&chains) {
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
