//! The network products of the local Alibaba Cloud: one world, in which they stand together.
//!
//! Routes lead to router interfaces and peerings, load balancers to instances, private links to load balancers; whether a
//! packet gets through is a question to all of them in one moment. So they share [`vpc`]'s tables, and know each other.
//!
//! | module | product | version |
//! | --- | --- | --- |
//! | [`vpc`] | VPCs, route tables, routes, router interfaces | 2016-04-28 |
//! | [`vpcpeer`] | VPC peering connections | 2022-01-01 |
//! | [`ecs`] | security groups, instances, commands that run on them | 2014-05-26 |
//! | [`clb`] | classic load balancers (`Slb` on the wire) | 2014-05-15 |
//! | [`nlb_alb`] | network load balancers, application load balancers | 2022-04-30, 2020-06-16 |
//! | [`privatelink`] | endpoint services, endpoints, connections | 2020-04-15 |
//! | [`cdt`] | what traffic between regions is billed by | 2021-08-13 |
//!
//! All of them speak RPC, in both envelopes: see `local_core::rpc`.

pub mod cdt;
pub mod clb;
pub mod ecs;
pub mod nlb_alb;
pub mod privatelink;
mod tags;
pub mod vpc;
pub mod vpcpeer;
