//! Credentials that others hand out: addresses, the metadata service, STS for a token, programs.

use alicloud::{Credentials, Endpoints};
use bytes::Bytes;
use http::{Method, Request, StatusCode, Uri};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use transport::AnswerLimit;

use super::Lease;
use super::config::{Profile, parse};
use super::recipe::{Oidc, Recipe};
use super::why::Why;
use crate::call::Call;
use crate::error::Error;
use crate::surroundings::Surroundings;

/// No answer of these is longer.
const LONGEST_ANSWER: usize = 64 * 1024;

/// What the metadata service and credential addresses answer.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Handed {
    code: Option<String>,
    access_key_id: String,
    access_key_secret: String,
    security_token: Option<String>,
    expiration: Option<Timestamp>,
}

impl Handed {
    /// The credentials in an answer, if it says success and holds any.
    pub(super) fn read(answer: &[u8]) -> Option<Lease> {
        let handed: Self = cloud_wire::lenient::from_slice(answer).ok()?;
        handed.code.as_deref().is_none_or(|code| code == "Success").then(|| handed.lease())
    }

    fn lease(self) -> Lease {
        let mut credentials = Credentials::new(self.access_key_id, self.access_key_secret);
        credentials.security_token = self.security_token.map(Into::into);
        Lease { expires: self.expiration, ..Lease::lasting(credentials) }
    }
}

/// Sends one request and takes what is answered with 200; no redirect is followed.
pub(super) async fn send(
    here: &Surroundings,
    request: http::request::Builder,
    body: Bytes,
    host: &str,
) -> Result<Bytes, Why> {
    let no_answer = || Why::NoAnswer(host.to_owned());
    let request = request.extension(AnswerLimit(LONGEST_ANSWER)).body(body).map_err(|_| no_answer())?;
    let answer = here.io.transport.send(request).await.map_err(|_| no_answer())?;
    match answer.status() {
        StatusCode::OK => Ok(answer.into_body()),
        status => Err(Why::Refused { host: host.to_owned(), status: status.as_u16() }),
    }
}

/// What an address hands out. Its query may hold a secret: messages name the host alone.
pub(super) async fn by_uri(here: &Surroundings, uri: &str) -> Result<Lease, Why> {
    let no_address = || Why::NoAnswer("the credentials URI, which is no http:// or https:// address".to_owned());
    let uri: Uri = uri.parse().map_err(|_| no_address())?;
    let host = match (uri.scheme_str(), uri.host()) {
        (Some("http" | "https"), Some(host)) => host.to_owned(),
        _ => return Err(no_address()),
    };
    let answer = send(here, Request::builder().uri(uri), Bytes::new(), &host).await?;
    Handed::read(&answer).ok_or(Why::NoCredentials(host))
}

/// Takes on a role with a token. The call is not signed: the token speaks for itself, so it travels in the body.
pub(super) async fn by_oidc(here: &Surroundings, oidc: &Oidc, token: &SecretString) -> Result<Lease, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        credentials: Handed,
    }
    let call = Call::AssumeRoleWithOIDC;
    let query = [
        ("Action", call.action().to_owned()),
        ("Format", "JSON".to_owned()),
        ("SignatureNonce", here.io.entropy.nonce()),
        ("Timestamp", here.io.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        ("Version", call.product().version().to_owned()),
    ];
    let form = [
        ("RoleArn", Some(oidc.role.to_string())),
        ("OIDCProviderArn", Some(oidc.provider.clone())),
        ("OIDCToken", Some(token.expose_secret().to_owned())),
        ("RoleSessionName", Some(oidc.session.to_string())),
        ("DurationSeconds", oidc.duration_seconds.map(|seconds| seconds.to_string())),
        ("Policy", oidc.policy.as_ref().map(ToString::to_string)),
    ];
    let form = form.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)));
    let base = sts_base(&oidc.sts);
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("{base}/?{}", cloud_signing::encode::query(query)))
        .header(http::header::ACCEPT, "application/json")
        .header(http::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .extension(AnswerLimit(LONGEST_ANSWER))
        .body(Bytes::from(cloud_signing::encode::query(form)))
        .map_err(|error| Error::request(call, None, error))?;
    let answer = cloud_error::received(call, None, here.io.transport.send(request).await)?;
    let status = answer.status();
    if !status.is_success() {
        let refusal = alicloud::wire::from_json(status, answer.body());
        return Err(Error::answer(call, None, refusal, &Credentials::new("", "")));
    }
    let read: Answer = cloud_wire::lenient::from_slice(answer.body())
        .map_err(|_| Error::malformed(call, None, status, None, "no credentials in it"))?;
    Ok(read.credentials.lease())
}

fn sts_base(endpoints: &Endpoints) -> String {
    endpoints.rpc(alicloud::Product::Sts, None)
}

/// What a program prints: a profile, of any mode that needs no program.
pub(super) async fn by_program(here: &Surroundings, profile: &str, command: &SecretString) -> Result<Recipe, Why> {
    let failed =
        |rule: &str| Why::BadField { profile: profile.to_owned(), field: "process_command", rule: rule.to_owned() };
    let words = shlex::split(command.expose_secret()).ok_or_else(|| failed("has a quote that does not end"))?;
    let (program, arguments) = words.split_first().ok_or_else(|| failed("is empty"))?;
    let output = here.programs.run(program, arguments).await;
    let output = output.map_err(|failed| Why::Program { profile: profile.to_owned(), failed })?;
    let document = format!("the output of the process_command of profile {}", strict::quoted(profile));
    let text = String::from_utf8(output).map_err(|_| failed("prints something that is not UTF-8"))?;
    let mut printed: Profile = parse(&text, &document)?;
    if printed.mode.as_deref().is_some_and(|mode| mode.eq_ignore_ascii_case("External")) {
        return Err(failed("prints a profile of mode External, which would run another program"));
    }
    printed.name = Some(profile.to_owned());
    Recipe::of_profile(here, &printed, None)
}
