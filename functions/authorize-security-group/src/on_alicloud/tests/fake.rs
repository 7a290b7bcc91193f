//! Security groups in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use step_rig::{Answer, Call};

/// The groups of `vpc-b`, and what is peculiar about them.
#[derive(Clone, Default)]
pub(super) struct Fake(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    groups: BTreeMap<String, Vec<Value>>,
    outputs: u32,
    rules_groups_out: bool,
    is_advanced: bool,
    hides: bool,
    loses_one: bool,
}

/// What makes two rules the same; descriptions do not.
const CONTENT: [&str; 7] =
    ["IpProtocol", "PortRange", "Policy", "Priority", "SourceCidrIp", "SourceGroupId", "SourceGroupOwnerAccount"];

impl Fake {
    pub(super) fn with(groups: &[&str]) -> Self {
        let fake = Self::default();
        fake.change(|state| state.groups.extend(groups.iter().map(|id| ((*id).to_owned(), Vec::new()))));
        fake
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap())
    }

    pub(super) fn rule_groups_out(&self) {
        self.change(|state| state.rules_groups_out = true);
    }

    pub(super) fn make_advanced(&self) {
        self.change(|state| state.is_advanced = true);
    }

    /// Rules made from now on are not listed while this is on.
    pub(super) fn hide_new_rules(&self, hides: bool) {
        self.change(|state| {
            state.hides = hides;
            if !hides {
                let rules = state.groups.values_mut().flatten();
                rules.for_each(|rule| drop(rule.as_object_mut().unwrap().remove("hidden")));
            }
        });
    }

    /// Somebody removes a rule just before the next removal arrives.
    pub(super) fn lose_one_before_revoking(&self) {
        self.change(|state| state.loses_one = true);
    }

    pub(super) fn delete_group(&self, group: &str) {
        self.change(|state| state.groups.remove(group));
    }

    pub(super) fn rules(&self, group: &str) -> Vec<Value> {
        self.change(|state| state.groups[group].clone())
    }

    pub(super) fn only(&self, group: &str) -> Value {
        let rules = self.rules(group);
        assert_eq!(rules.len(), 1, "{rules:?}");
        rules[0].clone()
    }

    /// Somebody adds a rule that lets everything in from `source`.
    pub(super) fn add(&self, group: &str, id: &str, source: &[(&str, &str)], description: &str) {
        let mut rule = json!({
            "SecurityGroupRuleId": id, "IpProtocol": "ALL", "PortRange": "-1/-1", "Policy": "Accept", "Priority": "1",
            "NicType": "intranet", "Direction": "ingress", "Description": description,
        });
        for (field, value) in source {
            rule[field] = (*value).into();
        }
        self.change(|state| state.groups.get_mut(group).unwrap().push(rule));
    }

    pub(super) fn remove(&self, group: &str, id: &str) {
        self.change(|state| state.groups.get_mut(group).unwrap().retain(|rule| rule["SecurityGroupRuleId"] != id));
    }

    /// Somebody edits the only rule of a group.
    pub(super) fn edit(&self, group: &str, fields: &[(&str, &str)]) {
        self.change(|state| {
            for (field, value) in fields {
                state.groups.get_mut(group).unwrap()[0][field] = (*value).into();
            }
        });
    }

    pub(super) fn answer(&self, call: &Call) -> Answer {
        self.change(|state| state.answer(call))
    }
}

impl State {
    fn answer(&mut self, call: &Call) -> Answer {
        let id = call.param("SecurityGroupId").to_owned();
        if call.action == "DescribeSecurityGroups" {
            let kind = if self.is_advanced { "enterprise" } else { "normal" };
            let group = |id: &String| json!({"SecurityGroupId": id, "VpcId": "vpc-b", "SecurityGroupType": kind});
            let groups: Vec<_> = self.groups.keys().map(group).collect();
            return Ok(json!({"SecurityGroups": {"SecurityGroup": groups}}));
        }
        let Some(rules) = self.groups.get_mut(&id) else { return Err((404, "InvalidSecurityGroupId.NotFound")) };
        match call.action.as_str() {
            "DescribeSecurityGroupAttribute" => {
                let listed: Vec<_> = rules.iter().filter(|rule| rule.get("hidden").is_none()).collect();
                Ok(json!({"SecurityGroupId": id, "VpcId": "vpc-b", "Permissions": {"Permission": listed}}))
            }
            "AuthorizeSecurityGroup" => {
                let wanted: Vec<_> = (1..).map_while(|n| rule(call, n)).collect();
                if self.rules_groups_out && wanted.iter().any(|rule| rule.get("SourceGroupId").is_some()) {
                    return Err((400, "InvalidSourceGroupId.Mismatch"));
                }
                for mut rule in wanted {
                    if rules.iter().any(|other| CONTENT.iter().all(|field| other.get(field) == rule.get(field))) {
                        continue;
                    }
                    self.outputs += 1;
                    rule["SecurityGroupRuleId"] = format!("sgr-{}", self.outputs).into();
                    if self.hides {
                        rule["hidden"] = true.into();
                    }
                    rules.push(rule);
                }
                Ok(json!({"RequestId": "R-1"}))
            }
            "RevokeSecurityGroup" => {
                if std::mem::take(&mut self.loses_one) {
                    rules.remove(0);
                }
                let has = |id: &str| rules.iter().any(|rule| rule["SecurityGroupRuleId"] == id);
                let ids: Vec<_> = (1..).map_while(|n| call.params.get(&format!("SecurityGroupRuleId.{n}"))).collect();
                if !ids.iter().all(|id| has(id)) {
                    return Err((400, "InvalidParam.SecurityGroupRuleId"));
                }
                rules.retain(|rule| !ids.iter().any(|id| rule["SecurityGroupRuleId"] == id.as_str()));
                Ok(json!({"RequestId": "R-1"}))
            }
            other => panic!("nobody calls {other} here"),
        }
    }
}

/// The `n`th rule of a call as it would be listed.
fn rule(call: &Call, n: usize) -> Option<Value> {
    let prefix = format!("Permissions.{n}.");
    let mut rule = json!({"Direction": "ingress"});
    let given = call.params.iter().filter_map(|(name, value)| Some((name.strip_prefix(&prefix)?, value)));
    for (field, value) in given {
        let field = if field == "SourceGroupOwnerId" { "SourceGroupOwnerAccount" } else { field };
        rule[field] = value.as_str().into();
    }
    rule.get("IpProtocol").is_some().then_some(rule)
}
