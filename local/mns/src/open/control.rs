//! Encryption and rate limits as a call sets them.

use local_core::rpc::{Params, RpcError};

use super::super::control::{Control, Encryption};
use super::policy::Policy;

/// The only algorithm there is.
pub(super) const ALGORITHM: &str = "AES-256-GCM";

const LIMIT: &str = "TenantRateLimitPolicy";

/// What a call changes; `None` leaves as it is.
#[derive(Debug, Default)]
pub(super) struct ControlChanges {
    receives_per_second: Option<Option<u32>>,
    encryption: Option<Option<Encryption>>,
}

impl ControlChanges {
    pub(super) fn read(params: &Params) -> Result<Self, RpcError> {
        Ok(Self {
            receives_per_second: params.get(LIMIT).map(read_limit).transpose()?,
            encryption: params.get("EnableSSE").map(|_| read_encryption(params)).transpose()?,
        })
    }

    /// `control` with these changes.
    pub(super) fn made_to(self, control: Control) -> Control {
        Control {
            receives_per_second: self.receives_per_second.unwrap_or(control.receives_per_second),
            encryption: self.encryption.unwrap_or(control.encryption),
            ..control
        }
    }
}

fn read_limit(text: &str) -> Result<Option<u32>, RpcError> {
    let policy = Policy::read(LIMIT, text)?;
    if !policy.is_enabled()? {
        return Ok(None);
    }
    match policy.number("MaxReceivesPerSecond")? {
        0 => Err(RpcError::invalid_parameter(LIMIT, "MaxReceivesPerSecond must be at least 1")),
        most => Ok(Some(most)),
    }
}

fn read_encryption(params: &Params) -> Result<Option<Encryption>, RpcError> {
    if !params.flag("EnableSSE")? {
        return Ok(None);
    }
    if params.get("SseAlgorithm").is_some_and(|algorithm| algorithm != ALGORITHM) {
        return Err(RpcError::invalid_parameter("SseAlgorithm", &format!("it must be {ALGORITHM}")));
    }
    match params.get("SseType") {
        None | Some("SMQ") => Ok(Some(Encryption::Service)),
        Some("KMS") => Ok(Some(Encryption::KeyManagement { key_id: params.required("KmsKeyId")?.to_owned() })),
        Some(_) => Err(RpcError::invalid_parameter("SseType", "it must be SMQ or KMS")),
    }
}
