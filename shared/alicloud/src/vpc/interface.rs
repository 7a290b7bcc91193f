//! A router interface as the cloud shows it.

use cloud_wire::words;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Spec;

words! {
    /// Which end of a pair a router interface is.
    Role {
        /// The end that connects, and that has the bandwidth.
        Initiating = "InitiatingSide",
        /// The end that is connected to.
        Accepting = "AcceptingSide",
    }
}

words! {
    /// What a router interface sits on.
    RouterType {
        /// The router of a VPC.
        VRouter = "VRouter",
        /// The border router of a physical circuit.
        Vbr = "VBR",
    }
}

words! {
    /// Where a router interface is in its life. [`Deleted`](Self::Deleted) is only ever seen of the opposite side.
    InterfaceStatus {
        /// Made, not connected.
        Idle = "Idle",
        /// The other side is connecting to it.
        AcceptingConnecting = "AcceptingConnecting",
        /// Connecting to the other side.
        Connecting = "Connecting",
        /// On its way to Active from Inactive, or while its spec changes.
        Activating = "Activating",
        /// Traffic flows.
        Active = "Active",
        /// Its spec is being changed.
        Modifying = "Modifying",
        /// On its way to Inactive.
        Deactivating = "Deactivating",
        /// Connected once, and off.
        Inactive = "Inactive",
        /// Going.
        Deleting = "Deleting",
        /// Gone.
        Deleted = "Deleted",
    }
}

impl InterfaceStatus {
    /// Whether it stays so until somebody calls. A status this version does not know counts as unsettled.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(self, Self::Idle | Self::Active | Self::Inactive | Self::Deleted)
    }
}

words! {
    /// Whether something is locked. Independent of its status.
    BusinessStatus {
        /// Not locked.
        Normal = "Normal",
        /// Locked for debt: no activating, deactivating, resizing or creating.
        FinancialLocked = "FinancialLocked",
        /// Locked by the cloud's security team.
        SecurityLocked = "SecurityLocked",
    }
}

words! {
    /// How it is paid for.
    ChargeType {
        /// By use.
        PostPaid = "AfterPay" | "PostPaid",
        /// In advance.
        PrePaid = "PrePaid",
    }
}

/// The four facts about the other side that each side needs before the pair can be connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// `ri-…` of the other side.
    pub interface_id: String,
    /// `vrt-…` or `vbr-…` of the other side.
    pub router_id: String,
    /// What kind of router that is.
    pub router_type: RouterType,
    /// The main account that owns it.
    pub owner_id: String,
}

/// A router interface. Fields of the other side are absent until its peer information is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RouterInterface {
    /// `ri-…`
    pub router_interface_id: String,
    /// `vrt-…` or `vbr-…`
    pub router_id: Option<String>,
    /// What it sits on.
    pub router_type: Option<RouterType>,
    /// Which end it is.
    pub role: Option<Role>,
    /// Its bandwidth class.
    pub spec: Option<Spec>,
    /// Its bandwidth in Mbit/s.
    pub bandwidth: Option<i64>,
    /// Where it is in its life.
    pub status: InterfaceStatus,
    /// Whether it is locked.
    pub business_status: Option<BusinessStatus>,
    /// How it is paid for.
    pub charge_type: Option<ChargeType>,
    /// The name somebody gave it.
    pub name: Option<String>,
    /// The description somebody gave it.
    pub description: Option<String>,
    /// When it was made.
    pub creation_time: Option<Timestamp>,
    /// Whether the pair crosses the border of mainland China.
    pub cross_border: Option<bool>,
    /// Whether an order waits to take effect.
    pub has_reservation_data: Option<bool>,
    /// `ri-…` of the other side.
    pub opposite_interface_id: Option<String>,
    /// The account that owns the other side.
    pub opposite_interface_owner_id: Option<String>,
    /// The other side's status.
    pub opposite_interface_status: Option<InterfaceStatus>,
    /// Whether the other side is locked.
    pub opposite_interface_business_status: Option<BusinessStatus>,
    /// The other side's region.
    pub opposite_region_id: Option<String>,
    /// The other side's router.
    pub opposite_router_id: Option<String>,
    /// What the other side sits on.
    pub opposite_router_type: Option<RouterType>,
}

impl BusinessStatus {
    /// Whether it stands in the way of changes. A word this version does not know counts as locked.
    #[must_use]
    pub const fn is_locked(&self) -> bool {
        !matches!(self, Self::Normal)
    }
}

impl RouterInterface {
    /// Whether this side or the other one is locked, for debt mostly: then it can be read, and nothing else.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        let sides = [&self.business_status, &self.opposite_interface_business_status];
        sides.into_iter().flatten().any(BusinessStatus::is_locked)
    }

    /// The peer information, if all four facts are set.
    #[must_use]
    pub fn peer(&self) -> Option<Peer> {
        Some(Peer {
            interface_id: self.opposite_interface_id.clone()?,
            router_id: self.opposite_router_id.clone()?,
            router_type: self.opposite_router_type.clone()?,
            owner_id: self.opposite_interface_owner_id.clone()?,
        })
    }
}
