//! The vSwitches that are made for the endpoint where the spec names none.
//!
//! They carry the connection's mark in their descriptions, and are made and removed one at a time, as the cloud wants it
//! within a VPC.

use std::time::Duration;

use alicloud::Kind;
use alicloud::vpc::{CreateVSwitch, DescribeVSwitches, NetworkStatus, VSwitch, Vpc};
use connection::finding::{Finding, FindingKind};
use connection::inventory::{Inventory, ListingId};
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::plan::{Operation, Planned};
use connection::spec::EndpointZone;
use engine::kind::private_link::{Findings, spec};
use engine::step::SideContext;
use ipnet::IpNet;

/// How soon to look again at a vSwitch that is being made or removed.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Every vSwitch of the VPC that was made for the connection.
async fn own(side: &SideContext<'_>, vpc: &Vpc, outputs: &Outputs) -> Result<Vec<VSwitch>, NotDone> {
    let of_vpc = DescribeVSwitches { vpc_id: Some(side.place().vpc_id.to_string()), ..DescribeVSwitches::default() };
    let listed = vpc.describe_vswitches(&of_vpc).await?;
    let mark = side.mark();
    let recorded = |id: &String| outputs.private_link.vswitches.values().any(|known| known == id);
    let is_own = |found: &VSwitch| {
        recorded(&found.vswitch_id) || found.description.as_deref().is_some_and(|text| mark.is_on(text))
    };
    Ok(listed.into_iter().filter(is_own).collect())
}

fn in_zone<'a>(own: &'a [VSwitch], zone: &EndpointZone) -> Option<&'a VSwitch> {
    own.iter().find(|found| found.zone_id.as_deref() == Some(zone.zone_id.as_str()))
}

/// Makes those that are missing, and waits until all can be used.
///
/// # Errors
/// A wait until then; a failure where the cloud refuses.
pub async fn make(side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
    let zones: Vec<&EndpointZone> =
        spec(side)?.consumer.zones.iter().filter(|zone| zone.vswitch_id.is_none()).collect();
    if zones.is_empty() {
        return Ok(());
    }
    let vpc = side.vpc()?;
    let own = own(side, &vpc, outputs).await?;
    for zone in zones {
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
    if outputs.private_link.vswitches.is_empty() {
        return Ok(());
    }
    let vpc = side.vpc()?;
    let is_wanted = |found: &VSwitch| {
        let zone = found.zone_id.as_deref().and_then(|zone| consumer.zone(zone));
        zone.is_some_and(|zone| zone.vswitch_id.is_none())
    };
    let gone: Vec<_> = own(side, &vpc, outputs).await?.into_iter().filter(|found| !is_wanted(found)).collect();
    outputs.private_link.vswitches.retain(|zone, _| consumer.zone(zone).is_some_and(|zone| zone.vswitch_id.is_none()));
    remove(&vpc, &gone, outputs).await
}

/// Removes all of them.
///
/// # Errors
/// A wait until they are gone.
pub async fn remove_all(side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
    let vpc = side.vpc()?;
    let own = own(side, &vpc, outputs).await?;
    remove(&vpc, &own, outputs).await?;
    outputs.private_link.vswitches.clear();
    Ok(())
}

async fn remove(vpc: &Vpc, gone: &[VSwitch], outputs: &mut Outputs) -> Result<(), NotDone> {
    let Some(found) = gone.first() else { return Ok(()) };
    // Its id stays recorded until it is gone, whatever became of its description.
    if let Some(zone) = &found.zone_id {
        outputs.private_link.vswitches.insert(zone.clone(), found.vswitch_id.clone());
    }
    match vpc.delete_vswitch(&found.vswitch_id).await {
        Err(error) if error.kind() != Kind::Gone => return Err(error.into()),
        Ok(()) | Err(_) => {}
    }
    Err(NotDone::retry(LOOK_AGAIN, format!("vSwitch {} to be gone", found.vswitch_id)))
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
    let own = own(side, &side.vpc()?, side.outputs()).await?;
    if operation == Operation::Undo {
        let gone = own.iter().map(|found| side.planned(Some("DeleteVSwitch"), &found.vswitch_id, "it is deleted"));
        return Ok(gone.collect());
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
