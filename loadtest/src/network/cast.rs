//! Who takes part: gateways and orchestrators with their addresses, wallets, URIs and GPUs.

use crate::plan::Plan;
use crate::rng::{Rng, rounded};

/// How an orchestrator can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// By payments, and by reports with URI and hot wallet.
    Well,
    /// It asks for no money: by URI and hot wallet only.
    Free,
    /// Free, and its streams carry another hot wallet than its reports: by URI only.
    OtherWallet,
    /// Free, and its streams carry another URI: by the hot wallet, which is its own.
    OtherUri,
    /// The same, and others share the hot wallet: not at all.
    Hidden,
    /// Free and in no report: not at all.
    Unlisted,
    /// Paid and in no report: by payments only.
    PaymentsOnly,
}

#[derive(Debug)]
pub(super) struct Gpu {
    pub name: &'static str,
    pub memory: i64,
    pub major: i64,
    pub minor: i64,
}

/// A row of a pipeline and model beside the live ones.
#[derive(Debug)]
pub(super) struct Batch {
    pub capability: i64,
    pub model: &'static str,
    /// Slots; `None`: neither figure is told.
    pub slots: Option<i64>,
    pub price: i64,
}

#[derive(Debug)]
pub(super) struct Orchestrator {
    /// On-chain address, lower case, and as it is shown.
    pub address: String,
    pub shown: String,
    /// Hot wallet in reports, and in streams.
    pub wallet: String,
    pub stream_wallet: String,
    /// URIs in reports, and in streams (one for one), normalised.
    pub uris: Vec<String>,
    pub stream_uris: Vec<String>,
    pub known: Known,
    /// Live models that it serves, as places in the plan.
    pub models: Vec<usize>,
    /// Live models have slots in its reports.
    pub live_slots: bool,
    pub batch: Vec<Batch>,
    /// Per URI; empty: it tells nothing of hardware.
    pub gpus: Vec<Vec<Gpu>>,
    /// Seeds the ids of its GPUs.
    pub gpu_seed: u64,
    /// A rented machine: its GPUs have other ids after this time, ms.
    pub churn_ms: Option<i64>,
    /// Its runners' clock minus the true time, ms.
    pub skew_ms: i64,
    /// 1: as a good one, 2: twice as slow to start.
    pub slowness: f64,
    /// Its frames per second against a good one's.
    pub fps: f64,
    /// Spread of its frames per second, as a share.
    pub unsteady: f64,
    /// How much of what fails falls on it, relative to the others.
    pub unreliable: f64,
    /// wei per pixel, in thousandths.
    pub price_milli: i64,
    pub version: &'static str,
    pub runner: &'static str,
}

#[derive(Debug)]
pub(super) struct Gateway {
    /// Mostly empty, as it is in the world.
    pub label: String,
    /// Its address, which pays.
    pub sender: String,
    /// Its clock minus the true time, ms.
    pub skew_ms: i64,
    /// Its version measures media latency.
    pub media: bool,
}

#[derive(Debug)]
pub(super) struct Cast {
    pub gateways: Vec<Gateway>,
    pub orchestrators: Vec<Orchestrator>,
}

const GPUS: [Gpu; 5] = [
    Gpu { name: "NVIDIA GeForce RTX 5090", memory: 34_190_917_632, major: 12, minor: 0 },
    Gpu { name: "NVIDIA GeForce RTX 4090", memory: 25_757_220_864, major: 8, minor: 9 },
    Gpu { name: "NVIDIA GeForce RTX 3090", memory: 25_769_803_776, major: 8, minor: 6 },
    Gpu { name: "NVIDIA A100-SXM4-40GB", memory: 42_949_672_960, major: 8, minor: 0 },
    Gpu { name: "NVIDIA RTX 6000 Ada Generation", memory: 51_527_024_640, major: 8, minor: 9 },
];

/// Capability, model, price per unit: what batch orchestrators serve.
pub(super) const BATCH: [(i64, &str, &str, i64); 5] = [
    (27, "text-to-image", "SG161222/RealVisXL_V4.0_Lightning", 4_768_371),
    (30, "upscale", "stabilityai/stable-diffusion-x4-upscaler", 6_051_539),
    (31, "audio-to-text", "openai/whisper-large-v3", 12_882_811),
    (33, "llm", "meta-llama/Meta-Llama-3.1-8B-Instruct", 81_964_641),
    (34, "image-to-text", "Salesforce/blip-image-captioning-large", 4_768_371),
];

impl Cast {
    pub(super) fn new(plan: &Plan, rng: &mut Rng) -> Self {
        let mut g = rng.fork();
        let gateways = (0..plan.gateways).map(|i| gateway(plan, i, &mut g)).collect();
        let mut o = rng.fork();
        let mut orchestrators: Vec<Orchestrator> = Vec::new();
        let mut shared = String::new();
        for i in 0..plan.orchestrators {
            // Some of each dozen share a hot wallet, a hidden one among them.
            if i % 12 == 3 {
                shared = o.address();
            }
            let shares = plan.orchestrators >= 12 && matches!(i % 12, 3..=5);
            orchestrators.push(orchestrator(plan, i, shares.then(|| shared.clone()), &mut o));
        }
        Self { gateways, orchestrators }
    }
}

fn gateway(plan: &Plan, i: usize, rng: &mut Rng) -> Gateway {
    let most = plan.gateway_skew_us / 1000;
    Gateway {
        label: if i % 5 == 4 { format!("sim-gateway-{i}") } else { String::new() },
        sender: rng.address(),
        skew_ms: rng.whole(-most, most),
        media: i.is_multiple_of(2),
    }
}

fn known(plan: &Plan, i: usize) -> Known {
    if plan.orchestrators < 12 {
        return Known::Well;
    }
    match i % 12 {
        0 => Known::Free,
        1 => Known::OtherWallet,
        2 => Known::OtherUri,
        // Whose wallet the next one shares.
        3 if i + 1 < plan.orchestrators => Known::Hidden,
        // One in two dozens each: most of a network can be known.
        6 if i % 24 == 6 => Known::Unlisted,
        6 => Known::PaymentsOnly,
        _ => Known::Well,
    }
}

fn orchestrator(plan: &Plan, i: usize, shared: Option<String>, rng: &mut Rng) -> Orchestrator {
    let known = known(plan, i);
    let address = rng.address();
    // Many sign with the address itself; who is known by a wallet of its own has another.
    let own = rng.address();
    let wallet = match (shared, rng.chance(0.4) && known == Known::Well) {
        (Some(shared), _) => shared,
        (None, true) => address.clone(),
        (None, false) => own,
    };
    let stream_wallet = if known == Known::OtherWallet { rng.address() } else { wallet.clone() };
    let port = [8935, 28_935, 8936][i % 3];
    let count = if i % 6 == 4 { 2 } else { 1 };
    let uris: Vec<String> =
        (1..=count).map(|n| format!("https://orch-{i}-{n}.example.net:{port}")).collect();
    let hides = matches!(known, Known::OtherUri | Known::Hidden);
    let stream_uris = match hides {
        true => (1..=count).map(|n| format!("https://alias-{i}-{n}.example.org:443{n}")).collect(),
        false => uris.clone(),
    };
    let skew_ms = match rng.chance(plan.skewed) {
        true => rng.whole(2000, 8000) * if rng.chance(0.5) { 1 } else { -1 },
        false => rng.whole(-40, 40),
    };
    Orchestrator {
        shown: mixed_case(&address, rng),
        address,
        wallet,
        stream_wallet,
        gpus: gpus(plan, i, count, rng),
        uris,
        stream_uris,
        known,
        models: models(plan, i, rng),
        live_slots: i.is_multiple_of(2),
        batch: batch(i, rng),
        gpu_seed: rng.next(),
        churn_ms: rng.chance(0.2).then(|| rng.whole(3, 30) * 3_600_000),
        skew_ms,
        slowness: 1.0 + rng.unit() * rng.unit() * 1.4,
        fps: 1.0 - 0.4 * rng.unit() * rng.unit(),
        unsteady: rng.between(0.02, 0.16),
        unreliable: 0.05 + rng.unit() * rng.unit() * rng.unit() * 4.0,
        price_milli: rng.whole(200_000, 2_400_000),
        version: ["0.8.8-3a5678ec-dirty", "0.8.9", "0.8.10", "0.9.1"][i % 4],
        runner: ["0.14.0", "0.14.1"][i % 2],
    }
}

/// Every model is served by somebody, most by many.
fn models(plan: &Plan, i: usize, rng: &mut Rng) -> Vec<usize> {
    let n = plan.models.len();
    (0..n).filter(|m| *m == i % n || rng.chance(0.3)).collect()
}

fn batch(i: usize, rng: &mut Rng) -> Vec<Batch> {
    let mut out = Vec::new();
    for (n, (capability, _, model, price)) in BATCH.into_iter().enumerate() {
        if i % 4 == 3 || rng.chance(0.12) || i == n {
            let slots = match rng.whole(0, 9) {
                0 => None,
                // As real ones do: a figure that no machine has.
                1 if rng.chance(0.4) => Some(rng.whole(65, 68_000)),
                _ => Some(rng.whole(1, 4)),
            };
            let price = rounded(price as f64 * rng.between(0.5, 2.0));
            out.push(Batch { capability, model, slots, price });
        }
    }
    out
}

/// About a quarter tell their hardware.
fn gpus(plan: &Plan, i: usize, uris: usize, rng: &mut Rng) -> Vec<Vec<Gpu>> {
    if !i.is_multiple_of(4) {
        return Vec::new();
    }
    let (low, high) = (*plan.gpus.start(), *plan.gpus.end());
    (0..uris)
        .map(|_| {
            let n = low + rng.index(high - low + 1);
            let Gpu { name, memory, major, minor } = GPUS[rng.index(GPUS.len())];
            (0..n).map(|_| Gpu { name, memory, major, minor }).collect()
        })
        .collect()
}

/// As a checksum makes it look; readers must not depend on the case.
fn mixed_case(address: &str, rng: &mut Rng) -> String {
    let (prefix, digits) = address.split_at(2);
    let mixed = digits.chars().map(|c| if rng.chance(0.5) { c.to_ascii_uppercase() } else { c });
    prefix.chars().chain(mixed).collect()
}
