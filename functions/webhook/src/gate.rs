//! Who may come in, how often, and with how much.
//!
//! A request is let in by a Standard Webhooks signature or by a bearer token. The name of the secret or token is the name of a
//! [caller](connection::caller); what the caller may do stands in the callers document, and a caller that is not there may do
//! nothing. Everything not expressly let in is refused.
//!
//! A signature covers the body and the id. So that it also covers what is done, the id ends with a digest of method, path and
//! query ([`api::delivery`]). A sender that knows only Standard Webhooks has ids without it, and one route: `POST /`.
//!
//! Rates are limited per caller. Requests that nobody vouches for have a limit of their own, so they keep nobody else out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api::LARGEST_BODY;
use api::delivery::{self, Bound};
use bytes::Bytes;
use cloud_signing::webhook::{self, InvalidSecret, Secret};
use connection::caller::{Caller, Callers, Credential, Role};
use connection::trace::TRACEPARENT;
use connection::words::CallerName;
use engine::services::Services;
use fc_runtime::Environment;
use http::{HeaderMap, Method, Request, header};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use store::StoreError;
use subtle::ConstantTimeEq as _;
use transport::Chain;

use crate::access::Principal;
use crate::problem_json::Refusal;

/// Who may put the callers document while there is none, and nothing else.
pub const FIRST_CALLER: &str = "admin";
/// How far a signature's timestamp may be from our clock.
pub const TOLERANCE: Duration = Duration::from_secs(300);
/// The shortest bearer token that is taken seriously.
const SHORTEST_TOKEN: usize = 32;

/// Requests a second that one instance takes of one caller in the long run, and how many at once.
const PER_CALLER: Rate = Rate { per_second: 20.0, burst: 60.0 };
/// The same for all requests together that nobody vouches for.
const OF_STRANGERS: Rate = Rate { per_second: 10.0, burst: 40.0 };

/// How long the callers document is taken as read, and how long it is taken as missing.
const FRESH: SignedDuration = SignedDuration::from_secs(30);
const MISSING: SignedDuration = SignedDuration::from_secs(2);

/// Lets requests in or refuses them.
pub struct Gate {
    secrets: Vec<(CallerName, Secret)>,
    /// Digests, so that comparing takes the same time for every token.
    tokens: Vec<(CallerName, [u8; 32])>,
    callers: Mutex<Option<(Timestamp, Option<Arc<Callers>>)>>,
    strangers: Mutex<Bucket>,
    by_caller: Mutex<BTreeMap<CallerName, Bucket>>,
}

/// A request that was let in.
pub struct Admitted {
    /// Whose it is.
    pub caller: Principal,
    /// Its id, where it is signed: the same id again is the same request again.
    pub id: Option<String>,
}

/// The variable that holds the webhook's secrets, and the one that names a file with them.
pub const SECRETS: Source = Source { variable: "CAUSEWAY_WEBHOOK_SECRETS", file: "CAUSEWAY_WEBHOOK_SECRETS_FILE" };
/// The variable that holds the bearer tokens, and the one that names a file with them.
pub const TOKENS: Source = Source { variable: "CAUSEWAY_BEARER_TOKENS", file: "CAUSEWAY_BEARER_TOKENS_FILE" };

/// Where a list of secrets comes from.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// The variable that holds it.
    pub variable: &'static str,
    file: &'static str,
}

impl Source {
    /// The list, from the variable or the file; empty where neither is set.
    ///
    /// # Errors
    /// When both are set, or the file cannot be read.
    pub fn read(self, environment: &Environment) -> Result<SecretString, BadGate> {
        let given = |name| environment.get(name).filter(|text| !text.is_empty());
        match (given(self.variable), given(self.file)) {
            (Some(_), Some(_)) => Err(BadGate::Both(self)),
            (text, None) => Ok(SecretString::from(text.unwrap_or_default())),
            (None, Some(path)) => std::fs::read_to_string(path)
                .map(SecretString::from)
                .map_err(|error| BadGate::File { variable: self.file, why: error.kind() }),
        }
    }
}

/// The gate's configuration is unusable. Values are not repeated.
#[derive(Debug, thiserror::Error)]
pub enum BadGate {
    /// Two lists of the same.
    #[error("{} and {} are both set; set one of them", .0.variable, .0.file)]
    Both(Source),
    /// A file cannot be read.
    #[error("the file that {variable} names cannot be read: {why}")]
    File {
        /// The variable.
        variable: &'static str,
        /// Why not.
        why: std::io::ErrorKind,
    },
    /// A secret or token has no name.
    #[error(
        "{variable}: number {number} has no name; write CALLER: before it, with the caller's name in config/callers.json"
    )]
    Unnamed {
        /// The variable.
        variable: &'static str,
        /// Which one, counted from 1.
        number: usize,
    },
    /// A secret does not read.
    #[error("{}: secret number {number} cannot be used: {fault}", SECRETS.variable)]
    Secret {
        /// Which one, counted from 1.
        number: usize,
        /// What is wrong with it.
        fault: InvalidSecret,
    },
    /// A token is too short to be safe.
    #[error(
        "{}: token number {number} is shorter than {SHORTEST_TOKEN} characters after its name; write a longer one",
        TOKENS.variable
    )]
    ShortToken {
        /// Which one, counted from 1.
        number: usize,
    },
    /// Two callers could not be told apart.
    #[error("{variable}: number {number} is another caller's as well; give each caller its own")]
    Shared {
        /// The variable.
        variable: &'static str,
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
        let secrets = read_secrets(secrets)?;
        distinct(SECRETS, &secrets, |one, other| one.to_text().expose_secret() == other.to_text().expose_secret())?;
        let mut read = Vec::new();
        for (place, text) in tokens.expose_secret().split_whitespace().enumerate() {
            let (caller, token) = named(TOKENS, text, place)?;
            if token.len() < SHORTEST_TOKEN {
                return Err(BadGate::ShortToken { number: place + 1 });
            }
            read.push((caller, Sha256::digest(token).into()));
        }
        distinct(TOKENS, &read, |one: &[u8; 32], other| one == other)?;
        let strangers = Mutex::new(Bucket::full(OF_STRANGERS, now));
        Ok(Self { secrets, tokens: read, callers: Mutex::default(), strangers, by_caller: Mutex::default() })
    }

    /// Whose secrets and tokens it was given.
    pub fn configured(&self) -> impl Iterator<Item = (&CallerName, Credential)> {
        let secrets = self.secrets.iter().map(|(caller, _)| (caller, Credential::WebhookSecret));
        secrets.chain(self.tokens.iter().map(|(caller, _)| (caller, Credential::BearerToken)))
    }

    /// Lets a request of somebody whom nobody has to vouch for in, or says that there are too many of them.
    ///
    /// # Errors
    /// The refusal to answer with.
    pub fn stranger(&self, now: Timestamp) -> Result<(), Refusal> {
        self.strangers.lock().unwrap_or_else(PoisonError::into_inner).take(OF_STRANGERS, now)
    }

    /// Lets the request in and tells whose it is, or says why not. While there is no callers document, [`FIRST_CALLER`] may put it if
    /// this is what the request does, `puts_callers`.
    ///
    /// # Errors
    /// The refusal to answer with.
    pub async fn admit(
        &self,
        request: &Request<Bytes>,
        services: &Services,
        puts_callers: bool,
    ) -> Result<Admitted, Refusal> {
        let now = services.io.clock.now();
        let (headers, body) = (request.headers(), request.body());
        if body.len() > LARGEST_BODY {
            self.stranger(now)?;
            return Err(Refusal::too_large(LARGEST_BODY));
        }
        if !carries_proof(headers) {
            self.stranger(now)?;
            return Err(Refusal::unauthorized(
                "the request carries neither a signature nor a bearer token: sign it (docs/api.md, \"Signing requests\"), or send \
                 Authorization: Bearer TOKEN",
            ));
        }
        let callers = self.callers(services).await?;
        let vouched = match bearer(headers) {
            Some(token) => self.knows(token, callers.as_deref()).map(|name| (name, Credential::BearerToken, None)),
            None => {
                let signed = self.signed(request, now);
                signed.map(|(name, id)| (name, Credential::WebhookSecret, Some(id)))
            }
        };
        let (name, credential, id) = match vouched {
            Ok(vouched) => vouched,
            Err(refusal) => {
                self.stranger(now)?;
                return Err(refusal);
            }
        };
        self.by_caller
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(name.clone())
            .or_insert_with(|| Bucket::full(PER_CALLER, now))
            .take(PER_CALLER, now)?;
        let callers = match callers {
            Some(callers) => callers,
            // Somebody has to say first who may do what. Whoever deploys gives this name a secret.
            None if puts_callers && name.as_str() == FIRST_CALLER => {
                let admin = Caller::with(credential, Role::Admin);
                Arc::new(Callers { callers: [(name.clone(), admin)].into(), ..Callers::none() })
            }
            None => {
                return Err(Refusal::forbidden(format!(
                    "nobody may do anything before config/callers.json says who may do what: caller {FIRST_CALLER} puts it with \
                     `causeway config put callers FILE` (docs/api.md, \"Callers and roles\")"
                )));
            }
        };
        // One that does not read belongs to no trace: the standard has it ignored.
        let trace = headers.get(TRACEPARENT).and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Admitted { caller: Principal::of(name, credential, callers, now)?.traced(trace), id })
    }

    /// Whose signature it is, and the id it counts for. Every secret is tried, whether one fitted already or not.
    fn signed(&self, request: &Request<Bytes>, now: Timestamp) -> Result<(CallerName, String), Refusal> {
        let (caller, verified) = self.verify(request.headers(), request.body(), now).map_err(|refused| {
            let advice =
                "sign `id.timestamp.body` exactly as sent, with the caller's webhook secret and the time of sending";
            Refusal::unauthorized(format!("{refused}; {advice}"))
        })?;
        let uri = request.uri();
        let target = uri.path_and_query().map_or(uri.path(), http::uri::PathAndQuery::as_str);
        let is_plain_route = *request.method() == Method::POST && target == "/";
        match delivery::bound(&verified.id, request.method(), target) {
            Bound::ToThis => Ok((caller, verified.id)),
            Bound::ToNothing if is_plain_route => Ok((caller, verified.id)),
            Bound::ToNothing => Err(Refusal::unauthorized(format!(
                "the signature does not cover method and path: end the webhook-id with `_` and the hexadecimal SHA-256 of \
                 {:?}. Without it only POST / can be signed",
                delivery::what(request.method(), target)
            ))),
            Bound::ToAnother => Err(Refusal::unauthorized(format!(
                "the webhook-id was made for another request: sign one that ends with the SHA-256 of {:?}",
                delivery::what(request.method(), target)
            ))),
        }
    }

    fn verify(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(CallerName, webhook::Verified), webhook::Refused> {
        let tried = self.secrets.iter().map(|(caller, secret)| {
            let verified = webhook::verify(std::slice::from_ref(secret), headers, body, now, TOLERANCE);
            verified.map(|verified| (caller.clone(), verified))
        });
        let tried: Vec<_> = tried.collect();
        let none = webhook::verify(&[], headers, body, now, TOLERANCE).err().unwrap_or(webhook::Refused::NoMatch);
        tried.into_iter().find_map(Result::ok).ok_or(none)
    }

    /// Whose token it is, by the environment or by the callers document.
    fn knows(&self, token: &str, callers: Option<&Callers>) -> Result<CallerName, Refusal> {
        let digest: [u8; 32] = Sha256::digest(token).into();
        let hexadecimal = hex::encode(digest);
        // Every token is compared, whether one matched already or not.
        let configured = self.tokens.iter().map(|(caller, known)| (caller, bool::from(known.ct_eq(&digest))));
        let documented = callers.into_iter().flat_map(|callers| &callers.callers).flat_map(|(name, caller)| {
            let fits = |hash: &String| bool::from(hash.as_bytes().ct_eq(hexadecimal.as_bytes()));
            caller.token_sha256.iter().map(move |hash| (name, fits(hash)))
        });
        let all = configured.chain(documented);
        let found = all.fold(None, |found, (caller, fits)| if fits && found.is_none() { Some(caller) } else { found });
        found.cloned().ok_or_else(|| Refusal::unauthorized("the bearer token is not known"))
    }

    /// The callers document; none while nobody has written it.
    pub(crate) async fn callers(&self, services: &Services) -> Result<Option<Arc<Callers>>, Refusal> {
        let now = services.io.clock.now();
        let known = self.callers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((read_at, callers)) = known
            && now.duration_since(read_at) < callers.as_ref().map_or(MISSING, |_| FRESH)
        {
            return Ok(callers);
        }
        let callers = services.store.callers().await.map_err(unavailable)?.map(Arc::new);
        *self.callers.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, callers.clone()));
        Ok(callers)
    }
}

/// How many requests come in.
#[derive(Clone, Copy)]
struct Rate {
    per_second: f64,
    burst: f64,
}

struct Bucket {
    turns: f64,
    filled_at: Timestamp,
}

impl Bucket {
    fn full(rate: Rate, now: Timestamp) -> Self {
        Self { turns: rate.burst, filled_at: now }
    }

    fn take(&mut self, rate: Rate, now: Timestamp) -> Result<(), Refusal> {
        let passed = now.duration_since(self.filled_at).as_secs_f64().max(0.0);
        self.turns = passed.mul_add(rate.per_second, self.turns).min(rate.burst);
        self.filled_at = now;
        if self.turns < 1.0 {
            return Err(Refusal::too_many(1));
        }
        self.turns -= 1.0;
        Ok(())
    }
}

/// The secrets of a list that spaces separate, each with whose it is.
///
/// # Errors
/// When one of them does not read.
pub fn read_secrets(list: &SecretString) -> Result<Vec<(CallerName, Secret)>, BadGate> {
    let read = |(place, text)| {
        let (caller, text) = named(SECRETS, text, place)?;
        let secret = Secret::parse(text).map_err(|fault| BadGate::Secret { number: place + 1, fault })?;
        Ok((caller, secret))
    };
    list.expose_secret().split_whitespace().enumerate().map(read).collect()
}

/// Sees to it that whoever comes in has one name. A caller may have several secrets, as while one is being replaced.
fn distinct<T>(source: Source, all: &[(CallerName, T)], same: impl Fn(&T, &T) -> bool) -> Result<(), BadGate> {
    for (place, (caller, one)) in all.iter().enumerate() {
        if all[..place].iter().any(|(before, other)| caller != before && same(one, other)) {
            return Err(BadGate::Shared { variable: source.variable, number: place + 1 });
        }
    }
    Ok(())
}

/// `NAME:TEXT` as name and text.
fn named(source: Source, text: &str, place: usize) -> Result<(CallerName, &str), BadGate> {
    let unnamed = || BadGate::Unnamed { variable: source.variable, number: place + 1 };
    let (name, rest) = text.split_once(':').ok_or_else(unnamed)?;
    Ok((name.parse().map_err(|_| unnamed())?, rest))
}

fn carries_proof(headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION) || headers.contains_key(webhook::SIGNATURE)
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
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn gate(secrets: &str, tokens: &str) -> Result<Gate, BadGate> {
        Gate::new(&SecretString::from(secrets), &SecretString::from(tokens), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_token_is_known_by_its_whole_text_and_its_name_is_no_way_in() {
        let gate = gate("", &format!("ann:{TOKEN} bob:with:colons:{TOKEN}")).unwrap();
        let who = |token: &str| gate.knows(token, None).map(|name| name.to_string()).ok();
        assert_eq!(who(TOKEN).as_deref(), Some("ann"));
        assert_eq!(who(&format!("with:colons:{TOKEN}")).as_deref(), Some("bob"));
        for unknown in ["ann", "", &format!("ann:{TOKEN}"), &format!("colons:{TOKEN}"), &TOKEN[1..]] {
            assert_eq!(who(unknown), None, "{unknown:?}");
        }
    }

    #[test]
    fn a_token_in_the_callers_document_is_known_by_its_hash() {
        let hash = hex::encode(Sha256::digest(TOKEN));
        let document = format!(
            r#"{{"version": 1, "callers": {{"ci": {{"credential": "bearer-token", "token_sha256": ["{hash}"], "roles": []}}}}}}"#
        );
        let callers = Callers::from_json(document.as_bytes()).unwrap();
        let gate = gate("", "").unwrap();
        assert_eq!(gate.knows(TOKEN, Some(&callers)).unwrap().as_str(), "ci");
        assert!(gate.knows(&hash, Some(&callers)).is_err(), "the hash is no token");
    }

    #[test]
    fn a_list_that_cannot_work_is_refused_with_its_fault_and_never_repeated() {
        for (secrets, tokens, words) in [
            (SECRET, "", "CAUSEWAY_WEBHOOK_SECRETS: number 1 has no name; write CALLER: before it"),
            ("", TOKEN, "CAUSEWAY_BEARER_TOKENS: number 1 has no name"),
            ("a/b:whsec_", "", "number 1 has no name"),
            ("ann:whsec_", "", "secret number 1 cannot be used: a webhook secret has 24 to 64 bytes, this one has 0"),
            (
                &format!("ann:{SECRET} ann:v1,{SECRET}"),
                "",
                "secret number 2 cannot be used: a webhook secret begins with",
            ),
            (
                &format!("ann:{SECRET} bob:{SECRET}"),
                "",
                "CAUSEWAY_WEBHOOK_SECRETS: number 2 is another caller's as well",
            ),
            ("", &format!("ann:{TOKEN} bob:{TOKEN}"), "CAUSEWAY_BEARER_TOKENS: number 2 is another caller's as well"),
            (
                "",
                "somebody-with-a-long-enough-name:short",
                "token number 1 is shorter than 32 characters after its name",
            ),
        ] {
            let told = gate(secrets, tokens).err().expect(words).to_string();
            assert!(told.contains(words), "{told}");
            assert!(!told.contains("MfKQ") && !told.contains(TOKEN), "{told}");
        }
    }

    #[test]
    fn a_caller_may_have_two_secrets_while_one_is_replaced_and_they_may_stand_in_a_file() {
        let text = |byte: u8| Secret::from_bytes([byte; 32]).unwrap().to_text().expose_secret().to_owned();
        let secrets = format!("ann:{} ann:{}", text(1), text(2));
        assert!(gate(&secrets, &format!("ann:{TOKEN}")).is_ok());

        let file = std::env::temp_dir().join(format!("causeway-secrets-{}", std::process::id()));
        std::fs::write(&file, format!("{secrets}\n")).unwrap();
        let environment = |pairs: &[(&str, &str)]| pairs.iter().copied().collect::<Environment>();
        let path = file.to_str().unwrap();
        let from_file = SECRETS.read(&environment(&[(SECRETS.file, path)]));
        let both = SECRETS.read(&environment(&[(SECRETS.file, path), (SECRETS.variable, &secrets)]));
        std::fs::remove_file(&file).unwrap();
        assert_eq!(read_secrets(&from_file.unwrap()).unwrap().len(), 2);
        assert!(both.unwrap_err().to_string().contains("both set"));
        let gone = SECRETS.read(&environment(&[(SECRETS.file, path)])).unwrap_err().to_string();
        assert!(gone.contains("CAUSEWAY_WEBHOOK_SECRETS_FILE names cannot be read"), "{gone}");
    }

    /// A request signed with the secret of these bytes.
    fn signed(byte: u8, id: &str, now: Timestamp, method: Method, target: &str, body: &'static [u8]) -> Request<Bytes> {
        let secret = Secret::from_bytes([byte; 32]).unwrap();
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header(webhook::ID, id)
            .header(webhook::TIMESTAMP, now.as_second())
            .header(webhook::SIGNATURE, webhook::sign(&secret, id, now, body));
        request.body(Bytes::from_static(body)).unwrap()
    }

    #[test]
    fn a_signature_tells_whose_secret_it_is_of_and_covers_what_is_done() {
        let text = |byte: u8| Secret::from_bytes([byte; 32]).unwrap().to_text().expose_secret().to_owned();
        let gate = gate(&format!("ann:{} ops:{}", text(1), text(2)), "").unwrap();
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let id = |method: &Method, target: &str| delivery::id("m-1", method, target);
        let who = |request: &Request<Bytes>| gate.signed(request, now).map(|(name, _)| name.to_string()).ok();
        let of_get = id(&Method::GET, "/v1/connections/x");
        for (byte, caller) in [(1, Some("ann")), (2, Some("ops")), (3, None)] {
            let request = signed(byte, &of_get, now, Method::GET, "/v1/connections/x", b"");
            assert_eq!(who(&request).as_deref(), caller);
        }
        // The headers of one request on another one.
        for (method, target) in [
            (Method::DELETE, "/v1/connections/x"),
            (Method::GET, "/v1/connections/y"),
            (Method::GET, "/v1/connections/x?dry_run=true"),
            (Method::POST, "/"),
        ] {
            assert_eq!(who(&signed(1, &of_get, now, method, target, b"")), None, "{target}");
        }
        let with_query = id(&Method::DELETE, "/v1/connections/x?dry_run=true");
        assert_eq!(who(&signed(1, &with_query, now, Method::DELETE, "/v1/connections/x", b"")), None);
        // A plain sender of Standard Webhooks has one route.
        assert_eq!(who(&signed(1, "msg_1", now, Method::POST, "/", b"{}")).as_deref(), Some("ann"));
        for (method, target) in
            [(Method::POST, "/v1/connections"), (Method::POST, "/?dry_run=true"), (Method::DELETE, "/v1/connections/x")]
        {
            assert_eq!(who(&signed(1, "msg_1", now, method, target, b"{}")), None, "{target}");
        }
    }

    #[test]
    fn a_bucket_fills_with_time_and_never_beyond_its_burst() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let rate = Rate { per_second: 2.0, burst: 3.0 };
        let mut bucket = Bucket::full(rate, at(0));
        let mut taken = |second, times| (0..times).filter(|_| bucket.take(rate, at(second)).is_ok()).count();
        assert_eq!(taken(0, 10), 3);
        assert_eq!(taken(1, 10), 2);
        assert_eq!(taken(1000, 10), 3);
    }
}
