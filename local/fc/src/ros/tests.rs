use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;

fn pseudo() -> Pseudo {
    Pseudo::new("1111111111111111", "cn-hangzhou", "demo")
}

fn resolve_with(sections: &str, parameters: Value) -> Result<Stack, RosError> {
    let template = Template::parse(&format!("ROSTemplateFormatVersion: '2015-09-01'\n{sections}"))?;
    let parameters: BTreeMap<String, Value> = serde_json::from_value(parameters).unwrap();
    template.resolve(&parameters, &pseudo())
}

fn resolve(sections: &str) -> Result<Stack, RosError> {
    resolve_with(sections, json!({}))
}

/// The message of the error that the sections end in.
fn error(sections: &str) -> String {
    resolve(sections).unwrap_err().to_string()
}

fn output(value: &str) -> Value {
    let stack = resolve(&format!(
        "Mappings: {{Sizes: {{small: {{mb: 128}}}}}}\nResources:\n  Q:\n    Type: ALIYUN::MNS::Queue\n    Properties: {{QueueName: jobs}}\nOutputs:\n  Out: {{Value: {value}}}\n"
    ));
    stack.unwrap().outputs["Out"].clone()
}

#[test]
fn the_projects_own_template_resolves() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yml")).unwrap();
    let template = Template::parse(&text).unwrap();
    // Whatever parameters it has: a text for each that has no default.
    let given: BTreeMap<String, Value> = template
        .document
        .parameters
        .iter()
        .filter(|(_, parameter)| parameter.default.is_none())
        .map(|(name, _)| (name.clone(), json!("some-value")))
        .collect();
    let stack = template.resolve(&given, &pseudo()).unwrap();
    for function in stack.functions() {
        assert!(stack.triggers().any(|trigger| trigger.function_name == function.function_name), "{function:?}");
    }
    for trigger in stack.triggers() {
        if let resource::TriggerConfig::EventBridge(source) = &trigger.config {
            assert!(stack.queues().any(|queue| queue.queue_name == source.queue));
            assert!(source.run.dead_letter.is_some());
        }
    }
    assert!(stack.functions().count() >= 6);
}

#[test]
fn intrinsic_functions_yield_what_ros_documents() {
    for (call, expected) in [
        ("{Ref: Q}", json!("jobs")),
        ("{Ref: 'ALIYUN::Region'}", json!("cn-hangzhou")),
        ("{'Fn::GetAtt': [Q, ARN.WithSlash]}", json!("acs:mns:cn-hangzhou:1111111111111111:/queues/jobs")),
        ("{'Fn::GetAtt': Q.QueueName}", json!("jobs")),
        ("{'Fn::Sub': 'a-${ALIYUN::AccountId}-${Q.QueueName}-${!kept}'}", json!("a-1111111111111111-jobs-${kept}")),
        ("{'Fn::Sub': ['${own}/${Q}', {own: {Ref: 'ALIYUN::StackName'}}]}", json!("demo/jobs")),
        ("{'Fn::Join': ['-', [a, {Ref: Q}, 3]]}", json!("a-jobs-3")),
        ("{'Fn::Select': ['1', [a, b]]}", json!("b")),
        ("{'Fn::Select': [0, {'Fn::Split': ['/', 'x/y']}]}", json!("x")),
        ("{'Fn::Replace': [{a: b}, banana]}", json!("bbnbnb")),
        ("{'Fn::FindInMap': [Sizes, small, mb]}", json!(128)),
        ("{'Fn::Base64Encode': hi}", json!("aGk=")),
        ("{'Fn::Str': 5}", json!("5")),
        ("{'Fn::Length': [1, 2]}", json!(2)),
        ("[1, {Ref: 'ALIYUN::NoValue'}, 2]", json!([1, 2])),
    ] {
        assert_eq!(output(call), expected, "{call}");
    }
}

#[test]
fn conditions_decide_resources_properties_and_outputs() {
    let sections = r"
Parameters:
  Stage: {Type: String, Default: test}
Conditions:
  Live: {'Fn::Equals': [{Ref: Stage}, live]}
  Calm: {'Fn::Not': Live}
  Both: {'Fn::And': [Live, Calm]}
  Any: {'Fn::Or': [Live, {'Fn::Equals': [1, '1']}]}
Resources:
  Q:
    Type: ALIYUN::MNS::Queue
    Properties:
      QueueName: jobs
      VisibilityTimeout: {'Fn::If': [Any, 60, 30]}
      DlqPolicy:
        'Fn::If':
          - Live
          - {Enabled: true, DeadLetterTargetQueue: {Ref: Dead}, MaxReceiveCount: '3'}
          - {Ref: 'ALIYUN::NoValue'}
  Dead:
    Type: ALIYUN::MNS::Queue
    Condition: Live
    Properties: {QueueName: dead}
Outputs:
  Dead: {Condition: Live, Value: {Ref: Dead}}
  Never: {Condition: Both, Value: 1}
";
    let calm = resolve(sections).unwrap();
    let queue = calm.queues().next().unwrap();
    assert_eq!((queue.visibility_timeout, &queue.dlq_policy), (60, &None));
    assert_eq!(calm.resources.len(), 1);
    assert!(calm.outputs.is_empty());

    let live = resolve_with(sections, json!({"Stage": "live"})).unwrap();
    let names: Vec<&str> = live.resources.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Dead", "Q"], "what is referred to comes first");
    assert_eq!(live.queues().nth(1).unwrap().dlq_policy.as_ref().unwrap().max_receive_count, 3);
    assert_eq!(live.outputs["Dead"], "dead");
}

#[test]
fn each_mistake_is_named_with_its_place() {
    let queue =
        |properties: &str| format!("Resources:\n  Q:\n    Type: ALIYUN::MNS::Queue\n    Properties: {properties}\n");
    for (sections, words) in [
        (queue("{QueueName: {Ref: Nowhere}}"), vec!["Resources.Q.Properties.QueueName", "Nowhere"]),
        (queue("{QueueName: {'Fn::Sub': 'a-${Nowhere}'}}"), vec!["Resources.Q.Properties.QueueName", "Nowhere"]),
        (queue("{VisibilityTimeout: 60}"), vec!["resource Q", "ALIYUN::MNS::Queue", "missing field `QueueName`"]),
        (queue("{QueueName: a, VisibilityTimout: 60}"), vec!["resource Q", "unknown field `VisibilityTimout`"]),
        (queue("{QueueName: a, VisibilityTimeout: 0}"), vec!["resource Q", "VisibilityTimeout", "1 to 43200"]),
        (queue("{QueueName: a, VisibilityTimeout: soon}"), vec!["resource Q", "VisibilityTimeout", "whole number"]),
        (
            queue("{QueueName: a, DlqPolicy: {Enabled: true, DeadLetterTargetQueue: b}}"),
            vec!["resource Q", "DlqPolicy", "MaxReceiveCount"],
        ),
        (queue("{QueueName: {'Fn::GetAtt': [Q2, Url]}}"), vec!["Q2"]),
        (queue("{QueueName: {'Fn::Jq': x}}"), vec!["Fn::Jq", "not offered"]),
        (queue("{QueueName: {'Fn::Join': ['-', [a]], x: 1}}"), vec!["Fn::Join", "only key"]),
        ("Resources:\n  B: {Type: 'ALIYUN::ECS::Instance'}\n".into(), vec!["resource B", "ALIYUN::ECS::Instance"]),
        ("Resources:\n  B: {Typ: x}\n".into(), vec!["Resources.B", "Typ"]),
        (
            "Resources:\n  B: {Type: 'ALIYUN::OSS::BucketWorm', Properties: {Bucket: b, RetentionPeriodInDays: '25568'}}\n".into(),
            vec!["resource B", "RetentionPeriodInDays", "1 to 25567"],
        ),
        ("Resource: {}\n".into(), vec!["Resource"]),
        (
            "Resources:\n  A: {Type: 'ALIYUN::MNS::Queue', DependsOn: B, Properties: {QueueName: a}}\n  B: {Type: 'ALIYUN::MNS::Queue', Properties: {QueueName: {'Fn::Sub': '${A}-b'}}}\n".into(),
            vec!["A -> B -> A"],
        ),
        (
            "Resources:\n  A: {Type: 'ALIYUN::MNS::Queue', Properties: {QueueName: a}}\n  B: {Type: 'ALIYUN::MNS::Queue', Properties: {QueueName: a}}\n".into(),
            vec!["A and B", "\"a\""],
        ),
        (
            format!("{}Outputs: {{O: {{Value: {{'Fn::GetAtt': [Q, Arn]}}}}}}\n", queue("{QueueName: a}")),
            vec!["Outputs.O.Value", "\"Arn\"", "ARN.WithSlash"],
        ),
    ] {
        let message = error(&sections);
        assert!(words.iter().all(|word| message.contains(word)), "{sections}\n{message}");
    }
}

#[test]
fn conditions_that_need_each_other_are_refused() {
    let message = error("Conditions: {A: {'Fn::Not': B}, B: {'Fn::Not': A}}\nResources: {}\n");
    assert!(message.contains("circle"), "{message}");
}

#[test]
fn short_tags_and_repeated_keys_are_refused() {
    let tagged = "Resources:\n  Q:\n    Type: ALIYUN::MNS::Queue\n    Properties: {QueueName: !Ref Other}\n";
    assert!(matches!(resolve(tagged), Err(RosError::Syntax(_))));
    let twice = "Resources:\n  Q: {Type: a}\n  Q: {Type: b}\n";
    assert!(matches!(resolve(twice), Err(RosError::Syntax(_))));
}

#[test]
fn another_template_version_is_refused() {
    let error = Template::parse("ROSTemplateFormatVersion: '2020-01-01'\nResources: {}\n").unwrap_err();
    assert!(error.to_string().contains("2015-09-01"));
}

#[test]
fn parameters_are_converted_checked_and_never_shown_when_secret() {
    let sections = r"
Parameters:
  Size: {Type: Number, Default: '60', MinValue: 1, MaxValue: 100}
  Zone: {Type: String, Default: a, AllowedValues: [a, b]}
  Names: {Type: CommaDelimitedList, Default: 'x, y'}
  Secret: {Type: String, NoEcho: true, MinLength: 3}
Resources:
  Q:
    Type: ALIYUN::MNS::Queue
    Properties: {QueueName: {Ref: Secret}, VisibilityTimeout: {Ref: Size}}
Outputs:
  Names: {Value: {Ref: Names}}
";
    let stack = resolve_with(sections, json!({"Secret": "abc"})).unwrap();
    assert_eq!(stack.queues().next().unwrap().visibility_timeout, 60);
    assert_eq!(stack.outputs["Names"], json!(["x", "y"]));
    for (given, words) in [
        (json!({}), "parameter Secret"),
        (json!({"Secret": "ab"}), "at least 3"),
        (json!({"Secret": "abc", "Zone": "c"}), "parameter Zone: must be one of"),
        (json!({"Secret": "abc", "Size": 101}), "at most 100"),
        (json!({"Secret": "abc", "Size": "many"}), "not a number"),
        (json!({"Secret": "abc", "Other": 1}), "no such parameter"),
    ] {
        let message = resolve_with(sections, given).unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
    }
    let message = resolve_with(sections, json!({"Secret": "not a queue name!"})).unwrap_err().to_string();
    assert!(message.contains("******") && !message.contains("not a queue name"), "{message}");
}

#[test]
fn a_functions_environment_is_checked_and_not_shown() {
    let function = |more: &str| {
        format!(
            "Resources:\n  F:\n    Type: ALIYUN::FC3::Function\n    Properties: {{FunctionName: f, Handler: h, Runtime: custom.debian12, Code: {{OssBucketName: b, OssObjectName: o}}{more}}}\n"
        )
    };
    let stack = resolve(&function(", EnvironmentVariables: {TOKEN: hush, COUNT: '3'}")).unwrap();
    let shown = format!("{stack:?}");
    assert!(shown.contains("TOKEN") && !shown.contains("hush"), "{shown}");
    assert_eq!(stack.functions().next().unwrap().environment_variables["COUNT"], "3");
    for (more, words) in [
        (", EnvironmentVariables: {FC_X: 'x'}", "reserved"),
        (", EnvironmentVariables: {1A: 'x'}", "letter first"),
        (", EnvironmentVariables: {COUNT: 3}", "COUNT must be a text"),
        (", EnvironmentVariables: {COUNT: true}", "COUNT must be a text"),
        (", EnvironmentVariables: {TOKEN: ''}", "TOKEN is empty"),
        (", Timeout: 0", "Timeout"),
        (", InstanceConcurrency: 201", "InstanceConcurrency"),
        (", Cpu: 1, MemorySize: 512", "1:1 and 1:4"),
        (", MemorySize: 130", "multiple of 64"),
    ] {
        let message = error(&function(more));
        assert!(message.contains("resource F") && message.contains(words), "{message}");
    }
}

#[test]
fn a_triggers_configuration_is_read_by_its_type_and_typing_errors_are_found() {
    let trigger = |kind: &str, config: &str| {
        format!(
            "Resources:\n  T:\n    Type: ALIYUN::FC3::Trigger\n    Properties: {{FunctionName: f, TriggerName: t, TriggerType: {kind}, TriggerConfig: {config}}}\n"
        )
    };
    for (kind, config, words) in [
        ("oss", "{}", "does not run here"),
        ("timer", "{cronExpression: '@every 5m', enabled: true}", "unknown field `enabled`"),
        ("timer", "{cronExpression: '* * * * *', enable: true}", "cronExpression"),
        ("http", "{authType: function, methods: [GET]}", "anonymous"),
        ("http", "{authType: anonymous, methods: [FETCH]}", "FETCH"),
        (
            "eventbridge",
            "{eventSourceConfig: {eventSourceType: Kafka, eventSourceParameters: {sourceMNSParameters: {QueueName: q}}}}",
            "Kafka",
        ),
        (
            "eventbridge",
            "{eventSourceConfig: {eventSourceType: MNS, eventSourceParameters: {sourceMNSParameters: {QueueName: q}}}, runOptions: {errorTolerance: ALL}}",
            "TriggerConfig.runOptions.errorTolerance",
        ),
        (
            "eventbridge",
            "{eventRuleFilterPattern: '{\"type\":[\"x\"]}', eventSourceConfig: {eventSourceType: MNS, eventSourceParameters: {sourceMNSParameters: {QueueName: q}}}}",
            "filtering",
        ),
    ] {
        let message = error(&trigger(kind, config));
        assert!(message.contains("resource T") && message.contains(words), "{message}");
    }
    let stack = resolve(&trigger("http", "{authType: anonymous, methods: [GET, POST]}")).unwrap();
    assert_eq!(stack.triggers().count(), 1);
}
