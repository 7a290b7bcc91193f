//! What can be wrong with a template. Every variant says where.

/// The template, or the values given for its parameters, cannot be deployed. The author of the template has to change it.
#[derive(Debug, thiserror::Error)]
pub enum RosError {
    /// The text is not YAML, or uses YAML that ROS templates have no meaning for.
    #[error("the template does not parse: {0}")]
    Syntax(#[source] Box<serde_saphyr::Error>),
    /// A part of the document has another shape than it must have.
    #[error("{path}: {problem}")]
    Shape {
        /// Where in the document.
        path: String,
        /// What is wrong there.
        problem: String,
    },
    /// A value given for a parameter is missing, unknown or not allowed.
    #[error("parameter {name}: {problem}")]
    Parameter {
        /// The parameter's name.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A `Ref`, `Fn::GetAtt`, `Fn::Sub` or `DependsOn` names something that does not exist.
    #[error("{path}: there is no parameter or resource {target:?}")]
    Dangling {
        /// Where the reference stands.
        path: String,
        /// The name it uses.
        target: String,
    },
    /// A reference names a resource whose condition is false in this stack.
    #[error("{path}: resource {target:?} is left out of this stack by its condition")]
    LeftOut {
        /// Where the reference stands.
        path: String,
        /// The name it uses.
        target: String,
    },
    /// A resource has no such attribute.
    #[error("{path}: {kind} {target:?} has no attribute {attribute:?}; it has {known}")]
    Attribute {
        /// Where the reference stands.
        path: String,
        /// The resource asked.
        target: String,
        /// Its type.
        kind: &'static str,
        /// The attribute asked for.
        attribute: String,
        /// The attributes that it has.
        known: String,
    },
    /// Resources (or conditions) need each other in a circle.
    #[error("these depend on each other in a circle: {}", .members.join(" -> "))]
    Cycle {
        /// The circle, its first member repeated at the end.
        members: Vec<String>,
    },
    /// An intrinsic function is unknown or was given something that it cannot work on.
    #[error("{path}: {function}: {problem}")]
    Function {
        /// Where the call stands.
        path: String,
        /// The function, such as `Fn::Join`.
        function: String,
        /// What is wrong.
        problem: String,
    },
    /// The local cloud does not know this resource type.
    #[error("resource {resource}: type {kind:?} is not offered here; known are {known}")]
    UnknownType {
        /// The resource's name in the template.
        resource: String,
        /// The type asked for.
        kind: String,
        /// The types that are offered.
        known: String,
    },
    /// A property is missing, unknown, or out of its range.
    #[error("resource {resource} ({kind}): {path}: {problem}")]
    Property {
        /// The resource's name in the template.
        resource: String,
        /// Its type.
        kind: &'static str,
        /// The property, such as `DlqPolicy.MaxReceiveCount`; `Properties` where the whole is meant.
        path: String,
        /// What is wrong. Values of `NoEcho` parameters are masked.
        problem: String,
    },
    /// Two resources claim the same name in the cloud.
    #[error("resources {first} and {second} are both the {kind} {name:?}")]
    Duplicate {
        /// The resource type.
        kind: &'static str,
        /// The name that both claim.
        name: String,
        /// The first resource.
        first: String,
        /// The second resource.
        second: String,
    },
}

impl RosError {
    pub(crate) fn shape(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Shape { path: path.into(), problem: problem.into() }
    }

    pub(crate) fn function(path: &str, function: &str, problem: impl Into<String>) -> Self {
        Self::Function { path: path.to_owned(), function: function.to_owned(), problem: problem.into() }
    }
}
