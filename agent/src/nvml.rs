//! The reader: a process of its own that asks NVIDIA's library (NVML) about GPUs.
//!
//! A call into a sick driver may never come back, and nothing inside a process can end it; so the
//! agent starts this beside itself (`naap-agent gpu-child`), asks it over its standard input, and
//! kills it when it does not answer. It may load the driver's library and read `/proc/PID/comm`;
//! it must never change a setting of a GPU, and never pass on a UUID, a serial number, a process id
//! or more of a process than a word of a closed list.

mod device;
mod events;
mod gpm;
mod programs;
mod raw;
pub mod wire;

use std::io::{self, BufRead};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use nvml_wrapper::Nvml;
use nvml_wrapper::error::NvmlError;
use serde_json::json;

use crate::clock::Now;
use crate::limits;
use device::Gpu;
use events::Outlet;
use wire::{Answer, Request, Values};

/// What the reader is told at its start.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The library to load instead of the driver's own.
    pub library: Option<PathBuf>,
    /// Whether processes are looked at.
    pub processes: bool,
    /// Numbers of GPUs that are not to be touched: another reader hung at them.
    pub skip: Vec<u32>,
}

/// Answers requests, one line each, until standard input ends.
///
/// # Errors
/// If standard input or output fails: then nobody is there any more.
pub fn serve(options: &Options) -> io::Result<()> {
    // With the agent, even if a call of the driver holds the thread that would see its input end.
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?;
    let outlet = Arc::new(Outlet::default());
    let mut reader = Reader::new(options, &outlet);
    reader.watch(&outlet);
    let mut requests = io::stdin().lock();
    let mut line = Vec::new();
    loop {
        line.clear();
        let limit = limits::GPU_REQUEST_BYTES;
        if io::Read::take(&mut requests, limit).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let request = serde_json::from_slice(&line).map_err(io::Error::other)?;
        outlet.answer(reader.read(&request, &outlet))?;
    }
}

/// Reads everything twice, the second time with what needs two samples, and gives it as text: what
/// a GPU at hand tells, and why it does not tell the rest.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn dump(options: &Options) -> serde_json::Result<String> {
    let silent = Outlet::silent();
    let mut reader = Reader::new(options, &silent);
    let first = reader.read(&Request { pcie: true }, &silent);
    std::thread::park_timeout(Duration::from_secs(1));
    let second = reader.read(&Request { pcie: false }, &silent);
    let absent: Vec<_> =
        reader.gpus.iter().map(|g| json!({ "gpu": g.id(), "absent": g.absent() })).collect();
    serde_json::to_string_pretty(&json!({ "first": first, "second": second, "absent": absent }))
}

/// What is open.
struct Reader {
    nvml: Result<&'static Nvml, NvmlError>,
    processes: bool,
    node: Values,
    gpus: Vec<Gpu>,
    /// GPUs that this process may not use: in a container those of others. They count nowhere.
    forbidden: u32,
}

impl Reader {
    fn new(options: &Options, outlet: &Outlet) -> Self {
        let nvml = open(options);
        let mut reader = Self {
            nvml,
            processes: options.processes,
            node: Values::new(),
            gpus: Vec::new(),
            forbidden: 0,
        };
        let Ok(nvml) = reader.nvml else { return reader };
        let node = &mut reader.node;
        wire::put(node, "driver_version", nvml.sys_driver_version().ok());
        wire::put(node, "nvml_version", nvml.sys_nvml_version().ok());
        let cuda = nvml.sys_cuda_driver_version().ok();
        let version = cuda.map(|v| format!("{}.{}", v / 1000, v % 1000 / 10));
        wire::put(node, "cuda_version", version);
        let listed = nvml.device_count().unwrap_or(0).min(limits::GPUS);
        for i in (0..listed).filter(|i| !options.skip.contains(i)) {
            outlet.at(i);
            match Gpu::open(nvml, i) {
                Ok(gpu) => reader.gpus.push(gpu),
                Err(NvmlError::NoPermission) => reader.forbidden += 1,
                Err(_) => {}
            }
        }
        reader
    }

    /// Listens for events, in a thread of its own, so that none waits for a read.
    fn watch(&mut self, outlet: &Arc<Outlet>) {
        if let Ok(nvml) = self.nvml {
            events::watch(nvml, &mut self.gpus, outlet);
        }
    }

    fn read(&mut self, request: &Request, outlet: &Outlet) -> Answer {
        let nvml = match &self.nvml {
            Ok(nvml) => *nvml,
            Err(error) => {
                let (state, detail) = (state(error).to_owned(), Some(error.to_string()));
                return Answer { state, detail, ..Answer::default() };
            }
        };
        let now = Now::read();
        let listed = nvml.device_count().ok().map(|n| n.saturating_sub(self.forbidden));
        wire::put(&mut self.node, "gpus_listed", listed);
        let mut gpus = Vec::with_capacity(self.gpus.len());
        for gpu in &mut self.gpus {
            outlet.at(gpu.index());
            gpus.push(gpu.read(now.at, self.processes));
        }
        let read_us = now.at.elapsed().as_micros();
        if request.pcie {
            // Last: each of these waits 2 x 20 ms, and no other figure should wait for them.
            for (gpu, read) in self.gpus.iter_mut().zip(&mut gpus) {
                outlet.at(gpu.index());
                gpu.read_pcie(&mut read.values);
            }
        }
        let state = if listed == Some(0) { "no_gpus" } else { "ok" };
        Answer {
            state: state.to_owned(),
            node: self.node.clone(),
            gpus,
            read_us: u64::try_from(read_us).unwrap_or(u64::MAX),
            ..Answer::default()
        }
    }
}

/// Opened once, for the life of the process: what is read from it borrows it, in two threads.
fn open(options: &Options) -> Result<&'static Nvml, NvmlError> {
    let mut builder = Nvml::builder();
    if let Some(library) = &options.library {
        builder.lib_path(library.as_os_str());
    }
    Ok(Box::leak(Box::new(builder.init()?)))
}

/// The word in `gpu_node.state` for a library that does not start.
const fn state(error: &NvmlError) -> &'static str {
    match error {
        NvmlError::LibloadingError(_) | NvmlError::LibraryNotFound => "no_library",
        NvmlError::DriverNotLoaded => "no_driver",
        NvmlError::LibRmVersionMismatch => "mismatch",
        _ => "failed",
    }
}
