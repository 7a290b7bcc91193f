//! Function Compute: runs whatever functions a template describes, and everything that calls them.
//!
//! [`Fc::deploy`] takes a [`Stack`] and makes its buckets, queues, roles, functions and triggers; [`Fc::start`] lets queues and
//! timers call. How an instance comes into being is a [`Launcher`]'s business: [`SpawnLauncher`] starts the real bootstrap
//! binaries, and callers bring launchers of their own to run functions in process. Either way an instance hears and answers
//! exactly what the custom runtime contract says.
//!
//! | file | what |
//! | --- | --- |
//! | `launcher`, `spawn` | what an instance is; instances that are processes |
//! | `contract` | environment and headers; how answers are judged |
//! | `pool` | the instances of a function: when one starts, how many calls it takes, when it goes |
//! | `invoke` | one call |
//! | `asynchronous` | calls that are kept, repeated and reported |
//! | `stream`, `held`, `retry`, `event` | the queue trigger |
//! | `timer`, `schedule` | the timer trigger |
//! | `web` | the HTTP trigger |
//! | `api`, `manage` | the management API, signed: functions, packages, triggers |
//! | `versions` | versions of functions, and aliases |
//! | `rows` | what is kept of functions that were made over the API |
//! | `package` | instances whose program is the function's own package |
//! | `deploy` | a stack becomes reality |
//! | [`ros`] | the templates that describe all of it |
//! | `log` | what was called, for the console and tests |
//!
//! # Guarantees
//! A message that a queue accepted, and an asynchronous call that was accepted, are carried out at least once, or end in the
//! dead-letter queue or at the destination that the template names, whatever process is killed meanwhile.
//!
//! Pauses, windows and schedules run in cloud time. A function's timeout runs in real time. All time is tokio's, all chance
//! comes from the shared seed: on a paused runtime a run repeats exactly.

mod api;
mod asynchronous;
mod contract;
mod deploy;
mod event;
mod held;
mod invoke;
mod launcher;
mod log;
mod manage;
mod package;
mod pool;
mod retry;
pub mod ros;
mod rows;
mod schedule;
mod spawn;
mod stream;
mod tasks;
#[cfg(test)]
mod tests;
mod timer;
mod versions;
mod web;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tokio::sync::watch;

pub use api::Operation;
pub use contract::{CONTROL_PATH, REQUEST_ID, STATUS};
pub use deploy::{DeployError, Deployment};
pub use launcher::{Exited, Instance, LaunchError, Launcher, Said};
pub use log::{Invocation, Outcome, TriggeredBy};
pub use manage::{EventStream, camel};
pub use package::PackageLauncher;
pub use schedule::{Schedule, ScheduleError};
pub use spawn::{LineSink, OutputLine, SpawnLauncher};

/// A function as the template describes it.
pub type FunctionConfig = crate::ros::resource::Function;

use local_core::calls::Product;
use local_core::coverage::Coverage;
use local_core::directory::LinkedService;
use local_core::opened::Openable;
use local_core::rpc::nonce::Nonces;
use local_core::shared::Shared;
use local_core::table::{StorageError, Table};
use local_mns::{Mns, QueueRef};
use local_oss::Oss;
use local_sls::{Line, Sls};

use crate::ros::Stack;
use crate::ros::resource::{AsyncInvokeConfig, EventBridgeTrigger, HttpTrigger, Resource, TimerTrigger};

use asynchronous::Row;
use contract::Place;
use invoke::Call;
use log::InvocationLog;
use pool::Pool;
use rows::{Tables, TriggerRow};
use stream::Stream;
use tasks::Tasks;
use timer::Timer;
use versions::LATEST;

/// The longest event or body of a synchronous call.
const SYNC_BYTES: usize = 32 * 1024 * 1024;

/// The function service. Clones share everything. It runs until [`Fc::stop`], also when the last clone is dropped.
#[derive(Clone)]
pub struct Fc(Arc<Inner>);

struct Inner {
    shared: Shared,
    mns: Mns,
    oss: Oss,
    sls: Sls,
    /// By key: `{account}/{region}/{name}`.
    functions: Mutex<BTreeMap<String, Arc<Deployed>>>,
    /// The instances of versions that were called, by the version's key.
    version_pools: Mutex<BTreeMap<String, Arc<Pool>>>,
    /// Those that were made over the API.
    rows: Mutex<Tables>,
    /// What runs of their triggers, by the trigger's key.
    running: Mutex<BTreeMap<String, Arc<Tasks>>>,
    /// Starts the instances of functions that were made over the API.
    launcher: Mutex<Arc<dyn Launcher>>,
    /// Where HTTP triggers are reached. Empty: at the cloud's own addresses.
    http_base: Mutex<String>,
    /// What each stack described when it was last deployed, by its name.
    stacks: Mutex<BTreeMap<String, Vec<(String, Resource)>>>,
    background_triggers: Mutex<Vec<BackgroundTrigger>>,
    /// Asynchronous calls that have not ended, by request id.
    waiting: Mutex<Table<Row>>,
    log: InvocationLog,
    nonces: Nonces,
    tasks: Mutex<Option<Arc<Tasks>>>,
    /// Held by whoever starts, stops or deploys.
    change: tokio::sync::Mutex<()>,
}

/// A function that can be called.
struct Deployed {
    pool: Arc<Pool>,
    http: Option<HttpTrigger>,
    asynchronous: Option<AsyncInvokeConfig>,
    triggers: Vec<TriggerRow>,
    /// The stack that it was deployed with inside this process; none if it was made over the API.
    stack: Option<String>,
}

/// A trigger that runs in the background.
#[derive(Clone)]
struct BackgroundTrigger {
    stack: String,
    /// The key of its function.
    function: String,
    name: String,
    source: Source,
}

#[derive(Clone)]
enum Source {
    Queue { trigger: EventBridgeTrigger, queue: QueueRef, dead_letter: Option<QueueRef> },
    Timer { trigger: TimerTrigger, schedule: Schedule },
}

/// A call that was not made.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the texts say what each one means")]
pub enum InvokeError {
    #[error("function {0:?} does not exist")]
    NoSuchFunction(String),
    #[error("the event is longer than {most} bytes")]
    TooLarge { most: usize },
    /// The call could not be kept.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Fc {
    /// Opens the service. Functions are there once they are deployed; asynchronous calls that an earlier process left behind
    /// are taken up at [`Fc::start`].
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn open(shared: &Shared, mns: &Mns, oss: &Oss, sls: &Sls) -> Result<Self, StorageError> {
        let waiting = Table::load(&shared.storage, "fc_async")?;
        let rows = Mutex::new(Tables::load(&shared.storage)?);
        let fc = Self(Arc::new_cyclic(|inner: &Weak<Inner>| Inner {
            rows,
            sls: sls.clone(),
            running: Mutex::default(),
            launcher: Mutex::new(Arc::new(PackageLauncher::new(log_sink(inner.clone())))),
            http_base: Mutex::default(),
            waiting: Mutex::new(waiting),
            shared: shared.clone(),
            mns: mns.clone(),
            oss: oss.clone(),
            functions: Mutex::default(),
            version_pools: Mutex::default(),
            stacks: Mutex::default(),
            background_triggers: Mutex::default(),
            log: InvocationLog::new(),
            nonces: Nonces::default(),
            tasks: Mutex::default(),
            change: tokio::sync::Mutex::default(),
        }));
        fc.0.load();
        Ok(fc)
    }

    /// Lets `launcher` start the instances of functions that are made over the API, in place of their own packages.
    pub fn set_launcher(&self, launcher: Arc<dyn Launcher>) {
        *self.0.launcher.lock().unwrap_or_else(PoisonError::into_inner) = launcher;
        self.0.load();
    }

    /// Says where HTTP triggers are reached: what they show as their address from now on.
    pub fn set_http_base(&self, address: &str) {
        address.clone_into(&mut self.0.http_base.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Where HTTP triggers are reached. Empty: at the cloud's own addresses.
    #[must_use]
    pub fn http_base(&self) -> String {
        self.0.http_base()
    }

    /// Takes what functions print, for the log stores that they name: give it to a launcher of your own.
    #[must_use]
    pub fn log_sink(&self) -> LineSink {
        log_sink(Arc::downgrade(&self.0))
    }

    /// Makes everything that the stack describes. What is there already is kept and brought up to date; functions and
    /// triggers that an earlier deployment of the same stack had are replaced. Queues and buckets are never removed.
    ///
    /// # Errors
    /// What the stack asks for and cannot have, before anything is made: see [`DeployError`].
    pub async fn deploy(&self, stack: &Stack, launcher: Arc<dyn Launcher>) -> Result<Deployment, DeployError> {
        let _change = self.0.change.lock().await;
        self.0.deploy(stack, launcher).await
    }

    /// Opens EventBridge in an account, with the service-linked roles that its streams need: what somebody does in the console, or
    /// by CreateServiceLinkedRoleForProduct, before a stack with `eventbridge` triggers can be made.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn open_event_bridge(&self, account_id: &str) -> Result<(), StorageError> {
        self.0.shared.opened.open(account_id, Openable::EventBridge)?;
        let roles = deploy::EVENT_BRIDGE_ROLES.iter().filter_map(|role| LinkedService::of_role(role));
        roles.into_iter().try_for_each(|service| self.0.shared.identities.link(account_id, service).map(drop))
    }

    /// Lets queues and timers call. Does nothing when they do already.
    pub async fn start(&self) {
        let _change = self.0.change.lock().await;
        self.0.start();
    }

    /// What the management API offers, and HTTP triggers as one operation more.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let operations = api::ALL.iter().copied().chain([("(HTTP trigger)", true)]);
        Coverage::new(Product::Fc, operations, include_str!("codes.txt"))
    }

    /// Ends queues, timers and instances: takes nothing new, waits up to `limit` of real time for calls on their way, then
    /// ends them. Messages that were not done with become visible again.
    pub async fn stop(&self, limit: Duration) {
        let _change = self.0.change.lock().await;
        self.0.stop(limit).await;
    }

    /// Passes an HTTP request on to a function with an `http` trigger. `request` names the path that the function shall see.
    /// Always answers: refusals and failures of the platform carry a JSON body with `Code` and `Message`.
    pub async fn http_trigger(&self, function: &str, request: Request<Bytes>) -> Response<Bytes> {
        self.0.http_trigger(function, request).await
    }

    /// Answers a request to the management API (version 2023-03-30), signed with ACS3 by the account that owns the functions.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        self.0.handle(request).await
    }

    /// Calls a function and waits for its answer. A function is named by its name, if it is the operator's own in the home region, or
    /// by its key.
    ///
    /// # Errors
    /// When there is no such function, or the event is too long. A call that failed is no error: see [`Outcome`].
    pub async fn invoke(&self, function: &str, event: impl Into<Bytes>) -> Result<(Outcome, Bytes), InvokeError> {
        let event = event.into();
        if event.len() > SYNC_BYTES {
            return Err(InvokeError::TooLarge { most: SYNC_BYTES });
        }
        let deployed = self.0.deployed(function)?;
        let ended = self.0.invoke(&deployed.pool, Call::event(event, TriggeredBy::Api)).await;
        Ok((ended.outcome, ended.response.map(Response::into_body).unwrap_or_default()))
    }

    /// Calls a function later, at least once. Returns the request id.
    ///
    /// # Errors
    /// As [`Fc::invoke`], and when the state cannot be written.
    pub fn invoke_async(&self, function: &str, event: impl AsRef<[u8]>) -> Result<String, InvokeError> {
        self.0.accept(function, event, TriggeredBy::Api)
    }

    /// The functions that are deployed, by name.
    #[must_use]
    pub fn functions(&self) -> Vec<FunctionConfig> {
        self.0.functions().values().map(|deployed| deployed.pool.config.clone()).collect()
    }

    /// The keys of the functions that have an `http` trigger: `{account}/{region}/{name}`.
    #[must_use]
    pub fn http_functions(&self) -> Vec<String> {
        let functions = self.0.functions();
        functions.iter().filter(|(_, deployed)| deployed.http.is_some()).map(|(key, _)| key.clone()).collect()
    }

    /// The key of the function whose HTTP trigger has this first label in its address.
    #[must_use]
    pub fn http_function_at(&self, label: &str) -> Option<String> {
        let functions = self.0.functions();
        let fits =
            |deployed: &Deployed| deployed.http_label().is_some_and(|own| own == label || deployed.name() == label);
        functions.iter().find(|(_, deployed)| fits(deployed)).map(|(key, _)| key.clone())
    }

    /// The calls that ended since number `sequence` (0: all that are remembered), oldest first.
    #[must_use]
    pub fn invocations_since(&self, sequence: u64) -> Vec<Invocation> {
        self.0.log.since(sequence)
    }

    /// Tells the number of the newest call that ended, and each change of it.
    #[must_use]
    pub fn watch_invocations(&self) -> watch::Receiver<u64> {
        self.0.log.watch()
    }

    /// How many asynchronous calls have not ended.
    #[must_use]
    pub fn waiting_calls(&self) -> usize {
        self.0.waiting().len()
    }
}

impl Inner {
    fn start(self: &Arc<Self>) {
        let mut running = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if running.is_some() {
            return;
        }
        let tasks = Arc::new(Tasks::new());
        *running = Some(Arc::clone(&tasks));
        drop(running);
        for trigger in self.background_triggers().clone() {
            let BackgroundTrigger { function, name, source, .. } = trigger;
            self.run(&tasks, function, name, source);
        }
        let keys: Vec<String> = self.rows().triggers.iter().map(|(key, _)| key.to_owned()).collect();
        for key in keys {
            self.renew_trigger(&key);
        }
        self.resume();
    }

    /// Lets a trigger of a function call, among `tasks`.
    fn run(self: &Arc<Self>, tasks: &Tasks, function: String, name: String, source: Source) {
        let inner = Arc::clone(self);
        match source {
            Source::Queue { trigger, queue, dead_letter } => {
                let stream = Arc::new(Stream { inner, function, name, trigger, queue, dead_letter });
                tasks.spawn(|stop| stream.run(stop));
            }
            Source::Timer { trigger, schedule } => {
                let timer = Timer { inner, function, name, payload: trigger.payload, schedule };
                tasks.spawn(|stop| timer.run(stop));
            }
        }
    }

    async fn stop(&self, limit: Duration) {
        let deadline = tokio::time::Instant::now() + limit;
        let tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner).take();
        let running = std::mem::take(&mut *self.running());
        futures::future::join_all(tasks.iter().chain(running.values()).map(|tasks| tasks.stop(limit))).await;
        // Fresh pools take the place of those that close, so that the service can be started again.
        let mut closing: Vec<Arc<Pool>> = self
            .functions()
            .values_mut()
            .map(|deployed| {
                let old = Arc::clone(&deployed.pool);
                *deployed = Arc::new(deployed.with_pool(old.renewed()));
                old
            })
            .collect();
        closing.extend(std::mem::take(&mut *self.version_pools()).into_values());
        let left = deadline.saturating_duration_since(tokio::time::Instant::now());
        futures::future::join_all(closing.iter().map(|pool| pool.close(left))).await;
    }

    /// The function of this key, or of this name in the operator's account and region.
    fn deployed(&self, function: &str) -> Result<Arc<Deployed>, InvokeError> {
        let found = match function.contains('/') {
            true => self.functions().get(function).cloned(),
            false => {
                let home = &self.shared.home;
                let place = Place { account_id: home.account_id.clone(), region: home.region.clone() };
                self.functions().get(&place.key(function)).cloned()
            }
        };
        found.ok_or_else(|| InvokeError::NoSuchFunction(function.to_owned()))
    }

    fn http_base(&self) -> String {
        self.http_base.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes a line of a function into the log store that it names.
    fn write_log(&self, pool: &Pool, qualifier: &str, request_id: &str, message: String) {
        let Some(config) = &pool.config.log_config else { return };
        let (Some(project), Some(store)) = (&config.project, &config.logstore) else { return };
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let fields = vec![
            field("functionName", &pool.config.function_name),
            field("qualifier", qualifier),
            field("versionId", &pool.version),
            field("requestId", request_id),
            field("message", &message),
        ];
        // By the clock that the line itself tells: whoever reads logs asks by their own.
        self.sls.append(project, store, [Line { at: self.shared.clock.wall(), fields }]);
    }

    fn rows(&self) -> MutexGuard<'_, Tables> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Tasks>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tasks(&self) -> Option<Arc<Tasks>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn functions(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Deployed>>> {
        self.functions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn version_pools(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Pool>>> {
        self.version_pools.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn background_triggers(&self) -> MutexGuard<'_, Vec<BackgroundTrigger>> {
        self.background_triggers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> MutexGuard<'_, Table<Row>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes what functions print into their log stores. The request id is in the line, if the function says it. A line does not say
/// which version printed it.
fn log_sink(inner: Weak<Inner>) -> LineSink {
    Arc::new(move |line| {
        let Some(inner) = inner.upgrade() else { return };
        spawn::trace(line);
        let of_name = |deployed: &&Arc<Deployed>| deployed.name() == line.function;
        let pool = inner.functions().values().find(of_name).map(|deployed| Arc::clone(&deployed.pool));
        if let Some(pool) = pool {
            inner.write_log(&pool, LATEST, "", line.line.to_owned());
        }
    })
}

impl Deployed {
    fn name(&self) -> &str {
        &self.pool.config.function_name
    }

    fn key(&self) -> String {
        self.pool.place.key(self.name())
    }

    fn with_pool(&self, pool: Arc<Pool>) -> Self {
        Self {
            pool,
            http: self.http.clone(),
            asynchronous: self.asynchronous.clone(),
            triggers: self.triggers.clone(),
            stack: self.stack.clone(),
        }
    }
}

/// A request id as FC 3 writes it: the second in hexadecimal between a 1 and chance. Not a UUID.
fn new_request_id(shared: &Shared) -> String {
    let random = shared.ids.upper_hex(20).to_lowercase();
    format!("1-{:08x}-{}-{}", shared.clock.now().as_second(), &random[..8], &random[8..])
}
