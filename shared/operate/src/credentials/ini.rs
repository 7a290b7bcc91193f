//! `~/.alibabacloud/credentials.ini`, the file of the SDKs: a section becomes the profile that says the same.
//!
//! Read here and not by a library, for the one at hand takes a line without `=` for the beginning of the next key, and so
//! cannot say where the fault is.

use std::collections::BTreeMap;

use super::config::Profile;
use super::why::Why;

/// A section by its name, and its type.
pub(super) fn section(text: &str, document: &str, name: &str) -> Result<(Profile, String), Why> {
    let mut sections = read(text, document)?;
    let mut section = match sections.remove(name) {
        Some(section) => section,
        None => {
            let known = sections.into_keys().map(str::to_owned).collect();
            return Err(Why::NoProfile { document: document.to_owned(), profile: name.to_owned(), known });
        }
    };
    let mut value = |key: &str| section.remove(key).filter(|value| !value.is_empty()).map(str::to_owned);
    let kind = value("type").unwrap_or_default();
    let mode = match kind.as_str() {
        "access_key" => "AK",
        "sts" => "StsToken",
        "ram_role_arn" => "RamRoleArn",
        "oidc_role_arn" => "OIDC",
        "ecs_ram_role" => "EcsRamRole",
        "credentials_uri" => "CredentialsURI",
        _ => return Err(Why::Mode { profile: name.to_owned(), mode: kind }),
    };
    let profile = Profile {
        name: Some(name.to_owned()),
        mode: Some(mode.to_owned()),
        access_key_id: value("access_key_id"),
        access_key_secret: value("access_key_secret"),
        sts_token: value("security_token"),
        ram_role_name: value("role_name"),
        ram_role_arn: value("role_arn"),
        ram_session_name: value("role_session_name"),
        policy: value("policy"),
        oidc_provider_arn: value("oidc_provider_arn"),
        oidc_token_file: value("oidc_token_file_path"),
        credentials_uri: value("credentials_uri"),
        ..Profile::default()
    };
    Ok((profile, kind))
}

type Section<'a> = BTreeMap<String, &'a str>;

/// All sections. Keys are read without case; what follows a `#` in a value is a comment.
fn read<'a>(text: &'a str, document: &str) -> Result<BTreeMap<&'a str, Section<'a>>, Why> {
    let mut sections: BTreeMap<&str, Section<'_>> = BTreeMap::new();
    let mut current: Option<&str> = None;
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let malformed = |what: &str| {
            let column = line.len() - line.trim_start().len() + 1;
            Err(Why::Malformed { document: document.to_owned(), line: index + 1, column, what: what.to_owned() })
        };
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            let Some(name) = name.strip_suffix(']') else { return malformed("the name of a section does not end") };
            sections.entry(name.trim()).or_default();
            current = Some(name.trim());
            continue;
        }
        let Some((key, value)) = line.split_once(['=', ':']) else {
            return malformed("there is no `=` between a key and its value");
        };
        let Some(section) = current.and_then(|name| sections.get_mut(name)) else {
            return malformed("a value stands before the first section");
        };
        let value = value.split('#').next().unwrap_or_default().trim();
        if section.insert(key.trim().to_ascii_lowercase(), value).is_some() {
            return malformed("this key stands twice in its section");
        }
    }
    Ok(sections)
}
