//! The few primitives every scheme is made of.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Whether two byte strings are equal, in a time that depends on their lengths only.
///
/// For everything an attacker may guess at: signatures, tokens, bearer secrets.
#[must_use]
pub fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

pub(crate) fn hmac_sha1(key: &[u8], text: &[u8]) -> [u8; 20] {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text);
    mac.finalize().into_bytes().into()
}

pub(crate) fn hmac_sha256(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text);
    mac.finalize().into_bytes().into()
}

/// The key of a scoped scheme: the secret behind a prefix, then one HMAC for each part of the scope.
pub(crate) fn scoped_key(prefix: &str, secret: &[u8], scope: &[&str]) -> [u8; 32] {
    let mut seed = prefix.as_bytes().to_vec();
    seed.extend_from_slice(secret);
    let mut parts = scope.iter();
    let first = parts.next().map_or(&[][..], |part| part.as_bytes());
    parts.fold(hmac_sha256(&seed, first), |key, part| hmac_sha256(&key, part.as_bytes()))
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

pub(crate) fn md5(bytes: &[u8]) -> [u8; 16] {
    Md5::digest(bytes).into()
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(crate) fn base64_decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Whether a `Content-MD5` header fits the body, in either form seen on the wire: base64 of the sixteen bytes (the RFC,
/// OSS, ROA), or base64 of their lower-case hexadecimal text (the Python, Go and Node clients of MNS).
pub(crate) fn content_md5_fits(header: &[u8], body: &[u8]) -> bool {
    let digest = md5(body);
    let raw = base64(&digest);
    let text = base64(hex::encode(digest).as_bytes());
    constant_time_eq(header, raw.as_bytes()) | constant_time_eq(header, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_content_md5_fit_and_a_third_does_not() {
        assert!(content_md5_fits(b"XUFAKrxLKna5cZ2REBfFkg==", b"hello"));
        assert!(content_md5_fits(b"NWQ0MTQwMmFiYzRiMmE3NmI5NzE5ZDkxMTAxN2M1OTI=", b"hello"));
        assert!(!content_md5_fits(b"5d41402abc4b2a76b9719d911017c592", b"hello"));
    }

    #[test]
    fn strings_of_other_length_are_unequal() {
        assert!(constant_time_eq(b"abc", b"abc"));
        assert!(!constant_time_eq(b"abc", b"abcd"));
        assert!(!constant_time_eq(b"abc", b"abd"));
    }
}
