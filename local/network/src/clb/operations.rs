//! Every operation of the product, in one table.

use crate::vpc::operation::{Operation, Target, read, target, write};

use super::{backend, balancer, health, listener, place};

const BALANCER: &[Target] = &[target("loadbalancer", "LoadBalancerId")];

/// All of them. Only making a balancer takes a token.
pub(super) static ALL: &[Operation] = &[
    read("DescribeRegions", place::describe_regions).region_optional(),
    read("DescribeZones", place::describe_zones),
    write("CreateLoadBalancer", balancer::create).on(BALANCER).once(),
    write("DeleteLoadBalancer", balancer::delete).on(BALANCER),
    write("SetLoadBalancerName", balancer::set_name).on(BALANCER),
    write("SetLoadBalancerStatus", balancer::set_status).on(BALANCER),
    write("SetLoadBalancerDeleteProtection", balancer::set_delete_protection).on(BALANCER),
    write("SetLoadBalancerModificationProtection", balancer::set_modification_protection).on(BALANCER),
    read("DescribeLoadBalancers", balancer::list).on(BALANCER),
    read("DescribeLoadBalancerAttribute", balancer::attribute).on(BALANCER),
    write("CreateLoadBalancerTCPListener", listener::create_tcp).on(BALANCER),
    write("CreateLoadBalancerHTTPListener", listener::create_http).on(BALANCER),
    write("SetLoadBalancerTCPListenerAttribute", listener::modify_tcp).on(BALANCER),
    write("SetLoadBalancerHTTPListenerAttribute", listener::modify_http).on(BALANCER),
    write("StartLoadBalancerListener", listener::start).on(BALANCER),
    write("StopLoadBalancerListener", listener::stop).on(BALANCER),
    write("DeleteLoadBalancerListener", listener::delete).on(BALANCER),
    read("DescribeLoadBalancerTCPListenerAttribute", listener::attribute_tcp).on(BALANCER),
    read("DescribeLoadBalancerHTTPListenerAttribute", listener::attribute_http).on(BALANCER),
    write("AddBackendServers", backend::add).on(BALANCER),
    write("SetBackendServers", backend::set).on(BALANCER),
    write("RemoveBackendServers", backend::remove).on(BALANCER),
    write("TagResources", balancer::tag).on(&[target("loadbalancer", "ResourceId.1")]),
    write("UntagResources", balancer::untag).on(&[target("loadbalancer", "ResourceId.1")]),
    read("ListTagResources", balancer::list_tags).on(&[target("loadbalancer", "ResourceId.1")]),
    read("DescribeHealthStatus", health::describe).on(BALANCER),
];
