//! A process of an operator that dies at one of its requests.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use tokio::sync::Notify;
use transport::{Io, Transport, TransportError};

/// Carries requests until its process dies: right after this one, by its number from 0, was carried out.
pub struct Mortal {
    inner: Arc<dyn Transport>,
    dies_after: Option<usize>,
    made: AtomicUsize,
    died: Notify,
}

impl Mortal {
    /// A process, and the outside world as it sees it.
    #[must_use]
    pub fn of(io: &Io, dies_after: Option<usize>) -> (Arc<Self>, Io) {
        let inner = io.transport.clone();
        let mortal = Arc::new(Self { inner, dies_after, made: AtomicUsize::new(0), died: Notify::new() });
        (mortal.clone(), Io { transport: mortal, ..io.clone() })
    }

    /// What the process comes to; nothing where it dies before.
    pub async fn lives<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.died.notified() => None,
        }
    }

    /// How many requests it made.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Transport for Mortal {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let answer = self.inner.send(request).await;
        if self.dies_after == Some(number) {
            self.died.notify_one();
            return pending().await;
        }
        answer
    }
}
