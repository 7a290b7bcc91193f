//! Taking turns in the lane of a VPC's routes, and giving them back.

use connection::halt::Halt;
use connection::made::Made;
use connection::step::SideContext;

/// Looks in before anything else, so that the lease of a turn that was taken is renewed, and nothing is asked of the cloud
/// while it is somebody else's.
pub(crate) async fn keep_turn(side: &SideContext<'_>, made: &mut Made) -> Result<(), Halt> {
    match made.lane.clone() {
        Some(lane) => side.take_turn(lane, made).await,
        None => Ok(()),
    }
}

/// Who is done leaves the lane, whether it remembers a turn or not. A copy of this message, or a process that died, may have
/// asked for one that no record tells of; held by somebody who has nothing left to do, it would keep others waiting until it
/// ends by itself.
pub(crate) fn give_up_turn(side: &SideContext<'_>, made: &mut Made) {
    made.lane.get_or_insert_with(|| side.route_lane());
}
