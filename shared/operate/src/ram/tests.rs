//! Requests byte by byte, and the answers of docs/reference/deploy-apis.md, section 2.

use super::*;
use crate::scripted::{Cloud, in_turn, refusal};

const HOST: &str = "ram.aliyuncs.com";
const VERSION: &str = "2015-05-01";
const DONE: &str = r#"{"RequestId":"R-1"}"#;
const ROLE: &str = r#"{"RequestId":"R","Role":{"RoleId":"3","RoleName":"causeway-read","Arn":"acs:ram::1:role/causeway-read",
    "AssumeRolePolicyDocument":"{}","CreateDate":"2026-01-02T03:04:05Z","MaxSessionDuration":3600}}"#;

#[tokio::test]
async fn a_role_is_made_read_changed_and_deleted() {
    let cloud = Cloud::answering(in_turn(&[
        (200, ROLE),
        (200, ROLE),
        (404, &refusal("EntityNotExist.Role")),
        (200, ROLE),
        (200, DONE),
        (404, &refusal("EntityNotExist.Role")),
        (409, &refusal("DeleteConflict.Role.Policy")),
    ]));
    let ram = cloud.client().ram();
    let role = CreateRole {
        name: "causeway-read".to_owned(),
        trust: r#"{"Version":"1"}"#.to_owned(),
        description: Some("a b".to_owned()),
        max_session_seconds: None,
    };
    assert_eq!(ram.create_role(&role).await.unwrap().arn.as_deref(), Some("acs:ram::1:role/causeway-read"));
    assert_eq!(ram.role("causeway-read").await.unwrap().unwrap().max_session_duration, Some(3600));
    assert_eq!(ram.role("other").await.unwrap(), None);
    let update = UpdateRole {
        name: "x".to_owned(),
        trust: Some("{}".to_owned()),
        max_session_seconds: Some(7200),
        description: None,
    };
    ram.update_role(&update).await.unwrap();
    ram.delete_role("x").await.unwrap();
    ram.delete_role("x").await.unwrap();
    assert_eq!(ram.delete_role("x").await.unwrap_err().kind(), Kind::RuledOut);
    let seen = cloud.seen();
    for (seen, (action, form)) in seen.iter().zip([
        (
            "CreateRole",
            "AssumeRolePolicyDocument=%7B%22Version%22%3A%221%22%7D&Description=a%20b&RoleName=causeway-read",
        ),
        ("GetRole", "RoleName=causeway-read"),
        ("GetRole", "RoleName=other"),
        ("UpdateRole", "NewAssumeRolePolicyDocument=%7B%7D&NewMaxSessionDuration=7200&RoleName=x"),
        ("DeleteRole", "RoleName=x"),
    ]) {
        seen.assert_form(HOST, action, VERSION, form);
    }
}

#[tokio::test]
async fn a_policy_is_versioned_in_force_with_room_made() {
    let cloud = Cloud::answering(in_turn(&[
        (200, r#"{"Policy":{"PolicyName":"p","PolicyType":"Custom","DefaultVersion":"v1"}}"#),
        (200, r#"{"PolicyVersion":{"VersionId":"v6","IsDefaultVersion":true}}"#),
        (
            200,
            r#"{"Policy":{"PolicyName":"p","PolicyType":"Custom","DefaultVersion":"v6","AttachmentCount":1},
                "DefaultPolicyVersion":{"VersionId":"v6","IsDefaultVersion":true,"PolicyDocument":"{}"}}"#,
        ),
        (
            200,
            r#"{"PolicyVersions":{"PolicyVersion":[{"VersionId":"v6","IsDefaultVersion":true},{"VersionId":"v5"}]}}"#,
        ),
        (200, r#"{"PolicyVersion":{"VersionId":"v5","PolicyDocument":"{}"}}"#),
        (200, DONE),
        (200, DONE),
    ]));
    let ram = cloud.client().ram();
    let custom = PolicyType::Custom;
    ram.create_policy("p", "{}", None).await.unwrap();
    assert_eq!(ram.create_policy_version("p", "{}").await.unwrap().version_id, "v6");
    let policy = ram.policy("p", &custom).await.unwrap().unwrap();
    assert_eq!(policy.default_policy_version.unwrap().policy_document.as_deref(), Some("{}"));
    assert_eq!(ram.list_policy_versions("p", &custom).await.unwrap().len(), 2);
    assert_eq!(ram.policy_version("p", &custom, "v5").await.unwrap().version_id, "v5");
    ram.delete_policy_version("p", "v5").await.unwrap();
    ram.delete_policy("p").await.unwrap();
    let seen = cloud.seen();
    for (seen, (action, form)) in seen.iter().zip([
        ("CreatePolicy", "PolicyDocument=%7B%7D&PolicyName=p"),
        (
            "CreatePolicyVersion",
            "PolicyDocument=%7B%7D&PolicyName=p&RotateStrategy=DeleteOldestNonDefaultVersionWhenLimitExceeded&SetAsDefault=true",
        ),
        ("GetPolicy", "PolicyName=p&PolicyType=Custom"),
        ("ListPolicyVersions", "PolicyName=p&PolicyType=Custom"),
        ("GetPolicyVersion", "PolicyName=p&PolicyType=Custom&VersionId=v5"),
        ("DeletePolicyVersion", "PolicyName=p&VersionId=v5"),
        ("DeletePolicy", "CascadingDelete=true&PolicyName=p"),
    ]) {
        seen.assert_form(HOST, action, VERSION, form);
    }
}

#[tokio::test]
async fn what_is_attached_already_or_detached_already_is_no_error() {
    let cloud = Cloud::answering(in_turn(&[
        (200, DONE),
        (409, &refusal("EntityAlreadyExists.Role.Policy")),
        (200, DONE),
        (404, &refusal("EntityNotExist.Role.Policy")),
        (200, r#"{"Policies":{"Policy":[{"PolicyName":"AliyunX","PolicyType":"System","DefaultVersion":"v1"}]}}"#),
        (409, &refusal("LimitExceeded.Role.Policy")),
    ]));
    let ram = cloud.client().ram();
    let custom = PolicyType::Custom;
    assert_eq!(ram.attach_policy_to_role("p", &custom, "r").await.unwrap(), Made::Now);
    assert_eq!(ram.attach_policy_to_role("p", &custom, "r").await.unwrap(), Made::Before);
    ram.detach_policy_from_role("p", &custom, "r").await.unwrap();
    ram.detach_policy_from_role("p", &custom, "r").await.unwrap();
    assert_eq!(ram.list_policies_for_role("r").await.unwrap()[0].policy_type, PolicyType::System);
    assert_eq!(ram.attach_policy_to_role("p", &custom, "r").await.unwrap_err().kind(), Kind::Quota);
    cloud.seen()[0].assert_form(HOST, "AttachPolicyToRole", VERSION, "PolicyName=p&PolicyType=Custom&RoleName=r");
}

#[tokio::test]
async fn a_role_of_a_product_is_made_once_by_either_call() {
    let cloud = Cloud::answering(in_turn(&[
        (200, ROLE),
        (409, &refusal("EntityAlreadyExists.Role")),
        (404, &refusal("EntityNotExist.Service")),
        (200, r#"{"Exists":true}"#),
    ]));
    let client = cloud.client();
    let service = "sendevent-fc.eventbridge.aliyuncs.com";
    assert_eq!(client.create_service_linked_role(service).await.unwrap(), Made::Now);
    assert_eq!(client.ram().create_service_linked_role(service).await.unwrap(), Made::Before);
    let unknown = client.create_service_linked_role("x").await.unwrap_err();
    assert_eq!((unknown.kind(), unknown.call().to_string().as_str()), (Kind::Refused, "CreateServiceLinkedRole"));
    assert!(client.has_service_linked_role(service).await.unwrap());
    let form = "ServiceName=sendevent-fc.eventbridge.aliyuncs.com";
    let seen = cloud.seen();
    seen[0].assert_form("resourcemanager.aliyuncs.com", "CreateServiceLinkedRole", "2020-03-31", form);
    seen[1].assert_form(HOST, "CreateServiceLinkedRole", VERSION, form);
    seen[3].assert_form("resourcemanager.aliyuncs.com", "CheckServiceLinkedRoleExistence", "2020-03-31", form);
}

#[tokio::test]
async fn a_document_that_ram_refuses_says_what_to_do() {
    for (code, status, kind, words) in [
        ("MalformedPolicyDocument", 400, Kind::Refused, "create that one first"),
        ("InvalidParameter.PolicyDocument.Length", 400, Kind::Refused, "Split it"),
        ("EntityAlreadyExists.Policy", 409, Kind::AlreadyThere, "exists"),
        ("NoPermission", 403, Kind::Denied, "runs this command"),
        ("Inactive", 403, Kind::Denied, "disabled"),
    ] {
        let error =
            Cloud::saying(status, &refusal(code)).client().ram().create_policy("p", "{}", None).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{code}");
        assert!(error.advice().contains(words), "{}", error.advice());
    }
}
