"""Security groups, instances and commands on them; and the end of the tutorial: a ping from both sides."""

import pytest

import clients
from clients import refused
from hosts import Host
from network import Side, clear, connected, pair, until

A = ("a", "cn-beijing")
B = ("b", "cn-qingdao")
NEAR = ("b", "cn-beijing")


def told(cloud, alias, region):
    return next(vpc for vpc in cloud.accounts[alias]["vpcs"] if vpc["region_id"] == region)


@pytest.fixture(scope="module", params=list(clients.SIGNATURES))
def host(cloud, request):
    """Finds the instance of an account in a region."""
    return lambda place: Host(clients.ecs(cloud, place[0], request.param), place[1], told(cloud, *place))


@pytest.fixture
def a(host):
    found = host(A)
    yield found
    found.forbid_all()


@pytest.fixture
def b(host):
    found = host(B)
    yield found
    found.forbid_all()


@pytest.fixture
def sides(cloud, vpc_sdk):
    ends = [Side.seeded(vpc_sdk("acs3", alias), region, told(cloud, alias, region)) for alias, region in (A, B)]
    yield ends
    clear(*ends)


def test_the_ping_of_the_tutorial_needs_routes_and_rules_on_both_sides(a, b, sides, knobs):
    of_a, of_b = sides
    initiator, acceptor = connected(of_a, of_b)
    assert not a.pings(b) and not b.pings(a)
    assert knobs.ping(a.id, b.address)["lost"]["reason"] == "no-route"

    of_a.add_route(of_b.cidr, initiator)
    of_a.settle_routes()
    b.allow(SourceCidrIp=of_a.cidr)
    assert not a.pings(b)
    assert knobs.ping(a.id, b.address)["lost"]["reason"] == "no-route-back"

    of_b.add_route(of_a.cidr, acceptor)
    of_b.settle_routes()
    assert a.pings(b) and not b.pings(a)
    assert knobs.ping(b.id, a.address)["lost"]["reason"] == "filtered"
    a.allow(SourceCidrIp=of_b.cidr)
    assert a.pings(b) and b.pings(a)
    assert 10 < knobs.ping(a.id, b.address)["round_trip_ms"] < 100

    of_b.deactivate(acceptor)
    assert not a.pings(b) and not b.pings(a)
    assert knobs.ping(a.id, b.address)["lost"]["reason"] == "link-down"


def test_a_pair_that_is_not_connected_carries_nothing(a, b, sides, knobs):
    of_a, of_b = sides
    initiator, _ = pair(of_a, of_b)
    with refused(400, "IncorrectStatus.RouterInterface"):
        of_a.add_route(of_b.cidr, initiator)
    assert knobs.ping(a.id, b.address)["reachable"] is False


def test_a_ping_reads_like_a_ping(a):
    result = a.run(f"ping -c 2 {a.address}")
    lines = result["Output"].splitlines()
    assert lines[0] == f"PING {a.address} ({a.address}) 56(84) bytes of data."
    assert lines[1].startswith(f"64 bytes from {a.address}: icmp_seq=1 ttl=64 time=0.0")
    assert lines[5].startswith("2 packets transmitted, 2 received, 0% packet loss, time ")
    assert lines[6].startswith("rtt min/avg/max/mdev = ")
    assert (result["InvocationStatus"], result["InvokeRecordStatus"]) == ("Success", "Finished")


def test_what_a_command_can_come_to(a):
    for script, state, code, error in (
        ("ping -c 1 -W 1 10.10.9.9", "Failed", 1, "ExitCodeNonzero"),
        ("ping -c 1 no.such.name", "Failed", 2, "ExitCodeNonzero"),
        ("mtr 10.10.9.9", "Failed", 127, "ExitCodeNonzero"),
        ("sleep 60", "Timeout", None, "ExecutionTimeout"),
    ):
        result = a.run(script, Timeout=10)
        assert (result["InvocationStatus"], result.get("ExitCode"), result["ErrorCode"]) == (state, code, error), script
    assert a.run("mtr 10.10.9.9")["Output"] == "sh: line 1: mtr: command not found\n"
    assert a.run("ZWNobyBoaQ==", ContentEncoding="Base64")["Output"] == "hi\n"


def test_a_command_shows_its_states(a, knobs):
    knobs.stick("command_deliver")
    invoke_id = a.start("sleep 40")
    assert a.result(invoke_id)["InvocationStatus"] == "Pending"
    knobs.release()
    until(lambda: a.result(invoke_id)["InvocationStatus"] == "Running", "it running")
    until(lambda: a.result(invoke_id)["InvocationStatus"] == "Success", "it done")
    (told,) = a.call("DescribeInvocations", InvokeId=invoke_id, ContentEncoding="PlainText")["Invocations"]["Invocation"]
    assert (told["CommandContent"], told["InvocationStatus"]) == ("sleep 40", "Success")
    assert told["InvokeInstances"]["InvokeInstance"][0]["ExitCode"] == 0


def test_a_command_that_cannot_be_is_refused(a):
    with refused(404, "InvalidInstanceId.NotFound"):
        a.start("true", InstanceId=["i-none"])
    with refused(403, "CmdContent.DecodeError"):
        a.start("%%", ContentEncoding="Base64")
    with refused(403, "CmdContent.ExceedLimit"):
        a.start("x" * 24 * 1024)
    with refused(400, "DryRunOperation"):
        a.start("true", RepeatMode="DryRun")


def test_a_stopped_instance_answers_nothing_and_takes_no_command(a):
    assert (a.seen()["Status"], a.agent()) == ("Running", "true")
    (turned,) = a.call("StopInstances", InstanceId=[a.id])["InstanceResponses"]["InstanceResponse"]
    assert (turned["PreviousStatus"], turned["CurrentStatus"]) == ("Running", "Stopping")
    a.wait_for("Stopped")
    assert a.agent() == "false"
    result = a.run("true")
    assert (result["InvocationStatus"], result["ErrorCode"]) == ("Aborted", "InstanceNotRunning")
    a.sdk.call("StartInstance", InstanceId=a.id)
    with refused(403, "IncorrectInstanceStatus"):
        a.call("StopInstances", InstanceId=[a.id])
    a.wait_for("Running")


def test_an_agent_that_is_dead_is_told(a, cloud, knobs):
    a.owner_id = cloud.accounts["a"]["account_id"]
    knobs.agent(a, a.id, False)
    assert (a.agent(), a.run("true")["ErrorCode"]) == ("false", "ClientNotRunning")
    knobs.agent(a, a.id, True)
    assert a.run("true")["InvocationStatus"] == "Success"


@pytest.fixture
def made(a):
    """A group of its own in the VPC of `a`."""
    plan = {"VpcId": a.vpc_id, "SecurityGroupName": "made-here", "Description": "by a test"}
    group_id = a.call("CreateSecurityGroup", **plan)["SecurityGroupId"]
    yield group_id
    a.call("DeleteSecurityGroup", SecurityGroupId=group_id)


def test_a_rule_given_twice_in_both_forms_is_one_rule(a, made):
    flat = {"IpProtocol": "icmp", "PortRange": "-1/-1", "NicType": "intranet", "SourceCidrIp": "10.20.0.0/16"}
    a.call("AuthorizeSecurityGroup", SecurityGroupId=made, **flat)
    a.allow(made, SourceCidrIp="10.20.0.0/16")
    (rule,) = a.rules(made)
    assert (rule["IpProtocol"].lower(), rule["PortRange"], rule["Policy"].lower()) == ("icmp", "-1/-1", "accept")
    assert (rule["SourceCidrIp"], rule["Priority"], rule["Direction"]) == ("10.20.0.0/16", "1", "ingress")
    for _ in range(2):
        a.call("RevokeSecurityGroup", SecurityGroupId=made, **flat)
        assert a.rules(made) == []
    with refused(400, "InvalidParam.SecurityGroupRuleId"):
        a.call("RevokeSecurityGroup", SecurityGroupId=made, SecurityGroupRuleId=["sgr-none"])


def test_a_rule_is_changed_by_its_id_and_what_is_left_out_stays(a, made):
    a.allow(made, SourceCidrIp="10.20.0.0/16", Description="first")
    a.allow(made, SourceCidrIp="10.21.0.0/16")
    first, second = sorted(a.rules(made), key=lambda rule: rule["SourceCidrIp"])
    change = lambda **more: a.call("ModifySecurityGroupRule", SecurityGroupId=made, **more)
    by_id = {"SecurityGroupRuleId": first["SecurityGroupRuleId"]}
    change(Description="by hand", **by_id)
    change(Description="", Priority="7", **by_id)
    seen = next(rule for rule in a.rules(made) if rule["SecurityGroupRuleId"] == first["SecurityGroupRuleId"])
    assert (seen["Description"], seen["Priority"], seen["SourceCidrIp"]) == ("by hand", "7", "10.20.0.0/16")
    with refused(400, "InvalidPermission.Duplicate"):
        change(SourceCidrIp=second["SourceCidrIp"], Priority="1", **by_id)
    with refused(400, "InvalidParam.SecurityGroupRuleId"):
        change(SecurityGroupRuleId="sgr-none", Description="x")
    with refused(400, "InvalidPriority.ValueNotSupported"):
        change(Priority="0", **by_id)
    with refused(400, "InvalidSecurityGroupDiscription.Malformed"):
        change(Description="http://x", **by_id)
    with refused(404, "InvalidSecurityGroupId.NotFound"):
        a.call("ModifySecurityGroupRule", SecurityGroupId="sg-none", **by_id)


def test_a_group_is_renamed_and_what_is_left_out_stays(a, made):
    rename = lambda **more: a.call("ModifySecurityGroupAttribute", SecurityGroupId=made, **more)
    rename(Description="changed by hand")
    rename(SecurityGroupName="renamed", Description="")
    seen = a.call("DescribeSecurityGroups", SecurityGroupIds=f'["{made}"]')["SecurityGroups"]["SecurityGroup"][0]
    assert (seen["SecurityGroupName"], seen["Description"]) == ("renamed", "changed by hand")
    for change, code in (
        ({"SecurityGroupName": "x"}, "InvalidSecurityGroupName.Malformed"),
        ({"SecurityGroupName": "http://x"}, "InvalidSecurityGroupName.Malformed"),
        ({"Description": "https://x"}, "InvalidSecurityGroupDiscription.Malformed"),
    ):
        with refused(400, code):
            rename(**change)
    with refused(404, "InvalidSecurityGroupId.NotFound"):
        a.call("ModifySecurityGroupAttribute", SecurityGroupId="sg-none", SecurityGroupName="renamed")


def test_a_group_of_another_account_in_the_same_region(a, host, cloud, made):
    near, far = host(NEAR), host(B)
    owner = int(cloud.accounts["b"]["account_id"])
    a.allow(made, SourceGroupId=near.group_id, SourceGroupOwnerId=owner)
    (rule,) = a.rules(made)
    assert (rule["SourceGroupId"], rule["SourceGroupOwnerAccount"]) == (near.group_id, str(owner))
    with refused(404, "InvalidSourceGroupId.NotFound"):
        a.allow(made, SourceGroupId=far.group_id, SourceGroupOwnerId=owner)
    with refused(403, "InvalidParamter.Conflict"):
        a.allow(made, SourceGroupId=made)
    with refused(403, "DependencyViolation"):
        near.call("DeleteSecurityGroup", SecurityGroupId=near.group_id)


@pytest.mark.parametrize(
    "rule, status, code",
    [
        ({"IpProtocol": "SCTP"}, 400, "InvalidIpProtocol.ValueNotSupported"),
        ({"PortRange": "1/80"}, 400, "OperationDenied"),
        ({"IpProtocol": "TCP", "PortRange": "80/1"}, 400, "InvalidParam.PortRange"),
        ({"Policy": "perhaps"}, 400, "InvalidPolicy.Malformed"),
        ({"Priority": "0"}, 400, "InvalidPriority.ValueNotSupported"),
        ({"Priority": "first"}, 400, "InvalidPriority.Malformed"),
        ({"NicType": "internet"}, 400, "InvalidNicType.Mismatch"),
        ({"SourceCidrIp": "10.20.0.0/40"}, 400, "InvalidSourceCidrIp.Malformed"),
    ],
)
def test_a_rule_that_cannot_be(a, made, rule, status, code):
    with refused(status, code):
        a.allow(made, **{"SourceCidrIp": "10.20.0.0/16", **rule})
    assert a.rules(made) == []


def test_many_rules_at_once_and_their_pages(a, made):
    rules = [{"IpProtocol": "TCP", "PortRange": f"{n}/{n}", "SourceCidrIp": "10.20.0.0/16"} for n in range(1, 26)]
    a.call("AuthorizeSecurityGroup", SecurityGroupId=made, Permissions=rules)
    seen, token = [], {}
    while True:
        page = a.call("DescribeSecurityGroupAttribute", SecurityGroupId=made, MaxResults=10, **token)
        seen += [rule["PortRange"] for rule in page["Permissions"]["Permission"]]
        if not page["NextToken"]:
            break
        token = {"NextToken": page["NextToken"]}
    assert seen == [rule["PortRange"] for rule in rules]
    assert a.rules(made, Direction="egress") == []


def test_groups_are_found_by_vpc_name_and_type(a, made):
    find = lambda **by: a.call("DescribeSecurityGroups", **by)["SecurityGroups"]["SecurityGroup"]
    assert {group["SecurityGroupId"] for group in find(VpcId=a.vpc_id)} == {a.group_id, made}
    (group,) = find(SecurityGroupName="made-here")
    assert (group["SecurityGroupType"], group["Description"], group["EcsCount"]) == ("normal", "by a test", 0)
    assert find(SecurityGroupIds=f'["{a.group_id}"]')[0]["EcsCount"] == 1
    with refused(403, "DependencyViolation"):
        a.call("DeleteSecurityGroup", SecurityGroupId=a.group_id)
    with refused(404, "InvalidVpcId.NotFound"):
        a.call("CreateSecurityGroup", VpcId="vpc-none")
    with refused(404, "InvalidSecurityGroupId.NotFound"):
        a.rules("sg-none")


def test_an_advanced_group_names_no_groups(a, host, cloud):
    group_id = a.call("CreateSecurityGroup", VpcId=a.vpc_id, SecurityGroupType="enterprise")["SecurityGroupId"]
    a.allow(group_id, SourceCidrIp="10.20.0.0/16")
    with refused(400, "InvalidNetworkType.Conflict"):
        a.allow(group_id, SourceGroupId=host(NEAR).group_id, SourceGroupOwnerId=int(cloud.accounts["b"]["account_id"]))
    a.call("DeleteSecurityGroup", SecurityGroupId=group_id)
