//! What a GPU, a processor core, a disk and a machine's memory show, and how it moves.

use super::Course::{self, Bursts, Counter, Fixed, Id, Load, Seldom, Share, Slot, Text, Walk};

/// Noise of a clock or a rate, without much writing.
const fn load(idle: f64, full: f64, noise: f64, unit: i64) -> Course {
    Load { idle, full, noise, unit }
}

const fn counter(idle: f64, full: f64, noise: f64) -> Course {
    Counter { idle, full, noise }
}

const fn share(full: f64, noise: f64) -> Course {
    Share { full, noise, decimals: 4 }
}

const MIB: i64 = 1 << 20;

/// As NVML has it, of a GPU for data centres.
pub(super) const GPU: &[(&str, Course)] = &[
    ("gpu_id", Id("")),
    ("name", Text("NVIDIA H100 80GB HBM3")),
    ("driver_version", Text("570.172.08")),
    ("vbios_version", Text("96.00.A5.00.01")),
    ("pci_bus_id", Slot),
    ("gpu_util_percent", load(0.0, 100.0, 4.0, 1)),
    ("memory_util_percent", load(0.0, 60.0, 3.0, 1)),
    ("encoder_util_percent", load(0.0, 40.0, 3.0, 1)),
    ("decoder_util_percent", load(0.0, 30.0, 3.0, 1)),
    ("jpeg_util_percent", Fixed(0)),
    ("ofa_util_percent", Fixed(0)),
    ("power_mw", load(70_000.0, 690_000.0, 9_000.0, 1)),
    ("power_average_mw", load(70_000.0, 690_000.0, 2_500.0, 1)),
    ("energy_mj", counter(70_000.0, 690_000.0, 4_000.0)),
    ("power_limit_mw", Fixed(700_000)),
    ("power_limit_default_mw", Fixed(700_000)),
    ("power_limit_enforced_mw", Fixed(700_000)),
    ("power_limit_min_mw", Fixed(200_000)),
    ("power_limit_max_mw", Fixed(700_000)),
    ("temperature_c", Seldom { start: 48, chance: 0.12 }),
    ("memory_temperature_c", Seldom { start: 56, chance: 0.1 }),
    ("temperature_slowdown_c", Fixed(87)),
    ("temperature_shutdown_c", Fixed(92)),
    ("temperature_memory_max_c", Fixed(95)),
    ("temperature_gpu_max_c", Fixed(87)),
    ("sm_clock_mhz", load(1_980.0, 1_620.0, 40.0, 15)),
    ("graphics_clock_mhz", load(1_980.0, 1_620.0, 40.0, 15)),
    ("memory_clock_mhz", Fixed(2_619)),
    ("video_clock_mhz", load(1_545.0, 1_400.0, 30.0, 15)),
    ("sm_clock_max_mhz", Fixed(1_980)),
    ("graphics_clock_max_mhz", Fixed(1_980)),
    ("memory_clock_max_mhz", Fixed(2_619)),
    ("video_clock_max_mhz", Fixed(1_545)),
    ("sm_clock_app_mhz", Fixed(1_980)),
    ("memory_clock_app_mhz", Fixed(2_619)),
    ("pstate", Fixed(0)),
    ("clock_event_reasons", Walk { low: 0, high: 12, step: 2.5, unit: 4 }),
    ("violation_power_ns", counter(0.0, 6e8, 4e7)),
    ("violation_thermal_ns", Fixed(1_284_112_000)),
    ("violation_sync_boost_ns", Fixed(0)),
    ("violation_board_ns", Fixed(0)),
    ("violation_low_util_ns", Fixed(0)),
    ("violation_reliability_ns", Fixed(0)),
    ("violation_base_clocks_ns", Fixed(0)),
    ("memory_total_bytes", Fixed(85_520_809_984)),
    ("memory_used_bytes", Walk { low: 4_000 * MIB, high: 78_000 * MIB, step: 3e7, unit: 2 * MIB }),
    ("memory_free_bytes", Walk { low: 2_000 * MIB, high: 76_000 * MIB, step: 3e7, unit: 2 * MIB }),
    ("memory_reserved_bytes", Fixed(571_080_704)),
    ("bar1_total_bytes", Fixed(137_438_953_472)),
    ("bar1_used_bytes", Seldom { start: 5_832_704, chance: 0.01 }),
    ("bar1_free_bytes", Seldom { start: 137_433_120_768, chance: 0.01 }),
    ("pcie_tx_kb_s", load(900.0, 2.4e6, 150_000.0, 1)),
    ("pcie_rx_kb_s", load(700.0, 1.1e6, 90_000.0, 1)),
    ("pcie_tx_bytes", counter(1e6, 2.4e9, 1.2e8)),
    ("pcie_rx_bytes", counter(1e6, 1.1e9, 8e7)),
    ("pcie_replays", Seldom { start: 3, chance: 0.001 }),
    ("pcie_generation", Fixed(5)),
    ("pcie_generation_max", Fixed(5)),
    ("pcie_width", Fixed(16)),
    ("pcie_width_max", Fixed(16)),
    ("nvlink_tx_bytes", counter(0.0, 9e10, 3e9)),
    ("nvlink_rx_bytes", counter(0.0, 9e10, 3e9)),
    ("nvlink_crc_errors", Fixed(0)),
    ("nvlink_replay_errors", Fixed(0)),
    ("nvlink_recovery_errors", Fixed(0)),
    ("nvlinks_active", Fixed(18)),
    ("ecc_sram_corrected", Fixed(0)),
    ("ecc_sram_uncorrected", Fixed(0)),
    ("ecc_dram_corrected", Fixed(0)),
    ("ecc_dram_uncorrected", Fixed(0)),
    ("ecc_sram_corrected_total", Fixed(0)),
    ("ecc_sram_uncorrected_total", Fixed(0)),
    ("ecc_dram_corrected_total", Fixed(2)),
    ("ecc_dram_uncorrected_total", Fixed(0)),
    ("remapped_rows_corrected", Fixed(0)),
    ("remapped_rows_uncorrected", Fixed(0)),
    ("remapped_rows_pending", Fixed(0)),
    ("remapped_rows_failed", Fixed(0)),
    ("xid_last", Fixed(0)),
    ("graphics_active_ratio", share(0.98, 0.015)),
    ("sm_active_ratio", share(0.85, 0.02)),
    ("sm_occupancy_ratio", share(0.4, 0.015)),
    ("tensor_active_ratio", share(0.55, 0.02)),
    ("fp16_active_ratio", share(0.1, 0.01)),
    ("fp32_active_ratio", share(0.15, 0.01)),
    ("dram_active_ratio", share(0.5, 0.02)),
    ("pcie_tx_bytes_s", load(1e6, 2.4e9, 1.2e8, 1)),
    ("pcie_rx_bytes_s", load(1e6, 1.1e9, 8e7, 1)),
    ("encoder_sessions", Seldom { start: 2, chance: 0.03 }),
    ("encoder_fps", load(0.0, 120.0, 5.0, 1)),
    ("encoder_latency_us", load(3_000.0, 9_000.0, 700.0, 1)),
    ("processes", Seldom { start: 3, chance: 0.01 }),
    ("persistence_mode", Fixed(1)),
    ("compute_mode", Fixed(0)),
    ("mig_mode", Fixed(0)),
];

/// As `/proc/stat` and cpufreq have it: times in milliseconds, a hundredth of a second each.
pub(super) const CORE: &[(&str, Course)] = &[
    ("core", Id("cpu")),
    ("user_ms", counter(10.0, 700.0, 60.0)),
    ("nice_ms", counter(0.0, 1.0, 1.0)),
    ("system_ms", counter(5.0, 150.0, 20.0)),
    ("idle_ms", counter(900.0, 100.0, 70.0)),
    ("iowait_ms", counter(1.0, 20.0, 6.0)),
    ("irq_ms", Fixed(0)),
    ("softirq_ms", counter(1.0, 12.0, 4.0)),
    ("steal_ms", Fixed(0)),
    ("frequency_khz", load(1_500_000.0, 3_600_000.0, 60_000.0, 1)),
    ("temperature_mc", Walk { low: 38_000, high: 81_000, step: 700.0, unit: 125 }),
];

/// As `/proc/diskstats` has it.
pub(super) const DISK: &[(&str, Course)] = &[
    ("disk", Id("nvme")),
    ("reads", counter(2.0, 400.0, 60.0)),
    ("reads_merged", counter(0.0, 20.0, 8.0)),
    ("read_sectors", counter(50.0, 40_000.0, 9_000.0)),
    ("read_ms", counter(1.0, 300.0, 60.0)),
    ("writes", counter(5.0, 900.0, 120.0)),
    ("writes_merged", counter(1.0, 300.0, 60.0)),
    ("written_sectors", counter(100.0, 90_000.0, 20_000.0)),
    ("write_ms", counter(2.0, 700.0, 100.0)),
    ("in_flight", load(0.0, 6.0, 1.5, 1)),
    ("io_ms", counter(1.0, 600.0, 60.0)),
    ("weighted_io_ms", counter(2.0, 1_500.0, 200.0)),
    ("queued_bytes", Bursts { full: 200_000.0 }),
];

const PAGE: i64 = 4096;
const fn pages(low: i64, high: i64, step: f64) -> Course {
    Walk { low: low << 20, high: high << 20, step, unit: PAGE }
}

/// As `/proc/meminfo` and `/proc/vmstat` have it, one row.
pub(super) const MEMORY: &[(&str, Course)] = &[
    ("machine", Text("self")),
    ("free_bytes", pages(2_000, 60_000, 6e7)),
    ("buffers_bytes", pages(500, 2_000, 2e5)),
    ("cached_bytes", pages(10_000, 60_000, 2e7)),
    ("active_bytes", pages(10_000, 60_000, 3e7)),
    ("inactive_bytes", pages(10_000, 60_000, 2e7)),
    ("active_anon_bytes", pages(5_000, 40_000, 2e7)),
    ("inactive_anon_bytes", pages(100, 4_000, 1e5)),
    ("active_file_bytes", pages(4_000, 30_000, 8e6)),
    ("inactive_file_bytes", pages(4_000, 30_000, 8e6)),
    ("dirty_bytes", pages(1, 900, 5e6)),
    ("writeback_bytes", Fixed(0)),
    ("mapped_bytes", pages(500, 6_000, 1e6)),
    ("shmem_bytes", pages(50, 2_000, 1e5)),
    ("slab_bytes", pages(1_000, 4_000, 8e5)),
    ("slab_reclaimable_bytes", pages(800, 3_000, 6e5)),
    ("page_tables_bytes", pages(50, 400, 2e5)),
    ("committed_bytes", pages(20_000, 90_000, 4e7)),
    ("huge_pages", Fixed(0)),
    ("page_faults", counter(900.0, 60_000.0, 9_000.0)),
    ("major_faults", counter(0.0, 3.0, 2.0)),
    ("pages_in", counter(10.0, 9_000.0, 2_000.0)),
    ("pages_out", counter(50.0, 20_000.0, 4_000.0)),
    ("swapped_in", Fixed(0)),
    ("swapped_out", Fixed(0)),
    ("context_switches", counter(9_000.0, 90_000.0, 7_000.0)),
    ("interrupts", counter(7_000.0, 60_000.0, 4_000.0)),
    ("forks", counter(1.0, 40.0, 8.0)),
    ("processes", Walk { low: 300, high: 500, step: 2.0, unit: 1 }),
    ("processes_running", load(1.0, 16.0, 2.0, 1)),
    ("processes_blocked", load(0.0, 1.0, 0.6, 1)),
    ("tcp_established", Walk { low: 20, high: 400, step: 3.0, unit: 1 }),
    ("tcp_retransmits", counter(0.0, 12.0, 4.0)),
    ("udp_in", counter(10.0, 3_000.0, 300.0)),
    ("udp_errors", Fixed(0)),
    ("files_open", Walk { low: 3_000, high: 20_000, step: 40.0, unit: 32 }),
    ("entropy_bits", Fixed(256)),
];
