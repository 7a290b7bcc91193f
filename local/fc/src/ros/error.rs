//! What can be wrong with a template. Every variant says where.

/// The template, or the values given for its parameters, cannot be deployed. The author of the template has to change it.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the texts say what each one means")]
pub enum RosError {
    /// The text is not YAML, or uses YAML that ROS templates have no meaning for.
    #[error("the template does not parse")]
    Syntax(#[source] Box<serde_saphyr::Error>),
    /// A part of the document has another shape than it must have.
    #[error("{path}: {problem}")]
    Shape { path: String, problem: String },
    /// A value given for a parameter is missing, unknown or not allowed.
    #[error("parameter {name}: {problem}")]
    Parameter { name: String, problem: String, fault: ParameterFault },
    /// A `Ref`, `Fn::GetAtt`, `Fn::Sub` or `DependsOn` names something that does not exist.
    #[error("{path}: there is no parameter or resource {target:?}")]
    Dangling { path: String, target: String },
    #[error("{path}: resource {target:?} is left out of this stack by its condition")]
    LeftOut { path: String, target: String },
    #[error("{path}: {kind} {target:?} has no attribute {attribute:?}; it has {known}")]
    Attribute { path: String, target: String, kind: &'static str, attribute: String, known: String },
    #[error("these depend on each other in a circle: {}", .members.join(" -> "))]
    Cycle {
        /// The circle, its first member repeated at the end.
        members: Vec<String>,
    },
    /// An intrinsic function is unknown or was given something that it cannot work on.
    #[error("{path}: {function}: {problem}")]
    Function { path: String, function: String, problem: String },
    #[error("resource {resource}: type {kind:?} is not offered here; known are {known}")]
    UnknownType { resource: String, kind: String, known: String },
    /// A property is missing, unknown, or out of its range.
    #[error("resource {resource} ({kind}): {path}: {problem}")]
    Property {
        resource: String,
        kind: &'static str,
        /// The property, such as `DlqPolicy.MaxReceiveCount`; `Properties` where the whole is meant.
        path: String,
        /// What is wrong. Values of `NoEcho` parameters are masked.
        problem: String,
    },
    #[error("resources {first} and {second} are both the {kind} {name:?}")]
    Duplicate { kind: &'static str, name: String, first: String, second: String },
}

/// What is wrong with a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterFault {
    /// It has no default, and no value was given.
    Missing,
    /// The template declares no such parameter.
    Unknown,
    /// Its value is of the wrong type, or not allowed.
    Value,
}

impl RosError {
    pub(crate) fn shape(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Shape { path: path.into(), problem: problem.into() }
    }

    pub(crate) fn function(path: &str, function: &str, problem: impl Into<String>) -> Self {
        Self::Function { path: path.to_owned(), function: function.to_owned(), problem: problem.into() }
    }
}
