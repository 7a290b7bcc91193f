//! The link with which the owner of an account agrees to a connection or refuses it: whoever has it speaks for the owner, once,
//! about what was asked for then. It is sent only to sinks that are the owner's, and stored nowhere.

use cloud_signing::webhook::{self, Secret};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use subtle::ConstantTimeEq as _;

/// The path of the page that the link leads to.
pub const PATH: &str = "/consent";
/// The variable with the key that signs links: `whsec_` and base64 of 24 to 64 bytes.
pub const KEY: &str = "CAUSEWAY_CONSENT_LINK_KEY";
/// What the key signs, so that a signature is good for nothing else.
const ID: &str = "consent-link-1";
/// The parameters of the link, in the order in which they are signed.
const PARAMETERS: [&str; 4] = ["connection", "account", "owner", "of"];
const UNTIL: &str = "until";
const SIGNATURE: &str = "signature";

/// What a link speaks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentLink {
    /// The connection's name.
    pub connection: String,
    /// The alias of the account.
    pub account: String,
    /// Who owns the account.
    pub owner: String,
    /// The digest of what is asked for.
    pub of: String,
    /// When the link ends.
    pub until: Timestamp,
}

/// A link cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    /// Nobody who has the key made it.
    #[error("the link is not whole, or was not made here; open it again from the message")]
    Signature,
    /// It is too old.
    #[error("the link has expired; who asked for the connection asks again")]
    Expired,
}

impl ConsentLink {
    /// The query of the link, signed with `key`.
    #[must_use]
    pub fn query(&self, key: &Secret) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let values = PARAMETERS.iter().zip(self.values());
        let mut query: String = values.map(|(name, value)| format!("{name}={}&", encoded(value))).collect();
        let signature = encoded(&self.signature(key));
        query.push_str(&format!("{UNTIL}={}&{SIGNATURE}={signature}", self.until.as_second()));
        query
    }

    /// Reads the query of a link.
    ///
    /// # Errors
    /// See [`BadLink`].
    pub fn read(query: &str, key: &Secret, now: Timestamp) -> Result<Self, BadLink> {
        let value = |wanted: &str| {
            let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == wanted);
            let first = values.next().map(|(_, value)| value.into_owned());
            first.filter(|_| values.next().is_none()).ok_or(BadLink::Signature)
        };
        let [connection, account, owner, of] = PARAMETERS.map(value);
        let until = value(UNTIL)?.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        let link = Self {
            connection: connection?,
            account: account?,
            owner: owner?,
            of: of?,
            until: until.ok_or(BadLink::Signature)?,
        };
        if !bool::from(link.signature(key).as_bytes().ct_eq(value(SIGNATURE)?.as_bytes())) {
            return Err(BadLink::Signature);
        }
        if link.until <= now {
            return Err(BadLink::Expired);
        }
        Ok(link)
    }

    fn values(&self) -> [&str; 4] {
        [&self.connection, &self.account, &self.owner, &self.of]
    }

    fn signature(&self, key: &Secret) -> String {
        // JSON keeps the values apart whatever they hold.
        let signed = serde_json::to_vec(&self.values()).unwrap_or_default();
        webhook::sign(key, ID, self.until, &signed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Secret {
        Secret::from_bytes([byte; 32]).unwrap()
    }

    fn link() -> ConsentLink {
        ConsentLink {
            connection: "a-b".to_owned(),
            account: "b".to_owned(),
            owner: "pact.b & co=1".to_owned(),
            of: "abc".to_owned(),
            until: "2026-01-02T03:04:05Z".parse().unwrap(),
        }
    }

    fn before() -> Timestamp {
        "2026-01-02T03:04:04Z".parse().unwrap()
    }

    #[test]
    fn what_was_signed_is_read_until_it_ends() {
        let query = link().query(&key(1));
        assert_eq!(ConsentLink::read(&query, &key(1), before()), Ok(link()));
        assert_eq!(ConsentLink::read(&query, &key(1), link().until), Err(BadLink::Expired));
        assert_eq!(ConsentLink::read(&query, &key(2), before()), Err(BadLink::Signature));
    }

    #[test]
    fn nothing_of_it_can_be_changed_left_out_or_said_twice() {
        let query = link().query(&key(1));
        let parts: Vec<&str> = query.split('&').collect();
        assert_eq!(parts.len(), PARAMETERS.len() + 2);
        for place in 0..parts.len() {
            let mut changed: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
            let last = changed[place].pop().unwrap();
            changed[place].push(if last == '1' { '2' } else { '1' });
            let mut without = parts.clone();
            let left_out = without.remove(place);
            let mut twice = parts.clone();
            twice.push(left_out);
            for other in [changed.join("&"), without.join("&"), twice.join("&")] {
                assert_eq!(ConsentLink::read(&other, &key(1), before()), Err(BadLink::Signature), "{other}");
            }
        }
        // What moves from one value into the next is something else.
        let moved = ConsentLink { connection: "a".to_owned(), account: "-bb".to_owned(), ..link() };
        assert_ne!(moved.signature(&key(1)), link().signature(&key(1)));
        assert!(ConsentLink::read("", &key(1), before()).is_err());
    }
}
