//! What a deploy would do, told before anything is done.

use std::collections::BTreeMap;

use operate::ros::{Action, Change, Parameters, Preview, Replacement, Ros, Stack};
use serde::Serialize;

use super::cost::Cost;
use super::error::DeployError;
use super::names::Names;
use super::release::Release;

const QUEUE: &str = "ALIYUN::MNS::Queue";
const TRIGGER: &str = "ALIYUN::FC3::Trigger";
/// What holds something that would be lost with it.
const HOLDERS: [&str; 3] = [QUEUE, "ALIYUN::OSS::Bucket", "ALIYUN::RAM::Role"];

/// A resource of the stack that is made, changed or deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// Its name in the template.
    pub resource: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
}

/// What a deploy would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// The version of this document.
    pub version: u32,
    /// The stack.
    pub stack: String,
    /// The region.
    pub region: String,
    /// The account.
    pub account: String,
    /// The release that runs.
    pub release_before: Option<String>,
    /// The release to run.
    pub release: String,
    /// Products that are opened.
    pub opens: Vec<String>,
    /// What is made.
    pub makes: Vec<Planned>,
    /// What is changed in place.
    pub changes: Vec<Planned>,
    /// What is deleted.
    pub deletes: Vec<Planned>,
    /// Parameters that are set, by their names; no values.
    pub parameters: Vec<String>,
    /// What an idle month costs.
    pub cost: Cost,
}

impl Plan {
    /// Asks the cloud what bringing the stack to this release would do.
    ///
    /// # Errors
    /// When the cloud refuses the template or a parameter; when something would be lost.
    pub async fn of(
        ros: &Ros,
        names: &Names,
        (before, release): (Option<&Stack>, &Release),
        parameters: &Parameters,
        may_take_away: bool,
    ) -> Result<(Self, Vec<Change>), DeployError> {
        let preview = match before {
            Some(stack) => Preview::Update(&stack.stack_id),
            None => Preview::Create(&names.stack),
        };
        let doing = format!("tell what would become of stack {}", names.stack);
        let changes = ros.preview_stack(preview, &release.template, parameters).await;
        let changes = changes.map_err(DeployError::cloud(doing))?;
        let lost = lost(&changes, may_take_away);
        if !lost.is_empty() {
            return Err(DeployError::TakesAway(lost));
        }
        let with = |action: Action| {
            let rows = changes.iter().filter(move |change| change.action.as_ref() == Some(&action));
            rows.map(|change| Planned {
                resource: change.logical_resource_id.clone(),
                kind: change.resource_type.clone(),
            })
            .collect::<Vec<_>>()
        };
        let stays = |kind: &str| {
            let stay = changes.iter().filter(|change| change.action != Some(Action::Remove));
            stay.filter(|change| change.resource_type == kind).count()
        };
        // Timers and the webhook's address are triggers too. Each queue but the one for dead letters has a stream.
        let (queues, triggers) = (stays(QUEUE), stays(TRIGGER));
        let plan = Self {
            version: 1,
            stack: names.stack.clone(),
            region: ros.region().to_string(),
            account: String::new(),
            release_before: before.and_then(|stack| stack.parameter("Release")).map(str::to_owned),
            release: release.name.clone(),
            opens: Vec::new(),
            makes: with(Action::Add),
            changes: with(Action::Modify),
            deletes: with(Action::Remove),
            parameters: parameters.keys().cloned().collect(),
            cost: Cost::idle(ros.region(), queues, queues.saturating_sub(1).min(triggers)),
        };
        Ok((plan, changes))
    }

    /// Whether nothing would be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.opens.is_empty() && self.makes.is_empty() && self.changes.is_empty() && self.deletes.is_empty()
    }

    /// The plan in words.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("Stack {} in region {} of account {}\n", self.stack, self.region, self.account);
        match &self.release_before {
            None => text.push_str(&format!("  release   {} (new)\n", self.release)),
            Some(before) if *before == self.release => {
                text.push_str(&format!("  release   {} (stays)\n", self.release))
            }
            Some(before) => text.push_str(&format!("  release   {before} -> {}\n", self.release)),
        }
        for (word, rows) in [("makes", &self.makes), ("changes", &self.changes), ("deletes", &self.deletes)] {
            if !rows.is_empty() {
                text.push_str(&format!("  {word:<9} {}\n", counted(rows)));
            }
        }
        if self.release_before.is_some() && !self.parameters.is_empty() {
            text.push_str(&format!("  sets      {}\n", self.parameters.join(", ")));
        }
        if !self.opens.is_empty() {
            text.push_str(&format!("  opens     {} (an order in the account's name)\n", self.opens.join(", ")));
        }
        if self.is_empty() {
            text.push_str("  nothing to do\n");
        }
        let Cost { queues, of_queues, streams, of_streams, .. } = self.cost;
        let (least, most) = self.cost.range();
        text.push_str(&format!(
            "  costs     USD {least:.2} to {most:.2} in a month without work, by list prices: {queues} queues {of_queues:.2}, {streams} \
             streams up to {of_streams:.2} once they had no message for a month, the rest cents\n"
        ));
        text
    }
}

/// What an update would lose: it is told, never done.
fn lost(changes: &[Change], may_take_away: bool) -> Vec<String> {
    let lost = |change: &Change| {
        let (name, kind) = (&change.logical_resource_id, change.resource_type.trim_start_matches("ALIYUN::"));
        match (&change.action, &change.replacement) {
            (Some(Action::Modify), Some(replacement)) if *replacement != Replacement::No => {
                Some(format!("{name} ({kind}) would be deleted and made anew"))
            }
            (Some(Action::Remove), _) if HOLDERS.contains(&change.resource_type.as_str()) && !may_take_away => {
                Some(format!("{name} ({kind}) would be deleted"))
            }
            _ => None,
        }
    };
    changes.iter().filter_map(lost).collect()
}

/// `2 functions, 1 queue`.
fn counted(rows: &[Planned]) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        *kinds.entry(row.kind.trim_start_matches("ALIYUN::")).or_default() += 1;
    }
    kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(name: &str, kind: &str, action: &str, replacement: &str) -> Change {
        let row = serde_json::json!({
            "LogicalResourceId": name, "ResourceType": kind, "Action": action, "Replacement": replacement,
        });
        serde_json::from_value(row).unwrap()
    }

    #[test]
    fn a_queue_that_would_go_is_told_and_a_function_may_go() {
        let changes = [change("Q", QUEUE, "Remove", "False"), change("F", "ALIYUN::FC3::Function", "Remove", "False")];
        assert_eq!(lost(&changes, false), ["Q (MNS::Queue) would be deleted"]);
        assert!(lost(&changes, true).is_empty());
    }

    #[test]
    fn nothing_is_made_anew_whatever_was_allowed() {
        for replacement in ["True", "Conditional", "Perhaps"] {
            let changes = [change("F", "ALIYUN::FC3::Function", "Modify", replacement)];
            assert_eq!(lost(&changes, true), ["F (FC3::Function) would be deleted and made anew"], "{replacement}");
        }
        assert!(lost(&[change("F", "ALIYUN::FC3::Function", "Modify", "False")], false).is_empty());
    }
}
