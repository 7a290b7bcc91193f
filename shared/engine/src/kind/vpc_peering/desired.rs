//! Bandwidth and link type: what is wanted, what differs, and changing it.

use std::time::Duration;

use alicloud::vpc_peer::{LinkType, ModifyVpcPeerConnection, PeerConnection, VpcPeer};

use super::Difference;
use crate::step::SideContext;
use connection::not_done::NotDone;
use connection::spec::{self, VpcPeeringSpec};

/// What the cloud gives between regions unless told otherwise, in Mbit/s.
const USUAL_BANDWIDTH: u32 = 1024;
/// What the cloud gives between regions unless told otherwise.
const USUAL_LINK: LinkType = LinkType::Gold;

/// What a spec says of the line. Within one region there is nothing to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// In Mbit/s, if the spec says it.
    pub bandwidth: Option<u32>,
    /// If the spec says it.
    pub link_type: Option<LinkType>,
    is_between_regions: bool,
}

impl Desired {
    /// What `spec` asks for.
    #[must_use]
    pub fn of(spec: &VpcPeeringSpec) -> Self {
        let is_between_regions = spec.initiator.region_id != spec.acceptor.region_id;
        let link_type = spec.link_type.map(|link_type| match link_type {
            spec::LinkType::Platinum => LinkType::Platinum,
            spec::LinkType::Gold => LinkType::Gold,
        });
        Self {
            bandwidth: spec.bandwidth_mbps.filter(|_| is_between_regions),
            link_type: link_type.filter(|_| is_between_regions),
            is_between_regions,
        }
    }

    /// The bandwidth to change `found` to, if it has another one.
    ///
    /// What the spec leaves open is compared with what is usual, for an earlier generation may have said something. What the
    /// cloud does not show is as usual.
    #[must_use]
    pub fn other_bandwidth(&self, found: &PeerConnection) -> Option<u32> {
        let is_same = match (self.bandwidth, found.bandwidth) {
            (Some(wanted), inventory) => inventory == Some(i64::from(wanted)),
            (None, Some(inventory)) => inventory <= 0 || inventory == i64::from(USUAL_BANDWIDTH),
            (None, None) => true,
        };
        (self.is_between_regions && !is_same).then_some(self.bandwidth.unwrap_or(USUAL_BANDWIDTH))
    }

    /// The link type to change `found` to, if it has another one. Compared as [bandwidth](Self::other_bandwidth) is.
    #[must_use]
    pub fn other_link_type(&self, found: &PeerConnection) -> Option<LinkType> {
        let wanted = self.link_type.clone().unwrap_or(USUAL_LINK);
        let is_same = *found.link_type.as_ref().unwrap_or(&USUAL_LINK) == wanted;
        (self.is_between_regions && !is_same).then_some(wanted)
    }

    /// In what `found` differs.
    #[must_use]
    pub fn differences(&self, found: &PeerConnection) -> Vec<Difference> {
        let mut differences = Vec::new();
        if let Some(wanted) = self.other_bandwidth(found) {
            let actual = found.bandwidth.map(|inventory| inventory.to_string()).unwrap_or_default();
            differences.push(Difference { field: "Bandwidth", expected: wanted.to_string(), actual });
        }
        if let Some(wanted) = self.other_link_type(found) {
            let actual = found.link_type.as_ref().map(ToString::to_string).unwrap_or_default();
            differences.push(Difference { field: "LinkType", expected: wanted.to_string(), actual });
        }
        differences
    }
}

/// The call that brings `found` to what the spec wants, or `None` if it is so already.
///
/// # Errors
/// When the connection is of another kind.
pub fn change(side: &SideContext<'_>, found: &PeerConnection) -> Result<Option<ModifyVpcPeerConnection>, NotDone> {
    let desired = Desired::of(super::spec(side)?);
    let (bandwidth, link_type) = (desired.other_bandwidth(found), desired.other_link_type(found));
    if bandwidth.is_none() && link_type.is_none() {
        return Ok(None);
    }
    let client_token = side.client_token(&format!("change {}", in_words(bandwidth, link_type.as_ref())));
    let instance_id = found.instance_id.clone();
    Ok(Some(ModifyVpcPeerConnection { instance_id, bandwidth, link_type, name: None, description: None, client_token }))
}

/// What a change makes of it, such as `200 Mbit/s, Platinum`.
#[must_use]
pub fn aim(change: &ModifyVpcPeerConnection) -> String {
    in_words(change.bandwidth, change.link_type.as_ref())
}

/// Brings an active peering connection to the bandwidth and link type of the spec.
///
/// # Errors
/// A wait while it changes.
pub async fn tune(side: &SideContext<'_>, api: &VpcPeer, found: &PeerConnection) -> Result<(), NotDone> {
    let Some(change) = change(side, found)? else { return Ok(()) };
    api.modify_vpc_peer_connection(&change).await?;
    Err(NotDone::retry(Duration::from_secs(5), format!("{} to become {}", found.instance_id, aim(&change))))
}

fn in_words(bandwidth: Option<u32>, link_type: Option<&LinkType>) -> String {
    let bandwidth = bandwidth.map(|mbps| format!("{mbps} Mbit/s"));
    bandwidth.into_iter().chain(link_type.map(ToString::to_string)).collect::<Vec<_>>().join(", ")
}
