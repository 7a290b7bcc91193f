//! Taking turns: the cloud makes one change to the private links of a main account at a time.
//!
//! What only has to be looked at is looked at without a turn; who has something to change takes it, and keeps it until its
//! step is done on that side, so that a change which the cloud is still at work on is not disturbed.

use crate::step::SideContext;
use connection::not_done::NotDone;
use connection::outputs::Outputs;

/// Looks in before anything else, so that the lease of a turn that was taken is renewed.
///
/// # Errors
/// A wait while it is somebody else's turn.
pub async fn keep(side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
    match outputs.lane.clone() {
        Some(lane) => side.acquire_lane(lane, outputs).await,
        None => Ok(()),
    }
}

/// Returns when it is this side's turn to change something.
///
/// # Errors
/// A wait while it is somebody else's turn.
pub async fn take(side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
    side.acquire_lane(side.link_lane(), outputs).await
}

/// Who is done leaves the lane, whether it remembers a turn or not: a copy of this message, or a process that died, may have
/// taken one that no record tells of.
pub fn end(side: &SideContext<'_>, outputs: &mut Outputs) {
    outputs.lane.get_or_insert_with(|| side.link_lane());
}
