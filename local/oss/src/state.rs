//! The tables of OSS, and what is done with buckets.

use jiff::Timestamp;
use local_core::pipeline::Rows;
use local_core::refuse_if;
use local_core::table::{Changes, Storage, StorageError, Table};

use super::error::OssError;
use super::rows::{BucketRow, ObjectRow, PartRow, UploadRow, Versioning};

/// The tables. Keys are `{bucket}`, `{bucket}/{key}`, `{bucket}/{upload}` and `{bucket}/{upload}/{number}`; no bucket's name
/// holds a slash, so objects lie in the order in which they are listed.
pub(super) struct State {
    pub buckets: Table<BucketRow>,
    pub objects: Table<ObjectRow>,
    pub uploads: Table<UploadRow>,
    pub parts: Table<PartRow>,
}

/// The key of an object in its table.
pub(super) fn object_key(bucket: &str, key: &str) -> String {
    format!("{bucket}/{key}")
}

impl State {
    pub(super) fn load(storage: &Storage) -> Result<Self, StorageError> {
        Ok(Self {
            buckets: Table::load(storage, "oss_buckets")?,
            objects: Table::load(storage, "oss_objects")?,
            uploads: Table::load(storage, "oss_uploads")?,
            parts: Table::load(storage, "oss_parts")?,
        })
    }

    /// The bucket, if it belongs to `account_id`.
    pub(super) fn bucket(&self, name: &str, account_id: &str) -> Result<&BucketRow, OssError> {
        let row = self.buckets.get(name).ok_or(OssError::NoSuchBucket)?;
        if row.account_id == account_id {
            return Ok(row);
        }
        Err(OssError::AccessDenied("You have no right to access this object because of bucket acl.".into()))
    }

    /// Makes a bucket. Making one's own again, in the same region, is no error.
    pub(super) fn create_bucket(
        &mut self,
        name: &str,
        account_id: &str,
        region: &str,
        now: Timestamp,
    ) -> Result<(), OssError> {
        refuse_if!(!is_bucket_name(name), OssError::InvalidBucketName);
        match self.buckets.get(name) {
            Some(row) if row.account_id == account_id && row.region == region => Ok(()),
            Some(_) => Err(OssError::BucketAlreadyExists),
            None => {
                let row = BucketRow {
                    account_id: account_id.to_owned(),
                    region: region.to_owned(),
                    created_at: now,
                    versioning: None,
                    worm: None,
                };
                self.buckets.insert(name, row);
                Ok(())
            }
        }
    }

    pub(super) fn set_versioning(
        &mut self,
        bucket: &str,
        versioning: Versioning,
        now: Timestamp,
    ) -> Result<(), OssError> {
        // Whether the cloud takes both together, and with which code it refuses, is not known
        // (docs/reference/mns-signing-sts.md, section 5.4).
        refuse_if!(self.worm(bucket, now)?.is_some(), OssError::InvalidWormConfiguration);
        self.buckets.get_mut(bucket).ok_or(OssError::NoSuchBucket)?.versioning = Some(versioning);
        Ok(())
    }

    /// Removes whatever is in a bucket.
    pub(super) fn empty(&mut self, bucket: &str) {
        let inside = object_key(bucket, "");
        let keys = |table: Vec<&str>| table.into_iter().map(str::to_owned).collect::<Vec<_>>();
        for key in keys(self.objects.prefixed(&inside).map(|(key, _)| key).collect()) {
            self.objects.remove(&key);
        }
        for key in keys(self.uploads.prefixed(&inside).map(|(key, _)| key).collect()) {
            self.uploads.remove(&key);
        }
        for key in keys(self.parts.prefixed(&inside).map(|(key, _)| key).collect()) {
            self.parts.remove(&key);
        }
    }

    /// Removes an empty bucket.
    pub(super) fn delete_bucket(&mut self, bucket: &str) -> Result<(), OssError> {
        let inside = object_key(bucket, "");
        let is_empty =
            self.objects.prefixed(&inside).next().is_none() && self.uploads.prefixed(&inside).next().is_none();
        refuse_if!(!is_empty, OssError::BucketNotEmpty);
        self.buckets.remove(bucket);
        Ok(())
    }
}

impl Rows for State {
    /// Nothing here changes by itself.
    fn settle(&mut self, _: Timestamp) {}

    fn tables(&mut self) -> Vec<&mut dyn Changes> {
        vec![&mut self.buckets, &mut self.objects, &mut self.uploads, &mut self.parts]
    }
}

/// 3 to 63 lower-case letters, digits and hyphens, neither first nor last a hyphen.
fn is_bucket_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (3..=63).contains(&name.len()) && name.bytes().all(allowed) && !name.starts_with('-') && !name.ends_with('-')
}
