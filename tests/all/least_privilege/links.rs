//! Private links between both accounts, in both directions: built, changed, failing, undone.

use std::time::Duration;

use alicloud::private_link::{NewResource, ResourceType};
use api::connections::Plan;
use causeway_local::cloud::Cloud;
use causeway_local::console::ConsoleVpc;
use causeway_local::privatelink::Settings;
use causeway_tests::links::REGION;
use causeway_tests::shown::Shown as _;
use causeway_tests::system::System;
use connection::record::Phase;
use connection::words::{Kind, Side};
use http::Method;
use serde_json::{Value, json};

use crate::least_privilege::journeys::{NAME, once, refusal, travel};

const ZONE: &str = "eu-central-1b";
const OTHER_ZONE: &str = "eu-central-1a";

/// A consumer with the beginning of its VPC's range, and a provider likewise.
type Direction = (&'static str, &'static str, &'static str, &'static str);

const THERE: Direction = ("a", "10.11", "b", "10.13");
const BACK: Direction = ("b", "10.13", "a", "10.12");

/// One call of each step that stops it when it is refused.
const CALLS_OF_STEPS: [&str; 4] =
    ["CreateLoadBalancer", "CreateVpcEndpointService", "CreateVpcEndpoint", "EnableVpcEndpointConnection"];

/// All of them, as the clouds that they left behind.
pub fn all() -> Vec<Cloud> {
    let mut clouds = vec![changes(THERE), changes(BACK), zones(THERE), zones(BACK), looks(THERE), looks(BACK)];
    clouds.extend([THERE, BACK].map(stands_anew));
    clouds.extend([THERE, BACK].map(is_handed_over));
    clouds.extend([THERE, BACK].map(looks_for_balancers));
    clouds.extend(
        ["http", "tcp"].into_iter().flat_map(|protocol| [THERE, BACK].map(|way| compares_and_plans(way, protocol))),
    );
    clouds.extend(CALLS_OF_STEPS.map(fails_and_is_retried));
    clouds
}

fn vpc<'a>(system: &'a System, account: &str, begins: &str) -> &'a ConsoleVpc {
    let fits = |vpc: &&ConsoleVpc| vpc.cidr_block.to_string().starts_with(begins);
    system.account(account).vpcs.iter().find(fits).expect("the seed has it")
}

fn spec(system: &System, (consumer, own, provider, other): Direction, protocol: &str) -> Value {
    let (vpc_of_consumer, vpc_of_provider) = (vpc(system, consumer, own), vpc(system, provider, other));
    let servers = vpc_of_provider.instances.iter().map(|instance| json!({"instance_id": instance.instance_id}));
    let vswitch = vpc_of_provider.vswitches.iter().find(|vswitch| vswitch.zone_id == ZONE).expect("the seed has it");
    json!({
        "name": NAME, "kind": Kind::PrivateLink,
        "consumer": {
            "account": consumer, "region_id": REGION, "vpc_id": vpc_of_consumer.vpc_id,
            "zones": [{"zone_id": ZONE, "cidr_block": format!("{own}.9.0/28")}],
            "security_groups": [vpc_of_consumer.security_groups[0].security_group_id],
            "instance_id": vpc_of_consumer.instances[0].instance_id,
        },
        "provider": {
            "account": provider, "region_id": REGION, "vpc_id": vpc_of_provider.vpc_id,
            "load_balancer": {"create": {
                "primary_zone": ZONE, "vswitch_id": vswitch.vswitch_id,
                "listener": {"protocol": protocol, "port": 80}, "backends": servers.collect::<Vec<_>>(),
            }},
            "bandwidth_mbps": 1024,
        },
    })
}

/// What the first one made, the second one uses and gets.
fn is_handed_over(direction: Direction) -> Cloud {
    travel(async |system| {
        let first = system.built(&spec(system, direction, "http")).await;
        let mut second = spec(system, direction, "http");
        second["name"] = "second".into();
        let vswitch = &first.outputs(Side::Consumer).private_link.vswitches[ZONE];
        second["consumer"]["zones"] = json!([{"zone_id": ZONE, "vswitch_id": vswitch}]);
        second["consumer"]["service"] = first.service().into();
        second["provider"].as_object_mut().expect("it is an object").remove("load_balancer");
        second["provider"].as_object_mut().expect("it is an object").remove("bandwidth_mbps");
        second["probe"] = json!({"protocol": "http", "port": 80});
        system.built(&second).await;
        system.removed(NAME).await;
        system.removed("second").await;
    })
}

/// Everything that may change, there and back.
fn changes(direction: Direction) -> Cloud {
    travel(async |system| {
        let first = spec(system, direction, "http");
        system.built(&first).await;
        let mut next = first.clone();
        let (consumer, own, ..) = direction;
        let groups = &vpc(system, consumer, own).security_groups;
        next["consumer"]["security_groups"] = json!([groups[1].security_group_id]);
        next["consumer"]["endpoint_name"] = "other".into();
        next["provider"]["service"] = json!({"description": "other", "allowed_accounts": ["1000000000000077"]});
        next["provider"]["bandwidth_mbps"] = 200.into();
        let backends = &mut next["provider"]["load_balancer"]["create"]["backends"];
        backends.as_array_mut().expect("it is a list").truncate(1);
        backends[0]["weight"] = 50.into();
        system.changed(&next).await;
        system.changed(&first).await;
        system.removed(NAME).await;
    })
}

/// One that stands is compared with what it promises; what a change and a removal would take.
fn compares_and_plans(direction: Direction, protocol: &'static str) -> Cloud {
    travel(async |system| {
        let mut link = spec(system, direction, protocol);
        link["verify"] = "off".into();
        system.built(&link).await;
        system.check_drift(&json!({})).await;
        link["dry_run"] = true.into();
        link["provider"]["bandwidth_mbps"] = 200.into();
        let path = format!("/v1/connections/{NAME}");
        system.tell::<Plan>(Method::PUT, &path, &link).await.expect("a plan");
        system.ask::<Plan>(Method::DELETE, &format!("{path}?dry_run=true")).await.expect("a plan");
    })
}

/// Load balancers that are said to be there, and are not.
fn looks_for_balancers(direction: Direction) -> Cloud {
    travel(async |system| {
        for kind in ["nlb", "alb"] {
            let mut wanted = spec(system, direction, "tcp");
            wanted["provider"]["load_balancer"] = json!({"existing": {"type": kind, "id": format!("{kind}-nobodys")}});
            wanted["probe"] = json!({"protocol": "tcp", "port": 80});
            let refused = system.post(&wanted).await.expect_err("it is not there");
            assert!(format!("{refused:?}").contains("nobodys"), "{refused:?}");
        }
    })
}

/// A load balancer that somebody took away comes to stand behind the service anew.
fn stands_anew(direction: Direction) -> Cloud {
    travel(async |system| {
        let (_, _, provider, _) = direction;
        let mut plain = spec(system, direction, "tcp");
        plain["verify"] = "off".into();
        let record = system.built(&plain).await;
        let service = record.service();
        // Nobody is connected by it while it is exchanged by hand.
        once(system, "EnableVpcEndpointConnection", refusal());
        system.cut_by_hand(provider, service, record.endpoint()).await;
        let links = system.client(provider).private_link(&REGION.parse().expect("a region"));
        let resource = NewResource {
            resource_type: ResourceType::Clb,
            resource_id: record.outputs(Side::Provider).private_link.load_balancer_id.clone().expect("it is recorded"),
            zone_id: Some(ZONE.to_owned()),
        };
        let token = "by-hand".parse().expect("a token");
        links.detach_resource_from_vpc_endpoint_service(service, &resource, &token).await.expect("it goes");
        tokio::time::sleep(Duration::from_secs(30)).await;
        // What its owner cut stays so until a person says otherwise.
        let path = format!("/v1/approvals/{service}/{}", record.endpoint());
        let word = json!({"decision": "approve", "reason": "exchanged"});
        let _: serde_json::Value = system.tell(http::Method::POST, &path, &word).await.expect("it is taken");
        plain["labels"] = json!({"number": "2"});
        system.put(&plain).await.expect("it is accepted");
        // The refusal met the person's approval, which counts for the connection's own request.
        system.settled(NAME, Phase::Active).await;
        system.removed(NAME).await;
    })
}

/// Into another zone of a service that is there, where it has to be let in, and out of the first.
fn zones(direction: Direction) -> Cloud {
    travel(async |system| {
        let (consumer, own, provider, other) = direction;
        let links = system.cloud.private_link();
        links.set_settings(Settings { added_zones_connect: false, ..links.settings() });
        let service = system.endpoint_service(provider, &[consumer]).await;
        system.second_zone(provider, other, &service, OTHER_ZONE).await;
        let mut link = spec(system, direction, "http");
        link["consumer"]["service"] = service.into();
        link["probe"] = json!({"port": 80});
        link["verify"] = "off".into();
        let side = link["provider"].as_object_mut().expect("it is an object");
        side.remove("load_balancer");
        system.built(&link).await;
        let more = json!({"zone_id": OTHER_ZONE, "cidr_block": format!("{own}.10.0/28")});
        let one = link["consumer"]["zones"][0].clone();
        for zones in [json!([one, more]), json!([more])] {
            link["consumer"]["zones"] = zones;
            system.changed(&link).await;
        }
        system.removed(NAME).await;
    })
}

/// Without an instance only the configuration is looked at.
fn looks(direction: Direction) -> Cloud {
    travel(async |system| {
        let mut link = spec(system, direction, "http");
        link["consumer"].as_object_mut().expect("it is an object").remove("instance_id");
        system.built(&link).await;
        system.removed(NAME).await;
    })
}

fn fails_and_is_retried(call: &str) -> Cloud {
    travel(async |system| {
        once(system, call, refusal());
        system.post(&spec(system, THERE, "http")).await.expect("it is accepted");
        system.settled(NAME, Phase::Failed).await;
        system.retried(NAME).await;
        system.removed(NAME).await;
    })
}
