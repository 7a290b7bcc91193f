//! Listing security groups, adding and removing rules.

use cloud_wire::lenient;
use serde::Deserialize;

use super::{Direction, Ecs, Permission, SecurityGroup, SecurityGroupRules, SecurityRule, json_list};
use crate::call::Call;
use crate::error::Error;
use crate::names::ClientToken;
use crate::params::Params;

/// The largest page of groups the cloud gives.
const GROUP_PAGE: u32 = 100;
/// The largest page of rules the cloud gives.
const RULE_PAGE: u32 = 1000;
/// The cloud takes at most this many groups, rules or rule ids at once.
const LIMIT: usize = 100;

/// Which groups to list. Everything left empty lists all of the region.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DescribeSecurityGroups {
    /// These: at most 100 ids.
    pub security_group_ids: Vec<String>,
    /// Those of this VPC.
    pub vpc_id: Option<String>,
}

/// Rules to be added to a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizeSecurityGroup {
    /// `sg-…`
    pub security_group_id: String,
    /// One to 100 rules.
    pub rules: Vec<SecurityRule>,
    /// The token that makes a repeat count once.
    pub client_token: ClientToken,
}

/// Which rules of a group to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revoked {
    /// Those with these ids, one to 100.
    ById(Vec<String>),
    /// Those that say the same as these, one to 100; descriptions do not count.
    ByContent(Vec<SecurityRule>),
}

/// Rules to be removed from a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokeSecurityGroup {
    /// `sg-…`
    pub security_group_id: String,
    /// Which ones.
    pub rules: Revoked,
    /// The token that makes a repeat count once.
    pub client_token: ClientToken,
}

/// A rule that gets another description. What it lets in stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribeRule {
    /// `sg-…`
    pub security_group_id: String,
    /// `sgr-…`
    pub security_group_rule_id: String,
    /// Its description from now on: 1 to 512 characters.
    pub description: String,
    /// The token that makes a repeat count once.
    pub client_token: ClientToken,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GroupPage {
    #[serde(default, deserialize_with = "lenient::wrapped")]
    security_groups: Vec<SecurityGroup>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RulePage {
    security_group_id: String,
    vpc_id: Option<String>,
    #[serde(rename = "SecurityGroupName")]
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient::wrapped")]
    permissions: Vec<Permission>,
    next_token: Option<String>,
}

fn with_rules(params: Params, rules: &[SecurityRule]) -> Params {
    (1..).zip(rules).fold(params, |params, (n, rule)| rule.write(params, n))
}

impl Ecs {
    /// The security groups asked for, all pages.
    ///
    /// # Errors
    /// `Refused` for more than 100 ids; `Malformed` when the listing repeats itself or does not end.
    pub async fn describe_security_groups(
        &self,
        request: &DescribeSecurityGroups,
    ) -> Result<Vec<SecurityGroup>, Error> {
        let call = Call::DescribeSecurityGroups;
        if request.security_group_ids.len() > LIMIT {
            return Err(self.0.refuse(call, "at most 100 security group ids at once"));
        }
        let ids = json_list(&request.security_group_ids);
        let params = || {
            Params::new()
                .maybe("SecurityGroupIds", ids.as_ref())
                .maybe("VpcId", request.vpc_id.as_ref())
                .with("MaxResults", GROUP_PAGE)
        };
        self.0.all_by_token(call, params, |page: GroupPage| (page.security_groups, page.next_token)).await
    }

    /// The security group with this id; `None` when this account has none such in this region.
    ///
    /// # Errors
    /// As [`describe_security_groups`](Self::describe_security_groups).
    pub async fn security_group(&self, id: &str) -> Result<Option<SecurityGroup>, Error> {
        let request = DescribeSecurityGroups { security_group_ids: vec![id.to_owned()], vpc_id: None };
        let listed = self.describe_security_groups(&request).await?;
        Ok(listed.into_iter().find(|group| group.security_group_id == id))
    }

    /// A security group with all its rules of one direction, or of both.
    ///
    /// # Errors
    /// `Gone` when there is none such; `Malformed` when the listing repeats itself or does not end.
    pub async fn describe_security_group_attribute(
        &self,
        id: &str,
        direction: Option<&Direction>,
    ) -> Result<SecurityGroupRules, Error> {
        let call = Call::DescribeSecurityGroupAttribute;
        let params = || {
            Params::new()
                .with("SecurityGroupId", id)
                .with("Direction", direction.map_or("all", Direction::as_str))
                .with("MaxResults", RULE_PAGE)
        };
        let page = |mut page: RulePage| {
            let token = page.next_token.take();
            (vec![page], token)
        };
        let pages = self.0.all_by_token(call, params, page).await?;
        let whole = pages.into_iter().reduce(|mut whole, page| {
            whole.permissions.extend(page.permissions);
            whole
        });
        let RulePage { security_group_id, vpc_id, name, permissions, .. } =
            whole.ok_or_else(|| self.0.contradiction(call, "the listing has no page"))?;
        Ok(SecurityGroupRules { security_group_id, vpc_id, name, permissions })
    }

    /// One page of the inbound rules of a group, and the token of the next one.
    ///
    /// # Errors
    /// `Gone` when there is no such group.
    pub async fn inbound_rules_page(
        &self,
        id: &str,
        next_token: Option<&str>,
    ) -> Result<(SecurityGroupRules, Option<String>), Error> {
        let params = Params::new()
            .with("SecurityGroupId", id)
            .with("Direction", Direction::Ingress)
            .with("MaxResults", RULE_PAGE)
            .maybe("NextToken", next_token);
        let page: RulePage = self.0.call(Call::DescribeSecurityGroupAttribute, params).await?;
        let RulePage { security_group_id, vpc_id, name, permissions, next_token } = page;
        Ok((SecurityGroupRules { security_group_id, vpc_id, name, permissions }, next_token))
    }

    /// Adds rules to a group. A rule that is there already counts as added; the cloud keeps no second one.
    ///
    /// # Errors
    /// `RuledOut` when the cloud does not take a group as source here, `AlreadyThere` from a cloud that complains about a
    /// rule that is there (read back which ones are), `Quota` when the group is full, `Refused` for no rules or more than
    /// 100.
    pub async fn authorize_security_group(&self, request: &AuthorizeSecurityGroup) -> Result<(), Error> {
        let call = Call::AuthorizeSecurityGroup;
        self.check_count(call, request.rules.len())?;
        let params = Params::new()
            .with("SecurityGroupId", &request.security_group_id)
            .with("ClientToken", &request.client_token);
        self.0.done(call, with_rules(params, &request.rules)).await
    }

    /// Removes rules from a group. By content, a rule that is not there counts as removed.
    ///
    /// # Errors
    /// `Gone` when there is no such rule or no such group (the aim is reached, but of several ids none may have been
    /// removed: read back), `Refused` for no rules or more than 100.
    pub async fn revoke_security_group(&self, request: &RevokeSecurityGroup) -> Result<(), Error> {
        let call = Call::RevokeSecurityGroup;
        let params = Params::new()
            .with("SecurityGroupId", &request.security_group_id)
            .with("ClientToken", &request.client_token);
        let params = match &request.rules {
            Revoked::ById(ids) => {
                self.check_count(call, ids.len())?;
                params.list("SecurityGroupRuleId", ids)
            }
            Revoked::ByContent(rules) => {
                self.check_count(call, rules.len())?;
                with_rules(params, rules)
            }
        };
        self.0.done(call, params).await
    }

    /// Gives an inbound rule another description, by ModifySecurityGroupRule.
    ///
    /// # Errors
    /// `Gone` when there is no such rule or no such group.
    pub async fn describe_rule(&self, request: &DescribeRule) -> Result<(), Error> {
        let params = Params::new()
            .with("SecurityGroupId", &request.security_group_id)
            .with("SecurityGroupRuleId", &request.security_group_rule_id)
            .with("Description", &request.description)
            .with("ClientToken", &request.client_token);
        self.0.done(Call::ModifySecurityGroupRule, params).await
    }

    fn check_count(&self, call: Call, count: usize) -> Result<(), Error> {
        if (1..=LIMIT).contains(&count) { Ok(()) } else { Err(self.0.refuse(call, "one to 100 rules at once")) }
    }
}
