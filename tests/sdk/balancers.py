"""A network or application load balancer of a provider, made and taken apart through the official SDK of its product."""

import clients
from links import REGION, STANDBY, ZONE
from network import until


class Balancer:
    """What both products have in common: the same operations, nearly the same fields."""

    kind = protocol = None
    config = {}

    def __init__(self, cloud, provider, signature):
        self.sdk = self.open(cloud, provider.alias, signature)
        self.vpc, self.vswitches = provider.vpc, provider.vswitches

    def call(self, action, **params):
        return self.sdk.call(action, **params)

    def make(self):
        """Two zones, a group with both instances, a listener on port 80; wait until both are healthy."""
        zones = [{"ZoneId": zone, "VSwitchId": self.vswitches[zone]} for zone in (ZONE, STANDBY)]
        plan = {"AddressType": "Intranet", "LoadBalancerName": "app", "VpcId": self.vpc["vpc_id"]}
        made = self.call("CreateLoadBalancer", ZoneMappings=zones, **plan, **self.config)
        # NLB spells it so.
        self.id = made.get("LoadbalancerId") or made["LoadBalancerId"]
        assert self.seen()["LoadBalancerStatus"] == "Provisioning"
        until(lambda: self.seen()["LoadBalancerStatus"] == "Active", f"{self.id} Active")
        group = {"ServerGroupName": "servers", "VpcId": self.vpc["vpc_id"]}
        checked = {"HealthCheckEnabled": True, "HealthCheckInterval": 2}
        made = self.call("CreateServerGroup", HealthCheckConfig=checked, **group)
        self.group = made["ServerGroupId"]
        self.wait_for_group()
        self.call("AddServersToServerGroup", ServerGroupId=self.group, Servers=self.servers(Weight=100))
        self.wait_for_group()
        self.listener = self.listen(80)
        until(lambda: self.unhealthy() == [], "every server healthy")
        return self.id

    def seen(self):
        return self.call("GetLoadBalancerAttribute", LoadBalancerId=self.id)

    def wait_for_group(self):
        def status():
            return self.call("ListServerGroups", ServerGroupIds=[self.group])["ServerGroups"][0]["ServerGroupStatus"]

        until(lambda: status() == "Available", f"{self.group} Available")

    def servers(self, **more):
        own = [one["instance_id"] for one in self.vpc["instances"]]
        return [{"ServerId": one, "ServerType": "Ecs", "Port": 80, **more} for one in own]

    def listen(self, port, **more):
        plan = {"LoadBalancerId": self.id, "ListenerPort": port, "ListenerProtocol": self.protocol}
        made = self.call("CreateListener", **{**plan, **self.forward(), **more})
        self.wait_for_listener(made["ListenerId"], "Running")
        return made["ListenerId"]

    def wait_for_listener(self, listener, status):
        def seen():
            return self.call("GetListenerAttribute", ListenerId=listener)["ListenerStatus"]

        until(lambda: seen() == status, f"{listener} {status}")

    def unhealthy(self):
        """Status and reason of every server that is not healthy."""
        told = self.call("GetListenerHealthStatus", ListenerId=self.listener)
        servers = told["ListenerHealthStatus"][0]["ServerGroupInfos"][0]["NonNormalServers"]
        return [(one["Status"], one.get("Reason", {}).get("ReasonCode")) for one in servers]

    def remove(self):
        self.call("DeleteLoadBalancer", LoadBalancerId=self.id)
        until(lambda: not self.call("ListLoadBalancers", LoadBalancerIds=[self.id])["LoadBalancers"], "it gone")
        self.call("DeleteServerGroup", ServerGroupId=self.group)
        until(lambda: not self.call("ListServerGroups", ServerGroupIds=[self.group])["ServerGroups"], "the group gone")


class Network(Balancer):
    kind, protocol = "nlb", "TCP"

    def open(self, cloud, alias, signature):
        return clients.nlb(cloud, alias, signature)

    def call(self, action, **params):
        return super().call(action, RegionId=REGION, **params)

    def forward(self):
        return {"ServerGroupId": self.group}

    def address(self, zone):
        mapping = next(one for one in self.seen()["ZoneMappings"] if one["ZoneId"] == zone)
        return mapping["LoadBalancerAddresses"][0]["PrivateIPv4Address"]


class Application(Balancer):
    kind, protocol = "alb", "HTTP"
    config = {"LoadBalancerEdition": "Standard", "LoadBalancerBillingConfig": {"PayType": "PostPay"}}

    def open(self, cloud, alias, signature):
        return clients.alb(cloud, alias, REGION, signature)

    def forward(self):
        groups = {"ServerGroupTuples": [{"ServerGroupId": self.group}]}
        return {"DefaultActions": [{"Type": "ForwardGroup", "ForwardGroupConfig": groups}]}

    def address(self, zone):
        mapping = next(one for one in self.seen()["ZoneMappings"] if one["ZoneId"] == zone)
        return mapping["LoadBalancerAddresses"][0]["IntranetAddress"]


KINDS = {kind.kind: kind for kind in (Network, Application)}
