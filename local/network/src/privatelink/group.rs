//! Security groups of endpoints: who may connect to their addresses.

use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::rpc::page::Cursor;
use local_core::rpc::{RpcError, RpcRequest};
use local_core::words;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::endpoint::{changeable, own};
use super::{refusal, text};
use crate::vpc::{Place, World};

words! {
    /// How far a membership has come.
    pub(super) enum State {
        Attaching = "Attaching",
        Attached = "Attached",
        Detaching = "Detaching",
    }
}

/// That an endpoint is in a security group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Membership {
    pub group_id: String,
    pub state: State,
}

impl Membership {
    /// One that the endpoint is made with.
    pub(super) fn from_the_beginning(group_id: &str) -> Self {
        Self { group_id: group_id.to_owned(), state: State::Attached }
    }

    /// Ends what is under way. Returns whether the membership stays.
    pub(super) fn settle(&mut self) -> bool {
        let stays = self.state != State::Detaching;
        self.state = State::Attached;
        stays
    }
}

/// Whether the group is one of the caller's in the endpoint's VPC.
pub(super) fn must_fit(world: &World, place: &Place, vpc_id: &str, id: &str) -> Result<(), RpcError> {
    if world.has_group(place, vpc_id, id) { Ok(()) } else { Err(refusal::no_group(id)) }
}

pub(super) fn attach(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let group_id = params.required("SecurityGroupId")?.to_owned();
    let (endpoint, _) = changeable(world, &place, request)?;
    refuse_if!(endpoint.groups.is_empty(), bad "AddSecurityGroupNotSupportWhenHaveNoSg",
        "The specified haven not security group endpoint add security group is not supported.");
    refuse_if!(endpoint.groups.iter().any(|own| own.group_id == group_id), bad "SecurityGroupExist",
        "The specified security group already exists.");
    must_fit(world, &place, &endpoint.vpc_id, &group_id)?;
    let key = place.key(&endpoint.id);
    text::unless_dry(params)?;
    let waiting = world.begin(Wait::EndpointModify);
    world.links.endpoints.change(&key, |endpoint| {
        endpoint.groups.push(Membership { group_id, state: State::Attaching });
        endpoint.waiting = waiting;
    });
    Ok(json!({}))
}

/// The last group stays.
pub(super) fn detach(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let group_id = params.required("SecurityGroupId")?.to_owned();
    let (endpoint, _) = changeable(world, &place, request)?;
    refuse_if!(!endpoint.groups.iter().any(|own| own.group_id == group_id), refusal::no_group(&group_id));
    refuse_if!(endpoint.groups.len() == 1, bad "EndpointMustContainSecurityGroup",
        "The specified endpoint must have at least one security group.");
    let key = place.key(&endpoint.id);
    text::unless_dry(params)?;
    let waiting = world.begin(Wait::EndpointModify);
    world.links.endpoints.change(&key, |endpoint| {
        for own in endpoint.groups.iter_mut().filter(|own| own.group_id == group_id) {
            own.state = State::Detaching;
        }
        endpoint.waiting = waiting;
    });
    Ok(json!({}))
}

pub(super) fn list(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let cursor = Cursor::named("MaxResults", 1..=50, 50, params)?;
    let (endpoint, _) = own(world, &place, params)?;
    let view = |own: &Membership| {
        let view = json!({ "SecurityGroupId": own.group_id, "SecurityGroupStatus": own.state.word() });
        (own.group_id.clone(), view)
    };
    let mut found: Vec<(String, Value)> = endpoint.groups.iter().map(view).collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    let total = found.len();
    let (page, token) = cursor.cut(found);
    Ok(json!({ "SecurityGroups": page, "NextToken": token, "MaxResults": cursor.most(), "TotalCount": total }))
}
