//! Reading and writing headers the way signatures need them.

use http::header::{AUTHORIZATION, HOST};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};

use crate::{Malformed, SignError};

/// Sets a header, replacing whatever stood there.
pub(crate) fn put(headers: &mut HeaderMap, name: &'static str, value: &str) -> Result<(), SignError> {
    let value = HeaderValue::from_str(value).map_err(|_| SignError::InvalidHeaderValue(name))?;
    headers.insert(name, value);
    Ok(())
}

/// Sets a header whose value `Debug` must not show.
pub(crate) fn put_secret(headers: &mut HeaderMap, name: &'static str, value: &str) -> Result<(), SignError> {
    let mut value = HeaderValue::from_str(value).map_err(|_| SignError::InvalidHeaderValue(name))?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

/// Sets the token header, or takes away the one an earlier signature left.
pub(crate) fn put_token(headers: &mut HeaderMap, name: &'static str, token: Option<&str>) -> Result<(), SignError> {
    match token {
        Some(token) => put_secret(headers, name, token),
        None => {
            headers.remove(name);
            Ok(())
        }
    }
}

/// Makes sure there is a `Host` header, from the URI when the caller set none. A port that the URI's scheme implies is
/// left out, as every HTTP client does.
pub(crate) fn ensure_host(parts: &mut Parts) -> Result<(), SignError> {
    if parts.headers.contains_key(HOST) {
        return Ok(());
    }
    let authority = parts.uri.authority().ok_or(SignError::NoHost)?;
    let host = match (parts.uri.scheme_str(), authority.port_u16()) {
        (Some("http"), Some(80)) | (Some("https"), Some(443)) | (_, None) => authority.host().to_owned(),
        (_, Some(port)) => format!("{}:{port}", authority.host()),
    };
    put(&mut parts.headers, "host", &host)
}

/// The text of a header that may be missing.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, Malformed> {
    headers.get(name).map(|value| value.to_str().map_err(|_| Malformed::InvalidHeader(name))).transpose()
}

/// The text of a header that must be there.
pub(crate) fn required<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Malformed> {
    text(headers, name)?.ok_or(Malformed::MissingHeader(name))
}

/// What follows the scheme's name in `Authorization`.
pub(crate) fn authorization<'a>(
    headers: &'a HeaderMap,
    scheme: &str,
    expected: &'static str,
) -> Result<&'a str, Malformed> {
    let value = headers.get(AUTHORIZATION).ok_or(Malformed::MissingAuthorization)?;
    let invalid = Malformed::InvalidAuthorization { expected };
    let Ok(value) = value.to_str() else { return Err(invalid) };
    match value.split_once(' ') {
        Some((name, rest)) if name == scheme => Ok(rest.trim()),
        _ => Err(invalid),
    }
}

/// The value of `name` in `A=1,B=2` or `A=1, B=2`.
pub(crate) fn field<'a>(fields: &'a str, name: &str) -> Option<&'a str> {
    fields.split(',').find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='))
}

/// The bytes that a scheme signs for a header: all its values, trimmed and joined by commas.
pub(crate) fn signed_value(headers: &HeaderMap, name: &str) -> Vec<u8> {
    let mut joined = Vec::new();
    for (index, value) in headers.get_all(name).iter().enumerate() {
        if index > 0 {
            joined.push(b',');
        }
        joined.extend_from_slice(value.as_bytes().trim_ascii());
    }
    joined
}

/// `name:value\n` for each of `names`, in their order.
pub(crate) fn signed_lines<'a>(headers: &HeaderMap, names: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut lines = Vec::new();
    for name in names {
        lines.extend_from_slice(name.as_bytes());
        lines.push(b':');
        lines.extend_from_slice(&signed_value(headers, name));
        lines.push(b'\n');
    }
    lines
}

/// The names of the headers that begin with `prefix`, sorted.
pub(crate) fn names_with_prefix<'a>(headers: &'a HeaderMap, prefix: &str) -> Vec<&'a str> {
    let mut names: Vec<_> = headers.keys().map(|name| name.as_str()).filter(|name| name.starts_with(prefix)).collect();
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(uri: &str) -> Parts {
        http::Request::builder().uri(uri).body(()).unwrap().into_parts().0
    }

    #[test]
    fn the_host_header_leaves_out_the_port_that_the_scheme_implies() {
        for (uri, host) in [
            ("https://a.example:443/", "a.example"),
            ("http://a.example:80/", "a.example"),
            ("http://127.0.0.1:8080/", "127.0.0.1:8080"),
        ] {
            let mut parts = parts(uri);
            ensure_host(&mut parts).unwrap();
            assert_eq!(parts.headers["host"], host);
        }
    }

    #[test]
    fn a_request_without_any_host_is_refused() {
        assert_eq!(ensure_host(&mut parts("/only/a/path")), Err(SignError::NoHost));
    }

    #[test]
    fn fields_are_found_with_and_without_spaces() {
        assert_eq!(field("Credential=a/b, Signature=c=", "Signature"), Some("c="));
        assert_eq!(field("Credential=a/b,Signature=c=", "Credential"), Some("a/b"));
        assert_eq!(field("Credential=a/b", "Signature"), None);
    }
}
