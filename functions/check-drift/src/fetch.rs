//! Fetching the listings of one account, some pages a message, each message sending the next.
//!
//! Whether a page was fetched is written down after it came, so a message that dies asks again for at most [`PAGES`] pages.

use std::time::Duration;

use connection::inventory::AccountRegion;
use connection::inventory::reading::{Reading, Unavailable};
use connection::words::AccountAlias;
use drift::check::{Check, ListingResult, Task, Track, TrackPart};
use drift::store::{DriftStore, TrackEnd};
use engine::fetch::page;
use engine::services::Services;
use jiff::SignedDuration;

use crate::{CheckError, compare, send};

/// How many pages one message asks for.
pub const PAGES: u64 = 20;
/// How long the next message of an account is held back.
pub const PACE: Duration = Duration::from_secs(4);
/// After how long a message stops asking, however few pages came: well within the function's timeout.
const LONGEST: SignedDuration = SignedDuration::from_secs(25);
/// How often in a row the cloud may push back before a listing is given up.
const MOST_TRIES: u32 = 8;
/// How long it is left alone after it pushed back; twice as long each time.
const BACK_OFF: Duration = Duration::from_secs(5);
const MOST_BACK_OFF: Duration = Duration::from_secs(120);

/// Fetches some more pages of an account.
///
/// # Errors
/// See [`CheckError`].
pub async fn look(
    services: &Services,
    check: &Check,
    account: &AccountAlias,
    part: usize,
    tries: u32,
) -> Result<(), CheckError> {
    let (drift, id) = (DriftStore(&services.store), &check.id);
    let fetched = match drift.track_part(id, account, part).await? {
        Some(fetched) => {
            if drift.track_part(id, account, part + 1).await?.is_some() {
                return Ok(());
            }
            fetched
        }
        None => {
            let track = drift.track(id, account).await?;
            let track = track.ok_or_else(|| CheckError::Incomplete { check: id.clone(), what: "track" })?;
            let before = match part.checked_sub(1) {
                None => None,
                Some(before) => {
                    let missing = || CheckError::Incomplete { check: id.clone(), what: "part before this one" };
                    Some(drift.track_part(id, account, before).await?.ok_or_else(missing)?)
                }
            };
            let Some(fetched) = fetch(services, account, &track, before, tries).await else {
                let delay = BACK_OFF.saturating_mul(2_u32.saturating_pow(tries)).min(MOST_BACK_OFF);
                let task = Task::Fetch { account: account.clone(), part, tries: tries + 1 };
                return send(services, id, task, delay).await;
            };
            if !drift.put_track_part(id, account, part, &fetched).await? {
                return Ok(());
            }
            fetched
        }
    };
    let track_length = match drift.track(id, account).await? {
        Some(track) => track.units.len(),
        None => return Err(CheckError::Incomplete { check: id.clone(), what: "track" }),
    };
    if fetched.next < track_length {
        let task = Task::Fetch { account: account.clone(), part: part + 1, tries: 0 };
        return send(services, id, task, PACE).await;
    }
    let TrackPart { index, requests, pages, .. } = fetched;
    drift.finish_track(id, account, &TrackEnd { index, requests, pages }).await?;
    let Some(layout) = drift.layout(id).await? else { return Ok(()) };
    if drift.finished(id).await?.len() < layout.tracks.len() {
        return Ok(());
    }
    compare::begin(services, id, &layout).await
}

/// Asks for pages from where `before` left off. `None` when the cloud pushed back at the first one and may yet answer.
async fn fetch(
    services: &Services,
    account: &AccountAlias,
    track: &Track,
    before: Option<TrackPart>,
    tries: u32,
) -> Option<TrackPart> {
    let began = services.io.clock.now();
    let (next, mut reading, index, requests, pages) = match before {
        Some(part) => (part.next, part.reading, part.index, part.requests, part.pages),
        None => (0, None, Vec::new(), 0, 0),
    };
    let mut part = TrackPart { at: began, done: Vec::new(), next, reading: None, index, requests, pages };
    let mut asked = 0;
    'units: while let Some((region, look)) = track.units.get(part.next) {
        let account_region = AccountRegion { account: account.clone(), region: region.clone() };
        let mut current = reading.take().unwrap_or_else(Reading::begun);
        while let Some(from) = current.next.clone() {
            if asked == PAGES || services.io.clock.now().duration_since(began) > LONGEST {
                part.reading = Some(current);
                break 'units;
            }
            asked += 1;
            part.requests += 1;
            let taken = match page(&services.clouds, &account_region, look, &from).await {
                Ok(page) => current.take(page),
                Err(blind) => Err(blind),
            };
            match taken {
                Ok(()) => {}
                Err(Unavailable::Temporary(why)) if tries < MOST_TRIES => {
                    tracing::warn!(%account, %region, %look, why, "the cloud pushed back; looked at again later");
                    if asked == 1 {
                        return None;
                    }
                    part.reading = Some(current);
                    break 'units;
                }
                Err(Unavailable::Temporary(why) | Unavailable::Permanent(why)) => {
                    tracing::warn!(%account, %region, %look, why, "this listing cannot be looked at");
                    part.finish(ListingResult::Unavailable(why));
                    continue 'units;
                }
            }
        }
        part.pages += u64::from(current.pages_of_last_start);
        let sight = match current.listing {
            Some(listing) => ListingResult::StepFinding(listing),
            None => ListingResult::Unavailable("the listing has no page".to_owned()),
        };
        part.finish(sight);
    }
    part.index.push(part.next);
    part.at = services.io.clock.now();
    Some(part)
}
