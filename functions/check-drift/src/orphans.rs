//! Looking for what nobody owns in an account.

use std::collections::BTreeMap;

use approval::decision::{DecisionContent, subject_of};
use connection::inventory::{LinkListingId, ListingId};
use connection::words::{AccountAlias, ConnectionName};
use drift::check::{Check, ListingResult, Tally, Track};
use drift::findings::{Observed, Subject, Unknown};
use drift::orphan::{Owned, OwnershipClaim, orphans as orphans_in};
use drift::store::DriftStore;
use engine::services::Services;
use store::Newest;

use crate::CheckError;
use crate::compare::{account_name, end_if_done, keep, settings};
use crate::tell::tell_of;

/// Looks through everything that was fetched of an account, part by part.
///
/// # Errors
/// See [`CheckError`].
pub async fn orphans(services: &Services, check: &Check, account: &AccountAlias) -> Result<(), CheckError> {
    let (drift, id, name) = (DriftStore(&services.store), &check.id, account_name(account));
    if drift.is_compared(id, &name).await? {
        return end_if_done(services, id).await;
    }
    let missing = |what| CheckError::Incomplete { check: id.clone(), what };
    let track = drift.track(id, account).await?.ok_or_else(|| missing("track"))?;
    let end = drift.track_end(id, account).await?.ok_or_else(|| missing("end of a track"))?;
    let Track { units, owned } = track;
    let owned = Owned { ids: owned };
    let (mut observed, mut lives) = (Observed::default(), BTreeMap::new());
    for number in 0..end.index.len() {
        let part = drift.track_part(id, account, number).await?.ok_or_else(|| missing("part of a track"))?;
        for (unit, sight) in part.done {
            let Some((_, listing_id)) = units.get(unit) else { continue };
            match sight {
                ListingResult::Unavailable(why) if tells(listing_id) => {
                    observed.unknown.push(Unknown { side: None, step: None, listing_id: listing_id.clone(), why });
                }
                ListingResult::Unavailable(_) => {}
                ListingResult::StepFinding(listing) => {
                    for orphan in orphans_in(&listing, &owned, check.at) {
                        if !is_explained(services, &orphan.claim, &mut lives).await? {
                            observed.seen.push(orphan.seen);
                        }
                    }
                }
            }
        }
    }
    let mut tally = Tally::default();
    let subject = Subject::Account(account.clone());
    let findings = keep(services, drift, &subject, account.as_str(), &observed, &mut tally).await?;
    tell_of(services, None, &findings, settings(drift).await?.as_ref(), check.at).await?;
    // An account is no connection.
    tally.compared = 0;
    drift.put_compared(id, &name, &tally).await?;
    end_if_done(services, id).await
}

/// Whether anything in such a listing can be nobody's.
fn tells(listing_id: &ListingId) -> bool {
    match listing_id {
        ListingId::RouterInterfaces
        | ListingId::Peerings
        | ListingId::RouteTable(_)
        | ListingId::JdPeerings
        | ListingId::JdRouteTables
        | ListingId::Link(LinkListingId::Connections) => true,
        ListingId::Vpcs
        | ListingId::VSwitches
        | ListingId::SecurityGroup(_)
        | ListingId::JdSubnets
        | ListingId::JdSecurityGroups
        | ListingId::Link(_) => false,
    }
}

/// Whether the store knows better.
async fn is_explained(
    services: &Services,
    claim: &OwnershipClaim,
    lives: &mut BTreeMap<ConnectionName, Option<String>>,
) -> Result<bool, CheckError> {
    match claim {
        OwnershipClaim::None => Ok(false),
        OwnershipClaim::Mark(name, uid) => is_of_a_connection(services, name, uid, lives).await,
        OwnershipClaim::Decision { service_id, endpoint_id } => {
            let subject = subject_of(service_id, endpoint_id);
            let newest = services.store.newest_entry::<DecisionContent>(&subject, services.audit.trusted()).await?;
            let Newest::Trusted(Some(entry)) = newest else { return Ok(false) };
            Ok(entry.state.connects(services.io.clock.now()))
        }
    }
}

/// Whether the mark on an orphan is that of a connection that lives: made since its record was read, or just before its
/// process died. What becomes of it is the business of that connection's steps.
async fn is_of_a_connection(
    services: &Services,
    name: &str,
    uid: &str,
    lives: &mut BTreeMap<ConnectionName, Option<String>>,
) -> Result<bool, CheckError> {
    let Ok(name) = name.parse::<ConnectionName>() else { return Ok(false) };
    if !lives.contains_key(&name) {
        let stored = services.store.read(&name).await?.filter(|stored| !stored.record.phase().is_over());
        lives.insert(name.clone(), stored.map(|stored| stored.record.uid));
    }
    Ok(lives.get(&name).is_some_and(|living| living.as_deref() == Some(uid)))
}
