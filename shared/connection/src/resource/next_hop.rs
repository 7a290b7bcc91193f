//! What joins the two sides, as routes see it.

use alicloud::vpc::NextHopType;

use crate::not_done::NotDone;
use crate::outputs::Outputs;
use crate::spec::KindSpec;
use crate::step::SideContext;

/// Where a route to the other side leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextHop {
    /// To what kind of thing.
    pub hop_type: NextHopType,
    /// To which one; `None` while it is not made yet.
    pub id: Option<String>,
}

impl NextHop {
    /// What joins the two sides, on the side that made `outputs`.
    ///
    /// # Errors
    /// When the connection's kind has no routes in VPCs of Alibaba Cloud.
    pub fn of(side: &SideContext<'_>, outputs: &Outputs) -> Result<Self, NotDone> {
        match &side.record().spec.kind {
            KindSpec::RouterInterface(_) => {
                Ok(Self { hop_type: NextHopType::RouterInterface, id: outputs.router_interface_id.clone() })
            }
            KindSpec::VpcPeering(_) => Ok(Self { hop_type: NextHopType::VpcPeer, id: outputs.peering_id.clone() }),
            KindSpec::JdcloudPeering(_) | KindSpec::PrivateLink(_) => Err(side.foreign()),
        }
    }

    /// Its id.
    ///
    /// # Errors
    /// When the record does not know it.
    pub fn existing(&self) -> Result<&str, NotDone> {
        self.id.as_deref().ok_or_else(|| {
            NotDone::failed(
                format!("this side's {} is not recorded", self.hop_type),
                "remove the connection and post it again",
            )
        })
    }
}
