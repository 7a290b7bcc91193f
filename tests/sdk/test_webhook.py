"""The webhook, driven by the reference library of Standard Webhooks, up to traffic as the VPC SDK sees it."""

import json

import pytest
import requests

from network import until
from webhooks import Client, send


@pytest.fixture
def webhook(cloud):
    return Client(cloud.webhook["url"], cloud.webhook["secret"])


def problem(response):
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["type"].rsplit("/", 1)[1]


def tutorial(cloud):
    """Account a in cn-qingdao with account b in cn-beijing, as in the tutorial."""

    def side(alias, region):
        vpc = next(vpc for vpc in cloud.accounts[alias]["vpcs"] if vpc["region_id"] == region)
        return {"account": alias, "region_id": region, "vpc_id": vpc["vpc_id"]}

    return {
        "version": 1,
        "name": "sdk-qingdao-beijing",
        "kind": "router-interface",
        "spec": "Mini.2",
        "initiator": side("a", "cn-qingdao"),
        "acceptor": side("b", "cn-beijing"),
    }


class Seen:
    """A side of a connection as its owner sees it through the VPC SDK."""

    def __init__(self, cloud, vpc_sdk, side):
        self.sdk, self.region = vpc_sdk("acs3", side["account"]), side["region_id"]
        vpcs = cloud.accounts[side["account"]]["vpcs"]
        self.vpc = next(vpc for vpc in vpcs if vpc["vpc_id"] == side["vpc_id"])

    def interfaces(self):
        mine = [{"Key": "RouterId", "Value": [self.vpc["vrouter_id"]]}]
        found = self.sdk.call("DescribeRouterInterfaces", RegionId=self.region, Filter=mine)
        return found["RouterInterfaceSet"]["RouterInterfaceType"]

    def custom_routes(self):
        table = self.vpc["route_table_id"]
        found = self.sdk.call("DescribeRouteEntryList", RegionId=self.region, RouteTableId=table, MaxResult=100)
        return [route for route in found["RouteEntrys"]["RouteEntry"] if route["Type"] == "Custom"]


def test_a_posted_connection_becomes_active_and_goes_again(cloud, webhook, vpc_sdk):
    spec = tutorial(cloud)
    path = f"/v1/connections/{spec['name']}"
    accepted = webhook.ask("POST", "/v1/connections", spec)
    assert accepted.status_code == 202, accepted.text

    def phase():
        return webhook.ask("GET", path).json().get("phase")

    until(lambda: phase() not in ("applying", None), "the end of applying")
    assert phase() == "active", webhook.ask("GET", path).text

    near, far = (Seen(cloud, vpc_sdk, spec[side]) for side in ("initiator", "acceptor"))
    for side, other in ((near, far), (far, near)):
        (interface,) = side.interfaces()
        assert (interface["Status"], interface["OppositeInterfaceStatus"]) == ("Active", "Active")
        (route,) = side.custom_routes()
        assert (route["DestinationCidrBlock"], route["Status"]) == (other.vpc["cidr_block"], "Available")
        assert route["NextHops"]["NextHop"][0]["NextHopId"] == interface["RouterInterfaceId"]

    assert webhook.ask("DELETE", path).status_code == 202
    until(lambda: phase() != "removing", "the end of removing")
    for side in (near, far):
        assert (side.interfaces(), side.custom_routes()) == ([], [])


def test_the_same_request_again_gets_the_same_answer(webhook):
    request = webhook.signed("GET", "/v1/connections")
    first = send(request)
    assert first.status_code == 200
    again = send(request)
    assert (again.status_code, again.content) == (200, first.content)


def test_a_refused_post_that_comes_again_is_refused_alike(webhook):
    request = webhook.signed("POST", "/v1/connections", '{"not": "a connection"}')
    first = send(request)
    assert first.status_code in (400, 422)
    assert send(request).content == first.content


def test_the_headers_of_one_request_are_of_no_use_for_another(webhook):
    request = webhook.signed("GET", "/v1/connections")
    for method, path in (("DELETE", "/v1/connections/x"), ("GET", "/v1/connections?limit=5"), ("POST", "/")):
        request.method, request.url = method, f"{webhook.url}{path}"
        assert problem(send(request)) == (401, "unauthorized"), path


def test_a_timestamp_counts_for_five_minutes_either_way(webhook):
    for minutes in (-4, 4):
        assert send(webhook.signed("GET", "/v1/connections", minutes_ago=minutes)).status_code == 200
    for minutes in (-6, 6):
        assert problem(send(webhook.signed("GET", "/v1/connections", minutes_ago=minutes))) == (401, "unauthorized")


def test_another_secret_a_changed_body_and_no_signature_at_all(cloud, webhook):
    other = Client(cloud.webhook["url"], "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert problem(other.ask("GET", "/v1/connections")) == (401, "unauthorized")

    request = webhook.signed("POST", "/v1/connections", json.dumps(tutorial(cloud)))
    request.body = request.body.replace(b"Mini.2", b"Mini.5")
    assert problem(send(request)) == (401, "unauthorized")

    assert problem(requests.get(f"{cloud.webhook['url']}/v1/connections")) == (401, "unauthorized")
