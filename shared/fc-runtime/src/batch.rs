//! Batches: which messages of an event are done, when the platform knows only the whole.
//!
//! EventBridge and the queues behind it hand a function several messages in one event, and repeat the whole event when the
//! function fails. So one bad message must not keep the others from being handled, and the report must name the bad ones:
//!
//! ```
//! use fc_runtime::{Batch, Diagnostic, Error, Event};
//! # #[derive(serde::Deserialize)] struct Message { id: String, body: String }
//! # async fn store(_: String) -> Result<(), Error> { Ok(()) }
//!
//! async fn handler(event: Event<Vec<Message>>) -> Result<(), Diagnostic> {
//!     let outcomes = Batch::new(event.payload)
//!         .concurrency(4)
//!         .run(|message| message.id.clone(), |message| store(message.body))
//!         .await;
//!     // Fails, and so brings the whole batch back, if any message failed: handle messages idempotently.
//!     outcomes.into_result()?;
//!     Ok(())
//! }
//! ```

use std::fmt;
use std::panic::AssertUnwindSafe;

use futures::{FutureExt, StreamExt};

use crate::{Diagnostic, Error};

/// Messages to be handled one by one, whatever becomes of each.
#[derive(Debug, Clone)]
#[must_use = "a batch does nothing before it is run"]
pub struct Batch<T> {
    messages: Vec<T>,
    concurrency: usize,
}

impl<T> Batch<T> {
    /// The messages, in order.
    pub fn new(messages: impl IntoIterator<Item = T>) -> Self {
        Self { messages: messages.into_iter().collect(), concurrency: 1 }
    }

    /// How many messages are handled at the same time: one after the other unless set.
    pub fn concurrency(mut self, messages: usize) -> Self {
        self.concurrency = messages.max(1);
        self
    }

    /// Handles every message, also after one has failed or panicked. `name` gives what a message is called in the report,
    /// its id as a rule.
    pub async fn run<N, H, F, R, E>(self, name: N, handler: H) -> Outcomes<R>
    where
        N: Fn(&T) -> String,
        H: Fn(T) -> F,
        F: Future<Output = Result<R, E>>,
        E: Into<Error>,
    {
        let (name, handler) = (&name, &handler);
        let handled = self.messages.into_iter().map(|message| async move {
            let name = name(&message);
            let result = match AssertUnwindSafe(async { handler(message).await }).catch_unwind().await {
                Ok(result) => result.map_err(Diagnostic::of),
                Err(panic) => Err(Diagnostic::of_panic(&*panic)),
            };
            Outcome { name, result }
        });
        Outcomes(futures::stream::iter(handled).buffered(self.concurrency).collect().await)
    }
}

/// What became of one message.
#[derive(Debug)]
pub struct Outcome<R> {
    /// What the message is called.
    pub name: String,
    /// What its handler returned.
    pub result: Result<R, Diagnostic>,
}

/// What became of each message, in the order of the batch.
#[derive(Debug)]
pub struct Outcomes<R>(Vec<Outcome<R>>);

impl<R> Outcomes<R> {
    /// The outcomes.
    #[must_use]
    pub fn as_slice(&self) -> &[Outcome<R>] {
        &self.0
    }

    /// Names of the messages that are done.
    pub fn done(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|outcome| outcome.result.is_ok()).map(|outcome| outcome.name.as_str())
    }

    /// The messages that failed, and why.
    pub fn failed(&self) -> impl Iterator<Item = (&str, &Diagnostic)> {
        self.0.iter().filter_map(|outcome| Some((outcome.name.as_str(), outcome.result.as_ref().err()?)))
    }

    /// All results, if every message is done.
    ///
    /// # Errors
    /// [`BatchError`], which names the messages that failed, if any did. Returned from the handler, it makes FC repeat the
    /// whole batch where the trigger or the call is one that FC repeats.
    pub fn into_result(self) -> Result<Vec<R>, BatchError> {
        let (mut results, mut done, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        for Outcome { name, result } in self.0 {
            match result {
                Ok(result) => {
                    results.push(result);
                    done.push(name);
                }
                Err(failure) => failed.push((name, failure)),
            }
        }
        if failed.is_empty() { Ok(results) } else { Err(BatchError { done, failed }) }
    }
}

impl<R> IntoIterator for Outcomes<R> {
    type Item = Outcome<R>;
    type IntoIter = std::vec::IntoIter<Outcome<R>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Some messages of a batch failed.
#[derive(Debug)]
pub struct BatchError {
    /// Names of the messages that are done and, when the batch comes back, come back with it.
    pub done: Vec<String>,
    /// The messages that failed, and why. Never empty.
    pub failed: Vec<(String, Diagnostic)>,
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} messages failed", self.failed.len(), self.failed.len() + self.done.len())?;
        for (position, (name, failure)) in self.failed.iter().enumerate() {
            write!(f, "{} {name} ({})", if position == 0 { ':' } else { ',' }, failure.in_full())?;
        }
        Ok(())
    }
}

impl std::error::Error for BatchError {}

impl From<BatchError> for Diagnostic {
    fn from(error: BatchError) -> Self {
        Self::of(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    async fn halve(number: u32) -> Result<u32, String> {
        match number {
            13 => panic!("unlucky"),
            odd if odd % 2 == 1 => Err(format!("{odd} is odd")),
            even => Ok(even / 2),
        }
    }

    fn run(numbers: &[u32], concurrency: usize) -> Outcomes<u32> {
        let batch = Batch::new(numbers.to_vec()).concurrency(concurrency);
        batch.run(|number| format!("m-{number}"), halve).now_or_never().expect("halving waits for nothing")
    }

    #[test]
    fn every_message_is_handled_and_the_error_names_the_failed_ones() {
        let outcomes = run(&[2, 3, 13, 4], 2);
        assert_eq!(outcomes.done().collect::<Vec<_>>(), ["m-2", "m-4"]);
        let error = outcomes.into_result().unwrap_err();
        assert_eq!(error.to_string(), "2 of 4 messages failed: m-3 (Error: 3 is odd), m-13 (Panic: unlucky)");
        assert_eq!(error.done, ["m-2", "m-4"]);
        assert_eq!(Diagnostic::from(error).error_type(), "BatchError");
    }

    #[test]
    fn a_batch_without_failures_yields_its_results_in_order() {
        assert_eq!(run(&[2, 4, 6], 3).into_result().unwrap(), [1, 2, 3]);
        assert!(run(&[], 1).into_result().unwrap().is_empty());
    }

    #[test]
    fn messages_overlap_up_to_the_concurrency_and_no_further() {
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let tokio = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let outcomes = tokio.block_on(Batch::new(0..9).concurrency(3).run(ToString::to_string, async |_| {
            most.fetch_max(running.fetch_add(1, Relaxed) + 1, Relaxed);
            tokio::task::yield_now().await;
            running.fetch_sub(1, Relaxed);
            Ok::<_, Error>(())
        }));
        assert!(outcomes.into_result().is_ok());
        assert_eq!(most.into_inner(), 3);
    }
}
