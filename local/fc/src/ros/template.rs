//! The document as its author wrote it, before anything is evaluated.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::RosError;
use super::pseudo::Pseudo;
use super::stack::Stack;

/// A parsed template.
#[derive(Debug, Clone)]
pub struct Template {
    pub(crate) document: Document,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    #[serde(rename = "ROSTemplateFormatVersion")]
    version: String,
    #[serde(rename = "Description", default)]
    pub(crate) description: Option<Value>,
    #[serde(rename = "Metadata", default)]
    _metadata: Option<Value>,
    #[serde(rename = "Parameters", default)]
    pub(crate) parameters: BTreeMap<String, Parameter>,
    #[serde(rename = "Mappings", default)]
    pub(crate) mappings: BTreeMap<String, BTreeMap<String, Map<String, Value>>>,
    #[serde(rename = "Conditions", default)]
    pub(crate) conditions: BTreeMap<String, Value>,
    #[serde(rename = "Resources")]
    pub(crate) resources: BTreeMap<String, Declared>,
    #[serde(rename = "Outputs", default)]
    pub(crate) outputs: BTreeMap<String, Output>,
}

/// A parameter as declared.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Parameter {
    #[serde(rename = "Type")]
    pub(crate) kind: ParameterType,
    pub(crate) default: Option<Value>,
    #[serde(default)]
    pub(crate) allowed_values: Vec<Value>,
    #[serde(default)]
    pub(crate) no_echo: bool,
    pub(crate) min_length: Option<usize>,
    pub(crate) max_length: Option<usize>,
    pub(crate) min_value: Option<f64>,
    pub(crate) max_value: Option<f64>,
    pub(crate) constraint_description: Option<Value>,
    #[serde(rename = "Description")]
    _description: Option<Value>,
    #[serde(rename = "Label")]
    _label: Option<Value>,
    #[serde(rename = "Required")]
    _required: Option<bool>,
    #[serde(rename = "Confirm")]
    _confirm: Option<bool>,
    #[serde(rename = "TextArea")]
    _text_area: Option<bool>,
    #[serde(rename = "AssociationProperty")]
    _association_property: Option<Value>,
    #[serde(rename = "AssociationPropertyMetadata")]
    _association_property_metadata: Option<Value>,
}

/// What values a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum ParameterType {
    String,
    Number,
    Boolean,
    Json,
    CommaDelimitedList,
}

/// A resource as declared.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Declared {
    #[serde(rename = "Type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) properties: Map<String, Value>,
    #[serde(default)]
    pub(crate) depends_on: OneOrMany,
    pub(crate) condition: Option<String>,
    #[serde(rename = "Description")]
    _description: Option<Value>,
    #[serde(rename = "Metadata")]
    _metadata: Option<Value>,
    #[serde(rename = "DeletionPolicy")]
    deletion_policy: Option<DeletionPolicy>,
}

/// What becomes of a resource when its stack goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum DeletionPolicy {
    Delete,
    Retain,
}

/// `DependsOn` takes a name or a list of names.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl OneOrMany {
    pub(crate) fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Many(names) => names,
        }
    }
}

/// An output as declared.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Output {
    pub(crate) value: Value,
    pub(crate) condition: Option<String>,
    #[serde(default)]
    pub(crate) no_echo: bool,
    #[serde(rename = "Description")]
    pub(crate) description: Option<Value>,
    #[serde(rename = "Label")]
    _label: Option<Value>,
}

/// A parameter as its template declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration<'t> {
    /// Its name.
    pub name: &'t str,
    /// Its type, as templates spell it.
    pub kind: String,
    /// What it is without a value.
    pub default: Option<&'t Value>,
    /// Whether its value is shown to nobody.
    pub no_echo: bool,
}

impl Template {
    /// Reads a template in YAML or JSON.
    ///
    /// # Errors
    /// When the text does not parse, a key appears twice, an unknown section or key stands where only known ones may, or the
    /// version is not 2015-09-01.
    pub fn parse(text: &str) -> Result<Self, RosError> {
        let options = serde_saphyr::options! { reject_unsupported_tags: true, strict_booleans: true };
        let tree: Value =
            serde_saphyr::from_str_with_options(text, options).map_err(|error| RosError::Syntax(Box::new(error)))?;
        let document: Document = serde_path_to_error::deserialize(tree)
            .map_err(|error| RosError::shape(error.path().to_string(), error.inner().to_string()))?;
        if document.version != "2015-09-01" {
            return Err(RosError::shape(
                "ROSTemplateFormatVersion",
                format!("{:?} is not the version '2015-09-01'", document.version),
            ));
        }
        let template = Self { document };
        template.names_are_distinct()?;
        Ok(template)
    }

    /// Evaluates the template into typed resources in an order in which they can be made.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place: see [`RosError`].
    pub fn resolve(&self, parameters: &BTreeMap<String, Value>, pseudo: &Pseudo) -> Result<Stack, RosError> {
        Stack::resolve(self, parameters, pseudo)
    }

    /// What it says of itself.
    #[must_use]
    pub fn description(&self) -> &str {
        self.document.description.as_ref().and_then(Value::as_str).unwrap_or_default()
    }

    /// Its parameters.
    pub fn parameters(&self) -> impl Iterator<Item = Declaration<'_>> {
        self.document.parameters.iter().map(|(name, declared)| Declaration {
            name,
            kind: format!("{:?}", declared.kind),
            default: declared.default.as_ref(),
            no_echo: declared.no_echo,
        })
    }

    /// The names and types of its resources, whatever their conditions.
    pub fn resource_types(&self) -> impl Iterator<Item = (&str, &str)> {
        self.document.resources.iter().map(|(name, declared)| (name.as_str(), declared.kind.as_str()))
    }

    /// The names of its outputs, each with what it says of itself.
    pub fn outputs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.document.outputs.iter().map(|(name, output)| {
            (name.as_str(), output.description.as_ref().and_then(Value::as_str).unwrap_or_default())
        })
    }

    /// The resources that outlive their stack, by their names in the template.
    #[must_use]
    pub fn retained(&self) -> Vec<&str> {
        let declared = self.document.resources.iter();
        let stays = declared.filter(|(_, one)| one.deletion_policy == Some(DeletionPolicy::Retain));
        stays.map(|(name, _)| name.as_str()).collect()
    }

    /// The environment variables of functions that hold nothing but a parameter, where they are there: each with that parameter.
    #[must_use]
    pub fn variables(&self) -> BTreeMap<&str, &str> {
        let declared = self.document.resources.values();
        let variables = declared.filter_map(|one| one.properties.get("EnvironmentVariables")?.as_object()).flatten();
        let is_declared = |name: &&str| self.document.parameters.contains_key(*name);
        variables
            .filter_map(|(name, value)| {
                // `Ref`, `Fn::Sub` of it alone, or either as the first branch of `Fn::If`.
                let value = value.get("Fn::If").and_then(|branches| branches.get(1)).unwrap_or(value);
                let alone = |text: &'_ str| text.strip_prefix("${").and_then(|name| name.strip_suffix('}')).is_some();
                let parameter = match (value.get("Ref"), value.get("Fn::Sub")) {
                    (Some(name), _) => name.as_str()?,
                    (None, Some(text)) => text.as_str().filter(|text| alone(text))?.trim_matches(['$', '{', '}']),
                    (None, None) => return None,
                };
                Some((name.as_str(), is_declared(&parameter).then_some(parameter)?))
            })
            .collect()
    }

    /// `Ref` looks in one space of names, so a parameter and a resource must not share one.
    fn names_are_distinct(&self) -> Result<(), RosError> {
        match self.document.resources.keys().find(|name| self.document.parameters.contains_key(*name)) {
            Some(name) => Err(RosError::shape(format!("Resources.{name}"), "a parameter has the same name")),
            None => Ok(()),
        }
    }
}
