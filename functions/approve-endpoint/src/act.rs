//! Asking the cloud to connect or to cut.

use std::time::Duration;

use alicloud::private_link::{EnableVpcEndpointConnection, PrivateLink};
use alicloud::{ClientToken, Kind, Patience};
use approval::decision::{Act, Open};
use sha2::{Digest as _, Sha256};

/// What the cloud said.
#[derive(Debug)]
pub enum CallOutcome {
    /// It has taken it on; its id of the request.
    Accepted(Option<String>),
    /// Look again after this time: it is busy, or what became of the request is not known.
    LookAgain(Duration, alicloud::Error),
    /// No, and asking again would not help.
    Refused(alicloud::Error),
}

/// The client token of one intent: the same for every try of it, another for every other.
#[must_use]
pub fn client_token(service_id: &str, endpoint_id: &str, open: &Open) -> ClientToken {
    let intent = format!("{service_id}\n{endpoint_id}\n{:?}\n{}\n{}", open.act, open.sequence, open.at);
    hex::encode(Sha256::digest(intent)).parse().expect("64 hexadecimal digits are a client token")
}

/// Asks once. Nothing is waited for: whether it came to be is read back on a later visit.
pub async fn ask(link: &PrivateLink, service_id: &str, endpoint_id: &str, open: &Open) -> CallOutcome {
    let client_token = client_token(service_id, endpoint_id, open);
    let answer = match open.act {
        Act::Connect => {
            let request = EnableVpcEndpointConnection {
                service_id: service_id.to_owned(),
                endpoint_id: endpoint_id.to_owned(),
                bandwidth: open.verdict.bandwidth_mbps,
                client_token,
            };
            link.enable_vpc_endpoint_connection(&request).await
        }
        Act::Cut => link.disable_vpc_endpoint_connection(service_id, endpoint_id, &client_token).await,
    };
    match answer {
        Ok(request_id) => CallOutcome::Accepted(request_id),
        Err(error) => match patience(&error) {
            Some(delay) => CallOutcome::LookAgain(delay, error),
            None => CallOutcome::Refused(error),
        },
    }
}

/// How long to wait before looking again after this error; `None` where looking again would show nothing new.
#[must_use]
pub fn patience(error: &alicloud::Error) -> Option<Duration> {
    match error.patience() {
        Patience::Shortly => Some(Duration::from_secs(3)),
        Patience::BackOff => Some(Duration::from_secs(10)),
        // What is gone may have been connected or cut by somebody else: reading tells.
        Patience::GiveUp => (error.kind() == Kind::Gone).then_some(Duration::from_secs(3)),
    }
}
