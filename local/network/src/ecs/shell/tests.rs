//! The shell, on a machine with one neighbour.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::super::reach::{Group, Host, Leads, Route, View};
use super::*;
use crate::privatelink::reach::{Directory, Receiver};

/// Two hosts of one VPC, in the same basic group.
struct Two;

fn host(number: u8) -> Host {
    Host {
        id: format!("i-{number}"),
        vpc_id: "vpc-1".into(),
        region: "cn-qingdao".into(),
        zone: "cn-qingdao-b".into(),
        address: Ipv4Addr::new(10, 0, 0, number),
        table_id: "vtb-1".into(),
        is_running: true,
        groups: vec!["sg-1".into()],
    }
}

impl View for Two {
    fn host_at(&self, _: &str, address: Ipv4Addr) -> Option<Host> {
        (1..=2).map(host).find(|host| host.address == address)
    }

    fn routes(&self, _: &Host) -> Vec<Route> {
        vec![Route { destination: "10.0.0.0/24".parse().unwrap(), leads: Leads::Home }]
    }

    fn groups(&self, _: &Host) -> Vec<Group> {
        vec![Group {
            id: "sg-1".into(),
            joins_members: true,
            filters: Vec::new(),
            lets_out: true,
            outbound: Vec::new(),
        }]
    }
}

impl Directory for Two {
    fn address_of(&self, _: &Host, name: &str) -> Option<Ipv4Addr> {
        if name == "two.internal" { Some(Ipv4Addr::new(10, 0, 0, 2)) } else { name.parse().ok() }
    }

    fn interface_at(&self, _: &str, _: Ipv4Addr) -> Option<Host> {
        None
    }

    fn groups_of_interface(&self, _: &Host) -> Option<Vec<Group>> {
        None
    }

    fn receiver(&self, _: &Host, port: u16) -> Receiver {
        Receiver::Instance { listens: port == 80 }
    }
}

fn run_for(script: &str, seconds: u64) -> Outcome {
    run(&Machine { view: &Two, host: &host(1) }, script, Duration::from_secs(seconds))
}

fn run_script(script: &str) -> Outcome {
    run_for(script, 60)
}

#[test]
fn a_ping_that_is_answered_reads_like_iputils() {
    let outcome = run_script("ping -c 3 -W 2 10.0.0.2");
    assert_eq!(outcome.exit, Some(0));
    let lines: Vec<&str> = outcome.output.lines().collect();
    assert_eq!(lines[0], "PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.");
    for (number, line) in (1..).zip(&lines[1..4]) {
        let start = format!("64 bytes from 10.0.0.2: icmp_seq={number} ttl=64 time=0.");
        assert!(line.starts_with(&start) && line.ends_with(" ms"), "{line}");
    }
    assert_eq!(lines[4..6], ["", "--- 10.0.0.2 ping statistics ---"]);
    assert_eq!(lines[6], "3 packets transmitted, 3 received, 0% packet loss, time 2002ms");
    assert!(lines[7].starts_with("rtt min/avg/max/mdev = 0."), "{}", lines[7]);
    assert_eq!(lines.len(), 8);
    assert!(outcome.took > Duration::from_secs(2) && outcome.took < Duration::from_millis(2_001), "{outcome:?}");
    assert_eq!(outcome, run_script("ping -c3 -W2 10.0.0.2"), "the same again");
}

#[test]
fn a_ping_that_is_not_answered_says_so_and_waits_for_the_last_answer() {
    let outcome = run_script("ping -c 5 -W 2 10.0.0.9");
    assert_eq!(
        outcome.output,
        "PING 10.0.0.9 (10.0.0.9) 56(84) bytes of data.\n\n--- 10.0.0.9 ping statistics ---\n\
         5 packets transmitted, 0 received, 100% packet loss, time 4004ms\n\n"
    );
    assert_eq!((outcome.exit, outcome.took), (Some(1), Duration::from_secs(6)));
    assert_eq!(run_script("ping -c 1 10.0.0.9").took, Duration::from_secs(10));
    assert_eq!(run_script("ping -c 9 -w 3 10.0.0.9").took, Duration::from_secs(3));
}

#[test]
fn options_change_size_pause_and_how_much_is_said() {
    let output = run_script("ping -c 2 -s 1000 -i 0.2 10.0.0.2").output;
    assert!(output.contains("1000(1028) bytes of data") && output.contains("1008 bytes from"), "{output}");
    assert!(output.contains("time 201ms"), "{output}");
    let quiet = run_script("ping -q -c 2 10.0.0.2").output;
    assert!(!quiet.contains("icmp_seq") && quiet.contains("2 received"), "{quiet}");
}

#[test]
fn arguments_that_will_not_do_have_their_own_exit_codes() {
    for (script, exit, message) in [
        ("ping -c 3 example.internal", 2, "ping: example.internal: Name or service not known\n"),
        ("ping -c 3", 1, "ping: usage error: Destination address required\n"),
        ("ping -z 10.0.0.2", 2, "ping: invalid option -- 'z'\n"),
        ("ping -c 0 10.0.0.2", 1, "ping: invalid argument: '0': out of range: 1 <= value <= 9223372036854775807\n"),
        ("ping -c x 10.0.0.2", 1, "ping: invalid argument: 'x'\n"),
        ("ping 10.0.0.2 -c", 2, "ping: option requires an argument -- 'c'\n"),
        ("ping -i 0 10.0.0.2", 2, "ping: bad timing interval: 0\n"),
    ] {
        let outcome = run_script(script);
        assert_eq!((outcome.output.as_str(), outcome.exit), (message, Some(exit)), "{script}");
    }
}

#[test]
fn a_ping_without_a_count_goes_on_until_it_is_stopped() {
    let outcome = run_for("ping 10.0.0.2", 10);
    assert_eq!((outcome.exit, outcome.took), (None, Duration::from_secs(10)));
    assert!(outcome.output.contains("icmp_seq=11 ") && !outcome.output.contains("statistics"), "{}", outcome.output);
}

#[test]
fn a_command_that_takes_too_long_is_stopped_and_what_follows_does_not_run() {
    let outcome = run_for("echo one; sleep 30; echo two", 10);
    assert_eq!(outcome, Outcome { output: "one\n".into(), exit: None, took: Duration::from_secs(10) });
}

#[test]
fn commands_are_joined_as_in_any_shell() {
    for (script, output, exit) in [
        ("#!/bin/sh\n# a comment\necho a\n\nhostname", "a\ni-1\n", 0),
        ("true && echo yes || echo no", "yes\n", 0),
        ("false && echo yes || echo no", "no\n", 0),
        ("false", "", 1),
        ("echo a; exit 3; echo b", "a\n", 3),
        ("false; exit", "", 1),
        ("telnet 10.0.0.2 80", "sh: line 1: telnet: command not found\n", 127),
        ("true\nmtr 10.0.0.2 || echo missing", "sh: line 2: mtr: command not found\nmissing\n", 0),
        ("echo a\necho b | cat", "a\nsh: line 2: the shell of this local cloud does not know `|'\n", 2),
    ] {
        let outcome = run_script(script);
        assert_eq!((outcome.output.as_str(), outcome.exit), (output, Some(exit)), "{script}");
    }
}

#[test]
fn curl_tells_what_it_got_and_what_it_was_asked_to_tell() {
    let outcome = run_script("curl -sS http://two.internal/index.html");
    assert_eq!((outcome.exit, outcome.output.as_str()), (Some(0), "Hello from i-2\n"));
    let format = "-w '%{http_code} %{remote_ip}:%{remote_port}\\n'";
    let outcome = run_script(&format!("curl -sS -o /dev/null {format} --connect-timeout 3 10.0.0.2"));
    assert_eq!((outcome.exit, outcome.output.as_str()), (Some(0), "200 10.0.0.2:80\n"));
    let outcome = run_script("curl -sSI http://10.0.0.2/");
    assert!(outcome.output.starts_with("HTTP/1.1 200 OK\r\n"), "{outcome:?}");
}

#[test]
fn curl_fails_with_the_exit_code_of_its_trouble() {
    for (script, exit, output, seconds) in [
        ("curl -sS http://nowhere.internal", 6, "curl: (6) Could not resolve host: nowhere.internal\n", 0),
        ("curl -sS http://10.0.0.2:81/", 7, "curl: (7) Failed to connect to 10.0.0.2 port 81: Connection refused\n", 0),
        (
            "curl -sS --connect-timeout 3 http://10.0.0.9/",
            28,
            "curl: (28) Connection timed out after 3001 milliseconds\n",
            3,
        ),
        ("curl -s -o /dev/null -w '%{http_code}' -m 2 10.0.0.9", 28, "000", 2),
        ("curl -sS ftp://10.0.0.2", 1, "curl: (1) Protocol \"ftp\" not supported or disabled in libcurl\n", 0),
        ("curl --fancy x", 2, "curl: (2) option --fancy: is unknown\n", 0),
        ("curl", 2, "curl: (2) no URL specified!\n", 0),
    ] {
        let outcome = run_script(script);
        assert_eq!((outcome.exit, outcome.output.as_str(), outcome.took.as_secs()), (Some(exit), output, seconds));
    }
    let outcome = run_for("curl -sS http://10.0.0.9/", 200);
    assert_eq!((outcome.exit, outcome.took.as_secs()), (Some(7), 127), "the kernel gives up first");
    assert_eq!(run_script("curl -sS http://10.0.0.9/").exit, None, "the command is stopped before that");
}

#[test]
fn nc_knocks_at_a_port() {
    for (script, exit, ending) in [
        ("nc -z -w 3 two.internal 80", 0, ""),
        ("nc -zv 10.0.0.2 80", 0, "Ncat: Connected to 10.0.0.2:80.\n"),
        ("nc -z 10.0.0.2 81", 1, "Ncat: Connection refused.\n"),
        ("nc -z -w2 10.0.0.9 80", 1, "Ncat: TIMEOUT.\n"),
        ("nc -z nowhere 80", 2, "Name or service not known. QUITTING.\n"),
        ("nc 10.0.0.2 80", 2, "QUITTING.\n"),
        ("nc -z 10.0.0.2", 2, "QUITTING.\n"),
    ] {
        let outcome = run_script(script);
        assert_eq!(outcome.exit, Some(exit), "{script}: {outcome:?}");
        assert!(outcome.output.contains(ending) && (exit != 0 || script.contains('v') || outcome.output.is_empty()));
    }
}
