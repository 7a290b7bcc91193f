//! Instances and Cloud Assistant.

use causeway_local::delays::Wait;
use causeway_local::ram::{Role, Trust};

use super::*;
use crate::testing::refused;

async fn agent(client: &Client) -> Value {
    let (_, id) = client.seeded(HERE);
    let answer = client.ecs(HERE, "DescribeCloudAssistantStatus", &[("InstanceId.1", &id)]).await.unwrap();
    answer["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"][0]["CloudAssistantStatus"].clone()
}

#[tokio::test(start_paused = true)]
async fn a_command_is_pending_then_runs_then_is_over() {
    let a = Client::new(&cloud(), "a");
    let address = a.vpc(HERE).instances[0].private_ip.to_string();
    let id = a.run(HERE, &format!("ping -c 3 {address}")).await;
    assert_eq!(a.result(HERE, &id).await["InvocationStatus"], "Pending");
    pass(Duration::from_millis(1_500)).await;
    let running = a.result(HERE, &id).await;
    assert_eq!((&running["InvocationStatus"], &running["Output"]), (&"Running".into(), &"".into()));
    assert!(running["ExitCode"].is_null() && running["InvokeRecordStatus"] == "Running", "{running}");
    pass(Duration::from_secs(2)).await;
    let over = a.result(HERE, &id).await;
    assert_eq!((&over["InvocationStatus"], &over["ExitCode"]), (&"Success".into(), &0.into()));
    assert_eq!((&over["InvokeRecordStatus"], &over["ErrorCode"]), (&"Finished".into(), &"".into()));
    assert!(over["Output"].as_str().unwrap().contains(" 0% packet loss"), "{over}");
}

#[tokio::test(start_paused = true)]
async fn an_exit_code_is_a_result_and_a_command_that_takes_too_long_is_stopped() {
    let a = Client::new(&cloud(), "a");
    let lost = a.run(HERE, "ping -c 1 -W 1 192.168.9.9").await;
    let (_, instance) = a.seeded(HERE);
    let params = [
        ("Type", "RunShellScript"),
        ("CommandContent", "c2xlZXAgMTAw"),
        ("ContentEncoding", "Base64"),
        ("Timeout", "20"),
        ("InstanceId.1", &instance),
    ];
    let slow = a.ecs(HERE, "RunCommand", &params).await.unwrap()["InvokeId"].as_str().unwrap().to_owned();
    pass(Duration::from_secs(22)).await;
    let lost = a.result(HERE, &lost).await;
    assert_eq!((&lost["InvocationStatus"], &lost["ExitCode"]), (&"Failed".into(), &1.into()));
    assert_eq!((&lost["ErrorCode"], &lost["InvokeRecordStatus"]), (&"ExitCodeNonzero".into(), &"Finished".into()));
    let slow = a.result(HERE, &slow).await;
    assert_eq!((&slow["InvocationStatus"], &slow["ErrorCode"]), (&"Timeout".into(), &"ExecutionTimeout".into()));
    assert_eq!(slow["InvokeRecordStatus"], "Failed");
}

#[tokio::test(start_paused = true)]
async fn output_comes_in_base64_unless_asked_otherwise() {
    let a = Client::new(&cloud(), "a");
    let id = a.run(HERE, "echo hi").await;
    pass(Duration::from_secs(2)).await;
    let plain = a.ecs(HERE, "DescribeInvocationResults", &[("InvokeId", &id)]).await.unwrap();
    assert_eq!(plain["Invocation"]["InvocationResults"]["InvocationResult"][0]["Output"], "aGkK");
    let params = [("InvokeId", id.as_str()), ("IncludeOutput", "true")];
    let told = a.ecs(HERE, "DescribeInvocations", &params).await.unwrap();
    let told = &told["Invocations"]["Invocation"][0];
    assert_eq!((&told["CommandContent"], &told["InvocationStatus"]), (&"ZWNobyBoaQ==".into(), &"Success".into()));
    assert_eq!(told["InvokeInstances"]["InvokeInstance"][0]["Output"], "aGkK");
    let without = a.ecs(HERE, "DescribeInvocations", &[("IncludeOutput", "true")]).await;
    assert_eq!(without, refused(400, "InvalidParameter"));
}

#[tokio::test(start_paused = true)]
async fn an_instance_stops_and_starts_with_time_and_takes_no_command_meanwhile() {
    let a = Client::new(&cloud(), "a");
    let (_, id) = a.seeded(HERE);
    assert_eq!((a.instance(HERE).await["Status"].clone(), agent(&a).await), ("Running".into(), "true".into()));
    let running = a.run(HERE, "sleep 50").await;
    pass(Duration::from_secs(2)).await;
    let answer = a.ecs(HERE, "StopInstances", &[("InstanceId.1", &id)]).await.unwrap();
    let response = &answer["InstanceResponses"]["InstanceResponse"][0];
    assert_eq!((&response["PreviousStatus"], &response["CurrentStatus"]), (&"Running".into(), &"Stopping".into()));
    let cut = a.result(HERE, &running).await;
    assert_eq!((&cut["InvocationStatus"], &cut["ErrorCode"]), (&"Error".into(), &"ExecutionInterrupted".into()));
    assert_eq!(agent(&a).await, "false");
    let early = a.ecs(HERE, "StartInstance", &[("InstanceId", &id)]).await;
    assert_eq!(early, refused(403, "IncorrectInstanceStatus"));
    pass(Duration::from_secs(11)).await;
    assert_eq!(a.instance(HERE).await["Status"], "Stopped");
    let refused_run = a.run(HERE, "true").await;
    let told = a.result(HERE, &refused_run).await;
    assert_eq!((&told["InvocationStatus"], &told["ErrorCode"]), (&"Aborted".into(), &"InstanceNotRunning".into()));
    a.ecs(HERE, "StartInstance", &[("InstanceId", &id)]).await.unwrap();
    assert_eq!(a.instance(HERE).await["Status"], "Starting");
    pass(Duration::from_secs(11)).await;
    assert_eq!((a.instance(HERE).await["Status"].clone(), agent(&a).await), ("Running".into(), "true".into()));
}

#[tokio::test(start_paused = true)]
async fn without_an_agent_a_command_is_aborted_and_with_a_slow_one_it_stays_pending() {
    let cloud = cloud();
    let a = Client::new(&cloud, "a");
    let (_, id) = a.seeded(HERE);
    cloud.shared().delays.stick(Wait::CommandDeliver);
    let stuck = a.run(HERE, "true").await;
    pass(Duration::from_secs(600)).await;
    assert_eq!(a.result(HERE, &stuck).await["InvocationStatus"], "Pending");
    assert!(cloud.ecs().set_cloud_assistant(&a.account_id, HERE, &id, false).unwrap());
    assert_eq!(agent(&a).await, "false");
    let told = a.run(HERE, "true").await;
    assert_eq!(a.result(HERE, &told).await["ErrorCode"], "ClientNotRunning");
    cloud.shared().delays.clear();
    assert_eq!(a.result(HERE, &stuck).await["ErrorCode"], "ClientNotRunning", "it died before it had the command");
}

#[tokio::test(start_paused = true)]
async fn a_command_that_cannot_be_is_refused() {
    let a = Client::new(&cloud(), "a");
    let (_, id) = a.seeded(HERE);
    let base = [("Type", "RunShellScript"), ("CommandContent", "true"), ("InstanceId.1", id.as_str())];
    let (long, user, folder) = ("x".repeat(24 * 1024), "u".repeat(256), format!("/{}", "d".repeat(200)));
    for (name, value, status, code) in [
        ("Type", "RunBatScript", 400, "InvalidParameter"),
        ("CommandContent", "", 400, "MissingParameter"),
        ("CommandContent", long.as_str(), 403, "CmdContent.ExceedLimit"),
        ("ContentEncoding", "Base64", 403, "CmdContent.DecodeError"),
        ("Timeout", "1", 400, "InvalidParameter"),
        ("InstanceId.1", "", 400, "MissingParameter"),
        ("InstanceId.1", "i-none", 404, "InvalidInstanceId.NotFound"),
        ("RepeatMode", "DryRun", 400, "DryRunOperation"),
        ("Username", user.as_str(), 403, "Username.ExceedLimit"),
        ("WorkingDir", folder.as_str(), 400, "InvalidParameter.WorkingDir"),
    ] {
        let mut params: Vec<_> = base.iter().copied().filter(|(own, _)| *own != name).collect();
        params.push((name, if code == "CmdContent.DecodeError" { "Base64" } else { value }));
        if code == "CmdContent.DecodeError" {
            params.retain(|(own, _)| *own != "CommandContent");
            params.push(("CommandContent", "%%"));
        }
        assert_eq!(a.ecs(HERE, "RunCommand", &params).await, refused(status, code), "{name}={value:.20}");
    }
}

/// Runs `true` with these parameters, and shows what came of it.
async fn ran(client: &Client, more: &[(&str, &str)]) -> Value {
    let (_, instance) = client.seeded(HERE);
    let base = [("Type", "RunShellScript"), ("CommandContent", "true"), ("InstanceId.1", instance.as_str())];
    let params: Vec<_> = base.iter().chain(more).copied().collect();
    let id = client.ecs(HERE, "RunCommand", &params).await.unwrap()["InvokeId"].as_str().unwrap().to_owned();
    pass(Duration::from_secs(2)).await;
    client.result(HERE, &id).await
}

#[tokio::test(start_paused = true)]
async fn a_command_runs_as_the_user_it_names_if_that_one_is_there() {
    let cloud = cloud();
    let a = Client::new(&cloud, "a");
    let (_, instance) = a.seeded(HERE);
    for (more, user, code) in [
        (&[][..], "root", ""),
        (&[("Username", "")], "root", ""),
        (&[("Username", "nobody"), ("WorkingDir", "/")], "nobody", ""),
        (&[("Username", "nobody")], "nobody", "DirectoryNotExists"),
        (&[("WorkingDir", "/srv/none")], "root", "DirectoryNotExists"),
        (&[("Username", "pinger")], "pinger", "AccountNotExists"),
        (&[("Username", "ecs-assist-user"), ("WorkingDir", "/")], "ecs-assist-user", "AccountNotExists"),
    ] {
        let told = ran(&a, more).await;
        assert_eq!((&told["Username"], &told["ErrorCode"]), (&user.into(), &code.into()), "{more:?}: {told}");
        let word = if code.is_empty() { "Success" } else { "Invalid" };
        assert_eq!(told["InvocationStatus"], word, "{more:?}: {told}");
    }
    assert!(cloud.ecs().add_user(&a.account_id, HERE, &instance, "pinger").unwrap());
    assert_eq!(ran(&a, &[("Username", "pinger")]).await["InvocationStatus"], "Success");
    assert!(!cloud.ecs().add_user(&a.account_id, HERE, "i-none", "pinger").unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_policy_says_as_whom_commands_may_run() {
    let cloud = cloud();
    let a = Client::new(&cloud, "a");
    let (_, instance) = a.seeded(HERE);
    let mut role = Role::new(&a.account_id, "runner", Trust::account(&a.account_id));
    role.policies = vec![serde_json::json!({"Version": "1", "Statement": [{
        "Effect": "Allow",
        "Action": "ecs:RunCommand",
        "Resource": ["acs:ecs:*:*:instance/*", "acs:ecs:*:*:command/*"],
        "Condition": {"StringEquals": {"ecs:CommandRunAs": ["nobody", "pinger"]}},
    }]})];
    cloud.shared().identities.put_role(role).unwrap();
    let runner = a.in_role("runner");
    let run = async |more: &[(&str, &str)]| {
        let base = [("Type", "RunShellScript"), ("CommandContent", "true"), ("InstanceId.1", instance.as_str())];
        let params: Vec<_> = base.iter().chain(more).copied().collect();
        runner.ecs(HERE, "RunCommand", &params).await
    };
    for root in [&[][..], &[("Username", "")], &[("Username", "root")], &[("Username", "mail")]] {
        assert_eq!(run(root).await, refused(403, "Forbidden.RAM"), "{root:?}");
    }
    run(&[("Username", "nobody"), ("WorkingDir", "/")]).await.unwrap();
}
