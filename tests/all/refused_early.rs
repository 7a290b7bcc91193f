//! What the cloud would refuse for reasons that no spec shows: it is told when the connection is posted, each with its reason.

use alicloud::cdt::Part;
use causeway_local::calls::{Call, Outcome, Product};
use causeway_local::cdt::State;
use causeway_local::faults::{Fault, FaultRule};
use causeway_local::privatelink::Settings as LinkSettings;
use causeway_local::seed::Seed;
use causeway_local::vpc::Settings as VpcSettings;
use causeway_tests::shown::Shown as _;
use causeway_tests::system::{System, audit_keys, in_world, in_world_of};
use connection::record::Phase;
use connection::words::{Kind, StepName};
use http::Method;
use serde_json::{Value, json};

/// Posts a spec that is refused, and returns all reasons.
async fn refused(system: &System, spec: &Value) -> String {
    let problem = system.post(spec).await.expect_err("it cannot work");
    format!("{problem:?}")
}

/// A world whose accounts have one role for everything. Only such a role lets the webhook try a call dry: a role that reads may not.
fn in_world_of_one_role(test: impl AsyncFnOnce(&System)) {
    in_world_of(Seed::tutorial().with_one_role(), &[], test);
}

/// How far an account has opened what traffic between regions is billed by.
fn opened(system: &System, alias: &str, state: State) {
    system.cloud.cdt().set(system.account_id(alias), state).unwrap();
}

/// The tutorial's peering, but with the initiator's VPC beyond the border of mainland China.
pub fn across_the_border(system: &System) -> Value {
    let mut spec = system.tutorial_by(Kind::VpcPeering);
    let abroad = system.account("a").vpcs.iter().find(|vpc| vpc.region_id == "eu-central-1").expect("a has one");
    spec["initiator"]["region_id"] = abroad.region_id.as_str().into();
    spec["initiator"]["vpc_id"] = abroad.vpc_id.as_str().into();
    for field in ["security_groups", "instance_id"] {
        spec["initiator"].as_object_mut().unwrap().remove(field);
    }
    spec
}

/// Where the cloud's own dry run is asked, too, the account is told once.
#[test]
fn a_peering_between_regions_of_whom_cannot_be_billed_names_the_account() {
    let told_early = async |system: &System| {
        let spec = system.tutorial_by(Kind::VpcPeering);
        for (alias, side) in [("a", "initiator"), ("b", "acceptor")] {
            opened(system, alias, State::Closed);
            let told = refused(system, &spec).await;
            let account = format!("account {alias} ({}) has not opened Cloud Data Transfer", system.account_id(alias));
            for words in [&account, &format!("/{side}/account"), "aliyun cdt OpenCdtService --version 2021-08-13"] {
                assert_eq!(told.matches(words).count(), 1, "{words}: {told}");
            }
            assert!(!told.contains("CdtNotOpened"), "{told}");
            // As it says.
            system.client(alias).cdt().open(Part::WithinBorder).await.unwrap();
            opened(system, alias, State::Open);
        }
        for alias in ["a", "b"] {
            opened(system, alias, State::Closed);
        }
        let told = refused(system, &spec).await;
        assert_eq!(told.matches("has not opened").count(), 2, "both at once: {told}");
        for alias in ["a", "b"] {
            system.client(alias).cdt().open(Part::WithinBorder).await.unwrap();
        }
        system.built(&spec).await;
    };
    in_world(told_early);
    in_world_of_one_role(told_early);
}

#[test]
fn a_peering_across_the_border_needs_both_parts_of_cdt() {
    in_world(async |system| {
        let spec = across_the_border(system);
        for (state, call, other) in [
            (State::WithoutCrossBorder, "OpenCdtCbService", "OpenCdtService"),
            (State::OnlyCrossBorder, "OpenCdtService", "OpenCdtCbService"),
        ] {
            opened(system, "b", state);
            let told = refused(system, &spec).await;
            assert!(told.contains(call) && !told.contains(other) && told.contains("/acceptor/account"), "{told}");
        }
        opened(system, "b", State::Closed);
        for part in [Part::WithinBorder, Part::CrossBorder] {
            refused(system, &spec).await;
            system.client("b").cdt().open(part).await.unwrap();
        }
        system.post(&spec).await.unwrap();
    });
}

#[test]
fn within_a_region_nothing_is_billed_and_nothing_is_looked_at() {
    in_world(async |system| {
        for alias in ["a", "b"] {
            opened(system, alias, State::Closed);
        }
        let mut spec = system.tutorial_by(Kind::VpcPeering);
        let near = system.account("b").vpcs.iter().find(|vpc| vpc.region_id == "cn-qingdao").expect("b has one");
        spec["acceptor"] = json!({"account": "b", "region_id": near.region_id, "vpc_id": near.vpc_id});
        system.post(&spec).await.unwrap();
        assert!(system.cloud.calls().iter().all(|call| call.info.product != Product::Cdt));
    });
}

/// The owner has not updated the role yet. Whether the cloud can bill, the step finds out.
#[test]
fn where_the_role_may_not_look_create_peering_is_told_and_leaves_nothing() {
    in_world(async |system| {
        let identities = &system.cloud.shared().identities;
        let mut role = identities.role(system.account_id("b"), "causeway-read").unwrap();
        for policy in &mut role.policies {
            let statements = policy["Statement"].as_array_mut().unwrap();
            statements.retain(|statement| !statement["Action"][0].as_str().unwrap().starts_with("cdt:"));
        }
        identities.put_role(role).unwrap();
        opened(system, "b", State::Closed);
        let spec = system.tutorial_by(Kind::VpcPeering);
        system.post(&spec).await.unwrap();
        let refused = |call: &Call| call.outcome == Outcome::Refused { code: "NoPermission".into() };
        assert!(system.cloud.calls().iter().any(|call| call.info.action == "GetCdtServiceStatus" && refused(call)));
        is_told_by_the_step(system).await;
    });
}

#[test]
fn what_closes_after_the_look_create_peering_is_told_and_leaves_nothing() {
    in_world(async |system| {
        system.cloud.shared().faults.add(FaultRule::once("CreateVpcPeerConnection", Fault::Throttle));
        system.post(&system.tutorial_by(Kind::VpcPeering)).await.unwrap();
        opened(system, "b", State::Closed);
        is_told_by_the_step(system).await;
    });
}

/// b's CDT is closed.
async fn is_told_by_the_step(system: &System) {
    let record = system.settled("qingdao-beijing", Phase::Failed).await;
    let stop = record.stop();
    assert_eq!(stop.step, StepName::CreatePeering, "{stop:#?}");
    assert!(stop.advice.contains("Its owner has to open it in the console"), "{stop:#?}");
    // As it says.
    opened(system, "b", State::Open);
    system.retried("qingdao-beijing").await;
}

/// The peering is billed already, so a change of it has nothing to ask.
#[test]
fn a_peering_that_stands_is_changed_although_cdt_was_closed_since() {
    in_world(async |system| {
        let mut spec = system.tutorial_by(Kind::VpcPeering);
        system.built(&spec).await;
        opened(system, "a", State::Closed);
        spec["bandwidth_mbps"] = json!(100);
        system.changed(&spec).await;
    });
}

#[test]
fn accounts_of_two_sites_are_not_peered() {
    in_world_of_one_role(async |system| {
        system.cloud.vpc_peer().set_international(system.account_id("b"));
        let told = refused(system, &system.tutorial_by(Kind::VpcPeering)).await;
        assert!(told.contains("different sites (China and international)"), "{told}");
    });
}

#[test]
fn a_private_link_of_an_account_that_has_not_opened_the_product_says_so() {
    in_world(async |system| {
        let links = system.cloud.private_link();
        links.set_settings(LinkSettings { needs_opening: true, ..links.settings() });
        let told = refused(system, &system.tutorial_by(Kind::PrivateLink)).await;
        assert!(told.contains("NeedOpenProduct") && told.contains("/consumer/account"), "{told}");
    });
}

/// Nothing tells beforehand whether an account may buy router interfaces.
#[test]
fn an_account_to_which_router_interfaces_are_not_sold_is_told_the_way_out() {
    in_world(async |system| {
        let vpc = system.cloud.vpc();
        vpc.set_settings(VpcSettings { sells_interfaces: false, ..vpc.settings() });
        system.post(&system.tutorial()).await.unwrap();
        let record = system.at_rest("qingdao-beijing").await;
        assert_eq!(record.phase(), Phase::Failed);
        let advice = &record.stop().advice;
        assert!(advice.contains("2019-06-20") && advice.contains("use kind vpc-peering"), "{advice}");
        // As it says.
        system.remove("qingdao-beijing").await;
        let mut spec = system.tutorial_by(Kind::VpcPeering);
        spec["name"] = "by-peering".into();
        system.post(&spec).await.unwrap();
        assert_eq!(system.at_rest("by-peering").await.phase(), Phase::Active);
    });
}

#[test]
fn before_any_account_is_connected_the_functions_idle_and_a_request_is_told_what_to_do_first() {
    in_world(async |system| {
        let accounts = system.store().accounts().await.unwrap().unwrap();
        system.forget_accounts().await;
        tokio::time::sleep(std::time::Duration::from_secs(15 * 60)).await;
        let failed = system.cloud.fc().invocations_since(0).into_iter().filter(|one| !one.outcome.is_success());
        assert_eq!(failed.count(), 0, "timers idle");
        let told = refused(system, &system.tutorial()).await;
        assert!(told.contains("no account is connected yet") && told.contains("config/accounts.json"), "{told}");
        system.store().put_accounts(&accounts).await.unwrap();
        system.post(&system.tutorial()).await.unwrap();
        assert_eq!(system.at_rest("qingdao-beijing").await.phase(), Phase::Active);
    });
}

#[test]
fn what_a_kind_needs_is_refused_where_the_kind_is_not_deployed_and_nothing_begins() {
    in_world(async |system| {
        let peering = system.tutorial_by(Kind::VpcPeering);
        system.built(&peering).await;
        let name = peering["name"].as_str().expect("it has a name").to_owned();
        system.deploys_only(&[Kind::RouterInterface]).await;

        let told = refused(system, &system.tutorial_by(Kind::PrivateLink)).await;
        assert!(told.contains("/kind") && told.contains("parameter Kinds"), "{told}");
        let policy = json!({"version": 1, "rules": []});
        let word = json!({"decision": "approve", "reason": "agreed on the phone"});
        for (method, path, body) in [
            (Method::PUT, "/v1/approval-policy".to_owned(), policy),
            (Method::POST, "/v1/approvals/epsrv-a/ep-b".to_owned(), word),
            (Method::DELETE, format!("/v1/connections/{name}"), json!({})),
            (Method::PUT, format!("/v1/connections/{name}"), peering.clone()),
        ] {
            let refusal = system.tell::<Value>(method, &path, &body).await.expect_err("nobody could carry it out");
            let told = format!("{refusal:?}");
            assert!(told.contains("not deployed here") && told.contains("parameter Kinds"), "{path}: {told}");
        }
        assert!(system.store().policy(audit_keys().trusted()).await.unwrap().is_none(), "the policy was not kept");
        let record = system.settled(&name, Phase::Active).await;
        assert_eq!(record.summary.generation, 1, "{record:#?}");

        system.deploys_only(&Kind::ALL).await;
        system.removed(&name).await;
    });
}

/// Its hosts do not exist either, as it is without an address for all products.
#[test]
fn a_region_that_does_not_exist_is_suspected_where_its_hosts_do_not_answer() {
    in_world(async |system| {
        for (kind, sides) in [
            (Kind::VpcPeering, &["initiator"][..]),
            (Kind::VpcPeering, &["acceptor"]),
            (Kind::RouterInterface, &["acceptor"]),
            (Kind::PrivateLink, &["consumer", "provider"]),
        ] {
            let mut spec = system.tutorial_by(kind);
            for side in sides {
                spec[side]["region_id"] = "cn-atlantis".into();
            }
            let answer = system.webhook.send(Method::POST, "/v1/connections", &[], &spec.to_string()).await.unwrap();
            let problem: api::problem::Problem = serde_json::from_slice(answer.body()).unwrap();
            assert_eq!(problem.status, 503, "{kind}: {problem:?}");
            let advice = format!("if it stays so, check that /{}/region_id is a region that exists", sides[0]);
            assert!(problem.detail.ends_with(&advice), "{kind}: {problem:?}");
            assert!(!problem.detail.contains("accounts.json"), "{kind}: {problem:?}");
        }
    });
}
