"""Both guides to private links by hand, and what is refused on the way."""

import pytest

import clients
from clients import refused
from links import STANDBY, ZONE, Consumer, Provider
from network import until


@pytest.fixture(scope="module", params=list(clients.SIGNATURES))
def signature(request):
    return request.param


@pytest.fixture(scope="module")
def stage(cloud, signature):
    """Account a consumes; account b provides, with a load balancer that works."""
    a, b = Consumer(cloud, "a", "10.11.", signature), Provider(cloud, "b", "10.13.", signature)
    b.make_balancer()
    yield a, b
    b.clear()


@pytest.fixture
def a(stage):
    yield stage[0]
    stage[0].clear()


@pytest.fixture
def b(stage):
    return stage[1]


@pytest.fixture(scope="module")
def service(stage):
    """A service that accepts by hand, whose whitelist holds account a."""
    a, b = stage
    made = b.make_service(ServiceDescription="for a", AutoAcceptEnabled=False)
    b.link("AddUserToVpcEndpointService", ServiceId=made, UserId=a.id)
    return made


def test_the_tags_of_a_balancer_are_set_listed_and_taken_away(cloud, signature):
    provider = Provider(cloud, "a", "10.12.", signature)
    balancer = provider.make_balancer()
    on = {"ResourceType": "instance", "ResourceId": [balancer]}
    provider.slb("TagResources", Tag=[{"Key": "team", "Value": "net"}, {"Key": "cost", "Value": "7"}], **on)

    def tags(**by):
        found = provider.slb("ListTagResources", ResourceType="instance", **by)["TagResources"]["TagResource"]
        assert {(tag["ResourceId"], tag["ResourceType"]) for tag in found} <= {(balancer, "instance")}
        return {tag["TagKey"]: tag["TagValue"] for tag in found}

    assert tags(ResourceId=[balancer]) == {"team": "net", "cost": "7"}
    assert tags(Tag=[{"Key": "team"}]) == {"team": "net", "cost": "7"}
    assert tags(Tag=[{"Key": "team", "Value": "other"}]) == {}
    with refused(400, "MissingParameter"):
        tags()
    with refused(400, "MissingParameter"):
        tags(Tag=[{"Value": "net"}])
    provider.slb("UntagResources", TagKey=["team"], **on)
    assert tags(ResourceId=[balancer]) == {"cost": "7"}
    provider.slb("UntagResources", All=True, **on)
    assert tags(ResourceId=[balancer]) == {}
    with refused(404, "InvalidLoadBalancerId.NotFound"):
        provider.slb("UntagResources", ResourceType="instance", ResourceId=["lb-none"], All=True)
    provider.clear()


def test_the_guide_within_one_account(cloud, signature):
    consumer, provider = Consumer(cloud, "a", "10.11.", signature), Provider(cloud, "a", "10.12.", signature)
    balancer = provider.make_balancer()
    told = provider.slb("DescribeLoadBalancerAttribute", LoadBalancerId=balancer)
    assert (told["AddressType"], told["MasterZoneId"], told["SlaveZoneId"]) == ("intranet", ZONE, STANDBY)
    assert (told["LoadBalancerSpec"], told["LoadBalancerStatus"]) == ("slb.lcu.elastic", "active")
    service = provider.make_service(AutoAcceptEnabled=False)
    users = provider.link("ListVpcEndpointServiceUsers", ServiceId=service)
    assert [user["UserId"] for user in users["Users"]] == [provider.id]

    endpoint = consumer.make_endpoint(service, EndpointName="first", EndpointDescription="of the guide")
    seen = consumer.endpoint(endpoint)
    assert (seen["ConnectionStatus"], seen["ResourceOwner"], seen["Bandwidth"]) == ("Disconnected", True, 3072)
    assert [zone["ZoneStatus"] for zone in consumer.zones(endpoint)] == ["Wait"]
    provider.enable(service, endpoint)
    provider.wait_for(endpoint, "Connected")
    for door in consumer.doors(endpoint):
        assert consumer.get(door) == (0, "200"), door
    consumer.clear()
    provider.clear()


def test_the_guide_across_accounts_with_a_whitelist(a, b):
    service = b.make_service(AutoAcceptEnabled=False)
    assert not a.link("ListVpcEndpointServicesByEndUser", ServiceId=service)["Services"]
    with refused(400, "EndpointServiceNotAuthorized"):
        a.ask(service)
    b.link("AddUserToVpcEndpointService", ServiceId=service, UserId=a.id)
    visible = a.link("ListVpcEndpointServicesByEndUser", ServiceId=service)["Services"][0]
    assert (visible["ServiceId"], visible["Zones"]) == (service, [ZONE])

    endpoint = a.make_endpoint(service)
    connection = b.connection(endpoint)
    assert (connection["EndpointOwnerId"], connection["ResourceOwner"]) == (a.id, False)
    assert (connection["EndpointVpcId"], connection["ServiceId"]) == (a.vpc["vpc_id"], service)
    assert a.get(a.doors(endpoint)[0])[0] == 28
    b.enable(service, endpoint)
    assert b.connection(endpoint)["ConnectionStatus"] == "Connecting"
    b.wait_for(endpoint, "Connected")
    assert [zone["ZoneStatus"] for zone in b.connection(endpoint)["Zones"]] == ["Connected"]
    for door in a.doors(endpoint):
        assert a.get(door) == (0, "200"), door

    b.disable(service, endpoint)
    b.wait_for(endpoint, "Disconnected")
    assert a.zones(endpoint)[0]["ZoneStatus"] == "Disconnected"
    assert a.get(a.doors(endpoint)[0])[0] == 28


def test_a_request_tells_what_is_missing(a, b, service):
    endpoint = a.make_endpoint(service)
    b.enable(service, endpoint)
    b.wait_for(endpoint, "Connected")
    domain, zone_domain, address = a.doors(endpoint)
    assert b.get(domain)[0] == b.get(zone_domain)[0] == 6, "the names mean nothing outside of the consumer's VPC"
    assert b.get(address)[0] == 28, "nor does the address"
    assert a.get(f"{domain}:8080")[0] == 28, "nothing listens there"
    on = {"LoadBalancerId": b.balancer, "ListenerPort": 8080}
    idle = {"BackendServerPort": 8080, "Bandwidth": -1, "StickySession": "off", "HealthCheck": "on"}
    b.slb("CreateLoadBalancerHTTPListener", **on, **idle)
    b.slb("StartLoadBalancerListener", **on)
    until(lambda: a.get(f"{domain}:8080") == (0, "503"), "the listener tells that no server is healthy")
    strict = a.host.run(f"curl -sSf http://{domain}:8080/")
    assert strict["ExitCode"] == 22 and "503" in strict["Output"]
    b.slb("StopLoadBalancerListener", **on)
    stopped = "DescribeLoadBalancerHTTPListenerAttribute"
    until(lambda: b.slb(stopped, **on)["Status"] == "stopped", "the listener stopped")
    b.slb("DeleteLoadBalancerListener", **on)

    hold = {"IpProtocol": "TCP", "PortRange": "80/80", "DestCidrIp": "0.0.0.0/0", "Policy": "drop"}
    a.host.call("AuthorizeSecurityGroupEgress", SecurityGroupId=a.group, Permissions=[hold])
    told = a.host.call("DescribeSecurityGroupAttribute", SecurityGroupId=a.group, Direction="egress")
    (rule,) = told["Permissions"]["Permission"]
    assert (rule["Direction"], rule["DestCidrIp"], rule["Policy"]) == ("egress", "0.0.0.0/0", "Drop")
    for door in (domain, zone_domain, address):
        assert a.host.run(f"nc -z -w 3 {door} 80")["ExitCode"] == 1, "the client's own group holds it back"
    a.host.call("RevokeSecurityGroupEgress", SecurityGroupId=a.group, SecurityGroupRuleId=[rule["SecurityGroupRuleId"]])
    for door in (domain, zone_domain, address):
        assert a.host.run(f"nc -z -w 3 {door} 80")["ExitCode"] == 0, door
    b.disable(service, endpoint)
    b.wait_for(endpoint, "Disconnected")


def test_a_service_that_accepts_by_itself(a, b):
    service = b.make_service(AutoAcceptEnabled=True)
    b.link("AddUserToVpcEndpointService", ServiceId=service, UserARN=f"acs:ram:*:{a.id}:*")
    endpoint = a.make_endpoint(service)
    b.wait_for(endpoint, "Connected")
    until(lambda: a.zones(endpoint)[0]["ZoneStatus"] == "Connected", "the zone connected")
    assert a.get(a.doors(endpoint)[0]) == (0, "200")
    b.disable(service, endpoint)
    b.wait_for(endpoint, "Disconnected")


def test_one_account_accepts_one_request_at_a_time(a, b, service, knobs):
    one, two = a.make_endpoint(service), a.make_endpoint(service)
    knobs.stick("connection_enable")
    b.enable(service, one)
    with refused(400, "ConcurrentCallNotSupported"):
        b.enable(service, two)
    with refused(400, "EndpointConnectionOperationDenied"):
        b.enable(service, one)
    knobs.release()
    b.wait_for(one, "Connected")
    b.enable(service, two, Bandwidth=2000)
    b.wait_for(two, "Connected")
    assert a.endpoint(two)["Bandwidth"] == 2000
    with refused(400, "IncorrectStatus.VpcEndpointConnection"):
        b.enable(service, two)


def test_a_refused_request_looks_like_one_that_waits(a, b, service):
    endpoint = a.make_endpoint(service)
    before = b.connection(endpoint)
    b.disable(service, endpoint)
    b.wait_for(endpoint, "Disconnected")
    after = b.connection(endpoint)
    assert {**before, "ModifiedTime": None} == {**after, "ModifiedTime": None}


def test_every_request_that_waits_is_found_page_by_page(a, b, service):
    made = {a.link("CreateVpcEndpoint", VpcId=a.vpc["vpc_id"], ServiceId=service)["EndpointId"] for _ in range(12)}
    waiting = b.pages("ListVpcEndpointConnections", "Connections", ConnectionStatus="Disconnected", MaxResults=5)
    found = [one["EndpointId"] for one in waiting]
    assert made <= set(found) and len(found) == len(set(found))
    for endpoint in made:
        a.wait_for_endpoint(endpoint)
    listed = a.pages("ListVpcEndpoints", "Endpoints", VpcId=a.vpc["vpc_id"], MaxResults=5)
    assert made <= {one["EndpointId"] for one in listed}


def test_a_dry_run_and_a_token(a, b, service):
    endpoint = a.make_endpoint(service)
    with refused(400, "DryRunOperation"):
        b.enable(service, endpoint, DryRun=True)
    with refused(400, "EndpointConnectionNotFound"):
        b.enable(service, "ep-none", DryRun=True)
    assert b.connection(endpoint)["ConnectionStatus"] == "Disconnected"
    b.enable(service, endpoint, ClientToken=endpoint)
    b.enable(service, endpoint, ClientToken=endpoint)
    with refused(400, "IdempotenceSignatureMismatch"):
        b.enable(service, endpoint, ClientToken=endpoint, Bandwidth=2000)
    b.wait_for(endpoint, "Connected")


def test_what_an_endpoint_is_asked_for_with_is_checked(a, b, service):
    with refused(400, "EndpointServiceNotFound"):
        a.ask("epsrv-none")
    with refused(400, "EndpointServiceNotSupportedZone"):
        a.ask(service, Zone=[{"ZoneId": STANDBY, "VSwitchId": a.vswitches[STANDBY]}])
    with refused(400, "Mismatch.ZoneId"):
        a.ask(service, Zone=[{"ZoneId": ZONE, "VSwitchId": a.vswitches[STANDBY]}])
    taken = a.vpc["instances"][0]["private_ip"]
    with refused(400, "EniIpUnavailable"):
        a.ask(service, Zone=[{"ZoneId": ZONE, "VSwitchId": a.vswitches[ZONE], "ip": taken}])
    with refused(400, "InvalidParameter"):
        a.ask(service, EndpointName="1st")
    with refused(400, "RegionNotFound"):
        a.link_sdk.call("ListVpcEndpoints", RegionId="eu-nowhere")
    endpoint = a.make_endpoint(service)
    with refused(400, "EndpointDependenceViolation"):
        a.link("DeleteVpcEndpoint", EndpointId=endpoint)


def test_what_a_balancer_is_asked_for_is_checked(b):
    on = {"LoadBalancerId": b.balancer}
    with refused(400, "Operation.NotAllowed"):
        b.slb("CreateLoadBalancer", VSwitchId=b.vswitches[ZONE], LoadBalancerSpec="slb.s1.small")
    with refused(400, "ListenerAlreadyExists"):
        b.slb("CreateLoadBalancerTCPListener", ListenerPort=80, BackendServerPort=80, Bandwidth=-1, **on)
    with refused(404, "ListenerNotFound"):
        b.slb("StartLoadBalancerListener", ListenerPort=81, **on)
    with refused(404, "InvalidServerId.NotFound"):
        b.slb("AddBackendServers", BackendServers='[{"ServerId": "i-none"}]', **on)
    with refused(404, "InvalidLoadBalancerId.NotFound"):
        b.slb("DescribeLoadBalancerAttribute", LoadBalancerId="lb-none")
    listener = {"ListenerPort": 81, "BackendServerPort": 8080, "Bandwidth": -1, "healthCheckInterval": 5}
    b.slb("CreateLoadBalancerTCPListener", **listener, **on)
    told = b.slb("DescribeLoadBalancerTCPListenerAttribute", ListenerPort=81, **on)
    assert (told["Status"], told["HealthCheckInterval"], told["HealthCheck"]) == ("stopped", 5, "on")
    b.slb("DeleteLoadBalancerListener", ListenerPort=81, **on)
    web = {"ListenerPort": 8080, "BackendServerPort": 80, "StickySession": "off", "HealthCheck": "on"}
    b.slb("CreateLoadBalancerHTTPListener", **web, **on)
    told = b.slb("DescribeLoadBalancerHTTPListenerAttribute", ListenerPort=8080, **on)
    assert (told["Status"], told["BackendServerPort"], told["HealthCheckInterval"]) == ("stopped", 80, 2)
    with refused(404, "ListenerNotFound"):
        b.slb("DescribeLoadBalancerTCPListenerAttribute", ListenerPort=8080, **on)
    b.slb("DeleteLoadBalancerListener", ListenerPort=8080, ListenerProtocol="http", **on)
    b.slb("RemoveBackendServers", BackendServers='["i-none"]', **on)
    assert b.health() == ["normal", "normal"]
