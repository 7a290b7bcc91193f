//! ECS (2014-05-26): security groups, servers, and commands on servers, in one region.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `group` | a security group and its rules as the cloud shows them |
//! | `rule` | a rule that is wanted: [`SecurityRule`] |
//! | `group_calls` | listing groups, adding and removing rules |
//! | `instance` | servers, and whether Cloud Assistant is alive on them |
//! | `command` | running a script on servers and reading what it said |

mod command;
mod group;
mod group_calls;
mod instance;
mod rule;

pub use command::{
    CommandError, InvocationRecordStatus, InvocationResult, InvocationStatus, RunCommand, StartedCommand,
};
pub use group::{
    Direction, GroupType, IpProtocol, NicType, Permission, Policy, PortRange, SecurityGroup, SecurityGroupRules,
};
pub use group_calls::{AuthorizeSecurityGroup, DescribeRule, DescribeSecurityGroups, RevokeSecurityGroup, Revoked};
pub use instance::{CloudAssistant, DescribeInstances, Instance, InstanceStatus};
pub use rule::{RuleSource, SecurityRule};

use crate::client::Client;
use crate::names::Region;
use crate::regional::Regional;

/// ECS in one region, called with the credentials of a [`Client`].
#[derive(Debug, Clone)]
pub struct Ecs(Regional);

impl Ecs {
    pub(crate) const fn new(client: Client, region: Region) -> Self {
        Self(Regional::new(client, region))
    }

    /// The region these calls go to.
    #[must_use]
    pub const fn region(&self) -> &Region {
        self.0.region()
    }
}

/// A list of ids as the JSON text that some calls want it as.
fn json_list(ids: &[String]) -> Option<String> {
    (!ids.is_empty()).then(|| serde_json::Value::from(ids).to_string())
}

#[cfg(test)]
mod tests;
