use alicloud::Product;
use serde_json::{Value, json};

use super::*;

const REGION: &str = "cn-qingdao";

fn account(more: &Value) -> AlicloudAccount {
    let mut account = json!({"id": "1001", "role_prefix": "causeway"});
    account.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(account).unwrap()
}

fn of_one_role() -> AlicloudAccount {
    serde_json::from_value(json!({"id": "1001", "role_arn": "acs:ram::1001:role/causeway"})).unwrap()
}

fn text(purpose: Purpose<'_>, account: &AlicloudAccount) -> String {
    policy(&Session { purpose, connection: None, caller: None }, account, REGION).unwrap().to_string()
}

/// The lines of a policy: its actions and its resources.
fn lines(purpose: Purpose<'_>, account: &AlicloudAccount) -> Vec<(Vec<String>, Vec<String>)> {
    let policy: Value = serde_json::from_str(&text(purpose, account)).unwrap();
    let list = |value: &Value| serde_json::from_value::<Vec<String>>(value.clone()).unwrap();
    let statements = policy["Statement"].as_array().unwrap().iter();
    statements.map(|statement| (list(&statement["Action"]), list(&statement["Resource"]))).collect()
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn a_session_is_named_by_who_asked_and_for_what() {
    let long = "c".repeat(63);
    for (function, connection, caller, expected) in [
        ("causeway-check-drift", None, None, "causeway-check-drift"),
        ("causeway-add-route", Some("one"), None, "causeway-add-route@one"),
        ("causeway-add-route", Some("one"), Some("alice"), "alice@one"),
        ("causeway-webhook", None, Some("alice"), "alice"),
        ("causeway-webhook", Some("one"), Some(""), "causeway-webhook@one"),
        ("causeway-webhook", Some("one"), Some("al@ice/é x"), "al-ice---x@one"),
        ("f", None, Some("a"), "a-"),
        ("f", Some(long.as_str()), Some("bob"), &format!("bob@{}", "c".repeat(60))),
        ("f", Some(long.as_str()), Some("b".repeat(80).as_str()), &format!("{}@{}", "b".repeat(31), "c".repeat(32))),
        ("f", Some("one"), Some("b".repeat(80).as_str()), &format!("{}@one", "b".repeat(60))),
        ("f", None, Some("b".repeat(80).as_str()), &"b".repeat(64)),
    ] {
        let connection = connection.map(|name: &str| name.parse().unwrap());
        let session = Session::reading(connection.as_ref(), caller);
        assert_eq!(name(function, &session).unwrap().as_str(), expected);
    }
}

#[test]
fn a_step_reaches_what_the_connection_names_and_what_it_makes() {
    let things = || {
        vec![
            (Sort::Vpc, "vpc-1"),
            (Sort::RouteTable, "vtb-1"),
            (Sort::RouteTable, "vtb-2"),
            (Sort::Interface, "ri-1"),
            (Sort::Group, "sg-1"),
            (Sort::Service, "epsrv-1"),
        ]
    };
    let account = account(&json!({}));
    let of = |step| lines(Purpose::Change { step, things: things() }, &account);
    assert_eq!(
        of(StepName::AddRoute),
        [
            (texts(&["vpc:DescribeRouteEntryList"]), texts(&["*"])),
            (
                texts(&["vpc:CreateRouteEntry"]),
                texts(&[
                    "acs:vpc:cn-qingdao:1001:routetable/vtb-1",
                    "acs:vpc:cn-qingdao:1001:routetable/vtb-2",
                    "acs:vpc:cn-qingdao:1001:vrouter/*"
                ])
            ),
            (
                texts(&["vpc:DeleteRouteEntry"]),
                texts(&["acs:vpc:cn-qingdao:1001:routetable/*", "acs:vpc:cn-qingdao:1001:vrouter/*"])
            ),
        ]
    );
    // What is narrowed by call alone stands in the first line.
    let writes = |step| of(step).into_iter().skip(1).flat_map(|(_, resources)| resources).collect::<Vec<_>>();
    for (step, expected) in [
        (StepName::CreateInterface, &["acs:vpc:cn-qingdao:1001:routerinterface/*"][..]),
        (StepName::SetPeerInfo, &["acs:vpc:cn-qingdao:1001:routerinterface/ri-1"]),
        (StepName::Connect, &["acs:vpc:cn-qingdao:1001:routerinterface/ri-1"]),
        (StepName::AuthorizeSecurityGroup, &["acs:ecs:cn-qingdao:1001:securitygroup/sg-1"]),
        (StepName::CreateLoadBalancer, &["acs:slb:cn-qingdao:1001:loadbalancer/*"]),
        (StepName::CreateEndpointService, &["acs:privatelink:cn-qingdao:1001:vpcendpointservice/*"]),
        (
            StepName::CreateEndpoint,
            &[
                "acs:vpc:cn-qingdao:1001:vswitch/*",
                "acs:vpc:cn-qingdao:1001:vpc/vpc-1",
                "acs:vpc:cn-qingdao:1001:vswitch/*",
                "acs:ecs:cn-qingdao:1001:securitygroup/sg-1",
                "acs:privatelink:cn-qingdao:1001:vpcendpoint/*",
            ],
        ),
        (StepName::ApproveEndpoint, &["acs:privatelink:cn-qingdao:1001:vpcendpointservice/epsrv-1"]),
    ] {
        assert_eq!(writes(step), expected, "{step}");
    }
}

#[test]
fn a_policy_has_room_for_ten_groups_or_tables() {
    let account = account(&json!({"id": "1000000000000001"}));
    for (step, sort, kind) in [
        (StepName::AddRoute, Sort::RouteTable, "routetable/vtb"),
        (StepName::AuthorizeSecurityGroup, Sort::Group, "securitygroup/sg"),
        (StepName::CreateEndpoint, Sort::Group, "securitygroup/sg"),
    ] {
        let ids: Vec<_> = (0..10).map(|number| format!("{}-{number:020}", kind.split_once('/').unwrap().1)).collect();
        let policy =
            text(Purpose::Change { step, things: ids.iter().map(|id| (sort, id.as_str())).collect() }, &account);
        assert_eq!(policy.matches(kind).count(), 10, "{step}: {policy}");
    }
}

#[test]
fn of_more_groups_than_a_policy_holds_any_of_the_region_will_do() {
    let ids: Vec<String> = (0..60).map(|number| format!("sg-{number:021}")).collect();
    let things = ids.iter().map(|id| (Sort::Group, id.as_str())).collect();
    let found = lines(Purpose::Change { step: StepName::AuthorizeSecurityGroup, things }, &account(&json!({})));
    let expected = (
        texts(&["ecs:AuthorizeSecurityGroup", "ecs:RevokeSecurityGroup"]),
        texts(&["acs:ecs:cn-qingdao:1001:securitygroup/*"]),
    );
    assert!(found.contains(&expected), "{found:?}");
}

#[test]
fn an_id_that_is_a_pattern_is_not_taken_for_one() {
    let things = vec![(Sort::RouteTable, "vtb-*"), (Sort::RouteTable, "vtb-1")];
    let policy = text(Purpose::Change { step: StepName::AddRoute, things }, &account(&json!({})));
    assert!(policy.contains("routetable/vtb-1") && !policy.contains("vtb-*"), "{policy}");
}

#[test]
fn a_command_runs_on_one_instance_and_as_a_plain_user() {
    let instance = "i-1".parse().unwrap();
    let policy = |more: &Value| -> Value {
        serde_json::from_str(&text(Purpose::Command { instance: &instance }, &account(more))).unwrap()
    };
    let expected = |user: &str| {
        json!({"Version": "1", "Statement": [
            {
                "Effect": "Allow",
                "Action": ["ecs:RunCommand"],
                "Resource": ["acs:ecs:cn-qingdao:1001:instance/i-1", "acs:ecs:cn-qingdao:1001:command/*"],
                "Condition": {"StringEquals": {"ecs:CommandRunAs": [user]}},
            },
            {"Effect": "Allow", "Action": ["ecs:DescribeInvocationResults"], "Resource": ["*"]},
        ]})
    };
    assert_eq!(policy(&json!({})), expected("nobody"));
    assert_eq!(policy(&json!({"command_user": "pinger"})), expected("pinger"));
}

#[test]
fn an_account_whose_resources_have_other_names_is_narrowed_by_call_alone() {
    let account = account(&json!({"narrow_to": "actions"}));
    let things = vec![(Sort::RouteTable, "vtb-1")];
    let found = lines(Purpose::Change { step: StepName::AddRoute, things }, &account);
    let all = texts(&["vpc:DescribeRouteEntryList", "vpc:CreateRouteEntry", "vpc:DeleteRouteEntry"]);
    assert_eq!(found, [(all, texts(&["*"]))]);
}

/// Whether a session that reads may make a call.
fn may_read(call: Call) -> bool {
    READS.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(begins) => call.permission().starts_with(begins),
        None => call.permission() == *pattern,
    })
}

#[test]
fn a_session_that_reads_may_make_every_call_that_reads_and_no_other() {
    for call in Call::ALL {
        let is_of_networks = !matches!(call.product(), Product::Sts | Product::Mns);
        let reads = call.effect() == Effect::Reads && *call != Call::DescribeInvocationResults;
        assert_eq!(may_read(*call), reads && is_of_networks, "{}", call.permission());
    }
    let of_three = lines(Purpose::Read, &account(&json!({})));
    assert_eq!(of_three, [(texts(&READS), texts(&["*"]))]);
}

#[test]
fn only_an_account_of_one_role_lets_calls_be_tried() {
    let [(actions, _)] = &lines(Purpose::Read, &of_one_role())[..] else { panic!("one line") };
    let tried: Vec<_> = actions.iter().filter(|action| !READS.contains(&action.as_str())).cloned().collect();
    assert_eq!(tried, TRIED.map(Call::permission));
}

#[test]
fn no_step_runs_commands_or_calls_what_is_not_of_networks() {
    for step in StepName::ALL {
        for call in calls(*step) {
            assert!(!matches!(call.product(), Product::Sts | Product::Mns), "{step}: {call}");
            assert!(!matches!(call, Call::RunCommand | Call::DescribeInvocationResults), "{step}: {call}");
        }
    }
}
