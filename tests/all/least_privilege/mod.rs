//! Least privilege, proven: every role may do exactly what its function does.
//!
//! The local cloud refuses a call that the caller's policies do not allow, so a right that is missing stops a journey.
//! A right that is superfluous shows here: the journeys below walk every path that a function has, each call is logged
//! with what it needed, and every action on every resource that a policy names must have been needed.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `rights` | what roles may do, and what they were seen to need |
//! | `journeys` | journeys of a connection by router interfaces: built, failing, undone |
//! | `links` | private links between both accounts, in both directions |
//! | `places` | what functions do in the store and nowhere else |
//! | `changes` | the other kind, changes, pauses, migrations, dry runs, lanes |

mod changes;
mod journeys;
mod links;
mod places;
mod rights;

use std::collections::BTreeSet;

use bootstrap::functions;
use connection::account::Need;
use rights::Rights;
use serde_json::json;

/// Handing a rule over to another connection. Two connections of VPCs have the same rule only where two VPCs have the same range;
/// create-endpoint makes the call for private links.
const HANDED_OVER: &str = "ecs:ModifySecurityGroupRule";

/// The roles of the functions, and those of the connected accounts. The courier has nothing to do with connections: it writes releases.
fn roles(operator: &str) -> Vec<(String, String)> {
    let of_functions = functions().filter(|(name, _)| *name != "courier");
    let of_functions = of_functions.map(|(name, _)| (operator.to_owned(), format!("causeway-{name}")));
    of_functions.chain(connected()).collect()
}

/// The roles of the connected accounts.
fn connected() -> impl Iterator<Item = (String, String)> {
    let of_account =
        |id: &'static str| Need::ALL.into_iter().map(move |need| (id.to_owned(), format!("causeway-{}", need.word())));
    ["1000000000000001", "1000000000000002"].into_iter().flat_map(of_account)
}

#[test]
fn every_role_may_do_exactly_what_its_function_does() {
    let mut rights = Rights::default();
    for journey in journeys::all() {
        rights.learn(&journey);
    }
    assert_eq!(rights.refusals(), Vec::<String>::new(), "a right is missing");
    let superfluous = |(account, role): (String, String)| {
        let rights = rights.superfluous(&account, &role).into_iter();
        rights.map(|right| format!("{role} of {account}: {right}")).collect::<Vec<_>>()
    };
    let superfluous: Vec<String> = roles(rights.operator()).into_iter().flat_map(superfluous).collect();
    assert_eq!(superfluous, Vec::<String>::new(), "somebody has too many rights");
    for (account, role) in connected() {
        assert_eq!(
            rights.trusted(&account, &role),
            rights.assumed_by(&account, &role),
            "whom {role} of {account} trusts"
        );
    }
    // What steps, commands and looks were narrowed to, over all their sessions.
    let spare = |(allowed, used): (&BTreeSet<String>, &BTreeSet<String>)| {
        let never = allowed.difference(used).filter(|action| !action.contains('*') && *action != HANDED_OVER).cloned();
        (used.clone(), never.collect::<BTreeSet<_>>())
    };
    let spare: Vec<_> = rights.narrowed().map(spare).filter(|(_, never)| !never.is_empty()).collect();
    assert_eq!(spare, [], "sessions that did these were never used for those, although they may");
    for (account, role) in roles(rights.operator()) {
        assert_eq!(
            rights.allowed_actions(&account, &role),
            rights.used_actions(&account, &role),
            "{role} of {account}"
        );
    }
    let known = roles(rights.operator());
    assert!(rights.callers().all(|caller| known.contains(caller)), "somebody else called");
}

#[test]
fn a_superfluous_right_is_reported() {
    let spare = json!({"Version": "1", "Statement": [
        {"Effect": "Allow", "Action": ["mns:ReceiveMessage"], "Resource": ["acs:mns:*:*:/queues/connect/messages"]}]});
    let mut rights = Rights::default();
    rights.learn(&journeys::with_policies("causeway-connect", |policies| policies.push(spare)));
    let superfluous = rights.superfluous(rights.operator(), "causeway-connect");
    let reported = "mns:ReceiveMessage on acs:mns:*:*:/queues/connect/messages";
    assert!(superfluous.iter().any(|right| right == reported), "{superfluous:?}");
}

#[test]
fn a_missing_right_is_reported() {
    let mut rights = Rights::default();
    rights.learn(&journeys::with_policies("causeway-create-interface", |policies| {
        let statements = policies[0]["Statement"].as_array_mut().expect("the policy has statements");
        statements.retain(|statement| statement["Action"][0] != "sts:AssumeRole");
    }));
    let refusals = rights.refusals();
    let reported = "causeway-create-interface: AssumeRole refused with NoPermission";
    assert!(refusals.iter().any(|refusal| refusal == reported), "{refusals:?}");
}

#[test]
fn no_policy_of_the_template_allows_more_than_it_names() {
    let mut rights = Rights::default();
    rights.learn(&journeys::nothing());
    for (account, role) in roles(rights.operator()) {
        let actions = rights.allowed_actions(&account, &role);
        assert!(!actions.is_empty() && actions.iter().all(|action| !action.contains('*')), "{role}: {actions:?}");
    }
}
