//! What the claims of all header schemes have in common.

/// Documents and writes the accessors that every `Claim` has.
macro_rules! claim_accessors {
    ($claim:ty) => {
        impl $claim {
            /// The access key that the sender says it used: look its secret up, then verify.
            #[must_use]
            pub fn access_key_id(&self) -> &str {
                &self.access_key_id
            }

            /// The token that came along, if any. Verifying does not judge it: compare it with the token issued for this
            /// access key by [`constant_time_eq`](crate::constant_time_eq).
            #[must_use]
            pub fn security_token(&self) -> Option<&str> {
                self.security_token.as_ref().map(|token| secrecy::ExposeSecret::expose_secret(token))
            }

            /// When the sender says it signed. Verifying does not judge it: the clouds allow 15 minutes either way.
            #[must_use]
            pub fn timestamp(&self) -> jiff::Timestamp {
                self.timestamp
            }
        }
    };
}

pub(crate) use claim_accessors;

use crate::{Mismatch, MismatchCause};

/// The answer to a signature that was recomputed from `string_to_sign`.
pub(crate) fn compare(
    claimed: &str,
    computed: &str,
    string_to_sign: &[u8],
    canonical_request: Option<&[u8]>,
) -> Result<(), Mismatch> {
    if crate::constant_time_eq(claimed.as_bytes(), computed.as_bytes()) {
        return Ok(());
    }
    Err(mismatch(MismatchCause::Signature, string_to_sign, canonical_request))
}

/// A mismatch with the texts that explain it.
pub(crate) fn mismatch(cause: MismatchCause, string_to_sign: &[u8], canonical_request: Option<&[u8]>) -> Mismatch {
    Mismatch {
        cause,
        string_to_sign: String::from_utf8_lossy(string_to_sign).into_owned(),
        canonical_request: canonical_request.map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
    }
}
