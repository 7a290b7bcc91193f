//! Contexts: where a deployment's webhook is, and the secret to call it with; in one file that only its owner may read.
//!
//! The file is `contexts.json` in the folder `CAUSEWAY_HOME` names, else in `causeway` of `XDG_CONFIG_HOME` or `~/.config`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The version of the file that this program writes.
const VERSION: u32 = 1;
/// The name of the file.
const FILE: &str = "contexts.json";

/// What is known of a deployment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// Address of the webhook, before `/v1`; none while the deployment has not come so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<String>,
    /// Secret of the webhook, `whsec_…`.
    pub secret: String,
    /// The key that verifies the logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verifier: Option<String>,
    /// The key that signs the logs, from when it is made until the deployment has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_key: Option<String>,
    /// The operator's account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Region of the deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Name of the deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// Address that stands in for the whole cloud, of a local one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Fields of later versions.
    #[serde(flatten)]
    pub others: BTreeMap<String, serde_json::Value>,
}

impl Context {
    /// That of a webhook whose deployment is somebody else's.
    #[must_use]
    pub fn of_webhook(webhook: String, secret: String, verifier: Option<String>) -> Self {
        Self {
            webhook: Some(webhook),
            secret,
            verifier,
            audit_key: None,
            account: None,
            region: None,
            stack: None,
            endpoint: None,
            others: BTreeMap::new(),
        }
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("webhook", &self.webhook).field("stack", &self.stack).finish_non_exhaustive()
    }
}

/// All contexts of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contexts {
    version: u32,
    /// The one that commands use which name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// By name.
    #[serde(default)]
    pub contexts: BTreeMap<String, Context>,
}

/// Why contexts cannot be read or kept.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ContextError {
    #[error("{path} cannot be read or written")]
    File { path: String, source: std::io::Error },
    #[error("{path} holds no contexts")]
    #[diagnostic(help("correct or move the file; `causeway deploy` writes the context of a deployment again"))]
    Unreadable { path: String, source: serde_json::Error },
    #[error("{path} was written by a later version of causeway (format {version}; this one reads {VERSION})")]
    #[diagnostic(help("update causeway"))]
    Later { path: String, version: u32 },
    #[error("there is no context {name:?}{}", others(.known))]
    #[diagnostic(help(
        "`causeway deploy` and `causeway login` make one; or name the webhook with --webhook and a secret"
    ))]
    Unknown { name: String, known: Vec<String> },
    #[error("there is no folder to keep contexts in: neither HOME nor CAUSEWAY_HOME is set")]
    #[diagnostic(help("set CAUSEWAY_HOME to a folder of yours"))]
    Homeless,
}

fn others(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!("; there are {}", names.join(", ")) }
}

/// The file of contexts.
#[derive(Debug, Clone)]
pub struct ContextFile(PathBuf);

impl ContextFile {
    /// That of whoever runs the command.
    ///
    /// # Errors
    /// When there is no folder for it.
    pub fn own() -> Result<Self, ContextError> {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folder = set("CAUSEWAY_HOME")
            .or_else(|| Some(set("XDG_CONFIG_HOME")?.join("causeway")))
            .or_else(|| Some(set("HOME")?.join(".config").join("causeway")));
        folder.map(|folder| Self::in_folder(&folder)).ok_or(ContextError::Homeless)
    }

    /// The one in a folder.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self(folder.join(FILE))
    }

    /// All contexts.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn load(&self) -> Result<Contexts, ContextError> {
        let text = match std::fs::read_to_string(&self.0) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Contexts::none()),
            Err(error) => return Err(self.file(error)),
        };
        let contexts: Contexts = serde_json::from_str(&text)
            .map_err(|source| ContextError::Unreadable { path: self.0.display().to_string(), source })?;
        match contexts.version {
            VERSION => Ok(contexts),
            version => Err(ContextError::Later { path: self.0.display().to_string(), version }),
        }
    }

    /// Changes the contexts, whole or not at all. Who else changes them waits.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn change(&self, change: impl FnOnce(&mut Contexts)) -> Result<(), ContextError> {
        if let Some(folder) = self.0.parent() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| self.file(error))?;
        }
        let lock = self.private(&self.0.with_extension("lock"))?;
        lock.lock().map_err(|error| self.file(error))?;
        let mut contexts = self.load()?;
        change(&mut contexts);
        let text = format!("{:#}\n", serde_json::to_value(&contexts).unwrap_or_default());
        let unfinished = self.0.with_extension("new");
        let mut written = self.private(&unfinished)?;
        let keep = |error| self.file(error);
        written.set_len(0).map_err(keep)?;
        written.write_all(text.as_bytes()).and_then(|()| written.sync_all()).map_err(keep)?;
        std::fs::rename(unfinished, &self.0).map_err(keep)
    }

    /// A file that only its owner may read.
    fn private(&self, path: &Path) -> Result<File, ContextError> {
        let opened = std::fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
        let file = opened.map_err(|error| self.file(error))?;
        file.set_permissions(std::fs::Permissions::from_mode(0o600)).map_err(|error| self.file(error))?;
        Ok(file)
    }

    fn file(&self, source: std::io::Error) -> ContextError {
        ContextError::File { path: self.0.display().to_string(), source }
    }
}

impl Contexts {
    /// None.
    #[must_use]
    pub fn none() -> Self {
        Self { version: VERSION, current: None, contexts: BTreeMap::new() }
    }

    /// The context of this name, or the current one; nothing if none is named and none is current.
    ///
    /// # Errors
    /// When there is none of the name.
    pub fn named(&self, name: Option<&str>) -> Result<Option<(&str, &Context)>, ContextError> {
        let Some(name) = name.or(self.current.as_deref()) else { return Ok(None) };
        match self.contexts.get_key_value(name) {
            Some((name, context)) => Ok(Some((name, context))),
            None => {
                let known = self.contexts.keys().cloned().collect();
                Err(ContextError::Unknown { name: name.to_owned(), known })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(secret: &str) -> Context {
        serde_json::from_value(serde_json::json!({"secret": secret, "colour": "green"})).unwrap()
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("causeway-context-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn what_is_kept_is_read_again_with_fields_that_nobody_here_knows_and_by_its_owner_alone() {
        let folder = folder("kept");
        let file = ContextFile::in_folder(&folder);
        assert_eq!(file.load().unwrap(), Contexts::none());
        file.change(|all| {
            all.current = Some("prod".to_owned());
            all.contexts.insert("prod".to_owned(), context("whsec_a"));
        })
        .unwrap();
        file.change(|all| all.contexts.get_mut("prod").unwrap().webhook = Some("https://w".to_owned())).unwrap();
        let all = file.load().unwrap();
        let (name, prod) = all.named(None).unwrap().unwrap();
        assert_eq!((name, prod.secret.as_str(), prod.webhook.as_deref()), ("prod", "whsec_a", Some("https://w")));
        assert_eq!(prod.others["colour"], "green");
        let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(folder.join(FILE)), mode(folder.clone())), (0o600, 0o700));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_context_that_is_named_has_to_be_there_and_the_others_are_told() {
        let mut all = Contexts::none();
        assert!(all.named(None).unwrap().is_none());
        all.contexts.insert("prod".to_owned(), context("x"));
        let told = all.named(Some("test")).unwrap_err().to_string();
        assert_eq!(told, r#"there is no context "test"; there are prod"#);
    }

    #[test]
    fn a_file_of_a_later_version_and_one_that_is_none_are_left_alone() {
        let folder = folder("later");
        std::fs::create_dir_all(&folder).unwrap();
        let file = ContextFile::in_folder(&folder);
        for (text, words) in [(r#"{"version": 2}"#, "later version"), ("[]", "holds no contexts")] {
            std::fs::write(folder.join(FILE), text).unwrap();
            assert!(file.change(|_| ()).unwrap_err().to_string().contains(words));
            assert_eq!(std::fs::read_to_string(folder.join(FILE)).unwrap(), text);
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
