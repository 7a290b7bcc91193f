"""A private link of Causeway to a network or application load balancer that somebody made before, through the official SDKs."""

import pytest

from balancers import KINDS
from links import REGION, STANDBY, ZONE, Consumer, Provider
from network import until
from webhooks import Client


@pytest.fixture(params=list(KINDS))
def stage(cloud, request):
    a, b = Consumer(cloud, "a", "10.11.", "acs3"), Provider(cloud, "b", "10.13.", "acs3")
    balancer = KINDS[request.param](cloud, b, "acs3")
    balancer.make()
    yield a, b, balancer
    balancer.remove()


def test_a_load_balancer_that_is_there_is_used_as_it_is_and_stays(cloud, stage):
    a, b, balancer = stage
    webhook, name = Client(cloud.webhook["url"], cloud.webhook["secret"]), f"by-{balancer.kind}"
    zones = [{"zone_id": zone, "vswitch_id": a.vswitches[zone]} for zone in (ZONE, STANDBY)]
    place = {"account": "a", "region_id": REGION, "vpc_id": a.vpc["vpc_id"]}
    groups = [a.vpc["security_groups"][0]["security_group_id"]]
    instance = a.vpc["instances"][0]["instance_id"]
    spec = {
        "name": name,
        "kind": "private-link",
        "consumer": {**place, "zones": zones, "security_groups": groups, "instance_id": instance},
        "provider": {
            "account": "b",
            "region_id": REGION,
            "vpc_id": b.vpc["vpc_id"],
            "load_balancer": {"existing": {"type": balancer.kind, "id": balancer.id}},
            "service": {"description": "somebody made it before"},
        },
        "probe": {"protocol": "http", "port": 80},
    }

    def phase():
        record = webhook.ask("GET", f"/v1/connections/{name}").json()
        assert record["phase"] not in ("failed", "stuck"), record["failure"]
        return record["phase"]

    accepted = webhook.ask("POST", "/v1/connections", spec)
    assert accepted.status_code == 202, accepted.text
    until(lambda: phase() == "active", f"{name} active")
    made = webhook.ask("GET", f"/v1/connections/{name}").json()["sides"]["consumer"]["outputs"]["private_link"]
    assert a.get(made["domain"]) == (0, "200")
    assert {zone["domain"] for zone in made["zones"].values()} and len(made["zones"]) == 2
    assert webhook.ask("DELETE", f"/v1/connections/{name}").status_code == 202
    until(lambda: phase() == "removed", f"{name} removed")
    assert balancer.seen()["LoadBalancerStatus"] == "Active"
