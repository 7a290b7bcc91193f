//! Functions that live longer than the credentials that they were started with.

use std::time::Duration;

use causeway_local::calls::Outcome;
use causeway_tests::shown::Shown as _;
use causeway_tests::system::in_world;
use connection::record::Phase;

/// The credentials of an instance last 36 hours, and timers keep instances busy all the time.
#[test]
fn days_later_connections_are_still_made_and_no_request_had_credentials_that_ran_out() {
    in_world(async |system| {
        tokio::time::sleep(Duration::from_secs(40 * 3600)).await;
        system.post(&system.tutorial()).await.unwrap();
        let record = system.at_rest("qingdao-beijing").await;
        assert_eq!(record.phase(), Phase::Active, "{record:#?}");
        let late = |outcome: &Outcome| matches!(outcome, Outcome::Refused { code } if code.contains("Expired"));
        let calls = system.cloud.calls();
        assert!(!calls.iter().any(|call| late(&call.outcome)));
    });
}
