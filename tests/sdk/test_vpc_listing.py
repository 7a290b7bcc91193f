"""Paging both ways, filters, ClientToken, and two accounts and regions that see only what is theirs."""

import uuid

from clients import refused
from network import connected


def test_pages_by_number_cover_every_interface_once(a, b):
    made = sorted(a.create_interface(b) for _ in range(5))

    def page(number):
        mine = [{"Key": "RouterId", "Value": [a.router_id]}]
        return a.call("DescribeRouterInterfaces", Filter=mine, PageNumber=number, PageSize=2)

    pages = [page(number) for number in (1, 2, 3)]
    assert [(p["PageNumber"], p["PageSize"], p["TotalCount"]) for p in pages] == [(n, 2, 5) for n in (1, 2, 3)]
    seen = [i["RouterInterfaceId"] for p in pages for i in p["RouterInterfaceSet"]["RouterInterfaceType"]]
    assert sorted(seen) == made
    assert page(4)["RouterInterfaceSet"]["RouterInterfaceType"] == []


def test_pages_by_token_cover_every_route_once(a, b):
    initiator, _ = connected(a, b)
    for third in range(3):
        a.add_route(f"10.9.{third}.0/24", initiator)
        a.settle_routes()
    whole = [route["RouteEntryId"] for route in a.routes()]
    seen, more = [], {}
    while True:
        page = a.call("DescribeRouteEntryList", RouteTableId=a.table_id, MaxResult=2, **more)
        entries = page["RouteEntrys"]["RouteEntry"]
        assert 0 < len(entries) <= 2
        seen += [route["RouteEntryId"] for route in entries]
        if not page.get("NextToken"):
            break
        more = {"NextToken": page["NextToken"]}
    assert seen == whole and len(seen) == len(set(seen)) >= 4


def test_a_page_that_cannot_be(a):
    for action, params in (
        ("DescribeRouterInterfaces", {"PageSize": 51}),
        ("DescribeVpcs", {"PageNumber": 0}),
        ("DescribeRouteEntryList", {"RouteTableId": a.table_id, "MaxResult": 101}),
        ("DescribeRouteEntryList", {"RouteTableId": a.table_id, "NextToken": "%%"}),
    ):
        with refused(400, "InvalidParameter"):
            a.call(action, **params)


def test_values_of_a_filter_widen_and_filters_narrow(a, b):
    first, second = a.create_interface(b, Name="one"), a.create_interface(b, Name="two")

    def found(*filters):
        answer = a.call("DescribeRouterInterfaces", Filter=[{"Key": k, "Value": list(v)} for k, *v in filters])
        return {i["RouterInterfaceId"] for i in answer["RouterInterfaceSet"]["RouterInterfaceType"]}

    assert found(("RouterInterfaceId", first, second)) == {first, second}
    assert found(("RouterInterfaceId", first, second), ("Name", "two")) == {second}
    assert found(("RouterInterfaceId", first), ("Status", "Active")) == set()
    assert found(("RouterInterfaceId", "ri-none")) == set()
    with refused(404, "InvalidFilterKey.ValueNotSupported"):
        found(("Colour", "red"))
    with refused(400, "InvalidParam.NotNull"):
        found(("", "red"))


def test_the_same_token_gives_the_same_interface_and_none_for_another_request(a, b):
    token = uuid.uuid4().hex
    made = a.create_interface(b, ClientToken=token)
    assert a.create_interface(b, ClientToken=token) == made
    assert len(a.interfaces()) == 1
    with refused(400, "IdempotentParameterMismatch"):
        a.create_interface(b, ClientToken=token, Name="other")
    assert a.create_interface(b, ClientToken=uuid.uuid4().hex) != made
    # Tokens count within an account and region, so the other side may use the same.
    assert b.create_interface(a, "AcceptingSide", ClientToken=token) != made
    with refused(400, "InvalidParameter"):
        a.create_interface(b, ClientToken="x" * 65)


def test_a_refused_request_does_not_use_its_token_up(a, b):
    token = uuid.uuid4().hex
    with refused(400, "InvalidSpec.ValudNotSupported"):
        a.create_interface(b, ClientToken=token, Spec="Gigantic.1")
    assert a.create_interface(b, ClientToken=token)


def test_what_is_missing_and_where_nothing_is(a, b):
    with refused(400, "MissingParameter"):
        a.call("DescribeRouteEntryList")
    with refused(400, "MissingParameter"):
        a.call("ConnectRouterInterface")
    with refused(404, "InvalidRegionId.NotFound"):
        a.sdk.call("DescribeVpcs", RegionId="cn-atlantis")


def test_accounts_and_regions_see_only_what_is_theirs(a, b):
    initiator = a.create_interface(b)
    assert b.interface(initiator) is None, "another account, another region"
    with refused(404, "InvalidRouterInterfaceId.NotFound"):
        b.connect(initiator)
    elsewhere = [{"Key": "RouterInterfaceId", "Value": [initiator]}]
    assert b.sdk.call("DescribeRouterInterfaces", RegionId=a.region, Filter=elsewhere)["TotalCount"] == 0
    assert a.sdk.call("DescribeRouterInterfaces", RegionId=b.region, Filter=elsewhere)["TotalCount"] == 0
    for mine, theirs in ((a, b), (b, a)):
        assert mine.call("DescribeVpcs", VpcId=mine.vpc_id)["TotalCount"] == 1
        assert mine.sdk.call("DescribeVpcs", RegionId=theirs.region, VpcId=theirs.vpc_id)["TotalCount"] == 0
    with refused(404, "InvalidRouterId.NotFound"):
        a.create_interface(b, RouterId=b.router_id)
