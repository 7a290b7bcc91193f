//! The retention policy of a bucket that holds copies (docs/reference/mns-signing-sts.md, section 5.4).

use super::OssAccess;
use super::versioning::{element, subresource};

/// How a bucket protects its objects from being changed and deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// It does not. A policy that nobody locked within 24 hours is gone.
    None,
    /// By a policy that ends within 24 hours unless somebody locks it.
    Unlocked {
        /// For how many days after it was written an object is protected.
        days: u32,
    },
    /// By a policy that can only be extended.
    Locked {
        /// For how many days after it was written an object is protected.
        days: u32,
    },
}

/// OSS did not tell which retention policy a bucket has.
#[derive(Debug, thiserror::Error)]
#[error("OSS did not tell which retention policy bucket {bucket} has: {reason}")]
pub struct NoRetention {
    /// The bucket.
    pub bucket: String,
    /// What went wrong.
    pub reason: String,
}

impl Retention {
    /// Asks OSS (`GetBucketWorm`).
    ///
    /// # Errors
    /// When OSS refused or did not answer, or with something that does not read.
    pub async fn of(bucket: &str, access: &OssAccess) -> Result<Self, NoRetention> {
        let unknown = |reason: String| NoRetention { bucket: bucket.to_owned(), reason };
        let (status, text) = subresource(bucket, access, "worm").await.map_err(unknown)?;
        if !status.is_success() {
            return match element(&text, "Code") {
                Some("NoSuchWORMConfiguration") => Ok(Self::None),
                code => Err(unknown(format!("HTTP {}, {}", status.as_u16(), code.unwrap_or("no code")))),
            };
        }
        let days = element(&text, "RetentionPeriodInDays").and_then(|days| days.parse().ok());
        match (element(&text, "State"), days) {
            (Some("Locked"), Some(days)) => Ok(Self::Locked { days }),
            (Some("InProgress"), Some(days)) => Ok(Self::Unlocked { days }),
            (state, _) => Err(unknown(format!("state {state:?} is unknown, or the days do not read"))),
        }
    }
}
