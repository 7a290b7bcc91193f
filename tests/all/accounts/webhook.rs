//! What the webhook says of a connected account.

use std::collections::BTreeSet;

use api::accounts::{AccountCheck, AccountChecks, Deployment, Look, LookOutcome};
use api::problem::ProblemKind;
use causeway_local::opened::Openable;
use causeway_local::ram::{Role, Trust};
use causeway_tests::system::{System, in_world};
use connection::account::Account;
use connection::words::Kind;
use http::Method;
use serde_json::json;

async fn checked(system: &System, alias: &str) -> AccountChecks {
    system.ask(Method::POST, &format!("/v1/accounts/{alias}/checks")).await.expect("an admin may look")
}

fn of(checks: &AccountChecks, look: Look) -> &AccountCheck {
    checks.checks.iter().find(|check| check.look == look).unwrap_or_else(|| panic!("{look:?} in {checks:#?}"))
}

fn outcomes(checks: &AccountChecks) -> Vec<(Look, LookOutcome)> {
    checks.checks.iter().map(|check| (check.look, check.outcome)).collect()
}

fn change_role(system: &System, alias: &str, change: impl FnOnce(&mut Role)) {
    let identities = &system.cloud.shared().identities;
    let mut role = identities.role(system.account_id(alias), "causeway-read").unwrap();
    change(&mut role);
    identities.put_role(role).unwrap();
}

#[test]
fn every_product_that_the_kinds_need_is_looked_at_in_the_account() {
    in_world(async |system| {
        let found = checked(system, "a").await;
        let looks = [
            Look::Access,
            Look::Vpc,
            Look::Ecs,
            Look::Peering,
            Look::Cdt,
            Look::CdtCrossBorder,
            Look::PrivateLink,
            Look::LoadBalancer,
        ];
        assert_eq!(outcomes(&found), looks.map(|look| (look, LookOutcome::Passed)));
        assert_eq!((found.account_id.as_str(), found.has_failed()), (system.account_id("a"), false));
        let elsewhere: AccountChecks =
            system.ask(Method::POST, "/v1/accounts/a/checks?region=cn-qingdao").await.unwrap();
        assert_eq!(elsewhere.region_id.as_str(), "cn-qingdao");
        let jd = checked(system, "jd-a").await;
        assert_eq!(outcomes(&jd), [Look::Access, Look::Vpc].map(|look| (look, LookOutcome::Passed)));

        system.deploys_only(&[Kind::RouterInterface]).await;
        let fewer = [Look::Access, Look::Vpc, Look::Ecs].map(|look| (look, LookOutcome::Passed));
        assert_eq!(outcomes(&checked(system, "a").await), fewer);
        let deployment: Deployment = system.ask(Method::GET, "/v1/deployment").await.unwrap();
        let home = &system.cloud.shared().home;
        assert_eq!((deployment.account_id, deployment.stack.as_str()), (home.account_id.clone(), "causeway"));
        assert_eq!(
            (deployment.region_id.as_str(), deployment.kinds),
            (home.region.as_str(), vec![Kind::RouterInterface])
        );
    });
}

/// What was assumed before counts for nothing: the look before each of these passed.
#[test]
fn a_role_that_is_missing_or_trusts_somebody_else_fails_and_nothing_else_is_tried() {
    in_world(async |system| {
        assert!(!checked(system, "a").await.has_failed());
        change_role(system, "a", |role| role.trust = Trust::account("1000000000000009"));
        let found = checked(system, "a").await;
        assert_eq!(outcomes(&found), [(Look::Access, LookOutcome::Failed)]);
        let access = of(&found, Look::Access);
        assert_eq!(access.permission.as_deref(), Some("sts:AssumeRole"), "{access:#?}");
        assert!(access.advice.as_ref().is_some_and(|advice| advice.contains("trust")), "{access:#?}");

        system.cloud.shared().identities.remove_role(system.account_id("a"), "causeway-read").unwrap();
        let found = checked(system, "a").await;
        let access = of(&found, Look::Access);
        let code = access.call.as_ref().and_then(|call| call.code.as_deref());
        assert_eq!((access.outcome, code), (LookOutcome::Failed, Some("EntityNotExist.Role")), "{access:#?}");
        assert!(access.call.as_ref().is_some_and(|call| call.request_id.is_some()), "{access:#?}");
    });
}

#[test]
fn a_permission_that_is_missing_is_named_and_the_other_products_are_looked_at() {
    in_world(async |system| {
        change_role(system, "b", |role| {
            for policy in &mut role.policies {
                let statements = policy["Statement"].as_array_mut().unwrap();
                statements.retain(|statement| !statement["Action"].to_string().contains("slb:DescribeLoadBalancers"));
            }
        });
        let found = checked(system, "b").await;
        let failed: Vec<_> = found.checks.iter().filter(|check| check.outcome != LookOutcome::Passed).collect();
        let [balancers] = failed[..] else { panic!("{found:#?}") };
        assert_eq!((balancers.look, balancers.outcome), (Look::LoadBalancer, LookOutcome::Failed));
        assert_eq!(balancers.permission.as_deref(), Some("slb:DescribeLoadBalancers"));
        assert!(found.has_failed());
    });
}

#[test]
fn a_product_that_is_not_opened_is_told_with_what_opens_it_and_is_no_failure() {
    in_world(async |system| {
        let id = system.account_id("a");
        let but_links = Openable::ALL.iter().copied().filter(|one| *one != Openable::PrivateLink);
        system.cloud.shared().opened.set(id, &but_links.collect::<BTreeSet<_>>()).unwrap();
        system.cloud.cdt().set(id, causeway_local::cdt::State::OnlyCrossBorder).unwrap();
        let found = checked(system, "a").await;
        for (look, call) in [(Look::PrivateLink, "OpenPrivateLinkService"), (Look::Cdt, "OpenCdtService")] {
            let closed = of(&found, look);
            assert_eq!(closed.outcome, LookOutcome::Closed, "{closed:#?}");
            assert!(closed.what.as_ref().is_some_and(|what| what.contains(call)), "{closed:#?}");
        }
        assert_eq!(of(&found, Look::CdtCrossBorder).outcome, LookOutcome::Passed);
        assert!(!found.has_failed());
    });
}

#[test]
fn the_document_is_read_anew_and_only_an_admin_may_look() {
    in_world(async |system| {
        assert!(!checked(system, "jd-a").await.has_failed());
        let mut accounts = system.store().accounts().await.unwrap().unwrap();
        for account in accounts.accounts.values_mut() {
            if let Account::Jdcloud(account) = account {
                account.key = "nobodys".to_owned();
            }
        }
        accounts.accounts.remove(&"b".parse().unwrap());
        system.store().put_accounts(&accounts).await.unwrap();
        let found = checked(system, "jd-a").await;
        assert_eq!(outcomes(&found), [(Look::Access, LookOutcome::Failed)]);
        let gone: Result<AccountChecks, _> = system.ask(Method::POST, "/v1/accounts/b/checks").await;
        assert_eq!(gone.unwrap_err().kind, ProblemKind::NotFound);

        let roles = json!([{"role": "requester"}, {"role": "operator"}, {"role": "approver"}]);
        system.puts_callers(true, &json!({"ann": {"credential": "webhook-secret", "roles": roles}}), &json!({})).await;
        for (method, path) in [(Method::POST, "/v1/accounts/a/checks"), (Method::GET, "/v1/deployment")] {
            let refused: Result<serde_json::Value, _> = system.tell_as("ann", method, path, &json!(null)).await;
            assert_eq!(refused.unwrap_err().kind, ProblemKind::Forbidden, "{path}");
        }
    });
}
