//! Requests byte by byte, and the answers of docs/reference/deploy-apis.md, section 1.

use std::sync::Arc;

use alicloud::Kind;
use serde_json::{Value, json};

use super::*;
use crate::scripted::{Cloud, in_turn, refusal};

const HOST: &str = "ros.aliyuncs.com";
const VERSION: &str = "2019-09-10";
const DONE: &str = r#"{"RequestId":"R-1"}"#;

fn ros(cloud: &Arc<Cloud>) -> Ros {
    cloud.client().ros(&"cn-hangzhou".parse().unwrap())
}

fn parameters(pairs: &[(&str, &str)]) -> Parameters {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), SecretString::from(*value))).collect()
}

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: Some(value.to_owned()) }
}

fn create() -> CreateStack {
    CreateStack {
        name: "x".to_owned(),
        template: "{\"ROSTemplateFormatVersion\":\"2015-09-01\"}".to_owned(),
        parameters: parameters(&[("K", "V"), ("Secret", "open sesame")]),
        tags: vec![tag("t", "u")],
        disable_rollback: false,
        deletion_protection: true,
        abandon_when_rolled_back: true,
        timeout_in_minutes: Some(30),
        ram_role_name: None,
        client_token: "token-1".parse().unwrap(),
    }
}

fn update() -> UpdateStack {
    UpdateStack {
        stack_id: "s-1".to_owned(),
        template: "{}".to_owned(),
        parameters: parameters(&[("Release", "2")]),
        tags: Vec::new(),
        timeout_in_minutes: None,
        ram_role_name: Some("deployer".to_owned()),
        client_token: "token-2".parse().unwrap(),
    }
}

#[tokio::test]
async fn a_stack_is_made_with_everything_in_the_form_and_nothing_in_the_query() {
    let cloud = Cloud::saying(200, r#"{"RequestId":"R-1","StackId":"s-1"}"#);
    assert_eq!(ros(&cloud).create_stack(&create()).await.unwrap(), "s-1");
    cloud.only().assert_form(
        HOST,
        "CreateStack",
        VERSION,
        "CreateOptions.1=AbandonStackOnCreationRollbackComplete&ClientToken=token-1&DeletionProtection=Enabled&DisableRollback=false\
         &StackName=x&TimeoutInMinutes=30\
         &Parameters.1.ParameterKey=K&Parameters.1.ParameterValue=V\
         &Parameters.2.ParameterKey=Secret&Parameters.2.ParameterValue=open%20sesame\
         &Tags.1.Key=t&Tags.1.Value=u\
         &TemplateBody=%7B%22ROSTemplateFormatVersion%22%3A%222015-09-01%22%7D&RegionId=cn-hangzhou",
    );
}

#[tokio::test]
async fn an_update_keeps_what_it_does_not_name_and_replaces_nothing() {
    let cloud = Cloud::saying(200, r#"{"RequestId":"R-1","StackId":"s-1"}"#);
    assert_eq!(ros(&cloud).update_stack(&update()).await.unwrap(), Updated::Begun);
    cloud.only().assert_form(
        HOST,
        "UpdateStack",
        VERSION,
        "ClientToken=token-2&RamRoleName=deployer&ReplacementOption=Disabled&StackId=s-1&UsePreviousParameters=true\
         &Parameters.1.ParameterKey=Release&Parameters.1.ParameterValue=2&TemplateBody=%7B%7D&RegionId=cn-hangzhou",
    );
}

#[tokio::test]
async fn an_update_that_changes_nothing_succeeds_and_another_not_supported_does_not() {
    let not_supported = |message: &str| {
        json!({"RequestId": "R-1", "HostId": HOST, "Code": "NotSupported", "Message": message}).to_string()
    };
    let same = Cloud::saying(400, &not_supported("Update the completely same stack (x) is not supported."));
    assert_eq!(ros(&same).update_stack(&update()).await.unwrap(), Updated::AsItIs);
    let other = Cloud::saying(400, &not_supported("Updating property X of resource Y is not supported."));
    let error = ros(&other).update_stack(&update()).await.unwrap_err();
    assert_eq!((error.kind(), Refusal::of(&error)), (Kind::Refused, Refusal::Other));
}

#[tokio::test(start_paused = true)]
async fn a_throttled_call_is_signed_and_sent_again_for_half_a_minute() {
    let busy = refusal("Throttling.User");
    let made = json!({"RequestId": "R-1", "StackId": "s-1"}).to_string();
    let begun = tokio::time::Instant::now();
    let cloud = Cloud::answering(in_turn(&[(400, &busy), (429, &busy), (200, &made)]));
    ros(&cloud).create_stack(&create()).await.unwrap();
    let nonces: std::collections::BTreeSet<_> =
        cloud.seen().iter().map(|seen| seen.header("x-acs-signature-nonce").unwrap().to_owned()).collect();
    assert_eq!(nonces.len(), 3, "each has a nonce of its own");
    let cloud = Cloud::saying(400, &busy);
    let error = ros(&cloud).create_stack(&create()).await.unwrap_err();
    assert_eq!((error.kind(), cloud.seen().len()), (Kind::Throttled, 6));
    assert!(error.advice().contains("run it again"), "{}", error.advice());
    assert!(begun.elapsed() < std::time::Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn each_refusal_is_told_apart_and_says_whether_to_wait() {
    for (code, status, refusal_is, kind) in [
        ("ActionInProgress", 409, Refusal::InProgress, Kind::Busy),
        ("StackGroupOperationInProgress", 409, Refusal::InProgress, Kind::Busy),
        ("LastTokenProcessing", 400, Refusal::LastTokenProcessing, Kind::Busy),
        ("InvalidIdempotenceParameter", 400, Refusal::TokenReused, Kind::Refused),
        ("StackExists", 409, Refusal::Exists, Kind::AlreadyThere),
        ("StackValidationFailed", 400, Refusal::Template, Kind::Refused),
        ("InvalidTemplateReference", 400, Refusal::Template, Kind::Refused),
        ("CircularDependency", 400, Refusal::Template, Kind::Refused),
        ("UserParameterMissing", 400, Refusal::Parameter, Kind::Refused),
        ("UnknownUserParameter", 400, Refusal::Parameter, Kind::Refused),
        ("InvalidParameter", 400, Refusal::Parameter, Kind::Refused),
        ("RequestLimitExceeded", 400, Refusal::Quota, Kind::Quota),
        ("Throttling.User", 400, Refusal::Later, Kind::Throttled),
        ("InternalError", 500, Refusal::Unknown, Kind::OutcomeUnknown),
        ("ServiceUnavailable", 503, Refusal::Unknown, Kind::OutcomeUnknown),
        ("Forbidden", 403, Refusal::Denied { action: None }, Kind::Denied),
        ("StackPolicyValidationFailed", 400, Refusal::Other, Kind::Refused),
    ] {
        let cloud = Cloud::saying(status, &refusal(code));
        let error = ros(&cloud).create_stack(&create()).await.unwrap_err();
        assert_eq!((Refusal::of(&error), error.kind()), (refusal_is, kind), "{code}");
        assert!(!error.advice().is_empty());
    }
    let error = ros(&Cloud::saying(404, &refusal("StackNotFound"))).update_stack(&update()).await.unwrap_err();
    assert_eq!(Refusal::of(&error), Refusal::NotFound);
}

#[tokio::test]
async fn a_denial_names_the_permission_and_who_needs_it() {
    let body = json!({"RequestId": "R-1", "Code": "NoPermission", "Message": "no",
        "AccessDeniedDetail": {"AuthAction": "ros:CreateStack", "AuthPrincipalType": "SubUser"}});
    let error = ros(&Cloud::saying(403, &body.to_string())).create_stack(&create()).await.unwrap_err();
    assert_eq!(Refusal::of(&error), Refusal::Denied { action: Some("ros:CreateStack".to_owned()) });
    assert!(
        error.advice().contains("user or role that runs this command") && error.advice().contains("ros:CreateStack")
    );
    assert_eq!(Call::CreateStack.permission(), "ros:CreateStack");
}

#[tokio::test]
async fn parameters_that_the_cloud_quotes_are_not_repeated() {
    let body =
        json!({"RequestId": "R-1", "Code": "InvalidParameter", "Message": "The value open sesame of Secret is bad"});
    let error = ros(&Cloud::saying(400, &body.to_string())).create_stack(&create()).await.unwrap_err();
    assert_eq!(error.message(), "The value [hidden] of Secret is bad");
    assert!(!format!("{error} {error:?} {:?}", create()).contains("sesame"));
}

#[tokio::test]
async fn a_stack_is_read_with_its_outputs_of_any_type_and_what_failed() {
    let body = json!({
        "RequestId": "R-1", "StackId": "s-1", "StackName": "x", "RegionId": "cn-hangzhou", "Status": "CREATE_ROLLBACK_COMPLETE",
        "StatusReason": "Resource CREATE failed: …", "CreateTime": "2026-01-02T03:04:05", "UpdateTime": null,
        "DeletionProtection": "Enabled", "DisableRollback": false, "TimeoutInMinutes": 60, "RamRoleName": "",
        "Parameters": [{"ParameterKey": "ALIYUN::StackName", "ParameterValue": "x"}, {"ParameterKey": "Key", "ParameterValue": "****"},
                       {"ParameterKey": "Empty", "ParameterValue": ""}],
        "Outputs": [{"OutputKey": "Url", "OutputValue": "https://x", "Description": "d"}, {"OutputKey": "Ids", "OutputValue": ["a", 1]},
                    {"OutputKey": "None", "OutputValue": null}],
        "Tags": [{"Key": "t", "Value": "u"}], "StackType": "ROS", "StackDriftStatus": "NOT_CHECKED",
        "OperationInfo": {"Action": "CreateFunction", "Code": "AccessDenied", "Message": "no", "RequestId": "R-9",
                          "LogicalResourceId": "Webhook", "ResourceType": "ALIYUN::FC3::Function"},
        "ResourceProgress": {"StackOperationProgress": 12.5}
    });
    let cloud = Cloud::saying(200, &body.to_string());
    let stack = ros(&cloud).stack("s-1").await.unwrap().unwrap();
    cloud.only().assert_form(HOST, "GetStack", VERSION, "StackId=s-1&RegionId=cn-hangzhou");
    assert_eq!(stack.status, StackStatus::CreateRollbackComplete);
    assert_eq!((stack.status.settled(), stack.status.never_was()), (Some(Settled::RolledBack), true));
    assert_eq!(stack.create_time, Some("2026-01-02T03:04:05Z".parse().unwrap()));
    assert_eq!((stack.parameter("Key"), stack.parameter("Empty")), (Some("****"), None));
    assert_eq!((stack.output("Url"), stack.output("Ids")), (Some(&json!("https://x")), Some(&json!(["a", 1]))));
    assert_eq!((stack.output("None"), stack.output("Nothing")), (Some(&Value::Null), None));
    assert_eq!((stack.tags, stack.ram_role_name), (vec![tag("t", "u")], None));
    let info = stack.operation_info.unwrap();
    assert_eq!((info.action.as_deref(), info.request_id.as_deref()), (Some("CreateFunction"), Some("R-9")));
}

#[tokio::test]
async fn a_stack_that_was_never_there_is_none_and_a_deleted_one_says_so() {
    let cloud = Cloud::answering(in_turn(&[
        (404, &refusal("StackNotFound")),
        (200, r#"{"StackId":"s-1","StackName":"x","Status":"DELETE_COMPLETE"}"#),
        (403, &refusal("Forbidden.RAM")),
    ]));
    assert_eq!(ros(&cloud).stack("s-1").await.unwrap(), None);
    assert_eq!(ros(&cloud).stack("s-1").await.unwrap().unwrap().status.settled(), Some(Settled::Deleted));
    assert_eq!(ros(&cloud).stack("s-1").await.unwrap_err().kind(), Kind::Denied);
}

#[test]
fn every_state_ends_a_change_or_does_not() {
    for status in StackStatus::KNOWN {
        let is_under_way = status.as_str().ends_with("_IN_PROGRESS");
        assert_eq!(status.settled().is_none(), is_under_way, "{status}");
        assert!(!(status.can_be_updated() && status.never_was()), "{status}");
        assert!(!status.can_be_updated() || status.settled().is_some(), "{status}");
    }
    assert_eq!(StackStatus::from("IMPORT_CREATE_COMPLETE").settled(), None);
    assert_eq!(StackStatus::RollbackComplete.settled(), Some(Settled::RolledBack));
    assert_eq!(StackStatus::RollbackFailed.settled(), Some(Settled::Failed));
}

#[tokio::test]
async fn a_stack_is_found_by_name_among_those_that_are_not_deleted_over_all_pages() {
    let row = |id: &str, name: &str, status: &str| json!({"StackId": id, "StackName": name, "Status": status});
    let page = |rows: &[Value], number: u32| {
        json!({"RequestId": "R", "Stacks": rows, "TotalCount": 51, "PageNumber": number, "PageSize": 50}).to_string()
    };
    let first: Vec<_> = (0..50).map(|n| row(&format!("s-{n}"), "x", "DELETE_COMPLETE")).collect();
    let cloud =
        Cloud::answering(in_turn(&[(200, &page(&first, 1)), (200, &page(&[row("s-50", "x", "UPDATE_COMPLETE")], 2))]));
    assert_eq!(ros(&cloud).stack_by_name("x").await.unwrap().unwrap().stack_id, "s-50");
    let [one, two] = &cloud.seen()[..] else { panic!("two pages") };
    one.assert_form(HOST, "ListStacks", VERSION, "StackName.1=x&PageNumber=1&PageSize=50&RegionId=cn-hangzhou");
    two.assert_form(HOST, "ListStacks", VERSION, "StackName.1=x&PageNumber=2&PageSize=50&RegionId=cn-hangzhou");
}

#[tokio::test]
async fn events_and_resources_are_listed() {
    let events = json!({"Events": [{"EventId": "e-1", "StackId": "s-1", "StackName": "x", "LogicalResourceId": "Webhook",
        "PhysicalResourceId": "", "ResourceType": "ALIYUN::FC3::Function", "Status": "CREATE_FAILED", "StatusReason": "no",
        "CreateTime": "2026-01-02T03:04:05"}], "TotalCount": 1, "PageNumber": 1, "PageSize": 50});
    let resources = json!({"Resources": [{"LogicalResourceId": "Webhook", "PhysicalResourceId": "causeway-webhook",
        "ResourceType": "ALIYUN::FC3::Function", "Status": "INIT_COMPLETE", "CreateTime": "2026-01-02T03:04:05"}]});
    let cloud = Cloud::answering(in_turn(&[(200, &events.to_string()), (200, &resources.to_string())]));
    let event = ros(&cloud).list_stack_events("s-1").await.unwrap().remove(0);
    assert_eq!((event.status, event.physical_resource_id), (StackStatus::CreateFailed, None));
    let resource = ros(&cloud).list_stack_resources("s-1").await.unwrap().remove(0);
    assert_eq!(resource.status, ResourceStatus::InitComplete);
    let [first, second] = &cloud.seen()[..] else { panic!("two calls") };
    first.assert_form(HOST, "ListStackEvents", VERSION, "StackId=s-1&PageNumber=1&PageSize=50&RegionId=cn-hangzhou");
    second.assert_form(HOST, "ListStackResources", VERSION, "StackId=s-1&RegionId=cn-hangzhou");
}

#[tokio::test]
async fn a_deletion_carries_no_token_and_finds_nothing_to_do_where_the_stack_is_gone() {
    let cloud = Cloud::answering(in_turn(&[
        (200, DONE),
        (404, &refusal("StackNotFound")),
        (409, &refusal("ActionInProgress")),
    ]));
    let delete = DeleteStack {
        stack_id: "s-1".to_owned(),
        retain: vec!["Store".to_owned(), "Log".to_owned()],
        ram_role_name: None,
    };
    ros(&cloud).delete_stack(&delete).await.unwrap();
    ros(&cloud).delete_stack(&delete).await.unwrap();
    assert_eq!(ros(&cloud).delete_stack(&delete).await.unwrap_err().kind(), Kind::Busy);
    let form = "RetainResources.1=Store&RetainResources.2=Log&StackId=s-1&RegionId=cn-hangzhou";
    cloud.seen()[0].assert_form(HOST, "DeleteStack", VERSION, form);
}

#[tokio::test]
async fn small_changes_name_the_stack() {
    let cloud = Cloud::saying(200, DONE);
    ros(&cloud).set_deletion_protection("s-1", false).await.unwrap();
    ros(&cloud).cancel_update_stack("s-1").await.unwrap();
    let [protection, cancel] = &cloud.seen()[..] else { panic!("two calls") };
    protection.assert_form(
        HOST,
        "SetDeletionProtection",
        VERSION,
        "DeletionProtection=Disabled&StackId=s-1&RegionId=cn-hangzhou",
    );
    cancel.assert_form(HOST, "CancelUpdateStack", VERSION, "CancelType=Safe&StackId=s-1&RegionId=cn-hangzhou");
}

#[tokio::test]
async fn a_preview_is_of_a_new_stack_or_of_an_update() {
    let body = json!({"RequestId": "R", "Stack": {"StackName": "x", "Resources": [
        {"LogicalResourceId": "Queue", "ResourceType": "ALIYUN::MNS::Queue", "Action": "Modify", "Replacement": "True",
         "PhysicalResourceId": "q", "Properties": {"QueueName": "q"}},
        {"LogicalResourceId": "Role", "ResourceType": "ALIYUN::RAM::Role", "Action": "None", "Replacement": "Conditional"},
        {"LogicalResourceId": "New", "ResourceType": "ALIYUN::RAM::Role"}]}});
    let cloud = Cloud::saying(200, &body.to_string());
    let changes = ros(&cloud).preview_stack(Preview::Update("s-1"), "{}", &Parameters::new()).await.unwrap();
    let seen: Vec<_> = changes.iter().map(|change| (change.action.clone(), change.replacement.clone())).collect();
    assert_eq!(
        seen,
        [
            (Some(Action::Modify), Some(Replacement::Yes)),
            (Some(Action::Nothing), Some(Replacement::Conditional)),
            (None, None),
        ]
    );
    ros(&cloud).preview_stack(Preview::Create("x"), "{}", &parameters(&[("K", "V")])).await.unwrap();
    let [update, create] = &cloud.seen()[..] else { panic!("two calls") };
    update.assert_form(
        HOST,
        "PreviewStack",
        VERSION,
        "StackId=s-1&UsePreviousParameters=true&TemplateBody=%7B%7D&RegionId=cn-hangzhou",
    );
    create.assert_form(
        HOST,
        "PreviewStack",
        VERSION,
        "StackName=x&Parameters.1.ParameterKey=K&Parameters.1.ParameterValue=V&TemplateBody=%7B%7D&RegionId=cn-hangzhou",
    );
}

#[tokio::test]
async fn a_template_comes_back_as_it_was_given() {
    let text = "{\"a\": 1}\n\n";
    let cloud = Cloud::saying(200, &json!({"RequestId": "R", "TemplateBody": text}).to_string());
    assert_eq!(ros(&cloud).template("s-1", Template::Original).await.unwrap(), text);
    cloud.only().assert_form(HOST, "GetTemplate", VERSION, "StackId=s-1&TemplateStage=Original&RegionId=cn-hangzhou");
}

#[tokio::test]
async fn what_is_missing_is_known_beforehand() {
    let risks = json!({"RequestId": "R", "MissingPolicyActions": ["fc:CreateFunction", "ram:CreateRole"], "RiskResources": [
        {"LogicalResourceId": "Store", "ResourceType": "ALIYUN::OSS::Bucket", "RiskType": "Existing", "Reason": "it is there"}]});
    let provisions = json!({"RequestId": "R", "ServiceProvisions": [
        {"ServiceName": "SMQ", "Status": "Disabled", "EnableURL": "https://x", "AutoEnableService": true,
         "DependentServiceNames": [], "RoleProvision": {"Roles": [{"RoleName": "AliyunX", "Created": false}]}},
        {"ServiceName": "OSS", "Status": "Unknown", "StatusReason": "no right"}]});
    let failed =
        json!({"RequestId": "R", "FailedServices": [{"ServiceName": "OSS", "Code": "NoPermission", "Message": "no"}]});
    let cloud = Cloud::answering(in_turn(&[
        (200, &risks.to_string()),
        (200, &risks.to_string()),
        (200, &provisions.to_string()),
        (200, &provisions.to_string()),
        (200, &failed.to_string()),
    ]));
    let ros = ros(&cloud);
    let risks = ros.list_creation_risks("{}", None).await.unwrap();
    assert_eq!(risks.missing_policy_actions, ["fc:CreateFunction", "ram:CreateRole"]);
    assert_eq!(risks.risk_resources[0].reason.as_deref(), Some("it is there"));
    ros.list_deletion_risks("s-1").await.unwrap();
    let provisions = ros.service_provisions("{}", &parameters(&[("K", "V")])).await.unwrap();
    assert_eq!(
        (&provisions[0].status, provisions[0].enable_url.as_deref()),
        (&ProvisionStatus::Disabled, Some("https://x"))
    );
    assert_eq!(provisions[0].role_provision.as_ref().unwrap().roles[0].created, Some(false));
    assert_eq!(provisions[1].status, ProvisionStatus::Unknown("Unknown".to_owned()));
    ros.service_provisions_of(&["FC", "OSS"]).await.unwrap();
    assert_eq!(ros.enable_services(&["FC", "OSS"]).await.unwrap()[0].service_name, "OSS");
    let seen = cloud.seen();
    for (seen, (action, form)) in seen.iter().zip([
        ("ListStackOperationRisks", "OperationType=CreateStack&TemplateBody=%7B%7D&RegionId=cn-hangzhou"),
        ("ListStackOperationRisks", "OperationType=DeleteStack&StackId=s-1&RegionId=cn-hangzhou"),
        (
            "GetServiceProvisions",
            "Parameters.1.ParameterKey=K&Parameters.1.ParameterValue=V&TemplateBody=%7B%7D&RegionId=cn-hangzhou",
        ),
        ("GetServiceProvisions", "Services.1.ServiceName=FC&Services.2.ServiceName=OSS&RegionId=cn-hangzhou"),
        // As section 1.2 shows it, but in the body.
        ("EnableServices", "ServiceNames=%5B%22FC%22%2C%22OSS%22%5D&RegionId=cn-hangzhou"),
    ]) {
        seen.assert_form(HOST, action, VERSION, form);
    }
}

#[tokio::test]
async fn a_template_is_validated_and_its_policy_made() {
    let cloud = Cloud::answering(in_turn(&[
        (200, r#"{"RequestId":"R","Description":"d","Parameters":[{"ParameterKey":"K","Type":"String"}]}"#),
        (400, &refusal("InvalidTemplateAttribute")),
        (200, r#"{"RequestId":"R","Policy":{"Version":"1","Statement":[]}}"#),
    ]));
    let ros = ros(&cloud);
    assert_eq!(ros.validate_template("{}").await.unwrap().parameters.len(), 1);
    assert_eq!(Refusal::of(&ros.validate_template("{}").await.unwrap_err()), Refusal::Template);
    assert_eq!(ros.generate_template_policy("{}").await.unwrap()["Version"], "1");
    let form = "OperationTypes.1=CreateStack&OperationTypes.2=UpdateStack&OperationTypes.3=DeleteStack&TemplateBody=%7B%7D&RegionId=cn-hangzhou";
    cloud.seen()[2].assert_form(HOST, "GenerateTemplatePolicy", VERSION, form);
}

#[tokio::test]
async fn drift_is_looked_for_and_listed() {
    let drifts = |token: &str| {
        json!({"NextToken": token, "ResourceDrifts": [{"LogicalResourceId": "Queue", "ResourceType": "ALIYUN::MNS::Queue",
            "ResourceDriftStatus": "MODIFIED", "PropertyDifferences": [{"PropertyPath": "/DelaySeconds", "DifferenceType": "NOT_EQUAL"}]}]})
        .to_string()
    };
    let cloud = Cloud::answering(in_turn(&[
        (200, r#"{"DriftDetectionId":"d-1"}"#),
        (200, r#"{"DriftDetectionId":"d-1","DriftDetectionStatus":"DETECTION_IN_PROGRESS"}"#),
        (200, &drifts("n")),
        (200, &drifts("")),
    ]));
    let ros = ros(&cloud);
    assert_eq!(ros.detect_stack_drift("s-1").await.unwrap(), "d-1");
    assert_eq!(ros.drift_detection("d-1").await.unwrap(), DriftDetection::InProgress);
    let drifts = ros.list_stack_resource_drifts("s-1").await.unwrap();
    assert_eq!((drifts.len(), &drifts[0].resource_drift_status), (2, &DriftStatus::Modified));
    let form = "StackId=s-1&MaxResults=100&NextToken=n&RegionId=cn-hangzhou";
    cloud.seen()[3].assert_form(HOST, "ListStackResourceDrifts", VERSION, form);
}

#[tokio::test]
async fn a_group_names_its_accounts_and_regions_as_json() {
    let cloud = Cloud::answering(in_turn(&[
        (200, r#"{"StackGroupId":"g-1"}"#),
        (200, r#"{"OperationId":"o-1"}"#),
        (200, r#"{"OperationId":"o-2"}"#),
        (200, r#"{"OperationId":"o-3"}"#),
        (200, r#"{"StackGroupOperation":{"OperationId":"o-3","Status":"RUNNING","Action":"DELETE"}}"#),
        (404, &refusal("StackGroupNotFound")),
        (200, DONE),
    ]));
    let ros = ros(&cloud);
    let group = |permission_model| CreateStackGroup {
        name: "g".to_owned(),
        template: "{}".to_owned(),
        parameters: Parameters::new(),
        permission_model,
        client_token: "token-1".parse().unwrap(),
    };
    ros.create_stack_group(&group(PermissionModel::ServiceManaged)).await.unwrap();
    let mut instances = CreateStackInstances {
        group: "g".to_owned(),
        targets: Targets::Accounts(vec!["1".parse().unwrap()]),
        regions: vec!["cn-hangzhou".parse().unwrap()],
        client_token: "token-2".parse().unwrap(),
    };
    assert_eq!(ros.create_stack_instances(&instances).await.unwrap(), "o-1");
    instances.targets = Targets::Folders(vec!["fd-1".to_owned()]);
    ros.create_stack_instances(&instances).await.unwrap();
    ros.delete_stack_instances("g", &instances.targets, &instances.regions, true).await.unwrap();
    assert_eq!(ros.stack_group_operation("o-3").await.unwrap().status, OperationStatus::Running);
    assert_eq!(ros.stack_group("g").await.unwrap(), None);
    ros.delete_stack_group("g").await.unwrap();
    let seen = cloud.seen();
    for (seen, (action, form)) in seen.iter().zip([
        (
            "CreateStackGroup",
            "AutoDeployment=%7B%22Enabled%22%3Atrue%2C%22RetainStacksOnAccountRemoval%22%3Atrue%7D&ClientToken=token-1\
             &PermissionModel=SERVICE_MANAGED&StackGroupName=g&TemplateBody=%7B%7D&RegionId=cn-hangzhou",
        ),
        (
            "CreateStackInstances",
            "AccountIds=%5B%221%22%5D&ClientToken=token-2&RegionIds=%5B%22cn-hangzhou%22%5D&StackGroupName=g&RegionId=cn-hangzhou",
        ),
        (
            "CreateStackInstances",
            "DeploymentTargets=%7B%22RdFolderIds%22%3A%5B%22fd-1%22%5D%7D&ClientToken=token-2&RegionIds=%5B%22cn-hangzhou%22%5D\
             &StackGroupName=g&RegionId=cn-hangzhou",
        ),
        (
            "DeleteStackInstances",
            "DeploymentTargets=%7B%22RdFolderIds%22%3A%5B%22fd-1%22%5D%7D&RegionIds=%5B%22cn-hangzhou%22%5D&RetainStacks=true\
             &StackGroupName=g&RegionId=cn-hangzhou",
        ),
        ("GetStackGroupOperation", "OperationId=o-3&RegionId=cn-hangzhou"),
        ("GetStackGroup", "StackGroupName=g&RegionId=cn-hangzhou"),
        ("DeleteStackGroup", "StackGroupName=g&RegionId=cn-hangzhou"),
    ]) {
        seen.assert_form(HOST, action, VERSION, form);
    }
}

#[tokio::test]
async fn a_self_managed_group_does_not_follow_the_directory_and_where_it_is_is_listed() {
    let instances = json!({"StackInstances": [
        {"AccountId": "1", "RegionId": "cn-hangzhou", "StackId": "s-1", "Status": "OUTDATED", "StatusReason": "no"},
        {"AccountId": 2, "RegionId": "cn-hangzhou", "Status": "CURRENT"}], "TotalCount": 2, "PageSize": 50});
    let cloud = Cloud::answering(in_turn(&[
        (200, DONE),
        (200, r#"{"OperationId":"o-1"}"#),
        (200, &instances.to_string()),
        (200, r#"{"ServiceAccessInfo":{"Status":"ENABLED"}}"#),
    ]));
    let ros = ros(&cloud);
    let group = CreateStackGroup {
        name: "g".to_owned(),
        template: "{}".to_owned(),
        parameters: Parameters::new(),
        permission_model: PermissionModel::SelfManaged,
        client_token: "token-1".parse().unwrap(),
    };
    ros.create_stack_group(&group).await.unwrap();
    let update = UpdateStackGroup {
        name: "g".to_owned(),
        template: "{}".to_owned(),
        parameters: parameters(&[("K", "V")]),
        client_token: "token-2".parse().unwrap(),
    };
    ros.update_stack_group(&update).await.unwrap();
    let listed = ros.list_stack_instances("g").await.unwrap();
    let accounts: Vec<_> = listed.iter().map(|row| (row.account_id.as_str(), row.status.as_deref())).collect();
    assert_eq!(accounts, [("1", Some("OUTDATED")), ("2", Some("CURRENT"))]);
    ros.enable_service_access().await.unwrap();
    assert!(!cloud.seen()[0].text().contains("AutoDeployment"));
}

#[tokio::test]
async fn through_a_gateway_the_host_is_kept() {
    let cloud = Cloud::saying(404, &refusal("StackNotFound"));
    let ros = cloud.behind_gateway().ros(&"cn-beijing".parse().unwrap());
    assert_eq!(ros.stack("s-1").await.unwrap(), None);
    let seen = cloud.only();
    assert_eq!((seen.line().as_str(), seen.header("host")), ("POST http://127.0.0.1:4600/", Some(HOST)));
}
