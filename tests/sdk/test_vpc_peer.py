"""VPC peering: asked, answered, changed, removed; what is refused; and what passes over it."""

import uuid

import pytest

import clients
from clients import refused
from hosts import Host
from network import Side, clear, connected, until
from test_ecs import A, B, NEAR, told


class Account:
    """What one account does with peering connections."""

    def __init__(self, sdk, owner_id):
        self.sdk, self.owner_id = sdk, owner_id
        self.made = []

    def call(self, action, **params):
        return self.sdk.call(f"{action}VpcPeerConnection", **params)

    def ask(self, own, other, **more):
        ends = {"RegionId": own.region, "VpcId": own.vpc_id, "AcceptingAliUid": int(other.owner_id)}
        plan = {**ends, "AcceptingRegionId": other.region, "AcceptingVpcId": other.vpc_id, **more}
        peering_id = self.call("Create", **plan)["InstanceId"]
        self.made.append(peering_id)
        return peering_id

    def see(self, peering_id):
        return self.sdk.call("GetVpcPeerConnectionAttribute", InstanceId=peering_id)

    def status(self, peering_id):
        return self.see(peering_id)["Status"]

    def wait_for(self, peering_id, status):
        until(lambda: self.status(peering_id) == status, f"{peering_id} {status}")

    def list(self, **params):
        return self.sdk.call("ListVpcPeerConnections", **params)

    def ids(self, **params):
        return [peering["InstanceId"] for peering in self.list(**params)["VpcPeerConnects"]]

    def clear(self):
        for peering_id in self.ids():
            settled = ("Activated", "Accepting", "Rejected", "Expired")
            until(lambda: self.status(peering_id) in settled, f"{peering_id} settled")
            self.call("Delete", InstanceId=peering_id, Force=True)
        until(lambda: not self.ids(), "no peering connection")


@pytest.fixture(scope="module", params=list(clients.SIGNATURES))
def accounts(cloud, request):
    return {alias: Account(clients.vpc_peer(cloud, alias, request.param), cloud.accounts[alias]["account_id"]) for alias in "ab"}


@pytest.fixture
def a(accounts, knobs):
    yield accounts["a"]
    knobs.back()
    accounts["a"].clear()


@pytest.fixture
def b(accounts, a):
    return accounts["b"]


@pytest.fixture
def side(cloud, vpc_sdk):
    return lambda place: Side.seeded(vpc_sdk("acs3", place[0]), place[1], told(cloud, *place))


@pytest.fixture
def here(side):
    return side(A)


@pytest.fixture
def there(side):
    return side(B)


@pytest.fixture
def near(side):
    return side(NEAR)


def joined(a, b, here, there):
    peering_id = a.ask(here, there)
    a.wait_for(peering_id, "Accepting")
    b.call("Accept", InstanceId=peering_id)
    a.wait_for(peering_id, "Activated")
    return peering_id


def test_another_account_is_asked_and_accepts(a, b, here, there):
    peering_id = a.ask(here, there, Name="joined", Description="for a test")
    assert a.status(peering_id) == "Creating"
    b.wait_for(peering_id, "Accepting")
    assert a.see(peering_id)["GmtExpired"]
    b.call("Accept", InstanceId=peering_id)
    assert b.status(peering_id) == "Updating"
    b.wait_for(peering_id, "Activated")
    seen = a.see(peering_id)
    assert seen.items() >= {
        "Name": "joined",
        "BizStatus": "Normal",
        "RegionId": here.region,
        "OwnerId": int(a.owner_id),
        "AcceptingRegionId": there.region,
        "AcceptingOwnerUid": int(b.owner_id),
        "Bandwidth": 1024,
        "LinkType": "Gold",
    }.items()
    assert seen["Vpc"] == {"VpcId": here.vpc_id, "Ipv4Cidrs": [here.cidr], "Ipv6Cidrs": []}
    assert seen["AcceptingVpc"]["Ipv4Cidrs"] == [there.cidr]
    assert "GmtExpired" not in seen


def test_what_an_account_asks_of_itself_is_accepted_by_the_service(a, side, here):
    peering_id = a.ask(here, side(("a", "cn-qingdao")), Bandwidth=200, LinkType="Platinum")
    a.wait_for(peering_id, "Activated")
    assert (a.see(peering_id)["Bandwidth"], a.see(peering_id)["LinkType"]) == (200, "Platinum")
    with refused(400, "IncorrectStatus.VpcPeer"):
        a.call("Accept", InstanceId=peering_id)


def test_within_a_region_there_is_no_line_to_pay_for(a, b, here, near):
    with refused(400, "IllegalParam.Bandwidth"):
        a.ask(here, near, Bandwidth=10)
    with refused(400, "IllegalParam.LinkType"):
        a.ask(here, near, LinkType="Gold")
    assert a.see(joined(a, b, here, near))["Bandwidth"] == -1


def test_pings_pass_over_it_once_routes_and_rules_exist(a, b, here, there, cloud):
    host_a, host_b = (Host(clients.ecs(cloud, place[0]), place[1], told(cloud, *place)) for place in (A, B))
    peering_id = joined(a, b, here, there)
    assert not host_a.pings(host_b)
    for own, other, host in ((here, there, host_a), (there, here, host_b)):
        own.add_route(other.cidr, peering_id, "VpcPeer")
        own.settle_routes()
        host.allow(SourceCidrIp=other.cidr)
    assert host_a.pings(host_b) and host_b.pings(host_a)

    with refused(400, "OperationDenied.RouteEntryExist"):
        b.call("Delete", InstanceId=peering_id)
    b.call("Delete", InstanceId=peering_id, Force=True)
    assert not host_a.pings(host_b)
    for own, host in ((here, host_a), (there, host_b)):
        until(lambda: not own.custom_routes(), "no custom route")
        host.forbid_all()


def test_a_route_needs_an_activated_connection_of_its_vpc(a, b, here, there, near):
    peering_id = a.ask(here, there)
    a.wait_for(peering_id, "Accepting")
    with refused(400, "IncorrectStatus.VpcPeer"):
        here.add_route(there.cidr, peering_id, "VpcPeer")
    with refused(400, "ResourceNotFound.VpcPeer"):
        here.add_route(there.cidr, "pcc-none", "VpcPeer")
    b.call("Accept", InstanceId=peering_id)
    b.wait_for(peering_id, "Activated")
    with refused(404, "OperationFailed.InstanceDismatchCurrentVpc"):
        near.add_route(here.cidr, peering_id, "VpcPeer")


def test_rejected_means_rejected(a, b, here, there):
    peering_id = a.ask(here, there)
    a.wait_for(peering_id, "Accepting")
    with refused(400, "Forbidden.NoPermission"):
        a.call("Accept", InstanceId=peering_id)
    b.call("Reject", InstanceId=peering_id)
    assert a.status(peering_id) == "Rejected"
    for move in ("Accept", "Reject"):
        with refused(400, "IncorrectStatus.VpcPeer"):
            b.call(move, InstanceId=peering_id)
    a.ask(here, there)


def test_nobody_answers_in_time(a, b, here, there, knobs):
    knobs.take("peering_expire", 2_000)
    peering_id = a.ask(here, there)
    a.wait_for(peering_id, "Expired")
    assert a.see(peering_id)["GmtExpired"]
    with refused(400, "IncorrectStatus.VpcPeer"):
        b.call("Accept", InstanceId=peering_id)


def test_a_change_takes_time(a, b, here, there):
    peering_id = joined(a, b, here, there)
    a.call("Modify", InstanceId=peering_id, Name="renamed", Bandwidth=20)
    assert a.status(peering_id) == "Updating"
    for move in ("Delete", "Modify"):
        with refused(400, "IncorrectStatus.VpcPeer"):
            a.call(move, InstanceId=peering_id)
    a.wait_for(peering_id, "Activated")
    assert (b.see(peering_id)["Name"], b.see(peering_id)["Bandwidth"]) == ("renamed", 20)


def test_two_vpcs_are_joined_once(a, b, here, there):
    a.ask(here, there)
    with refused(400, "ResourceAlreadyExist.VpcPeer"):
        a.ask(here, there)
    with refused(400, "ResourceAlreadyExist.VpcPeer"):
        b.ask(there, here)


def test_one_is_created_at_a_time(a, here, there, near, knobs):
    knobs.stick("peering_create")
    a.ask(here, there)
    with refused(400, "Conflict.Operation"):
        a.ask(here, near)
    knobs.release()


def test_a_pair_of_router_interfaces_stands_in_the_way(a, here, there):
    connected(here, there)
    with refused(400, "ResourceAlreadyExist.RouterInterface"):
        a.ask(here, there)
    clear(here, there)
    a.ask(here, there)


def test_cdt_must_be_open_on_both_accounts_between_regions(a, b, here, there, near, knobs):
    knobs.cdt(a.owner_id, "closed")
    with refused(400, "OperationFailed.CdtNotOpened"):
        a.ask(here, there)
    with refused(400, "DryRunOperation"):
        a.ask(here, near, DryRun=True)
    knobs.cdt(a.owner_id, "open")
    knobs.cdt(b.owner_id, "closed")
    with refused(400, "OperationFailed.AcceptUserCdtNotOpened"):
        a.ask(here, there)


def test_a_dry_run_is_an_error_and_makes_nothing(a, b, here, there):
    with refused(400, "DryRunOperation"):
        a.ask(here, there, DryRun=True)
    assert a.ids() == []
    peering_id = a.ask(here, there)
    a.wait_for(peering_id, "Accepting")
    for move in ("Accept", "Reject", "Delete"):
        with refused(400, "DryRunOperation"):
            b.call(move, InstanceId=peering_id, DryRun=True)
    assert a.status(peering_id) == "Accepting"


def test_the_same_token_makes_one_connection(a, here, there):
    token = f"peer-{uuid.uuid4()}"
    first = a.ask(here, there, ClientToken=token)
    assert a.ask(here, there, ClientToken=token) == first
    with refused(400, "IdempotentParameterMismatch"):
        a.ask(here, there, ClientToken=token, Name="other")


def test_each_account_lists_what_it_has_a_part_in(a, b, side, here, there):
    own = a.ask(here, side(("a", "cn-qingdao")))
    a.wait_for(own, "Activated")
    shared = a.ask(here, there)
    assert sorted(a.ids()) == sorted([own, shared]) and b.ids() == [shared]
    assert a.ids(VpcId=[there.vpc_id, "vpc-none"]) == [shared]
    assert b.ids(RegionId=here.region) == [] and b.ids(RegionId=there.region) == [shared]
    first = a.list(MaxResults=1)
    second = a.list(MaxResults=1, NextToken=first["NextToken"])
    found = {page["VpcPeerConnects"][0]["InstanceId"] for page in (first, second)}
    assert (first["TotalCount"], found, second["NextToken"]) == (2, {own, shared}, "")


@pytest.mark.parametrize(
    "plan, code",
    [
        ({"VpcId": "vpc-none"}, "IllegalParam.VpcId"),
        ({"AcceptingVpcId": "vpc-none"}, "IllegalParam.AcceptingVpcId"),
        ({"AcceptingRegionId": "cn-atlantis"}, "UnsupportedRegion"),
        ({"Bandwidth": 5000}, "IllegalParam.Bandwidth"),
        ({"LinkType": "Bronze"}, "IllegalParam.LinkType"),
        ({"Name": "x"}, "IllegalParam.Name"),
    ],
)
def test_a_request_that_makes_no_sense(a, here, there, plan, code):
    with refused(400, code):
        a.ask(here, there, **plan)


def test_what_is_not_there_is_not_found(a, b, side, here):
    own = a.ask(here, side(("a", "cn-qingdao")))
    for account, peering_id in ((a, "pcc-none"), (b, own)):
        for move in ("Accept", "Reject", "Delete", "Modify"):
            with refused(400, "ResourceNotFound.InstanceId"):
                account.call(move, InstanceId=peering_id)
        with refused(400, "ResourceNotFound.InstanceId"):
            account.see(peering_id)
