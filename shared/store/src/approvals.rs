//! What deciding on endpoints needs beside the logs.
//!
//! - `policy/REVISION.json`: every version of the policy. An entry of its log (`acts/policy/`) is written before it, and names
//!   revision, hash, who and when; a version that no signed entry speaks of does not count;
//! - `approved/HOUR/RULE/SECOND-SERVICE-ENDPOINT-NUMBER`: a mark for each approval, so that those of the last hour are counted
//!   by one listing;
//! - `approvals/report.json`: what the last sweep saw.

use approval::policy::Policy;
use approval::report::{self, Report};
use approval::request::Approvals;
use audit::act::{PolicyAct, PolicyStep};
use audit::{Actor, Entry, Keys, Subject, Verifiers};
use futures::TryStreamExt as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::evidence::REPORT;
use super::versions::Document;
use super::{Revision, Store, StoreError};
use connection::words::ResourceId;

const POLICY: &str = "policy/";
/// How often a lost race is run again.
const MOST_RACES: usize = 16;
const HOUR: i64 = 3600;
/// What a mark names in place of a rule when a person approved.
const BY_PERSON: &str = "_person";

/// A policy as it was stored.
#[derive(Debug, Clone)]
pub struct StoredPolicy {
    /// The policy.
    pub policy: Policy,
    /// Its hash.
    pub hash: String,
    /// Its revision.
    pub revision: Revision,
    /// Who put it there.
    pub put_by: String,
    /// When.
    pub put_at: Timestamp,
    /// The entry of the policy's log that says so; none where an earlier release put it there.
    pub entry: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyDocument {
    version: u32,
    policy: Value,
    put_by: String,
    put_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entry: Option<u64>,
}

impl Document for PolicyDocument {
    const FIELD: &'static str = "policy";
    const SCHEMA: u32 = 1;
}

/// An approval to be counted.
#[derive(Debug, Clone, Copy)]
pub struct Approved<'a> {
    /// When it was intended.
    pub at: Timestamp,
    /// By which rule; none when a person did it.
    pub rule: Option<&'a str>,
    /// The service.
    pub service: &'a ResourceId,
    /// The endpoint.
    pub endpoint: &'a ResourceId,
    /// The entry of its log that says so.
    pub sequence: u64,
}

impl StoredPolicy {
    /// Whether an entry of the policy's log speaks of this version just as it is.
    #[must_use]
    pub fn is_of(&self, entry: &Entry<PolicyAct>) -> bool {
        entry.policy == PolicyStep::Put
            && entry.revision == self.revision.number()
            && entry.policy_sha256 == self.hash
            && entry.actor == Actor::Person(self.put_by.clone())
            && entry.at == self.put_at
    }
}

fn read_policy(document: PolicyDocument, revision: Revision) -> Result<StoredPolicy, StoreError> {
    let policy = Policy::from_value(document.policy).map_err(|problems| {
        let list: Vec<_> = problems.iter().map(|problem| format!("{}: {}", problem.pointer, problem.detail)).collect();
        StoreError::Unreadable { key: revision.key(POLICY), reason: list.join("; ") }
    })?;
    let hash = policy.hash();
    let PolicyDocument { put_by, put_at, entry, .. } = document;
    Ok(StoredPolicy { policy, hash, revision, put_by, put_at, entry })
}

impl Store {
    /// The policy in force; `None` when there never was one.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when it does not read as a policy, or no signed entry of its log speaks of it: nothing may change
    /// then.
    pub async fn policy(&self, trusted: &Verifiers) -> Result<Option<StoredPolicy>, StoreError> {
        let Some((document, revision)) = self.latest::<PolicyDocument>(POLICY).await? else { return Ok(None) };
        let stored = read_policy(document, revision)?;
        match self.vouches(&stored, trusted).await? {
            Ok(()) => Ok(Some(stored)),
            Err(reason) => Err(StoreError::Unreadable { key: revision.key(POLICY), reason }),
        }
    }

    /// A version of the policy, whoever put it there.
    ///
    /// # Errors
    /// When the store fails, or it does not read.
    pub async fn policy_version(&self, number: u64) -> Result<Option<StoredPolicy>, StoreError> {
        let revision = Revision::numbered(number);
        let document = self.version::<PolicyDocument>(POLICY, revision).await?;
        document.map(|document| read_policy(document, revision)).transpose()
    }

    /// The numbers of all versions of the policy, the smallest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn policy_versions(&self) -> Result<Vec<u64>, StoreError> {
        self.numbers(POLICY).await
    }

    /// Whether a signed entry speaks of a version of the policy just as it is; why not, otherwise.
    async fn vouches(&self, stored: &StoredPolicy, trusted: &Verifiers) -> Result<Result<(), String>, StoreError> {
        let again = "put the policy again, which signs it";
        let Some(sequence) = stored.entry else {
            return Ok(Err(format!("nobody signed it, so it does not count; {again}")));
        };
        Ok(match self.entry::<PolicyAct>(&Subject::Policy, sequence, trusted).await? {
            Ok(entry) if stored.is_of(&entry) => Ok(()),
            Ok(_) => {
                Err(format!("entry {sequence} of the policy's log speaks of another, so it does not count; {again}"))
            }
            Err(fault) => Err(format!(
                "entry {sequence} of the policy's log, which should speak of it, is not to be trusted: {fault}; {again}"
            )),
        })
    }

    /// Puts a policy in force. The last one to put it wins; every version is kept.
    ///
    /// # Errors
    /// When the store fails, or so many put policies at once that this one never gets through.
    pub async fn put_policy(
        &self,
        policy: &Policy,
        by: &str,
        at: Timestamp,
        keys: &Keys,
        writer: impl Fn() -> String,
    ) -> Result<Revision, StoreError> {
        for _ in 0..MOST_RACES {
            let newest = self.newest(POLICY).await?;
            match self.replace_policy(policy, (by, at), newest, keys, &writer).await {
                Err(error) if error.is_conflict() => {}
                put => return put,
            }
        }
        Err(StoreError::Conflict { key: POLICY.to_owned() })
    }

    /// Puts a policy in force in the place of the one that is `before`, or as the first one.
    ///
    /// The entry that says who puts which policy comes first, then the policy, then the entry that it is in force. Dying after the
    /// first leaves an entry without effect; dying after the second leaves the policy in force.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another one was put meanwhile: look at it first.
    ///
    /// # Panics
    /// Never: a policy is plain data.
    pub async fn replace_policy(
        &self,
        policy: &Policy,
        (by, at): (&str, Timestamp),
        before: Option<Revision>,
        keys: &Keys,
        writer: impl Fn() -> String,
    ) -> Result<Revision, StoreError> {
        let value = serde_json::to_value(policy).expect("a policy is plain data and always serialises");
        let revision = before.map_or(Revision::FIRST, Revision::next);
        let act = |step| {
            let act = PolicyAct { policy: step, revision: revision.number(), policy_sha256: policy.hash() };
            (at, Actor::Person(by.to_owned()), act)
        };
        let put = self.note(&Subject::Policy, keys, act(PolicyStep::Put), &writer).await?;
        let entry = Some(put.sequence);
        let document = PolicyDocument { version: 1, policy: value, put_by: by.to_owned(), put_at: at, entry };
        self.put(POLICY, &document, revision, writer()).await?;
        self.note(&Subject::Policy, keys, act(PolicyStep::InForce), &writer).await?;
        Ok(revision)
    }

    /// Counts an approval. Counting it again changes nothing.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn mark_approved(&self, approved: Approved<'_>) -> Result<(), StoreError> {
        let Approved { at, rule, service, endpoint, sequence } = approved;
        let (second, rule) = (at.as_second(), rule.unwrap_or(BY_PERSON));
        let key = format!("approved/{}/{rule}/{second}-{service}-{endpoint}-{sequence}", second.div_euclid(HOUR));
        self.create(&key, b"approved".to_vec()).await.map(drop)
    }

    /// The approvals of the hour before `now`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn approvals_within_the_hour(&self, now: Timestamp) -> Result<Approvals, StoreError> {
        let mut approvals = Approvals::default();
        let hour = now.as_second().div_euclid(HOUR);
        for key in self.marks_of(&[hour - 1, hour]).await? {
            let mut parts = key.split('/').skip(2);
            let (Some(rule), Some(mark)) = (parts.next(), parts.next()) else { continue };
            let second = mark.split('-').next().and_then(|second| second.parse::<i64>().ok());
            if second.is_some_and(|second| now.as_second() - second < HOUR) {
                approvals.in_all += 1;
                *approvals.by_rule.entry(rule.to_owned()).or_default() += 1;
            }
        }
        Ok(approvals)
    }

    async fn marks_of(&self, hours: &[i64]) -> Result<Vec<String>, StoreError> {
        let mut keys = Vec::new();
        for hour in hours {
            keys.extend(self.files_below(&format!("approved/{hour}/")).await?);
        }
        Ok(keys)
    }

    /// Every object below a folder, however deep.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn files_below(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        let service = |source| StoreError::Service { doing: format!("list {folder}"), source };
        let entries: Vec<_> = match self.operator.lister_with(folder).recursive(true).await {
            Ok(lister) => lister.try_collect().await.map_err(service)?,
            Err(error) if error.kind() == opendal::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(service(error)),
        };
        let files = entries.iter().filter(|entry| entry.metadata().is_file());
        Ok(files.map(|entry| entry.path().to_owned()).collect())
    }

    /// Forgets the marks of approvals that no longer count. Returns how many.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn forget_approved(&self, now: Timestamp) -> Result<usize, StoreError> {
        let oldest_kept = now.as_second().div_euclid(HOUR) - 1;
        let mut forgotten = 0;
        for key in self.files_below("approved/").await? {
            let hour = key.split('/').nth(1).and_then(|hour| hour.parse::<i64>().ok());
            if hour.is_some_and(|hour| hour < oldest_kept) {
                self.delete(&key).await?;
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }

    /// What the last sweep saw; `None` before the first, and when that does not read any more: it is only what was seen, and
    /// the next sweep sees anew.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn report(&self) -> Result<Option<Report>, StoreError> {
        let Some(bytes) = self.get(REPORT).await? else { return Ok(None) };
        let read: Option<Report> = serde_json::from_slice(&bytes).ok();
        Ok(read.filter(|report| report.version == report::VERSION))
    }

    /// Keeps what a sweep saw in place of what the one before saw.
    ///
    /// # Errors
    /// When the store fails.
    ///
    /// # Panics
    /// Never: a report is plain data.
    pub async fn put_report(&self, report: &Report) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(report).expect("a report is plain data and always serialises");
        let write = self.operator.write(REPORT, bytes).await;
        write.map(drop).map_err(|source| StoreError::Service { doing: format!("write {REPORT}"), source })
    }
}
