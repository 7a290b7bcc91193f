//! Stacks that become reality, and stacks that do not.

use local_mns::Created;

use super::*;

fn nothing() -> Arc<Fake> {
    Fake::new(|_| async { done("") })
}

const QUEUES: &str = "  A: {Type: 'ALIYUN::MNS::Queue', Properties: {QueueName: a, DlqPolicy: {Enabled: true, DeadLetterTargetQueue: z, MaxReceiveCount: 3}}}
  Z: {Type: 'ALIYUN::MNS::Queue', Properties: {QueueName: z}}
  Store: {Type: 'ALIYUN::OSS::Bucket', Properties: {BucketName: records}}
";

#[tokio::test(start_paused = true)]
async fn the_same_stack_is_refused_and_a_changed_queue_is_brought_up_to_date() {
    let world = World::new();
    let first = world.deploy(QUEUES, nothing()).await.unwrap();
    assert!(first.queues.iter().all(|(_, created)| *created == Created::New));
    assert_eq!(first.queues.len(), 2);
    let same = world.deploy(QUEUES, nothing()).await.unwrap_err().to_string();
    assert!(same.starts_with("NotSupported: Update the completely same stack"), "{same}");
    world.send("z", "kept");
    let changed = QUEUES.replace("QueueName: z", "QueueName: z, VisibilityTimeout: 77");
    let second = world.deploy(&changed, nothing()).await.unwrap();
    assert!(second.queues.iter().all(|(_, created)| *created == Created::Existed));
    assert_eq!(world.oss.buckets().len(), 1);
    assert_eq!(world.mns.queue(&world.queue("z")).unwrap().attributes.visibility_timeout, 77);
    assert_eq!(world.count("z"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_is_given_a_retention_policy_that_a_stack_does_not_change_any_more() {
    let world = World::new();
    let with = |days: &str, queue: &str| {
        format!(
            "{}  Kept: {{Type: 'ALIYUN::OSS::BucketWorm', Properties: {{Bucket: {{Ref: Store}}, RetentionPeriodInDays: {days}}}}}\n",
            QUEUES
                .replace("QueueName: z", &format!("QueueName: {queue}"))
                .replace("DeadLetterTargetQueue: z", &format!("DeadLetterTargetQueue: {queue}"))
        )
    };
    world.deploy(&with("30", "z"), nothing()).await.unwrap();
    let worm = world.oss.worm("records").unwrap().unwrap();
    assert_eq!((worm.days, worm.locked), (30, false));
    world.oss.lock_worm("records", &worm.id).unwrap();
    world.deploy(&with("'30'", "y"), nothing()).await.unwrap();
    assert_eq!(world.oss.worm("records").unwrap().unwrap().id, worm.id, "it stays");
    let refused = world.deploy(&with("31", "z"), nothing()).await.unwrap_err();
    assert!(refused.to_string().contains("bucket records cannot be given a retention policy"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_needs_the_roles_of_event_bridge() {
    let world = World::new();
    for role in crate::deploy::EVENT_BRIDGE_ROLES {
        world.shared.identities.remove_role(ACCOUNT, role).unwrap();
        let refused = world.deploy(&fed_by_queue("", TOLERANT), nothing()).await.unwrap_err().to_string();
        assert!(refused.contains(&format!("has no role {role}")), "{refused}");
        world.fc.open_event_bridge(ACCOUNT).unwrap();
    }
    world.deploy(&fed_by_queue("", TOLERANT), nothing()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_running_service_goes_on_with_what_was_deployed_anew() {
    let world = World::new();
    let (old, new) = (nothing(), nothing());
    world.deploy(&fed_by_queue("", TOLERANT), Arc::<Fake>::clone(&old)).await.unwrap();
    world.fc.start().await;
    world.send("jobs", "1");
    world.until("the first is through", || world.count("jobs") == 0).await;
    // New code has another name: only then is there something to deploy.
    let next = fed_by_queue("", TOLERANT).replace("OssObjectName: o", "OssObjectName: o2");
    world.deploy(&next, Arc::<Fake>::clone(&new)).await.unwrap();
    world.send("jobs", "2");
    world.until("the second is through", || world.count("jobs") == 0).await;
    assert_eq!((old.launched(), old.stopped(), new.launched()), (1, 1, 1));
    world.stop().await;
    let log = world.fc.invocations_since(0);
    assert_eq!(log.iter().map(|one| one.sequence).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(world.fc.invocations_since(1), log[1..]);
}

#[tokio::test(start_paused = true)]
async fn roles_are_known_with_their_trust_and_every_policy() {
    let policy = |action: &str| {
        format!("{{Version: '1', Statement: [{{Effect: Allow, Action: ['{action}'], Resource: ['*']}}]}}")
    };
    let world = World::new();
    let template = format!(
        "  Role:
    Type: ALIYUN::RAM::Role
    Properties:
      RoleName: Exec
      AssumeRolePolicyDocument: {{Version: '1', Statement: [{{Action: 'sts:AssumeRole', Effect: Allow, Principal: {{Service: [fc.aliyuncs.com]}}}}]}}
      Policies: [{{PolicyName: own, PolicyDocument: {}}}]
  Extra: {{Type: 'ALIYUN::RAM::ManagedPolicy', Properties: {{PolicyName: extra, PolicyDocument: {}}}}}
  Tie: {{Type: 'ALIYUN::RAM::AttachPolicyToRole', Properties: {{PolicyName: {{Ref: Extra}}, PolicyType: Custom, RoleName: {{Ref: Role}}}}}}
",
        policy("oss:GetObject"),
        policy("mns:SendMessage")
    );
    let deployment = world.deploy(&template, nothing()).await.unwrap();
    assert_eq!(deployment.roles, ["acs:ram::1000000000000001:role/exec"]);
    let role = world.shared.identities.role(ACCOUNT, "exec").unwrap();
    let text = serde_json::to_string(&role.policies).unwrap();
    assert!(text.contains("oss:GetObject") && text.contains("mns:SendMessage"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_work_is_refused_before_anything_is_made() {
    let world = World::new();
    let untrusting = "  Role: {Type: 'ALIYUN::RAM::Role', Properties: {RoleName: r, AssumeRolePolicyDocument: {Version: '1', Statement: [{Action: 'sts:AssumeRole', Effect: Allow, Principal: {Service: [ecs.aliyuncs.com]}}]}}}\n";
    for (template, words) in [
        (fed_by_queue("", TOLERANT).replace("FunctionName: {Ref: Worker}", "FunctionName: other"), "function \"other\""),
        (fed_by_queue("", TOLERANT).replace("{Ref: Jobs}", "elsewhere"), "queues/elsewhere does not exist"),
        (fed_by_queue("", TOLERANT).replace("{QueueName: {Ref: Jobs}", "{RegionId: cn-beijing, QueueName: {Ref: Jobs}"), "cn-beijing"),
        (fed_by_queue("", "deadLetterQueue: {Arn: nonsense}"), "nonsense"),
        (fed_by_queue("", "deadLetterQueue: {Arn: 'acs:mns:cn-hangzhou:1000000000000001:/queues/none'}"), "queues/none"),
        (function(", Role: 'acs:ram::1000000000000001:role/none'"), "role/none"),
        (format!("{}{untrusting}", function(", Role: {'Fn::GetAtt': [Role, Arn]}")), "does not trust"),
        ("  A: {Type: 'ALIYUN::MNS::Queue', Properties: {QueueName: a, DlqPolicy: {Enabled: true, DeadLetterTargetQueue: none, MaxReceiveCount: 3}}}\n".into(), "queues/none"),
    ] {
        let error = world.deploy(&template, nothing()).await.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    assert!(world.mns.queues().is_empty());
    assert!(world.fc.functions().is_empty());
}
