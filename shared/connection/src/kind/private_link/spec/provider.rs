//! The side that offers the service.

use alicloud::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strict::Fields;

use super::balancer::{BalancerType, CreateBalancer, LoadBalancerSpec};
use super::text;
use crate::words::{AccountAlias, RegionId, VpcId};

/// The least that a connection may carry, in Mbit/s (PrivateLink API, EnableVpcEndpointConnection).
const LEAST_BANDWIDTH: u32 = 100;
/// The most accounts that a spec may let ask for the service.
const MOST_ACCOUNTS: usize = 200;

/// The side that offers the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderSide {
    /// The alias of the account that owns VPC and service.
    pub account: AccountAlias,
    /// The region of both.
    pub region_id: RegionId,
    /// The VPC.
    pub vpc_id: VpcId,
    /// What stands behind the service. Left out where the consumer names an existing service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_balancer: Option<LoadBalancerSpec>,
    /// The service that is made. Left out where the consumer names an existing one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceSpec>,
    /// What the endpoint may carry, in Mbit/s; the service's own default unless named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 100, max = 50_000))]
    pub bandwidth_mbps: Option<u32>,
}

/// A service that is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ServiceSpec {
    /// Its description: 2 to 256 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether the endpoint's name leads to the zone of the one who asks first.
    pub zone_affinity: bool,
    /// Who pays for what flows.
    pub payer: Payer,
    /// The ids of accounts that may ask for the service besides the consumer's. Who is approved is another matter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>", inner(regex(pattern = "^[0-9]{1,19}$")), length(max = 200))]
    pub allowed_accounts: Vec<AccountId>,
}

impl Default for ServiceSpec {
    fn default() -> Self {
        Self { description: None, zone_affinity: true, payer: Payer::Consumer, allowed_accounts: Vec::new() }
    }
}

/// Who pays for what flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Payer {
    /// The side that uses the service.
    #[default]
    Consumer,
    /// The side that offers it.
    Provider,
}

impl ProviderSide {
    pub(super) fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let account = fields.required("account");
        let region_id = fields.required("region_id");
        let vpc_id = fields.required("vpc_id");
        let load_balancer: Option<Option<LoadBalancerSpec>> = fields.optional("load_balancer", None);
        let service: Option<Option<ServiceSpec>> = fields.optional("service", None);
        let bandwidth_mbps: Option<Option<u32>> = fields.optional("bandwidth_mbps", None);
        if let Some(Some(balancer)) = &load_balancer {
            balancer.check(fields);
        }
        if let Some(Some(service)) = &service {
            service.check(fields);
        }
        let kind = load_balancer.as_ref().and_then(Option::as_ref).map(LoadBalancerSpec::balancer_type);
        let most = kind.unwrap_or(BalancerType::Nlb).most_bandwidth();
        if let Some(given) = bandwidth_mbps.flatten().filter(|given| !(LEAST_BANDWIDTH..=most).contains(given)) {
            fields.problem("bandwidth_mbps", format!("{given}: this is from {LEAST_BANDWIDTH} to {most} Mbit/s"));
        }
        Some(Self {
            account: account?,
            region_id: region_id?,
            vpc_id: vpc_id?,
            load_balancer: load_balancer?,
            service: service?,
            bandwidth_mbps: bandwidth_mbps?,
        })
    }

    /// The load balancer that is made, if one is.
    #[must_use]
    pub fn created(&self) -> Option<&CreateBalancer> {
        match &self.load_balancer {
            Some(LoadBalancerSpec::Create(made)) => Some(made),
            Some(LoadBalancerSpec::Existing(_)) | None => None,
        }
    }

    /// The service that is made, as far as the spec says something of it; `None` where an existing one is used.
    #[must_use]
    pub fn offered(&self) -> Option<ServiceSpec> {
        self.load_balancer.as_ref().map(|_| self.service.clone().unwrap_or_default())
    }
}

impl ServiceSpec {
    fn check(&self, fields: &mut Fields<'_>) {
        if let Some(Err(rule)) = self.description.as_deref().map(text::description) {
            fields.problem("service/description", rule);
        }
        let accounts = &self.allowed_accounts;
        if accounts.len() > MOST_ACCOUNTS {
            fields.problem(
                "service/allowed_accounts",
                format!("{} accounts; name at most {MOST_ACCOUNTS}", accounts.len()),
            );
        }
        for (index, account) in accounts.iter().enumerate().filter(|(index, one)| accounts[..*index].contains(one)) {
            let at = format!("service/allowed_accounts/{index}");
            fields.problem(&at, format!("{account} is named twice; name it once"));
        }
    }
}
