//! `ALIYUN::SLS::Project`, `Logstore` and `Index`: checked and recorded. The local cloud prints what functions print.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::pseudo::Pseudo;
use super::super::scalar::optional;
use super::{Kind, Problem, name, within};

/// A log project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Project {
    /// 3–63 characters.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Recorded.
    pub tags: Option<Value>,
    /// Recorded.
    pub resource_group_id: Option<String>,
}

impl Kind for Project {
    const TYPE: &'static str = "ALIYUN::SLS::Project";

    fn check(&self) -> Result<(), Problem> {
        name("Name", &self.name, 3, 63, "-")
    }

    fn id(&self) -> String {
        self.name.clone()
    }

    fn attributes(&self, _: &Pseudo) -> Vec<(&'static str, String)> {
        vec![("Name", self.name.clone())]
    }
}

/// A log store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Logstore {
    /// The project it stands in.
    pub project_name: String,
    /// Unique in the project.
    pub logstore_name: String,
    /// Days that lines are kept, 1–3650.
    #[serde(rename = "TTL", default, deserialize_with = "optional")]
    pub ttl: Option<u32>,
    /// 1–100.
    #[serde(default, deserialize_with = "optional")]
    pub shard_count: Option<u32>,
    /// `standard` or `query`.
    pub mode: Option<String>,
    /// Recorded.
    #[serde(default, deserialize_with = "optional")]
    pub auto_split: Option<bool>,
    /// 1–64.
    #[serde(default, deserialize_with = "optional")]
    pub max_split_shard: Option<u32>,
    /// Recorded.
    #[serde(default, deserialize_with = "optional")]
    pub append_meta: Option<bool>,
}

impl Kind for Logstore {
    const TYPE: &'static str = "ALIYUN::SLS::Logstore";

    fn check(&self) -> Result<(), Problem> {
        name("LogstoreName", &self.logstore_name, 3, 63, "-_")?;
        within("TTL", self.ttl.unwrap_or(1), 1, 3650)?;
        within("ShardCount", self.shard_count.unwrap_or(1), 1, 100)?;
        within("MaxSplitShard", self.max_split_shard.unwrap_or(1), 1, 64)?;
        match self.mode.as_deref() {
            None | Some("standard" | "query") => Ok(()),
            Some(other) => Err(Problem::new("Mode", format!("{other:?} is neither standard nor query"))),
        }
    }

    fn id(&self) -> String {
        self.logstore_name.clone()
    }

    fn attributes(&self, _: &Pseudo) -> Vec<(&'static str, String)> {
        vec![("LogstoreName", self.logstore_name.clone()), ("ProjectName", self.project_name.clone())]
    }

    fn identity(&self) -> String {
        format!("{}/{}", self.project_name, self.logstore_name)
    }
}

/// The index of a log store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Index {
    /// The project of the store.
    pub project_name: String,
    /// The store.
    pub logstore_name: String,
    /// `{Enable, CaseSensitive, Delimiter, IncludeChinese}`.
    pub full_text_index: Value,
    /// `[{Name, Type}]`.
    pub key_indices: Option<Value>,
}

impl Kind for Index {
    const TYPE: &'static str = "ALIYUN::SLS::Index";

    fn check(&self) -> Result<(), Problem> {
        match self.full_text_index.get("Enable") {
            Some(_) => Ok(()),
            None => Err(Problem::new("FullTextIndex", "missing field `Enable`")),
        }
    }

    fn id(&self) -> String {
        format!("{}/{}", self.project_name, self.logstore_name)
    }

    fn attributes(&self, _: &Pseudo) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}
