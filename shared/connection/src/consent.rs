//! Consent: nothing is made in an account before its owner agrees.
//!
//! An account may have an owner, a caller or a group of callers. A connection that touches an account of somebody else than who
//! asks for it waits until each of these owners agrees. An owner may agree beforehand, by a standing consent. Where all accounts
//! have the same owner, or none has one, there is nobody to ask.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use strict::instant::Instant;
use strict::{Fields, Unreadable};

use crate::account::Accounts;
use crate::caller::Callers;
use crate::record::ResolvedSpec;
use crate::words::{AccountAlias, CallerName, Kind};

/// The version of the document of standing consents that this code reads.
pub const VERSION: u32 = 1;
/// How long an owner has to answer.
pub const PATIENCE: SignedDuration = SignedDuration::from_hours(14 * 24);
/// The most of anything in a list of the document.
const MOST: usize = 200;

/// What an owner has said, or will say, for one of its accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// The account's owner: a caller, or a group of callers.
    pub owner: CallerName,
    /// What it said.
    pub said: Said,
}

/// What an owner has said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "what", rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "ConsentSaid")]
pub enum Said {
    /// Nothing yet.
    Nothing,
    /// That it agrees.
    Agreed {
        /// The caller who spoke for it.
        by: CallerName,
        /// When.
        at: Timestamp,
    },
    /// That it agrees to all such connections.
    AgreedBefore {
        /// The standing consent.
        rule: String,
        /// When the connection was asked for.
        at: Timestamp,
    },
}

impl Consent {
    /// Whether the owner agrees.
    #[must_use]
    pub fn is_given(&self) -> bool {
        match self.said {
            Said::Nothing => false,
            Said::Agreed { .. } | Said::AgreedBefore { .. } => true,
        }
    }
}

/// The consents of a connection or of a change, by account.
pub type Consents = BTreeMap<AccountAlias, Consent>;

/// What waits for consent: the connection itself, or a change of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Awaited {
    /// The spec that it shall get. None where the connection itself waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Box<ResolvedSpec>>,
    /// Who asks for it.
    pub by: CallerName,
    /// Since when.
    pub since: Timestamp,
    /// What each owner has said.
    pub consents: Consents,
}

impl Awaited {
    /// Until when the owners have time.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        self.since.saturating_add(PATIENCE).unwrap_or(Timestamp::MAX)
    }

    /// Whether every owner agrees.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.consents.values().all(Consent::is_given)
    }

    /// The accounts whose owners have not answered.
    pub fn open(&self) -> impl Iterator<Item = (&AccountAlias, &CallerName)> {
        self.consents.iter().filter(|(_, consent)| !consent.is_given()).map(|(alias, consent)| (alias, &consent.owner))
    }

    /// Whose consent it waits for, in words.
    #[must_use]
    pub fn waits_for(&self) -> String {
        let open: Vec<_> =
            self.open().map(|(alias, owner)| format!("the consent of {owner} for account {alias}")).collect();
        open.join(" and ")
    }
}

/// What an owner agrees to: the digest of the connection's unique id, its attempt, and all that is asked for. Whoever agrees
/// names it, so that nothing else can take its place meanwhile.
///
/// # Panics
/// Never: a spec is plain data.
#[must_use]
pub fn digest(uid: &str, attempt: u32, wanted: &ResolvedSpec) -> String {
    let text = serde_json::to_string(&(uid, attempt, wanted)).expect("a spec is plain data and always serialises");
    hex::encode(Sha256::digest(text))
}

/// The consents that `asker` needs for what is wanted; none where there is nobody to ask. `stands` is what is active, where a
/// change is asked for: labels may change without consent.
#[must_use]
pub fn needed(
    parties: &Parties<'_>,
    asker: &CallerName,
    wanted: &ResolvedSpec,
    stands: Option<&ResolvedSpec>,
    now: Timestamp,
) -> Consents {
    let unlabelled = |resolved: &ResolvedSpec| {
        let mut resolved = resolved.clone();
        resolved.spec.labels.clear();
        resolved
    };
    if parties.have_one_owner() || stands.is_some_and(|stands| unlabelled(stands) == unlabelled(wanted)) {
        return Consents::new();
    }
    let owned = wanted.spec.places().into_iter().filter_map(|(_, place)| {
        let owner = parties.accounts.get(place.account)?.owner()?;
        (!parties.callers.speaks_for(asker, owner)).then(|| (place.account.clone(), owner.clone()))
    });
    let consent = |(alias, owner): (AccountAlias, CallerName)| {
        let rule = parties.standing.rules.iter().find(|rule| rule.covers(parties.callers, &alias, asker, wanted, now));
        let said = rule.map_or(Said::Nothing, |rule| Said::AgreedBefore { rule: rule.id.clone(), at: now });
        (alias, Consent { owner, said })
    };
    owned.map(consent).collect()
}

/// Who there is: accounts with their owners, callers with their groups, and what owners agreed to beforehand.
#[derive(Debug, Clone, Copy)]
pub struct Parties<'a> {
    /// The accounts.
    pub accounts: &'a Accounts,
    /// The callers.
    pub callers: &'a Callers,
    /// The standing consents.
    pub standing: &'a StandingConsents,
}

impl Parties<'_> {
    fn have_one_owner(&self) -> bool {
        let owners: BTreeSet<_> = self.accounts.accounts.values().map(|account| account.owner()).collect();
        owners.len() <= 1
    }
}

/// Consents that owners give beforehand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StandingConsents {
    /// The schema's version: 1.
    pub version: u32,
    /// The consents. One that fits is enough.
    pub rules: Vec<StandingConsent>,
}

/// A consent to all connections that fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StandingConsent {
    /// Its name, which a record keeps.
    pub id: String,
    /// The account that it is for.
    pub account: AccountAlias,
    /// Only for connections that one of these callers or groups asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked_by: Vec<CallerName>,
    /// Only for connections with one of these accounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partners: Vec<AccountAlias>,
    /// Only for these kinds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<Kind>,
    /// Only where every range of the other side lies within one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub ranges: Vec<Ipv4Net>,
    /// Only until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl StandingConsents {
    /// No standing consent, as before anybody has written the document.
    #[must_use]
    pub fn none() -> Self {
        Self { version: VERSION, rules: Vec::new() }
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
        let rules = fields.objects("rules", MOST, StandingConsent::read)?;
        let rules: Vec<_> = rules.into_iter().flatten().collect();
        let mut ids = BTreeSet::new();
        for (place, rule) in rules.iter().enumerate().filter(|(_, rule)| !ids.insert(rule.id.clone())) {
            fields.problem(
                &format!("rules/{place}/id"),
                format!("another rule is called {} too", strict::quoted(&rule.id)),
            );
        }
        Some(Self { version: version?, rules })
    }
}

impl StandingConsent {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let id: Option<CallerName> = fields.required("id");
        let account = fields.required("account");
        let asked_by: Option<Vec<CallerName>> = fields.list("asked_by", MOST);
        let partners: Option<Vec<AccountAlias>> = fields.list("partners", MOST);
        let kinds = fields.list("kinds", MOST);
        let ranges = fields.ranges("ranges", MOST);
        let until = fields.given::<Instant>("until")?.map(|instant| instant.0);
        if asked_by.as_ref().is_some_and(Vec::is_empty) && partners.as_ref().is_some_and(Vec::is_empty) {
            fields.problem("", "it says neither asked_by nor partners, so everybody could connect; name one of them");
        }
        let id = id?.to_string();
        Some(Self {
            id,
            account: account?,
            asked_by: asked_by?,
            partners: partners?,
            kinds: kinds?,
            ranges: ranges?,
            until,
        })
    }

    fn covers(
        &self,
        callers: &Callers,
        alias: &AccountAlias,
        asker: &CallerName,
        wanted: &ResolvedSpec,
        now: Timestamp,
    ) -> bool {
        let spec = &wanted.spec;
        let others: Vec<_> = spec.places().into_iter().filter(|(_, place)| place.account != alias).collect();
        let others_ranges = || {
            let networks = others.iter().filter_map(|(side, _)| wanted.networks.get(side));
            networks.flat_map(|network| &network.cidr_blocks)
        };
        let lies_within = |range: &Ipv4Net| self.ranges.iter().any(|allowed| allowed.contains(range));
        self.account == *alias
            && (self.asked_by.is_empty() || self.asked_by.iter().any(|one| callers.speaks_for(asker, one)))
            && (self.partners.is_empty() || others.iter().all(|(_, place)| self.partners.contains(place.account)))
            && (self.kinds.is_empty() || self.kinds.contains(&spec.kind()))
            && (self.ranges.is_empty() || others_ranges().next().is_some() && others_ranges().all(lies_within))
            && self.until.is_none_or(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::Network;
    use crate::spec::Spec;
    use crate::words::Side;

    fn name(text: &str) -> CallerName {
        text.parse().unwrap()
    }

    fn accounts(owners: [Option<&str>; 2]) -> Accounts {
        let account = |number: usize, owner: Option<&str>| {
            let mut account =
                json!({"cloud": "alicloud", "id": number.to_string(), "role_arn": format!("acs:ram::{number}:role/x")});
            if let Some(owner) = owner {
                account["owner"] = json!(owner);
            }
            account
        };
        let document = json!({"version": 1, "accounts": {"a": account(1, owners[0]), "b": account(2, owners[1])}});
        Accounts::from_json(document.to_string().as_bytes()).unwrap()
    }

    fn wanted(labels: serde_json::Value) -> ResolvedSpec {
        let spec = Spec::from_value(json!({
            "name": "a-b", "kind": "vpc-peering", "labels": labels,
            "initiator": {"account": "a", "region_id": "cn-qingdao", "vpc_id": "vpc-a"},
            "acceptor": {"account": "b", "region_id": "cn-beijing", "vpc_id": "vpc-b"},
        }))
        .unwrap();
        let network = |range: &str| Network {
            cidr_blocks: vec![range.parse().unwrap()],
            router_id: None,
            route_tables: Vec::new(),
        };
        let networks = [(Side::Initiator, network("10.1.0.0/16")), (Side::Acceptor, network("10.2.0.0/16"))].into();
        ResolvedSpec { spec, networks }
    }

    /// The accounts whose owners have yet to answer.
    fn open(owners: [Option<&str>; 2], rules: serde_json::Value, asker: &str) -> Vec<String> {
        let mut callers = Callers::none();
        callers.groups.insert(name("team-b"), [name("bob"), name("bea")].into());
        let standing = json!({"version": 1, "rules": rules}).to_string();
        let standing = StandingConsents::from_json(standing.as_bytes()).unwrap();
        let accounts = accounts(owners);
        let parties = Parties { accounts: &accounts, callers: &callers, standing: &standing };
        let now = "2026-06-01T00:00:00Z".parse().unwrap();
        let needed = needed(&parties, &name(asker), &wanted(json!({})), None, now);
        needed.into_iter().filter(|(_, consent)| !consent.is_given()).map(|(alias, _)| alias.to_string()).collect()
    }

    #[test]
    fn each_owner_but_the_one_who_asks_is_asked() {
        let none = json!([]);
        assert_eq!(open([Some("ann"), Some("team-b")], none.clone(), "ann"), ["b"]);
        assert_eq!(open([Some("ann"), Some("team-b")], none.clone(), "bob"), ["a"]);
        assert_eq!(open([Some("ann"), Some("team-b")], none.clone(), "carol"), ["a", "b"]);
        assert_eq!(open([None, Some("team-b")], none.clone(), "carol"), ["b"], "nobody speaks for a");
    }

    #[test]
    fn where_all_accounts_have_one_owner_or_none_there_is_nobody_to_ask() {
        assert!(open([None, None], json!([]), "carol").is_empty());
        assert!(open([Some("team-b"), Some("team-b")], json!([]), "carol").is_empty());
    }

    #[test]
    fn a_standing_consent_counts_only_where_all_of_it_fits() {
        let owners = [Some("ann"), Some("team-b")];
        let with = |more: serde_json::Value| {
            let mut rule = json!({"id": "r", "account": "b", "partners": ["a"]});
            rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            open(owners, json!([rule]), "ann")
        };
        for fits in [
            json!({}),
            json!({"asked_by": ["ann"]}),
            json!({"kinds": ["vpc-peering"]}),
            json!({"ranges": ["10.0.0.0/15"]}),
            json!({"until": "2026-06-01T00:00:01Z"}),
        ] {
            assert!(with(fits.clone()).is_empty(), "{fits}");
        }
        for misses in [
            json!({"account": "a"}),
            json!({"partners": ["c"]}),
            json!({"asked_by": ["bob"]}),
            json!({"kinds": ["private-link"]}),
            json!({"ranges": ["10.1.0.0/17", "10.2.0.0/16"]}),
            json!({"until": "2026-06-01T00:00:00Z"}),
        ] {
            assert_eq!(with(misses.clone()), ["b"], "{misses}");
        }
        let bad = r#"{"version": 1, "rules": [{"id": "r", "account": "b"}]}"#;
        assert!(
            StandingConsents::from_json(bad.as_bytes()).unwrap_err().to_string().contains("everybody could connect")
        );
        let twice = r#"{"version": 1, "rules": [{"id": "r", "account": "b", "partners": ["a"]}, {"id": "r", "account": "b", "partners": ["a"]}]}"#;
        assert!(StandingConsents::from_json(twice.as_bytes()).unwrap_err().to_string().contains("/rules/1/id"));
    }

    #[test]
    fn a_change_of_labels_alone_takes_no_consent_and_another_range_does() {
        let (callers, standing, accounts) =
            (Callers::none(), StandingConsents::none(), accounts([Some("ann"), Some("bob")]));
        let parties = Parties { accounts: &accounts, callers: &callers, standing: &standing };
        let stands = wanted(json!({}));
        let needs = |wanted: &ResolvedSpec| {
            !needed(&parties, &name("ann"), wanted, Some(&stands), Timestamp::UNIX_EPOCH).is_empty()
        };
        assert!(!needs(&stands));
        assert!(!needs(&wanted(json!({"env": "dev"}))));
        let mut wider = wanted(json!({}));
        wider.networks.get_mut(&Side::Initiator).unwrap().cidr_blocks = vec!["10.0.0.0/8".parse().unwrap()];
        assert!(needs(&wider));
    }

    #[test]
    fn what_is_agreed_to_is_named_by_all_that_is_asked_for() {
        let one = digest("uid", 1, &wanted(json!({})));
        assert_eq!(one, digest("uid", 1, &wanted(json!({}))));
        for other in [
            digest("uid", 1, &wanted(json!({"a": "b"}))),
            digest("uid", 2, &wanted(json!({}))),
            digest("other", 1, &wanted(json!({}))),
        ] {
            assert_ne!(one, other);
        }
    }
}
