//! The trait that a step implements, and what it gets to see.
//!
//! # Guarantees
//! A step is called for one side at a time and for both sides side by side. It may be called again at any moment with the
//! same or an older view of the record, by the same or another process, so it looks before it acts. Whatever it leaves in
//! `outputs` is written to the record, whether it succeeds, waits or fails.
//!
//! # Assumptions
//! `apply` returns `Ok` only after it has read back that its side is as promised, `undo` only after it has read back that
//! nothing of the step is left. `plan` only reads; `listings` and `observe` call nothing.
//!
//! `apply` brings whatever it finds to what the spec wants *now*: after a change of the spec it also takes away what only an
//! earlier generation wanted, and only once what replaces it stands.

use std::collections::BTreeSet;
use std::time::Duration;

use alicloud::ClientToken;
use approval::policy::Policy;
use async_trait::async_trait;
use jiff::Timestamp;
use tracing::{Instrument as _, info_span};
use transport::{Chain, Io};

use crate::endpoint::Consumers;
use crate::services::Services;
use crate::session::{self, Purpose, Session, Sort};
use audit::Keys;
use connection::finding::Finding;
use connection::inventory::{AccountRegion, Inventory, ListingId, RegionInventory};
use connection::lane::{Grant, Lane, Waiter};
use connection::mark::{self, Mark};
use connection::next_hop::NextHop;
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::plan::{Operation, Planned};
use connection::record::{Course, Network, Record, SideRecord};
use connection::share::SideRef;
use connection::spec::{JdSide, Place, VpcSide};
use connection::words::{Cloud, ResourceId, Side, StepName};
use store::Store;

/// One stage of a chain.
#[async_trait]
pub trait Step: Send + Sync {
    /// Which stage this is.
    fn name(&self) -> StepName;

    /// Whether it has anything to do, and to compare, on `side`. It is called for the sides of which this is so, and counts
    /// as done on the others.
    fn acts_on(&self, side: Side) -> bool {
        let _ = side;
        true
    }

    /// Brings one side to what the spec promises.
    async fn apply(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone>;

    /// Removes what this step made on one side, and nothing else.
    async fn undo(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone>;

    /// Fails where a look tells that `undo` would fail in the end: because others use what is to go, say. It is asked of every step
    /// before the first one is undone, so that nothing is cut for a removal that cannot be finished. Only reads.
    async fn check_undo(&self, side: &SideContext<'_>) -> Result<(), NotDone> {
        let _ = side;
        Ok(())
    }

    /// Switches one side off without taking anything away. Only the step that [switches](connection::chain::switch) its kind can.
    async fn pause(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        let _ = (side, outputs);
        Err(NotDone::failed(format!("step {} cannot be paused", self.name()), "remove the connection instead"))
    }

    /// What `apply`, `undo` or `pause` would do on one side. Only reads; where the cloud has a dry run of a call, its
    /// [verdict](SideContext::verdict) is asked for.
    async fn plan(&self, side: &SideContext<'_>, operation: Operation) -> Result<Vec<Planned>, NotDone>;

    /// The listings of this side's account and region that one side is compared with. Pure.
    fn listings(&self, side: &SideContext<'_>) -> Vec<ListingId>;

    /// Compares one side with what the record promises. Pure: what is compared with was fetched before, and where it could
    /// not be there are no findings.
    fn observe(&self, side: &SideContext<'_>, inventory: &Inventory) -> Vec<Finding>;
}

/// A step that has a room for each cloud.
pub trait ByCloud {
    /// Which stage it is.
    const NAME: StepName;

    /// The same step in one cloud.
    fn room(cloud: Cloud) -> &'static dyn Step;
}

/// The room of the cloud in which the connection's kind lies.
fn room<S: ByCloud>(side: &SideContext<'_>) -> &'static dyn Step {
    S::room(side.record().spec.kind().rules().cloud)
}

#[async_trait]
impl<S: ByCloud + Send + Sync> Step for S {
    fn name(&self) -> StepName {
        S::NAME
    }

    async fn apply(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        room::<S>(side).apply(side, outputs).await
    }

    async fn undo(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        room::<S>(side).undo(side, outputs).await
    }

    async fn check_undo(&self, side: &SideContext<'_>) -> Result<(), NotDone> {
        room::<S>(side).check_undo(side).await
    }

    async fn plan(&self, side: &SideContext<'_>, operation: Operation) -> Result<Vec<Planned>, NotDone> {
        room::<S>(side).plan(side, operation).await
    }

    fn listings(&self, side: &SideContext<'_>) -> Vec<ListingId> {
        room::<S>(side).listings(side)
    }

    fn observe(&self, side: &SideContext<'_>, inventory: &Inventory) -> Vec<Finding> {
        room::<S>(side).observe(side, inventory)
    }
}

/// A step's view of one side.
#[derive(Clone, Copy)]
pub struct SideContext<'a> {
    record: &'a Record,
    side: Side,
    own: &'a SideRecord,
    peer: &'a SideRecord,
    step: StepName,
    services: &'a Services,
    changes: bool,
}

impl<'a> SideContext<'a> {
    /// The view of `side`, or `None` where the record does not know both sides. Whoever has it may look and change nothing.
    #[must_use]
    pub fn of(record: &'a Record, side: Side, step: StepName, services: &'a Services) -> Option<Self> {
        let own = record.sides.get(&side)?;
        let peer = record.sides.get(&side.peer())?;
        Some(Self { record, side, own, peer, step, services, changes: false })
    }

    /// The views of the sides that `step` [acts on](Step::acts_on); none where the record does not know both sides. Whoever
    /// calls a step goes through here.
    pub fn acting(
        record: &'a Record,
        step: &'a dyn Step,
        services: &'a Services,
    ) -> impl Iterator<Item = Self> + use<'a> {
        let sides = record.sides.keys().filter(|side| step.acts_on(**side));
        sides.filter_map(|side| Self::of(record, *side, step.name(), services))
    }

    /// The same view for whoever carries the step out.
    #[must_use]
    pub fn for_change(self) -> Self {
        Self { changes: true, ..self }
    }

    /// The whole record.
    #[must_use]
    pub fn record(&self) -> &'a Record {
        self.record
    }

    /// Which side this is.
    #[must_use]
    pub fn side(&self) -> Side {
        self.side
    }

    /// Where this side lies.
    #[must_use]
    pub fn place(&self) -> Place<'a> {
        self.record.spec.place(self.side)
    }

    /// Where the other side lies.
    #[must_use]
    pub fn peer_place(&self) -> Place<'a> {
        self.record.spec.place(self.side.peer())
    }

    /// What is asked of this side, and of the other, by a kind that routes between two VPCs of Alibaba Cloud.
    ///
    /// # Errors
    /// When the kind is another: the step is in the chain of a kind that it knows nothing of.
    pub fn vpc_sides(&self) -> Result<(&'a VpcSide, &'a VpcSide), NotDone> {
        let spec = &self.record.spec;
        spec.vpc_side(self.side).zip(spec.vpc_side(self.side.peer())).ok_or_else(|| self.foreign())
    }

    /// What is asked of this side, and of the other, by a peering of JD Cloud.
    ///
    /// # Errors
    /// When the kind is another: the step is in the chain of a kind that it knows nothing of.
    pub fn jd_sides(&self) -> Result<(&'a JdSide, &'a JdSide), NotDone> {
        let spec = &self.record.spec;
        spec.jd_side(self.side).zip(spec.jd_side(self.side.peer())).ok_or_else(|| self.foreign())
    }

    /// Where a route to the other side leads, from this side, which made `outputs`.
    ///
    /// # Errors
    /// When the kind has no routes in VPCs of Alibaba Cloud.
    pub fn next_hop(&self, outputs: &Outputs) -> Result<NextHop, NotDone> {
        let mut hop = self.record.spec.next_hop(outputs).ok_or_else(|| self.foreign())?;
        // What is taken over is known before a step has seen it.
        hop.id = hop.id.or_else(|| self.record.spec.adopted(self.side).map(ToString::to_string));
        Ok(hop)
    }

    /// A failure that says that this step has no room for the connection's kind.
    #[must_use]
    pub fn foreign(&self) -> NotDone {
        let what = format!("step {} knows nothing of kind {}", self.step, self.record.spec.kind());
        NotDone::failed(what, "deploy functions of one version")
    }

    /// This side's network.
    #[must_use]
    pub fn network(&self) -> &'a Network {
        &self.own.network
    }

    /// What is known of the other side.
    #[must_use]
    pub fn peer(&self) -> &'a SideRecord {
        self.peer
    }

    /// The mark on everything made for this connection.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark::of(self.record)
    }

    /// What the steps made on this side, by the record. In `apply` and `undo` use the `outputs` that is handed in instead.
    #[must_use]
    pub fn outputs(&self) -> &'a Outputs {
        &self.own.outputs
    }

    /// The client token of one intent of this step on this side.
    #[must_use]
    pub fn client_token(&self, what: &str) -> ClientToken {
        mark::client_token(self.record, self.step, self.side, what)
    }

    /// The VPC API in this side's account and region.
    ///
    /// # Errors
    /// When the account is not in the operator's list.
    pub fn vpc(&self) -> Result<alicloud::vpc::Vpc, NotDone> {
        let (client, region) = self.client()?;
        Ok(client.vpc(&region))
    }

    /// A line of this step's plan for this side.
    #[must_use]
    pub fn planned(&self, call: Option<&'static str>, resource: &str, what: &str) -> Planned {
        let (resource, what) = (resource.to_owned(), what.to_owned());
        Planned { step: self.step, side: self.side, call: call.map(Into::into), resource, what, verdict: None }
    }

    /// Whether a plan is asked for that begins by clearing away what another kind made: what stands now will be gone.
    #[must_use]
    pub fn is_cleared_first(&self) -> bool {
        self.record.course == Course::Clear
    }

    /// Whether what was taken over stays as it is on the way back: it was there before the connection, so nothing but a removal that
    /// says so takes it away, or another kind that needs its place.
    #[must_use]
    pub fn leaves_adopted(&self) -> bool {
        let spec = &self.record.spec;
        spec.adopted(self.side).is_some()
            && match self.record.course {
                Course::Clear => false,
                Course::RollBack => true,
                Course::Build | Course::Remove | Course::Pause => spec.keeps_adopted(),
            }
    }

    /// JD Cloud's VPC product with the key of this side's account, in this side's region.
    ///
    /// # Errors
    /// When the account is not in the operator's list, is of another cloud, or its key is not configured.
    pub fn jd_vpc(&self) -> Result<jdcloud::vpc::Vpc, NotDone> {
        self.services.clouds.jd_vpc(self.place())
    }

    /// JD Cloud's VPC product with the key of the other side's account. Only for reading: each side changes its own.
    ///
    /// # Errors
    /// When the account is not in the operator's list, is of another cloud, or its key is not configured.
    pub fn peer_jd_vpc(&self) -> Result<jdcloud::vpc::Vpc, NotDone> {
        self.services.clouds.jd_vpc(self.peer_place())
    }

    /// A client of this side's account, and this side's region.
    ///
    /// # Errors
    /// When the account is not in the operator's list.
    pub fn client(&self) -> Result<(alicloud::Client, alicloud::Region), NotDone> {
        self.services.clouds.client(&self.session(self.purpose()), self.place())
    }

    /// A client of the other side's account, and the other side's region. Only for reading: each side changes its own.
    ///
    /// # Errors
    /// When the account is not in the operator's list.
    pub fn peer_client(&self) -> Result<(alicloud::Client, alicloud::Region), NotDone> {
        self.services.clouds.client(&self.session(Purpose::Read), self.peer_place())
    }

    /// Commands on one instance of this side and what they print, and the user of the instance as whom they may run.
    ///
    /// # Errors
    /// When the account is not in the operator's list.
    pub fn commands(&self, instance: &ResourceId) -> Result<(alicloud::ecs::Ecs, &'a str), NotDone> {
        let (session, place) = (self.session(Purpose::Command { instance }), self.place());
        let (account, client, region) =
            self.services.clouds.client_at(&session, place.account.as_str(), place.region_id.as_str())?;
        Ok((client.ecs(&region), account.command_user()))
    }

    /// What the cloud says of a call that is tried and not done; `None` where the account's roles do not allow to try it. The
    /// call is made only then.
    pub async fn verdict(&self, tried: impl Future<Output = Result<(), alicloud::Error>>) -> Option<String> {
        if !self.services.clouds.may_try(self.place().account) {
            return None;
        }
        let tried = tried.instrument(info_span!("trial", dry_run = true));
        Some(tried.await.map_or_else(|error| Chain(&error).to_string(), |()| "the cloud would do it".to_owned()))
    }

    /// What this view is for, in this side's account.
    fn purpose(&self) -> Purpose<'a> {
        if !self.changes || session::calls(self.step).is_empty() {
            return Purpose::Read;
        }
        Purpose::Change { step: self.step, things: self.things() }
    }

    /// What is known on this side of what the spec names and earlier steps made.
    fn things(&self) -> Vec<(Sort, &'a str)> {
        let SideRecord { network, outputs, .. } = self.own;
        let link = &outputs.private_link;
        let mut things: Vec<(Sort, &str)> = vec![(Sort::Vpc, self.place().vpc_id.as_str())];
        things.extend(network.route_tables.iter().map(|id| (Sort::RouteTable, id.as_str())));
        things.extend(outputs.router_interface_id.iter().map(|id| (Sort::Interface, id.as_str())));
        things.extend(link.service_id.iter().map(|id| (Sort::Service, id.as_str())));
        let asked = self.record.spec.opened_groups(self.side).into_iter();
        let recorded = outputs.rules.iter().map(|rule| rule.security_group_id.as_str());
        let former = outputs.former.security_groups.iter().map(String::as_str);
        let groups: BTreeSet<&str> = asked.chain(recorded).chain(former).collect();
        things.extend(groups.into_iter().map(|id| (Sort::Group, id)));
        things
    }

    /// A session of this step in an account.
    fn session<'s>(&'s self, purpose: Purpose<'s>) -> Session<'s> {
        // Who asked for what the record carries.
        let caller = self.record.asked_by.as_ref().map(connection::words::CallerName::as_str);
        Session { purpose, connection: Some(self.record.name()), caller }
    }

    /// The security groups, servers and commands in this side's account and region.
    ///
    /// # Errors
    /// When the account is not in the operator's list.
    pub fn ecs(&self) -> Result<alicloud::ecs::Ecs, NotDone> {
        let (client, region) = self.client()?;
        Ok(client.ecs(&region))
    }

    /// Where this side's listings are taken.
    #[must_use]
    pub fn account_region(&self) -> AccountRegion {
        AccountRegion { account: self.place().account.clone(), region: self.place().region_id.clone() }
    }

    /// What is shown of this side's account and region.
    #[must_use]
    pub fn view<'s>(&self, inventory: &'s Inventory) -> RegionInventory<'s> {
        inventory.at(&self.account_region())
    }

    /// What is shown of the other side's account and region. The other side's `listings` names its listings.
    #[must_use]
    pub fn peer_view<'s>(&self, inventory: &'s Inventory) -> RegionInventory<'s> {
        let place = self.peer_place();
        inventory.at(&AccountRegion { account: place.account.clone(), region: place.region_id.clone() })
    }

    /// The private links in this side's account and region.
    ///
    /// # Errors
    /// When the account is not in the operator's list.
    pub fn links(&self) -> Result<alicloud::private_link::PrivateLink, NotDone> {
        let (client, region) = self.client()?;
        Ok(client.private_link(&region))
    }

    /// The classic load balancers in this side's account and region.
    ///
    /// # Errors
    /// When the account is not in the operator's list.
    pub fn balancers(&self) -> Result<alicloud::slb::Slb, NotDone> {
        let (client, region) = self.client()?;
        Ok(client.slb(&region))
    }

    /// This instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.services.io.clock.now()
    }

    /// The ranges of the VPCs that endpoints lie in, read for decisions by `policy`.
    #[must_use]
    pub fn consumers(&self, policy: Option<&Policy>) -> Consumers<'_> {
        Consumers::new(&self.services.clouds, self.session(Purpose::Read), policy)
    }

    /// The lane of this VPC's routes.
    #[must_use]
    pub fn route_lane(&self) -> Lane {
        let place = self.place();
        Lane::of_routes(&self.own.account_id, place.region_id.as_str(), place.vpc_id.as_str())
    }

    /// The lane of changes to endpoints, services and what lies between, of this side's main account.
    #[must_use]
    pub fn link_lane(&self) -> Lane {
        Lane::of_approvals(&self.own.account_id)
    }

    /// The store, for what is kept beside records.
    #[must_use]
    pub fn store(&self) -> &'a Store {
        &self.services.store
    }

    /// The keys of the logs.
    #[must_use]
    pub fn keys(&self) -> &'a Keys {
        &self.services.audit
    }

    /// Time and randomness.
    #[must_use]
    pub fn io(&self) -> &'a Io {
        &self.services.io
    }

    /// Returns when it is this side's turn in `lane`. The turn lasts until the step is done on this side; giving it back is
    /// not the step's business.
    ///
    /// # Errors
    /// A wait while it is somebody else's turn, or when the store does not answer.
    pub async fn acquire_lane(&self, lane: Lane, outputs: &mut Outputs) -> Result<(), NotDone> {
        let (store, io) = (&self.services.store, &self.services.io);
        let grant = store.acquire_lane(&lane, &self.waiter(), self.now(), || io.entropy.nonce()).await;
        outputs.lane = Some(lane.clone());
        match grant {
            Ok(Grant::Granted) => Ok(()),
            Ok(Grant::Wait { ahead }) => Err(NotDone::queued(&lane, ahead)),
            Err(error) => Err(NotDone::retry(Duration::from_secs(3), format!("lane {lane}: {}", Chain(&error)))),
        }
    }

    /// This side, as others refer to it.
    #[must_use]
    pub fn side_ref(&self) -> SideRef {
        SideRef::of(self.record, self.side)
    }

    /// The same step's view of one side of another connection, or `None` where its record does not know both sides.
    #[must_use]
    pub fn of_another<'b>(&'b self, record: &'b Record, side: Side) -> Option<SideContext<'b>> {
        SideContext::of(record, side, self.step, self.services)
    }

    /// This side as a waiter in lanes.
    pub(crate) fn waiter(&self) -> Waiter {
        Waiter::Side(self.side_ref())
    }
}
