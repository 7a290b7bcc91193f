use super::*;
use crate::Kind;
use crate::private_link::*;
use crate::scripted::refusal;

fn request() -> CreateVpcEndpointService {
    CreateVpcEndpointService {
        resources: vec![NewResource {
            resource_type: ResourceType::Clb,
            resource_id: "lb-demo1".to_owned(),
            zone_id: Some("eu-central-1b".to_owned()),
        }],
        resource_type: ResourceType::Clb,
        description: Some("web of account two".to_owned()),
        auto_accept_enabled: false,
        zone_affinity_enabled: true,
        payer: Some(Payer::Endpoint),
        tags: vec![crate::Tag::new("owner", "web")],
        client_token: token(),
    }
}

const REQUEST: [(&str, &str); 11] = [
    ("ServiceResourceType", "slb"),
    ("ServiceDescription", "web of account two"),
    ("AutoAcceptEnabled", "false"),
    ("ZoneAffinityEnabled", "true"),
    ("Payer", "Endpoint"),
    ("ClientToken", "t-1"),
    ("Tag.1.Key", "owner"),
    ("Tag.1.Value", "web"),
    ("Resource.1.ResourceType", "slb"),
    ("Resource.1.ResourceId", "lb-demo1"),
    ("Resource.1.ZoneId", "eu-central-1b"),
];

#[tokio::test]
async fn a_service_is_made_with_its_load_balancers() {
    let cloud = Cloud::new().says(
        200,
        r#"{"RequestId":"R","ServiceId":"epsrv-1","ServiceName":"com.aliyuncs.privatelink.eu-central-1.epsrv-1",
            "ServiceDomain":"epsrv-1.eu-central-1.privatelink.aliyuncs.com","ServiceStatus":"Creating"}"#,
    );
    let made = link(&cloud).create_vpc_endpoint_service(&request()).await.unwrap();
    assert_eq!(made.service_id, "epsrv-1");
    assert_eq!(made.service_name.as_deref(), Some("com.aliyuncs.privatelink.eu-central-1.epsrv-1"));
    assert_asked(&cloud.only(), "CreateVpcEndpointService", &REQUEST);
}

#[tokio::test]
async fn each_dry_run_of_the_provider_passes_by_its_error() {
    let cloud = Cloud::answering(|_| Ok((400, refusal("DryRunOperation"))));
    let link = link(&cloud);
    link.dry_run_create_vpc_endpoint_service(&request()).await.unwrap();
    link.dry_run_delete_vpc_endpoint_service("epsrv-1").await.unwrap();
    link.dry_run_enable_vpc_endpoint_connection(&accept()).await.unwrap();
    link.dry_run_disable_vpc_endpoint_connection("epsrv-1", "ep-1").await.unwrap();
    let [create, delete, enable, disable] = &cloud.seen()[..] else { panic!("four requests") };
    let dry = ("DryRun", "true");
    assert_asked(create, "CreateVpcEndpointService", &[&REQUEST[..], &[dry]].concat());
    assert_asked(delete, "DeleteVpcEndpointService", &[("ServiceId", "epsrv-1"), dry]);
    assert_asked(enable, "EnableVpcEndpointConnection", &[&ACCEPT[..], &[dry]].concat());
    assert_asked(disable, "DisableVpcEndpointConnection", &[("ServiceId", "epsrv-1"), ("EndpointId", "ep-1"), dry]);
}

#[tokio::test]
async fn a_service_is_read_and_one_that_is_gone_is_none() {
    let cloud = Cloud::new()
        .says(
            200,
            r#"{"RequestId":"R","ServiceId":"epsrv-1","ServiceStatus":"Active","ServiceBusinessStatus":"Normal",
                "AutoAcceptEnabled":false,"ZoneAffinityEnabled":true,"ConnectBandwidth":3072,"Payer":"Endpoint",
                "ServiceType":"Interface","ServiceResourceType":"slb","Zones":["eu-central-1b","eu-central-1a"],
                "CreateTime":"2026-05-04T03:02:01Z","ServiceDescription":""}"#,
        )
        .says(400, &refusal("EndpointServiceNotFound"));
    let link = link(&cloud);
    let service = link.service("epsrv-1").await.unwrap().unwrap();
    assert_eq!((service.status, service.auto_accept_enabled), (ServiceStatus::Active, Some(false)));
    assert_eq!((service.resource_type, service.payer), (Some(ResourceType::Clb), Some(Payer::Endpoint)));
    assert_eq!(service.zones, ["eu-central-1b", "eu-central-1a"]);
    assert_eq!((service.connect_bandwidth, service.description), (Some(3072), None));
    assert_eq!(link.service("epsrv-1").await.unwrap(), None);
}

#[tokio::test]
async fn services_and_what_stands_behind_them_are_listed_to_the_last_page() {
    let page = |id: &str, token: &str| {
        format!(
            r#"{{"TotalCount":2,"MaxResults":50,{token}"Services":[{{"ServiceId":"{id}","ServiceStatus":"Active"}}]}}"#
        )
    };
    let cloud = Cloud::new().says(200, &page("epsrv-1", r#""NextToken":"n1","#)).says(200, &page("epsrv-2", "")).says(
        200,
        r#"{"Resources":[{"ResourceId":"lb-demo1","ResourceType":"slb","ZoneId":"eu-central-1b","VpcId":"vpc-2",
            "VSwitchId":"vsw-2","Ip":"10.0.0.9","RelatedEndpointCount":1}]}"#,
    );
    let link = link(&cloud);
    let request = ListVpcEndpointServices { status: Some(ServiceStatus::Active), ..ListVpcEndpointServices::default() };
    let ids: Vec<_> =
        link.list_vpc_endpoint_services(&request).await.unwrap().into_iter().map(|row| row.service_id).collect();
    assert_eq!(ids, ["epsrv-1", "epsrv-2"]);
    let behind = link.list_vpc_endpoint_service_resources("epsrv-1").await.unwrap();
    assert_eq!((behind[0].resource_id.as_str(), behind[0].vswitch_id.as_deref()), ("lb-demo1", Some("vsw-2")));
    let [first, second, third] = &cloud.seen()[..] else { panic!("three requests") };
    assert_asked(first, "ListVpcEndpointServices", &[("ServiceStatus", "Active"), ("MaxResults", "50")]);
    assert_eq!(second.parameter("NextToken").as_deref(), Some("n1"));
    assert_asked(third, "ListVpcEndpointServiceResources", &[("ServiceId", "epsrv-1"), ("MaxResults", "50")]);
}

#[tokio::test]
async fn the_whitelist_is_read_with_accounts_and_arns_and_changed_one_account_a_call() {
    let cloud = Cloud::new()
        .says(
            200,
            r#"{"TotalCount":"2","Users":[{"UserId":1000000000000001}],
                "UserARNs":[{"UserARN":"acs:ram:*:1000000000000002:*"}]}"#,
        )
        .says(200, DONE)
        .says(200, DONE);
    let link = link(&cloud);
    let users = link.list_vpc_endpoint_service_users("epsrv-1").await.unwrap();
    let expected = [
        ServiceUser::Account("1000000000000001".to_owned()),
        ServiceUser::Arn("acs:ram:*:1000000000000002:*".to_owned()),
    ];
    assert_eq!(users, expected);
    let account = "1000000000000001".parse().unwrap();
    link.add_user_to_vpc_endpoint_service("epsrv-1", &account, &token()).await.unwrap();
    link.remove_user_from_vpc_endpoint_service("epsrv-1", &account, &token()).await.unwrap();
    let asked = [("ServiceId", "epsrv-1"), ("UserId", "1000000000000001"), ("ClientToken", "t-1")];
    assert_asked(&cloud.seen()[1], "AddUserToVpcEndpointService", &asked);
    assert_asked(&cloud.seen()[2], "RemoveUserFromVpcEndpointService", &asked);
}

#[tokio::test]
async fn changes_of_a_service_send_what_changes() {
    let cloud = Cloud::answering(|_| Ok((200, DONE.to_owned())));
    let link = link(&cloud);
    let update = UpdateVpcEndpointServiceAttribute {
        service_id: "epsrv-1".to_owned(),
        description: None,
        auto_accept_enabled: Some(false),
        zone_affinity_enabled: None,
        connect_bandwidth: Some(200),
        client_token: token(),
    };
    link.update_vpc_endpoint_service_attribute(&update).await.unwrap();
    let nlb = NewResource { resource_type: ResourceType::Nlb, resource_id: "nlb-1".to_owned(), zone_id: None };
    link.attach_resource_to_vpc_endpoint_service("epsrv-1", &nlb, &token()).await.unwrap();
    link.detach_resource_from_vpc_endpoint_service("epsrv-1", &nlb, &token()).await.unwrap();
    link.delete_vpc_endpoint_service("epsrv-1", &token()).await.unwrap();
    let [update, attach, detach, delete] = &cloud.seen()[..] else { panic!("four requests") };
    let (service, token) = (("ServiceId", "epsrv-1"), ("ClientToken", "t-1"));
    let changes = [service, ("AutoAcceptEnabled", "false"), ("ConnectBandwidth", "200"), token];
    assert_asked(update, "UpdateVpcEndpointServiceAttribute", &changes);
    let resource = [service, ("ResourceType", "nlb"), ("ResourceId", "nlb-1"), token];
    assert_asked(attach, "AttachResourceToVpcEndpointService", &resource);
    assert_asked(detach, "DetachResourceFromVpcEndpointService", &resource);
    assert_asked(delete, "DeleteVpcEndpointService", &[service, token]);
}

const CONNECTION: &str = r#"{"EndpointId":"ep-1","EndpointOwnerId":1234567890120001,"EndpointVpcId":"vpc-demo1",
    "EndpointRegionId":"eu-central-1","ServiceId":"epsrv-1","ServiceRegionId":"eu-central-1",
    "ConnectionStatus":"Disconnected","Bandwidth":3072,"TrafficControlMode":"BandwidthLimit",
    "ModifiedTime":"2026-05-04T03:02:01Z","ResourceOwner":false,"ResourceGroupId":"rg-demo",
    "Zones":[{"ZoneId":"eu-central-1b","VSwitchId":"vsw-demo1","EniId":"eni-demo1","ZoneDomain":"d","ZoneStatus":"Wait",
    "ResourceId":"lb-demo1"}]}"#;

fn accept() -> EnableVpcEndpointConnection {
    EnableVpcEndpointConnection {
        service_id: "epsrv-1".to_owned(),
        endpoint_id: "ep-1".to_owned(),
        bandwidth: Some(200),
        client_token: token(),
    }
}

const ACCEPT: [(&str, &str); 4] =
    [("ServiceId", "epsrv-1"), ("EndpointId", "ep-1"), ("Bandwidth", "200"), ("ClientToken", "t-1")];

#[tokio::test]
async fn what_waits_is_listed_across_all_services_and_pages() {
    // As before 2026: no regions, no traffic control, the total as text.
    let old = r#"{"EndpointId":"ep-2","EndpointOwnerId":"1234567890120002","ServiceId":"epsrv-2",
        "ConnectionStatus":"Disconnected","Zones":[]}"#;
    let cloud = Cloud::new()
        .says(200, &format!(r#"{{"TotalCount":"2","NextToken":"n1","Connections":[{CONNECTION}]}}"#))
        .says(200, &format!(r#"{{"TotalCount":"2","NextToken":"","Connections":[{old}]}}"#));
    let request = ListVpcEndpointConnections {
        status: Some(ConnectionStatus::Disconnected),
        ..ListVpcEndpointConnections::default()
    };
    let rows = link(&cloud).list_vpc_endpoint_connections(&request).await.unwrap();
    let [new, old] = &rows[..] else { panic!("two rows: {rows:?}") };
    assert_eq!(new.endpoint_owner_id.as_deref(), Some("1234567890120001"));
    assert_eq!((new.bandwidth, new.resource_owner), (Some(3072), Some(false)));
    assert_eq!(new.traffic_control_mode, Some(TrafficControlMode::BandwidthLimit));
    assert_eq!(new.zones[0].status, Some(ZoneStatus::Wait));
    assert_eq!(old.endpoint_owner_id.as_deref(), Some("1234567890120002"));
    assert_eq!((old.endpoint_region_id.clone(), old.zones.len()), (None, 0));
    let [first, second] = &cloud.seen()[..] else { panic!("two pages") };
    let asked = [("ConnectionStatus", "Disconnected"), ("MaxResults", "50")];
    assert_asked(first, "ListVpcEndpointConnections", &asked);
    assert_asked(second, "ListVpcEndpointConnections", &[&asked[..], &[("NextToken", "n1")]].concat());
}

#[tokio::test]
async fn a_connection_is_found_by_both_its_ids_and_by_no_other() {
    let body = format!(r#"{{"Connections":[{CONNECTION}]}}"#);
    let cloud = Cloud::answering(move |_| Ok((200, body.clone())));
    let link = link(&cloud);
    assert!(link.connection("epsrv-1", "ep-1").await.unwrap().is_some());
    assert!(link.connection("epsrv-1", "ep-9").await.unwrap().is_none());
    let asked = [("ServiceId", "epsrv-1"), ("EndpointId", "ep-1"), ("MaxResults", "50")];
    assert_asked(&cloud.seen()[0], "ListVpcEndpointConnections", &asked);
}

#[tokio::test]
async fn accepting_limiting_and_cutting() {
    let cloud = Cloud::answering(|_| Ok((200, DONE.to_owned())));
    let link = link(&cloud);
    link.enable_vpc_endpoint_connection(&accept()).await.unwrap();
    link.update_vpc_endpoint_connection_attribute("epsrv-1", "ep-1", 200, &token()).await.unwrap();
    link.disable_vpc_endpoint_connection("epsrv-1", "ep-1", &token()).await.unwrap();
    let [enable, update, disable] = &cloud.seen()[..] else { panic!("three requests") };
    assert_asked(enable, "EnableVpcEndpointConnection", &ACCEPT);
    assert_asked(update, "UpdateVpcEndpointConnectionAttribute", &ACCEPT);
    let asked = [("ServiceId", "epsrv-1"), ("EndpointId", "ep-1"), ("ClientToken", "t-1")];
    assert_asked(disable, "DisableVpcEndpointConnection", &asked);
}

#[tokio::test]
async fn two_changes_at_once_are_told_as_busy() {
    let cloud = Cloud::new().says(400, &refusal("ConcurrentCallNotSupported"));
    let error = link(&cloud).enable_vpc_endpoint_connection(&accept()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Busy);
    assert!(error.may_repeat());
}

#[test]
fn a_connection_that_waits_is_settled_and_one_that_is_changed_is_not() {
    assert!(ConnectionStatus::Disconnected.is_settled() && ConnectionStatus::Connected.is_settled());
    for status in ["Pending", "Connecting", "Disconnecting", "Deleting", "Dreaming"] {
        assert!(!ConnectionStatus::from(status).is_settled(), "{status}");
    }
}
