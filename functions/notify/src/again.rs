//! What the timer does: finds events that should have been tried by now, and sends their messages again.
//!
//! A message may be lost, or never have been sent because whoever put the event died. The list of what is due has an entry for
//! each event that somebody still has to be told of, and some that announce nothing any more, which are taken away. So is what is
//! too old to be listed among the newest events.

use std::time::Duration;

use connection::message::NoticeMessage;
use engine::services::Services;
use futures::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use store::{DueNotice, StoreError};
use tracing::{error, warn};
use transport::Chain;

use crate::Tally;

/// How old an entry without its event must be before it is taken away: whoever put it may be about to write the event.
const ORPHAN_AGE: SignedDuration = SignedDuration::from_mins(10);
/// For how long an event is listed among the newest.
const LISTED_FOR: SignedDuration = SignedDuration::from_hours(24 * 90);
/// How many are looked at in one run. The next one begins with what is oldest then.
const MOST: usize = 1000;
/// How many are looked at side by side.
const SIDE_BY_SIDE: usize = 16;

enum Found {
    OnItsWay,
    SentAgain,
    Tidied,
}

/// Looks at every event that is overdue for longer than `grace`: for so long it is left to its message.
///
/// # Errors
/// When what is due cannot be listed.
pub async fn again(services: &Services, grace: SignedDuration) -> Result<Tally, StoreError> {
    let now = services.io.clock.now();
    let overdue = services.store.due_notices(now.checked_sub(grace).unwrap_or(Timestamp::MIN), MOST).await?;
    let mut tally = Tally::default();
    let mut found = stream::iter(overdue)
        .map(|due| async move { (look(services, &due, now).await, due) })
        .buffer_unordered(SIDE_BY_SIDE);
    while let Some((found, due)) = found.next().await {
        match found {
            Ok(Found::OnItsWay) => tally.waiting += 1,
            Ok(Found::SentAgain) => tally.sent_again += 1,
            Ok(Found::Tidied) => tally.tidied += 1,
            Err(error) => error!(event = %due.event, error = %Chain(&error), "this event could not be looked at"),
        }
    }
    let old = now.checked_sub(LISTED_FOR).unwrap_or(Timestamp::MIN);
    tally.tidied += services.store.unlist_notices_before(old, MOST).await?;
    Ok(tally)
}

async fn look(services: &Services, due: &DueNotice, now: Timestamp) -> Result<Found, StoreError> {
    let is_superfluous = match services.store.deliveries(&due.event).await? {
        // The entry under which it is listed was put before that was written, so it is there.
        Some((known, _)) => known.is_over() || DueNotice::of(&due.event, known.listed) != *due,
        None => now.duration_since(due.at) > ORPHAN_AGE && services.store.notice(&due.event).await?.is_none(),
    };
    if is_superfluous {
        services.store.unlist_notice(due).await?;
        return Ok(Found::Tidied);
    }
    match services.queues.send(&NoticeMessage::new(&due.event), Duration::ZERO).await {
        Ok(()) => Ok(Found::SentAgain),
        Err(error) => {
            warn!(event = %due.event, error = %Chain(&error), "the message was not sent; the next run tries again");
            Ok(Found::OnItsWay)
        }
    }
}
