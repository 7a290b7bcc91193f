//! What to sign with, and which addresses may be written to: by the function's environment.
//!
//! The sinks document names secrets. What they are stands in `CAUSEWAY_SINK_SECRETS`, a JSON object from name to secret, or in a
//! file of that form which `CAUSEWAY_SINK_SECRETS_FILE` names: the platform allows a function 4 KB of environment, and mounts
//! files.

use std::collections::BTreeMap;

use fc_runtime::Environment;
use notice::sinks::Name;
use notice::target::Loopback;
use secrecy::{ExposeSecret as _, SecretString};

const SECRETS: &str = "CAUSEWAY_SINK_SECRETS";
const FILE: &str = "CAUSEWAY_SINK_SECRETS_FILE";
const LOOPBACK: &str = "CAUSEWAY_SINKS_ON_LOOPBACK";

/// Secrets by name, and whether the loopback interface may be written to.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    by_name: BTreeMap<Name, SecretString>,
    loopback: Loopback,
}

/// The environment cannot be used. Values are not repeated.
#[derive(Debug, thiserror::Error)]
pub enum BadSecrets {
    /// Both variables are set.
    #[error("{SECRETS} and {FILE} are both set; which one counts?")]
    Both,
    /// The file is not there, or not to be read.
    #[error("{FILE} names a file that cannot be read")]
    File(#[source] std::io::Error),
    /// It is no object from names to texts.
    #[error("{0} must hold a JSON object of names and secrets")]
    Shape(&'static str),
    /// It is neither of the two words.
    #[error("{LOOPBACK} must be `allowed`, or empty")]
    Loopback,
}

impl Secrets {
    /// Reads `environment`.
    ///
    /// # Errors
    /// See [`BadSecrets`].
    pub fn read(environment: &Environment) -> Result<Self, BadSecrets> {
        let (variable, text) = match (environment.get(SECRETS), environment.get(FILE)) {
            (Some(_), Some(_)) => return Err(BadSecrets::Both),
            (Some(text), None) => (SECRETS, text.to_owned()),
            (None, Some(path)) => (FILE, std::fs::read_to_string(path).map_err(BadSecrets::File)?),
            (None, None) => (SECRETS, "{}".to_owned()),
        };
        // What serde says of the text may repeat a piece of it.
        let by_name: BTreeMap<Name, String> = serde_json::from_str(&text).map_err(|_| BadSecrets::Shape(variable))?;
        let loopback = match environment.get(LOOPBACK) {
            None => Loopback::Refused,
            Some("allowed") => Loopback::Allowed,
            Some(_) => return Err(BadSecrets::Loopback),
        };
        Ok(Self { by_name: by_name.into_iter().map(|(name, text)| (name, text.into())).collect(), loopback })
    }

    /// The secret of this name.
    #[must_use]
    pub fn get(&self, name: &Name) -> Option<&SecretString> {
        self.by_name.get(name)
    }

    /// The secret of this name as text, to be put into an address.
    #[must_use]
    pub fn text(&self, name: &Name) -> Option<String> {
        self.get(name).map(|secret| secret.expose_secret().to_owned())
    }

    /// Whether the loopback interface may be written to.
    #[must_use]
    pub fn loopback(&self) -> Loopback {
        self.loopback
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Secrets, BadSecrets> {
        Secrets::read(&pairs.iter().copied().collect())
    }

    #[test]
    fn secrets_are_found_by_name_and_never_shown() {
        let secrets = read(&[(SECRETS, r#"{"pager": "whsec_x"}"#)]).unwrap();
        let pager: Name = "pager".parse().unwrap();
        assert_eq!(secrets.text(&pager).as_deref(), Some("whsec_x"));
        assert!(secrets.get(&"other".parse().unwrap()).is_none());
        assert!(!format!("{secrets:?}").contains("whsec_x"));
        assert_eq!(read(&[]).unwrap().loopback(), Loopback::Refused);
    }

    #[test]
    fn what_is_wrong_is_named_without_being_repeated() {
        for (pairs, named) in [
            (vec![(SECRETS, "{}"), (FILE, "/nowhere")], FILE),
            (vec![(FILE, "/nowhere")], FILE),
            (vec![(SECRETS, r#"{"pager": 12345}"#)], SECRETS),
            (vec![(SECRETS, "whsec_12345")], SECRETS),
            (vec![(LOOPBACK, "12345")], LOOPBACK),
        ] {
            let told = read(&pairs).unwrap_err().to_string();
            assert!(told.contains(named) && !told.contains("12345"), "{told}");
        }
    }
}
