//! One entry of a log.
//!
//! An entry says what it is about (its *subject*, which is whose log it stands in), its number there, the hash of the entry before,
//! who did it, and what. It is stored in its one spelling and nothing around it, so that its hash and its signature cover every byte.
//!
//! # Versions
//! Entries of version 1 were not signed. They read, and nothing is connected because of them. Behind the first entry that is
//! signed no other counts.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::canonical;
use crate::key::{SigningKey, Verifiers};
use crate::tree::Hash;

/// The version of the entry's schema that this code writes.
pub const VERSION: u32 = 2;
/// The version that was not signed.
pub const UNSIGNED: u32 = 1;
/// What stands for the hash of the entry before the first.
pub const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// What is signed begins so, and nothing else that the key signs does.
const DOMAIN: &str = "causeway log entry\n";

/// Whose log an entry stands in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", rename = "LogSubject")]
pub enum Subject {
    /// An endpoint that asks to be connected to a service: `endpoints/SERVICE/ENDPOINT`.
    Endpoint {
        /// `epsrv-…`
        service: String,
        /// `ep-…`
        endpoint: String,
    },
    /// A connection: `connections/NAME`.
    Connection(String),
    /// The approval policy: `policy`.
    Policy,
    /// The documents of the configuration: `config`.
    Config,
    /// The messages that were given up: `dead-letters`.
    DeadLetters,
}

/// A text is no subject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a log is that of endpoints/SERVICE/ENDPOINT, of connections/NAME, of the policy, of the config, or of dead-letters"
)]
pub struct BadSubject;

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint { service, endpoint } => write!(f, "endpoints/{service}/{endpoint}"),
            Self::Connection(name) => write!(f, "connections/{name}"),
            Self::Policy => f.write_str("policy"),
            Self::Config => f.write_str("config"),
            Self::DeadLetters => f.write_str("dead-letters"),
        }
    }
}

impl FromStr for Subject {
    type Err = BadSubject;

    fn from_str(text: &str) -> Result<Self, BadSubject> {
        let word = |text: &str| {
            let is_word =
                (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            is_word.then(|| text.to_owned()).ok_or(BadSubject)
        };
        let parts: Vec<&str> = text.split('/').collect();
        match parts[..] {
            ["endpoints", service, endpoint] => {
                Ok(Self::Endpoint { service: word(service)?, endpoint: word(endpoint)? })
            }
            ["connections", name] => word(name).map(Self::Connection),
            ["policy"] => Ok(Self::Policy),
            ["config"] => Ok(Self::Config),
            ["dead-letters"] => Ok(Self::DeadLetters),
            _ => Err(BadSubject),
        }
    }
}

impl TryFrom<String> for Subject {
    type Error = BadSubject;

    fn try_from(text: String) -> Result<Self, BadSubject> {
        text.parse()
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> Self {
        subject.to_string()
    }
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// The approval policy.
    Policy,
    /// A person, by the name of the secret or token that let the request in.
    Person(String),
    /// A connection of Causeway, by its name.
    Connection(String),
    /// A function, by its name: a spec or a setting lets it do so by itself.
    Function(String),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy => f.write_str("the policy"),
            Self::Person(name) | Self::Function(name) => f.write_str(name),
            Self::Connection(name) => write!(f, "connection {name}"),
        }
    }
}

/// What a kind of log holds.
pub trait Content: Serialize + DeserializeOwned {
    /// Whether it can stand in the log of `subject`.
    fn fits(&self, subject: &Subject) -> bool {
        let _ = subject;
        true
    }

    /// Whether what `entry` says comes to follows from the entry before it.
    fn follows(entry: &Entry<Self>, before: Option<&Entry<Self>>) -> bool {
        let _ = (entry, before);
        true
    }
}

impl Content for Map<String, Value> {}

/// One entry of a log, with what its kind of log holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "LogEntry")]
pub struct Entry<T> {
    /// The schema's version: 2. Entries of version 1 are not signed.
    pub version: u32,
    /// Whose log it stands in: `endpoints/SERVICE/ENDPOINT`, `connections/NAME` or `policy`. Not in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// Its number in the log, from 1.
    pub sequence: u64,
    /// The hash of the entry before.
    pub previous: String,
    /// Objects between the entry before and this one that were not to be trusted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passes_over: Vec<PassedOver>,
    /// When it was written.
    pub at: Timestamp,
    /// Tells two writers of the same apart.
    pub writer: String,
    /// Who did it.
    pub actor: Actor,
    /// What its kind of log holds.
    #[serde(flatten)]
    pub content: T,
    /// The key that signed it: `NAME+HASH`. Not in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// SHA-256 of all the rest but the signature in its one spelling, in hexadecimal.
    pub hash: String,
    /// Ed25519 signature of the same, in base64. Not in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// An entry reads as what it holds.
impl<T> Deref for Entry<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.content
    }
}

/// An object in the place of an entry that was not to be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PassedOver {
    /// Its number.
    pub sequence: u64,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

impl PassedOver {
    /// The object of this number with these bytes.
    #[must_use]
    pub fn of(sequence: u64, bytes: &[u8]) -> Self {
        Self { sequence, sha256: hex::encode(Sha256::digest(bytes)) }
    }
}

/// Where in its log the next entry stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Its number.
    pub sequence: u64,
    /// The hash of the entry before.
    pub previous: String,
    /// What it passes over.
    pub passes_over: Vec<PassedOver>,
}

impl Position {
    /// Behind an entry, or at the beginning.
    #[must_use]
    pub fn behind<T>(entry: Option<&Entry<T>>) -> Self {
        Self {
            sequence: entry.map_or(1, |entry| entry.sequence + 1),
            previous: entry.map_or_else(|| NOTHING.to_owned(), |entry| entry.hash.clone()),
            passes_over: Vec::new(),
        }
    }
}

/// Why an object in the place of an entry does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the texts say what each one means")]
pub enum Fault {
    #[error("it does not read: {0}")]
    Unreadable(String),
    #[error("it is not spelled the way entries are written")]
    Spelling,
    #[error("its content was changed: it does not have the hash that it carries")]
    Changed,
    #[error("it has version {0}, which this program does not know")]
    Version(u32),
    #[error("it is not signed")]
    Unsigned,
    #[error("it was signed by {0}, which is no key that is trusted")]
    UnknownKey(String),
    #[error("it was signed by {key}, which is trusted until {until}, and says that it was written at {at}")]
    Late { key: String, until: Timestamp, at: Timestamp },
    #[error("its signature does not fit what it says")]
    WrongSignature,
    #[error("it belongs to the log of {0}: somebody moved or copied it here")]
    Stranger(String),
    #[error("it carries the number {0}: somebody moved it here")]
    Moved(u64),
    #[error("entries before it are missing")]
    Gap,
    #[error("it does not follow the entry before it: that one was changed, taken away or put there")]
    Unchained,
    #[error("what it says that the log comes to is not what the log comes to")]
    State,
}

impl<T> Entry<T> {
    /// Whether it is signed; whoever reads an entry has verified the signature.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.version != UNSIGNED
    }
}

impl<T: Content> Entry<T> {
    /// An entry, signed. `writer` must be unique to this call.
    #[must_use]
    pub fn signed(
        subject: Subject,
        position: Position,
        (at, actor, content): (Timestamp, Actor, T),
        writer: String,
        key: &SigningKey,
    ) -> Self {
        let Position { sequence, previous, passes_over } = position;
        let mut entry = Self {
            version: VERSION,
            subject: Some(subject),
            sequence,
            previous,
            passes_over,
            at,
            writer,
            actor,
            content,
            key: Some(key.id().to_string()),
            hash: String::new(),
            signature: None,
        };
        let text = canonical::text(&without_seal(entry.to_value()));
        entry.hash = hex::encode(Sha256::digest(&text));
        entry.signature = Some(STANDARD.encode(key.sign(format!("{DOMAIN}{text}").as_bytes())));
        entry
    }

    /// The entry in its one spelling: what is stored, and what a leaf of the tree is made of.
    ///
    /// # Panics
    /// Never: an entry is plain data.
    #[must_use]
    pub fn to_text(&self) -> String {
        canonical::text(&self.to_value())
    }

    /// Its leaf of the tree.
    #[must_use]
    pub fn leaf(&self) -> Hash {
        Hash::of_leaf(self.to_text().as_bytes())
    }

    fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("an entry is plain data and always serialises")
    }

    /// Reads the entry `sequence` of a log. One that is signed has a signature that fits; one of version 1 reads.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn read(bytes: &[u8], subject: &Subject, sequence: u64, trusted: &Verifiers) -> Result<Self, Fault> {
        let unreadable = |error: serde_json::Error| Fault::Unreadable(error.to_string());
        let value: Value = serde_json::from_slice(bytes).map_err(unreadable)?;
        if canonical::text(&value).as_bytes() != bytes {
            return Err(Fault::Spelling);
        }
        let content = canonical::text(&without_seal(value.clone()));
        if value["hash"].as_str() != Some(&hex::encode(Sha256::digest(&content))) {
            return Err(Fault::Changed);
        }
        if let Some(version) = value["version"].as_u64().and_then(|version| u32::try_from(version).ok())
            && ![UNSIGNED, VERSION].contains(&version)
        {
            return Err(Fault::Version(version));
        }
        let entry: Self = serde_json::from_value(value).map_err(unreadable)?;
        if entry.version == VERSION {
            entry.verify(&content, trusted)?;
        }
        if entry.to_text().as_bytes() != bytes {
            return Err(Fault::Unreadable("it has fields that this program does not know".to_owned()));
        }
        entry.stands_at(subject, sequence)?;
        Ok(entry)
    }

    fn verify(&self, content: &str, trusted: &Verifiers) -> Result<(), Fault> {
        let (Some(key), Some(signature)) = (&self.key, &self.signature) else { return Err(Fault::Unsigned) };
        let verifier = trusted.named(key).ok_or_else(|| Fault::UnknownKey(key.clone()))?;
        let bytes = STANDARD.decode(signature).ok().and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
        let signature = bytes.ok_or(Fault::WrongSignature)?;
        if !verifier.verifies(format!("{DOMAIN}{content}").as_bytes(), &signature) {
            return Err(Fault::WrongSignature);
        }
        match verifier.until() {
            Some(until) if self.at > until => Err(Fault::Late { key: key.clone(), until, at: self.at }),
            _ => Ok(()),
        }
    }

    /// Whether it is about this subject, and has this number.
    fn stands_at(&self, subject: &Subject, sequence: u64) -> Result<(), Fault> {
        let is_of_it = match &self.subject {
            Some(own) => own == subject,
            None => self.version == UNSIGNED,
        };
        if !is_of_it || !self.content.fits(subject) {
            let own = self.subject.as_ref().map_or_else(|| "something else".to_owned(), ToString::to_string);
            return Err(Fault::Stranger(own));
        }
        if self.sequence != sequence {
            return Err(Fault::Moved(self.sequence));
        }
        if self.version == UNSIGNED && (self.key.is_some() || self.signature.is_some() || !self.passes_over.is_empty())
        {
            return Err(Fault::Unreadable("an entry of version 1 has no key".to_owned()));
        }
        Ok(())
    }
}

/// What hash and signature are over.
fn without_seal(mut value: Value) -> Value {
    if let Some(fields) = value.as_object_mut() {
        fields.remove("hash");
        fields.remove("signature");
    }
    value
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::act::{Asked, ConnectionAct};
    use proptest::prelude::*;

    pub(crate) fn key() -> SigningKey {
        SigningKey::from_seed("causeway.test", [1; 32]).unwrap()
    }

    pub(crate) fn trusted() -> Verifiers {
        key().verifier().into()
    }

    pub(crate) fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minutes * 60).unwrap()
    }

    pub(crate) fn subject(name: &str) -> Subject {
        Subject::Connection(name.to_owned())
    }

    pub(crate) fn act(asked: Asked) -> ConnectionAct {
        ConnectionAct { asked, uid: "u-1".to_owned(), generation: 1, spec_sha256: "00".to_owned(), revision: 1 }
    }

    pub(crate) fn entry(before: Option<&Entry<ConnectionAct>>, asked: Asked, key: &SigningKey) -> Entry<ConnectionAct> {
        let position = Position::behind(before);
        let minutes = i64::try_from(position.sequence).unwrap();
        let said = (at(minutes), Actor::Person("ann".to_owned()), act(asked));
        Entry::signed(subject("a-b"), position, said, format!("w{minutes}"), key)
    }

    fn read(entry: &Entry<ConnectionAct>, sequence: u64) -> Result<Entry<ConnectionAct>, Fault> {
        Entry::read(entry.to_text().as_bytes(), &subject("a-b"), sequence, &trusted())
    }

    #[test]
    fn what_was_signed_reads_in_its_place_and_nowhere_else() {
        let first = entry(None, Asked::Create, &key());
        assert_eq!(read(&first, 1).as_ref(), Ok(&first));
        assert_eq!(read(&first, 2), Err(Fault::Moved(1)));
        let elsewhere = Entry::<ConnectionAct>::read(first.to_text().as_bytes(), &subject("b-c"), 1, &trusted());
        assert_eq!(elsewhere, Err(Fault::Stranger("connections/a-b".to_owned())));
        let any =
            Entry::<Map<String, Value>>::read(first.to_text().as_bytes(), &subject("a-b"), 1, &trusted()).unwrap();
        assert_eq!((any.to_text(), any.leaf()), (first.to_text(), first.leaf()), "whatever its kind of log holds");
    }

    #[test]
    fn what_others_signed_or_nobody_does_not_count() {
        let other = SigningKey::from_seed("causeway.test", [2; 32]).unwrap();
        assert!(matches!(read(&entry(None, Asked::Create, &other), 1), Err(Fault::UnknownKey(_))));
        let mut forged = entry(None, Asked::Create, &other);
        forged.key = Some(key().id().to_string());
        forged.hash = hex::encode(Sha256::digest(canonical::text(&without_seal(forged.to_value()))));
        assert_eq!(read(&forged, 1), Err(Fault::WrongSignature));
        forged.signature = None;
        assert_eq!(read(&forged, 1), Err(Fault::Unsigned));
        forged.signature = Some("no base64".to_owned());
        assert_eq!(read(&forged, 1), Err(Fault::WrongSignature));
    }

    #[test]
    fn a_key_that_was_replaced_counts_for_what_it_signed_before() {
        let signed = entry(None, Asked::Create, &key());
        let until = |minutes| Verifiers::from(key().verifier().trusted_until(at(minutes)));
        let read =
            |minutes| Entry::<ConnectionAct>::read(signed.to_text().as_bytes(), &subject("a-b"), 1, &until(minutes));
        assert_eq!(read(1).unwrap(), signed);
        assert!(matches!(read(0), Err(Fault::Late { .. })));
    }

    #[test]
    fn an_entry_of_a_newer_program_is_not_read_half() {
        let mut value = entry(None, Asked::Create, &key()).to_value();
        value["more"] = true.into();
        let content = canonical::text(&without_seal(value.clone()));
        value["hash"] = hex::encode(Sha256::digest(&content)).into();
        value["signature"] = STANDARD.encode(key().sign(format!("{DOMAIN}{content}").as_bytes())).into();
        let bytes = canonical::text(&value);
        let read = Entry::<ConnectionAct>::read(bytes.as_bytes(), &subject("a-b"), 1, &trusted());
        assert!(matches!(read, Err(Fault::Unreadable(why)) if why.contains("does not know")));
        value["version"] = 3.into();
        value["hash"] = hex::encode(Sha256::digest(canonical::text(&without_seal(value.clone())))).into();
        let read = Entry::<ConnectionAct>::read(canonical::text(&value).as_bytes(), &subject("a-b"), 1, &trusted());
        assert_eq!(read, Err(Fault::Version(3)));
    }

    #[test]
    fn a_subject_reads_as_it_is_written_and_cannot_leave_its_folder() {
        let endpoint = Subject::Endpoint { service: "epsrv-1".to_owned(), endpoint: "ep-1".to_owned() };
        for subject in [endpoint, subject("a-b"), Subject::Policy, Subject::Config, Subject::DeadLetters] {
            assert_eq!(subject.to_string().parse(), Ok(subject));
        }
        for bad in
            ["", "endpoints/a", "endpoints/a/b/c", "endpoints//b", "connections/..", "policy/", "connections/a b"]
        {
            assert_eq!(bad.parse::<Subject>(), Err(BadSubject), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_single_changed_byte_is_found_wherever_it_is(place in any::<prop::sample::Index>(), by in 1..=255_u8) {
            let mut bytes = entry(None, Asked::Create, &key()).to_text().into_bytes();
            let place = place.index(bytes.len());
            bytes[place] ^= by;
            prop_assert!(Entry::<ConnectionAct>::read(&bytes, &subject("a-b"), 1, &trusted()).is_err());
        }
    }
}
