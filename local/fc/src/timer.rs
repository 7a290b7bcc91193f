//! The `timer` trigger: calls a function by the clock of the cloud (docs/reference/function-compute.md, section 3).
//!
//! A tick is an asynchronous call, so it is retried like one. Ticks that fall into a time in which the cloud did not run are
//! not made up for; an interval counts from the start.

use std::sync::Arc;

use tokio::sync::watch;

use super::log::TriggeredBy;
use super::schedule::Schedule;
use super::tasks::stopped;
use super::{Inner, event};

/// A trigger with everything it needs to run.
pub(super) struct Timer {
    pub(super) inner: Arc<Inner>,
    pub(super) function: String,
    pub(super) name: String,
    pub(super) payload: String,
    pub(super) schedule: Schedule,
}

impl Timer {
    pub(super) async fn run(self, stop: watch::Receiver<bool>) {
        let clock = &self.inner.shared.clock;
        let mut last = clock.now();
        while let Some(due) = self.schedule.next(last) {
            tokio::select! {
                biased;
                () = stopped(stop.clone()) => return,
                () = clock.sleep_until(due) => {}
            }
            let event = event::timer(&self.name, due, &self.payload);
            if let Err(error) = self.inner.accept(&self.function, event, TriggeredBy::Timer(self.name.clone())) {
                tracing::error!(function = self.function, trigger = self.name, %error, "a tick was lost");
            }
            last = due;
        }
    }
}
