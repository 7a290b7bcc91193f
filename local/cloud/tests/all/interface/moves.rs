//! Every move of the state machine, legal or not.

use std::time::Duration;

use causeway_local::delays::Wait;
use causeway_local::vpc::{BusinessStatus, Status};

use super::{HERE, Pair, see};
use crate::testing::{pass, refused};

/// The initiator of a pair, brought to `state` and stuck there.
async fn initiator_at(state: Status) -> Pair {
    let pair = match state {
        Status::Idle | Status::Connecting => Pair::acquainted().await,
        _ => Pair::active().await,
    };
    let delays = &pair.a.cloud.shared().delays;
    match state {
        Status::Idle | Status::Active => {}
        Status::Connecting => {
            delays.stick(Wait::InterfaceConnect);
            pair.on_a("ConnectRouterInterface").await.unwrap();
        }
        Status::Deactivating => {
            delays.stick(Wait::InterfaceDeactivate);
            pair.on_a("DeactivateRouterInterface").await.unwrap();
        }
        Status::Inactive | Status::Activating | Status::Deleting => {
            pair.on_a("DeactivateRouterInterface").await.unwrap();
            pass(Duration::from_secs(5)).await;
            if state == Status::Activating {
                delays.stick(Wait::InterfaceActivate);
                pair.on_a("ActivateRouterInterface").await.unwrap();
            }
            if state == Status::Deleting {
                delays.stick(Wait::InterfaceDelete);
                pair.on_a("DeleteRouterInterface").await.unwrap();
            }
        }
        Status::AcceptingConnecting | Status::Deleted => unreachable!("no initiator is ever there"),
    }
    pass(Duration::from_secs(60)).await;
    assert_eq!(pair.statuses().await.0, state.word());
    pair
}

#[tokio::test(start_paused = true)]
async fn each_call_is_refused_with_its_own_code_in_each_state_that_does_not_allow_it() {
    use Status as S;
    let calls = [
        ("ConnectRouterInterface", [S::Idle].as_slice(), "IncorrectRIStatus"),
        ("ActivateRouterInterface", &[S::Inactive], "IncorrectRIStatus"),
        ("DeactivateRouterInterface", &[S::Active], "IncorrectStatus"),
        ("DeleteRouterInterface", &[S::Idle, S::Inactive], "InvalidInstance.StatusError"),
    ];
    let states = [S::Idle, S::Connecting, S::Activating, S::Active, S::Deactivating, S::Inactive, S::Deleting];
    for state in states {
        for (action, legal, code) in calls {
            let pair = initiator_at(state).await;
            let answer = pair.on_a(action).await;
            if legal.contains(&state) {
                assert!(answer.is_ok(), "{action} at {state:?}: {answer:?}");
            } else {
                assert_eq!(answer, refused(400, code), "{action} at {state:?}");
            }
        }
        let pair = initiator_at(state).await;
        let spec = [("RouterInterfaceId", pair.initiator.as_str()), ("Spec", "Mini.5")];
        let answer = pair.a.vpc_call(HERE, "ModifyRouterInterfaceSpec", &spec).await;
        if state == S::Active {
            assert_eq!(answer.unwrap()["Spec"], "Mini.5");
            assert_eq!(pair.statuses().await.0, "Activating");
        } else {
            assert_eq!(answer, refused(400, "InvalidInstance.StatusError"), "ModifySpec at {state:?}");
        }
        let pair = initiator_at(state).await;
        let answer = pair.tell_initiator().await;
        if state == S::Idle {
            assert!(answer.is_ok());
        } else {
            assert_eq!(answer, refused(400, "InvalidParam.ModifyRouterInterface"), "peer info at {state:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_pair_goes_all_the_way_with_both_sides_seeing_each_other() {
    let pair = Pair::acquainted().await;
    pair.on_a("ConnectRouterInterface").await.unwrap();
    assert_eq!(pair.statuses().await, ("Connecting".into(), "AcceptingConnecting".into()));
    assert_eq!(pair.see_a().await["OppositeInterfaceStatus"], "AcceptingConnecting");
    pass(Duration::from_millis(6_400)).await;
    assert_eq!(pair.statuses().await.0, "Connecting");
    pass(Duration::from_millis(200)).await;
    assert_eq!(pair.statuses().await, ("Active".into(), "Active".into()));
    let b = pair.see_b().await;
    assert_eq!(b["OppositeInterfaceStatus"], "Active");
    assert_eq!(b["OppositeInterfaceSpec"], "Mini.2");
    assert_eq!(b["OppositeBandwidth"], 2);
    assert!(!b["ConnectedTime"].as_str().unwrap().is_empty());

    pair.on_a("DeactivateRouterInterface").await.unwrap();
    pass(Duration::from_secs(5)).await;
    assert_eq!(pair.statuses().await, ("Inactive".into(), "Active".into()));
    pair.on_a("ActivateRouterInterface").await.unwrap();
    pass(Duration::from_secs(5)).await;
    assert_eq!(pair.statuses().await, ("Active".into(), "Active".into()));
}

#[tokio::test(start_paused = true)]
async fn the_side_that_stays_ends_up_inactive_with_a_deleted_opposite_and_never_comes_back() {
    let pair = Pair::active().await;
    pair.on_a("DeactivateRouterInterface").await.unwrap();
    pass(Duration::from_secs(5)).await;
    pair.on_a("DeleteRouterInterface").await.unwrap();
    assert_eq!(pair.see_b().await["OppositeInterfaceStatus"], "Deleting");
    pass(Duration::from_secs(5)).await;
    assert!(see(&pair.a, HERE, &pair.initiator).await.is_none());
    let b = pair.see_b().await;
    assert_eq!(
        (&b["Status"], &b["OppositeInterfaceStatus"], &b["BusinessStatus"]),
        (&"Inactive".into(), &"Deleted".into(), &"Normal".into())
    );
    assert_eq!(pair.on_b("ActivateRouterInterface").await, refused(400, "IncorrectRIStatus"));
    assert!(pair.on_b("DeleteRouterInterface").await.is_ok());
    assert_eq!(pair.on_a("DeleteRouterInterface").await, refused(404, "InvalidInstanceId.NotFound"));
    assert_eq!(pair.on_a("ActivateRouterInterface").await, refused(404, "InvalidRouterInterfaceId.NotFound"));
}

#[tokio::test(start_paused = true)]
async fn a_stuck_connection_goes_on_when_the_rule_goes() {
    let pair = Pair::acquainted().await;
    let delays = pair.a.cloud.shared().delays.clone();
    delays.stick(Wait::InterfaceConnect);
    pair.on_a("ConnectRouterInterface").await.unwrap();
    pass(Duration::from_secs(3600)).await;
    assert_eq!(pair.statuses().await, ("Connecting".into(), "AcceptingConnecting".into()));
    delays.clear();
    assert_eq!(pair.statuses().await, ("Active".into(), "Active".into()));
}

#[tokio::test(start_paused = true)]
async fn an_unpaid_interface_locks_its_account() {
    let pair = Pair::active().await;
    let lock = |status| {
        let vpc = pair.a.cloud.vpc();
        assert!(vpc.set_business_status(&pair.a.account_id, HERE, &pair.initiator, status).unwrap());
    };
    lock(BusinessStatus::FinancialLocked);
    assert_eq!(pair.see_b().await["OppositeInterfaceBusinessStatus"], "FinancialLocked");
    assert_eq!(pair.on_a("DeactivateRouterInterface").await, refused(400, "Forbidden.FinancileLocked"));
    let spec = [("RouterInterfaceId", pair.initiator.as_str()), ("Spec", "Mini.5")];
    let answer = pair.a.vpc_call(HERE, "ModifyRouterInterfaceSpec", &spec).await;
    assert_eq!(answer, refused(400, "Forbidden.FinancialLocked"));
    let router = pair.a.vpc("cn-beijing").vrouter_id;
    let other = super::try_create(&pair.a, "cn-beijing", &router, HERE, "InitiatingSide", "Mini.2").await;
    assert_eq!(other, refused(400, "Forbidden.BillsOutstanding"));
    lock(BusinessStatus::Normal);
    assert!(pair.on_a("DeactivateRouterInterface").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_undocumented_can_be_switched() {
    let pair = Pair::active().await;
    let vpc = pair.a.cloud.vpc();
    vpc.set_settings(causeway_local::vpc::Settings {
        deactivation_reaches_peer: true,
        older_codes: true,
        ..vpc.settings()
    });
    pair.on_a("DeactivateRouterInterface").await.unwrap();
    pass(Duration::from_secs(5)).await;
    assert_eq!(pair.statuses().await, ("Inactive".into(), "Inactive".into()));
    assert_eq!(pair.on_a("ConnectRouterInterface").await, refused(400, "IncorrectStatus"));
}
