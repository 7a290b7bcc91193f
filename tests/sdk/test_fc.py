"""Functions through the FC SDK: those that template.yml deployed are listed, described and invoked."""

import json

import pytest
from alibabacloud_fc20230330 import models
from darabonba.runtime import RuntimeOptions

import clients
from clients import refused


@pytest.fixture
def fc(cloud):
    return clients.fc(cloud, "operator")


def invoke(fc, name, event, **headers):
    request = models.InvokeFunctionRequest(body=event)
    return fc.invoke_function_with_options(name, request, models.InvokeFunctionHeaders(**headers), RuntimeOptions())


def test_the_deployed_functions_are_listed(fc):
    listed = fc.list_functions(models.ListFunctionsRequest()).body.functions
    assert {"webhook", "create-interface", "connect"} <= {function.function_name.removeprefix("causeway-") for function in listed}
    one = fc.get_function(listed[0].function_name, models.GetFunctionRequest()).body
    assert (one.function_name, one.runtime) == (listed[0].function_name, listed[0].runtime)


def test_nobody_else_sees_them(cloud, fc):
    name = fc.list_functions(models.ListFunctionsRequest()).body.functions[0].function_name
    theirs = clients.fc(cloud, "a")
    assert not theirs.list_functions(models.ListFunctionsRequest()).body.functions
    with refused(404, "FunctionNotFound"):
        theirs.get_function(name, models.GetFunctionRequest())


def test_a_function_that_is_not_there(fc):
    with refused(404, "FunctionNotFound"):
        invoke(fc, "none", b"{}")
