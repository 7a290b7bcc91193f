//! Sessions in connected accounts of Alibaba Cloud: in which role, under which name, narrowed to what.
//!
//! # Guarantees
//! A session may do what its role may and its policy says, whichever is less. The policy allows the calls of one step, those that
//! change something on the resources of one connection: a process that is made to ask for anything else is refused by the
//! cloud. The name tells in the account's own audit trail who asked, and for which connection.
//!
//! # Assumptions
//! A step finds what it makes by its mark, so its session reaches everything of that sort in the side's region. What an earlier
//! step made, or the spec names, is named in the policy. Reading is narrowed by call alone, since the cloud asks whether a
//! listing is allowed in several ways.

use std::collections::BTreeMap;

use alicloud::sts::{Allow, SessionName, SessionPolicy, StringEquals};
use alicloud::{BadName, Call, Effect};
use connection::account::{AlicloudAccount, NarrowTo, Need};
use connection::words::{ConnectionName, ResourceId, StepName};

/// The condition key for the user as whom a command runs.
const RUN_AS: &str = "ecs:CommandRunAs";
/// How long a session's name may be, and how short.
const LONGEST_NAME: usize = 64;
const SHORTEST_NAME: usize = 2;
/// How much of it the connection may take where not all of both fits.
const CONNECTIONS_SHARE: usize = 32;

/// What may be looked at: everything that a check, a plan or a sweep reads. What commands printed is not among it.
const READS: [&str; 16] = [
    "vpc:Describe*",
    "vpc:Get*",
    "vpc:List*",
    "cdt:Get*",
    "ecs:DescribeCloudAssistantStatus",
    "ecs:DescribeInstances",
    "ecs:DescribeSecurityGroup*",
    "privatelink:Check*",
    "privatelink:Describe*",
    "privatelink:Get*",
    "privatelink:List*",
    "slb:Describe*",
    "nlb:Get*",
    "nlb:List*",
    "alb:Get*",
    "alb:List*",
];

/// What is tried without being done, where that is possible. The cloud asks for the same permission as for doing it.
const TRIED: [Call; 8] = [
    Call::CreateVpcPeerConnection,
    Call::AcceptVpcPeerConnection,
    Call::ModifyVpcPeerConnection,
    Call::DeleteVpcPeerConnection,
    Call::CreateRouteEntry,
    Call::DeleteRouteEntry,
    Call::EnableVpcEndpointConnection,
    Call::DisableVpcEndpointConnection,
];

/// What a session in a connected account is wanted for.
#[derive(Debug, Clone)]
pub struct Session<'a> {
    /// What is to be done.
    pub purpose: Purpose<'a>,
    /// The connection that it is done for.
    pub connection: Option<&'a ConnectionName>,
    /// Who asked for it, by name.
    pub caller: Option<&'a str>,
}

impl<'a> Session<'a> {
    /// A session that only looks.
    #[must_use]
    pub const fn reading(connection: Option<&'a ConnectionName>, caller: Option<&'a str>) -> Self {
        Self { purpose: Purpose::Read, connection, caller }
    }
}

/// What is to be done in a session.
#[derive(Debug, Clone)]
pub enum Purpose<'a> {
    /// Nothing is changed.
    Read,
    /// A step changes what these are, besides what it makes.
    Change {
        /// The step.
        step: StepName,
        /// What it changes, each with its sort.
        things: Vec<(Sort, &'a str)>,
    },
    /// A command runs on one instance.
    Command {
        /// The instance.
        instance: &'a ResourceId,
    },
}

impl Purpose<'_> {
    /// The role that it takes.
    #[must_use]
    pub const fn need(&self) -> Need {
        match self {
            Self::Read => Need::Read,
            Self::Change { .. } => Need::Network,
            Self::Command { .. } => Need::Command,
        }
    }
}

/// A sort of resource, as policies name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// A VPC.
    Vpc,
    /// A vSwitch.
    VSwitch,
    /// A router interface.
    Interface,
    /// A route table in which routes are made.
    RouteTable,
    /// The route table of a route that is deleted: any, since the call names the route and not the table.
    TableOfRoute,
    /// The router of a route: any, since no call names it.
    Router,
    /// A security group.
    Group,
    /// An instance.
    Instance,
    /// A command, which is made as it is run.
    Command,
    /// An endpoint service.
    Service,
    /// An endpoint.
    Endpoint,
    /// A classic load balancer.
    Balancer,
}

impl Sort {
    /// The product's code, and the word before the id.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Vpc => ("vpc", "vpc"),
            Self::VSwitch => ("vpc", "vswitch"),
            Self::Interface => ("vpc", "routerinterface"),
            Self::RouteTable | Self::TableOfRoute => ("vpc", "routetable"),
            Self::Router => ("vpc", "vrouter"),
            Self::Group => ("ecs", "securitygroup"),
            Self::Instance => ("ecs", "instance"),
            Self::Command => ("ecs", "command"),
            Self::Service => ("privatelink", "vpcendpointservice"),
            Self::Endpoint => ("privatelink", "vpcendpoint"),
            Self::Balancer => ("slb", "loadbalancer"),
        }
    }
}

/// The calls of a step in accounts of Alibaba Cloud; none where it changes nothing.
#[must_use]
pub const fn calls(step: StepName) -> &'static [Call] {
    match step {
        StepName::CreateInterface => &[
            Call::DescribeRouterInterfaces,
            Call::CreateRouterInterface,
            Call::ModifyRouterInterfaceAttribute,
            Call::ModifyRouterInterfaceSpec,
            Call::DeactivateRouterInterface,
            Call::DeleteRouterInterface,
        ],
        StepName::SetPeerInfo => &[Call::DescribeRouterInterfaces, Call::ModifyRouterInterfaceAttribute],
        StepName::Connect => &[
            Call::DescribeRouterInterfaces,
            Call::ConnectRouterInterface,
            Call::ActivateRouterInterface,
            Call::DeactivateRouterInterface,
        ],
        // The cloud may look at CDT with the caller's own rights before it makes a peering between regions
        // (docs/reference/vpc-connection-apis.md, section 3.3).
        StepName::CreatePeering => &[
            Call::ListVpcPeerConnections,
            Call::GetVpcPeerConnectionAttribute,
            Call::GetCdtServiceStatus,
            Call::CreateVpcPeerConnection,
            Call::ModifyVpcPeerConnection,
            Call::DeleteVpcPeerConnection,
        ],
        // One that nobody accepted in time is deleted and asked for anew.
        StepName::AcceptPeering => &[
            Call::ListVpcPeerConnections,
            Call::GetVpcPeerConnectionAttribute,
            Call::GetCdtServiceStatus,
            Call::CreateVpcPeerConnection,
            Call::AcceptVpcPeerConnection,
            Call::ModifyVpcPeerConnection,
            Call::DeleteVpcPeerConnection,
        ],
        StepName::AddRoute => &[Call::DescribeRouteEntryList, Call::CreateRouteEntry, Call::DeleteRouteEntry],
        StepName::AuthorizeSecurityGroup => &[
            Call::DescribeSecurityGroups,
            Call::DescribeSecurityGroupAttribute,
            Call::AuthorizeSecurityGroup,
            Call::ModifySecurityGroupRule,
            Call::RevokeSecurityGroup,
        ],
        StepName::CreateLoadBalancer => &[
            Call::DescribeLoadBalancers,
            Call::DescribeLoadBalancerAttribute,
            Call::DescribeLoadBalancerTCPListenerAttribute,
            Call::DescribeLoadBalancerHTTPListenerAttribute,
            Call::DescribeHealthStatus,
            Call::ListVpcEndpointServices,
            Call::CreateLoadBalancer,
            Call::CreateLoadBalancerTCPListener,
            Call::CreateLoadBalancerHTTPListener,
            Call::StartLoadBalancerListener,
            Call::AddBackendServers,
            Call::SetBackendServers,
            Call::RemoveBackendServers,
            Call::TagLoadBalancer,
            Call::DeleteLoadBalancer,
        ],
        StepName::CreateEndpointService => &[
            Call::GetVpcEndpointServiceAttribute,
            Call::ListVpcEndpointServices,
            Call::ListVpcEndpointServiceResources,
            Call::ListVpcEndpointServiceUsers,
            Call::ListVpcEndpointConnections,
            Call::CreateVpcEndpointService,
            Call::UpdateVpcEndpointServiceAttribute,
            Call::AttachResourceToVpcEndpointService,
            Call::DetachResourceFromVpcEndpointService,
            Call::AddUserToVpcEndpointService,
            Call::RemoveUserFromVpcEndpointService,
            Call::TagService,
            Call::DeleteVpcEndpointService,
        ],
        StepName::CreateEndpoint => &[
            Call::DescribeVSwitches,
            Call::DescribeSecurityGroupAttribute,
            Call::GetVpcEndpointAttribute,
            Call::ListVpcEndpoints,
            Call::ListVpcEndpointZones,
            Call::ListVpcEndpointSecurityGroups,
            Call::ListVpcEndpointServicesByEndUser,
            Call::CreateVSwitch,
            Call::ModifyVSwitchAttribute,
            Call::DeleteVSwitch,
            Call::AuthorizeSecurityGroup,
            Call::ModifySecurityGroupRule,
            Call::RevokeSecurityGroup,
            Call::CreateVpcEndpoint,
            Call::UpdateVpcEndpointAttribute,
            Call::AddZoneToVpcEndpoint,
            Call::RemoveZoneFromVpcEndpoint,
            Call::AttachSecurityGroupToVpcEndpoint,
            Call::DetachSecurityGroupFromVpcEndpoint,
            Call::DeleteVpcEndpoint,
        ],
        StepName::ApproveEndpoint => &[
            Call::GetVpcEndpointServiceAttribute,
            Call::ListVpcEndpointServiceUsers,
            Call::ListVpcEndpointConnections,
            Call::EnableVpcEndpointConnection,
            Call::DisableVpcEndpointConnection,
            Call::UpdateVpcEndpointConnectionAttribute,
            Call::EnableVpcEndpointZoneConnection,
        ],
        StepName::VerifyReachability => &[],
    }
}

/// What a step makes.
const fn makes(step: StepName) -> &'static [Sort] {
    match step {
        StepName::CreateInterface => &[Sort::Interface],
        StepName::CreateLoadBalancer => &[Sort::Balancer],
        StepName::CreateEndpointService => &[Sort::Service],
        StepName::CreateEndpoint => &[Sort::Endpoint, Sort::VSwitch],
        StepName::SetPeerInfo
        | StepName::Connect
        | StepName::CreatePeering
        | StepName::AcceptPeering
        | StepName::AddRoute
        | StepName::AuthorizeSecurityGroup
        | StepName::ApproveEndpoint
        | StepName::VerifyReachability => &[],
    }
}

/// The sorts of resources that a call which changes something must be allowed on. None where the documents name none: peering,
/// tags of services, single rules of security groups.
const fn changed(call: Call) -> &'static [Sort] {
    match call {
        Call::CreateRouterInterface
        | Call::ModifyRouterInterfaceAttribute
        | Call::ModifyRouterInterfaceSpec
        | Call::ConnectRouterInterface
        | Call::ActivateRouterInterface
        | Call::DeactivateRouterInterface
        | Call::DeleteRouterInterface => &[Sort::Interface],
        Call::CreateRouteEntry => &[Sort::RouteTable, Sort::Router],
        Call::DeleteRouteEntry => &[Sort::TableOfRoute, Sort::Router],
        Call::CreateVSwitch => &[Sort::VSwitch, Sort::Vpc],
        Call::ModifyVSwitchAttribute | Call::DeleteVSwitch => &[Sort::VSwitch],
        Call::AuthorizeSecurityGroup | Call::RevokeSecurityGroup => &[Sort::Group],
        Call::RunCommand => &[Sort::Instance, Sort::Command],
        Call::CreateVpcEndpointService
        | Call::UpdateVpcEndpointServiceAttribute
        | Call::AttachResourceToVpcEndpointService
        | Call::DetachResourceFromVpcEndpointService
        | Call::AddUserToVpcEndpointService
        | Call::RemoveUserFromVpcEndpointService
        | Call::EnableVpcEndpointConnection
        | Call::DisableVpcEndpointConnection
        | Call::UpdateVpcEndpointConnectionAttribute
        | Call::EnableVpcEndpointZoneConnection
        | Call::DeleteVpcEndpointService => &[Sort::Service],
        Call::CreateVpcEndpoint
        | Call::UpdateVpcEndpointAttribute
        | Call::AddZoneToVpcEndpoint
        | Call::RemoveZoneFromVpcEndpoint
        | Call::AttachSecurityGroupToVpcEndpoint
        | Call::DetachSecurityGroupFromVpcEndpoint
        | Call::DeleteVpcEndpoint => &[Sort::Endpoint],
        Call::CreateLoadBalancer
        | Call::CreateLoadBalancerTCPListener
        | Call::CreateLoadBalancerHTTPListener
        | Call::StartLoadBalancerListener
        | Call::AddBackendServers
        | Call::SetBackendServers
        | Call::RemoveBackendServers
        | Call::TagLoadBalancer
        | Call::DeleteLoadBalancer => &[Sort::Balancer],
        _ => &[],
    }
}

/// The name of a session: `CALLER@CONNECTION`, or the name of the function instead of a caller where nobody is known to have
/// asked. `function` is its name in the cloud, such as `causeway-add-route`.
///
/// # Errors
/// Never: what a session's name may not hold is replaced, and what is too long is cut.
pub(crate) fn name(function: &str, session: &Session<'_>) -> Result<SessionName, BadName> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    let asked = session.caller.filter(|caller| !caller.is_empty()).unwrap_or(function);
    let mut name: String = asked.chars().map(|letter| if allowed(letter) { letter } else { '-' }).collect();
    let Some(connection) = session.connection.map(ConnectionName::as_str) else {
        name.truncate(LONGEST_NAME);
        while name.len() < SHORTEST_NAME {
            name.push('-');
        }
        return name.parse();
    };
    let both = LONGEST_NAME - 1;
    let of_connection = connection.len().min(CONNECTIONS_SHARE.max(both.saturating_sub(name.len())));
    name.truncate(both - of_connection);
    name.push('@');
    name.push_str(&connection[..of_connection]);
    name.parse()
}

/// What a session may do at most.
///
/// # Errors
/// When it cannot be said within the length that the cloud takes.
pub(crate) fn policy(session: &Session<'_>, account: &AlicloudAccount, region: &str) -> Result<SessionPolicy, BadName> {
    let region = Region { account, region };
    match &session.purpose {
        Purpose::Read => {
            let mut action: Vec<String> = READS.map(str::to_owned).to_vec();
            if account.has_one_role() {
                action.extend(TRIED.map(Call::permission));
            }
            SessionPolicy::new(&[Allow { action, resource: anything(), condition: None }])
        }
        Purpose::Change { step, things } => {
            let named = SessionPolicy::new(&region.changes(*step, things));
            // A spec may name a hundred groups. Then any of the region will do.
            named.or_else(|_| SessionPolicy::new(&region.changes(*step, &[])))
        }
        Purpose::Command { instance } => {
            let things = [(Sort::Instance, instance.as_str())];
            let keys = BTreeMap::from([(RUN_AS.to_owned(), vec![account.command_user().to_owned()])]);
            SessionPolicy::new(&[
                Allow {
                    action: vec![Call::RunCommand.permission()],
                    resource: region.resources(changed(Call::RunCommand), &things, &[]),
                    condition: Some(StringEquals { keys }),
                },
                Allow {
                    action: vec![Call::DescribeInvocationResults.permission()],
                    resource: anything(),
                    condition: None,
                },
            ])
        }
    }
}

fn anything() -> Vec<String> {
    vec!["*".to_owned()]
}

/// An account's resources in one region.
struct Region<'a> {
    account: &'a AlicloudAccount,
    region: &'a str,
}

impl Region<'_> {
    /// One line for the calls that share their resources.
    fn changes(&self, step: StepName, things: &[(Sort, &str)]) -> Vec<Allow> {
        let mut lines: Vec<Allow> = Vec::new();
        for call in calls(step) {
            let resource = match call.effect() {
                Effect::Reads => anything(),
                _ => self.resources(changed(*call), things, makes(step)),
            };
            match lines.iter_mut().find(|line| line.resource == resource) {
                Some(line) => line.action.push(call.permission()),
                None => lines.push(Allow { action: vec![call.permission()], resource, condition: None }),
            }
        }
        lines
    }

    fn resources(&self, sorts: &[Sort], things: &[(Sort, &str)], made: &[Sort]) -> Vec<String> {
        if sorts.is_empty() || self.account.narrow_to == NarrowTo::Actions {
            return anything();
        }
        let mut resources = Vec::new();
        for sort in sorts {
            let of_sort = |(known, id): &(Sort, &str)| known == sort && !made.contains(sort) && is_id(id);
            let mut ids: Vec<&str> = things.iter().filter(|thing| of_sort(thing)).map(|(_, id)| *id).collect();
            if ids.is_empty() {
                ids.push("*");
            }
            let (product, word) = sort.words();
            let Self { account, region } = self;
            resources.extend(ids.iter().map(|id| format!("acs:{product}:{region}:{}:{word}/{id}", account.id)));
        }
        resources
    }
}

/// Whether a text can stand in a policy as an id. A star would mean every one.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests;
