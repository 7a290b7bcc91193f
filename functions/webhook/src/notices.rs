//! Notices: the newest events, how far each has got with each sink, and sending dead letters again.

use std::time::Duration;

use ::notice::delivery::{Deliveries, Delivery as Stored, Status};
use ::notice::sinks::Name;
use ::notice::{Event, EventId};
use api::Page;
use api::call::NoticeQuery;
use api::notices::{Delivery, Notice, NoticeStatus, RedeliveryPlan};
use bytes::Bytes;
use connection::caller::{Act, Subject};
use connection::message::NoticeMessage;
use engine::services::Services;
use futures::future;
use http::{Response, StatusCode};
use jiff::Timestamp;
use store::{DueNotice, Listed, StoreError};
use transport::Chain;

use crate::access::Principal;
use crate::dry_run;
use crate::gate::unavailable;
use crate::problem_json::{Refusal, json_response};

/// How often a lost race is run again.
const MOST_RACES: usize = 8;
/// How many events one request looks at, however few of them are asked for.
const LOOKED_AT: usize = 200;
/// How many of them side by side.
const SIDE_BY_SIDE: usize = 16;

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
pub async fn list(services: &Services, caller: &Principal, query: &NoticeQuery) -> Result<Response<Bytes>, Refusal> {
    let after = query.page.after.as_deref().map(str::parse::<Listed>).transpose();
    let after = after.map_err(|error| Refusal::bad_parameter(format!("after: {error}")))?;
    let listed = services.store.newest_notices(after.as_ref(), LOOKED_AT + 1).await.map_err(unavailable)?;
    let (mut items, mut last) = (Vec::new(), None);
    'pages: for some in listed[..listed.len().min(LOOKED_AT)].chunks(SIDE_BY_SIDE) {
        let read = future::try_join_all(some.iter().map(|listed| known(services, &listed.event)));
        for (listed, known) in some.iter().zip(read.await.map_err(unavailable)?) {
            last = Some(listed);
            // An entry without its event, or of another second, was left by somebody who died.
            let known =
                known.filter(|known| Listed::of(&known.event) == *listed && caller.sees(&subject(&known.event)));
            items.extend(known.and_then(|known| row(&known, query)));
            if items.len() == query.page.limit {
                break 'pages;
            }
        }
    }
    let next = last.filter(|last| listed.last() != Some(last)).map(ToString::to_string);
    Ok(json_response(StatusCode::OK, &Page { items, next }))
}

/// One event with all that is known of it.
///
/// # Errors
/// The refusal to answer with.
pub async fn show(services: &Services, caller: &Principal, id: &EventId) -> Result<Response<Bytes>, Refusal> {
    let known = known(services, id).await.map_err(unavailable)?;
    let known = known.filter(|known| caller.sees(&subject(&known.event))).ok_or_else(|| unknown(id))?;
    Ok(json_response(StatusCode::OK, &whole(&known)))
}

/// What an event is about, as far as a role may be limited to it.
fn subject(event: &Event) -> Subject<'_> {
    let data = &event.data;
    Subject::happening(&data.accounts, data.kind.as_deref(), data.service.as_deref(), &data.labels)
}

async fn known(services: &Services, id: &EventId) -> Result<Option<Known>, StoreError> {
    let Some(event) = services.store.notice(id).await? else { return Ok(None) };
    let deliveries = services.store.deliveries(id).await?.map(|(deliveries, _)| deliveries);
    let is_due = deliveries.is_none() && services.store.is_listed_as_due(&DueNotice::of(&event.id, event.time)).await?;
    Ok(Some(Known { event, deliveries, is_due }))
}

/// An event with those of its deliveries that are asked for; `None` where it is not.
fn row(known: &Known, query: &NoticeQuery) -> Option<Notice> {
    let NoticeQuery { status, sink, .. } = query;
    let is_asked = |delivery: &Delivery| {
        sink.as_ref().is_none_or(|sink| *sink == delivery.sink) && status.is_none_or(|status| status == delivery.status)
    };
    let mut notice = Notice { data: None, ..whole(known) };
    // A checkpoint comes by the minute, and is listed only where somebody asked to be told of it.
    if known.event.what.must_be_named() && notice.deliveries.is_empty() {
        return None;
    }
    notice.deliveries.retain(is_asked);
    let is_to_be_looked_at = known.is_due && sink.is_none() && *status == Some(Status::Waiting);
    let asks_for_all = sink.is_none() && status.is_none();
    (!notice.deliveries.is_empty() || is_to_be_looked_at || asks_for_all).then_some(notice)
}

fn whole(known: &Known) -> Notice {
    let event = &known.event;
    let deliveries = known.deliveries.iter().flat_map(|deliveries| &deliveries.sinks);
    let deliveries: Vec<_> = deliveries.map(|(name, of_it)| Delivery::of(name, of_it)).collect();
    let is = |status| deliveries.iter().any(|delivery| delivery.status == status);
    let status = match () {
        () if is(Status::DeadLetter) => NoticeStatus::DeadLetter,
        () if known.is_due || is(Status::Waiting) => NoticeStatus::Waiting,
        () if is(Status::Delivered) => NoticeStatus::Delivered,
        () => NoticeStatus::Unwanted,
    };
    Notice {
        id: event.id.clone(),
        what: event.what,
        subject: event.subject.clone(),
        time: event.time,
        severity: event.severity,
        summary: event.data.summary.clone(),
        status,
        deliveries,
        data: Some(event.data.clone()),
    }
}

/// Sends an event again to the sinks where it is a dead letter, or to one of them; or says to which.
///
/// The order is that of `notify`: the event is listed as due, then it is written that it is, then the message is sent. Who dies
/// after the first leaves an entry that says nothing, and after the second what the timer of `notify` finds. What is on its way
/// already is left alone, so asking twice sends once.
///
/// # Errors
/// The refusal to answer with.
pub async fn redeliver(
    services: &Services,
    caller: &Principal,
    id: &EventId,
    sink: Option<&Name>,
    dry_run: bool,
    body: &[u8],
) -> Result<Response<Bytes>, Refusal> {
    let dry_run = dry_run | dry_run::of_body(body)?;
    for _ in 0..MOST_RACES {
        let event = services.store.notice(id).await.map_err(unavailable)?;
        let event = event.filter(|event| caller.sees(&subject(event))).ok_or_else(|| unknown(id))?;
        caller.may(Act::Redeliver, &subject(&event), &format!("event {id}"))?;
        let Some((mut known, revision)) = services.store.deliveries(id).await.map_err(unavailable)? else {
            return Err(Refusal::conflict(
                "no delivery of this event is a dead letter: it was not sent yet, or no sink wants it",
            ));
        };
        if let Some(sink) = sink.filter(|sink| !known.sinks.contains_key(*sink)) {
            return Err(Refusal::not_found(format!("event {id} was never meant for a sink {sink}")));
        }
        let sinks = services.store.sinks().await.map_err(unavailable)?;
        let now = whole_second(services.io.clock.now());
        let begun = known.redeliver(sink, |name| sinks.get(name).is_some(), caller.name().as_str(), now);
        if begun.is_empty() {
            stays(&known, sink)?;
        }
        if dry_run {
            return Ok(json_response(StatusCode::OK, &RedeliveryPlan { dry_run, id: id.clone(), sinks: begun }));
        }
        if !begun.is_empty() {
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

/// Whether there is nothing to begin because it is on its way, or all of it has arrived since somebody asked before.
fn stays(known: &Deliveries, sink: Option<&Name>) -> Result<(), Refusal> {
    let chosen = || known.sinks.iter().filter(|(name, _)| sink.is_none_or(|sink| sink == *name));
    let is = |status: Status| move |(_, delivery): &(&Name, &Stored)| delivery.state.status() == status;
    let was_asked = |(_, delivery): (&Name, &Stored)| !delivery.redeliveries.is_empty();
    match chosen().find(is(Status::DeadLetter)) {
        _ if chosen().any(|one| is(Status::Waiting)(&one)) => Ok(()),
        None if chosen().any(was_asked) => Ok(()),
        Some((name, _)) => Err(Refusal::conflict(format!(
            "sink {name} is no longer in config/sinks.json: put it there again, then redeliver"
        ))),
        None => Err(Refusal::conflict("no delivery of this event is a dead letter: it was delivered")),
    }
}

/// As the store lists it.
fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

fn unknown(id: &EventId) -> Refusal {
    Refusal::not_found(format!("there is no event {id}"))
}
