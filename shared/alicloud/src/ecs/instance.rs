//! Servers, and whether Cloud Assistant is alive on them.

use std::net::IpAddr;

use cloud_wire::{lenient, words};
use serde::Deserialize;

use super::{Ecs, json_list};
use crate::call::Call;
use crate::error::Error;
use crate::params::Params;

/// The largest page of servers the cloud gives, and the most ids it takes.
const PAGE: usize = 100;
/// The same for Cloud Assistant.
const ASSISTANT_PAGE: usize = 50;

words! {
    /// Where a server is in its life.
    InstanceStatus {
        /// Being made.
        Pending = "Pending",
        /// On its way up.
        Starting = "Starting",
        /// Up.
        Running = "Running",
        /// On its way down.
        Stopping = "Stopping",
        /// Down.
        Stopped = "Stopped",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct VpcAttributes {
    vpc_id: Option<String>,
    #[serde(rename = "VSwitchId")]
    vswitch_id: Option<String>,
    #[serde(deserialize_with = "lenient::wrapped")]
    private_ip_address: Vec<IpAddr>,
}

/// A server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Instance {
    /// `i-…`
    pub instance_id: String,
    /// Its name.
    #[serde(rename = "InstanceName")]
    pub name: Option<String>,
    /// Where it is in its life.
    pub status: InstanceStatus,
    /// The zone it is in.
    pub zone_id: Option<String>,
    /// The security groups it is in.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub security_group_ids: Vec<String>,
    #[serde(default)]
    vpc_attributes: Option<VpcAttributes>,
}

impl Instance {
    /// The VPC it is in.
    #[must_use]
    pub fn vpc_id(&self) -> Option<&str> {
        self.vpc_attributes.as_ref()?.vpc_id.as_deref()
    }

    /// The vSwitch it is in.
    #[must_use]
    pub fn vswitch_id(&self) -> Option<&str> {
        self.vpc_attributes.as_ref()?.vswitch_id.as_deref()
    }

    /// Its private addresses.
    #[must_use]
    pub fn private_addresses(&self) -> &[IpAddr] {
        self.vpc_attributes.as_ref().map_or(&[], |attributes| &attributes.private_ip_address)
    }
}

/// Which servers to list. Everything left empty lists all of the region.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DescribeInstances {
    /// These: at most 100 ids.
    pub instance_ids: Vec<String>,
    /// Those in this VPC.
    pub vpc_id: Option<String>,
    /// Those in this vSwitch.
    pub vswitch_id: Option<String>,
    /// Those in this security group.
    pub security_group_id: Option<String>,
}

/// Cloud Assistant on one server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CloudAssistant {
    /// `i-…`
    pub instance_id: String,
    /// Whether it was heard of in the last two minutes. `None` when the cloud does not say.
    #[serde(rename = "CloudAssistantStatus")]
    pub alive: Option<bool>,
    /// Its version.
    #[serde(rename = "CloudAssistantVersion")]
    pub version: Option<String>,
    /// What the server runs: `Linux`, `Windows` or `FreeBSD`.
    #[serde(rename = "OSType")]
    pub os_type: Option<String>,
}

/// A page of either list; each call names its list differently.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: serde::de::DeserializeOwned"), rename_all = "PascalCase")]
struct Page<T> {
    #[serde(
        default,
        alias = "Instances",
        alias = "InstanceCloudAssistantStatusSet",
        deserialize_with = "lenient::wrapped"
    )]
    rows: Vec<T>,
    next_token: Option<String>,
}

impl Ecs {
    /// The servers asked for, all pages.
    ///
    /// # Errors
    /// `Refused` for more than 100 ids; `Malformed` when the listing repeats itself or does not end.
    pub async fn describe_instances(&self, request: &DescribeInstances) -> Result<Vec<Instance>, Error> {
        let call = Call::DescribeInstances;
        if request.instance_ids.len() > PAGE {
            return Err(self.0.refuse(call, "at most 100 instance ids at once"));
        }
        let ids = json_list(&request.instance_ids);
        let params = || {
            Params::new()
                .maybe("InstanceIds", ids.as_ref())
                .maybe("VpcId", request.vpc_id.as_ref())
                .maybe("VSwitchId", request.vswitch_id.as_ref())
                .maybe("SecurityGroupId", request.security_group_id.as_ref())
                .with("MaxResults", PAGE)
        };
        self.0.all_by_token(call, params, |page: Page<Instance>| (page.rows, page.next_token)).await
    }

    /// The server with this id; `None` when this account has none such in this region.
    ///
    /// # Errors
    /// As [`describe_instances`](Self::describe_instances).
    pub async fn instance(&self, id: &str) -> Result<Option<Instance>, Error> {
        let request = DescribeInstances { instance_ids: vec![id.to_owned()], ..DescribeInstances::default() };
        let listed = self.describe_instances(&request).await?;
        Ok(listed.into_iter().find(|instance| instance.instance_id == id))
    }

    /// Whether Cloud Assistant is alive on these servers. One that the cloud does not list has none.
    ///
    /// # Errors
    /// `Refused` for no ids or more than 50; `Malformed` when the listing repeats itself or does not end.
    pub async fn describe_cloud_assistant_status(&self, instance_ids: &[String]) -> Result<Vec<CloudAssistant>, Error> {
        let call = Call::DescribeCloudAssistantStatus;
        if !(1..=ASSISTANT_PAGE).contains(&instance_ids.len()) {
            return Err(self.0.refuse(call, "one to 50 instance ids at once"));
        }
        let params = || Params::new().list("InstanceId", instance_ids).with("MaxResults", ASSISTANT_PAGE);
        self.0.all_by_token(call, params, |page: Page<CloudAssistant>| (page.rows, page.next_token)).await
    }
}
