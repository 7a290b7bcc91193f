//! A word that a person says twice: a request that was sent again because its answer was lost, or one that means to act anew.

use alicloud::private_link::ConnectionStatus;
use api::call::EndpointName;
use approval::decision::{EndpointState, Place};
use approval::request::Word;
use connection::inventory::reading::Unavailable;
use engine::endpoint::Provider;
use engine::services::Services;
use engine::session::Session;
use jiff::SignedDuration;
use transport::Chain;

use crate::problem_json::Refusal;

/// For how long the same word of the same person may be a request that was sent again.
const SENT_AGAIN: SignedDuration = SignedDuration::from_mins(10);

/// Whether `word` is the one that stands, by the same person and a moment ago.
pub fn is_said_again(state: &EndpointState, word: &Word) -> bool {
    let is_same = |before: &Word| {
        (before.decision, &before.reason, &before.by) == (word.decision, &word.reason, &word.by)
            && word.at.duration_since(before.at) < SENT_AGAIN
    };
    state.person.as_ref().is_some_and(is_same)
}

/// Whether the word that stands would do no more if it were said once more.
///
/// A word that was tried and failed would be tried again. An approval connects once: where it did, only the cloud knows
/// whether somebody has cut the endpoint since, and a second approval would connect it.
///
/// # Errors
/// When the cloud must be asked and does not answer.
pub async fn changes_nothing(
    services: &Services,
    name: &EndpointName,
    place: &Place,
    state: &EndpointState,
) -> Result<bool, Refusal> {
    if state.failed {
        return Ok(false);
    }
    if !state.person_has_connected() {
        return Ok(true);
    }
    let unknown = |why: String| {
        Refusal::unavailable(format!(
            "this decision was recorded a moment ago; whether the endpoint is still connected cannot be read, so nothing \
             more was recorded: {why}"
        ))
    };
    let provider = Provider::of(&services.clouds, &Session::reading(None, None), place);
    let provider = provider.map_err(|not_done| unknown(Unavailable::from(not_done).to_string()))?;
    let endpoint = provider.link.connection(name.service.as_str(), name.endpoint.as_str()).await;
    let endpoint = endpoint.map_err(|error| unknown(Chain(&error).to_string()))?;
    let stands =
        |status: &ConnectionStatus| matches!(status, ConnectionStatus::Connected | ConnectionStatus::Connecting);
    Ok(endpoint.is_none_or(|endpoint| stands(&endpoint.status)))
}
