//! Network and application load balancers behind a service, and what a client of its endpoint meets.

use super::*;
use crate::nlb_alb::{ALB, NLB, Stand};
use crate::testing::refused;

const OTHER: &str = "eu-central-1a";

/// A service of `b` with a newer load balancer in both of its zones, and an endpoint of `a` that is connected in one.
struct Through {
    stage: Stage,
    stand: Stand,
    service: String,
    endpoint: String,
    /// The endpoint's domain, its zone's domain, and its address.
    addresses: [String; 3],
}

impl Through {
    async fn new(version: &'static str) -> Self {
        let stage = Stage::new().await;
        let stand = Stand::new(&stage.b, &vpc(&stage.b, "10.13."), version).await;
        let service = service(&stage, &stand).await;
        let endpoint = stage.endpoint(&service).await;
        stage.enable(&service, &endpoint).await.unwrap();
        settle().await;
        let seen = link(&stage.a, "GetVpcEndpointAttribute", &[("EndpointId", &endpoint)]).await.unwrap();
        let zones = link(&stage.a, "ListVpcEndpointZones", &[("EndpointId", &endpoint)]).await.unwrap();
        let zone = &zones["Zones"][0];
        let addresses = [text(&seen, "EndpointDomain"), text(zone, "ZoneDomain"), text(zone, "EniIp")];
        Self { stage, stand, service, endpoint, addresses }
    }

    /// Exit code and HTTP status of a request by the domain.
    async fn get(&self) -> (i64, String) {
        on_instance(&self.stage, &curl(&self.addresses[0])).await
    }

    async fn run(&self, script: &str) -> (i64, String) {
        on_instance(&self.stage, script).await
    }

    async fn power(&self, action: &str) {
        let [one, two] = self.stand.vpc.instances.as_slice() else { panic!("two instances") };
        let both = [
            ("RegionId", HERE),
            ("InstanceId.1", one.instance_id.as_str()),
            ("InstanceId.2", two.instance_id.as_str()),
        ];
        self.stage.b.call("2014-05-26", action, &both).await.unwrap();
        settle().await;
    }
}

fn kind(stand: &Stand) -> &'static str {
    if stand.version == NLB { "nlb" } else { "alb" }
}

/// A resource of a service, in the fields of a call that names one, or of one among several.
fn resource<'a>(prefix: &str, stand: &'a Stand, zone: &'a str) -> Vec<(String, &'a str)> {
    let fields = [("ResourceType", kind(stand)), ("ResourceId", stand.balancer.as_str()), ("ZoneId", zone)];
    fields.into_iter().map(|(name, value)| (format!("{prefix}{name}"), value)).collect()
}

async fn change(stage: &Stage, action: &str, service: &str, resource: &[(String, &str)]) -> Answer {
    let named = resource.iter().map(|(name, value)| (name.as_str(), *value));
    let params: Vec<_> = [("ServiceId", service)].into_iter().chain(named).collect();
    link(&stage.b, action, &params).await
}

/// A service of `b` with the balancer in both of its zones, whose whitelist holds `a`.
async fn service(stage: &Stage, stand: &Stand) -> String {
    let first = resource("Resource.1.", stand, ZONE);
    let params: Vec<_> = first.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let id = text(&link(&stage.b, "CreateVpcEndpointService", &params).await.unwrap(), "ServiceId");
    settle().await;
    let entry = [("ServiceId", id.as_str()), ("UserId", stage.a.account_id.as_str())];
    link(&stage.b, "AddUserToVpcEndpointService", &entry).await.unwrap();
    change(stage, "AttachResourceToVpcEndpointService", &id, &resource("", stand, OTHER)).await.unwrap();
    settle().await;
    id
}

#[tokio::test(start_paused = true)]
async fn a_network_load_balancer_is_reached_by_every_door_exactly_while_it_listens() {
    let through = Through::new(NLB).await;
    for address in &through.addresses {
        assert_eq!(through.run(&curl(address)).await, (0, "200".to_owned()), "{address}");
        assert_eq!(through.run(&format!("nc -z -w 3 {address} 80")).await.0, 0, "{address}");
    }
    let (_, greeting) = through.run(&format!("curl -s {}", through.addresses[2])).await;
    let backends = &through.stand.vpc.instances;
    assert!(backends.iter().any(|own| greeting == format!("Hello from {}\n", own.instance_id)), "{greeting}");
    through.stand.listen_encrypted("443").await;
    let attempt = format!("nc -z -w 3 {} 443", through.addresses[2]);
    let silence = (1, "Ncat: TIMEOUT.\n".to_owned());
    assert_eq!(through.run(&attempt).await, silence, "TCPSSL is not reached through an endpoint");
    through.stand.on_listener("StopListener").await.unwrap();
    settle().await;
    assert_eq!(through.get().await, (28, "000".to_owned()), "nothing listens");
    through.stand.on_listener("StartListener").await.unwrap();
    settle().await;
    assert_eq!(through.get().await.0, 0);
}

#[tokio::test(start_paused = true)]
async fn a_network_load_balancer_is_as_open_as_its_servers() {
    let through = Through::new(NLB).await;
    through.stand.open_ports(&[22]);
    let refused = (7, "000".to_owned());
    assert_eq!(through.get().await, refused, "none is healthy, one is tried, and refuses");
    through.stand.open_ports(&[80]);
    through.power("StopInstances").await;
    assert_eq!(through.get().await, (28, "000".to_owned()), "none is healthy, one is tried, and is silent");
    through.power("StartInstances").await;
    assert_eq!(through.get().await.0, 0);
    through.stand.remove_servers().await;
    assert_eq!(through.get().await, refused, "there is none");
}

#[tokio::test(start_paused = true)]
async fn an_application_load_balancer_tells_in_http_what_is_wrong_behind_it() {
    let through = Through::new(ALB).await;
    for address in &through.addresses {
        assert_eq!(through.run(&curl(address)).await, (0, "200".to_owned()), "{address}");
    }
    through.stand.open_ports(&[22]);
    assert_eq!(through.get().await, (0, "502".to_owned()), "none is healthy, one is tried, and refuses");
    let strict = format!("curl -sSf {}", through.addresses[0]);
    let failed = (22, "curl: (22) The requested URL returned error: 502\n".to_owned());
    assert_eq!(through.run(&strict).await, failed);
    let head = through.run(&format!("curl -sI {}", through.addresses[0])).await.1;
    assert!(head.starts_with("HTTP/1.1 502 Bad Gateway\r\n"), "{head}");
    through.stand.open_ports(&[80]);
    through.power("StopInstances").await;
    assert_eq!(through.get().await, (0, "504".to_owned()), "none is healthy, one is tried, and is silent");
    let hasty = format!("curl -sS -m 3 {}", through.addresses[0]);
    assert_eq!(through.run(&hasty).await.0, 28, "the balancer takes longer to give up");
    through.power("StartInstances").await;
    through.stand.remove_servers().await;
    assert_eq!(through.get().await, (0, "503".to_owned()), "there is none");
    assert_eq!(
        through.run(&format!("nc -z -w 3 {} 80", through.addresses[2])).await.0,
        0,
        "it takes connections itself"
    );
    through.stand.listen_encrypted("443").await;
    let plain = curl(&format!("{}:443", through.addresses[0]));
    assert_eq!(through.run(&plain).await, (0, "400".to_owned()), "it expects TLS");
}

#[tokio::test(start_paused = true)]
async fn a_classic_listener_for_http_tells_that_no_server_is_healthy() {
    let stage = Stage::new().await;
    let service = stage.service(&[]).await;
    let on = ("LoadBalancerId", stage.balancer.as_str());
    let listener = [
        on,
        ("ListenerPort", "8080"),
        ("BackendServerPort", "8080"),
        ("Bandwidth", "-1"),
        ("StickySession", "off"),
        ("HealthCheck", "on"),
    ];
    slb(&stage.b, "CreateLoadBalancerHTTPListener", &listener).await.unwrap();
    slb(&stage.b, "StartLoadBalancerListener", &[on, ("ListenerPort", "8080")]).await.unwrap();
    let changed = [on, ("ListenerPort", "8080"), ("Description", "the shop")];
    let by_tcp = slb(&stage.b, "SetLoadBalancerTCPListenerAttribute", &changed).await;
    assert_eq!(by_tcp, refused(404, "ListenerNotFound"), "it speaks HTTP");
    settle().await;
    slb(&stage.b, "SetLoadBalancerHTTPListenerAttribute", &changed).await.unwrap();
    let shown = slb(&stage.b, "DescribeLoadBalancerHTTPListenerAttribute", &changed[..2]).await.unwrap();
    assert_eq!(shown["Description"], "the shop");
    let endpoint = stage.endpoint(&service).await;
    stage.enable(&service, &endpoint).await.unwrap();
    settle().await;
    let seen = link(&stage.a, "GetVpcEndpointAttribute", &[("EndpointId", &endpoint)]).await.unwrap();
    let get = curl(&format!("{}:8080", text(&seen, "EndpointDomain")));
    assert_eq!(on_instance(&stage, &get).await, (0, "503".to_owned()));
    for own in vpc(&stage.b, "10.13.").instances {
        let ports = [80, 8080].into();
        stage.b.cloud.ecs().set_open_ports(&stage.b.account_id, HERE, &own.instance_id, ports).unwrap();
    }
    assert_eq!(on_instance(&stage, &get).await, (0, "200".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn the_clients_own_security_group_holds_it_back() {
    let through = Through::new(NLB).await;
    let group = through.stage.consumer.security_groups[0].security_group_id.clone();
    let rule = [
        ("RegionId", HERE),
        ("SecurityGroupId", group.as_str()),
        ("Permissions.1.IpProtocol", "TCP"),
        ("Permissions.1.PortRange", "80/80"),
        ("Permissions.1.DestCidrIp", through.addresses[2].as_str()),
        ("Permissions.1.Policy", "drop"),
    ];
    through.stage.a.call("2014-05-26", "AuthorizeSecurityGroupEgress", &rule).await.unwrap();
    assert_eq!(through.get().await, (28, "000".to_owned()));
    through.stage.a.call("2014-05-26", "RevokeSecurityGroupEgress", &rule).await.unwrap();
    assert_eq!(through.get().await, (0, "200".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_endpoints_names_and_address_mean_nothing_outside_its_vpc() {
    let through = Through::new(NLB).await;
    let Through { stage, addresses, .. } = &through;
    let [domain, zone_domain, address] = addresses;
    for (client, begins) in [(&stage.a, "10.12."), (&stage.b, "10.13.")] {
        let outside = vpc(client, begins).instances[0].instance_id.clone();
        for name in [domain, zone_domain] {
            assert_eq!(run_on(client, &outside, &curl(name)).await, (6, "000".to_owned()), "{name} from {begins}");
        }
        assert_eq!(run_on(client, &outside, &curl(address)).await.0, 28, "{begins}");
    }
    let own = format!("{}.{HERE}.nlb.aliyuncs.com", through.stand.balancer);
    let beside = vpc(&stage.b, "10.13.").instances[0].instance_id.clone();
    assert_eq!(run_on(&stage.b, &beside, &curl(&own)).await, (0, "200".to_owned()), "straight, in the provider's VPC");
    assert_eq!(through.run(&curl(&own)).await.0, 28, "the balancer's name is known, its address is not reached");
}

#[tokio::test(start_paused = true)]
async fn a_client_is_led_to_its_own_zone_where_endpoint_or_service_prefer_it_and_away_from_one_that_is_cut_off() {
    let through = Through::new(NLB).await;
    let Through { stage, service, endpoint, .. } = &through;
    let other = stage.vswitch(OTHER);
    let more = [("EndpointId", endpoint.as_str()), ("ZoneId", OTHER), ("VSwitchId", &other)];
    link(&stage.a, "AddZoneToVpcEndpoint", &more).await.unwrap();
    pass(Duration::from_secs(20)).await;
    let zones = link(&stage.a, "ListVpcEndpointZones", &[("EndpointId", endpoint)]).await.unwrap();
    let address = |zone: &str| {
        let found = zones["Zones"].as_array().unwrap().iter().find(|one| one["ZoneId"] == zone);
        text(found.unwrap(), "EniIp")
    };
    let client = stage.consumer.instances[0].private_ip.to_string();
    assert!(client.starts_with("10.11.0."), "the client is in zone B: {client}");
    let led = async || {
        let script = format!("curl -s -o /dev/null -w '%{{remote_ip}}' --connect-timeout 3 {}", through.addresses[0]);
        through.run(&script).await
    };
    let near = (0, address(ZONE));
    let prefer = async |enabled: &str| {
        let wish = [("ServiceId", service.as_str()), ("ZoneAffinityEnabled", enabled)];
        link(&stage.b, "UpdateVpcEndpointServiceAttribute", &wish).await.unwrap();
        settle().await;
    };
    prefer("true").await;
    assert_eq!(led().await, near, "the service prefers it");
    prefer("false").await;
    let wish = [("EndpointId", endpoint.as_str()), ("ZoneAffinityEnabled", "true")];
    link(&stage.a, "UpdateVpcEndpointAttribute", &wish).await.unwrap();
    settle().await;
    assert_eq!(led().await, near, "the endpoint prefers it");
    stage.decide("DisableVpcEndpointZoneConnection", service, endpoint, &[("ZoneId", ZONE)]).await.unwrap();
    settle().await;
    assert_eq!(led().await, (0, address(OTHER)), "its own zone is cut off");
}

#[tokio::test(start_paused = true)]
async fn a_resource_must_be_there_and_work_in_the_zone_that_the_call_names() {
    for version in [NLB, ALB] {
        let stage = Stage::new().await;
        let stand = Stand::new(&stage.b, &vpc(&stage.b, "10.13."), version).await;
        let params = [("ServiceResourceType", kind(&stand))];
        let id = text(&link(&stage.b, "CreateVpcEndpointService", &params).await.unwrap(), "ServiceId");
        settle().await;
        let attach = async |resource: &[(String, &str)]| {
            change(&stage, "AttachResourceToVpcEndpointService", &id, resource).await
        };
        let wish = resource("", &stand, ZONE);
        let with = |name: &str, value: &'static str| {
            let others = wish.iter().filter(|(known, _)| known != name).cloned();
            others.chain([(name.to_owned(), value)]).collect::<Vec<_>>()
        };
        let missing = if version == NLB { "LoadBalancerNotFound" } else { "AlbNotFound" };
        for (resource, code) in [
            (with("ResourceId", "nlb-none"), missing),
            (with("ZoneId", ""), "MissingParameter"),
            (with("ZoneId", "eu-central-1c"), "EndpointServiceNotSupportedZone"),
            (with("ResourceType", "slb"), "EndpointServiceResourceTypeNotEqual"),
            (with("DryRun", "true"), "DryRunOperation"),
        ] {
            assert_eq!(attach(&resource).await, refused(400, code), "{resource:?}");
        }
        attach(&wish).await.unwrap();
        settle().await;
        assert_eq!(attach(&wish).await, refused(400, "EndpointServiceResourceExist"));
        attach(&resource("", &stand, OTHER)).await.expect("its other zone is another resource");
        settle().await;
        let listed = link(&stage.b, "ListVpcEndpointServiceResources", &[("ServiceId", &id)]).await.unwrap();
        let zones: Vec<String> =
            listed["Resources"].as_array().unwrap().iter().map(|one| text(one, "ZoneId")).collect();
        assert_eq!(zones, [OTHER, ZONE]);
        assert!(text(&listed["Resources"][1], "Ip").starts_with("10.13.0."));
        let held = stand.call("DeleteLoadBalancer", &[("LoadBalancerId", stand.balancer.clone())]).await;
        let code = if version == NLB { "IncorrectStatus.loadbalancer" } else { "IncorrectStatus.LoadBalancer" };
        assert_eq!(held, refused(400, code), "a service holds it");
    }
}

#[tokio::test(start_paused = true)]
async fn the_zone_of_a_balancer_that_serves_nobody_may_be_taken_away() {
    let Through { stage, stand, service, endpoint, .. } = Through::new(NLB).await;
    let detach = async |zone: &str| {
        change(&stage, "DetachResourceFromVpcEndpointService", &service, &resource("", &stand, zone)).await
    };
    assert_eq!(detach(ZONE).await, refused(400, "EndpointServiceConnectionDependence"));
    detach(OTHER).await.unwrap();
    settle().await;
    stage.disable(&service, &endpoint).await.unwrap();
    settle().await;
    detach(ZONE).await.unwrap();
}
