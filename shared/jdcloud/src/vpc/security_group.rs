//! Security groups and their rules. A group denies inbound what no rule allows.

use cloud_wire::{lenient, words};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::json;

use super::{Cidr, Vpc, page};
use crate::call::Call;
use crate::error::Error;
use crate::request::{Filter, UnsignedRequest};

/// Declares an enum of wire numbers. A number that is not listed is kept as it came.
macro_rules! numbers {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $number:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
            /// A number this version does not know.
            Unknown(u32),
        }

        impl $name {
            /// The number as the wire has it.
            #[must_use]
            pub const fn number(self) -> u32 {
                match self {
                    $(Self::$variant => $number,)+
                    Self::Unknown(number) => number,
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_u32(self.number())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(match u32::deserialize(deserializer)? {
                    $($number => Self::$variant,)+
                    number => Self::Unknown(number),
                })
            }
        }
    };
}

numbers! {
    /// What a rule lets through.
    Protocol {
        /// Everything.
        All = 300,
        /// TCP.
        Tcp = 6,
        /// UDP.
        Udp = 17,
        /// ICMP: ping.
        Icmp = 1,
    }
}

numbers! {
    /// Which way a rule looks.
    Direction {
        /// To the group's members.
        Inbound = 0,
        /// From the group's members.
        Outbound = 1,
    }
}

words! {
    /// What a rule does with what it matches.
    RuleAction {
        /// Lets it pass.
        Allow = "ALLOW",
        /// Stops it.
        Deny = "DENY",
    }
}

/// A rule of a security group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecurityRule {
    /// `sgr-…`
    pub rule_id: String,
    /// Which way it looks.
    pub direction: Direction,
    /// What it does.
    pub rule_action: Option<RuleAction>,
    /// 1 to 100; the lower wins.
    pub priority: Option<u32>,
    /// What it matches.
    pub protocol: Protocol,
    /// Whose packets, or packets to whom.
    pub address_prefix: Cidr,
    /// The first port; 0 where the protocol has none.
    pub from_port: Option<u32>,
    /// The last port; 0 where the protocol has none.
    pub to_port: Option<u32>,
    /// What somebody wrote about it.
    pub description: Option<String>,
}

/// A rule to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecurityRuleSpec {
    /// Which way it looks.
    pub direction: Direction,
    /// What it does; the cloud takes allow when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_action: Option<RuleAction>,
    /// 1 to 100; the lower wins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u32>,
    /// What it matches.
    pub protocol: Protocol,
    /// Whose packets, or packets to whom.
    pub address_prefix: Cidr,
    /// The first port, 1 to 65535; absent where the protocol has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_port: Option<u16>,
    /// The last port, 1 to 65535; absent where the protocol has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_port: Option<u16>,
    /// At most 256 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A security group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecurityGroup {
    /// `sg-…`
    pub network_security_group_id: String,
    /// Its name.
    #[serde(rename = "networkSecurityGroupName")]
    pub name: Option<String>,
    /// The VPC it belongs to.
    pub vpc_id: Option<String>,
    /// Its rules.
    #[serde(default, rename = "securityGroupRules", deserialize_with = "lenient::list")]
    pub rules: Vec<SecurityRule>,
}

/// Which security groups to list. Every field that is not empty narrows the listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DescribeNetworkSecurityGroups {
    /// Any of these.
    pub network_security_group_ids: Vec<String>,
    /// Any with one of these names.
    pub names: Vec<String>,
    /// Those of this VPC.
    pub vpc_id: Option<String>,
}

page!(GroupPage, "networkSecurityGroups", SecurityGroup.network_security_group_id);

const GROUPS: &str = "networkSecurityGroups";

impl Vpc {
    /// One security group with its rules.
    ///
    /// # Errors
    /// [`Kind::Gone`](crate::Kind::Gone) when the account has no such group in this region; else as any call.
    pub async fn describe_network_security_group(&self, id: &str) -> Result<SecurityGroup, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Result {
            network_security_group: SecurityGroup,
        }
        let asked = UnsignedRequest::one(Call::DescribeNetworkSecurityGroup, GROUPS, id);
        self.ask(asked).await.map(|Result { network_security_group }| network_security_group)
    }

    /// One page of the security groups of this account, counted from 1, of [`PAGE_SIZE`](crate::vpc::PAGE_SIZE) rows; and how many rows there are on
    /// all pages, where that is told.
    ///
    /// # Errors
    /// As any call.
    pub async fn network_security_groups_page(&self, number: u64) -> Result<(Vec<SecurityGroup>, Option<u64>), Error> {
        self.page::<GroupPage>(UnsignedRequest::list(Call::DescribeNetworkSecurityGroups, GROUPS), number).await
    }

    /// Security groups of this account, every page.
    ///
    /// # Errors
    /// As any call.
    pub async fn all_network_security_groups(
        &self,
        request: &DescribeNetworkSecurityGroups,
    ) -> Result<Vec<SecurityGroup>, Error> {
        let filters = [
            Filter::any("networkSecurityGroupIds", &request.network_security_group_ids),
            Filter::any("networkSecurityGroupNames", &request.names),
            Filter::one("vpcId", request.vpc_id.as_ref()),
        ];
        self.list::<GroupPage>(UnsignedRequest::list(Call::DescribeNetworkSecurityGroups, GROUPS), &filters).await
    }

    /// Adds rules to a group, all or none. Only some revisions of the product say their ids: read the group for them.
    ///
    /// # Errors
    /// [`Kind::AlreadyThere`](crate::Kind::AlreadyThere) when such a rule is there; else as any call.
    pub async fn add_network_security_group_rules(&self, id: &str, rules: &[SecurityRuleSpec]) -> Result<(), Error> {
        let body = json!({ "networkSecurityGroupRuleSpecs": rules });
        self.order(UnsignedRequest::action(Call::AddNetworkSecurityGroupRules, GROUPS, id, &body)).await
    }

    /// Gives a rule another description. What it lets in stays.
    ///
    /// # Errors
    /// [`Kind::Gone`](crate::Kind::Gone) when the group or the rule is gone; else as any call.
    pub async fn describe_network_security_group_rule(
        &self,
        id: &str,
        rule_id: &str,
        description: &str,
    ) -> Result<(), Error> {
        let body = json!({ "modifySecurityGroupRuleSpecs": [{ "ruleId": rule_id, "description": description }] });
        self.order(UnsignedRequest::action(Call::ModifyNetworkSecurityGroupRules, GROUPS, id, &body)).await
    }

    /// Removes rules from a group.
    ///
    /// # Errors
    /// [`Kind::Gone`](crate::Kind::Gone) when the group or a rule is gone; else as any call.
    pub async fn remove_network_security_group_rules(&self, id: &str, rule_ids: &[String]) -> Result<(), Error> {
        let body = json!({ "ruleIds": rule_ids });
        self.order(UnsignedRequest::action(Call::RemoveNetworkSecurityGroupRules, GROUPS, id, &body)).await
    }
}
