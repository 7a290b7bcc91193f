//! What the roles of a connected account are made by.

use std::collections::BTreeMap;

use api::accounts::Deployment;
use causeway_local::ros::{Pseudo, Template};
use operate::ros::Parameters;
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::AccountsError;

/// The template of the three roles.
pub const ROLES: &str = include_str!("../../../policies/connected-account/roles.yml");
/// The type of a role in a template.
const ROLE: &str = "ALIYUN::RAM::Role";
/// The parameter with the word that the functions must present.
pub(super) const EXTERNAL_ID: &str = "ExternalId";

/// The parameters of the roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RoleParameters {
    /// The account of the functions.
    pub operator: String,
    /// The name of the operator's stack.
    pub stack: String,
    /// What the names of the roles begin with.
    pub role_prefix: String,
    /// The kinds of the deployment, separated by commas.
    pub kinds: String,
    /// The word that the functions must present.
    pub external_id: Option<String>,
    /// The user of instances as whom commands run.
    pub command_user: Option<String>,
}

/// A role as the template describes it.
#[derive(Debug)]
pub(super) struct PlannedRole {
    pub name: String,
    pub description: Option<String>,
    pub trust: Value,
    /// By name.
    pub policies: BTreeMap<String, Value>,
}

impl RoleParameters {
    /// Those of a deployment.
    pub fn of(deployment: &Deployment, role_prefix: &str) -> Self {
        let kinds = deployment.kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(",");
        Self {
            operator: deployment.account_id.clone(),
            stack: deployment.stack.clone(),
            role_prefix: role_prefix.to_owned(),
            kinds,
            external_id: None,
            command_user: None,
        }
    }

    /// By the names that they have in the template. One that is not given keeps the value that a stack has.
    pub fn pairs(&self) -> Vec<(&'static str, &str)> {
        let given = [
            ("OperatorAccountId", Some(&self.operator)),
            ("Stack", Some(&self.stack)),
            ("RolePrefix", Some(&self.role_prefix)),
            ("Kinds", Some(&self.kinds)),
            (EXTERNAL_ID, self.external_id.as_ref()),
            ("CommandUser", self.command_user.as_ref()),
        ];
        given.into_iter().filter_map(|(name, value)| Some((name, value?.as_str()))).collect()
    }

    /// As a stack takes them.
    pub fn of_stack(&self) -> Parameters {
        let pair = |(name, value): (&str, &str)| (name.to_owned(), SecretString::from(value.to_owned()));
        self.pairs().into_iter().map(pair).collect()
    }

    /// The roles that the template describes with them, in an order in which they can be made.
    pub fn roles(&self, account: &str, region: &str) -> Result<Vec<PlannedRole>, AccountsError> {
        let given = self.pairs().into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
        let template = Template::parse(ROLES).map_err(AccountsError::Template)?;
        let stack =
            template.resolve(&given, &Pseudo::new(account, region, "roles")).map_err(AccountsError::Template)?;
        let roles = stack.resources.iter().filter(|(_, resource)| resource.kind() == ROLE);
        Ok(roles.filter_map(|(name, _)| PlannedRole::read(stack.properties.get(name)?)).collect())
    }
}

impl PlannedRole {
    fn read(properties: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| properties.get(name).and_then(Value::as_str).map(str::to_owned);
        let policies = properties.get("Policies").and_then(Value::as_array).into_iter().flatten();
        let policy =
            |policy: &Value| Some((policy["PolicyName"].as_str()?.to_owned(), policy["PolicyDocument"].clone()));
        Some(Self {
            name: text("RoleName")?,
            description: text("Description"),
            trust: properties.get("AssumeRolePolicyDocument")?.clone(),
            policies: policies.filter_map(policy).collect(),
        })
    }
}
