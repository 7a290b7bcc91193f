//! What to sign with, what to fill in addresses with, and which addresses may be written to: by the function's environment.
//!
//! The sinks document names secrets. What they are stands in `CAUSEWAY_SINK_SECRETS`, a JSON object from name to secret, or in a
//! file of that form which `CAUSEWAY_SINK_SECRETS_FILE` names: the platform allows a function 4 KB of environment, and mounts
//! files.
//!
//! Who may write the sinks document is not told the secrets. So each secret says itself what it is for and to which hosts it may
//! go: a signing key never becomes a part of an address, and no sink gets a secret to another host.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use cloud_signing::webhook::{self, InvalidSecret};
use fc_runtime::Environment;
use http::Uri;
use notice::sinks::Name;
use notice::target::Loopback;
use secrecy::SecretString;
use serde::Deserialize;

use crate::links::{BadLinks, Links};

const SECRETS: &str = "CAUSEWAY_SINK_SECRETS";
const FILE: &str = "CAUSEWAY_SINK_SECRETS_FILE";
const LOOPBACK: &str = "CAUSEWAY_SINKS_ON_LOOPBACK";

/// How a secret is written.
const EXAMPLE: &str =
    r#"{"pager": {"kind": "webhook-signing-key", "hosts": ["pager.example.com"], "value": "whsec_..."}}"#;

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretKind {
    /// Signs what a webhook gets, by Standard Webhooks.
    WebhookSigningKey,
    /// Signs what a robot of DingTalk or Feishu gets.
    RobotSigningKey,
    /// Becomes a part of an address.
    Token,
}

impl fmt::Display for SecretKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WebhookSigningKey => "webhook-signing-key",
            Self::RobotSigningKey => "robot-signing-key",
            Self::Token => "token",
        })
    }
}

/// A secret as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    kind: SecretKind,
    hosts: Vec<Host>,
    value: String,
}

/// A host by its exact name or address, as the `url` of a sink names it; without a port.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
struct Host(String);

impl TryFrom<String> for Host {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
        let is_label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(word);
        let is_name = text.len() <= 253 && text.split('.').all(is_label);
        let in_brackets = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        let is_address = in_brackets.is_some_and(|text| matches!(text.parse(), Ok(IpAddr::V6(_))));
        if is_name || is_address { Ok(Self(text)) } else { Err("this is no host name") }
    }
}

#[derive(Debug, Clone)]
enum Value {
    WebhookSigningKey(webhook::Secret),
    RobotSigningKey(SecretString),
    Token(SecretString),
}

impl Value {
    fn kind(&self) -> SecretKind {
        match self {
            Self::WebhookSigningKey(_) => SecretKind::WebhookSigningKey,
            Self::RobotSigningKey(_) => SecretKind::RobotSigningKey,
            Self::Token(_) => SecretKind::Token,
        }
    }
}

#[derive(Debug, Clone)]
struct SinkSecret {
    hosts: Vec<Host>,
    value: Value,
}

/// Secrets by name, links, and whether the loopback interface may be written to.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    by_name: BTreeMap<Name, SinkSecret>,
    loopback: Loopback,
    links: Links,
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
    /// It is no object from names to secrets.
    #[error(
        "{variable} must hold a JSON object from name to secret, such as {EXAMPLE}; a name is 1 to 63 letters, digits, hyphens and \
         underscores, and stands there once; a kind is webhook-signing-key, robot-signing-key or token; hosts are exact host names \
         in lower case, without ports and wildcards{places}"
    )]
    Shape {
        /// The variable.
        variable: &'static str,
        /// Where, where that is known.
        places: String,
    },
    /// It is the form of before, which said neither what a secret is for nor where it may go.
    #[error(
        "{variable}: secret {name} is a plain text; write what it is for and the hosts it may be sent to, such as {EXAMPLE}; a kind \
         is webhook-signing-key, robot-signing-key, or token for what stands in the url of a sink"
    )]
    Plain {
        /// The variable.
        variable: &'static str,
        /// Whose.
        name: Name,
    },
    /// Nothing stands there.
    #[error("{variable}: the value of secret {name} is empty or blank; write the secret, or leave its name out")]
    Empty {
        /// The variable.
        variable: &'static str,
        /// Whose.
        name: Name,
    },
    /// It could be used nowhere.
    #[error("{variable}: secret {name} has no hosts; name the hosts of the sinks that use it")]
    NoHosts {
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
    /// A key under a kind that it is none of.
    #[error(
        "{variable}: secret {name} is a {kind}, and its value begins like a webhook-signing-key; correct its kind, or its value"
    )]
    Mistaken {
        /// The variable.
        variable: &'static str,
        /// Whose.
        name: Name,
        /// What it is said to be.
        kind: SecretKind,
    },
    /// It cannot stand in an address.
    #[error("{variable}: the value of token {name} cannot stand in a url; percent-encode what a url does not take")]
    Token {
        /// The variable.
        variable: &'static str,
        /// Whose.
        name: Name,
    },
    /// No links can be made.
    #[error(transparent)]
    Links(#[from] BadLinks),
    /// It is neither of the two words.
    #[error("{LOOPBACK} must be `allowed`, or empty")]
    Loopback,
}

/// A secret cannot be used as a sink names it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It is not there.
    #[error("there is no secret {0}; add it to {SECRETS}, or correct the sink")]
    Unknown(Name),
    /// It is for something else.
    #[error("the secret {name} is a {kind} and is not used as a {needed}; name another secret in the sink")]
    Kind {
        /// Its name.
        name: Name,
        /// What it is.
        kind: SecretKind,
        /// What it would have to be.
        needed: SecretKind,
    },
    /// It is not for this host.
    #[error(
        "the secret {name} is not used for {host}, which is none of its hosts; correct the url of the sink, or add the host to the \
         secret in {SECRETS}"
    )]
    Host {
        /// Its name.
        name: Name,
        /// Where the sink is.
        host: String,
    },
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
        let shape = |problems: Vec<_>| BadSecrets::Shape { variable, places: strict::places(&problems) };
        let document = strict::json(text.as_bytes()).map_err(shape)?;
        if let Some(name) = plain(&document) {
            return Err(BadSecrets::Plain { variable, name });
        }
        let read: BTreeMap<Name, Written> = strict::read(document).map_err(shape)?;
        let secret = |(name, written)| Ok((Name::clone(&name), checked(variable, name, written)?));
        let by_name = read.into_iter().map(secret).collect::<Result<_, BadSecrets>>()?;
        let loopback = match environment.get(LOOPBACK) {
            None => Loopback::Refused,
            Some("allowed") => Loopback::Allowed,
            Some(_) => return Err(BadSecrets::Loopback),
        };
        Ok(Self { by_name, loopback, links: Links::read(environment)? })
    }

    /// The key to sign with what a webhook on `host` gets.
    ///
    /// # Errors
    /// See [`Unusable`].
    pub fn webhook_signing_key(&self, name: &Name, host: &str) -> Result<&webhook::Secret, Unusable> {
        match self.used(name, host)? {
            Value::WebhookSigningKey(key) => Ok(key),
            other => Err(other.not_used(name, SecretKind::WebhookSigningKey)),
        }
    }

    /// The key to sign with what a robot on `host` gets.
    ///
    /// # Errors
    /// See [`Unusable`].
    pub fn robot_signing_key(&self, name: &Name, host: &str) -> Result<&SecretString, Unusable> {
        match self.used(name, host)? {
            Value::RobotSigningKey(key) => Ok(key),
            other => Err(other.not_used(name, SecretKind::RobotSigningKey)),
        }
    }

    /// What stands in an address on `host`.
    ///
    /// # Errors
    /// See [`Unusable`].
    pub fn token(&self, name: &Name, host: &str) -> Result<&SecretString, Unusable> {
        match self.used(name, host)? {
            Value::Token(token) => Ok(token),
            other => Err(other.not_used(name, SecretKind::Token)),
        }
    }

    fn used(&self, name: &Name, host: &str) -> Result<&Value, Unusable> {
        let secret = self.by_name.get(name).ok_or_else(|| Unusable::Unknown(name.clone()))?;
        if secret.hosts.iter().any(|Host(known)| known.eq_ignore_ascii_case(host)) {
            Ok(&secret.value)
        } else {
            Err(Unusable::Host { name: name.clone(), host: host.to_owned() })
        }
    }

    /// Links for owners.
    #[must_use]
    pub fn links(&self) -> &Links {
        &self.links
    }

    /// Whether the loopback interface may be written to.
    #[must_use]
    pub fn loopback(&self) -> Loopback {
        self.loopback
    }
}

impl Value {
    fn not_used(&self, name: &Name, needed: SecretKind) -> Unusable {
        Unusable::Kind { name: name.clone(), kind: self.kind(), needed }
    }
}

/// The first secret that is a plain text, as all were before they had kinds.
fn plain(document: &serde_json::Value) -> Option<Name> {
    let secrets = document.as_object()?;
    secrets.iter().find_map(|(name, secret)| secret.is_string().then(|| name.parse().ok()).flatten())
}

fn checked(variable: &'static str, name: Name, written: Written) -> Result<SinkSecret, BadSecrets> {
    let Written { kind, hosts, value } = written;
    let (text, value) = (value.as_str(), SecretString::from(value.as_str()));
    if hosts.is_empty() {
        return Err(BadSecrets::NoHosts { variable, name });
    }
    if text.trim().is_empty() {
        return Err(BadSecrets::Empty { variable, name });
    }
    if kind != SecretKind::WebhookSigningKey && text.contains("whsec_") {
        return Err(BadSecrets::Mistaken { variable, name, kind });
    }
    let value = match kind {
        SecretKind::WebhookSigningKey => match webhook::Secret::parse(text) {
            Ok(key) => Value::WebhookSigningKey(key),
            Err(fault) => return Err(BadSecrets::Webhook { variable, name, fault }),
        },
        SecretKind::RobotSigningKey => Value::RobotSigningKey(value),
        SecretKind::Token => {
            // A fragment is not sent.
            if text.contains(['#', '{', '}']) || format!("https://host/{text}").parse::<Uri>().is_err() {
                return Err(BadSecrets::Token { variable, name });
            }
            Value::Token(value)
        }
    };
    Ok(SinkSecret { hosts, value })
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;
    use serde_json::json;

    use super::*;

    const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn read(pairs: &[(&str, &str)]) -> Result<Secrets, BadSecrets> {
        Secrets::read(&pairs.iter().copied().collect())
    }

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn all() -> Secrets {
        let hosts = ["hooks.example.com", "127.0.0.1", "[::1]"];
        let text = json!({
            "pager": {"kind": "webhook-signing-key", "hosts": hosts, "value": KEY},
            "robot": {"kind": "robot-signing-key", "hosts": hosts, "value": "SEC12345"},
            "token": {"kind": "token", "hosts": hosts, "value": "12345/a?b=c%20d"},
        });
        read(&[(SECRETS, &text.to_string())]).unwrap()
    }

    #[test]
    fn secrets_are_found_by_name_for_what_they_are_and_never_shown() {
        let (secrets, host) = (all(), "hooks.example.com");
        assert_eq!(secrets.webhook_signing_key(&name("pager"), host).unwrap().to_text().expose_secret(), KEY);
        assert_eq!(secrets.robot_signing_key(&name("robot"), host).unwrap().expose_secret(), "SEC12345");
        for host in ["hooks.example.com", "Hooks.Example.COM", "127.0.0.1", "[::1]"] {
            assert_eq!(secrets.token(&name("token"), host).unwrap().expose_secret(), "12345/a?b=c%20d", "{host}");
        }
        assert_eq!(secrets.token(&name("other"), host).unwrap_err(), Unusable::Unknown(name("other")));
        let shown = format!("{secrets:?}");
        assert!(!shown.contains("12345") && !shown.contains("MfKQ"), "{shown}");
        assert_eq!(read(&[]).unwrap().loopback(), Loopback::Refused);
    }

    #[test]
    fn a_secret_is_used_for_nothing_but_its_kind() {
        let (secrets, host) = (all(), "hooks.example.com");
        for key in ["pager", "robot"] {
            let told = secrets.token(&name(key), host).unwrap_err().to_string();
            assert!(told.contains("signing-key and is not used as a token"), "{told}");
        }
        assert!(secrets.webhook_signing_key(&name("robot"), host).is_err());
        assert!(secrets.webhook_signing_key(&name("token"), host).is_err());
        assert!(secrets.robot_signing_key(&name("pager"), host).is_err());
        assert!(secrets.robot_signing_key(&name("token"), host).is_err());
    }

    #[test]
    fn a_secret_is_used_for_no_host_but_its_own() {
        let secrets = all();
        for host in [
            "evil.example.com",
            "example.com",
            "a.hooks.example.com",
            "hooks.example.com.",
            "hooks.example.com.evil.example",
            "hooks%2eexample.com",
            "127.0.0.2",
            "127.1",
            "::1",
            "*",
            "",
        ] {
            let errors = [
                secrets.token(&name("token"), host).unwrap_err(),
                secrets.webhook_signing_key(&name("pager"), host).err().unwrap(),
                secrets.robot_signing_key(&name("robot"), host).unwrap_err(),
            ];
            assert!(errors.iter().all(|error| matches!(error, Unusable::Host { .. })), "{host}: {errors:?}");
        }
    }

    #[test]
    fn the_plain_texts_of_before_are_refused_with_what_to_write() {
        for text in [
            r#"{"pager": "whsec_12345"}"#,
            r#"{"robot": "SEC12345"}"#,
            r#"{"a": {"kind": "token", "hosts": ["x"], "value": "t"}, "b": "12345"}"#,
        ] {
            let told = read(&[(SECRETS, text)]).unwrap_err().to_string();
            assert!(told.contains("is a plain text") && told.contains(EXAMPLE) && !told.contains("12345"), "{told}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_without_being_repeated() {
        let secret = |kind: &str, hosts: serde_json::Value, value: &str| {
            json!({"pager": {"kind": kind, "hosts": hosts, "value": value}}).to_string()
        };
        let (key, here) = ("webhook-signing-key", json!(["hooks.example.com"]));
        for (text, named) in [
            (r#"{"pager": 12345}"#.to_owned(), "/pager"),
            ("whsec_12345".to_owned(), SECRETS),
            ("not json 12345".to_owned(), SECRETS),
            (r#"[["pager", "whsec_12345"]]"#.to_owned(), SECRETS),
            (r#"{"pager": ["token", ["hooks.example.com"], "12345"]}"#.to_owned(), "/pager"),
            (r#"{"pager": {"kind": "token", "hosts": ["a"], "value": "12345", "port": 1}}"#.to_owned(), "/pager/port"),
            (r#"{"pager": {"kind": "token", "hosts": ["a"]}}"#.to_owned(), "/pager/value"),
            (r#"{"pager": {"kind": "token", "value": "12345"}}"#.to_owned(), "/pager/hosts"),
            (r#"{"pager": {"hosts": ["a"], "value": "12345"}}"#.to_owned(), "/pager/kind"),
            (r#"{"the pager": {"kind": "token", "hosts": ["a"], "value": "12345"}}"#.to_owned(), SECRETS),
            (r#"{"pager": {"value": "12345", "value": "12345"}}"#.to_owned(), "/pager/value"),
            (secret("key", here.clone(), "12345"), "/pager/kind"),
            (secret("token", json!([]), "12345"), "secret pager has no hosts"),
            (secret("token", json!("hooks.example.com"), "12345"), "/pager/hosts"),
            (secret(key, here.clone(), "whsec_12345"), "secret pager cannot be used: a webhook secret is"),
            (secret(key, here.clone(), "whsec_"), "secret pager cannot be used: a webhook secret has 24 to 64"),
            (secret(key, here.clone(), "v1,whsec_12345"), "secret pager cannot be used"),
            (secret("token", here.clone(), KEY), "secret pager is a token, and its value begins like"),
            (secret("robot-signing-key", here.clone(), KEY), "secret pager is a robot-signing-key, and its value"),
            (secret("token", here.clone(), ""), "the value of secret pager is empty"),
            (secret("robot-signing-key", here.clone(), "  "), "the value of secret pager is empty"),
            (secret("token", here.clone(), "12345 6"), "the value of token pager cannot stand in a url"),
            (secret("token", here.clone(), "12345#6"), "the value of token pager cannot stand in a url"),
            (secret("token", here.clone(), "12345\n"), "/pager/value"),
        ] {
            let told = read(&[(SECRETS, &text)]).unwrap_err().to_string();
            assert!(told.contains(named) && !told.contains("12345"), "{text}: {told}");
        }
        for host in
            ["*.example.com", "*", "Hooks.example.com", "hooks.example.com:443", "hooks.example.com.", "a b", ""]
        {
            let told =
                read(&[(SECRETS, &secret("token", json!(["a.example.com", host]), "12345"))]).unwrap_err().to_string();
            assert!(told.contains("/pager/hosts/1"), "{host}: {told}");
        }
        for (pairs, named) in [
            (vec![(SECRETS, "{}"), (FILE, "/nowhere")], FILE),
            (vec![(FILE, "/nowhere")], FILE),
            (vec![(LOOPBACK, "12345")], LOOPBACK),
        ] {
            let told = read(&pairs).unwrap_err().to_string();
            assert!(told.contains(named) && !told.contains("12345"), "{told}");
        }
    }
}
