//! The result of evaluating a template: typed resources, in an order in which they can be made.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use serde_json::{Map, Value};

use super::condition;
use super::error::RosError;
use super::evaluate::Scope;
use super::order::{check_output, needs, order};
use super::parameter::Values;
use super::pseudo::Pseudo;
use super::resource::{AsyncInvokeConfig, Bucket, BucketWorm, Function, Queue, Resource, Role, TYPES, Trigger};
use super::template::Template;

/// A template with its parameters filled in.
#[derive(Clone)]
pub struct Stack {
    /// Who owns it, where it stands.
    pub pseudo: Pseudo,
    /// Name in the template and resource; what a resource refers to stands before it.
    pub resources: Vec<(String, Resource)>,
    /// The same as their properties were evaluated.
    pub properties: BTreeMap<String, Map<String, Value>>,
    /// What each of them refers to or depends on, among them.
    pub needs: BTreeMap<String, BTreeSet<String>>,
    /// All parameters with the values that were given or are their defaults.
    pub parameters: BTreeMap<String, Value>,
    /// What the template gives out.
    pub outputs: BTreeMap<String, Value>,
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Outputs may repeat secrets of parameters.
        f.debug_struct("Stack")
            .field("pseudo", &self.pseudo)
            .field("resources", &self.resources)
            .field("outputs", &self.outputs.keys())
            .finish()
    }
}

macro_rules! each {
    ($($name:ident: $variant:ident -> $kind:ty),* $(,)?) => {
        $(
            #[doc = concat!("All resources of type [`", stringify!($kind), "`].")]
            pub fn $name(&self) -> impl Iterator<Item = &$kind> {
                self.resources.iter().filter_map(|(_, resource)| match resource {
                    Resource::$variant(one) => Some(one),
                    _ => None,
                })
            }
        )*
    };
}

impl Stack {
    each! {
        functions: Function -> Function,
        triggers: Trigger -> Trigger,
        async_invoke_configs: AsyncInvokeConfig -> AsyncInvokeConfig,
        queues: Queue -> Queue,
        roles: Role -> Role,
        buckets: Bucket -> Bucket,
        worms: BucketWorm -> BucketWorm,
    }

    pub(crate) fn resolve(
        template: &Template,
        given: &BTreeMap<String, Value>,
        pseudo: &Pseudo,
    ) -> Result<Self, RosError> {
        let parameters = Values::settle(template, given)?;
        let order = order(template, pseudo)?;
        let (conditions, resources) = (BTreeMap::new(), BTreeMap::new());
        let mut scope = Scope { template, parameters, pseudo, conditions, resources };
        condition::settle(&mut scope)?;
        let mut properties = BTreeMap::new();
        let mut made: Vec<(String, Resource)> = Vec::new();
        let mut claimed: HashMap<(&'static str, String), String> = HashMap::new();
        for name in order {
            let Some((resource, evaluated)) = read(&scope, &name)? else { continue };
            properties.insert(name.clone(), evaluated);
            let claim = (resource.kind(), resource.identity());
            if let Some(first) = claimed.insert(claim.clone(), name.clone()) {
                return Err(RosError::Duplicate { kind: claim.0, name: claim.1, first, second: name });
            }
            scope.resources.insert(name.clone(), resource.attributes(pseudo));
            made.push((name, resource));
        }
        let outputs = outputs(&scope)?;
        let is_made = |name: &&str| properties.contains_key(*name);
        let needs = needs(template, pseudo)?.into_iter().filter(|(name, _)| is_made(name));
        let owned = |found: BTreeSet<&str>| found.into_iter().filter(is_made).map(str::to_owned).collect();
        let needs = needs.map(|(name, found)| (name.to_owned(), owned(found))).collect();
        let parameters = scope.parameters.values;
        Ok(Self { pseudo: pseudo.clone(), resources: made, properties, needs, parameters, outputs })
    }
}

/// A resource, and its properties as the template has them.
type WithProperties = (Resource, Map<String, Value>);

/// One resource, or `None` where its condition does not hold.
fn read(scope: &Scope<'_>, name: &str) -> Result<Option<WithProperties>, RosError> {
    let declared = &scope.template.document.resources[name];
    if declared.condition.as_ref().is_some_and(|condition| scope.conditions.get(condition) == Some(&false)) {
        return Ok(None);
    }
    let properties = scope.object(&declared.properties, &format!("Resources.{name}.Properties"))?;
    match Resource::read(&declared.kind, properties.clone()) {
        None => Err(RosError::UnknownType {
            resource: name.to_owned(),
            kind: declared.kind.clone(),
            known: TYPES.join(", "),
        }),
        Some(Err((kind, problem))) => Err(RosError::Property {
            resource: name.to_owned(),
            kind,
            path: problem.path,
            problem: scope.parameters.redact(&problem.problem),
        }),
        Some(Ok(resource)) => Ok(Some((resource, properties))),
    }
}

fn outputs(scope: &Scope<'_>) -> Result<BTreeMap<String, Value>, RosError> {
    let mut outputs = BTreeMap::new();
    for (name, output) in &scope.template.document.outputs {
        check_output(scope.template, scope.pseudo, name, &output.value)?;
        let holds = match &output.condition {
            None => true,
            Some(condition) => *scope.conditions.get(condition).ok_or_else(|| {
                RosError::shape(format!("Outputs.{name}.Condition"), format!("there is no condition {condition:?}"))
            })?,
        };
        if !holds {
            continue;
        }
        let value = scope.evaluate(&output.value, &format!("Outputs.{name}.Value"))?.unwrap_or(Value::Null);
        outputs.insert(name.clone(), if output.no_echo { Value::from("******") } else { value });
    }
    Ok(outputs)
}
