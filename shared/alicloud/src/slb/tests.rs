//! Exact requests, and the answers of the documents.

use std::sync::Arc;

use super::*;
use crate::Kind;
use crate::scripted::{Cloud, RecordedRequest, refusal};

const DONE: &str = r#"{"RequestId":"R-0"}"#;

fn slb(cloud: &Arc<Cloud>) -> Slb {
    cloud.client().slb(&"eu-central-1".parse().unwrap())
}

/// Checks action and every parameter; `RegionId` is always there.
fn assert_asked(seen: &RecordedRequest, action: &str, parameters: &[(&str, &str)]) {
    assert_eq!(seen.line(), "POST https://slb.eu-central-1.aliyuncs.com/");
    assert_eq!(seen.header("x-acs-version"), Some("2014-05-15"));
    let expected: Vec<_> = parameters.iter().copied().chain([("RegionId", "eu-central-1")]).collect();
    seen.assert_query(action, &expected);
}

#[tokio::test]
async fn a_load_balancer_is_made_private_and_paid_for_by_use() {
    let cloud = Cloud::new().says(
        200,
        r#"{"RequestId":"R","LoadBalancerId":"lb-1","Address":"10.0.0.9","NetworkType":"vpc","VpcId":"vpc-2","OrderId":0}"#,
    );
    let request = CreateLoadBalancer {
        name: Some("web".to_owned()),
        vpc_id: "vpc-2".to_owned(),
        vswitch_id: "vsw-2".to_owned(),
        master_zone_id: Some("eu-central-1b".to_owned()),
        slave_zone_id: Some("eu-central-1a".to_owned()),
        instance_charge: Some(InstanceCharge::ByUse),
        spec: None,
        tags: vec![crate::Tag::new("owner", "web")],
        client_token: "t-1".parse().unwrap(),
    };
    let made = slb(&cloud).create_load_balancer(&request).await.unwrap();
    assert_eq!((made.load_balancer_id.as_str(), made.address.as_deref()), ("lb-1", Some("10.0.0.9")));
    assert_asked(
        &cloud.only(),
        "CreateLoadBalancer",
        &[
            ("LoadBalancerName", "web"),
            ("AddressType", "intranet"),
            ("AddressIPVersion", "ipv4"),
            ("VpcId", "vpc-2"),
            ("VSwitchId", "vsw-2"),
            ("MasterZoneId", "eu-central-1b"),
            ("SlaveZoneId", "eu-central-1a"),
            ("PayType", "PayOnDemand"),
            ("InternetChargeType", "paybytraffic"),
            ("InstanceChargeType", "PayByCLCU"),
            ("ClientToken", "t-1"),
            ("Tag.1.Key", "owner"),
            ("Tag.1.Value", "web"),
        ],
    );
}

#[tokio::test]
async fn a_load_balancer_is_read_in_both_spellings_of_its_listeners_and_one_that_is_gone_is_none() {
    let body = |listeners: &str| {
        format!(
            r#"{{"RequestId":"R","LoadBalancerId":"lb-1","LoadBalancerName":"web","LoadBalancerStatus":"active",
                "Address":"10.0.0.9","AddressType":"intranet","VpcId":"vpc-2","VSwitchId":"vsw-2",
                "MasterZoneId":"eu-central-1b","SlaveZoneId":"eu-central-1a","LoadBalancerSpec":"slb.lcu.elastic",
                "PayType":"PayOnDemand","InstanceChargeType":"PayByCLCU","DeleteProtection":"off",
                "ListenerPorts":{{"ListenerPort":[80]}},{listeners},
                "BackendServers":{{"BackendServer":[{{"ServerId":"i-1","Weight":100,"Type":"ecs"}}]}}}}"#
        )
    };
    let new = r#""ListenerPortsAndProtocol":{"ListenerPortAndProtocol":[{"ListenerPort":80,"ListenerProtocol":"tcp"}]},
        "ListenerPortsAndProtocal":{"ListenerPortAndProtocal":[{"ListenerPort":80,"ListenerProtocal":"tcp"}]}"#;
    let old =
        r#""ListenerPortsAndProtocal":{"ListenerPortAndProtocal":[{"ListenerPort":"80","ListenerProtocal":"tcp"}]}"#;
    let cloud =
        Cloud::new().says(200, &body(new)).says(200, &body(old)).says(404, &refusal("InvalidLoadBalancerId.NotFound"));
    let slb = slb(&cloud);
    let expected = [ListenerPort { port: Some(80), protocol: Some(ListenerProtocol::Tcp) }];
    for _ in 0..2 {
        let balancer = slb.load_balancer("lb-1").await.unwrap().unwrap();
        assert_eq!(balancer.listeners(), expected);
        assert_eq!((balancer.status, balancer.address_type), (LoadBalancerStatus::Active, Some(AddressType::Intranet)));
        assert_eq!((balancer.pay_type, balancer.delete_protection), (Some(PayType::PayOnDemand), Some(false)));
        assert_eq!(balancer.backend_servers, [BackendServer { server_id: "i-1".to_owned(), weight: Some(100) }]);
    }
    assert_eq!(slb.load_balancer("lb-1").await.unwrap(), None);
}

#[tokio::test]
async fn load_balancers_are_listed_by_page_number() {
    let row = |id: usize| format!(r#"{{"LoadBalancerId":"lb-{id}","LoadBalancerStatus":"inactive"}}"#);
    let page = |rows: std::ops::Range<usize>| {
        let rows: Vec<_> = rows.map(row).collect();
        format!(r#"{{"TotalCount":101,"PageSize":100,"LoadBalancers":{{"LoadBalancer":[{}]}}}}"#, rows.join(","))
    };
    let cloud = Cloud::new().says(200, &page(0..100)).says(200, &page(100..101));
    let request = DescribeLoadBalancers { vpc_id: Some("vpc-2".to_owned()), ..DescribeLoadBalancers::default() };
    assert_eq!(slb(&cloud).describe_load_balancers(&request).await.unwrap().len(), 101);
    let asked = [("VpcId", "vpc-2"), ("PageNumber", "2"), ("PageSize", "100")];
    assert_asked(&cloud.seen()[1], "DescribeLoadBalancers", &asked);
}

fn listener(protocol: ListenerProtocol, health_check: HealthCheck) -> CreateListener {
    CreateListener {
        load_balancer_id: "lb-1".to_owned(),
        protocol,
        port: 80,
        backend_port: 8080,
        health_check,
        description: None,
    }
}

const PORTS: [(&str, &str); 4] =
    [("LoadBalancerId", "lb-1"), ("ListenerPort", "80"), ("BackendServerPort", "8080"), ("Bandwidth", "-1")];

#[tokio::test]
async fn listeners_name_their_health_check_as_each_protocol_spells_it() {
    let cloud = Cloud::answering(|_| Ok((200, DONE.to_owned())));
    let slb = slb(&cloud);
    let often = HealthCheck { interval_seconds: Some(2), timeout_seconds: Some(3), ..HealthCheck::http("/health") };
    slb.create_listener(&listener(ListenerProtocol::Tcp, HealthCheck::tcp())).await.unwrap();
    slb.create_listener(&listener(ListenerProtocol::Tcp, often.clone())).await.unwrap();
    let strict = HealthCheck { healthy_threshold: Some(2), unhealthy_threshold: Some(4), ..often };
    slb.create_listener(&listener(ListenerProtocol::Http, strict)).await.unwrap();
    slb.start_listener("lb-1", 80, &ListenerProtocol::Tcp).await.unwrap();

    let [plain, asking, http, start] = &cloud.seen()[..] else { panic!("four requests") };
    let tcp = [("HealthCheckSwitch", "on"), ("HealthCheckType", "tcp")];
    assert_asked(plain, "CreateLoadBalancerTCPListener", &[&PORTS[..], &tcp].concat());
    let by_http = [
        ("HealthCheckSwitch", "on"),
        ("HealthCheckType", "http"),
        ("HealthCheckURI", "/health"),
        ("healthCheckInterval", "2"),
        ("HealthCheckConnectTimeout", "3"),
    ];
    assert_asked(asking, "CreateLoadBalancerTCPListener", &[&PORTS[..], &by_http].concat());
    let web = [
        ("StickySession", "off"),
        ("HealthCheck", "on"),
        ("HealthCheckURI", "/health"),
        ("HealthCheckInterval", "2"),
        ("HealthCheckTimeout", "3"),
        ("HealthyThreshold", "2"),
        ("UnhealthyThreshold", "4"),
    ];
    assert_asked(http, "CreateLoadBalancerHTTPListener", &[&PORTS[..], &web].concat());
    let asked = [("LoadBalancerId", "lb-1"), ("ListenerPort", "80"), ("ListenerProtocol", "tcp")];
    assert_asked(start, "StartLoadBalancerListener", &asked);
}

#[tokio::test]
async fn a_listener_is_read_and_one_that_is_not_there_is_none() {
    let cloud = Cloud::new()
        .says(
            200,
            r#"{"RequestId":"R","Status":"stopped","ListenerPort":80,"BackendServerPort":8080,"HealthCheck":"on"}"#,
        )
        .says(404, &refusal("ListenerNotFound"));
    let slb = slb(&cloud);
    let read = slb.listener("lb-1", 80, &ListenerProtocol::Http).await.unwrap().unwrap();
    assert_eq!((read.status, read.health_check, read.backend_port), (ListenerStatus::Stopped, Some(true), Some(8080)));
    assert_eq!(slb.listener("lb-1", 80, &ListenerProtocol::Tcp).await.unwrap(), None);
    let [http, tcp] = &cloud.seen()[..] else { panic!("two requests") };
    let asked = [("LoadBalancerId", "lb-1"), ("ListenerPort", "80")];
    assert_asked(http, "DescribeLoadBalancerHTTPListenerAttribute", &asked);
    assert_asked(tcp, "DescribeLoadBalancerTCPListenerAttribute", &asked);
}

#[tokio::test]
async fn servers_are_sent_as_text_and_come_back_with_a_weight_of_either_type() {
    let cloud = Cloud::new()
        .says(
            200,
            r#"{"RequestId":"R","LoadBalancerId":"lb-1","BackendServers":{"BackendServer":[
                {"ServerId":"i-1","Weight":"100","Type":"ecs"},{"ServerId":"i-2","Weight":50,"Type":"ecs"}]}}"#,
        )
        .says(200, r#"{"RequestId":"R","BackendServers":{"BackendServer":[]}}"#);
    let slb = slb(&cloud);
    let servers = [
        BackendServer { server_id: "i-1".to_owned(), weight: None },
        BackendServer { server_id: "i-2".to_owned(), weight: Some(50) },
    ];
    let behind = slb.add_backend_servers("lb-1", &servers).await.unwrap();
    assert_eq!(behind.iter().map(|server| server.weight).collect::<Vec<_>>(), [Some(100), Some(50)]);
    assert!(slb.remove_backend_servers("lb-1", &servers[..1]).await.unwrap().is_empty());

    let [add, remove] = &cloud.seen()[..] else { panic!("two requests") };
    let sent: serde_json::Value = serde_json::from_str(&add.parameter("BackendServers").unwrap()).unwrap();
    let expected = serde_json::json!([
        { "ServerId": "i-1", "Type": "ecs" },
        { "ServerId": "i-2", "Type": "ecs", "Weight": "50" },
    ]);
    assert_eq!((add.header("x-acs-action"), sent), (Some("AddBackendServers"), expected));
    assert_eq!(remove.header("x-acs-action"), Some("RemoveBackendServers"));
}

#[tokio::test]
async fn the_health_of_each_server_is_read() {
    let cloud = Cloud::new().says(
        200,
        r#"{"RequestId":"R","BackendServers":{"BackendServer":[
            {"ServerId":"i-1","ServerIp":"10.0.0.3","Port":8080,"ListenerPort":80,"Protocol":"tcp","ServerHealthStatus":"normal"},
            {"ServerId":"i-2","Port":"8080","ServerHealthStatus":"unavailable"}]}}"#,
    );
    let health = slb(&cloud).describe_health_status("lb-1", Some((80, &ListenerProtocol::Tcp))).await.unwrap();
    let read: Vec<_> = health.iter().map(|row| (row.server_id.as_str(), row.status.clone(), row.port)).collect();
    assert_eq!(read, [("i-1", HealthStatus::Normal, Some(8080)), ("i-2", HealthStatus::Unavailable, Some(8080))]);
    let asked = [("LoadBalancerId", "lb-1"), ("ListenerPort", "80"), ("ListenerProtocol", "tcp")];
    assert_asked(&cloud.only(), "DescribeHealthStatus", &asked);
}

#[tokio::test]
async fn what_the_cloud_would_not_take_is_refused_before_sending() {
    let cloud = Cloud::new();
    let slb = slb(&cloud);
    let udp = listener(ListenerProtocol::Udp, HealthCheck::tcp());
    assert_eq!(slb.create_listener(&udp).await.unwrap_err().kind(), Kind::Refused);
    assert_eq!(slb.listener("lb-1", 53, &ListenerProtocol::Udp).await.unwrap_err().kind(), Kind::Refused);
    let server = BackendServer { server_id: "i-1".to_owned(), weight: None };
    for count in [0, 21] {
        let servers = vec![server.clone(); count];
        assert_eq!(slb.add_backend_servers("lb-1", &servers).await.unwrap_err().kind(), Kind::Refused);
    }
    assert!(cloud.seen().is_empty());
}

#[tokio::test]
async fn a_load_balancer_is_deleted_and_a_busy_one_is_told_with_its_odd_status() {
    let cloud = Cloud::new().says(200, DONE).says(449, &refusal("SystemBusy"));
    let slb = slb(&cloud);
    slb.delete_load_balancer("lb-1").await.unwrap();
    assert_eq!(slb.delete_load_balancer("lb-1").await.unwrap_err().kind(), Kind::Busy);
    assert_asked(&cloud.seen()[0], "DeleteLoadBalancer", &[("LoadBalancerId", "lb-1")]);
}
