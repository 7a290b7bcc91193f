//! A release: the package of the functions, and the templates that go with it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use causeway_local::oss::crc64;
use serde::Deserialize;

use super::error::DeployError;
use crate::deployment::TEMPLATE;

/// The largest package that the courier can be called with.
const LARGEST: usize = 32 * 1024 * 1024;

/// A release.
#[derive(Debug, Clone)]
pub struct Release {
    /// The package.
    pub package: Bytes,
    /// What the package is called: the first digits of its hash.
    pub name: String,
    /// CRC-64 of the package, as Function Compute tells it.
    pub checksum: String,
    /// The template of the stack.
    pub template: String,
    /// What the template is called.
    pub template_name: String,
}

impl Release {
    /// The release of this program: the package in a file, or beside the program, and the template that is built in.
    ///
    /// # Errors
    /// When there is no package.
    pub fn of(package: Option<&Path>) -> Result<Self, DeployError> {
        let path = match package {
            Some(path) => path.to_path_buf(),
            None => beside_this_program(),
        };
        let shown = path.display().to_string();
        match std::fs::read(&path) {
            Ok(package) => Self::new(package.into(), TEMPLATE.to_owned())
                .map_err(|why| DeployError::BadPackage { path: shown, why }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(DeployError::NoPackage { path: shown }),
            Err(source) => Err(DeployError::File { path: shown, source }),
        }
    }

    /// A release of this package and template.
    ///
    /// # Errors
    /// What is wrong with the package.
    pub fn new(package: Bytes, template: String) -> Result<Self, String> {
        if !package.starts_with(b"PK") {
            return Err("it is no zip archive".to_owned());
        }
        if package.len() > LARGEST {
            return Err(format!("it has {} bytes; a function takes up to {LARGEST}", package.len()));
        }
        let (name, template_name) = (fn_courier::name(&package), fn_courier::name(template.as_bytes()));
        Ok(Self { checksum: crc64(&package).to_string(), name, package, template, template_name })
    }
}

fn beside_this_program() -> PathBuf {
    let this = std::env::current_exe().unwrap_or_default();
    this.with_file_name(fn_courier::PACKAGE)
}

/// A format of what one release writes and another reads, as a template states it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Format {
    /// The versions that are read.
    pub reads: Vec<u32>,
    /// The version that is written.
    pub writes: u32,
}

/// The formats that a template states. An older one states none.
#[must_use]
pub fn formats(template: &str) -> BTreeMap<String, Format> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Document {
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Metadata {
        formats: BTreeMap<String, Format>,
    }
    let read = strict::yaml(template.as_bytes()).ok();
    let document: Option<Document> = read.and_then(|value| serde_json::from_value(value).ok());
    document.map(|document| document.metadata.formats).unwrap_or_default()
}

/// Whether functions of both templates may run side by side: each reads what the other writes.
///
/// # Errors
/// What one of them would not read.
pub fn go_together(before: &str, after: &str) -> Result<(), String> {
    let (before, after) = (formats(before), formats(after));
    for (name, old) in &before {
        let Some(new) = after.get(name) else {
            return Err(format!("the release to deploy no longer knows {name}"));
        };
        for (reader, writer, who) in [(old, new, "that runs"), (new, old, "to deploy")] {
            if !reader.reads.contains(&writer.writes) {
                return Err(format!(
                    "the release {who} reads {name} of version {}, and the other one writes version {}",
                    reader.reads.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
                    writer.writes
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(reads: &[u32], writes: u32) -> String {
        format!(
            "ROSTemplateFormatVersion: '2015-09-01'\nMetadata:\n  Formats:\n    Messages: {{Reads: {reads:?}, Writes: {writes}}}\n"
        )
    }

    #[test]
    fn releases_go_together_where_each_reads_what_the_other_writes() {
        let (first, both, second) = (template(&[1], 1), template(&[1, 2], 1), template(&[1, 2], 2));
        for (before, after) in [(&first, &both), (&both, &first), (&both, &second), (&second, &both)] {
            assert_eq!(go_together(before, after), Ok(()));
        }
        assert!(go_together(&first, &second).unwrap_err().contains("that runs reads Messages of version 1"));
        assert!(go_together(&second, &first).unwrap_err().contains("to deploy reads Messages of version 1"));
        assert_eq!(go_together("Resources: {}", &second), Ok(()), "what an older one wrote is version 1 of everything");
    }

    #[test]
    fn a_release_is_named_by_its_content_and_a_package_is_a_zip_archive() {
        let release = |package: &'static [u8]| Release::new(Bytes::from_static(package), String::new());
        assert_ne!(release(b"PK1").unwrap().name, release(b"PK2").unwrap().name);
        assert!(release(b"MZ").unwrap_err().contains("no zip archive"));
        let large = Release::new(Bytes::from([b"PK".to_vec(), vec![0; LARGEST]].concat()), String::new());
        assert!(large.unwrap_err().contains("a function takes up to"));
    }
}
