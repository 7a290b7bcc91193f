//! EventBridge 2020-04-01: the roles that feed queues to functions, and the streams that do it.
//!
//! An answer of HTTP 200 is no success by itself: its `Code` is. Source: docs/reference/deploy-apis.md, sections 2.3 and 6.1.

use alicloud::wire::{Next, Params, Tokens};
use alicloud::{Credentials, Region};
use cloud_error::Answer as Refused;
use cloud_wire::lenient;
use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::call::Call;
use crate::client::{Client, read};
use crate::endpoint::hosts;
use crate::error::Error;
use crate::ram::{Made, made};

/// EventBridge in one region, called with the credentials of a [`Client`].
#[derive(Debug, Clone)]
pub struct EventBridge {
    client: Client,
    region: Region,
}

/// A stream from a queue to a function.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EventStreaming {
    /// Its name; Function Compute makes one up for each of its triggers.
    pub event_streaming_name: String,
    /// Its state. The documents list no values: `RUNNING` and `PAUSED` are seen.
    pub status: Option<String>,
    /// What it is for.
    pub description: Option<String>,
}

/// Which streams.
#[derive(Debug, Clone, Default)]
pub struct ListEventStreamings {
    /// What their names begin with.
    pub name_prefix: Option<String>,
    /// The queue that they read.
    pub source_arn: Option<String>,
    /// The function that they call.
    pub sink_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
    success: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Of<T> {
    data: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Checked {
    check_pass: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Streams {
    #[serde(default, deserialize_with = "lenient::wrapped")]
    event_streamings: Vec<EventStreaming>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct Done {}

impl Client {
    /// EventBridge in `region`.
    #[must_use]
    pub fn event_bridge(&self, region: &Region) -> EventBridge {
        EventBridge { client: self.clone(), region: region.clone() }
    }
}

impl EventBridge {
    async fn call<A: DeserializeOwned>(&self, call: Call, params: Params) -> Result<A, Error> {
        let region = Some(&self.region);
        let response = self.client.rpc_response(call, region, &hosts::event_bridge(&self.region), params).await?;
        let Envelope { code, message, request_id, success } = read(call, region, &response)?;
        let said_so = code.as_deref().is_none_or(|code| matches!(code, "Success" | "200"));
        if success == Some(false) || !said_so {
            let answer = Refused { status: StatusCode::BAD_REQUEST, code, message, request_id, denied_action: None };
            return Err(Error::answer(call, region, answer, &Credentials::new("", "")));
        }
        read(call, region, &response)
    }

    /// Whether a service-linked role of EventBridge, such as `AliyunServiceRoleForEventBridgeSendToFC`, is there.
    ///
    /// # Errors
    /// `Commercial` where the account has not opened EventBridge.
    pub async fn check_service_linked_role(&self, role: &str) -> Result<bool, Error> {
        let params = Params::new().with("ProductName", role);
        let answer: Of<Checked> = self.call(Call::CheckServiceLinkedRoleForProduct, params).await?;
        Ok(answer.data.check_pass)
    }

    /// Makes a service-linked role of EventBridge. What it says of one that is there is not documented: ask first.
    ///
    /// # Errors
    /// `Commercial` where the account has not opened EventBridge.
    pub async fn create_service_linked_role(&self, role: &str) -> Result<Made, Error> {
        let params = Params::new().with("ProductName", role);
        made(self.call::<Done>(Call::CreateServiceLinkedRoleForProduct, params).await)
    }

    /// All streams of a kind.
    ///
    /// # Errors
    /// `Commercial` where the account has not opened EventBridge.
    pub async fn list_event_streamings(&self, which: &ListEventStreamings) -> Result<Vec<EventStreaming>, Error> {
        let call = Call::ListEventStreamings;
        let (mut all, mut tokens, mut next) = (Vec::new(), Tokens::default(), None::<String>);
        loop {
            let params = Params::new()
                .with("Limit", 100)
                .maybe("NamePrefix", which.name_prefix.as_ref())
                .maybe("NextToken", next)
                .maybe("SinkArn", which.sink_arn.as_ref())
                .maybe("SourceArn", which.source_arn.as_ref());
            let answer: Of<Streams> = self.call(call, params).await?;
            all.extend(answer.data.event_streamings);
            match tokens.take(answer.data.next_token.as_deref()) {
                Next::Page => next = answer.data.next_token,
                Next::Done => return Ok(all),
                Next::Fault(reason) => {
                    return Err(Error::malformed(call, Some(&self.region), StatusCode::OK, None, reason));
                }
            }
        }
    }

    /// One stream.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn event_streaming(&self, name: &str) -> Result<EventStreaming, Error> {
        let params = Params::new().with("EventStreamingName", name);
        Ok(self.call::<Of<EventStreaming>>(Call::GetEventStreaming, params).await?.data)
    }

    /// Stops a stream: messages stay in their queue.
    ///
    /// # Errors
    /// `Denied` where the caller may not.
    pub async fn pause_event_streaming(&self, name: &str) -> Result<(), Error> {
        let params = Params::new().with("EventStreamingName", name);
        self.call::<Done>(Call::PauseEventStreaming, params).await.map(drop)
    }

    /// Lets a stream go on.
    ///
    /// # Errors
    /// `Denied` where the caller may not.
    pub async fn start_event_streaming(&self, name: &str) -> Result<(), Error> {
        let params = Params::new().with("EventStreamingName", name);
        self.call::<Done>(Call::StartEventStreaming, params).await.map(drop)
    }
}

#[cfg(test)]
mod tests;
