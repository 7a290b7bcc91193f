//! Money and quotas come out as what they are.

use api::problem::ProblemKind;
use causeway_tests::shown::{Shown as _, details, pointers, refused_call};
use connection::record::Phase;
use connection::words::{Kind, Side, StepName};
use serde_json::json;

use crate::end_to_end::common::{both_answer, start};

#[tokio::test]
async fn a_refusal_for_money_or_quota_names_itself_and_says_who_has_to_do_what() {
    let (_up, api) = start();
    for (number, (code, advice)) in [
        ("COMMODITY.INVALID_COMPONENT", "is not sold to this account"),
        ("Forbidden.FinancileLocked", "bills of its owner are outstanding"),
        ("QuotaExceeded", "raise the quota in the console"),
    ]
    .into_iter()
    .enumerate()
    {
        let fault = json!({"kind": "refuse", "status": 400, "code": code});
        api.set_faults(&json!({"requests": [{"action": "CreateRouterInterface", "fault": fault}]})).await;
        let name = format!("poor-{number}");
        api.create(&api.tutorial(&name)).await;
        let record = api.settled(&name, Phase::Failed).await;
        let stop = record.stop();
        assert_eq!((stop.step, refused_call(stop).1), (StepName::CreateInterface, code), "{stop:#?}");
        assert!(stop.advice.contains(advice), "{stop:#?}");
        api.clear_faults().await;
        api.removed(&name).await;
    }
}

#[tokio::test]
async fn an_interface_that_is_locked_for_unpaid_bills_is_told_before_another_is_made_and_when_it_must_be_switched() {
    let (_up, api) = start();
    let record = api.built(&api.tutorial("one")).await;
    let id = record.interface(Side::Initiator);
    api.set_bill_of_interface("a", "cn-qingdao", id, "FinancialLocked").await;
    let second = api.spec("two", ("a", "cn-qingdao"), ("b", "cn-qingdao"));
    let answer = api.post(&second).await;
    let problem = answer.problem(ProblemKind::Impossible);
    assert_eq!(pointers(&problem), ["/initiator/vpc_id"], "{problem:#?}");
    assert!(details(&problem).contains("locked for unpaid bills"), "{problem:#?}");

    api.command("one", "pause").await.accepted();
    let record = api.settled("one", Phase::Failed).await;
    let stop = record.stop();
    assert!(refused_call(stop).1.contains("Financi"), "{stop:#?}");
    assert!(stop.advice.contains("bills of its owner are outstanding"), "{stop:#?}");
    api.set_bill_of_interface("a", "cn-qingdao", id, "Normal").await;
    api.command("one", "retry").await.accepted();
    api.settled("one", Phase::Paused).await;
    api.resumed("one").await;
    both_answer(&api).await;
}

#[tokio::test]
async fn a_peering_that_is_locked_for_unpaid_bills_says_so_and_goes_on_once_they_are_paid() {
    let (_up, api) = start();
    let mut spec = api.tutorial_by(Kind::VpcPeering, "one");
    let record = api.built(&spec).await;
    let id = record.peering();
    api.set_bill_of_peering(id, "FinancialLocked").await;
    spec["bandwidth_mbps"] = json!(100);
    api.put(&spec).await.accepted();
    let record = api.settled("one", Phase::Failed).await;
    let stop = record.stop();
    assert!(stop.what.contains("bills of its owner are outstanding"), "{stop:#?}");
    assert!(stop.advice.contains("settle the bills of both accounts"), "{stop:#?}");
    api.set_bill_of_peering(id, "Normal").await;
    api.retried("one").await;
    both_answer(&api).await;
}
