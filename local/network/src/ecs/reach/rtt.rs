//! How long a packet takes there and back. The same packet takes the same time in every run.

use std::time::Duration;

use local_core::ids::mix;

use super::Host;

/// How far apart two hosts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distance {
    /// Not at all.
    SameHost,
    /// In one zone.
    SameZone,
    /// In one region.
    SameRegion,
    /// In two regions; how long the line is follows from which.
    Regions {
        /// Time there and back on the line alone.
        line: Duration,
    },
}

impl Distance {
    pub(super) fn between(one: &Host, other: &Host) -> Self {
        if one.zone == other.zone {
            Self::SameZone
        } else if one.region == other.region {
            Self::SameRegion
        } else {
            Self::Regions { line: line(&one.region, &other.region) }
        }
    }

    /// How long packet number `sequence` takes there and back. `seed` tells two pairs of hosts apart.
    #[must_use]
    pub fn round_trip(self, seed: u64, sequence: u64) -> Duration {
        // From the shortest to the longest, in microseconds.
        let (shortest, longest) = match self {
            Self::SameHost => (18, 45),
            Self::SameZone => (140, 420),
            Self::SameRegion => (1_050, 2_600),
            Self::Regions { line } => {
                let line = u64::try_from(line.as_micros()).unwrap_or(u64::MAX);
                (line, line.saturating_add(line / 20))
            }
        };
        Duration::from_micros(shortest + mix(seed ^ mix(sequence)) % (longest - shortest + 1))
    }
}

/// Tens of milliseconds, the same in both directions: fewer within mainland China than over the sea.
fn line(one: &str, other: &str) -> Duration {
    let is_mainland = |region: &str| region.starts_with("cn-") && region != "cn-hongkong";
    let (shortest, longest) = if is_mainland(one) && is_mainland(other) { (12_000, 38_000) } else { (40_000, 96_000) };
    Duration::from_micros(shortest + (name(one) ^ name(other)) % (longest - shortest))
}

/// A number that stands for a name.
pub(in crate::ecs) fn name(text: &str) -> u64 {
    text.bytes().fold(0, |number, byte| mix(number ^ u64::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_between_regions_is_as_long_in_both_directions_and_longer_over_the_sea() {
        let near = line("cn-qingdao", "cn-beijing");
        assert_eq!(near, line("cn-beijing", "cn-qingdao"));
        let far = line("cn-qingdao", "eu-central-1");
        assert!(near >= Duration::from_millis(12) && near < Duration::from_millis(38), "{near:?}");
        assert!(far >= Duration::from_millis(40) && far < Duration::from_millis(96), "{far:?}");
    }

    #[test]
    fn round_trips_differ_a_little_and_are_the_same_in_every_run() {
        for (distance, low, high) in [
            (Distance::SameZone, 140, 420),
            (Distance::SameRegion, 1_050, 2_600),
            (Distance::Regions { line: Duration::from_millis(20) }, 20_000, 21_000),
        ] {
            let times: Vec<Duration> = (1..=5).map(|sequence| distance.round_trip(7, sequence)).collect();
            assert_eq!(times, (1..=5).map(|sequence| distance.round_trip(7, sequence)).collect::<Vec<_>>());
            assert!(times.windows(2).any(|pair| pair[0] != pair[1]), "{times:?}");
            let range = Duration::from_micros(low)..=Duration::from_micros(high);
            assert!(times.iter().all(|time| range.contains(time)), "{times:?}");
        }
    }
}
