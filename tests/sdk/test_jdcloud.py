"""The peering tutorial of JD Cloud by hand, through both signatures of its official SDK, there and back."""

import pytest
import requests

from jd import RELEASES, Sdk, refused
from network import until


@pytest.fixture(scope="module", params=list(RELEASES))
def sdk(request):
    return Sdk(request.param)


@pytest.fixture
def a(cloud, sdk):
    return sdk.open(cloud, "jd-a")


@pytest.fixture
def b(cloud, sdk):
    return sdk.open(cloud, "jd-b")


def ping(cloud, one, other):
    """What the local cloud says of a packet from one subnet to the other, and back."""
    ends = {"from": {"subnet_id": one.subnet}, "to": {"subnet_id": other.subnet, "security_group_ids": [other.group]}}
    return requests.post(f"{cloud.gateway}/_local/jd/ping", json=ends).json()


def test_each_release_signs_by_its_own_signature(monkeypatch, sdk, a):
    sent, send = [], requests.request
    monkeypatch.setattr(requests, "request", lambda *call, **more: sent.append(more) or send(*call, **more))
    assert a.call("describeVpc", vpcId=a.vpc["vpc_id"])["vpc"]["vpcId"] == a.vpc["vpc_id"]
    assert sent[0]["headers"]["Authorization"].startswith(f"{sdk.signature}-HMAC-SHA256 ")


def test_the_tutorial_there_and_back(cloud, a, b):
    mine, theirs = a.half(b), b.half(a, "b_to_a")
    assert mine["vpcPeeringState"] == "Initiated"
    halves = [(a, mine["vpcPeeringId"], b), (b, theirs["vpcPeeringId"], a)]
    for side, half, _ in halves:
        until(lambda side=side, half=half: side.state(half) == "Connected", f"{half} Connected")
    old = {}
    for side, half, other in halves:
        old[side] = side.table()
        made = side.call("createRouteTable", vpcId=side.vpc["vpc_id"], routeTableName="to_the_other")["routeTableId"]
        kept = [rule for rule in side.rules(old[side]) if rule["nextHopType"] != "local"]
        copies = [{field: rule[field] for field in ("nextHopType", "nextHopId", "addressPrefix")} for rule in kept]
        way = {"nextHopType": "vpc_peering", "nextHopId": half, "addressPrefix": other.vpc["cidr_block"]}
        side.call("addRouteTableRules", routeTableId=made, routeTableRuleSpecs=[*copies, way])
        assert {rule["nextHopType"] for rule in side.rules(made)} == {"local", "vpc_peering", *(c["nextHopType"] for c in copies)}
        side.call("associateRouteTable", routeTableId=made, subnetIds=[side.subnet])
        assert side.table() == made
    assert not ping(cloud, a, b)["reached"]
    for side, _, other in halves:
        rule = {"protocol": 300, "direction": 0, "addressPrefix": other.vpc["cidr_block"], "description": "the other side"}
        side.call("addNetworkSecurityGroupRules", networkSecurityGroupId=side.group, networkSecurityGroupRuleSpecs=[rule])
    assert ping(cloud, a, b)["reached"] and ping(cloud, b, a)["reached"]

    for side, half, _ in halves:
        rules = side.call("describeNetworkSecurityGroup", networkSecurityGroupId=side.group)["networkSecurityGroup"]
        made = [rule["ruleId"] for rule in rules["securityGroupRules"] if rule.get("description") == "the other side"]
        side.call("removeNetworkSecurityGroupRules", networkSecurityGroupId=side.group, ruleIds=made)
        table = side.table()
        with refused(400, "FAILED_PRECONDITION"):
            side.call("deleteRouteTable", routeTableId=table)
        side.call("associateRouteTable", routeTableId=old[side], subnetIds=[side.subnet])
        side.call("deleteRouteTable", routeTableId=table)
    a.call("deleteVpcPeering", vpcPeeringId=mine["vpcPeeringId"])
    assert b.state(theirs["vpcPeeringId"]) == "Disconnected"
    b.call("deleteVpcPeering", vpcPeeringId=theirs["vpcPeeringId"])
    assert not ping(cloud, a, b)["reached"]


def test_listings_come_page_by_page_and_by_filter(a):
    tables = [
        a.call("createRouteTable", vpcId=a.vpc["vpc_id"], routeTableName=f"spare_{number}")["routeTableId"]
        for number in range(3)
    ]
    try:
        every = a.call("describeRouteTables", pageNumber=1, pageSize=10)
        assert every["totalCount"] == len(every["routeTables"]) >= 4
        named = [{"name": "routeTableIds", "values": tables[:2]}]
        found = a.call("describeRouteTables", filters=named)
        assert {table["routeTableId"] for table in found["routeTables"]} == set(tables[:2])
        other = [{"name": "vpcId", "values": ["vpc-nowhere000"]}]
        assert not (a.call("describeRouteTables", filters=other) or {}).get("routeTables")
    finally:
        for table in tables:
            a.call("deleteRouteTable", routeTableId=table)


def test_what_the_cloud_refuses_carries_its_code(cloud, sdk, a, b):
    with refused(404, "NOT_FOUND"):
        a.call("describeVpc", vpcId=b.vpc["vpc_id"])
    with refused(404, "NOT_FOUND"):
        a.call("deleteVpcPeering", vpcPeeringId="vpcpr-0123456789")
    half = a.half(b)["vpcPeeringId"]
    try:
        with refused(409, "ALREADY_EXISTS"):
            a.half(b, "once_more")
    finally:
        a.call("deleteVpcPeering", vpcPeeringId=half)
    with refused(401, "ACCESS_ERROR"):
        sdk.open(cloud, "jd-a", secret="not-the-secret").call("describeVpcs")
