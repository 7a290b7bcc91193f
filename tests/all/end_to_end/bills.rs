//! Money and quotas come out as what they are.

use causeway_tests::process::{Options, Up};
use connection::words::Kind;
use http::Method;
use serde_json::json;

use crate::end_to_end::common::{both_answer, details, pointers, text};

#[tokio::test]
async fn a_refusal_for_money_or_quota_names_itself_and_says_who_has_to_do_what() {
    let up = Up::start(&Options::default());
    let api = up.api();
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
        let record = api.settled(&name, "failed").await;
        let stop = &record["failure"];
        assert_eq!((text(&stop["step"]), text(&stop["call"]["code"])), ("create-interface", code), "{stop:#}");
        assert!(text(&stop["advice"]).contains(advice), "{stop:#}");
        api.clear_faults().await;
        api.remove(&name).await.accepted();
        api.settled(&name, "removed").await;
    }
}

#[tokio::test]
async fn an_interface_that_is_locked_for_unpaid_bills_is_told_before_another_is_made_and_when_it_must_be_switched() {
    let up = Up::start(&Options::default());
    let api = up.api();
    let record = api.built(&api.tutorial("one")).await;
    let id = text(&record["sides"]["initiator"]["outputs"]["router_interface_id"]);
    api.set_bill_of_interface("a", "cn-qingdao", id, "FinancialLocked").await;
    let second = api.spec("two", ("a", "cn-qingdao"), ("b", "cn-qingdao"));
    let answer = api.send(Method::POST, "/v1/connections", &[], &second.to_string()).await;
    let problem = answer.problem(422, "impossible");
    assert_eq!(pointers(&problem), ["/initiator/vpc_id"], "{problem:#}");
    assert!(details(&problem).contains("locked for unpaid bills"), "{problem:#}");

    api.wish("one", "pause").await.accepted();
    let record = api.settled("one", "failed").await;
    let stop = &record["failure"];
    assert!(text(&stop["call"]["code"]).contains("Financi"), "{stop:#}");
    assert!(text(&stop["advice"]).contains("bills of its owner are outstanding"), "{stop:#}");
    api.set_bill_of_interface("a", "cn-qingdao", id, "Normal").await;
    api.retry("one").await.accepted();
    api.settled("one", "paused").await;
    api.wish("one", "resume").await.accepted();
    api.settled("one", "active").await;
    both_answer(&api).await;
}

#[tokio::test]
async fn a_peering_that_is_locked_for_unpaid_bills_says_so_and_goes_on_once_they_are_paid() {
    let up = Up::start(&Options::default());
    let api = up.api();
    let mut spec = api.tutorial_by(Kind::VpcPeering, "one");
    let record = api.built(&spec).await;
    let id = text(&record["sides"]["initiator"]["outputs"]["peering_id"]);
    api.set_bill_of_peering(id, "FinancialLocked").await;
    spec["bandwidth_mbps"] = json!(100);
    api.put(&spec).await.accepted();
    let record = api.settled("one", "failed").await;
    assert!(text(&record["failure"]["what"]).contains("bills of its owner are outstanding"), "{:#}", record["failure"]);
    assert!(
        text(&record["failure"]["advice"]).contains("settle the bills of both accounts"),
        "{:#}",
        record["failure"]
    );
    api.set_bill_of_peering(id, "Normal").await;
    api.retry("one").await.accepted();
    api.settled("one", "active").await;
    both_answer(&api).await;
}
