//! Who may come in, how often, and with how much.
//!
//! A request is let in by a Standard Webhooks signature or by a bearer token. A signature counts once: its id is
//! remembered in the store for longer than its timestamp is accepted, so a captured request cannot be sent again, neither
//! to this instance nor to another. Everything not expressly let in is refused.

use std::sync::Mutex;
use std::time::Duration;

use connection::store::{Store, StoreError};
use http::{HeaderMap, header};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use signing::webhook::{self, Secret};
use subtle::ConstantTimeEq as _;
use transport::Io;

use crate::problem_json::Refusal;

/// The largest body, in bytes.
pub const MOST_BYTES: usize = 64 * 1024;
/// How far a signature's timestamp may be from our clock.
pub const TOLERANCE: Duration = Duration::from_secs(300);
/// The shortest bearer token that is taken seriously.
const SHORTEST_TOKEN: usize = 32;

/// Requests a second that one instance takes in the long run, and how many at once.
const PER_SECOND: f64 = 20.0;
const BURST: f64 = 60.0;

/// Lets requests in or refuses them.
pub struct Gate {
    secrets: Vec<Secret>,
    /// Digests, so that comparing takes the same time for every token.
    tokens: Vec<[u8; 32]>,
    bucket: Mutex<Bucket>,
}

struct Bucket {
    tokens: f64,
    filled_at: Timestamp,
}

/// The gate's configuration is unusable.
#[derive(Debug, thiserror::Error)]
pub enum BadGate {
    /// No way in at all.
    #[error("neither a webhook secret nor a bearer token is configured; nobody could ever come in")]
    NoWayIn,
    /// A secret does not read.
    #[error("webhook secret number {number} does not read; it must be whsec_ and base64 of 24 to 64 bytes")]
    Secret {
        /// Which one, counted from 1.
        number: usize,
    },
    /// A token is too short to be safe.
    #[error("bearer token number {number} is shorter than {SHORTEST_TOKEN} characters")]
    ShortToken {
        /// Which one, counted from 1.
        number: usize,
    },
}

impl Gate {
    /// A gate for the secrets and tokens, each list separated by spaces.
    ///
    /// # Errors
    /// See [`BadGate`].
    pub fn new(secrets: &SecretString, tokens: &SecretString, now: Timestamp) -> Result<Self, BadGate> {
        let secrets = secrets
            .expose_secret()
            .split_whitespace()
            .enumerate()
            .map(|(place, text)| Secret::parse(text).map_err(|_| BadGate::Secret { number: place + 1 }))
            .collect::<Result<Vec<_>, _>>()?;
        let tokens = tokens
            .expose_secret()
            .split_whitespace()
            .enumerate()
            .map(|(place, text)| {
                let long_enough = text.len() >= SHORTEST_TOKEN;
                long_enough.then(|| Sha256::digest(text).into()).ok_or(BadGate::ShortToken { number: place + 1 })
            })
            .collect::<Result<Vec<_>, _>>()?;
        if secrets.is_empty() && tokens.is_empty() {
            return Err(BadGate::NoWayIn);
        }
        Ok(Self { secrets, tokens, bucket: Mutex::new(Bucket { tokens: BURST, filled_at: now }) })
    }

    /// Lets the request in, or says why not.
    ///
    /// # Errors
    /// The refusal to answer with.
    pub async fn admit(&self, headers: &HeaderMap, body: &[u8], store: &Store, io: &Io) -> Result<(), Refusal> {
        let now = io.clock.now();
        self.take_a_turn(now)?;
        if body.len() > MOST_BYTES {
            return Err(Refusal::too_large(MOST_BYTES));
        }
        if let Some(token) = bearer(headers) {
            return self
                .knows(token)
                .then_some(())
                .ok_or_else(|| Refusal::unauthorized("the bearer token is not known"));
        }
        let verified = webhook::verify(&self.secrets, headers, body, now, TOLERANCE).map_err(|refused| {
            let advice = "sign `id.timestamp.body` exactly as sent, with the webhook's secret and the time of sending";
            Refusal::unauthorized(format!("{refused}; {advice}"))
        })?;
        let first =
            store.first_seen(&verified.id, verified.timestamp, &io.entropy.nonce()).await.map_err(unavailable)?;
        first
            .then_some(())
            .ok_or_else(|| Refusal::unauthorized("this webhook-id was used before; sign each request with a new id"))
    }

    fn knows(&self, token: &str) -> bool {
        let digest: [u8; 32] = Sha256::digest(token).into();
        // Every token is compared, whether one matched already or not.
        self.tokens.iter().fold(false, |known, candidate| known | bool::from(candidate.ct_eq(&digest)))
    }

    fn take_a_turn(&self, now: Timestamp) -> Result<(), Refusal> {
        let mut bucket = self.bucket.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let passed = now.duration_since(bucket.filled_at).as_secs_f64().max(0.0);
        bucket.tokens = passed.mul_add(PER_SECOND, bucket.tokens).min(BURST);
        bucket.filled_at = now;
        if bucket.tokens < 1.0 {
            return Err(Refusal::too_many(1));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What to answer when the store fails.
pub fn unavailable(error: StoreError) -> Refusal {
    tracing::error!(%error, source = error_source(&error), "the store failed");
    Refusal::unavailable(
        "the record store does not answer; nothing was changed by this request that repeating it would not find",
    )
}

fn error_source(error: &StoreError) -> Option<String> {
    std::error::Error::source(error).map(ToString::to_string)
}
