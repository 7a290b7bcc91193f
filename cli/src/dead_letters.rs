//! `causeway dead-letters`: lists messages that functions failed to handle, sends them again, discards them.

use std::collections::BTreeSet;
use std::time::Duration;

use api::DryRun;
use api::dead_letters::{DeadLetter, DeadLetters, DiscardDeadLetter, Done, LetterId};
use api::problem::ProblemKind;
use comfy_table::Table;
use http::Method;
use serde::Serialize;
use tokio::time::sleep;

use crate::args::{DeadLettersArgs, DeadLettersCommand, Letter, WebhookArgs};
use crate::remote::{RemoteError, connect};
use crate::render::{add_row, counted, fitted_table, json, say, time};
use crate::webhook::{Webhook, WebhookError};

const PATH: &str = "/v1/dead-letters";
/// How often a letter is asked for that is in somebody's hands, and how soon: longer in all than a request that died holds it.
const MOST_TRIES: u32 = 20;
const AGAIN: Duration = Duration::from_secs(2);
/// How often the list is read for `replay --all`: the queue shows sixteen letters at a time.
const MOST_ROUNDS: usize = 200;

/// `causeway dead-letters`. Ends with 1 where something was to be sent again and was not.
///
/// # Errors
/// When the webhook cannot be asked, or refuses.
pub async fn dead_letters(args: &DeadLettersArgs) -> Result<bool, RemoteError> {
    match &args.command {
        None => list(&args.webhook).await,
        Some(DeadLettersCommand::List { webhook }) => list(webhook).await,
        Some(DeadLettersCommand::Show(Letter { id, webhook })) => {
            let letter: DeadLetter = connect(webhook)?.get(&format!("{PATH}/{id}")).await?;
            show(&letter, webhook.json);
            Ok(true)
        }
        Some(DeadLettersCommand::Replay { id: Some(id), webhook, .. }) => {
            show(&replay(&connect(webhook)?, id).await?, webhook.json);
            Ok(true)
        }
        Some(DeadLettersCommand::Replay { id: None, webhook, .. }) => {
            replay_all(&connect(webhook)?, webhook.json).await
        }
        Some(DeadLettersCommand::Discard { letter: Letter { id, webhook }, reason }) => {
            let why = DiscardDeadLetter { reason: reason.clone(), dry_run: false };
            let letter = ask(&connect(webhook)?, id, "discard", &why).await?;
            show(&letter, webhook.json);
            Ok(true)
        }
    }
}

/// Asks for something to be done with a letter. One that is in somebody's hands is asked for again: whoever looks for a letter holds
/// others for a moment.
async fn ask(webhook: &Webhook, id: &LetterId, what: &str, how: &impl Serialize) -> Result<DeadLetter, WebhookError> {
    let path = format!("{PATH}/{id}/{what}");
    let mut tries = 1;
    loop {
        match webhook.submit(Method::POST, &path, how).await {
            Err(WebhookError::Refused(problem)) if problem.kind == ProblemKind::Unavailable && tries < MOST_TRIES => {
                tries += 1;
                sleep(AGAIN).await;
            }
            ended => return ended,
        }
    }
}

async fn replay(webhook: &Webhook, id: &LetterId) -> Result<DeadLetter, WebhookError> {
    ask(webhook, id, "replay", &DryRun { dry_run: false }).await
}

async fn list(webhook: &WebhookArgs) -> Result<bool, RemoteError> {
    let found: DeadLetters = connect(webhook)?.get(PATH).await?;
    if webhook.json {
        println!("{}", json(&found));
        return Ok(true);
    }
    if !found.items.is_empty() {
        println!("{}", table(&found.items));
    }
    let shown = found.items.len();
    say!("{}", counted(shown, "dead letter"));
    if let Some(more) = more(&found) {
        say!("{more}");
    }
    if found.items.iter().any(|letter| !letter.messages.is_empty()) {
        say!("to send one again: causeway dead-letters replay ID; all of them: causeway dead-letters replay --all");
    }
    if found.items.iter().any(|letter| letter.messages.is_empty()) {
        say!("one that does not read can only be discarded: causeway dead-letters discard ID --reason TEXT");
    }
    Ok(true)
}

/// What the list does not show.
fn more(found: &DeadLetters) -> Option<String> {
    let shown = u64::try_from(found.items.len()).unwrap_or(u64::MAX);
    let hidden = found.in_queue.saturating_sub(shown);
    match (hidden, found.in_hands) {
        (0, 0) => None,
        (hidden, in_hands) => Some(format!(
            "the queue counts about {} more that it does not show, or that you may not see, and {in_hands} that somebody has taken; it \
             shows sixteen at most",
            hidden
        )),
    }
}

/// Sends everything again that reads, a list at a time.
async fn replay_all(webhook: &Webhook, as_json: bool) -> Result<bool, RemoteError> {
    let (mut tried, mut unreadable, mut replayed) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    let (mut failed, mut waits, mut away) = (0_usize, 1, 0);
    for _ in 0..MOST_ROUNDS {
        let found: DeadLetters = webhook.get(PATH).await?;
        away = found.in_hands;
        let (read, other): (Vec<_>, Vec<_>) = found.items.into_iter().partition(|letter| !letter.messages.is_empty());
        unreadable.extend(other.into_iter().map(|letter| letter.id));
        let new: Vec<_> = read.into_iter().map(|letter| letter.id).filter(|id| tried.insert(id.clone())).collect();
        if new.is_empty() {
            // What was held a moment ago, while others were looked for, is not shown yet.
            if away == 0 || waits == MOST_TRIES {
                break;
            }
            waits += 1;
            sleep(AGAIN).await;
        }
        for id in new {
            match replay(webhook, &id).await {
                Ok(letter) => replayed.push(letter),
                Err(WebhookError::Refused(problem)) => {
                    failed += 1;
                    eprintln!("{id}: {}", crate::webhook::in_words(&problem));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    if as_json {
        println!("{}", json(&replayed));
    } else {
        if !replayed.is_empty() {
            println!("{}", table(&replayed));
        }
        say!("{} sent again", counted(replayed.len(), "dead letter"));
    }
    if !unreadable.is_empty() {
        eprintln!("{} cannot be read, only discarded", counted(unreadable.len(), "letter"));
    }
    if away > 0 {
        eprintln!("about {away} more are in somebody's hands: run it again in a minute");
    }
    Ok(failed == 0)
}

fn show(letter: &DeadLetter, as_json: bool) {
    if as_json {
        println!("{}", json(letter));
        return;
    }
    println!("{}", table(std::slice::from_ref(letter)));
    for message in &letter.messages {
        say!("{}  {}", message.queue, message.body);
    }
    if let Some(text) = &letter.text {
        say!("{text}");
    }
    if letter.done == Some(Done::ReplayedAndKept) {
        say!("it was sent again and may come back to the queue; sending it once more does no harm");
    }
}

fn table(letters: &[DeadLetter]) -> Table {
    let mut table = fitted_table(&["id", "since", "queue", "connection", "what"]);
    for letter in letters {
        let since = letter.at.map(time).unwrap_or_default();
        let all = |one: fn(&api::dead_letters::LetterMessage) -> String| {
            letter.messages.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        let queues = all(|message| message.queue.clone());
        let connections = all(|message| message.connection.as_ref().map(ToString::to_string).unwrap_or_default());
        let what = match letter.done {
            Some(Done::Replayed | Done::ReplayedAndKept) => "sent again",
            Some(Done::Discarded) => "discarded",
            None if letter.messages.is_empty() => "does not read",
            None => "",
        };
        add_row(&mut table, [letter.id.as_str(), &since, &queues, &connections, what]);
    }
    table
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn letters(items: usize, in_queue: u64, in_hands: u64) -> DeadLetters {
        let letter = json!({"id": "A1", "messages": []});
        let items = vec![letter; items];
        serde_json::from_value(json!({"items": items, "in_queue": in_queue, "in_hands": in_hands})).unwrap()
    }

    #[test]
    fn what_the_queue_does_not_show_is_said() {
        assert_eq!(more(&letters(2, 2, 0)), None);
        assert!(more(&letters(16, 40, 0)).unwrap().contains("about 24 more"));
        assert!(more(&letters(2, 2, 3)).unwrap().contains("3 that somebody has taken"));
        assert_eq!(more(&letters(2, 1, 0)), None, "the count is rough");
    }

    #[test]
    fn what_stands_in_a_letter_ends_no_line_and_moves_no_cursor() {
        let forged = "a\n\u{1b}[2J\u{9b}2K\u{202e}\r";
        let letter = serde_json::from_value(json!({"id": "A1", "text": forged,
            "messages": [{"queue": forged, "body": {"x": forged}}]}));
        let shown = table(&[letter.unwrap()]).to_string();
        assert!(!shown.chars().any(|sign| sign != '\n' && strict::is_unseen(sign)), "{shown}");
    }
}
