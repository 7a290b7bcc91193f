//! Stacks over the wire: states that take time, refusals, updates, rollbacks, and what an operator asks before.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use causeway_local::cloud::{Cloud, Options};
use causeway_local::faults::{Fault, FaultRule};
use causeway_local::opened::Openable;
use causeway_local::ram::{Role, Trust};
use causeway_local::seed::Seed;
use causeway_local::table::Storage;
use cloud_signing::{acs3, encode};
use http::Request;
use serde_json::{Value, json};

use crate::functions::{Echo, fc, package, put_object};
use crate::testing::{Client, Refusal, cloud, pass, refused};

const ROS: &str = "2019-09-10";
const RAM: &str = "2015-05-01";

/// As the official SDK sends it: the template in a form, everything else in the query.
async fn call(client: &Client, action: &str, params: &[(&str, &str)]) -> Result<Value, Refusal> {
    let (form, query): (Vec<_>, Vec<_>) = [("RegionId", "cn-hangzhou")]
        .into_iter()
        .chain(params.iter().copied())
        .partition(|(name, _)| *name == "TemplateBody");
    let uri = format!("http://ros.aliyuncs.com/?{}", encode::query(query));
    let request = Request::post(uri).header("content-type", "application/x-www-form-urlencoded");
    let (mut parts, body) = request.body(Bytes::from(encode::query(form))).unwrap().into_parts();
    let shared = client.cloud.shared();
    let (now, nonce) = (shared.clock.wall(), shared.ids.uuid());
    acs3::sign(&mut parts, &body, action, ROS, &client.credentials, now, &nonce).unwrap();
    client.send(Request::from_parts(parts, body)).await.expect("no fault drops this call")
}

/// A queue, a bucket, a role with a policy, a log store, and a function of release `Release` that a queue feeds.
const TEMPLATE: &str = r"
ROSTemplateFormatVersion: '2015-09-01'
Description: A small system
Parameters:
  Release: {Type: String}
  Token: {Type: String, NoEcho: true, Default: ''}
  Visibility: {Type: Number, Default: 30}
Conditions:
  HasToken: {'Fn::Not': {'Fn::Equals': ['', {Ref: Token}]}}
Resources:
  Jobs: {Type: 'ALIYUN::MNS::Queue', Properties: {QueueName: jobs, VisibilityTimeout: {Ref: Visibility}}}
  Records: {Type: 'ALIYUN::OSS::Bucket', Properties: {BucketName: records-1}}
  Project: {Type: 'ALIYUN::SLS::Project', Properties: {Name: project-1}}
  Store: {Type: 'ALIYUN::SLS::Logstore', Properties: {ProjectName: {'Fn::GetAtt': [Project, Name]}, LogstoreName: functions}}
  Role:
    Type: ALIYUN::RAM::Role
    Properties:
      RoleName: worker
      AssumeRolePolicyDocument:
        Version: '1'
        Statement: [{Action: 'sts:AssumeRole', Effect: Allow, Principal: {Service: [fc.aliyuncs.com]}}]
      Policies:
        - PolicyName: worker
          PolicyDocument: {Version: '1', Statement: [{Effect: Allow, Action: ['mns:SendMessage'], Resource: '*'}]}
  Worker:
    Type: ALIYUN::FC3::Function
    Properties:
      FunctionName: worker
      Handler: h
      Runtime: custom.debian12
      Role: {'Fn::GetAtt': [Role, Arn]}
      Code: {OssBucketName: code, OssObjectName: {'Fn::Sub': '${Release}/worker.zip'}}
      LogConfig: {Project: {'Fn::GetAtt': [Project, Name]}, Logstore: {'Fn::GetAtt': [Store, LogstoreName]}}
      EnvironmentVariables: {TOKEN: {'Fn::If': [HasToken, {Ref: Token}, {Ref: 'ALIYUN::NoValue'}]}}
  Feed:
    Type: ALIYUN::FC3::Trigger
    Properties:
      FunctionName: {'Fn::GetAtt': [Worker, FunctionName]}
      TriggerName: feed
      TriggerType: eventbridge
      TriggerConfig:
        triggerEnable: true
        eventSourceConfig: {eventSourceType: MNS, eventSourceParameters: {sourceMNSParameters: {QueueName: {'Fn::GetAtt': [Jobs, QueueName]}}}}
Outputs:
  Function: {Value: {'Fn::GetAtt': [Worker, ARN]}, Description: Who works}
";

/// A cloud whose account a has two releases in a bucket and EventBridge opened.
async fn ready() -> (Cloud, Client) {
    let cloud = cloud();
    let a = prepare(&cloud).await;
    (cloud, a)
}

async fn prepare(cloud: &Cloud) -> Client {
    cloud.fc().set_launcher(Arc::new(Echo));
    let a = Client::new(cloud, "a");
    cloud.fc().open_event_bridge(&a.account_id).unwrap();
    cloud.oss().create_bucket(&a.account_id, "cn-hangzhou", "code").unwrap();
    for release in ["r1", "r2"] {
        put_object(&a, "code", &format!("{release}/worker.zip"), package(release)).await;
    }
    a
}

fn given<'a>(release: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let own = [
        ("TemplateBody", TEMPLATE),
        ("Parameters.1.ParameterKey", "Release"),
        ("Parameters.1.ParameterValue", release),
    ];
    own.into_iter().chain(more.iter().copied()).collect()
}

async fn create(client: &Client, more: &[(&str, &str)]) -> Result<String, Refusal> {
    let params = [given("r1", &[("StackName", "system")]), more.to_vec()].concat();
    call(client, "CreateStack", &params).await.map(|answer| answer["StackId"].as_str().unwrap().to_owned())
}

async fn get(client: &Client, id: &str) -> Value {
    call(client, "GetStack", &[("StackId", id)]).await.unwrap()
}

/// Waits until nothing is done with the stack any more.
async fn settled(client: &Client, id: &str) -> Value {
    for _ in 0..10_000 {
        let stack = get(client, id).await;
        if !stack["Status"].as_str().unwrap().ends_with("IN_PROGRESS") {
            return stack;
        }
        pass(Duration::from_secs(1)).await;
    }
    panic!("the stack does not come to rest: {}", get(client, id).await);
}

async fn works(client: &Client) -> Option<String> {
    fc(client, "POST", "functions/worker/invocations", &Value::Null)
        .await
        .ok()?
        .as_str()
        .map(|text| text.trim().to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_stack_is_made_step_by_step_with_events_and_everything_is_there() {
    let (cloud, a) = ready().await;
    let id = create(&a, &[("Tags.1.Key", "t"), ("Tags.1.Value", "u")]).await.unwrap();
    let stack = get(&a, &id).await;
    assert_eq!(stack["Status"], "CREATE_IN_PROGRESS");
    assert!(works(&a).await.is_none(), "it takes time");
    pass(Duration::from_millis(1500)).await;
    let status = |resources: &Value, name: &str| {
        let all = resources["Resources"].as_array().unwrap().clone();
        all.into_iter()
            .find(|one| one["LogicalResourceId"] == name)
            .map(|one| one["Status"].as_str().unwrap().to_owned())
    };
    let resources = call(&a, "ListStackResources", &[("StackId", &id)]).await.unwrap();
    assert_eq!(status(&resources, "Jobs").as_deref(), Some("CREATE_COMPLETE"));
    assert_eq!(status(&resources, "Store").as_deref(), Some("CREATE_IN_PROGRESS"), "after its project");
    assert_eq!(status(&resources, "Feed"), None, "after its function");

    let stack = settled(&a, &id).await;
    assert_eq!(
        (&stack["Status"], &stack["StatusReason"]),
        (&"CREATE_COMPLETE".into(), &"Stack CREATE completed successfully".into())
    );
    assert!(!stack["CreateTime"].as_str().unwrap().ends_with('Z'));
    assert_eq!(stack["Outputs"][0]["OutputValue"], "acs:fc:cn-hangzhou:1000000000000001:functions/worker");
    let parameter = |name: &str| {
        let all = stack["Parameters"].as_array().unwrap();
        all.iter().find(|one| one["ParameterKey"] == name).unwrap()["ParameterValue"].clone()
    };
    assert_eq!(parameter("ALIYUN::StackId"), id.as_str());
    assert_eq!((parameter("Release"), parameter("Visibility")), ("r1".into(), "30".into()));
    assert_eq!(works(&a).await.as_deref(), Some("r1"));
    let role = a.call(RAM, "ListPoliciesForRole", &[("RoleName", "worker")]).await.unwrap();
    assert_eq!(role["Policies"]["Policy"][0]["PolicyName"], "worker");
    assert!(cloud.oss().buckets().iter().any(|bucket| bucket.name == "records-1"));

    let events = call(&a, "ListStackEvents", &[("StackId", &id), ("PageSize", "50")]).await.unwrap();
    assert_eq!(events["TotalCount"], 16, "two of the stack, two of each resource");
    assert_eq!(events["Events"][0]["ResourceType"], "ALIYUN::ROS::Stack");
    let attributes = [("StackId", &*id), ("LogicalResourceId", "Role"), ("ShowResourceAttributes", "True")];
    let one = call(&a, "GetStackResource", &attributes).await.unwrap();
    assert_eq!((&one["PhysicalResourceId"], &one["ResourceType"]), (&"worker".into(), &"ALIYUN::RAM::Role".into()));
    assert!(one["ResourceAttributes"].as_array().unwrap().iter().any(|one| one["ResourceAttributeKey"] == "Arn"));
    assert_eq!(call(&a, "GetTemplate", &[("StackId", &id)]).await.unwrap()["TemplateBody"], TEMPLATE);
    let tags = call(&a, "ListTagResources", &[("ResourceType", "stack"), ("ResourceId.1", &id)]).await.unwrap();
    assert_eq!(tags["TagResources"][0]["TagValue"], "u");
    let listed = call(&a, "ListStacks", &[("StackName.1", "sys*")]).await.unwrap();
    assert_eq!((&listed["TotalCount"], &listed["Stacks"][0]["StackId"]), (&1.into(), &id.as_str().into()));
    assert_eq!(call(&a, "ListStacks", &[("StackName.1", "other*")]).await.unwrap()["TotalCount"], 0);
    assert!(call(&a, "GetStackPolicy", &[("StackId", &id)]).await.unwrap().get("StackPolicyBody").is_none());
    let b = Client::new(&cloud, "b");
    assert_eq!(call(&b, "GetStack", &[("StackId", &id)]).await, refused(404, "StackNotFound"));
}

#[tokio::test(start_paused = true)]
async fn a_refused_call_fails_its_resource_and_what_was_made_goes_again() {
    let (cloud, a) = ready().await;
    let absent = [given("r9", &[("StackName", "system")])].concat();
    let id = call(&a, "CreateStack", &absent).await.unwrap()["StackId"].as_str().unwrap().to_owned();
    let stack = settled(&a, &id).await;
    assert_eq!(stack["Status"], "CREATE_ROLLBACK_COMPLETE");
    let info = &stack["OperationInfo"];
    assert_eq!(
        (&info["Action"], &info["Code"], &info["LogicalResourceId"]),
        (&"CreateFunction".into(), &"InvalidArgument".into(), &"Worker".into())
    );
    assert!(
        info["Message"].as_str().unwrap().contains("unable to access object r9/worker.zip in bucket code"),
        "{info}"
    );
    assert!(info["RequestId"].is_string());
    assert_eq!(a.call(RAM, "GetRole", &[("RoleName", "worker")]).await, refused(404, "EntityNotExist.Role"));
    assert!(cloud.mns().queues().is_empty());
    assert!(!cloud.oss().buckets().iter().any(|bucket| bucket.name == "records-1"));
    assert_eq!(create(&a, &[]).await, refused(409, "StackExists"), "the name is not free before the stack is deleted");
    call(&a, "DeleteStack", &[("StackId", &id)]).await.unwrap();
    assert_eq!(settled(&a, &id).await["Status"], "DELETE_COMPLETE");
    create(&a, &[]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_taken_stays_its_owners_and_without_rollback_what_was_made_stays_and_goes_on() {
    let (cloud, a) = ready().await;
    let b = Client::new(&cloud, "b");
    cloud.oss().create_bucket(&b.account_id, "cn-hangzhou", "records-1").unwrap();
    let id = create(&a, &[("DisableRollback", "True")]).await.unwrap();
    let stack = settled(&a, &id).await;
    assert_eq!(
        (&stack["Status"], &stack["OperationInfo"]["Code"]),
        (&"CREATE_FAILED".into(), &"BucketAlreadyExists".into())
    );
    assert!(cloud.mns().queues().len() == 1, "what was made stays");
    cloud.oss().delete_bucket_of(&b.account_id, "records-1", false).unwrap();
    call(&a, "ContinueCreateStack", &[("StackId", &id)]).await.unwrap();
    assert_eq!(settled(&a, &id).await["Status"], "CREATE_COMPLETE");
    assert_eq!(works(&a).await.as_deref(), Some("r1"));
    assert_eq!(
        call(&a, "ContinueCreateStack", &[("StackId", &id)]).await,
        refused(400, "ContinueCreateStackValidationFailed")
    );
}

#[tokio::test(start_paused = true)]
async fn each_template_error_is_told_at_once() {
    let (_, a) = ready().await;
    let stack = |resources: &str| format!("ROSTemplateFormatVersion: '2015-09-01'\nResources:\n{resources}");
    let queue = |properties: &str| stack(&format!("  Q: {{Type: 'ALIYUN::MNS::Queue', Properties: {properties}}}\n"));
    let circle = stack(
        "  A: {Type: 'ALIYUN::MNS::Queue', DependsOn: B, Properties: {QueueName: a}}\n  B: {Type: 'ALIYUN::MNS::Queue', DependsOn: A, Properties: {QueueName: b}}\n",
    );
    let many: String = (0..201)
        .map(|n| format!("  Q{n}: {{Type: 'ALIYUN::MNS::Queue', Properties: {{QueueName: q-{n}}}}}\n"))
        .collect();
    for (template, code) in [
        ("{".to_owned(), "InvalidSchema"),
        ("ROSTemplateFormatVersion: '2020-01-01'\nResources: {}\n".to_owned(), "InvalidTemplateVersion"),
        (queue("{QueueName: {Ref: Nobody}}"), "InvalidTemplateReference"),
        (queue("{QueueName: {'Fn::GetAtt': [Q, Arn]}}"), "CircularDependency"),
        (
            stack(
                "  Q: {Type: 'ALIYUN::MNS::Queue', Properties: {QueueName: a}}\n  R: {Type: 'ALIYUN::MNS::Queue', Properties: {QueueName: {'Fn::GetAtt': [Q, Arn]}}}\n",
            ),
            "InvalidTemplateAttribute",
        ),
        (circle, "CircularDependency"),
        (queue("{QueueName: a, VisibilityTimeout: 0}"), "StackValidationFailed"),
        (stack("  Q: {Type: 'ALIYUN::ECS::Instance'}\n"), "StackValidationFailed"),
        (stack(&many), "RequestLimitExceeded"),
    ] {
        let params = [("StackName", "s"), ("TemplateBody", template.as_str())];
        assert_eq!(
            call(&a, "CreateStack", &params).await,
            refused(400, code),
            "{}",
            &template[..60.min(template.len())]
        );
    }
    let long = format!("{}\n#{}", queue("{QueueName: a}"), "x".repeat(524_288));
    let parameter = |key, value| [("Parameters.2.ParameterKey", key), ("Parameters.2.ParameterValue", value)];
    for (params, status, code) in [
        (vec![("StackName", "s")], 400, "MissingParameter"),
        (vec![("StackName", "s"), ("TemplateBody", "x"), ("TemplateURL", "oss://code/x")], 400, "MultipleParameter"),
        (vec![("StackName", "s"), ("TemplateBody", &long)], 400, "InvalidParameter"),
        (vec![("StackName", "s"), ("TemplateBody", TEMPLATE)], 400, "UserParameterMissing"),
        ([given("r1", &[("StackName", "s")]), parameter("Other", "x").to_vec()].concat(), 400, "UnknownUserParameter"),
        (
            [given("r1", &[("StackName", "s")]), parameter("Visibility", "soon").to_vec()].concat(),
            400,
            "StackValidationFailed",
        ),
        (given("r1", &[("StackName", "1s")]), 400, "InvalidParameter"),
        (given("r1", &[("StackName", "s"), ("TimeoutInMinutes", "5")]), 400, "InvalidParameter"),
        (given("r1", &[("StackName", "s"), ("RamRoleName", "none")]), 400, "InvalidParameter"),
    ] {
        assert_eq!(call(&a, "CreateStack", &params).await, refused(status, code), "{params:?}");
    }
    assert_eq!(
        a.call(ROS, "ListStacks", &[]).await,
        refused(400, "MissingParameter"),
        "the region is a parameter alone"
    );
    put_object(&a, "code", "small.yml", queue("{QueueName: a}").into_bytes()).await;
    call(&a, "CreateStack", &[("StackName", "s"), ("TemplateURL", "oss://code/small.yml")]).await.unwrap();
    let json = json!({"ROSTemplateFormatVersion": "2015-09-01", "Resources": {"B": {"Type": "ALIYUN::MNS::Queue", "Properties": {"QueueName": "b"}}}});
    call(&a, "CreateStack", &[("StackName", "t"), ("TemplateBody", &json.to_string())]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_token_stands_for_its_call_and_one_thing_is_done_at_a_time() {
    let (_, a) = ready().await;
    let token = [("ClientToken", "token-1")];
    let id = create(&a, &token).await.unwrap();
    assert_eq!(create(&a, &token).await, refused(400, "LastTokenProcessing"));
    let other = given("r2", &[("StackName", "system"), ("ClientToken", "token-1")]);
    assert_eq!(call(&a, "CreateStack", &other).await, refused(400, "InvalidIdempotenceParameter"));
    let update = given("r2", &[("StackId", &id)]);
    assert_eq!(call(&a, "UpdateStack", &update).await, refused(409, "ActionInProgress"));
    settled(&a, &id).await;
    assert_eq!(create(&a, &token).await.unwrap(), id, "the same call again has the same answer");
    assert_eq!(create(&a, &[]).await, refused(409, "StackExists"));
    assert_eq!(call(&a, "GetStack", &[("StackId", "none")]).await, refused(404, "StackNotFound"));
}

#[tokio::test(start_paused = true)]
async fn an_update_changes_what_differs_keeps_secrets_when_told_and_refuses_the_same_again() {
    let (_, a) = ready().await;
    let secret = [("Parameters.2.ParameterKey", "Token"), ("Parameters.2.ParameterValue", "hush-hush")];
    let id = create(&a, &secret).await.unwrap();
    settled(&a, &id).await;
    let shown = get(&a, &id).await.to_string();
    assert!(!shown.contains("hush-hush") && shown.contains("******"), "{shown}");
    let keep = [("StackId", &*id), ("UsePreviousParameters", "true")];
    assert_eq!(
        call(&a, "UpdateStack", &[given("r1", &[]), keep.to_vec()].concat()).await,
        refused(400, "NotSupported")
    );
    let dry = [given("r1", &[("DryRun", "true")]), keep.to_vec()].concat();
    assert!(call(&a, "UpdateStack", &dry).await.is_ok(), "a dry run of nothing is no error");

    let preview = call(&a, "PreviewStack", &[given("r2", &[]), keep.to_vec()].concat()).await.unwrap();
    let of = |name: &str| {
        let all = preview["Stack"]["Resources"].as_array().unwrap();
        let one = all.iter().find(|one| one["LogicalResourceId"] == name).unwrap();
        (one["Action"].as_str().unwrap().to_owned(), one["Replacement"].as_str().unwrap().to_owned())
    };
    assert_eq!(of("Worker"), ("Modify".into(), "False".into()));
    assert_eq!(of("Jobs"), ("None".into(), "False".into()));
    assert!(!preview.to_string().contains("hush-hush"));

    call(&a, "UpdateStack", &[given("r2", &[]), keep.to_vec()].concat()).await.unwrap();
    assert_eq!(get(&a, &id).await["Status"], "UPDATE_IN_PROGRESS");
    assert_eq!(settled(&a, &id).await["Status"], "UPDATE_COMPLETE");
    assert_eq!(works(&a).await.as_deref(), Some("r2"));
    let variables = async || {
        let function = fc(&a, "GET", "functions/worker", &Value::Null).await.unwrap();
        function["environmentVariables"].as_object().map(serde_json::Map::len).unwrap_or_default()
    };
    assert_eq!(variables().await, 1);
    // Without the parameters from before, each has its default again: the secret is gone, and the update is green.
    call(&a, "UpdateStack", &given("r2", &[("StackId", &id)])).await.unwrap();
    assert_eq!(settled(&a, &id).await["Status"], "UPDATE_COMPLETE");
    assert_eq!(variables().await, 0);
    let bare = [("StackId", &*id), ("TemplateBody", TEMPLATE)];
    assert_eq!(call(&a, "UpdateStack", &bare).await, refused(400, "UserParameterMissing"));
}

#[tokio::test(start_paused = true)]
async fn an_update_that_fails_goes_back_to_the_template_and_parameters_and_code_from_before() {
    let (cloud, a) = ready().await;
    let id = create(&a, &[]).await.unwrap();
    settled(&a, &id).await;
    let visible = || cloud.mns().queues()[0].attributes.visibility_timeout;
    let update = |release: &'static str| {
        let more = [("Parameters.2.ParameterKey", "Visibility"), ("Parameters.2.ParameterValue", "77")];
        given(release, &[&more[..], &[("StackId", id.as_str())]].concat())
    };
    // The trigger's turn comes after the function's and the queue's.
    cloud.shared().faults.add(FaultRule {
        times: Some(1),
        ..FaultRule::once("UpdateFunction", Fault::Refuse { status: 403, code: "AccessDenied".into() })
    });
    call(&a, "UpdateStack", &update("r2")).await.unwrap();
    let stack = settled(&a, &id).await;
    assert_eq!(
        (&stack["Status"], &stack["OperationInfo"]["Action"]),
        (&"ROLLBACK_COMPLETE".into(), &"UpdateFunction".into())
    );
    assert_eq!((visible(), works(&a).await.as_deref()), (30, Some("r1")), "both as before");
    let release = |stack: &Value| {
        stack["Parameters"].as_array().unwrap().iter().find(|one| one["ParameterKey"] == "Release").unwrap()["ParameterValue"].clone()
    };
    assert_eq!(release(&stack), "r1");

    // A removal is the last thing that an update does: everything else has changed when it fails.
    let without_bucket =
        TEMPLATE.replace("  Records: {Type: 'ALIYUN::OSS::Bucket', Properties: {BucketName: records-1}}\n", "");
    put_object(&a, "records-1", "record", b"x".to_vec()).await;
    let params = [
        vec![("StackId", id.as_str()), ("TemplateBody", without_bucket.as_str())],
        update("r2").into_iter().filter(|(name, _)| name.starts_with("Parameters")).collect(),
    ]
    .concat();
    call(&a, "UpdateStack", &params).await.unwrap();
    let stack = settled(&a, &id).await;
    assert_eq!(
        (&stack["Status"], &stack["OperationInfo"]["Code"]),
        (&"ROLLBACK_COMPLETE".into(), &"BucketNotEmpty".into())
    );
    assert_eq!((visible(), works(&a).await.as_deref()), (30, Some("r1")));

    // The code from before is gone: there is no way back.
    cloud.shared().faults.clear();
    cloud.oss().delete_bucket_of(&a.account_id, "code", true).unwrap();
    cloud.oss().create_bucket(&a.account_id, "cn-hangzhou", "code").unwrap();
    put_object(&a, "code", "r2/worker.zip", package("r2")).await;
    call(&a, "UpdateStack", &params).await.unwrap();
    let stack = settled(&a, &id).await;
    assert_eq!(stack["Status"], "ROLLBACK_FAILED");
    assert!(
        stack["RollbackFailedRootReason"].as_str().unwrap().contains("unable to access object r1/worker.zip"),
        "{stack}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_changed_in_place_is_refused_or_replaced_as_the_call_says() {
    let (cloud, a) = ready().await;
    let id = create(&a, &[]).await.unwrap();
    settled(&a, &id).await;
    let renamed = TEMPLATE.replace("QueueName: jobs,", "QueueName: tasks,");
    let update = |option: &'static str| {
        let own = [("StackId", id.as_str()), ("TemplateBody", renamed.as_str()), ("ReplacementOption", option)];
        [&own[..], &given("r1", &[])[1..]].concat()
    };
    call(&a, "UpdateStack", &update("Disabled")).await.unwrap();
    let stack = settled(&a, &id).await;
    assert_eq!(
        (&stack["Status"], &stack["OperationInfo"]["Code"]),
        (&"ROLLBACK_COMPLETE".into(), &"NotSupported".into())
    );
    assert_eq!(cloud.mns().queues()[0].queue.name, "jobs");
    let preview =
        [&[("StackId", id.as_str()), ("TemplateBody", renamed.as_str())][..], &given("r1", &[])[1..]].concat();
    let preview = call(&a, "PreviewStack", &preview).await.unwrap();
    let replaced: Vec<&str> = preview["Stack"]["Resources"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["Replacement"] == "True")
        .map(|one| one["LogicalResourceId"].as_str().unwrap())
        .collect();
    assert_eq!(replaced, ["Jobs"]);
    call(&a, "UpdateStack", &update("Enabled")).await.unwrap();
    let stack = settled(&a, &id).await;
    assert_eq!(stack["Status"], "UPDATE_COMPLETE", "{stack}");
    let names: Vec<String> = cloud.mns().queues().into_iter().map(|queue| queue.queue.name).collect();
    assert_eq!(names, ["tasks"]);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_stops_at_protection_and_at_a_bucket_that_is_not_empty_and_leaves_what_is_retained() {
    let (cloud, a) = ready().await;
    let id = create(&a, &[("DeletionProtection", "Enabled")]).await.unwrap();
    settled(&a, &id).await;
    assert_eq!(call(&a, "DeleteStack", &[("StackId", &id)]).await, refused(400, "NotSupported"));
    let unprotect = [("StackId", id.as_str()), ("DeletionProtection", "Disabled")];
    call(&a, "SetDeletionProtection", &unprotect).await.unwrap();
    put_object(&a, "records-1", "record", b"x".to_vec()).await;
    call(&a, "DeleteStack", &[("StackId", &id)]).await.unwrap();
    let stack = settled(&a, &id).await;
    assert_eq!(
        (&stack["Status"], &stack["OperationInfo"]["Code"]),
        (&"DELETE_FAILED".into(), &"BucketNotEmpty".into())
    );
    call(&a, "DeleteStack", &[("StackId", &id), ("RetainResources.1", "Records")]).await.unwrap();
    assert_eq!(settled(&a, &id).await["Status"], "DELETE_COMPLETE");
    assert!(cloud.oss().buckets().iter().any(|bucket| bucket.name == "records-1"));
    assert!(works(&a).await.is_none() && cloud.mns().queues().is_empty());
    assert_eq!(
        a.call(RAM, "GetPolicy", &[("PolicyName", "worker"), ("PolicyType", "Custom")]).await,
        refused(404, "EntityNotExist.Policy")
    );
    assert_eq!(call(&a, "ListStacks", &[]).await.unwrap()["TotalCount"], 0, "it is read by its id alone");
    assert!(call(&a, "DeleteStack", &[("StackId", &id)]).await.is_ok());
    let retained = TEMPLATE.replace("BucketName: records-1}", "BucketName: records-2}, DeletionPolicy: Retain");
    let params = [&[("StackName", "second"), ("TemplateBody", retained.as_str())][..], &given("r1", &[])[1..]].concat();
    let id = call(&a, "CreateStack", &params).await.unwrap()["StackId"].as_str().unwrap().to_owned();
    settled(&a, &id).await;
    put_object(&a, "records-2", "record", b"x".to_vec()).await;
    call(&a, "DeleteStack", &[("StackId", &id)]).await.unwrap();
    assert_eq!(settled(&a, &id).await["Status"], "DELETE_COMPLETE");
    assert!(cloud.oss().buckets().iter().any(|bucket| bucket.name == "records-2"));
}

#[tokio::test(start_paused = true)]
async fn the_callers_rights_decide_and_what_it_lacks_is_told_before() {
    let (cloud, a) = ready().await;
    let policy = json!({"Version": "1", "Statement": [{"Effect": "Allow", "Action": ["ros:*", "mns:*", "oss:*", "log:*", "fc:*", "ram:CreateRole"], "Resource": "*"}]});
    let role = Role::new(&a.account_id, "deployer", Trust::account(&a.account_id));
    cloud.shared().identities.put_role(Role { policies: vec![policy], ..role }).unwrap();
    let deployer = a.in_role("deployer");
    let risks =
        call(&deployer, "ListStackOperationRisks", &given("r1", &[("OperationType", "CreateStack")])).await.unwrap();
    assert_eq!(risks["MissingPolicyActions"], json!(["ram:AttachPolicyToRole", "ram:CreatePolicy", "ram:PassRole"]));
    let all = call(&a, "ListStackOperationRisks", &given("r1", &[("OperationType", "CreateStack")])).await.unwrap();
    assert_eq!(all["MissingPolicyActions"], json!([]));
    let id = create(&deployer, &[("DisableRollback", "true")]).await.unwrap();
    let stack = settled(&a, &id).await;
    let info = &stack["OperationInfo"];
    assert_eq!((&info["Action"], &info["Code"]), (&"CreatePolicy".into(), &"NoPermission".into()));
    let reader = a.in_role("causeway-read");
    assert_eq!(call(&reader, "ListStacks", &[]).await, refused(403, "Forbidden"));
    // A role that the service may assume acts in the caller's place.
    call(&a, "DeleteStack", &[("StackId", &id)]).await.unwrap();
    settled(&a, &id).await;
    let all = json!({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let for_ros = Role::new(&a.account_id, "for-ros", Trust::service("ros.aliyuncs.com"));
    cloud.shared().identities.put_role(Role { policies: vec![all], ..for_ros }).unwrap();
    assert_eq!(
        create(&deployer, &[("RamRoleName", "for-ros")]).await,
        refused(403, "Forbidden"),
        "it may not pass the role"
    );
    let id = create(&a, &[("RamRoleName", "for-ros")]).await.unwrap();
    assert_eq!(settled(&a, &id).await["Status"], "CREATE_COMPLETE");
}

#[tokio::test(start_paused = true)]
async fn products_that_are_closed_are_told_and_opened() {
    let (cloud, a) = ready().await;
    cloud.shared().opened.set(&a.account_id, &BTreeSet::from([Openable::Mns, Openable::Oss])).unwrap();
    let provisions = async || {
        let answer = call(&a, "GetServiceProvisions", &[("TemplateBody", TEMPLATE)]).await.unwrap();
        let all = answer["ServiceProvisions"].as_array().unwrap().clone();
        all.iter()
            .map(|one| format!("{} {}", one["ServiceName"].as_str().unwrap(), one["Status"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(provisions().await, ["FC Disabled", "MNS Enabled", "OSS Enabled", "SLS Disabled"]);
    let opened = call(&a, "EnableServices", &[("ServiceNames", r#"["FC","SLS","EventBridge"]"#)]).await.unwrap();
    assert_eq!(opened["FailedServices"][0]["ServiceName"], "EventBridge", "ROS does not open it");
    assert_eq!(provisions().await, ["FC Enabled", "MNS Enabled", "OSS Enabled", "SLS Enabled"]);
    let named = call(&a, "GetServiceProvisions", &[("Services.1.ServiceName", "SMQ")]).await.unwrap();
    assert_eq!(named["ServiceProvisions"][0]["Status"], "Enabled");
    assert_eq!(call(&a, "EnableServices", &[("ServiceNames", "FC")]).await, refused(400, "InvalidParameter"));
    let validated = call(&a, "ValidateTemplate", &[("TemplateBody", TEMPLATE)]).await.unwrap();
    assert_eq!(validated["Parameters"].as_array().unwrap().len(), 3);
    assert_eq!(call(&a, "ValidateTemplate", &[("TemplateBody", "{")]).await, refused(400, "InvalidSchema"));
}

#[tokio::test(start_paused = true)]
async fn an_update_can_be_cancelled_and_one_that_takes_too_long_goes_back() {
    let (cloud, a) = ready().await;
    let id = create(&a, &[]).await.unwrap();
    settled(&a, &id).await;
    assert_eq!(call(&a, "CancelUpdateStack", &[("StackId", &id)]).await, refused(400, "NotSupported"));
    call(&a, "UpdateStack", &given("r2", &[("StackId", &id)])).await.unwrap();
    call(&a, "CancelUpdateStack", &[("StackId", &id), ("CancelType", "Quick")]).await.unwrap();
    assert_eq!(settled(&a, &id).await["Status"], "ROLLBACK_COMPLETE");
    assert_eq!(works(&a).await.as_deref(), Some("r1"));
    cloud.shared().delays.stick(causeway_local::delays::Wait::StackResource);
    call(&a, "UpdateStack", &given("r2", &[("StackId", &id), ("TimeoutInMinutes", "10")])).await.unwrap();
    pass(Duration::from_secs(599)).await;
    assert_eq!(get(&a, &id).await["Status"], "UPDATE_IN_PROGRESS");
    pass(Duration::from_secs(5)).await;
    cloud.shared().delays.clear();
    let stack = settled(&a, &id).await;
    assert_eq!(stack["Status"], "ROLLBACK_COMPLETE");
    assert_eq!(stack["StatusReason"], "Stack UPDATE timed out");
}

#[tokio::test(start_paused = true)]
async fn a_restart_in_the_middle_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let storage = Storage::in_folder(folder.path()).unwrap();
        Cloud::open(Options { storage, ..Options::new(Seed::tutorial()) }).unwrap()
    };
    let id = {
        let cloud = open();
        let a = prepare(&cloud).await;
        let id = create(&a, &[]).await.unwrap();
        pass(Duration::from_millis(1500)).await;
        assert_eq!(get(&a, &id).await["Status"], "CREATE_IN_PROGRESS");
        id
    };
    let cloud = open();
    cloud.fc().set_launcher(Arc::new(Echo));
    let a = Client::new(&cloud, "a");
    assert_eq!(settled(&a, &id).await["Status"], "CREATE_COMPLETE");
    assert_eq!(works(&a).await.as_deref(), Some("r1"));
}

/// Makes a change set, and waits until it can be executed.
async fn change_set(client: &Client, params: &[(&str, &str)]) -> Result<String, Refusal> {
    let made = call(client, "CreateChangeSet", params).await?;
    let id = made["ChangeSetId"].as_str().unwrap().to_owned();
    let set = get_set(client, &id).await;
    assert_eq!(
        (&set["Status"], &set["ExecutionStatus"], &set["Changes"]),
        (&"CREATE_IN_PROGRESS".into(), &"UNAVAILABLE".into(), &json!([])),
        "it takes time"
    );
    pass(Duration::from_secs(2)).await;
    let set = get_set(client, &id).await;
    assert_eq!((&set["Status"], &set["ExecutionStatus"]), (&"CREATE_COMPLETE".into(), &"AVAILABLE".into()), "{set}");
    Ok(id)
}

async fn get_set(client: &Client, id: &str) -> Value {
    call(client, "GetChangeSet", &[("ChangeSetId", id)]).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_change_set_shows_an_update_and_executing_it_does_that() {
    let (cloud, a) = ready().await;
    let secret = [("Parameters.2.ParameterKey", "Token"), ("Parameters.2.ParameterValue", "hush-hush")];
    let stack = create(&a, &secret).await.unwrap();
    settled(&a, &stack).await;
    let keep = [("StackId", stack.as_str()), ("UsePreviousParameters", "true"), ("ReplacementOption", "Enabled")];
    let renamed = TEMPLATE
        .replace("QueueName: jobs,", "QueueName: tasks,")
        .replace("  Records: {Type: 'ALIYUN::OSS::Bucket', Properties: {BucketName: records-1}}\n", "")
        .replace("Resources:\n", "Resources:\n  More: {Type: 'ALIYUN::MNS::Queue', Properties: {QueueName: more}}\n");
    let with = |name: &'static str| {
        let own = [("ChangeSetName", name), ("Description", "d"), ("TemplateBody", renamed.as_str())];
        [&own[..], &keep, &given("r2", &[])[1..]].concat()
    };
    let other = change_set(&a, &with("other")).await.unwrap();
    let token = [with("next"), vec![("ClientToken", "token-1"), ("Tags.1.Key", "t"), ("Tags.1.Value", "u")]].concat();
    let id = change_set(&a, &token).await.unwrap();
    let again = call(&a, "CreateChangeSet", &token).await.unwrap();
    assert_eq!((&again["ChangeSetId"], &again["StackId"]), (&id.as_str().into(), &stack.as_str().into()));

    let set = get_set(&a, &id).await;
    let change = |name: &str| {
        let all = set["Changes"].as_array().unwrap();
        let one = all.iter().find(|one| one["ResourceChange"]["LogicalResourceId"] == name).unwrap();
        assert_eq!(one["Type"], "Resource");
        one["ResourceChange"].clone()
    };
    let detail = |name: &str, recreation: &str| {
        let target = json!({"Attribute": "Properties", "Name": name, "RequiresRecreation": recreation});
        json!([{"Evaluation": "Static", "Target": target}])
    };
    assert_eq!(set["Changes"].as_array().unwrap().len(), 5, "{set}");
    assert_eq!(
        change("More"),
        json!({"Action": "Add", "LogicalResourceId": "More", "ResourceType": "ALIYUN::MNS::Queue", "Scope": [], "Details": []})
    );
    assert_eq!(
        change("Jobs"),
        json!({
            "Action": "Modify", "LogicalResourceId": "Jobs", "PhysicalResourceId": "jobs", "ResourceType": "ALIYUN::MNS::Queue",
            "Replacement": "True", "Scope": ["Properties"], "Details": detail("QueueName", "Always"),
        })
    );
    let worker = change("Worker");
    assert_eq!((&worker["Replacement"], &worker["Details"]), (&"False".into(), &detail("Code", "Never")));
    assert_eq!(change("Feed")["Replacement"], "False");
    let gone = change("Records");
    assert_eq!((&gone["Action"], &gone["PhysicalResourceId"]), (&"Remove".into(), &"records-1".into()));
    assert_eq!((&set["StackName"], &set["ChangeSetType"]), (&"system".into(), &"UPDATE".into()));
    let parameters = set["Parameters"].as_array().unwrap();
    for (name, value) in [("Release", "r2"), ("Token", "******"), ("ALIYUN::NoValue", "None")] {
        assert!(parameters.contains(&json!({"ParameterKey": name, "ParameterValue": value})), "{name}: {set}");
    }
    assert!(set.get("TemplateBody").is_none() && !set.to_string().contains("hush-hush"), "{set}");
    let full = call(&a, "GetChangeSet", &[("ChangeSetId", &id), ("ShowTemplate", "true")]).await.unwrap();
    assert_eq!(full["TemplateBody"], renamed);
    assert_eq!(call(&a, "GetTemplate", &[("ChangeSetId", &id)]).await.unwrap()["TemplateBody"], renamed);
    let listed = async |more: &[(&str, &str)]| {
        let params = [&[("StackId", stack.as_str())], more].concat();
        let answer = call(&a, "ListChangeSets", &params).await.unwrap();
        let all = answer["ChangeSets"].as_array().unwrap().clone();
        all.iter().map(|one| one["ChangeSetName"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed(&[]).await, ["next", "other"], "the newest first");
    assert_eq!(listed(&[("ChangeSetName.1", "ne*"), ("ExecutionStatus.1", "AVAILABLE")]).await, ["next"]);
    assert!(listed(&[("Status.1", "CREATE_FAILED")]).await.is_empty());
    assert_eq!((works(&a).await.as_deref(), cloud.mns().queues().len()), (Some("r1"), 1), "nothing is done yet");

    call(&a, "ExecuteChangeSet", &[("ChangeSetId", &id)]).await.unwrap();
    assert_eq!(get_set(&a, &id).await["ExecutionStatus"], "EXECUTE_IN_PROGRESS");
    let execute = call(&a, "ExecuteChangeSet", &[("ChangeSetId", &id)]).await;
    assert_eq!(execute, refused(409, "ActionInProgress"));
    assert_eq!(call(&a, "DeleteChangeSet", &[("ChangeSetId", &id)]).await, refused(409, "ActionInProgress"));
    let one = settled(&a, &stack).await;
    assert_eq!((&one["Status"], &one["Tags"][0]["Value"]), (&"UPDATE_COMPLETE".into(), &"u".into()));
    assert_eq!(get_set(&a, &id).await["ExecutionStatus"], "EXECUTE_COMPLETE");
    assert_eq!(works(&a).await.as_deref(), Some("r2"));
    let queues: BTreeSet<String> = cloud.mns().queues().into_iter().map(|queue| queue.queue.name).collect();
    assert_eq!(queues, BTreeSet::from(["more".to_owned(), "tasks".to_owned()]));
    assert_eq!(call(&a, "GetChangeSet", &[("ChangeSetId", &other)]).await, refused(404, "ChangeSetNotFound"));
    for action in ["ExecuteChangeSet", "DeleteChangeSet"] {
        assert_eq!(call(&a, action, &[("ChangeSetId", &id)]).await, refused(400, "NotSupported"), "it was executed");
    }
    call(&a, "DeleteStack", &[("StackId", &stack)]).await.unwrap();
    assert_eq!(settled(&a, &stack).await["Status"], "DELETE_COMPLETE");
    assert_eq!(call(&a, "GetChangeSet", &[("ChangeSetId", &id)]).await, refused(404, "ChangeSetNotFound"));
}

#[tokio::test(start_paused = true)]
async fn a_change_set_for_a_new_stack_makes_one_in_review() {
    let (cloud, a) = ready().await;
    let kind = [("ChangeSetName", "1st"), ("ChangeSetType", "CREATE"), ("StackName", "system")];
    let params = given("r1", &kind);
    let id = change_set(&a, &params).await.unwrap();
    let set = get_set(&a, &id).await;
    assert!(set["Changes"].as_array().unwrap().iter().all(|one| one["ResourceChange"]["Action"] == "Add"), "{set}");
    let stack = set["StackId"].as_str().unwrap();
    assert_eq!(get(&a, stack).await["Status"], "REVIEW_IN_PROGRESS");
    assert_eq!(create(&a, &[]).await, refused(409, "StackExists"));
    assert_eq!(call(&a, "CreateChangeSet", &params).await, refused(409, "StackExists"));
    assert_eq!(call(&a, "UpdateStack", &given("r2", &[("StackId", stack)])).await, refused(400, "NotSupported"));
    assert!(cloud.mns().queues().is_empty());

    call(&a, "DeleteChangeSet", &[("ChangeSetId", &id)]).await.unwrap();
    assert_eq!(call(&a, "DeleteChangeSet", &[("ChangeSetId", &id)]).await, refused(404, "ChangeSetNotFound"));
    assert_eq!(get(&a, stack).await["Status"], "REVIEW_IN_PROGRESS", "its stack stays");
    call(&a, "DeleteStack", &[("StackId", stack)]).await.unwrap();
    assert_eq!(settled(&a, stack).await["Status"], "DELETE_COMPLETE");

    let id = change_set(&a, &params).await.unwrap();
    let execute = [("ChangeSetId", id.as_str()), ("ClientToken", "token-1")];
    call(&a, "ExecuteChangeSet", &execute).await.unwrap();
    assert_eq!(call(&a, "ExecuteChangeSet", &execute).await, refused(400, "LastTokenProcessing"));
    let stack = get_set(&a, &id).await["StackId"].as_str().unwrap().to_owned();
    assert_eq!(settled(&a, &stack).await["Status"], "CREATE_COMPLETE");
    assert!(call(&a, "ExecuteChangeSet", &execute).await.is_ok(), "the same call again has the same answer");
    assert_eq!(get_set(&a, &id).await["ExecutionStatus"], "EXECUTE_COMPLETE");
    assert_eq!(works(&a).await.as_deref(), Some("r1"));
}

#[tokio::test(start_paused = true)]
async fn a_change_set_is_refused_outdated_by_an_update_and_fails_with_its_stack() {
    let (cloud, a) = ready().await;
    let stack = create(&a, &[]).await.unwrap();
    let with = |name: &'static str, release: &'static str| {
        given(release, &[("ChangeSetName", name), ("StackId", stack.as_str())])
    };
    assert_eq!(call(&a, "CreateChangeSet", &with("x", "r2")).await, refused(409, "ActionInProgress"));
    settled(&a, &stack).await;
    assert_eq!(call(&a, "CreateChangeSet", &with("x", "r1")).await, refused(400, "NotSupported"), "nothing changes");
    let old = change_set(&a, &with("x", "r2")).await.unwrap();
    let of = |name, value| [with("y", "r2"), vec![(name, value)]].concat();
    for (params, status, code) in [
        (with("x", "r2"), 409, "ChangeSetExists"),
        (with("_x", "r2"), 400, "InvalidParameter"),
        (of("ChangeSetType", "IMPORT"), 400, "NotSupported"),
        (of("ChangeSetType", "MERGE"), 400, "InvalidParameter"),
        (of("ReplacementOption", "Perhaps"), 400, "InvalidParameter"),
        (of("TimeoutInMinutes", "5"), 400, "InvalidParameter"),
        (given("r2", &[("ChangeSetName", "y")]), 400, "MissingParameter"),
        (given("r2", &[("ChangeSetName", "y"), ("StackId", "none")]), 404, "StackNotFound"),
        (given("r2", &[("StackId", &stack)]), 400, "MissingParameter"),
        (vec![("ChangeSetName", "y"), ("StackId", &stack)], 400, "UserParameterMissing"),
    ] {
        assert_eq!(call(&a, "CreateChangeSet", &params).await, refused(status, code), "{params:?}");
    }
    let b = Client::new(&cloud, "b");
    for action in ["GetChangeSet", "ExecuteChangeSet", "DeleteChangeSet"] {
        assert_eq!(call(&a, action, &[("ChangeSetId", "none")]).await, refused(404, "ChangeSetNotFound"));
        assert_eq!(call(&b, action, &[("ChangeSetId", &old)]).await, refused(404, "ChangeSetNotFound"));
    }
    assert_eq!(call(&a, "ListChangeSets", &[("StackId", "none")]).await, refused(404, "StackNotFound"));

    let young =
        call(&a, "CreateChangeSet", &with("y", "r2")).await.unwrap()["ChangeSetId"].as_str().unwrap().to_owned();
    for action in ["ExecuteChangeSet", "DeleteChangeSet"] {
        assert_eq!(call(&a, action, &[("ChangeSetId", &young)]).await, refused(400, "NotSupported"), "not made yet");
    }
    call(&a, "UpdateStack", &given("r2", &[("StackId", &stack)])).await.unwrap();
    settled(&a, &stack).await;
    let set = get_set(&a, &old).await;
    assert_eq!((&set["Status"], &set["ExecutionStatus"]), (&"CREATE_COMPLETE".into(), &"OBSOLETE".into()));
    assert_eq!(call(&a, "ExecuteChangeSet", &[("ChangeSetId", &old)]).await, refused(400, "NotSupported"));
    let set = get_set(&a, &young).await;
    assert_eq!((&set["Status"], &set["ExecutionStatus"]), (&"CREATE_FAILED".into(), &"UNAVAILABLE".into()));
    assert!(set["StatusReason"].as_str().unwrap().contains("changed"), "{set}");
    call(&a, "DeleteChangeSet", &[("ChangeSetId", &young)]).await.unwrap();

    let bad = change_set(&a, &with("bad", "r9")).await.unwrap();
    call(&a, "ExecuteChangeSet", &[("ChangeSetId", &bad)]).await.unwrap();
    assert_eq!(settled(&a, &stack).await["Status"], "ROLLBACK_COMPLETE");
    assert_eq!(get_set(&a, &bad).await["ExecutionStatus"], "EXECUTE_FAILED");
    for number in 1..20 {
        let name = format!("n{number}");
        let params = given("r1", &[("ChangeSetName", &name), ("StackId", &stack)]);
        call(&a, "CreateChangeSet", &params).await.unwrap();
    }
    let full = call(&a, "CreateChangeSet", &with("n20", "r1")).await;
    assert_eq!(full, refused(400, "RequestLimitExceeded"));
}

#[tokio::test(start_paused = true)]
async fn a_change_set_outlives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let storage = Storage::in_folder(folder.path()).unwrap();
        Cloud::open(Options { storage, ..Options::new(Seed::tutorial()) }).unwrap()
    };
    let kind = [("ChangeSetName", "first"), ("ChangeSetType", "CREATE"), ("StackName", "system")];
    let id = {
        let cloud = open();
        let a = prepare(&cloud).await;
        let id = change_set(&a, &given("r1", &kind)).await.unwrap();
        call(&a, "ExecuteChangeSet", &[("ChangeSetId", &id)]).await.unwrap();
        pass(Duration::from_millis(1500)).await;
        id
    };
    let cloud = open();
    cloud.fc().set_launcher(Arc::new(Echo));
    let a = Client::new(&cloud, "a");
    let set = get_set(&a, &id).await;
    assert_eq!(set["ExecutionStatus"], "EXECUTE_IN_PROGRESS");
    assert_eq!(settled(&a, set["StackId"].as_str().unwrap()).await["Status"], "CREATE_COMPLETE");
    assert_eq!(get_set(&a, &id).await["ExecutionStatus"], "EXECUTE_COMPLETE");
}
