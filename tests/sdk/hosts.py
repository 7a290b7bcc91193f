"""An instance with its security group, and what is done with them through the ECS SDK."""

import base64

from network import until


class Host:
    """The instance that the local cloud begins with in one VPC."""

    def __init__(self, sdk, region, told):
        self.sdk, self.region = sdk, region
        instance = told["instances"][0]
        self.id, self.address = instance["instance_id"], instance["private_ip"]
        self.group_id, self.vpc_id = instance["security_group_ids"][0], told["vpc_id"]

    def call(self, action, **params):
        return self.sdk.call(action, RegionId=self.region, **params)

    # Security groups

    def allow(self, group_id=None, **rule):
        rule = {"IpProtocol": "ICMP", "PortRange": "-1/-1", "NicType": "intranet", **rule}
        self.call("AuthorizeSecurityGroup", SecurityGroupId=group_id or self.group_id, Permissions=[rule])

    def rules(self, group_id=None, **more):
        found = self.call("DescribeSecurityGroupAttribute", SecurityGroupId=group_id or self.group_id, **more)
        return found["Permissions"]["Permission"]

    def forbid_all(self):
        ids = [rule["SecurityGroupRuleId"] for rule in self.rules()]
        if ids:
            self.call("RevokeSecurityGroup", SecurityGroupId=self.group_id, SecurityGroupRuleId=ids)

    # Power

    def seen(self):
        found = self.call("DescribeInstances", InstanceIds=f'["{self.id}"]')
        return found["Instances"]["Instance"][0]

    def wait_for(self, status):
        until(lambda: self.seen()["Status"] == status, f"{self.id} {status}")

    def agent(self):
        found = self.call("DescribeCloudAssistantStatus", InstanceId=[self.id])
        return found["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"][0]["CloudAssistantStatus"]

    # Commands

    def start(self, script, **more):
        command = {"Type": "RunShellScript", "CommandContent": script, "InstanceId": [self.id], **more}
        return self.call("RunCommand", **command)["InvokeId"]

    def result(self, invoke_id, **more):
        found = self.call("DescribeInvocationResults", InvokeId=invoke_id, **more)
        (result,) = found["Invocation"]["InvocationResults"]["InvocationResult"]
        return result

    def run(self, script, **more):
        """The result of a command, its output decoded."""
        invoke_id = self.start(script, **more)
        busy = ("Pending", "Running", "Stopping")
        until(lambda: self.result(invoke_id)["InvocationStatus"] not in busy, "the end of the command")
        result = self.result(invoke_id)
        return {**result, "Output": base64.b64decode(result["Output"]).decode()}

    def pings(self, other):
        """Whether all of a few pings are answered; none may be if not all are."""
        result = self.run(f"ping -c 3 -W 2 {other.address}")
        answered = "3 received, 0% packet loss" in result["Output"]
        assert answered or "0 received, 100% packet loss" in result["Output"], result
        assert result["ExitCode"] == (0 if answered else 1), result
        return answered
