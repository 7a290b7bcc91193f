//! Tags, as calls of every product write them.

use std::collections::BTreeMap;

use local_core::rpc::{Params, RpcError};

/// The tags of one thing: keys, each with a value.
pub(crate) type Tags = BTreeMap<String, String>;

/// `Tag.N.Key` and `Tag.N.Value`. What is said where a key is missing, or where there are too many, is the product's own.
pub(crate) fn read(params: &Params, no_key: impl Fn(&str) -> RpcError) -> Result<Tags, RpcError> {
    let tags = params.objects("Tag").into_iter().map(|tag| {
        let value = tag.get("Value").unwrap_or_default().to_owned();
        tag.get("Key").map(|key| (key.to_owned(), value)).ok_or_else(|| no_key("Key"))
    });
    tags.collect()
}

/// Whether a thing has all the tags that a listing asks for. A tag asked for without a value may have any.
pub(crate) fn fit(tags: &Tags, params: &Params) -> bool {
    params.objects("Tag").iter().all(|wanted| {
        let own = wanted.get("Key").and_then(|key| tags.get(key));
        own.is_some_and(|own| wanted.get("Value").is_none_or(|value| value == own))
    })
}
