//! Making, updating, deleting and reading stacks.

use alicloud::ClientToken;
use alicloud::wire::{Params, Position};
use cloud_wire::lenient;
use serde::Deserialize;

use super::refusal::Refusal;
use super::stack::{Event, Resource, Stack, StackStatus};
use super::{Parameters, Ros, Tag, hiding, with_parameters};
use crate::call::Call;
use crate::error::Error;

/// A new stack. Its template travels inline: up to 524,288 bytes.
#[derive(Debug)]
pub struct CreateStack {
    /// Its name: up to 255 letters, digits, `-` and `_`, beginning with a letter.
    pub name: String,
    /// The template, as JSON or YAML.
    pub template: String,
    /// Its parameters; what is not given takes the template's default.
    pub parameters: Parameters,
    /// Tags, also of its resources.
    pub tags: Vec<Tag>,
    /// Whether what was made stays when something fails, to be looked at. By default it is deleted.
    pub disable_rollback: bool,
    /// Whether the stack can be deleted only after [`Ros::set_deletion_protection`].
    pub deletion_protection: bool,
    /// Whether no stack stays behind that was rolled back, so that its name is free again.
    pub abandon_when_rolled_back: bool,
    /// How long it may take: 10 to 1440 minutes (60).
    pub timeout_in_minutes: Option<u16>,
    /// The role that ROS acts with; the caller's own rights without.
    pub ram_role_name: Option<String>,
    /// One token for all tries.
    pub client_token: ClientToken,
}

/// A stack's next template and parameters.
///
/// `UsePreviousParameters` is always sent: without it every parameter that is not given would fall back to the template's default,
/// secrets among them. A property that cannot be changed in place is refused, never replaced.
#[derive(Debug)]
pub struct UpdateStack {
    /// The stack's id.
    pub stack_id: String,
    /// The template, as JSON or YAML.
    pub template: String,
    /// The parameters that change; the others keep their values.
    pub parameters: Parameters,
    /// Tags, if they change.
    pub tags: Vec<Tag>,
    /// How long it may take: 10 to 1440 minutes (60).
    pub timeout_in_minutes: Option<u16>,
    /// The role that ROS acts with; the caller's own rights without.
    pub ram_role_name: Option<String>,
    /// One token for all tries.
    pub client_token: ClientToken,
}

/// What became of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Updated {
    /// It has begun.
    Begun,
    /// The stack is as it was asked for already. Nothing is done.
    AsItIs,
}

/// A deletion. The call takes no token: a repeat finds the stack being deleted, or deleted.
#[derive(Debug, Clone, Default)]
pub struct DeleteStack {
    /// The stack's id.
    pub stack_id: String,
    /// Resources, by their names in the template, that stay.
    pub retain: Vec<String>,
    /// The role that ROS acts with; the caller's own rights without.
    pub ram_role_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Made {
    stack_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stacks {
    #[serde(default, deserialize_with = "lenient::wrapped")]
    stacks: Vec<Stack>,
    total_count: Option<u64>,
    page_size: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Events {
    #[serde(default, deserialize_with = "lenient::wrapped")]
    events: Vec<Event>,
    total_count: Option<u64>,
    page_size: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resources {
    #[serde(default, deserialize_with = "lenient::wrapped")]
    resources: Vec<Resource>,
}

fn with_tags(params: Params, tags: &[Tag]) -> Params {
    (1..).zip(tags).fold(params, |params, (n, tag): (u32, _)| {
        params.with(format!("Tags.{n}.Key"), &tag.key).maybe(format!("Tags.{n}.Value"), tag.value.as_ref())
    })
}

impl Ros {
    /// Begins to make a stack, and answers its id.
    ///
    /// # Errors
    /// `AlreadyThere` where the name is taken; `Busy` where an earlier request with this token is still being taken in, which
    /// means that the stack is being made. [`Refusal::of`] tells the others apart.
    pub async fn create_stack(&self, stack: &CreateStack) -> Result<String, Error> {
        let params = Params::new()
            .maybe(
                "CreateOptions.1",
                stack.abandon_when_rolled_back.then_some("AbandonStackOnCreationRollbackComplete"),
            )
            .with("ClientToken", &stack.client_token)
            .with("DeletionProtection", switch(stack.deletion_protection))
            .with("DisableRollback", stack.disable_rollback)
            .maybe("RamRoleName", stack.ram_role_name.as_ref())
            .with("StackName", &stack.name)
            .maybe("TimeoutInMinutes", stack.timeout_in_minutes);
        let params = with_tags(with_parameters(params, "Parameters", &stack.parameters), &stack.tags);
        let params = params.with("TemplateBody", &stack.template);
        let made: Made = self.call(Call::CreateStack, params).await.map_err(hiding(&stack.parameters))?;
        Ok(made.stack_id)
    }

    /// Begins to update a stack.
    ///
    /// # Errors
    /// `Busy` where another operation is under way, or an earlier request with this token is still being taken in.
    pub async fn update_stack(&self, stack: &UpdateStack) -> Result<Updated, Error> {
        let params = Params::new()
            .with("ClientToken", &stack.client_token)
            .maybe("RamRoleName", stack.ram_role_name.as_ref())
            .with("ReplacementOption", "Disabled")
            .with("StackId", &stack.stack_id)
            .maybe("TimeoutInMinutes", stack.timeout_in_minutes)
            .with("UsePreviousParameters", true);
        let params = with_tags(with_parameters(params, "Parameters", &stack.parameters), &stack.tags);
        let params = params.with("TemplateBody", &stack.template);
        match self.done(Call::UpdateStack, params).await.map_err(hiding(&stack.parameters)) {
            Ok(()) => Ok(Updated::Begun),
            Err(error) if Refusal::of(&error) == Refusal::CompletelySame => Ok(Updated::AsItIs),
            Err(error) => Err(error),
        }
    }

    /// Asks for an update to be taken back: the stack returns to what it was.
    ///
    /// # Errors
    /// `Refused` where none is under way.
    pub async fn cancel_update_stack(&self, stack_id: &str) -> Result<(), Error> {
        let params = Params::new().with("CancelType", "Safe").with("StackId", stack_id);
        self.done(Call::CancelUpdateStack, params).await
    }

    /// Begins to delete a stack. One that is gone already is no error.
    ///
    /// # Errors
    /// `Busy` where another operation is under way.
    pub async fn delete_stack(&self, stack: &DeleteStack) -> Result<(), Error> {
        let params = Params::new()
            .maybe("RamRoleName", stack.ram_role_name.as_ref())
            .list("RetainResources", &stack.retain)
            .with("StackId", &stack.stack_id);
        match self.done(Call::DeleteStack, params).await {
            Err(error) if error.kind() == alicloud::Kind::Gone => Ok(()),
            answer => answer,
        }
    }

    /// Lets a stack be deleted, or not.
    ///
    /// # Errors
    /// `Gone` where there is none.
    pub async fn set_deletion_protection(&self, stack_id: &str, protected: bool) -> Result<(), Error> {
        let params = Params::new().with("DeletionProtection", switch(protected)).with("StackId", stack_id);
        self.done(Call::SetDeletionProtection, params).await
    }

    /// A stack by its id. A deleted one is shown as such for some time.
    ///
    /// # Errors
    /// As any call that reads; an id that is not known is none.
    pub async fn stack(&self, stack_id: &str) -> Result<Option<Stack>, Error> {
        match self.call(Call::GetStack, Params::new().with("StackId", stack_id)).await {
            Ok(stack) => Ok(Some(stack)),
            Err(error) if error.kind() == alicloud::Kind::Gone => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The stack of this name that is not deleted. `GetStack` takes ids alone, so it is looked for in the listing; what is found there has
    /// neither parameters nor outputs.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn stack_by_name(&self, name: &str) -> Result<Option<Stack>, Error> {
        let stacks = self.list_stacks(&[name]).await?;
        let is_it = |stack: &Stack| stack.stack_name == name && stack.status != StackStatus::DeleteComplete;
        Ok(stacks.into_iter().find(is_it))
    }

    /// All stacks, or those of these names, in which `*` stands for any text.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn list_stacks(&self, names: &[&str]) -> Result<Vec<Stack>, Error> {
        let page = |page: Stacks| (page.stacks, Position { total_count: page.total_count, page_size: page.page_size });
        let params = || Params::new().list("StackName", names);
        self.all(Call::ListStacks, params, page, |stack| stack.stack_id.as_str()).await
    }

    /// What happened to a stack, newest first.
    ///
    /// # Errors
    /// `Gone` where there is none.
    pub async fn list_stack_events(&self, stack_id: &str) -> Result<Vec<Event>, Error> {
        let page = |page: Events| (page.events, Position { total_count: page.total_count, page_size: page.page_size });
        let params = || Params::new().with("StackId", stack_id);
        self.all(Call::ListStackEvents, params, page, |event| event.event_id.as_str()).await
    }

    /// The resources of a stack.
    ///
    /// # Errors
    /// `Gone` where there is none.
    pub async fn list_stack_resources(&self, stack_id: &str) -> Result<Vec<Resource>, Error> {
        let params = Params::new().with("StackId", stack_id);
        self.call::<Resources>(Call::ListStackResources, params).await.map(|answer| answer.resources)
    }
}

fn switch(on: bool) -> &'static str {
    if on { "Enabled" } else { "Disabled" }
}
