//! The courier: writes releases into the bucket for code, from inside the cloud.
//!
//! An account that opened object storage since 2025-03-20 may not write objects from outside (docs/reference/deploy-apis.md, section 4).
//! Everybody may call a function. `causeway deploy` calls this one with a package, and it writes the package by the internal network.
//!
//! What it writes is named by its content, [`name`], so nothing is ever overwritten: whoever may call it adds releases and changes none.
//! Dying before the write leaves nothing; dying after it, the next call finds the object there.

use bytes::Bytes;
use fc_runtime::{Environment, Error, Runtime};
use function::serve;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::{Store, StoreError};
use tracing::info;
use transport::Io;

/// The file of a release with the functions' program.
pub const PACKAGE: &str = "functions.zip";
/// The file of a release with what a stack is made of.
pub const TEMPLATE: &str = "template.yml";
/// The version of requests and answers.
pub const VERSION: u32 = 1;
/// What a zip archive begins with.
const ZIP: &[u8] = b"PK";
/// The largest template that ROS takes, in bytes.
const LARGEST_TEMPLATE: usize = 524_288;

/// The folder of what has this content: the first 16 digits of its SHA-256.
#[must_use]
pub fn name(content: &[u8]) -> String {
    hex::encode(&Sha256::digest(content)[..8])
}

/// What the courier is asked for, beside packages, which come as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Is there a package in this folder?
    HasPackage(String),
    /// Keep this template.
    KeepTemplate(String),
    /// Show the template in this folder.
    ReadTemplate(String),
}

/// A request with its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versioned<T> {
    /// [`VERSION`].
    pub version: u32,
    /// What is asked for, or answered.
    #[serde(flatten)]
    pub content: T,
}

/// What the courier answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The folder.
    pub name: String,
    /// Whether there is such an object.
    pub is_there: bool,
    /// A template that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

/// Why the courier did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum CourierError {
    /// It is neither a package nor a request.
    #[error("the event is neither a zip archive nor a request that this version knows")]
    Unreadable(#[source] serde_json::Error),
    /// It is of another version.
    #[error("the request is of version {0}; this courier knows version {VERSION}")]
    Version(u32),
    /// It is no name of a folder.
    #[error("{0:?} is no name of a release: 16 hexadecimal digits")]
    BadName(String),
    /// No stack could be made of it.
    #[error("the template has {0} bytes; a stack's has up to {LARGEST_TEMPLATE}")]
    TooLarge(usize),
    /// Two contents have one name.
    #[error("{0} is there and has another content; nothing was written")]
    Taken(String),
    /// The bucket failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The function: one event, one object.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    serve(environment, io, |services, event| async move { carry(&services.store, event).await })
}

/// Does what an event asks for.
///
/// # Errors
/// See [`CourierError`].
pub async fn carry(store: &Store, event: Bytes) -> Result<Versioned<Answer>, CourierError> {
    let answer = if event.starts_with(ZIP) {
        keep(store, event.into(), PACKAGE).await?
    } else {
        let Versioned { version, content } = read(&event)?;
        if version != VERSION {
            return Err(CourierError::Version(version));
        }
        match content {
            Request::HasPackage(name) => {
                let found = store.get(&key(&name, PACKAGE)?).await?;
                Answer { is_there: found.is_some(), name, template: None }
            }
            Request::KeepTemplate(text) if text.len() > LARGEST_TEMPLATE => {
                return Err(CourierError::TooLarge(text.len()));
            }
            Request::KeepTemplate(text) => keep(store, text.into_bytes(), TEMPLATE).await?,
            Request::ReadTemplate(name) => {
                let found = store.get(&key(&name, TEMPLATE)?).await?;
                let template = found.map(|text| String::from_utf8_lossy(&text).into_owned());
                Answer { is_there: template.is_some(), name, template }
            }
        }
    };
    Ok(Versioned { version: VERSION, content: answer })
}

fn read(event: &[u8]) -> Result<Versioned<Request>, CourierError> {
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    match serde_json::from_slice(event) {
        Ok(request) => Ok(request),
        Err(error) => match serde_json::from_slice(event) {
            Ok(Version { version }) if version != VERSION => Err(CourierError::Version(version)),
            _ => Err(CourierError::Unreadable(error)),
        },
    }
}

async fn keep(store: &Store, content: Vec<u8>, file: &str) -> Result<Answer, CourierError> {
    let name = name(&content);
    let key = key(&name, file)?;
    let bytes = content.len();
    if store.create(&key, content.clone()).await? {
        info!(key, bytes, "kept");
    } else if store.get(&key).await?.as_ref() != Some(&content) {
        return Err(CourierError::Taken(key));
    }
    Ok(Answer { name, is_there: true, template: None })
}

fn key(name: &str, file: &str) -> Result<String, CourierError> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if name.len() == 16 && name.bytes().all(is_digit) {
        Ok(format!("{name}/{file}"))
    } else {
        Err(CourierError::BadName(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn says(store: &Store, event: &[u8]) -> Result<Answer, String> {
        let answer = carry(store, Bytes::copy_from_slice(event)).await;
        answer.map(|answer| answer.content).map_err(|error| error.to_string())
    }

    fn asking(request: Request) -> Vec<u8> {
        serde_json::to_vec(&Versioned { version: VERSION, content: request }).unwrap()
    }

    #[tokio::test]
    async fn a_package_lies_in_the_folder_of_its_content_and_comes_twice_without_harm() {
        let store = Store::in_memory();
        let zip = b"PK\x03\x04 a package";
        let absent = says(&store, &asking(Request::HasPackage(name(zip)))).await.unwrap();
        assert!(!absent.is_there);
        for _ in 0..2 {
            let kept = says(&store, zip).await.unwrap();
            assert_eq!((kept.name.as_str(), kept.is_there), (name(zip).as_str(), true));
        }
        assert_eq!(store.get(&format!("{}/functions.zip", name(zip))).await.unwrap().unwrap(), zip);
        assert!(says(&store, &asking(Request::HasPackage(name(zip)))).await.unwrap().is_there);
    }

    #[tokio::test]
    async fn a_template_is_kept_and_shown_again() {
        let store = Store::in_memory();
        let text = "ROSTemplateFormatVersion: '2015-09-01'\n".to_owned();
        let kept = says(&store, &asking(Request::KeepTemplate(text.clone()))).await.unwrap();
        let shown = says(&store, &asking(Request::ReadTemplate(kept.name))).await.unwrap();
        assert_eq!(shown.template, Some(text));
        let absent = says(&store, &asking(Request::ReadTemplate("0123456789abcdef".to_owned()))).await.unwrap();
        assert_eq!((absent.is_there, absent.template), (false, None));
        let long = "x".repeat(LARGEST_TEMPLATE + 1);
        assert!(says(&store, &asking(Request::KeepTemplate(long))).await.unwrap_err().contains("up to 524288"));
    }

    #[tokio::test]
    async fn what_is_there_is_never_overwritten() {
        let store = Store::in_memory();
        let zip = b"PK\x03\x04 a package";
        let key = format!("{}/functions.zip", name(zip));
        store.create(&key, b"another".to_vec()).await.unwrap();
        assert!(says(&store, zip).await.unwrap_err().contains("another content"));
        assert_eq!(store.get(&key).await.unwrap().unwrap(), b"another");
    }

    #[tokio::test]
    async fn what_is_neither_package_nor_request_is_refused_and_writes_nothing() {
        let store = Store::in_memory();
        for (event, words) in [
            (&b""[..], "neither a zip archive nor"),
            (b"MZ\x90", "neither a zip archive nor"),
            (br#"{"version": 1, "delete": "x"}"#, "neither a zip archive nor"),
            (br#"{"version": 2, "delete": "x"}"#, "version 2"),
            (br#"{"version": 1, "read_template": "../records/x"}"#, "16 hexadecimal digits"),
            (br#"{"version": 1, "has_package": "0123456789ABCDEF"}"#, "16 hexadecimal digits"),
        ] {
            let told = says(&store, event).await.unwrap_err();
            assert!(told.contains(words), "{told}");
        }
    }

    #[test]
    fn a_name_is_the_first_sixteen_digits_of_the_hash() {
        assert_eq!(name(b""), "e3b0c44298fc1c14");
    }
}
