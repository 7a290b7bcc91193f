"""Functions through the FC SDK: those that template.yml deployed are listed, described and invoked; versions and aliases."""

import json

import pytest
from alibabacloud_fc20230330 import models
from darabonba.runtime import RuntimeOptions

import clients
from clients import refused
from test_deploying import package

FUNCTIONS = {f"causeway-{name}" for name in ("webhook", "create-interface", "set-peer-info", "connect", "add-route", "sweep")}


@pytest.fixture
def fc(cloud):
    return clients.fc(cloud, "operator")


def invoke(fc, name, event, **headers):
    request = models.InvokeFunctionRequest(body=event)
    return fc.invoke_function_with_options(name, request, models.InvokeFunctionHeaders(**headers), RuntimeOptions())


def listed(fc):
    return fc.list_functions(models.ListFunctionsRequest()).body.functions


def test_the_deployed_functions_are_listed_and_described(fc):
    assert FUNCTIONS <= {function.function_name for function in listed(fc)}
    one = fc.get_function("causeway-connect", models.GetFunctionRequest()).body
    assert (one.function_name, one.state) == ("causeway-connect", "Active") and one.runtime.startswith("custom.")
    assert one.environment_variables["CAUSEWAY_STORE"] == "oss://causeway-records"
    triggers = fc.list_triggers("causeway-sweep", models.ListTriggersRequest()).body.triggers
    assert [trigger.trigger_type for trigger in triggers] == ["timer"]


def test_a_function_answers_its_caller(fc):
    event = {"triggerTime": "2026-01-02T03:04:05Z", "triggerName": "every-minute", "payload": ""}
    answer = invoke(fc, "causeway-sweep", json.dumps(event))
    assert (answer.status_code, "x-fc-error-type" in answer.headers) == (200, False)
    assert answer.headers["x-fc-request-id"]
    assert json.loads(answer.body.read())["stuck"] == 0


def test_a_failed_invocation_is_a_success_with_an_error_in_it(fc):
    answer = invoke(fc, "causeway-connect", "no event")
    assert (answer.status_code, answer.headers["x-fc-error-type"]) == (200, "HandledInvocationError")
    assert json.loads(answer.body.read())["errorMessage"]


def test_an_asynchronous_call_is_accepted_without_an_answer(fc):
    answer = invoke(fc, "causeway-connect", "[]", x_fc_invocation_type="Async")
    assert (answer.status_code, answer.body.read()) == (202, b"")


def test_functions_of_others_do_not_exist(cloud):
    theirs = clients.fc(cloud, "a")
    assert not listed(theirs)
    with refused(404, "FunctionNotFound"):
        theirs.get_function("causeway-connect", models.GetFunctionRequest())
    with refused(404, "FunctionNotFound"):
        invoke(theirs, "causeway-connect", "[]")


def test_a_function_that_is_not_there(fc):
    with refused(404, "FunctionNotFound"):
        invoke(fc, "none", "{}")


def test_a_wrong_secret(cloud):
    account = {**cloud.accounts["operator"], "access_key_secret": "wrong"}
    with refused(400, "SignatureDoesNotMatch"):
        listed(clients.FcClient(clients.config(cloud.host, account)))


def deployed(fc, name):
    """A function with version 1, version 2, and a third state that is only LATEST."""
    fc.create_function(models.CreateFunctionRequest(body=models.CreateFunctionInput(
        function_name=name, runtime="custom.debian12", handler="h", timeout=30, memory_size=128, cpu=0.1, disk_size=512,
        environment_variables={"WORD": "one"}, code=models.InputCodeLocation(zip_file=package("one")))))
    published = [publish(fc, name, "first")]
    change(fc, name, "two")
    published.append(publish(fc, name, "second"))
    change(fc, name, "three")
    assert [(one.version_id, one.description) for one in published] == [("1", "first"), ("2", "second")]
    assert all(one.created_time and one.last_modified_time for one in published)


def publish(fc, name, description=None):
    body = models.PublishVersionInput(description=description)
    return fc.publish_function_version(name, models.PublishFunctionVersionRequest(body=body)).body


def change(fc, name, word):
    fc.update_function(name, models.UpdateFunctionRequest(body=models.UpdateFunctionInput(
        environment_variables={"WORD": word}, code=models.InputCodeLocation(zip_file=package(word)))))


def answer(fc, name, qualifier=None):
    return fc.invoke_function(name, models.InvokeFunctionRequest(body="hello", qualifier=qualifier)).body.read()


def create_alias(fc, name, alias, version, **more):
    body = models.CreateAliasInput(alias_name=alias, version_id=version, **more)
    return fc.create_alias(name, models.CreateAliasRequest(body=body)).body


def update_alias(fc, name, alias, **more):
    return fc.update_alias(name, alias, models.UpdateAliasRequest(body=models.UpdateAliasInput(**more))).body


@pytest.fixture
def versioned(cloud, request):
    """A function of account a with two versions; it goes with them."""
    fc, name = clients.fc(cloud, "a"), request.node.name.replace("_", "-")[:60]
    deployed(fc, name)
    yield fc, name
    fc.delete_function(name)
    with refused(404, "FunctionNotFound"):
        fc.list_function_versions(name, models.ListFunctionVersionsRequest())


def test_a_version_runs_the_code_that_was_published(versioned):
    fc, name = versioned
    assert [answer(fc, name, qualifier) for qualifier in ("1", "2", "LATEST", None)] == [
        b"one hello", b"two hello", b"three hello", b"three hello"]
    first = fc.get_function(name, models.GetFunctionRequest(qualifier="1")).body
    latest = fc.get_function(name, models.GetFunctionRequest()).body
    assert (first.description, first.environment_variables) == ("first", {"WORD": "one"})
    assert latest.environment_variables == {"WORD": "three"} and latest.code_checksum != first.code_checksum
    code = fc.get_function_code(name, models.GetFunctionCodeRequest(qualifier="1")).body
    assert code.checksum == first.code_checksum
    for call in (
        lambda: fc.get_function(name, models.GetFunctionRequest(qualifier="9")),
        lambda: fc.get_function_code(name, models.GetFunctionCodeRequest(qualifier="9")),
        lambda: answer(fc, name, "9"),
    ):
        with refused(404, "VersionNotFound"):
            call()
    with refused(404, "AliasNotFound"):
        answer(fc, name, "none")


def test_versions_are_listed_and_deleted(versioned):
    fc, name = versioned

    def listed(**more):
        body = fc.list_function_versions(name, models.ListFunctionVersionsRequest(**more)).body
        return [version.version_id for version in body.versions], body.next_token

    assert publish(fc, name).version_id == "3"
    with refused(400, "VersionPublishError"):
        publish(fc, name, "again")
    assert listed() == (["3", "2", "1"], None)
    assert listed(direction="FORWARD", limit=2) == (["1", "2"], "3")
    assert listed(direction="FORWARD", limit=2, next_token="3") == (["3"], None)
    fc.delete_function_version(name, "3")
    assert listed() == (["2", "1"], None)
    with refused(404, "VersionNotFound"):
        fc.delete_function_version(name, "3")
    with refused(400, "InvalidArgument"):
        fc.delete_function_version(name, "LATEST")
    assert publish(fc, name).version_id == "4"


def test_an_alias_points_to_a_version_and_is_moved(versioned):
    fc, name = versioned
    made = create_alias(fc, name, "prod", "1", description="live")
    assert (made.alias_name, made.version_id, made.description, made.additional_version_weight) == ("prod", "1", "live", {})
    assert fc.get_alias(name, "prod").body.to_map() == made.to_map()
    assert answer(fc, name, "prod") == b"one hello"
    assert fc.get_function(name, models.GetFunctionRequest(qualifier="prod")).body.environment_variables == {"WORD": "one"}
    with refused(409, "AliasAlreadyExists"):
        create_alias(fc, name, "prod", "2")
    with refused(404, "VersionNotFound"):
        create_alias(fc, name, "other", "9")
    with refused(404, "AliasNotFound"):
        update_alias(fc, name, "other", version_id="1")
    moved = update_alias(fc, name, "prod", version_id="2")
    assert (moved.version_id, moved.description) == ("2", "live")
    assert answer(fc, name, "prod") == b"two hello"
    fc.delete_function_version(name, "1")
    create_alias(fc, name, "pre", "2")
    page = fc.list_aliases(name, models.ListAliasesRequest(limit=1)).body
    assert ([alias.alias_name for alias in page.aliases], page.next_token) == (["pre"], "prod")
    rest = fc.list_aliases(name, models.ListAliasesRequest(next_token=page.next_token)).body
    assert ([alias.alias_name for alias in rest.aliases], rest.next_token) == (["prod"], None)
    found = fc.list_aliases(name, models.ListAliasesRequest(prefix="pr")).body.aliases
    assert [alias.alias_name for alias in found] == ["pre", "prod"]
    fc.delete_alias(name, "prod")
    with refused(404, "AliasNotFound"):
        fc.get_alias(name, "prod")
    with refused(404, "AliasNotFound"):
        fc.delete_alias(name, "prod")


def test_weights_share_the_calls_of_an_alias_out(versioned):
    fc, name = versioned
    made = create_alias(fc, name, "prod", "1", additional_version_weight={"2": 0.5})
    assert made.additional_version_weight == {"2": 0.5}
    answers = {answer(fc, name, "prod") for _ in range(40)}
    assert answers == {b"one hello", b"two hello"}
    update_alias(fc, name, "prod", additional_version_weight={"2": 1.0})
    assert {answer(fc, name, "prod") for _ in range(10)} == {b"two hello"}
    update_alias(fc, name, "prod", additional_version_weight={})
    assert {answer(fc, name, "prod") for _ in range(10)} == {b"one hello"}
    with refused(400, "AdditionalVersionContainsMajorVersion"):
        update_alias(fc, name, "prod", additional_version_weight={"1": 0.5})
    with refused(400, "InvalidArgument"):
        update_alias(fc, name, "prod", additional_version_weight={"2": 1.5})
    with refused(404, "VersionNotFound"):
        update_alias(fc, name, "prod", additional_version_weight={"9": 0.5})
