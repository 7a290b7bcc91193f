//! What every product of the cloud is handed.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::calls::CallLog;
use crate::clock::Clock;
use crate::delays::Delays;
use crate::faults::Faults;
use crate::identity::Identities;
use crate::ids::Ids;
use crate::table::Storage;

/// The common ground of all products. Clones share everything.
///
/// A product owes three things in return. It asks [`Faults::on_request`] once a request, as soon as it knows the caller, and
/// does what the fault says; to break the connection it puts [`crate::faults::Swallow`] into its response's extensions. It
/// puts a [`crate::calls::Call`] there too, so that the gateway can log it. And it commits to [`Storage`] before it answers.
#[derive(Debug, Clone)]
pub struct Shared {
    /// Cloud time and wall time.
    pub clock: Clock,
    /// Where rows are kept.
    pub storage: Storage,
    /// Who holds which access key.
    pub identities: Arc<Identities>,
    /// Names of new things, seeded.
    pub ids: Arc<Ids>,
    /// What goes wrong on demand.
    pub faults: Arc<Faults>,
    /// The operator's account and region.
    pub home: Home,
    /// How long state changes take.
    pub delays: Delays,
    /// What was called.
    pub calls: Arc<CallLog>,
}

/// The account and region meant when a request names none: a bare loopback address tells neither, although on the real
/// cloud the host name would (`{account}.mns.{region}.aliyuncs.com`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// The operator's account.
    pub account_id: String,
    /// The operator's region.
    pub region: String,
}

/// Shared ground for tests: in memory, at real speed, with one account `1000000000000001` whose key is `testid` and
/// `testsecret`, and home in `cn-hangzhou`.
#[cfg(test)]
impl Shared {
    pub(crate) fn for_tests() -> Self {
        Self::for_tests_in(Storage::in_memory(), Clock::system())
    }

    pub(crate) fn for_tests_in(storage: Storage, clock: Clock) -> Self {
        let ids = Arc::new(Ids::new(1, 0));
        let identities = Identities::load(&storage, clock.clone(), ids.clone()).unwrap();
        identities.add_account("1000000000000001", "testid", "testsecret".into());
        Self {
            clock,
            storage,
            identities: Arc::new(identities),
            ids,
            faults: Arc::new(Faults::new(1)),
            home: Home { account_id: "1000000000000001".into(), region: "cn-hangzhou".into() },
            delays: Delays::default(),
            calls: Arc::new(CallLog::new(100)),
        }
    }
}
