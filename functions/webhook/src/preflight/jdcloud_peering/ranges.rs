//! Which ranges of the two VPCs are meant, and whether the VPCs share any. Pure.

use fn_add_route::on_jdcloud::vpc_tables::VpcTables;
use ipnet::{IpNet, Ipv4Net};
use jdcloud::vpc::{Cidr, Network};

use super::super::PreflightError;
use super::Found;

/// The ranges of a VPC: its own, or those of its subnets where it has none.
pub(super) fn of_vpc(network: &Network, view: &VpcTables) -> Vec<Ipv4Net> {
    match network.address_prefix.as_ref().and_then(block) {
        Some(whole) => vec![whole],
        None => view.subnets.iter().filter_map(|subnet| block(subnet.address_prefix.as_ref()?)).collect(),
    }
}

fn block(cidr: &Cidr) -> Option<Ipv4Net> {
    match cidr.net()? {
        IpNet::V4(net) => Some(net.trunc()),
        IpNet::V6(_) => None,
    }
}

/// The ranges of a side that the other one routes to it.
pub(super) fn of(found: &Found<'_>) -> Result<Vec<Ipv4Net>, Vec<PreflightError>> {
    let named = &found.given.cidr_blocks;
    if named.is_empty() {
        return if found.blocks.is_empty() {
            Err(vec![PreflightError::at(
                found.at("vpc_id"),
                "the VPC has neither a range nor subnets, so nothing in it can be reached; make a subnet first",
            )])
        } else {
            Ok(found.blocks.clone())
        };
    }
    let outside = named.iter().filter(|named| !found.blocks.iter().any(|block| block.contains(*named)));
    let wrong: Vec<_> = outside
        .map(|named| {
            let blocks = found.blocks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            PreflightError::at(
                found.at("cidr_blocks"),
                format!("{named} lies outside the VPC's ranges; name a range within {blocks}"),
            )
        })
        .collect();
    if wrong.is_empty() { Ok(named.clone()) } else { Err(wrong) }
}

/// The cloud peers no VPCs that share addresses, whatever is to be routed.
pub(super) fn overlaps(one: &Found<'_>, other: &Found<'_>) -> Vec<PreflightError> {
    let pairs = one.blocks.iter().flat_map(|own| other.blocks.iter().map(move |peer| (own, peer)));
    let overlapping = pairs.filter(|(own, peer)| own.contains(*peer) || peer.contains(*own));
    let errors = overlapping.map(|(own, peer)| {
        let detail =
            format!("{peer} overlaps with {own} of the {}; the cloud does not peer such VPCs; name another", one.side);
        PreflightError::at(other.at("vpc_id"), detail)
    });
    errors.collect()
}
