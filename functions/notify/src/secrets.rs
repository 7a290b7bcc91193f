//! What to sign with, and which addresses may be written to: by the function's environment.
//!
//! The sinks document names secrets. What they are stands in `CAUSEWAY_SINK_SECRETS`, a JSON object from name to secret, or in a
//! file of that form which `CAUSEWAY_SINK_SECRETS_FILE` names: the platform allows a function 4 KB of environment, and mounts
//! files.

use std::collections::BTreeMap;

use cloud_signing::webhook::{InvalidSecret, Secret};
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
    #[error("{SECRETS} and {FILE} are both set; set one of them")]
    Both,
    /// The file is not there, or not to be read.
    #[error("{FILE} names a file that cannot be read")]
    File(#[source] std::io::Error),
    /// It is no object from names to texts.
    #[error(
        "{variable} must hold a JSON object from name to secret, such as {{\"pager\": \"whsec_...\"}}; a name is 1 to 63 letters, \
         digits, hyphens and underscores, and stands there once{places}"
    )]
    Shape {
        /// The variable.
        variable: &'static str,
        /// Where, where that is known.
        places: String,
    },
    /// Nothing stands there.
    #[error("{variable}: secret {name} is empty or blank; write the secret, or leave its name out")]
    Empty {
        /// The variable.
        variable: &'static str,
        /// Whose.
        name: Name,
    },
    /// It is meant for a webhook, and none.
    #[error("{variable}: secret {name} cannot be used: {fault}")]
    Webhook {
        /// The variable.
        variable: &'static str,
        /// Whose.
        name: Name,
        /// What is wrong with it.
        fault: InvalidSecret,
    },
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
        // What is said of the text may repeat a piece of it.
        let read = strict::json(text.as_bytes()).and_then(strict::read::<BTreeMap<Name, String>>);
        let read = read.map_err(|problems| BadSecrets::Shape { variable, places: strict::places(&problems) })?;
        let mut by_name = BTreeMap::new();
        for (name, text) in read {
            if text.trim().is_empty() {
                return Err(BadSecrets::Empty { variable, name });
            }
            // Those of robots have no form of their own.
            if text.contains("whsec_")
                && let Err(fault) = Secret::parse(&text)
            {
                return Err(BadSecrets::Webhook { variable, name, fault });
            }
            by_name.insert(name, text.into());
        }
        let loopback = match environment.get(LOOPBACK) {
            None => Loopback::Refused,
            Some("allowed") => Loopback::Allowed,
            Some(_) => return Err(BadSecrets::Loopback),
        };
        Ok(Self { by_name, loopback })
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
        let secrets = read(&[(SECRETS, r#"{"pager": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}"#)]).unwrap();
        let pager: Name = "pager".parse().unwrap();
        assert_eq!(secrets.text(&pager).as_deref(), Some("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
        assert!(secrets.get(&"other".parse().unwrap()).is_none());
        assert!(!format!("{secrets:?}").contains("whsec_"));
        assert_eq!(read(&[]).unwrap().loopback(), Loopback::Refused);
    }

    #[test]
    fn what_is_wrong_is_named_without_being_repeated() {
        for (pairs, named) in [
            (vec![(SECRETS, "{}"), (FILE, "/nowhere")], FILE),
            (vec![(FILE, "/nowhere")], FILE),
            (vec![(SECRETS, r#"{"pager": 12345}"#)], SECRETS),
            (vec![(SECRETS, "whsec_12345")], SECRETS),
            (vec![(SECRETS, "not json 12345")], SECRETS),
            (vec![(SECRETS, r#"{"pager": "12345", "pager": "x"}"#)], SECRETS),
            (vec![(SECRETS, r#"{"the pager": "12345"}"#)], SECRETS),
            (vec![(SECRETS, r#"{"pager": "whsec_12345"}"#)], "secret pager cannot be used: a webhook secret is"),
            (vec![(SECRETS, r#"{"pager": "whsec_"}"#)], "secret pager cannot be used: a webhook secret has 24 to 64"),
            (vec![(SECRETS, r#"{"pager": "v1,whsec_12345"}"#)], "secret pager cannot be used"),
            (vec![(SECRETS, r#"{"pager": ""}"#)], "secret pager is empty"),
            (vec![(SECRETS, r#"{"pager": "  "}"#)], "secret pager is empty"),
            (vec![(SECRETS, r#"[["pager", "whsec_12345"]]"#)], SECRETS),
            (vec![(SECRETS, r#"{"pager": "whsec_12345", "pager": "whsec_123456"}"#)], "/pager"),
            (vec![(SECRETS, r#"{"pager": "whsec_12345\n"}"#)], "/pager"),
            (vec![(LOOPBACK, "12345")], LOOPBACK),
        ] {
            let told = read(&pairs).unwrap_err().to_string();
            assert!(told.contains(named) && !told.contains("12345"), "{told}");
        }
    }
}
