use super::*;
use crate::Kind;
use crate::ecs::*;

fn ping() -> RunCommand {
    RunCommand {
        instance_ids: vec!["i-1".to_owned(), "i-2".to_owned()],
        script: "ping -c 5 -W 2 172.16.0.9".to_owned(),
        timeout_seconds: 30,
        name: Some("reach".to_owned()),
        username: "nobody".to_owned(),
        working_dir: "/".to_owned(),
        client_token: "t-1".parse().unwrap(),
    }
}

#[tokio::test]
async fn a_script_is_sent_encoded_to_each_server() {
    let cloud = Cloud::new().says(200, r#"{"RequestId":"R","CommandId":"c-1","InvokeId":"t-77"}"#);
    let started = ecs(&cloud).run_command(&ping()).await.unwrap();
    assert_eq!((started.invoke_id.as_str(), started.command_id.as_deref()), ("t-77", Some("c-1")));
    assert_asked(
        &cloud.only(),
        "RunCommand",
        &[
            ("Type", "RunShellScript"),
            ("ContentEncoding", "Base64"),
            ("CommandContent", "cGluZyAtYyA1IC1XIDIgMTcyLjE2LjAuOQ=="),
            ("RepeatMode", "Once"),
            ("Timeout", "30"),
            ("InstanceId.1", "i-1"),
            ("InstanceId.2", "i-2"),
            ("Name", "reach"),
            ("Username", "nobody"),
            ("WorkingDir", "/"),
            ("ClientToken", "t-1"),
        ],
    );
}

#[tokio::test]
async fn what_the_cloud_would_not_take_is_refused_before_sending() {
    let cloud = Cloud::new();
    let ecs = ecs(&cloud);
    let long = RunCommand { script: "x".repeat(18 * 1024 + 1), ..ping() };
    let nowhere = RunCommand { instance_ids: Vec::new(), ..ping() };
    for request in [long, nowhere] {
        assert_eq!(ecs.run_command(&request).await.unwrap_err().kind(), Kind::Refused);
    }
    assert_eq!(ecs.describe_cloud_assistant_status(&[]).await.unwrap_err().kind(), Kind::Refused);
    let many = DescribeInstances { instance_ids: vec!["i-1".to_owned(); 101], ..DescribeInstances::default() };
    assert_eq!(ecs.describe_instances(&many).await.unwrap_err().kind(), Kind::Refused);
    assert!(cloud.seen().is_empty());
}

fn results(rows: &str, token: &str) -> String {
    format!(
        r#"{{"RequestId":"R","Invocation":{{"PageNumber":0,"PageSize":0,"TotalCount":2,"NextToken":"{token}",
            "InvocationResults":{{"InvocationResult":[{rows}]}}}}}}"#
    )
}

#[tokio::test]
async fn results_are_read_decoded_from_all_pages() {
    let failed = r#"{"InstanceId":"i-1","InvokeId":"t-77","CommandId":"c-1","InvocationStatus":"Failed",
        "InvokeRecordStatus":"PartialFailed","ExitCode":1,"Output":"MTAwJSBwYWNrZXQgbG9zcwo=","Dropped":12,
        "ErrorCode":"ExitCodeNonzero","ErrorInfo":"the exit code is 1","StartTime":"2026-01-02T03:04:05Z",
        "FinishedTime":"2026-01-02T03:04:15Z","Repeats":1}"#;
    let waiting =
        r#"{"InstanceId":"i-2","InvocationStatus":"Pending","Output":"","ErrorCode":"","ExitCode":"","StartTime":""}"#;
    let cloud = Cloud::new().says(200, &results(failed, "n1")).says(200, &results(waiting, ""));
    let read = ecs(&cloud).describe_invocation_results("t-77").await.unwrap();
    let [failed, waiting] = &read[..] else { panic!("two rows: {read:?}") };
    assert_eq!((failed.status.clone(), failed.exit_code), (InvocationStatus::Failed, Some(1)));
    assert!(failed.status.is_settled());
    assert_eq!(failed.record_status, Some(InvocationRecordStatus::PartialFailed));
    assert_eq!(failed.output, "100% packet loss\n");
    assert_eq!((failed.dropped, failed.error_code.clone()), (Some(12), Some(CommandError::ExitCodeNonzero)));
    assert_eq!(failed.finished_time, Some("2026-01-02T03:04:15Z".parse().unwrap()));
    assert_eq!((waiting.status.is_settled(), waiting.exit_code, waiting.output.as_str()), (false, None, ""));
    assert_eq!(waiting.error_code, None);

    let [first, second] = &cloud.seen()[..] else { panic!("two pages") };
    let asked = [("InvokeId", "t-77"), ("ContentEncoding", "Base64"), ("MaxResults", "50")];
    assert_asked(first, "DescribeInvocationResults", &asked);
    assert_eq!(second.parameter("NextToken").as_deref(), Some("n1"));
}

#[tokio::test]
async fn output_that_is_no_base64_is_not_guessed_at_and_foreign_bytes_are_replaced() {
    let row = |output: &str| {
        results(&format!(r#"{{"InstanceId":"i-1","InvocationStatus":"Success","Output":"{output}"}}"#), "")
    };
    let cloud = Cloud::new().says(200, &row("64 bytes")).says(200, &row("//4="));
    let ecs = ecs(&cloud);
    assert_eq!(ecs.describe_invocation_results("t-1").await.unwrap_err().kind(), Kind::Malformed);
    assert_eq!(ecs.describe_invocation_results("t-1").await.unwrap()[0].output, "\u{fffd}\u{fffd}");
}

#[test]
fn a_run_is_over_in_every_state_but_four_and_those_nobody_knows() {
    let open: Vec<_> = InvocationStatus::KNOWN.iter().filter(|status| !status.is_settled()).collect();
    assert_eq!(
        open,
        [
            &InvocationStatus::Pending,
            &InvocationStatus::Scheduled,
            &InvocationStatus::Running,
            &InvocationStatus::Stopping
        ]
    );
    assert!(!InvocationStatus::from("Dreaming").is_settled());
}

#[tokio::test]
async fn a_server_is_read_with_its_addresses_groups_and_network() {
    let cloud = Cloud::new().says(
        200,
        r#"{"RequestId":"R","TotalCount":1,"NextToken":"","Instances":{"Instance":[{"InstanceId":"i-1","InstanceName":"web",
            "Status":"Running","ZoneId":"eu-central-1b","SecurityGroupIds":{"SecurityGroupId":["sg-1","sg-2"]},
            "VpcAttributes":{"VpcId":"vpc-1","VSwitchId":"vsw-1","NatIpAddress":"",
            "PrivateIpAddress":{"IpAddress":["192.168.0.9"]}},"InnerIpAddress":{"IpAddress":[]}}]}}"#,
    );
    let instance = ecs(&cloud).instance("i-1").await.unwrap().unwrap();
    assert_asked(&cloud.only(), "DescribeInstances", &[("InstanceIds", r#"["i-1"]"#), ("MaxResults", "100")]);
    assert_eq!(instance.status, InstanceStatus::Running);
    assert_eq!((instance.vpc_id(), instance.vswitch_id()), (Some("vpc-1"), Some("vsw-1")));
    assert_eq!(instance.private_addresses(), ["192.168.0.9".parse::<std::net::IpAddr>().unwrap()]);
    assert_eq!(instance.security_group_ids, ["sg-1", "sg-2"]);
}

#[tokio::test]
async fn whether_cloud_assistant_is_alive_comes_as_text() {
    let cloud = Cloud::new().says(
        200,
        r#"{"RequestId":"R","TotalCount":2,"InstanceCloudAssistantStatusSet":{"InstanceCloudAssistantStatus":[
            {"InstanceId":"i-1","CloudAssistantStatus":"true","CloudAssistantVersion":"2.2.3","LastHeartbeatTime":"2026-01-02T03:04:05Z","OSType":"Linux"},
            {"InstanceId":"i-2","CloudAssistantStatus":"false","LastHeartbeatTime":""}]}}"#,
    );
    let ids = ["i-1".to_owned(), "i-2".to_owned()];
    let read = ecs(&cloud).describe_cloud_assistant_status(&ids).await.unwrap();
    let alive: Vec<_> = read.iter().map(|agent| agent.alive).collect();
    assert_eq!(alive, [Some(true), Some(false)]);
    let asked = [("InstanceId.1", "i-1"), ("InstanceId.2", "i-2"), ("MaxResults", "50")];
    assert_asked(&cloud.only(), "DescribeCloudAssistantStatus", &asked);
}
