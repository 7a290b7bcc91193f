//! A region's name, checked when it is made: it ends up in paths and signatures.

use std::fmt;
use std::str::FromStr;

/// A text that is no region.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a region must be lower-case words and digits joined by hyphens, such as cn-north-1")]
pub struct BadRegion;

/// A region's id, such as `cn-north-1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(String);

impl Region {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Region {
    type Err = BadRegion;

    fn from_str(text: &str) -> Result<Self, BadRegion> {
        let is_word = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        let has_parts = text.contains('-') && text.split('-').all(is_word);
        if has_parts && text.len() <= 32 { Ok(Self(text.to_owned())) } else { Err(BadRegion) }
    }
}

impl TryFrom<String> for Region {
    type Error = BadRegion;

    fn try_from(text: String) -> Result<Self, BadRegion> {
        text.parse()
    }
}

impl From<Region> for String {
    fn from(region: Region) -> Self {
        region.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_cannot_change_the_path_it_stands_in() {
        assert_eq!("cn-north-1".parse::<Region>().unwrap().as_str(), "cn-north-1");
        for text in ["", "cn", "cn-", "-cn", "CN-North-1", "cn-a/b", "cn-a?x", "cn-%2e", "cn-a b", "cn--a"] {
            assert_eq!(text.parse::<Region>(), Err(BadRegion), "{text:?}");
        }
        assert!(serde_json::from_str::<Region>("\"cn/a\"").is_err());
    }
}
