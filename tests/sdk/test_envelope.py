"""Who may call: keys, signatures, dates, nonces. What no SDK would send is signed with the SDK's own signer."""

import datetime
import uuid

import pytest
import requests
from alibabacloud_tea_openapi.utils import Utils
from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params
from alibabacloud_vpc20160428.client import Client as VpcClient
from darabonba.request import DaraRequest
from darabonba.runtime import RuntimeOptions

import clients
from clients import refused

VERSION = "2016-04-28"
REGION = "cn-qingdao"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def signed_acs3(cloud, minutes_ago=0, nonce=None):
    """A DescribeVpcs of account a, as `requests` sends it."""
    account = cloud.accounts["a"]
    date = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=minutes_ago)
    request = DaraRequest()
    request.method, request.pathname, request.query = "POST", "/", {"RegionId": REGION}
    request.headers = {
        "host": cloud.host,
        "x-acs-action": "DescribeVpcs",
        "x-acs-version": VERSION,
        "x-acs-date": date.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce or uuid.uuid4().hex,
        "x-acs-content-sha256": EMPTY,
    }
    key = (account["access_key_id"], account["access_key_secret"])
    request.headers["Authorization"] = Utils.get_authorization(request, "ACS3-HMAC-SHA256", EMPTY, *key)
    return requests.Request("POST", f"{cloud.gateway}/", params=request.query, headers=request.headers).prepare()


def signed_v1(cloud, minutes_ago=0, nonce=None):
    """The same in the older envelope."""
    account = cloud.accounts["a"]
    date = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=minutes_ago)
    query = {
        "Action": "DescribeVpcs",
        "Version": VERSION,
        "Format": "JSON",
        "RegionId": REGION,
        "AccessKeyId": account["access_key_id"],
        "Timestamp": date.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": nonce or uuid.uuid4().hex,
    }
    query["Signature"] = Utils.get_rpcsignature(query, "POST", account["access_key_secret"])
    return requests.Request("POST", f"{cloud.gateway}/", params=query).prepare()


def answer(request):
    with requests.Session() as session:
        response = session.send(request)
    return response.status_code, response.json().get("Code")


@pytest.mark.parametrize("signed", [signed_acs3, signed_v1])
class TestOneRequest:
    def test_it_is_answered_once_and_its_nonce_is_used_up(self, cloud, signed):
        request = signed(cloud)
        assert answer(request) == (200, None)
        assert answer(request) == (400, "SignatureNonceUsed")

    def test_another_request_with_the_same_nonce_is_refused_too(self, cloud, signed):
        nonce = uuid.uuid4().hex
        assert answer(signed(cloud, nonce=nonce)) == (200, None)
        assert answer(signed(cloud, minutes_ago=1, nonce=nonce)) == (400, "SignatureNonceUsed")

    def test_its_date_counts_for_a_quarter_of_an_hour_either_way(self, cloud, signed):
        for minutes in (-14, 14):
            assert answer(signed(cloud, minutes)) == (200, None), minutes
        for minutes in (-16, 16):
            assert answer(signed(cloud, minutes)) == (400, "InvalidTimeStamp.Expired"), minutes

    def test_a_changed_parameter_breaks_its_signature(self, cloud, signed):
        request = signed(cloud)
        request.url = request.url.replace(REGION, "cn-beijing")
        assert answer(request) == (400, "SignatureDoesNotMatch")


@pytest.mark.parametrize("signed", [signed_acs3, signed_v1])
def test_another_method_than_get_and_post_is_refused(cloud, signed):
    for method in ("PUT", "DELETE", "PATCH"):
        request = signed(cloud)
        request.method = method
        assert answer(request) == (403, "UnsupportedHTTPMethod"), method


def test_a_date_that_is_none(cloud):
    request = signed_acs3(cloud)
    request.headers["x-acs-date"] = "yesterday"
    assert answer(request) == (400, "InvalidTimeStamp.Format")


@pytest.mark.parametrize("algorithm", [None, "v2"])
def test_a_wrong_secret_and_an_unknown_key(cloud, algorithm):
    for account, status, code in (
        ({**cloud.accounts["a"], "access_key_secret": "wrong"}, 400, "SignatureDoesNotMatch"),
        ({**cloud.accounts["a"], "access_key_id": "nobody"}, 404, "InvalidAccessKeyId.NotFound"),
    ):
        vpc = clients.current_vpc(clients.config(cloud.host, account, signature_algorithm=algorithm))
        with refused(status, code):
            vpc.call("DescribeVpcs", RegionId=REGION)


def test_the_older_sdk_sees_by_the_string_to_sign_that_its_secret_is_wrong(cloud):
    """It compares the server's string to sign with its own, and renames the code when they are the same."""
    vpc = clients.CoreVpc(cloud.host, {**cloud.accounts["a"], "access_key_secret": "wrong"})
    with refused(400, "InvalidAccessKeySecret"):
        vpc.call("DescribeVpcs", RegionId=REGION)


@pytest.mark.parametrize("algorithm", [None, "v2"])
def test_an_action_or_version_that_does_not_exist(cloud, algorithm):
    client = VpcClient(clients.config(cloud.host, cloud.accounts["a"], signature_algorithm=algorithm))
    for action, version in (("DescribeCastles", VERSION), ("DescribeVpcs", "1999-01-01")):
        params = Params(
            action=action,
            version=version,
            protocol="HTTPS",
            pathname="/",
            method="POST",
            auth_type="AK",
            style="RPC",
            req_body_type="formData",
            body_type="json",
        )
        with refused(404, "InvalidAction.NotFound"):
            client.call_api(params, OpenApiRequest(query={"RegionId": REGION}), RuntimeOptions())
