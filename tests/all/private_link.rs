//! Private links: changed, shared with others, refused by people and rules, undone; on virtual time.

use std::time::Duration;

use alicloud::private_link::{ConnectionStatus, CreateVpcEndpoint, NewZone, ServiceRef};
use alicloud::slb::DescribeLoadBalancers;
use approval::decision::{Act, Actor, Event};
use approval::verdict::Reason;
use causeway_local::calls::Outcome;
use causeway_local::faults::{Fault, FaultRule};
use causeway_local::privatelink::Settings;
use causeway_local::seed::Seed;
use causeway_tests::fragile::Mishaps;
use causeway_tests::links::REGION;
use causeway_tests::on_virtual_time;
use causeway_tests::system::System;
use connection::words::Kind;
use http::Method;
use serde_json::{Value, json};

const NAME: &str = "shop-of-b";

async fn system() -> System {
    System::looking_after(&[REGION], Seed::tutorial_with_stranger(), 1, Mishaps::none()).await
}

fn region() -> alicloud::Region {
    REGION.parse().unwrap()
}

async fn settles(system: &System, name: &str, phase: &str) -> Value {
    let record = system.at_rest(name).await;
    assert_eq!(record["phase"], phase, "{record:#}");
    record
}

async fn built(system: &System, spec: &Value) -> Value {
    system.post(spec).await.unwrap();
    settles(system, spec["name"].as_str().unwrap(), "active").await
}

async fn retry(system: &System, name: &str) {
    system.ask(Method::POST, &format!("/v1/connections/{name}/retry")).await.unwrap();
}

fn id<'a>(record: &'a Value, side: &str, what: &str) -> &'a str {
    record["sides"][side]["outputs"]["private_link"][what].as_str().unwrap_or_else(|| panic!("no {what}: {record:#}"))
}

fn once(system: &System, call: &str) {
    let fault = Fault::Refuse { status: 400, code: "InvalidParameter".to_owned() };
    system.cloud.shared().faults.add(FaultRule::once(call, fault));
}

/// Calls of this action that the cloud carried out.
fn carried_out(system: &System, action: &str) -> usize {
    let done = |call: &&causeway_local::calls::Call| {
        call.info.action == action && !matches!(call.outcome, Outcome::Refused { .. })
    };
    system.cloud.calls().iter().filter(done).count()
}

#[test]
fn a_link_is_tried_by_name_and_address_and_what_it_is_made_of_is_in_the_record() {
    on_virtual_time(async {
        let system = system().await;
        let record = built(&system, &system.tutorial_by(Kind::PrivateLink)).await;
        system.inventory().await.is_one_connection().unwrap();
        let proof = &record["sides"]["consumer"]["outputs"]["proof"];
        assert_eq!((&proof["method"], &proof["verdict"]), (&json!("http"), &json!("reached")), "{record:#}");
        assert!(proof["seen"].as_str().unwrap().contains("in all 3 ways"), "{proof:#}");
        assert!(id(&record, "consumer", "domain").starts_with(id(&record, "consumer", "endpoint_id")));
        assert_eq!(record["sides"]["provider"]["outputs"].get("proof"), None, "the provider tries nothing");
        let removed = system.remove(NAME).await;
        assert_eq!(removed["phase"], "removed", "{removed:#}");
        assert_eq!(
            (&removed["sides"]["consumer"]["outputs"], &removed["sides"]["provider"]["outputs"]),
            (&json!({}), &json!({}))
        );
        system.inventory().await.is_empty().unwrap();
        system.end().await;
    });
}

#[test]
fn everything_that_may_change_changes_in_place_and_the_rest_is_refused_by_its_field() {
    on_virtual_time(async {
        let system = system().await;
        let mut spec = system.tutorial_by(Kind::PrivateLink);
        let before = built(&system, &spec).await;
        let (service, endpoint) = (id(&before, "provider", "service_id"), id(&before, "consumer", "endpoint_id"));
        spec["provider"]["bandwidth_mbps"] = 200.into();
        spec["provider"]["service"] =
            json!({"description": "renewed", "zone_affinity": false, "allowed_accounts": ["1000000000000077"]});
        spec["provider"]["load_balancer"]["create"]["backends"][1]["weight"] = 0.into();
        spec["consumer"]["clients"] = json!(["10.11.0.0/24"]);
        spec["consumer"]["endpoint_name"] = "to-the-shop".into();
        system.put(&spec).await.unwrap();
        let after = settles(&system, NAME, "active").await;
        assert_eq!((id(&after, "provider", "service_id"), id(&after, "consumer", "endpoint_id")), (service, endpoint));
        let links = system.client("b").private_link(&region());
        let shown = links.get_vpc_endpoint_service_attribute(service).await.unwrap();
        assert_eq!((shown.description.as_deref(), shown.zone_affinity_enabled), (Some("renewed"), Some(false)));
        assert_eq!(links.list_vpc_endpoint_service_users(service).await.unwrap().len(), 3);
        assert_eq!(links.connection(service, endpoint).await.unwrap().unwrap().bandwidth, Some(200));
        let balancer =
            system.client("b").slb(&region()).load_balancer(id(&after, "provider", "load_balancer_id")).await;
        let weights: Vec<_> = balancer.unwrap().unwrap().backend_servers.iter().map(|one| one.weight).collect();
        assert_eq!(weights, [Some(100), Some(0)]);
        let named = system.client("a").private_link(&region()).get_vpc_endpoint_attribute(endpoint).await.unwrap();
        assert_eq!(named.name.as_deref(), Some("to-the-shop"));
        assert!(system.inventory().await.rules.iter().all(|rule| rule.ends_with("10.11.0.0/24")));

        spec["provider"]["load_balancer"]["create"]["listener"]["port"] = 81.into();
        spec["consumer"]["zones"][0]["cidr_block"] = "10.11.8.0/28".into();
        let (status, problem) = system.put(&spec).await.unwrap_err();
        let pointers: Vec<_> =
            problem["errors"].as_array().unwrap().iter().map(|one| one["pointer"].as_str().unwrap()).collect();
        assert_eq!(
            (status.as_u16(), pointers),
            (422, vec!["/consumer/zones/0", "/provider/load_balancer/create/listener"])
        );
        system.remove(NAME).await;
        system.inventory().await.is_empty().unwrap();
        system.end().await;
    });
}

#[test]
fn a_service_that_others_use_stays_and_the_failure_says_whose_endpoints_they_are() {
    on_virtual_time(async {
        let system = system().await;
        let first = built(&system, &system.tutorial_by(Kind::PrivateLink)).await;
        let service = id(&first, "provider", "service_id").to_owned();
        let mut second = system.tutorial_by(Kind::PrivateLink);
        second["name"] = "second".into();
        second["consumer"]["service"] = service.as_str().into();
        second["consumer"]["zones"][0]["cidr_block"] = "10.11.10.0/28".into();
        second["consumer"]["clients"] = json!(["10.11.0.0/24"]);
        second["probe"] = json!({"protocol": "http", "port": 80});
        let provider = second["provider"].as_object_mut().unwrap();
        provider.remove("load_balancer");
        provider.remove("service");
        let second = built(&system, &second).await;
        assert_eq!(id(&second, "provider", "service_id"), service);

        system.ask(Method::DELETE, &format!("/v1/connections/{NAME}")).await.unwrap();
        let stopped = settles(&system, NAME, "failed").await;
        let what = stopped["failure"]["what"].as_str().unwrap();
        let other = id(&second, "consumer", "endpoint_id");
        assert!(what.contains(other) && what.contains(system.account_id("a")), "{what}");
        assert_eq!(system.endpoint_connection("b", &service, other).await.status, ConnectionStatus::Connected);
        assert_eq!(system.remove("second").await["phase"], "removed");
        assert!(
            system.client("b").private_link(&region()).service(&service).await.unwrap().is_some(),
            "it was not its own"
        );
        assert_eq!(system.remove(NAME).await["phase"], "removed");
        system.inventory().await.is_empty().unwrap();
        system.end().await;
    });
}

#[test]
fn a_failure_is_rolled_back_to_nothing_or_kept_and_resumed_at_every_step() {
    for call in [
        "CreateLoadBalancerHTTPListener",
        "AddUserToVpcEndpointService",
        "CreateVpcEndpoint",
        "EnableVpcEndpointConnection",
    ] {
        for on_failure in ["rollback", "keep"] {
            on_virtual_time(async {
                let system = system().await;
                let mut spec = system.tutorial_by(Kind::PrivateLink);
                spec["on_failure"] = on_failure.into();
                once(&system, call);
                system.post(&spec).await.unwrap();
                if on_failure == "rollback" {
                    let record = settles(&system, NAME, "rolled-back").await;
                    assert_eq!(record["cause"]["call"]["action"], call, "{record:#}");
                    system.inventory().await.is_empty().unwrap();
                } else {
                    let record = settles(&system, NAME, "failed").await;
                    assert_eq!(record["failure"]["call"]["action"], call, "{record:#}");
                }
                retry(&system, NAME).await;
                settles(&system, NAME, "active").await;
                system.inventory().await.is_one_connection().unwrap();
                system.end().await;
            });
        }
    }
}

#[test]
fn what_a_connection_asks_for_is_its_own_decision_in_the_log_and_no_sweep_decides_otherwise() {
    on_virtual_time(async {
        let system = system().await;
        let nobody = json!({"id": "partner", "effect": "approve", "accounts": ["1000000000000009"]});
        let policy = json!({"version": 1, "mode": "enforce", "grace_minutes": 0, "rules": [nobody]});
        system.put_policy(policy).await;
        let record = built(&system, &system.tutorial_by(Kind::PrivateLink)).await;
        let (service, endpoint) = (id(&record, "provider", "service_id"), id(&record, "consumer", "endpoint_id"));
        tokio::time::sleep(Duration::from_secs(1800)).await;
        assert_eq!(system.endpoint_connection("b", service, endpoint).await.status, ConnectionStatus::Connected);
        let log = system.endpoint_log(service, endpoint).await;
        let announced =
            log.iter().find(|entry| entry.event.verdict().is_some_and(|it| it.reason == Reason::ApprovedByConnection));
        assert_eq!(announced.unwrap().actor, Actor::Connection(NAME.to_owned()), "{log:#?}");
        let decided = log.iter().filter(|entry| matches!(entry.event, Event::Intended { .. })).count();
        assert_eq!((decided, carried_out(&system, "EnableVpcEndpointConnection")), (1, 1), "{log:#?}");
        let report = system.store().report().await.unwrap().unwrap();
        assert_eq!(report.findings, [], "nothing is held against it");
        assert_eq!(system.remove(NAME).await["phase"], "removed");
        let last = system.endpoint_log(service, endpoint).await;
        assert!(matches!(&last.last().unwrap().event, Event::Done { act: Act::Cut }), "{last:#?}");
        assert_eq!(last.last().unwrap().state.connection, None);
        system.inventory().await.is_empty().unwrap();
        system.end().await;
    });
}

#[test]
fn a_rule_that_rejects_and_a_person_who_does_stop_it_and_say_how_to_go_on() {
    on_virtual_time(async {
        let system = system().await;
        let never = json!({"id": "never", "effect": "reject", "accounts": [system.account_id("a")]});
        system.put_policy(json!({"version": 1, "rules": [never]})).await;
        system.post(&system.tutorial_by(Kind::PrivateLink)).await.unwrap();
        let record = settles(&system, NAME, "failed").await;
        assert_eq!(record["failure"]["step"], "approve-endpoint");
        assert!(record["failure"]["advice"].as_str().unwrap().contains("approval policy"), "{record:#}");
        let (service, endpoint) = (id(&record, "provider", "service_id"), id(&record, "consumer", "endpoint_id"));
        system.put_policy(json!({"version": 1, "rules": []})).await;
        let path = format!("/v1/approvals/{service}/{endpoint}");
        let say = async |decision: &str| {
            system.tell(Method::POST, &path, &json!({"decision": decision, "reason": "because"})).await.unwrap();
        };
        say("reject").await;
        retry(&system, NAME).await;
        let record = settles(&system, NAME, "failed").await;
        assert!(record["failure"]["what"].as_str().unwrap().contains("a person rejected it"), "{record:#}");
        assert!(record["failure"]["advice"].as_str().unwrap().contains(&path), "{record:#}");
        assert_eq!(carried_out(&system, "EnableVpcEndpointConnection"), 0);
        say("approve").await;
        retry(&system, NAME).await;
        settles(&system, NAME, "active").await;
        say("reject").await;
        let patience = Duration::from_secs(300);
        let cut = system.becomes("b", service, endpoint, &ConnectionStatus::Disconnected, patience).await;
        assert!(cut.is_some(), "a person's word counts for a connection's endpoint too");
        assert_eq!(system.remove(NAME).await["phase"], "removed");
        system.inventory().await.is_empty().unwrap();
        system.end().await;
    });
}

#[test]
fn an_account_that_nobody_listed_is_refused_and_one_that_may_only_ask_is_left_and_told() {
    on_virtual_time(async {
        let system = system().await;
        let mut spec = system.tutorial_by(Kind::PrivateLink);
        let record = built(&system, &spec).await;
        let service = id(&record, "provider", "service_id").to_owned();
        let account = system.accounts().iter().find(|account| account.alias == "c").unwrap();
        let vpc = &account.vpcs[0];
        let vswitch = vpc.vswitches.iter().find(|vswitch| vswitch.zone_id == "eu-central-1b").unwrap();
        let links = system.client("c").private_link(&region());
        let request = |token: &str| CreateVpcEndpoint {
            service: ServiceRef::Id(service.clone()),
            service_region: None,
            vpc_id: vpc.vpc_id.clone(),
            security_group_ids: vec![vpc.security_groups[0].security_group_id.clone()],
            zones: vec![NewZone { zone_id: vswitch.zone_id.clone(), vswitch_id: vswitch.vswitch_id.clone(), ip: None }],
            zone_affinity_enabled: false,
            name: None,
            description: None,
            tags: Vec::new(),
            client_token: token.parse().unwrap(),
        };
        let refused = links.create_vpc_endpoint(&request("one")).await.unwrap_err();
        assert_eq!(refused.code(), Some("EndpointServiceNotAuthorized"));
        spec["provider"]["service"]["allowed_accounts"] = json!([account.account_id]);
        system.put(&spec).await.unwrap();
        settles(&system, NAME, "active").await;
        let nobody = json!({"id": "partner", "effect": "approve", "accounts": ["1000000000000009"]});
        system.put_policy(json!({"version": 1, "rules": [nobody]})).await;
        let asked = links.create_vpc_endpoint(&request("two")).await.unwrap().endpoint_id;
        tokio::time::sleep(Duration::from_secs(180)).await;
        assert_eq!(system.endpoint_connection("b", &service, &asked).await.status, ConnectionStatus::Disconnected);
        let log = system.endpoint_log(&service, &asked).await;
        assert_eq!(log.last().unwrap().event.verdict().unwrap().reason, Reason::AccountNotListed, "{log:#?}");
        system.end().await;
    });
}

#[test]
fn what_cannot_be_is_told_before_anything_is_made() {
    on_virtual_time(async {
        let system = system().await;
        let good = system.tutorial_by(Kind::PrivateLink);
        let other = system.accounts().iter().find(|account| account.alias == "a").unwrap();
        let elsewhere = other.vpcs.iter().find(|vpc| vpc.region_id == "cn-qingdao").unwrap();
        let told = async |change: &dyn Fn(&mut Value)| {
            let mut spec = good.clone();
            change(&mut spec);
            let (_, problem) = system.post(&spec).await.unwrap_err();
            let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("{problem:#}")).clone();
            errors.iter().map(|one| one["pointer"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let many = told(&|spec| {
            spec["consumer"]["zones"] = json!([{"zone_id": "eu-central-1b", "cidr_block": "10.11.0.0/28"}]);
            spec["consumer"]["security_groups"] = json!([elsewhere.security_groups[0].security_group_id, "sg-none"]);
            spec["consumer"]["instance_id"] = elsewhere.instances[0].instance_id.as_str().into();
            let made = &mut spec["provider"]["load_balancer"]["create"];
            made["vswitch_id"] = "vsw-none".into();
            made["standby_zone"] = "eu-central-1z".into();
            made["backends"][0]["instance_id"] = "i-none".into();
        })
        .await;
        let create = "/provider/load_balancer/create";
        let expected = [
            "/consumer/zones/0/cidr_block".to_owned(),
            "/consumer/security_groups/0".to_owned(),
            "/consumer/security_groups/1".to_owned(),
            "/consumer/instance_id".to_owned(),
            format!("{create}/standby_zone"),
            format!("{create}/vswitch_id"),
            format!("{create}/backends/0/instance_id"),
        ];
        assert_eq!(many, expected);
        let unknown = told(&|spec| {
            spec["consumer"]["service"] = "epsrv-none".into();
            spec["probe"] = json!({"port": 80});
            let provider = spec["provider"].as_object_mut().unwrap();
            provider.remove("load_balancer");
            provider.remove("service");
        })
        .await;
        assert_eq!(unknown, ["/consumer/service", "/consumer/service"], "neither side knows it");
        let none = told(&|spec| {
            spec["provider"]["load_balancer"] = json!({"existing": {"type": "clb", "id": "lb-none"}});
            spec["probe"] = json!({"port": 80});
        })
        .await;
        assert_eq!(none, ["/provider/load_balancer/existing/id"]);
        system.inventory().await.is_empty().unwrap();
        system.end().await;
    });
}

#[test]
fn an_existing_load_balancer_is_used_as_it_is_and_stays() {
    on_virtual_time(async {
        let system = system().await;
        let first = built(&system, &system.tutorial_by(Kind::PrivateLink)).await;
        let balancer = id(&first, "provider", "load_balancer_id").to_owned();
        let mut second = system.tutorial_by(Kind::PrivateLink);
        second["name"] = "second".into();
        second["consumer"]["zones"][0]["cidr_block"] = "10.11.10.0/28".into();
        second["consumer"]["clients"] = json!(["10.11.0.0/24"]);
        second["provider"]["load_balancer"] = json!({"existing": {"type": "clb", "id": balancer}});
        second["probe"] = json!({"protocol": "http", "port": 80});
        let record = built(&system, &second).await;
        assert_eq!(record["sides"]["provider"]["outputs"]["private_link"].get("load_balancer_id"), None);
        system.ask(Method::DELETE, &format!("/v1/connections/{NAME}")).await.unwrap();
        let stopped = settles(&system, NAME, "failed").await;
        let service = id(&record, "provider", "service_id");
        assert!(
            stopped["failure"]["what"].as_str().unwrap().contains(service),
            "it stands behind {service}: {stopped:#}"
        );
        assert_eq!(system.remove("second").await["phase"], "removed");
        let of_b = system.client("b").slb(&region()).describe_load_balancers(&DescribeLoadBalancers::default()).await;
        assert_eq!(of_b.unwrap().len(), 1, "it was not the second one's");
        assert_eq!(system.remove(NAME).await["phase"], "removed");
        system.inventory().await.is_empty().unwrap();
        system.end().await;
    });
}

/// Whether a zone that is added to a connected endpoint joins by itself is not documented.
#[test]
fn an_endpoint_comes_into_another_zone_and_leaves_one_with_the_vswitch_that_was_made_there() {
    for added_zones_connect in [true, false] {
        on_virtual_time(moves_to_another_zone(added_zones_connect));
    }
}

async fn moves_to_another_zone(added_zones_connect: bool) {
    let system = system().await;
    let links = system.cloud.private_link();
    links.set_settings(Settings { added_zones_connect, ..links.settings() });
    let (service, zone) = (system.endpoint_service("b", &["a"]).await, "eu-central-1a");
    system.second_zone("b", "10.13.", &service, zone).await;

    let mut spec = system.tutorial_by(Kind::PrivateLink);
    spec["consumer"]["service"] = service.as_str().into();
    spec["verify"] = "off".into();
    spec["probe"] = json!({"port": 80});
    let provider = spec["provider"].as_object_mut().unwrap();
    provider.remove("load_balancer");
    provider.remove("service");
    let record = built(&system, &spec).await;
    let endpoint = id(&record, "consumer", "endpoint_id").to_owned();
    let one = spec["consumer"]["zones"][0].clone();
    let other = json!({"zone_id": zone, "cidr_block": "10.11.10.0/28"});
    for (zones, expected) in [
        (json!([one, other]), vec![(zone, "Connected"), ("eu-central-1b", "Connected")]),
        (json!([other]), vec![(zone, "Connected")]),
    ] {
        spec["consumer"]["zones"] = zones;
        system.put(&spec).await.unwrap();
        settles(&system, NAME, "active").await;
        let found = system.endpoint_connection("b", &service, &endpoint).await;
        let mut shown: Vec<_> =
            found.zones.iter().map(|zone| (zone.zone_id.as_str(), zone.status.as_ref().unwrap().as_str())).collect();
        shown.sort_unstable();
        assert_eq!(shown, expected);
        assert_eq!(system.inventory().await.vswitches.len(), expected.len(), "each in a vSwitch of its own");
    }
    assert_eq!(system.remove(NAME).await["phase"], "removed");
    let left = system.inventory().await;
    assert_eq!((left.endpoints, left.vswitches, left.rules), (Vec::new(), Vec::new(), Vec::new()));
    assert_eq!((left.services.len(), left.balancers.len()), (1, 2), "what was there stays");
    system.end().await;
}

#[test]
fn a_change_that_fails_is_kept_and_goes_on_when_told_to() {
    on_virtual_time(async {
        let system = system().await;
        let mut spec = system.tutorial_by(Kind::PrivateLink);
        let first = built(&system, &spec).await;
        let (service, endpoint) = (id(&first, "provider", "service_id"), id(&first, "consumer", "endpoint_id"));
        once(&system, "UpdateVpcEndpointConnectionAttribute");
        spec["provider"]["bandwidth_mbps"] = 300.into();
        system.put(&spec).await.unwrap();
        settles(&system, NAME, "failed").await;
        retry(&system, NAME).await;
        settles(&system, NAME, "active").await;
        assert_eq!(system.endpoint_connection("b", service, endpoint).await.bandwidth, Some(300));
        system.end().await;
    });
}
