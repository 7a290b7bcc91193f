//! Roles and policies over the wire, and what they come to at every other product's door.

use std::collections::BTreeSet;
use std::time::Duration;

use causeway_local::cloud::{Cloud, Options};
use causeway_local::directory::{Settings, UnknownPrincipals};
use causeway_local::seed::Seed;
use causeway_local::table::Storage;
use cloud_signing::Credentials;
use serde_json::{Value, json};

use crate::testing::{Client, Refusal, cloud, pass, refused};

const RAM: &str = "2015-05-01";
const STS: &str = "2015-04-01";

async fn call(client: &Client, action: &str, params: &[(&str, &str)]) -> Result<Value, Refusal> {
    client.call(RAM, action, params).await
}

fn trust(principal: &Value) -> String {
    json!({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}]})
        .to_string()
}

fn allowing(action: &str) -> String {
    json!({"Version": "1", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}).to_string()
}

/// A session of account b's role `worker`, asked for by `client`.
async fn assume(client: &Client, external_id: Option<&str>) -> Result<Client, Refusal> {
    let arn = "acs:ram::1000000000000002:role/worker";
    let mut params = vec![("RoleArn", arn), ("RoleSessionName", "s-1")];
    params.extend(external_id.map(|id| ("ExternalId", id)));
    let answer = client.call(STS, "AssumeRole", &params).await?;
    let text = |name: &str| answer["Credentials"][name].as_str().unwrap().to_owned();
    let credentials =
        Credentials::new(text("AccessKeyId"), text("AccessKeySecret")).with_security_token(text("SecurityToken"));
    Ok(Client { credentials, account_id: "1000000000000002".into(), cloud: client.cloud.clone() })
}

#[tokio::test(start_paused = true)]
async fn a_role_made_over_the_wire_is_assumed_by_whom_its_trust_names_and_may_what_is_attached() {
    let cloud = cloud();
    let (a, b) = (Client::new(&cloud, "a"), Client::new(&cloud, "b"));
    let condition = json!({"StringEquals": {"sts:ExternalId": "dr-7f3a"}});
    let document = json!({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"RAM": ["acs:ram::1000000000000001:root"]}, "Condition": condition}]})
    .to_string();
    let made = call(
        &b,
        "CreateRole",
        &[
            ("RoleName", "worker"),
            ("AssumeRolePolicyDocument", &document),
            ("Description", "reads"),
            ("MaxSessionDuration", "7200"),
        ],
    )
    .await
    .unwrap();
    assert_eq!(made["Role"]["Arn"], "acs:ram::1000000000000002:role/worker");
    assert_eq!(made["Role"]["MaxSessionDuration"], 7200);
    let read: Value = serde_json::from_str(made["Role"]["AssumeRolePolicyDocument"].as_str().unwrap()).unwrap();
    assert_eq!(read["Statement"][0]["Condition"], condition);

    assert!(matches!(assume(&a, None).await, Err((403, code)) if code == "NoPermission"));
    assert!(matches!(assume(&b, Some("dr-7f3a")).await, Err((403, _))), "its own account is not named");
    let worker = assume(&a, Some("dr-7f3a")).await.unwrap();
    let look = async || worker.vpc_call("cn-qingdao", "DescribeVpcs", &[]).await.map(drop);
    assert_eq!(look().await, refused(403, "Forbidden.RAM"), "nothing is attached");

    call(&b, "CreatePolicy", &[("PolicyName", "look"), ("PolicyDocument", &allowing("ecs:*"))]).await.unwrap();
    let tie = [("RoleName", "worker"), ("PolicyName", "look"), ("PolicyType", "Custom")];
    call(&b, "AttachPolicyToRole", &tie).await.unwrap();
    assert_eq!(look().await, refused(403, "Forbidden.RAM"), "that is another product");
    let version = [("PolicyName", "look"), ("PolicyDocument", &*allowing("vpc:Describe*"))];
    let made = call(&b, "CreatePolicyVersion", &version).await.unwrap();
    assert_eq!(
        (&made["PolicyVersion"]["VersionId"], &made["PolicyVersion"]["IsDefaultVersion"]),
        (&"v2".into(), &false.into())
    );
    assert_eq!(look().await, refused(403, "Forbidden.RAM"), "a version that is not the default changes nothing");
    call(&b, "SetDefaultPolicyVersion", &[("PolicyName", "look"), ("VersionId", "v2")]).await.unwrap();
    assert_eq!(look().await, Ok(()));
    call(&b, "DetachPolicyFromRole", &tie).await.unwrap();
    assert_eq!(look().await, refused(403, "Forbidden.RAM"));
    let system = [("RoleName", "worker"), ("PolicyName", "ReadOnlyAccess"), ("PolicyType", "System")];
    call(&b, "AttachPolicyToRole", &system).await.unwrap();
    assert_eq!(look().await, Ok(()));
    let closed =
        [("RoleName", "worker"), ("NewAssumeRolePolicyDocument", &*trust(&json!({"Service": "fc.aliyuncs.com"})))];
    call(&b, "UpdateRole", &closed).await.unwrap();
    assert!(matches!(assume(&a, Some("dr-7f3a")).await, Err((403, _))));
}

#[tokio::test(start_paused = true)]
async fn versions_rotate_and_nothing_goes_that_is_in_use() {
    let a = Client::new(&cloud(), "a");
    let own = trust(&json!({"RAM": "acs:ram::1000000000000001:root"}));
    call(&a, "CreateRole", &[("RoleName", "R"), ("AssumeRolePolicyDocument", &own)]).await.unwrap();
    call(&a, "CreatePolicy", &[("PolicyName", "p"), ("PolicyDocument", &allowing("vpc:*"))]).await.unwrap();
    let tie = [("RoleName", "r"), ("PolicyName", "p"), ("PolicyType", "Custom")];
    call(&a, "AttachPolicyToRole", &tie).await.unwrap();
    assert_eq!(call(&a, "AttachPolicyToRole", &tie).await, refused(409, "EntityAlreadyExists.Role.Policy"));
    assert_eq!(call(&a, "DeleteRole", &[("RoleName", "R")]).await, refused(409, "DeleteConflict.Role.Policy"));
    assert_eq!(call(&a, "DeletePolicy", &[("PolicyName", "p")]).await, refused(409, "DeleteConflict.Policy.Role"));

    let document = allowing("ecs:*");
    let version = [("PolicyName", "p"), ("PolicyDocument", document.as_str()), ("SetAsDefault", "True")];
    for _ in 0..4 {
        call(&a, "CreatePolicyVersion", &version).await.unwrap();
    }
    assert_eq!(call(&a, "CreatePolicyVersion", &version).await, refused(409, "LimitExceeded.Policy.Version"));
    let rotating =
        [version.as_slice(), &[("RotateStrategy", "DeleteOldestNonDefaultVersionWhenLimitExceeded")]].concat();
    call(&a, "CreatePolicyVersion", &rotating).await.unwrap();
    let listed = call(&a, "ListPolicyVersions", &[("PolicyName", "p"), ("PolicyType", "Custom")]).await.unwrap();
    let versions = listed["PolicyVersions"]["PolicyVersion"].as_array().unwrap();
    let ids: Vec<&str> = versions.iter().map(|version| version["VersionId"].as_str().unwrap()).collect();
    assert_eq!(ids, ["v2", "v3", "v4", "v5", "v6"]);
    let newest = [("PolicyName", "p"), ("VersionId", "v6")];
    assert_eq!(call(&a, "DeletePolicyVersion", &newest).await, refused(409, "DeleteConflict.PolicyVersion.Default"));

    let entities = call(&a, "ListEntitiesForPolicy", &[("PolicyName", "p"), ("PolicyType", "Custom")]).await.unwrap();
    assert_eq!(entities["Roles"]["Role"][0]["RoleName"], "R");
    call(&a, "DetachPolicyFromRole", &tie).await.unwrap();
    assert_eq!(call(&a, "DetachPolicyFromRole", &tie).await, refused(404, "EntityNotExist.Role.Policy"));
    assert_eq!(call(&a, "DeletePolicy", &[("PolicyName", "p")]).await, refused(409, "DeleteConflict.Policy.Version"));
    call(&a, "DeletePolicy", &[("PolicyName", "p"), ("CascadingDelete", "true")]).await.unwrap();
    call(&a, "DeleteRole", &[("RoleName", "R")]).await.unwrap();
    assert_eq!(call(&a, "GetRole", &[("RoleName", "R")]).await, refused(404, "EntityNotExist.Role"));
}

#[tokio::test(start_paused = true)]
async fn a_role_takes_five_policies_of_its_account_and_twenty_of_the_clouds() {
    let cloud = cloud();
    let a = Client::new(&cloud, "a");
    let own = trust(&json!({"RAM": "acs:ram::1000000000000001:root"}));
    call(&a, "CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", &own)]).await.unwrap();
    let attach = async |name: &str, kind: &str| {
        call(&a, "AttachPolicyToRole", &[("RoleName", "r"), ("PolicyName", name), ("PolicyType", kind)]).await.map(drop)
    };
    for number in 0..6 {
        let name = format!("p-{number}");
        call(&a, "CreatePolicy", &[("PolicyName", &name), ("PolicyDocument", &allowing("vpc:*"))]).await.unwrap();
        let expected = if number < 5 { Ok(()) } else { refused(409, "LimitExceeded.Role.Policy") };
        assert_eq!(attach(&name, "Custom").await, expected);
    }
    let listed = call(&a, "ListPolicies", &[("PolicyType", "System"), ("MaxItems", "1000")]).await.unwrap();
    let names = listed["Policies"]["Policy"].as_array().unwrap().iter();
    let names: Vec<&str> = names.map(|policy| policy["PolicyName"].as_str().unwrap()).collect();
    assert!(names.len() > 20, "{names:?}");
    for (number, name) in names.iter().take(21).enumerate() {
        let expected = if number < 20 { Ok(()) } else { refused(409, "LimitExceeded.Role.Policy") };
        assert_eq!(attach(name, "System").await, expected);
    }
    let attached = call(&a, "ListPoliciesForRole", &[("RoleName", "r")]).await.unwrap();
    assert_eq!(attached["Policies"]["Policy"].as_array().unwrap().len(), 25);
    let page = call(&a, "ListPolicies", &[("MaxItems", "2")]).await.unwrap();
    assert_eq!(page["IsTruncated"], true);
    let rest = call(&a, "ListPolicies", &[("Marker", page["Marker"].as_str().unwrap())]).await.unwrap();
    assert_ne!(rest["Policies"]["Policy"][0], page["Policies"]["Policy"][1]);
}

#[tokio::test(start_paused = true)]
async fn each_refusal_has_its_code() {
    let cloud = cloud();
    let a = Client::new(&cloud, "a");
    let own = trust(&json!({"RAM": "acs:ram::1000000000000001:root"}));
    call(&a, "CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", &own)]).await.unwrap();
    let long = "x".repeat(65);
    let long_document = allowing(&"x".repeat(6144));
    let star = trust(&json!({"RAM": "acs:ram::1000000000000001:*"}));
    let nobody = trust(&json!({}));
    for (action, params, status, code) in [
        ("CreateRole", vec![("AssumeRolePolicyDocument", &*own)], 400, "MissingParameter"),
        ("CreateRole", vec![("RoleName", "R"), ("AssumeRolePolicyDocument", &own)], 409, "EntityAlreadyExists.Role"),
        (
            "CreateRole",
            vec![("RoleName", "a b"), ("AssumeRolePolicyDocument", &own)],
            400,
            "InvalidParameter.RoleName.InvalidChars",
        ),
        (
            "CreateRole",
            vec![("RoleName", &long), ("AssumeRolePolicyDocument", &own)],
            400,
            "InvalidParameter.RoleName.Length",
        ),
        ("CreateRole", vec![("RoleName", "s"), ("AssumeRolePolicyDocument", "{}")], 400, "MalformedPolicyDocument"),
        ("CreateRole", vec![("RoleName", "s"), ("AssumeRolePolicyDocument", &star)], 400, "MalformedPolicyDocument"),
        ("CreateRole", vec![("RoleName", "s"), ("AssumeRolePolicyDocument", &nobody)], 400, "MalformedPolicyDocument"),
        (
            "CreatePolicy",
            vec![("PolicyName", "p_1"), ("PolicyDocument", "{}")],
            400,
            "InvalidParameter.PolicyName.InvalidChars",
        ),
        ("CreatePolicy", vec![("PolicyName", "p"), ("PolicyDocument", "{}")], 400, "MalformedPolicyDocument"),
        (
            "CreatePolicy",
            vec![("PolicyName", "p"), ("PolicyDocument", &long_document)],
            400,
            "InvalidParameter.PolicyDocument.Length",
        ),
        ("GetPolicy", vec![("PolicyName", "p"), ("PolicyType", "Custom")], 404, "EntityNotExist.Policy"),
        ("GetPolicy", vec![("PolicyName", "p"), ("PolicyType", "Mine")], 400, "InvalidParameter"),
        (
            "GetPolicyVersion",
            vec![("PolicyName", "AdministratorAccess"), ("PolicyType", "System"), ("VersionId", "v9")],
            404,
            "EntityNotExist.Policy.Version",
        ),
        (
            "AttachPolicyToRole",
            vec![("RoleName", "none"), ("PolicyName", "AdministratorAccess"), ("PolicyType", "System")],
            404,
            "EntityNotExist.Role",
        ),
        ("CreateServiceLinkedRole", vec![("ServiceName", "nobody.aliyuncs.com")], 404, "EntityNotExist.Service"),
        (
            "CreateServiceLinkedRole",
            vec![("ServiceName", "fc.aliyuncs.com"), ("Description", "x")],
            400,
            "InvalidParameter.Description.NotAllowed",
        ),
        ("CreateUser", vec![("UserName", "u")], 404, "InvalidAction.NotFound"),
    ] {
        assert_eq!(call(&a, action, &params).await, refused(status, code), "{action} {params:?}");
    }
    let narrow = a.in_role("causeway-read");
    assert_eq!(call(&narrow, "GetRole", &[("RoleName", "r")]).await, refused(403, "NoPermission"));
}

#[tokio::test(start_paused = true)]
async fn a_service_is_linked_once_and_its_role_is_not_the_accounts_to_change() {
    let a = Client::new(&cloud(), "a");
    let service = [("ServiceName", "sendevent-fc.eventbridge.aliyuncs.com")];
    let made = call(&a, "CreateServiceLinkedRole", &service).await.unwrap();
    let name = made["Role"]["RoleName"].as_str().unwrap();
    assert_eq!((name, &made["Role"]["IsServiceLinkedRole"]), ("AliyunServiceRoleForEventBridgeSendToFC", &true.into()));
    assert_eq!(call(&a, "CreateServiceLinkedRole", &service).await, refused(409, "EntityAlreadyExists.Role"));
    let open = trust(&json!({"RAM": "acs:ram::1000000000000001:root"}));
    let params = [("RoleName", name), ("NewAssumeRolePolicyDocument", open.as_str())];
    assert_eq!(call(&a, "UpdateRole", &params).await, refused(403, "NoPermission"));
    assert_eq!(call(&a, "DeleteRole", &[("RoleName", name)]).await, refused(403, "NoPermission"));
    let task = call(&a, "DeleteServiceLinkedRole", &[("RoleName", name)]).await.unwrap();
    let id = task["DeletionTaskId"].as_str().unwrap();
    let status = call(&a, "GetServiceLinkedRoleDeletionStatus", &[("DeletionTaskId", id)]).await.unwrap();
    assert_eq!(status["Status"], "SUCCEEDED");
    assert_eq!(call(&a, "GetRole", &[("RoleName", name)]).await, refused(404, "EntityNotExist.Role"));
}

#[tokio::test(start_paused = true)]
async fn a_new_role_is_unknown_elsewhere_until_it_has_spread_and_unknown_principals_are_as_set() {
    let cloud = cloud();
    let (a, b) = (Client::new(&cloud, "a"), Client::new(&cloud, "b"));
    let set = |consistency_delay_milliseconds, unknown_principals| {
        cloud.ram().set_settings(Settings { consistency_delay_milliseconds, unknown_principals });
    };
    set(5_000, UnknownPrincipals::Refuse);
    let stranger = trust(&json!({"RAM": "acs:ram::1000000000000001:role/not-yet"}));
    let create = async |document: &str| {
        call(&b, "CreateRole", &[("RoleName", "worker"), ("AssumeRolePolicyDocument", document)]).await.map(drop)
    };
    assert_eq!(create(&stranger).await, refused(400, "MalformedPolicyDocument"));
    set(5_000, UnknownPrincipals::Accept);
    assert_eq!(create(&stranger).await, Ok(()));
    call(&b, "DeleteRole", &[("RoleName", "worker")]).await.unwrap();
    assert_eq!(create(&trust(&json!({"RAM": "acs:ram::1000000000000001:user/administrator"}))).await, Ok(()));
    assert!(call(&b, "GetRole", &[("RoleName", "worker")]).await.is_ok());
    assert!(matches!(assume(&a, None).await, Err((404, code)) if code == "EntityNotExist.Role"));
    pass(Duration::from_secs(5)).await;
    assert!(assume(&a, None).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_was_made_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let storage = Storage::in_folder(folder.path()).unwrap();
        Cloud::open(Options { storage, ..Options::new(Seed::tutorial()) }).unwrap()
    };
    {
        let a = Client::new(&open(), "a");
        let own = trust(&json!({"RAM": "acs:ram::1000000000000001:root"}));
        call(&a, "CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", &own)]).await.unwrap();
        call(&a, "CreatePolicy", &[("PolicyName", "p"), ("PolicyDocument", &allowing("vpc:*"))]).await.unwrap();
        let tie = [("RoleName", "r"), ("PolicyName", "p"), ("PolicyType", "Custom")];
        call(&a, "AttachPolicyToRole", &tie).await.unwrap();
        a.cloud.shared().opened.set(&a.account_id, &BTreeSet::new()).unwrap();
    }
    let a = Client::new(&open(), "a");
    let in_role = a.in_role("r");
    assert!(in_role.vpc_call("cn-qingdao", "DescribeVpcs", &[]).await.is_ok());
    assert!(a.cloud.shared().opened.of(&a.account_id).is_empty());
}
