//! Names, tags, paging and lists as both products write them.

use local_core::rpc::page::Cursor;
use local_core::rpc::{Params, RpcError};
use serde_json::{Value, json};

use super::refusal;
use crate::tags;
pub(super) use crate::tags::Tags;

/// How many tags a thing may have.
const MOST_TAGS: usize = 20;

/// A parameter that must be there.
pub(super) fn required<'a>(params: &'a Params, name: &str) -> Result<&'a str, RpcError> {
    params.get(name).ok_or_else(|| refusal::missing(name))
}

/// A whole number from 1 to 65535.
pub(super) fn port(params: &Params, name: &str) -> Result<Option<u16>, RpcError> {
    let read = |text: &str| text.parse().ok().filter(|port| *port > 0);
    params
        .get(name)
        .map(|text| read(text).ok_or_else(|| refusal::illegal(name, "it must be a number from 1 to 65535")))
        .transpose()
}

/// A word of a list of words.
pub(super) fn word<T: std::str::FromStr>(params: &Params, name: &str, wanted: &str) -> Result<Option<T>, RpcError> {
    params
        .get(name)
        .map(|text| text.parse().map_err(|_| refusal::illegal(name, &format!("it must be {wanted}"))))
        .transpose()
}

/// A name of 2 to 128 characters: a letter first, then also digits, `.`, `_` and `-`.
pub(super) fn name(params: &Params, parameter: &str) -> Result<Option<String>, RpcError> {
    let fits = |name: &str| {
        (2..=128).contains(&name.chars().count())
            && name.starts_with(char::is_alphabetic)
            && name.chars().all(|sign| sign.is_alphanumeric() || "._-".contains(sign))
    };
    match params.get(parameter) {
        Some(name) if !fits(name) => {
            Err(refusal::illegal(parameter, "2 to 128 letters, digits, ., _ and - are allowed, a letter first"))
        }
        name => Ok(name.map(str::to_owned)),
    }
}

/// The tags of what is made.
pub(super) fn tags(params: &Params) -> Result<Tags, RpcError> {
    let tags = tags::read(params, refusal::missing)?;
    if tags.len() > MOST_TAGS { Err(refusal::illegal_size("Tag", "at most 20")) } else { Ok(tags) }
}

pub(super) fn tags_view(tags: &Tags, key: &str, value: &str) -> Vec<Value> {
    tags.iter().map(|(own_key, own)| json!({ key: own_key, value: own })).collect()
}

/// Whether a filter that lists values lets this one through: one that lists none does.
pub(super) fn among(params: &Params, name: &str, value: &str) -> bool {
    let listed = params.list(name);
    listed.is_empty() || listed.contains(&value)
}

/// Whether a filter of one value lets this one through.
pub(super) fn is(params: &Params, name: &str, value: &str) -> bool {
    params.get(name).is_none_or(|wanted| wanted == value)
}

/// One page of a listing, of up to 100 and usually 20 items.
pub(super) fn page(params: &Params, field: &str, mut items: Vec<(String, Value)>) -> Result<Value, RpcError> {
    let cursor = Cursor::named("MaxResults", 1..=100, 20, params)?;
    items.sort_by(|(one, _), (other, _)| one.cmp(other));
    let total = items.len();
    let (page, token) = cursor.cut(items);
    Ok(json!({ field: page, "NextToken": token, "MaxResults": cursor.most(), "TotalCount": total }))
}

/// Stands where a call has been checked and its effect begins: a dry run ends here, with a code of its own.
pub(super) fn unless_dry(params: &Params) -> Result<(), RpcError> {
    if params.flag("DryRun")? { Err(RpcError::dry_run_passed()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_ports_and_filters_are_held_to_their_rules() {
        let read = |value: &str| name(&Params::from([("P", value)].as_slice()), "P").is_ok();
        assert!(read("app.v1_a-b") && !read("a") && !read("1a") && !read("a b"));
        let port = |value: &str| port(&Params::from([("P", value)].as_slice()), "P").ok().flatten();
        assert_eq!((port("80"), port("0"), port("65536"), port("x")), (Some(80), None, None, None));
        let listed = Params::from([("Ids.1", "a"), ("Ids.2", "b")].as_slice());
        assert!(among(&listed, "Ids", "b") && !among(&listed, "Ids", "c") && among(&listed, "Others", "c"));
    }
}
