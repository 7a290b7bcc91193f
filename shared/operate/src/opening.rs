//! Opening products. It places an order in the account's name: only after a person said yes.
//!
//! PrivateLink and CDT are opened by [`alicloud::private_link::PrivateLink`] and [`alicloud::cdt::Cdt`], several products at once by
//! [`Ros::enable_services`](crate::ros::Ros::enable_services).
//! Source: docs/reference/deploy-apis.md, section 3.

use alicloud::wire::{Moment, Params, from_xml};
use alicloud::{AccountId, ClientToken, Credentials, Kind, Region};
use bytes::Bytes;
use cloud_error::Answer as Refused;
use http::request::Parts;
use http::{Method, StatusCode, header};
use serde::Deserialize;

use crate::call::Call;
use crate::client::{Client, read};
use crate::endpoint::{self, hosts};
use crate::error::Error;
use crate::ram::{Made, made};

/// On which of the two sites an account was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// aliyun.com.
    Mainland,
    /// alibabacloud.com.
    International,
}

#[derive(Deserialize)]
struct Done {}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Order {
    code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
    success: Option<bool>,
}

impl Client {
    /// Opens EventBridge, which is charged by use. Which site an account belongs to is found out by trying: the other one refuses.
    ///
    /// # Errors
    /// `RuledOut` where the account belongs to neither; `Denied` where the caller may not place orders.
    pub async fn open_event_bridge(&self, client_token: &ClientToken) -> Result<(Made, Site), Error> {
        match self.order_event_bridge(Site::Mainland, client_token).await {
            Ok(made) => Ok((made, Site::Mainland)),
            Err(error) if error.kind() == Kind::RuledOut => {
                let made = self.order_event_bridge(Site::International, client_token).await?;
                Ok((made, Site::International))
            }
            Err(error) => Err(error),
        }
    }

    async fn order_event_bridge(&self, site: Site, client_token: &ClientToken) -> Result<Made, Error> {
        let call = Call::CreateInstance;
        let (host, product_type) = match site {
            Site::Mainland => (hosts::BILLING, "eventbridge_post_public_cn"),
            Site::International => (hosts::BILLING_ABROAD, "eventbridge_post_public_intl"),
        };
        let params = Params::new()
            .with("ClientToken", client_token)
            .with("ProductCode", "eventbridge")
            .with("ProductType", product_type)
            .with("SubscriptionType", "PayAsYouGo");
        let ordered = async {
            let response = self.rpc_response(call, None, host, params).await?;
            // It may refuse with HTTP 200.
            let Order { code, message, request_id, success } = read(call, None, &response)?;
            if success == Some(false) || code.as_deref().is_some_and(|code| code != "Success") {
                let answer =
                    Refused { status: StatusCode::BAD_REQUEST, code, message, request_id, denied_action: None };
                return Err(Error::answer(call, None, answer, &Credentials::new("", "")));
            }
            Ok(())
        };
        made(ordered.await)
    }

    /// Opens Function Compute.
    ///
    /// # Errors
    /// `Denied` where the caller may not place orders.
    pub async fn open_fc(&self) -> Result<Made, Error> {
        let call = Call::OpenFcService;
        let request = endpoint::request(self.gateway(), hosts::FC_OPEN, "/service/open")
            .method(Method::POST)
            .header(header::ACCEPT, "application/json")
            .body(Bytes::new())
            .map_err(|error| Error::request(call, None, error))?;
        made(self.acs3(call, None, request).await)
    }

    /// Opens object storage.
    ///
    /// # Errors
    /// `Denied` where the caller may not place orders.
    pub async fn open_oss(&self) -> Result<Made, Error> {
        made(self.rpc::<Done>(Call::OpenOssService, None, hosts::OSS_ADMIN, Params::new()).await)
    }

    /// Opens message queues for `account`, the caller's own.
    ///
    /// # Errors
    /// `Denied` where the caller may not place orders.
    pub async fn open_mns(&self, account: &AccountId, region: &Region) -> Result<Made, Error> {
        let call = Call::OpenService;
        let request = endpoint::request(self.gateway(), &hosts::mns(account, region), "/commonbuy/openservice")
            .method(Method::POST)
            .body(Bytes::new())
            .map_err(|error| Error::request(call, Some(region), error))?;
        let sign = |parts: &mut Parts, body: &[u8], moment: Moment<'_>| {
            cloud_signing::mns::sign(parts, body, moment.credentials, moment.now)
        };
        made(self.send(call, Some(region), request, sign, from_xml).await)
    }
}

#[cfg(test)]
mod tests;
