//! A disk that loses power: a file system in an image of its own, which can be shut down so that
//! only what was synced is there when it is mounted again.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The smallest file system that `mkfs.xfs` makes.
const BYTES: u64 = 320 << 20;

/// A mounted volume; unmounted when dropped.
#[derive(Debug)]
pub struct Volume {
    image: PathBuf,
    /// Where it is mounted.
    pub path: PathBuf,
}

impl Volume {
    /// Makes an XFS volume of `bytes` (320 MiB at least) and mounts it at `path`, with its image
    /// beside it. `None`, and a line that says why, where that cannot be done.
    ///
    /// # Errors
    /// If there are loop mounts, and this one fails.
    pub fn create(path: &Path, bytes: u64) -> Result<Option<Self>> {
        for tool in ["mkfs.xfs", "xfs_io", "mount"] {
            if !has(tool) {
                return Ok(skip(&format!("{tool} is not installed (package xfsprogs)")));
            }
        }
        std::fs::create_dir_all(path)?;
        let image = path.with_extension("img");
        std::fs::File::create(&image)?.set_len(bytes.max(BYTES))?;
        run("mkfs.xfs", &["-q".as_ref(), image.as_os_str()])?;
        let volume = Self { image, path: path.to_owned() };
        match volume.mount() {
            Ok(()) => Ok(Some(volume)),
            Err(e) => {
                std::fs::remove_file(&volume.image)?;
                std::mem::forget(volume);
                Ok(skip(&format!("file systems cannot be mounted here ({e:#}); it needs root")))
            }
        }
    }

    fn mount(&self) -> Result<()> {
        run("mount", &["-o".as_ref(), "loop".as_ref(), self.image.as_ref(), self.path.as_ref()])
    }

    /// The power goes: from now on nothing reaches the disk, and what was not synced is lost.
    ///
    /// # Errors
    /// If the volume cannot be shut down.
    pub fn cut(&self) -> Result<()> {
        run("xfs_io", &["-x".as_ref(), "-c".as_ref(), "shutdown".as_ref(), self.path.as_ref()])
    }

    /// The power comes back. Nobody may have a file of the volume open.
    ///
    /// # Errors
    /// If it cannot be mounted again.
    pub fn restore(&self) -> Result<()> {
        run("umount", &[self.path.as_ref()])?;
        self.mount()
    }

    /// Fills the volume but for so many bytes, with a file that is removed by [`Volume::free`].
    ///
    /// # Errors
    /// If that cannot be done.
    pub fn fill(&self, but: u64) -> Result<()> {
        let ballast = self.path.join("ballast");
        let mut tries = 20;
        loop {
            let disk = nix::sys::statvfs::statvfs(&self.path)?;
            let free = disk.blocks_available() * disk.fragment_size();
            let size = free.saturating_sub(but).to_string();
            let filled = run("fallocate", &["-l".as_ref(), size.as_ref(), ballast.as_ref()]);
            tries -= 1;
            if filled.is_ok() || tries == 0 {
                return filled;
            }
            // Someone else has written meanwhile.
            std::fs::remove_file(&ballast).ok();
        }
    }

    /// Undoes [`Volume::fill`].
    ///
    /// # Errors
    /// If it was not filled.
    pub fn free(&self) -> Result<()> {
        Ok(std::fs::remove_file(self.path.join("ballast"))?)
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // What is still open is let go of when its process ends.
        run("umount", &["--lazy".as_ref(), self.path.as_ref()]).ok();
        std::fs::remove_file(&self.image).ok();
    }
}

/// Whether a program is installed.
pub fn has(program: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    folders.extend(["/sbin", "/usr/sbin"].map(PathBuf::from));
    folders.iter().any(|f| f.join(program).is_file())
}

/// A line that says that something is not tested here, and why.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub fn skip<T>(why: &str) -> Option<T> {
    eprintln!("SKIPPED: {why}");
    None
}

fn run(program: &str, args: &[&std::ffi::OsStr]) -> Result<()> {
    let out = Command::new(program)
        .args(args)
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .output()
        .with_context(|| format!("cannot run {program}"))?;
    if !out.status.success() {
        bail!("{program}: {}", String::from_utf8_lossy(&out.stderr).trim());
    }
    Ok(())
}
