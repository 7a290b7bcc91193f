//! Pseudo parameters: what a template can ask about the stack it stands in.

use serde_json::Value;

/// The values behind `ALIYUN::AccountId` and its like, and the addresses that attributes are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pseudo {
    /// The account that owns the stack.
    pub account_id: String,
    /// The region of the stack.
    pub region: String,
    /// The name of the stack.
    pub stack_name: String,
    /// The id of the stack.
    pub stack_id: String,
    /// Where HTTP triggers are reached, as their `UrlInternet` says. Empty: the cloud's own addresses.
    pub http_base: String,
}

/// The name that stands for "leave this property out".
pub(crate) const NO_VALUE: &str = "ALIYUN::NoValue";

impl Pseudo {
    /// A stack of `account_id` in `region`, with the cloud's own addresses.
    #[must_use]
    pub fn new(account_id: &str, region: &str, stack_name: &str) -> Self {
        Self {
            account_id: account_id.to_owned(),
            region: region.to_owned(),
            stack_name: stack_name.to_owned(),
            stack_id: stable_id(&["stack", account_id, region, stack_name]),
            http_base: String::new(),
        }
    }

    /// The value of pseudo parameter `name`, if there is one of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Value> {
        let text = match name {
            "ALIYUN::AccountId" | "ALIYUN::TenantId" => self.account_id.clone(),
            "ALIYUN::Region" => self.region.clone(),
            "ALIYUN::StackName" => self.stack_name.clone(),
            "ALIYUN::StackId" => self.stack_id.clone(),
            _ => return None,
        };
        Some(Value::String(text))
    }
}

/// An identifier in the form of a UUID that is always the same for the same parts: what the real service draws at random.
pub(crate) fn stable_id(parts: &[&str]) -> String {
    use md5::Digest as _;
    let mut digest = md5::Md5::new();
    for part in parts {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    let hex = hex::encode(digest.finalize());
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
