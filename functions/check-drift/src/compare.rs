//! Comparing a batch of connections, and keeping what was found.

use std::collections::{BTreeMap, BTreeSet};

use connection::inventory::{AccountRegion, Inventory};
use connection::words::AccountAlias;
use drift::check::{Check, CheckId, Layout, ListingResult, Skipped, Tally, Target, Task, parts_of};
use drift::compare::compare as compared_with;
use drift::findings::{Observed, Subject};
use drift::settings::Settings;
use drift::store::DriftStore;
use engine::services::Services;
use futures::{StreamExt as _, stream};
use store::StoreError;
use transport::Chain;

use crate::repair::{Repaired, repair};
use crate::tell::tell_of;
use crate::{CheckError, decided, send_all};

/// How many connections of a batch are compared side by side.
const SIDE_BY_SIDE: usize = 16;
/// How many documents with listings are read side by side. They are large.
const PARTS_SIDE_BY_SIDE: usize = 4;

/// The name of a batch among the messages of comparing.
#[must_use]
pub fn batch_name(batch: usize) -> String {
    format!("batch-{batch:06}")
}

/// The name of an account among the messages of comparing.
#[must_use]
pub fn account_name(account: &AccountAlias) -> String {
    format!("account-{account}")
}

/// Every message of comparing, by name.
#[must_use]
pub fn messages(layout: &Layout) -> BTreeMap<String, Task> {
    let batches = (0..layout.batches).map(|batch| (batch_name(batch), Task::Compare { batch }));
    let orphans = layout.tracks.iter().filter(|_| layout.orphans);
    let accounts = orphans.map(|account| (account_name(account), Task::Orphans { account: account.clone() }));
    batches.chain(accounts).collect()
}

/// Every listing is there: comparing begins.
///
/// # Errors
/// See [`CheckError`].
pub async fn begin(services: &Services, id: &CheckId, layout: &Layout) -> Result<(), CheckError> {
    let (drift, now) = (DriftStore(&services.store), services.io.clock.now());
    if !drift.begin_comparing(id, now).await? {
        return Ok(());
    }
    send_all(services, id, messages(layout).into_values()).await;
    end_if_done(services, id).await
}

/// Compares a batch.
///
/// # Errors
/// See [`CheckError`].
pub async fn compare(services: &Services, check: &Check, batch: usize) -> Result<(), CheckError> {
    let (drift, id, name) = (DriftStore(&services.store), &check.id, batch_name(batch));
    if drift.is_compared(id, &name).await? {
        return end_if_done(services, id).await;
    }
    let missing = || CheckError::Incomplete { check: id.clone(), what: "batch" };
    let connections = drift.batch(id, batch).await?.ok_or_else(missing)?;
    let inventory = inventory(services, id, &connections.units).await?;
    let settings = settings(drift).await?;
    let one = |target| one(services, check, target, &inventory, settings.as_ref());
    let all: Vec<_> = connections.targets.iter().map(one).collect();
    // All of them come to their end, also when one fails: what each wrote stays written.
    let tallies: Vec<_> = stream::iter(all).buffered(SIDE_BY_SIDE).collect().await;
    let mut tally = Tally::default();
    for one in tallies {
        tally.add(one?);
    }
    drift.put_compared(id, &name, &tally).await?;
    end_if_done(services, id).await
}

/// The settings. With ones that do not read nothing may be changed; what is found is kept and told all the same.
///
/// # Errors
/// When they cannot be read now: whether anything is frozen is not known, and the message must come again.
pub(crate) async fn settings(drift: DriftStore<'_>) -> Result<Option<Settings>, StoreError> {
    match drift.settings().await {
        Ok(settings) => Ok(Some(settings)),
        Err(error @ StoreError::Unreadable { .. }) => {
            tracing::error!(error = %Chain(&error), "the drift settings do not read: nothing is repaired");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Compares one connection, or notes why not.
async fn one(
    services: &Services,
    check: &Check,
    target: &Target,
    inventory: &Inventory,
    settings: Option<&Settings>,
) -> Result<Tally, CheckError> {
    let mut tally = Tally::default();
    if let Err(why) = held_against(services, check, target, inventory, settings, &mut tally).await? {
        tally.skipped_changed.push(Skipped { connection: target.connection.clone(), why });
    }
    Ok(tally)
}

/// Compares one connection; or says why not.
async fn held_against(
    services: &Services,
    check: &Check,
    target: &Target,
    inventory: &Inventory,
    settings: Option<&Settings>,
    tally: &mut Tally,
) -> Result<Result<(), String>, CheckError> {
    let drift = DriftStore(&services.store);
    let Some(stored) = services.store.read(&target.connection).await? else {
        return Ok(Err("its record is gone".to_owned()));
    };
    let record = &stored.record;
    let subject = Subject::Connection(target.connection.clone());
    if record.uid == target.uid && record.updated_at >= check.at {
        // Perhaps by the repair that a process began which died before it could write so down.
        let findings = drift.findings(&subject).await?;
        if let Some(findings) = findings.filter(|known| known.uid == record.uid && known.checked_at >= check.at) {
            tally.compared += 1;
            tally.open += findings.open.len();
            return Ok(Ok(()));
        }
    }
    if record.uid != target.uid || record.updated_at >= check.at {
        // What was listed may be older than what it promises now.
        return Ok(Err("it changed since the check began".to_owned()));
    }
    let mut observed = match compared_with(record, steps::step, services, inventory) {
        Ok(observed) => observed,
        Err(skip) => return Ok(Err(skip.to_string())),
    };
    decided::respect(services, record, &mut observed).await?;
    let findings = keep(services, drift, &subject, &record.uid, &observed, tally).await?;
    tell_of(services, Some(record), &findings, settings, check.at).await?;
    if let Some(settings) = settings {
        match repair(services, &stored, &findings, settings).await? {
            Repaired::Not => {}
            Repaired::Proposed => tally.proposed += 1,
            Repaired::Begun => tally.repaired += 1,
        }
    }
    Ok(Ok(()))
}

/// Keeps what was observed of a subject.
pub(crate) async fn keep(
    services: &Services,
    drift: DriftStore<'_>,
    subject: &Subject,
    uid: &str,
    observed: &Observed,
    tally: &mut Tally,
) -> Result<drift::findings::Findings, CheckError> {
    let (now, writer) = (services.io.clock.now(), || services.io.entropy.nonce());
    let merged = drift.merge(subject, uid, observed, now, writer).await?;
    tally.compared += 1;
    tally.open += merged.findings.open.len();
    tally.opened += merged.opened.len();
    tally.cleared += merged.cleared.len();
    tally.unknown += observed.unknown.len();
    for (what, all) in [("found", &merged.opened), ("cleared", &merged.cleared)] {
        for stored in all {
            let finding = &stored.seen.finding;
            tracing::info!(
                ?subject, what, id = stored.id, kind = %finding.kind, severity = %stored.severity, side = %finding.side,
                resource = finding.resource, field = finding.field, "drift"
            );
        }
    }
    Ok(merged.findings)
}

/// The listings of these units.
async fn inventory(
    services: &Services,
    id: &CheckId,
    units: &BTreeMap<AccountAlias, BTreeSet<usize>>,
) -> Result<Inventory, CheckError> {
    let drift = DriftStore(&services.store);
    let mut inventory = Inventory::default();
    for (account, units) in units {
        let missing = |what| CheckError::Incomplete { check: id.clone(), what };
        let track = drift.track(id, account).await?.ok_or_else(|| missing("track"))?;
        let end = drift.track_end(id, account).await?.ok_or_else(|| missing("end of a track"))?;
        let parts = parts_of(&end.index, units).into_iter().map(|part| drift.track_part(id, account, part));
        let mut parts = stream::iter(parts.collect::<Vec<_>>()).buffered(PARTS_SIDE_BY_SIDE);
        while let Some(part) = parts.next().await {
            let part = part?.ok_or_else(|| missing("part of a track"))?;
            for (unit, sight) in part.done.into_iter().filter(|(unit, _)| units.contains(unit)) {
                let Some((region, listing_id)) = track.units.get(unit) else { continue };
                let account_region = AccountRegion { account: account.clone(), region: region.clone() };
                match sight {
                    ListingResult::StepFinding(listing) => {
                        inventory.insert(account_region, listing_id.clone(), listing)
                    }
                    ListingResult::Unavailable(why) => {
                        inventory.insert_unavailable(account_region, listing_id.clone(), why)
                    }
                }
            }
        }
    }
    Ok(inventory)
}

/// Ends the run when nothing is left to be compared.
pub(crate) async fn end_if_done(services: &Services, id: &CheckId) -> Result<(), CheckError> {
    let drift = DriftStore(&services.store);
    let Some(layout) = drift.layout(id).await? else { return Ok(()) };
    if drift.compared(id).await?.len() < messages(&layout).len() {
        return Ok(());
    }
    drift.end(id, &layout, services.io.clock.now()).await?;
    tracing::info!(check = %id, "a drift check has ended");
    Ok(())
}
