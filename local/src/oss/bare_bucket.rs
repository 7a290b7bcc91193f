//! A second reading of version 1 signatures, for listings with the bucket in the path.
//!
//! The documented resource of a bucket is `/bucket/`, and the verifier takes it so whether or not the path has that last
//! slash. OpenDAL lists with `GET /bucket?list-type=2` and signs the path as it stands: `/bucket`. The real service never
//! sees this, since it insists on bucket names in the host; a loopback address has no room for them there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha1::Sha1;

/// Whether `signature` fits `string_to_sign` once its resource, `/bucket/`, loses the slash.
pub(super) fn fits(string_to_sign: &str, bucket: &str, signature: &str, secret: &SecretString) -> bool {
    // The resource is the last line: everything before ends with a line break.
    let (head, resource) = string_to_sign.rsplit_once('\n').unwrap_or(("", string_to_sign));
    let Some(query) = resource.strip_prefix('/').and_then(|rest| rest.strip_prefix(bucket)?.strip_prefix('/')) else {
        return false;
    };
    let (Ok(mut mac), Ok(signature)) =
        (Hmac::<Sha1>::new_from_slice(secret.expose_secret().as_bytes()), STANDARD.decode(signature))
    else {
        return false;
    };
    mac.update(format!("{head}\n/{bucket}{query}").as_bytes());
    mac.verify_slice(&signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign(text: &str) -> String {
        let mut mac = Hmac::<Sha1>::new_from_slice(b"secret").unwrap();
        mac.update(text.as_bytes());
        STANDARD.encode(mac.finalize().into_bytes())
    }

    #[test]
    fn only_the_slash_behind_the_bucket_may_be_missing() {
        let secret = SecretString::from("secret");
        let read = |text: &str, signature: &str| fits(text, "b", signature, &secret);
        assert!(read("GET\n\n\nDATE\n/b/?continuation-token=x", &sign("GET\n\n\nDATE\n/b?continuation-token=x")));
        assert!(!read("GET\n\n\nDATE\n/b/", &sign("GET\n\n\nDATE\n/c")));
        assert!(!read("GET\n\n\nDATE\n/b/", &sign("GET\n\n\nOTHER\n/b")));
        assert!(!read("GET\n\n\nDATE\n/bb/", &sign("GET\n\n\nDATE\n/bb")));
        assert!(!read("GET\n\n\nDATE\n/b/", "not base64"));
    }
}
