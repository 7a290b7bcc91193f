//! How long to wait before a failed call is made again.

use std::time::Duration;

use local_core::ids::Ids;

use crate::ros::resource::PushRetryStrategy;

/// The pause before repetition `attempt` (1 is the first), in cloud time; `None` when there are no more
/// (docs/reference/function-compute.md, section 4.1).
pub(super) fn pause(strategy: PushRetryStrategy, attempt: u32, ids: &Ids) -> Option<Duration> {
    match strategy {
        PushRetryStrategy::BackoffRetry => (attempt <= 3).then(|| Duration::from_millis(10_000 + ids.below(10_001))),
        PushRetryStrategy::ExponentialDecayRetry => (attempt <= 176).then(|| doubling(attempt, 512)),
    }
}

/// The pause of a call that is repeated until it succeeds, once its [`pause`]s are used up.
pub(super) fn standing(strategy: PushRetryStrategy, ids: &Ids) -> Duration {
    match strategy {
        PushRetryStrategy::BackoffRetry => Duration::from_millis(10_000 + ids.below(10_001)),
        PushRetryStrategy::ExponentialDecayRetry => Duration::from_secs(512),
    }
}

/// 1, 2, 4 … seconds, never more than `most`.
pub(super) fn doubling(attempt: u32, most: u64) -> Duration {
    let seconds = 1_u64.checked_shl(attempt.saturating_sub(1)).unwrap_or(u64::MAX);
    Duration::from_secs(seconds.clamp(1, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_gives_up_after_three_and_decay_after_a_day() {
        let ids = Ids::new(1, 0);
        for attempt in 1..=3 {
            let pause = pause(PushRetryStrategy::BackoffRetry, attempt, &ids).unwrap();
            assert!((10..=20).contains(&pause.as_secs()), "{pause:?}");
        }
        assert_eq!(pause(PushRetryStrategy::BackoffRetry, 4, &ids), None);
        let pauses: Vec<Duration> =
            (1..).map_while(|attempt| pause(PushRetryStrategy::ExponentialDecayRetry, attempt, &ids)).collect();
        assert_eq!(pauses.len(), 176);
        assert_eq!(pauses[..4], [1, 2, 4, 8].map(Duration::from_secs));
        assert_eq!(pauses.iter().max(), Some(&Duration::from_secs(512)));
        assert_eq!(pauses.iter().sum::<Duration>().as_secs() / 3600, 23);
    }
}
