//! The keys of accounts of JD Cloud, which has no roles to assume: secrets of the functions' configuration.
//!
//! An account names its key; the key itself is in no document of the store, no record and no log.

use std::collections::BTreeMap;
use std::fmt;

use jdcloud::{Client, Credentials, Endpoints};
use serde::Deserialize;
use transport::Io;

/// The variable that holds the keys: JSON, from the name of each key to its `access_key_id` and `access_key_secret`.
pub const VARIABLE: &str = "CAUSEWAY_JDCLOUD_KEYS";
/// The variable that names a file which holds the same.
pub const FILE_VARIABLE: &str = "CAUSEWAY_JDCLOUD_KEYS_FILE";

/// Keys by name.
#[derive(Clone, Default)]
pub struct Keys(BTreeMap<String, Credentials>);

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A text that holds no keys. What stood there is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "it must be a JSON object from the name of each key, each there once, to an object of access_key_id and access_key_secret, \
     neither of them empty{0}"
)]
pub struct BadKeys(String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    access_key_id: String,
    access_key_secret: String,
}

impl Keys {
    /// Reads the JSON of [`VARIABLE`]. An empty text holds none.
    ///
    /// # Errors
    /// See [`BadKeys`].
    pub fn from_json(text: &str) -> Result<Self, BadKeys> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let read = strict::json(text.as_bytes()).and_then(strict::read::<BTreeMap<String, Key>>);
        let read = read.map_err(|problems| BadKeys(strict::places(&problems)))?;
        let is_whole = |text: &str| !text.is_empty() && text.trim() == text;
        let mut keys = BTreeMap::new();
        for (name, Key { access_key_id, access_key_secret }) in read {
            if ![&name, &access_key_id, &access_key_secret].into_iter().all(|text| is_whole(text)) {
                return Err(BadKeys(format!(" (wrong at {})", strict::quoted(&name))));
            }
            keys.insert(name, Credentials::new(access_key_id, access_key_secret));
        }
        Ok(Self(keys))
    }

    /// The names there are.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// The way to accounts of JD Cloud.
#[derive(Clone)]
pub struct Jdcloud {
    io: Io,
    endpoints: Endpoints,
    keys: Keys,
}

impl Jdcloud {
    /// Accounts reached through `io` at `endpoints`, each by its own one of `keys`.
    #[must_use]
    pub fn new(io: Io, endpoints: Endpoints, keys: Keys) -> Self {
        Self { io, endpoints, keys }
    }

    /// A client that signs with the key of this name.
    #[must_use]
    pub fn client(&self, key: &str) -> Option<Client> {
        let credentials = self.keys.0.get(key)?;
        Some(Client::new(self.io.clone(), self.endpoints.clone(), credentials.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_by_name_and_never_show() {
        let keys = Keys::from_json(r#"{"a": {"access_key_id": "AKID", "access_key_secret": "sesame"}}"#).unwrap();
        assert_eq!(keys.names().collect::<Vec<_>>(), ["a"]);
        assert_eq!(format!("{keys:?}"), r#"{"a"}"#);
        assert_eq!(Keys::from_json(" ").unwrap().names().count(), 0);
    }

    #[test]
    fn what_does_not_read_is_refused_without_being_repeated() {
        for bad in [
            "sesame",
            r#"{"a": "sesame"}"#,
            r#"{"a": {"access_key_id": "AKID"}}"#,
            r#"{"a": {"access_key_id": "", "access_key_secret": "sesame"}}"#,
            r#"{"a": {"access_key_id": "AKID", "access_key_secret": ""}}"#,
            r#"{"a": {"access_key_id": "AKID", "access_key_secret": "sesame\n"}}"#,
            r#"{"a": {"access_key_id": "A", "access_key_secret": "sesame"}, "a": {"access_key_id": "B", "access_key_secret": "c"}}"#,
            r#"{"a": {"access_key_id": "AKID", "access_key_secret": "sesame", "token": "sesame"}}"#,
            r#"{"a": ["AKID", "sesame"]}"#,
            r#"{"a": {"access_key_id": "AKID", "access_key_secret": "sesame\n"}}"#,
            r#"{"a": {"access_key_id": "AKID", "access_key_secret": "sesame", "access_key_secret": "sesame2"}}"#,
            r#"{"a": {"access_key_id": "AKID", "access_key_secret": "sesame"}, "a": {"access_key_id": "B", "access_key_secret": "x"}}"#,
        ] {
            let error = Keys::from_json(bad).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("sesame"), "{error}");
            assert_eq!(error.to_string().contains("wrong at"), bad.contains('{'), "{error}");
        }
    }
}
