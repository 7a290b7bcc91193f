//! Ed25519 keys with a name, in the forms that C2SP specifies (c2sp.org/signed-note) and Go's `note` writes.
//!
//! A key that verifies is `NAME+HASH+KEY`: the name, eight hexadecimal digits of a hash, and base64. A key that signs is
//! `PRIVATE+KEY+NAME+HASH+KEY`. The hash tells a key from others of the same name, and a slip of the pen from a key.
//!
//! # Replacing a key
//! Several keys may be trusted. One that was replaced is trusted until an instant: `NAME+HASH+KEY@2027-01-31T00:00:00Z`. What it
//! signed counts as long as it says that it was written before. That instant is a claim of whoever signs, so whoever
//! verifies all logs holds it against the tree as well: what a replaced key signed must not have come into it later.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, VerifyingKey};
use jiff::Timestamp;
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};

/// The byte that C2SP assigned to Ed25519.
const ED25519: u8 = 1;
/// What a key that signs begins with.
const PRIVATE: &str = "PRIVATE+KEY+";
/// The longest name.
const MOST_CHARACTERS: usize = 64;

/// A text is no key. What stood there is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the texts say what each one means")]
pub enum BadKey {
    #[error(
        "a key's name has 1 to {MOST_CHARACTERS} letters, digits, `.`, `-`, `_` and `/`, such as causeway.example.com/prod"
    )]
    Name,
    #[error("a key that signs is PRIVATE+KEY+NAME+HASH+KEY, as `causeway audit key` prints it")]
    NotPrivate,
    #[error("a key that verifies is NAME+HASH+KEY, as `causeway audit key` prints it; @TIME may follow")]
    NotPublic,
    #[error("the key does not have the hash that it carries: it was copied in part, or with a slip")]
    Hash,
    #[error("what follows the @ is not a time, such as 2027-01-31T00:00:00Z")]
    Until,
    #[error("{0} is there twice")]
    Twice(KeyId),
    #[error("the keys have two names, {0} and {1}; a key that replaces another has the same name")]
    TwoNames(String, String),
}

/// A key by its name and hash: `NAME+HASH`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId {
    name: String,
    hash: [u8; 4],
}

impl KeyId {
    fn of(name: &str, public: &[u8; 32]) -> Self {
        let digest = Sha256::new().chain_update(name).chain_update([b'\n', ED25519]).chain_update(public).finalize();
        Self { name: name.to_owned(), hash: [digest[0], digest[1], digest[2], digest[3]] }
    }

    /// The key's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its hash.
    #[must_use]
    pub fn hash(&self) -> [u8; 4] {
        self.hash
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.name, hex::encode(self.hash))
    }
}

/// A key that signs.
#[derive(Clone)]
pub struct SigningKey {
    id: KeyId,
    key: ed25519_dalek::SigningKey,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.id.to_string()).finish()
    }
}

impl SigningKey {
    /// A key of this name, made of 32 random bytes.
    ///
    /// # Errors
    /// When the name cannot be one.
    pub fn from_seed(name: &str, seed: [u8; 32]) -> Result<Self, BadKey> {
        let key = ed25519_dalek::SigningKey::from_bytes(&seed);
        let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'/');
        if !(1..=MOST_CHARACTERS).contains(&name.len()) || !name.bytes().all(is_sign) {
            return Err(BadKey::Name);
        }
        Ok(Self { id: KeyId::of(name, key.verifying_key().as_bytes()), key })
    }

    /// Reads `PRIVATE+KEY+NAME+HASH+KEY`.
    ///
    /// # Errors
    /// See [`BadKey`].
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let rest = text.strip_prefix(PRIVATE).ok_or(BadKey::NotPrivate)?;
        let (name, hash, seed) = parts(rest).ok_or(BadKey::NotPrivate)?;
        let key = Self::from_seed(name, seed)?;
        if key.id.hash == hash { Ok(key) } else { Err(BadKey::Hash) }
    }

    /// The key as [`parse`](Self::parse) reads it.
    #[must_use]
    pub fn to_text(&self) -> SecretString {
        format!("{PRIVATE}{}+{}", self.id, encoded(self.key.as_bytes())).into()
    }

    /// Which key it is.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The key that verifies what this one signs.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        Verifier { id: self.id.clone(), key: self.key.verifying_key(), until: None }
    }

    /// Signs a text.
    #[must_use]
    pub fn sign(&self, text: &[u8]) -> [u8; 64] {
        self.key.sign(text).to_bytes()
    }
}

/// A key that verifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    id: KeyId,
    key: VerifyingKey,
    until: Option<Timestamp>,
}

impl Verifier {
    /// Which key it is.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// Until when it is trusted, if it was replaced.
    #[must_use]
    pub fn until(&self) -> Option<Timestamp> {
        self.until
    }

    /// The same key, trusted until an instant only.
    #[must_use]
    pub fn trusted_until(self, until: Timestamp) -> Self {
        Self { until: Some(until), ..self }
    }

    /// Whether a signature is this key's for a text. Weak keys and malleable signatures do not count.
    #[must_use]
    pub fn verifies(&self, text: &[u8], signature: &[u8; 64]) -> bool {
        self.key.verify_strict(text, &Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.id, encoded(self.key.as_bytes()))?;
        self.until.map_or(Ok(()), |until| write!(f, "@{until}"))
    }
}

impl FromStr for Verifier {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let (key, until) = match text.split_once('@') {
            Some((key, until)) => (key, Some(until.parse().map_err(|_| BadKey::Until)?)),
            None => (text, None),
        };
        if key.starts_with(PRIVATE) {
            return Err(BadKey::NotPublic);
        }
        let (name, hash, public) = parts(key).ok_or(BadKey::NotPublic)?;
        let id = KeyId::of(name, &public);
        if id.hash != hash {
            return Err(BadKey::Hash);
        }
        let key = VerifyingKey::from_bytes(&public).map_err(|_| BadKey::NotPublic)?;
        Ok(Self { id, key, until })
    }
}

/// Name, hash and 32 bytes.
fn parts(text: &str) -> Option<(&str, [u8; 4], [u8; 32])> {
    // Base64 has a plus of its own, so the first two separate.
    let (name, rest) = text.split_once('+')?;
    let (hash, encoded) = rest.split_once('+')?;
    let mut bytes = [0; 4];
    hex::decode_to_slice(hash, &mut bytes).ok()?;
    let key = STANDARD.decode(encoded).ok()?;
    let (kind, key) = key.split_first()?;
    (*kind == ED25519).then_some((name, bytes, key.try_into().ok()?))
}

fn encoded(key: &[u8; 32]) -> String {
    let mut bytes = vec![ED25519];
    bytes.extend(key);
    STANDARD.encode(bytes)
}

/// The keys that are trusted. All have one name, that of the deployment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verifiers(Vec<Verifier>);

impl Verifiers {
    /// These keys.
    ///
    /// # Errors
    /// When one is there twice, or they have two names.
    pub fn of(keys: Vec<Verifier>) -> Result<Self, BadKey> {
        for (place, verifier) in keys.iter().enumerate() {
            if verifier.id.name != keys[0].id.name {
                return Err(BadKey::TwoNames(keys[0].id.name.clone(), verifier.id.name.clone()));
            }
            if keys[..place].iter().any(|known| known.id == verifier.id) {
                return Err(BadKey::Twice(verifier.id.clone()));
            }
        }
        Ok(Self(keys))
    }

    /// The key of this name and hash, if it is trusted.
    #[must_use]
    pub fn get(&self, id: &KeyId) -> Option<&Verifier> {
        self.0.iter().find(|verifier| verifier.id == *id)
    }

    /// The key that `NAME+HASH` names, if it is trusted.
    #[must_use]
    pub fn named(&self, id: &str) -> Option<&Verifier> {
        self.0.iter().find(|verifier| verifier.id.to_string() == id)
    }

    /// The name that all have; `None` where there are none.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.first().map(|verifier| verifier.id.name())
    }

    /// Every one of them.
    pub fn iter(&self) -> impl Iterator<Item = &Verifier> {
        self.0.iter()
    }
}

impl FromStr for Verifiers {
    type Err = BadKey;

    /// Reads a list that spaces separate.
    fn from_str(text: &str) -> Result<Self, BadKey> {
        Self::of(text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?)
    }
}

impl From<Verifier> for Verifiers {
    fn from(verifier: Verifier) -> Self {
        Self(vec![verifier])
    }
}

/// The keys of a function: those that it trusts, and its own, if it decides.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    own: Option<Arc<SigningKey>>,
    trusted: Arc<Verifiers>,
}

/// Something was to be signed by a function that has no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this function has no audit key, and may not decide")]
pub struct NoKey;

impl Keys {
    /// The keys that are trusted, and the function's own.
    #[must_use]
    pub fn new(own: Option<SigningKey>, trusted: Verifiers) -> Self {
        Self { own: own.map(Arc::new), trusted: Arc::new(trusted) }
    }

    /// A key that trusts itself alone.
    #[must_use]
    pub fn only(own: SigningKey) -> Self {
        let trusted = own.verifier().into();
        Self::new(Some(own), trusted)
    }

    /// The key to sign with.
    ///
    /// # Errors
    /// When the function has none.
    pub fn own(&self) -> Result<&SigningKey, NoKey> {
        self.own.as_deref().ok_or(NoKey)
    }

    /// The keys that are trusted.
    #[must_use]
    pub fn trusted(&self) -> &Verifiers {
        &self.trusted
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    /// The key of the example of Go's package `golang.org/x/mod/sumdb/note`.
    pub(crate) const GO_PRIVATE: &str =
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    pub(crate) const GO_PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    #[test]
    fn the_published_keys_read_and_belong_together() {
        let key = SigningKey::parse(GO_PRIVATE).unwrap();
        assert_eq!(key.verifier().to_string(), GO_PUBLIC);
        assert_eq!(key.to_text().expose_secret(), GO_PRIVATE);
        assert_eq!(GO_PUBLIC.parse::<Verifier>().unwrap(), key.verifier());
        assert!(!format!("{key:?}").contains("AYEK"));
    }

    #[test]
    fn a_slip_is_told_and_never_repeated() {
        for (text, fault) in [
            ("", BadKey::NotPrivate),
            (GO_PUBLIC, BadKey::NotPrivate),
            (&GO_PRIVATE[..GO_PRIVATE.len() - 4], BadKey::NotPrivate),
            (&GO_PRIVATE.replace("c74f20a3", "c74f20a4"), BadKey::Hash),
            (&GO_PRIVATE.replace("AYEKF", "AYEKG"), BadKey::Hash),
            (&GO_PRIVATE.replace("PeterNeumann", "Peter Neumann"), BadKey::Name),
        ] {
            assert_eq!(SigningKey::parse(text).unwrap_err(), fault, "{text}");
        }
        for (text, fault) in [
            ("", BadKey::NotPublic),
            (GO_PRIVATE, BadKey::NotPublic),
            (&GO_PUBLIC.replace("c74f20a3", "00000000"), BadKey::Hash),
            (&format!("{GO_PUBLIC}@yesterday"), BadKey::Until),
        ] {
            assert_eq!(text.parse::<Verifier>(), Err(fault), "{text}");
        }
    }

    #[test]
    fn a_signature_is_one_keys_for_one_text() {
        let (one, other) = (SigningKey::from_seed("a", [1; 32]).unwrap(), SigningKey::from_seed("a", [2; 32]).unwrap());
        let signature = one.sign(b"text");
        assert!(one.verifier().verifies(b"text", &signature));
        assert!(!one.verifier().verifies(b"texts", &signature) && !other.verifier().verifies(b"text", &signature));
    }

    #[test]
    fn keys_that_were_replaced_are_listed_with_an_instant_and_all_have_one_name() {
        let text = |name: &str, seed| SigningKey::from_seed(name, [seed; 32]).unwrap().verifier().to_string();
        let list = format!("{} {}@2027-01-31T00:00:00Z", text("a", 1), text("a", 2));
        let verifiers: Verifiers = list.parse().unwrap();
        assert_eq!(verifiers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "), list);
        assert_eq!(verifiers.name(), Some("a"));
        let (one, other) = (text("a", 1), text("b", 1));
        let two = format!("{one} {other}").parse::<Verifiers>();
        assert_eq!(two, Err(BadKey::TwoNames("a".to_owned(), "b".to_owned())));
        assert!(matches!(format!("{one} {one}").parse::<Verifiers>(), Err(BadKey::Twice(_))));
        assert_eq!("".parse::<Verifiers>().unwrap(), Verifiers::default());
    }
}
