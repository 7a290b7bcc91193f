//! One HTTP request: who asks, about which project, for what; then the reply.

use std::time::Duration;

use bytes::Bytes;
use cloud_signing::{Malformed, MismatchCause, sls};
use http::header::{CONTENT_TYPE, HOST, HeaderValue};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use local_core::access::Denied;
use local_core::calls::{Call, Product};
use local_core::identity::Identity;
use local_core::opened::Openable;
use local_core::pipeline::{Ordered, Refusals};
use local_core::refuse_if;
use local_core::regions::Region;
use local_core::rpc::RpcError;
use serde_json::{Value, json};

use super::{Operation, Sls};

/// How far the date of a request may lie from ours, either way.
const SKEW: Duration = Duration::from_secs(15 * 60);

impl Refusals for Sls {
    type Error = RpcError;

    fn denied(&self, denied: &Denied) -> RpcError {
        RpcError::denied("Unauthorized", denied)
    }

    fn ordered(&self, order: Ordered<'_>) -> RpcError {
        let (status, code) = match order {
            Ordered::Throttle => (StatusCode::FORBIDDEN, "WriteQuotaExceed"),
            Ordered::ServerError => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError"),
            Ordered::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "ServerBusy"),
            Ordered::Refuse { status, code } => (status, code),
        };
        RpcError::new(status, code, "The request was refused on demand.")
    }
}

impl Sls {
    /// Answers one request.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let request_id = self.shared.ids.upper_hex(24);
        let mut call = self.shared.begin(Product::Sls, &self.shared.home.region, &request_id);
        let result = self.answer(&parts, &body, &mut call).await;
        let refused = result.as_ref().err().map(|error| error.code.clone());
        let (status, body) = match result {
            Ok(body) => (StatusCode::OK, body),
            Err(error) => (error.status, json!({ "errorCode": error.code, "errorMessage": error.message })),
        };
        // Nothing to say is said with nothing.
        let text = if body == json!({}) { String::new() } else { body.to_string() };
        let mut response = Response::new(Bytes::from(text));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Ok(id) = HeaderValue::try_from(&request_id) {
            headers.insert("x-log-requestid", id);
        }
        if let (Value::Array(lines), true) = (&body, status.is_success()) {
            headers.insert("x-log-progress", HeaderValue::from_static("Complete"));
            headers.insert("x-log-count", HeaderValue::from(lines.len()));
        }
        call.attach(response, refused)
    }

    async fn answer(&self, parts: &Parts, body: &[u8], call: &mut Call) -> Result<Value, RpcError> {
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let (project, region) = project_and_region(host);
        if let Some(region) = region {
            call.info.region = region.to_owned();
        }
        let caller = self.prove(parts, body)?;
        let query = parts.uri.query().unwrap_or_default();
        let query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let operation = Operation::read(&parts.method, parts.uri.path(), project, &query, body)?;
        self.carry_out(&caller, &operation, call).await
    }

    pub(crate) async fn carry_out(
        &self,
        caller: &Identity,
        operation: &Operation,
        call: &mut Call,
    ) -> Result<Value, RpcError> {
        let (account, region) = (caller.account_id.clone(), call.info.region.clone());
        operation.action().clone_into(&mut call.info.action);
        call.info.account.clone_from(&account);
        call.caller = Some(caller.principal.clone());
        call.needs = operation.needs(&account, &region);
        call.is_write = operation.is_write();
        call.resource = operation.resource();
        let work = async { self.perform(operation, &account, &region) };
        self.shared.carry_out(self, call, caller, &[], work).await
    }

    fn perform(&self, operation: &Operation, account: &str, region: &str) -> Result<Value, RpcError> {
        let opened = &self.shared.opened;
        match operation {
            Operation::GetSlsService => {
                let status = if opened.has(account, Openable::Sls) { "Opened" } else { "NotOpened" };
                return Ok(json!({ "enabled": opened.has(account, Openable::Sls), "status": status }));
            }
            Operation::OpenSlsService => {
                opened.open(account, Openable::Sls)?;
                return Ok(json!({ "orderId": self.shared.ids.below(u64::MAX).to_string(), "success": true }));
            }
            _ => {}
        }
        refuse_if!(!opened.has(account, Openable::Sls), forbidden "SLSServiceNotOpen", "The account has not opened the log service.");
        self.shared.change(&mut *self.lock(), |state, now| state.perform(operation, account, region, now))
    }

    fn prove(&self, parts: &Parts, body: &[u8]) -> Result<Identity, RpcError> {
        let unauthorized = |code: &str, message: String| RpcError::new(StatusCode::UNAUTHORIZED, code, message);
        let claim = sls::Claim::read(parts).map_err(|malformed| match malformed {
            Malformed::InvalidHeader("date") => RpcError::bad("InvalidTimestamp", "The date is not one of RFC 822."),
            other => RpcError::bad("MissingParameter", format!("{other}.")),
        })?;
        let identity = self.shared.identities.find(claim.access_key_id());
        let identity =
            identity.ok_or_else(|| unauthorized("Unauthorized", "The AccessKeyId is not found.".to_owned()))?;
        refuse_if!(claim.timestamp().duration_since(self.shared.clock.wall()).unsigned_abs() > SKEW,
            bad "RequestTimeTooSkewed", "The date is more than 15 minutes off.");
        claim.verify(parts, body, &identity.secret).map_err(|mismatch| match mismatch.cause {
            MismatchCause::BodyDigest(_) => RpcError::bad("PostBodyInvalid", "Content-MD5 does not fit the body."),
            _ => unauthorized("SignatureNotMatch", "signature does not match.".to_owned()),
        })?;
        let token = identity.token.as_ref().map(secrecy::ExposeSecret::expose_secret);
        let fits = match (token, claim.security_token()) {
            (None, _) => true,
            (Some(own), Some(sent)) => cloud_signing::constant_time_eq(own.as_bytes(), sent.as_bytes()),
            (Some(_), None) => false,
        };
        refuse_if!(!fits, unauthorized("Unauthorized", "The security token does not belong to the key.".to_owned()));
        refuse_if!(
            identity.has_expired(&self.shared.clock),
            unauthorized("SecurityTokenExpired", "The security token has expired.".to_owned())
        );
        Ok(identity)
    }
}

/// What `[{project}.]{region}[-intranet].log.aliyuncs.com` names, or `{project}.localhost`.
fn project_and_region(host: &str) -> (Option<&str>, Option<&'static str>) {
    let host = host.rsplit("//").next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let Some(labels) = host.strip_suffix(".log.aliyuncs.com") else { return (host.strip_suffix(".localhost"), None) };
    let (project, region) = match labels.rsplit_once('.') {
        Some((project, region)) => (Some(project), region),
        None => (None, labels),
    };
    let region = region.strip_suffix("-intranet").or(region.strip_suffix("-share")).unwrap_or(region);
    (project, Region::find(region).map(|region| region.id))
}
