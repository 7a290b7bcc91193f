//! A local Alibaba Cloud, and a corner of JD Cloud: one process, one port, wire-true where a client can tell.
//!
//! The official SDKs work against it unchanged but for the endpoint. It verifies signatures, keeps accounts and regions apart,
//! lets states take their time, refuses what the real cloud refuses with the same codes, and goes wrong on demand. It runs
//! whatever functions it is handed, in process or as the real bootstrap binaries.
//!
//! ```
//! use bytes::Bytes;
//! use causeway_local::seed::Seed;
//! use causeway_local::{Cloud, Options};
//! use signing::{Credentials, acs3};
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
//! # Products
//! | module | product | speaks |
//! | --- | --- | --- |
//! | [`vpc`] | VPCs, route tables, routes, router interfaces | RPC, both envelopes |
//! | [`vpcpeer`] | VPC peering connections | RPC, both envelopes |
//! | [`ecs`] | security groups, instances, commands that run on them | RPC, both envelopes |
//! | [`slb`] | classic load balancers | RPC, both envelopes |
//! | [`balancer`] | network load balancers, application load balancers | RPC, both envelopes |
//! | [`privatelink`] | endpoint services, endpoints, connections | RPC, both envelopes |
//! | `sts` | temporary credentials of roles | RPC, both envelopes |
//! | [`mns`] | queues and topics | XML over HTTP; for the control plane RPC, both envelopes |
//! | [`oss`] | buckets and objects | the OSS API |
//! | [`fc`] | functions, their triggers, their retries | HTTP triggers, the management API |
//! | [`ros`] | templates that describe all of it | files |
//! | [`jd`] | JD Cloud: VPCs, route tables, peerings, security groups | REST with JSON, JDCLOUD2 and JDCLOUD3 |
//!
//! # What carries them
//! | module | what |
//! | --- | --- |
//! | [`cloud`] | the whole in one value |
//! | `gateway` | one door: which product a request is for; `/_local/` |
//! | [`server`] | the door on a loopback port |
//! | `rpc` | what RPC products share: envelopes, parameters, paging, client tokens |
//! | [`shared`] | what every product is handed |
//! | [`clock`] | cloud time and wall time |
//! | [`delays`] | how long states take, and which get stuck |
//! | [`faults`] | what goes wrong |
//! | [`calls`] | what was called |
//! | [`identity`], [`ram`] | who holds which key; roles and trust |
//! | [`policy`], `access` | what a role may do; asking before each call |
//! | `words` | enums whose values are words on the wire |
//! | [`ids`] | names of things, seeded |
//! | [`table`], `memory` | rows in memory and on disk; what a restart remembers |
//! | [`seed`], [`console`] | what a new cloud holds; what accounts have |
//! | [`regions`] | regions and zones |

#![warn(missing_docs)]

mod access;
pub mod balancer;
pub mod calls;
pub mod clock;
pub mod cloud;
pub mod console;
pub mod delays;
pub mod ecs;
pub mod faults;
pub mod fc;
mod gateway;
pub mod identity;
pub mod ids;
pub mod jd;
mod memory;
pub mod mns;
pub mod oss;
pub mod policy;
pub mod privatelink;
pub mod ram;
pub mod regions;
pub mod ros;
mod rpc;
pub mod seed;
pub mod server;
pub mod shared;
pub mod slb;
mod sts;
pub mod table;
#[cfg(test)]
mod testing;
pub mod vpc;
pub mod vpcpeer;
mod words;
mod xml;

pub use cloud::{Cloud, Options};
pub use gateway::Dropped;
