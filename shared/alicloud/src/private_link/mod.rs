//! PrivateLink (2020-04-15): endpoint services, endpoints, and the connections between them, in one region.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `service` | an endpoint service as the cloud shows it: what it offers and to whom |
//! | `service_calls` | the provider's calls on services, their resources and their whitelist |
//! | `endpoint` | an endpoint as the cloud shows it, its zones and security groups |
//! | `endpoint_calls` | the consumer's calls on endpoints |
//! | `connection` | a connection between the two as the provider sees it: listing, accepting, cutting |
//! | `product` | whether PrivateLink is open, and where it is offered |
//!
//! Many writes must not run at the same time within one main account: the cloud refuses the second as `Busy`. What can be
//! tried dry has a `dry_run_` twin: `Ok(())` means that the call itself would pass now.

mod connection;
mod endpoint;
mod endpoint_calls;
mod product;
mod service;
mod service_calls;

pub use connection::{
    ConnectionStatus, ConnectionZone, EnableVpcEndpointConnection, EndpointConnection, ListVpcEndpointConnections,
    TrafficControlMode, ZoneStatus,
};
pub use endpoint::{AttachedGroup, AttachmentStatus, Endpoint, EndpointStatus, EndpointZone};
pub use endpoint_calls::{
    AddZoneToVpcEndpoint, CreateVpcEndpoint, CreatedEndpoint, ListVpcEndpoints, NewZone, ServiceRef,
    UpdateVpcEndpointAttribute,
};
pub use service::{EndpointService, OfferedService, Payer, ResourceType, ServiceResource, ServiceStatus, ServiceUser};
pub use service_calls::{
    CreateVpcEndpointService, CreatedService, ListVpcEndpointServices, NewResource, UpdateVpcEndpointServiceAttribute,
};

use cloud_wire::lenient;
use serde::Deserialize;

use crate::client::Client;
use crate::names::Region;
use crate::regional::Regional;

/// The largest page that every listing gives.
const PAGE: u32 = 50;

/// PrivateLink in one region, called with the credentials of a [`Client`].
#[derive(Debug, Clone)]
pub struct PrivateLink(Regional);

/// A page of any listing; each call names its list differently.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: serde::de::DeserializeOwned"), rename_all = "PascalCase")]
struct Page<T> {
    #[serde(
        default,
        alias = "Services",
        alias = "Resources",
        alias = "Connections",
        alias = "Endpoints",
        alias = "Zones",
        alias = "SecurityGroups",
        deserialize_with = "lenient::wrapped"
    )]
    rows: Vec<T>,
    next_token: Option<String>,
}

impl<T> Page<T> {
    fn open(self) -> (Vec<T>, Option<String>) {
        (self.rows, self.next_token)
    }
}

/// The two ways to read the listing of what belongs to one thing, known by its id.
macro_rules! listings {
    ($($what:literal: $all:ident, $page:ident = $call:ident by $of:ident, each a $row:ident of $answer:ident;)+) => {
        impl PrivateLink {$(
            #[doc = concat!($what, ", all pages.")]
            ///
            /// # Errors
            /// `Gone` when there is no such thing; `Malformed` when the listing repeats itself or does not end.
            pub async fn $all(&self, id: &str) -> Result<Vec<$row>, Error> {
                self.0.all_by_token(Call::$call, || $of(id).with("MaxResults", PAGE), $answer::open).await
            }

            #[doc = concat!($what, ": one page, and the token of the next one.")]
            ///
            /// # Errors
            /// `Gone` when there is no such thing.
            pub async fn $page(&self, id: &str, token: Option<&str>) -> Result<(Vec<$row>, Option<String>), Error> {
                self.0.page_by_token(Call::$call, $of(id).with("MaxResults", PAGE), token, $answer::open).await
            }
        )+}
    };
}
use listings;

impl PrivateLink {
    pub(crate) const fn new(client: Client, region: Region) -> Self {
        Self(Regional::new(client, region))
    }

    /// The region these calls go to.
    #[must_use]
    pub const fn region(&self) -> &Region {
        self.0.region()
    }
}

#[cfg(test)]
mod tests;
