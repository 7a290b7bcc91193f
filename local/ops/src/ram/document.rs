//! Trust and permission policies as they are sent.

use local_core::directory::{Directory, UnknownPrincipals, role_key};
use local_core::policy::Policy;
use local_core::ram::{ADMINISTRATOR, Trust, parse_role_arn};
use local_core::refuse_if;
use local_core::rpc::RpcError;
use serde_json::Value;

use super::refusal;

/// The longest document of either kind, in characters. Older texts have 2,048 and 4,096
/// (docs/reference/deploy-apis.md, section 2.1).
const LONGEST: usize = 6144;

/// A permission policy, whose text is kept as it is.
pub(super) fn permissions(text: &str) -> Result<String, RpcError> {
    let document = read(text)?;
    Policy::read(&document).map_err(|why| refusal::malformed(&why))?;
    Ok(text.to_owned())
}

/// A trust policy.
pub(super) fn trust(directory: &Directory, text: &str) -> Result<Trust, RpcError> {
    let document = read(text)?;
    let has_federated = document["Statement"]
        .as_array()
        .is_some_and(|all| all.iter().any(|one| one["Principal"].get("Federated").is_some()));
    let trust: Trust = serde_json::from_value(document).map_err(|error| refusal::malformed(&error.to_string()))?;
    refuse_if!(trust.version != "1", refusal::malformed("Version must be \"1\""));
    refuse_if!(trust.statement.is_empty(), refusal::malformed("Statement names nobody"));
    for statement in &trust.statement {
        let (ram, service) = (&statement.principal.ram.0, &statement.principal.service.0);
        refuse_if!(statement.action.0.is_empty(), refusal::malformed("a statement has no Action"));
        refuse_if!(
            ram.is_empty() && service.is_empty() && !has_federated,
            refusal::malformed("a statement names no Principal")
        );
        for arn in ram {
            check_principal(directory, arn)?;
        }
    }
    Ok(trust)
}

fn check_principal(directory: &Directory, arn: &str) -> Result<(), RpcError> {
    let malformed = || refusal::malformed(&format!("{arn} is not a principal"));
    refuse_if!(arn.contains(['*', '?']), malformed());
    let rest = arn.strip_prefix("acs:ram::").ok_or_else(malformed)?;
    let (account, who) = rest.split_once(':').ok_or_else(malformed)?;
    refuse_if!(account.is_empty() || !account.bytes().all(|byte| byte.is_ascii_digit()), malformed());
    let exists = match who.split_once('/') {
        None if who == "root" => true,
        Some(("role", _)) => {
            let (account, name) = parse_role_arn(arn).ok_or_else(malformed)?;
            directory.roles.get(&role_key(account, name)).is_some()
        }
        Some(("user", name)) => name == ADMINISTRATOR,
        _ => return Err(malformed()),
    };
    let refuses = directory.settings.unknown_principals == UnknownPrincipals::Refuse;
    refuse_if!(!exists && refuses, refusal::malformed(&format!("{arn} does not exist")));
    Ok(())
}

fn read(text: &str) -> Result<Value, RpcError> {
    refuse_if!(text.chars().count() > LONGEST, refusal::document_length(LONGEST));
    serde_json::from_str(text).map_err(|error| refusal::malformed(&error.to_string()))
}
