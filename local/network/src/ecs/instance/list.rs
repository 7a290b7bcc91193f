//! DescribeInstances.

use local_core::refuse_if;
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use super::super::group::{by_page_or_token, id_list};
use super::Instance;
use crate::vpc::text::time;
use crate::vpc::{Place, World};

pub(in crate::ecs) fn list(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let ids = id_list(params, "InstanceIds")?;
    let addresses = id_list(params, "PrivateIpAddresses")?;
    let is = |name: &str, value: &str| params.get(name).is_none_or(|wanted| wanted == value);
    let is_wanted = |instance: &Instance| {
        ids.as_ref().is_none_or(|ids| ids.contains(&instance.id))
            && addresses.as_ref().is_none_or(|addresses| addresses.contains(&instance.address.to_string()))
            && is("VpcId", &instance.vpc_id)
            && is("VSwitchId", &instance.vswitch_id)
            && is("ZoneId", &instance.zone)
            && is("InstanceName", &instance.name)
            && is("Status", instance.status.word())
            && params.get("SecurityGroupId").is_none_or(|wanted| instance.groups.iter().any(|id| id == wanted))
    };
    refuse_if!(params.flag("DryRun")?, RpcError::dry_run_passed());
    let items = world
        .ecs
        .instances
        .at(&place)
        .filter(|(_, instance)| is_wanted(instance))
        .map(|(key, instance)| (key.to_owned(), view(&place, instance)))
        .collect();
    by_page_or_token(params, "Instances", "Instance", items)
}

fn view(place: &Place, instance: &Instance) -> Value {
    json!({
        "InstanceId": instance.id,
        "InstanceName": instance.name,
        "HostName": instance.id,
        "Description": "",
        "RegionId": place.region,
        "ZoneId": instance.zone,
        "Status": instance.status.word(),
        "InstanceType": "ecs.t6-c1m1.large",
        "Cpu": 2,
        "Memory": 2048,
        "OSType": "linux",
        "OSName": "Alibaba Cloud Linux 3",
        "InstanceNetworkType": "vpc",
        "InstanceChargeType": "PostPaid",
        "InternetMaxBandwidthOut": 0,
        "PublicIpAddress": { "IpAddress": [] },
        "InnerIpAddress": { "IpAddress": [] },
        "VpcAttributes": {
            "VpcId": instance.vpc_id,
            "VSwitchId": instance.vswitch_id,
            "PrivateIpAddress": { "IpAddress": [instance.address] },
            "NatIpAddress": "",
        },
        "SecurityGroupIds": { "SecurityGroupId": instance.groups },
        "ResourceGroupId": "",
        "Tags": { "Tag": [] },
        "OperationLocks": { "LockReason": [] },
        "CreationTime": time(instance.created),
        "StartTime": time(instance.started),
    })
}
