//! The operations on single objects and on uploads, between headers and state.

use bytes::Bytes;
use http::{Response, StatusCode, header};
use local_core::xml::Element;
use percent_encoding::percent_decode_str;

use super::Oss;
use super::crc64::crc64;
use super::error::OssError;
use super::listing::{Names, iso8601};
use super::objects::{forbids_overwrite, kept_headers, refuse_conditions};
use super::reading::{check_conditions, range};
use super::rows::{Kind, ObjectRow, etag};
use super::service::{OssRequest, empty, http_date, put, xml};
use super::uploads::listed;

/// Headers of a reply that a reader may choose by parameters of the same name behind `response-`.
const CHOSEN: [&str; 6] =
    ["content-type", "content-language", "expires", "cache-control", "content-disposition", "content-encoding"];

impl Oss {
    pub(super) fn put_object(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        let headers = &request.parts.headers;
        refuse_conditions(headers)?;
        let forbid = forbids_overwrite(headers)?;
        let etag = etag(request.body);
        self.change(|state, now| {
            let object = ObjectRow {
                body: request.body.clone(),
                etag: etag.clone(),
                modified_at: now,
                kind: Kind::Normal,
                headers: kept_headers(headers),
            };
            state.put(&request.bucket, &request.key, object, forbid)
        })?;
        Ok(written(&etag, Some(request.body)))
    }

    pub(super) fn append_object(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        let position = request.query.or_empty("position").parse();
        let position = position.map_err(|_| OssError::InvalidArgument("position is not a number.".into()))?;
        self.change(|state, now| {
            let headers = &request.parts.headers;
            let object = state.append(&request.bucket, &request.key, position, request.body.clone(), headers, now)?;
            let mut response = written(&object.etag, Some(&object.body));
            put(&mut response, "x-oss-next-append-position", &object.body.len().to_string());
            Ok(response)
        })
    }

    pub(super) fn copy_object(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        let headers = &request.parts.headers;
        let forbid = forbids_overwrite(headers)?;
        let invalid = || OssError::InvalidArgument("x-oss-copy-source is not /bucket/object.".into());
        let source = request.header("x-oss-copy-source").unwrap_or_default();
        let source = percent_decode_str(source).decode_utf8().map_err(|_| invalid())?;
        let (bucket, key) = source.strip_prefix('/').unwrap_or(&source).split_once('/').ok_or_else(invalid)?;
        let replace = match request.header("x-oss-metadata-directive") {
            None | Some("COPY") => false,
            Some("REPLACE") => true,
            Some(_) => {
                return Err(OssError::InvalidArgument("x-oss-metadata-directive is neither COPY nor REPLACE.".into()));
            }
        };
        self.change(|state, now| {
            state.bucket(bucket, &request.caller.account_id)?;
            let mut object = state.object(bucket, key)?.clone();
            check_conditions(headers, "x-oss-copy-source-", &object)?;
            object.modified_at = now;
            object.kind = Kind::Normal;
            object.etag = etag(&object.body);
            if replace {
                object.headers = kept_headers(headers);
            }
            let result = Element::new("CopyObjectResult")
                .field("ETag", format!("\"{}\"", object.etag))
                .field("LastModified", iso8601(now));
            let mut response = xml(&result);
            put(&mut response, "etag", &format!("\"{}\"", object.etag));
            state.put(&request.bucket, &request.key, object, forbid)?;
            Ok(response)
        })
    }

    pub(super) fn get_object(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        let headers = &request.parts.headers;
        let object = self.lock().object(&request.bucket, &request.key)?.clone();
        check_conditions(headers, "", &object)?;
        let length = object.body.len();
        let mut response = described(&object);
        match range(headers, length)? {
            None => *response.body_mut() = object.body.clone(),
            Some(range) => {
                let (first, last) = (range.start, range.end - 1);
                put(&mut response, "content-range", &format!("bytes {first}-{last}/{length}"));
                *response.status_mut() = StatusCode::PARTIAL_CONTENT;
                *response.body_mut() = object.body.slice(range);
            }
        }
        for name in CHOSEN {
            if let Some(value) = request.query.get(&format!("response-{name}")) {
                put(&mut response, name, value);
            }
        }
        let length = response.body().len().to_string();
        put(&mut response, header::CONTENT_LENGTH.as_str(), &length);
        Ok(response)
    }

    /// The headers of an object. The length is that of the body which a GET would bring.
    pub(super) fn head_object(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        let state = self.lock();
        let object = state.object(&request.bucket, &request.key)?;
        check_conditions(&request.parts.headers, "", object)?;
        let mut response = described(object);
        if request.parts.method == http::Method::HEAD {
            put(&mut response, header::CONTENT_LENGTH.as_str(), &object.body.len().to_string());
        }
        Ok(response)
    }

    pub(super) fn delete_object(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        self.change(|state, now| state.delete(&request.bucket, &request.key, now))?;
        Ok(empty(StatusCode::NO_CONTENT))
    }

    pub(super) fn begin_upload(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        let headers = &request.parts.headers;
        let forbid = forbids_overwrite(headers)?;
        let upload = self.shared.ids.upper_hex(32);
        self.change(|state, now| {
            let versioned = state.buckets.get(&request.bucket).is_some_and(|row| row.versioning.is_some());
            if forbid && !versioned && state.object(&request.bucket, &request.key).is_ok() {
                return Err(OssError::FileAlreadyExists);
            }
            state.begin_upload(&request.bucket, &upload, &request.key, kept_headers(headers), now)
        })?;
        let names = Names::read(&request.query)?;
        Ok(xml(&Element::new("InitiateMultipartUploadResult")
            .optional("EncodingType", names.encoding_type())
            .field("Bucket", &request.bucket)
            .field("Key", names.write(&request.key))
            .field("UploadId", &upload)))
    }

    pub(super) fn upload_part(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        let (upload, number) = (request.query.or_empty("uploadId"), request.query.or_empty("partNumber"));
        let etag = self.change(|state, now| {
            state.put_part(&request.bucket, upload, &request.key, number, request.body.clone(), now)
        })?;
        Ok(written(&etag, Some(request.body)))
    }

    pub(super) fn complete_upload(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        let forbid = forbids_overwrite(&request.parts.headers)?;
        let parts = listed(request.body)?;
        let upload = request.query.or_empty("uploadId");
        let (etag, checksum) = self.change(|state, now| {
            let etag = state.complete_upload(&request.bucket, upload, &request.key, &parts, forbid, now)?;
            Ok((etag, crc64(&state.object(&request.bucket, &request.key)?.body)))
        })?;
        let names = Names::read(&request.query)?;
        let mut response = xml(&Element::new("CompleteMultipartUploadResult")
            .optional("EncodingType", names.encoding_type())
            .field("Location", format!("/{}/{}", request.bucket, request.key))
            .field("Bucket", &request.bucket)
            .field("Key", names.write(&request.key))
            .field("ETag", format!("\"{etag}\"")));
        put(&mut response, "etag", &format!("\"{etag}\""));
        put(&mut response, "x-oss-hash-crc64ecma", &checksum.to_string());
        Ok(response)
    }

    pub(super) fn abort_upload(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        self.change(|state, _| state.abort_upload(&request.bucket, request.query.or_empty("uploadId"), &request.key))?;
        Ok(empty(StatusCode::NO_CONTENT))
    }

    pub(super) fn list_parts(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        let upload = request.query.or_empty("uploadId");
        let after: u32 = request.query.or_empty("part-number-marker").parse().unwrap_or(0);
        let most = request.query.or_empty("max-parts").parse().unwrap_or(1000);
        let names = Names::read(&request.query)?;
        let state = self.lock();
        state.upload(&request.bucket, upload, &request.key)?;
        let mut rows = state.parts(&request.bucket, upload).filter(|(number, _)| *number > after);
        let page: Vec<_> = rows.by_ref().take(most).collect();
        let parts = page.iter().map(|(number, part)| {
            Element::new("Part")
                .field("PartNumber", number)
                .field("LastModified", iso8601(part.modified_at))
                .field("ETag", format!("\"{}\"", part.etag))
                .field("HashCrc64ecma", crc64(&part.body))
                .field("Size", part.body.len())
        });
        Ok(xml(&Element::new("ListPartsResult")
            .optional("EncodingType", names.encoding_type())
            .field("Bucket", &request.bucket)
            .field("Key", names.write(&request.key))
            .field("UploadId", upload)
            .field("StorageClass", "Standard")
            .field("PartNumberMarker", after)
            .field("NextPartNumberMarker", page.last().map_or(0, |(number, _)| *number))
            .field("MaxParts", most)
            .field("IsTruncated", rows.next().is_some())
            .with_all(parts)))
    }

    /// All uploads of a bucket on one page: there are never many.
    pub(super) fn list_uploads(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        let names = Names::read(&request.query)?;
        let prefix = request.query.or_empty("prefix");
        let state = self.lock();
        let mut rows: Vec<_> = state.uploads(&request.bucket).filter(|(_, row)| row.key.starts_with(prefix)).collect();
        rows.sort_by_key(|(upload, row)| (row.key.as_str(), *upload));
        let uploads = rows.iter().map(|(upload, row)| {
            Element::new("Upload")
                .field("Key", names.write(&row.key))
                .field("UploadId", upload)
                .field("StorageClass", "Standard")
                .field("Initiated", iso8601(row.begun_at))
        });
        Ok(xml(&Element::new("ListMultipartUploadsResult")
            .optional("EncodingType", names.encoding_type())
            .field("Bucket", &request.bucket)
            .field("KeyMarker", "")
            .field("UploadIdMarker", "")
            .field("NextKeyMarker", "")
            .field("NextUploadIdMarker", "")
            .field("Delimiter", "")
            .field("Prefix", names.write(prefix))
            .field("MaxUploads", 1000)
            .field("IsTruncated", false)
            .with_all(uploads)))
    }
}

/// The reply to a write.
fn written(etag: &str, body: Option<&Bytes>) -> Response<Bytes> {
    let mut response = empty(StatusCode::OK);
    put(&mut response, "etag", &format!("\"{etag}\""));
    if let Some(body) = body {
        put(&mut response, "x-oss-hash-crc64ecma", &crc64(body).to_string());
    }
    response
}

/// What an object says of itself in headers.
fn described(object: &ObjectRow) -> Response<Bytes> {
    let mut response = empty(StatusCode::OK);
    for (name, value) in &object.headers {
        put(&mut response, name, value);
    }
    put(&mut response, "etag", &format!("\"{}\"", object.etag));
    put(&mut response, "last-modified", &http_date(object.modified_at));
    put(&mut response, "accept-ranges", "bytes");
    put(&mut response, "x-oss-object-type", object.kind.into());
    put(&mut response, "x-oss-storage-class", "Standard");
    put(&mut response, "x-oss-hash-crc64ecma", &crc64(&object.body).to_string());
    if object.kind == Kind::Appendable {
        put(&mut response, "x-oss-next-append-position", &object.body.len().to_string());
    }
    response
}
