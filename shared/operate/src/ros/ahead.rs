//! What a template would do, what it needs, and what the caller may not: known before anything is made.

use alicloud::wire::Params;
use cloud_wire::{lenient, words};
use serde::Deserialize;
use serde_json::Value;

use super::{Parameters, Ros, hiding, with_parameters};
use crate::call::Call;
use crate::error::Error;

/// What a preview is of.
#[derive(Debug, Clone, Copy)]
pub enum Preview<'a> {
    /// A stack to be made, by its name.
    Create(&'a str),
    /// An update of the stack with this id, whose parameters keep their values where none is given.
    Update(&'a str),
}

words! {
    /// What a change does to a resource.
    Action {
        /// It is made.
        Add = "Add",
        /// It is changed.
        Modify = "Modify",
        /// It is deleted.
        Remove = "Remove",
        /// Nothing.
        Nothing = "None",
    }
}

words! {
    /// Whether a change makes a resource anew.
    Replacement {
        /// It does: what was in it is lost.
        Yes = "True",
        /// It does not.
        No = "False",
        /// That depends on values that are not known yet.
        Conditional = "Conditional",
    }
}

/// What would become of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Change {
    /// Its name in the template.
    pub logical_resource_id: String,
    /// Its type.
    pub resource_type: String,
    /// What is done to it.
    pub action: Option<Action>,
    /// Whether it is made anew.
    pub replacement: Option<Replacement>,
    /// Its id at the product, if it has one.
    pub physical_resource_id: Option<String>,
}

/// What a template declares.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Validated {
    /// What it calls itself.
    pub description: Option<String>,
    /// Its parameters, each with its name and constraints.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub parameters: Vec<Value>,
}

/// A template as it was given, and as it was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    /// As it was given.
    Original,
    /// After its transformations.
    Processed,
}

/// What the caller would be refused.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Risks {
    /// Permissions that are missing, such as `fc:CreateFunction`.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub missing_policy_actions: Vec<String>,
    /// Resources that something else stands in the way of.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub risk_resources: Vec<RiskResource>,
}

/// A resource that something stands in the way of.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RiskResource {
    /// Its name in the template.
    pub logical_resource_id: Option<String>,
    /// Its type.
    pub resource_type: Option<String>,
    /// What kind of risk.
    pub risk_type: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The code of the product.
    pub code: Option<String>,
    /// Its message.
    pub message: Option<String>,
}

words! {
    /// Whether an account has opened a product.
    ProvisionStatus {
        /// It has.
        Enabled = "Enabled",
        /// It has not.
        Disabled = "Disabled",
    }
}

/// A product that a template needs, and whether the account has opened it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Provision {
    /// The product, as ROS calls it. Queues are `SMQ` in its newest text and `MNS` before.
    pub service_name: String,
    /// Whether it is open.
    pub status: ProvisionStatus,
    /// Why not, or why that is not known.
    pub status_reason: Option<String>,
    /// Where a person opens it.
    #[serde(rename = "EnableURL")]
    pub enable_url: Option<String>,
    /// Whether [`Ros::enable_services`] can.
    pub auto_enable_service: Option<bool>,
    /// The roles that it needs.
    #[serde(default)]
    pub role_provision: Option<RolesMade>,
    /// Products that must be open before it.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub dependent_service_names: Vec<String>,
}

/// The service-linked roles of a product.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RolesMade {
    /// Each of them.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub roles: Vec<RoleMade>,
}

/// A service-linked role.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RoleMade {
    /// Its name.
    pub role_name: String,
    /// Whether it is there.
    pub created: Option<bool>,
}

/// A product that could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FailedService {
    /// The product.
    pub service_name: String,
    /// Its code.
    pub code: Option<String>,
    /// Its message.
    pub message: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Previewed {
    stack: PreviewedStack,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PreviewedStack {
    #[serde(default, deserialize_with = "lenient::wrapped")]
    resources: Vec<Change>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    template_body: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Provisions {
    #[serde(default, deserialize_with = "lenient::wrapped")]
    service_provisions: Vec<Provision>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Failed {
    #[serde(default, deserialize_with = "lenient::wrapped")]
    failed_services: Vec<FailedService>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    policy: Value,
}

impl Ros {
    /// What making or updating a stack would do, resource by resource. Nothing is done.
    ///
    /// # Errors
    /// `Refused` where the template or a parameter is wrong. That a product would refuse is not seen.
    pub async fn preview_stack(
        &self,
        what: Preview<'_>,
        template: &str,
        parameters: &Parameters,
    ) -> Result<Vec<Change>, Error> {
        let params = match what {
            Preview::Create(name) => Params::new().with("StackName", name),
            Preview::Update(id) => Params::new().with("StackId", id).with("UsePreviousParameters", true),
        };
        let params = with_parameters(params, "Parameters", parameters).with("TemplateBody", template);
        let answer: Previewed = self.call(Call::PreviewStack, params).await.map_err(hiding(parameters))?;
        Ok(answer.stack.resources)
    }

    /// What a template declares.
    ///
    /// # Errors
    /// `Refused` where it is wrong.
    pub async fn validate_template(&self, template: &str) -> Result<Validated, Error> {
        self.call(Call::ValidateTemplate, Params::new().with("TemplateBody", template)).await
    }

    /// The template of a stack.
    ///
    /// # Errors
    /// `Gone` where there is no such stack.
    pub async fn template(&self, stack_id: &str, stage: Template) -> Result<String, Error> {
        let stage = match stage {
            Template::Original => "Original",
            Template::Processed => "Processed",
        };
        let params = Params::new().with("StackId", stack_id).with("TemplateStage", stage);
        let answer: Body = self.call(Call::GetTemplate, params).await?;
        Ok(match answer.template_body {
            Value::String(text) => text,
            document => document.to_string(),
        })
    }

    /// What the caller, or the role that ROS would act with, lacks to make a stack of this template.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn list_creation_risks(&self, template: &str, role: Option<&str>) -> Result<Risks, Error> {
        let params = Params::new()
            .with("OperationType", "CreateStack")
            .maybe("RamRoleName", role)
            .with("TemplateBody", template);
        self.call(Call::ListStackOperationRisks, params).await
    }

    /// What the caller lacks, or what is in the way, to delete a stack.
    ///
    /// # Errors
    /// `Gone` where there is none.
    pub async fn list_deletion_risks(&self, stack_id: &str) -> Result<Risks, Error> {
        let params = Params::new().with("OperationType", "DeleteStack").with("StackId", stack_id);
        self.call(Call::ListStackOperationRisks, params).await
    }

    /// The products that a template needs, and whether this account has opened them.
    ///
    /// # Errors
    /// `Denied` without `ram:GetRole`.
    pub async fn service_provisions(&self, template: &str, parameters: &Parameters) -> Result<Vec<Provision>, Error> {
        let params = with_parameters(Params::new(), "Parameters", parameters).with("TemplateBody", template);
        let answer = self.call::<Provisions>(Call::GetServiceProvisions, params).await.map_err(hiding(parameters))?;
        Ok(answer.service_provisions)
    }

    /// Whether this account has opened these products, as ROS calls them: `FC`, `OSS`, `SLS`, `MNS`, `CDT`, `PrivateLink`, ….
    ///
    /// # Errors
    /// `Denied` without `ram:GetRole`.
    pub async fn service_provisions_of(&self, services: &[&str]) -> Result<Vec<Provision>, Error> {
        let params = (1..).zip(services).fold(Params::new(), |params, (n, service): (u32, _)| {
            params.with(format!("Services.{n}.ServiceName"), service)
        });
        Ok(self.call::<Provisions>(Call::GetServiceProvisions, params).await?.service_provisions)
    }

    /// Opens products, which orders them in the account's name: only after a person said yes. Answers those that could not be.
    ///
    /// # Errors
    /// `Denied` where the caller may not.
    pub async fn enable_services(&self, services: &[&str]) -> Result<Vec<FailedService>, Error> {
        let params = Params::new().with("ServiceNames", Value::from(services));
        Ok(self.call::<Failed>(Call::EnableServices, params).await?.failed_services)
    }

    /// The least policy that lets somebody make, update and delete a stack of this template.
    ///
    /// # Errors
    /// `Refused` where the template is wrong.
    pub async fn generate_template_policy(&self, template: &str) -> Result<Value, Error> {
        let params = Params::new()
            .list("OperationTypes", ["CreateStack", "UpdateStack", "DeleteStack"])
            .with("TemplateBody", template);
        Ok(self.call::<Policy>(Call::GenerateTemplatePolicy, params).await?.policy)
    }
}
