//! Who may come in, how often, and with how much.
//!
//! A request is let in by a Standard Webhooks signature or by a bearer token. A signature counts once: its id is
//! remembered in the store for longer than its timestamp is accepted, so a captured request cannot be sent again, neither
//! to this instance nor to another. Everything not expressly let in is refused.

use std::sync::Mutex;
use std::time::Duration;

use api::LARGEST_BODY;
use cloud_signing::webhook::{self, InvalidSecret, Secret};
use http::{HeaderMap, header};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use store::{Store, StoreError};
use subtle::ConstantTimeEq as _;
use transport::{Chain, Io};

use crate::problem_json::Refusal;

/// How far a signature's timestamp may be from our clock.
pub const TOLERANCE: Duration = Duration::from_secs(300);
/// The shortest bearer token that is taken seriously.
const SHORTEST_TOKEN: usize = 32;

/// Requests a second that one instance takes in the long run, and how many at once.
const PER_SECOND: f64 = 20.0;
const BURST: f64 = 60.0;

/// Lets requests in or refuses them.
pub struct Gate {
    secrets: Vec<(Caller, Secret)>,
    /// Digests, so that comparing takes the same time for every token.
    tokens: Vec<(Caller, [u8; 32])>,
    bucket: Mutex<Bucket>,
}

/// Who was let in: the name of the secret or token, or its number where it has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller(String);

impl Caller {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

struct Bucket {
    tokens: f64,
    filled_at: Timestamp,
}

/// The variable that holds the webhook's secrets.
pub const SECRETS: &str = "CAUSEWAY_WEBHOOK_SECRETS";
/// The variable that holds the bearer tokens.
pub const TOKENS: &str = "CAUSEWAY_BEARER_TOKENS";

/// The gate's configuration is unusable. Values are not repeated.
#[derive(Debug, thiserror::Error)]
pub enum BadGate {
    /// No way in at all.
    #[error(
        "{SECRETS} and {TOKENS} are both empty, so nobody could ever come in: set a webhook secret, which is `whsec_` and \
         base64 of 24 to 64 random bytes, or a bearer token of at least {SHORTEST_TOKEN} characters"
    )]
    NoWayIn,
    /// A secret does not read.
    #[error("{SECRETS}: secret number {number} cannot be used: {fault}")]
    Secret {
        /// Which one, counted from 1.
        number: usize,
        /// What is wrong with it.
        fault: InvalidSecret,
    },
    /// A token is too short to be safe.
    #[error("{TOKENS}: token number {number} is shorter than {SHORTEST_TOKEN} characters; write a longer one")]
    ShortToken {
        /// Which one, counted from 1.
        number: usize,
    },
    /// Two callers could not be told apart.
    #[error("{variable}: number {number} is another's as well, under another name; give each caller its own")]
    Shared {
        /// The variable.
        variable: &'static str,
        /// Which one, counted from 1.
        number: usize,
    },
    /// A name that one has by its place was given to another one.
    #[error("{variable}: {name} is what the one without a name is called; give it another name, or that one too")]
    Taken {
        /// The variable.
        variable: &'static str,
        /// The name.
        name: String,
    },
}

impl Gate {
    /// A gate for the secrets and tokens, each list separated by spaces.
    ///
    /// # Errors
    /// See [`BadGate`].
    pub fn new(secrets: &SecretString, tokens: &SecretString, now: Timestamp) -> Result<Self, BadGate> {
        let secrets = read_secrets(secrets)?;
        distinct(SECRETS, "secret", &secrets, |one, other| {
            one.to_text().expose_secret() == other.to_text().expose_secret()
        })?;
        let whole = tokens.expose_secret().split_whitespace().enumerate();
        let read: Vec<_> = whole.map(|(place, whole)| (named(whole, "token", place), whole)).collect();
        let (named, _): (Vec<_>, Vec<_>) = read.iter().cloned().unzip();
        distinct(TOKENS, "token", &named, |one, other| one == other)?;
        let mut known = Vec::new();
        for (place, ((caller, token), whole)) in read.into_iter().enumerate() {
            if whole.len() < SHORTEST_TOKEN {
                return Err(BadGate::ShortToken { number: place + 1 });
            }
            if token.len() >= SHORTEST_TOKEN {
                known.push((caller.clone(), Sha256::digest(token).into()));
            }
            // A token may have a colon of its own, as it could before tokens had names.
            if token.len() < whole.len() {
                known.push((caller, Sha256::digest(whole).into()));
            }
        }
        let tokens = known;
        if secrets.is_empty() && tokens.is_empty() {
            return Err(BadGate::NoWayIn);
        }
        Ok(Self { secrets, tokens, bucket: Mutex::new(Bucket { tokens: BURST, filled_at: now }) })
    }

    /// Lets the request in and tells whose it is, or says why not.
    ///
    /// # Errors
    /// The refusal to answer with.
    pub async fn admit(&self, headers: &HeaderMap, body: &[u8], store: &Store, io: &Io) -> Result<Caller, Refusal> {
        let now = io.clock.now();
        self.take_a_turn(now)?;
        if body.len() > LARGEST_BODY {
            return Err(Refusal::too_large(LARGEST_BODY));
        }
        if let Some(token) = bearer(headers) {
            return self.knows(token).ok_or_else(|| Refusal::unauthorized("the bearer token is not known"));
        }
        let (caller, verified) = self.verify(headers, body, now).map_err(|refused| {
            let advice = "sign `id.timestamp.body` exactly as sent, with the webhook's secret and the time of sending";
            Refusal::unauthorized(format!("{refused}; {advice}"))
        })?;
        let first =
            store.first_seen(&verified.id, verified.timestamp, &io.entropy.nonce()).await.map_err(unavailable)?;
        first
            .then_some(caller)
            .ok_or_else(|| Refusal::unauthorized("this webhook-id was used before; sign each request with a new id"))
    }

    /// Whose signature it is. Every secret is tried, whether one fitted already or not.
    fn verify(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(Caller, webhook::Verified), webhook::Refused> {
        let tried = self.secrets.iter().map(|(caller, secret)| {
            let verified = webhook::verify(std::slice::from_ref(secret), headers, body, now, TOLERANCE);
            verified.map(|verified| (caller.clone(), verified))
        });
        let tried: Vec<_> = tried.collect();
        let none = webhook::verify(&[], headers, body, now, TOLERANCE).err().unwrap_or(webhook::Refused::NoMatch);
        tried.into_iter().find_map(Result::ok).ok_or(none)
    }

    fn knows(&self, token: &str) -> Option<Caller> {
        let digest: [u8; 32] = Sha256::digest(token).into();
        // Every token is compared, whether one matched already or not.
        let all = self.tokens.iter().map(|(caller, known)| (caller, bool::from(known.ct_eq(&digest))));
        all.fold(None, |found, (caller, fits)| if fits && found.is_none() { Some(caller.clone()) } else { found })
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

/// The secrets of a list that spaces separate, each with whose it is.
///
/// # Errors
/// When one of them does not read.
pub fn read_secrets(list: &SecretString) -> Result<Vec<(Caller, Secret)>, BadGate> {
    let read = |(place, text)| {
        let (caller, text) = named(text, "secret", place);
        let secret = Secret::parse(text).map_err(|fault| BadGate::Secret { number: place + 1, fault })?;
        Ok((caller, secret))
    };
    list.expose_secret().split_whitespace().enumerate().map(read).collect()
}

/// Sees to it that whoever comes in has one name. A caller may have several secrets, as while one is being replaced.
fn distinct<T>(
    variable: &'static str,
    kind: &str,
    all: &[(Caller, T)],
    same: impl Fn(&T, &T) -> bool,
) -> Result<(), BadGate> {
    for (place, (caller, one)) in all.iter().enumerate() {
        for (before, other) in &all[..place] {
            if caller != before && same(one, other) {
                return Err(BadGate::Shared { variable, number: place + 1 });
            }
            if caller == before && caller.name().starts_with(&format!("{kind}-")) {
                return Err(BadGate::Taken { variable, name: caller.name().to_owned() });
            }
        }
    }
    Ok(())
}

/// `NAME:TEXT` as name and text; what has no name is called by its kind and number. A name is a label, which neither the
/// beginning of a secret nor, as a rule, of a token is.
fn named<'a>(text: &'a str, kind: &str, place: usize) -> (Caller, &'a str) {
    let is_label = |name: &str| {
        (1..=32).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'@'))
    };
    match text.split_once(':') {
        Some((name, rest)) if is_label(name) => (Caller(name.to_owned()), rest),
        _ => (Caller(format!("{kind}-{}", place + 1)), text),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What to answer when the store fails.
pub fn unavailable(error: StoreError) -> Refusal {
    tracing::error!(error = %Chain(&error), "the store failed");
    Refusal::unavailable(
        "the record store does not answer; nothing was changed by this request that repeating it would not find",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "a-bearer-token-of-at-least-32-characters";

    fn gate(secrets: &str, tokens: &str) -> Result<Gate, BadGate> {
        Gate::new(&SecretString::from(secrets), &SecretString::from(tokens), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn tokens_are_known_with_and_without_a_name_and_the_name_is_no_way_in() {
        let colon = "left-of-colon:right-of-it-and-long-enough-for-that";
        let gate = gate("", &format!("{TOKEN} ann:{}b {colon}", TOKEN)).unwrap();
        let who = |token: &str| gate.knows(token).map(|caller| caller.name().to_owned());
        assert_eq!(who(TOKEN).as_deref(), Some("token-1"));
        assert_eq!(who(&format!("{TOKEN}b")).as_deref(), Some("ann"));
        assert_eq!(who(colon).as_deref(), Some("left-of-colon"), "as before there were names");
        for unknown in ["ann", "", "left-of-colon", &TOKEN[1..]] {
            assert_eq!(who(unknown), None, "{unknown:?}");
        }
    }

    #[test]
    fn a_name_does_not_make_a_short_token_longer_than_it_must_be() {
        assert!(matches!(gate("", "short"), Err(BadGate::ShortToken { number: 1 })));
        let gate = gate("", "somebody-with-a-name:and-a-short-one").unwrap();
        assert!(gate.knows("and-a-short-one").is_none(), "only the whole of it is long enough");
    }

    #[test]
    fn a_list_that_cannot_work_is_refused_with_its_fault_and_never_repeated() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        for (secrets, tokens, words) in [
            ("", "", "CAUSEWAY_WEBHOOK_SECRETS and CAUSEWAY_BEARER_TOKENS are both empty"),
            (" ", "\n", "are both empty"),
            ("whsec_", "", "secret number 1 cannot be used: a webhook secret has 24 to 64 bytes, this one has 0"),
            (&format!("{secret} ann:v1,{secret}"), "", "secret number 2 cannot be used: a webhook secret begins with"),
            (&format!("ann:{secret} bob:{secret}"), "", "CAUSEWAY_WEBHOOK_SECRETS: number 2 is another's as well"),
            ("", &format!("ann:{TOKEN} bob:{TOKEN}"), "CAUSEWAY_BEARER_TOKENS: number 2 is another's as well"),
            ("", &format!("token-2:{TOKEN}a {TOKEN}b"), "token-2 is what the one without a name is called"),
            ("", "short", "token number 1 is shorter than 32 characters"),
        ] {
            let told = gate(secrets, tokens).err().expect(words).to_string();
            assert!(told.contains(words), "{told}");
            assert!(!told.contains("MfKQ") && !told.contains(TOKEN), "{told}");
        }
    }

    #[test]
    fn a_caller_may_have_two_secrets_while_one_is_replaced_and_a_token_beside_them() {
        let text = |byte: u8| Secret::from_bytes([byte; 32]).unwrap().to_text().expose_secret().to_owned();
        let secrets = format!("ann:{} ann:{}", text(1), text(2));
        assert!(gate(&secrets, &format!("ann:{TOKEN} token-2:{TOKEN}b")).is_ok());
    }

    #[test]
    fn a_signature_tells_whose_secret_it_is_of() {
        let secret = |byte: u8| Secret::from_bytes([byte; 32]).unwrap();
        let text = |byte: u8| secret(byte).to_text().expose_secret().to_owned();
        let gate = gate(&format!("{} ops:{}", text(1), text(2)), "").unwrap();
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let who = |byte: u8| {
            let mut headers = HeaderMap::new();
            let signature = webhook::sign(&secret(byte), "m-1", now, b"body");
            headers.insert(webhook::ID, "m-1".parse().unwrap());
            headers.insert(webhook::TIMESTAMP, now.as_second().to_string().parse().unwrap());
            headers.insert(webhook::SIGNATURE, signature.parse().unwrap());
            gate.verify(&headers, b"body", now).map(|(caller, _)| caller.name().to_owned())
        };
        assert_eq!(who(1).as_deref(), Ok("secret-1"));
        assert_eq!(who(2).as_deref(), Ok("ops"));
        assert_eq!(who(3), Err(webhook::Refused::NoMatch));
    }
}
