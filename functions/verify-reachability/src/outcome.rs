//! What a run of the ping on one instance says. Pure.
//!
//! A ping that is not answered ends with another code than 0, which the cloud calls `Failed`: for us that is a result. A run
//! that the cloud could not carry out says nothing about the connection.

use alicloud::ecs::{CommandError, InvocationResult, InvocationStatus};
use connection::proof::Verdict;
use connection::words::ResourceId;

use crate::Pair;
use crate::ping::Statistics;
use crate::tried::Tried;

/// What a shell ends with when it does not find the program.
const NOT_FOUND: i64 = 127;
/// What it ends with when it may not start one.
const NOT_EXECUTABLE: i64 = 126;
/// What a ping says that may not open its socket: of iputils, of busybox.
const MAY_NOT_PING: [&str; 2] = ["Operation not permitted", "permission denied"];
/// How much of an output is worth keeping, in characters.
const EXCERPT: usize = 200;

/// The verdict of a run that has settled, which ran as `user`.
#[must_use]
pub fn verdict(result: &InvocationResult, pair: Pair<'_>, user: &str) -> Tried {
    let Pair { own, peer } = pair;
    if result.exit_code == Some(NOT_FOUND) {
        return Tried::not(
            format!("there is no ping on {own}"),
            format!("install it on {own} (package iputils or iputils-ping)"),
        );
    }
    if let Some(statistics) = Statistics::read(&result.output) {
        return counted(statistics, pair);
    }
    if result.output.contains("Network is unreachable") {
        let seen = format!("{own} does not reach {peer}: its own route table leads nowhere (Network is unreachable)");
        let advice = format!("look at the routes inside {own} (`ip route`): its default route is missing");
        return Tried { loss_percent: Some(100), ..Tried::new(Verdict::NotReached, seen, advice) };
    }
    if MAY_NOT_PING.iter().any(|refusal| result.output.contains(refusal)) {
        return Tried::not(
            format!("user {user} may not ping on {own}"),
            format!(
                "let every user ping on {own} (`sysctl -w net.ipv4.ping_group_range=\"0 2147483647\"`), or name a user who may \
                 as command_user of the account in config/accounts.json of the store"
            ),
        );
    }
    not_run(result, own, "ping", user)
}

/// The verdict by what the ping counted.
fn counted(statistics: Statistics, Pair { own, peer }: Pair<'_>) -> Tried {
    let Statistics { sent, received, mean_rtt_us } = statistics;
    let loss = statistics.loss_percent();
    let (verdict, seen, advice) = match received {
        0 => (
            Verdict::NotReached,
            format!("{own} does not reach {peer}: {sent} packets sent, none came back"),
            format!(
                "look at the security groups of {peer} (inbound ICMP from this side's ranges, and no stronger rule that \
                 drops it); at the routes in the tables of both sides' vSwitches; at the network ACLs of both vSwitches, in \
                 both directions; at container bridges and firewalls on both instances, whose ranges may collide with the \
                 other side's"
            ),
        ),
        _ if loss == 0 => {
            (Verdict::Reached, format!("{own} reaches {peer}: {received} of {sent} packets came back"), String::new())
        }
        _ => (
            Verdict::Reached,
            format!("{own} reaches {peer}, but {loss} % of the packets were lost: {received} of {sent} came back"),
            "look whether the connection's bandwidth is used up, and how busy both instances are".to_owned(),
        ),
    };
    let seen = match mean_rtt_us {
        Some(us) => format!("{seen}, after {}.{:03} ms on average", us / 1000, us % 1000),
        None => seen,
    };
    Tried { verdict, seen, advice, loss_percent: Some(loss), mean_rtt_us }
}

/// The verdict of a run of `program` that did not come to its end.
#[must_use]
pub fn not_run(result: &InvocationResult, own: &ResourceId, program: &str, user: &str) -> Tried {
    let mut why = format!("the {program} on {own} came to nothing: it is {}", result.status);
    if let Some(code) = &result.error_code {
        why += &format!(", {code}");
    }
    if let Some(code) = result.exit_code {
        why += &format!(", exit code {code}");
    }
    if let Some(info) = result.error_info.as_deref().filter(|info| !info.is_empty()) {
        why += &format!(" ({})", excerpt(info));
    }
    if let Some(line) = result.output.lines().map(str::trim).rfind(|line| !line.is_empty()) {
        why += &format!("; it said: {}", excerpt(line));
    }
    let agent = || format!("look whether Cloud Assistant runs on {own}, restart or upgrade it");
    let advice = match result.error_code.as_ref() {
        Some(CommandError::InstanceNotExists | CommandError::InstanceReleased) => {
            "name an instance that exists".to_owned()
        }
        Some(CommandError::InstanceNotRunning) => format!("start {own}"),
        Some(CommandError::CommandNotApplicable) => "name a Linux instance".to_owned(),
        Some(CommandError::AccountNotExists) => format!(
            "make the user {user} on {own} (`useradd --system {user}`), or name another one as command_user of the account in \
             config/accounts.json of the store; commands never run as root"
        ),
        Some(
            CommandError::ClientNotRunning
            | CommandError::ClientNotResponse
            | CommandError::ClientIsUpgrading
            | CommandError::ClientNeedUpgrade
            | CommandError::DeliveryTimeout,
        ) => agent(),
        Some(CommandError::SecurityGroupRuleDenied) => {
            format!("let {own} reach the cloud's own addresses (100.64.0.0/10) outbound in its security groups")
        }
        Some(CommandError::ExecutionTimeout | CommandError::ExecutionInterrupted) => {
            format!("look how busy {own} is")
        }
        _ if result.exit_code == Some(NOT_EXECUTABLE) => {
            format!("let programs run from /tmp on {own}: Cloud Assistant puts the scripts of plain users there")
        }
        _ => match result.status {
            InvocationStatus::Aborted => agent(),
            InvocationStatus::Timeout => format!("look how busy {own} is"),
            InvocationStatus::Cancelled | InvocationStatus::Terminated => "find out who ended it".to_owned(),
            _ => format!("run `{program}` on {own} by hand to see what is wrong with it"),
        },
    };
    Tried::not(why, advice)
}

/// The beginning of a text that somebody else's machine wrote.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(EXCERPT).collect()
}

#[cfg(test)]
mod tests;
