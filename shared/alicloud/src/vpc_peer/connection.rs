//! A peering connection as the cloud shows it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::lenient;
use crate::vpc::{BusinessStatus, Cidr};
use crate::words::words;

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
    #[serde(deserialize_with = "lenient::text")]
    pub vpc_id: Option<String>,
    /// All its IPv4 ranges, whichever account asks.
    #[serde(deserialize_with = "lenient::wrapped")]
    pub ipv4_cidrs: Vec<Cidr>,
    /// All its IPv6 ranges, whichever account asks.
    #[serde(deserialize_with = "lenient::wrapped")]
    pub ipv6_cidrs: Vec<Cidr>,
}

/// A peering connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PeerConnection {
    /// `pcc-…`; the same on both sides, and the next hop of the routes of both.
    #[serde(deserialize_with = "lenient::required")]
    pub instance_id: String,
    /// Where it is in its life.
    pub status: PeerStatus,
    /// Whether it is locked.
    #[serde(default, rename = "BizStatus", deserialize_with = "lenient::word")]
    pub business_status: Option<BusinessStatus>,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: Option<String>,
    /// Its description.
    #[serde(default, deserialize_with = "lenient::text")]
    pub description: Option<String>,
    /// The region that asked.
    #[serde(default, deserialize_with = "lenient::text")]
    pub region_id: Option<String>,
    /// The account that asked.
    #[serde(default, deserialize_with = "lenient::text")]
    pub owner_id: Option<String>,
    /// The VPC that asked.
    #[serde(default)]
    pub vpc: Option<PeerVpc>,
    /// The region that was asked.
    #[serde(default, deserialize_with = "lenient::text")]
    pub accepting_region_id: Option<String>,
    /// The account that was asked.
    #[serde(default, deserialize_with = "lenient::text")]
    pub accepting_owner_uid: Option<String>,
    /// The VPC that was asked.
    #[serde(default)]
    pub accepting_vpc: Option<PeerVpc>,
    /// In Mbit/s; -1 is unlimited, as it is within one region.
    #[serde(default, deserialize_with = "lenient::parsed")]
    pub bandwidth: Option<i64>,
    /// The quality of the line; between regions only.
    #[serde(default, deserialize_with = "lenient::word")]
    pub link_type: Option<LinkType>,
    /// When it was made.
    #[serde(default, rename = "GmtCreate", deserialize_with = "lenient::time")]
    pub created: Option<Timestamp>,
    /// When it was changed last.
    #[serde(default, rename = "GmtModified", deserialize_with = "lenient::time")]
    pub modified: Option<Timestamp>,
    /// Until when it waits to be accepted, or waited. Only of one that is Accepting or Expired.
    #[serde(default, rename = "GmtExpired", deserialize_with = "lenient::time")]
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
