//! Where objects live, and how to reach them.

use std::sync::Arc;

use cloud_signing::oss::Addressing;
use cloud_signing::{SignError, oss_v4};
use futures::stream;
use http::request::Parts;
use opendal::{Buffer, HttpBody, HttpTransport, HttpTransporter, OperationContext, Operator, services};
use transport::{Clock, Transport};

use super::Store;

/// The place of a store, as configuration names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// `oss://BUCKET`: an OSS bucket that never had versioning.
    Oss {
        /// The bucket.
        bucket: String,
    },
    /// `file:///FOLDER`: a folder on this machine, for one machine's use.
    Folder {
        /// The folder's path.
        path: String,
    },
}

/// How to reach an OSS bucket.
#[derive(Clone)]
pub struct OssAccess {
    /// The region of the bucket, which the signature is bound to.
    pub region: String,
    /// The endpoint's URL, such as `https://oss-cn-hangzhou-internal.aliyuncs.com`.
    pub endpoint: String,
    /// Whether the bucket stands in the path instead of the host name, as at an address without a domain.
    pub path_style: bool,
    /// Who asks.
    pub credentials: cloud_signing::Credentials,
    /// Carries the requests.
    pub transport: Arc<dyn Transport>,
    /// Dates the signatures.
    pub clock: Arc<dyn Clock>,
}

impl OssAccess {
    /// Signs a request about `bucket` or an object in it, with the time of this instant.
    ///
    /// # Errors
    /// When the request cannot be signed.
    pub(super) fn sign(&self, parts: &mut Parts, body: &[u8], bucket: &str) -> Result<(), SignError> {
        let addressing = if self.path_style { Addressing::Path } else { Addressing::VirtualHost(bucket) };
        oss_v4::sign(parts, body, addressing, &self.region, &self.credentials, self.clock.now())
    }
}

/// A location that does not read, or that OpenDAL refuses.
#[derive(Debug, thiserror::Error)]
pub enum BadLocation {
    /// It does not read.
    #[error("{0:?} is no store location; use oss://BUCKET or file:///FOLDER")]
    Shape(String),
    /// It is a folder, which packages for the cloud leave out: nothing in it would outlive the instance.
    #[error("this program was built without stores in folders; use oss://BUCKET")]
    NoFolders,
    /// OpenDAL refused the configuration.
    #[error("the store cannot be opened")]
    Refused(#[from] opendal::Error),
}

impl std::str::FromStr for Location {
    type Err = BadLocation;

    fn from_str(text: &str) -> Result<Self, BadLocation> {
        if let Some(bucket) = text.strip_prefix("oss://")
            && !bucket.is_empty()
            && !bucket.contains('/')
        {
            return Ok(Self::Oss { bucket: bucket.to_owned() });
        }
        if let Some(path) = text.strip_prefix("file://")
            && path.starts_with('/')
        {
            return Ok(Self::Folder { path: path.to_owned() });
        }
        Err(BadLocation::Shape(text.to_owned()))
    }
}

impl Store {
    /// A store in an OSS bucket.
    ///
    /// # Errors
    /// When OpenDAL refuses the configuration.
    pub fn in_oss(bucket: &str, access: OssAccess) -> Result<Self, BadLocation> {
        // OpenDAL would date its signatures by the system's clock, so they are made here.
        let builder = services::Oss::default()
            .bucket(bucket)
            .endpoint(&access.endpoint)
            .addressing_style(if access.path_style { "path" } else { "virtual" })
            .skip_signature();
        let http = HttpTransporter::new(OverTransport { bucket: bucket.to_owned(), access });
        let operator = Operator::new(builder)?.with_context(OperationContext::new().with_http_transport(http));
        Ok(Self::new(operator))
    }

    /// A store in a folder. The clock tells half a file that is being written from one that was left behind.
    ///
    /// # Errors
    /// When the folder cannot be made, or the feature `folder` is off.
    #[cfg(feature = "folder")]
    pub fn in_folder(path: &str, clock: Arc<dyn Clock>) -> Result<Self, BadLocation> {
        let operator = Operator::new(services::Fs::default().root(path))?;
        Ok(Self { operator, torn: Some(clock) })
    }

    /// Refuses: the feature `folder` is off.
    ///
    /// # Errors
    /// [`BadLocation::NoFolders`].
    #[cfg(not(feature = "folder"))]
    pub fn in_folder(_: &str, _: Arc<dyn Clock>) -> Result<Self, BadLocation> {
        Err(BadLocation::NoFolders)
    }
}

/// OpenDAL's requests, signed, over the one transport.
struct OverTransport {
    bucket: String,
    access: OssAccess,
}

impl HttpTransport for OverTransport {
    async fn fetch(&self, request: http::Request<Buffer>) -> opendal::Result<http::Response<HttpBody>> {
        let failed = |what: &'static str| opendal::Error::new(opendal::ErrorKind::Unexpected, what);
        let (mut parts, body) = request.into_parts();
        let body = body.to_bytes();
        self.access
            .sign(&mut parts, &body, &self.bucket)
            .map_err(|error| failed("the request cannot be signed").set_source(error))?;
        let response = self.access.transport.send(http::Request::from_parts(parts, body)).await;
        let response = response.map_err(|error| failed("no answer from the object store").set_source(error))?;
        let (parts, body) = response.into_parts();
        let length = u64::try_from(body.len()).ok();
        Ok(http::Response::from_parts(parts, HttpBody::new(stream::iter([Ok(Buffer::from(body))]), length)))
    }
}
