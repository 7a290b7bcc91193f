//! One product in one region: what the client values of all regional products are made of.

use serde::de::DeserializeOwned;

use crate::call::{Call, Product};
use crate::client::Client;
use crate::error::{DRY_RUN_PASSED, Error};
use crate::names::Region;
use crate::paging::{Next, Numbered, Position, Tokens};
use crate::params::Params;

/// A product in one region, called with the credentials of a [`Client`].
#[derive(Debug, Clone)]
pub(crate) struct Regional {
    client: Client,
    region: Region,
}

/// An answer of which only the success counts.
#[derive(serde::Deserialize)]
struct Done {}

/// An answer of which the id is kept.
#[derive(serde::Deserialize)]
struct Receipt {
    #[serde(rename = "RequestId")]
    request_id: Option<String>,
}

impl Regional {
    pub(crate) const fn new(client: Client, region: Region) -> Self {
        Self { client, region }
    }

    pub(crate) const fn region(&self) -> &Region {
        &self.region
    }

    /// Carries out a call. The region is named in it, but for the central products, whose calls name regions themselves.
    pub(crate) async fn call<A: DeserializeOwned>(&self, call: Call, params: Params) -> Result<A, Error> {
        let params = match call.product() {
            Product::VpcPeer => params,
            _ => params.with("RegionId", &self.region),
        };
        self.client.rpc(call, Some(&self.region), params).await
    }

    /// Carries out a call whose answer holds nothing but success.
    pub(crate) async fn done(&self, call: Call, params: Params) -> Result<(), Error> {
        self.call::<Done>(call, params).await.map(drop)
    }

    /// The same, for calls that are written down: the cloud's id of the request, if it gave one.
    pub(crate) async fn receipt(&self, call: Call, params: Params) -> Result<Option<String>, Error> {
        self.call::<Receipt>(call, params).await.map(|receipt| receipt.request_id)
    }

    /// Asks whether the cloud would carry out a call. It never answers a dry run with success: a passed check is an error
    /// too.
    pub(crate) async fn dry_run(&self, call: Call, params: Params) -> Result<(), Error> {
        match self.done(call, params.with("DryRun", true)).await {
            Ok(()) => Err(self.contradiction(call, "a dry run was answered as if it had been carried out")),
            Err(error) if error.code() == Some(DRY_RUN_PASSED) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// `call` cannot be sent as it is.
    pub(crate) fn refuse(&self, call: Call, reason: &str) -> Error {
        Error::request(call, Some(&self.region), reason)
    }

    /// An answer of `call` that contradicts what was asked.
    pub(crate) fn contradiction(&self, call: Call, reason: &str) -> Error {
        Error::malformed(call, Some(&self.region), http::StatusCode::OK, None, reason)
    }

    /// All rows of a listing by page number: `page` takes each answer apart, `id` tells its rows from each other.
    pub(crate) async fn all_by_number<P: DeserializeOwned, T>(
        &self,
        call: Call,
        page_size: u32,
        params: impl Fn() -> Params,
        page: impl Fn(P) -> (Vec<T>, Position),
        id: impl Fn(&T) -> &str,
    ) -> Result<Vec<T>, Error> {
        let mut pages = Numbered::new(page_size);
        loop {
            let params = params().with("PageNumber", pages.page()).with("PageSize", page_size);
            let (rows, position) = page(self.call(call, params).await?);
            match pages.take(rows, position, &id) {
                Next::Page => {}
                Next::Done => return Ok(pages.into_rows()),
                Next::Fault(reason) => return Err(self.contradiction(call, reason)),
            }
        }
    }

    /// One page of a listing by token: `page` takes the answer apart into its rows and the token of the next one.
    pub(crate) async fn page_by_token<P: DeserializeOwned, T>(
        &self,
        call: Call,
        params: Params,
        token: Option<&str>,
        page: impl Fn(P) -> (Vec<T>, Option<String>),
    ) -> Result<(Vec<T>, Option<String>), Error> {
        let (rows, next) = page(self.call(call, params.maybe("NextToken", token)).await?);
        Ok((rows, next.filter(|token| !token.is_empty())))
    }

    /// All rows of a listing by token: `page` takes each answer apart into its rows and the token of the next page.
    pub(crate) async fn all_by_token<P: DeserializeOwned, T>(
        &self,
        call: Call,
        params: impl Fn() -> Params,
        page: impl Fn(P) -> (Vec<T>, Option<String>),
    ) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        let mut tokens = Tokens::default();
        let mut next: Option<String> = None;
        loop {
            let (rows, token) = page(self.call(call, params().maybe("NextToken", next.as_ref())).await?);
            all.extend(rows);
            match tokens.take(token.as_deref()) {
                Next::Page => next = token,
                Next::Done => return Ok(all),
                Next::Fault(reason) => return Err(self.contradiction(call, reason)),
            }
        }
    }
}
