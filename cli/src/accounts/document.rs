//! The accounts document, read and changed through the webhook.

use api::config::ConfigPut;
use api::problem::ProblemKind;
use connection::account::Accounts;

use super::AccountsError;
use crate::webhook::{Webhook, WebhookError};

const PATH: &str = "/v1/config/accounts";
/// How often a change is tried where others change the document at the same time.
const MOST_TRIES: usize = 8;

/// The document, and its entity tag; no account where nobody has put it yet.
///
/// # Errors
/// When the webhook does not tell.
pub async fn read(webhook: &Webhook) -> Result<(Accounts, Option<String>), AccountsError> {
    match webhook.text(PATH).await {
        Ok((text, tag)) => {
            let accounts = Accounts::from_json(text.as_bytes()).map_err(AccountsError::Unreadable)?;
            Ok((accounts, tag))
        }
        Err(WebhookError::Refused(problem)) if problem.kind == ProblemKind::NotFound => Ok((Accounts::none(), None)),
        Err(error) => Err(error.into()),
    }
}

/// Changes the document as it was read; if somebody else changed it meanwhile, reads it again. Tells whether it changed.
///
/// # Errors
/// What `edit` refuses, or the webhook.
pub async fn change(
    webhook: &Webhook,
    edit: impl Fn(&mut Accounts) -> Result<(), AccountsError>,
) -> Result<bool, AccountsError> {
    for _ in 0..MOST_TRIES {
        let (stored, tag) = read(webhook).await?;
        let mut accounts = stored.clone();
        edit(&mut accounts)?;
        if accounts == stored {
            return Ok(false);
        }
        let condition = tag.as_deref().map_or(("if-none-match", "*"), |tag| ("if-match", tag));
        match webhook.replace::<ConfigPut>(PATH, condition, &accounts).await {
            Ok(_) => return Ok(true),
            Err(WebhookError::Refused(problem)) if problem.kind == ProblemKind::PreconditionFailed => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(AccountsError::Contended)
}
