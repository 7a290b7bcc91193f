//! Who signs.

use secrecy::{ExposeSecret, SecretString};

/// An access key, and for temporary credentials the token that belongs to it.
///
/// `Debug` shows the id and hides the rest.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The public half: it travels with every request.
    pub access_key_id: String,
    /// The private half: it never travels.
    pub access_key_secret: SecretString,
    /// Present when the key came from STS: it travels, but opens doors, so it is kept like a secret.
    pub security_token: Option<SecretString>,
}

impl Credentials {
    /// A long-lived key.
    pub fn new(access_key_id: impl Into<String>, access_key_secret: impl Into<String>) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            access_key_secret: SecretString::from(access_key_secret.into()),
            security_token: None,
        }
    }

    /// The same key with the token that STS issued for it.
    #[must_use]
    pub fn with_security_token(mut self, token: impl Into<String>) -> Self {
        self.security_token = Some(SecretString::from(token.into()));
        self
    }

    pub(crate) fn secret(&self) -> &[u8] {
        self.access_key_secret.expose_secret().as_bytes()
    }

    pub(crate) fn token(&self) -> Option<&str> {
        self.security_token.as_ref().map(|token| token.expose_secret())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_neither_secret_nor_token() {
        let shown = format!("{:?}", Credentials::new("id-1", "sesame").with_security_token("open"));
        assert!(shown.contains("id-1"));
        assert!(!shown.contains("sesame") && !shown.contains("open"), "{shown}");
    }
}
