//! What roles may do, and what they were seen to need.

use std::collections::{BTreeMap, BTreeSet};

use causeway_local::calls::{Call, Need, Outcome};
use causeway_local::cloud::Cloud;
use causeway_local::identity::Principal;
use causeway_local::policy::resource_matches;
use causeway_local::ram::{parse_role_arn, role_arn};
use serde_json::Value;

/// The right by which the platform writes a function's log. No function calls it.
const PLATFORM: &str = "log:PostLogStoreLogs";

/// The right to hand a connection on. Where to a function may send follows from the chains, and the test `template` holds it
/// against them: a connection may be told to turn in the middle of any step, and not every turn is a journey here.
const SEND: &str = "mns:SendMessage";

/// An account and a role of it.
type Caller = (String, String);

/// What several journeys have shown.
#[derive(Default)]
pub struct Rights {
    operator: String,
    policies: BTreeMap<Caller, Vec<Value>>,
    used: BTreeMap<Caller, BTreeSet<Need>>,
    /// Whom the role's trust names.
    trusted: BTreeMap<Caller, BTreeSet<String>>,
    assumed_by: BTreeMap<Caller, BTreeSet<String>>,
    /// What sessions were called for, by what they were narrowed to.
    narrowed: BTreeMap<BTreeSet<String>, BTreeSet<String>>,
    refusals: BTreeSet<String>,
}

impl Rights {
    /// Adds what was called in `cloud`, and which policies its roles have.
    pub fn learn(&mut self, cloud: &Cloud) {
        self.operator.clone_from(&cloud.shared().home.account_id);
        for (account, role) in crate::least_privilege::roles(&self.operator.clone()) {
            let role = cloud.shared().identities.role(&account, &role).unwrap_or_else(|| panic!("there is no {role}"));
            let trusted = role.trust.statement.iter().flat_map(|statement| statement.principal.ram.0.iter().cloned());
            self.trusted.insert((account.clone(), role.name.clone()), trusted.collect());
            // A template that is deployed with other parameters has other rights.
            let known = self.policies.entry((account, role.name)).or_default();
            known.extend(role.policies.into_iter().filter(|policy| !known.contains(policy)).collect::<Vec<_>>());
        }
        for call in cloud.calls() {
            let Some(Principal::Role { name, .. }) = &call.caller else { continue };
            self.note_refusal(name, &call);
            self.note_assumed(name, &call);
            let actions = call.needs.iter().map(|need| need.action.clone());
            let session = cloud.shared().identities.find(&call.access_key_id);
            if let Some(policy) = session.and_then(|session| session.session_policy) {
                self.narrowed.entry(actions_of(&policy).collect()).or_default().extend(actions);
            }
            let caller = (call.info.account, name.clone());
            self.used.entry(caller).or_default().extend(call.needs);
        }
    }

    fn note_refusal(&mut self, role: &str, call: &Call) {
        if let Outcome::Refused { code } = &call.outcome
            && matches!(code.as_str(), "Forbidden.RAM" | "NoPermission" | "AccessDenied")
        {
            self.refusals.insert(format!("{role}: {} refused with {code}", call.info.action));
        }
    }

    fn note_assumed(&mut self, function: &str, call: &Call) {
        let role = call.resource.as_deref().filter(|_| call.info.action == "AssumeRole").and_then(parse_role_arn);
        if let Some((account, role)) = role {
            let by = role_arn(&call.info.account, function);
            self.assumed_by.entry((account.to_owned(), role.to_owned())).or_default().insert(by);
        }
    }

    /// Whom a role trusts.
    pub fn trusted(&self, account: &str, role: &str) -> BTreeSet<String> {
        self.trusted[&(account.to_owned(), role.to_owned())].clone()
    }

    /// Who took a role on.
    pub fn assumed_by(&self, account: &str, role: &str) -> BTreeSet<String> {
        self.assumed_by.get(&(account.to_owned(), role.to_owned())).cloned().unwrap_or_default()
    }

    /// What sessions were narrowed to, and what was called in them.
    pub fn narrowed(&self) -> impl Iterator<Item = (&BTreeSet<String>, &BTreeSet<String>)> {
        self.narrowed.iter()
    }

    /// The account of the functions.
    pub fn operator(&self) -> &str {
        &self.operator
    }

    /// Every role that called.
    pub fn callers(&self) -> impl Iterator<Item = &Caller> {
        self.used.keys()
    }

    /// Calls that policies did not allow.
    pub fn refusals(&self) -> Vec<String> {
        self.refusals.iter().cloned().collect()
    }

    /// The actions that a role may call, but for the platform's own.
    pub fn allowed_actions(&self, account: &str, role: &str) -> BTreeSet<String> {
        self.rights(account, role).map(|(action, _)| action).filter(|action| action != PLATFORM).collect()
    }

    /// The actions that a role called.
    pub fn used_actions(&self, account: &str, role: &str) -> BTreeSet<String> {
        self.needs(account, role).map(|need| need.action.clone()).collect()
    }

    /// Actions on resources that a role may call and never did.
    pub fn superfluous(&self, account: &str, role: &str) -> Vec<String> {
        let never = |(action, pattern): &(String, String)| {
            let fits = |need: &Need| need.action == *action && resource_matches(pattern, &need.resource);
            action != PLATFORM && action != SEND && !self.needs(account, role).any(fits)
        };
        self.rights(account, role).filter(never).map(|(action, pattern)| format!("{action} on {pattern}")).collect()
    }

    fn needs(&self, account: &str, role: &str) -> impl Iterator<Item = &Need> {
        self.used.get(&(account.to_owned(), role.to_owned())).into_iter().flatten()
    }

    /// Each action with each resource of its statement.
    fn rights(&self, account: &str, role: &str) -> impl Iterator<Item = (String, String)> {
        let policies = &self.policies[&(account.to_owned(), role.to_owned())];
        let statements = policies.iter().flat_map(|policy| policy["Statement"].as_array().expect("it has statements"));
        statements.flat_map(|statement| {
            assert_eq!(statement["Effect"], "Allow", "no role needs a Deny: {statement}");
            let texts = |part: &str| -> Vec<String> {
                let list = statement[part].as_array().unwrap_or_else(|| panic!("{part} is a list: {statement}"));
                list.iter().map(|text| text.as_str().expect("it is text").to_owned()).collect()
            };
            let resources = texts("Resource");
            texts("Action")
                .into_iter()
                .flat_map(move |action| resources.clone().into_iter().map(move |resource| (action.clone(), resource)))
        })
    }
}

/// The actions that a policy allows.
fn actions_of(policy: &Value) -> impl Iterator<Item = String> {
    let statements = policy["Statement"].as_array().into_iter().flatten();
    statements
        .flat_map(|statement| statement["Action"].as_array().into_iter().flatten())
        .map(|action| action.as_str().expect("an action is text").to_owned())
}
