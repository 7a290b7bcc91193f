//! Tags: what an owner writes on a thing, to find it again whatever it is called.

use serde::{Deserialize, Serialize};

use crate::params::Params;

/// A tag. Products spell its fields in two ways when they show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// 1 to 64 characters.
    #[serde(rename = "Key", alias = "TagKey")]
    pub key: String,
    /// Up to 128 characters; may be empty.
    #[serde(default, rename = "Value", alias = "TagValue", deserialize_with = "value")]
    pub value: String,
}

impl Tag {
    /// A tag.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into() }
    }
}

/// Tags as parameters: `Tag.1.Key`, `Tag.1.Value`, …
pub(crate) fn write<'a>(params: Params, tags: impl IntoIterator<Item = &'a Tag>) -> Params {
    (1..).zip(tags).fold(params, |params, (n, tag): (u32, &Tag)| {
        params.with(format!("Tag.{n}.Key"), &tag.key).with(format!("Tag.{n}.Value"), &tag.value)
    })
}

fn value<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_read_and_a_value_may_be_missing() {
        let read = |text: &str| serde_json::from_str::<Tag>(text).unwrap();
        assert_eq!(read(r#"{"Key":"a","Value":"1"}"#), Tag::new("a", "1"));
        assert_eq!(read(r#"{"TagKey":"a","TagValue":"1"}"#), Tag::new("a", "1"));
        assert_eq!(read(r#"{"Key":"a","Value":null}"#), Tag::new("a", ""));
    }
}
