//! What every product of the cloud is handed.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::calls::CallLog;
use crate::clock::Clock;
use crate::delays::Delays;
use crate::faults::Faults;
use crate::identity::Identities;
use crate::ids::Ids;
use crate::opened::Opened;
use crate::table::{Storage, StorageError};

/// The common ground of all products. Clones share everything.
///
/// A product sends each request through the [`pipeline`](crate::pipeline) in return, so that policies, faults, rows and the log
/// are treated alike everywhere.
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
    /// Which products each account has opened.
    pub opened: Arc<Opened>,
}

/// How many calls are remembered.
const CALLS: usize = 100_000;

impl Shared {
    /// Shared ground over what `storage` holds. Everything random follows from `random_seed` and from `run`, the number of
    /// earlier runs over the same storage.
    ///
    /// # Errors
    /// When the storage cannot be read.
    pub fn open(
        storage: Storage,
        clock: Clock,
        home: Home,
        delays: Delays,
        random_seed: u64,
        run: u64,
    ) -> Result<Self, StorageError> {
        let ids = Arc::new(Ids::new(random_seed, run));
        let identities = Arc::new(Identities::load(&storage, clock.clone(), ids.clone())?);
        let faults = Arc::new(Faults::new(random_seed));
        let calls = Arc::new(CallLog::new(CALLS));
        let opened = Arc::new(Opened::load(&storage)?);
        Ok(Self { clock, storage, identities, ids, faults, home, delays, calls, opened })
    }
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
