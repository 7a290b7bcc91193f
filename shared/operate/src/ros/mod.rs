//! ROS 2019-09-10: stacks, and what can be known before one is made.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `stack` | a stack, its resources and events as the cloud shows them |
//! | `change` | making, updating, deleting and reading stacks |
//! | `ahead` | what a template would do, what it needs and who may not |
//! | `drift` | what somebody changed by hand |
//! | `group` | the same stack in many accounts |
//! | `refusal` | why a change was refused, as a deployment has to know it |
//!
//! A change is only begun: its end shows in the stack's state and events. Source: docs/reference/deploy-apis.md, section 1.

mod ahead;
mod change;
mod drift;
mod group;
mod refusal;
mod stack;

pub use ahead::{
    Action, Change, FailedService, Preview, Provision, ProvisionStatus, Replacement, Risks, RolesMade, Template,
    Validated,
};
pub use change::{CreateStack, DeleteStack, UpdateStack, Updated};
pub use drift::{DriftDetection, DriftStatus, ResourceDrift};
pub use group::{
    CreateStackGroup, CreateStackInstances, GroupOperation, OperationStatus, PermissionModel, StackGroup,
    StackInstance, Targets, UpdateStackGroup,
};
pub use refusal::Refusal;
pub use stack::{Event, OperationInfo, Output, Parameter, Resource, ResourceStatus, Settled, Stack, StackStatus, Tag};

use std::collections::BTreeMap;

use alicloud::Region;
use alicloud::wire::{Next, Numbered, Params, Position};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::call::Call;
use crate::client::Client;
use crate::endpoint::hosts;
use crate::error::Error;

/// As many rows as a page can have.
const PAGE_SIZE: u32 = 50;

/// The stacks of one region, called with the credentials of a [`Client`].
#[derive(Debug, Clone)]
pub struct Ros {
    client: Client,
    region: Region,
}

/// The parameters of a template, by name. They are secrets until one knows better.
pub type Parameters = BTreeMap<String, SecretString>;

#[derive(Deserialize)]
struct Done {}

impl Client {
    /// The stacks of `region`.
    #[must_use]
    pub fn ros(&self, region: &Region) -> Ros {
        Ros { client: self.clone(), region: region.clone() }
    }
}

impl Ros {
    /// The region.
    #[must_use]
    pub const fn region(&self) -> &Region {
        &self.region
    }

    async fn call<A: DeserializeOwned>(&self, call: Call, params: Params) -> Result<A, Error> {
        let params = params.with("RegionId", &self.region);
        self.client.rpc(call, Some(&self.region), hosts::ROS, params).await
    }

    async fn done(&self, call: Call, params: Params) -> Result<(), Error> {
        self.call::<Done>(call, params).await.map(drop)
    }

    /// All rows of a listing.
    async fn all<P: DeserializeOwned, T>(
        &self,
        call: Call,
        params: impl Fn() -> Params,
        page: impl Fn(P) -> (Vec<T>, Position),
        id: impl Fn(&T) -> &str,
    ) -> Result<Vec<T>, Error> {
        let mut pages = Numbered::new(PAGE_SIZE);
        loop {
            let params = params().with("PageNumber", pages.page()).with("PageSize", PAGE_SIZE);
            let (rows, position) = page(self.call(call, params).await?);
            match pages.take(rows, position, &id) {
                Next::Page => {}
                Next::Done => return Ok(pages.into_rows()),
                Next::Fault(reason) => return Err(self.contradiction(call, reason)),
            }
        }
    }

    fn contradiction(&self, call: Call, reason: &str) -> Error {
        Error::malformed(call, Some(&self.region), http::StatusCode::OK, None, reason)
    }
}

/// `Name.N.ParameterKey`, `Name.N.ParameterValue`.
fn with_parameters(params: Params, name: &str, parameters: &Parameters) -> Params {
    (1..).zip(parameters).fold(params, |params, (n, (key, value)): (u32, _)| {
        params
            .with(format!("{name}.{n}.ParameterKey"), key)
            .with(format!("{name}.{n}.ParameterValue"), value.expose_secret())
    })
}

/// An error without the values of parameters that are long enough to be secrets.
fn hiding(parameters: &Parameters) -> impl Fn(Error) -> Error + '_ {
    const SHORTEST: usize = 8;
    move |error| {
        let values = parameters.values().map(|value| value.expose_secret());
        error.hiding(values.filter(|value| value.len() >= SHORTEST))
    }
}

#[cfg(test)]
mod tests;
