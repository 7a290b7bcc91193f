//! An operation, as the tables of the products on this network list them.

use local_core::calls::Need;
use local_core::rpc::once::Token;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::Value;

use super::world::World;

type Run = fn(&mut World, &RpcRequest) -> Result<Value, RpcError>;

/// How the gateway sees an operation.
pub(crate) struct Operation {
    /// As clients call it.
    pub name: &'static str,
    /// Whether it can change anything.
    pub writes: bool,
    /// Whether `RegionId` must be given.
    pub needs_region: bool,
    /// Whether it takes a `ClientToken`.
    pub takes_token: bool,
    /// What a policy must name: each kind of resource, and the parameter that holds its id.
    pub on: &'static [Target],
    /// Does it.
    pub run: Run,
}

/// A kind of resource as ARNs spell it, and the parameter that may name one.
pub(crate) struct Target {
    kind: &'static str,
    id: &'static str,
}

pub(crate) const fn target(kind: &'static str, id: &'static str) -> Target {
    Target { kind, id }
}

pub(crate) const fn read(name: &'static str, run: Run) -> Operation {
    Operation { name, writes: false, needs_region: true, takes_token: false, on: &[], run }
}

pub(crate) const fn write(name: &'static str, run: Run) -> Operation {
    Operation { name, writes: true, needs_region: true, takes_token: false, on: &[], run }
}

impl Operation {
    pub(crate) const fn region_optional(mut self) -> Self {
        self.needs_region = false;
        self
    }

    pub(crate) const fn once(mut self) -> Self {
        self.takes_token = true;
        self
    }

    pub(crate) const fn on(mut self, on: &'static [Target]) -> Self {
        self.on = on;
        self
    }

    /// The name of each, and whether it writes.
    pub(crate) fn names(all: &'static [Self]) -> impl Iterator<Item = (&'static str, bool)> {
        all.iter().map(|operation| (operation.name, operation.writes))
    }

    /// The operation of this name.
    pub(crate) fn find(all: &'static [Self], name: &str) -> Option<&'static Self> {
        all.iter().find(|operation| operation.name == name)
    }

    /// What the caller's policies must allow: the action on each target. A target that is not named, or not made yet,
    /// stands for all of its kind. `code` is what the product's actions and ARNs begin with.
    pub(crate) fn needs(&self, code: &str, request: &RpcRequest) -> Vec<Need> {
        let action = format!("{code}:{}", self.name);
        let place = format!("acs:{code}:{}:{}", request.region, request.account());
        if self.on.is_empty() {
            return vec![Need::new(action, format!("{place}:*"))];
        }
        let resources = self
            .on
            .iter()
            .flat_map(|target| target.ids(&request.params).into_iter().map(move |id| format!("{}/{id}", target.kind)));
        resources.map(|resource| Need::new(action.clone(), format!("{place}:{resource}"))).collect()
    }

    /// Carries it out on a world that is up to date, once for each client token.
    pub(crate) fn call(&self, world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
        if self.needs_region {
            request.params.required("RegionId")?;
        }
        let shared = world.shared.clone();
        shared.change(world, |world, _| self.once_for_each_token(world, request))
    }

    fn once_for_each_token(&self, world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
        let token = if self.takes_token { Token::read(request)? } else { None };
        let Some(token) = token else { return (self.run)(world, request) };
        if let Some(answer) = token.answered(&world.tokens, world.now)? {
            return Ok(answer);
        }
        let answer = (self.run)(world, request)?;
        token.remember(&mut world.tokens, &answer, world.now);
        Ok(answer)
    }
}

impl Target {
    /// The ids that a request names: one, several with commas, a JSON list, or `Name.1`, `Name.2`, ….
    fn ids(&self, params: &Params) -> Vec<String> {
        let listed: Vec<String> = match params.get(self.id) {
            Some(json) if json.starts_with('[') => serde_json::from_str(json).unwrap_or_default(),
            Some(ids) => ids.split(',').map(|id| id.trim().to_owned()).collect(),
            None => params.list(self.id).into_iter().map(str::to_owned).collect(),
        };
        if listed.is_empty() { vec!["*".to_owned()] } else { listed }
    }
}
