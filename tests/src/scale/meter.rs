//! Counts what the cloud is asked, and lets each request take as long as it usually does.
//!
//! On virtual time a request takes none, and an invocation could never outlive its timeout. So every answer comes after a time
//! that is rather long than short.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use causeway_local::calls::{CallInfo, Product};
use causeway_local::faults::{Delivery, Fault, FaultPlan};

/// What the products that list something take for a request.
const LISTING_MS: u64 = 150;
/// What store, queues and tokens take.
const STORE_MS: u64 = 20;

/// Counts requests by what they are for.
#[derive(Default)]
pub struct Meter {
    pages: AtomicUsize,
    store: AtomicUsize,
    sent: AtomicUsize,
    chaos: Option<Arc<dyn FaultPlan>>,
}

/// What was counted so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// Requests to the products in which connections stand.
    pub pages: usize,
    /// Requests to the store.
    pub store: usize,
    /// Messages that were sent.
    pub sent: usize,
}

impl Meter {
    /// A meter that counts what goes wrong as `chaos` says, too.
    #[must_use]
    pub fn new(chaos: Option<Arc<dyn FaultPlan>>) -> Arc<Self> {
        Arc::new(Self { chaos, ..Self::default() })
    }

    /// What was counted so far.
    #[must_use]
    pub fn counted(&self) -> Counted {
        let of = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        Counted { pages: of(&self.pages), store: of(&self.store), sent: of(&self.sent) }
    }
}

impl std::ops::Sub for Counted {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self { pages: self.pages - before.pages, store: self.store - before.store, sent: self.sent - before.sent }
    }
}

impl FaultPlan for Meter {
    fn on_request(&self, call: &CallInfo) -> Option<Fault> {
        let (count, milliseconds) = match call.product {
            Product::Vpc | Product::VpcPeer | Product::Ecs => (Some(&self.pages), LISTING_MS),
            Product::Oss => (Some(&self.store), STORE_MS),
            Product::Mns if call.action == "SendMessage" => (Some(&self.sent), STORE_MS),
            _ => (None, STORE_MS),
        };
        if let Some(count) = count {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let fault = self.chaos.as_ref().and_then(|chaos| chaos.on_request(call));
        fault.or(Some(Fault::Slow { milliseconds }))
    }

    fn on_delivery(&self, queue: &str, message: &str) -> Delivery {
        self.chaos.as_ref().map_or_else(Delivery::default, |chaos| chaos.on_delivery(queue, message))
    }
}
