"""One constructor an SDK: endpoint and scheme are all that is set beside the account's key."""

import importlib
import json
from contextlib import contextmanager

import requests
from alibabacloud_fc20230330.client import Client as FcClient
from alibabacloud_mns_open20220119.client import Client as MnsOpenClient
from alibabacloud_sts20150401.client import Client as StsClient
from alibabacloud_tea_openapi.models import Config
from alibabacloud_vpc20160428 import models as vpc_models
from alibabacloud_vpc20160428.client import Client as VpcClient
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from darabonba.exceptions import DaraException
from mns.account import Account as MnsAccount
from mns.mns_exception import MNSServerException
from oss2.exceptions import ServerError as OssError

HOME = "cn-hangzhou"


def config(host, account, region=HOME, **more):
    """How every SDK of the current generation is told where its product is."""
    key = {"access_key_id": account["access_key_id"], "access_key_secret": account["access_key_secret"]}
    return Config(**{**key, "endpoint": host, "protocol": "http", "region_id": region, **more})


def session(host, credentials, region=HOME, **more):
    """The same for the temporary credentials that AssumeRole answers with."""
    return Config(
        access_key_id=credentials.access_key_id,
        access_key_secret=credentials.access_key_secret,
        security_token=credentials.security_token,
        type="sts",
        endpoint=host,
        protocol="http",
        region_id=region,
        **more,
    )


def sts(cloud, alias, **more):
    return StsClient(config(cloud.host, cloud.accounts[alias], **more))


def mns_open(cloud, alias, **more):
    return MnsOpenClient(config(cloud.host, cloud.accounts[alias], **more))


def fc(cloud, alias, **more):
    return FcClient(config(cloud.host, cloud.accounts[alias], **more))


def mns(cloud, alias, secret=None, token=""):
    account = cloud.accounts[alias]
    return MnsAccount(cloud.gateway, account["access_key_id"], secret or account["access_key_secret"], token)


class CurrentVpc:
    """`alibabacloud_vpc20160428`: a request is built from its model, the answer comes back as the wire has it."""

    METHODS = {name.replace("_", ""): name for name in dir(VpcClient)}

    def __init__(self, configuration):
        self.client = VpcClient(configuration)

    def call(self, action, **params):
        request = getattr(vpc_models, f"{action}Request")().from_map(params)
        # The model writes a list that nobody set as an empty one.
        understood = {name: value for name, value in request.to_map().items() if value != []}
        assert understood == params, "the SDK's model does not know one of these parameters"
        return getattr(self.client, self.METHODS[action.lower()])(request).body.to_map()


class CoreVpc:
    """`aliyun-python-sdk-vpc`: the generation before, with a setter for each parameter."""

    def __init__(self, host, account):
        self.host = host
        self.key = (account["access_key_id"], account["access_key_secret"])
        self.clients = {}

    def call(self, action, RegionId=HOME, **params):
        module = importlib.import_module(f"aliyunsdkvpc.request.v20160428.{action}Request")
        request = getattr(module, f"{action}Request")()
        request.set_endpoint(self.host)
        request.set_protocol_type("http")
        request.set_accept_format("json")
        for name, value in params.items():
            setter = f"set_{name}s" if isinstance(value, list) else f"set_{name}"
            getattr(request, setter)(value)
        if RegionId not in self.clients:
            self.clients[RegionId] = AcsClient(*self.key, RegionId)
        return json.loads(self.clients[RegionId].do_action_with_exception(request))


VPC_STYLES = {
    "acs3": lambda host, account: CurrentVpc(config(host, account)),
    "rpc-v1": lambda host, account: CurrentVpc(config(host, account, signature_algorithm="v2")),
    "core": CoreVpc,
}


def told(error):
    """HTTP status and code of a refusal, as the SDK's own exception has them. The MNS SDK keeps no status."""
    if isinstance(error, ServerException):
        return error.get_http_status(), error.get_error_code()
    if isinstance(error, OssError):
        return error.status, error.code
    if isinstance(error, MNSServerException):
        return None, error.type
    return error.status_code, error.code


@contextmanager
def refused(status, code):
    """What stands inside must be refused in just this way."""
    try:
        yield
    except (DaraException, ServerException, OssError, MNSServerException) as error:
        assert told(error) == (status, code), f"refused otherwise: {error}"
    else:
        raise AssertionError(f"not refused; expected {status} {code}")


class Knobs:
    """The local cloud's own settings: they bring about what nobody could wait for."""

    def __init__(self, gateway):
        self.url = f"{gateway}/_local"
        self.locked = []

    def stick(self, *waits):
        """These changes never end, until `release`."""
        self._put("delays", [{"wait": wait, "milliseconds": None} for wait in waits])

    def release(self):
        requests.delete(f"{self.url}/delays").raise_for_status()

    def lock(self, side, interface_id):
        """The interface's bill is unpaid."""
        self.locked.append((side, interface_id))
        self._business(side, interface_id, "FinancialLocked")

    def back(self):
        self.release()
        for side, interface_id in self.locked:
            self._business(side, interface_id, "Normal")

    def _business(self, side, interface_id, status):
        place = {"account_id": side.owner_id, "region_id": side.region, "router_interface_id": interface_id}
        self._put("router-interfaces", {**place, "business_status": status})

    def _put(self, what, value):
        requests.put(f"{self.url}/{what}", json=value).raise_for_status()
