//! The three ways in which the schemes write an instant.

use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

const EXTENDED: &str = "%Y-%m-%dT%H:%M:%SZ";
const BASIC: &str = "%Y%m%dT%H%M%SZ";

/// `2026-01-02T03:04:05Z`: the OpenAPI gateways.
pub(crate) fn extended(at: Timestamp) -> String {
    at.strftime(EXTENDED).to_string()
}

pub(crate) fn parse_extended(text: &str) -> Option<Timestamp> {
    (text.len() == 20).then(|| parse(EXTENDED, text))?
}

/// `20260102T030405Z`: the scoped schemes. The first eight characters are the date of the scope.
pub(crate) fn basic(at: Timestamp) -> String {
    at.strftime(BASIC).to_string()
}

pub(crate) fn parse_basic(text: &str) -> Option<Timestamp> {
    (text.len() == 16).then(|| parse(BASIC, text))?
}

/// `Fri, 02 Jan 2026 03:04:05 GMT`: the `Date` header of MNS, ROA and OSS.
pub(crate) fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

pub(crate) fn parse_http_date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

fn parse(format: &str, text: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime(format, text).ok()?;
    civil.to_zoned(TimeZone::UTC).ok().map(|zoned: Zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant() -> Timestamp {
        "2026-01-02T03:04:05Z".parse().unwrap()
    }

    #[test]
    fn every_format_reads_back_what_it_writes() {
        assert_eq!(extended(instant()), "2026-01-02T03:04:05Z");
        assert_eq!(parse_extended("2026-01-02T03:04:05Z"), Some(instant()));
        assert_eq!(basic(instant()), "20260102T030405Z");
        assert_eq!(parse_basic("20260102T030405Z"), Some(instant()));
        assert_eq!(http_date(instant()), "Fri, 02 Jan 2026 03:04:05 GMT");
        assert_eq!(parse_http_date("Fri, 02 Jan 2026 03:04:05 GMT"), Some(instant()));
    }

    #[test]
    fn other_formats_are_refused() {
        for text in ["", "2026-01-02 03:04:05", "2026-01-02T03:04:05+08:00", "2026-13-02T03:04:05Z", "20260102T030405Z"]
        {
            assert_eq!(parse_extended(text), None, "{text}");
        }
        assert_eq!(parse_basic("2026-01-02T03:04:05Z"), None);
        assert_eq!(parse_http_date("yesterday"), None);
    }
}
