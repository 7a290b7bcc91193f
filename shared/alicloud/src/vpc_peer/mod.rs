//! VPC peering connections (VpcPeer 2022-01-01). One address serves all regions.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `connection` | a peering connection as the cloud shows it, its states |
//! | `calls` | the calls that make, answer, list, change and delete them |
//!
//! What can be tried dry has a `dry_run_` twin: `Ok(())` means that the call itself would pass now.

mod calls;
mod connection;

pub use calls::{CreateVpcPeerConnection, DeleteVpcPeerConnection, ListVpcPeerConnections, ModifyVpcPeerConnection};
pub use connection::{LinkType, PeerConnection, PeerStatus, PeerVpc};

use crate::client::Client;
use crate::names::Region;
use crate::regional::Regional;

/// Peering connections as one region sees them, called with the credentials of a [`Client`].
#[derive(Debug, Clone)]
pub struct VpcPeer(Regional);

impl VpcPeer {
    pub(crate) const fn new(client: Client, region: Region) -> Self {
        Self(Regional::new(client, region))
    }

    /// The region that requests are made from and listings are about.
    #[must_use]
    pub const fn region(&self) -> &Region {
        self.0.region()
    }
}

#[cfg(test)]
mod tests;
