//! Connections and documents kept as files: what a plan says is done, once, whatever happens in between.

use std::path::Path;

use causeway_cli::files::FilesError;
use causeway_cli::files::apply::{Applied, How, carry_out, still_holds};
use causeway_cli::files::export::export;
use causeway_cli::files::folder::{Choice, Folder};
use causeway_cli::files::plan::{Action, Plan, Prune};
use causeway_cli::webhook::Webhook;
use causeway_local::faults::{Fault, FaultRule};
use causeway_tests::mortal::{Death, Mortal};
use causeway_tests::scale::shape;
use causeway_tests::system::{System, in_world, in_world_of};
use connection::record::Phase;
use connection::words::Kind;
use serde_json::{Value, json};

fn write(folder: &Path, name: &str, document: &Value) {
    std::fs::write(folder.join(name), document.to_string()).unwrap();
}

fn read(folder: &Path) -> Folder {
    Folder::read(folder, &Choice::default()).unwrap().unwrap_or_else(|faults| panic!("{}", faults[0]))
}

async fn planned(webhook: &Webhook, folder: &Path, prune: &Prune) -> Plan {
    Plan::of(webhook, &read(folder), prune).await.unwrap()
}

async fn applied(webhook: &Webhook, plan: &Plan, side_by_side: usize) -> Result<Applied, FilesError> {
    carry_out(webhook, plan, How { side_by_side, ..How::default() }, &|_| {}).await
}

/// What is done to which connection.
fn actions(plan: &Plan) -> Vec<(&str, Action)> {
    plan.connections.iter().map(|change| (change.name.as_str(), change.action)).collect()
}

/// Connections of one spoke with so many hubs, each a VPC of another account.
fn star(system: &System, hubs: usize) -> Vec<Value> {
    let side = |vpc: &shape::Vpc| {
        let account = system.account(&shape::alias(vpc.account));
        let own = account.vpcs.iter().find(|own| own.cidr_block == vpc.range).unwrap();
        let groups = json!([{"security_group_id": own.security_groups[0].security_group_id}]);
        json!({"account": account.alias, "region_id": own.region_id, "vpc_id": own.vpc_id, "security_groups": groups})
    };
    let spec = |number: usize| {
        let (spoke, hub) = (side(&shape::spoke(0)), side(&shape::hub(2 * number)));
        json!({"name": format!("link-{number}"), "kind": "vpc-peering", "labels": {"team": "one"},
               "initiator": spoke, "acceptor": hub})
    };
    (0..hubs).map(spec).collect()
}

fn fill(folder: &Path, specs: &[Value]) {
    specs.iter().for_each(|spec| write(folder, &format!("{}.json", spec["name"].as_str().unwrap()), spec));
}

#[test]
fn what_files_say_stands_is_changed_and_goes_and_an_export_says_the_same() {
    in_world(async |system| {
        let folder = tempfile::tempdir().unwrap();
        let none = Prune::default();
        let mut spec = system.tutorial_by(Kind::VpcPeering);
        spec["name"] = "link".into();
        spec["labels"] = json!({"team": "one"});
        write(folder.path(), "link.yml", &spec);
        write(folder.path(), "sinks.yml", &json!({"version": 1, "sinks": []}));

        let plan = planned(&system.webhook, folder.path(), &none).await;
        assert_eq!((actions(&plan), plan.documents.len()), (vec![("link", Action::Create)], 1));
        let shown = plan.text();
        assert!(shown.contains("+ document sinks") && shown.contains("CreateVpcPeerConnection"), "{shown}");
        assert!(shown.contains("1 document to put, 1 to create, 0 unchanged"), "{shown}");
        assert!(plan.markdown().contains("| create | `link` | vpc-peering |"), "{}", plan.markdown());
        assert!(system.inventory().await.is_empty().is_ok(), "a plan makes nothing");
        assert!(applied(&system.webhook, &plan, 4).await.unwrap().is_done());
        system.inventory().await.is_one_connection().unwrap();
        let plan = planned(&system.webhook, folder.path(), &none).await;
        assert!(plan.is_empty() && plan.unchanged == 1, "{plan:#?}");

        spec["on_failure"] = "rollback".into();
        write(folder.path(), "link.yml", &spec);
        let plan = planned(&system.webhook, folder.path(), &none).await;
        assert_eq!(actions(&plan), [("link", Action::Change)]);
        assert_eq!(
            plan.connections[0].fields.iter().map(|field| field.pointer.as_str()).collect::<Vec<_>>(),
            ["/on_failure"]
        );
        assert!(applied(&system.webhook, &plan, 4).await.unwrap().is_done());

        // What is live, written as files, asks for nothing.
        let copy = tempfile::tempdir().unwrap();
        let exported = export(&system.webhook, copy.path()).await.unwrap();
        assert_eq!((exported.connections, exported.hidden.len()), (1, 0));
        assert!(exported.documents.contains(&"sinks") && exported.documents.contains(&"accounts"), "{exported:?}");
        let plan = planned(&system.webhook, copy.path(), &none).await;
        assert!(plan.is_empty() && plan.unchanged == 1, "{plan:#?}");
        assert!(matches!(export(&system.webhook, copy.path()).await, Err(FilesError::NotEmpty(_))));

        // Only a label takes away what no file names.
        std::fs::remove_file(folder.path().join("link.yml")).unwrap();
        let plan = planned(&system.webhook, folder.path(), &none).await;
        assert!(plan.is_empty() && plan.unnamed.len() == 1, "{plan:#?}");
        let label = |value: &str| Prune { labels: vec![("team".to_owned(), value.to_owned())] };
        assert!(planned(&system.webhook, folder.path(), &label("two")).await.is_empty());
        let plan = planned(&system.webhook, folder.path(), &label("one")).await;
        assert_eq!(actions(&plan), [("link", Action::Remove)]);
        assert!(applied(&system.webhook, &plan, 4).await.unwrap().is_done());
        system.inventory().await.is_empty().unwrap();

        // The same file makes it again.
        write(folder.path(), "link.yml", &spec);
        let plan = planned(&system.webhook, folder.path(), &none).await;
        assert!(applied(&system.webhook, &plan, 4).await.unwrap().is_done());
    });
}

#[test]
fn what_would_be_refused_or_stopped_is_in_the_plan_with_the_way_out() {
    in_world(async |system| {
        let folder = tempfile::tempdir().unwrap();
        let mut spec = system.tutorial_by(Kind::VpcPeering);
        spec["acceptor"]["account"] = "nobody".into();
        write(folder.path(), "link.yml", &spec);
        let plan = planned(&system.webhook, folder.path(), &Prune::default()).await;
        assert!(plan.is_stopped(), "{plan:#?}");
        let shown = plan.text();
        assert!(shown.contains("✗") && shown.contains("/acceptor/account"), "{shown}");
    });
}

#[test]
fn a_saved_plan_is_refused_when_the_world_moved_and_goes_on_when_it_is_half_done() {
    in_world(async |system| {
        let folder = tempfile::tempdir().unwrap();
        let none = Prune::default();
        let mut spec = system.tutorial_by(Kind::VpcPeering);
        spec["name"] = "link".into();
        write(folder.path(), "link.yml", &spec);
        write(folder.path(), "sinks.yml", &json!({"version": 1, "sinks": []}));
        let plan = planned(&system.webhook, folder.path(), &none).await;
        let saved: Plan = serde_json::from_value(serde_json::to_value(&plan).unwrap()).unwrap();
        assert_eq!(saved, plan, "a plan is read as it was written");

        // It is under way, because an earlier run of this plan began it.
        system.post(&spec).await.unwrap();
        let left = still_holds(&system.webhook, &saved).await.unwrap().unwrap();
        assert_eq!(actions(&left), [("link", Action::Wait)]);
        assert!(applied(&system.webhook, &left, 4).await.unwrap().is_done());
        let left = still_holds(&system.webhook, &saved).await.unwrap().unwrap();
        assert!(left.is_empty() && left.unchanged == 1, "{left:#?}");

        spec["on_failure"] = "rollback".into();
        write(folder.path(), "link.yml", &spec);
        let plan = planned(&system.webhook, folder.path(), &none).await;
        spec["labels"] = json!({"by": "somebody-else"});
        system.changed(&spec).await;
        let other = json!({"version": 1, "source": "urn:other", "sinks": []});
        write(folder.path(), "sinks.yml", &other);
        let with_sinks = planned(&system.webhook, folder.path(), &none).await;
        let put = json!({"version": 1, "source": "urn:third", "sinks": []});
        let _: Value = system.webhook.submit(http::Method::PUT, "/v1/config/sinks", &put).await.unwrap();
        let moved = still_holds(&system.webhook, &plan).await.unwrap().unwrap_err();
        assert!(
            moved.len() == 1 && moved[0].contains("link was changed: it is at generation 2 and was at 1"),
            "{moved:?}"
        );
        let moved = still_holds(&system.webhook, &with_sinks).await.unwrap().unwrap_err();
        assert_eq!(moved, ["document sinks was put by somebody else"]);
        system.removed("link").await;
        let moved = still_holds(&system.webhook, &plan).await.unwrap().unwrap_err();
        assert_eq!(moved, ["connection link is gone"]);
    });
}

#[test]
fn after_one_that_fails_no_other_is_begun_and_the_same_plan_goes_on_when_it_is_put_right() {
    in_world_of(shape::seed(4), &[], async |system| {
        let folder = tempfile::tempdir().unwrap();
        let specs = star(system, 4);
        fill(folder.path(), &specs);
        let plan = planned(&system.webhook, folder.path(), &Prune::default()).await;
        assert_eq!((actions(&plan).len(), plan.is_stopped()), (4, false), "{plan:#?}");
        // The account of the second hub refuses.
        let account = system.account_id(specs[1]["acceptor"]["account"].as_str().unwrap()).to_owned();
        let refusal = Fault::Refuse { status: 403, code: "Forbidden.RAM".to_owned() };
        let rule =
            FaultRule { account: Some(account), times: None, ..FaultRule::once("AcceptVpcPeerConnection", refusal) };
        system.cloud.shared().faults.add(rule);
        let ended = applied(&system.webhook, &plan, 1).await.unwrap();
        let done: Vec<_> = ended.connections.iter().map(|one| (one.done, one.phase)).collect();
        assert_eq!(
            (done[0], done[2], done[3]),
            ((true, Some(Phase::Active)), (false, None), (false, None)),
            "{ended:#?}"
        );
        assert!(!done[1].0 && ended.connections[1].why.as_deref().is_some_and(|why| why.contains(". ")), "{ended:#?}");
        system.cloud.shared().faults.clear();
        system.retried("link-1").await;
        let left = still_holds(&system.webhook, &plan).await.unwrap().unwrap();
        assert_eq!(actions(&left), [("link-2", Action::Create), ("link-3", Action::Create)]);
        assert!(applied(&system.webhook, &left, 2).await.unwrap().is_done());
        system.inventory().await.are_connections(4).unwrap();
    });
}

#[test]
fn an_apply_that_dies_at_any_request_goes_on_when_it_is_run_again() {
    for number in 0.. {
        let mut survived = false;
        for death in [Death::Before(number), Death::After(number)] {
            in_world(async |system| {
                let folder = tempfile::tempdir().unwrap();
                let mut spec = system.tutorial_by(Kind::VpcPeering);
                spec["name"] = "link".into();
                write(folder.path(), "link.yml", &spec);
                write(folder.path(), "sinks.yml", &json!({"version": 1, "sinks": []}));
                let saved = planned(&system.webhook, folder.path(), &Prune::default()).await;
                let (mortal, io) = Mortal::of(system.io(), death);
                let dying = system.webhook_through(&io);
                let first = mortal.lives(async {
                    let left = still_holds(&dying, &saved).await.unwrap().unwrap();
                    applied(&dying, &left, 4).await.unwrap()
                });
                survived = first.await.is_some();
                let left = still_holds(&system.webhook, &saved).await.unwrap().unwrap();
                assert!(applied(&system.webhook, &left, 4).await.unwrap().is_done(), "{death:?}");
                system.inventory().await.is_one_connection().unwrap_or_else(|wrong| panic!("{death:?}: {wrong}"));
                let again = planned(&system.webhook, folder.path(), &Prune::default()).await;
                assert!(again.is_empty() && again.unchanged == 1, "{death:?}: {again:#?}");
            });
        }
        if survived {
            assert!(number > 6, "{number} requests");
            return;
        }
    }
}
