//! What is live, as files: applying them changes nothing.

use std::path::Path;

use api::connections::Connection;
use api::problem::ProblemKind;
use connection::spec::Spec;
use futures::{StreamExt as _, TryStreamExt as _};
use serde::Serialize;
use serde_json::Value;

use super::FilesError;
use super::folder::Document;
use super::plan::{is_free, stored};
use super::schemas::{self, FOLDER};
use crate::webhook::{Webhook, WebhookError};

/// The folder of connections.
const CONNECTIONS: &str = "connections";

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Exported {
    /// How many connections.
    pub connections: usize,
    /// Which documents.
    pub documents: Vec<&'static str>,
    /// Documents that the caller may not see.
    pub hidden: Vec<&'static str>,
}

/// Writes connections and documents into a folder that is new or empty.
///
/// # Errors
/// When something is in the folder, or the webhook does not tell.
pub async fn export(webhook: &Webhook, folder: &Path) -> Result<Exported, FilesError> {
    let is_empty = match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => return Err(FilesError::file(folder)(error)),
    };
    if !is_empty {
        return Err(FilesError::NotEmpty(folder.display().to_string()));
    }
    let live = webhook.connections().await?.into_iter().filter(|summary| !is_free(summary.phase));
    let connections: Vec<Connection> =
        futures::stream::iter(live.map(|summary| async move { webhook.connection(&summary.name).await }))
            .buffered(8)
            .try_collect()
            .await?;
    let mut exported = Exported::default();
    let mut documents = Vec::new();
    for document in Document::ALL {
        match stored(webhook, document).await {
            Ok((Some(content), _)) => documents.push((document, content)),
            Ok((None, _)) => {}
            Err(WebhookError::Refused(problem)) if problem.kind == ProblemKind::Forbidden => {
                exported.hidden.push(document.word());
            }
            Err(error) => return Err(error.into()),
        }
    }

    schemas::write(&folder.join(FOLDER))?;
    let into = folder.join(CONNECTIONS);
    std::fs::create_dir_all(&into).map_err(FilesError::file(&into))?;
    for connection in &connections {
        let awaited = connection.awaiting_consent.as_ref().and_then(|awaiting| awaiting.spec.as_ref());
        let spec: &Spec = awaited.unwrap_or(&connection.spec);
        write(&into.join(format!("{}.yml", spec.name)), "connection", "../", spec)?;
    }
    exported.connections = connections.len();
    for (document, content) in documents {
        write(&folder.join(format!("{}.yml", document.word())), document.word(), "", &content)?;
        exported.documents.push(document.word());
    }
    Ok(exported)
}

fn write(path: &Path, schema: &str, up: &str, content: &impl Serialize) -> Result<(), FilesError> {
    let value = serde_json::to_value(content).unwrap_or_default();
    let meant = dollars(value.clone());
    // Fields stand in their own order where no sign has to be written in another way.
    let yaml = if meant == value { serde_saphyr::to_string(content) } else { serde_saphyr::to_string(&meant) };
    let yaml = yaml.map_err(|error| FilesError::file(path)(std::io::Error::other(error.to_string())))?;
    let text = format!("# yaml-language-server: $schema={up}{FOLDER}/{schema}.json\n{yaml}");
    // What others read differently than it was meant is no export.
    let (path, text) = match strict::yaml(text.as_bytes()) {
        Ok(read) if read == meant => (path.to_path_buf(), text),
        _ => (path.with_extension("json"), format!("{}\n", crate::render::json(&meant))),
    };
    std::fs::write(&path, text).map_err(FilesError::file(&path))
}

/// Signs that would begin a variable, written so that they do not.
fn dollars(mut value: Value) -> Value {
    match &mut value {
        Value::String(text) if text.contains("${") => *text = text.replace("${", "$${"),
        Value::Array(items) => items.iter_mut().for_each(|item| *item = dollars(item.take())),
        Value::Object(fields) => fields.values_mut().for_each(|field| *field = dollars(field.take())),
        _ => {}
    }
    value
}
