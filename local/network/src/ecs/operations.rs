//! Every operation of the product, in one table.

use crate::vpc::operation::{Operation, Target, read, target, write};

use super::{assistant, group, instance};

const GROUP: Target = target("securitygroup", "SecurityGroupId");
const INSTANCE: Target = target("instance", "InstanceId");
/// Commands are made as they are run, so none can be named.
const COMMAND: Target = target("command", "CommandId");

/// All of them. Which take a token and which do not follows the product's own models.
pub(super) static ALL: &[Operation] = &[
    write("CreateSecurityGroup", group::create).on(&[GROUP, target("vpc", "VpcId")]).once(),
    write("ModifySecurityGroupAttribute", group::rename).on(&[GROUP]),
    write("ModifySecurityGroupPolicy", group::set_policy).on(&[GROUP]),
    write("DeleteSecurityGroup", group::delete).on(&[GROUP]),
    read("DescribeSecurityGroups", group::list).on(&[GROUP]),
    read("DescribeSecurityGroupAttribute", group::attribute).on(&[GROUP]),
    read("DescribeSecurityGroupReferences", group::references).on(&[target("securitygroup", "SecurityGroupId.1")]),
    write("AuthorizeSecurityGroup", group::authorize).on(&[GROUP]).once(),
    write("RevokeSecurityGroup", group::revoke).on(&[GROUP]).once(),
    write("ModifySecurityGroupRule", group::modify).once(),
    write("ModifySecurityGroupEgressRule", group::modify_egress).once(),
    write("AuthorizeSecurityGroupEgress", group::authorize_egress).on(&[GROUP]).once(),
    write("RevokeSecurityGroupEgress", group::revoke_egress).on(&[GROUP]).once(),
    read("DescribeInstances", instance::list).on(&[target("instance", "InstanceIds")]),
    write("StartInstance", instance::start).on(&[INSTANCE]).region_optional(),
    write("StartInstances", instance::start_many).on(&[INSTANCE]),
    write("StopInstance", instance::stop).on(&[INSTANCE]).region_optional(),
    write("StopInstances", instance::stop_many).on(&[INSTANCE]),
    write("JoinSecurityGroup", instance::join).on(&[INSTANCE, GROUP]).region_optional(),
    write("LeaveSecurityGroup", instance::leave).on(&[INSTANCE, GROUP]).region_optional(),
    read("DescribeCloudAssistantStatus", assistant::status).on(&[INSTANCE]),
    write("RunCommand", assistant::run_command).on(&[COMMAND, INSTANCE]).once(),
    read("DescribeInvocations", assistant::invocations).on(&[COMMAND, INSTANCE]),
    read("DescribeInvocationResults", assistant::results).on(&[COMMAND, INSTANCE]),
];
