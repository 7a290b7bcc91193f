//! CreateVpcPeerConnection.

use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::regions::Region;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::peering::{End, Link, Peering, Span, Status, line, text};
use super::refusal;
use crate::cdt::Part;
use crate::vpc::{BusinessStatus, Place, World};

/// Mbit/s between regions when nothing is asked for, and the most that can be.
const USUAL_BANDWIDTH: u32 = 1024;

pub(super) fn create(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let params = &request.params;
    let (requester, accepter) = read_ends(request)?;
    let span = Span::between(&requester.region, &accepter.region);
    let (bandwidth, link) = line(params, span)?;
    let (name, description) = (text(params, "Name", 128)?, text(params, "Description", 256)?);
    check_ends(world, &requester, &accepter)?;
    check_accounts(world, &requester, &accepter, span)?;
    check_others(world, &requester, &accepter, span)?;
    refuse_if!(params.flag("DryRun")?, RpcError::dry_run_passed());
    let is_line = span != Span::Region;
    let peering = Peering {
        id: world.shared.ids.resource("pcc"),
        name: name.unwrap_or_default(),
        description: description.unwrap_or_default(),
        status: Status::Creating,
        business: BusinessStatus::Normal,
        requester,
        accepter,
        bandwidth: is_line.then(|| bandwidth.unwrap_or(USUAL_BANDWIDTH)),
        link: is_line.then(|| link.unwrap_or(Link::Gold)),
        created: world.now,
        modified: world.now,
        waiting: world.begin(Wait::PeeringCreate),
    };
    let answer = json!({ "InstanceId": peering.id });
    world.peerings.all.insert(peering.id.clone(), peering);
    Ok(answer)
}

fn read_ends(request: &RpcRequest) -> Result<(End, End), RpcError> {
    let params: &Params = &request.params;
    let requester = End {
        account: request.account().to_owned(),
        region: request.region.clone(),
        vpc_id: params.required("VpcId")?.to_owned(),
    };
    let account = params.required("AcceptingAliUid")?;
    if !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refusal::illegal("AcceptingAliUid", "it must be an account id"));
    }
    let region = params.required("AcceptingRegionId")?;
    let region = Region::find(region).ok_or_else(|| refusal::unknown_region(region))?;
    let accepter = End {
        account: account.to_owned(),
        region: region.id.to_owned(),
        vpc_id: params.required("AcceptingVpcId")?.to_owned(),
    };
    Ok((requester, accepter))
}

/// Both VPCs are there and ready. With which code an absent one is refused is not confirmed.
fn check_ends(world: &World, requester: &End, accepter: &End) -> Result<(), RpcError> {
    let ready = |end: &End| world.is_network_available(&Place::new(&end.account, &end.region), &end.vpc_id);
    match ready(requester) {
        None => return Err(refusal::illegal("VpcId", "there is no such VPC")),
        Some(false) => return Err(refusal::vpc_not_ready()),
        Some(true) => {}
    }
    if requester.vpc_id == accepter.vpc_id {
        return Err(refusal::illegal("AcceptingVpcId", "a VPC cannot be joined with itself"));
    }
    match ready(accepter) {
        None => Err(refusal::illegal("AcceptingVpcId", "there is no such VPC of that account in that region")),
        Some(false) => Err(refusal::accepting_vpc_not_ready()),
        Some(true) => Ok(()),
    }
}

/// Both accounts pay their bills, and can be billed.
fn check_accounts(world: &World, requester: &End, accepter: &End, span: Span) -> Result<(), RpcError> {
    let owes = |account: &str| {
        let rows = world.peerings.all.rows.iter().map(|(_, peering)| peering);
        let mut own = rows.filter(|peering| peering.ends().iter().any(|end| end.account == account));
        own.any(|peering| peering.business == BusinessStatus::FinancialLocked)
    };
    let is_international = |end: &End| world.peerings.international.contains(&end.account);
    refuse_if!(is_international(requester) != is_international(accepter), refusal::other_site());
    refuse_if!(owes(&requester.account), refusal::locked());
    refuse_if!(owes(&accepter.account), refusal::accepter_locked());
    if let Some(lacking) = cdt_lacking(world, &requester.account, span) {
        return Err(refusal::own_cdt(lacking));
    }
    match cdt_lacking(world, &accepter.account, span) {
        Some(lacking) => Err(refusal::cdt_of_accepter(lacking)),
        None => Ok(()),
    }
}

/// What an account's CDT lacks for a connection. Whether a line across the border needs both parts is not confirmed.
pub(super) fn cdt_lacking(world: &World, account: &str, span: Span) -> Option<Part> {
    let needed: &[Part] = match span {
        Span::Region => &[],
        Span::Regions => &[Part::WithinBorder],
        Span::Border => &[Part::WithinBorder, Part::CrossBorder],
    };
    let state = world.cdt.of(account);
    needed.iter().copied().find(|part| !state.has(*part))
}

/// Nothing else joins the two, and there is room for one more.
fn check_others(world: &World, requester: &End, accepter: &End, span: Span) -> Result<(), RpcError> {
    let joins = |peering: &&Peering| peering.ends().iter().any(|end| end.vpc_id == accepter.vpc_id);
    if let Some(existing) = world.peerings.living_of(&requester.vpc_id).find(joins) {
        return Err(refusal::exists(&existing.id));
    }
    refuse_if!(world.has_pair_between(&requester.vpc_id, &accepter.vpc_id), refusal::joined_by_interfaces());
    let settings = world.peerings.settings;
    for end in [requester, accepter] {
        if world.peerings.living_of(&end.vpc_id).any(|peering| peering.status == Status::Creating) {
            return Err(refusal::being_made());
        }
        let is_local = span == Span::Region;
        let alike = |peering: &&Peering| (peering.span() == Span::Region) == is_local;
        let count = world.peerings.living_of(&end.vpc_id).filter(alike).count();
        refuse_if!(is_local && count >= settings.per_vpc_in_region, refusal::too_many_in_region());
        refuse_if!(!is_local && count >= settings.per_vpc_across_regions, refusal::too_many_across());
    }
    let rows = world.peerings.all.rows.iter().map(|(_, peering)| peering);
    let own = |peering: &&Peering| {
        peering.requester.account == requester.account
            && peering.requester.region == requester.region
            && !matches!(peering.status, Status::Rejected | Status::Expired)
    };
    refuse_if!(rows.filter(own).count() >= settings.per_account_and_region, refusal::too_many_of_account());
    Ok(())
}
