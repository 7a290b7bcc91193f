//! Connections as the API shows them.

use std::collections::BTreeMap;

use connection::consent::Consents;
use connection::plan::{Obstacle, Planned};
use connection::record::{self, Phase, Record, SideRecord, Waiting};
use connection::spec::Spec;
use connection::words::{AccountAlias, CallerName, ConnectionName, Kind, RegionId, Side, StepName, VpcId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Link;

/// One line of a list of connections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// The connection's unique name.
    pub name: ConnectionName,
    /// What joins the two sides.
    pub kind: Kind,
    /// How far it is.
    pub phase: Phase,
    /// The current step, or the last one.
    pub step: StepName,
    /// Grows with each change of the spec.
    pub generation: u32,
    /// Where each side lies.
    pub places: BTreeMap<Side, Place>,
    /// Free labels of the operator.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// What the current step waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// Why it stopped, while it is failed or stuck.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A VPC in a region of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The alias of the account that owns the VPC.
    pub account: AccountAlias,
    /// The region the VPC lies in.
    pub region_id: RegionId,
    /// The VPC.
    pub vpc_id: VpcId,
}

/// One connection, with its history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Connection {
    /// What a list shows of it.
    #[serde(flatten)]
    pub summary: Summary,
    /// Unique for ever, also when the name is used again.
    pub uid: String,
    /// Grows each time somebody resumes the connection.
    pub attempt: u32,
    /// What was asked for.
    pub spec: Spec,
    /// What is known of each side: its account, its network, and the ids of what was made there.
    pub sides: BTreeMap<Side, SideRecord>,
    /// Whether removal was asked for while a step was under way.
    pub removal_asked: bool,
    /// Who asked for the spec.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec_by: Option<CallerName>,
    /// By which consents of accounts' owners it stands.
    #[serde(default, skip_serializing_if = "Consents::is_empty")]
    pub consents: Consents,
    /// What waits for the consent of owners: the connection itself, or a change of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awaiting_consent: Option<AwaitingConsent>,
    /// What happened, oldest first.
    pub history: Vec<record::Entry>,
    /// The spec that was active before the change that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_spec: Option<Spec>,
    /// Why it was rolled back, or why a change was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Failure>,
}

/// What waits for the consent of accounts' owners.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AwaitingConsent {
    /// The spec that the connection shall get; none where the connection itself waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<Spec>,
    /// Who asks.
    pub asked_by: CallerName,
    /// Since when.
    pub since: Timestamp,
    /// Until when the owners have time.
    pub until: Timestamp,
    /// What each owner has said, by account.
    pub consents: Consents,
}

/// Why a connection stopped, for how long it has, and the requests that go on or give up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ConnectionFailure")]
pub struct Failure {
    /// What happened, where, and what to do.
    #[serde(flatten)]
    pub failure: record::Failure,
    /// For how many seconds it has stood still.
    pub age_seconds: i64,
    /// The requests that are possible now.
    #[serde(default, skip_serializing_if = "FailureLinks::is_empty")]
    pub links: FailureLinks,
}

/// What can be done about a connection that stopped. What is not possible is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailureLinks {
    /// Goes on where it stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Link>,
    /// Undoes everything that was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remove: Option<Link>,
    /// Keeps what was made, and frees the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abandon: Option<Link>,
}

impl FailureLinks {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn of(record: &Record) -> Self {
        let path = format!("/v1/connections/{}", record.name());
        let phase = record.phase();
        let stands = matches!(phase, Phase::Failed | Phase::Stuck);
        let may_retry = stands || phase == Phase::RolledBack;
        Self {
            retry: may_retry.then(|| Link::post(format!("{path}/retry"))),
            remove: (may_retry || phase == Phase::Abandoned).then(|| Link::delete(path.clone())),
            abandon: stands.then(|| Link::post(format!("{path}/abandon"))),
        }
    }
}

impl Failure {
    /// The failure of a record, as of `now`.
    #[must_use]
    pub fn of(record: &Record, failure: &record::Failure, now: Timestamp) -> Self {
        let age_seconds = now.duration_since(failure.since).as_secs();
        Self { failure: failure.clone(), age_seconds, links: FailureLinks::of(record) }
    }
}

impl Summary {
    /// The line of a record, as of `now`.
    #[must_use]
    pub fn of(record: &Record, now: Timestamp) -> Self {
        let place = |place: connection::spec::Place<'_>| Place {
            account: place.account.clone(),
            region_id: place.region_id.clone(),
            vpc_id: place.vpc_id.clone(),
        };
        Self {
            name: record.name().clone(),
            kind: record.spec.kind(),
            phase: record.phase(),
            step: record.step,
            generation: record.generation,
            places: record.spec.places().map(|(side, of_it)| (side, place(of_it))).into_iter().collect(),
            labels: record.spec.labels.clone(),
            waiting: record.waiting.clone(),
            failure: record.failure.as_ref().map(|failure| Failure::of(record, failure, now)),
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }
}

impl Connection {
    /// All that the API shows of a record, as of `now`.
    #[must_use]
    pub fn of(record: &Record, now: Timestamp) -> Self {
        Self {
            summary: Summary::of(record, now),
            uid: record.uid.clone(),
            attempt: record.attempt,
            spec: record.spec.clone(),
            sides: record.sides.clone(),
            removal_asked: record.removal_asked,
            spec_by: record.spec_by.clone(),
            consents: record.consents.clone(),
            awaiting_consent: record.awaited.as_ref().filter(|_| record.is_under_way()).map(|awaited| {
                AwaitingConsent {
                    spec: awaited.change.as_ref().map(|change| change.spec.clone()),
                    asked_by: awaited.by.clone(),
                    since: awaited.since,
                    until: awaited.until(),
                    consents: awaited.consents.clone(),
                }
            }),
            history: record.history.clone(),
            former_spec: record.former.as_ref().map(|former| former.spec.clone()),
            cause: record.cause.as_ref().map(|cause| Failure::of(record, cause, now)),
        }
    }
}

/// The answer to a dry run: what each step would do. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// Always true.
    #[schemars(extend("const" = true))]
    pub dry_run: bool,
    /// The connection.
    pub name: ConnectionName,
    /// What joins the two sides.
    pub kind: Kind,
    /// The phase it would be in.
    pub phase: Phase,
    /// What would be done, in order.
    pub plan: Vec<Planned>,
    /// What would stop it.
    pub obstacles: Vec<Obstacle>,
    /// The accounts whose owners would have to agree first, each with its owner.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub needs_consent: BTreeMap<AccountAlias, CallerName>,
}
