"""Every move that the state machine of router interfaces does not have, by the code that the service gives for it."""

import pytest

from clients import refused
from network import connected, pair, until


def test_only_the_initiating_side_connects(a, b):
    _, acceptor = pair(a, b)
    with refused(400, "IncorrectRole.NotInitiatingSide"):
        b.connect(acceptor)


def test_both_sides_must_know_each_other_before_they_connect(a, b):
    initiator, acceptor = a.create_interface(b), b.create_interface(a, "AcceptingSide")
    with refused(400, "IncorrectOppositeInterfaceInfo.NotSet"):
        a.connect(initiator)
    a.point(initiator, b, acceptor)
    with refused(400, "IncorrectOppositeInterfaceInfo.NotSet"):
        a.connect(initiator)
    b.point(acceptor, a, initiator)
    a.connect(initiator)


def test_a_peer_named_without_its_router_type_counts_as_a_line_and_does_not_connect(a, b):
    initiator, acceptor = pair(a, b)
    a.call("ModifyRouterInterfaceAttribute", RouterInterfaceId=initiator, OppositeInterfaceId=acceptor)
    assert a.interface(initiator)["OppositeRouterType"] == "VBR"
    with refused(400, "IncorrectOppositeInterfaceInfo"):
        a.connect(initiator)


def test_a_peer_that_points_elsewhere_does_not_connect(a, b):
    initiator, acceptor = pair(a, b)
    another = a.create_interface(b)
    b.point(acceptor, a, another)
    with refused(400, "IncorrectOppositeInterfaceInfo"):
        a.connect(initiator)


def test_a_router_does_not_connect_with_itself(a):
    initiator, acceptor = pair(a, a)
    with refused(400, "IncorrectOppositeInterfaceInfo"):
        a.connect(initiator)
    assert a.status(acceptor) == "Idle"


def test_what_is_connecting_or_active_is_not_connected_again(a, b, knobs):
    knobs.stick("interface_connect")
    initiator, acceptor = pair(a, b)
    a.connect(initiator)
    with refused(400, "IncorrectRIStatus"):
        a.connect(initiator)
    for side, interface, status in ((a, initiator, "Connecting"), (b, acceptor, "AcceptingConnecting")):
        assert side.status(interface) == status
        with refused(400, "IncorrectStatus"):
            side.call("DeactivateRouterInterface", RouterInterfaceId=interface)
        with refused(400, "InvalidInstance.StatusError"):
            side.delete_interface(interface)
    knobs.release()
    a.wait_for(initiator, "Active")
    with refused(400, "IncorrectRIStatus"):
        a.connect(initiator)


def test_there_is_no_way_back_to_idle(a, b):
    initiator, acceptor = connected(a, b)
    a.deactivate(initiator)
    with refused(400, "IncorrectRIStatus"):
        a.connect(initiator)
    with refused(400, "InvalidParam.ModifyRouterInterface"):
        a.point(initiator, b, acceptor)


def test_two_routers_have_one_connection(a, b):
    connected(a, b)
    second, _ = pair(a, b)
    with refused(400, "Forbidden.OnlyOneConnection"):
        a.connect(second)


def test_an_interface_that_is_not_there(a):
    for action in ("Connect", "Activate", "Deactivate"):
        with refused(404, "InvalidRouterInterfaceId.NotFound"):
            a.call(f"{action}RouterInterface", RouterInterfaceId="ri-none")
    with refused(404, "InvalidRouterInterfaceId.NotFound"):
        a.call("ModifyRouterInterfaceSpec", RouterInterfaceId="ri-none", Spec="Small.1")
    with refused(404, "InvalidRouterInterfaceId.NotFound"):
        a.call("ModifyRouterInterfaceAttribute", RouterInterfaceId="ri-none", Name="none")
    with refused(404, "InvalidInstanceId.NotFound"):
        a.delete_interface("ri-none")


def test_a_fresh_interface_is_neither_activated_nor_deactivated_nor_given_a_spec(a, b):
    initiator = a.create_interface(b)
    with refused(400, "IncorrectRIStatus"):
        a.call("ActivateRouterInterface", RouterInterfaceId=initiator)
    with refused(400, "IncorrectStatus"):
        a.call("DeactivateRouterInterface", RouterInterfaceId=initiator)
    with refused(400, "InvalidInstance.StatusError"):
        a.call("ModifyRouterInterfaceSpec", RouterInterfaceId=initiator, Spec="Small.1")


def test_an_active_interface_is_neither_activated_nor_pointed_elsewhere_nor_deleted(a, b):
    initiator, acceptor = connected(a, b)
    with refused(400, "IncorrectRIStatus"):
        a.call("ActivateRouterInterface", RouterInterfaceId=initiator)
    with refused(400, "InvalidParam.ModifyRouterInterface"):
        a.point(initiator, b, acceptor)
    with refused(400, "InvalidInstance.StatusError"):
        a.delete_interface(initiator)
    a.call("ModifyRouterInterfaceAttribute", RouterInterfaceId=initiator, Name="renamed")
    assert a.interface(initiator)["Name"] == "renamed"


def test_an_interface_on_its_way_takes_no_other_move(a, b, knobs):
    initiator, _ = connected(a, b)
    knobs.stick("interface_deactivate")
    a.call("DeactivateRouterInterface", RouterInterfaceId=initiator)
    assert a.status(initiator) == "Deactivating"
    with refused(400, "IncorrectStatus"):
        a.call("DeactivateRouterInterface", RouterInterfaceId=initiator)
    with refused(400, "IncorrectRIStatus"):
        a.call("ActivateRouterInterface", RouterInterfaceId=initiator)
    with refused(400, "InvalidInstance.StatusError"):
        a.delete_interface(initiator)
    knobs.stick("interface_delete")
    a.wait_for(initiator, "Inactive")
    a.delete_interface(initiator)
    with refused(400, "InvalidInstance.StatusError"):
        a.delete_interface(initiator)


def test_an_interface_that_routes_lead_to_is_not_deleted(a, b):
    initiator, _ = connected(a, b)
    a.add_route(b.cidr, initiator)
    a.settle_routes()
    a.deactivate(initiator)
    with refused(400, "RouterInterfaceReferredByRouteEntry"):
        a.delete_interface(initiator)


def test_an_interface_whose_other_side_is_gone_is_only_good_for_deleting(a, b):
    initiator, acceptor = connected(a, b)
    b.deactivate(acceptor)
    b.delete_interface(acceptor)
    until(lambda: b.interface(acceptor) is None, "the acceptor gone")
    until(lambda: a.interface(initiator)["OppositeInterfaceStatus"] == "Deleted", "the loss")
    assert a.status(initiator) == "Inactive"
    with refused(400, "IncorrectRIStatus"):
        a.call("ActivateRouterInterface", RouterInterfaceId=initiator)
    with refused(400, "InvalidOpposite.NotFound"):
        a.call("ModifyRouterInterfaceSpec", RouterInterfaceId=initiator, Spec="Small.1")


def test_an_unpaid_bill_stops_nearly_everything(a, b, knobs):
    initiator, _ = connected(a, b)
    fresh = a.create_interface(b)
    knobs.lock(a, initiator)
    assert a.interface(initiator)["BusinessStatus"] == "FinancialLocked"
    with refused(400, "Forbidden.FinancileLocked"):
        a.call("DeactivateRouterInterface", RouterInterfaceId=initiator)
    with refused(400, "Forbidden.FinancialLocked"):
        a.call("ModifyRouterInterfaceSpec", RouterInterfaceId=initiator, Spec="Small.1")
    with refused(400, "Forbidden.FinancileLocked"):
        a.call("ModifyRouterInterfaceAttribute", RouterInterfaceId=initiator, Name="renamed")
    a.point(fresh, b, "ri-later")
    with refused(400, "Forbidden.BillsOutstanding"):
        a.connect(fresh)


@pytest.mark.parametrize(
    "change, status, code",
    [
        ({"Role": "Middle"}, 400, "InvalidRole.ValueNotSupported"),
        ({"Role": "AcceptingSide"}, 400, "InvalidSpec.ValudNotSupported"),
        ({"Role": "AcceptingSide", "Spec": "Negative", "RouterType": "VBR"}, 400, "InvalidRole.ValueNotSupported"),
        ({"Spec": "Gigantic.1"}, 400, "InvalidSpec.ValudNotSupported"),
        ({"Spec": "Negative"}, 400, "InvalidSpec.ValudNotSupported"),
        ({"OppositeRegionId": "cn-atlantis"}, 404, "InvalidRegionId.NotFound"),
        ({"OppositeRouterType": "Bridge"}, 400, "InvalidOppositeRouterType.ValueNotSupported"),
        ({"Name": "http://name"}, 400, "InvalidName.Malformd"),
        ({"Description": "x"}, 400, "InvalidDescription.Malformed"),
        ({"Role": ""}, 400, "MissingParameter"),
        ({"Spec": ""}, 400, "MissingParameter"),
        ({"RouterId": ""}, 400, "MissingParameter"),
    ],
)
def test_an_interface_that_cannot_be_is_not_created(a, b, change, status, code):
    with refused(status, code):
        a.create_interface(b, **change)


def test_a_router_has_five_interfaces(a, b):
    for _ in range(5):
        a.create_interface(b)
    with refused(400, "QuotaExceeded"):
        a.create_interface(b)


def test_a_spec_that_cannot_be_is_not_taken(a, b):
    initiator, acceptor = connected(a, b)
    for side, interface, spec in ((a, initiator, "Gigantic.1"), (a, initiator, "Negative"), (b, acceptor, "Small.1")):
        with refused(400, "InvalidSpec.ValudNotSupported"):
            side.call("ModifyRouterInterfaceSpec", RouterInterfaceId=interface, Spec=spec)
