//! The one way out: every network call of Causeway passes [`Transport`], all time comes from [`Clock`] and all randomness
//! from [`Entropy`].
//!
//! A function that takes these three as values can run against the real cloud, against the local one, or inside a
//! simulation on a virtual clock with faults injected by seed. Nothing that a function runs opens a socket, reads the wall
//! clock or rolls dice on its own: clippy.toml lists what is not called elsewhere.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`mod@self`] | the three traits and [`Io`], which carries them together |
//! | [`https`] | the real client: reqwest over rustls with compiled-in roots |
//! | [`system`] | the system's clock and random source |
//! | `chain` | [`Chain`]: an error with its causes, for logs and people |

mod chain;
#[cfg(feature = "https")]
pub mod https;
pub mod system;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

pub use chain::Chain;

/// An extension of a request whose answer comes from somebody who is not trusted: of the body no more than this many bytes are
/// read, and the rest is dropped. A request without it is one of a cloud, whose answers are read whole or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerLimit(pub usize);

/// An extension of a request that may take longer than the usual 15 seconds: one that carries a package, or waits for a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimit(pub Duration);

/// Sends one HTTP request and returns the response, whatever its status.
///
/// # Guarantees
/// An implementation sends the request at most once: it never retries and never follows a redirect. Whoever calls decides
/// about retries, in one place.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends `request`. The URI is absolute. Its extensions may hold an [`AnswerLimit`] and a [`CallLimit`].
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError>;
}

/// Why no response came back.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TransportError {
    /// The request never left: nothing can have happened on the other side.
    #[error("could not connect to {host}: {reason}")]
    NotSent {
        /// Host and port that were asked for.
        host: String,
        /// What the client library said.
        reason: String,
    },
    /// The request may or may not have been carried out. Read back before judging.
    #[error("no answer from {host}: {reason}")]
    NoAnswer {
        /// Host and port that were asked for.
        host: String,
        /// What the client library said.
        reason: String,
    },
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// A source of random bits.
pub trait Entropy: Send + Sync {
    /// Sixty-four fresh random bits.
    fn next_u64(&self) -> u64;

    /// A nonce of 32 hexadecimal digits.
    fn nonce(&self) -> String {
        format!("{:016x}{:016x}", self.next_u64(), self.next_u64())
    }

    /// A duration between 75 % and 125 % of `base`, so that many waiters do not come back in step.
    fn jitter(&self, base: Duration) -> Duration {
        let thousandths = 750 + self.next_u64() % 501;
        let millis = u64::try_from(base.as_millis()).unwrap_or(u64::MAX).saturating_mul(thousandths) / 1000;
        Duration::from_millis(millis)
    }
}

/// The outside world as a value: what a client or a function needs to act.
#[derive(Clone)]
pub struct Io {
    /// Carries every HTTP request.
    pub transport: Arc<dyn Transport>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes nonces and jitter.
    pub entropy: Arc<dyn Entropy>,
}

#[cfg(feature = "https")]
impl Io {
    /// The real world: HTTPS through [`https::HttpsTransport`], the system's clock and random source.
    ///
    /// # Errors
    /// When the TLS client cannot be built.
    pub fn system() -> Result<Self, https::BuildError> {
        Ok(Self {
            transport: Arc::new(https::HttpsTransport::new()?),
            clock: Arc::new(system::SystemClock),
            entropy: Arc::new(system::SystemEntropy),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    struct Counting(AtomicU64);
    impl Entropy for Counting {
        fn next_u64(&self) -> u64 {
            self.0.fetch_add(1, Ordering::Relaxed)
        }
    }

    #[test]
    fn jitter_stays_within_a_quarter_of_its_base() {
        let entropy = Counting(AtomicU64::new(0));
        for _ in 0..1200 {
            let jittered = entropy.jitter(Duration::from_secs(8));
            assert!((Duration::from_secs(6)..=Duration::from_secs(10)).contains(&jittered), "{jittered:?}");
        }
    }

    #[test]
    fn a_nonce_has_32_digits_and_does_not_repeat() {
        let entropy = system::SystemEntropy;
        let (one, two) = (entropy.nonce(), entropy.nonce());
        assert_eq!(one.len(), 32);
        assert_ne!(one, two);
    }
}
