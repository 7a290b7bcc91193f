//! What is done with objects: put, append, copy, get, delete.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, header};
use jiff::Timestamp;
use local_core::refuse_if;

use super::error::OssError;
use super::rows::{Kind, ObjectRow, etag};
use super::state::{State, object_key};

/// The largest object that this OSS keeps. The real one takes far more.
pub(super) const LARGEST: usize = 16 * 1024 * 1024;

/// The headers that are kept with an object and given back with it.
const KEPT: [HeaderName; 6] = [
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    header::CONTENT_DISPOSITION,
    header::CONTENT_LANGUAGE,
    header::CACHE_CONTROL,
    header::EXPIRES,
];

/// What the headers of an upload say of the object.
pub(super) fn kept_headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let kept = |name: &HeaderName| KEPT.contains(name) || name.as_str().starts_with("x-oss-meta-");
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let mut found: BTreeMap<String, String> = headers
        .iter()
        .filter(|(name, _)| kept(name))
        .map(|(name, value)| (name.as_str().to_owned(), text(value)))
        .collect();
    found.entry("content-type".into()).or_insert_with(|| "application/octet-stream".into());
    found
}

/// Whether the upload says that it must not replace anything.
pub(super) fn forbids_overwrite(headers: &HeaderMap) -> Result<bool, OssError> {
    match headers.get("x-oss-forbid-overwrite").map(http::HeaderValue::as_bytes) {
        None | Some(b"false") => Ok(false),
        Some(b"true") => Ok(true),
        Some(_) => {
            Err(OssError::InvalidArgument("The value of x-oss-forbid-overwrite is neither true nor false.".into()))
        }
    }
}

/// Refuses the conditions that OSS knows on reads only.
pub(super) fn refuse_conditions(headers: &HeaderMap) -> Result<(), OssError> {
    let conditions = [header::IF_MATCH, header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE, header::IF_UNMODIFIED_SINCE];
    match conditions.iter().find(|name| headers.contains_key(*name)) {
        Some(name) => Err(OssError::NotImplemented(name.to_string())),
        None => Ok(()),
    }
}

/// 1 to 1023 bytes, the first neither slash nor backslash.
pub(super) fn check_key(key: &str) -> Result<(), OssError> {
    match (1..=1023).contains(&key.len()) && !key.starts_with(['/', '\\']) {
        true => Ok(()),
        false => Err(OssError::InvalidObjectName),
    }
}

impl State {
    /// Puts an object in place of whatever stood there, unless that is forbidden or a retention policy protects it. A bucket that
    /// has or had versions does not care.
    pub(super) fn put(
        &mut self,
        bucket: &str,
        key: &str,
        object: ObjectRow,
        forbid_overwrite: bool,
    ) -> Result<(), OssError> {
        check_key(key)?;
        refuse_if!(object.body.len() > LARGEST, OssError::EntityTooLarge(LARGEST));
        let versioned = self.buckets.get(bucket).is_some_and(|row| row.versioning.is_some());
        let place = object_key(bucket, key);
        // Which refusal the cloud gives where both apply is not known.
        if let Some(there) = self.objects.get(&place) {
            self.check_mutable(bucket, there, object.modified_at)?;
        }
        refuse_if!(forbid_overwrite && !versioned && self.objects.get(&place).is_some(), OssError::FileAlreadyExists);
        self.objects.insert(place, object);
        Ok(())
    }

    /// Appends to an object that is `position` bytes long, or begins one at position 0.
    pub(super) fn append(
        &mut self,
        bucket: &str,
        key: &str,
        position: usize,
        body: Bytes,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<&ObjectRow, OssError> {
        check_key(key)?;
        let place = object_key(bucket, key);
        let existing = self.objects.get(&place);
        if let Some(there) = existing {
            self.check_mutable(bucket, there, now)?;
        }
        refuse_if!(existing.is_some_and(|object| object.kind != Kind::Appendable), OssError::ObjectNotAppendable);
        let length = existing.map_or(0, |object| object.body.len());
        refuse_if!(length != position, OssError::PositionNotEqualToLength { length });
        refuse_if!(length + body.len() > LARGEST, OssError::EntityTooLarge(LARGEST));
        let headers = existing.map_or_else(|| kept_headers(headers), |object| object.headers.clone());
        let whole = match existing {
            Some(object) => Bytes::from([&object.body[..], &body[..]].concat()),
            None => body,
        };
        let object = ObjectRow { etag: etag(&whole), body: whole, modified_at: now, kind: Kind::Appendable, headers };
        self.objects.insert(place.clone(), object);
        self.objects.get(&place).ok_or(OssError::NoSuchKey)
    }

    pub(super) fn object(&self, bucket: &str, key: &str) -> Result<&ObjectRow, OssError> {
        self.objects.get(&object_key(bucket, key)).ok_or(OssError::NoSuchKey)
    }

    /// Removes an object. One that is not there stays so.
    pub(super) fn delete(&mut self, bucket: &str, key: &str, now: Timestamp) -> Result<(), OssError> {
        if let Some(there) = self.objects.get(&object_key(bucket, key)) {
            self.check_mutable(bucket, there, now)?;
        }
        self.objects.remove(&object_key(bucket, key));
        Ok(())
    }
}
