"""The tutorial by hand: two VPCs of two accounts in two regions are joined, and taken apart again."""

from network import connected, until


def test_the_whole_tutorial_from_two_vpcs_to_traffic_and_back(a, b):
    initiator = a.create_interface(b)
    acceptor = b.create_interface(a, "AcceptingSide")
    assert (a.status(initiator), b.status(acceptor)) == ("Idle", "Idle")
    assert a.interface(initiator)["Bandwidth"] == 2

    b.point(acceptor, a, initiator)
    a.point(initiator, b, acceptor)
    a.connect(initiator)
    assert (a.status(initiator), b.status(acceptor)) == ("Connecting", "AcceptingConnecting")
    a.wait_for(initiator, "Active")
    b.wait_for(acceptor, "Active")
    seen = a.interface(initiator)
    assert (seen["OppositeInterfaceId"], seen["OppositeInterfaceStatus"]) == (acceptor, "Active")
    assert seen["OppositeInterfaceOwnerId"] == b.owner_id and seen["ConnectedTime"]

    for side, other, own in ((a, b, initiator), (b, a, acceptor)):
        entry = side.add_route(other.cidr, own)
        assert [r["Status"] for r in side.routes() if r["RouteEntryId"] == entry] == ["Pending"]
        side.settle_routes()
        route = next(r for r in side.routes() if r["RouteEntryId"] == entry)
        assert (route["DestinationCidrBlock"], route["Type"]) == (other.cidr, "Custom")
        hop = route["NextHops"]["NextHop"][0]
        assert (hop["NextHopType"], hop["NextHopId"]) == ("RouterInterface", own)

    for side, other, own in ((a, b, initiator), (b, a, acceptor)):
        side.call("DeleteRouteEntry", RouteTableId=side.table_id, DestinationCidrBlock=other.cidr, NextHopId=own)
        until(lambda: other.cidr not in [r["DestinationCidrBlock"] for r in side.routes()], "the route gone")
    a.deactivate(initiator)
    if b.status(acceptor) == "Active":
        b.deactivate(acceptor)
    a.delete_interface(initiator)
    assert a.status(initiator) == "Deleting"
    until(lambda: a.interface(initiator) is None, "the initiator gone")
    survivor = b.interface(acceptor)
    assert (survivor["Status"], survivor["OppositeInterfaceStatus"]) == ("Inactive", "Deleted")
    assert survivor["BusinessStatus"] == "Normal"
    b.delete_interface(acceptor)
    until(lambda: b.interface(acceptor) is None, "the acceptor gone")


def test_an_inactive_interface_is_activated_again(a, b):
    initiator, _ = connected(a, b)
    a.deactivate(initiator)
    a.call("ActivateRouterInterface", RouterInterfaceId=initiator)
    assert a.status(initiator) == "Activating"
    a.wait_for(initiator, "Active")


def test_a_new_spec_changes_the_bandwidth(a, b):
    initiator, _ = connected(a, b)
    answer = a.call("ModifyRouterInterfaceSpec", RouterInterfaceId=initiator, Spec="Middle.1")
    assert answer["Spec"] == "Middle.1"
    a.wait_for(initiator, "Active")
    assert a.interface(initiator)["Bandwidth"] == 100


def test_one_interface_reads_the_same_by_its_attributes(a, b):
    initiator = a.create_interface(b, Name="first", Description="of the pair")
    alone = a.call("DescribeRouterInterfaceAttribute", InstanceId=initiator)
    listed = a.interface(initiator)
    for field in ("RouterInterfaceId", "Role", "Status", "Spec", "RouterId", "Name", "Description", "CreationTime"):
        assert alone[field] == listed[field], field
    assert (alone["Name"], alone["VpcInstanceId"]) == ("first", a.vpc_id)
