//! The temporary credentials of the function's role.

use http::HeaderMap;
use secrecy::SecretString;

use crate::Environment;

/// Temporary credentials of the role that the function runs as. `Debug` hides the secrets.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The access key's id, `STS.…`.
    pub access_key_id: String,
    /// The access key's secret.
    pub access_key_secret: SecretString,
    /// The security token that goes with them; long-lived keys, as in local runs, have none.
    pub security_token: Option<SecretString>,
}

impl Credentials {
    /// The three variables that FC sets, `ALIBABA_CLOUD_ACCESS_KEY_ID` and its companions. `None` without id or secret.
    #[must_use]
    pub fn from_environment(environment: &Environment) -> Option<Self> {
        Self::from_lookup(
            environment.get("ALIBABA_CLOUD_ACCESS_KEY_ID"),
            environment.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
            environment.get("ALIBABA_CLOUD_SECURITY_TOKEN"),
        )
    }

    /// The headers `x-fc-access-key-id`, `-secret` and `x-fc-security-token` of a request. `None` without id or secret.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let get = |name| headers.get(name).and_then(|value| value.to_str().ok()).filter(|value| !value.is_empty());
        Self::from_lookup(get("x-fc-access-key-id"), get("x-fc-access-key-secret"), get("x-fc-security-token"))
    }

    fn from_lookup(id: Option<&str>, secret: Option<&str>, token: Option<&str>) -> Option<Self> {
        Some(Self {
            access_key_id: id?.to_owned(),
            access_key_secret: SecretString::from(secret?),
            security_token: token.map(SecretString::from),
        })
    }
}
