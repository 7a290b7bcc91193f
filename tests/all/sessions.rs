//! What a function can do in a connected account: what its step does for one connection, and nothing else, under a name that
//! tells for which.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use alicloud::ecs::{AuthorizeSecurityGroup, IpProtocol, PortRange, RuleSource, RunCommand, SecurityRule};
use alicloud::vpc::{CreateRouteEntry, DescribeVpcs, NextHopType};
use alicloud::{Client, Credentials, Endpoints, Kind};
use api::connections::Plan;
use causeway_local::calls::Product;
use causeway_local::identity::Principal;
use causeway_local::ram::{Role, Trust, role_arn};
use causeway_local::seed::Seed;
use causeway_tests::shown::Shown as _;
use causeway_tests::system::{System, in_world, in_world_of};
use connection::account::{Account, NarrowTo, Need};
use connection::proof::Verdict;
use connection::record::{Phase, Record};
use connection::words::{Kind as ConnectionKind, Side, StepName};
use engine::clouds::Clouds;
use engine::dispatch::Queues;
use engine::services::{Home, Services};
use engine::step::SideContext;
use http::Method;
use secrecy::ExposeSecret as _;
use serde_json::json;

const NAME: &str = "qingdao-beijing";

/// The clouds as somebody has them who got hold of a function's credentials and runs code of their own.
pub async fn clouds(system: &System, function: &str) -> Clouds {
    let shared = system.cloud.shared();
    let function = format!("causeway-{function}");
    let arn = role_arn(&shared.home.account_id, &function);
    let issued = shared.identities.assume(&arn, "test", Duration::from_secs(3600)).expect("the template has it");
    let credentials = Credentials::new(issued.access_key_id, issued.access_key_secret.expose_secret())
        .with_security_token(issued.security_token.expose_secret());
    let endpoints = Endpoints::at("http://cloud.test").expect("it is an address");
    let client = Client::new(system.io().clone(), endpoints, Arc::new(credentials));
    let accounts = system.store().accounts().await.expect("the store answers").expect("there are accounts");
    Clouds::new(client, Arc::new(accounts), &function)
}

/// The same as the services of a step.
async fn services(system: &System, function: &str) -> Services {
    let home = &system.cloud.shared().home;
    let account = home.account_id.parse().expect("an account id");
    let region = home.region.parse().expect("a region");
    let mns = system.client("operator").mns(&account, &region);
    Services {
        store: system.store(),
        copies: None,
        queues: Queues::new(mns, "causeway-"),
        clouds: clouds(system, function).await,
        kinds: ConnectionKind::ALL.to_vec(),
        home: Home { account, region, stack: "causeway".to_owned() },
        audit: causeway_tests::system::audit_keys(),
        io: system.io().clone(),
    }
}

async fn record(system: &System) -> Record {
    system.store().read(&NAME.parse().unwrap()).await.unwrap().unwrap().record
}

fn route(table: &str, next_hop_id: &str) -> CreateRouteEntry {
    CreateRouteEntry {
        route_table_id: table.to_owned(),
        destination: "10.99.0.0/24".parse().unwrap(),
        next_hop_type: NextHopType::RouterInterface,
        next_hop_id: next_hop_id.to_owned(),
        name: None,
        description: None,
        client_token: "by-somebody".parse().unwrap(),
    }
}

fn opening(group: &str) -> AuthorizeSecurityGroup {
    let anywhere = RuleSource::Cidr("0.0.0.0/0".parse().unwrap());
    AuthorizeSecurityGroup {
        security_group_id: group.to_owned(),
        rules: vec![SecurityRule::accept(IpProtocol::All, PortRange::from("-1/-1"), anywhere)],
        client_token: "by-somebody".parse().unwrap(),
    }
}

fn command(instance: &str, user: &str) -> RunCommand {
    RunCommand {
        instance_ids: vec![instance.to_owned()],
        script: "true".to_owned(),
        timeout_seconds: 10,
        name: None,
        username: user.to_owned(),
        working_dir: "/".to_owned(),
        client_token: format!("{instance}-{user}").parse().unwrap(),
    }
}

fn denied<T: std::fmt::Debug>(what: &str, answer: Result<T, alicloud::Error>) {
    let error = answer.expect_err(what);
    assert_eq!(error.kind(), Kind::Denied, "{what}: {error}");
}

#[test]
fn a_step_whose_code_asks_for_more_than_its_connection_is_refused() {
    in_world(async |system| {
        system.built(&system.tutorial()).await;
        let record = record(system).await;
        let other = system.account("a").vpcs.iter().find(|vpc| vpc.region_id == "cn-beijing").unwrap();
        let own = &record.sides[&Side::Initiator];
        let interface = own.outputs.router_interface_id.as_deref().unwrap();
        let table = &own.network.route_tables[0];

        let services = services(system, "add-route").await;
        let side = SideContext::of(&record, Side::Initiator, StepName::AddRoute, &services).unwrap().for_change();
        let (client, region) = side.client().unwrap();
        let vpc = client.vpc(&region);
        vpc.create_route_entry(&route(table, interface)).await.expect("it is the connection's own table");
        denied("another table of the region", vpc.create_route_entry(&route("vtb-other", interface)).await);
        let elsewhere = client.vpc(&"cn-beijing".parse().unwrap());
        denied("another region", elsewhere.create_route_entry(&route(table, interface)).await);
        denied("what another step does", vpc.deactivate_router_interface(interface).await);
        let group = &other.security_groups[0].security_group_id;
        denied("another product", client.ecs(&region).authorize_security_group(&opening(group)).await);
        denied("a listing of another step", vpc.describe_vpcs(&DescribeVpcs::default()).await);

        // Whoever looks changes nothing, not even what the step may change.
        let looking = SideContext::of(&record, Side::Initiator, StepName::AddRoute, &services).unwrap();
        denied("a role of another need", looking.vpc().unwrap().all_route_entries(table).await);
        let instance = other.instances[0].instance_id.parse().unwrap();
        let (ecs, _) = side.commands(&instance).unwrap();
        denied("a command", ecs.run_command(&command(instance.as_str(), "nobody")).await);
    });
}

#[test]
fn a_group_that_the_connection_does_not_name_is_out_of_reach() {
    in_world(async |system| {
        let spec = system.tutorial();
        system.built(&spec).await;
        let record = record(system).await;
        let services = services(system, "authorize-security-group").await;
        let side = SideContext::of(&record, Side::Initiator, StepName::AuthorizeSecurityGroup, &services);
        let ecs = side.unwrap().for_change().ecs().unwrap();
        let own = spec["initiator"]["security_groups"][0]["security_group_id"].as_str().unwrap();
        ecs.authorize_security_group(&opening(own)).await.expect("the connection names it");
        denied("another group", ecs.authorize_security_group(&opening("sg-other")).await);
    });
}

#[test]
fn commands_run_on_the_instance_of_the_connection_as_a_plain_user_and_nowhere_else() {
    in_world(async |system| {
        let spec = system.tutorial();
        let built = system.built(&spec).await;
        assert_eq!(built.proof(Side::Initiator).verdict, Verdict::Reached);
        let record = record(system).await;
        let services = services(system, "verify-reachability").await;
        let side = SideContext::of(&record, Side::Initiator, StepName::VerifyReachability, &services).unwrap();
        let side = side.for_change();
        let own = spec["initiator"]["instance_id"].as_str().unwrap();
        let (ecs, user) = side.commands(&own.parse().unwrap()).unwrap();
        assert_eq!(user, "nobody");
        ecs.run_command(&command(own, user)).await.expect("the connection names it");
        denied("as root", ecs.run_command(&command(own, "root")).await);
        denied("another instance", ecs.run_command(&command("i-other", user)).await);
        denied("a look at instances", ecs.instance(own).await);
        // The look before is in a role that runs nothing.
        let looks = side.ecs().unwrap();
        looks.instance(own).await.expect("it looks").expect("it is there");
        denied("a command from a look", looks.run_command(&command(own, user)).await);

        // The account's owner has the last word: the role itself runs nothing as root, whatever a session asks for.
        let shared = system.cloud.shared();
        let arn = role_arn(system.account_id("a"), "causeway-command");
        let issued = shared.identities.assume(&arn, "whole", Duration::from_secs(3600)).unwrap();
        let keys = Credentials::new(issued.access_key_id, issued.access_key_secret.expose_secret())
            .with_security_token(issued.security_token.expose_secret());
        let endpoints = Endpoints::at("http://cloud.test").unwrap();
        let whole = Client::new(system.io().clone(), endpoints, Arc::new(keys)).ecs(&"cn-qingdao".parse().unwrap());
        denied("as root in the whole role", whole.run_command(&command(own, "root")).await);
    });
}

#[test]
fn a_session_is_named_by_function_and_connection_and_serves_the_connection_while_it_lasts() {
    in_world(async |system| {
        let spec = system.tutorial();
        system.built(&spec).await;
        let sessions = || {
            let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            let mut assumed: BTreeMap<String, usize> = BTreeMap::new();
            for call in system.cloud.calls() {
                match &call.caller {
                    Some(Principal::Role { name, .. }) if call.info.product == Product::Sts => {
                        *assumed.entry(name.clone()).or_default() += 1;
                    }
                    Some(Principal::Role { name, session }) if call.info.account == system.account_id("a") => {
                        names.entry(name.clone()).or_default().insert(session.clone());
                    }
                    _ => {}
                }
            }
            (names, assumed)
        };
        let (names, before) = sessions();
        let steps = ["create-interface", "set-peer-info", "connect", "add-route", "authorize-security-group"];
        let asked = format!("admin@{NAME}");
        assert_eq!(names["causeway-network"], [asked.clone()].into(), "who changes");
        assert_eq!(names["causeway-read"], [asked.clone()].into(), "who looks");
        assert_eq!(names["causeway-command"], [asked].into(), "who runs commands");
        // One for each side; verify-reachability looks at both and pings from both.
        for step in steps {
            assert_eq!(before[&format!("causeway-{step}")], 2, "{step}");
        }
        assert_eq!(before["causeway-verify-reachability"], 4);

        let mut again = spec.clone();
        again["labels"] = json!({"number": "2"});
        system.changed(&again).await;
        system.check_drift(&json!({})).await;
        let (names, after) = sessions();
        for step in ["add-route", "authorize-security-group", "verify-reachability"] {
            let name = format!("causeway-{step}");
            assert_eq!(after[&name], before[&name], "{step} goes on in the sessions that it has");
        }
        assert!(names["causeway-read"].contains("causeway-check-drift"), "{names:?}");
    });
}

#[test]
fn an_account_that_has_one_role_is_connected_as_before() {
    in_world_of(Seed::tutorial().with_one_role(), &[], async |system| {
        let document = system.store().accounts().await.unwrap().unwrap();
        let text = serde_json::to_string(&document).unwrap();
        assert!(text.contains("role_arn") && !text.contains("role_prefix"), "{text}");
        for kind in [ConnectionKind::RouterInterface, ConnectionKind::VpcPeering] {
            let mut spec = system.tutorial_by(kind);
            let name = kind.word();
            spec["name"] = name.into();
            let record = system.built(&spec).await;
            assert_eq!(record.proof(Side::Acceptor).verdict, Verdict::Reached, "{kind}");
            assert_eq!(system.check_drift(&json!({})).await.end.result.open, 0, "{kind}");
            spec["dry_run"] = true.into();
            spec["acceptor"]["cidr_blocks"] = json!(["172.16.0.0/24"]);
            let plan: Plan = system.tell(Method::PUT, &format!("/v1/connections/{name}"), &spec).await.unwrap();
            let told: Vec<_> = plan.plan.iter().filter_map(|line| line.verdict.as_deref()).collect();
            assert!(told.contains(&"the cloud would do it"), "{kind}: {plan:#?}");
            system.removed(name).await;
        }
    });
}

#[test]
fn an_account_moves_from_one_role_to_three_while_connections_stand() {
    in_world_of(Seed::tutorial().with_one_role(), &[], async |system| {
        system.built(&system.tutorial()).await;
        let three = Seed::tutorial().accounts.into_iter();
        for account in three.filter(|account| !account.roles.is_empty()) {
            for role in account.roles {
                let made = Role { policies: role.policies, ..Role::new(&account.account_id, &role.name, role.trust) };
                system.cloud.shared().identities.put_role(made).unwrap();
            }
        }
        let mut document = system.store().accounts().await.unwrap().unwrap();
        for account in document.accounts.values_mut() {
            if let Account::Alicloud(account) = account {
                (account.role_prefix, account.role_arn) = (Some("causeway".to_owned()), None);
            }
        }
        system.store().put_accounts(&document).await.unwrap();
        // Functions read the document once a minute.
        tokio::time::sleep(Duration::from_secs(61)).await;
        for alias in ["a", "b"] {
            system.cloud.shared().identities.remove_role(system.account_id(alias), "causeway").unwrap();
        }
        assert_eq!(system.check_drift(&json!({})).await.end.result.open, 0);
        system.removed(NAME).await;
    });
}

#[test]
fn a_user_that_is_not_on_the_instance_is_told_and_tried_anew_once_it_is_there() {
    in_world(async |system| {
        let mut document = system.store().accounts().await.unwrap().unwrap();
        for account in document.accounts.values_mut() {
            if let Account::Alicloud(account) = account {
                account.command_user = Some("pinger".to_owned());
            }
        }
        system.store().put_accounts(&document).await.unwrap();
        // The owners allow it, too.
        for alias in ["a", "b"] {
            let identities = &system.cloud.shared().identities;
            let mut role = identities.role(system.account_id(alias), "causeway-command").unwrap();
            role.policies[0]["Statement"][0]["Condition"]["StringEquals"]["ecs:CommandRunAs"] = json!(["pinger"]);
            identities.put_role(role).unwrap();
        }
        tokio::time::sleep(Duration::from_secs(61)).await;
        let mut spec = system.tutorial();
        let record = system.built(&spec).await;
        for side in [Side::Initiator, Side::Acceptor] {
            let proof = record.proof(side);
            assert_eq!(proof.verdict, Verdict::NotTried, "{proof:?}");
            assert!(
                proof.seen.contains("AccountNotExists") && proof.advice.contains("make the user pinger"),
                "{proof:?}"
            );
        }
        // As it says.
        for (alias, region, side) in [("a", "cn-qingdao", "initiator"), ("b", "cn-beijing", "acceptor")] {
            let instance = spec[side]["instance_id"].as_str().unwrap();
            assert!(system.cloud.ecs().add_user(system.account_id(alias), region, instance, "pinger").unwrap());
        }
        spec["labels"] = json!({"number": "2"});
        let record = system.changed(&spec).await;
        for side in [Side::Initiator, Side::Acceptor] {
            assert_eq!(record.proof(side).verdict, Verdict::Reached, "{side:?}");
        }
    });
}

#[test]
fn an_account_without_the_role_for_commands_is_connected_and_not_pinged() {
    in_world(async |system| {
        for alias in ["a", "b"] {
            system.cloud.shared().identities.remove_role(system.account_id(alias), "causeway-command").unwrap();
        }
        let record = system.built(&system.tutorial()).await;
        let proof = record.proof(Side::Initiator);
        assert_eq!(proof.verdict, Verdict::NotTried, "{proof:?}");
        assert!(proof.seen.contains("EntityNotExist.Role"), "{proof:?}");
    });
}

#[test]
fn where_the_cloud_names_resources_otherwise_an_account_is_narrowed_by_calls_alone() {
    in_world(async |system| {
        let mut document = system.store().accounts().await.unwrap().unwrap();
        for account in document.accounts.values_mut() {
            if let Account::Alicloud(account) = account {
                account.narrow_to = NarrowTo::Actions;
            }
        }
        system.store().put_accounts(&document).await.unwrap();
        tokio::time::sleep(Duration::from_secs(61)).await;
        let spec = system.tutorial();
        system.built(&spec).await;
        let record = record(system).await;
        let services = services(system, "authorize-security-group").await;
        let side = SideContext::of(&record, Side::Initiator, StepName::AuthorizeSecurityGroup, &services);
        let (client, region) = side.unwrap().for_change().client().unwrap();
        let other = client.ecs(&region).authorize_security_group(&opening("sg-other")).await.unwrap_err();
        assert_eq!(other.code(), Some("InvalidSecurityGroupId.NotFound"), "it may be asked for");
        denied("what another step does", client.vpc(&region).describe_vpcs(&DescribeVpcs::default()).await);
        system.removed(NAME).await;
    });
}

/// A role of account `a` that trusts everybody of the operator, as an owner may make one by hand.
pub fn open_role(system: &System, name: &str) {
    let trust = Trust::account(system.account_id("operator"));
    let policies = vec![json!({"Version": "1", "Statement": [
        {"Effect": "Allow", "Action": ["vpc:Describe*"], "Resource": ["*"]}]})];
    let role = Role { policies, ..Role::new(system.account_id("a"), name, trust) };
    system.cloud.shared().identities.put_role(role).unwrap();
}

#[test]
fn a_connection_that_fails_for_a_right_says_which_and_for_whom() {
    in_world(async |system| {
        let identities = &system.cloud.shared().identities;
        let mut role = identities.role(system.account_id("a"), "causeway-network").unwrap();
        role.policies.clear();
        identities.put_role(role).unwrap();
        system.post(&system.tutorial()).await.unwrap();
        let record = system.settled(NAME, Phase::Failed).await;
        let stop = record.stop();
        assert!(stop.what.contains(&format!("causeway-{}", Need::Network.word())), "{stop:#?}");
        assert!(stop.advice.contains("vpc:DescribeRouterInterfaces") && stop.advice.contains("narrow_to"), "{stop:#?}");
    });
}
