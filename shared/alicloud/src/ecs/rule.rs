//! A rule of a security group that is wanted: how it is written, and whether a rule that is there is the same.

use ipnet::IpNet;

use super::{Direction, IpProtocol, NicType, Permission, Policy, PortRange};
use crate::names::AccountId;
use crate::params::Params;
use crate::vpc::Cidr;

/// The strongest priority, which is also what the cloud takes when none is named.
const DEFAULT_PRIORITY: u8 = 1;

/// Whose traffic a rule lets in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RuleSource {
    /// That of an address range, IPv4 or IPv6.
    Cidr(IpNet),
    /// That of the servers in another group. Whether that group may be in another VPC is not certain: a cloud that refuses
    /// it says so with [`Kind::RuledOut`](crate::Kind::RuledOut).
    Group {
        /// `sg-…`
        id: String,
        /// The account that owns it, if that is another one.
        owner: Option<AccountId>,
    },
}

/// A rule for incoming traffic.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SecurityRule {
    /// Of which protocol.
    pub protocol: IpProtocol,
    /// To which ports; [`PortRange::All`] for protocols without ports.
    pub ports: PortRange,
    /// From where.
    pub source: RuleSource,
    /// What is done with it.
    pub policy: Policy,
    /// 1 to 100; 1 comes first.
    pub priority: u8,
    /// What people shall read about it, up to 512 characters.
    pub description: Option<String>,
}

impl SecurityRule {
    /// Lets in what comes from `source`, at the strongest priority.
    #[must_use]
    pub const fn accept(protocol: IpProtocol, ports: PortRange, source: RuleSource) -> Self {
        Self { protocol, ports, source, policy: Policy::Accept, priority: DEFAULT_PRIORITY, description: None }
    }

    /// Writes it as the `n`th of a request. The network is always named: left out it would be the public one, which groups
    /// of a VPC do not have.
    pub(super) fn write(&self, params: Params, n: usize) -> Params {
        let name = |field: &str| format!("Permissions.{n}.{field}");
        let params = params
            .with(name("IpProtocol"), &self.protocol)
            .with(name("PortRange"), &self.ports)
            .with(name("Policy"), &self.policy)
            .with(name("Priority"), self.priority)
            .with(name("NicType"), NicType::Intranet)
            .maybe(name("Description"), self.description.as_ref());
        match &self.source {
            RuleSource::Cidr(net @ IpNet::V4(_)) => params.with(name("SourceCidrIp"), net),
            RuleSource::Cidr(net @ IpNet::V6(_)) => params.with(name("Ipv6SourceCidrIp"), net),
            RuleSource::Group { id, owner } => {
                params.with(name("SourceGroupId"), id).maybe(name("SourceGroupOwnerId"), owner.as_ref())
            }
        }
    }

    /// Whether `permission` is this very rule, its description aside: the cloud keeps no second one beside it.
    #[must_use]
    pub fn is(&self, permission: &Permission) -> bool {
        let no_egress = permission.direction.as_ref().is_none_or(|direction| *direction == Direction::Ingress);
        let any_source_port = permission.source_port_range.as_ref().is_none_or(|ports| *ports == PortRange::All);
        no_egress
            && any_source_port
            && permission.ip_protocol.as_ref() == Some(&self.protocol)
            && permission.port_range.as_ref() == Some(&self.ports)
            && *permission.policy.as_ref().unwrap_or(&Policy::Accept) == self.policy
            && permission.priority.unwrap_or(DEFAULT_PRIORITY.into()) == u32::from(self.priority)
            && self.source.is(permission)
    }
}

impl RuleSource {
    fn is(&self, permission: &Permission) -> bool {
        match self {
            Self::Cidr(net) => {
                let shown = permission.source_cidr_ip.as_ref().or(permission.ipv6_source_cidr_ip.as_ref());
                shown.and_then(Cidr::net).map(|shown| shown.trunc()) == Some(net.trunc())
            }
            Self::Group { id, owner } => {
                let shown = permission.source_group_owner_account.as_deref();
                let same_owner = match (owner, shown) {
                    (Some(owner), Some(shown)) => owner.as_str() == shown,
                    // One's own account may be shown or not.
                    (None, _) | (Some(_), None) => true,
                };
                permission.source_cidr_ip.is_none() && permission.source_group_id.as_ref() == Some(id) && same_owner
            }
        }
    }
}
