"""What an operator deploys with: roles through the RAM SDK, a stack through the ROS SDK, its function through the FC SDK."""

import base64
import io
import json
import time
import zipfile

import pytest
from alibabacloud_fc20230330 import models as fc_models
from alibabacloud_ram20150501 import models as ram_models
from alibabacloud_ros20190910 import models as ros_models

import clients
from clients import HOME, refused

SIGNATURES = list(clients.SIGNATURES)
TRUST = json.dumps({"Version": "1", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["fc.aliyuncs.com"]}}]})
POLICY = json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "oss:GetObject", "Resource": "*"}]})


def template(queue, role):
    trust = json.loads(TRUST)
    return json.dumps({
        "ROSTemplateFormatVersion": "2015-09-01",
        "Parameters": {"Wait": {"Type": "Number", "Default": 30}, "Token": {"Type": "String", "NoEcho": True, "Default": ""}},
        "Resources": {
            "Jobs": {"Type": "ALIYUN::MNS::Queue", "Properties": {"QueueName": queue, "VisibilityTimeout": {"Ref": "Wait"}}},
            "Role": {"Type": "ALIYUN::RAM::Role", "DependsOn": "Jobs",
                     "Properties": {"RoleName": role, "AssumeRolePolicyDocument": trust}},
        },
        "Outputs": {"Queue": {"Value": {"Ref": "Jobs"}}},
    })


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_role_gets_a_policy_whose_versions_rotate(cloud, signature):
    ram, name = clients.ram(cloud, "b", signature), f"sdk-{signature}"
    made = ram.create_role(ram_models.CreateRoleRequest(role_name=name, assume_role_policy_document=TRUST))
    assert made.body.role.arn.endswith(f":role/{name}")
    with refused(409, "EntityAlreadyExists.Role"):
        ram.create_role(ram_models.CreateRoleRequest(role_name=name, assume_role_policy_document=TRUST))
    ram.create_policy(ram_models.CreatePolicyRequest(policy_name=name, policy_document=POLICY))
    tie = {"policy_name": name, "policy_type": "Custom", "role_name": name}
    ram.attach_policy_to_role(ram_models.AttachPolicyToRoleRequest(**tie))
    rotate = "DeleteOldestNonDefaultVersionWhenLimitExceeded"
    for _ in range(6):
        ram.create_policy_version(ram_models.CreatePolicyVersionRequest(
            policy_name=name, policy_document=POLICY, set_as_default=True, rotate_strategy=rotate))
    listed = ram.list_policy_versions(ram_models.ListPolicyVersionsRequest(policy_name=name, policy_type="Custom"))
    assert [one.version_id for one in listed.body.policy_versions.policy_version] == ["v3", "v4", "v5", "v6", "v7"]
    of_role = ram.list_policies_for_role(ram_models.ListPoliciesForRoleRequest(role_name=name))
    assert [one.policy_name for one in of_role.body.policies.policy] == [name]
    with refused(409, "DeleteConflict.Role.Policy"):
        ram.delete_role(ram_models.DeleteRoleRequest(role_name=name))
    ram.detach_policy_from_role(ram_models.DetachPolicyFromRoleRequest(**tie))
    ram.delete_policy(ram_models.DeletePolicyRequest(policy_name=name, cascading_delete=True))
    ram.delete_role(ram_models.DeleteRoleRequest(role_name=name))
    with refused(404, "EntityNotExist.Role"):
        ram.get_role(ram_models.GetRoleRequest(role_name=name))


def rest(ros, stack_id):
    """The stack, once nothing is done with it any more."""
    for _ in range(600):
        stack = ros.get_stack(ros_models.GetStackRequest(region_id=HOME, stack_id=stack_id)).body
        if not stack.status.endswith("IN_PROGRESS"):
            return stack
        time.sleep(0.05)
    raise AssertionError(f"still {stack.status}")


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_stack_is_made_updated_and_deleted(cloud, signature):
    ros = clients.ros(cloud, "a", signature)
    name = f"sdk-{signature}"
    body = template(name, name)
    given = [ros_models.CreateStackRequestParameters(parameter_key="Token", parameter_value="hush")]
    tags = [ros_models.CreateStackRequestTags(key="k", value="v")]
    request = ros_models.CreateStackRequest(
        region_id=HOME, stack_name=name, template_body=body, parameters=given, tags=tags, disable_rollback=False, timeout_in_minutes=10)
    stack_id = ros.create_stack(request).body.stack_id
    with refused(409, "StackExists"):
        ros.create_stack(request)
    stack = rest(ros, stack_id)
    assert (stack.status, stack.deletion_protection) == ("CREATE_COMPLETE", "Disabled")
    assert stack.outputs == [{"OutputKey": "Queue", "OutputValue": name, "Description": ""}]
    shown = {one.parameter_key: one.parameter_value for one in stack.parameters}
    assert (shown["Token"], shown["Wait"], shown["ALIYUN::StackName"]) == ("******", "30", name)

    more = {"region_id": HOME, "stack_id": stack_id}
    with refused(400, "NotSupported"):
        ros.update_stack(ros_models.UpdateStackRequest(**more, template_body=body, use_previous_parameters=True))
    changed = [ros_models.UpdateStackRequestParameters(parameter_key="Wait", parameter_value="60")]
    ros.update_stack(ros_models.UpdateStackRequest(
        **more, template_body=body, use_previous_parameters=True, parameters=changed))
    assert rest(ros, stack_id).status == "UPDATE_COMPLETE"
    # What Terraform reads of a stack.
    assert json.loads(ros.get_template(ros_models.GetTemplateRequest(**more)).body.template_body)["Resources"]
    tagged = ros.list_tag_resources(ros_models.ListTagResourcesRequest(region_id=HOME, resource_type="stack", resource_id=[stack_id]))
    assert [(one.tag_key, one.tag_value) for one in tagged.body.tag_resources] == [("k", "v")]
    assert ros.get_stack_policy(ros_models.GetStackPolicyRequest(**more)).body.stack_policy_body is None
    events = ros.list_stack_events(ros_models.ListStackEventsRequest(**more, page_size=50)).body
    assert events.total_count == len(events.events) >= 8
    resources = ros.list_stack_resources(ros_models.ListStackResourcesRequest(**more)).body.resources
    assert {(one.logical_resource_id, one.status) for one in resources} == {("Jobs", "UPDATE_COMPLETE"), ("Role", "CREATE_COMPLETE")}
    listed = ros.list_stacks(ros_models.ListStacksRequest(region_id=HOME, stack_name=[name])).body
    assert [one.stack_id for one in listed.stacks] == [stack_id]

    ros.delete_stack(ros_models.DeleteStackRequest(**more))
    assert rest(ros, stack_id).status == "DELETE_COMPLETE"
    with refused(404, "StackNotFound"):
        ros.get_stack(ros_models.GetStackRequest(region_id=HOME, stack_id="none"))


def made(ros, change_set_id):
    """The change set, once it is made."""
    for _ in range(600):
        one = ros.get_change_set(ros_models.GetChangeSetRequest(region_id=HOME, change_set_id=change_set_id)).body
        if one.status != "CREATE_IN_PROGRESS":
            return one
        time.sleep(0.05)
    raise AssertionError("still in progress")


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_change_set_is_made_shown_executed_and_deleted(cloud, signature):
    ros = clients.ros(cloud, "a", signature)
    name = f"sdk-set-{signature}"
    body = template(name, name)
    given = [ros_models.CreateChangeSetRequestParameters(parameter_key="Token", parameter_value="hush")]
    first = ros.create_change_set(ros_models.CreateChangeSetRequest(
        region_id=HOME, change_set_name="first", change_set_type="CREATE", stack_name=name, template_body=body,
        parameters=given, disable_rollback=False, timeout_in_minutes=10)).body
    stack = {"region_id": HOME, "stack_id": first.stack_id}
    assert ros.get_stack(ros_models.GetStackRequest(**stack)).body.status == "REVIEW_IN_PROGRESS"
    one = made(ros, first.change_set_id)
    assert (one.status, one.execution_status, one.change_set_type) == ("CREATE_COMPLETE", "AVAILABLE", "CREATE")
    assert [change["ResourceChange"]["Action"] for change in one.changes] == ["Add", "Add"]
    shown = {each.parameter_key: each.parameter_value for each in one.parameters}
    assert (shown["Token"], shown["ALIYUN::NoValue"], one.template_body) == ("******", "None", None)
    ros.execute_change_set(ros_models.ExecuteChangeSetRequest(region_id=HOME, change_set_id=first.change_set_id))
    assert rest(ros, first.stack_id).status == "CREATE_COMPLETE"
    assert made(ros, first.change_set_id).execution_status == "EXECUTE_COMPLETE"

    def change(name, wait):
        given = [ros_models.CreateChangeSetRequestParameters(parameter_key="Wait", parameter_value=wait)]
        request = ros_models.CreateChangeSetRequest(
            **stack, change_set_name=name, template_body=body, use_previous_parameters=True, parameters=given)
        return ros.create_change_set(request).body.change_set_id

    with refused(400, "NotSupported"):
        change("second", "30")
    second = change("second", "60")
    with refused(409, "ChangeSetExists"):
        change("second", "60")
    one = made(ros, second)
    [row] = [each["ResourceChange"] for each in one.changes]
    assert (row["Action"], row["LogicalResourceId"], row["PhysicalResourceId"]) == ("Modify", "Jobs", name)
    assert (row["Replacement"], row["Scope"], row["Details"][0]["Target"]["Name"]) == ("False", ["Properties"], "VisibilityTimeout")
    full = ros.get_change_set(ros_models.GetChangeSetRequest(region_id=HOME, change_set_id=second, show_template=True)).body
    assert full.template_body == body
    listed = ros.list_change_sets(ros_models.ListChangeSetsRequest(**stack, change_set_name=["sec*"])).body
    assert (listed.total_count, [each.change_set_id for each in listed.change_sets]) == (1, [second])
    gone = ros_models.DeleteChangeSetRequest(region_id=HOME, change_set_id=second)
    ros.delete_change_set(gone)
    with refused(404, "ChangeSetNotFound"):
        ros.delete_change_set(gone)

    third = change("third", "90")
    made(ros, third)
    execute = ros_models.ExecuteChangeSetRequest(region_id=HOME, change_set_id=third)
    ros.execute_change_set(execute)
    assert rest(ros, first.stack_id).status == "UPDATE_COMPLETE"
    with refused(404, "ChangeSetNotFound"):
        ros.get_change_set(ros_models.GetChangeSetRequest(region_id=HOME, change_set_id=first.change_set_id))
    with refused(400, "NotSupported"):
        ros.execute_change_set(execute)
    ros.delete_stack(ros_models.DeleteStackRequest(**stack))
    assert rest(ros, first.stack_id).status == "DELETE_COMPLETE"


def test_what_a_template_takes_is_told_before(cloud):
    ros = clients.ros(cloud, "a")
    body = template("sdk-advice", "sdk-advice")
    validated = ros.validate_template(ros_models.ValidateTemplateRequest(region_id=HOME, template_body=body)).body
    assert len(validated.parameters) == 2
    preview = ros.preview_stack(ros_models.PreviewStackRequest(region_id=HOME, stack_name="sdk-advice", template_body=body)).body
    assert {(one.logical_resource_id, one.action) for one in preview.stack.resources} == {("Jobs", "Add"), ("Role", "Add")}
    risks = ros.list_stack_operation_risks(ros_models.ListStackOperationRisksRequest(
        region_id=HOME, operation_type="CreateStack", template_body=body)).body
    assert risks.missing_policy_actions == []
    provisions = ros.get_service_provisions(ros_models.GetServiceProvisionsRequest(region_id=HOME, template_body=body)).body
    assert [(one.service_name, one.status) for one in provisions.service_provisions] == [("MNS", "Enabled")]
    opened = ros.enable_services(ros_models.EnableServicesRequest(region_id=HOME, service_names=["FC", "OSS"])).body
    assert not opened.failed_services
    with refused(400, "InvalidSchema"):
        ros.validate_template(ros_models.ValidateTemplateRequest(region_id=HOME, template_body="{"))


PROGRAM = """#!/usr/bin/env python3
import http.server, os

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(200)
        self.send_header("x-fc-status", "200")
        self.end_headers()
        self.wfile.write(WORD + b" " + body)

    def log_message(self, *_):
        print("answered", flush=True)

http.server.HTTPServer((os.environ["FC_SERVER_HOST"], int(os.environ["FC_SERVER_PORT"])), Handler).serve_forever()
"""


def package(word):
    """A package with one program that answers with a word."""
    bytes_ = io.BytesIO()
    with zipfile.ZipFile(bytes_, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, PROGRAM.replace("WORD", repr(word.encode())))
    return base64.b64encode(bytes_.getvalue()).decode()


def test_a_function_runs_what_its_package_holds(cloud):
    fc, name = clients.fc(cloud, "a"), "sdk-package"
    code = fc_models.InputCodeLocation(zip_file=package("one"))
    made = fc.create_function(fc_models.CreateFunctionRequest(body=fc_models.CreateFunctionInput(
        function_name=name, runtime="custom.debian12", handler="h", timeout=30, memory_size=128, cpu=0.1, disk_size=512, code=code,
        custom_runtime_config=fc_models.CustomRuntimeConfig(command=["/code/bootstrap"], port=9000))))
    assert made.body.code_checksum.isdigit()

    def answer():
        return fc.invoke_function(name, fc_models.InvokeFunctionRequest(body="hello")).body.read()

    assert answer() == b"one hello"
    two = fc_models.UpdateFunctionInput(code=fc_models.InputCodeLocation(zip_file=package("two")))
    fc.update_function(name, fc_models.UpdateFunctionRequest(body=two))
    assert answer() == b"two hello"
    timer = fc_models.CreateTriggerInput(
        trigger_name="t", trigger_type="timer", trigger_config=json.dumps({"cronExpression": "@every 60m", "enable": True}))
    fc.create_trigger(name, fc_models.CreateTriggerRequest(body=timer))
    assert fc.get_trigger(name, "t").body.trigger_type == "timer"
    with refused(409, "TriggerAlreadyExists"):
        fc.create_trigger(name, fc_models.CreateTriggerRequest(body=timer))
    fc.delete_trigger(name, "t")
    fc.delete_function(name)
    with refused(404, "FunctionNotFound"):
        fc.get_function(name, fc_models.GetFunctionRequest())
