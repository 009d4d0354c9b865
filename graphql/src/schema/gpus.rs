//! GPUs by their hashed id: where orchestrators report them, and what agents see of them.

use std::collections::BTreeMap;

use async_graphql::{ID, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};

use super::agents::ONLINE;
use super::error::unavailable;
use super::groups::{Dimension, Scope};
use super::page::{Page, connection, cursor};
use super::sessions::Origin;
use super::time::Time;
use crate::clock::now_us;
use crate::limits;
use crate::read::Database;
use crate::read::entities::{Look, Place};

/// A GPU. Its id is a hash of the vendor's UUID, which leaves no node.
#[derive(Debug)]
pub(crate) struct Gpu {
    gpu_id: String,
    origin: Origin,
    /// The newest first; never empty.
    places: Vec<Place>,
    seen_at: DateTime<Utc>,
    first_us: Option<i64>,
    look: Option<Look>,
}

/// Where an orchestrator reported a GPU.
#[derive(Debug, SimpleObject)]
pub(crate) struct GpuPlace<'a> {
    /// Keeps its name when a rented GPU is replaced.
    slot: &'a str,
    /// On-chain address, lower case.
    orchestrator: Option<&'a str>,
    /// Service URI: scheme, host and port.
    uri: Option<&'a str>,
    /// The newest report that shows it there.
    last_seen_at: Time,
}

impl<'a> From<&'a Place> for GpuPlace<'a> {
    fn from(p: &'a Place) -> Self {
        Self {
            slot: &p.slot,
            orchestrator: p.orchestrator.as_deref(),
            uri: p.uri.as_deref(),
            last_seen_at: Time(p.seen_at),
        }
    }
}

/// A GPU at one moment, as the agent on its machine saw it.
#[derive(Debug, SimpleObject)]
pub(crate) struct GpuSample<'a> {
    time: Time,
    /// Node identity of the agent.
    node: Option<&'a str>,
    /// ok, lost, reset_required, hung or error.
    state: Option<&'a str>,
    /// Name as its driver has it.
    name: Option<&'a str>,
    /// Family of the chip, such as hopper.
    architecture: Option<&'a str>,
    driver_version: Option<&'a str>,
    /// Share of the driver's last sampling period in which a kernel ran, 0 to 1.
    util_gpu_ratio: Option<f64>,
    mem_total_bytes: Option<f64>,
    mem_used_bytes: Option<f64>,
    /// Temperature of the chip, degrees Celsius.
    temperature_c: Option<i64>,
    /// Power draw of the board, milliwatts.
    power_mw: Option<i64>,
}

#[expect(clippy::cast_precision_loss, reason = "bytes are far below 2^53")]
fn float(x: Option<i64>) -> Option<f64> {
    x.map(|x| x as f64)
}

impl Gpu {
    fn cursor(&self) -> String {
        cursor(&[&self.gpu_id])
    }

    fn newest<T>(&self, of: impl Fn(&Place) -> Option<T>) -> Option<T> {
        self.places.iter().find_map(of)
    }
}

#[Object]
impl Gpu {
    pub(crate) async fn id(&self) -> ID {
        ID(cursor(&["Gpu", &self.gpu_id, self.origin.word()]))
    }

    /// First 128 bits of SHA-256("naap-gpu" + UUID). Rented GPUs come back under other ids.
    async fn gpu_id(&self) -> &str {
        &self.gpu_id
    }

    /// Name, as reported last.
    async fn name(&self) -> Option<&str> {
        self.places.iter().find_map(|p| p.name.as_deref())
    }

    /// Its memory, bytes.
    async fn memory_bytes(&self) -> Option<f64> {
        float(self.newest(|p| p.memory_bytes))
    }

    /// When it was reported first, as far back as reports are kept.
    async fn first_seen_at(&self) -> Option<Time> {
        self.first_us.map(Time::from_us)
    }

    /// When it was reported last.
    async fn last_seen_at(&self) -> Time {
        Time(self.seen_at)
    }

    /// Whether it was reported within the last 50 minutes.
    async fn online(&self) -> bool {
        Time::from_us(now_us()).0 - self.seen_at <= ONLINE
    }

    /// Where it was reported within the last 30 days, the newest first; at most 20.
    async fn places(&self) -> Vec<GpuPlace<'_>> {
        self.places.iter().take(20).map(GpuPlace::from).collect()
    }

    /// On-chain address of who reported it last.
    async fn orchestrator(&self) -> Option<&str> {
        self.places.first().and_then(|p| p.orchestrator.as_deref())
    }

    /// As the agent on its machine saw it last within 30 days; null without one.
    async fn sample(&self) -> Option<GpuSample<'_>> {
        let look = self.look.as_ref()?;
        Some(GpuSample {
            time: Time(look.at),
            node: look.node.as_deref(),
            state: look.state.as_deref(),
            name: look.name.as_deref(),
            architecture: look.architecture.as_deref(),
            driver_version: look.driver_version.as_deref(),
            util_gpu_ratio: look.util_gpu_ratio,
            mem_total_bytes: float(look.mem_total_bytes),
            mem_used_bytes: float(look.mem_used_bytes),
            temperature_c: look.temp_gpu_c,
            power_mw: look.power_mw,
        })
    }
}

connection! {
    /// GPUs, a page of them.
    GpuConnection, GpuEdge, Gpu
}

fn grouped(places: Vec<Place>, origin: Origin) -> Vec<Gpu> {
    let mut by_id: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    for place in places {
        by_id.entry(place.gpu_id.clone()).or_default().push(place);
    }
    let gpu = |(gpu_id, mut places): (String, Vec<Place>)| {
        places.sort_by(|a, b| b.seen_at.cmp(&a.seen_at).then_with(|| a.slot.cmp(&b.slot)));
        let seen_at = places.first()?.seen_at;
        Some(Gpu { gpu_id, origin, places, seen_at, first_us: None, look: None })
    };
    by_id.into_iter().filter_map(gpu).collect()
}

/// A page of GPUs that were reported within the last 30 days, by id.
pub(crate) async fn page(
    database: &Database,
    page: Page,
    only: Option<String>,
    scope: Option<Scope>,
    origin: Origin,
) -> Result<GpuConnection> {
    let since = now_us() - limits::LISTED_US;
    let mut filters =
        scope.unwrap_or_default().filters(&[Dimension::Orchestrator, Dimension::Gpu])?;
    filters.push(("origin", vec![origin.word().to_owned()]));
    filters.extend(only.map(|id| ("gpu_id", vec![id])));
    let places = database.places(since, &filters).await.map_err(unavailable)?;
    let mut cut = page.cut(grouped(places, origin), |g| vec![g.gpu_id.clone()])?;
    let ids: Vec<String> = cut.nodes.iter().map(|g| g.gpu_id.clone()).collect();
    let first = database.first_places(&ids).await.map_err(unavailable)?;
    let mut looks = database.looks(since, &ids).await.map_err(unavailable)?;
    for gpu in &mut cut.nodes {
        gpu.first_us = first.get(&gpu.gpu_id).copied();
        gpu.look = looks.remove(&gpu.gpu_id);
    }
    Ok(cut.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_in_two_places_is_one() {
        let place = |slot: &str, id: &str, us: i64| Place {
            seen_at: Time::from_us(us).0,
            slot: slot.into(),
            gpu_id: id.into(),
            name: None,
            memory_bytes: None,
            orchestrator: Some("0xa".into()),
            uri: None,
        };
        let gpus = grouped(
            vec![place("s1", "b", 1), place("s2", "a", 2), place("s3", "b", 3)],
            Origin::Organic,
        );
        let found: Vec<_> = gpus.iter().map(|g| (&*g.gpu_id, &*g.places[0].slot)).collect();
        assert_eq!(found, [("a", "s2"), ("b", "s3")]);
    }
}
