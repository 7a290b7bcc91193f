//! The program itself: what it prints, how it ends, and what it leaves running.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use causeway_tests::process::{Options, Process, Up, causeway, functions_of};
use connection::record::Phase;
use http::Method;
use serde_json::{Value, json};

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn all<const N: usize>(names: [&str; N]) -> BTreeSet<&str> {
    names.into_iter().collect()
}

#[test]
fn the_line_of_json_has_the_shape_that_was_promised_and_stays_the_only_one() {
    let up = Up::start(&Options::default());
    let line: Value = serde_json::from_str(&up.line).unwrap();
    assert_eq!(keys(&line), all(["gateway", "region", "webhook", "verifier", "accounts"]));
    assert_eq!(keys(&line["webhook"]), all(["url", "secret"]));
    assert!(line["gateway"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    assert!(line["webhook"]["secret"].as_str().unwrap().starts_with("whsec_"));
    let accounts = line["accounts"].as_array().unwrap();
    assert_eq!(
        accounts.iter().map(|account| account["alias"].as_str().unwrap()).collect::<Vec<_>>(),
        ["a", "b", "operator", "jd-a", "jd-b"]
    );
    for account in accounts {
        let promised = ["alias", "cloud", "account_id", "access_key_id", "access_key_secret", "vpcs"];
        assert_eq!(keys(account), all(promised));
        for vpc in account["vpcs"].as_array().unwrap() {
            let promised = [
                "region_id",
                "vpc_id",
                "cidr_block",
                "vrouter_id",
                "route_table_id",
                "vswitches",
                "security_groups",
                "instances",
            ];
            assert_eq!(keys(vpc), all(promised));
            for vswitch in vpc["vswitches"].as_array().unwrap() {
                assert_eq!(keys(vswitch), all(["vswitch_id", "zone_id", "cidr_block"]));
            }
        }
    }
    up.signal("TERM");
    let (status, more) = up.ended();
    assert!(status.success(), "{status}");
    assert!(more.is_empty(), "{more:?}");
}

/// Stops a busy cloud by `signal`: its exit code is 0, and nothing that it started goes on running.
async fn stops_in_order(signal: &str) {
    let up = Up::start(&Options::spawning());
    let (api, gateway) = (up.api(), up.gateway().to_owned());
    api.create(&api.tutorial("under-way")).await;
    let begun = Instant::now();
    while !functions_of(&gateway).iter().any(|function| function.name == "create-interface") {
        assert!(begun.elapsed() < Duration::from_secs(20), "no function was started");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    up.signal(signal);
    let complaints = up.complaints();
    let (status, more) = up.ended();
    assert!(status.success(), "{status}: {complaints}");
    assert!(more.is_empty(), "{more:?}");
    let begun = Instant::now();
    loop {
        let left = functions_of(&gateway);
        if left.is_empty() {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(3), "left running: {left:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn ctrl_c_stops_it_in_order_in_the_middle_of_work() {
    stops_in_order("INT").await;
}

#[tokio::test]
async fn sigterm_stops_it_in_order_in_the_middle_of_work() {
    stops_in_order("TERM").await;
}

#[tokio::test]
async fn no_secret_reaches_the_log_even_when_everything_is_logged() {
    for spawn in [false, true] {
        let token = "a-bearer-token-that-nobody-may-ever-read";
        let mut options = Options { spawn, trace: true, ..Options::default() };
        options.parameters.push(format!("BearerTokens=ci:{token}"));
        let up = Up::start(&options);
        let api = up.api();
        let bearer = format!("Bearer {token}");
        api.send_raw(Method::GET, "/v1/connections", &[("authorization", &bearer)], "").await.unwrap();
        api.create(&api.tutorial("discreet")).await;
        api.set_faults(&json!({"requests": [{"product": "vpc", "times": 5, "fault": {"kind": "server_error"}}]})).await;
        api.settled("discreet", Phase::Active).await;
        let log = up.complaints();
        assert!(log.contains("ConnectRouterInterface"), "nothing was logged: {log}");
        let keys = up.ready.accounts.iter().map(|account| account.access_key_secret.as_str());
        for secret in keys.chain([up.webhook().secret.trim_start_matches("whsec_"), token]) {
            assert!(!log.contains(secret), "{}", log.lines().find(|line| line.contains(secret)).unwrap());
        }
    }
}

/// Runs a command to its end: whether it succeeded, its stdout, its stderr.
fn run(mut command: Command) -> (bool, String, String) {
    let output = command.stdin(Stdio::null()).output().expect("causeway starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn what_cannot_work_is_refused_before_it_is_ready_with_the_parameter_and_what_to_write() {
    for (parameters, words) in [
        (vec!["WebhookSecrets=ann:v1,whsec_AAEC"], "parameter WebhookSecrets"),
        (vec!["WebhookSecrets=ann:whsec_"], "24 to 64 bytes"),
        (vec!["WebhookSecrets="], "parameter WebhookSecrets"),
        (vec!["SinkSecrets=not json"], "parameter SinkSecrets (CAUSEWAY_SINK_SECRETS) must hold a JSON object"),
        (vec!["BearerTokens=short"], "parameter BearerTokens (CAUSEWAY_BEARER_TOKENS)"),
        (vec!["JdcloudKeys={}", "JdcloudKeys={}"], "JdcloudKeys is given twice"),
        (vec!["StoreBucket=other"], "parameter StoreBucket is set by the local cloud itself"),
    ] {
        let parameters = parameters.into_iter().map(str::to_owned).collect();
        let (success, printed, complaints) = run(Options { parameters, ..Options::default() }.command());
        assert!(!success && printed.is_empty(), "{printed}");
        // What is printed is wrapped to the width of a terminal.
        let complaints = complaints.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(complaints.contains(words), "{complaints}");
    }
    let mut loud = Options::default().command();
    loud.env("CAUSEWAY_LOG", "loud");
    let (success, _, complaints) = run(loud);
    assert!(!success && complaints.contains("CAUSEWAY_LOG is \"loud\""), "{complaints}");
}

#[tokio::test]
async fn the_secret_that_is_printed_is_the_one_in_force() {
    let given = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let mut options = Options::default();
    options
        .parameters
        .push(format!("WebhookSecrets=ann:{given} bob:whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="));
    let up = Up::start(&options);
    assert_eq!(up.webhook().secret, given);
    let _ = up.api().get("/v1/connections").await.ok::<Value>();
}

#[test]
fn a_port_that_is_taken_is_named_with_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let (success, printed, complaints) = run(Options { port, ..Options::default() }.command());
    assert!(!success && printed.is_empty(), "{printed}");
    assert!(complaints.contains(&port.to_string()) && complaints.contains("--port"), "{complaints}");
    assert!(!complaints.contains("panicked"), "{complaints}");
}

#[test]
fn a_state_folder_that_is_in_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::default().with_state(folder.path());
    let _first = Up::start(&options);
    let (success, printed, complaints) = run(options.command());
    assert!(!success && printed.is_empty(), "{printed}");
    assert!(complaints.contains("another process is running on the state folder"), "{complaints}");
    assert!(complaints.contains("stop the other `causeway up`"), "{complaints}");
}

#[test]
fn a_parameter_that_the_template_does_not_know_is_refused() {
    let options = Options { parameters: vec!["NoSuchParameter=1".to_owned()], ..Options::default() };
    let (success, printed, complaints) = run(options.command());
    assert!(!success && printed.is_empty(), "{printed}");
    assert!(complaints.contains("NoSuchParameter"), "{complaints}");
}

/// Runs `causeway demo` and returns what it printed.
fn demo(arguments: &[&str]) -> String {
    let mut command = Command::new(causeway());
    command.arg("demo").args(arguments).args(["--speed", "20"]);
    let (success, printed, complaints) = run(command);
    assert!(success, "{printed}\n{complaints}");
    printed
}

#[test]
fn the_demo_prints_one_json_document_and_ends_well() {
    // By a peering unless told otherwise.
    for (more, joints, standing, steps) in [
        (&["--json"][..], "peerings", "Activated", 5),
        (&["--json", "--spawn"], "peerings", "Activated", 5),
        (&["router-interface", "--json"], "interfaces", "Active", 6),
    ] {
        let document: Value = serde_json::from_str(&demo(more)).unwrap();
        assert_eq!((&document["ok"], &document["connection"]["phase"]), (&Value::Bool(true), &Value::from("active")));
        let statuses = |list: &str| {
            let found = document[list].as_array().unwrap();
            found.iter().map(|one| one["status"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(statuses(joints), [standing; 2]);
        assert_eq!(statuses("routes"), ["Available"; 2]);
        assert_eq!(document["steps"].as_array().unwrap().len(), steps);
        assert!(document["reaches"].as_array().unwrap().iter().all(|reach| reach["reached"] == true));
    }
}

#[test]
fn the_demo_tells_its_story_in_plain_lines_where_no_terminal_is() {
    let shared = ["add-route", "Available", "172.16.0.0/16", "ping"];
    for (kind, own) in [
        ("vpc-peering", &["create-peering", "accept-peering", "Activated"][..]),
        ("router-interface", &["create-interface", "set-peer-info", "connect", "Active"]),
    ] {
        let log_of_run = demo(&[kind]);
        for word in shared.iter().chain(own) {
            assert!(log_of_run.contains(word), "{word}: {log_of_run}");
        }
        assert!(!log_of_run.contains('\u{1b}'), "no escape sequences: {log_of_run}");
    }
}

/// What `causeway up` tells a person, once it is ready.
fn welcome(up: &mut Child) -> String {
    let mut told = String::new();
    for line in BufReader::new(up.stdout.take().unwrap()).lines().map_while(Result::ok) {
        told.push_str(&line);
        told.push('\n');
        if line.starts_with("Ctrl-C") {
            return told;
        }
    }
    panic!("causeway up ended early: {told}");
}

#[test]
fn the_first_connection_that_is_printed_works_as_it_stands_each_time() {
    let home = tempfile::tempdir().unwrap();
    let program = causeway();
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap_or_default());
    for (arguments, begins) in
        [(&[][..], "  export CAUSEWAY_WEBHOOK="), (&["--context", "here"], "  export CAUSEWAY_CONTEXT=")]
    {
        let mut command = Command::new(&program);
        command.args(["up", "--speed", "20"]).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut up = Process(command.env("CAUSEWAY_HOME", home.path()).spawn().expect("causeway starts"));
        let told = welcome(&mut up.0);
        assert!(told.lines().all(|line| line.chars().count() <= 120), "it fits a terminal: {told}");
        let script = told.lines().skip_while(|line| !line.starts_with(begins));
        let script: Vec<_> = script.take_while(|line| !line.starts_with("Ctrl-C")).collect();
        for _ in 0..2 {
            let mut sh = Command::new("/bin/sh");
            sh.arg("-c").arg(script.join("\n")).env("PATH", &path).env("CAUSEWAY_HOME", home.path());
            let (ended_well, log, errors) = run(sh);
            assert!(ended_well && log.contains("is active"), "{log}\n{errors}\n{told}");
        }
    }
}
