//! One look at an endpoint, and what follows from it.

use std::time::Duration;

use alicloud::private_link::EndpointConnection;
use approval::decision::{Act, Actor, Event, Place};
use approval::policy::Mode;
use approval::report::Finding;
use approval::request::{Facts, Request, Status};
use approval::verdict::{Effect, Reason, Verdict};
use approval::{decide, recheck};
use connection::lane::{Grant, Lane, Waiter};
use connection::message::EndpointMessage;
use connection::words::{ResourceId, StepName};
use engine::carry::release_and_wake;
use engine::endpoint::{Consumers, Provider, ServiceView, states};
use engine::services::Services;
use engine::session::{Purpose, Session, Sort};
use engine::tell::{of_decision, tell};
use ipnet::Ipv4Net;
use store::{Approved, StoreError, StoredPolicy};
use tracing::{Instrument as _, error, info, info_span, warn};
use transport::Chain;

use crate::act::{CallOutcome, ask, patience};
use crate::log::{Access, Grounds, Log};

/// How often a visit begins anew because somebody else wrote into the log.
const MOST_RACES: usize = 8;
/// How often in a row a message puts itself off. What is open still then is taken up by the sweep, so that messages about
/// one endpoint do not pile up.
const MOST_TIMES: u32 = 20;
/// How long the cloud takes to connect or to cut, more or less.
const SETTLES: Duration = Duration::from_secs(5);

/// What a visit came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visited {
    /// Something was decided, or came to its end.
    Recorded,
    /// Everything is as it was.
    NothingNew,
    /// It goes on later: a message is on its way, or whoever is in the lane sends one.
    Waits,
}

/// Why a visit came to nothing. The message comes again.
#[derive(Debug, thiserror::Error)]
pub enum VisitError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The message could not be put off.
    #[error("the message for later could not be sent")]
    PutOff(#[source] alicloud::Error),
    /// Others kept writing into the log.
    #[error("the log of endpoint {0} changed {MOST_RACES} times during this visit")]
    Races(String),
}

/// Visits an endpoint. What a connection of Causeway asks for, or takes away, it carries out itself: that is left to it.
///
/// # Errors
/// See [`VisitError`]; the message must come again then.
pub async fn visit(services: &Services, message: &EndpointMessage) -> Result<Visited, VisitError> {
    let (Ok(service), Ok(endpoint)) = (message.service_id.parse(), message.endpoint_id.parse()) else {
        error!(?message, "a message with ids that are none was dropped");
        return Ok(Visited::NothingNew);
    };
    let place = Place { account: message.account.clone(), region: message.region.clone() };
    let provider = match Provider::of(&services.clouds, &session(&service), &place) {
        Ok(provider) => provider,
        Err(not_done) => {
            error!(why = %connection::inventory::reading::Unavailable::from(not_done), "the account of an endpoint cannot be used; the sweep tries again");
            return Ok(Visited::NothingNew);
        }
    };
    let lane = Lane::of_approvals(&provider.account_id);
    let span = info_span!(
        "visit", step = %StepName::ApproveEndpoint, %endpoint, %service, account = place.account, region = place.region
    );
    Visit { services, message, service, endpoint, place, provider, lane }.until_settled().instrument(span).await
}

/// A session that connects and cuts endpoints of this service.
fn session(service: &ResourceId) -> Session<'_> {
    let things = vec![(Sort::Service, service.as_str())];
    Session { purpose: Purpose::Change { step: StepName::ApproveEndpoint, things }, connection: None, caller: None }
}

struct Visit<'a> {
    services: &'a Services,
    message: &'a EndpointMessage,
    service: ResourceId,
    endpoint: ResourceId,
    place: Place,
    provider: Provider,
    lane: Lane,
}

/// What one look showed.
struct Observed {
    view: ServiceView,
    connection: EndpointConnection,
    request: Request,
    /// The ranges of its VPC, where the policy asks for them.
    ranges: Option<Vec<Ipv4Net>>,
    policy: Option<StoredPolicy>,
}

/// A look that showed nothing to go on with.
enum Unavailable {
    /// There is no such endpoint any more.
    Gone,
    /// The cloud did not answer as it should.
    Later(Duration, String),
    /// It never will.
    Never(String),
}

impl Visit<'_> {
    /// Looks until nobody else has written in between.
    async fn until_settled(&self) -> Result<Visited, VisitError> {
        for _ in 0..MOST_RACES {
            match self.once().await {
                Err(VisitError::Store(error)) if error.is_conflict() => {}
                done => return done,
            }
        }
        Err(VisitError::Races(self.message.endpoint_id.clone()))
    }

    async fn once(&self) -> Result<Visited, VisitError> {
        let place = self.place.clone();
        let access = Access::of(self.services);
        let log = Log::open(access, Actor::Policy, place, self.service.clone(), self.endpoint.clone()).await?;
        let mut log = match log {
            Ok(log) => log,
            Err(untrusted) => {
                error!(endpoint = %self.endpoint, why = %untrusted, "nothing is done about this endpoint until a person decides");
                self.leave().await;
                return Ok(Visited::NothingNew);
            }
        };
        let seen = match self.look().await? {
            Ok(seen) => seen,
            Err(blind) => return self.blind(&mut log, blind).await,
        };
        let open = log.state().open.map(|open| open.act);
        match (open, seen.request.status) {
            (Some(Act::Connect), Status::Connected) | (Some(Act::Cut), Status::Disconnected) => {
                let act = open.unwrap_or(Act::Connect);
                log.add(Event::Done { act }, Grounds { request: Some(seen.request), ..Grounds::default() }, None)
                    .await?;
                self.leave().await;
                // A person may have said otherwise in the meantime; the next visit sees to that.
                self.again(Duration::ZERO, "to look whether it is still wanted").await.map(|_| Visited::Recorded)
            }
            (Some(_), Status::Connecting | Status::Disconnecting | Status::Moving) => {
                self.stay_in_lane().await?;
                self.again(SETTLES, "the cloud is at work").await
            }
            (None, Status::Connecting | Status::Disconnecting | Status::Moving) => Ok(Visited::NothingNew),
            (_, Status::Disconnected) => self.unconnected(&mut log, seen).await,
            (_, Status::Connected) => self.connected(&mut log, seen).await,
        }
    }

    /// The policy, the service and the endpoint as they are now.
    async fn look(&self) -> Result<Result<Observed, Unavailable>, VisitError> {
        let policy = match self.services.store.policy(self.services.audit.trusted()).await {
            Ok(policy) => policy,
            Err(error @ StoreError::Unreadable { .. }) => {
                error!(error = %Chain(&error), "the policy does not read, so nothing is approved and nothing is cut by it");
                None
            }
            Err(error) => return Err(error.into()),
        };
        let view = match ServiceView::of(&self.provider.link, self.service.as_str()).await {
            Ok(Some(view)) => view,
            Ok(None) => return Ok(Err(Unavailable::Gone)),
            Err(error) => {
                let why = Chain(&error).to_string();
                return Ok(Err(match patience(&error) {
                    Some(delay) => Unavailable::Later(delay, why),
                    None => Unavailable::Never(why),
                }));
            }
        };
        let Some(connection) = view.connection(self.endpoint.as_str()).cloned() else {
            return Ok(Err(Unavailable::Gone));
        };
        let request = view.request(&connection, &self.place.region);
        let rules = policy.as_ref().map(|stored| &stored.policy);
        let consumers = Consumers::new(&self.services.clouds, Session::reading(None, None), rules);
        Ok(match consumers.ranges(&request).await {
            Ok(ranges) => Ok(Observed { view, connection, request, ranges, policy }),
            Err(retry) => Err(Unavailable::Later(SETTLES, retry.why)),
        })
    }

    async fn blind(&self, log: &mut Log<'_>, blind: Unavailable) -> Result<Visited, VisitError> {
        match blind {
            Unavailable::Later(delay, why) => self.again(delay, &why).await,
            Unavailable::Never(why) => {
                error!(endpoint = %self.endpoint, why, "this endpoint cannot be looked at; the sweep tries again");
                Ok(Visited::NothingNew)
            }
            Unavailable::Gone => {
                let open = log.state().open;
                if let Some(open) = &open {
                    let detail = "the endpoint or its service is gone".to_owned();
                    log.add(Event::Dropped { act: open.act, detail }, Grounds::default(), None).await?;
                }
                self.leave().await;
                Ok(if open.is_some() { Visited::Recorded } else { Visited::NothingNew })
            }
        }
    }

    /// Decides on an endpoint that is not connected.
    async fn unconnected(&self, log: &mut Log<'_>, seen: Observed) -> Result<Visited, VisitError> {
        let (verdict, facts) = self.judge(log, &seen).await?;
        if verdict.is_of_connection() && log.state().connection.is_some() {
            return Ok(Visited::NothingNew);
        }
        if verdict.effect != Effect::Approve {
            return self.left(log, seen, verdict, facts).await;
        }
        if self.failed_before(log, &seen, &verdict) {
            return Ok(Visited::NothingNew);
        }
        if !self.stay_in_lane().await? {
            return Ok(Visited::Waits);
        }
        if log.state().open.is_some() {
            return self.carry_out(log, &seen).await;
        }
        // What was counted before it was our turn may have changed since.
        let seen = match self.look().await? {
            Ok(seen) if seen.request.status == Status::Disconnected => seen,
            Ok(_) => return self.again(SETTLES, "it changed in the meantime").await,
            Err(blind) => return self.blind(log, blind).await,
        };
        let (verdict, facts) = self.judge(log, &seen).await?;
        if verdict.effect != Effect::Approve {
            return self.left(log, seen, verdict, facts).await;
        }
        let event = Event::Intended { act: Act::Connect, verdict };
        log.add(event, grounds(&seen, facts), None).await?;
        self.carry_out(log, &seen).await
    }

    async fn judge(&self, log: &Log<'_>, seen: &Observed) -> Result<(Verdict, Facts), VisitError> {
        let now = self.services.io.clock.now();
        let approvals = self.services.store.approvals_within_the_hour(now).await?;
        let state = log.state();
        let mut facts = seen.view.facts(&seen.connection, &state, approvals, now);
        facts.ranges.clone_from(&seen.ranges);
        if let Some(rule) = state.open.as_ref().and_then(|open| open.verdict.rule.as_ref()) {
            // What is being connected already was counted when that was decided.
            facts.approvals.in_all = facts.approvals.in_all.saturating_sub(1);
            if let Some(counted) = facts.approvals.by_rule.get_mut(rule.as_str()) {
                *counted = counted.saturating_sub(1);
            }
        }
        let policy = seen.policy.as_ref().map(|stored| &stored.policy);
        Ok((decide(policy, &seen.request, &facts), facts))
    }

    /// It is not to be connected: that is written down if it is news, and whoever is next gets the turn.
    async fn left(
        &self,
        log: &mut Log<'_>,
        seen: Observed,
        verdict: Verdict,
        facts: Facts,
    ) -> Result<Visited, VisitError> {
        let state = log.state();
        let dropped = state.open.is_some();
        if let Some(open) = state.open {
            let event = Event::Dropped { act: open.act, detail: verdict.detail.clone() };
            log.add(event, Grounds::default(), None).await?;
        }
        let news = log.state().is_news(&verdict);
        if news {
            if verdict.effect == Effect::Leave {
                warn!(endpoint = %self.endpoint, why = verdict.detail, "an endpoint asks to be connected and is left");
            }
            log.add(Event::Decided { verdict }, grounds(&seen, facts), None).await?;
        }
        // Also where it is no news: who wrote it down may have died before it told anybody.
        if let Some(event) = log.newest().and_then(of_decision) {
            tell(self.services, &event).await?;
        }
        self.leave().await;
        Ok(if news || dropped { Visited::Recorded } else { Visited::NothingNew })
    }

    /// Whether the same was tried before under the same policy and refused for good.
    fn failed_before(&self, log: &Log<'_>, seen: &Observed, verdict: &Verdict) -> bool {
        let hash = seen.policy.as_ref().map(|stored| &stored.hash);
        let state = log.state();
        let same_policy = log.newest().is_some_and(|newest| newest.policy_hash.as_ref() == hash);
        state.failed && same_policy && state.verdict.is_some_and(|before| before.says_the_same(verdict))
    }

    /// Decides whether a connected endpoint must be cut.
    async fn connected(&self, log: &mut Log<'_>, seen: Observed) -> Result<Visited, VisitError> {
        if log.state().open.is_some_and(|open| open.verdict.is_of_connection()) {
            return Ok(Visited::NothingNew);
        }
        let Some((verdict, facts)) = self.to_be_cut(log, &seen).await? else {
            if let Some(open) = log.state().open {
                let detail = "it passes again, or cutting is no longer wanted".to_owned();
                log.add(Event::Dropped { act: open.act, detail }, Grounds::default(), None).await?;
                self.leave().await;
                return Ok(Visited::Recorded);
            }
            self.leave().await;
            return Ok(Visited::NothingNew);
        };
        if self.failed_before(log, &seen, &verdict) {
            return Ok(Visited::NothingNew);
        }
        if !self.stay_in_lane().await? {
            return Ok(Visited::Waits);
        }
        if log.state().open.is_none() {
            log.add(Event::Intended { act: Act::Cut, verdict }, grounds(&seen, facts), None).await?;
        }
        self.carry_out(log, &seen).await
    }

    /// The verdict by which it is to be cut now: a person's rejection, or in mode `enforce` what was reported for longer than
    /// the time of grace and still stands.
    async fn to_be_cut(&self, log: &Log<'_>, seen: &Observed) -> Result<Option<(Verdict, Facts)>, VisitError> {
        let (now, store) = (self.services.io.clock.now(), &self.services.store);
        let states = states(store, self.services.audit.trusted(), &seen.view).await?;
        let state = log.state();
        let mut facts = seen.view.facts_to_keep(&seen.connection, &states, now);
        facts.ranges.clone_from(&seen.ranges);
        let policy = seen.policy.as_ref().map(|stored| &stored.policy);
        let Some(verdict) = recheck(policy, &seen.request, &facts, state.approval.as_ref()) else {
            return Ok(None);
        };
        if verdict.reason == Reason::RejectedByPerson {
            return Ok(Some((verdict, facts)));
        }
        let Some(policy) = policy.filter(|policy| policy.mode == Mode::Enforce) else { return Ok(None) };
        let report = store.report().await?;
        let finding = report.as_ref().and_then(|report| report.finding(self.service.as_str(), self.endpoint.as_str()));
        // It must have been announced: what nobody could have seen is not cut.
        let announced = finding.filter(|finding| finding.verdict.is_some()).map(|finding| finding.since);
        let due = announced.and_then(|since| Finding::cut_after(policy, since)).is_some_and(|after| after <= now);
        Ok(due.then_some((verdict, facts)))
    }

    /// Asks the cloud for what the log says is intended.
    async fn carry_out(&self, log: &mut Log<'_>, seen: &Observed) -> Result<Visited, VisitError> {
        let Some(open) = log.state().open else { return Ok(Visited::NothingNew) };
        if open.act == Act::Connect {
            let approved = Approved {
                at: open.at,
                rule: open.verdict.rule.as_ref().map(approval::policy::RuleId::as_str),
                service: &self.service,
                endpoint: &self.endpoint,
                sequence: open.sequence,
            };
            self.services.store.mark_approved(approved).await?;
        }
        let policy_hash = seen.policy.as_ref().map(|stored| stored.hash.clone());
        match ask(&self.provider.link, self.service.as_str(), self.endpoint.as_str(), &open).await {
            CallOutcome::Accepted(request_id) => {
                log.add(Event::Asked { act: open.act }, Grounds { policy_hash, ..Grounds::default() }, request_id)
                    .await?;
                self.again(SETTLES, "the cloud is at work").await
            }
            CallOutcome::LookAgain(delay, error) => self.again(delay, &Chain(&error).to_string()).await,
            CallOutcome::Refused(error) => {
                error!(endpoint = %self.endpoint, error = %Chain(&error), advice = error.advice(), "the cloud refused what was decided");
                let code = error.code().map(str::to_owned);
                let event =
                    Event::Failed { act: open.act, detail: format!("{}. {}", Chain(&error), error.advice()), code };
                let grounds = Grounds { policy_hash, ..Grounds::default() };
                log.add(event, grounds, error.request_id().map(str::to_owned)).await?;
                self.leave().await;
                Ok(Visited::Recorded)
            }
        }
    }

    fn waiter(&self) -> Waiter {
        Waiter::Endpoint(EndpointMessage { times: 0, ..self.message.clone() })
    }

    /// Whether it is our turn. If it is not, whoever has it wakes us; should that be lost, the sweep does.
    async fn stay_in_lane(&self) -> Result<bool, VisitError> {
        let (store, io) = (&self.services.store, &self.services.io);
        let grant = store.acquire_lane(&self.lane, &self.waiter(), io.clock.now(), || io.entropy.nonce()).await?;
        if let Grant::Wait { ahead } = grant {
            info!(endpoint = %self.endpoint, lane = %self.lane, ahead, "waits for its turn");
        }
        Ok(grant == Grant::Granted)
    }

    async fn leave(&self) {
        release_and_wake(self.services, &self.lane, &self.waiter(), None).await;
    }

    /// Puts the message off.
    async fn again(&self, delay: Duration, why: &str) -> Result<Visited, VisitError> {
        let times = self.message.times + 1;
        if times > MOST_TIMES {
            info!(endpoint = %self.endpoint, why, "put off too often in a row; the sweep takes it up");
            return Ok(Visited::Waits);
        }
        info!(endpoint = %self.endpoint, why, delay_seconds = delay.as_secs(), "looks again later");
        let later = EndpointMessage { times, ..self.message.clone() };
        self.services.queues.send(&later, delay).await.map_err(VisitError::PutOff)?;
        Ok(Visited::Waits)
    }
}

fn grounds(seen: &Observed, facts: Facts) -> Grounds {
    let policy_hash = seen.policy.as_ref().map(|stored| stored.hash.clone());
    Grounds { request: Some(seen.request.clone()), facts: Some(facts), policy_hash }
}
