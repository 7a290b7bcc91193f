"""Roles and their temporary credentials, through the STS SDK, and what the VPC SDK may do with them."""

import json

import pytest
from alibabacloud_sts20150401 import models

import clients
from clients import refused


@pytest.fixture(params=[None, "v2"], ids=["acs3", "rpc-v1"])
def algorithm(request):
    return request.param


def role_of(cloud, alias):
    return f"acs:ram::{cloud.accounts[alias]['account_id']}:role/causeway"


def assume(sts, role, name="sdk-test", **more):
    return sts.assume_role(models.AssumeRoleRequest(role_arn=role, role_session_name=name, **more)).body


def test_the_operator_acts_as_a_role_of_another_account(cloud, algorithm):
    sts = clients.sts(cloud, "operator", signature_algorithm=algorithm)
    answer = assume(sts, role_of(cloud, "a"))
    assert answer.assumed_role_user.arn == f"{role_of(cloud, 'a')}/sdk-test"
    assert answer.credentials.access_key_id.startswith("STS.")

    vpc = clients.current_vpc(clients.session(cloud.host, answer.credentials, signature_algorithm=algorithm))
    seen = vpc.call("DescribeVpcs", RegionId="cn-qingdao", PageSize=50)["Vpcs"]["Vpc"]
    assert {str(network["OwnerId"]) for network in seen} == {cloud.accounts["a"]["account_id"]}


def test_a_session_knows_whose_it_is(cloud, algorithm):
    sts = clients.sts(cloud, "operator", signature_algorithm=algorithm)
    credentials = assume(sts, role_of(cloud, "b"), "who-am-i").credentials
    session = clients.StsClient(clients.session(cloud.host, credentials, signature_algorithm=algorithm))
    answer = session.get_caller_identity().body
    assert (answer.identity_type, answer.account_id) == ("AssumedRoleUser", cloud.accounts["b"]["account_id"])
    assert answer.arn.endswith(":assumed-role/causeway/who-am-i")


def test_a_key_knows_whose_it_is(cloud, algorithm):
    answer = clients.sts(cloud, "a", signature_algorithm=algorithm).get_caller_identity().body
    assert answer.account_id == cloud.accounts["a"]["account_id"]


def test_who_is_not_trusted_does_not_become_the_role(cloud, algorithm):
    with refused(403, "NoPermission"):
        assume(clients.sts(cloud, "b", signature_algorithm=algorithm), role_of(cloud, "a"))


@pytest.mark.parametrize(
    "change, status, code",
    [
        ({"role": "acs:ram::1000000000000001:role/none"}, 404, "EntityNotExist.Role"),
        ({"role": "role/causeway"}, 400, "InvalidParameter.RoleArn"),
        ({"role": None}, 400, "MissingParameter"),
        ({"name": None}, 400, "MissingParameter"),
        ({"name": "a"}, 400, "InvalidParameter.RoleSessionName"),
        ({"name": "white space"}, 400, "InvalidParameter.RoleSessionName"),
        ({"name": "x" * 65}, 400, "InvalidParameter.RoleSessionName"),
        ({"duration_seconds": 899}, 400, "InvalidParameter.DurationSeconds"),
        ({"duration_seconds": 43201}, 400, "InvalidParameter.DurationSeconds"),
        ({"policy": "no json"}, 400, "InvalidParameter.PolicyGrammar"),
        ({"policy": " " * 2049}, 400, "InvalidParameter.PolicySize"),
    ],
)
def test_a_request_for_a_role_that_cannot_be(cloud, algorithm, change, status, code):
    sts = clients.sts(cloud, "operator", signature_algorithm=algorithm)
    with refused(status, code):
        assume(sts, **{"role": role_of(cloud, "a"), **change})


def test_a_session_without_its_own_token_is_nobody(cloud, algorithm):
    sts = clients.sts(cloud, "operator", signature_algorithm=algorithm)
    own, other = (assume(sts, role_of(cloud, "a"), name).credentials for name in ("own", "other"))

    def ask(token):
        own.security_token = token
        vpc = clients.current_vpc(clients.session(cloud.host, own, signature_algorithm=algorithm))
        vpc.call("DescribeVpcs", RegionId="cn-qingdao")

    with refused(400, "InvalidSecurityToken.MismatchWithAccessKey"):
        ask(other.security_token)
    with refused(400, "InvalidSecurityToken.Malformed"):
        ask("nonsense")
    key = {"access_key_id": own.access_key_id, "access_key_secret": own.access_key_secret}
    with refused(400, "MissingSecurityToken"):
        vpc = clients.current_vpc(clients.config(cloud.host, key, signature_algorithm=algorithm))
        vpc.call("DescribeVpcs", RegionId="cn-qingdao")


def test_a_session_does_what_its_role_may_and_no_more(cloud, algorithm):
    sts = clients.sts(cloud, "operator", signature_algorithm=algorithm)
    credentials = assume(sts, role_of(cloud, "a")).credentials
    vpc = clients.current_vpc(clients.session(cloud.host, credentials, signature_algorithm=algorithm))
    with refused(403, "Forbidden.RAM"):  # The role connects networks; it makes none.
        vpc.call("CreateVpc", RegionId="cn-qingdao", CidrBlock="10.7.0.0/16")


def test_a_policy_for_the_session_narrows_what_its_role_may(cloud, algorithm):
    sts = clients.sts(cloud, "operator", signature_algorithm=algorithm)
    allow = [{"Effect": "Allow", "Action": "vpc:DescribeRouterInterfaces", "Resource": "*"}]
    credentials = assume(sts, role_of(cloud, "a"), policy=json.dumps({"Version": "1", "Statement": allow})).credentials
    vpc = clients.current_vpc(clients.session(cloud.host, credentials, signature_algorithm=algorithm))
    vpc.call("DescribeRouterInterfaces", RegionId="cn-qingdao")
    with refused(403, "Forbidden.RAM"):
        vpc.call("DescribeVpcs", RegionId="cn-qingdao")
