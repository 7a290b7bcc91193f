//! The operations on buckets, and what is done with many objects at once.

use bytes::Bytes;
use http::{Response, StatusCode};
use local_core::xml::Element;

use super::Oss;
use super::error::OssError;
use super::listing::{self, ListRequest, Names, Version, iso8601, owner_element};
use super::rows::{BucketRow, Versioning};
use super::service::{OssRequest, empty, put, xml};

impl Oss {
    pub(super) fn list_buckets(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        let account = &request.caller.account_id;
        let (prefix, marker) = (request.query.or_empty("prefix"), request.query.or_empty("marker"));
        let most = match request.query.or_empty("max-keys") {
            "" => 100,
            text => text.parse().map_err(|_| OssError::InvalidArgument("max-keys is not a number.".into()))?,
        };
        let state = self.lock();
        let mut rows = state
            .buckets
            .iter()
            .filter(|(name, row)| row.account_id == *account && name.starts_with(prefix) && *name > marker);
        let page: Vec<_> = rows.by_ref().take(most).collect();
        let next = rows.next().and(page.last().map(|(name, _)| *name));
        let buckets = page.iter().map(|(name, row)| bucket_element(name, row));
        Ok(xml(&Element::new("ListAllMyBucketsResult")
            .field("Prefix", prefix)
            .field("Marker", marker)
            .field("MaxKeys", most)
            .field("IsTruncated", next.is_some())
            .optional("NextMarker", next)
            .with(owner_element(account))
            .with(Element::new("Buckets").with_all(buckets))))
    }

    pub(super) fn put_bucket(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        if request.header("x-oss-acl").is_some_and(|acl| acl != "private") {
            return Err(OssError::NotImplemented("x-oss-acl other than private".into()));
        }
        self.create_bucket(&request.caller.account_id, &request.region, &request.bucket)?;
        let mut response = empty(StatusCode::OK);
        put(&mut response, "location", &format!("/{}", request.bucket));
        Ok(response)
    }

    pub(super) fn delete_bucket(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        self.change(|state, _| state.delete_bucket(&request.bucket))?;
        Ok(empty(StatusCode::NO_CONTENT))
    }

    pub(super) fn bucket_info(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        let state = self.lock();
        let row = state.bucket(&request.bucket, &request.caller.account_id)?;
        let bucket = bucket_element(&request.bucket, row)
            .with(owner_element(&row.account_id))
            .with(Element::new("AccessControlList").field("Grant", "private"))
            .optional("Versioning", row.versioning.map(<&str>::from));
        Ok(xml(&Element::new("BucketInfo").with(bucket)))
    }

    pub(super) fn bucket_location(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        let state = self.lock();
        let row = state.bucket(&request.bucket, &request.caller.account_id)?;
        Ok(xml(&Element::text("LocationConstraint", format!("oss-{}", row.region))))
    }

    pub(super) fn bucket_acl(&self, request: &OssRequest<'_>) -> Response<Bytes> {
        xml(&Element::new("AccessControlPolicy")
            .with(owner_element(&request.caller.account_id))
            .with(Element::new("AccessControlList").field("Grant", "private")))
    }

    /// Without a status until somebody set one.
    pub(super) fn bucket_versioning(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        let state = self.lock();
        let row = state.bucket(&request.bucket, &request.caller.account_id)?;
        let configuration = Element::new("VersioningConfiguration");
        Ok(xml(&configuration.optional("Status", row.versioning.map(<&str>::from))))
    }

    pub(super) fn put_bucket_versioning(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        let document = read(request)?;
        let versioning = match document.child_text("Status").map(str::trim) {
            Some("Enabled") => Versioning::Enabled,
            Some("Suspended") => Versioning::Suspended,
            _ => return Err(OssError::MalformedXml("Status is neither Enabled nor Suspended".into())),
        };
        self.set_versioning(&request.bucket, versioning)?;
        Ok(empty(StatusCode::OK))
    }

    pub(super) fn list_objects(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        self.list(request, request.query.or_empty("marker").to_owned(), Version::One)
    }

    pub(super) fn list_objects_v2(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        self.list(request, listing::start(&request.query)?, Version::Two)
    }

    fn list(&self, request: &OssRequest<'_>, after: String, version: Version) -> Result<Response<Bytes>, OssError> {
        let wanted = ListRequest::read(&request.query, after)?;
        let state = self.lock();
        let page = state.list(&request.bucket, &wanted);
        let owner = &request.caller.account_id;
        Ok(xml(&listing::document(&request.bucket, owner, &page, &wanted, &request.query, version)?))
    }

    pub(super) fn delete_objects(&self, request: &OssRequest<'_>) -> Result<Response<Bytes>, OssError> {
        let document = read(request)?;
        let names = Names::read(&request.query)?;
        let keys: Vec<&str> = document.children("Object").filter_map(|object| object.child_text("Key")).collect();
        if !(1..=1000).contains(&keys.len()) {
            return Err(OssError::MalformedXml(format!("there are {} objects, not 1 to 1000", keys.len())));
        }
        // What the cloud answers where some of them are protected is not known: nothing is deleted here then.
        self.change(|state, now| {
            for key in &keys {
                if let Ok(there) = state.object(&request.bucket, key) {
                    state.check_mutable(&request.bucket, there, now)?;
                }
            }
            keys.iter().try_for_each(|key| state.delete(&request.bucket, key, now))
        })?;
        let quiet = document.child_text("Quiet").is_some_and(|text| text.trim().eq_ignore_ascii_case("true"));
        if quiet {
            return Ok(empty(StatusCode::OK));
        }
        let deleted = keys.iter().map(|key| Element::new("Deleted").field("Key", names.write(key)));
        Ok(xml(&Element::new("DeleteResult").optional("EncodingType", names.encoding_type()).with_all(deleted)))
    }
}

fn bucket_element(name: &str, row: &BucketRow) -> Element {
    Element::new("Bucket")
        .field("Name", name)
        .field("CreationDate", iso8601(row.created_at))
        .field("Location", format!("oss-{}", row.region))
        .field("Region", &row.region)
        .field("ExtranetEndpoint", format!("oss-{}.aliyuncs.com", row.region))
        .field("IntranetEndpoint", format!("oss-{}-internal.aliyuncs.com", row.region))
        .field("StorageClass", "Standard")
}

/// The document in the body.
pub(super) fn read(request: &OssRequest<'_>) -> Result<Element, OssError> {
    Element::parse(request.body).map_err(|error| OssError::MalformedXml(error.to_string()))
}
