//! Who may call the API, and what each caller may do: the callers document.
//!
//! The document names callers and what they may do. It holds no secret: a webhook secret and a bearer token stand in the
//! webhook's environment under the caller's name, and a token may also stand here by its hash. So a secret is replaced without
//! a new name. A caller that the document does not name may do nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strict::instant::Instant;
use strict::{Fields, Unreadable};

use crate::record::Record;
use crate::spec::Spec;
use crate::words::{AccountAlias, CallerName, Kind, ResourceId};

/// The version of the document's schema that this code reads.
pub const VERSION: u32 = 1;
/// The most of anything in a list of the document.
const MOST: usize = 200;
/// How many characters the hexadecimal SHA-256 of a token has.
const HASH: usize = 64;

/// What a caller is let in by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// A signature by a webhook secret.
    WebhookSecret,
    /// A bearer token.
    BearerToken,
}

/// What a caller may do, as one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Sees connections, decisions, findings and notices.
    Viewer,
    /// Asks for connections, changes them and removes them; pauses, resumes and retries them.
    Requester,
    /// Keeps connections running: pauses, resumes, retries and abandons them, checks for drift, sends notices and dead letters again.
    Operator,
    /// Decides on endpoints and approves repairs.
    Approver,
    /// Everything, with the policy and the configuration.
    Admin,
}

impl Role {
    /// Every role, the one with the fewest rights first.
    pub const ALL: [Self; 5] = [Self::Viewer, Self::Requester, Self::Operator, Self::Approver, Self::Admin];

    /// Whether the role allows `act`.
    #[must_use]
    pub fn allows(self, act: Act) -> bool {
        match act {
            // Whose consent it is says the accounts document.
            Act::See | Act::Consent => true,
            Act::Ask => matches!(self, Self::Requester | Self::Admin),
            Act::Switch | Act::Check => matches!(self, Self::Requester | Self::Operator | Self::Admin),
            Act::Abandon | Act::Redeliver | Act::Replay => matches!(self, Self::Operator | Self::Admin),
            Act::Decide | Act::Repair => matches!(self, Self::Approver | Self::Admin),
            Act::SeePolicy => matches!(self, Self::Viewer | Self::Approver | Self::Admin),
            Act::Audit => matches!(self, Self::Viewer | Self::Admin),
            Act::PutPolicy | Act::Configure | Act::Discard => self == Self::Admin,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Viewer => "viewer",
            Self::Requester => "requester",
            Self::Operator => "operator",
            Self::Approver => "approver",
            Self::Admin => "admin",
        })
    }
}

/// What a request does, as far as its caller needs a role for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// See something.
    See,
    /// Create, change or remove a connection.
    Ask,
    /// Pause, resume or retry a connection.
    Switch,
    /// Give up on a connection.
    Abandon,
    /// Begin a drift check.
    Check,
    /// Send a notice again.
    Redeliver,
    /// Send a message again that was given up.
    Replay,
    /// Delete a message that was given up.
    Discard,
    /// Decide on an endpoint.
    Decide,
    /// Approve a repair.
    Repair,
    /// Speak for the owner of an account.
    Consent,
    /// See the approval policy.
    SeePolicy,
    /// Read the logs as they stand in the store.
    Audit,
    /// Put an approval policy in force.
    PutPolicy,
    /// See or put a document of the configuration.
    Configure,
}

impl Act {
    /// The roles that allow it, in words: `requester or admin`.
    #[must_use]
    pub fn roles(self) -> String {
        let roles: Vec<_> =
            Role::ALL.into_iter().filter(|role| role.allows(self)).map(|role| role.to_string()).collect();
        match roles.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => roles.concat(),
        }
    }

    fn only_sees(self) -> bool {
        matches!(self, Self::See | Self::SeePolicy | Self::Audit)
    }
}

/// A role, and what it is limited to. A limit that is left out is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// Only for these accounts. Acting takes all accounts of a connection, seeing it takes one of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<AccountAlias>>,
    /// Only for connections of these kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinds: Option<Vec<Kind>>,
    /// Only for these endpoint services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub services: Option<Vec<ResourceId>>,
    /// Only for connections that carry all of these labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// One caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    /// What it is let in by.
    pub credential: Credential,
    /// SHA-256 of its bearer tokens, in hexadecimal; several while one is replaced. Tokens may also stand in the webhook's
    /// environment, under the caller's name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_sha256: Vec<String>,
    /// What it may do. All roles add up.
    pub roles: Vec<Grant>,
    /// From then on it is let in no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// All callers by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Callers {
    /// The schema's version: 1.
    pub version: u32,
    /// Whether what one caller asks for takes another caller's approval. True unless the document says otherwise, as a single
    /// person who tries Causeway must.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub four_eyes: bool,
    /// The callers.
    pub callers: BTreeMap<CallerName, Caller>,
    /// Groups of callers, which can own accounts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<CallerName, BTreeSet<CallerName>>,
}

fn yes() -> bool {
    true
}

/// What a request is about, as far as a role may be limited to it.
#[derive(Debug, Clone, Default)]
pub struct Subject<'a> {
    accounts: Vec<&'a str>,
    kind: Option<Kind>,
    services: Vec<&'a str>,
    labels: Option<&'a BTreeMap<String, String>>,
}

impl<'a> Subject<'a> {
    /// Something that belongs to nobody in particular: only a role without limits covers it.
    #[must_use]
    pub fn everything() -> Self {
        Self::default()
    }

    /// A connection by its spec.
    #[must_use]
    pub fn spec(spec: &'a Spec) -> Self {
        Self {
            accounts: spec.places().into_iter().map(|(_, place)| place.account.as_str()).collect(),
            kind: Some(spec.kind()),
            services: spec
                .private_link()
                .and_then(|link| link.consumer.service.as_ref())
                .map(|service| service.id())
                .into_iter()
                .collect(),
            labels: Some(&spec.labels),
        }
    }

    /// A connection by its record.
    #[must_use]
    pub fn record(record: &'a Record) -> Self {
        Self::spec(&record.spec)
    }

    /// An endpoint service in an account.
    #[must_use]
    pub fn service(account: &'a str, service: &'a str) -> Self {
        Self { accounts: vec![account], kind: Some(Kind::PrivateLink), services: vec![service], labels: None }
    }

    /// What happened to something, as a notice says it.
    #[must_use]
    pub fn happening(
        accounts: &'a [String],
        kind: Option<&str>,
        service: Option<&'a str>,
        labels: &'a BTreeMap<String, String>,
    ) -> Self {
        Self {
            accounts: accounts.iter().map(String::as_str).collect(),
            kind: Kind::ALL.into_iter().find(|known| Some(known.word()) == kind),
            services: service.into_iter().collect(),
            labels: Some(labels),
        }
    }

    /// Every connection that carries all of these labels.
    #[must_use]
    pub fn labelled(labels: &'a BTreeMap<String, String>) -> Self {
        Self { labels: Some(labels), ..Self::default() }
    }

    /// An account.
    #[must_use]
    pub fn account(alias: &'a str) -> Self {
        Self { accounts: vec![alias], ..Self::default() }
    }
}

impl Grant {
    /// A role without limits.
    #[must_use]
    pub fn unlimited(role: Role) -> Self {
        Self { role, accounts: None, kinds: None, services: None, labels: BTreeMap::new() }
    }

    fn covers(&self, act: Act, subject: &Subject<'_>) -> bool {
        let within = |accounts: &Vec<AccountAlias>| {
            let named = |alias: &&str| accounts.iter().any(|account| account.as_str() == *alias);
            let mut touched = subject.accounts.iter();
            if act.only_sees() { touched.any(named) } else { !subject.accounts.is_empty() && touched.all(named) }
        };
        let of_services = |services: &Vec<ResourceId>| {
            let named = |id: &&str| services.iter().any(|service| service.as_str() == *id);
            !subject.services.is_empty() && subject.services.iter().all(named)
        };
        self.role.allows(act)
            && self.accounts.as_ref().is_none_or(within)
            && self.kinds.as_ref().is_none_or(|kinds| subject.kind.is_some_and(|kind| kinds.contains(&kind)))
            && self.services.as_ref().is_none_or(of_services)
            && (self.labels.is_empty()
                || subject
                    .labels
                    .is_some_and(|labels| self.labels.iter().all(|(name, value)| labels.get(name) == Some(value))))
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let role = fields.required("role");
        let accounts = limit(fields, "accounts");
        let kinds = limit(fields, "kinds");
        let services = limit(fields, "services");
        let labels: Option<BTreeMap<String, String>> = fields.optional("labels", BTreeMap::new());
        Some(Self { role: role?, accounts: accounts?, kinds: kinds?, services: services?, labels: labels? })
    }
}

/// A list that limits a role; none where the field is left out. An empty one would allow nothing, which nobody means.
fn limit<T: serde::de::DeserializeOwned>(fields: &mut Fields<'_>, name: &'static str) -> Option<Option<Vec<T>>> {
    if !fields.has(name) {
        return Some(None);
    }
    let list = fields.list(name, MOST)?;
    if list.is_empty() {
        fields.problem(name, "it is empty, so the role would cover nothing; leave it out for no limit");
        return None;
    }
    Some(Some(list))
}

impl Caller {
    /// A caller with one role that nothing limits.
    #[must_use]
    pub fn with(credential: Credential, role: Role) -> Self {
        Self { credential, token_sha256: Vec::new(), roles: vec![Grant::unlimited(role)], expires_at: None }
    }

    /// Whether one of the roles allows `act` with `subject`.
    #[must_use]
    pub fn may(&self, act: Act, subject: &Subject<'_>) -> bool {
        self.roles.iter().any(|grant| grant.covers(act, subject))
    }

    /// Whether one of the roles allows `act` with anything at all.
    #[must_use]
    pub fn may_ever(&self, act: Act) -> bool {
        self.roles.iter().any(|grant| grant.role.allows(act))
    }

    /// Whether it is let in no more at `now`.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let credential = fields.required("credential");
        let token_sha256: Option<Vec<String>> = fields.list("token_sha256", MOST);
        let roles = fields.objects("roles", MOST, Grant::read);
        let expires_at = fields.given::<Instant>("expires_at");
        for (place, hash) in token_sha256.iter().flatten().enumerate() {
            let is_hash = hash.len() == HASH && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            if !is_hash {
                let path = format!("token_sha256/{place}");
                fields.problem(
                    &path,
                    format!("it is not SHA-256 in hexadecimal: write {HASH} digits and letters a to f"),
                );
            }
        }
        if credential == Some(Credential::WebhookSecret)
            && token_sha256.as_ref().is_some_and(|hashes| !hashes.is_empty())
        {
            fields.problem(
                "token_sha256",
                "the caller signs with a webhook secret; for tokens write credential: bearer-token",
            );
        }
        let roles = roles.and_then(|roles| roles.into_iter().collect());
        let expires_at = expires_at?.map(|instant| instant.0);
        Some(Self { credential: credential?, token_sha256: token_sha256?, roles: roles?, expires_at })
    }
}

impl Callers {
    /// No caller, as before anybody has written the document.
    #[must_use]
    pub fn none() -> Self {
        Self { version: VERSION, four_eyes: true, callers: BTreeMap::new(), groups: BTreeMap::new() }
    }

    /// Reads the document.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Unreadable> {
        let document = strict::json(bytes).and_then(|document| strict::of_version(document, VERSION));
        document.and_then(|document| strict::object(document, Self::read)).map_err(Unreadable)
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let version = fields.required("version");
        let four_eyes = fields.optional("four_eyes", true);
        if !fields.has("callers") {
            fields.problem("callers", "this field is required");
        }
        let callers = fields.entries("callers", |name, fields| {
            let name = name.parse::<CallerName>().map_err(|bad| fields.problem("", bad.to_string())).ok();
            let caller = Caller::read(fields);
            Some((name?, caller?))
        });
        let groups: Option<BTreeMap<CallerName, BTreeSet<CallerName>>> = fields.optional("groups", BTreeMap::new());
        let callers: BTreeMap<_, _> = callers?.into_iter().flatten().collect();
        for (group, members) in groups.iter().flatten() {
            if callers.contains_key(group) {
                fields.problem(&format!("groups/{group}"), "a caller has this name too; give the group another one");
            }
            for member in members.iter().filter(|member| !callers.contains_key(*member)) {
                fields.problem(&format!("groups/{group}"), format!("there is no caller {member}; name one of callers"));
            }
        }
        let mut of_hash: BTreeMap<&str, &CallerName> = BTreeMap::new();
        for (name, caller) in &callers {
            for hash in &caller.token_sha256 {
                if let Some(other) = of_hash.insert(hash, name).filter(|other| *other != name) {
                    let detail = format!("{other} has this token too; give each caller its own");
                    fields.problem(&format!("callers/{name}/token_sha256"), detail);
                }
            }
        }
        Some(Self { version: version?, four_eyes: four_eyes?, callers, groups: groups? })
    }

    /// Whether `caller` speaks for `owner`: it is the owner, or one of the group that is.
    #[must_use]
    pub fn speaks_for(&self, caller: &CallerName, owner: &CallerName) -> bool {
        caller == owner || self.groups.get(owner).is_some_and(|members| members.contains(caller))
    }
}

#[cfg(test)]
mod tests;
