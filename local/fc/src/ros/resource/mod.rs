//! The resource types that templates may use here, a file for each product.
//!
//! A type is a struct whose fields are the properties: serde refuses what is missing, unknown or of the wrong type, and
//! [`Kind::check`] what is out of range. Ranges and attributes are those of the ROS resource specification.

mod alarm;
mod bucket;
mod function;
mod log;
mod queue;
mod role;
mod trigger;
mod worm;

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::pseudo::Pseudo;

pub use alarm::Alarm;
pub use bucket::{AccessControl, Bucket};
pub use function::{
    AsyncInvokeConfig, Code, CustomRuntimeConfig, Destination, DestinationConfig, Function, HealthCheckConfig, Hook,
    InstanceLifecycleConfig, LogConfig,
};
pub use log::{Index, JsonKeyIndex, KeyIndex, LogAlert, Logstore, Project};
pub use queue::{DlqPolicy, Queue};
pub use role::{AttachPolicyToRole, ManagedPolicy, Policy, PolicyAttachments, PolicyType, Role};
pub use trigger::{
    AuthType, BatchWindow, ErrorsTolerance, EventBridgeTrigger, EventSchema, HttpTrigger, PushRetryStrategy, RunMode,
    RunOptions, TimerTrigger, Trigger, TriggerConfig,
};
pub use worm::BucketWorm;

/// What other resources can ask of a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Attributes {
    /// The resource's type.
    pub kind: &'static str,
    /// What `Ref` yields: the name of the thing in the cloud.
    pub id: Value,
    /// What `Fn::GetAtt` yields.
    pub values: BTreeMap<&'static str, Value>,
}

/// A property that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The property, such as `DlqPolicy.MaxReceiveCount`.
    pub path: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Problem {
    pub(crate) fn new(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { path: path.into(), problem: problem.into() }
    }
}

/// What a resource type says of itself.
pub trait Kind: DeserializeOwned {
    /// Its name in templates.
    const TYPE: &'static str;

    /// Checks what the types of the properties leave open.
    ///
    /// # Errors
    /// The first property that breaks a rule.
    fn check(&self) -> Result<(), Problem>;

    /// What `Ref` yields.
    fn id(&self) -> String;

    /// What `Fn::GetAtt` yields.
    fn attributes(&self, pseudo: &Pseudo) -> Vec<(&'static str, String)>;

    /// What no second resource of the type may have in common with it. By default its id.
    fn identity(&self) -> String {
        self.id()
    }
}

macro_rules! resources {
    ($($variant:ident: $doc:literal),* $(,)?) => {
        /// A resource with its properties evaluated and checked.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        #[expect(clippy::large_enum_variant, reason = "a stack has dozens of resources, most of them the large ones")]
        pub enum Resource {
            $(#[doc = $doc] $variant($variant),)*
        }

        /// The names of all types that are offered.
        pub const TYPES: &[&str] = &[$(<$variant as Kind>::TYPE),*];

        impl Resource {
            /// The resource's type.
            #[must_use]
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$variant(_) => <$variant as Kind>::TYPE,)* }
            }

            /// What no other resource of the type may have in common with it.
            #[must_use]
            pub fn identity(&self) -> String {
                match self { $(Self::$variant(one) => one.identity(),)* }
            }

            /// What other resources can ask of it.
            #[must_use]
            pub fn attributes(&self, pseudo: &Pseudo) -> Attributes {
                let (id, values) = match self {
                    $(Self::$variant(one) => (one.id(), one.attributes(pseudo)),)*
                };
                let values = values.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
                Attributes { kind: self.kind(), id: Value::String(id), values }
            }

            /// Reads the properties of a resource of type `kind`; `None` when there is no such type.
            ///
            /// # Errors
            /// The type, and the first property that is missing, unknown or breaks a rule.
            #[must_use]
            pub fn read(kind: &str, properties: Map<String, Value>) -> Option<Result<Self, (&'static str, Problem)>> {
                match kind {
                    $(<$variant as Kind>::TYPE => Some(
                        read::<$variant>(properties)
                            .map(Self::$variant)
                            .map_err(|problem| (<$variant as Kind>::TYPE, problem)),
                    ),)*
                    _ => None,
                }
            }
        }
    };
}

resources! {
    Function: "A function.",
    Trigger: "What calls a function.",
    AsyncInvokeConfig: "What becomes of a function's asynchronous calls.",
    Queue: "A message queue.",
    Role: "A role with its trust and policies.",
    ManagedPolicy: "A policy on its own.",
    AttachPolicyToRole: "The tie between a policy and a role.",
    Bucket: "A bucket of objects.",
    BucketWorm: "The retention policy of a bucket.",
    Project: "A log project.",
    Logstore: "A log store.",
    Index: "The index of a log store.",
    LogAlert: "An alert of the log service: recorded only.",
    Alarm: "An alarm of CloudMonitor: recorded only.",
}

fn read<T: Kind>(properties: Map<String, Value>) -> Result<T, Problem> {
    let resource: T = serde_path_to_error::deserialize(Value::Object(properties)).map_err(|error| {
        let path = error.path().to_string();
        Problem::new(if path == "." { "Properties" } else { &path }, error.inner().to_string())
    })?;
    resource.check()?;
    Ok(resource)
}

/// Checks that a number lies within its range.
pub(crate) fn within<T: PartialOrd + Display>(path: &str, value: T, least: T, most: T) -> Result<(), Problem> {
    if value < least || value > most {
        return Err(Problem::new(path, format!("{value} is not within {least} to {most}")));
    }
    Ok(())
}

/// Checks the length of a name, and its alphabet: letters, digits and `others`.
pub(crate) fn name(path: &str, value: &str, least: usize, most: usize, others: &str) -> Result<(), Problem> {
    if value.len() < least || value.len() > most {
        return Err(Problem::new(path, format!("{value:?} must have {least} to {most} characters")));
    }
    match value.chars().find(|c| !c.is_ascii_alphanumeric() && !others.contains(*c)) {
        Some(strange) => Err(Problem::new(path, format!("{value:?} must not contain {strange:?}"))),
        None => Ok(()),
    }
}
