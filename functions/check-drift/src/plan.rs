//! Planning: which connections are compared, and with which listings.

use std::collections::BTreeSet;
use std::time::Duration;

use connection::account::Account;
use connection::inventory::{AccountRegion, LinkListingId, ListingId};
use connection::words::{AccountAlias, ConnectionName};
use drift::check::{Check, PlanPart, Scope, Skipped, Target, Task, lay_out};
use drift::compare::{Skip, listing_ids};
use drift::orphan::owned_by;
use drift::store::DriftStore;
use engine::services::Services;
use futures::{StreamExt as _, stream};
use store::{StoreError, Stored};
use transport::Chain;

use crate::{CheckError, compare, send, send_all};

/// How many records one message reads.
const RECORDS: usize = 200;
/// How many of them side by side.
const SIDE_BY_SIDE: usize = 16;

/// Reads some more records; after the last ones, lays the run out and sets the accounts off.
///
/// # Errors
/// See [`CheckError`].
pub async fn plan(services: &Services, check: &Check, part: usize) -> Result<(), CheckError> {
    let (drift, id) = (DriftStore(&services.store), &check.id);
    if drift.layout(id).await?.is_some() {
        // Whoever wrote it may have died before sending: the sweep sends what is missing.
        return Ok(());
    }
    let planned = match drift.plan_part(id, part).await? {
        Some(planned) if drift.plan_part(id, part + 1).await?.is_some() => {
            tracing::info!(check = %id, part, after = ?planned.after, "planned before");
            return Ok(());
        }
        Some(planned) => planned,
        None => {
            let after = match part.checked_sub(1) {
                None => None,
                Some(before) => match drift.plan_part(id, before).await? {
                    Some(before) => before.after,
                    None => return Err(CheckError::Incomplete { check: id.clone(), what: "plan before this one" }),
                },
            };
            let planned = read(services, check, after.as_ref()).await?;
            if !drift.put_plan_part(id, part, &planned).await? {
                return Ok(());
            }
            planned
        }
    };
    if planned.after.is_some() {
        return send(services, id, Task::Plan { part: part + 1 }, Duration::ZERO).await;
    }
    let mut parts = Vec::with_capacity(part + 1);
    for number in 0..=part {
        let missing = || CheckError::Incomplete { check: id.clone(), what: "part of its plan" };
        parts.push(drift.plan_part(id, number).await?.ok_or_else(missing)?);
    }
    let managed = managed(services);
    let now = services.io.clock.now();
    let laid = lay_out(parts, &check.scope, now, &managed, |account_region| {
        everywhere(services, account_region, managed.contains(account_region))
    });
    drift.put_layout(id, &laid).await?;
    let layout = &laid.layout;
    tracing::info!(
        check = %id, connections = layout.connections, skipped = layout.skipped.len(), accounts = layout.tracks.len(),
        "a drift check is planned"
    );
    if layout.tracks.is_empty() {
        return compare::begin(services, id, layout).await;
    }
    let listing_id = |account: &AccountAlias| Task::Fetch { account: account.clone(), part: 0, tries: 0 };
    send_all(services, id, layout.tracks.iter().map(listing_id)).await;
    Ok(())
}

/// The places that the accounts document names, whether or not a connection has a side there.
fn managed(services: &Services) -> BTreeSet<AccountRegion> {
    let accounts = services.clouds.accounts().accounts.iter();
    let account_regions = accounts.flat_map(|(alias, account)| {
        account.regions().iter().map(|region| AccountRegion { account: alias.clone(), region: region.clone() })
    });
    account_regions.collect()
}

/// What is listed in a place for the sake of what nobody owns. Where nobody looks after endpoint services, nobody looks for
/// endpoints that came past the decisions either.
fn everywhere(services: &Services, account_region: &AccountRegion, is_managed: bool) -> Vec<ListingId> {
    match services.clouds.account(&account_region.account) {
        Some(Account::Alicloud(_)) => {
            let endpoints = is_managed.then_some(ListingId::Link(LinkListingId::Connections));
            [ListingId::RouterInterfaces, ListingId::Peerings].into_iter().chain(endpoints).collect()
        }
        Some(Account::Jdcloud(_)) => vec![ListingId::JdPeerings],
        None => Vec::new(),
    }
}

/// Reads the records behind `after`.
async fn read(services: &Services, check: &Check, after: Option<&ConnectionName>) -> Result<PlanPart, StoreError> {
    let (names, next) = match &check.scope {
        Scope::Connection(name) => (vec![name.clone()], None),
        Scope::All | Scope::Labels(_) => {
            let mut names = services.store.names(after, RECORDS + 1).await?;
            let more = names.len() > RECORDS;
            names.truncate(RECORDS);
            let next = names.last().cloned().filter(|_| more);
            (names, next)
        }
    };
    let (at, owned) = (services.io.clock.now(), Vec::new());
    let mut part = PlanPart { at, targets: Vec::new(), skipped: Vec::new(), owned, after: next };
    let mut read =
        stream::iter(names).map(|name| async move { (services.store.read(&name).await, name) }).buffered(SIDE_BY_SIDE);
    while let Some((stored, connection)) = read.next().await {
        match stored {
            Ok(Some(stored)) => add(services, check, &stored, &mut part),
            Ok(None) => {}
            // One that does not read must not keep the others from being compared.
            Err(error @ StoreError::Unreadable { .. }) => {
                part.skipped.push(Skipped { connection, why: Chain(&error).to_string() });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(part)
}

fn add(services: &Services, check: &Check, stored: &Stored, part: &mut PlanPart) {
    let record = &stored.record;
    // What was given up is nobody's: it is reported as such.
    if check.scope == Scope::All && !record.phase().is_over() {
        part.owned.extend(owned_by(record));
    }
    if !check.scope.takes(record) {
        return;
    }
    let connection = record.name().clone();
    match listing_ids(record, steps::step, services) {
        Ok(listing_ids) => part.targets.push(Target { connection, uid: record.uid.clone(), listing_ids }),
        Err(skip @ Skip::Moving) => part.skipped.push(Skipped { connection, why: skip.to_string() }),
        Err(Skip::Over) => {}
    }
}
