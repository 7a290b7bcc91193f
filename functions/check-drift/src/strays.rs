//! Looking for what nobody owns in an account.

use std::collections::BTreeMap;

use connection::carry::Office;
use connection::shown::{LinkLook, Look};
use connection::words::{AccountAlias, ConnectionName};
use drift::check::{Check, Sight, Tally, Track};
use drift::findings::{Observed, Subject, Unknown};
use drift::rogue::{Owned, Plea, strays as strays_in};
use drift::store::DriftStore;

use crate::CheckError;
use crate::compare::{account_name, end_if_done, keep, settings};
use crate::tell::tell_of;

/// Looks through everything that was fetched of an account, part by part.
///
/// # Errors
/// See [`CheckError`].
pub async fn strays(office: &Office, check: &Check, account: &AccountAlias) -> Result<(), CheckError> {
    let (drift, id, name) = (DriftStore(&office.store), &check.id, account_name(account));
    if drift.is_compared(id, &name).await? {
        return end_if_done(office, id).await;
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
            let Some((_, look)) = units.get(unit) else { continue };
            match sight {
                Sight::Hidden(why) if tells(look) => {
                    observed.unknown.push(Unknown { side: None, step: None, look: look.clone(), why });
                }
                Sight::Hidden(_) => {}
                Sight::Seen(listing) => {
                    for stray in strays_in(&listing, &owned, check.at) {
                        if !is_explained(office, &stray.plea, &mut lives).await? {
                            observed.seen.push(stray.seen);
                        }
                    }
                }
            }
        }
    }
    let mut tally = Tally::default();
    let subject = Subject::Account(account.clone());
    let findings = keep(office, drift, &subject, account.as_str(), &observed, &mut tally).await?;
    tell_of(office, None, &findings, settings(drift).await?.as_ref(), check.at).await?;
    // An account is no connection.
    tally.compared = 0;
    drift.put_compared(id, &name, &tally).await?;
    end_if_done(office, id).await
}

/// Whether anything in such a listing can be nobody's.
fn tells(look: &Look) -> bool {
    match look {
        Look::RouterInterfaces
        | Look::Peerings
        | Look::RouteTable(_)
        | Look::JdPeerings
        | Look::JdRouteTables
        | Look::Link(LinkLook::Connections) => true,
        Look::VSwitches | Look::SecurityGroup(_) | Look::JdSubnets | Look::JdSecurityGroups | Look::Link(_) => false,
    }
}

/// Whether the store knows better.
async fn is_explained(
    office: &Office,
    plea: &Plea,
    lives: &mut BTreeMap<ConnectionName, Option<String>>,
) -> Result<bool, CheckError> {
    match plea {
        Plea::None => Ok(false),
        Plea::Mark(name, uid) => is_of_a_connection(office, name, uid, lives).await,
        Plea::Decision { service_id, endpoint_id } => {
            let (Ok(service), Ok(endpoint)) = (service_id.parse(), endpoint_id.parse()) else { return Ok(false) };
            let newest = office.store.newest_decision(&service, &endpoint).await?;
            Ok(newest.is_some_and(|entry| entry.standing.connects(office.io.clock.now())))
        }
    }
}

/// Whether the mark on a stray is that of a connection that lives: made since its record was read, or just before its
/// process died. What becomes of it is the business of that connection's steps.
async fn is_of_a_connection(
    office: &Office,
    name: &str,
    uid: &str,
    lives: &mut BTreeMap<ConnectionName, Option<String>>,
) -> Result<bool, CheckError> {
    let Ok(name) = name.parse::<ConnectionName>() else { return Ok(false) };
    if !lives.contains_key(&name) {
        let stored = office.store.read(&name).await?.filter(|stored| !stored.record.phase().is_over());
        lives.insert(name.clone(), stored.map(|stored| stored.record.uid));
    }
    Ok(lives.get(&name).is_some_and(|living| living.as_deref() == Some(uid)))
}
