//! The whitelist of a service: who may see it and ask for a connection.

use std::collections::BTreeSet;

use local_core::refuse_if;
use local_core::rpc::page::Cursor;
use local_core::rpc::{Params, RpcError, RpcRequest};
use local_core::words;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::service::own;
use super::{connection, refusal, text};
use crate::vpc::{Place, World};

/// Who is on the list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Users {
    /// Main accounts.
    accounts: BTreeSet<u64>,
    /// ARNs: `acs:ram:*:<account>:*`.
    arns: BTreeSet<String>,
}

impl Users {
    /// A list with its owner, who is on it from the beginning.
    pub(super) fn only(owner: u64) -> Self {
        Self { accounts: BTreeSet::from([owner]), arns: BTreeSet::new() }
    }

    /// Whether an account is on it. `everyone` says what an ARN for every account means.
    pub(super) fn let_in(&self, account: u64, everyone: bool) -> bool {
        let own = account.to_string();
        let is_meant = |arn: &String| match account_of(arn) {
            Some("*") => everyone,
            Some(other) => other == own,
            None => false,
        };
        self.accounts.contains(&account) || self.arns.iter().any(is_meant)
    }
}

/// The account in an ARN, which may be `*`.
fn account_of(arn: &str) -> Option<&str> {
    let mut parts = arn.split(':');
    let (acs, ram, _, account) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_account = account == "*" || (!account.is_empty() && account.bytes().all(|digit| digit.is_ascii_digit()));
    (acs == "acs" && ram == "ram" && is_account).then_some(account)
}

/// An entry of the list.
enum Entry {
    Account(u64),
    Arn(String),
}

/// `UserId` or `UserARN`; where both are given they must mean the same.
fn entry(params: &Params) -> Result<Entry, RpcError> {
    let id = params.parsed::<u64>("UserId", "the id of an account")?;
    let arn = params.get("UserARN");
    if let Some(arn) = arn {
        let account = account_of(arn)
            .ok_or_else(|| RpcError::invalid_parameter("UserARN", "it must look like acs:ram:*:<account-id>:*"))?;
        refuse_if!(id.is_some_and(|id| id.to_string() != account), bad "Mismatch.UserIdAndUserArn",
            "UserId and UserArn are mismatched.");
        return Ok(Entry::Arn(arn.to_owned()));
    }
    id.map(Entry::Account).ok_or_else(|| RpcError::bad("MissingParam.UserArn", "The param of UserArn is missing."))
}

/// Whoever is on the list already stays on it.
pub(super) fn add(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let service = own(world, &place, params)?;
    service.must_be_free()?;
    let (key, entry) = (place.key(&service.id), entry(params)?);
    text::unless_dry(params)?;
    world.links.services.change(&key, |service| {
        match entry {
            Entry::Account(id) => service.users.accounts.insert(id),
            Entry::Arn(arn) => service.users.arns.insert(arn),
        };
    });
    Ok(json!({}))
}

/// Whoever is not on the list may be taken off it.
pub(super) fn remove(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let service = own(world, &place, params)?;
    refuse_if!(service.waiting.is_some(), refusal::service_busy());
    let (id, entry) = (service.id.clone(), entry(params)?);
    text::unless_dry(params)?;
    world.links.services.change(&place.key(&id), |service| {
        match entry {
            Entry::Account(id) => service.users.accounts.remove(&id),
            Entry::Arn(arn) => service.users.arns.remove(&arn),
        };
    });
    if world.links.settings.removal_disconnects {
        connection::end_unlisted(world, &place, &id);
    }
    Ok(json!({}))
}

words! {
    /// Which half of the list is told.
    enum Half {
        Users = "Users",
        Arns = "UserARNs",
    }
}

pub(super) fn list(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let cursor = Cursor::named("MaxResults", 1..=50, 50, params)?;
    let service = own(world, &place, params)?;
    let only = params.parsed::<u64>("UserId", "the id of an account")?;
    let half = params.parsed("UserListType", "Users or UserARNs")?.unwrap_or(Half::Users);
    let found: Vec<(String, Value)> = match half {
        Half::Users => {
            let wanted = service.users.accounts.iter().filter(|id| only.is_none_or(|only| only == **id));
            wanted.map(|id| (format!("{id:020}"), json!({ "UserId": id }))).collect()
        }
        Half::Arns => service.users.arns.iter().map(|arn| (arn.clone(), json!({ "UserARN": arn }))).collect(),
    };
    // A string in this listing, in its own model.
    let total = found.len().to_string();
    let (page, token) = cursor.cut(found);
    let none: Vec<Value> = Vec::new();
    let (users, arns) = match half {
        Half::Users => (page, none),
        Half::Arns => (none, page),
    };
    Ok(json!({
        "Users": users,
        "UserARNs": arns,
        "NextToken": token,
        "MaxResults": cursor.most(),
        "TotalCount": total,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_lets_in_its_account_and_a_star_whomever_it_is_said_to() {
        let mut users = Users::only(1);
        users.arns.insert("acs:ram:*:2:*".to_owned());
        assert!(users.let_in(1, false) && users.let_in(2, false) && !users.let_in(3, true));
        users.arns.insert("acs:ram:*:*:*".to_owned());
        assert!(users.let_in(3, true) && !users.let_in(3, false));
        for arn in ["acs:ram:*", "acs:ram:*::*", "acs:oss:*:2:*", "acs:ram:*:x:*"] {
            assert_eq!(account_of(arn), None, "{arn}");
        }
    }
}
