//! Functions that fail where it hurts: around each single request that they make.
//!
//! Everything a function does to the world is a request: a cloud call, a write to the store, a message. So failing before
//! and after each request in turn is failing between any two effects.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use causeway_cli::functions::InProcess;
use causeway_local::cloud::Cloud;
use causeway_local::fc::{Exited, FunctionConfig, Instance, LaunchError, Launcher, LineSink};
use http::{Request, Response};
use tokio::sync::Notify;
use transport::{Io, Transport, TransportError};

use crate::receiver::{Outside, Receivers};

/// What happens to one request of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// It gets lost on its way.
    LostBefore,
    /// It is carried out, and its answer gets lost.
    LostAfter,
    /// The process dies just before sending it.
    DiesBefore,
    /// It is carried out, and the process dies before it hears so.
    DiesAfter,
}

impl Mishap {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::LostBefore, Self::LostAfter, Self::DiesBefore, Self::DiesAfter];
}

/// Looks at the world, and complains.
type Watch = Box<dyn FnMut() -> Result<(), String> + Send>;

/// A request that a function is about to make.
pub struct Asked<'a> {
    /// Its number, from 0.
    pub number: usize,
    /// The function.
    pub function: &'a str,
    /// The request.
    pub request: &'a Request<Bytes>,
}

/// What happens to a request, if anything.
type Happens = Box<dyn FnMut(&Asked<'_>) -> Option<Mishap> + Send>;

/// Decides which requests come to grief, and counts them.
pub struct Mishaps {
    requests: AtomicUsize,
    happens: Mutex<Happens>,
    watch: Mutex<Option<Watch>>,
    complaints: Mutex<Vec<String>>,
    log: Mutex<Vec<String>>,
}

impl Mishaps {
    /// `happens` is asked for each request, by its number from 0.
    pub fn new(mut happens: impl FnMut(usize) -> Option<Mishap> + Send + 'static) -> Arc<Self> {
        Self::to(move |asked| happens(asked.number))
    }

    /// `happens` is asked for each request, by what it is.
    pub fn to(happens: impl FnMut(&Asked<'_>) -> Option<Mishap> + Send + 'static) -> Arc<Self> {
        Arc::new(Self {
            requests: AtomicUsize::new(0),
            happens: Mutex::new(Box::new(happens)),
            watch: Mutex::default(),
            complaints: Mutex::default(),
            log: Mutex::default(),
        })
    }

    /// Nothing ever happens.
    #[must_use]
    pub fn none() -> Arc<Self> {
        Self::new(|_| None)
    }

    /// The answer to the first object that each function writes in each place of the store gets lost, and to no other.
    #[must_use]
    pub fn of_first_writes() -> Arc<Self> {
        let mut written = BTreeSet::new();
        Self::to(move |asked| {
            let parts: Vec<&str> = asked.request.uri().path().split('/').skip(1).collect();
            let [first, second, ..] = parts[..] else { return None };
            // A folder of several kinds of objects is several places.
            let has_kinds = matches!(first, "acts" | "audit" | "drift" | "notices");
            let place = if has_kinds { format!("{first}/{second}") } else { first.to_owned() };
            let is_write = asked.request.method() == http::Method::PUT;
            (is_write && written.insert((asked.function.to_owned(), place))).then_some(Mishap::LostAfter)
        })
    }

    /// `mishap` befalls the request of this number, and no other.
    #[must_use]
    pub fn at(number: usize, mishap: Mishap) -> Arc<Self> {
        Self::new(move |request| (request == number).then_some(mishap))
    }

    /// From now on `happens` is asked for each request.
    pub fn befall(&self, mut happens: impl FnMut(usize) -> Option<Mishap> + Send + 'static) {
        *self.happens.lock().expect("no test thread panicked here") = Box::new(move |asked| happens(asked.number));
    }

    /// From now on nothing happens any more.
    pub fn cease(&self) {
        self.befall(|_| None);
    }

    /// From now on `watch` is asked between any two requests.
    pub fn watch(&self, watch: impl FnMut() -> Result<(), String> + Send + 'static) {
        *self.watch.lock().expect("no test thread panicked here") = Some(Box::new(watch));
    }

    /// Nobody watches any more.
    pub fn unwatch(&self) {
        *self.watch.lock().expect("no test thread panicked here") = None;
    }

    /// What the watch complained of.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        self.complaints.lock().expect("no test thread panicked here").clone()
    }

    /// How many requests functions have made.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// What happened, for people.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.log.lock().expect("no test thread panicked here").clone()
    }

    fn next(&self, function: &str, request: &Request<Bytes>) -> Option<Mishap> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        if let Some(watch) = self.watch.lock().expect("no test thread panicked here").as_mut()
            && let Err(complaint) = watch()
        {
            let complaint = format!("before request {number}: {complaint}");
            self.complaints.lock().expect("no test thread panicked here").push(complaint);
        }
        let asked = Asked { number, function, request };
        let mishap = (self.happens.lock().expect("no test thread panicked here"))(&asked)?;
        let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
        let action = request.headers().get("x-acs-action").and_then(|value| value.to_str().ok()).unwrap_or(&path);
        let line = format!("request {number}: {mishap:?} at {} {action}", request.method());
        self.log.lock().expect("no test thread panicked here").push(line);
        Some(mishap)
    }
}

/// The cloud without a socket in between.
#[derive(Clone)]
pub struct Direct(pub Cloud);

#[async_trait]
impl Transport for Direct {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        if !self.0.is_reached_at(request.uri()) {
            let host = request.uri().host().unwrap_or_default().to_owned();
            return Err(TransportError::NotSent { host, reason: "no such host".to_owned() });
        }
        self.0.handle(request).await.map_err(|dropped| lost(&dropped.to_string()))
    }
}

fn lost(reason: &str) -> TransportError {
    TransportError::NoAnswer { host: "the cloud".to_owned(), reason: reason.to_owned() }
}

/// One process: when it dies, everything it was doing stops where it was.
#[derive(Default)]
struct Life {
    over: AtomicBool,
    ended: Notify,
}

impl Life {
    async fn end(&self) -> ! {
        self.over.store(true, Ordering::Relaxed);
        self.ended.notify_waiters();
        std::future::pending().await
    }
}

struct FragileTransport {
    function: String,
    inner: Outside<Direct>,
    mishaps: Arc<Mishaps>,
    life: Arc<Life>,
}

#[async_trait]
impl Transport for FragileTransport {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        match self.mishaps.next(&self.function, &request) {
            None => self.inner.send(request).await,
            Some(Mishap::LostBefore) => Err(lost("the request was lost")),
            Some(Mishap::LostAfter) => {
                let _ = self.inner.send(request).await;
                Err(lost("the answer was lost"))
            }
            Some(Mishap::DiesBefore) => self.life.end().await,
            Some(Mishap::DiesAfter) => {
                let _ = self.inner.send(request).await;
                self.life.end().await
            }
        }
    }
}

/// Starts functions whose requests come to grief.
pub struct FragileLauncher {
    cloud: Cloud,
    io: Io,
    mishaps: Arc<Mishaps>,
    receivers: Arc<Receivers>,
    sink: Option<LineSink>,
}

impl FragileLauncher {
    /// Functions that act on `cloud` and tell `receivers`, with the time and randomness of `io`.
    #[must_use]
    pub fn new(cloud: Cloud, io: Io, mishaps: Arc<Mishaps>, receivers: Arc<Receivers>) -> Self {
        Self { cloud, io, mishaps, receivers, sink: None }
    }

    /// The same, whose functions write what they log into their log store.
    #[must_use]
    pub fn logging(self) -> Self {
        Self { sink: Some(self.cloud.fc().log_sink()), ..self }
    }
}

struct Fragile {
    inner: Arc<dyn Instance>,
    life: Arc<Life>,
}

#[async_trait]
impl Launcher for FragileLauncher {
    async fn launch(
        &self,
        function: &FunctionConfig,
        environment: BTreeMap<String, String>,
    ) -> Result<Arc<dyn Instance>, LaunchError> {
        let life = Arc::new(Life::default());
        let inner = Outside { cloud: Direct(self.cloud.clone()), receivers: self.receivers.clone() };
        let (function_name, mishaps) = (function.handler.clone(), self.mishaps.clone());
        let transport = FragileTransport { function: function_name, inner, mishaps, life: life.clone() };
        let io = Io { transport: Arc::new(transport), ..self.io.clone() };
        let functions = InProcess::new(io);
        let functions = match &self.sink {
            Some(sink) => functions.printing_to(sink.clone()),
            None => functions,
        };
        let inner = functions.launch(function, environment).await?;
        Ok(Arc::new(Fragile { inner, life }))
    }
}

#[async_trait]
impl Instance for Fragile {
    async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Exited> {
        let ended = self.life.ended.notified();
        if self.life.over.load(Ordering::Relaxed) {
            return Err(Exited::default());
        }
        tokio::select! {
            biased;
            () = ended => Err(Exited::default()),
            answer = self.inner.call(request) => answer,
        }
    }

    fn has_ended(&self) -> bool {
        self.inner.has_ended()
    }

    async fn stop(&self) {
        self.inner.stop().await;
    }
}
