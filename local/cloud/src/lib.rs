//! A local Alibaba Cloud, and the VPC product of JD Cloud: one process, one port, wire-true where a client can tell.
//!
//! The official SDKs work against it unchanged but for the endpoint. It verifies signatures, keeps accounts and regions apart,
//! lets states take their time, refuses what the real cloud refuses with the same codes, and goes wrong on demand. It runs
//! whatever functions it is handed, in process or as the real bootstrap binaries.
//!
//! ```
//! use bytes::Bytes;
//! use causeway_local::seed::Seed;
//! use causeway_local::{Cloud, Options};
//! use cloud_signing::{Credentials, acs3};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let cloud = Cloud::open(Options::new(Seed::tutorial()))?;
//! let account = &cloud.console().accounts[0];
//!
//! // Any client of that account, here in process; `cloud.serve` takes the same requests from a port.
//! let request = http::Request::post("http://127.0.0.1/?RegionId=cn-qingdao").body(())?;
//! let (mut parts, ()) = request.into_parts();
//! let key = Credentials::new(&account.access_key_id, &account.access_key_secret);
//! acs3::sign(&mut parts, b"", "DescribeVpcs", "2016-04-28", &key, cloud.shared().clock.wall(), "nonce-1")?;
//! let response = cloud.handle(http::Request::from_parts(parts, Bytes::new())).await?;
//! assert_eq!(response.status(), 200);
//! # Ok(())
//! # }
//! ```
//!
//! # Layout
//! This crate ties the products together. Each family of products is a crate of its own, so that they compile side by side.
//!
//! | crate | re-exported as | what |
//! | --- | --- | --- |
//! | `causeway-local-core` | [`shared`], [`clock`], [`delays`], [`faults`], [`calls`], [`identity`], [`ram`], [`policy`], [`ids`], [`table`], [`regions`] | what every product stands on |
//! | `causeway-local-network` | [`vpc`], [`vpcpeer`], [`ecs`], [`clb`], [`nlb_alb`], [`privatelink`], [`cdt`] | the network of Alibaba Cloud |
//! | `causeway-local-mns` | [`mns`] | queues and topics: XML over HTTP; the control plane in RPC |
//! | `causeway-local-oss` | [`oss`] | buckets and objects |
//! | `causeway-local-sls` | [`sls`] | logs |
//! | `causeway-local-fc` | [`fc`], [`ros`] | functions, their triggers, their retries; the templates that describe them |
//! | `causeway-local-ops` | [`ops`] | what an operator deploys with: roles, stacks, the opening of products |
//! | `causeway-local-jd` | [`jd`] | JD Cloud: VPCs, route tables, peerings, security groups: REST with JSON |
//!
//! | module | what |
//! | --- | --- |
//! | [`cloud`] | the whole in one value |
//! | `gateway` | one port for all: which product a request is for; `/_local/` |
//! | [`server`] | the gateway on a loopback port |
//! | `sts` | temporary credentials of roles |
//! | [`seed`], [`console`] | what a new cloud holds; what accounts have |
//! | `memory` | what a restart remembers |

pub mod cloud;
pub mod console;
mod gateway;
mod memory;
pub mod seed;
pub mod server;
mod sts;

pub use cloud::{Cloud, Options};
pub use gateway::Dropped;
pub use local_core::{
    calls, clock, coverage, delays, directory, faults, identity, ids, opened, policy, ram, regions, shared, table,
};
pub use local_fc::ros;
pub use local_network::{cdt, clb, ecs, nlb_alb, privatelink, vpc, vpcpeer};
pub use {local_fc as fc, local_jd as jd, local_mns as mns, local_ops as ops, local_oss as oss, local_sls as sls};
