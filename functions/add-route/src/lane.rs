//! Taking turns in the lane of a VPC's routes, and giving them back.

use connection::not_done::NotDone;
use connection::outputs::Outputs;
use engine::step::SideContext;

/// Looks in before anything else, so that the lease of a turn that was taken is renewed, and nothing is asked of the cloud
/// while it is somebody else's.
pub(crate) async fn keep_turn(side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
    match outputs.lane.clone() {
        Some(lane) => side.acquire_lane(lane, outputs).await,
        None => Ok(()),
    }
}

/// Who is done leaves the lane, whether it remembers a turn or not. A copy of this message, or a process that died, may have
/// asked for one that no record tells of; held by somebody who has nothing left to do, it would keep others waiting until it
/// ends by itself.
pub(crate) fn give_up_turn(side: &SideContext<'_>, outputs: &mut Outputs) {
    outputs.lane.get_or_insert_with(|| side.route_lane());
}
