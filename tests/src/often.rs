//! What is tried many times over: by seed, and with a mishap at one request after the other.

use std::ops::Range;

use crate::on_virtual_time;

/// Every how manieth request is tried: each where `CAUSEWAY_EVERY_REQUEST` is set, as `scripts/simulate --every-request` does.
#[must_use]
pub fn stride(usual: usize) -> usize {
    if std::env::var_os("CAUSEWAY_EVERY_REQUEST").is_some() { 1 } else { usual }
}

/// Tries a mishap at every so manieth of the requests `all`.
///
/// # Panics
/// When one is not survived, or there are too few.
pub fn requests_survive(all: &Range<usize>, usual: usize, survives: impl Fn(usize) -> Result<(), String>) {
    assert!(all.len() > 50, "the count of requests cannot be right: {all:?}");
    let chosen = all.clone().step_by(stride(usual));
    let failures: Vec<String> = chosen.filter_map(|number| survives(number).err()).collect();
    assert!(failures.is_empty(), "{} of {all:?} requests: {failures:#?}", failures.len());
}

/// Plays the seed that `CAUSEWAY_SEED` names, or as many as `CAUSEWAY_SEEDS` says, which are `usual` unless it is set.
///
/// # Panics
/// When one fails.
pub fn play_seeds<F: Future<Output = Result<(), String>>>(usual: u64, play: impl Fn(u64) -> F) {
    let seeds = match variable("CAUSEWAY_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..variable("CAUSEWAY_SEEDS").unwrap_or(usual),
    };
    let count = seeds.end - seeds.start;
    let failures: Vec<String> = seeds.filter_map(|seed| on_virtual_time(play(seed)).err()).collect();
    for failure in &failures {
        eprintln!("{failure}\n");
    }
    assert!(failures.is_empty(), "{} of {count} seeds failed", failures.len());
}

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number, not {text:?}")))
}
