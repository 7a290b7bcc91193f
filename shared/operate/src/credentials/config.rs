//! `~/.aliyun/config.json`, as the official command line writes it. Fields that are not ours are left alone.

use serde::{Deserialize, Deserializer};
use serde_json::error::Category;

use super::why::Why;
use crate::surroundings::Surroundings;

/// The file.
#[derive(Deserialize)]
pub(super) struct Config {
    #[serde(default, deserialize_with = "text")]
    current: Option<String>,
    #[serde(default)]
    profiles: Option<Vec<Profile>>,
}

/// One profile. Which of its fields count depends on its mode. No `Debug`: most of them are secrets.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Profile {
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub mode: Option<String>,
    #[serde(deserialize_with = "text")]
    pub access_key_id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub access_key_secret: Option<String>,
    #[serde(deserialize_with = "text")]
    pub sts_token: Option<String>,
    /// Seconds since 1970.
    pub sts_expiration: Option<i64>,
    /// What a program prints in place of it: `2026-01-02T03:04:05Z`.
    #[serde(deserialize_with = "text")]
    pub expiration: Option<String>,
    #[serde(deserialize_with = "text")]
    pub ram_role_name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub ram_role_arn: Option<String>,
    #[serde(alias = "role_session_name", deserialize_with = "text")]
    pub ram_session_name: Option<String>,
    pub expired_seconds: Option<u32>,
    #[serde(deserialize_with = "text")]
    pub external_id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub policy: Option<String>,
    #[serde(deserialize_with = "text")]
    pub source_profile: Option<String>,
    #[serde(deserialize_with = "text")]
    pub sts_region: Option<String>,
    #[serde(deserialize_with = "text")]
    pub sts_endpoint: Option<String>,
    #[serde(deserialize_with = "text")]
    pub oidc_provider_arn: Option<String>,
    #[serde(deserialize_with = "text")]
    pub oidc_token_file: Option<String>,
    #[serde(deserialize_with = "text")]
    pub process_command: Option<String>,
    #[serde(deserialize_with = "text")]
    pub credentials_uri: Option<String>,
    #[serde(deserialize_with = "text")]
    pub cloud_sso_sign_in_url: Option<String>,
    #[serde(deserialize_with = "text")]
    pub region_id: Option<String>,
}

/// A text that says something.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
}

impl Config {
    /// Reads the file.
    pub(super) fn parse(text: &str, document: &str) -> Result<Self, Why> {
        parse(text, document)
    }

    /// The name of the profile that counts where none is chosen.
    pub(super) fn current(&self) -> Option<&str> {
        self.current.as_deref()
    }

    /// The first profile of that name.
    pub(super) fn profile(&self, name: &str, document: &str) -> Result<&Profile, Why> {
        let profiles = self.profiles.as_deref().unwrap_or_default();
        profiles.iter().find(|profile| profile.name.as_deref() == Some(name)).ok_or_else(|| Why::NoProfile {
            document: document.to_owned(),
            profile: name.to_owned(),
            known: profiles.iter().filter_map(|profile| profile.name.clone()).collect(),
        })
    }
}

impl Profile {
    /// Its name, for messages.
    pub(super) fn shown_name(&self) -> String {
        self.name.clone().unwrap_or_default()
    }

    /// Its mode; where it names none, the one that its fields speak for, as the official command line guesses it.
    pub(super) fn mode(&self, here: &Surroundings) -> String {
        if let Some(mode) = &self.mode {
            return strict::escaped(mode);
        }
        let has_key = self.key_id(here).is_some() && self.key_secret(here).is_some();
        let guessed = if has_key && self.sts_token.is_some() {
            "StsToken"
        } else if has_key && self.ram_role_arn.is_some() {
            "RamRoleArn"
        } else if has_key {
            "AK"
        } else if self.ram_role_name.is_some() {
            "EcsRamRole"
        } else if self.process_command.is_some() {
            "External"
        } else if self.oidc_provider_arn.is_some() && self.oidc_token_file.is_some() {
            "OIDC"
        } else if self.cloud_sso_sign_in_url.is_some() {
            "CloudSSO"
        } else {
            "AK"
        };
        guessed.to_owned()
    }

    pub(super) fn key_id(&self, here: &Surroundings) -> Option<String> {
        filled(here, &self.access_key_id, "ACCESS_KEY_ID")
    }

    pub(super) fn key_secret(&self, here: &Surroundings) -> Option<String> {
        filled(here, &self.access_key_secret, "ACCESS_KEY_SECRET")
    }

    pub(super) fn token(&self, here: &Surroundings) -> Option<String> {
        filled(here, &self.sts_token, "SECURITY_TOKEN")
    }
}

/// A field, or where it is empty the variable that fills it.
fn filled(here: &Surroundings, field: &Option<String>, name: &str) -> Option<String> {
    let names = ["ALIBABA_CLOUD_", "ALIBABACLOUD_", "ALICLOUD_", ""].map(|prefix| format!("{prefix}{name}"));
    field.clone().or_else(|| here.first(&names.each_ref().map(String::as_str)).map(str::to_owned))
}

/// Reads JSON that holds secrets: an error says where, and repeats nothing of it.
pub(super) fn parse<'de, T: Deserialize<'de>>(text: &'de str, document: &str) -> Result<T, Why> {
    let reader = &mut serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}'));
    let malformed = |error: &serde_json::Error, path: Option<String>| {
        let position = format!(" at line {} column {}", error.line(), error.column());
        let what = match (error.classify(), path) {
            (Category::Data, Some(path)) => format!("{path} is not of the kind that it must be"),
            // It may repeat a value.
            (Category::Data, None) => "it is not what it must be".to_owned(),
            _ => error.to_string().replace(&position, ""),
        };
        Why::Malformed { document: document.to_owned(), line: error.line(), column: error.column(), what }
    };
    let read = serde_path_to_error::deserialize(&mut *reader)
        .map_err(|error| malformed(error.inner(), Some(strict::escaped(&error.path().to_string()))))?;
    reader.end().map_err(|error| malformed(&error, None))?;
    Ok(read)
}
