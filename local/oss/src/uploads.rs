//! Uploads in parts.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use local_core::refuse_if;
use local_core::xml::Element;
use md5::{Digest, Md5};

use super::error::OssError;
use super::objects::{LARGEST, check_key};
use super::rows::{Kind, ObjectRow, PartRow, UploadRow, etag};
use super::state::{State, object_key};

/// The least size of a part that is not the last.
const SMALLEST_PART: usize = 100 * 1024;

/// A part as the client lists it when it completes the upload.
pub(super) struct Listed {
    number: u32,
    etag: String,
}

/// Reads the body of CompleteMultipartUpload.
pub(super) fn listed(body: &[u8]) -> Result<Vec<Listed>, OssError> {
    let document = Element::parse(body).map_err(|error| OssError::MalformedXml(error.to_string()))?;
    let read = |part: &Element| {
        let number = part.child_text("PartNumber").and_then(|text| text.trim().parse().ok());
        let etag = part.child_text("ETag").map(|tag| tag.trim().trim_matches('"').to_ascii_uppercase());
        match (number, etag) {
            (Some(number), Some(etag)) => Ok(Listed { number, etag }),
            _ => Err(OssError::MalformedXml("a part needs PartNumber and ETag".into())),
        }
    };
    let parts = document.children("Part").map(read).collect::<Result<Vec<_>, _>>()?;
    match parts.is_empty() {
        true => Err(OssError::MalformedXml("there is no part".into())),
        false => Ok(parts),
    }
}

fn part_key(bucket: &str, upload: &str, number: u32) -> String {
    format!("{bucket}/{upload}/{number:05}")
}

impl State {
    pub(super) fn begin_upload(
        &mut self,
        bucket: &str,
        upload: &str,
        key: &str,
        headers: BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<(), OssError> {
        check_key(key)?;
        let row = UploadRow { key: key.to_owned(), begun_at: now, headers };
        self.uploads.insert(object_key(bucket, upload), row);
        Ok(())
    }

    /// The upload, if it is one for `key`.
    pub(super) fn upload(&self, bucket: &str, upload: &str, key: &str) -> Result<&UploadRow, OssError> {
        let row = self.uploads.get(&object_key(bucket, upload)).ok_or(OssError::NoSuchUpload)?;
        if row.key == key { Ok(row) } else { Err(OssError::NoSuchUpload) }
    }

    /// The uploads of a bucket, with their ids.
    pub(super) fn uploads(&self, bucket: &str) -> impl Iterator<Item = (&str, &UploadRow)> {
        let inside = object_key(bucket, "");
        let length = inside.len();
        let rows = self.uploads.range(inside.clone()..).take_while(move |(place, _)| place.starts_with(&inside));
        rows.map(move |(place, row)| (place.get(length..).unwrap_or_default(), row))
    }

    /// Keeps a part, in place of one with the same number.
    pub(super) fn put_part(
        &mut self,
        bucket: &str,
        upload: &str,
        key: &str,
        number: &str,
        body: Bytes,
        now: Timestamp,
    ) -> Result<String, OssError> {
        self.upload(bucket, upload, key)?;
        let number = match number.parse() {
            Ok(number @ 1..=10_000) => number,
            _ => return Err(OssError::InvalidArgument("Part number must be an integer between 1 and 10000.".into())),
        };
        refuse_if!(body.len() > LARGEST, OssError::EntityTooLarge(LARGEST));
        let etag = etag(&body);
        let row = PartRow { body, etag: etag.clone(), modified_at: now };
        self.parts.insert(part_key(bucket, upload, number), row);
        Ok(etag)
    }

    /// The parts of an upload, with their numbers.
    pub(super) fn parts(&self, bucket: &str, upload: &str) -> impl Iterator<Item = (u32, &PartRow)> {
        let inside = format!("{bucket}/{upload}/");
        let length = inside.len();
        let rows = self.parts.range(inside.clone()..).take_while(move |(place, _)| place.starts_with(&inside));
        rows.filter_map(move |(place, row)| Some((place.get(length..)?.parse().ok()?, row)))
    }

    /// Makes the object out of the listed parts, and forgets the upload.
    pub(super) fn complete_upload(
        &mut self,
        bucket: &str,
        upload: &str,
        key: &str,
        listed: &[Listed],
        forbid_overwrite: bool,
        now: Timestamp,
    ) -> Result<String, OssError> {
        let headers = self.upload(bucket, upload, key)?.headers.clone();
        refuse_if!(listed.windows(2).any(|pair| pair[0].number >= pair[1].number), OssError::InvalidPartOrder);
        let mut body = Vec::new();
        let mut digest = Md5::new();
        for (index, wanted) in listed.iter().enumerate() {
            let part = self.parts.get(&part_key(bucket, upload, wanted.number)).ok_or(OssError::InvalidPart)?;
            refuse_if!(part.etag != wanted.etag, OssError::InvalidPart);
            refuse_if!(part.body.len() < SMALLEST_PART && index + 1 < listed.len(), OssError::EntityTooSmall);
            digest.update(Md5::digest(&part.body));
            body.extend_from_slice(&part.body);
        }
        let etag = format!("{}-{}", hex::encode_upper(digest.finalize()), listed.len());
        let object =
            ObjectRow { body: body.into(), etag: etag.clone(), modified_at: now, kind: Kind::Multipart, headers };
        self.put(bucket, key, object, forbid_overwrite)?;
        self.abort_upload(bucket, upload, key)?;
        Ok(etag)
    }

    /// Forgets an upload and its parts.
    pub(super) fn abort_upload(&mut self, bucket: &str, upload: &str, key: &str) -> Result<(), OssError> {
        self.upload(bucket, upload, key)?;
        let numbers: Vec<u32> = self.parts(bucket, upload).map(|(number, _)| number).collect();
        for number in numbers {
            self.parts.remove(&part_key(bucket, upload, number));
        }
        self.uploads.remove(&object_key(bucket, upload));
        Ok(())
    }
}
