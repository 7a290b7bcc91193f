//! Object storage, as far as a deployment asks about buckets. Objects go through the courier function: many accounts may not reach
//! them from outside the cloud.
//!
//! Source: docs/reference/deploy-apis.md, section 4.

use alicloud::wire::{Moment, from_xml};
use alicloud::{Kind, Region};
use bytes::Bytes;
use cloud_signing::oss::Addressing;
use http::request::Parts;
use http::{Method, Request, Response, header};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use transport::CallLimit;

use crate::call::Call;
use crate::client::Client;
use crate::endpoint::{self, hosts};
use crate::error::Error;
use crate::sls::host_label;

/// How long an upload may take.
const LONG: CallLimit = CallLimit(std::time::Duration::from_secs(660));

/// The buckets of one region, called with the credentials of a [`Client`].
#[derive(Debug, Clone)]
pub struct Oss {
    client: Client,
    region: Region,
}

/// Whether a bucket keeps what is overwritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Versioning {
    /// It never did.
    Never,
    /// It does.
    Enabled,
    /// It did once.
    Suspended,
    /// A word this version does not know.
    Unknown(String),
}

impl From<Option<&str>> for Versioning {
    fn from(word: Option<&str>) -> Self {
        match word.map(str::trim) {
            None | Some("") => Self::Never,
            Some("Enabled") => Self::Enabled,
            Some("Suspended") => Self::Suspended,
            Some(word) => Self::Unknown(word.to_owned()),
        }
    }
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// The account that it belongs to, where that is shown.
    pub owner: Option<String>,
    /// Its region.
    pub region: Option<String>,
    /// Whether it keeps what is overwritten.
    pub versioning: Versioning,
    /// When it was made.
    pub created: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireBucket {
    name: String,
    location: Option<String>,
    creation_date: Option<String>,
    owner: Option<WireOwner>,
    versioning: Option<String>,
}

#[derive(Deserialize)]
struct WireOwner {
    #[serde(rename = "ID")]
    id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BucketInfo {
    bucket: WireBucket,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VersioningAnswer {
    status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listing {
    buckets: Option<Buckets>,
    is_truncated: Option<bool>,
    next_marker: Option<String>,
}

#[derive(Default, Deserialize)]
struct Buckets {
    #[serde(default, rename = "Bucket")]
    rows: Vec<WireBucket>,
}

impl From<WireBucket> for Bucket {
    fn from(wire: WireBucket) -> Self {
        Self {
            name: wire.name,
            owner: wire.owner.and_then(|owner| owner.id),
            region: wire.location.map(|location| location.trim_start_matches("oss-").to_owned()),
            versioning: wire.versioning.as_deref().into(),
            created: wire.creation_date.and_then(|date| date.parse().ok()),
        }
    }
}

impl Client {
    /// The buckets of `region`.
    #[must_use]
    pub fn oss(&self, region: &Region) -> Oss {
        Oss { client: self.clone(), region: region.clone() }
    }
}

impl Oss {
    async fn send(
        &self,
        call: Call,
        bucket: Option<&str>,
        request: impl FnOnce(&str) -> Result<Request<Bytes>, http::Error>,
    ) -> Result<Response<Bytes>, Error> {
        let refused = |reason: &dyn std::fmt::Display| Error::request(call, Some(&self.region), reason);
        let host = hosts::oss(&self.region);
        let (host, addressing) = match bucket {
            Some(bucket) => {
                let bucket = host_label(bucket, "a bucket").map_err(|error| refused(&error))?;
                (format!("{bucket}.{host}"), Addressing::VirtualHost(bucket))
            }
            None => (host, Addressing::Path),
        };
        let request = request(&host).map_err(|error| refused(&error))?;
        let sign = |parts: &mut Parts, body: &[u8], moment: Moment<'_>| {
            let region = self.region.as_str();
            cloud_signing::oss_v4::sign(parts, body, addressing, region, moment.credentials, moment.now)
        };
        self.client.send(call, Some(&self.region), request, sign, from_xml).await
    }

    async fn get<A: DeserializeOwned>(&self, call: Call, bucket: Option<&str>, target: &str) -> Result<A, Error> {
        let request = |host: &str| endpoint::request(self.client.gateway(), host, target).body(Bytes::new());
        let response = self.send(call, bucket, request).await?;
        let malformed = |reason: &dyn std::fmt::Display| {
            Error::malformed(call, Some(&self.region), response.status(), None, reason)
        };
        let text = std::str::from_utf8(response.body()).map_err(|error| malformed(&error))?;
        quick_xml::de::from_str(text).map_err(|error| malformed(&error))
    }

    /// All buckets of the account, whatever their region.
    ///
    /// # Errors
    /// `Commercial` where the account has not opened object storage.
    pub async fn list_buckets(&self) -> Result<Vec<Bucket>, Error> {
        let call = Call::ListBuckets;
        let mut all: Vec<Bucket> = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let pairs = [("marker", marker.as_deref()), ("max-keys", Some("1000"))];
            let pairs = pairs.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)));
            let target = format!("/?{}", cloud_signing::encode::query(pairs));
            let listing: Listing = self.get(call, None, &target).await?;
            all.extend(listing.buckets.unwrap_or_default().rows.into_iter().map(Bucket::from));
            match (listing.is_truncated, listing.next_marker) {
                // A marker that does not move would lead nowhere.
                (Some(true), Some(next)) if marker.as_ref() < Some(&next) => marker = Some(next),
                _ => return Ok(all),
            }
        }
    }

    /// A bucket, if there is one of that name. Names are the same for all accounts: look at its owner.
    ///
    /// # Errors
    /// `Denied` where it is somebody else's.
    pub async fn bucket(&self, name: &str) -> Result<Option<Bucket>, Error> {
        match self.get::<BucketInfo>(Call::GetBucketInfo, Some(name), "/?bucketInfo").await {
            Ok(info) => Ok(Some(info.bucket.into())),
            Err(error) if error.kind() == Kind::Gone => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether a bucket keeps what is overwritten.
    ///
    /// # Errors
    /// `Gone` where there is no such bucket.
    pub async fn bucket_versioning(&self, name: &str) -> Result<Versioning, Error> {
        let answer: VersioningAnswer = self.get(Call::GetBucketVersioning, Some(name), "/?versioning").await?;
        Ok(answer.status.as_deref().into())
    }

    /// Whether there is an object of that name, by the public host.
    ///
    /// # Errors
    /// `RuledOut` where this account may not from outside the cloud; `Gone` where there is no such bucket.
    pub async fn has_object(&self, bucket: &str, key: &str) -> Result<bool, Error> {
        let path: Vec<_> = key.split('/').map(cloud_signing::encode::component).collect();
        let target = format!("/{}", path.join("/"));
        let request = |host: &str| endpoint::request(self.client.gateway(), host, &target).body(Bytes::new());
        match self.send(Call::GetObject, Some(bucket), request).await {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some("NoSuchKey") => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Puts an object by the public host, unless there is one of that name.
    ///
    /// # Errors
    /// `RuledOut` where this account may not from outside the cloud: never tried again there. `AlreadyThere` where there is one.
    pub async fn put_object(&self, bucket: &str, key: &str, body: Bytes) -> Result<(), Error> {
        let path: Vec<_> = key.split('/').map(cloud_signing::encode::component).collect();
        let request = |host: &str| {
            endpoint::request(self.client.gateway(), host, &format!("/{}", path.join("/")))
                .method(Method::PUT)
                .header(header::CONTENT_TYPE, "application/octet-stream")
                .header("x-oss-forbid-overwrite", "true")
                .extension(LONG)
                .body(body)
        };
        self.send(Call::PutObject, Some(bucket), request).await.map(drop)
    }
}

#[cfg(test)]
mod tests;
