//! How long the cloud takes for what it does by itself.
//!
//! A waiting resource remembers since when it waits; when it is due is asked anew each time. So a rule that makes a state
//! stuck, or lets it go, also holds for what waits already.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Declares [`Wait`]: each change with what it takes by default, in milliseconds, and what it is.
macro_rules! waits {
    ($($wait:ident = $milliseconds:expr, $what:literal;)+) => {
        /// A change that takes time.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Wait {
            $(#[doc = concat!($what, ".")] $wait,)+
        }

        impl Wait {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$wait),+];

            /// Its name here.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$wait => stringify!($wait),)+
                }
            }

            /// What changes, from which state to which.
            #[must_use]
            pub fn what(self) -> &'static str {
                match self {
                    $(Self::$wait => $what,)+
                }
            }

            /// What the cloud takes by default.
            ///
            /// Connecting is documented by a sample alone, which shows 6 and 7 s from creation to connection; the others
            /// are not documented and lie in the range that Terraform's polling expects
            /// (docs/reference/vpc-connection-apis.md, sections 1.7 and 6). Instances and commands take what they usually take.
            #[must_use]
            pub fn default_duration(self) -> Duration {
                Duration::from_millis(match self {
                    $(Self::$wait => $milliseconds,)+
                })
            }
        }
    };
}

waits! {
    VpcCreate = 2_000, "A VPC: Pending to Available";
    VSwitchCreate = 2_000, "A vSwitch: Pending to Available";
    VSwitchDelete = 2_000, "A vSwitch: Deleting to gone";
    RouteTableCreate = 2_000, "A route table: Pending to Available";
    RouteTableDelete = 2_000, "A route table: Deleting to gone";
    RouteCreate = 3_000, "A route entry: Pending to Available";
    RouteModify = 2_000, "A route entry: Modifying to Available";
    RouteDelete = 3_000, "A route entry: Deleting to gone";
    InterfaceConnect = 6_500, "A pair of router interfaces: Connecting and AcceptingConnecting to Active";
    InterfaceActivate = 4_000, "A router interface: Activating to Active";
    InterfaceDeactivate = 4_000, "A router interface: Deactivating to Inactive";
    InterfaceModifySpec = 4_000, "A router interface with a new spec: Activating to Active";
    InterfaceDelete = 3_000, "A router interface: Deleting to gone";
    InstanceStart = 10_000, "An instance: Starting to Running";
    InstanceStop = 10_000, "An instance: Stopping to Stopped";
    CommandDeliver = 1_000, "A command: Pending to Running on its instance";
    PeeringCreate = 5_000, "A VPC peering connection: Creating to Activated, or to Accepting";
    PeeringAccept = 5_000, "A VPC peering connection: Updating to Activated, once accepted";
    PeeringExpire = 7 * 24 * 3600 * 1000, "A VPC peering connection: Accepting to Expired, if nobody answers";
    PeeringModify = 3_000, "A VPC peering connection that was changed: Updating to Activated";
    PeeringDelete = 3_000, "A VPC peering connection: Deleting to gone";
    ListenerStart = 1_000, "A listener of a load balancer: starting to running";
    ListenerStop = 1_000, "A listener of a load balancer: stopping to stopped";
    BackendsConfigure = 1_000, "A classic load balancer: its backends are being configured";
    // Two good checks, two seconds apart, and the time to begin.
    HealthCheck = 6_000, "A backend: unavailable to normal or abnormal";
    BalancerCreate = 5_000, "A network or application load balancer: Provisioning to Active";
    BalancerDelete = 2_000, "A network or application load balancer: Deleting to gone";
    ListenerCreate = 2_000, "A listener of one: Provisioning to Running";
    ListenerDelete = 2_000, "A listener of one: Deleting to gone";
    ServerGroupCreate = 2_000, "A server group: Creating to Available";
    ServerGroupChange = 2_000, "A server group whose servers were changed: Configuring to Available";
    ServerGroupDelete = 2_000, "A server group: Deleting to gone";
    ServiceCreate = 3_000, "An endpoint service: Creating to Active";
    ServiceModify = 3_000, "An endpoint service: Pending to Active";
    ServiceDelete = 3_000, "An endpoint service: Deleting to gone";
    EndpointCreate = 10_000, "An endpoint: Creating to Active";
    EndpointModify = 5_000, "An endpoint: Pending to Active";
    EndpointDelete = 5_000, "An endpoint: Deleting to gone";
    ZoneCreate = 10_000, "A zone of an endpoint: Creating to Wait";
    ZoneDelete = 5_000, "A zone of an endpoint: Deleting to gone";
    ConnectionEnable = 4_000, "An endpoint's connection, or that of one of its zones: Connecting to Connected";
    ConnectionDisable = 4_000, "An endpoint's connection, or that of one of its zones: Disconnecting to Disconnected";
    ConnectionModify = 3_000, "An endpoint's connection: Pending to Connected";
    StackResource = 1_000, "A resource of a stack: being made, changed or removed to done";
    JdPeeringConnect = 2_000, "Either half of a JD Cloud peering: Initiated to Connected, once both are there";
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
