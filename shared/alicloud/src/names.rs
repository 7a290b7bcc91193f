//! Names that many calls share, checked when they are made: [`Region`], [`AccountId`], [`ClientToken`].
//!
//! They end up in host names and signatures, so nothing unchecked gets that far.

use std::str::FromStr;

/// A name that does not have the form the cloud asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {rule}")]
pub struct BadName {
    what: &'static str,
    rule: &'static str,
}

impl BadName {
    /// `what` must be `rule`.
    #[must_use]
    pub const fn new(what: &'static str, rule: &'static str) -> Self {
        Self { what, rule }
    }
}

/// Gives a checked text type its conversions: from and to text, and through serde.
macro_rules! checked_text {
    ($name:ident) => {
        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::BadName;
            fn from_str(text: &str) -> Result<Self, $crate::BadName> {
                Self::check(text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::BadName;
            fn try_from(text: String) -> Result<Self, $crate::BadName> {
                Self::check(&text)?;
                Ok(Self(text))
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use checked_text;

/// A region's id, such as `cn-qingdao`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(String);

impl Region {
    fn check(text: &str) -> Result<(), BadName> {
        let mut parts = text.split('-');
        let first_is_a_word = parts.next().is_some_and(|part| part.len() >= 2 && is_lower_word(part));
        let mut rest = parts.peekable();
        if text.len() <= 32 && first_is_a_word && rest.peek().is_some() && rest.all(is_lower_word) {
            Ok(())
        } else {
            Err(BadName::new("a region", "lower-case words and digits joined by hyphens, such as cn-qingdao"))
        }
    }

    /// Whether it lies in mainland China. Hong Kong does not.
    #[must_use]
    pub fn is_mainland(&self) -> bool {
        self.0.starts_with("cn-") && self.0 != "cn-hongkong"
    }
}
checked_text!(Region);

fn is_lower_word(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// The id of a main account: digits only. Never a RAM user's id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);

impl AccountId {
    fn check(text: &str) -> Result<(), BadName> {
        // The id travels as a 64-bit integer in some calls, so it must fit one.
        if (1..=19).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && i64::from_str(text).is_ok()
        {
            Ok(())
        } else {
            Err(BadName::new("an account id", "digits, such as 1000000000000001"))
        }
    }
}
checked_text!(AccountId);

/// What makes a repeated call count once: the same token with the same parameters has the same answer.
///
/// At most 64 ASCII characters. Keep one token for all tries of one intent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientToken(String);

impl ClientToken {
    fn check(text: &str) -> Result<(), BadName> {
        if (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(())
        } else {
            Err(BadName::new("a client token", "1 to 64 visible ASCII characters"))
        }
    }
}
checked_text!(ClientToken);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_of_every_shape_are_accepted() {
        for region in
            ["cn-qingdao", "cn-beijing", "us-east-1", "ap-southeast-1", "cn-shanghai-finance-1", "eu-central-1"]
        {
            assert_eq!(region.parse::<Region>().unwrap().as_str(), region);
        }
    }

    #[test]
    fn hong_kong_lies_beyond_the_border_of_mainland_china() {
        for (region, expected) in
            [("cn-qingdao", true), ("cn-shanghai-finance-1", true), ("cn-hongkong", false), ("ap-southeast-1", false)]
        {
            assert_eq!(region.parse::<Region>().unwrap().is_mainland(), expected, "{region}");
        }
    }

    #[test]
    fn what_could_change_a_host_name_is_no_region() {
        for text in ["", "cn", "cn-", "-cn", "CN-Qingdao", "cn-a.evil.example", "cn-a/b", "cn-a@b", "cn--a", "a-b c"] {
            assert!(text.parse::<Region>().is_err(), "{text:?}");
        }
        assert!(serde_json::from_str::<Region>("\"cn-a.b\"").is_err());
    }

    #[test]
    fn an_account_id_is_digits_that_fit_an_integer() {
        assert!("1000000000000001".parse::<AccountId>().is_ok());
        for text in ["", "12a", "-1", "９", "99999999999999999999", "9999999999999999999"] {
            assert!(text.parse::<AccountId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_client_token_is_short_ascii() {
        assert!("connection-7/create/initiator".parse::<ClientToken>().is_ok());
        assert!("a".repeat(64).parse::<ClientToken>().is_ok());
        for text in [String::new(), "a".repeat(65), "a b".to_owned(), "é".to_owned()] {
            assert!(text.parse::<ClientToken>().is_err(), "{text:?}");
        }
    }
}
