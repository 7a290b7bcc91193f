//! The kinds of connections: a room each, and the registry.
//!
//! What only one kind knows stands in its room: the spec, the outputs, the chain, and the [rules](Rules) that others ask for.
//! Whoever needs to know a kind asks its [`Rules`], or its spec through `Room`; so a kind is one line here.
//!
//! | room | kind |
//! | --- | --- |
//! | [`router_interface`] | a pair of Express Connect router interfaces |
//! | [`vpc_peering`] | a VPC peering connection |
//! | [`private_link`] | an endpoint of one VPC to a service of another |
//! | [`jdcloud_peering`] | a VPC peering of JD Cloud |

pub mod jdcloud_peering;
pub mod private_link;
pub mod router_interface;
pub mod vpc_peering;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strict::Fields;

use self::jdcloud_peering::JdcloudPeeringSpec;
use self::private_link::PrivateLinkSpec;
use self::router_interface::RouterInterfaceSpec;
use self::vpc_peering::VpcPeeringSpec;
use crate::chain::Stage;
use crate::finding::FindingKind;
use crate::next_hop::NextHop;
use crate::outputs::Outputs;
use crate::problem::Problem;
use crate::spec::SideSpec;
use crate::words::{Cloud, ResourceId, Side, StepName};

/// What is the same for every connection of a kind.
#[derive(Debug)]
pub struct Rules {
    /// The cloud in which both sides lie.
    pub cloud: Cloud,
    /// Its two sides: the one that asks, then the one that is asked.
    pub sides: [Side; 2],
    /// The ordered stages. Never empty.
    pub chain: &'static [Stage],
    /// The step that switches a connection off and on, if the cloud lets such a connection rest.
    pub switch: Option<StepName>,
    /// The step from which a connection is cleared away to make room for one of another kind between the same VPCs.
    pub clears_from: StepName,
    /// The kind whose place it may take between the same VPCs.
    pub replaces: Option<Kind>,
    /// The findings that, left to a person, keep its steps from repairing others, beside those that do so in
    /// [every kind](crate::finding::Hinders::Step).
    pub hindered_by: &'static [FindingKind],
}

/// What the spec of a kind answers to whoever does not know the kind.
pub(crate) trait Room {
    /// Reads what the kind needs; problems stay with `fields`.
    fn read(fields: &mut Fields<'_>) -> Option<Self>
    where
        Self: Sized;

    /// What is asked of `side`.
    fn side(&self, side: Side) -> SideSpec<'_>;

    /// What `next` would have to change that cannot, once a connection by this spec stands. Where the sides lie cannot change
    /// for any kind, and is not looked at here.
    fn immovable(&self, next: &Self) -> Vec<Problem>
    where
        Self: Sized;

    /// Where a route to the other side leads, from a side that made `outputs`; `None` where the kind has no routes in VPCs of
    /// Alibaba Cloud.
    fn next_hop(&self, outputs: &Outputs) -> Option<NextHop> {
        let _ = outputs;
        None
    }

    /// Whether it shall take the place of the kind that it [replaces](Rules::replaces).
    fn migrates(&self) -> bool {
        false
    }

    /// What joins the two sides and was made by hand, as `side` sees it, where the connection takes it over.
    fn adopted(&self, side: Side) -> Option<&ResourceId> {
        let _ = side;
        None
    }

    /// Whether what was taken over stays when the connection is removed.
    fn keeps_adopted(&self) -> bool {
        false
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $word:literal in $room:ident: $spec:ident as $held:ty;)+) => {
        /// What joins the two sides.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum Kind {
            $($(#[$doc])* #[serde(rename = $word)] $kind,)+
        }

        impl Kind {
            /// Every kind there is.
            pub const ALL: [Self; [$(Kind::$kind),+].len()] = [$(Self::$kind),+];

            /// The word for it.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$kind => $word,)+ }
            }

            /// What is the same for every connection of the kind.
            #[must_use]
            pub const fn rules(self) -> &'static Rules {
                match self { $(Self::$kind => &$room::RULES,)+ }
            }
        }

        /// The part of a spec that differs by kind.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "kind")]
        pub enum KindSpec {
            $($(#[$doc])* #[serde(rename = $word)] $kind($held),)+
        }

        impl KindSpec {
            /// Reads what a kind needs; problems stay with `fields`.
            pub(crate) fn read(kind: Kind, fields: &mut Fields<'_>) -> Option<Self> {
                match kind { $(Kind::$kind => $spec::read(fields).map(|spec| Self::$kind(spec.into())),)+ }
            }

            /// The kind.
            #[must_use]
            pub fn kind(&self) -> Kind {
                match self { $(Self::$kind(_) => Kind::$kind,)+ }
            }

            /// What it answers to whoever does not know the kind.
            pub(crate) fn room(&self) -> &dyn Room {
                match self { $(Self::$kind(spec) => { let spec: &$spec = spec; spec })+ }
            }

            /// What `next` would have to change that cannot, where it is of the same kind.
            pub(crate) fn immovable(&self, next: &Self) -> Vec<Problem> {
                match (self, next) {
                    $((Self::$kind(now), Self::$kind(next)) => now.immovable(next),)+
                    _ => Vec::new(),
                }
            }
        }
    };
}

// The registry. In each line: the word, the room, the spec, and how the spec is held.
kinds! {
    /// A VPC peering connection.
    VpcPeering = "vpc-peering" in vpc_peering: VpcPeeringSpec as VpcPeeringSpec;
    /// A private link: an endpoint of one VPC to a service of another.
    PrivateLink = "private-link" in private_link: PrivateLinkSpec as Box<PrivateLinkSpec>;
    /// A pair of Express Connect router interfaces, for accounts that used them before 2019-06-20.
    RouterInterface = "router-interface" in router_interface: RouterInterfaceSpec as RouterInterfaceSpec;
    /// A VPC peering of JD Cloud: two halves.
    JdcloudPeering = "jdcloud-peering" in jdcloud_peering: JdcloudPeeringSpec as JdcloudPeeringSpec;
}

impl Kind {
    /// Its two sides: the one that asks, then the one that is asked.
    #[must_use]
    pub fn sides(self) -> [Side; 2] {
        self.rules().sides
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
