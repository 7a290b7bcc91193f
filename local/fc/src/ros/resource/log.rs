//! `ALIYUN::SLS::Project`, `Logstore`, `Index` and `Alert`: checked. Alerts are recorded only: nothing evaluates them here.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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
    /// The fields that queries may name.
    #[serde(default)]
    pub key_indices: Vec<KeyIndex>,
}

/// A field that queries may name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct KeyIndex {
    /// The field.
    pub name: String,
    /// `text`, `long`, `double` or `json`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// What of its JSON queries may name: a name, or names joined by dots.
    #[serde(default)]
    pub json_key_indices: Vec<JsonKeyIndex>,
    /// Recorded.
    pub alias: Option<String>,
    /// Recorded.
    pub delimiter: Option<String>,
    /// Recorded.
    #[serde(default, deserialize_with = "optional")]
    pub enable_analytics: Option<bool>,
    /// Recorded.
    #[serde(default, deserialize_with = "optional")]
    pub case_sensitive: Option<bool>,
    /// Recorded.
    #[serde(default, deserialize_with = "optional")]
    pub include_chinese: Option<bool>,
}

/// A part of a field that holds JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct JsonKeyIndex {
    /// Where it stands.
    pub name: String,
    /// `text`, `long` or `double`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// Recorded.
    pub alias: Option<String>,
    /// Recorded.
    #[serde(default, deserialize_with = "optional")]
    pub enable_analytics: Option<bool>,
}

impl Index {
    /// The index as the log service's own API takes it.
    #[must_use]
    pub fn document(&self) -> Value {
        let part = |key: &JsonKeyIndex| (key.name.clone(), json!({"type": key.kind}));
        let key = |key: &KeyIndex| {
            let mut described = json!({"type": key.kind, "alias": key.alias});
            if key.kind == "json" {
                described["json_keys"] = Value::Object(key.json_key_indices.iter().map(part).collect());
            }
            (key.name.clone(), described)
        };
        let is_full_text = self.full_text_index.get("Enable").is_some_and(|on| on == true || on == "true");
        let line = if is_full_text { self.full_text_index.clone() } else { Value::Null };
        json!({"line": line, "keys": Value::Object(self.key_indices.iter().map(key).collect())})
    }
}

impl Kind for Index {
    const TYPE: &'static str = "ALIYUN::SLS::Index";

    fn check(&self) -> Result<(), Problem> {
        if self.full_text_index.get("Enable").is_none() {
            return Err(Problem::new("FullTextIndex", "missing field `Enable`"));
        }
        for (place, key) in self.key_indices.iter().enumerate() {
            let path = format!("KeyIndices[{place}].Type");
            one_of(&path, &key.kind, &["text", "long", "double", "json"])?;
            for part in &key.json_key_indices {
                one_of(&path, &part.kind, &["text", "long", "double"])?;
            }
            if key.kind != "json" && !key.json_key_indices.is_empty() {
                return Err(Problem::new(&path, "only a field of type json has JsonKeyIndices"));
            }
        }
        Ok(())
    }

    fn id(&self) -> String {
        format!("{}/{}", self.project_name, self.logstore_name)
    }

    fn attributes(&self, _: &Pseudo) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

fn one_of(path: &str, given: &str, known: &[&str]) -> Result<(), Problem> {
    if known.contains(&given) {
        return Ok(());
    }
    Err(Problem::new(path, format!("{given:?} is none of {}", known.join(", "))))
}

/// An alert of the log service: a query, and when its outcome is an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct LogAlert {
    /// The project of the stores that it queries.
    pub project: String,
    /// What it is, as the service's own API has it.
    pub detail: Value,
}

impl LogAlert {
    /// What it looks for.
    #[must_use]
    pub fn queries(&self) -> Vec<&str> {
        let list = self.detail["Configuration"]["QueryList"].as_array().into_iter().flatten();
        list.filter_map(|query| query["Query"].as_str()).collect()
    }

    fn text(&self, path: &str) -> Result<&str, Problem> {
        let found = self.detail.pointer(path).and_then(Value::as_str);
        found.ok_or_else(|| Problem::new("Detail", format!("missing text `{}`", path.trim_start_matches('/'))))
    }
}

impl Kind for LogAlert {
    const TYPE: &'static str = "ALIYUN::SLS::Alert";

    fn check(&self) -> Result<(), Problem> {
        self.text("/Name")?;
        within("Detail.DisplayName", self.text("/DisplayName")?.chars().count(), 1, 64)?;
        self.text("/Configuration/Dashboard")?;
        self.text("/Schedule/Type")?;
        let list = self.detail["Configuration"]["QueryList"].as_array().map_or(0, Vec::len);
        within("Detail.Configuration.QueryList", list, 1, 3)?;
        for place in 0..list {
            for name in ["Query", "Start", "End", "TimeSpanType"] {
                self.text(&format!("/Configuration/QueryList/{place}/{name}"))?;
            }
        }
        Ok(())
    }

    fn id(&self) -> String {
        self.text("/Name").unwrap_or_default().to_owned()
    }

    fn attributes(&self, _: &Pseudo) -> Vec<(&'static str, String)> {
        vec![("Name", self.id())]
    }

    fn identity(&self) -> String {
        format!("{}/{}", self.project, self.id())
    }
}
