//! `ALIYUN::OSS::Bucket`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::pseudo::Pseudo;
use super::super::scalar::optional;
use super::{Kind, Problem, name};

/// A bucket of objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Bucket {
    /// Unique in the whole cloud: 3–63 small letters, digits and `-`.
    pub bucket_name: String,
    /// Who may read and write without a signature.
    pub access_control: Option<AccessControl>,
    /// Whether old versions of objects are kept: `{Status: Enabled | Suspended}`.
    pub versioning_configuration: Option<Value>,
    /// Recorded, like everything below.
    pub storage_class: Option<String>,
    /// Recorded.
    pub redundancy_type: Option<String>,
    /// Recorded.
    #[serde(default, deserialize_with = "optional")]
    pub block_public_access: Option<bool>,
    /// Recorded.
    #[serde(default, deserialize_with = "optional")]
    pub deletion_force: Option<bool>,
    /// Recorded.
    pub policy: Option<Value>,
    /// Recorded.
    pub tags: Option<Value>,
    /// Recorded.
    pub lifecycle_configuration: Option<Value>,
    /// Recorded.
    pub server_side_encryption_configuration: Option<Value>,
    /// Recorded.
    pub resource_group_id: Option<String>,
}

/// Who may read and write without a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessControl {
    /// Nobody.
    Private,
    /// Anyone may read.
    PublicRead,
    /// Anyone may read and write.
    PublicReadWrite,
}

impl Bucket {
    /// Whether the bucket is to keep, or once kept, old versions.
    #[must_use]
    pub fn versioning(&self) -> Option<&str> {
        self.versioning_configuration.as_ref()?.get("Status")?.as_str()
    }
}

impl Kind for Bucket {
    const TYPE: &'static str = "ALIYUN::OSS::Bucket";

    fn check(&self) -> Result<(), Problem> {
        name("BucketName", &self.bucket_name, 3, 63, "-")?;
        if self.bucket_name.contains(|c: char| c.is_ascii_uppercase())
            || self.bucket_name.starts_with('-')
            || self.bucket_name.ends_with('-')
        {
            let problem = format!("{:?} must be small letters, digits and inner -", self.bucket_name);
            return Err(Problem::new("BucketName", problem));
        }
        Ok(())
    }

    fn id(&self) -> String {
        self.bucket_name.clone()
    }

    fn attributes(&self, pseudo: &Pseudo) -> Vec<(&'static str, String)> {
        let Pseudo { account_id, region, .. } = pseudo;
        let name = &self.bucket_name;
        vec![
            ("Arn", format!("acs:oss:*:{account_id}:{name}")),
            ("Name", name.clone()),
            ("DomainName", format!("{name}.oss-{region}.aliyuncs.com")),
            ("InternalDomainName", format!("{name}.oss-{region}-internal.aliyuncs.com")),
        ]
    }
}
