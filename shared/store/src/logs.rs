//! Logs: each entry an object that is written once.
//!
//! - `decisions/SERVICE/ENDPOINT/NUMBER.json`: what was decided of an endpoint;
//! - `acts/connections/NAME/NUMBER.json`: what was asked of a connection;
//! - `acts/policy/NUMBER.json`: who put which approval policy in force;
//! - `acts/config/NUMBER.json`: who put which document of the configuration;
//! - `acts/dead-letters/NUMBER.json`: who sent which message again that was given up, or deleted it.
//!
//! Creating the next number if it is absent is the compare-and-set: of two that decide at once one writes, and the other is
//! told and looks again. What is stored is the entry in its one spelling and nothing around it, so that its hash and its signature
//! cover every byte. A marker for the checkpoint (see `checkpoints`) is put before the entry: dying in between leaves one too
//! many, never one too few.
//!
//! Whoever goes on from a log reads its newest entry and verifies it: that a trusted key signed it, for this log and this number. An
//! entry that was not signed counts as long as all before it were not either.

use audit::entry::Fault;
use audit::log::verify;
use audit::{Actor, Content, Entry, Keys, PassedOver, Position, Subject, Verifiers};
use futures::TryStreamExt as _;
use jiff::Timestamp;
use opendal::EntryMode;

use super::checkpoints::Pending;
use super::{Revision, Store, StoreError};
use connection::words::ResourceId;

const DECISIONS: &str = "decisions/";
const CONNECTIONS: &str = "acts/connections/";
const POLICY: &str = "acts/policy/";
const CONFIG: &str = "acts/config/";
const DEAD_LETTERS: &str = "acts/dead-letters/";
/// How often a lost race is run again.
const MOST_RACES: usize = 16;
/// The most objects that are not to be trusted which an entry passes over.
const MOST_PASSED_OVER: usize = 32;

/// The folder of a log.
pub(super) fn folder(subject: &Subject) -> String {
    match subject {
        Subject::Endpoint { service, endpoint } => format!("{DECISIONS}{service}/{endpoint}/"),
        Subject::Connection(name) => format!("{CONNECTIONS}{name}/"),
        Subject::Policy => POLICY.to_owned(),
        Subject::Config => CONFIG.to_owned(),
        Subject::DeadLetters => DEAD_LETTERS.to_owned(),
    }
}

/// The log and the number of an object.
pub(super) fn of_key(key: &str) -> Option<(Subject, u64)> {
    let (folder, _) = key.rsplit_once('/')?;
    let subject = match folder.strip_prefix(DECISIONS) {
        Some(endpoint) => format!("endpoints/{endpoint}"),
        None => folder.strip_prefix("acts/")?.to_owned(),
    };
    Some((subject.parse().ok()?, Revision::of_key(key)?.number()))
}

/// The newest entry of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Newest<T> {
    /// It is to be trusted; `None` where the log is empty.
    Trusted(Option<Entry<T>>),
    /// It is not.
    Untrusted(Untrusted),
}

/// Something stands in the place of a log's newest entry that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {sequence} of the log of {subject} is not to be trusted: {fault}")]
pub struct Untrusted {
    /// Whose log.
    pub subject: Subject,
    /// Its number, by its place.
    pub sequence: u64,
    /// Why it does not count.
    pub fault: Fault,
}

impl Store {
    /// The newest entry of a log, if it is to be trusted.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn newest_entry<T: Content + Clone>(
        &self,
        subject: &Subject,
        trusted: &Verifiers,
    ) -> Result<Newest<T>, StoreError> {
        let folder = folder(subject);
        let Some(newest) = self.newest(&folder).await? else { return Ok(Newest::Trusted(None)) };
        let sequence = newest.number();
        Ok(match self.entry(subject, sequence, trusted).await? {
            Ok(entry) => Newest::Trusted(Some(entry)),
            Err(fault) => Newest::Untrusted(Untrusted { subject: subject.clone(), sequence, fault }),
        })
    }

    /// One entry of a log, if it is to be trusted. One that is not signed is held against all before it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn entry<T: Content + Clone>(
        &self,
        subject: &Subject,
        sequence: u64,
        trusted: &Verifiers,
    ) -> Result<Result<Entry<T>, Fault>, StoreError> {
        let key = Revision::numbered(sequence).key(&folder(subject));
        let Some(bytes) = self.get(&key).await? else { return Ok(Err(Fault::Gap)) };
        let entry = match Entry::<T>::read(&bytes, subject, sequence, trusted) {
            Ok(entry) if !entry.is_signed() => entry,
            read => return Ok(read),
        };
        let before: Vec<_> = self.log(subject).await?.into_iter().filter(|(number, _)| *number <= sequence).collect();
        Ok(verify::<T>(subject, &before, trusted).map(|_| entry).map_err(|broken| broken.fault))
    }

    /// The newest entry of a log that is to be trusted, and the position of the one that follows: behind whatever else stands there.
    ///
    /// # Errors
    /// When the store fails, or so much stands there that somebody must look first.
    pub async fn place_behind<T: Content + Clone>(
        &self,
        subject: &Subject,
        trusted: &Verifiers,
    ) -> Result<(Option<Entry<T>>, Position), StoreError> {
        if let Newest::Trusted(entry) = self.newest_entry(subject, trusted).await? {
            let position = Position::behind(entry.as_ref());
            return Ok((entry, position));
        }
        let folder = folder(subject);
        let too_many = |reason: &str| StoreError::Unreadable {
            key: folder.clone(),
            reason: format!("{reason}; run `causeway audit verify`, and take out of the store what it names"),
        };
        let mut numbers = self.numbers(&folder).await?;
        let newest = numbers.last().copied().unwrap_or_default();
        let mut passes_over = Vec::new();
        while let Some(sequence) = numbers.pop() {
            if let Ok(entry) = self.entry::<T>(subject, sequence, trusted).await? {
                let mut position = Position::behind(Some(&entry));
                position.sequence = newest.checked_add(1).ok_or_else(|| too_many("no number is left"))?;
                passes_over.reverse();
                return Ok((Some(entry), Position { passes_over, ..position }));
            }
            if passes_over.len() == MOST_PASSED_OVER {
                return Err(too_many("too many of its newest entries are not to be trusted"));
            }
            let bytes = self.get(&Revision::numbered(sequence).key(&folder)).await?.unwrap_or_default();
            passes_over.push(PassedOver::of(sequence, &bytes));
        }
        let mut position = Position::behind::<T>(None);
        position.sequence = newest.checked_add(1).ok_or_else(|| too_many("no number is left"))?;
        passes_over.reverse();
        Ok((None, Position { passes_over, ..position }))
    }

    /// Writes an entry into its log.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else wrote that number: read again and decide again.
    pub async fn append<T: Content>(&self, entry: &Entry<T>) -> Result<(), StoreError> {
        let Some(subject) = &entry.subject else { return Err(StoreError::NoKey(audit::NoKey)) };
        let text = entry.to_text();
        self.put_pending(&Pending::of(entry, subject)).await?;
        let key = Revision::numbered(entry.sequence).key(&folder(subject));
        if self.create(&key, text.into_bytes()).await? { Ok(()) } else { Err(StoreError::Conflict { key }) }
    }

    /// Signs and writes what does not depend on the entry before it. Returns the entry.
    ///
    /// # Errors
    /// When the store fails, the function has no key, or so many write into this log at once that this one never gets through.
    pub async fn note<T: Content + Clone>(
        &self,
        subject: &Subject,
        keys: &Keys,
        (at, actor, content): (Timestamp, Actor, T),
        writer: impl Fn() -> String,
    ) -> Result<Entry<T>, StoreError> {
        let own = keys.own()?;
        for _ in 0..MOST_RACES {
            let (_, position) = self.place_behind::<T>(subject, keys.trusted()).await?;
            let said = (at, actor.clone(), content.clone());
            let entry = Entry::signed(subject.clone(), position, said, writer(), own);
            match self.append(&entry).await {
                Ok(()) => return Ok(entry),
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict { key: folder(subject) })
    }

    /// The bytes of everything that stands in a log, by number, the oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn log(&self, subject: &Subject) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let folder = folder(subject);
        let mut objects = Vec::new();
        for number in self.numbers(&folder).await? {
            // An object that goes between listing and reading leaves a gap, which is found by the next number.
            let bytes = self.get(&Revision::numbered(number).key(&folder)).await?;
            objects.extend(bytes.map(|bytes| (number, bytes)));
        }
        Ok(objects)
    }

    /// The numbers of what stands in a folder, the smallest first.
    pub(super) async fn numbers(&self, folder: &str) -> Result<Vec<u64>, StoreError> {
        let keys = self.keys_in(folder).await?.into_iter();
        let files = keys.filter(|(_, mode)| *mode == EntryMode::FILE);
        let mut numbers: Vec<u64> = files.filter_map(|(key, _)| Revision::of_key(&key)).map(Revision::number).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Every log there is, in order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn logs(&self) -> Result<Vec<Subject>, StoreError> {
        let endpoints = self.decided_endpoints().await?.into_iter();
        let endpoint = |(service, endpoint): (ResourceId, ResourceId)| Subject::Endpoint {
            service: service.into(),
            endpoint: endpoint.into(),
        };
        let mut subjects: Vec<_> = endpoints.map(endpoint).collect();
        let names = self.ids_in(CONNECTIONS).await?.into_iter();
        subjects.extend(names.map(|name| Subject::Connection(name.into())));
        for subject in [Subject::Policy, Subject::Config, Subject::DeadLetters] {
            if self.newest(&folder(&subject)).await?.is_some() {
                subjects.push(subject);
            }
        }
        Ok(subjects)
    }

    /// Every endpoint that has a log, by service, in order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn decided_endpoints(&self) -> Result<Vec<(ResourceId, ResourceId)>, StoreError> {
        let mut found = Vec::new();
        for service in self.ids_in(DECISIONS).await? {
            for endpoint in self.decided_endpoints_of(&service).await? {
                found.push((service.clone(), endpoint));
            }
        }
        found.sort();
        Ok(found)
    }

    /// Every endpoint of a service that has a log.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn decided_endpoints_of(&self, service: &ResourceId) -> Result<Vec<ResourceId>, StoreError> {
        self.ids_in(&format!("{DECISIONS}{service}/")).await
    }

    /// The folders in a folder whose names are ids.
    async fn ids_in(&self, folder: &str) -> Result<Vec<ResourceId>, StoreError> {
        let id = |(key, mode): (String, EntryMode)| {
            let name = key.strip_prefix(folder)?.strip_suffix('/')?;
            (mode == EntryMode::DIR).then(|| name.parse().ok()).flatten()
        };
        Ok(self.keys_in(folder).await?.into_iter().filter_map(id).collect())
    }

    /// What stands directly in a folder.
    async fn keys_in(&self, folder: &str) -> Result<Vec<(String, EntryMode)>, StoreError> {
        let service = |source| StoreError::Service { doing: format!("list {folder}"), source };
        let lister = match self.operator.lister_with(folder).await {
            Ok(lister) => lister,
            Err(error) if error.kind() == opendal::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(service(error)),
        };
        lister.map_ok(|entry| (entry.path().to_owned(), entry.metadata().mode())).try_collect().await.map_err(service)
    }
}
