//! One record against what the cloud shows, step by step.

use connection::chain;
use connection::inventory::{AccountRegion, Inventory, ListingId};
use connection::record::{Course, Record, Status};
use connection::words::StepName;
use engine::services::Services;
use engine::step::{SideContext, Step};

use crate::findings::{Observed, StepFinding, Unknown};

/// Finds a step by its name.
pub type Steps = fn(StepName) -> &'static dyn Step;

/// Why a connection is not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Skip {
    /// It is under way: what it finds on its way is its own business.
    #[error("it is moving")]
    Moving,
    /// It promises nothing: not begun, removed, rolled back or given up, or on its way there when it stopped.
    #[error("it promises nothing")]
    Over,
}

/// The steps whose promises a record makes now.
///
/// A connection that stopped on its way keeps those of the steps that it had passed.
///
/// # Errors
/// See [`Skip`].
pub fn promising(record: &Record) -> Result<Vec<StepName>, Skip> {
    let kind = record.spec.kind();
    let all = || chain::chain(kind).iter().map(|stage| stage.step);
    match (record.status, record.course) {
        (Status::Moving, _) => Err(Skip::Moving),
        (Status::Arrived, Course::Build | Course::Pause) => Ok(all().collect()),
        (Status::Failed | Status::Stuck, Course::Build) => Ok(all().take_while(|step| *step != record.step).collect()),
        // Whether it is on or off is just what is not certain.
        (Status::Failed | Status::Stuck, Course::Pause) => Ok(all().filter(|step| *step != record.step).collect()),
        (Status::Arrived | Status::Failed | Status::Stuck, Course::RollBack | Course::Remove | Course::Clear)
        | (Status::Abandoned | Status::AwaitingConsent, _) => Err(Skip::Over),
    }
}

/// The listings that a record is compared with.
///
/// # Errors
/// See [`Skip`].
pub fn listing_ids(
    record: &Record,
    steps: Steps,
    services: &Services,
) -> Result<Vec<(AccountRegion, ListingId)>, Skip> {
    let mut listing_ids = Vec::new();
    for name in promising(record)? {
        let step = steps(name);
        for context in SideContext::acting(record, step, services) {
            listing_ids
                .extend(step.listings(&context).into_iter().map(|listing_id| (context.account_region(), listing_id)));
        }
    }
    listing_ids.sort();
    listing_ids.dedup();
    Ok(listing_ids)
}

/// Compares a record with what is shown.
///
/// # Errors
/// See [`Skip`].
pub fn compare(record: &Record, steps: Steps, services: &Services, inventory: &Inventory) -> Result<Observed, Skip> {
    let mut observed = Observed::default();
    for name in promising(record)? {
        let step = steps(name);
        for context in SideContext::acting(record, step, services) {
            let view = context.view(inventory);
            for listing_id in step.listings(&context) {
                if let Some(why) = view.unavailable(&listing_id) {
                    let why = why.to_owned();
                    observed.unknown.push(Unknown { side: Some(context.side()), step: Some(name), listing_id, why });
                }
            }
            let found = step.observe(&context, inventory).into_iter();
            observed.seen.extend(found.map(|finding| StepFinding { step: Some(name), finding }));
        }
    }
    Ok(observed)
}
