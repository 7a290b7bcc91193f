//! Typed calls of JD Cloud's virtual private clouds, over the one [`transport::Transport`].
//!
//! A [`Client`] signs with the key of one account and hands out [`vpc::Vpc`] by region. Every call sends one request, never
//! waits and never retries; an [`Error`] says by its [`Kind`] what the caller can do next.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`vpc`] | VPCs, subnets, route tables, peerings, security groups, quotas |
//! | `error` | [`Error`], [`Kind`], and the one table of the cloud's codes |
//! | `client`, `endpoint` | signing and sending; where the product is reached |
//! | `call` | every call as an enum |
//! | `request`, `answer` | a request's path, query and body; the envelope that answers come in |
//! | `region` | [`Region`]: checked when made |
//!
//! A peering has two halves, each made by the owner of one VPC with its own key; the second one is the consent. This is one
//! half of it:
//!
//! ```
//! use jdcloud::vpc::{CreateVpcPeering, PeeringState};
//! use jdcloud::{Client, Credentials, Endpoints, Kind};
//!
//! # async fn example(io: transport::Io) -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(io, Endpoints::public(), Credentials::new("id", "secret"));
//! let vpc = client.vpc(&"cn-north-1".parse()?);
//!
//! let half = CreateVpcPeering {
//!     name: "a_to_b".to_owned(),
//!     vpc_id: "vpc-aaaaaaaaaa".to_owned(),
//!     remote_vpc_id: "vpc-bbbbbbbbbb".to_owned(),
//!     description: None,
//! };
//! match vpc.create_vpc_peering(&half).await {
//!     Ok(made) if made.state == PeeringState::Connected => println!("both halves are there"),
//!     Ok(made) => println!("made {}, now the other half", made.vpc_peering_id),
//!     Err(error) if error.kind() == Kind::Throttled => println!("later"),
//!     Err(error) => println!("{error}. {}", error.advice()),
//! }
//! # Ok(())
//! # }
//! ```

mod answer;
mod call;
mod client;
mod endpoint;
mod error;
mod region;
mod request;
#[cfg(test)]
mod scripted;
pub mod vpc;

pub use call::{Call, Effect};
pub use client::Client;
pub use cloud_signing::Credentials;
pub use cloud_signing::jdcloud::Variant;
pub use endpoint::{BadEndpoint, Endpoints};
pub use error::{Error, Kind};
pub use region::{BadRegion, Region};
