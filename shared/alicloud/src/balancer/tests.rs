//! Exact requests, and the answers of the SDK's models.

use super::*;
use crate::scripted::{Cloud, refusal};

#[tokio::test]
async fn both_products_are_read_alike_each_at_its_own_address_and_version() {
    let body = |business: &str| {
        format!(
            r#"{{"RequestId":"R","LoadBalancerId":"x-1","LoadBalancerName":"web","LoadBalancerStatus":"Active",
                "{business}":"FinancialLocked","AddressType":"Intranet","VpcId":"vpc-2",
                "ZoneMappings":[{{"ZoneId":"eu-central-1b","VSwitchId":"vsw-2","Status":"Active",
                "LoadBalancerAddresses":[{{"PrivateIPv4Address":"10.0.0.9"}}]}}]}}"#
        )
    };
    let cloud =
        Cloud::new().says(200, &body("LoadBalancerBusinessStatus")).says(200, &body("LoadBalancerBussinessStatus"));
    let client = cloud.client();
    let region = "eu-central-1".parse().unwrap();
    let network = client.nlb(&region).load_balancer("x-1").await.unwrap().unwrap();
    let application = client.alb(&region).load_balancer("x-1").await.unwrap().unwrap();
    assert_eq!(network, application);
    assert_eq!(
        (network.status, network.business_status),
        (BalancerStatus::Active, Some(BusinessStatus::FinancialLocked))
    );
    assert_eq!(network.address_type, Some(BalancerAddressType::Intranet));
    assert_eq!(network.zone_mappings[0].zone_id, "eu-central-1b");

    let [nlb, alb] = &cloud.seen()[..] else { panic!("two requests") };
    assert_eq!(
        (nlb.line().as_str(), nlb.header("x-acs-version")),
        ("POST https://nlb.eu-central-1.aliyuncs.com/", Some("2022-04-30"))
    );
    assert_eq!(
        (alb.line().as_str(), alb.header("x-acs-version")),
        ("POST https://alb.eu-central-1.aliyuncs.com/", Some("2020-06-16"))
    );
    for seen in [nlb, alb] {
        seen.assert_query("GetLoadBalancerAttribute", &[("LoadBalancerId", "x-1"), ("RegionId", "eu-central-1")]);
    }
}

#[tokio::test]
async fn one_that_is_gone_is_none() {
    let cloud = Cloud::new().says(404, &refusal("ResourceNotFound.loadBalancer"));
    assert_eq!(cloud.client().nlb(&"eu-central-1".parse().unwrap()).load_balancer("nlb-1").await.unwrap(), None);
}

#[tokio::test]
async fn listeners_are_read_to_the_last_page() {
    let page = |id: &str, token: &str| {
        format!(
            r#"{{"RequestId":"R","TotalCount":2,"NextToken":"{token}","Listeners":[{{"ListenerId":"{id}","ListenerPort":80,
                "ListenerProtocol":"TCP","ListenerStatus":"Running","LoadBalancerId":"nlb-1"}}]}}"#
        )
    };
    let cloud = Cloud::new().says(200, &page("lsn-1", "n1")).says(200, &page("lsn-2", ""));
    let listeners = cloud.client().nlb(&"eu-central-1".parse().unwrap()).listeners("nlb-1").await.unwrap();
    assert_eq!(listeners.len(), 2);
    assert_eq!((listeners[0].port, listeners[0].status.clone()), (Some(80), Some(BalancerListenerStatus::Running)));
    let asked = [("LoadBalancerIds.1", "nlb-1"), ("MaxResults", "100"), ("RegionId", "eu-central-1")];
    cloud.seen()[0].assert_query("ListListeners", &asked);
    assert_eq!(cloud.seen()[1].parameter("NextToken").as_deref(), Some("n1"));
}
