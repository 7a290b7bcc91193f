//! Private links: changed, shared with others, refused by people and rules, undone; on virtual time.

use std::time::Duration;

use alicloud::private_link::ConnectionStatus;
use alicloud::slb::DescribeLoadBalancers;
use api::approvals::Decision;
use api::connections::{Connection, Summary};
use api::problem::ProblemKind;
use approval::decision::{Act, Actor, Event};
use approval::verdict::Reason;
use causeway_local::faults::{Fault, FaultRule};
use causeway_local::privatelink::Settings;
use causeway_local::seed::Seed;
use causeway_tests::links::{REGION, new_endpoint};
use causeway_tests::shown::{Shown as _, pointers, refused_call};
use causeway_tests::system::{System, in_world_of};
use connection::outputs::PrivateLinkOutputs;
use connection::proof::Verdict;
use connection::record::Phase;
use connection::words::{Kind, Side, StepName};
use http::Method;
use serde_json::{Value, json};

const NAME: &str = "shop-of-b";

fn looked_after(test: impl AsyncFnOnce(&System)) {
    in_world_of(Seed::tutorial_with_third_account(), &[REGION], test);
}

fn region() -> alicloud::Region {
    REGION.parse().unwrap()
}

/// What was made on a side.
fn made(record: &Connection, side: Side) -> &PrivateLinkOutputs {
    &record.outputs(side).private_link
}

/// Another link between the same VPCs.
fn second_spec(system: &System) -> Value {
    let mut spec = system.tutorial_by(Kind::PrivateLink);
    spec["name"] = "second".into();
    spec["consumer"]["zones"][0]["cidr_block"] = "10.11.10.0/28".into();
    spec["consumer"]["clients"] = json!(["10.11.0.0/24"]);
    spec["probe"] = json!({"protocol": "http", "port": 80});
    spec
}

/// The link is to a service that is there.
fn uses(spec: &mut Value, service: &str) {
    spec["consumer"]["service"] = service.into();
    let provider = spec["provider"].as_object_mut().unwrap();
    provider.remove("load_balancer");
    provider.remove("service");
}

fn once(system: &System, call: &str) {
    let fault = Fault::Refuse { status: 400, code: "InvalidParameter".to_owned() };
    system.cloud.shared().faults.add(FaultRule::once(call, fault));
}

#[test]
fn a_link_is_tried_by_name_and_address_and_what_it_is_made_of_is_in_the_record() {
    looked_after(async |system| {
        let record = system.built(&system.tutorial_by(Kind::PrivateLink)).await;
        system.inventory().await.is_one_connection().unwrap();
        let proof = record.proof(Side::Consumer);
        assert_eq!((proof.method, proof.verdict), (connection::proof::Method::Http, Verdict::Reached), "{record:#?}");
        assert!(proof.seen.contains("in all 3 ways"), "{proof:#?}");
        let domain = made(&record, Side::Consumer).domain.as_ref().unwrap();
        assert!(domain.starts_with(record.endpoint()), "{domain}");
        assert_eq!(record.outputs(Side::Provider).proof, None, "the provider tries nothing");
        assert!(system.removed(NAME).await.owns_nothing());
        system.inventory().await.is_empty().unwrap();
    });
}

#[test]
fn everything_that_may_change_changes_in_place_and_the_rest_is_refused_by_its_field() {
    looked_after(async |system| {
        let mut spec = system.tutorial_by(Kind::PrivateLink);
        let before = system.built(&spec).await;
        let (service, endpoint) = (before.service(), before.endpoint());
        spec["provider"]["bandwidth_mbps"] = 200.into();
        spec["provider"]["service"] =
            json!({"description": "renewed", "zone_affinity": false, "allowed_accounts": ["1000000000000077"]});
        spec["provider"]["load_balancer"]["create"]["backends"][1]["weight"] = 0.into();
        spec["consumer"]["clients"] = json!(["10.11.0.0/24"]);
        spec["consumer"]["endpoint_name"] = "to-the-shop".into();
        let after = system.changed(&spec).await;
        assert_eq!((after.service(), after.endpoint()), (service, endpoint));
        let links = system.client("b").private_link(&region());
        let shown = links.get_vpc_endpoint_service_attribute(service).await.unwrap();
        assert_eq!((shown.description.as_deref(), shown.zone_affinity_enabled), (Some("renewed"), Some(false)));
        assert_eq!(links.list_vpc_endpoint_service_users(service).await.unwrap().len(), 3);
        assert_eq!(links.connection(service, endpoint).await.unwrap().unwrap().bandwidth, Some(200));
        let balancer = system
            .client("b")
            .slb(&region())
            .load_balancer(made(&after, Side::Provider).load_balancer_id.as_deref().unwrap())
            .await;
        let weights: Vec<_> = balancer.unwrap().unwrap().backend_servers.iter().map(|one| one.weight).collect();
        assert_eq!(weights, [Some(100), Some(0)]);
        let named = system.client("a").private_link(&region()).get_vpc_endpoint_attribute(endpoint).await.unwrap();
        assert_eq!(named.name.as_deref(), Some("to-the-shop"));
        assert!(system.inventory().await.rules.iter().all(|rule| rule.ends_with("10.11.0.0/24")));

        spec["provider"]["load_balancer"]["create"]["listener"]["port"] = 81.into();
        spec["consumer"]["zones"][0]["cidr_block"] = "10.11.8.0/28".into();
        let problem = system.put(&spec).await.unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Impossible);
        assert_eq!(pointers(&problem), ["/consumer/zones/0", "/provider/load_balancer/create/listener"]);
        system.remove(NAME).await;
        system.inventory().await.is_empty().unwrap();
    });
}

#[test]
fn a_removal_that_a_stranger_s_endpoint_would_stop_is_refused_before_anything_is_cut() {
    looked_after(async |system| {
        let first = system.built(&system.tutorial_by(Kind::PrivateLink)).await;
        let service = first.service().to_owned();
        let stranger = system.endpoint("a", &service).await;
        let path = format!("/v1/connections/{NAME}");
        let refused = system.ask::<Summary>(Method::DELETE, &path).await.unwrap_err();
        assert_eq!(refused.status, 409, "{refused:#?}");
        assert!(refused.detail.contains(&stranger) && refused.detail.contains(system.account_id("a")), "{refused:#?}");
        assert_eq!(system.at_rest(NAME).await.phase(), Phase::Active);
        let own = system.endpoint_connection("b", &service, first.endpoint()).await;
        assert_eq!(own.status, ConnectionStatus::Connected, "nothing was cut");
        let links = system.client("a").private_link(&region());
        for zone in links.list_vpc_endpoint_zones(&stranger).await.unwrap() {
            links.remove_zone_from_vpc_endpoint(&stranger, &zone.zone_id, &"zone".parse().unwrap()).await.unwrap();
            tokio::time::sleep(Duration::from_secs(30)).await;
        }
        links.delete_vpc_endpoint(&stranger, &"gone".parse().unwrap()).await.unwrap();
        tokio::time::sleep(Duration::from_secs(30)).await;
        system.removed(NAME).await;
        system.inventory().await.is_empty().unwrap();
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
            looked_after(async |system| {
                let mut spec = system.tutorial_by(Kind::PrivateLink);
                spec["on_failure"] = on_failure.into();
                once(system, call);
                system.post(&spec).await.unwrap();
                if on_failure == "rollback" {
                    let record = system.settled(NAME, Phase::RolledBack).await;
                    assert_eq!(refused_call(record.cause()).0, call, "{record:#?}");
                    system.inventory().await.is_empty().unwrap();
                } else {
                    let record = system.settled(NAME, Phase::Failed).await;
                    assert_eq!(refused_call(record.stop()).0, call, "{record:#?}");
                }
                system.retried(NAME).await;
                system.inventory().await.is_one_connection().unwrap();
            });
        }
    }
}

#[test]
fn what_a_connection_asks_for_is_its_own_decision_in_the_log_and_no_sweep_decides_otherwise() {
    looked_after(async |system| {
        let nobody = json!({"id": "partner", "effect": "approve", "accounts": ["1000000000000009"]});
        let policy = json!({"version": 1, "mode": "enforce", "grace_minutes": 0, "rules": [nobody]});
        system.put_policy(policy).await;
        let record = system.built(&system.tutorial_by(Kind::PrivateLink)).await;
        let (service, endpoint) = (record.service(), record.endpoint());
        tokio::time::sleep(Duration::from_secs(1800)).await;
        assert_eq!(system.endpoint_connection("b", service, endpoint).await.status, ConnectionStatus::Connected);
        let log = system.endpoint_log(service, endpoint).await;
        let announced =
            log.iter().find(|entry| entry.event.verdict().is_some_and(|it| it.reason == Reason::ApprovedByConnection));
        assert_eq!(announced.unwrap().actor, Actor::Connection(NAME.to_owned()), "{log:#?}");
        let decided = log.iter().filter(|entry| matches!(entry.event, Event::Intended { .. })).count();
        assert_eq!((decided, system.carried_out("EnableVpcEndpointConnection")), (1, 1), "{log:#?}");
        let report = system.store().report().await.unwrap().unwrap();
        assert_eq!(report.findings, [], "nothing is held against it");
        system.removed(NAME).await;
        let last = system.endpoint_log(service, endpoint).await;
        assert!(matches!(&last.last().unwrap().event, Event::Done { act: Act::Cut }), "{last:#?}");
        assert_eq!(last.last().unwrap().state.connection, None);
        system.inventory().await.is_empty().unwrap();
    });
}

#[test]
fn a_rule_that_rejects_and_a_person_who_does_stop_it_and_say_how_to_go_on() {
    looked_after(async |system| {
        let never = json!({"id": "never", "effect": "reject", "accounts": [system.account_id("a")]});
        system.put_policy(json!({"version": 1, "rules": [never]})).await;
        system.post(&system.tutorial_by(Kind::PrivateLink)).await.unwrap();
        let record = system.settled(NAME, Phase::Failed).await;
        assert_eq!(record.stop().step, StepName::ApproveEndpoint);
        assert!(record.stop().advice.contains("approval policy"), "{record:#?}");
        let (service, endpoint) = (record.service(), record.endpoint());
        system.put_policy(json!({"version": 1, "rules": []})).await;
        let path = format!("/v1/approvals/{service}/{endpoint}");
        let say = async |decision: &str| {
            let word = json!({"decision": decision, "reason": "because"});
            let _: Decision = system.tell(Method::POST, &path, &word).await.unwrap();
        };
        say("reject").await;
        system.command(NAME, "retry").await.unwrap();
        let record = system.settled(NAME, Phase::Failed).await;
        assert!(record.stop().what.contains("a person rejected it"), "{record:#?}");
        assert!(record.stop().advice.contains(&path), "{record:#?}");
        assert_eq!(system.carried_out("EnableVpcEndpointConnection"), 0);
        say("approve").await;
        system.retried(NAME).await;
        say("reject").await;
        let patience = Duration::from_secs(300);
        let cut = system.becomes("b", service, endpoint, &ConnectionStatus::Disconnected, patience).await;
        assert!(cut.is_some(), "a person's word counts for a connection's endpoint too");
        system.removed(NAME).await;
        system.inventory().await.is_empty().unwrap();
    });
}

#[test]
fn an_account_that_nobody_listed_is_refused_and_one_that_may_only_ask_is_left_and_told() {
    looked_after(async |system| {
        let mut spec = system.tutorial_by(Kind::PrivateLink);
        let record = system.built(&spec).await;
        let service = record.service().to_owned();
        let account = system.account("c");
        let vpc = &account.vpcs[0];
        let links = system.client("c").private_link(&region());
        let request = |token: &str| new_endpoint(&service, vpc, token.parse().unwrap());
        let refused = links.create_vpc_endpoint(&request("one")).await.unwrap_err();
        assert_eq!(refused.code(), Some("EndpointServiceNotAuthorized"));
        spec["provider"]["service"]["allowed_accounts"] = json!([account.account_id]);
        system.changed(&spec).await;
        let nobody = json!({"id": "partner", "effect": "approve", "accounts": ["1000000000000009"]});
        system.put_policy(json!({"version": 1, "rules": [nobody]})).await;
        let asked = links.create_vpc_endpoint(&request("two")).await.unwrap().endpoint_id;
        tokio::time::sleep(Duration::from_secs(180)).await;
        assert_eq!(system.endpoint_connection("b", &service, &asked).await.status, ConnectionStatus::Disconnected);
        let log = system.endpoint_log(&service, &asked).await;
        assert_eq!(log.last().unwrap().event.verdict().unwrap().reason, Reason::AccountNotListed, "{log:#?}");
    });
}

#[test]
fn what_cannot_be_is_told_before_anything_is_made() {
    looked_after(async |system| {
        let good = system.tutorial_by(Kind::PrivateLink);
        let elsewhere = system.account("a").vpcs.iter().find(|vpc| vpc.region_id == "cn-qingdao").unwrap();
        let told = async |change: &dyn Fn(&mut Value)| {
            let mut spec = good.clone();
            change(&mut spec);
            let problem = system.post(&spec).await.unwrap_err();
            problem.errors.into_iter().map(|error| error.pointer).collect::<Vec<_>>()
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
            spec["probe"] = json!({"port": 80});
            uses(spec, "epsrv-none");
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
    });
}

#[test]
fn an_existing_load_balancer_is_used_as_it_is_and_outlives_the_connection_that_made_it() {
    looked_after(async |system| {
        let first = system.built(&system.tutorial_by(Kind::PrivateLink)).await;
        let balancer = made(&first, Side::Provider).load_balancer_id.as_deref().unwrap().to_owned();
        let mut second = second_spec(system);
        second["provider"]["load_balancer"] = json!({"existing": {"type": "clb", "id": balancer}});
        let record = system.built(&second).await;
        assert_eq!(made(&record, Side::Provider).load_balancer_id, None);
        system.removed(NAME).await;
        let of_b = system.client("b").slb(&region()).describe_load_balancers(&DescribeLoadBalancers::default()).await;
        assert_eq!(of_b.unwrap().len(), 1, "the second one uses it");
        system.removed("second").await;
        system.inventory().await.is_empty().unwrap();
    });
}

/// Whether a zone that is added to a connected endpoint joins by itself is not documented.
#[test]
fn an_endpoint_comes_into_another_zone_and_leaves_one_with_the_vswitch_that_was_made_there() {
    for added_zones_connect in [true, false] {
        looked_after(async |system| moves_to_another_zone(system, added_zones_connect).await);
    }
}

async fn moves_to_another_zone(system: &System, added_zones_connect: bool) {
    let links = system.cloud.private_link();
    links.set_settings(Settings { added_zones_connect, ..links.settings() });
    let (service, zone) = (system.endpoint_service("b", &["a"]).await, "eu-central-1a");
    system.second_zone("b", "10.13.", &service, zone).await;

    let mut spec = system.tutorial_by(Kind::PrivateLink);
    spec["verify"] = "off".into();
    spec["probe"] = json!({"port": 80});
    uses(&mut spec, &service);
    let record = system.built(&spec).await;
    let endpoint = record.endpoint().to_owned();
    let one = spec["consumer"]["zones"][0].clone();
    let other = json!({"zone_id": zone, "cidr_block": "10.11.10.0/28"});
    for (zones, expected) in [
        (json!([one, other]), vec![(zone, "Connected"), ("eu-central-1b", "Connected")]),
        (json!([other]), vec![(zone, "Connected")]),
    ] {
        spec["consumer"]["zones"] = zones;
        system.changed(&spec).await;
        let found = system.endpoint_connection("b", &service, &endpoint).await;
        let mut shown: Vec<_> =
            found.zones.iter().map(|zone| (zone.zone_id.as_str(), zone.status.as_ref().unwrap().as_str())).collect();
        shown.sort_unstable();
        assert_eq!(shown, expected);
        assert_eq!(system.inventory().await.vswitches.len(), expected.len(), "each in a vSwitch of its own");
    }
    system.removed(NAME).await;
    let left = system.inventory().await;
    assert_eq!((left.endpoints, left.vswitches, left.rules), (Vec::new(), Vec::new(), Vec::new()));
    assert_eq!((left.services.len(), left.balancers.len()), (1, 2), "what was there stays");
}

#[test]
fn a_change_that_fails_is_kept_and_goes_on_when_told_to() {
    looked_after(async |system| {
        let mut spec = system.tutorial_by(Kind::PrivateLink);
        let first = system.built(&spec).await;
        let (service, endpoint) = (first.service(), first.endpoint());
        once(system, "UpdateVpcEndpointConnectionAttribute");
        spec["provider"]["bandwidth_mbps"] = 300.into();
        system.put(&spec).await.unwrap();
        system.settled(NAME, Phase::Failed).await;
        system.retried(NAME).await;
        assert_eq!(system.endpoint_connection("b", service, endpoint).await.bandwidth, Some(300));
    });
}
