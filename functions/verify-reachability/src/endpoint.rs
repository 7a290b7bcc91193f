//! Requests from the consumer's instance to the endpoint, through Cloud Assistant: the calls.
//!
//! The endpoint is asked by its own name, and in each zone by name and by address. Whatever keeps from trying is returned as a
//! failure; the step turns it into a verdict.

use std::time::Duration;

use alicloud::ecs::{Ecs, RunCommand};
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::proof::{Method, Proof, Verdict};
use connection::spec::{Probe, ProbeProtocol};
use connection::words::ResourceId;
use engine::step::SideContext;
use jiff::SignedDuration;

use crate::answers;
use crate::probe::{WORKING_DIR, check_assistant, running};
use crate::tried::Tried;

/// How long one request may take, in seconds.
const REQUEST_SECONDS: u32 = 6;
/// How long the cloud may take to deliver the script and to tell what it said, in seconds.
const DELIVERY_SECONDS: u32 = 30;
/// How soon to look at requests that were just sent.
const FIRST_LOOK: Duration = Duration::from_secs(3);
/// How soon to look again.
const LOOK_AGAIN: Duration = Duration::from_secs(3);
/// How long after its time a run may stay unsettled.
const PATIENCE: SignedDuration = SignedDuration::from_secs(90);
/// For how long a new endpoint's names and routes may take to be known everywhere: until then it is tried again.
const SETTLING: SignedDuration = SignedDuration::from_secs(60);
/// How soon to try again.
const TRY_AGAIN: Duration = Duration::from_secs(10);

/// What is asked for, from where.
pub struct Requests<'a> {
    /// The consumer's instance.
    pub own: &'a ResourceId,
    /// What is asked for.
    pub probe: Probe,
}

impl Requests<'_> {
    /// How that tries it.
    #[must_use]
    pub fn method(&self) -> Method {
        match self.probe.protocol {
            ProbeProtocol::Http => Method::Http,
            ProbeProtocol::Tcp => Method::Tcp,
        }
    }

    /// The script that asks each target in turn and says which.
    #[must_use]
    pub fn script(&self, targets: &[Target]) -> String {
        let Probe { protocol, port, path } = &self.probe;
        let ask = |target: &Target| {
            let host = &target.host;
            let request = match protocol {
                ProbeProtocol::Http => format!(
                    "curl -sS -o /dev/null --connect-timeout 3 -m {REQUEST_SECONDS} \
                     -w '%{{http_code}} %{{remote_ip}} %{{time_total}}\\n' 'http://{host}:{port}{path}' 2>&1"
                ),
                ProbeProtocol::Tcp => {
                    format!("nc -z -w 3 {host} {port} 2>&1 && echo '{}' || echo '{}'", answers::OPEN, answers::CLOSED)
                }
            };
            format!("echo '{}{host}'\n{request}", answers::TARGET)
        };
        targets.iter().map(ask).collect::<Vec<_>>().join("\n")
    }
}

/// A way to the endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Which one, in words.
    pub what: String,
    /// The name or address.
    pub host: String,
}

/// Every way to the endpoint that was recorded.
#[must_use]
pub fn targets(outputs: &Outputs) -> Vec<Target> {
    let link = &outputs.private_link;
    let target = |what: String, host: String| Target { what, host };
    let mut targets: Vec<Target> =
        link.domain.iter().map(|host| target("the endpoint's domain".to_owned(), host.clone())).collect();
    for (zone, known) in &link.zones {
        targets.extend(known.domain.iter().map(|host| target(format!("the domain of {zone}"), host.clone())));
        targets.extend(known.ip.iter().map(|ip| target(format!("the address in {zone}"), ip.to_string())));
    }
    // What is written into a script must be nothing but a name.
    let is_name = |target: &Target| {
        target.host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'))
    };
    targets.retain(is_name);
    targets
}

/// Sends the requests, or looks at those that were sent.
///
/// # Errors
/// A wait while they run; a failure when they cannot be tried.
pub async fn requests(
    side: &SideContext<'_>,
    requests: &Requests<'_>,
    outputs: &mut Outputs,
) -> Result<Tried, NotDone> {
    let own = requests.own;
    let (commands, user) = side.commands(own)?;
    let targets = targets(outputs);
    let count = u32::try_from(targets.len()).unwrap_or(u32::MAX);
    let timeout_seconds = DELIVERY_SECONDS + REQUEST_SECONDS * count;
    if let Some(Proof::Running { invoke_id, since, .. }) = &outputs.proof {
        let age = side.now().duration_since(*since);
        let patience = SignedDuration::from_secs(timeout_seconds.into()) + PATIENCE;
        let run = Run { invoke_id, age, patience, user };
        let tried = result(&commands, &run, requests, &targets).await?;
        let is_new = side.now().duration_since(side.record().step_since) < SETTLING;
        if tried.verdict == Verdict::NotReached && is_new {
            outputs.proof = None;
            return Err(NotDone::retry(TRY_AGAIN, format!("the endpoint to answer ({})", tried.seen)));
        }
        return Ok(tried);
    }
    if targets.is_empty() {
        return Err(NotDone::failed(
            "no name and no address of the endpoint is recorded",
            "look in the console whether the endpoint has one",
        ));
    }
    let ecs = side.ecs()?;
    running(&ecs, own, side.place()).await?;
    check_assistant(&ecs, own).await?;
    // Each try is a run of its own.
    let turn = side.record().waiting.as_ref().map_or(0, |waiting| waiting.times);
    let command = RunCommand {
        instance_ids: vec![own.to_string()],
        script: requests.script(&targets),
        timeout_seconds,
        name: Some(side.mark().name().to_owned()),
        username: user.to_owned(),
        working_dir: WORKING_DIR.to_owned(),
        client_token: side.client_token(&format!("requests {turn} from {own} as {user}")),
    };
    let started = commands.run_command(&command).await?;
    outputs.proof = Some(Proof::Running {
        invoke_id: started.invoke_id,
        generation: side.record().generation,
        attempt: side.record().attempt,
        since: side.now(),
    });
    Err(NotDone::retry(FIRST_LOOK, format!("the requests from {own} to the endpoint to end")))
}

/// A run that was started.
#[derive(Clone, Copy)]
struct Run<'a> {
    invoke_id: &'a str,
    age: SignedDuration,
    /// How long it may stay unsettled.
    patience: SignedDuration,
    user: &'a str,
}

/// What came of a run.
async fn result(commands: &Ecs, run: &Run<'_>, requests: &Requests<'_>, targets: &[Target]) -> Result<Tried, NotDone> {
    let (own, Run { invoke_id, age, patience, user }) = (requests.own, *run);
    let results = commands.describe_invocation_results(invoke_id).await?;
    let found = results.iter().find(|result| result.instance_id == own.as_str());
    match found {
        Some(result) if result.status.is_settled() => Ok(answers::verdict(result, requests, targets, user)),
        _ if age >= patience => {
            let status = found.map_or_else(|| "not listed".to_owned(), |result| result.status.to_string());
            Err(NotDone::failed(
                format!("the requests from {own} were still {status} after {} s (run {invoke_id})", age.as_secs()),
                format!("look whether Cloud Assistant on {own} answers"),
            ))
        }
        _ => Err(NotDone::retry(LOOK_AGAIN, format!("the requests from {own} to the endpoint to end"))),
    }
}
