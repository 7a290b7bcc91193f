//! What a user asks for: the posted document as types, and its JSON Schema.
//!
//! A spec is read field by field, so that one answer names everything that is wrong with it: first the fields that every
//! kind has, then those of its [kind](crate::kind). Unknown fields are refused.
//!
//! | file | what it holds |
//! | --- | --- |
//! | here | the fields that every kind has, and what any spec answers |
//! | `side`, `place` | one side of any kind; where it lies |
//! | `vpc_side`, `group_rule` | what the kinds that join VPCs of Alibaba Cloud share |
//! | `change` | what cannot change once a connection stands |

mod change;
pub(crate) mod group_rule;
pub(crate) mod place;
mod side;
#[cfg(test)]
mod strictness;
pub(crate) mod vpc_side;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use strict::Fields;

pub use group_rule::{BadPortRange, GroupRule, PortRange, Protocol, Source};
pub use place::Place;
pub use side::SideSpec;
pub use vpc_side::{RouteTables, VpcSide};

pub use crate::kind::KindSpec;
pub use crate::kind::jdcloud_peering::{JdGroupRule, JdSide, JdcloudPeeringSpec};
pub use crate::kind::private_link::{
    Backend, BalancerType, ConsumerSide, CreateBalancer, EndpointZone, ExistingBalancer, HealthCheckSpec, ListenerSpec,
    LoadBalancerSpec, Payer, PrivateLinkSpec, Probe, ProbeProtocol, ProviderSide, ServiceId, ServiceSpec,
};
pub use crate::kind::router_interface::{AdoptedPair, InterfaceSpec, RouterInterfaceSpec};
pub use crate::kind::vpc_peering::{LinkType, VpcPeeringSpec};
use crate::next_hop::NextHop;
use crate::outputs::Outputs;
use crate::problem::Problem;
use crate::words::{ConnectionName, Kind, ResourceId, Side};

/// The version of the spec's schema that this code reads and writes.
pub const VERSION: u32 = 1;

/// The most labels a connection may have.
const MAX_LABELS: usize = 20;
/// The longest label key or value, in characters.
const MAX_LABEL_LENGTH: usize = 128;

/// A connection as a user asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Spec {
    /// The schema's version: 1, which is also the default.
    #[serde(default = "version")]
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The connection's unique name.
    pub name: ConnectionName,
    /// What to do with what was made when a step fails for good.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// What a proof of reachability that does not succeed means for the connection.
    #[serde(default, skip_serializing_if = "Verify::is_default")]
    pub verify: Verify,
    /// What is done about what a drift check finds.
    #[serde(default, skip_serializing_if = "Repair::is_default")]
    pub repair: Repair,
    /// Free labels of the operator.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// What the kind needs, told apart by the field `kind`.
    #[serde(flatten)]
    pub kind: KindSpec,
}

fn version() -> u32 {
    VERSION
}

/// What a proof of reachability that does not succeed means for the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verify {
    /// Two sides that do not reach each other fail the connection. What could not be tried is reported.
    #[default]
    Require,
    /// Whatever comes out is reported.
    Report,
    /// Nothing is tried.
    Off,
}

impl Verify {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What is done about what a drift check finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Repair {
    /// It is reported, and nothing is done.
    #[default]
    Never,
    /// A plan is stored, and carried out once a person approves it.
    Propose,
    /// It is set right at once, as far as it is surely the connection's own.
    Auto,
}

impl Repair {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What to do with what was made when a step fails for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// Leave everything as it is, so that somebody can look and resume.
    #[default]
    Keep,
    /// Undo what was made. A change goes back to what was active before it.
    Rollback,
}

/// What becomes of what was taken over when the connection is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnRemove {
    /// It stays, and traffic goes on. What the connection made itself goes.
    #[default]
    Keep,
    /// It goes like everything else.
    Delete,
}

impl OnRemove {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Refuses it where nothing is taken over.
    pub(crate) fn check<A>(given: Option<Self>, adopt: Option<&Option<A>>, fields: &mut Fields<'_>) {
        if matches!((given, adopt), (Some(Self::Delete), Some(None))) {
            fields.problem("on_remove", "this is only for what is taken over with adopt; everything else goes anyway");
        }
    }

    /// What was taken over cannot become something else.
    pub(crate) fn stays<A: PartialEq>(now: Option<&A>, next: Option<&A>) -> Vec<Problem> {
        let detail = match now {
            None => "the connection made what joins its sides itself; leave the field out",
            Some(_) => "what was taken over stays so; on_remove says what becomes of it",
        };
        (now != next).then(|| Problem::at("/adopt", detail)).into_iter().collect()
    }
}

impl Spec {
    /// Reads a posted document.
    ///
    /// # Errors
    /// Every problem found, each with a pointer to its field.
    pub fn from_value(value: Value) -> Result<Self, Vec<Problem>> {
        strict::object(value, Self::read)
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let version = fields.optional("version", VERSION);
        let name = fields.required("name");
        let on_failure = fields.optional("on_failure", OnFailure::default());
        let verify = fields.optional("verify", Verify::default());
        let repair = fields.optional("repair", Repair::default());
        let labels: Option<BTreeMap<String, String>> = fields.optional("labels", BTreeMap::new());
        if let Some(version) = version
            && version != VERSION
        {
            fields.problem("version", format!("version {version} is not known; use {VERSION}"));
        }
        if let Some(labels) = &labels {
            check_labels(labels, fields);
        }
        let kind = match fields.required("kind") {
            Some(kind) => KindSpec::read(kind, fields),
            None => {
                // What belongs to which kind is not known then.
                fields.leave_the_rest();
                None
            }
        };
        Some(Self {
            version: version?,
            name: name?,
            on_failure: on_failure?,
            verify: verify?,
            repair: repair?,
            labels: labels?,
            kind: kind?,
        })
    }

    /// The connection's kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind.kind()
    }

    /// What is asked of `side`.
    #[must_use]
    pub fn side(&self, side: Side) -> SideSpec<'_> {
        self.kind.room().side(side)
    }

    /// The two sides, with where each lies.
    #[must_use]
    pub fn places(&self) -> [(Side, Place<'_>); 2] {
        self.kind().sides().map(|side| (side, self.place(side)))
    }

    /// Where `side` lies.
    #[must_use]
    pub fn place(&self, side: Side) -> Place<'_> {
        self.side(side).place()
    }

    /// What is asked of `side`, where the kind routes between two VPCs of Alibaba Cloud.
    #[must_use]
    pub fn vpc_side(&self, side: Side) -> Option<&VpcSide> {
        if let SideSpec::Vpc(side) = self.side(side) { Some(side) } else { None }
    }

    /// The security groups of `side` that are opened for the other.
    #[must_use]
    pub fn opened_groups(&self, side: Side) -> Vec<&str> {
        self.side(side).opened_groups()
    }

    /// What a peering of JD Cloud asks of `side`, where the kind is that.
    #[must_use]
    pub fn jd_side(&self, side: Side) -> Option<&JdSide> {
        if let SideSpec::Jd(side) = self.side(side) { Some(side) } else { None }
    }

    /// What is asked of a private link, where the connection is one.
    #[must_use]
    pub fn private_link(&self) -> Option<&PrivateLinkSpec> {
        if let KindSpec::PrivateLink(spec) = &self.kind { Some(spec) } else { None }
    }

    /// Where a route to the other side leads, from a side that made `outputs`; `None` where the kind has no routes in VPCs of
    /// Alibaba Cloud.
    #[must_use]
    pub fn next_hop(&self, outputs: &Outputs) -> Option<NextHop> {
        self.kind.room().next_hop(outputs)
    }

    /// Whether the connection may change its kind: one that shall take the place of another between the same VPCs.
    #[must_use]
    pub fn migrates(&self) -> bool {
        self.kind.room().migrates()
    }

    /// What joins the two sides and was made by hand, as `side` sees it, where the connection takes it over.
    #[must_use]
    pub fn adopted(&self, side: Side) -> Option<&ResourceId> {
        self.kind.room().adopted(side)
    }

    /// Whether what was taken over stays when the connection is removed.
    #[must_use]
    pub fn keeps_adopted(&self) -> bool {
        self.kind.room().keeps_adopted()
    }

    /// What `next` would have to change that cannot, once a connection by this spec stands.
    #[must_use]
    pub fn immovable(&self, next: &Self) -> Vec<Problem> {
        change::immovable(self, next)
    }

    /// The JSON Schema of the posted document.
    #[must_use]
    pub fn json_schema() -> Value {
        schemars::schema_for!(Self).to_value()
    }
}

fn check_labels(labels: &BTreeMap<String, String>, fields: &mut Fields<'_>) {
    if labels.len() > MAX_LABELS {
        fields.problem("labels", format!("{} labels; write at most {MAX_LABELS}", labels.len()));
    }
    let too_long = |text: &str| text.chars().count() > MAX_LABEL_LENGTH;
    for (key, value) in labels.iter().filter(|(key, value)| key.is_empty() || too_long(key) || too_long(value)) {
        let (key, value) = (strict::quoted(key), strict::quoted(value));
        let detail = format!(
            "label {key}: {value}: a label's key has 1 to {MAX_LABEL_LENGTH} characters, its value at most as many"
        );
        fields.problem("labels", detail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tutorial() -> Value {
        json!({
            "version": 1, "name": "qingdao-beijing", "kind": "router-interface", "spec": "Mini.2",
            "initiator": {"account": "a", "region_id": "cn-qingdao", "vpc_id": "vpc-a"},
            "acceptor": {"account": "b", "region_id": "cn-beijing", "vpc_id": "vpc-b"},
            "labels": {"team": "network"},
        })
    }

    #[test]
    fn the_tutorial_reads_and_survives_a_round_trip_through_a_record() {
        let spec = Spec::from_value(tutorial()).unwrap();
        assert_eq!(spec.on_failure, OnFailure::Keep);
        assert_eq!(spec.place(Side::Acceptor).vpc_id.as_str(), "vpc-b");
        let stored = serde_json::to_string(&spec).unwrap();
        assert_eq!(serde_json::from_str::<Spec>(&stored).unwrap(), spec);
    }

    #[test]
    fn several_problems_come_at_once_and_each_names_its_field() {
        let mut bad = tutorial();
        bad["name"] = "Not A Name".into();
        bad["version"] = 9.into();
        bad["acceptor"]["region_id"] = "".into();
        let pointers: Vec<_> = Spec::from_value(bad).unwrap_err().into_iter().map(|p| p.pointer).collect();
        assert_eq!(pointers, ["/name", "/version", "/acceptor/region_id"]);
    }

    #[test]
    fn everything_that_is_missing_is_named_by_its_own_pointer() {
        let empty = json!({"kind": "router-interface", "initiator": {"account": "a"}, "acceptor": 7, "a/b~": 1});
        let pointers: Vec<_> = Spec::from_value(empty).unwrap_err().into_iter().map(|p| p.pointer).collect();
        let expected = ["/name", "/spec", "/initiator/region_id", "/initiator/vpc_id", "/acceptor", "/a~1b~0"];
        assert_eq!(pointers, expected);
    }

    #[test]
    fn an_unknown_field_is_refused_at_every_depth() {
        let mut outer = tutorial();
        outer["bandwith"] = 2.into();
        let mut inner = tutorial();
        inner["initiator"]["vpc"] = "x".into();
        for (bad, word) in [(outer, "bandwith"), (inner, "vpc")] {
            let problems = Spec::from_value(bad).unwrap_err();
            assert!(problems[0].detail.contains(&format!("unknown field `{word}`")), "{problems:?}");
        }
    }

    #[test]
    fn what_the_schema_allows_and_what_is_read_agree_on_the_tutorial() {
        let schema = Spec::json_schema();
        let validator = jsonschema::validator_for(&schema).unwrap();
        assert!(validator.is_valid(&tutorial()));
        let mut bad = tutorial();
        bad["spec"] = "Huge.9".into();
        assert!(!validator.is_valid(&bad));
        assert!(Spec::from_value(bad).is_err());
    }
}
