//! How long the cloud takes for what it does by itself.
//!
//! A waiting resource remembers since when it waits; when it is due is asked anew each time. So a rule that makes a state
//! stuck, or lets it go, also holds for what waits already.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A change that takes time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// A VPC: Pending to Available.
    VpcCreate,
    /// A vSwitch: Pending to Available.
    VSwitchCreate,
    /// A vSwitch: Deleting to gone.
    VSwitchDelete,
    /// A route table: Pending to Available.
    RouteTableCreate,
    /// A route table: Deleting to gone.
    RouteTableDelete,
    /// A route entry: Pending to Available.
    RouteCreate,
    /// A route entry: Modifying to Available.
    RouteModify,
    /// A route entry: Deleting to gone.
    RouteDelete,
    /// A pair of router interfaces: Connecting and AcceptingConnecting to Active.
    InterfaceConnect,
    /// A router interface: Activating to Active.
    InterfaceActivate,
    /// A router interface: Deactivating to Inactive.
    InterfaceDeactivate,
    /// A router interface with a new spec: Activating to Active.
    InterfaceModifySpec,
    /// A router interface: Deleting to gone.
    InterfaceDelete,
    /// An instance: Starting to Running.
    InstanceStart,
    /// An instance: Stopping to Stopped.
    InstanceStop,
    /// A command: Pending to Running on its instance.
    CommandDeliver,
    /// A VPC peering connection: Creating to Activated, or to Accepting.
    PeeringCreate,
    /// A VPC peering connection: Updating to Activated, once accepted.
    PeeringAccept,
    /// A VPC peering connection: Accepting to Expired, if nobody answers.
    PeeringExpire,
    /// A VPC peering connection that was changed: Updating to Activated.
    PeeringModify,
    /// A VPC peering connection: Deleting to gone.
    PeeringDelete,
    /// A listener of a load balancer: starting to running.
    ListenerStart,
    /// A listener of a load balancer: stopping to stopped.
    ListenerStop,
    /// A classic load balancer: its backends are being configured.
    BackendsConfigure,
    /// A backend: unavailable to normal or abnormal.
    HealthCheck,
    /// A network or application load balancer: Provisioning to Active.
    BalancerCreate,
    /// A network or application load balancer: Deleting to gone.
    BalancerDelete,
    /// A listener of one: Provisioning to Running.
    ListenerCreate,
    /// A listener of one: Deleting to gone.
    ListenerDelete,
    /// A server group: Creating to Available.
    ServerGroupCreate,
    /// A server group whose servers were changed: Configuring to Available.
    ServerGroupChange,
    /// A server group: Deleting to gone.
    ServerGroupDelete,
    /// An endpoint service: Creating to Active.
    ServiceCreate,
    /// An endpoint service: Pending to Active.
    ServiceModify,
    /// An endpoint service: Deleting to gone.
    ServiceDelete,
    /// An endpoint: Creating to Active.
    EndpointCreate,
    /// An endpoint: Pending to Active.
    EndpointModify,
    /// An endpoint: Deleting to gone.
    EndpointDelete,
    /// A zone of an endpoint: Creating to Wait.
    ZoneCreate,
    /// A zone of an endpoint: Deleting to gone.
    ZoneDelete,
    /// An endpoint's connection, or that of one of its zones: Connecting to Connected.
    ConnectionEnable,
    /// An endpoint's connection, or that of one of its zones: Disconnecting to Disconnected.
    ConnectionDisable,
    /// An endpoint's connection: Pending to Connected.
    ConnectionModify,
    /// Either half of a JD Cloud peering: Initiated to Connected, once both are there.
    JdPeeringConnect,
}

impl Wait {
    /// What the cloud takes by default.
    ///
    /// Connecting is documented by a sample alone, which shows 6 and 7 s from creation to connection; the others are not
    /// documented and lie in the range that Terraform's polling expects (docs/reference/vpc-connection-apis.md, sections
    /// 1.7 and 6). Instances and commands take what they usually take.
    #[must_use]
    pub fn default_duration(self) -> Duration {
        Duration::from_millis(match self {
            Self::InterfaceConnect => 6_500,
            Self::InterfaceDelete | Self::RouteCreate | Self::RouteDelete => 3_000,
            Self::InterfaceActivate | Self::InterfaceDeactivate | Self::InterfaceModifySpec => 4_000,
            Self::VpcCreate | Self::VSwitchCreate | Self::VSwitchDelete | Self::RouteModify => 2_000,
            Self::RouteTableCreate | Self::RouteTableDelete => 2_000,
            Self::InstanceStart | Self::InstanceStop => 10_000,
            Self::CommandDeliver => 1_000,
            Self::PeeringCreate | Self::PeeringAccept => 5_000,
            Self::PeeringModify | Self::PeeringDelete => 3_000,
            Self::PeeringExpire => 7 * 24 * 3600 * 1000,
            Self::ListenerStart | Self::ListenerStop | Self::BackendsConfigure => 1_000,
            Self::BalancerCreate => 5_000,
            Self::BalancerDelete | Self::ListenerCreate | Self::ListenerDelete => 2_000,
            Self::ServerGroupCreate | Self::ServerGroupChange | Self::ServerGroupDelete => 2_000,
            // Two good checks, two seconds apart, and the time to begin.
            Self::HealthCheck => 6_000,
            Self::ServiceCreate | Self::ServiceModify | Self::ServiceDelete => 3_000,
            Self::EndpointCreate | Self::ZoneCreate => 10_000,
            Self::EndpointModify | Self::EndpointDelete | Self::ZoneDelete => 5_000,
            Self::ConnectionEnable | Self::ConnectionDisable => 4_000,
            Self::ConnectionModify => 3_000,
            Self::JdPeeringConnect => 2_000,
        })
    }
}

/// One rule: how long `wait` takes, for every resource or for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DelayRule {
    /// The change.
    pub wait: Wait,
    /// Only for this resource id; for all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Cloud time in milliseconds; `None` (`null`) means never: the state is stuck until the rule goes.
    pub milliseconds: Option<u64>,
}

/// The delays in force. Clones share the same rules.
#[derive(Debug, Clone, Default)]
pub struct Delays(Arc<RwLock<Vec<DelayRule>>>);

impl Delays {
    /// How long `wait` takes for `resource`, in cloud time; `None` when it never ends.
    ///
    /// The last rule that fits decides; without one it is [`Wait::default_duration`].
    #[must_use]
    pub fn of(&self, wait: Wait, resource: &str) -> Option<Duration> {
        let rules = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let fits = |rule: &&DelayRule| rule.wait == wait && rule.resource.as_deref().is_none_or(|id| id == resource);
        match rules.iter().rev().find(fits) {
            Some(rule) => rule.milliseconds.map(Duration::from_millis),
            None => Some(wait.default_duration()),
        }
    }

    /// Lets `wait` take `duration` of cloud time for every resource.
    pub fn set(&self, wait: Wait, duration: Duration) {
        let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        self.add(DelayRule { wait, resource: None, milliseconds: Some(milliseconds) });
    }

    /// Lets `wait` never end, until [`clear`](Self::clear) or another rule.
    pub fn stick(&self, wait: Wait) {
        self.add(DelayRule { wait, resource: None, milliseconds: None });
    }

    /// Adds a rule, in place of an earlier one for the same change and resource.
    pub fn add(&self, rule: DelayRule) {
        let mut rules = self.0.write().unwrap_or_else(PoisonError::into_inner);
        rules.retain(|old| old.wait != rule.wait || old.resource != rule.resource);
        rules.push(rule);
    }

    /// Puts `rules` in place of all there are.
    pub fn replace(&self, rules: Vec<DelayRule>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = rules;
    }

    /// Back to the defaults.
    pub fn clear(&self) {
        self.replace(Vec::new());
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> Vec<DelayRule> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_rule_that_fits_decides_and_clearing_brings_the_defaults_back() {
        let delays = Delays::default();
        assert_eq!(delays.of(Wait::InterfaceConnect, "ri-1"), Some(Duration::from_millis(6_500)));
        delays.set(Wait::InterfaceConnect, Duration::from_secs(1));
        delays.add(DelayRule { wait: Wait::InterfaceConnect, resource: Some("ri-2".into()), milliseconds: None });
        assert_eq!(delays.of(Wait::InterfaceConnect, "ri-1"), Some(Duration::from_secs(1)));
        assert_eq!(delays.of(Wait::InterfaceConnect, "ri-2"), None);
        delays.clear();
        assert_eq!(delays.of(Wait::InterfaceConnect, "ri-2"), Some(Duration::from_millis(6_500)));
    }
}
