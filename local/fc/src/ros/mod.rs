//! Resource Orchestration Service: reads a template and says which resources it describes.
//!
//! Nothing is made here. [`Template::parse`] checks the shape of the document, [`Template::resolve`] evaluates parameters,
//! conditions and intrinsic functions in dependency order and returns a [`Stack`] of typed resources, which `fc` deploys.
//!
//! - [`template`]: the document as written
//! - [`evaluate`]: `Ref`, `Fn::GetAtt`, `Fn::Sub` and the others
//! - [`condition`]: `Conditions`, `Fn::Equals` and the logic on top
//! - [`parameter`]: values of parameters, checked
//! - [`order`]: who must come before whom
//! - [`resource`]: the resource types, a file each
//! - [`stack`]: the result
//!
//! What this offers of ROS is the template version 2015-09-01 without nested stacks, `Count`, `Rules`, `Locals` and macros; these
//! are refused by name, never skipped. YAML short tags (`!Ref`) are refused too: write the long form.
//!
//! ```
//! use local_fc::ros::{Pseudo, Template};
//!
//! let template = Template::parse(r#"
//! ROSTemplateFormatVersion: '2015-09-01'
//! Resources:
//!   Jobs:
//!     Type: ALIYUN::MNS::Queue
//!     Properties: {QueueName: jobs, VisibilityTimeout: 60}
//! "#)?;
//! let stack = template.resolve(&Default::default(), &Pseudo::new("1111111111111111", "cn-hangzhou", "demo"))?;
//! assert_eq!(stack.queues().next().unwrap().visibility_timeout, 60);
//! # Ok::<(), local_fc::ros::RosError>(())
//! ```

pub mod condition;
pub mod error;
pub mod evaluate;
pub mod order;
pub mod parameter;
pub mod pseudo;
pub mod resource;
pub(crate) mod scalar;
pub mod stack;
pub mod template;

#[cfg(test)]
mod tests;

pub use error::{ParameterFault, RosError};
pub use pseudo::Pseudo;
pub use resource::Resource;
pub use stack::Stack;
pub use template::Template;
