//! `ALIYUN::CMS::ResourceMetricRule`: checked and recorded. Nothing watches metrics here.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::pseudo::Pseudo;
use super::super::scalar::optional;
use super::{Kind, Problem};

/// An alarm of CloudMonitor about a metric of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Alarm {
    /// What it is called.
    pub rule_name: Option<String>,
    /// The product, as CloudMonitor calls it.
    pub namespace: String,
    /// The metric.
    pub metric_name: String,
    /// What is watched, by the dimensions of the metric.
    pub resources: Vec<Value>,
    /// Who is told.
    pub contact_groups: Vec<String>,
    /// Recorded.
    pub email_subject: Option<String>,
    /// When it rings: `Critical`, `Warn` or `Info`.
    pub escalations: Option<Value>,
    /// Recorded: seconds between two looks.
    #[serde(default, deserialize_with = "optional")]
    pub interval: Option<u32>,
    /// Recorded: seconds over which the metric is taken.
    #[serde(default, deserialize_with = "optional")]
    pub period: Option<u32>,
}

impl Kind for Alarm {
    const TYPE: &'static str = "ALIYUN::CMS::ResourceMetricRule";

    fn check(&self) -> Result<(), Problem> {
        let levels = ["Critical", "Warn", "Info"];
        let has_level =
            self.escalations.as_ref().is_some_and(|all| levels.iter().any(|level| all.get(level).is_some()));
        if !has_level {
            return Err(Problem::new("Escalations", format!("must have one of {}", levels.join(", "))));
        }
        if self.contact_groups.iter().any(String::is_empty) || self.contact_groups.is_empty() {
            return Err(Problem::new("ContactGroups", "must name who is told"));
        }
        Ok(())
    }

    fn id(&self) -> String {
        self.rule_name.clone().unwrap_or_else(|| self.metric_name.clone())
    }

    fn attributes(&self, _: &Pseudo) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}
