//! An instance outlives the credentials that it was started with: then it ends, and the platform starts another.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use cloud_signing::Credentials;
use fc_runtime::Retirement;
use http::{Request, Response};
use secrecy::{ExposeSecret as _, SecretString};
use transport::{Transport, TransportError};

/// The headers in which the products take a security token.
const TOKENS: [&str; 3] = ["x-acs-security-token", "x-oss-security-token", "security-token"];
/// The codes by which they tell that it ran out (docs/reference/mns-signing-sts.md, section 3; OSS's error pages).
const EXPIRED: [&[u8]; 2] = [b"InvalidSecurityToken.Expired", b"SecurityTokenExpired"];

/// A transport that ends the instance when a request with the function's own credentials is refused because they ran out.
pub(crate) struct Watched {
    inner: Arc<dyn Transport>,
    own: Mutex<Option<(SecretString, Retirement)>>,
}

impl Watched {
    pub(crate) fn new(inner: Arc<dyn Transport>) -> Self {
        Self { inner, own: Mutex::default() }
    }

    /// The credentials of the call that begins, and how its instance ends. Without a token they do not run out.
    pub(crate) fn signs_with(&self, credentials: &Credentials, retirement: &Retirement) {
        let own = credentials.security_token.clone().map(|token| (token, retirement.clone()));
        *self.own.lock().unwrap_or_else(PoisonError::into_inner) = own;
    }

    /// How the instance ends, if the request bears its own token: roles that were assumed have others.
    fn end_of_bearer(&self, request: &Request<Bytes>) -> Option<Retirement> {
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let (token, retirement) = own.as_ref()?;
        let sent = TOKENS.iter().find_map(|name| request.headers().get(*name))?;
        cloud_signing::constant_time_eq(sent.as_bytes(), token.expose_secret().as_bytes()).then(|| retirement.clone())
    }
}

#[async_trait]
impl Transport for Watched {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let end = self.end_of_bearer(&request);
        let response = self.inner.send(request).await?;
        if let Some(end) = end.filter(|_| has_expired(&response)) {
            end.begin("its credentials ran out; the platform starts another with new ones");
        }
        Ok(response)
    }
}

fn has_expired(response: &Response<Bytes>) -> bool {
    let holds = |code: &&[u8]| response.body().windows(code.len()).any(|window| window == *code);
    response.status().is_client_error() && EXPIRED.iter().any(holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Answers(u16, &'static str);

    #[async_trait]
    impl Transport for Answers {
        async fn send(&self, _: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
            Ok(Response::builder().status(self.0).body(Bytes::from(self.1)).unwrap())
        }
    }

    async fn ends(header: &str, token: &str, answer: Answers) -> bool {
        let (watched, retirement) = (Watched::new(Arc::new(answer)), Retirement::default());
        watched.signs_with(&Credentials::new("id", "secret").with_security_token("own"), &retirement);
        let request = Request::get("https://oss.example/").header(header, token).body(Bytes::new()).unwrap();
        watched.send(request).await.unwrap();
        retirement.has_begun()
    }

    #[tokio::test]
    async fn only_the_functions_own_token_ends_the_instance_and_only_when_it_ran_out() {
        let oss = "<Error><Code>SecurityTokenExpired</Code></Error>";
        let rpc = r#"{"Code":"InvalidSecurityToken.Expired"}"#;
        assert!(ends("x-oss-security-token", "own", Answers(403, oss)).await);
        assert!(ends("x-acs-security-token", "own", Answers(400, rpc)).await);
        assert!(!ends("x-acs-security-token", "of an assumed role", Answers(400, rpc)).await);
        assert!(!ends("x-oss-security-token", "own", Answers(200, oss)).await, "an object may hold any text");
        assert!(!ends("x-oss-security-token", "own", Answers(403, "<Error><Code>AccessDenied</Code></Error>")).await);
    }
}
