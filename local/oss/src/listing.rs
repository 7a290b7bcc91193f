//! Listing objects: both versions, with prefix, delimiter and pages.

use std::ops::Bound;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use local_core::xml::Element;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::error::OssError;
use super::rows::ObjectRow;
use super::state::{State, object_key};
use super::target::Query;

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What a listing asks for.
pub(super) struct ListRequest {
    prefix: String,
    delimiter: String,
    /// Nothing up to here, and no common prefix either.
    after: String,
    most: usize,
}

/// A page of a listing.
pub(super) struct Page<'a> {
    objects: Vec<(&'a str, &'a ObjectRow)>,
    prefixes: Vec<String>,
    /// The last entry, when more follow.
    next: Option<String>,
}

impl ListRequest {
    /// Reads the parameters both versions share.
    pub(super) fn read(query: &Query, after: String) -> Result<Self, OssError> {
        let most = match query.or_empty("max-keys") {
            "" => 100,
            text => match text.parse() {
                Ok(number @ 1..=1000) => number,
                _ => return Err(OssError::InvalidArgument("max-keys should be a number from 1 to 1000.".into())),
            },
        };
        Ok(Self {
            prefix: query.or_empty("prefix").to_owned(),
            delimiter: query.or_empty("delimiter").to_owned(),
            after,
            most,
        })
    }
}

/// Where a page of version 2 begins: behind the token's entry, else behind `start-after`.
pub(super) fn start(query: &Query) -> Result<String, OssError> {
    let Some(token) = query.get("continuation-token").filter(|token| !token.is_empty()) else {
        return Ok(query.or_empty("start-after").to_owned());
    };
    let invalid = || OssError::InvalidArgument("The continuation token is not one of ours.".into());
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid())?;
    String::from_utf8(bytes).map_err(|_| invalid())
}

fn token(last: &str) -> String {
    URL_SAFE_NO_PAD.encode(last)
}

impl State {
    /// The page of a bucket's objects that was request for.
    pub(super) fn list(&self, bucket: &str, wanted: &ListRequest) -> Page<'_> {
        let inside = object_key(bucket, &wanted.prefix);
        let bucket_length = bucket.len() + 1;
        let after = object_key(bucket, &wanted.after);
        let from = if after < inside { Bound::Included(inside.clone()) } else { Bound::Excluded(after) };
        let rows = self.objects.range((from, Bound::Unbounded)).take_while(|(key, _)| key.starts_with(&inside));
        let mut page = Page { objects: Vec::new(), prefixes: Vec::new(), next: None };
        let mut last = String::new();
        for (place, row) in rows {
            let key = place.get(bucket_length..).unwrap_or_default();
            let group = wanted.group_of(key);
            if let Some(group) = &group
                && (*group == last || *group == wanted.after)
            {
                continue;
            }
            if page.objects.len() + page.prefixes.len() == wanted.most {
                page.next = Some(last);
                break;
            }
            match group {
                Some(group) => {
                    last.clone_from(&group);
                    page.prefixes.push(group);
                }
                None => {
                    key.clone_into(&mut last);
                    page.objects.push((key, row));
                }
            }
        }
        page
    }
}

impl ListRequest {
    /// The common prefix that `key` falls under: up to the first delimiter behind the prefix.
    fn group_of(&self, key: &str) -> Option<String> {
        if self.delimiter.is_empty() {
            return None;
        }
        let rest = key.get(self.prefix.len()..)?;
        let end = rest.find(&self.delimiter)? + self.delimiter.len();
        Some(format!("{}{}", self.prefix, &rest[..end]))
    }
}

/// Writes names as the client request for them.
#[derive(Clone, Copy)]
pub(super) struct Names {
    url: bool,
}

impl Names {
    pub(super) fn read(query: &Query) -> Result<Self, OssError> {
        match query.or_empty("encoding-type") {
            "" => Ok(Self { url: false }),
            "url" => Ok(Self { url: true }),
            _ => Err(OssError::InvalidArgument("The only encoding-type is url.".into())),
        }
    }

    pub(super) fn write(self, name: &str) -> String {
        if self.url { utf8_percent_encode(name, UNRESERVED).to_string() } else { name.to_owned() }
    }

    pub(super) fn encoding_type(self) -> Option<&'static str> {
        self.url.then_some("url")
    }
}

/// Which of the two documents to write.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Two,
}

/// The `ListBucketResult` of a page.
pub(super) fn document(
    bucket: &str,
    owner: &str,
    page: &Page<'_>,
    wanted: &ListRequest,
    query: &Query,
    version: Version,
) -> Result<Element, OssError> {
    let names = Names::read(query)?;
    let with_owner = version == Version::One || query.get("fetch-owner") == Some("true");
    let contents = page.objects.iter().map(|(key, row)| {
        let element = Element::new("Contents")
            .field("Key", names.write(key))
            .field("LastModified", iso8601(row.modified_at))
            .field("ETag", format!("\"{}\"", row.etag))
            .field("Type", <&str>::from(row.kind))
            .field("Size", row.body.len())
            .field("StorageClass", "Standard");
        if with_owner { element.with(owner_element(owner)) } else { element }
    });
    let prefixes =
        page.prefixes.iter().map(|prefix| Element::new("CommonPrefixes").field("Prefix", names.write(prefix)));
    let result = Element::new("ListBucketResult")
        .field("Name", bucket)
        .field("Prefix", names.write(&wanted.prefix))
        .field("MaxKeys", wanted.most)
        .field("Delimiter", names.write(&wanted.delimiter))
        .optional("EncodingType", names.encoding_type())
        .field("IsTruncated", page.next.is_some());
    let result = match version {
        Version::One => result
            .field("Marker", names.write(query.or_empty("marker")))
            .optional("NextMarker", page.next.as_deref().map(|last| names.write(last))),
        Version::Two => result
            .field("StartAfter", names.write(query.or_empty("start-after")))
            .optional("ContinuationToken", query.get("continuation-token"))
            .optional("NextContinuationToken", page.next.as_deref().map(token))
            .field("KeyCount", page.objects.len() + page.prefixes.len()),
    };
    Ok(result.with_all(contents).with_all(prefixes))
}

pub(super) fn owner_element(account_id: &str) -> Element {
    Element::new("Owner").field("ID", account_id).field("DisplayName", account_id)
}

/// Times in documents, in UTC. OSS tells them to the second, with milliseconds that are always zero: the Python SDK reads no
/// others.
pub(super) fn iso8601(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}
