"""One constructor an SDK: endpoint and scheme are all that is set beside the account's key."""

import importlib
import json
from contextlib import contextmanager

import requests
from alibabacloud_alb20200616 import models as alb_models
from alibabacloud_alb20200616.client import Client as AlbClient
from alibabacloud_cdt20210813.client import Client as CdtClient
from alibabacloud_ecs20140526 import models as ecs_models
from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_fc20230330.client import Client as FcClient
from alibabacloud_mns_open20220119.client import Client as MnsOpenClient
from alibabacloud_nlb20220430 import models as nlb_models
from alibabacloud_nlb20220430.client import Client as NlbClient
from alibabacloud_privatelink20200415 import models as private_link_models
from alibabacloud_privatelink20200415.client import Client as PrivateLinkClient
from alibabacloud_ram20150501.client import Client as RamClient
from alibabacloud_ros20190910.client import Client as RosClient
from alibabacloud_slb20140515 import models as slb_models
from alibabacloud_slb20140515.client import Client as SlbClient
from alibabacloud_sts20150401.client import Client as StsClient
from alibabacloud_tea_openapi.models import Config, GlobalParameters
from alibabacloud_vpc20160428 import models as vpc_models
from alibabacloud_vpc20160428.client import Client as VpcClient
from alibabacloud_vpcpeer20220101 import models as vpc_peer_models
from alibabacloud_vpcpeer20220101.client import Client as VpcPeerClient
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from darabonba.exceptions import DaraException
from mns.account import Account as MnsAccount
from mns.mns_exception import MNSServerException
from oss2.exceptions import ServerError as OssError
from Tea.exceptions import TeaException

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


def ros(cloud, alias, signature="acs3"):
    return RosClient(config(cloud.host, cloud.accounts[alias], **SIGNATURES[signature]))


def ram(cloud, alias, signature="acs3"):
    return RamClient(config(cloud.host, cloud.accounts[alias], **SIGNATURES[signature]))


def mns(cloud, alias, secret=None, token=""):
    account = cloud.accounts[alias]
    return MnsAccount(cloud.gateway, account["access_key_id"], secret or account["access_key_secret"], token)


class Current:
    """An SDK of the current generation: a request is built from its model, the answer comes back as the wire has it."""

    def __init__(self, client, models):
        self.client, self.models = client, models
        self.methods = {name.replace("_", ""): name for name in dir(client)}

    def call(self, action, **params):
        request = getattr(self.models, f"{action}Request")().from_map(params)
        # The model writes a list that nobody set as an empty one.
        understood = {name: value for name, value in request.to_map().items() if value != []}
        assert understood == params, "the SDK's model does not know one of these parameters"
        return getattr(self.client, self.methods[action.lower()])(request).body.to_map()


def current_vpc(configuration):
    return Current(VpcClient(configuration), vpc_models)


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
    "acs3": lambda host, account: current_vpc(config(host, account)),
    "rpc-v1": lambda host, account: current_vpc(config(host, account, signature_algorithm="v2")),
    "core": CoreVpc,
}

# How the current generation signs: by headers, or among the parameters.
SIGNATURES = {"acs3": {}, "rpc-v1": {"signature_algorithm": "v2"}}


def ecs(cloud, alias, signature="acs3"):
    return Current(EcsClient(config(cloud.host, cloud.accounts[alias], **SIGNATURES[signature])), ecs_models)


def vpc_peer(cloud, alias, signature="acs3"):
    configuration = config(cloud.host, cloud.accounts[alias], **SIGNATURES[signature])
    return Current(VpcPeerClient(configuration), vpc_peer_models)


def cdt(cloud, alias, signature="acs3"):
    return CdtClient(config(cloud.host, cloud.accounts[alias], **SIGNATURES[signature]))


def slb(cloud, alias, signature="acs3"):
    return Current(SlbClient(config(cloud.host, cloud.accounts[alias], **SIGNATURES[signature])), slb_models)


def nlb(cloud, alias, signature="acs3"):
    return Current(NlbClient(config(cloud.host, cloud.accounts[alias], **SIGNATURES[signature])), nlb_models)


def alb(cloud, alias, region, signature="acs3"):
    """Its models have no region: the real product has a host for each. Here the SDK is told to add it to every request."""
    everywhere = GlobalParameters(queries={"RegionId": region})
    configuration = config(cloud.host, cloud.accounts[alias], global_parameters=everywhere, **SIGNATURES[signature])
    return Current(AlbClient(configuration), alb_models)


def private_link(cloud, alias, signature="acs3"):
    configuration = config(cloud.host, cloud.accounts[alias], **SIGNATURES[signature])
    return Current(PrivateLinkClient(configuration), private_link_models)


def told(error):
    """HTTP status and code of a refusal, as the SDK's own exception has them. The MNS SDK keeps no status."""
    if isinstance(error, ServerException):
        return error.get_http_status(), error.get_error_code()
    if isinstance(error, OssError):
        return error.status, error.code
    if isinstance(error, MNSServerException):
        return None, error.type
    if isinstance(error, TeaException):
        return error.data["statusCode"], error.code
    return error.status_code, error.code


@contextmanager
def refused(status, code):
    """What stands inside must be refused in just this way."""
    try:
        yield
    except (DaraException, TeaException, ServerException, OssError, MNSServerException) as error:
        assert told(error) == (status, code), f"refused otherwise: {error}"
    else:
        raise AssertionError(f"not refused; expected {status} {code}")


class Knobs:
    """The local cloud's own settings: they bring about what nobody could wait for."""

    def __init__(self, gateway):
        self.url = f"{gateway}/_local"
        self.locked, self.without_cdt = [], []

    def stick(self, *waits):
        """These changes never end, until `release`."""
        self._put("delays", [{"wait": wait, "milliseconds": None} for wait in waits])

    def take(self, wait, milliseconds):
        """This change takes so long, until `release`."""
        self._put("delays", [{"wait": wait, "milliseconds": milliseconds}])

    def cdt(self, account_id, state):
        """How far an account has opened what traffic between regions is billed by."""
        self.without_cdt.append(account_id)
        self._put("cdt", {"account_id": account_id, "cdt": state})

    def agent(self, side, instance_id, alive):
        place = {"account_id": side.owner_id, "region_id": side.region, "instance_id": instance_id}
        self._put("instances", {**place, "cloud_assistant": alive})

    def ping(self, instance_id, address):
        """What a ping would meet now, and why it would be lost."""
        answer = requests.post(f"{self.url}/ping", json={"from_instance": instance_id, "to": address})
        answer.raise_for_status()
        return answer.json()

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
        for account_id in self.without_cdt:
            self._put("cdt", {"account_id": account_id, "cdt": "open"})

    def _business(self, side, interface_id, status):
        place = {"account_id": side.owner_id, "region_id": side.region, "router_interface_id": interface_id}
        self._put("router-interfaces", {**place, "business_status": status})

    def _put(self, what, value):
        requests.put(f"{self.url}/{what}", json=value).raise_for_status()
