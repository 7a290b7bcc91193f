//! `causeway approvals`: endpoints that ask to be connected, and a person's word on them.

use api::approvals::{Decide, Decision, DecisionPlan, Decisions};
use approval::request::PersonSays;
use http::Method;
use serde::Serialize;

use crate::args::{ApprovalsArgs, ApprovalsCommand, DecideArgs};
use crate::remote::{RemoteError, connect};
use crate::render::{add_row, counted, fitted_table, json, say, time, word};
use crate::webhook::{Webhook, WebhookError};

const PATH: &str = "/v1/approvals";

/// What `causeway approvals --json` prints.
#[derive(Serialize)]
struct Document {
    version: u32,
    /// What the last sweep saw, with the endpoints that wait.
    sweep: Option<approval::report::Report>,
    /// The newest decision of each endpoint.
    decisions: Vec<Decision>,
}

/// `causeway approvals`.
///
/// # Errors
/// When the webhook refuses, or cannot be asked.
pub async fn approvals(args: &ApprovalsArgs) -> Result<bool, RemoteError> {
    match &args.command {
        None => list(&args.webhook).await,
        Some(ApprovalsCommand::List { webhook }) => list(webhook).await,
        Some(ApprovalsCommand::Approve(of)) => decide(of, PersonSays::Approve).await,
        Some(ApprovalsCommand::Reject(of)) => decide(of, PersonSays::Reject).await,
        Some(ApprovalsCommand::Hold(of)) => decide(of, PersonSays::Hold).await,
    }
}

async fn list(args: &crate::args::WebhookArgs) -> Result<bool, RemoteError> {
    let webhook = connect(args)?;
    let (sweep, decisions) = all(&webhook).await?;
    if args.json {
        println!("{}", json(&Document { version: 1, sweep, decisions }));
        return Ok(true);
    }
    let waiting = sweep.iter().flat_map(|sweep| &sweep.waiting);
    let mut table = fitted_table(&["service", "endpoint", "of account", "region", "since", "what the policy says"]);
    let mut count = 0;
    for one in waiting {
        count += 1;
        let request = &one.request;
        let account = request.account_id.as_deref().unwrap_or("not known");
        let names = [request.service_id.as_str(), &request.endpoint_id, account, &request.region];
        let cells = names.into_iter().map(str::to_owned).chain([time(one.since), one.verdict.detail.clone()]);
        add_row(&mut table, cells);
    }
    println!("{table}");
    say!("{} not connected; {} known", counted(count, "endpoint"), counted(decisions.len(), "decision"));
    if count > 0 {
        say!("to decide: causeway approvals approve|reject|hold SERVICE ENDPOINT --reason TEXT");
    }
    if sweep.is_none() {
        say!("no sweep has looked at endpoints yet: it runs each minute");
    }
    Ok(true)
}

/// What the last sweep saw, and every decision.
async fn all(webhook: &Webhook) -> Result<(Option<approval::report::Report>, Vec<Decision>), WebhookError> {
    let first: Decisions = webhook.get(&format!("{PATH}?limit=1")).await?;
    Ok((first.sweep, webhook.list(PATH, "", usize::MAX).await?))
}

async fn decide(of: &DecideArgs, decision: PersonSays) -> Result<bool, RemoteError> {
    let webhook = connect(&of.webhook)?;
    let path = format!("{PATH}/{}/{}", of.service, of.endpoint);
    let said = Decide { decision, reason: of.reason.clone() };
    if of.dry_run {
        let plan: DecisionPlan = webhook.submit(Method::POST, &format!("{path}?dry_run=true"), &said).await?;
        if of.webhook.json {
            println!("{}", json(&plan));
        } else if plan.changes {
            say!("it would be recorded; nothing was changed");
        } else {
            say!("this decision stands already");
        }
        return Ok(true);
    }
    let decided: Decision = webhook.submit(Method::POST, &path, &said).await?;
    if of.webhook.json {
        println!("{}", json(&decided));
    } else {
        say!(
            "endpoint {}: {} is recorded as entry {}; causeway why {0} tells what becomes of it",
            decided.endpoint_id,
            word(&decision),
            decided.sequence
        );
    }
    Ok(true)
}
