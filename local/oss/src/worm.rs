//! Retention policies of buckets (BucketWorm): what they protect, and the operations on them
//! (docs/reference/mns-signing-sts.md, section 5.4).
//!
//! A policy protects every object of its bucket until so many days have passed since the object was written: nobody overwrites,
//! appends to or deletes it before. It does so from the moment when it is made, and ends by itself after a day if nobody
//! locked it. Once it is locked it can only be extended.

use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use local_core::refuse_if;
use local_core::xml::Element;
use serde::{Deserialize, Serialize};

use super::Oss;
use super::buckets::read;
use super::error::OssError;
use super::listing::iso8601;
use super::rows::ObjectRow;
use super::service::{OssRequest, empty, put, xml};
use super::state::State;

/// How long a policy that nobody locked is in force.
const UNLOCKED: SignedDuration = SignedDuration::from_hours(24);
/// The longest retention, in days. ROS allows a few more.
const MOST_DAYS: u32 = 25_550;

/// The retention policy of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worm {
    /// Its id, by which it is locked and extended.
    pub id: String,
    /// For how many days after it was written an object is protected.
    pub days: u32,
    /// Whether somebody locked it.
    pub locked: bool,
    /// When it was made, in cloud time.
    pub created_at: Timestamp,
}

impl Worm {
    fn is_in_force(&self, now: Timestamp) -> bool {
        self.locked || now.duration_since(self.created_at) < UNLOCKED
    }

    fn protects(&self, object: &ObjectRow, now: Timestamp) -> bool {
        let kept = SignedDuration::from_hours(24) * i32::try_from(self.days).unwrap_or(i32::MAX);
        self.is_in_force(now) && now.duration_since(object.modified_at) < kept
    }

    /// The policy by what a request says of it.
    fn named<'w>(worm: Option<&'w mut Self>, id: &str) -> Result<&'w mut Self, OssError> {
        worm.filter(|worm| worm.id == id).ok_or(OssError::NoSuchWormConfiguration)
    }
}

impl State {
    /// The policy that is in force. One that nobody locked in time has gone.
    pub(super) fn worm(&mut self, bucket: &str, now: Timestamp) -> Result<Option<&mut Worm>, OssError> {
        let row = self.buckets.get_mut(bucket).ok_or(OssError::NoSuchBucket)?;
        row.worm = row.worm.take().filter(|worm| worm.is_in_force(now));
        Ok(row.worm.as_mut())
    }

    /// Refuses to change what a policy protects.
    pub(super) fn check_mutable(&self, bucket: &str, object: &ObjectRow, now: Timestamp) -> Result<(), OssError> {
        let worm = self.buckets.get(bucket).and_then(|row| row.worm.as_ref());
        refuse_if!(worm.is_some_and(|worm| worm.protects(object, now)), OssError::FileImmutable);
        Ok(())
    }

    /// Makes a policy that is not locked yet. Which codes the cloud has for a bucket with a policy or with versioning is not
    /// known.
    pub(super) fn initiate_worm(&mut self, bucket: &str, id: &str, days: u32, now: Timestamp) -> Result<(), OssError> {
        refuse_if!(!(1..=MOST_DAYS).contains(&days), OssError::InvalidWormConfiguration);
        match self.worm(bucket, now)? {
            Some(worm) if worm.locked => return Err(OssError::WormConfigurationLocked),
            Some(_) => return Err(OssError::InvalidWormConfiguration),
            None => {}
        }
        let row = self.buckets.get_mut(bucket).ok_or(OssError::NoSuchBucket)?;
        refuse_if!(row.versioning.is_some(), OssError::InvalidWormConfiguration);
        row.worm = Some(Worm { id: id.to_owned(), days, locked: false, created_at: now });
        Ok(())
    }

    fn lock_worm(&mut self, bucket: &str, id: &str, now: Timestamp) -> Result<(), OssError> {
        let worm = Worm::named(self.worm(bucket, now)?, id)?;
        refuse_if!(worm.locked, OssError::WormConfigurationLocked);
        worm.locked = true;
        Ok(())
    }

    fn extend_worm(&mut self, bucket: &str, id: &str, days: u32, now: Timestamp) -> Result<(), OssError> {
        let worm = Worm::named(self.worm(bucket, now)?, id)?;
        let is_longer = worm.locked && days > worm.days && days <= MOST_DAYS;
        refuse_if!(!is_longer, OssError::InvalidWormConfiguration);
        worm.days = days;
        Ok(())
    }

    fn abort_worm(&mut self, bucket: &str, now: Timestamp) -> Result<(), OssError> {
        let worm = self.worm(bucket, now)?.ok_or(OssError::NoSuchWormConfiguration)?;
        refuse_if!(worm.locked, OssError::WormConfigurationLocked);
        self.buckets.get_mut(bucket).ok_or(OssError::NoSuchBucket)?.worm = None;
        Ok(())
    }
}

impl Oss {
    /// Makes a retention policy for a bucket, not locked yet, and returns its id.
    ///
    /// # Errors
    /// No such bucket, one that has a policy or versioning, days that are not 1 to 25550, or no room on the disk.
    pub fn initiate_worm(&self, bucket: &str, days: u32) -> Result<String, OssError> {
        let id = self.shared.ids.upper_hex(32);
        self.change(|state, now| state.initiate_worm(bucket, &id, days, now))?;
        Ok(id)
    }

    /// The retention policy of a bucket that is in force.
    ///
    /// # Errors
    /// No such bucket, or no room on the disk.
    pub fn worm(&self, bucket: &str) -> Result<Option<Worm>, OssError> {
        self.change(|state, now| Ok(state.worm(bucket, now)?.cloned()))
    }

    /// Locks the policy of a bucket, as a person does it within a day.
    ///
    /// # Errors
    /// No such bucket or policy, one that is locked already, or no room on the disk.
    pub fn lock_worm(&self, bucket: &str, id: &str) -> Result<(), OssError> {
        self.change(|state, now| state.lock_worm(bucket, id, now))
    }

    pub(super) fn initiate_bucket_worm(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        let id = self.initiate_worm(&request.bucket, days(request)?)?;
        let mut response = empty(StatusCode::OK);
        put(&mut response, "x-oss-worm-id", &id);
        Ok(response)
    }

    pub(super) fn complete_bucket_worm(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        self.lock_worm(&request.bucket, request.query.or_empty("wormId"))?;
        Ok(empty(StatusCode::OK))
    }

    pub(super) fn extend_bucket_worm(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        let (id, days) = (request.query.or_empty("wormId"), days(request)?);
        self.change(|state, now| state.extend_worm(&request.bucket, id, days, now))?;
        Ok(empty(StatusCode::OK))
    }

    pub(super) fn abort_bucket_worm(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        self.change(|state, now| state.abort_worm(&request.bucket, now))?;
        Ok(empty(StatusCode::NO_CONTENT))
    }

    pub(super) fn bucket_worm(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        let worm = self.worm(&request.bucket)?.ok_or(OssError::NoSuchWormConfiguration)?;
        Ok(xml(&Element::new("WormConfiguration")
            .field("WormId", &worm.id)
            .field("State", if worm.locked { "Locked" } else { "InProgress" })
            .field("RetentionPeriodInDays", worm.days)
            .field("CreationDate", iso8601(worm.created_at))))
    }
}

/// The days that the body of a request names.
fn days(request: &OssRequest<'_>) -> Result<u32, OssError> {
    let document = read(request)?;
    let text = document.child_text("RetentionPeriodInDays").map(str::trim);
    let text = text.ok_or_else(|| OssError::MalformedXml("RetentionPeriodInDays is missing".into()))?;
    text.parse().map_err(|_| OssError::InvalidWormConfiguration)
}
