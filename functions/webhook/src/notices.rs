//! What people were told: the newest events, how far each has got with each sink, and sending again what was given up.

use std::time::Duration;

use ::notice::delivery::{Deliveries, Delivery, State, Status};
use ::notice::sinks::Name;
use ::notice::{Event, EventId};
use bytes::Bytes;
use connection::message::NoticeMessage;
use engine::services::Services;
use futures::future;
use http::{Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{DueNotice, Listed, StoreError};
use transport::Chain;

use crate::gate::{Caller, unavailable};
use crate::problem_json::{Refusal, json_response};

/// How often a lost race is run again.
const MOST_RACES: usize = 8;
/// How many events one request looks at, however few of them are asked for.
const LOOKED_AT: usize = 200;
/// How many of them side by side.
const SIDE_BY_SIDE: usize = 16;

/// Which events are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// Only those that are so with some sink.
    pub status: Option<Status>,
    /// Only those that this sink wanted.
    pub sink: Option<Name>,
    /// Only older ones than this, as `next` gives it.
    pub after: Option<Listed>,
    /// How many at most.
    pub limit: usize,
}

/// An event, and how far it has got; nothing of that before anybody looked at it, and where nobody wants it.
struct Known {
    event: Event,
    deliveries: Option<Deliveries>,
    /// Whether somebody has yet to look at it.
    is_due: bool,
}

/// A page of events, the newest first. It may be short where few of those that were looked at are what is asked for.
///
/// # Errors
/// The refusal to answer with.
pub async fn list(services: &Services, asked: &Asked) -> Result<Response<Bytes>, Refusal> {
    let listed = services.store.newest_notices(asked.after.as_ref(), LOOKED_AT + 1).await.map_err(unavailable)?;
    let (mut rows, mut last) = (Vec::new(), None);
    'pages: for some in listed[..listed.len().min(LOOKED_AT)].chunks(SIDE_BY_SIDE) {
        let read = future::try_join_all(some.iter().map(|listed| known(services, &listed.event)));
        for (listed, known) in some.iter().zip(read.await.map_err(unavailable)?) {
            last = Some(listed);
            // An entry without its event, or of another second, was left by somebody who died.
            let known = known.filter(|known| Listed::of(&known.event) == *listed);
            rows.extend(known.and_then(|known| row(&known, asked)));
            if rows.len() == asked.limit {
                break 'pages;
            }
        }
    }
    let mut view = json!({"notices": rows});
    if let Some(last) = last.filter(|last| listed.last() != Some(last)) {
        view["next"] = json!(last.to_string());
    }
    Ok(json_response(StatusCode::OK, &view))
}

/// One event with all that is known of it.
///
/// # Errors
/// The refusal to answer with.
pub async fn show(services: &Services, id: &EventId) -> Result<Response<Bytes>, Refusal> {
    let known = known(services, id).await.map_err(unavailable)?.ok_or_else(|| unknown(id))?;
    Ok(json_response(StatusCode::OK, &whole(&known)))
}

async fn known(services: &Services, id: &EventId) -> Result<Option<Known>, StoreError> {
    let Some(event) = services.store.notice(id).await? else { return Ok(None) };
    let deliveries = services.store.deliveries(id).await?.map(|(deliveries, _)| deliveries);
    let is_due = deliveries.is_none() && services.store.is_listed_as_due(&DueNotice::of(&event.id, event.time)).await?;
    Ok(Some(Known { event, deliveries, is_due }))
}

/// An event with those of its deliveries that are asked for; `None` where it is not.
fn row(known: &Known, asked: &Asked) -> Option<Value> {
    let is_asked = |(name, delivery): &(&Name, &Delivery)| {
        asked.sink.as_ref().is_none_or(|sink| sink == *name)
            && asked.status.is_none_or(|status| status == delivery.state.status())
    };
    let deliveries = known.deliveries.iter().flat_map(|deliveries| &deliveries.sinks).filter(is_asked);
    let deliveries: Vec<Value> = deliveries.map(|(name, of_it)| delivery(name, of_it)).collect();
    let is_to_be_looked_at = known.is_due && asked.sink.is_none() && asked.status == Some(Status::Waiting);
    let asks_for_all = asked.sink.is_none() && asked.status.is_none();
    if deliveries.is_empty() && !is_to_be_looked_at && !asks_for_all {
        return None;
    }
    let mut view = summary(known);
    view["deliveries"] = json!(deliveries);
    Some(view)
}

fn whole(known: &Known) -> Value {
    let mut view = summary(known);
    let deliveries = known.deliveries.iter().flat_map(|deliveries| &deliveries.sinks);
    view["deliveries"] = deliveries.map(|(name, of_it)| delivery(name, of_it)).collect();
    view["data"] = json!(known.event.data);
    view
}

fn summary(known: &Known) -> Value {
    let event = &known.event;
    json!({
        "id": event.id, "type": event.what, "subject": event.subject, "time": event.time, "severity": event.severity,
        "summary": event.data.summary, "status": standing(known),
    })
}

/// How an event stands with all its sinks together.
fn standing(known: &Known) -> &'static str {
    let is = |status| {
        let sinks = known.deliveries.iter().flat_map(|deliveries| deliveries.sinks.values());
        sinks.map(|delivery| delivery.state.status()).any(|of_it| of_it == status)
    };
    match () {
        () if is(Status::Dead) => Status::Dead.as_str(),
        () if known.is_due || is(Status::Waiting) => Status::Waiting.as_str(),
        () if is(Status::Delivered) => Status::Delivered.as_str(),
        () => "unwanted",
    }
}

fn delivery(sink: &Name, delivery: &Delivery) -> Value {
    let mut view = json!({
        "sink": sink, "status": delivery.state.status().as_str(), "attempts": delivery.attempts, "heard": delivery.heard,
    });
    match &delivery.state {
        State::Waiting { due } => view["due"] = json!(due),
        State::Underway { until } => view["under_way_until"] = json!(until),
        State::Delivered { at } => view["at"] = json!(at),
        State::GivenUp { at, why } => {
            view["at"] = json!(at);
            view["why"] = json!(why);
        }
    }
    if !delivery.again.is_empty() {
        view["again"] = json!(delivery.again);
    }
    view
}

/// Begins anew with the sinks that an event was given up for, or with one of them.
///
/// The order is that of `notify`: the event is listed as due, then it is written that it is, then the message is sent. Who dies
/// after the first leaves an entry that says nothing, and after the second what the timer of `notify` finds. What is on its way
/// already is left alone, so asking twice sends once.
///
/// # Errors
/// The refusal to answer with.
pub async fn redeliver(
    services: &Services,
    caller: &Caller,
    id: &EventId,
    sink: Option<&Name>,
) -> Result<Response<Bytes>, Refusal> {
    for _ in 0..MOST_RACES {
        let event = services.store.notice(id).await.map_err(unavailable)?.ok_or_else(|| unknown(id))?;
        let Some((mut known, revision)) = services.store.deliveries(id).await.map_err(unavailable)? else {
            return Err(Refusal::conflict(
                "nothing of this event was given up: nobody has been told of it yet, or nobody wants it",
            ));
        };
        if let Some(sink) = sink.filter(|sink| !known.sinks.contains_key(*sink)) {
            return Err(Refusal::not_found(format!("event {id} was never meant for a sink {sink}")));
        }
        let sinks = services.store.sinks().await.map_err(unavailable)?;
        let now = whole_second(services.io.clock.now());
        let begun = known.redeliver(sink, |name| sinks.get(name).is_some(), caller.name(), now);
        if begun.is_empty() {
            stays(&known, sink)?;
        } else {
            known.listed = now;
            services.store.list_notice(&DueNotice::of(id, now)).await.map_err(unavailable)?;
            match services.store.put_deliveries(&known, revision.next(), services.io.entropy.nonce()).await {
                Ok(()) => {}
                Err(error) if error.is_conflict() => continue,
                Err(error) => return Err(unavailable(error)),
            }
        }
        // Also for what waits already: whoever asked before may have died over it, and copies of a message make one attempt.
        if known.next().is_some_and(|next| next <= now)
            && let Err(error) = services.queues.send(&NoticeMessage::new(id), Duration::ZERO).await
        {
            tracing::warn!(event = %id, error = %Chain(&error), "not sent; the timer of notify finds it");
        }
        let known = Known { event, deliveries: Some(known), is_due: false };
        return Ok(json_response(StatusCode::ACCEPTED, &whole(&known)));
    }
    Err(Refusal::unavailable("how far this event has got is changing too fast right now"))
}

/// Whether there is nothing to begin because it is on its way, or has arrived since somebody asked before.
fn stays(known: &Deliveries, sink: Option<&Name>) -> Result<(), Refusal> {
    let chosen = || known.sinks.iter().filter(|(name, _)| sink.is_none_or(|sink| sink == *name));
    let dead = chosen().find(|(_, delivery)| delivery.state.status() == Status::Dead);
    let is_asked = |delivery: &Delivery| delivery.state.status() == Status::Waiting || !delivery.again.is_empty();
    match dead {
        _ if chosen().any(|(_, delivery)| is_asked(delivery) && delivery.state.status() != Status::Dead) => Ok(()),
        Some((name, _)) => {
            Err(Refusal::conflict(format!("sink {name} no longer stands in config/sinks.json: nobody could be told")))
        }
        None => Err(Refusal::conflict("nothing of this event was given up: it was delivered")),
    }
}

/// As the store lists it.
fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

fn unknown(id: &EventId) -> Refusal {
    Refusal::not_found(format!("there is no event {id}"))
}
