//! The guide to private links, within an account and between two.

use api::approvals::DecisionLog;
use api::connections::Plan;
use api::problem::ProblemKind;
use approval::decision::Actor;
use causeway_tests::shown::{Shown as _, pointers};
use connection::proof::Verdict;
use connection::words::{Side, StepName};

use crate::end_to_end::common::{start, writes};

#[tokio::test]
async fn within_an_account_and_between_two_an_endpoint_comes_is_asked_and_goes() {
    for provider in ["a", "b"] {
        let (_up, api) = start();
        let record = api.built(&api.private_link("one", provider)).await;
        api.inventory().await.is_one_connection().unwrap();
        let proof = record.proof(Side::Consumer);
        assert_eq!((proof.method, proof.verdict), (connection::proof::Method::Http, Verdict::Reached), "{record:#?}");
        let chain = [
            StepName::CreateLoadBalancer,
            StepName::CreateEndpointService,
            StepName::CreateEndpoint,
            StepName::ApproveEndpoint,
            StepName::VerifyReachability,
        ];
        assert_eq!(record.steps_done(), chain);
        let path = format!("/v1/approvals/{}/{}", record.service(), record.endpoint());
        let log: DecisionLog = api.get(&path).await.ok();
        assert_eq!(log.entries[0].actor, Actor::Connection("one".to_owned()), "{log:#?}");
        let record = api.removed("one").await;
        assert!(record.owns_nothing(), "{record:#?}");
        api.inventory().await.is_empty().unwrap();
    }
}

#[tokio::test]
async fn a_dry_run_tells_every_call_and_a_wrong_one_every_reason() {
    let (_up, api) = start();
    let mut spec = api.private_link("one", "b");
    spec["dry_run"] = true.into();
    let before = writes(&api).await;
    let plan: Plan = api.post(&spec).await.ok();
    let calls: Vec<_> = plan.plan.iter().filter_map(|line| line.call.as_deref()).collect();
    let expected = [
        "CreateLoadBalancer",
        "AddBackendServers",
        "CreateLoadBalancerHTTPListener",
        "StartLoadBalancerListener",
        "CreateVpcEndpointService",
        "AddUserToVpcEndpointService",
        "CreateVSwitch",
        "AuthorizeSecurityGroup",
        "CreateVpcEndpoint",
        "EnableVpcEndpointConnection",
        "RunCommand",
    ];
    assert_eq!(calls, expected, "{plan:#?}");
    assert_eq!(writes(&api).await, before, "nothing was changed");
    spec["consumer"]["zones"][0]["zone_id"] = "eu-central-1a".into();
    spec["consumer"]["vpc_id"] = "vpc-none".into();
    let refused = api.post(&spec).await.problem(ProblemKind::Malformed);
    assert_eq!(pointers(&refused), ["/consumer/zones/0/zone_id"], "{refused:#?}");
    spec["consumer"]["zones"][0]["zone_id"] = "eu-central-1b".into();
    let refused = api.post(&spec).await.problem(ProblemKind::Impossible);
    assert_eq!(pointers(&refused), ["/consumer/vpc_id"], "{refused:#?}");
    api.inventory().await.is_empty().unwrap();
}
