//! `causeway consents`: lists what waits for the consent of accounts' owners, and lets an owner agree or refuse.

use api::connections::Summary;
use api::consents::{Consent, ConsentRequest, SayConsent};
use connection::words::ConnectionName;
use http::Method;
use serde::Serialize;

use crate::args::{Consents, ConsentsCommand, OwnAccount};
use crate::ask::{AskError, confirm};
use crate::remote::{RemoteError, connect};
use crate::render::{add_row, counted, fitted_table, json, say, time};
use crate::webhook::Webhook;

/// Why a command about consents failed.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ConsentsError {
    /// The webhook could not be asked, or refused.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Remote(#[from] RemoteError),
    /// Nobody answered.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Ask(#[from] AskError),
    #[error("connection {0} waits for no consent of the owner of account {1}")]
    #[diagnostic(help("`causeway consents` lists what waits"))]
    NothingWaits(ConnectionName, String),
}

/// What `causeway consents --json` prints.
#[derive(Serialize)]
struct Document {
    version: u32,
    consents: Vec<ConsentRequest>,
}

/// `causeway consents`. Ends with 1 where the owner was asked and did not agree.
///
/// # Errors
/// When the webhook cannot be asked, or refuses.
pub async fn consents(args: &Consents) -> Result<bool, ConsentsError> {
    match &args.command {
        Some(ConsentsCommand::Agree { of, yes }) => agree(of, *yes).await,
        Some(ConsentsCommand::Refuse { of, reason }) => {
            let said = SayConsent { decision: Consent::Refuse, reason: Some(reason.clone()), of: None, dry_run: false };
            say(&connect(&of.webhook)?, of, &said).await
        }
        None => list(args).await,
    }
}

async fn list(args: &Consents) -> Result<bool, ConsentsError> {
    let consents = waiting(&connect(&args.webhook)?).await?;
    if args.webhook.json {
        println!("{}", json(&Document { version: 1, consents }));
        return Ok(true);
    }
    let mut table = fitted_table(&["connection", "account", "owner", "asked by", "for", "until"]);
    for request in &consents {
        let what = format!("{} {}", if request.is_change { "a change of" } else { "a new" }, request.spec.kind());
        let names =
            [request.connection.as_str(), request.account.as_str(), request.owner.as_str(), request.asked_by.as_str()];
        add_row(&mut table, names.into_iter().map(str::to_owned).chain([what, time(request.until)]));
    }
    println!("{table}");
    say!("{}", counted(consents.len(), "consent"));
    for request in &consents {
        say!("to agree or refuse: causeway consents agree|refuse {} {}", request.connection, request.account);
    }
    Ok(true)
}

async fn agree(of: &OwnAccount, yes: bool) -> Result<bool, ConsentsError> {
    let webhook = connect(&of.webhook)?;
    let waiting = waiting(&webhook).await?;
    let is_asked = |request: &ConsentRequest| request.connection == of.name && request.account == of.account;
    let request = waiting.into_iter().find(is_asked);
    let request = request.ok_or_else(|| ConsentsError::NothingWaits(of.name.clone(), of.account.to_string()))?;
    if !yes {
        show(&request);
        if !confirm(&format!("Agree on behalf of {}?", request.owner))? {
            println!("nothing was said; to refuse, write causeway consents refuse");
            return Ok(false);
        }
    }
    let said = SayConsent { decision: Consent::Agree, reason: None, of: Some(request.of), dry_run: false };
    say(&webhook, of, &said).await
}

async fn waiting(webhook: &Webhook) -> Result<Vec<ConsentRequest>, RemoteError> {
    Ok(webhook.list("/v1/consents", "", usize::MAX).await?)
}

/// What the owner is asked to agree to.
fn show(request: &ConsentRequest) {
    let what = if request.is_change { "to change connection" } else { "for a new connection" };
    say!("{} asks {what} {} with account {}:", request.asked_by, request.connection, request.account);
    for (side, ranges) in &request.ranges {
        say!("  the {side}'s ranges: {}", if ranges.is_empty() { "none".to_owned() } else { ranges.join(", ") });
    }
    println!("{}", json(&request.spec));
}

async fn say(webhook: &Webhook, of: &OwnAccount, said: &SayConsent) -> Result<bool, ConsentsError> {
    let path = format!("/v1/connections/{}/consents/{}", of.name, of.account);
    let summary: Summary = webhook.submit(Method::POST, &path, said).await.map_err(RemoteError::from)?;
    say!("connection {} is {}", summary.name, summary.phase);
    Ok(true)
}
