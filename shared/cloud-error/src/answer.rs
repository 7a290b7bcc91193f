//! What every cloud's client does with an answer before it reads it.

use bytes::Bytes;
use cloud_signing::Credentials;
use http::Response;
use secrecy::ExposeSecret as _;
use transport::TransportError;

use crate::error::Error;
use crate::table::CloudCall;

/// No answer of these products comes near this size; a bigger one is not read.
pub const ANSWER_LIMIT: usize = 8 * 1024 * 1024;

/// The answer to `call`, if one came and is of a size that can be one.
///
/// # Errors
/// When none came, or when it is too big.
pub fn received<C: CloudCall>(
    call: C,
    region: Option<&C::Region>,
    answer: Result<Response<Bytes>, TransportError>,
) -> Result<Response<Bytes>, Error<C>> {
    let response = answer.map_err(|error| Error::transport(call, region, error))?;
    let status = response.status();
    if response.body().len() > ANSWER_LIMIT {
        return Err(Error::malformed(call, region, status, None, "it is too big to be an answer of this call"));
    }
    Ok(response)
}

/// A text of the cloud without the secrets of `credentials`: it may quote the request, such as a string to sign.
pub(crate) fn without_secrets(text: String, credentials: &Credentials) -> String {
    let secrets = [Some(&credentials.access_key_secret), credentials.security_token.as_ref()];
    let secrets = secrets.into_iter().flatten().map(|secret| secret.expose_secret()).filter(|text| !text.is_empty());
    secrets.fold(text, |text, secret| {
        text.replace(secret, "[hidden]").replace(&cloud_signing::encode::component(secret), "[hidden]")
    })
}
