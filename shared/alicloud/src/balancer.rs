//! Network load balancers (NLB 2022-04-30) and application load balancers (ALB 2020-06-16): what an endpoint service has to
//! know of one before it can stand behind it. Nothing is made or changed.
//!
//! The two products show the same facts in the same shape, so one type serves both.

use cloud_wire::{lenient, words};
use serde::Deserialize;

use crate::call::Call;
use crate::client::Client;
use crate::error::{Error, Kind};
use crate::names::Region;
use crate::params::Params;
use crate::regional::Regional;
use crate::vpc::BusinessStatus;

/// The largest page the cloud gives.
const PAGE: u32 = 100;

words! {
    /// Whether a load balancer works.
    BalancerStatus {
        /// It was switched off.
        Inactive = "Inactive",
        /// It does.
        Active = "Active",
        /// Being made.
        Provisioning = "Provisioning",
        /// Being changed.
        Configuring = "Configuring",
        /// Could not be made.
        CreateFailed = "CreateFailed",
        /// Going.
        Deleting = "Deleting",
        /// Gone.
        Deleted = "Deleted",
    }
}

words! {
    /// Where a load balancer's addresses are.
    BalancerAddressType {
        /// In the VPC.
        Intranet = "Intranet",
        /// In the internet as well.
        Internet = "Internet",
    }
}

words! {
    /// Whether a listener listens.
    BalancerListenerStatus {
        /// Being made.
        Provisioning = "Provisioning",
        /// On its way to Running.
        Starting = "Starting",
        /// It does.
        Running = "Running",
        /// Being changed.
        Configuring = "Configuring",
        /// On its way to Stopped.
        Stopping = "Stopping",
        /// It does not.
        Stopped = "Stopped",
        /// Going.
        Deleting = "Deleting",
        /// Gone.
        Deleted = "Deleted",
    }
}

/// A load balancer in one zone: an endpoint service takes one zone at a time.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BalancerZone {
    /// The zone.
    pub zone_id: String,
    /// Its vSwitch in it.
    #[serde(rename = "VSwitchId")]
    pub vswitch_id: Option<String>,
    /// Whether it serves there, in the cloud's own word.
    pub status: Option<String>,
}

/// A network or application load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Balancer {
    /// `nlb-…`, `alb-…`
    pub load_balancer_id: String,
    /// Its name.
    #[serde(rename = "LoadBalancerName")]
    pub name: Option<String>,
    /// Whether it works.
    #[serde(rename = "LoadBalancerStatus")]
    pub status: BalancerStatus,
    /// Whether it is locked. One of the two products has a spelling of its own for it.
    #[serde(rename = "LoadBalancerBusinessStatus", alias = "LoadBalancerBussinessStatus")]
    pub business_status: Option<BusinessStatus>,
    /// Where its addresses are.
    pub address_type: Option<BalancerAddressType>,
    /// Its VPC.
    pub vpc_id: Option<String>,
    /// Its zones.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub zone_mappings: Vec<BalancerZone>,
}

/// A listener of such a load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BalancerListener {
    /// `lsn-…`
    pub listener_id: String,
    /// The load balancer it belongs to.
    pub load_balancer_id: Option<String>,
    /// The port; 0 for a listener on a range of ports.
    #[serde(rename = "ListenerPort")]
    pub port: Option<u16>,
    /// `TCP`, `UDP`, `TCPSSL`, `HTTP`, `HTTPS`, `QUIC`. An endpoint does not reach `TCPSSL`.
    #[serde(rename = "ListenerProtocol")]
    pub protocol: Option<String>,
    /// Whether it listens.
    #[serde(rename = "ListenerStatus")]
    pub status: Option<BalancerListenerStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListenerPage {
    #[serde(default, deserialize_with = "lenient::wrapped")]
    listeners: Vec<BalancerListener>,
    next_token: Option<String>,
}

/// Gives a product its client value.
macro_rules! balancers {
    ($(#[$doc:meta])* $name:ident, $get:ident, $list:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(Regional);

        impl $name {
            pub(crate) const fn new(client: Client, region: Region) -> Self {
                Self(Regional::new(client, region))
            }

            /// The region these calls go to.
            #[must_use]
            pub const fn region(&self) -> &Region {
                self.0.region()
            }

            /// The load balancer with this id; `None` when this account has none such in this region.
            ///
            /// # Errors
            /// As any call that reads.
            pub async fn load_balancer(&self, id: &str) -> Result<Option<Balancer>, Error> {
                one(&self.0, Call::$get, id).await
            }

            /// The listeners of a load balancer, all pages.
            ///
            /// # Errors
            /// `Malformed` when the listing repeats itself or does not end.
            pub async fn listeners(&self, id: &str) -> Result<Vec<BalancerListener>, Error> {
                listeners(&self.0, Call::$list, id).await
            }
        }
    };
}

balancers! {
    /// Network load balancers in one region, called with the credentials of a [`Client`].
    Nlb, GetNetworkLoadBalancer, ListNetworkListeners
}

balancers! {
    /// Application load balancers in one region, called with the credentials of a [`Client`].
    Alb, GetApplicationLoadBalancer, ListApplicationListeners
}

async fn one(product: &Regional, call: Call, id: &str) -> Result<Option<Balancer>, Error> {
    match product.call(call, Params::new().with("LoadBalancerId", id)).await {
        Ok(balancer) => Ok(Some(balancer)),
        Err(error) if error.kind() == Kind::Gone => Ok(None),
        Err(error) => Err(error),
    }
}

async fn listeners(product: &Regional, call: Call, id: &str) -> Result<Vec<BalancerListener>, Error> {
    let params = || Params::new().list("LoadBalancerIds", [id]).with("MaxResults", PAGE);
    product.all_by_token(call, params, |page: ListenerPage| (page.listeners, page.next_token)).await
}

#[cfg(test)]
mod tests;
