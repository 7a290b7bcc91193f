//! Planning: which connections are compared, and with which listings.

use std::collections::BTreeSet;
use std::time::Duration;

use connection::account::Account;
use connection::carry::Office;
use connection::shown::{LinkLook, Look, Spot};
use connection::store::{StoreError, Stored};
use connection::words::{AccountAlias, ConnectionName};
use drift::check::{Check, PlanPart, Scope, Skipped, Target, Task, lay_out};
use drift::compare::{Skip, looks};
use drift::rogue::owned_by;
use drift::store::DriftStore;
use futures::{StreamExt as _, stream};

use crate::{CheckError, compare, send, send_all};

/// How many records one message reads.
const RECORDS: usize = 200;
/// How many of them side by side.
const SIDE_BY_SIDE: usize = 16;

/// Reads some more records; after the last ones, lays the run out and sets the accounts off.
///
/// # Errors
/// See [`CheckError`].
pub async fn plan(office: &Office, check: &Check, part: usize) -> Result<(), CheckError> {
    let (drift, id) = (DriftStore(&office.store), &check.id);
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
            let planned = read(office, check, after.as_ref()).await?;
            if !drift.put_plan_part(id, part, &planned).await? {
                return Ok(());
            }
            planned
        }
    };
    if planned.after.is_some() {
        return send(office, id, Task::Plan { part: part + 1 }, Duration::ZERO).await;
    }
    let mut parts = Vec::with_capacity(part + 1);
    for number in 0..=part {
        let missing = || CheckError::Incomplete { check: id.clone(), what: "part of its plan" };
        parts.push(drift.plan_part(id, number).await?.ok_or_else(missing)?);
    }
    let managed = managed(office);
    let now = office.io.clock.now();
    let laid = lay_out(parts, &check.scope, now, &managed, |spot| everywhere(office, spot, managed.contains(spot)));
    drift.put_layout(id, &laid).await?;
    let layout = &laid.layout;
    tracing::info!(
        check = %id, connections = layout.connections, skipped = layout.skipped.len(), accounts = layout.tracks.len(),
        "a drift check is planned"
    );
    if layout.tracks.is_empty() {
        return compare::begin(office, id, layout).await;
    }
    let look = |account: &AccountAlias| Task::Look { account: account.clone(), part: 0, tries: 0 };
    send_all(office, id, layout.tracks.iter().map(look)).await;
    Ok(())
}

/// The places that the accounts document names, whether or not a connection has a side there.
fn managed(office: &Office) -> BTreeSet<Spot> {
    let accounts = office.clouds.accounts().accounts.iter();
    let spots = accounts.flat_map(|(alias, account)| {
        account.regions().iter().map(|region| Spot { account: alias.clone(), region: region.clone() })
    });
    spots.collect()
}

/// What is listed in a place for the sake of what nobody owns. Where nobody looks after endpoint services, nobody looks for
/// endpoints that came past the decisions either.
fn everywhere(office: &Office, spot: &Spot, is_managed: bool) -> Vec<Look> {
    match office.clouds.account(&spot.account) {
        Some(Account::Alicloud(_)) => {
            let endpoints = is_managed.then_some(Look::Link(LinkLook::Connections));
            [Look::RouterInterfaces, Look::Peerings].into_iter().chain(endpoints).collect()
        }
        Some(Account::Jdcloud(_)) => vec![Look::JdPeerings],
        None => Vec::new(),
    }
}

/// Reads the records behind `after`.
async fn read(office: &Office, check: &Check, after: Option<&ConnectionName>) -> Result<PlanPart, StoreError> {
    let (names, next) = match &check.scope {
        Scope::Connection(name) => (vec![name.clone()], None),
        Scope::All | Scope::Labels(_) => {
            let mut names = office.store.names(after, RECORDS + 1).await?;
            let more = names.len() > RECORDS;
            names.truncate(RECORDS);
            let next = names.last().cloned().filter(|_| more);
            (names, next)
        }
    };
    let (at, owned) = (office.io.clock.now(), Vec::new());
    let mut part = PlanPart { at, targets: Vec::new(), skipped: Vec::new(), owned, after: next };
    let mut read =
        stream::iter(names).map(|name| async move { (office.store.read(&name).await, name) }).buffered(SIDE_BY_SIDE);
    while let Some((stored, connection)) = read.next().await {
        match stored {
            Ok(Some(stored)) => add(office, check, &stored, &mut part),
            Ok(None) => {}
            // One that does not read must not keep the others from being compared.
            Err(error @ StoreError::Unreadable { .. }) => {
                part.skipped.push(Skipped { connection, why: error.to_string() });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(part)
}

fn add(office: &Office, check: &Check, stored: &Stored, part: &mut PlanPart) {
    let record = &stored.record;
    // What was given up is nobody's: it is reported as such.
    if check.scope == Scope::All && !record.phase().is_over() {
        part.owned.extend(owned_by(record));
    }
    if !check.scope.takes(record) {
        return;
    }
    let connection = record.name().clone();
    match looks(record, steps::step, office) {
        Ok(looks) => part.targets.push(Target { connection, uid: record.uid.clone(), looks }),
        Err(skip @ Skip::Moving) => part.skipped.push(Skipped { connection, why: skip.to_string() }),
        Err(Skip::Over) => {}
    }
}
