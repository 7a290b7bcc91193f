"""Network and application load balancers behind an endpoint service, and requests through an endpoint to them."""

import pytest

import clients
from balancers import KINDS
from clients import refused
from links import REGION, STANDBY, ZONE, Consumer, Provider
from network import until

# What a client meets where every server refuses: one passes that on, the other tells of it.
CLOSED = {"nlb": (7, "000"), "alb": (0, "502")}


@pytest.fixture(scope="module", params=list(clients.SIGNATURES))
def signature(request):
    return request.param


@pytest.fixture(scope="module", params=list(KINDS))
def stage(cloud, signature, request):
    """Account a consumes; account b provides, with a load balancer that works behind a service that a may use."""
    a, b = Consumer(cloud, "a", "10.11.", signature), Provider(cloud, "b", "10.13.", signature)
    balancer = KINDS[request.param](cloud, b, signature)
    b.balancer = balancer.make()
    service = b.make_service(request.param)
    b.link("AddUserToVpcEndpointService", ServiceId=service, UserId=a.id)
    yield a, b, balancer, service
    a.clear()
    b.clear()
    balancer.remove()


def test_what_was_made_is_told_in_the_sdks_own_models(stage):
    _, b, balancer, _ = stage
    seen = balancer.seen()
    assert (seen["LoadBalancerId"], seen["AddressType"], seen["VpcId"]) == (b.balancer, "Intranet", b.vpc["vpc_id"])
    assert [one["ZoneId"] for one in seen["ZoneMappings"]] == [ZONE, STANDBY]
    assert balancer.address(ZONE).startswith("10.13.0.") and balancer.address(STANDBY).startswith("10.13.1.")
    assert seen["DNSName"].endswith(f".{REGION}.{balancer.kind}.aliyuncs.com")
    listed = balancer.call("ListListeners", LoadBalancerIds=[b.balancer])["Listeners"]
    assert [(one["ListenerPort"], one["ListenerStatus"]) for one in listed] == [(80, "Running")]
    servers = balancer.call("ListServerGroupServers", ServerGroupId=balancer.group)["Servers"]
    assert {(one["Port"], one["Weight"], one["Status"]) for one in servers} == {(80, 100, "Available")}
    assert len(servers) == 2


def test_each_zone_is_a_resource_of_its_own(stage):
    _, b, balancer, service = stage
    named = {"ServiceId": service, "ResourceId": b.balancer, "ResourceType": balancer.kind}
    with refused(400, "EndpointServiceResourceExist"):
        b.link("AttachResourceToVpcEndpointService", ZoneId=ZONE, **named)
    with refused(400, "MissingParameter"):
        b.link("AttachResourceToVpcEndpointService", **named)
    with refused(400, "EndpointServiceNotSupportedZone"):
        b.link("AttachResourceToVpcEndpointService", ZoneId=f"{REGION}c", **named)
    with refused(400, "AlbNotFound" if balancer.kind == "alb" else "LoadBalancerNotFound"):
        b.link("AttachResourceToVpcEndpointService", ZoneId=ZONE, **{**named, "ResourceId": f"{balancer.kind}-none"})
    b.link("AttachResourceToVpcEndpointService", ZoneId=STANDBY, **named)
    b.wait_for_service(service)
    listed = b.link("ListVpcEndpointServiceResources", ServiceId=service)["Resources"]
    assert {one["ZoneId"]: one["Ip"] for one in listed} == {zone: balancer.address(zone) for zone in (ZONE, STANDBY)}
    visible = b.link("GetVpcEndpointServiceAttribute", ServiceId=service)
    assert (visible["ServiceResourceType"], sorted(visible["Zones"])) == (balancer.kind, [STANDBY, ZONE])
    b.link("DetachResourceFromVpcEndpointService", ZoneId=STANDBY, **named)
    b.wait_for_service(service)


def test_a_request_gets_through_exactly_while_all_of_it_stands(stage):
    a, b, balancer, service = stage
    endpoint = a.make_endpoint(service)
    doors = a.doors(endpoint)
    assert a.get(doors[0])[0] == 28, "not accepted yet"
    b.enable(service, endpoint)
    b.wait_for(endpoint, "Connected")
    for door in doors:
        assert a.get(door) == (0, "200"), door
        assert a.host.run(f"nc -z -w 3 {door} 80")["ExitCode"] == 0, door
    greeting = a.host.run(f"curl -s http://{doors[2]}/")["Output"]
    assert greeting in {f"Hello from {one['instance_id']}\n" for one in b.vpc["instances"]}

    assert b.get(doors[0])[0] == 6, "the name means nothing in the provider's VPC"
    hold = {"IpProtocol": "TCP", "PortRange": "80/80", "DestCidrIp": doors[2], "Policy": "drop"}
    a.host.call("AuthorizeSecurityGroupEgress", SecurityGroupId=a.group, Permissions=[hold])
    assert a.get(doors[0])[0] == 28, "the client's own group holds it back"
    a.host.call("RevokeSecurityGroupEgress", SecurityGroupId=a.group, Permissions=[hold])

    balancer.call("StopListener", ListenerId=balancer.listener)
    balancer.wait_for_listener(balancer.listener, "Stopped")
    assert a.get(doors[0])[0] == 28, "nothing listens"
    balancer.call("StartListener", ListenerId=balancer.listener)
    balancer.wait_for_listener(balancer.listener, "Running")
    assert a.get(doors[0]) == (0, "200")

    b.disable(service, endpoint)
    b.wait_for(endpoint, "Disconnected")
    assert a.get(doors[0])[0] == 28, "cut off"
    a.clear()


def test_a_server_that_does_not_answer_is_told_of(stage):
    a, b, balancer, service = stage
    endpoint = a.make_endpoint(service)
    b.enable(service, endpoint)
    b.wait_for(endpoint, "Connected")
    closed = [{**one, "Port": 81} for one in balancer.servers()]
    balancer.call("AddServersToServerGroup", ServerGroupId=balancer.group, Servers=closed)
    balancer.wait_for_group()
    balancer.call("RemoveServersFromServerGroup", ServerGroupId=balancer.group, Servers=balancer.servers())
    balancer.wait_for_group()
    refuses = ("Unhealthy", "CONNECT_FAILED")
    until(lambda: balancer.unhealthy() == [refuses, refuses], "both told of")
    code, output = a.get(a.doors(endpoint)[0])
    assert (code, output[-3:]) == CLOSED[balancer.kind]
    balancer.call("AddServersToServerGroup", ServerGroupId=balancer.group, Servers=balancer.servers())
    balancer.wait_for_group()
    balancer.call("RemoveServersFromServerGroup", ServerGroupId=balancer.group, Servers=closed)
    balancer.wait_for_group()
    until(lambda: balancer.unhealthy() == [], "both healthy")
    assert a.get(a.doors(endpoint)[0]) == (0, "200")
    b.disable(service, endpoint)
    b.wait_for(endpoint, "Disconnected")
    a.clear()


def test_what_is_in_use_or_taken_is_refused(stage):
    _, b, balancer, _ = stage
    alb = balancer.kind == "alb"
    with refused(400, "IncorrectStatus.LoadBalancer" if alb else "IncorrectStatus.loadbalancer"):
        balancer.call("DeleteLoadBalancer", LoadBalancerId=b.balancer)
    with refused(400, "ResourceInUse.ServerGroup"):
        balancer.call("DeleteServerGroup", ServerGroupId=balancer.group)
    with refused(400, "ResourceAlreadyExist.Listener" if alb else "Conflict.Port"):
        balancer.listen(80)
    with refused(404, "ResourceNotFound.LoadBalancer" if alb else "ResourceNotFound.loadBalancer"):
        balancer.call("GetLoadBalancerAttribute", LoadBalancerId="lb-none")
    with refused(400, "DryRunOperation"):
        balancer.call("StopListener", ListenerId=balancer.listener, DryRun=True)
