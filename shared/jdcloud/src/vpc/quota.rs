//! How much of a kind there may be, and is.

use cloud_wire::words;
use serde::Deserialize;

use super::Vpc;
use crate::call::Call;
use crate::error::Error;
use crate::request::UnsignedRequest;

words! {
    /// A kind of thing that is counted, each within its parent.
    QuotaType {
        /// VPCs of a region; without a parent.
        Vpc = "vpc",
        /// Subnets of a VPC.
        Subnet = "subnet",
        /// Route tables of a VPC.
        RouteTable = "routeTable",
        /// Rules of a route table that somebody made.
        StaticRoute = "staticRoute",
        /// Peerings of a VPC.
        VpcPeering = "vpcpeering",
        /// Security groups of a VPC.
        SecurityGroup = "security_group",
        /// Rules of a security group.
        SecurityGroupRule = "securityGroupRule",
    }
}

/// How much there may be, and is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quota {
    /// The most there may be; `None` when the cloud does not say.
    pub max_limit: Option<u64>,
    /// How many there are.
    pub count: Option<u64>,
}

impl Quota {
    /// Whether `more` would still fit, as far as is known.
    #[must_use]
    pub fn has_room_for(&self, more: u64) -> bool {
        match (self.max_limit, self.count) {
            (Some(limit), Some(count)) => count.saturating_add(more) <= limit,
            (None, _) | (_, None) => true,
        }
    }
}

impl Vpc {
    /// The quota of `kind` within `parent`: a VPC, or for rules their table or group.
    ///
    /// # Errors
    /// As any call.
    pub async fn describe_quota(&self, kind: &QuotaType, parent: Option<&str>) -> Result<Quota, Error> {
        #[derive(Deserialize)]
        struct Result {
            quota: Quota,
        }
        let mut asked = UnsignedRequest::list(Call::DescribeQuota, "quotas").with("type", kind);
        if let Some(parent) = parent {
            asked = asked.with("parentResourceId", parent);
        }
        self.ask(asked).await.map(|Result { quota }| quota)
    }
}
