//! Which program a process is, as a word of a closed list.

/// What processes use of one GPU, for one kind of program.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) processes: u32,
    pub(super) memory: Option<u64>,
    pub(super) largest: Option<u64>,
    /// Percent: SM, memory, encoder, decoder.
    pub(super) percent: Option<[u32; 4]>,
}

/// Kinds, and how the names of their processes begin.
const KINDS: &[(&str, &[&str])] = &[
    ("livepeer", &["livepeer"]),
    ("ffmpeg", &["ffmpeg", "ffprobe"]),
    ("python", &["python", "pypy", "comfyui", "uvicorn", "gunicorn"]),
    ("gstreamer", &["gst-"]),
    ("ollama", &["ollama"]),
    ("vllm", &["vllm", "VLLM"]),
    ("triton", &["tritonserver"]),
    ("desktop", &["Xorg", "Xwayland", "gnome-", "kwin", "plasma"]),
];

/// Inode of the process-id namespace that the kernel starts with.
const FIRST_NAMESPACE: &str = "pid:[4026531836]";

/// Whether the process ids that the driver tells are those that this process sees. In a container
/// with ids of its own they would name other processes.
pub(super) fn ids_are_ours() -> bool {
    std::fs::read_link("/proc/self/ns/pid").is_ok_and(|ns| ns.as_os_str() == FIRST_NAMESPACE)
}

/// The kind of program of a process.
pub(super) fn of(pid: u32) -> &'static str {
    match std::fs::read_to_string(format!("/proc/{pid}/comm")) {
        Ok(name) => kind(name.trim()),
        Err(_) => "unknown",
    }
}

fn kind(name: &str) -> &'static str {
    let begins = |prefixes: &&[&str]| prefixes.iter().any(|p| name.starts_with(p));
    KINDS.iter().find(|(_, prefixes)| begins(prefixes)).map_or("other", |(kind, _)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_word_of_the_list() {
        assert_eq!(kind("python3.11"), "python");
        assert_eq!(kind("livepeer"), "livepeer");
        assert_eq!(kind("VLLM::EngineCor"), "vllm");
        assert_eq!(kind("/home/alice/secret --key"), "other");
        assert_eq!(of(u32::MAX), "unknown", "no such process");
    }
}
