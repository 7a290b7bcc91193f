use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::Kind;
use crate::scripted::{Answer, Cloud, KEY, RecordedRequest, refusal};
use crate::vpc::DescribeVpcs;

fn role(account: &str) -> AssumeRole {
    AssumeRole {
        external_id: Some("dr-7f3a".to_owned()),
        ..AssumeRole::new(RoleArn::new(&account.parse().unwrap(), "network-ops").unwrap(), "causeway".parse().unwrap())
    }
}

const B: &str = "2222222222222222";

fn session(number: u32, expiration: &str) -> String {
    format!(
        r#"{{"RequestId":"R-S","AssumedRoleUser":{{"Arn":"a","AssumedRoleId":"b"}},"Credentials":{{
            "AccessKeyId":"STS.{number}","AccessKeySecret":"of-STS.{number}","SecurityToken":"token-{number}",
            "Expiration":"{expiration}"}}}}"#
    )
}

/// STS that numbers the sessions it gives, each an hour long from 03:04:05 on; VPC that lists nothing.
fn cloud() -> Arc<Cloud> {
    let count = AtomicU32::new(0);
    Cloud::answering(move |seen: &RecordedRequest| -> Answer {
        if seen.header("x-acs-action") == Some("AssumeRole") {
            let number = count.fetch_add(1, Ordering::Relaxed) + 1;
            Ok((200, session(number, &format!("2026-01-02T0{}:04:05Z", 3 + number))))
        } else {
            Ok((200, r#"{"TotalCount":0,"Vpcs":{"Vpc":[]}}"#.to_owned()))
        }
    })
}

async fn call(client: &Client) -> Result<(), Error> {
    client.vpc(&"cn-qingdao".parse().unwrap()).describe_vpcs(&DescribeVpcs::default()).await.map(drop)
}

fn actions(cloud: &Cloud) -> Vec<String> {
    cloud.seen().iter().map(|seen| seen.header("x-acs-action").unwrap().to_owned()).collect()
}

fn times_assumed(cloud: &Cloud) -> usize {
    actions(cloud).iter().filter(|action| *action == "AssumeRole").count()
}

#[tokio::test]
async fn a_role_is_assumed_with_the_base_key_and_then_signs() {
    let cloud = cloud();
    call(&cloud.client().assume(&role(B))).await.unwrap();
    let [assume, describe] = &cloud.seen()[..] else { panic!("two requests") };
    assert_eq!(assume.line(), "POST https://sts.aliyuncs.com/");
    assert_eq!(assume.header("x-acs-version"), Some("2015-04-01"));
    assert!(assume.header("authorization").unwrap().contains(&format!("Credential={}", KEY.0)));
    let expected = [
        ("ExternalId", "dr-7f3a"),
        ("RoleArn", "acs:ram::2222222222222222:role/network-ops"),
        ("RoleSessionName", "causeway"),
    ];
    assert_eq!(assume.query(), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert!(describe.header("authorization").unwrap().contains("Credential=STS.1"));
    assert_eq!(describe.header("x-acs-security-token"), Some("token-1"));
}

#[tokio::test]
async fn a_session_serves_until_five_minutes_before_its_end() {
    let cloud = cloud();
    let client = cloud.client().assume(&role(B));
    call(&client).await.unwrap();
    cloud.advance(55 * 60 - 1);
    call(&client).await.unwrap();
    assert_eq!(times_assumed(&cloud), 1);
    cloud.advance(1);
    call(&client).await.unwrap();
    assert_eq!(times_assumed(&cloud), 2);
    assert_eq!(cloud.seen().last().unwrap().header("x-acs-security-token"), Some("token-2"));
}

#[tokio::test]
async fn callers_at_the_same_time_share_one_session() {
    let cloud = cloud();
    let base = cloud.client();
    let clients: Vec<_> = (0..8).map(|_| base.clone().assume(&role(B))).collect();
    let calls = clients.into_iter().map(|client| tokio::spawn(async move { call(&client).await }));
    for handle in calls.collect::<Vec<_>>() {
        handle.await.unwrap().unwrap();
    }
    assert_eq!(times_assumed(&cloud), 1);
    assert_eq!(cloud.seen().len(), 9);
}

#[tokio::test]
async fn two_accounts_have_sessions_of_their_own() {
    let cloud = cloud();
    let base = cloud.client();
    call(&base.assume(&role(B))).await.unwrap();
    call(&base.assume(&role("3333333333333333"))).await.unwrap();
    assert_eq!(times_assumed(&cloud), 2);
}

fn only(action: &str) -> SessionPolicy {
    let (action, resource) = (vec![action.to_owned()], vec!["*".to_owned()]);
    SessionPolicy::new(&[Allow { action, resource, condition: None }]).unwrap()
}

#[tokio::test]
async fn a_session_is_narrowed_by_its_policy_and_shared_only_with_its_like() {
    let cloud = cloud();
    let base = cloud.client();
    let named =
        |name: &str, action: &str| AssumeRole { session: name.parse().unwrap(), policy: Some(only(action)), ..role(B) };
    for (name, action) in [("one", "vpc:DescribeVpcs"), ("one", "vpc:CreateVpc"), ("two", "vpc:DescribeVpcs")] {
        call(&base.assume(&named(name, action))).await.unwrap();
    }
    call(&base.assume(&named("one", "vpc:CreateVpc"))).await.unwrap();
    assert_eq!(times_assumed(&cloud), 3);
    assert_eq!(
        cloud.seen()[0].parameter("Policy").as_deref(),
        Some(r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["vpc:DescribeVpcs"],"Resource":["*"]}]}"#)
    );
}

#[tokio::test]
async fn of_too_many_sessions_the_one_unused_for_longest_is_forgotten() {
    let cloud = cloud();
    let base = cloud.client();
    let number = |number: usize| AssumeRole { session: format!("s-{number}").parse().unwrap(), ..role(B) };
    let first = base.assume(&number(0));
    call(&first).await.unwrap();
    for other in 1..MOST_SESSIONS {
        let _unused = base.assume(&number(other));
    }
    call(&base.assume(&number(0))).await.unwrap();
    assert_eq!(times_assumed(&cloud), 1, "there is room for it still");
    let _one_more = base.assume(&number(MOST_SESSIONS));
    call(&base.assume(&number(0))).await.unwrap();
    assert_eq!((times_assumed(&cloud), base.roles.kept()), (1, MOST_SESSIONS), "it was in use: another one went");
    for other in 1..=MOST_SESSIONS {
        let _unused = base.assume(&number(other));
    }
    call(&base.assume(&number(0))).await.unwrap();
    assert_eq!((times_assumed(&cloud), base.roles.kept()), (2, MOST_SESSIONS));
    call(&first).await.unwrap();
    assert_eq!(times_assumed(&cloud), 2, "whoever holds it keeps it");
}

#[test]
fn a_policy_is_held_to_the_length_that_the_cloud_takes() {
    let long = |bytes: usize| {
        let (action, resource) = (vec!["a".repeat(bytes)], vec!["*".to_owned()]);
        SessionPolicy::new(&[Allow { action, resource, condition: None }])
    };
    let frame = long(1).unwrap().to_string().len() - 1;
    assert_eq!(long(SessionPolicy::LONGEST - frame).unwrap().to_string().len(), SessionPolicy::LONGEST);
    assert!(long(SessionPolicy::LONGEST - frame + 1).is_err());
    let keys = BTreeMap::from([("ecs:CommandRunAs".to_owned(), vec!["nobody".to_owned()])]);
    let conditional = Allow {
        action: vec!["ecs:RunCommand".to_owned()],
        resource: vec!["*".to_owned()],
        condition: Some(StringEquals { keys }),
    };
    assert_eq!(
        SessionPolicy::new(&[conditional]).unwrap().to_string(),
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["ecs:RunCommand"],"Resource":["*"],"Condition":{"StringEquals":{"ecs:CommandRunAs":["nobody"]}}}]}"#
    );
}

#[tokio::test]
async fn a_refused_token_is_dropped_and_the_next_call_fetches_another() {
    let cloud = cloud();
    let client = cloud.client().assume(&role(B));
    call(&client).await.unwrap();
    cloud.says(400, &refusal("InvalidSecurityToken.Expired"));
    let error = call(&client).await.unwrap_err();
    assert_eq!(error.kind(), Kind::StaleCredentials);
    assert!(error.may_repeat());
    call(&client).await.unwrap();
    assert_eq!(actions(&cloud), ["AssumeRole", "DescribeVpcs", "DescribeVpcs", "AssumeRole", "DescribeVpcs"]);
}

#[tokio::test]
async fn other_refusals_keep_the_session() {
    let cloud = cloud();
    let client = cloud.client().assume(&role(B));
    call(&client).await.unwrap();
    cloud.says(403, &refusal("Forbidden.RAM"));
    call(&client).await.unwrap_err();
    call(&client).await.unwrap();
    assert_eq!(times_assumed(&cloud), 1);
}

#[tokio::test]
async fn a_refusal_of_an_old_token_does_not_drop_a_newer_one() {
    let cloud = cloud();
    let base = cloud.client();
    let provider = AssumedRole::new(base.sts(), role(B));
    let old = provider.credentials().await.unwrap();
    cloud.advance(55 * 60);
    let new = provider.credentials().await.unwrap();
    assert_ne!(old.access_key_id, new.access_key_id);
    provider.refused(&old.access_key_id).await;
    assert_eq!(provider.credentials().await.unwrap().access_key_id, new.access_key_id);
    assert_eq!(times_assumed(&cloud), 2);
}

#[tokio::test]
async fn while_sts_is_down_a_token_with_some_life_left_still_signs() {
    let cloud = cloud();
    let client = cloud.client().assume(&role(B));
    call(&client).await.unwrap();
    cloud.advance(57 * 60);
    cloud.says(503, &refusal("ServiceUnavailable"));
    call(&client).await.unwrap();
    assert_eq!(cloud.seen().last().unwrap().header("x-acs-security-token"), Some("token-1"));
    // In its last minute it is no longer trusted to reach the other side in time.
    cloud.advance(2 * 60);
    cloud.says(503, &refusal("ServiceUnavailable"));
    let error = call(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.call()), (Kind::NotSent, Call::DescribeVpcs));
}

#[tokio::test]
async fn a_role_that_was_taken_away_is_not_kept_in_use_by_its_last_token() {
    let cloud = cloud();
    let client = cloud.client().assume(&role(B));
    call(&client).await.unwrap();
    cloud.advance(57 * 60);
    cloud.says(403, &refusal("NoPermission"));
    assert_eq!(call(&client).await.unwrap_err().kind(), Kind::Denied);
}

#[tokio::test]
async fn a_role_that_does_not_trust_the_caller_is_a_denial_with_advice() {
    let cloud = cloud().says(403, &refusal("NoPermission"));
    let error = call(&cloud.client().assume(&role(B))).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
    assert_eq!((error.code(), error.request_id()), (Some("NoPermission"), Some("R-1")));
    assert!(error.advice().contains("trust policy"), "{}", error.advice());
    assert_eq!(actions(&cloud), ["AssumeRole"]);
}

#[tokio::test]
async fn a_broken_answer_of_sts_is_not_quoted() {
    let body = r#"{"RequestId":"R-S","Credentials":{"AccessKeyId":"STS.1","AccessKeySecret":["sesame"],"SecurityToken":"open"}}"#;
    let cloud = Cloud::new().says(200, body);
    let error = cloud.client().sts().assume_role(&role(B)).await.unwrap_err();
    assert_eq!((error.kind(), error.request_id()), (Kind::Malformed, Some("R-S")));
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("sesame") && !shown.contains("open"), "{shown}");
}

#[tokio::test]
async fn a_session_hides_its_secrets() {
    let cloud = cloud();
    let session = cloud.client().sts().assume_role(&role(B)).await.unwrap();
    assert_eq!(session.expiration, "2026-01-02T04:04:05Z".parse().unwrap());
    let shown = format!("{session:?}");
    assert!(!shown.contains("of-STS.1") && !shown.contains("token-1"), "{shown}");
}

#[test]
fn role_and_session_names_are_checked() {
    assert!("acs:ram::2222222222222222:role/network-ops".parse::<RoleArn>().is_ok());
    for text in ["", "network-ops", "acs:ram::x:role/a", "acs:ram::1:user/a", "acs:ram::1:role/", "acs:ram::1:role/a/b"]
    {
        assert!(text.parse::<RoleArn>().is_err(), "{text:?}");
    }
    assert!("causeway@prod".parse::<SessionName>().is_ok());
    for text in ["", "a", "a b", &"a".repeat(65)] {
        assert!(text.parse::<SessionName>().is_err(), "{text:?}");
    }
}
