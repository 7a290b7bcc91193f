//! One service: what waits, what no longer passes, and whom to send to `approve-endpoint`.

use approval::decision::{EndpointState, Place};
use approval::report::{Finding, Report, Waiting};
use approval::request::{Approvals, Facts, PersonSays, Request, Status};
use approval::verdict::{Effect, Reason, Verdict};
use approval::{decide, recheck};
use connection::message::EndpointMessage;
use engine::endpoint::{Consumers, ServiceView, states};
use engine::services::Services;
use engine::tell::{of_untrusted, tell};
use jiff::{SignedDuration, Timestamp};
use store::{StoreError, StoredPolicy, Untrusted};
use tracing::{error, warn};

use crate::message;

/// For how long what was begun is left to the messages that carry it.
const LEFT_ALONE: SignedDuration = SignedDuration::from_secs(100);

/// What a sweep goes by.
pub struct SweepInput<'a> {
    /// This instant.
    pub now: Timestamp,
    /// The policy in force; none where there is none, or none that reads.
    pub policy: Option<&'a StoredPolicy>,
    /// The approvals of the last hour.
    pub approvals: Approvals,
    /// The ranges of consumers' VPCs.
    pub consumers: Consumers<'a>,
    /// What the sweep before saw.
    pub before: Option<&'a Report>,
}

/// What was seen.
#[derive(Debug, Default)]
pub struct SweepResult {
    /// Endpoints that are not connected.
    pub waiting: Vec<Waiting>,
    /// Connected endpoints that no longer pass, will not for long, or were never decided on.
    pub findings: Vec<Finding>,
    /// Messages to send.
    pub to_send: Vec<EndpointMessage>,
}

impl SweepResult {
    /// Adds what was seen elsewhere.
    pub fn extend(&mut self, other: Self) {
        self.waiting.extend(other.waiting);
        self.findings.extend(other.findings);
        self.to_send.extend(other.to_send);
    }
}

impl SweepInput<'_> {
    /// Looks at one service.
    ///
    /// # Errors
    /// When the store fails or a log does not read.
    pub async fn at(&self, services: &Services, place: &Place, view: &ServiceView) -> Result<SweepResult, StoreError> {
        let states = states(&services.store, services.audit.trusted(), view).await?;
        let mut seen = SweepResult::default();
        let none = EndpointState::default();
        for connection in &view.connections {
            let state = states.get(&connection.endpoint_id).unwrap_or(&none);
            let request = view.request(connection, &place.region);
            if let Some(untrusted) = states.untrusted.get(&connection.endpoint_id) {
                tell(services, &of_untrusted(untrusted, self.now)).await?;
                self.held(&mut seen, place, request, untrusted);
                continue;
            }
            let ranges = self.consumers.ranges(&request).await;
            if let Err(retry) = &ranges {
                warn!(endpoint = request.endpoint_id, why = retry.why, "the ranges of its VPC cannot be read now");
            }
            let (can_be_judged, ranges) = (ranges.is_ok(), ranges.ok().flatten());
            let to_send = match request.status {
                _ if state.open.as_ref().is_some_and(|open| self.was_left(open.at)) => true,
                Status::Disconnected => {
                    let facts = Facts { ranges, ..view.facts(connection, state, self.approvals.clone(), self.now) };
                    let (waiting, to_send) = self.unconnected(place, &facts, request.clone(), state);
                    seen.waiting.push(waiting);
                    to_send && can_be_judged
                }
                Status::Connected => {
                    let facts = Facts { ranges, ..view.facts_to_keep(connection, &states, self.now) };
                    let policy = self.policy.map(|stored| &stored.policy);
                    let against = recheck(policy, &request, &facts, state.approval.as_ref());
                    let rejected = against.as_ref().is_some_and(|verdict| verdict.reason == Reason::RejectedByPerson);
                    seen.findings.extend(self.finding(place, request.clone(), against, state));
                    // A person's word needs no time of grace.
                    rejected && state.open.is_none() && !state.failed
                }
                Status::Connecting | Status::Disconnecting | Status::Moving => false,
            };
            if to_send {
                seen.to_send.push(message(place, &request.service_id, &request.endpoint_id));
            }
        }
        Ok(seen)
    }

    /// An endpoint about which nothing is done, since the newest entry of its log is not to be trusted.
    fn held(&self, seen: &mut SweepResult, place: &Place, request: Request, untrusted: &Untrusted) {
        error!(endpoint = request.endpoint_id, why = %untrusted, "nothing is done about this endpoint until a person decides");
        let detail = format!("{}: {}", Reason::LogNotTrusted, untrusted.fault);
        let verdict = Verdict { detail, ..Verdict::of(Reason::LogNotTrusted, None) };
        let (place, service_id, endpoint_id) = (place.clone(), &request.service_id, &request.endpoint_id);
        if request.status == Status::Connected {
            let known = self.before.and_then(|report| report.finding(service_id, endpoint_id));
            let since = known.map_or(self.now, |known| known.since);
            let verdict = Some(verdict);
            seen.findings.push(Finding { place, request, verdict, lease_ends_at: None, since, cut_after: None });
        } else {
            let known = self.before.and_then(|report| report.waiting(service_id, endpoint_id));
            let since = known.map_or(self.now, |known| known.since);
            seen.waiting.push(Waiting { place, request, verdict, since });
        }
    }

    /// An endpoint that is not connected, and whether there is anything to do about it.
    fn unconnected(&self, place: &Place, facts: &Facts, request: Request, state: &EndpointState) -> (Waiting, bool) {
        let verdict = decide(self.policy.map(|stored| &stored.policy), &request, facts);
        let known = self.before.and_then(|report| report.waiting(&request.service_id, &request.endpoint_id));
        let since = known.map_or(self.now, |waiting| waiting.since);
        // What a connection asks for it carries out itself.
        let is_left = verdict.is_of_connection() && state.connection.is_some();
        let is_due = verdict.effect == Effect::Approve || state.is_news(&verdict);
        let to_send = state.open.is_none() && !is_left && is_due;
        (Waiting { place: place.clone(), request, verdict, since }, to_send)
    }

    /// What there is to say of a connected endpoint, if anything.
    fn finding(
        &self,
        place: &Place,
        request: Request,
        against: Option<Verdict>,
        state: &EndpointState,
    ) -> Option<Finding> {
        let approval = state.approval.as_ref();
        let anew = state.person.as_ref().is_some_and(|word| {
            word.decision == PersonSays::Approve && approval.is_some_and(|approval| word.at > approval.at)
        });
        let ends_at = approval.filter(|_| !anew).and_then(|approval| approval.ends_at());
        let warns =
            ends_at.is_some() && approval.and_then(|approval| approval.warns_at()).is_some_and(|from| from <= self.now);
        let warns_by_policy = warns && self.policy.is_some_and(|stored| !stored.policy.is_empty());
        // What is being cut was decided on.
        let undecided = state.open.is_none() && !state.connects(self.now);
        if against.is_none() && !warns_by_policy && !undecided {
            return None;
        }
        let known = self.before.and_then(|report| report.finding(&request.service_id, &request.endpoint_id));
        let same = known.filter(|known| known.verdict.is_some() == against.is_some());
        let since = same.map_or(self.now, |known| known.since);
        let policy = self.policy.map(|stored| &stored.policy);
        let cut_after = against.as_ref().and(policy).and_then(|policy| Finding::cut_after(policy, since));
        let lease_ends_at = ends_at.filter(|_| warns);
        Some(Finding { place: place.clone(), request, verdict: against, lease_ends_at, since, cut_after })
    }

    /// Whether something that was begun at `at` has been left lying.
    fn was_left(&self, at: Timestamp) -> bool {
        self.now.duration_since(at) > LEFT_ALONE
    }

    /// Messages for what may be cut now: announced by the report before, for longer than the time of grace, the oldest
    /// first, and no more than the policy allows a run.
    #[must_use]
    pub fn due_to_be_cut(&self, report: &Report) -> Vec<EndpointMessage> {
        let Some(stored) = self.policy else { return Vec::new() };
        let announced = |finding: &&Finding| {
            let request = &finding.request;
            let before = self.before.and_then(|report| report.finding(&request.service_id, &request.endpoint_id));
            let by_person = finding.verdict.as_ref().is_some_and(|it| it.reason == Reason::RejectedByPerson);
            !by_person
                && before.is_some_and(|before| before.verdict.is_some())
                && finding.cut_after.is_some_and(|after| after <= self.now)
        };
        let mut due: Vec<&Finding> = report.findings.iter().filter(announced).collect();
        due.sort_by_key(|finding| (finding.since, &finding.request.service_id, &finding.request.endpoint_id));
        let most = usize::try_from(stored.policy.most_cuts_per_run).unwrap_or(usize::MAX);
        due.into_iter()
            .take(most)
            .map(|finding| message(&finding.place, &finding.request.service_id, &finding.request.endpoint_id))
            .collect()
    }

    /// What the sweep before saw of a place, or of one service there, where this one sees nothing. Nothing follows from it:
    /// it only keeps its age.
    #[must_use]
    pub fn as_before(&self, place: &Place, service_id: Option<&str>) -> SweepResult {
        let is_there = |at: &Place, request: &Request| {
            at == place && service_id.is_none_or(|service_id| service_id == request.service_id)
        };
        let Some(before) = self.before else { return SweepResult::default() };
        let waiting = before.waiting.iter().filter(|waiting| is_there(&waiting.place, &waiting.request));
        let findings = before.findings.iter().filter(|finding| is_there(&finding.place, &finding.request));
        let blind = |finding: &Finding| Finding { cut_after: None, ..finding.clone() };
        SweepResult {
            waiting: waiting.cloned().collect(),
            findings: findings.map(blind).collect(),
            to_send: Vec::new(),
        }
    }
}
