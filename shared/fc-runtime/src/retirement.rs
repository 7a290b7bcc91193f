//! An instance that ends itself, in order.

use std::sync::Arc;

use tokio::sync::watch;

/// The end of an instance, asked for from inside: the runtime takes no more connections, answers what is in flight and returns, as
/// at SIGTERM. For a function that cannot go on in this process, such as one whose credentials in the environment ran out: the
/// platform starts a new instance with new ones. Cheap to clone; clones are of the same instance.
#[derive(Debug, Clone)]
pub struct Retirement(Arc<watch::Sender<bool>>);

impl Default for Retirement {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Retirement {
    /// Ends the instance once its calls are answered. `why` is logged, the first time.
    pub fn begin(&self, why: &str) {
        if !self.0.send_replace(true) {
            tracing::warn!("this instance ends after its calls: {why}");
        }
    }

    /// Whether the end was asked for.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Completes when the end was asked for.
    pub(crate) async fn begun(&self) {
        // The sender is held here, so the wait cannot fail.
        let _ = self.0.subscribe().wait_for(|begun| *begun).await;
    }
}
