"""Both sides of a private link in Frankfurt, and what is done on each through the official SDKs."""

import json

import clients
from hosts import Host
from network import until

REGION, ZONE, STANDBY = "eu-central-1", "eu-central-1b", "eu-central-1a"


class Account:
    """One account's SDKs, and its VPC that begins with a range."""

    def __init__(self, cloud, alias, begins, signature):
        self.alias = alias
        self.link_sdk = clients.private_link(cloud, alias, signature)
        self.slb_sdk = clients.slb(cloud, alias, signature)
        ecs = clients.ecs(cloud, alias, signature)
        self.id = int(cloud.accounts[alias]["account_id"])
        vpcs = cloud.accounts[alias]["vpcs"]
        self.vpc = next(vpc for vpc in vpcs if vpc["region_id"] == REGION and vpc["cidr_block"].startswith(begins))
        self.vswitches = {vswitch["zone_id"]: vswitch["vswitch_id"] for vswitch in self.vpc["vswitches"]}
        self.host = Host(ecs, REGION, self.vpc)

    def link(self, action, **params):
        return self.link_sdk.call(action, RegionId=REGION, **params)

    def slb(self, action, **params):
        return self.slb_sdk.call(action, RegionId=REGION, **params)

    def pages(self, action, items, **params):
        """All pages of a listing."""
        found, token = [], {}
        while True:
            page = self.link(action, **params, **token)
            found += page[items]
            if not page.get("NextToken"):
                return found
            token = {"NextToken": page["NextToken"]}

    def get(self, host):
        """Exit code and output of a request to `host` from the account's instance."""
        script = f"curl -sS -o /dev/null -w '%{{http_code}}' --connect-timeout 3 http://{host}/"
        over = self.host.run(script)
        return over["ExitCode"], over["Output"]


class Provider(Account):
    """Whoever offers a service."""

    def make_balancer(self):
        """In the guide's order: the load balancer, a listener, both instances, and wait until they are healthy."""
        vpc, vswitch = self.vpc["vpc_id"], self.vswitches[ZONE]
        place = {"VpcId": vpc, "VSwitchId": vswitch, "MasterZoneId": ZONE, "SlaveZoneId": STANDBY}
        price = {"PayType": "PayOnDemand", "InstanceChargeType": "PayByCLCU", "InternetChargeType": "paybytraffic"}
        made = self.slb("CreateLoadBalancer", AddressType="intranet", LoadBalancerName="app", **place, **price)
        self.balancer = made["LoadBalancerId"]
        on = {"LoadBalancerId": self.balancer}
        self.slb("CreateLoadBalancerTCPListener", ListenerPort=80, BackendServerPort=80, Bandwidth=-1, **on)
        self.slb("StartLoadBalancerListener", ListenerPort=80, **on)
        servers = [{"ServerId": one["instance_id"], "Weight": "100", "Type": "ecs"} for one in self.vpc["instances"]]
        answer = self.slb("AddBackendServers", BackendServers=json.dumps(servers), **on)
        assert {one["Weight"] for one in answer["BackendServers"]["BackendServer"]} == {"100"}
        until(lambda: self.health() == ["normal", "normal"], "both backends healthy")
        return self.balancer

    def health(self):
        told = self.slb("DescribeHealthStatus", LoadBalancerId=self.balancer, ListenerPort=80)
        return [one["ServerHealthStatus"] for one in told["BackendServers"]["BackendServer"]]

    def make_service(self, kind="slb", **more):
        resource = {"ResourceType": kind, "ResourceId": self.balancer, "ZoneId": ZONE}
        made = self.link("CreateVpcEndpointService", Resource=[resource], ZoneAffinityEnabled=True, **more)
        assert made["ServiceStatus"] == "Creating"
        service = made["ServiceId"]
        assert made["ServiceName"] == f"com.aliyuncs.privatelink.{REGION}.{service}"
        self.wait_for_service(service)
        return service

    def service_status(self, service):
        return self.link("GetVpcEndpointServiceAttribute", ServiceId=service)["ServiceStatus"]

    def wait_for_service(self, service):
        until(lambda: self.service_status(service) == "Active", f"{service} Active")

    def connection(self, endpoint):
        return self.link("ListVpcEndpointConnections", EndpointId=endpoint)["Connections"][0]

    def wait_for(self, endpoint, status):
        until(lambda: self.connection(endpoint)["ConnectionStatus"] == status, f"{endpoint} {status}")

    def enable(self, service, endpoint, **more):
        self.link("EnableVpcEndpointConnection", ServiceId=service, EndpointId=endpoint, **more)

    def disable(self, service, endpoint):
        self.link("DisableVpcEndpointConnection", ServiceId=service, EndpointId=endpoint)

    def clear(self):
        """Takes every service apart, from its connections to its load balancer."""
        for service in [one["ServiceId"] for one in self.pages("ListVpcEndpointServices", "Services")]:
            for one in self.pages("ListVpcEndpointConnections", "Connections", ServiceId=service):
                if one["ConnectionStatus"] == "Connected":
                    self.disable(service, one["EndpointId"])
                    self.wait_for(one["EndpointId"], "Disconnected")
            self.wait_for_service(service)
            for one in self.link("ListVpcEndpointServiceResources", ServiceId=service)["Resources"]:
                resource = {name: one[name] for name in ("ResourceId", "ResourceType", "ZoneId")}
                self.link("DetachResourceFromVpcEndpointService", ServiceId=service, **resource)
                self.wait_for_service(service)
            self.link("DeleteVpcEndpointService", ServiceId=service)
            self.wait_until_gone(service)
        for one in self.slb("DescribeLoadBalancers")["LoadBalancers"]["LoadBalancer"]:
            self.slb("DeleteLoadBalancer", LoadBalancerId=one["LoadBalancerId"])

    def wait_until_gone(self, service):
        def gone():
            return not self.link("ListVpcEndpointServices", ServiceId=service)["Services"]

        until(gone, f"{service} gone")


class Consumer(Account):
    """Whoever uses it."""

    @property
    def group(self):
        return self.vpc["security_groups"][0]["security_group_id"]

    def ask(self, service, **more):
        zone = [{"ZoneId": ZONE, "VSwitchId": self.vswitches[ZONE]}]
        plan = {"VpcId": self.vpc["vpc_id"], "SecurityGroupId": [self.group], "Zone": zone, "ServiceId": service}
        return self.link("CreateVpcEndpoint", **{**plan, **more})

    def make_endpoint(self, service, **more):
        made = self.ask(service, **more)
        assert (made["EndpointStatus"], made["ConnectionStatus"]) == ("Creating", "Disconnected")
        endpoint = made["EndpointId"]
        self.wait_for_endpoint(endpoint)
        return endpoint

    def endpoint(self, endpoint):
        return self.link("GetVpcEndpointAttribute", EndpointId=endpoint)

    def wait_for_endpoint(self, endpoint):
        until(lambda: self.endpoint(endpoint)["EndpointStatus"] == "Active", f"{endpoint} Active")

    def zones(self, endpoint):
        return self.link("ListVpcEndpointZones", EndpointId=endpoint)["Zones"]

    def doors(self, endpoint):
        """The three ways in: domain, zone domain, address."""
        zone = self.zones(endpoint)[0]
        return [self.endpoint(endpoint)["EndpointDomain"], zone["ZoneDomain"], zone["EniIp"]]

    def remove(self, endpoint):
        for zone in self.zones(endpoint):
            self.link("RemoveZoneFromVpcEndpoint", EndpointId=endpoint, ZoneId=zone["ZoneId"])
            until(lambda: zone["ZoneId"] not in [one["ZoneId"] for one in self.zones(endpoint)], "the zone gone")
        self.link("DeleteVpcEndpoint", EndpointId=endpoint)

    def clear(self):
        def remaining():
            return self.pages("ListVpcEndpoints", "Endpoints")

        for one in remaining():
            if one["EndpointStatus"] != "Deleting":
                self.remove(one["EndpointId"])
        until(lambda: not remaining(), "no endpoint")
