//! Listings: pages, filters, whitelists, zones, groups, tags.

use std::collections::BTreeSet;

use super::*;
use crate::testing::refused;

#[tokio::test(start_paused = true)]
async fn every_request_is_on_one_page_and_only_one() {
    let stage = Stage::new().await;
    let service = stage.service(&[]).await;
    let bare = [("VpcId", stage.consumer.vpc_id.clone()), ("ServiceId", service.clone())];
    let mut made = BTreeSet::new();
    for _ in 0..23 {
        made.insert(text(&stage.ask(&bare).await.unwrap(), "EndpointId"));
    }
    settle().await;
    let first = made.first().unwrap().clone();
    stage.enable(&service, &first).await.unwrap();
    settle().await;
    let mut seen = BTreeSet::new();
    let mut token = String::new();
    for size in [10, 10, 3] {
        let params = [("MaxResults", "10"), ("NextToken", token.as_str()), ("ServiceId", &service)];
        let page = link(&stage.b, "ListVpcEndpointConnections", &params).await.unwrap();
        let page_ids: Vec<String> =
            page["Connections"].as_array().unwrap().iter().map(|one| text(one, "EndpointId")).collect();
        assert_eq!((page_ids.len(), text(&page, "TotalCount").as_str()), (size, "23"));
        seen.extend(page_ids);
        token = text(&page, "NextToken");
    }
    assert_eq!((seen, token.as_str()), (made, ""));
    let waiting = link(&stage.b, "ListVpcEndpointConnections", &[("ConnectionStatus", "Disconnected")]).await.unwrap();
    assert_eq!(waiting["TotalCount"], "22", "of all services of the region");
    let of_a = [("EndpointOwnerId", stage.a.account_id.as_str()), ("ConnectionStatus", "Connected")];
    let of_a = link(&stage.b, "ListVpcEndpointConnections", &of_a).await.unwrap();
    assert_eq!(of_a["Connections"][0]["EndpointOwnerId"].to_string(), stage.a.account_id);
    assert_eq!(text(&of_a["Connections"][0], "EndpointId"), first);
    let none = link(&stage.b, "ListVpcEndpointConnections", &[("ServiceId", "epsrv-none")]).await;
    assert_eq!(none, refused(400, "EndpointServiceNotFound"));
    let others = link(&stage.a, "ListVpcEndpointConnections", &[]).await.unwrap();
    assert_eq!(others["TotalCount"], "0", "a provides nothing");
}

#[tokio::test(start_paused = true)]
async fn the_owner_is_on_the_list_from_the_beginning() {
    let stage = Stage::new().await;
    let service = stage.service(&[]).await;
    let listed = link(&stage.b, "ListVpcEndpointServiceUsers", &[("ServiceId", &service)]).await.unwrap();
    let ids: Vec<String> = listed["Users"].as_array().unwrap().iter().map(|user| user["UserId"].to_string()).collect();
    assert_eq!(ids, [stage.a.account_id.clone(), stage.b.account_id.clone()]);
    assert_eq!(listed["TotalCount"], "2");
    let nobody = link(&stage.b, "RemoveUserFromVpcEndpointService", &[("ServiceId", &service)]).await;
    assert_eq!(nobody, refused(400, "MissingParam.UserArn"));
    let both = [("ServiceId", service.as_str()), ("UserId", "5"), ("UserARN", "acs:ram:*:6:*")];
    let both = link(&stage.b, "AddUserToVpcEndpointService", &both).await;
    assert_eq!(both, refused(400, "Mismatch.UserIdAndUserArn"));
}

#[tokio::test(start_paused = true)]
async fn a_zone_has_an_address_and_a_domain_and_comes_and_goes() {
    let stage = Stage::new().await;
    let service = stage.service(&[]).await;
    let endpoint = stage.endpoint(&service).await;
    let own = ("EndpointId", endpoint.as_str());
    let zones = link(&stage.a, "ListVpcEndpointZones", &[own]).await.unwrap();
    let zone = &zones["Zones"][0];
    assert_eq!(text(zone, "EniIp"), "10.11.0.1");
    let vswitch = [("VSwitchId", stage.vswitch(ZONE))];
    let vswitch: Vec<(&str, &str)> = vswitch.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let told = stage.a.vpc_call(HERE, "DescribeVSwitches", &vswitch).await.unwrap();
    assert_eq!(told["VSwitches"]["VSwitch"][0]["AvailableIpAddressCount"], 250, "an instance and an endpoint");
    let held = stage.a.vpc_call(HERE, "DeleteVSwitch", &vswitch).await.unwrap_err();
    assert_eq!(held.1, "DependencyViolation");
    assert_eq!(text(zone, "ZoneDomain"), format!("{endpoint}-{ZONE}.{service}.{HERE}.privatelink.aliyuncs.com"));
    let again = [own, ("ZoneId", ZONE), ("VSwitchId", &stage.vswitch(ZONE))];
    assert_eq!(link(&stage.a, "AddZoneToVpcEndpoint", &again).await, refused(400, "EndpointZoneDuplicated"));
    link(&stage.a, "RemoveZoneFromVpcEndpoint", &[own, ("ZoneId", ZONE)]).await.unwrap();
    let zones = link(&stage.a, "ListVpcEndpointZones", &[own]).await.unwrap();
    assert_eq!(text(&zones["Zones"][0], "ZoneStatus"), "Deleting");
    settle().await;
    assert_eq!(link(&stage.a, "ListVpcEndpointZones", &[own]).await.unwrap()["TotalCount"], 0);
    stage.enable(&service, &endpoint).await.unwrap();
    settle().await;
    assert_eq!(stage.connection(&endpoint).await, ("Connected".into(), vec![]), "without a zone as well");
    link(&stage.a, "AddZoneToVpcEndpoint", &again).await.unwrap();
    assert_eq!(stage.connection(&endpoint).await, ("Connected".into(), vec!["Creating".into()]));
    pass(Duration::from_secs(60)).await;
    assert_eq!(stage.connection(&endpoint).await, ("Connected".into(), vec!["Connected".into()]));
}

#[tokio::test(start_paused = true)]
async fn groups_and_tags_of_an_endpoint_change() {
    let stage = Stage::new().await;
    let service = stage.service(&[]).await;
    let endpoint = stage.endpoint(&service).await;
    let own = ("EndpointId", endpoint.as_str());
    let make = [("RegionId", HERE), ("VpcId", stage.consumer.vpc_id.as_str()), ("SecurityGroupName", "second")];
    let group = text(&stage.a.call("2014-05-26", "CreateSecurityGroup", &make).await.unwrap(), "SecurityGroupId");
    let more = [own, ("SecurityGroupId", group.as_str())];
    link(&stage.a, "AttachSecurityGroupToVpcEndpoint", &more).await.unwrap();
    assert_eq!(stage.seen(&endpoint).await.0, "Pending");
    assert_eq!(
        link(&stage.a, "AttachSecurityGroupToVpcEndpoint", &more).await,
        refused(400, "EndpointOperationDenied")
    );
    settle().await;
    assert_eq!(link(&stage.a, "AttachSecurityGroupToVpcEndpoint", &more).await, refused(400, "SecurityGroupExist"));
    let delete = [("RegionId", HERE), ("SecurityGroupId", group.as_str())];
    let held = stage.a.call("2014-05-26", "DeleteSecurityGroup", &delete).await.unwrap_err();
    assert_eq!(held.1, "DependencyViolation");
    link(&stage.a, "DetachSecurityGroupFromVpcEndpoint", &more).await.unwrap();
    settle().await;
    stage.a.call("2014-05-26", "DeleteSecurityGroup", &delete).await.unwrap();
    let groups = link(&stage.a, "ListVpcEndpointSecurityGroups", &[own]).await.unwrap();
    assert_eq!(groups["TotalCount"], 1);
    let tags = [("ResourceType", "vpcendpoint"), ("ResourceId.1", &endpoint), ("Tag.1.Key", "k"), ("Tag.1.Value", "v")];
    link(&stage.a, "TagResources", &tags).await.unwrap();
    let listed = link(&stage.a, "ListVpcEndpoints", &[("Tag.1.Key", "k"), ("Tag.1.Value", "v")]).await.unwrap();
    assert_eq!(text(&listed["Endpoints"][0], "EndpointId"), endpoint);
    let told = link(&stage.a, "ListTagResources", &tags[..2]).await.unwrap();
    assert_eq!(text(&told["TagResources"][0], "TagValue"), "v");
    let gone = [tags[0], tags[1], ("TagKey.1", "k")];
    link(&stage.a, "UntagResources", &gone).await.unwrap();
    assert_eq!(link(&stage.a, "ListVpcEndpoints", &[("Tag.1.Key", "k")]).await.unwrap()["TotalCount"], 0);
}
