//! Conditions and ranges of a read.

use std::ops::Range;

use http::{HeaderMap, header};
use jiff::Timestamp;
use local_core::refuse_if;

use super::error::OssError;
use super::rows::ObjectRow;

/// Checks the conditions that a read, or with `prefix` the source of a copy, makes on an object.
pub(super) fn check_conditions(headers: &HeaderMap, prefix: &str, object: &ObjectRow) -> Result<(), OssError> {
    let text = |name: &str| headers.get(format!("{prefix}{name}")).and_then(|value| value.to_str().ok());
    let names_it = |tags: &str| {
        tags.split(',').map(|tag| tag.trim().trim_matches('"')).any(|tag| tag == "*" || tag == object.etag)
    };
    // OSS tells time to the second.
    let modified = object.modified_at.as_second();
    let since = |name: &str| text(name).and_then(http_date).map(Timestamp::as_second);
    refuse_if!(text("if-match").is_some_and(|tags| !names_it(tags)), OssError::PreconditionFailed("If-Match"));
    if since("if-unmodified-since").is_some_and(|date| modified > date) {
        return Err(OssError::PreconditionFailed("If-Unmodified-Since"));
    }
    let unchanged =
        text("if-none-match").is_some_and(names_it) || since("if-modified-since").is_some_and(|date| modified <= date);
    match unchanged {
        true => Err(OssError::NotModified),
        false => Ok(()),
    }
}

fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

/// The bytes that a `Range` header asks of `length`. `None` is all of them: there is no such header, or it makes no sense and
/// the client did not ask for the standard behaviour, which is to be refused.
pub(super) fn range(headers: &HeaderMap, length: usize) -> Result<Option<Range<usize>>, OssError> {
    let Some(text) = headers.get(header::RANGE).and_then(|value| value.to_str().ok()) else { return Ok(None) };
    let standard = headers.get("x-oss-range-behavior").is_some_and(|value| value == "standard");
    let range = parse(text, length);
    match range {
        None if standard && text.starts_with("bytes=") => Err(OssError::InvalidRange),
        range => Ok(range),
    }
}

fn parse(text: &str, length: usize) -> Option<Range<usize>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let range = match (first, last) {
        ("", suffix) => length.saturating_sub(suffix.parse().ok()?)..length,
        (first, "") => first.parse().ok()?..length,
        (first, last) => first.parse().ok()?..last.parse::<usize>().ok()?.saturating_add(1).min(length),
    };
    (range.start < range.end).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str, standard: bool) -> Result<Option<Range<usize>>, OssError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, text.parse().unwrap());
        if standard {
            headers.insert("x-oss-range-behavior", "standard".parse().unwrap());
        }
        range(&headers, 10)
    }

    #[test]
    fn a_range_counts_from_either_end_and_stops_at_the_last_byte() {
        for (text, expected) in [
            ("bytes=0-3", Some(0..4)),
            ("bytes=4-", Some(4..10)),
            ("bytes=-3", Some(7..10)),
            ("bytes=8-99", Some(8..10)),
            ("bytes=-99", Some(0..10)),
            ("bytes=10-", None),
            ("bytes=5-4", None),
            ("lines=1-2", None),
        ] {
            assert_eq!(request(text, false).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn a_range_beyond_the_end_is_refused_only_when_standard_behaviour_is_asked_for() {
        assert_eq!(request("bytes=10-", true).unwrap_err().code(), "InvalidRange");
        assert_eq!(request("bytes=10-", false).unwrap(), None);
    }
}
