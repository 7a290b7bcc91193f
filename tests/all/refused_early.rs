//! What the cloud would refuse for reasons that no spec shows: it is told when the connection is posted, each with its reason.

use causeway_local::privatelink::Settings as LinkSettings;
use causeway_local::seed::Seed;
use causeway_local::vpc::Settings as VpcSettings;
use causeway_local::vpcpeer::Cdt;
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

#[test]
fn a_peering_between_regions_of_whom_cannot_be_billed_names_the_account() {
    in_world_of_one_role(async |system| {
        let spec = system.tutorial_by(Kind::VpcPeering);
        for (alias, words) in [("a", "which this account has not opened"), ("b", "which the accepting account has not")]
        {
            system.cloud.vpc_peer().set_cdt(system.account_id(alias), Cdt::Closed);
            let told = refused(system, &spec).await;
            assert!(told.contains("CDT") && told.contains(words), "{told}");
            system.cloud.vpc_peer().set_cdt(system.account_id(alias), Cdt::Open);
        }
        system.post(&spec).await.unwrap();
    });
}

#[test]
fn a_peering_across_the_border_needs_a_licence() {
    in_world_of_one_role(async |system| {
        let mut spec = system.tutorial_by(Kind::VpcPeering);
        let abroad = system.account("a").vpcs.iter().find(|vpc| vpc.region_id == "eu-central-1").expect("a has one");
        spec["initiator"]["region_id"] = abroad.region_id.as_str().into();
        spec["initiator"]["vpc_id"] = abroad.vpc_id.as_str().into();
        for field in ["security_groups", "instance_id"] {
            spec["initiator"].as_object_mut().unwrap().remove(field);
        }
        system.cloud.vpc_peer().set_cdt(system.account_id("a"), Cdt::WithoutCrossBorder);
        let told = refused(system, &spec).await;
        assert!(told.contains("crosses the border of mainland China"), "{told}");
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
fn where_the_webhook_only_reads_create_peering_is_told_and_leaves_nothing() {
    in_world(async |system| {
        let spec = system.tutorial_by(Kind::VpcPeering);
        system.cloud.vpc_peer().set_cdt(system.account_id("b"), Cdt::Closed);
        system.post(&spec).await.unwrap();
        let record = system.settled("qingdao-beijing", Phase::Failed).await;
        let stop = record.stop();
        assert_eq!(stop.step, StepName::CreatePeering, "{stop:#?}");
        assert!(stop.advice.contains("Its owner has to open it in the console"), "{stop:#?}");
        // As it says.
        system.cloud.vpc_peer().set_cdt(system.account_id("b"), Cdt::Open);
        system.retried("qingdao-beijing").await;
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
