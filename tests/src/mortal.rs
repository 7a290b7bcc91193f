//! A process of an operator that dies at one of its requests.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use tokio::sync::Notify;
use transport::{Io, Transport, TransportError};

/// When a process dies, by the number of a request from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// Right before the request is sent.
    Before(usize),
    /// Right after it was carried out.
    After(usize),
    /// Not at all.
    Never,
}

/// Carries requests until its process dies.
pub struct Mortal {
    inner: Arc<dyn Transport>,
    death: Death,
    made: AtomicUsize,
    died: Notify,
}

impl Mortal {
    /// A process, and the outside world as it sees it.
    #[must_use]
    pub fn of(io: &Io, death: Death) -> (Arc<Self>, Io) {
        let inner = io.transport.clone();
        let mortal = Arc::new(Self { inner, death, made: AtomicUsize::new(0), died: Notify::new() });
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
        if self.death == Death::Before(number) {
            self.died.notify_one();
            return pending().await;
        }
        let answer = self.inner.send(request).await;
        if self.death == Death::After(number) {
            self.died.notify_one();
            return pending().await;
        }
        answer
    }
}
