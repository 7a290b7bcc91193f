//! The vSwitches that are made for the endpoint where the spec names none.
//!
//! They carry the connection's mark in their descriptions, and are made and removed one at a time, as the cloud wants it
//! within a VPC.

use alicloud::Kind;
use alicloud::vpc::{CreateVSwitch, DescribeVSwitches, NetworkStatus, VSwitch, Vpc};
use connection::halt::Halt;
use connection::made::Made;
use connection::plan::{Direction, Planned};
use connection::resource::private_link::{Findings, spec};
use connection::shown::{Look, Shown};
use connection::spec::EndpointZone;
use connection::step::{Finding, FindingKind, SideContext};
use ipnet::IpNet;

/// How soon to look again at a vSwitch that is being made or removed.
const LOOK_AGAIN: u64 = 2;

/// Every vSwitch of the VPC that was made for the connection.
async fn own(side: &SideContext<'_>, vpc: &Vpc, made: &Made) -> Result<Vec<VSwitch>, Halt> {
    let of_vpc = DescribeVSwitches { vpc_id: Some(side.place().vpc_id.to_string()), ..DescribeVSwitches::default() };
    let listed = vpc.describe_vswitches(&of_vpc).await?;
    let mark = side.mark();
    let recorded = |id: &String| made.private_link.vswitches.values().any(|known| known == id);
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
pub async fn make(side: &SideContext<'_>, made: &mut Made) -> Result<(), Halt> {
    let zones: Vec<&EndpointZone> =
        spec(side)?.consumer.zones.iter().filter(|zone| zone.vswitch_id.is_none()).collect();
    if zones.is_empty() {
        return Ok(());
    }
    let vpc = side.vpc()?;
    let own = own(side, &vpc, made).await?;
    for zone in zones {
        let Some(block) = zone.cidr_block else { continue };
        let id = &zone.zone_id;
        let Some(found) = in_zone(&own, zone) else {
            made.private_link.vswitches.remove(id.as_str());
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
            made.private_link.vswitches.insert(id.to_string(), vswitch);
            return Err(Halt::wait(LOOK_AGAIN, why));
        };
        made.private_link.vswitches.insert(id.to_string(), found.vswitch_id.clone());
        if found.status != NetworkStatus::Available {
            let why = format!("vSwitch {} in {id} to be Available (was {})", found.vswitch_id, found.status);
            return Err(Halt::wait(LOOK_AGAIN, why));
        }
    }
    Ok(())
}

/// Removes those in zones that the endpoint is no longer in, now that it is out of them.
///
/// # Errors
/// A wait until they are gone.
pub async fn remove_unwanted(side: &SideContext<'_>, made: &mut Made) -> Result<(), Halt> {
    let consumer = &spec(side)?.consumer;
    if made.private_link.vswitches.is_empty() {
        return Ok(());
    }
    let vpc = side.vpc()?;
    let is_wanted = |found: &VSwitch| {
        let zone = found.zone_id.as_deref().and_then(|zone| consumer.zone(zone));
        zone.is_some_and(|zone| zone.vswitch_id.is_none())
    };
    let gone: Vec<_> = own(side, &vpc, made).await?.into_iter().filter(|found| !is_wanted(found)).collect();
    made.private_link.vswitches.retain(|zone, _| consumer.zone(zone).is_some_and(|zone| zone.vswitch_id.is_none()));
    remove(&vpc, &gone, made).await
}

/// Removes all of them.
///
/// # Errors
/// A wait until they are gone.
pub async fn remove_all(side: &SideContext<'_>, made: &mut Made) -> Result<(), Halt> {
    let vpc = side.vpc()?;
    let own = own(side, &vpc, made).await?;
    remove(&vpc, &own, made).await?;
    made.private_link.vswitches.clear();
    Ok(())
}

async fn remove(vpc: &Vpc, gone: &[VSwitch], made: &mut Made) -> Result<(), Halt> {
    let Some(found) = gone.first() else { return Ok(()) };
    // Its id stays recorded until it is gone, whatever became of its description.
    if let Some(zone) = &found.zone_id {
        made.private_link.vswitches.insert(zone.clone(), found.vswitch_id.clone());
    }
    match vpc.delete_vswitch(&found.vswitch_id).await {
        Err(error) if error.kind() != Kind::Gone => return Err(error.into()),
        Ok(()) | Err(_) => {}
    }
    Err(Halt::wait(LOOK_AGAIN, format!("vSwitch {} to be gone", found.vswitch_id)))
}

/// What they are compared with.
#[must_use]
pub fn looks_at(side: &SideContext<'_>) -> Option<Look> {
    (!side.made().private_link.vswitches.is_empty()).then_some(Look::VSwitches)
}

/// Those that are gone.
#[must_use]
pub fn observe(side: &SideContext<'_>, shown: &Shown) -> Vec<Finding> {
    let Some(there) = side.view(shown).vswitches(side.place().vpc_id.as_str()) else { return Vec::new() };
    let mut findings = Findings::of(side.side());
    for id in side.made().private_link.vswitches.values() {
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
pub async fn plan(side: &SideContext<'_>, direction: Direction) -> Result<Vec<Planned>, Halt> {
    let own = own(side, &side.vpc()?, side.made()).await?;
    if direction == Direction::Undo {
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
