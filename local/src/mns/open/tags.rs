//! The tags of a queue: `Tag.N.Key` and `Tag.N.Value`.

use std::collections::BTreeMap;

use crate::rpc::{Params, RpcError};

/// The most tags of a resource, and the longest key or value.
const MOST: usize = 20;
const LONGEST: usize = 128;

/// The tags that a call gives a queue.
pub(super) fn given(params: &Params) -> Result<BTreeMap<String, String>, RpcError> {
    let objects = params.objects("Tag");
    if objects.len() > MOST {
        return Err(RpcError::invalid_parameter("Tag", "at most 20 tags are allowed"));
    }
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
