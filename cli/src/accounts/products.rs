//! What the account has not opened of what the deployed kinds need. Opening places an order in the account's name, so nothing is
//! opened unless whoever runs the command says so.

use alicloud::cdt::Part;
use alicloud::{Client, Kind as Failure, Region};
use connection::words::Kind;

use super::{AccountsError, progress};

/// A product that the account may have to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Product {
    PrivateLink,
    Cdt,
}

impl Product {
    const fn name(self) -> &'static str {
        match self {
            Self::PrivateLink => "PrivateLink",
            Self::Cdt => "Cloud Data Transfer (CDT)",
        }
    }

    /// What connections need it.
    const fn needed_by(self) -> (Kind, &'static str) {
        match self {
            Self::PrivateLink => (Kind::PrivateLink, "private links"),
            Self::Cdt => (Kind::VpcPeering, "peerings between regions"),
        }
    }

    async fn is_open(self, client: &Client, region: &Region) -> Result<bool, alicloud::Error> {
        match self {
            Self::PrivateLink => match client.private_link(region).check_product_open().await {
                Err(error) if error.kind() == Failure::Commercial => Ok(false),
                answer => answer,
            },
            Self::Cdt => client.cdt().is_open(Part::WithinBorder).await,
        }
    }

    async fn open(self, client: &Client, region: &Region) -> Result<(), alicloud::Error> {
        match self {
            Self::PrivateLink => client.private_link(region).open_private_link_service().await,
            Self::Cdt => client.cdt().open(Part::WithinBorder).await.map(drop),
        }
    }
}

/// Looks at what the kinds need; with `opens`, opens what is closed. Tells on stderr what is closed, and what was opened.
pub(super) async fn look(client: &Client, region: &Region, kinds: &[Kind], opens: bool) -> Result<(), AccountsError> {
    for product in [Product::PrivateLink, Product::Cdt] {
        let (kind, needed) = product.needed_by();
        if !kinds.contains(&kind) {
            continue;
        }
        let name = product.name();
        match product.is_open(client, region).await {
            Ok(true) => {}
            Ok(false) if opens => {
                let opened = product.open(client, region).await;
                opened.map_err(|source| AccountsError::Product {
                    what: format!("opening {name}"),
                    source: Box::new(source),
                })?;
                progress!("{name} is open now");
            }
            Ok(false) => {
                progress!("{name} is closed in this account: {needed} are refused until it is open; --open opens it")
            }
            Err(error) => progress!("not known whether {name} is open: {error}"),
        }
    }
    Ok(())
}
