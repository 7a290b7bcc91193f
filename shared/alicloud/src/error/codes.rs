//! What the cloud's codes mean: one table, first match wins, then the HTTP status.
//!
//! | file | the part of the table |
//! | --- | --- |
//! | `vpc_peer` | peering connections |
//! | `ecs` | security groups and commands |
//! | `private_link` | endpoint services, endpoints, and the connections between them |
//! | `slb` | load balancers |
//! | `vpc` | router interfaces, routes, vSwitches |
//! | `general` | what every product may say: wait, gone, money, credentials; and the message service |
//!
//! Codes are spelled as the service spells them, misspellings included. Two generations coexist (`IncorrectStatus`,
//! `IncorrectRIStatus`) and are treated alike. A code whose documents leave its cause open is given the careful meaning:
//! wait or read back rather than give up.

use http::StatusCode;

use super::Kind;
use crate::call::{Call, Effect};

mod ecs;
mod general;
mod private_link;
mod slb;
mod vpc;
mod vpc_peer;

/// What the cloud says of a dry run that would have been carried out.
pub(super) const DRY_RUN_PASSED: &str = "DryRunOperation";

/// The table, in the order it is read. Rules for some calls stand before rules for all.
const TABLE: &[&[Rule]] = &[vpc_peer::RULES, ecs::RULES, private_link::RULES, slb::RULES, vpc::RULES, general::RULES];

/// The meaning of a failure.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meaning {
    pub kind: Kind,
    /// What a person can do.
    pub advice: &'static str,
}

/// Some codes that mean the same, on some calls.
struct Rule {
    /// The calls it holds for; none named means every call.
    on: &'static [Call],
    /// Exact codes; `Prefix*` and `*Middle*` match by part.
    codes: &'static [&'static str],
    kind: Kind,
    /// Replaces the kind's own advice.
    advice: Option<&'static str>,
}

const fn rule(kind: Kind, on: &'static [Call], codes: &'static [&'static str], advice: &'static str) -> Rule {
    Rule { on, codes, kind, advice: Some(advice) }
}

const fn plain(kind: Kind, codes: &'static [&'static str]) -> Rule {
    Rule { on: &[], codes, kind, advice: None }
}

/// What `code` means on `call`; the status decides where no rule fits.
pub(super) fn meaning(call: Call, code: Option<&str>, status: StatusCode) -> Meaning {
    let found = code.and_then(|code| TABLE.iter().copied().flatten().find(|rule| rule.matches(call, code)));
    let (kind, advice) = match found {
        Some(rule) => (rule.kind, rule.advice),
        None => (by_status(call, status), None),
    };
    // A fault of the server may come after the effect. Only codes that say "not carried out" are believed on a 5xx.
    let kind = match kind {
        Kind::Busy | Kind::Refused | Kind::RuledOut | Kind::Gone if status.is_server_error() => Kind::OutcomeUnknown,
        kind => kind,
    };
    Meaning { kind, advice: advice.unwrap_or(default_advice(kind)) }
}

impl Rule {
    fn matches(&self, call: Call, code: &str) -> bool {
        (self.on.is_empty() || self.on.contains(&call)) && self.codes.iter().any(|pattern| fits(pattern, code))
    }
}

fn fits(pattern: &str, code: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(middle), Some(_)) => code.contains(middle.trim_end_matches('*')),
        (None, Some(prefix)) => code.starts_with(prefix),
        _ => code == pattern,
    }
}

/// The meaning of a status whose code is not in the table.
fn by_status(call: Call, status: StatusCode) -> Kind {
    match status {
        StatusCode::TOO_MANY_REQUESTS => Kind::Throttled,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Kind::Denied,
        StatusCode::NOT_FOUND if call.effect() == Effect::Deletes => Kind::OutcomeUnknown,
        StatusCode::REQUEST_TIMEOUT => Kind::OutcomeUnknown,
        status if status.is_client_error() => Kind::Refused,
        _ => Kind::OutcomeUnknown,
    }
}

/// What a person can do about a failure of `kind` when the code says nothing more precise.
pub(super) const fn default_advice(kind: Kind) -> &'static str {
    match kind {
        Kind::Throttled => "Too many calls at once. It will be tried again later; nothing to do unless it lasts.",
        Kind::Busy => {
            "The cloud is busy with this resource. It will be tried again; look at it in the console if it lasts."
        }
        Kind::AlreadyThere => "Something like it exists already. Compare it with what was asked for.",
        Kind::Gone => "It does not exist (any more). If somebody deleted it by hand, make it anew.",
        Kind::Refused => "The request was refused and will be again. Correct what the message names.",
        Kind::RuledOut => "It is ruled out as things stand here. Choose another way, or remove what is in the way.",
        Kind::Quota => {
            "A quota of the account is used up. Remove what is not needed, or raise the quota in the console."
        }
        Kind::Denied => "Grant the missing permission to the role, or correct its trust policy.",
        Kind::StaleCredentials => "The session token ran out. It will be renewed by itself on the next try.",
        Kind::Commercial => "Settle the account's outstanding bills, then go on.",
        Kind::OutcomeUnknown => {
            "Nobody knows whether this took effect. It will be read back before anything else is done."
        }
        Kind::NotSent => "The cloud could not be reached. Check network and endpoint if this lasts.",
        Kind::Malformed => {
            "The answer was not understood. Check that the endpoint is the cloud's, not a proxy's error page."
        }
    }
}

#[cfg(test)]
mod tests;
