//! What a simulated network is to be like.

use std::ops::RangeInclusive;

use crate::limits;

/// A live model that orchestrators serve and clients ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// As gateways write it into `pipeline`, for example `streamdiffusion-sdxl`.
    pub name: String,
    /// Share of the demand, relative to the others.
    pub weight: f64,
    /// Frames per second of a good orchestrator.
    pub fps: f64,
}

/// How sessions go, as shares; the rest is served until the client ends it.
#[derive(Debug, Clone, PartialEq)]
pub struct Mix {
    /// Served with one or two changes of the orchestrator, of every kind that the definitions name.
    pub swapped: f64,
    /// A swap after playing that finds no orchestrator.
    pub failed_swap: f64,
    /// No orchestrator, at once or after one that gave nothing.
    pub no_orchestrator: f64,
    /// The client leaves within 30 s, before the stream plays.
    pub excused: f64,
    /// An orchestrator is found, and the stream never plays.
    pub failed: f64,
    /// Plays, and ends with an error.
    pub error: f64,
    /// Plays, then nothing comes any more, and no close.
    pub lost: f64,
    /// Nothing comes any more before it plays.
    pub lost_early: f64,
    /// The first events were lost.
    pub beginning_lost: f64,
    /// Plays, but a trace was lost, frames never came, or events were missing for minutes.
    pub odd: f64,
}

impl Default for Mix {
    fn default() -> Self {
        Self {
            swapped: 0.08,
            failed_swap: 0.02,
            no_orchestrator: 0.06,
            excused: 0.05,
            failed: 0.05,
            error: 0.04,
            lost: 0.02,
            lost_early: 0.01,
            beginning_lost: 0.02,
            odd: 0.03,
        }
    }
}

impl Mix {
    /// The shares, in the order of the fields.
    pub(crate) fn shares(&self) -> [f64; 10] {
        let Self { swapped, failed_swap, no_orchestrator, excused, failed, error, lost, .. } =
            *self;
        let Self { lost_early, beginning_lost, odd, .. } = *self;
        [
            swapped,
            failed_swap,
            no_orchestrator,
            excused,
            failed,
            error,
            lost,
            lost_early,
            beginning_lost,
            odd,
        ]
    }
}

/// A network to be simulated. Shares are 0 to 1, times microseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The same seed and plan give the same bytes.
    pub seed: u64,
    /// When it begins, microseconds since 1970 UTC.
    pub start_us: i64,
    /// How long it lasts; late lines are delivered after that too.
    pub length_us: i64,
    /// Gateways.
    pub gateways: usize,
    /// Orchestrators. In each dozen are some that are known by payments only, by capability reports
    /// only, by URI only, by hot wallet only, and not at all.
    pub orchestrators: usize,
    /// GPUs of an orchestrator.
    pub gpus: RangeInclusive<usize>,
    /// Live models.
    pub models: Vec<Model>,
    /// Live sessions an hour, by hour of the day (UTC); gateway `i` takes the entry `i` modulo their
    /// number.
    pub demand: Vec<[f64; 24]>,
    /// Batch, LLM and BYOC jobs an hour and gateway (events of forks of go-livepeer).
    pub jobs_per_hour: f64,
    /// What other programs put into the same topic, lines an hour and gateway.
    pub noise_per_hour: f64,
    /// Between two capability reports of a gateway.
    pub report_every_us: i64,
    /// How sessions go.
    pub mix: Mix,
    /// Share of jobs that fail.
    pub failed_jobs: f64,
    /// Share of lines that are late.
    pub late: f64,
    /// The latest that one is.
    pub late_most_us: i64,
    /// Share of lines that come twice.
    pub repeated: f64,
    /// Share of orchestrators whose runners' clocks are seconds wrong; the others' are within 40 ms.
    pub skewed: f64,
    /// The most that a gateway's clock is wrong, either way.
    pub gateway_skew_us: i64,
}

/// A plan that cannot be simulated.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum PlanError {
    /// A figure is out of its bounds.
    #[error("{what} is {is}; it must be {bounds}")]
    Bounds {
        /// Which.
        what: &'static str,
        /// What it is.
        is: String,
        /// What it may be.
        bounds: String,
    },
}

/// Sessions an hour of a gateway of a network of ordinary size, by hour of the day.
const DAY: [f64; 24] = [
    2.0, 1.5, 1.0, 1.0, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 5.5, 6.0, 6.0, 6.5, 7.0, 7.0, 7.0, 6.5, 6.0,
    6.0, 5.0, 4.0, 3.0, 2.5,
];

impl Plan {
    /// An ordinary network: 5 gateways, 60 orchestrators, four models, some 20 sessions an hour by
    /// night and day, of four and a half minutes.
    pub fn new(seed: u64, start_us: i64, length_us: i64) -> Self {
        let model = |name: &str, weight, fps| Model { name: name.to_owned(), weight, fps };
        Self {
            seed,
            start_us,
            length_us,
            gateways: 5,
            orchestrators: 60,
            gpus: 1..=4,
            models: vec![
                model("streamdiffusion-sdxl", 4.0, 18.0),
                model("streamdiffusion-sdxl-faceid", 2.0, 16.0),
                model("streamdiffusion-sd15", 2.0, 24.0),
                model("comfyui", 1.0, 12.0),
            ],
            // From a quiet gateway to a busy one.
            demand: [0.5, 1.0, 1.5, 0.8, 1.2].map(|by| DAY.map(|x| x * by)).to_vec(),
            jobs_per_hour: 12.0,
            noise_per_hour: 30.0,
            report_every_us: 25 * 60_000_000,
            mix: Mix::default(),
            failed_jobs: 0.08,
            late: 0.01,
            late_most_us: 2 * 86_400_000_000,
            repeated: 0.01,
            skewed: 0.08,
            gateway_skew_us: 80_000,
        }
    }

    /// # Errors
    /// The first figure that is out of its bounds.
    pub fn check(&self) -> Result<(), PlanError> {
        within("gateways", self.gateways, 1..=limits::MAX_GATEWAYS)?;
        within("orchestrators", self.orchestrators, 1..=limits::MAX_ORCHESTRATORS)?;
        within("the fewest GPUs", *self.gpus.start(), 1..=*self.gpus.end())?;
        within("the most GPUs", *self.gpus.end(), 1..=limits::MAX_GPUS)?;
        within("models", self.models.len(), 1..=limits::MAX_MODELS)?;
        within("demand curves", self.demand.len(), 1..=limits::MAX_GATEWAYS)?;
        within("length_us", self.length_us, 600_000_000..=limits::MAX_LENGTH_US)?;
        // From 2015 on, as agents take times, and far from overflow.
        within("start_us", self.start_us, 1_420_070_400_000_000..=4_000_000_000_000_000)?;
        within("report_every_us", self.report_every_us, 60_000_000..=3_000_000_000)?;
        within("late_most_us", self.late_most_us, 120_000_000..=limits::MAX_LATE_US)?;
        within("gateway_skew_us", self.gateway_skew_us, 0..=60_000_000)?;
        for rate in self.demand.iter().flatten().chain([&self.jobs_per_hour, &self.noise_per_hour])
        {
            within("a rate an hour", *rate, 0.0..=limits::MAX_PER_HOUR)?;
        }
        let shares = [self.failed_jobs, self.late, self.repeated, self.skewed];
        for share in shares.into_iter().chain(self.mix.shares()) {
            within("a share", share, 0.0..=1.0)?;
        }
        within("the sum of the mix", self.mix.shares().iter().sum::<f64>(), 0.0..=1.000_001)?;
        for model in &self.models {
            within("a model's weight", model.weight, 0.001..=1000.0)?;
            within("a model's frames per second", model.fps, 1.0..=120.0)?;
        }
        Ok(())
    }
}

fn within<T>(what: &'static str, is: T, bounds: RangeInclusive<T>) -> Result<(), PlanError>
where
    T: PartialOrd + std::fmt::Display,
{
    if bounds.contains(&is) {
        return Ok(());
    }
    let bounds = format!("{} to {}", bounds.start(), bounds.end());
    Err(PlanError::Bounds { what, is: is.to_string(), bounds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ordinary_plan_holds_and_what_is_out_of_bounds_is_named() {
        let plan = Plan::new(1, 1_790_000_000_000_000, 3_600_000_000);
        assert_eq!(plan.check(), Ok(()));
        let refused = |plan: Plan, what: &str| {
            let error = plan.check().unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        };
        refused(Plan { gateways: 0, ..plan.clone() }, "gateways is 0; it must be 1 to 64");
        refused(Plan { late: f64::NAN, ..plan.clone() }, "a share is NaN");
        refused(Plan { demand: vec![[-1.0; 24]], ..plan.clone() }, "a rate an hour is -1");
        let mix = Mix { swapped: 0.9, ..Mix::default() };
        refused(Plan { mix, ..plan }, "the sum of the mix");
    }
}
