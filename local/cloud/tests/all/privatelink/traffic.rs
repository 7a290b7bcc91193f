//! Requests from the consumer's instance, by Cloud Assistant.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_request_gets_through_by_domain_zone_domain_and_address_exactly_while_all_stands() {
    let stage = Stage::new().await;
    let service = stage.service(&[]).await;
    let endpoint = stage.endpoint(&service).await;
    let seen = link(&stage.a, "GetVpcEndpointAttribute", &[("EndpointId", &endpoint)]).await.unwrap();
    let domain = text(&seen, "EndpointDomain");
    assert_eq!(on_instance(&stage, &curl(&domain)).await.0, 28, "not accepted yet");
    stage.enable(&service, &endpoint).await.unwrap();
    settle().await;
    let zones = link(&stage.a, "ListVpcEndpointZones", &[("EndpointId", &endpoint)]).await.unwrap();
    let zone = &zones["Zones"][0];
    for host in [&domain, &text(zone, "ZoneDomain"), &text(zone, "EniIp")] {
        assert_eq!(on_instance(&stage, &curl(host)).await, (0, "200".to_owned()), "{host}");
    }
    let (_, greeting) = on_instance(&stage, &format!("curl -s {domain}")).await;
    let backends = vpc(&stage.b, "10.13.").instances;
    assert!(backends.iter().any(|own| greeting == format!("Hello from {}\n", own.instance_id)), "{greeting}");
    assert_eq!(on_instance(&stage, &format!("nc -z -w 3 {domain} 80")).await.0, 0);
    assert_eq!(on_instance(&stage, &curl(&format!("{domain}:8080"))).await.0, 28, "no listener");
    assert_eq!(on_instance(&stage, &curl("ep-none.epsrv-none.eu-central-1.privatelink.aliyuncs.com")).await.0, 6);

    let ecs = stage.b.cloud.ecs().clone();
    for backend in &backends {
        ecs.set_open_ports(&stage.b.account_id, HERE, &backend.instance_id, [22].into()).unwrap();
    }
    assert_eq!(on_instance(&stage, &curl(&domain)).await.0, 7, "no healthy backend");
    for backend in &backends {
        ecs.set_open_ports(&stage.b.account_id, HERE, &backend.instance_id, [80].into()).unwrap();
    }
    assert_eq!(on_instance(&stage, &curl(&domain)).await.0, 0);
    stage.disable(&service, &endpoint).await.unwrap();
    settle().await;
    assert_eq!(on_instance(&stage, &curl(&domain)).await.0, 28, "cut off");
}

#[tokio::test(start_paused = true)]
async fn the_endpoints_security_group_lets_in_or_keeps_out() {
    let stage = Stage::new().await;
    let service = stage.service(&[("AutoAcceptEnabled", "true")]).await;
    let make = [("RegionId", HERE), ("VpcId", stage.consumer.vpc_id.as_str()), ("SecurityGroupName", "door")];
    let group = text(&stage.a.call("2014-05-26", "CreateSecurityGroup", &make).await.unwrap(), "SecurityGroupId");
    let mut wish = stage.wish(&service);
    wish.retain(|(name, _)| *name != "SecurityGroupId.1");
    wish.push(("SecurityGroupId.1", group.clone()));
    let domain = text(&stage.ask(&wish).await.unwrap(), "EndpointDomain");
    pass(Duration::from_secs(30)).await;
    let curl = format!("curl -sS -o /dev/null --connect-timeout 3 http://{domain}");
    let closed = on_instance(&stage, &curl).await;
    assert_eq!(closed, (28, "curl: (28) Connection timed out after 3001 milliseconds\n".to_owned()));
    let rule = [
        ("RegionId", HERE),
        ("SecurityGroupId", group.as_str()),
        ("Permissions.1.IpProtocol", "TCP"),
        ("Permissions.1.PortRange", "80/80"),
        ("Permissions.1.SourceCidrIp", "10.11.0.0/24"),
    ];
    stage.a.call("2014-05-26", "AuthorizeSecurityGroup", &rule).await.unwrap();
    assert_eq!(on_instance(&stage, &curl).await.0, 0);
}
