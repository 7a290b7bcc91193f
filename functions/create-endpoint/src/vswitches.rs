//! The vSwitches that are made for the endpoint where the spec names none.
//!
//! They carry the connection's mark in their descriptions, and are made and removed one at a time, as the cloud wants it
//! within a VPC.

use std::time::Duration;

use alicloud::Kind;
use alicloud::vpc::{CreateVSwitch, DescribeVSwitches, NetworkStatus, VSwitch, Vpc};
use connection::finding::{Finding, FindingKind};
use connection::inventory::{Inventory, ListingId};
use connection::mark::Mark;
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::plan::{Operation, Planned};
use connection::share::{Fate, Thing};
use connection::spec::EndpointZone;
use engine::kind::private_link::{Findings, spec};
use engine::share;
use engine::step::SideContext;
use ipnet::IpNet;

/// How soon to look again at a vSwitch that is being made or removed.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Every vSwitch of the VPC.
async fn listed(side: &SideContext<'_>, vpc: &Vpc) -> Result<Vec<VSwitch>, NotDone> {
    let of_vpc = DescribeVSwitches { vpc_id: Some(side.place().vpc_id.to_string()), ..DescribeVSwitches::default() };
    Ok(vpc.describe_vswitches(&of_vpc).await?)
}

/// Those of them that were made for the connection, or handed over to it.
async fn own(side: &SideContext<'_>, listed: Vec<VSwitch>, outputs: &Outputs) -> Result<Vec<VSwitch>, NotDone> {
    let mark = side.mark();
    let recorded = |id: &String| outputs.private_link.vswitches.values().any(|known| known == id);
    let mut own = Vec::new();
    for found in listed {
        let (id, text) = (&found.vswitch_id, found.description.as_deref().unwrap_or_default());
        let is_own = mark.is_on(text)
            || recorded(id)
                && !share::is_handed_over(side, mark.other_on(text).as_ref(), &|other| uses(other, id)).await?;
        if is_own {
            own.push(found);
        }
    }
    Ok(own)
}

/// Whether a side of a private link has its endpoint in this vSwitch.
fn uses(side: &SideContext<'_>, id: &str) -> bool {
    let Ok(link) = spec(side) else { return false };
    let made = side.outputs().private_link.vswitches.iter().find(|(_, made)| *made == id);
    link.consumer.zones.iter().any(|zone| match &zone.vswitch_id {
        Some(named) => named.as_str() == id,
        None => made.is_some_and(|(of, _)| of == zone.zone_id.as_str()),
    })
}

/// The vSwitches that the spec names may be ones that another connection made.
async fn rely_on_named(side: &SideContext<'_>, listed: &[VSwitch], outputs: &mut Outputs) -> Result<(), NotDone> {
    for id in spec(side)?.consumer.zones.iter().filter_map(|zone| zone.vswitch_id.as_ref()) {
        let found = listed.iter().find(|found| found.vswitch_id == id.as_str());
        let text = found.and_then(|found| found.description.as_deref()).unwrap_or_default();
        if let Some(maker) = side.mark().other_on(text) {
            let thing = Thing::subnet(id.as_str());
            share::rely_on(side, outputs, &thing, &maker, &|other| uses(other, id.as_str())).await?;
        }
    }
    Ok(())
}

fn in_zone<'a>(own: &'a [VSwitch], zone: &EndpointZone) -> Option<&'a VSwitch> {
    own.iter().find(|found| found.zone_id.as_deref() == Some(zone.zone_id.as_str()))
}

/// Makes those that are missing, and waits until all can be used.
///
/// # Errors
/// A wait until then; a failure where the cloud refuses.
pub async fn make(side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
    let vpc = side.vpc()?;
    let listed = listed(side, &vpc).await?;
    rely_on_named(side, &listed, outputs).await?;
    let own = own(side, listed, outputs).await?;
    for zone in spec(side)?.consumer.zones.iter().filter(|zone| zone.vswitch_id.is_none()) {
        let Some(block) = zone.cidr_block else { continue };
        let id = &zone.zone_id;
        let Some(found) = in_zone(&own, zone) else {
            outputs.private_link.vswitches.remove(id.as_str());
            let request = CreateVSwitch {
                vpc_id: side.place().vpc_id.to_string(),
                zone_id: id.to_string(),
                cidr_block: IpNet::V4(block),
                name: Some(side.mark().name().to_owned()),
                description: Some(side.mark().description().to_owned()),
                client_token: side.client_token(&format!("vSwitch {block} in {id}")),
            };
            let vswitch = vpc.create_vswitch(&request).await?;
            let why = format!("vSwitch {vswitch} in {id} to be Available");
            outputs.private_link.vswitches.insert(id.to_string(), vswitch);
            return Err(NotDone::retry(LOOK_AGAIN, why));
        };
        outputs.private_link.vswitches.insert(id.to_string(), found.vswitch_id.clone());
        if found.status != NetworkStatus::Available {
            let why = format!("vSwitch {} in {id} to be Available (was {})", found.vswitch_id, found.status);
            return Err(NotDone::retry(LOOK_AGAIN, why));
        }
    }
    Ok(())
}

/// Removes those in zones that the endpoint is no longer in, now that it is out of them.
///
/// # Errors
/// A wait until they are gone.
pub async fn remove_unwanted(side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
    let consumer = &spec(side)?.consumer;
    if outputs.private_link.vswitches.is_empty() && !outputs.shares.iter().any(Thing::is_subnet) {
        return Ok(());
    }
    let vpc = side.vpc()?;
    let is_wanted = |found: &VSwitch| {
        let zone = found.zone_id.as_deref().and_then(|zone| consumer.zone(zone));
        zone.is_some_and(|zone| zone.vswitch_id.as_ref().is_none_or(|named| named.as_str() == found.vswitch_id))
    };
    let own = own(side, listed(side, &vpc).await?, outputs).await?;
    let gone: Vec<_> = own.into_iter().filter(|found| !is_wanted(found)).collect();
    outputs.private_link.vswitches.retain(|zone, _| consumer.zone(zone).is_some_and(|zone| zone.vswitch_id.is_none()));
    remove(side, &vpc, &gone, outputs).await
}

/// Removes all of them.
///
/// # Errors
/// A wait until they are gone.
pub async fn remove_all(side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
    let vpc = side.vpc()?;
    let own = own(side, listed(side, &vpc).await?, outputs).await?;
    remove(side, &vpc, &own, outputs).await?;
    outputs.private_link.vswitches.clear();
    share::forget_all(side, outputs, Thing::is_subnet).await
}

async fn remove(side: &SideContext<'_>, vpc: &Vpc, gone: &[VSwitch], outputs: &mut Outputs) -> Result<(), NotDone> {
    let Some(found) = gone.first() else { return Ok(()) };
    // Its id stays recorded until it is gone, whatever became of its description.
    if let Some(zone) = &found.zone_id {
        outputs.private_link.vswitches.insert(zone.clone(), found.vswitch_id.clone());
    }
    let id = &found.vswitch_id;
    let done = match share::give_up(side, outputs, Thing::subnet(id), id, |other| uses(other, id)).await? {
        Fate::HandedTo(heir) => {
            let mark = Mark::of_connection(&heir.connection, &heir.uid);
            vpc.describe_vswitch(id, mark.description()).await
        }
        Fate::Removed => vpc.delete_vswitch(id).await,
    };
    match done {
        Err(error) if error.kind() != Kind::Gone => return Err(error.into()),
        Ok(()) | Err(_) => {}
    }
    Err(NotDone::retry(LOOK_AGAIN, format!("vSwitch {id} to be gone, or another connection's")))
}

/// What they are compared with.
#[must_use]
pub fn listings(side: &SideContext<'_>) -> Option<ListingId> {
    (!side.outputs().private_link.vswitches.is_empty()).then_some(ListingId::VSwitches)
}

/// Those that are gone.
#[must_use]
pub fn observe(side: &SideContext<'_>, inventory: &Inventory) -> Vec<Finding> {
    let Some(there) = side.view(inventory).vswitches(side.place().vpc_id.as_str()) else { return Vec::new() };
    let mut findings = Findings::of(side.side());
    for id in side.outputs().private_link.vswitches.values() {
        if there.iter().all(|known| known.vswitch_id != *id) {
            findings.missing(FindingKind::SubnetMissing, id);
        }
    }
    findings.all()
}

/// What would be done about them.
///
/// # Errors
/// When the cloud does not answer.
pub async fn plan(side: &SideContext<'_>, operation: Operation) -> Result<Vec<Planned>, NotDone> {
    let own = own(side, listed(side, &side.vpc()?).await?, side.outputs()).await?;
    if operation == Operation::Undo {
        let mut plan = Vec::new();
        for found in &own {
            let id = &found.vswitch_id;
            plan.push(match share::heir(side, &Thing::subnet(id), &|other| uses(other, id)).await? {
                None => side.planned(Some("DeleteVSwitch"), id, "it is deleted"),
                Some(heir) => {
                    let what = format!("it is handed over to {}, which uses it too", heir.connection);
                    side.planned(Some("ModifyVSwitchAttribute"), id, &what)
                }
            });
        }
        return Ok(plan);
    }
    let zones = spec(side)?.consumer.zones.iter();
    let planned = |zone: &EndpointZone| {
        let block = zone.cidr_block?;
        Some(match in_zone(&own, zone) {
            Some(found) => side.planned(None, &found.vswitch_id, "it stands"),
            None => {
                let what = format!("{block} is made in {}", zone.zone_id);
                side.planned(Some("CreateVSwitch"), "vSwitch", &what)
            }
        })
    };
    Ok(zones.filter_map(planned).collect())
}
