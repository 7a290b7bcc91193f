use super::*;
use crate::Kind;
use crate::private_link::*;
use crate::scripted::refusal;

fn request() -> CreateVpcEndpoint {
    CreateVpcEndpoint {
        service: ServiceRef::Id("epsrv-1".to_owned()),
        service_region: None,
        vpc_id: "vpc-1".to_owned(),
        security_group_ids: vec!["sg-1".to_owned(), "sg-2".to_owned()],
        zones: vec![NewZone {
            zone_id: "eu-central-1b".to_owned(),
            vswitch_id: "vsw-1".to_owned(),
            ip: Some("10.0.0.7".parse().unwrap()),
        }],
        zone_affinity_enabled: false,
        name: Some("to-web".to_owned()),
        description: None,
        tags: Vec::new(),
        client_token: token(),
    }
}

const REQUEST: [(&str, &str); 10] = [
    ("VpcId", "vpc-1"),
    ("ServiceId", "epsrv-1"),
    ("SecurityGroupId.1", "sg-1"),
    ("SecurityGroupId.2", "sg-2"),
    ("ZoneAffinityEnabled", "false"),
    ("EndpointName", "to-web"),
    ("ClientToken", "t-1"),
    ("Zone.1.ZoneId", "eu-central-1b"),
    ("Zone.1.VSwitchId", "vsw-1"),
    ("Zone.1.ip", "10.0.0.7"),
];

#[tokio::test]
async fn an_endpoint_is_made_with_zones_and_groups() {
    let cloud = Cloud::new().says(
        200,
        r#"{"RequestId":"R","EndpointId":"ep-1","EndpointDomain":"ep-1.epsrv-1.eu-central-1.privatelink.aliyuncs.com",
            "EndpointStatus":"Creating","ConnectionStatus":"Disconnected","Bandwidth":3072}"#,
    );
    let made = link(&cloud).create_vpc_endpoint(&request()).await.unwrap();
    assert_eq!((made.endpoint_id.as_str(), made.connection_status), ("ep-1", Some(ConnectionStatus::Disconnected)));
    assert_asked(&cloud.only(), "CreateVpcEndpoint", &REQUEST);
}

#[tokio::test]
async fn a_service_may_be_named_instead() {
    let cloud = Cloud::answering(|_| Ok((400, refusal("DryRunOperation"))));
    let by_name = CreateVpcEndpoint { service: ServiceRef::Name("com.x.epsrv-1".to_owned()), ..request() };
    let link = link(&cloud);
    link.dry_run_create_vpc_endpoint(&by_name).await.unwrap();
    link.dry_run_delete_vpc_endpoint("ep-1").await.unwrap();
    let [create, delete] = &cloud.seen()[..] else { panic!("two requests") };
    assert_eq!(create.parameter("ServiceName").as_deref(), Some("com.x.epsrv-1"));
    assert_eq!(create.parameter("ServiceId"), None);
    assert_eq!(create.parameter("DryRun").as_deref(), Some("true"));
    assert_asked(delete, "DeleteVpcEndpoint", &[("EndpointId", "ep-1"), ("DryRun", "true")]);
}

#[tokio::test]
async fn more_zones_or_groups_than_the_cloud_takes_are_refused_before_sending() {
    let cloud = Cloud::new();
    let link = link(&cloud);
    let groups = CreateVpcEndpoint { security_group_ids: vec!["sg-1".to_owned(); 11], ..request() };
    let zones = CreateVpcEndpoint { zones: vec![request().zones[0].clone(); 11], ..request() };
    for request in [groups, zones] {
        assert_eq!(link.create_vpc_endpoint(&request).await.unwrap_err().kind(), Kind::Refused);
        assert_eq!(link.dry_run_create_vpc_endpoint(&request).await.unwrap_err().kind(), Kind::Refused);
    }
    assert!(cloud.seen().is_empty());
}

#[tokio::test]
async fn an_account_that_is_not_whitelisted_is_told_whom_to_ask() {
    for (code, kind) in [("EndpointServiceNotFound", Kind::Gone), ("EndpointServiceNotAuthorized", Kind::Denied)] {
        let cloud = Cloud::new().says(400, &refusal(code));
        let error = link(&cloud).create_vpc_endpoint(&request()).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(error.advice().contains("whitelist"), "{}", error.advice());
    }
}

#[tokio::test]
async fn an_endpoint_its_zones_and_its_groups_are_read() {
    let cloud = Cloud::new()
        .says(
            200,
            r#"{"RequestId":"R","EndpointId":"ep-1","EndpointStatus":"Active","ConnectionStatus":"Connected",
                "EndpointBusinessStatus":"Normal","EndpointDomain":"d","VpcId":"vpc-1","ServiceId":"epsrv-1",
                "Bandwidth":200,"Payer":"Endpoint","ResourceOwner":"false","CreateTime":"2026-05-04T03:02:01Z"}"#,
        )
        .says(
            200,
            r#"{"TotalCount":1,"Zones":[{"ZoneId":"eu-central-1b","VSwitchId":"vsw-1","EniId":"eni-1","EniIp":"10.0.0.7",
                "ZoneDomain":"z","ZoneStatus":"Connected","RegionId":"eu-central-1"}]}"#,
        )
        .says(200, r#"{"SecurityGroups":[{"SecurityGroupId":"sg-1","SecurityGroupStatus":"Attaching"}]}"#)
        .says(400, &refusal("EndpointNotFound"));
    let link = link(&cloud);
    let endpoint = link.endpoint("ep-1").await.unwrap().unwrap();
    assert_eq!(
        (endpoint.status, endpoint.connection_status),
        (EndpointStatus::Active, Some(ConnectionStatus::Connected))
    );
    assert_eq!((endpoint.bandwidth, endpoint.resource_owner), (Some(200), Some(false)));
    let zones = link.list_vpc_endpoint_zones("ep-1").await.unwrap();
    assert_eq!((zones[0].eni_ip, zones[0].zone_domain.as_deref()), (Some("10.0.0.7".parse().unwrap()), Some("z")));
    let groups = link.list_vpc_endpoint_security_groups("ep-1").await.unwrap();
    assert_eq!(groups[0].status, Some(AttachmentStatus::Attaching));
    assert_eq!(link.endpoint("ep-1").await.unwrap(), None);
}

#[tokio::test]
async fn changes_of_an_endpoint() {
    let cloud = Cloud::answering(|_| Ok((200, DONE.to_owned())));
    let link = link(&cloud);
    let zone = NewZone { ip: None, ..request().zones[0].clone() };
    let add = AddZoneToVpcEndpoint { endpoint_id: "ep-1".to_owned(), zone, client_token: token() };
    link.add_zone_to_vpc_endpoint(&add).await.unwrap();
    link.remove_zone_from_vpc_endpoint("ep-1", "eu-central-1b", &token()).await.unwrap();
    link.attach_security_group_to_vpc_endpoint("ep-1", "sg-1", &token()).await.unwrap();
    link.detach_security_group_from_vpc_endpoint("ep-1", "sg-1", &token()).await.unwrap();
    let update = UpdateVpcEndpointAttribute {
        endpoint_id: "ep-1".to_owned(),
        name: Some("new".to_owned()),
        description: None,
        zone_affinity_enabled: Some(true),
        client_token: token(),
    };
    link.update_vpc_endpoint_attribute(&update).await.unwrap();
    link.delete_vpc_endpoint("ep-1", &token()).await.unwrap();

    let [add, remove, attach, detach, update, delete] = &cloud.seen()[..] else { panic!("six requests") };
    let (endpoint, token) = (("EndpointId", "ep-1"), ("ClientToken", "t-1"));
    let zone = ("ZoneId", "eu-central-1b");
    assert_asked(add, "AddZoneToVpcEndpoint", &[endpoint, zone, ("VSwitchId", "vsw-1"), token]);
    assert_asked(remove, "RemoveZoneFromVpcEndpoint", &[endpoint, zone, token]);
    let group = [endpoint, ("SecurityGroupId", "sg-1"), token];
    assert_asked(attach, "AttachSecurityGroupToVpcEndpoint", &group);
    assert_asked(detach, "DetachSecurityGroupFromVpcEndpoint", &group);
    let changes = [endpoint, ("EndpointName", "new"), ("ZoneAffinityEnabled", "true"), token];
    assert_asked(update, "UpdateVpcEndpointAttribute", &changes);
    assert_asked(delete, "DeleteVpcEndpoint", &[endpoint, token]);
}

#[tokio::test]
async fn offers_and_endpoints_are_listed() {
    let cloud = Cloud::new()
        .says(
            200,
            r#"{"TotalCount":"1","Services":[{"ServiceId":"epsrv-1","ServiceName":"com.x.epsrv-1","AutoAcceptEnabled":false,
                "Payer":"Endpoint","ServiceResourceType":"slb","Zones":["eu-central-1b"]}]}"#,
        )
        .says(200, r#"{"TotalCount":1,"Endpoints":[{"EndpointId":"ep-1","EndpointStatus":"Pending","EndpointName":"to-web"}]}"#);
    let link = link(&cloud);
    let service = ServiceRef::Name("com.x.epsrv-1".to_owned());
    let offers = link.list_vpc_endpoint_services_by_end_user(Some(&service), None).await.unwrap();
    assert_eq!((offers[0].service_id.as_str(), &offers[0].zones[..]), ("epsrv-1", &["eu-central-1b".to_owned()][..]));
    let request = ListVpcEndpoints { vpc_id: Some("vpc-1".to_owned()), ..ListVpcEndpoints::default() };
    let endpoints = link.list_vpc_endpoints(&request).await.unwrap();
    assert_eq!(endpoints[0].status, EndpointStatus::Pending);
    let [offers, endpoints] = &cloud.seen()[..] else { panic!("two requests") };
    let asked = [("ServiceName", "com.x.epsrv-1"), ("MaxResults", "50")];
    assert_asked(offers, "ListVpcEndpointServicesByEndUser", &asked);
    assert_asked(endpoints, "ListVpcEndpoints", &[("VpcId", "vpc-1"), ("MaxResults", "50")]);
}

#[tokio::test]
async fn a_product_that_is_open_already_is_left_open() {
    let cloud = Cloud::new()
        .says(400, &refusal("OrderOpend"))
        .says(200, r#"{"RequestId":"R","OrderId":"1"}"#)
        .says(400, &refusal("AccountTypeRestricted"))
        .says(200, r#"{"RequestId":"R","Success":true}"#);
    let link = link(&cloud);
    link.open_private_link_service().await.unwrap();
    link.open_private_link_service().await.unwrap();
    assert_eq!(link.open_private_link_service().await.unwrap_err().kind(), Kind::Commercial);
    assert!(link.check_product_open().await.unwrap());
}

#[tokio::test]
async fn zones_come_wrapped_twice() {
    let cloud = Cloud::new().says(
        200,
        r#"{"RequestId":"R","Zones":{"Zone":[{"ZoneId":"eu-central-1a","LocalName":"A"},{"ZoneId":"eu-central-1b"}]}}"#,
    );
    let zones = link(&cloud).describe_zones(&ResourceType::Clb).await.unwrap();
    assert_eq!(zones, ["eu-central-1a", "eu-central-1b"]);
    assert_asked(&cloud.only(), "DescribeZones", &[("ServiceResourceType", "slb")]);
}
