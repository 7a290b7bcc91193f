//! A ping from this side's instance to the other side's, through Cloud Assistant: the calls.
//!
//! Whatever keeps from trying is returned as a failure; the step turns it into a verdict.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use alicloud::ecs::{Ecs, Instance, InstanceStatus, RunCommand};
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::proof::Proof;
use connection::spec::Place;
use connection::words::ResourceId;
use engine::step::SideContext;
use ipnet::Ipv4Net;
use jiff::SignedDuration;

use crate::Pair;
use crate::outcome;
use crate::tried::Tried;

/// How long the cloud lets the command run, in seconds. Five packets, the last one waited for two seconds, take about six.
const TIMEOUT_SECONDS: u32 = 30;
/// Where scripts run: every user may look in there, and not every user has a home.
pub(crate) const WORKING_DIR: &str = "/";
/// How soon to look at a ping that was just started.
const FIRST_LOOK: Duration = Duration::from_secs(6);
/// How soon to look again.
const LOOK_AGAIN: Duration = Duration::from_secs(3);
/// How long a run may stay unsettled: the cloud gives up delivering after a minute, and ends it after its timeout.
const PATIENCE: SignedDuration = SignedDuration::from_secs(150);

/// Starts the ping, or looks at the one that runs.
///
/// # Errors
/// A wait while it runs; a failure when it cannot be tried.
pub async fn ping(side: &SideContext<'_>, pair: Pair<'_>, outputs: &mut Outputs) -> Result<Tried, NotDone> {
    let (commands, user) = side.commands(pair.own)?;
    if let Some(Proof::Running { invoke_id, since, .. }) = &outputs.proof {
        let age = side.now().duration_since(*since);
        return result(&commands, invoke_id, age, pair, user).await;
    }
    let ecs = side.ecs()?;
    let address = addresses(side, &ecs, pair).await?;
    check_assistant(&ecs, pair.own).await?;
    let command = RunCommand {
        instance_ids: vec![pair.own.to_string()],
        script: format!("ping -c 5 -W 2 {address}"),
        timeout_seconds: TIMEOUT_SECONDS,
        name: Some(side.mark().name().to_owned()),
        username: user.to_owned(),
        working_dir: WORKING_DIR.to_owned(),
        client_token: side.client_token(&format!("ping {address} from {} as {user}", pair.own)),
    };
    let started = commands.run_command(&command).await?;
    outputs.proof = Some(Proof::Running {
        invoke_id: started.invoke_id,
        generation: side.record().generation,
        attempt: side.record().attempt,
        since: side.now(),
    });
    Err(NotDone::retry(FIRST_LOOK, format!("the ping from {} to {} to end", pair.own, pair.peer)))
}

/// What came of a run that was started `age` ago.
async fn result(
    commands: &Ecs,
    invoke_id: &str,
    age: SignedDuration,
    pair: Pair<'_>,
    user: &str,
) -> Result<Tried, NotDone> {
    let results = commands.describe_invocation_results(invoke_id).await?;
    let found = results.iter().find(|result| result.instance_id == pair.own.as_str());
    match found {
        Some(result) if result.status.is_settled() => Ok(outcome::verdict(result, pair, user)),
        _ if age >= PATIENCE => {
            let status = found.map_or_else(|| "not listed".to_owned(), |result| result.status.to_string());
            Err(NotDone::failed(
                format!("the ping on {} was still {status} after {} s (run {invoke_id})", pair.own, age.as_secs()),
                format!("look whether Cloud Assistant on {} answers", pair.own),
            ))
        }
        _ => Err(NotDone::retry(LOOK_AGAIN, format!("the ping from {} to {} to end", pair.own, pair.peer))),
    }
}

/// Checks both instances, and gives the address to ping.
async fn addresses(side: &SideContext<'_>, ecs: &Ecs, pair: Pair<'_>) -> Result<Ipv4Addr, NotDone> {
    let own = running(ecs, pair.own, side.place()).await?;
    // The answers must find their way back.
    address_within(&own, &side.network().cidr_blocks)?;
    let (client, region) = side.peer_client()?;
    let peer = running(&client.ecs(&region), pair.peer, side.peer_place()).await?;
    address_within(&peer, &side.peer().network.cidr_blocks)
}

/// The instance, if it stands in that VPC and runs.
pub(crate) async fn running(ecs: &Ecs, id: &ResourceId, place: Place<'_>) -> Result<Instance, NotDone> {
    let instance = ecs.instance(id.as_str()).await?.ok_or_else(|| {
        NotDone::failed(
            format!("there is no instance {id} in {} of account {}", place.region_id, place.account),
            "name an instance of the VPC that is connected",
        )
    })?;
    if instance.vpc_id() != Some(place.vpc_id.as_str()) {
        let vpc = instance.vpc_id().unwrap_or("no VPC");
        return Err(NotDone::failed(
            format!("instance {id} stands in {vpc}, not in {}", place.vpc_id),
            "name an instance of the VPC that is connected",
        ));
    }
    if instance.status != InstanceStatus::Running {
        return Err(NotDone::failed(format!("instance {id} is {}", instance.status), format!("start {id}")));
    }
    Ok(instance)
}

/// The instance's address within the ranges that are routed to its side.
fn address_within(instance: &Instance, ranges: &[Ipv4Net]) -> Result<Ipv4Addr, NotDone> {
    let addresses = instance.private_addresses();
    let inside = addresses.iter().find_map(|address| match address {
        IpAddr::V4(address) if ranges.iter().any(|range| range.contains(address)) => Some(*address),
        _ => None,
    });
    inside.ok_or_else(|| {
        let list = |texts: Vec<String>| if texts.is_empty() { "none".to_owned() } else { texts.join(", ") };
        NotDone::failed(
            format!(
                "no address of {} lies in the ranges that are routed to it (addresses: {}; ranges: {})",
                instance.instance_id,
                list(addresses.iter().map(ToString::to_string).collect()),
                list(ranges.iter().map(ToString::to_string).collect()),
            ),
            "name an instance within those ranges, or route its range too",
        )
    })
}

/// Checks that scripts can run on the instance.
pub(crate) async fn check_assistant(ecs: &Ecs, id: &ResourceId) -> Result<(), NotDone> {
    let listed = ecs.describe_cloud_assistant_status(&[id.to_string()]).await?;
    let found = listed.into_iter().find(|assistant| assistant.instance_id == id.as_str());
    let os = found.as_ref().and_then(|assistant| assistant.os_type.as_deref()).unwrap_or_default();
    if os.eq_ignore_ascii_case("windows") {
        return Err(NotDone::failed(
            format!("instance {id} runs Windows, and what is tried is a shell script"),
            "name a Linux instance",
        ));
    }
    // Where the cloud does not say, running the script will tell.
    match found.map(|assistant| assistant.alive) {
        Some(Some(true) | None) => Ok(()),
        Some(Some(false)) => Err(NotDone::failed(
            format!("Cloud Assistant on {id} has not been heard of for more than two minutes"),
            format!("restart the Cloud Assistant agent on {id}"),
        )),
        None => Err(NotDone::failed(
            format!("there is no Cloud Assistant on {id}"),
            format!("install the Cloud Assistant agent on {id}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(addresses: &[&str]) -> Instance {
        serde_json::from_value(serde_json::json!({
            "InstanceId": "i-1", "Status": "Running",
            "VpcAttributes": {"VpcId": "vpc-1", "PrivateIpAddress": {"IpAddress": addresses}},
        }))
        .unwrap()
    }

    #[test]
    fn of_several_addresses_the_routed_one_is_pinged() {
        let ranges = ["172.16.0.0/16".parse().unwrap()];
        assert_eq!(address_within(&at(&["10.0.0.4", "172.16.0.5"]), &ranges).unwrap().to_string(), "172.16.0.5");
        let Err(NotDone::Failed(failure)) = address_within(&at(&["10.0.0.4"]), &ranges) else { panic!("not routed") };
        assert!(failure.what.contains("addresses: 10.0.0.4; ranges: 172.16.0.0/16"), "{}", failure.what);
    }
}
