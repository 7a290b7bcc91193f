//! What it takes to make the connections and documents of a deployment those of a folder.

use std::collections::BTreeMap;

use api::approvals::StoredPolicy;
use api::connections::{Connection, Plan as Calls, Summary};
use api::problem::{Problem, ProblemKind};
use approval::policy::Policy;
use connection::record::Phase;
use connection::spec::Spec;
use connection::words::{ConnectionName, Kind};
use futures::{StreamExt as _, TryStreamExt as _};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::folder::{Document, Folder};
use crate::demo::follow::is_under_way;
use crate::webhook::{Webhook, WebhookError};

/// The version of a plan's document.
pub const VERSION: u32 = 1;
/// How many connections are looked at side by side.
const SIDE_BY_SIDE: usize = 8;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The version of this document.
    pub version: u32,
    /// Address of the webhook that it is for.
    pub webhook: String,
    /// Documents that are put, in order.
    pub documents: Vec<Put>,
    /// Connections that are created, changed, removed or waited for, by name.
    pub connections: Vec<Change>,
    /// How many connections are as they should be.
    pub unchanged: usize,
    /// Connections that no file names, and that stay.
    pub unnamed: Vec<ConnectionName>,
}

/// A document that is put.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Put {
    /// Its name.
    pub document: String,
    /// The entity tag of what is there; none where nothing is.
    pub before: Option<String>,
    /// What it will be.
    pub content: Value,
    /// The fields that change.
    pub fields: Vec<Field>,
}

/// A field that changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// JSON pointer to it.
    pub pointer: String,
    /// What it is; absent where it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What it will be; absent where it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// What is done to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is created.
    Create,
    /// It gets another spec.
    Change,
    /// It is removed.
    Remove,
    /// It is under way already to what it should be.
    Wait,
}

/// What is done to a connection, and what it takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Its name.
    pub name: ConnectionName,
    /// What joins the two sides.
    pub kind: Kind,
    /// What is done.
    pub action: Action,
    /// What it is now: its uid and generation. None where there is none.
    pub before: Option<Before>,
    /// The spec that it gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<Spec>,
    /// The fields that change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// The calls that it takes, and what would stop them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<Calls>,
    /// Why the webhook would refuse it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Problem>,
}

/// What a connection was when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// Unique for ever.
    pub uid: String,
    /// Grows with each change.
    pub generation: u32,
    /// How far it was.
    pub phase: Phase,
}

impl Before {
    fn of(connection: &Connection) -> Self {
        let Summary { generation, phase, .. } = connection.summary;
        Self { uid: connection.uid.clone(), generation, phase }
    }
}

/// Which connections that no file names are removed.
#[derive(Debug, Clone, Default)]
pub struct Prune {
    /// Those with each of these labels; none where there is no label.
    pub labels: Vec<(String, String)>,
}

impl Prune {
    fn takes(&self, summary: &Summary) -> bool {
        let has = |(key, value): &(String, String)| summary.labels.get(key) == Some(value);
        !self.labels.is_empty() && self.labels.iter().all(has)
    }
}

impl Change {
    /// Whether something would stop it.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.refused.is_some() || self.calls.as_ref().is_some_and(|calls| !calls.obstacles.is_empty())
    }
}

impl Plan {
    /// Looks at everything that `folder` names. Nothing is changed.
    ///
    /// # Errors
    /// When the webhook does not tell.
    pub async fn of(webhook: &Webhook, folder: &Folder, prune: &Prune) -> Result<Self, WebhookError> {
        let mut documents = Vec::new();
        for (document, content) in &folder.documents {
            documents.extend(put(webhook, *document, content).await?);
        }
        let live: BTreeMap<ConnectionName, Summary> =
            webhook.connections().await?.into_iter().map(|summary| (summary.name.clone(), summary)).collect();
        let wanted = folder.connections.values().map(|spec| {
            let is_there = live.get(&spec.name).is_some_and(|live| !is_free(live.phase));
            towards(webhook, spec, is_there)
        });
        let wanted: Vec<Option<Change>> = futures::stream::iter(wanted).buffered(SIDE_BY_SIDE).try_collect().await?;
        let unchanged = wanted.iter().filter(|change| change.is_none()).count();
        let mut connections: Vec<Change> = wanted.into_iter().flatten().collect();

        let others = live.values().filter(|live| !is_free(live.phase) && !folder.connections.contains_key(&live.name));
        let (removed, unnamed): (Vec<_>, Vec<_>) = others.partition(|live| prune.takes(live));
        let removals = removed.into_iter().map(|live| removal(webhook, &live.name));
        let removals: Vec<Change> = futures::stream::iter(removals).buffered(SIDE_BY_SIDE).try_collect().await?;
        connections.extend(removals);
        Ok(Self {
            version: VERSION,
            webhook: webhook.url().to_owned(),
            documents,
            connections,
            unchanged,
            unnamed: unnamed.into_iter().map(|live| live.name.clone()).collect(),
        })
    }

    /// Whether everything is as it should be.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty() && self.connections.iter().all(|change| change.action == Action::Wait)
    }

    /// Whether something would stop a part of it.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.connections.iter().any(Change::is_stopped)
    }

    /// How many connections this is done to.
    #[must_use]
    pub fn count(&self, action: Action) -> usize {
        self.connections.iter().filter(|change| change.action == action).count()
    }
}

/// Whether a connection in this phase leaves its name free.
#[must_use]
pub fn is_free(phase: Phase) -> bool {
    matches!(phase, Phase::Removed | Phase::Abandoned)
}

/// What a document becomes, unless it is that already.
///
/// # Errors
/// When the webhook does not tell.
pub async fn put(webhook: &Webhook, document: Document, content: &Value) -> Result<Option<Put>, WebhookError> {
    let (stored, before) = stored(webhook, document).await?;
    // A policy is the same in every way to write it.
    let content = match document {
        Document::Policy => Policy::from_value(content.clone()).ok().and_then(|read| serde_json::to_value(read).ok()),
        Document::Config(_) => None,
    }
    .unwrap_or_else(|| content.clone());
    let fields = difference(stored.as_ref().unwrap_or(&Value::Null), &content);
    Ok((!fields.is_empty()).then(|| Put { document: document.word().to_owned(), before, content, fields }))
}

/// A document as it is stored, with its entity tag; nothing where nobody has put it.
///
/// # Errors
/// When the webhook does not tell.
pub async fn stored(webhook: &Webhook, document: Document) -> Result<(Option<Value>, Option<String>), WebhookError> {
    let found = webhook.text(&path(document)).await;
    match found {
        Ok((text, tag)) => {
            let mut value: Value = serde_json::from_str(&text)?;
            if document == Document::Policy {
                value = serde_json::to_value(serde_json::from_value::<StoredPolicy>(value)?.policy)?;
            }
            Ok((Some(value), tag))
        }
        Err(WebhookError::Refused(problem)) if problem.kind == ProblemKind::NotFound => Ok((None, None)),
        Err(error) => Err(error),
    }
}

/// Where the webhook has a document.
#[must_use]
pub fn path(document: Document) -> String {
    match document {
        Document::Config(document) => format!("/v1/config/{document}"),
        Document::Policy => "/v1/approval-policy".to_owned(),
    }
}

/// What a connection takes to have this spec. Nothing where it has.
///
/// # Errors
/// When the webhook does not tell.
pub async fn towards(webhook: &Webhook, spec: &Spec, is_there: bool) -> Result<Option<Change>, WebhookError> {
    let change = |action, before, fields| Change {
        name: spec.name.clone(),
        kind: spec.kind(),
        action,
        before,
        spec: Some(spec.clone()),
        fields,
        calls: None,
        refused: None,
    };
    if !is_there {
        let dry = dry(webhook, Method::POST, "/v1/connections", Some(spec)).await?;
        return Ok(Some(dry.of(change(Action::Create, None, Vec::new()))));
    }
    let connection = webhook.connection(&spec.name).await?;
    let before = Some(Before::of(&connection));
    let awaited = connection.awaiting_consent.as_ref().and_then(|awaiting| awaiting.spec.as_ref());
    let is_leaving = connection.removal_asked || connection.summary.phase == Phase::Removing;
    if *awaited.unwrap_or(&connection.spec) == *spec && !is_leaving {
        let is_under_way = is_under_way(connection.summary.phase);
        return Ok(is_under_way.then(|| change(Action::Wait, before, Vec::new())));
    }
    let fields = difference(&value(&connection.spec), &value(spec));
    let dry = dry(webhook, Method::PUT, &format!("/v1/connections/{}", spec.name), Some(spec)).await?;
    Ok(Some(dry.of(change(Action::Change, before, fields))))
}

/// What it takes to remove a connection.
///
/// # Errors
/// When the webhook does not tell.
pub async fn removal(webhook: &Webhook, name: &ConnectionName) -> Result<Change, WebhookError> {
    let connection = webhook.connection(name).await?;
    let dry = dry(webhook, Method::DELETE, &format!("/v1/connections/{name}"), None).await?;
    Ok(dry.of(Change {
        name: name.clone(),
        kind: connection.summary.kind,
        action: Action::Remove,
        before: Some(Before::of(&connection)),
        spec: None,
        fields: Vec::new(),
        calls: None,
        refused: None,
    }))
}

/// The answer to a dry run: the calls, or why not.
struct Dry(Result<Calls, Problem>);

impl Dry {
    fn of(self, change: Change) -> Change {
        match self.0 {
            Ok(calls) => Change { calls: Some(calls), ..change },
            Err(problem) => Change { refused: Some(problem), ..change },
        }
    }
}

async fn dry(webhook: &Webhook, method: Method, path: &str, spec: Option<&Spec>) -> Result<Dry, WebhookError> {
    let body = spec.map(serde_json::to_string).transpose()?.unwrap_or_default();
    match webhook.ask(method, &format!("{path}?dry_run=true"), &[], &body).await {
        Ok(calls) => Ok(Dry(Ok(calls))),
        // What nobody may know now is no verdict.
        Err(WebhookError::Refused(problem)) if problem.kind != ProblemKind::Unavailable => Ok(Dry(Err(*problem))),
        Err(error) => Err(error),
    }
}

fn value(spec: &Spec) -> Value {
    serde_json::to_value(spec).unwrap_or_default()
}

/// The fields in which two documents differ. Lists of different lengths are compared whole.
#[must_use]
pub fn difference(before: &Value, after: &Value) -> Vec<Field> {
    let mut found = Vec::new();
    compare(Some(before).filter(|before| !before.is_null()), Some(after), String::new(), &mut found);
    found
}

fn compare(before: Option<&Value>, after: Option<&Value>, pointer: String, found: &mut Vec<Field>) {
    if before == after {
        return;
    }
    if let (Some(Value::Object(old)), Some(Value::Object(new))) = (before, after) {
        let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for name in names {
            let segment = name.replace('~', "~0").replace('/', "~1");
            compare(old.get(name), new.get(name), format!("{pointer}/{segment}"), found);
        }
        return;
    }
    if let (Some(Value::Array(old)), Some(Value::Array(new))) = (before, after)
        && old.len() == new.len()
    {
        for (index, (old, new)) in old.iter().zip(new).enumerate() {
            compare(Some(old), Some(new), format!("{pointer}/{index}"), found);
        }
        return;
    }
    found.push(Field { pointer, before: before.cloned(), after: after.cloned() });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_that_differ_are_named_by_their_place() {
        let before = json!({"a": 1, "b": {"c": [1, {"x": 1}], "d/e": true, "f": [1]}, "gone": 2});
        let after = json!({"a": 1, "b": {"c": [1, {"x": 2}], "d/e": true, "f": [1, 2], "new": "x"}});
        let told: Vec<_> = difference(&before, &after).into_iter().map(|field| field.pointer).collect();
        assert_eq!(told, ["/b/c/1/x", "/b/f", "/b/new", "/gone"]);
        assert!(difference(&before, &before).is_empty());
        assert_eq!(difference(&Value::Null, &after).len(), 1, "a whole document is one change");
    }
}
