//! Whether PrivateLink is open for this account, and where it is offered.

use cloud_wire::lenient;
use serde::Deserialize;

use super::{PrivateLink, ResourceType};
use crate::call::Call;
use crate::error::{Error, Kind};
use crate::params::Params;

#[derive(Deserialize)]
struct Zones {
    #[serde(default, rename = "Zones", deserialize_with = "lenient::wrapped")]
    zones: Vec<Zone>,
}

#[derive(Deserialize)]
struct Zone {
    #[serde(rename = "ZoneId")]
    zone_id: String,
}

#[derive(Deserialize)]
struct Open {
    #[serde(rename = "Success")]
    success: Option<bool>,
}

impl PrivateLink {
    /// Whether this account has opened PrivateLink, as far as the cloud says: it is documented to say yes or to refuse.
    ///
    /// # Errors
    /// As any call that reads. An account that has not opened it may be told so as `Commercial`.
    pub async fn check_product_open(&self) -> Result<bool, Error> {
        let answer: Open = self.0.call(Call::CheckProductOpen, Params::new()).await?;
        Ok(answer.success.unwrap_or(true))
    }

    /// Opens PrivateLink for this account. One that has it open already is left as it is.
    ///
    /// # Errors
    /// `Commercial` or `Denied` where the account may not.
    pub async fn open_private_link_service(&self) -> Result<(), Error> {
        match self.0.done(Call::OpenPrivateLinkService, Params::new()).await {
            Err(error) if error.kind() == Kind::AlreadyThere => Ok(()),
            answer => answer,
        }
    }

    /// The zones of the region in which services of this kind are offered.
    ///
    /// # Errors
    /// `Refused` where the region does not have PrivateLink.
    pub async fn describe_zones(&self, resource_type: &ResourceType) -> Result<Vec<String>, Error> {
        let params = Params::new().with("ServiceResourceType", resource_type);
        let answer: Zones = self.0.call(Call::DescribeZones, params).await?;
        Ok(answer.zones.into_iter().map(|zone| zone.zone_id).collect())
    }
}
