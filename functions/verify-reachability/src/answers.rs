//! What a run of the requests says. Pure.
//!
//! The script names each target before it asks, so that what follows belongs to it:
//!
//! ```text
//! causeway asks ep-1.epsrv-1.eu-central-1.privatelink.aliyuncs.com
//! 200 10.11.0.7 0.002413
//! causeway asks 10.11.0.7
//! curl: (28) Connection timed out after 3001 milliseconds
//! 000  3.001225
//! ```

use alicloud::ecs::InvocationResult;
use connection::proof::Verdict;
use connection::spec::ProbeProtocol;

use crate::endpoint::{Requests, Target};
use crate::outcome::{excerpt, not_run};
use crate::tried::Tried;

/// What stands before a target.
pub const TARGET: &str = "causeway asks ";
/// What is said of a port that takes connections.
pub const OPEN: &str = "causeway: open";
/// What is said of one that does not.
pub const CLOSED: &str = "causeway: closed";

/// What became of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It was answered: how.
    Reached(String),
    /// The load balancer answered that nobody serves.
    Unserved(String),
    /// Nobody answered: why.
    Silent(String),
}

/// The verdict of a run that has settled.
#[must_use]
pub fn verdict(result: &InvocationResult, requests: &Requests<'_>, targets: &[Target], user: &str) -> Tried {
    let (own, protocol) = (requests.own, requests.probe.protocol);
    let (program, package) = match protocol {
        ProbeProtocol::Http => ("curl", "curl"),
        ProbeProtocol::Tcp => ("nc", "nmap-ncat or netcat-openbsd"),
    };
    let is_missing = |line: &str| line.contains(program) && line.contains("not found");
    if result.output.lines().any(is_missing) {
        return Tried::not(
            format!("there is no {program} on {own}"),
            format!("install it on {own} (package {package})"),
        );
    }
    let answers: Vec<(&Target, Option<Answer>)> =
        targets.iter().map(|target| (target, answer(&result.output, &target.host, protocol))).collect();
    if answers.iter().any(|(_, answer)| answer.is_none()) {
        return not_run(result, own, program, user);
    }
    let answered = |answer: &Option<Answer>| matches!(answer, Some(Answer::Reached(_)));
    let told = |(target, answer): &(&Target, Option<Answer>)| match answer {
        Some(Answer::Reached(how) | Answer::Unserved(how) | Answer::Silent(how)) => {
            format!("{} {}: {how}", target.what, target.host)
        }
        None => String::new(),
    };
    let told: Vec<String> = answers.iter().map(told).collect();
    let (port, all) = (requests.probe.port, answers.len());
    let reached = answers.iter().filter(|(_, answer)| answered(answer)).count();
    if reached == all {
        let seen = format!("{own} reaches the service on port {port} in all {all} ways: {}", told.join("; "));
        return Tried::new(Verdict::Reached, seen, String::new());
    }
    let seen = format!("{own} reaches the service on port {port} in {reached} of {all} ways: {}", told.join("; "));
    let is_unserved = answers.iter().any(|(_, answer)| matches!(answer, Some(Answer::Unserved(_))));
    let advice = if is_unserved {
        "look at the servers behind the load balancer: whether they are healthy, and what they say to such a request"
    } else {
        "look at the endpoint's security groups (inbound TCP on that port from the client); at whether the endpoint's \
         connection and its zones are Connected; at the load balancer's listener on that port and the health of its servers"
    };
    Tried::new(Verdict::NotReached, seen, advice)
}

/// What became of the request to `host`; `None` when the output does not tell.
#[must_use]
pub fn answer(output: &str, host: &str, protocol: ProbeProtocol) -> Option<Answer> {
    let mut lines = output.lines().map(str::trim).skip_while(|line| line.strip_prefix(TARGET) != Some(host));
    lines.next()?;
    let own: Vec<&str> = lines.take_while(|line| !line.starts_with(TARGET)).collect();
    match protocol {
        ProbeProtocol::Http => own.iter().rev().find_map(|line| status(line)).map(|status| status.answer(&own)),
        ProbeProtocol::Tcp => own.iter().rev().find_map(|line| match *line {
            OPEN => Some(Answer::Reached("it takes connections".to_owned())),
            CLOSED => Some(Answer::Silent(reason(&own))),
            _ => None,
        }),
    }
}

/// What `curl` was told to say at the end: status, address, seconds.
struct Status<'a> {
    code: u16,
    address: &'a str,
    seconds: &'a str,
}

fn status(line: &str) -> Option<Status<'_>> {
    let mut parts = line.split(' ');
    let (code, address, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    let is_time = seconds.parse::<f64>().is_ok();
    let code = Some(code).filter(|code| code.len() == 3)?.parse().ok()?;
    (is_time && parts.next().is_none()).then_some(Status { code, address, seconds })
}

impl Status<'_> {
    fn answer(&self, own: &[&str]) -> Answer {
        let Self { code, address, seconds } = self;
        match code {
            0 => Answer::Silent(reason(own)),
            // What a load balancer says itself when nobody behind it answers.
            502..=504 => Answer::Unserved(format!("HTTP {code} from {address}")),
            _ => Answer::Reached(format!("HTTP {code} from {address} after {seconds} s")),
        }
    }
}

/// What the program said of its failure.
fn reason(own: &[&str]) -> String {
    let said =
        own.iter().find(|line| line.starts_with("curl:") || line.starts_with("Ncat:") || line.starts_with("nc:"));
    said.map_or_else(|| "no answer".to_owned(), |line| excerpt(line))
}

#[cfg(test)]
mod tests;
