//! Activity by GPM, the performance counters of Hopper and later: what happened between two
//! samples, so there is nothing yet after the first.

use nvml_wrapper::enums::gpm::GpmMetricId as Id;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::gpm::gpm_metrics_get;
use nvml_wrapper::{GpmSample, Nvml};
use serde_json::Number;

use super::wire::Values;

/// Percent of time or of the possible.
const SHARES: &[(&str, Id)] = &[
    ("graphics_active_ratio", Id::GraphicsUtil),
    ("sm_active_ratio", Id::SmUtil),
    ("sm_occupancy_ratio", Id::SmOccupancy),
    ("tensor_active_ratio", Id::AnyTensorUtil),
    ("fp64_active_ratio", Id::Fp64Util),
    ("fp32_active_ratio", Id::Fp32Util),
    ("fp16_active_ratio", Id::Fp16Util),
    ("int_active_ratio", Id::IntegerUtil),
    ("dram_active_ratio", Id::DramBwUtil),
];
/// MiB a second.
const RATES: &[(&str, Id)] = &[
    ("gpm_pcie_rx_bytes_per_s", Id::PcieRxPerSec),
    ("gpm_pcie_tx_bytes_per_s", Id::PcieTxPerSec),
    ("nvlink_rx_bytes_per_s", Id::NvlinkTotalRxPerSec),
    ("nvlink_tx_bytes_per_s", Id::NvlinkTotalTxPerSec),
];

/// The last sample of one GPU or one part of it.
#[derive(Debug, Default)]
pub(super) struct Gpm(Option<GpmSample<'static>>);

impl Gpm {
    /// Takes a sample, and puts what happened since the one before into `values`.
    pub(super) fn read(
        &mut self,
        nvml: &'static Nvml,
        sample: Result<GpmSample<'static>, NvmlError>,
        values: &mut Values,
    ) -> Result<(), NvmlError> {
        let now = match sample {
            Ok(now) => now,
            Err(error) => {
                self.0 = None;
                return Err(error);
            }
        };
        let before = self.0.replace(now);
        let (Some(before), Some(now)) = (before, &self.0) else { return Ok(()) };
        let ids: Vec<Id> = SHARES.iter().chain(RATES).map(|(_, id)| *id).collect();
        let read = gpm_metrics_get(nvml, &before, now, &ids)?;
        let all = SHARES.iter().map(|s| (s, 0.01)).chain(RATES.iter().map(|r| (r, 1_048_576.0)));
        for ((&(name, _), unit), value) in all.zip(read) {
            let Ok(value) = value.map(|v| v.value * unit) else { continue };
            let number = if unit < 1.0 { share(value) } else { rate(value) };
            super::wire::put(values, name, number);
        }
        Ok(())
    }
}

fn share(x: f64) -> Option<Number> {
    Number::from_f64(x).filter(|_| (0.0..=1.005).contains(&x)).and(Number::from_f64(x.min(1.0)))
}

fn rate(x: f64) -> Option<Number> {
    #[expect(clippy::cast_possible_truncation, reason = "within bounds, and whole bytes are meant")]
    (0.0..1e15).contains(&x).then(|| Number::from(x as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_not_known() {
        assert_eq!(share(0.5), Number::from_f64(0.5));
        assert_eq!(share(1.001), Number::from_f64(1.0), "rounded up by the driver");
        assert_eq!((share(f64::NAN), share(-0.1), share(1.5)), (None, None, None));
        assert_eq!(rate(1_048_576.4), Some(Number::from(1_048_576)));
        assert_eq!((rate(f64::INFINITY), rate(-1.0)), (None, None));
    }
}
