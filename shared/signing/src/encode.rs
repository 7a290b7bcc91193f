//! Percent-encoding as the clouds want it, and the canonical forms of paths and queries.
//!
//! One set for everything: the unreserved characters of RFC 3986 (`A-Z a-z 0-9 - _ . ~`) stay, every other byte becomes
//! `%XX` in upper case. Decoding works on bytes, so that two requests which differ never become equal on the way.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What a `+` in a query means. The wire does not say: each product has its habit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plus {
    /// A space, as in HTML forms: the OpenAPI gateways.
    Space,
    /// A plus sign: OSS.
    Literal,
}

/// Encodes everything but the unreserved characters of RFC 3986: a space is `%20`, `*` is `%2A`, `/` is `%2F`.
///
/// ```
/// assert_eq!(cloud_signing::encode::component("a b*c~/中"), "a%20b%2Ac~%2F%E4%B8%AD");
/// ```
pub fn component(text: impl AsRef<[u8]>) -> String {
    percent_encode(text.as_ref(), RESERVED).to_string()
}

/// Writes parameters as a query or form body, in the order given, so that every verifier reads them back unchanged.
///
/// ```
/// assert_eq!(cloud_signing::encode::query([("Name", "a b"), ("Empty", "")]), "Name=a%20b&Empty=");
/// ```
pub fn query<K: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (K, V)>) -> String {
    let pair = |(name, value): (K, V)| format!("{}={}", component(name.as_ref()), component(value.as_ref()));
    pairs.into_iter().map(pair).collect::<Vec<_>>().join("&")
}

/// Reads a query or form body as the OpenAPI gateways do: `+` is a space, bytes that are no UTF-8 are replaced.
///
/// ```
/// let pairs = cloud_signing::encode::form_pairs("Name=a+b%2A&Flag");
/// assert_eq!(pairs, [("Name".to_owned(), "a b*".to_owned()), ("Flag".to_owned(), String::new())]);
/// ```
pub fn form_pairs(text: &str) -> Vec<(String, String)> {
    let owned = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    pairs(text, Plus::Space).into_iter().map(|(name, value)| (owned(name), owned(value.unwrap_or_default()))).collect()
}

/// The decoded pairs of a query. The value is `None` when there is no `=`.
pub(crate) fn pairs(query: &str, plus: Plus) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let pair = |text: &str| match text.split_once('=') {
        Some((name, value)) => (decode(name, plus), Some(decode(value, plus))),
        None => (decode(text, plus), None),
    };
    query.split('&').filter(|text| !text.is_empty()).map(pair).collect()
}

/// The query sorted by name, encoded strictly, `name=` where there is no value.
pub(crate) fn canonical_query(query: &str) -> String {
    let mut pairs = pairs(query, Plus::Space);
    pairs.sort();
    let pair = |(name, value): (Vec<u8>, Option<Vec<u8>>)| {
        format!("{}={}", component(name), component(value.unwrap_or_default()))
    };
    pairs.into_iter().map(pair).collect::<Vec<_>>().join("&")
}

/// The path with every segment decoded and encoded again, so that it does not matter which of the allowed characters a
/// client chose to escape.
pub(crate) fn canonical_path(path: &str) -> String {
    path.split('/').map(|segment| component(decode(segment, Plus::Literal))).collect::<Vec<_>>().join("/")
}

pub(crate) fn decode(text: &str, plus: Plus) -> Vec<u8> {
    let text = match plus {
        Plus::Space if text.contains('+') => Cow::Owned(text.replace('+', " ")),
        Plus::Space | Plus::Literal => Cow::Borrowed(text),
    };
    percent_decode(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_canonical_whatever_the_client_escaped() {
        assert_eq!(canonical_query("b=x+y%7e&a&c=%2a"), "a=&b=x%20y~&c=%2A");
        assert_eq!(canonical_query("b=x%20y~&a=&c=*"), "a=&b=x%20y~&c=%2A");
    }

    #[test]
    fn an_escaped_slash_in_a_path_segment_stays_escaped() {
        assert_eq!(canonical_path("/a%2Fb/c d:e/"), "/a%2Fb/c%20d%3Ae/");
    }

    #[test]
    fn bytes_that_are_no_text_stay_apart() {
        assert_ne!(canonical_query("a=%FF"), canonical_query("a=%FE"));
    }
}
