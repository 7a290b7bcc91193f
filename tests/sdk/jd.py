"""JD Cloud through its official SDK, in two releases that sign differently."""

import importlib
import pathlib
import sys
from contextlib import contextmanager

import pytest

REGION = "cn-north-1"
# By signature: where the release lies; the current one among everything else.
RELEASES = {"JDCLOUD3": None, "JDCLOUD2": pathlib.Path(sys.prefix) / "jdcloud2"}


class Sdk:
    """One release. Both have the same modules, so each is imported while nothing of the other is known."""

    def __init__(self, signature):
        self.signature, self.folder = signature, RELEASES[signature]
        self.known = {}
        self.credential = self.load("core.credential").Credential
        self.config = self.load("core.config").Config
        self.logger = self.load("core.logger").Logger
        self.client = self.load("services.vpc.client.VpcClient").VpcClient

    def load(self, name):
        def ours():
            return {name: module for name, module in sys.modules.items() if name.split(".")[0] == "jdcloud_sdk"}

        others = ours()
        for other in others:
            del sys.modules[other]
        sys.modules.update(self.known)
        if self.folder:
            sys.path.insert(0, str(self.folder))
        try:
            return importlib.import_module(f"jdcloud_sdk.{name}")
        finally:
            self.known = ours()
            for known in self.known:
                del sys.modules[known]
            sys.modules.update(others)
            if self.folder:
                sys.path.remove(str(self.folder))

    def open(self, cloud, alias, secret=None):
        account = cloud.accounts[alias]
        credential = self.credential(account["access_key_id"], secret or account["access_key_secret"])
        return Account(self, self.client(credential, self.config(cloud.host, "http"), self.logger(0)), account)


class Account:
    """An account's client, and the VPC that it begins with."""

    def __init__(self, sdk, client, account):
        self.sdk, self.client = sdk, client
        self.vpc = next(vpc for vpc in account["vpcs"] if vpc["region_id"] == REGION)
        self.subnet = self.vpc["vswitches"][0]["vswitch_id"]
        self.group = self.vpc["security_groups"][0]["security_group_id"]

    def call(self, action, **params):
        """The result of a call; what the SDK itself takes for an error is raised."""
        name = f"{action[0].upper()}{action[1:]}Request"
        module = self.sdk.load(f"services.vpc.apis.{name}")
        response = self.client.send(getattr(module, name)({"regionId": REGION, **params}))
        if response.error is not None:
            raise Refused(response.error.code, response.error.status, response.error.message)
        assert response.request_id
        return response.result

    def half(self, other, name="a_to_b"):
        mine, theirs = self.vpc["vpc_id"], other.vpc["vpc_id"]
        return self.call("createVpcPeering", vpcPeeringName=name, vpcId=mine, remoteVpcId=theirs)["vpcPeering"]

    def state(self, half):
        return self.call("describeVpcPeering", vpcPeeringId=half)["vpcPeering"]["vpcPeeringState"]

    def rules(self, table):
        return self.call("describeRouteTable", routeTableId=table)["routeTable"]["routeTableRules"]

    def table(self):
        """The table that the subnet uses."""
        return self.call("describeSubnet", subnetId=self.subnet)["subnet"]["routeTableId"]


class Refused(Exception):
    """What the SDK says of an error."""

    def __init__(self, code, status, message):
        super().__init__(f"{code} {status}: {message}")
        self.code, self.status = code, status


@contextmanager
def refused(code, status):
    with pytest.raises(Refused) as caught:
        yield
    assert (caught.value.code, caught.value.status) == (code, status), caught.value
