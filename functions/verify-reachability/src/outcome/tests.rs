use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use connection::words::ResourceId;
use serde_json::{Value, json};

use super::*;

fn verdict_of(result: Value) -> Tried {
    let mut whole = json!({"InstanceId": "i-a", "InvocationStatus": "Failed"});
    whole.as_object_mut().unwrap().extend(result.as_object().unwrap().clone());
    let result = serde_json::from_value(whole).unwrap();
    let (own, peer): (ResourceId, ResourceId) = ("i-a".parse().unwrap(), "i-b".parse().unwrap());
    verdict(&result, Pair { own: &own, peer: &peer }, "nobody")
}

/// An output as the cloud sends it.
fn output(text: &str) -> String {
    STANDARD.encode(text)
}

#[test]
fn a_full_answer_is_reached_with_its_time() {
    let said = "5 packets transmitted, 5 received, 0% packet loss, time 4005ms\nrtt min/avg/max/mdev = 25.9/26.034/26.1/0.1 ms";
    let tried = verdict_of(json!({"InvocationStatus": "Success", "ExitCode": 0, "Output": output(said)}));
    assert_eq!((tried.verdict, tried.loss_percent, tried.mean_rtt_us), (Verdict::Reached, Some(0), Some(26_034)));
    assert_eq!(tried.seen, "i-a reaches i-b: 5 of 5 packets came back, after 26.034 ms on average");
    assert!(tried.advice.is_empty());
}

#[test]
fn a_partial_answer_is_reached_and_its_loss_is_told() {
    let said = "5 packets transmitted, 2 packets received, 60% packet loss\nround-trip min/avg/max = 0.05/0.07/0.09 ms";
    let tried = verdict_of(json!({"InvocationStatus": "Success", "ExitCode": 0, "Output": output(said)}));
    assert_eq!((tried.verdict, tried.loss_percent), (Verdict::Reached, Some(60)));
    assert!(tried.seen.contains("60 % of the packets were lost") && !tried.advice.is_empty(), "{tried:?}");
}

#[test]
fn no_answer_is_not_reached_although_the_cloud_calls_the_run_failed() {
    let said = "5 packets transmitted, 0 received, 100% packet loss, time 4099ms\n";
    let tried = verdict_of(json!({"ErrorCode": "ExitCodeNonzero", "ExitCode": 1, "Output": output(said)}));
    assert_eq!((tried.verdict, tried.loss_percent, tried.mean_rtt_us), (Verdict::NotReached, Some(100), None));
    for word in ["security groups", "routes", "network ACLs", "container bridges"] {
        assert!(tried.advice.contains(word), "{word}: {}", tried.advice);
    }
}

#[test]
fn an_instance_without_a_way_out_does_not_reach_anything() {
    let said = "ping: connect: Network is unreachable\n";
    let tried = verdict_of(json!({"ErrorCode": "ExitCodeNonzero", "ExitCode": 2, "Output": output(said)}));
    assert_eq!((tried.verdict, tried.loss_percent), (Verdict::NotReached, Some(100)));
}

#[test]
fn a_user_who_may_not_ping_has_not_tried() {
    for (code, said) in [
        (2, "ping: socktype: SOCK_RAW\nping: socket: Operation not permitted\n"),
        (1, "ping: permission denied (are you root?)\n"),
    ] {
        let tried = verdict_of(json!({"ErrorCode": "ExitCodeNonzero", "ExitCode": code, "Output": output(said)}));
        assert_eq!(tried.verdict, Verdict::NotTried, "{said}");
        assert_eq!(tried.seen, "user nobody may not ping on i-a");
        assert!(tried.advice.contains("ping_group_range") && tried.advice.contains("command_user"), "{tried:?}");
    }
}

#[test]
fn a_user_that_is_not_there_and_a_folder_of_scripts_that_runs_none_are_told_how_to_mend() {
    let gone = json!({"InvocationStatus": "Invalid", "ErrorCode": "AccountNotExists"});
    let tried = verdict_of(gone);
    assert_eq!(tried.verdict, Verdict::NotTried);
    assert!(
        tried.seen.contains("AccountNotExists") && tried.advice.contains("make the user nobody on i-a"),
        "{tried:?}"
    );
    let said = "sh: 1: /tmp/t-1.sh: Permission denied\n";
    let tried = verdict_of(json!({"ErrorCode": "ExitCodeNonzero", "ExitCode": 126, "Output": output(said)}));
    assert_eq!(tried.verdict, Verdict::NotTried);
    assert!(tried.advice.contains("/tmp on i-a"), "{tried:?}");
}

#[test]
fn an_instance_without_ping_has_not_tried() {
    let tried = verdict_of(json!({"ExitCode": 127, "Output": output("sh: ping: command not found")}));
    assert_eq!(tried.verdict, Verdict::NotTried);
    assert!(tried.seen.contains("no ping on i-a") && tried.advice.contains("iputils"), "{tried:?}");
}

#[test]
fn what_the_cloud_could_not_run_has_not_tried_and_says_why() {
    for (status, code, advice) in [
        ("Aborted", "DeliveryTimeout", "Cloud Assistant"),
        ("Aborted", "ClientNotRunning", "Cloud Assistant"),
        ("Aborted", "", "Cloud Assistant"),
        ("Invalid", "CommandNotApplicable", "Linux"),
        ("Error", "InstanceNotRunning", "start i-a"),
        ("Error", "SecurityGroupRuleDenied", "outbound"),
        ("Failed", "InstanceReleased", "name an instance that exists"),
        ("Timeout", "ExecutionTimeout", "busy"),
        ("Timeout", "", "busy"),
        ("Terminated", "", "find out who ended it"),
        ("Cancelled", "", "find out who ended it"),
        ("Error", "SomethingNew", "by hand"),
    ] {
        let tried = verdict_of(json!({"InvocationStatus": status, "ErrorCode": code}));
        assert_eq!(tried.verdict, Verdict::NotTried, "{status} {code}");
        assert!(tried.seen.contains(status) && tried.seen.contains(code), "{}", tried.seen);
        assert!(tried.advice.contains(advice), "{status} {code}: {}", tried.advice);
    }
}

#[test]
fn an_output_that_is_not_understood_is_told_by_its_last_line_cut_short() {
    let said = format!("ping: something that nobody knows\n{}\u{7}\n\n", "x".repeat(1000));
    let tried = verdict_of(json!({"ErrorCode": "ExitCodeNonzero", "ExitCode": 2, "Output": output(&said)}));
    assert_eq!(tried.verdict, Verdict::NotTried);
    assert!(tried.seen.ends_with(&"x".repeat(EXCERPT)) && !tried.seen.contains(&"x".repeat(EXCERPT + 1)));
}
