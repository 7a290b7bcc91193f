//! Security Token Service (2015-04-01): temporary credentials for roles.

use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;
use local_core::calls::{Need, Product as Name};
use local_core::coverage::Coverage;
use local_core::identity::{Identity, IdentityError, Principal};
use local_core::policy::Policy;
use local_core::ram::{self, Caller};
use local_core::refuse_if;
use local_core::rpc::{Params, Product, RpcError, RpcRequest};
use local_core::shared::Shared;
use local_core::words;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

/// The version that its clients send.
pub(crate) const VERSION: &str = "2015-04-01";

const SHORTEST: u32 = 900;
const USUAL: u32 = 3600;
/// How long a session's policy may be, in bytes: "smaller than 2048" (docs/reference/mns-signing-sts.md, section 4.1).
const LONGEST_POLICY: usize = 2047;

/// The service. All its state is in [`Shared::identities`].
pub(crate) struct Sts {
    shared: Shared,
}

words! {
    enum Action {
        AssumeRole = "AssumeRole",
        GetCallerIdentity = "GetCallerIdentity",
    }
}

impl Product for Sts {
    fn name(&self) -> Name {
        Name::Sts
    }

    /// Issued credentials change nothing that anybody else could see.
    fn is_write(&self, action: &str) -> Option<bool> {
        action.parse::<Action>().is_ok().then_some(false)
    }

    /// Whoever can sign may ask who he is.
    fn needs(&self, request: &RpcRequest) -> Vec<Need> {
        match request.action.parse() {
            Ok(Action::GetCallerIdentity) => Vec::new(),
            Ok(Action::AssumeRole) | Err(()) => {
                let arn = request.params.get("RoleArn").unwrap_or_default();
                let role =
                    ram::parse_role_arn(arn).map_or_else(|| "*".to_owned(), |(of, name)| ram::role_arn(of, name));
                vec![Need::new(format!("sts:{}", request.action), role)]
            }
        }
    }

    fn facts(&self, request: &RpcRequest) -> Vec<(&'static str, String)> {
        request.params.get("ExternalId").map(|id| ("sts:ExternalId", id.to_owned())).into_iter().collect()
    }

    fn denial(&self) -> &'static str {
        "NoPermission"
    }

    fn coverage(&self) -> Coverage {
        let operations = Action::ALL.iter().map(|action| (action.word(), false));
        Coverage::of_rpc(self, VERSION, operations, include_str!("sts-codes.txt"))
    }

    fn call(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        match request.action.parse() {
            Ok(Action::AssumeRole) => self.assume_role(request),
            Ok(Action::GetCallerIdentity) => Ok(caller_identity(&request.caller)),
            Err(()) => Err(RpcError::unknown_action(&request.action, VERSION)),
        }
    }
}

impl Sts {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { shared }
    }

    fn assume_role(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let params = &request.params;
        let arn = params.required("RoleArn")?;
        let session = params.required("RoleSessionName")?;
        let (account_id, name) =
            ram::parse_role_arn(arn).ok_or_else(|| invalid("RoleArn", "acs:ram::ACCOUNT:role/NAME"))?;
        check_text("RoleSessionName", session, 2..=64, b".@-_")?;
        let external_id = params.get("ExternalId");
        if let Some(id) = external_id {
            check_text("ExternalId", id, 2..=1224, b"_+=,.@:/-")?;
        }
        let policy = session_policy(params)?;
        let role = self.shared.identities.role(account_id, name).ok_or_else(|| no_such_role(arn))?;
        let caller = Caller::Principal { account_id: request.account(), principal: &request.caller.principal };
        refuse_if!(!role.trust.permits(caller, external_id), forbidden "NoPermission",
            "You are not authorized to do this action. The role {arn} does not trust you.");
        let range = SHORTEST..=role.max_session_seconds;
        let seconds = match params.get("DurationSeconds").map(str::parse) {
            None => USUAL,
            Some(Ok(seconds)) if range.contains(&seconds) => seconds,
            Some(_) => {
                return Err(invalid("DurationSeconds", &format!("{SHORTEST} to {}", role.max_session_seconds)));
            }
        };
        let duration = Duration::from_secs(u64::from(seconds));
        let issued =
            self.shared.identities.assume_within(&request.caller, arn, session, duration, policy).map_err(|error| {
                match error {
                    IdentityError::NoSuchRole(arn) => no_such_role(&arn),
                    IdentityError::Storage(error) => error.into(),
                }
            })?;
        Ok(json!({
            "AssumedRoleUser": { "Arn": issued.assumed_role_arn, "AssumedRoleId": issued.assumed_role_id },
            "Credentials": {
                "AccessKeyId": issued.access_key_id,
                "AccessKeySecret": issued.access_key_secret.expose_secret(),
                "SecurityToken": issued.security_token.expose_secret(),
                "Expiration": seconds_of(issued.expires),
            },
        }))
    }
}

fn caller_identity(caller: &Identity) -> Value {
    let account = &caller.account_id;
    match &caller.principal {
        Principal::Account => json!({
            "IdentityType": "RAMUser",
            "AccountId": account,
            "UserId": account,
            "PrincipalId": account,
            "Arn": format!("acs:ram::{account}:user/{}", ram::ADMINISTRATOR),
        }),
        Principal::Role { name, session } => json!({
            "IdentityType": "AssumedRoleUser",
            "AccountId": account,
            "RoleId": ram::role_id(account, name),
            "PrincipalId": format!("{}:{session}", ram::role_id(account, name)),
            "Arn": format!("acs:ram::{account}:assumed-role/{}/{session}", name.to_lowercase()),
        }),
    }
}

fn check_text(name: &str, text: &str, length: std::ops::RangeInclusive<usize>, signs: &[u8]) -> Result<(), RpcError> {
    let fits = length.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || signs.contains(&b));
    if fits {
        Ok(())
    } else {
        Err(invalid(name, &format!("{} to {} letters, digits and signs", length.start(), length.end())))
    }
}

fn session_policy(params: &Params) -> Result<Option<Value>, RpcError> {
    let Some(policy) = params.get("Policy") else { return Ok(None) };
    refuse_if!(
        policy.len() > LONGEST_POLICY,
        RpcError::bad("InvalidParameter.PolicySize", "The size of Policy must be smaller than 2048 bytes.")
    );
    let document = serde_json::from_str::<Value>(policy).map_err(|error| error.to_string());
    let document = document.and_then(|document| Policy::read(&document).map(|_| document));
    document.map(Some).map_err(|error| invalid("PolicyGrammar", &format!("a policy document in JSON ({error})")))
}

fn invalid(what: &str, wanted: &str) -> RpcError {
    RpcError::bad(
        format!("InvalidParameter.{what}"),
        format!("The parameter {what} is wrongly formed: expected {wanted}."),
    )
}

fn no_such_role(arn: &str) -> RpcError {
    RpcError::new(StatusCode::NOT_FOUND, "EntityNotExist.Role", format!("The specified Role not exists: {arn}."))
}

fn seconds_of(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use local_core::clock::Clock;
    use local_core::delays::Delays;
    use local_core::ram::{Role, Trust};
    use local_core::shared::Home;
    use local_core::table::Storage;

    use super::*;

    const ARN: &str = "acs:ram::2000000000000002:role/net-ops";

    fn assume(params: &[(&str, &str)]) -> Result<Value, RpcError> {
        let home = Home { account_id: "1000000000000001".into(), region: "cn-hangzhou".into() };
        let shared = Shared::open(Storage::in_memory(), Clock::system(), home, Delays::default(), 1, 0).unwrap();
        shared.identities.add_account("1000000000000001", "testid", "testsecret".into());
        shared
            .identities
            .put_role(Role::new("2000000000000002", "net-ops", Trust::account("1000000000000001")))
            .unwrap();
        shared
            .identities
            .put_role(Role::new("2000000000000002", "closed", Trust::account("3000000000000003")))
            .unwrap();
        let caller = shared.identities.find("testid").unwrap();
        let request = RpcRequest {
            product: Name::Sts,
            action: "AssumeRole".into(),
            caller,
            region: "cn-hangzhou".into(),
            params: Params::from(params),
        };
        Sts::new(shared).call(&request)
    }

    #[test]
    fn a_trusted_caller_gets_credentials_of_the_role() {
        let answer = assume(&[("RoleArn", ARN), ("RoleSessionName", "s-1")]).unwrap();
        assert_eq!(answer["AssumedRoleUser"]["Arn"], format!("{ARN}/s-1"));
        assert!(answer["Credentials"]["AccessKeyId"].as_str().unwrap().starts_with("STS."));
    }

    #[test]
    fn each_bad_parameter_has_its_code() {
        let closed = "acs:ram::2000000000000002:role/closed";
        let long = "x".repeat(65);
        let policy = |bytes: usize| {
            let empty = json!({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "", "Resource": "*"}]});
            let action = "a".repeat(bytes - empty.to_string().len());
            empty.to_string().replace("\"Action\":\"\"", &format!("\"Action\":\"{action}\""))
        };
        let (longest, too_long) = (policy(2047), policy(2048));
        assume(&[("RoleArn", ARN), ("RoleSessionName", "s-1"), ("Policy", &longest)]).unwrap();
        for (params, status, code) in [
            (vec![("RoleSessionName", "s-1")], 400, "MissingParameter"),
            (vec![("RoleArn", ARN)], 400, "MissingParameter"),
            (vec![("RoleArn", "role/x"), ("RoleSessionName", "s-1")], 400, "InvalidParameter.RoleArn"),
            (vec![("RoleArn", ARN), ("RoleSessionName", "s")], 400, "InvalidParameter.RoleSessionName"),
            (vec![("RoleArn", ARN), ("RoleSessionName", "a b")], 400, "InvalidParameter.RoleSessionName"),
            (vec![("RoleArn", ARN), ("RoleSessionName", &long)], 400, "InvalidParameter.RoleSessionName"),
            (
                vec![("RoleArn", ARN), ("RoleSessionName", "s-1"), ("DurationSeconds", "899")],
                400,
                "InvalidParameter.DurationSeconds",
            ),
            (
                vec![("RoleArn", ARN), ("RoleSessionName", "s-1"), ("DurationSeconds", "3601")],
                400,
                "InvalidParameter.DurationSeconds",
            ),
            (
                vec![("RoleArn", ARN), ("RoleSessionName", "s-1"), ("Policy", "{}")],
                400,
                "InvalidParameter.PolicyGrammar",
            ),
            (
                vec![("RoleArn", ARN), ("RoleSessionName", "s-1"), ("Policy", "{\"Version\": \"1\"")],
                400,
                "InvalidParameter.PolicyGrammar",
            ),
            (
                vec![("RoleArn", ARN), ("RoleSessionName", "s-1"), ("Policy", &too_long)],
                400,
                "InvalidParameter.PolicySize",
            ),
            (
                vec![("RoleArn", "acs:ram::2000000000000002:role/none"), ("RoleSessionName", "s-1")],
                404,
                "EntityNotExist.Role",
            ),
            (vec![("RoleArn", closed), ("RoleSessionName", "s-1")], 403, "NoPermission"),
        ] {
            let error = assume(&params).unwrap_err();
            assert_eq!((error.status.as_u16(), error.code.as_str()), (status, code), "{params:?}");
        }
    }
}
