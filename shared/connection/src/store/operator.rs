//! Where objects live, and how to reach them.

use std::sync::Arc;

use futures::stream;
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
    /// The endpoint's URL, such as `https://oss-cn-hangzhou-internal.aliyuncs.com`.
    pub endpoint: String,
    /// Whether the bucket stands in the path instead of the host name, as at an address without a domain.
    pub path_style: bool,
    /// Who asks.
    pub credentials: signing::Credentials,
    /// Carries the requests.
    pub transport: Arc<dyn Transport>,
}

/// A location that does not read, or that OpenDAL refuses.
#[derive(Debug, thiserror::Error)]
pub enum BadLocation {
    /// It does not read.
    #[error("{0:?} is no store location; use oss://BUCKET or file:///FOLDER")]
    Shape(String),
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
        use secrecy::ExposeSecret as _;
        let mut builder = services::Oss::default()
            .bucket(bucket)
            .endpoint(&access.endpoint)
            .addressing_style(if access.path_style { "path" } else { "virtual" })
            .access_key_id(&access.credentials.access_key_id)
            .access_key_secret(access.credentials.access_key_secret.expose_secret());
        if let Some(token) = &access.credentials.security_token {
            builder = builder.security_token(token.expose_secret());
        }
        let http = HttpTransporter::new(OverTransport(access.transport));
        let operator = Operator::new(builder)?.with_context(OperationContext::new().with_http_transport(http));
        Ok(Self::new(operator))
    }

    /// A store in a folder. The clock tells half a file that is being written from one that was left behind.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn in_folder(path: &str, clock: Arc<dyn Clock>) -> Result<Self, BadLocation> {
        let operator = Operator::new(services::Fs::default().root(path))?;
        Ok(Self { operator, torn: Some(clock) })
    }
}

/// OpenDAL's requests over the one transport.
struct OverTransport(Arc<dyn Transport>);

impl HttpTransport for OverTransport {
    async fn fetch(&self, request: http::Request<Buffer>) -> opendal::Result<http::Response<HttpBody>> {
        let (parts, body) = request.into_parts();
        let request = http::Request::from_parts(parts, body.to_bytes());
        let response = self.0.send(request).await.map_err(|error| {
            opendal::Error::new(opendal::ErrorKind::Unexpected, "no answer from the object store").set_source(error)
        })?;
        let (parts, body) = response.into_parts();
        let length = u64::try_from(body.len()).ok();
        Ok(http::Response::from_parts(parts, HttpBody::new(stream::iter([Ok(Buffer::from(body))]), length)))
    }
}
