//! approve-endpoint as a step: connects the endpoint that a connection of Causeway made.
//!
//! The endpoint was announced: whoever may post a connection has said that it shall be connected, so no rule has to name it.
//! That is a decision like any other, and it goes into the endpoint's own log, by the connection's name, before the cloud is
//! asked. A person who rejects or holds the endpoint, and a rule that rejects it, count before it: then the step fails and
//! says what to do. As long as the log says whose the endpoint is, nobody decides on it a second time.
//!
//! Undoing says so in the log, cuts the endpoint, and waits until it is cut. Only the provider's side has anything to do.

use std::time::Duration;

use alicloud::Kind;
use alicloud::private_link::{ConnectionZone, EndpointConnection, PrivateLink, ZoneStatus};
use approval::decide;
use approval::decision::{Act, Actor, DecisionContent, EndpointState, Event, Place, subject_of};
use approval::request::{Approvals, Facts, Past, PersonSays, Request, Status};
use approval::verdict::{Effect, Reason, Verdict};
use async_trait::async_trait;
use connection::finding::Finding;
use connection::inventory::{self, Inventory, LinkListingId};
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::plan::{Operation, Planned};
use connection::words::{ResourceId, Side, StepName};
use engine::endpoint::ServiceView;
use engine::kind::private_link::endpoint::recorded;
use engine::kind::private_link::service::service_id;
use engine::kind::private_link::{lane, spec};
use engine::step::{SideContext, Step};
use store::{StoreError, Untrusted};
use transport::Chain;

use crate::act::{CallOutcome, ask};
use crate::drift;
use crate::log::{Access, Grounds, Log};

/// How soon to look again at a connection on its way.
const LOOK_AGAIN: Duration = Duration::from_secs(4);
/// What it is called while it does not exist.
const NEW: &str = "endpoint";

/// Connects the endpoint that a connection of Causeway made, on the provider's side.
pub struct ApproveEndpoint;

#[async_trait]
impl Step for ApproveEndpoint {
    fn name(&self) -> StepName {
        StepName::ApproveEndpoint
    }

    fn acts_on(&self, side: Side) -> bool {
        !side.asks()
    }

    async fn apply(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        lane::keep(side, outputs).await?;
        let (api, subject) = (side.links()?, Subject::of(side, outputs)?);
        let seen = subject.look(side, &api).await?.ok_or_else(|| subject.gone())?;
        let mut log = subject.log(side).await?;
        let judged = subject.judge(side, &seen, &log.state()).await?;
        match seen.request.status {
            Status::Connected => {
                // What a rule holds, or perhaps does, is left as it is: connected, if the connection's own.
                let is_own = log.state().connection.as_deref() == Some(subject.connection.as_str());
                if !(is_own && matches!(judged.verdict.reason, Reason::HeldByRule | Reason::RangesUnknown)) {
                    subject.allowed(&mut log, &seen, &judged).await?;
                }
                subject.claim(&mut log, &seen, judged).await?;
                if log.state().open.is_some_and(|open| open.act == Act::Connect) {
                    let grounds = Grounds { request: Some(seen.request.clone()), ..Grounds::default() };
                    add(&mut log, Event::Done { act: Act::Connect }, grounds, None).await?;
                }
                subject.tune(side, &api, outputs, &seen.connection).await?;
                lane::end(side, outputs);
                Ok(())
            }
            Status::Disconnected => {
                subject.allowed(&mut log, &seen, &judged).await?;
                lane::take(side, outputs).await?;
                subject.connect(&api, &mut log, &seen, judged).await
            }
            Status::Connecting | Status::Disconnecting | Status::Moving => Err(subject.wait(&seen.connection)),
        }
    }

    async fn undo(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        lane::keep(side, outputs).await?;
        // Without an endpoint that was recorded none was ever connected.
        let Ok(subject) = Subject::of(side, outputs) else {
            lane::end(side, outputs);
            return Ok(());
        };
        let api = side.links()?;
        let seen = subject.look(side, &api).await?;
        let mut log = subject.log(side).await?;
        let status = seen.as_ref().map(|seen| seen.request.status);
        match (seen, status) {
            (Some(seen), Some(Status::Connected)) => {
                lane::take(side, outputs).await?;
                subject.cut(&api, &mut log, &seen).await
            }
            (Some(seen), Some(Status::Connecting | Status::Disconnecting | Status::Moving)) => {
                Err(subject.wait(&seen.connection))
            }
            (seen, _) => {
                subject.let_go(&mut log, seen.map(|seen| seen.request)).await?;
                lane::end(side, outputs);
                Ok(())
            }
        }
    }

    async fn plan(&self, side: &SideContext<'_>, operation: Operation) -> Result<Vec<Planned>, NotDone> {
        if operation == Operation::Pause {
            return Ok(Vec::new());
        }
        let (enable, disable) = (Some("EnableVpcEndpointConnection"), Some("DisableVpcEndpointConnection"));
        let Ok(subject) = Subject::of(side, side.outputs()) else {
            return Ok(match operation {
                Operation::Apply => vec![side.planned(enable, NEW, "it is connected")],
                Operation::Undo | Operation::Pause => Vec::new(),
            });
        };
        let api = side.links()?;
        let Some(seen) = subject.look(side, &api).await? else { return Ok(Vec::new()) };
        let (service, id) = (subject.service.as_str(), subject.endpoint.as_str());
        let status = seen.request.status;
        if operation == Operation::Undo {
            if status == Status::Disconnected {
                return Ok(Vec::new());
            }
            let mut planned = side.planned(disable, id, "it is cut");
            planned.verdict = side.verdict(api.dry_run_disable_vpc_endpoint_connection(service, id)).await;
            return Ok(vec![planned]);
        }
        if status != Status::Connected {
            let mut planned = side.planned(enable, id, "it is connected");
            let request = alicloud::private_link::EnableVpcEndpointConnection {
                service_id: service.to_owned(),
                endpoint_id: id.to_owned(),
                bandwidth: spec(side)?.provider.bandwidth_mbps,
                client_token: side.client_token("plan"),
            };
            planned.verdict = side.verdict(api.dry_run_enable_vpc_endpoint_connection(&request)).await;
            return Ok(vec![planned]);
        }
        let mut plan = vec![side.planned(None, id, "it is connected")];
        if let Some(bandwidth) = subject.other_bandwidth(&seen.connection) {
            let call = Some("UpdateVpcEndpointConnectionAttribute");
            plan.push(side.planned(call, id, &format!("it may carry {bandwidth} Mbit/s")));
        }
        Ok(plan)
    }

    fn listings(&self, _: &SideContext<'_>) -> Vec<inventory::ListingId> {
        vec![inventory::ListingId::Link(LinkListingId::Connections)]
    }

    fn observe(&self, side: &SideContext<'_>, inventory: &Inventory) -> Vec<Finding> {
        let Ok(subject) = Subject::of(side, side.outputs()) else { return Vec::new() };
        let id = subject.endpoint.as_str();
        let Some(found) = side.view(inventory).endpoint_connection(id) else { return Vec::new() };
        let found = found.filter(|found| found.service_id == subject.service.as_str());
        drift::findings(side.side(), id, &subject.wanted, found)
    }
}

/// What the connection's endpoint shall be like, as its provider sees it.
#[derive(Debug, Clone)]
pub struct Desired {
    /// In Mbit/s, if that matters.
    pub bandwidth: Option<u32>,
    /// The zones in which traffic shall pass.
    pub zones: Vec<String>,
}

/// The endpoint in question.
struct Subject {
    connection: String,
    service: ResourceId,
    endpoint: ResourceId,
    wanted: Desired,
}

/// What one look showed.
struct Observed {
    view: ServiceView,
    connection: EndpointConnection,
    request: Request,
}

/// What was decided, on which grounds.
struct Judged {
    verdict: Verdict,
    facts: Facts,
    policy_hash: Option<String>,
}

impl Subject {
    fn of(side: &SideContext<'_>, outputs: &Outputs) -> Result<Self, NotDone> {
        let link = spec(side)?;
        let id = |text: &str| -> Result<ResourceId, NotDone> {
            text.parse().map_err(|error| NotDone::failed(format!("{error}"), "remove the connection and post it again"))
        };
        Ok(Self {
            connection: side.record().name().to_string(),
            service: id(&service_id(side, outputs)?)?,
            endpoint: id(recorded(&side.peer().outputs)?)?,
            wanted: Desired {
                bandwidth: link.provider.bandwidth_mbps,
                zones: link.consumer.zones.iter().map(|zone| zone.zone_id.to_string()).collect(),
            },
        })
    }

    async fn log<'a>(&self, side: &SideContext<'a>) -> Result<Log<'a>, NotDone> {
        let place = side.place();
        let place = Place { account: place.account.to_string(), region: place.region_id.to_string() };
        let actor = Actor::Connection(self.connection.clone());
        let access = Access { store: side.store(), keys: side.keys(), io: side.io() };
        let log = Log::open(access, actor, place, self.service.clone(), self.endpoint.clone()).await;
        log.map_err(|error| kept(&error))?.map_err(|untrusted| self.held(&untrusted))
    }

    /// The endpoint as its provider sees it; `None` when the service does not know it.
    async fn look(&self, side: &SideContext<'_>, api: &PrivateLink) -> Result<Option<Observed>, NotDone> {
        let Some(view) = ServiceView::of(api, self.service.as_str()).await? else { return Ok(None) };
        let Some(connection) = view.connection(self.endpoint.as_str()).cloned() else { return Ok(None) };
        let request = view.request(&connection, side.place().region_id.as_str());
        Ok(Some(Observed { view, connection, request }))
    }

    /// Nobody goes on from a log whose newest entry is not to be trusted.
    fn held(&self, untrusted: &Untrusted) -> NotDone {
        let (service, endpoint) = (&self.service, &self.endpoint);
        NotDone::failed(
            format!("nothing is done about endpoint {endpoint}: {untrusted}"),
            format!(
                "run `causeway audit verify` and find out who wrote it; POST a decision to /v1/approvals/{service}/{endpoint}, \
                 then retry"
            ),
        )
    }

    fn gone(&self) -> NotDone {
        NotDone::failed(
            format!(
                "the service {} knows nothing of endpoint {}; somebody deleted one of them",
                self.service, self.endpoint
            ),
            "find out who; then remove the connection and post it again",
        )
    }

    fn wait(&self, found: &EndpointConnection) -> NotDone {
        NotDone::retry(LOOK_AGAIN, format!("endpoint {} to settle (was {})", self.endpoint, found.status))
    }

    /// What person and policy say of it, given that a connection asks for it.
    async fn judge(&self, side: &SideContext<'_>, seen: &Observed, state: &EndpointState) -> Result<Judged, NotDone> {
        let stored = match side.store().policy(side.keys().trusted()).await {
            Ok(stored) => stored,
            // One that does not read has no say.
            Err(StoreError::Unreadable { .. }) => None,
            Err(error) => return Err(kept(&error)),
        };
        let mut facts = seen.view.facts(&seen.connection, state, Approvals::default(), side.now());
        facts.connection = Some(self.connection.clone());
        let policy = stored.as_ref().map(|stored| &stored.policy);
        facts.ranges = side.consumers(policy).ranges(&seen.request).await.map_err(NotDone::Retry)?;
        if seen.request.status == Status::Disconnected
            && facts.past.is_none()
            && self.was_rejected_before(side, seen).await?
        {
            facts.past = Some(Past::RejectedBefore);
        }
        let mut verdict = decide(policy, &seen.request, &facts);
        // A person's word connects it too; it is the connection's all the same.
        if verdict.reason == Reason::ApprovedByPerson {
            verdict = Verdict::by_connection(Reason::ApprovedByConnection, &self.connection);
        }
        verdict.bandwidth_mbps = self.wanted.bandwidth;
        Ok(Judged { verdict, facts, policy_hash: stored.map(|stored| stored.hash) })
    }

    /// Whether a person rejected an earlier endpoint from the same VPC, which removing and creating the connection anew does
    /// not take back.
    async fn was_rejected_before(&self, side: &SideContext<'_>, seen: &Observed) -> Result<bool, NotDone> {
        let (store, trusted) = (side.store(), side.keys().trusted());
        let unread = |error: StoreError| kept(&error);
        for endpoint in store.decided_endpoints_of(&self.service).await.map_err(unread)? {
            // Whatever was put behind the rejection does not hide it.
            let subject = subject_of(self.service.as_str(), endpoint.as_str());
            let (newest, _) = store.place_behind::<DecisionContent>(&subject, trusted).await.map_err(unread)?;
            let said = newest.as_ref().and_then(|entry| entry.state.person.as_ref()).map(|word| word.decision);
            if endpoint == self.endpoint || said != Some(PersonSays::Reject) {
                continue;
            }
            let objects = store.log(&subject).await.map_err(unread)?;
            let checked = audit::log::check::<DecisionContent>(&subject, &objects, trusted).into_iter();
            let request = checked.filter_map(|one| one.entry.ok()?.content.request).next_back();
            let is_same_place = |request: Request| {
                (request.account_id, request.vpc_id) == (seen.request.account_id.clone(), seen.request.vpc_id.clone())
            };
            if request.is_some_and(is_same_place) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Fails where a person or a rule stands against it; that goes into the log too, if it is news.
    async fn allowed(&self, log: &mut Log<'_>, seen: &Observed, judged: &Judged) -> Result<(), NotDone> {
        let Judged { verdict, facts, policy_hash } = judged;
        let refused = match (verdict.effect, verdict.reason) {
            (Effect::Approve, _) => return Ok(()),
            (_, Reason::ServiceNotReady | Reason::NotReady) => {
                return Err(NotDone::retry(LOOK_AGAIN, format!("endpoint {}: {}", self.endpoint, verdict.detail)));
            }
            _ => refused(verdict, self),
        };
        if log.state().is_news(verdict) {
            let (request, facts, policy_hash) = (seen.request.clone(), facts.clone(), policy_hash.clone());
            let grounds = Grounds { request: Some(request), facts: Some(facts), policy_hash };
            add(log, Event::Decided { verdict: verdict.clone() }, grounds, None).await?;
        }
        Err(refused)
    }

    /// Says in the log that the endpoint is this connection's, unless it says so already.
    async fn claim(&self, log: &mut Log<'_>, seen: &Observed, judged: Judged) -> Result<(), NotDone> {
        if log.state().connection.as_deref() == Some(self.connection.as_str()) {
            return Ok(());
        }
        let (verdict, grounds) = judged.grounds(seen);
        // What cannot be judged at this moment cannot be claimed either: it is on its way.
        if verdict.reason != Reason::ApprovedByConnection {
            return Err(self.wait(&seen.connection));
        }
        add(log, Event::Decided { verdict }, grounds, None).await
    }

    /// Says in the log that the cloud will be asked, and asks it.
    async fn connect(
        &self,
        api: &PrivateLink,
        log: &mut Log<'_>,
        seen: &Observed,
        judged: Judged,
    ) -> Result<(), NotDone> {
        match log.state().open.map(|open| open.act) {
            // Begun by this step before it died, or by a visit before the endpoint was claimed.
            Some(Act::Connect) => self.claim(log, seen, judged).await?,
            Some(Act::Cut) => {
                let grounds = Grounds { request: Some(seen.request.clone()), ..Grounds::default() };
                add(log, Event::Done { act: Act::Cut }, grounds, None).await?;
                return Err(NotDone::retry(
                    Duration::from_secs(1),
                    format!("endpoint {} to be decided on anew", self.endpoint),
                ));
            }
            None => {
                let (verdict, grounds) = judged.grounds(seen);
                add(log, Event::Intended { act: Act::Connect, verdict }, grounds, None).await?;
            }
        }
        self.carry_out(api, log).await
    }

    async fn cut(&self, api: &PrivateLink, log: &mut Log<'_>, seen: &Observed) -> Result<(), NotDone> {
        let open = log.state().open;
        let is_begun = open.as_ref().is_some_and(|open| open.verdict.reason == Reason::EndedByConnection);
        if let Some(open) = open.filter(|_| !is_begun) {
            // Whatever else was begun is overtaken.
            let detail = "the connection it was made for is taken away".to_owned();
            let event = if open.act == Act::Connect {
                Event::Done { act: Act::Connect }
            } else {
                Event::Dropped { act: open.act, detail }
            };
            add(log, event, Grounds::default(), None).await?;
        }
        if !is_begun {
            let verdict = Verdict::by_connection(Reason::EndedByConnection, &self.connection);
            let grounds = Grounds { request: Some(seen.request.clone()), ..Grounds::default() };
            add(log, Event::Intended { act: Act::Cut, verdict }, grounds, None).await?;
        }
        self.carry_out(api, log).await
    }

    /// Asks the cloud for what the log says is intended.
    async fn carry_out(&self, api: &PrivateLink, log: &mut Log<'_>) -> Result<(), NotDone> {
        let Some(open) = log.state().open else {
            return Err(NotDone::retry(Duration::from_secs(1), "the log to tell what is intended"));
        };
        let act = open.act;
        let why = format!("endpoint {} to {act}", self.endpoint);
        match ask(api, self.service.as_str(), self.endpoint.as_str(), &open).await {
            CallOutcome::Accepted(request_id) => {
                add(log, Event::Asked { act }, Grounds::default(), request_id).await?;
                Err(NotDone::retry(LOOK_AGAIN, why))
            }
            // It may be as it should be already, or gone: reading tells.
            CallOutcome::LookAgain(delay, error) if matches!(error.kind(), Kind::AlreadyThere | Kind::Gone) => {
                Err(NotDone::retry(delay, Chain(&error).to_string()))
            }
            CallOutcome::LookAgain(_, error) => Err(error.into()),
            CallOutcome::Refused(error) => {
                let code = error.code().map(str::to_owned);
                let event = Event::Failed { act, detail: format!("{}. {}", Chain(&error), error.advice()), code };
                add(log, event, Grounds::default(), error.request_id().map(str::to_owned)).await?;
                Err(NotDone::refused(&error))
            }
        }
    }

    /// It is not connected: nobody's connection asks for it any more.
    async fn let_go(&self, log: &mut Log<'_>, request: Option<Request>) -> Result<(), NotDone> {
        let grounds = || Grounds { request: request.clone(), ..Grounds::default() };
        if let Some(open) = log.state().open {
            let event = match (open.act, &request) {
                (Act::Cut, Some(_)) => Event::Done { act: Act::Cut },
                (act, _) => Event::Dropped { act, detail: "the connection it was made for is taken away".to_owned() },
            };
            add(log, event, grounds(), None).await?;
        }
        if log.state().connection.as_deref() == Some(self.connection.as_str()) {
            let verdict = Verdict::by_connection(Reason::EndedByConnection, &self.connection);
            add(log, Event::Decided { verdict }, grounds(), None).await?;
        }
        Ok(())
    }

    fn other_bandwidth(&self, found: &EndpointConnection) -> Option<u32> {
        self.wanted.bandwidth.filter(|wanted| found.bandwidth.is_some_and(|carries| carries != i64::from(*wanted)))
    }

    /// Brings a connected endpoint to the bandwidth and the zones that are wanted, one change at a time.
    async fn tune(
        &self,
        side: &SideContext<'_>,
        api: &PrivateLink,
        outputs: &mut Outputs,
        found: &EndpointConnection,
    ) -> Result<(), NotDone> {
        let (service, endpoint) = (self.service.as_str(), self.endpoint.as_str());
        if let Some(bandwidth) = self.other_bandwidth(found) {
            lane::take(side, outputs).await?;
            let token = side.client_token(&format!("{bandwidth} Mbit/s for {endpoint}"));
            api.update_vpc_endpoint_connection_attribute(service, endpoint, bandwidth, &token).await?;
            return Err(NotDone::retry(LOOK_AGAIN, format!("endpoint {endpoint} to carry {bandwidth} Mbit/s")));
        }
        let wanted = |zone: &&ConnectionZone| self.wanted.zones.contains(&zone.zone_id);
        for zone in found.zones.iter().filter(wanted) {
            let (id, status) = (&zone.zone_id, zone.status.clone().unwrap_or(ZoneStatus::Connected));
            match status {
                ZoneStatus::Connected | ZoneStatus::Migrating | ZoneStatus::Migrated => {}
                // One that came later waits until it is let in as well.
                ZoneStatus::Wait | ZoneStatus::Disconnected => {
                    lane::take(side, outputs).await?;
                    let token = side.client_token(&format!("connect {id} of {endpoint}"));
                    match api.enable_vpc_endpoint_zone_connection(service, endpoint, id, &token).await {
                        Err(error) if error.kind() != Kind::AlreadyThere => return Err(error.into()),
                        Ok(()) | Err(_) => {}
                    }
                    return Err(NotDone::retry(LOOK_AGAIN, format!("{id} of endpoint {endpoint} to be connected")));
                }
                status => {
                    let why = format!("{id} of endpoint {endpoint} to be connected (was {status})");
                    return Err(NotDone::retry(LOOK_AGAIN, why));
                }
            }
        }
        Ok(())
    }
}

impl Judged {
    fn grounds(self, seen: &Observed) -> (Verdict, Grounds) {
        let Self { verdict, facts, policy_hash } = self;
        (verdict, Grounds { request: Some(seen.request.clone()), facts: Some(facts), policy_hash })
    }
}

/// What stands against it, and how to go on.
fn refused(verdict: &Verdict, subject: &Subject) -> NotDone {
    let (service, endpoint) = (&subject.service, &subject.endpoint);
    let what = format!("endpoint {endpoint} is not connected: {}", verdict.detail);
    if verdict.reason == Reason::RejectedByRule {
        return NotDone::failed(what, "change that rule of the approval policy, then retry; or remove the connection");
    }
    let first = match verdict.reason {
        Reason::RangesUnknown => "see that the read role of the endpoint's account may list its VPCs, or",
        _ => "ask them,",
    };
    let advice = format!(
        "{first} POST the decision approve to /v1/approvals/{service}/{endpoint}, then retry; or remove the connection"
    );
    NotDone::failed(what, advice)
}

/// Adds an entry to the log.
async fn add(log: &mut Log<'_>, event: Event, grounds: Grounds, request_id: Option<String>) -> Result<(), NotDone> {
    log.add(event, grounds, request_id).await.map_err(|error| kept(&error))
}

/// The log could not be read or written: somebody else was faster, or the store does not answer.
fn kept(error: &StoreError) -> NotDone {
    match error {
        StoreError::Unreadable { .. } => NotDone::failed(
            format!("the log of the endpoint does not read: {}", Chain(error)),
            "see `causeway audit verify`, put it right, then retry",
        ),
        error => NotDone::retry(Duration::from_secs(1), format!("the log of the endpoint: {}", Chain(error))),
    }
}
