//! The few things that `nvml-wrapper` does not wrap, and the only unsafe code of this crate.
//!
//! All of it passes a handle that the wrapper made, and that is alive, to the library that made it.

#![expect(unsafe_code, reason = "three calls that nvml-wrapper 0.13 leaves out")]

use nvml_wrapper::Device;
use nvml_wrapper::error::{NvmlError, nvml_sym, nvml_try};

/// Whether two handles are of the same GPU. No call of the library: it works for one that is lost.
pub(super) fn same(a: &Device<'_>, b: &Device<'_>) -> bool {
    // SAFETY: the handles are compared, nothing is reached through them.
    unsafe { a.handle() == b.handle() }
}

/// Numbers of the GPU instance and of the compute instance that a MIG device is.
pub(super) fn instance(device: &Device<'_>) -> Result<(u32, u32), NvmlError> {
    let lib = device.nvml().lib();
    let gpu_instance = nvml_sym(lib.nvmlDeviceGetGpuInstanceId.as_ref())?;
    let compute_instance = nvml_sym(lib.nvmlDeviceGetComputeInstanceId.as_ref())?;
    let (mut gi, mut ci) = (0, 0);
    // SAFETY: both functions take a handle and a place for one unsigned int. The handle came from
    // this library, which `device` keeps open, and the places outlive the calls.
    unsafe {
        nvml_try(gpu_instance(device.handle(), &raw mut gi))?;
        nvml_try(compute_instance(device.handle(), &raw mut ci))?;
    }
    Ok((gi, ci))
}
