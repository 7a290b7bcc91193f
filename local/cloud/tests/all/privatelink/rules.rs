//! What is refused, and with which code.

use super::*;
use crate::testing::refused;

#[tokio::test(start_paused = true)]
async fn whoever_is_not_on_the_list_neither_sees_the_service_nor_may_ask() {
    let stage = Stage::new().await;
    let service = stage.service(&[]).await;
    let name = format!("com.aliyuncs.privatelink.{HERE}.{service}");
    let visible = async || {
        let listed = link(&stage.a, "ListVpcEndpointServicesByEndUser", &[]).await.unwrap();
        listed["Services"].as_array().unwrap().len()
    };
    assert_eq!(visible().await, 1);
    let entry = [("ServiceId", service.as_str()), ("UserId", &stage.a.account_id)];
    link(&stage.b, "RemoveUserFromVpcEndpointService", &entry).await.unwrap();
    assert_eq!(visible().await, 0);
    assert_eq!(stage.ask(&stage.wish(&service)).await, refused(400, "EndpointServiceNotAuthorized"));
    let arn = format!("acs:ram:*:{}:*", stage.a.account_id);
    let entry = [("ServiceId", service.as_str()), ("UserARN", &arn)];
    link(&stage.b, "AddUserToVpcEndpointService", &entry).await.unwrap();
    let mut wish = stage.wish(&service);
    wish.retain(|(name, _)| *name != "ServiceId");
    wish.push(("ServiceName", name));
    stage.ask(&wish).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_wish_is_checked_before_anything_is_made() {
    let stage = Stage::new().await;
    let service = stage.service(&[]).await;
    let with = |name: &'static str, value: &str| {
        let mut wish = stage.wish(&service);
        wish.retain(|(known, _)| *known != name);
        wish.push((name, value.to_owned()));
        wish
    };
    let other_zone = stage.vswitch("eu-central-1a");
    for (wish, code) in [
        (with("ServiceId", "epsrv-none"), "EndpointServiceNotFound"),
        (with("VpcId", "vpc-none"), "VpcNotFound"),
        (with("SecurityGroupId.1", "sg-none"), "SecurityGroupNotFound"),
        (with("Zone.1.VSwitchId", "vsw-none"), "VSwitchNotFound"),
        (with("Zone.1.VSwitchId", &other_zone), "Mismatch.ZoneId"),
        (with("Zone.1.ZoneId", "eu-central-1z"), "UnsupportedZone"),
        (with("Zone.1.ip", "10.11.0.10"), "EniIpUnavailable"),
        (with("Zone.1.ip", "10.99.0.10"), "EniIpUnavailable"),
        (with("EndpointType", "GatewayLoadBalancer"), "Mismatch.EndpointType"),
        (with("EndpointName", "1st"), "InvalidParameter"),
        (with("EndpointDescription", "http://x"), "InvalidParameter"),
        (with("DryRun", "true"), "DryRunOperation"),
    ] {
        assert_eq!(stage.ask(&wish).await, refused(400, code));
    }
    let mut elsewhere = with("Zone.1.VSwitchId", &other_zone);
    elsewhere.retain(|(name, _)| *name != "Zone.1.ZoneId");
    assert_eq!(stage.ask(&elsewhere).await, refused(400, "EndpointServiceNotSupportedZone"));
    let listed = link(&stage.a, "ListVpcEndpoints", &[]).await.unwrap();
    assert_eq!(listed["TotalCount"], 0);
}

#[tokio::test(start_paused = true)]
async fn only_a_balancer_that_private_links_can_use_stands_behind_a_service() {
    let stage = Stage::new().await;
    let create = async |id: &str, zone: &str| {
        let params = [
            ("Resource.1.ResourceType", "slb"),
            ("Resource.1.ResourceId", id),
            ("Resource.1.ZoneId", zone),
            ("DryRun", "true"),
        ];
        link(&stage.b, "CreateVpcEndpointService", &params).await
    };
    let public = [("AddressType", "internet"), ("InstanceChargeType", "PayByCLCU")];
    let public = text(&slb(&stage.b, "CreateLoadBalancer", &public).await.unwrap(), "LoadBalancerId");
    assert_eq!(create(&public, "").await, refused(400, "LoadBalancerNotSupportPrivateLink"));
    assert_eq!(create("lb-none", "").await, refused(400, "LoadBalancerNotFound"));
    assert_eq!(create(&stage.balancer, "eu-central-1a").await, refused(400, "EndpointServiceNotSupportedZone"));
    assert_eq!(create(&stage.balancer, ZONE).await, refused(400, "DryRunOperation"));
    let service = stage.service(&[]).await;
    let again = [("ServiceId", service.as_str()), ("ResourceType", "slb"), ("ResourceId", &stage.balancer)];
    let refusal = link(&stage.b, "AttachResourceToVpcEndpointService", &again).await;
    assert_eq!(refusal, refused(400, "EndpointServiceResourceExist"));
    let deleted = slb(&stage.b, "DeleteLoadBalancer", &[("LoadBalancerId", &stage.balancer)]).await;
    assert_eq!(deleted, refused(400, "Operation.NotAllowed"), "a service holds it");
}

#[tokio::test(start_paused = true)]
async fn taking_apart_goes_in_order() {
    let stage = Stage::new().await;
    let service = stage.service(&[]).await;
    let endpoint = stage.endpoint(&service).await;
    stage.enable(&service, &endpoint).await.unwrap();
    settle().await;
    let on = [("ServiceId", service.as_str())];
    let resource = [on[0], ("ResourceType", "slb"), ("ResourceId", &stage.balancer)];
    let used = refused(400, "EndpointServiceConnectionDependence");
    assert_eq!(link(&stage.b, "DeleteVpcEndpointService", &on).await, used);
    assert_eq!(link(&stage.b, "DetachResourceFromVpcEndpointService", &resource).await, used);
    stage.disable(&service, &endpoint).await.unwrap();
    settle().await;
    let holds = refused(400, "EndpointServiceDependenceViolation");
    assert_eq!(link(&stage.b, "DeleteVpcEndpointService", &on).await, holds);
    link(&stage.b, "DetachResourceFromVpcEndpointService", &resource).await.unwrap();
    assert_eq!(
        link(&stage.b, "AttachResourceToVpcEndpointService", &resource).await,
        refused(400, "ConcurrentCallNotSupported")
    );
    assert_eq!(link(&stage.b, "DeleteVpcEndpointService", &on).await, refused(400, "EndpointServiceOperationDenied"));
    settle().await;
    assert_eq!(stage.enable(&service, &endpoint).await, refused(400, "OperationDenied.NoAvailableServiceResource"));
    link(&stage.b, "DeleteVpcEndpointService", &on).await.unwrap();
    settle().await;
    assert_eq!(link(&stage.b, "GetVpcEndpointServiceAttribute", &on).await, refused(400, "EndpointServiceNotFound"));
    assert_eq!(stage.seen(&endpoint).await, ("Active".into(), "ServiceDeleted".into()));
    let own = [("EndpointId", endpoint.as_str())];
    assert_eq!(link(&stage.a, "DeleteVpcEndpoint", &own).await, refused(400, "EndpointDependenceViolation"));
    let zone = [own[0], ("ZoneId", ZONE)];
    link(&stage.a, "RemoveZoneFromVpcEndpoint", &zone).await.unwrap();
    settle().await;
    link(&stage.a, "DeleteVpcEndpoint", &own).await.unwrap();
    assert_eq!(stage.seen(&endpoint).await.0, "Deleting");
    settle().await;
    assert_eq!(link(&stage.a, "GetVpcEndpointAttribute", &own).await, refused(400, "EndpointNotFound"));
}

#[tokio::test(start_paused = true)]
async fn a_token_is_good_for_one_request() {
    let stage = Stage::new().await;
    let service = stage.service(&[]).await;
    let mut wish = stage.wish(&service);
    wish.push(("ClientToken", "t-1".to_owned()));
    let made = stage.ask(&wish).await.unwrap();
    assert_eq!(stage.ask(&wish).await.unwrap()["EndpointId"], made["EndpointId"]);
    wish.push(("EndpointName", "other".to_owned()));
    assert_eq!(stage.ask(&wish).await, refused(400, "IdempotenceSignatureMismatch"));
    let elsewhere = stage.a.call("2020-04-15", "ListVpcEndpoints", &[("RegionId", "eu-nowhere")]).await;
    assert_eq!(elsewhere, refused(400, "RegionNotFound"));
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_of_another_region_needs_the_service_to_support_it() {
    let stage = Stage::new().await;
    let service = stage.service(&[]).await;
    let there = "cn-qingdao";
    let vpc = stage.a.vpc(there);
    let ask = async || {
        let params = [
            ("RegionId", there),
            ("VpcId", vpc.vpc_id.as_str()),
            ("ServiceId", &service),
            ("ServiceRegionId", HERE),
            ("Zone.1.VSwitchId", &vpc.vswitches[0].vswitch_id),
        ];
        stage.a.call("2020-04-15", "CreateVpcEndpoint", &params).await
    };
    assert_eq!(ask().await, refused(400, "UnsupportedRegion"));
    let more = [("ServiceId", service.as_str()), ("AddSupportedRegionSet.1", there)];
    link(&stage.b, "UpdateVpcEndpointServiceAttribute", &more).await.unwrap();
    settle().await;
    let made = ask().await.unwrap();
    assert_eq!((made["CrossRegionBandwidth"].as_u64(), text(&made, "ServiceRegionId")), (Some(100), HERE.into()));
    settle().await;
    let endpoint = text(&made, "EndpointId");
    stage.enable(&service, &endpoint).await.unwrap();
    settle().await;
    assert_eq!(stage.connection(&endpoint).await, ("Connected".into(), vec!["Connected".into()]));
}

#[tokio::test(start_paused = true)]
async fn an_unpaid_service_accepts_nobody_and_an_unpaid_endpoint_stays_as_it_is() {
    use causeway_local::privatelink::BusinessStatus::FinancialLocked;
    let stage = Stage::new().await;
    let service = stage.service(&[]).await;
    let endpoint = stage.endpoint(&service).await;
    let private_link = stage.a.cloud.private_link();
    assert!(private_link.set_business_status(&stage.a.account_id, HERE, &endpoint, FinancialLocked).unwrap());
    let rename = [("EndpointId", endpoint.as_str()), ("EndpointName", "other")];
    assert_eq!(link(&stage.a, "UpdateVpcEndpointAttribute", &rename).await, refused(400, "EndpointLocked"));
    assert!(private_link.set_business_status(&stage.b.account_id, HERE, &service, FinancialLocked).unwrap());
    assert_eq!(stage.enable(&service, &endpoint).await, refused(400, "EndpointServiceLocked"));
    assert!(!private_link.set_business_status(&stage.b.account_id, HERE, "epsrv-none", FinancialLocked).unwrap());
}
