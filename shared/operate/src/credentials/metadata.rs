//! The metadata service of ECS: the credentials of the role that a server has.
//!
//! Version 2 asks with a token first. Version 1, without, is for servers that know no token, and may be switched off.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};

use super::Lease;
use super::handed::{Handed, send};
use super::why::Why;
use crate::surroundings::Surroundings;

const HOST: &str = "100.100.100.200";
const ROLES: &str = "/latest/meta-data/ram/security-credentials/";
const TOKEN_HEADER: &str = "x-aliyun-ecs-metadata-token";
const TOKEN_LIFE_HEADER: &str = "x-aliyun-ecs-metadata-token-ttl-seconds";
/// As long as the SDKs ask for, in seconds.
const TOKEN_LIFE: &str = "21600";
const V1_OFF: &str = "ALIBABA_CLOUD_IMDSV1_DISABLED";
/// It answers at once, or there is none: most machines are no servers of ECS.
const PATIENCE: Duration = Duration::from_secs(1);

/// The credentials of `role`, or of the one that the server has.
pub(super) async fn lease(here: &Surroundings, role: Option<&str>) -> Result<Lease, Why> {
    let token = token(here).await?;
    let role = match role {
        Some(role) => role.to_owned(),
        None => String::from_utf8_lossy(&get(here, "", token.as_deref()).await?).trim().to_owned(),
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if role.is_empty() || role.len() > 64 || !role.bytes().all(is_name) {
        return Err(Why::NoCredentials("the metadata service of ECS (the server has no role)".to_owned()));
    }
    let answer = get(here, &role, token.as_deref()).await?;
    let lease = Handed::read(&answer).ok_or_else(|| Why::NoCredentials(HOST.to_owned()))?;
    Ok(lease.from(format!("role {role} of this ECS server")))
}

/// A token to ask with; none where the service knows only version 1 and that is allowed.
async fn token(here: &Surroundings) -> Result<Option<String>, Why> {
    let request = Request::builder()
        .method(Method::PUT)
        .uri(format!("http://{HOST}/latest/api/token"))
        .header(TOKEN_LIFE_HEADER, TOKEN_LIFE)
        .header(http::header::CONTENT_LENGTH, "0");
    match asked(here, request).await {
        Ok(token) => Ok(Some(String::from_utf8_lossy(&token).trim().to_owned())),
        Err(Why::Refused { .. }) if !here.is_on(V1_OFF) => Ok(None),
        Err(why) => Err(why),
    }
}

async fn get(here: &Surroundings, role: &str, token: Option<&str>) -> Result<Bytes, Why> {
    let request = Request::builder().uri(format!("http://{HOST}{ROLES}{role}"));
    asked(here, token.into_iter().fold(request, |request, token| request.header(TOKEN_HEADER, token))).await
}

async fn asked(here: &Surroundings, request: http::request::Builder) -> Result<Bytes, Why> {
    let no_answer = || Why::NoAnswer(format!("the metadata service of ECS ({HOST})"));
    tokio::time::timeout(PATIENCE, send(here, request, Bytes::new(), HOST)).await.map_err(|_| no_answer())?.map_err(
        |why| match why {
            Why::NoAnswer(_) => no_answer(),
            why => why,
        },
    )
}
