//! What joins the two sides, as routes see it.

use alicloud::vpc::NextHopType;

use crate::not_done::NotDone;

/// Where a route to the other side leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextHop {
    /// To what kind of thing.
    pub hop_type: NextHopType,
    /// To which one; `None` while it is not made yet.
    pub id: Option<String>,
}

impl NextHop {
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
