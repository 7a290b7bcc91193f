//! Function Compute 3, 2023-03-30: functions, what feeds them, and calling them.
//!
//! Source: docs/reference/deploy-apis.md, sections 0, 4.3 and 6.1; function-compute.md.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use alicloud::wire::{Next, Tokens};
use alicloud::{Kind, Region};
use bytes::Bytes;
use cloud_signing::encode;
use cloud_wire::lenient;
use http::{Method, Response, StatusCode, header};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use transport::CallLimit;

use crate::call::Call;
use crate::client::{Client, read};
use crate::endpoint::{self, hosts};
use crate::error::Error;

const ROOT: &str = "/2023-03-30";
/// How long a call may take that carries a package, or waits for a function.
const LONG: CallLimit = CallLimit(Duration::from_secs(660));

/// The functions of one region, called with the credentials of a [`Client`].
#[derive(Debug, Clone)]
pub struct Fc {
    client: Client,
    region: Region,
}

/// A function, as far as a deployment looks at it. Its environment may hold secrets, so `Debug` hides it.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Function {
    /// Its name.
    pub function_name: String,
    /// Its id.
    pub function_arn: Option<String>,
    /// CRC-64 of the package, as decimal text.
    pub code_checksum: Option<String>,
    /// Size of the package, in bytes.
    pub code_size: Option<u64>,
    /// `custom.debian12` and the like.
    pub runtime: Option<String>,
    /// Which part of the program it starts.
    pub handler: Option<String>,
    /// The role that it runs with.
    pub role: Option<String>,
    /// Its environment.
    #[serde(default)]
    pub environment_variables: Option<BTreeMap<String, Option<String>>>,
    /// In megabytes.
    pub memory_size: Option<u32>,
    /// In seconds.
    pub timeout: Option<u32>,
    /// `Pending`, `Active`, `Failed` or `Inactive`.
    pub state: Option<String>,
    /// `InProgress`, `Successful` or `Failed`.
    pub last_update_status: Option<String>,
    /// When it was changed last.
    pub last_modified_time: Option<Timestamp>,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function")
            .field("function_name", &self.function_name)
            .field("code_checksum", &self.code_checksum)
            .field("last_modified_time", &self.last_modified_time)
            .finish_non_exhaustive()
    }
}

/// What feeds a function.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trigger {
    /// Its name.
    pub trigger_name: String,
    /// `eventbridge`, `timer`, `http`, ….
    pub trigger_type: Option<String>,
    /// How it works: JSON as a text, or as an object.
    #[serde(default)]
    pub trigger_config: Value,
    /// The address of an HTTP trigger.
    pub http_trigger: Option<HttpTrigger>,
    /// Its state.
    pub status: Option<String>,
}

/// The addresses of an HTTP trigger.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpTrigger {
    /// From everywhere.
    pub url_internet: Option<String>,
    /// From inside the cloud.
    pub url_intranet: Option<String>,
}

impl Trigger {
    /// How it works, as an object.
    #[must_use]
    pub fn config(&self) -> Value {
        match &self.trigger_config {
            Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
            config => config.clone(),
        }
    }
}

/// Where a package is taken from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Code {
    /// The package itself, a zip in Base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zip_file: Option<String>,
    /// The bucket, in the function's region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oss_bucket_name: Option<String>,
    /// The object in it. It is copied now: the function does not follow it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oss_object_name: Option<String>,
    /// CRC-64 of the package, which the cloud compares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
}

/// What a function is to be, or what of it changes. What is `None` is left as it is; the name is for a new one.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionInput {
    /// Its name; only of a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function_name: Option<String>,
    /// Its package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// `custom.debian12` and the like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime: Option<String>,
    /// Which part of the program it starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handler: Option<String>,
    /// The role that it runs with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// In megabytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_size: Option<u32>,
    /// In vCPU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<f32>,
    /// In megabytes: 512 or 10240.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_size: Option<u32>,
    /// In seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u32>,
    /// Its whole environment: at most 4 KB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_variables: Option<BTreeMap<String, String>>,
    /// Anything else, by the API's own names.
    #[serde(flatten)]
    pub others: serde_json::Map<String, Value>,
}

/// What a function answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoked {
    /// Its answer, or what it says of its failure.
    pub body: Bytes,
    /// Why it failed, such as `UnhandledInvocationError`. The call itself succeeded all the same.
    pub error_type: Option<String>,
    /// The last 4 KB of its log, in Base64, where that was asked for.
    pub log_tail: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
}

/// How to call a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invocation {
    /// Wait for its answer. With `with_log` the end of its log comes along.
    Wait {
        /// Whether to ask for the log.
        with_log: bool,
    },
    /// Only hand the event over.
    Later,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Functions {
    #[serde(default, deserialize_with = "lenient::wrapped")]
    functions: Vec<Function>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Triggers {
    #[serde(default, deserialize_with = "lenient::wrapped")]
    triggers: Vec<Trigger>,
    next_token: Option<String>,
}

impl Client {
    /// The functions of `region`.
    #[must_use]
    pub fn fc(&self, region: &Region) -> Fc {
        Fc { client: self.clone(), region: region.clone() }
    }
}

impl Fc {
    async fn send(
        &self,
        call: Call,
        method: Method,
        target: &str,
        body: Option<Bytes>,
    ) -> Result<Response<Bytes>, Error> {
        let mut request = endpoint::request(self.client.gateway(), &hosts::fc(&self.region), target)
            .method(method)
            .header(header::ACCEPT, "application/json");
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json").extension(LONG);
        }
        let request = request.body(body.unwrap_or_default());
        let request = request.map_err(|error| Error::request(call, Some(&self.region), error))?;
        self.client.acs3(call, Some(&self.region), request).await
    }

    async fn call<A: DeserializeOwned>(
        &self,
        call: Call,
        method: Method,
        target: &str,
        body: Option<&impl Serialize>,
    ) -> Result<A, Error> {
        let body = body.map(serde_json::to_vec).transpose();
        let body = body.map_err(|error| Error::request(call, Some(&self.region), error))?;
        let response = self.send(call, method, target, body.map(Bytes::from)).await?;
        read(call, Some(&self.region), &response)
    }

    async fn get<A: DeserializeOwned>(&self, call: Call, target: &str) -> Result<A, Error> {
        self.call(call, Method::GET, target, None::<&Value>).await
    }

    fn contradiction(&self, call: Call, reason: &str) -> Error {
        Error::malformed(call, Some(&self.region), StatusCode::OK, None, reason)
    }

    /// A function, if there is one of that name.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn function(&self, name: &str) -> Result<Option<Function>, Error> {
        match self.get(Call::GetFunction, &function(name)).await {
            Ok(function) => Ok(Some(function)),
            Err(error) if error.kind() == Kind::Gone => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All functions whose names begin with `prefix`.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn list_functions(&self, prefix: &str) -> Result<Vec<Function>, Error> {
        let (mut all, mut tokens, mut next) = (Vec::new(), Tokens::default(), None::<String>);
        loop {
            let query = listing(prefix, next.as_deref());
            let answer: Functions = self.get(Call::ListFunctions, &format!("{ROOT}/functions?{query}")).await?;
            all.extend(answer.functions);
            match tokens.take(answer.next_token.as_deref()) {
                Next::Page => next = answer.next_token,
                Next::Done => return Ok(all),
                Next::Fault(reason) => return Err(self.contradiction(Call::ListFunctions, reason)),
            }
        }
    }

    /// Makes a function.
    ///
    /// # Errors
    /// `AlreadyThere` where the name is taken.
    pub async fn create_function(&self, input: &FunctionInput) -> Result<Function, Error> {
        self.call(Call::CreateFunction, Method::POST, &format!("{ROOT}/functions"), Some(input)).await
    }

    /// Changes a function. Invocations that run go on as they began.
    ///
    /// # Errors
    /// `Gone` where there is none.
    pub async fn update_function(&self, name: &str, input: &FunctionInput) -> Result<Function, Error> {
        self.call(Call::UpdateFunction, Method::PUT, &function(name), Some(input)).await
    }

    /// Deletes a function. One that is gone already is no error.
    ///
    /// # Errors
    /// `Refused` while triggers feed it.
    pub async fn delete_function(&self, name: &str) -> Result<(), Error> {
        match self.send(Call::DeleteFunction, Method::DELETE, &function(name), None).await {
            Err(error) if error.kind() != Kind::Gone => Err(error),
            _ => Ok(()),
        }
    }

    /// Calls a function with an event of at most 32 MB, or 128 KB where it is not waited for.
    ///
    /// # Errors
    /// When the call itself fails. A function that fails is an answer, with its `error_type`.
    pub async fn invoke_function(&self, name: &str, event: Bytes, how: Invocation) -> Result<Invoked, Error> {
        let call = Call::InvokeFunction;
        let (kind, log) = match how {
            Invocation::Wait { with_log: true } => ("Sync", "Tail"),
            Invocation::Wait { with_log: false } => ("Sync", "None"),
            Invocation::Later => ("Async", "None"),
        };
        let target = format!("{}/invocations", function(name));
        let request = endpoint::request(self.client.gateway(), &hosts::fc(&self.region), &target)
            .method(Method::POST)
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .header("x-fc-invocation-type", kind)
            .header("x-fc-log-type", log)
            .extension(LONG)
            .body(event)
            .map_err(|error| Error::request(call, Some(&self.region), error))?;
        let response = self.client.acs3(call, Some(&self.region), request).await?;
        let text = |name: &str| response.headers().get(name)?.to_str().ok().map(str::to_owned);
        let (error_type, log_tail, request_id) =
            (text("x-fc-error-type"), text("x-fc-log-result"), text("x-fc-request-id"));
        Ok(Invoked { body: response.into_body(), error_type, log_tail, request_id })
    }

    /// The triggers of a function.
    ///
    /// # Errors
    /// `Gone` where there is no such function.
    pub async fn list_triggers(&self, name: &str) -> Result<Vec<Trigger>, Error> {
        let (mut all, mut tokens, mut next) = (Vec::new(), Tokens::default(), None::<String>);
        loop {
            let query = listing("", next.as_deref());
            let target = format!("{}/triggers?{query}", function(name));
            let answer: Triggers = self.get(Call::ListTriggers, &target).await?;
            all.extend(answer.triggers);
            match tokens.take(answer.next_token.as_deref()) {
                Next::Page => next = answer.next_token,
                Next::Done => return Ok(all),
                Next::Fault(reason) => return Err(self.contradiction(Call::ListTriggers, reason)),
            }
        }
    }

    /// A trigger, if there is one.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn trigger(&self, name: &str, trigger: &str) -> Result<Option<Trigger>, Error> {
        match self.get(Call::GetTrigger, &of_trigger(name, trigger)).await {
            Ok(trigger) => Ok(Some(trigger)),
            Err(error) if error.kind() == Kind::Gone => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Changes how a trigger works, whole: `config` replaces what there was. `triggerEnable` in it pauses the feed of a queue.
    ///
    /// # Errors
    /// `Gone` where there is none; `Refused` for kinds that cannot be changed.
    pub async fn update_trigger(&self, name: &str, trigger: &str, config: &Value) -> Result<Trigger, Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Input {
            trigger_config: String,
        }
        let input = Input { trigger_config: config.to_string() };
        self.call(Call::UpdateTrigger, Method::PUT, &of_trigger(name, trigger), Some(&input)).await
    }

    /// Whether the product answers in this region, and the regions that it knows.
    ///
    /// # Errors
    /// `NotSent` where the region has no host of the product.
    pub async fn describe_regions(&self) -> Result<Vec<String>, Error> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default, alias = "Regions", deserialize_with = "lenient::wrapped")]
            regions: Vec<OneRegion>,
        }
        #[derive(Deserialize)]
        struct OneRegion {
            #[serde(alias = "RegionId", alias = "regionId")]
            region_id: String,
        }
        let answer: Answer = self.get(Call::DescribeRegions, &format!("{ROOT}/regions")).await?;
        Ok(answer.regions.into_iter().map(|region| region.region_id).collect())
    }
}

fn function(name: &str) -> String {
    format!("{ROOT}/functions/{}", encode::component(name))
}

fn of_trigger(name: &str, trigger: &str) -> String {
    format!("{}/triggers/{}", function(name), encode::component(trigger))
}

fn listing(prefix: &str, next: Option<&str>) -> String {
    let pairs = [("limit", Some("100")), ("nextToken", next), ("prefix", Some(prefix).filter(|text| !text.is_empty()))];
    encode::query(pairs.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))))
}

#[cfg(test)]
mod tests;
