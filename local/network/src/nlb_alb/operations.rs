//! Every operation of both products, in one table: they have the same names.
//!
//! ALB never sends `RegionId`; its region is that of its host. NLB may send it.

use crate::vpc::operation::{Operation, Target, read, target, write};

use super::{create, health, listen, listener, load_balancer, server, server_group};

const BALANCER: &[Target] = &[target("loadbalancer", "LoadBalancerId")];
const BALANCERS: &[Target] = &[target("loadbalancer", "LoadBalancerIds")];
const LISTENER: &[Target] = &[target("listener", "ListenerId")];
const LISTENERS: &[Target] = &[target("listener", "ListenerIds")];
const GROUP: &[Target] = &[target("servergroup", "ServerGroupId")];
const GROUPS: &[Target] = &[target("servergroup", "ServerGroupIds")];

/// All of them.
pub(super) static ALL: &[Operation] = &[
    write("CreateLoadBalancer", create::create).on(BALANCER).region_optional().once(),
    write("DeleteLoadBalancer", load_balancer::delete).on(BALANCER).region_optional().once(),
    read("GetLoadBalancerAttribute", load_balancer::attribute).on(BALANCER).region_optional(),
    read("ListLoadBalancers", load_balancer::list).on(BALANCERS).region_optional(),
    write("CreateListener", listen::create).on(BALANCER).region_optional().once(),
    write("StartListener", listen::start).on(LISTENER).region_optional().once(),
    write("StopListener", listen::stop).on(LISTENER).region_optional().once(),
    write("DeleteListener", listen::delete).on(LISTENER).region_optional().once(),
    read("GetListenerAttribute", listener::attribute).on(LISTENER).region_optional(),
    read("ListListeners", listener::list).on(LISTENERS).region_optional(),
    read("GetListenerHealthStatus", health::status).on(LISTENER).region_optional(),
    write("CreateServerGroup", server_group::create).on(GROUP).region_optional().once(),
    write("DeleteServerGroup", server_group::delete).on(GROUP).region_optional().once(),
    read("ListServerGroups", server_group::list).on(GROUPS).region_optional(),
    write("AddServersToServerGroup", server::add).on(GROUP).region_optional().once(),
    write("RemoveServersFromServerGroup", server::remove).on(GROUP).region_optional().once(),
    read("ListServerGroupServers", server::list).on(GROUP).region_optional(),
];
