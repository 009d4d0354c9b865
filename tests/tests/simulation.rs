//! Seeds of the simulation that are run each time. The long run is one command:
//! `cargo run -p naap-tests --bin simulate -- --seeds 1000`.

use naap_tests::sim::{Keys, run, run_all};

/// Scenario: 100 seeds; each a minute or so of faults in network, disks, database, processes and
/// clocks, then healing. Seed 96 once lost rows: a full disk evicted them for a declaration that
/// was in memory only.
/// Guarantees: the five points of [`naap_tests::sim`].
#[test]
fn whatever_happens_every_row_is_accounted_for() {
    let reports = run_all(1..101, 2, 5, &Keys::new().unwrap(), None, |_| ());
    let wrong: Vec<_> =
        reports.iter().filter(|r| !r.wrong.is_empty()).map(|r| (r.seed, &r.wrong)).collect();
    assert!(wrong.is_empty(), "simulate --trace --seeds 1 --from SEED shows it: {wrong:#?}");
    let sum = |f: fn(&naap_tests::sim::Report) -> u64| reports.iter().map(f).sum::<u64>();
    assert_eq!(reports.len(), 100);
    // The faults are such that there is something to account for.
    assert!(sum(|r| r.stored) > 100_000 && sum(|r| r.refused) > 0);
    assert!(sum(|r| r.declared) > 0 && sum(|r| r.unrecorded) > 0);
}

/// Scenario: some seeds, twice.
/// Guarantees: everything happens again, in the same order and at the same times.
#[test]
fn the_same_seed_gives_the_same_run() {
    let keys = Keys::new().unwrap();
    for seed in [3, 10, 96] {
        let (one, two) = (run(seed, &keys, None), run(seed, &keys, None));
        assert_eq!(one, two, "seed {seed}");
        assert_ne!(one.trace, run(seed + 1, &keys, None).trace);
    }
}
