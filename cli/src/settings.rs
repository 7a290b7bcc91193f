//! The settings that functions are given, read before any of them runs: whoever is told that the cloud is ready must be able
//! to call them.

use std::collections::BTreeMap;

use audit::SigningKey;
use bootstrap::HANDLER;
use causeway_local::ros::{Stack, Template};
use cloud_signing::webhook::Secret;
use fc_runtime::Environment;
use fn_webhook::gate::{self, read_secrets};
use secrecy::SecretString;
use transport::{Chain, Io};

use crate::deployment::DeploymentError;

/// The parameter that holds the key of the logs.
const AUDIT_KEY: &str = "AuditKey";
/// The parameter that holds the webhook's secrets.
const SECRETS: &str = "WebhookSecrets";
/// What the local cloud is made with: another value would not be in force everywhere.
const OWN: [&str; 5] = ["AssumedRole", "CodeBucket", "Endpoint", "Release", "StoreBucket"];
/// Of how many functions that read the same setting the names are told.
const NAMED: usize = 3;

/// Parameters given on the command line, by name.
pub struct Given<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Given<'a> {
    /// Takes `parameters`.
    ///
    /// # Errors
    /// When one of them is given twice, or is not for the user to set.
    pub fn new(parameters: &'a [(String, String)]) -> Result<Self, DeploymentError> {
        let mut given = BTreeMap::new();
        for (name, value) in parameters {
            if OWN.contains(&name.as_str()) {
                return Err(DeploymentError::OwnParameter(name.clone()));
            }
            if given.insert(name.as_str(), value.as_str()).is_some() {
                return Err(DeploymentError::TwiceGiven(name.clone()));
            }
        }
        Ok(Self(given))
    }

    /// The key of the logs, if it is given.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn audit_key(&self) -> Result<Option<SigningKey>, DeploymentError> {
        let key = self.0.get(AUDIT_KEY).map(|text| SigningKey::parse(text)).transpose();
        key.map_err(|bad| DeploymentError::Settings(vec![format!("parameter {AUDIT_KEY} does not read: {bad}")]))
    }

    /// The first of the webhook's secrets, if any are given: the one to sign with.
    ///
    /// # Errors
    /// When none of them can be used.
    pub fn secret(&self) -> Result<Option<Secret>, DeploymentError> {
        let Some(list) = self.0.get(SECRETS) else { return Ok(None) };
        let bad = |fault: String| DeploymentError::Settings(vec![fault]);
        let secrets = read_secrets(&SecretString::from(*list));
        let secrets = secrets.map_err(|fault| {
            bad(in_place_of(&fault.to_string(), gate::SECRETS.variable, &named(SECRETS, gate::SECRETS.variable)))
        })?;
        let first = secrets.into_iter().next();
        let none = || bad(format!("parameter {SECRETS} is empty; leave it out, and a secret is made and printed"));
        first.map(|(_, secret)| Some(secret)).ok_or_else(none)
    }
}

/// Builds each function with the settings that it will have.
///
/// # Errors
/// What every function that could not start has to say.
pub fn check(template: &Template, stack: &Stack, io: &Io) -> Result<(), DeploymentError> {
    let mut faults: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for function in stack.functions() {
        let (name, pseudo) = (function.handler.as_str(), &stack.pseudo);
        let platforms =
            [(HANDLER, name), ("FC_ACCOUNT_ID", pseudo.account_id.as_str()), ("FC_REGION", pseudo.region.as_str())];
        let own = function.environment_variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let environment: Environment = own.chain(platforms).collect();
        if let Err(error) = bootstrap::build(&environment, io.clone()) {
            faults.entry(Chain(&*error).to_string()).or_default().push(name);
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    let told = faults.into_iter().map(|(fault, functions)| told(template, &fault, &functions));
    Err(DeploymentError::Settings(told.collect()))
}

/// A fault in the words of whoever sets parameters.
fn told(template: &Template, fault: &str, functions: &[&str]) -> String {
    let mut text = fault.to_owned();
    for (variable, parameter) in template.variables() {
        text = in_place_of(&text, variable, &named(parameter, variable));
    }
    let others = functions.len().saturating_sub(NAMED);
    let more = if others > 0 { format!(" and {others} more") } else { String::new() };
    format!("{text}; read by {}{more}", functions[..functions.len() - others].join(", "))
}

fn named(parameter: &str, variable: &str) -> String {
    format!("parameter {parameter} ({variable})")
}

/// `text` with `by` wherever `word` stands alone.
fn in_place_of(text: &str, word: &str, by: &str) -> String {
    let belongs = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let (mut filled, mut rest) = (String::new(), text);
    while let Some(start) = rest.find(word) {
        let end = start + word.len();
        let is_alone = !rest[..start].ends_with(belongs) && !rest[end..].starts_with(belongs);
        filled.push_str(&rest[..start]);
        filled.push_str(if is_alone { by } else { word });
        rest = &rest[end..];
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use causeway_local::ros::Pseudo;
    use secrecy::ExposeSecret as _;
    use serde_json::json;

    use super::*;
    use crate::deployment::TEMPLATE;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed("causeway.test", [seed; 32]).unwrap()
    }

    /// What is said of the built-in template with one parameter set.
    fn says(name: &str, value: &str) -> String {
        let template = Template::parse(TEMPLATE).unwrap();
        let mut parameters = BTreeMap::from([
            ("CodeBucket".to_owned(), json!("code")),
            ("Release".to_owned(), json!("1")),
            ("StoreBucket".to_owned(), json!("records")),
            ("WebhookSecrets".to_owned(), json!(format!("ann:{SECRET}"))),
            ("AuditKey".to_owned(), json!(key(1).to_text().expose_secret())),
            ("AuditVerifiers".to_owned(), json!(key(1).verifier().to_string())),
            ("Endpoint".to_owned(), json!("http://127.0.0.1:4600")),
        ]);
        parameters.insert(name.to_owned(), json!(value));
        let pseudo = Pseudo::new("1000000000000003", "cn-hangzhou", "causeway");
        let stack = match template.resolve(&parameters, &pseudo) {
            Ok(stack) => stack,
            Err(refused) => return refused.to_string(),
        };
        match check(&template, &stack, &Io::system().unwrap()) {
            Ok(()) => String::new(),
            Err(DeploymentError::Settings(faults)) => faults.join("\n"),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn settings_that_work_are_taken() {
        for (name, value) in [
            ("WebhookSecrets", format!("ann:{SECRET}").as_str()),
            ("AuditVerifiers", format!("{} {}@2027-01-31T00:00:00Z", key(1).verifier(), key(2).verifier()).as_str()),
            ("BearerTokens", ""),
            ("BearerTokens", "ann:a-bearer-token-of-at-least-32-characters"),
            (
                "SinkSecrets",
                r#"{"robot": {"kind": "robot-signing-key", "hosts": ["oapi.dingtalk.com"], "value": "SEC123"}}"#,
            ),
            ("SweepGraceSeconds", "5"),
            ("DriftEveryMinutes", "10080"),
            ("JdcloudKeys", "{}"),
            ("AssumedRole", "causeway"),
            ("Endpoint", ""),
        ] {
            assert_eq!(says(name, value), "", "{name}");
        }
    }

    #[test]
    fn what_cannot_work_is_refused_by_the_parameter_with_its_fault_and_what_to_write() {
        for (name, value, words) in [
            ("WebhookSecrets", "", "1 character"),
            ("WebhookSecrets", SECRET, "has no name"),
            ("WebhookSecrets", "ann:whsec_", "this one has 0"),
            ("WebhookSecrets", &format!("ann:v1,{SECRET}"), "leave out what stands before it"),
            ("WebhookSecrets", "ann:whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "end it with `=`"),
            ("WebhookSecrets", &format!("ann:{SECRET} bob:{SECRET}"), "give each caller its own"),
            ("AuditKey", "sesame", "PRIVATE+KEY+NAME+HASH+KEY"),
            ("AuditKey", key(2).to_text().expose_secret(), "does not name the key"),
            ("AuditVerifiers", "", "1 character"),
            ("AuditVerifiers", &key(2).verifier().to_string(), "does not name the key"),
            ("BearerTokens", "ann:too-few-letters", "shorter than 32 characters"),
            ("SinkSecrets", "not json", "must hold a JSON object"),
            ("SinkSecrets", r#"{"pager": "x", "pager": "y"}"#, "stands there once"),
            ("SinkSecrets", r#"{"pager": "SEC123"}"#, "secret pager is a plain text; write what it is for"),
            (
                "SinkSecrets",
                r#"{"pager": {"kind": "webhook-signing-key", "hosts": ["a.example.com"], "value": "whsec_"}}"#,
                "24 to 64 bytes",
            ),
            ("SinksOnLoopback", "yes", "must be one of"),
            ("SweepGraceSeconds", "4", "at least 5"),
            ("SweepGraceSeconds", "86401", "at most 86400"),
            ("SweepGraceSeconds", "60.5", "a whole number of seconds"),
            ("SweepGraceSeconds", "soon", "is not a number"),
            ("DriftEveryMinutes", "7.5", "a whole number of minutes"),
            ("JdcloudKeys", "sesame", "must be a JSON object"),
            ("JdcloudKeys", r#"{"a": {"access_key_id": "A", "access_key_secret": ""}}"#, "neither of them empty"),
            ("Endpoint", "127.0.0.1:4600", "cannot be used"),
            ("Nonsense", "1", "declares no such parameter"),
        ] {
            let said = says(name, value);
            assert!(said.contains(&format!("parameter {name}")) && said.contains(words), "{name}={value}: {said:?}");
            let is_secret =
                matches!(name, "WebhookSecrets" | "SinkSecrets" | "JdcloudKeys" | "BearerTokens" | "AuditKey");
            assert!(!is_secret || value.is_empty() || !said.contains(value), "it is a secret: {said}");
        }
    }

    #[test]
    fn the_first_of_the_secrets_that_are_given_is_the_one_to_sign_with() {
        let first = |list: &str| {
            let parameters = [("WebhookSecrets".to_owned(), list.to_owned())];
            let secret = Given::new(&parameters).unwrap().secret();
            secret.map(|secret| secret.unwrap().to_text().expose_secret().to_owned()).map_err(|error| error.to_string())
        };
        let other = Secret::from_bytes([7; 32]).unwrap().to_text();
        assert_eq!(first(&format!("ann:{SECRET} bob:{}", other.expose_secret())).as_deref(), Ok(SECRET));
        assert!(first("").unwrap_err().contains("leave it out"));
        assert!(first("ann:whsec_").is_err());
        assert!(Given::new(&[]).unwrap().secret().unwrap().is_none());
    }

    #[test]
    fn what_is_given_twice_or_is_the_local_clouds_own_is_refused() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let twice = [pair("BearerTokens", "a"), pair("BearerTokens", "b")];
        assert!(matches!(Given::new(&twice), Err(DeploymentError::TwiceGiven(name)) if name == "BearerTokens"));
        for name in OWN {
            assert!(matches!(Given::new(&[pair(name, "x")]), Err(DeploymentError::OwnParameter(_))), "{name}");
        }
    }

    #[test]
    fn a_variable_is_named_by_its_parameter_and_no_longer_one_is() {
        assert_eq!(in_place_of("KEYS and KEYS_FILE, MY_KEYS: KEYS", "KEYS", "X"), "X and KEYS_FILE, MY_KEYS: X");
    }
}
