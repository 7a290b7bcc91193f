//! One HTTP request: who asks, about which bucket, for what; then the reply.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use jiff::Timestamp;
use local_core::access::Denied;
use local_core::calls::{Call, Outcome, Product};
use local_core::identity::Identity;
use local_core::opened::Openable;
use local_core::pipeline::{Ordered, Refusals};
use local_core::refuse_if;
use local_core::xml::Element;

use super::Oss;
use super::caller::{self, Signed};
use super::error::OssError;
use super::target::{Operation, Query, Target};

/// A request whose sender is known and whose operation is clear.
pub(super) struct OssRequest<'a> {
    pub parts: &'a Parts,
    pub body: &'a Bytes,
    pub query: Query,
    pub caller: Identity,
    /// The region that the host names, or home.
    pub region: String,
    /// Empty for the one operation without a bucket.
    pub bucket: String,
    /// Empty for the operations on a bucket.
    pub key: String,
}

impl OssRequest<'_> {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl Refusals for Oss {
    type Error = OssError;

    fn denied(&self, denied: &Denied) -> OssError {
        OssError::AccessDenied(denied.message())
    }

    fn ordered(&self, order: Ordered<'_>) -> OssError {
        let (status, code) = match order {
            Ordered::Throttle => (StatusCode::SERVICE_UNAVAILABLE, "QpsLimitExceeded"),
            Ordered::ServerError => (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
            Ordered::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable"),
            Ordered::Refuse { status, code } => (status, code),
        };
        OssError::Ordered { status, code: code.to_owned() }
    }
}

impl Oss {
    /// Answers one request.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let request_id = self.shared.ids.upper_hex(24);
        let mut call = self.shared.begin(Product::Oss, &self.shared.home.region, &request_id);
        let result = self.answer(&parts, &body, &mut call).await;
        let refused = result.as_ref().err().map(|error| error.code().to_owned());
        let mut response = result.unwrap_or_else(|error| refusal(&error, &parts, &request_id));
        put(&mut response, "server", "AliyunOSS");
        put(&mut response, "x-oss-request-id", &request_id);
        put(&mut response, "date", &http_date(self.shared.clock.wall()));
        call.attach(response, refused)
    }

    async fn answer(&self, parts: &Parts, body: &Bytes, call: &mut Call) -> Result<Response<Bytes>, OssError> {
        let target = Target::read(parts)?;
        let (caller, signed) = caller::identify(&self.shared, parts, body, &target)?;
        call.info.account.clone_from(&caller.account_id);
        call.caller = Some(caller.principal.clone());
        let query = Query::read(parts);
        let is_copy = parts.headers.contains_key("x-oss-copy-source");
        let operation = Operation::read(&parts.method, &target, &query, is_copy)?;
        call.info.action = operation.word().to_owned();
        call.is_write = operation.is_write();
        if let Some(region) = &target.region {
            call.info.region.clone_from(region);
        }
        self.check_signature(&signed, &target, &call.info.region)?;
        refuse_if!(!self.shared.opened.has(&caller.account_id, Openable::Oss), OssError::UserDisable);
        if target.is_internal && !caller.is_inside {
            // From elsewhere the internal network cannot be reached: there is no answer.
            call.outcome = Outcome::DroppedBefore;
            return Err(OssError::AccessDenied("The internal network is reached from within the cloud alone.".into()));
        }
        self.check_host(&target, operation, &caller.account_id)?;
        let request = OssRequest {
            parts,
            body,
            query,
            caller,
            region: call.info.region.clone(),
            bucket: target.bucket.clone().unwrap_or_default(),
            key: target.key.unwrap_or_default(),
        };
        call.resource = target.bucket.map(|bucket| match request.key.is_empty() {
            true => bucket,
            false => format!("{bucket}/{}", request.key),
        });
        call.needs = operation.needs(&request.caller.account_id, &request.bucket, &request.key, &parts.headers);
        let work = async { self.perform(operation, &request, target.region.is_some()) };
        self.shared.carry_out(self, call, &request.caller, &[], work).await
    }

    /// Version 1 is closed, and version 4 counts in one region alone.
    fn check_signature(&self, signed: &Signed, target: &Target, region: &str) -> Result<(), OssError> {
        match signed {
            Signed::V1 if self.settings().signature_v1 => Ok(()),
            // Which code the cloud answers with is in no source (docs/reference/deploy-apis.md, section 4.2).
            Signed::V1 => Err(OssError::AccessDenied(
                "Signature version 1 is closed to this bucket. Sign with OSS4-HMAC-SHA256.".into(),
            )),
            Signed::V4 { region: signed_for } => {
                let state = self.lock();
                let bucket = target.bucket.as_deref().and_then(|bucket| state.buckets.get(bucket));
                let expected = bucket.map_or(region, |bucket| bucket.region.as_str());
                let wrong = || OssError::InvalidArgument("Invalid signing region in Authorization header.".into());
                if signed_for == expected { Ok(()) } else { Err(wrong()) }
            }
        }
    }

    /// The cloud's own hosts want the bucket in the host's name, and those of the mainland that are public keep out calls on
    /// objects.
    fn check_host(&self, target: &Target, operation: Operation, account: &str) -> Result<(), OssError> {
        let Some(region) = &target.region else { return Ok(()) };
        refuse_if!(target.host_bucket.is_none() && target.bucket.is_some(), OssError::SecondLevelDomainForbidden);
        let is_mainland = region.starts_with("cn-") && region != "cn-hongkong";
        let is_shut = is_mainland && !target.is_internal && operation.is_about_objects();
        refuse_if!(is_shut && !self.settings().lets_in(account), OssError::PublicEndpointForbidden);
        Ok(())
    }

    fn perform(
        &self,
        operation: Operation,
        request: &OssRequest<'_>,
        region_named: bool,
    ) -> Result<Response<Bytes>, OssError> {
        if !matches!(operation, Operation::ListBuckets | Operation::PutBucket) {
            let state = self.lock();
            let bucket = state.bucket(&request.bucket, &request.caller.account_id)?;
            if region_named && bucket.region != request.region {
                let text = "The bucket you are attempting to access must be addressed using the specified endpoint. \
                            Please send all future requests to this endpoint.";
                return Err(OssError::AccessDenied(text.into()));
            }
        }
        match operation {
            Operation::ListBuckets => self.list_buckets(request),
            Operation::PutBucket => self.put_bucket(request),
            Operation::DeleteBucket => self.delete_bucket(request),
            Operation::GetBucketInfo => self.bucket_info(request),
            Operation::GetBucketLocation => self.bucket_location(request),
            Operation::GetBucketAcl => Ok(self.bucket_acl(request)),
            Operation::GetBucketVersioning => self.bucket_versioning(request),
            Operation::PutBucketVersioning => self.put_bucket_versioning(request),
            Operation::InitiateBucketWorm => self.initiate_bucket_worm(request),
            Operation::CompleteBucketWorm => self.complete_bucket_worm(request),
            Operation::ExtendBucketWorm => self.extend_bucket_worm(request),
            Operation::AbortBucketWorm => self.abort_bucket_worm(request),
            Operation::GetBucketWorm => self.bucket_worm(request),
            Operation::ListObjects => self.list_objects(request),
            Operation::ListObjectsV2 => self.list_objects_v2(request),
            Operation::ListMultipartUploads => self.list_uploads(request),
            Operation::DeleteMultipleObjects => self.delete_objects(request),
            Operation::PutObject => self.put_object(request),
            Operation::CopyObject => self.copy_object(request),
            Operation::AppendObject => self.append_object(request),
            Operation::GetObject => self.get_object(request),
            Operation::HeadObject => self.head_object(request),
            Operation::DeleteObject => self.delete_object(request),
            Operation::InitiateMultipartUpload => self.begin_upload(request),
            Operation::UploadPart => self.upload_part(request),
            Operation::CompleteMultipartUpload => self.complete_upload(request),
            Operation::AbortMultipartUpload => self.abort_upload(request),
            Operation::ListParts => self.list_parts(request),
        }
    }
}

/// The reply to a refused request. Replies to HEAD have no body: the document goes into a header there.
fn refusal(error: &OssError, parts: &Parts, request_id: &str) -> Response<Bytes> {
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let mut document = Element::new("Error")
        .field("Code", error.code())
        .field("Message", error)
        .field("RequestId", request_id)
        .field("HostId", host.or(parts.uri.host()).unwrap_or("localhost"))
        .optional("EC", error.ec());
    if let OssError::SignatureDoesNotMatch { access_key_id, string_to_sign } = error {
        document = document.field("OSSAccessKeyId", access_key_id).field("StringToSign", string_to_sign);
    }
    let mut response = match (error, &parts.method) {
        (OssError::NotModified, _) => Response::default(),
        (_, &Method::HEAD) => {
            let mut response = Response::default();
            put(&mut response, "x-oss-err", &STANDARD.encode(document.document()));
            response
        }
        _ => xml(&document),
    };
    if let OssError::PositionNotEqualToLength { length } = error {
        put(&mut response, "x-oss-next-append-position", &length.to_string());
    }
    *response.status_mut() = error.status();
    response
}

/// A reply that is a document.
pub(super) fn xml(document: &Element) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(document.document()));
    put(&mut response, header::CONTENT_TYPE.as_str(), "application/xml");
    response
}

/// A reply without a body.
pub(super) fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

/// Sets a header, unless the value cannot stand in one.
pub(super) fn put(response: &mut Response<Bytes>, name: &str, value: &str) {
    let name = http::HeaderName::try_from(name);
    if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
        response.headers_mut().insert(name, value);
    }
}

pub(super) fn http_date(at: Timestamp) -> String {
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap_or_default()
}
