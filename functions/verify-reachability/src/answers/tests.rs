//! What runs of the requests say.

use connection::outputs::{Outputs, PrivateLinkOutputs, ZoneOutputs};
use connection::spec::Probe;
use connection::words::ResourceId;
use serde_json::json;

use super::*;
use crate::endpoint::targets;

fn outputs() -> Outputs {
    let zone = ZoneOutputs { domain: Some("ep-1-z-b.example".to_owned()), ip: Some("10.11.0.7".parse().unwrap()) };
    let private_link = PrivateLinkOutputs {
        domain: Some("ep-1.example".to_owned()),
        zones: [("z-b".to_owned(), zone)].into(),
        ..PrivateLinkOutputs::default()
    };
    Outputs { private_link, ..Outputs::default() }
}

fn probe(protocol: ProbeProtocol) -> Probe {
    Probe { protocol, port: 80, path: "/health".to_owned() }
}

fn judged(protocol: ProbeProtocol, output: &str, exit: i64) -> Tried {
    let own: ResourceId = "i-1".parse().unwrap();
    let result = json!({
        "InstanceId": "i-1", "InvocationStatus": if exit == 0 { "Success" } else { "Failed" }, "ExitCode": exit,
        "Output": base64::Engine::encode(&base64::engine::general_purpose::STANDARD, output),
    });
    let requests = Requests { own: &own, probe: probe(protocol) };
    verdict(&serde_json::from_value(result).unwrap(), &requests, &targets(&outputs()), "nobody")
}

#[test]
fn the_endpoint_is_asked_by_its_name_and_in_each_zone_by_name_and_address() {
    let own: ResourceId = "i-1".parse().unwrap();
    let script = |protocol| Requests { own: &own, probe: probe(protocol) }.script(&targets(&outputs()));
    let http = script(ProbeProtocol::Http);
    let asked: Vec<_> = http.lines().filter_map(|line| line.strip_prefix("echo 'causeway asks ")).collect();
    assert_eq!(asked, ["ep-1.example'", "ep-1-z-b.example'", "10.11.0.7'"]);
    assert!(http.contains("'http://10.11.0.7:80/health'"), "{http}");
    assert!(script(ProbeProtocol::Tcp).contains("nc -z -w 3 ep-1.example 80"));
    let mut odd = outputs();
    odd.private_link.domain = Some("ep-1.example; reboot".to_owned());
    assert_eq!(targets(&odd).len(), 2, "what is no name does not come into a script");
}

const GOOD: &str = "causeway asks ep-1.example\n200 10.11.0.7 0.002413\ncauseway asks ep-1-z-b.example\n\
    404 10.11.0.7 0.001\ncauseway asks 10.11.0.7\n200 10.11.0.7 0.001\n";

#[test]
fn whatever_the_service_answers_it_is_reached_when_it_answers_in_every_way() {
    let tried = judged(ProbeProtocol::Http, GOOD, 0);
    assert_eq!(tried.verdict, Verdict::Reached);
    assert!(tried.seen.contains("in all 3 ways") && tried.seen.contains("HTTP 404 from 10.11.0.7"), "{}", tried.seen);
}

#[test]
fn one_way_without_an_answer_is_named_with_its_reason() {
    let output = GOOD
        .replace("200 10.11.0.7 0.002413", "curl: (28) Connection timed out after 3001 milliseconds\n000  3.001225");
    let tried = judged(ProbeProtocol::Http, &output, 28);
    assert_eq!(tried.verdict, Verdict::NotReached);
    let expected = "2 of 3 ways: the endpoint's domain ep-1.example: curl: (28) Connection timed out";
    assert!(tried.seen.contains(expected), "{}", tried.seen);
    assert!(tried.advice.contains("security groups"), "{}", tried.advice);
}

#[test]
fn a_load_balancer_that_answers_for_nobody_is_no_service() {
    let tried = judged(ProbeProtocol::Http, &GOOD.replace("404", "503"), 0);
    assert_eq!(tried.verdict, Verdict::NotReached);
    assert!(tried.advice.contains("servers behind the load balancer"), "{}", tried.advice);
}

#[test]
fn a_port_is_open_or_closed() {
    let said = |one: &str| {
        format!(
            "causeway asks ep-1.example\n{OPEN}\ncauseway asks ep-1-z-b.example\n{OPEN}\ncauseway asks 10.11.0.7\n{one}\n"
        )
    };
    assert_eq!(judged(ProbeProtocol::Tcp, &said(OPEN), 0).verdict, Verdict::Reached);
    let closed = judged(ProbeProtocol::Tcp, &said(&format!("Ncat: TIMEOUT.\n{CLOSED}")), 0);
    assert_eq!(closed.verdict, Verdict::NotReached);
    assert!(closed.seen.contains("the address in z-b 10.11.0.7: Ncat: TIMEOUT."), "{}", closed.seen);
}

#[test]
fn what_did_not_come_to_its_end_says_nothing_of_the_connection() {
    let missing = judged(ProbeProtocol::Tcp, "causeway asks ep-1.example\nsh: line 2: nc: command not found\n", 127);
    assert_eq!(missing.verdict, Verdict::NotTried);
    assert!(missing.seen.contains("no nc on i-1"), "{}", missing.seen);
    let cut = judged(ProbeProtocol::Http, "causeway asks ep-1.example\n", 1);
    assert_eq!(cut.verdict, Verdict::NotTried);
    for odd in ["", "200", "abc 1.1.1.1 0.1", "200 1.1.1.1 soon", "200 1.1.1.1 0.1 more", "2000 1.1.1.1 0.1"] {
        assert!(status(odd).is_none(), "{odd}");
    }
}
