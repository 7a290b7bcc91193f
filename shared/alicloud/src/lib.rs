//! Typed calls of the Alibaba Cloud products that Causeway uses, over the one [`transport::Transport`].
//!
//! A [`Client`] signs with the credentials of one account and hands out products by region: [`vpc`] for router interfaces,
//! VPCs and routes, [`vpc_peer`] for peering, [`ecs`] for security groups and commands on servers, [`private_link`], [`slb`] and [`balancer`] for services behind load balancers, [`cdt`] for what bills traffic between regions, [`mns`] for message
//! queues, [`sts`] for the credentials of other accounts' roles. Every call sends one
//! request, never waits and never retries; an [`Error`] says by its [`Kind`] what the caller can do next.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`vpc`] | VPC 2016-04-28: router interfaces, VPCs, vSwitches, route tables, routes |
//! | [`vpc_peer`] | VpcPeer 2022-01-01: peering connections |
//! | [`ecs`] | ECS 2014-05-26: security groups, servers, commands on them |
//! | [`private_link`] | PrivateLink 2020-04-15: endpoint services, endpoints, and the connections between them |
//! | [`slb`] | SLB 2014-05-15: classic load balancers |
//! | [`balancer`] | NLB 2022-04-30 and ALB 2020-06-16: what an endpoint service has to know of them |
//! | [`cdt`] | CDT 2021-08-13: whether traffic between regions can be billed |
//! | [`mns`] | message queues, XML over HTTP |
//! | [`sts`] | AssumeRole; [`Client::assume`] caches what it gives |
//! | `error` | [`Error`], [`Kind`], and the one table of the cloud's codes |
//! | `client`, `endpoint`, `credentials` | signing and sending; where a product is reached; who signs |
//! | `regional`, `paging` | what all regional products share; following pages to their end, and no further |
//! | `call` | every call as an enum |
//! | `names` | [`Region`], [`AccountId`], [`ClientToken`]: checked when made |
//! | [`wire`] | sending, writing parameters, reading error answers: for clients of other products too |
//!
//! ```
//! use std::sync::Arc;
//!
//! use alicloud::sts::{AssumeRole, RoleArn};
//! use alicloud::vpc::{CreateRouterInterface, Role, RouterType, Spec};
//! use alicloud::{Client, Credentials, Endpoints, Kind};
//!
//! # async fn example(io: transport::Io) -> Result<(), Box<dyn std::error::Error>> {
//! let own = Client::new(io, Endpoints::public(), Arc::new(Credentials::new("id", "secret")));
//! let role = RoleArn::new(&"1000000000000001".parse()?, "network-ops")?;
//! let client = own.assume(&AssumeRole::new(role, "causeway".parse()?));
//!
//! let vpc = client.vpc(&"cn-qingdao".parse()?);
//! let request = CreateRouterInterface {
//!     role: Role::Initiating,
//!     spec: Spec::Mini2,
//!     router_type: RouterType::VRouter,
//!     router_id: "vrt-ini0demo1".to_owned(),
//!     opposite_region: "cn-beijing".parse()?,
//!     peer: None,
//!     name: Some("to-beijing".to_owned()),
//!     description: None,
//!     client_token: "connection-7/1/create-interface/initiator".parse()?,
//! };
//! match vpc.create_router_interface(&request).await {
//!     Ok(id) => println!("made {id}"),
//!     Err(error) if error.kind() == Kind::Throttled => println!("later"),
//!     Err(error) => println!("{error}. {}", error.advice()),
//! }
//! # Ok(())
//! # }
//! ```

mod answer;
pub mod balancer;
mod call;
pub mod cdt;
mod client;
mod credentials;
pub mod ecs;
mod endpoint;
mod error;
pub mod mns;
mod names;
mod paging;
mod params;
pub mod private_link;
mod regional;
#[cfg(test)]
mod scripted;
mod sender;
pub mod slb;
pub mod sts;
mod tag;
pub mod vpc;
pub mod vpc_peer;
pub mod wire;

pub use call::{Call, Effect, Product};
pub use client::Client;
pub use cloud_signing::Credentials;
pub use credentials::{CredentialsProvider, Replaceable};
pub use endpoint::Endpoints;
pub use error::{Error, Kind, NoCredentials, Patience};
pub use names::{AccountId, BadName, ClientToken, Region};
pub use tag::Tag;
