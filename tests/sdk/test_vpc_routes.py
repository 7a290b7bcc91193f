"""Routes and vSwitches: what is refused, one change at a time, dry runs."""

import pytest

from clients import refused
from network import connected, until


@pytest.fixture
def hop(a, b):
    """An Active interface of `a`."""
    return connected(a, b)[0]


def test_one_change_at_a_time(a, hop, knobs):
    knobs.stick("route_create")
    entry = a.add_route("10.2.0.0/16", hop)
    with refused(400, "TaskConflict"):
        a.add_route("10.3.0.0/16", hop)
    with refused(400, "IncorrectRouteEntryStatus"):
        a.call("DeleteRouteEntry", RouteEntryId=entry)
    zone = a.vswitches()[0]["ZoneId"]
    with refused(400, "IncorrectRouteEntryStatus"):
        a.call("CreateVSwitch", VpcId=a.vpc_id, ZoneId=zone, CidrBlock="10.1.9.0/24")
    knobs.release()
    a.settle_routes()
    a.add_route("10.3.0.0/16", hop)


def test_a_destination_that_cannot_be(a, hop):
    a.add_route("10.2.0.0/16", hop)
    a.settle_routes()
    for destination, code in (
        ("10.2.0.0/16", "InvalidCIDRBlock.Duplicate"),
        ("10.1.0.0/24", "InvalidCIDRBlock.Duplicate"),
        ("10.1.0.128/25", "InvalidCidrBlock"),
        ("100.64.1.0/24", "InvalidDestinationCidrBlock"),
        ("10.2.0.0/33", "InvalidCidrBlock.Malformed"),
    ):
        with refused(400, code):
            a.add_route(destination, hop)


def test_a_next_hop_that_cannot_be(a, b, hop):
    add = {"RouteTableId": a.table_id, "DestinationCidrBlock": "10.9.0.0/16"}
    with refused(404, "InvalidNextHopId.NotFound"):
        a.add_route("10.9.0.0/16", "ri-none")
    with refused(400, "InvalidNextHopType"):
        a.call("CreateRouteEntry", **add, NextHopType="Bridge", NextHopId=hop)
    with refused(400, "InvalidNexthopTypeAndList.BothNull"):
        a.call("CreateRouteEntry", **add)
    with refused(400, "ResourceNotFound.VpcPeer"):
        a.call("CreateRouteEntry", **add, NextHopType="VpcPeer", NextHopId="pcc-none")
    idle = a.create_interface(b)
    with refused(400, "IncorrectStatus.RouterInterface"):
        a.add_route("10.9.0.0/16", idle)


def test_a_table_or_entry_that_is_not_there(a, hop):
    with refused(404, "InvalidRouteTableId.NotFound"):
        a.call("DescribeRouteEntryList", RouteTableId="vtb-none")
    with refused(404, "InvalidRouteTableId.NotFound"):
        a.call("CreateRouteEntry", RouteTableId="vtb-none", DestinationCidrBlock="10.9.0.0/16", NextHopId=hop)
    with refused(400, "InvalidRouteEntry.NotFound"):
        a.call("DeleteRouteEntry", RouteEntryId="rte-none")


def test_a_system_route_stays(a):
    system = next(route for route in a.routes() if route["Type"] == "System")
    with refused(400, "OperationDenied"):
        a.call("DeleteRouteEntry", RouteEntryId=system["RouteEntryId"])


def test_a_dry_run_that_passes_is_an_error_and_changes_nothing(a, hop):
    before = len(a.routes())
    with refused(400, "DryRunOperation"):
        a.add_route("10.2.0.0/16", hop, DryRun=True)
    with refused(400, "InvalidDestinationCidrBlock"):
        a.add_route("100.64.1.0/24", hop, DryRun=True)
    assert len(a.routes()) == before
    entry = a.add_route("10.2.0.0/16", hop)
    a.settle_routes()
    with refused(400, "DryRunOperation"):
        a.call("DeleteRouteEntry", RouteEntryId=entry, DryRun=True)
    assert len(a.routes()) == before + 1


def test_many_routes_at_once_may_fail_in_part(a, hop):
    routes = [
        {"RouteTableId": a.table_id, "DstCidrBlock": cidr, "NextHop": hop, "NextHopType": "RouterInterface"}
        for cidr in ("10.2.0.0/16", "10.1.0.128/25")
    ]
    answer = a.call("CreateRouteEntries", RouteEntries=routes)
    assert (answer["SuccessCount"], answer["FailedCount"]) == (1, 1)
    failed = answer["FailedRouteEntries"][0]
    assert (failed["DstCidrBlock"], failed["FailedCode"]) == ("10.1.0.128/25", "InvalidCidrBlock")
    a.settle_routes()
    assert "10.2.0.0/16" in [route["DestinationCidrBlock"] for route in a.routes()]


def test_a_vswitch_and_a_table_are_renamed_and_what_is_left_out_stays(a):
    vswitch = a.vswitches()[0]
    a.call("ModifyVSwitchAttribute", VSwitchId=vswitch["VSwitchId"], VSwitchName="renamed", Description="by hand")
    a.call("ModifyVSwitchAttribute", VSwitchId=vswitch["VSwitchId"], VSwitchName="again")
    seen = a.vswitches()[0]
    assert (seen["VSwitchName"], seen["Description"]) == ("again", "by hand")
    with refused(404, "InvalidVSwitchId.NotFound"):
        a.call("ModifyVSwitchAttribute", VSwitchId="vsw-none", VSwitchName="renamed")
    with refused(400, "InvalidName.Malformd"):
        a.call("ModifyVSwitchAttribute", VSwitchId=vswitch["VSwitchId"], VSwitchName="http://x")
    table = lambda: a.call("DescribeRouteTableList", VpcId=a.vpc_id)["RouterTableList"]["RouterTableListType"][0]
    table_id = table()["RouteTableId"]
    a.call("ModifyRouteTableAttributes", RouteTableId=table_id, RouteTableName="renamed", Description="by hand")
    a.call("ModifyRouteTableAttributes", RouteTableId=table_id, RouteTableName="again")
    assert (table()["RouteTableName"], table()["Description"]) == ("again", "by hand")
    with refused(404, "InvalidRouteTableId.NotFound"):
        a.call("ModifyRouteTableAttributes", RouteTableId="vtb-none", RouteTableName="renamed")


def test_a_vswitch_that_cannot_be(a):
    zone = a.vswitches()[0]["ZoneId"]
    for change, status, code in (
        ({"ZoneId": "cn-qingdao-q"}, 404, "InvalidZoneId.NotFound"),
        ({"VpcId": "vpc-none"}, 404, "InvalidVpcId.NotFound"),
        ({"CidrBlock": "10.2.0.0/24"}, 400, "InvalidParameter"),
        ({"CidrBlock": "10.1.0.128/25"}, 400, "InvalidCidrBlock.Overlapped"),
        ({"CidrBlock": "10.1.2.0/30"}, 400, "InvalidCirdrBlock.MaskLength"),
        ({"CidrBlock": "10.1.2.0"}, 400, "InvalidCirdrBlock.MaskLength"),
        ({"ZoneId": ""}, 400, "MissingParameter"),
    ):
        plan = {"VpcId": a.vpc_id, "ZoneId": zone, "CidrBlock": "10.1.2.0/24", **change}
        with refused(status, code):
            a.call("CreateVSwitch", **plan)


def test_vswitches_come_and_go_one_by_one(a, knobs):
    zone = a.vswitches()[0]["ZoneId"]
    knobs.stick("v_switch_create")
    made = a.call("CreateVSwitch", VpcId=a.vpc_id, ZoneId=zone, CidrBlock="10.1.7.0/24")["VSwitchId"]
    with refused(400, "IncorrectVSwitchStatus"):
        a.call("CreateVSwitch", VpcId=a.vpc_id, ZoneId=zone, CidrBlock="10.1.8.0/24")
    knobs.release()
    until(lambda: {v["VSwitchId"]: v["Status"] for v in a.vswitches()}[made] == "Available", "the vSwitch Available")
    a.call("DeleteVSwitch", VSwitchId=made)
    until(lambda: made not in [v["VSwitchId"] for v in a.vswitches()], "the vSwitch gone")
