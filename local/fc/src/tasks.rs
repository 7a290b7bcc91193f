//! What runs in the background between start and stop.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

/// Background tasks with one signal that ends them.
pub(super) struct Tasks {
    stop: watch::Sender<bool>,
    set: Mutex<JoinSet<()>>,
}

impl Tasks {
    pub(super) fn new() -> Self {
        Self { stop: watch::Sender::new(false), set: Mutex::default() }
    }

    /// Starts a task. It is told of the end, and aborted if it does not come to one.
    pub(super) fn spawn<F: Future<Output = ()> + Send + 'static>(&self, task: impl FnOnce(watch::Receiver<bool>) -> F) {
        let mut set = self.set();
        while set.try_join_next().is_some() {}
        set.spawn(task(self.stop.subscribe()));
    }

    /// Tells all tasks to end, waits up to `limit` of real time for them, and aborts the rest.
    pub(super) async fn stop(&self, limit: Duration) {
        self.stop.send_replace(true);
        let mut set = std::mem::take(&mut *self.set());
        let all = async { while set.join_next().await.is_some() {} };
        if tokio::time::timeout(limit, all).await.is_err() {
            set.shutdown().await;
        }
    }

    fn set(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns once the end was announced, or nobody is left to announce it.
pub(super) async fn stopped(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
