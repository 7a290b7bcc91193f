//! ClientToken: the same request again gives the same answer instead of a second effect.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{RpcError, RpcRequest};
use crate::table::Table;

/// How long a token is remembered, in cloud time. The real lifetime is not documented.
const LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// A call that was answered with success.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answered {
    params: Vec<(String, String)>,
    answer: Value,
    at: Timestamp,
}

/// The token of a call, where it sends one.
#[derive(Debug)]
pub struct Token {
    key: String,
    params: Vec<(String, String)>,
}

impl Token {
    /// Reads it. Tokens count within one account, region, product and action.
    pub fn read(request: &RpcRequest) -> Result<Option<Self>, RpcError> {
        let Some(token) = request.params.get("ClientToken") else { return Ok(None) };
        if token.len() > 64 || !token.is_ascii() {
            return Err(RpcError::invalid_parameter("ClientToken", "it must be ASCII of at most 64 characters"));
        }
        let key = format!("{}/{}/{}/{}/{token}", request.account(), request.region, request.product, request.action);
        let params = request.params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(Some(Self { key, params }))
    }

    /// The answer given before, if this is a repetition.
    ///
    /// # Errors
    /// When the token was used with other parameters.
    pub fn answered(&self, table: &Table<Answered>, now: Timestamp) -> Result<Option<Value>, RpcError> {
        match table.get(&self.key).filter(|answered| now.duration_since(answered.at).unsigned_abs() < LIFETIME) {
            Some(answered) if answered.params == self.params => Ok(Some(answered.answer.clone())),
            Some(_) => Err(RpcError::bad(
                "IdempotentParameterMismatch",
                "The request uses the same client token as a previous, but non-identical request. \
                 Do not reuse a client token with different requests, unless the requests are identical.",
            )),
            None => Ok(None),
        }
    }

    /// Remembers the answer of a call that succeeded. Refusals are not remembered: the same token may try again.
    pub fn remember(self, table: &mut Table<Answered>, answer: &Value, now: Timestamp) {
        table.insert(self.key, Answered { params: self.params, answer: answer.clone(), at: now });
    }
}

/// Forgets tokens whose lifetime is over.
pub fn forget_old(table: &mut Table<Answered>, now: Timestamp) {
    let old: Vec<String> =
        table.iter().filter(|(_, row)| row.at + LIFETIME < now).map(|(key, _)| key.to_owned()).collect();
    for key in old {
        table.remove(&key);
    }
}
