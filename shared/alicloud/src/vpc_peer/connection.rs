//! A peering connection as the cloud shows it.

use cloud_wire::{lenient, words};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::vpc::{BusinessStatus, Cidr};

words! {
    /// Where a peering connection is in its life.
    PeerStatus {
        /// Being made.
        Creating = "Creating",
        /// Waits for the other account to accept, for seven days.
        Accepting = "Accepting",
        /// Being changed, or on its way to Activated after it was accepted.
        Updating = "Updating",
        /// Traffic flows where routes lead to it.
        Activated = "Activated",
        /// The other account said no.
        Rejected = "Rejected",
        /// Nobody answered for seven days.
        Expired = "Expired",
        /// Going.
        Deleting = "Deleting",
        /// Gone.
        Deleted = "Deleted",
    }
}

impl PeerStatus {
    /// Whether it stays so until somebody calls, or the seven days are over. A status this version does not know counts as
    /// unsettled.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(self, Self::Accepting | Self::Activated | Self::Rejected | Self::Expired | Self::Deleted)
    }
}

words! {
    /// The quality of the line between two regions.
    LinkType {
        /// The default.
        Gold = "Gold",
        /// The better one.
        Platinum = "Platinum",
    }
}

/// One VPC of the two.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct PeerVpc {
    /// `vpc-…`
    pub vpc_id: Option<String>,
    /// All its IPv4 ranges, whichever account asks.
    #[serde(deserialize_with = "lenient::wrapped")]
    pub ipv4_cidrs: Vec<Cidr>,
}

/// A peering connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PeerConnection {
    /// `pcc-…`; the same on both sides, and the next hop of the routes of both.
    pub instance_id: String,
    /// Where it is in its life.
    pub status: PeerStatus,
    /// Whether it is locked.
    #[serde(rename = "BizStatus")]
    pub business_status: Option<BusinessStatus>,
    /// Its name.
    pub name: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// The region that asked.
    pub region_id: Option<String>,
    /// The account that asked.
    pub owner_id: Option<String>,
    /// The VPC that asked.
    #[serde(default)]
    pub vpc: Option<PeerVpc>,
    /// The account that was asked.
    pub accepting_owner_uid: Option<String>,
    /// The VPC that was asked.
    #[serde(default)]
    pub accepting_vpc: Option<PeerVpc>,
    /// In Mbit/s; -1 is unlimited, as it is within one region.
    pub bandwidth: Option<i64>,
    /// The quality of the line; between regions only.
    pub link_type: Option<LinkType>,
    /// When it was made.
    #[serde(rename = "GmtCreate")]
    pub created: Option<Timestamp>,
    /// When it was changed last.
    #[serde(rename = "GmtModified")]
    pub modified: Option<Timestamp>,
    /// Until when it waits to be accepted, or waited. Only of one that is Accepting or Expired.
    #[serde(rename = "GmtExpired")]
    pub expires: Option<Timestamp>,
}

impl PeerConnection {
    /// Whether it joins these two VPCs, whichever of them asked.
    #[must_use]
    pub fn joins(&self, one: &str, other: &str) -> bool {
        let id = |vpc: &Option<PeerVpc>| vpc.as_ref().and_then(|vpc| vpc.vpc_id.clone());
        let (asking, asked) = (id(&self.vpc), id(&self.accepting_vpc));
        let is = |from: &str, to: &str| asking.as_deref() == Some(from) && asked.as_deref() == Some(to);
        is(one, other) || is(other, one)
    }
}
