//! What only the control plane sets on a queue, beside its dead-letter policy.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the control plane sets, and the XML API does not know of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Control {
    /// The tags.
    pub tags: BTreeMap<String, String>,
    /// How many receives a second of cloud time are answered, long polls counted when they begin; as many as come if `None`.
    pub receives_per_second: Option<u32>,
    /// How messages are encrypted where they are kept. Told to whoever asks; here they are kept as they are.
    pub encryption: Option<Encryption>,
}

/// Who holds the key that messages are encrypted with. The algorithm is always AES-256-GCM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encryption {
    /// The message service.
    Service,
    /// The key management service, under this id.
    KeyManagement {
        /// The key's id.
        key_id: String,
    },
}

/// How many receives began in the current second.
#[derive(Debug, Default)]
pub(super) struct ReceiveRate {
    second: i64,
    begun: u32,
}

impl ReceiveRate {
    /// Counts one more, unless `most` have begun in this second.
    pub(super) fn admits(&mut self, most: u32, now: Timestamp) -> bool {
        if self.second != now.as_second() {
            *self = Self { second: now.as_second(), begun: 0 };
        }
        let admitted = self.begun < most;
        self.begun += u32::from(admitted);
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_admits_as_many_as_it_may() {
        let start: Timestamp = "2026-01-02T03:04:05.9Z".parse().unwrap();
        let next = start + std::time::Duration::from_millis(100);
        let mut rate = ReceiveRate::default();
        let admitted: Vec<bool> = [start, start, start, next, next, next].map(|at| rate.admits(2, at)).to_vec();
        assert_eq!(admitted, [true, true, false, true, true, false]);
    }
}
