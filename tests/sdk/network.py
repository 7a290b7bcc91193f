"""A VPC, and what is done with it through any of the VPC SDKs."""

import time

PATIENCE = 20


def until(check, what):
    """The first true answer of `check`."""
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = check()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"never saw {what}"
        time.sleep(0.03)


class Side:
    """One end: an account's VPC with a vSwitch, in one region."""

    def __init__(self, sdk, region, vpc, vswitch_id):
        self.sdk, self.region = sdk, region
        self.vpc_id, self.router_id = vpc["VpcId"], vpc["VRouterId"]
        self.table_id = vpc["RouterTableIds"]["RouterTableIds"][0]
        self.cidr, self.owner_id = vpc["CidrBlock"], str(vpc["OwnerId"])
        self.vswitch_id = vswitch_id

    @classmethod
    def make(cls, sdk, region, cidr):
        made = sdk.call("CreateVpc", RegionId=region, CidrBlock=cidr, VpcName="sdk")

        def available():
            listed = sdk.call("DescribeVpcs", RegionId=region, VpcId=made["VpcId"])["Vpcs"]["Vpc"]
            return next((vpc for vpc in listed if vpc["Status"] == "Available"), None)

        vpc = until(available, "the VPC Available")
        zone = sdk.call("DescribeZones", RegionId=region)["Zones"]["Zone"][0]["ZoneId"]
        subnet = cidr.replace(".0.0/16", ".0.0/24")
        vswitch = sdk.call("CreateVSwitch", RegionId=region, VpcId=vpc["VpcId"], ZoneId=zone, CidrBlock=subnet)
        side = cls(sdk, region, vpc, vswitch["VSwitchId"])
        until(lambda: side.vswitches()[0]["Status"] == "Available", "the vSwitch Available")
        return side

    @classmethod
    def seeded(cls, sdk, region, told):
        """The one that the local cloud begins with, as `causeway up --json` tells of it."""
        vpc = sdk.call("DescribeVpcs", RegionId=region, VpcId=told["vpc_id"])["Vpcs"]["Vpc"][0]
        return cls(sdk, region, vpc, told["vswitches"][0]["vswitch_id"])

    def call(self, action, **params):
        return self.sdk.call(action, RegionId=self.region, **params)

    def vswitches(self):
        return self.call("DescribeVSwitches", VpcId=self.vpc_id)["VSwitches"]["VSwitch"]

    # Router interfaces

    def interfaces(self, key="RouterId", value=None):
        wanted = [{"Key": key, "Value": [value or self.router_id]}]
        found = self.call("DescribeRouterInterfaces", Filter=wanted, PageSize=50)
        return found["RouterInterfaceSet"]["RouterInterfaceType"]

    def interface(self, interface_id):
        return next(iter(self.interfaces("RouterInterfaceId", interface_id)), None)

    def status(self, interface_id):
        interface = self.interface(interface_id)
        return interface and interface["Status"]

    def wait_for(self, interface_id, status):
        until(lambda: self.status(interface_id) == status, f"{interface_id} {status}")

    def create_interface(self, other, role="InitiatingSide", **more):
        spec = "Mini.2" if role == "InitiatingSide" else "Negative"
        router = {"RouterType": "VRouter", "RouterId": self.router_id}
        plan = {"Role": role, "OppositeRegionId": other.region, "Spec": spec, **router, **more}
        return self.call("CreateRouterInterface", **plan)["RouterInterfaceId"]

    def point(self, interface_id, other, other_id):
        """Tells the interface who its peer is. All four fields: the router type would default to a VBR."""
        self.call(
            "ModifyRouterInterfaceAttribute",
            RouterInterfaceId=interface_id,
            OppositeInterfaceId=other_id,
            OppositeRouterId=other.router_id,
            OppositeRouterType="VRouter",
            OppositeInterfaceOwnerId=int(other.owner_id),
        )

    def connect(self, interface_id):
        self.call("ConnectRouterInterface", RouterInterfaceId=interface_id)

    def deactivate(self, interface_id):
        self.call("DeactivateRouterInterface", RouterInterfaceId=interface_id)
        self.wait_for(interface_id, "Inactive")

    def delete_interface(self, interface_id):
        self.call("DeleteRouterInterface", RouterInterfaceId=interface_id)

    # Routes

    def add_route(self, destination, hop_id, kind="RouterInterface", **more):
        hop = {"RouteTableId": self.table_id, "DestinationCidrBlock": destination, "NextHopId": hop_id}
        return self.call("CreateRouteEntry", **hop, NextHopType=kind, **more)["RouteEntryId"]

    def routes(self, **more):
        found = self.call("DescribeRouteEntryList", RouteTableId=self.table_id, MaxResult=100, **more)
        return found["RouteEntrys"]["RouteEntry"]

    def settle_routes(self):
        until(lambda: all(route["Status"] == "Available" for route in self.routes()), "every route Available")

    # Clearing up

    def custom_routes(self):
        return [route["RouteEntryId"] for route in self.routes() if route["Type"] == "Custom"]

    def delete_routes(self):
        """One after the other: a VPC takes one change at a time."""
        self.settle_routes()
        while routes := self.custom_routes():
            self.call("DeleteRouteEntry", RouteEntryId=routes[0])
            until(lambda: len(self.custom_routes()) < len(routes), "one route less")

    def deactivate_all(self):
        for interface in self.interfaces():
            if interface["Status"] == "Active":
                self.call("DeactivateRouterInterface", RouterInterfaceId=interface["RouterInterfaceId"])

    def delete_all(self):
        for interface in self.interfaces():
            if interface["Status"] in ("Idle", "Inactive"):
                self.delete_interface(interface["RouterInterfaceId"])

    def remove(self):
        self.call("DeleteVSwitch", VSwitchId=self.vswitch_id)
        until(lambda: not self.vswitches(), "no vSwitch")
        self.call("DeleteVpc", VpcId=self.vpc_id)


def clear(*sides):
    """Removes every custom route and every interface, of all sides in step."""
    for side in sides:
        side.delete_routes()

    def rest():
        for side in sides:
            side.deactivate_all()
            side.delete_all()
        return not any(side.interfaces() for side in sides)

    until(rest, "both sides without interfaces")


def pair(a, b):
    """An initiator of `a` and an acceptor of `b` that point at each other."""
    initiator, acceptor = a.create_interface(b), b.create_interface(a, "AcceptingSide")
    b.point(acceptor, a, initiator)
    a.point(initiator, b, acceptor)
    return initiator, acceptor


def connected(a, b):
    """A pair that is Active on both sides."""
    initiator, acceptor = pair(a, b)
    a.connect(initiator)
    a.wait_for(initiator, "Active")
    b.wait_for(acceptor, "Active")
    return initiator, acceptor
