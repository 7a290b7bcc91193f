//! Cloud Data Transfer (CDT 2021-08-13): whether an account can be billed for traffic between regions. One service for all
//! regions.
//!
//! Answers are those of docs/reference/deploy-apis.md, section 3.1.

use serde::Deserialize;

use crate::call::Call;
use crate::client::Client;
use crate::error::{Error, Kind};
use crate::params::Params;

/// A part of CDT. Each is opened by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Traffic between regions on one side of the border of mainland China.
    WithinBorder,
    /// Traffic across that border.
    CrossBorder,
}

impl Part {
    /// The call that opens this part.
    #[must_use]
    pub const fn opened_by(self) -> Call {
        match self {
            Self::WithinBorder => Call::OpenCdtService,
            Self::CrossBorder => Call::OpenCdtCbService,
        }
    }

    const fn shown_by(self) -> Call {
        match self {
            Self::WithinBorder => Call::GetCdtServiceStatus,
            Self::CrossBorder => Call::GetCdtCbServiceStatus,
        }
    }
}

/// CDT, called with the credentials of a [`Client`].
#[derive(Debug, Clone)]
pub struct Cdt {
    client: Client,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Status {
    enabled: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Order {
    order_id: Option<String>,
}

impl Cdt {
    pub(crate) const fn new(client: Client) -> Self {
        Self { client }
    }

    /// Whether this account has opened a part.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn is_open(&self, part: Part) -> Result<bool, Error> {
        let status: Status = self.client.rpc(part.shown_by(), None, Params::new()).await?;
        Ok(status.enabled)
    }

    /// Opens a part for this account and returns the order's id. That places an order in the account's name. `None` where the
    /// part was open already, or the cloud names no order.
    ///
    /// # Errors
    /// `Commercial` or `Denied` where the account may not.
    pub async fn open(&self, part: Part) -> Result<Option<String>, Error> {
        match self.client.rpc::<Order>(part.opened_by(), None, Params::new()).await {
            Ok(order) => Ok(order.order_id),
            Err(error) if error.kind() == Kind::AlreadyThere => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
