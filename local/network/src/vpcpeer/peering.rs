//! A peering connection: its two ends, and its states (docs/reference/vpc-connection-apis.md, section 3.2).

use std::collections::BTreeSet;

use jiff::Timestamp;
use local_core::delays::Wait;
use local_core::rpc::{Params, RpcError};
use local_core::shared::Shared;
use local_core::table::StorageError;
use local_core::words;
use serde::{Deserialize, Serialize};

use super::refusal;
use super::settings::Settings;
use crate::vpc::world::{Settles, Settling, Waiting};
use crate::vpc::{BusinessStatus, World};

/// Everything the product knows.
#[derive(Debug)]
pub(crate) struct Peerings {
    pub(super) settings: Settings,
    /// The accounts of the international site; all others are of the Chinese one.
    pub(super) international: BTreeSet<String>,
    /// By id.
    pub all: Settling<Peering>,
}

impl Peerings {
    pub(crate) fn load(shared: &Shared) -> Result<Self, StorageError> {
        let all = Settling::load(shared, "vpc_peerings")?;
        Ok(Self { settings: Settings::default(), international: BTreeSet::new(), all })
    }

    /// Those that join something or are about to, with a VPC as one end.
    pub(crate) fn living_of<'a>(&'a self, vpc_id: &'a str) -> impl Iterator<Item = &'a Peering> {
        self.all.rows.iter().map(|(_, peering)| peering).filter(move |peering| {
            peering.status.is_living() && (peering.requester.vpc_id == vpc_id || peering.accepter.vpc_id == vpc_id)
        })
    }
}

/// A connection.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Peering {
    pub id: String,
    pub name: String,
    pub description: String,
    pub status: Status,
    pub business: BusinessStatus,
    pub requester: End,
    pub accepter: End,
    /// Mbit/s, between regions only.
    pub bandwidth: Option<u32>,
    /// Between regions only.
    pub link: Option<Link>,
    pub created: Timestamp,
    pub modified: Timestamp,
    pub waiting: Option<Waiting>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct End {
    pub account: String,
    pub region: String,
    pub vpc_id: String,
}

words! {
    /// How good the line between two regions is.
    pub(crate) enum Link {
        Gold = "Gold",
        Platinum = "Platinum",
    }
}

impl Link {
    pub(super) fn read(params: &Params) -> Result<Option<Self>, RpcError> {
        let wrong = |()| refusal::illegal("LinkType", "it must be Gold or Platinum");
        params.get("LinkType").map(|word| word.parse().map_err(wrong)).transpose()
    }
}

words! {
    /// Where a connection stands.
    pub(crate) enum Status {
        Creating = "Creating",
        /// Until the other account answers.
        Accepting = "Accepting",
        Updating = "Updating",
        Activated = "Activated",
        Rejected = "Rejected",
        /// Nobody answered.
        Expired = "Expired",
        Deleting = "Deleting",
    }
}

impl Status {
    /// Whether it joins something, or is about to.
    fn is_living(self) -> bool {
        !matches!(self, Self::Rejected | Self::Expired)
    }

    /// Whether it stays as it is until somebody does something, or time is up.
    pub(super) fn is_settled(self) -> bool {
        matches!(self, Self::Accepting | Self::Activated | Self::Rejected | Self::Expired)
    }
}

/// How far a connection reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    /// Within a region.
    Region,
    /// Between two regions.
    Regions,
    /// Between a region in mainland China and one elsewhere.
    Border,
}

impl Span {
    pub(super) fn between(one: &str, other: &str) -> Self {
        let is_mainland = |region: &str| region.starts_with("cn-") && region != "cn-hongkong";
        if one == other {
            Self::Region
        } else if is_mainland(one) == is_mainland(other) {
            Self::Regions
        } else {
            Self::Border
        }
    }
}

impl Settles for Peering {
    fn waiting(&self) -> Option<(Waiting, &str)> {
        Some((self.waiting?, &self.id))
    }

    fn settle(&mut self, at: Timestamp) -> bool {
        let ended = self.waiting.take().map(|ended| ended.wait);
        self.modified = at;
        match self.status {
            // The service accepts by itself what an account asks of itself.
            Status::Creating if self.requester.account == self.accepter.account => self.status = Status::Activated,
            Status::Creating => {
                self.status = Status::Accepting;
                self.waiting = Some(Waiting { wait: Wait::PeeringExpire, since: at });
            }
            Status::Accepting if ended == Some(Wait::PeeringExpire) => self.status = Status::Expired,
            Status::Updating => self.status = Status::Activated,
            Status::Deleting => return false,
            Status::Accepting | Status::Activated | Status::Rejected | Status::Expired => {}
        }
        true
    }
}

impl Peering {
    pub(super) fn span(&self) -> Span {
        Span::between(&self.requester.region, &self.accepter.region)
    }

    /// Both ends.
    pub(crate) fn ends(&self) -> [&End; 2] {
        [&self.requester, &self.accepter]
    }

    pub(crate) fn is_activated(&self) -> bool {
        self.status == Status::Activated
    }

    /// As the API writes its status.
    pub(crate) fn status_word(&self) -> &'static str {
        self.status.word()
    }

    /// The VPC at the other end.
    pub(crate) fn other_end(&self, vpc_id: &str) -> &End {
        if self.requester.vpc_id == vpc_id { &self.accepter } else { &self.requester }
    }

    /// Whether packets pass: a change of what is Activated does not interrupt them.
    pub(crate) fn carries(&self) -> bool {
        let is_changing = self.waiting.is_some_and(|waiting| waiting.wait == Wait::PeeringModify);
        self.is_activated() || self.status == Status::Updating && is_changing
    }
}

/// The connection that `InstanceId` names, if the account has a part in it.
pub(super) fn find<'a>(world: &'a World, params: &Params, account: &str) -> Result<&'a Peering, RpcError> {
    let id = params.required("InstanceId")?;
    let found = world.peerings.all.get(id);
    found
        .filter(|peering| peering.ends().iter().any(|end| end.account == account))
        .ok_or_else(|| refusal::not_found(id))
}

/// The name, or the description, if given and well formed.
pub(super) fn text(params: &Params, name: &str, longest: usize) -> Result<Option<String>, RpcError> {
    let Some(text) = params.get(name) else { return Ok(None) };
    let is_address = text.starts_with("http://") || text.starts_with("https://");
    if !(2..=longest).contains(&text.chars().count()) || is_address {
        return Err(refusal::illegal(name, &format!("it has 2 to {longest} characters and is no address")));
    }
    Ok(Some(text.to_owned()))
}

/// What is asked of the line between two regions. Within one there is none to ask of.
pub(super) fn line(params: &Params, span: Span) -> Result<(Option<u32>, Option<Link>), RpcError> {
    let link = Link::read(params)?;
    let bandwidth = params.get("Bandwidth").map(str::parse::<u32>).transpose();
    let bandwidth = bandwidth.map_err(|_| refusal::illegal("Bandwidth", "it must be a number"))?;
    if span == Span::Region {
        return match (bandwidth, link) {
            (Some(_), _) => Err(refusal::illegal("Bandwidth", "within a region it is not limited")),
            (None, Some(_)) => Err(refusal::illegal("LinkType", "there is no line within a region")),
            (None, None) => Ok((None, None)),
        };
    }
    match bandwidth {
        Some(0 | 1025..) => Err(refusal::illegal("Bandwidth", "it must be from 1 to 1024")),
        bandwidth => Ok((bandwidth, link)),
    }
}
