//! The instances of one function: started when needed, shared up to the function's concurrency, replaced when they go.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use local_core::identity::{IdentityError, Issued};
use local_core::shared::Shared;
use tokio::runtime::Handle;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::contract::{Place, RequestContext, environment};
use super::launcher::{Instance, LaunchError, Launcher};
use super::versions::LATEST;
use super::{FunctionConfig, new_request_id};

/// Instances of one function that run side by side. Calls beyond that wait their turn. (The real limit is 100 for an account
/// and region; a laptop has fewer cores.)
const MOST_INSTANCES: usize = 4;

/// How long the credentials last that an instance is started with. Nobody replaces them, or the instance.
const CREDENTIALS_LAST: Duration = Duration::from_secs(36 * 3600);

/// The instances of one function, or of one of its versions.
pub(super) struct Pool {
    pub(super) config: FunctionConfig,
    pub(super) place: Place,
    /// The number of the version; empty for `LATEST`.
    pub(super) version: String,
    shared: Shared,
    launcher: Arc<dyn Launcher>,
    permits: Arc<Semaphore>,
    slots: Mutex<Vec<Slot>>,
    /// Instances that are being ended.
    ending: Mutex<JoinSet<()>>,
    myself: Weak<Pool>,
}

struct Slot {
    seat: Arc<Seat>,
    busy: usize,
    /// Takes no new calls; goes when the last one is done.
    retired: bool,
}

/// Where an instance is, or will be.
struct Seat {
    id: String,
    ready: OnceCell<Ready>,
}

/// An instance that takes calls.
struct Ready {
    instance: Arc<dyn Instance>,
    credentials: Option<Issued>,
}

/// Why no instance could be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotReady {
    #[error(transparent)]
    Launch(#[from] LaunchError),
    #[error(transparent)]
    Role(#[from] IdentityError),
    #[error("the initializer failed: {0}")]
    Initializer(String),
    #[error("the function was removed")]
    Closed,
}

/// The right to make one call of one instance.
pub(super) struct Lease {
    pool: Arc<Pool>,
    seat: Arc<Seat>,
    _permit: OwnedSemaphorePermit,
}

impl Pool {
    pub(super) fn new(config: FunctionConfig, place: Place, shared: Shared, launcher: Arc<dyn Launcher>) -> Arc<Self> {
        Self::of_version(String::new(), config, place, shared, launcher)
    }

    pub(super) fn of_version(
        version: String,
        config: FunctionConfig,
        place: Place,
        shared: Shared,
        launcher: Arc<dyn Launcher>,
    ) -> Arc<Self> {
        let most = MOST_INSTANCES * concurrency(&config);
        Arc::new_cyclic(|myself| Self {
            config,
            place,
            version,
            shared,
            launcher,
            permits: Arc::new(Semaphore::new(most)),
            slots: Mutex::default(),
            ending: Mutex::default(),
            myself: myself.clone(),
        })
    }

    /// A pool like this one, with no instance yet.
    pub(super) fn renewed(&self) -> Arc<Self> {
        let (config, place, shared) = (self.config.clone(), self.place.clone(), self.shared.clone());
        Self::of_version(self.version.clone(), config, place, shared, Arc::clone(&self.launcher))
    }

    /// Waits for an instance that has room, starting one if there is none.
    pub(super) async fn lease(self: &Arc<Self>) -> Result<Lease, NotReady> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| NotReady::Closed)?;
        let seat = self.take_seat();
        let lease = Lease { pool: Arc::clone(self), seat, _permit: permit };
        if let Err(problem) = lease.seat.ready.get_or_try_init(|| self.launch(&lease.seat.id)).await {
            lease.retire();
            return Err(problem);
        }
        Ok(lease)
    }

    /// A seat with room: of instances that are there the busiest, so that idle ones can be let go.
    fn take_seat(&self) -> Arc<Seat> {
        let most = concurrency(&self.config);
        let mut slots = self.slots();
        for slot in slots.iter_mut() {
            slot.retired |= slot.seat.has_ended();
        }
        let found = slots.iter_mut().filter(|slot| !slot.retired && slot.busy < most).max_by_key(|slot| slot.busy);
        let seat = if let Some(slot) = found {
            slot.busy += 1;
            Arc::clone(&slot.seat)
        } else {
            let id = format!("c-{}", self.shared.ids.uuid());
            let seat = Arc::new(Seat { id, ready: OnceCell::new() });
            slots.push(Slot { seat: Arc::clone(&seat), busy: 1, retired: false });
            seat
        };
        let gone = take_gone(&mut slots);
        drop(slots);
        self.dismiss(gone);
        seat
    }

    async fn launch(&self, id: &str) -> Result<Ready, NotReady> {
        let credentials = match &self.config.role {
            None => None,
            Some(arn) => {
                Some(self.shared.identities.assume_inside(arn, &self.config.function_name, CREDENTIALS_LAST)?)
            }
        };
        let environment = environment(&self.config, &self.place, id, credentials.as_ref());
        let instance = self.launcher.launch(&self.config, environment).await?;
        let ready = Ready { instance, credentials };
        if let Some(hook) = &self.config.instance_lifecycle_config.initializer {
            let limit = Duration::from_secs(hook.timeout.into());
            if let Err(problem) = self.initialize(&ready, limit).await {
                ready.instance.stop().await;
                return Err(NotReady::Initializer(problem));
            }
        }
        Ok(ready)
    }

    async fn initialize(&self, ready: &Ready, limit: Duration) -> Result<(), String> {
        let request_id = new_request_id(&self.shared);
        let request = self.told(&request_id, ready).initialize();
        match timeout(limit, ready.instance.call(request)).await {
            Err(_) => Err(format!("it took longer than {} s", limit.as_secs())),
            Ok(Err(exited)) => Err(exited.to_string()),
            Ok(Ok(response)) if response.status().is_success() => Ok(()),
            Ok(Ok(response)) => Err(format!("it answered {}", response.status())),
        }
    }

    fn told<'a>(&'a self, request_id: &'a str, ready: &'a Ready) -> RequestContext<'a> {
        let credentials = ready.credentials.as_ref();
        let version = self.version.as_str();
        let qualifier = if version.is_empty() { LATEST } else { version };
        let (function, place) = (&self.config, &self.place);
        RequestContext { function, place, qualifier, version, request_id, retry: 0, credentials }
    }

    /// Lets the instances go: those that have nothing to do at once, the others when their calls are done, or after `limit`.
    pub(super) async fn close(&self, limit: Duration) {
        self.permits.close();
        let idle = {
            let mut slots = self.slots();
            slots.iter_mut().for_each(|slot| slot.retired = true);
            take_gone(&mut slots)
        };
        self.dismiss(idle);
        let deadline = Instant::now() + limit;
        while !self.slots().is_empty() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // Whoever is left is ended in the middle of its calls, which then count as failed.
        let left = self.slots().drain(..).map(|slot| slot.seat).collect();
        self.dismiss(left);
        let mut ending = std::mem::take(&mut *self.ending.lock().unwrap_or_else(PoisonError::into_inner));
        while ending.join_next().await.is_some() {}
    }

    /// Ends instances in the background: no call waits for them.
    fn dismiss(&self, gone: Vec<Arc<Seat>>) {
        // Outside a runtime there is nothing left to run the instances either.
        let (Some(pool), Ok(runtime)) = (self.myself.upgrade(), Handle::try_current()) else { return };
        let mut ending = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        while ending.try_join_next().is_some() {}
        for seat in gone {
            let pool = Arc::clone(&pool);
            ending.spawn_on(async move { pool.end(seat).await }, &runtime);
        }
    }

    async fn end(&self, seat: Arc<Seat>) {
        let Some(ready) = seat.ready.get() else { return };
        if let Some(hook) = &self.config.instance_lifecycle_config.pre_stop {
            let request_id = new_request_id(&self.shared);
            let request = self.told(&request_id, ready).pre_stop();
            // It is told once; an instance that no longer listens is going anyway.
            let _ = timeout(Duration::from_secs(hook.timeout.into()), ready.instance.call(request)).await;
        }
        ready.instance.stop().await;
    }

    fn slots(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    fn has_ended(&self) -> bool {
        self.ready.get().is_some_and(|ready| ready.instance.has_ended())
    }
}

impl Lease {
    /// The instance and the role's credentials that it was started with.
    pub(super) fn instance(&self) -> (Option<&Arc<dyn Instance>>, Option<&Issued>) {
        let ready = self.seat.ready.get();
        (ready.map(|ready| &ready.instance), ready.and_then(|ready| ready.credentials.as_ref()))
    }

    /// Gives the instance no new calls: it went, or hangs.
    pub(super) fn retire(&self) {
        for slot in self.pool.slots().iter_mut().filter(|slot| Arc::ptr_eq(&slot.seat, &self.seat)) {
            slot.retired = true;
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let gone = {
            let mut slots = self.pool.slots();
            if let Some(slot) = slots.iter_mut().find(|slot| Arc::ptr_eq(&slot.seat, &self.seat)) {
                slot.busy -= 1;
            }
            take_gone(&mut slots)
        };
        self.pool.dismiss(gone);
    }
}

fn concurrency(config: &FunctionConfig) -> usize {
    usize::try_from(config.instance_concurrency).unwrap_or(1).max(1)
}

/// Takes out those that are retired and have nothing left to do.
fn take_gone(slots: &mut Vec<Slot>) -> Vec<Arc<Seat>> {
    slots.extract_if(.., |slot| slot.retired && slot.busy == 0).map(|slot| slot.seat).collect()
}
