//! Who is told of what: one JSON document of the operator's, kept in the store as `config/sinks.json`.
//!
//! It names secrets and holds none. An address may hold a token, as those of robots do: `{NAME}` behind the host stands for the
//! token of that name. The host itself is written out: which hosts a secret may be sent to is the secret's own business.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use http::Uri;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strict::{Fields, Unreadable};

use crate::cloud_event;
use crate::event::Event;
use crate::filter::Filter;
use crate::target::{self, BadTarget, Loopback};

/// The version of the document's schema that this code reads.
pub const VERSION: u32 = 1;
/// The most sinks there can be.
const MOST: usize = 50;

/// The name of a sink, or of a secret: 1 to 63 letters, digits, hyphens and underscores.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SinkName")]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[A-Za-z0-9_-]{1,63}$"))]
pub struct Name(String);

/// A text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is no name: write 1 to 63 letters, digits, hyphens and underscores", strict::quoted(.0))]
pub struct BadName(String);

impl Name {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if (1..=63).contains(&text.len()) && text.bytes().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadName(text.to_owned()))
        }
    }
}

impl TryFrom<String> for Name {
    type Error = BadName;

    fn try_from(text: String) -> Result<Self, BadName> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a sink is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SinkKind {
    /// Takes CloudEvents, signed by Standard Webhooks.
    Webhook,
    /// A custom robot of a DingTalk group, with signatures switched on.
    Dingtalk,
    /// A custom bot of a Feishu or Lark group, with signatures switched on.
    Feishu,
}

/// Somebody who is told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sink {
    /// Its name: what deliveries are remembered by.
    pub name: Name,
    /// What it is.
    pub kind: SinkKind,
    /// Where it is: `https://…`. `{NAME}`, in the path or the query, stands for the token of that name.
    pub url: String,
    /// The name of the signing key: `whsec_…` for a webhook, the robot's own for a robot.
    pub secret: Name,
    /// Which events it wants; all of them unless it says otherwise.
    #[serde(default)]
    pub filter: Filter,
    /// The owner of accounts who reads it, by the name in the accounts document: what it is told of connections that wait for the
    /// owner's consent has a link to agree or to refuse. Whoever reads the sink speaks for the owner, so it must be the owner's alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

impl fmt::Debug for Sink {
    /// Without the address, which may hold a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sink").field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Everybody who is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sinks {
    /// The schema's version: 1.
    pub version: u32,
    /// The `source` of all events: a URI reference that tells this installation from others. `urn:causeway` unless named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The sinks.
    pub sinks: Vec<Sink>,
}

impl Sinks {
    /// Nobody is told.
    #[must_use]
    pub fn none() -> Self {
        Self { version: VERSION, source: None, sinks: Vec::new() }
    }

    /// Reads the document. Whether a loopback address may be written to is asked when it is written to, not here.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Unreadable> {
        let document = strict::json(bytes).and_then(|document| strict::of_version(document, VERSION));
        document.and_then(|document| strict::object(document, Self::read)).map_err(Unreadable)
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let version = fields.required("version");
        let source: Option<Option<String>> = fields.optional("source", None);
        if !fields.has("sinks") {
            fields.problem("sinks", "this field is required; [] for none");
        }
        let sinks: Option<Vec<Sink>> = fields.list("sinks", MOST);
        if let Some(Some(source)) = &source
            && (source.is_empty() || source.parse::<Uri>().is_err())
        {
            fields.problem("source", format!("{}: not a URI reference", strict::quoted(source)));
        }
        let mut names = BTreeSet::new();
        for (number, sink) in sinks.iter().flatten().enumerate() {
            if !names.insert(&sink.name) {
                fields.problem(&format!("sinks/{number}/name"), format!("{} is there twice", sink.name));
            }
            sink.check(number, fields);
        }
        Some(Self { version: version?, source: source?, sinks: sinks? })
    }

    /// The sink of this name.
    #[must_use]
    pub fn get(&self, name: &Name) -> Option<&Sink> {
        self.sinks.iter().find(|sink| sink.name == *name)
    }

    /// The sinks that want an event.
    pub fn wanting<'a>(&'a self, event: &'a Event) -> impl Iterator<Item = &'a Sink> {
        self.sinks.iter().filter(|sink| sink.filter.wants(event))
    }

    /// Where events come from.
    #[must_use]
    pub fn source(&self) -> &str {
        self.source.as_deref().unwrap_or(cloud_event::SOURCE)
    }
}

/// Whether a text can be the word for a kind, or the alias of an account.
fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=32).contains(&text.len()) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// An address cannot be completed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the texts say what each one means")]
pub enum BadAddress {
    #[error("a placeholder is not of the form {{NAME}}")]
    Placeholder,
    #[error("a placeholder stands before the path; write scheme, host and port as they are")]
    Host,
}

/// The address of a sink cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSinkUrl {
    /// It cannot be completed.
    #[error(transparent)]
    Address(#[from] BadAddress),
    /// It may not be written to.
    #[error(transparent)]
    Target(#[from] BadTarget),
}

impl Sink {
    fn check(&self, number: usize, fields: &mut Fields<'_>) {
        if let Err(bad) = self.target(Loopback::Allowed) {
            fields.problem(&format!("sinks/{number}/url"), bad.to_string());
        }
        let is_caller = |owner: &String| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'@');
            (1..=32).contains(&owner.len()) && owner.bytes().all(fits)
        };
        if let Some(owner) = self.owner.as_ref().filter(|owner| !is_caller(owner)) {
            let detail = format!("{}: write the owner's name as in config/accounts.json", strict::quoted(owner));
            fields.problem(&format!("sinks/{number}/owner"), detail);
        }
        for (at, glob) in self.filter.idle() {
            let detail = format!("no event has a type like {}", strict::quoted(glob));
            fields.problem(&format!("sinks/{number}/filter/types/{at}"), detail);
        }
        for (name, list) in [("kinds", &self.filter.kinds), ("accounts", &self.filter.accounts)] {
            for (at, word) in list.iter().enumerate().filter(|(_, word)| !is_label(word)) {
                let detail = format!(
                    "{} fits nothing: write lower-case letters, digits and inner hyphens",
                    strict::quoted(word)
                );
                fields.problem(&format!("sinks/{number}/filter/{name}/{at}"), detail);
            }
        }
    }

    /// The address with a word in the place of each token: what its host is can be said without knowing any.
    ///
    /// # Errors
    /// When it is no address, or may not be written to.
    pub fn target(&self, loopback: Loopback) -> Result<Uri, BadSinkUrl> {
        let address = self.address(|_| Ok::<_, BadAddress>("token".to_owned()))?;
        Ok(target::check(&address, loopback)?)
    }

    /// The address with its tokens filled in.
    ///
    /// # Errors
    /// See [`BadAddress`], and whatever `token` refuses.
    pub fn address<E: From<BadAddress>>(&self, mut token: impl FnMut(&Name) -> Result<String, E>) -> Result<String, E> {
        let mut address = String::new();
        let mut rest = self.url.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or(BadAddress::Placeholder)?;
            let name: Name = name.parse().map_err(|_| BadAddress::Placeholder)?;
            address.push_str(before);
            let is_behind_host = |(_, rest): (&str, &str)| rest.contains(['/', '?']);
            if !address.split_once("://").is_some_and(is_behind_host) {
                return Err(BadAddress::Host.into());
            }
            address.push_str(&token(&name)?);
            rest = after;
        }
        address.push_str(rest);
        Ok(address)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::event::tests::sample;

    fn document() -> Value {
        json!({"version": 1, "sinks": [
            {"name": "pager", "kind": "webhook", "url": "https://pager.example.com/in", "secret": "pager",
             "filter": {"severity": "critical"}},
            {"name": "net-group", "kind": "dingtalk", "secret": "net-group",
             "url": "https://oapi.dingtalk.com/robot/send?access_token={net-token}",
             "filter": {"types": ["causeway.drift.*"], "labels": {"team": "net"}}},
        ]})
    }

    fn read(document: &Value) -> Result<Sinks, Unreadable> {
        Sinks::from_json(document.to_string().as_bytes())
    }

    #[test]
    fn the_sinks_that_want_an_event_are_found() {
        let sinks = read(&document()).unwrap();
        let event = sample();
        let wanting: Vec<_> = sinks.wanting(&event).map(|sink| sink.name.as_str()).collect();
        assert_eq!(wanting, ["pager"]);
        assert_eq!(sinks.source(), "urn:causeway");
    }

    #[test]
    fn the_schema_takes_what_is_read_and_refuses_what_is_not() {
        let schema = serde_json::to_value(schemars::schema_for!(Sinks)).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        assert!(validator.is_valid(&document()));
        let mut unknown = document();
        unknown["sinks"][0]["password"] = "p".into();
        assert!(!validator.is_valid(&unknown) && read(&unknown).is_err(), "unknown fields are refused");
        let mut odd = document();
        odd["sinks"][0]["name"] = "a b".into();
        assert!(!validator.is_valid(&odd) && read(&odd).is_err());
    }

    #[test]
    fn the_example_reads() {
        let sinks = Sinks::from_json(include_bytes!("../../../examples/sinks.json")).unwrap();
        assert_eq!(sinks.sinks.len(), 4);
    }

    #[test]
    fn every_mistake_is_named_by_its_place() {
        let mut bad = document();
        bad["source"] = "".into();
        bad["sinks"][0]["url"] = "http://pager.example.com/".into();
        bad["sinks"][1]["name"] = "pager".into();
        bad["sinks"][1]["url"] = "https://a.example.com/{".into();
        bad["sinks"][0]["owner"] = "pact b".into();
        bad["sinks"][1]["filter"]["types"] = json!(["*", "causeway.drif.*"]);
        let told = read(&bad).unwrap_err().to_string();
        for place in [
            "/source:",
            "/sinks/0/url:",
            "/sinks/0/owner:",
            "/sinks/1/name:",
            "/sinks/1/url:",
            "/sinks/1/filter/types/1:",
        ] {
            assert!(told.contains(place), "{place}: {told}");
        }
        let mut newer = document();
        newer["version"] = 2.into();
        newer["more"] = true.into();
        assert_eq!(read(&newer).unwrap_err().0.len(), 1, "a newer document may have fields that are not known here");
    }

    #[test]
    fn the_document_is_read_strictly() {
        for (text, told) in [
            (r#"{"version":1,"sinks":[],"sinks":[]}"#, "/sinks: this key is there twice"),
            (r#"[1, null, []]"#, "the document: "),
            (r#"{"version":1,"sinks":[["pager","webhook","https://a.example.com/","pager"]]}"#, "/sinks/0: "),
            (
                r#"{"version":1,"sinks":[{"name":"a","kind":"web-hook","url":"https://a.example.com/","secret":"s"}]}"#,
                "did you mean `webhook`?",
            ),
            (
                r#"{"version":1,"sinks":[{"name":"a","kind":"webhook","url":"https://a.example.com/\u202e","secret":"s"}]}"#,
                "/sinks/0/url: ",
            ),
            (
                r#"{"version":1,"sinks":[{"name":"a","kind":"webhook","url":"https://a.example.com/","secret":"s","filter":{"accounts":["*"]}}]}"#,
                "/sinks/0/filter/accounts/0: \"*\" fits nothing",
            ),
            (r#"{"version":1}"#, "/sinks: this field is required"),
        ] {
            let error = Sinks::from_json(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }

    #[test]
    fn a_placeholder_stands_for_a_token_and_debug_shows_no_address() {
        let sinks = read(&document()).unwrap();
        let sink = &sinks.sinks[1];
        let address = sink.address(|name| Ok::<_, BadAddress>(format!("<{name}>"))).unwrap();
        assert_eq!(address, "https://oapi.dingtalk.com/robot/send?access_token=<net-token>");
        assert_eq!(sink.target(Loopback::Refused).unwrap().host(), Some("oapi.dingtalk.com"));
        assert!(!format!("{sinks:?}").contains("access_token"));
    }

    #[test]
    fn no_token_becomes_a_part_of_the_host_or_stands_before_it() {
        for url in [
            "{token}",
            "{token}://hooks.example.com/",
            "https://{token}",
            "https://{token}/in",
            "https://{token}.example.com/in",
            "https://hooks.example.com{token}/in",
            "https://hooks.example.com:{token}/in",
            "https://{token}@hooks.example.com/in",
            "https://hooks.example.com#{token}",
            "https:/{token}",
        ] {
            let mut document = document();
            document["sinks"][0]["url"] = url.into();
            let told = read(&document).unwrap_err().to_string();
            assert!(told.starts_with("/sinks/0/url: ") && told.contains("before the path"), "{url}: {told}");
        }
        for url in ["https://hooks.example.com/{token}", "https://hooks.example.com?at={token}"] {
            let mut document = document();
            document["sinks"][0]["url"] = url.into();
            assert!(read(&document).is_ok(), "{url}");
        }
    }
}
