//! Lanes, kept like records: every change is a version of its own.

use futures::TryStreamExt as _;
use jiff::{SignedDuration, Timestamp};

use super::versions::Document;
use super::{Revision, Store, StoreError};
use connection::lane::{self, Grant, Lane, State, Waiter};

/// How often a lost race is run again.
const MOST_RACES: usize = 32;
/// How long superseded versions stay. Longer than any call lives, so that nobody who read one can still write the next.
const KEPT: SignedDuration = SignedDuration::from_mins(30);

impl Document for State {
    const FIELD: &'static str = "lane";
    const SCHEMA: u32 = lane::VERSION;
}

fn folder(lane: &Lane) -> String {
    format!("lanes/{lane}/")
}

impl Store {
    /// `waiter` asks for its turn in `lane`. `writer` names a writer, another at each call.
    ///
    /// # Errors
    /// When the store fails, or so many change the lane at once that this one never gets through.
    pub async fn acquire_lane(
        &self,
        lane: &Lane,
        waiter: &Waiter,
        now: Timestamp,
        writer: impl Fn() -> String,
    ) -> Result<Grant, StoreError> {
        self.change_lane(lane, writer, |state| state.ask(waiter, now)).await
    }

    /// `waiter` leaves `lane`. Returns who is next and should be woken.
    ///
    /// # Errors
    /// As [`acquire_lane`](Self::acquire_lane).
    pub async fn release_lane(
        &self,
        lane: &Lane,
        waiter: &Waiter,
        now: Timestamp,
        writer: impl Fn() -> String,
    ) -> Result<Option<Waiter>, StoreError> {
        self.change_lane(lane, writer, |state| state.leave(waiter, now)).await
    }

    /// Who is at work in `lane`, and who waits.
    ///
    /// # Errors
    /// When the store fails, or the lane does not read.
    pub async fn lane(&self, lane: &Lane) -> Result<State, StoreError> {
        Ok(self.latest::<State>(&folder(lane)).await?.map_or_else(State::default, |(state, _)| state))
    }

    async fn change_lane<T>(
        &self,
        lane: &Lane,
        writer: impl Fn() -> String,
        change: impl Fn(&mut State) -> T,
    ) -> Result<T, StoreError> {
        let folder = folder(lane);
        for _ in 0..MOST_RACES {
            let (before, revision) = match self.latest::<State>(&folder).await? {
                Some((state, newest)) => (state, newest.next()),
                None => (State::default(), Revision::FIRST),
            };
            let mut after = before.clone();
            let result = change(&mut after);
            if after == before {
                return Ok(result);
            }
            match self.put(&folder, &after, revision, writer()).await {
                Ok(()) => return Ok(result),
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict { key: folder })
    }

    /// Forgets the superseded versions of all lanes. Returns how many.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tidy_lanes(&self, now: Timestamp) -> Result<usize, StoreError> {
        let service = |source| StoreError::Service { doing: "list lanes".to_owned(), source };
        let entries: Vec<_> = match self.operator.lister_with("lanes/").recursive(true).await {
            Ok(lister) => lister.try_collect().await.map_err(service)?,
            Err(error) if error.kind() == opendal::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(service(error)),
        };
        let folder_of = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        let mut newest = std::collections::BTreeMap::new();
        for entry in &entries {
            if let (Some(folder), Some(revision)) = (folder_of(entry.path()), Revision::of_key(entry.path())) {
                let known = newest.entry(folder).or_insert(revision);
                *known = revision.max(*known);
            }
        }
        let mut forgotten = 0;
        for entry in entries {
            let Some(revision) = Revision::of_key(entry.path()) else { continue };
            let is_newest = folder_of(entry.path()).is_some_and(|folder| newest.get(&folder) == Some(&revision));
            let modified = entry.metadata().last_modified();
            if !is_newest && modified.is_some_and(|at| now.duration_since(at.into_inner()) > KEPT) {
                self.delete(entry.path()).await?;
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }
}
