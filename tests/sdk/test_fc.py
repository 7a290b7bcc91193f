"""Functions through the FC SDK: those that template.yml deployed are listed, described and invoked."""

import json

import pytest
from alibabacloud_fc20230330 import models
from darabonba.runtime import RuntimeOptions

import clients
from clients import refused

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
