//! Commands to a connection in the store: a command becomes an event, and the decider says what follows.

use api::call::Command;
use api::connections::Summary;
use audit::Actor;
use audit::act::Asked;
use bytes::Bytes;
use connection::caller::{Act, Subject};
use connection::decide::{Decision, Event, decide};
use connection::plan::Obstacle;
use connection::record::{Course, Phase, Record};
use connection::words::ConnectionName;
use engine::acts;
use engine::carry::commit;
use engine::services::Services;
use http::{Response, StatusCode};
use store::Stored;

use crate::access::Principal;
use crate::gate::unavailable;
use crate::plan;
use crate::preflight::deployed;
use crate::problem_json::{Refusal, json_response};

/// How often a lost race is run again.
const MOST_RACES: usize = 8;

fn event(command: Command) -> (Act, Event) {
    match command {
        Command::Remove => (Act::Ask, Event::RemovalAsked),
        Command::Retry => (Act::Switch, Event::RetryAsked),
        Command::Pause => (Act::Switch, Event::PauseAsked),
        Command::Resume => (Act::Switch, Event::ResumeAsked),
        Command::Abandon => (Act::Abandon, Event::AbandonAsked),
    }
}

/// Carries out a command, or says what it would take.
///
/// # Errors
/// The refusal to answer with.
pub async fn carry_out(
    services: &Services,
    caller: &Principal,
    name: &ConnectionName,
    command: Command,
    dry_run: bool,
    body: &[u8],
) -> Result<Response<Bytes>, Refusal> {
    let dry_run = dry_run | crate::dry_run::of_body(body)?;
    let (act, event) = event(command);
    decided(services, caller, name, dry_run, |stored| {
        caller.may(act, &Subject::record(&stored.record), &format!("connection {name}"))?;
        Ok(event.clone())
    })
    .await
}

/// Lets an event happen to a connection that the caller sees. `event` also says whether it may; it is asked again after every
/// lost race.
///
/// # Errors
/// The refusal to answer with.
pub async fn decided(
    services: &Services,
    caller: &Principal,
    name: &ConnectionName,
    dry_run: bool,
    event: impl Fn(&Stored) -> Result<Event, Refusal>,
) -> Result<Response<Bytes>, Refusal> {
    for _ in 0..MOST_RACES {
        let stored = caller.connection(services, name).await?;
        let (now, roll) = (services.io.clock.now(), services.io.entropy.next_u64());
        let event = event(&stored)?;
        let asked = acts::of_event(&event);
        let mut decision =
            decide(&stored.record, event, now, roll).map_err(|illegal| Refusal::conflict(illegal.to_string()))?;
        decision.record = decision.record.asked_for_by(Some(caller.asker()), Some(&stored.record));
        if !decision.record.phase().is_over() {
            deployed(services, decision.record.spec.kind()).map_err(Refusal::conflict)?;
        }
        if dry_run {
            return plan::of(services, &stored.record, &decision.record).await;
        }
        if is_cut_by(&stored.record, &decision.record) {
            refuse_what_cannot_end(services, &stored.record).await?;
        }
        match keep(services, (caller.name().as_str(), asked), &stored, &decision).await? {
            Some(response) => return Ok(response),
            None => continue,
        }
    }
    Err(Refusal::unavailable("the connection is changing too fast right now"))
}

/// Whether traffic flows, or may again at once, and the removal that begins will cut it.
fn is_cut_by(before: &Record, after: &Record) -> bool {
    matches!(before.phase(), Phase::Active | Phase::Paused) && after.course == Course::Remove
}

/// Refuses a removal that could not be finished, before anything is cut.
async fn refuse_what_cannot_end(services: &Services, record: &Record) -> Result<(), Refusal> {
    let obstacles = steps::plan::removal_obstacles(services, record).await.map_err(|unfinished| {
        Refusal::unavailable(format!("nothing was removed; the check before could not finish: {}", unfinished.0))
    })?;
    match obstacles.first() {
        None => Ok(()),
        Some(Obstacle { what, advice, .. }) => Err(Refusal::conflict(format!(
            "nothing was removed, since the removal could not be finished: {what}. To go on, {advice}"
        ))),
    }
}

/// Writes down who asked for what was decided, then what was decided; `None` when somebody else was faster.
async fn keep(
    services: &Services,
    (by, asked): (&str, Option<Asked>),
    stored: &Stored,
    decision: &Decision,
) -> Result<Option<Response<Bytes>>, Refusal> {
    let accepted = json_response(StatusCode::ACCEPTED, &Summary::of(&decision.record, services.io.clock.now()));
    if decision.record == stored.record {
        return Ok(Some(accepted));
    }
    let revision = stored.revision.next();
    if let Some(asked) = asked {
        let actor = Actor::Person(by.to_owned());
        acts::asked(services, actor, asked, &decision.record, revision).await.map_err(unavailable)?;
    }
    match commit(services, Some(&stored.record), decision, revision).await {
        Ok(()) => Ok(Some(accepted)),
        Err(error) if error.is_conflict() => Ok(None),
        Err(error) => Err(unavailable(error)),
    }
}
