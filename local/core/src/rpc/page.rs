//! Paging: by number, or by token.

use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{Params, RpcError};

/// `PageNumber` and `PageSize`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    number: u32,
    size: u32,
}

impl Page {
    /// Reads both: number from 1, size 1 to 50, 10 when absent.
    pub fn read(params: &Params) -> Result<Self, RpcError> {
        Self::up_to(50, params)
    }

    /// The same with pages of at most `most`.
    pub fn up_to(most: u32, params: &Params) -> Result<Self, RpcError> {
        Ok(Self {
            number: params.integer("PageNumber", 1..=u32::MAX)?.unwrap_or(1),
            size: params.integer("PageSize", 1..=most)?.unwrap_or(10),
        })
    }

    /// The answer of a listing: the three numbers, and this page's items as `{outer: {inner: [..]}}`.
    pub fn answer(self, outer: &str, inner: &str, items: Vec<Value>) -> Value {
        let total = items.len();
        let skip = (self.number as usize - 1).saturating_mul(self.size as usize);
        let page: Vec<Value> = items.into_iter().skip(skip).take(self.size as usize).collect();
        json!({
            "PageNumber": self.number,
            "PageSize": self.size,
            "TotalCount": total,
            outer: { inner: page },
        })
    }
}

/// `MaxResult` and `NextToken`. The token names the last item seen, so a page does not shift when items come or go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    most: usize,
    after: Option<String>,
}

impl Cursor {
    /// Reads both: at most 1 to 100 items, 10 when absent.
    pub fn read(params: &Params) -> Result<Self, RpcError> {
        Self::named("MaxResult", 1..=100, 10, params)
    }

    /// The same where the size has another name (`MaxResults`), other limits and another default.
    pub fn named(name: &str, limits: RangeInclusive<u32>, usual: u32, params: &Params) -> Result<Self, RpcError> {
        let most = params.integer(name, limits)?.unwrap_or(usual);
        let after = params
            .get("NextToken")
            .map(|token| {
                let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok();
                bytes
                    .and_then(|bytes| String::from_utf8(bytes).ok())
                    .ok_or_else(|| RpcError::invalid_parameter("NextToken", "take it from the answer before"))
            })
            .transpose()?;
        Ok(Self { most: most as usize, after })
    }

    /// At most how many items a page has.
    pub fn most(&self) -> usize {
        self.most
    }

    /// This page of `items`, which come in the order of their keys, and the token of the next page, empty at the end.
    pub fn cut<T>(&self, items: Vec<(String, T)>) -> (Vec<T>, String) {
        let after = self.after.as_deref();
        let mut left = items.into_iter().filter(|(key, _)| after.is_none_or(|after| key.as_str() > after)).peekable();
        let mut page = Vec::new();
        let mut last = String::new();
        while page.len() < self.most
            && let Some((key, item)) = left.next()
        {
            last = key;
            page.push(item);
        }
        let token = if left.peek().is_some() { BASE64_URL_SAFE_NO_PAD.encode(last) } else { String::new() };
        (page, token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_by_number_cover_everything_once() {
        let items: Vec<Value> = (0..25).map(Value::from).collect();
        let page = |number: &str| {
            let params = Params::from([("PageNumber", number), ("PageSize", "10")].as_slice());
            Page::read(&params).unwrap().answer("Set", "Item", items.clone())
        };
        assert_eq!(page("3")["Set"]["Item"], json!([20, 21, 22, 23, 24]));
        assert_eq!(page("3")["TotalCount"], 25);
        assert_eq!(page("4")["Set"]["Item"], json!([]));
        assert!(Page::read(&Params::from([("PageSize", "51")].as_slice())).is_err());
        assert!(Page::read(&Params::from([("PageNumber", "0")].as_slice())).is_err());
    }

    #[test]
    fn pages_by_token_neither_skip_nor_repeat_when_an_item_goes() {
        let mut items: Vec<(String, Value)> = (0..5).map(|n| (format!("k{n}"), Value::from(n))).collect();
        let first = Cursor::read(&Params::from([("MaxResult", "2")].as_slice())).unwrap();
        let (page, token) = first.cut(items.clone());
        assert_eq!(page, [0, 1]);
        items.remove(1);
        let second =
            Cursor::read(&Params::from([("MaxResult", "3"), ("NextToken", token.as_str())].as_slice())).unwrap();
        assert_eq!(second.cut(items), (vec![2.into(), 3.into(), 4.into()], String::new()));
        assert!(Cursor::read(&Params::from([("NextToken", "%%")].as_slice())).is_err());
    }
}
