//! The tags of a queue or topic: `Tag.N.Key` and `Tag.N.Value`.

use std::collections::BTreeMap;

use local_core::refuse_if;
use local_core::rpc::{Params, RpcError};
use serde_json::{Value, json};

/// The most tags of a resource, and the longest key or value.
const MOST: usize = 20;
const LONGEST: usize = 128;

/// The tags that a call gives a queue or topic.
pub(super) fn given(params: &Params) -> Result<BTreeMap<String, String>, RpcError> {
    let objects = params.objects("Tag");
    refuse_if!(objects.len() > MOST, RpcError::invalid_parameter("Tag", "at most 20 tags are allowed"));
    let mut tags = BTreeMap::new();
    for tag in objects {
        let (key, value) = (tag.required("Key")?, tag.get("Value").unwrap_or_default());
        if key.len() > LONGEST || value.len() > LONGEST {
            return Err(RpcError::invalid_parameter("Tag", "a key or value has at most 128 characters"));
        }
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(RpcError::invalid_parameter("Tag", "a key stands there twice"));
        }
    }
    Ok(tags)
}

/// The tags that a listing asks for: a key, and a value where it matters.
pub(super) fn wanted(params: &Params) -> Result<Vec<(String, Option<String>)>, RpcError> {
    let read = |tag: Params| Ok((tag.required("Key")?.to_owned(), tag.get("Value").map(str::to_owned)));
    params.objects("Tag").into_iter().map(read).collect()
}

/// Whether a thing with `own` tags is one that a listing asks for.
pub(super) fn has_all(own: &BTreeMap<String, String>, wanted: &[(String, Option<String>)]) -> bool {
    let has = |(key, value): &(String, Option<String>)| {
        own.get(key).is_some_and(|own| value.as_ref().is_none_or(|wanted| wanted == own))
    };
    wanted.iter().all(has)
}

/// Tags as answers show them.
pub(super) fn told(tags: &BTreeMap<String, String>) -> Vec<Value> {
    tags.iter().map(|(key, value)| json!({ "TagKey": key, "TagValue": value })).collect()
}
